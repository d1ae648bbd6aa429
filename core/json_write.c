#include "core/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/json_internal.h"
#include "core/timefmt.h"

void
json_writer_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out};
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
		buf_add_char(w->out, ',');
	w->has_item |= bit;
}

static void
nest(struct json_writer *w, char bracket)
{
	item_begin(w);
	buf_add_char(w->out, bracket);
	w->depth++;
	assert(w->depth < 64);
	w->has_item &= ~(UINT64_C(1) << w->depth);
}

static void
unnest(struct json_writer *w, char bracket)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	buf_add_char(w->out, bracket);
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

static void
quote(struct buf *out, struct slice s)
{
	size_t plain = 0; /* start of what needs no escape */

	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		/* DEL is allowed in JSON, and unwelcome on a terminal. */
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
			continue;
		buf_add(out, s.ptr + plain, i - plain);
		plain = i + 1;
		const char *escape = short_escape(c);
		if (escape != NULL)
			buf_add_str(out, escape);
		else
			buf_addf(out, "\\u%04x", c);
	}
	if (plain < s.len)
		buf_add(out, s.ptr + plain, s.len - plain);
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
	buf_add_char(w->out, ':');
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

void
json_put_i64(struct json_writer *w, int64_t v)
{
	item_begin(w);
	buf_addf(w->out, "%" PRId64, v);
}

void
json_put_milli(struct json_writer *w, int64_t milli)
{
	/* Unsigned, because -INT64_MIN is none. */
	uint64_t size = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
	unsigned fraction = (unsigned)(size % 1000);
	int digits = 3;

	item_begin(w);
	buf_addf(w->out, "%s%" PRIu64, milli < 0 ? "-" : "", size / 1000);
	if (fraction == 0)
		return;
	while (fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	buf_addf(w->out, ".%0*u", digits, fraction);
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
	struct slice key;
	void *cursor = NULL;
	const struct json *child;
	bool is_first = true;

	json_writer_init(&scalar, out);
	switch (node_type(v)) {
	case NODE_NULL: json_put_null(&scalar); break;
	case NODE_BOOL: json_put_bool(&scalar, node_bool(v)); break;
	case NODE_INTEGER: json_put_i64(&scalar, node_integer(v)); break;
	case NODE_REAL: json_put_f64(&scalar, node_real(v)); break;
	case NODE_STRING: quote(out, node_string(v)); break;
	case NODE_ARRAY:
		buf_add_char(out, '[');
		for (size_t i = 0; i < node_count(v); i++) {
			if (i > 0)
				buf_add_char(out, ',');
			value_write(out, node_element(v, i));
		}
		buf_add_char(out, ']');
		break;
	case NODE_OBJECT:
		buf_add_char(out, '{');
		while ((child = node_next(v, &cursor, &key)) != NULL) {
			if (!is_first)
				buf_add_char(out, ',');
			is_first = false;
			quote(out, key);
			buf_add_char(out, ':');
			value_write(out, child);
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
