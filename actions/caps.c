/*
 * caps.c - at most N in total or per hour, day, week, month; the same for money; and what one
 * person may get a day and a week.
 *
 * A cap counts on the clock of the brand's zone.  Its counter's key holds the number of the period,
 * so that nothing has to be set back to zero: an hour is told by its local number and the offset it
 * has (of the hour that daylight saving repeats both halves count for themselves, and none is longer
 * than an hour), a day by its local date, whether it has 23 hours or 25, a week by its Monday.
 * Firings are counted when the rule fires, money when a message is queued.
 */
#include "actions/actions_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "platform/zone.h"
#include "platform/zone_clock.h"

#define CAP_KEY_EXTRA 24 /* '|', what, and the digits of any int64_t */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static const char *
brand_zone(const struct settle *s)
{
	return s->config->brand_timezone != NULL ? s->config->brand_timezone : "UTC";
}

/* The brand's offset; UTC when its zone is none. */
static int64_t
brand_offset_ms(struct settle *s, int64_t at_ms)
{
	struct slice zone = slice_of(brand_zone(s));
	int64_t offset_ms, local_ms;

	if (s->in->zones != NULL)
		return zone_clock_local(s->in->zones, zone, at_ms, &local_ms) ? local_ms - at_ms
									      : 0;
	return zone_offset_ms(zone, at_ms, &offset_ms) ? offset_ms : 0;
}

static int64_t
period_number(enum cap_period period, int64_t now_ms, int64_t offset_ms)
{
	int64_t day = floor_div(now_ms + offset_ms, TIME_DAY_MS);
	int year, month, day_of_month;

	switch (period) {
	case CAP_TOTAL: return 0;
	case CAP_HOUR:
		return floor_div(now_ms + offset_ms, TIME_HOUR_MS) * 256 +
		    (floor_div(offset_ms, 15 * TIME_MINUTE_MS) & 255);
	case CAP_DAY: return day;
	case CAP_WEEK: return floor_div(day + 3, 7); /* 1970-01-01 was a Thursday */
	case CAP_MONTH:
		time_civil_from_days(day, &year, &month, &day_of_month);
		return year * 12 + month - 1;
	}
	return 0;
}

static size_t
put_digits(char *out, int64_t v)
{
	char digits[20];
	size_t n = 0, len = 0;
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	if (v < 0)
		out[len++] = '-';
	do
		digits[n++] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	while (n > 0)
		out[len++] = digits[--n];
	return len;
}

/* "c:17|f20778": what it is counted per, what is counted, the number of the period. */
static int
make_key(struct settle *s, struct slice per, char what, int64_t number, struct slice *key_r)
{
	char *text = arena_alloc(s->arena, per.len + CAP_KEY_EXTRA);
	size_t len = per.len;

	if (text == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory to count by");
	if (per.len > 0)
		memcpy(text, per.ptr, per.len);
	text[len++] = '|';
	text[len++] = what;
	len += put_digits(text + len, number);
	*key_r = slice_make(text, len);
	return 0;
}

struct cap_place { /* where a cap is counted */
	enum state_kind kind;
	struct slice key;
};

static int
find_place(
    struct settle *s, const struct rule_cap *cap, struct slice per, struct cap_place *place_r)
{
	static const enum state_kind kinds[] = {[CAP_TOTAL] = STATE_CAP_TOTAL,
	    [CAP_HOUR] = STATE_CAP_HOUR,
	    [CAP_DAY] = STATE_CAP_DAY,
	    [CAP_WEEK] = STATE_CAP_WEEK,
	    [CAP_MONTH] = STATE_CAP_MONTH};
	int64_t number = 0;

	if (cap->period == CAP_TOTAL && !cap->is_spend && per.len == 0) {
		/* counted without a cap as well */
		*place_r = (struct cap_place){STATE_TOTAL, SLICE_LIT("")};
		return 0;
	}
	if (cap->period != CAP_TOTAL)
		number = period_number(
		    cap->period, s->in->occ->now_ms, brand_offset_ms(s, s->in->occ->now_ms));
	place_r->kind = kinds[cap->period];
	return make_key(s, per, cap->is_spend ? 's' : 'f', number, &place_r->key);
}

/* 1 and what was counted; 0 there is nothing to count by, why says so; -1 */
static int
look_up(struct settle *s, struct slice rule_id, const struct rule_cap *cap,
    struct cap_place *place_r, int64_t *count_r, char why[WHY_MAX])
{
	struct rule_counter c;
	struct slice per;
	const char *nobody;

	if (!guardrails_key(s->in->occ, cap->scope, &per, &nobody)) {
		snprintf(why, WHY_MAX, "%s", nobody);
		return 0;
	}
	if (find_place(s, cap, per, place_r) < 0 ||
	    store_counter_get(s->st, rule_id, place_r->kind, place_r->key, &c, s->err) < 0)
		return -1;
	*count_r = c.count;
	return 1;
}

/* --- words ---------------------------------------------------------------------------------------
 */

/* "100 EUR", "0.80 EUR", "0.075 EUR" */
static const char *
money(const struct settle *s, int64_t milli, char out[MONEY_TEXT_MAX])
{
	const char *currency = s->config->currency != NULL ? s->config->currency : "";
	const char *space = currency[0] != '\0' ? " " : "";
	long long whole = (long long)(milli / 1000);
	int rest = (int)(milli % 1000);

	if (rest == 0)
		snprintf(out, MONEY_TEXT_MAX, "%lld%s%.16s", whole, space, currency);
	else if (rest % 10 == 0)
		snprintf(
		    out, MONEY_TEXT_MAX, "%lld.%02d%s%.16s", whole, rest / 10, space, currency);
	else
		snprintf(out, MONEY_TEXT_MAX, "%lld.%03d%s%.16s", whole, rest, space, currency);
	return out;
}

/* " this day (Europe/Berlin)": which period is meant. */
static const char *
this_period(const struct settle *s, enum cap_period period, char out[80])
{
	static const char *const names[] = {[CAP_TOTAL] = "",
	    [CAP_HOUR] = "hour",
	    [CAP_DAY] = "day",
	    [CAP_WEEK] = "week",
	    [CAP_MONTH] = "month"};

	out[0] = '\0';
	if (period != CAP_TOTAL)
		snprintf(out, 80, " this %s (%.48s)", names[period], brand_zone(s));
	return out;
}

/* " per author"; nothing when all are counted together. */
static const char *
scope_words(enum limit_scope scope, char out[32])
{
	out[0] = '\0';
	if (scope != LIMIT_PER_RULE)
		snprintf(out, 32, " %s", guardrails_scope_name(scope));
	return out;
}

static void
say_reached(const struct settle *s, const struct rule_cap *cap, int64_t count, char why[WHY_MAX])
{
	char per[32], when[80];

	snprintf(why, WHY_MAX, "at most %lld %s%s: it has fired %lld time%s%s", (long long)cap->max,
	    cap_period_name(cap->period), scope_words(cap->scope, per), (long long)count,
	    count == 1 ? "" : "s", this_period(s, cap->period, when));
}

static void
say_spent(const struct settle *s, const struct rule_cap *cap, const char *over, int64_t spent,
    int64_t cost, char why[WHY_MAX])
{
	char most[MONEY_TEXT_MAX], was[MONEY_TEXT_MAX], is[MONEY_TEXT_MAX], per[32], when[80];

	snprintf(why, WHY_MAX, "spend at most %s %s%s%s: %s spent%s, this message costs %s",
	    money(s, cap->max, most), cap_period_name(cap->period), scope_words(cap->scope, per),
	    over, money(s, spent, was), this_period(s, cap->period, when), money(s, cost, is));
}

/* --- a rule's firings ----------------------------------------------------------------------------
 */

static int
judge_one(
    struct settle *s, const struct rule_head *rule, const struct rule_cap *cap, char why[WHY_MAX])
{
	struct cap_place place;
	int64_t count;
	int rc = look_up(s, rule->id, cap, &place, &count, why);

	if (rc <= 0 || count < cap->max)
		return rc;
	say_reached(s, cap, count, why);
	return 0;
}

int
caps_judge(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	int rc = 1;

	for (size_t i = 0; rc == 1 && i < rule->cap_count; i++)
		if (!rule->caps[i].is_spend)
			rc = judge_one(s, rule, &rule->caps[i], why);
	return rc;
}

/* Authors, customers and persons are one key: caps of one place are counted once. */
static bool
is_same_place(const struct rule_cap *a, const struct rule_cap *b)
{
	bool a_is_wide = a->scope == LIMIT_PER_THREAD || a->scope == LIMIT_PER_RULE;
	bool b_is_wide = b->scope == LIMIT_PER_THREAD || b->scope == LIMIT_PER_RULE;

	return a->period == b->period && a->is_spend == b->is_spend &&
	    (a->scope == b->scope || (!a_is_wide && !b_is_wide));
}

static bool
is_counted_already(const struct rule_head *rule, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_place(&rule->caps[k], &rule->caps[i]))
			return true;
	return false;
}

/* Is the period it counts over by then? */
static bool
is_over(struct settle *s, const struct rule_cap *cap, int64_t then_ms)
{
	int64_t now_ms = s->in->occ->now_ms;

	return cap->period != CAP_TOTAL && then_ms != TIME_UNKNOWN &&
	    period_number(cap->period, now_ms, brand_offset_ms(s, now_ms)) !=
	    period_number(cap->period, then_ms, brand_offset_ms(s, then_ms));
}

/* All caps of firings or all of money whose period is not over at then_ms; who has nobody to count per was
 * judged before, unless it is the past of another rule that is counted. */
static int
count_all(
    struct settle *s, const struct rule_head *rule, bool is_spend, int64_t by, int64_t then_ms)
{
	char why[WHY_MAX];

	for (size_t i = 0; i < rule->cap_count; i++) {
		const struct rule_cap *cap = &rule->caps[i];
		struct cap_place place;
		int64_t count;
		int rc;

		if (cap->is_spend != is_spend || is_counted_already(rule, i) ||
		    is_over(s, cap, then_ms))
			continue;
		rc = look_up(s, rule->id, cap, &place, &count, why);
		assert(rc != 0 || then_ms != TIME_UNKNOWN);
		/* moved with every firing, cap or none */
		if (rc == 0 || (rc == 1 && place.kind == STATE_TOTAL))
			continue;
		if (rc != 1 || guardrails_count(s, rule->id, place.kind, place.key, by) < 0)
			return -1;
	}
	return 0;
}

int
caps_count(struct settle *s, const struct rule_head *rule, int64_t then_ms)
{
	return count_all(s, rule, false, 1, then_ms);
}

/* --- money ---------------------------------------------------------------------------------------
 */

int64_t
caps_cost_milli(const struct settle *s, const struct channel *channel, struct slice offer)
{
	int64_t cost = channel->cost_milli;

	for (size_t i = 0; slice_is_set(offer) && s->config->offer_costs_milli != NULL &&
	     i < s->config->offer_count;
	     i++)
		if (slice_eq_str(offer, s->config->offers[i]))
			cost += s->config->offer_costs_milli[i];
	return cost;
}

static int
judge_money(struct settle *s, struct slice rule_id, const struct rule_cap *cap, const char *over,
    int64_t cost, char why[WHY_MAX])
{
	struct cap_place place;
	int64_t spent;
	int rc = look_up(s, rule_id, cap, &place, &spent, why);

	if (rc <= 0 || spent + cost <= cap->max)
		return rc;
	say_spent(s, cap, over, spent, cost, why);
	return 0;
}

/* The house's own caps, over all rules. */
static size_t
house_caps(const struct settle *s, struct rule_cap caps[2])
{
	size_t count = 0;

	if (s->config->spend_per_day_milli > 0)
		caps[count++] = (struct rule_cap){
		    s->config->spend_per_day_milli, CAP_DAY, LIMIT_PER_RULE, true};
	if (s->config->spend_per_month_milli > 0)
		caps[count++] = (struct rule_cap){
		    s->config->spend_per_month_milli, CAP_MONTH, LIMIT_PER_RULE, true};
	return count;
}

int
caps_judge_money(struct settle *s, const struct rule_head *rule, int64_t cost, char why[WHY_MAX])
{
	struct rule_cap own[2];
	size_t own_count = house_caps(s, own);
	int rc = 1;

	if (cost <= 0)
		return 1;
	for (size_t i = 0; rc == 1 && i < rule->cap_count; i++)
		if (rule->caps[i].is_spend)
			rc = judge_money(s, rule->id, &rule->caps[i], "", cost, why);
	for (size_t i = 0; rc == 1 && i < own_count; i++)
		rc = judge_money(s, SLICE_LIT(""), &own[i], " over all rules", cost, why);
	return rc;
}

int
caps_count_money(struct settle *s, const struct rule_head *rule, int64_t cost, int64_t then_ms)
{
	/* Counted without a cap as well, so that one written later knows the month so far. */
	const struct rule_head house = {
	    .id = SLICE_LIT(""),
	    .caps = (const struct rule_cap[]){{0, CAP_DAY, LIMIT_PER_RULE, true},
		{0, CAP_MONTH, LIMIT_PER_RULE, true}},
	    .cap_count = 2,
	};

	if (cost <= 0)
		return 0;
	if (count_all(s, rule, true, cost, then_ms) < 0)
		return -1;
	return rule->is_shadow ? 0 : count_all(s, &house, true, cost, then_ms);
}

/* Only what was counted is there: a rule without a budget has no such row. */
static int
return_to(struct settle *s, struct slice rule_id, const struct rule_cap *cap, int64_t cost)
{
	struct cap_place place;
	struct rule_counter c;
	int rc = find_place(s, cap, SLICE_LIT(""), &place);

	if (rc == 0)
		rc = store_counter_get(s->st, rule_id, place.kind, place.key, &c, s->err);
	if (rc <= 0)
		return rc;
	c.count = c.count > cost ? c.count - cost : 0;
	return store_counter_put(s->st, rule_id, place.kind, place.key, &c, s->err);
}

int
caps_return_money(struct settle *s, struct slice rule_id, int64_t cost)
{
	static const enum cap_period periods[] = {CAP_TOTAL, CAP_DAY, CAP_WEEK, CAP_MONTH};

	for (size_t i = 0; cost > 0 && i < sizeof periods / sizeof *periods; i++) {
		const struct rule_cap cap = {0, periods[i], LIMIT_PER_RULE, true};

		if (return_to(s, rule_id, &cap, cost) < 0 ||
		    return_to(s, SLICE_LIT(""), &cap, cost) < 0)
			return -1;
	}
	return 0;
}

/* --- a person's day and week ---------------------------------------------------------------------
 */

int64_t
caps_person_day(struct settle *s, int64_t at_ms)
{
	const struct occurrence *occ = s->in->occ;
	int64_t offset_ms;

	if (occ->customer == NULL || !slice_is_set(occ->customer->timezone) ||
	    !zone_offset_ms(occ->customer->timezone, at_ms, &offset_ms))
		offset_ms = brand_offset_ms(s, at_ms);
	return floor_div(at_ms + offset_ms, TIME_DAY_MS);
}

/* "c:17|2026-11-21" in the person's zone, else the brand's, else UTC. */
static int
person_day_key(struct settle *s, int64_t local_day, struct slice *key_r)
{
	int year, month, day;
	const char *text;

	time_civil_from_days(local_day, &year, &month, &day);
	text = arena_printf(
	    s->arena, "%.*s|%04d-%02d-%02d", SLICE_ARG(s->in->occ->subject), year, month, day);
	if (text == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory to count a person's messages");
	*key_r = slice_of(text);
	return 0;
}

static int
person_week_key(struct settle *s, int64_t local_day, struct slice *key_r)
{
	return make_key(s, s->in->occ->subject, 'w', floor_div(local_day + 3, 7), key_r);
}

static int
judge_person(struct settle *s, enum state_kind kind, struct slice key, int64_t most,
    const char *period, char why[WHY_MAX])
{
	struct rule_counter c;

	if (store_counter_get(s->st, SLICE_LIT(""), kind, key, &c, s->err) < 0)
		return -1;
	if (c.count < most)
		return 1;
	snprintf(why, WHY_MAX, "cap of %lld message%s per person per %s reached", (long long)most,
	    most == 1 ? "" : "s", period);
	return 0;
}

int
caps_judge_person(struct settle *s, int64_t local_day, char why[WHY_MAX])
{
	int64_t per_day = s->config->max_per_person_per_day;
	int64_t per_week = s->config->max_per_person_per_week;
	struct slice key;
	int rc = 1;

	if (per_day > 0)
		rc = person_day_key(s, local_day, &key) < 0
		    ? -1
		    : judge_person(s, STATE_PERSON_DAY, key, per_day, "day", why);
	if (rc == 1 && per_week > 0)
		rc = person_week_key(s, local_day, &key) < 0
		    ? -1
		    : judge_person(s, STATE_PERSON_WEEK, key, per_week, "week", why);
	return rc;
}

int
caps_count_person(struct settle *s, int64_t local_day, int64_t by)
{
	struct slice day, week;

	if (person_day_key(s, local_day, &day) < 0 || person_week_key(s, local_day, &week) < 0 ||
	    guardrails_count(s, SLICE_LIT(""), STATE_PERSON_DAY, day, by) < 0)
		return -1;
	return guardrails_count(s, SLICE_LIT(""), STATE_PERSON_WEEK, week, by);
}
