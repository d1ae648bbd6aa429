/*
 * segments_estimate.c - how many would be in a segment that is still being written.
 *
 * POST /api/v1/segments/estimate  {"text":"segment ...","id":"loyal","file":"acme.rules"}: rules with segments; id:
 *                                 this one, which may be a live one (else those the text names).  200; 404 no such
 *                                 segment; 422 with findings.  Nothing goes live.
 *
 * The text stands beside the live rules.  What it names, it says instead of them: a live file of the same
 * name is replaced whole, and in others what has the same kind and id.
 */
#include "api/estimate_internal.h"

#include "core/diag.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/outbox.h"

#include "api/bundle_internal.h"

#define DRAFT_FILE "draft.rules"
#define FILE_NAME_MAX 200

/* What is being put together: live rules and templates, and the text. */
struct draft {
	struct api_call *c;
	struct slice text, file, id;
	struct json_doc *items; /* of the text */
	struct diag_list *diags;
	struct err *err;
};

static const char *const kinds[] = {"segment", "list", "brand", "rule", "watch"};

static bool
is_same_item(const struct json *a, const struct json *b)
{
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct slice id = json_get_str(a, kinds[k]);

		if (slice_is_set(id) && slice_eq(id, json_get_str(b, kinds[k])))
			return true;
	}
	return false;
}

static bool
is_said(const struct draft *d, const struct json *item)
{
	const struct json *items = json_get(json_root(d->items), "items");

	for (size_t i = 0; i < json_count(items); i++)
		if (is_same_item(item, json_at(items, i)))
			return true;
	return false;
}

static bool
says_any(const struct draft *d, const struct json *items)
{
	for (size_t i = 0; i < json_count(items); i++)
		if (is_said(d, json_at(items, i)))
			return true;
	return false;
}

static void
put_rest(const struct draft *d, const struct json *root, struct buf *out)
{
	struct json_writer w;
	struct slice key;
	size_t pos = 0;

	json_writer_init(&w, out);
	json_object_begin(&w);
	for (const struct json *v; (v = json_next(root, &pos, &key)) != NULL;) {
		json_key_slice(&w, key);
		if (!slice_eq_str(key, "items")) {
			json_put_value(&w, v);
			continue;
		}
		json_array_begin(&w);
		for (size_t i = 0; i < json_count(v); i++)
			if (!is_said(d, json_at(v, i)))
				json_put_value(&w, json_at(v, i));
		json_array_end(&w);
	}
	json_object_end(&w);
}

/* A file of rules as JSON. 0, 1 with findings, -1. */
static int
read_items(struct draft *d, struct slice file, struct slice text, struct json_doc **doc_r)
{
	struct rule_source source = {
	    .file = arena_printf(d->c->env->arena, "%.*s", SLICE_ARG(file)), .text = text};
	struct buf json;
	int rc;

	if (source.file == NULL)
		return api_nomem(d->c, d->err);
	buf_init(&json, 8 * (size_t)API_BODY_MAX);
	rc = rules_to_json(&source, d->diags, &json, d->err);
	if (rc == 0)
		rc = json_parse(buf_slice(&json), doc_r, NULL, d->err);
	buf_fini(&json);
	return rc;
}

/* A live file without what the text says. */
static int
put_file(struct draft *d, struct json_writer *w, struct slice name, struct slice text)
{
	struct json_doc *doc = NULL;
	struct buf rest, printed;
	int rc = read_items(d, name, text, &doc);

	buf_init(&rest, 8 * (size_t)API_BODY_MAX);
	buf_init(&printed, 8 * (size_t)API_BODY_MAX);
	if (rc == 0 && says_any(d, json_get(json_root(doc), "items"))) {
		put_rest(d, json_root(doc), &rest);
		rc = rules_from_json(buf_slice(&rest), &printed, d->err);
		text = buf_slice(&printed);
	}
	if (rc == 0) {
		json_key_slice(w, name);
		json_put_str(w, text);
	}
	json_doc_free(doc);
	buf_fini(&rest);
	buf_fini(&printed);
	return rc;
}

static int
put_rules(struct draft *d, struct json_writer *w, const struct json *rules)
{
	struct slice name;
	size_t pos = 0;
	int rc = 0;

	json_object_begin(w);
	for (const struct json *v; rc == 0 && (v = json_next(rules, &pos, &name)) != NULL;)
		if (!slice_eq(name, d->file))
			rc = put_file(d, w, name, json_str(v));
	json_key_slice(w, d->file);
	json_put_str(w, d->text);
	json_object_end(w);
	return rc;
}

static int
put_bundle(struct draft *d, const struct json *live, struct buf *out)
{
	const struct json *templates = json_get(live, "templates");
	struct json_writer w;
	int rc;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "rules");
	rc = put_rules(d, &w, json_get(live, "rules"));
	json_key(&w, "templates");
	if (templates != NULL)
		json_put_value(&w, templates);
	else
		json_put_raw(&w, SLICE_LIT("{}"));
	json_object_end(&w);
	return rc < 0 || rc > 0 ? rc : buf_failed(out) ? api_nomem(d->c, d->err) : 0;
}

/* 0 with the compiled draft, 1 with findings, -1. */
static int
compile_draft(struct draft *d, const struct rule_set **draft_r)
{
	const struct api_env *env = d->c->env;
	struct rules_version v = {.bundle_json = SLICE_LIT("{}")};
	struct json_doc *live = NULL;
	struct buf bundle;
	int rc = read_items(d, d->file, d->text, &d->items);

	buf_init(&bundle, 8 * (size_t)API_BODY_MAX);
	if (rc == 0 && store_rules_live(env->store, env->arena, &v, d->err) < 0)
		rc = -1;
	if (rc == 0)
		rc = json_parse(v.bundle_json, &live, NULL, d->err);
	if (rc == 0)
		rc = put_bundle(d, json_root(live), &bundle);
	if (rc == 0)
		rc = env->host->rules_draft(env->host->cookie, env->store, buf_slice(&bundle), -1,
		    draft_r, d->diags, d->err);
	json_doc_free(live);
	buf_fini(&bundle);
	return rc;
}

/* Which are asked for: the one named, or those of the text. */
static int
choose(struct draft *d, const struct rule_set *draft, struct estimate *e)
{
	const struct json *items = json_get(json_root(d->items), "items");
	size_t found = 0;

	for (size_t i = 0; i < json_count(items) && !slice_is_set(d->id); i++) {
		struct slice id = json_get_str(json_at(items, i), "segment");
		int at = slice_is_set(id) ? rule_set_find_segment(draft, id) : -1;

		if (at < 0 || rule_set_segment(draft, (size_t)at)->is_imported)
			continue;
		e->segments[at].is_wanted = true;
		found++;
	}
	if (slice_is_set(d->id)) {
		int at = rule_set_find_segment(draft, d->id);

		if (at < 0)
			return err_set(
			    d->err, ERR_NOT_FOUND, "there is no segment '%.*s'", SLICE_ARG(d->id));
		if (rule_set_segment(draft, (size_t)at)->is_imported) {
			api_problem_at(d->c->reply, 400, "bad-member", "id", NULL,
			    "the members of '%.*s' are imported: there is nothing to estimate",
			    SLICE_ARG(d->id));
			return -1;
		}
		e->segments[at].is_wanted = true;
		return 0;
	}
	if (found == 0)
		api_problem_at(d->c->reply, 400, "bad-member", "text",
		    "segment loyal \"Loyal fans\" ... end",
		    "there is no segment with conditions in the text");
	return found == 0 ? -1 : 0;
}

static int
answer(struct draft *d, const struct rule_set *draft)
{
	struct json_writer *w;
	struct estimate e;

	if (api_estimate_begin(d->c, draft, &e, d->err) < 0 || choose(d, draft, &e) < 0 ||
	    api_estimate(d->c, draft, &e, d->err) < 0)
		return -1;
	w = api_object(d->c);
	if (api_put_estimate(d->c, w, draft, &e, d->err) < 0)
		return -1;
	api_put_findings(w, d->diags);
	api_object_end(d->c);
	return 0;
}

static int
take(struct draft *d)
{
	static const char *const known[] = {"text", "id", "file", NULL};

	if (api_body(d->c, known, false, d->err) < 0 ||
	    api_body_str(d->c, "text", API_BODY_MAX, &d->text) < 0 ||
	    api_body_str(d->c, "id", API_WORD_MAX, &d->id) < 0 ||
	    api_body_str(d->c, "file", FILE_NAME_MAX, &d->file) < 0)
		return -1;
	if (!slice_is_set(d->file))
		d->file = SLICE_LIT(DRAFT_FILE);
	if (slice_is_set(d->text))
		return 0;
	api_problem_at(d->c->reply, 400, "bad-member", "text",
	    "{\"text\":\"segment loyal \\\"Loyal fans\\\" ...\"}", "'text' is missing");
	return -1;
}

int
api_segments_estimate(struct api_call *c, struct err *err)
{
	struct draft d = {.c = c, .diags = diag_list_new(), .err = err};
	const struct rule_set *draft = NULL;
	int rc = d.diags == NULL ? api_nomem(c, err) : take(&d);

	if (rc == 0)
		rc = compile_draft(&d, &draft);
	if (rc == 1)
		rc = api_refuse_findings(c, d.diags);
	else if (rc == 0)
		rc = answer(&d, draft);
	json_doc_free(d.items);
	diag_list_free(d.diags);
	return rc;
}
