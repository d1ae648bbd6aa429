#include "actions/channels.h"

#include <string.h>

#include "actions/sender.h"

#include "core/options.h"

const struct channel *
actions_channel(const struct actions_config *c, struct slice name)
{
	for (size_t i = 0; i < c->channel_count; i++)
		if (slice_eq_str(name, c->channels[i].name))
			return &c->channels[i];
	return NULL;
}

const struct alert_queue *
actions_queue(const struct actions_config *c, struct slice name)
{
	for (size_t i = 0; i < c->queue_count; i++)
		if (slice_eq_str(name, c->queues[i].name))
			return &c->queues[i];
	return NULL;
}

const struct channel *
actions_reply_channel(const struct actions_config *c)
{
	const struct channel *file = NULL, *local = NULL;

	if (c->default_reply_channel != NULL)
		return actions_channel(c, slice_of(c->default_reply_channel));
	for (size_t i = 0; i < c->channel_count; i++) {
		const struct channel *channel = &c->channels[i];

		if (channel->ops->can_reply && !channel->ops->is_local)
			return channel;
		if (file == NULL && strcmp(channel->ops->name, "file") == 0)
			file = channel;
		if (local == NULL && channel->ops->can_reply)
			local = channel;
	}
	return file != NULL ? file : local;
}

void
channel_fill(const char *name, const struct sender_ops *ops, const struct options *common,
    struct channel *channel_r)
{
	const char *endpoint = options_text(common, "endpoint");

	if (endpoint == NULL)
		endpoint = ops->endpoint;
	if (endpoint != NULL && strcmp(endpoint, "none") == 0)
		endpoint = NULL;
	*channel_r = (struct channel){
	    .name = name,
	    .ops = ops,
	    .endpoint = endpoint,
	    .max_concurrent = options_int(common, "max_concurrent"),
	    .max_per_minute = options_int(common, "max_per_minute"),
	    .retry_first_ms = options_int(common, "retry_first"),
	    .retry_max_ms = options_int(common, "retry_max"),
	    .give_up_after_ms = options_int(common, "give_up_after"),
	    .cost_milli = options_int(common, "cost"),
	};
}

int64_t
channel_claim_share(const struct channel *c)
{
	int64_t share = (c->max_concurrent + 1) / 2;

	/* A slow channel gets small portions, so that one message does not wait for tokens of many. */
	if (c->max_per_minute > 0 && share > c->max_per_minute / 10)
		share = c->max_per_minute / 10;
	return share < 1 ? 1 : share;
}
