#include "nlp/nlp.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/post.h"
#include "core/utf8.h"
#include "nlp/brands.h"
#include "nlp/intents.h"
#include "nlp/language.h"
#include "nlp/lexicon.h"
#include "nlp/lexicon_internal.h"
#include "nlp/lexicon_set.h"
#include "nlp/marks.h"
#include "nlp/reasons.h"
#include "nlp/sentiment.h"
#include "nlp/stem.h"
#include "nlp/units.h"
#include "nlp/word_memo.h"

struct scorer {
	struct cutting cutting;
	struct stemmer *stemmer;
	struct word_memo *memo;
	struct scratch facts, marks, terms, hits;
};

/* One post on its way through. */
struct work {
	struct scorer *s;
	const struct lexicon_set *set;
	struct slice text;
	enum language lang;
	const struct lexicon *lexicon;
	const struct intents *intents;
	bool is_signs_only; /* no lexicon for its language: emoji and emoticons are all we read */
	/* Of each unit: what the memo has, NULL for names and what is not kept; what its word has in
	 * the lexicon, in the fact or in the spare one. */
	struct word_fact **facts;
	const struct word_entries **entries;
	struct word_entries *spares;
	struct arena *arena;
	struct score *score;
	struct err *err;
};

struct scorer *
scorer_new(void)
{
	struct scorer *s = mem_zalloc(sizeof *s);
	if (s == NULL)
		return NULL;
	s->cutting.tokens.in_arena = true;
	s->stemmer = stemmer_new(true);
	s->memo = word_memo_new();
	if (s->stemmer == NULL || s->memo == NULL) {
		scorer_free(s);
		return NULL;
	}
	return s;
}

void
scorer_free(struct scorer *s)
{
	if (s == NULL)
		return;
	units_cutting_fini(&s->cutting);
	stemmer_free(s->stemmer);
	word_memo_free(s->memo);
	scratch_fini(&s->facts);
	scratch_fini(&s->marks);
	scratch_fini(&s->terms);
	scratch_fini(&s->hits);
	mem_free(s);
}

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to score a text");
}

/* Room for what is found out about the units. */
static int
make_room(struct work *w)
{
	size_t count = w->s->cutting.units.count + 1;
	size_t size = sizeof *w->spares + sizeof *w->facts + sizeof *w->entries;
	w->spares = scratch_need(&w->s->facts, count * size);
	if (w->spares == NULL)
		return no_memory(w->err);
	w->facts = (void *)(w->spares + count);
	w->entries = (void *)(w->facts + count);
	return 0;
}

/* There are too many names to keep them; short numbers come again. */
#define NUMBER_BYTES_KEPT 3
static inline bool
is_name(const struct unit *u)
{
	return u->kind == TOKEN_MENTION || u->kind == TOKEN_URL ||
	    (u->kind == TOKEN_NUMBER && u->key.text.len > NUMBER_BYTES_KEPT);
}

/* ---- language ---------------------------------------------------------------- */

/* So many words are enough to tell a language.  As none speaks against one for more than
 * LANGUAGE_WORD_MAX steps, their votes add up in 16 bits. */
#define SPEECH_WORDS_MAX 250
_Static_assert(SPEECH_WORDS_MAX *LANGUAGE_WORD_MAX <= INT16_MAX, "votes add up in 16 bits");

/* Eight pairs of languages a step (word_fact_pair()). */
typedef uint16_t lanes __attribute__((vector_size(16)));
#define LANES 8
#define LANE_GROUPS (LANGUAGE_SLOTS / 2 / LANES)

/* What the words say, added up: how far behind the first and the second language of each pair is,
 * and what the words have in common with their best. */
struct speech {
	lanes first[LANE_GROUPS], second[LANE_GROUPS];
	int32_t in_common;
	size_t words, letters;
};

static inline void
add_behind(struct speech *p, const uint16_t behind[LANGUAGE_SLOTS / 2])
{
	for (int g = 0; g < LANE_GROUPS; g++) {
		lanes pairs;
		memcpy(&pairs, behind + g * LANES, sizeof pairs);
		p->first[g] += pairs & 255;
		p->second[g] += pairs >> 8;
	}
}

static void
add_anew(struct speech *p, const struct language_model *m, struct slice word)
{
	struct language_vector v;
	uint16_t behind[LANGUAGE_SLOTS / 2];
	language_word_vector(m, word, &v);
	p->in_common += v.v[LANGUAGE_UND];
	v.v[LANGUAGE_UND] = 0;
	for (int i = 0; i < LANGUAGE_SLOTS / 2; i++)
		behind[i] = word_fact_pair(&v, i);
	add_behind(p, behind);
}

/* As language_decide() wants it. */
static void
sum_up(const struct speech *p, int32_t sums[LANGUAGE_SLOTS])
{
	uint16_t first[LANGUAGE_SLOTS / 2], second[LANGUAGE_SLOTS / 2];
	memcpy(first, p->first, sizeof first);
	memcpy(second, p->second, sizeof second);
	for (int i = 0; i < LANGUAGE_SLOTS / 2; i++) {
		sums[2 * i] = -first[i];
		sums[2 * i + 1] = -second[i];
	}
	sums[LANGUAGE_UND] = p->in_common;
}

static inline void
add_unit(struct speech *p, const struct work *w, const struct unit *u, const struct word_fact *f,
    size_t skip)
{
	struct slice word = slice_make(u->key.text.ptr + skip, u->key.text.len - skip);
	if (p->words == SPEECH_WORDS_MAX)
		return;
	if (f != NULL) {
		add_behind(p, f->behind);
		p->in_common += f->in_common;
	} else {
		add_anew(p, w->set->languages, word);
	}
	p->words++;
	p->letters += word.len;
}

/* The memo is larger than the caches near the processor: so many units later its memory is there. */
#define UNITS_AHEAD 4

/* Words vote; in a text without any, the words of hashtags. */
static void
hear_units(struct speech *p, const struct work *w)
{
	const struct unit *units = w->s->cutting.units.items;
	size_t count = w->s->cutting.units.count;
	for (size_t i = 0; i < count; i++) {
		const struct unit *u = &units[i];
		if (i + UNITS_AHEAD < count)
			word_memo_prefetch(w->s->memo, u + UNITS_AHEAD);
		struct word_fact *f =
		    is_name(u) ? NULL : word_memo_fact(w->s->memo, w->set->languages, u);
		w->facts[i] = f;
		if (u->kind == TOKEN_WORD)
			add_unit(p, w, u, f, 0);
	}
	if (p->words > 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (units[i].kind == TOKEN_HASHTAG)
			add_unit(p, w, &units[i], w->facts[i], 1); /* the # */
	}
}

/* Also fills the facts of all units. */
static void
find_language(struct work *w, struct slice hint)
{
	struct speech p = {.words = 0};
	int32_t sums[LANGUAGE_SLOTS];
	hear_units(&p, w);
	sum_up(&p, sums);
	w->lang = language_decide(w->set->languages, sums, p.words, p.letters, hint, NULL);
	w->intents = w->set->intents[w->lang];
	if (w->intents == NULL)
		w->intents = w->set->intents[LANGUAGE_UND];
	w->lexicon = w->set->lexicons[w->lang];
	if (w->lexicon == NULL) {
		w->is_signs_only = true;
		w->lexicon = w->set->lexicons[LANGUAGE_EN];
	}
}

/* ---- stems and look-ups ------------------------------------------------------ */

static int
find_anew(const struct work *w, const struct marks_finder *f, struct unit *u,
    struct word_entries *entries)
{
	if (u->kind == TOKEN_WORD)
		u->stem = stemmer_stem(w->s->stemmer, w->lang, &u->key, w->arena);
	if (u->stem.text.ptr == NULL)
		return no_memory(w->err);
	u->mark = intents_mark(w->intents, u);
	marks_look_up(f, u, entries);
	/* What was looked up without memory must not be kept. */
	return stemmer_take_failure(w->s->stemmer) ? no_memory(w->err) : 0;
}

static int
fill_fact(
    const struct work *w, const struct marks_finder *f, struct unit *u, struct word_fact *fact)
{
	fact->lang = LANGUAGE_COUNT;
	if (find_anew(w, f, u, &fact->entries) < 0)
		return -1;
	fact->mark = u->mark;
	fact->lang = word_fact_set_stem(fact, u->stem) ? (uint8_t)w->lang : (uint8_t)LANGUAGE_COUNT;
	return 0;
}

/* What will be looked at when all units have been found. */
static inline void
prefetch_entries(const struct lexicon *lx, const struct word_entries *e)
{
	__builtin_prefetch(&lx->lexemes[e->stem]);
	__builtin_prefetch(&lx->lexemes[e->rated]);
}

/* Fills the stem of a unit and what it has in the lexicon; spare is for words that are not kept. */
static inline int
find_unit(const struct work *w, const struct marks_finder *f, size_t i, struct word_entries *spare)
{
	struct unit *u = &w->s->cutting.units.items[i];
	struct word_fact *fact = w->facts[i];
	w->entries[i] = fact == NULL ? spare : &fact->entries;
	if (fact == NULL)
		return find_anew(w, f, u, spare);
	if (fact->lang != w->lang)
		return fill_fact(w, f, u, fact);
	prefetch_entries(w->lexicon, &fact->entries);
	u->mark = fact->mark;
	if (u->kind == TOKEN_WORD)
		u->stem = word_fact_stem(fact, u, w->arena);
	return u->stem.text.ptr == NULL ? no_memory(w->err) : 0;
}

/* Tokens have the stem of their unit; of a word with hyphens, of the whole. */
static inline int
stem_token(const struct work *w, const struct unit *u, bool is_first)
{
	struct token *t = &w->s->cutting.tokens.items[u->token];
	if (u->kind != TOKEN_WORD)
		return 0;
	bool is_whole = u->key.text.len == t->folded.len &&
	    (u->key.text.ptr == t->folded.ptr || slice_eq(u->key.text, t->folded));
	if (is_whole) {
		t->stem = u->stem.text;
	} else if (is_first) {
		struct word_key whole = word_key_of(t->folded);
		t->stem = stemmer_stem(w->s->stemmer, w->lang, &whole, w->arena).text;
	}
	return t->stem.ptr == NULL ? no_memory(w->err) : 0;
}

/* Stems of all units and tokens, and what they have in the lexicon. */
static int
find_units(struct work *w, const struct marks_finder *f)
{
	const struct unit_list *l = &w->s->cutting.units;
	for (size_t i = 0; i < l->count; i++) {
		const struct unit *u = &l->items[i];
		bool is_first = i == 0 || u[-1].token != u->token;
		if (find_unit(w, f, i, &w->spares[i]) < 0 || stem_token(w, u, is_first) < 0)
			return -1;
	}
	return 0;
}

/* ---- sentiment -------------------------------------------------------------- */

static int
judge(struct work *w)
{
	const struct unit_list *l = &w->s->cutting.units;
	const struct lexicon *english = w->set->lexicons[LANGUAGE_EN];
	struct marks marks;
	struct evidence e;
	struct marks_finder finder = {.lexicon = w->lexicon,
	    .english = w->lexicon == english ? NULL : english,
	    .only_signs = w->is_signs_only,
	    .stemmer = w->s->stemmer,
	    .scratch = &w->s->marks,
	    .arena = w->arena};
	if (find_units(w, &finder) < 0 ||
	    marks_find(&finder, l->items, w->entries, l->count, &marks, w->err) < 0)
		return -1;
	modifiers_apply(&marks, l->items, l->count);
	if (sentiment_weigh(w->lexicon, &marks, l->count, &w->s->terms, &e, w->err) < 0)
		return -1;
	/* Without a known language the signs decide alone, if there are any; a known language
	 * without a lexicon is not ours to judge. */
	w->score->is_scored = !w->is_signs_only || (w->lang == LANGUAGE_UND && e.has_evidence);
	if (w->score->is_scored) {
		sentiment_combine(w->lexicon, &e, w->score);
	} else {
		sentiment_silent(w->score);
		w->score->is_unsure = true;
	}
	if (reasons_give(
		&e, marks.items, l->items, w->text, w->score->is_scored, w->arena, w->score) < 0)
		return no_memory(w->err);
	return 0;
}

/* ---- all of it -------------------------------------------------------------- */

int
nlp_score(struct scorer *s, const struct lexicon_set *set, const struct matcher *matcher,
    struct slice text, struct slice lang_hint, struct arena *a, struct score *score_r,
    struct err *err)
{
	struct score score = {.lexicon = NULL};
	struct work w = {.s = s, .set = set, .arena = a, .score = &score, .err = err};
	w.text = utf8_prefix(slice_is_set(text) ? text : SLICE_LIT(""), POST_TEXT_MAX);

	word_memo_begin(s->memo, set->number);
	if (units_cut_text(&s->cutting, w.text, a, err) < 0 || make_room(&w) < 0)
		return -1;
	find_language(&w, lang_hint);
	if (judge(&w) < 0)
		return -1;

	const struct unit_list *l = &s->cutting.units;
	if (intents_find(w.intents, l->items, l->count, a, &score, err) < 0)
		return -1;
	if (matcher != NULL &&
	    brands_find(matcher, l->items, l->count, &s->hits, a, &score.brands, &score.brand_count,
		err) < 0)
		return -1;
	score.tokens = s->cutting.tokens.items;
	score.token_count = s->cutting.tokens.count;
	score.lexicon = lexicon_version(w.lexicon);
	const char *code = language_code(w.lang);
	memcpy(score.lang, code, strlen(code) + 1);
	*score_r = score;
	return 0;
}

int
nlp_tokenise(struct scorer *s, struct slice text, struct slice lang, struct arena *a,
    struct token **tokens_r, size_t *count_r, struct err *err)
{
	text = utf8_prefix(slice_is_set(text) ? text : SLICE_LIT(""), POST_TEXT_MAX);
	enum language code = language_of_code(lang);
	if (units_cut_text(&s->cutting, text, a, err) < 0)
		return -1;
	struct token_list *l = &s->cutting.tokens;
	for (size_t i = 0; i < l->count; i++) {
		struct word_key word = word_key_of(l->items[i].folded);
		if (l->items[i].kind != TOKEN_WORD)
			continue;
		l->items[i].stem = stemmer_stem(s->stemmer, code, &word, a).text;
		if (l->items[i].stem.ptr == NULL)
			return no_memory(err);
	}
	*tokens_r = l->items;
	*count_r = l->count;
	return 0;
}
