/*
 * Before libxml2 sees a feed, one pass takes out what would trouble it: entities are decoded here
 * (HTML's names included), the document type goes (and with it everything that could be expanded or
 * loaded), stray '<' and '&' are escaped.  It also counts attributes, because libxml2 2.9 compares
 * each with all before it.
 */
#include "collectors/feed_internal.h"

#include "collectors/html.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"

/* Escaping may lengthen a document, but not by more than this. */
#define CLEAN_SLACK_BYTES (1024 * 1024)

struct clean {
	struct slice in;
	size_t pos;
	struct buf out;
	bool in_tag;
	char quote; /* within an attribute's value: the quote that ends it; 0: not within one */
	size_t attributes;
};

static bool
starts_at(const struct clean *c, const char *text)
{
	return slice_starts_with(slice_make(c->in.ptr + c->pos, c->in.len - c->pos), text);
}

/* The position behind the next `end` from `from` on, or the end of the input. */
static size_t
behind(const struct clean *c, size_t from, const char *end)
{
	const char *found = NULL;

	if (from < c->in.len)
		found = memmem(c->in.ptr + from, c->in.len - from, end, strlen(end));
	return found == NULL ? c->in.len : (size_t)(found - c->in.ptr) + strlen(end);
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	    (unsigned char)c >= 0x80;
}

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The name of the first general entity that the document type declares; SLICE_NONE: none. Parameter
 * entities ("<!ENTITY % x") were the custom of RSS 1.0 and mean nothing once the rest is dropped.
 */
static struct slice
declared_entity(struct slice doctype)
{
	size_t pos = 0;

	while (pos < doctype.len) {
		const char *found =
		    memmem(doctype.ptr + pos, doctype.len - pos, "<!ENTITY", strlen("<!ENTITY"));
		if (found == NULL)
			break;
		pos = (size_t)(found - doctype.ptr) + strlen("<!ENTITY");
		while (pos < doctype.len && is_white(doctype.ptr[pos]))
			pos++;
		size_t start = pos;
		while (pos < doctype.len && !is_white(doctype.ptr[pos]))
			pos++;
		if (start < doctype.len && doctype.ptr[start] != '%')
			return slice_make(doctype.ptr + start, pos - start);
	}
	return SLICE_NONE;
}

/* Behind "<!DOCTYPE ... [ ... ]>"; quotes are minded only as far as needed to find the bracket's
 * end. */
static int
skip_doctype(struct clean *c, struct err *err)
{
	size_t at = c->pos + strlen("<!DOCTYPE");
	bool in_subset = false;
	struct slice entity;

	for (; at < c->in.len; at++) {
		char ch = c->in.ptr[at];
		if (ch == '"' || ch == '\'') {
			const char *close = memchr(c->in.ptr + at + 1, ch, c->in.len - at - 1);
			if (close != NULL)
				at = (size_t)(close - c->in.ptr);
		} else if (ch == '[')
			in_subset = true;
		else if (ch == ']')
			in_subset = false;
		else if (ch == '>' && !in_subset)
			break;
	}
	if (at < c->in.len)
		at++;
	entity = declared_entity(slice_make(c->in.ptr + c->pos, at - c->pos));
	if (slice_is_set(entity))
		return err_set(err, ERR_INPUT,
		    "the feed declares an entity of its own ('%.*s'), which is not accepted",
		    (int)(entity.len > 40 ? 40 : entity.len), entity.ptr);
	c->pos = at;
	return 0;
}

/* Characters XML does not allow are left out. */
static void
put_raw(struct clean *c, size_t end)
{
	size_t run = c->pos;

	for (size_t i = c->pos; i < end; i++) {
		unsigned char ch = (unsigned char)c->in.ptr[i];
		size_t drop = 0;
		if (ch < 0x20 && !is_white((char)ch))
			drop = 1;
		else if (ch == 0xEF && end - i >= 3 && (unsigned char)c->in.ptr[i + 1] == 0xBF &&
		    (unsigned char)c->in.ptr[i + 2] >= 0xBE)
			drop = 3; /* U+FFFE, U+FFFF */
		if (drop == 0)
			continue;
		buf_add(&c->out, c->in.ptr + run, i - run);
		run = i + drop;
		i = run - 1;
	}
	if (end > run)
		buf_add(&c->out, c->in.ptr + run, end - run);
	c->pos = end;
}

static void
put_reference(struct clean *c)
{
	uint32_t cp = 0;
	size_t used = html_entity_decode(c->in, c->pos, &cp);
	char bytes[4];

	if (used == 0) {
		buf_add_str(&c->out, "&amp;");
		c->pos++;
		return;
	}
	c->pos += used;
	if (cp == '&' || cp == '<' || cp == '>' || cp == '"' || cp == '\'')
		buf_addf(&c->out, "&#%u;", (unsigned)cp);
	else if (cp == '\t' || cp == '\n' || cp == '\r')
		buf_addf(&c->out, "&#%u;", (unsigned)cp);
	else if (cp >= 0x20 && cp != 0xFFFE && cp != 0xFFFF)
		buf_add(&c->out, bytes, utf8_encode(cp, bytes));
}

/* At '<' outside of tags. */
static int
open_angle(struct clean *c, struct err *err)
{
	char next = c->pos + 1 < c->in.len ? c->in.ptr[c->pos + 1] : ' ';

	if (starts_at(c, "<!--")) {
		c->pos = behind(c, c->pos + 4, "-->");
		return 0;
	}
	if (starts_at(c, "<![CDATA[")) {
		put_raw(c, behind(c, c->pos, "]]>"));
		return 0;
	}
	if (next == '?') {
		c->pos = behind(c, c->pos, "?>");
		return 0;
	}
	if (c->in.len - c->pos >= 9 &&
	    slice_eq_nocase(slice_make(c->in.ptr + c->pos, 9), SLICE_LIT("<!DOCTYPE")))
		return skip_doctype(c, err);
	if (is_name_start(next) || next == '/') {
		c->in_tag = true;
		c->quote = 0;
		c->attributes = 0;
		put_raw(c, c->pos + 1);
		return 0;
	}
	buf_add_str(&c->out, "&lt;");
	c->pos++;
	return 0;
}

static int
within_tag(struct clean *c, struct err *err)
{
	char ch = c->in.ptr[c->pos];

	if (c->quote != 0) {
		if (ch == c->quote)
			c->quote = 0;
		else if (ch == '<') {
			buf_add_str(&c->out, "&lt;");
			c->pos++;
			return 0;
		}
	} else if (ch == '>')
		c->in_tag = false;
	else if (ch == '=' && ++c->attributes > FEED_ATTRIBUTES_MAX)
		return err_set(err, ERR_LIMIT, "an element of the feed has more than %d attributes",
		    FEED_ATTRIBUTES_MAX);
	else if ((ch == '"' || ch == '\'') &&
	    memchr(c->in.ptr + c->pos + 1, ch, c->in.len - c->pos - 1) != NULL)
		c->quote = ch;
	put_raw(c, c->pos + 1);
	return 0;
}

int
feed_clean(struct slice in, struct arena *a, struct slice *xml_r, struct err *err)
{
	struct clean c = {.in = in};
	int rc = -1;

	buf_init(&c.out, 2 * in.len + CLEAN_SLACK_BYTES);
	while (c.pos < in.len && !buf_failed(&c.out)) {
		char ch = in.ptr[c.pos];
		size_t end;
		if (ch == '&') {
			put_reference(&c);
			continue;
		}
		if (c.in_tag) {
			if (within_tag(&c, err) < 0)
				goto out;
			continue;
		}
		if (ch == '<') {
			if (open_angle(&c, err) < 0)
				goto out;
			continue;
		}
		for (end = c.pos + 1; end < in.len && in.ptr[end] != '<' && in.ptr[end] != '&';)
			end++;
		put_raw(&c, end);
	}
	if (buf_failed(&c.out)) {
		err_set(err, ERR_NOMEM, "no memory to clean a feed of %zu bytes", in.len);
		goto out;
	}
	*xml_r = arena_slice_dup(a, buf_slice(&c.out));
	if (!slice_is_set(*xml_r)) {
		err_set(err, ERR_NOMEM, "no memory to clean a feed of %zu bytes", in.len);
		goto out;
	}
	rc = 0;
out:
	buf_fini(&c.out);
	return rc;
}
