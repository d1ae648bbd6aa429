/*
 * word_memo.h - what was found out about a word, kept for the next time it comes.
 *
 * Most of what a post costs is the same few thousand words over and over: which languages each
 * speaks for, its stem, what stands in the lexicon.  All of that depends on the word alone (and, but
 * for the languages, on the lexicon), so it is kept in a table of fixed size, four places a
 * word, compared by the whole word: an answer is never another word's.  The table holds numbers; the
 * facts themselves stand in the order in which their words were met, so that the frequent ones are near to each
 * other and stay in the processor's caches.  What does not fit (words over
 * WORD_FACT_BYTES) is found out anew.
 *
 * There are twice as many places as facts, so that hardly a word finds its places taken: with as many
 * as facts, one word in ten of 20,000 was always thrown out by its neighbours.  When all facts are in
 * use a hand goes round and the one of the next few that was asked for the longest ago makes room.
 *
 * Entries depend on the language, and a word or a tag that several languages share would be found out anew whenever
 * a post of another one comes: so for each further language there is a fact beside the first.
 *
 * A fact stays where it is until the post that asked for it is done, so units may point into it.
 * Where only this post's words would have to go, a further word is not kept.
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

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "nlp/speech.h"
#include "nlp/word_trie.h"

#define WORD_MEMO_SIZE 65536 /* facts: 8 MB once all are used */
#define WORD_MEMO_WAYS 4 /* places a word may have */
#define WORD_MEMO_SETS 32768 /* a power of two */

struct arena;

struct word_memo {
	uint64_t set_number;
	uint32_t post; /* counts, and may begin anew */
	uint32_t *index; /* WORD_MEMO_WAYS places a word: tag << 16 | number of a fact; 0: free */
	struct word_fact *facts; /* begin at a cache line of `memory`; the first is nobody's */
	uint32_t count; /* of facts in use, nobody's among them */
	uint32_t hand; /* the fact to be looked at next when one has to go */
	void *memory;
};

struct word_memo *word_memo_new(void); /* NULL without memory */
void word_memo_free(struct word_memo *m);
/* To be called before each post.  set_number: lexicon sets have one each. */
void word_memo_begin(struct word_memo *m, uint64_t set_number);

/* A word that is not where word_memo_likely() looks, of 1 to WORD_FACT_BYTES bytes; what word_memo_fact() returns. */
struct word_fact *
word_memo_learn(struct word_memo *m, const struct language_model *languages, const struct unit *u);

static inline uint8_t
word_memo_kind(const struct unit *u)
{
	return (uint8_t)(u->kind << 1 | u->is_elongated);
}

/* Where a word is looked for; hash: word_hash().  What is not drawn out is hardly ever of two kinds. */
static inline uint64_t
word_memo_hash_of(uint64_t hash, uint8_t kind)
{
	return hash + (kind & 1) * WORD_HASH_FACTOR;
}

static inline uint64_t
word_memo_hash(const struct unit *u)
{
	return word_memo_hash_of(u->word->hash, word_memo_kind(u));
}

/* Where the places of a word begin, and what they are told apart by. */
static inline size_t
word_memo_place(uint64_t hash, uint32_t *tag_r)
{
	/* The bits of word_hash() that know of all bytes: those below 32, with those above folded in. */
	*tag_r = (uint32_t)(hash >> 40) & 0xffff;
	return (size_t)(hash >> 17) % WORD_MEMO_SETS * WORD_MEMO_WAYS;
}

/* The number of the fact in one of these places with this tag; 0: in none. */
static inline uint32_t
word_memo_tagged(const uint32_t places[WORD_MEMO_WAYS], uint32_t tag)
{
	_Static_assert(WORD_MEMO_WAYS == 4, "all places are looked at");
#ifdef __SSE2__
	__m128i all = _mm_loadu_si128((const __m128i *)(const void *)places);
	__m128i same = _mm_cmpeq_epi32(_mm_srli_epi32(all, 16), _mm_set1_epi32((int)tag));
	/* Without branches, as the place is anybody's guess. */
	unsigned bits = (unsigned)_mm_movemask_ps(_mm_castsi128_ps(same));
	uint32_t found = places[(unsigned)__builtin_ctz(bits | 8)];
	return found & 0xffff & -(uint32_t)(bits != 0);
#else
	uint32_t found = places[0] >> 16 == tag ? places[0] : 0;
	found = places[1] >> 16 == tag ? places[1] : found;
	found = places[2] >> 16 == tag ? places[2] : found;
	found = places[3] >> 16 == tag ? places[3] : found;
	return found & 0xffff;
#endif
}

/* The number of the fact that is likely to be that of the word with this hash; 0, nobody's, when it is not there.
 * Its memory is asked for. */
static inline uint16_t
word_memo_likely(const struct word_memo *m, uint64_t hash)
{
	uint32_t tag;
	const uint32_t *places = m->index + word_memo_place(hash, &tag);
	uint32_t number = word_memo_tagged(places, tag);
	__builtin_prefetch(&m->facts[number]);
	__builtin_prefetch(m->facts[number].behind);
	return (uint16_t)number;
}

/* Are these the same, of 9 to WORD_FACT_BYTES bytes? */
static inline bool
word_memo_are_same(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len - 8; i += 8) {
		if (word_load(a + i, 8) != word_load(b + i, 8))
			return false;
	}
	return word_load(a + len - 8, 8) == word_load(b + len - 8, 8);
}

/* Words up to eight bytes with the same length and the same hash are the same (word.h). */
static inline bool
word_fact_is_of(const struct word_fact *f, uint8_t kind, const struct word_key *word)
{
	size_t len = word->text.len;
	return f->hash == word->hash && f->len == len && f->kind == kind &&
	    (len <= 8 || word_memo_are_same(f->word, word->text.ptr, len));
}

/* Which of the first `len` bytes, at most WORD_MEMO_NEAR, differ; 0: none.  So many may be read of both. */
#define WORD_MEMO_NEAR 16
static inline uint64_t
word_memo_differences(const char *a, const char *b, size_t len)
{
#ifdef __SSE2__
	__m128i first = _mm_loadu_si128((const __m128i *)(const void *)a);
	__m128i second = _mm_loadu_si128((const __m128i *)(const void *)b);
	unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(first, second));
	return ~same & ((1u << len) - 1);
#else
	/* Two reads that overlap; of a short word what it has of the first. */
	size_t last = len < 8 ? 0 : len - 8;
	uint64_t near = len < 8 ? (1ULL << 8 * len) - 1 : UINT64_MAX;
	return ((word_load(a, 8) ^ word_load(b, 8)) & near) |
	    ((word_load(a + last, 8) ^ word_load(b + last, 8)) & near);
#endif
}

/* Is this the fact of the piece, and is the piece one unit?  Which kind it has the tokeniser has said when it saw
 * the piece alone.  As many bytes may be read as make it WORD_MEMO_NEAR long: how long it is cannot be foreseen,
 * so most are compared without a branch. */
static inline bool
word_fact_is_piece(const struct word_fact *f, struct slice piece)
{
	uint32_t head =
	    word_fact_head(f) & WORD_HEAD(UINT8_MAX, WORD_FACT_FURTHER, WORD_FACT_ALONE);
	uint32_t want = WORD_HEAD(piece.len, 0, WORD_FACT_ALONE);
	if (piece.len > WORD_MEMO_NEAR)
		return head == want && piece.len <= WORD_FACT_BYTES &&
		    word_memo_are_same(f->word, piece.ptr, piece.len);
	return ((head ^ want) | word_memo_differences(f->word, piece.ptr, piece.len)) == 0;
}

/* The fact of a unit's word, its languages filled; the rest is the caller's to fill when lang is not
 * the one it wants.  Valid until the next word_memo_begin().  NULL: the word is not kept. */
static inline struct word_fact *
word_memo_fact(struct word_memo *m, const struct language_model *languages, const struct unit *u)
{
	uint8_t kind = word_memo_kind(u);
	struct word_key key = unit_key(u);
	if (key.text.len == 0 || key.text.len > WORD_FACT_BYTES)
		return NULL;
	struct word_fact *f = &m->facts[word_memo_likely(m, word_memo_hash_of(key.hash, kind))];
	if (!word_fact_is_of(f, kind, &key))
		return word_memo_learn(m, languages, u);
	f->post = m->post;
	return f;
}

/* The fact of the same word for this language, its entries filled or (lang LANGUAGE_COUNT) the caller's to
 * fill, who sets `lang` then.  f: of any language, of this post.  Where there is no room for one the word's first
 * is the caller's to fill, whatever it is filled for. */
struct word_fact *
word_memo_in_language(struct word_memo *m, const struct word_fact *f, enum language lang);

/* Keeps a stem; false: it is too different from its word. */
bool word_fact_set_stem(struct word_fact *f, struct slice stem);
/* A stem that is not its word's beginning; it lies in the arena, ptr NULL without memory. */
struct slice word_fact_join(const struct word_fact *f, struct slice word, struct arena *a);
static inline size_t
word_fact_stem_common(const struct word_fact *f)
{
	return f->stem_lens % (1u << WORD_FACT_COMMON_BITS);
}

static inline size_t
word_fact_stem_tail(const struct word_fact *f)
{
	return f->stem_lens >> WORD_FACT_COMMON_BITS;
}

/* The stem of this fact's word. */
static inline struct slice
word_fact_stem(const struct word_fact *f, struct slice word, struct arena *a)
{
	if (word_fact_stem_tail(f) > 0)
		return word_fact_join(f, word, a);
	return slice_make(word.ptr, word_fact_stem_common(f));
}

#endif
