/*
 * csv.h - RFC 4180 CSV in pieces: quotes, doubled quotes, line ends inside quotes, CRLF, LF or CR,
 * a BOM in front.
 *
 * Ownership: everything in a row is borrowed for the length of the callback.
 * Limits:    CSV_FIELDS_MAX fields and CSV_ROW_BYTES_MAX bytes a row; a row over them is reported
 *            with a problem and skipped to its end.
 * Errors:    a row that cannot be read is reported with its problem, and the next one is read.
 *            Where a quote is wrong, only the line the row began on is given up: the lines that the
 *            quote had swallowed are read again as rows of their own, marked is_recovered.
 *            (Reading again has a budget in proportion to the file, so that a hostile file stays
 *            cheap.) csv_feed() and csv_end() fail when the callback does, or without memory.
 * Threads:   one at a time.
 */
#ifndef PEOPLE_CSV_H
#define PEOPLE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct buf;
struct csv;
struct err;

#define CSV_FIELDS_MAX 512
#define CSV_ROW_BYTES_MAX (256 * 1024)

struct csv_row {
	const struct slice *fields; /* without quotes; with a problem: those before it */
	size_t count;
	size_t line; /* where the row begins, from 1 */
	uint64_t at; /* likewise, in bytes from the begin of the file */
	const char
	    *problem; /* NULL, or why the row cannot be read: "a quote is never closed", ... */
	const char *help; /* with a problem: what to do */
	size_t problem_field; /* from 0; may be count */
	bool is_recovered; /* stood behind a wrong quote: it may be the rest of another row */
	struct slice raw; /* the row as it stands in the file, without the line end */
	const size_t *raw_starts, *raw_ends; /* of the fields in raw, with their quotes; count + 1
						of them with a problem */
};

/* 0 goes on, -1 stops (csv_feed returns -1 with the same err). */
typedef int csv_row_fn(void *cookie, const struct csv_row *row, struct err *err);

struct csv *csv_new(csv_row_fn *fn, void *cookie);
void csv_free(struct csv *c);
int csv_feed(struct csv *c, struct slice chunk, struct err *err);
int csv_end(struct csv *c, struct err *err);

/* Where field begins, for a finding: the one line of the file (without its end), its number, and
 * the field's bytes on it.  A field that is not there stands behind the last. */
struct csv_place {
	struct slice text;
	size_t line;
	size_t start, len;
};
struct csv_place csv_place(const struct csv_row *row, size_t field);

/* Appends a field, quoted when needed (also for white space at its ends).  guard: a leading = + - @, tab or CR is prefixed with '
 * (spreadsheets run formulas). */
void csv_put(struct buf *out, struct slice field, bool guard);

#endif
