#include "platform/loop.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include "core/err.h"
#include "core/mem.h"
#include "platform/loop_internal.h"
#include "platform/thread.h"

#define POST_MAX 65536
#define SIGNAL_MAX 4

/* libuv's calls on an open handle fail only when we misuse them. */
static void
must(int rc)
{
	if (rc != 0)
		abort();
}

struct post {
	loop_fn *fn;
	void *cookie;
};

struct post_list {
	struct post *items;
	size_t count, cap;
};

struct loop_signal {
	uv_signal_t handle;
	int signum;
	loop_signal_fn *fn;
	void *cookie;
};

struct loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_prepare_t turn;
	struct lock *lock;
	struct post_list waiting; /* under lock */
	struct post_list running; /* the loop's; swapped with waiting, so that nothing is called
				     under the lock */
	struct loop_signal signals[SIGNAL_MAX];
	size_t signal_count;
	uint64_t turn_began_ns, turn_idle_ns, worst_ns;
};

/* ---- posted calls -------------------------------------------------------- */

/* Runs what was there when it began: a function that posts itself again does not starve the
 * network. */
static void
on_wake(uv_async_t *handle)
{
	struct loop *l = handle->data;
	struct post_list batch;

	lock_take(l->lock);
	batch = l->waiting;
	l->waiting = l->running;
	l->waiting.count = 0;
	l->running = (struct post_list){0};
	lock_drop(l->lock);

	for (size_t i = 0; i < batch.count; i++)
		batch.items[i].fn(batch.items[i].cookie);
	if (l->running.items == NULL) {
		batch.count = 0;
		l->running = batch;
	} else {
		/* A called function ran the loop itself and left its own list here. */
		mem_free(batch.items);
	}
}

static int
post_list_add(struct post_list *list, loop_fn *fn, void *cookie)
{
	if (list->count == POST_MAX)
		return -1;
	if (list->count == list->cap) {
		size_t cap = list->cap == 0 ? 64 : list->cap * 2;
		struct post *more = mem_realloc_array(list->items, cap, sizeof *more);

		if (more == NULL)
			return -1;
		list->items = more;
		list->cap = cap;
	}
	list->items[list->count++] = (struct post){fn, cookie};
	return 0;
}

int
loop_post(struct loop *l, loop_fn *fn, void *cookie)
{
	int rc;

	lock_take(l->lock);
	rc = post_list_add(&l->waiting, fn, cookie);
	lock_drop(l->lock);
	if (rc == 0)
		must(uv_async_send(&l->wake));
	return rc;
}

/* ---- turns --------------------------------------------------------------- */

/* Called once a turn, before the loop waits.  What the turn took is the time since the last call
 * less what was spent waiting; callbacks run inside libuv's poll phase, so a stopwatch around it
 * would not tell the two apart. */
static void
on_turn(uv_prepare_t *handle)
{
	struct loop *l = handle->data;
	uint64_t now_ns = uv_hrtime(), idle_ns = uv_metrics_idle_time(&l->uv);
	uint64_t whole_ns = now_ns - l->turn_began_ns, waited_ns = idle_ns - l->turn_idle_ns;

	if (l->turn_began_ns != 0 && whole_ns > waited_ns && whole_ns - waited_ns > l->worst_ns)
		l->worst_ns = whole_ns - waited_ns;
	l->turn_began_ns = now_ns;
	l->turn_idle_ns = idle_ns;
}

int64_t
loop_worst_lag_ms(struct loop *l)
{
	int64_t worst_ms = (int64_t)(l->worst_ns / 1000000);

	l->worst_ns = 0;
	return worst_ms;
}

/* ---- the loop ------------------------------------------------------------ */

int
loop_new(struct loop **loop_r, struct err *err)
{
	struct loop *l = mem_zalloc(sizeof *l);
	int rc;

	if (l == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the event loop");
	l->lock = lock_new();
	if (l->lock == NULL) {
		mem_free(l);
		return err_set(err, ERR_NOMEM, "no memory for the event loop");
	}
	rc = uv_loop_init(&l->uv);
	if (rc == 0) {
		/* Before the first handle; it costs two clock readings a turn. */
		must(uv_loop_configure(&l->uv, UV_METRICS_IDLE_TIME));
		rc = uv_async_init(&l->uv, &l->wake, on_wake);
		if (rc != 0)
			uv_loop_close(&l->uv);
	}
	if (rc != 0) {
		lock_free(l->lock);
		mem_free(l);
		return err_set(err, ERR_IO, "cannot make an event loop: %s", uv_strerror(rc));
	}
	l->wake.data = l;
	must(uv_prepare_init(&l->uv, &l->turn));
	l->turn.data = l;
	must(uv_prepare_start(&l->turn, on_turn));
	uv_unref((uv_handle_t *)&l->turn);
	/* OpenSSL writes to sockets without MSG_NOSIGNAL; a peer that hung up must not end us. */
	signal(SIGPIPE, SIG_IGN);
	*loop_r = l;
	return 0;
}

static void
count_handle(uv_handle_t *handle, void *cookie)
{
	size_t *open = cookie;

	if (!uv_is_closing(handle))
		++*open;
}

void
loop_free(struct loop *l)
{
	size_t open = 0;

	if (l == NULL)
		return;
	uv_close((uv_handle_t *)&l->wake, NULL);
	uv_close((uv_handle_t *)&l->turn, NULL);
	for (size_t i = 0; i < l->signal_count; i++)
		uv_close((uv_handle_t *)&l->signals[i].handle, NULL);
	uv_walk(&l->uv, count_handle, &open);
	assert(open == 0 && "timers, servers and clients are freed before their loop");
	(void)open;
	/* Only close callbacks are left. */
	uv_run(&l->uv, UV_RUN_DEFAULT);
	must(uv_loop_close(&l->uv));
	mem_free(l->waiting.items);
	mem_free(l->running.items);
	lock_free(l->lock);
	mem_free(l);
}

void
loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

void
loop_run_once(struct loop *l, bool wait)
{
	uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

uv_loop_t *
loop_uv(struct loop *l)
{
	return &l->uv;
}

/* ---- timers -------------------------------------------------------------- */

struct loop_timer {
	uv_timer_t handle;
	loop_fn *fn;
	void *cookie;
};

static void
on_timer(uv_timer_t *handle)
{
	struct loop_timer *t = handle->data;

	t->fn(t->cookie);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_fn *fn, void *cookie)
{
	struct loop_timer *t = mem_zalloc(sizeof *t);

	if (t == NULL)
		return NULL;
	must(uv_timer_init(&l->uv, &t->handle));
	t->handle.data = t;
	t->fn = fn;
	t->cookie = cookie;
	return t;
}

void
loop_timer_start(struct loop_timer *t, int64_t delay_ms)
{
	/* The loop's idea of now is as old as this turn; a long turn must not shorten the wait. */
	uv_update_time(t->handle.loop);
	/* libuv calls a timer of 0 that is started in a timer's callback in the same turn: one that
	 * starts itself again would leave nobody else a turn. */
	must(uv_timer_start(&t->handle, on_timer, delay_ms < 1 ? 1 : (uint64_t)delay_ms, 0));
}

void
loop_timer_stop(struct loop_timer *t)
{
	must(uv_timer_stop(&t->handle));
}

static void
on_timer_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t != NULL)
		uv_close((uv_handle_t *)&t->handle, on_timer_closed);
}

/* ---- signals ------------------------------------------------------------- */

static void
on_signal(uv_signal_t *handle, int signum)
{
	struct loop_signal *s = handle->data;

	s->fn(s->cookie, signum);
}

int
loop_on_signal(struct loop *l, int signum, loop_signal_fn *fn, void *cookie, struct err *err)
{
	struct loop_signal *s = NULL;
	int rc;

	for (size_t i = 0; i < l->signal_count; i++) {
		if (l->signals[i].signum == signum)
			s = &l->signals[i];
	}
	if (s == NULL) {
		if (l->signal_count == SIGNAL_MAX)
			return err_set(
			    err, ERR_LIMIT, "no room for a handler of signal %d", signum);
		s = &l->signals[l->signal_count];
		rc = uv_signal_init(&l->uv, &s->handle);
		if (rc != 0)
			return err_set(err, ERR_IO, "cannot handle signals: %s", uv_strerror(rc));
		l->signal_count++;
		s->handle.data = s;
	}
	s->fn = fn;
	s->cookie = cookie;
	rc = uv_signal_start(&s->handle, on_signal, signum);
	if (rc != 0)
		return err_set(
		    err, ERR_INPUT, "cannot handle signal %d: %s", signum, uv_strerror(rc));
	s->signum = signum;
	return 0;
}
