/*
 * post_cut_pieces.c - what stands between the blanks of a post: where each piece begins and ends, the sign
 * behind it, its hash, and the memory of its fact, asked for long before it is looked at.
 */
#include "nlp/post_cut_internal.h"

#include "core/err.h"
#include "nlp/byte_block.h"
#include "nlp/emoticon.h"

#define SIGN_SOME 8 /* needs a second look: it may be a token, or "d:" an emoticon */
#define SIGN_MORE 16 /* before a sign: that is not the only one, or not behind a word */
static const uint8_t SIGNS[256] = {
    [','] = SIGN_BREAK | SIGN_MORE,
    [';'] = SIGN_BREAK | SIGN_MORE,
    [':'] = SIGN_BREAK | SIGN_MORE | SIGN_SOME,
    ['.'] = SIGN_DOT | SIGN_MORE,
    ['!'] = SIGN_MARK | SIGN_MORE | SIGN_SOME,
    ['?'] = SIGN_MARK | SIGN_MORE | SIGN_SOME,
    [' '] = SIGN_MORE,
};

static inline uint8_t
sign_of(char c)
{
	return SIGNS[(unsigned char)c];
}

static inline struct piece *
put_piece(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t len, uint32_t sign)
{
	uint64_t hash = word_hash_padded(slice_make(folded + start, len));
	*next = (struct piece){.start = start,
	    .len = len,
	    .word = word_memo_likely(words, hash),
	    .sign = (uint8_t)(sign & (SIGN_BREAK | SIGN_DOT))};
	return next + 1;
}

/* A piece with one sign that needs a second look, or with several: the word and the signs, or all in one. */
static __attribute__((noinline)) struct piece *
put_parts(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end)
{
	uint32_t word_end = end, all = 0;
	for (uint32_t sign; word_end > start && (sign = sign_of(folded[word_end - 1])) != 0;
	     word_end--)
		all |= sign;
	uint32_t word_len = word_end - start, sign_len = end - word_end;
	bool is_emoticon = word_len == 1 && emoticon_may_begin(folded[start], folded[word_end]);
	if (sign_len == 1 && word_len > 0 && !is_emoticon && (all & SIGN_MARK) == 0)
		return put_piece(next, words, folded, start, word_len, all);
	if ((all & SIGN_BREAK) != 0 || word_len == 0)
		return put_piece(next, words, folded, start, end - start, 0);
	next = put_piece(next, words, folded, start, word_len, 0);
	return put_piece(next, words, folded, word_end, sign_len, 0);
}

/* What stands between two blanks. */
static inline struct piece *
put_pieces(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end)
{
	if (start == end)
		return next;
	const char *behind = folded + end;
	uint32_t sign = sign_of(behind[-1]), before = sign_of(behind[-2]);
	if ((sign & (before | SIGN_SOME)) != 0)
		return put_parts(next, words, folded, start, end);
	return put_piece(next, words, folded, start, end - start - (sign != 0), sign);
}

/* The pieces of the text; returns one behind the last. */
static struct piece *
split(struct slice folded, const struct word_memo *words, struct piece *next)
{
	uint32_t start = 0;
	for (size_t base = 0; base <= folded.len; base += BYTE_BLOCKS) {
		uint64_t blanks = byte_block_blanks(folded.ptr + base);
		/* The end of the text is one. */
		if (folded.len - base < BYTE_BLOCKS)
			blanks |= 1ULL << (folded.len - base);
		for (; blanks != 0; blanks &= blanks - 1) {
			uint32_t end = (uint32_t)base + (uint32_t)__builtin_ctzll(blanks);
			next = put_pieces(next, words, folded.ptr, start, end);
			start = end + 1;
		}
	}
	return next;
}

int
post_cut_find_pieces(struct cut *k)
{
	const struct word_memo words = *k->c->words; /* stays in registers */
	struct slice folded = k->c->cutting.normal.folded;
	struct piece *pieces = scratch_need(&k->c->pieces, (folded.len + 2) * sizeof *pieces);
	if (pieces == NULL)
		return err_set(k->err, ERR_NOMEM, "no memory to cut a text");
	struct piece *end = split(folded, &words, pieces);
	end->start = (uint32_t)folded.len;
	k->pieces = pieces;
	k->piece_count = (size_t)(end - pieces);
	return 0;
}
