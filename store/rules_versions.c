/*
 * rules_versions.c - every rule set that was live, with its templates; the newest is.
 */
#include "store/store_internal.h"

#define META_LIVE "live_rules"

static int
one_number(struct store *st, const char *sql, int64_t parameter, int64_t *n_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	if (parameter != 0)
		query_bind_int(&q, parameter);
	return query_number(&q, n_r, err) < 0 ? -1 : 0;
}

/* Numbers are never given twice, and of two changes that went live the later has the larger. */
int
store_rules_stage_number(struct store *st, int64_t *stage_no, struct err *err)
{
	if (*stage_no != 0)
		return 0;
	return one_number(st,
	    "SELECT max(coalesce((SELECT max(stage_no) FROM rules_parts), 0), "
	    "coalesce((SELECT max(stage_no) FROM rules_versions), 0)) + 1",
	    0, stage_no, err);
}

int
store_rules_stage(
    struct store *st, int64_t *stage_no, int64_t part, struct slice bytes, struct err *err)
{
	struct query q;

	if (store_rules_stage_number(st, stage_no, err) < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO rules_parts (stage_no, part, bytes) VALUES (?1, ?2, ?3)", err) < 0)
		return -1;
	query_bind_int(&q, *stage_no);
	query_bind_int(&q, part);
	query_bind_blob(&q, bytes);
	return query_run(&q, err);
}

/* 1: the bundle is in parts, all of it; 0: it is not; -1: some are missing. */
static int
is_in_parts(struct store *st, const struct rules_version *v, struct err *err)
{
	int64_t len = 0;

	if (v->stage_no == 0)
		return 0;
	if (one_number(st,
		"SELECT coalesce(sum(length(bytes)), 0) FROM rules_parts WHERE stage_no = ?1",
		v->stage_no, &len, err) < 0)
		return -1;
	if (len != 0 && len != (int64_t)v->bundle_json.len)
		return store_fail(st, ERR_STORE, err, "parts of the rules are missing");
	return len != 0;
}

int
store_rules_put(struct store *st, struct rules_version *v, struct err *err)
{
	struct query q;
	char text[24];
	int in_parts = is_in_parts(st, v, err);

	if (in_parts < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO rules_versions (applied_at_ms, author, reason, content_hash, bundle, "
		"stage_no) VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, 0))",
		err) < 0)
		return -1;
	query_bind_int(&q, v->applied_at_ms);
	query_bind_text(&q, slice_is_set(v->author) ? v->author : SLICE_LIT(""));
	query_bind_text(&q, slice_is_set(v->reason) ? v->reason : SLICE_LIT(""));
	query_bind_text(&q, v->content_hash);
	query_bind_text(&q, in_parts ? SLICE_LIT("") : v->bundle_json);
	query_bind_int(&q, v->stage_no);
	if (query_run(&q, err) < 0)
		return -1;
	v->version = sqlite3_last_insert_rowid(st->db);
	snprintf(text, sizeof text, "%lld", (long long)v->version);
	return store_meta_set(st, META_LIVE, slice_of(text), err);
}

static int
read_version(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct rules_version *v = row;

	v->version = query_int(q, 0);
	v->applied_at_ms = query_int(q, 1);
	v->author = query_text(q, 2, a);
	v->reason = query_text(q, 3, a);
	v->content_hash = query_text(q, 4, a);
	v->bundle_json = query_text(q, 5, a);
	v->stage_no = query_int(q, 6);
	return query_check(q, err);
}

/* The bundle from its parts. */
static int
read_parts(struct store *st, struct arena *a, struct rules_version *v, struct err *err)
{
	struct query q;
	int64_t len = 0;
	char *at;
	int rc;

	if (one_number(st,
		"SELECT coalesce(sum(length(bytes)), 0) FROM rules_parts WHERE stage_no = ?1",
		v->stage_no, &len, err) < 0)
		return -1;
	at = arena_alloc(a, (size_t)len + 1);
	if (at == NULL)
		return store_nomem(st, a, err);
	v->bundle_json = slice_make(at, (size_t)len);
	if (query_open(
		&q, st, "SELECT bytes FROM rules_parts WHERE stage_no = ?1 ORDER BY part", err) < 0)
		return -1;
	query_bind_int(&q, v->stage_no);
	while ((rc = query_step(&q, err)) > 0) {
		struct slice bytes = query_peek_blob(&q, 0);

		if ((rc = query_check(&q, err)) < 0)
			break;
		memcpy(at, bytes.ptr, bytes.len);
		at += bytes.len;
	}
	query_close(&q);
	*at = '\0';
	return rc < 0 ? -1 : 0;
}

/* Takes the query over. */
static int
fetch_version(struct query *q, struct arena *a, struct rules_version *v_r, struct err *err)
{
	struct rules_version v;
	int rc = query_step(q, err);

	if (rc > 0 && read_version(q, a, &v, err) < 0)
		rc = -1;
	query_close(q);
	if (rc > 0 && v.bundle_json.len == 0 && read_parts(q->st, a, &v, err) < 0)
		return -1;
	if (rc > 0)
		*v_r = v;
	return rc;
}

int
store_rules_live(struct store *st, struct arena *a, struct rules_version *v_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT version, applied_at_ms, author, reason, content_hash, bundle, stage_no "
		"FROM "
		"rules_versions "
		"WHERE version = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = '" META_LIVE
		"')",
		err) < 0)
		return -1;
	return fetch_version(&q, a, v_r, err);
}

int
store_rules_live_version(struct store *st, int64_t *version_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT CAST(value AS INTEGER) FROM meta WHERE key = '" META_LIVE "'", err) < 0)
		return -1;
	return query_number(&q, version_r, err);
}

int
store_rules_load(
    struct store *st, int64_t version, struct arena *a, struct rules_version *v_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT version, applied_at_ms, author, reason, content_hash, bundle, stage_no "
		"FROM "
		"rules_versions "
		"WHERE version = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, version);
	return fetch_version(&q, a, v_r, err);
}

int
store_rules_list(struct store *st, size_t limit, struct arena *a, struct rules_version **list_r,
    size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT version, applied_at_ms, author, reason, content_hash, NULL, 0 FROM "
		"rules_versions "
		"ORDER BY version DESC LIMIT ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **list_r, read_version, list_r, count_r, err);
}
