/*
 * test_customers_sample.c - a sample has so many customers as are wanted, each once, everybody where there are no
 * more, and nobody is favoured.
 */
#include "tests/store/store_fixture.h"

#include "store/segments.h"

#define CUSTOMERS 3000

static void
put_customers(struct fixture *f)
{
	bool created;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < CUSTOMERS; i++)
		OK(store_customer_put(f->st, slice_of(arena_printf(f->a, "u%d", i)), SLICE_NONE,
		    SLICE_NONE, SLICE_NONE, FIXTURE_NOW_MS, "test", &created, ERR));
	OK(store_commit(f->st, ERR));
}

static int
number_of(struct slice id)
{
	int n = 0;

	for (size_t i = 1; i < id.len; i++)
		n = n * 10 + (id.ptr[i] - '0');
	return n;
}

static size_t
sample(struct fixture *f, size_t max, struct slice **ids_r)
{
	int64_t customers;
	size_t count;

	OK(store_customers_sample(f->st, max, f->a, ids_r, &count, &customers, ERR));
	assert_int_equal(customers, CUSTOMERS);
	return count;
}

static void
so_many_as_are_wanted_each_once_and_the_smaller_sample_begins_the_larger(void **state)
{
	static const size_t sizes[] = {1, 2, 10, 500, 1499, CUSTOMERS - 1, CUSTOMERS, 9999};
	struct fixture *f = *state;
	struct slice *before = NULL;
	size_t before_count = 0;

	put_customers(f);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		bool seen[CUSTOMERS] = {false};
		struct slice *ids;
		size_t count = sample(f, sizes[i], &ids);

		assert_int_equal(count, sizes[i] < CUSTOMERS ? sizes[i] : CUSTOMERS);
		for (size_t k = 0; k < count; k++) {
			int n = number_of(ids[k]);

			assert_true(n >= 0 && n < CUSTOMERS && !seen[n]);
			seen[n] = true;
		}
		for (size_t k = 0; k < before_count; k++)
			assert_true(slice_eq(before[k], ids[k]));
		before = ids;
		before_count = count;
	}
}

/* Of 900 out of 3,000 each third has 300, give or take 14 (one standard deviation). */
static void
nobody_is_favoured_by_their_place(void **state)
{
	struct fixture *f = *state;
	int thirds[3] = {0};
	struct slice *ids;
	size_t count;

	put_customers(f);
	count = sample(f, 900, &ids);
	for (size_t k = 0; k < count; k++)
		thirds[number_of(ids[k]) * 3 / CUSTOMERS]++;
	for (int i = 0; i < 3; i++)
		assert_in_range(thirds[i], 250, 350);
}

static void
without_memory_it_says_so_and_nothing_leaks(void **state)
{
	struct fixture *f = *state;

	put_customers(f);
	for (unsigned nth = 1;; nth++) {
		struct arena *a = arena_new(8 * 1024 * 1024);
		struct slice *ids;
		int64_t customers;
		size_t count;
		bool was_hit;
		int rc;

		assert_non_null(a);
		mem_fault_arm(nth, 0);
		rc = store_customers_sample(f->st, 100, a, &ids, &count, &customers, ERR);
		was_hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		arena_free(a);
		if (!was_hit) {
			assert_int_equal(rc, 0);
			assert_int_equal(count, 100);
			break;
		}
		assert_true(rc == 0 || ERR->kind == ERR_NOMEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		so_many_as_are_wanted_each_once_and_the_smaller_sample_begins_the_larger,
		fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		nobody_is_favoured_by_their_place, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		without_memory_it_says_so_and_nothing_leaks, fixture_setup, fixture_teardown),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
