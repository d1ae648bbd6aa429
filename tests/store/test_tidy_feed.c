/* Texts of one source go by its terms; the others' stay, and no post is looked at twice. */
#include "tests/store/store_fixture.h"

#include <string.h>

#define DAY TIME_DAY_MS

static int64_t
put(struct fixture *f, int number, const char *feed, int64_t fetched_at_ms)
{
	struct stored_post *sp = ARENA_NEW(f->a, struct stored_post);

	assert_non_null(sp);
	post_init(&sp->post);
	sp->post.id = slice_of(arena_printf(f->a, "post/%d", number));
	sp->post.source = SLICE_LIT("mastodon");
	sp->post.text = SLICE_LIT("some words");
	sp->post.fetched_at_ms = sp->post.created_at_ms = fetched_at_ms;
	sp->feed = slice_of(feed);
	sp->author.first_seen_at_ms = TIME_UNKNOWN;
	snprintf(sp->score.lang, sizeof sp->score.lang, "en");
	assert_int_equal(store_post_insert(f->st, sp, ERR), 1);
	return sp->post_no;
}

static bool
has_text(struct fixture *f, int64_t post_no)
{
	struct stored_post *sp;

	assert_int_equal(store_post_load_no(f->st, post_no, f->a, &sp, ERR), 1);
	return slice_is_set(sp->post.text);
}

static void
tidy(struct fixture *f, const char *feed, int64_t keep_ms, size_t rows)
{
	bool more = true;

	for (int i = 0; more; i++) {
		assert_true(i < 1000);
		OK(store_begin(f->st, ERR));
		OK(store_tidy_feed(f->st, slice_of(feed), FIXTURE_NOW_MS - keep_ms, FIXTURE_NOW_MS,
		    rows, &more, ERR));
		OK(store_commit(f->st, ERR));
	}
}

static void
only_that_feeds_old_texts_go(void **state)
{
	struct fixture *f = *state;
	int64_t old_town, old_blog, new_town, ahead, behind;

	OK(store_begin(f->st, ERR));
	old_town = put(f, 1, "town", FIXTURE_NOW_MS - 40 * DAY);
	old_blog = put(f, 2, "blog", FIXTURE_NOW_MS - 40 * DAY);
	ahead = put(f, 3, "town", FIXTURE_NOW_MS + 400 * DAY); /* a clock that was wrong */
	behind = put(f, 4, "town", FIXTURE_NOW_MS - 35 * DAY);
	new_town = put(f, 5, "town", FIXTURE_NOW_MS - 10 * DAY);
	OK(store_commit(f->st, ERR));
	for (size_t rows = 1; rows <= 7; rows += 3)
		tidy(f, "town", 30 * DAY, rows);
	assert_false(has_text(f, old_town));
	assert_true(has_text(f, old_blog));
	assert_false(has_text(f, ahead));
	assert_false(has_text(f, behind));
	assert_true(has_text(f, new_town));
	tidy(f, "town", 5 * DAY, 10);
	assert_false(has_text(f, new_town));
	assert_true(has_text(f, old_blog));
}

static void
a_failed_commit_takes_the_walk_back(void **state)
{
	struct fixture *f = *state;
	int64_t post_no;
	bool more;

	OK(store_begin(f->st, ERR));
	post_no = put(f, 1, "town", FIXTURE_NOW_MS - 40 * DAY);
	OK(store_commit(f->st, ERR));
	OK(store_begin(f->st, ERR));
	OK(store_tidy_feed(
	    f->st, SLICE_LIT("town"), FIXTURE_NOW_MS, FIXTURE_NOW_MS, 10, &more, ERR));
	store_rollback(f->st);
	assert_true(has_text(f, post_no));
	tidy(f, "town", 30 * DAY, 10);
	assert_false(has_text(f, post_no));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		only_that_feeds_old_texts_go, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_failed_commit_takes_the_walk_back, fixture_setup, fixture_teardown),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
