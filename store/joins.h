/*
 * joins.h - subjects that became one (a link, a merge), with a journal that takes them apart again.
 *
 * Joins in force make trees: each subject goes to one other, and what is counted for any of them is
 * counted under the root.  Joining adds up.  Taking apart gives each side what it had counted alone,
 * and to both what was counted while they were one, so that no cap is ever exceeded by joining and
 * taking apart; joined once more, that counts once.  Order does not matter: a join may be undone
 * while others above or below it stay.
 *
 * What moves: counters, event times, timers.  Codes of offers stay with who took them, and are found
 * by everybody they were taken for (store_offer_take).
 *
 * Threads: the writer's, inside a transaction.  Errors: -1 and err, the transaction is broken.
 */
#ifndef STORE_JOINS_H
#define STORE_JOINS_H

#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

/* from is one with to from now on.  A subject goes to one other: an earlier join of from is taken apart
 * first.  cause: "link 12", "merge"; source: who or what did it; reason may be SLICE_NONE.
 * 1 with the number of the join, 0 when they are one already (*join_no_r is 0), -1. */
int store_subjects_join(struct store *st, struct slice from, struct slice to, struct slice cause,
    struct slice source, struct slice reason, int64_t now_ms, int64_t *join_no_r, struct err *err);

/* 1, 0 when there is no such join in force, -1. */
int store_subjects_split(
    struct store *st, int64_t join_no, struct slice by, int64_t now_ms, struct err *err);

/* The join in force by which subject goes to another. 1, 0, -1 */
int
store_subject_join_of(struct store *st, struct slice subject, int64_t *join_no_r, struct err *err);

/* Under which subject this one's counts are: itself, or the root of its tree. */
int store_subject_root(
    struct store *st, struct slice subject, struct arena *a, struct slice *root_r, struct err *err);

#endif
