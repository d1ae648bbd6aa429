/*
 * rules_versions.c - every rule set that was live, with its templates; the newest is.
 */
#include "store/store_internal.h"

#define META_LIVE "live_rules"

static int
one_number(struct store *st, const char *sql, int64_t parameter, int64_t *n_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	if (parameter != 0)
		query_bind_int(&q, parameter);
	rc = query_step(&q, err);
	if (rc > 0)
		*n_r = query_int(&q, 0);
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

int
store_rules_stage(
    struct store *st, int64_t *stage_no, int64_t part, struct slice bytes, struct err *err)
{
	struct query q;

	if (*stage_no == 0 &&
	    one_number(
		st, "SELECT coalesce(max(stage_no), 0) + 1 FROM rules_parts", 0, stage_no, err) < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO rules_parts (stage_no, part, bytes) VALUES (?1, ?2, ?3)", err) < 0)
		return -1;
	query_bind_int(&q, *stage_no);
	query_bind_int(&q, part);
	query_bind_blob(&q, bytes);
	return query_run(&q, err);
}

/* All parts are there; and those of changes that began before this one and did not get so far go: what
 * they were made ready against is no longer live, so they never will. */
static int
take_parts(struct store *st, const struct rules_version *v, struct err *err)
{
	struct query q;
	int64_t len = 0;

	if (one_number(st,
		"SELECT coalesce(sum(length(bytes)), 0) FROM rules_parts WHERE stage_no = ?1",
		v->stage_no, &len, err) < 0)
		return -1;
	if (len != (int64_t)v->bundle_json.len)
		return store_fail(st, ERR_STORE, err, "parts of the rules are missing");
	if (query_open(&q, st,
		"DELETE FROM rules_parts WHERE stage_no < ?1 AND stage_no NOT IN "
		"(SELECT stage_no FROM rules_versions WHERE stage_no IS NOT NULL)",
		err) < 0)
		return -1;
	query_bind_int(&q, v->stage_no);
	return query_run(&q, err);
}

int
store_rules_put(struct store *st, struct rules_version *v, struct err *err)
{
	struct query q;
	char text[24];

	if (v->stage_no != 0 && take_parts(st, v, err) < 0)
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
	query_bind_text(&q, v->stage_no != 0 ? SLICE_LIT("") : v->bundle_json);
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
	if (rc > 0 && v.stage_no != 0 && read_parts(q->st, a, &v, err) < 0)
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
	int rc;

	if (query_open(&q, st,
		"SELECT CAST(value AS INTEGER) FROM meta WHERE key = '" META_LIVE "'", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0)
		*version_r = query_int(&q, 0);
	query_close(&q);
	return rc;
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

/* ---- ids ------------------------------------------------------------------- */

/* last_version is 0 while an id lives, or rests in a version that was rolled away. */

int
store_rule_ids_alive(struct store *st, int (*take)(void *cookie, struct slice id, struct err *err),
    void *cookie, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT id FROM rule_ids WHERE last_version = 0", err) < 0)
		return -1;
	while ((rc = query_step(&q, err)) > 0) {
		struct slice id = query_peek(&q, 0);

		if ((rc = query_check(&q, err)) < 0 || (rc = take(cookie, id, err)) < 0)
			break;
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

int
store_rule_id_was_dropped(struct store *st, struct slice id, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM rule_ids WHERE id = ?1 AND last_version > 0", err) <
	    0)
		return -1;
	query_bind_text(&q, id);
	return query_has_row(&q, err);
}

int
store_rule_id_begin(struct store *st, struct slice id, int64_t version, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO rule_ids (id, first_version, last_version) VALUES (?1, ?2, 0) "
		"ON CONFLICT (id) DO UPDATE SET last_version = 0",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_int(&q, version);
	return query_run(&q, err);
}

int
store_rule_id_end(struct store *st, struct slice id, int64_t last_version, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "UPDATE rule_ids SET last_version = ?2 WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_int(&q, last_version);
	return query_run(&q, err);
}

int
store_rule_id_versions(
    struct store *st, struct slice id, int64_t *first_r, int64_t *last_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(
		&q, st, "SELECT first_version, last_version FROM rule_ids WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0) {
		*first_r = query_int(&q, 0);
		*last_r = query_int(&q, 1);
	}
	query_close(&q);
	return rc;
}
