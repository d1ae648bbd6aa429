#include "nlp/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "nlp/lexicon_internal.h"
#include "nlp/units.h"

/* A unit has two terms, of its stem and its pair. */
_Static_assert((int64_t)UNITS_MAX * 2 * LEXICON_CLASS_WEIGHT_MAX_MILLI * MODIFIERS_STRENGTH_MAX <=
	(int64_t)INT32_MAX * 1000,
    "what all of a text come to fits 32 bits");

struct weighing {
	const struct lexicon *lx;
	const struct unit *units;
	const struct mark *marks;
	struct contribution *next;
	struct contribution **rated; /* behind the last one */
	struct class_effect sum; /* of the effects since it was last taken */
	int32_t has_effect; /* not 0: one of them is not */
	int32_t positive_milli, negative_milli; /* as in struct evidence */
	bool is_sarcastic;
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
	w->sum.negative_milli += e.negative_milli;
	w->sum.positive_milli += e.positive_milli;
	w->has_effect |= e.negative_milli | e.positive_milli;
	w->next += e.negative_milli != e.positive_milli;
}

/* Any term, as a reason that stands at a unit. */
static inline void
weigh_term(struct weighing *w, const struct term *t, const struct unit *u, const char *modifiers)
{
	const struct lexeme *x = t->lexeme;
	struct class_effect e = {x->negative_milli, x->positive_milli};
	if (t->is_turned || t->strength_milli != 1000)
		e = modifiers_class_effect(
		    x->negative_milli, x->positive_milli, t->strength_milli, t->is_turned);
	write_reason(w->next, x, u, x->positive_milli - x->negative_milli,
	    e.positive_milli - e.negative_milli, modifiers);
	count_effect(w, e);
}

/* Of two neighbours, the second at u. */
static inline void
weigh_pair(struct weighing *w, const struct term *t, const struct unit *u)
{
	struct contribution *c = w->next;
	weigh_term(w, t, u - 1, NULL);
	c->len = u->start + u->len - u[-1].start;
}

/* ---- words ------------------------------------------------------------------ */

/* A mark that is negated or has a role, of a phrase, or with more to say of what changed it. */
static int
weigh_changed(struct weighing *w, const struct mark *m)
{
	const struct unit *u = &w->units[m->unit];
	const char *words;
	struct term t;
	w->is_sarcastic |= m->sense.role == ROLE_SARCASM;
	if (modifiers_explain(m, w->marks, w->units, w->text, w->arena, &words) < 0)
		return -1;
	write_reason(w->next, m->rated, u, m->sense.rating_milli, m->rating_milli, words);
	w->next->len = u[m->span - 1].start + u[m->span - 1].len - u->start;
	count_rating(w, m->rating_milli);
	if (sentiment_stem(w->lx, m, &t))
		weigh_term(w, &t, u, words);
	if (sentiment_pair(w->lx, m, &t))
		weigh_pair(w, &t, u);
	return 0;
}

/* A single word which is no more than weaker or stronger. */
static inline bool
is_plain(const struct mark *m)
{
	bool is_changed = (m->flags & (MARK_NEGATED | MARK_BEFORE_BUT)) != 0;
	return !(
	    (m->sense.role != ROLE_NONE) | (m->span != 1) | is_changed | modifiers_are_several(m));
}

static inline void
weigh_plain(struct weighing *w, const struct mark *m)
{
	const struct unit *u = &w->units[m->unit];
	const char *words = modifiers_word(m);
	int32_t negative = m->sense.negative_milli, positive = m->sense.positive_milli;
	struct class_effect e = modifiers_class_scaled(negative, positive, m->strength_milli);
	if (m->rating_milli != 0) {
		write_reason(w->next, m->rated, u, m->sense.rating_milli, m->rating_milli, words);
		count_rating(w, m->rating_milli);
	}
	write_reason(
	    w->next, m->stem, u, positive - negative, e.positive_milli - e.negative_milli, words);
	count_effect(w, e);
	if (m->pair != 0) {
		const struct term t = {lexicon_lexeme(w->lx, m->pair), 1000, false};
		weigh_pair(w, &t, u);
	}
}

static int
weigh_marks(struct weighing *w_r, size_t count)
{
	struct weighing w = *w_r; /* stays in registers where words are plain */
	for (const struct mark *m = w.marks, *end = m + count; m < end; m++) {
		if (is_plain(m)) {
			weigh_plain(&w, m);
			continue;
		}
		*w_r = w;
		if (weigh_changed(w_r, m) < 0)
			return -1;
		w = *w_r;
	}
	*w_r = w;
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
	e->logits[0] = w->sum.negative_milli;
	e->logits[1] = w->sum.positive_milli;
	for (int k = 0; k < 2 && unit_count > LONG_TEXT_UNITS; k++)
		e->logits[k] = e->logits[k] * LONG_TEXT_UNITS / (int64_t)unit_count;
	w->sum = (struct class_effect){0, 0};
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
		const struct lexeme *x = &w->lx->lexemes[w->lx->sums[i]];
		struct class_effect effect =
		    modifiers_class_scaled(x->negative_milli, x->positive_milli, values[i]);
		w->sum.negative_milli += effect.negative_milli;
		w->sum.positive_milli += effect.positive_milli;
		e->sums[i] = effect.positive_milli - effect.negative_milli;
	}
}

static void
weigh_shapes(struct weighing *w, const struct looks *k)
{
	const struct unit whole = {.start = 0, .len = (uint32_t)w->text.len};
	int32_t values[SHAPE_COUNT];
	int seen[SHAPE_COUNT], count = 0;
	sentiment_shapes(k, values);
	/* Which of them a post has cannot be foreseen: no branch. */
	for (int i = 0; i < SHAPE_COUNT; i++) {
		seen[count] = i;
		count += values[i] != 0;
	}
	for (int n = 0; n < count; n++) {
		const struct lexeme *x = &w->lx->lexemes[w->lx->shapes[seen[n]]];
		struct class_effect e =
		    modifiers_class_scaled(x->negative_milli, x->positive_milli, values[seen[n]]);
		write_reason(w->next, x, &whole, x->positive_milli - x->negative_milli,
		    e.positive_milli - e.negative_milli, NULL);
		count_effect(w, e);
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

static bool
is_long(const struct weigher *of)
{
	return of->unit_count > LONG_TEXT_UNITS;
}

/* Room for three reasons a mark, of which most have one: of a long text they are kept when all are there. */
static int
make_room(const struct weigher *of, size_t marks, struct reasons *r)
{
	/* One more of each is written than counts. */
	size_t items = (marks * 3 + SHAPE_COUNT + 1) * sizeof *r->items;
	size_t rated = (marks + 1) * sizeof *r->rated;
	r->rated = scratch_need(of->scratch, rated + (is_long(of) ? items : 0));
	if (r->rated == NULL)
		return -1;
	r->items = is_long(of) ? (void *)(r->rated + marks + 1) : arena_alloc(of->arena, items);
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
	if (make_room(of, marks->count, r) < 0)
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
	if (is_long(of))
		show_mean(r, of->unit_count);
	weigh_sums(&w, &marks->looks, e_r);
	weigh_shapes(&w, &marks->looks);
	r->count = (size_t)(w.next - r->items);
	if (is_long(of) && keep_long(of, r) < 0)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	e_r->logits[0] += w.sum.negative_milli;
	e_r->logits[1] += w.sum.positive_milli;
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
