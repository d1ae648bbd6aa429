/*
 * Elements are told apart by a small set of vocabularies rather than by exact namespaces, which
 * feeds get wrong.
 */
#include "collectors/feed_xml_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"
#include "platform/crypto.h"

#define MARKUP_BYTES_MAX ((size_t)512 * 1024) /* of one item's inline markup written out again */
#define BASE64_BYTES_MAX ((size_t)512 * 1024)

/* --- names ---------------------------------------------------------------- */

static const struct {
	const char *prefix; /* as commonly written: for feeds that forget to declare it */
	const char *uri; /* how it begins */
	enum vocabulary vocabulary;
} vocabularies[] = {
    {"atom", "http://www.w3.org/2005/Atom", V_CORE},
    {"atom03", "http://purl.org/atom/ns", V_CORE},
    {"rss", "http://purl.org/rss/1.0/modules/content", V_CONTENT},
    {"content", "http://purl.org/rss/1.0/modules/content", V_CONTENT},
    {"sy", "http://purl.org/rss/1.0/modules/syndication", V_SY},
    {"rss", "http://purl.org/rss/1.0/modules", V_OTHER},
    {"rss", "http://purl.org/rss/", V_CORE},
    {"rss", "http://my.netscape.com/rdf/", V_CORE},
    {"rss", "http://backend.userland.com/", V_CORE},
    {"dc", "http://purl.org/dc/elements/", V_DC},
    {"dcterms", "http://purl.org/dc/terms/", V_DC},
    {"thr", "http://purl.org/syndication/thread/", V_THR},
    {"itunes", "http://www.itunes.com/dtds/", V_ITUNES},
    {"xhtml", "http://www.w3.org/1999/xhtml", V_XHTML},
};

struct feed_name
feed_xml_name(const xmlNode *node)
{
	struct feed_name n = {V_CORE, slice_of((const char *)node->name)};
	struct slice prefix = SLICE_NONE;
	const char *uri = NULL;

	if (node->ns != NULL) {
		uri = (const char *)node->ns->href;
		prefix = slice_of((const char *)node->ns->prefix);
	} else {
		/* an undeclared prefix stays part of the name */
		struct slice rest = n.local;
		struct slice first = slice_split(&rest, ':');
		if (slice_is_set(rest)) {
			prefix = first;
			n.local = rest;
		}
	}
	for (size_t i = 0; uri != NULL && i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++)
		if (slice_starts_with(slice_of(uri), vocabularies[i].uri)) {
			n.vocabulary = vocabularies[i].vocabulary;
			return n;
		}
	if (!slice_is_set(prefix))
		return n; /* a default namespace of whatever name */
	n.vocabulary = V_OTHER;
	for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++)
		if (slice_eq_str(prefix, vocabularies[i].prefix)) {
			n.vocabulary = vocabularies[i].vocabulary;
			break;
		}
	return n;
}

bool
feed_xml_is_named(struct feed_name n, enum vocabulary vocabulary, const char *local)
{
	return n.vocabulary == vocabulary && slice_eq_nocase(n.local, slice_of(local));
}

bool
feed_xml_is_any(struct feed_name n, enum vocabulary vocabulary, const char *const *locals)
{
	for (; *locals != NULL; locals++)
		if (feed_xml_is_named(n, vocabulary, *locals))
			return true;
	return false;
}

/* --- texts ---------------------------------------------------------------- */

/* Whatever namespace the attribute has; SLICE_NONE when it is not there. */
struct slice
feed_xml_attribute(const xmlNode *node, const char *name)
{
	for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
		if (slice_eq_nocase(slice_of((const char *)at->name), slice_of(name))) {
			const xmlNode *value = at->children;
			if (value == NULL || value->content == NULL)
				return SLICE_LIT("");
			return slice_trim(slice_of((const char *)value->content));
		}
	return SLICE_NONE;
}

static bool
has_elements(const xmlNode *node)
{
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			return true;
	return false;
}

static bool
is_text(const xmlNode *node)
{
	return (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) &&
	    node->content != NULL;
}

static void
write_escaped(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		size_t run = strcspn(s, "&<>\"");
		buf_add(out, s, run);
		s += run;
		switch (*s) {
		case '&': buf_add_str(out, "&amp;"); break;
		case '<': buf_add_str(out, "&lt;"); break;
		case '>': buf_add_str(out, "&gt;"); break;
		case '"': buf_add_str(out, "&quot;"); break;
		default: return;
		}
	}
}

/* Inline markup as HTML again, so that one reader makes text of both kinds.  Recursion is bounded
 * by FEED_DEPTH_MAX. */
static void
write_markup(struct buf *out, const xmlNode *node)
{
	static const char *const kept[] = {"class", "href", "alt"};

	for (const xmlNode *child = node->children; child != NULL && !buf_failed(out);
	     child = child->next) {
		if (is_text(child)) {
			write_escaped(out, (const char *)child->content);
			continue;
		}
		if (child->type != XML_ELEMENT_NODE)
			continue;
		struct feed_name n = feed_xml_name(child);
		buf_addf(out, "<%.*s", SLICE_ARG(n.local));
		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
			struct slice value = feed_xml_attribute(child, kept[i]);
			if (value.len == 0)
				continue;
			buf_addf(out, " %s=\"", kept[i]);
			write_escaped(out, value.ptr);
			buf_add_str(out, "\"");
		}
		buf_add_str(out, ">");
		write_markup(out, child);
		buf_addf(out, "</%.*s>", SLICE_ARG(n.local));
	}
}

int
feed_xml_nomem(struct xml_read *r)
{
	return err_set(r->err, ERR_NOMEM, "no memory for the items of a feed");
}

/* What stands in an element, with its inline markup written as HTML when there is some.  What is
 * over the ceiling is left out. */
int
feed_xml_inner(struct xml_read *r, const xmlNode *node, bool *has_markup_r, struct slice *raw_r)
{
	struct buf out;
	int rc = 0;

	buf_init(&out, MARKUP_BYTES_MAX);
	*has_markup_r = has_elements(node);
	if (*has_markup_r)
		write_markup(&out, node);
	else
		for (const xmlNode *child = node->children; child != NULL; child = child->next)
			if (is_text(child)) {
				struct slice text =
				    utf8_prefix(slice_of((const char *)child->content),
					MARKUP_BYTES_MAX - 1 - out.len);
				buf_add_slice(&out, text);
			}
	*raw_r = arena_slice_dup(r->a, slice_make(buf_str(&out), out.len));
	if (!slice_is_set(*raw_r))
		rc = feed_xml_nomem(r);
	buf_fini(&out);
	return rc;
}

/* Base64 with white space in it; the text itself when it is none. */
static struct slice
base64(struct xml_read *r, struct slice raw)
{
	char *dense, *out;
	size_t len = 0;
	int decoded;

	if (raw.len > BASE64_BYTES_MAX)
		return raw;
	dense = arena_alloc(r->a, raw.len + 1);
	out = arena_alloc(r->a, raw.len + 1);
	if (dense == NULL || out == NULL)
		return raw;
	for (size_t i = 0; i < raw.len; i++)
		if (strchr(" \t\r\n", raw.ptr[i]) == NULL)
			dense[len++] = raw.ptr[i];
	decoded = crypto_base64_decode(slice_make(dense, len), out, raw.len + 1);
	return decoded < 0 ? raw : slice_make(out, (size_t)decoded);
}

/* How Atom says what a text is: 1.0 by type, 0.3 by type and mode; RSS says nothing. */
static enum feed_markup
markup_of(const xmlNode *node, bool is_markup, bool *is_base64_r)
{
	struct slice type = feed_xml_attribute(node, "type");
	struct slice mode = feed_xml_attribute(node, "mode");

	*is_base64_r = slice_eq_nocase(mode, SLICE_LIT("base64")) ||
	    (!slice_is_set(mode) && type.len > 0 && memchr(type.ptr, '/', type.len) != NULL &&
		!slice_starts_with(type, "text/") && !slice_ends_with(type, "xml"));
	if (is_markup)
		return FEED_HTML;
	if (slice_eq_nocase(type, SLICE_LIT("html")) ||
	    slice_eq_nocase(type, SLICE_LIT("text/html")))
		return FEED_HTML;
	if (slice_eq_nocase(type, SLICE_LIT("text")) ||
	    slice_eq_nocase(type, SLICE_LIT("text/plain")) ||
	    slice_eq_nocase(type, SLICE_LIT("xhtml")) || slice_ends_with(type, "xml"))
		return FEED_PLAIN;
	return FEED_GUESS;
}

int
feed_xml_text(
    struct xml_read *r, const xmlNode *node, bool as_line, struct slice *text_r, bool *is_cut)
{
	struct slice raw;
	bool is_markup, is_base64;
	enum feed_markup markup;

	if (feed_xml_inner(r, node, &is_markup, &raw) < 0)
		return -1;
	markup = markup_of(node, is_markup, &is_base64);
	if (is_base64 && !is_markup) {
		raw = base64(r, raw);
		raw = utf8_repair(r->a, raw, &r->doc->repaired);
		if (!slice_is_set(raw))
			return feed_xml_nomem(r);
	}
	if (as_line)
		return feed_line(raw, markup, r->a, text_r, r->err);
	return feed_text(raw, markup, r->a, text_r, is_cut, r->err);
}

/* First come, first kept. */
int
feed_xml_line_once(struct xml_read *r, const xmlNode *node, struct slice *line_r)
{
	bool unused = false;

	return slice_is_set(*line_r) ? 0 : feed_xml_text(r, node, true, line_r, &unused);
}
