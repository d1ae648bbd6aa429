#include "rules/spike.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/err.h"
#include "tests/rules/spike_world.h"

#define DAY TIME_DAY_MS
#define HOUR TIME_HOUR_MS
#define MINUTE TIME_MINUTE_MS
#define BUCKET (5 * MINUTE)
#define SEEDS 40

/* A feed that begins on any day of the week, at any hour. */
static void
some_world(struct world *w, uint64_t seed, int64_t bucket_ms, double rate)
{
	world_init(w, seed, bucket_ms, rate);
	w->daily = 0.6;
	w->weekend = 0.6;
	w->noise = 0.2;
	w->began_ms += (int64_t)(seed % 7) * DAY + (int64_t)(seed % 24) * HOUR;
}

/* ---- the gate ------------------------------------------------------------------------------- */

static void
the_flood_of_one_author_does_not_fire_and_that_of_many_does(void **state)
{
	static const int64_t posts[] = {200, 2000, 100000};
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		for (size_t i = 0; i < 6; i++) {
			bool is_one_author = i < 3;

			some_world(&w, seed, BUCKET, 5 + (double)seed);
			w.authors = is_one_author ? 1.2 : 0;
			w.flood_at_ms = 6 * DAY + (int64_t)(seed % 24) * HOUR;
			w.flood_posts = posts[i % 3] * (1 + (int64_t)seed);
			world_run(&w, w.flood_at_ms);
			world_run(&w, w.flood_at_ms + 3 * HOUR);
			if (is_one_author)
				assert_int_equal(w.alerts, 0);
			else
				assert_in_range(w.alerts, 1, 3);
		}
	}
}

static void
an_authors_flood_of_many_buckets_does_not_fire_either(void **state)
{
	struct spike_answer answer;
	struct world w;

	(void)state;
	some_world(&w, 5, BUCKET, 30);
	w.authors = 1.2;
	world_run(&w, 5 * DAY);
	for (int i = 0; i < 36; i++, w.bucket++) {
		struct spike_sample in = world_sample(&w);

		in.count += 500;
		in.authors += 1;
		spike_step(&w.spike, &in, &answer);
		assert_false(answer.alert);
	}
}

static void
a_second_spike_three_days_after_one_ten_times_as_large_fires(void **state)
{
	static const double giants[] = {50, 100, 1000};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof giants / sizeof giants[0]; i++) {
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			/* In working hours of a Monday and a Thursday. */
			int64_t at_ms = 7 * DAY + (int64_t)(seed % 8) * HOUR;

			some_world(&w, seed, BUCKET, 3 + (double)seed);
			w.began_ms = WORLD_MONDAY_MS + 10 * HOUR;
			world_event(&w, at_ms, 2 * HOUR, 15 * MINUTE, giants[i]);
			world_event(&w, at_ms + 3 * DAY, 2 * HOUR, 15 * MINUTE, giants[i] / 10);
			world_run(&w, at_ms);
			world_run(&w, at_ms + 3 * HOUR);
			assert_in_range(w.alerts, 1, 4);
			world_run(&w, at_ms + 3 * DAY);
			assert_in_range(w.alerts, 0, 1);
			world_run(&w, at_ms + 3 * DAY + 2 * HOUR);
			assert_in_range(w.alerts, 1, 4);
		}
	}
}

static void
a_turn_of_sentiment_at_constant_volume_fires(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		world_init(&w, seed, BUCKET, 30 + (double)seed);
		w.share = 0.1;
		w.share_then = seed % 2 == 0 ? 0.3 : 0.25;
		w.share_at_ms = 6 * DAY + (int64_t)(seed % 24) * HOUR;
		w.share_ramp_ms = (int64_t)(seed % 3) * HOUR;
		world_run(&w, w.share_at_ms);
		assert_int_equal(w.alerts, 0);
		assert_true(fabs(w.answer.share_usual - 0.1) < 0.02);
		world_run(&w, w.share_at_ms + 3 * HOUR);
		assert_in_range(w.alerts, 1, 2);
	}
}

static void
more_of_everything_is_no_turn_of_sentiment(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		some_world(&w, seed, BUCKET, 30);
		w.share = 0.2;
		world_event(&w, 8 * DAY, 6 * HOUR, 2 * HOUR, 1.6);
		world_run(&w, 12 * DAY);
		assert_int_equal(w.alerts, 0);
	}
}

static void
a_daily_and_weekly_rhythm_does_not_fire(void **state)
{
	static const struct {
		int64_t bucket_ms;
		double rate, daily, weekend, noise, burst;
	} kinds[] = {
	    {5 * MINUTE, 0.02, 0, 0, 0, 0},
	    {5 * MINUTE, 0.3, 0.7, 0.5, 0, 0},
	    {5 * MINUTE, 3, 0.7, 0.5, 0, 0},
	    {5 * MINUTE, 100, 0.7, 0.5, 0.3, 0},
	    {5 * MINUTE, 3000, 0.95, 0.4, 0.1, 0},
	    {5 * MINUTE, 10, 0.7, 0.5, 0.3, 0.15},
	    {MINUTE, 2, 0.7, 0.5, 0.3, 0},
	    {10 * MINUTE, 20, 0.9, 0.3, 0.2, 0},
	    {HOUR, 100, 0.7, 0.5, 0.2, 0},
	};
	int64_t first_weeks = 0, feeds = 0;
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		int64_t later = 0;

		for (uint64_t seed = 100; seed < 100 + SEEDS; seed++, feeds++) {
			some_world(&w, seed, kinds[i].bucket_ms, kinds[i].rate);
			w.daily = kinds[i].daily;
			w.weekend = kinds[i].weekend;
			w.noise = kinds[i].noise;
			w.burst = kinds[i].burst;
			world_run(&w, 8 * DAY);
			first_weeks += w.alerts;
			world_run(&w, 28 * DAY);
			later += w.alerts;
		}
		/* One in a year at most, whatever the feed. */
		assert_in_range(later, 0, SEEDS * 20 / 365);
	}
	/* The first Monday of a brand that was met on a weekend may be news. */
	assert_in_range(first_weeks, 0, feeds / 10);
}

static void
the_first_day_is_usable(void **state)
{
	int64_t heard = 0, spikes = 0;
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		for (int64_t hour = 1; hour < 24; hour += 2, spikes++) {
			some_world(&w, seed, BUCKET, 5 + (double)seed);
			world_event(&w, hour * HOUR, HOUR, 10 * MINUTE, 8);
			world_run(&w, hour * HOUR);
			world_run(&w, hour * HOUR + 40 * MINUTE);
			assert_true(w.answer.usual >= 0);
			heard += w.alerts > 0;
		}
	}
	assert_in_range(heard, spikes * 95 / 100, spikes);
}

static void
silence_is_its_own_finding(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		int64_t at_ms = (int64_t)(seed % 4) * 3 * DAY + (6 + (int64_t)(seed % 12)) * HOUR;

		some_world(&w, seed, BUCKET, 5 + 3 * (double)seed);
		w.began_ms = WORLD_MONDAY_MS;
		world_event(&w, at_ms, 6 * HOUR, 0, 0);
		world_run(&w, at_ms);
		assert_int_equal(w.silent, 0);
		world_run(&w, at_ms + 6 * HOUR);
		assert_true(w.answer.is_silent);
		assert_in_range(w.silent, 36, 72);
		assert_int_equal(w.alerts, 0);
		assert_true(w.answer.score < SPIKE_SCORE_ALERT);
		world_run(&w, at_ms + 12 * HOUR);
		assert_int_equal(w.silent, 0);
		assert_int_equal(w.alerts, 0);
	}
}

static void
quiet_nights_and_quiet_brands_are_not_silent(void **state)
{
	int64_t silent = 0;
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		some_world(&w, seed, BUCKET, seed % 2 == 0 ? 4 : 0.05);
		w.daily = seed % 2 == 0 ? 1 : 0;
		world_run(&w, 2 * DAY); /* the first night of one who sleeps soundly is news */
		world_run(&w, 28 * DAY);
		silent += w.silent;
	}
	assert_in_range(silent, 0, 3);
}

static void
a_second_outage_is_found_after_a_long_one(void **state)
{
	struct world w;

	(void)state;
	some_world(&w, 1, BUCKET, 20);
	world_event(&w, 4 * DAY, 3 * DAY, 0, 0);
	world_event(&w, 10 * DAY, 6 * HOUR, 0, 0);
	world_run(&w, 7 * DAY);
	assert_true(w.answer.is_silent);
	world_run(&w, 10 * DAY);
	assert_int_equal(w.alerts, 0);
	world_run(&w, 10 * DAY + 6 * HOUR);
	assert_true(w.answer.is_silent);
}

/* ---- levels --------------------------------------------------------------------------------- */

static void
a_launch_with_a_new_level_is_told_and_then_usual(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		some_world(&w, seed, BUCKET, 20);
		world_event(&w, 9 * DAY, 100 * DAY, 0, 5);
		world_run(&w, 9 * DAY);
		assert_in_range(w.alerts, 0, 1);
		world_run(&w, 12 * DAY);
		assert_in_range(w.alerts, 1, 4);
		world_run(&w, 19 * DAY);
		world_run(&w, 40 * DAY);
		assert_in_range(w.alerts, 0, 1);
		assert_true(fabs(spike_usual(&w.spike, w.spike.next_at_ms, 7 * DAY) /
				    (5.0 * 20 * 12 * 24 * (5 + 2 * 0.6)) -
				1) < 0.15);
	}
}

static void
slow_growth_does_not_fire(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		some_world(&w, seed, BUCKET, 10);
		w.grow_per_day = 1.04;
		world_run(&w, 60 * DAY);
		assert_in_range(w.alerts, 0, 1);
	}
}

static void
the_usual_is_what_the_rhythm_says(void **state)
{
	struct world w;

	(void)state;
	some_world(&w, 3, BUCKET, 60);
	w.noise = 0;
	world_run(&w, 21 * DAY);
	for (int64_t hour = 0; hour < 7 * 24; hour += 5) {
		struct world at = w;
		double mean,
		    usual = spike_usual(&w.spike, w.spike.next_at_ms + hour * HOUR, 10 * MINUTE);

		at.bucket += hour * 12 - 1;
		mean = 2 * world_mean(&at);
		assert_true(usual > 0.75 * mean && usual < 1.33 * mean);
	}
}

static void
windows_of_any_length_add_up(void **state)
{
	struct world w;
	double parts = 0, week, whole;
	int64_t now_ms;

	(void)state;
	some_world(&w, 4, BUCKET, 20);
	world_run(&w, 15 * DAY);
	now_ms = w.spike.next_at_ms;
	for (int i = 0; i < 168; i++)
		parts += spike_usual(&w.spike, now_ms - i * HOUR, HOUR);
	week = spike_usual(&w.spike, now_ms, 7 * DAY);
	assert_true(fabs(parts / week - 1) < 0.05);
	whole = spike_usual(&w.spike, now_ms, 9 * DAY);
	assert_true(fabs(whole - week - spike_usual(&w.spike, now_ms, 2 * DAY)) < 1e-6 * whole);
	assert_true(spike_usual(&w.spike, now_ms, 0) == 0);
	assert_true(spike_usual(&w.spike, INT64_MIN, INT64_MAX) > 0);
	assert_true(spike_usual(&w.spike, INT64_MAX, HOUR) >= 0);
	assert_true(spike_usual(&w.spike, now_ms, -1) == SPIKE_UNKNOWN);
}

static void
too_early_to_know_is_said(void **state)
{
	struct world w;

	(void)state;
	some_world(&w, 1, BUCKET, 20);
	assert_true(spike_usual(&w.spike, 0, HOUR) == SPIKE_UNKNOWN);
	world_event(&w, 30 * MINUTE, 10 * MINUTE, 0, 1000);
	world_run(&w, HOUR);
	assert_int_equal(w.alerts, 0);
	assert_true(w.answer.usual == SPIKE_UNKNOWN);
	assert_true(w.answer.score == 0);
	world_run(&w, HOUR + BUCKET);
	assert_true(w.answer.usual > 0);
}

/* ---- hostile feeds -------------------------------------------------------------------------- */

static struct spike_answer
feed(
    struct spike *s, int64_t at_ms, int64_t bucket_ms, int64_t count, int64_t authors, int64_t base)
{
	struct spike_sample in = {at_ms, bucket_ms, count, authors, base};
	struct spike_answer answer;

	spike_step(s, &in, &answer);
	assert_true(answer.score >= 0 && answer.score <= 1);
	assert_int_equal(answer.alert, answer.score >= SPIKE_SCORE_ALERT);
	assert_true(isfinite(answer.usual) && isfinite(answer.share_usual));
	return answer;
}

static void
zeros_alone_say_nothing(void **state)
{
	struct spike_answer answer;
	struct spike s;

	(void)state;
	spike_init(&s);
	for (int64_t i = 0; i < 10000; i++) {
		answer = feed(&s, i * BUCKET, BUCKET, 0, 0, 0);
		assert_false(answer.alert);
		assert_false(answer.is_silent);
	}
	assert_true(answer.usual == 0);
	/* A brand nobody speaks of: three posts are no crowd, three hundred are. */
	assert_false(feed(&s, 10000 * BUCKET, BUCKET, 3, 3, 3).alert);
	assert_true(feed(&s, 10001 * BUCKET, BUCKET, 300, 300, 300).alert);
}

static void
a_constant_series_never_fires(void **state)
{
	static const int64_t counts[] = {1, 7, 1000, INT64_MAX};

	(void)state;
	for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
		struct spike s;

		spike_init(&s);
		for (int64_t i = 0; i < 5000; i++)
			assert_false(feed(&s, i * BUCKET, BUCKET, counts[k], -1, -1).alert);
	}
}

static void
one_bucket_is_no_feed(void **state)
{
	struct spike_answer answer;
	struct spike s;

	(void)state;
	spike_init(&s);
	answer = feed(&s, 0, DAY, 1000000, -1, -1);
	assert_false(answer.alert);
	assert_true(answer.usual == SPIKE_UNKNOWN);
}

static void
a_counter_that_starts_again_does_not_fire(void **state)
{
	struct world w;

	(void)state;
	some_world(&w, 2, BUCKET, 50);
	world_run(&w, 9 * DAY);
	/* Negative differences, as of a counter that was reset. */
	for (int i = 0; i < 12; i++, w.bucket++)
		assert_false(feed(&w.spike, w.spike.next_at_ms, BUCKET, -1000000, -1, -1).alert);
	world_run(&w, 12 * DAY);
	assert_int_equal(w.alerts, 0);
}

static void
a_pause_of_weeks_is_no_news(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		some_world(&w, seed, BUCKET, 20);
		world_run(&w, 5 * DAY);
		w.bucket += 21 * 288;
		world_run(&w, 28 * DAY);
		assert_int_equal(w.alerts, 0);
		assert_int_equal(w.silent, 0);
	}
}

static void
a_bucket_from_the_past_or_of_nonsense_is_not_counted(void **state)
{
	static const struct spike_sample bad[] = {
	    {0, BUCKET, 1000000, -1, -1},
	    {-DAY, BUCKET, 1000000, -1, -1},
	    {INT64_MIN, BUCKET, 1, -1, -1},
	    {INT64_MAX, BUCKET, 1, -1, -1},
	    {20 * 365 * DAY * 3, 0, 1, -1, -1},
	    {20 * 365 * DAY * 3, -1, 1, -1, -1},
	    {20 * 365 * DAY * 3, INT64_MAX, 1, -1, -1},
	};
	unsigned char before[SPIKE_BYTES], after[SPIKE_BYTES];
	struct spike_answer answer;
	struct world w;

	(void)state;
	some_world(&w, 2, BUCKET, 50);
	world_run(&w, 2 * DAY);
	spike_write(&w.spike, before);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		spike_step(&w.spike, &bad[i], &answer);
		assert_true(answer.score == 0);
		assert_false(answer.alert || answer.is_silent);
		spike_write(&w.spike, after);
		assert_memory_equal(before, after, sizeof before);
	}
}

static void
enormous_counts_are_forgotten_in_hours(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		int64_t late_ms = 9 * DAY + 12 * HOUR;

		some_world(&w, seed, BUCKET, 20);
		w.began_ms = WORLD_MONDAY_MS;
		world_event(&w, late_ms, HOUR, 0, 12);
		world_run(&w, 8 * DAY);
		assert_true(
		    feed(&w.spike, w.spike.next_at_ms, BUCKET, INT64_MAX, -1, INT64_MAX).alert);
		w.bucket++;
		world_run(&w, late_ms);
		assert_in_range(w.alerts, 0, 1);
		world_run(&w, late_ms + HOUR);
		assert_in_range(w.alerts, 1, 3);
	}
}

static void
buckets_may_change_their_length(void **state)
{
	struct world w;
	int64_t until_ms = 12 * DAY;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		some_world(&w, seed, BUCKET, 20);
		w.noise = 0;
		world_run(&w, 9 * DAY);
		w.bucket *= 5;
		w.bucket_ms = MINUTE;
		w.rate /= 5;
		world_run(&w, until_ms);
		assert_int_equal(w.alerts, 0);
	}
}

static void
random_samples_give_answers_within_bounds(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (int round = 0; round < 300; round++) {
		int64_t at_ms = (int64_t)rng_below(&r, 1000) * DAY;
		struct spike s;

		spike_init(&s);
		for (int i = 0; i < 500; i++) {
			int64_t bucket_ms = INT64_C(1) << rng_below(&r, 31);
			int64_t count = (int64_t)(rng_next(&r) >> rng_below(&r, 64));
			int64_t base =
			    rng_below(&r, 2) ? -1 : (int64_t)(rng_next(&r) >> rng_below(&r, 64));
			int64_t authors = rng_below(&r, 2) ? -1 : (int64_t)rng_below(&r, 100);

			feed(&s, at_ms, bucket_ms, count, authors, base);
			assert_true(isfinite(spike_usual(&s, at_ms, HOUR)));
			at_ms += bucket_ms +
			    (rng_below(&r, 5) == 0 ? (int64_t)(rng_below(&r, 100) * (uint64_t)HOUR)
						   : 0);
		}
	}
}

/* ---- the bytes ------------------------------------------------------------------------------ */

static void
a_state_that_was_written_and_read_goes_on_as_before(void **state)
{
	struct spike_answer here, there;
	unsigned char bytes[SPIKE_BYTES];
	struct spike copy;
	struct world w;

	(void)state;
	some_world(&w, 9, BUCKET, 20);
	w.share = 0.2;
	w.authors = 1.1;
	world_event(&w, 9 * DAY, 5 * HOUR, HOUR, 20);
	spike_init(&copy);
	for (; world_now_ms(&w) < 10 * DAY; w.bucket++) {
		struct spike_sample in = world_sample(&w);

		spike_step(&w.spike, &in, &here);
		spike_step(&copy, &in, &there);
		assert_memory_equal(&here.score, &there.score, sizeof here.score);
		assert_memory_equal(&here.usual, &there.usual, sizeof here.usual);
		assert_int_equal(here.alert, there.alert);
		spike_write(&copy, bytes);
		memset(&copy, 0xaa, sizeof copy);
		assert_int_equal(spike_read(&copy, bytes, sizeof bytes, NULL), 0);
	}
}

static void
garbage_is_refused_as_a_state(void **state)
{
	unsigned char bytes[SPIKE_BYTES], bad[SPIKE_BYTES];
	struct err err = {ERR_NONE, ""};
	struct spike s, read;
	struct world w;

	(void)state;
	some_world(&w, 9, BUCKET, 20);
	world_run(&w, 3 * DAY);
	spike_write(&w.spike, bytes);
	s = read = w.spike;
	for (size_t len = 0; len < sizeof bytes; len++)
		assert_int_equal(spike_read(&read, bytes, len, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	for (size_t i = 0; i < sizeof bytes * 8; i++) {
		memcpy(bad, bytes, sizeof bad);
		bad[i / 8] ^= (unsigned char)(1 << (i % 8));
		assert_int_equal(spike_read(&read, bad, sizeof bad, &err), -1);
	}
	assert_memory_equal(&read, &s, sizeof s);
	/* Sound bytes of a state that cannot be. */
	s.level = (double)NAN;
	spike_write(&s, bad);
	assert_int_equal(spike_read(&read, bad, sizeof bad, &err), -1);
	s = w.spike;
	s.days[6] = (double)INFINITY;
	spike_write(&s, bad);
	assert_int_equal(spike_read(&read, bad, sizeof bad, &err), -1);
	s = w.spike;
	s.next_at_ms = s.first_at_ms - 1;
	spike_write(&s, bad);
	assert_int_equal(spike_read(&read, bad, sizeof bad, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_flood_of_one_author_does_not_fire_and_that_of_many_does),
	    cmocka_unit_test(an_authors_flood_of_many_buckets_does_not_fire_either),
	    cmocka_unit_test(a_second_spike_three_days_after_one_ten_times_as_large_fires),
	    cmocka_unit_test(a_turn_of_sentiment_at_constant_volume_fires),
	    cmocka_unit_test(more_of_everything_is_no_turn_of_sentiment),
	    cmocka_unit_test(a_daily_and_weekly_rhythm_does_not_fire),
	    cmocka_unit_test(the_first_day_is_usable),
	    cmocka_unit_test(silence_is_its_own_finding),
	    cmocka_unit_test(quiet_nights_and_quiet_brands_are_not_silent),
	    cmocka_unit_test(a_second_outage_is_found_after_a_long_one),
	    cmocka_unit_test(a_launch_with_a_new_level_is_told_and_then_usual),
	    cmocka_unit_test(slow_growth_does_not_fire),
	    cmocka_unit_test(the_usual_is_what_the_rhythm_says),
	    cmocka_unit_test(windows_of_any_length_add_up),
	    cmocka_unit_test(too_early_to_know_is_said),
	    cmocka_unit_test(zeros_alone_say_nothing),
	    cmocka_unit_test(a_constant_series_never_fires),
	    cmocka_unit_test(one_bucket_is_no_feed),
	    cmocka_unit_test(a_counter_that_starts_again_does_not_fire),
	    cmocka_unit_test(a_pause_of_weeks_is_no_news),
	    cmocka_unit_test(a_bucket_from_the_past_or_of_nonsense_is_not_counted),
	    cmocka_unit_test(enormous_counts_are_forgotten_in_hours),
	    cmocka_unit_test(buckets_may_change_their_length),
	    cmocka_unit_test(random_samples_give_answers_within_bounds),
	    cmocka_unit_test(a_state_that_was_written_and_read_goes_on_as_before),
	    cmocka_unit_test(garbage_is_refused_as_a_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
