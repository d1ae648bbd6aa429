/*
 * sender.h - the contract of a channel: one try to deliver one message, and the honest answer.
 *
 * Threads:   loop thread only.
 * Ownership: the item is borrowed until done is called.
 * Callbacks: done exactly once per send(), possibly before send() returns; not after close() (which
 *            reports what is under way as unknown first, unless the channel knows better).
 */
#ifndef ACTIONS_SENDER_H
#define ACTIONS_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/options.h"
#include "core/slice.h"

struct clock;
struct err;
struct http_client;
struct json;
struct log;
struct loop;
struct rng;
struct sender;

/* done: the channel has it. later: it does not, try again. permanent: it never will. unknown:
 * nobody can tell. */
enum send_result {
	SEND_DONE,
	SEND_LATER,
	SEND_PERMANENT,
	SEND_UNKNOWN
};
const char *send_result_name(enum send_result r);

/* What to deliver. Texts are valid UTF-8; parts by name as the template has them. */
struct outbox_item {
	struct slice id; /* 32 hex digits; the same on every try: the idempotency key */
	int kind; /* enum message_kind of store/outbox.h: send, reply, notice */
	struct slice address; /* e-mail address, URL, ...; "" when the channel needs none */
	struct slice customer_id;
	const struct json *parts; /* object: "subject", "text", "html", "reply", ... all strings */
	struct slice reply_handle; /* replies: JSON the collector wrote, e.g.
				      {"server":...,"status_id":...} */
	bool is_repeat; /* may have arrived before: say so where people read it */
	int64_t attempt; /* from 1 */
	int64_t created_at_ms;
	struct slice reason; /* why it is sent, one line: for file and log */
	struct slice rule_id;
};

struct send_outcome {
	enum send_result result;
	char reason[240]; /* in words, for the outbox: "550 5.1.1 no such user" */
	char provider_id[128]; /* "" when the channel gives none */
	int64_t wait_ms; /* later: the channel asks for this wait; -1: it does not */
	bool is_address_dead; /* permanent, and the address is to be suppressed */
	bool stops_channel; /* permanent because of us (login, policy, 410): stop the channel, tell
			       people */
};
typedef void send_done_fn(void *cookie, const struct send_outcome *outcome);

struct sender_host {
	struct loop *loop;
	struct http_client *http;
	const struct clock *clock;
	struct rng *rng;
	struct log *log;
};

struct sender_ops {
	const char *name; /* "email": the value of `type` in the configuration */
	const char *help;
	const struct option *options; /* besides the common ones (sender_common_options) */
	const char *const *
	    parts_needed; /* template parts it wants, first that exists wins; e.g. {"text", NULL} */
	const char *endpoint; /* customers' endpoint it goes to by default ("email", "sms"); NULL:
				 none, local */
	bool is_local; /* nothing leaves the machine (file, log) */
	bool deduplicates; /* repeating the same id is harmless: unknown may be offered again */
	bool can_reply; /* takes MESSAGE_REPLY */

	int (*open)(struct sender *s, const struct options *set, void **state_r, struct err *err);
	/* Would this ever work?  Called when something is queued. NULL: anything with the parts
	 * needed. */
	int (*check)(void *state, const struct outbox_item *item, struct err *err);
	void (*send)(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie);
	void (*close)(void *state);
	/* The channel's own account on its network ("@acme@server", or an account URI) once known,
	 * so that its posts decide nothing; NULL: none.  May return NULL until known. */
	const char *(*own_account)(void *state);
};

/* registry.c, ended by NULL. */
extern const struct sender_ops *const sender_registry[];
const struct sender_ops *sender_find(struct slice type);

/* Options every channel has: endpoint (overrides ops->endpoint), max_concurrent, max_per_minute,
 * retry_first, retry_max, give_up_after, time_limit. */
extern const struct option sender_common_options[];

/* One configured channel. */
int sender_new(const char *name, const struct sender_ops *ops, const struct options *set,
    const struct options *common, const struct sender_host *host, struct sender **s_r,
    struct err *err);
void sender_free(struct sender *s);
const char *sender_name(const struct sender *s);
const struct sender_ops *sender_kind(const struct sender *s);
const struct sender_host *sender_host(const struct sender *s);
void *sender_state(const struct sender *s);
/* The common option time_limit: how long one try may take.  Good from open() on. */
int64_t sender_time_limit_ms(const struct sender *s);

#endif
