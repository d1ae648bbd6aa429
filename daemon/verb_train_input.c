/*
 * verb_train_input.c - what a run learns from: labelled posts, names to keep out, the base lexicon and the
 * signs.
 */
#include "daemon/verb_train.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"
#include "nlp/train_words.h"
#include "platform/file.h"

#include "daemon/verb.h"

#define DATA_FILE_BYTES_MAX ((size_t)1 << 30)
#define EXCLUDE_BYTES_MAX (16u << 20)
#define WEIGHT_MAX 100.0
#define SHOWN_BYTES 60 /* of a line that was not understood */

static int
read_input(const char *path, size_t max, struct buf *out, struct err *err)
{
	char block[16384];
	size_t got;

	if (strcmp(path, "-") != 0)
		return file_read(path, max, out, err);
	while ((got = fread(block, 1, sizeof block, stdin)) > 0)
		if (buf_add(out, block, got) < 0)
			return err_set(
			    err, ERR_LIMIT, "standard input is larger than %zu bytes", max);
	if (ferror(stdin))
		return err_set(err, ERR_IO, "cannot read standard input: %s", strerror(errno));
	return 0;
}

/* "acme.tsv=0.5" to name and weight, unless there is a file of the whole name. */
static int
split_weight(char *name, double *weight_r, struct err *err)
{
	char *equals = strrchr(name, '='), *end;

	*weight_r = 1;
	if (equals == NULL || file_exists(name))
		return 0;
	*weight_r = strtod(equals + 1, &end);
	if (end == equals + 1 || *end != '\0' || !(*weight_r > 0 && *weight_r <= WEIGHT_MAX))
		return err_set(err, ERR_INPUT,
		    "the weight in '%s' is not a number above 0 and up to %g", name, WEIGHT_MAX);
	*equals = '\0';
	return 0;
}

/* ---- hints about files that are not what we expect ----------------------------- */

/* What is odd about the whole file; NULL: nothing we know. */
static const char *
odd_about(struct slice text)
{
	struct slice rest = text;

	slice_split(&rest, '\n');
	if (slice_starts_with(text, "\xFF\xFE") || slice_starts_with(text, "\xFE\xFF"))
		return "it is UTF-16; save it as UTF-8";
	if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
		return "it is no text";
	if (memchr(text.ptr, '\r', text.len) != NULL && !slice_is_set(rest))
		return "its lines end in carriage returns alone; save it with line feeds";
	if (memchr(text.ptr, '\t', text.len) == NULL && !slice_starts_with(text, "{"))
		return "there is no tab in it; columns are divided by tabs: save a "
		       "spreadsheet as tab-separated text, not with commas";
	return NULL;
}

static struct slice
line_of(struct slice text, size_t number)
{
	struct slice line = SLICE_NONE;

	for (size_t i = 0; i < number && slice_is_set(text); i++)
		line = slice_split(&text, '\n');
	return slice_is_set(line) ? slice_trim(line) : SLICE_LIT("");
}

/* Standard error gets what a person can do about a file that is written in another way than we read it: one
 * of whose rows most have no label, or the first, which may name columns. */
static void
hint(const struct train_file *f, struct slice text)
{
	const struct train_skipped *labels = &f->skipped[TRAIN_SKIP_LABEL];
	const struct train_skipped *columns = &f->skipped[TRAIN_SKIP_COLUMNS];
	const struct train_skipped *seen = labels->count > 0 ? labels : columns;
	const char *odd = f->kept == 0 ? odd_about(text) : NULL;
	struct buf shown;

	if (2 * (labels->count + columns->count) <= f->rows &&
	    (labels->count == 0 || labels->lines[0] != 1))
		return;
	if (odd != NULL) {
		fprintf(stderr, "earshot train: nothing in '%s' could be used: %s\n", f->name, odd);
		return;
	}
	buf_init(&shown, 4096);
	diag_add_visible(&shown, utf8_prefix(line_of(text, seen->lines[0]), SHOWN_BYTES));
	fprintf(stderr, "earshot train: line %zu of '%s' is '%s': expected %s\n", seen->lines[0],
	    f->name, buf_str(&shown),
	    slice_starts_with(text, "{")
		? "{\"text\":\"...\",\"label\":\"positive\"}, or a rating for the label"
		: "names of columns (text, and label or rating), or label, tab, text; a label is "
		  "negative, neutral or positive");
	buf_fini(&shown);
}

static int
add_data_file(struct train_run *r, const char *path, bool is_validation, struct err *err)
{
	char *name = mem_strdup(path);
	struct buf text;
	double weight = 1;
	int rc = -1;

	buf_init(&text, DATA_FILE_BYTES_MAX);
	if (name == NULL) {
		err_set(err, ERR_NOMEM, "no memory");
		goto out;
	}
	if (!is_validation && split_weight(name, &weight, err) < 0)
		goto out;
	if (read_input(name, DATA_FILE_BYTES_MAX, &text, err) < 0)
		goto out;
	if (r->data.file_count < TRAIN_FILES_MAX)
		r->options.source_weights[r->data.file_count] = weight;
	rc = train_data_add(&r->data, name, is_validation, buf_slice(&text), r->options.lang, err);
	if (rc == 0)
		hint(&r->data.files[r->data.file_count - 1], buf_slice(&text));
out:
	buf_fini(&text);
	mem_free(name);
	return rc;
}

/* Files to measure on come first: what stands in them is not learned from. */
int
train_read_data(struct train_run *r, struct err *err)
{
	const char *names[TRAIN_FILES_MAX + 1];
	size_t n;

	if (train_data_init(&r->data, err) < 0)
		return -1;
	n = verb_flag_values(r->call, "--validate", names, TRAIN_FILES_MAX + 1);
	for (size_t i = 0; i < n; i++)
		if (add_data_file(r, names[i], true, err) < 0)
			return -1;
	n = verb_flag_values(r->call, "--data", names, TRAIN_FILES_MAX + 1);
	for (size_t i = 0; i < n; i++)
		if (add_data_file(r, names[i], false, err) < 0)
			return -1;
	train_data_hold_out(&r->data, r->hold_out_percent, r->options.seed);
	return 0;
}

int
train_read_exclusions(struct train_run *r, struct err *err)
{
	const char *names[64];
	size_t n = verb_flag_values(r->call, "--exclude", names, 64);
	struct buf text;
	int rc = train_exclusions_new(&r->exclusions, err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		buf_init(&text, EXCLUDE_BYTES_MAX);
		rc = file_read(names[i], EXCLUDE_BYTES_MAX, &text, err);
		if (rc == 0)
			rc = train_exclusions_add(r->exclusions, buf_slice(&text), err);
		buf_fini(&text);
	}
	return rc;
}

static int
read_base(struct train_run *r, struct err *err)
{
	const char *path = verb_flag(r->call, "--base");
	struct train_base *b = &r->base;

	b->name = mem_strdup(path == NULL ? language_code(r->options.lang) : path);
	if (b->name == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (path != NULL) {
		if (file_read(path, LEXICON_FILE_MAX, &b->file, err) < 0)
			return -1;
		b->text = buf_slice(&b->file);
	} else {
		b->text = lexicon_set_shipped(r->options.lang);
	}
	if (!slice_is_set(b->text))
		return err_set(err, ERR_NOT_FOUND,
		    "there is no lexicon of the language '%s'; give ratings and modifiers with "
		    "--base FILE",
		    language_code(r->options.lang));
	if (lexicon_new(b->name, b->text, &b->lexicon, err) < 0)
		return -1;
	if (verb_flag(r->call, "--lang") == NULL)
		r->options.lang = lexicon_language(b->lexicon);
	if (lexicon_language(b->lexicon) != r->options.lang)
		return err_set(err, ERR_INPUT, "'%s' is a lexicon of the language '%s', not '%s'",
		    b->name, language_code(lexicon_language(b->lexicon)),
		    language_code(r->options.lang));
	return 0;
}

/* A shipped language's lexicon or a file. */
static int
read_signs(struct train_run *r, struct err *err)
{
	const char *given = verb_flag(r->call, "--signs");
	struct slice shipped;
	struct buf text;
	int rc = 0;

	if (given == NULL)
		return 0;
	r->signs_name = mem_strdup(given);
	if (r->signs_name == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	buf_init(&text, LEXICON_FILE_MAX);
	shipped = file_exists(given) ? SLICE_NONE
				     : lexicon_set_shipped(language_of_code(slice_of(given)));
	if (!slice_is_set(shipped))
		rc = file_read(given, LEXICON_FILE_MAX, &text, err);
	if (rc == 0)
		rc = lexicon_new(r->signs_name, slice_is_set(shipped) ? shipped : buf_slice(&text),
		    &r->signs, err);
	buf_fini(&text);
	return rc;
}

int
train_read_lexicons(struct train_run *r, struct err *err)
{
	if (lexicon_set_new(&r->set, err) < 0 || read_base(r, err) < 0 || read_signs(r, err) < 0)
		return -1;
	if (r->options.lang != LANGUAGE_EN)
		r->english = lexicon_set_lexicon(r->set, LANGUAGE_EN);
	return 0;
}
