/*
 * poller.h - what sources that ask at intervals share: one timer, one request at a time, waiting as
 * told, backing off, and saying so in the source's status.
 *
 * Ownership: embedded in the collector's state.  After poller_fini() no callback arrives.
 * Threads:   loop thread.
 */
#ifndef COLLECTORS_POLLER_H
#define COLLECTORS_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/http_client.h"

struct collector;
struct err;
struct loop_timer;

#define POLLER_SPREAD_MS 5000 /* first requests start at random within this (or the interval) */
#define POLLER_BACKOFF_FIRST_MS (30 * 1000) /* or the interval when that is shorter */
#define POLLER_BACKOFF_LAST_MS (30 * 60 * 1000) /* or the interval when that is longer */
#define POLLER_WAIT_MAX_MS (24 * 3600 * 1000) /* however long a server tells us to wait */

typedef void poller_wake_fn(void *cookie);

struct poller {
	struct collector *c;
	struct loop_timer *timer;
	struct http_request *request;
	poller_wake_fn *wake; /* time to do the next step */
	http_done_fn *done; /* of the request under way */
	void *cookie;
	int64_t interval_ms;
	unsigned failures; /* in a row */
};

int poller_init(struct poller *p, struct collector *c, int64_t interval_ms, poller_wake_fn *wake,
    void *cookie, struct err *err);
void poller_fini(struct poller *p); /* also of one that is all zero */

void poller_begin(struct poller *p); /* wake() after a random part of the interval */
void
poller_step(struct poller *p); /* wake() at once, from the loop, when no request is under way */

/* Sends a GET; done(cookie) gets the answer.  When it cannot be sent, that is a failure:
 * poller_failed(). */
void poller_get(struct poller *p, const char *url, const struct http_header *headers,
    size_t header_count, size_t max_body_bytes, int redirects, http_done_fn *done);

/* All is well, and nothing more is there now; wake() again after delay_ms. */
void poller_ok(struct poller *p, int64_t delay_ms);
/* Something is wrong: backs off.  The words become the status. */
void poller_failed(struct poller *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The server wants a pause. */
void poller_wait(struct poller *p, int64_t wait_ms, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* For good. */
void poller_end(struct poller *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Is the answer one that can be read (200 or 304, whole)?  If not it has been dealt with: failed or
 * waiting.  token_option: what to set when the server wants to know who asks; NULL: nothing can be
 * set. */
bool poller_accepts(struct poller *p, const struct http_result *r, const char *token_option);

#endif
