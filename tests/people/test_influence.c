#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/rng.h"
#include "people/influence.h"

#define NOW_MS INT64_C(1750000000000)
#define RUNS 20000
#define USUAL_TOLERANCE_MILLI 100

static const struct influence_weights *const ours = &influence_weights_default;

static struct influence
make(const struct influence_facts *f)
{
	struct influence in;

	influence_make(ours, f, &in);
	return in;
}

static struct author
author(int64_t followers, int64_t following, int64_t posts, int64_t days)
{
	struct author au = {.id = SLICE_LIT("a"),
	    .handle = SLICE_LIT("@a@x.example"),
	    .name = SLICE_LIT("A"),
	    .followers = followers,
	    .following = following,
	    .posts = posts,
	    .listed = COUNT_UNKNOWN,
	    .is_verified = TRI_UNKNOWN,
	    .is_bot = TRI_NO,
	    .created_at_ms = days < 0 ? TIME_UNKNOWN : NOW_MS - days * TIME_DAY_MS};

	return au;
}

/* Each digit count as likely as another; a quarter unknown. */
static int64_t
random_count(struct rng *r)
{
	int64_t limit = 1;

	if (rng_below(r, 4) == 0)
		return COUNT_UNKNOWN;
	for (uint64_t i = rng_below(r, 17); i > 0; i--)
		limit *= 10;
	return (int64_t)rng_below(r, (uint64_t)limit + 1);
}

static int64_t *const *
members(struct influence_facts *f, int64_t *list[6])
{
	list[0] = &f->followers_milli;
	list[1] = &f->listed_milli;
	list[2] = &f->mentions_milli;
	list[3] = &f->reposts_milli;
	list[4] = &f->age_days;
	list[5] = &f->mentions_sent_milli;
	return list;
}

static struct influence_facts
random_facts(struct rng *r)
{
	struct influence_facts f;
	int64_t *list[6];

	influence_facts_init(&f);
	members(&f, list);
	for (int i = 0; i < 6; i++)
		*list[i] = random_count(r);
	f.following_milli = random_count(r);
	f.bot_milli = (int32_t)rng_below(r, 1001);
	return f;
}

static struct influence_weights
random_weights(struct rng *r)
{
	struct influence_weights w = {.bot_discount_milli = (int64_t)rng_below(r, 1001)};

	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		w.parts_milli[i] = (int64_t)rng_below(r, (uint64_t)INFLUENCE_WEIGHT_MAX + 1);
	w.parts_milli[rng_below(r, INFLUENCE_PART_COUNT)] = INFLUENCE_WEIGHT_MAX;
	return w;
}

/* ---- laws ----------------------------------------------------------------- */

static void
points_are_the_parts_less_the_discount_and_never_outside_0_to_100(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (int run = 0; run < RUNS; run++) {
		struct influence_facts f = random_facts(&r);
		struct influence_weights w = random_weights(&r);
		struct influence in;
		int64_t sum = 0;

		influence_make(&w, &f, &in);
		for (int i = 0; i < INFLUENCE_PART_COUNT; i++) {
			assert_true(in.parts_milli[i] >= 0);
			sum += in.parts_milli[i];
		}
		assert_int_equal(sum - in.discount_milli, in.total_milli);
		assert_true(in.total_milli >= 0 && sum <= 100000);
		if (in.is_known)
			assert_in_range(influence_points(&in), 0, 100);
		else
			assert_true(influence_points(&in) == -1 && f.followers_milli < 0);
	}
}

static void
more_of_anything_but_following_never_lowers_it(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2);
	for (int run = 0; run < RUNS; run++) {
		struct influence_facts f = random_facts(&r);
		struct influence_weights w = random_weights(&r);
		struct influence before, after;
		int64_t *list[6], *grows = members(&f, list)[rng_below(&r, 6)];

		if (*grows < 0)
			continue;
		influence_make(&w, &f, &before);
		*grows += rng_below(&r, 2) == 0 ? 1 : (int64_t)rng_below(&r, 100000000);
		influence_make(&w, &f, &after);
		if (before.is_known && after.total_milli < before.total_milli)
			fail_msg("run %d: %d, then %d", run, before.total_milli, after.total_milli);
	}
}

/* The discount may not turn the law round either. */
static void
more_followers_never_lower_an_author(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3);
	for (int run = 0; run < RUNS; run++) {
		struct author au = author(random_count(&r), random_count(&r), random_count(&r),
		    (int64_t)rng_below(&r, 4000) - 1);
		struct influence before, after;

		if (au.followers < 0)
			continue;
		influence_of_author(ours, &au, NULL, NOW_MS, &before);
		au.followers += 1 + (int64_t)rng_below(&r, (uint64_t)au.followers + 1);
		influence_of_author(ours, &au, NULL, NOW_MS, &after);
		assert_true(after.total_milli >= before.total_milli);
	}
}

/* Followers enough that "1 + x" and "x" are the same. */
static void
what_is_unknown_counts_as_the_usual(void **state)
{
	static const int64_t followers[] = {60000, 300000, 5000000};
	int64_t *list[6];

	(void)state;
	for (size_t i = 0; i < sizeof followers / sizeof *followers; i++) {
		int64_t n = followers[i] * 1000;
		/* as in members(): followers, listed, mentions, reposts, days, mentions sent */
		int64_t usual[6] = {n, n / 25, n / 600, n / 2000, 1095, 1000};
		struct influence_facts f, all;
		struct influence none, one;

		influence_facts_init(&f);
		f.followers_milli = n;
		none = make(&f);
		all = f;
		for (int k = 1; k < 6; k++) {
			struct influence_facts g = f;

			members(&g, list);
			*list[k] = usual[k];
			one = make(&g);
			assert_true(
			    abs(one.total_milli - none.total_milli) < USUAL_TOLERANCE_MILLI);
			members(&all, list);
			*list[k] = usual[k];
		}
		all.following_milli = 600000;
		one = make(&all);
		assert_int_equal(one.assumed, 1u << INFLUENCE_ENDORSED);
		all.endorsers_milli = 1000;
		assert_int_equal(make(&all).assumed, 0);
		assert_int_equal(none.assumed,
		    (1u << INFLUENCE_ENDORSED | 1u << INFLUENCE_STANDING | 1u << INFLUENCE_DRAW |
			1u << INFLUENCE_COMPANY | 1u << INFLUENCE_TALK | 1u << INFLUENCE_AGE));
		/* and none of them is 0 */
		f.listed_milli = 0;
		assert_true(make(&f).total_milli < none.total_milli - 1000);
	}
}

static void
endorsements_that_we_saw_raise_and_never_lower(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 17);
	for (int run = 0; run < RUNS; run++) {
		struct influence_facts f = random_facts(&r), more;
		int32_t before, after;

		f.mentions_seen_milli = (int64_t)rng_below(&r, 100000);
		f.reposts_seen_milli = (int64_t)rng_below(&r, 100000);
		f.endorsers_milli = (int64_t)rng_below(&r, 100000);
		more = f;
		more.mentions_seen_milli += (int64_t)rng_below(&r, 100000);
		more.reposts_seen_milli += (int64_t)rng_below(&r, 100000);
		more.endorsers_milli += (int64_t)rng_below(&r, 1000000);
		before = make(&f).total_milli;
		after = make(&more).total_milli;
		if (after < before)
			fail_msg("run %d: %d, then %d", run, before, after);
		/* Beside an account of which nothing was seen, too. */
		more.mentions_seen_milli = more.reposts_seen_milli = more.endorsers_milli = 0;
		assert_true(make(&more).total_milli <= after);
	}
}

static void
thirty_endorsers_are_worth_points_to_a_small_account(void **state)
{
	struct influence_facts f;
	int32_t before;

	(void)state;
	influence_facts_init(&f);
	f.followers_milli = 200000;
	before = make(&f).total_milli;
	f.endorsers_milli = 30000;
	/* 8 * (log10(31 * 300 / 201)) / log10(300001) */
	assert_in_range(make(&f).total_milli - before, 2400, 2450);
	/* Of an account without followers to see, three say something. */
	f.followers_milli = COUNT_UNKNOWN;
	assert_true(make(&f).is_known);
	f.endorsers_milli = 1000;
	assert_false(make(&f).is_known);
}

static void
of_an_account_of_which_nothing_is_known_influence_is_unknown(void **state)
{
	struct influence_facts f;
	struct author au = author(COUNT_UNKNOWN, 100, 10, 10);
	struct influence in;

	(void)state;
	influence_facts_init(&f);
	f.following_milli = 1000;
	f.age_days = 100;
	assert_false(make(&f).is_known);
	f.listed_milli = 4000000;
	in = make(&f);
	assert_true(in.is_known && (in.assumed & 1u << INFLUENCE_REACH) != 0);
	influence_of_author(ours, &au, NULL, NOW_MS, &in);
	assert_false(in.is_known);
	au.followers = 5;
	influence_of_author(ours, &au, NULL, NOW_MS, &in);
	assert_true(in.is_known);
	au.objects_to_profiling = true;
	influence_of_author(ours, &au, NULL, NOW_MS, &in);
	assert_false(in.is_known);
	au.objects_to_profiling = false;
	au.id = SLICE_NONE;
	influence_of_author(ours, &au, NULL, NOW_MS, &in);
	assert_false(in.is_known);
}

/* ---- figures -------------------------------------------------------------- */

/* The formula as the header has it, in floating point. */
static double
by_the_book(const struct influence_facts *f)
{
	double l = log10(1 + (double)f->followers_milli / 1000);
	double g = log10(1 + (double)f->following_milli / 1000);
	double s = fmin(fmin(l, log10(1 + (double)f->listed_milli / 1000) + 1),
	    fmin(log10(1 + (double)f->mentions_milli / 1000) + log10(300),
		log10(1 + (double)f->reposts_milli / 1000) + log10(3000)));

	return 21 * fmin(1, l / log10(300001)) + 48 * fmin(1, s / 7) +
	    8 * (fmax(-1, fmin(1, l - g)) + 1) / 2 + 15 * fmin(1, g) +
	    3 * fmin(1, log10(1 + (double)f->mentions_sent_milli / 1000) / log10(4)) +
	    5 * fmin(1, log10(1 + (double)f->age_days) / log10(3651));
}

static void
the_formula_is_the_documented_one(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 4);
	for (int run = 0; run < RUNS; run++) {
		struct influence_facts f = random_facts(&r);
		int64_t *list[6];
		bool is_whole = f.following_milli >= 0;
		double want;

		f.bot_milli = 0;
		members(&f, list);
		for (int i = 0; i < 6; i++) {
			is_whole = is_whole && *list[i] >= 0;
			if (*list[i] > INT64_C(1000000000000))
				*list[i] %= INT64_C(1000000000000);
		}
		if (!is_whole)
			continue;
		want = by_the_book(&f);
		if (fabs(want - make(&f).total_milli / 1000.0) > 0.01)
			fail_msg(
			    "run %d: %.4f, not %.4f", run, make(&f).total_milli / 1000.0, want);
	}
}

/* Written down, so that compilers and machines that differ are seen. */
static void
points_are_the_same_on_every_machine(void **state)
{
	static const struct {
		int64_t followers, following, posts, days;
		int32_t total_milli;
	} cases[] = {
	    {0, 0, 0, 0, 5500},
	    {12, 30, 100, 40, 30432},
	    {120, 150, 900, 800, 43728},
	    {1500, 700, 9000, 2000, 57685},
	    {20000, 900, 12000, 3000, 72634},
	    {1000000, 400, 30000, 4000, 88914},
	    {90000000, 40, 30000, 5000, 98500},
	    {60, 4000, 90000, 300, 26652},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct author au =
		    author(cases[i].followers, cases[i].following, cases[i].posts, cases[i].days);
		struct influence in;

		influence_of_author(ours, &au, NULL, NOW_MS, &in);
		if (in.total_milli != cases[i].total_milli)
			fail_msg("case %zu: %d, not %d", i, in.total_milli, cases[i].total_milli);
	}
}

static void
what_looks_like_a_machine_is_told_and_costs(void **state)
{
	static const struct {
		const char *what;
		int64_t followers, following, posts, days;
		enum tristate is_bot, is_verified;
		bool is_blank;
		int32_t want;
	} cases[] = {
	    {"a person", 300, 200, 5000, 1000, TRI_NO, TRI_UNKNOWN, false, 0},
	    {"nothing known", -1, -1, -1, -1, TRI_UNKNOWN, TRI_UNKNOWN, false, 0},
	    {"says so", 300, 200, 10, 1000, TRI_YES, TRI_YES, false, 1000},
	    {"verified", 3, 9000, 900000, 1000, TRI_NO, TRI_YES, true, 0},
	    {"275 a day", 300, 200, 275000, 1000, TRI_NO, TRI_UNKNOWN, false, 300},
	    {"far more a day", 300, 200, 9000000, 1000, TRI_NO, TRI_UNKNOWN, false, 600},
	    {"follows many", 200, 2000, 10, 1000, TRI_NO, TRI_NO, false, 300},
	    {"followed by as many", 201, 2000, 10, 1000, TRI_NO, TRI_NO, false, 0},
	    {"blank", 300, 200, 10, 1000, TRI_NO, TRI_NO, true, 200},
	    {"young and busy", 300, 200, 100, 0, TRI_NO, TRI_NO, false, 346},
	    {"all of it", 3, 9000, 9000, 2, TRI_NO, TRI_NO, true, 843},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct author au =
		    author(cases[i].followers, cases[i].following, cases[i].posts, cases[i].days);
		struct influence_facts f;

		au.is_bot = cases[i].is_bot;
		au.is_verified = cases[i].is_verified;
		if (cases[i].is_blank)
			au.name = au.bio = SLICE_LIT("");
		influence_facts_of(&au, NOW_MS, &f);
		if (f.bot_milli != cases[i].want)
			fail_msg("%s: %d, not %d", cases[i].what, f.bot_milli, cases[i].want);
		if (cases[i].followers >= 0) {
			struct influence in = make(&f);
			int64_t sum = in.total_milli + in.discount_milli;

			assert_int_equal(in.discount_milli, sum * cases[i].want / 2000);
		}
	}
}

/* ---- pairs ---------------------------------------------------------------- */

static struct influence
of_points(int32_t milli)
{
	return (struct influence){.is_known = true, .total_milli = milli};
}

static void
of_two_accounts_the_chances_add_up_to_one(void **state)
{
	struct influence unknown = {0}, a = of_points(70000);

	(void)state;
	assert_int_equal(influence_above_micro(&unknown, &a), 500000);
	assert_int_equal(influence_above_micro(&a, &unknown), 500000);
	assert_int_equal(influence_above_micro(&a, &a), 500000);
	for (int32_t i = 0; i <= 100000; i += 37) {
		struct influence x = of_points(i), zero = of_points(0);
		int32_t up = influence_above_micro(&x, &zero);
		double want = 1e6 / (1 + exp(-i / 9250.0));

		if (fabs(up - want) > 3)
			fail_msg("%d: %d, not %.1f", i, up, want);
		assert_int_equal(influence_above_micro(&zero, &x), 1000000 - up);
	}
}

static void
json_has_the_parts_by_name(void **state)
{
	struct influence_facts f;
	struct influence in;
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	json_writer_init(&w, &out);
	influence_facts_init(&f);
	in = make(&f);
	influence_to_json(&in, &w);
	assert_string_equal(buf_str(&out), "null");
	buf_clear(&out);
	json_writer_init(&w, &out);
	f.followers_milli = f.listed_milli = f.mentions_milli = f.reposts_milli = 0;
	f.following_milli = 9000;
	f.age_days = 0;
	f.bot_milli = 500;
	in = make(&f);
	influence_to_json(&in, &w);
	assert_string_equal(buf_str(&out),
	    "{\"points\":12,\"parts\":{\"reach\":0,\"standing\":0,\"draw\":0,\"company\":15,"
	    "\"talk\":1.5,\"age\":0,\"endorsed\":0},\"bot_likelihood\":0.5,\"bot_discount\":"
	    "4.125,\"assumed\":[\"talk\",\"endorsed\"]}");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(points_are_the_parts_less_the_discount_and_never_outside_0_to_100),
	    cmocka_unit_test(more_of_anything_but_following_never_lowers_it),
	    cmocka_unit_test(more_followers_never_lower_an_author),
	    cmocka_unit_test(what_is_unknown_counts_as_the_usual),
	    cmocka_unit_test(endorsements_that_we_saw_raise_and_never_lower),
	    cmocka_unit_test(thirty_endorsers_are_worth_points_to_a_small_account),
	    cmocka_unit_test(of_an_account_of_which_nothing_is_known_influence_is_unknown),
	    cmocka_unit_test(the_formula_is_the_documented_one),
	    cmocka_unit_test(points_are_the_same_on_every_machine),
	    cmocka_unit_test(what_looks_like_a_machine_is_told_and_costs),
	    cmocka_unit_test(of_two_accounts_the_chances_add_up_to_one),
	    cmocka_unit_test(json_has_the_parts_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
