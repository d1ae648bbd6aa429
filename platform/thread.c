/* thread.c - on pthreads, because libuv's own do not block signals or wait with a deadline on a
 * closed queue. */
#include "platform/thread.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/sysclock.h"

#define THREAD_NAME_MAX 15

/* ---- threads ------------------------------------------------------------- */

struct thread {
	pthread_t id;
	thread_fn *fn;
	void *cookie;
	char name[THREAD_NAME_MAX + 1];
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool has_ended; /* fn has returned */
	bool is_abandoned; /* nobody will join: the thread frees itself */
};

/* These fail only when we pass nonsense or the object is broken: our bug, so die there. */
static void
must(int rc)
{
	if (rc != 0)
		abort();
}

static void
cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(cond, &attr));
	must(pthread_condattr_destroy(&attr));
}

static struct timespec
deadline_in(int64_t timeout_ms)
{
	int64_t at_ns, now_ns = clock_mono_ns(sysclock());

	if (timeout_ms > (INT64_MAX - now_ns) / 1000000)
		timeout_ms = (INT64_MAX - now_ns) / 1000000;
	at_ns = now_ns + timeout_ms * 1000000;
	return (struct timespec){.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
}

static void
thread_destroy(struct thread *t)
{
	must(pthread_cond_destroy(&t->ended));
	must(pthread_mutex_destroy(&t->mutex));
	mem_free(t);
}

static void *
thread_main(void *cookie)
{
	struct thread *t = cookie;
	bool is_abandoned;

	(void)pthread_setname_np(pthread_self(), t->name);
	t->fn(t->cookie);
	must(pthread_mutex_lock(&t->mutex));
	t->has_ended = true;
	is_abandoned = t->is_abandoned;
	must(pthread_cond_signal(&t->ended));
	must(pthread_mutex_unlock(&t->mutex));
	if (is_abandoned)
		thread_destroy(t);
	return NULL;
}

int
thread_start(
    const char *name, thread_fn *fn, void *cookie, struct thread **thread_r, struct err *err)
{
	struct thread *t;
	sigset_t all, old;
	int rc;

	assert(strlen(name) <= THREAD_NAME_MAX);
	t = mem_zalloc(sizeof *t);
	if (t == NULL)
		return err_set(err, ERR_NOMEM, "no memory for thread '%s'", name);
	t->fn = fn;
	t->cookie = cookie;
	memcpy(t->name, name, strlen(name) + 1);
	must(pthread_mutex_init(&t->mutex, NULL));
	cond_init_monotonic(&t->ended);

	/* Signals are the loop thread's business; the mask is inherited. */
	sigfillset(&all);
	must(pthread_sigmask(SIG_SETMASK, &all, &old));
	rc = pthread_create(&t->id, NULL, thread_main, t);
	must(pthread_sigmask(SIG_SETMASK, &old, NULL));
	if (rc != 0) {
		thread_destroy(t);
		return err_set(
		    err, ERR_BUSY, "cannot start thread '%s': %s", name, strerrordesc_np(rc));
	}
	*thread_r = t;
	return 0;
}

void
thread_join(struct thread *t)
{
	if (t == NULL)
		return;
	must(pthread_join(t->id, NULL));
	thread_destroy(t);
}

bool
thread_join_within(struct thread *t, int64_t timeout_ms)
{
	struct timespec until = deadline_in(timeout_ms);
	pthread_t id = t->id;
	bool has_ended;
	int rc = 0;

	must(pthread_mutex_lock(&t->mutex));
	while (!t->has_ended && rc == 0)
		rc = pthread_cond_timedwait(&t->ended, &t->mutex, &until);
	has_ended = t->has_ended;
	t->is_abandoned = !has_ended;
	must(pthread_mutex_unlock(&t->mutex));
	if (has_ended) {
		thread_join(t);
		return true;
	}
	/* From here on *t may be gone at any moment. */
	must(pthread_detach(id));
	return false;
}

/* ---- queues -------------------------------------------------------------- */

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t has_item;
	pthread_cond_t has_space;
	size_t capacity;
	size_t first, count; /* a ring in items[] */
	bool is_closed;
	void *items[];
};

struct queue *
queue_new(size_t capacity)
{
	struct queue *q;

	assert(capacity > 0);
	if (capacity > (SIZE_MAX - sizeof *q) / sizeof q->items[0])
		return NULL;
	q = mem_zalloc(sizeof *q + capacity * sizeof q->items[0]);
	if (q == NULL)
		return NULL;
	q->capacity = capacity;
	must(pthread_mutex_init(&q->mutex, NULL));
	cond_init_monotonic(&q->has_item);
	cond_init_monotonic(&q->has_space);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	must(pthread_cond_destroy(&q->has_space));
	must(pthread_cond_destroy(&q->has_item));
	must(pthread_mutex_destroy(&q->mutex));
	mem_free(q);
}

static void
queue_put(struct queue *q, void *item)
{
	assert(item != NULL && q->count < q->capacity);
	q->items[(q->first + q->count) % q->capacity] = item;
	q->count++;
	must(pthread_cond_signal(&q->has_item));
}

int
queue_try_push(struct queue *q, void *item)
{
	int rc = 0;

	must(pthread_mutex_lock(&q->mutex));
	if (q->is_closed)
		rc = -1;
	else if (q->count == q->capacity)
		rc = 1;
	else
		queue_put(q, item);
	must(pthread_mutex_unlock(&q->mutex));
	return rc;
}

int
queue_push(struct queue *q, void *item)
{
	int rc = 0;

	must(pthread_mutex_lock(&q->mutex));
	while (!q->is_closed && q->count == q->capacity)
		must(pthread_cond_wait(&q->has_space, &q->mutex));
	if (q->is_closed)
		rc = -1;
	else
		queue_put(q, item);
	must(pthread_mutex_unlock(&q->mutex));
	return rc;
}

void *
queue_pop(struct queue *q, int64_t timeout_ms)
{
	struct timespec until = {0};
	void *item = NULL;
	int rc = 0;

	if (timeout_ms > 0)
		until = deadline_in(timeout_ms);
	must(pthread_mutex_lock(&q->mutex));
	while (q->count == 0 && !q->is_closed && timeout_ms != 0 && rc == 0) {
		if (timeout_ms < 0)
			rc = pthread_cond_wait(&q->has_item, &q->mutex);
		else
			rc = pthread_cond_timedwait(&q->has_item, &q->mutex, &until);
	}
	assert(rc == 0 || rc == ETIMEDOUT);
	if (q->count > 0) {
		item = q->items[q->first];
		q->first = (q->first + 1) % q->capacity;
		q->count--;
		must(pthread_cond_signal(&q->has_space));
	}
	must(pthread_mutex_unlock(&q->mutex));
	return item;
}

size_t
queue_count(struct queue *q)
{
	size_t count;

	must(pthread_mutex_lock(&q->mutex));
	count = q->count;
	must(pthread_mutex_unlock(&q->mutex));
	return count;
}

void
queue_close(struct queue *q)
{
	must(pthread_mutex_lock(&q->mutex));
	q->is_closed = true;
	must(pthread_cond_broadcast(&q->has_item));
	must(pthread_cond_broadcast(&q->has_space));
	must(pthread_mutex_unlock(&q->mutex));
}

bool
queue_is_closed(struct queue *q)
{
	bool is_closed;

	must(pthread_mutex_lock(&q->mutex));
	is_closed = q->is_closed;
	must(pthread_mutex_unlock(&q->mutex));
	return is_closed;
}

/* ---- locks --------------------------------------------------------------- */

struct lock {
	pthread_mutex_t mutex;
};

struct lock *
lock_new(void)
{
	struct lock *k = mem_zalloc(sizeof *k);

	if (k != NULL)
		must(pthread_mutex_init(&k->mutex, NULL));
	return k;
}

void
lock_free(struct lock *k)
{
	if (k == NULL)
		return;
	must(pthread_mutex_destroy(&k->mutex));
	mem_free(k);
}

void
lock_take(struct lock *k)
{
	must(pthread_mutex_lock(&k->mutex));
}

void
lock_drop(struct lock *k)
{
	must(pthread_mutex_unlock(&k->mutex));
}
