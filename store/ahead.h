/*
 * ahead.h - rows that will be asked for soon: the memory they are cached in is fetched meanwhile.
 *
 * Whoever is going to ask for many counters and times first calls store_*_ahead() for all of them, then
 * store_ahead_value() for those, then asks: the waits for memory are then beside each other.  It
 * changes nothing, and what is asked for without it is answered likewise.
 *
 * Ownership: a store_ahead borrows the slices it was made from.
 * Errors:    none.  Threads: as the store.
 */
#ifndef STORE_AHEAD_H
#define STORE_AHEAD_H

#include <stdbool.h>

#include "store/outbox.h"
#include "store/overlay.h"
#include "store/times.h"

struct store_ahead {
	struct overlay *in;
	struct overlay_key key;
};

/* False: this connection caches nothing, and *a_r is not to be used. */
bool store_counter_ahead(struct store *st, struct slice rule_id, enum state_kind kind,
    struct slice key, struct store_ahead *a_r);
bool store_times_ahead(struct store *st, struct slice rule_id, enum times_part part,
    struct slice key, struct store_ahead *a_r);
void store_ahead_value(const struct store_ahead *a);

#endif
