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
 * Ownership: plain values; terms in the caller's scratch.
 */
#ifndef NLP_SENTIMENT_H
#define NLP_SENTIMENT_H

#include "core/score.h"
#include "nlp/modifiers.h"
#include "nlp/scratch.h"

struct err;

#define LONG_TEXT_UNITS 60

enum term_kind {
	TERM_RATING, /* of one word; without an effect of its own, it counts in the sums */
	TERM_STEM,
	TERM_PAIR,
	TERM_SHAPE,
	TERM_SUM
};

struct term {
	const struct lexeme *lexeme;
	struct class_effect effect;
	uint32_t mark; /* index, of the second one for a pair; for shapes and sums 0 */
	int32_t strength_milli;
	uint8_t kind; /* enum term_kind */
	bool is_turned;
};

/* What a post comes to. */
struct evidence {
	/* Of words, in the order of their marks, ratings before what was learned; then sums, then
	 * shapes. */
	struct term *terms;
	size_t count, word_count;
	int64_t positive_milli, negative_milli; /* sums of ratings */
	int64_t sums[SUM_COUNT]; /* what these count, positive minus negative */
	int64_t logits[2]; /* negative, positive; thousandths */
	bool has_evidence; /* a word or sign spoke */
	bool is_sarcastic;
};

/* Fills *e_r; terms live in the scratch.  -1 without memory. */
int sentiment_weigh(const struct lexicon *lx, const struct marks *marks, size_t unit_count,
    struct scratch *scratch, struct evidence *e_r, struct err *err);

/* Fills label, score, probabilities and is_unsure. */
void sentiment_combine(const struct lexicon *lx, const struct evidence *e, struct score *s);
/* The same for a text in which nothing speaks. */
void sentiment_silent(struct score *s);

/* Probabilities per mille of the logits (negative, positive against neutral), after temperature. */
void sentiment_probabilities(
    const int64_t logits_milli[2], int32_t temperature_milli, int32_t per_mille_r[3]);

#endif
