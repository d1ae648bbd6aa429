/*
 * train_measure.c - how good a lexicon is, and the temperature that makes its probabilities honest.
 */
#include <math.h>

#include "core/mem.h"
#include "nlp/train_internal.h"

/* ---- calibration ------------------------------------------------------------ */

static double
loss_at(const struct training *t, double temperature)
{
	double loss = 0;
	for (size_t i = 0; i < t->matrix.row_count; i++) {
		double logits[2] = {
		    t->logits[2 * i] * temperature, t->logits[2 * i + 1] * temperature};
		double p[3];
		train_softmax(logits, p);
		loss -= log(fmax(p[t->labels[i]], 1e-12));
	}
	return loss;
}

/* The temperature with the least loss on cross-validated logits, by golden section. */
double
train_fit_temperature(const struct training *t)
{
	const double ratio = 0.6180339887498949;
	double low = 0.2, high = 3;
	for (int k = 0; k < 30; k++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		if (loss_at(t, a) < loss_at(t, b))
			high = b;
		else
			low = a;
	}
	return (low + high) / 2;
}

/* ---- measuring -------------------------------------------------------------- */

static int
compare_cross_validated(struct training *t, double temperature, struct train_result *r)
{
	size_t n = t->matrix.row_count;
	struct train_sample *all = mem_array(n + 1, sizeof *all);
	struct train_sample *some = mem_array(n + 1, sizeof *some);
	if (all == NULL || some == NULL) {
		mem_free(all);
		mem_free(some);
		return train_no_memory(t->err);
	}
	for (size_t i = 0; i < n; i++) {
		int64_t logits[2] = {
		    (int64_t)(t->logits[2 * i] * 1000), (int64_t)(t->logits[2 * i + 1] * 1000)};
		all[i].label = t->labels[i];
		sentiment_probabilities(logits, (int32_t)(temperature * 1000), all[i].per_mille);
	}
	r->cross_validated = train_measure_of(all, n);
	for (uint16_t source = 0; source < SOURCES_MAX; source++) {
		size_t k = 0;
		for (size_t i = 0; i < n; i++) {
			if (t->sources[i] == source)
				some[k++] = all[i];
		}
		r->by_source[source] = train_measure_of(some, k);
	}
	mem_free(all);
	mem_free(some);
	return 0;
}

static int
measure_rows(struct training *t, bool of_validation, int source, struct train_measure *m_r)
{
	struct train_sample *samples = mem_array(t->row_count + 1, sizeof *samples);
	size_t n = 0;
	int rc = 0;
	if (samples == NULL)
		return train_no_memory(t->err);
	for (size_t i = 0; i < t->row_count && rc == 0; i++) {
		const struct train_row *row = &t->rows[i];
		if (row->is_validation == of_validation && (source < 0 || row->source == source))
			rc = train_measure_row(t, t->lexicon, row, &samples[n++]);
	}
	*m_r = train_measure_of(samples, n);
	mem_free(samples);
	return rc;
}

int
train_measure_all(struct training *t, double temperature, struct train_result *r)
{
	train_tell(t, "measuring", 0);
	if (compare_cross_validated(t, temperature, r) < 0 ||
	    measure_rows(t, false, -1, &r->training) < 0 ||
	    measure_rows(t, true, -1, &r->validation) < 0)
		return -1;
	for (int source = 0; source < SOURCES_MAX && r->validation.rows > 0; source++) {
		if (measure_rows(t, true, source, &r->validation_by_source[source]) < 0)
			return -1;
	}
	return 0;
}

static int
best_of(const int32_t p[3])
{
	int best = p[0] > p[1] ? 0 : 1;
	return p[2] > p[best] ? 2 : best;
}

#define BINS 10
/* The mean size of what is normally distributed, of its standard deviation: root of 2/pi. */
#define MEAN_DEVIATION 0.7978845608028654

size_t
train_labelled(const struct train_measure *m, int label)
{
	return m->confusion[label][0] + m->confusion[label][1] + m->confusion[label][2];
}

double
train_recall(const struct train_measure *m, int label)
{
	size_t all = train_labelled(m, label);
	return all == 0 ? 0 : (double)m->confusion[label][label] / (double)all;
}

struct train_measure
train_measure_of(const struct train_sample *samples, size_t count)
{
	struct train_measure m = {.rows = count};
	double bin_sum[BINS] = {0}, bin_right[BINS] = {0}, bin_variance[BINS] = {0};
	size_t right = 0, sure = 0, sure_right = 0;
	for (size_t i = 0; i < count; i++) {
		const struct train_sample *s = &samples[i];
		int said = best_of(s->per_mille);
		int32_t top = s->per_mille[said];
		int bin = top >= 1000 ? BINS - 1 : top * BINS / 1000;
		bool is_right = said == s->label;
		m.confusion[s->label][said]++;
		right += is_right;
		sure += !s->is_unsure;
		sure_right += !s->is_unsure && is_right;
		bin_sum[bin] += top / 1000.0;
		bin_right[bin] += is_right;
		bin_variance[bin] += top / 1000.0 * (1 - top / 1000.0);
	}
	for (int k = 0; k < 3; k++) {
		double of_label = (double)train_labelled(&m, k), of_said = 0;
		double hit = (double)m.confusion[k][k];
		for (int j = 0; j < 3; j++)
			of_said += (double)m.confusion[j][k];
		m.macro_recall += train_recall(&m, k) / 3;
		m.macro_f1 += of_label + of_said > 0 ? 2 * hit / (of_label + of_said) / 3 : 0;
	}
	for (int k = 0; k < BINS && count > 0; k++) {
		m.calibration_error += fabs(bin_sum[k] - bin_right[k]) / (double)count;
		m.calibration_by_chance += MEAN_DEVIATION * sqrt(bin_variance[k]) / (double)count;
	}
	m.accuracy = count > 0 ? (double)right / (double)count : 0;
	m.sure_share = count > 0 ? (double)sure / (double)count : 0;
	m.sure_accuracy = sure > 0 ? (double)sure_right / (double)sure : 0;
	return m;
}
