#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/sysclock.h"
#include "platform/thread.h"

#define MAKERS 3
#define TAKERS 3
#define ITEMS_EACH 5000

/* Outside main, since an item is a pointer and only its address counts. */
static char slots[MAKERS * ITEMS_EACH];

struct shop {
	struct queue *q;
	struct lock *lock;
	unsigned char seen[MAKERS * ITEMS_EACH]; /* under lock */
	size_t taken; /* under lock */
	bool is_out_of_order; /* under lock */
};

struct maker {
	struct shop *shop;
	size_t first;
};

static void
make_items(void *cookie)
{
	struct maker *m = cookie;

	for (size_t i = 0; i < ITEMS_EACH; i++) {
		void *item = &slots[m->first + i];

		/* Half of them without waiting first, so that both ways are taken. */
		if (i % 2 == 0 || queue_try_push(m->shop->q, item) != 0)
			(void)queue_push(m->shop->q, item);
	}
}

static void
take_items(void *cookie)
{
	struct shop *s = cookie;
	long last[MAKERS] = {-1, -1, -1};
	char *item;

	while ((item = queue_pop(s->q, -1)) != NULL) {
		size_t at = (size_t)(item - slots);

		lock_take(s->lock);
		s->seen[at]++;
		s->taken++;
		if ((long)at <= last[at / ITEMS_EACH])
			s->is_out_of_order = true;
		last[at / ITEMS_EACH] = (long)at;
		lock_drop(s->lock);
	}
}

static void
every_item_arrives_once_and_in_the_order_of_its_maker(void **state)
{
	static struct shop s;
	struct maker makers[MAKERS];
	struct thread *threads[MAKERS + TAKERS];

	(void)state;
	s = (struct shop){.q = queue_new(16), .lock = lock_new()};
	for (size_t i = 0; i < MAKERS; i++) {
		makers[i] = (struct maker){&s, i * ITEMS_EACH};
		assert_int_equal(
		    thread_start("maker", make_items, &makers[i], &threads[i], NULL), 0);
	}
	for (size_t i = MAKERS; i < MAKERS + TAKERS; i++)
		assert_int_equal(thread_start("taker", take_items, &s, &threads[i], NULL), 0);
	for (size_t i = 0; i < MAKERS; i++)
		thread_join(threads[i]);
	queue_close(s.q);
	for (size_t i = MAKERS; i < MAKERS + TAKERS; i++)
		thread_join(threads[i]);
	assert_int_equal(s.taken, MAKERS * ITEMS_EACH);
	assert_false(s.is_out_of_order);
	for (size_t i = 0; i < MAKERS * ITEMS_EACH; i++)
		assert_int_equal(s.seen[i], 1);
	queue_free(s.q);
	lock_free(s.lock);
}

static void
a_full_queue_says_so_and_a_closed_one_drains(void **state)
{
	struct queue *q = queue_new(2);

	(void)state;
	assert_int_equal(queue_try_push(q, &slots[0]), 0);
	assert_int_equal(queue_try_push(q, &slots[1]), 0);
	assert_int_equal(queue_try_push(q, &slots[2]), 1);
	assert_int_equal(queue_count(q), 2);
	assert_false(queue_is_closed(q));
	queue_close(q);
	assert_true(queue_is_closed(q));
	assert_int_equal(queue_try_push(q, &slots[2]), -1);
	assert_int_equal(queue_push(q, &slots[2]), -1);
	assert_ptr_equal(queue_pop(q, -1), &slots[0]);
	assert_ptr_equal(queue_pop(q, 0), &slots[1]);
	assert_null(queue_pop(q, -1));
	queue_free(q);
}

static void
a_pop_gives_up_after_its_time(void **state)
{
	struct queue *q = queue_new(1);
	int64_t began_ns = clock_mono_ns(sysclock()), took_ms;

	(void)state;
	assert_null(queue_pop(q, 30));
	took_ms = (clock_mono_ns(sysclock()) - began_ns) / 1000000;
	assert_in_range(took_ms, 29, 600000);
	assert_null(queue_pop(q, 0));
	queue_free(q);
}

static void
push_blocked(void *cookie)
{
	struct shop *s = cookie;
	int rc = queue_push(s->q, &slots[1]);

	lock_take(s->lock);
	s->taken = rc == -1 ? 1 : 2;
	lock_drop(s->lock);
}

static void
closing_wakes_a_waiting_push(void **state)
{
	struct shop s = {.q = queue_new(1), .lock = lock_new()};
	struct thread *t;

	(void)state;
	assert_int_equal(queue_push(s.q, &slots[0]), 0);
	assert_int_equal(thread_start("pusher", push_blocked, &s, &t, NULL), 0);
	queue_close(s.q);
	thread_join(t);
	assert_int_equal(s.taken, 1);
	assert_ptr_equal(queue_pop(s.q, 0), &slots[0]);
	queue_free(s.q);
	lock_free(s.lock);
}

struct look {
	char name[16];
	int is_term_blocked;
};

static void
look_around(void *cookie)
{
	struct look *l = cookie;
	sigset_t set;

	pthread_getname_np(pthread_self(), l->name, sizeof l->name);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	l->is_term_blocked = sigismember(&set, SIGTERM);
}

static void
a_thread_has_its_name_and_no_signals(void **state)
{
	struct look l = {0};
	struct thread *t;
	sigset_t set;

	(void)state;
	assert_int_equal(thread_start("fifteen-letters", look_around, &l, &t, NULL), 0);
	thread_join(t);
	assert_string_equal(l.name, "fifteen-letters");
	assert_int_equal(l.is_term_blocked, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	assert_int_equal(sigismember(&set, SIGTERM), 0);
}

static void
wait_for_close(void *cookie)
{
	struct queue *q = cookie;

	(void)queue_pop(q, -1);
	queue_close(q);
}

static void
a_thread_that_does_not_end_is_left_to_itself(void **state)
{
	struct queue *q = queue_new(1), *quick = queue_new(1);
	struct thread *t;

	(void)state;
	assert_int_equal(thread_start("slow", wait_for_close, q, &t, NULL), 0);
	assert_false(thread_join_within(t, 20));
	assert_int_equal(queue_push(q, &slots[0]), 0);
	/* The thread is detached; its last deed tells us that it is through with the queue. */
	while (!queue_is_closed(q))
		(void)queue_pop(quick, 5);
	(void)queue_pop(quick, 20);
	queue_free(q);

	queue_close(quick);
	assert_int_equal(thread_start("quick", wait_for_close, quick, &t, NULL), 0);
	assert_true(thread_join_within(t, 10000));
	queue_free(quick);
}

static void
without_memory_there_is_an_error(void **state)
{
	struct err err = {0};
	struct thread *t = NULL;

	(void)state;
	mem_fault_arm(1, true);
	assert_null(queue_new(4));
	assert_null(lock_new());
	assert_int_equal(thread_start("none", take_items, NULL, &t, &err), -1);
	mem_fault_arm(0, false);
	assert_int_equal(err.kind, ERR_NOMEM);
	assert_null(queue_new(SIZE_MAX / 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_item_arrives_once_and_in_the_order_of_its_maker),
	    cmocka_unit_test(a_full_queue_says_so_and_a_closed_one_drains),
	    cmocka_unit_test(a_pop_gives_up_after_its_time),
	    cmocka_unit_test(closing_wakes_a_waiting_push),
	    cmocka_unit_test(a_thread_has_its_name_and_no_signals),
	    cmocka_unit_test(a_thread_that_does_not_end_is_left_to_itself),
	    cmocka_unit_test(without_memory_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
