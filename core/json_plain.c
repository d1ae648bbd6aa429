/*
 * Plain JSON in one walk over a copy of the text, which the strings of the document then point into: an escape never takes fewer
 * bytes than what it stands for, so strings are unescaped where they stand, and the NUL behind each takes its closing quote's place.
 * The copy ends in NUL bytes, which stand nowhere else in it; that is how the end is found.
 *
 * Whatever is not certain to be right ends the walk with "not plain", without a reason: jansson finds that out again.
 */
#include "core/json_internal.h"

#include <assert.h>
#include <float.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"
#include "core/utf8.h"

/* Each key is compared with those before it, so larger objects are jansson's, which hashes. */
#define PLAIN_MEMBERS_MAX 64
/* 18 digits fit 64 bits; a decimal fraction of 15 digits is exact when both its halves are exact doubles. */
#define PLAIN_INTEGER_DIGITS 18
#define PLAIN_REAL_DIGITS 15
#define PAD 8 /* string bytes are looked at by eight */

struct plain {
	char *at;
	struct arena *arena;
	unsigned depth;
	bool has_no_memory;
};

/* NULL: not plain, or no memory. */
static struct json *read_value(struct plain *p);

static void
skip_space(struct plain *p)
{
	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
		p->at++;
}

static bool
take(struct plain *p, char c)
{
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static struct json *
new_value(struct plain *p, enum node_type type)
{
	struct json *v = node_new(p->arena, type);

	p->has_no_memory |= v == NULL;
	return v;
}

/* ---- strings ------------------------------------------------------------------------ */

/* Eight bytes without a quote, a backslash or a control character. */
static bool
is_plain_word(const char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
	uint64_t w, quote, backslash;

	memcpy(&w, s, sizeof w);
	quote = w ^ (ones * '"');
	backslash = w ^ (ones * '\\');
	return ((((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) |
		    ((backslash - ones) & ~backslash)) &
		   tops) == 0;
}

/* Behind the bytes that stand for themselves. */
static char *
skip_plain(char *s)
{
	while (is_plain_word(s))
		s += 8;
	while ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\')
		s++;
	return s;
}

/* Four hexadecimal digits, or -1. */
static int32_t
hex4(const char *s)
{
	int32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];
		if (c >= '0' && c <= '9')
			unit = unit * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return unit;
}

/* \uXXXX at *from, perhaps with its other half behind it, to *out; moves both.  NUL and halves without the other are not plain. */
static bool
unescape_unicode(char **from, char **out)
{
	int32_t unit = hex4(*from + 2), low;
	uint32_t cp;

	if (unit <= 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return false;
	*from += 6;
	cp = (uint32_t)unit;
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if ((*from)[0] != '\\' || (*from)[1] != 'u')
			return false;
		low = hex4(*from + 2);
		if (low < 0xDC00 || low > 0xDFFF)
			return false;
		*from += 6;
		cp = 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
	}
	*out += utf8_encode(cp, *out);
	return true;
}

static bool
unescape(char **from, char **out)
{
	char c;

	switch ((*from)[1]) {
	case '"':
	case '\\':
	case '/': c = (*from)[1]; break;
	case 'b': c = '\b'; break;
	case 'f': c = '\f'; break;
	case 'n': c = '\n'; break;
	case 'r': c = '\r'; break;
	case 't': c = '\t'; break;
	case 'u': return unescape_unicode(from, out);
	default: return false;
	}
	*(*out)++ = c;
	*from += 2;
	return true;
}

static bool
read_string(struct plain *p, struct slice *string_r)
{
	char *begin, *out, *from, *end;

	if (!take(p, '"'))
		return false;
	begin = p->at;
	out = from = skip_plain(begin);
	while (*from == '\\') {
		if (!unescape(&from, &out))
			return false;
		end = skip_plain(from);
		memmove(out, from, (size_t)(end - from));
		out += end - from;
		from = end;
	}
	if (*from != '"')
		return false;
	p->at = from + 1;
	*out = '\0';
	*string_r = slice_make(begin, (size_t)(out - begin));
	return true;
}

/* ---- numbers and words ---------------------------------------------------------------- */

/* Digits to *value (the first `max` fit); how many there were. */
static int
read_digits(struct plain *p, int max, uint64_t *value)
{
	int count = 0;

	for (; *p->at >= '0' && *p->at <= '9'; p->at++, count++)
		if (count < max)
			*value = *value * 10 + (uint64_t)(*p->at - '0');
	return count;
}

static struct json *
read_fraction(struct plain *p, bool is_negative, uint64_t value, int digits)
{
	static const double powers[PLAIN_REAL_DIGITS + 1] = {
	    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	int fraction;
	struct json *v;

	if (FLT_EVAL_METHOD != 0 || digits >= PLAIN_REAL_DIGITS)
		return NULL;
	fraction = read_digits(p, PLAIN_REAL_DIGITS - digits, &value);
	if (fraction == 0 || digits + fraction > PLAIN_REAL_DIGITS || (*p->at | 0x20) == 'e')
		return NULL;
	v = new_value(p, NODE_REAL);
	if (v != NULL) {
		v->as.real = (double)value / powers[fraction];
		if (is_negative)
			v->as.real = -v->as.real;
	}
	return v;
}

static struct json *
read_number(struct plain *p)
{
	bool is_negative = take(p, '-'), has_zero = *p->at == '0';
	uint64_t value = 0;
	int digits = read_digits(p, PLAIN_INTEGER_DIGITS, &value);
	struct json *v;

	if (digits == 0 || digits > PLAIN_INTEGER_DIGITS || (has_zero && digits > 1) ||
	    (*p->at | 0x20) == 'e')
		return NULL;
	if (take(p, '.'))
		return read_fraction(p, is_negative, value, digits);
	v = new_value(p, NODE_INTEGER);
	if (v != NULL)
		v->as.integer = is_negative ? -(long long)value : (long long)value;
	return v;
}

static struct json *
read_word(struct plain *p, const char *word, enum node_type type, bool value)
{
	size_t len = strlen(word);
	struct json *v;

	/* The NUL at the end of the text differs before anything behind it is compared. */
	if (strncmp(p->at, word, len) != 0)
		return NULL;
	p->at += len;
	v = new_value(p, type);
	if (v != NULL)
		v->as.boolean = value;
	return v;
}

/* ---- arrays and objects ------------------------------------------------------------------ */

static struct json *
read_array(struct plain *p)
{
	struct json *array = new_value(p, NODE_ARRAY), *first = NULL, *last = NULL, *child;

	skip_space(p);
	if (array == NULL || take(p, ']'))
		return array;
	do {
		skip_space(p);
		child = read_value(p);
		if (child == NULL)
			return NULL;
		if (first == NULL)
			first = child;
		node_append(array, &last, child);
		skip_space(p);
	} while (take(p, ','));
	if (!take(p, ']'))
		return NULL;
	if (node_finish_array(array, first, p->arena) < 0) {
		p->has_no_memory = true;
		return NULL;
	}
	return array;
}

/* One of 64 bits: equal keys have the same one. */
static uint64_t
key_bit(struct slice key)
{
	unsigned first = key.len == 0 ? 0 : (unsigned char)key.ptr[0];
	unsigned last = key.len == 0 ? 0 : (unsigned char)key.ptr[key.len - 1];

	return UINT64_C(1) << ((key.len * 11 + first + last * 5) % 64);
}

static struct json *
read_member(struct plain *p)
{
	struct slice key;
	struct json *v;

	skip_space(p);
	if (!read_string(p, &key))
		return NULL;
	skip_space(p);
	if (!take(p, ':'))
		return NULL;
	skip_space(p);
	v = read_value(p);
	if (v != NULL)
		v->key = key;
	return v;
}

static struct json *
read_object(struct plain *p)
{
	struct json *object = new_value(p, NODE_OBJECT), *last = NULL, *child;
	uint64_t seen = 0, bit;

	skip_space(p);
	if (object == NULL || take(p, '}'))
		return object;
	do {
		child = read_member(p);
		if (child == NULL || object->count == PLAIN_MEMBERS_MAX)
			return NULL;
		bit = key_bit(child->key);
		if ((seen & bit) != 0 && node_member(object, child->key) != NULL)
			return NULL; /* twice: jansson says where */
		seen |= bit;
		node_append(object, &last, child);
		skip_space(p);
	} while (take(p, ','));
	return take(p, '}') ? object : NULL;
}

static struct json *
read_nested(struct plain *p)
{
	bool is_object = *p->at == '{';
	struct json *v;

	if (p->depth == JSON_DEPTH_MAX)
		return NULL;
	p->depth++;
	p->at++;
	v = is_object ? read_object(p) : read_array(p);
	p->depth--;
	return v;
}

static struct json *
read_value(struct plain *p)
{
	struct slice string;
	struct json *v;

	switch (*p->at) {
	case '{':
	case '[': return read_nested(p);
	case 't': return read_word(p, "true", NODE_BOOL, true);
	case 'f': return read_word(p, "false", NODE_BOOL, false);
	case 'n': return read_word(p, "null", NODE_NULL, false);
	case '"':
		if (!read_string(p, &string))
			return NULL;
		v = new_value(p, NODE_STRING);
		if (v != NULL) {
			v->as.bytes = string.ptr;
			v->count = string.len;
		}
		return v;
	default: return read_number(p);
	}
}

int
node_read_plain(struct slice text, struct arena *a, const struct json **root_r)
{
	struct plain p = {.arena = a};
	struct json *root;
	char *copy;

	copy = text.len < SIZE_MAX - PAD ? arena_alloc(a, text.len + PAD) : NULL;
	if (copy == NULL)
		return -1;
	memcpy(copy, text.ptr, text.len);
	memset(copy + text.len, 0, PAD);
	p.at = copy;
	skip_space(&p);
	root = read_value(&p);
	if (root == NULL)
		return p.has_no_memory ? -1 : 0;
	skip_space(&p);
	assert(p.at <= copy + text.len);
	if (p.at != copy + text.len)
		return 0;
	*root_r = root;
	return 1;
}
