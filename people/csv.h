/*
 * csv.h - RFC 4180 CSV in pieces: quotes, doubled quotes, line ends inside quotes, CRLF or LF, a BOM in front.
 *
 * Ownership: fields are borrowed for the length of the callback.
 * Limits:    CSV_FIELDS_MAX fields and CSV_ROW_BYTES_MAX bytes a row; a row over them is reported with too_big and skipped to its end.
 */
#ifndef PEOPLE_CSV_H
#define PEOPLE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct csv;
struct err;

#define CSV_FIELDS_MAX 512
#define CSV_ROW_BYTES_MAX (256 * 1024)

struct csv_row {
	const struct slice *fields;
	size_t count;
	size_t line;			/* where the row begins, from 1 */
	const char *problem;		/* NULL, or why the row cannot be read: "a quote is never closed", ... */
	size_t problem_field;		/* from 0 */
};
/* 0 goes on, -1 stops (csv_feed returns -1 with the same err). */
typedef int csv_row_fn(void *cookie, const struct csv_row *row, struct err *err);

struct csv *csv_new(csv_row_fn *fn, void *cookie);
void csv_free(struct csv *c);
int csv_feed(struct csv *c, struct slice chunk, struct err *err);
int csv_end(struct csv *c, struct err *err);

/* Appends a field, quoted when needed.  guard: a leading = + - @ is prefixed with ' (spreadsheets run formulas). */
struct buf;
void csv_put(struct buf *out, struct slice field, bool guard);

#endif
