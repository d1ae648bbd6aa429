/*
 * privacy_page.c - a person's page: a section each for what is held, with where it came from and on what
 * ground.
 *
 * Everything on it that others wrote goes through html_text(): nothing of it becomes markup.
 */
#include "api/api_internal.h"

#include "api/page_internal.h"
#include "api/privacy_internal.h"
#include "people/dossier.h"

#define NESTING_MAX 6
#define VALUE_MAX 2000 /* bytes of a text shown */

extern const char embed_api_assets_page_css[], embed_api_assets_page_css_end[];

static void
head(struct buf *b)
{
	buf_add_str(b,
	    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	    "'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	    "<meta name=\"robots\" content=\"noindex\">"
	    "<meta name=\"referrer\" content=\"no-referrer\"><title>Earshot: one person</title>\n"
	    "<style>\n");
	buf_add(b, embed_api_assets_page_css,
	    (size_t)(embed_api_assets_page_css_end - embed_api_assets_page_css));
	buf_add_str(b,
	    "\nmain.person { grid-template-columns: minmax(0, 1fr); padding-top: 18px; }"
	    "\ndl { display: grid; grid-template-columns: minmax(7em, max-content) minmax(0, 1fr);"
	    " gap: 1px 14px; margin: 0; font-size: 13.5px; }"
	    "\ndt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }"
	    "</style></head>\n<body>\n");
}

/* ---- values -------------------------------------------------------------------- */

static void write_value(struct buf *b, const struct json *v, int depth);

static void
write_array(struct buf *b, const struct json *v, int depth)
{
	for (size_t i = 0; i < json_count(v); i++) {
		if (i > 0)
			buf_add_str(b, ", ");
		write_value(b, json_at(v, i), depth + 1);
	}
}

static void
write_members(struct buf *b, const struct json *v, int depth)
{
	const struct json *member;
	struct slice key;
	size_t pos = 0;

	buf_add_str(b, "<dl>");
	while ((member = json_next(v, &pos, &key)) != NULL) {
		if (json_type(member) == JSON_NULL)
			continue;
		buf_add_str(b, "<dt>");
		html_text(b, key);
		buf_add_str(b, "</dt><dd>");
		write_value(b, member, depth + 1);
		buf_add_str(b, "</dd>");
	}
	buf_add_str(b, "</dl>");
}

static void
write_value(struct buf *b, const struct json *v, int depth)
{
	struct json_writer w;

	if (json_type(v) == JSON_STRING) {
		html_bdi(b, json_str(v), VALUE_MAX);
	} else if (json_type(v) == JSON_ARRAY && depth < NESTING_MAX) {
		write_array(b, v, depth);
	} else if (json_type(v) == JSON_OBJECT && depth < NESTING_MAX) {
		write_members(b, v, depth);
	} else if (json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT) {
		buf_add_str(b, "…");
	} else {
		json_writer_init(&w, b);
		json_put_value(&w, v);
	}
}

/* ---- sections ------------------------------------------------------------------ */

static void
write_section(struct buf *b, const struct json *s)
{
	const struct json *items = json_get(s, "items");
	bool more = false;
	int64_t count = 0;

	json_bool(json_get(s, "more"), &more);
	json_i64(json_get(s, "count"), &count);
	buf_add_str(b, "<section><h2><span class=\"name\">");
	html_text(b, json_get_str(s, "title"));
	buf_addf(b, "</span><span class=\"count\">%lld%s</span><small>from: ", (long long)count,
	    count >= DOSSIER_COUNT_MAX ? " or more" : "");
	html_text(b, json_get_str(s, "from"));
	buf_add_str(b, " · held for: ");
	html_text(b, json_get_str(s, "ground"));
	buf_add_str(b, "</small></h2>");
	for (size_t i = 0; i < json_count(items); i++) {
		buf_add_str(b, "<article>");
		write_value(b, json_at(items, i), 0);
		buf_add_str(b, "</article>");
	}
	if (more)
		buf_addf(b,
		    "<p class=\"empty\">The newest %zu; <code>earshot export --person</code> has "
		    "all.</p>",
		    json_count(items));
	buf_add_str(b, "</section>\n");
}

static void
write_page(struct buf *b, const struct json *root)
{
	const struct json *sections = json_get(root, "sections"), *influence;

	head(b);
	buf_add_str(b, "<header><div class=\"wrap\"><h1>One person</h1><span class=\"meta\">");
	write_value(b, json_get(root, "person"), NESTING_MAX - 2);
	buf_add_str(b, "</span></div></header><div class=\"wrap\"><main class=\"person\">");
	influence = json_get(root, "influence");
	if (json_count(influence) > 0) {
		buf_add_str(b,
		    "<section><h2><span class=\"name\">Influence</span><small>computed from what "
		    "the accounts show</small></h2>");
		for (size_t i = 0; i < json_count(influence); i++) {
			buf_add_str(b, "<article>");
			write_value(b, json_at(influence, i), 0);
			buf_add_str(b, "</article>");
		}
		buf_add_str(b, "</section>\n");
	}
	for (size_t i = 0; i < json_count(sections); i++)
		write_section(b, json_at(sections, i));
	buf_add_str(
	    b, "<section><h2><span class=\"name\">Nothing in</span></h2><p class=\"empty\">");
	write_value(b, json_get(root, "nothing_in"), 0);
	buf_add_str(b, "</p></section></main></div></body></html>\n");
}

int
privacy_page(struct api_call *c, struct err *err)
{
	struct buf *b = &c->reply->body;
	struct json_doc *doc = NULL;

	if (buf_failed(b))
		return 0; /* told by the caller's caller */
	if (json_parse(buf_slice(b), &doc, NULL, err) < 0)
		return -1;
	buf_clear(b);
	c->reply->content_type = "text/html; charset=utf-8";
	write_page(b, json_root(doc));
	json_doc_free(doc);
	return 0;
}
