/*
 * mastodon_parse.h - a status of the Mastodon API becomes a post.
 *
 * Ids are global: the status's `uri`, the account's `uri` (older servers: `url`).  Local ids are
 * only in the reply handle and in reply_to when the parent is not on the same page: then it is
 * "<server>/api/v1/statuses/<id>".
 *
 * Ownership: texts live in the arena given.
 */
#ifndef COLLECTORS_MASTODON_PARSE_H
#define COLLECTORS_MASTODON_PARSE_H

#include <stdint.h>

#include "core/post.h"
#include "core/slice.h"

struct arena;
struct err;
struct json;

#define MASTODON_BIO_MAX 4096

struct mastodon_context {
	struct slice server; /* "https://mastodon.social", no slash at the end */
	int64_t now_ms;
	const struct json *page; /* the array the status came in, to find parents; NULL: none */
};

struct mastodon_status {
	struct slice id; /* local; set also when the answer is 0 or -1, if there was one */
	struct post post; /* what was written */
	struct post repost; /* has_repost: who passed it on */
	bool has_repost;
};

/* 1 with *status_r; 0: neither public nor unlisted, not for us; -1: err says what is wrong with it.
 */
int mastodon_parse_status(const struct json *status, const struct mastodon_context *ctx,
    struct arena *a, struct mastodon_status *status_r, struct err *err);

/* "host[:port]" of a server's address. */
struct slice mastodon_host(struct slice server);

/* The value of `param` in the target of the Link header with this rel ("next", "prev"), decoded;
 * SLICE_NONE: none. */
struct slice
mastodon_link_param(struct slice link_header, const char *rel, const char *param, struct arena *a);

#endif
