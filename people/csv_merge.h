/*
 * csv_merge.h - CSV files with different columns as one: a column for each name, as often as the
 * file that has it most often.
 *
 * First every file is added, then every file is written, in the same order.  Columns stand in the
 * order of their first appearance, repeated ones side by side.
 *
 * Errors:  -1 and err: memory, more than CSV_FIELDS_MAX columns, a row that cannot be read.
 * Threads: one at a time.
 */
#ifndef PEOPLE_CSV_MERGE_H
#define PEOPLE_CSV_MERGE_H

#include <stddef.h>

#include "core/slice.h"

struct buf;
struct csv_merge;
struct err;

/* last: the name of a column whose last value is remembered. */
struct csv_merge *csv_merge_new(const char *last);
void csv_merge_free(struct csv_merge *m);
/* A whole file. *rows_r: without the header. */
int csv_merge_add(struct csv_merge *m, struct slice text, size_t *rows_r, struct err *err);
struct slice csv_merge_last(const struct csv_merge *m); /* until the next call */
/* The one header; then each file's rows under it. */
void csv_merge_header(struct csv_merge *m, struct buf *out);
int csv_merge_rows(struct csv_merge *m, struct slice text, struct buf *out, struct err *err);

#endif
