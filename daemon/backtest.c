/*
 * backtest.c - stored posts through two rule sets: one reads and cuts them (backtest_page.c), and
 * each set rehearses them on a thread of its own (backtest_lane.c), a few pages behind.
 */
#include "daemon/backtest.h"

#include <assert.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/thread.h"
#include "rules/rules.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"

#include "daemon/backtest_internal.h"
#include "daemon/snapshot.h"

#define WARM_UP_MAX_MS (14 * TIME_DAY_MS)

struct run {
	const struct backtest *b;
	struct backtest_lane lanes[2]; /* draft, live */
	size_t lane_count;
	struct backtest_reader reader;
	struct backtest_facts facts;
};

/* ---- posts ------------------------------------------------------------------ */

static bool
has_failed(struct run *r)
{
	for (size_t i = 0; i < r->lane_count; i++)
		if (atomic_load(&r->lanes[i].has_failed))
			return true;
	return false;
}

static int
begin_walk(struct run *r, int64_t *total_r, struct err *err)
{
	int rc;

	if (store_begin(r->b->store, err) < 0)
		return -1;
	rc = store_posts_scan_begin(
	    r->b->store, r->b->since_ms - r->reader.warm_up_ms, &r->reader.after_no, total_r, err);
	if (rc == 0)
		rc = store_events_scan_begin(r->b->store, r->b->since_ms - r->reader.warm_up_ms,
		    &r->reader.after_event_no, err);
	store_rollback(r->b->store);
	return rc;
}

/* To both lanes; what a page held is theirs then. */
static void
hand_on(struct run *r, struct backtest_page *page)
{
	r->facts.posts += (int64_t)(page->end - page->begin);
	r->facts.events += (int64_t)page->events_decided;
	atomic_store(&page->lanes_left, (int)r->lane_count);
	for (size_t i = 0; i < r->lane_count; i++) {
		int rc = queue_push(r->lanes[i].queue, page);

		assert(rc == 0); /* it is closed behind the last page */
		(void)rc;
	}
}

/* 0 all posts; 1 stopped by progress, or for a lane that failed; -1. */
static int
walk(struct run *r, struct err *err)
{
	struct backtest_reader *reader = &r->reader;
	int64_t before_no, first_no, total;
	bool is_over;

	if (begin_walk(r, &total, err) < 0)
		return -1;
	first_no = reader->after_no;
	do {
		struct backtest_page *page = queue_pop(reader->free, -1);

		before_no = reader->after_no;
		if (has_failed(r))
			return 1;
		if (backtest_page_load(reader, page, err) < 0)
			return -1;
		is_over = (reader->after_no == before_no ||
			      (page->count > 0 && page->end < page->count &&
				  page->posts[0][page->count - 1]->post.fetched_at_ms >=
				      r->b->until_ms)) &&
		    !page->has_more_events;
		hand_on(r, page);
		if (r->b->progress != NULL &&
		    !r->b->progress(r->b->cookie, reader->after_no - first_no, total))
			return 1;
	} while (!is_over);
	return 0;
}

/* ---- what could not be known --------------------------------------------------- */

static void
note(struct backtest_facts *f, const char *text)
{
	assert(f->note_count < BACKTEST_NOTES);
	f->notes[f->note_count++] = text;
}

/* A budget of a shadow rule: no message of it says what it would have cost. */
static bool
has_shadow_budget(const struct rule_set *set)
{
	for (size_t i = 0; i < rule_set_count(set); i++)
		for (size_t k = 0; k < rule_set_head(set, i)->cap_count; k++)
			if (rule_set_head(set, i)->is_shadow &&
			    rule_set_head(set, i)->caps[k].is_spend)
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
	if (r->lanes[0].has_lost_threads)
		note(f,
		    "rests and limits per thread leave out what fired before for posts that were "
		    "deleted or are past their retention");
	if (has_shadow_budget(draft))
		note(f, "budgets of shadow rules begin empty at the start of the time looked at");
}

/* ---- all ------------------------------------------------------------------------ */

/* What the posts before since are needed for; the longest that either set reaches back. */
static int64_t
reach_of(const struct run *r)
{
	int64_t draft_ms = r->lanes[0].reach_ms, live_ms = r->lanes[1].reach_ms;

	return draft_ms > live_ms ? draft_ms : live_ms;
}

static int
start(struct run *r, struct err *err)
{
	int64_t reach_ms;

	if (backtest_reader_init(&r->reader, r->b, err) < 0 ||
	    backtest_lane_init(&r->lanes[0], r->b, 0, r->b->draft, err) < 0 ||
	    (r->lane_count == 2 && backtest_lane_init(&r->lanes[1], r->b, 1, r->b->live, err) < 0))
		return -1;
	reach_ms = reach_of(r);
	r->reader.warm_up_ms = reach_ms > WARM_UP_MAX_MS ? WARM_UP_MAX_MS : reach_ms;
	for (size_t i = 0; i < r->lane_count; i++)
		if (backtest_lane_start(&r->lanes[i], err) < 0)
			return -1;
	return 0;
}

static int
run_lanes(struct run *r, struct err *err)
{
	int rc = start(r, err);

	if (rc == 0)
		rc = walk(r, err);
	for (size_t i = 0; i < 2; i++)
		if (backtest_lane_join(&r->lanes[i], rc != 0, err) < 0)
			rc = -1;
	if (rc == 0) {
		r->facts.gone = r->reader.gone;
		note_unknowns(r, reach_of(r));
	}
	return rc;
}

int
backtest_run(const struct backtest *b, struct buf *json_out, struct err *err)
{
	struct run *r = mem_zalloc(sizeof *r);
	struct json_writer w;
	int rc;

	if (r == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a backtest");
	r->b = b;
	r->lane_count = b->live != NULL ? 2 : 1;
	r->facts = (struct backtest_facts){.since_ms = b->since_ms, .until_ms = b->until_ms};
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
		backtest_lane_fini(&r->lanes[i]);
	backtest_reader_fini(&r->reader);
	mem_free(r);
	return rc;
}
