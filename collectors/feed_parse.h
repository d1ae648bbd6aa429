/*
 * feed_parse.h - RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1: bytes in, items
 * out.
 *
 * Real feeds are broken, so reading is forgiving: wrong encodings, stray ampersands and control
 * characters, undeclared entities and prefixes, tags that are not closed.  What is not forgiven is
 * answered in words: an HTML page, another kind of XML or JSON, entities of its own (the document
 * type is never read, so nothing is expanded), more attributes, elements or nesting than the limits
 * below.
 *
 * Ownership: everything lives in the arena given; nothing points into the body.
 * Threads:   any, one at a time.
 */
#ifndef COLLECTORS_FEED_PARSE_H
#define COLLECTORS_FEED_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "core/post.h"
#include "core/slice.h"

struct arena;
struct err;

#define FEED_BYTES_MAX (8 * 1024 * 1024)
#define FEED_ITEMS_MAX 4000 /* of one document; those behind are counted */
#define FEED_ELEMENTS_MAX 200000
#define FEED_ATTRIBUTES_MAX 128 /* of one element */
#define FEED_DEPTH_MAX 128
#define FEED_ARENA_BYTES (128 * 1024 * 1024) /* what the arena for one document should allow */

/* Texts are plain and valid UTF-8; SLICE_NONE and TIME_UNKNOWN: not there. */
struct feed_item {
	struct slice id; /* guid or id as written */
	struct slice link; /* absolute when it could be made so */
	struct slice title; /* one line */
	struct slice summary, content;
	struct slice author_name, author_uri, author_email;
	struct slice lang;
	struct slice reply_to; /* the id of the item it answers (thr:in-reply-to) */
	int64_t published_at_ms, updated_at_ms;
	struct slice_list tags;
	bool is_cut; /* summary or content was over POST_TEXT_MAX */
};

struct feed_doc {
	const char *format; /* "RSS 2.0", "Atom 1.0", "JSON Feed" ... */
	const char *encoding;
	struct slice title, lang;
	struct slice author_name, author_uri, author_email;
	int64_t refresh_ms; /* how often it asks to be read at most (ttl, updatePeriod); 0: does not
			       say */
	struct feed_item *items; /* in the document's order */
	size_t count;
	size_t left_out; /* items over FEED_ITEMS_MAX */
	size_t repaired; /* characters replaced by U+FFFD */
};

/* content_type: the HTTP header or SLICE_NONE.  base_url: against which relative links are resolved
 * (SLICE_NONE: they stay). 0, or -1 with err. */
int feed_parse(struct slice body, struct slice content_type, struct slice base_url, struct arena *a,
    struct feed_doc *doc_r, struct err *err);

/*
 * The post of an item.  feed_url is the feed's configured address: with it ids stay the same when
 * the feed moves. id: guid or id when it is an absolute URI, else feed_url + "#" + guid; without
 * one the link; without that a hash of title, date and text.  text: title, blank line, content or
 * else summary.
 */
int feed_item_to_post(const struct feed_doc *doc, const struct feed_item *item,
    struct slice feed_url, int64_t now_ms, struct arena *a, struct post *post_r, struct err *err);

#endif
