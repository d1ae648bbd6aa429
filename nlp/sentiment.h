/*
 * sentiment.h - from marks to a label, a score and three probabilities.
 *
 * A logistic model of three classes, neutral being the measure: each term adds its lexeme's two
 * weights, times how much it counts, to the logit of the negative and of the positive class.
 * Terms are learned stems and pairs, how the post looks (enum shape), and what its
 * published ratings sum to (enum rating_sum: squashed, so that ten good words are not ten times as
 * good as one). The trainer (train.h) fits the weights on the same terms, so what is learned is
 * what is counted.
 *
 * Integers only: sums of thousandths, a table for powers of two; the same answer on every machine
 * and build. A text in which nothing speaks is neutral with score 0; the label is always one of
 * three, the likeliest; the score is the positive probability minus the negative one. A sarcasm cue
 * ("#sarcasm", "yeah right") does not turn the sign, it takes the confidence away.  Of texts longer
 * than LONG_TEXT_UNITS the mean counts, so that length alone makes nothing certain.
 *
 * What it does to emoji, hashtags, elongation, negation: they are in the marks already
 * (modifiers.h).  URLs, mentions: a name each, and counted.
 *
 * Ownership: plain values.
 */
#ifndef NLP_SENTIMENT_H
#define NLP_SENTIMENT_H

#include "core/score.h"
#include "nlp/modifiers.h"

#define LONG_TEXT_UNITS 60

/* Of a lexeme's two weights, how much counts, and whether they are turned. */
struct term {
	const struct lexeme *lexeme;
	int32_t strength_milli;
	bool is_turned;
};

/* What the words and signs of a post come to (weigh.h). */
struct evidence {
	int64_t positive_milli, negative_milli; /* sums of ratings */
	int64_t sums[SUM_COUNT]; /* what these count, positive minus negative */
	int64_t logits[2]; /* negative, positive; thousandths */
	bool has_evidence; /* a word or sign spoke */
	bool is_sarcastic;
};

/* The term of a mark's stem, and of its pair with the unit before; false: there is none. */
bool sentiment_stem(const struct lexicon *lx, const struct mark *m, struct term *t_r);
bool sentiment_pair(const struct lexicon *lx, const struct mark *m, struct term *t_r);
/* How much a pair counts; flags: enum mark_flag. */
#define PAIR_BEFORE_BUT_MILLI 600
static inline int32_t
sentiment_pair_strength(uint32_t flags)
{
	return (flags & MARK_BEFORE_BUT) != 0 ? PAIR_BEFORE_BUT_MILLI : 1000;
}
/* How often the lexeme of a shape and of each sum counts, in thousandths. */
int32_t sentiment_shape(const struct looks *k, enum shape shape);
void sentiment_sums(const struct evidence *e, const struct looks *k, int32_t values_r[SUM_COUNT]);

/* Fills label, score, probabilities and is_unsure. */
void sentiment_combine(const struct lexicon *lx, const struct evidence *e, struct score *s);
/* The same for a text in which nothing speaks. */
void sentiment_silent(struct score *s);

/* Probabilities per mille of the logits (negative, positive against neutral), after temperature. */
void sentiment_probabilities(
    const int64_t logits_milli[2], int32_t temperature_milli, int32_t per_mille_r[3]);

#endif
