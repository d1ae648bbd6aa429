/*
 * as_of.h - a customer's own record as it was at an instant: the present with what the history says.
 *
 * Every change stands in the history with its whole old and new value, by field (records_write.c).  What
 * a field was at an instant is the new value of its last change until then; else the old value of its
 * first change behind it; else, when it never changed, what stands now.  Tags that were over by then are
 * left out.  Beside what a record has it tells the segments, with since when; of a segment that left the rules
 * those who were in it last stay in it: nothing is written of everybody then.
 *
 * Errors: -1 and err.  Threads: as the store.
 */
#ifndef STORE_AS_OF_H
#define STORE_AS_OF_H

#include <stdint.h>

#include "core/post.h"
#include "core/slice.h"

struct arena;
struct buf;
struct err;
struct store;

/* Appends one JSON object as store_record_json() writes them. 1, 0 there was no such customer then, -1 */
int store_record_as_of(struct store *st, struct slice id, int64_t at_ms, struct arena *a,
    struct buf *out, struct err *err);

/* All who were one with a customer at an instant (merges.h), the root of then first, the others by id: the
 * customer alone when nobody was. */
int store_tree_as_of(struct store *st, struct slice id, int64_t at_ms, struct arena *a,
    struct slice_list *ids_r, struct err *err);

/* Who a subject ("c:<customer>", "a:<author>") of an earlier time was at an instant: the customer the account
 * was linked to by then, the root of those who were one. *subject_r: in the arena, or subject itself. */
int store_subject_as_of(struct store *st, struct slice subject, int64_t at_ms, struct arena *a,
    struct slice *subject_r, struct err *err);

#endif
