/*
 * channels.h - what the rest of actions knows of the configured channels, alert queues, offers and
 * brakes: plain values, no sockets, so that the pipeline thread can hold an immutable copy.
 *
 * Ownership: made once from the configuration, counted, immutable.
 */
#ifndef ACTIONS_CHANNELS_H
#define ACTIONS_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct rule_hours;
struct sender_ops;

struct channel {
	const char *name; /* what rules write after `by` */
	const struct sender_ops *ops;
	const char *endpoint; /* which of a customer's endpoints it reaches; NULL: none needed */
	int64_t max_concurrent; /* messages under way at once */
	int64_t max_per_minute; /* 0: no limit */
	int64_t retry_first_ms, retry_max_ms, give_up_after_ms;
	int64_t cost_milli; /* of one message, thousandths of the currency */
};

struct alert_queue {
	const char *name;
	const char *title;
	const char *const *notify; /* "channel:address" */
	size_t notify_count;
	const char *const *escalate; /* second addresses, when nobody acknowledges */
	size_t escalate_count;
	int64_t escalate_after_ms; /* default 15 minutes */
};

/* Everything in one immutable value; pointers live as long as it does. */
struct actions_config {
	const struct channel *channels;
	size_t channel_count;
	const struct alert_queue *queues;
	size_t queue_count;
	const char *const *offers; /* known offer ids */
	size_t offer_count;
	const int64_t *offer_costs_milli; /* what each is worth; NULL: nothing */
	const char *default_reply_channel; /* channel for approved drafts; NULL: the first that
					      can_reply, else file */
	int64_t max_per_person_per_day; /* messages to one person over all rules; 0: no cap */
	int64_t max_per_person_per_week;
	int64_t spend_per_day_milli, spend_per_month_milli; /* over all rules; 0: no cap */
	const char *currency; /* for words; NULL: none is named */
	int64_t allowed_lateness_ms; /* what is further behind its stream counts in no window */
	const struct rule_hours *quiet_hours; /* no messages for marketing then; NULL: none */
	const char
	    *brand_timezone; /* for "a day" when the customer's zone is unknown; default "UTC" */
	const char *brake_file; /* sending stops while this file exists; NULL: none */
};

const struct channel *actions_channel(const struct actions_config *c, struct slice name); /* NULL */
const struct alert_queue *actions_queue(const struct actions_config *c, struct slice name);
/* Where approved drafts go: default_reply_channel, else the first that can reply, else the first of
 * type file; NULL: nowhere. */
const struct channel *actions_reply_channel(const struct actions_config *c);

/* A channel from the options every channel has (sender_common_options); name and endpoint are
 * borrowed; the endpoint "none" is NULL: none needed. */
struct options;
void channel_fill(const char *name, const struct sender_ops *ops, const struct options *common,
    struct channel *channel_r);

/*
 * How many messages one claim may take for this channel, at least 1.  The pipeline never claims
 * more than this for a channel at a time, and the courier asks for a channel only while it has that
 * much room (slots and, with max_per_minute, tokens): so what was claimed can always be handed over
 * at once, and a crash leaves few messages in the open.
 */
int64_t channel_claim_share(const struct channel *c);

#endif
