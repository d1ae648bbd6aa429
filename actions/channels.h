/*
 * channels.h - what the rest of actions knows of the configured channels, alert queues, offers and brakes: plain values, no sockets, so that
 * the pipeline thread can hold an immutable copy.
 *
 * Ownership: made once from the configuration, counted, immutable.
 */
#ifndef ACTIONS_CHANNELS_H
#define ACTIONS_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct sender_ops;

struct channel {
	const char *name;		/* what rules write after `by` */
	const struct sender_ops *ops;
	const char *endpoint;		/* which of a customer's endpoints it reaches; NULL: none needed */
	int64_t max_concurrent;		/* messages under way at once */
	int64_t max_per_minute;		/* 0: no limit */
	int64_t retry_first_ms, retry_max_ms, give_up_after_ms;
};

struct alert_queue {
	const char *name;
	const char *title;
	const char *const *notify;	/* "channel:address" */
	size_t notify_count;
	const char *const *escalate;	/* second addresses, when nobody acknowledges */
	size_t escalate_count;
	int64_t escalate_after_ms;	/* default 15 minutes */
};

/* Everything in one immutable value; pointers live as long as it does. */
struct actions_config {
	const struct channel *channels;
	size_t channel_count;
	const struct alert_queue *queues;
	size_t queue_count;
	const char *const *offers;	/* known offer ids */
	size_t offer_count;
	const char *default_reply_channel;	/* channel for approved drafts; NULL: the first that can_reply, else file */
	int64_t max_per_person_per_day;	/* messages to one person over all rules; 0: no cap */
	const char *brand_timezone;	/* for "a day" when the customer's zone is unknown; default "UTC" */
	const char *brake_file;		/* sending stops while this file exists; NULL: none */
};

const struct channel *actions_channel(const struct actions_config *c, struct slice name);	/* NULL */
const struct alert_queue *actions_queue(const struct actions_config *c, struct slice name);

#endif
