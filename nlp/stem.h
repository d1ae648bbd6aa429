/*
 * stem.h - words to stems with libstemmer, one stemmer per language, and a cache in front of it.
 *
 * The stemmer costs about fifty times a look-up, and posts use few words often: a cache of
 * STEM_CACHE_SIZE words (1 MB once all are used) answers most of what word_memo.h has not kept.  It
 * compares the whole word, so it changes no answer.
 *
 * What it does to emoji, mentions, hashtags, URLs and numbers: nothing, they are their own stem.
 * Elongated words are stemmed in their shortened form.  Negation: English "don't" keeps its
 * apostrophe. An empty stem keeps the word; words over STEM_WORD_MAX bytes are their own stem.
 *
 * Ownership: a stem is part of the word or lies in the arena; the stemmer keeps no reference.
 * Threads:   one.
 */
#ifndef NLP_STEM_H
#define NLP_STEM_H

#include "nlp/language.h"
#include "nlp/word_trie.h"

struct arena;
struct stemmer;

#define STEM_WORD_MAX 64
#define STEM_CACHE_SIZE 16384

/* has_cache: for many words; without, a few kilobytes are enough.  NULL without memory. */
struct stemmer *stemmer_new(bool has_cache);
void stemmer_free(struct stemmer *s);

/* Folded word to stem; the word itself for LANGUAGE_UND.  text.ptr NULL without memory. */
struct word_key
stemmer_stem(struct stemmer *s, enum language lang, const struct word_key *word, struct arena *a);

/* Was there no memory for a stem since this was last asked?  For callers far from the look-up. */
bool stemmer_take_failure(struct stemmer *s);

#endif
