/*
 * post.h - a post and its author, as every stage knows them.
 *
 * Plain structs whose texts live in the arena they were made in.  A missing text is SLICE_NONE, a
 * missing number COUNT_UNKNOWN, a missing time TIME_UNKNOWN: unknown stays unknown and is never
 * replaced by 0. Ids are the network's global names: a post read through two servers is
 * one post.
 */
#ifndef CORE_POST_H
#define CORE_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/timefmt.h"

#define COUNT_UNKNOWN (-1)

/* Ceilings of one post; what is over them is rejected (ids) or cut with a mark (texts, lists). */
#define POST_ID_MAX 2048
#define POST_NAME_MAX 1024 /* names, places, tags, mentions: cut */
#define POST_TEXT_MAX (64 * 1024)
#define POST_TAGS_MAX 64
/* 1990-01-01 and 2200-01-01: before the one there was no network, and a time beyond the other is a
 * slip in the unit. */
#define POST_TIME_MIN_MS INT64_C(631152000000)
#define POST_TIME_MAX_MS INT64_C(7258118400000)
#define POST_JSON_MAX (1024 * 1024) /* bytes of one post as JSON */

enum tristate {
	TRI_UNKNOWN = -1,
	TRI_NO = 0,
	TRI_YES = 1
};

struct slice_list {
	const struct slice *items;
	size_t count;
};

struct author {
	struct slice id; /* global: account URI, DID; empty id = anonymous (SLICE_NONE) */
	struct slice handle; /* "@someone@mastodon.social" */
	struct slice name;
	struct slice bio;
	struct slice url;
	int64_t followers, following, posts, listed; /* COUNT_UNKNOWN */
	enum tristate is_verified, is_bot;
	int64_t created_at_ms;
	bool objects_to_profiling; /* #nobot, noindex, objection list */
};

struct post {
	struct slice id; /* global; made by the collector or post_finish() when missing */
	struct slice source; /* kind of network: "mastodon", "feed", "replay", "api" */
	struct slice url;
	struct slice text; /* plain text, valid UTF-8 */
	struct slice lang; /* the network's weak hint */
	int64_t created_at_ms; /* the author's claim */
	int64_t fetched_at_ms; /* when we saw it */
	struct author author;
	struct slice reply_to, repost_of, quote_of, thread; /* ids */
	int64_t likes, replies, reposts;
	struct slice_list tags; /* without '#', as written */
	struct slice_list mentions; /* "@acme" */
	struct slice place;
	bool is_deleted; /* a deletion upstream: only id matters */
	bool
	    may_not_match; /* by its source's terms: its author is nobody's customer here; not kept */
	bool is_text_cut; /* the text was over POST_TEXT_MAX */
	/* Local ids a channel needs to answer there, as JSON:
	 * {"server":"https://...","status_id":"..."}. */
	struct slice reply_handle;
};

/* Everything unknown. */
void post_init(struct post *p);

/* min(created_at, fetched_at): authors lie about the future. */
int64_t post_event_at_ms(const struct post *p);

struct arena;
struct err;
struct json;
struct json_writer;
struct buf;

/* Gives a post without an id one: "urn:earshot:" + 128 bits of hash of author id, created_at and
 * text, so that the same post read again is the same.  -1 without memory or with a full arena. */
int post_finish(struct post *p, struct arena *a);

/*
 * post_json: the post as JSON at every border.
 *
 * Only text is required (unless deleted is true, then only id).  A wrongly typed field is an error
 * naming the field, what it is and what it should be; unknown fields are ignored; null is
 * "missing". Negative counts, times outside 1990..2200 and ids over POST_ID_MAX are errors.  A date
 * in the future is kept (post_event_at_ms() clamps).  A missing fetched_at is now_ms; one that is
 * there is kept, for exports that come back: who does not trust the giver sets it to now.  A
 * missing id is made by post_finish().
 *
 * Not of every network: author.bot, author.objects_to_profiling, text_cut, and reply_handle,
 * an object that is the giver's word, not ours: a channel checks the server in it before it uses a
 * credential there.
 */
int post_from_json(
    const struct json *v, struct arena *a, int64_t now_ms, struct post *post_r, struct err *err);
/* text: one JSON value.  *repaired_r may be NULL.  Bytes over POST_JSON_MAX: ERR_LIMIT. */
int post_parse(struct slice text, struct arena *a, int64_t now_ms, struct post *post_r,
    size_t *repaired_r, struct err *err);
/* The same form: reading it back gives the same post. */
void post_to_json(const struct post *p, struct buf *out);
/* Its members into an open object; without lang, when a score with the language found comes behind
 * them. */
void post_members_to_json(const struct post *p, bool with_lang, struct json_writer *w);

/* Copies p and all its texts into a. */
int post_copy(const struct post *p, struct arena *a, struct post *copy_r);

#endif
