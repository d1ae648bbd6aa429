#include "nlp/train_fit.h"

#include <math.h>
#include <string.h>

#include "core/err.h"
#include "core/mem.h"

#define HISTORY 10
#define BACKTRACKS_MAX 20
#define SUFFICIENT_DECREASE 1e-4
/* Relative progress below which it is done. */
#define DONE_BELOW 1e-5

/* ---- the matrix ------------------------------------------------------------- */

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to train");
}

int
train_matrix_add(struct train_matrix *m, struct train_cell cell, struct err *err)
{
	if (m->cell_count == m->cell_cap) {
		size_t cap = m->cell_cap == 0 ? 1024 : m->cell_cap * 2;
		struct train_cell *more = mem_realloc_array(m->cells, cap, sizeof *more);
		if (more == NULL)
			return no_memory(err);
		m->cells = more;
		m->cell_cap = cap;
	}
	m->cells[m->cell_count++] = cell;
	if (cell.feature >= m->feature_count)
		m->feature_count = (size_t)cell.feature + 1;
	return 0;
}

int
train_matrix_end_row(struct train_matrix *m, struct err *err)
{
	if (m->row_count == m->row_cap) {
		size_t cap = m->row_cap == 0 ? 1024 : m->row_cap * 2;
		size_t *more = mem_realloc_array(m->row_ends, cap, sizeof *more);
		if (more == NULL)
			return no_memory(err);
		m->row_ends = more;
		m->row_cap = cap;
	}
	m->row_ends[m->row_count++] = m->cell_count;
	return 0;
}

void
train_matrix_fini(struct train_matrix *m)
{
	mem_free(m->cells);
	mem_free(m->row_ends);
	*m = (struct train_matrix){.cells = NULL};
}

static size_t
row_begin(const struct train_matrix *m, size_t row)
{
	return row == 0 ? 0 : m->row_ends[row - 1];
}

void
train_logits(const struct train_matrix *m, const double *weights, size_t row, double logits_r[2])
{
	double both = 0, polarity = 0;
	for (size_t i = row_begin(m, row); i < m->row_ends[row]; i++) {
		const struct train_cell *c = &m->cells[i];
		both += (double)c->a * weights[2 * c->feature];
		polarity += (double)c->b * weights[2 * c->feature + 1];
	}
	logits_r[0] = both - polarity;
	logits_r[1] = both + polarity;
}

void
train_softmax(const double logits[2], double p_r[3])
{
	double top = fmax(0, fmax(logits[0], logits[1]));
	double e[3] = {exp(logits[0] - top), exp(-top), exp(logits[1] - top)};
	double sum = e[0] + e[1] + e[2];
	for (int k = 0; k < 3; k++)
		p_r[k] = e[k] / sum;
}

/* ---- loss and gradient ------------------------------------------------------ */

static double
penalty(const struct train_problem *p, const double *weights, double *gradient)
{
	double loss = 0;
	for (size_t i = 0; i < 2 * p->matrix->feature_count; i++) {
		double off = weights[i] - (p->prior == NULL ? 0 : (double)p->prior[i]);
		loss += 0.5 * (double)p->l2[i] * off * off;
		gradient[i] = (double)p->l2[i] * off;
	}
	return loss;
}

static double
evaluate(const struct train_problem *p, const double *weights, double *gradient)
{
	const struct train_matrix *m = p->matrix;
	double loss = penalty(p, weights, gradient);
	for (size_t row = 0; row < m->row_count; row++) {
		double weight = (double)p->row_weights[row], logits[2], probability[3];
		if (weight <= 0)
			continue;
		train_logits(m, weights, row, logits);
		train_softmax(logits, probability);
		int y = p->labels[row];
		loss -= weight * log(fmax(probability[y], 1e-12));
		double off_negative = weight * (probability[0] - (y == 0));
		double off_positive = weight * (probability[2] - (y == 2));
		double both = off_negative + off_positive;
		double polarity = off_positive - off_negative;
		for (size_t i = row_begin(m, row); i < m->row_ends[row]; i++) {
			const struct train_cell *c = &m->cells[i];
			gradient[2 * c->feature] += (double)c->a * both;
			gradient[2 * c->feature + 1] += (double)c->b * polarity;
		}
	}
	return loss;
}

/* ---- L-BFGS ----------------------------------------------------------------- */

struct search {
	size_t n;
	double *gradient, *next_gradient, *next, *direction;
	double *steps[HISTORY], *changes[HISTORY];
	double curvature[HISTORY], alpha[HISTORY];
	int count, newest; /* of the history */
	double *memory;
};

static double
dot(const double *a, const double *b, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static int
search_init(struct search *s, size_t n, struct err *err)
{
	*s = (struct search){.n = n, .newest = -1};
	s->memory = mem_array(n * (4 + 2 * HISTORY), sizeof *s->memory);
	if (s->memory == NULL)
		return no_memory(err);
	double *at = s->memory;
	s->gradient = at;
	s->next_gradient = at + n;
	s->next = at + 2 * n;
	s->direction = at + 3 * n;
	for (int i = 0; i < HISTORY; i++) {
		s->steps[i] = at + (size_t)(4 + 2 * i) * n;
		s->changes[i] = at + (size_t)(5 + 2 * i) * n;
	}
	return 0;
}

/* The two-loop recursion. */
static void
find_direction(struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->direction[i] = -s->gradient[i];
	for (int k = 0, at = s->newest; k < s->count; k++, at = (at + HISTORY - 1) % HISTORY) {
		s->alpha[at] = dot(s->steps[at], s->direction, s->n) / s->curvature[at];
		for (size_t i = 0; i < s->n; i++)
			s->direction[i] -= s->alpha[at] * s->changes[at][i];
	}
	if (s->count > 0) {
		const double *y = s->changes[s->newest];
		double scale = s->curvature[s->newest] / dot(y, y, s->n);
		for (size_t i = 0; i < s->n; i++)
			s->direction[i] *= scale;
	}
	for (int k = s->count - 1; k >= 0; k--) {
		int at = (s->newest + HISTORY - k) % HISTORY;
		double beta = dot(s->changes[at], s->direction, s->n) / s->curvature[at];
		for (size_t i = 0; i < s->n; i++)
			s->direction[i] += (s->alpha[at] - beta) * s->steps[at][i];
	}
}

static void
remember(struct search *s, const double *weights)
{
	int at = (s->newest + 1) % HISTORY;
	for (size_t i = 0; i < s->n; i++) {
		s->steps[at][i] = s->next[i] - weights[i];
		s->changes[at][i] = s->next_gradient[i] - s->gradient[i];
	}
	s->curvature[at] = dot(s->steps[at], s->changes[at], s->n);
	if (s->curvature[at] <= 1e-12) { /* of no use, and the oldest is overwritten */
		s->count -= s->count == HISTORY;
		return;
	}
	s->newest = at;
	s->count += s->count < HISTORY;
}

/* Goes along the direction until the loss is low enough; false: nowhere. */
static bool
step(const struct train_problem *p, struct search *s, const double *weights, double loss,
    double *next_loss_r)
{
	double slope = dot(s->gradient, s->direction, s->n);
	double length = s->count == 0 ? 1 / fmax(1, sqrt(dot(s->gradient, s->gradient, s->n))) : 1;
	if (slope >= 0)
		return false;
	for (int k = 0; k < BACKTRACKS_MAX; k++, length /= 2) {
		for (size_t i = 0; i < s->n; i++)
			s->next[i] = weights[i] + length * s->direction[i];
		*next_loss_r = evaluate(p, s->next, s->next_gradient);
		if (*next_loss_r <= loss + SUFFICIENT_DECREASE * length * slope)
			return true;
	}
	return false;
}

int
train_fit(const struct train_problem *p, double *weights, struct err *err)
{
	struct search s;
	if (search_init(&s, 2 * p->matrix->feature_count, err) < 0)
		return -1;
	double loss = evaluate(p, weights, s.gradient), next_loss;
	for (int k = 0; k < p->iterations_max; k++) {
		find_direction(&s);
		if (!step(p, &s, weights, loss, &next_loss)) {
			if (s.count == 0)
				break;
			s.count = 0; /* once more, straight down */
			continue;
		}
		remember(&s, weights);
		memcpy(weights, s.next, s.n * sizeof *weights);
		double *spare = s.gradient;
		s.gradient = s.next_gradient;
		s.next_gradient = spare;
		bool is_done = loss - next_loss < DONE_BELOW * fabs(loss);
		loss = next_loss;
		if (p->progress != NULL)
			p->progress(p->cookie, k + 1, loss);
		if (is_done)
			break;
	}
	mem_free(s.memory);
	return 0;
}
