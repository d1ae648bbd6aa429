/*
 * worker_internal.h - the jobs and the state of the pipeline thread, shared by worker.c (the queue
 * and the loop's side), worker_pages.c (commits of pages), worker_along.c (what is written along with
 * them) and worker_tick.c (what comes round).
 */
#ifndef DAEMON_WORKER_INTERNAL_H
#define DAEMON_WORKER_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/rng.h"

#include "daemon/worker.h"

#define WORKER_BATCH_POSTS 512
#define WORKER_BATCH_PAGES 64
#define WORKER_RECORDS_MAX 256
#define WORKER_TICK_MS 1000
#define WORKER_TIDY_MS (10 * TIME_MINUTE_MS)
#define WORKER_TIDY_ROWS 2000
#define WORKER_GAUGES_MS (10 * TIME_SECOND_MS)
#define WORKER_ALERTS_MAX 1000 /* the gauge does not count further */
#define WORKER_PAUSE_FIRST_MS 100
#define WORKER_PAUSE_MAX_MS 5000

enum job_kind {
	JOB_PAGES,
	JOB_CALL,
	JOB_ALONG,
	JOB_CLAIM,
	JOB_RECORD
};

struct job {
	enum job_kind kind;
	struct worker *worker;
	struct job *next; /* in the pending list */
	void *cookie;
	/* JOB_PAGES */
	struct page **pages;
	struct page_result *results;
	size_t page_count, post_count;
	bool may_refuse, has_failed;
	pipeline_commit_fn *commit;
	worker_pages_fn *pages_done;
	/* JOB_CALL */
	worker_call_fn *call;
	void (*call_done)(void *cookie);
	/* JOB_ALONG */
	worker_write_fn *write;
	worker_committed_fn *committed;
	worker_wrote_fn *wrote;
	/* JOB_CLAIM */
	size_t limit;
	struct slice *skip;
	size_t skip_count;
	worker_claim_fn *claim_done;
	struct message **messages;
	size_t message_count;
	int64_t next_due_at_ms;
	struct arena *arena;
	/* JOB_RECORD */
	char id[33];
	struct send_outcome outcome;
	enum message_state state;
	struct err failure;
};

struct worker {
	struct worker_env env;
	struct queue *queue;
	struct thread *thread;
	struct pipeline *pipeline;
	struct rng rng;
	struct arena *scratch;
	struct page *batch_pages[WORKER_JOB_PAGES_MAX];
	struct page_result batch_results[WORKER_JOB_PAGES_MAX];
	_Atomic bool is_failing, is_brake_file_there, holds_timers;
	/* Pages whose commit has failed or not been tried, oldest first; records likewise. */
	struct job *pages_head, **pages_tail;
	struct job *records_head, **records_tail;
	struct job *along_head, **along_tail; /* one goes with each commit */
	int64_t pause_ms, retry_at_ms;
	bool has_more_due;
	int64_t tick_at_ms, tidy_at_ms, gauges_at_ms, alerts_at_ms;
};

/* To the loop: the job's answer. */
void worker_tell(struct worker *w, struct job *j);
void worker_answer_outbox(void *cookie); /* for loop_post(): the courier should look */
/* After a transaction failed: waits before the next one, and says that the store is failing; or
 * that it is fine again. */
void worker_pause(struct worker *w, const struct err *err);
void worker_went_well(struct worker *w);
/* Would it help to try the very same again later? */
bool worker_is_passing(enum err_kind kind);
/* Looks for the kill switch's file and tells the pipeline. */
bool worker_brake_file(struct worker *w);

/* worker_pages.c: commits as many waiting pages as make a batch; how many messages that queued. */
int64_t worker_commit_pages(struct worker *w);
struct job *worker_pages_pop(struct worker *w);
void worker_pages_finish(struct worker *w, struct job *j, const struct err *failure);

/* worker_along.c: the first of what is to be written along with posts was (NULL), or was not; in a transaction of
 * its own. */
void worker_along_end(struct worker *w, const struct err *failure);
void worker_along_alone(struct worker *w);

/* worker_tick.c: once a second: repeats of alerts, what fell due, tidying, gauges, the kill switch's file. */
void worker_tick(struct worker *w);

#endif
