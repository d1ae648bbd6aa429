#include "nlp/sentiment.h"

#include <assert.h>

#include "core/err.h"
#include "nlp/lexicon_internal.h"

/* Sums are squashed: this much is half of what can be had.  A side is measured against the length
 * of the text, one good word says more in four than in forty; the balance of the sides is not. */
#define HALF_MILLI 4000
#define HALF_PER_WORD_MILLI 500
#define HALF_LENGTH_UNITS 16

/* Nothing in the text speaks for or against: no opinion, and none made up. */
#define SILENT_NEUTRAL 700
#define SILENT_SIDE 150

/* 65536 * 2^(-i/64) */
static const uint32_t EXP2[64] = {65536, 64830, 64132, 63441, 62757, 62081, 61413, 60751, 60097,
    59449, 58809, 58176, 57549, 56929, 56316, 55709, 55109, 54515, 53928, 53347, 52773, 52204,
    51642, 51085, 50535, 49991, 49452, 48920, 48393, 47871, 47356, 46846, 46341, 45842, 45348,
    44859, 44376, 43898, 43425, 42958, 42495, 42037, 41584, 41136, 40693, 40255, 39821, 39392,
    38968, 38548, 38133, 37722, 37316, 36914, 36516, 36123, 35734, 35349, 34968, 34591, 34219,
    33850, 33486, 33125};
/* log2(e) in 1/65536 */
#define LOG2_E 94548

/* ---- how a post looks ------------------------------------------------------- */

/* 0, 1, 2 ... to thousandths that end at `most` of them. */
static inline int32_t
capped(int32_t n, int32_t most)
{
	return (n > most ? most : n) * 1000 / most;
}

/* Fills the value of each shape, in thousandths. */
static void
look(const struct looks *k, int32_t values_r[SHAPE_COUNT])
{
	values_r[SHAPE_ALWAYS] = 1000;
	values_r[SHAPE_LENGTH] = k->words * 1000 / (k->words + HALF_LENGTH_UNITS);
	values_r[SHAPE_CAPITALS] = capped(k->capitals, 3);
	values_r[SHAPE_ELONGATED] = capped(k->elongated, 2);
	values_r[SHAPE_EXCLAMATIONS] = capped(k->exclamations, 3);
	values_r[SHAPE_QUESTIONS] = capped(k->questions, 2);
	values_r[SHAPE_MENTIONS] = capped(k->mentions, 3);
	values_r[SHAPE_HASHTAGS] = capped(k->hashtags, 4);
	values_r[SHAPE_LINKS] = capped(k->links, 2);
	values_r[SHAPE_QUOTED] = capped(k->quoted, 8);
	_Static_assert(SHAPE_QUOTED + 1 == SHAPE_COUNT, "every shape has a value");
}

/* ---- terms ------------------------------------------------------------------ */

struct weighing {
	const struct lexicon *lx;
	const struct mark *marks;
	struct evidence *e;
	struct term *next;
	int64_t sums[2]; /* of the effects of the terms since they were last taken */
	int32_t has_effect; /* not 0: one of them is not */
	int64_t positive_milli, negative_milli; /* as in struct evidence */
};

static inline const struct term *
add_term(struct weighing *w, enum term_kind kind, uint32_t mark, const struct lexeme *x,
    int32_t strength_milli, bool is_turned)
{
	struct term *t = w->next++;
	struct class_effect effect = {x->negative_milli, x->positive_milli};
	if (is_turned)
		effect = modifiers_class_effect(
		    x->negative_milli, x->positive_milli, strength_milli, true);
	else if (strength_milli != 1000)
		effect = modifiers_class_scaled(x, strength_milli);
	t->lexeme = x;
	t->effect = effect;
	t->mark = mark;
	t->strength_milli = strength_milli;
	t->kind = (uint8_t)kind;
	t->is_turned = is_turned;
	w->sums[0] += effect.negative_milli;
	w->sums[1] += effect.positive_milli;
	w->has_effect |= effect.negative_milli | effect.positive_milli;
	return t;
}

/* A negator speaks through what it negates, and never for the good. */
static inline bool
is_silent_negator(const struct mark *m)
{
	return m->rated->role == ROLE_NEGATOR &&
	    ((m->flags & MARK_USED_UP) != 0 || modifiers_polarity(m) > 0);
}

/* The stem of a mark that something changed, or that has a role. */
static void
weigh_changed(struct weighing *w, uint32_t at)
{
	const struct mark *m = &w->marks[at];
	bool is_negated = (m->flags & MARK_NEGATED) != 0;
	w->e->is_sarcastic |= m->rated->role == ROLE_SARCASM;
	if (is_silent_negator(m))
		return;
	uint32_t negated = is_negated ? lexicon_negated(w->lx, m->number) : 0;
	if (negated != 0)
		add_term(
		    w, TERM_STEM, at, lexicon_lexeme(w->lx, negated), m->strength_milli, false);
	else if (lexeme_is_some(m->stem))
		add_term(w, TERM_STEM, at, m->stem, m->strength_milli, is_negated);
}

static inline void
weigh_mark(struct weighing *w, uint32_t at)
{
	const struct mark *m = &w->marks[at];
	bool is_changed = ((m->strength_milli ^ 1000) | m->flags) != 0;
	if (is_changed) {
		weigh_changed(w, at);
	} else {
		/* Nobody's term counts nothing, and its place is the next one's. */
		add_term(w, TERM_STEM, at, m->stem, 1000, false);
		w->next -= !lexeme_is_some(m->stem);
	}
}

/* Two neighbours of one clause. */
static inline void
weigh_pair(struct weighing *w, uint32_t at)
{
	const struct mark *b = &w->marks[at];
	if (b->pair == 0 || (b->flags & MARK_TURNS_BAD) != 0)
		return; /* "is not" is bad news before good words only */
	bool is_turned = (b[-1].flags & b->flags & MARK_NEGATED) != 0;
	int32_t strength = (b->flags & MARK_BEFORE_BUT) != 0 ? 600 : 1000;
	add_term(w, TERM_PAIR, at, lexicon_lexeme(w->lx, b->pair), strength, is_turned);
}

/* Most words have no rating, and which have one cannot be foreseen: no branch. */
static inline void
weigh_rating(struct weighing *w, uint32_t at)
{
	const struct mark *m = &w->marks[at];
	int32_t rating = m->rating_milli;
	*w->next = (struct term){
	    .lexeme = m->rated, .mark = at, .strength_milli = rating, .kind = TERM_RATING};
	w->next += rating != 0;
	int32_t bad = rating & -(rating < 0);
	w->positive_milli += rating - bad;
	w->negative_milli -= bad;
}

static int32_t
squash(int64_t sum_milli, int64_t half_milli)
{
	return (int32_t)(sum_milli * 1000 / (sum_milli + half_milli));
}

static void
weigh_sums(struct weighing *w, const struct looks *k)
{
	int64_t positive = w->e->positive_milli, negative = w->e->negative_milli;
	int64_t room = (int64_t)(k->words + 1) * HALF_PER_WORD_MILLI;
	int32_t values[SUM_COUNT] = {
	    [SUM_POSITIVE] = squash(positive, room),
	    [SUM_NEGATIVE] = squash(negative, room),
	    [SUM_BALANCE] = positive > negative ? squash(positive - negative, HALF_MILLI)
						: -squash(negative - positive, HALF_MILLI),
	};
	for (int i = 0; i < SUM_COUNT; i++) {
		uint32_t lexeme = w->lx->sums[i];
		if (lexeme == 0 || values[i] == 0)
			continue;
		const struct term *t =
		    add_term(w, TERM_SUM, 0, lexicon_lexeme(w->lx, lexeme), values[i], false);
		w->e->sums[i] = t->effect.positive_milli - t->effect.negative_milli;
	}
}

static void
weigh_shapes(struct weighing *w, const struct looks *k)
{
	int32_t values[SHAPE_COUNT];
	look(k, values);
	for (int i = 0; i < SHAPE_COUNT; i++) {
		uint32_t lexeme = w->lx->shapes[i];
		if (lexeme != 0 && values[i] != 0)
			add_term(w, TERM_SHAPE, 0, lexicon_lexeme(w->lx, lexeme), values[i], false);
	}
}

/* The effects of all words and signs; of a long text the mean counts. */
static void
take_words(struct weighing *w, size_t unit_count)
{
	struct evidence *e = w->e;
	e->word_count = (size_t)(w->next - e->terms);
	e->has_evidence = w->has_effect != 0 || e->positive_milli != 0 || e->negative_milli != 0;
	for (int k = 0; k < 2; k++) {
		if (unit_count > LONG_TEXT_UNITS)
			w->sums[k] = w->sums[k] * LONG_TEXT_UNITS / (int64_t)unit_count;
		e->logits[k] = w->sums[k];
		w->sums[k] = 0;
	}
}

/* Words, signs and pairs. */
static void
weigh_marks(struct weighing *w_r, size_t mark_count)
{
	struct weighing w = *w_r; /* stays in registers */
	for (size_t i = 0; i < mark_count; i++) {
		weigh_rating(&w, (uint32_t)i);
		weigh_mark(&w, (uint32_t)i);
		weigh_pair(&w, (uint32_t)i);
	}
	*w_r = w;
	w.e->positive_milli = w.positive_milli;
	w.e->negative_milli = w.negative_milli;
}

int
sentiment_weigh(const struct lexicon *lx, const struct marks *marks, size_t unit_count,
    struct scratch *scratch, struct evidence *e_r, struct err *err)
{
	struct weighing w = {.lx = lx, .marks = marks->items, .e = e_r};
	size_t most = marks->count * 3 + SHAPE_COUNT + SUM_COUNT + 1;
	*e_r = (struct evidence){.count = 0};
	e_r->terms = scratch_need(scratch, most * sizeof *e_r->terms);
	if (e_r->terms == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	w.next = e_r->terms;
	weigh_marks(&w, marks->count);
	take_words(&w, unit_count);
	weigh_sums(&w, &marks->looks);
	weigh_shapes(&w, &marks->looks);
	e_r->count = (size_t)(w.next - e_r->terms);
	e_r->logits[0] += w.sums[0];
	e_r->logits[1] += w.sums[1];
	return 0;
}

/* ---- probabilities ---------------------------------------------------------- */

/* 2^(-bits/1000) in steps of 1/64 of a bit.  Whole bits are exact shifts, so that shares stay in
 * proportion whatever they are measured against; 0 when it is 40 bits below. */
static uint64_t
share(int64_t below_milli_bits)
{
	assert(below_milli_bits >= 0);
	int64_t steps = below_milli_bits * 64 / 1000;
	if (steps >= 40 * 64)
		return 0;
	return ((uint64_t)EXP2[steps % 64] << 24) >> (steps / 64);
}

void
sentiment_probabilities(
    const int64_t logits_milli[2], int32_t temperature_milli, int32_t per_mille_r[3])
{
	int64_t bits[3] = {0, 0, 0}, top = 0;
	uint64_t e[3], sum = 0;

	for (int side = 0; side < 2; side++) {
		int k = side * 2;
		bits[k] = logits_milli[side] * temperature_milli / 1000 * LOG2_E / 65536;
		top = bits[k] > top ? bits[k] : top;
	}
	top = (top + 999) / 1000 * 1000; /* whole bits */
	for (int k = 0; k < 3; k++) {
		e[k] = share(top - bits[k]);
		sum += e[k];
	}
	/* The sides to the nearest, half down, so that together they are never above 1000; neutral
	 * is the rest.  So neither side falls when its logit rises. */
	for (int k = 0; k < 3; k += 2)
		per_mille_r[k] = (int32_t)((e[k] * 2000 + sum - 1) / (sum * 2));
	per_mille_r[1] = 1000 - per_mille_r[0] - per_mille_r[2];
}

void
sentiment_combine(const struct lexicon *lx, const struct evidence *e, struct score *s)
{
	int64_t logits[2] = {e->logits[0], e->logits[1]};
	int32_t p[3];
	if (!e->has_evidence) {
		sentiment_silent(s);
		s->is_unsure = e->is_sarcastic;
		return;
	}
	if (e->is_sarcastic) {
		logits[0] /= 3;
		logits[1] /= 3;
	}
	sentiment_probabilities(logits, lexicon_temperature_milli(lx), p);
	s->negative_milli = p[0];
	s->neutral_milli = p[1];
	s->positive_milli = p[2];
	int best = p[0] > p[1] ? 0 : 1;
	best = p[2] > p[best] ? 2 : best;
	s->label = (enum sentiment_label)best;
	s->score_milli = p[2] - p[0];
	s->is_unsure = e->is_sarcastic || p[best] < lexicon_sure_milli(lx);
}

void
sentiment_silent(struct score *s)
{
	s->label = SENTIMENT_NEUTRAL;
	s->score_milli = 0;
	s->negative_milli = s->positive_milli = SILENT_SIDE;
	s->neutral_milli = SILENT_NEUTRAL;
	s->is_unsure = false;
}
