/*
 * measure_spike.c - how often the spike detector cries wolf on feeds where nothing happens, how many
 * of the spikes it hears and how late, and what a step costs.
 *
 *	measure_spike		a table per kind of feed
 *	measure_spike --speed	nanoseconds of a step
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rules/spike_world.h"

#define SEEDS 40
#define DAYS 28
#define DAY TIME_DAY_MS
#define HOUR TIME_HOUR_MS
#define MINUTE TIME_MINUTE_MS

static const struct kind {
	const char *name;
	int64_t bucket_ms;
	double rate, daily, weekend, noise, burst;
} kinds[] = {
    {"constant, 0.02", 5 * MINUTE, 0.02, 0, 0, 0, 0},
    {"constant, 0.3", 5 * MINUTE, 0.3, 0, 0, 0, 0},
    {"constant, 3", 5 * MINUTE, 3, 0, 0, 0, 0},
    {"constant, 100", 5 * MINUTE, 100, 0, 0, 0, 0},
    {"daily, 0.3", 5 * MINUTE, 0.3, 0.7, 0, 0, 0},
    {"daily, 3", 5 * MINUTE, 3, 0.7, 0, 0, 0},
    {"daily, 100", 5 * MINUTE, 100, 0.7, 0, 0, 0},
    {"daily 0.95, 100", 5 * MINUTE, 100, 0.95, 0, 0, 0},
    {"weekly 0.5, 10", 5 * MINUTE, 10, 0.7, 0.5, 0, 0},
    {"weekly 0.25, 10", 5 * MINUTE, 10, 0.7, 0.25, 0, 0},
    {"weekly 0.5, 100, noise", 5 * MINUTE, 100, 0.7, 0.5, 0.3, 0},
    {"weekly 0.5, 10, restless", 5 * MINUTE, 10, 0.7, 0.5, 0.3, 0.15},
    {"minutes, 2", MINUTE, 2, 0.7, 0.5, 0.3, 0},
    {"minutes, 0.1", MINUTE, 0.1, 0.7, 0.5, 0, 0},
    {"hours, 5", HOUR, 5, 0.7, 0.5, 0.2, 0},
    {"hours, 500", HOUR, 500, 0.7, 0.5, 0.2, 0},
    {"days, 5000", DAY, 5000, 0, 0.5, 0.1, 0},
};

static void
world_of(struct world *w, const struct kind *k, uint64_t seed)
{
	world_init(w, seed, k->bucket_ms, k->rate);
	w->daily = k->daily;
	w->weekend = k->weekend;
	w->noise = k->noise;
	w->burst = k->burst;
	w->began_ms += (int64_t)(seed % 7) * DAY + (int64_t)(seed % 24) * HOUR;
}

static void
measure(const struct kind *k)
{
	int64_t false_first = 0, false_rest = 0, silent = 0, heard[3] = {0}, late_ms[3] = {0};
	static const double times[3] = {3, 5, 10};
	struct world w;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		world_of(&w, k, seed);
		world_run(&w, DAY);
		false_first += w.alerts;
		silent += w.silent;
		world_run(&w, DAYS * DAY);
		false_rest += w.alerts;
		silent += w.silent;
		for (size_t i = 0; i < 3; i++) {
			int64_t at_ms = 10 * DAY + (int64_t)(seed % 24) * HOUR;

			world_of(&w, k, seed);
			world_event(&w, at_ms, 3 * HOUR, 20 * MINUTE, times[i]);
			world_run(&w, at_ms);
			world_run(&w, at_ms + 3 * HOUR);
			heard[i] += w.alerts > 0;
			late_ms[i] += w.alerts > 0 ? w.first_alert_ms + w.bucket_ms - at_ms : 0;
		}
	}
	printf("%-26s %8.3f %8.4f %7.2f ", k->name, (double)false_first / SEEDS,
	    (double)false_rest / SEEDS / (DAYS - 1), (double)silent / SEEDS);
	for (size_t i = 0; i < 3; i++)
		printf("  %3.0f %% %4.0f", 100.0 * (double)heard[i] / SEEDS,
		    (double)late_ms[i] / (double)MINUTE / (double)(heard[i] + (heard[i] == 0)));
	printf("\n");
}

static void
speed(void)
{
	static struct spike_sample samples[100000];
	size_t n = sizeof samples / sizeof samples[0];
	struct timespec from, until;
	struct spike_answer answer;
	double ns, best = 1e9;
	struct world w;

	world_of(&w, &kinds[10], 1);
	for (; w.bucket < (int64_t)n; w.bucket++)
		samples[w.bucket] = world_sample(&w);
	for (int round = 0; round < 20; round++) {
		spike_init(&w.spike);
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (size_t i = 0; i < n; i++)
			spike_step(&w.spike, &samples[i], &answer);
		clock_gettime(CLOCK_MONOTONIC, &until);
		ns = (double)(until.tv_sec - from.tv_sec) * 1e9 +
		    (double)(until.tv_nsec - from.tv_nsec);
		best = fmin(best, ns / (double)n);
	}
	printf("%.0f ns a step, %zu bytes of state\n", best, sizeof(struct spike));
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--speed") == 0) {
		speed();
		return 0;
	}
	printf("%d feeds of %d days each                          silent   spikes of 3 h, of 3, 5 "
	       "and 10 times the usual: heard, minutes until\n",
	    SEEDS, DAYS);
	printf("kind of feed                false    a day  buckets\n");
	printf("                           1st day    later\n");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		measure(&kinds[i]);
	return 0;
}
