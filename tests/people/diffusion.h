/*
 * diffusion.h - how tags spread through people of whom some, whom nobody knows, are innovators.
 *
 * F. M. Bass's model (1969), by agents: each day somebody who has not mentioned a tag yet does so with the
 * chance p + q * (share of those interested who have).  Innovators have a larger p and are no different otherwise;
 * who is interested in a tag is drawn anew for each.  Some tags are flops: their q is small.  The same
 * tags, in the order of the days, go through adopters_mention() and a store in memory.
 */
#ifndef TESTS_PEOPLE_DIFFUSION_H
#define TESTS_PEOPLE_DIFFUSION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "people/adopters.h"
#include "store/standing.h"
#include "store/store.h"

#define DIFFUSION_PEOPLE 3000
#define DIFFUSION_NOW INT64_C(1795255200000)

struct diffusion {
	size_t innovators; /* the first so many of the people */
	size_t tags, days;
	double interested; /* share of the people, of each tag */
	double p_innovator, p_other, q, q_flop;
	double flops; /* share of the tags */
	struct adoption_config config;
};

static inline struct diffusion
diffusion_usual(void)
{
	return (struct diffusion){.innovators = 150,
	    .tags = 60,
	    .days = 30,
	    .interested = 0.3,
	    .p_innovator = 0.06,
	    .p_other = 0.002,
	    .q = 0.5,
	    .q_flop = 0.02,
	    .flops = 0.5,
	    .config = adoption_config_default};
}

struct diffusion_result {
	size_t innovators; /* who took part in a success at all */
	size_t named, right; /* by us */
	size_t once_named, once_right; /* who was early once */
};

static inline double
diffusion_chance(struct rng *r)
{
	return (double)(rng_next(r) >> 11) / 9007199254740992.0;
}

struct diffusion_world {
	const struct diffusion *d;
	struct rng rng;
	struct store *st;
	struct arena *a;
	struct err err;
};

static inline void
diffusion_must(int rc, const struct err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s\n", err->text);
	abort();
}

static inline void
diffusion_mention(struct diffusion_world *w, struct slice tag, size_t who, int64_t now_ms)
{
	struct slice_list items = {&tag, 1};

	diffusion_must(adopters_mention(w->st, &w->d->config, items, SLICE_LIT("feed"),
			   (int64_t)who + 1, now_ms, w->a, &w->err),
	    &w->err);
}

static inline void
diffusion_tag(struct diffusion_world *w, size_t number)
{
	static bool is_interested[DIFFUSION_PEOPLE], has_come[DIFFUSION_PEOPLE];
	size_t interested = 0, come = 0;
	bool is_flop = diffusion_chance(&w->rng) < w->d->flops;
	char name[32];
	struct slice tag;

	snprintf(name, sizeof name, "#tag%zu", number);
	tag = slice_of(name);
	for (size_t i = 0; i < DIFFUSION_PEOPLE; i++) {
		is_interested[i] = diffusion_chance(&w->rng) < w->d->interested;
		has_come[i] = false;
		interested += is_interested[i];
	}
	for (size_t day = 0; day < w->d->days; day++) {
		double share = (double)come / (double)interested;
		double imitation = (is_flop ? w->d->q_flop : w->d->q) * share;
		/* Somebody else is first in line each day. */
		size_t first = rng_below(&w->rng, DIFFUSION_PEOPLE);
		int64_t now_ms = DIFFUSION_NOW + (int64_t)(10 + number * 40 + day) * TIME_DAY_MS;

		diffusion_must(store_begin(w->st, &w->err), &w->err);
		for (size_t k = 0; k < DIFFUSION_PEOPLE; k++) {
			/* 1009 is prime to the number of people: all of them, well mixed. */
			size_t i = (first + k * 1009) % DIFFUSION_PEOPLE;
			double p = i < w->d->innovators ? w->d->p_innovator : w->d->p_other;

			if (!is_interested[i] || has_come[i] ||
			    diffusion_chance(&w->rng) >= p + imitation)
				continue;
			has_come[i] = true;
			come++;
			diffusion_mention(w, tag, i, now_ms);
		}
		diffusion_must(store_commit(w->st, &w->err), &w->err);
		arena_reset(w->a);
	}
}

static inline void
diffusion_judge(struct diffusion_world *w, struct diffusion_result *r)
{
	diffusion_must(store_begin(w->st, &w->err), &w->err);
	for (size_t i = 0; i < DIFFUSION_PEOPLE; i++) {
		struct standing_row row;
		bool is_innovator = i < w->d->innovators, is_named;

		diffusion_must(store_standing_get(w->st, (int64_t)i + 1, &row, &w->err), &w->err);
		is_named =
		    adopters_is_early(&w->d->config, row.credit_milli, row.credited, row.items);
		r->innovators += is_innovator && row.items > 0;
		r->named += is_named;
		r->right += is_named && is_innovator;
		r->once_named += row.credited > 0;
		r->once_right += row.credited > 0 && is_innovator;
	}
	diffusion_must(store_commit(w->st, &w->err), &w->err);
}

static inline struct diffusion_result
diffusion_run(const struct diffusion *d, uint64_t seed)
{
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = DIFFUSION_NOW, .hash_seed = 7};
	struct diffusion_world w = {.d = d, .a = arena_new(64u * 1024 * 1024)};
	struct diffusion_result r = {0};
	struct slice before = SLICE_LIT("#before");

	rng_init(&w.rng, seed);
	diffusion_must(store_open(&o, &w.st, &w.err), &w.err);
	/* The feed was there before the tags. */
	diffusion_must(store_begin(w.st, &w.err), &w.err);
	diffusion_mention(&w, before, 0, DIFFUSION_NOW);
	diffusion_must(store_commit(w.st, &w.err), &w.err);
	for (size_t i = 0; i < d->tags; i++)
		diffusion_tag(&w, i);
	diffusion_judge(&w, &r);
	store_close(w.st);
	arena_free(w.a);
	return r;
}

#endif
