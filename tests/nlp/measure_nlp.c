/*
 * measure_nlp.c - how well and how fast the scorer is: `label<TAB>text` lines on standard input.
 *
 *	measure_nlp [--lang L] [--wrong]
 *
 * A label is negative, neutral, positive, or a number (a mean rating).  Of words it prints the
 * confusion, macro recall, macro F1 and accuracy, the expected calibration error (ten bins of the
 * best class's probability) and what "unsure" is worth; of numbers Pearson's r between them and the
 * score.  Then posts a second on one core.
 *
 *	--lang L    the language the posts are known to be in, in place of the one found in them
 *	--wrong     the posts it gets wrong, with the score, and nothing else
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/score.h"
#include "core/slice.h"
#include "core/utf8.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"
#include "nlp/train.h"

#define ROUNDS 5
#define LABEL_NUMBER 3

struct labelled {
	struct slice text;
	int label; /* enum sentiment_label, LABEL_NUMBER */
	double number;
};

struct measuring {
	struct lexicon_set *set;
	struct scorer *scorer;
	struct train_scorer *forced; /* with --lang */
	enum language lang;
	bool is_forced, shows_wrong;
	struct arena *arena, *lines;
	struct labelled *posts;
	struct train_sample *samples; /* one a post */
	size_t count, cap, bytes, skipped;
	struct err err;
};

/* ---- reading ---------------------------------------------------------------- */

static bool
read_label(struct slice s, struct labelled *p)
{
	char text[32], *end;
	for (int k = 0; k <= SENTIMENT_POSITIVE; k++) {
		if (slice_eq_str(s, sentiment_label_name((enum sentiment_label)k))) {
			p->label = k;
			return true;
		}
	}
	if (s.len == 0 || s.len >= sizeof text)
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	p->label = LABEL_NUMBER;
	p->number = strtod(text, &end);
	return *end == '\0';
}

static int
add_line(struct measuring *m, struct slice line)
{
	struct slice label = slice_split(&line, '\t');
	struct labelled p = {.label = 0};
	if (!slice_is_set(line) || !utf8_is_valid(line) || !read_label(label, &p)) {
		m->skipped++;
		return 0;
	}
	if (m->count == m->cap) {
		m->cap = m->cap == 0 ? 1024 : m->cap * 2;
		m->posts = mem_realloc_array(m->posts, m->cap, sizeof *m->posts);
		if (m->posts == NULL)
			return -1;
	}
	p.text = line;
	m->bytes += line.len;
	m->posts[m->count++] = p;
	return 0;
}

static int
read_posts(struct measuring *m)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		size_t len = (size_t)n - (line[n - 1] == '\n');
		struct slice copy = arena_slice_dup(m->lines, slice_make(line, len));
		if (copy.ptr == NULL || add_line(m, copy) < 0) {
			free(line);
			return err_set(&m->err, ERR_NOMEM, "no memory for the posts");
		}
	}
	free(line);
	m->samples = mem_array(m->count + 1, sizeof *m->samples);
	return m->samples == NULL ? err_set(&m->err, ERR_NOMEM, "no memory for the posts") : 0;
}

/* ---- scoring ---------------------------------------------------------------- */

static int
score_post(struct measuring *m, const struct labelled *p, struct train_sample *s)
{
	struct score r;
	if (m->is_forced) {
		struct train_row row = {.text = p->text};
		return train_scorer_score(m->forced, m->set->lexicons[m->lang],
		    m->set->lexicons[LANGUAGE_EN], &row, s, &m->err);
	}
	arena_reset(m->arena);
	if (nlp_score(m->scorer, m->set, NULL, p->text, SLICE_NONE, m->arena, &r, &m->err) < 0)
		return -1;
	*s = (struct train_sample){
	    .per_mille = {r.negative_milli, r.neutral_milli, r.positive_milli},
	    .is_unsure = r.is_unsure};
	return 0;
}

static int
score_all(struct measuring *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (score_post(m, &m->posts[i], &m->samples[i]) < 0)
			return -1;
	}
	return 0;
}

static int32_t
score_of(const struct train_sample *s)
{
	return s->per_mille[2] - s->per_mille[0];
}

/* ---- figures ---------------------------------------------------------------- */

static void
print_wrong(const struct measuring *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const int32_t *p = m->samples[i].per_mille;
		int said = p[0] > p[1] ? 0 : 1;
		said = p[2] > p[said] ? 2 : said;
		int label = m->posts[i].label;
		if (label == LABEL_NUMBER || label == said)
			continue;
		printf("%s\t%s\t%d\t%.*s\n", sentiment_label_name((enum sentiment_label)label),
		    sentiment_label_name((enum sentiment_label)said), score_of(&m->samples[i]),
		    SLICE_ARG(m->posts[i].text));
	}
}

static void
print_classes(const struct measuring *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->count; i++) {
		if (m->posts[i].label == LABEL_NUMBER)
			continue;
		m->samples[n] = m->samples[i];
		m->samples[n++].label = (uint8_t)m->posts[i].label;
	}
	if (n == 0)
		return;
	struct train_measure f = train_measure_of(m->samples, n);
	for (int k = 0; k < 3; k++) {
		const size_t *c = f.confusion[k];
		size_t total = c[0] + c[1] + c[2];
		printf("%-9s %6zu %6zu %6zu  recall %.3f\n",
		    sentiment_label_name((enum sentiment_label)k), c[0], c[1], c[2],
		    total == 0 ? 0 : (double)c[k] / (double)total);
	}
	printf(
	    "%zu posts; macro recall %.1f, macro F1 %.1f, accuracy %.1f; calibration error %.3f; "
	    "sure %.1f %% of them, right %.1f %%\n",
	    f.rows, f.macro_recall * 100, f.macro_f1 * 100, f.accuracy * 100, f.calibration_error,
	    f.sure_share * 100, f.sure_accuracy * 100);
}

/* Pearson's r of score and number, over the posts labelled with numbers. */
static void
print_correlation(const struct measuring *m)
{
	double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
	for (size_t i = 0; i < m->count; i++) {
		if (m->posts[i].label != LABEL_NUMBER)
			continue;
		double a = m->posts[i].number, b = score_of(&m->samples[i]);
		n++;
		x += a;
		y += b;
		xx += a * a;
		yy += b * b;
		xy += a * b;
	}
	double spread = (n * xx - x * x) * (n * yy - y * y);
	if (n > 0)
		printf("%.0f posts with a number; Pearson r %.3f\n", n,
		    spread > 0 ? (n * xy - x * y) / sqrt(spread) : 0);
}

static double
cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
print_speed(struct measuring *m)
{
	double start = cpu_seconds();
	for (int round = 0; round < ROUNDS; round++) {
		if (score_all(m) < 0)
			return -1;
	}
	double took = cpu_seconds() - start;
	printf("%.0f posts/s, %.1f MB/s, one core\n", (double)m->count * ROUNDS / took,
	    (double)m->bytes * ROUNDS / took / 1e6);
	return 0;
}

/* ---- all of it -------------------------------------------------------------- */

static int
open_all(struct measuring *m)
{
	m->arena = arena_new(8u << 20);
	m->lines = arena_new((size_t)1 << 30);
	m->scorer = scorer_new();
	if (m->arena == NULL || m->lines == NULL || m->scorer == NULL)
		return err_set(&m->err, ERR_NOMEM, "no memory to measure");
	if (lexicon_set_new(&m->set, &m->err) < 0 || train_scorer_new(&m->forced, &m->err) < 0)
		return -1;
	if (m->is_forced && m->set->lexicons[m->lang] == NULL)
		return err_set(&m->err, ERR_INPUT, "no lexicon for '%s'", language_code(m->lang));
	return read_posts(m);
}

static int
measure(struct measuring *m)
{
	if (score_all(m) < 0)
		return -1;
	if (m->shows_wrong) {
		print_wrong(m);
		return 0;
	}
	print_correlation(m);
	print_classes(m);
	if (m->skipped > 0)
		printf("%zu lines without a label and a text are left out\n", m->skipped);
	return print_speed(m);
}

int
main(int argc, char **argv)
{
	struct measuring m = {.err = {.kind = ERR_NONE}};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--wrong") == 0) {
			m.shows_wrong = true;
		} else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) {
			m.is_forced = true;
			m.lang = language_of_code(slice_of(argv[++i]));
		} else {
			fprintf(
			    stderr, "usage: measure_nlp [--lang L] [--wrong] < label-tab-text\n");
			return 2;
		}
	}
	int rc = open_all(&m) < 0 || measure(&m) < 0 ? 3 : 0;
	if (rc != 0)
		fprintf(stderr, "%s\n", m.err.text);
	train_scorer_free(m.forced);
	scorer_free(m.scorer);
	arena_free(m.arena);
	arena_free(m.lines);
	lexicon_set_unref(m.set);
	mem_free(m.posts);
	mem_free(m.samples);
	return rc;
}
