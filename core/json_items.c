/*
 * json_items.c - the items are found by a scan that knows strings and brackets and nothing else, so that
 * a body of any size is parsed one item at a time and a broken item costs only itself.
 */
#include "core/json_items.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/mem.h"

enum body_form {
	BODY_ONE,
	BODY_ARRAY,
	BODY_LINES
};

struct json_items {
	struct slice text;
	size_t pos;
	uint64_t number; /* of the last line or item */
	enum body_form form;
};

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_white(struct slice s, size_t *pos)
{
	while (*pos < s.len && is_white(s.ptr[*pos]))
		(*pos)++;
}

/* Moves from a value's first character to behind it: to the bracket that closes the one at *pos, or
 * to a comma or bracket that is not the value's own.  False when the text ends before that. */
static bool
skip_value(struct slice s, size_t *pos)
{
	size_t depth = 0;
	bool in_string = false;

	for (; *pos < s.len; (*pos)++) {
		char c = s.ptr[*pos];
		if (in_string) {
			if (c == '\\')
				(*pos)++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '"')
			in_string = true;
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']') {
			if (depth == 0)
				return true;
			if (--depth == 0) {
				(*pos)++;
				return true;
			}
		} else if (c == ',' && depth == 0)
			return true;
	}
	*pos = s.len;
	return depth == 0 && !in_string;
}

/* Is every item closed, and the array, and nothing behind it? */
static int
array_check(struct slice s, struct err *err)
{
	size_t pos = 1;
	size_t item = 0;

	for (;;) {
		item++;
		if (!skip_value(s, &pos) || pos >= s.len)
			return err_set(err, ERR_INPUT, "the array ends within item %zu", item);
		skip_white(s, &pos);
		if (pos < s.len && s.ptr[pos] == ']')
			break;
		if (pos >= s.len || s.ptr[pos] != ',')
			return err_set(
			    err, ERR_INPUT, "expected a comma or ']' behind item %zu", item);
		pos++;
	}
	pos++;
	skip_white(s, &pos);
	if (pos < s.len)
		return err_set(err, ERR_INPUT, "the body goes on behind the array");
	return 0;
}

/* An object over several lines is one post; a second line that begins another object says NDJSON,
 * also when the first one is broken. */
static enum body_form
object_form(struct slice s)
{
	const char *lf = memchr(s.ptr, '\n', s.len);
	size_t pos = 0;

	if (skip_value(s, &pos)) {
		skip_white(s, &pos);
		return pos == s.len ? BODY_ONE : BODY_LINES;
	}
	if (lf == NULL)
		return BODY_ONE;
	pos = (size_t)(lf - s.ptr);
	skip_white(s, &pos);
	return pos < s.len && s.ptr[pos] == '{' ? BODY_LINES : BODY_ONE;
}

int
json_items_new(struct slice body, const char *what, struct json_items **items_r, struct err *err)
{
	struct json_items *b;
	size_t start = 0;
	enum body_form form = BODY_LINES;
	struct slice text, value;

	if (slice_starts_with(body, "\xEF\xBB\xBF"))
		start = 3;
	text = slice_make(body.ptr + start, body.len - start);
	while (text.len > 0 && is_white(text.ptr[text.len - 1]))
		text.len--;
	start = 0;
	skip_white(text, &start);
	if (start == text.len)
		return err_set(err, ERR_INPUT, "the body is empty, expected %s as JSON", what);
	value = slice_make(text.ptr + start, text.len - start);
	if (value.ptr[0] == '[') {
		if (array_check(value, err) < 0)
			return -1;
		form = BODY_ARRAY;
		start++;
	} else if (value.ptr[0] == '{') {
		form = object_form(value);
	}
	b = mem_zalloc(sizeof *b);
	if (b == NULL)
		return err_set(err, ERR_NOMEM, "no memory to read %s", what);
	b->text = text;
	b->pos = form == BODY_LINES ? 0 : start;
	b->form = form;
	*items_r = b;
	return 0;
}

void
json_items_free(struct json_items *b)
{
	mem_free(b);
}

static void
say_where(const struct json_items *b, char where[JSON_ITEMS_WHERE_MAX])
{
	(void)snprintf(where, JSON_ITEMS_WHERE_MAX, "%s %" PRIu64,
	    b->form == BODY_ARRAY ? "item" : "line", b->number);
}

bool
json_items_next(struct json_items *b, struct slice *text_r, char where[JSON_ITEMS_WHERE_MAX])
{
	size_t start;

	where[0] = '\0';
	switch (b->form) {
	case BODY_ONE:
		*text_r = slice_make(b->text.ptr + b->pos, b->text.len - b->pos);
		b->pos = b->text.len;
		return text_r->len > 0;
	case BODY_ARRAY:
		skip_white(b->text, &b->pos);
		if (b->pos >= b->text.len || (b->number == 0 && b->text.ptr[b->pos] == ']'))
			return false;
		start = b->pos;
		(void)skip_value(b->text, &b->pos);
		*text_r = slice_trim(slice_make(b->text.ptr + start, b->pos - start));
		skip_white(b->text, &b->pos);
		/* behind the comma, or behind everything */
		b->pos = b->text.ptr[b->pos] == ',' ? b->pos + 1 : b->text.len;
		b->number++;
		say_where(b, where);
		return true;
	case BODY_LINES:
		while (b->pos < b->text.len) {
			const char *at = b->text.ptr + b->pos;
			const char *lf = memchr(at, '\n', b->text.len - b->pos);
			size_t len = lf == NULL ? b->text.len - b->pos : (size_t)(lf - at);
			b->pos += len + (lf == NULL ? 0 : 1);
			b->number++;
			*text_r = slice_trim(slice_make(at, len));
			if (text_r->len > 0) {
				say_where(b, where);
				return true;
			}
		}
		return false;
	}
	return false;
}

bool
json_items_is_over(const struct json_items *b)
{
	return b->pos >= b->text.len;
}
