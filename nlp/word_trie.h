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

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/score.h"
#include "core/slice.h"

struct err;
struct word_trie;

#define PHRASE_WORDS_MAX 12

struct word_key {
	struct slice text;
	uint64_t hash;
};

/* What the patterns of intents know of a word (pattern_index.h); all zero: nothing. */
struct pattern_mark {
	uint16_t symbol;
	uint8_t class : 6;
	bool is_anchor : 1, has_stem : 1;
	uint8_t second_class : 6, sign : 2;
};

struct unit {
	struct word_key key; /* folded */
	struct word_key stem; /* equal to key without a stemmer */
	const struct word_key *others; /* other spellings */
	uint8_t kind; /* enum token_kind */
	bool is_caps : 1, is_elongated : 1;
	bool is_quoted : 1; /* between double quotes, or in what "RT @user:" repeats (units.h) */
	uint8_t other_count;
	uint32_t token; /* index */
	uint32_t start, len; /* in the original text */
	struct pattern_mark mark; /* intents_mark() */
	uint16_t clause, sentence; /* counted from 0 */
};

/* Is there anything to its spelling? */
static inline bool
unit_is_special(const struct unit *u)
{
	return u->is_caps || u->is_elongated || u->is_quoted;
}

/* Up to eight bytes as a number, the first byte lowest on every machine. */
static inline uint64_t
word_load(const char *p, size_t len)
{
	uint64_t v = 0;
	memcpy(&v, p, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

#define WORD_HASH_FACTOR 0x9e3779b97f4a7c15ULL

/* The whole groups of eight bytes; *p and *len are left with fewer than eight. */
static inline uint64_t
word_hash_groups(const char **p, size_t *len)
{
	uint64_t h = *len * WORD_HASH_FACTOR;
	for (; *len >= 8; *p += 8, *len -= 8) {
		h = (h ^ word_load(*p, 8)) * WORD_HASH_FACTOR;
		h ^= h >> 29;
	}
	return h;
}

/* Two words of the same length up to eight bytes have the same hash only when they are the same:
 * every step can be undone. */
static inline uint64_t
word_hash(struct slice s)
{
	const char *p = s.ptr;
	size_t len = s.len;
	uint64_t h = word_hash_groups(&p, &len), v = 0;
	/* Two reads that overlap, instead of a loop over the last bytes. */
	if (len >= 4)
		v = word_load(p, 4) | word_load(p + len - 4, 4) << (8 * (len - 4));
	else if (len > 0)
		v = (uint64_t)(unsigned char)p[0] |
		    (uint64_t)(unsigned char)p[len / 2] << (8 * (len / 2)) |
		    (uint64_t)(unsigned char)p[len - 1] << (8 * (len - 1));
	h = (h ^ v) * WORD_HASH_FACTOR;
	return h ^ (h >> 32);
}

/* The same hash of a word behind which seven more bytes may be read, whatever they are.  Whether a word
 * has eight bytes cannot be foreseen: no branch for those below sixteen. */
static inline uint64_t
word_hash_padded(struct slice s)
{
	const char *p = s.ptr;
	size_t len = s.len;
	uint64_t h = len * WORD_HASH_FACTOR;
	if (len >= 16) {
		h = word_hash_groups(&p, &len);
	} else {
		uint64_t whole = (h ^ word_load(p, 8)) * WORD_HASH_FACTOR;
		uint64_t has_whole = -(uint64_t)(len >> 3);
		h ^= (h ^ whole ^ whole >> 29) & has_whole;
		p += len & 8;
	}
	uint64_t v = word_load(p, 8) & ((1ULL << (8 * (len & 7))) - 1);
	h = (h ^ v) * WORD_HASH_FACTOR;
	return h ^ (h >> 32);
}

static inline struct word_key
word_key_of(struct slice s)
{
	return (struct word_key){s, word_hash(s)};
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
/* May a longer phrase go on from such a node with this unit?  No is certain, yes is to be looked
 * at. */
bool word_trie_may_continue(const struct word_trie *p, uint32_t node, const struct unit *next);

/* Asks for the memory that this will look at; node: any number. */
void word_trie_prefetch(const struct word_trie *p, uint32_t node, const struct unit *next);

/* Called with each phrase that begins at unit `at`: it covers [at, end). */
typedef void word_trie_fn(void *cookie, uint32_t value, size_t at, size_t end);

/* The first unit from `at` on with which a phrase may begin, by its text or another spelling; count:
 * none.  For sets few texts speak of: the units between cost next to nothing. */
size_t word_trie_next(const struct word_trie *p, const struct unit *units, size_t count, size_t at);

/* Compares folded texts and other spellings. */
void word_trie_match(const struct word_trie *p, const struct unit *units, size_t count, size_t at,
    word_trie_fn *fn, void *cookie);
/* The same when the node of unit `at` is known, which has no other spelling. */
void word_trie_match_from(const struct word_trie *p, uint32_t node, const struct unit *units,
    size_t count, size_t at, word_trie_fn *fn, void *cookie);

#endif
