/*
 * events.h - whom something was told about, and what it changes of them.
 *
 * A telling that names a customer makes them when there is none of that id; one that names an address or
 * an account is of the customer who has it, or is refused: nobody is made from a guess.
 *
 * Ownership: texts of results live in the arena given.
 * Errors:    -1 and err.
 * Threads:   pipeline thread, within a transaction.
 */
#ifndef PEOPLE_EVENTS_H
#define PEOPLE_EVENTS_H

#include <stdbool.h>

#include "core/occurrence.h"
#include "core/telling.h"

struct arena;
struct err;
struct store;

/* Whose it is, as the rows name them: 1 (they may not be there yet when the telling names their id);
 * 0 nobody's, and why_r says why; -1. */
int events_whose(struct store *st, const struct telling *t, struct arena *a,
    struct slice *customer_id_r, struct slice *why_r, struct err *err);

/* Writes what the telling says of them, with history; 1 something changed, 0 nothing did, -1. */
int events_apply(struct store *st, const struct telling *t, struct slice customer_id,
    struct arena *a, bool *created_r, struct err *err);

/* previous_id and customer_id are one person: 1 they are merged, or were already; 0 one of them is no
 * customer, or why_r says why they cannot be; -1. */
int events_alias(struct store *st, const struct telling *t, struct arena *a, struct slice *why_r,
    struct err *err);

/* The customer as they are now, and the subject "c:..."; the id may be of one who was merged. */
int events_customer(struct store *st, struct slice customer_id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct slice *subject_r, struct err *err);

#endif
