/*
 * measure_intents.c - how well intents are found: lines on standard input, totals alone on standard
 * output.
 *
 *	measure_intents [LANG]		`intents<TAB>text`, intents divided by commas or "none":
 *					precision, recall, F1 per intent; LANG is the network's hint
 *	measure_intents --shares [LANG]	`label<TAB>text`: per label, how many texts have each intent
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/score.h"
#include "core/slice.h"
#include "core/utf8.h"
#include "nlp/nlp.h"

#define LABELS_MAX 64
#define LABEL_LEN_MAX 48

struct desk {
	struct lexicon_set *set;
	struct scorer *scorer;
	struct arena *arena;
	struct slice hint;
};

struct label {
	char name[LABEL_LEN_MAX];
	size_t texts, with[INTENT_COUNT];
};

struct totals {
	size_t texts, exact, in_language;
	size_t right[INTENT_COUNT], found[INTENT_COUNT], wanted[INTENT_COUNT];
	struct label labels[LABELS_MAX];
	size_t label_count;
};

static uint32_t
intents_of(struct slice names)
{
	uint32_t bits = 0;
	while (slice_is_set(names)) {
		struct slice name = slice_trim(slice_split(&names, ','));
		for (int i = 0; i < INTENT_COUNT; i++)
			bits |= slice_eq_str(name, intent_name((enum intent)i)) ? 1u << i : 0;
	}
	return bits;
}

static struct label *
label_of(struct totals *t, struct slice name)
{
	for (size_t i = 0; i < t->label_count; i++) {
		if (slice_eq_str(name, t->labels[i].name))
			return &t->labels[i];
	}
	if (t->label_count == LABELS_MAX || name.len >= LABEL_LEN_MAX)
		return NULL;
	struct label *l = &t->labels[t->label_count++];
	snprintf(l->name, sizeof l->name, "%.*s", SLICE_ARG(name));
	return l;
}

static void
count(struct totals *t, struct slice names, const struct score *s, struct slice hint)
{
	uint32_t wanted = intents_of(names);
	struct label *l = label_of(t, names);
	t->texts++;
	t->exact += wanted == s->intents;
	t->in_language += slice_eq_str(hint, s->lang);
	if (l != NULL)
		l->texts++;
	for (int i = 0; i < INTENT_COUNT; i++) {
		uint32_t bit = 1u << i;
		t->right[i] += (wanted & s->intents & bit) != 0;
		t->found[i] += (s->intents & bit) != 0;
		t->wanted[i] += (wanted & bit) != 0;
		if (l != NULL)
			l->with[i] += (s->intents & bit) != 0;
	}
}

static double
ratio(size_t part, size_t whole)
{
	return whole == 0 ? 0 : (double)part * 100 / (double)whole;
}

static void
print_quality(const struct totals *t)
{
	double precisions = 0, recalls = 0, f1s = 0;
	printf("%-11s %6s %6s  %9s %6s %6s\n", "", "wanted", "found", "precision", "recall", "F1");
	for (int i = 0; i < INTENT_COUNT; i++) {
		double p = ratio(t->right[i], t->found[i]), r = ratio(t->right[i], t->wanted[i]);
		double f1 = p + r > 0 ? 2 * p * r / (p + r) : 0;
		precisions += p;
		recalls += r;
		f1s += f1;
		printf("%-11s %6zu %6zu  %9.1f %6.1f %6.1f\n", intent_name((enum intent)i),
		    t->wanted[i], t->found[i], p, r, f1);
	}
	printf("%-11s %6s %6s  %9.1f %6.1f %6.1f\n", "mean", "", "", precisions / INTENT_COUNT,
	    recalls / INTENT_COUNT, f1s / INTENT_COUNT);
	printf("%zu texts, all intents right in %.1f %%", t->texts, ratio(t->exact, t->texts));
	printf(", taken for the language of the hint: %zu\n", t->in_language);
}

static void
print_shares(const struct totals *t)
{
	printf("%-28s %6s", "", "texts");
	for (int i = 0; i < INTENT_COUNT; i++)
		printf(" %10s", intent_name((enum intent)i));
	printf("\n");
	for (size_t k = 0; k < t->label_count; k++) {
		const struct label *l = &t->labels[k];
		printf("%-28s %6zu", l->name, l->texts);
		for (int i = 0; i < INTENT_COUNT; i++)
			printf(" %8.1f %%", ratio(l->with[i], l->texts));
		printf("\n");
	}
}

static int
read_all(struct desk *d, struct totals *t, struct err *err)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = 0;
	while (rc == 0 && (n = getline(&line, &cap, stdin)) > 0) {
		struct score s;
		struct slice text = slice_trim(slice_make(line, (size_t)n));
		struct slice names = slice_split(&text, '\t');
		if (!slice_is_set(text) || !utf8_is_valid(text) ||
		    (slice_eq_str(names, "intents") && slice_eq_str(text, "text")))
			continue;
		arena_reset(d->arena);
		rc = nlp_score(d->scorer, d->set, NULL, text, d->hint, d->arena, &s, err);
		if (rc == 0)
			count(t, names, &s, d->hint);
	}
	free(line);
	return rc;
}

int
main(int argc, char **argv)
{
	static struct totals totals;
	struct err err = {.kind = ERR_NONE};
	struct desk d = {.hint = SLICE_NONE};
	bool has_shares = argc > 1 && slice_eq_str(slice_of(argv[1]), "--shares");
	if (argc > 1 + has_shares)
		d.hint = slice_of(argv[1 + has_shares]);
	if (lexicon_set_new(&d.set, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 3;
	}
	d.scorer = scorer_new();
	d.arena = arena_new(8u << 20);
	int rc = d.scorer == NULL || d.arena == NULL ? -1 : read_all(&d, &totals, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	else if (has_shares)
		print_shares(&totals);
	else
		print_quality(&totals);
	scorer_free(d.scorer);
	arena_free(d.arena);
	lexicon_set_unref(d.set);
	return rc < 0 ? 3 : 0;
}
