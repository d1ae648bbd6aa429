/*
 * json_items.h - the items of a body: one JSON object, an array of them, or one on each line (NDJSON).
 *
 * Ownership: the body is borrowed until json_items_free(); what is handed out lies in it.
 * Errors:    a body that holds nothing, an array that is not closed: ERR_INPUT.  What an item holds is
 *            not looked at: a broken one costs only itself.
 * Threads:   one at a time.
 */
#ifndef CORE_JSON_ITEMS_H
#define CORE_JSON_ITEMS_H

#include <stdbool.h>

#include "core/slice.h"

struct err;
struct json_items;

#define JSON_ITEMS_WHERE_MAX 48

/* what: for messages, "posts". */
int
json_items_new(struct slice body, const char *what, struct json_items **items_r, struct err *err);
void json_items_free(struct json_items *b);
/* The next item's text and where it stands ("item 3", "line 7"; "" of a body that is one item); false
 * at the end. */
bool json_items_next(struct json_items *b, struct slice *text_r, char where[JSON_ITEMS_WHERE_MAX]);
bool json_items_is_over(const struct json_items *b); /* nothing follows */

#endif
