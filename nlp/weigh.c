#include "nlp/weigh.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "nlp/lexicon_internal.h"

struct weighing {
	const struct lexicon *lx;
	const struct unit *units;
	const struct mark *marks;
	struct contribution *next;
	struct contribution **rated; /* behind the last one */
	int64_t sums[2]; /* of the effects since they were last taken */
	int32_t has_effect; /* not 0: one of them is not */
	bool is_sarcastic;
	int64_t positive_milli, negative_milli; /* as in struct evidence */
	struct slice text;
	struct arena *arena;
};

/* ---- one reason ------------------------------------------------------------- */

/* Each is written first and counted if it has an effect: which have none cannot be foreseen. */
static inline void
write_reason(struct contribution *c, const struct lexeme *x, const struct unit *u,
    int32_t weight_milli, int32_t effect_milli, const char *modifiers)
{
	c->start = u->start;
	c->len = u->len;
	c->entry = &x->entry;
	c->weight_milli = weight_milli;
	c->effect_milli = effect_milli;
	c->modifiers = modifiers;
}

static inline void
stretch_to(struct contribution *c, const struct unit *last)
{
	c->len = last->start + last->len - c->start;
}

/* A rating counts in the sums, and what that is will be known when all are there. */
static inline void
count_rating(struct weighing *w, int32_t rating_milli)
{
	int32_t bad = rating_milli & -(rating_milli < 0);
	*w->rated = w->next;
	w->rated += rating_milli != 0;
	w->next += rating_milli != 0;
	w->positive_milli += rating_milli - bad;
	w->negative_milli -= bad;
}

static inline void
count_effect(struct weighing *w, struct class_effect e)
{
	w->sums[0] += e.negative_milli;
	w->sums[1] += e.positive_milli;
	w->has_effect |= e.negative_milli | e.positive_milli;
	w->next += e.negative_milli != e.positive_milli;
}

/* Any term, as a reason that stands at a unit. */
static inline void
weigh_term(struct weighing *w, const struct term *t, const struct unit *u, const char *modifiers)
{
	const struct lexeme *x = t->lexeme;
	struct class_effect e = modifiers_class_effect(
	    x->negative_milli, x->positive_milli, t->strength_milli, t->is_turned);
	write_reason(w->next, x, u, x->positive_milli - x->negative_milli,
	    e.positive_milli - e.negative_milli, modifiers);
	count_effect(w, e);
}

/* ---- words ------------------------------------------------------------------ */

/* Two neighbours of one clause. */
static void
weigh_pair(struct weighing *w, const struct mark *m)
{
	const struct unit *u = &w->units[m->unit];
	struct contribution *c = w->next;
	struct term t;
	if (!sentiment_pair(w->lx, m, &t))
		return;
	weigh_term(w, &t, u - 1, NULL);
	stretch_to(c, u);
}

/* A mark that something changed, that has a role, or of a phrase. */
static int
weigh_changed(struct weighing *w, const struct mark *m)
{
	const struct unit *u = &w->units[m->unit];
	const char *words = NULL;
	struct term t;
	bool has_stem = sentiment_stem(w->lx, m, &t);
	w->is_sarcastic |= m->sense.role == ROLE_SARCASM;
	if ((has_stem || m->rating_milli != 0) &&
	    modifiers_explain(m, w->marks, w->units, w->text, w->arena, &words) < 0)
		return -1;
	write_reason(w->next, m->rated, u, m->sense.rating_milli, m->rating_milli, words);
	stretch_to(w->next, u + m->span - 1);
	count_rating(w, m->rating_milli);
	if (has_stem)
		weigh_term(w, &t, u, words);
	return 0;
}

static inline void
weigh_plain(struct weighing *w, const struct mark *m)
{
	const struct unit *u = &w->units[m->unit];
	struct class_effect e = {m->sense.negative_milli, m->sense.positive_milli};
	write_reason(w->next, m->rated, u, m->rating_milli, m->rating_milli, NULL);
	count_rating(w, m->rating_milli);
	int32_t effect = e.positive_milli - e.negative_milli;
	write_reason(w->next, m->stem, u, effect, effect, NULL);
	count_effect(w, e);
}

/* Nothing changed it, it has no role, and it is a single word's. */
static inline bool
is_plain(const struct mark *m)
{
	uint32_t differs = (uint32_t)m->strength_milli ^ 1000;
	return (differs | m->flags | m->sense.role | (m->span ^ 1)) == 0;
}

static int
weigh_marks(struct weighing *w, size_t count)
{
	for (const struct mark *m = w->marks; m < w->marks + count; m++) {
		if (is_plain(m))
			weigh_plain(w, m);
		else if (weigh_changed(w, m) < 0)
			return -1;
		if (m->pair != 0)
			weigh_pair(w, m);
	}
	return 0;
}

/* The effects of all words and signs; of a long text the mean counts. */
static void
take_words(struct weighing *w, size_t unit_count, struct evidence *e)
{
	*e = (struct evidence){.positive_milli = w->positive_milli,
	    .negative_milli = w->negative_milli,
	    .is_sarcastic = w->is_sarcastic};
	e->has_evidence = w->has_effect != 0 || e->positive_milli != 0 || e->negative_milli != 0;
	for (int k = 0; k < 2; k++) {
		if (unit_count > LONG_TEXT_UNITS)
			w->sums[k] = w->sums[k] * LONG_TEXT_UNITS / (int64_t)unit_count;
		e->logits[k] = w->sums[k];
		w->sums[k] = 0;
	}
}

/* ---- sums and shapes -------------------------------------------------------- */

static void
weigh_sums(struct weighing *w, const struct looks *k, struct evidence *e)
{
	int32_t values[SUM_COUNT];
	if ((e->positive_milli | e->negative_milli) == 0)
		return;
	sentiment_sums(e, k, values);
	for (int i = 0; i < SUM_COUNT; i++) {
		struct class_effect effect =
		    modifiers_class_scaled(&w->lx->lexemes[w->lx->sums[i]], values[i]);
		w->sums[0] += effect.negative_milli;
		w->sums[1] += effect.positive_milli;
		e->sums[i] = effect.positive_milli - effect.negative_milli;
	}
}

static void
weigh_shapes(struct weighing *w, const struct looks *k)
{
	const struct unit whole = {.start = 0, .len = (uint32_t)w->text.len};
	int32_t values[SHAPE_COUNT];
	sentiment_shapes(k, values);
	for (int i = 0; i < SHAPE_COUNT; i++) {
		const struct term t = {&w->lx->lexemes[w->lx->shapes[i]], values[i], false};
		if (values[i] != 0)
			weigh_term(w, &t, &whole, NULL);
	}
}

/* ---- all of it -------------------------------------------------------------- */

int
weigh_text(const struct weigher *of, const struct marks *marks, struct evidence *e_r,
    struct reasons *r, struct err *err)
{
	/* One more of each is written than counts. */
	size_t most = marks->count * 3 + SHAPE_COUNT + 1;
	r->items = arena_alloc(of->arena, most * sizeof *r->items);
	r->rated = scratch_need(of->scratch, (marks->count + 1) * sizeof *r->rated);
	if (r->items == NULL || r->rated == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	struct weighing w = {.lx = of->lexicon,
	    .units = of->units,
	    .marks = marks->items,
	    .next = r->items,
	    .rated = r->rated,
	    .text = of->text,
	    .arena = of->arena};
	if (weigh_marks(&w, marks->count) < 0)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	take_words(&w, of->unit_count, e_r);
	r->word_count = (size_t)(w.next - r->items);
	r->rated_count = (size_t)(w.rated - r->rated);
	weigh_sums(&w, &marks->looks, e_r);
	weigh_shapes(&w, &marks->looks);
	r->count = (size_t)(w.next - r->items);
	e_r->logits[0] += w.sums[0];
	e_r->logits[1] += w.sums[1];
	return 0;
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

/* Of a text that we cannot score: ratings that would count, if there were a lexicon. */
static void
keep_uncounted(struct reasons *r)
{
	for (size_t i = 0; i < r->rated_count; i++) {
		r->items[i] = *r->rated[i]; /* which is never before it */
		r->items[i].effect_milli = 0;
		r->items[i].modifiers = "not counted: no lexicon for this language";
	}
	r->count = r->rated_count;
}

void
weigh_settle(const struct evidence *e, struct reasons *r, bool is_counted, struct score *s)
{
	if (!is_counted) {
		keep_uncounted(r);
	} else {
		for (size_t i = 0; i < r->rated_count; i++)
			r->rated[i]->effect_milli = rating_share(e, r->rated[i]->effect_milli);
		/* Where no word or sign spoke, how the post looks was not asked. */
		if (!e->has_evidence)
			r->count = r->word_count;
	}
	s->reasons = r->items;
	s->reason_count = r->count;
}
