#include "core/utf8.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"

#define REPLACEMENT "\xEF\xBF\xBD"
#define REPLACEMENT_LEN 3

/* What the second byte may be behind a lead byte, and how long the sequence is: Unicode 15, table
 * 3-7. */
struct lead {
	unsigned char len, second_min, second_max;
};

static struct lead
lead_of(unsigned char c)
{
	if (c < 0x80)
		return (struct lead){1, 0, 0};
	if (c < 0xC2)
		return (struct lead){0, 0, 0};
	if (c < 0xE0)
		return (struct lead){2, 0x80, 0xBF};
	if (c == 0xE0)
		return (struct lead){3, 0xA0, 0xBF};
	if (c == 0xED)
		return (struct lead){3, 0x80, 0x9F};
	if (c < 0xF0)
		return (struct lead){3, 0x80, 0xBF};
	if (c == 0xF0)
		return (struct lead){4, 0x90, 0xBF};
	if (c < 0xF4)
		return (struct lead){4, 0x80, 0xBF};
	if (c == 0xF4)
		return (struct lead){4, 0x80, 0x8F};
	return (struct lead){0, 0, 0};
}

/* Length of the sequence at p, at most left bytes.  When it is broken: *is_valid_r false and the
 * length of the part that one U+FFFD stands for (at least 1). */
static size_t
sequence_len(const unsigned char *p, size_t left, bool *is_valid_r)
{
	struct lead lead = lead_of(p[0]);
	size_t n = 1;

	*is_valid_r = false;
	if (lead.len == 0 || p[0] == 0)
		return 1;
	if (lead.len > 1) {
		if (left < 2 || p[1] < lead.second_min || p[1] > lead.second_max)
			return 1;
		for (n = 2; n < lead.len; n++) {
			if (n >= left || (p[n] & 0xC0) != 0x80)
				return n;
		}
	}
	*is_valid_r = true;
	return n;
}

/* Eight bytes that are all ASCII and none of them NUL. */
static bool
is_plain_word(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	uint64_t has_zero = (w - UINT64_C(0x0101010101010101)) & ~w;
	return ((w | has_zero) & UINT64_C(0x8080808080808080)) == 0;
}

/* Bytes at the front that are valid. */
static size_t
valid_prefix(const unsigned char *p, size_t len)
{
	size_t i = 0;
	bool is_valid;

	while (i < len) {
		if (len - i >= 8 && is_plain_word(p + i)) {
			i += 8;
			continue;
		}
		size_t n = sequence_len(p + i, len - i, &is_valid);
		if (!is_valid)
			break;
		i += n;
	}
	return i;
}

size_t
utf8_valid_prefix(struct slice s)
{
	return valid_prefix((const unsigned char *)s.ptr, s.len);
}

bool
utf8_is_valid(struct slice s)
{
	return utf8_valid_prefix(s) == s.len;
}

struct slice
utf8_repair(struct arena *a, struct slice s, size_t *replaced_r)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t first_bad = valid_prefix(p, s.len);
	size_t replaced = 0, out_len;
	bool is_valid;

	if (replaced_r != NULL)
		*replaced_r = 0;
	if (first_bad == s.len)
		return s;
	/* Twice over the broken part: counting first makes the copy exact. */
	out_len = first_bad;
	for (size_t i = first_bad; i < s.len;) {
		size_t n = sequence_len(p + i, s.len - i, &is_valid);
		out_len += is_valid ? n : REPLACEMENT_LEN;
		replaced += !is_valid;
		i += n;
	}
	char *out = arena_alloc(a, out_len + 1);
	if (out == NULL)
		return SLICE_NONE;
	memcpy(out, p, first_bad);
	size_t at = first_bad;
	for (size_t i = first_bad; i < s.len;) {
		size_t n = sequence_len(p + i, s.len - i, &is_valid);
		size_t add = is_valid ? n : REPLACEMENT_LEN;
		memcpy(out + at, is_valid ? (const char *)p + i : REPLACEMENT, add);
		at += add;
		i += n;
	}
	assert(at == out_len);
	out[at] = '\0';
	if (replaced_r != NULL)
		*replaced_r = replaced;
	return slice_make(out, out_len);
}

uint32_t
utf8_next(struct slice s, size_t *pos)
{
	const unsigned char *p = (const unsigned char *)s.ptr + *pos;

	assert(*pos < s.len);
	uint32_t c = p[0];
	if (c < 0x80) {
		*pos += 1;
		return c;
	}
	size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	assert(n <= s.len - *pos);
	uint32_t cp = c & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (p[i] & 0x3Fu);
	*pos += n;
	return cp;
}

bool
utf8_is_command(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x202A && cp <= 0x202E) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}

size_t
utf8_encode(uint32_t cp, char out[4])
{
	assert(cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF));
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t
utf8_count(struct slice s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return count;
}

struct slice
utf8_prefix(struct slice s, size_t max_bytes)
{
	if (s.len <= max_bytes)
		return s;
	size_t len = max_bytes;
	while (len > 0 && ((unsigned char)s.ptr[len] & 0xC0) == 0x80)
		len--;
	return slice_make(s.ptr, len);
}
