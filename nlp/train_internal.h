/*
 * train_internal.h - one training on its way: what its parts share.
 */
#ifndef NLP_TRAIN_INTERNAL_H
#define NLP_TRAIN_INTERNAL_H

#include "nlp/marks.h"
#include "nlp/weigh.h"
#include "nlp/train.h"
#include "nlp/train_fit.h"

#define SOURCES_MAX 64
#define ROW_ARENA_BYTES (64u << 20)

struct training {
	const struct train_options *o;
	const struct train_lexicons *given;
	const struct train_row *rows;
	size_t row_count;
	struct lexicon *lexicon;
	struct cutting cutting;
	struct stemmer *stemmer;
	struct scratch marks, rated;
	struct arena *arena;
	struct train_matrix matrix; /* one row for each that is learned from */
	uint8_t *labels;
	uint8_t *folds;
	uint16_t *sources;
	float *row_weights, *l2, *prior;
	double *weights;
	double *logits; /* cross-validated, 2 a row */
	size_t learned_count;
	struct err *err;
};

int train_no_memory(struct err *err);
void train_tell(const struct training *t, const char *what, double share);
void train_fini(struct training *t);

/* Cuts a post and marks it with a lexicon; then what it comes to. */
int
train_mark_post(struct training *t, const struct lexicon *lx, struct slice text, struct marks *m);
int train_weigh_post(struct training *t, const struct lexicon *lx, struct slice text,
    struct marks *m, struct evidence *e);
int train_measure_row(struct training *t, const struct lexicon *lx, const struct train_row *row,
    struct train_sample *sample);

/* Which part of the posts one is left out with in cross-validation: told by its text and the seed alone, and the
 * same for good, as a card's figures and the temperature depend on it. */
unsigned train_fold(struct slice text, uint64_t seed, int folds);

bool train_is_learned(const struct lexeme *x);
/* The role and the rating of another lexicon's entry, as far as it has them. */
int train_copy_rated(struct training *t, const struct lexeme *x);

/* From fitted weights to the lexicon (train_weights.c). */
void train_store_weights(struct training *t);
int train_make_lexicon(struct training *t);

/* How good it is (train_measure.c). */
double train_fit_temperature(const struct training *t);
int train_measure_all(struct training *t, double temperature, struct train_result *r);

#endif
