/*
 * backtest_lane.c - one rule set on its way through the posts: a pipeline on a virtual clock and a
 * database of its own, on a thread of its own.
 *
 * State of that day: rests, limits and budgets are made again from what was decided and queued before it
 * (backtest_seed.c); windows, sequences, timers and crowds by letting the posts before it pass with
 * nothing decided (REHEARSE_REMEMBER), as far back as the longest of them reaches.
 */
#include "daemon/backtest_internal.h"

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/thread.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"

#include "daemon/pipeline.h"
#include "daemon/snapshot.h"

static void
on_decided(void *cookie, const struct stored_post *sp, const struct stored_event *e,
    const struct decision_row *row)
{
	struct backtest_lane *l = cookie;

	if (l->is_recording)
		backtest_side_take(&l->side, row, sp, e);
}

/* ---- the state of that day -------------------------------------------------- */

/* How far back windows, sequences and crowds of a set reach. */
static int64_t
reach_of(const struct rule_set *set)
{
	int64_t reach_ms = 0;

	for (size_t i = 0; i < rule_set_count(set); i++) {
		const struct rule_head *h = rule_set_head(set, i);
		int64_t own[3] = {h->window.within_ms, h->after.within_ms, h->unless.within_ms};

		for (size_t k = 0; k < 3; k++)
			if (own[k] > reach_ms)
				reach_ms = own[k];
	}
	for (size_t i = 0; i < rule_set_watch_count(set); i++)
		if (rule_set_watch(set, i)->widest_ms > reach_ms)
			reach_ms = rule_set_watch(set, i)->widest_ms;
	return reach_ms;
}

int
backtest_lane_init(struct backtest_lane *l, const struct backtest *b, size_t number,
    struct snapshot *snapshot, struct err *err)
{
	struct store_options o = {.mode = STORE_MEMORY, .hash_seed = b->hash_seed};
	struct pipeline_env env = {.clock = &l->clock.base, .rehearsed = on_decided, .cookie = l};

	l->since_ms = b->since_ms;
	l->until_ms = b->until_ms;
	l->number = number;
	l->reach_ms = reach_of(snapshot->rules);
	atomic_init(&l->has_failed, false);
	clock_virtual_init(&l->clock, 0);
	if (backtest_side_init(&l->side, snapshot, b->hash_seed, err) < 0 ||
	    store_open(&o, &l->store, err) < 0)
		return -1;
	env.store = l->store;
	if (pipeline_new(&env, snapshot, &l->pipeline, err) < 0)
		return -1;
	return backtest_seed(l, b, err);
}

void
backtest_lane_fini(struct backtest_lane *l)
{
	if (l->queue != NULL)
		queue_free(l->queue);
	pipeline_free(l->pipeline);
	store_close(l->store);
	backtest_side_fini(&l->side);
}

/* ---- posts ------------------------------------------------------------------ */

/* What falls due before that time belongs to it. */
static int
begin_recording(struct backtest_lane *l, struct err *err)
{
	if (l->is_recording)
		return 0;
	if (l->clock.at_ms < l->since_ms)
		clock_virtual_set(&l->clock, l->since_ms);
	if (pipeline_rehearse(l->pipeline, &l->clock, NULL, 0, REHEARSE_REMEMBER, err) < 0)
		return -1;
	l->is_recording = true;
	return 0;
}

/* Posts of a page; what comes before that time only leaves its marks. */
static int
take_posts(struct backtest_lane *l, const struct backtest_page *page, size_t from, size_t to,
    struct err *err)
{
	struct stored_post *const *posts = page->posts[l->number];
	size_t begin = from > page->begin ? from : page->begin;
	size_t end = to < page->end ? to : page->end;
	size_t marks = to < page->begin ? to : page->begin;

	if (marks > from &&
	    pipeline_rehearse(
		l->pipeline, &l->clock, posts + from, marks - from, REHEARSE_REMEMBER, err) < 0)
		return -1;
	if (end <= begin)
		return 0;
	if (begin_recording(l, err) < 0)
		return -1;
	return pipeline_rehearse(
	    l->pipeline, &l->clock, posts + begin, end - begin, REHEARSE_DECIDE, err);
}

static int
take_event(struct backtest_lane *l, const struct stored_event *e, struct err *err)
{
	bool is_before = e->received_at_ms < l->since_ms;

	if (!is_before && begin_recording(l, err) < 0)
		return -1;
	return pipeline_rehearse_event(
	    l->pipeline, &l->clock, e, is_before ? REHEARSE_REMEMBER : REHEARSE_DECIDE, err);
}

/* Posts and events as they came. */
static int
take_page(struct backtest_lane *l, const struct backtest_page *page, struct err *err)
{
	struct stored_post *const *posts = page->posts[l->number];
	size_t at = page->first;

	for (size_t i = 0; i < page->event_count; i++) {
		size_t to = at;

		while (to < page->end &&
		    posts[to]->post.fetched_at_ms <= page->events[i]->received_at_ms)
			to++;
		if (take_posts(l, page, at, to, err) < 0 || take_event(l, page->events[i], err) < 0)
			return -1;
		at = to;
	}
	return take_posts(l, page, at, page->end, err);
}

/* Timers that fall due, and crowds that end, until the end of the time looked at. */
static int
finish(struct backtest_lane *l, struct err *err)
{
	if (begin_recording(l, err) < 0)
		return -1;
	if (l->clock.at_ms < l->until_ms)
		clock_virtual_set(&l->clock, l->until_ms);
	return pipeline_rehearse(l->pipeline, &l->clock, NULL, 0, REHEARSE_DECIDE, err);
}

/* ---- the thread ------------------------------------------------------------- */

static void
lane_main(void *cookie)
{
	struct backtest_lane *l = cookie;
	struct backtest_page *page;
	int rc = 0;

	while ((page = queue_pop(l->queue, -1)) != NULL) {
		if (rc == 0 && take_page(l, page, &l->err) < 0) {
			rc = -1;
			atomic_store(&l->has_failed, true);
		}
		backtest_page_done(page);
	}
	if (rc == 0 && !l->is_cut_short)
		rc = finish(l, &l->err);
	if (rc == 0 && l->side.has_no_memory)
		rc = err_set(&l->err, ERR_NOMEM, "no memory for what the backtest found");
	atomic_store(&l->has_failed, rc < 0);
}

int
backtest_lane_start(struct backtest_lane *l, struct err *err)
{
	l->queue = queue_new(BACKTEST_PAGES);
	if (l->queue == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a backtest");
	return thread_start("rehearsal", lane_main, l, &l->thread, err);
}

int
backtest_lane_join(struct backtest_lane *l, bool is_cut_short, struct err *err)
{
	if (l->thread == NULL)
		return 0;
	l->is_cut_short = is_cut_short;
	queue_close(l->queue);
	thread_join(l->thread);
	l->thread = NULL;
	if (!atomic_load(&l->has_failed))
		return 0;
	*err = l->err;
	return -1;
}
