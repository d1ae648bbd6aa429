/*
 * The items are found by a scan that knows strings and brackets and nothing else, so that a body of
 * any size is parsed one post at a time and a broken item costs only itself.
 */
#include "collectors/posts_body.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "collectors/collector.h"
#include "core/err.h"
#include "core/mem.h"

enum body_form {
	BODY_ONE,
	BODY_ARRAY,
	BODY_LINES
};

struct posts_body {
	struct slice text;
	size_t pos;
	uint64_t number; /* of the last line or item */
	int64_t now_ms;
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
posts_body_new(struct slice body, int64_t now_ms, struct posts_body **b_r, struct err *err)
{
	struct posts_body *b;
	size_t start = 0;
	enum body_form form = BODY_LINES;

	if (slice_starts_with(body, "\xEF\xBB\xBF"))
		start = 3;
	struct slice text = slice_make(body.ptr + start, body.len - start);
	while (text.len > 0 && is_white(text.ptr[text.len - 1]))
		text.len--;
	start = 0;
	skip_white(text, &start);
	if (start == text.len)
		return err_set(err, ERR_INPUT, "the body is empty, expected posts as JSON");
	struct slice value = slice_make(text.ptr + start, text.len - start);
	if (value.ptr[0] == '[') {
		if (array_check(value, err) < 0)
			return -1;
		form = BODY_ARRAY;
		start++;
	} else if (value.ptr[0] == '{')
		form = object_form(value);
	b = mem_zalloc(sizeof(*b));
	if (b == NULL)
		return err_set(err, ERR_NOMEM, "no memory to read posts");
	b->text = text;
	b->pos = form == BODY_LINES ? 0 : start;
	b->now_ms = now_ms;
	b->form = form;
	*b_r = b;
	return 0;
}

void
posts_body_free(struct posts_body *b)
{
	mem_free(b);
}

int
posts_body_add(
    struct page *p, struct slice text, int64_t now_ms, const char *where, struct err *err)
{
	struct err why;
	size_t repaired = 0;
	struct post parsed;
	struct post *post;

	if (post_parse(text, p->arena, now_ms, &parsed, &repaired, &why) < 0) {
		if (why.kind == ERR_NOMEM) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		if (where[0] != '\0')
			page_reject(p, text, "%s: %s", where, why.text);
		else
			page_reject(p, text, "%s", why.text);
		return 0;
	}
	post = page_add(p);
	if (post == NULL)
		return err_set(err, ERR_NOMEM, "no memory for another post");
	*post = parsed;
	p->repaired += repaired;
	return 1;
}

/* The next item's text; false at the end. */
static bool
item_next(struct posts_body *b, struct slice *text_r)
{
	size_t start;

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
		return true;
	case BODY_LINES:
		while (b->pos < b->text.len) {
			const char *at = b->text.ptr + b->pos;
			const char *lf = memchr(at, '\n', b->text.len - b->pos);
			size_t len = lf == NULL ? b->text.len - b->pos : (size_t)(lf - at);
			b->pos += len + (lf == NULL ? 0 : 1);
			b->number++;
			*text_r = slice_trim(slice_make(at, len));
			if (text_r->len > 0)
				return true;
		}
		return false;
	}
	return false;
}

int
posts_body_next(struct posts_body *b, struct page *p, size_t *seen_r, struct err *err)
{
	struct slice text;

	while (!page_is_full(p)) {
		char where[48] = "";
		if (!item_next(b, &text))
			return 0;
		if (b->form != BODY_ONE)
			(void)snprintf(where, sizeof(where), "%s %" PRIu64,
			    b->form == BODY_ARRAY ? "item" : "line", b->number);
		if (posts_body_add(p, text, b->now_ms, where, err) < 0)
			return -1;
		if (seen_r != NULL)
			(*seen_r)++;
	}
	return b->pos < b->text.len ? 1 : 0;
}

int
posts_parse_body(struct slice body, int64_t now_ms, struct page *p, size_t *seen_r, struct err *err)
{
	struct posts_body *b = NULL;
	size_t seen = 0;
	int rc;

	if (posts_body_new(body, now_ms, &b, err) < 0)
		return -1;
	rc = posts_body_next(b, p, &seen, err);
	posts_body_free(b);
	if (rc > 0)
		return err_set(err, ERR_LIMIT, "more than %zu posts at once", seen);
	if (rc == 0 && seen_r != NULL)
		*seen_r = seen;
	return rc;
}
