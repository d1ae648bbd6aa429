/*
 * Timers: one for a rule and a post, taken when due, gone with the post.
 */
#include "tests/store/store_fixture.h"

#include "core/timefmt.h"
#include "store/timers.h"

static int
put(struct fixture *f, const char *rule, int64_t post_no, int64_t due_at_ms)
{
	struct timer_row row = {.due_at_ms = due_at_ms,
	    .rule_id = slice_of(rule),
	    .post_no = post_no,
	    .subject = post_no == 1 ? SLICE_NONE : SLICE_LIT("a:x"),
	    .started_at_ms = due_at_ms - TIME_HOUR_MS};
	int rc = store_timer_put(f->st, &row, ERR);

	OK(rc);
	return rc;
}

static int64_t
next_due(struct fixture *f)
{
	int64_t at_ms;

	OK(store_timers_next_due(f->st, &at_ms, ERR));
	return at_ms;
}

static void
a_rule_waits_once_for_a_post(void **state)
{
	struct fixture *f = *state;

	OK(store_begin(f->st, ERR));
	assert_true(next_due(f) == TIME_UNKNOWN);
	assert_int_equal(put(f, "r", 1, 500), 1);
	assert_int_equal(put(f, "r", 1, 300), 0);
	assert_int_equal(put(f, "r", 2, 700), 1);
	assert_int_equal(put(f, "s", 1, 600), 1);
	assert_int_equal(next_due(f), 500);
	OK(store_commit(f->st, ERR));
}

static void
what_is_due_is_taken_the_earliest_first_and_as_much_as_asked_for(void **state)
{
	struct fixture *f = *state;
	struct timer_row *rows;
	size_t count;

	OK(store_begin(f->st, ERR));
	put(f, "late", 1, 900);
	put(f, "r", 2, 700);
	put(f, "r", 1, 500);
	put(f, "s", 3, 700);
	OK(store_commit(f->st, ERR));

	OK(store_begin(f->st, ERR));
	OK(store_timers_take(f->st, 700, 2, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	assert_int_equal(rows[0].due_at_ms, 500);
	assert_int_equal(rows[0].started_at_ms, 500 - TIME_HOUR_MS);
	assert_int_equal(rows[0].post_no, 1);
	assert_false(slice_is_set(rows[0].subject));
	assert_int_equal(rows[1].post_no, 2);
	assert_true(slice_eq_str(rows[1].rule_id, "r"));
	assert_true(slice_eq_str(rows[1].subject, "a:x"));
	store_rollback(f->st);

	/* not committed: they are there again */
	assert_int_equal(next_due(f), 500);
	OK(store_begin(f->st, ERR));
	OK(store_timers_take(f->st, 700, 100, f->a, &rows, &count, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(count, 3);
	assert_int_equal(next_due(f), 900);
}

static void
nobody_waits_for_a_deleted_post(void **state)
{
	struct fixture *f = *state;
	int64_t count;

	OK(store_begin(f->st, ERR));
	put(f, "r", 1, 500);
	put(f, "s", 1, 600);
	put(f, "r", 2, 700);
	OK(store_timers_cancel_for_post(f->st, 1, &count, ERR));
	assert_int_equal(count, 2);
	OK(store_timers_cancel_for_post(f->st, 1, &count, ERR));
	assert_int_equal(count, 0);
	OK(store_commit(f->st, ERR));
	assert_int_equal(next_due(f), 700);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_rule_waits_once_for_a_post, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_due_is_taken_the_earliest_first_and_as_much_as_asked_for, fixture_setup,
		fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		nobody_waits_for_a_deleted_post, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
