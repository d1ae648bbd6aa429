/*
 * Authors: created when first seen, counted in the overlay, profiles that only grow in knowledge.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

static struct author
someone(const char *id)
{
	return (struct author){.id = slice_of(id),
	    .handle = SLICE_LIT("@Some.One@Example.org"),
	    .name = SLICE_LIT("Someone"),
	    .followers = 10,
	    .following = COUNT_UNKNOWN,
	    .posts = COUNT_UNKNOWN,
	    .listed = COUNT_UNKNOWN,
	    .is_verified = TRI_UNKNOWN,
	    .is_bot = TRI_NO,
	    .created_at_ms = TIME_UNKNOWN};
}

static void
the_first_post_creates_and_later_ones_count(void **state)
{
	struct fixture *f = *state;
	struct author au = someone("a1");
	struct author_facts facts;
	struct author_row row;

	OK(store_begin(f->st, ERR));
	OK(store_author_see(f->st, &au, 1000, true, &facts, ERR));
	assert_true(facts.author_no > 0);
	assert_int_equal(facts.posts_seen, 1);
	assert_int_equal(facts.first_seen_at_ms, 1000);
	OK(store_author_see(f->st, &au, 3000, true, &facts, ERR));
	OK(store_author_see(f->st, &au, 2000, false, &facts, ERR)); /* an edit does not count */
	assert_int_equal(facts.posts_seen, 2);
	assert_int_equal(facts.first_seen_at_ms, 1000);
	assert_int_equal(store_author_load(f->st, au.id, false, f->a, &row, ERR), 1);
	assert_int_equal(row.posts_seen, 2);
	assert_int_equal(row.last_seen_at_ms, 3000);
	OK(store_commit(f->st, ERR));
	assert_int_equal(ask_number(f->path, "SELECT posts_seen FROM authors"), 2);
	assert_int_equal(ask_number(f->path, "SELECT last_seen_at_ms FROM authors"), 3000);
}

static void
an_anonymous_author_is_not_stored(void **state)
{
	struct fixture *f = *state;
	struct author au = someone(NULL);
	struct author_facts facts = {.author_no = 77};
	int64_t count;

	OK(store_begin(f->st, ERR));
	OK(store_author_see(f->st, &au, 1000, true, &facts, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(facts.author_no, 0);
	assert_int_equal(facts.posts_seen, 0);
	assert_true(facts.first_seen_at_ms == TIME_UNKNOWN);
	OK(store_count(f->st, "authors", &count, ERR));
	assert_int_equal(count, 0);
}

static void
unknown_values_keep_what_is_there(void **state)
{
	struct fixture *f = *state;
	struct author full = someone("a1"),
		      bare = {.id = SLICE_LIT("a1"),
			  .followers = 0,
			  .following = 3,
			  .posts = COUNT_UNKNOWN,
			  .listed = COUNT_UNKNOWN,
			  .is_verified = TRI_YES,
			  .is_bot = TRI_UNKNOWN,
			  .created_at_ms = TIME_UNKNOWN};
	struct author_facts facts;
	struct author_row row;

	OK(store_begin(f->st, ERR));
	OK(store_author_see(f->st, &full, 1000, true, &facts, ERR));
	OK(store_author_see(f->st, &bare, 2000, true, &facts, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_author_load(f->st, SLICE_LIT("a1"), false, f->a, &row, ERR), 1);
	assert_string_equal(row.author.name.ptr, "Someone");
	assert_int_equal(row.author.followers, 0);
	assert_int_equal(row.author.following, 3);
	assert_int_equal(row.author.listed, COUNT_UNKNOWN);
	assert_int_equal(row.author.is_verified, TRI_YES);
	assert_int_equal(row.author.is_bot, TRI_NO);
	assert_false(slice_is_set(row.author.bio));
	assert_int_equal(row.posts_seen, 2);
}

static void
an_objection_stands_until_a_profile_without_it_is_seen(void **state)
{
	struct fixture *f = *state;
	struct author au = someone("a1");
	struct author_facts facts;
	struct author_row row;

	OK(store_begin(f->st, ERR));
	au.objects_to_profiling = true;
	au.bio = SLICE_LIT("gardener #nobot");
	OK(store_author_see(f->st, &au, 1000, true, &facts, ERR));
	au.objects_to_profiling = false;
	au.bio = SLICE_NONE;
	OK(store_author_see(f->st, &au, 2000, true, &facts, ERR));
	assert_int_equal(store_author_load(f->st, au.id, false, f->a, &row, ERR), 1);
	assert_true(row.author.objects_to_profiling);
	au.bio = SLICE_LIT("gardener");
	OK(store_author_see(f->st, &au, 3000, true, &facts, ERR));
	assert_int_equal(store_author_load(f->st, au.id, false, f->a, &row, ERR), 1);
	assert_false(row.author.objects_to_profiling);
	OK(store_commit(f->st, ERR));
}

static void
a_handle_finds_its_author_in_any_case_and_the_latest_of_several(void **state)
{
	struct fixture *f = *state;
	struct author one = someone("a1"), two = someone("a2");
	struct author_facts facts;
	struct author_row row;

	OK(store_begin(f->st, ERR));
	OK(store_author_see(f->st, &one, 1000, true, &facts, ERR));
	OK(store_author_see(f->st, &two, 5000, true, &facts, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(
	    store_author_load(f->st, SLICE_LIT("@SOME.one@example.ORG"), true, f->a, &row, ERR), 1);
	assert_string_equal(row.author.id.ptr, "a2");
	assert_string_equal(row.author.handle.ptr, "@Some.One@Example.org");
	assert_int_equal(store_author_load(f->st, SLICE_LIT("@nobody"), true, f->a, &row, ERR), 0);
}

static void
a_rollback_takes_the_counters_back(void **state)
{
	struct fixture *f = *state;
	struct author au = someone("a1");
	struct author_facts facts;

	OK(store_begin(f->st, ERR));
	OK(store_author_see(f->st, &au, 1000, true, &facts, ERR));
	OK(store_commit(f->st, ERR));
	for (int i = 0; i < 3; i++) {
		OK(store_begin(f->st, ERR));
		OK(store_author_see(f->st, &au, 2000, true, &facts, ERR));
		assert_int_equal(facts.posts_seen, 2);
		au.followers++; /* once as a counter alone, then with a profile */
		store_rollback(f->st);
	}
	/* A new one that was rolled back is new again. */
	au.id = SLICE_LIT("a2");
	for (int i = 0; i < 2; i++) {
		OK(store_begin(f->st, ERR));
		OK(store_author_see(f->st, &au, 2000, true, &facts, ERR));
		assert_int_equal(facts.posts_seen, 1);
		store_rollback(f->st);
	}
}

/* Many authors through a cache too small for them, against plain arrays. */
static void
counts_are_exact_over_random_batches(void **state)
{
	struct fixture *f = *state;
	struct store_options o = {
	    .path = f->path, .mode = STORE_WRITER, .now_ms = FIXTURE_NOW_MS, .cache_entries = 3};
	int64_t kept[20] = {0}, now[20];
	struct rng r;

	fixture_close(f);
	OK(store_open(&o, &f->st, ERR));
	rng_init(&r, 5);
	for (int batch = 0; batch < 150; batch++) {
		memcpy(now, kept, sizeof now);
		OK(store_begin(f->st, ERR));
		for (int i = 0; i < 12; i++) {
			size_t n = rng_below(&r, 20);
			char id[16];
			struct author au;
			struct author_facts facts;

			snprintf(id, sizeof id, "a%zu", n);
			au = someone(id);
			au.followers = (int64_t)rng_below(&r, 2);
			OK(store_author_see(f->st, &au, 1000 + batch, true, &facts, ERR));
			assert_int_equal(facts.posts_seen, ++now[n]);
		}
		if (rng_below(&r, 3) == 0) {
			store_rollback(f->st);
		} else {
			OK(store_commit(f->st, ERR));
			memcpy(kept, now, sizeof now);
		}
	}
	for (size_t n = 0; n < 20; n++) {
		char sql[80];

		snprintf(sql, sizeof sql,
		    "SELECT coalesce(sum(posts_seen), 0) FROM authors WHERE id = 'a%zu'", n);
		assert_int_equal(ask_number(f->path, sql), kept[n]);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_first_post_creates_and_later_ones_count),
	    T(an_anonymous_author_is_not_stored),
	    T(unknown_values_keep_what_is_there),
	    T(an_objection_stands_until_a_profile_without_it_is_seen),
	    T(a_handle_finds_its_author_in_any_case_and_the_latest_of_several),
	    T(a_rollback_takes_the_counters_back),
	    T(counts_are_exact_over_random_batches),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
