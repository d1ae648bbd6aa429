/*
 * import_file.h - a file of customers in pieces of whole rows: however large it is, a piece at a time
 * is in memory, and the daemon takes one after the other.
 *
 * Errors:  -1 and err; what a callback found is its own.
 * Threads: one at a time.
 */
#ifndef DAEMON_IMPORT_FILE_H
#define DAEMON_IMPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct diag_list;
struct err;
struct import_file;
struct mapping;

struct import_piece {
	struct slice text; /* of CSV: with the header */
	size_t line_offset; /* as the API wants it */
	bool is_first;
	uint64_t bytes_read; /* of the file, so far */
};
/* 0 goes on, -1 stops. */
typedef int import_piece_fn(void *cookie, const struct import_piece *piece, struct err *err);

/* mapping: NULL when the columns are named as an import knows them; it and diags must live on.
 * rows: at most so many a piece. */
struct import_file *import_file_new(const char *name, const struct mapping *mapping,
    struct diag_list *diags, size_t rows, import_piece_fn *fn, void *cookie);
void import_file_free(struct import_file *f);
int import_file_feed(struct import_file *f, struct slice chunk, struct err *err);
int import_file_end(struct import_file *f, struct err *err);

/* What stands in front of the header of a file of rejected rows, and so in front of each row. */
#define IMPORT_REJECTS_HEAD "Rejected.Line,Rejected.Reason,"

/* During the callback: the row of the piece that begins on a line, as it stands in the file and
 * without its end (of a file of rejected rows: without what was put in front); SLICE_NONE: none
 * does. */
struct slice import_file_row(const struct import_file *f, size_t line);
bool import_file_is_jsonl(const struct import_file *f);
/* Of CSV: the file's own header, as it stands. */
struct slice import_file_header(const struct import_file *f);

#endif
