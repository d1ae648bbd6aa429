/*
 * backtests.c - draft rules over the stored posts, on a thread of their own.
 *
 * POST /api/v1/backtests            {"since":"7d"} and "bundle" or "version"; 202 with its id; 404;
 *                                   409 one is running; 422 with findings
 * GET  /api/v1/backtests/{id}       200 with progress or the report; 404
 * POST /api/v1/backtests/{id}/stop  200; 404; 409 it has ended
 */
#include "api/api_internal.h"

#include "core/diag.h"
#include "core/options.h"
#include "store/outbox.h"

#include "api/bundle_internal.h"

/* "7d" before now, or a date. */
static int
take_moment(struct api_call *c, const char *name, int64_t otherwise_ms, int64_t *at_ms_r)
{
	int64_t now_ms = clock_now_ms(c->env->clock), span_ms;
	struct slice text;

	if (api_body_str(c, name, 64, &text) < 0)
		return -1;
	*at_ms_r = otherwise_ms;
	if (!slice_is_set(text))
		return 0;
	if (duration_parse(text, &span_ms) && span_ms >= 0) {
		*at_ms_r = now_ms - span_ms;
		return 0;
	}
	if (time_parse_rfc3339(text, at_ms_r))
		return 0;
	api_problem_at(c->reply, 400, "bad-member", name, "{\"since\":\"7d\"} or a date",
	    "'%s' is neither a time like 7d or 12h nor a date like 2026-11-20", name);
	return -1;
}

static int
take_span(struct api_call *c, int64_t *since_r, int64_t *until_r)
{
	int64_t now_ms = clock_now_ms(c->env->clock);

	if (take_moment(c, "since", TIME_UNKNOWN, since_r) < 0 ||
	    take_moment(c, "until", now_ms, until_r) < 0)
		return -1;
	if (*since_r != TIME_UNKNOWN && *since_r < *until_r &&
	    *until_r - *since_r <= 400 * TIME_DAY_MS)
		return 0;
	api_problem_at(c->reply, 400, "bad-member", "since", "{\"since\":\"7d\"}",
	    "'since' is needed, lies before 'until', and at most 400 days back");
	return -1;
}

int
api_backtests_start(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"bundle", "version", "since", "until", NULL};
	struct diag_list *diags;
	struct slice bundle;
	int64_t version, since_ms, until_ms, id = 0;
	int rc;

	if (api_body(c, known, false, err) < 0 || take_span(c, &since_ms, &until_ms) < 0 ||
	    api_body_i64(c, "version", -1, &version) < 0 ||
	    api_take_draft(c, version, &bundle, err) < 0)
		return -1;
	diags = diag_list_new();
	if (diags == NULL)
		return api_nomem(c, err);
	rc = c->env->host->backtest_start(
	    c->env->host->cookie, c->env->store, bundle, since_ms, until_ms, &id, diags, err);
	if (rc == 1) {
		rc = api_refuse_findings(c, diags);
	} else if (rc == 0) {
		struct json_writer *w = api_object(c);

		c->reply->status = 202;
		json_kv_i64(w, "id", id);
		json_kv_cstr(w, "state", "running");
		api_put_findings(w, diags);
		api_object_end(c);
	}
	diag_list_free(diags);
	return rc;
}

int
api_backtests_show(struct api_call *c, struct err *err)
{
	int64_t id;
	int rc;

	if (api_param_i64(c, 0, "backtest", &id) < 0)
		return -1;
	c->reply->status = 200;
	c->reply->content_type = "application/json";
	rc = c->env->host->backtest_show(c->env->host->cookie, id, &c->reply->body, err);
	if (rc == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no backtest %lld (any more)", (long long)id);
	return rc < 0 ? -1 : 0;
}

int
api_backtests_stop(struct api_call *c, struct err *err)
{
	struct json_writer *w;
	int64_t id;

	if (api_param_i64(c, 0, "backtest", &id) < 0)
		return -1;
	if (!c->env->host->backtest_stop(c->env->host->cookie, id))
		return err_set(err, ERR_CONFLICT, "backtest %lld is not running", (long long)id);
	w = api_object(c);
	json_kv_i64(w, "id", id);
	json_kv_bool(w, "stopping", true);
	api_object_end(c);
	return 0;
}
