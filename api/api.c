/*
 * api.c - the table of routes, and the way of a request through it.
 */
#include "api/api.h"

#include <assert.h>
#include <string.h>

#include "api/api_internal.h"

static const char *const paging[] = {"before", "limit", NULL};
static const char *const limit_only[] = {"limit", NULL};
static const char *const of_decisions[] = {"rule", "before", "limit", NULL};
static const char *const of_why[] = {
    "post", "event", "message", "watch", "incident", "about", "rule", "format", NULL};
static const char *const of_outbox[] = {"state", "hold", "channel", "before", "limit", NULL};
static const char *const of_alerts[] = {"state", "queue", "before", "limit", NULL};
static const char *const of_incidents[] = {"watch", "before", "limit", NULL};
static const char *const of_customer[] = {"at", "before", "limit", NULL};
static const char *const after_and_limit[] = {"after", "limit", NULL};
static const char *const of_import[] = {
    "dry_run", "handle_attribute", "file", "line_offset", "continued", "returned", NULL};
static const char *const of_suggestions[] = {"state", "before", "limit", NULL};

static const char *const of_person[] = {"format", NULL};
static const char *const dry_run_only[] = {"dry_run", NULL};

static const char *const of_export[] = {"format", "guard", "after", "limit", NULL};

/* A path with words stands before one with {...} in the same place. */
static const struct api_route routes[] = {
    {"GET", "/", API_READER, api_page_get, NULL},
    {"GET", "/healthz", API_LOOP, api_healthz_get, NULL},
    {"GET", "/readyz", API_LOOP, api_readyz_get, NULL},
    {"GET", "/metrics", API_LOOP, api_metrics_get, NULL},
    {"GET", "/api/v1/openapi.json", API_LOOP, api_openapi_get, NULL},
    {"GET", "/api/v1/status", API_READER, api_status_get, NULL},
    {"POST", "/api/v1/posts", API_INGEST, api_posts_post, NULL},
    {"POST", "/api/v1/events", API_INGEST, api_events_post, NULL},
    {"GET", "/api/v1/events", API_READER, api_events_list, paging},
    {"GET", "/api/v1/events/{id}", API_READER, api_events_show, NULL},
    {"POST", "/api/v1/segment/v1/{call}", API_INGEST, api_events_post, NULL},
    {"GET", "/api/v1/posts", API_READER, api_posts_list, paging},
    {"GET", "/api/v1/posts/{id}", API_READER, api_posts_show, NULL},
    {"GET", "/api/v1/rejects", API_READER, api_rejects_list, limit_only},
    {"GET", "/api/v1/decisions", API_READER, api_decisions_list, of_decisions},
    {"GET", "/api/v1/why", API_READER, api_why_get, of_why},
    {"GET", "/api/v1/outbox", API_READER, api_outbox_list, of_outbox},
    {"POST", "/api/v1/outbox/release", API_WRITER, api_outbox_release, NULL},
    {"GET", "/api/v1/outbox/{id}", API_READER, api_outbox_show, NULL},
    {"POST", "/api/v1/outbox/{id}/{verb}", API_WRITER, api_outbox_act, NULL},
    {"GET", "/api/v1/sending", API_READER, api_sending_get, NULL},
    {"POST", "/api/v1/sending", API_WRITER, api_sending_post, NULL},
    {"GET", "/api/v1/pauses", API_READER, api_pauses_get, NULL},
    {"POST", "/api/v1/pauses", API_WRITER, api_pauses_post, NULL},
    {"GET", "/api/v1/alerts", API_READER, api_alerts_list, of_alerts},
    {"GET", "/api/v1/alerts/{no}", API_READER, api_alerts_show, NULL},
    {"POST", "/api/v1/alerts/{no}/{verb}", API_WRITER, api_alerts_act, NULL},
    {"GET", "/api/v1/rules", API_READER, api_rules_list, after_and_limit},
    {"GET", "/api/v1/rules/fields", API_LOOP, api_rules_fields, NULL},
    {"GET", "/api/v1/rules/history", API_READER, api_rules_history, paging},
    {"GET", "/api/v1/rules/versions/{version}", API_READER, api_rules_version, NULL},
    {"POST", "/api/v1/rules/check", API_READER, api_rules_check, NULL},
    {"POST", "/api/v1/rules/plan", API_READER, api_rules_plan, NULL},
    {"GET", "/api/v1/watches", API_READER, api_watches_list, after_and_limit},
    {"GET", "/api/v1/incidents", API_READER, api_incidents_list, of_incidents},
    {"POST", "/api/v1/rules/apply", API_WRITER_PREPARED, api_rules_apply, NULL},
    {"POST", "/api/v1/rules/rollback", API_WRITER_PREPARED, api_rules_rollback, NULL},
    {"POST", "/api/v1/backtests", API_READER, api_backtests_start, NULL},
    {"GET", "/api/v1/backtests/{id}", API_READER, api_backtests_show, NULL},
    {"POST", "/api/v1/backtests/{id}/stop", API_READER, api_backtests_stop, NULL},
    {"GET", "/api/v1/sources", API_READER, api_sources_list, NULL},
    {"GET", "/api/v1/channels", API_LOOP, api_channels_list, NULL},
    {"GET", "/api/v1/segments", API_READER, api_segments_list, NULL},
    {"POST", "/api/v1/segments/estimate", API_READER, api_segments_estimate, NULL},
    {"GET", "/api/v1/segments/{id}", API_READER, api_segments_show, NULL},
    {"GET", "/api/v1/segments/{id}/members", API_READER, api_segments_members, after_and_limit},
    {"POST", "/api/v1/segments/{id}/members", API_WRITER, api_segments_change, NULL},
    {"GET", "/api/v1/customers", API_READER, api_customers_list, after_and_limit},
    {"POST", "/api/v1/customers/import", API_WRITER_OWN, api_customers_import, of_import},
    {"GET", "/api/v1/customers/export", API_READER, api_customers_export, of_export},
    {"GET", "/api/v1/customers/{id}", API_READER, api_customers_show, of_customer},
    {"PATCH", "/api/v1/customers/{id}", API_WRITER, api_customers_patch, NULL},
    {"PUT", "/api/v1/customers/{id}", API_WRITER, api_customers_put, NULL},
    {"POST", "/api/v1/customers/{id}/merge", API_WRITER, api_customers_merge, NULL},
    {"POST", "/api/v1/customers/{id}/unmerge", API_WRITER, api_customers_unmerge, NULL},
    {"GET", "/api/v1/customers/{id}/links", API_READER, api_links_list, NULL},
    {"POST", "/api/v1/customers/{id}/links", API_WRITER, api_links_post, NULL},
    {"GET", "/api/v1/customers/{id}/link-codes", API_READER, api_link_codes_list, NULL},
    {"POST", "/api/v1/customers/{id}/link-codes", API_WRITER, api_link_codes_post, NULL},
    {"POST", "/api/v1/customers/{id}/unlink", API_WRITER, api_links_end, NULL},
    {"GET", "/api/v1/link-suggestions", API_READER, api_suggestions_list, of_suggestions},
    {"POST", "/api/v1/link-suggestions/{no}/{verb}", API_WRITER, api_suggestions_act, NULL},
    {"GET", "/api/v1/customers/{id}/events", API_READER, api_events_of_customer, paging},
    {"GET", "/api/v1/people/{key}", API_WRITER, api_people_show, of_person},
    {"GET", "/api/v1/people/{key}/export", API_WRITER, api_people_export, after_and_limit},
    {"POST", "/api/v1/people/{key}/erase", API_WRITER_OWN, api_people_erase, dry_run_only},
    {"GET", "/api/v1/audit", API_READER, api_audit_list, paging},
    {"GET", "/api/v1/authors/{author}", API_READER, api_authors_show, NULL},
    {"GET", "/api/v1/authors/{author}/influence", API_READER, api_authors_influence, NULL},
    {"GET", "/api/v1/adopters", API_READER, api_adopters_list, limit_only},
};

const struct api_route *
api_routes(size_t *count_r)
{
	*count_r = sizeof routes / sizeof routes[0];
	return routes;
}

/* Segment by segment; params (may be NULL) gets what stands for {...}, still encoded. */
static bool
pattern_matches(const char *pattern, struct slice path, struct slice *params)
{
	struct slice want = slice_of(pattern);
	size_t n = 0;

	while (slice_is_set(want) && slice_is_set(path)) {
		struct slice w = slice_split(&want, '/'), p = slice_split(&path, '/');

		if (w.len > 0 && w.ptr[0] == '{') {
			if (p.len == 0)
				return false;
			assert(n < API_PARAMS_MAX);
			if (params != NULL)
				params[n] = p;
			n++;
		} else if (!slice_eq(w, p)) {
			return false;
		}
	}
	return !slice_is_set(want) && !slice_is_set(path);
}

const struct api_route *
api_route_find(const char *method, struct slice path, int *status_r, const char **allow_r)
{
	bool has_get = false, has_post = false;

	/* An answer to HEAD is GET's, sent without its body. */
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		const struct api_route *r = &routes[i];

		if (!pattern_matches(r->pattern, path, NULL))
			continue;
		if (strcmp(r->method, method) == 0)
			return r;
		has_get |= strcmp(r->method, "GET") == 0;
		has_post |= strcmp(r->method, "POST") == 0;
	}
	*allow_r = has_get && has_post ? "GET, HEAD, POST" : has_get ? "GET, HEAD" : "POST";
	*status_r = has_get || has_post ? 405 : 404;
	if (*status_r == 404)
		*allow_r = NULL;
	return NULL;
}

enum api_place
api_route_place(const struct api_route *r)
{
	return r->place;
}

bool
api_route_takes_posts(const struct api_route *r)
{
	return r->handle == api_posts_post;
}

struct json_writer *
api_object(struct api_call *c)
{
	buf_clear(&c->reply->body);
	c->reply->status = 200;
	c->reply->content_type = "application/json";
	json_writer_init(&c->w, &c->reply->body);
	json_object_begin(&c->w);
	return &c->w;
}

void
api_object_end(struct api_call *c)
{
	json_object_end(&c->w);
}

void
api_next(struct json_writer *w, int64_t next)
{
	if (next > 0)
		json_kv_i64(w, "next", next);
	else
		json_kv_null(w, "next");
}

struct json_writer *
api_items(struct api_call *c)
{
	struct json_writer *w = api_object(c);

	json_key(w, "items");
	json_array_begin(w);
	return w;
}

void
api_items_end(struct api_call *c, int64_t next)
{
	json_array_end(&c->w);
	api_next(&c->w, next);
	api_object_end(c);
}

void
api_taken(struct api_reply *reply, struct json_writer *w, bool any_taken, const char *code,
    const char *help, const char *detail)
{
	if (!any_taken) {
		api_problem_begin(reply, w, 400, code, help, detail);
		return;
	}
	buf_clear(&reply->body);
	reply->status = 201;
	reply->content_type = "application/json";
	json_writer_init(w, &reply->body);
	json_object_begin(w);
}

/* A body cut off in the middle is no answer. */
static void
refuse_cut_body(struct api_reply *reply)
{
	bool is_full = buf_is_full(&reply->body);
	struct err err;

	if (is_full)
		err_set(&err, ERR_LIMIT,
		    "the answer has more than %d bytes; ask for fewer with limit", API_REPLY_MAX);
	else
		err_set(&err, ERR_NOMEM, "no memory for the answer");
	api_problem_err(reply, &err);
}

void
api_handle(const struct api_route *r, struct api_env *env, const struct api_request *q,
    struct api_reply *reply)
{
	struct api_call c = {.route = r, .env = env, .request = q, .reply = reply};
	struct err err = {ERR_NONE, ""};
	int rc = 0;

	assert(env->arena != NULL && env->clock != NULL);
	assert(env->store != NULL || r->place == API_LOOP);
	reply->status = 0;
	env->wants_more = false;
	if (!pattern_matches(r->pattern, q->path, c.params))
		assert(0 && "the route is not this request's");
	rc = api_params_take(&c, &err);
	if (rc == 0)
		rc = r->handle(&c, &err);
	assert(!env->wants_more || (rc == 0 && env->may_pause && env->kept != NULL));
	if (rc < 0 && reply->status < 400)
		api_problem_err(reply, &err);
	else if (reply->status < 400 && buf_failed(&reply->body))
		refuse_cut_body(reply);
	json_doc_free(c.body);
	if (env->wants_more)
		return;
	assert(reply->status >= 200 && reply->content_type != NULL);
	if (reply->status >= 400) {
		env->rules_changed = false;
		env->outbox_changed = false;
		env->person_erased = false;
	}
}

void
api_env_fini(struct api_env *env)
{
	if (env->kept != NULL)
		env->kept_free(env->kept);
	env->kept = NULL;
}
