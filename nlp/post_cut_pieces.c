/*
 * post_cut_pieces.c - what stands between the blanks of a post: where each piece begins and ends, the sign
 * behind it, its hash, and the memory of its fact, asked for long before it is looked at.
 */
#include "nlp/post_cut_internal.h"

#include "core/err.h"
#include "nlp/byte_block.h"

static const uint8_t SIGNS[256] = {
    [','] = SIGN_BREAK,
    [';'] = SIGN_BREAK,
    [':'] = SIGN_BREAK,
    ['.'] = SIGN_DOT,
    ['!'] = SIGN_MARK,
    ['?'] = SIGN_MARK,
};

/* What a piece that begins with this byte is likely to be: a word where nothing is said. */
static const uint8_t LOOKS_LIKE[256] = {
    ['0'] = TOKEN_NUMBER,
    ['1'] = TOKEN_NUMBER,
    ['2'] = TOKEN_NUMBER,
    ['3'] = TOKEN_NUMBER,
    ['4'] = TOKEN_NUMBER,
    ['5'] = TOKEN_NUMBER,
    ['6'] = TOKEN_NUMBER,
    ['7'] = TOKEN_NUMBER,
    ['8'] = TOKEN_NUMBER,
    ['9'] = TOKEN_NUMBER,
    ['#'] = TOKEN_HASHTAG,
    ['@'] = TOKEN_MENTION,
    ['!'] = TOKEN_PUNCT,
    ['?'] = TOKEN_PUNCT,
    ['.'] = TOKEN_PUNCT,
    [':'] = TOKEN_EMOTICON,
    [';'] = TOKEN_EMOTICON,
    ['='] = TOKEN_EMOTICON,
    ['<'] = TOKEN_EMOTICON,
    ['('] = TOKEN_EMOTICON,
    ['^'] = TOKEN_EMOTICON,
    [0xe2] = TOKEN_EMOJI,
    [0xf0] = TOKEN_EMOJI,
};

static inline uint8_t
sign_at(const char *folded, uint32_t at)
{
	return SIGNS[(unsigned char)folded[at]];
}

/* word_memo_kind() of what the piece looks like. */
static inline uint8_t
looks_like(const char *folded, uint32_t start, uint32_t end)
{
	uint8_t kind = LOOKS_LIKE[(unsigned char)folded[start]];
	bool is_word = kind == TOKEN_NUMBER && folded[end - 1] > '9'; /* "2nd" */
	return (uint8_t)((is_word ? TOKEN_WORD : kind) << 1);
}

static inline struct piece *
put_piece(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end, uint8_t sign)
{
	uint8_t kind = looks_like(folded, start, end);
	uint64_t hash = word_hash_padded(slice_make(folded + start, end - start));
	word_memo_prefetch(words, word_memo_hash_of(hash, kind));
	next->start = start;
	next->end = end;
	next->hash = hash;
	next->kind = kind;
	next->sign = sign;
	return next + 1;
}

/* A piece with several signs at its end, or one that is a token: the word and the signs, or all in one. */
static __attribute__((noinline)) struct piece *
put_parts(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end)
{
	uint32_t word_end = end;
	bool are_token = true;
	for (; word_end > start && sign_at(folded, word_end - 1) != 0; word_end--)
		are_token &= sign_at(folded, word_end - 1) != SIGN_BREAK;
	if (!are_token || word_end == start)
		return put_piece(next, words, folded, start, end, 0);
	next = put_piece(next, words, folded, start, word_end, 0);
	return put_piece(next, words, folded, word_end, end, 0);
}

/* What stands between two blanks. */
static inline struct piece *
put_pieces(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end)
{
	uint32_t len = end - start;
	if (len == 0)
		return next;
	/* "d:" is an emoticon. */
	uint8_t sign = len > 1u + (folded[end - 1] == ':') ? sign_at(folded, end - 1) : 0;
	uint32_t has_sign = sign != 0;
	if ((has_sign & (sign_at(folded, end - 1 - has_sign) != 0)) | (sign == SIGN_MARK))
		return put_parts(next, words, folded, start, end);
	return put_piece(next, words, folded, start, end - has_sign, sign);
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
	for (struct piece *p = pieces; p < end; p++) {
		p->fact = word_memo_likely(&words, word_memo_hash_of(p->hash, p->kind));
		__builtin_prefetch(p->fact);
		__builtin_prefetch(p->fact->behind);
	}
	k->pieces = pieces;
	k->piece_count = (size_t)(end - pieces);
	return 0;
}
