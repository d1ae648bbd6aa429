/*
 * regard.h - what a post says of others, and what is thought of its author.
 *
 * A post endorses whom it reposts, or quotes, answers and mentions: each of them once, in the strongest way, at most
 * REGARD_ENDORSED_MAX.  A repost speaks of nobody else, and brings no items of its own.  Who is not known costs one
 * look-up.  Own accounts, oneself, and who objects to profiling neither give nor get; who looks like a machine
 * gives as much less as it looks so (people/influence.h), and has no place among early adopters from one
 * half on.
 *
 * What a deleted post said stays counted: it was said, and it fades.
 *
 * Threads: pipeline thread, inside a transaction.
 * Errors:  -1 and err.
 */
#ifndef PEOPLE_REGARD_H
#define PEOPLE_REGARD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"

struct adoption_config;
struct arena;
struct err;
struct influence_weights;
struct store;

#define REGARD_ENDORSED_MAX 8

struct regard_input {
	const struct post *post;
	struct slice_list brand_ids;
	struct slice_list terms; /* words of marketing's lists in it: "t:cold brew" */
	struct slice_list links; /* as they stand in the text */
	struct slice feed;
	bool is_own; /* the author is an account of ours */
	bool (*is_own_handle)(void *cookie, struct slice handle_key);
	void *cookie;
	const struct influence_weights *weights;
	const struct adoption_config *adoption;
	int64_t now_ms;
};

/* Counts what a new post says, and adds to what is known of its author (facts as people_see() made them) what is
 * thought of them: influence, influence on what the post is about, adoption. */
int regard_see(struct store *st, const struct regard_input *in, struct arena *a,
    struct author_facts *facts, struct err *err);

#endif
