/*
 * alerts.h - something a support person must look at: opened by rules, joined while open, notified,
 * repeated until acknowledged.
 *
 * Joining:   open or acknowledged alerts of the same queue and the same thread or author take new
 *            posts, with a count; people are notified again only when the severity rises (an
 *            acknowledged one is then open again).
 * Repeats:   an alert nobody acknowledged within the queue's escalate_after goes to its second
 *            addresses, marked as a repeat, and again each escalate_after, at most 10 times
 *            (counted afresh when it gets worse).
 * Threads:   pipeline thread, inside a transaction.
 */
#ifndef ACTIONS_ALERTS_H
#define ACTIONS_ALERTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/occurrence.h"
#include "store/outbox.h"

struct actions_config;
struct arena;
struct err;
struct store;

int alert_raise(struct store *st, const struct actions_config *config, const struct occurrence *occ,
    const struct rule_head *rule, const struct action *action, struct slice reason,
    struct slice decision_id, struct arena *a, int64_t *alert_no_r, struct err *err);

/* A finding of our own (a source gone silent, a channel stopped): grouped by key. */
int alert_raise_own(struct store *st, const struct actions_config *config, struct slice queue,
    struct slice group_key, enum severity severity, const char *title, const char *text,
    int64_t now_ms, struct arena *a, int64_t *alert_no_r, struct err *err);

int alert_ack(struct store *st, int64_t alert_no, const char *who, const char *note, int64_t now_ms,
    struct arena *a, struct alert_row *row_r, struct err *err);
int alert_resolve(struct store *st, int64_t alert_no, const char *who, const char *note,
    int64_t now_ms, struct arena *a, struct alert_row *row_r, struct err *err);

/* Queues repeats that are due. *repeated_r: alerts dealt with (0: nothing was written).
 * *next_at_ms_r: when to call again (TIME_UNKNOWN: nothing waits). */
int alerts_tick(struct store *st, const struct actions_config *config, int64_t now_ms,
    struct arena *a, size_t *repeated_r, int64_t *next_at_ms_r, struct err *err);

#endif
