/*
 * post_cut_internal.h - a post that is being cut, shared by post_cut*.c.
 */
#ifndef NLP_POST_CUT_INTERNAL_H
#define NLP_POST_CUT_INTERNAL_H

#include "nlp/post_cut.h"
#include "nlp/tokenise_internal.h"
#include "nlp/units_internal.h"

/* What may stand behind a word and before a blank, and is none of the word. */
enum sign {
	SIGN_BREAK = 1, /* ends a clause */
	SIGN_DOT = 2, /* ends a sentence, but for that of an initial */
	SIGN_MARK = 4 /* a token itself, of the kind that ends a sentence */
};

/* What stands between two blanks of the folded text, without the sign behind it; or signs behind a word
 * that are a token themselves ("!", "..."). */
struct piece {
	uint32_t start, len;
	uint16_t word; /* the number of its fact, most likely */
	uint8_t sign; /* the one behind it that is none of its tokens: bits of enum sign */
};

static inline uint32_t
piece_end(const struct piece *p)
{
	return p->start + p->len;
}

/* There are too many names to keep them; short numbers come again. */
#define NUMBER_BYTES_KEPT 3

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

/* Takes the known pieces and names that follow one another from number `i` on, for all of which there is room
 * in the lists; returns the first one that is not (has_failed: there was no memory for it). */
size_t post_cut_known(struct cut *k, size_t i);

/* Room for tokens and units of `count` pieces; 0 when they are too many, -1 without memory. */
int post_cut_reserve(struct cut *k, size_t count);

/* The steps of post_cut_known(): the known pieces from r on, and those with odd signs around them or of several
 * parts, and names.  `next` and what stands at `stop` say where to go on. */
const struct piece *
post_cut_take_known(struct cut *k, const struct piece *r, const struct piece *stop);
bool post_cut_take_odd(struct cut *k, const struct piece *r);
/* What is inside the signs around a piece, when it is read like a piece of its own; unset: it is not. */
struct slice post_cut_inside(struct slice text, const struct piece *r);
bool post_cut_take_name(struct cut *k, const struct piece *r, const struct piece *next);

#endif
