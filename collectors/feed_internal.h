/*
 * feed_internal.h - what the parts of the feed parser share: feed_clean.c (bytes to XML that
 * libxml2 likes), feed_xml.c (the tree to items), feed_json.c, feed_text.c (texts, dates and
 * names), feed_parse.c (the whole).
 */
#ifndef COLLECTORS_FEED_INTERNAL_H
#define COLLECTORS_FEED_INTERNAL_H

#include "collectors/feed_parse.h"

/* UTF-8 in, XML without declaration, comments, document type, control characters and undeclared
 * entities out. */
int feed_clean(struct slice in, struct arena *a, struct slice *xml_r, struct err *err);

int feed_parse_xml(struct slice text, struct slice base_url, struct arena *a, struct feed_doc *doc,
    struct err *err);
int feed_parse_json(struct slice text, struct slice base_url, struct arena *a, struct feed_doc *doc,
    struct err *err);

/* The next item, all unknown.  1, 0 when there are FEED_ITEMS_MAX (it is counted), -1 without
 * memory. */
int feed_item_add(struct feed_doc *doc, struct arena *a, struct feed_item **item_r);

enum feed_markup {
	FEED_PLAIN,
	FEED_HTML,
	FEED_GUESS /* HTML when it looks so */
};

/* A text as its markup says; *is_cut is set when it was too long.  Sets nothing when what remains
 * is empty. */
int feed_text(struct slice raw, enum feed_markup markup, struct arena *a, struct slice *text_r,
    bool *is_cut, struct err *err);
/* The same on one line. */
int feed_line(struct slice raw, enum feed_markup markup, struct arena *a, struct slice *line_r,
    struct err *err);
/* "a@b (Name)", "Name (a@b)", "Name <a@b>", "a@b", "Name". */
int feed_person(struct slice raw, struct arena *a, struct slice *name_r, struct slice *email_r,
    struct err *err);
/* RFC 3339, then the RFC 822 family; TIME_UNKNOWN when it is neither. */
int64_t feed_date(struct slice s);
/* uri made absolute against base (SLICE_NONE or relative: stays as it is).  ptr NULL without
 * memory. */
struct slice feed_resolve(struct slice uri, struct slice base, struct arena *a);
bool feed_is_absolute(struct slice uri);

#endif
