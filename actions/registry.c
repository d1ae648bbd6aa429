#include "actions/sender.h"

#include "actions/senders_internal.h"

const struct sender_ops *const sender_registry[] = {
    &sender_file_ops,
    &sender_log_ops,
    &sender_email_ops,
    &sender_webhook_ops,
    &sender_mastodon_ops,
    NULL,
};

const struct sender_ops *
sender_find(struct slice type)
{
	for (size_t i = 0; sender_registry[i] != NULL; i++)
		if (slice_eq_str(type, sender_registry[i]->name))
			return sender_registry[i];
	return NULL;
}
