/*
 * http_client.c - libcurl's multi interface on the loop: its sockets in uv_polls, its timer in a
 * uv_timer.
 */
#include "platform/http_client_internal.h"

#include <assert.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"
#include "platform/loop_internal.h"
#include "platform/smtp_internal.h"

/* Connections under way and kept for the next request; further requests wait inside libcurl. */
#define CONNECTIONS_MAX 512L
#define CONNECTIONS_KEPT 128L
#define CONNECTIONS_PER_HOST 16L

/* ---- sockets and time ---------------------------------------------------- */

struct watch {
	uv_poll_t poll;
	struct http_client *client;
	curl_socket_t fd;
};

static void
collect_done(struct http_client *c)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
		struct http_transfer *t = NULL;
		/* The message is gone once its handle is removed. */
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		http_transfer_hop_done(t, code);
	}
}

static void
on_socket_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct http_client *c = w->client;
	int flags = 0, running;

	if (status < 0)
		flags |= CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	/* *w may be gone after this. */
	curl_multi_socket_action(c->multi, w->fd, flags, &running);
	collect_done(c);
}

static void
on_watch_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

static struct watch *
watch_new(struct http_client *c, curl_socket_t fd)
{
	struct watch *w = mem_zalloc(sizeof *w);

	if (w == NULL)
		return NULL;
	if (uv_poll_init(loop_uv(c->loop), &w->poll, fd) != 0) {
		mem_free(w);
		return NULL;
	}
	w->poll.data = w;
	w->client = c;
	w->fd = fd;
	curl_multi_assign(c->multi, fd, w);
	return w;
}

/* An error from here would end all of libcurl's transfers; without a watch the one concerned runs
 * into its deadline. */
static int
on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *cookie, void *socket_cookie)
{
	struct http_client *c = cookie;
	struct watch *w = socket_cookie;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		curl_multi_assign(c->multi, fd, NULL);
		return 0;
	}
	if (w == NULL)
		w = watch_new(c, fd);
	if (w == NULL)
		return 0;
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	uv_poll_start(&w->poll, events, on_socket_ready);
	return 0;
}

static void
on_timer(uv_timer_t *timer)
{
	struct http_client *c = timer->data;
	int running;

	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect_done(c);
}

static int
on_curl_timer(CURLM *multi, long timeout_ms, void *cookie)
{
	struct http_client *c = cookie;

	(void)multi;
	if (timeout_ms < 0) {
		uv_timer_stop(&c->timer);
		return 0;
	}
	uv_update_time(loop_uv(c->loop));
	/* Also with 0 not from here: libcurl must not be entered twice.  1, because libuv calls a
	 * timer of 0 that is started in a timer's callback in the same turn, and the sockets would
	 * never get theirs. */
	uv_timer_start(&c->timer, on_timer, timeout_ms == 0 ? 1 : (uint64_t)timeout_ms, 0);
	return 0;
}

curl_socket_t
http_client_open_socket(
    const struct policy *policy, bool is_host_allowed, struct curl_sockaddr *at, bool *is_denied_r)
{
	struct net_address address;

	if (!is_host_allowed &&
	    (!net_address_from_sockaddr(&at->addr, &address) ||
		!policy_allows_address(policy, &address))) {
		*is_denied_r = true;
		return CURL_SOCKET_BAD;
	}
	return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

/* ---- what is under way --------------------------------------------------- */

void
http_client_link(struct http_client *c, struct http_request *r)
{
	r->client = c;
	r->prev = NULL;
	r->next = c->requests;
	if (r->next != NULL)
		r->next->prev = r;
	c->requests = r;
}

void
http_client_unlink(struct http_request *r)
{
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		r->client->requests = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
}

/* Those that were there when it began, so that requests started from callbacks do not keep the loop
 * here. */
static void
on_soon(uv_idle_t *idle)
{
	struct http_client *c = idle->data;
	struct http_transfer *t;

	c->soon_turn++;
	while ((t = c->soon_first) != NULL && t->soon_turn != c->soon_turn) {
		http_client_not_soon(t);
		http_transfer_go(t);
	}
	if (c->soon_first == NULL)
		uv_idle_stop(&c->soon);
}

void
http_client_soon(struct http_transfer *t)
{
	struct http_client *c = t->base.client;

	assert(!t->is_soon);
	t->is_soon = true;
	t->soon_turn = c->soon_turn;
	t->soon_next = NULL;
	if (c->soon_last != NULL)
		c->soon_last->soon_next = t;
	else
		c->soon_first = t;
	c->soon_last = t;
	uv_idle_start(&c->soon, on_soon);
}

void
http_client_not_soon(struct http_transfer *t)
{
	struct http_client *c = t->base.client;
	struct http_transfer *before = NULL;

	if (!t->is_soon)
		return;
	t->is_soon = false;
	if (c->soon_first != t) {
		before = c->soon_first;
		while (before->soon_next != t)
			before = before->soon_next;
		before->soon_next = t->soon_next;
	} else {
		c->soon_first = t->soon_next;
	}
	if (c->soon_last == t)
		c->soon_last = before;
}

void
http_request_cancel(struct http_request *r)
{
	if (r != NULL)
		r->cancel(r);
}

/* ---- the client ---------------------------------------------------------- */

static void
on_closed(uv_handle_t *handle)
{
	struct http_client *c = handle->data;

	if (--c->handles_open == 0)
		mem_free(c);
}

static CURLM *
multi_new(struct http_client *c)
{
	CURLM *m = curl_multi_init();

	if (m == NULL)
		return NULL;
	curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(m, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(m, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(m, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
	curl_multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS, CONNECTIONS_PER_HOST);
	curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return m;
}

int
http_client_lookup_with(struct loop *loop, const struct http_policy *policy,
    resolver_lookup_fn *lookup, struct http_client **client_r, struct err *err)
{
	struct http_client *c = mem_zalloc(sizeof *c);

	if (c == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the HTTP client");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		mem_free(c);
		return err_set(err, ERR_NOMEM, "cannot start libcurl");
	}
	c->loop = loop;
	if (policy_new(policy, &c->policy, err) < 0)
		goto fail;
	if (resolver_new(loop, lookup, &c->resolver, err) < 0)
		goto fail;
	c->multi = multi_new(c);
	if (c->multi == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the HTTP client");
		goto fail;
	}
	uv_timer_init(loop_uv(loop), &c->timer);
	uv_idle_init(loop_uv(loop), &c->soon);
	c->timer.data = c->soon.data = c;
	c->handles_open = 2;
	*client_r = c;
	return 0;
fail:
	resolver_free(c->resolver);
	policy_free(c->policy);
	curl_global_cleanup();
	mem_free(c);
	return -1;
}

int
http_client_new(struct loop *loop, const struct http_policy *policy, struct http_client **client_r,
    struct err *err)
{
	return http_client_lookup_with(loop, policy, resolver_system_lookup, client_r, err);
}

int
http_client_set_policy(struct http_client *c, const struct http_policy *policy, struct err *err)
{
	struct policy *next;

	if (policy_new(policy, &next, err) < 0)
		return -1;
	/* Every transfer asks for it anew, also before a connection is used again. */
	policy_free(c->policy);
	c->policy = next;
	return 0;
}

void
http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	assert(c->delivering == 0 && "not from inside a callback");
	while (c->requests != NULL)
		http_request_cancel(c->requests);
	smtp_post_free(c->post);
	curl_multi_cleanup(c->multi);
	resolver_free(c->resolver);
	policy_free(c->policy);
	curl_global_cleanup();
	uv_close((uv_handle_t *)&c->timer, on_closed);
	uv_close((uv_handle_t *)&c->soon, on_closed);
}
