/*
 * pauses.h - promotions or a rule do not act for a while; what waits goes on when the last cause is
 * lifted or over.
 *
 * While paused, messages for marketing (or the rule's firings) are refused with the reason, and
 * messages that wait are held back when they are claimed (HOLD_PAUSE).
 *
 * Threads: pipeline thread, inside a transaction.
 */
#ifndef ACTIONS_PAUSES_H
#define ACTIONS_PAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

/* "rule:<id>", or "promotions" for that word; false without memory. */
bool pause_rule_what(struct slice rule_id, struct arena *a, struct slice *what_r);
bool pause_what(struct slice name, struct arena *a, struct slice *what_r);

/* cause: who or what pauses ("watch storm", a person); each cause lifts its own.  until_ms
 * TIME_UNKNOWN: until it is lifted.  Writes the audit line. */
int pauses_set(struct store *st, struct slice what, const char *cause, const char *reason,
    int64_t until_ms, int64_t now_ms, struct err *err);
/* cause NULL: all of them, as a person does.  *lifted_r: how many there were; what waited is made
 * ready.  Writes the audit line (who) when there were some. */
int pauses_lift(struct store *st, struct slice what, const char *cause, const char *who,
    int64_t now_ms, int64_t *lifted_r, struct err *err);
/* Those whose time is over end.  *ended_r: how many. */
int pauses_tick(struct store *st, int64_t now_ms, int64_t *ended_r, struct err *err);

#endif
