/*
 * word_guests.h - records of words that are not kept: names, long words, and what word_memo.h has no room
 * for.
 *
 * They come in blocks, of which each is twice the one before, so that they stay where they are while more
 * are made.
 *
 * Ownership: zeroed struct is empty; word_guests_fini() frees.  A record lasts until word_guests_clear().
 * Threads:   one.
 */
#ifndef NLP_WORD_GUESTS_H
#define NLP_WORD_GUESTS_H

#include "nlp/word.h"

#define WORD_GUESTS_FIRST 32
#define WORD_GUESTS_BLOCKS 11
#define WORD_GUESTS_MAX ((WORD_GUESTS_FIRST << WORD_GUESTS_BLOCKS) - WORD_GUESTS_FIRST)

struct word_guests {
	struct word_fact *blocks[WORD_GUESTS_BLOCKS];
	struct word_fact *next, *end; /* of the block in use */
	size_t used; /* so many blocks, that one with them */
};

void word_guests_clear(struct word_guests *g);
void word_guests_fini(struct word_guests *g);
/* One more, at most WORD_GUESTS_MAX, which knows its key and is its own stem; NULL without memory. */
struct word_fact *word_guests_add(struct word_guests *g, struct word_key key);

#endif
