#include "core/arena.h"
#include "platform/http_server.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A '%' without two hex digits stays what it is. */
static struct slice
decode(struct arena *a, struct slice s, bool is_form)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t len = 0;

	if (out == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%' && i + 2 < s.len && hex_value(s.ptr[i + 1]) >= 0 &&
		    hex_value(s.ptr[i + 2]) >= 0) {
			c = (char)(hex_value(s.ptr[i + 1]) << 4 | hex_value(s.ptr[i + 2]));
			i += 2;
		} else if (c == '+' && is_form) {
			c = ' ';
		}
		out[len++] = c;
	}
	out[len] = '\0';
	return slice_make(out, len);
}

struct slice
http_percent_decode(struct arena *a, struct slice s)
{
	return slice_is_set(s) ? decode(a, s, false) : SLICE_NONE;
}

struct slice
http_query_get(struct arena *a, struct slice query, const char *name)
{
	while (slice_is_set(query)) {
		struct slice value = slice_split(&query, '&');
		struct slice key = slice_split(&value, '=');

		if (memchr(key.ptr, '%', key.len) != NULL || memchr(key.ptr, '+', key.len) != NULL)
			key = decode(a, key, true);
		if (slice_is_set(key) && slice_eq_str(key, name))
			return decode(a, slice_is_set(value) ? value : SLICE_LIT(""), true);
	}
	return SLICE_NONE;
}
