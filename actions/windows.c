/*
 * windows.c - happening N times within T: exact over the last event times of a rule and key.
 *
 * Each post that was true puts its own time in its place among them.  It is enough when some N of
 * them, this post's among these, lie within T of each other; so a late post can complete a window
 * as well as begin one.  Late is what is behind its own stream's progress, not behind the clock: after
 * an outage a source is caught up with in order, and every window is as if there had been none.  A post that
 * is late by more than what is allowed puts nothing: without that bound a time that could still count would
 * have to be kept for good.  What no post in time of any stream can reach any more is dropped when the row
 * is written.
 */
#include "actions/actions_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/timefmt.h"

/* The most of the times, that of index `own` among them, that lie within within_ms of each other. */
static size_t
most_within(const int64_t *at_ms, size_t count, size_t own, int64_t within_ms)
{
	size_t most = 1, end = count;

	for (size_t first = own + 1; first-- > 0 && at_ms[own] - at_ms[first] <= within_ms;) {
		while (at_ms[end - 1] - at_ms[first] > within_ms)
			end--;
		if (end - first > most)
			most = end - first;
	}
	return most;
}

/* at_ms among the times that are there, in a copy with room for one more: the oldest counts this
 * once, and may have to go afterwards. */
static size_t
seen_with(const struct rule_times *t, int64_t at_ms, int64_t within_ms)
{
	int64_t all[RULE_TIMES_MAX + 1];
	size_t own = t->count;

	while (own > 0 && t->at_ms[own - 1] > at_ms)
		own--;
	memcpy(all, t->at_ms, own * sizeof *all);
	all[own] = at_ms;
	memcpy(all + own + 1, t->at_ms + own, (t->count - own) * sizeof *all);
	return most_within(all, t->count + 1, own, within_ms);
}

int
window_count(struct settle *s, const struct rule_head *rule, struct rule_row *row,
    struct window_seen *seen_r)
{
	const struct occurrence *occ = s->in->occ;
	const struct rule_window *w = &rule->window;
	int64_t slowest_ms = s->in->slowest_ms > 0 ? s->in->slowest_ms : occ->now_ms;
	struct rule_times t;

	assert(w->times >= 1 && w->times <= RULE_TIMES_MAX && w->within_ms >= 0);
	*seen_r = (struct window_seen){.nobody = row->has_key ? NULL : row->nobody,
	    .is_late = occ->behind_ms > s->config->allowed_lateness_ms};
	if (!row->has_key || seen_r->is_late)
		return 0;
	if (store_times_get_at(s->st, &row->at, &t, s->err) < 0)
		return -1;
	seen_r->times = seen_with(&t, occ->at_ms, w->within_ms);
	if (slowest_ms > occ->at_ms)
		slowest_ms = occ->at_ms;
	(void)rule_times_drop_before(
	    &t, slowest_ms - s->config->allowed_lateness_ms - w->within_ms);
	(void)rule_times_add(&t, occ->at_ms);
	return store_times_put_at(s->st, &row->at, &t, s->err);
}

enum verdict
window_judge(
    const struct rule_head *rule, const struct window_seen *seen, int64_t late_ms, struct why *why)
{
	if (seen->nobody != NULL) {
		why->kind = WHY_NOBODY;
		why->nobody = seen->nobody;
		return VERDICT_HELD;
	}
	if (seen->is_late) {
		why->kind = WHY_LATE;
		why->number = late_ms;
		return VERDICT_HELD;
	}
	if (seen->times >= (size_t)rule->window.times)
		return VERDICT_FIRES;
	why->kind = WHY_WINDOW;
	why->number = (int64_t)seen->times;
	return VERDICT_COUNTED;
}
