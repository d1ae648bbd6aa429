/*
 * crowd_take.c - a watch of one rule set goes on with what it knows in the next one, without a look at the rows.
 */
#include "rules/crowd_internal.h"

/* Only what is made of hits, minutes and buckets is looked at: which numbers `when` asks for may differ. */
static bool
is_same_shape(const struct crowd_run *a, const struct crowd_run *b)
{
	if (a->subject != b->subject || a->hits.keep_ms != b->hits.keep_ms ||
	    a->hits.has_scratch != b->hits.has_scratch ||
	    a->hits.window_count != b->hits.window_count || a->base.size != b->base.size ||
	    a->base.window_count != b->base.window_count || a->detector_count != b->detector_count)
		return false;
	for (size_t i = 0; i < a->hits.window_count; i++)
		if (a->windows[i].within_ms != b->windows[i].within_ms ||
		    a->windows[i].has_authors != b->windows[i].has_authors)
			return false;
	for (size_t i = 0; i < a->base.window_count; i++)
		if (a->base_windows[i].within_ms != b->base_windows[i].within_ms)
			return false;
	for (size_t i = 0; i < a->detector_count; i++)
		if (a->detectors[i].is_of_authors != b->detectors[i].is_of_authors ||
		    a->detectors[i].bucket_ms != b->detectors[i].bucket_ms)
			return false;
	return true;
}

/* What r counted is now another's; it is as one that never counted. */
static void
give_away(struct crowd_run *r)
{
	r->hits = (struct crowd_hits){.windows = r->windows};
	r->base = (struct crowd_base){.windows = r->base_windows};
}

bool
crowd_take_over(struct crowd *c, size_t i, struct crowd *old)
{
	struct crowd_run *r = &c->runs[i], *was, fresh = *r;
	int at = rule_set_find_watch(old->set, r->head->rule.id);

	if (at < 0 || !is_same_shape(r, &old->runs[at]))
		return false;
	was = &old->runs[at];
	crowd_hits_fini(&r->hits);
	crowd_base_fini(&r->base);
	*r = *was;
	give_away(was);
	r->hits.windows = r->windows;
	r->base.windows = r->base_windows;
	r->watch = fresh.watch;
	r->head = fresh.head;
	for (size_t k = 0; k < RULES_CROWD_TESTS_MAX; k++)
		r->window_of[k] = fresh.window_of[k];
	r->widest = fresh.widest;
	r->has_falling = fresh.has_falling;
	r->from_ms = fresh.from_ms;
	r->until_ms = fresh.until_ms;
	r->is_off = fresh.is_off;
	c->due_ms[i] = CROWD_NOW;
	if (old->now_ms > c->now_ms)
		c->now_ms = old->now_ms;
	return true;
}
