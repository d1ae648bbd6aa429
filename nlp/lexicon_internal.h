/*
 * lexicon_internal.h - the inside of struct lexicon, shared by its building, its file format and
 * its look-ups.
 */
#ifndef NLP_LEXICON_INTERNAL_H
#define NLP_LEXICON_INTERNAL_H

#include <assert.h>

#include "nlp/lexicon.h"

struct arena;

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
	uint32_t pair_sides; /* STEM_IS_FIRST, STEM_IS_SECOND */
};

/* Beside the number of a stem (there are far fewer): it is the first, the second of some pair. */
#define STEM_IS_FIRST (1u << 31)
#define STEM_IS_SECOND (1u << 30)
#define STEM_NUMBER (STEM_IS_SECOND - 1)

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
	struct lexeme *lexemes; /* [0] is nobody */
	size_t count, cap;
	struct word_trie *words; /* rated and roles: lexeme numbers */
	struct word_trie *rated_stems; /* indices into stem_ratings */
	struct stem_rating *stem_ratings;
	size_t stem_rating_count, stem_rating_cap;
	struct word_trie *stems; /* learned: indices into stem_entries */
	struct stem_entry *stem_entries; /* [0] is nobody */
	size_t stem_count, stem_cap;
	struct pair_slot *pairs;
	size_t pair_count, pair_cap; /* cap is a power of two */
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

static inline struct pair_slot *
lexicon_pair_slot(const struct lexicon *lx, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32) & (lx->pair_cap - 1);
	while (lx->pairs[i].key != 0 && lx->pairs[i].key != key)
		i = (i + 1) & (lx->pair_cap - 1);
	return &lx->pairs[i];
}

/* lexicon_pair() for those who ask often. */
static inline uint32_t
lexicon_find_pair(const struct lexicon *lx, uint32_t first, uint32_t second)
{
	return lexicon_pair_slot(lx, (uint64_t)first << 32 | second)->lexeme;
}

void lexicon_name_version(struct lexicon *lx);

uint64_t lexicon_fnv(uint64_t h, struct slice s);
#define LEXICON_FNV_START 0xcbf29ce484222325ULL

#endif
