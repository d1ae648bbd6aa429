#include "nlp/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "nlp/lexicon_internal.h"
#include "nlp/marks.h"
#include "nlp/units.h"

/* A unit has two terms, of its stem and its pair. */
_Static_assert((int64_t)UNITS_MAX * 2 * LEXICON_CLASS_WEIGHT_MAX_MILLI * MODIFIERS_STRENGTH_MAX <=
	(int64_t)INT32_MAX * 1000,
    "what all of a text come to fits 32 bits");

/* What has been written down, and the effects of learned words, shapes and sums since they were last taken. */
struct tally {
	struct contribution *next;
	struct contribution **rated; /* behind the last one that is a rating */
	struct class_effect sum;
	int32_t has_effect; /* not 0: one of them is not, though no reason may say so */
};

struct weighing {
	const struct weigher *of;
	const struct marks *marks;
	struct mark *mark; /* the next one */
	const struct neighbours *pair; /* the same */
	const struct stretch *stretch;
	const char *words; /* what there is to say of all of the stretch */
	struct tally tally;
	bool is_sarcastic;
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

/* What a rating counts will be known when all are there.  Whether there is one is a sum: of a comparison gcc
 * makes a branch. */
static inline void
count_rating(struct tally *t, int32_t rating_milli)
{
	uint32_t rating = (uint32_t)rating_milli;
	size_t is_one = (rating | (0 - rating)) >> 31;
	*t->rated = t->next;
	t->rated += is_one;
	t->next += is_one;
}

static inline void
count_effect(struct tally *t, struct class_effect e)
{
	t->sum.negative_milli += e.negative_milli;
	t->sum.positive_milli += e.positive_milli;
	t->has_effect |= e.negative_milli;
	t->next += e.negative_milli != e.positive_milli;
}

/* Any term, as a reason that stands at a unit. */
static inline void
weigh_term(struct tally *t, const struct term *term, const struct unit *u, const char *modifiers)
{
	const struct lexeme *x = term->lexeme;
	struct class_effect e = {x->negative_milli, x->positive_milli};
	if (term->is_turned || term->strength_milli != 1000)
		e = modifiers_class_effect(
		    x->negative_milli, x->positive_milli, term->strength_milli, term->is_turned);
	write_reason(t->next, x, u, x->positive_milli - x->negative_milli,
	    e.positive_milli - e.negative_milli, modifiers);
	count_effect(t, e);
}

/* Of two neighbours, the second at u. */
static inline void
weigh_pair(struct tally *t, const struct term *term, const struct unit *u)
{
	struct contribution *c = t->next;
	weigh_term(t, term, u - 1, NULL);
	c->len = u->start + u->len - u[-1].start;
}

/* ---- words ------------------------------------------------------------------ */

/* What has a mark. */
static int
weigh_mark(struct weighing *w, const struct mark *m)
{
	const struct weigher *of = w->of;
	const struct unit *u = &of->units[m->unit], *last = u + m->span - 1;
	struct tally *t = &w->tally;
	const char *words;
	struct term term;
	w->is_sarcastic |= m->sense.role == ROLE_SARCASM;
	if (modifiers_explain(m, w->marks->items, of->units, of->text, of->arena, &words) < 0)
		return -1;
	write_reason(t->next, m->rated, u, m->sense.rating_milli, m->rating_milli, words);
	t->next->len = last->start + last->len - u->start;
	count_rating(t, m->rating_milli);
	if (sentiment_stem(of->lexicon, m, &term))
		weigh_term(t, &term, u, words);
	if (sentiment_pair(of->lexicon, m, &term))
		weigh_pair(t, &term, u);
	return 0;
}

/* A word that nothing changes but its stretch: what sentiment.h says of its mark, if it had one.  Which have a
 * rating cannot be foreseen: no branch. */
static inline void
weigh_word(struct tally *t, const struct lexeme *lexemes, const struct unit *u,
    int32_t strength_milli, const char *words)
{
	const struct word_entries *e = unit_entries(u);
	int32_t rating = modifiers_scaled(e->sense.rating_milli, strength_milli);
	int32_t negative = e->sense.negative_milli, positive = e->sense.positive_milli;
	struct class_effect effect = modifiers_class_scaled(negative, positive, strength_milli);
	write_reason(t->next, lexemes + e->rated, u, e->sense.rating_milli, rating, words);
	count_rating(t, rating);
	write_reason(t->next, lexemes + e->stem, u, positive - negative,
	    effect.positive_milli - effect.negative_milli, words);
	count_effect(t, effect);
}

/* The units [unit, end), and the pairs that end with them. */
static inline __attribute__((always_inline)) void
weigh_run(struct weighing *w, size_t unit, size_t end, int32_t strength_milli,
    int32_t pair_strength_milli, const char *words)
{
	const struct unit *units = w->of->units;
	const struct lexeme *lexemes = w->of->lexicon->lexemes;
	struct tally t = w->tally; /* stays in registers */
	for (; unit < end; unit++) {
		weigh_word(&t, lexemes, &units[unit], strength_milli, words);
		if (w->pair->unit == unit) {
			const struct term term = {
			    lexemes + w->pair++->lexeme, pair_strength_milli, false};
			weigh_pair(&t, &term, &units[unit]);
		}
	}
	w->tally = t;
}

/* Units of one stretch that nothing else changes: in most posts nothing at all. */
static __attribute__((noinline)) void
weigh_plain(struct weighing *w, size_t unit, size_t end)
{
	const struct stretch *s = w->stretch;
	if (s->flags == 0)
		weigh_run(w, unit, end, 1000, 1000, NULL);
	else
		weigh_run(
		    w, unit, end, s->strength_milli, sentiment_pair_strength(s->flags), w->words);
}

/* The units from `unit` to the end of the stretch; returns the one behind them, which is farther when the last
 * is a phrase, or 0 without memory. */
static size_t
weigh_stretch(struct weighing *w, size_t unit)
{
	size_t end = w->stretch->end;
	while (unit < end) {
		struct mark *m = w->mark;
		size_t stop = m->unit < end ? m->unit : end;
		if (unit < stop)
			weigh_plain(w, unit, stop);
		unit = stop;
		if (unit == end)
			break;
		if (w->pair->unit == unit)
			m->pair = w->pair++->lexeme;
		if (weigh_mark(w, m) < 0)
			return 0;
		unit += (m->flags & MARK_ALONE) != 0 ? m->span : 1;
		w->mark++;
	}
	return unit;
}

static int
weigh_words(struct weighing *w)
{
	w->stretch = w->marks->stretches;
	for (size_t unit = 0; unit < w->of->unit_count; w->stretch++) {
		if (modifiers_explain_stretch(w->stretch, w->of->arena, &w->words) < 0)
			return -1;
		unit = weigh_stretch(w, unit);
		if (unit == 0)
			return -1;
	}
	return 0;
}

static bool
is_long(const struct weigher *of)
{
	return of->unit_count > LONG_TEXT_UNITS;
}

/* The ratings and effects of all words and signs; of a long text the mean counts. */
static void
take_words(struct weighing *w, const struct reasons *r, struct evidence *e)
{
	struct tally *t = &w->tally;
	*e = (struct evidence){.is_sarcastic = w->is_sarcastic};
	for (struct contribution **c = r->rated; c < t->rated; c++) {
		int32_t rating = (*c)->effect_milli, bad = rating & -(rating < 0);
		e->positive_milli += rating - bad;
		e->negative_milli -= bad;
	}
	e->has_evidence = t->has_effect != 0 || t->next > r->items;
	e->logits[0] = t->sum.negative_milli;
	e->logits[1] = t->sum.positive_milli;
	for (int k = 0; k < 2 && is_long(w->of); k++)
		e->logits[k] = e->logits[k] * LONG_TEXT_UNITS / (int64_t)w->of->unit_count;
	t->sum = (struct class_effect){0, 0};
}

/* ---- sums and shapes -------------------------------------------------------- */

static void
weigh_sums(struct tally *t, const struct lexicon *lx, const struct looks *k, struct evidence *e)
{
	int32_t values[SUM_COUNT];
	if ((e->positive_milli | e->negative_milli) == 0)
		return;
	sentiment_sums(e, k, values);
	for (int i = 0; i < SUM_COUNT; i++) {
		const struct lexeme *x = &lx->lexemes[lx->sums[i]];
		struct class_effect effect =
		    modifiers_class_scaled(x->negative_milli, x->positive_milli, values[i]);
		t->sum.negative_milli += effect.negative_milli;
		t->sum.positive_milli += effect.positive_milli;
		e->sums[i] = effect.positive_milli - effect.negative_milli;
	}
}

static void
weigh_shapes(struct tally *t, const struct lexicon *lx, const struct looks *k, size_t text_len)
{
	const struct unit whole = {.start = 0, .len = (uint32_t)text_len};
	int seen[SHAPE_COUNT], count = 0;
	/* Which of them a post has cannot be foreseen: no branch. */
	for (int i = 0; i < SHAPE_COUNT; i++) {
		seen[count] = i;
		count += k->counts[i] != 0;
	}
	for (int n = 0; n < count; n++) {
		const struct lexeme *x = &lx->lexemes[lx->shapes[seen[n]]];
		struct class_effect e = modifiers_class_scaled(
		    x->negative_milli, x->positive_milli, sentiment_shape(k, (enum shape)seen[n]));
		write_reason(t->next, x, &whole, x->positive_milli - x->negative_milli,
		    e.positive_milli - e.negative_milli, NULL);
		count_effect(t, e);
	}
}

/* ---- all of it -------------------------------------------------------------- */

/* To the nearest; b above 0. */
static int64_t
divided(int64_t a, int64_t b)
{
	int64_t half = b / 2, sign = -(a < 0);
	return (a + ((half ^ sign) - sign)) / b;
}

/* As the mean of a long text counts, each word that was learned shows its part of it.  What rounding takes
 * from one the next has: the same word a thousand times adds up all the same. */
static void
show_mean(struct reasons *r, size_t unit_count)
{
	struct contribution **rated = r->rated, **rated_end = rated + r->rated_count;
	int64_t all = 0, shown = 0, count = (int64_t)unit_count;
	for (size_t i = 0; i < r->word_count; i++) {
		struct contribution *c = &r->items[i];
		if (rated < rated_end && *rated == c) {
			rated++;
			continue;
		}
		all += c->effect_milli;
		c->effect_milli = (int32_t)(divided(all * LONG_TEXT_UNITS, count) - shown);
		shown += c->effect_milli;
	}
}

/* Room for three reasons a unit, of which most have one: of a long text they are kept when all are there. */
static int
make_room(const struct weigher *of, struct reasons *r)
{
	/* One more of each is written than counts. */
	size_t items = (of->unit_count * 3 + SHAPE_COUNT + 1) * sizeof *r->items;
	size_t rated = (of->unit_count + 1) * sizeof *r->rated;
	r->rated = scratch_need(of->scratch, rated + (is_long(of) ? items : 0));
	if (r->rated == NULL)
		return -1;
	r->items =
	    is_long(of) ? (void *)(r->rated + of->unit_count + 1) : arena_alloc(of->arena, items);
	return r->items == NULL ? -1 : 0;
}

static int
keep_long(const struct weigher *of, struct reasons *r)
{
	struct contribution *kept = arena_alloc(of->arena, r->count * sizeof *kept);
	if (kept == NULL)
		return -1;
	memcpy(kept, r->items, r->count * sizeof *kept);
	for (size_t i = 0; i < r->rated_count; i++)
		r->rated[i] = kept + (r->rated[i] - r->items);
	r->items = kept;
	return 0;
}

int
weigh_text(const struct weigher *of, const struct marks *marks, struct evidence *e_r,
    struct reasons *r, struct err *err)
{
	if (make_room(of, r) < 0)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	struct weighing w = {.of = of,
	    .marks = marks,
	    .mark = marks->items,
	    .pair = marks->pairs,
	    .tally = {.next = r->items, .rated = r->rated}};
	struct tally *t = &w.tally;
	if (weigh_words(&w) < 0)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	take_words(&w, r, e_r);
	r->word_count = (size_t)(t->next - r->items);
	r->rated_count = (size_t)(t->rated - r->rated);
	if (is_long(of))
		show_mean(r, of->unit_count);
	weigh_sums(t, of->lexicon, &marks->looks, e_r);
	weigh_shapes(t, of->lexicon, &marks->looks, of->text.len);
	r->count = (size_t)(t->next - r->items);
	if (is_long(of) && keep_long(of, r) < 0)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	e_r->logits[0] += t->sum.negative_milli;
	e_r->logits[1] += t->sum.positive_milli;
	return 0;
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
