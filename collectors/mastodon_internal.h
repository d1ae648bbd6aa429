/*
 * mastodon_internal.h - what the poller (mastodon.c), the reading of its answers
 * (mastodon_answer.c) and the cursor (mastodon_cursor.c) share.
 *
 * Everything up to `base` has been given out.  While a gap is being walked from the top down,
 * `walk_top` will be the next base and everything from `walk_max` on up to it has been given out as
 * well.
 */
#ifndef COLLECTORS_MASTODON_INTERNAL_H
#define COLLECTORS_MASTODON_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/poller.h"
#include "collectors/seen.h"
#include "core/slice.h"

struct collector;
struct json;
struct page;

#define MASTODON_TAGS_MAX 50
#define MASTODON_SEEN_MAX                                                                          \
	200 /* newest statuses of a hashtag: they say where a walk ends, and show edits */
#define MASTODON_ID_MAX 256 /* bytes of a local id */

struct mastodon_tag {
	char *name; /* without '#' */
	char *base; /* NULL: nothing there yet */
	char *walk_top, *walk_max; /* NULL: no walk under way */
	unsigned walk_pages;
	size_t walk_place; /* in seen: what the walk finds comes before what it found higher up */
	size_t place; /* ... for the next status of the page at hand; not in the cursor */
	bool has_fetched;
	struct seen seen;
	int64_t rechecked_at_ms; /* not in the cursor */
};

enum mastodon_step {
	MASTODON_NEW,
	MASTODON_WALK,
	MASTODON_RECHECK
};

struct mastodon {
	struct collector *c;
	struct poller poller;
	char *server; /* "https://host", no slash at the end */
	char *authorization; /* "Bearer ..."; NULL: none */
	int64_t limit;
	bool is_local_only;
	struct mastodon_tag tags[MASTODON_TAGS_MAX];
	size_t tag_count;
	size_t current;
	enum mastodon_step step;
	size_t largest_page; /* what this server's pages hold at most, as far as seen */
};

int64_t mastodon_now_ms(const struct mastodon *m);

/* Puts what is new into p, with the cursor, and moves on: m->step says what to ask next, unless
 * *is_round_done_r: nothing more for this hashtag now.  -1 without memory; everything is as before
 * then. */
int mastodon_answer_take(struct mastodon *m, const struct json *array, struct slice link_header,
    struct page *p, bool *is_round_done_r);

/* Reads what a cursor for this server says about the tags; of the others nothing.  -1 when it
 * cannot be read. */
int mastodon_cursor_read(
    struct slice cursor, const char *server, struct mastodon_tag *tags, size_t count);
/* Sets p->cursor.  -1 without memory. */
int mastodon_cursor_write(
    const char *server, const struct mastodon_tag *tags, size_t count, struct page *p);

#endif
