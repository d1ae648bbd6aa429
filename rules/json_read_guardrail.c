/*
 * json_read_guardrail.c - reads what json_guardrail.c writes.
 */
#include "rules/json_read_internal.h"

#include "rules/limits_internal.h"
#include "rules/parse_internal.h"

static const char *const periods[] = {[CAP_TOTAL] = "total",
    [CAP_HOUR] = "hour",
    [CAP_DAY] = "day",
    [CAP_WEEK] = "week",
    [CAP_MONTH] = "month"};

const char *
rules_json_period(enum cap_period p)
{
	return periods[p];
}

static bool
read_scope(struct json_reader *r, const struct json *j, const struct json_place *at,
    enum limit_scope *scope_r)
{
	static const char *const names[] = {"author", "customer", "person", "thread"};

	*scope_r = LIMIT_PER_RULE;
	if (json_type(json_get(j, "per")) == JSON_ABSENT)
		return true;
	for (int i = 0; i < 4; i++)
		if (slice_eq_str(json_get_str(j, "per"), names[i]))
			*scope_r = (enum limit_scope)i;
	return *scope_r != LIMIT_PER_RULE ||
	    json_read_fail(r, at, "\"per\" is author, customer, person or thread");
}

/* ---- happening, canary, approval, at most once ---- */

static bool
read_cooldown(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	const struct json *c = json_get(j, "at_most_once");
	struct json_place at = {above, "at_most_once", 0};

	return !json_read_has(it, j, "at_most_once", SLOT_COOLDOWN) ||
	    (json_read_duration(r, json_get_str(c, "every"), &at, &it->cooldown) &&
		read_scope(r, c, &at, &it->scope));
}

static bool
read_happening(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	const struct json *h = json_get(j, "happening");
	struct json_place at = {above, "happening", 0};

	return !json_read_has(it, j, "happening", SLOT_WINDOW) ||
	    (json_read_integer(r, h, "times", 2, RULE_TIMES_MAX, &at, &it->times) &&
		json_read_duration(r, json_get_str(h, "within"), &at, &it->times_within) &&
		read_scope(r, h, &at, &it->times_scope));
}

static bool
read_canary(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	struct json_place at = {above, "canary_percent", 0};
	int64_t milli;

	if (!json_read_has(it, j, "canary_percent", SLOT_CANARY))
		return true;
	if (!json_read_number(r, json_get(j, "canary_percent"), &at, &milli))
		return false;
	if (milli < 100 || milli > 100 * 1000 || milli % 100 != 0)
		return json_read_fail(
		    r, &at, "a share from 0.1 to 100 in steps of 0.1 belongs here");
	it->canary_milli = (int32_t)(milli / 100);
	return true;
}

static bool
read_approval(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	return !json_read_has(it, j, "approval_by", SLOT_APPROVAL) ||
	    (json_read_text(r, j, "approval_by", above, &it->approval_team) &&
		(slice_trim(it->approval_team).len > 0 ||
		    json_read_fail(r, above, "\"approval_by\" is empty")));
}

/* ---- limits ---- */

static bool
read_period(struct json_reader *r, const struct json *j, const struct json_place *at,
    enum cap_period *period_r)
{
	for (int p = CAP_TOTAL; p <= CAP_MONTH; p++) {
		if (slice_eq_str(json_get_str(j, "period"), periods[p])) {
			*period_r = (enum cap_period)p;
			return true;
		}
	}
	return json_read_fail(r, at, "\"period\" is total, hour, day, week or month");
}

static bool
read_cap(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct limit_node *l)
{
	return json_read_integer(r, j, "count", 1, RULES_CAP_MAX, at, &l->cap.max) &&
	    read_period(r, j, at, &l->cap.period) && read_scope(r, j, at, &l->cap.scope);
}

static bool
read_budget(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct limit_node *l)
{
	struct json_place amount = {at, "amount", 0};

	l->cap.is_spend = true;
	l->cap.scope = LIMIT_PER_RULE;
	if (!json_read_number(r, json_get(j, "amount"), &amount, &l->cap.max) ||
	    !read_period(r, j, at, &l->cap.period))
		return false;
	if (l->cap.max <= 0 || l->cap.max % 10 != 0)
		return json_read_fail(
		    r, &amount, "an amount of 0.01 or more with two decimals at most belongs here");
	return l->cap.period != CAP_HOUR ||
	    json_read_fail(r, at, "\"period\" of a budget is total, day, week or month");
}

static bool
read_limits(struct json_reader *r, const struct json *j, const char *key,
    bool (*read)(struct json_reader *r, const struct json *j, const struct json_place *at,
	struct limit_node *l),
    const struct json_place *above, struct limit_node **list)
{
	const struct json *array = json_get(j, key);
	struct json_place at = {above, key, 0};
	struct limit_node **tail = list;

	if (json_type(array) == JSON_ABSENT)
		return true;
	if (json_type(array) != JSON_ARRAY || json_count(array) > RULES_LIMITS_MAX)
		return json_read_fail(
		    r, &at, "an array of at most %d limits belongs here", RULES_LIMITS_MAX);
	for (size_t i = 0; i < json_count(array); i++) {
		struct json_place element = {&at, NULL, i};
		struct limit_node *l = json_read_alloc(r, sizeof *l);

		if (l == NULL || !read(r, json_at(array, i), &element, l) ||
		    !json_read_notes(r, json_at(array, i), "before", "after", &element, &l->notes))
			return false;
		for (const struct limit_node *o = *list; o != NULL; o = o->next)
			if (o->cap.period == l->cap.period && o->cap.scope == l->cap.scope)
				return json_read_fail(r, &element, "such a limit is there already");
		*tail = l;
		tail = &l->next;
	}
	return true;
}

/* ---- hours ---- */

static bool
read_clock(struct json_reader *r, const struct json *j, bool is_end, const struct json_place *at,
    int *minute_r)
{
	struct slice s = json_str(j);
	int hour, minute;

	if (is_end && slice_eq_str(s, "24:00"))
		*minute_r = 0;
	else if (parse_clock(s, &hour, &minute))
		*minute_r = hour * 60 + minute;
	else
		return json_read_fail(r, at, "times of day such as \"09:00\" belong here");
	return true;
}

static bool
read_days(
    struct json_reader *r, const struct json *j, const struct json_place *at, unsigned *days_r)
{
	unsigned days = 0;

	if (json_type(j) == JSON_ABSENT)
		return true;
	for (size_t i = 0; i < json_count(j); i++) {
		int day = weekday_parse(json_str(json_at(j, i)));

		if (day < 0)
			return json_read_fail(r, at, "\"on\" holds days: \"monday\", \"tuesday\"");
		days |= 1u << day;
	}
	if (days == 0)
		return json_read_fail(r, at, "\"on\" holds one day or more");
	*days_r = days == RULE_EVERY_DAY ? 0 : days;
	return true;
}

static bool
read_answer(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct rule_hours *h)
{
	struct slice answer = json_get_str(j, "else");

	if (json_type(json_get(j, "else")) == JSON_ABSENT || slice_eq_str(answer, "defer")) {
		h->answer = HOURS_DEFER;
		return true;
	}
	if (slice_eq_str(answer, "drop")) {
		h->answer = HOURS_DROP;
		return true;
	}
	if (!slice_eq_str(answer, "alert"))
		return json_read_fail(r, at, "\"else\" is defer, drop or alert");
	h->answer = HOURS_ALERT;
	return json_read_text(r, j, "queue", at, &h->queue) &&
	    (h->queue.len > 0 || json_read_fail(r, at, "\"queue\" is empty"));
}

static bool
read_hours(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct hours_node *n)
{
	const struct json *only = json_get(j, "only_between"), *not = json_get(j, "not_between");
	const struct json *span = json_type(only) != JSON_ABSENT ? only : not ;
	struct rule_hours *h = &n->hours;

	h->is_only = span == only;
	if (json_type(span) != JSON_ARRAY || json_count(span) != 2 ||
	    (h->is_only && json_type(not ) != JSON_ABSENT))
		return json_read_fail(r, at,
		    "\"not_between\" or \"only_between\" with two times of day belongs here");
	if (!read_clock(r, json_at(span, 0), false, at, &h->from_minute) ||
	    !read_clock(r, json_at(span, 1), true, at, &h->until_minute) ||
	    !read_days(r, json_get(j, "on"), at, &h->weekdays) || !read_answer(r, j, at, h))
		return false;
	if (h->from_minute == h->until_minute && !slice_eq_str(json_str(json_at(span, 1)), "24:00"))
		return json_read_fail(r, at, "it ends at the time it begins");
	if (json_type(json_get(j, "in")) != JSON_ABSENT &&
	    (!json_read_text(r, j, "in", at, &h->zone) ||
		(!word_is_plain(h->zone) && !json_read_fail(r, at, "\"in\" is a time zone"))))
		return false;
	return json_read_notes(r, j, "before", "after", at, &n->notes);
}

static bool
read_all_hours(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	const struct json *array = json_get(j, "hours");
	struct json_place at = {above, "hours", 0};
	struct hours_node **tail = &it->hours;

	if (json_type(array) == JSON_ABSENT)
		return true;
	if (json_type(array) != JSON_ARRAY || json_count(array) > RULES_LIMITS_MAX)
		return json_read_fail(
		    r, &at, "an array of at most %d spans belongs here", RULES_LIMITS_MAX);
	for (size_t i = 0; i < json_count(array); i++) {
		struct json_place element = {&at, NULL, i};
		struct hours_node *n = json_read_alloc(r, sizeof *n);

		if (n == NULL || !read_hours(r, json_at(array, i), &element, n))
			return false;
		for (const struct hours_node *o = it->hours; o != NULL; o = o->next)
			if (hours_same(o, n))
				return json_read_fail(r, &element, "these hours are given twice");
		*tail = n;
		tail = &n->next;
	}
	return true;
}

bool
json_read_guardrails(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	return read_approval(r, j, at, it) && read_canary(r, j, at, it) &&
	    read_happening(r, j, at, it) && read_cooldown(r, j, at, it) &&
	    read_limits(r, j, "at_most", read_cap, at, &it->caps) &&
	    read_limits(r, j, "spend_at_most", read_budget, at, &it->budgets) &&
	    read_all_hours(r, j, at, it);
}
