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
	struct scratch lexicon_hits, marks, terms, hits;
};

/* One post on its way through. */
struct work {
	struct scorer *s;
	const struct lexicon_set *set;
	struct slice text;
	enum language lang;
	const struct lexicon *lexicon;
	bool is_signs_only; /* no lexicon for its language: emoji and emoticons are all we read */
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
	scratch_fini(&s->lexicon_hits);
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

/* ---- what is kept of words --------------------------------------------------- */

/* So many words are enough to tell a language. */
#define SPEECH_WORDS_MAX 1000

/* What the words say, added up. */
struct speech {
	int32_t sums[LANGUAGE_SLOTS];
	size_t words, letters;
};

static void
add_fact(struct speech *p, const struct word_fact *f, size_t letters)
{
	for (int k = 1; k < LANGUAGE_SLOTS; k++)
		p->sums[k] += f->votes[k];
	p->sums[0] += f->in_common;
	p->words++;
	p->letters += letters;
}

static void
add_long_word(struct speech *p, const struct language_model *m, struct slice word)
{
	struct language_vector v;
	language_word_vector(m, word, &v);
	for (int k = 0; k < LANGUAGE_SLOTS; k++)
		p->sums[k] += v.v[k];
	p->words++;
	p->letters += word.len;
}

static void
add_units(struct speech *p, const struct work *w, enum token_kind kind)
{
	const struct unit_list *l = &w->s->cutting.units;
	size_t skip = kind == TOKEN_HASHTAG ? 1 : 0; /* the # */
	for (size_t i = 0; i < l->count && p->words < SPEECH_WORDS_MAX; i++) {
		const struct unit *u = &l->items[i];
		if (u->kind != kind)
			continue;
		struct slice word = slice_make(u->key.text.ptr + skip, u->key.text.len - skip);
		const struct word_fact *f = word_memo_fact(w->s->memo, w->set->languages, u);
		if (f != NULL)
			add_fact(p, f, word.len);
		else
			add_long_word(p, w->set->languages, word);
	}
}

/* Words vote; in a text without any, the words of hashtags. */
static void
find_language(struct work *w, struct slice hint)
{
	struct speech p = {.words = 0};
	add_units(&p, w, TOKEN_WORD);
	if (p.words == 0)
		add_units(&p, w, TOKEN_HASHTAG);
	w->lang = language_decide(w->set->languages, p.sums, p.words, p.letters, hint, NULL);
	w->lexicon = w->set->lexicons[w->lang];
	if (w->lexicon == NULL) {
		w->is_signs_only = true;
		w->lexicon = w->set->lexicons[LANGUAGE_EN];
	}
}

/* ---- stems and look-ups ------------------------------------------------------ */

static int
find_anew(const struct work *w, const struct marks_finder *f, struct unit *u,
    struct lexicon_hit *hit)
{
	if (u->kind == TOKEN_WORD)
		u->stem = stemmer_stem(w->s->stemmer, w->lang, &u->key, w->arena);
	if (u->stem.text.ptr == NULL)
		return no_memory(w->err);
	marks_look_up(f, u, hit);
	return 0;
}

/* Fills the stem of a unit and what it has in the lexicon. */
static int
find_unit(const struct work *w, const struct marks_finder *f, struct unit *u,
    struct lexicon_hit *hit)
{
	bool is_name = u->kind == TOKEN_MENTION || u->kind == TOKEN_URL || u->kind == TOKEN_NUMBER;
	struct word_fact *fact =
	    is_name ? NULL : word_memo_fact(w->s->memo, w->set->languages, u);
	if (fact == NULL)
		return find_anew(w, f, u, hit);
	if (fact->lang != w->lang) {
		if (find_anew(w, f, u, hit) < 0)
			return -1;
		fact->hit = *hit;
		fact->lang = word_fact_set_stem(fact, u->stem) ? (uint8_t)w->lang
							       : (uint8_t)LANGUAGE_COUNT;
		return 0;
	}
	*hit = fact->hit;
	if (u->kind == TOKEN_WORD)
		u->stem = word_fact_stem(fact, u, w->arena);
	return u->stem.text.ptr == NULL ? no_memory(w->err) : 0;
}

/* Tokens have the stem of their unit; of a word with hyphens, of the whole. */
static int
stem_token(const struct work *w, const struct unit *u, bool is_first)
{
	struct token *t = &w->s->cutting.tokens.items[u->token];
	if (u->kind != TOKEN_WORD)
		return 0;
	if (slice_eq(u->key.text, t->folded)) {
		t->stem = u->stem.text;
	} else if (is_first) {
		struct word_key whole = word_key_of(t->folded);
		t->stem = stemmer_stem(w->s->stemmer, w->lang, &whole, w->arena).text;
	}
	return t->stem.ptr == NULL ? no_memory(w->err) : 0;
}

/* Stems of all units and tokens, and what they have in the lexicon. */
static int
find_units(struct work *w, const struct marks_finder *f, struct lexicon_hit **hits_r)
{
	struct unit_list *l = &w->s->cutting.units;
	struct lexicon_hit *hits = scratch_need(&w->s->lexicon_hits, (l->count + 1) * sizeof *hits);
	if (hits == NULL)
		return no_memory(w->err);
	for (size_t i = 0; i < l->count; i++) {
		struct unit *u = &l->items[i];
		bool is_first = i == 0 || u[-1].token != u->token;
		if (find_unit(w, f, u, &hits[i]) < 0 || stem_token(w, u, is_first) < 0)
			return -1;
	}
	*hits_r = hits;
	return 0;
}

/* ---- sentiment -------------------------------------------------------------- */

static int
judge(struct work *w)
{
	const struct unit_list *l = &w->s->cutting.units;
	const struct lexicon *english = w->set->lexicons[LANGUAGE_EN];
	struct lexicon_hit *hits = NULL;
	struct mark *marks;
	size_t count;
	struct evidence e;
	struct marks_finder finder = {.lexicon = w->lexicon,
	    .english = w->lexicon == english ? NULL : english,
	    .only_signs = w->is_signs_only,
	    .stemmer = w->s->stemmer,
	    .scratch = &w->s->marks,
	    .arena = w->arena};
	if (find_units(w, &finder, &hits) < 0 ||
	    marks_find(&finder, l->items, hits, l->count, &marks, &count, w->err) < 0)
		return -1;
	modifiers_apply(marks, count, l->items, l->count);
	if (sentiment_weigh(w->lexicon, marks, count, l->items, l->count, &w->s->terms, &e,
		w->err) < 0)
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
	if (reasons_give(&e, w->lexicon, marks, count, l->items, w->text, w->score->is_scored,
		w->arena, w->score) < 0)
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

	word_memo_use(s->memo, set->number);
	if (units_cut_text(&s->cutting, w.text, a, err) < 0)
		return -1;
	find_language(&w, lang_hint);
	if (judge(&w) < 0)
		return -1;

	const struct unit_list *l = &s->cutting.units;
	const struct intents *intents = set->intents[w.lang];
	if (intents_find(intents == NULL ? set->intents[LANGUAGE_UND] : intents, l->items, l->count,
		a, &score, err) < 0)
		return -1;
	if (matcher != NULL &&
	    brands_find(matcher, l->items, l->count, &s->hits, a, &score.brands, &score.brand_count,
		err) < 0)
		return -1;
	score.tokens = s->cutting.tokens.items;
	score.token_count = s->cutting.tokens.count;
	score.lexicon = lexicon_version(w.lexicon);
	snprintf(score.lang, sizeof score.lang, "%s", language_code(w.lang));
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
