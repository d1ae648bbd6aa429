/*
 * verb_train_measure.c - the rows in their parts (learned from, held out, validation), and how well a
 * lexicon reads each.
 */
#include "daemon/verb_train.h"

#include "core/err.h"
#include "core/mem.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"

#include "daemon/verb.h"

static enum train_part
part_of(const struct train_data *d, const struct train_row *row)
{
	if (!row->is_validation)
		return PART_LEARNED;
	return train_data_is_held_out(d, row) ? PART_HELD_OUT : PART_VALIDATION;
}

/* Posts of two labels at least. */
int
train_check_rows(struct train_run *r, struct err *err)
{
	size_t *labels = r->labels, rows = 0;
	int kinds;

	for (size_t i = 0; i < r->data.count; i++) {
		enum train_part part = part_of(&r->data, &r->data.rows[i]);

		r->parts[part]++;
		if (part == PART_LEARNED)
			labels[r->data.rows[i].label]++;
	}
	for (size_t i = 0; i < r->data.file_count; i++)
		rows += r->data.files[i].is_validation ? 0 : r->data.files[i].rows;
	kinds = (labels[0] > 0) + (labels[1] > 0) + (labels[2] > 0);
	if (verb_flag(r->call, "--data") == NULL || kinds >= 2)
		return 0;
	if (kinds == 1)
		return err_set(err, ERR_INPUT,
		    "all posts to learn from are %s; at least two labels are needed",
		    sentiment_label_name(labels[0] > 0 ? SENTIMENT_NEGATIVE
			    : labels[1] > 0            ? SENTIMENT_NEUTRAL
						       : SENTIMENT_POSITIVE));
	return err_set(err, ERR_INPUT,
	    "there is no labelled post to learn from: %zu rows were read, none could be used",
	    rows);
}

/* Says on standard error what was left out, and why. */
void
train_report_skipped(const struct train_run *r)
{
	for (size_t i = 0; i < r->data.file_count; i++) {
		const struct train_file *f = &r->data.files[i];

		for (int k = 0; k < TRAIN_SKIP_COUNT; k++) {
			const struct train_skipped *s = &f->skipped[k];

			if (s->count == 0)
				continue;
			fprintf(stderr, "earshot train: %s: %zu row%s left out, %s (line", f->name,
			    s->count, s->count == 1 ? "" : "s",
			    train_skip_words((enum train_skip)k));
			for (size_t n = 0; n < s->count && n < TRAIN_LINES_SHOWN; n++)
				fprintf(stderr, "%s%zu", n == 0 ? " " : ", ", s->lines[n]);
			fprintf(stderr, "%s)\n", s->count > TRAIN_LINES_SHOWN ? ", ..." : "");
		}
	}
}

/* ---- measuring --------------------------------------------------------------- */

int
train_score_all(
    struct train_run *r, const struct lexicon *lx, struct train_sample *samples, struct err *err)
{
	for (size_t i = 0; i < r->data.count; i++)
		if (train_scorer_score(
			r->scorer, lx, r->english, &r->data.rows[i], &samples[i], err) < 0)
			return -1;
	return 0;
}

int
train_measure_part(const struct train_run *r, const struct train_sample *samples,
    enum train_part part, int file, struct train_measure *m_r, struct err *err)
{
	struct train_sample *some = mem_array(r->data.count + 1, sizeof *some);
	size_t n = 0;

	if (some == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < r->data.count; i++) {
		const struct train_row *row = &r->data.rows[i];

		if (part_of(&r->data, row) == part && (file < 0 || row->source == file))
			some[n++] = samples[i];
	}
	*m_r = train_measure_of(some, n);
	mem_free(some);
	return 0;
}

/* One line of the figures, unless there is no post in it. */
static int
add_figure(struct train_run *r, const char *name, enum train_part part, int file,
    const struct train_measure *given, struct err *err)
{
	struct train_figure f = {.part = name,
	    .file = file < 0 ? NULL : train_file_name(r->data.files[file].name),
	    .has_before = r->options.is_adapting};

	if (given != NULL)
		f.now = *given;
	else if (train_measure_part(r, r->now, part, file, &f.now, err) < 0)
		return -1;
	if (f.has_before && train_measure_part(r, r->before, part, file, &f.before, err) < 0)
		return -1;
	if (f.now.rows > 0 && r->figure_count < TRAIN_FIGURES_MAX)
		r->figures[r->figure_count++] = f;
	return 0;
}

/* All of a part, and its files when there are several. */
static int
add_part(struct train_run *r, const char *name, enum train_part part, struct err *err)
{
	bool is_cross_validated = part == PART_LEARNED;
	size_t files = 0;

	for (size_t i = 0; i < r->data.file_count; i++)
		files += r->data.files[i].is_validation == (part == PART_VALIDATION);
	if (add_figure(
		r, name, part, -1, is_cross_validated ? &r->result.cross_validated : NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < r->data.file_count && files > 1; i++) {
		if (r->data.files[i].is_validation != (part == PART_VALIDATION))
			continue;
		if (add_figure(r, name, part, (int)i,
			is_cross_validated ? &r->result.by_source[i] : NULL, err) < 0)
			return -1;
	}
	return 0;
}

int
train_measure(struct train_run *r, struct err *err)
{
	r->now = mem_array(r->data.count + 1, sizeof *r->now);
	r->before = mem_array(r->data.count + 1, sizeof *r->before);
	if (r->now == NULL || r->before == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (train_score_all(r, r->result.lexicon, r->now, err) < 0 ||
	    (r->options.is_adapting && train_score_all(r, r->base.lexicon, r->before, err) < 0))
		return -1;
	if (add_figure(r, "learned from", PART_LEARNED, -1, NULL, err) < 0 ||
	    add_part(r, "cross-validated", PART_LEARNED, err) < 0 ||
	    add_part(r, "held out", PART_HELD_OUT, err) < 0)
		return -1;
	return add_part(r, "validation", PART_VALIDATION, err);
}
