/*
 * err.h - what went wrong, in words for whoever must act.
 *
 * Functions that can fail because of the world return -1 and fill a struct err
 * that the caller provides (NULL: the caller does not want the words).
 * A success leaves it untouched.
 *
 * Ownership: plain value, nothing to free.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stddef.h>

enum err_kind {
	ERR_NONE,
	ERR_INPUT, /* what we were given is wrong; trying again is useless */
	ERR_LIMIT, /* larger or deeper than we accept */
	ERR_NOT_FOUND,
	ERR_CONFLICT, /* changed meanwhile, or exists already */
	ERR_DENIED,
	ERR_BUSY, /* try again later */
	ERR_IO, /* files, pipes */
	ERR_NET,
	ERR_STORE, /* the database: disk full, I/O error, corrupt */
	ERR_NOMEM,
};

#define ERR_TEXT_MAX 512

struct err {
	enum err_kind kind;
	char text[ERR_TEXT_MAX];
};

/* Fills *e (when not NULL) and returns -1, so that `return err_set(...)` reads well.
 * Text: lower case, the subject in quotes, no full stop.  Cut at ERR_TEXT_MAX - 1 bytes; what a
 * terminal would obey (utf8_is_command) becomes '?', so that any value may be quoted. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text that is there. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "input", "limit", ...: for logs and API answers. */
const char *err_kind_name(enum err_kind kind);

#endif
