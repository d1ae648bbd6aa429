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
parts_that_were_given_up_go_when_later_ones_are_put(void **state)
{
	struct fixture *f = *state;
	int64_t kept = 0, given_up = 0, later = 0, running = 0, version;

	stage(f, &kept, 0, "{\"kept\":1}");
	assert_int_equal(put(f, kept, "{\"kept\":1}", &version), 0);
	stage(f, &given_up, 0, "{\"giv");
	stage(f, &given_up, 1, "en up");
	stage(f, &later, 0, "{\"later\":1}");
	stage(f, &running, 0, "{\"runn");
	assert_int_equal(parts(f), 5);
	assert_int_equal(put(f, later, "{\"later\":1}", &version), 0);
	assert_int_equal(parts(f), 3); /* of what began afterwards nothing is known yet */
	assert_bundle(f, 1, "{\"kept\":1}");
	assert_bundle(f, 0, "{\"later\":1}");
	assert_int_equal(put(f, given_up, "{\"given up", &version), -1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(parts_become_the_bundle_they_are_of),
	    T(a_part_that_is_missing_lets_nothing_go_live),
	    T(parts_that_were_given_up_go_when_later_ones_are_put),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
