/*
 * word_trie.h - many words and phrases, looked for in one pass: lexicon and brands stand on it.
 *
 * A tree of words in one hash table: the key is (node, word), so a look-up costs the same with ten
 * phrases and with ten thousand, also when all of them begin alike.  Words are compared byte by
 * byte after their hash.
 *
 * A unit is what is matched: a token, or one part of a word with hyphens ("acme-branded" is "acme"
 * and "branded", and "coca-cola" is found in "Coca Cola").  A unit has other spellings that match
 * as well: without a possessive
 * ("acme's"), with letters singled ("acmeee"), a hashtag's word, a mention without its host.
 * What it does to emoji, mentions, hashtags and URLs: they are units like words.  A phrase does not
 * reach across the end of a clause.
 *
 * Ownership: a set owns its texts; immutable once built.
 * Threads:   a built set may be shared.
 */
#ifndef NLP_WORD_TRIE_H
#define NLP_WORD_TRIE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/score.h"
#include "core/slice.h"
#include "nlp/word.h"

struct err;
struct word_trie;

#define PHRASE_WORDS_MAX 12

struct unit {
	struct word_fact *word; /* never NULL */
	const char *folded;
	const struct word_key *others; /* other spellings, where it has any */
	uint32_t start, len; /* in the original text */
	uint32_t folded_len;
	uint16_t clause, sentence; /* counted from 0 */
	uint16_t token; /* index */
	uint8_t kind; /* enum token_kind */
	uint8_t other_count;
	bool is_caps, is_elongated;
	bool is_quoted; /* between double quotes, or in what "RT @user:" repeats (units.h) */
};

/* Is there anything to its spelling? */
static inline bool
unit_is_special(const struct unit *u)
{
	return u->is_caps || u->is_elongated || u->is_quoted;
}

/* As folded. */
static inline struct slice
unit_text(const struct unit *u)
{
	return slice_make(u->folded, u->folded_len);
}

static inline struct word_key
unit_key(const struct unit *u)
{
	return (struct word_key){unit_text(u), u->word->hash};
}

/* Of a guest: equal to its key without a stemmer. */
static inline struct word_key
unit_stem(const struct unit *u)
{
	assert(word_fact_is_guest(u->word));
	return u->word->stem;
}

static inline void
unit_set_stem(struct unit *u, struct word_key stem)
{
	assert(word_fact_is_guest(u->word));
	u->word->stem = stem;
}

/* A unit of this text alone, which is its own stem; makes *word its guest's record. */
static inline struct unit
unit_of(struct word_fact *word, struct word_key key, enum token_kind kind)
{
	*word = (struct word_fact){.hash = key.hash, .stem = key};
	return (struct unit){.word = word,
	    .folded = key.text.ptr,
	    .folded_len = (uint32_t)key.text.len,
	    .kind = (uint8_t)kind};
}

/* What the patterns of intents know of it, and what stands in the lexicon, in the language that the units were
 * filled for. */
static inline const struct pattern_mark *
unit_mark(const struct unit *u)
{
	return &u->word->mark;
}

static inline const struct word_entries *
unit_entries(const struct unit *u)
{
	return &u->word->entries;
}

struct word_trie *word_trie_new(void);
void word_trie_free(struct word_trie *p);

/* Adds a phrase of 1 to PHRASE_WORDS_MAX words with a value; one phrase may have several.
 * -1 without memory. */
int word_trie_add(struct word_trie *p, const struct word_key *words, size_t count, uint32_t value,
    struct err *err);

/* The first value of exactly this phrase. */
bool word_trie_get(
    const struct word_trie *p, const struct word_key *words, size_t count, uint32_t *value_r);

/* The same, to be changed while the set is built; NULL: not there.  Valid until the next
 * word_trie_add(). */
uint32_t *word_trie_value(struct word_trie *p, const struct word_key *words, size_t count);

/* The value of a one-word phrase, and whether longer phrases begin with it: the fast way for what
 * is mostly absent. */
bool word_trie_word(
    const struct word_trie *p, const struct word_key *word, uint32_t *value_r, bool *has_longer_r);

/* The node of a word with which longer phrases begin; 0: none does. */
uint32_t word_trie_node(const struct word_trie *p, const struct word_key *word);
/* With which words phrases go on from a node: word_trie_bit() of each; 0: with none.  And may a phrase go
 * on with this word, wherever it begins?  Of both no is certain. */
uint64_t word_trie_followers(const struct word_trie *p, uint32_t node);
bool word_trie_is_later(const struct word_trie *p, const struct word_key *word);
static inline unsigned
word_trie_bit(uint64_t hash)
{
	return (unsigned)(hash >> 58);
}
/* Called with each phrase that begins at unit `at`: it covers [at, end). */
typedef void word_trie_fn(void *cookie, uint32_t value, size_t at, size_t end);

/* The first unit from `at` on with which a phrase may begin, by its text or another spelling; count:
 * none.  For sets few texts speak of: the units between cost next to nothing. */
size_t word_trie_next(const struct word_trie *p, const struct unit *units, size_t count, size_t at);

/* Compares folded texts and other spellings. */
void word_trie_match(const struct word_trie *p, const struct unit *units, size_t count, size_t at,
    word_trie_fn *fn, void *cookie);
/* The value of the longest phrase of two units or more that begins at unit `at`, and how many units it covers; 0:
 * there is none.  node: of that unit, which has no other spelling, or 0: whichever it has. */
uint32_t word_trie_longest(const struct word_trie *p, uint32_t node, const struct unit *units,
    size_t count, size_t at, size_t *span_r);

#endif
