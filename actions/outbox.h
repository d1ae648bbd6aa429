/*
 * outbox.h - what we decided to send, kept until it is done: the state machine over the rows.
 *
 *   held -> ready -> sending -> sent
 *                      |-> later -> sending ...
 *                      |-> rejected | unknown | suppressed | expired
 *   a person: hold, release, retry, drop, approve, reject
 *
 * Later:     capped exponential back-off with full jitter; Retry-After is honoured.
 * Threads:   pipeline thread, inside a transaction.
 * Crashes:   an item claimed without a result becomes unknown at the next start; it is offered
 *            again only if its channel deduplicates (file does: it names files by id), or if it is
 *            a notice to our own people, then marked as a repeat.
 */
#ifndef ACTIONS_OUTBOX_H
#define ACTIONS_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/sender.h"
#include "store/outbox.h"

struct actions_config;
struct arena;
struct err;
struct rng;
struct store;

/* At start: everything still `sending` is judged as above. *count_r: how many there were. */
int outbox_recover(struct store *st, const struct actions_config *config, int64_t now_ms,
    size_t *count_r, struct err *err);

/*
 * Claims up to limit messages due, moves them to sending (attempt + 1) and returns them.  Consent,
 * opt-out, endpoint, the kill switch and the person's caps of the day it goes on are judged again here:
 * what may not go any more is suppressed with the reason (or held by the brake; notices wait instead).  Messages over their
 * channel's give-up time expire.  skip: channels that are full, stopped or closed.
 */
int outbox_claim(struct store *st, const struct actions_config *config, int64_t now_ms,
    bool is_sending_stopped, const struct slice *skip, size_t skip_count, size_t limit,
    struct arena *a, struct message **list_r, size_t *count_r, struct err *err);

/* The result of one try.  Suppresses dead addresses (store_endpoint_deactivate). state_r: what it
 * became. */
int outbox_record(struct store *st, const struct actions_config *config, struct rng *rng,
    int64_t now_ms, struct slice id, const struct send_outcome *outcome,
    enum message_state *state_r, struct err *err);

/* What a person does.  id or a unique prefix. ERR_CONFLICT when the state does not allow it, with
 * words that say what would. */
enum outbox_verb {
	OUTBOX_APPROVE,
	OUTBOX_REJECT,
	OUTBOX_HOLD,
	OUTBOX_RELEASE,
	OUTBOX_RETRY,
	OUTBOX_DROP
};
const char *outbox_verb_name(enum outbox_verb v);
bool outbox_verb_find(struct slice name, enum outbox_verb *v_r);
int outbox_act(struct store *st, const struct actions_config *config, enum outbox_verb verb,
    struct slice id,
    struct slice new_text /* approve: replaces the reply's text; SLICE_NONE keeps it */,
    const char *who, const char *why, int64_t now_ms, struct arena *a, struct message *m_r,
    struct err *err);

/* Everything ready, later or held by the brake; for the switch itself. */
int outbox_stop_all(struct store *st, const char *who, const char *why, int64_t now_ms,
    struct err *err); /* meta sending_stopped */
int outbox_resume_all(
    struct store *st, const char *who, int64_t now_ms, int64_t *still_held_r, struct err *err);
/* 1 stopped (why in *why_r), 0 not, -1.  The file in config->brake_file counts too; the caller
 * checks it (it is I/O). */
int outbox_is_stopped(struct store *st, struct arena *a, struct slice *why_r, struct err *err);

/* Milliseconds before attempt n + 1: full jitter in [0, min(max, first * 2^(n-1))], never below
 * first / 2. */
int64_t outbox_backoff_ms(int64_t first_ms, int64_t max_ms, int64_t attempt, struct rng *rng);

#endif
