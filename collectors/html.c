/*
 * A scanner of our own rather than libxml2's HTML parser, from which only the table of entities is
 * used: that parser compares each attribute with all before it and walks its whole stack for each
 * end tag, so that one megabyte made for the purpose costs minutes, and text needs neither a tree
 * nor a repaired nesting.
 *
 * Output is lazy: white space and line breaks are noted and written when the next visible character
 * comes, so nothing has to be trimmed afterwards.  Each look-ahead (for a closing quote, an end
 * tag) either finds what it looks for and moves on behind it, or fails once and is not tried again:
 * that is what keeps the time linear.
 */
#include "collectors/html.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"

#define TAG_NAME_MAX 15
#define ATTR_VALUE_MAX 2048 /* of href and alt; longer ones are taken as absent */

enum tag_kind {
	TAG_OTHER,
	TAG_BLOCK,
	TAG_BREAK,
	TAG_CELL,
	TAG_PRE, /* a block that keeps its line breaks */
	TAG_LINK,
	TAG_SPAN,
	TAG_IMAGE,
	TAG_RAW, /* no markup inside; without an end it takes all the rest */
	TAG_DROP, /* markup inside, nothing to read */
};

static const struct tag {
	const char *name;
	enum tag_kind kind;
} tags[] = {
    {"a", TAG_LINK},
    {"address", TAG_BLOCK},
    {"article", TAG_BLOCK},
    {"aside", TAG_BLOCK},
    {"blockquote", TAG_BLOCK},
    {"br", TAG_BREAK},
    {"caption", TAG_BLOCK},
    {"dd", TAG_BLOCK},
    {"details", TAG_BLOCK},
    {"div", TAG_BLOCK},
    {"dl", TAG_BLOCK},
    {"dt", TAG_BLOCK},
    {"figcaption", TAG_BLOCK},
    {"figure", TAG_BLOCK},
    {"footer", TAG_BLOCK},
    {"form", TAG_BLOCK},
    {"h1", TAG_BLOCK},
    {"h2", TAG_BLOCK},
    {"h3", TAG_BLOCK},
    {"h4", TAG_BLOCK},
    {"h5", TAG_BLOCK},
    {"h6", TAG_BLOCK},
    {"head", TAG_DROP},
    {"header", TAG_BLOCK},
    {"hr", TAG_BLOCK},
    {"iframe", TAG_RAW},
    {"img", TAG_IMAGE},
    {"li", TAG_BLOCK},
    {"main", TAG_BLOCK},
    {"nav", TAG_BLOCK},
    {"noscript", TAG_DROP},
    {"object", TAG_DROP},
    {"ol", TAG_BLOCK},
    {"option", TAG_BLOCK},
    {"p", TAG_BLOCK},
    {"pre", TAG_PRE},
    {"script", TAG_RAW},
    {"section", TAG_BLOCK},
    {"span", TAG_SPAN},
    {"style", TAG_RAW},
    {"summary", TAG_BLOCK},
    {"svg", TAG_DROP},
    {"table", TAG_BLOCK},
    {"td", TAG_CELL},
    {"template", TAG_DROP},
    {"th", TAG_CELL},
    {"title", TAG_RAW},
    {"tr", TAG_BLOCK},
    {"ul", TAG_BLOCK},
};

#define TAG_COUNT (sizeof(tags) / sizeof(tags[0]))

struct scan {
	struct slice in;
	size_t pos;
	struct buf out;
	size_t max;
	bool is_cut;
	/* noted, written before the next visible character */
	bool has_space;
	unsigned breaks;
	unsigned pre_depth;
	unsigned hidden_depth; /* inside <span class="invisible">, counting spans */
	/* the link that is open */
	bool in_link, link_is_shortened;
	struct slice link_href; /* still encoded */
	size_t link_mark;
	bool link_mark_space;
	unsigned link_mark_breaks;
	bool has_no_end[TAG_COUNT]; /* looked for this end tag and found none */
	bool has_no_close; /* no '>' in the rest */
};

/* --- characters ----------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* --- output --------------------------------------------------------------- */

static void
add(struct scan *s, const char *bytes, size_t len)
{
	if (s->out.len + len > s->max) {
		s->is_cut = true;
		return;
	}
	buf_add(&s->out, bytes, len);
}

static void
put_visible(struct scan *s, const char *bytes, size_t len)
{
	if (s->out.len > 0) {
		if (s->breaks > 0)
			add(s, "\n\n", s->breaks);
		else if (s->has_space)
			add(s, " ", 1);
	}
	s->breaks = 0;
	s->has_space = false;
	if (!s->is_cut)
		add(s, bytes, len);
}

static void
break_block(struct scan *s)
{
	if (s->breaks == 0)
		s->breaks = 1;
	s->hidden_depth = 0;
}

static void
break_line(struct scan *s)
{
	if (s->breaks < 2)
		s->breaks++;
}

static void
put_code_point(struct scan *s, uint32_t cp)
{
	char bytes[4];

	if (cp == '\n' && s->pre_depth > 0)
		break_line(s);
	else if (cp <= 0x20 || cp == 0x7F || cp == 0xA0)
		s->has_space = true;
	else if (cp != 0xAD && cp != 0xFEFF) /* soft hyphens would split words for the matcher */
		put_visible(s, bytes, utf8_encode(cp, bytes));
}

/* Text with references, as between tags or in an attribute. */
static void
put_text(struct scan *s, struct slice text)
{
	size_t i = 0;

	while (i < text.len && !s->is_cut) {
		uint32_t cp;
		size_t used = 0;
		if (text.ptr[i] == '&')
			used = html_entity_decode(text, i, &cp);
		if (used > 0)
			i += used;
		else
			cp = utf8_next(text, &i);
		put_code_point(s, cp);
	}
}

/* --- tags ----------------------------------------------------------------- */

struct tag_seen {
	size_t index; /* in tags; TAG_COUNT: none we know */
	struct slice href, alt, class_names;
};

static enum tag_kind
tag_kind(const struct tag_seen *t)
{
	return t->index == TAG_COUNT ? TAG_OTHER : tags[t->index].kind;
}

static size_t
tag_find(struct slice name)
{
	char lower[TAG_NAME_MAX + 1];
	size_t low = 0, high = TAG_COUNT;

	if (name.len > TAG_NAME_MAX)
		return TAG_COUNT;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = to_lower(name.ptr[i]);
	lower[name.len] = '\0';
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(lower, tags[middle].name);
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return TAG_COUNT;
}

static struct slice
read_name(struct slice in, size_t *pos)
{
	size_t start = *pos;

	while (*pos < in.len && !is_white(in.ptr[*pos]) && in.ptr[*pos] != '/' &&
	    in.ptr[*pos] != '>' && in.ptr[*pos] != '=')
		(*pos)++;
	return slice_make(in.ptr + start, *pos - start);
}

static void
skip_white(struct slice in, size_t *pos)
{
	while (*pos < in.len && is_white(in.ptr[*pos]))
		(*pos)++;
}

/* The value behind '='.  A quote that is never closed is an ordinary character. */
static struct slice
read_value(struct slice in, size_t *pos)
{
	size_t start = *pos;
	const char *close = NULL;

	if (start < in.len && (in.ptr[start] == '"' || in.ptr[start] == '\''))
		close = memchr(in.ptr + start + 1, in.ptr[start], in.len - start - 1);
	if (close != NULL) {
		*pos = (size_t)(close - in.ptr) + 1;
		return slice_make(in.ptr + start + 1, *pos - start - 2);
	}
	while (*pos < in.len && !is_white(in.ptr[*pos]) && in.ptr[*pos] != '>')
		(*pos)++;
	return slice_make(in.ptr + start, *pos - start);
}

/* Reads from the name on to behind '>'.  False when the input ends before; *pos is then anywhere.
 */
static bool
read_tag(struct slice in, size_t *pos, struct tag_seen *t)
{
	*t = (struct tag_seen){tag_find(read_name(in, pos)), SLICE_NONE, SLICE_NONE, SLICE_NONE};
	while (*pos < in.len) {
		struct slice name, value = SLICE_NONE;
		skip_white(in, pos);
		if (*pos >= in.len)
			return false;
		if (in.ptr[*pos] == '>') {
			(*pos)++;
			return true;
		}
		if (in.ptr[*pos] == '/' || in.ptr[*pos] == '=') {
			(*pos)++;
			continue;
		}
		name = read_name(in, pos);
		skip_white(in, pos);
		if (*pos < in.len && in.ptr[*pos] == '=') {
			(*pos)++;
			skip_white(in, pos);
			value = read_value(in, pos);
		}
		if (slice_eq_nocase(name, SLICE_LIT("href")) && !slice_is_set(t->href))
			t->href = value;
		else if (slice_eq_nocase(name, SLICE_LIT("alt")) && !slice_is_set(t->alt))
			t->alt = value;
		else if (slice_eq_nocase(name, SLICE_LIT("class")))
			t->class_names = value;
	}
	return false;
}

static bool
has_class(struct slice names, const char *wanted, bool as_prefix)
{
	size_t pos = 0;

	while (pos < names.len) {
		size_t start;
		skip_white(names, &pos);
		for (start = pos; pos < names.len && !is_white(names.ptr[pos]);)
			pos++;
		struct slice one = slice_make(names.ptr + start, pos - start);
		if (as_prefix ? slice_starts_with(one, wanted) : slice_eq_str(one, wanted))
			return true;
	}
	return false;
}

static bool
is_web_address(struct slice s)
{
	return s.len <= ATTR_VALUE_MAX &&
	    (slice_starts_with(s, "https://") || slice_starts_with(s, "http://"));
}

static void
link_end(struct scan *s)
{
	if (!s->in_link)
		return;
	s->in_link = false;
	s->hidden_depth = 0;
	if (!s->link_is_shortened || !is_web_address(s->link_href) || s->is_cut)
		return;
	s->out.len = s->link_mark;
	s->has_space = s->link_mark_space;
	s->breaks = s->link_mark_breaks;
	put_text(s, s->link_href);
}

static void
link_begin(struct scan *s, struct slice href)
{
	link_end(s);
	s->in_link = true;
	s->link_is_shortened = false;
	s->link_href = href;
	s->link_mark = s->out.len;
	s->link_mark_space = s->has_space;
	s->link_mark_breaks = s->breaks;
}

/* Moves behind "</name ...>"; false when there is no such end tag. */
static bool
skip_element(struct scan *s, size_t index)
{
	const char *name = tags[index].name;
	size_t len = strlen(name);
	size_t at = s->pos;

	if (s->has_no_end[index])
		return false;
	for (;;) {
		const char *lt =
		    at < s->in.len ? memchr(s->in.ptr + at, '<', s->in.len - at) : NULL;
		if (lt == NULL || (size_t)(s->in.ptr + s->in.len - lt) < len + 2) {
			s->has_no_end[index] = true;
			return false;
		}
		at = (size_t)(lt - s->in.ptr) + 1;
		if (s->in.ptr[at] == '/' &&
		    slice_eq_nocase(slice_make(s->in.ptr + at + 1, len), slice_make(name, len)))
			break;
	}
	const char *close = memchr(s->in.ptr + at, '>', s->in.len - at);
	s->pos = close == NULL ? s->in.len : (size_t)(close - s->in.ptr) + 1;
	return true;
}

static void
start_tag(struct scan *s, const struct tag_seen *t)
{
	switch (tag_kind(t)) {
	case TAG_BLOCK: break_block(s); break;
	case TAG_BREAK: break_line(s); break;
	case TAG_CELL: s->has_space = true; break;
	case TAG_PRE:
		break_block(s);
		s->pre_depth++;
		break;
	case TAG_LINK: link_begin(s, t->href); break;
	case TAG_SPAN:
		if (s->hidden_depth > 0)
			s->hidden_depth++;
		else if (has_class(t->class_names, "invisible", false)) {
			s->hidden_depth = 1;
			s->link_is_shortened = true;
		}
		break;
	case TAG_IMAGE:
		if (t->alt.len <= ATTR_VALUE_MAX &&
		    (has_class(t->class_names, "emoji", true) ||
			has_class(t->class_names, "wp-smiley", false)))
			put_text(s, t->alt);
		break;
	case TAG_RAW:
		if (!skip_element(s, t->index))
			s->pos = s->in.len;
		break;
	case TAG_DROP: (void)skip_element(s, t->index); break;
	case TAG_OTHER: break;
	}
}

static void
end_tag(struct scan *s, const struct tag_seen *t)
{
	switch (tag_kind(t)) {
	case TAG_BLOCK: break_block(s); break;
	case TAG_BREAK: break_line(s); break; /* </br> is a <br> to browsers */
	case TAG_CELL: s->has_space = true; break;
	case TAG_PRE:
		break_block(s);
		if (s->pre_depth > 0)
			s->pre_depth--;
		break;
	case TAG_LINK: link_end(s); break;
	case TAG_SPAN:
		if (s->hidden_depth > 0)
			s->hidden_depth--;
		break;
	case TAG_IMAGE:
	case TAG_RAW:
	case TAG_DROP:
	case TAG_OTHER: break;
	}
}

/* Behind the next `end`, or to the end of the input. */
static void
skip_to(struct scan *s, const char *end)
{
	const char *found = memmem(s->in.ptr + s->pos, s->in.len - s->pos, end, strlen(end));

	s->pos = found == NULL ? s->in.len : (size_t)(found - s->in.ptr) + strlen(end);
}

/* At '<'.  False when it is only a character. */
static bool
markup(struct scan *s)
{
	struct slice rest = slice_make(s->in.ptr + s->pos, s->in.len - s->pos);
	struct tag_seen t;
	size_t pos = s->pos + 1;
	bool is_end;

	if (slice_starts_with(rest, "<!--")) {
		skip_to(s, "-->");
		return true;
	}
	if (slice_starts_with(rest, "<![CDATA[")) {
		s->pos += strlen("<![CDATA[");
		return true;
	}
	if (s->has_no_close)
		return false;
	if (rest.len >= 2 && (rest.ptr[1] == '!' || rest.ptr[1] == '?')) {
		s->has_no_close = memchr(rest.ptr, '>', rest.len) == NULL;
		if (!s->has_no_close)
			skip_to(s, ">");
		return !s->has_no_close;
	}
	is_end = pos < s->in.len && s->in.ptr[pos] == '/';
	if (is_end)
		pos++;
	if (pos >= s->in.len || !is_letter(s->in.ptr[pos]))
		return false;
	if (!read_tag(s->in, &pos, &t)) {
		s->has_no_close = memchr(rest.ptr, '>', rest.len) == NULL;
		if (s->has_no_close)
			return false;
		pos = s->in.len;
	}
	s->pos = pos;
	if (is_end)
		end_tag(s, &t);
	else
		start_tag(s, &t);
	return true;
}

static void
scan_run(struct scan *s)
{
	while (s->pos < s->in.len && !s->is_cut && !buf_failed(&s->out)) {
		const char *at = s->in.ptr + s->pos;
		const char *lt;
		size_t len;

		if (*at == '<' && markup(s))
			continue;
		/* at least the '<' that was only a character */
		lt = memchr(at + 1, '<', s->in.len - s->pos - 1);
		len = lt == NULL ? s->in.len - s->pos : (size_t)(lt - at);
		if (s->hidden_depth == 0)
			put_text(s, slice_make(at, len));
		s->pos += len;
	}
	link_end(s);
}

int
html_to_text(struct slice html, size_t max_bytes, struct arena *a, struct slice *text_r,
    bool *is_cut_r, struct err *err)
{
	struct scan s = {.max = max_bytes};
	struct slice text = SLICE_NONE;
	int rc = -1;

	/* a code point is added whole, hence the slack of none */
	buf_init(&s.out, max_bytes + 1);
	s.in = html.len == 0 ? SLICE_LIT("") : utf8_repair(a, html, NULL);
	if (!slice_is_set(s.in))
		goto nomem;
	scan_run(&s);
	if (buf_failed(&s.out))
		goto nomem;
	text = arena_slice_dup(a, slice_make(buf_str(&s.out), s.out.len));
	if (!slice_is_set(text))
		goto nomem;
	*text_r = text;
	if (is_cut_r != NULL)
		*is_cut_r = s.is_cut;
	rc = 0;
	goto out;
nomem:
	err_set(err, ERR_NOMEM, "no memory for the text of an HTML fragment");
out:
	buf_fini(&s.out);
	return rc;
}
