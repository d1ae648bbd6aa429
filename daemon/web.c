/*
 * web.c - HTTP requests to answers: each is looked at on the loop, worked on where its route says,
 * and answered on the loop.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "api/api.h"
#include "api/segment_dialect.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "store/outbox.h"
#include "store/store.h"

#include "actions/courier.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/host.h"
#include "daemon/ingest.h"
#include "daemon/readers.h"
#include "daemon/service_internal.h"
#include "daemon/snapshot.h"
#include "daemon/worker.h"

#define WEB_CALLS_MAX 512
#define WEB_CONNECTIONS_MAX 512
#define WEB_ARENA_BYTES (640u * 1024 * 1024)
#define WEB_CHANNELS_MAX 64
#define WEB_LOCAL_BODY_MAX (256u * 1024 * 1024) /* imports by our own verbs */

struct web {
	struct service *service;
	struct http_server *tcp, *local;
	size_t calls;
	bool is_refusing;
	bool is_exposed;
	char url[128];
};

/* One request under way.  Born and freed on the loop; in between it belongs to one thread at a
 * time. */
struct web_call {
	struct web *web;
	struct http_server_request *request;
	struct arena *arena;
	const struct api_route *route;
	struct api_request api;
	struct api_env env;
	struct host host;
	struct api_reply reply;
	struct snapshot *snapshot; /* what the call sees */
	struct snapshot *next; /* made live by this call */
	bool wants_reload; /* made live, and the configuration is another by now */
	struct ingest ingest;
	bool needs_key; /* the token stands in the body, as some Segment libraries send it */
	bool is_answered; /* the reply is final before the writer was asked */
	struct err error;
};

/* ---- a call's life ---------------------------------------------------------- */

/* All it holds; on any thread. */
static void
call_empty(struct web_call *c)
{
	api_env_fini(&c->env);
	api_reply_fini(&c->reply);
	ingest_free(&c->ingest);
	host_fini(&c->host);
	snapshot_unref(c->snapshot);
	snapshot_unref(c->next);
	arena_free(c->arena);
}

static void
call_emptied(void *cookie)
{
	struct web_call *c = cookie;

	c->web->calls--;
	mem_free(c);
}

static void
empty_work(void *cookie, struct store *st, const struct err *open_error)
{
	(void)st;
	(void)open_error;
	call_empty(cookie);
}

/* Texts of many rules, and what was live before, take a while to be freed: others wait for the loop, nobody
 * for a reader. */
static void
call_free(struct web_call *c)
{
	if (api_route_place(c->route) == API_WRITER_PREPARED &&
	    readers_do(c->web->service->readers, empty_work, call_emptied, c) == 0)
		return;
	call_empty(c);
	call_emptied(c);
}

static void
reply_send(
    struct web *w, struct http_server_request *r, const struct api_reply *reply, const char *allow)
{
	struct http_header headers[8];
	char retry[24];
	size_t n = 0;

	headers[n++] = (struct http_header){slice_of("Content-Type"),
	    slice_of(reply->content_type == NULL ? "application/json" : reply->content_type)};
	headers[n++] =
	    (struct http_header){slice_of("X-Content-Type-Options"), slice_of("nosniff")};
	headers[n++] = (struct http_header){slice_of("Cache-Control"), slice_of("no-store")};
	/* Nothing we answer needs scripts, frames or anything from elsewhere. */
	headers[n++] = (struct http_header){slice_of("Content-Security-Policy"),
	    slice_of("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")};
	if (allow != NULL)
		headers[n++] = (struct http_header){slice_of("Allow"), slice_of(allow)};
	if (reply->status == 401)
		headers[n++] = (struct http_header){
		    slice_of("WWW-Authenticate"), slice_of("Basic realm=\"Earshot\"")};
	if (reply->retry_after_s > 0) {
		snprintf(retry, sizeof retry, "%lld", (long long)reply->retry_after_s);
		headers[n++] = (struct http_header){slice_of("Retry-After"), slice_of(retry)};
	}
	if (reply->etag[0] != '\0')
		headers[n++] = (struct http_header){slice_of("ETag"), slice_of(reply->etag)};
	metrics_add(&w->service->metrics, METRIC_HTTP_REQUESTS, 1);
	if (reply->status >= 400)
		metrics_add(&w->service->metrics, METRIC_HTTP_ERRORS, 1);
	http_reply(r, reply->status, headers, n, buf_slice(&reply->body));
}

static void
call_finish(struct web_call *c)
{
	if (c->next != NULL) {
		service_swap_snapshot(c->web->service, c->next);
		c->next = NULL;
	}
	if (c->wants_reload)
		reload_on_hangup(c->web->service, 0);
	if (c->env.outbox_changed)
		sending_wake(c->web->service);
	reply_send(c->web, c->request, &c->reply, NULL);
	call_free(c);
}

static void
call_failed(struct web_call *c, const struct err *failure)
{
	api_reply_fini(&c->reply);
	api_reply_init(&c->reply);
	api_problem_err(&c->reply, failure);
}

static void
call_busy(struct web_call *c, const char *why)
{
	api_reply_fini(&c->reply);
	api_reply_init(&c->reply);
	api_problem(&c->reply, 503, "busy", "try again in a moment", "%s", why);
	c->reply.retry_after_s = 1;
	call_finish(c);
}

static void
call_done(void *cookie)
{
	call_finish(cookie);
}

/* ---- reading ---------------------------------------------------------------- */

static void
read_work(void *cookie, struct store *st, const struct err *open_error)
{
	struct web_call *c = cookie;
	struct err err = {ERR_NONE, ""};

	if (st == NULL) {
		api_problem_err(&c->reply, open_error);
		return;
	}
	c->env.store = st;
	if (store_begin(st, &err) < 0) {
		api_problem_err(&c->reply, &err);
		return;
	}
	api_handle(c->route, &c->env, &c->api, &c->reply);
	store_rollback(st);
}

/* What takes long is made ready here; a problem is the answer, the rest is forgotten. */
static void
prepare_work(void *cookie, struct store *st, const struct err *open_error)
{
	struct web_call *c = cookie;

	c->env.is_preparing = true;
	read_work(cookie, st, open_error);
	c->env.is_preparing = false;
	c->is_answered = c->reply.status >= 400;
	if (c->is_answered)
		return;
	api_reply_fini(&c->reply);
	api_reply_init(&c->reply);
}

/* ---- changing --------------------------------------------------------------- */

static void
write_work(void *cookie, struct store *st, struct pipeline *p)
{
	struct web_call *c = cookie;
	struct err err = {ERR_NONE, ""};
	bool is_own = api_route_place(c->route) == API_WRITER_OWN;

	c->env.store = st;
	if (!is_own && store_begin(st, &err) < 0) {
		api_problem_err(&c->reply, &err);
		return;
	}
	api_handle(c->route, &c->env, &c->api, &c->reply);
	if (!is_own) {
		if (c->reply.status >= 400) {
			store_rollback(st);
			return;
		}
		if (store_commit(st, &err) < 0) {
			call_failed(c, &err);
			c->env.outbox_changed = false;
			return;
		}
	}
	if (c->env.person_erased)
		pipeline_person_erased(p);
}

/* Others had their turn. */
static void
write_done(void *cookie)
{
	struct web_call *c = cookie;

	if (!c->env.wants_more)
		call_finish(c);
	else if (worker_call(c->web->service->worker, write_work, write_done, c) < 0)
		call_busy(c, "too much is waiting");
}

/* ---- rules going live: along with posts, which do not wait for commits of its own --------- */

static int
live_write(void *cookie, struct store *st, struct err *err)
{
	struct web_call *c = cookie;

	c->env.store = st;
	api_handle(c->route, &c->env, &c->api, &c->reply);
	c->is_answered = c->reply.status >= 400;
	return c->is_answered ? err_set(err, ERR_CONFLICT, "refused") : 0;
}

/* What was made live is what was compiled ahead: nobody waits for a compiler. */
static void
live_committed(void *cookie, struct pipeline *p)
{
	struct web_call *c = cookie;
	struct snapshot *next = c->env.rules_changed ? host_committed(&c->host) : NULL;

	if (next == NULL)
		return;
	/* Compiled for a configuration that was reloaded meanwhile: they are read once more. */
	if (next->config != pipeline_snapshot(p)->config) {
		c->wants_reload = true;
		return;
	}
	c->next = snapshot_ref(next);
	pipeline_swap(p, next);
}

static void
live_wrote(void *cookie, const struct err *failure)
{
	struct web_call *c = cookie;

	if (failure != NULL && !c->is_answered)
		call_failed(c, failure);
	call_finish(c);
}

static int
part_write(void *cookie, struct store *st, struct err *err)
{
	struct web_call *c = cookie;

	return host_stage(&c->host, st, err);
}

static void prepared(void *cookie);

static void
part_wrote(void *cookie, const struct err *failure)
{
	struct web_call *c = cookie;

	if (failure != NULL) {
		call_failed(c, failure);
		c->is_answered = true;
	}
	prepared(c);
}

/* ---- taking posts ------------------------------------------------------------ */

static void
ingest_work(void *cookie, struct store *st, const struct err *open_error)
{
	struct web_call *c = cookie;
	struct err err = {ERR_NONE, ""};
	int rc;

	if (st == NULL) {
		api_problem_err(&c->reply, open_error);
		c->is_answered = true;
		return;
	}
	if (api_route_takes_posts(c->route))
		rc = ingest_parse(c->api.body, c->api.idempotency_key, clock_now_ms(c->env.clock),
		    &c->ingest, &err);
	else
		rc = ingest_parse_tellings(c->api.path, c->api.body, c->api.idempotency_key,
		    clock_now_ms(c->env.clock), &c->ingest, &err);
	if (rc == 0 && c->needs_key &&
	    !api_is_token(slice_of(c->ingest.write_key), c->web->service->config->token)) {
		api_problem(&c->reply, 401, "token-needed",
		    "the write key is the access token of this server",
		    "the write key is missing or wrong");
		rc = 1;
	}
	if (rc == 0)
		rc = ingest_known(st, &c->ingest, c->arena, &c->reply, &err);
	if (rc < 0)
		api_problem_err(&c->reply, &err);
	c->is_answered = rc != 0;
}

static int
ingest_in_commit(void *cookie, struct store *st, const struct page_result *results, struct err *err)
{
	struct web_call *c = cookie;

	return ingest_commit(st, &c->ingest, results, c->arena, &c->reply, err);
}

static void
ingest_pages_done(void *cookie, struct page **pages, size_t count,
    const struct page_result *results, const struct err *failure)
{
	struct web_call *c = cookie;

	(void)pages;
	(void)count;
	(void)results;
	if (failure != NULL) {
		call_failed(c, failure);
		c->reply.retry_after_s = 5;
	}
	call_finish(c);
}

static void
ingest_parsed(void *cookie)
{
	struct web_call *c = cookie;
	struct service *s = c->web->service;

	if (c->is_answered) {
		call_finish(c);
		return;
	}
	if (worker_is_failing(s->worker)) {
		call_busy(
		    c, "the database refuses to commit; posts are not taken until it does again");
		return;
	}
	if (worker_pages(s->worker, c->ingest.pages, c->ingest.count, true, ingest_in_commit,
		ingest_pages_done, c) < 0)
		call_busy(c, "too much is waiting");
}

/* ---- requests ----------------------------------------------------------------- */

static struct slice
sources_json(struct service *s, struct arena *a)
{
	struct buf out;
	struct json_writer w;
	struct slice text;

	buf_init(&out, 4 * 1024 * 1024);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	for (size_t i = 0; i < sources_count(s->sources); i++) {
		const struct collector *c = sources_at(s->sources, i);
		const struct source_status *st = collector_status(c);

		json_object_begin(&w);
		json_kv_cstr(&w, "name", collector_name(c));
		json_kv_cstr(&w, "type", collector_kind(c)->name);
		json_kv_cstr(&w, "health", source_health_name(st->health));
		json_kv_cstr(&w, "detail", st->detail[0] == '\0' ? NULL : st->detail);
		json_kv_time(&w, "last_ok_at", st->last_ok_at_ms);
		json_kv_time(&w, "next_poll_at", st->next_poll_at_ms);
		json_kv_i64(&w, "requests", st->requests);
		json_kv_i64(&w, "failures", st->failures);
		json_kv_i64(&w, "posts", st->posts);
		json_kv_i64(&w, "rejects", st->rejects);
		json_object_end(&w);
	}
	json_array_end(&w);
	text = buf_failed(&out) ? slice_of("[]") : arena_slice_dup(a, buf_slice(&out));
	buf_fini(&out);
	return text;
}

static struct slice
channels_json(struct service *s, struct arena *a)
{
	struct courier_channel_status rows[WEB_CHANNELS_MAX];
	size_t count = courier_status(sending_courier(s), rows, WEB_CHANNELS_MAX);
	struct buf out;
	struct json_writer w;
	struct slice text;

	buf_init(&out, 1024 * 1024);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(&w);
		json_kv_cstr(&w, "name", rows[i].name);
		json_kv_i64(&w, "in_flight", (int64_t)rows[i].in_flight);
		json_kv_bool(&w, "stopped", rows[i].is_stopped);
		json_kv_cstr(&w, "why", rows[i].stopped_why);
		json_kv_i64(&w, "sent", rows[i].sent);
		json_kv_i64(&w, "failed", rows[i].failed);
		json_object_end(&w);
	}
	json_array_end(&w);
	text = buf_failed(&out) ? slice_of("[]") : arena_slice_dup(a, buf_slice(&out));
	buf_fini(&out);
	return text;
}

static int
call_new(struct web *w, struct http_server_request *r, const struct http_server_call *in,
    const struct api_route *route, struct web_call **c_r)
{
	struct service *s = w->service;
	struct web_call *c = mem_zalloc(sizeof *c);
	struct arena *a = arena_new(WEB_ARENA_BYTES);

	if (c == NULL || a == NULL) {
		mem_free(c);
		arena_free(a);
		return -1;
	}
	c->web = w;
	c->request = r;
	c->arena = a;
	c->route = route;
	c->snapshot = snapshot_ref(s->snapshot);
	api_reply_init(&c->reply);
	w->calls++;
	c->api.method = arena_strdup(a, in->method);
	c->api.path = arena_slice_dup(a, in->path);
	c->api.query = arena_slice_dup(a, in->query);
	c->api.body = arena_slice_dup(a, in->body);
	c->api.content_type = arena_slice_dup(a, http_server_header(r, "Content-Type"));
	c->api.idempotency_key = arena_slice_dup(a, http_server_header(r, "Idempotency-Key"));
	c->api.if_match = arena_slice_dup(a, http_server_header(r, "If-Match"));
	c->api.who = in->is_local_socket ? "command line" : "http";
	host_init(&c->host, c->snapshot, a, s->clock, s->backtests, sources_json(s, a),
	    channels_json(s, a));
	c->env.arena = a;
	c->env.clock = s->clock;
	c->env.metrics = &s->metrics;
	c->env.actions = &c->snapshot->config->actions;
	c->env.rules = c->snapshot->rules;
	c->env.rules_version = c->snapshot->version;
	c->env.handle_attribute = c->snapshot->config->handle_attribute;
	c->env.code_prefix = c->snapshot->config->code_prefix;
	c->env.influence = &c->snapshot->config->influence;
	c->env.retention_ms = c->snapshot->config->retention_ms;
	c->env.adoption = &c->snapshot->config->adoption;
	c->env.is_daemon = c->env.may_pause = true;
	c->env.started_at_ms = s->started_at_ms;
	c->env.is_store_failing = worker_is_failing(s->worker);
	c->env.is_brake_file_there = worker_sees_brake_file(s->worker);
	c->env.host = &c->host.api;
	*c_r = c;
	return 0;
}

/* Part after part, so that posts have their turn between them; then what makes it live. */
static void
prepared(void *cookie)
{
	struct web_call *c = cookie;
	struct worker *worker = c->web->service->worker;
	int rc;

	if (c->is_answered) {
		call_finish(c);
		return;
	}
	rc = host_has_parts(&c->host)
	    ? worker_along(worker, part_write, NULL, part_wrote, c)
	    : worker_along(worker, live_write, live_committed, live_wrote, c);
	if (rc < 0)
		call_busy(c, "too much is waiting");
}

static void
call_dispatch(struct web_call *c)
{
	struct service *s = c->web->service;
	int rc = 0;

	switch (api_route_place(c->route)) {
	case API_LOOP:
		api_handle(c->route, &c->env, &c->api, &c->reply);
		call_finish(c);
		return;
	case API_READER: rc = readers_do(s->readers, read_work, call_done, c); break;
	case API_WRITER_PREPARED: rc = readers_do(s->readers, prepare_work, prepared, c); break;
	case API_WRITER:
	case API_WRITER_OWN: rc = worker_call(s->worker, write_work, write_done, c); break;
	case API_INGEST: rc = readers_do(s->readers, ingest_work, ingest_parsed, c); break;
	}
	if (rc < 0)
		call_busy(c, "too much is waiting");
}

/* Segment's newer libraries send no Authorization: the write key stands in the body, which a reader looks
 * at.  Nothing else is done for who has not shown it, and large bodies are not read for them. */
static bool
shows_key_in_body(
    const struct service *s, struct http_server_request *r, const struct http_server_call *in)
{
	return s->config->token != NULL && !in->is_local_socket &&
	    strcmp(in->method, "POST") == 0 && in->body.len <= SEGMENT_BODY_MAX &&
	    slice_starts_with(in->path, SEGMENT_PATH) &&
	    !slice_is_set(http_server_header(r, "Authorization")) &&
	    !slice_is_set(http_server_header(r, "Origin"));
}

static void
handle(void *cookie, struct http_server_request *r, const struct http_server_call *in)
{
	struct web *w = cookie;
	struct service *s = w->service;
	const struct api_route *route;
	const char *allow = NULL;
	struct api_reply reply;
	struct web_call *c;
	bool needs_key;
	int status = 0;

	api_reply_init(&reply);
	needs_key = shows_key_in_body(s, r, in);
	if (!needs_key &&
	    api_admit(s->config->token, in->is_local_socket, http_server_header(r, "Authorization"),
		http_server_header(r, "Host"), http_server_header(r, "Origin"), &reply) < 0)
		goto answer;
	route = api_route_find(in->method, in->path, &status, &allow);
	if (route == NULL) {
		api_problem(&reply, status, status == 405 ? "method-not-allowed" : "not-found",
		    "GET /api/v1/openapi.json lists what there is", "there is no %s %.*s",
		    in->method, SLICE_ARG(in->path));
		goto answer;
	}
	if (w->is_refusing || w->calls >= WEB_CALLS_MAX || call_new(w, r, in, route, &c) < 0) {
		api_problem(&reply, 503, "busy", "try again in a moment",
		    w->is_refusing ? "the service is stopping" : "too many requests are under way");
		reply.retry_after_s = 1;
		goto answer;
	}
	c->needs_key = needs_key;
	api_reply_fini(&reply);
	call_dispatch(c);
	return;
answer:
	reply_send(w, r, &reply, allow);
	api_reply_fini(&reply);
}

int
web_start(struct service *s, struct web **web_r, struct err *err)
{
	struct web *w = mem_zalloc(sizeof *w);
	struct http_server_options o = {0};
	char address[256];

	if (w == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the HTTP server");
	w->service = s;
	o.max_body_bytes = WEB_LOCAL_BODY_MAX;
	snprintf(address, sizeof address, "unix:%s", s->config->socket_path);
	o.address = address;
	if (http_server_new(s->loop, &o, handle, w, &w->local, err) < 0)
		goto failed;
	if (s->config->listen != NULL) {
		const char *colon = strrchr(s->config->listen, ':');

		o.address = s->config->listen;
		o.max_body_bytes = (size_t)s->config->max_body_bytes;
		o.max_connections = WEB_CONNECTIONS_MAX;
		if (http_server_new(s->loop, &o, handle, w, &w->tcp, err) < 0) {
			err_prefix(err, "server.listen");
			goto failed;
		}
		w->is_exposed = !http_server_address_is_loopback(s->config->listen);
		snprintf(w->url, sizeof w->url, "http://%.*s:%d/",
		    colon == NULL ? 0 : (int)(colon - s->config->listen), s->config->listen,
		    http_server_port(w->tcp));
	}
	*web_r = w;
	return 0;
failed:
	web_free(w);
	return -1;
}

void
web_stop_accepting(struct web *w)
{
	w->is_refusing = true;
}

bool
web_is_idle(const struct web *w)
{
	return w->calls == 0;
}

bool
web_is_exposed(const struct web *w)
{
	return w->is_exposed;
}

const char *
web_url(const struct web *w)
{
	return w->url[0] == '\0' ? NULL : w->url;
}

void
web_free(struct web *w)
{
	if (w == NULL)
		return;
	http_server_free(w->tcp);
	http_server_free(w->local);
	mem_free(w);
}
