/*
 * word.h - a word: its text and hash, and the record of what is known of it.
 *
 * What is known of a word depends on the word alone (and on the language it is read in), so units name a
 * record instead of having it: one that is kept from post to post (word_memo.h), or a guest's, which
 * lasts as long as its units (word_guests.h).
 *
 * Ownership: none here.
 */
#ifndef NLP_WORD_H
#define NLP_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/slice.h"
#include "nlp/language.h"

struct word_key {
	struct slice text;
	uint64_t hash;
};

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

#define WORD_HASH_NEAR 16

/* The last bytes of a word, at most WORD_HASH_NEAR: two numbers, the second one 0 where there are no more than
 * eight. */
struct word_ending {
	uint64_t low, high;
};

static inline struct word_ending
word_ending_of(const char *p, size_t len)
{
	struct word_ending w = {0, 0};
	/* Reads that overlap, instead of a loop. */
	if (len > 8)
		w = (struct word_ending){
		    word_load(p, 8), word_load(p + len - 8, 8) >> (8 * (WORD_HASH_NEAR - len))};
	else if (len >= 4)
		w.low = word_load(p, 4) | word_load(p + len - 4, 4) << (8 * (len - 4));
	else if (len > 0)
		w.low = (uint64_t)(unsigned char)p[0] |
		    (uint64_t)(unsigned char)p[len / 2] << (8 * (len / 2)) |
		    (uint64_t)(unsigned char)p[len - 1] << (8 * (len - 1));
	return w;
}

/* The same where WORD_HASH_NEAR bytes may be read: how long a word is cannot be foreseen, so there is no branch. */
static inline struct word_ending
word_ending_padded(const char *p, size_t len)
{
#ifdef __SSE2__
	static const uint8_t MASKS[2 * WORD_HASH_NEAR] = {
	    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	const uint8_t *mask = MASKS + WORD_HASH_NEAR - len;
	__m128i both = _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)p),
	    _mm_loadu_si128((const __m128i *)(const void *)mask));
	uint64_t halves[2];
	memcpy(halves, &both, sizeof halves);
	return (struct word_ending){halves[0], halves[1]};
#else
	return word_ending_of(p, len);
#endif
}

/* The whole groups of eight bytes before the ending; *p and *len are left with that. */
static inline uint64_t
word_hash_groups(const char **p, size_t *len)
{
	uint64_t h = *len * WORD_HASH_FACTOR;
	for (; *len > WORD_HASH_NEAR; *p += 8, *len -= 8) {
		h = (h ^ word_load(*p, 8)) * WORD_HASH_FACTOR;
		h ^= h >> 29;
	}
	return h;
}

static inline uint64_t
word_hash_end(uint64_t h, struct word_ending w)
{
	h = (h ^ w.low) * WORD_HASH_FACTOR;
	h ^= h >> 29;
	h = (h ^ w.high) * WORD_HASH_FACTOR;
	return h ^ (h >> 32);
}

/* Two words of the same length up to eight bytes have the same hash only when they are the same:
 * every step can be undone. */
static inline uint64_t
word_hash(struct slice s)
{
	uint64_t h = word_hash_groups(&s.ptr, &s.len);
	return word_hash_end(h, word_ending_of(s.ptr, s.len));
}

/* The same hash of a word behind which WORD_HASH_NEAR bytes may be read, whatever they are. */
static inline uint64_t
word_hash_padded(struct slice s)
{
	uint64_t h = word_hash_groups(&s.ptr, &s.len);
	return word_hash_end(h, word_ending_padded(s.ptr, s.len));
}

static inline struct word_key
word_key_of(struct slice s)
{
	return (struct word_key){s, word_hash(s)};
}

/* What the patterns of intents know of a word (pattern_index.h); all zero: nothing. */
struct pattern_mark {
	uint16_t symbol;
	uint8_t class : 6;
	bool is_anchor : 1, has_stem : 1;
	uint8_t second_class : 6, sign : 2;
};

/* What is asked of every word of a text, so that those with a trait are found eight at a time. */
enum word_trait {
	WORD_IS_ODD = 1, /* it changes others, is punctuation, or has an English rating */
	WORD_BEGINS = 2, /* phrases begin with it */
	WORD_FOLLOWS = 4, /* phrases go on with it */
	WORD_COUNTS = 8, /* anything but phrases */
	WORD_IS_ENGLISH = 16 /* its rating is that of the English lexicon */
};

/* What a word says, all else aside: the figures of its lexemes, so that these need not be looked at. */
struct word_sense {
	uint32_t number : 24; /* of the stem, in pairs and for what it is negated; 0: in none */
	uint32_t traits : 8; /* bits of enum word_trait */
	int16_t rating_milli;
	int16_t negative_milli, positive_milli; /* learned of the stem */
	uint8_t role; /* enum lexeme_role */
	uint16_t pair_seconds,
	    pair_firsts; /* which stems it may make a pair with: WORD_PAIR_BITS of their numbers */
};
#define WORD_PAIR_BITS 16
/* May two stems be a learned pair?  No is certain, and most are none. */
static inline bool
word_sense_may_pair(const struct word_sense *first, const struct word_sense *second)
{
	uint32_t seconds = first->pair_seconds, firsts = second->pair_firsts;
	return (seconds >> second->number % WORD_PAIR_BITS &
		   firsts >> first->number % WORD_PAIR_BITS & 1) != 0;
}

/* What a unit has in the lexicons: struct lexicon_hit, and struct phrase_part.  Lexemes by their
 * numbers, 0: none. */
struct word_entries {
	uint32_t
	    followers; /* which words phrases that begin with it go on with: bits (lexicon.h) */
	uint32_t rated; /* rating, role or both; with WORD_IS_ENGLISH of that lexicon */
	uint32_t stem;
	uint32_t beginning;
	struct word_sense sense;
};
#define WORD_FACT_BYTES 31 /* of the words that are kept */
#define WORD_FACT_TAIL 6
#define WORD_FACT_COMMON_BITS 5 /* enough for WORD_FACT_BYTES */

/* Two cache lines: what is compared and the stem; the languages and what stands in the lexicon. */
struct word_fact {
	uint64_t hash; /* word_hash() */
	uint32_t post; /* the last one that asked for it */
	struct pattern_mark mark; /* intents_mark() */
	int16_t in_common; /* the first of its language vector; of a further one its language */
	uint8_t len; /* of the word; 0: nobody's, or a guest's, which is not kept and has no text */
	uint8_t kind; /* enum token_kind, whether it is drawn out, and WORD_FACT_FURTHER */
	uint8_t flags; /* bits of enum word_fact_flag */
	uint8_t lang; /* of stem, mark and entries; LANGUAGE_COUNT: not found out yet */
	uint8_t stem_lens; /* the stem: so many of the word's first bytes, and of a tail */
	char stem_tail[WORD_FACT_TAIL];
	char word[WORD_FACT_BYTES];
	union {
		/* A word's language vector: speech_pack(); else 0: no votes. */
		__attribute__((aligned(16))) uint16_t behind[LANGUAGE_SLOTS / 2];
		struct word_key stem; /* a guest's */
	};
	struct word_entries entries;
};

/* What the tokeniser makes of a word. */
enum word_fact_flag {
	WORD_FACT_ALONE =
	    1, /* between blanks, and signs that end a word, it is one token and one unit */
	WORD_FACT_OTHERS = 2, /* its unit has other spellings */
	WORD_FACT_ENDS = 4, /* its token ends a sentence */
	WORD_FACT_JOINED = 8, /* its stem is more than its beginning */
	WORD_FACT_LETTERS = 16 /* a word of more than one byte: it may be in capitals */
};

/* A word's fact for a language that is not the one its first fact is for. */
#define WORD_FACT_FURTHER 0x80

static inline bool
word_fact_is_guest(const struct word_fact *f)
{
	return f->len == 0;
}

/* Length, kind, flags and language, which stand beside each other: one number, in the order of WORD_HEAD() with
 * the language above. */
static inline uint32_t
word_fact_head(const struct word_fact *f)
{
	return (uint32_t)word_load((const char *)f + offsetof(struct word_fact, len), 4);
}

#define WORD_HEAD(len, kind, flags)                                                                \
	((uint32_t)(len) | (uint32_t)(kind) << 8 | (uint32_t)(flags) << 16)
_Static_assert(offsetof(struct word_fact, lang) == offsetof(struct word_fact, len) + 3 &&
	offsetof(struct word_fact, flags) == offsetof(struct word_fact, len) + 2 &&
	offsetof(struct word_fact, kind) == offsetof(struct word_fact, len) + 1,
    "they stand beside each other");

#endif
