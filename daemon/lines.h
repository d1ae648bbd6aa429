/*
 * lines.h - a file or a pipe line by line, for the verbs that work through one.
 */
#ifndef DAEMON_LINES_H
#define DAEMON_LINES_H

#include <stdint.h>

#include "collectors/ndjson.h"

struct err;

/* Each line that is not blank; -1 (with err) stops. */
typedef int lines_fn(void *cookie, const struct ndjson_line *line, struct err *err);
/* After each chunk, so that a reader at the other end of a pipe does not wait; NULL: nothing. */
typedef int lines_pause_fn(void *cookie, struct err *err);

/* Reads fd to its end; *count_r (may be NULL): lines there were, blank ones included. */
int lines_read(int fd, const char *name, lines_fn *line, lines_pause_fn *pause, void *cookie,
    uint64_t *count_r, struct err *err);
/* The same by name; "-" is standard input. */
int lines_read_file(const char *path, lines_fn *line, lines_pause_fn *pause, void *cookie,
    uint64_t *count_r, struct err *err);

#endif
