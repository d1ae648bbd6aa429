/*
 * links.h - rows of links between accounts and customers. people/links.h decides; this stores.
 *
 * Ownership: texts of rows live in the arena given.
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

#define LINK_CONFIDENCE_IMPORTED 80 /* percent, of a handle that an import names */

struct link_row {
	int64_t link_no;
	struct slice customer_id; /* as it was linked: it may have been merged into another since */
	struct slice handle_key; /* lower case; "": none is known */
	struct slice author_id; /* SLICE_NONE: the handle was not seen yet */
	struct slice proof; /* "imported handle", "agent", "code", "signed in" */
	int64_t linked_at_ms, unlinked_at_ms; /* TIME_UNKNOWN: in force */
	struct slice unlink_reason;
	int32_t confidence; /* percent; 0 in a new row: that of an imported handle */
	struct slice basis; /* in words: what was shown; SLICE_NONE */
	struct slice made_by; /* SLICE_NONE in a new row: "import" */
	int64_t join_no; /* what its counters were joined by; 0: nothing was joined */
};

/* Fills in row->link_no. */
int store_link_add(struct store *st, struct link_row *row, struct err *err);
int store_link_bind(struct store *st, int64_t link_no, struct slice author_id, struct err *err);
/* Proof, confidence, basis, made_by and join_no of row->link_no become the row's. */
int store_link_change(struct store *st, const struct link_row *row, struct err *err);
int store_link_end(
    struct store *st, int64_t link_no, int64_t now_ms, const char *reason, struct err *err);

/* 1, 0, -1 */
int store_link_load(
    struct store *st, int64_t link_no, struct arena *a, struct link_row *row_r, struct err *err);
/* In force, by account or by handle (a handle may have several). 1, 0, -1 / count. Cached: a post
 * of a stranger must not cost a search in the database every time. */
int store_link_by_author(struct store *st, struct slice author_id, struct arena *a,
    struct link_row *row_r, struct err *err);
int store_links_by_handle(struct store *st, struct slice handle_key, struct arena *a,
    struct link_row **rows_r, size_t *count_r, struct err *err);
/* All there ever were, the oldest first. */
int store_links_of_customer(struct store *st, struct slice customer_id, struct arena *a,
    struct link_row **rows_r, size_t *count_r, struct err *err);

#endif
