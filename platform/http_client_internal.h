/*
 * http_client_internal.h - what the files behind http_client.h share.
 *
 *   http_client.c     the client: libcurl's multi handle on the loop, what is under way
 *   http_transfer.c   one HTTP request: hops, redirects, limits, the result
 *   http_easy.c       one hop as libcurl wants it told
 *   smtp.c            mail
 */
#ifndef PLATFORM_HTTP_CLIENT_INTERNAL_H
#define PLATFORM_HTTP_CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <uv.h>

#include "core/buf.h"
#include "platform/http_client.h"
#include "platform/loop.h"
#include "platform/policy_internal.h"
#include "platform/resolver_internal.h"

struct arena;
struct smtp_post;

struct http_client {
	struct loop *loop;
	CURLM *multi;
	uv_timer_t timer; /* libcurl's */
	uv_idle_t soon; /* transfers that act in the next turn */
	int handles_open;
	struct policy *policy;
	struct resolver *resolver;
	struct smtp_post *post; /* made with the first mail */
	struct http_request *requests;
	struct http_transfer *soon_first, *soon_last;
	unsigned soon_turn;
	int delivering; /* callbacks of ours that are running */
};

/* What http_client_start() and smtp_start() hand out. */
struct http_request {
	struct http_client *client;
	struct http_request *prev, *next;
	void (*cancel)(struct http_request *r);
};

/* ---- http_client.c ---- */
void http_client_link(struct http_client *c, struct http_request *r);
void http_client_unlink(struct http_request *r);
/* http_transfer_go() is called with t in the next turn. */
void http_client_soon(struct http_transfer *t);
void http_client_not_soon(struct http_transfer *t);
int http_client_lookup_with(struct loop *loop, const struct http_policy *policy,
    resolver_lookup_fn *lookup, struct http_client **client_r, struct err *err);
/* What the library is to report for a socket it is about to open: the address is judged. */
curl_socket_t http_client_open_socket(
    const struct policy *policy, bool is_host_allowed, struct curl_sockaddr *at, bool *is_denied_r);

/* ---- one HTTP request ---- */
#define HTTP_HEADERS_MAX 200
#define HTTP_HEAD_MAX_BYTES 65536
#define HTTP_HOST_MAX 256

struct http_transfer {
	struct http_request base; /* first */
	struct http_transfer *soon_next;
	bool is_soon;
	unsigned soon_turn;
	bool is_delivering; /* done() is running: a cancel comes too late */

	/* the call, copied */
	struct arena *arena;
	const char *method;
	struct http_header *headers;
	size_t header_count;
	struct slice body;
	int64_t timeout_ms;
	size_t max_body_bytes;
	int redirects_left, redirects;
	const char *unix_socket, *ca_file;
	http_done_fn *done;
	void *cookie;
	struct loop_timer *deadline;

	/* this hop */
	char *url; /* mem */
	char host[HTTP_HOST_MAX]; /* lower case, without brackets */
	char port[8];
	char scheme[8];
	bool is_literal;
	bool is_host_allowed;
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	size_t address_count;
	struct resolver_wait *wait;
	CURL *easy;
	struct curl_slist *header_list, *resolve_list;
	char curl_words[CURL_ERROR_SIZE];

	/* the answer of this hop */
	struct buf head; /* "name\tvalue\n"... */
	size_t head_lines;
	struct buf answer;
	bool is_cut; /* over a limit */
	bool is_denied; /* the address policy said no while connecting */
	bool is_out_of_memory, is_head_too_long, has_whole_head;

	/* the whole */
	int hops;
	bool was_sent; /* bytes of some hop may have reached a server */
	bool has_temporary_move;
	char error[400];
};

void http_transfer_go(struct http_transfer *t);
/* libcurl is through with the hop. */
void http_transfer_hop_done(struct http_transfer *t, CURLcode code);

/* ---- http_easy.c ---- */
/* Sets t->easy up for this hop: 0, or -1 without memory. */
int http_easy_prepare(struct http_transfer *t);
void http_easy_release(struct http_transfer *t);

#endif
