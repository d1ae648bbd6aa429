/*
 * post_cut_plain.c - runs of letters and digits, and those of them that are plain words: most of any
 * post.
 *
 * A plain word stands behind a blank, or a comma or a dot and a blank, is no address or emoticon and is
 * kept in the memo.  As long as such words follow one another nothing is asked twice: what ended the
 * one is the gap in front of the next, and token, unit and fact are written from registers.
 */
#include "nlp/post_cut_internal.h"

#include "core/err.h"

/* ---- runs ------------------------------------------------------------------------ */

/* Where runs begin and end, in turn; returns how many runs. */
static size_t
find_edges(const struct normal *n, uint32_t *edges)
{
	uint64_t before = 0;
	uint32_t *next = edges;
	for (size_t base = 0; base <= n->folded.len; base += 64) {
		uint64_t full = n->words[base / 64], at = full ^ (full << 1 | before);
		before = full >> 63;
		for (; at != 0; at &= at - 1)
			*next++ = (uint32_t)(base + (size_t)__builtin_ctzll(at));
	}
	return (size_t)(next - edges) / 2;
}

int
post_cut_find_runs(struct cut *k)
{
	const struct normal *n = &k->c->cutting.normal;
	const struct word_memo words = *k->c->words; /* stays in registers */
	size_t most = n->folded.len / 2 + 2;
	uint32_t *edges = scratch_need(&k->c->edges, 2 * most * sizeof *edges);
	struct run *runs = scratch_need(&k->c->runs, most * sizeof *runs);
	if (edges == NULL || runs == NULL)
		return err_set(k->err, ERR_NOMEM, "no memory to cut a text");
	size_t count = find_edges(n, edges);
	const char *folded = n->folded.ptr;
	for (size_t i = 0; i < count; i++) {
		uint32_t start = edges[2 * i], end = edges[2 * i + 1];
		uint64_t hash = word_hash_padded(slice_make(folded + start, end - start));
		word_memo_prefetch(&words, hash);
		runs[i] = (struct run){.start = start, .end = end, .hash = hash};
	}
	for (size_t i = 0; i < count; i++) {
		struct word_fact *f = word_memo_likely(&words, runs[i].hash);
		runs[i].fact = f;
		__builtin_prefetch(f);
		__builtin_prefetch(f->behind);
	}
	k->runs = runs;
	k->run_count = count;
	return 0;
}

/* ---- plain words ------------------------------------------------------------------- */

#define NEW_CLAUSE 1u
#define NEW_SENTENCE (1u << 16 | NEW_CLAUSE)
_Static_assert((uint32_t)GAP_BREAK == NEW_CLAUSE && TOKENS_MAX <= UINT16_MAX, "places add up");

/* What is written next, and what is known at that point. */
struct pen {
	struct unit *unit;
	struct token *token;
	struct word_fact **fact;
	size_t at; /* of tokeniser */
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
	    .fact = k->words->facts + c->units.count,
	    .at = k->tokeniser.at,
	    .number = (uint32_t)n,
	    .end = k->maker.end,
	    .place = k->maker.place.clause | (uint32_t)k->maker.place.sentence << 16,
	    .step = n > 0 && c->tokens.items[n - 1].ends_sentence ? NEW_SENTENCE : 0};
}

static void
put_pen(struct cut *k, const struct pen *p)
{
	struct cutting *c = &k->c->cutting;
	memset(c->tokens.notes + c->tokens.count, 0, p->number - c->tokens.count);
	c->units.count = (size_t)(p->unit - c->units.items);
	c->tokens.count = k->seen = p->number;
	k->tokeniser.at = p->at;
	k->maker.end = p->end;
	k->maker.place.clause = (uint16_t)p->place;
	k->maker.place.sentence = (uint16_t)(p->place >> 16);
}

/* The gap in front of a token, as units_more() reads it. */
static inline uint32_t
gap_before(const char *written, uint32_t from, uint32_t to)
{
	const char *p = written + from;
	if (to - from <= 1)
		return to == from || *p == ' ' ? 0 : units_gap(p, 1);
	if (to - from == 2 && p[1] == ' ' && (p[0] == ',' || p[0] == '.'))
		return p[0] == ',' ? GAP_BREAK : 0;
	return units_gap(p, to - from);
}

/* A word for certain, in its usual spelling? */
static inline bool
is_plain(const struct normal *n, const char *folded, size_t start, size_t end)
{
	return tokenise_is_plain_word(folded, start, end) && (unsigned char)folded[start] > '9' &&
	    !(n->may_have_runs && tokenise_is_elongated(slice_make(folded + start, end - start)));
}

/* The fact of a run that is not where it was likely to be; NULL: it is not kept. */
static __attribute__((noinline)) struct word_fact *
learn_fact(const struct cut *k, const struct run *r, struct slice word)
{
	struct unit u = {.key = {word, r->hash}, .kind = TOKEN_WORD};
	return word_memo_fact(k->c->words, k->languages, &u);
}

static inline bool
is_caps(const struct normal *n, uint32_t from, uint32_t to)
{
	const char *written = n->text.ptr + from;
	bool has_two = to - from >= 2;
	bool first = tokenise_is_lower(written[0]), second = tokenise_is_lower(written[has_two]);
	bool may_be = has_two & !first & !second;
	return may_be && tokenise_is_all_caps(n, from, to - from);
}

/* The token and the unit of a word, but for where the unit stands. */
static inline void
write_word(struct pen *p, const struct word_fact *f, struct word_key key, struct word_key stem,
    uint32_t from, uint32_t to)
{
	struct unit *u = p->unit;
	struct token *t = p->token;
	u->key = key;
	u->stem = stem;
	u->others = NULL;
	u->kind = TOKEN_WORD;
	u->other_count = 0;
	u->is_caps = u->is_elongated = u->is_quoted = false;
	u->token = p->number;
	u->start = t->start = from;
	u->len = t->len = to - from;
	u->mark = f->mark;
	t->kind = TOKEN_WORD;
	t->is_caps = t->is_elongated = t->ends_sentence = false;
	t->folded = key.text;
	t->stem = stem.text;
}

/* Moves behind the word just written, and the blank, comma or dot that is no token of its own: which of
 * them it is cannot be foreseen, no branch. */
static inline void
pass_word(struct pen *p, const char *folded, size_t len, size_t end)
{
	char stop = folded[end];
	bool is_dot = stop == '.', is_comma = stop == ',';
	size_t has_mark = (is_dot | is_comma) & ((folded[end + 1] == ' ') | (end + 1 == len));
	size_t behind = end + (stop == ' ') + 2 * has_mark;
	p->at = behind < len ? behind : len;
	/* The dot of an initial ends nothing. */
	uint32_t ends = is_dot & (uint32_t)has_mark & (p->token->len != 1);
	p->token->ends_sentence = ends != 0;
	p->step = ends << 16 | ends | (is_comma & (uint32_t)has_mark);
}

/* Looks at what stands between the last token and the word; false: quotes or lines, which are for
 * units_more() to read. */
static inline bool
look_before(struct pen *p, const char *written, uint32_t from)
{
	uint32_t gap = gap_before(written, p->end, from);
	if (p->step != NEW_SENTENCE)
		p->step = p->number > 0 ? gap & GAP_BREAK : 0;
	return (gap & (GAP_QUOTE | GAP_LINE)) == 0;
}

size_t
post_cut_plain_words(struct cut *k, size_t i)
{
	const struct normal *n = k->tokeniser.n;
	const char *folded = n->folded.ptr;
	const struct run *r = k->runs + i, *stop = k->runs + k->run_count;
	bool is_quoted = k->maker.place.is_quoted;
	uint32_t post = k->c->words->post;
	struct pen p = take_pen(k);
	if (n->map == NULL && !look_before(&p, n->text.ptr, r->start))
		return i;
	for (; r < stop && r->start == p.at && is_plain(n, folded, r->start, r->end); r++) {
		struct slice word = slice_make(folded + r->start, r->end - r->start);
		uint32_t from = r->start, to = r->end;
		if (n->map != NULL) {
			from = normalise_start(n, from);
			to = normalise_end(n, to);
			if (from < p.end || !look_before(&p, n->text.ptr, from))
				break;
		}
		struct word_fact *f = r->fact;
		if (!word_fact_is_of_padded(f, r->hash, TOKEN_WORD << 1, word) &&
		    (f = learn_fact(k, r, word)) == NULL)
			break;
		f->post = post;
		struct word_key key = {word, r->hash}, stem = word_fact_stem(f, word, k->arena);
		if (stem.text.ptr == NULL) {
			k->has_failed = true;
			break;
		}
		p.place += p.step;
		p.unit->clause = (uint16_t)p.place;
		p.unit->sentence = (uint16_t)(p.place >> 16);
		write_word(&p, f, key, stem, from, to);
		if (is_caps(n, from, to))
			p.token->is_caps = p.unit->is_caps = true;
		p.unit->is_quoted = is_quoted;
		*p.fact++ = f;
		p.end = to;
		pass_word(&p, folded, n->folded.len, r->end);
		p.unit++;
		p.token++;
		p.number++;
	}
	put_pen(k, &p);
	return (size_t)(r - k->runs);
}
