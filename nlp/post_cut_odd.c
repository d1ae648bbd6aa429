/*
 * post_cut_odd.c - pieces that are not known, but whose parts are: "(great", "50%", "sad\"", an emoji with
 * a skin tone, a few emoji in a row, "!!!!!"; and signs alone, which are no token.
 *
 * The tokeniser passes over a sign that begins nothing, and what stands behind it is read as behind a
 * blank.  So the signs around a piece are passed over here, and the rest is taken as a piece of its own.
 * What may be read in another way is left to the tokeniser.
 */
#include "nlp/post_cut_internal.h"

#include "nlp/charclass.h"
#include "nlp/emoticon.h"

#define PARTS_MAX 8

/* ---- signs ------------------------------------------------------------------------ */

/* Signs that are no token, nor a part of one, where no letter or digit stands on their other side. */
static const uint8_t IS_PASSED[128] = {
    ['"'] = 1,
    ['$'] = 1,
    ['%'] = 1,
    ['&'] = 1,
    ['\''] = 1,
    ['('] = 1,
    [')'] = 1,
    ['+'] = 1,
    ['-'] = 1,
    ['/'] = 1,
    ['<'] = 1,
    ['='] = 1,
    ['>'] = 1,
    ['['] = 1,
    ['\\'] = 1,
    [']'] = 1,
    ['^'] = 1,
    ['{'] = 1,
    ['|'] = 1,
    ['}'] = 1,
    ['~'] = 1,
};

/* Is the sign at byte `at` one to pass over? */
static bool
is_passed(struct slice text, uint32_t at)
{
	unsigned char c = (unsigned char)text.ptr[at];
	struct slice emoticon;
	return c < 0x80 && IS_PASSED[c] != 0 &&
	    (!emoticon_may_begin(text.ptr[at], text.ptr[at + 1]) ||
		emoticon_at(text, at, &emoticon) == 0);
}

/* The piece without the signs around it. */
static struct piece
strip(struct slice text, const struct piece *r)
{
	uint32_t from = r->start, to = piece_end(r);
	while (from < to && is_passed(text, from))
		from++;
	while (to > from && is_passed(text, to - 1))
		to--;
	return (struct piece){.start = from, .len = to - from, .sign = r->sign};
}

/* May what was stripped be read like a piece of its own? */
static bool
is_whole(const char *folded, const struct piece *core)
{
	const char *p = folded + core->start;
	char last = p[core->len - 1];
	bool begins = charclass_is_alnum(p[0]) || p[0] == '#' || p[0] == '@' || (p[0] & 0x80) != 0;
	bool ends = charclass_is_alnum(last) || (last & 0x80) != 0;
	/* "x)" and "8)" are emoticons. */
	return begins && ends && (core->len > 1 || !emoticon_may_begin(p[0], p[1]));
}

/* ---- emoji ------------------------------------------------------------------------- */

/* Bytes of what dresses the emoji before it: a selector or a skin tone; 0: nothing does. */
static uint32_t
dress_len(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	if (u[0] == 0xef && u[1] == 0xb8 && (u[2] == 0x8e || u[2] == 0x8f))
		return 3;
	bool is_tone = u[0] == 0xf0 && u[1] == 0x9f && u[2] == 0x8f && u[3] >= 0xbb;
	return is_tone ? 4 : 0;
}

/* Letters of flags, joiners and tags, which make one emoji of several characters. */
static bool
is_joint(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return (u[0] == 0xe2 && u[1] == 0x80 && u[2] == 0x8d) || u[0] == 0xf3 ||
	    (u[0] == 0xf0 && u[1] == 0x9f && u[2] == 0x87 && u[3] >= 0xa6);
}

/* ---- parts ------------------------------------------------------------------------- */

/* A known part, and how many bytes of its token stand behind it that are not in its word. */
struct part {
	struct piece piece;
	uint32_t more;
};

static const struct word_fact *
find_part(const struct cut *k, const char *folded, struct piece *p)
{
	const struct word_memo *words = k->c->words;
	struct slice text = slice_make(folded + p->start, p->len);
	p->word = word_memo_likely(words, word_hash_padded(text));
	const struct word_fact *f = &words->facts[p->word];
	return word_fact_is_piece(f, text) ? f : NULL;
}

/* An emoji at p->start; false: it is not known, or not alone. */
static bool
find_emoji(const struct cut *k, const char *folded, struct part *p)
{
	const char *at = folded + p->piece.start;
	p->piece.len = (unsigned char)at[0] >= 0xf0 ? 4 : 3;
	const char *end = at + p->piece.len;
	for (uint32_t len; (len = dress_len(end + p->more)) != 0;)
		p->more += len;
	if (is_joint(at) || is_joint(end + p->more))
		return false;
	const struct word_fact *f = find_part(k, folded, &p->piece);
	return f != NULL && f->kind >> 1 == TOKEN_EMOJI;
}

/* A row of more than three marks, which is written as three; 0: it is none. */
static size_t
find_marks(const struct cut *k, const char *folded, struct part *p)
{
	const char *at = folded + p->piece.start;
	char last = at[p->piece.len - 1];
	for (uint32_t i = 2; i < p->piece.len; i++) {
		if (at[i] != last)
			return 0;
	}
	p->more = p->piece.len - 3;
	p->piece.len = 3;
	const struct word_fact *f = find_part(k, folded, &p->piece);
	return f != NULL && f->kind >> 1 == TOKEN_PUNCT;
}

static bool
is_emoji_lead(char c)
{
	return (unsigned char)c >= 0xe2;
}

/* The parts of a piece that is more than signs; 0: they are not all known. */
static size_t
find_parts(const struct cut *k, const char *folded, const struct piece *core, bool is_stripped,
    struct part parts[PARTS_MAX])
{
	uint32_t at = core->start, end = piece_end(core);
	size_t n = 0;
	while (at < end && n < PARTS_MAX) {
		struct part *p = &parts[n++];
		*p = (struct part){.piece = {.start = at}};
		if (is_emoji_lead(folded[at])) {
			if (!find_emoji(k, folded, p))
				return 0;
		} else {
			uint32_t to = at + 1;
			while (to < end && !is_emoji_lead(folded[to]))
				to++;
			if (to == end && at == core->start && !is_stripped)
				return 0; /* it was looked for */
			p->piece.len = to - at;
			const struct word_fact *f = find_part(k, folded, &p->piece);
			/* Emoticons of letters want a blank before them. */
			if (f == NULL || f->kind >> 1 == TOKEN_EMOTICON)
				return 0;
		}
		at = piece_end(&p->piece) + p->more;
	}
	if (at != end)
		return 0;
	parts[n - 1].piece.sign = core->sign;
	return n;
}

/* The last token, and its unit, reach up to this byte of the folded text. */
static void
stretch(struct cut *k, uint32_t folded_end)
{
	struct cutting *c = &k->c->cutting;
	uint32_t more = normalise_end(k->tokeniser.n, folded_end) - k->maker.end;
	c->tokens.items[c->tokens.count - 1].len += more;
	c->units.items[c->units.count - 1].len += more;
	k->maker.end += more;
}

/* Takes the parts; false: the rest is for the tokeniser. */
static bool
take_parts(struct cut *k, const struct part *parts, size_t count, const struct piece *next)
{
	for (size_t i = 0; i < count; i++) {
		const struct part *p = &parts[i];
		struct piece two[2] = {p->piece, i + 1 < count ? parts[i + 1].piece : *next};
		if (post_cut_take_known(k, two, two + 1) == two)
			return false;
		if (p->more > 0)
			stretch(k, piece_end(&p->piece) + p->more);
	}
	return true;
}

/* The known parts of a piece, without the signs around it; 0: the tokeniser is to look at it. */
static size_t
parts_of(const struct cut *k, const struct piece *r, const struct piece *core,
    struct part parts[PARTS_MAX])
{
	const char *folded = k->tokeniser.text.ptr;
	bool is_stripped = core->len != r->len;
	if (is_whole(folded, core))
		return find_parts(k, folded, core, is_stripped, parts);
	if (is_stripped || core->len <= 3)
		return 0;
	parts[0] = (struct part){.piece = *core};
	return find_marks(k, folded, &parts[0]);
}

bool
post_cut_take_odd(struct cut *k, const struct piece *r)
{
	struct part parts[PARTS_MAX];
	if (post_cut_take_name(k, r, r + 1))
		return true;
	struct piece core = strip(k->tokeniser.text, r);
	if (core.len == 0) {
		if ((core.sign & SIGN_DOT) != 0)
			return false;
		k->tokeniser.at = r[1].start;
		return true;
	}
	if (core.len != r->len && post_cut_take_name(k, &core, r + 1))
		return true;
	size_t count = parts_of(k, r, &core, parts);
	size_t left = k->piece_count - (size_t)(r - k->pieces);
	if (count == 0 || (count > 1 && post_cut_reserve(k, left + count) <= 0))
		return false;
	return take_parts(k, parts, count, r + 1);
}
