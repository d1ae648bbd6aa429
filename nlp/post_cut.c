/*
 * First all runs of letters and digits are found and hashed, and the memory of their facts is asked
 * for; then the text is gone through from run to run: plain words by post_cut_plain.c, everything else
 * here, by the tokeniser.
 */
#include "nlp/post_cut_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"

/* There are too many names to keep them; short numbers come again. */
#define NUMBER_BYTES_KEPT 3

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
	scratch_fini(&c->asked);
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
	k->asked = scratch_need(&k->c->asked, count * sizeof *k->asked);
	bool has_room =
	    w->facts != NULL && w->entries != NULL && w->open != NULL && k->asked != NULL;
	return has_room ? 0 : no_memory(k->err);
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
	u->stem = word_fact_stem(f, u->key.text, k->arena);
	t->stem = u->stem.text;
	k->has_failed |= u->stem.text.ptr == NULL;
	return true;
}

/* Asks for the facts of the units from number `from` on; names have none. */
static void
ask_for_facts(struct cut *k, size_t from)
{
	const struct unit_list *l = &k->c->cutting.units;
	struct post_words *w = k->words;
	for (size_t i = from; i < l->count; i++) {
		const struct unit *u = &l->items[i];
		w->facts[i] = NULL;
		if (is_name(u)) {
			w->open[w->open_count++] = (uint32_t)i;
		} else {
			k->asked[k->asked_count++] = (uint32_t)i;
			word_memo_prefetch(k->c->words, word_memo_hash(u));
		}
	}
}

/* The facts that have been asked for. */
static int
find_facts(struct cut *k)
{
	const struct unit_list *l = &k->c->cutting.units;
	struct post_words *w = k->words;
	for (size_t n = 0; n < k->asked_count; n++) {
		uint64_t hash = word_memo_hash(&l->items[k->asked[n]]);
		const struct word_fact *f = word_memo_likely(k->c->words, hash);
		__builtin_prefetch(f);
		__builtin_prefetch(f->behind);
	}
	for (size_t n = 0; n < k->asked_count; n++) {
		uint32_t i = k->asked[n];
		struct unit *u = &l->items[i];
		w->facts[i] = word_memo_fact(k->c->words, k->languages, u);
		if (!fill_unit(k, u, w->facts[i]))
			w->open[w->open_count++] = i;
	}
	return k->has_failed ? no_memory(k->err) : 0;
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
	ask_for_facts(k, units);
	k->seen = tokens->count;
	return 0;
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
			i = room > 0 ? post_cut_plain_words(k, i) : i;
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

/* An address that is asked for is not looked at: entries may be another lexicon's, and there may be none. */
static inline void
ask_for(const struct lexeme *lexemes, uint32_t number)
{
	__builtin_prefetch((const void *)((uintptr_t)lexemes + number * sizeof *lexemes));
}

/* Of units whose facts have been looked at: votes and entries.  Returns how many, up to the first one
 * without a fact or when there are words enough. */
static size_t
hear_facts(struct post_words *w, size_t from, size_t count)
{
	struct speech p = w->speech; /* stays in registers */
	enum language guess = w->guess;
	const struct lexeme *lexemes = w->lexemes;
	size_t i = from, left = SPEECH_WORDS_MAX - p.words,
	       end = count - from > left ? from + left : count;
	uint32_t *open = w->open + w->open_count;
	for (; i < end; i++) {
		struct word_fact *f = w->facts[i];
		if (f == NULL)
			break;
		w->entries[i] = &f->entries;
		ask_for(lexemes, f->entries.stem);
		ask_for(lexemes, f->entries.rated);
		*open = (uint32_t)i;
		open += f->lang != guess;
		/* Signs say nothing: their votes are 0. */
		uint32_t is_word = f->kind >> 1 == TOKEN_WORD;
		if (f->kind >> 1 != TOKEN_HASHTAG)
			speech_add(&p, f->behind, f->in_common);
		p.words += is_word;
		p.letters += f->len & -is_word;
	}
	w->open_count = (size_t)(open - w->open);
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
	    post_cut_find_runs(&k) < 0 || follow_units(&k) < 0)
		return -1;
	/* Most runs are a token, and some other signs are. */
	size_t room = k.run_count + k.run_count / 8 + 4;
	if (tokenise_begin(&k.tokeniser, &cutting->normal, room, a, &cutting->tokens, err) < 0)
		return -1;
	if (take_all(&k) < 0)
		return -1;
	units_read_quotes(&k.maker, k.maker.end, text.len);
	if (find_facts(&k) < 0)
		return -1;
	hear_units(&k);
	return 0;
}
