/*
 * rules_versions.c - every rule set that was live, with its templates; the newest is.
 */
#include "store/store_internal.h"

#define META_LIVE "live_rules"

int
store_rules_put(struct store *st, struct rules_version *v, struct err *err)
{
	struct query q;
	char text[24];

	if (query_open(&q, st,
		"INSERT INTO rules_versions (applied_at_ms, author, reason, content_hash, bundle) "
		"VALUES (?1, ?2, ?3, ?4, ?5)",
		err) < 0)
		return -1;
	query_bind_int(&q, v->applied_at_ms);
	query_bind_text(&q, slice_is_set(v->author) ? v->author : SLICE_LIT(""));
	query_bind_text(&q, slice_is_set(v->reason) ? v->reason : SLICE_LIT(""));
	query_bind_text(&q, v->content_hash);
	query_bind_text(&q, v->bundle_json);
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
	return query_check(q, err);
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
	if (rc > 0)
		*v_r = v;
	return rc;
}

int
store_rules_live(struct store *st, struct arena *a, struct rules_version *v_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT version, applied_at_ms, author, reason, content_hash, bundle FROM "
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
		"SELECT version, applied_at_ms, author, reason, content_hash, bundle FROM "
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
		"SELECT version, applied_at_ms, author, reason, content_hash, NULL FROM "
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
