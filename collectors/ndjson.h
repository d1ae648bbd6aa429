/*
 * ndjson.h - bytes in, lines out: the splitter behind files, standard input and request bodies.
 *
 * A line longer than the limit is reported once, with its beginning, and never held whole; the
 * lines behind it are read as usual.  However the bytes are cut into chunks, the lines are the
 * same.
 *
 * Ownership: a line is borrowed until the next call on the same splitter.
 * Limits:    holds at most max_line_bytes plus one chunk of NDJSON_CHUNK_MAX.
 */
#ifndef COLLECTORS_NDJSON_H
#define COLLECTORS_NDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct ndjson;

#define NDJSON_CHUNK_MAX (256 * 1024)

struct ndjson_line {
	struct slice
	    text; /* without line end, never blank; of one that is too long the first bytes */
	uint64_t number; /* from 1, blank lines counted */
	uint64_t length; /* bytes without the line end */
	uint64_t end_offset; /* of the first byte behind its line end */
	bool is_too_long;
};

struct ndjson *ndjson_new(size_t max_line_bytes);
void ndjson_free(struct ndjson *n);
/* The stream goes on at offset, where a line begins, lines_before lines after its start.  Before
 * the first push. */
void ndjson_resume(struct ndjson *n, uint64_t offset, uint64_t lines_before);

/* Adds at most NDJSON_CHUNK_MAX bytes, after ndjson_next() has answered 0.  -1 without memory. */
int ndjson_push(struct ndjson *n, struct slice chunk);
/* No more bytes: what has no line end is a line as well. */
void ndjson_finish(struct ndjson *n);
/* 1 and the next line that is not blank, or 0 when more bytes are needed (or all is read, after
 * ndjson_finish()). */
int ndjson_next(struct ndjson *n, struct ndjson_line *line_r);
/* Bytes that wait for their line end: is the writer in the middle of a line? */
bool ndjson_is_within_line(const struct ndjson *n);

#endif
