/*
 * ahead.h - rows of rules that will be asked for soon, and more than once: where each is cached is found once, and
 * the memory it lies in is fetched meanwhile.
 *
 * Whoever is going to ask for many counters and times first calls store_*_ahead() for all of them, then
 * store_ahead_value() for those, then asks: the waits for memory are then beside each other.  What is asked for
 * by its key is answered likewise.
 *
 * Ownership: a store_ahead borrows the slices it was made from, and belongs to one transaction.
 * Errors:    -1 and err; none of those that only look ahead.  Threads: as the store.
 */
#ifndef STORE_AHEAD_H
#define STORE_AHEAD_H

#include "store/outbox.h"
#include "store/overlay.h"
#include "store/times.h"

struct rule_head;

struct store_ahead {
	struct overlay *in; /* NULL: this connection caches nothing; only key is set */
	struct overlay_spot spot;
};

void store_counter_ahead(struct store *st, const struct rule_head *rule, enum state_kind kind,
    struct slice key, struct store_ahead *a_r);
void store_times_ahead(struct store *st, const struct rule_head *rule, enum times_part part,
    struct slice key, struct store_ahead *a_r);
void store_ahead_value(struct store_ahead *a);

/* As store_counter_get() and store_counter_put(). */
int store_counter_get_at(
    struct store *st, struct store_ahead *a, struct rule_counter *c_r, struct err *err);
int store_counter_put_at(
    struct store *st, struct store_ahead *a, const struct rule_counter *c, struct err *err);
/* As store_times_get() and store_times_put(). */
int store_times_get_at(
    struct store *st, struct store_ahead *a, struct rule_times *t_r, struct err *err);
int store_times_put_at(
    struct store *st, struct store_ahead *a, const struct rule_times *t, struct err *err);

#endif
