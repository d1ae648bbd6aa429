/*
 * worker.h - the pipeline thread: the only one that writes.  Pages, API changes, claims and results
 * of messages come in through one bounded queue; answers go back to the loop.
 *
 * Group commit: whatever is waiting when a commit ends makes up the next one, up to 512 posts;
 * nothing waits for company.  Under load batches grow by themselves, and a single post is not
 * delayed.
 *
 * A failed commit (disk full, I/O error) keeps the sources' pages and tries again with growing
 * pauses, while everything else goes on answering; pages that came by HTTP are refused, for their
 * sender still has them.  A post that cannot be processed for another reason is set aside in
 * `rejects`; the rest of its page goes on.
 *
 * Threads: functions on the loop thread; callbacks arrive on the loop thread.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/sender.h"
#include "daemon/pipeline.h"

struct arena;
struct clock;
struct loop;
struct rng;
struct snapshot;
struct stored_post;
struct worker;

struct worker_env {
	struct loop *loop;
	struct store *store; /* the worker's alone until worker_free() */
	const struct clock *clock;
	struct log *log;
	struct metrics *metrics;
	struct blackbox *blackbox;
	uint64_t rng_seed;
	bool holds_timers; /* no timer is judged before worker_release_timers() */
	void *cookie;
	/* On the pipeline thread, after a commit: for the log. */
	void (*stored)(void *cookie, const struct stored_post *sp);
	void (*decided)(void *cookie, const struct decision_row *row);
	/* A commit queued messages or made some due: the courier should look. */
	void (*outbox_changed)(void *cookie);
	/* A message reached a state by a recorded result. */
	void (*recorded)(
	    void *cookie, const char *id, enum message_state state, const char *reason);
};

int worker_start(const struct worker_env *env, struct snapshot *snapshot, size_t queue_capacity,
    struct worker **w_r, struct err *err);
/* Finishes what is in the queue (pages whose commit fails are given up: their cursor has not moved)
 * and ends the thread.  The last callbacks have been posted to the loop: run it once more, then
 * worker_free(). */
void worker_stop(struct worker *w);
void worker_free(struct worker *w);

#define WORKER_JOB_PAGES_MAX 4096

/* Pages of one sender (at most WORKER_JOB_PAGES_MAX), committed together or not at all.  done gets
 * them back (to free) with results, or why not (only when may_refuse). */
typedef void worker_pages_fn(void *cookie, struct page **pages, size_t count,
    const struct page_result *results, const struct err *failure);
/* commit (may be NULL) runs on the pipeline thread in the pages' transaction; it may run again when
 * that did not hold. */
int worker_pages(struct worker *w, struct page **pages, size_t count, bool may_refuse,
    pipeline_commit_fn *commit, worker_pages_fn *done,
    void *cookie); /* -1: the queue is full; the pages are still the caller's */

/* Runs fn on the pipeline thread, between transactions (it makes its own), then done on the loop.
 */
typedef void worker_call_fn(void *cookie, struct store *st, struct pipeline *p);
int worker_call(
    struct worker *w, worker_call_fn *fn, void (*done)(void *cookie), void *cookie); /* -1: full */

/* Runs write in the transaction of the next posts, or in one of its own when none wait: posts do not wait
 * for one commit more.  It must not touch rows that have a cache.  Once that is committed, committed
 * (may be NULL) runs on the pipeline thread before anything else does, and done on the loop; with failure,
 * nothing of it was written, and the posts go without. */
typedef int worker_write_fn(void *cookie, struct store *st, struct err *err);
typedef void worker_committed_fn(void *cookie, struct pipeline *p);
typedef void worker_wrote_fn(void *cookie, const struct err *failure);
int worker_along(struct worker *w, worker_write_fn *write, worker_committed_fn *committed,
    worker_wrote_fn *done, void *cookie); /* -1: full */

/* Claims messages; done gets them in an arena that it frees. */
typedef void worker_claim_fn(void *cookie, struct message *const *list, size_t count,
    int64_t next_due_at_ms, struct arena *arena_take);
int worker_claim(struct worker *w, size_t limit, const struct slice *skip, size_t skip_count,
    worker_claim_fn *done, void *cookie);
/* Records a result; never lost: kept until it is committed. */
void worker_record(struct worker *w, const char *id, const struct send_outcome *outcome);

/* The sources have told what was said while we were down. */
void worker_release_timers(struct worker *w);
bool worker_is_failing(const struct worker *w);
bool worker_sees_brake_file(const struct worker *w); /* as of the last second */

#endif
