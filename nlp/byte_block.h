/*
 * byte_block.h - sixteen bytes of text at a time: lower case, and a bit for each byte that says
 * what it is.
 *
 * With SSE2, which every x86-64 has, or in plain C; both give the same answer (tests/nlp).  Bytes
 * that are not ASCII are copied, and their bit is set in `high`.  A grave accent, which stands for
 * an apostrophe, becomes one.
 */
#ifndef NLP_BYTE_BLOCK_H
#define NLP_BYTE_BLOCK_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BYTE_BLOCK 16

/* Bit i speaks of byte i. */
struct byte_block {
	uint32_t high; /* not ASCII */
	uint32_t letters, alnum; /* ASCII letters; letters and digits */
	uint32_t same; /* the folded byte equals the one before it */
};

/* Reads BYTE_BLOCK bytes and writes as many.  before: the folded byte in front of them, 0 for none.
 */
static inline struct byte_block
byte_block_fold_plain(const char *in, char *out, unsigned char before)
{
	struct byte_block b = {0, 0, 0, 0};
	for (uint32_t i = 0; i < BYTE_BLOCK; i++) {
		unsigned char c = (unsigned char)in[i];
		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c | 0x20);
		else if (c == '`')
			c = '\'';
		uint32_t is_letter = c >= 'a' && c <= 'z', is_digit = c >= '0' && c <= '9';
		b.high |= (uint32_t)(c >> 7) << i;
		b.letters |= is_letter << i;
		b.alnum |= (is_letter | is_digit) << i;
		b.same |= (uint32_t)(c == before) << i;
		out[i] = (char)c;
		before = c;
	}
	return b;
}

/* Bit i: byte i of these BYTE_BLOCKS bytes is a blank. */
#define BYTE_BLOCKS 64
static inline uint64_t
byte_block_blanks_plain(const char *in)
{
	uint64_t blanks = 0;
	for (int i = 0; i < BYTE_BLOCKS; i++)
		blanks |= (uint64_t)(in[i] == ' ') << i;
	return blanks;
}

#ifdef __SSE2__
static inline uint64_t
byte_block_blanks(const char *in)
{
	uint64_t blanks = 0;
	for (int i = 0; i < BYTE_BLOCKS; i += BYTE_BLOCK) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
		v = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
		blanks |= (uint64_t)(uint32_t)_mm_movemask_epi8(v) << i;
	}
	return blanks;
}

/* Which bytes lie in [first, first + count)?  Signed comparison behind a shift of the range's start
 * to the smallest number. */
static inline __m128i
byte_block_range(__m128i v, char first, char count)
{
	__m128i moved = _mm_sub_epi8(v, _mm_set1_epi8((char)(first - 128)));
	return _mm_cmplt_epi8(moved, _mm_set1_epi8((char)(count - 128)));
}

static inline struct byte_block
byte_block_fold(const char *in, char *out, unsigned char before)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)in);
	__m128i upper = byte_block_range(v, 'A', 26);
	__m128i grave = _mm_cmpeq_epi8(v, _mm_set1_epi8('`'));
	v = _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
	v = _mm_xor_si128(v, _mm_and_si128(grave, _mm_set1_epi8('`' ^ '\'')));
	_mm_storeu_si128((__m128i *)(void *)out, v);
	__m128i letters = byte_block_range(v, 'a', 26), digits = byte_block_range(v, '0', 10);
	__m128i shifted = _mm_or_si128(_mm_slli_si128(v, 1), _mm_cvtsi32_si128(before));
	return (struct byte_block){
	    .high = (uint32_t)_mm_movemask_epi8(v),
	    .letters = (uint32_t)_mm_movemask_epi8(letters),
	    .alnum = (uint32_t)_mm_movemask_epi8(_mm_or_si128(letters, digits)),
	    .same = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, shifted)),
	};
}
#else
static inline uint64_t
byte_block_blanks(const char *in)
{
	return byte_block_blanks_plain(in);
}

static inline struct byte_block
byte_block_fold(const char *in, char *out, unsigned char before)
{
	return byte_block_fold_plain(in, out, before);
}
#endif

#endif
