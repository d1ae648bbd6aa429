/*
 * byte_block.h - sixteen bytes of text at a time: to lower case, and which are letters or digits; and where
 * blanks stand, 64 bytes at a time.
 *
 * With SSE2, which every x86-64 has, or in plain C; both give the same answer (tests/nlp).  Bytes
 * that are not ASCII are copied.  A grave accent, which stands for an apostrophe, becomes one.
 */
#ifndef NLP_BYTE_BLOCK_H
#define NLP_BYTE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BYTE_BLOCK 16

/* Reads BYTE_BLOCK bytes and writes as many.  Bit i of the answer: byte i is not ASCII. */
static inline uint32_t
byte_block_fold_plain(const char *in, char *out)
{
	uint32_t high = 0;
	for (uint32_t i = 0; i < BYTE_BLOCK; i++) {
		unsigned char c = (unsigned char)in[i];
		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c | 0x20);
		else if (c == '`')
			c = '\'';
		high |= (uint32_t)(c >> 7) << i;
		out[i] = (char)c;
	}
	return high;
}

/* Bit i: byte i of these BYTE_BLOCK bytes is a small letter, a digit or `and_this`. */
static inline uint32_t
byte_block_alnum_plain(const char *in, char and_this)
{
	uint32_t alnum = 0;
	for (uint32_t i = 0; i < BYTE_BLOCK; i++) {
		bool is_alnum = (in[i] >= 'a' && in[i] <= 'z') || (in[i] >= '0' && in[i] <= '9');
		alnum |= (uint32_t)(is_alnum || in[i] == and_this) << i;
	}
	return alnum;
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

static inline uint32_t
byte_block_alnum(const char *in, char and_this)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)in);
	__m128i alnum = _mm_or_si128(byte_block_range(v, 'a', 26), byte_block_range(v, '0', 10));
	alnum = _mm_or_si128(alnum, _mm_cmpeq_epi8(v, _mm_set1_epi8(and_this)));
	return (uint32_t)_mm_movemask_epi8(alnum);
}

static inline uint32_t
byte_block_fold(const char *in, char *out)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)in);
	__m128i upper = byte_block_range(v, 'A', 26);
	__m128i grave = _mm_cmpeq_epi8(v, _mm_set1_epi8('`'));
	v = _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
	v = _mm_xor_si128(v, _mm_and_si128(grave, _mm_set1_epi8('`' ^ '\'')));
	_mm_storeu_si128((__m128i *)(void *)out, v);
	return (uint32_t)_mm_movemask_epi8(v);
}
#else
static inline uint64_t
byte_block_blanks(const char *in)
{
	return byte_block_blanks_plain(in);
}

static inline uint32_t
byte_block_alnum(const char *in, char and_this)
{
	return byte_block_alnum_plain(in, and_this);
}

static inline uint32_t
byte_block_fold(const char *in, char *out)
{
	return byte_block_fold_plain(in, out);
}
#endif

/* Where the small letters, digits and bytes `and_this` from byte `at` on end; behind the text as many other bytes
 * may be read as are in a block, the first of which is none of these. */
static inline size_t
byte_block_alnum_end(const char *text, size_t at, char and_this)
{
	uint32_t others;
	while ((others = ~byte_block_alnum(text + at, and_this) & ((1u << BYTE_BLOCK) - 1)) == 0)
		at += BYTE_BLOCK;
	return at + (size_t)__builtin_ctz(others);
}

#endif
