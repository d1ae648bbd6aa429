/*
 * pauses.h - what does not act for a while: 'promotions' (messages for marketing), 'rule:<id>'.
 *
 * The same thing may be paused by several causes (two watches, a person); it goes on when the last
 * one is lifted or over.
 *
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_PAUSES_H
#define STORE_PAUSES_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

#define PAUSE_PROMOTIONS "promotions"
#define PAUSE_RULE_PREFIX "rule:"
/* Rows beyond which nothing more is paused: far more than people and watches make. */
#define PAUSES_MAX 10000

struct pause_row {
	struct slice what, cause, reason;
	int64_t at_ms;
	int64_t until_ms; /* TIME_UNKNOWN: until it is lifted */
};

/* A cause that pauses again changes its reason and end; ERR_LIMIT beyond PAUSES_MAX. */
int store_pause_put(struct store *st, const struct pause_row *row, struct err *err);
/* cause SLICE_NONE: whatever the cause.  Returns in *count_r how many there were. */
int store_pause_lift(
    struct store *st, struct slice what, struct slice cause, int64_t *count_r, struct err *err);
/* Those that are over by now go. */
int store_pauses_end(struct store *st, int64_t now_ms, int64_t *count_r, struct err *err);
/* Is it paused now?  1 (of several causes the one that lasts longest), 0, -1.  What is not paused
 * costs a look at a cache. */
int store_pause_get(struct store *st, struct slice what, int64_t now_ms, struct arena *a,
    struct pause_row *row_r, struct err *err);
/* Is anything paused at all, or was it a moment ago? 1, 0, -1 */
int store_pauses_any(struct store *st, struct err *err);
/* By what, then cause. */
int store_pauses_list(
    struct store *st, struct arena *a, struct pause_row **rows_r, size_t *count_r, struct err *err);

#endif
