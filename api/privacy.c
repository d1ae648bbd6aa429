/*
 * privacy.c - one person: everything about them on one page, all of it as an export, and its erasure; and
 * the record of who looked and who did what.
 *
 * {key}: a customer's id, an account's id, an address, or a handle.
 *
 * GET  /api/v1/people/{key}?format=          200 as JSON, html or text; 404; 409 when several have that address
 * GET  /api/v1/people/{key}/export?after=    200, a section or a page of one at a time; "next" goes on
 * POST /api/v1/people/{key}/erase?dry_run=   200 with the rows of each table that went, or would go; 404
 * GET  /api/v1/audit?before=                 200; newest first
 *
 * The first three are written into the audit with a keyed hash of the person; a page or an export is
 * answered by the writer for that, and is bounded in rows.
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "api/privacy_internal.h"
#include "people/dossier.h"
#include "people/erasure.h"
#include "store/store.h"

#define EXPORT_LIMIT_DEFAULT 500

static const char *
who_asks(const struct api_call *c)
{
	return c->request->who == NULL ? "api" : c->request->who;
}

static int
find_person(struct api_call *c, struct person *person_r, struct err *err)
{
	int rc = person_find(c->env->store, c->params[0], c->env->arena, person_r, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no customer, account, address or handle '%.*s'",
		    SLICE_ARG(c->params[0]));
	return rc < 0 ? -1 : 0;
}

static int
note(struct api_call *c, const struct person *person, const char *what, struct err *err)
{
	char mark[PERSON_MARK_SIZE], line[96];

	person_mark(c->env->store, person, mark);
	snprintf(line, sizeof line, "person.%s person=%s", what, mark);
	return store_audit(c->env->store, clock_now_ms(c->env->clock), who_asks(c), line, err);
}

static struct dossier_terms
terms_of(const struct api_call *c)
{
	return (struct dossier_terms){
	    c->env->influence, c->env->adoption, c->env->retention_ms, clock_now_ms(c->env->clock)};
}

/* ---- the page ------------------------------------------------------------------ */

int
api_people_show(struct api_call *c, struct err *err)
{
	static const char *const formats[] = {"json", "html", "text"};
	struct dossier_terms terms = terms_of(c);
	struct person person;
	struct json_writer *w;
	int format;

	if (api_query_word(c, "format", formats, 3, &format) < 0 ||
	    find_person(c, &person, err) < 0 || note(c, &person, "view", err) < 0)
		return -1;
	w = api_object(c);
	if (dossier_write(c->env->store, &person, &terms, c->env->arena, w, err) < 0)
		return -1;
	api_object_end(c);
	return format <= 0 ? 0 : privacy_page(c, format == 1, err);
}

/* ---- the export ---------------------------------------------------------------- */

int
api_people_export(struct api_call *c, struct err *err)
{
	struct dossier_terms terms = terms_of(c);
	struct person person;
	struct json_writer *w;
	int64_t limit;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, EXPORT_LIMIT_DEFAULT, &limit) < 0 ||
	    find_person(c, &person, err) < 0 || note(c, &person, "export", err) < 0)
		return -1;
	w = api_object(c);
	if (dossier_export(c->env->store, &person, api_query(c, "after"), (size_t)limit, &terms,
		c->env->arena, w, err) < 0)
		return -1;
	api_object_end(c);
	return 0;
}

/* ---- erasure ------------------------------------------------------------------- */

static void
put_erased(struct json_writer *w, const struct person *person, const struct erased *erased,
    bool is_dry_run)
{
	const struct erase_table *tables;
	size_t count;
	int64_t rows = 0;

	tables = erase_tables(&count);
	json_kv_bool(w, "dry_run", is_dry_run);
	json_kv_i64(w, "customers", (int64_t)person->customer_count);
	json_kv_i64(w, "accounts", (int64_t)person->author_count);
	json_key(w, "rows");
	json_object_begin(w);
	for (size_t i = 0; i < count; i++) {
		rows += erased->rows[i];
		if (erased->rows[i] > 0)
			json_kv_i64(w, tables[i].name, erased->rows[i]);
	}
	json_object_end(w);
	json_kv_i64(w, "rows_in_all", rows);
}

int
api_people_erase(struct api_call *c, struct err *err)
{
	struct person person;
	struct erased erased;
	bool is_dry_run;

	if (api_query_bool(c, "dry_run", &is_dry_run) < 0 || find_person(c, &person, err) < 0 ||
	    person_erase(c->env->store, &person, who_asks(c), is_dry_run,
		clock_now_ms(c->env->clock), c->env->arena, &erased, err) < 0)
		return -1;
	c->env->person_erased = !is_dry_run;
	c->env->outbox_changed = !is_dry_run;
	put_erased(api_object(c), &person, &erased, is_dry_run);
	api_object_end(c);
	return 0;
}

/* ---- the record ----------------------------------------------------------------- */

int
api_audit_list(struct api_call *c, struct err *err)
{
	struct audit_row *rows;
	struct json_writer *w;
	size_t count, limit;
	int64_t before;

	if (api_query_page(c, &before, &limit) < 0 ||
	    store_audit_list(c->env->store, before, limit + 1, c->env->arena, &rows, &count, err) <
		0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; i < count && i < limit; i++) {
		json_object_begin(w);
		json_kv_i64(w, "no", rows[i].audit_no);
		json_kv_time(w, "at", rows[i].at_ms);
		json_kv_str(w, "who", rows[i].who);
		json_kv_str(w, "what", rows[i].what);
		json_object_end(w);
	}
	api_items_end(c, count > limit ? rows[limit - 1].audit_no : 0);
	return 0;
}
