/*
 * rests.c - how often a rule may come to something.
 *
 * A rest and the limits count what a rule did, not what it wanted: of a firing whose actions were all
 * suppressed nothing moves, and whoever got nothing can get it the next time.  Of a rule that writes to
 * people and does other things beside, a message may be suppressed while the rest is done: then only the
 * rest of the others begins (STATE_COOLDOWN_DEEDS).  They are not done again before it is over, and until
 * then a firing is for the message alone.
 */
#include "actions/actions_internal.h"

#include <assert.h>

#include "core/timefmt.h"

bool
rests_is_message(const struct action *action)
{
	return action->verb == ACTION_SEND || action->verb == ACTION_DRAFT_REPLY;
}

/* Does it write to people, and do other things beside? */
static bool
is_mixed(const struct rule_head *rule)
{
	size_t messages = 0;

	for (size_t i = 0; i < rule->action_count; i++)
		messages += rests_is_message(&rule->actions[i]);
	return messages > 0 && messages < rule->action_count;
}

void
rests_find(
    struct settle *s, const struct rule_head *rule, enum state_kind kind, struct rule_row *row_r)
{
	struct slice key;

	row_r->has_key = guardrails_key(s->in->occ, rule->cooldown_scope, &key, &row_r->nobody);
	if (row_r->has_key)
		store_counter_ahead(s->st, rule, kind, key, &row_r->at);
}

static int
judge(struct settle *s, const struct rule_head *rule, struct rule_row *row, struct why *why)
{
	struct rule_counter c;
	int rc;

	if (!row->has_key) {
		why->kind = WHY_NOBODY;
		why->nobody = row->nobody;
		return 0;
	}
	rc = store_counter_get_at(s->st, &row->at, &c, s->err);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	/* A clock that was set back keeps it held: never twice within the time. */
	if (c.last_at_ms == TIME_UNKNOWN || s->in->occ->now_ms - c.last_at_ms >= rule->cooldown_ms)
		return 1;
	why->kind = WHY_COOLDOWN;
	why->number = c.last_at_ms;
	return 0;
}

int
rests_judge(
    struct settle *s, const struct rule_head *rule, struct rule_row *cooldown, struct why *why)
{
	return rule->cooldown_ms <= 0 ? 1 : judge(s, rule, cooldown, why);
}

int
rests_judge_deeds(struct settle *s, const struct rule_head *rule, struct why *why)
{
	struct rule_row row;

	if (rule->cooldown_ms <= 0 || !is_mixed(rule))
		return 1;
	rests_find(s, rule, STATE_COOLDOWN_DEEDS, &row);
	return judge(s, rule, &row, why);
}

bool
rests_is_done(const struct decision_row *row)
{
	return row->outcome != DECISION_SUPPRESSED &&
	    (row->outcome != DECISION_SHADOW || !slice_starts_with(row->note, SHADOW_SUPPRESSED));
}

int
rests_begin(
    struct settle *s, const struct rule_head *rule, struct rule_row *cooldown, bool has_message)
{
	bool is_of_deeds = !has_message && is_mixed(rule);
	struct rule_row own;

	if (rule->cooldown_ms <= 0)
		return 0;
	if (is_of_deeds || cooldown == NULL) {
		rests_find(s, rule, is_of_deeds ? STATE_COOLDOWN_DEEDS : STATE_COOLDOWN, &own);
		cooldown = &own;
	}
	assert(cooldown->has_key); /* judged before */
	return cooldown->has_key ? guardrails_count_at(s, &cooldown->at) : -1;
}
