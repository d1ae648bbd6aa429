/*
 * backtest_internal.h - a backtest's parts: pages of posts, the lane of each rule set, what it did
 * with the posts, counted as it happens; and the report.
 */
#ifndef DAEMON_BACKTEST_INTERNAL_H
#define DAEMON_BACKTEST_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/slice.h"
#include "daemon/backtest.h"

struct arena;
struct decision_row;
struct json_writer;
struct map;
struct pipeline;
struct queue;
struct scorer;
struct snapshot;
struct store;
struct stored_event;
struct stored_post;
struct thread;

#define BACKTEST_SAMPLES 5
#define BACKTEST_EXCERPT 160 /* bytes of a post's text in a sample */
#define BACKTEST_NOTES 12

/* Something that was done (or drafted, alerted ...), as both sides can name it. */
struct backtest_deed {
	uint64_t key; /* hash of rule, occurrence and action */
	int64_t post_no;
	uint32_t rule; /* index in the side's set */
};

struct backtest_sample {
	struct slice post_id, author, text, action, outcome, note;
	int64_t at_ms;
};

struct backtest_rule {
	int64_t matched; /* posts its conditions held for */
	int64_t fired, held, waiting, counted; /* of these */
	int64_t messages, drafts, alerts, changes, suppressed; /* actions */
	int64_t people; /* distinct subjects it fired for */
	int64_t cost_milli;
	struct backtest_sample samples[BACKTEST_SAMPLES];
	size_t sample_count;
	int64_t only_here; /* deeds the other side did not do */
	int64_t only_posts[BACKTEST_SAMPLES];
	size_t only_count;
	/* the firing its rows belong to */
	uint64_t last_occurrence; /* hash of its id */
	int last_kind;
};

struct backtest_watch {
	int64_t incidents, alerts;
	uint64_t last; /* hash of the incident its rows belong to */
};

/* One rule set on its way through the posts. */
struct backtest_side {
	const struct snapshot *snapshot;
	struct arena *arena; /* samples */
	struct backtest_rule *rules;
	size_t rule_count;
	struct backtest_watch *watches;
	size_t watch_count;
	struct map *people; /* "rule subject" seen */
	struct backtest_deed *deeds;
	size_t deed_count, deed_cap;
	int64_t people_total; /* distinct subjects over all rules */
	bool has_no_memory;
};

int backtest_side_init(
    struct backtest_side *s, const struct snapshot *snapshot, uint64_t hash_seed, struct err *err);
void backtest_side_fini(struct backtest_side *s);
/* A decision of the pipeline, about sp or e (both NULL: about a crowd). */
void backtest_side_take(struct backtest_side *s, const struct decision_row *row,
    const struct stored_post *sp, const struct stored_event *e);
/* Counts what only one of the two did.  Sorts their deeds. */
void backtest_compare(struct backtest_side *draft, struct backtest_side *live);

struct backtest_facts {
	int64_t posts, events, gone, since_ms, until_ms;
	const char *notes[BACKTEST_NOTES]; /* what could not be known */
	size_t note_count;
};
void backtest_report(const struct backtest_facts *f, const struct backtest_side *draft,
    const struct backtest_side *live, struct json_writer *w);

/* ---- backtest_page.c: the reader's thread --------------------------------------- */

#define BACKTEST_PAGES 4 /* being read, waiting, being rehearsed */

/* Posts with their words, as the draft sees them and as what is live does; both may be the same.
 * Read-only from when lanes have it until the last of them is done with it. */
struct backtest_page {
	struct arena *arena;
	struct stored_post **posts[2];
	size_t count;
	size_t first, begin, end; /* remembered from first on, decided on from begin until end */
	struct stored_event **events; /* what customers did up to the last post */
	size_t event_count;
	size_t events_decided; /* those of them that are decided on */
	bool has_more_events;
	atomic_int lanes_left;
	struct queue *free;
};

struct backtest_reader {
	const struct backtest *b;
	int64_t warm_up_ms, after_no, after_event_no, gone;
	bool has_own_brands, has_own_lexicon; /* live: not those of the draft */
	struct scorer *scorers[2];
	struct backtest_page pages[BACKTEST_PAGES];
	struct queue *free;
};

/* fini also after -1. */
int backtest_reader_init(struct backtest_reader *r, const struct backtest *b, struct err *err);
void backtest_reader_fini(struct backtest_reader *r);
/* The posts behind after_no, which moves; the page is in no lane. */
int backtest_page_load(struct backtest_reader *r, struct backtest_page *page, struct err *err);
/* A lane needs it no more. */
void backtest_page_done(struct backtest_page *page);

/* ---- backtest_seed.c -------------------------------------------------------------- */

struct backtest_lane;
/* What was decided and queued before the time looked at moves the lane's counters, for rules that keep their
 * id. */
int backtest_seed(struct backtest_lane *l, const struct backtest *b, struct err *err);

/* ---- backtest_lane.c -------------------------------------------------------------- */

struct backtest_lane {
	struct backtest_side side;
	size_t number; /* 0 the draft, 1 what is live */
	int64_t since_ms, until_ms;
	int64_t reach_ms; /* how far back windows, sequences and crowds reach */
	struct clock_virtual clock;
	struct store *store;
	struct pipeline *pipeline;
	bool is_recording;
	bool has_lost_threads; /* of firings before, for rests and limits per thread */
	/* Its thread; err once has_failed and joined. */
	struct thread *thread;
	struct queue *queue; /* of pages */
	bool is_cut_short;
	atomic_bool has_failed;
	struct err err;
};

/* Reads the state of that day.  A zeroed lane; fini also after -1, and when none of these was called. */
int backtest_lane_init(struct backtest_lane *l, const struct backtest *b, size_t number,
    struct snapshot *snapshot, struct err *err);
void backtest_lane_fini(struct backtest_lane *l);
int backtest_lane_start(struct backtest_lane *l, struct err *err);
/* After the last page; a lane that was not started has done what it should.  is_cut_short: it was not
 * all, and what would come of it does not matter. */
int backtest_lane_join(struct backtest_lane *l, bool is_cut_short, struct err *err);

#endif
