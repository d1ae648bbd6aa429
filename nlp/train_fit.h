/*
 * train_fit.h - fits a logistic model of three classes: rows of features, two weights a feature.
 *
 * The two weights are a feature's subjectivity s (both classes against neutral) and polarity d
 * (positive against negative): logit(negative) = sum(a s - b d), logit(positive) = sum(a s + b d),
 * logit(neutral) = 0, with a and b the cell's values.  Minimised is the rows' weighted log-loss plus
 * half of sum(l2 (weight - prior)^2), by L-BFGS (Nocedal and Wright, Numerical Optimization, ch. 7).
 *
 * Deterministic: sums are taken in the order of the rows, on one thread, in double precision.
 *
 * Ownership: the caller's throughout; train_matrix has its own memory.
 * Errors:    -1 without memory.
 */
#ifndef NLP_TRAIN_FIT_H
#define NLP_TRAIN_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct train_cell {
	uint32_t feature;
	float a, b;
};

struct train_matrix {
	struct train_cell *cells;
	size_t cell_count, cell_cap;
	size_t *row_ends; /* cells of row i: [row_ends[i - 1], row_ends[i]) */
	size_t row_count, row_cap;
	size_t feature_count;
};

int train_matrix_add(struct train_matrix *m, struct train_cell cell, struct err *err);
int train_matrix_end_row(struct train_matrix *m, struct err *err);
void train_matrix_fini(struct train_matrix *m);

struct train_problem {
	const struct train_matrix *matrix;
	const uint8_t *labels; /* 0 negative, 1 neutral, 2 positive */
	const float *row_weights; /* 0: the row is left out */
	const float *l2; /* 2 a feature: of s, of d */
	const float *prior; /* 2 a feature; NULL: 0 */
	int iterations_max;
	void (*progress)(void *cookie, int iteration, double loss); /* NULL: none */
	void *cookie;
};

/* weights: 2 a feature (s, d), where to begin and what came out. */
int train_fit(const struct train_problem *p, double *weights, struct err *err);

/* Logits (negative, positive) of one row. */
void
train_logits(const struct train_matrix *m, const double *weights, size_t row, double logits_r[2]);
/* Probabilities of the three classes. */
void train_softmax(const double logits[2], double p_r[3]);

#endif
