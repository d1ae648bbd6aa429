/*
 * link_codes.h - rows of one-time codes, and of who tried wrong ones. people/link_codes.h decides.
 *
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_LINK_CODES_H
#define STORE_LINK_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

struct link_code_row {
	struct slice customer_id, made_by;
	int64_t at_ms, expires_at_ms;
	int64_t used_at_ms; /* TIME_UNKNOWN: it was not */
	struct slice author_id; /* who used it */
};
int store_link_code_add(
    struct store *st, struct slice hash, const struct link_code_row *row, struct err *err);
int store_link_code_use(
    struct store *st, struct slice hash, struct slice author_id, int64_t now_ms, struct err *err);
/* 1, 0, -1 */
int store_link_code_load(struct store *st, struct slice hash, struct arena *a,
    struct link_code_row *row_r, struct err *err);
/* Is any code open?  1, 0, -1.  Cached: every post asks. */
int store_link_codes_any(struct store *st, int64_t now_ms, struct err *err);
/* The newest first. */
int store_link_codes_of_customer(struct store *st, struct slice customer_id, size_t limit,
    struct arena *a, struct link_code_row **rows_r, size_t *count_r, struct err *err);

/* Wrong codes of an account since a time; 0 and 0 when there are none. */
struct link_tries {
	int64_t since_ms, count;
};
int store_link_tries_get(
    struct store *st, struct slice author_id, struct link_tries *t_r, struct err *err);
int store_link_tries_put(
    struct store *st, struct slice author_id, const struct link_tries *t, struct err *err);

#endif
