/*
 * service.c - is it alive, is it ready, its numbers, its description.
 *
 * GET /healthz              200 always, without touching the database
 * GET /readyz               200; 503 while the database refuses to commit
 * GET /metrics              200, Prometheus text
 * GET /api/v1/openapi.json  200
 * GET /api/v1/status        200; counts alerts up to STATUS_ALERTS_MAX
 */
#include "api/api_internal.h"

#include <string.h>

#include "core/decision.h"
#include "core/metrics.h"
#include "actions/outbox.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/store.h"

#define STATUS_DECISIONS 10
#define STATUS_ALERTS_MAX 5000
#define STATUS_GROUPS_MAX 64 /* queues with open alerts that are told apart */

/* Made by the build from api/assets/openapi.json. */
extern const char embed_api_assets_openapi_json[];
extern const char embed_api_assets_openapi_json_end[];

int
api_healthz_get(struct api_call *c, struct err *err)
{
	(void)err;
	json_kv_cstr(api_object(c), "status", "ok");
	api_object_end(c);
	return 0;
}

int
api_readyz_get(struct api_call *c, struct err *err)
{
	(void)err;
	if (c->env->is_store_failing) {
		api_problem(c->reply, 503, "store-failing",
		    "posts are not taken until it does again; it is tried by itself",
		    "the database refuses to commit");
		c->reply->retry_after_s = 5;
		return -1;
	}
	json_kv_cstr(api_object(c), "status", "ready");
	api_object_end(c);
	return 0;
}

int
api_metrics_get(struct api_call *c, struct err *err)
{
	(void)err;
	c->reply->status = 200;
	c->reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	if (c->env->metrics != NULL)
		metrics_print(c->env->metrics, &c->reply->body);
	return 0;
}

int
api_openapi_get(struct api_call *c, struct err *err)
{
	size_t len = (size_t)(embed_api_assets_openapi_json_end - embed_api_assets_openapi_json);

	c->reply->status = 200;
	c->reply->content_type = "application/json";
	return buf_add(&c->reply->body, embed_api_assets_openapi_json, len) < 0 ? api_nomem(c, err)
										: 0;
}

/* ---- status ----------------------------------------------------------- */

struct alert_group {
	struct slice queue;
	int64_t by_severity[4];
};

struct status {
	int64_t counts[MESSAGE_STATE_COUNT];
	struct alert_group groups[STATUS_GROUPS_MAX];
	size_t group_count;
	int64_t alerts, acknowledged;
	bool has_more_alerts;
	struct slice stopped_why;
	bool is_stopped;
	struct rules_version live;
	enum tristate folder; /* does it hold something else than what is live? */
	bool has_live;
	struct decision_row *decisions;
	size_t decision_count;
};

static void
count_alert(struct status *s, const struct alert_row *row)
{
	struct alert_group *g = NULL;

	s->alerts++;
	if (row->state == ALERT_ACKED)
		s->acknowledged++;
	for (size_t i = 0; i < s->group_count && g == NULL; i++)
		if (slice_eq(s->groups[i].queue, row->queue))
			g = &s->groups[i];
	if (g == NULL && s->group_count < STATUS_GROUPS_MAX) {
		g = &s->groups[s->group_count++];
		g->queue = row->queue;
	}
	if (g != NULL)
		g->by_severity[row->severity]++;
}

static int
count_alerts(struct api_call *c, struct status *s, struct err *err)
{
	struct alert_row *rows;
	int64_t before = 0;
	size_t count;

	do {
		if (store_alerts_list(c->env->store, -1, SLICE_NONE, before, API_PAGE_MAX,
			c->env->arena, &rows, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			count_alert(s, &rows[i]);
		if (count > 0)
			before = rows[count - 1].alert_no;
	} while (count == API_PAGE_MAX && s->alerts < STATUS_ALERTS_MAX);
	s->has_more_alerts = count == API_PAGE_MAX;
	return 0;
}

static int
status_load(struct api_call *c, struct status *s, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	int64_t next;
	char hash[65];
	int rc;

	if (store_messages_count(st, s->counts, err) < 0 || count_alerts(c, s, err) < 0 ||
	    store_decisions_list(st, SLICE_NONE, 0, STATUS_DECISIONS, a, &s->decisions,
		&s->decision_count, &next, err) < 0)
		return -1;
	rc = outbox_is_stopped(st, a, &s->stopped_why, err);
	if (rc < 0)
		return -1;
	s->is_stopped = rc == 1;
	rc = store_rules_load(st, c->env->rules_version, a, &s->live, err);
	s->has_live = rc == 1;
	if (rc < 0)
		return -1;
	s->folder = TRI_UNKNOWN;
	if (s->has_live && c->env->host->folder_hash(c->env->host->cookie, hash, err) == 0)
		s->folder = slice_eq_str(s->live.content_hash, hash) ? TRI_NO : TRI_YES;
	return 0;
}

static void
put_alerts(struct json_writer *w, const struct status *s)
{
	json_key(w, "alerts");
	json_object_begin(w);
	json_kv_i64(w, "unresolved", s->alerts);
	json_kv_i64(w, "acknowledged", s->acknowledged);
	json_kv_bool(w, "more", s->has_more_alerts);
	json_key(w, "queues");
	json_array_begin(w);
	for (size_t i = 0; i < s->group_count; i++) {
		json_object_begin(w);
		json_kv_str(w, "queue", s->groups[i].queue);
		for (int k = SEVERITY_CRITICAL; k >= SEVERITY_LOW; k--)
			json_kv_i64(
			    w, severity_name((enum severity)k), s->groups[i].by_severity[k]);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

static void
put_rules(struct api_call *c, struct json_writer *w, const struct status *s)
{
	json_key(w, "rules");
	json_object_begin(w);
	json_kv_i64(w, "version", c->env->rules_version);
	json_kv_i64(w, "count", c->env->rules == NULL ? 0 : (int64_t)rule_set_count(c->env->rules));
	json_kv_i64(
	    w, "watches", c->env->rules == NULL ? 0 : (int64_t)rule_set_watch_count(c->env->rules));
	if (s->has_live) {
		json_kv_time(w, "applied_at", s->live.applied_at_ms);
		json_kv_str(w, "author", s->live.author);
		json_kv_str(w, "reason", s->live.reason);
	}
	api_put_periods(w, c->env->rules, clock_now_ms(c->env->clock));
	json_key(w, "folder_differs"); /* null: it cannot be told */
	if (s->folder == TRI_UNKNOWN)
		json_put_null(w);
	else
		json_put_bool(w, s->folder == TRI_YES);
	json_object_end(w);
}

static void
put_metrics(struct api_call *c, struct json_writer *w)
{
	json_key(w, "metrics");
	json_object_begin(w);
	if (c->env->metrics != NULL) {
#define X(name, prom, type, help) json_kv_i64(w, prom, metrics_get(c->env->metrics, METRIC_##name));
		METRICS(X)
#undef X
	}
	json_object_end(w);
}

static void
put_raw(struct json_writer *w, const char *key, struct slice json)
{
	json_key(w, key);
	json_put_raw(w, json.len > 0 ? json : SLICE_LIT("[]"));
}

int
api_status_get(struct api_call *c, struct err *err)
{
	struct api_env *env = c->env;
	struct status s = {0};
	struct json_writer *w;
	int64_t now_ms = clock_now_ms(env->clock);

	if (status_load(c, &s, err) < 0)
		return -1;
	w = api_object(c);
	json_kv_cstr(w, "version", EARSHOT_VERSION);
	json_kv_bool(w, "daemon", env->is_daemon);
	json_kv_time(w, "now", now_ms);
	json_kv_time(w, "started_at", env->started_at_ms);
	json_kv_i64(w, "uptime_s",
	    now_ms < env->started_at_ms ? 0 : (now_ms - env->started_at_ms) / TIME_SECOND_MS);
	json_key(w, "store");
	json_object_begin(w);
	json_kv_bool(w, "failing", env->is_store_failing);
	json_kv_i64(w, "schema", store_schema_version(env->store));
	json_object_end(w);
	json_key(w, "sending");
	json_object_begin(w);
	json_kv_bool(w, "stopped", s.is_stopped || env->is_brake_file_there);
	json_kv_str(w, "reason", s.is_stopped ? s.stopped_why : SLICE_NONE);
	json_kv_bool(w, "brake_file_there", env->is_brake_file_there);
	json_object_end(w);
	if (api_put_pauses(c, w, "pauses", err) < 0)
		return -1;
	put_rules(c, w, &s);
	json_key(w, "outbox");
	api_put_counts(w, s.counts);
	put_alerts(w, &s);
	put_raw(w, "sources", env->host->sources_json);
	put_raw(w, "channels", env->host->channels_json);
	json_key(w, "decisions");
	json_array_begin(w);
	for (size_t i = 0; i < s.decision_count; i++)
		api_put_decision(w, &s.decisions[i]);
	json_array_end(w);
	put_metrics(c, w);
	api_object_end(c);
	return 0;
}
