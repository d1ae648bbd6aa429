#include "nlp/sentiment.h"

#include <assert.h>

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

int32_t
sentiment_shape(const struct looks *k, enum shape shape)
{
	/* So many units say all that there is to say. */
	static const int8_t MOST[SHAPE_COUNT] = {[SHAPE_ALWAYS] = 1,
	    [SHAPE_CAPITALS] = 3,
	    [SHAPE_ELONGATED] = 2,
	    [SHAPE_EXCLAMATIONS] = 3,
	    [SHAPE_QUESTIONS] = 2,
	    [SHAPE_MENTIONS] = 3,
	    [SHAPE_HASHTAGS] = 4,
	    [SHAPE_LINKS] = 2,
	    [SHAPE_QUOTED] = 8};
	int32_t n = k->counts[shape], most = MOST[shape];
	_Static_assert(SHAPE_QUOTED + 1 == SHAPE_COUNT, "every shape has a value");
	if (shape == SHAPE_LENGTH)
		return n * 1000 / (n + HALF_LENGTH_UNITS);
	return (n > most ? most : n) * 1000 / most;
}

static int32_t
squash(int64_t sum_milli, int64_t half_milli)
{
	return (int32_t)(sum_milli * 1000 / (sum_milli + half_milli));
}

void
sentiment_sums(const struct evidence *e, const struct looks *k, int32_t values_r[SUM_COUNT])
{
	int64_t balance = e->positive_milli - e->negative_milli;
	int64_t room = (int64_t)(k->counts[SHAPE_LENGTH] + 1) * HALF_PER_WORD_MILLI;
	values_r[SUM_POSITIVE] = squash(e->positive_milli, room);
	values_r[SUM_NEGATIVE] = squash(e->negative_milli, room);
	values_r[SUM_BALANCE] =
	    balance > 0 ? squash(balance, HALF_MILLI) : -squash(-balance, HALF_MILLI);
}

/* ---- words and pairs -------------------------------------------------------- */

/* A negator speaks through what it negates, and never for the good. */
static bool
is_silent_negator(const struct mark *m)
{
	return m->sense.role == ROLE_NEGATOR &&
	    ((m->flags & MARK_USED_UP) != 0 || modifiers_polarity(m) > 0);
}

bool
sentiment_stem(const struct lexicon *lx, const struct mark *m, struct term *t_r)
{
	bool is_negated = (m->flags & MARK_NEGATED) != 0;
	if (!lexeme_is_some(m->stem) && !is_negated)
		return false;
	uint32_t negated = is_negated ? lexicon_negated(lx, m->sense.number) : 0;
	*t_r = (struct term){.lexeme = negated != 0 ? lexicon_lexeme(lx, negated) : m->stem,
	    .strength_milli = m->strength_milli,
	    .is_turned = is_negated && negated == 0};
	return lexeme_is_some(t_r->lexeme) && !is_silent_negator(m);
}

bool
sentiment_pair(const struct lexicon *lx, const struct mark *m, struct term *t_r)
{
	if (m->pair == 0 || (m->flags & MARK_TURNS_BAD) != 0)
		return false; /* "is not" is bad news before good words only */
	*t_r = (struct term){.lexeme = lexicon_lexeme(lx, m->pair),
	    .strength_milli = sentiment_pair_strength(m->flags),
	    .is_turned = (m->flags & MARK_BOTH_NEGATED) != 0};
	return true;
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
