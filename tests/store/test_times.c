/*
 * Event times: in order, bounded, kept over restarts, joined, rolled back.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "core/json.h"
#include "core/timefmt.h"
#include "store/dossier.h"
#include "store/erasure.h"
#include "store/joins.h"
#include "store/times.h"

static const struct slice rule = {"r1", 2};

static void
put(struct fixture *f, enum times_part part, const char *key, size_t count, int64_t first)
{
	struct rule_times t = {0};

	for (size_t i = 0; i < count; i++)
		assert_true(rule_times_add(&t, first + (int64_t)i));
	OK(store_times_put(f->st, rule, part, slice_of(key), &t, ERR));
}

static void
assert_times(struct fixture *f, enum times_part part, const char *key, size_t count, int64_t first)
{
	struct rule_times t;
	int rc = store_times_get(f->st, rule, part, slice_of(key), &t, ERR);

	assert_int_equal(rc, count > 0);
	assert_int_equal(t.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(t.at_ms[i], first + (int64_t)i);
}

static void
reopen(struct fixture *f)
{
	fixture_close(f);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
}

static int
join(struct fixture *f, const char *from, const char *to)
{
	int64_t join_no;

	return store_subjects_join(f->st, slice_of(from), slice_of(to), SLICE_LIT("link 1"),
	    SLICE_LIT("test"), SLICE_NONE, FIXTURE_NOW_MS, &join_no, ERR);
}

static void
times_stand_in_order_and_the_oldest_go(void **state)
{
	struct rule_times t = {0};

	(void)state;
	for (int64_t i = 0; i < RULE_TIMES_MAX; i++)
		assert_true(rule_times_add(&t, 1000 + (i * 37) % RULE_TIMES_MAX));
	for (size_t i = 0; i < RULE_TIMES_MAX; i++)
		assert_int_equal(t.at_ms[i], 1000 + (int64_t)i);
	assert_false(rule_times_add(&t, 999));
	assert_int_equal(t.at_ms[0], 1000);
	assert_true(rule_times_add(&t, 1000)); /* twice the same is two */
	assert_true(rule_times_add(&t, 1005));
	assert_int_equal(t.count, RULE_TIMES_MAX);
	assert_int_equal(t.at_ms[0], 1001);
	assert_int_equal(t.at_ms[3], 1004);
	assert_int_equal(t.at_ms[4], 1005);
	assert_int_equal(t.at_ms[5], 1005);
	assert_true(rule_times_add(&t, 5000));
	assert_int_equal(t.at_ms[RULE_TIMES_MAX - 1], 5000);
	assert_true(rule_times_drop_before(&t, 1060));
	assert_int_equal(t.at_ms[0], 1060);
	assert_false(rule_times_drop_before(&t, 1060));
	assert_true(rule_times_drop_before(&t, 9000));
	assert_int_equal(t.count, 0);
}

static void
times_are_kept_by_rule_part_and_key(void **state)
{
	struct fixture *f = *state;
	static const size_t sizes[] = {1, 6, 7, 8, 63, RULE_TIMES_MAX};
	char key[16], longest[260] = "";

	OK(store_begin(f->st, ERR));
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		snprintf(key, sizeof key, "a:%zu", i);
		put(f, TIMES_WINDOW, key, sizes[i], 100);
		put(f, TIMES_AFTER, key, 2, 500);
		assert_times(f, TIMES_WINDOW, key, sizes[i], 100);
	}
	put(f, TIMES_SENT, "", 1, -5); /* before 1970, and an empty key */
	memset(longest, 'x', sizeof longest - 1); /* around the size that has a place of its own */
	for (size_t len = 245; len < sizeof longest; len++)
		put(f, TIMES_AFTER, longest + sizeof longest - 1 - len, 1, (int64_t)len);
	OK(store_commit(f->st, ERR));
	for (int after_restart = 0; after_restart <= 1; after_restart++) {
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			snprintf(key, sizeof key, "a:%zu", i);
			assert_times(f, TIMES_WINDOW, key, sizes[i], 100);
			assert_times(f, TIMES_AFTER, key, 2, 500);
			assert_times(f, TIMES_UNLESS, key, 0, 0);
		}
		assert_times(f, TIMES_SENT, "", 1, -5);
		for (size_t len = 245; len < sizeof longest; len++)
			assert_times(
			    f, TIMES_AFTER, longest + sizeof longest - 1 - len, 1, (int64_t)len);
		reopen(f);
	}
}

/* The two caches are one table: a row may grow and shrink from one into the other. */
static void
rows_grow_and_shrink_within_and_between_transactions(void **state)
{
	struct fixture *f = *state;
	static const size_t walk[][3] = {{3, 9, 3}, {9, 3, 12}, {12, 0, 8}, {8, 0, 0}, {2, 64, 1},
	    {40, 41, 42}, {5, 0, 6}, {7, 6, 7}};

	for (size_t i = 0; i < sizeof walk / sizeof *walk; i++) {
		OK(store_begin(f->st, ERR));
		for (size_t k = 0; k < 3; k++) {
			put(f, TIMES_WINDOW, "a:x", walk[i][k], (int64_t)(100 * i + k));
			if (k == 1)
				OK(store_flush(f->st, ERR));
			assert_times(f, TIMES_WINDOW, "a:x", walk[i][k], (int64_t)(100 * i + k));
		}
		OK(store_commit(f->st, ERR));
		assert_times(f, TIMES_WINDOW, "a:x", walk[i][2], (int64_t)(100 * i + 2));
		OK(store_begin(f->st, ERR));
		put(f, TIMES_WINDOW, "a:x", 20, 7);
		put(f, TIMES_WINDOW, "a:x", i % 2 == 0 ? 0 : 2, 7);
		store_rollback(f->st);
		assert_times(f, TIMES_WINDOW, "a:x", walk[i][2], (int64_t)(100 * i + 2));
		if (i % 3 == 0)
			reopen(f);
	}
}

static void
linking_joins_the_times_of_two_subjects_in_order(void **state)
{
	struct fixture *f = *state;
	struct rule_times t;

	OK(store_begin(f->st, ERR));
	put(f, TIMES_WINDOW, "a:x", 3, 100); /* 100 101 102 */
	put(f, TIMES_WINDOW, "a:xy", 3, 100); /* somebody else */
	put(f, TIMES_SENT, "a:x|sorry", 2, 10);
	put(f, TIMES_UNLESS, "a:x", 40, 1000);
	OK(store_commit(f->st, ERR));
	OK(store_begin(f->st, ERR));
	put(f, TIMES_WINDOW, "c:1", 2, 101); /* not yet in the table */
	put(f, TIMES_UNLESS, "c:1", 40, 1020);
	assert_int_equal(join(f, "a:x", "c:1"), 1);
	for (int after = 0; after <= 1; after++) {
		static const int64_t want[] = {100, 101, 101, 102, 102};

		OK(store_times_get(f->st, rule, TIMES_WINDOW, SLICE_LIT("c:1"), &t, ERR));
		assert_int_equal(t.count, 5);
		assert_memory_equal(t.at_ms, want, sizeof want);
		OK(store_times_get(f->st, rule, TIMES_UNLESS, SLICE_LIT("c:1"), &t, ERR));
		assert_int_equal(t.count, RULE_TIMES_MAX); /* of 80 the newest */
		assert_int_equal(t.at_ms[RULE_TIMES_MAX - 1], 1059);
		assert_times(f, TIMES_SENT, "c:1|sorry", 2, 10);
		assert_times(f, TIMES_WINDOW, "a:x", 0, 0);
		assert_times(f, TIMES_SENT, "a:x|sorry", 0, 0);
		assert_times(f, TIMES_WINDOW, "a:xy", 3, 100);
		if (!after)
			OK(store_commit(f->st, ERR));
	}
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM rule_times"), 4);
}

static void
times_nobody_reaches_any_more_are_tidied(void **state)
{
	struct fixture *f = *state;
	int64_t now = FIXTURE_NOW_MS;
	bool more;

	OK(store_begin(f->st, ERR));
	put(f, TIMES_WINDOW, "a:old", 10, now - 300 * TIME_DAY_MS);
	put(f, TIMES_WINDOW, "a:new", 10, now - 199 * TIME_DAY_MS);
	OK(store_commit(f->st, ERR));
	OK(store_begin(f->st, ERR));
	put(f, TIMES_AFTER, "a:old", 2, now - 201 * TIME_DAY_MS); /* put in this very transaction */
	OK(store_tidy(f->st, now, 90 * TIME_DAY_MS, 200 * TIME_DAY_MS, 100, &more, ERR));
	assert_times(f, TIMES_WINDOW, "a:old", 0, 0);
	store_rollback(f->st);
	assert_times(f, TIMES_WINDOW, "a:old", 10, now - 300 * TIME_DAY_MS);
	OK(store_begin(f->st, ERR));
	OK(store_tidy(f->st, now, 90 * TIME_DAY_MS, 200 * TIME_DAY_MS, 100, &more, ERR));
	OK(store_commit(f->st, ERR));
	assert_times(f, TIMES_WINDOW, "a:old", 0, 0);
	assert_times(f, TIMES_WINDOW, "a:new", 10, now - 199 * TIME_DAY_MS);
}

/* Random puts against a table in memory, with a cache of three rows, rollbacks and restarts. */
static void
random_puts_are_what_a_plain_table_says(void **state)
{
	struct fixture *f = *state;
	struct rule_times model[8] = {0}, committed[8] = {0}, t;
	struct store_options small = {
	    .path = f->path, .mode = STORE_WRITER, .now_ms = FIXTURE_NOW_MS, .cache_entries = 3};
	struct rng r;
	char key[8];

	rng_init(&r, 11);
	fixture_close(f);
	OK(store_open(&small, &f->st, ERR));
	for (int round = 0; round < 300; round++) {
		OK(store_begin(f->st, ERR));
		for (int i = 0; i < 6; i++) {
			size_t k = rng_below(&r, 8);

			snprintf(key, sizeof key, "k%zu", k);
			if (rng_below(&r, 9) == 0)
				model[k].count = 0;
			for (size_t n = rng_below(&r, 12); n > 0; n--)
				(void)rule_times_add(&model[k], (int64_t)rng_below(&r, 1000));
			OK(store_times_put(
			    f->st, rule, TIMES_WINDOW, slice_of(key), &model[k], ERR));
		}
		if (rng_below(&r, 4) == 0) {
			store_rollback(f->st);
			memcpy(model, committed, sizeof model);
		} else {
			OK(store_commit(f->st, ERR));
			memcpy(committed, model, sizeof model);
		}
		for (size_t k = 0; k < 8; k++) {
			snprintf(key, sizeof key, "k%zu", k);
			OK(store_times_get(f->st, rule, TIMES_WINDOW, slice_of(key), &t, ERR));
			assert_int_equal(t.count, model[k].count);
			assert_memory_equal(t.at_ms, model[k].at_ms, t.count * sizeof t.at_ms[0]);
		}
		if (rng_below(&r, 20) == 0) {
			fixture_close(f);
			OK(store_open(&small, &f->st, ERR));
		}
	}
}

static void
without_memory_nothing_is_half_put(void **state)
{
	struct fixture *f = *state;
	struct rule_times t = {0};

	for (int64_t i = 0; i < 20; i++)
		assert_true(rule_times_add(&t, i));
	for (unsigned nth = 1;; nth++) {
		int rc;
		bool hit;

		fixture_close(f);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		mem_fault_arm(nth, 0);
		rc = store_begin(f->st, ERR);
		if (rc == 0)
			rc = store_times_put(f->st, rule, TIMES_WINDOW, SLICE_LIT("a:x"), &t, ERR);
		if (rc == 0)
			rc = join(f, "a:x", "c:1");
		if (store_in_transaction(f->st))
			rc = store_commit(f->st, ERR) < 0 ? -1 : rc;
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		if (!hit) {
			assert_int_equal(rc, 1);
			break;
		}
		if (rc < 0)
			assert_int_equal(ask_number(f->path, "SELECT count(*) FROM rule_times"), 0);
		OK(store_begin(f->st, ERR));
		if (rc > 0) {
			int64_t join_no;

			assert_int_equal(
			    store_subject_join_of(f->st, SLICE_LIT("a:x"), &join_no, ERR), 1);
			OK(store_subjects_split(
			    f->st, join_no, SLICE_LIT("test"), FIXTURE_NOW_MS, ERR));
		}
		OK(store_times_put(
		    f->st, rule, TIMES_WINDOW, SLICE_LIT("a:x"), &(struct rule_times){0}, ERR));
		OK(store_commit(f->st, ERR));
		assert_int_equal(ask_number(f->path, "SELECT count(*) FROM rule_times"), 0);
	}
	assert_times(f, TIMES_WINDOW, "c:1", 20, 0);
}

/* The page of a person says what each time is, and names no part by its number. */
static void
every_part_is_told_in_words(void **state)
{
	struct fixture *f = *state;
	static const struct dossier_how how = {.is_brief = true};
	struct slice id = SLICE_LIT("1");
	const struct person who = {.customers = &id, .customer_count = 1};
	struct dossier_page page;
	struct json_writer w;
	struct buf out;
	size_t section = 0;

	OK(store_begin(f->st, ERR));
	for (int part = 0; part < TIMES_PART_COUNT; part++)
		put(f, (enum times_part)part, "c:1", 1, 7);
	OK(store_commit(f->st, ERR));
	while (strcmp(store_dossier_name(section), "times") != 0)
		section++;
	buf_init(&out, 65536);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	OK(store_dossier_rows(
	    f->st, &who, section, &how, (struct dossier_place){0, 0}, 100, f->a, &w, &page, ERR));
	json_array_end(&w);
	assert_int_equal(page.count, TIMES_PART_COUNT);
	for (const char *at = buf_str(&out); (at = strstr(at, "\"part\":")) != NULL; at++)
		if (strncmp(at, "\"part\":\"", 8) != 0)
			fail_msg("not in words: %s", at);
	buf_fini(&out);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_stand_in_order_and_the_oldest_go),
	    T(times_are_kept_by_rule_part_and_key),
	    T(rows_grow_and_shrink_within_and_between_transactions),
	    T(linking_joins_the_times_of_two_subjects_in_order),
	    T(every_part_is_told_in_words),
	    T(times_nobody_reaches_any_more_are_tidied),
	    T(random_puts_are_what_a_plain_table_says),
	    T(without_memory_nothing_is_half_put),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
