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

struct scorer {
	struct cutting cutting;
	struct stemmer *stemmer;
	struct scratch marks, terms, hits;
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
	s->stemmer = stemmer_new(true);
	if (s->stemmer == NULL) {
		mem_free(s);
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

/* ---- stems ------------------------------------------------------------------ */

/* Stems of all units, and of the tokens they came from. */
static int
stem_all(struct scorer *s, enum language lang, struct arena *a, struct err *err)
{
	struct token *tokens = s->cutting.tokens.items;
	struct unit_list *l = &s->cutting.units;
	if (language_stemmer(lang) == NULL)
		return 0;
	for (size_t i = 0; i < l->count; i++) {
		struct unit *u = &l->items[i];
		if (u->kind != TOKEN_WORD)
			continue;
		u->stem = stemmer_stem(s->stemmer, lang, &u->key, a);
		if (u->stem.text.ptr == NULL)
			return no_memory(err);
		struct token *t = &tokens[u->token];
		if (slice_eq(u->key.text, t->folded)) {
			t->stem = u->stem.text;
		} else if (i == 0 || l->items[i - 1].token != u->token) {
			/* The first part of a word with hyphens. */
			struct word_key whole = word_key_of(t->folded);
			t->stem = stemmer_stem(s->stemmer, lang, &whole, a).text;
			if (t->stem.ptr == NULL)
				return no_memory(err);
		}
	}
	return 0;
}

/* ---- language --------------------------------------------------------------- */

/* So many words are enough to tell a language. */
#define SPEECH_WORDS_MAX 1000

/* What the words say, added up. */
struct speech {
	int32_t sums[LANGUAGE_SLOTS];
	size_t words, letters;
};

static void
add_speech(struct speech *p, const struct language_model *m, struct slice word)
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
		struct slice word = l->items[i].key.text;
		if (l->items[i].kind == kind)
			add_speech(p, w->set->languages,
			    slice_make(word.ptr + skip, word.len - skip));
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

/* ---- sentiment -------------------------------------------------------------- */

static int
judge(struct work *w)
{
	const struct unit_list *l = &w->s->cutting.units;
	const struct lexicon *english = w->set->lexicons[LANGUAGE_EN];
	struct mark *marks;
	size_t count;
	struct evidence e;
	struct marks_finder finder = {.lexicon = w->lexicon,
	    .english = w->lexicon == english ? NULL : english,
	    .only_signs = w->is_signs_only,
	    .stemmer = w->s->stemmer,
	    .scratch = &w->s->marks,
	    .arena = w->arena};
	if (marks_find(&finder, l->items, l->count, &marks, &count, w->err) < 0)
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

static int
copy_tokens(
    struct scorer *s, struct arena *a, struct token **tokens_r, size_t *count_r, struct err *err)
{
	const struct token_list *l = &s->cutting.tokens;
	struct token *copy = arena_alloc(a, (l->count + 1) * sizeof *copy);
	if (copy == NULL)
		return no_memory(err);
	if (l->count > 0)
		memcpy(copy, l->items, l->count * sizeof *copy);
	*tokens_r = copy;
	*count_r = l->count;
	return 0;
}

int
nlp_score(struct scorer *s, const struct lexicon_set *set, const struct matcher *matcher,
    struct slice text, struct slice lang_hint, struct arena *a, struct score *score_r,
    struct err *err)
{
	struct score score = {.lexicon = NULL};
	struct work w = {.s = s, .set = set, .arena = a, .score = &score, .err = err};
	w.text = utf8_prefix(slice_is_set(text) ? text : SLICE_LIT(""), POST_TEXT_MAX);

	if (units_cut_text(&s->cutting, w.text, a, err) < 0)
		return -1;
	find_language(&w, lang_hint);
	if (stem_all(s, w.lang, a, err) < 0 || judge(&w) < 0)
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
	if (copy_tokens(s, a, &score.tokens, &score.token_count, err) < 0)
		return -1;
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
	if (units_cut_text(&s->cutting, text, a, err) < 0 ||
	    stem_all(s, language_of_code(lang), a, err) < 0)
		return -1;
	return copy_tokens(s, a, tokens_r, count_r, err);
}
