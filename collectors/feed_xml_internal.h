/*
 * feed_xml_internal.h - the elements of RSS and Atom: names whatever their namespace
 * (feed_xml_text.c), texts whatever their markup; for the reader of items (feed_xml.c).
 */
#ifndef COLLECTORS_FEED_XML_INTERNAL_H
#define COLLECTORS_FEED_XML_INTERNAL_H

#include <libxml/tree.h>

#include "collectors/feed_internal.h"

struct xml_read {
	struct arena *a;
	struct feed_doc *doc;
	struct slice base_url;
	struct err *err;
	/* while parsing */
	size_t elements;
	unsigned depth;
	int limit; /* the one that was passed; 0: none */
	const char *limit_of;
};

enum vocabulary {
	V_CORE, /* RSS, Atom, or no namespace at all */
	V_DC,
	V_CONTENT,
	V_SY,
	V_THR,
	V_ITUNES,
	V_XHTML,
	V_OTHER,
};

struct feed_name {
	enum vocabulary vocabulary;
	struct slice local;
};

struct feed_name feed_xml_name(const xmlNode *node);
/* Letters' case does not matter. */
bool feed_xml_is_named(struct feed_name n, enum vocabulary vocabulary, const char *local);
bool feed_xml_is_any(struct feed_name n, enum vocabulary vocabulary, const char *const *locals);
/* Whatever namespace the attribute has; SLICE_NONE when it is not there.  Points into the tree. */
struct slice feed_xml_attribute(const xmlNode *node, const char *name);

int feed_xml_nomem(struct xml_read *r); /* -1 */
/* What stands in an element, with its inline markup written as HTML when there is some.  What is
 * over the ceiling is left out. */
int
feed_xml_inner(struct xml_read *r, const xmlNode *node, bool *has_markup_r, struct slice *raw_r);
/* The element's text, by its type and mode. */
int feed_xml_text(
    struct xml_read *r, const xmlNode *node, bool as_line, struct slice *text_r, bool *is_cut);
/* The same on one line; first come, first kept. */
int feed_xml_line_once(struct xml_read *r, const xmlNode *node, struct slice *line_r);

#endif
