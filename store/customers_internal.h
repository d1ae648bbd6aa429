/*
 * customers_internal.h - a customer's rows: loading, merging what several have, noting what changed.
 */
#ifndef STORE_CUSTOMERS_INTERNAL_H
#define STORE_CUSTOMERS_INTERNAL_H

#include "store/day_sums.h"
#include "store/merges.h"
#include "store/records_internal.h"
#include "store/store_internal.h"

/* One customer's own rows, and when each was changed: what is newest holds where several are one. */
struct own_customer {
	struct customer c; /* without values: taken away, and when */
	int64_t *attribute_at_ms, *metric_at_ms; /* as many as there are */
	struct slice merged_into;
	bool has_merged; /* others were merged into it */
	struct customer_stats stats; /* sums: sentiments are not means yet */
	struct day_sums sums; /* as they are stored */
};
/* The ids of a root, ?1, and of all that were merged into it, for a query over tree (id). */
#define CUSTOMER_TREE                                                                              \
	"WITH RECURSIVE tree (id) AS (SELECT ?1 UNION SELECT customers.id FROM customers "         \
	"JOIN tree ON merged_into = tree.id) "
/* 1, 0, -1 */
int customer_load_own(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct own_customer *own_r, struct err *err);
/* Of one: what was taken away goes.  Of several: as decision 0012 says; the first is the root. */
void customer_finish(struct own_customer *own);
int customers_combine(struct store *st, const struct own_customer *list, size_t count,
    struct arena *a, struct customer **c_r, struct err *err);

/* --- days.c: s has the last times, and gets the sums; of all that are one; their means --- */
int days_load(struct store *st, struct slice customer_id, int64_t now_ms,
    const struct day_sums *sums, struct customer_stats *s, struct err *err);
void days_add_up(struct customer_stats *sum, const struct customer_stats *s);
void days_finish(struct customer_stats *s);

/* --- history.c: field is prefix and name --- */
int history_note(struct store *st, struct slice customer_id, const char *prefix, struct slice name,
    const struct history_row *row, struct err *err);

/* --- customers_endpoint.c --- */
/* Before an endpoint goes to another customer: its row in the history of the one it leaves. */
int endpoint_leave(struct store *st, struct slice endpoint_id, struct slice new_owner,
    int64_t now_ms, struct slice source, struct err *err);

/* Rows of these columns are endpoints. */
#define CUSTOMER_ENDPOINT_COLUMNS                                                                  \
	"id, channel, address, is_opted_out, is_inactive, timezone, locale, country, attributes, " \
	"metrics, at_ms"
#define CUSTOMER_ENDPOINT_COLUMN_COUNT 11
int customer_endpoint_read(struct query *q, struct arena *a, void *row, struct err *err);
int customer_consents_load(
    struct store *st, struct slice id, struct arena *a, struct customer *c, struct err *err);

#endif
