/*
 * Cool-downs, totals, caps: kept, joined, rolled back.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "store/joins.h"

static const struct slice rule = {"r1", 2};

static int64_t
count_of(struct fixture *f, struct slice rule_id, enum state_kind kind, const char *key)
{
	struct rule_counter c;

	OK(store_counter_get(f->st, rule_id, kind, slice_of(key), &c, ERR));
	return c.count;
}

static void
put_count(struct fixture *f, struct slice rule_id, enum state_kind kind, const char *key,
    int64_t last, int64_t count)
{
	OK(store_counter_put(
	    f->st, rule_id, kind, slice_of(key), &(struct rule_counter){last, count}, ERR));
}

static int
join(struct fixture *f, const char *from, const char *to)
{
	int64_t join_no;
	int rc = store_subjects_join(f->st, slice_of(from), slice_of(to), SLICE_LIT("link 1"),
	    SLICE_LIT("test"), SLICE_NONE, FIXTURE_NOW_MS, &join_no, ERR);

	OK(rc);
	return rc;
}

static void
counters_are_kept_by_rule_kind_and_key(void **state)
{
	struct fixture *f = *state;
	struct rule_counter c;

	OK(store_begin(f->st, ERR));
	assert_int_equal(
	    store_counter_get(f->st, rule, STATE_COOLDOWN, SLICE_LIT("a:x"), &c, ERR), 0);
	put_count(f, rule, STATE_COOLDOWN, "a:x", 100, 1);
	put_count(f, rule, STATE_TOTAL, "", TIME_UNKNOWN, 7);
	put_count(f, SLICE_LIT(""), STATE_PERSON_DAY, "a:x|2026-11-21", 100, 2);
	put_count(f, SLICE_LIT("r12"), STATE_COOLDOWN, "a:x", 100, 9);
	OK(store_commit(f->st, ERR));
	fixture_close(f);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
	assert_int_equal(
	    store_counter_get(f->st, rule, STATE_COOLDOWN, SLICE_LIT("a:x"), &c, ERR), 1);
	assert_int_equal(c.last_at_ms, 100);
	assert_int_equal(store_counter_get(f->st, rule, STATE_TOTAL, SLICE_LIT(""), &c, ERR), 1);
	assert_true(c.last_at_ms == TIME_UNKNOWN && c.count == 7);
	assert_int_equal(count_of(f, SLICE_LIT(""), STATE_PERSON_DAY, "a:x|2026-11-21"), 2);
	assert_int_equal(count_of(f, rule, STATE_PERSON_DAY, "a:x|2026-11-21"), 0);
	assert_int_equal(count_of(f, SLICE_LIT("r12"), STATE_COOLDOWN, "a:x"), 9);
}

static void
linking_joins_the_counters_of_two_subjects(void **state)
{
	struct fixture *f = *state;
	struct rule_counter c;

	OK(store_begin(f->st, ERR));
	put_count(f, rule, STATE_COOLDOWN, "a:x", 500, 2);
	put_count(f, rule, STATE_COOLDOWN, "a:xy", 500, 40); /* a longer name is somebody else */
	put_count(f, SLICE_LIT("r2"), STATE_COOLDOWN, "a:x", 100, 1);
	put_count(f, SLICE_LIT("support"), STATE_ALERT_GROUP, "a:x", 100, 12);
	put_count(f, SLICE_LIT("support"), STATE_ALERT_GROUP, "c:1", 100, 11);
	put_count(f, SLICE_LIT(""), STATE_PERSON_DAY, "a:x|2026-11-20", 100, 3);
	put_count(f, SLICE_LIT(""), STATE_PERSON_DAY, "c:1|2026-11-20", 200, 4);
	OK(store_commit(f->st, ERR));
	OK(store_begin(f->st, ERR));
	put_count(
	    f, rule, STATE_COOLDOWN, "c:1", 300, 5); /* in this transaction, not yet in the table */
	put_count(f, SLICE_LIT(""), STATE_PERSON_DAY, "a:x|2026-11-21", 600, 1);
	assert_int_equal(join(f, "a:x", "c:1"), 1);
	assert_int_equal(join(f, "c:1", "c:1"), 0); /* one already */
	assert_int_equal(join(f, "a:x", "c:1"), 0);
	for (int after = 0; after <= 1; after++) {
		assert_int_equal(
		    store_counter_get(f->st, rule, STATE_COOLDOWN, SLICE_LIT("c:1"), &c, ERR), 1);
		assert_int_equal(c.count, 7);
		assert_int_equal(c.last_at_ms, 500);
		assert_int_equal(
		    store_counter_get(f->st, rule, STATE_COOLDOWN, SLICE_LIT("a:x"), &c, ERR), 0);
		assert_int_equal(count_of(f, SLICE_LIT("r2"), STATE_COOLDOWN, "c:1"), 1);
		assert_int_equal(count_of(f, SLICE_LIT("support"), STATE_ALERT_GROUP, "c:1"), 12);
		assert_int_equal(count_of(f, SLICE_LIT(""), STATE_PERSON_DAY, "c:1|2026-11-20"), 7);
		assert_int_equal(count_of(f, SLICE_LIT(""), STATE_PERSON_DAY, "c:1|2026-11-21"), 1);
		assert_int_equal(count_of(f, SLICE_LIT(""), STATE_PERSON_DAY, "a:x|2026-11-20"), 0);
		assert_int_equal(count_of(f, rule, STATE_COOLDOWN, "a:xy"), 40);
		if (!after)
			OK(store_commit(f->st, ERR));
	}
	assert_int_equal(ask_number(f->path,
			     "SELECT count(*) FROM rule_state WHERE key LIKE 'a:x' OR "
			     "key LIKE 'a:x|%'"),
	    0);
}

static void
a_join_rolled_back_joins_nothing(void **state)
{
	struct fixture *f = *state;

	OK(store_begin(f->st, ERR));
	put_count(f, rule, STATE_COOLDOWN, "a:x", 500, 2);
	put_count(f, rule, STATE_COOLDOWN, "c:1", 400, 3);
	OK(store_commit(f->st, ERR));
	OK(store_begin(f->st, ERR));
	assert_int_equal(join(f, "a:x", "c:1"), 1);
	store_rollback(f->st);
	assert_int_equal(count_of(f, rule, STATE_COOLDOWN, "a:x"), 2);
	assert_int_equal(count_of(f, rule, STATE_COOLDOWN, "c:1"), 3);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(counters_are_kept_by_rule_kind_and_key),
	    T(linking_joins_the_counters_of_two_subjects),
	    T(a_join_rolled_back_joins_nothing),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
