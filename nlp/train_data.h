/*
 * train_data.h - labelled posts from files, each row kept or counted with the reason why not.
 *
 * A file is TSV or NDJSON, which its first row tells.
 *   TSV     with a first line that names columns: "text" and one of "label", "rating",
 *           "mean_rating"; "lang" if there is one, others are ignored; a text in the last column may
 *           hold tabs.  Without such a line: label, tab, text.
 *   NDJSON  objects with "text", "label" or "rating" or "mean_rating", and "lang" if there is one.
 * Lines "# key: value" before the first row are notes (source, licence, use); a byte order mark and
 * carriage returns are taken off.
 *
 * Labels: negative, neutral, positive; neg, neu, pos; -1, 0, 1.  A rating is a number from -4 to 4:
 * below -0.6 negative, above 0.6 positive.
 *
 * A text stands once: of two equal ones the first is kept, whatever the second's label (which is
 * counted apart); a text that is measured on (validation) is not learned from, so files to measure
 * on are added first.
 *
 * Ownership: init/fini; texts, names and notes live in the data.
 * Errors:    -1 without memory or over a limit; rows that are not understood are no error.
 * Limits:    TRAIN_FILES_MAX files, TRAIN_ROWS_MAX rows, TRAIN_TEXT_BYTES_MAX bytes of text.
 */
#ifndef NLP_TRAIN_DATA_H
#define NLP_TRAIN_DATA_H

#include "nlp/train.h"

struct arena;
struct map;

#define TRAIN_FILES_MAX 64
#define TRAIN_ROWS_MAX 4000000u
#define TRAIN_TEXT_BYTES_MAX ((size_t)2 << 30)
#define TRAIN_NOTES_MAX 16
#define TRAIN_LINES_SHOWN 5

enum train_skip {
	TRAIN_SKIP_COLUMNS, /* too few columns; not an object */
	TRAIN_SKIP_LABEL, /* a label, or rating, that is none of ours */
	TRAIN_SKIP_EMPTY, /* no text */
	TRAIN_SKIP_UTF8,
	TRAIN_SKIP_LONG, /* over POST_TEXT_MAX: a file whose lines do not end, not a post */
	TRAIN_SKIP_LANGUAGE, /* another language than the one that is learned */
	TRAIN_SKIP_REPEATED, /* the same text and label as before */
	TRAIN_SKIP_CONFLICT, /* the same text with another label */
	TRAIN_SKIP_MEASURED, /* the text is in a file that is measured on */
	TRAIN_SKIP_COUNT
};

struct train_skipped {
	size_t count;
	size_t lines[TRAIN_LINES_SHOWN]; /* the first, from 1 */
};

struct train_file {
	const char *name;
	bool is_validation;
	size_t rows, kept;
	size_t labels[3]; /* of those kept, by enum sentiment_label */
	struct slice notes[TRAIN_NOTES_MAX]; /* "licence: CC0" */
	size_t note_count;
	struct train_skipped skipped[TRAIN_SKIP_COUNT];
};

struct train_data {
	struct train_row *rows; /* source: index of the file */
	size_t count, cap;
	struct train_file files[TRAIN_FILES_MAX];
	size_t file_count;
	struct map *seen; /* text -> row */
	struct arena *arena;
};

int train_data_init(struct train_data *d, struct err *err);
void train_data_fini(struct train_data *d);

/* The rows of one file; lang: others are left out. */
int train_data_add(struct train_data *d, const char *name, bool is_validation, struct slice text,
    enum language lang, struct err *err);

/* Sets a share of the rows to learn from apart, to be measured on: by a hash of text and seed, so
 * that a row goes the same way in whatever file and order it stands.  How many. */
size_t train_data_hold_out(struct train_data *d, int percent, uint64_t seed);
/* Is a row held out: measured on, but from a file to learn from? */
bool train_data_is_held_out(const struct train_data *d, const struct train_row *row);

/* "the label is none of negative, neutral, positive", ... */
const char *train_skip_words(enum train_skip s);

#endif
