/*
 * day_sums.h - what a customer did in the last 7, 30 and 90 days as one value of their row, so that a post reads
 * one row instead of one for each of their days.
 *
 * The sums are right as of the day they say (UTC) and follow it: each day that passes takes those out that
 * are a span old, and brings in what was said to be of a day to come.  The rows of customer_days stay what is
 * true; sums that are missing, too old or of a day to come are added up from them.
 *
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_DAY_SUMS_H
#define STORE_DAY_SUMS_H

#include "core/occurrence.h"
#include "store/days.h"

struct store;

/* How many days sums may be behind: so long rows of customer_days are kept beyond STATS_DAYS_MAX, for what leaves
 * a span is subtracted by its row. */
#define DAY_SUMS_BEHIND_MAX 7

enum day_number {
	DAY_POSTS,
	DAY_SCORE_MILLI, /* the sum; not the mean */
	DAY_COMPLAINTS,
	DAY_CONTACTS,
	DAY_EVENTS,
	DAY_NUMBER_COUNT
};
struct day_sums {
	int64_t day; /* DAY_SUMS_NONE: there are none */
	int64_t n[DAY_NUMBER_COUNT][STATS_SPAN_COUNT];
};
#define DAY_SUMS_NONE INT64_MIN

/* As they are stored in customers.sums; what cannot be read are none. */
#define DAY_SUMS_BYTES 128
void day_sums_read(struct slice bytes, struct day_sums *s_r);
struct slice day_sums_write(const struct day_sums *s, unsigned char out[DAY_SUMS_BYTES]);

/* Makes s those of today, from what they are, or from the rows. */
int day_sums_follow(
    struct store *st, struct slice customer_id, int64_t today, struct day_sums *s, struct err *err);
/* One thing more, of a day. */
void day_sums_add(struct day_sums *s, int64_t day, const int64_t n[DAY_NUMBER_COUNT]);

#endif
