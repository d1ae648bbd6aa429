/*
 * feed_cursor.h - where a feed has been read up to, as it stands in the store.
 *
 * Ownership: the texts are the cursor's, but for url.
 * Threads:   loop thread only.
 */
#ifndef COLLECTORS_FEED_CURSOR_H
#define COLLECTORS_FEED_CURSOR_H

#include <stdbool.h>

#include "collectors/seen.h"

struct err;
struct page;

#define FEED_URL_MAX 2048
#define FEED_VALIDATOR_MAX 1024 /* bytes of an ETag we send back */
#define FEED_SEEN_KEPT 1000 /* of items that have left the feed, in case they come back */

struct feed_cursor {
	const char *url; /* as configured; borrowed */
	char *moved_to; /* NULL: where it was configured */
	char *etag, *last_modified;
	bool has_fetched;
	struct seen seen;
};

/* Nothing read yet of what stands at url. */
void feed_cursor_init(struct feed_cursor *k, const char *url);
void feed_cursor_fini(struct feed_cursor *k);
/* Fills a new one.  A cursor of another address is none: what that feed had before is its first fetch.
 * -1 when it cannot be read. */
int feed_cursor_read(struct feed_cursor *k, struct slice text, struct err *err);
/* Sets p->cursor.  -1 without memory. */
int feed_cursor_write(const struct feed_cursor *k, struct page *p);

#endif
