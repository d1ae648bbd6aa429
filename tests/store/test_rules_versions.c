/*
 * What is to go live: written at once or in parts, it reads as it was given.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

static void
stage(struct fixture *f, int64_t *stage_no, int64_t part, const char *bytes)
{
	OK(store_begin(f->st, ERR));
	OK(store_rules_stage(f->st, stage_no, part, slice_of(bytes), ERR));
	OK(store_commit(f->st, ERR));
}

static int
put(struct fixture *f, int64_t stage_no, const char *bundle, int64_t *version_r)
{
	struct rules_version v = {.applied_at_ms = FIXTURE_NOW_MS,
	    .author = SLICE_LIT("somebody"),
	    .reason = SLICE_LIT("why not"),
	    .content_hash = SLICE_LIT("h"),
	    .bundle_json = slice_of(bundle),
	    .stage_no = stage_no};

	OK(store_begin(f->st, ERR));
	if (store_rules_put(f->st, &v, ERR) < 0) {
		store_rollback(f->st);
		return -1;
	}
	OK(store_commit(f->st, ERR));
	*version_r = v.version;
	return 0;
}

static void
assert_bundle(struct fixture *f, int64_t version, const char *bundle)
{
	struct rules_version v;

	assert_int_equal(version == 0 ? store_rules_live(f->st, f->a, &v, ERR)
				      : store_rules_load(f->st, version, f->a, &v, ERR),
	    1);
	assert_true(slice_eq_str(v.bundle_json, bundle));
	assert_true(slice_eq_str(v.author, "somebody"));
}

static int64_t
parts(struct fixture *f)
{
	int64_t count;

	OK(store_count(f->st, "rules_parts", &count, ERR));
	return count;
}

static void
parts_become_the_bundle_they_are_of(void **state)
{
	struct fixture *f = *state;
	int64_t stage_no = 0, first, second, third, other = 0;

	assert_int_equal(put(f, 0, "{\"whole\":1}", &first), 0);
	stage(f, &stage_no, 0, "{\"pa");
	stage(f, &stage_no, 1, "rts\":");
	assert_bundle(f, 0, "{\"whole\":1}"); /* nothing is live before it is put */
	stage(f, &stage_no, 2, "2}");
	assert_int_equal(put(f, stage_no, "{\"parts\":2}", &second), 0);
	stage(f, &other, 0, "{\"parts\":3}");
	assert_true(other != stage_no);
	assert_int_equal(put(f, other, "{\"parts\":3}", &third), 0);
	assert_bundle(f, 0, "{\"parts\":3}");
	assert_bundle(f, first, "{\"whole\":1}");
	assert_bundle(f, second, "{\"parts\":2}");
	assert_bundle(f, third, "{\"parts\":3}");
}

static void
a_part_that_is_missing_lets_nothing_go_live(void **state)
{
	struct fixture *f = *state;
	int64_t stage_no = 0, version;

	assert_int_equal(put(f, 0, "{\"whole\":1}", &version), 0);
	stage(f, &stage_no, 0, "{\"pa");
	stage(f, &stage_no, 2, "2}");
	assert_int_equal(put(f, stage_no, "{\"parts\":2}", &version), -1);
	assert_bundle(f, 0, "{\"whole\":1}");
}

static void
tidy(struct fixture *f, bool *more_r)
{
	OK(store_begin(f->st, ERR));
	OK(store_rules_tidy(f->st, 10, more_r, ERR));
	OK(store_commit(f->st, ERR));
}

static void
begin_ids(struct fixture *f, int64_t stage_no, const char *letters, int64_t version)
{
	OK(store_begin(f->st, ERR));
	for (; *letters != '\0'; letters++)
		OK(store_rule_id_begin(f->st, stage_no, slice_make(letters, 1), version, ERR));
	OK(store_commit(f->st, ERR));
}

static void
end_ids(struct fixture *f, int64_t stage_no, const char *letters, int64_t last)
{
	OK(store_begin(f->st, ERR));
	for (; *letters != '\0'; letters++)
		OK(store_rule_id_end(f->st, stage_no, slice_make(letters, 1), last, ERR));
	OK(store_commit(f->st, ERR));
}

static int
take_letter(void *cookie, struct slice id, struct err *err)
{
	char *letters = cookie;

	(void)err;
	assert_int_equal(id.len, 1);
	letters[strlen(letters)] = id.ptr[0];
	return 0;
}

/* alive: letters; dropped: the others of these that were. */
static void
assert_ids(struct fixture *f, const char *alive, const char *dropped)
{
	char letters[32] = "";

	OK(store_rule_ids_alive(f->st, take_letter, letters, ERR));
	assert_string_equal(letters, alive);
	for (; *alive != '\0'; alive++)
		assert_int_equal(store_rule_id_was_dropped(f->st, slice_make(alive, 1), ERR), 0);
	for (; *dropped != '\0'; dropped++)
		assert_int_equal(store_rule_id_was_dropped(f->st, slice_make(dropped, 1), ERR), 1);
}

static void
assert_versions(struct fixture *f, const char *id, int64_t first, int64_t last)
{
	int64_t have_first = -1, have_last = -1;

	assert_int_equal(
	    store_rule_id_versions(f->st, slice_of(id), &have_first, &have_last, ERR), 1);
	assert_int_equal(have_first, first);
	assert_int_equal(have_last, last);
}

static void
what_becomes_of_ids_counts_when_the_version_is_put(void **state)
{
	struct fixture *f = *state;
	int64_t one = 0, two = 0, three = 0, version;

	stage(f, &one, 0, "{\"one\":1}");
	begin_ids(f, one, "abc", 1);
	assert_ids(f, "", "");
	assert_int_equal(put(f, one, "{\"one\":1}", &version), 0);
	assert_ids(f, "abc", "");
	stage(f, &two, 0, "{\"two\":2}");
	begin_ids(f, two, "de", 2);
	end_ids(f, two, "ab", 1);
	assert_ids(f, "abc", "");
	assert_int_equal(store_rule_id_versions(f->st, SLICE_LIT("d"), &version, &version, ERR), 0);
	assert_int_equal(put(f, two, "{\"two\":2}", &version), 0);
	assert_ids(f, "cde", "ab");
	assert_versions(f, "a", 1, 1);
	stage(f, &three, 0, "{\"three\":3}"); /* going back */
	begin_ids(f, three, "a", 3);
	assert_ids(f, "cde", "ab");
	assert_int_equal(put(f, three, "{\"three\":3}", &version), 0);
	assert_ids(f, "acde", "b");
	assert_versions(f, "a", 1, 0);
	assert_versions(f, "d", 2, 0);
}

static void
what_was_given_up_never_counts_and_goes_bit_by_bit(void **state)
{
	struct fixture *f = *state;
	int64_t kept = 0, given_up = 0, later = 0, running = 0, version, rows;
	bool more;

	stage(f, &kept, 0, "{\"kept\":1}");
	begin_ids(f, kept, "abcdefghijkl", 1);
	assert_int_equal(put(f, kept, "{\"kept\":1}", &version), 0);
	for (int64_t i = 0; i < 6; i++)
		stage(f, &given_up, i, "{\"giv");
	begin_ids(f, given_up, "xyz", 2);
	end_ids(f, given_up, "abcdefghijkl", 1);
	stage(f, &later, 0, "{\"later\":1}");
	begin_ids(f, later, "y", 2);
	stage(f, &running, 0, "{\"runn");
	tidy(f, &more);
	assert_false(more); /* any of them may still go live */
	assert_int_equal(parts(f), 9);
	assert_int_equal(put(f, later, "{\"later\":1}", &version), 0);
	assert_ids(f, "abcdefghijkly", "");
	for (int i = 0; i < 5;
	     i++) { /* fifteen ids, ten at a time; then six parts, four at a time */
		tidy(f, &more);
		assert_int_equal(more, i < 4);
		assert_ids(f, "abcdefghijkly", "");
	}
	assert_int_equal(parts(f), 3); /* of what began afterwards nothing is known yet */
	OK(store_count(f->st, "rule_id_states", &rows, ERR));
	assert_int_equal(rows, 13);
	assert_bundle(f, 1, "{\"kept\":1}");
	assert_bundle(f, 0, "{\"later\":1}");
}

/* Numbers of what was given up are not given again while they could be mistaken for it. */
static void
a_change_of_one_part_does_not_take_up_ids_that_were_given_up(void **state)
{
	struct fixture *f = *state;
	int64_t given_up = 0, small = 0, next = 0, version;

	stage(f, &given_up, 0, "{\"giv");
	begin_ids(f, given_up, "x", 1);
	OK(store_begin(f->st, ERR));
	OK(store_rules_stage_number(f->st, &small, ERR));
	OK(store_rule_id_begin(f->st, small, SLICE_LIT("a"), 1, ERR));
	OK(store_commit(f->st, ERR));
	assert_true(small > given_up);
	assert_int_equal(put(f, small, "{\"small\":1}", &version), 0);
	assert_ids(f, "a", "");
	assert_bundle(f, 0, "{\"small\":1}");
	for (bool more = true; more;)
		tidy(f, &more);
	OK(store_rules_stage_number(f->st, &next, ERR));
	assert_true(next > small); /* of which no part stands anywhere */
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(parts_become_the_bundle_they_are_of),
	    T(a_part_that_is_missing_lets_nothing_go_live),
	    T(what_becomes_of_ids_counts_when_the_version_is_put),
	    T(what_was_given_up_never_counts_and_goes_bit_by_bit),
	    T(a_change_of_one_part_does_not_take_up_ids_that_were_given_up),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
