/*
 * link_codes.c - one-time codes by their hash, and wrong tries by account.
 *
 * Until when the last open code is good is cached under the empty key: mostly there is none, and then
 * no post asks the database.
 */
#include "store/link_codes.h"

#include "store/store_internal.h"

int
link_codes_open_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	int64_t *until_ms = value_r;
	int rc;

	(void)key;
	if (query_open(&q, cookie,
		"SELECT max(expires_at_ms) FROM link_codes WHERE used_at_ms IS NULL", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0)
		*until_ms = query_time(&q, 0);
	query_close(&q);
	return rc > 0 && *until_ms == TIME_UNKNOWN ? 0 : rc;
}

int
store_link_codes_any(struct store *st, int64_t now_ms, struct err *err)
{
	int64_t until_ms;
	int rc = cache_get(st, CACHE_LINK_CODES, SLICE_LIT(""), &until_ms, err);

	return rc <= 0 ? rc : until_ms > now_ms;
}

/* Few rows that change seldom. */
static int
changed(struct query *q, struct err *err)
{
	struct store *st = q->st;

	if (query_run(q, err) < 0)
		return -1;
	cache_forget(st, CACHE_LINK_CODES, SLICE_LIT(""));
	return 0;
}

int
store_link_code_add(
    struct store *st, struct slice hash, const struct link_code_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO link_codes (code_hash, customer_id, made_by, at_ms, expires_at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5)",
		err) < 0)
		return -1;
	query_bind_text(&q, hash);
	query_bind_text(&q, row->customer_id);
	query_bind_text(&q, row->made_by);
	query_bind_int(&q, row->at_ms);
	query_bind_int(&q, row->expires_at_ms);
	return changed(&q, err);
}

int
store_link_code_use(
    struct store *st, struct slice hash, struct slice author_id, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE link_codes SET used_at_ms = ?2, author_id = ?3 "
		"WHERE code_hash = ?1 AND used_at_ms IS NULL",
		err) < 0)
		return -1;
	query_bind_text(&q, hash);
	query_bind_int(&q, now_ms);
	query_bind_text(&q, author_id);
	return changed(&q, err);
}

#define CODE_COLUMNS "customer_id, made_by, at_ms, expires_at_ms, used_at_ms, author_id"

static int
read_code(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct link_code_row *row = into;

	(void)err;
	row->customer_id = query_text(q, 0, a);
	row->made_by = query_text(q, 1, a);
	row->at_ms = query_int(q, 2);
	row->expires_at_ms = query_int(q, 3);
	row->used_at_ms = query_time(q, 4);
	row->author_id = query_text(q, 5, a);
	return 0;
}

int
store_link_code_load(struct store *st, struct slice hash, struct arena *a,
    struct link_code_row *row_r, struct err *err)
{
	struct query q;
	struct link_code_row row;
	int rc;

	if (query_open(
		&q, st, "SELECT " CODE_COLUMNS " FROM link_codes WHERE code_hash = ?1", err) < 0)
		return -1;
	query_bind_text(&q, hash);
	rc = query_step(&q, err);
	if (rc > 0) {
		if (read_code(&q, a, &row, err) < 0 || query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc > 0)
		*row_r = row;
	return rc;
}

int
store_link_codes_of_customer(struct store *st, struct slice customer_id, size_t limit,
    struct arena *a, struct link_code_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " CODE_COLUMNS " FROM link_codes WHERE customer_id = ?1 "
		"ORDER BY at_ms DESC, code_hash LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_code, rows_r, count_r, err);
}

int
store_link_tries_get(
    struct store *st, struct slice author_id, struct link_tries *t_r, struct err *err)
{
	struct query q;
	struct link_tries t = {0, 0};
	int rc;

	if (query_open(&q, st, "SELECT since_ms, count FROM link_tries WHERE author_id = ?1", err) <
	    0)
		return -1;
	query_bind_text(&q, author_id);
	rc = query_step(&q, err);
	if (rc > 0) {
		t.since_ms = query_int(&q, 0);
		t.count = query_int(&q, 1);
	}
	query_close(&q);
	if (rc < 0)
		return -1;
	*t_r = t;
	return 0;
}

int
store_link_tries_put(
    struct store *st, struct slice author_id, const struct link_tries *t, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO link_tries (author_id, since_ms, count) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (author_id) DO UPDATE SET since_ms = excluded.since_ms, "
		"count = excluded.count",
		err) < 0)
		return -1;
	query_bind_text(&q, author_id);
	query_bind_int(&q, t->since_ms);
	query_bind_int(&q, t->count);
	return query_run(&q, err);
}
