#include "nlp/reasons.h"

#include "core/arena.h"

struct giving {
	const struct evidence *e;
	const struct mark *marks;
	const struct unit *units;
	struct slice text;
	bool is_counted;
	struct arena *arena;
	struct contribution *next;
};

static int32_t
polarity(struct class_effect e)
{
	return e.positive_milli - e.negative_milli;
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
		share += divided(g->e->sums[SUM_POSITIVE] * rating_milli, positive);
	if (rating_milli < 0 && negative > 0)
		share += divided(g->e->sums[SUM_NEGATIVE] * -rating_milli, negative);
	if (positive > negative)
		share += divided(g->e->sums[SUM_BALANCE] * rating_milli, positive - negative);
	if (positive < negative)
		share += divided(g->e->sums[SUM_BALANCE] * -rating_milli, negative - positive);
	return (int32_t)share;
}

/* A lexeme's contribution of the units first to last, which is there once `next` is behind it. */
static inline void
write_reason(struct contribution *c, const struct lexeme *x, const struct unit *first,
    const struct unit *last, int32_t weight_milli, int32_t effect_milli, struct slice modifiers)
{
	c->start = first->start;
	c->len = last->start + last->len - first->start;
	c->entry = x->text;
	c->source = lexeme_source(x);
	c->weight_milli = weight_milli;
	c->effect_milli = effect_milli;
	c->modifiers = modifiers;
}

static int32_t
class_weight(const struct lexeme *x)
{
	return x->positive_milli - x->negative_milli;
}

static void
give_rating(struct giving *g, const struct term *t, const struct mark *m, struct slice modifiers)
{
	const struct unit *first = &g->units[m->unit];
	int32_t effect = g->is_counted ? rating_share(g, m->rating_milli) : 0;
	if (!g->is_counted)
		modifiers = SLICE_LIT("not counted: no lexicon for this language");
	write_reason(g->next++, t->lexeme, first, first + m->span - 1, t->lexeme->weight_milli,
	    effect, modifiers);
}

/* Most terms have an effect; which have none cannot be foreseen: no branch. */
static inline void
give_learned(struct giving *g, const struct term *t, const struct unit *first,
    const struct unit *last, struct slice modifiers)
{
	int32_t effect = polarity(t->effect);
	write_reason(g->next, t->lexeme, first, last, class_weight(t->lexeme), effect, modifiers);
	g->next += effect != 0;
}

/* What changed a mark, told with its rating and with its stem: found when it is asked for first. */
struct told {
	uint32_t mark;
	struct slice words;
};

static inline int
tell(const struct giving *g, uint32_t mark, struct told *told)
{
	const struct mark *m = &g->marks[mark];
	if (((m->flags & MARK_WITH_WORDS) | m->boosters[0]) == 0) {
		told->words = SLICE_NONE;
		return 0;
	}
	if (told->mark == mark)
		return 0;
	told->mark = mark;
	return modifiers_explain(m, g->marks, g->units, g->text, g->arena, &told->words);
}

/* The ratings of all marks, and their learned terms; -1 without memory. */
static int
give_words(struct giving *g_r)
{
	struct giving g = *g_r; /* stays in registers */
	struct told told = {.mark = UINT32_MAX};
	const struct term *t = g.e->terms, *end = t + g.e->word_count;
	for (; t < end; t++) {
		const struct mark *m = &g.marks[t->mark];
		const struct unit *u = &g.units[m->unit];
		bool is_pair = t->kind == TERM_PAIR;
		if (tell(&g, t->mark, &told) < 0)
			return -1;
		if (t->kind == TERM_RATING)
			give_rating(&g, t, m, told.words);
		else if (g.is_counted)
			give_learned(&g, t, u - is_pair, u, is_pair ? SLICE_NONE : told.words);
	}
	g_r->next = g.next;
	return 0;
}

int
reasons_give(const struct evidence *e, const struct mark *marks, const struct unit *units,
    struct slice text, bool is_counted, struct arena *a, struct score *s)
{
	const struct unit whole = {.start = 0, .len = (uint32_t)text.len};
	struct giving g = {.e = e,
	    .marks = marks,
	    .units = units,
	    .text = text,
	    .is_counted = is_counted,
	    .arena = a};
	g.next = s->reasons = arena_alloc(a, (e->count + 1) * sizeof *g.next);
	if (g.next == NULL || give_words(&g) < 0)
		return -1;
	/* Where no word or sign spoke, how the post looks was not asked. */
	size_t i = is_counted && e->has_evidence && text.len > 0 ? e->word_count : e->count;
	for (; i < e->count; i++) {
		if (e->terms[i].kind == TERM_SHAPE)
			give_learned(&g, &e->terms[i], &whole, &whole, SLICE_NONE);
	}
	s->reason_count = (size_t)(g.next - s->reasons);
	return 0;
}
