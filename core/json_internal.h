/*
 * json_internal.h - the values of a document and the two who make them.
 *
 * Nearly all JSON is plain: node_read_plain() reads that in one walk (json_plain.c).  What it does not take, right or wrong, goes to
 * jansson, which knows numbers with exponents and of 19 digits, large objects, and the words and place of every error
 * (json_jansson.c).  What the one takes the other takes too, with the same answer; tests/core/test_json_plain.c and tests/fuzz hold
 * them to it.
 *
 * Only json_jansson.c includes <jansson.h>, and this header does not include core/json.h: both define json_type, JSON_NULL and more.
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

/* Children are chained in their order; an array has them in a row as well. */
struct json {
	enum node_type type;
	size_t count; /* bytes, elements or members */
	union {
		bool boolean;
		long long integer;
		double real;
		const char *bytes; /* NUL behind the last */
		const struct json **elements;
		const struct json *first; /* member; NULL: none */
	} as;
	struct slice key; /* of a member; NUL behind it */
	const struct json *next;
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

/* Everything a value needs is allocated in a; nothing is to be released.  text is valid UTF-8 without NUL.
 * 1 and the value; 0 when it is not plain: wrong, or nested deeper than JSON_DEPTH_MAX, or with what jansson knows better; -1 without
 * memory or with a full arena. */
int node_read_plain(struct slice text, struct arena *a, const struct json **root_r);

/* The same through jansson.  Escapes that stand for NUL or half a surrogate pair are errors.  NULL: *f_r says why. */
const struct json *node_parse(struct slice text, struct arena *a, struct node_failure *f_r);

/* For these two: */
struct json *node_new(struct arena *a, enum node_type type); /* NULL: no memory */
/* Behind the child that *last stands for; start with NULL. */
void node_append(struct json *parent, struct json **last, struct json *child);
int node_finish_array(
    struct json *array, const struct json *first, struct arena *a); /* -1: no memory */

const struct json *node_element(const struct json *v, size_t i); /* NULL beyond the end */
const struct json *
node_member(const struct json *v, struct slice key); /* looks at each; NULL: none */

#endif
