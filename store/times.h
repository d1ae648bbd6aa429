/*
 * times.h - the last event times at which something held, by rule, part and key: what windows, `after` and
 * `unless` count over.
 *
 * Rows are read through a bounded cache and written once a commit, as the counters are (store.h); a
 * rollback forgets what was put.  A row holds the last RULE_TIMES_MAX times, oldest first; the same
 * time may stand in it more than once (two posts of one instant).
 *
 * Threads: as the store.  Errors: -1 and err.
 */
#ifndef STORE_TIMES_H
#define STORE_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/slice.h"

struct err;
struct store;

/* What is remembered; the numbers are in the rows.  Keys are a subject, a thread or "", or begin
 * with a subject and '|': joins.h joins those of subjects. */
enum times_part {
	TIMES_WINDOW = 0, /* rule: its `when` was true; key: what the window counts per */
	TIMES_AFTER = 1, /* rule: the conditions of its `after` were true; key: the subject */
	TIMES_UNLESS = 2, /* rule: those of its `unless`; key: the subject */
	TIMES_SENT = 3, /* rule "": a message was sent; key: subject|template */
	TIMES_ANSWERED = 4, /* rule "": we answered; key: a post, an event, a thread or a subject */
	/* rule: its `when` was true, and what must come before had not come; key: the subject */
	TIMES_OPEN = 5,
	TIMES_PART_COUNT
};

struct rule_times {
	size_t count;
	int64_t at_ms[RULE_TIMES_MAX]; /* oldest first; only count of them are set */
};

/* Puts at_ms in its place.  Full: the oldest goes, or at_ms itself when it is the oldest (false). */
bool rule_times_add(struct rule_times *t, int64_t at_ms);
/* Those before that time go.  True: there were some. */
bool rule_times_drop_before(struct rule_times *t, int64_t at_ms);

/* 1, 0 (count is 0), -1. */
int store_times_get(struct store *st, struct slice rule_id, enum times_part part, struct slice key,
    struct rule_times *t_r, struct err *err);
/* With count 0 the row goes. */
int store_times_put(struct store *st, struct slice rule_id, enum times_part part, struct slice key,
    const struct rule_times *t, struct err *err);

#endif
