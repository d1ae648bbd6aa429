/*
 * attempt_internal.h - what the channels over the network share: the tries that are under way, and
 * an answer in words.
 *
 * A channel embeds a struct attempt first in what it keeps for one try.  It stands in the channel's
 * list from attempt_begin() to attempt_end(), so that close() finds what is under way.
 *
 * Threads: loop thread.
 */
#ifndef ACTIONS_ATTEMPT_INTERNAL_H
#define ACTIONS_ATTEMPT_INTERNAL_H

#include "actions/sender.h"

struct http_request;
struct http_result;

struct attempt {
	struct attempt *next, **link;
	struct http_request *request; /* under way; NULL: none */
	send_done_fn *done;
	void *cookie;
};

void attempt_begin(struct attempt **list, struct attempt *a, send_done_fn *done, void *cookie);
/* Takes it off the list and cancels its request. */
void attempt_end(struct attempt *a);
/* close(): ends and frees all of them (each allocated with its struct attempt first), and says that
 * the channel was closed while the mail, or the request, was under way: unknown. */
void attempts_give_up(struct attempt **list, const char *what);

/* Fills *o with a result and its reason: one line of valid UTF-8, whatever went in; no wait, no
 * marks. */
void outcome_set(struct send_outcome *o, enum send_result result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Cut to what fits, at a character. */
void outcome_set_provider_id(struct send_outcome *o, struct slice id);

/*
 * The class of an HTTP answer as most receivers mean it: 2xx done; 408, 425, 429 and 5xx later,
 * with the wait the answer asks for; everything else permanent; no answer: later when nothing can
 * have arrived, else unknown.  words: what the server said about it, or "".
 */
void outcome_of_http(
    struct send_outcome *o, const struct http_result *r, struct slice words, int64_t now_ms);
/* http_client_start() refused: permanent when it never will work, else later. */
void outcome_of_refusal(struct send_outcome *o, const struct err *err);

/* "https://host:8443/path" is "http" or "https", a host, and nothing that hides who is meant (user
 * names, blanks). */
bool url_is_http(const char *url);
/* A host on this very machine: there a secret may go without TLS. */
bool url_is_loopback(const char *url);

#endif
