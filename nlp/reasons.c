#include "nlp/reasons.h"

#include <stdlib.h>

#include "core/arena.h"

#define RATED_TOGETHER 32

struct giving {
	const struct evidence *e;
	const struct mark *marks;
	const struct unit *units;
	struct slice text;
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
	int64_t half = b / 2, sign = -(a < 0);
	return (a + ((half ^ sign) - sign)) / b;
}

/* The share of the sums that one rating, not 0, has: a part of its side's, and of the balance. */
static int32_t
rating_share(const struct evidence *e, int32_t rating_milli)
{
	int64_t balance = e->positive_milli - e->negative_milli;
	bool is_good = rating_milli > 0;
	int64_t rating = rating_milli, side = e->sums[is_good ? SUM_POSITIVE : SUM_NEGATIVE];
	int64_t share =
	    divided(side * llabs(rating), is_good ? e->positive_milli : e->negative_milli);
	if (balance != 0)
		share += divided(
		    e->sums[SUM_BALANCE] * (balance > 0 ? rating : -rating), llabs(balance));
	return (int32_t)share;
}

/* A lexeme's contribution of the units first to last, which is there once `next` is behind it. */
static inline void
write_reason(struct contribution *c, const struct lexeme *x, const struct unit *first,
    const struct unit *last, int32_t weight_milli, int32_t effect_milli, const char *modifiers)
{
	c->start = first->start;
	c->len = last->start + last->len - first->start;
	c->entry = &x->entry;
	c->weight_milli = weight_milli;
	c->effect_milli = effect_milli;
	c->modifiers = modifiers;
}

static int32_t
class_weight(const struct lexeme *x)
{
	return x->positive_milli - x->negative_milli;
}

/* Most terms have an effect; which have none cannot be foreseen: no branch. */
static inline void
give_learned(struct giving *g, const struct term *t, const struct unit *whole)
{
	int32_t effect = polarity(t->effect);
	write_reason(g->next, t->lexeme, whole, whole, class_weight(t->lexeme), effect, NULL);
	g->next += effect != 0;
}

/* What changed a mark, told with its rating and with its stem: found when it is asked for first. */
struct told {
	uint32_t mark;
	const char *words;
};

static inline int
tell(const struct giving *g, uint32_t mark, struct told *told)
{
	const struct mark *m = &g->marks[mark];
	if (((m->flags & MARK_WITH_WORDS) | m->boosters[0]) == 0) {
		told->words = NULL;
		return 0;
	}
	if (told->mark == mark)
		return 0;
	told->mark = mark;
	return modifiers_explain(m, g->marks, g->units, g->text, g->arena, &told->words);
}

/* What the ratings count can be told when it is known what all of them do. */
static void
share_ratings(const struct evidence *e, struct contribution **rated, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rated[i]->effect_milli = rating_share(e, rated[i]->effect_milli);
}

/* The ratings of all marks, and their learned terms; -1 without memory.  Which of them a term is cannot be
 * foreseen: no branch. */
static int
give_words(struct giving *g_r)
{
	struct giving g = *g_r; /* stays in registers */
	struct told told = {.mark = UINT32_MAX};
	struct contribution *rated[RATED_TOGETHER + 1];
	size_t rated_count = 0;
	const struct term *t = g.e->terms, *end = t + g.e->word_count;
	for (; t < end; t++) {
		const struct mark *m = &g.marks[t->mark];
		const struct lexeme *x = t->lexeme;
		int32_t is_rating = -(t->kind == TERM_RATING);
		uint32_t is_pair = t->kind == TERM_PAIR;
		if (tell(&g, t->mark, &told) < 0)
			return -1;
		const struct unit *u = &g.units[m->unit] - is_pair;
		const struct unit *last = u + is_pair + ((m->span - 1) & (uint32_t)is_rating);
		int32_t learned = class_weight(x), effect = polarity(t->effect);
		int32_t weight = learned ^ ((learned ^ x->weight_milli) & is_rating);
		effect |= t->strength_milli & is_rating; /* of a rating it is 0 */
		write_reason(g.next, x, u, last, weight, effect, is_pair != 0 ? NULL : told.words);
		rated[rated_count] = g.next;
		rated_count += is_rating != 0;
		g.next += effect != 0;
		if (rated_count == RATED_TOGETHER) {
			share_ratings(g.e, rated, rated_count);
			rated_count = 0;
		}
	}
	share_ratings(g.e, rated, rated_count);
	g_r->next = g.next;
	return 0;
}

/* Of a text that we cannot score: ratings that would count, if there were a lexicon. */
static void
give_uncounted(struct giving *g)
{
	static const char why[] = "not counted: no lexicon for this language";
	for (size_t i = 0; i < g->e->word_count; i++) {
		const struct term *t = &g->e->terms[i];
		const struct mark *m = &g->marks[t->mark];
		const struct unit *first = &g->units[m->unit], *last = first + m->span - 1;
		if (t->kind == TERM_RATING)
			write_reason(
			    g->next++, t->lexeme, first, last, t->lexeme->weight_milli, 0, why);
	}
}

int
reasons_give(const struct evidence *e, const struct mark *marks, const struct unit *units,
    struct slice text, bool is_counted, struct arena *a, struct score *s)
{
	const struct unit whole = {.start = 0, .len = (uint32_t)text.len};
	struct giving g = {.e = e, .marks = marks, .units = units, .text = text, .arena = a};
	g.next = s->reasons = arena_alloc(a, (e->count + 1) * sizeof *g.next);
	if (g.next == NULL)
		return -1;
	if (!is_counted)
		give_uncounted(&g);
	else if (give_words(&g) < 0)
		return -1;
	/* Where no word or sign spoke, how the post looks was not asked. */
	size_t i = is_counted && e->has_evidence && text.len > 0 ? e->word_count : e->count;
	for (; i < e->count; i++) {
		if (e->terms[i].kind == TERM_SHAPE)
			give_learned(&g, &e->terms[i], &whole);
	}
	s->reason_count = (size_t)(g.next - s->reasons);
	return 0;
}
