#include "core/post.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/arena.h"
#include "tests/support/faults.h"

static void
a_fresh_post_knows_nothing(void **state)
{
	struct post p;

	(void)state;
	memset(&p, 0x55, sizeof(p));
	post_init(&p);
	assert_false(slice_is_set(p.id) || slice_is_set(p.text) || slice_is_set(p.author.id));
	assert_true(
	    p.likes == COUNT_UNKNOWN && p.replies == COUNT_UNKNOWN && p.reposts == COUNT_UNKNOWN);
	assert_true(p.author.followers == COUNT_UNKNOWN && p.author.following == COUNT_UNKNOWN &&
	    p.author.posts == COUNT_UNKNOWN && p.author.listed == COUNT_UNKNOWN);
	assert_true(p.author.is_verified == TRI_UNKNOWN && p.author.is_bot == TRI_UNKNOWN);
	assert_true(p.created_at_ms == TIME_UNKNOWN && p.author.created_at_ms == TIME_UNKNOWN);
	assert_true(p.tags.count == 0 && !p.is_deleted && !p.is_text_cut);
}

static void
event_time_is_the_earlier_of_claim_and_sight(void **state)
{
	static const struct {
		int64_t created, fetched, want;
	} cases[] = {
	    {100, 200, 100},
	    {300, 200, 200},
	    {200, 200, 200},
	    {TIME_UNKNOWN, 200, 200},
	    {100, TIME_UNKNOWN, 100},
	    {TIME_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN},
	};
	struct post p;

	(void)state;
	post_init(&p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p.created_at_ms = cases[i].created;
		p.fetched_at_ms = cases[i].fetched;
		assert_true(post_event_at_ms(&p) == cases[i].want);
	}
}

static void
a_made_id_depends_on_author_time_and_text_only(void **state)
{
	static const struct {
		const char *author, *text;
		int64_t created;
		bool is_same;
	} cases[] = {
	    {"ab", "c", 5, true},
	    {"a", "bc", 5, false},
	    {"ab", "d", 5, false},
	    {"ab", "c", 6, false},
	    {NULL, "c", 5, false},
	};
	struct arena *a = arena_new(64 * 1024);
	struct post p;

	(void)state;
	post_init(&p);
	p.author.id = SLICE_LIT("ab");
	p.text = SLICE_LIT("c");
	p.created_at_ms = 5;
	assert_int_equal(post_finish(&p, a), 0);
	/* Stored posts hang on these ids: they never change. */
	assert_true(slice_eq_str(p.id, "urn:earshot:1a628244accc94639d8dcdb52a22db4c"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct post other;
		post_init(&other);
		other.author.id = slice_of(cases[i].author);
		other.text = slice_of(cases[i].text);
		other.created_at_ms = cases[i].created;
		other.fetched_at_ms = (int64_t)i;
		other.likes = 3;
		assert_int_equal(post_finish(&other, a), 0);
		assert_int_equal(slice_eq(other.id, p.id), cases[i].is_same);
	}
	struct slice given = SLICE_LIT("https://a/1");
	p.id = given;
	assert_int_equal(post_finish(&p, a), 0);
	assert_ptr_equal(p.id.ptr, given.ptr);
	arena_free(a);
}

static struct post
full_post(void)
{
	static const struct slice tags[] = {SLICE_INIT("one"), SLICE_INIT("two")};
	static const struct slice mentions[] = {SLICE_INIT("@acme")};
	struct post p;

	post_init(&p);
	p.id = SLICE_LIT("id");
	p.source = SLICE_LIT("replay");
	p.text = SLICE_LIT("text");
	p.reply_to = SLICE_LIT("other");
	p.reply_handle = SLICE_LIT("{\"a\":1}");
	p.author.id = SLICE_LIT("author");
	p.author.bio = SLICE_LIT("bio");
	p.tags = (struct slice_list){tags, 2};
	p.mentions = (struct slice_list){mentions, 1};
	p.likes = 7;
	return p;
}

static int
copy(void *cookie)
{
	struct arena *a = arena_new(64 * 1024);
	struct post from = full_post(), to;

	(void)cookie;
	memset(&to, 0x55, sizeof(to));
	int rc = a == NULL ? -1 : post_copy(&from, a, &to);
	if (rc == 0) {
		assert_true(slice_eq(to.id, from.id) && to.id.ptr != from.id.ptr);
		assert_true(slice_eq(to.author.bio, from.author.bio));
		assert_true(slice_eq(to.reply_handle, from.reply_handle));
		assert_int_equal(to.tags.count, 2);
		assert_true(to.tags.items != from.tags.items);
		assert_true(slice_eq_str(to.tags.items[1], "two"));
		assert_true(to.tags.items[1].ptr != from.tags.items[1].ptr);
		assert_true(slice_eq_str(to.mentions.items[0], "@acme"));
		assert_int_equal(to.likes, 7);
		assert_false(slice_is_set(to.url));
	} else {
		/* Untouched. */
		assert_int_equal(((unsigned char *)&to)[0], 0x55);
	}
	arena_free(a);
	return rc;
}

static void
a_copy_shares_nothing_and_is_all_or_nothing(void **state)
{
	(void)state;
	assert_true(faults_run(copy, NULL, true) >= 4);
	/* Also when the arena is too small, whatever it is that does not fit. */
	for (size_t ceiling = 1; ceiling < 400; ceiling += 7) {
		struct arena *a = arena_new(ceiling);
		struct post from = full_post(), to;
		if (post_copy(&from, a, &to) < 0)
			assert_true(arena_is_full(a));
		else
			assert_true(slice_eq_str(to.mentions.items[0], "@acme"));
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fresh_post_knows_nothing),
	    cmocka_unit_test(event_time_is_the_earlier_of_claim_and_sight),
	    cmocka_unit_test(a_made_id_depends_on_author_time_and_text_only),
	    cmocka_unit_test(a_copy_shares_nothing_and_is_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
