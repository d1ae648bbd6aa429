/*
 * pattern_trie.h - patterns of words, groups of words and gaps, looked for in one pass.
 *
 * word_trie.h holds phrases of words; a pattern such as "where is <my> <order>" would be hundreds
 * of them.  Here an edge is a symbol: a word by its stem, a word exactly as it is spelt, a group
 * ("order", "parcel", "luggage", "check in bag"), or a gap.  A group costs one edge however many
 * members it has: at a place in a text the groups that stand there are found first, and the edge
 * is looked up by the group.
 *
 * Method: words of the text become symbols in a hash table; most words of a text begin nothing, and
 * a table of bits that stays in the first cache says so.  The rest walk the tree: at each node the
 * symbols of the next unit, the groups that begin there, and the gaps.
 *
 * What it does to
 *   hashtags:   "#boycott" is also "boycott";
 *   elongation: "pleaseee" is also "please";
 *   mentions, emoji, URLs, punctuation: units like words;
 *   clauses:    a pattern reaches out of its clause only over a gap, and never out of its sentence.
 *
 * Ownership: new/free; owns its texts.
 * Threads:   may be shared once it is sealed.
 * Errors:    0 as a symbol, or -1: without memory, or more than PATTERN_SYMBOLS_MAX symbols.
 * Limits:    a pattern has a bounded number of gaps, so a place costs a bounded number of steps.
 */
#ifndef NLP_PATTERN_TRIE_H
#define NLP_PATTERN_TRIE_H

#include <stdbool.h>
#include <stdint.h>

#include "nlp/word_trie.h"

struct pattern_trie;

#define PATTERN_SYMBOLS_MAX 65536
#define PATTERN_ITEMS_MAX 12
/* Units that a gap skips, at most. */
#define PATTERN_GAP_SHORT 3
#define PATTERN_GAP_LONG 8

/* Symbols that every tree has. */
enum pattern_symbol {
	PATTERN_NONE,
	PATTERN_SHORT_GAP, /* "*" */
	PATTERN_LONG_GAP, /* "..." */
	PATTERN_FIRST_FREE
};

struct pattern_trie *pattern_trie_new(void);
void pattern_trie_free(struct pattern_trie *t);

/* The symbol of a word, compared by stem; `surface` is the word itself, by which hashtags and
 * elongated words are recognised. */
uint32_t pattern_trie_word(struct pattern_trie *t, struct word_key stem, struct word_key surface);
/* Another stem (and spelling) for the same symbol: "kuendig" for "kündig".  -1 without memory. */
int pattern_trie_alias(
    struct pattern_trie *t, uint32_t symbol, struct word_key stem, struct word_key surface);
/* The symbol of a word spelt exactly so; it has this stem. */
uint32_t pattern_trie_exact(struct pattern_trie *t, struct word_key stem, struct word_key surface);

/* A new, empty group. */
uint32_t pattern_trie_group(struct pattern_trie *t);
/* Words only. */
int pattern_trie_add_member(
    struct pattern_trie *t, uint32_t group, const uint32_t *words, size_t count);

/* 1 to PATTERN_ITEMS_MAX symbols, the first and the last no gap. */
int pattern_trie_add(struct pattern_trie *t, const uint32_t *symbols, size_t count, uint32_t value);

/* After the last pattern: which words begin one. */
void pattern_trie_seal(struct pattern_trie *t);

/* Does a pattern begin with a word of this stem?  Never wrong when it says no. */
bool pattern_trie_may_begin(const struct pattern_trie *t, uint64_t stem_hash);

/* Called with each pattern that begins at unit `at`: it covers [at, end). */
typedef void pattern_trie_fn(void *cookie, uint32_t value, size_t at, size_t end);
void pattern_trie_match(const struct pattern_trie *t, const struct unit *units, size_t count,
    size_t at, pattern_trie_fn *fn, void *cookie);

/* Does a member of this group begin at unit `at`?  Units it covers; 0: none. */
size_t pattern_trie_member(const struct pattern_trie *t, uint32_t group, const struct unit *units,
    size_t count, size_t at);

#endif
