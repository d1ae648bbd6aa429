/*
 * period.c - `from ... until ...` against a clock: which rules and watches look at posts of now.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"

#define ITEM_ARENA_BYTES (16u * 1024 * 1024)

static struct rule_period
period_of(const struct program *p, int64_t now_ms)
{
	struct rule_period r = {RULE_STATE_ACTIVE, p->from_ms, p->until_ms};

	if (p->from_ms == INT64_MIN)
		r.from_ms = TIME_UNKNOWN;
	if (p->until_ms == INT64_MAX)
		r.until_ms = TIME_UNKNOWN;
	if (now_ms < p->from_ms)
		r.state = RULE_STATE_NOT_YET;
	else if (now_ms >= p->until_ms)
		r.state = RULE_STATE_OVER;
	return r;
}

struct rule_period
rule_set_period(const struct rule_set *set, size_t i, int64_t now_ms)
{
	assert(i < set->rule_count);
	return period_of(&set->programs[i], now_ms);
}

struct rule_period
rule_set_watch_period(const struct rule_set *set, size_t i, int64_t now_ms)
{
	assert(i < set->watch_count);
	return period_of(&set->programs[set->watches[i].over], now_ms);
}

static int
tell_over(const struct rule_set *set, const struct item_place *place, struct arena *a,
    struct diag_list *diags)
{
	struct finding_sink sink = set->files[place->file];
	const struct item *it;

	arena_reset(a);
	if (recall_item(set, place, a, &it) < 0)
		return -1;
	sink.diags = diags;
	finding_add(&sink, FINDING_OVER, it->until.at,
	    "write another date, or 'off', or take it out; under the same id it goes on with what "
	    "it remembers",
	    "the period of this %s is over: it does nothing any more", item_kind_name(it->kind));
	return 0;
}

int
rule_set_judge_periods(
    const struct rule_set *set, int64_t now_ms, struct diag_list *diags, struct err *err)
{
	struct arena *a = arena_new(ITEM_ARENA_BYTES);
	int rc = a == NULL ? -1 : 0;

	for (size_t i = 0; i < set->rule_count && rc == 0; i++)
		if (!rule_set_is_off(set, i) &&
		    rule_set_period(set, i, now_ms).state == RULE_STATE_OVER)
			rc = tell_over(set, &set->rules[i].place, a, diags);
	for (size_t i = 0; i < set->watch_count && rc == 0; i++)
		if (!rule_set_watch_is_off(set, i) &&
		    rule_set_watch_period(set, i, now_ms).state == RULE_STATE_OVER)
			rc = tell_over(set, &set->watches[i].place, a, diags);
	arena_free(a);
	return rc == 0 ? 0 : err_set(err, ERR_NOMEM, "no memory to look at the rules' periods");
}
