/*
 * reader.h - one text against one lexicon, step by step, for tests that look between the steps:
 * units, marks, evidence, score with reasons.  The language is the lexicon's, whatever the text.
 */
#ifndef TESTS_NLP_READER_H
#define TESTS_NLP_READER_H

#include "nlp_support.h"

#include "nlp/lexicon.h"
#include "nlp/marks.h"
#include "nlp/modifiers.h"
#include "nlp/weigh.h"

struct reader {
	struct cutting cutting;
	struct stemmer *stemmer;
	struct arena *arena;
	struct scratch mark_memory, rated_memory;
	struct slice text;
	const struct lexicon *lexicon;
	struct marks found;
	struct mark *marks; /* of all units that have anything */
	size_t mark_count;
	struct evidence evidence;
	struct score score;
};

static inline void
reader_open(struct reader *r)
{
	*r = (struct reader){.stemmer = stemmer_new(false), .arena = arena_new(ARENA_MAX)};
	assert_non_null(r->stemmer);
	assert_non_null(r->arena);
}

static inline void
reader_close(struct reader *r)
{
	units_cutting_fini(&r->cutting);
	stemmer_free(r->stemmer);
	arena_free(r->arena);
	scratch_fini(&r->mark_memory);
	scratch_fini(&r->rated_memory);
}

static inline void
reader_mark(struct reader *r, const struct lexicon *lx, const struct lexicon *english)
{
	struct unit_list *l = &r->cutting.units;
	struct marks_finder f = {.lexicon = lx,
	    .english = english == lx ? NULL : english,
	    .stemmer = r->stemmer,
	    .scratch = &r->mark_memory,
	    .arena = r->arena};
	for (size_t i = 0; i < l->count; i++) {
		struct unit *u = &l->items[i];
		struct word_key key = unit_key(u);
		if (u->kind == TOKEN_WORD)
			unit_set_stem(
			    u, stemmer_stem(r->stemmer, lexicon_language(lx), &key, r->arena));
		marks_look_up(&f, u, &u->word->entries);
	}
	assert_int_equal(marks_find(&f, l->items, l->count, &r->found, NULL), 0);
	modifiers_apply(&r->found);
	r->marks = arena_alloc(r->arena, (l->count + 1) * sizeof *r->marks);
	assert_non_null(r->marks);
	r->mark_count = 0;
	struct marks_walk walk = marks_walk(&r->found);
	while (marks_next(&walk, &r->marks[r->mark_count]))
		r->mark_count++;
}

/* english may be NULL. */
static inline void
reader_read(
    struct reader *r, const struct lexicon *lx, const struct lexicon *english, struct slice text)
{
	const struct unit_list *l = &r->cutting.units;
	arena_reset(r->arena);
	r->text = text;
	r->lexicon = lx;
	r->score = (struct score){.lexicon = NULL};
	assert_int_equal(units_cut_text(&r->cutting, text, r->arena, NULL), 0);
	reader_mark(r, lx, english);
	const struct weigher w = {lx, l->items, l->count, text, &r->rated_memory, r->arena};
	struct reasons reasons;
	assert_int_equal(weigh_text(&w, &r->found, &r->evidence, &reasons, NULL), 0);
	sentiment_combine(lx, &r->evidence, &r->score);
	weigh_settle(&r->evidence, &reasons, true, &r->score);
}

static inline int32_t
reader_score(struct reader *r, const struct lexicon *lx, const char *text)
{
	reader_read(r, lx, NULL, slice_of(text));
	return r->score.score_milli;
}

#endif
