/*
 * mastodon_reply_internal.h - what the Mastodon channel's files share: send_mastodon.c (the channel
 * and its account), mastodon_reply.c (one reply's way), mastodon_answer.c (what answers say).
 *
 * Threads: loop thread.
 */
#ifndef ACTIONS_MASTODON_REPLY_INTERNAL_H
#define ACTIONS_MASTODON_REPLY_INTERNAL_H

#include "actions/attempt_internal.h"
#include "platform/http_client.h"

struct json;
struct json_doc;
struct loop_timer;

#define MASTODON_ID_BYTES 128
#define MASTODON_DOMAIN_BYTES 256
#define MASTODON_ACCOUNT_BYTES 512

/* The channel, and what is known of its server and account. */
struct mastodon_state {
	const struct sender_host *host;
	const char *name; /* the channel's */
	int64_t time_limit_ms;
	char *server; /* "https://host", lower case, no slash at the end: the only one that ever
			 sees the token */
	char *authorization; /* "Bearer ..." */
	const char *authority; /* "host:port", in server */
	char *visibility, *language, *ca_file; /* the last two may be NULL */

	char account_id[MASTODON_ID_BYTES]; /* "" until known */
	char own_account[MASTODON_ACCOUNT_BYTES]; /* "" until known */
	char domain[MASTODON_DOMAIN_BYTES]; /* what accounts here end in; "" until known */
	int64_t max_chars; /* -1 until known */
	size_t url_chars;

	struct http_request *question; /* about account and server */
	struct loop_timer *again;
	int64_t again_ms;
	bool knows_server;
	struct attempt *attempts;
};

/* ---- send_mastodon.c ---- */

/* A request to our own server, with the token; redirects are not followed.  path begins with '/'.
 * json: a body to post, SLICE_NONE: GET. */
int mastodon_request(struct mastodon_state *m, const char *path, struct slice json,
    struct slice idempotency_key, http_done_fn *done, void *cookie, struct http_request **request_r,
    struct err *err);
/* Takes over who we are from an answer of verify_credentials; false: it does not say. */
bool mastodon_take_account(struct mastodon_state *m, const struct json *account);
/* "https://Host.example/" to "https://host.example"; NULL without memory.  Free with mem_free(). */
char *mastodon_tidy_server(struct slice server);
/* ---- mastodon_answer.c ---- */

/* The body as JSON; NULL when it is none.  Free with json_doc_free(). */
struct json_doc *mastodon_read(const struct http_result *r);
/* The "error" of an answer, "" when there is none. */
void mastodon_read_words(const struct http_result *r, char *out, size_t size);

#define MASTODON_LOOK_COUNT 40 /* what servers give at most */
enum mastodon_look {
	MASTODON_LOOK_FOUND,
	MASTODON_LOOK_NOT_THERE,
	MASTODON_LOOK_CANNOT_TELL, /* there are more posts of ours since then than the server shows
				    */
	MASTODON_LOOK_NO_MEMORY,
};
/* The reply to parent with this text, posted since then, among our own statuses; *found_r only when
 * found. */
enum mastodon_look mastodon_find_ours(const struct json *statuses, const char *parent,
    struct slice text, int64_t since_ms, const struct json **found_r);
/* Is it the post of the handle?  By its name when the handle has it, else by its author, who lives
 * on server. */
bool mastodon_is_parent(const struct json *status, const struct json *handle, const char *server);

/* ---- mastodon_reply.c ---- */

void mastodon_reply_send(
    struct mastodon_state *m, const struct outbox_item *item, send_done_fn *done, void *cookie);
/* Reports a reply that is under way and ends it: unknown when it may have been posted. */
void mastodon_reply_close(struct attempt *a);

#endif
