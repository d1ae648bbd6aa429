/*
 * http_server.h - HTTP in: libmicrohttpd with its epoll descriptor on the loop.
 *
 * What it takes care of: header and body limits, a deadline for a slow header and a silent
 * connection, requests framed two ways (Content-Length with Transfer-Encoding, two Content-Lengths)
 * refused with 400, no %-decoding behind the caller's back, a limit on connections.  Requests are
 * handed over whole (body up to max_body_bytes, else 413).
 *
 * Threads:   everything on the loop thread.  A request may be answered later: keep the pointer,
 *            call http_reply() on the loop thread exactly once (loop_post() gets you there).
 */
#ifndef PLATFORM_HTTP_SERVER_H
#define PLATFORM_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "platform/http_client.h" /* struct http_header */

struct err;
struct http_server;
struct http_server_request;
struct loop;

/* Valid until the reply. */
struct http_server_call {
	const char *method;
	struct slice path; /* before '?', still %-encoded */
	struct slice query; /* after '?', still %-encoded; SLICE_NONE: none */
	struct slice body;
	bool is_local_socket; /* came in over the Unix socket */
};
typedef void
http_server_fn(void *cookie, struct http_server_request *r, const struct http_server_call *call);

struct http_server_options {
	const char *
	    address; /* "127.0.0.1:8080", "[::1]:0" (0: any free port), or "unix:/path/earshot.sock"
		      * (mode 0660, an old socket nobody listens on is replaced) */
	size_t max_body_bytes; /* default 16 MB */
	size_t max_connections; /* default 256 */
	int64_t header_timeout_ms; /* default 5,000 */
	int64_t idle_timeout_ms; /* default 30,000 */
};

int http_server_new(struct loop *loop, const struct http_server_options *o, http_server_fn *handle,
    void *cookie, struct http_server **server_r, struct err *err);
/* Stops accepting, answers what waits with 503, closes.  Not from inside a handler.  Requests that
 * wait are still answered by the application with http_reply(), which then only forgets them. */
void http_server_free(struct http_server *s);
int http_server_port(const struct http_server *s); /* 0 for a Unix socket */
bool http_server_address_is_valid(const char *address); /* can it be listened on at all? */
bool http_server_address_is_loopback(const char *address); /* also true for unix: */

/* Request headers (case-insensitive; the first of several); valid until the reply.  SLICE_NONE when
 * absent, or the server has been freed. */
struct slice http_server_header(const struct http_server_request *r, const char *name);

/* Answers and forgets r; status 200 to 599.  A header that is no header (a line end in its value)
 * closes the connection without an answer; one without a value is left out. headers may be NULL;
 * Content-Length is ours.  body is copied. */
void http_reply(struct http_server_request *r, int status, const struct http_header *headers,
    size_t header_count, struct slice body);

/* The value of name in a query or form body, decoded (+ and %XX) into the arena; SLICE_NONE when
 * absent. */
struct arena;
struct slice http_query_get(struct arena *a, struct slice query, const char *name);
struct slice http_percent_decode(struct arena *a, struct slice s);

#endif
