/*
 * days.h - what a customer did, and what we did to them, by day (UTC): computed attributes are sums over
 * it.
 *
 * Of the posts count those of the accounts linked to the customer now, whenever they were written;
 * reposts are others' words, and what was deleted upstream counts no more.  Posts stored before complaints
 * were a column (migration 0003) count as none.  Days belong to the customer
 * an account was linked to; where several customers are one, loading adds them up.  Days are kept for
 * STATS_DAYS_MAX and a week (day_sums.h); the times of the last post, contact and event stay.  Whoever's days change is touched
 * (segments.h): their segments are judged in the same transaction.
 *
 * Threads: the writer's, inside a transaction.  Errors: -1 and err.
 */
#ifndef STORE_DAYS_H
#define STORE_DAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct err;
struct store;

#define STATS_DAYS_MAX 90 /* today included */

enum day_thing {
	DAY_POST,
	DAY_CONTACT, /* a message was sent to them */
	DAY_EVENT
};
struct day_entry {
	enum day_thing what;
	int64_t at_ms; /* event time */
	int32_t score_milli; /* of posts: sentiment, -1000 to 1000 */
	bool is_complaint; /* of posts */
};

/* One thing more.  A customer that is not there, or what is older than the days that are kept, counts for
 * nothing but the time of the last one. */
int store_day_add(struct store *st, struct slice customer_id, const struct day_entry *e,
    int64_t now_ms, struct err *err);
/* The customer's posts are counted anew from those stored: a link was made or ended. */
int store_days_rebuild(struct store *st, struct slice customer_id, int64_t now_ms, struct err *err);
/* A stored post was edited or deleted: its day is counted anew for who its author is linked to. */
int store_days_post_changed(struct store *st, int64_t post_no, int64_t now_ms, struct err *err);

#endif
