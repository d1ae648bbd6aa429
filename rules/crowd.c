/*
 * crowd.c - what begins and what ends.
 *
 * A judgement moves the windows of a watch to its time, learns what is usual from the buckets that are
 * over, and asks the lines of `when`.  Nothing changes between two judgements but by a post that was
 * added or by time; the first is followed by a judgement, the second is what due_ms is for.
 */
#include "rules/crowd_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/timefmt.h"

/* ---- making ---- */

static uint8_t
add_window(struct crowd_run *r, int64_t within_ms, bool has_authors)
{
	size_t i = 0;

	while (i < r->hits.window_count && r->windows[i].within_ms != within_ms)
		i++;
	if (i == r->hits.window_count)
		r->windows[r->hits.window_count++].within_ms = within_ms;
	r->windows[i].has_authors |= has_authors;
	if (within_ms > r->windows[r->widest].within_ms)
		r->widest = (uint8_t)i;
	return (uint8_t)i;
}

static uint8_t
add_base_window(struct crowd_run *r, int64_t within_ms)
{
	size_t i = 0;

	while (i < r->base.window_count && r->base_windows[i].within_ms != within_ms)
		i++;
	if (i == r->base.window_count)
		r->base_windows[r->base.window_count++].within_ms = within_ms;
	return (uint8_t)i;
}

static void
add_detector(struct crowd_run *r, const struct crowd_test *t)
{
	struct crowd_detector *d;

	if (!t->is.is_times_usual || crowd_detector_of(r, t) != NULL)
		return;
	assert(r->detector_count < CROWD_DETECTORS_MAX); /* the checker saw to it */
	d = &r->detectors[r->detector_count++];
	d->is_of_authors = t->is.measure == CROWD_AUTHORS;
	d->bucket_ms = d->is_of_authors ? t->within_ms : CROWD_BUCKET_MS;
	d->next_ms = INT64_MIN;
	spike_init(&d->spike);
}

static int
run_init(struct crowd_run *r, const struct rule_set *set, size_t i)
{
	r->watch = &set->watches[i];
	r->head = &set->watch_heads[i];
	r->from_ms = set->programs[r->watch->over].from_ms;
	r->until_ms = set->programs[r->watch->over].until_ms;
	r->is_off = set->programs[r->watch->over].is_off;
	r->quiet_since_ms = r->looked_since_ms = r->judged_ms = r->written_ms = TIME_UNKNOWN;
	r->hits = (struct crowd_hits){.now_ms = INT64_MIN,
	    .lost_ms = INT64_MIN,
	    .keep_ms = r->head->widest_ms,
	    .windows = r->windows};
	r->base.windows = r->base_windows;
	for (size_t k = 0; k < r->watch->test_count; k++) {
		const struct crowd_test *t = &r->watch->tests[k];
		uint8_t window = add_window(r, t->within_ms, t->is.measure == CROWD_AUTHORS);

		r->window_of[k] =
		    t->is.measure == CROWD_SHARE ? add_base_window(r, t->within_ms) : window;
		r->has_falling |= crowd_is_falling(t);
		add_detector(r, t);
	}
	r->hits.has_scratch = r->detector_count > 0;
	if (r->head->has_base && crowd_base_init(&r->base, r->head->widest_ms) < 0)
		return -1;
	r->subject = r->watch->subject;
	return 0;
}

static void
run_fini(struct crowd_run *r)
{
	crowd_hits_fini(&r->hits);
	crowd_base_fini(&r->base);
}

int
crowd_new(struct rule_set *set, struct crowd **crowd_r, struct err *err)
{
	struct crowd *c = mem_zalloc(sizeof *c);

	if (c == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the watches");
	c->now_ms = INT64_MIN;
	c->set = rule_set_ref(set);
	c->runs = mem_array(set->watch_count + 1, sizeof *c->runs);
	c->due_ms = mem_array(set->watch_count + 1, sizeof *c->due_ms);
	if (c->runs == NULL || c->due_ms == NULL)
		goto no_memory;
	while (c->run_count < set->watch_count) {
		size_t i = c->run_count++;

		if (run_init(&c->runs[i], set, i) < 0)
			goto no_memory;
		c->due_ms[i] = c->runs[i].detector_count > 0 || c->runs[i].has_falling
		    ? CROWD_NOW
		    : CROWD_NEVER;
	}
	*crowd_r = c;
	return 0;
no_memory:
	crowd_free(c);
	return err_set(err, ERR_NOMEM, "no memory for the watches");
}

void
crowd_free(struct crowd *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->run_count; i++)
		run_fini(&c->runs[i]);
	mem_free(c->runs);
	mem_free(c->due_ms);
	rule_set_unref(c->set);
	mem_free(c);
}

/* ---- adding ---- */

static struct crowd_run *
touch(struct crowd *c, size_t i)
{
	assert(i < c->run_count);
	c->due_ms[i] = CROWD_NOW;
	return &c->runs[i];
}

int
crowd_add(struct crowd *c, size_t i, enum firing_part part, int64_t at_ms, uint64_t author,
    struct err *err)
{
	struct crowd_run *r = touch(c, i);

	assert(part == FIRING_WATCHED || part == FIRING_BASE);
	if (part == FIRING_WATCHED) {
		if (crowd_hits_add(&r->hits, at_ms, author) < 0)
			return err_set(err, ERR_NOMEM, "no memory to count a post");
	} else if (r->base.minutes != NULL) {
		crowd_base_add(&r->base, minute_of(at_ms), 1);
	}
	return 0;
}

int
crowd_add_base(struct crowd *c, size_t i, int64_t minute, int64_t n, struct err *err)
{
	struct crowd_run *r = touch(c, i);

	(void)err;
	if (r->base.minutes != NULL)
		crowd_base_add(&r->base, minute, n);
	return 0;
}

/* ---- judging ---- */

static void
slide(struct crowd_run *r, int64_t now_ms)
{
	crowd_hits_advance(&r->hits, now_ms);
	crowd_base_advance(&r->base, now_ms);
	if (r->looked_since_ms == TIME_UNKNOWN ||
	    (r->judged_ms != TIME_UNKNOWN && r->has_falling &&
		now_ms - r->judged_ms > CROWD_PAUSE_MS)) {
		r->looked_since_ms = now_ms;
		r->is_changed = true;
	}
	r->judged_ms = now_ms;
	if (r->has_falling &&
	    (r->written_ms == TIME_UNKNOWN || now_ms - r->written_ms >= CROWD_PAUSE_MS / 2))
		r->is_changed = true; /* so that a pause of the watching can be seen */
	for (size_t i = 0; !r->is_off && i < r->detector_count; i++)
		crowd_learn(r, &r->detectors[i], now_ms);
}

/* Moves the incident; true when it begins or ends. */
static bool
turn(struct crowd_run *r, bool holds, int64_t now_ms)
{
	int64_t quiet_since = r->quiet_since_ms;

	if (!r->is_active && !holds)
		return false;
	if (!r->is_active) {
		r->is_active = r->is_changed = true;
		r->since_ms = now_ms;
		r->peak = 0;
		r->quiet_since_ms = TIME_UNKNOWN;
		return true;
	}
	r->quiet_since_ms = holds         ? TIME_UNKNOWN
	    : quiet_since == TIME_UNKNOWN ? now_ms
					  : quiet_since;
	r->is_changed |= r->quiet_since_ms != quiet_since;
	if (holds || now_ms - r->quiet_since_ms < r->head->quiet_ms)
		return false;
	r->is_active = false;
	r->is_changed = true;
	return true;
}

static int
judge_run(struct crowd_run *r, int64_t now_ms, struct arena *a, struct crowd_change *change,
    bool *is_turned_r)
{
	struct crowd_seen seen[RULES_CROWD_TESTS_MAX];
	bool holds;
	int64_t posts;

	slide(r, now_ms);
	holds = crowd_look(r, now_ms, seen) && !r->is_off;
	posts = (int64_t)crowd_hits_in(&r->hits, &r->windows[r->widest]);
	if (r->is_off && r->is_active) /* nobody counts any more */
		r->quiet_since_ms = now_ms - r->head->quiet_ms;
	*is_turned_r = turn(r, holds, now_ms);
	if (r->is_active && posts > r->peak) {
		r->peak = posts;
		r->is_changed = true;
	}
	if (!*is_turned_r)
		return 0;
	change->turn = r->is_active ? CROWD_BEGINS : CROWD_ENDS;
	change->since_ms = r->since_ms;
	change->peak = r->peak;
	change->reason = crowd_reason(r, seen, r->is_active, a);
	return slice_is_set(change->reason) ? 0 : -1;
}

int
crowd_judge(struct crowd *c, int64_t now_ms, struct arena *a, struct crowd_change **changes_r,
    size_t *count_r, struct err *err)
{
	struct crowd_change *changes = NULL;
	size_t count = 0;

	if (now_ms < c->now_ms)
		now_ms = c->now_ms;
	c->now_ms = now_ms;
	for (size_t i = 0; i < c->run_count; i++) {
		struct crowd_run *r = &c->runs[i];
		bool is_turned = false;

		if (c->due_ms[i] > now_ms)
			continue;
		if (changes == NULL &&
		    (changes = arena_array(a, c->run_count, sizeof *changes)) == NULL)
			goto no_memory;
		changes[count].watch = i;
		if (judge_run(r, now_ms, a, &changes[count], &is_turned) < 0)
			goto no_memory;
		c->due_ms[i] = crowd_run_due(r, now_ms);
		count += is_turned;
	}
	*changes_r = changes;
	*count_r = count;
	return 0;
no_memory:
	return err_set(err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM, "no memory for the watches");
}

int64_t
crowd_next_due(const struct crowd *c)
{
	int64_t due = CROWD_NEVER;

	for (size_t i = 0; i < c->run_count; i++)
		due = c->due_ms[i] < due ? c->due_ms[i] : due;
	return due == CROWD_NEVER ? TIME_UNKNOWN : due;
}

bool
crowd_is_active(const struct crowd *c, size_t i, int64_t *since_ms_r)
{
	assert(i < c->run_count);
	*since_ms_r = c->runs[i].is_active ? c->runs[i].since_ms : TIME_UNKNOWN;
	return c->runs[i].is_active;
}

void
crowd_stand_down(struct crowd *c, size_t i)
{
	struct crowd_run *r = &c->runs[i];

	assert(i < c->run_count);
	r->is_active = false;
	r->is_changed = true;
	r->quiet_since_ms = TIME_UNKNOWN;
	c->due_ms[i] = CROWD_NOW;
}

bool
crowd_is_changed(const struct crowd *c, size_t i)
{
	assert(i < c->run_count);
	return c->runs[i].is_changed;
}
