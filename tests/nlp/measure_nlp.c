/*
 * measure_nlp.c - how well and how fast the scorer is: `label<TAB>text` lines on standard input.
 *
 *	measure_nlp              confusion, macro recall (mean over the three classes), calibration
 *of "unsure", posts/s measure_nlp --features   one line a post for scripts/fit_sentiment.py: label
 *and the features measure_nlp --languages  label is a language code: how often it is recognised
 *	measure_nlp --wrong      the posts it gets wrong, with score
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/score.h"
#include "core/slice.h"
#include "core/utf8.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"
#include "nlp/sentiment.h"

#define ROUNDS 5

struct posts {
	struct slice *labels, *texts;
	size_t count, cap;
};

static int
add_line(struct posts *p, struct slice line)
{
	struct slice label = slice_split(&line, '\t');
	if (!slice_is_set(line) || !utf8_is_valid(line))
		return 0;
	if (p->count == p->cap) {
		p->cap = p->cap == 0 ? 1024 : p->cap * 2;
		p->labels = mem_realloc_array(p->labels, p->cap, sizeof *p->labels);
		p->texts = mem_realloc_array(p->texts, p->cap, sizeof *p->texts);
		if (p->labels == NULL || p->texts == NULL)
			return -1;
	}
	p->labels[p->count] = label;
	p->texts[p->count++] = line;
	return 0;
}

static int
label_of(struct slice s)
{
	return slice_eq_str(s, "negative") ? 0
	    : slice_eq_str(s, "neutral")   ? 1
	    : slice_eq_str(s, "positive")  ? 2
					   : -1;
}

static double
seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
print_features(int label, const struct score *s)
{
	printf("%d\t%s\t%d", label, s->lang, (int)s->is_scored);
	for (size_t i = 0; i < s->reason_count; i++)
		printf("\t%d", s->reasons[i].effect_milli);
	printf("\t|");
	for (size_t i = 0; i < s->token_count; i++) {
		static const char SIGNS[] = {[TOKEN_WORD] = 'w',
		    [TOKEN_NUMBER] = '1',
		    [TOKEN_URL] = 'u',
		    [TOKEN_MENTION] = '@',
		    [TOKEN_HASHTAG] = '#',
		    [TOKEN_EMOJI] = 'e',
		    [TOKEN_EMOTICON] = 'e'};
		const struct token *t = &s->tokens[i];
		printf("\t%c", t->kind == TOKEN_PUNCT ? *t->folded.ptr : SIGNS[t->kind]);
	}
	printf("\n");
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct err err = {.kind = ERR_NONE};
	struct lexicon_set *set = NULL;
	struct posts p = {0};
	char *line = NULL, *copy;
	size_t cap = 0, confusion[3][3] = {{0}}, sure[2] = {0}, sure_right[2] = {0}, bytes = 0,
	       known = 0;
	ssize_t n;

	if (lexicon_set_new(&set, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 3;
	}
	while ((n = getline(&line, &cap, stdin)) > 0) {
		copy = mem_dup(line, (size_t)n);
		if (copy == NULL || add_line(&p, slice_make(copy, (size_t)n - 1)) < 0)
			return 3;
	}
	struct scorer *s = scorer_new();
	struct arena *a = arena_new(8u << 20);
	if (s == NULL || a == NULL)
		return 3;

	for (size_t i = 0; i < p.count; i++) {
		struct score r;
		arena_reset(a);
		if (nlp_score(s, set, NULL, p.texts[i], SLICE_NONE, a, &r, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 3;
		}
		bytes += p.texts[i].len;
		int label = label_of(p.labels[i]);
		known += slice_eq_str(p.labels[i], r.lang);
		if (mode[0] == '-' && mode[2] == 'f')
			print_features(label, &r);
		if (label < 0)
			continue;
		confusion[label][r.label]++;
		sure[r.is_unsure]++;
		sure_right[r.is_unsure] += label == (int)r.label;
		if (mode[0] == '-' && mode[2] == 'w' && label != (int)r.label)
			printf("%.*s\t%s\t%d\t%.*s\n", SLICE_ARG(p.labels[i]),
			    sentiment_label_name(r.label), r.score_milli, SLICE_ARG(p.texts[i]));
	}
	if (mode[0] == '-' && mode[2] != 'l')
		return 0;
	if (mode[0] == '-') {
		printf("%zu of %zu in the language they are labelled with\n", known, p.count);
		return 0;
	}

	double sum = 0;
	for (int k = 0; k < 3; k++) {
		size_t total = confusion[k][0] + confusion[k][1] + confusion[k][2];
		double recall = total == 0 ? 0 : (double)confusion[k][k] / (double)total;
		printf("%-9s %6zu %6zu %6zu  recall %.3f\n",
		    sentiment_label_name((enum sentiment_label)k), confusion[k][0], confusion[k][1],
		    confusion[k][2], recall);
		sum += recall;
	}
	printf("macro recall %.1f; sure %zu, right %.1f %%; unsure %zu, right %.1f %%\n",
	    sum / 3 * 100, sure[0],
	    (double)sure_right[0] * 100 / (double)(sure[0] + (sure[0] == 0)), sure[1],
	    (double)sure_right[1] * 100 / (double)(sure[1] + (sure[1] == 0)));

	double start = seconds();
	size_t posts = 0;
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < p.count; i++, posts++) {
			struct score r;
			arena_reset(a);
			if (nlp_score(s, set, NULL, p.texts[i], SLICE_NONE, a, &r, &err) < 0)
				return 3;
		}
	}
	double took = seconds() - start;
	printf("%.0f posts/s, %.1f MB/s, one core, %zu posts\n", (double)posts / took,
	    (double)bytes * ROUNDS / took / 1e6, p.count);
	scorer_free(s);
	arena_free(a);
	lexicon_set_unref(set);
	return 0;
}
