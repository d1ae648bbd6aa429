#include "nlp/train.h"

#include <assert.h>
#include <math.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/post.h"
#include "core/utf8.h"
#include "nlp/charclass.h"
#include "nlp/marks.h"
#include "nlp/sentiment.h"
#include "nlp/train_fit.h"
#include "nlp/train_words.h"

#define SOURCES_MAX 64
#define ITERATIONS_MAX 200
#define ROW_ARENA_BYTES (64u << 20)
/* Weights are written to hundredths. */
#define WEIGHT_STEP_MILLI 10

/* Penalties against that of a stem: what is rarer or shared by few words pays more. */
static const struct {
	double stem, negated, pair, shape, sum;
} PENALTIES = {.stem = 1.0, .negated = 1.5, .pair = 1.5, .shape = 0.05, .sum = 0.02};

struct training {
	const struct train_options *o;
	const struct train_lexicons *given;
	const struct train_row *rows;
	size_t row_count;
	struct lexicon *lexicon;
	struct cutting cutting;
	struct stemmer *stemmer;
	struct scratch marks, terms;
	struct arena *arena;
	struct train_matrix matrix; /* one row for each that is learned from */
	uint8_t *labels;
	uint8_t *folds;
	uint16_t *sources;
	float *row_weights, *l2, *prior;
	double *weights;
	double *logits; /* cross-validated, 2 a row */
	size_t learned_count;
	struct err *err;
};

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

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to train");
}

static void
tell(const struct training *t, const char *what, double share)
{
	if (t->o->progress != NULL)
		t->o->progress(t->o->cookie, what, share);
}

/* ---- one post --------------------------------------------------------------- */

struct post_marks {
	struct mark *items;
	size_t count;
	struct looks looks;
};

/* Stems, of tags too. */
static int
stem_units(struct training *t)
{
	struct unit_list *l = &t->cutting.units;
	for (size_t i = 0; i < l->count; i++) {
		struct unit *u = &l->items[i];
		const struct word_key *word = u->kind == TOKEN_WORD  ? &u->key
		    : u->kind == TOKEN_HASHTAG && u->other_count > 0 ? &u->others[0]
								     : NULL;
		if (word == NULL)
			continue;
		u->stem = stemmer_stem(t->stemmer, t->o->lang, word, t->arena);
		if (u->stem.text.ptr == NULL)
			return no_memory(t->err);
	}
	return 0;
}

/* Cuts a post and marks it with a lexicon. */
static int
mark_post(struct training *t, const struct lexicon *lx, struct slice text, struct post_marks *m)
{
	struct marks_finder f = {.lexicon = lx,
	    .english = t->given->english,
	    .stemmer = t->stemmer,
	    .scratch = &t->marks,
	    .arena = t->arena};
	const struct unit_list *l = &t->cutting.units;
	arena_reset(t->arena);
	if (units_cut_text(&t->cutting, utf8_prefix(text, POST_TEXT_MAX), t->arena, t->err) < 0 ||
	    stem_units(t) < 0)
		return -1;
	struct word_entries *found = arena_alloc(t->arena, (l->count + 1) * sizeof *found);
	const struct word_entries **entries =
	    arena_alloc(t->arena, (l->count + 1) * sizeof *entries);
	if (found == NULL || entries == NULL)
		return no_memory(t->err);
	for (size_t i = 0; i < l->count; i++) {
		marks_look_up(&f, &l->items[i], &found[i]);
		entries[i] = &found[i];
	}
	if (marks_find(&f, l->items, entries, l->count, &m->items, &m->count, t->err) < 0)
		return -1;
	m->looks = looks_of(l->items, l->count);
	modifiers_apply(m->items, m->count, l->items, l->count, &m->looks);
	return 0;
}

static int
weigh_post(struct training *t, const struct lexicon *lx, struct slice text, struct post_marks *m,
    struct evidence *e)
{
	const struct unit_list *l = &t->cutting.units;
	if (mark_post(t, lx, text, m) < 0)
		return -1;
	return sentiment_weigh(
	    lx, m->items, m->count, l->items, l->count, &m->looks, &t->terms, e, t->err);
}

static int
measure_row(struct training *t, const struct lexicon *lx, const struct train_row *row,
    struct train_sample *sample)
{
	struct post_marks m;
	struct evidence e;
	struct score s = {.lexicon = NULL};
	if (weigh_post(t, lx, row->text, &m, &e) < 0)
		return -1;
	sentiment_combine(lx, &e, &s);
	*sample = (struct train_sample){
	    row->label, {s.negative_milli, s.neutral_milli, s.positive_milli}, s.is_unsure};
	return 0;
}

/* ---- the candidates --------------------------------------------------------- */

static bool
is_learned(const struct lexeme *x)
{
	return x->kind >= LEXEME_STEM && x->kind <= LEXEME_SUM;
}

/* The role and the rating of another lexicon's entry, as far as it has them. */
static int
copy_rated(struct training *t, const struct lexeme *x)
{
	if (x->kind == LEXEME_STEM_RATING || x->is_vocabulary)
		return 0;
	if (x->role != ROLE_NONE &&
	    lexicon_add(t->lexicon, lexeme_role_kind((enum lexeme_role)x->role), x->text,
		x->boost_milli, 0, t->err) < 0)
		return -1;
	if (!x->has_weight)
		return 0;
	return lexicon_add(
	    t->lexicon, (enum lexeme_kind)x->kind, x->text, x->weight_milli, 0, t->err);
}

/* What the base has: ratings, modifiers; when adapting also what it learned. */
static int
copy_base(struct training *t)
{
	for (uint32_t i = 1; i <= lexicon_count(t->given->base); i++) {
		const struct lexeme *x = lexicon_at(t->given->base, i);
		if (copy_rated(t, x) < 0)
			return -1;
		if (is_learned(x) && t->o->is_adapting &&
		    lexicon_add(t->lexicon, (enum lexeme_kind)x->kind, x->text, x->negative_milli,
			x->positive_milli, t->err) < 0)
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
	uint32_t cp = utf8_next(x->text, &i);
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
		    add_once(t, (enum lexeme_kind)x->kind, x->text, x->negative_milli,
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
	struct train_words_options options = {t->o->min_posts, t->o->with_pairs};
	struct train_words *words;
	struct post_marks m;
	int rc = -1;
	if (train_words_new(&options, t->given->exclusions, &words, t->err) < 0)
		return -1;
	for (size_t i = 0; i < t->row_count; i++) {
		if (i % 1000 == 0)
			tell(t, "counting", (double)i / (double)t->row_count);
		if (t->rows[i].is_validation)
			continue;
		const struct unit_list *l = &t->cutting.units;
		if (mark_post(t, t->lexicon, t->rows[i].text, &m) < 0 ||
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
add_term_cells(struct training *t, const struct term *term, const struct mark *marks)
{
	bool is_negated_entry = term->kind == TERM_STEM && term->lexeme->kind == LEXEME_NEGATED;
	const struct lexeme *stem = is_negated_entry ? marks[term->mark].stem : NULL;
	uint32_t lexeme = lexicon_number_of(t->lexicon, term->lexeme);
	/* What a negated stem says is learned as what it adds to its stem turned. */
	if (stem != NULL &&
	    train_matrix_add(&t->matrix,
		cell_of(lexicon_number_of(t->lexicon, stem), term->strength_milli, true),
		t->err) < 0)
		return -1;
	return train_matrix_add(
	    &t->matrix, cell_of(lexeme, term->strength_milli, term->is_turned), t->err);
}

static int
add_row(struct training *t, const struct train_row *row)
{
	struct post_marks m;
	struct evidence e;
	if (weigh_post(t, t->lexicon, row->text, &m, &e) < 0)
		return -1;
	for (size_t i = 0; i < e.count; i++) {
		if (add_term_cells(t, &e.terms[i], m.items) < 0)
			return -1;
	}
	return train_matrix_end_row(&t->matrix, t->err);
}

static uint64_t
row_hash(struct slice text, uint64_t seed)
{
	struct word_key key = word_key_of(text);
	uint64_t h = (key.hash ^ seed) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
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
		return no_memory(t->err);
	for (size_t i = 0; i < t->row_count; i++) {
		const struct train_row *row = &t->rows[i];
		if (i % 1000 == 0)
			tell(t, "weighing", (double)i / (double)t->row_count);
		if (row->is_validation)
			continue;
		if (add_row(t, row) < 0)
			return -1;
		t->labels[n] = row->label;
		t->sources[n] = row->source;
		t->folds[n++] = (uint8_t)(row_hash(row->text, t->o->seed) % (uint64_t)t->o->folds);
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
		return no_memory(t->err);
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
	tell(f->t, f->what, f->begin + f->share * fmin(1, iteration / (double)ITERATIONS_MAX * 2));
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
		return no_memory(t->err);
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
		if (!is_learned(lexicon_at(t->lexicon, i)))
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
		return no_memory(t->err);
	}
	qsort(sorted, t->matrix.feature_count, sizeof *sorted, by_size_down);
	size_t most = t->o->entries_max;
	double least = most > 0 && most < t->matrix.feature_count ? sorted[most - 1] : 0;
	drop_cells(t, sizes, fmax(least, 1e-9));
	mem_free(sizes);
	mem_free(sorted);
	return 0;
}

/* ---- from weights to a lexicon ---------------------------------------------- */

static int32_t
rounded(double v)
{
	double milli = round(v * 1000 / WEIGHT_STEP_MILLI) * WEIGHT_STEP_MILLI;
	return (int32_t)fmax(
	    -LEXICON_CLASS_WEIGHT_MAX_MILLI, fmin(LEXICON_CLASS_WEIGHT_MAX_MILLI, milli));
}

static int32_t
at_least(int32_t v, int32_t least)
{
	return v < least ? least : v;
}

static int32_t
at_most(int32_t v, int32_t most)
{
	return v > most ? most : v;
}

/* What a lexicon's file may say. */
static int32_t
within_bounds(int32_t v)
{
	return at_least(
	    at_most(v, LEXICON_CLASS_WEIGHT_MAX_MILLI), -LEXICON_CLASS_WEIGHT_MAX_MILLI);
}

/* A negated stem never speaks more for its stem's side than the stem does. */
static void
keep_negation_law(
    int32_t stem_negative, int32_t stem_positive, int32_t *negative, int32_t *positive)
{
	if (stem_positive > stem_negative) {
		*positive = at_most(*positive, stem_positive);
		*negative = at_least(*negative, stem_negative);
	} else if (stem_positive < stem_negative) {
		*positive = at_least(*positive, stem_positive);
		*negative = at_most(*negative, stem_negative);
	}
}

/* A sum of ratings never speaks against its side. */
static void
keep_sum_law(const struct lexeme *x, int32_t *negative, int32_t *positive)
{
	if (slice_eq_str(x->text, rating_sum_name(SUM_NEGATIVE))) {
		*negative = at_least(*negative, 0);
		*positive = at_most(*positive, 0);
	} else {
		*negative = at_most(*negative, 0);
		*positive = at_least(*positive, 0);
	}
}

/* Does an entry begin with a negator?  m_r: what its words have in the lexicon. */
static bool
begins_with_negator(struct training *t, struct slice entry, struct post_marks *m_r)
{
	if (slice_starts_with(entry, "<") || mark_post(t, t->lexicon, entry, m_r) < 0)
		return false;
	return m_r->count > 0 && m_r->items[0].rated != NULL &&
	    m_r->items[0].rated->role == ROLE_NEGATOR;
}

/* A negator never speaks for the good, and never beside a word for that word's side. */
static void
keep_negator_laws(struct training *t)
{
	for (uint32_t i = 1; i <= lexicon_count(t->lexicon); i++) {
		const struct lexeme *x = lexicon_at(t->lexicon, i);
		int32_t negative = x->negative_milli, positive = x->positive_milli;
		struct post_marks m;
		if ((x->kind != LEXEME_STEM && x->kind != LEXEME_PAIR) ||
		    !begins_with_negator(t, x->text, &m))
			continue;
		int32_t side = 1000;
		if (x->kind == LEXEME_PAIR) {
			const struct mark *last = &m.items[m.count - 1];
			int32_t rating = last->rated != NULL ? last->rated->weight_milli : 0;
			side = modifiers_polarity(last) + rating / 2;
		}
		if (side > 0) {
			positive = at_most(positive, 0);
			negative = at_least(negative, 0);
		} else if (side < 0) {
			positive = at_least(positive, 0);
			negative = at_most(negative, 0);
		}
		lexicon_set_class_weights(t->lexicon, i, negative, positive);
	}
}

static void
store_weights(struct training *t)
{
	for (uint32_t i = 1; i < t->matrix.feature_count; i++) {
		const struct lexeme *x = lexicon_at(t->lexicon, i);
		double s = t->weights[2 * i], d = t->weights[2 * i + 1];
		int32_t negative = rounded(s - d), positive = rounded(s + d);
		if (!is_learned(x))
			continue;
		if (x->kind == LEXEME_SUM)
			keep_sum_law(x, &negative, &positive);
		lexicon_set_class_weights(t->lexicon, i, negative, positive);
	}
	keep_negator_laws(t);
}

/* What a negated entry was learned as is added to its stem turned; the sum is what it weighs. */
static void
add_turned(const struct lexicon *full, uint32_t negated, int32_t *negative, int32_t *positive)
{
	uint32_t number = lexicon_stem_of(full, negated);
	if (number == 0)
		return;
	const struct lexeme *stem = lexicon_at(full, number);
	struct class_effect turned =
	    modifiers_class_effect(stem->negative_milli, stem->positive_milli, 1000, true);
	*negative = within_bounds(*negative + turned.negative_milli);
	*positive = within_bounds(*positive + turned.positive_milli);
	keep_negation_law(stem->negative_milli, stem->positive_milli, negative, positive);
}

/* A learned entry that says something. */
static int
copy_learned(struct training *t, const struct lexicon *full, uint32_t number)
{
	const struct lexeme *x = lexicon_at(full, number);
	int32_t negative = x->negative_milli, positive = x->positive_milli;
	if (!is_learned(x) || (negative == 0 && positive == 0))
		return 0;
	if (x->kind == LEXEME_NEGATED)
		add_turned(full, number, &negative, &positive);
	t->learned_count++;
	return lexicon_add(
	    t->lexicon, (enum lexeme_kind)x->kind, x->text, negative, positive, t->err);
}

/* The finished lexicon: base, and learned entries that say something. */
static int
make_lexicon(struct training *t)
{
	struct lexicon *full = t->lexicon, *lx;
	int rc = 0;
	if (lexicon_new_empty(t->o->lang, &lx, t->err) < 0)
		return -1;
	t->lexicon = lx;
	for (uint32_t i = 1; i <= lexicon_count(full) && rc == 0; i++) {
		rc = copy_rated(t, lexicon_at(full, i));
		if (rc == 0)
			rc = copy_learned(t, full, i);
	}
	lexicon_free(full);
	return rc;
}

/* ---- calibration ------------------------------------------------------------ */

static double
loss_at(const struct training *t, double temperature)
{
	double loss = 0;
	for (size_t i = 0; i < t->matrix.row_count; i++) {
		double logits[2] = {
		    t->logits[2 * i] * temperature, t->logits[2 * i + 1] * temperature};
		double p[3];
		train_softmax(logits, p);
		loss -= log(fmax(p[t->labels[i]], 1e-12));
	}
	return loss;
}

/* The temperature with the least loss on cross-validated logits, by golden section. */
static double
fit_temperature(const struct training *t)
{
	const double ratio = 0.6180339887498949;
	double low = 0.2, high = 3;
	for (int k = 0; k < 30; k++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		if (loss_at(t, a) < loss_at(t, b))
			high = b;
		else
			low = a;
	}
	return (low + high) / 2;
}

/* ---- measuring -------------------------------------------------------------- */

static int
compare_cross_validated(struct training *t, double temperature, struct train_result *r)
{
	size_t n = t->matrix.row_count;
	struct train_sample *all = mem_array(n + 1, sizeof *all);
	struct train_sample *some = mem_array(n + 1, sizeof *some);
	if (all == NULL || some == NULL) {
		mem_free(all);
		mem_free(some);
		return no_memory(t->err);
	}
	for (size_t i = 0; i < n; i++) {
		int64_t logits[2] = {
		    (int64_t)(t->logits[2 * i] * 1000), (int64_t)(t->logits[2 * i + 1] * 1000)};
		all[i].label = t->labels[i];
		sentiment_probabilities(logits, (int32_t)(temperature * 1000), all[i].per_mille);
	}
	r->cross_validated = train_measure_of(all, n);
	for (uint16_t source = 0; source < SOURCES_MAX; source++) {
		size_t k = 0;
		for (size_t i = 0; i < n; i++) {
			if (t->sources[i] == source)
				some[k++] = all[i];
		}
		r->by_source[source] = train_measure_of(some, k);
	}
	mem_free(all);
	mem_free(some);
	return 0;
}

static int
measure_rows(struct training *t, bool of_validation, int source, struct train_measure *m_r)
{
	struct train_sample *samples = mem_array(t->row_count + 1, sizeof *samples);
	size_t n = 0;
	int rc = 0;
	if (samples == NULL)
		return no_memory(t->err);
	for (size_t i = 0; i < t->row_count && rc == 0; i++) {
		const struct train_row *row = &t->rows[i];
		if (row->is_validation == of_validation && (source < 0 || row->source == source))
			rc = measure_row(t, t->lexicon, row, &samples[n++]);
	}
	*m_r = train_measure_of(samples, n);
	mem_free(samples);
	return rc;
}

static int
measure_all(struct training *t, double temperature, struct train_result *r)
{
	tell(t, "measuring", 0);
	if (compare_cross_validated(t, temperature, r) < 0 ||
	    measure_rows(t, false, -1, &r->training) < 0 ||
	    measure_rows(t, true, -1, &r->validation) < 0)
		return -1;
	for (int source = 0; source < SOURCES_MAX && r->validation.rows > 0; source++) {
		if (measure_rows(t, true, source, &r->validation_by_source[source]) < 0)
			return -1;
	}
	return 0;
}

static int
best_of(const int32_t p[3])
{
	int best = p[0] > p[1] ? 0 : 1;
	return p[2] > p[best] ? 2 : best;
}

#define BINS 10

struct train_measure
train_measure_of(const struct train_sample *samples, size_t count)
{
	struct train_measure m = {.rows = count};
	double bin_sum[BINS] = {0}, bin_right[BINS] = {0};
	size_t right = 0, sure = 0, sure_right = 0;
	for (size_t i = 0; i < count; i++) {
		const struct train_sample *s = &samples[i];
		int said = best_of(s->per_mille);
		int32_t top = s->per_mille[said];
		int bin = top >= 1000 ? BINS - 1 : top * BINS / 1000;
		bool is_right = said == s->label;
		m.confusion[s->label][said]++;
		right += is_right;
		sure += !s->is_unsure;
		sure_right += !s->is_unsure && is_right;
		bin_sum[bin] += top / 1000.0;
		bin_right[bin] += is_right;
	}
	for (int k = 0; k < 3; k++) {
		double of_label = 0, of_said = 0, hit = (double)m.confusion[k][k];
		for (int j = 0; j < 3; j++) {
			of_label += (double)m.confusion[k][j];
			of_said += (double)m.confusion[j][k];
		}
		m.macro_recall += of_label > 0 ? hit / of_label / 3 : 0;
		m.macro_f1 += of_label + of_said > 0 ? 2 * hit / (of_label + of_said) / 3 : 0;
	}
	for (int k = 0; k < BINS && count > 0; k++)
		m.calibration_error += fabs(bin_sum[k] - bin_right[k]) / (double)count;
	m.accuracy = count > 0 ? (double)right / (double)count : 0;
	m.sure_share = count > 0 ? (double)sure / (double)count : 0;
	m.sure_accuracy = sure > 0 ? (double)sure_right / (double)sure : 0;
	return m;
}

/* ---- all of it -------------------------------------------------------------- */

static void
training_fini(struct training *t)
{
	units_cutting_fini(&t->cutting);
	stemmer_free(t->stemmer);
	scratch_fini(&t->marks);
	scratch_fini(&t->terms);
	arena_free(t->arena);
	train_matrix_fini(&t->matrix);
	mem_free(t->labels);
	mem_free(t->folds);
	mem_free(t->sources);
	mem_free(t->row_weights);
	mem_free(t->l2);
	mem_free(t->prior);
	mem_free(t->weights);
	mem_free(t->logits);
	lexicon_free(t->lexicon);
}

/* Without a row nothing is learned: what was taken over is all. */
static int
take_over(struct training *t, double *temperature_r)
{
	int32_t milli = lexicon_temperature_milli(t->given->signs);
	start_from_prior(t, t->weights);
	store_weights(t);
	if (make_lexicon(t) < 0)
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
	store_weights(t);
	if (make_lexicon(t) < 0)
		return -1;
	*temperature_r = fit_temperature(t);
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
		no_memory(err);
		goto out;
	}
	if (lexicon_new_empty(o->lang, &t.lexicon, err) < 0 || copy_base(&t) < 0 ||
	    copy_signs(&t) < 0 || find_candidates(&t) < 0 || build_matrix(&t) < 0)
		goto out;
	result_r->rows = t.matrix.row_count;
	result_r->vocabulary = lexicon_count(t.lexicon);
	if (t.matrix.row_count == 0 && given->signs == NULL) {
		err_set(err, ERR_INPUT, "there is no labelled post to learn from");
		goto out;
	}
	if (prepare_fit(&t) < 0 || learn(&t, &temperature) < 0 ||
	    measure_all(&t, temperature, result_r) < 0)
		goto out;
	result_r->entries = t.learned_count;
	result_r->lexicon = t.lexicon;
	t.lexicon = NULL;
	rc = 0;
out:
	training_fini(&t);
	return rc;
}

/* ---- a lexicon on rows ------------------------------------------------------ */

struct train_scorer {
	struct train_options options;
	struct train_lexicons given;
	struct training t;
};

int
train_scorer_new(struct train_scorer **s_r, struct err *err)
{
	struct train_scorer *s = mem_zalloc(sizeof *s);
	if (s == NULL)
		return no_memory(err);
	s->t.o = &s->options;
	s->t.given = &s->given;
	s->t.stemmer = stemmer_new(true);
	s->t.arena = arena_new(ROW_ARENA_BYTES);
	if (s->t.stemmer == NULL || s->t.arena == NULL) {
		train_scorer_free(s);
		return no_memory(err);
	}
	*s_r = s;
	return 0;
}

void
train_scorer_free(struct train_scorer *s)
{
	if (s == NULL)
		return;
	training_fini(&s->t);
	mem_free(s);
}

int
train_scorer_score(struct train_scorer *s, const struct lexicon *lx, const struct lexicon *english,
    const struct train_row *row, struct train_sample *sample_r, struct err *err)
{
	s->options.lang = lexicon_language(lx);
	s->given.english = lx == english ? NULL : english;
	s->t.err = err;
	return measure_row(&s->t, lx, row, sample_r);
}
