/*
 * http_world.h - a loop with a client on it, and answers kept for looking at.  Header only: two
 * test programs use it.
 */
#ifndef TESTS_PLATFORM_HTTP_WORLD_H
#define TESTS_PLATFORM_HTTP_WORLD_H

#include <stdio.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/http_client_internal.h"
#include "platform/loop.h"
#include "platform/sysclock.h"

struct got {
	int calls;
	enum http_progress progress;
	int status;
	bool is_body_cut, was_moved;
	char *body;
	size_t body_len;
	char url[300], error[400], header[300]; /* header: the value of X-Mark */
	size_t header_count;
	int64_t wait_ms;
};

struct world {
	struct loop *loop;
	struct http_client *client;
	struct got got;
	int to_come;
};

static inline int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

static inline void
got_forget(struct got *g)
{
	mem_free(g->body);
	*g = (struct got){0};
}

static inline void
got_take(struct got *g, const struct http_result *r)
{
	int calls = g->calls;

	got_forget(g);
	g->calls = calls + 1;
	g->progress = r->progress;
	g->status = r->status;
	g->is_body_cut = r->is_body_cut;
	g->was_moved = r->was_moved;
	g->body = mem_strndup(r->body.ptr == NULL ? "" : r->body.ptr, r->body.len);
	g->body_len = r->body.len;
	g->header_count = r->header_count;
	snprintf(g->url, sizeof g->url, "%.*s", SLICE_ARG(r->final_url));
	snprintf(g->error, sizeof g->error, "%s", r->error == NULL ? "" : r->error);
	snprintf(g->header, sizeof g->header, "%.*s", SLICE_ARG(http_result_header(r, "X-Mark")));
	/* Words exactly when there is no answer. */
	assert_int_equal(r->error != NULL, r->progress != HTTP_ANSWERED);
	assert_true(r->progress == HTTP_ANSWERED || r->status == 0);
}

static inline void
world_take(void *cookie, const struct http_result *r)
{
	struct world *w = cookie;

	got_take(&w->got, r);
	w->to_come--;
}

static inline void
world_open(struct world *w, const char *const *allowed, size_t count, resolver_lookup_fn *lookup)
{
	const struct http_policy policy = {allowed, count};

	*w = (struct world){0};
	assert_int_equal(loop_new(&w->loop, NULL), 0);
	assert_int_equal(http_client_lookup_with(w->loop, &policy,
			     lookup == NULL ? resolver_system_lookup : lookup, &w->client, NULL),
	    0);
}

static inline void
world_open_local(struct world *w)
{
	static const char *const local[] = {"127.0.0.1"};

	world_open(w, local, 1, NULL);
}

static inline void
world_close(struct world *w)
{
	http_client_free(w->client);
	loop_free(w->loop);
	got_forget(&w->got);
}

static inline void
world_wait(struct world *w)
{
	while (w->to_come > 0)
		loop_run_once(w->loop, true);
}

/* Runs a call to its end; never from inside start. */
static inline const struct got *
world_call(struct world *w, const struct http_call *call)
{
	struct err err = {0};

	got_forget(&w->got);
	w->to_come = 1;
	if (http_client_start(w->client, call, world_take, w, NULL, &err) != 0)
		fail_msg("'%s' was refused: %s", call->url, err.text);
	assert_int_equal(w->got.calls, 0);
	world_wait(w);
	assert_int_equal(w->got.calls, 1);
	return &w->got;
}

static inline const char *
url_of(int port, const char *path)
{
	static char urls[4][300];
	static unsigned at;
	char *url = urls[at++ % 4];

	snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", port, path);
	return url;
}

static inline const struct got *
world_get(struct world *w, int port, const char *path)
{
	return world_call(w, &(struct http_call){.method = "GET", .url = url_of(port, path)});
}

#endif
