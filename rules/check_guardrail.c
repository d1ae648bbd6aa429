/*
 * check_guardrail.c - do the clauses that hold a rule back make sense: names, hours that leave
 * nothing, and lines that never have an effect.
 */
#include "rules/check_internal.h"

#include "core/buf.h"
#include "core/timefmt.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

#define DAY_MINUTES 1440
#define WEEK_MINUTES (7 * DAY_MINUTES)

/* ---- hours ---- */

/* A bit for each minute of a week, from Monday 00:00. */
struct week {
	uint64_t bits[(WEEK_MINUTES + 63) / 64];
};

static void
week_add(struct week *w, int from, int until)
{
	while (from < until) {
		int at = from % 64, count = until - from < 64 - at ? until - from : 64 - at;
		uint64_t run = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;

		w->bits[from / 64] |= run << at;
		from += count;
	}
}

/* Takes away what one line of hours does not allow. */
static void
week_narrow(struct week *allowed, const struct rule_hours *h)
{
	unsigned days = h->weekdays == 0 ? RULE_EVERY_DAY : h->weekdays;
	int len = h->until_minute - h->from_minute;
	struct week covered = {{0}};

	if (len <= 0)
		len += DAY_MINUTES;
	for (int day = 0; day < 7; day++) {
		int start = day * DAY_MINUTES + h->from_minute;

		if ((days >> day & 1) == 0)
			continue;
		week_add(&covered, start, start + len < WEEK_MINUTES ? start + len : WEEK_MINUTES);
		week_add(&covered, 0, start + len - WEEK_MINUTES); /* from Sunday into Monday */
	}
	for (size_t i = 0; i < sizeof covered.bits / sizeof *covered.bits; i++)
		allowed->bits[i] &= h->is_only ? covered.bits[i] : ~covered.bits[i];
}

static bool
week_is_empty(const struct week *w)
{
	for (size_t i = 0; i < sizeof w->bits / sizeof *w->bits; i++)
		if (w->bits[i] != 0)
			return false;
	return true;
}

static bool
is_one_clock(const struct hours_node *a, const struct hours_node *b)
{
	return slice_is_set(a->hours.zone) == slice_is_set(b->hours.zone) &&
	    slice_eq(a->hours.zone, b->hours.zone);
}

static bool
is_whole_week(const struct rule_hours *h)
{
	return h->from_minute == h->until_minute && h->weekdays == 0;
}

/* Is nothing left by n and the lines before it that go by the same clock? */
static bool
leaves_nothing(const struct item *rule, const struct hours_node *n)
{
	struct week allowed = {{0}};

	week_add(&allowed, 0, WEEK_MINUTES);
	for (const struct hours_node *o = rule->hours; o != n; o = o->next)
		if (is_one_clock(o, n))
			week_narrow(&allowed, &o->hours);
	week_narrow(&allowed, &n->hours);
	return week_is_empty(&allowed);
}

static void
check_hours_names(struct check *c, const struct item *rule, const struct hours_node *n)
{
	const char *nearest = NULL;
	char help[FINDING_TEXT_MAX];
	int64_t ms;

	if (slice_is_set(n->hours.zone) && c->env->zone_to_utc != NULL &&
	    !c->env->zone_to_utc(c->env->cookie, n->hours.zone, 2026, 1, 1, 0, 0, &ms))
		finding_add(rule->sink, FINDING_BAD_ZONE, n->zone_at,
		    "zones are named by continent and city: Europe/Berlin, America/New_York, or "
		    "UTC",
		    "there is no time zone called '%.*s'", SHOWN(n->hours.zone));
	if (n->hours.answer == HOURS_ALERT && c->env->has_queue != NULL &&
	    !c->env->has_queue(c->env->cookie, n->hours.queue, &nearest))
		finding_add(rule->sink, FINDING_UNKNOWN_QUEUE, n->queue_at,
		    finding_did_you_mean(nearest,
			"queues are set up in earshot.yaml; ask operations", help, sizeof help),
		    "there is no queue called '%.*s'", SHOWN(n->hours.queue));
}

static void
check_hours(struct check *c, const struct item *rule)
{
	for (const struct hours_node *n = rule->hours; n != NULL; n = n->next) {
		check_hours_names(c, rule, n);
		if (leaves_nothing(rule, n)) {
			finding_add(rule->sink, FINDING_NEVER_ALLOWED, n->at,
			    "write 'off' for a rule that rests; hours overlap as 'only between "
			    "09:00 and 17:00' and 'not between 12:00 and 13:00' do",
			    n == rule->hours
				? "these hours allow nothing at any time"
				: "with the hours above nothing is allowed at any time");
			return; /* what comes behind is no better */
		}
		if (is_whole_week(&n->hours))
			finding_add(rule->sink, FINDING_IDLE_LINE, n->at, "delete the line",
			    "these hours allow everything");
	}
}

/* ---- limits that others hold already ---- */

/* Does a longer period hold each of the shorter ones as a whole?  A week may lie in two months. */
static bool
period_holds(enum cap_period longer, enum cap_period shorter)
{
	if (longer == CAP_TOTAL || longer == shorter)
		return true;
	if (shorter == CAP_TOTAL)
		return false;
	return longer == CAP_MONTH ? shorter != CAP_WEEK : longer > shorter;
}

/* In how many of the shorter periods a longer one can lie; 0: it is not longer. */
static int64_t
period_count(enum cap_period shorter, enum cap_period longer)
{
	static const int counts[CAP_MONTH + 1][CAP_MONTH + 1] = {
	    [CAP_HOUR] = {[CAP_DAY] = 25, [CAP_WEEK] = 169, [CAP_MONTH] = 745},
	    [CAP_DAY] = {[CAP_WEEK] = 7, [CAP_MONTH] = 31},
	    [CAP_WEEK] = {[CAP_MONTH] = 6},
	};

	return counts[shorter][longer];
}

/* Does what is counted per b count within what is counted per a?  An author and a person are counted
 * as one. */
static bool
scope_holds(enum limit_scope a, enum limit_scope b)
{
	return a == LIMIT_PER_RULE || a == b || (a == LIMIT_PER_AUTHOR && b == LIMIT_PER_SUBJECT) ||
	    (a == LIMIT_PER_SUBJECT && b == LIMIT_PER_AUTHOR);
}

/* Is b reached only when a is, or not at all because of a? */
static bool
limit_covers(const struct rule_cap *a, const struct rule_cap *b)
{
	int64_t count = period_count(a->period, b->period);

	if (!scope_holds(a->scope, b->scope))
		return false;
	return (a->max <= b->max && period_holds(a->period, b->period)) ||
	    (count > 0 && a->max <= b->max / count);
}

/* The longest that a period lasts, with the hour when clocks go back. */
static int64_t
period_ms(enum cap_period p)
{
	switch (p) {
	case CAP_HOUR: return TIME_HOUR_MS;
	case CAP_DAY: return TIME_DAY_MS + TIME_HOUR_MS;
	case CAP_WEEK: return 7 * TIME_DAY_MS + TIME_HOUR_MS;
	case CAP_MONTH: return 31 * TIME_DAY_MS + TIME_HOUR_MS;
	case CAP_TOTAL: break;
	}
	return INT64_MAX;
}

static bool
cooldown_covers(const struct item *rule, const struct rule_cap *cap)
{
	return rule->cooldown.amount > 0 && cap->period != CAP_TOTAL &&
	    scope_holds(rule->scope, cap->scope) &&
	    cap->max > (period_ms(cap->period) - 1) / duration_ms(rule->cooldown);
}

/* A rest after the only firing there may be. */
static void
check_cooldown(const struct item *rule)
{
	for (const struct limit_node *l = rule->caps; l != NULL; l = l->next) {
		if (rule->cooldown.amount > 0 && l->cap.max == 1 && l->cap.period == CAP_TOTAL &&
		    scope_holds(l->cap.scope, rule->scope)) {
			finding_add(rule->sink, FINDING_IDLE_LINE, rule->cooldown_at,
			    "delete the line, or make the number in total larger",
			    "this rest never comes: the rule fires once in total");
			return;
		}
	}
}

static void
limit_finding(const struct item *rule, const struct limit_node *idle, const struct limit_node *by)
{
	struct buf b;

	buf_init(&b, 256);
	print_limit(by, &b);
	finding_add(rule->sink, FINDING_IDLE_LINE, idle->at,
	    "delete one of the two, or mend its number",
	    "this limit is never reached: '%s' stops the rule before", buf_str(&b));
	buf_fini(&b);
}

/* Of two that hold one another the later one is idle. */
static const struct limit_node *
covered_by(const struct limit_node *list, const struct limit_node *l)
{
	bool is_later = false;

	for (const struct limit_node *by = list; by != NULL; by = by->next) {
		if (by == l)
			is_later = true;
		else if (limit_covers(&by->cap, &l->cap) &&
		    !(is_later && limit_covers(&l->cap, &by->cap)))
			return by;
	}
	return NULL;
}

static void
check_limits(const struct item *rule, const struct limit_node *list)
{
	for (const struct limit_node *l = list; l != NULL; l = l->next) {
		const struct limit_node *by = covered_by(list, l);

		if (by != NULL)
			limit_finding(rule, l, by);
		else if (!l->cap.is_spend && cooldown_covers(rule, &l->cap))
			finding_add(rule->sink, FINDING_IDLE_LINE, l->at,
			    "delete the line, or make its number smaller",
			    "this limit is never reached: 'at most once every ...' stops the rule "
			    "before");
	}
}

/* ---- lines about messages in a rule without any ---- */

static bool
has_action(const struct item *rule, enum action_verb v)
{
	for (const struct action_node *a = rule->then; a != NULL; a = a->next)
		if (a->action.verb == v)
			return true;
	return false;
}

/* what: for a rule without any; of_drafts: for one that only drafts replies. */
static void
idle_without_messages(
    const struct item *rule, struct range at, const char *what, const char *of_drafts)
{
	if (has_action(rule, ACTION_DRAFT_REPLY))
		finding_add(rule->sink, FINDING_IDLE_LINE, at, "delete the line",
		    "a draft reply %s", of_drafts);
	else
		finding_add(rule->sink, FINDING_IDLE_LINE, at,
		    "delete the line; to hold alerts back write 'at most ...'",
		    "the rule sends nothing, so there is nothing to %s", what);
}

static void
check_messages(const struct item *rule)
{
	if (has_action(rule, ACTION_SEND))
		return;
	if (item_has(rule, SLOT_APPROVAL))
		idle_without_messages(rule, rule->approval_at, "approve",
		    "waits for the approval of its own team anyway");
	if (rule->budgets != NULL)
		idle_without_messages(rule, rule->budgets->at, "spend money on", "costs nothing");
	if (rule->hours != NULL)
		idle_without_messages(rule, rule->hours->at, "hold back",
		    "goes out when a person lets it go, at any hour");
}

void
check_guardrails(struct check *c, const struct item *rule)
{
	check_hours(c, rule);
	if (rule->budgets != NULL && c->env->has_currency != NULL &&
	    !c->env->has_currency(c->env->cookie))
		finding_add(rule->sink, FINDING_NO_CURRENCY, rule->budgets->at,
		    "operations name it in earshot.yaml (limits: currency), and what channels and "
		    "offers cost (cost)",
		    "there is no currency to count in, so nothing would stop the spending");
	if (item_has(rule, SLOT_CANARY) && rule->canary_milli == 1000)
		finding_add(rule->sink, FINDING_IDLE_LINE, rule->canary_at, "delete the line",
		    "a canary of 100%% is everybody");
	check_cooldown(rule);
	check_limits(rule, rule->caps);
	check_limits(rule, rule->budgets);
	if (!rule->is_broken)
		check_messages(rule);
}
