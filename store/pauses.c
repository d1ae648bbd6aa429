#include "store/pauses.h"

#include <assert.h>

#include "store/store_internal.h"

/* Of a thing: until when it is paused; the empty key: is anything? */
int
pause_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	int64_t *until_ms = value_r;
	int rc;

	if (query_open(&q, cookie,
		"SELECT max(coalesce(until_ms, 9223372036854775807)) FROM pauses "
		"WHERE what = ?1 OR ?1 = ''",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	rc = query_step(&q, err);
	if (rc > 0)
		*until_ms = query_time(&q, 0);
	query_close(&q);
	return rc > 0 && *until_ms == TIME_UNKNOWN ? 0 : rc;
}

/* Few rows that change seldom: everything known of them is asked anew. */
static int
changed(struct store *st, struct query *q, int64_t *count_r, struct err *err)
{
	if (query_run(q, err) < 0)
		return -1;
	*count_r = sqlite3_changes(st->db);
	overlay_forget_all(st->caches[CACHE_PAUSED]);
	return 0;
}

int
store_pause_put(struct store *st, const struct pause_row *row, struct err *err)
{
	struct query q;
	int64_t count;

	assert(row->what.len > 0 && slice_is_set(row->cause) && slice_is_set(row->reason));
	if (store_count(st, "pauses", &count, err) < 0)
		return -1;
	if (count >= PAUSES_MAX)
		return store_fail(st, ERR_LIMIT, err, "more than %d pauses", PAUSES_MAX);
	if (query_open(&q, st,
		"INSERT INTO pauses (what, cause, reason, at_ms, until_ms) VALUES (?1, ?2, ?3, ?4, "
		"?5) ON CONFLICT (what, cause) DO UPDATE SET reason = excluded.reason, "
		"at_ms = excluded.at_ms, until_ms = excluded.until_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, row->what);
	query_bind_text(&q, row->cause);
	query_bind_text(&q, row->reason);
	query_bind_int(&q, row->at_ms);
	query_bind_time(&q, row->until_ms);
	return changed(st, &q, &count, err);
}

int
store_pause_lift(
    struct store *st, struct slice what, struct slice cause, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "DELETE FROM pauses WHERE what = ?1 AND (?2 IS NULL OR cause = ?2)",
		err) < 0)
		return -1;
	query_bind_text(&q, what);
	query_bind_text(&q, cause);
	return changed(st, &q, count_r, err);
}

int
store_pauses_end(struct store *st, int64_t now_ms, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "DELETE FROM pauses WHERE until_ms <= ?1", err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	return changed(st, &q, count_r, err);
}

static int
read_pause(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct pause_row *row = into;

	row->what = query_text(q, 0, a);
	row->cause = query_text(q, 1, a);
	row->reason = query_text(q, 2, a);
	row->at_ms = query_int(q, 3);
	row->until_ms = query_time(q, 4);
	return query_check(q, err);
}

int
store_pause_get(struct store *st, struct slice what, int64_t now_ms, struct arena *a,
    struct pause_row *row_r, struct err *err)
{
	struct query q;
	int64_t until_ms;
	int rc = cache_get(st, CACHE_PAUSED, what, &until_ms, err);

	assert(what.len > 0);
	if (rc <= 0 || until_ms <= now_ms)
		return rc < 0 ? -1 : 0;
	if (query_open(&q, st,
		"SELECT what, cause, reason, at_ms, until_ms FROM pauses WHERE what = ?1 "
		"ORDER BY coalesce(until_ms, 9223372036854775807) DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, what);
	rc = query_step(&q, err);
	if (rc > 0)
		rc = read_pause(&q, a, row_r, err) < 0 ? -1 : 1;
	query_close(&q);
	return rc;
}

int
store_pauses_any(struct store *st, struct err *err)
{
	int64_t until_ms;

	return cache_get(st, CACHE_PAUSED, SLICE_LIT(""), &until_ms, err);
}

int
store_pauses_list(
    struct store *st, struct arena *a, struct pause_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT what, cause, reason, at_ms, until_ms FROM pauses ORDER BY what, cause",
		err) < 0)
		return -1;
	return query_rows(&q, a, sizeof **rows_r, read_pause, rows_r, count_r, err);
}
