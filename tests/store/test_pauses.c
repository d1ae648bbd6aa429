/*
 * What is paused, by whom, until when.
 */
#include "tests/store/store_fixture.h"

#include "core/timefmt.h"
#include "store/pauses.h"

static void
put_pause(
    struct fixture *f, const char *what, const char *cause, const char *reason, int64_t until_ms)
{
	struct pause_row row = {slice_of(what), slice_of(cause), slice_of(reason), 1000, until_ms};

	OK(store_pause_put(f->st, &row, ERR));
}

/* NULL: it is not paused. */
static void
assert_paused(struct fixture *f, const char *what, int64_t now_ms, const char *cause)
{
	struct pause_row row;
	int rc = store_pause_get(f->st, slice_of(what), now_ms, f->a, &row, ERR);

	assert_int_equal(rc, cause != NULL);
	if (cause != NULL)
		assert_true(slice_eq_str(row.cause, cause));
}

static void
the_cause_that_lasts_longest_is_named(void **state)
{
	struct fixture *f = *state;
	struct pause_row *rows;
	size_t count;
	int64_t lifted;

	assert_int_equal(store_pauses_any(f->st, ERR), 0);
	assert_paused(f, PAUSE_PROMOTIONS, 2000, NULL);
	OK(store_begin(f->st, ERR));
	put_pause(f, PAUSE_PROMOTIONS, "watch storm", "a crowd", 5000);
	put_pause(f, PAUSE_PROMOTIONS, "jane", "holiday", TIME_UNKNOWN);
	put_pause(f, "rule:sorry", "jane", "typo", 9000);
	OK(store_commit(f->st, ERR));
	for (int again = 0; again <= 1; again++) {
		assert_int_equal(store_pauses_any(f->st, ERR), 1);
		assert_paused(f, PAUSE_PROMOTIONS, 2000, "jane");
		assert_paused(f, "rule:sorry", 8999, "jane");
		assert_paused(f, "rule:sorry", 9000, NULL);
		assert_paused(f, "rule:sorr", 2000, NULL);
		fixture_close(f);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
	}
	OK(store_begin(f->st, ERR));
	OK(store_pause_lift(f->st, SLICE_LIT(PAUSE_PROMOTIONS), SLICE_LIT("jane"), &lifted, ERR));
	assert_int_equal(lifted, 1);
	assert_paused(f, PAUSE_PROMOTIONS, 2000, "watch storm");
	store_rollback(f->st);
	assert_paused(f, PAUSE_PROMOTIONS, 6000, "jane"); /* as if nothing had been */
	OK(store_begin(f->st, ERR));
	OK(store_pauses_end(f->st, 5000, &lifted, ERR));
	assert_int_equal(lifted, 1);
	OK(store_pauses_list(f->st, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	assert_true(slice_eq_str(rows[0].reason, "holiday"));
	assert_true(rows[0].until_ms == TIME_UNKNOWN && rows[1].until_ms == 9000);
	OK(store_pause_lift(f->st, SLICE_LIT(PAUSE_PROMOTIONS), SLICE_NONE, &lifted, ERR));
	OK(store_pause_lift(f->st, SLICE_LIT("rule:sorry"), SLICE_LIT("jane"), &lifted, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_pauses_any(f->st, ERR), 0);
	assert_paused(f, "rule:sorry", 2000, NULL);
}

static void
a_cause_that_pauses_again_changes_its_words(void **state)
{
	struct fixture *f = *state;
	struct pause_row row;

	OK(store_begin(f->st, ERR));
	put_pause(f, PAUSE_PROMOTIONS, "jane", "one", 3000);
	assert_paused(f, PAUSE_PROMOTIONS, 4000, NULL);
	put_pause(f, PAUSE_PROMOTIONS, "jane", "two", 5000);
	assert_int_equal(
	    store_pause_get(f->st, SLICE_LIT(PAUSE_PROMOTIONS), 4000, f->a, &row, ERR), 1);
	assert_true(slice_eq_str(row.reason, "two"));
	OK(store_commit(f->st, ERR));
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM pauses"), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_cause_that_lasts_longest_is_named),
	    T(a_cause_that_pauses_again_changes_its_words),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
