#include "nlp/propose.h"

#include <math.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/post.h"
#include "core/utf8.h"
#include "nlp/lexicon.h"
#include "nlp/train_words.h"
#include "nlp/units.h"

#define TRIED_MAX 150 /* candidates whose weight is tried */
#define TRIED_POSTS_MAX 400 /* posts that a weight is tried on */
#define ITEMS_MAX 4000000u
#define TEXT_BYTES_MAX ((size_t)1 << 30)
#define WORK_BYTES_MAX (64u << 20)
#define WORD_BYTES_MIN 3
#define WORD_BYTES_MAX 40
#define WEIGHT_STEP_MILLI 500
#define WEIGHT_MOST_MILLI 3000
#define LEAST_GAIN 2.0
/* A word of which more than this share stands with a capital within a sentence is a name. */
#define NAME_SHARE 0.5

/* A word or phrase and where it stands. */
struct candidate {
	struct slice phrase;
	uint32_t posts, last_post; /* from 1 */
	uint32_t within, capitals; /* not first in its sentence; and with a capital */
	size_t labels[3];
	double residual, variance, said;
	uint32_t last_posting; /* index + 1; 0: none */
};

struct posting {
	uint32_t row, previous; /* index + 1 */
};

struct proposing {
	const struct propose_options *o;
	const char *name;
	struct slice lexicon_text;
	const struct lexicon *english;
	const struct train_exclusions *exclusions;
	const struct train_row *rows;
	size_t row_count;
	struct train_sample *samples;
	double class_weights[3], mean_residual;
	enum language lang;
	struct cutting cutting;
	struct arena *work;
	struct map *index; /* phrase -> candidate + 1 */
	struct candidate *candidates;
	size_t count, cap;
	struct posting *postings;
	size_t posting_count, posting_cap;
	struct train_scorer *scorer;
	struct lexicon *lexicon; /* with what was accepted so far */
	struct propose_list *list;
	struct err *err;
};

struct propose_options
propose_defaults(void)
{
	return (struct propose_options){.min_posts = 5, .least_deviation = 3.0};
}

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to look for words");
}

static void
tell(const struct proposing *p, const char *what, size_t done, size_t all)
{
	if (p->o->progress != NULL && all > 0)
		p->o->progress(p->o->cookie, what, (double)done / (double)all);
}

/* ---- what the lexicon says -------------------------------------------------- */

static double
label_value(uint8_t label)
{
	return (double)label - 1;
}

static double
said_value(const struct train_sample *s)
{
	return (s->per_mille[2] - s->per_mille[0]) / 1000.0;
}

/* All classes alike. */
static void
weigh_classes(struct proposing *p)
{
	size_t counts[3] = {0, 0, 0}, all = 0;
	for (size_t i = 0; i < p->row_count; i++) {
		if (p->rows[i].is_validation)
			continue;
		counts[p->rows[i].label]++;
		all++;
	}
	for (int k = 0; k < 3; k++)
		p->class_weights[k] = counts[k] == 0 ? 0 : (double)all / (3.0 * (double)counts[k]);
}

static int
score_rows(struct proposing *p)
{
	double sum = 0, weights = 0;
	p->samples = mem_array(p->row_count + 1, sizeof *p->samples);
	if (p->samples == NULL)
		return no_memory(p->err);
	for (size_t i = 0; i < p->row_count; i++) {
		const struct train_row *row = &p->rows[i];
		if (row->is_validation)
			continue;
		if (i % 1000 == 0)
			tell(p, "scoring", i, p->row_count);
		if (train_scorer_score(
			p->scorer, p->lexicon, p->english, row, &p->samples[i], p->err) < 0)
			return -1;
		double w = p->class_weights[row->label];
		sum += w * (label_value(row->label) - said_value(&p->samples[i]));
		weights += w;
	}
	p->mean_residual = weights > 0 ? sum / weights : 0;
	return 0;
}

/* ---- candidates ------------------------------------------------------------- */

static bool
is_word(const struct proposing *p, const struct unit *u)
{
	struct slice s = unit_text(u);
	struct word_key key = unit_key(u);
	if (u->kind == TOKEN_EMOJI || u->kind == TOKEN_EMOTICON)
		return true;
	if (u->kind != TOKEN_WORD || s.len < WORD_BYTES_MIN || s.len > WORD_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '\t')
			return false;
	}
	return !train_exclusions_has(p->exclusions, &key) && !slice_eq_str(s, "http") &&
	    !slice_eq_str(s, "https");
}

/* Is its first letter a capital where none has to be? */
static bool
has_capital(struct slice text, const struct unit *u)
{
	size_t pos = u->start, key_pos = 0;
	if (u->kind != TOKEN_WORD || u->folded_len == 0 || u->is_caps)
		return false;
	return utf8_next(text, &pos) != utf8_next(unit_text(u), &key_pos);
}

static struct candidate *
candidate_of(struct proposing *p, struct slice phrase)
{
	size_t at = (size_t)(uintptr_t)map_get(p->index, phrase);
	if (at != 0)
		return &p->candidates[at - 1];
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 4096 : p->cap * 2;
		struct candidate *more = mem_realloc_array(p->candidates, cap, sizeof *more);
		if (more == NULL)
			return NULL;
		p->candidates = more;
		p->cap = cap;
	}
	phrase = arena_slice_dup(p->list->arena, phrase);
	if (phrase.ptr == NULL || map_put(p->index, phrase, (void *)(uintptr_t)(p->count + 1)) < 0)
		return NULL;
	p->candidates[p->count] = (struct candidate){.phrase = phrase};
	return &p->candidates[p->count++];
}

static int
add_posting(struct proposing *p, struct candidate *c, size_t row)
{
	if (p->posting_count == p->posting_cap) {
		size_t cap = p->posting_cap == 0 ? 16384 : p->posting_cap * 2;
		struct posting *more = mem_realloc_array(p->postings, cap, sizeof *more);
		if (more == NULL)
			return no_memory(p->err);
		p->postings = more;
		p->posting_cap = cap;
	}
	p->postings[p->posting_count++] = (struct posting){(uint32_t)row, c->last_posting};
	c->last_posting = (uint32_t)p->posting_count;
	return 0;
}

static int
count_phrase(struct proposing *p, struct slice phrase, size_t row, bool is_within, bool is_capital)
{
	struct candidate *c = candidate_of(p, phrase);
	const struct train_sample *s = &p->samples[row];
	if (c == NULL)
		return no_memory(p->err);
	c->within += is_within;
	c->capitals += is_within && is_capital;
	if (c->last_post == row + 1)
		return 0;
	c->last_post = (uint32_t)row + 1;
	c->posts++;
	c->labels[p->rows[row].label]++;
	double said = said_value(s), w = p->class_weights[p->rows[row].label];
	double spread = (s->per_mille[0] + s->per_mille[2]) / 1000.0 - said * said;
	c->residual += w * (label_value(p->rows[row].label) - said - p->mean_residual);
	c->variance += w * w * fmax(spread, 0.05);
	c->said += said;
	return add_posting(p, c, row);
}

static int
count_post(struct proposing *p, size_t row)
{
	char phrase[2 * WORD_BYTES_MAX + 64];
	struct slice text = utf8_prefix(p->rows[row].text, POST_TEXT_MAX);
	const struct unit_list *l = &p->cutting.units;
	arena_reset(p->work);
	if (units_cut_text(&p->cutting, text, p->work, p->err) < 0)
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		const struct unit *u = &l->items[i], *v = u + 1;
		if (!is_word(p, u))
			continue;
		bool is_within = i > 0 && l->items[i - 1].sentence == u->sentence;
		bool is_capital = has_capital(text, u);
		if (count_phrase(p, unit_text(u), row, is_within, is_capital) < 0)
			return -1;
		if (i + 1 == l->count || v->clause != u->clause || u->kind != TOKEN_WORD ||
		    v->kind != TOKEN_WORD || !is_word(p, v))
			continue;
		struct slice first = unit_text(u), second = unit_text(v);
		int n = snprintf(
		    phrase, sizeof phrase, "%.*s %.*s", SLICE_ARG(first), SLICE_ARG(second));
		if (n > 0 && (size_t)n < sizeof phrase &&
		    count_phrase(p, slice_make(phrase, (size_t)n), row, true,
			is_capital || has_capital(text, v)) < 0)
			return -1;
	}
	return 0;
}

static int
count_posts(struct proposing *p)
{
	for (size_t i = 0; i < p->row_count; i++) {
		if (i % 1000 == 0)
			tell(p, "counting", i, p->row_count);
		if (!p->rows[i].is_validation && count_post(p, i) < 0)
			return -1;
	}
	return 0;
}

static double
deviation_of(const struct candidate *c)
{
	return c->residual / sqrt(c->variance + PROPOSE_PRIOR_POSTS * 0.5);
}

/* The mean label of its posts. */
static double
wanted_value(const struct candidate *c)
{
	return ((double)c->labels[2] - (double)c->labels[0]) / c->posts;
}

static bool
is_deviating(const struct proposing *p, const struct candidate *c)
{
	bool is_name = p->lang != LANGUAGE_DE && c->capitals > NAME_SHARE * c->within;
	/* Not only against the posts' common mean: a person reads the plain numbers. */
	double plain = wanted_value(c) - c->said / c->posts;
	return c->posts >= p->o->min_posts && !is_name && plain * c->residual > 0 &&
	    fabs(deviation_of(c)) >= p->o->least_deviation;
}

static int
by_deviation(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	double dx = fabs(deviation_of(x)), dy = fabs(deviation_of(y));
	if (dx != dy)
		return dx > dy ? -1 : 1;
	return slice_cmp(x->phrase, y->phrase);
}

/* Leaves the candidates that deviate, the most deviating first. */
static void
choose_candidates(struct proposing *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (is_deviating(p, &p->candidates[i]))
			p->candidates[n++] = p->candidates[i];
	}
	if (n > 0)
		qsort(p->candidates, n, sizeof *p->candidates, by_deviation);
	p->list->candidates = n;
	p->count = n < TRIED_MAX ? n : TRIED_MAX;
}

/* ---- trying weights --------------------------------------------------------- */

/* Loss on both halves of a candidate's posts. */
struct losses {
	double half[2];
};

static int
measure(struct proposing *p, const struct candidate *c, struct losses *l_r)
{
	size_t n = 0;
	*l_r = (struct losses){{0, 0}};
	for (uint32_t at = c->last_posting; at != 0 && n < TRIED_POSTS_MAX; n++) {
		const struct posting *posting = &p->postings[at - 1];
		const struct train_row *row = &p->rows[posting->row];
		struct train_sample s;
		if (train_scorer_score(p->scorer, p->lexicon, p->english, row, &s, p->err) < 0)
			return -1;
		double right = fmax(s.per_mille[row->label], 0.5) / 1000;
		l_r->half[n % 2] -= p->class_weights[row->label] * log(right);
		at = posting->previous;
	}
	return 0;
}

static int
rebuild(struct proposing *p)
{
	lexicon_free(p->lexicon);
	p->lexicon = NULL;
	return propose_apply(
	    p->name, p->lexicon_text, p->list, p->list->count, &p->lexicon, p->err);
}

/* The best weight by either half and by both; what each half's choice gains on the other. */
struct trial {
	double best[2], best_all, gain[2];
	int32_t weight_milli;
};

static int
try_weights(struct proposing *p, const struct candidate *c, struct trial *t_r)
{
	struct losses now, l;
	if (measure(p, c, &now) < 0)
		return -1;
	*t_r = (struct trial){
	    .best = {now.half[0], now.half[1]}, .best_all = now.half[0] + now.half[1]};
	for (int32_t w = -WEIGHT_MOST_MILLI; w <= WEIGHT_MOST_MILLI; w += WEIGHT_STEP_MILLI) {
		/* No weight speaks against the labels. */
		if (w * wanted_value(c) < 0)
			continue;
		if (lexicon_add_vocabulary(p->lexicon, c->phrase, w, p->err) < 0 ||
		    measure(p, c, &l) < 0)
			return -1;
		for (int k = 0; k < 2; k++) {
			if (l.half[k] < t_r->best[k]) {
				t_r->best[k] = l.half[k];
				t_r->gain[k] = now.half[1 - k] - l.half[1 - k];
			}
		}
		if (l.half[0] + l.half[1] < t_r->best_all) {
			t_r->best_all = l.half[0] + l.half[1];
			t_r->weight_milli = w;
		}
	}
	return 0;
}

static int
try_candidate(struct proposing *p, const struct candidate *c)
{
	struct trial t;
	struct proposal *made = &p->list->items[p->list->count];
	if (try_weights(p, c, &t) < 0)
		return -1;
	bool is_useful = t.gain[0] > 0 && t.gain[1] > 0 && t.gain[0] + t.gain[1] >= LEAST_GAIN;
	if (!is_useful)
		return rebuild(p);
	*made = (struct proposal){.phrase = c->phrase,
	    .weight_milli = t.weight_milli,
	    .posts = c->posts,
	    .labels = {c->labels[0], c->labels[1], c->labels[2]},
	    .said_milli = (int32_t)lround(1000 * c->said / c->posts),
	    .wanted_milli =
		(int32_t)lround(1000 * ((double)c->labels[2] - (double)c->labels[0]) / c->posts),
	    .deviation = deviation_of(c),
	    .gain = t.gain[0] + t.gain[1]};
	p->list->count++;
	return lexicon_add_vocabulary(p->lexicon, c->phrase, t.weight_milli, p->err);
}

static int
by_gain(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;
	if (x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	return slice_cmp(x->phrase, y->phrase);
}

static int
try_candidates(struct proposing *p)
{
	struct propose_list *list = p->list;
	list->items = mem_array(TRIED_MAX, sizeof *list->items);
	if (list->items == NULL)
		return no_memory(p->err);
	for (size_t i = 0; i < p->count; i++) {
		tell(p, "trying", i, p->count);
		if (try_candidate(p, &p->candidates[i]) < 0)
			return -1;
	}
	qsort(list->items, list->count, sizeof *list->items, by_gain);
	if (list->count > PROPOSE_MAX)
		list->count = PROPOSE_MAX;
	return 0;
}

/* ---- all of it -------------------------------------------------------------- */

int
propose_apply(const char *name, struct slice lexicon, const struct propose_list *list, size_t count,
    struct lexicon **lexicon_r, struct err *err)
{
	struct lexicon *lx;
	if (lexicon_new(name, lexicon, &lx, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (lexicon_add_vocabulary(
			lx, list->items[i].phrase, list->items[i].weight_milli, err) < 0) {
			lexicon_free(lx);
			return -1;
		}
	}
	*lexicon_r = lx;
	return 0;
}

void
propose_free(struct propose_list *list)
{
	mem_free(list->items);
	arena_free(list->arena);
	*list = (struct propose_list){.items = NULL};
}

static int
propose_all(struct proposing *p)
{
	p->index = map_new(0, ITEMS_MAX, NULL);
	p->work = arena_new(WORK_BYTES_MAX);
	p->list->arena = arena_new(TEXT_BYTES_MAX);
	if (p->index == NULL || p->work == NULL || p->list->arena == NULL)
		return no_memory(p->err);
	if (train_scorer_new(&p->scorer, p->err) < 0 || rebuild(p) < 0)
		return -1;
	p->lang = lexicon_language(p->lexicon);
	weigh_classes(p);
	if (score_rows(p) < 0 || count_posts(p) < 0)
		return -1;
	choose_candidates(p);
	return try_candidates(p);
}

int
propose_new(const struct propose_options *o, const char *name, struct slice lexicon,
    const struct lexicon *english, const struct train_exclusions *exclusions,
    const struct train_row *rows, size_t row_count, struct propose_list *list_r, struct err *err)
{
	struct propose_list list = {.items = NULL};
	struct proposing p = {.o = o,
	    .name = name,
	    .lexicon_text = lexicon,
	    .english = english,
	    .exclusions = exclusions,
	    .rows = rows,
	    .row_count = row_count,
	    .list = &list,
	    .err = err};
	int rc = propose_all(&p);
	if (rc == 0)
		*list_r = list;
	else
		propose_free(&list);
	units_cutting_fini(&p.cutting);
	arena_free(p.work);
	map_free(p.index);
	mem_free(p.samples);
	mem_free(p.candidates);
	mem_free(p.postings);
	train_scorer_free(p.scorer);
	lexicon_free(p.lexicon);
	return rc;
}
