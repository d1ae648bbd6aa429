/*
 * loop.h - the event loop, timers, signals and calls from other threads; libuv behind it.
 *
 * Threads:   everything on the loop's thread except loop_post() (any thread).
 * Ownership: loop_new/loop_free; a timer belongs to its owner until timer_free(), after which no
 *            callback arrives.
 */
#ifndef PLATFORM_LOOP_H
#define PLATFORM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct err;
struct loop;
struct loop_timer;

typedef void loop_fn(void *cookie);
typedef void loop_signal_fn(void *cookie, int signum);

/* Also makes the process ignore SIGPIPE. */
int loop_new(struct loop **loop_r, struct err *err);
/* Closes what is left open and frees.  Timers, servers, clients must have been freed before; posted
 * functions that have not run by now never do. */
void loop_free(struct loop *l);
/* Runs until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l); /* loop thread; from elsewhere post a function that calls it */
/* Runs what is ready (wait: blocks for one event); for tests and short verbs. */
void loop_run_once(struct loop *l, bool wait);

/* Calls fn(cookie) on the loop thread soon, in the order posted.  Any thread.  -1 when 65,536 are
 * waiting. */
int loop_post(struct loop *l, loop_fn *fn, void *cookie);

/* Timers: one shot after delay_ms; again with loop_timer_start().  Starting a running one moves it.
 * Less than 1 ms counts as 1 ms; loop_post() is faster. */
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *cookie);
void loop_timer_start(struct loop_timer *t, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/* SIGTERM, SIGINT, SIGHUP, SIGUSR1.  One handler a signal; ended by loop_free(). */
int loop_on_signal(struct loop *l, int signum, loop_signal_fn *fn, void *cookie, struct err *err);

/* The longest a loop turn has taken since the last call, ms: for /metrics. */
int64_t loop_worst_lag_ms(struct loop *l);

#endif
