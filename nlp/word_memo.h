/*
 * word_memo.h - what was found out about a word, kept for the next time it comes.
 *
 * Most of what a post costs is the same few thousand words over and over: which languages each
 * speaks for, its stem, what stands in the lexicon.  All of that depends on the word alone (and, but
 * for the languages, on the lexicon), so it is kept in a table of fixed size, four places a
 * word, compared by the whole word: an answer is never another word's.  What does not fit (words over
 * WORD_MEMO_BYTES) is found out anew.
 *
 * A fact stays where it is until the post that asked for it is done, so units may point into it.
 * When all four places are taken by this post's words, a further word is not kept.
 *
 * Ownership: facts are the memo's.  It keeps pointers into the lexicons it was filled from, and
 *            forgets everything, without looking at it, when word_memo_begin() names another set.
 * Threads:   one.
 */
#ifndef NLP_WORD_MEMO_H
#define NLP_WORD_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "nlp/language.h"
#include "nlp/marks.h"

struct word_memo;

#define WORD_MEMO_SIZE 32768 /* a power of two */
#define WORD_MEMO_BYTES 27
#define WORD_MEMO_TAIL 6

/* Two cache lines: what is compared and the stem; the languages and what stands in the lexicon. */
struct word_fact {
	uint64_t hash; /* of word and kind */
	uint64_t stem_hash;
	uint32_t post; /* the last one that asked for it */
	struct pattern_mark mark; /* of struct unit */
	int16_t in_common; /* the first of its language vector */
	uint8_t len; /* of the word; 0: free */
	uint8_t kind; /* enum token_kind, and whether it is drawn out */
	uint8_t lang; /* of stem, mark and entries; LANGUAGE_COUNT: not found out yet */
	uint8_t stem_common, stem_tail_len; /* the stem: the word's first bytes, and a tail */
	char stem_tail[WORD_MEMO_TAIL];
	char word[WORD_MEMO_BYTES];
	uint16_t behind[LANGUAGE_SLOTS / 2]; /* its language vector: word_fact_pair() */
	struct word_entries entries;
};

struct word_memo *word_memo_new(void); /* NULL without memory */
void word_memo_free(struct word_memo *m);
/* To be called before each post.  set_number: lexicon sets have one each. */
void word_memo_begin(struct word_memo *m, uint64_t set_number);

/* The fact of a unit's word, its languages filled; the rest is the caller's to fill when lang is not
 * the one it wants.  Valid until the next word_memo_begin().  NULL: the word is not kept. */
struct word_fact *
word_memo_fact(struct word_memo *m, const struct language_model *languages, const struct unit *u);

/* Each pair of languages is a number: the first one's steps behind are its low byte, the second
 * one's its high byte, so that they are summed without being unpacked. */
static inline uint16_t
word_fact_pair(const struct language_vector *v, int pair)
{
	return (uint16_t)(-v->v[2 * pair] | -v->v[2 * pair + 1] << 8);
}

/* Keeps a stem; false: it is too different from its word. */
bool word_fact_set_stem(struct word_fact *f, struct word_key stem);
/* A stem that is not its word's beginning; its text lies in the arena, ptr NULL without memory. */
struct word_key word_fact_join(const struct word_fact *f, const struct unit *u, struct arena *a);
/* The stem of a unit with this fact. */
static inline struct word_key
word_fact_stem(const struct word_fact *f, const struct unit *u, struct arena *a)
{
	if (f->stem_tail_len > 0)
		return word_fact_join(f, u, a);
	return (struct word_key){slice_make(u->key.text.ptr, f->stem_common), f->stem_hash};
}

#endif
