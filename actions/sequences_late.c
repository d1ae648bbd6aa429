/*
 * sequences_late.c - what must come before a post may reach us after it: a source was down, or lists the
 * newest first.
 *
 * A post for which it has not come leaves its event time, by rule and person.  When a post that fulfils
 * the conditions of `after` comes, it looks for such times behind its own: what is of that instant, and
 * was decided to be counted, gets a timer, and its time goes.  The timer is due at once (or when `unless`
 * says), is a row that commits with the late post, and is settled as an occurrence of its own: a rule
 * decides once on it.
 */
#include "actions/actions_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "store/times.h"
#include "store/timers.h"

int
sequence_note_open(struct settle *s, const struct rule_head *rule)
{
	const struct occurrence *occ = s->in->occ;
	int64_t slowest_ms = s->in->slowest_ms > 0 ? s->in->slowest_ms : occ->now_ms;
	struct rule_times t;

	if (store_times_get(s->st, rule->id, TIMES_OPEN, occ->subject, &t, s->err) < 0)
		return -1;
	/* Nothing in time is older than that any more. */
	rule_times_drop_before(&t, slowest_ms - s->config->allowed_lateness_ms);
	s->out->has_open = true;
	if (!rule_times_add(&t, occ->at_ms))
		return 0;
	return store_times_put(s->st, rule->id, TIMES_OPEN, occ->subject, &t, s->err);
}

/* Did this rule count it and wait for nothing yet?  1, 0, -1. */
static int
is_open(struct settle *s, const struct rule_head *rule, const struct moment_row *row)
{
	struct decision_row *rows;
	size_t count;

	if (s->in->mode != SETTLE_REAL)
		return 1; /* no decision is written */
	if (store_decisions_of(s->st, row->occurrence_id, s->arena, &rows, &count, s->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (rows[i].outcome == DECISION_COUNTED && slice_eq(rows[i].rule_id, rule->id))
			return 1;
	return 0;
}

static int
start(struct settle *s, const struct rule_head *rule, const struct moment_row *row, int64_t at_ms)
{
	const struct timer_row timer = {.due_at_ms = at_ms + rule->unless.within_ms,
	    .rule_id = rule->id,
	    .post_no = row->post_no,
	    .event_no = row->event_no,
	    .subject = s->in->occ->subject,
	    .started_at_ms = at_ms};
	int rc = is_open(s, rule, row);

	if (rc <= 0)
		return rc;
	s->out->has_timers = true;
	return store_timer_put(s->st, &timer, s->err) < 0 ? -1 : 0;
}

static int
start_all_at(struct settle *s, const struct rule_head *rule, int64_t at_ms)
{
	struct moment_row *rows = NULL;
	size_t count = 0;

	if (store_moments_at(s->st, s->in->occ->subject, at_ms, rule->sees_events, s->arena, &rows,
		&count, s->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (start(s, rule, &rows[i], at_ms) < 0)
			return -1;
	return 0;
}

int
sequence_start_open(struct settle *s, const struct firing *f)
{
	const struct occurrence *occ = s->in->occ;
	const struct rule_head *rule = f->rule;
	struct rule_times t, left = {0};

	if (store_times_get(s->st, rule->id, TIMES_OPEN, occ->subject, &t, s->err) < 0)
		return -1;
	for (size_t i = 0; i < t.count; i++) {
		int64_t at_ms = t.at_ms[i];
		bool is_behind = at_ms > occ->at_ms && at_ms - occ->at_ms <= rule->after.within_ms;

		if (!is_behind)
			left.at_ms[left.count++] = at_ms;
		else if ((i == 0 || t.at_ms[i - 1] != at_ms) && start_all_at(s, rule, at_ms) < 0)
			return -1;
	}
	if (left.count == t.count)
		return 0;
	return store_times_put(s->st, rule->id, TIMES_OPEN, occ->subject, &left, s->err);
}
