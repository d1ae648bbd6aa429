#include "nlp/train.h"

#include <assert.h>
#include <math.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/charclass.h"
#include "nlp/lexicon_internal.h"
#include "nlp/train_internal.h"
#include "nlp/train_words.h"

#define ITERATIONS_MAX 200

/* Penalties against that of a stem: what is rarer or shared by few words pays more. */
static const struct {
	double stem, negated, pair, shape, sum;
} PENALTIES = {.stem = 1.0, .negated = 1.5, .pair = 1.5, .shape = 0.05, .sum = 0.02};

/* Below FEW_POSTS, shapes and sums are held to those of --signs: of 350 posts in each of six languages
 * the others of that language were read better by 0.1 to 2.0 points of macro recall. */
#define FEW_POSTS 1000
#define PENALTY_WHEN_FEW 0.5

struct train_options
train_defaults(enum language lang)
{
	return (struct train_options){.lang = lang,
	    .seed = 1,
	    .min_posts = 10,
	    .folds = 5,
	    .entries_max = 0,
	    .l2 = 20.0,
	    .with_pairs = true};
}

/* ---- the candidates --------------------------------------------------------- */

/* What the base has: ratings, modifiers; when adapting also what it learned. */
static int
copy_base(struct training *t)
{
	for (uint32_t i = 1; i <= lexicon_count(t->given->base); i++) {
		const struct lexeme *x = lexicon_at(t->given->base, i);
		if (train_copy_rated(t, x) < 0)
			return -1;
		if (train_is_learned(x) && t->o->is_adapting &&
		    lexicon_add(t->lexicon, (enum lexeme_kind)x->kind, lexeme_text(x),
			x->negative_milli, x->positive_milli, t->err) < 0)
			return -1;
	}
	return 0;
}

/* Does an entry mean the same in every language?  An emoji, "!", <mention>, a shape, a sum. */
static bool
is_sign(const struct lexeme *x)
{
	if (x->kind == LEXEME_SHAPE || x->kind == LEXEME_SUM)
		return true;
	if (x->kind != LEXEME_STEM)
		return false;
	size_t i = 0;
	uint32_t cp = utf8_next(lexeme_text(x), &i);
	return !charclass_is_word(cp);
}

/* Adds a learned entry unless it is there. */
static int
add_once(struct training *t, enum lexeme_kind kind, struct slice text, int32_t negative,
    int32_t positive)
{
	struct err local = {.kind = ERR_NONE};
	if (lexicon_add(t->lexicon, kind, text, negative, positive, &local) == 0 ||
	    local.kind == ERR_INPUT)
		return 0;
	*t->err = local;
	return -1;
}

static int
copy_signs(struct training *t)
{
	const struct lexicon *signs = t->given->signs;
	for (uint32_t i = 1; signs != NULL && i <= lexicon_count(signs); i++) {
		const struct lexeme *x = lexicon_at(signs, i);
		if (is_sign(x) &&
		    add_once(t, (enum lexeme_kind)x->kind, lexeme_text(x), x->negative_milli,
			x->positive_milli) < 0)
			return -1;
	}
	for (int k = 0; k < SHAPE_COUNT; k++) {
		if (add_once(t, LEXEME_SHAPE, slice_of(shape_name((enum shape)k)), 0, 0) < 0)
			return -1;
	}
	for (int k = 0; k < SUM_COUNT; k++) {
		if (add_once(t, LEXEME_SUM, slice_of(rating_sum_name((enum rating_sum)k)), 0, 0) <
		    0)
			return -1;
	}
	return 0;
}

static int
find_candidates(struct training *t)
{
	struct train_words_options options = {t->o->min_posts, t->o->with_pairs, t->o->only_signs};
	struct train_words *words;
	struct marks m;
	int rc = -1;
	if (train_words_new(&options, t->given->exclusions, &words, t->err) < 0)
		return -1;
	for (size_t i = 0; i < t->row_count; i++) {
		if (i % 1000 == 0)
			train_tell(t, "counting", (double)i / (double)t->row_count);
		if (t->rows[i].is_validation)
			continue;
		const struct unit_list *l = &t->cutting.units;
		if (train_mark_post(t, t->lexicon, t->rows[i].text, &m) < 0 ||
		    train_words_add_post(words, l->items, l->count, m.items, m.count, t->err) < 0)
			goto out;
	}
	rc = train_words_to_lexicon(words, t->lexicon, t->err);
out:
	train_words_free(words);
	return rc;
}

/* ---- the matrix ------------------------------------------------------------- */

static struct train_cell
cell_of(uint32_t lexeme, int32_t strength_milli, bool is_turned)
{
	float a = (float)strength_milli / 1000;
	return (struct train_cell){
	    lexeme, a, is_turned ? a * (float)modifiers_turn_milli() / 1000 : a};
}

static int
add_cell(struct training *t, const struct lexeme *x, int32_t strength_milli, bool is_turned)
{
	uint32_t lexeme = lexicon_number_of(t->lexicon, x);
	return train_matrix_add(&t->matrix, cell_of(lexeme, strength_milli, is_turned), t->err);
}

/* The terms that scoring would count of one mark. */
static int
add_mark(struct training *t, const struct mark *m)
{
	struct term term;
	if (sentiment_stem(t->lexicon, m, &term)) {
		/* What a negated stem says is learned as what it adds to its stem turned. */
		if (term.lexeme->kind == LEXEME_NEGATED && lexeme_is_some(m->stem) &&
		    add_cell(t, m->stem, term.strength_milli, true) < 0)
			return -1;
		if (add_cell(t, term.lexeme, term.strength_milli, term.is_turned) < 0)
			return -1;
	}
	return sentiment_pair(t->lexicon, m, &term)
	    ? add_cell(t, term.lexeme, term.strength_milli, term.is_turned)
	    : 0;
}

/* Shapes or sums: how much of each counts. */
static int
add_values(struct training *t, const uint32_t *lexemes, const int32_t *values, int count)
{
	for (int i = 0; i < count; i++) {
		if (values[i] != 0 && lexemes[i] != 0 &&
		    add_cell(t, lexicon_at(t->lexicon, lexemes[i]), values[i], false) < 0)
			return -1;
	}
	return 0;
}

static int
add_row(struct training *t, const struct train_row *row)
{
	struct marks m;
	struct evidence e;
	int32_t sums[SUM_COUNT], shapes[SHAPE_COUNT];
	if (train_weigh_post(t, t->lexicon, row->text, &m, &e) < 0)
		return -1;
	struct marks_walk walk = marks_walk(&m);
	for (struct mark mark; marks_next(&walk, &mark);) {
		if (add_mark(t, &mark) < 0)
			return -1;
	}
	sentiment_sums(&e, &m.looks, sums);
	for (int k = 0; k < SHAPE_COUNT; k++)
		shapes[k] = sentiment_shape(&m.looks, (enum shape)k);
	if (add_values(t, t->lexicon->sums, sums, SUM_COUNT) < 0 ||
	    add_values(t, t->lexicon->shapes, shapes, SHAPE_COUNT) < 0)
		return -1;
	return train_matrix_end_row(&t->matrix, t->err);
}

#define FOLD_FACTOR 0x9e3779b97f4a7c15ULL

/* Not word_hash(), which may become another one. */
static uint64_t
text_hash(struct slice text)
{
	uint64_t h = text.len * FOLD_FACTOR;
	for (; text.len >= 8; text.ptr += 8, text.len -= 8) {
		h = (h ^ word_load(text.ptr, 8)) * FOLD_FACTOR;
		h ^= h >> 29;
	}
	h = (h ^ word_load(text.ptr, text.len)) * FOLD_FACTOR;
	return h ^ (h >> 32);
}

unsigned
train_fold(struct slice text, uint64_t seed, int folds)
{
	uint64_t h = (text_hash(text) ^ seed) * FOLD_FACTOR;
	return (unsigned)((h ^ (h >> 29)) % (uint64_t)folds);
}

static int
build_matrix(struct training *t)
{
	size_t n = 0;
	t->labels = mem_array(t->row_count + 1, 1);
	t->folds = mem_array(t->row_count + 1, 1);
	t->sources = mem_array(t->row_count + 1, sizeof *t->sources);
	t->row_weights = mem_array(t->row_count + 1, sizeof *t->row_weights);
	if (t->labels == NULL || t->folds == NULL || t->sources == NULL || t->row_weights == NULL)
		return train_no_memory(t->err);
	for (size_t i = 0; i < t->row_count; i++) {
		const struct train_row *row = &t->rows[i];
		if (i % 1000 == 0)
			train_tell(t, "weighing", (double)i / (double)t->row_count);
		if (row->is_validation)
			continue;
		if (add_row(t, row) < 0)
			return -1;
		t->labels[n] = row->label;
		t->sources[n] = row->source;
		t->folds[n++] = (uint8_t)train_fold(row->text, t->o->seed, t->o->folds);
	}
	t->matrix.feature_count = lexicon_count(t->lexicon) + 1;
	return 0;
}

static float
source_weight(const struct training *t, size_t row)
{
	double w = t->o->source_weights[t->sources[row] % SOURCES_MAX];
	return w > 0 ? (float)w : 1;
}

/* All classes of a source alike, since each was drawn in its own way; leaves one fold out (-1: none).
 */
static void
weigh_rows(struct training *t, int without_fold)
{
	double sums[SOURCES_MAX][3] = {{0}};
	for (size_t i = 0; i < t->matrix.row_count; i++) {
		t->row_weights[i] = t->folds[i] == without_fold ? 0 : source_weight(t, i);
		sums[t->sources[i] % SOURCES_MAX][t->labels[i]] += (double)t->row_weights[i];
	}
	for (size_t i = 0; i < t->matrix.row_count; i++) {
		const double *of = sums[t->sources[i] % SOURCES_MAX];
		int classes = (of[0] > 0) + (of[1] > 0) + (of[2] > 0);
		double sum = of[t->labels[i]];
		if (sum > 0)
			t->row_weights[i] *= (float)((of[0] + of[1] + of[2]) / (classes * sum));
	}
}

/* ---- fitting ---------------------------------------------------------------- */

static double
penalty_of(const struct lexeme *x)
{
	switch ((enum lexeme_kind)x->kind) {
	case LEXEME_NEGATED: return PENALTIES.negated;
	case LEXEME_PAIR: return PENALTIES.pair;
	case LEXEME_SHAPE: return PENALTIES.shape;
	case LEXEME_SUM: return PENALTIES.sum;
	case LEXEME_STEM:
	case LEXEME_WORD:
	case LEXEME_PHRASE:
	case LEXEME_IDIOM:
	case LEXEME_EMOJI:
	case LEXEME_EMOTICON:
	case LEXEME_NEGATOR:
	case LEXEME_BOOSTER:
	case LEXEME_CONTRAST:
	case LEXEME_SARCASM:
	case LEXEME_STEM_RATING:
	case LEXEME_KIND_COUNT: break;
	}
	return PENALTIES.stem;
}

static void
set_weight(double *w, int32_t negative_milli, int32_t positive_milli)
{
	w[0] = (positive_milli + negative_milli) / 2000.0;
	w[1] = (positive_milli - negative_milli) / 2000.0;
}

/* A negated entry is learned as what it adds to its stem turned. */
static void
subtract_turned(const struct training *t, uint32_t negated, double *start)
{
	uint32_t stem = lexicon_stem_of(t->lexicon, negated);
	double turned[2] = {0, 0};
	if (stem == 0)
		return;
	const struct lexeme *x = lexicon_at(t->lexicon, stem);
	set_weight(turned, x->negative_milli, x->positive_milli);
	start[0] -= turned[0];
	start[1] -= turned[1] * modifiers_turn_milli() / 1000;
}

static int
prepare_fit(struct training *t)
{
	size_t n = t->matrix.feature_count;
	t->l2 = mem_array(n * 2, sizeof *t->l2);
	t->prior = mem_array(n * 2, sizeof *t->prior);
	t->weights = mem_array(n * 2, sizeof *t->weights);
	t->logits = mem_array(t->matrix.row_count * 2 + 1, sizeof *t->logits);
	if (t->l2 == NULL || t->prior == NULL || t->weights == NULL || t->logits == NULL)
		return train_no_memory(t->err);
	for (uint32_t i = 1; i < n; i++) {
		const struct lexeme *x = lexicon_at(t->lexicon, i);
		double start[2];
		set_weight(start, x->negative_milli, x->positive_milli);
		if (x->kind == LEXEME_NEGATED)
			subtract_turned(t, i, start);
		/* Shapes and sums are in every post: a few hundred of one brand would pull them off
		 * for all others (4 points of macro recall on other people's posts, measured on
		 * German and English product posts). */
		double penalty = penalty_of(x);
		if (t->o->is_adapting)
			penalty = fmax(penalty, PENALTIES.stem);
		else if (t->given->signs != NULL && t->matrix.row_count < FEW_POSTS)
			penalty = fmax(penalty, PENALTY_WHEN_FEW);
		for (int k = 0; k < 2; k++) {
			t->l2[2 * i + (uint32_t)k] = (float)(t->o->l2 * penalty);
			t->prior[2 * i + (uint32_t)k] = (float)start[k];
		}
	}
	t->l2[0] = t->l2[1] = 1;
	return 0;
}

static void
start_from_prior(struct training *t, double *weights)
{
	for (size_t i = 0; i < 2 * t->matrix.feature_count; i++)
		weights[i] = (double)t->prior[i];
}

struct fit_progress {
	const struct training *t;
	const char *what;
	double begin, share;
};

static void
tell_fit(void *cookie, int iteration, double loss)
{
	const struct fit_progress *f = cookie;
	(void)loss;
	train_tell(
	    f->t, f->what, f->begin + f->share * fmin(1, iteration / (double)ITERATIONS_MAX * 2));
}

static int
fit(struct training *t, double *weights, struct fit_progress progress)
{
	struct train_problem p = {.matrix = &t->matrix,
	    .labels = t->labels,
	    .row_weights = t->row_weights,
	    .l2 = t->l2,
	    .prior = t->prior,
	    .iterations_max = ITERATIONS_MAX,
	    .progress = tell_fit,
	    .cookie = &progress};
	return train_fit(&p, weights, t->err);
}

static int
cross_validate(struct training *t)
{
	double *weights = mem_array(2 * t->matrix.feature_count, sizeof *weights);
	int rc = 0;
	if (weights == NULL)
		return train_no_memory(t->err);
	for (int fold = 0; fold < t->o->folds && rc == 0; fold++) {
		struct fit_progress progress = {
		    t, "cross-validating", fold / (double)t->o->folds, 1 / (double)t->o->folds};
		weigh_rows(t, fold);
		start_from_prior(t, weights);
		rc = fit(t, weights, progress);
		for (size_t i = 0; rc == 0 && i < t->matrix.row_count; i++) {
			if (t->folds[i] == fold)
				train_logits(&t->matrix, weights, i, &t->logits[2 * i]);
		}
	}
	mem_free(weights);
	return rc;
}

/* ---- pruning ---------------------------------------------------------------- */

static bool
is_kept_always(const struct lexeme *x)
{
	return x->kind == LEXEME_SHAPE || x->kind == LEXEME_SUM;
}

static int
by_size_down(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x > y ? -1 : x < y;
}

/* How much a feature moves posts: its weight times the root of how often it counts. */
static double *
importances(const struct training *t)
{
	double *sums = mem_array(t->matrix.feature_count, sizeof *sums);
	for (size_t i = 0; sums != NULL && i < t->matrix.cell_count; i++)
		sums[t->matrix.cells[i].feature] += 1;
	for (uint32_t i = 1; sums != NULL && i < t->matrix.feature_count; i++) {
		const double *w = &t->weights[2 * i];
		/* What the base knew stays, also where these posts say nothing of it. */
		double posts = t->o->is_adapting ? sums[i] + 1 : sums[i];
		sums[i] = sqrt(posts) * (fabs(w[0]) + fabs(w[1]));
		if (!train_is_learned(lexicon_at(t->lexicon, i)))
			sums[i] = 0;
	}
	return sums;
}

/* Takes features below the mark out of the matrix. */
static void
drop_cells(struct training *t, const double *sizes, double least)
{
	struct train_matrix *m = &t->matrix;
	size_t out = 0, i = 0;
	for (size_t row = 0; row < m->row_count; row++) {
		for (; i < m->row_ends[row]; i++) {
			uint32_t f = m->cells[i].feature;
			if (sizes[f] >= least || is_kept_always(lexicon_at(t->lexicon, f)))
				m->cells[out++] = m->cells[i];
		}
		m->row_ends[row] = out;
	}
	m->cell_count = out;
	/* What no post speaks of stays exactly where it is drawn to. */
	for (uint32_t f = 1; f < m->feature_count; f++) {
		if (sizes[f] >= least || is_kept_always(lexicon_at(t->lexicon, f)))
			continue;
		t->weights[2 * f] = (double)t->prior[2 * f];
		t->weights[2 * f + 1] = (double)t->prior[2 * f + 1];
	}
}

static int
prune(struct training *t)
{
	double *sizes = importances(t);
	double *sorted =
	    sizes == NULL ? NULL : mem_dup(sizes, t->matrix.feature_count * sizeof *sizes);
	if (sorted == NULL) {
		mem_free(sizes);
		return train_no_memory(t->err);
	}
	qsort(sorted, t->matrix.feature_count, sizeof *sorted, by_size_down);
	size_t most = t->o->entries_max;
	double least = most > 0 && most < t->matrix.feature_count ? sorted[most - 1] : 0;
	drop_cells(t, sizes, fmax(least, 1e-9));
	mem_free(sizes);
	mem_free(sorted);
	return 0;
}

/* ---- all of it -------------------------------------------------------------- */

/* Without a row nothing is learned: what was taken over is all. */
static int
take_over(struct training *t, double *temperature_r)
{
	int32_t milli = lexicon_temperature_milli(t->given->signs);
	start_from_prior(t, t->weights);
	train_store_weights(t);
	if (train_make_lexicon(t) < 0)
		return -1;
	lexicon_set_calibration(t->lexicon, milli, lexicon_sure_milli(t->given->signs));
	*temperature_r = milli / 1000.0;
	return 0;
}

static int
learn(struct training *t, double *temperature_r)
{
	struct fit_progress first = {t, "learning", 0, 1}, second = {t, "learning again", 0, 1};
	if (t->matrix.row_count == 0)
		return take_over(t, temperature_r);
	if (cross_validate(t) < 0)
		return -1;
	weigh_rows(t, -1);
	start_from_prior(t, t->weights);
	if (fit(t, t->weights, first) < 0 || prune(t) < 0 || fit(t, t->weights, second) < 0)
		return -1;
	train_store_weights(t);
	if (train_make_lexicon(t) < 0)
		return -1;
	*temperature_r = train_fit_temperature(t);
	lexicon_set_calibration(
	    t->lexicon, (int32_t)round(*temperature_r * 100) * 10, lexicon_sure_milli(t->lexicon));
	return 0;
}

int
train_lexicon(const struct train_options *o, const struct train_lexicons *given,
    const struct train_row *rows, size_t row_count, struct train_result *result_r, struct err *err)
{
	struct training t = {
	    .o = o, .given = given, .rows = rows, .row_count = row_count, .err = err};
	double temperature;
	int rc = -1;

	assert(o->folds >= 2 && o->folds <= TRAIN_FOLDS_MAX);
	*result_r = (struct train_result){.lexicon = NULL};
	t.stemmer = stemmer_new(true);
	t.arena = arena_new(ROW_ARENA_BYTES);
	if (t.stemmer == NULL || t.arena == NULL) {
		train_no_memory(err);
		goto out;
	}
	if (lexicon_new_empty(o->lang, &t.lexicon, err) < 0 || copy_base(&t) < 0 ||
	    lexicon_settle(t.lexicon, err) < 0 || copy_signs(&t) < 0 || find_candidates(&t) < 0 ||
	    build_matrix(&t) < 0)
		goto out;
	result_r->rows = t.matrix.row_count;
	result_r->vocabulary = lexicon_count(t.lexicon);
	if (t.matrix.row_count == 0 && given->signs == NULL) {
		err_set(err, ERR_INPUT, "there is no labelled post to learn from");
		goto out;
	}
	if (prepare_fit(&t) < 0 || learn(&t, &temperature) < 0 ||
	    train_measure_all(&t, temperature, result_r) < 0)
		goto out;
	result_r->entries = t.learned_count;
	result_r->lexicon = t.lexicon;
	t.lexicon = NULL;
	rc = 0;
out:
	train_fini(&t);
	return rc;
}
