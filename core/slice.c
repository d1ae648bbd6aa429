#include "core/slice.h"

#include <limits.h>

static unsigned char
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static bool
is_ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower((unsigned char)a.ptr[i]) != ascii_lower((unsigned char)b.ptr[i]))
			return false;
	}
	return true;
}

bool
slice_starts_with(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && (len == 0 || memcmp(s.ptr, prefix, len) == 0);
}

bool
slice_ends_with(struct slice s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len >= len && (len == 0 || memcmp(s.ptr + s.len - len, suffix, len) == 0);
}

int
slice_cmp(struct slice a, struct slice b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_ascii_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_ascii_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct slice
slice_split(struct slice *rest, char sep)
{
	struct slice part = *rest;
	const char *at = part.len == 0 ? NULL : memchr(part.ptr, sep, part.len);

	if (at == NULL) {
		*rest = SLICE_NONE;
		return part;
	}
	part.len = (size_t)(at - part.ptr);
	*rest = slice_make(at + 1, rest->len - part.len - 1);
	return part;
}

bool
slice_to_i64(struct slice s, long long *value_r)
{
	size_t i = 0;
	long long value = 0;

	bool is_negative = s.len > 0 && s.ptr[0] == '-';
	if (is_negative)
		i = 1;
	if (i == s.len)
		return false;
	/* Downwards, because LLONG_MIN has no positive counterpart. */
	for (; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		int digit = s.ptr[i] - '0';
		if (value < (LLONG_MIN + digit) / 10)
			return false;
		value = value * 10 - digit;
	}
	if (!is_negative && value == LLONG_MIN)
		return false;
	*value_r = is_negative ? value : -value;
	return true;
}
