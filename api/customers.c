/*
 * customers.c - the people we know, and the accounts we hear.
 *
 * GET  /api/v1/customers?after=      200; by id
 * GET  /api/v1/customers/{id}        200 with links and history, 404
 * POST /api/v1/customers/import      200 with what was done and the findings; 422 when the file
 * cannot be read at all GET  /api/v1/authors/{author}      200, 404; by account id or handle
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/diag.h"
#include "core/occurrence.h"
#include "people/import.h"
#include "people/influence.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/store.h"

#define HISTORY_MAX 200
#define IMPORT_CHUNK_BYTES (64 * 1024)

int
api_customers_list(struct api_call *c, struct err *err)
{
	struct customer **list;
	struct json_writer *w;
	struct slice after = api_query(c, "after");
	size_t count, shown;
	int64_t limit;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, API_LIMIT_DEFAULT, &limit) < 0)
		return -1;
	if (!slice_is_set(after))
		after = SLICE_LIT("");
	if (store_customers_list(c->env->store, after, (size_t)limit + 1,
		clock_now_ms(c->env->clock), c->env->arena, &list, &count, err) < 0)
		return -1;
	shown = count > (size_t)limit ? (size_t)limit : count;
	w = api_object(c);
	json_key(w, "items");
	json_array_begin(w);
	for (size_t i = 0; i < shown; i++)
		api_put_customer(w, list[i]);
	json_array_end(w);
	json_kv_str(w, "next", count > (size_t)limit ? list[shown - 1]->id : SLICE_NONE);
	api_object_end(c);
	return 0;
}

static void
put_history(struct json_writer *w, const struct history_row *rows, size_t count)
{
	json_key(w, "history");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_time(w, "at", rows[i].at_ms);
		json_kv_str(w, "field", rows[i].field);
		json_kv_str(w, "old", rows[i].old_value);
		json_kv_str(w, "new", rows[i].new_value);
		json_kv_str(w, "source", rows[i].source);
		json_kv_str(w, "decision_id", rows[i].decision_id);
		json_object_end(w);
	}
	json_array_end(w);
}

int
api_customers_show(struct api_call *c, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	struct slice id = c->params[0];
	struct customer *customer;
	struct history_row *history;
	struct link_row *links;
	struct json_writer *w;
	size_t history_count, link_count;
	int rc = store_customer_load(st, id, clock_now_ms(c->env->clock), a, &customer, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(id));
	if (rc < 0 || store_links_of_customer(st, id, a, &links, &link_count, err) < 0 ||
	    store_history_list(st, id, HISTORY_MAX, a, &history, &history_count, err) < 0)
		return -1;
	w = api_object(c);
	api_customer_members(w, customer);
	json_key(w, "links");
	json_array_begin(w);
	for (size_t i = 0; i < link_count; i++)
		api_put_link(w, &links[i]);
	json_array_end(w);
	put_history(w, history, history_count);
	json_kv_bool(w, "more_history", history_count == HISTORY_MAX);
	api_object_end(c);
	return 0;
}

/* ---- import ------------------------------------------------------------ */

static void
put_report(struct json_writer *w, const struct import_report *r, bool is_dry_run,
    const struct diag_list *diags)
{
	json_kv_bool(w, "dry_run", is_dry_run);
	json_kv_i64(w, "rows", r->rows);
	json_kv_i64(w, "created", r->created);
	json_kv_i64(w, "updated", r->updated);
	json_kv_i64(w, "unchanged", r->unchanged);
	json_kv_i64(w, "rejected", r->rejected);
	json_kv_i64(w, "links", r->links);
	json_kv_i64(w, "errors", (int64_t)diag_count(diags, DIAG_ERROR));
	json_kv_i64(w, "warnings", (int64_t)diag_count(diags, DIAG_WARNING));
	json_key(w, "findings");
	json_put_raw(w, SLICE_LIT("")); /* the comma; the array is another writer's */
	diag_print_json(diags, w->out);
}

static int
run_import(struct api_call *c, const struct import_options *o, struct diag_list *diags,
    struct import_report *report_r, struct err *err)
{
	struct slice rest = c->request->body;
	struct import *i = NULL;
	int rc = import_new(c->env->store, o, diags, &i, err);

	while (rc == 0 && rest.len > 0) {
		size_t len = rest.len < IMPORT_CHUNK_BYTES ? rest.len : IMPORT_CHUNK_BYTES;

		rc = import_feed(i, slice_make(rest.ptr, len), err);
		rest = slice_make(rest.ptr + len, rest.len - len);
	}
	if (rc == 0)
		rc = import_end(i, report_r, err);
	import_free(i);
	return rc;
}

static int
note_import(struct api_call *c, const struct import_report *r, struct err *err)
{
	char what[160];

	snprintf(what, sizeof what,
	    "customers.import rows=%lld created=%lld updated=%lld rejected=%lld",
	    (long long)r->rows, (long long)r->created, (long long)r->updated,
	    (long long)r->rejected);
	if (store_begin(c->env->store, err) < 0)
		return -1;
	if (store_audit(c->env->store, clock_now_ms(c->env->clock),
		c->request->who == NULL ? "api" : c->request->who, what, err) < 0) {
		store_rollback(c->env->store);
		return -1;
	}
	return store_commit(c->env->store, err);
}

/* Nothing of the file can be taken: the findings say why. */
static int
refuse_import(struct api_call *c, const struct import_report *r, bool is_dry_run,
    const struct diag_list *diags)
{
	struct json_writer w;

	api_problem_begin(c->reply, &w, 422, "findings", "the findings say where and what to do",
	    "no row of the file could be taken");
	put_report(&w, r, is_dry_run, diags);
	json_object_end(&w);
	return -1;
}

int
api_customers_import(struct api_call *c, struct err *err)
{
	struct import_options o = {.file = "customers.csv", .now_ms = clock_now_ms(c->env->clock)};
	struct slice attribute = api_query(c, "handle_attribute"), file = api_query(c, "file");
	struct import_report report = {0};
	struct diag_list *diags;
	int rc;

	if (api_query_bool(c, "dry_run", &o.is_dry_run) < 0)
		return -1;
	if (c->request->body.len == 0) {
		api_problem_at(c->reply, 400, "bad-body", "body", NULL,
		    "the body is empty, expected a CSV file with a header line");
		return -1;
	}
	o.handle_attribute = slice_is_set(attribute)
	    ? arena_strndup(c->env->arena, attribute.ptr, attribute.len)
	    : c->env->handle_attribute;
	if (file.len > 0)
		o.file = arena_strndup(c->env->arena, file.ptr, file.len);
	diags = diag_list_new();
	if (diags == NULL || o.file == NULL ||
	    (slice_is_set(attribute) && o.handle_attribute == NULL)) {
		diag_list_free(diags);
		return api_nomem(c, err);
	}
	rc = run_import(c, &o, diags, &report, err);
	if (rc == 0 && !o.is_dry_run)
		rc = note_import(c, &report, err);
	if (rc == 0 && diag_count(diags, DIAG_ERROR) > 0 && report.rows == report.rejected)
		rc = refuse_import(c, &report, o.is_dry_run, diags);
	else if (rc == 0) {
		put_report(api_object(c), &report, o.is_dry_run, diags);
		api_object_end(c);
	} else if (rc < 0 && err->kind == ERR_STORE)
		err_prefix(err, "the rows before are in, sending the file again is safe");
	diag_list_free(diags);
	return rc;
}

/* ---- authors ----------------------------------------------------------- */

static int
load_author(struct api_call *c, struct author_row *row_r, struct err *err)
{
	struct slice key = c->params[0], handle;
	int rc = store_author_load(c->env->store, key, false, c->env->arena, row_r, err);

	if (rc != 0)
		return rc;
	handle = handle_key_make(c->env->arena, key);
	if (slice_is_set(handle))
		rc = store_author_load(c->env->store, handle, true, c->env->arena, row_r, err);
	return rc;
}

static void
put_number(struct json_writer *w, const char *key, int64_t n)
{
	if (n == COUNT_UNKNOWN)
		json_kv_null(w, key);
	else
		json_kv_i64(w, key, n);
}

static void
put_tristate(struct json_writer *w, const char *key, enum tristate t)
{
	if (t == TRI_UNKNOWN)
		json_kv_null(w, key);
	else
		json_kv_bool(w, key, t == TRI_YES);
}

static void
author_members(struct json_writer *w, const struct author_row *row)
{
	const struct author *au = &row->author;

	json_kv_i64(w, "no", row->author_no);
	json_kv_str(w, "id", au->id);
	json_kv_str(w, "handle", au->handle);
	json_kv_str(w, "name", au->name);
	json_kv_str(w, "bio", au->bio);
	json_kv_str(w, "url", au->url);
	put_number(w, "followers", au->followers);
	put_number(w, "following", au->following);
	put_number(w, "posts", au->posts);
	put_number(w, "listed", au->listed);
	put_tristate(w, "verified", au->is_verified);
	put_tristate(w, "bot", au->is_bot);
	json_kv_bool(w, "objects_to_profiling", au->objects_to_profiling);
	json_kv_time(w, "created_at", au->created_at_ms);
	json_kv_time(w, "first_seen_at", row->first_seen_at_ms);
	json_kv_time(w, "last_seen_at", row->last_seen_at_ms);
	json_kv_i64(w, "posts_seen", row->posts_seen);
}

int
api_authors_show(struct api_call *c, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	struct author_row row;
	struct link_row link;
	struct slice_list tags;
	struct influence influence;
	struct json_writer *w;
	const char *who;
	int rc = load_author(c, &row, err), linked;

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "the author '%.*s' was never heard",
		    SLICE_ARG(c->params[0]));
	if (rc < 0)
		return -1;
	who = arena_printf(a, "a:%.*s", SLICE_ARG(row.author.id));
	if (who == NULL)
		return api_nomem(c, err);
	linked = store_link_by_author(st, row.author.id, a, &link, err);
	if (linked < 0 ||
	    store_tags_load(st, slice_of(who), clock_now_ms(c->env->clock), a, &tags, err) < 0)
		return -1;
	w = api_object(c);
	author_members(w, &row);
	influence_of_author(
	    c->env->influence, &row.author, clock_now_ms(c->env->clock), &influence);
	json_key(w, "influence");
	influence_to_json(&influence, w);
	api_put_texts(w, "tags", tags.items, tags.count);
	json_key(w, "link");
	if (linked == 1)
		api_put_link(w, &link);
	else
		json_put_null(w);
	api_object_end(c);
	return 0;
}
