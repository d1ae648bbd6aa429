/*
 * incidents.h - what a watch wants done when a crowd begins to speak, and what is undone when it has
 * gone.
 *
 * An incident is an occurrence without a post and without a person: its actions are alerts and
 * pauses.  One incident is one alert a queue: it joins what is still open of the same watch, and
 * people are told at its beginning and at its end.
 *
 * Threads: pipeline thread, inside a transaction.
 */
#ifndef ACTIONS_INCIDENTS_H
#define ACTIONS_INCIDENTS_H

#include <stdint.h>

#include "core/decision.h"
#include "core/slice.h"

struct actions_config;
struct arena;
struct err;
struct settled;
struct store;

struct incident {
	const struct rule_head *watch;
	int64_t since_ms, now_ms;
	struct slice reason;
};

/* Decides and does the watch's actions, once for (watch, since). */
int actions_settle_incident(struct store *st, const struct actions_config *config,
    const struct incident *in, struct arena *a, struct settled *out_r, struct err *err);

/* The watch's pauses are lifted and its open alerts say why it is over.  *told_r: alerts that were
 * told. */
int
actions_end_incident(struct store *st, const struct actions_config *config, struct slice watch_id,
    struct slice reason, int64_t now_ms, struct arena *a, size_t *told_r, struct err *err);

#endif
