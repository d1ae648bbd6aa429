/*
 * segments.h - rows of segments: who is in which, how far judging everybody anew has come, and whom to
 * judge when.  rules/ says who is in; daemon/pipeline_segments.c calls; this stores.
 *
 * Ownership: texts of rows live in the arena given.
 * Errors:    -1 and err, as everywhere in store/.
 * Threads:   as the store.
 * Changes:   whatever writes something of a customer notes their id with the transaction
 *            (store_customer_touched() in store_internal.h; store_history_add() does it by itself).  Before
 *            the transaction commits, the ids go to the judge (store_judge_with()), or when there is
 *            none into the queue: nobody is forgotten, whoever wrote and however it ended.
 */
#ifndef STORE_SEGMENTS_H
#define STORE_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct customer;
struct err;
struct store;

/* ---- the segments ---- */

struct segment_row {
	struct slice id;
	struct slice content_hash; /* "": imported */
	int64_t members;
	bool is_imported;
	bool
	    is_gone; /* not among the rules: kept for its imported members, or until its rows are removed */
	int64_t live_at_ms, updated_at_ms;
	struct slice judged_to; /* SLICE_NONE: everybody has been judged */
	int64_t judged, to_judge; /* customers, while they are */
};
int store_segments_list(struct store *st, struct arena *a, struct segment_row **rows_r,
    size_t *count_r, struct err *err);
/* 1, 0, -1 */
int store_segment_load(
    struct store *st, struct slice id, struct arena *a, struct segment_row *row_r, struct err *err);
/* The whole row, new or not. */
int store_segment_put(struct store *st, const struct segment_row *row, struct err *err);
int store_segment_count_add(
    struct store *st, struct slice id, int64_t members, int64_t now_ms, struct err *err);
/* Removes at most max_rows members without a word in their history (the rules say it), and with the last of
 * them the segment.  Returns 1 when there are more. */
int store_segment_drop(struct store *st, struct slice id, size_t max_rows, struct err *err);

/* ---- members ---- */

struct segment_member {
	struct slice segment, customer_id;
	int64_t since_ms;
};
/* Memberships of a customer, not of those merged into them, by segment. */
int store_segments_of(struct store *st, struct slice customer_id, struct arena *a,
    struct segment_member **rows_r, size_t *count_r, struct err *err);
/* With a row of history, "segment:<id>"; the segment's count is the caller's. They were not, or were, a member:
 * 1 changed, 0 it was so already. */
int store_segment_enter(struct store *st, struct slice segment, struct slice customer_id,
    int64_t now_ms, const char *source, struct err *err);
int store_segment_leave(struct store *st, struct slice segment, struct slice customer_id,
    int64_t now_ms, const char *source, struct err *err);
/* At most limit members behind after_id (SLICE_NONE: from the first), by id. */
int
store_segment_members(struct store *st, struct slice segment, struct slice after_id, size_t limit,
    struct arena *a, struct segment_member **rows_r, size_t *count_r, struct err *err);

/* Fills in which segments a customer is in as they were judged, whoever is merged into them included, and
 * which are not known because everybody is being judged anew. */
int store_customer_segments(struct store *st, struct customer *c, struct arena *a, struct err *err);

/* Which values an attribute has, the most frequent first, among the first `customers` customers that have
 * it. */
struct value_count {
	struct slice values; /* JSON array of texts */
	int64_t count;
};
int store_attribute_values(struct store *st, struct slice name, size_t customers, size_t limit,
    struct arena *a, struct value_count **rows_r, size_t *count_r, struct err *err);

/* ---- whom to judge ---- */

/* At due_at_ms (0: now), unless they are to be sooner; TIME_UNKNOWN: at no time. */
int
store_judging_put(struct store *st, struct slice customer_id, int64_t due_at_ms, struct err *err);
/* Exactly then, whatever was said before. */
int
store_judging_set(struct store *st, struct slice customer_id, int64_t due_at_ms, struct err *err);
int store_judging_next(struct store *st, int64_t *due_at_ms_r, struct err *err);
/* At most limit that are due, the oldest first; they stay in the queue until judged. */
int store_judging_due(struct store *st, int64_t now_ms, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err);
/* When the first of a customer's tags ends behind now_ms; TIME_UNKNOWN: none does. */
int store_tags_next_end(
    struct store *st, struct slice customer_id, int64_t now_ms, int64_t *at_ms_r, struct err *err);

/* At most limit customers behind after_id, by id. */
int store_customer_ids(struct store *st, struct slice after_id, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err);

/* At most max customers who stand on their own, each as likely as any other, in an order that tells nothing:
 * the first of them are a sample as well.  Reads all ids; *customers_r: how many there are. */
int store_customers_sample(struct store *st, size_t max, struct arena *a, struct slice **ids_r,
    size_t *count_r, int64_t *customers_r, struct err *err);

/* Is there such a customer, merged or not? 1, 0, -1 */
int store_customer_exists(struct store *st, struct slice id, struct err *err);

/* ---- the judge ---- */

/* Called within a transaction that touched customers, before it commits; NULL: nobody. -1 refuses the
 * commit. */
typedef int store_judge_fn(void *cookie, struct store *st, struct err *err);
void store_judge_with(struct store *st, store_judge_fn *judge, void *cookie);
/* Somebody is to be judged although none of their own rows changed: an imported membership. */
int store_segment_touch(struct store *st, struct slice customer_id, struct err *err);
bool store_has_touched(const struct store *st);
/* The customers touched since the last call, each once, in the order they were first touched; in a. */
int store_touched_take(
    struct store *st, struct arena *a, struct slice **ids_r, size_t *count_r, struct err *err);

#endif
