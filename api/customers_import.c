/*
 * customers_import.c - customers from a file, or from a piece of one.
 *
 * POST /api/v1/customers/import      200 with what was done and the findings; 422 when nothing of
 * it can be taken
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "people/import.h"
#include "store/store.h"

#define IMPORT_CHUNK_BYTES (2 * 1024) /* some twenty rows: so exactly a part can end */
/* A part takes the writer so long, its commit and whoever is judged with it included; so many rows it is
 * is learnt from the part before. */
#define IMPORT_PART_NS INT64_C(20000000)
#define IMPORT_PART_ROWS_FIRST 50
#define IMPORT_PART_ROWS_MIN 10
#define IMPORT_PART_ROWS_MAX 5000
/* Rows of one part see one another, also when nothing is written: that is what docs/import.md says, and what
 * the verb sends at once. */
#define IMPORT_PART_ROWS_TRIED 500
#define IMPORT_REJECTS_TOLD 10000
#define IMPORT_REASON_BYTES 300
#define IMPORT_REJECTS_BYTES (16u * 1024 * 1024)

struct importing {
	struct import_options o;
	struct import_report report;
	struct diag_list *diags;
	struct import *import;
	struct slice rest; /* of the body */
	int64_t part_rows;
	/* An array of {line, reason}, written as rows are left out. */
	struct buf rejects;
	struct json_writer w;
	size_t told;
};

static void
on_reject(void *cookie, size_t line, const char *reason)
{
	struct importing *m = cookie;

	if (m->told++ >= IMPORT_REJECTS_TOLD)
		return;
	json_object_begin(&m->w);
	json_kv_i64(&m->w, "line", (int64_t)line);
	json_kv_str(&m->w, "reason", utf8_prefix(slice_of(reason), IMPORT_REASON_BYTES));
	json_object_end(&m->w);
}

static void
put_report(struct json_writer *w, const struct importing *m)
{
	const struct import_report *r = &m->report;

	json_kv_bool(w, "dry_run", m->o.is_dry_run);
	json_kv_i64(w, "rows", r->rows);
	json_kv_i64(w, "created", r->created);
	json_kv_i64(w, "updated", r->updated);
	json_kv_i64(w, "unchanged", r->unchanged);
	json_kv_i64(w, "rejected", r->rejected);
	json_kv_i64(w, "links", r->links);
	json_key(w, "rejects");
	json_put_raw(w, buf_slice(&m->rejects));
	json_kv_i64(w, "errors", (int64_t)diag_count(m->diags, DIAG_ERROR));
	json_kv_i64(w, "warnings", (int64_t)diag_count(m->diags, DIAG_WARNING));
	json_key(w, "findings");
	json_put_raw(w, SLICE_LIT("")); /* the comma; the array is another writer's */
	diag_print_json(m->diags, w->out);
}

static void
importing_free(void *kept)
{
	struct importing *m = kept;

	import_free(m->import);
	buf_fini(&m->rejects);
	diag_list_free(m->diags);
	mem_free(m);
}

/* A part longer or shorter than the last, which took so long. */
static void
learn_part(struct importing *m, int64_t rows, int64_t took_ns)
{
	int64_t fits = took_ns <= 0 ? IMPORT_PART_ROWS_MAX : rows * IMPORT_PART_NS / took_ns;

	if (fits > 2 * m->part_rows)
		fits = 2 * m->part_rows;
	m->part_rows = fits < IMPORT_PART_ROWS_MIN ? IMPORT_PART_ROWS_MIN
	    : fits > IMPORT_PART_ROWS_MAX          ? IMPORT_PART_ROWS_MAX
						   : fits;
}

/* 1: a part of it, and there is more; 0: all of it; -1. */
static int
run_part(struct api_call *c, struct importing *m, struct err *err)
{
	const struct clock *clock = c->env->clock;
	int64_t began_ns = clock_mono_ns(clock), first = import_rows(m->import), rows;
	bool may_pause = c->env->may_pause;

	while (m->rest.len > 0) {
		size_t len = m->rest.len < IMPORT_CHUNK_BYTES ? m->rest.len : IMPORT_CHUNK_BYTES;

		if (import_feed(m->import, slice_make(m->rest.ptr, len), err) < 0)
			return -1;
		m->rest = slice_make(m->rest.ptr + len, m->rest.len - len);
		rows = import_rows(m->import) - first;
		if (!may_pause || rows < m->part_rows || m->rest.len == 0)
			continue;
		if (import_pause(m->import, err) < 0)
			return -1;
		if (!m->o.is_dry_run)
			learn_part(m, rows, clock_mono_ns(clock) - began_ns);
		return 1;
	}
	if (import_end(m->import, &m->report, err) < 0)
		return -1;
	json_array_end(&m->w);
	return buf_failed(&m->rejects) ? api_nomem(c, err) : 0;
}

static int
note_import(struct api_call *c, const struct import_report *r, bool has_returned, struct err *err)
{
	char what[160];

	snprintf(what, sizeof what,
	    "customers.import%s rows=%lld created=%lld updated=%lld rejected=%lld",
	    has_returned ? " returned" : "", (long long)r->rows, (long long)r->created,
	    (long long)r->updated, (long long)r->rejected);
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
refuse_import(struct api_call *c, const struct importing *m)
{
	struct json_writer w;

	api_problem_begin(c->reply, &w, 422, "findings", "the findings say where and what to do",
	    "no row of the file could be taken");
	put_report(&w, m);
	json_object_end(&w);
	return -1;
}

static int
read_options(struct api_call *c, struct import_options *o, struct err *err)
{
	struct slice attribute = api_query(c, "handle_attribute"), file = api_query(c, "file");
	int64_t offset;

	if (api_query_bool(c, "dry_run", &o->is_dry_run) < 0 ||
	    api_query_bool(c, "continued", &o->is_continued) < 0 ||
	    api_query_bool(c, "returned", &o->has_returned) < 0 ||
	    api_query_i64(c, "line_offset", 0, INT64_C(1) << 40, 0, &offset) < 0)
		return -1;
	if (c->request->body.len == 0) {
		api_problem_at(c->reply, 400, "bad-body", "body", NULL,
		    "the body is empty, expected a CSV file with a header line, or JSON lines");
		return -1;
	}
	o->line_offset = (size_t)offset;
	o->is_jsonl = import_is_jsonl(c->request->body);
	o->file = file.len > 0 ? arena_strndup(c->env->arena, file.ptr, file.len)
	    : o->is_jsonl      ? "customers.jsonl"
			       : "customers.csv";
	o->handle_attribute = slice_is_set(attribute)
	    ? arena_strndup(c->env->arena, attribute.ptr, attribute.len)
	    : c->env->handle_attribute;
	if (o->file == NULL || (slice_is_set(attribute) && o->handle_attribute == NULL))
		return api_nomem(c, err);
	return 0;
}

static struct importing *
begin_import(struct api_call *c, struct err *err)
{
	struct importing *m = mem_zalloc(sizeof *m);

	if (m == NULL) {
		api_nomem(c, err);
		return NULL;
	}
	buf_init(&m->rejects, IMPORT_REJECTS_BYTES);
	m->o = (struct import_options){
	    .now_ms = clock_now_ms(c->env->clock), .on_reject = on_reject, .cookie = m};
	m->rest = c->request->body;
	m->part_rows = IMPORT_PART_ROWS_FIRST;
	m->diags = diag_list_new();
	json_writer_init(&m->w, &m->rejects);
	json_array_begin(&m->w);
	if (m->diags == NULL)
		api_nomem(c, err);
	else if (read_options(c, &m->o, err) == 0 &&
	    import_new(c->env->store, &m->o, m->diags, &m->import, err) == 0) {
		if (m->o.is_dry_run)
			m->part_rows = IMPORT_PART_ROWS_TRIED;
		return m;
	}
	importing_free(m);
	return NULL;
}

static int
end_import(struct api_call *c, struct importing *m, struct err *err)
{
	if (!m->o.is_dry_run && note_import(c, &m->report, m->o.has_returned, err) < 0)
		return -1;
	if (diag_count(m->diags, DIAG_ERROR) > 0 && m->report.rows == m->report.rejected)
		return refuse_import(c, m);
	put_report(api_object(c), m);
	api_object_end(c);
	return 0;
}

int
api_customers_import(struct api_call *c, struct err *err)
{
	struct importing *m = c->env->kept;
	int rc;

	if (m == NULL)
		m = begin_import(c, err);
	if (m == NULL)
		return -1;
	c->env->kept = m;
	c->env->kept_free = importing_free;
	rc = run_part(c, m, err);
	c->env->wants_more = rc > 0;
	if (rc > 0)
		return 0;
	if (rc == 0)
		rc = end_import(c, m, err);
	if (rc < 0 && err->kind == ERR_STORE)
		err_prefix(err, "the rows before are in, sending the file again is safe");
	api_env_fini(c->env);
	return rc;
}
