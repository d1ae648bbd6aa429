/*
 * http_server_internal.h - what http_server.c (the daemon, the loop) and http_intake.c (one
 * request) share.
 */
#ifndef PLATFORM_HTTP_SERVER_INTERNAL_H
#define PLATFORM_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <uv.h>

#include "core/buf.h"
#include "platform/http_server.h"

#define HTTP_NEVER INT64_MAX

struct http_connection {
	struct http_server *server;
	struct http_connection *prev, *next;
	struct MHD_Connection *mhd;
	struct http_server_request *request; /* under way, or NULL */
	int64_t
	    due_ms; /* what is awaited from the peer must be here by then; HTTP_NEVER: nothing is */
};

struct http_server_request {
	struct http_connection *connection; /* NULL once the library has let go */
	struct http_server_request *prev, *next; /* in server->waiting, while is_held */
	char *method;
	char *uri;
	struct buf body;
	size_t received_bytes;
	int64_t body_began_ms;
	struct MHD_Response *response;
	int status; /* of response; or of a refusal to come */
	bool has_headers;
	bool is_held; /* the application has it */
	bool is_suspended;
	bool is_broken; /* no memory: hang up */
};

struct http_server {
	struct MHD_Daemon *mhd;
	http_server_fn *handle;
	void *cookie;
	struct http_server_options options;
	char *unix_path;
	int port;
	uv_poll_t poll;
	uv_timer_t timer; /* the library's next deadline */
	uv_idle_t soon; /* it has something to do at once */
	uv_timer_t sweep; /* ours */
	int handles_open;
	struct http_connection *connections;
	struct http_server_request *waiting;
	bool is_pumping;
	bool has_closed_one;
	bool is_stopping;
};

/* The library's callbacks; cookie is the server. */
void *http_intake_uri(void *cookie, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_intake_access(void *cookie, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *len, void **con_cls);
void http_intake_completed(
    void *cookie, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode how);

/* The library lets go of r. */
void http_intake_detach(struct http_server_request *r);
/* Frees r when neither the library nor the application has it. */
void http_intake_free_when_idle(struct http_server_request *r);
/* Takes r out of the server's list of those that wait for the application; it may stay held. */
void http_intake_unlink(struct http_server *s, struct http_server_request *r);
/* Puts an answer into r. */
void http_intake_answer(struct http_server_request *r, int status,
    const struct http_header *headers, size_t header_count, struct slice body);
void http_intake_refuse_stopping(struct http_server_request *r);

#endif
