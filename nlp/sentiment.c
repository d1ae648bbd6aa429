#include "nlp/sentiment.h"

#include <assert.h>

/* Sums are squashed: this much is half of what can be had.  A side is measured against the length
 * of the text, one good word says more in four than in forty; the balance of the sides is not. */
#define HALF_MILLI 4000
#define HALF_PER_WORD_MILLI 500

/*
 * Weights of the classes against neutral, in thousandths of a bit for a full feature.  Fitted by
 * scripts/fit_sentiment.py on rows that may be used so (corpora/README.md says which), all classes
 * counting alike. What one side adds to its own class it never takes away, so that weakening a word
 * never strengthens its side.
 */
static const struct {
	int32_t bias;
	int32_t weights[FEATURE_COUNT];
} MODEL[2] = {
    {-1118, {0, 9097, -1800, -34, 74, -958}}, /* negative */
    {-1682, {8125, -2015, 618, 1499, -609, -607}}, /* positive */
};

/* Nothing in the text speaks for or against: no opinion, and none made up. */
#define SILENT_NEUTRAL 700
#define SILENT_SIDE 150

/* Below this the best class is a guess. */
#define SURE_MILLI 500

/* 65536 * 2^(-i/64) */
static const uint32_t EXP2[64] = {65536, 64830, 64132, 63441, 62757, 62081, 61413, 60751, 60097,
    59449, 58809, 58176, 57549, 56929, 56316, 55709, 55109, 54515, 53928, 53347, 52773, 52204,
    51642, 51085, 50535, 49991, 49452, 48920, 48393, 47871, 47356, 46846, 46341, 45842, 45348,
    44859, 44376, 43898, 43425, 42958, 42495, 42037, 41584, 41136, 40693, 40255, 39821, 39392,
    38968, 38548, 38133, 37722, 37316, 36914, 36516, 36123, 35734, 35349, 34968, 34591, 34219,
    33850, 33486, 33125};

static int32_t
squash(int64_t sum_milli, int64_t half_milli)
{
	return (int32_t)(sum_milli * 1000 / (sum_milli + half_milli));
}

void
sentiment_features(const struct mark *marks, size_t count, const struct unit *units,
    size_t unit_count, struct features *f)
{
	int64_t positive = 0, negative = 0, room = HALF_PER_WORD_MILLI;
	int32_t exclamations = 0, questions = 0, urls = 0;

	*f = (struct features){0};
	for (size_t i = 0; i < count; i++) {
		int32_t e = marks[i].effect_milli;
		f->is_sarcastic |= marks[i].lexeme->role == ROLE_SARCASM;
		if ((marks[i].flags & MARK_COUNTS) == 0 || e == 0)
			continue;
		f->has_evidence = true;
		if (e > 0)
			positive += e;
		else
			negative -= e;
	}
	for (size_t i = 0; i < unit_count; i++) {
		if (units[i].kind == TOKEN_WORD)
			room += HALF_PER_WORD_MILLI;
		if (units[i].kind == TOKEN_URL)
			urls++;
		if (units[i].kind != TOKEN_PUNCT)
			continue;
		exclamations += units[i].key.text.ptr[0] == '!';
		questions += units[i].key.text.ptr[0] == '?';
	}
	f->v[FEATURE_POSITIVE] = squash(positive, room);
	f->v[FEATURE_NEGATIVE] = squash(negative, room);
	f->v[FEATURE_BALANCE] = positive > negative ? squash(positive - negative, HALF_MILLI)
						    : -squash(negative - positive, HALF_MILLI);
	f->v[FEATURE_EXCLAMATION] = exclamations > 0 ? 1000 : 0;
	f->v[FEATURE_QUESTION] = questions > 0 ? 1000 : 0;
	f->v[FEATURE_URL] = urls > 0 ? 1000 : 0;
}

/* 2^(bits/1000) against the largest, in 1/65536; 0 when it is 16 bits below. */
static uint32_t
share(int64_t below_milli_bits)
{
	assert(below_milli_bits >= 0);
	int64_t steps = below_milli_bits * 64 / 1000;
	if (steps >= 16 * 64)
		return 0;
	return EXP2[steps % 64] >> (steps / 64);
}

static void
set_probabilities(struct score *s, const int64_t logits[3])
{
	int64_t top = logits[0];
	uint32_t e[3], sum = 0;
	int32_t p[3], rest = 1000;
	int best = 0;

	for (int k = 1; k < 3; k++)
		top = logits[k] > top ? logits[k] : top;
	for (int k = 0; k < 3; k++) {
		e[k] = share(top - logits[k]);
		sum += e[k];
	}
	for (int k = 0; k < 3; k++) {
		p[k] = (int32_t)((uint64_t)e[k] * 1000 / sum);
		rest -= p[k];
		best = e[k] > e[best] ? k : best;
	}
	p[best] += rest; /* what rounding left over */
	s->negative_milli = p[0];
	s->neutral_milli = p[1];
	s->positive_milli = p[2];
	s->label = best == 0 ? SENTIMENT_NEGATIVE
	    : best == 1      ? SENTIMENT_NEUTRAL
			     : SENTIMENT_POSITIVE;
}

void
sentiment_combine(const struct features *f, struct score *s)
{
	if (!f->has_evidence) {
		sentiment_silent(s);
		s->is_unsure = f->is_sarcastic;
		return;
	}
	int64_t logits[3] = {0, 0, 0};
	for (int side = 0; side < 2; side++) {
		int64_t sum = (int64_t)MODEL[side].bias * 1000;
		for (int i = 0; i < FEATURE_COUNT; i++)
			sum += (int64_t)MODEL[side].weights[i] * f->v[i];
		logits[side * 2] = sum / 1000;
	}
	if (f->is_sarcastic) {
		for (int k = 0; k < 3; k++)
			logits[k] /= 3;
	}
	set_probabilities(s, logits);
	s->score_milli = s->positive_milli - s->negative_milli;
	int32_t top = s->label == SENTIMENT_NEGATIVE ? s->negative_milli
	    : s->label == SENTIMENT_NEUTRAL          ? s->neutral_milli
						     : s->positive_milli;
	s->is_unsure = f->is_sarcastic || top < SURE_MILLI;
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
