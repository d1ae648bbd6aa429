/*
 * sentiment.h - effects of the words to a label, a score and three probabilities.
 *
 * Integers only: sums of thousandths, a table for powers of two; the same answer on every machine
 * and build. A text in which nothing speaks is neutral with score 0; the label is always one of
 * three; the score is the positive probability minus the negative one. A sarcasm cue ("#sarcasm",
 * "yeah right") does not turn the sign, it takes the confidence away.
 *
 * What it does to emoji, hashtags, elongation, negation: they are in the effects already
 * (modifiers.h).  URLs: a text that links somewhere is more often news.  Mentions: nothing.
 *
 * Ownership: plain values.
 */
#ifndef NLP_SENTIMENT_H
#define NLP_SENTIMENT_H

#include "core/score.h"
#include "nlp/modifiers.h"

enum feature {
	FEATURE_POSITIVE,
	FEATURE_NEGATIVE, /* squashed sums for the text's length, 0..1000 */
	FEATURE_BALANCE, /* squashed difference, -1000..1000 */
	FEATURE_EXCLAMATION,
	FEATURE_QUESTION,
	FEATURE_URL, /* 0 or 1000 */
	FEATURE_COUNT
};

struct features {
	int32_t v[FEATURE_COUNT];
	bool has_evidence;
	bool is_sarcastic;
};

void sentiment_features(const struct mark *marks, size_t count, const struct unit *units,
    size_t unit_count, struct features *f);

/* Fills label, score, probabilities and is_unsure. */
void sentiment_combine(const struct features *f, struct score *s);
/* The same for a text in which nothing speaks. */
void sentiment_silent(struct score *s);

#endif
