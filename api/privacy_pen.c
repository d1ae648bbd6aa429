/*
 * privacy_pen.c - one page, two ways to write it: HTML for a browser, text for a terminal.
 */
#include "api/privacy_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#include "api/page_internal.h"

#define NESTING_MAX 4
#define SAID_MAX 400 /* bytes of a sentence of ours */
#define VALUE_MAX 160
#define KEY_MAX 64

extern const char embed_api_assets_page_css[], embed_api_assets_page_css_end[];
extern const char embed_api_assets_person_css[], embed_api_assets_person_css_end[];

static void
add(const struct pen *p, const char *html, const char *text)
{
	buf_add_str(p->b, p->is_html ? html : text);
}

/* ---- the frame ----------------------------------------------------------------- */

void
pen_begin(const struct pen *p, struct slice name)
{
	if (p->is_html) {
		buf_add_str(p->b,
		    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		    "<meta name=\"robots\" content=\"noindex\">"
		    "<meta name=\"referrer\" content=\"no-referrer\">"
		    "<title>Earshot: one person</title>\n<style>\n");
		buf_add(p->b, embed_api_assets_page_css,
		    (size_t)(embed_api_assets_page_css_end - embed_api_assets_page_css));
		buf_add(p->b, embed_api_assets_person_css,
		    (size_t)(embed_api_assets_person_css_end - embed_api_assets_person_css));
		buf_add_str(p->b, "</style></head>\n<body>\n<header><div class=\"wrap\"><h1>");
	}
	pen_words(p, name, PEN_NAME_MAX);
	add(p, "</h1><span class=\"meta\">", "\n");
}

void
pen_main(const struct pen *p)
{
	add(p, "</span></div></header><div class=\"wrap\"><main class=\"person\">\n", "\n");
}

void
pen_end(const struct pen *p)
{
	add(p, "</main></div></body></html>\n", "");
}

void
pen_section(const struct pen *p, const char *title, bool is_wide)
{
	if (p->is_html)
		buf_addf(p->b, "<section%s><h2><span class=\"name\">%s</span></h2>\n",
		    is_wide ? " class=\"wide\"" : "", title);
	else
		buf_addf(p->b, "\n%s\n", title);
}

void
pen_section_end(const struct pen *p)
{
	add(p, "</section>\n", "");
}

void
pen_caption(const struct pen *p)
{
	add(p, "<p class=\"source\">", "  (");
}

void
pen_caption_end(const struct pen *p)
{
	add(p, "</p>\n", ")\n");
}

void
pen_item(const struct pen *p)
{
	add(p, "<article>", "  ");
}

void
pen_item_end(const struct pen *p)
{
	add(p, "</article>\n", "\n");
}

/* ---- the timeline ---------------------------------------------------------------- */

/* "2026-11-21 10:00": of the minute, in UTC. */
static void
add_minute(struct buf *b, struct slice rfc3339)
{
	if (rfc3339.len >= 16)
		buf_addf(b, "%.10s %.5s", rfc3339.ptr, rfc3339.ptr + 11);
}

void
pen_line(const struct pen *p, int64_t at_ms, const char *kind, const char *tone)
{
	char at[TIME_TEXT_MAX];

	time_format_rfc3339(at_ms, at);
	if (p->is_html) {
		buf_addf(p->b, "<article class=\"line\"><time datetime=\"%s\">", at);
		add_minute(p->b, slice_of(at));
		buf_addf(p->b, "</time><span class=\"chip %s\">%s</span><span>", tone, kind);
		return;
	}
	buf_add_str(p->b, "  ");
	add_minute(p->b, slice_of(at));
	buf_addf(p->b, "  %-8s  ", kind);
}

void
pen_line_end(const struct pen *p)
{
	add(p, "</span></article>\n", "\n");
}

/* ---- tables ---------------------------------------------------------------------- */

void
pen_table(const struct pen *p, const char *const *heads, size_t count)
{
	if (!p->is_html)
		return;
	buf_add_str(p->b, "<table><thead><tr>");
	for (size_t i = 0; i < count; i++)
		buf_addf(p->b, "<th>%s</th>", heads[i]);
	buf_add_str(p->b, "</tr></thead><tbody>\n");
}

void
pen_row(const struct pen *p, struct slice label)
{
	add(p, "<tr><th>", "  ");
	pen_words(p, label, PEN_NAME_MAX);
	add(p, "</th>", "");
}

void
pen_cell(const struct pen *p, const char *head)
{
	if (p->is_html)
		buf_add_str(p->b, "<td>");
	else
		buf_addf(p->b, "  %s: ", head);
}

void
pen_cell_end(const struct pen *p)
{
	add(p, "</td>", "");
}

void
pen_row_end(const struct pen *p)
{
	add(p, "</tr>\n", "\n");
}

void
pen_table_end(const struct pen *p)
{
	add(p, "</tbody></table>\n", "");
}

/* ---- words ----------------------------------------------------------------------- */

/* Control characters, and marks that turn the direction of what follows. */
static bool
is_steering(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e ||
	    cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

static void
add_plain(struct buf *b, struct slice s)
{
	size_t at = 0;

	while (at < s.len) {
		size_t from = at;

		if (is_steering(utf8_next(s, &at)))
			buf_add_char(b, ' ');
		else
			buf_add(b, s.ptr + from, at - from);
	}
}

void
pen_words(const struct pen *p, struct slice s, size_t max)
{
	struct slice shown;

	if (p->is_html) {
		html_bdi(p->b, s, max);
		return;
	}
	shown = utf8_prefix(s, max);
	add_plain(p->b, shown);
	if (shown.len < s.len)
		buf_add_str(p->b, "…");
}

void
pen_say(const struct pen *p, const char *fmt, ...)
{
	char said[SAID_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof said, fmt, ap);
	va_end(ap);
	if (p->is_html)
		html_text(p->b, slice_of(said));
	else
		buf_add_str(p->b, said);
}

void
pen_strong(const struct pen *p, struct slice s)
{
	add(p, "<b>", "");
	pen_words(p, s, PEN_NAME_MAX);
	add(p, "</b>", "");
}

void
pen_quote(const struct pen *p, struct slice s, size_t max)
{
	buf_add_str(p->b, "“");
	pen_words(p, slice_trim(s), max);
	buf_add_str(p->b, "”");
}

void
pen_chip(const struct pen *p, struct slice s, const char *tone)
{
	if (p->is_html)
		buf_addf(p->b, " <span class=\"chip %s\">", tone);
	else
		buf_add_str(p->b, " [");
	pen_words(p, s, PEN_NAME_MAX);
	add(p, "</span>", "]");
}

void
pen_time(const struct pen *p, struct slice rfc3339)
{
	int64_t at_ms;

	if (!time_parse_rfc3339(rfc3339, &at_ms)) {
		pen_say(p, "never");
		return;
	}
	if (p->is_html)
		buf_addf(p->b, "<time datetime=\"%.*s\">", SLICE_ARG(rfc3339));
	add_minute(p->b, rfc3339);
	add(p, "</time>", "");
}

void
pen_why(const struct pen *p, struct slice post_id, struct slice rule_id)
{
	if (!p->is_html || post_id.len == 0)
		return;
	buf_add_str(p->b, " <small>");
	html_why(p->b, post_id, rule_id, "why");
	buf_add_str(p->b, "</small>");
}

/* ---- any value ------------------------------------------------------------------- */

static void
add_key(const struct pen *p, struct slice key)
{
	char name[KEY_MAX];
	struct slice shown = utf8_prefix(key, sizeof name);

	for (size_t i = 0; i < shown.len; i++)
		name[i] = shown.ptr[i] == '_' ? ' ' : shown.ptr[i];
	pen_words(p, slice_make(name, shown.len), sizeof name);
	pen_say(p, " ");
}

static bool
says_nothing(const struct json *v)
{
	return json_type(v) == JSON_NULL || (json_type(v) == JSON_STRING && json_str(v).len == 0);
}

static void
add_value(const struct pen *p, const struct json *v, int depth)
{
	const struct json *member;
	struct json_writer w;
	struct slice key;
	size_t pos = 0, n = 0;
	int64_t at_ms;

	switch (json_type(v)) {
	case JSON_STRING:
		if (json_str(v).len >= 20 && time_parse_rfc3339(json_str(v), &at_ms))
			pen_time(p, json_str(v));
		else
			pen_words(p, json_str(v), VALUE_MAX);
		return;
	case JSON_BOOL:
	case JSON_NUMBER:
		json_writer_init(&w, p->b);
		json_put_value(&w, v);
		return;
	case JSON_ARRAY:
		for (size_t i = 0; depth < NESTING_MAX && i < json_count(v); i++) {
			pen_say(p, "%s", i > 0 ? ", " : "");
			add_value(p, json_at(v, i), depth + 1);
		}
		return;
	case JSON_OBJECT:
		while (depth < NESTING_MAX && (member = json_next(v, &pos, &key)) != NULL) {
			if (says_nothing(member) || slice_eq_str(key, "no"))
				continue;
			pen_say(p, "%s", n++ == 0 ? "" : depth == 0 ? " · " : ", ");
			add_key(p, key);
			add_value(p, member, depth + 1);
		}
		return;
	case JSON_ABSENT:
	case JSON_NULL: return;
	}
}

void
pen_value(const struct pen *p, const struct json *v)
{
	add_value(p, v, 0);
}
