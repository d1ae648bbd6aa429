/*
 * suggestions.h - rows of what may be a link, and look-ups of customers by what an author shows.
 * people/suggest.h decides.
 *
 * Ownership: texts of rows live in the arena given.
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_SUGGESTIONS_H
#define STORE_SUGGESTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct slice_list;
struct store;

enum suggestion_state {
	SUGGESTION_OPEN,
	SUGGESTION_ACCEPTED,
	SUGGESTION_DISMISSED /* does not come back */
};

struct suggestion_row {
	int64_t suggestion_no;
	struct slice customer_id, author_id;
	struct slice handle; /* as the author writes it; "" unknown */
	int32_t confidence; /* percent */
	struct slice basis; /* in words */
	struct slice decision_id; /* SLICE_NONE: none */
	int64_t at_ms;
	enum suggestion_state state;
	struct slice changed_by; /* SLICE_NONE: it is open */
	int64_t changed_at_ms;
};

/* New, or open with less confidence: 1.  As it was, or decided already: 0.  -1. */
int store_suggestion_put(struct store *st, const struct suggestion_row *row, struct err *err);
int store_suggestion_decide(struct store *st, int64_t suggestion_no, enum suggestion_state state,
    struct slice by, int64_t now_ms, struct err *err);
/* Those of an account that are open go: it is linked now. */
int store_suggestions_clear(struct store *st, struct slice author_id, struct err *err);
/* 1, 0, -1 */
int store_suggestion_load(struct store *st, int64_t suggestion_no, struct arena *a,
    struct suggestion_row *row_r, struct err *err);
/* The newest first, below before (0: from the newest). */
int
store_suggestions_list(struct store *st, enum suggestion_state state, int64_t before, size_t limit,
    struct arena *a, struct suggestion_row **rows_r, size_t *count_r, struct err *err);
int store_suggestions_open_of(
    struct store *st, struct slice author_id, int64_t *count_r, struct err *err);

/* Ids of customers, at most limit.  Each is answered from an index that holds no more than what can be
 * asked for, so that a million customers cost no more than a hundred. */

/* An address of theirs on that channel; texts in lower case. */
int store_customers_by_address(struct store *st, struct slice channel, struct slice address,
    size_t limit, struct arena *a, struct slice_list *ids_r, struct err *err);
/* A link in force with that handle, without or on whatever host: "@jane" finds "@jane@x.example" and
 * "@jane.bsky.social". */
int store_customers_by_namesake(struct store *st, struct slice local_key, size_t limit,
    struct arena *a, struct slice_list *ids_r, struct err *err);
/* An attribute whose one value is this URL or handle, in any case. */
int store_customers_by_profile(struct store *st, struct slice value, size_t limit, struct arena *a,
    struct slice_list *ids_r, struct err *err);
/* An attribute such as LastName or FullName whose one value this is, in any case. */
int store_customers_by_name(struct store *st, struct slice name, size_t limit, struct arena *a,
    struct slice_list *ids_r, struct err *err);

#endif
