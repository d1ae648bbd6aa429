/*
 * persons.h - rows of authors, customers, links, tags, lists, consent. people/ decides; this
 * stores.
 */
#ifndef STORE_PERSONS_H
#define STORE_PERSONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"
#include "store/links.h"

struct arena;
struct err;
struct store;

/* Creates or updates the author of a post seen now: counters through the overlay, profile columns
 * only when they changed (unknown values keep what is there).  counts: add one to posts_seen. */
int store_author_see(struct store *st, const struct author *author, int64_t at_ms, bool counts,
    struct author_facts *facts_r, struct err *err);
struct author_row {
	int64_t author_no;
	struct author author;
	int64_t first_seen_at_ms, last_seen_at_ms, posts_seen;
};
/* By id or, with is_handle, by handle in any case. 1, 0, -1. */
int store_author_load(struct store *st, struct slice key, bool is_handle, struct arena *a,
    struct author_row *row_r, struct err *err);

/* Ids of at most limit accounts with that handle (in any case), whoever was seen last first. */
int store_authors_of_handle(struct store *st, struct slice handle, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err);

/* who: "a:<author id>" or "c:<customer id>". */
int store_tag_put(struct store *st, struct slice who, struct slice tag, int64_t now_ms,
    int64_t expires_at_ms /* TIME_UNKNOWN: never */, struct err *err);
int store_tags_load(struct store *st, struct slice who, int64_t now_ms, struct arena *a,
    struct slice_list *tags_r, struct err *err);
int store_list_add(
    struct store *st, struct slice list, struct slice who, int64_t now_ms, struct err *err);
int store_list_has(
    struct store *st, struct slice list, struct slice who, struct err *err); /* 1, 0, -1 */

/* Is the customer in the list, or any of those merged into them? 1, 0, -1 */
int store_list_has_customer(struct store *st, struct slice list, const struct customer *c,
    struct arena *a, struct err *err);

/* Customers: all that were merged are one (merges.h), under the id of the one they belong to. */
int store_customer_load(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err); /* 1, 0, -1 */
/* Only what stands in this one's own rows. */
int store_customer_load_own(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err); /* 1, 0, -1 */
int store_customers_list(struct store *st, struct slice after_id, size_t limit, int64_t now_ms,
    struct arena *a, struct customer ***list_r, size_t *count_r, struct err *err);

/* Changes write the rows of the id they name, and the history: whole old and new values as JSON.
 * source: who or what makes the change. */

/* Upserts the row itself; *created_r: it was new.  SLICE_NONE keeps what is there. */
int
store_customer_put(struct store *st, struct slice id, struct slice timezone, struct slice locale,
    struct slice country, int64_t now_ms, const char *source, bool *created_r, struct err *err);
/* Replaces the values of one attribute; an empty list takes it away.  Returns 1 when something
 * changed, 0 when it was so already, -1. */
int
store_customer_set(struct store *st, struct slice id, struct slice name, struct slice_list values,
    int64_t now_ms, const char *source, struct slice decision_id, struct err *err);
/* value: a decimal number as JSON has it; SLICE_NONE or "" takes it away.  1, 0, -1 */
int store_customer_metric_set(struct store *st, struct slice id, struct slice name,
    struct slice value, int64_t now_ms, const char *source, struct err *err);
/* A tag of a customer, again or until another time.  1, 0 it has it like that, -1 */
int store_customer_tag(struct store *st, struct slice id, struct slice tag, int64_t now_ms,
    int64_t expires_at_ms, const char *source, struct slice decision_id, struct err *err);
int store_customer_untag(struct store *st, struct slice id, struct slice tag, int64_t now_ms,
    const char *source, struct err *err);
/* 1 added, 0 was there, -1 */
int store_customer_list_add(struct store *st, struct slice id, struct slice list, int64_t now_ms,
    const char *source, struct slice decision_id, struct err *err);

/* 1 taken out, 0 was not in it, -1 */
int store_customer_list_remove(struct store *st, struct slice id, struct slice list, int64_t now_ms,
    const char *source, struct err *err);
/* The lists of all who are one with root, each once, by name. */
int store_customer_lists(struct store *st, struct slice root, struct arena *a,
    struct slice_list *lists_r, struct err *err);

/* A customer has at most so many endpoints in use (as with Pinpoint).  One more retires the push
 * endpoint changed longest ago: it is made inactive; without one the new one is refused (ERR_LIMIT, and
 * nothing is changed). */
#define ENDPOINTS_MAX 15
/* extra_json SLICE_NONE keeps what is there.  An endpoint of another customer comes over to this one. */
int store_endpoint_put(struct store *st, struct slice customer_id, const struct endpoint *e,
    struct slice extra_json, int64_t now_ms, const char *source,
    struct err *err); /* 1 changed, 0, -1 */
int store_endpoint_deactivate(
    struct store *st, struct slice endpoint_id, int64_t now_ms, const char *why, struct err *err);
/* c->source and c->at_ms hold, else source and now_ms.  Text version: of the words agreed to. */
int store_consent_put(struct store *st, struct slice customer_id, const struct consent *c,
    int64_t now_ms, const char *source, struct err *err); /* 1 changed, 0, -1 */

struct history_row {
	int64_t at_ms;
	struct slice field, old_value, new_value, source, decision_id;
	int64_t history_no; /* of what was loaded, with whose it is */
	struct slice customer_id;
};
int store_history_add(
    struct store *st, struct slice customer_id, const struct history_row *row, struct err *err);
int store_history_list(struct store *st, struct slice customer_id, size_t limit, struct arena *a,
    struct history_row **rows_r, size_t *count_r, struct err *err);
/* Of all who are one with root, who is the root of its tree: the newest changes before a number. */
int store_history_of_tree(struct store *st, struct slice root, int64_t before_no, size_t limit,
    struct arena *a, struct history_row **rows_r, size_t *count_r, struct err *err);

#endif
