/*
 * plan.c - what a change of the rules would do, and going back.
 *
 * POST /api/v1/rules/plan      {"bundle":{...}} or {"version":N}, optionally "against":M
 *                              200 with what changes and who would be in changed segments; 404 no such version; 409; 422 with findings
 * POST /api/v1/rules/rollback  {"version":N}; 200; 404; 409 changed meanwhile; 422 with findings
 */
#include "api/api_internal.h"

#include "core/diag.h"
#include "rules/diff.h"
#include "rules/rules.h"
#include "store/outbox.h"

#include "api/bundle_internal.h"
#include "api/estimate_internal.h"

/* ---- templates --------------------------------------------------------- */

/* The files of one template that one side has and the other lacks or says differently. */
static void
put_files(struct json_writer *w, const struct json *was, const struct json *is, const char *kind,
    bool only_new)
{
	struct slice name;
	size_t pos = 0;

	for (const struct json *file; (file = json_next(is, &pos, &name)) != NULL;) {
		const struct json *other = json_find(was, name);

		if (only_new ? other != NULL
			     : other == NULL || slice_eq(json_str(file), json_str(other)))
			continue;
		json_object_begin(w);
		json_kv_str(w, "file", name);
		json_kv_cstr(w, "kind", kind);
		json_object_end(w);
	}
}

static bool
files_differ(const struct json *was, const struct json *is)
{
	struct slice name;
	size_t pos = 0;

	if (json_count(was) != json_count(is))
		return true;
	for (const struct json *file; (file = json_next(is, &pos, &name)) != NULL;) {
		const struct json *other = json_find(was, name);

		if (other == NULL || !slice_eq(json_str(file), json_str(other)))
			return true;
	}
	return false;
}

static void
put_template(struct json_writer *w, struct slice id, const struct json *was, const struct json *is)
{
	json_object_begin(w);
	json_kv_str(w, "id", id);
	json_kv_cstr(w, "kind",
	    rule_change_kind_name(was == NULL ? RULE_CHANGE_ADDED
		    : is == NULL              ? RULE_CHANGE_REMOVED
					      : RULE_CHANGE_CHANGED));
	json_key(w, "files");
	json_array_begin(w);
	put_files(w, was, is, "changed", false);
	put_files(w, was, is, "added", true);
	put_files(w, is, was, "removed", true);
	json_array_end(w);
	json_object_end(w);
}

static void
put_templates(struct json_writer *w, const struct json *before, const struct json *after)
{
	const struct json *was = json_get(before, "templates"), *is = json_get(after, "templates");
	const struct json *one;
	struct slice id;
	size_t pos = 0;

	json_key(w, "templates");
	json_array_begin(w);
	while ((one = json_next(is, &pos, &id)) != NULL)
		if (json_find(was, id) == NULL || files_differ(json_find(was, id), one))
			put_template(w, id, json_find(was, id), one);
	pos = 0;
	while ((one = json_next(was, &pos, &id)) != NULL)
		if (json_find(is, id) == NULL)
			put_template(w, id, one, NULL);
	json_array_end(w);
}

/* ---- rules ------------------------------------------------------------- */

static void
put_change(struct json_writer *w, const struct rule_change *c)
{
	char sign[2] = {0};

	json_object_begin(w);
	json_kv_cstr(w, "kind", rule_change_kind_name(c->kind));
	json_kv_cstr(w, "what", c->what);
	json_kv_str(w, "id", c->id);
	json_kv_str(w, "title", c->title);
	json_key(w, "lines");
	json_array_begin(w);
	for (size_t i = 0; i < c->line_count; i++) {
		sign[0] = c->lines[i].sign;
		json_object_begin(w);
		json_kv_cstr(w, "sign", sign);
		json_kv_str(w, "text", c->lines[i].text);
		json_object_end(w);
	}
	json_array_end(w);
	json_key(w, "notes");
	json_array_begin(w);
	for (size_t i = 0; i < c->note_count; i++)
		json_put_str(w, c->notes[i]);
	json_array_end(w);
	json_object_end(w);
}

static void
put_changes(struct json_writer *w, const struct rule_change *changes, size_t count)
{
	size_t of[3] = {0};

	for (size_t i = 0; i < count; i++)
		of[changes[i].kind]++;
	json_kv_i64(w, "added", (int64_t)of[RULE_CHANGE_ADDED]);
	json_kv_i64(w, "removed", (int64_t)of[RULE_CHANGE_REMOVED]);
	json_kv_i64(w, "changed", (int64_t)of[RULE_CHANGE_CHANGED]);
	json_key(w, "changes");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		put_change(w, &changes[i]);
	json_array_end(w);
}

/* ---- what is compared ---------------------------------------------------- */

static int
load_version(struct api_call *c, int64_t version, struct rules_version *v_r, struct err *err)
{
	int rc = store_rules_load(c->env->store, version, c->env->arena, v_r, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no version %lld of the rules",
		    (long long)version);
	return rc < 0 ? -1 : 0;
}

int
api_take_draft(struct api_call *c, int64_t version, struct slice *bundle_r, struct err *err)
{
	struct rules_version v;

	if (json_get(json_root(c->body), "bundle") != NULL)
		return api_take_bundle(c, bundle_r, err);
	if (version < 0) {
		api_problem_at(c->reply, 400, "bad-member", "bundle",
		    "{\"bundle\":{\"rules\":{...},\"templates\":{}}} or {\"version\":3}",
		    "there is neither a bundle nor a version to compare");
		return -1;
	}
	if (load_version(c, version, &v, err) < 0)
		return -1;
	*bundle_r = v.bundle_json;
	return 0;
}

/* Rules and texts of what the draft is held against; nothing live: NULL and an empty text. */
static int
take_base(struct api_call *c, int64_t against, const struct rule_set **set_r,
    struct slice *bundle_r, int64_t *version_r, struct err *err)
{
	const struct template_set *templates;
	struct rules_version v = {0};
	int rc;

	if (against >= 0)
		rc = load_version(c, against, &v, err) < 0 ? -1 : 1;
	else
		rc = store_rules_live(c->env->store, c->env->arena, &v, err);
	*set_r = NULL;
	*bundle_r = SLICE_LIT("{}");
	*version_r = 0;
	if (rc <= 0)
		return rc;
	*bundle_r = v.bundle_json;
	*version_r = v.version;
	rc = c->env->host->rules_of(
	    c->env->host->cookie, c->env->store, v.version, set_r, &templates, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "version %lld cannot be compiled any more",
		    (long long)v.version);
	return rc < 0 ? -1 : 0;
}

static int
answer_plan(struct api_call *c, const struct rule_set *base, const struct rule_set *draft,
    struct slice before, struct slice after, int64_t version, const struct diag_list *diags,
    struct err *err)
{
	struct json_doc *was = NULL, *is = NULL;
	struct rule_change *changes;
	struct json_writer *w;
	struct estimate e;
	size_t count;
	int rc = -1;

	if (api_estimate_begin(c, draft, &e, err) < 0 ||
	    (api_estimate_changed(&e, base, draft) && api_estimate(c, draft, &e, err) < 0) ||
	    rule_sets_diff(base, draft, c->env->arena, &changes, &count, err) < 0 ||
	    json_parse(before, &was, NULL, err) < 0 || json_parse(after, &is, NULL, err) < 0)
		goto out;
	w = api_object(c);
	json_kv_i64(w, "against", version);
	put_changes(w, changes, count);
	put_templates(w, json_root(was), json_root(is));
	json_key(w, "members");
	json_object_begin(w);
	if (api_put_estimate(c, w, draft, &e, err) < 0)
		goto out;
	json_object_end(w);
	api_put_findings(w, diags);
	api_object_end(c);
	rc = 0;
out:
	json_doc_free(was);
	json_doc_free(is);
	return rc;
}

int
api_rules_plan(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"bundle", "version", "against", "base_version", NULL};
	const struct rule_set *base, *draft = NULL;
	struct diag_list *diags;
	struct slice before, after;
	int64_t version, against, edited, shown;
	int rc;

	if (api_body(c, known, false, err) < 0 || api_body_i64(c, "version", -1, &version) < 0 ||
	    api_body_i64(c, "against", -1, &against) < 0 ||
	    api_body_i64(c, "base_version", -1, &edited) < 0 ||
	    api_take_draft(c, version, &after, err) < 0 ||
	    take_base(c, against, &base, &before, &shown, err) < 0)
		return -1;
	diags = diag_list_new();
	if (diags == NULL)
		return api_nomem(c, err);
	rc = c->env->host->rules_draft(
	    c->env->host->cookie, c->env->store, after, edited, &draft, diags, err);
	if (rc == 1)
		rc = api_refuse_findings(c, diags);
	else if (rc == 0)
		rc = answer_plan(c, base, draft, before, after, shown, diags, err);
	diag_list_free(diags);
	return rc;
}

/* ---- going back --------------------------------------------------------- */

int
api_rules_rollback(struct api_call *c, struct err *err)
{
	static const char *const known[] = {
	    "version", "author", "reason", "base_version", "who", NULL};
	struct rules_version v;
	struct api_bundle_call call = {.use = API_BUNDLE_ROLLBACK};
	int64_t version;

	if (!c->env->is_preparing)
		return api_bundle_call_commit(c, err);
	if (api_body(c, known, true, err) < 0 ||
	    api_body_i64(c, "version", c->env->rules_version - 1, &version) < 0 ||
	    api_bundle_call_take(c, &call, err) < 0)
		return -1;
	if (version < 1)
		return err_set(err, ERR_NOT_FOUND, "nothing was live before version %lld",
		    (long long)c->env->rules_version);
	if (load_version(c, version, &v, err) < 0)
		return -1;
	if (call.reason[0] == '\0') {
		call.reason =
		    arena_printf(c->env->arena, "back to version %lld", (long long)version);
		if (call.reason == NULL)
			return api_nomem(c, err);
	}
	call.bundle = v.bundle_json;
	return api_bundle_call_prepare(c, &call, err);
}
