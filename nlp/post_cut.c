/*
 * First all runs of letters and digits are found and hashed, and the memory of their facts is asked
 * for; then the text is gone through from run to run.  What is known at that point is kept in a pen, in
 * registers, as long as plain words follow one another.
 */
#include "nlp/post_cut.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "nlp/tokenise_internal.h"
#include "nlp/units_internal.h"

/* There are too many names to keep them; short numbers come again. */
#define NUMBER_BYTES_KEPT 3

/* Letters and digits in a row, of the folded text. */
struct run {
	uint32_t start, end;
	uint64_t hash; /* as a word */
	struct word_fact *fact; /* most likely */
};

struct cut {
	struct post_cutter *c;
	const struct language_model *languages;
	struct post_words *words;
	struct tokeniser tokeniser;
	struct unit_maker maker;
	size_t seen; /* so many tokens have units */
	size_t followed; /* so many units have room for what is known of them */
	const struct run *runs;
	size_t run_count;
	bool has_failed; /* no memory for a stem */
	struct arena *arena;
	struct err *err;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to cut a text");
}

int
post_cutter_init(struct post_cutter *c)
{
	*c = (struct post_cutter){.cutting = {.tokens = {.in_arena = true}}};
	c->words = word_memo_new();
	return c->words == NULL ? -1 : 0;
}

void
post_cutter_fini(struct post_cutter *c)
{
	units_cutting_fini(&c->cutting);
	word_memo_free(c->words);
	scratch_fini(&c->edges);
	scratch_fini(&c->runs);
	scratch_fini(&c->facts);
	scratch_fini(&c->entries);
	scratch_fini(&c->open);
}

/* ---- room ------------------------------------------------------------------- */

/* Room for what is known of as many units as have room. */
static int
follow_units(struct cut *k)
{
	size_t count = k->c->cutting.units.cap + 1;
	struct post_words *w = k->words;
	if (k->followed == count)
		return 0;
	k->followed = count;
	w->facts = scratch_need(&k->c->facts, count * sizeof *w->facts);
	w->entries = scratch_need(&k->c->entries, count * sizeof *w->entries);
	w->open = scratch_need(&k->c->open, 2 * count * sizeof *w->open);
	return w->facts == NULL || w->entries == NULL || w->open == NULL ? no_memory(k->err) : 0;
}

/* ---- anything ------------------------------------------------------------------ */

static inline bool
is_name(const struct unit *u)
{
	return u->kind == TOKEN_MENTION || u->kind == TOKEN_URL ||
	    (u->kind == TOKEN_NUMBER && u->key.text.len > NUMBER_BYTES_KEPT);
}

/* Fills a unit, and its token when that is the same word, from its fact. */
static bool
fill_unit(struct cut *k, struct unit *u, const struct word_fact *f)
{
	struct token *t = &k->c->cutting.tokens.items[u->token];
	if (f == NULL || f->lang != k->words->guess || !slice_eq(u->key.text, t->folded))
		return false;
	u->mark = f->mark;
	u->stem = word_fact_stem(f, u, k->arena);
	t->stem = u->stem.text;
	k->has_failed |= u->stem.text.ptr == NULL;
	return true;
}

/* The facts of the units from number `from` on. */
static void
find_facts(struct cut *k, size_t from)
{
	const struct unit_list *l = &k->c->cutting.units;
	for (size_t i = from; i < l->count; i++) {
		struct unit *u = &l->items[i];
		struct word_fact *f =
		    is_name(u) ? NULL : word_memo_fact(k->c->words, k->languages, u);
		k->words->facts[i] = f;
		if (!fill_unit(k, u, f))
			k->words->open[k->words->open_count++] = (uint32_t)i;
	}
}

/* Units of all tokens there are. */
static int
catch_up(struct cut *k)
{
	const struct token_list *tokens = &k->c->cutting.tokens;
	size_t units = k->maker.list->count;
	if (k->seen == tokens->count)
		return 0;
	if (units_more(&k->maker, tokens, k->seen) < 0)
		return no_memory(k->err);
	if (follow_units(k) < 0)
		return -1;
	find_facts(k, units);
	k->seen = tokens->count;
	return k->has_failed ? no_memory(k->err) : 0;
}

/* Takes whatever stands in front of byte `end`, and what reaches across it. */
static int
take_anything(struct cut *k, size_t end)
{
	struct tokeniser *t = &k->tokeniser;
	while (t->at < end && !t->has_failed)
		tokenise_one(t);
	return t->has_failed ? -1 : catch_up(k);
}

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

/* Finds and hashes the runs of the text, and asks for the memory of their facts. */
static int
find_runs(struct cut *k, const struct normal *n)
{
	const struct word_memo *words = k->c->words;
	size_t most = n->folded.len / 2 + 2;
	uint32_t *edges = scratch_need(&k->c->edges, 2 * most * sizeof *edges);
	struct run *runs = scratch_need(&k->c->runs, most * sizeof *runs);
	if (edges == NULL || runs == NULL)
		return no_memory(k->err);
	size_t count = find_edges(n, edges);
	for (size_t i = 0; i < count; i++) {
		uint32_t start = edges[2 * i], end = edges[2 * i + 1];
		uint64_t hash = word_hash_padded(slice_make(n->folded.ptr + start, end - start));
		word_memo_prefetch(words, hash);
		runs[i] = (struct run){.start = start, .end = end, .hash = hash};
	}
	for (size_t i = 0; i < count; i++) {
		struct word_fact *f = word_memo_likely(words, runs[i].hash);
		runs[i].fact = f;
		__builtin_prefetch(f);
		__builtin_prefetch(f->behind);
	}
	k->runs = runs;
	k->run_count = count;
	return 0;
}

/* ---- plain words ------------------------------------------------------------------- */

/* What is written next, and what is known at that point. */
struct pen {
	struct unit *unit;
	struct token *token;
	uint8_t *note;
	struct word_fact **fact;
	size_t at; /* of tokeniser */
	uint32_t number; /* of the token */
	uint32_t end; /* of the last one, in the text as written */
	uint32_t clause, sentence;
	bool is_new_sentence, is_quoted;
};

static inline struct pen
take_pen(const struct cut *k)
{
	const struct cutting *c = &k->c->cutting;
	size_t n = c->tokens.count;
	return (struct pen){.unit = c->units.items + c->units.count,
	    .token = c->tokens.items + n,
	    .note = c->tokens.notes + n,
	    .fact = k->words->facts + c->units.count,
	    .at = k->tokeniser.at,
	    .number = (uint32_t)n,
	    .end = k->maker.end,
	    .clause = k->maker.place.clause,
	    .sentence = k->maker.place.sentence,
	    .is_new_sentence = n > 0 && c->tokens.items[n - 1].ends_sentence,
	    .is_quoted = k->maker.place.is_quoted};
}

static inline void
put_pen(struct cut *k, const struct pen *p)
{
	struct cutting *c = &k->c->cutting;
	c->units.count = (size_t)(p->unit - c->units.items);
	c->tokens.count = k->seen = p->number;
	k->tokeniser.at = p->at;
	k->maker.end = p->end;
	k->maker.place.clause = (uint16_t)p->clause;
	k->maker.place.sentence = (uint16_t)p->sentence;
}

/* The fact of a run that is a plain word; NULL: it is not kept. */
static inline struct word_fact *
find_fact(const struct cut *k, const struct run *r, struct slice word)
{
	struct word_memo *m = k->c->words;
	struct word_fact *f = r->fact;
	if (!word_fact_is_of(f, r->hash, TOKEN_WORD << 1, word)) {
		struct unit u = {.key = {word, r->hash}, .kind = TOKEN_WORD};
		return word_memo_fact(m, k->languages, &u);
	}
	f->post = m->post;
	return f;
}

/* The gap in front of a token, as units_more() reads it; gaps with quotes and lines are not ours. */
static inline unsigned
gap_before(const char *written, uint32_t from, uint32_t to)
{
	const char *p = written + from;
	if (to - from <= 1)
		return to == from || *p == ' ' ? 0 : units_gap(p, 1);
	if (to - from == 2 && p[1] == ' ' && (p[0] == ',' || p[0] == '.'))
		return p[0] == ',' ? GAP_BREAK : 0;
	return units_gap(p, to - from);
}

/* The run is a plain word with this fact: its token and its unit.  false: not to be done here. */
static inline __attribute__((always_inline)) bool
write_word(struct cut *k, struct pen *p, const struct run *r, struct slice word)
{
	const struct normal *n = k->tokeniser.n;
	const char *written = n->text.ptr;
	uint32_t start = r->start, end = r->end;
	if (n->map != NULL) {
		start = normalise_start(n, r->start);
		end = normalise_end(n, r->end);
		if (start < p->end)
			return false;
	}
	unsigned gap = gap_before(written, p->end, start);
	if ((gap & (GAP_QUOTE | GAP_LINE)) != 0)
		return false;
	struct word_fact *f = find_fact(k, r, word);
	if (f == NULL)
		return false;

	struct unit *u = p->unit;
	u->key = (struct word_key){word, r->hash};
	u->stem = word_fact_stem(f, u, k->arena);
	if (u->stem.text.ptr == NULL) {
		k->has_failed = true;
		return false;
	}
	struct token *t = p->token;
	if (p->is_new_sentence) {
		p->sentence++;
		p->clause++;
	} else if (p->number > 0) {
		p->clause += gap & GAP_BREAK;
	}
	bool is_caps = end - start >= 2 && !tokenise_is_lower(written[start]) &&
	    !tokenise_is_lower(written[start + 1]) && tokenise_is_all_caps(n, start, end - start);
	u->others = NULL;
	u->other_count = 0;
	u->kind = TOKEN_WORD;
	u->is_caps = is_caps;
	u->is_elongated = false;
	u->token = p->number;
	u->start = start;
	u->len = end - start;
	u->mark = f->mark;
	u->clause = (uint16_t)p->clause;
	u->sentence = (uint16_t)p->sentence;
	u->is_quoted = p->is_quoted;
	t->start = start;
	t->len = end - start;
	t->kind = TOKEN_WORD;
	t->is_caps = is_caps;
	t->is_elongated = t->ends_sentence = false;
	t->folded = word;
	t->stem = u->stem.text;
	*p->note++ = 0;
	*p->fact++ = f;
	p->end = end;
	p->unit++;
	p->token++;
	p->number++;
	p->is_new_sentence = false;
	return true;
}

/* Moves behind a plain word, and the blank, comma or dot that is no token of its own. */
static inline void
pass_word(struct pen *p, const char *folded, size_t len, size_t end)
{
	bool is_dot = folded[end] == '.';
	p->at = end;
	if (folded[end] == ' ') {
		p->at = end + 1;
	} else if ((is_dot || folded[end] == ',') && (folded[end + 1] == ' ' || end + 1 == len)) {
		p->at = end + 2 < len ? end + 2 : len;
		/* The dot of an initial ends nothing. */
		p->token[-1].ends_sentence = p->is_new_sentence = is_dot && p->token[-1].len != 1;
	}
}

/* Plain words from run `i` on, for which there is room; returns the next run. */
static size_t
take_plain_words(struct cut *k, size_t i)
{
	const struct normal *n = k->tokeniser.n;
	const char *folded = n->folded.ptr;
	const struct run *runs = k->runs;
	size_t count = k->run_count;
	struct pen p = take_pen(k);
	for (; i < count; i++) {
		const struct run *r = &runs[i];
		struct slice word = slice_make(folded + r->start, r->end - r->start);
		if (r->start != p.at || !tokenise_is_plain_word(folded, r->start, r->end) ||
		    (unsigned char)word.ptr[0] <= '9' ||
		    (n->may_have_runs && tokenise_is_elongated(word)) ||
		    !write_word(k, &p, r, word))
			break;
		pass_word(&p, folded, n->folded.len, r->end);
	}
	put_pen(k, &p);
	return i;
}

/* Room for tokens and units of the runs from number i on; 0 when they are too many, -1 without memory. */
static int
make_room(struct cut *k, size_t i)
{
	struct tokeniser *t = &k->tokeniser;
	struct unit_list *units = k->maker.list;
	size_t left = k->run_count - i;
	if (t->list->cap - t->list->count >= left && units->cap - units->count >= left)
		return 1;
	if (units->count + left > UNITS_MAX || !tokenise_reserve(t, left))
		return t->has_failed ? -1 : 0;
	if (!units_reserve(units, units->count + left))
		return no_memory(k->err);
	return follow_units(k) < 0 ? -1 : 1;
}

static int
take_all(struct cut *k)
{
	struct tokeniser *t = &k->tokeniser;
	for (size_t i = 0; i < k->run_count;) {
		const struct run *r = &k->runs[i];
		if (t->at < r->start && take_anything(k, r->start) < 0)
			return -1;
		if (t->at == r->start) {
			int room = make_room(k, i);
			if (room < 0)
				return -1;
			i = room > 0 ? take_plain_words(k, i) : i;
			if (k->has_failed)
				return no_memory(k->err);
			if (i == k->run_count)
				break;
			r = &k->runs[i];
			if (t->at < r->start)
				continue; /* something stands before it */
			if (t->at == r->start && take_anything(k, t->at + 1) < 0)
				return -1;
		}
		/* Runs that were part of something longer. */
		while (i < k->run_count && k->runs[i].start < t->at)
			i++;
	}
	return take_anything(k, t->text.len);
}

/* ---- languages --------------------------------------------------------------------- */

/* The votes of a word; f NULL: it is not kept. */
static void
hear_word(struct cut *k, const struct word_fact *f, struct slice word)
{
	struct speech *p = &k->words->speech;
	if (p->words == SPEECH_WORDS_MAX)
		return;
	if (f != NULL) {
		speech_add(p, f->behind, f->in_common);
	} else {
		struct language_vector v;
		uint16_t behind[LANGUAGE_SLOTS / 2];
		language_word_vector(k->languages, word, &v);
		int16_t in_common = speech_pack(&v, behind);
		speech_add(p, behind, in_common);
	}
	p->words++;
	p->letters += (uint32_t)word.len;
}

/* In a text without words those of hashtags vote. */
static void
hear_hashtags(struct cut *k)
{
	const struct unit_list *l = &k->c->cutting.units;
	for (size_t i = 0; i < l->count; i++) {
		struct slice tag = l->items[i].key.text;
		if (l->items[i].kind == TOKEN_HASHTAG)
			hear_word(k, k->words->facts[i], slice_make(tag.ptr + 1, tag.len - 1));
	}
}

/* Of units whose facts have been looked at: votes and entries.  Returns how many, up to the first one
 * without a fact or when there are words enough. */
static size_t
hear_facts(struct post_words *w, size_t from, size_t count)
{
	struct speech p = w->speech; /* stays in registers */
	size_t i = from, open = w->open_count;
	for (; i < count; i++) {
		struct word_fact *f = w->facts[i];
		if (f == NULL || p.words == SPEECH_WORDS_MAX)
			break;
		w->entries[i] = &f->entries;
		w->open[open] = (uint32_t)i;
		open += f->lang != w->guess;
		/* Signs say nothing: their votes are 0. */
		uint32_t is_word = f->kind >> 1 == TOKEN_WORD;
		if (f->kind >> 1 != TOKEN_HASHTAG)
			speech_add(&p, f->behind, f->in_common);
		p.words += is_word;
		p.letters += f->len & -is_word;
	}
	w->open_count = open;
	w->speech = p;
	return i;
}

/* Votes and entries of all units. */
static void
hear_units(struct cut *k)
{
	struct post_words *w = k->words;
	const struct unit_list *l = &k->c->cutting.units;
	for (size_t i = 0; i < l->count; i++) {
		i = hear_facts(w, i, l->count);
		if (i == l->count)
			break;
		const struct unit *u = &l->items[i];
		const struct word_fact *f = w->facts[i];
		if (f != NULL) {
			w->entries[i] = &f->entries;
			if (f->lang != w->guess)
				w->open[w->open_count++] = (uint32_t)i;
		}
		if (u->kind == TOKEN_WORD)
			hear_word(k, f, u->key.text);
	}
	if (w->speech.words == 0)
		hear_hashtags(k);
}

/* ---- all of it --------------------------------------------------------------------- */

int
post_cut(struct post_cutter *c, uint64_t set_number, const struct language_model *languages,
    struct slice text, struct arena *a, struct post_words *words, struct err *err)
{
	struct cutting *cutting = &c->cutting;
	struct cut k = {.c = c,
	    .languages = languages,
	    .words = words,
	    .maker = {.n = &cutting->normal, .arena = a, .list = &cutting->units},
	    .arena = a,
	    .err = err};
	word_memo_begin(c->words, set_number);
	words->speech = (struct speech){.words = 0};
	words->open_count = 0;
	cutting->units.count = 0;
	/* The list of an empty text is one, too. */
	if (!units_reserve(&cutting->units, 1))
		return no_memory(err);
	if (normalise_text(&cutting->normaliser, text, a, &cutting->normal, err) < 0 ||
	    find_runs(&k, &cutting->normal) < 0 || follow_units(&k) < 0)
		return -1;
	/* Most runs are a token, and some other signs are. */
	size_t room = k.run_count + k.run_count / 8 + 4;
	if (tokenise_begin(&k.tokeniser, &cutting->normal, room, a, &cutting->tokens, err) < 0)
		return -1;
	if (take_all(&k) < 0)
		return -1;
	units_read_quotes(&k.maker, k.maker.end, text.len);
	hear_units(&k);
	return 0;
}
