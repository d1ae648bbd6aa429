/*
 * post_cut_odd.c - pieces that are not known, but whose parts are: "(great", "50%", "sad.)", an emoji with
 * a skin tone, a few emoji in a row, "!!!!!"; and signs alone, which are no token.
 *
 * The tokeniser passes over a sign that begins nothing, and what stands behind it is read as behind a
 * blank.  So the signs around a piece are passed over here, and the rest is taken as a piece of its own.
 * What may be read in another way is left to the tokeniser.
 */
#include "nlp/post_cut_internal.h"

#include "nlp/address.h"
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

/* Alone between blanks. */
static bool
is_passed_alone(char c)
{
	return c == '@' || c == '#' || c == '*' || c == '_' || c == ',' || c == ';' || c == ':';
}

/* Signs of Latin-1 and of money, and dashes: how many bytes of one stand at p; 0: none. */
static uint32_t
high_sign_len(const unsigned char *p)
{
	if (p[0] == 0xc2)
		return charclass_is_latin_sign(p[1]) ? 2 : 0;
	bool is_dash =
	    p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0x93 || p[2] == 0x94 || p[2] == 0xa2);
	bool is_euro = p[0] == 0xe2 && p[1] == 0x82 && p[2] == 0xac;
	return is_dash || is_euro ? 3 : 0;
}

/* How many bytes of a sign to pass over stand at byte `at`. */
static uint32_t
passed_len(struct slice text, uint32_t at)
{
	const char *p = text.ptr + at;
	struct slice emoticon;
	if ((p[0] & 0x80) != 0)
		return high_sign_len((const unsigned char *)p);
	if (IS_PASSED[(unsigned char)p[0]] == 0)
		return 0;
	return !emoticon_may_begin(p[0], p[1]) || emoticon_at(text, at, &emoticon) == 0;
}

/* How many of one that ends at byte `end`, behind `from`. */
static uint32_t
passed_len_before(struct slice text, uint32_t from, uint32_t end)
{
	uint32_t len = 1;
	while (len < 3 && len < end - from && (text.ptr[end - len] & 0xc0) == 0x80)
		len++;
	return passed_len(text, end - len) == len ? len : 0;
}

static bool
is_mark(char c)
{
	return c == '!' || c == '?' || c == '.';
}

/* A piece without the signs around it, and how many marks stand behind it that are a token. */
struct core {
	struct piece piece;
	uint32_t marks;
};

/* The comma, the dot or the marks behind a word and before a bracket or a quote. */
static void
strip_inner(struct slice text, struct core *c)
{
	struct piece *p = &c->piece;
	const char *end = text.ptr + piece_end(p);
	while (c->marks < p->len && is_mark(end[-1 - (int64_t)c->marks]))
		c->marks++;
	p->len -= c->marks;
	if (c->marks == 1 && end[-1] == '.') {
		c->marks = 0;
		p->sign |= SIGN_DOT;
	} else if (p->len > 1 && end[-1] == ',') {
		p->len--;
		p->sign |= SIGN_BREAK;
	}
}

static struct core
strip(struct slice text, const struct piece *r)
{
	uint32_t from = r->start, to = piece_end(r);
	for (uint32_t len; from < to && (len = passed_len(text, from)) > 0;)
		from += len;
	for (uint32_t len; to > from && (len = passed_len_before(text, from, to)) > 0;)
		to -= len;
	struct core c = {.piece = {.start = from, .len = to - from, .sign = r->sign}};
	strip_inner(text, &c);
	return c;
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

struct slice
post_cut_inside(struct slice text, const struct piece *r)
{
	struct piece core = strip(text, r).piece;
	const char *p = text.ptr + core.start;
	struct slice inside = slice_make(p, core.len);
	/* Emoticons of letters want a blank before them, "http" wants one behind. */
	if (core.len == 0 || !is_whole(text.ptr, &core) || emoticon_may_begin(p[0], p[1]) ||
	    address_is_scheme(inside))
		return SLICE_NONE;
	return inside;
}

/* ---- emoji ------------------------------------------------------------------------- */

/* Bytes of what dresses the emoji before it: a selector or a skin tone; 0: nothing does. */
static uint32_t
dress_len(const unsigned char *p)
{
	if (p[0] == 0xef && p[1] == 0xb8 && (p[2] == 0x8e || p[2] == 0x8f))
		return 3;
	bool is_tone = p[0] == 0xf0 && p[1] == 0x9f && p[2] == 0x8f && p[3] >= 0xbb;
	return is_tone ? 4 : 0;
}

static bool
is_flag_letter(const unsigned char *p)
{
	return p[0] == 0xf0 && p[1] == 0x9f && p[2] == 0x87 && p[3] >= 0xa6;
}

static bool
is_joiner(const unsigned char *p)
{
	return p[0] == 0xe2 && p[1] == 0x80 && p[2] == 0x8d;
}

static uint32_t
emoji_char_len(const unsigned char *p)
{
	return p[0] >= 0xf0 ? 4 : 3;
}

/* How many bytes of an emoji stand at p: a flag, or what is joined and not dressed in between. */
static uint32_t
emoji_len(const unsigned char *p)
{
	uint32_t len = emoji_char_len(p);
	if (is_flag_letter(p))
		return is_flag_letter(p + len) ? 2 * len : len;
	while (is_joiner(p + len) && p[len + 3] >= 0xe2 && len < WORD_FACT_BYTES)
		len += 3 + emoji_char_len(p + len + 3);
	return len;
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

/* An emoji at p->start; false: it is not known, or goes on in a way that is not looked at here. */
static bool
find_emoji(const struct cut *k, const char *folded, struct part *p)
{
	const unsigned char *at = (const unsigned char *)folded + p->piece.start;
	p->piece.len = emoji_len(at);
	const unsigned char *end = at + p->piece.len;
	p->more = is_flag_letter(at) ? 0 : dress_len(end);
	end += p->more;
	bool goes_on = is_joiner(end) || end[0] == 0xf3 || (p->more > 0 && dress_len(end) > 0);
	if (goes_on)
		return false;
	const struct word_fact *f = find_part(k, folded, &p->piece);
	return f != NULL && f->kind >> 1 == TOKEN_EMOJI;
}

/* A row of marks, of which three are written at most. */
static bool
find_marks(const struct cut *k, const char *folded, uint32_t start, uint32_t len, struct part *p)
{
	const char *at = folded + start;
	uint32_t written = len < 3 ? len : 3;
	*p = (struct part){.piece = {.start = start, .len = written}, .more = len - written};
	/* Whether a row ends a sentence those that are written say. */
	for (uint32_t i = 3; i < len; i++) {
		if (at[i] != at[2])
			return false;
	}
	const struct word_fact *f = find_part(k, folded, &p->piece);
	return f != NULL && f->kind >> 1 == TOKEN_PUNCT;
}

static bool
is_emoji_lead(char c)
{
	return (unsigned char)c >= 0xe2;
}

/* What stands at p->start up to the next emoji. */
static bool
find_word(const struct cut *k, const char *folded, uint32_t end, struct part *p)
{
	uint32_t to = p->piece.start + 1;
	while (to < end && !is_emoji_lead(folded[to]))
		to++;
	p->piece.len = to - p->piece.start;
	const struct word_fact *f = find_part(k, folded, &p->piece);
	/* Emoticons of letters want a blank before them. */
	return f != NULL && f->kind >> 1 != TOKEN_EMOTICON;
}

/* The parts of what is not only signs; 0: they are not all known. */
static size_t
find_parts(
    const struct cut *k, const char *folded, const struct core *c, struct part parts[PARTS_MAX])
{
	uint32_t at = c->piece.start, end = piece_end(&c->piece);
	size_t n = 0;
	while (at < end && n < PARTS_MAX - 1) {
		struct part *p = &parts[n++];
		*p = (struct part){.piece = {.start = at}};
		bool is_known = is_emoji_lead(folded[at]) ? find_emoji(k, folded, p)
							  : find_word(k, folded, end, p);
		if (!is_known)
			return 0;
		at = piece_end(&p->piece) + p->more;
	}
	if (at != end || (c->marks > 0 && !find_marks(k, folded, end, c->marks, &parts[n++])))
		return 0;
	if (n > 0) /* none: signs alone, the last of which ends something */
		parts[n - 1].piece.sign = c->piece.sign;
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

/* The known parts of a piece; 0: the tokeniser is to look at it. */
static size_t
parts_of(
    const struct cut *k, const struct piece *r, const struct core *c, struct part parts[PARTS_MAX])
{
	const char *folded = k->tokeniser.text.ptr;
	const struct piece *core = &c->piece;
	/* A plain word was looked for. */
	bool is_plain = core->len == r->len && (folded[piece_end(r) - 1] & 0x80) == 0;
	if (is_plain || (core->len > 0 && !is_whole(folded, core)))
		return 0;
	return find_parts(k, folded, c, parts);
}

/* A piece of signs that are no token.  A dot alone ends a sentence, unless it is that of an initial. */
static bool
pass_signs(struct cut *k, const struct piece *r, const struct core *c)
{
	struct token_list *l = &k->c->cutting.tokens;
	bool is_dot = r->len == 1 && k->tokeniser.text.ptr[r->start] == '.';
	if (c->marks > 0 || ((c->piece.sign & SIGN_DOT) != 0 && !is_dot))
		return false;
	if (is_dot && l->count > 0 && l->items[l->count - 1].len != 1)
		l->items[l->count - 1].ends_sentence = true;
	k->tokeniser.at = r[1].start;
	return true;
}

bool
post_cut_take_odd(struct cut *k, const struct piece *r)
{
	struct part parts[PARTS_MAX];
	if (post_cut_take_name(k, r, r + 1))
		return true;
	struct core c = strip(k->tokeniser.text, r);
	if (r->len == 1 && is_passed_alone(k->tokeniser.text.ptr[r->start]))
		c.piece.len = 0;
	if (c.piece.len == 0 && pass_signs(k, r, &c))
		return true;
	if (c.piece.len != r->len && c.piece.len > 0 && c.marks == 0 &&
	    post_cut_take_name(k, &c.piece, r + 1))
		return true;
	size_t count = parts_of(k, r, &c, parts);
	size_t left = k->piece_count - (size_t)(r - k->pieces);
	if (count == 0 || (count > 1 && post_cut_reserve(k, left + count) <= 0))
		return false;
	return take_parts(k, parts, count, r + 1);
}
