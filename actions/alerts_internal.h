/*
 * alerts_internal.h - from an alert to the notices people get: alert_notice.c writes them, alerts.c
 * decides when.
 */
#ifndef ACTIONS_ALERTS_INTERNAL_H
#define ACTIONS_ALERTS_INTERNAL_H

#include "actions/alerts.h"

#include "actions/channels.h"

#define ALERT_REPEATS_MAX 10
#define ALERT_ESCALATE_DEFAULT_MS (15 * INT64_C(60000))

/* What is known beyond the row: all may be missing (a repeat knows the row and what is stored of
 * the post). */
struct alert_story {
	const struct post *post; /* NULL: none, or no longer known */
	const struct event *event; /* likewise */
	const struct score *score; /* NULL likewise */
	struct slice customer_id; /* SLICE_NONE: not linked */
	struct slice decision_id; /* SLICE_NONE: a finding of our own */
	int64_t repeat; /* 0: no repeat; else its number */
	int64_t now_ms;
};

/* Tells the queue's people, sets the next repeat in row (to be stored by the caller), and counts
 * repeats afresh. */
int alert_tell(struct store *st, const struct actions_config *config, struct alert_row *row,
    const struct alert_story *story, struct arena *a, struct err *err);

/* Queues one notice for each address ("channel:address"); row->notices is its round, part of the
 * messages' ids. */
int alert_notify(struct store *st, const struct alert_queue *queue, const char *const *addresses,
    size_t address_count, const struct alert_row *row, const struct alert_story *story,
    struct arena *a, struct err *err);

#endif
