/*
 * period.c - `from ... until ...` of a rule or watch, and where it stands now.
 */
#include "api/api_internal.h"

#include "core/clock.h"
#include "rules/crowd.h"
#include "rules/rules.h"

#define NAMED_MAX 20 /* rules named in the status; `earshot rules` has all */

static bool
has_none(const struct rule_period *p)
{
	return p->from_ms == TIME_UNKNOWN && p->until_ms == TIME_UNKNOWN;
}

void
api_put_period(struct json_writer *w, struct rule_period p)
{
	json_kv_cstr(w, "period",
	    has_none(&p)                        ? "always"
		: p.state == RULE_STATE_NOT_YET ? "not yet"
		: p.state == RULE_STATE_OVER    ? "over"
						: "now");
	json_kv_time(w, "from", p.from_ms);
	json_kv_time(w, "until", p.until_ms);
}

static void
put_ids(struct json_writer *w, const char *key, const struct rule_set *set, enum rule_state state,
    int64_t now_ms)
{
	size_t left = NAMED_MAX;

	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < rule_set_count(set) && left > 0; i++) {
		if (rule_set_is_off(set, i) || rule_set_period(set, i, now_ms).state != state)
			continue;
		json_put_str(w, rule_set_head(set, i)->id);
		left--;
	}
	for (size_t i = 0; i < rule_set_watch_count(set) && left > 0; i++) {
		if (rule_set_watch_is_off(set, i) ||
		    rule_set_watch_period(set, i, now_ms).state != state)
			continue;
		json_put_str(w, rule_set_watch(set, i)->rule.id);
		left--;
	}
	json_array_end(w);
}

void
api_put_periods(struct json_writer *w, const struct rule_set *set, int64_t now_ms)
{
	if (set == NULL)
		return;
	put_ids(w, "not_begun", set, RULE_STATE_NOT_YET, now_ms);
	put_ids(w, "over", set, RULE_STATE_OVER, now_ms);
}
