#include "daemon/worker.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "core/rng.h"
#include "platform/blackbox.h"
#include "platform/file.h"
#include "platform/loop.h"
#include "platform/thread.h"
#include "store/store.h"

#include "actions/alerts.h"
#include "actions/outbox.h"
#include "daemon/snapshot.h"

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
	_Atomic bool is_failing;
	/* Pages whose commit has failed or not been tried, oldest first; records likewise. */
	struct job *pages_head, **pages_tail;
	struct job *records_head, **records_tail;
	int64_t pause_ms, retry_at_ms;
	int64_t tick_at_ms, tidy_at_ms, gauges_at_ms, alerts_at_ms;
};

/* ---- the loop's side ------------------------------------------------------ */

static struct job *
job_new(struct worker *w, enum job_kind kind, void *cookie)
{
	struct job *j = mem_zalloc(sizeof *j);

	if (j == NULL)
		return NULL;
	j->kind = kind;
	j->worker = w;
	j->cookie = cookie;
	return j;
}

static void
job_free(struct job *j)
{
	for (size_t i = 0; i < j->skip_count; i++)
		mem_free((void *)(uintptr_t)j->skip[i].ptr);
	mem_free(j->skip);
	mem_free(j->pages);
	mem_free(j->results);
	mem_free(j);
}

static int
job_push(struct worker *w, struct job *j)
{
	if (queue_try_push(w->queue, j) == 0)
		return 0;
	return -1;
}

int
worker_pages(struct worker *w, struct page **pages, size_t count, bool may_refuse,
    pipeline_commit_fn *commit, worker_pages_fn *done, void *cookie)
{
	struct job *j = job_new(w, JOB_PAGES, cookie);

	assert(count > 0 && count <= WORKER_JOB_PAGES_MAX);
	if (j == NULL)
		return -1;
	j->pages = mem_dup(pages, count * sizeof *pages);
	j->results = mem_array(count, sizeof *j->results);
	j->page_count = count;
	j->may_refuse = may_refuse;
	j->commit = commit;
	j->pages_done = done;
	if (j->pages == NULL || j->results == NULL || job_push(w, j) < 0) {
		job_free(j);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		metrics_add(w->env.metrics, METRIC_POSTS_RECEIVED, (int64_t)pages[i]->count);
	metrics_set(w->env.metrics, METRIC_PIPELINE_QUEUE, (int64_t)queue_count(w->queue));
	return 0;
}

int
worker_call(struct worker *w, worker_call_fn *fn, void (*done)(void *cookie), void *cookie)
{
	struct job *j = job_new(w, JOB_CALL, cookie);

	if (j == NULL)
		return -1;
	j->call = fn;
	j->call_done = done;
	if (job_push(w, j) < 0) {
		job_free(j);
		return -1;
	}
	return 0;
}

int
worker_claim(struct worker *w, size_t limit, const struct slice *skip, size_t skip_count,
    worker_claim_fn *done, void *cookie)
{
	struct job *j = job_new(w, JOB_CLAIM, cookie);

	if (j == NULL)
		return -1;
	j->limit = limit;
	j->claim_done = done;
	j->skip = mem_array(skip_count + 1, sizeof *j->skip);
	for (size_t i = 0; j->skip != NULL && i < skip_count; i++) {
		char *copy = mem_strndup(skip[i].ptr, skip[i].len);

		if (copy == NULL)
			break;
		j->skip[j->skip_count++] = slice_make(copy, skip[i].len);
	}
	if (j->skip == NULL || j->skip_count < skip_count || job_push(w, j) < 0) {
		job_free(j);
		return -1;
	}
	return 0;
}

void
worker_record(struct worker *w, const char *id, const struct send_outcome *outcome)
{
	struct job *j = job_new(w, JOB_RECORD, NULL);

	/* The queue has room for every message that may be under way (see service.c), and losing a
	 * result would turn a sent message into an unknown one. */
	assert(j != NULL);
	memcpy(j->id, id, sizeof j->id - 1);
	j->outcome = *outcome;
	if (w->env.blackbox != NULL)
		w->env.blackbox->unrecorded++;
	if (queue_push(w->queue, j) < 0)
		job_free(j);
}

bool
worker_is_failing(const struct worker *w)
{
	return w->is_failing;
}

/* ---- answers: on the loop -------------------------------------------------- */

static void
answer(void *cookie)
{
	struct job *j = cookie;

	switch (j->kind) {
	case JOB_PAGES:
		j->pages_done(j->cookie, j->pages, j->page_count, j->has_failed ? NULL : j->results,
		    j->has_failed ? &j->failure : NULL);
		break;
	case JOB_CALL: j->call_done(j->cookie); break;
	case JOB_CLAIM:
		j->claim_done(
		    j->cookie, j->messages, j->message_count, j->next_due_at_ms, j->arena);
		break;
	case JOB_RECORD:
		if (j->worker->env.recorded != NULL)
			j->worker->env.recorded(
			    j->worker->env.cookie, j->id, j->state, j->outcome.reason);
		break;
	}
	job_free(j);
}

static void
answer_outbox_changed(void *cookie)
{
	struct worker *w = cookie;

	w->env.outbox_changed(w->env.cookie);
}

static void
tell(struct worker *w, struct job *j)
{
	int rc = loop_post(w->env.loop, answer, j);

	assert(rc == 0); /* bounded by the queue and the messages under way */
	(void)rc;
}

/* ---- the pipeline thread --------------------------------------------------- */

static void
set_failing(struct worker *w, bool is_failing, const struct err *why)
{
	if (w->is_failing == is_failing)
		return;
	w->is_failing = is_failing;
	metrics_set(w->env.metrics, METRIC_STORE_FAILING, is_failing);
	log_event(w->env.log, is_failing ? LOG_ERROR : LOG_INFO,
	    is_failing ? "store.failing" : "store.recovered", "why", is_failing ? why->text : NULL,
	    NULL);
}

static void
pause_after_failure(struct worker *w, const struct err *err)
{
	w->pause_ms = w->pause_ms == 0 ? WORKER_PAUSE_FIRST_MS : w->pause_ms * 2;
	if (w->pause_ms > WORKER_PAUSE_MAX_MS)
		w->pause_ms = WORKER_PAUSE_MAX_MS;
	w->retry_at_ms = clock_now_ms(w->env.clock) + w->pause_ms;
	set_failing(w, true, err);
}

static void
after_success(struct worker *w)
{
	w->pause_ms = 0;
	w->retry_at_ms = 0;
	set_failing(w, false, NULL);
}

/* Would it help to try the very same again later? */
static bool
is_passing(enum err_kind kind)
{
	return kind == ERR_STORE || kind == ERR_BUSY || kind == ERR_IO || kind == ERR_NOMEM;
}

/*
 * A page that fails for a reason of its own: its posts are tried one at a time, the bad ones are
 * set aside, and the cursor moves last. A passing failure in between leaves the rest for later;
 * what went in before is then seen as a repeat.
 */
static int
isolate(struct worker *w, struct page *page, struct page_result *total, struct err *err)
{
	struct page part = *page, *const list[1] = {&part};
	struct page_result one;
	struct page_reject reject;

	part.cursor = SLICE_NONE;
	part.ends_first_fetch = false;
	part.reject_count = 0;
	part.count = 1;
	for (size_t i = 0; i < page->count; i++) {
		part.posts = &page->posts[i];
		part.count = 1;
		part.reject_count = 0;
		if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0) {
			if (is_passing(err->kind))
				return -1;
			log_event(w->env.log, LOG_ERROR, "post.rejected", "post",
			    page->posts[i].id.ptr, "feed", page->feed.ptr, "why", err->text, NULL);
			reject.reason = slice_of(err->text);
			reject.excerpt = page->posts[i].id;
			part.count = 0;
			part.rejects = &reject;
			part.reject_count = 1;
			if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0)
				return -1;
		}
		total->stored += one.stored;
		total->duplicates += one.duplicates;
		total->revised += one.revised;
		total->deleted += one.deleted;
		total->rejected += one.rejected;
		total->queued += one.queued;
	}
	part = *page;
	part.count = 0;
	if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0)
		return -1;
	total->rejected += one.rejected;
	return 0;
}

/* After isolate(): what was to commit with the pages commits behind them. */
static int
commit_alone(struct worker *w, struct job *j, struct err *err)
{
	if (store_begin(w->env.store, err) < 0)
		return -1;
	if (j->commit(j->cookie, w->env.store, j->results, err) < 0 ||
	    store_commit(w->env.store, err) < 0) {
		store_rollback(w->env.store);
		return -1;
	}
	return 0;
}

static struct job *
pages_pop(struct worker *w)
{
	struct job *j = w->pages_head;

	w->pages_head = j->next;
	if (w->pages_head == NULL)
		w->pages_tail = &w->pages_head;
	j->next = NULL;
	return j;
}

static void
pages_finish(struct worker *w, struct job *j, const struct err *failure)
{
	if (failure != NULL) {
		j->has_failed = true;
		j->failure = *failure;
	}
	tell(w, j);
}

struct commit_list {
	struct job *const *jobs;
	size_t count;
};

static int
before_commit(void *cookie, struct store *st, const struct page_result *results, struct err *err)
{
	const struct commit_list *list = cookie;

	for (size_t i = 0; i < list->count; i++) {
		const struct job *j = list->jobs[i];

		if (j->commit != NULL && j->commit(j->cookie, st, results, err) < 0)
			return -1;
		results += j->page_count;
	}
	return 0;
}

/* Commits as many waiting pages as make a batch. Returns how many messages that queued. */
static int64_t
commit_pages(struct worker *w)
{
	struct page **pages = w->batch_pages;
	struct page_result *results = w->batch_results;
	struct job *jobs[WORKER_BATCH_PAGES];
	size_t page_count = 0, job_count = 0, posts = 0, at = 0;
	int64_t queued = 0;
	struct commit_list list = {jobs, 0};
	struct err err = {ERR_NONE, ""};

	for (struct job *j = w->pages_head; j != NULL; j = j->next) {
		size_t more = 0;

		for (size_t i = 0; i < j->page_count; i++)
			more += j->pages[i]->count;
		if (job_count > 0 &&
		    (posts + more > WORKER_BATCH_POSTS || job_count == WORKER_BATCH_PAGES ||
			page_count + j->page_count > WORKER_JOB_PAGES_MAX))
			break;
		jobs[job_count++] = j;
		for (size_t i = 0; i < j->page_count; i++)
			pages[page_count++] = j->pages[i];
		posts += more;
	}
	assert(job_count > 0);
	list.count = job_count;
	if (pipeline_batch(w->pipeline, pages, page_count, results, before_commit, &list, &err) ==
	    0) {
		after_success(w);
		for (size_t i = 0; i < job_count; i++) {
			struct job *j = pages_pop(w);

			assert(j == jobs[i]);
			memcpy(j->results, results + at, j->page_count * sizeof *results);
			for (size_t k = 0; k < j->page_count; k++)
				queued += results[at + k].queued;
			at += j->page_count;
			pages_finish(w, j, NULL);
		}
		return queued;
	}
	if (is_passing(err.kind)) {
		pause_after_failure(w, &err);
		/* Who may be refused still has their posts; the others wait in front, in order. */
		for (struct job **link = &w->pages_head; *link != NULL;) {
			struct job *j = *link;

			if (!j->may_refuse) {
				link = &j->next;
				continue;
			}
			*link = j->next;
			if (*link == NULL)
				w->pages_tail = link;
			j->next = NULL;
			pages_finish(w, j, &err);
		}
		return 0;
	}
	/* One of them is bad: take the first job alone, post by post. */
	memset(jobs[0]->results, 0, jobs[0]->page_count * sizeof *results);
	for (size_t i = 0; i < jobs[0]->page_count; i++) {
		if (isolate(w, jobs[0]->pages[i], &jobs[0]->results[i], &err) < 0) {
			pause_after_failure(w, &err);
			return 0;
		}
		queued += jobs[0]->results[i].queued;
	}
	if (jobs[0]->commit != NULL && commit_alone(w, jobs[0], &err) < 0) {
		pause_after_failure(w, &err);
		return queued;
	}
	pages_finish(w, pages_pop(w), NULL);
	return queued;
}

static void
records_commit(struct worker *w)
{
	struct store *st = w->env.store;
	const struct actions_config *config = &pipeline_snapshot(w->pipeline)->config->actions;
	int64_t now_ms = clock_now_ms(w->env.clock);
	struct job *j;
	size_t n = 0;
	struct err err = {ERR_NONE, ""};

	if (store_begin(st, &err) < 0)
		goto failed;
	for (j = w->records_head; j != NULL && n < WORKER_RECORDS_MAX; j = j->next, n++) {
		if (outbox_record(st, config, &w->rng, now_ms, slice_of(j->id), &j->outcome,
			&j->state, &err) < 0) {
			if (is_passing(err.kind))
				goto failed;
			log_event(w->env.log, LOG_ERROR, "outbox.record", "message", j->id, "why",
			    err.text, NULL);
		}
	}
	if (store_commit(st, &err) < 0)
		goto failed;
	after_success(w);
	while (n-- > 0) {
		static const enum metric by_result[] = {METRIC_MESSAGES_SENT,
		    METRIC_MESSAGES_RETRIED, METRIC_MESSAGES_REJECTED, METRIC_MESSAGES_UNKNOWN};

		j = w->records_head;
		w->records_head = j->next;
		if (w->records_head == NULL)
			w->records_tail = &w->records_head;
		if (w->env.blackbox != NULL) {
			w->env.blackbox->unrecorded--;
			w->env.blackbox->claimed--;
		}
		metrics_add(w->env.metrics, by_result[j->outcome.result], 1);
		tell(w, j);
	}
	return;
failed:
	store_rollback(st);
	metrics_add(w->env.metrics, METRIC_COMMIT_FAILURES, 1);
	pause_after_failure(w, &err);
}

static bool
brake_file_is_there(struct worker *w)
{
	const char *path = pipeline_snapshot(w->pipeline)->config->actions.brake_file;
	bool is_there = path != NULL && file_exists(path);

	pipeline_set_brake_file(w->pipeline, is_there);
	return is_there;
}

static void
claim(struct worker *w, struct job *j)
{
	struct store *st = w->env.store;
	const struct actions_config *config = &pipeline_snapshot(w->pipeline)->config->actions;
	int64_t now_ms = clock_now_ms(w->env.clock);
	bool is_stopped = brake_file_is_there(w);
	struct message *claimed = NULL;
	struct slice why;
	struct err err = {ERR_NONE, ""};
	int rc;

	j->next_due_at_ms = TIME_UNKNOWN;
	j->arena = arena_new(64u * 1024 * 1024);
	if (j->arena == NULL || store_begin(st, &err) < 0)
		goto failed;
	rc = outbox_is_stopped(st, j->arena, &why, &err);
	if (rc < 0)
		goto failed;
	is_stopped = is_stopped || rc == 1;
	metrics_set(w->env.metrics, METRIC_SENDING_STOPPED, is_stopped);
	if (outbox_claim(st, config, now_ms, is_stopped, j->skip, j->skip_count, j->limit, j->arena,
		&claimed, &j->message_count, &err) < 0 ||
	    store_messages_next_due(st, &j->next_due_at_ms, &err) < 0)
		goto failed;
	j->messages = arena_array(j->arena, j->message_count + 1, sizeof *j->messages);
	if (j->messages == NULL) {
		err_set(&err, ERR_NOMEM, "no memory for messages");
		goto failed;
	}
	for (size_t i = 0; i < j->message_count; i++)
		j->messages[i] = &claimed[i];
	if (store_commit(st, &err) < 0)
		goto failed;
	after_success(w);
	if (w->env.blackbox != NULL)
		w->env.blackbox->claimed += (uint32_t)j->message_count;
	tell(w, j);
	return;
failed:
	store_rollback(st);
	metrics_add(w->env.metrics, METRIC_COMMIT_FAILURES, 1);
	pause_after_failure(w, &err);
	j->message_count = 0;
	j->next_due_at_ms = now_ms + w->pause_ms; /* so that the courier asks again */
	tell(w, j);
}

static void
tick_alerts(struct worker *w, int64_t now_ms)
{
	struct store *st = w->env.store;
	const struct actions_config *config = &pipeline_snapshot(w->pipeline)->config->actions;
	size_t repeated = 0;
	struct err err = {ERR_NONE, ""};

	arena_reset(w->scratch);
	if (store_begin(st, &err) < 0 ||
	    alerts_tick(st, config, now_ms, w->scratch, &repeated, &w->alerts_at_ms, &err) < 0)
		goto failed;
	if (repeated == 0) {
		store_rollback(st);
		return;
	}
	if (store_commit(st, &err) < 0)
		goto failed;
	loop_post(w->env.loop, answer_outbox_changed, w);
	return;
failed:
	store_rollback(st);
	pause_after_failure(w, &err);
}

static void
tick_tidy(struct worker *w, int64_t now_ms)
{
	const struct config *config = pipeline_snapshot(w->pipeline)->config;
	struct err err = {ERR_NONE, ""};
	bool more = false;

	if (store_begin(w->env.store, &err) < 0 ||
	    store_tidy(w->env.store, now_ms, config->retention_ms, config->seen_ms,
		WORKER_TIDY_ROWS, &more, &err) < 0 ||
	    store_commit(w->env.store, &err) < 0) {
		store_rollback(w->env.store);
		pause_after_failure(w, &err);
	}
	w->tidy_at_ms = now_ms + (more ? WORKER_TICK_MS : WORKER_TIDY_MS);
}

static void
tick_gauges(struct worker *w, int64_t now_ms)
{
	int64_t counts[MESSAGE_STATE_COUNT];

	struct alert_row *alerts;
	size_t open = 0;

	w->gauges_at_ms = now_ms + WORKER_GAUGES_MS;
	arena_reset(w->scratch);
	if (store_alerts_list(w->env.store, -1, SLICE_NONE, 0, WORKER_ALERTS_MAX, w->scratch,
		&alerts, &open, NULL) == 0)
		metrics_set(w->env.metrics, METRIC_ALERTS_OPEN, (int64_t)open);
	if (store_messages_count(w->env.store, counts, NULL) == 0)
		metrics_set(w->env.metrics, METRIC_OUTBOX_READY,
		    counts[MESSAGE_READY] + counts[MESSAGE_LATER] + counts[MESSAGE_SENDING]);
}

static void
tick(struct worker *w)
{
	int64_t now_ms = clock_now_ms(w->env.clock);

	if (now_ms < w->tick_at_ms && w->tick_at_ms - now_ms <= WORKER_TICK_MS)
		return;
	w->tick_at_ms = now_ms + WORKER_TICK_MS;
	brake_file_is_there(w);
	tick_alerts(w, now_ms);
	if (now_ms >= w->tidy_at_ms)
		tick_tidy(w, now_ms);
	if (now_ms >= w->gauges_at_ms)
		tick_gauges(w, now_ms);
	metrics_set(w->env.metrics, METRIC_PIPELINE_QUEUE, (int64_t)queue_count(w->queue));
}

static void
take(struct worker *w, struct job *j)
{
	switch (j->kind) {
	case JOB_PAGES:
		*w->pages_tail = j;
		w->pages_tail = &j->next;
		break;
	case JOB_RECORD:
		*w->records_tail = j;
		w->records_tail = &j->next;
		break;
	case JOB_CALL:
		j->call(j->cookie, w->env.store, w->pipeline);
		assert(!store_in_transaction(w->env.store));
		tell(w, j);
		break;
	case JOB_CLAIM: claim(w, j); break;
	}
}

static int64_t
wait_ms(const struct worker *w)
{
	int64_t now_ms = clock_now_ms(w->env.clock);

	if (w->pages_head == NULL && w->records_head == NULL)
		return WORKER_TICK_MS;
	return w->retry_at_ms > now_ms ? w->retry_at_ms - now_ms : 0;
}

static void
work(struct worker *w)
{
	int64_t now_ms = clock_now_ms(w->env.clock);

	if (w->retry_at_ms > now_ms && w->retry_at_ms - now_ms <= WORKER_PAUSE_MAX_MS)
		return;
	if (w->records_head != NULL)
		records_commit(w);
	if (w->pages_head != NULL && w->retry_at_ms <= now_ms && commit_pages(w) > 0)
		loop_post(w->env.loop, answer_outbox_changed, w);
}

/* At the end: one more try for everything, then the rest is given up; its cursors have not moved.
 */
static void
finish(struct worker *w)
{
	static const struct err stopping = {ERR_BUSY, "the service is stopping"};

	w->retry_at_ms = 0;
	while (w->records_head != NULL && w->retry_at_ms == 0)
		records_commit(w);
	while (w->pages_head != NULL && w->retry_at_ms == 0)
		commit_pages(w);
	while (w->pages_head != NULL)
		pages_finish(w, pages_pop(w), &stopping);
	while (w->records_head != NULL) {
		struct job *j = w->records_head;

		w->records_head = j->next;
		job_free(j);
	}
}

static void
worker_main(void *cookie)
{
	struct worker *w = cookie;
	struct job *j;

	while (!queue_is_closed(w->queue) || queue_count(w->queue) > 0) {
		j = queue_pop(w->queue, wait_ms(w));
		for (size_t n = 0; j != NULL; n++) {
			take(w, j);
			/* Enough for one commit: the rest waits its turn. */
			j = n < WORKER_BATCH_PAGES ? queue_pop(w->queue, 0) : NULL;
		}
		work(w);
		tick(w);
	}
	finish(w);
}

int
worker_start(const struct worker_env *env, struct snapshot *snapshot, size_t queue_capacity,
    struct worker **w_r, struct err *err)
{
	struct worker *w = mem_zalloc(sizeof *w);
	struct pipeline_env pipeline_env = {env->store, env->clock, env->log, env->metrics,
	    env->blackbox, env->stored, env->decided, env->cookie};

	if (w == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the pipeline thread");
	w->env = *env;
	w->pages_tail = &w->pages_head;
	w->records_tail = &w->records_head;
	rng_init(&w->rng, env->rng_seed);
	w->queue = queue_new(queue_capacity);
	w->scratch = arena_new(64u * 1024 * 1024);
	if (w->queue == NULL || w->scratch == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the pipeline thread");
		goto failed;
	}
	if (pipeline_new(&pipeline_env, snapshot, &w->pipeline, err) < 0 ||
	    thread_start("pipeline", worker_main, w, &w->thread, err) < 0)
		goto failed;
	*w_r = w;
	return 0;
failed:
	pipeline_free(w->pipeline);
	queue_free(w->queue);
	arena_free(w->scratch);
	mem_free(w);
	return -1;
}

void
worker_stop(struct worker *w)
{
	if (w == NULL)
		return;
	queue_close(w->queue);
	thread_join(w->thread);
	w->thread = NULL;
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	assert(w->thread == NULL);
	pipeline_free(w->pipeline);
	queue_free(w->queue);
	arena_free(w->scratch);
	mem_free(w);
}
