#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/loop.h"
#include "platform/sysclock.h"
#include "platform/thread.h"

struct world {
	struct loop *loop;
	struct loop_timer *timer, *other;
	int calls, signum;
	long last;
	bool is_out_of_order;
};

static struct loop *
loop_make(void)
{
	struct loop *l = NULL;

	assert_int_equal(loop_new(&l, NULL), 0);
	return l;
}

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

static void
count_and_stop(void *cookie)
{
	struct world *w = cookie;

	w->calls++;
	loop_stop(w->loop);
}

static void
a_timer_fires_once_and_can_be_started_again(void **state)
{
	struct world w = {.loop = loop_make()};
	int64_t began_ms = mono_ms();

	(void)state;
	w.timer = loop_timer_new(w.loop, count_and_stop, &w);
	loop_timer_start(w.timer, 20);
	loop_run(w.loop);
	assert_int_equal(w.calls, 1);
	assert_in_range(mono_ms() - began_ms, 19, 5000);
	loop_run_once(w.loop, false);
	assert_int_equal(w.calls, 1);
	loop_timer_start(w.timer, 0);
	loop_run(w.loop);
	assert_int_equal(w.calls, 2);
	/* Moved: only the new time counts. */
	loop_timer_start(w.timer, 1);
	loop_timer_start(w.timer, 30);
	began_ms = mono_ms();
	loop_run(w.loop);
	assert_in_range(mono_ms() - began_ms, 29, 5000);
	assert_int_equal(w.calls, 3);
	loop_timer_free(w.timer);
	loop_free(w.loop);
}

static void
free_the_other(void *cookie)
{
	struct world *w = cookie;

	loop_timer_free(w->other);
	w->other = NULL;
}

static void
a_stopped_or_freed_timer_never_calls(void **state)
{
	struct world w = {.loop = loop_make()};
	struct loop_timer *stopped, *end;

	(void)state;
	w.timer = loop_timer_new(w.loop, free_the_other, &w);
	w.other = loop_timer_new(w.loop, count_and_stop, &w);
	stopped = loop_timer_new(w.loop, count_and_stop, &w);
	/* Both due in the same turn, the freeing one first. */
	loop_timer_start(w.timer, 5);
	loop_timer_start(w.other, 5);
	loop_timer_start(stopped, 5);
	loop_timer_stop(stopped);
	usleep(10000);
	end = loop_timer_new(w.loop, count_and_stop, &w);
	loop_timer_start(end, 20);
	loop_run(w.loop);
	assert_null(w.other);
	assert_int_equal(w.calls, 1);
	loop_timer_free(w.timer);
	loop_timer_free(stopped);
	loop_timer_free(end);
	loop_timer_free(NULL);
	loop_free(w.loop);
}

static void
start_itself(void *cookie)
{
	struct world *w = cookie;

	w->calls++;
	loop_timer_start(w->timer, 0);
}

static void
a_timer_that_starts_itself_leaves_others_their_turn(void **state)
{
	struct world w = {.loop = loop_make()};

	(void)state;
	w.timer = loop_timer_new(w.loop, start_itself, &w);
	loop_timer_start(w.timer, 0);
	for (int i = 0; i < 5; i++)
		loop_run_once(w.loop, true);
	assert_in_range(w.calls, 1, 20);
	loop_timer_free(w.timer);
	loop_free(w.loop);
}

#define POSTS 20000

struct letter {
	struct world *w;
	long number;
};
static struct letter letters[POSTS];

static void
receive(void *cookie)
{
	struct letter *p = cookie;

	if (p->number != p->w->last + 1)
		p->w->is_out_of_order = true;
	p->w->last = p->number;
	if (p->number == POSTS - 1)
		loop_stop(p->w->loop);
}

static void
post_all(void *cookie)
{
	struct world *w = cookie;

	for (long i = 0; i < POSTS; i++) {
		letters[i] = (struct letter){w, i};
		while (loop_post(w->loop, receive, &letters[i]) != 0)
			usleep(100);
	}
}

static void
posts_from_another_thread_arrive_in_order(void **state)
{
	struct world w = {.loop = loop_make(), .last = -1};
	struct thread *t;

	(void)state;
	assert_int_equal(thread_start("poster", post_all, &w, &t, NULL), 0);
	loop_run(w.loop);
	thread_join(t);
	assert_int_equal(w.last, POSTS - 1);
	assert_false(w.is_out_of_order);
	loop_free(w.loop);
}

static void
count_call(void *cookie)
{
	struct world *w = cookie;

	w->calls++;
}

static void
post_again(void *cookie)
{
	struct world *w = cookie;

	w->calls++;
	assert_int_equal(loop_post(w->loop, post_again, w), 0);
}

static void
posts_have_a_ceiling_and_do_not_starve_timers(void **state)
{
	struct world w = {.loop = loop_make()};

	(void)state;
	for (int i = 0; i < 65536; i++)
		assert_int_equal(loop_post(w.loop, count_call, &w), 0);
	assert_int_equal(loop_post(w.loop, count_call, &w), -1);
	loop_run_once(w.loop, false);
	assert_int_equal(w.calls, 65536);

	assert_int_equal(loop_post(w.loop, post_again, &w), 0);
	w.timer = loop_timer_new(w.loop, count_and_stop, &w);
	loop_timer_start(w.timer, 10);
	loop_run(w.loop);
	assert_true(w.calls > 65537);
	loop_timer_free(w.timer);
	loop_free(w.loop);
}

static void
note_signal(void *cookie, int signum)
{
	struct world *w = cookie;

	w->signum = signum;
	loop_stop(w->loop);
}

static void
signals_reach_their_handler(void **state)
{
	static const int signums[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	struct world w = {.loop = loop_make()};
	struct err err = {0};

	(void)state;
	assert_int_equal(loop_on_signal(w.loop, 0, note_signal, &w, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	loop_free(w.loop);
	w.loop = loop_make();
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(loop_on_signal(w.loop, signums[i], note_signal, &w, NULL), 0);
	assert_int_equal(loop_on_signal(w.loop, SIGTERM, note_signal, &w, NULL), 0);
	assert_int_equal(loop_on_signal(w.loop, SIGWINCH, note_signal, &w, NULL), -1);
	for (size_t i = 0; i < 4; i++) {
		raise(signums[i]);
		loop_run(w.loop);
		assert_int_equal(w.signum, signums[i]);
	}
	loop_free(w.loop);
}

static void
dawdle(void *cookie)
{
	(void)cookie;
	usleep(60000);
}

static void
lag_is_work_not_waiting(void **state)
{
	struct world w = {.loop = loop_make()};
	int64_t lag_ms;

	(void)state;
	w.timer = loop_timer_new(w.loop, count_and_stop, &w);
	loop_timer_start(w.timer, 150);
	loop_run(w.loop);
	lag_ms = loop_worst_lag_ms(w.loop);
	assert_in_range(lag_ms, 0, 100);
	assert_int_equal(loop_post(w.loop, dawdle, NULL), 0);
	loop_timer_start(w.timer, 150);
	loop_run(w.loop);
	lag_ms = loop_worst_lag_ms(w.loop);
	assert_in_range(lag_ms, 55, 5000);
	assert_int_equal(loop_worst_lag_ms(w.loop), 0);
	loop_timer_free(w.timer);
	loop_free(w.loop);
}

static void
every_failing_allocation_is_an_error(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct loop_timer *t = NULL;
		struct loop *l = NULL;
		struct world w = {0};
		bool hit;
		int rc;

		mem_fault_arm(nth, false);
		rc = loop_new(&l, NULL);
		if (rc == 0) {
			t = loop_timer_new(l, count_call, &w);
			rc = t == NULL ? -1 : loop_post(l, count_call, &w);
		}
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		loop_timer_free(t);
		loop_free(l);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_timer_fires_once_and_can_be_started_again),
	    cmocka_unit_test(a_stopped_or_freed_timer_never_calls),
	    cmocka_unit_test(a_timer_that_starts_itself_leaves_others_their_turn),
	    cmocka_unit_test(posts_from_another_thread_arrive_in_order),
	    cmocka_unit_test(posts_have_a_ceiling_and_do_not_starve_timers),
	    cmocka_unit_test(signals_reach_their_handler),
	    cmocka_unit_test(lag_is_work_not_waiting),
	    cmocka_unit_test(every_failing_allocation_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
