/*
 * http_client.h - HTTP and SMTP out; libcurl behind it, its multi interface on the loop for HTTP.
 *
 * Every request has a deadline, a size limit for the decompressed answer and one for bytes on the
 * wire (a compression bomb stops there), and follows at most `redirects` redirects, each through
 * the address policy.  Names are resolved by a bounded resolver of ours (one thread), so that the
 * policy sees the address that is used and a slow resolver costs one thread.
 *
 * Threads:   loop thread.
 * Ownership: what a request points to is copied.  The answer is borrowed for the length of the
 *            callback.
 * Callbacks: done is called exactly once, later, never from inside http_client_start(); not at all
 *            after http_request_cancel(). A callback may start and cancel requests (cancelling its
 *            own does nothing), but not free the client.
 * Network:   HTTP/1.1, TLS 1.2 or later, no proxies from the environment.  GET, HEAD and OPTIONS
 *            share kept connections and are asked again on a new one when a kept one turns out
 *            dead; everything else gets a connection of its own and is sent once.
 */
#ifndef PLATFORM_HTTP_CLIENT_H
#define PLATFORM_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct err;
struct http_client;
struct http_request;
struct loop;

/* Where requests may go. Private, loopback, link-local and metadata addresses are refused unless
 * listed. */
struct http_policy {
	/* Addresses, networks and exact host names: "127.0.0.1", "10.0.0.0/8", "::1", "localhost";
	 * copied.  An address is judged wherever it comes from (name server, redirect, odd
	 * spelling); of a listed name any address will do. */
	const char *const *allow_private;
	size_t allow_private_count;
};

int http_client_new(struct loop *loop, const struct http_policy *policy,
    struct http_client **client_r, struct err *err);
/* From now on another policy; on an error the old one stays.  On the loop's thread. */
int
http_client_set_policy(struct http_client *c, const struct http_policy *policy, struct err *err);
void http_client_free(struct http_client
	*c); /* cancels what is under way; a hanging name or mail server does not hold it up */

struct http_header {
	struct slice name, value;
};

/* How far did it get?  Decides between "later" and "unknown". */
enum http_progress {
	HTTP_NOT_SENT, /* nothing of the request can have reached the server's application */
	HTTP_MAYBE_SENT, /* sent wholly or partly, no complete answer */
	HTTP_ANSWERED, /* status and headers are there, body complete */
};

struct http_result {
	enum http_progress progress;
	int status; /* HTTP status; 0 without an answer */
	const struct http_header *headers; /* of the last answer, names lower case */
	size_t header_count;
	struct slice body; /* decompressed */
	bool is_body_cut; /* over the limit: progress is HTTP_ANSWERED, body is what came before */
	struct slice final_url; /* after redirects */
	bool was_moved; /* 301 or 308 all the way: store final_url */
	const char *error; /* words when progress is not HTTP_ANSWERED; NULL else */
};
typedef void http_done_fn(void *cookie, const struct http_result *result);

struct http_call {
	const char *method; /* "GET", "POST", ... */
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	struct slice body; /* SLICE_NONE: none */
	int64_t timeout_ms; /* default 30,000 when 0 */
	size_t max_body_bytes; /* default 8 MB when 0 */
	int redirects; /* default 0: 3xx is an answer; GET and HEAD only; to another server go no
			* headers of yours but Accept, Accept-Language, Cache-Control, User-Agent
			* and the conditional ones */
	const char *unix_socket; /* path: talk through it (verbs and the daemon); the policy does
				    not apply */
	const char *ca_file; /* NULL: the system's; for tests and private CAs */
};

/* Returns 0 and *request_r (may be NULL when you never cancel), or -1 when it cannot even be tried
 * (bad URL, refused scheme). */
int http_client_start(struct http_client *c, const struct http_call *call, http_done_fn *done,
    void *cookie, struct http_request **request_r, struct err *err);
void http_request_cancel(struct http_request *r);

/* Case-insensitive; SLICE_NONE when absent. */
struct slice http_result_header(const struct http_result *r, const char *name);

/*
 * The wait an answer asks for, in ms from now_ms, read from Retry-After (seconds or date) first,
 * then the dialects of rate-limit headers (X-RateLimit-Reset as ISO 8601, epoch seconds or seconds
 * from now; RateLimit-Reset; X-RateLimit-Reset-After). -1: it asks for nothing.
 */
int64_t http_result_wait_ms(const struct http_result *r, int64_t now_ms);
/* Remaining requests by any dialect; -1 unknown. */
int64_t http_result_remaining(const struct http_result *r);

/*
 * --- mail -----------------------------------------------------------------
 *
 * Four threads of its own, each with a connection kept for a few seconds: libcurl waits for the
 * answer to the final dot inside its own code, and the loop must not.  The address policy counts
 * here too: a mail server on a private address has to be listed.  What the server says before MAIL
 * FROM (greeting, STARTTLS) is about the connection: HTTP_NOT_SENT, with its code.
 */

struct smtp_call {
	const char *url; /* "smtp://mail.example:587" or "smtps://mail.example:465" */
	bool require_tls; /* STARTTLS is demanded and the name verified; default yes for smtp://
			     with a user */
	const char *user, *password; /* NULL: no AUTH; with AUTH, TLS is always demanded unless
					insecure_auth (tests, loopback) */
	bool allow_insecure_auth;
	const char *ca_file;
	const char *from; /* envelope, ASCII, no angle brackets */
	const char *to; /* one recipient a transaction */
	struct slice
	    message; /* RFC 5322, CRLF lines (a bare CR or LF is refused); dot-stuffing is ours */
	int64_t timeout_ms; /* default 60,000 when 0; waiting for other mails counts */
};

struct smtp_result {
	enum http_progress progress; /* HTTP_ANSWERED: the server's reply decided */
	int code; /* last SMTP reply code; 0 unknown */
	int enhanced[3]; /* 5.1.1; {0,0,0} when there was none */
	bool is_login_denied;
	const char *error; /* words; NULL when accepted */
	bool is_accepted; /* 2xx after the final dot */
};
typedef void smtp_done_fn(void *cookie, const struct smtp_result *result);

/* ERR_INPUT: it can never be sent; ERR_BUSY: 256 mails are waiting. */
int smtp_start(struct http_client *c, const struct smtp_call *call, smtp_done_fn *done,
    void *cookie, struct http_request **request_r, struct err *err);

#endif
