/*
 * collector.h - the contract of a source: it fetches a page, frame or file line and turns each item
 * into a post.
 *
 * Flow:      a collector makes pages (posts that belong together, with the cursor that is right
 *            once they are stored) and emits them. The host commits a page as a whole (posts,
 *            decisions, cursor in one transaction) and then calls committed().  At most
 *            COLLECTOR_PAGES_AHEAD pages may be under way per source: that is the back pressure;
 *            the host never drops one.
 * Ownership: collector_emit() takes the page, always.
 * Threads:   loop thread only.
 * Crashes:   what was emitted but not committed is fetched again from the stored cursor.
 */
#ifndef COLLECTORS_COLLECTOR_H
#define COLLECTORS_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/options.h"
#include "core/post.h"
#include "core/slice.h"

struct arena;
struct buf;
struct clock;
struct collector;
struct err;
struct http_client;
struct log;
struct loop;
struct metrics;
struct rng;
struct telling;

#define COLLECTOR_PAGES_AHEAD 4
#define COLLECTOR_PAGE_POSTS_MAX 512
#define COLLECTOR_PAGE_REJECTS_MAX 512
#define COLLECTOR_PAGE_BYTES_SOFT (4 * 1024 * 1024) /* page_is_full() says so from here on */
#define COLLECTOR_PAGE_BYTES_MAX (32 * 1024 * 1024)

/* An item that could not become a post: counted, logged, kept as an excerpt. */
struct page_reject {
	struct slice reason; /* "line 12: \"text\" is missing" */
	struct slice excerpt; /* at most 200 bytes, valid UTF-8 */
};

struct page {
	struct arena *arena; /* everything below lives in it; freed with the page */
	struct slice feed; /* the source's name in the configuration */
	struct post *posts;
	size_t count;
	struct telling *tellings; /* what apps and shops told; a page has posts or these */
	size_t telling_count;
	struct page_reject *rejects;
	size_t reject_count;
	size_t rejects_lost; /* counted but not kept */
	size_t repaired; /* characters replaced by U+FFFD on the way in */
	struct slice cursor; /* SLICE_NONE: unchanged */
	/* A part of the source that is read for itself (a hashtag): how far it has come is counted by
	 * itself.  SLICE_NONE: the source is one stream. */
	struct slice stream;
	bool fills_gap; /* what lies behind newer posts of the stream, and is not late for that */
	bool is_first_fetch; /* posts of a polled source's first fetch decide nothing */
	bool ends_first_fetch; /* after this page has_fetched is true */
	uint64_t serial; /* set by collector_emit(): pages of a source are numbered 1, 2, ... */
};

/* A page with an arena of its own, or NULL. */
struct page *page_new(struct slice feed);
void page_free(struct page *p);
/* What a source goes on from behind this page, as it was written; releases written.  0, -1 for want of memory. */
int page_take_cursor(struct page *p, struct buf *written);
/* The next post of the page, all unknown, or NULL (no memory, or COLLECTOR_PAGE_POSTS_MAX reached).
 * The pointer is good until the next page_add(). */
struct post *page_add(struct page *p);
/* The same with tellings: zeroed, good until the next. */
struct telling *page_tell(struct page *p);
void page_drop_last(struct page *p); /* takes back the last page_add() */
/* Over COLLECTOR_PAGE_REJECTS_MAX, or without memory, the reject is only counted in rejects_lost.
 */
void page_reject(struct page *p, struct slice excerpt, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Time to emit it: posts, rejects or bytes have reached what a page should hold. */
bool page_is_full(const struct page *p);
bool page_is_empty(const struct page *p); /* no posts, no rejects, no cursor, no mark */

enum source_health {
	SOURCE_STARTING,
	SOURCE_OK,
	SOURCE_WAITING /* told to wait: 429, Retry-After */,
	SOURCE_FAILING,
	SOURCE_ENDED
};
const char *source_health_name(enum source_health h);

struct source_status {
	enum source_health health;
	char detail[256]; /* last error or what it waits for, in words */
	int64_t last_ok_at_ms; /* TIME_UNKNOWN: never */
	int64_t next_poll_at_ms; /* TIME_UNKNOWN: none planned */
	int64_t requests, failures, posts, rejects, gaps; /* since the start */
};

/* What the host gives a collector; borrowed, outlives it. */
struct collector_host {
	void *cookie;
	struct loop *loop;
	struct http_client *http;
	const struct clock *clock;
	struct rng *rng;
	struct log *log;
	/* Takes the page. Only while collector_can_emit(). */
	void (*emit)(void *cookie, struct collector *c, struct page *page_take);
};

struct collector_ops {
	const char *name; /* "mastodon": the value of `type` in the configuration */
	const char *help; /* one sentence */
	const struct option *options; /* without type; NULL name ends it */

	/* Reads settings into *state_r; no network here.  0, or -1 with err. */
	int (*open)(
	    struct collector *c, const struct options *set, void **state_r, struct err *err);
	/* Begins, at the stored cursor (SLICE_NONE: never fetched).  Must not block. */
	void (*start)(void *state, struct slice cursor, bool has_fetched);
	/* The page with this serial is in the database.  Required; may do nothing. */
	void (*committed)(void *state, uint64_t serial);
	/* Cancels what is under way and frees.  No callback after it returns. */
	void (*close)(void *state);
};

/* The list of what there is (registry.c), ended by NULL. */
extern const struct collector_ops *const collector_registry[];
const struct collector_ops *collector_find(struct slice type);

/* One configured source. */
int collector_new(const char *name, const struct collector_ops *ops, const struct options *set,
    const struct collector_host *host, struct collector **c_r, struct err *err);
void collector_free(struct collector *c); /* NULL is fine */
void collector_start(struct collector *c, struct slice cursor, bool has_fetched);
void collector_committed(struct collector *c, uint64_t serial); /* the host calls it, in order */
const char *collector_name(const struct collector *c);
const struct collector_ops *collector_kind(const struct collector *c);
const struct source_status *collector_status(const struct collector *c);

/* For the implementations. */
const struct collector_host *collector_host(const struct collector *c);
bool collector_can_emit(const struct collector *c); /* fewer than COLLECTOR_PAGES_AHEAD under way */
/* It has told all there was when it looked: once after the start is what counts. */
void collector_looked(struct collector *c);
/* What it told by then is committed; also when it has ended. */
bool collector_has_caught_up(const struct collector *c);
bool collector_is_idle(const struct collector *c); /* nothing under way */
void collector_emit(struct collector *c, struct page *page_take);
struct source_status *collector_status_edit(struct collector *c);

#endif
