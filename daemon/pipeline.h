/*
 * pipeline.h - the only file that knows the stages: score, people, rules, actions, in one
 * transaction; and what comes due between posts.
 *
 * No threads and no queues here (daemon/worker.h has them): the daemon, `earshot replay` and tests
 * drive the same code.
 *
 * Threads: the one that owns the store.
 * Crashes: pipeline_batch() commits everything about its pages (posts, decisions, counters,
 *          messages, alerts, cursors) or nothing.
 */
#ifndef DAEMON_PIPELINE_H
#define DAEMON_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/collector.h"
#include "store/outbox.h"

struct blackbox;
struct clock;
struct clock_virtual;
struct err;
struct log;
struct metrics;
struct pipeline;
struct snapshot;
struct store;
struct stored_event;
struct stored_post;

struct pipeline_env {
	struct store *store;
	const struct clock *clock;
	struct log *log; /* NULL: silent */
	struct metrics *metrics; /* NULL: not counted */
	struct blackbox *blackbox; /* NULL: none */
	/* Called for every new post, and for every decision row, once their batch has committed.
	 * NULL: nobody listens. */
	void (*stored)(void *cookie, const struct stored_post *sp);
	void (*decided)(void *cookie, const struct decision_row *row);
	/* The same for what pipeline_rehearse() would have decided, with the post or event it is about
	 * (both NULL: a crowd). */
	void (*rehearsed)(void *cookie, const struct stored_post *sp, const struct stored_event *e,
	    const struct decision_row *row);
	void *cookie;
};

struct page_result {
	int64_t stored, duplicates, revised, deleted, rejected;
	int64_t repaired; /* characters replaced by U+FFFD */
	int64_t queued; /* messages */
	int64_t erased; /* of persons who were erased: not stored */
	/* of tellings */
	int64_t events_stored, events_duplicate, events_refused;
	int64_t strangers; /* an alias of somebody we do not know: there is nobody to merge */
	int64_t customers_created, customers_told; /* told: who they are, without an event */
};

int pipeline_new(const struct pipeline_env *env, struct snapshot *snapshot, struct pipeline **p_r,
    struct err *err);
void pipeline_free(struct pipeline *p);
void pipeline_swap(struct pipeline *p, struct snapshot *snapshot); /* takes a reference */
struct snapshot *pipeline_snapshot(struct pipeline *p); /* peek */

/* One transaction for all pages; results[i] for pages[i].  before_commit (may be NULL) runs in it
 * when all pages are through, to add what must commit with them.  On -1 nothing of it happened and
 * the pages are as they were; ERR_LIMIT: fewer posts at a time may do. */
typedef int pipeline_commit_fn(
    void *cookie, struct store *st, const struct page_result *results, struct err *err);
int pipeline_batch(struct pipeline *p, struct page *const *pages, size_t count,
    struct page_result *results, pipeline_commit_fn *before_commit, void *cookie, struct err *err);

/* What comes without a post: timers that fell due, watches to be judged.  When there is something
 * next; TIME_UNKNOWN: nothing waits; in the past: now. */
int64_t pipeline_next_due(struct pipeline *p);
/* Does anything wait that ends by itself: a timer, an incident under way? */
bool pipeline_is_waiting(struct pipeline *p);
/* While held, no timer is judged: what was said while we were down may not be here yet. */
void pipeline_hold_timers(struct pipeline *p, bool is_held);
/* Removes what no watch reaches any more, in the caller's transaction. */
int
pipeline_tidy(struct pipeline *p, int64_t now_ms, size_t max_rows, bool *more_r, struct err *err);
/* Does a bounded part of what is due in a transaction of its own; nothing due: nothing happens.
 * queued: messages and alerts.  -1: as for pipeline_batch(). */
struct tick_result {
	size_t queued;
	bool more; /* call again at once */
};
int pipeline_tick(struct pipeline *p, struct tick_result *result, struct err *err);

/* Posts of the past, in the order they were fetched, through the rules of this pipeline's snapshot: the
 * clock (the pipeline's own) follows them, and what falls due in between is done in between.
 * Each has the words and brands its score lacked in the store (nlp_words(), pipeline_name()).
 * REHEARSE_DECIDE: decisions are judged and told, counters move, and nothing else is written.
 * REHEARSE_REMEMBER: windows, sequences and crowds see the posts, and nothing is decided.
 * count 0: only what is due by the clock.  The store is a private one in memory. */
enum rehearsal {
	REHEARSE_REMEMBER,
	REHEARSE_DECIDE
};
int pipeline_rehearse(struct pipeline *p, struct clock_virtual *clock,
    struct stored_post *const *posts, size_t count, enum rehearsal what, struct err *err);

/* The same with one event of the past. */
int pipeline_rehearse_event(struct pipeline *p, struct clock_virtual *clock,
    const struct stored_event *e, enum rehearsal what, struct err *err);

/* What a post's tokens and brands say of it: tags and mentions where it has no list of them, and the
 * ids of the brands.  In a and in the snapshot. */
int pipeline_name(
    const struct snapshot *snapshot, struct stored_post *sp, struct arena *a, struct err *err);

/* The kill switch's file is there (the caller looks; it is I/O). */
void pipeline_set_brake_file(struct pipeline *p, bool is_there);

/* Somebody was erased: what watches hold in memory follows the rows again. */
void pipeline_person_erased(struct pipeline *p);

/* Accounts of our own senders: their posts decide nothing. handle keys or ids; copied. */
int pipeline_set_sender_accounts(struct pipeline *p, const char *const *accounts, size_t count);

#endif
