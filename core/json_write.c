#include "core/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/json_internal.h"
#include "core/timefmt.h"

/* A sign, 20 digits, a point. */
#define NUMBER_TEXT_MAX 24

void
json_writer_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out};
}

/* Most of what is written fits into memory that is there: no call for one character. */
static bool
has_room(const struct buf *out, size_t len)
{
	return !out->has_failed && out->cap - out->len > len;
}

static void
put_char(struct buf *out, char c)
{
	if (!has_room(out, 1)) {
		buf_add_char(out, c);
		return;
	}
	out->ptr[out->len++] = c;
	out->ptr[out->len] = '\0';
}

/* Before a key or an element: the comma that the one before it left due. */
static void
item_begin(struct json_writer *w)
{
	uint64_t bit = UINT64_C(1) << w->depth;

	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->depth > 0 && (w->has_item & bit) != 0)
		put_char(w->out, ',');
	w->has_item |= bit;
}

static void
nest(struct json_writer *w, char bracket)
{
	item_begin(w);
	put_char(w->out, bracket);
	w->depth++;
	assert(w->depth < 64);
	w->has_item &= ~(UINT64_C(1) << w->depth);
}

static void
unnest(struct json_writer *w, char bracket)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	put_char(w->out, bracket);
}

void
json_object_begin(struct json_writer *w)
{
	nest(w, '{');
}

void
json_object_end(struct json_writer *w)
{
	unnest(w, '}');
}

void
json_array_begin(struct json_writer *w)
{
	nest(w, '[');
}

void
json_array_end(struct json_writer *w)
{
	unnest(w, ']');
}

static const char *
short_escape(unsigned char c)
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	case '\b': return "\\b";
	case '\f': return "\\f";
	default: return NULL;
	}
}

/* DEL is allowed in JSON, and unwelcome on a terminal. */
static bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7F;
}

static void
escape(struct buf *out, struct slice s)
{
	size_t plain = 0; /* start of what needs no escape */

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (!needs_escape(c))
			continue;
		buf_add(out, s.ptr + plain, i - plain);
		plain = i + 1;
		const char *letters = short_escape(c);
		if (letters != NULL)
			buf_add_str(out, letters);
		else
			buf_addf(out, "\\u%04x", c);
	}
	if (plain < s.len)
		buf_add(out, s.ptr + plain, s.len - plain);
}

static void
quote_plain(struct buf *out, struct slice s)
{
	char *at;

	if (!has_room(out, s.len + 2)) {
		buf_add_char(out, '"');
		buf_add_slice(out, s);
		buf_add_char(out, '"');
		return;
	}
	at = out->ptr + out->len;
	*at++ = '"';
	if (s.len > 0)
		memcpy(at, s.ptr, s.len);
	at += s.len;
	*at++ = '"';
	*at = '\0';
	out->len += s.len + 2;
}

static void
quote(struct buf *out, struct slice s)
{
	size_t plain = 0;

	while (plain < s.len && !needs_escape((unsigned char)s.ptr[plain]))
		plain++;
	if (plain == s.len) {
		quote_plain(out, s);
		return;
	}
	buf_add_char(out, '"');
	escape(out, s);
	buf_add_char(out, '"');
}

void
json_key(struct json_writer *w, const char *key)
{
	json_key_slice(w, slice_of(key));
}

void
json_key_slice(struct json_writer *w, struct slice key)
{
	assert(!w->after_key && w->depth > 0);
	item_begin(w);
	quote(w->out, key);
	put_char(w->out, ':');
	w->after_key = true;
}

void
json_put_str(struct json_writer *w, struct slice s)
{
	if (!slice_is_set(s)) {
		json_put_null(w);
		return;
	}
	item_begin(w);
	quote(w->out, s);
}

void
json_put_cstr(struct json_writer *w, const char *s)
{
	json_put_str(w, slice_of(s));
}

/* v in decimal, ending at end, with at least `least` digits; where it begins.  printf costs ten times as much, and a scored post has
 * half a dozen numbers. */
static char *
digits_before(char *end, uint64_t v, int least)
{
	for (; v != 0 || least > 0; v /= 10, least--)
		*--end = (char)('0' + v % 10);
	return end;
}

/* Unsigned, because -INT64_MIN is none. */
static uint64_t
size_of(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static void
put_digits(struct json_writer *w, bool is_negative, char *begin, const char *end)
{
	if (is_negative)
		*--begin = '-';
	item_begin(w);
	buf_add(w->out, begin, (size_t)(end - begin));
}

void
json_put_i64(struct json_writer *w, int64_t v)
{
	char text[NUMBER_TEXT_MAX], *end = text + sizeof text;

	put_digits(w, v < 0, digits_before(end, size_of(v), 1), end);
}

void
json_put_milli(struct json_writer *w, int64_t milli)
{
	char text[NUMBER_TEXT_MAX], *end = text + sizeof text, *begin;
	uint64_t size = size_of(milli), fraction = size % 1000;
	int digits = 3;

	for (; digits > 0 && fraction % 10 == 0; digits--)
		fraction /= 10;
	begin = digits_before(end, fraction, digits);
	if (digits > 0)
		*--begin = '.';
	put_digits(w, milli < 0, digits_before(begin, size / 1000, 1), end);
}

void
json_put_f64(struct json_writer *w, double v)
{
	char text[40];

	if (!isfinite(v)) {
		json_put_null(w);
		return;
	}
	if (v == 0)
		v = 0; /* -0 would read back as the integer 0 */
	item_begin(w);
	/* The shortest of the three that reads back as the same number; 17 digits always do. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (digits == 17 || strtod(text, NULL) == v)
			break;
	}
	/* A locale may have a comma for the point. */
	char *comma = strchr(text, ',');
	if (comma != NULL)
		*comma = '.';
	buf_add_str(w->out, text);
}

void
json_put_bool(struct json_writer *w, bool v)
{
	item_begin(w);
	buf_add_str(w->out, v ? "true" : "false");
}

void
json_put_null(struct json_writer *w)
{
	item_begin(w);
	buf_add_str(w->out, "null");
}

void
json_put_raw(struct json_writer *w, struct slice json)
{
	item_begin(w);
	buf_add_slice(w->out, json);
}

/* Recursion ends at JSON_DEPTH_MAX, which reading has made sure of. */
static void
value_write(struct buf *out, const struct json *v)
{
	struct json_writer scalar;

	json_writer_init(&scalar, out);
	switch (v->type) {
	case NODE_NULL: json_put_null(&scalar); break;
	case NODE_BOOL: json_put_bool(&scalar, v->as.boolean); break;
	case NODE_INTEGER: json_put_i64(&scalar, v->as.integer); break;
	case NODE_REAL: json_put_f64(&scalar, v->as.real); break;
	case NODE_STRING: quote(out, slice_make(v->as.bytes, v->count)); break;
	case NODE_ARRAY:
		buf_add_char(out, '[');
		for (size_t i = 0; i < v->count; i++) {
			if (i > 0)
				buf_add_char(out, ',');
			value_write(out, v->as.elements[i]);
		}
		buf_add_char(out, ']');
		break;
	case NODE_OBJECT:
		buf_add_char(out, '{');
		for (const struct json *m = v->as.first; m != NULL; m = m->next) {
			if (m != v->as.first)
				buf_add_char(out, ',');
			quote(out, m->key);
			buf_add_char(out, ':');
			value_write(out, m);
		}
		buf_add_char(out, '}');
		break;
	}
}

void
json_put_value(struct json_writer *w, const struct json *v)
{
	if (v == NULL) {
		json_put_null(w);
		return;
	}
	item_begin(w);
	value_write(w->out, v);
}

void
json_kv_str(struct json_writer *w, const char *key, struct slice s)
{
	json_key(w, key);
	json_put_str(w, s);
}

void
json_kv_cstr(struct json_writer *w, const char *key, const char *s)
{
	json_key(w, key);
	json_put_cstr(w, s);
}

void
json_kv_i64(struct json_writer *w, const char *key, int64_t v)
{
	json_key(w, key);
	json_put_i64(w, v);
}

void
json_kv_milli(struct json_writer *w, const char *key, int64_t milli)
{
	json_key(w, key);
	json_put_milli(w, milli);
}

void
json_kv_bool(struct json_writer *w, const char *key, bool v)
{
	json_key(w, key);
	json_put_bool(w, v);
}

void
json_kv_null(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_put_null(w);
}

void
json_kv_time(struct json_writer *w, const char *key, int64_t at_ms)
{
	char text[TIME_TEXT_MAX];

	json_key(w, key);
	if (at_ms == TIME_UNKNOWN)
		json_put_null(w);
	else
		json_put_cstr(w, time_format_rfc3339(at_ms, text));
}
