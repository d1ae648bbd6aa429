/*
 * watches.h - what watches saw: the posts they counted, how many there could have been, their state,
 * and the incidents that came of it.
 *
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_WATCHES_H
#define STORE_WATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

/* ---- what they counted ---- */

struct watch_hit {
	struct slice watch_id;
	int64_t at_ms; /* event time */
	int64_t post_no;
	uint64_t author; /* a hash; 0: anonymous */
};
int store_watch_hit_put(struct store *st, const struct watch_hit *hit, struct err *err);
/* n more posts in that minute (event time / 60,000). */
int store_watch_base_add(
    struct store *st, struct slice watch_id, int64_t minute, int64_t n, struct err *err);
int store_watch_state_put(
    struct store *st, struct slice watch_id, struct slice state, int64_t now_ms, struct err *err);

/* Hands out the rows of one watch: its state, then base minutes and hits from since_ms on, each in
 * the order of time; of the hits the newest max_hits.  What a function answers -1 to ends it.  The
 * functions must not use the store. */
struct watch_visitor {
	void *cookie;
	int (*state)(void *cookie, struct slice state, struct err *err);
	int (*base)(void *cookie, int64_t minute, int64_t n, struct err *err);
	int (*hit)(void *cookie, int64_t at_ms, uint64_t author, struct err *err);
};
int store_watch_load(struct store *st, struct slice watch_id, int64_t since_ms, size_t max_hits,
    const struct watch_visitor *visitor, struct err *err);

/* Removes hits and base before that time, at most max_rows; *more_r: call again. */
int store_watch_tidy(struct store *st, struct slice watch_id, int64_t before_ms, size_t max_rows,
    bool *more_r, struct err *err);
/* Watches that have a state which was written last before that time. */
int store_watches_stale(struct store *st, int64_t before_ms, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err);
/* All rows of a watch but its incidents, at most max_rows at a time; the state goes last. */
int store_watch_forget(
    struct store *st, struct slice watch_id, size_t max_rows, bool *more_r, struct err *err);

/* ---- incidents ---- */

struct incident_row {
	int64_t incident_no;
	struct slice watch_id;
	int64_t rules_version;
	int64_t started_at_ms;
	int64_t ended_at_ms; /* TIME_UNKNOWN: under way */
	struct slice reason, end_reason;
	int64_t peak; /* most posts counted in its widest window; 0 while it is under way */
};
/* 1 with its number; 0 one of the watch is under way already; -1. */
int store_incident_begin(struct store *st, struct incident_row *row, struct err *err);
/* Ends the watch's incident under way: 1; 0 there is none; -1. */
int store_incident_end(struct store *st, struct slice watch_id, int64_t now_ms, struct slice reason,
    int64_t peak, struct err *err);
/* Newest first; watch_id SLICE_NONE: of all; before_no 0: from the newest. */
int store_incidents_list(struct store *st, struct slice watch_id, int64_t before_no, size_t limit,
    struct arena *a, struct incident_row **rows_r, size_t *count_r, struct err *err);
int store_incident_load(struct store *st, int64_t incident_no, struct arena *a,
    struct incident_row *row_r, struct err *err); /* 1, 0, -1 */
/* The posts a watch counted from since_ms to until_ms, the oldest first, at most limit; *total_r:
 * how many there are.  Those that no window reaches any more are gone. */
struct watch_post {
	int64_t post_no, at_ms;
};
int store_watch_posts(struct store *st, struct slice watch_id, int64_t since_ms, int64_t until_ms,
    size_t limit, struct arena *a, struct watch_post **rows_r, size_t *count_r, int64_t *total_r,
    struct err *err);
/* Those under way, the oldest first. */
int store_incidents_open(struct store *st, size_t limit, struct arena *a,
    struct incident_row **rows_r, size_t *count_r, struct err *err);

#endif
