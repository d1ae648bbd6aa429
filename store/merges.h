/*
 * merges.h - customers that are one: rows stay where they are, a column points at who they belong to.
 *
 * Pointers make a tree.  Loading any of its customers (store_customer_load) loads the whole tree under
 * the root's id: the newest change of an attribute, a metric, a consent holds (a withdrawal wins a tie,
 * then the root); endpoints, tags, lists and days add up.
 *
 * people/merge.h decides; this stores.
 * Errors: -1 and err.  Threads: as the store.
 */
#ifndef STORE_MERGES_H
#define STORE_MERGES_H

#include <stddef.h>
#include <stdint.h>

#include "core/post.h"

struct arena;
struct err;
struct store;

#define CUSTOMERS_IN_ONE_MAX 50 /* more are not merged */

/* Whom a customer belongs to: itself, or the root of its tree. 1, 0 there is no such customer, -1 */
int store_customer_root(
    struct store *st, struct slice id, struct arena *a, struct slice *root_r, struct err *err);
/* All of a tree, its root first, the others by id. */
int store_customer_tree(struct store *st, struct slice root, struct arena *a,
    struct slice_list *ids_r, struct err *err);
/* into SLICE_NONE: it stands on its own again. */
int store_customer_point(
    struct store *st, struct slice id, struct slice into, int64_t now_ms, struct err *err);
/* Whom a customer was merged into, as named. 1, 0 it stands on its own (or is not there), -1 */
int store_customer_merged_into(
    struct store *st, struct slice id, struct arena *a, struct slice *into_r, struct err *err);

#endif
