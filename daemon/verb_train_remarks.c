/*
 * verb_train_remarks.c - what the figures and the posts of a run say should be done: sentences of the card, and of a
 * proposal.
 */
#include "daemon/verb_train.h"

#include <math.h>
#include <stdio.h>

static const struct train_figure *
figure(const struct train_run *r, const char *part)
{
	for (size_t i = 0; i < r->figure_count; i++)
		if (r->figures[i].file == NULL && slice_eq_str(slice_of(r->figures[i].part), part))
			return &r->figures[i];
	return NULL;
}

static void
remark_labels(const struct train_measure *m, train_remark_fn *fn, void *cookie)
{
	char text[256];
	int weakest = -1;

	for (int k = 0; k < 3; k++) {
		if (train_labelled(m, k) == 0) {
			snprintf(text, sizeof text,
			    "No post is labelled %s: what the lexicon says of such posts was not "
			    "measured, and the macro figures count it as 0.",
			    sentiment_label_name((enum sentiment_label)k));
			fn(cookie, text);
		} else if (weakest < 0 || train_recall(m, k) < train_recall(m, weakest)) {
			weakest = k;
		}
	}
	if (weakest < 0)
		return;
	snprintf(text, sizeof text,
	    "The weakest label is %s: %.1f %% of %zu posts are found; more such posts would help "
	    "first.",
	    sentiment_label_name((enum sentiment_label)weakest), 100 * train_recall(m, weakest),
	    train_labelled(m, weakest));
	fn(cookie, text);
}

static void
remark_held_out(const struct train_measure *m, train_remark_fn *fn, void *cookie)
{
	char text[256];
	double error = 100 * sqrt(m->accuracy * (1 - m->accuracy) / (double)m->rows);

	if (m->rows >= 1000)
		return;
	snprintf(text, sizeof text,
	    "Only %zu posts were held out: accuracy on them has a standard error of %.1f points; "
	    "differences below twice that say nothing.",
	    m->rows, error);
	fn(cookie, text);
}

/* One set of posts in twenty shows 1.6 times the mean of chance (simulated, 320 and 870 posts). */
static bool
is_off(const struct train_measure *m)
{
	return m->calibration_error > 0.04 && m->calibration_error > 1.6 * m->calibration_by_chance;
}

static void
remark_skipped(const struct train_run *r, train_remark_fn *fn, void *cookie)
{
	char text[256];
	size_t rows = 0, kept = 0;

	for (size_t i = 0; i < r->data.file_count; i++) {
		rows += r->data.files[i].rows;
		kept += r->data.files[i].kept;
	}
	if (kept == rows)
		return;
	snprintf(text, sizeof text, "%zu of %zu rows were not used; see the reasons above.",
	    rows - kept, rows);
	fn(cookie, text);
}

/* Posts of so many are what docs/train.md asks for. */
#define ADAPT_POSTS_WANTED 300
#define PROPOSE_POSTS_WANTED 100

void
train_remarks_of_rows(const struct train_run *r, train_remark_fn *fn, void *cookie)
{
	size_t wanted = r->is_proposing ? PROPOSE_POSTS_WANTED : ADAPT_POSTS_WANTED;
	size_t learned = r->parts[PART_LEARNED];
	char text[256];

	if (!r->is_proposing && !r->options.is_adapting)
		return;
	if (learned < wanted) {
		snprintf(text, sizeof text,
		    "%zu posts are few: with fewer than %zu most of what differs is chance.",
		    learned, wanted);
		fn(cookie, text);
	}
	for (int k = 0; k < 3 && r->is_proposing; k++) { /* a card has its figures for that */
		if (r->labels[k] > 0)
			continue;
		snprintf(text, sizeof text,
		    "No post to learn from is %s, so what is said of such posts gets no better, "
		    "and may get "
		    "worse: label some.",
		    sentiment_label_name((enum sentiment_label)k));
		fn(cookie, text);
	}
}

/* Is the rest forgotten?  Only posts that are not the brand's can tell. */
static void
remark_rest(const struct train_run *r, train_remark_fn *fn, void *cookie)
{
	const struct train_figure *rest = figure(r, "validation");
	double change;
	char text[256];

	if (!r->options.is_adapting)
		return;
	if (rest == NULL) {
		fn(cookie,
		    "Whether it still reads other posts as well as the base was not measured: name "
		    "some of other kinds with --validate.");
		return;
	}
	change = 100 * (rest->now.macro_recall - rest->before.macro_recall);
	snprintf(text, sizeof text,
	    "The %zu posts to measure on are read %.1f points of macro recall %s than by the base "
	    "(%.1f, and %.1f before).",
	    rest->now.rows, fabs(change), change < 0 ? "worse" : "better",
	    100 * rest->now.macro_recall, 100 * rest->before.macro_recall);
	fn(cookie, text);
}

void
train_remarks(const struct train_run *r, train_remark_fn *fn, void *cookie)
{
	const struct train_figure *cv = figure(r, "cross-validated");
	const struct train_figure *learned = figure(r, "learned from");
	const struct train_figure *held_out = figure(r, "held out");
	char text[256];

	if (cv == NULL)
		fn(cookie,
		    "Nothing was learned: all weights come from ratings and signs alone; "
		    "labelled posts (--data) would help first.");
	train_remarks_of_rows(r, fn, cookie);
	remark_rest(r, fn, cookie);
	if (cv != NULL && learned != NULL &&
	    learned->now.macro_recall - cv->now.macro_recall > 0.05) {
		snprintf(text, sizeof text,
		    "Posts it learned from are read %.1f points of macro recall better than "
		    "others: "
		    "more posts, or a larger --l2, narrow that.",
		    100 * (learned->now.macro_recall - cv->now.macro_recall));
		fn(cookie, text);
	}
	if (cv != NULL)
		remark_labels(&cv->now, fn, cookie);
	if (cv != NULL && is_off(&cv->now))
		fn(cookie,
		    "The probabilities are off by more than 0.04 in the mean, and by more than "
		    "chance: do not set thresholds on them finely.");
	if (held_out != NULL)
		remark_held_out(&held_out->now, fn, cookie);
	remark_skipped(r, fn, cookie);
	if (cv != NULL)
		fn(cookie,
		    "Another --seed holds other posts out and cuts other folds; nothing else "
		    "is by chance.");
}
