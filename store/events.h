/*
 * events.h - what customers did, each with the customer as seen at that moment.
 *
 * An event's id is the sender's: it is stored once.  After retention its id is all that is left, so that
 * one sent again is not new.
 *
 * Ownership: what is loaded lives in the arena given.
 * Threads:   as the store.  Errors: -1 and err.
 */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"

struct arena;
struct err;
struct store;

struct stored_event {
	int64_t event_no;
	struct event event; /* texts are empty once it is expired */
	struct slice customer_id; /* as it was named */
	const struct customer *customer; /* as seen then; NULL: expired */
	struct slice subject; /* "c:" and the id of that customer */
	int64_t at_ms, received_at_ms;
	const char *inert; /* NULL: may decide */
	int64_t behind_ms; /* as of a post */
	int64_t rules_version;
	bool is_expired; /* "no longer known" */
};

/* The occurrence's id: "e:" and the event's; SLICE_NONE without memory.  And back: false, it is none. */
struct slice event_occurrence_id(struct arena *a, struct slice event_id);
bool event_id_of_occurrence(struct slice occurrence_id, struct slice *event_id_r);

int store_event_exists(struct store *st, struct slice id, struct err *err); /* 1, 0, -1 */
/* 1 inserted and e->event_no set; 0 the id is there already and nothing was written; -1.  is_expired:
 * only the id is kept. */
int store_event_insert(struct store *st, struct stored_event *e, struct err *err);

/* 1, 0, -1 */
int store_event_load(
    struct store *st, struct slice id, struct arena *a, struct stored_event **e_r, struct err *err);
int store_event_load_no(struct store *st, int64_t event_no, struct arena *a,
    struct stored_event **e_r, struct err *err);
/* Those that are still known, newest first; before_no 0: from the top.  customer_id SLICE_NONE: all; else
 * of that customer and of those who were merged into it. */
int store_events_list(struct store *st, struct slice customer_id, int64_t before_no, size_t limit,
    struct arena *a, struct stored_event ***list_r, size_t *count_r, struct err *err);
/* The way they came: from event_no after_no on, received before until_ms, oldest first, at most limit;
 * *last_no_r is where to go on (unchanged at the end). */
int store_events_scan(struct store *st, int64_t after_no, int64_t until_ms, size_t limit,
    struct arena *a, struct stored_event ***list_r, size_t *count_r, int64_t *last_no_r,
    struct err *err);
/* The number before the first one received at since_ms or later. */
int
store_events_scan_begin(struct store *st, int64_t since_ms, int64_t *after_no_r, struct err *err);

/* Whose address is that?  1 with the customer's id, 0 nobody's, 2 several customers', -1. */
int store_address_owner(struct store *st, struct slice channel, struct slice address,
    struct arena *a, struct slice *customer_id_r, struct err *err);

#endif
