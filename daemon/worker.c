#include "daemon/worker_internal.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "core/timefmt.h"
#include "platform/blackbox.h"
#include "platform/file.h"
#include "platform/loop.h"
#include "platform/thread.h"
#include "store/store.h"

#include "actions/alerts.h"
#include "actions/outbox.h"
#include "daemon/snapshot.h"

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
worker_along(struct worker *w, worker_write_fn *write, worker_committed_fn *committed,
    worker_wrote_fn *done, void *cookie)
{
	struct job *j = job_new(w, JOB_ALONG, cookie);

	if (j == NULL)
		return -1;
	j->write = write;
	j->committed = committed;
	j->wrote = done;
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
worker_sees_brake_file(const struct worker *w)
{
	return w->is_brake_file_there;
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
	case JOB_ALONG: j->wrote(j->cookie, j->has_failed ? &j->failure : NULL); break;
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

void
worker_answer_outbox(void *cookie)
{
	struct worker *w = cookie;

	w->env.outbox_changed(w->env.cookie);
}

void
worker_tell(struct worker *w, struct job *j)
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

void
worker_pause(struct worker *w, const struct err *err)
{
	w->pause_ms = w->pause_ms == 0 ? WORKER_PAUSE_FIRST_MS : w->pause_ms * 2;
	if (w->pause_ms > WORKER_PAUSE_MAX_MS)
		w->pause_ms = WORKER_PAUSE_MAX_MS;
	w->retry_at_ms = clock_now_ms(w->env.clock) + w->pause_ms;
	set_failing(w, true, err);
}

void
worker_went_well(struct worker *w)
{
	w->pause_ms = 0;
	w->retry_at_ms = 0;
	set_failing(w, false, NULL);
}

/* Would it help to try the very same again later? */
bool
worker_is_passing(enum err_kind kind)
{
	return kind == ERR_STORE || kind == ERR_BUSY || kind == ERR_IO || kind == ERR_NOMEM;
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
			if (worker_is_passing(err.kind))
				goto failed;
			log_event(w->env.log, LOG_ERROR, "outbox.record", "message", j->id, "why",
			    err.text, NULL);
		}
	}
	if (store_commit(st, &err) < 0)
		goto failed;
	worker_went_well(w);
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
		worker_tell(w, j);
	}
	return;
failed:
	store_rollback(st);
	metrics_add(w->env.metrics, METRIC_COMMIT_FAILURES, 1);
	worker_pause(w, &err);
}

bool
worker_brake_file(struct worker *w)
{
	const char *path = pipeline_snapshot(w->pipeline)->config->actions.brake_file;
	bool is_there = path != NULL && file_exists(path);

	pipeline_set_brake_file(w->pipeline, is_there);
	w->is_brake_file_there = is_there;
	return is_there;
}

static void
claim(struct worker *w, struct job *j)
{
	struct store *st = w->env.store;
	const struct actions_config *config = &pipeline_snapshot(w->pipeline)->config->actions;
	int64_t now_ms = clock_now_ms(w->env.clock);
	bool is_stopped = worker_brake_file(w);
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
	worker_went_well(w);
	if (w->env.blackbox != NULL)
		w->env.blackbox->claimed += (uint32_t)j->message_count;
	worker_tell(w, j);
	return;
failed:
	store_rollback(st);
	metrics_add(w->env.metrics, METRIC_COMMIT_FAILURES, 1);
	worker_pause(w, &err);
	j->message_count = 0;
	j->next_due_at_ms = now_ms + w->pause_ms; /* so that the courier asks again */
	worker_tell(w, j);
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
		worker_tell(w, j);
		break;
	case JOB_ALONG:
		*w->along_tail = j;
		w->along_tail = &j->next;
		break;
	case JOB_CLAIM: claim(w, j); break;
	}
}

static int64_t
wait_ms(const struct worker *w)
{
	int64_t now_ms = clock_now_ms(w->env.clock);

	if (w->has_more_due)
		return 0;
	if (w->along_head != NULL)
		return 0;
	if (w->pages_head == NULL && w->records_head == NULL)
		return WORKER_TICK_MS;
	return w->retry_at_ms > now_ms ? w->retry_at_ms - now_ms : 0;
}

static void
work(struct worker *w)
{
	int64_t now_ms = clock_now_ms(w->env.clock);
	bool is_pausing = w->retry_at_ms > now_ms && w->retry_at_ms - now_ms <= WORKER_PAUSE_MAX_MS;

	/* Whoever asked hears at once that the store is failing. */
	if (w->along_head != NULL && (is_pausing || w->pages_head == NULL))
		worker_along_alone(w);
	if (is_pausing)
		return;
	if (w->records_head != NULL)
		records_commit(w);
	if (w->pages_head != NULL && w->retry_at_ms <= now_ms && worker_commit_pages(w) > 0)
		loop_post(w->env.loop, worker_answer_outbox, w);
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
		worker_commit_pages(w);
	while (w->along_head != NULL)
		worker_along_alone(w);
	while (w->pages_head != NULL)
		worker_pages_finish(w, worker_pages_pop(w), &stopping);
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
		/* Nobody waits: the moment to move the log into the database. */
		if (w->pages_head == NULL && w->records_head == NULL && queue_count(w->queue) == 0)
			store_idle(w->env.store);
		worker_tick(w);
	}
	finish(w);
}

void
worker_release_timers(struct worker *w)
{
	w->holds_timers = false;
}

int
worker_start(const struct worker_env *env, struct snapshot *snapshot, size_t queue_capacity,
    struct worker **w_r, struct err *err)
{
	struct worker *w = mem_zalloc(sizeof *w);
	struct pipeline_env pipeline_env = {env->store, env->clock, env->log, env->metrics,
	    env->blackbox, env->stored, env->decided, NULL, env->cookie};

	if (w == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the pipeline thread");
	w->env = *env;
	w->holds_timers = env->holds_timers;
	w->pages_tail = &w->pages_head;
	w->along_tail = &w->along_head;
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
