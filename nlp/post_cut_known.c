/*
 * post_cut_known.c - the pieces of a post between its blanks, and those of them that are known: most of
 * any post.
 *
 * What the tokeniser makes of a piece that stands between blanks depends on the piece alone.  When it was
 * one token and one unit, its fact says so (WORD_FACT_ALONE), and the next time the tokeniser is not asked:
 * token, unit and votes are written from the fact.
 */
#include "nlp/post_cut_internal.h"

#include "core/err.h"
#include "nlp/byte_block.h"

/* ---- pieces ---------------------------------------------------------------------- */

/* Signs that, behind a word and before a blank, are none of it; all below 64. */
#define SIGN(c) (1ULL << (c))
static const uint64_t BREAKS = SIGN(',') | SIGN(';') | SIGN(':');
static const uint64_t STOPS = SIGN('.') | SIGN('!') | SIGN('?');

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
looks_like(const char *folded, uint32_t start)
{
	return (uint8_t)(LOOKS_LIKE[(unsigned char)folded[start]] << 1);
}

static inline bool
is_one_of(char c, uint64_t signs)
{
	return (unsigned char)c < 64 && (signs >> c & 1) != 0;
}

static inline struct piece *
put_piece(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end)
{
	uint64_t hash = word_hash_padded(slice_make(folded + start, end - start)) +
	    looks_like(folded, start) * WORD_HASH_FACTOR;
	word_memo_prefetch(words, hash);
	*next = (struct piece){.start = start, .end = end, .hash = hash};
	return next + 1;
}

/* A piece with several signs at its end, or one that is a token: the word and the signs, or all in one. */
static struct piece *
put_parts(struct piece *next, const struct word_memo *words, const char *folded, uint32_t start,
    uint32_t end)
{
	uint32_t word_end = end;
	bool are_stops = true;
	for (; word_end > start && is_one_of(folded[word_end - 1], STOPS | BREAKS); word_end--)
		are_stops &= is_one_of(folded[word_end - 1], STOPS);
	if (!are_stops || word_end == start)
		return put_piece(next, words, folded, start, end);
	next = put_piece(next, words, folded, start, word_end);
	return put_piece(next, words, folded, word_end, end);
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
	char last = folded[end - 1];
	uint32_t has_sign = is_one_of(last, STOPS | BREAKS) & (len > 1u + (last == ':'));
	/* Two of them, or one that is a token. */
	if (has_sign &
	    (is_one_of(last, STOPS ^ SIGN('.')) |
		is_one_of(folded[end - 1 - has_sign], STOPS | BREAKS)))
		return put_parts(next, words, folded, start, end);
	return put_piece(next, words, folded, start, end - has_sign);
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
		p->fact = word_memo_likely(&words, p->hash);
		__builtin_prefetch(p->fact);
		__builtin_prefetch(p->fact->behind);
	}
	k->pieces = pieces;
	k->piece_count = (size_t)(end - pieces);
	return 0;
}

/* ---- known pieces ------------------------------------------------------------------ */

#define NEW_CLAUSE 1u
#define NEW_SENTENCE (1u << 16 | NEW_CLAUSE)
_Static_assert((uint32_t)GAP_BREAK == NEW_CLAUSE && TOKENS_MAX <= UINT16_MAX, "places add up");

/* What is written next, and what is known at that point. */
struct pen {
	struct unit *unit;
	struct token *token;
	size_t at; /* of the unit */
	uint32_t number; /* of the token */
	uint32_t end; /* of the last one, in the text as written */
	uint32_t place; /* of the word before: clause, and sentence << 16 */
	uint32_t step; /* from there to this word: 0, NEW_CLAUSE or NEW_SENTENCE */
};

static struct pen
take_pen(const struct cut *k)
{
	const struct cutting *c = &k->c->cutting;
	size_t n = c->tokens.count;
	return (struct pen){.unit = c->units.items + c->units.count,
	    .token = c->tokens.items + n,
	    .at = c->units.count,
	    .number = (uint32_t)n,
	    .end = k->maker.end,
	    .place = k->maker.place.clause | (uint32_t)k->maker.place.sentence << 16,
	    .step = n > 0 && c->tokens.items[n - 1].ends_sentence ? NEW_SENTENCE : 0};
}

/* next: the piece to go on with. */
static void
put_pen(struct cut *k, const struct pen *p, const struct piece *next)
{
	struct cutting *c = &k->c->cutting;
	c->units.count = p->at;
	c->tokens.count = k->seen = p->number;
	k->tokeniser.at = next->start;
	k->maker.end = p->end;
	k->maker.place.clause = (uint16_t)p->place;
	k->maker.place.sentence = (uint16_t)(p->place >> 16);
}

/* Looks at what stands between the last token and the piece, as units_more() does; false: quotes or lines,
 * which are for units_more() to read. */
static inline bool
look_before(struct pen *p, const char *written, uint32_t from)
{
	uint32_t len = from - p->end;
	uint32_t gap =
	    len == 0 || (len == 1 && written[p->end] == ' ') ? 0 : units_gap(written + p->end, len);
	if (p->step != NEW_SENTENCE)
		p->step = p->number > 0 ? gap & GAP_BREAK : 0;
	return (gap & (GAP_QUOTE | GAP_LINE)) == 0;
}

static inline bool
is_caps(const struct normal *n, const struct word_fact *f, uint32_t from, uint32_t to)
{
	const char *written = n->text.ptr + from;
	bool has_two = to - from >= 2 && f->kind >> 1 == TOKEN_WORD;
	bool first = tokenise_is_lower(written[0]), second = tokenise_is_lower(written[has_two]);
	bool may_be = has_two & !first & !second;
	return may_be && tokenise_is_all_caps(n, from, to - from);
}

/* The token and the unit of a piece. */
static inline void
write_piece(struct pen *p, const struct word_fact *f, struct word_key key, struct word_key stem,
    uint32_t from, uint32_t to, bool is_caps, bool is_quoted)
{
	*p->unit = (struct unit){.key = key,
	    .stem = stem,
	    .kind = f->kind >> 1,
	    .is_caps = is_caps,
	    .is_quoted = is_quoted,
	    .token = p->number,
	    .start = from,
	    .len = to - from,
	    .mark = f->mark,
	    .clause = (uint16_t)p->place,
	    .sentence = (uint16_t)(p->place >> 16)};
	*p->token = (struct token){.start = from,
	    .len = to - from,
	    .kind = f->kind >> 1,
	    .is_caps = is_caps,
	    .folded = key.text,
	    .stem = stem.text};
}

/* What the sign behind the piece just written ends, and the piece itself when it is "!": which of them it is
 * cannot be foreseen, no branch. */
static inline void
end_piece(struct pen *p, const struct word_fact *f, const char *folded, const struct piece *r)
{
	unsigned stop = (unsigned char)folded[r->end];
	uint32_t has_stop = r[1].start > r->end; /* else it is a piece itself */
	/* The dot of an initial ends nothing. */
	uint32_t ends = has_stop & (stop == '.') & (p->token->len != 1);
	ends |= f->flags / WORD_FACT_ENDS & 1;
	p->token->ends_sentence = ends != 0;
	p->step = ends << 16 | ends | (has_stop & (uint32_t)(BREAKS >> stop % 64));
}

size_t
post_cut_known(struct cut *k, size_t i)
{
	const struct normal *n = k->tokeniser.n;
	const char *folded = n->folded.ptr;
	const struct piece *r = k->pieces + i, *stop = k->pieces + k->piece_count;
	bool is_quoted = k->maker.place.is_quoted;
	struct post_words *w = k->words;
	uint32_t post = k->c->words->post, *open = w->open + w->open_count;
	enum language guess = w->guess;
	struct speech speech = w->speech; /* stays in registers */
	struct pen p = take_pen(k);
	if (n->map == NULL && !look_before(&p, n->text.ptr, r->start))
		return i;
	for (; r < stop; r++) {
		struct slice text = slice_make(folded + r->start, r->end - r->start);
		struct word_fact *f = r->fact;
		if (!word_fact_is_of_padded(f, r->hash, looks_like(folded, r->start), text) ||
		    (f->flags & WORD_FACT_ALONE) == 0)
			break;
		uint32_t from = r->start, to = r->end;
		if (n->map != NULL) {
			from = normalise_start(n, from);
			to = normalise_end(n, to);
			if (from < p.end || !look_before(&p, n->text.ptr, from))
				break;
		}
		struct word_key key = {text, word_fact_key_hash(f)};
		struct word_key stem = word_fact_stem(f, text, k->arena);
		p.place += p.step;
		write_piece(&p, f, key, stem, from, to, is_caps(n, f, from, to), is_quoted);
		if (stem.text.ptr == NULL ||
		    ((f->flags & WORD_FACT_OTHERS) != 0 &&
			units_add_others(&k->maker, p.unit) < 0)) {
			k->has_failed = true;
			break;
		}
		f->post = post;
		w->facts[p.at] = f;
		post_cut_hear(w, &speech, p.at, f);
		*open = (uint32_t)p.at;
		open += f->lang != guess;
		end_piece(&p, f, folded, r);
		p.end = to;
		p.at++;
		p.unit++;
		p.token++;
		p.number++;
	}
	w->open_count = (size_t)(open - w->open);
	w->speech = speech;
	put_pen(k, &p, r);
	return (size_t)(r - k->pieces);
}
