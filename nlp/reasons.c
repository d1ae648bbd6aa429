#include "nlp/reasons.h"

#include "core/arena.h"

struct giving {
	const struct evidence *e;
	const struct lexicon *lx;
	const struct mark *marks;
	const struct unit *units;
	struct slice text;
	bool is_counted;
	struct arena *arena;
	struct contribution *out;
	size_t count;
	int64_t sums[SUM_COUNT]; /* what the sums of ratings count, positive minus negative */
};

static int32_t
polarity(struct class_effect e)
{
	return e.positive_milli - e.negative_milli;
}

static void
collect_sums(struct giving *g)
{
	for (size_t i = 0; i < g->e->count; i++) {
		const struct term *t = &g->e->terms[i];
		for (int k = 0; k < SUM_COUNT && t->kind == TERM_SUM; k++) {
			if (t->lexeme == lexicon_sum(g->lx, (enum rating_sum)k))
				g->sums[k] = polarity(t->effect);
		}
	}
}

/* To the nearest; b above 0. */
static int64_t
divided(int64_t a, int64_t b)
{
	return (a >= 0 ? a + b / 2 : a - b / 2) / b;
}

/* The share of the sums that one rating has. */
static int32_t
rating_share(const struct giving *g, int32_t rating_milli)
{
	int64_t positive = g->e->positive_milli, negative = g->e->negative_milli;
	int64_t share = 0;
	if (rating_milli > 0 && positive > 0)
		share += divided(g->sums[SUM_POSITIVE] * rating_milli, positive);
	if (rating_milli < 0 && negative > 0)
		share += divided(g->sums[SUM_NEGATIVE] * -rating_milli, negative);
	if (positive > negative)
		share += divided(g->sums[SUM_BALANCE] * rating_milli, positive - negative);
	if (positive < negative)
		share += divided(g->sums[SUM_BALANCE] * -rating_milli, negative - positive);
	return (int32_t)share;
}

static void
set_range(const struct giving *g, struct contribution *c, uint32_t first, uint32_t last)
{
	c->start = g->units[first].start;
	c->len = g->units[last].start + g->units[last].len - c->start;
}

static struct contribution *
next(struct giving *g)
{
	struct contribution *c = &g->out[g->count++];
	*c = (struct contribution){.modifiers = SLICE_NONE};
	return c;
}

static int
give_rating(struct giving *g, const struct mark *m)
{
	int32_t rating = modifiers_rating(m);
	if (m->rated == NULL || !m->rated->has_weight || m->rated->weight_milli == 0 || rating == 0)
		return 0;
	struct contribution *c = next(g);
	set_range(g, c, m->unit, m->unit + m->span - 1);
	c->entry = m->rated->text;
	c->source = m->rated->source;
	c->weight_milli = m->rated->weight_milli;
	if (!g->is_counted) {
		c->modifiers = SLICE_LIT("not counted: no lexicon for this language");
		return 0;
	}
	c->effect_milli = rating_share(g, rating);
	return modifiers_explain(m, g->marks, g->units, g->text, g->arena, &c->modifiers);
}

static int
give_term(struct giving *g, const struct term *t)
{
	struct contribution *c = next(g);
	c->effect_milli = polarity(t->effect);
	if (t->kind == TERM_SHAPE) {
		c->len = (uint32_t)g->text.len;
		c->source = "shape";
		c->entry = lexicon_at(g->lx, t->lexeme)->text;
		c->weight_milli = lexicon_at(g->lx, t->lexeme)->positive_milli -
		    lexicon_at(g->lx, t->lexeme)->negative_milli;
		return 0;
	}
	const struct mark *m = &g->marks[t->mark];
	set_range(g, c, t->kind == TERM_PAIR ? m->unit - 1 : m->unit, m->unit);
	const struct lexeme *x = lexicon_at(g->lx, t->lexeme);
	c->source = x->is_vocabulary        ? x->source
	    : t->kind == TERM_PAIR          ? "learned pair"
	    : x->kind == LEXEME_NEGATED     ? "learned, negated"
					    : "learned";
	c->entry = x->text;
	c->weight_milli = x->positive_milli - x->negative_milli;
	return t->kind == TERM_PAIR
	    ? 0
	    : modifiers_explain(m, g->marks, g->units, g->text, g->arena, &c->modifiers);
}

int
reasons_give(const struct evidence *e, const struct lexicon *lx, const struct mark *marks,
    size_t mark_count, const struct unit *units, struct slice text, bool is_counted,
    struct arena *a, struct score *s)
{
	struct giving g = {.e = e,
	    .lx = lx,
	    .marks = marks,
	    .units = units,
	    .text = text,
	    .is_counted = is_counted,
	    .arena = a};
	g.out = arena_alloc(a, (mark_count + e->count + 1) * sizeof *g.out);
	if (g.out == NULL)
		return -1;
	collect_sums(&g);
	size_t term = 0;
	for (size_t i = 0; i < mark_count; i++) {
		if (give_rating(&g, &marks[i]) < 0)
			return -1;
		for (; is_counted && term < e->count && e->terms[term].kind <= TERM_PAIR &&
		     e->terms[term].mark == i;
		     term++) {
			if (polarity(e->terms[term].effect) != 0 && give_term(&g, &e->terms[term]) < 0)
				return -1;
		}
	}
	/* Where no word or sign spoke, how the post looks was not asked. */
	for (; is_counted && e->has_evidence && text.len > 0 && term < e->count; term++) {
		if (e->terms[term].kind == TERM_SHAPE && polarity(e->terms[term].effect) != 0 &&
		    give_term(&g, &e->terms[term]) < 0)
			return -1;
	}
	s->reasons = g.out;
	s->reason_count = g.count;
	return 0;
}
