/*
 * backtest.c - stored posts through two pipelines on virtual clocks.
 *
 * State of that day: cool-downs and totals are made again from the firings before it (of rules that
 * keep their id); windows, sequences, timers and crowds by letting the posts before it pass with
 * nothing decided (REHEARSE_REMEMBER), as far back as the longest of them reaches, at most WARM_UP_MAX_MS.
 */
#include "daemon/backtest.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/posts.h"
#include "store/store.h"

#include "daemon/backtest_internal.h"
#include "daemon/pipeline.h"
#include "daemon/snapshot.h"

#define PAGE_POSTS 1024
#define PAGE_ARENA_BYTES (512u * 1024 * 1024)
#define WARM_UP_MAX_MS (14 * TIME_DAY_MS)

/* One rule set: its pipeline, on a database of its own in memory. */
struct lane {
	struct backtest_side side;
	struct clock_virtual clock;
	struct store *store;
	struct pipeline *pipeline;
	bool is_recording;
};

struct run {
	const struct backtest *b;
	struct lane lanes[2]; /* draft, live */
	size_t lane_count;
	struct arena *page;
	struct backtest_facts facts;
	int64_t warm_up_ms;
};

static void
on_decided(void *cookie, const struct stored_post *sp, const struct decision_row *row)
{
	struct lane *l = cookie;

	if (l->is_recording)
		backtest_side_take(&l->side, row, sp);
}

/* ---- the state of that day -------------------------------------------------- */

struct seed {
	struct lane *lane;
	int64_t since_ms;
};

static int
seed_counter(struct store *st, struct slice rule_id, enum state_kind kind, struct slice key,
    int64_t at_ms, struct err *err)
{
	struct rule_counter c;

	if (store_counter_get(st, rule_id, kind, key, &c, err) < 0)
		return -1;
	if (c.last_at_ms == TIME_UNKNOWN || c.last_at_ms < at_ms)
		c.last_at_ms = at_ms;
	c.count++;
	return store_counter_put(st, rule_id, kind, key, &c, err);
}

static int
seed_firing(void *cookie, const struct firing_row *row, struct err *err)
{
	struct seed *s = cookie;
	struct lane *l = s->lane;
	int at = rule_set_find(l->side.snapshot->rules, row->rule_id);
	const struct rule_head *head;

	if (at < 0)
		return 0;
	head = rule_set_head(l->side.snapshot->rules, (size_t)at);
	if (head->cooldown_ms > s->since_ms - row->at_ms &&
	    head->cooldown_scope != LIMIT_PER_THREAD &&
	    seed_counter(l->store, row->rule_id, STATE_COOLDOWN,
		head->cooldown_scope == LIMIT_PER_RULE ? SLICE_LIT("") : row->subject, row->at_ms,
		err) < 0)
		return -1;
	return seed_counter(l->store, row->rule_id, STATE_TOTAL, SLICE_LIT(""), row->at_ms, err);
}

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

static int
lane_init(struct run *r, struct lane *l, struct snapshot *snapshot, struct err *err)
{
	struct store_options o = {.mode = STORE_MEMORY, .hash_seed = r->b->hash_seed};
	struct pipeline_env env = {.clock = &l->clock.base, .rehearsed = on_decided, .cookie = l};
	struct seed seed = {l, r->b->since_ms};
	int64_t reach_ms = reach_of(snapshot->rules);
	int rc;

	clock_virtual_init(&l->clock, 0);
	if (backtest_side_init(&l->side, snapshot, r->b->hash_seed, err) < 0 ||
	    store_open(&o, &l->store, err) < 0)
		return -1;
	env.store = l->store;
	if (reach_ms > r->warm_up_ms)
		r->warm_up_ms = reach_ms;
	if (pipeline_new(&env, snapshot, &l->pipeline, err) < 0 || store_begin(l->store, err) < 0)
		return -1;
	if (store_begin(r->b->store, err) < 0) {
		store_rollback(l->store);
		return -1;
	}
	rc = store_firings_before(r->b->store, r->b->since_ms, seed_firing, &seed, err);
	store_rollback(r->b->store);
	if (rc == 0)
		return store_commit(l->store, err);
	store_rollback(l->store);
	return -1;
}

static void
lane_fini(struct lane *l)
{
	pipeline_free(l->pipeline);
	store_close(l->store);
	backtest_side_fini(&l->side);
}

/* ---- posts ------------------------------------------------------------------ */

/* What falls due before that time belongs to it. */
static int
begin_recording(struct lane *l, int64_t since_ms, struct err *err)
{
	if (l->is_recording)
		return 0;
	if (l->clock.at_ms < since_ms)
		clock_virtual_set(&l->clock, since_ms);
	if (pipeline_rehearse(l->pipeline, &l->clock, NULL, 0, REHEARSE_REMEMBER, err) < 0)
		return -1;
	l->is_recording = true;
	return 0;
}

/* A page's posts that one mode is for, to one lane. */
static int
rehearse(struct lane *l, struct stored_post *const *posts, size_t count, bool is_recording,
    int64_t since_ms, struct err *err)
{
	if (is_recording && begin_recording(l, since_ms, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	return pipeline_rehearse(l->pipeline, &l->clock, posts, count,
	    is_recording ? REHEARSE_DECIDE : REHEARSE_REMEMBER, err);
}

/* Splits a page at since and until: what comes before only leaves its marks. */
static int
take_page(struct run *r, struct stored_post **posts, size_t count, struct err *err)
{
	size_t first = 0, begin, end;

	while (first < count && posts[first]->post.fetched_at_ms < r->b->since_ms - r->warm_up_ms)
		first++;
	for (begin = first; begin < count && posts[begin]->post.fetched_at_ms < r->b->since_ms;)
		begin++;
	for (end = begin; end < count && posts[end]->post.fetched_at_ms < r->b->until_ms;)
		end++;
	for (size_t i = 0; i < r->lane_count; i++)
		if (rehearse(&r->lanes[i], posts + first, begin - first, false, r->b->since_ms,
			err) < 0 ||
		    (end > begin &&
			rehearse(&r->lanes[i], posts + begin, end - begin, true, r->b->since_ms,
			    err) < 0))
			return -1;
	r->facts.posts += (int64_t)(end - begin);
	return 0;
}

static int
load_page(struct run *r, int64_t *after_no, struct stored_post ***posts_r, size_t *count_r,
    struct err *err)
{
	int rc;

	arena_reset(r->page);
	if (store_begin(r->b->store, err) < 0)
		return -1;
	rc = store_posts_scan(r->b->store, *after_no, PAGE_POSTS, r->page, posts_r, count_r,
	    after_no, &r->facts.gone, err);
	store_rollback(r->b->store);
	return rc;
}

static int
walk(struct run *r, struct err *err)
{
	int64_t after_no, before_no, first_no, total;
	struct stored_post **posts;
	size_t count;

	if (store_begin(r->b->store, err) < 0)
		return -1;
	if (store_posts_scan_begin(
		r->b->store, r->b->since_ms - r->warm_up_ms, &after_no, &total, err) < 0) {
		store_rollback(r->b->store);
		return -1;
	}
	store_rollback(r->b->store);
	first_no = after_no;
	do {
		before_no = after_no;
		if (load_page(r, &after_no, &posts, &count, err) < 0 ||
		    take_page(r, posts, count, err) < 0)
			return -1;
		if (r->b->progress != NULL &&
		    !r->b->progress(r->b->cookie, after_no - first_no, total))
			return 1;
	} while (after_no > before_no &&
	    (count == 0 || posts[count - 1]->post.fetched_at_ms < r->b->until_ms));
	return 0;
}

/* Timers that fall due, and crowds that end, until the end of the time looked at. */
static int
finish(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->lane_count; i++) {
		struct lane *l = &r->lanes[i];

		if (begin_recording(l, r->b->since_ms, err) < 0)
			return -1;
		if (l->clock.at_ms < r->b->until_ms)
			clock_virtual_set(&l->clock, r->b->until_ms);
		if (pipeline_rehearse(l->pipeline, &l->clock, NULL, 0, REHEARSE_DECIDE, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what could not be known --------------------------------------------------- */

static void
note(struct backtest_facts *f, const char *text)
{
	assert(f->note_count < BACKTEST_NOTES);
	f->notes[f->note_count++] = text;
}

static bool
has_thread_rest(const struct rule_set *set)
{
	for (size_t i = 0; i < rule_set_count(set); i++)
		if (rule_set_head(set, i)->cooldown_ms > 0 &&
		    rule_set_head(set, i)->cooldown_scope == LIMIT_PER_THREAD)
			return true;
	return false;
}

static bool
has_caps(const struct rule_set *set)
{
	for (size_t i = 0; i < rule_set_count(set); i++)
		for (size_t k = 0; k < rule_set_head(set, i)->cap_count; k++)
			if (rule_set_head(set, i)->caps[k].period != CAP_TOTAL)
				return true;
	return false;
}

static void
note_unknowns(struct run *r, int64_t reach_ms)
{
	const struct rule_set *draft = r->b->draft->rules;
	struct backtest_facts *f = &r->facts;

	note(f,
	    "consent, endpoints and attributes are those stored with each post; what a rule would "
	    "have "
	    "set, tagged or put on a list counts within this run only");
	note(f,
	    "offers are taken to have codes left; what channels would have answered is not known");
	if (f->gone > 0)
		note(f,
		    "posts that were deleted or are past their retention have no texts any more "
		    "and were left out");
	if (reach_ms > WARM_UP_MAX_MS)
		note(f,
		    "windows and sequences longer than 14 days begin with the last 14 days before "
		    "that time");
	if (has_thread_rest(draft))
		note(f,
		    "rests per thread begin empty: which thread a past firing was in is not kept");
	if (has_caps(draft))
		note(f,
		    "limits per hour, day, week or month begin empty at the start of the time "
		    "looked at");
}

/* ---- all ------------------------------------------------------------------------ */

static int
run_lanes(struct run *r, struct err *err)
{
	int64_t reach_ms;
	int rc;

	if (lane_init(r, &r->lanes[0], r->b->draft, err) < 0 ||
	    (r->lane_count == 2 && lane_init(r, &r->lanes[1], r->b->live, err) < 0))
		return -1;
	reach_ms = r->warm_up_ms;
	if (r->warm_up_ms > WARM_UP_MAX_MS)
		r->warm_up_ms = WARM_UP_MAX_MS;
	rc = walk(r, err);
	if (rc == 0)
		rc = finish(r, err);
	if (rc == 0)
		note_unknowns(r, reach_ms);
	for (size_t i = 0; rc == 0 && i < r->lane_count; i++)
		if (r->lanes[i].side.has_no_memory)
			rc = err_set(err, ERR_NOMEM, "no memory for what the backtest found");
	return rc;
}

int
backtest_run(const struct backtest *b, struct buf *json_out, struct err *err)
{
	struct run *r = mem_zalloc(sizeof *r);
	struct json_writer w;
	int rc = -1;

	if (r == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a backtest");
	r->b = b;
	r->lane_count = b->live != NULL ? 2 : 1;
	r->facts = (struct backtest_facts){.since_ms = b->since_ms, .until_ms = b->until_ms};
	r->page = arena_new(PAGE_ARENA_BYTES);
	if (r->page == NULL)
		err_set(err, ERR_NOMEM, "no memory for a backtest");
	else
		rc = run_lanes(r, err);
	if (rc == 0) {
		if (r->lane_count == 2)
			backtest_compare(&r->lanes[0].side, &r->lanes[1].side);
		json_writer_init(&w, json_out);
		backtest_report(&r->facts, &r->lanes[0].side,
		    r->lane_count == 2 ? &r->lanes[1].side : NULL, &w);
		if (buf_failed(json_out))
			rc = err_set(err, ERR_NOMEM, "no memory for the report");
	}
	for (size_t i = 0; i < 2; i++)
		lane_fini(&r->lanes[i]);
	arena_free(r->page);
	mem_free(r);
	return rc;
}
