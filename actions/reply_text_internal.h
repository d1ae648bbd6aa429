/*
 * reply_text_internal.h - the text of a public reply on the Mastodon family: whom it mentions, how
 * long it counts, whether a post of ours is this one.
 *
 * Threads: any; pure.  Texts are valid UTF-8.
 */
#ifndef ACTIONS_REPLY_TEXT_INTERNAL_H
#define ACTIONS_REPLY_TEXT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct buf;

/* "user" or "user@host", of the letters that such names have. */
bool reply_acct_is_good(struct slice acct);

/* Does text mention acct?  A local "user" may be written "@user" or "@user@domain" with one of our
 * own domains; NULL or "" ones are passed over. */
bool reply_text_mentions(
    struct slice text, struct slice acct, const char *const *domains, size_t domain_count);

/* What Mastodon counts: characters as people see them, a link as url_chars, a mention without its
 * host.  Where we cannot know we count less: the server has the last word. */
size_t reply_text_count(struct slice text, size_t url_chars);

/* Is the post with this content the text we posted?  1, 0, -1 without memory. */
int reply_text_is_same(struct slice text, struct slice content, bool is_html);

/* Appends what identifies a text whatever a server makes of it: letters and digits in order, ASCII
 * in lower case, without mentions. is_html: tags are dropped, entities decoded. */
void reply_text_add_essence(struct buf *out, struct slice text, bool is_html);

#endif
