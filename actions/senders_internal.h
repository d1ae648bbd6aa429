/*
 * senders_internal.h - the channels there are, one file each; registry.c lists them in the order
 * people read them.
 */
#ifndef ACTIONS_SENDERS_INTERNAL_H
#define ACTIONS_SENDERS_INTERNAL_H

#include "actions/sender.h"

extern const struct sender_ops sender_file_ops; /* send_file.c */
extern const struct sender_ops sender_log_ops; /* send_log.c */
extern const struct sender_ops sender_email_ops; /* send_email.c */
extern const struct sender_ops sender_webhook_ops; /* send_webhook.c */
extern const struct sender_ops sender_mastodon_ops; /* send_mastodon.c */

#endif
