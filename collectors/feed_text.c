#include "collectors/feed_internal.h"

#include <assert.h>

#include <libxml/uri.h>

#include "collectors/charset.h"
#include "collectors/html.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"

#define URI_MAX POST_ID_MAX
#define DATE_MIN_MS INT64_C(631152000000)
#define DATE_MAX_MS INT64_C(7258118400000)

static int
nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for the texts of a feed");
}

/* Line ends as '\n', no control characters; otherwise as it is. */
static struct slice
plain_text(struct slice raw, struct arena *a)
{
	char *out = arena_alloc(a, raw.len + 1);
	size_t len = 0;

	if (out == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)raw.ptr[i];
		if (c == '\r') {
			if (i + 1 < raw.len && raw.ptr[i + 1] == '\n')
				continue;
			c = '\n';
		}
		out[len++] = c < 0x20 && c != '\n' && c != '\t' ? ' ' : (char)c;
	}
	out[len] = '\0';
	return slice_trim(slice_make(out, len));
}

int
feed_text(struct slice raw, enum feed_markup markup, struct arena *a, struct slice *text_r,
    bool *is_cut, struct err *err)
{
	struct slice text;
	bool was_cut = false;

	raw = charset_fix_double(a, slice_trim(raw));
	if (raw.len == 0)
		return 0;
	if (markup == FEED_GUESS)
		markup = html_is_likely(raw) ? FEED_HTML : FEED_PLAIN;
	if (markup == FEED_HTML) {
		if (html_to_text(raw, POST_TEXT_MAX, a, &text, &was_cut, err) < 0)
			return -1;
	} else {
		struct slice start = utf8_prefix(raw, POST_TEXT_MAX);
		was_cut = start.len < raw.len;
		text = plain_text(start, a);
	}
	if (!slice_is_set(text))
		return nomem(err);
	if (text.len > 0)
		*text_r = text;
	*is_cut |= was_cut;
	return 0;
}

int
feed_line(struct slice raw, enum feed_markup markup, struct arena *a, struct slice *line_r,
    struct err *err)
{
	struct slice text = SLICE_NONE;
	bool is_cut = false;
	char *out;
	size_t len = 0;

	if (feed_text(raw, markup, a, &text, &is_cut, err) < 0)
		return -1;
	if (!slice_is_set(text))
		return 0;
	out = arena_alloc(a, text.len + 1);
	if (out == NULL)
		return nomem(err);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '\n' || c == '\t')
			c = ' ';
		if (c != ' ' || (len > 0 && out[len - 1] != ' '))
			out[len++] = c;
	}
	out[len] = '\0';
	*line_r = slice_make(out, len);
	return 0;
}

static bool
is_address(struct slice s)
{
	const char *at = s.len > 0 ? memchr(s.ptr, '@', s.len) : NULL;

	return at != NULL && at > s.ptr && at < s.ptr + s.len - 1 &&
	    memchr(s.ptr, ' ', s.len) == NULL;
}

int
feed_person(
    struct slice raw, struct arena *a, struct slice *name_r, struct slice *email_r, struct err *err)
{
	static const char brackets[] = "(<";
	struct slice line = SLICE_NONE;

	/* an address in angle brackets is no tag */
	if (slice_starts_with(slice_trim(raw), "<") || raw.len == 0 ||
	    memchr(raw.ptr, '@', raw.len) == NULL) {
		if (feed_line(raw, FEED_GUESS, a, &line, err) < 0)
			return -1;
	} else if (feed_line(raw, FEED_PLAIN, a, &line, err) < 0)
		return -1;
	if (!slice_is_set(line))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		const char *open = memchr(line.ptr, brackets[i], line.len);
		char last = line.ptr[line.len - 1];
		if (open == NULL || (last != ')' && last != '>'))
			continue;
		struct slice outer = slice_trim(slice_make(line.ptr, (size_t)(open - line.ptr)));
		struct slice inner =
		    slice_trim(slice_make(open + 1, (size_t)(line.ptr + line.len - open) - 2));
		if (is_address(outer) && inner.len > 0) {
			*email_r = outer;
			*name_r = inner;
			return 0;
		}
		if (is_address(inner)) {
			*email_r = inner;
			*name_r = outer.len > 0 ? outer : inner;
			return 0;
		}
	}
	*name_r = line;
	if (is_address(line))
		*email_r = line;
	return 0;
}

int64_t
feed_date(struct slice s)
{
	int64_t at_ms;

	s = slice_trim(s);
	if (s.len == 0 || s.len > 100)
		return TIME_UNKNOWN;
	if (!time_parse_rfc3339(s, &at_ms) && !time_parse_rfc822(s, &at_ms))
		return TIME_UNKNOWN;
	/* the same bounds as for every post: before 1990 or behind 2200 it is a slip */
	return at_ms < DATE_MIN_MS || at_ms > DATE_MAX_MS ? TIME_UNKNOWN : at_ms;
}

static bool
is_scheme_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '+' || c == '-' || c == '.';
}

bool
feed_is_absolute(struct slice uri)
{
	size_t i = 0;
	struct slice scheme, rest;

	while (i < uri.len && is_scheme_char(uri.ptr[i]))
		i++;
	if (i < 2 || i + 1 >= uri.len || uri.ptr[i] != ':')
		return false;
	for (size_t k = i; k < uri.len; k++)
		if ((unsigned char)uri.ptr[k] <= ' ')
			return false;
	scheme = slice_make(uri.ptr, i);
	rest = slice_make(uri.ptr + i + 1, uri.len - i - 1);
	return slice_starts_with(rest, "//") || slice_eq_nocase(scheme, SLICE_LIT("tag")) ||
	    slice_eq_nocase(scheme, SLICE_LIT("urn"));
}

struct slice
feed_resolve(struct slice uri, struct slice base, struct arena *a)
{
	char *uri_text, *base_text;
	xmlChar *built;
	struct slice made;

	uri = slice_trim(uri);
	if (!slice_is_set(uri) || uri.len == 0 || feed_is_absolute(uri) || uri.len > URI_MAX ||
	    !feed_is_absolute(base) || base.len > URI_MAX || slice_starts_with(uri, "mailto:"))
		return arena_slice_dup(a, uri);
	uri_text = arena_strndup(a, uri.ptr, uri.len);
	base_text = arena_strndup(a, base.ptr, base.len);
	if (uri_text == NULL || base_text == NULL)
		return SLICE_NONE;
	for (char *p = uri_text; *p != '\0'; p++)
		if (*p == ' ')
			*p = '+'; /* libxml2 refuses a space; few links have one */
	built = xmlBuildURI((const xmlChar *)uri_text, (const xmlChar *)base_text);
	if (built == NULL)
		return arena_slice_dup(a, uri);
	made = arena_slice_dup(a, slice_of((const char *)built));
	xmlFree(built);
	return made;
}
