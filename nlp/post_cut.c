/*
 * First the text is split at its blanks, and the memory of the pieces' facts is asked for, by post_cut_pieces.c;
 * then it is gone through from piece to piece: known ones by post_cut_known.c, everything else here, by the
 * tokeniser.
 */
#include "nlp/post_cut_internal.h"

#include "core/arena.h"
#include "core/err.h"

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
	scratch_fini(&c->pieces);
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
	w->open = scratch_need(&k->c->open, count * sizeof *w->open);
	k->asked = scratch_need(&k->c->asked, count * sizeof *k->asked);
	return w->open != NULL && k->asked != NULL ? 0 : no_memory(k->err);
}

/* ---- languages --------------------------------------------------------------------- */

/* The votes of a word; f: of one that is kept. */
static void
hear_word(struct cut *k, const struct word_fact *f, struct slice word)
{
	struct speech *p = &k->words->speech;
	if (p->words == SPEECH_WORDS_MAX)
		return;
	if (f != NULL && !word_fact_is_guest(f)) {
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

/* Of many words the first ones vote, wherever they have been found. */
static void
hear_first_words(struct cut *k)
{
	const struct unit_list *l = &k->c->cutting.units;
	k->words->speech = (struct speech){.words = 0};
	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].kind == TOKEN_WORD)
			hear_word(k, l->items[i].word, unit_text(&l->items[i]));
	}
}

/* In a text without words those of hashtags vote. */
static void
hear_hashtags(struct cut *k)
{
	const struct unit_list *l = &k->c->cutting.units;
	for (size_t i = 0; i < l->count; i++) {
		struct slice tag = unit_text(&l->items[i]);
		if (l->items[i].kind == TOKEN_HASHTAG)
			hear_word(k, NULL, slice_make(tag.ptr + 1, tag.len - 1));
	}
}

/* ---- anything ------------------------------------------------------------------ */

static inline bool
is_name(const struct unit *u)
{
	return u->kind == TOKEN_MENTION || u->kind == TOKEN_URL ||
	    (u->kind == TOKEN_NUMBER && u->folded_len > NUMBER_BYTES_KEPT);
}

/* Gives a unit, and its token when that is the same word, the stem in its fact. */
static bool
fill_unit(struct cut *k, struct unit *u)
{
	struct token *t = &k->c->cutting.tokens.items[u->token];
	struct slice text = unit_text(u);
	if (!slice_eq(text, token_folded(t)))
		return false;
	token_set_stem(t, word_fact_stem(u->word, text, k->arena));
	k->has_failed |= t->stem == NULL;
	return true;
}

/* Notes that the tokeniser made this unit, and no other, of a piece. */
static void
note_alone(struct word_fact *f, const struct unit *u)
{
	struct slice s = unit_text(u);
	bool ends = u->kind == TOKEN_PUNCT &&
	    (memchr(s.ptr, '!', s.len) != NULL || memchr(s.ptr, '?', s.len) != NULL);
	f->flags |= WORD_FACT_ALONE;
	f->flags |= u->other_count > 0 ? WORD_FACT_OTHERS : 0;
	f->flags |= ends ? WORD_FACT_ENDS : 0;
	f->flags |= u->kind == TOKEN_WORD && s.len > 1 ? WORD_FACT_LETTERS : 0;
}

#define ASKED_ALONE (1u << 31) /* of a unit: it is a whole piece */
_Static_assert(UNITS_MAX < ASKED_ALONE, "there is a bit left");

/* Asks for the facts of the units from number `from` on, which were made of a piece; names have none. */
static void
ask_for_facts(struct cut *k, size_t from, struct slice piece, struct slice inside)
{
	const struct unit_list *l = &k->c->cutting.units;
	struct post_words *w = k->words;
	for (size_t i = from; i < l->count; i++) {
		const struct unit *u = &l->items[i];
		if (is_name(u)) {
			w->open[w->open_count++] = (uint32_t)i;
		} else {
			/* What is one emoji is one token everywhere. */
			struct slice text = unit_text(u);
			bool is_alone = slice_eq(text, piece) || slice_eq(text, inside) ||
			    u->kind == TOKEN_EMOJI;
			k->asked[k->asked_count++] = (uint32_t)i | (is_alone ? ASKED_ALONE : 0);
			word_memo_likely(k->c->words, word_memo_hash(u));
		}
	}
}

/* The facts that have been asked for, and the votes of their words. */
static int
find_facts(struct cut *k)
{
	const struct unit_list *l = &k->c->cutting.units;
	struct post_words *w = k->words;
	for (size_t n = 0; n < k->asked_count; n++) {
		uint32_t i = k->asked[n] & ~ASKED_ALONE;
		struct unit *u = &l->items[i];
		struct word_fact *f = word_memo_fact(k->c->words, k->languages, u);
		if (f != NULL)
			u->word = f;
		if (f != NULL && k->asked[n] != i && (f->flags & WORD_FACT_ALONE) == 0)
			note_alone(f, u);
		if (u->kind == TOKEN_WORD)
			hear_word(k, f, unit_text(u));
		if (f == NULL || f->lang != w->guess || !fill_unit(k, u))
			w->open[w->open_count++] = i;
	}
	return k->has_failed ? no_memory(k->err) : 0;
}

/* Units of all tokens there are, which were made of a piece. */
static int
catch_up(struct cut *k, struct slice piece, struct slice inside)
{
	const struct token_list *tokens = &k->c->cutting.tokens;
	size_t units = k->maker.list->count;
	if (k->seen == tokens->count)
		return 0;
	if (units_more(&k->maker, tokens, k->seen) < 0)
		return no_memory(k->err);
	if (follow_units(k) < 0)
		return -1;
	ask_for_facts(k, units, piece, inside);
	k->seen = tokens->count;
	return 0;
}

/* Takes what begins before the piece behind this one. */
static int
take_anything(struct cut *k, const struct piece *p)
{
	struct tokeniser *t = &k->tokeniser;
	/* What reached into a piece may have left some of it. */
	bool is_piece = t->at == p->start;
	struct slice piece = slice_make(t->text.ptr + p->start, is_piece ? p->len : 0);
	struct slice inside = is_piece ? post_cut_inside(t->text, p) : SLICE_NONE;
	while (t->at < p[1].start && !t->has_failed)
		tokenise_one(t);
	return t->has_failed ? -1 : catch_up(k, piece, inside);
}

/* ---- pieces ---------------------------------------------------------------------- */

int
post_cut_reserve(struct cut *k, size_t count)
{
	struct tokeniser *t = &k->tokeniser;
	struct unit_list *units = k->maker.list;
	/* The list may have room for more than it may hold. */
	if (units->count + count > UNITS_MAX)
		return 0;
	if (t->list->cap - t->list->count >= count && units->cap - units->count >= count)
		return 1;
	if (!tokenise_reserve(t, count))
		return t->has_failed ? -1 : 0;
	if (!units_reserve(units, units->count + count))
		return no_memory(k->err);
	return follow_units(k) < 0 ? -1 : 1;
}

static int
take_all(struct cut *k)
{
	struct tokeniser *t = &k->tokeniser;
	if (k->piece_count > 0)
		t->at = k->pieces[0].start;
	for (size_t i = 0; i < k->piece_count;) {
		if (t->at == k->pieces[i].start) {
			int room = post_cut_reserve(k, k->piece_count - i);
			if (room < 0)
				return -1;
			i = room > 0 ? post_cut_known(k, i) : i;
			if (k->has_failed)
				return no_memory(k->err);
			if (i == k->piece_count)
				break;
		}
		if (take_anything(k, &k->pieces[i++]) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it --------------------------------------------------------------------- */

/* Pieces and tokeniser are set when they are there. */
static void
begin(struct cut *k, struct post_cutter *c, const struct language_model *languages,
    struct post_words *words, struct arena *a, struct err *err)
{
	struct cutting *cutting = &c->cutting;
	k->c = c;
	k->languages = languages;
	k->words = words;
	k->maker = (struct unit_maker){.n = &cutting->normal, .arena = a, .list = &cutting->units};
	k->seen = k->followed = k->asked_count = 0;
	k->asked = NULL;
	k->has_failed = false;
	k->arena = a;
	k->err = err;
}

int
post_cut(struct post_cutter *c, uint64_t set_number, const struct language_model *languages,
    struct slice text, struct arena *a, struct post_words *words, struct err *err)
{
	struct cutting *cutting = &c->cutting;
	struct cut k;
	begin(&k, c, languages, words, a, err);
	word_memo_begin(c->words, set_number);
	words->speech = (struct speech){.words = 0};
	words->open_count = 0;
	units_clear(&cutting->units);
	/* The list of an empty text is one, too. */
	if (!units_reserve(&cutting->units, 1))
		return no_memory(err);
	if (normalise_text(&cutting->normaliser, text, a, &cutting->normal, err) < 0 ||
	    post_cut_find_pieces(&k) < 0 || follow_units(&k) < 0)
		return -1;
	/* Most pieces are a token. */
	size_t room = k.piece_count + k.piece_count / 8 + 4;
	if (tokenise_begin(&k.tokeniser, &cutting->normal, room, a, &cutting->tokens, err) < 0)
		return -1;
	if (take_all(&k) < 0)
		return -1;
	units_read_quotes(&k.maker, k.maker.end, text.len);
	if (find_facts(&k) < 0)
		return -1;
	if (cutting->units.count > SPEECH_WORDS_MAX)
		hear_first_words(&k);
	if (words->speech.words == 0)
		hear_hashtags(&k);
	return 0;
}
