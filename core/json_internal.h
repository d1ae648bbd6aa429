/*
 * json_internal.h - what json.c needs of jansson, in words that do not clash: both define
 * json_type, JSON_NULL and more.  Only json_jansson.c includes <jansson.h>; a struct json is a
 * json_t there.
 *
 * Does not include core/json.h, for the same reason.
 */
#ifndef CORE_JSON_INTERNAL_H
#define CORE_JSON_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct arena;
struct json;

enum node_type {
	NODE_NULL,
	NODE_BOOL,
	NODE_INTEGER,
	NODE_REAL,
	NODE_STRING,
	NODE_ARRAY,
	NODE_OBJECT
};

enum node_error {
	NODE_ERROR_SYNTAX,
	NODE_ERROR_NOMEM
};

struct node_failure {
	enum node_error error;
	size_t line, column;
	char text[160];
};

/* Everything the value needs is allocated in a; nothing is to be released.  text is valid UTF-8
 * without NUL and without escapes that stand for NUL or half a surrogate pair.  NULL: *f_r says
 * why. */
const struct json *node_parse(struct slice text, struct arena *a, struct node_failure *f_r);

enum node_type node_type(const struct json *v);
bool node_bool(const struct json *v);
long long node_integer(const struct json *v);
double node_real(const struct json *v);
struct slice node_string(const struct json *v);
size_t node_count(const struct json *v); /* elements or members */
const struct json *node_element(const struct json *v, size_t i); /* NULL beyond the end */
const struct json *node_member(const struct json *v, const char *key);
/* The member behind the one that *cursor stands for; NULL at the end.  Start with NULL. */
const struct json *node_next(const struct json *v, void **cursor, struct slice *key_r);

#endif
