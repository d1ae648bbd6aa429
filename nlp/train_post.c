/*
 * train_post.c - one post of a training, marked and weighed with the scorer's own code; and whole lexicons
 * run on rows.
 */
#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/post.h"
#include "core/utf8.h"
#include "nlp/train_internal.h"

int
train_no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to train");
}

void
train_tell(const struct training *t, const char *what, double share)
{
	if (t->o->progress != NULL)
		t->o->progress(t->o->cookie, what, share);
}

void
train_fini(struct training *t)
{
	units_cutting_fini(&t->cutting);
	stemmer_free(t->stemmer);
	scratch_fini(&t->marks);
	scratch_fini(&t->rated);
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

/* ---- one post --------------------------------------------------------------- */

/* Stems, of tags too. */
static int
stem_units(struct training *t)
{
	struct unit_list *l = &t->cutting.units;
	for (size_t i = 0; i < l->count; i++) {
		struct unit *u = &l->items[i];
		bool is_tag = u->kind == TOKEN_HASHTAG && u->other_count > 0;
		struct word_key word = is_tag ? u->others[0] : unit_key(u);
		if (!is_tag && u->kind != TOKEN_WORD)
			continue;
		unit_set_stem(u, stemmer_stem(t->stemmer, t->o->lang, &word, t->arena));
		if (unit_stem(u).text.ptr == NULL)
			return train_no_memory(t->err);
	}
	return 0;
}

/* Cuts a post and marks it with a lexicon. */
int
train_mark_post(struct training *t, const struct lexicon *lx, struct slice text, struct marks *m)
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
	for (size_t i = 0; i < l->count; i++)
		marks_look_up(&f, &l->items[i], &l->items[i].word->entries);
	if (marks_find(&f, l->items, l->count, m, t->err) < 0)
		return -1;
	modifiers_apply(m);
	return 0;
}

int
train_weigh_post(struct training *t, const struct lexicon *lx, struct slice text, struct marks *m,
    struct evidence *e)
{
	const struct unit_list *l = &t->cutting.units;
	struct reasons reasons;
	if (train_mark_post(t, lx, text, m) < 0)
		return -1;
	const struct weigher w = {lx, l->items, l->count, text, &t->rated, t->arena};
	return weigh_text(&w, m, e, &reasons, t->err);
}

int
train_measure_row(struct training *t, const struct lexicon *lx, const struct train_row *row,
    struct train_sample *sample)
{
	struct marks m;
	struct evidence e;
	struct score s = {.lexicon = NULL};
	if (train_weigh_post(t, lx, row->text, &m, &e) < 0)
		return -1;
	sentiment_combine(lx, &e, &s);
	*sample = (struct train_sample){
	    row->label, {s.negative_milli, s.neutral_milli, s.positive_milli}, s.is_unsure};
	return 0;
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
		return train_no_memory(err);
	s->t.o = &s->options;
	s->t.given = &s->given;
	s->t.stemmer = stemmer_new(true);
	s->t.arena = arena_new(ROW_ARENA_BYTES);
	if (s->t.stemmer == NULL || s->t.arena == NULL) {
		train_scorer_free(s);
		return train_no_memory(err);
	}
	*s_r = s;
	return 0;
}

void
train_scorer_free(struct train_scorer *s)
{
	if (s == NULL)
		return;
	train_fini(&s->t);
	mem_free(s);
}

int
train_scorer_score(struct train_scorer *s, const struct lexicon *lx, const struct lexicon *english,
    const struct train_row *row, struct train_sample *sample_r, struct err *err)
{
	s->options.lang = lexicon_language(lx);
	s->given.english = lx == english ? NULL : english;
	s->t.err = err;
	return train_measure_row(&s->t, lx, row, sample_r);
}
