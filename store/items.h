/*
 * items.h - rows of what may come into fashion, and who came with it in which order.  people/adopters.h
 * decides; this stores.
 *
 * Limits: STORE_ITEMS_MAX items: above it a new one is not taken until store_items_tidy() made room.
 * Errors: -1 and err; the transaction is broken then.
 * Threads: pipeline thread inside a transaction; store_items_early() any.
 */
#ifndef STORE_ITEMS_H
#define STORE_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

#define STORE_ITEMS_MAX 200000
#define STORE_ITEM_NAME_MAX 512 /* bytes; longer ones are no items */

/* Their numbers are stored. */
enum item_state {
	ITEM_OLD = 0, /* was there before us, or did not come into fashion: not watched */
	ITEM_GROWING = 1,
	ITEM_SUCCEEDED = 2,
	ITEM_DONE = 3, /* succeeded beyond what credit reaches: not watched any more */
	ITEM_FEED = 4, /* 'f:...': since when we listen to it */
};

struct item_row {
	int64_t item_no;
	int64_t first_at_ms, last_at_ms;
	int64_t authors, credited_authors;
	enum item_state state;
};

int store_item_get(
    struct store *st, struct slice name, struct item_row *row_r, struct err *err); /* 1, 0, -1 */
/* 1 with its number in row; 0 when there is no room; -1. */
int store_item_add(struct store *st, struct slice name, struct item_row *row, struct err *err);
int
store_item_put(struct store *st, struct slice name, const struct item_row *row, struct err *err);

/* Does this author have a place there? 1, 0, -1. */
int store_place_has(struct store *st, int64_t item_no, int64_t author_no, struct err *err);
int store_place_put(struct store *st, int64_t item_no, int64_t author_no, int64_t place,
    int64_t at_ms, struct err *err);
struct place_row {
	int64_t author_no, place;
};
/* Up to that place, the first of them first. */
int store_places(struct store *st, int64_t item_no, int64_t up_to, struct arena *a,
    struct place_row **rows_r, size_t *count_r, struct err *err);
/* Places behind that one are given up. */
int store_places_drop(struct store *st, int64_t item_no, int64_t behind, struct err *err);

/* What an author was early on (place at most share_milli of the authors), the earliest first; *all_r: how
 * many there are. */
struct early_item {
	struct slice name;
	int64_t place, authors;
};
int store_items_early(struct store *st, int64_t author_no, int64_t share_milli, size_t limit,
    struct arena *a, struct early_item **rows_r, size_t *count_r, int64_t *all_r, struct err *err);

/* Items that did not come into fashion within within_ms give up their places, names not heard for long
 * are forgotten; room is made when it is short.  At most rows of them; *left_r: rows not used. */
int
store_items_tidy(struct store *st, int64_t now_ms, int64_t rows, int64_t *left_r, struct err *err);

#endif
