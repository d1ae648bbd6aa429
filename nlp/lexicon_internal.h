/*
 * lexicon_internal.h - the inside of struct lexicon, shared by its building, its file format and
 * its look-ups.
 */
#ifndef NLP_LEXICON_INTERNAL_H
#define NLP_LEXICON_INTERNAL_H

#include <assert.h>

#include "nlp/lexicon.h"

struct arena;

#define LEXICON_NAMES 3

/* Which of them stands for all units of this kind; -1: none. */
static inline int
lexicon_name_of(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_MENTION: return 0;
	case TOKEN_URL: return 1;
	case TOKEN_NUMBER: return 2;
	case TOKEN_WORD:
	case TOKEN_HASHTAG:
	case TOKEN_EMOJI:
	case TOKEN_EMOTICON:
	case TOKEN_PUNCT: break;
	}
	return -1;
}

/* What the ratings of one stem's words say together. */
struct stem_rating {
	int64_t sum_milli;
	int32_t count;
	bool has_positive, has_negative;
	uint32_t lexeme; /* LEXEME_STEM_RATING */
};

/* A stem that was learned. */
struct stem_entry {
	uint32_t plain, negated; /* lexeme numbers */
	uint16_t pair_seconds, pair_firsts; /* struct word_sense */
};

struct pair_slot {
	uint64_t key; /* first << 32 | second; 0: free */
	uint32_t lexeme;
};

/* Fingerprints of what libraries answer. */
struct lexicon_prints {
	uint32_t stemmer, unicode;
};

struct lexicon {
	const char *name;
	enum language lang;
	struct arena *arena;
	struct lexeme
	    *lexemes; /* [0] is nobody: no text, counts nothing; begin at a cache line of */
	void *lexeme_memory;
	size_t count, cap;
	struct word_trie *words; /* rated and roles: lexeme numbers */
	struct word_trie *rated_stems; /* indices into stem_ratings */
	struct stem_rating *stem_ratings;
	size_t stem_rating_count, stem_rating_cap;
	struct word_trie *stems; /* learned: indices into stem_entries */
	struct stem_entry *stem_entries; /* [0] is nobody */
	size_t stem_count, stem_cap;
	struct pair_slot *pairs;
	size_t pair_count;
	unsigned pair_bits; /* 1 << bits slots */
	uint32_t names[LEXICON_NAMES]; /* stems of <mention>, <link>, <number>; 0: not learned */
	uint32_t shapes[SHAPE_COUNT], sums[SUM_COUNT];
	int32_t temperature_milli, sure_milli;
	uint64_t checksum, vocabulary_checksum;
	struct lexicon_prints prints; /* of this program's libraries, when it was read */
	bool has_vocabulary, is_rebuilt;
	char version[48];
	struct cutting cutting; /* scratch of building */
	struct stemmer *stemmer;
};

/* lexicon_at() for those who ask often. */
static inline const struct lexeme *
lexicon_lexeme(const struct lexicon *lx, uint32_t number)
{
	assert(number > 0 && number < lx->count);
	return &lx->lexemes[number];
}

/* What a stem is when it is negated; 0: nothing of its own. */
static inline uint32_t
lexicon_negated(const struct lexicon *lx, uint32_t stem)
{
	return stem == 0 ? 0 : lx->stem_entries[stem].negated;
}

static inline size_t
lexicon_pair_slots(const struct lexicon *lx)
{
	return (size_t)1 << lx->pair_bits;
}

/* So many of its high bits, which alone know of both stems, as places have numbers. */
static inline uint64_t
lexicon_pair_hash(uint64_t key, unsigned bits)
{
	return key * 0x9e3779b97f4a7c15ULL >> (64 - bits);
}

static inline uint64_t
lexicon_pair_key(uint32_t first, uint32_t second)
{
	return (uint64_t)first << 32 | second;
}

/* Where two stems would stand if they are a pair. */
static inline const struct pair_slot *
lexicon_pair_place(const struct lexicon *lx, uint32_t first, uint32_t second)
{
	return &lx->pairs[lexicon_pair_hash(lexicon_pair_key(first, second), lx->pair_bits)];
}

static inline struct pair_slot *
lexicon_pair_slot(const struct lexicon *lx, uint64_t key)
{
	size_t i = (size_t)lexicon_pair_hash(key, lx->pair_bits);
	while (lx->pairs[i].key != 0 && lx->pairs[i].key != key)
		i = (i + 1) & (lexicon_pair_slots(lx) - 1);
	return &lx->pairs[i];
}

/* lexicon_pair() for those who ask often. */
static inline uint32_t
lexicon_find_pair(const struct lexicon *lx, uint32_t first, uint32_t second)
{
	return lexicon_pair_slot(lx, lexicon_pair_key(first, second))->lexeme;
}

void lexicon_name_version(struct lexicon *lx);

uint64_t lexicon_fnv(uint64_t h, struct slice s);
#define LEXICON_FNV_START 0xcbf29ce484222325ULL

#endif
