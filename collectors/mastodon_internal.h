/*
 * mastodon_internal.h - what the poller (mastodon.c) knows of each hashtag, and how that is kept in the cursor (mastodon_cursor.c).
 *
 * Everything up to `base` has been given out.  While a gap is being walked from the top down, `walk_top` will be the next base and
 * everything from `walk_max` on up to it has been given out as well.
 */
#ifndef COLLECTORS_MASTODON_INTERNAL_H
#define COLLECTORS_MASTODON_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/seen.h"
#include "core/slice.h"

struct page;

#define MASTODON_TAGS_MAX 50
#define MASTODON_SEEN_MAX 200	/* newest statuses of a hashtag: they say where a walk ends, and show edits */
#define MASTODON_ID_MAX 256	/* bytes of a local id */

struct mastodon_tag {
	char *name;		/* without '#' */
	char *base;		/* NULL: nothing there yet */
	char *walk_top, *walk_max;	/* NULL: no walk under way */
	unsigned walk_pages;
	bool has_fetched;
	struct seen seen;
	int64_t rechecked_at_ms;	/* not in the cursor */
};

/* Reads what a cursor for this server says about the tags; of the others nothing.  -1 when it cannot be read. */
int mastodon_cursor_read(struct slice cursor, const char *server, struct mastodon_tag *tags,
    size_t count);
/* Sets p->cursor.  -1 without memory. */
int mastodon_cursor_write(const char *server, const struct mastodon_tag *tags, size_t count,
    struct page *p);

#endif
