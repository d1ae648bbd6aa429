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

/* The pen of those who use it stays in registers. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

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

/* The step behind the last token. */
static inline uint32_t
first_step(const struct cut *k)
{
	const struct token_list *l = &k->c->cutting.tokens;
	return l->count > 0 && l->items[l->count - 1].ends_sentence ? NEW_SENTENCE : 0;
}

ALWAYS_INLINE struct pen
take_pen(const struct cut *k, uint32_t step)
{
	const struct cutting *c = &k->c->cutting;
	size_t n = c->tokens.count;
	return (struct pen){.unit = c->units.items + c->units.count,
	    .token = c->tokens.items + n,
	    .number = (uint32_t)n,
	    .end = k->maker.end,
	    .place = k->maker.place.clause | (uint32_t)k->maker.place.sentence << 16,
	    .step = step,
	    .post = k->c->words->post,
	    .is_quoted = k->maker.place.is_quoted};
}

/* next: the piece to go on with. */
ALWAYS_INLINE void
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

/* The step to the next word behind so many tokens, of which the last one has made this step. */
static inline uint32_t
step_over(uint32_t step, size_t tokens, uint32_t gap)
{
	return step == NEW_SENTENCE || tokens == 0 ? step : gap & GAP_BREAK;
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

/* Does the piece end a sentence?  That cannot be foreseen: no branch. */
static inline uint32_t
does_end(const struct piece *r, uint32_t head, struct range at)
{
	/* The dot of an initial ends nothing. */
	return (r->sign / SIGN_DOT & (at.to - at.from != 1)) |
	    (head / WORD_HEAD(0, 0, WORD_FACT_ENDS) & 1);
}

/* The token and the unit of a piece, which stands there in the text as written, and is its own stem up to a
 * length. */
ALWAYS_INLINE void
write_piece(struct pen *p, enum token_kind kind, struct word_fact *word, struct slice text,
    uint8_t stem_len, struct range at, uint32_t ends)
{
	struct unit *u = p->unit;
	u->word = word;
	u->folded = text.ptr;
	u->start = at.from;
	u->len = at.to - at.from;
	u->folded_len = (uint32_t)text.len;
	u->clause = (uint16_t)p->place;
	u->sentence = (uint16_t)(p->place >> 16);
	u->token = (uint16_t)p->number;
	u->kind = (uint8_t)kind;
	u->other_count = 0;
	u->is_caps = u->is_elongated = false;
	u->is_quoted = p->is_quoted;
	*p->token = (struct token){.start = at.from,
	    .len = at.to - at.from,
	    .folded = text.ptr,
	    .stem = text.ptr,
	    .folded_len = (uint32_t)text.len,
	    .stem_len = stem_len,
	    .kind = (uint8_t)kind,
	    .ends_sentence = ends != 0};
}

/* Moves on. */
ALWAYS_INLINE void
pass_piece(struct pen *p, const struct piece *r, uint32_t ends)
{
	p->step = ends << 16 | ends | (r->sign & SIGN_BREAK);
	p->number++;
	p->unit++;
	p->token++;
}

static inline uint32_t
is_word_head(uint32_t head)
{
	return (head & WORD_HEAD(0, 7 << 1, 0)) == WORD_HEAD(0, TOKEN_WORD << 1, 0);
}

/* The votes of a word: no branch.  What is no word says nothing, its votes are 0. */
ALWAYS_INLINE void
hear_piece(struct speech *s, const struct word_fact *f, uint32_t head)
{
	uint32_t is_word = is_word_head(head);
	speech_add(s, f->behind, f->in_common);
	s->words += is_word;
	s->letters += head & UINT8_MAX & -is_word;
}

/* Few have a stem that is not their beginning, other spellings, or no small letter at their end.  What ends in
 * none may be in capitals. */
static inline bool
is_unlike_most(const struct normal *n, uint32_t head, struct range at)
{
	uint32_t is_big = !tokenise_is_lower(n->text.ptr[at.to - 1]);
	uint32_t has_more = head & WORD_HEAD(0, 0, WORD_FACT_JOINED | WORD_FACT_OTHERS);
	return ((head / WORD_HEAD(0, 0, WORD_FACT_LETTERS) & is_big) | has_more) != 0;
}

/* Gives them what they have; false without memory. */
static __attribute__((noinline)) bool
finish_piece(struct cut *k, struct unit *u, struct token *t)
{
	const struct word_fact *f = u->word;
	if (word_fact_stem_tail(f) > 0)
		token_set_stem(t, word_fact_join(f, unit_text(u), k->arena));
	if ((f->flags & WORD_FACT_OTHERS) != 0 && units_add_others(&k->maker, u) < 0)
		return false;
	if (u->kind == TOKEN_WORD && u->len >= 2 &&
	    tokenise_is_all_caps(k->tokeniser.n, u->start, u->len)) {
		t->is_caps = true;
		u->is_caps = true;
	}
	return t->stem != NULL;
}

/* Looks at where the piece stands in a text that is written in another way; false: it is for the tokeniser,
 * as it shares a character with the token before, or for units_read_quotes(). */
ALWAYS_INLINE bool
look_before(struct pen *p, const struct normal *n, struct range at)
{
	if (at.from < p->end)
		return false;
	uint32_t gap = gap_between(n->text.ptr, p->end, at.from);
	p->step = step_over(p->step, p->number, gap);
	return (gap & (GAP_QUOTE | GAP_LINE)) == 0;
}

/* The step to the first of a row of pieces; false: it shares a character with the token before. */
static bool
begin_row(struct cut *k, const struct piece *r, uint32_t *step_r)
{
	const struct normal *n = k->tokeniser.n;
	uint32_t from = normalise_start(n, r->start), end = k->maker.end;
	if (from < end)
		return false;
	uint32_t gap = gap_between(n->text.ptr, end, from);
	*step_r = step_over(first_step(k), k->c->cutting.tokens.count, gap);
	if ((gap & (GAP_QUOTE | GAP_LINE)) != 0)
		units_read_quotes(&k->maker, end, from);
	return true;
}

/* Opens the units of a row, up to this one, whose words are not filled for the language that is guessed. */
static __attribute__((noinline)) void
open_strange(struct cut *k, size_t end)
{
	const struct unit_list *l = &k->c->cutting.units;
	struct post_words *w = k->words;
	for (size_t i = l->count; i < end; i++) {
		if (l->items[i].word->lang != w->guess)
			w->open[w->open_count++] = (uint32_t)i;
	}
}

/* The known pieces that follow one another, up to one behind a quote; returns the first one that is not taken. */
ALWAYS_INLINE const struct piece *
take_row(struct cut *k, const struct piece *r, const struct piece *stop, bool is_as_written)
{
	const struct normal *n = k->tokeniser.n;
	const struct piece *first = r;
	struct word_fact *facts = k->c->words->facts;
	uint32_t step;
	/* What stands before it is read once: before a piece that is not taken here units_more() does, and a comma
	 * alone is no piece to go on from. */
	if (!word_fact_is_piece(&facts[r->word], piece_text(n, r)) || !begin_row(k, r, &step))
		return r;
	struct pen p = take_pen(k, step); /* stays in registers */
	struct speech heard = {.words = 0};
	uint32_t guess = (uint32_t)k->words->guess << 24, strange = 0;
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
			p.end = at.to;
		}
		uint32_t head = word_fact_head(f), ends = does_end(r, head, at);
		f->post = p.post;
		p.place += p.step;
		write_piece(
		    &p, head >> 9 & 7, f, text, (uint8_t)word_fact_stem_common(f), at, ends);
		hear_piece(&heard, f, head);
		strange |= head ^ guess;
		if (is_unlike_most(n, head, at) && !finish_piece(k, p.unit, p.token)) {
			k->has_failed = true;
			break;
		}
		pass_piece(&p, r, ends);
	}
	p.end = is_as_written && r > first ? piece_end(r - 1) : p.end;
	speech_join(&k->words->speech, &heard);
	if (strange >> 24 != 0)
		open_strange(k, (size_t)(p.unit - k->c->cutting.units.items));
	put_pen(k, &p, r);
	return r;
}

/* Most texts are folded byte by byte. */
static const struct piece *
take_written(struct cut *k, const struct piece *r, const struct piece *stop)
{
	return take_row(k, r, stop, true);
}

const struct piece *
post_cut_take_known(struct cut *k, const struct piece *r, const struct piece *stop)
{
	const struct piece *from;
	if (k->tokeniser.n->map == NULL)
		return take_written(k, r, stop);
	do {
		from = r;
		r = take_row(k, from, stop, false);
	} while (r > from && r < stop && !k->has_failed);
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
	struct pen p = take_pen(k, first_step(k));
	if (n->map != NULL)
		at = find_written(n, r);
	if (!look_before(&p, n, at))
		return false;
	struct word_key key = {text, word_hash_padded(text)};
	struct word_fact *word = word_guests_add(&k->c->cutting.units.guests, key);
	if (word == NULL) {
		k->has_failed = true;
		return false;
	}
	uint32_t ends = does_end(r, 0, at);
	p.place += p.step;
	k->words->open[k->words->open_count++] = (uint32_t)k->c->cutting.units.count;
	write_piece(&p, kind, word, text, TOKEN_STEM_WHOLE, at, ends);
	pass_piece(&p, r, ends);
	p.end = at.to;
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
