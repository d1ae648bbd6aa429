/*
 * posts_body.h - posts out of a request body: one post, an array of posts, or NDJSON.
 *
 * An object that is followed by nothing is one post, however many lines it takes; an array holds
 * posts; everything else is one post a line.  What cannot become a post is a reject of the page and
 * names its line ("line 3: ...") or its place in the array ("item 2: ..."); the others are taken.
 *
 * Ownership: the body is borrowed until posts_body_free().
 */
#ifndef COLLECTORS_POSTS_BODY_H
#define COLLECTORS_POSTS_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct err;
struct page;
struct posts_body;

/* 0; -1 with err: empty, an array that is not closed, no memory. */
int posts_body_new(struct slice body, int64_t now_ms, struct posts_body **b_r, struct err *err);
void posts_body_free(struct posts_body *b);
/* Fills p with the next posts and rejects until it is full (page_is_full()).  1 when there is more,
 * 0 when that was all, -1 without memory.  *seen_r (may be NULL) grows by the items looked at. */
int posts_body_next(struct posts_body *b, struct page *p, size_t *seen_r, struct err *err);

/* All at once into one page; ERR_LIMIT when they do not fit. */
int posts_parse_body(
    struct slice body, int64_t now_ms, struct page *p, size_t *seen_r, struct err *err);

/* One post's JSON into p, or a reject that begins with "where: ".  1 post, 0 reject, -1 without
 * memory. */
int posts_body_add(
    struct page *p, struct slice text, int64_t now_ms, const char *where, struct err *err);

#endif
