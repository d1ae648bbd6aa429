/*
 * measure_language - how often languages are told right: lines of LANGUAGE, tab, text come in; a
 * row for each language goes out (right, in per cent, and what it was taken for), then the mean of
 * the rows.  "und" is wrong unless the line says so.
 *
 *     measure_language [--model languages.tsv] [--wrong] < labelled.tsv
 *
 * --model: another table than the one built in; --wrong: prints the lines that are told wrong.
 */
#include "nlp_support.h"

#include "nlp/language.h"

extern const char embed_corpora_languages_tsv[], embed_corpora_languages_tsv_end[];

#define TABLE_MAX (16u << 20)

struct tally {
	size_t taken_for[LANGUAGE_COUNT + 1][LANGUAGE_COUNT];
	size_t texts;
	double seconds;
};

static struct slice
read_table(const char *path)
{
	char *text = mem_alloc(TABLE_MAX);
	FILE *in = fopen(path, "r");
	if (text == NULL || in == NULL) {
		fprintf(stderr, "measure_language: cannot read %s\n", path);
		exit(3);
	}
	size_t len = fread(text, 1, TABLE_MAX, in);
	fclose(in);
	return slice_make(text, len);
}

static enum language
tell(const struct language_model *m, struct cutting *c, struct slice text, struct arena *a,
    int32_t *margin_r)
{
	struct language_sums sums = {.words = 0};
	if (units_cut_text(c, text, a, NULL) < 0)
		exit(3);
	for (size_t i = 0; i < c->units.count && sums.words < LANGUAGE_TEXT_WORDS; i++) {
		const struct unit *u = &c->units.items[i];
		struct language_vector v;
		if (u->kind != TOKEN_WORD)
			continue;
		language_word_vector(m, unit_text(u), &v);
		for (int k = LANGUAGE_UND + 1; k < LANGUAGE_SLOTS; k++)
			sums.v[k] = (int16_t)(sums.v[k] + v.v[k]);
		sums.in_common += v.v[LANGUAGE_UND];
		sums.words++;
		sums.letters += u->folded_len;
	}
	return language_decide(&sums, SLICE_NONE, margin_r);
}

static void
measure_line(struct tally *t, const struct language_model *m, struct cutting *c, struct arena *a,
    struct slice line, bool wants_wrong)
{
	struct slice text = line;
	struct slice code = slice_split(&text, '\t');
	enum language want = language_of_code(code);
	int32_t margin;
	double start = cpu_seconds();
	arena_reset(a);
	enum language got = tell(m, c, utf8_repair(a, text, NULL), a, &margin);
	t->seconds += cpu_seconds() - start;
	t->taken_for[want][got]++;
	t->texts++;
	if (wants_wrong && got != want)
		printf("%.*s\t%s\t%d\t%.*s\n", SLICE_ARG(code), language_code(got), margin,
		    SLICE_ARG(text));
}

static double
print_row(const size_t row[LANGUAGE_COUNT], enum language lang)
{
	size_t total = 0;
	for (int k = 0; k < LANGUAGE_COUNT; k++)
		total += row[k];
	double right = 100.0 * (double)row[lang] / (double)total;
	printf("%-4s %6zu  %6.2f %%  ", language_code(lang), total, right);
	for (int k = 0; k < LANGUAGE_COUNT; k++) {
		if (row[k] > 0 && k != (int)lang)
			printf(" %s %zu", language_code((enum language)k), row[k]);
	}
	printf("\n");
	return right;
}

static void
print_all(const struct tally *t)
{
	double sum = 0;
	int rows = 0;
	for (int k = 0; k < LANGUAGE_COUNT; k++) {
		size_t total = 0;
		for (int j = 0; j < LANGUAGE_COUNT; j++)
			total += t->taken_for[k][j];
		if (total == 0)
			continue;
		sum += print_row(t->taken_for[k], (enum language)k);
		rows++;
	}
	printf("mean of %d languages: %.2f %%; %zu texts, %.0f a second\n", rows,
	    rows == 0 ? 0 : sum / rows, t->texts, (double)t->texts / t->seconds);
}

int
main(int argc, char **argv)
{
	static struct tally t;
	struct slice table = slice_make(embed_corpora_languages_tsv,
	    (size_t)(embed_corpora_languages_tsv_end - embed_corpora_languages_tsv));
	struct language_model *m = NULL;
	struct err err = {.kind = ERR_NONE};
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	bool wants_wrong = false;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--wrong") == 0)
			wants_wrong = true;
		else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc)
			table = read_table(argv[++i]);
	}
	double start = cpu_seconds();
	if (a == NULL || language_model_new("table", table, &m, &err) < 0) {
		fprintf(stderr, "measure_language: %s\n", err.text);
		return 3;
	}
	double loading = cpu_seconds() - start;
	while ((len = getline(&line, &cap, stdin)) > 0) {
		len -= line[len - 1] == '\n';
		measure_line(&t, m, &c, a, slice_make(line, (size_t)len), wants_wrong);
	}
	print_all(&t);
	printf("the table was read in %.1f ms\n", loading * 1e3);
	free(line);
	units_cutting_fini(&c);
	language_model_free(m);
	arena_free(a);
	return 0;
}
