/*
 * json.h - reading JSON (plain JSON by ourselves, the rest through jansson) and writing it; only core sees jansson.
 *
 * Reading:   json_parse() skips a byte order mark, repairs UTF-8, turns \u0000 and lone surrogate
 *            escapes into U+FFFD, refuses nesting over JSON_DEPTH_MAX, numbers that do not fit,
 *            duplicate keys (the last wins is not an answer for a border) and rubbish behind the
 *            value.  The text's length is the caller's to bound; a document takes at most
 *            JSON_DOC_MAX bytes of memory (ERR_LIMIT).
 * Ownership: struct json values belong to their document; json_doc_free() ends them all.
 * Threads:   any number may parse; a document is read-only, so several threads may look at one.
 *
 * Lookups on NULL or on a value of another type give the "absent" answer, so chains need no checks.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

struct buf;
struct json;
struct json_doc;

#define JSON_DEPTH_MAX 64
#define JSON_DOC_MAX ((size_t)128 * 1024 * 1024)

enum json_type {
	JSON_ABSENT,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* 0, or -1 with err ("line 3, column 14: ..."; ERR_INPUT, ERR_LIMIT or ERR_NOMEM).
 * *repaired_r (may be NULL): characters replaced by U+FFFD. */
int json_parse(struct slice text, struct json_doc **doc_r, size_t *repaired_r, struct err *err);
void json_doc_free(struct json_doc *d);
const struct json *json_root(const struct json_doc *d);

enum json_type json_type(const struct json *v); /* JSON_ABSENT for NULL */
const char *json_type_name(enum json_type t); /* "a string", "an object" ... */
/* Looks at one member after the other: walk large objects with json_next(). */
const struct json *json_get(const struct json *obj, const char *key);
const struct json *json_find(const struct json *obj, struct slice key);
const struct json *json_at(const struct json *arr, size_t i);
size_t json_count(const struct json *v); /* members or elements; 0 for others */
struct slice json_str(const struct json *v); /* SLICE_NONE unless a string */
struct slice json_get_str(const struct json *obj, const char *key);
bool json_i64(const struct json *v, int64_t *r); /* integers, and reals without a fraction */
bool json_f64(const struct json *v, double *r);
bool json_bool(const struct json *v, bool *r);
/* Walks an object: start with *pos 0; NULL at the end. */
const struct json *json_next(const struct json *obj, size_t *pos, struct slice *key_r);

/*
 * Writing: a small state machine over a buf; commas and quoting are its work.  Strings are valid
 * UTF-8.  Errors are the buf's (check buf_failed() at the end).
 */
struct json_writer {
	struct buf *out;
	unsigned depth;
	uint64_t has_item; /* bit per depth: a comma is due */
	bool after_key;
};

void json_writer_init(struct json_writer *w, struct buf *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_key_slice(struct json_writer *w, struct slice key);
void json_put_str(struct json_writer *w, struct slice s); /* SLICE_NONE writes null */
void json_put_cstr(struct json_writer *w, const char *s); /* NULL writes null */
void json_put_i64(struct json_writer *w, int64_t v);
void json_put_milli(struct json_writer *w, int64_t milli); /* 620 writes 0.62 */
void json_put_f64(struct json_writer *w, double v);
void json_put_bool(struct json_writer *w, bool v);
void json_put_null(struct json_writer *w);
void json_put_raw(struct json_writer *w, struct slice json); /* already JSON */
void
json_put_value(struct json_writer *w, const struct json *v); /* a parsed value, written compactly */
/* key and value in one */
void json_kv_str(struct json_writer *w, const char *key, struct slice s);
void json_kv_cstr(struct json_writer *w, const char *key, const char *s);
void json_kv_i64(struct json_writer *w, const char *key, int64_t v);
void json_kv_milli(struct json_writer *w, const char *key, int64_t milli);
void json_kv_bool(struct json_writer *w, const char *key, bool v);
void json_kv_null(struct json_writer *w, const char *key);
/* RFC 3339 in UTC with milliseconds when there are any; TIME_UNKNOWN writes null. */
void json_kv_time(struct json_writer *w, const char *key, int64_t at_ms);

#endif
