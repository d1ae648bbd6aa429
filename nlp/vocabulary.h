/*
 * vocabulary.h - where each entry of a brand's vocabulary stands, and whether it can be found at all.
 *
 * An entry is known by the text of its lexeme, which reasons point to (struct contribution): of a word also
 * by that of its stem's rating, which it overrides.
 *
 * Ownership: new/free; file names are copied; keys are addresses within the lexicons, never looked into.
 * Errors:    -1 without memory.
 * Threads:   immutable after the last vocabulary_note().
 */
#ifndef NLP_VOCABULARY_H
#define NLP_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct err;
struct lexicon;
struct vocabulary_places;

struct vocabulary_place {
	const char *file;
	size_t line; /* from 1 */
	int32_t weight_milli;
};

/* What a person who wrote an entry may not have meant. */
struct vocabulary_note {
	bool is_again; /* the same entry stood at `before`, and no longer counts */
	struct vocabulary_place before;
	bool is_divided; /* a clause ends within it: no post has it as one phrase */
	struct slice
	    unseen; /* signs of it that are not looked at, "++" of "C++"; else SLICE_NONE */
};

struct vocabulary_places *vocabulary_places_new(void);
void vocabulary_places_free(struct vocabulary_places *p);

/* After lexicon_add_vocabulary() of the same phrase and weight. */
int vocabulary_note(struct vocabulary_places *p, struct lexicon *lx, struct slice phrase,
    const struct vocabulary_place *place, struct vocabulary_note *note_r, struct err *err);

/* The files that entries came from, counted from 0; NULL: there are no more. */
const char *vocabulary_file(const struct vocabulary_places *p, size_t i);
/* Where the entry of a reason stands; NULL: in no vocabulary. */
const struct vocabulary_place *
vocabulary_place_of(const struct vocabulary_places *p, struct slice entry);

#endif
