#include "people/standing.h"

#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "people/fixed.h"
#include "people/sketch.h"
#include "people/topics.h"
#include "tests/people/people_world.h"

_Static_assert(STANDING_BYTES <= 300, "what an author costs");

/* ---- integers ---------------------------------------------------------------- */

static void
halvings_logarithms_and_roots_are_what_they_should_be(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3);
	for (int run = 0; run < 20000; run++) {
		uint64_t x = rng_below(&r, UINT64_C(20) << 24),
			 v = rng_next(&r) >> rng_below(&r, 63);
		double half = pow(2, -(double)x / 16777216);
		uint64_t root = fixed_root(v);

		if (fabs((double)fixed_half_q32(x) / 4294967296.0 - half) > 1e-9)
			fail_msg("2^-%g", (double)x / 16777216);
		if (fixed_half_q32(x + 1) > fixed_half_q32(x))
			fail_msg("2^-%g grows", (double)x / 16777216);
		assert_true(
		    root * root <= v && (root == UINT32_MAX || (root + 1) * (root + 1) > v));
		assert_true(
		    fabs((double)fixed_log2_q16(v | 1) / 65536 - log2((double)(v | 1))) < 1e-4);
	}
	/* Where one entry of the table ends and the next begins. */
	for (uint64_t x = UINT64_C(1) << 19; x <= UINT64_C(2) << 24; x += UINT64_C(1) << 19)
		assert_true(fixed_half_q32(x) <= fixed_half_q32(x - 1));
	assert_int_equal(fixed_fade_q32(0, 10), UINT64_C(1) << 32);
	assert_int_equal(fixed_fade_q32(10, 10), UINT64_C(1) << 31);
	assert_int_equal(fixed_fade_q32(UINT64_MAX, 10), 0);
	assert_int_equal(fixed_times_q32(UINT64_MAX / 2, UINT64_C(1) << 32), UINT64_MAX / 2);
}

/* ---- different ones ------------------------------------------------------------ */

static double
error_of(unsigned registers, int64_t count, int runs)
{
	double sum = 0;
	uint64_t next = 1;

	for (int run = 0; run < runs; run++) {
		uint8_t bytes[SKETCH_BYTES(128)] = {0};
		uint32_t period = 0;
		struct sketch s = {bytes, registers, &period};
		double seen;

		for (int64_t i = 0; i < count; i++) {
			sketch_add(s, fixed_scatter(next), 0);
			sketch_add(s, fixed_scatter(next++), 0); /* twice is once */
		}
		seen = (double)sketch_count_milli(s, 0) / 1000 / (double)count - 1;
		sum += seen * seen;
	}
	return sqrt(sum / runs);
}

static void
different_ones_are_counted_within_the_error_named(void **state)
{
	static const int64_t counts[] = {1, 3, 10, 50, 200, 1000, 20000};

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		int runs = counts[i] > 5000 ? 30 : 200;
		double large = error_of(128, counts[i], runs),
		       small = error_of(64, counts[i], runs);

		/* 1.04 / sqrt(m), and some room for chance and for where the two ways of counting meet */
		if (large > 0.092 * 1.35 || small > 0.13 * 1.35)
			fail_msg("%d: %.3f and %.3f", (int)counts[i], large, small);
	}
}

static void
different_ones_fade_evenly_and_are_gone_after_two_periods(void **state)
{
	uint8_t bytes[SKETCH_BYTES(128)] = {0};
	uint32_t period = 0;
	struct sketch s = {bytes, 128, &period};
	int64_t begin = 700 * SKETCH_PERIOD_MIN, last = INT64_MAX;

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		sketch_add(s, fixed_scatter(i), begin);
	for (int64_t day = 0; day <= 60; day++) {
		int64_t now = sketch_count_milli(s, begin + day * 24 * 60);

		assert_true(now <= last);
		last = now;
		if (day == 29)
			assert_true(now > 80000);
		if (day == 45)
			assert_in_range(now, 40000, 60000);
	}
	assert_int_equal(last, 0);
	/* Asking changes nothing, and somebody new does not bring the old ones back. */
	sketch_add(s, fixed_scatter(7777), begin + 3 * SKETCH_PERIOD_MIN);
	assert_in_range(sketch_count_milli(s, begin + 3 * SKETCH_PERIOD_MIN), 900, 1100);
	/* Of long ago: not counted. */
	sketch_add(s, fixed_scatter(8888), begin);
	assert_in_range(sketch_count_milli(s, begin + 3 * SKETCH_PERIOD_MIN), 900, 1100);
}

/* ---- endorsements ----------------------------------------------------------------- */

static double
should_be(const int64_t *at_ms, size_t count, double half_life_h, int64_t now_ms)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += pow(2, -(double)(now_ms / 60000 - at_ms[i] / 60000) / 60 / half_life_h);
	return sum;
}

static void
endorsements_fade_with_their_half_lives_in_any_order(void **state)
{
	static const double half_lives_h[] = {6, 14 * 24, 60 * 24};
	struct rng r;

	(void)state;
	rng_init(&r, 11);
	for (int run = 0; run < 50; run++) {
		struct standing s;
		int64_t at_ms[300], now_ms = NOW + 91 * TIME_DAY_MS;

		standing_init(&s);
		for (size_t i = 0; i < 300; i++) {
			at_ms[i] = NOW + (int64_t)rng_below(&r, 90 * (uint64_t)TIME_DAY_MS);
			standing_endorse(&s, ENDORSE_REPOST, (int64_t)i, 1000, at_ms[i]);
		}
		for (int span = 0; span < STANDING_SPAN_COUNT; span++) {
			double want = should_be(at_ms, 300, half_lives_h[span], now_ms);
			double have = (double)standing_count_milli(
					  &s, ENDORSE_REPOST, (enum standing_span)span, now_ms) /
			    1000;

			if (fabs(have - want) > 0.002 + want / 1000)
				fail_msg("run %d: %.4f, not %.4f", run, have, want);
		}
	}
}

static void
a_state_is_read_as_it_was_written_and_nothing_else_is(void **state)
{
	unsigned char bytes[STANDING_BYTES + 1], topic_bytes[TOPIC_STANDING_BYTES];
	struct standing s, back;
	struct topic_standing t = {0}, t_back;
	struct rng r;

	(void)state;
	rng_init(&r, 5);
	standing_init(&s);
	for (int i = 0; i < 500; i++) {
		standing_endorse(&s, (enum endorsement)rng_below(&r, 4), (int64_t)rng_below(&r, 99),
		    (int32_t)rng_below(&r, 1001), NOW + i * TIME_HOUR_MS);
		topic_endorse(&t, (int64_t)rng_below(&r, 99), 1000, NOW + i * TIME_HOUR_MS);
	}
	standing_write(&s, bytes);
	assert_true(standing_read(bytes, STANDING_BYTES, &back));
	assert_memory_equal(s.counts, back.counts, sizeof s.counts);
	assert_memory_equal(s.endorsers, back.endorsers, sizeof s.endorsers);
	assert_true(s.at_min == back.at_min && s.period == back.period);
	assert_false(standing_read(bytes, STANDING_BYTES + 1, &back));
	assert_false(standing_read(bytes, 0, &back));
	bytes[0]++;
	assert_false(standing_read(bytes, STANDING_BYTES, &back));
	topic_standing_write(&t, topic_bytes);
	assert_true(topic_standing_read(topic_bytes, sizeof topic_bytes, &t_back));
	assert_int_equal(topic_rank(&t), topic_rank(&t_back));
	assert_int_equal(topic_influence(&t, NOW), topic_influence(&t_back, NOW));
	/* Whatever stands in a row, nothing breaks on it. */
	for (int run = 0; run < 2000; run++) {
		for (size_t i = 1; i < STANDING_BYTES; i++)
			bytes[i] = (unsigned char)rng_next(&r);
		bytes[0] = 1;
		assert_true(standing_read(bytes, STANDING_BYTES, &s));
		standing_endorse(&s, ENDORSE_REPLY, 1, 1000, NOW);
		assert_true(standing_endorsers_milli(&s, NOW) >= 0);
		assert_true(standing_count_milli(&s, ENDORSE_REPLY, STANDING_HOURS, NOW) >= 0);
	}
}

static void
machines_count_less_and_are_not_different_people(void **state)
{
	struct standing s;

	(void)state;
	standing_init(&s);
	for (int i = 0; i < 100; i++)
		standing_endorse(&s, ENDORSE_REPOST, i, 300, NOW);
	assert_in_range(
	    standing_count_milli(&s, ENDORSE_REPOST, STANDING_MONTHS, NOW), 29990, 30010);
	assert_int_equal(standing_endorsers_milli(&s, NOW), 0);
}

static void
who_is_ahead_on_a_topic_stays_ahead_as_time_goes_by(void **state)
{
	struct topic_standing early = {0}, late = {0};

	(void)state;
	for (int i = 0; i < 8; i++)
		topic_endorse(&early, i, 1000, NOW);
	for (int i = 0; i < 3; i++)
		topic_endorse(&late, i, 1000, NOW + 120 * TIME_DAY_MS);
	/* Eight of two half-lives ago are two now. */
	assert_true(topic_rank(&late) > topic_rank(&early));
	assert_in_range(topic_count_milli(&early, NOW + 120 * TIME_DAY_MS), 1995, 2001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(halvings_logarithms_and_roots_are_what_they_should_be),
	    cmocka_unit_test(different_ones_are_counted_within_the_error_named),
	    cmocka_unit_test(different_ones_fade_evenly_and_are_gone_after_two_periods),
	    cmocka_unit_test(endorsements_fade_with_their_half_lives_in_any_order),
	    cmocka_unit_test(a_state_is_read_as_it_was_written_and_nothing_else_is),
	    cmocka_unit_test(machines_count_less_and_are_not_different_people),
	    cmocka_unit_test(who_is_ahead_on_a_topic_stays_ahead_as_time_goes_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
