/*
 * merge.h - two customers turn out to be one person, or not.
 *
 * Nothing is moved (store/merges.h): the customer that is merged points at the other, and whoever loads
 * either gets both under the other's id.  Taking it back is the identity on everything that was not
 * changed in between; what was changed in between stays with the id it was written to.  What was counted
 * of both is joined, and taken apart again (store/joins.h).
 *
 * Errors:  -1 and err: ERR_NOT_FOUND no such customer; ERR_CONFLICT they are one already, the customer
 *          belongs to another one, too many in one, or it is not merged.
 * Threads: pipeline thread, within a transaction.
 */
#ifndef PEOPLE_MERGE_H
#define PEOPLE_MERGE_H

#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

struct merge_wish {
	struct slice id; /* who is merged ... */
	struct slice into; /* ... into whom; customer_unmerge() does not ask */
	struct slice by; /* "api", who */
	struct slice reason; /* SLICE_NONE: not said */
};

int customer_merge(struct store *st, const struct merge_wish *wish, int64_t now_ms, struct arena *a,
    struct err *err);
/* from_r: whose part it was. */
int customer_unmerge(struct store *st, const struct merge_wish *wish, int64_t now_ms,
    struct arena *a, struct slice *from_r, struct err *err);

#endif
