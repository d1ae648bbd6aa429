/*
 * courier.h - carries claimed messages to their channels and brings the results back; the loop's
 * half of the outbox.
 *
 * It keeps per-channel concurrency and rate limits, asks for more work when there is room, and
 * never holds more than it can send.
 *
 * Threads: loop thread.  The host moves requests and results between the loop and the pipeline.
 */
#ifndef ACTIONS_COURIER_H
#define ACTIONS_COURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/sender.h"
#include "store/outbox.h"

struct actions_config;
struct courier;
struct err;

struct courier_host {
	void *cookie;
	/* Asks the pipeline to claim up to limit messages, not from the channels in skip (borrowed
	 * for the length of the call); answered by courier_deliver(), also with none, at once or
	 * later.  At most one request is under way.  outbox_claim() takes at most
	 * channel_claim_share() for a channel, and the courier skips channels with less room than
	 * that. */
	void (*claim)(void *cookie, size_t limit, const struct slice *skip, size_t skip_count);
	/* A result to record; the outcome is copied. */
	void (*record)(void *cookie, const char *id, const struct send_outcome *outcome);
	/* A channel stopped itself (login refused, 410): an operator must look. */
	void (*channel_stopped)(void *cookie, const char *channel, const char *why);
};

/* senders: opened ones, in the order of config->channels; borrowed. */
int courier_new(const struct actions_config *config, struct sender *const *senders,
    const struct sender_host *env, const struct courier_host *host, struct courier **c_r,
    struct err *err);
/*
 * Waits for nothing.  To end in order: courier_drain(), and when it is idle or out of time
 * courier_close(), then sender_free() each sender (close() reports what is under way, which is
 * recorded as always), then courier_free().  What a sender reports after that is dropped: it stays
 * `sending` and is judged at the next start.
 */
void courier_free(struct courier *c);

/* There may be work (a commit queued something, a time has come). */
void courier_wake(struct courier *c);
/* The answer to claim: messages now in state sending; copied. next_due_at_ms: when the next one
 * waits (TIME_UNKNOWN: none). */
void courier_deliver(
    struct courier *c, struct message *const *list, size_t count, int64_t next_due_at_ms);
/* Stops claiming; in-flight ones finish. done when nothing is under way. */
void courier_drain(struct courier *c);
bool courier_is_idle(const struct courier *c); /* nothing under way, no claim unanswered */
/* Hands nothing to the senders any more: what is delivered from now on is recorded as "later". */
void courier_close(struct courier *c);
size_t courier_in_flight(const struct courier *c);

struct courier_channel_status {
	const char *name;
	size_t in_flight;
	bool is_stopped;
	const char *stopped_why;
	int64_t sent, failed; /* since the start */
};
size_t
courier_status(const struct courier *c, struct courier_channel_status *rows, size_t max_rows);
/* An operator says that it works again. */
void courier_restart_channel(struct courier *c, struct slice channel);

#endif
