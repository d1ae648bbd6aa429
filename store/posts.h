/*
 * posts.h - posts as they were seen, with score, author and customer of that moment.
 */
#ifndef STORE_POSTS_H
#define STORE_POSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"
#include "core/score.h"

struct arena;
struct err;
struct store;

/* Why a post decides nothing that leaves the house (posts.inert). */
#define INERT_TOO_OLD "too old"
#define INERT_FIRST_FETCH "first fetch of the source"
#define INERT_OWN_ACCOUNT "own account"
#define INERT_REPOST "repost"

struct stored_post {
	int64_t post_no;
	struct post post;
	struct score score; /* tokens are not stored: count 0 after loading; brands as ids below */
	struct slice_list brand_ids;
	struct author_facts author;
	const struct customer *customer; /* as seen then; NULL: none */
	struct slice subject;
	struct slice feed;
	const char *inert; /* NULL: may decide */
	int64_t behind_ms; /* its stream was so far ahead of it when it came; 0: it was not */
	int64_t rules_version;
	int64_t revision;
	bool is_expired; /* texts are gone: "no longer known" */
};

struct post_ref {
	int64_t post_no;
	int64_t text_hash;
	int64_t revision;
	bool is_deleted;
	bool is_expired;
};

/* 1 and *ref_r, 0 not seen, -1. */
int store_post_find(struct store *st, struct slice id, struct post_ref *ref_r, struct err *err);
int64_t store_text_hash(struct slice text); /* stable over versions and machines */
/* 1 inserted and sp->post_no set (0: the next number; else that one); 0 the id is there already and
 * nothing was written; -1. */
int store_post_insert(struct store *st, struct stored_post *sp, struct err *err);
/* An edit: text, score, counts replaced, revision + 1; who wrote it stays as seen at first.  A
 * deleted or expired post stays so. */
int
store_post_revise(struct store *st, int64_t post_no, const struct stored_post *sp, struct err *err);
/* A deletion upstream: text, author as seen, score reasons go; the id stays. */
int store_post_delete(struct store *st, int64_t post_no, struct err *err);
/* Before it: where else its words stand.  Reposts lose theirs as deleted posts do, messages that are done
 * with and quote it lose their parts. */
int store_post_forget_copies(
    struct store *st, int64_t post_no, struct slice post_id, int64_t now_ms, struct err *err);
/* A deletion of a post we never saw: only the id is kept, so that a late copy is not stored. */
int store_post_insert_deleted(
    struct store *st, struct slice id, struct slice feed, int64_t now_ms, struct err *err);
/* Newer counters of a known post (likes, replies, reposts); unknown ones keep what is there. */
int store_post_counts(struct store *st, int64_t post_no, int64_t likes, int64_t replies,
    int64_t reposts, struct err *err);

/* 1 with *sp_r, 0, -1. */
int store_post_load(
    struct store *st, struct slice id, struct arena *a, struct stored_post **sp_r, struct err *err);
int store_post_load_no(
    struct store *st, int64_t post_no, struct arena *a, struct stored_post **sp_r, struct err *err);
/* Newest first; before_no 0: from the top. */
int store_posts_list(struct store *st, int64_t before_no, size_t limit, struct arena *a,
    struct stored_post ***list_r, size_t *count_r, struct err *err);

/* The way the posts came: those that have their texts, from post_no after_no on, oldest first, at most
 * limit; *last_no_r is where to go on (unchanged at the end).  What was missing (deleted, expired)
 * is counted in *gone_r.  What each reason of a score was is left out. */
int store_posts_scan(struct store *st, int64_t after_no, size_t limit, struct arena *a,
    struct stored_post ***list_r, size_t *count_r, int64_t *last_no_r, int64_t *gone_r,
    struct err *err);
/* Where such a scan begins that is to see the posts fetched at since_ms or later: the number before
 * the first of them; *count_r: how many rows stand behind it. */
int store_posts_scan_begin(
    struct store *st, int64_t since_ms, int64_t *after_no_r, int64_t *count_r, struct err *err);

/* Sources: cursor and whether the first fetch is done. 1 known, 0 new, -1. */
struct source_row {
	struct slice name, cursor;
	bool has_fetched;
	int64_t posts;
	int64_t last_post_at_ms; /* TIME_UNKNOWN: none */
};
int store_source_get(struct store *st, struct slice name, struct arena *a, struct source_row *row_r,
    struct err *err);
/* cursor SLICE_NONE: unchanged.  posts are added. */
int store_source_advance(struct store *st, struct slice name, struct slice cursor, int64_t posts,
    int64_t last_post_at_ms, bool has_fetched, struct err *err);
int store_sources_list(struct store *st, struct arena *a, struct source_row **rows_r,
    size_t *count_r, struct err *err);

/* How far a stream has come: the newest event time seen of it.  TIME_UNKNOWN: it has not begun. */
int store_stream_get(struct store *st, struct slice name, int64_t *newest_at_ms_r, struct err *err);
/* Whoever calls sees to it that it goes back for a clock that was wrong alone. */
int
store_stream_advance(struct store *st, struct slice name, int64_t newest_at_ms, struct err *err);
/* How far the slowest has come, of those that have moved since since_ms; TIME_UNKNOWN: none has. */
int store_streams_slowest(struct store *st, int64_t since_ms, int64_t *at_ms_r, struct err *err);

int store_reject(struct store *st, int64_t now_ms, struct slice feed, const char *reason,
    struct slice excerpt, struct err *err);
struct reject_row {
	int64_t at_ms;
	struct slice feed, reason, excerpt;
};
int store_rejects_list(struct store *st, size_t limit, struct arena *a, struct reject_row **rows_r,
    size_t *count_r, struct err *err);

#endif
