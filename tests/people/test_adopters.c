#include "people/adopters.h"

#include <math.h>

#include "tests/people/diffusion.h"
#include "tests/people/regard_world.h"

/* ---- arithmetic -------------------------------------------------------------- */

static void
the_score_is_wilsons_lower_bound(void **state)
{
	(void)state;
	for (int64_t n = 1; n < 400; n += n < 20 ? 1 : 13)
		for (int64_t c = 0; c <= n * 1000; c += 500) {
			double z = 1.2816, k = (double)c / 1000, size = (double)n, p = k / size;
			double want =
			    (p + z * z / (2 * size) -
				z * sqrt(p * (1 - p) / size + z * z / (4 * size * size))) /
			    (1 + z * z / size);

			if (fabs(want * 1000 - adopters_score_milli(c, n)) > 2.5)
				fail_msg("%d of %d: %d, not %.4f", (int)c, (int)n,
				    adopters_score_milli(c, n), want);
		}
	assert_int_equal(adopters_score_milli(0, 0), 0);
	assert_in_range(adopters_score_milli(INT64_C(900000000), 1000000), 890, 900);
	/* Once is luck, however early. */
	assert_false(adopters_is_early(&adoption_config_default, 2000, 2, 2));
	assert_true(adopters_is_early(&adoption_config_default, 3000, 3, 3));
	assert_false(adopters_is_early(&adoption_config_default, 3000, 3, 60));
}

static void
more_credit_never_lowers_the_score_and_more_items_never_raise_it(void **state)
{
	(void)state;
	for (int64_t n = 1; n < 60; n++)
		for (int64_t c = 0; c < n * 1000; c += 500) {
			assert_true(adopters_score_milli(c, n) <= adopters_score_milli(c + 500, n));
			assert_true(adopters_score_milli(c, n + 1) <= adopters_score_milli(c, n));
		}
}

static void
a_page_has_one_name_however_it_was_come_by(void **state)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
	    {"https://Acme.example/New?utm_source=x&id=7&fbclid=q#top",
		"https://acme.example/New?id=7"},
	    {"HTTP://www.acme.example/New/", "https://acme.example/New"},
	    {"acme.example/a?b=1&c=2", "https://acme.example/a?b=1&c=2"},
	    {"https://acme.example/?utm_medium=m", "https://acme.example"},
	    {"https://acme.example/?&&", "https://acme.example"},
	    {"https://", NULL},
	    {"https://www./", NULL},
	    {"#x", NULL},
	    {"", NULL},
	};
	struct arena *a = arena_new(65536);
	char *longest = arena_alloc(a, 2000);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice name = adopters_link_name(slice_of(cases[i].url), a);

		if (cases[i].want == NULL ? slice_is_set(name) : !slice_eq_str(name, cases[i].want))
			fail_msg("'%s': '%.*s'", cases[i].url, SLICE_ARG(name));
		/* A name is its own name. */
		if (slice_is_set(name))
			assert_true(slice_eq(adopters_link_name(name, a), name));
	}
	memset(longest, 'x', 2000);
	assert_false(slice_is_set(adopters_link_name(slice_make(longest, 2000), a)));
	arena_free(a);
}

/* ---- items ------------------------------------------------------------------------ */

#define OLD_ENOUGH (8 * TIME_DAY_MS)

static void
listen_since_long(struct people_world *w)
{
	SAY(w, .who = 999, .tags = {"evergreen"});
	w->now_ms += OLD_ENOUGH;
}

/* Authors from..to-1 mention a tag. */
static void
come(struct people_world *w, const char *tag, int from, int to)
{
	for (int i = from; i < to; i++)
		SAY(w, .who = i, .tags = {tag});
}

static void
the_first_are_credited_once_it_came_into_fashion_and_again_as_it_grows(void **state)
{
	struct people_world w = world_open();

	(void)state;
	listen_since_long(&w);
	come(&w, "launch", 1, 50);
	assert_int_equal(standing_row_of(&w, 1).items, 0);
	come(&w, "launch", 1, 51); /* who came before does not count again */
	assert_int_equal(standing_row_of(&w, 1).credit_milli, 1000); /* 2.5 % of 50 */
	assert_int_equal(standing_row_of(&w, 2).credit_milli, 500);
	assert_int_equal(standing_row_of(&w, 8).credit_milli, 500); /* 16 % */
	assert_int_equal(standing_row_of(&w, 9).credited, 0);
	assert_int_equal(standing_row_of(&w, 50).items, 1);
	come(&w, "launch", 51, 101);
	assert_int_equal(standing_row_of(&w, 2).credit_milli, 1000);
	assert_int_equal(standing_row_of(&w, 2).credited, 1);
	assert_int_equal(standing_row_of(&w, 16).credit_milli, 500);
	assert_int_equal(standing_row_of(&w, 17).credited, 0);
	assert_int_equal(standing_row_of(&w, 100).items, 1);
	world_close(&w);
}

static void
what_was_there_before_us_or_came_too_slowly_counts_for_nobody(void **state)
{
	struct people_world w = world_open();

	(void)state;
	listen_since_long(&w);
	come(&w, "evergreen", 1, 80);
	/* Through a feed that is new to us it may be old as well. */
	for (int i = 1; i < 80; i++)
		SAY(&w, .who = i, .tags = {"elsewhere"}, .feed = "new feed");
	come(&w, "slow", 1, 30);
	w.now_ms += 31 * TIME_DAY_MS;
	come(&w, "slow", 30, 90);
	assert_int_equal(world_count(&w, "author_standing"), 0);
	assert_int_equal(world_count(&w, "item_authors"), 0);
	world_close(&w);
}

static void
reposts_machines_and_own_accounts_have_no_place(void **state)
{
	struct people_world w = world_open();

	(void)state;
	listen_since_long(&w);
	SAY(&w, .id = "one", .who = 1, .tags = {"launch"});
	SAY(&w, .who = 2, .tags = {"launch"}, .repost_of = "one");
	SAY(&w, .who = 3, .tags = {"launch"}, .is_bot = true);
	SAY(&w, .who = 4, .tags = {"launch"}, .is_own = true);
	SAY(&w, .who = 5, .tags = {"launch"}, .objects = true);
	assert_int_equal(world_count(&w, "item_authors"), 1);
	world_close(&w);
}

static void
who_is_early_again_and_again_is_told_with_what(void **state)
{
	static const char *const tags[] = {"one", "two", "three"};
	struct people_world w = world_open();
	struct author_facts facts;

	(void)state;
	listen_since_long(&w);
	for (int t = 0; t < 3; t++) {
		facts = SAY(&w, .who = 1, .tags = {tags[t]});
		assert_true(facts.adoption == NULL || !facts.adoption->is_early_adopter);
		come(&w, tags[t], 100 + t * 100, 150 + t * 100);
	}
	facts = SAY(&w, .who = 1);
	assert_non_null(facts.adoption);
	assert_true(facts.adoption->is_early_adopter);
	assert_int_equal(facts.adoption->items, 3);
	assert_true(slice_eq_str(facts.adoption->best, "the first 2 % on #one and two others"));
	/* Who came along once, late. */
	facts = SAY(&w, .who = 140);
	assert_false(facts.adoption->is_early_adopter);
	world_close(&w);
}

static void
beyond_what_credit_reaches_places_are_given_up(void **state)
{
	struct people_world w = world_open();
	struct err err = {0};
	struct slice tag = SLICE_LIT("#giant");

	(void)state;
	listen_since_long(&w);
	assert_int_equal(store_begin(w.st, &err), 0);
	for (int64_t i = 1; i <= ADOPTERS_REACH + 50; i++)
		assert_int_equal(
		    adopters_mention(w.st, &adoption_config_default, (struct slice_list){&tag, 1},
			SLICE_LIT("feed"), i, w.now_ms, w.a, &err),
		    0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_int_equal(
	    world_count(&w, "item_authors"), ADOPTERS_REACH * ADOPTERS_HALF_MILLI / 1000);
	world_close(&w);
}

static void
names_are_forgotten_and_the_table_is_bounded(void **state)
{
	struct people_world w = world_open();
	struct err err = {0};
	int64_t left = 0;

	(void)state;
	listen_since_long(&w);
	come(&w, "launch", 1, 20);
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(
	    store_items_tidy(w.st, w.now_ms + 100 * TIME_DAY_MS, 1000, &left, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_int_equal(world_count(&w, "item_authors"), 0);
	assert_int_equal(world_count(&w, "items"), 4); /* '', the feed, two tags */
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(
	    store_items_tidy(w.st, w.now_ms + 500 * TIME_DAY_MS, 1000, &left, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_int_equal(world_count(&w, "items"), 2);
	/* And it goes on. */
	w.now_ms += 500 * TIME_DAY_MS;
	come(&w, "launch", 1, 20);
	assert_int_equal(world_count(&w, "items"), 3);
	world_close(&w);
}

/* ---- the law ----------------------------------------------------------------------- */

static void
early_again_and_again_finds_innovators_where_early_once_does_not(void **state)
{
	struct diffusion usual = diffusion_usual();

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct diffusion_result r = diffusion_run(&usual, seed);
		double precision = (double)r.right / (double)(r.named == 0 ? 1 : r.named);
		double once = (double)r.once_right / (double)r.once_named;

		if (precision < 0.7 || precision < 8 * once || r.right * 4 < r.innovators)
			fail_msg("seed %d: %zu right of %zu, of %zu; early once %zu of %zu",
			    (int)seed, r.right, r.named, r.innovators, r.once_right, r.once_named);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_score_is_wilsons_lower_bound),
	    cmocka_unit_test(more_credit_never_lowers_the_score_and_more_items_never_raise_it),
	    cmocka_unit_test(a_page_has_one_name_however_it_was_come_by),
	    cmocka_unit_test(
		the_first_are_credited_once_it_came_into_fashion_and_again_as_it_grows),
	    cmocka_unit_test(what_was_there_before_us_or_came_too_slowly_counts_for_nobody),
	    cmocka_unit_test(reposts_machines_and_own_accounts_have_no_place),
	    cmocka_unit_test(who_is_early_again_and_again_is_told_with_what),
	    cmocka_unit_test(beyond_what_credit_reaches_places_are_given_up),
	    cmocka_unit_test(names_are_forgotten_and_the_table_is_bounded),
	    cmocka_unit_test(early_again_and_again_finds_innovators_where_early_once_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
