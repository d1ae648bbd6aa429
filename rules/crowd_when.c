/*
 * crowd_when.c - what the lines of `when` see, what is usual, and when to look again.
 */
#include "rules/crowd_internal.h"

#include "core/timefmt.h"

/* Judged by time alone no more often than that. */
#define PACE_MS TIME_SECOND_MS
/* How often "fewer than" is looked at while nobody speaks. */
#define FALLING_MS TIME_MINUTE_MS

bool
crowd_is_falling(const struct crowd_test *t)
{
	return t->is.op == RULE_OP_AT_MOST || t->is.op == RULE_OP_BELOW;
}

/* ---- the usual ---- */

const struct crowd_detector *
crowd_detector_of(const struct crowd_run *r, const struct crowd_test *t)
{
	bool is_of_authors = t->is.measure == CROWD_AUTHORS;

	for (size_t i = 0; t->is.is_times_usual && i < r->detector_count; i++)
		if (r->detectors[i].is_of_authors == is_of_authors &&
		    (!is_of_authors || r->detectors[i].bucket_ms == t->within_ms))
			return &r->detectors[i];
	return NULL;
}

static int64_t
bucket_from(int64_t at_ms, int64_t bucket_ms)
{
	int64_t rest = at_ms % bucket_ms;

	if (rest < 0)
		rest += bucket_ms;
	return rest == 0 ? at_ms : at_ms - rest + bucket_ms;
}

static void
learn_bucket(struct crowd_run *r, struct crowd_detector *d)
{
	int64_t from = d->next_ms, until = from + d->bucket_ms;
	int64_t authors = (int64_t)crowd_hits_authors(&r->hits, from, until);
	struct spike_sample sample = {from, d->bucket_ms, authors, authors, SPIKE_UNKNOWN};
	struct spike_answer answer;

	if (!d->is_of_authors) {
		sample.count = (int64_t)crowd_hits_between(&r->hits, from, until);
		if (r->base.minutes != NULL)
			sample.base_count =
			    crowd_base_between(&r->base, minute_of(from), minute_of(until - 1));
	}
	d->next_ms = until;
	if (from < r->from_ms || until > r->until_ms)
		return; /* it was not to be watched */
	spike_step(&d->spike, &sample, &answer);
	d->is_silent = answer.is_silent;
}

/* Buckets nobody watched are not empty ones: they are left out. */
void
crowd_learn(struct crowd_run *r, struct crowd_detector *d, int64_t now_ms)
{
	int64_t oldest = now_ms - d->bucket_ms - CROWD_LAG_MS - CROWD_LATE_MS;

	if (d->next_ms == INT64_MIN)
		d->next_ms = bucket_from(now_ms, d->bucket_ms);
	if (d->next_ms < oldest)
		d->next_ms = bucket_from(oldest, d->bucket_ms);
	while (d->next_ms + d->bucket_ms + CROWD_LAG_MS <= now_ms) {
		learn_bucket(r, d);
		r->is_changed = true;
	}
}

/* ---- asking ---- */

/* order: of what is seen and the limit, below 0, 0 or above. */
static enum tristate
order_truth(enum rule_op op, int order)
{
	bool holds = op == RULE_OP_AT_LEAST ? order >= 0
	    : op == RULE_OP_ABOVE           ? order > 0
	    : op == RULE_OP_AT_MOST         ? order <= 0
					    : order < 0;

	return holds ? TRI_YES : TRI_NO;
}

static enum tristate
number_truth(enum rule_op op, int64_t value, int64_t limit)
{
	return order_truth(op, (value > limit) - (value < limit));
}

/* A floor is never under a post; of less than a post "fewer than usual" says nothing. */
static enum tristate
usual_truth(const struct crowd_test *t, const struct crowd_seen *s)
{
	double value = (double)s->value, limit;

	if (s->usual < 0 || (s->usual < 1 && crowd_is_falling(t)))
		return TRI_UNKNOWN;
	limit = (s->usual < 1 ? 1 : s->usual) * (double)t->is.value_milli / 1000;
	return order_truth(t->is.op, (value > limit) - (value < limit));
}

enum tristate
crowd_truth(const struct crowd_run *r, const struct crowd_test *t, const struct crowd_seen *s,
    int64_t now_ms)
{
	const struct crowd_node *n = &t->is;

	if (crowd_is_falling(t) &&
	    (s->is_at_least || r->looked_since_ms == TIME_UNKNOWN ||
		r->looked_since_ms > now_ms - t->within_ms))
		return TRI_UNKNOWN;
	if (n->is_times_usual)
		return usual_truth(t, s);
	if (n->measure != CROWD_SHARE)
		return number_truth(n->op, s->value * 1000, n->value_milli);
	return s->base == 0 ? TRI_UNKNOWN
			    : number_truth(n->op, s->value * 1000, n->value_milli * s->base);
}

static struct crowd_seen
look(const struct crowd_run *r, size_t k, int64_t now_ms)
{
	const struct crowd_test *t = &r->watch->tests[k];
	const struct crowd_window *w = &r->windows[r->window_of[k]];
	const struct crowd_detector *d = crowd_detector_of(r, t);
	struct crowd_seen s = {.usual = SPIKE_UNKNOWN};

	switch (t->is.measure) {
	case CROWD_COUNT: s.value = (int64_t)crowd_hits_in(&r->hits, w); break;
	case CROWD_AUTHORS: s.value = (int64_t)w->authors.count; break;
	case CROWD_SHARE:
		s.value = (int64_t)(r->hits.hi -
		    crowd_hits_from(
			&r->hits, crowd_base_first(now_ms, t->within_ms) * TIME_MINUTE_MS));
		s.base = r->base_windows[r->window_of[k]].sum;
		break;
	}
	s.is_at_least = crowd_hits_is_short(&r->hits, t->within_ms);
	if (d != NULL)
		s.usual = spike_usual(&d->spike, now_ms, t->within_ms);
	s.truth = crowd_truth(r, t, &s, now_ms);
	return s;
}

bool
crowd_look(const struct crowd_run *r, int64_t now_ms, struct crowd_seen *seen)
{
	bool holds = true;

	for (size_t k = 0; k < r->watch->test_count; k++) {
		seen[k] = look(r, k, now_ms);
		holds = holds && seen[k].truth == TRI_YES;
	}
	return holds;
}

/* ---- when to look again ---- */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When what the lines see changes by time alone. */
static int64_t
next_change(const struct crowd_run *r, int64_t now_ms)
{
	int64_t next = crowd_hits_next_change(&r->hits);

	for (size_t i = 0; i < r->base.window_count; i++)
		if (r->base_windows[i].sum > 0)
			next = earlier(next, (minute_of(now_ms) + 1) * TIME_MINUTE_MS);
	if (r->has_falling)
		next = earlier(next, now_ms + FALLING_MS);
	return next == CROWD_NEVER || next > now_ms + PACE_MS ? next : now_ms + PACE_MS;
}

int64_t
crowd_run_due(const struct crowd_run *r, int64_t now_ms)
{
	int64_t due = CROWD_NEVER;

	if (r->is_off)
		return due;
	for (size_t i = 0; i < r->detector_count; i++)
		due = earlier(
		    due, r->detectors[i].next_ms + r->detectors[i].bucket_ms + CROWD_LAG_MS);
	if (r->is_active && r->quiet_since_ms != TIME_UNKNOWN)
		due = earlier(due, r->quiet_since_ms + r->head->quiet_ms);
	/* a share rises, and "fewer than" comes true, while nobody speaks */
	if ((r->is_active && r->quiet_since_ms == TIME_UNKNOWN) || r->has_falling ||
	    r->base.window_count > 0)
		due = earlier(due, next_change(r, now_ms));
	return due;
}
