/*
 * timers.h - occurrences to come: rules that wait for what must not happen.
 *
 * A rule waits at most once for a post or event.  A timer that falls due is taken and judged in one
 * transaction: after a crash it is there again, or done.
 *
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_TIMERS_H
#define STORE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

struct timer_row {
	int64_t timer_no;
	int64_t due_at_ms;
	struct slice rule_id;
	int64_t post_no, event_no; /* one of them; the other is 0 */
	struct slice subject; /* as it was; SLICE_NONE: anonymous */
	int64_t started_at_ms; /* event time of the post or event */
};

/* 1 it runs now; 0 this rule waits, or has waited, for this post or event; -1. */
int store_timer_put(struct store *st, const struct timer_row *row, struct err *err);
/* Does this rule wait for this post, or event (the other number is 0)? 1 with the time it falls due, 0,
 * -1. */
int store_timer_find(struct store *st, struct slice rule_id, int64_t post_no, int64_t event_no,
    int64_t *due_at_ms_r, struct err *err);
/* Which posts of a subject, or events of its customer, are of that instant? */
struct moment_row {
	int64_t post_no, event_no; /* one of them; the other is 0 */
	struct slice occurrence_id;
};
int store_moments_at(struct store *st, struct slice subject, int64_t at_ms, bool of_events,
    struct arena *a, struct moment_row **rows_r, size_t *count_r, struct err *err);
/* When the next one falls due; TIME_UNKNOWN: none runs. */
int store_timers_next_due(struct store *st, int64_t *at_ms_r, struct err *err);
/* Takes at most limit of those due by now_ms out of the table, the earliest first. */
int store_timers_take(struct store *st, int64_t now_ms, size_t limit, struct arena *a,
    struct timer_row **rows_r, size_t *count_r, struct err *err);
/* The post was deleted: nobody waits for it any more. */
int
store_timers_cancel_for_post(struct store *st, int64_t post_no, int64_t *count_r, struct err *err);

#endif
