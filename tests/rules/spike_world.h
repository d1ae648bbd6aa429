/*
 * spike_world.h - feeds of invented counts for the spike detector: a level with rhythm and noise,
 * and things that happen in it.  The same seed gives the same feed.
 */
#ifndef TESTS_RULES_SPIKE_WORLD_H
#define TESTS_RULES_SPIKE_WORLD_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/rng.h"
#include "core/timefmt.h"
#include "rules/spike.h"

#define WORLD_MONDAY_MS INT64_C(1772409600000) /* 2026-03-02T00:00:00Z */
#define WORLD_EVENTS 4

/* For some time, the expected count is so many times as high (ramp_ms: how long it takes to rise). */
struct world_event {
	int64_t from_ms, length_ms, ramp_ms; /* since the world began */
	double times;
};

struct world {
	struct rng rng;
	struct spike spike;
	int64_t began_ms, bucket_ms, bucket;
	double rate; /* posts per bucket */
	double daily; /* 0: none; 0.9: nearly nothing at night */
	double weekend; /* factor; 0 is taken as 1 */
	double grow_per_day; /* factor; 0 is taken as 1 */
	double noise; /* sigma of a lognormal factor for each bucket */
	double burst; /* sigma of one that lasts for hours */
	double burst_now;
	struct world_event events[WORLD_EVENTS];
	double authors; /* posts of one author in a bucket; 0: unknown */
	int64_t flood_at_ms, flood_posts; /* of one author, in one bucket */
	double share, share_then; /* of the base; 0: no base */
	int64_t share_at_ms, share_ramp_ms;
	/* What came of it. */
	struct spike_answer answer;
	int64_t alerts, silent, first_alert_ms; /* -1: none */
};

static inline double
world_uniform(struct rng *r)
{
	return (double)(rng_next(r) >> 11) / 9007199254740992.0;
}

static inline double
world_normal(struct rng *r)
{
	return sqrt(-2 * log(world_uniform(r) + 1e-300)) *
	    cos(6.283185307179586 * world_uniform(r));
}

static inline int64_t
world_poisson(struct rng *r, double mean)
{
	double limit, product = 1;
	int64_t n = -1;

	if (mean > 60)
		return (int64_t)fmax(0, mean + sqrt(mean) * world_normal(r) + 0.5);
	limit = exp(-mean);
	do {
		product *= world_uniform(r);
		n++;
	} while (product > limit);
	return n;
}

static inline void
world_init(struct world *w, uint64_t seed, int64_t bucket_ms, double rate)
{
	*w = (struct world){.bucket_ms = bucket_ms, .rate = rate, .began_ms = WORLD_MONDAY_MS};
	w->first_alert_ms = w->flood_at_ms = w->share_at_ms = -1;
	rng_init(&w->rng, seed);
	spike_init(&w->spike);
}

static inline void
world_event(struct world *w, int64_t from_ms, int64_t length_ms, int64_t ramp_ms, double times)
{
	for (size_t i = 0; i < WORLD_EVENTS; i++) {
		if (w->events[i].length_ms != 0)
			continue;
		w->events[i] = (struct world_event){from_ms, length_ms, ramp_ms, times};
		return;
	}
}

static inline int64_t
world_now_ms(const struct world *w)
{
	return w->bucket * w->bucket_ms;
}

static inline double
world_mean(struct world *w)
{
	int64_t now_ms = world_now_ms(w), at_ms = w->began_ms + now_ms;
	double mean = w->rate, day = (double)(at_ms % TIME_DAY_MS) / (double)TIME_DAY_MS;
	int64_t weekday = (at_ms / TIME_DAY_MS + 3) % 7; /* from Monday on */
	double hours = (double)w->bucket_ms / (double)TIME_HOUR_MS;

	mean *= 1 - w->daily * cos(6.283185307179586 * (day - 0.15));
	if (w->weekend > 0 && weekday >= 5)
		mean *= w->weekend;
	if (w->grow_per_day > 0)
		mean *= pow(w->grow_per_day, (double)now_ms / (double)TIME_DAY_MS);
	for (size_t i = 0; i < WORLD_EVENTS; i++) {
		const struct world_event *e = &w->events[i];
		double part =
		    e->ramp_ms == 0 ? 1 : (double)(now_ms - e->from_ms) / (double)e->ramp_ms;

		if (now_ms >= e->from_ms && now_ms < e->from_ms + e->length_ms)
			mean *= 1 + (e->times - 1) * fmin(1, part);
	}
	w->burst_now +=
	    world_normal(&w->rng) * w->burst * sqrt(hours) - w->burst_now * fmin(1, hours / 2);
	return mean *
	    exp(w->noise * world_normal(&w->rng) - w->noise * w->noise / 2 + w->burst_now);
}

static inline struct spike_sample
world_sample(struct world *w)
{
	int64_t now_ms = world_now_ms(w);
	struct spike_sample in = {
	    w->began_ms + now_ms, w->bucket_ms, 0, SPIKE_UNKNOWN, SPIKE_UNKNOWN};
	double mean = world_mean(w), part = 0;

	if (w->share > 0) {
		in.base_count = world_poisson(&w->rng, mean);
		if (w->share_at_ms >= 0 && now_ms >= w->share_at_ms)
			part = w->share_ramp_ms == 0
			    ? 1
			    : fmin(1, (double)(now_ms - w->share_at_ms) / (double)w->share_ramp_ms);
		for (int64_t i = 0; i < in.base_count; i++)
			in.count +=
			    world_uniform(&w->rng) < w->share + part * (w->share_then - w->share);
	} else {
		in.count = world_poisson(&w->rng, mean);
	}
	if (w->authors > 0)
		in.authors = (int64_t)ceil((double)in.count / w->authors);
	if (w->flood_at_ms >= 0 && now_ms >= w->flood_at_ms &&
	    now_ms < w->flood_at_ms + w->bucket_ms) {
		in.count += w->flood_posts;
		in.base_count += in.base_count >= 0 ? w->flood_posts : 0;
		in.authors += in.authors >= 0;
	}
	return in;
}

/* Runs until so many milliseconds after the begin; alerts and silent buckets are counted anew. */
static inline void
world_run(struct world *w, int64_t until_ms)
{
	w->alerts = w->silent = 0;
	w->first_alert_ms = -1;
	for (; world_now_ms(w) < until_ms; w->bucket++) {
		struct spike_sample in = world_sample(w);

		spike_step(&w->spike, &in, &w->answer);
		if (w->answer.alert && w->alerts++ == 0)
			w->first_alert_ms = world_now_ms(w);
		w->silent += w->answer.is_silent;
	}
}

#endif
