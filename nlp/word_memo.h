/*
 * word_memo.h - what was found out about a word, kept for the next time it comes.
 *
 * Most of what a post costs is the same few thousand words over and over: which languages each
 * speaks for, its stem, what stands in the lexicon.  All of that depends on the word alone (and, but
 * for the languages, on the lexicon), so it is kept in a table of fixed size, one place a word,
 * compared by the whole word: an answer is never another word's.  What does not fit (words over
 * WORD_MEMO_BYTES) is found out anew.
 *
 * Ownership: the memo keeps nothing of the lexicon but numbers; word_memo_use() forgets everything
 *            when the lexicons are not those of the last time.
 * Threads:   one.
 */
#ifndef NLP_WORD_MEMO_H
#define NLP_WORD_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "nlp/language.h"
#include "nlp/lexicon.h"

struct word_memo;

#define WORD_MEMO_SIZE 16384 /* a power of two */
#define WORD_MEMO_BYTES 39
#define WORD_MEMO_TAIL 6

/* Two cache lines: what is compared and the stem, what stands in the lexicon and the languages. */
struct word_fact {
	uint64_t hash; /* of word and kind */
	uint8_t len; /* of the word; 0: free */
	uint8_t kind; /* enum token_kind, and whether it is drawn out */
	char word[WORD_MEMO_BYTES];
	uint8_t lang; /* of stem and hit; LANGUAGE_COUNT: not found out yet */
	uint8_t stem_common, stem_tail_len; /* the stem: the word's first bytes, and a tail */
	char stem_tail[WORD_MEMO_TAIL];
	int16_t in_common; /* the first of its vector */
	uint64_t stem_hash;
	struct lexicon_hit hit;
	int8_t votes[LANGUAGE_SLOTS]; /* its vector; [0] is 0 */
};

struct word_memo *word_memo_new(void); /* NULL without memory */
void word_memo_free(struct word_memo *m);
/* set_number: lexicon sets have one each. */
void word_memo_use(struct word_memo *m, uint64_t set_number);

/* The fact of a unit's word, its languages filled; the rest is the caller's to fill when lang is not
 * the one it wants.  Valid until the next call.  NULL: the word is too long to be kept. */
struct word_fact *word_memo_fact(
    struct word_memo *m, const struct language_model *languages, const struct unit *u);

/* Keeps a stem; false: it is too different from its word. */
bool word_fact_set_stem(struct word_fact *f, struct word_key stem);
/* The stem of a unit with this fact; its text may lie in the arena, ptr NULL without memory. */
struct word_key word_fact_stem(const struct word_fact *f, const struct unit *u, struct arena *a);

#endif
