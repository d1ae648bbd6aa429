/*
 * Reading.  Plain JSON is read in one walk (json_plain.c).  For what is left, what jansson would refuse or let through against the
 * header's promises is settled on the text before jansson sees it: escapes that stand for NUL or for half a surrogate pair, and
 * nesting; and for both of them byte order mark and bytes that are not UTF-8.
 */
#include "core/json.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/json_internal.h"
#include "core/mem.h"
#include "core/utf8.h"

struct json_doc {
	struct arena *arena;
	const struct json *root;
};

#define ESCAPE_LEN 6 /* \uXXXX */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The code unit of a \uXXXX at offset i; -1 when there is none. */
static int
escape_unit(struct slice s, size_t i)
{
	int unit = 0;

	if (s.len - i < ESCAPE_LEN || s.ptr[i] != '\\' || s.ptr[i + 1] != 'u')
		return -1;
	for (size_t k = 2; k < ESCAPE_LEN; k++) {
		int digit = hex_value(s.ptr[i + k]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* Length of the escape at the backslash at i; *is_broken_r when it is to become U+FFFD. */
static size_t
escape_len(struct slice s, size_t i, bool *is_broken_r)
{
	int unit = escape_unit(s, i);

	*is_broken_r = false;
	if (unit < 0)
		return s.len - i < 2 ? 1 : 2;
	if (unit >= 0xD800 && unit <= 0xDBFF && s.len - i > ESCAPE_LEN) {
		int low = escape_unit(s, i + ESCAPE_LEN);
		if (low >= 0xDC00 && low <= 0xDFFF)
			return (size_t)ESCAPE_LEN * 2;
	}
	*is_broken_r = unit == 0 || (unit >= 0xD800 && unit <= 0xDFFF);
	return ESCAPE_LEN;
}

struct scan {
	size_t broken_escapes;
	size_t too_deep_at; /* offset of the bracket that is one too many; or SIZE_MAX */
};

/* One walk over the text.  fix, when not NULL, is a copy of it in which broken escapes are
 * replaced. */
static struct scan
text_scan(struct slice s, char *fix)
{
	struct scan found = {0, SIZE_MAX};
	bool in_string = false, is_broken;
	size_t depth = 0;

	for (size_t i = 0; i < s.len;) {
		char c = s.ptr[i];
		if (in_string && c == '\\') {
			size_t len = escape_len(s, i, &is_broken);
			found.broken_escapes += is_broken;
			if (is_broken && fix != NULL)
				memcpy(fix + i, "\\uFFFD", ESCAPE_LEN);
			i += len;
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX) {
			found.too_deep_at = i;
			break;
		} else if (!in_string && (c == ']' || c == '}') && depth > 0)
			depth--;
		i++;
	}
	return found;
}

static int
too_deep(struct slice s, size_t at, struct err *err)
{
	size_t line = 1, line_start = 0;

	for (size_t i = 0; i < at; i++) {
		if (s.ptr[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	}
	size_t column = utf8_count(slice_make(s.ptr + line_start, at - line_start)) + 1;
	return err_set(err, ERR_LIMIT, "line %zu, column %zu: nested deeper than %d levels", line,
	    column, JSON_DEPTH_MAX);
}

static int
no_room(const struct arena *a, struct err *err)
{
	if (arena_is_full(a))
		return err_set(err, ERR_LIMIT, "JSON takes more than %zu MB of memory",
		    JSON_DOC_MAX / (1024 * 1024));
	return err_set(err, ERR_NOMEM, "no memory for JSON");
}

/* What is not plain.  text is valid UTF-8. */
static int
doc_read_odd(struct json_doc *d, struct slice text, size_t *repaired, struct err *err)
{
	struct node_failure failure;
	struct scan found = text_scan(text, NULL);

	if (found.too_deep_at != SIZE_MAX)
		return too_deep(text, found.too_deep_at, err);
	if (found.broken_escapes > 0) {
		char *fixed = arena_strndup(d->arena, text.ptr, text.len);
		if (fixed == NULL)
			return no_room(d->arena, err);
		text_scan(text, fixed);
		text.ptr = fixed;
		*repaired += found.broken_escapes;
	}
	d->root = node_parse(text, d->arena, &failure);
	if (d->root == NULL && failure.error == NODE_ERROR_NOMEM)
		return no_room(d->arena, err);
	if (d->root == NULL)
		return err_set(err, ERR_INPUT, "line %zu, column %zu: %s", failure.line,
		    failure.column, failure.text);
	return 0;
}

/* An empty arena, and in it the text when it had to be repaired. */
static int
doc_begin(struct json_doc *d, struct slice *text, size_t *repaired, struct err *err)
{
	arena_free(d->arena);
	d->arena = arena_new(JSON_DOC_MAX);
	if (d->arena == NULL)
		return err_set(err, ERR_NOMEM, "no memory for JSON");
	*text = utf8_repair(d->arena, *text, repaired);
	return slice_is_set(*text) ? 0 : no_room(d->arena, err);
}

static int
doc_read(struct json_doc *d, struct slice whole, size_t *repaired_r, struct err *err)
{
	struct slice text;
	size_t repaired = 0;
	int rc;

	if (slice_starts_with(whole, "\xEF\xBB\xBF"))
		whole = slice_make(whole.ptr + 3, whole.len - 3);
	text = whole;
	if (doc_begin(d, &text, &repaired, err) < 0)
		return -1;
	rc = node_read_plain(text, d->arena, &d->root);
	if (rc < 0)
		return no_room(d->arena, err);
	if (rc == 0) {
		text = whole;
		if (doc_begin(d, &text, &repaired, err) < 0 ||
		    doc_read_odd(d, text, &repaired, err) < 0)
			return -1;
	}
	if (repaired_r != NULL)
		*repaired_r = repaired;
	return 0;
}

int
json_parse(struct slice text, struct json_doc **doc_r, size_t *repaired_r, struct err *err)
{
	struct json_doc *d = NULL;
	int rc = -1;

	if (!slice_is_set(text))
		text = SLICE_LIT("");
	d = mem_zalloc(sizeof(*d));
	if (d == NULL) {
		err_set(err, ERR_NOMEM, "no memory for JSON");
		goto out;
	}
	if (doc_read(d, text, repaired_r, err) < 0)
		goto out;
	*doc_r = d;
	d = NULL;
	rc = 0;
out:
	json_doc_free(d);
	return rc;
}

void
json_doc_free(struct json_doc *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	mem_free(d);
}

const struct json *
json_root(const struct json_doc *d)
{
	return d == NULL ? NULL : d->root;
}

enum json_type
json_type(const struct json *v)
{
	if (v == NULL)
		return JSON_ABSENT;
	switch (v->type) {
	case NODE_NULL: return JSON_NULL;
	case NODE_BOOL: return JSON_BOOL;
	case NODE_INTEGER:
	case NODE_REAL: return JSON_NUMBER;
	case NODE_STRING: return JSON_STRING;
	case NODE_ARRAY: return JSON_ARRAY;
	case NODE_OBJECT: return JSON_OBJECT;
	}
	assert(0 && "a node_type without a json_type");
	return JSON_ABSENT;
}

const char *
json_type_name(enum json_type t)
{
	switch (t) {
	case JSON_ABSENT: return "missing";
	case JSON_NULL: return "null";
	case JSON_BOOL: return "true or false";
	case JSON_NUMBER: return "a number";
	case JSON_STRING: return "a string";
	case JSON_ARRAY: return "a list";
	case JSON_OBJECT: return "an object";
	}
	assert(0 && "a json_type without a name");
	return "unknown";
}

const struct json *
json_find(const struct json *obj, struct slice key)
{
	return json_type(obj) == JSON_OBJECT ? node_member(obj, key) : NULL;
}

const struct json *
json_get(const struct json *obj, const char *key)
{
	return json_find(obj, slice_of(key));
}

const struct json *
json_at(const struct json *arr, size_t i)
{
	return json_type(arr) == JSON_ARRAY ? node_element(arr, i) : NULL;
}

size_t
json_count(const struct json *v)
{
	enum json_type t = json_type(v);

	return t == JSON_ARRAY || t == JSON_OBJECT ? v->count : 0;
}

struct slice
json_str(const struct json *v)
{
	return json_type(v) == JSON_STRING ? slice_make(v->as.bytes, v->count) : SLICE_NONE;
}

struct slice
json_get_str(const struct json *obj, const char *key)
{
	return json_str(json_get(obj, key));
}

bool
json_i64(const struct json *v, int64_t *r)
{
	if (json_type(v) != JSON_NUMBER)
		return false;
	if (v->type == NODE_INTEGER) {
		*r = v->as.integer;
		return true;
	}
	/* 2^63 is a double, 2^63 - 1 is not: the upper bound is open. */
	double d = v->as.real;
	if (!(d >= -0x1p63 && d < 0x1p63))
		return false;
	if ((double)(int64_t)d != d)
		return false;
	*r = (int64_t)d;
	return true;
}

bool
json_f64(const struct json *v, double *r)
{
	if (json_type(v) != JSON_NUMBER)
		return false;
	*r = v->type == NODE_INTEGER ? (double)v->as.integer : v->as.real;
	return true;
}

bool
json_bool(const struct json *v, bool *r)
{
	if (json_type(v) != JSON_BOOL)
		return false;
	*r = v->as.boolean;
	return true;
}

const struct json *
json_next(const struct json *obj, size_t *pos, struct slice *key_r)
{
	const struct json *member;

	if (json_type(obj) != JSON_OBJECT)
		return NULL;
	/* The place in the object is the member that was given out last. */
	member = *pos == 0 ? obj->as.first : ((const struct json *)(uintptr_t)*pos)->next;
	*pos = (size_t)(uintptr_t)member;
	if (member != NULL && key_r != NULL)
		*key_r = member->key;
	return member;
}
