/*
 * post_cut_internal.h - a post that is being cut, shared by post_cut.c and post_cut_plain.c.
 */
#ifndef NLP_POST_CUT_INTERNAL_H
#define NLP_POST_CUT_INTERNAL_H

#include "nlp/post_cut.h"
#include "nlp/tokenise_internal.h"
#include "nlp/units_internal.h"

/* Letters and digits in a row, of the folded text. */
struct run {
	uint32_t start, end;
	uint64_t hash; /* as a word */
	struct word_fact *fact; /* most likely */
};

struct cut {
	struct post_cutter *c;
	const struct language_model *languages;
	struct post_words *words;
	struct tokeniser tokeniser;
	struct unit_maker maker;
	size_t seen; /* so many tokens have units */
	size_t followed; /* so many units have room for what is known of them */
	uint32_t *asked; /* units whose facts have been asked for, and are not looked at yet */
	size_t asked_count;
	const struct run *runs;
	size_t run_count;
	bool has_failed; /* no memory for a stem */
	struct arena *arena;
	struct err *err;
};

/* Finds and hashes the runs of the text, and asks for the memory of their facts; -1 without memory. */
int post_cut_find_runs(struct cut *k);

/* Takes the plain words that follow one another from run `i` on, for all of which there is room in the
 * lists; returns the first run that is none (has_failed: there was no memory for it). */
size_t post_cut_plain_words(struct cut *k, size_t i);

#endif
