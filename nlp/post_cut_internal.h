/*
 * post_cut_internal.h - a post that is being cut, shared by post_cut.c and post_cut_known.c.
 */
#ifndef NLP_POST_CUT_INTERNAL_H
#define NLP_POST_CUT_INTERNAL_H

#include "nlp/post_cut.h"
#include "nlp/tokenise_internal.h"
#include "nlp/units_internal.h"

/* What stands between two blanks of the folded text, without the sign behind it; or signs behind a word
 * that are a token themselves ("!", "..."). */
struct piece {
	uint32_t start, end;
	uint64_t hash; /* word_memo_hash(), if it is what it looks like */
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
	const struct piece *pieces; /* and one behind the last, which begins where the text ends */
	size_t piece_count;
	bool has_failed; /* no memory for a stem */
	struct arena *arena;
	struct err *err;
};

/* Finds and hashes the pieces of the text, and asks for the memory of their facts; -1 without memory. */
int post_cut_find_pieces(struct cut *k);

/* Takes the known pieces that follow one another from number `i` on, for all of which there is room in the
 * lists; returns the first one that is not (has_failed: there was no memory for it). */
size_t post_cut_known(struct cut *k, size_t i);

/* The votes and entries of a unit with a fact. */
static inline void
post_cut_hear(struct post_words *w, struct speech *p, size_t i, struct word_fact *f)
{
	/* Signs say nothing: their votes are 0.  Tags are heard where there are no words. */
	static const uint16_t SILENT[LANGUAGE_SLOTS / 2];
	bool is_tag = f->kind >> 1 == TOKEN_HASHTAG;
	uint32_t is_word = f->kind >> 1 == TOKEN_WORD;
	speech_add(p, is_tag ? SILENT : f->behind, is_tag ? 0 : f->in_common);
	p->words += is_word;
	p->letters += f->len & -is_word;
	w->entries[i] = &f->entries;
}

#endif
