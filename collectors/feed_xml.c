/*
 * RSS and Atom share one reader: the elements' names do not collide, and feeds in the wild mix the
 * two.  libxml2 builds the tree from cleaned UTF-8.
 */
#include "collectors/feed_xml_internal.h"

#include <assert.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include "core/arena.h"
#include "core/err.h"

/* --- links, people, tags -------------------------------------------------- */

static int
resolve(struct xml_read *r, const xmlNode *node, struct slice uri, struct slice *made_r)
{
	struct slice base = r->base_url;
	xmlChar *declared = NULL;

	if (uri.len == 0)
		return 0;
	if (!feed_is_absolute(uri))
		declared = xmlNodeGetBase(node->doc, node);
	if (declared != NULL)
		base = feed_resolve(slice_of((const char *)declared), r->base_url, r->a);
	xmlFree(declared);
	*made_r = feed_resolve(uri, base, r->a);
	return slice_is_set(*made_r) ? 0 : feed_xml_nomem(r);
}

/* RSS has the address as text, Atom in href; an Atom link that is not "alternate" is something
 * else. */
static int
read_link(struct xml_read *r, const xmlNode *node, struct slice *link_r)
{
	struct slice href = feed_xml_attribute(node, "href");
	struct slice rel = feed_xml_attribute(node, "rel");
	struct slice text = SLICE_NONE;

	if (slice_is_set(*link_r))
		return 0;
	if (rel.len > 0 && !slice_eq_nocase(rel, SLICE_LIT("alternate")))
		return 0;
	if (slice_is_set(href))
		return resolve(r, node, href, link_r);
	if (feed_xml_line_once(r, node, &text) < 0)
		return -1;
	return resolve(r, node, text, link_r);
}

struct person {
	struct slice *name, *uri, *email;
};

/* Atom's author is a structure, RSS's a line of text. */
static int
read_person(struct xml_read *r, const xmlNode *node, struct person p)
{
	static const char *const uris[] = {"uri", "url", "homepage", NULL};

	if (slice_is_set(*p.name) || slice_is_set(*p.uri) || slice_is_set(*p.email))
		return 0;
	for (const xmlNode *child = node->children; child != NULL; child = child->next) {
		struct slice line = SLICE_NONE;
		int rc = 0;
		if (child->type != XML_ELEMENT_NODE)
			continue;
		struct feed_name n = feed_xml_name(child);
		if (feed_xml_is_named(n, V_CORE, "name"))
			rc = feed_xml_line_once(r, child, p.name);
		else if (feed_xml_is_named(n, V_CORE, "email"))
			rc = feed_xml_line_once(r, child, p.email);
		else if (feed_xml_is_any(n, V_CORE, uris)) {
			rc = feed_xml_line_once(r, child, &line);
			if (rc == 0)
				rc = resolve(r, child, line, p.uri);
		}
		if (rc < 0)
			return -1;
	}
	if (slice_is_set(*p.name) || slice_is_set(*p.uri) || slice_is_set(*p.email))
		return 0;
	struct slice raw;
	bool is_markup;
	if (feed_xml_inner(r, node, &is_markup, &raw) < 0)
		return -1;
	return feed_person(raw, r->a, p.name, p.email, r->err);
}

static int
add_tag(struct xml_read *r, struct feed_item *it, struct slice tag)
{
	struct slice *items;

	tag = slice_trim(tag);
	if (tag.len == 0 || it->tags.count >= POST_TAGS_MAX)
		return 0;
	if (it->tags.count == 0)
		it->tags.items = arena_array(r->a, POST_TAGS_MAX, sizeof(*items));
	if (it->tags.items == NULL)
		return feed_xml_nomem(r);
	items = (struct slice *)(uintptr_t)it->tags.items; /* ours, until the item is done */
	items[it->tags.count++] = tag;
	return 0;
}

static int
read_category(struct xml_read *r, const xmlNode *node, struct feed_item *it, bool is_list)
{
	struct slice term = feed_xml_attribute(node, "term");
	struct slice line = SLICE_NONE;

	if (term.len > 0) {
		term = arena_slice_dup(r->a, term);
		return slice_is_set(term) ? add_tag(r, it, term) : feed_xml_nomem(r);
	}
	if (feed_xml_line_once(r, node, &line) < 0)
		return -1;
	while (is_list && slice_is_set(line))
		if (add_tag(r, it, slice_split(&line, ',')) < 0)
			return -1;
	return slice_is_set(line) ? add_tag(r, it, line) : 0;
}

static int
read_date(struct xml_read *r, const xmlNode *node, int64_t *at_ms_r)
{
	struct slice line = SLICE_NONE;

	if (*at_ms_r != TIME_UNKNOWN)
		return 0;
	if (feed_xml_line_once(r, node, &line) < 0)
		return -1;
	*at_ms_r = feed_date(line);
	return 0;
}

/* --- items ---------------------------------------------------------------- */

/* Description, summary and content: the full text is kept apart from the short one; a second short
 * one counts as full. */
static int
read_body(struct xml_read *r, const xmlNode *node, bool is_full, struct feed_item *it)
{
	struct slice *to = is_full || slice_is_set(it->summary) ? &it->content : &it->summary;

	if (slice_is_set(*to) && !is_full)
		return 0;
	if (slice_is_set(feed_xml_attribute(node, "src")) && node->children == NULL)
		return 0; /* Atom: the content is elsewhere */
	return feed_xml_text(r, node, false, to, &it->is_cut);
}

static int
read_item_child(struct xml_read *r, const xmlNode *node, struct feed_item *it)
{
	static const char *const core_dates[] = {"pubDate", "published", "issued", "created", NULL};
	static const char *const core_updates[] = {"updated", "modified", NULL};
	static const char *const dc_dates[] = {"date", "issued", "created", NULL};
	static const char *const shorts[] = {"description", "summary", NULL};
	static const char *const fulls[] = {"content", "fullitem", NULL};
	struct feed_name n = feed_xml_name(node);
	struct person author = {&it->author_name, &it->author_uri, &it->author_email};
	struct slice line = SLICE_NONE;

	if (feed_xml_is_named(n, V_CORE, "title") || feed_xml_is_named(n, V_DC, "title"))
		return feed_xml_line_once(r, node, &it->title);
	if (feed_xml_is_named(n, V_CORE, "link"))
		return read_link(r, node, &it->link);
	if (feed_xml_is_named(n, V_CORE, "guid") || feed_xml_is_named(n, V_CORE, "id"))
		return feed_xml_line_once(r, node, &it->id);
	if (feed_xml_is_any(n, V_CORE, shorts))
		return read_body(r, node, false, it);
	if (feed_xml_is_any(n, V_CORE, fulls) || feed_xml_is_named(n, V_CONTENT, "encoded") ||
	    feed_xml_is_named(n, V_XHTML, "body"))
		return read_body(r, node, true, it);
	if (feed_xml_is_named(n, V_CORE, "author") || feed_xml_is_named(n, V_DC, "creator") ||
	    feed_xml_is_named(n, V_ITUNES, "author"))
		return read_person(r, node, author);
	if (feed_xml_is_any(n, V_CORE, core_dates) || feed_xml_is_any(n, V_DC, dc_dates))
		return read_date(r, node, &it->published_at_ms);
	if (feed_xml_is_any(n, V_CORE, core_updates) || feed_xml_is_named(n, V_DC, "modified"))
		return read_date(r, node, &it->updated_at_ms);
	if (feed_xml_is_named(n, V_CORE, "category") || feed_xml_is_named(n, V_DC, "subject"))
		return read_category(r, node, it, false);
	if (feed_xml_is_named(n, V_CORE, "tags"))
		return read_category(r, node, it, true);
	if (feed_xml_is_named(n, V_DC, "language"))
		return feed_xml_line_once(r, node, &it->lang);
	if (feed_xml_is_named(n, V_THR, "in-reply-to")) {
		line = feed_xml_attribute(node, "ref");
		it->reply_to = line.len > 0 ? arena_slice_dup(r->a, line) : SLICE_NONE;
	}
	return 0;
}

static int
read_item(struct xml_read *r, const xmlNode *node)
{
	struct feed_item *it;
	xmlChar *lang;
	int rc = feed_item_add(r->doc, r->a, &it);

	if (rc <= 0)
		return rc < 0 ? feed_xml_nomem(r) : 0;
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		if (child->type == XML_ELEMENT_NODE && read_item_child(r, child, it) < 0)
			return -1;
	/* RSS 1.0 names its items only here */
	if (!slice_is_set(it->id) && !slice_is_set(it->link) &&
	    resolve(r, node, feed_xml_attribute(node, "about"), &it->link) < 0)
		return -1;
	if (!slice_is_set(it->link) && feed_is_absolute(it->id) &&
	    slice_starts_with(it->id, "http"))
		it->link = it->id;
	if (slice_is_set(it->id) && !feed_is_absolute(it->id)) {
		xmlChar *base = xmlNodeGetBase(node->doc, node);
		if (base != NULL) /* an Atom id that counts on xml:base */
			rc = resolve(r, node, it->id, &it->id);
		xmlFree(base);
		if (rc < 0)
			return -1;
	}
	lang = slice_is_set(it->lang) ? NULL : xmlNodeGetLang(node);
	if (lang != NULL && lang[0] != '\0')
		it->lang = arena_slice_dup(r->a, slice_of((const char *)lang));
	xmlFree(lang);
	return 0;
}

/* --- the document --------------------------------------------------------- */

static int
read_number(struct xml_read *r, const xmlNode *node, long long *value_r)
{
	struct slice line = SLICE_NONE;

	*value_r = 0;
	if (feed_xml_line_once(r, node, &line) < 0)
		return -1;
	(void)slice_to_i64(line, value_r);
	return 0;
}

static int
read_period(struct xml_read *r, const xmlNode *node, int64_t *period_ms)
{
	static const struct {
		const char *word;
		int64_t ms;
	} periods[] = {{"hourly", TIME_HOUR_MS}, {"daily", TIME_DAY_MS},
	    {"weekly", 7 * TIME_DAY_MS}, {"monthly", 30 * TIME_DAY_MS},
	    {"yearly", 365 * TIME_DAY_MS}};
	struct slice line = SLICE_NONE;

	if (feed_xml_line_once(r, node, &line) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
		if (slice_eq_nocase(line, slice_of(periods[i].word)))
			*period_ms = periods[i].ms;
	return 0;
}

/* The feed's own data: the children of <channel> or <feed>. */
static int
read_head(struct xml_read *r, const xmlNode *parent)
{
	struct feed_doc *doc = r->doc;
	struct person author = {&doc->author_name, &doc->author_uri, &doc->author_email};
	int64_t period_ms = 0;
	long long number, frequency = 1;
	int rc = 0;

	for (const xmlNode *node = parent->children; node != NULL && rc == 0; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		struct feed_name n = feed_xml_name(node);
		if (feed_xml_is_named(n, V_CORE, "title"))
			rc = feed_xml_line_once(r, node, &doc->title);
		else if (feed_xml_is_named(n, V_CORE, "language") ||
		    feed_xml_is_named(n, V_DC, "language"))
			rc = feed_xml_line_once(r, node, &doc->lang);
		else if (feed_xml_is_named(n, V_CORE, "author") ||
		    feed_xml_is_named(n, V_DC, "creator"))
			rc = read_person(r, node, author);
		else if (feed_xml_is_named(n, V_CORE, "ttl")) {
			rc = read_number(r, node, &number);
			if (number > 0 && number < 1000000)
				doc->refresh_ms = number * TIME_MINUTE_MS;
		} else if (feed_xml_is_named(n, V_SY, "updatePeriod"))
			rc = read_period(r, node, &period_ms);
		else if (feed_xml_is_named(n, V_SY, "updateFrequency"))
			rc = read_number(r, node, &frequency);
	}
	if (frequency > 0 && period_ms / frequency > doc->refresh_ms)
		doc->refresh_ms = period_ms / frequency;
	return rc;
}

static bool
is_item(struct feed_name n)
{
	return feed_xml_is_named(n, V_CORE, "item") || feed_xml_is_named(n, V_CORE, "entry");
}

/* Items lie in the channel, or beside it (RSS 1.0, and some who copied it). */
static int
read_tree(struct xml_read *r, const xmlNode *root)
{
	if (read_head(r, root) < 0)
		return -1;
	for (const xmlNode *node = root->children; node != NULL; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		struct feed_name n = feed_xml_name(node);
		if (is_item(n) && read_item(r, node) < 0)
			return -1;
		if (!feed_xml_is_named(n, V_CORE, "channel"))
			continue;
		if (read_head(r, node) < 0)
			return -1;
		for (const xmlNode *child = node->children; child != NULL; child = child->next)
			if (child->type == XML_ELEMENT_NODE && is_item(feed_xml_name(child)) &&
			    read_item(r, child) < 0)
				return -1;
	}
	return 0;
}

static const char *
format_of(const xmlNode *root)
{
	struct slice name = feed_xml_name(root).local;
	struct slice version = feed_xml_attribute(root, "version");

	if (slice_eq_nocase(name, SLICE_LIT("rss")))
		return slice_starts_with(version, "2") ? "RSS 2.0" : "RSS 0.9x";
	if (slice_eq_nocase(name, SLICE_LIT("RDF")))
		return "RSS 1.0";
	if (slice_eq_nocase(name, SLICE_LIT("feed")))
		return slice_eq_str(version, "0.3") ? "Atom 0.3" : "Atom 1.0";
	if (slice_eq_nocase(name, SLICE_LIT("channel")))
		return "a bare channel";
	return NULL;
}

static void
on_start(void *ctx, const xmlChar *localname, const xmlChar *prefix, const xmlChar *uri,
    int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted_count,
    const xmlChar **attributes)
{
	xmlParserCtxt *parser = ctx;
	struct xml_read *r = parser->_private;

	r->elements++;
	r->depth++;
	if (r->elements > FEED_ELEMENTS_MAX) {
		r->limit = FEED_ELEMENTS_MAX;
		r->limit_of = "elements";
	} else if (r->depth > FEED_DEPTH_MAX) {
		r->limit = FEED_DEPTH_MAX;
		r->limit_of = "levels of nesting";
	}
	if (r->limit != 0) {
		xmlStopParser(parser);
		return;
	}
	xmlSAX2StartElementNs(ctx, localname, prefix, uri, namespace_count, namespaces,
	    attribute_count, defaulted_count, attributes);
}

static void
on_end(void *ctx, const xmlChar *localname, const xmlChar *prefix, const xmlChar *uri)
{
	xmlParserCtxt *parser = ctx;
	struct xml_read *r = parser->_private;

	if (r->depth > 0)
		r->depth--;
	xmlSAX2EndElementNs(ctx, localname, prefix, uri);
}

static int
read_document(struct xml_read *r, const xmlDoc *tree)
{
	const xmlNode *root = tree == NULL ? NULL : xmlDocGetRootElement(tree);
	struct slice name;

	if (r->limit != 0)
		return err_set(
		    r->err, ERR_LIMIT, "the feed has more than %d %s", r->limit, r->limit_of);
	if (root == NULL)
		return err_set(r->err, ERR_INPUT, "the answer cannot be read as XML");
	name = feed_xml_name(root).local;
	if (slice_eq_nocase(name, SLICE_LIT("html")) || slice_eq_nocase(name, SLICE_LIT("head")) ||
	    slice_eq_nocase(name, SLICE_LIT("body")))
		return err_set(
		    r->err, ERR_INPUT, "the address answers with an HTML page, not a feed");
	r->doc->format = format_of(root);
	if (r->doc->format == NULL)
		return err_set(r->err, ERR_INPUT,
		    "the answer is XML, but neither RSS nor Atom (its root is <%.*s>)",
		    (int)(name.len > 40 ? 40 : name.len), name.ptr);
	return read_tree(r, root);
}

int
feed_parse_xml(struct slice text, struct slice base_url, struct arena *a, struct feed_doc *doc,
    struct err *err)
{
	struct xml_read r = {.a = a, .doc = doc, .base_url = base_url, .err = err};
	xmlParserCtxt *parser = NULL;
	xmlDoc *tree = NULL;
	struct slice xml;
	int rc = -1;

	if (feed_clean(text, a, &xml, err) < 0)
		return -1;
	parser = xmlNewParserCtxt();
	if (parser == NULL)
		return err_set(err, ERR_NOMEM, "no memory to read a feed");
	parser->_private = &r;
	parser->sax->startElementNs = on_start;
	parser->sax->endElementNs = on_end;
	tree = xmlCtxtReadMemory(parser, xml.ptr, (int)xml.len, NULL, "UTF-8",
	    XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
	rc = read_document(&r, tree);
	/* Half a feed is better than none; but nothing at all out of a broken one is not "nothing
	 * new". */
	if (rc == 0 && doc->count == 0 && !slice_is_set(doc->title) && !parser->wellFormed)
		rc = err_set(
		    err, ERR_INPUT, "the feed is broken XML, and no item can be read from it");
	xmlFreeDoc(tree);
	xmlFreeParserCtxt(parser);
	return rc;
}
