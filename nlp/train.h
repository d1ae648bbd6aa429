/*
 * train.h - learns a lexicon's weights from labelled posts, and says how good they are.
 *
 * What is learned: stems, pairs of neighbours, negated stems, emoji and emoticons, how a post looks,
 * and what the sums of ratings count; not the ratings and not the modifiers, which come with the base
 * lexicon.  All of it is fitted on the very terms that scoring counts (sentiment.h), all classes of a
 * source weighing alike, then pruned, fitted once more, rounded, and calibrated on cross-validated
 * logits.
 *
 * Laws that are kept: a negated stem never speaks more for its stem's side than the stem does; the
 * sum of the positive ratings never speaks against the positive class, nor the negative one against
 * the negative.
 *
 * Purity: no clock, disk, network; the same rows, base, options and seed give the same lexicon.
 * Ownership: rows and texts are the caller's; a lexicon made is the caller's.
 * Threads:   one.
 */
#ifndef NLP_TRAIN_H
#define NLP_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "nlp/language.h"

struct buf;
struct err;
struct lexicon;
struct train_exclusions;

#define TRAIN_FOLDS_MAX 20

struct train_row {
	struct slice text;
	uint8_t label; /* enum sentiment_label */
	uint16_t source; /* the caller's number of its file */
	bool is_validation; /* not learned from; measured on */
};

struct train_options {
	enum language lang;
	uint64_t seed;
	uint32_t min_posts; /* an entry occurs in at least so many */
	int folds; /* of the cross-validation, 2..TRAIN_FOLDS_MAX */
	size_t entries_max; /* learned entries kept; 0: all */
	double l2; /* strength of the penalty on stems; others are scaled from it */
	bool with_pairs;
	bool only_signs; /* no word is learned: what comes out is another language's signs */
	bool is_adapting; /* the base's learned weights are where the weights are drawn to */
	double source_weights[64]; /* by source; 0 counts as 1 */
	/* What is being done and how far, 0..1; NULL: silent. */
	void (*progress)(void *cookie, const char *what, double share);
	void *cookie;
};

struct train_measure {
	size_t rows;
	size_t confusion[3][3]; /* [label][said] */
	double macro_recall, macro_f1, accuracy;
	double calibration_error; /* expected, ten equal bins of the best class's probability */
	/* What probabilities that are exactly right would show in the mean: of few posts a tenth of
	 * them is by chance not what was foreseen. */
	double calibration_by_chance;
	double sure_share, sure_accuracy; /* of those not unsure */
};

struct train_result {
	struct lexicon *lexicon;
	size_t rows, vocabulary, entries; /* entries: learned and kept */
	struct train_measure training, cross_validated, validation; /* rows 0: none */
	struct train_measure by_source[64]; /* cross-validated, of training rows */
	struct train_measure validation_by_source[64];
};

struct train_options train_defaults(enum language lang);

/* base: ratings and modifiers, and what to adapt.  english: for words of other languages; NULL when
 * lang is English.  signs: the lexicon of another language whose weights of emoji, punctuation,
 * shapes and sums are where the weights begin, NULL: none; with few rows shapes and sums are held near
 * them, and with no row at all they are all there is.
 * x: words that may be no entry; NULL: none. */
struct train_lexicons {
	const struct lexicon *base, *english, *signs;
	const struct train_exclusions *exclusions;
};
int train_lexicon(const struct train_options *o, const struct train_lexicons *given,
    const struct train_row *rows, size_t row_count, struct train_result *result_r, struct err *err);

/* How a lexicon does on rows: the figures of any system that writes probabilities per mille. */
struct train_sample {
	uint8_t label;
	int32_t per_mille[3];
	bool is_unsure;
};
struct train_measure train_measure_of(const struct train_sample *samples, size_t count);
/* Rows with a label (enum sentiment_label), and the share of them that is found; 0 of none. */
size_t train_labelled(const struct train_measure *m, int label);
double train_recall(const struct train_measure *m, int label);

/* What any lexicon says about a row that is known to be in its language.  english: for words of
 * other languages; NULL or the lexicon itself: none. */
struct train_scorer;
int train_scorer_new(struct train_scorer **s_r, struct err *err);
void train_scorer_free(struct train_scorer *s);
int
train_scorer_score(struct train_scorer *s, const struct lexicon *lx, const struct lexicon *english,
    const struct train_row *row, struct train_sample *sample_r, struct err *err);

#endif
