/*
 * post_cut_known.c - the pieces of a post that are known: most of any post.
 *
 * What the tokeniser makes of a piece that stands between blanks depends on the piece alone.  When it was
 * one token and one unit, its fact says so (WORD_FACT_ALONE), and the next time the tokeniser is not asked:
 * token and unit are written from the fact.  Names have no facts; those that are easily told are written
 * here, too.
 */
#include "nlp/post_cut_internal.h"

#include "nlp/address.h"
#include "nlp/byte_block.h"
#include "nlp/charclass.h"

#define NEW_CLAUSE 1u
#define NEW_SENTENCE (1u << 16 | NEW_CLAUSE)
_Static_assert((uint32_t)GAP_BREAK == NEW_CLAUSE && TOKENS_MAX <= UINT16_MAX, "places add up");

/* What is written next, and what is known at that point. */
struct pen {
	struct unit *unit;
	struct token *token;
	uint32_t number; /* of the token */
	uint32_t end; /* of the last one, in the text as written */
	uint32_t place; /* of the word before: clause, and sentence << 16 */
	uint32_t step; /* from there to this word: 0, NEW_CLAUSE or NEW_SENTENCE */
	uint32_t post; /* the number the memo has for it */
	bool is_quoted;
};

static struct pen
take_pen(const struct cut *k)
{
	const struct cutting *c = &k->c->cutting;
	size_t n = c->tokens.count;
	return (struct pen){.unit = c->units.items + c->units.count,
	    .token = c->tokens.items + n,
	    .number = (uint32_t)n,
	    .end = k->maker.end,
	    .place = k->maker.place.clause | (uint32_t)k->maker.place.sentence << 16,
	    .step = n > 0 && c->tokens.items[n - 1].ends_sentence ? NEW_SENTENCE : 0,
	    .post = k->c->words->post,
	    .is_quoted = k->maker.place.is_quoted};
}

/* next: the piece to go on with. */
static void
put_pen(struct cut *k, const struct pen *p, const struct piece *next)
{
	struct cutting *c = &k->c->cutting;
	c->units.count = (size_t)(p->unit - c->units.items);
	c->tokens.count = k->seen = p->number;
	k->tokeniser.at = next->start;
	k->maker.end = p->end;
	k->maker.place.clause = (uint16_t)p->place;
	k->maker.place.sentence = (uint16_t)(p->place >> 16);
}

/* What stands between two tokens of the text as written, as units_more() reads it. */
static inline uint32_t
gap_between(const char *written, uint32_t from, uint32_t to)
{
	bool is_blank = to == from || (to - from == 1 && written[from] == ' ');
	return is_blank ? 0 : units_gap(written + from, to - from);
}

/* The step to the next word, when the one before has ended nothing. */
static inline void
step_over(struct pen *p, uint32_t gap)
{
	if (p->step != NEW_SENTENCE)
		p->step = p->number > 0 ? gap & GAP_BREAK : 0;
}

static inline struct slice
piece_text(const struct normal *n, const struct piece *r)
{
	return slice_make(n->folded.ptr + r->start, r->len);
}

/* Where a piece stands in the text as written. */
struct range {
	uint32_t from, to;
};

static __attribute__((noinline)) struct range
find_written(const struct normal *n, const struct piece *r)
{
	return (struct range){normalise_start(n, r->start), normalise_end(n, piece_end(r))};
}

static inline bool
is_caps(const struct normal *n, const struct word_fact *f, struct range at)
{
	uint32_t from = at.from, to = at.to;
	/* Most words have a small letter behind the first. */
	size_t has_two = to - from >= 2;
	bool may_be = has_two & !tokenise_is_lower(n->text.ptr[from + has_two]);
	return may_be && f->kind >> 1 == TOKEN_WORD && tokenise_is_all_caps(n, from, to - from);
}

/* The token and the unit of a piece, which stands there in the text as written. */
static inline void
write_piece(struct pen *p, enum token_kind kind, struct word_fact *word, struct slice text,
    struct slice stem, struct range at)
{
	*p->unit = (struct unit){.word = word,
	    .folded = text.ptr,
	    .stem = stem.ptr,
	    .start = at.from,
	    .len = at.to - at.from,
	    .folded_len = (uint32_t)text.len & UNIT_LEN_MAX,
	    .kind = kind,
	    .stem_len = (uint32_t)stem.len & UNIT_LEN_MAX,
	    .is_quoted = p->is_quoted,
	    .token = (uint16_t)p->number,
	    .clause = (uint16_t)p->place,
	    .sentence = (uint16_t)(p->place >> 16)};
	*p->token = (struct token){.start = at.from,
	    .len = at.to - at.from,
	    .folded = text.ptr,
	    .stem = stem.ptr,
	    .folded_len = (uint32_t)text.len & TOKEN_TEXT_MAX,
	    .kind = kind & UINT8_MAX,
	    .stem_len = (uint32_t)stem.len & TOKEN_TEXT_MAX};
}

/* Moves on.  What the piece just written ends, or the sign behind it, cannot be foreseen: no branch. */
static inline void
pass_piece(struct pen *p, const struct piece *r, unsigned flags, struct range at)
{
	/* The dot of an initial ends nothing. */
	uint32_t ends = r->sign / SIGN_DOT & (at.to - at.from != 1);
	ends |= flags / WORD_FACT_ENDS & 1;
	p->token->ends_sentence = ends != 0;
	p->step = ends << 16 | ends | (r->sign & SIGN_BREAK);
	p->end = at.to;
	p->number++;
	p->unit++;
	p->token++;
}

/* Looks at where the piece stands in a text that is written in another way; false: it is for the tokeniser,
 * as it shares a character with the token before, or for units_read_quotes(). */
static inline bool
look_before(struct pen *p, const struct normal *n, struct range at)
{
	if (at.from < p->end)
		return false;
	uint32_t gap = gap_between(n->text.ptr, p->end, at.from);
	step_over(p, gap);
	return (gap & (GAP_QUOTE | GAP_LINE)) == 0;
}

/* What stands before the first of a row of pieces; false: it shares a character with the token before. */
static bool
begin_row(struct cut *k, struct pen *p, const struct normal *n, const struct piece *r)
{
	uint32_t from = normalise_start(n, r->start);
	if (from < p->end)
		return false;
	uint32_t gap = gap_between(n->text.ptr, p->end, from);
	step_over(p, gap);
	if ((gap & (GAP_QUOTE | GAP_LINE)) != 0)
		units_read_quotes(&k->maker, p->end, from);
	return true;
}

/* The known pieces that follow one another, up to one behind a quote; returns the first one that is not taken. */
static const struct piece *
take_row(struct cut *k, const struct piece *r, const struct piece *stop)
{
	const struct normal *n = k->tokeniser.n;
	const struct piece *first = r;
	struct word_fact *facts = k->c->words->facts;
	bool is_as_written = n->map == NULL;
	/* What stands before it is read once: before a piece that is not taken here units_more() does, and a comma
	 * alone is no piece to go on from. */
	if (!word_fact_is_piece(&facts[r->word], piece_text(n, r)))
		return r;
	struct pen p = take_pen(k); /* stays in registers */
	if (!begin_row(k, &p, n, r))
		return r;
	for (; r < stop; r++) {
		struct slice text = piece_text(n, r);
		struct word_fact *f = &facts[r->word];
		struct range at = {r->start, piece_end(r)};
		if (!word_fact_is_piece(f, text))
			break;
		if (!is_as_written) {
			at = find_written(n, r);
			if (r > first && !look_before(&p, n, at))
				break;
		}
		struct slice stem = word_fact_stem(f, text, k->arena);
		f->post = p.post;
		p.place += p.step;
		write_piece(&p, f->kind >> 1, f, text, stem, at);
		if (stem.ptr == NULL ||
		    ((f->flags & WORD_FACT_OTHERS) != 0 &&
			units_add_others(&k->maker, p.unit) < 0)) {
			k->has_failed = true;
			break;
		}
		if (is_caps(n, f, at)) {
			p.token->is_caps = true;
			p.unit->is_caps = true;
		}
		pass_piece(&p, r, f->flags, at);
	}
	put_pen(k, &p, r);
	return r;
}

const struct piece *
post_cut_take_known(struct cut *k, const struct piece *r, const struct piece *stop)
{
	const struct piece *from;
	bool is_as_written = k->tokeniser.n->map == NULL;
	do {
		from = r;
		r = take_row(k, from, stop);
	} while (!is_as_written && r > from && r < stop && !k->has_failed);
	return r;
}

/* An account without a host, and without a colon behind it, which may say that something is repeated. */
static bool
is_mention(const char *folded, const struct piece *r)
{
	size_t end = piece_end(r);
	return r->len > 1 && folded[end] != ':' &&
	    byte_block_alnum_end(folded, r->start + 1, '_') == end;
}

/* A link that is the whole piece. */
static bool
is_link(struct tokeniser *t, const struct piece *r)
{
	size_t len = r->len;
	return len > 8 && memcmp(t->text.ptr + r->start, "http", 4) == 0 &&
	    address_url(t->text, r->start, &t->no_address_until) == len;
}

/* A number that is too long to be kept. */
static bool
is_long_number(const char *folded, const struct piece *r)
{
	const char *p = folded + r->start;
	bool was_digit = false;
	for (uint32_t i = 0; i < r->len; i++) {
		bool is_digit = charclass_byte(p[i]) == CHAR_DIGIT;
		bool joins = p[i] == '.' || p[i] == ',' || p[i] == ':' || p[i] == '/';
		if (!is_digit && !(joins && was_digit))
			return false;
		was_digit = is_digit;
	}
	return was_digit && r->len > NUMBER_BYTES_KEPT;
}

/* A name, by its first byte: which kind it is of; TOKEN_PUNCT: it is none that is easily told. */
static enum token_kind
name_kind(struct cut *k, const struct piece *r)
{
	const char *folded = k->tokeniser.text.ptr;
	char first = folded[r->start];
	if (first == '@')
		return is_mention(folded, r) ? TOKEN_MENTION : TOKEN_PUNCT;
	if (first == 'h')
		return is_link(&k->tokeniser, r) ? TOKEN_URL : TOKEN_PUNCT;
	bool is_digit = first >= '0' && first <= '9';
	return is_digit && is_long_number(folded, r) ? TOKEN_NUMBER : TOKEN_PUNCT;
}

/* Names are not kept, there are too many; false: it is none. */
bool
post_cut_take_name(struct cut *k, const struct piece *r, const struct piece *next)
{
	const struct normal *n = k->tokeniser.n;
	struct slice text = piece_text(n, r);
	struct range at = {r->start, piece_end(r)};
	enum token_kind kind = name_kind(k, r);
	if (kind == TOKEN_PUNCT)
		return false;
	struct pen p = take_pen(k);
	if (n->map != NULL)
		at = find_written(n, r);
	if (!look_before(&p, n, at))
		return false;
	struct word_fact *word = units_guest(&k->c->cutting.units, word_hash_padded(text));
	if (word == NULL) {
		k->has_failed = true;
		return false;
	}
	p.place += p.step;
	k->words->open[k->words->open_count++] = (uint32_t)k->c->cutting.units.count;
	write_piece(&p, kind, word, text, text, at);
	pass_piece(&p, r, 0, at);
	put_pen(k, &p, next);
	return true;
}

size_t
post_cut_known(struct cut *k, size_t i)
{
	const struct piece *r = k->pieces + i, *stop = k->pieces + k->piece_count;
	do
		r = post_cut_take_known(k, r, stop);
	while (r < stop && !k->has_failed && post_cut_take_odd(k, r) && ++r < stop);
	return (size_t)(r - k->pieces);
}
