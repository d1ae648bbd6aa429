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
#include "nlp/post_cut.h"
#include "nlp/stem.h"
#include "nlp/weigh.h"

struct scorer {
	struct post_cutter cutter;
	struct stemmer *stemmer;
	enum language last; /* of the post before this one */
	struct scratch marks, rated, hits;
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
	bool is_words_only; /* what words weigh is not asked */
	struct post_words words;
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
	if (post_cutter_init(&s->cutter) < 0 || s->stemmer == NULL) {
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
	post_cutter_fini(&s->cutter);
	stemmer_free(s->stemmer);
	scratch_fini(&s->marks);
	scratch_fini(&s->rated);
	scratch_fini(&s->hits);
	mem_free(s);
}

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to score a text");
}

/* ---- language ---------------------------------------------------------------- */

static void
read_as(struct work *w, enum language lang)
{
	w->lang = lang;
	w->intents = w->set->intents[w->lang];
	if (w->intents == NULL)
		w->intents = w->set->intents[LANGUAGE_UND];
	w->lexicon = w->set->lexicons[w->lang];
	w->is_signs_only = w->lexicon == NULL;
	if (w->is_signs_only)
		w->lexicon = w->set->lexicons[LANGUAGE_EN];
}

static void
find_language(struct work *w, struct slice hint)
{
	struct language_sums sums;
	speech_sum(&w->words.speech, &sums);
	read_as(w, language_decide(&sums, hint, NULL));
}

/* ---- stems and look-ups ------------------------------------------------------ */

/* The stem of a unit, in its guest's record. */
static int
find_stem(const struct work *w, struct unit *u)
{
	struct word_key key = unit_key(u);
	if (u->kind == TOKEN_WORD)
		key = stemmer_stem(w->s->stemmer, w->lang, &key, w->arena);
	unit_set_stem(u, key);
	return key.text.ptr == NULL ? no_memory(w->err) : 0;
}

/* What its patterns and its lexicon know of a unit, into its guest's record. */
static int
look_up(const struct work *w, const struct marks_finder *f, struct unit *u)
{
	u->word->mark = intents_mark(w->intents, u);
	marks_look_up(f, u, &u->word->entries);
	/* What was looked up without memory must not be kept. */
	return stemmer_take_failure(w->s->stemmer) ? no_memory(w->err) : 0;
}

/* Fills a unit's word, which is kept, from a guest's record; the stem may be too different to be kept. */
static int
fill_word(
    const struct work *w, const struct marks_finder *f, const struct unit *u, struct slice *stem_r)
{
	struct word_fact guest = {.hash = u->word->hash}, *word = u->word;
	struct unit found = *u;
	found.word = &guest;
	word->lang = LANGUAGE_COUNT;
	if (find_stem(w, &found) < 0 || look_up(w, f, &found) < 0)
		return -1;
	*stem_r = guest.stem.text;
	word->mark = guest.mark;
	word->entries = guest.entries;
	if (word_fact_set_stem(word, guest.stem.text))
		word->lang = (uint8_t)w->lang;
	return 0;
}

/* Fills the word of a unit for the post's language, and finds its stem. */
static inline int
find_unit(const struct work *w, const struct marks_finder *f, struct unit *u, struct slice *stem_r)
{
	if (word_fact_is_guest(u->word)) {
		if (find_stem(w, u) < 0 || (!w->is_words_only && look_up(w, f, u) < 0))
			return -1;
		*stem_r = unit_stem(u).text;
		return 0;
	}
	/* What another language knows of the word stays. */
	if (u->word->lang != w->lang)
		u->word = word_memo_in_language(w->s->cutter.words, u->word, w->lang);
	if (u->word->lang != w->lang)
		return fill_word(w, f, u, stem_r);
	*stem_r = word_fact_stem(u->word, unit_text(u), w->arena);
	return stem_r->ptr == NULL ? no_memory(w->err) : 0;
}

/* Tokens have the stem of their unit; of a word with hyphens, of the whole. */
static inline int
stem_token(const struct work *w, const struct unit *u, struct slice stem, bool is_first)
{
	struct token *t = &w->s->cutter.cutting.tokens.items[u->token];
	if (u->kind != TOKEN_WORD)
		return 0;
	bool is_whole = u->folded_len == t->folded_len &&
	    (u->folded == t->folded || slice_eq(unit_text(u), token_folded(t)));
	if (is_whole) {
		token_set_stem(t, stem);
	} else if (is_first) {
		struct word_key whole = word_key_of(token_folded(t));
		token_set_stem(t, stemmer_stem(w->s->stemmer, w->lang, &whole, w->arena).text);
	}
	return t->stem == NULL ? no_memory(w->err) : 0;
}

/* A unit's word, and the stem of its token. */
static inline int
find_one(struct work *w, const struct marks_finder *f, size_t i)
{
	struct unit *u = &w->s->cutter.cutting.units.items[i];
	struct slice stem;
	bool is_first = i == 0 || u[-1].token != u->token;
	return find_unit(w, f, u, &stem) < 0 || stem_token(w, u, stem, is_first) < 0 ? -1 : 0;
}

/* All units; where the language is the one that was guessed, most are done. */
static int
find_units(struct work *w, const struct marks_finder *f)
{
	bool is_guessed = w->words.guess == w->lang;
	size_t unit_count = w->s->cutter.cutting.units.count;
	size_t count = is_guessed ? w->words.open_count : unit_count;
	for (size_t i = 0; i < count; i++) {
		if (find_one(w, f, is_guessed ? w->words.open[i] : i) < 0)
			return -1;
	}
	return 0;
}

/* ---- sentiment -------------------------------------------------------------- */

static struct marks_finder
finder_of(const struct work *w)
{
	const struct lexicon *english = w->set->lexicons[LANGUAGE_EN];
	return (struct marks_finder){.lexicon = w->lexicon,
	    .english = w->lexicon == english ? NULL : english,
	    .only_signs = w->is_signs_only,
	    .stemmer = w->s->stemmer,
	    .scratch = &w->s->marks,
	    .arena = w->arena};
}

/* All its words and signs, in the language it is read as. */
static int
weigh(struct work *w, struct evidence *e_r, struct reasons *r)
{
	const struct unit_list *l = &w->s->cutter.cutting.units;
	struct marks_finder finder = finder_of(w);
	struct marks marks;
	if (find_units(w, &finder) < 0)
		return -1;
	if (marks_find(&finder, l->items, l->count, &marks, w->err) < 0)
		return -1;
	modifiers_apply(&marks);
	const struct weigher weigher = {
	    w->lexicon, l->items, l->count, w->text, &w->s->rated, w->arena};
	return weigh_text(&weigher, &marks, e_r, r, w->err);
}

static int
judge(struct work *w)
{
	struct evidence e;
	struct reasons reasons;
	if (weigh(w, &e, &reasons) < 0)
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
	w->score->lexicon = lexicon_version(w->lexicon);
	weigh_settle(&e, &reasons, w->score->is_scored, w->score);
	return 0;
}

/* ---- short texts whose language is not told ------------------------------------ */

/* Did a word, and not signs alone, speak? */
static bool
has_word(const struct reasons *r, const struct unit_list *l)
{
	for (size_t i = 0; i < r->word_count; i++) {
		for (size_t k = 0; k < l->count; k++) {
			const struct unit *u = &l->items[k];
			if (u->kind == TOKEN_WORD && u->start == r->items[i].start)
				return true;
		}
	}
	return false;
}

/* The likeliest of the languages that know a word of the text; LANGUAGE_UND when there is none, or
 * when one takes it for praise and another for blame. */
static int
find_reader(struct work *w, const enum language *nearest, size_t count, enum language *reader_r)
{
	bool is_said[SENTIMENT_POSITIVE + 1] = {false};
	*reader_r = LANGUAGE_UND;
	for (size_t i = 0; i < count; i++) {
		struct evidence e;
		struct reasons reasons;
		struct score score = {.lexicon = NULL};
		read_as(w, nearest[i]);
		if (weigh(w, &e, &reasons) < 0)
			return -1;
		if (!has_word(&reasons, &w->s->cutter.cutting.units))
			continue;
		sentiment_combine(w->lexicon, &e, &score);
		is_said[score.label] = true;
		*reader_r = *reader_r == LANGUAGE_UND ? nearest[i] : *reader_r;
	}
	if (is_said[SENTIMENT_NEGATIVE] && is_said[SENTIMENT_POSITIVE])
		*reader_r = LANGUAGE_UND;
	return 0;
}

/* "Super!", "perfekt" and "wow" are words of several languages, and say the same in all of them: what
 * could be in a few is read in the likeliest, unless they disagree.  Its language, stems and intents
 * stay those of a text whose language is not told. */
static int
judge_short(struct work *w)
{
	enum language nearest[LANGUAGE_SCORED_MAX], reader;
	struct language_sums sums;
	speech_sum(&w->words.speech, &sums);
	size_t count = language_nearest(&sums, nearest);
	if (count == 0 || w->s->cutter.cutting.units.count > LONG_TEXT_UNITS)
		return judge(w); /* a word among a thousand emoji is not worth nine readings */
	w->words.guess = LANGUAGE_COUNT; /* all units are looked up anew for each */
	if (find_reader(w, nearest, count, &reader) < 0)
		return -1;
	read_as(w, reader);
	if (judge(w) < 0)
		return -1;
	read_as(w, LANGUAGE_UND);
	struct marks_finder finder = finder_of(w);
	return find_units(w, &finder);
}

/* ---- all of it -------------------------------------------------------------- */

/* To units, and whose language they are. */
static int
cut(struct work *w, struct slice text, struct slice lang_hint)
{
	struct scorer *s = w->s;
	w->text = utf8_prefix(slice_is_set(text) ? text : SLICE_LIT(""), POST_TEXT_MAX);
	w->words.guess = s->last;
	stemmer_take_failure(s->stemmer); /* of a text before, which has failed for it */
	if (post_cut(&s->cutter, w->set->number, w->set->languages, w->text, w->arena, &w->words,
		w->err) < 0)
		return -1;
	find_language(w, lang_hint);
	s->last = w->lang;
	return 0;
}

/* Tokens, brands and language of what was cut. */
static int
give_words(const struct work *w, const struct matcher *matcher, struct score *score)
{
	const struct cutting *c = &w->s->cutter.cutting;
	if (matcher != NULL &&
	    brands_find(matcher, c->units.items, c->units.count, &w->s->hits, w->arena,
		&score->brands, &score->brand_count, w->err) < 0)
		return -1;
	score->tokens = c->tokens.items;
	score->token_count = c->tokens.count;
	const char *code = language_code(w->lang);
	memcpy(score->lang, code, strlen(code) + 1);
	return 0;
}

int
nlp_score(struct scorer *s, const struct lexicon_set *set, const struct matcher *matcher,
    struct slice text, struct slice lang_hint, struct arena *a, struct score *score_r,
    struct err *err)
{
	struct score score = {.lexicon = NULL};
	struct work w = {.s = s, .set = set, .arena = a, .score = &score, .err = err};
	const struct unit_list *l = &s->cutter.cutting.units;
	if (cut(&w, text, lang_hint) < 0 ||
	    (w.lang == LANGUAGE_UND ? judge_short(&w) : judge(&w)) < 0 ||
	    intents_find(w.intents, l->items, l->count, a, &score, err) < 0 ||
	    give_words(&w, matcher, &score) < 0)
		return -1;
	*score_r = score;
	return 0;
}

int
nlp_words(struct scorer *s, const struct lexicon_set *set, const struct matcher *const *matchers,
    size_t count, struct slice text, struct slice lang_hint, struct arena *a,
    struct score *scores_r, struct err *err)
{
	struct work w = {.s = s, .set = set, .arena = a, .is_words_only = true, .err = err};
	if (cut(&w, text, lang_hint) < 0)
		return -1;
	struct marks_finder finder = finder_of(&w);
	if (find_units(&w, &finder) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		scores_r[i] = (struct score){.lexicon = NULL};
		if (give_words(&w, matchers[i], &scores_r[i]) < 0)
			return -1;
	}
	return 0;
}

int
nlp_tokenise(struct scorer *s, struct slice text, struct slice lang, struct arena *a,
    struct token **tokens_r, size_t *count_r, struct err *err)
{
	text = utf8_prefix(slice_is_set(text) ? text : SLICE_LIT(""), POST_TEXT_MAX);
	enum language code = language_of_code(lang);
	if (units_cut_text(&s->cutter.cutting, text, a, err) < 0)
		return -1;
	struct token_list *l = &s->cutter.cutting.tokens;
	for (size_t i = 0; i < l->count; i++) {
		struct word_key word = word_key_of(token_folded(&l->items[i]));
		if (l->items[i].kind != TOKEN_WORD)
			continue;
		token_set_stem(&l->items[i], stemmer_stem(s->stemmer, code, &word, a).text);
		if (l->items[i].stem == NULL)
			return no_memory(err);
	}
	*tokens_r = l->items;
	*count_r = l->count;
	return 0;
}
