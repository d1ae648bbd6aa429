/*
 * rules.c - what is live, what was, and making another text live.
 *
 * GET  /api/v1/rules?after=              200; in the order of the files, the cursor is a rule's id
 * GET  /api/v1/rules/fields              200; what conditions can speak of
 * GET  /api/v1/rules/history             200; newest first
 * GET  /api/v1/rules/versions/{version}  200 with the texts, 404
 * POST /api/v1/rules/check               200; 422 with findings
 * POST /api/v1/rules/apply               200; 409 changed meanwhile; 422 with findings
 */
#include "api/api_internal.h"

#include <assert.h>

#include "core/decision.h"
#include "core/diag.h"
#include "rules/rules.h"
#include "store/outbox.h"

#include "api/bundle_internal.h"

static const char *
scope_name(enum limit_scope s)
{
	switch (s) {
	case LIMIT_PER_AUTHOR: return "author";
	case LIMIT_PER_CUSTOMER: return "customer";
	case LIMIT_PER_SUBJECT: return "subject";
	case LIMIT_PER_THREAD: return "thread";
	case LIMIT_PER_RULE: return "rule";
	}
	assert(0 && "a scope of a limit");
	return "unknown";
}

/* What holds the rule back, but for its rest and its hours, which its text says. */
static void
put_guardrails(struct json_writer *w, const struct rule_head *head)
{
	json_key(w, "happening");
	if (head->window.times > 0) {
		json_object_begin(w);
		json_kv_i64(w, "times", head->window.times);
		json_kv_i64(w, "within_s", head->window.within_ms / TIME_SECOND_MS);
		json_kv_cstr(w, "per", scope_name(head->window.scope));
		json_object_end(w);
	} else {
		json_put_null(w);
	}
	json_key(w, "limits");
	json_array_begin(w);
	for (size_t i = 0; i < head->cap_count; i++) {
		const struct rule_cap *cap = &head->caps[i];

		json_object_begin(w);
		if (cap->is_spend)
			json_kv_milli(w, "spend_at_most", cap->max);
		else
			json_kv_i64(w, "at_most", cap->max);
		json_kv_cstr(w, "period", cap_period_name(cap->period));
		json_kv_cstr(w, "per", scope_name(cap->scope));
		json_object_end(w);
	}
	json_array_end(w);
	json_key(w, "canary_percent");
	if (head->canary_milli > 0)
		json_put_milli(w, (int64_t)head->canary_milli * 100);
	else
		json_put_null(w);
	json_kv_str(w, "approval_by", head->approval_team);
}

static int
put_rule(struct api_call *c, struct json_writer *w, size_t i, struct buf *text, struct err *err)
{
	const struct rule_head *head = rule_set_head(c->env->rules, i);
	struct rule_counter fired;

	buf_clear(text);
	rule_set_print_rule(c->env->rules, i, text);
	if (buf_failed(text))
		return api_nomem(c, err);
	if (store_counter_get(c->env->store, head->id, STATE_TOTAL, SLICE_LIT(""), &fired, err) < 0)
		return -1;
	json_object_begin(w);
	json_kv_str(w, "id", head->id);
	json_kv_str(w, "title", head->title);
	json_kv_bool(w, "off", rule_set_is_off(c->env->rules, i));
	json_kv_bool(w, "shadow", head->is_shadow);
	api_put_period(w, rule_set_period(c->env->rules, i, clock_now_ms(c->env->clock)));
	json_kv_i64(w, "priority", head->priority);
	json_kv_i64(w, "act_within_s", head->act_within_ms / TIME_SECOND_MS);
	json_key(w, "at_most_once");
	if (head->cooldown_ms > 0) {
		json_object_begin(w);
		json_kv_i64(w, "every_s", head->cooldown_ms / TIME_SECOND_MS);
		json_kv_cstr(w, "per", scope_name(head->cooldown_scope));
		json_object_end(w);
	} else {
		json_put_null(w);
	}
	put_guardrails(w, head);
	json_kv_i64(w, "fired", fired.count);
	json_kv_time(w, "last_fired_at", fired.count > 0 ? fired.last_at_ms : TIME_UNKNOWN);
	json_key(w, "actions");
	json_array_begin(w);
	for (size_t k = 0; k < head->action_count; k++)
		json_put_str(w, head->actions[k].text);
	json_array_end(w);
	json_kv_str(w, "text", buf_slice(text));
	buf_clear(text);
	rule_set_describe_rule(c->env->rules, i, text);
	if (buf_failed(text))
		return api_nomem(c, err);
	json_kv_str(w, "in_words", buf_slice(text));
	json_object_end(w);
	return 0;
}

int
api_rules_list(struct api_call *c, struct err *err)
{
	size_t count = c->env->rules == NULL ? 0 : rule_set_count(c->env->rules), first = 0, end;
	struct slice after = api_query(c, "after");
	struct json_writer *w;
	struct buf text;
	int64_t limit;
	int rc = 0;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, API_PAGE_MAX, &limit) < 0)
		return -1;
	if (slice_is_set(after)) {
		int at = count == 0 ? -1 : rule_set_find(c->env->rules, after);

		if (at < 0) {
			api_problem_at(c->reply, 400, "bad-parameter", "after", NULL,
			    "no live rule has the id '%.*s'", SLICE_ARG(after));
			return -1;
		}
		first = (size_t)at + 1;
	}
	end = count - first < (size_t)limit ? count : first + (size_t)limit;
	buf_init(&text, 1024 * 1024);
	w = api_object(c);
	json_kv_i64(w, "version", c->env->rules_version);
	json_kv_i64(w, "count", (int64_t)count);
	json_key(w, "items");
	json_array_begin(w);
	for (size_t i = first; i < end && rc == 0; i++)
		rc = put_rule(c, w, i, &text, err);
	json_array_end(w);
	json_kv_str(
	    w, "next", end < count ? rule_set_head(c->env->rules, end - 1)->id : SLICE_NONE);
	api_object_end(c);
	buf_fini(&text);
	return rc;
}

int
api_rules_fields(struct api_call *c, struct err *err)
{
	struct json_writer *w = api_object(c);

	(void)err;
	json_key(w, "items");
	rules_put_fields(w);
	api_next(w, 0);
	api_object_end(c);
	return 0;
}

/* ---- versions --------------------------------------------------------- */

static void
version_members(struct json_writer *w, const struct rules_version *v, int64_t live)
{
	json_kv_i64(w, "version", v->version);
	json_kv_bool(w, "live", v->version == live);
	json_kv_time(w, "applied_at", v->applied_at_ms);
	json_kv_str(w, "author", v->author);
	json_kv_str(w, "reason", v->reason);
	json_kv_str(w, "content_hash", v->content_hash);
}

/* Versions are numbered without gaps, so those before a number are found behind the newer ones. */
static int
load_history(struct api_call *c, int64_t before, size_t limit, struct rules_version **rows_r,
    size_t *count_r, struct err *err)
{
	struct rules_version *rows;
	size_t count, skip = 0;

	if (store_rules_list(c->env->store, 1, c->env->arena, &rows, &count, err) < 0)
		return -1;
	if (before > 0 && count == 1 && rows[0].version >= before)
		skip = (size_t)(rows[0].version - before + 1);
	if (store_rules_list(c->env->store, skip + limit, c->env->arena, &rows, &count, err) < 0)
		return -1;
	skip = 0;
	while (before > 0 && skip < count && rows[skip].version >= before)
		skip++;
	*rows_r = skip == 0 ? rows : rows + skip; /* no rows, no array */
	*count_r = count - skip;
	return 0;
}

int
api_rules_history(struct api_call *c, struct err *err)
{
	struct rules_version *rows;
	struct json_writer *w;
	size_t limit, count, shown;
	int64_t before;

	if (api_query_page(c, &before, &limit) < 0 ||
	    load_history(c, before, limit + 1, &rows, &count, err) < 0)
		return -1;
	shown = count > limit ? limit : count;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++) {
		json_object_begin(w);
		version_members(w, &rows[i], c->env->rules_version);
		json_object_end(w);
	}
	api_items_end(c, count > limit ? rows[shown - 1].version : 0);
	return 0;
}

int
api_rules_version(struct api_call *c, struct err *err)
{
	struct rules_version v;
	struct json_writer *w;
	int64_t version;
	int rc;

	if (api_param_i64(c, 0, "version", &version) < 0)
		return -1;
	rc = store_rules_load(c->env->store, version, c->env->arena, &v, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no version %lld of the rules",
		    (long long)version);
	if (rc < 0)
		return -1;
	w = api_object(c);
	version_members(w, &v, c->env->rules_version);
	json_key(w, "bundle");
	json_put_raw(w, v.bundle_json);
	api_object_end(c);
	return 0;
}

/* ---- check and apply --------------------------------------------------- */

int
api_take_bundle(struct api_call *c, struct slice *bundle_r, struct err *err)
{
	const struct json *v = json_get(json_root(c->body), "bundle");
	struct json_writer w;
	struct buf text;

	if (json_type(v) != JSON_OBJECT) {
		api_problem_at(c->reply, 400, "bad-member", "bundle",
		    "{\"bundle\":{\"rules\":{\"acme.rules\":\"...\"},\"templates\":{}}}",
		    "'bundle' is %s, expected an object", json_type_name(json_type(v)));
		return -1;
	}
	buf_init(&text, 4 * (size_t)API_BODY_MAX);
	json_writer_init(&w, &text);
	json_put_value(&w, v);
	*bundle_r =
	    buf_failed(&text) ? SLICE_NONE : arena_slice_dup(c->env->arena, buf_slice(&text));
	buf_fini(&text);
	return slice_is_set(*bundle_r) ? 0 : api_nomem(c, err);
}

void
api_put_findings(struct json_writer *w, const struct diag_list *diags)
{
	json_kv_i64(w, "errors", (int64_t)diag_count(diags, DIAG_ERROR));
	json_kv_i64(w, "warnings", (int64_t)diag_count(diags, DIAG_WARNING));
	json_key(w, "findings");
	/* An array written by another writer into the same buffer: an empty raw value takes care of
	 * the comma. */
	json_put_raw(w, SLICE_LIT(""));
	diag_print_json(diags, w->out);
}

int
api_refuse_findings(struct api_call *c, const struct diag_list *diags)
{
	struct json_writer w;

	api_problem_begin(c->reply, &w, 422, "findings", "the findings say where and what to do",
	    "the rules or templates have errors; nothing was changed");
	api_put_findings(&w, diags);
	json_object_end(&w);
	return -1;
}

int
api_bundle_call_take(struct api_call *c, struct api_bundle_call *call, struct err *err)
{
	const char *who;

	if (api_body_who(c, &who, err) < 0 ||
	    api_body_cstr(c, "author", API_WHO_MAX, who, &call->author, err) < 0 ||
	    api_body_cstr(c, "reason", API_NOTE_MAX, "", &call->reason, err) < 0)
		return -1;
	return api_body_i64(c, "base_version", -1, &call->base_version);
}

static void
put_version(struct api_call *c, int64_t version, bool is_changed, const struct diag_list *diags)
{
	struct json_writer *w = api_object(c);

	json_kv_i64(w, "version", version);
	json_kv_bool(w, "changed", is_changed);
	api_put_findings(w, diags);
	api_object_end(c);
}

int
api_bundle_call_prepare(struct api_call *c, const struct api_bundle_call *call, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	int64_t version = 0;
	int rc;

	if (diags == NULL)
		return api_nomem(c, err);
	rc = c->env->host->rules_prepare(c->env->host->cookie, c->env->store, call->bundle,
	    call->use, call->author, call->reason, call->base_version, &version, diags, err);
	if (rc == 1)
		rc = api_refuse_findings(c, diags);
	else if (rc == 0)
		put_version(c, version, false, diags);
	diag_list_free(diags);
	return rc;
}

int
api_bundle_call_commit(struct api_call *c, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	int64_t version = 0;
	int rc;

	if (diags == NULL)
		return api_nomem(c, err);
	rc = c->env->host->rules_commit(c->env->host->cookie, c->env->store, &version, diags, err);
	if (rc == 0) {
		c->env->rules_changed = version != c->env->rules_version;
		put_version(c, version, c->env->rules_changed, diags);
	}
	diag_list_free(diags);
	return rc;
}

static int
prepare_body(struct api_call *c, enum api_bundle_use use, struct err *err)
{
	static const char *const known[] = {
	    "bundle", "author", "reason", "base_version", "who", NULL};
	struct api_bundle_call call = {.use = use};

	if (api_body(c, known, false, err) < 0 || api_take_bundle(c, &call.bundle, err) < 0 ||
	    api_bundle_call_take(c, &call, err) < 0)
		return -1;
	return api_bundle_call_prepare(c, &call, err);
}

int
api_rules_check(struct api_call *c, struct err *err)
{
	return prepare_body(c, API_BUNDLE_CHECK, err);
}

int
api_rules_apply(struct api_call *c, struct err *err)
{
	return c->env->is_preparing ? prepare_body(c, API_BUNDLE_APPLY, err)
				    : api_bundle_call_commit(c, err);
}
