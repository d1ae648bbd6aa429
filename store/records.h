/*
 * records.h - a customer as the rows are, whole: for export and import.
 *
 * What persons.h loads is the customer as rules see them (merged customers as one, nothing that is
 * over).  A record is one customer's own rows, with all that must survive a journey through a file:
 * other imported columns, where and when consent was given, when tags end, links that ended.
 *
 * Ownership: everything loaded lives in the arena given.
 * Errors:    -1 and err, as everywhere in store/.
 * Threads:   as the store.
 */
#ifndef STORE_RECORDS_H
#define STORE_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/slice.h"
#include "store/persons.h"

struct arena;
struct buf;
struct err;
struct store;

struct tag_row {
	struct slice tag;
	int64_t at_ms;
	int64_t expires_at_ms; /* TIME_UNKNOWN: never */
};

struct customer_record {
	struct customer
	    c; /* its own attributes, metrics, endpoints, consents; nothing else of it is
			      set */
	struct slice merged_into; /* SLICE_NONE: stands on its own */
	const struct slice *extras; /* of each endpoint: a JSON object of other imported columns */
	const struct tag_row *tags; /* not expired */
	size_t tag_count;
	struct slice_list lists;
	struct slice_list segments; /* with imported members; an import writes them */
	const struct link_row *links; /* in the order they were made, ended ones as well */
	size_t link_count;
};

/* 1, 0 there is no such customer, -1. */
int store_record_load(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer_record **r_r, struct err *err);
/* At most limit records behind after_id (SLICE_NONE: from the first), by id; fewer when they fill
 * max_bytes of the arena, but at least one when there is one. */
int store_records_list(struct store *st, struct slice after_id, size_t limit, size_t max_bytes,
    int64_t now_ms, struct arena *a, struct customer_record ***list_r, size_t *count_r,
    struct err *err);

/* Makes room among the endpoints of a record that is to be written over before (NULL: a new customer), as
 * store_endpoint_put() does for one: of more than ENDPOINTS_MAX in use the push endpoint that was changed
 * longest ago is made inactive in list; one that is as it was has the at_ms of before.  0, -1 (ERR_LIMIT)
 * when there is none. */
int store_endpoints_fit(
    const struct customer *before, struct endpoint *list, size_t count, struct err *err);

/* Both refuse (ERR_LIMIT, and nothing is written) what has more endpoints in use than a customer may have. */
/* A customer that is not there yet: rows of everything but links, and one row of history, "customer",
 * with the whole record as its new value. Within a transaction. */
int store_record_create(struct store *st, const struct customer_record *r, int64_t now_ms,
    const char *source, struct err *err);

/* Makes the customer's rows what after says where they differ from before (what store_record_load()
 * gave), each change with its row of history; links are left alone, and what is in before alone
 * stays.  Returns 1 when something changed, 0, -1. */
int store_record_update(struct store *st, const struct customer_record *before,
    const struct customer_record *after, int64_t now_ms, const char *source, struct err *err);

/* The record as one JSON object without line ends, appended: docs/import.md describes it. The same
 * record gives the same bytes. */
void store_record_json(const struct customer_record *r, struct buf *out);

#endif
