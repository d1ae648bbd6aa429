/*
 * jsonl.h - lines out of pieces: LF, CRLF or CR, a BOM in front; empty lines are counted, not given.
 *
 * Ownership: a line is borrowed for the length of the callback.
 * Limits:    JSONL_LINE_BYTES_MAX a line; one over it is reported as too long and skipped.
 * Errors:    jsonl_feed() and jsonl_end() fail when the callback does, or without memory.
 * Threads:   one at a time.
 */
#ifndef PEOPLE_JSONL_H
#define PEOPLE_JSONL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct err;
struct jsonl;

#define JSONL_LINE_BYTES_MAX (1024 * 1024)

struct jsonl_line {
	struct slice text; /* without its end; of one too long, what was kept of it */
	size_t number; /* from 1 */
	bool is_too_long;
};

/* 0 goes on, -1 stops. */
typedef int jsonl_line_fn(void *cookie, const struct jsonl_line *line, struct err *err);

struct jsonl *jsonl_new(jsonl_line_fn *fn, void *cookie);
void jsonl_free(struct jsonl *j);
int jsonl_feed(struct jsonl *j, struct slice chunk, struct err *err);
int jsonl_end(struct jsonl *j, struct err *err);

#endif
