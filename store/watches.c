/*
 * watches.c - rows of crowds.
 *
 * A hash of 64 bits stands in the table as the signed number of the same bits.
 */
#include "store/watches.h"

#include <assert.h>
#include <string.h>

#include "store/store_internal.h"

static int64_t
signed_of(uint64_t bits)
{
	int64_t n;

	memcpy(&n, &bits, sizeof n);
	return n;
}

static uint64_t
bits_of(int64_t n)
{
	uint64_t bits;

	memcpy(&bits, &n, sizeof bits);
	return bits;
}

int
store_watch_hit_put(struct store *st, const struct watch_hit *hit, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO watch_hits (watch_id, at_ms, post_no, author) "
		"VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, hit->watch_id);
	query_bind_int(&q, hit->at_ms);
	query_bind_int(&q, hit->post_no);
	query_bind_int(&q, signed_of(hit->author));
	return query_run(&q, err);
}

int
store_watch_base_add(
    struct store *st, struct slice watch_id, int64_t minute, int64_t n, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO watch_base (watch_id, minute, count) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (watch_id, minute) DO UPDATE SET count = count + excluded.count",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, minute);
	query_bind_int(&q, n);
	return query_run(&q, err);
}

int
store_watch_state_put(
    struct store *st, struct slice watch_id, struct slice state, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO watch_state (watch_id, state, updated_at_ms) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (watch_id) DO UPDATE SET state = excluded.state, "
		"updated_at_ms = excluded.updated_at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_blob(&q, state);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

/* ---- handing out ------------------------------------------------------- */

static int
load_state(struct store *st, struct slice watch_id, const struct watch_visitor *v, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT state FROM watch_state WHERE watch_id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	rc = query_step(&q, err);
	if (rc > 0)
		rc = v->state(v->cookie, query_peek_blob(&q, 0), err);
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

static int
load_base(struct store *st, struct slice watch_id, int64_t since_ms, const struct watch_visitor *v,
    struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT minute, count FROM watch_base WHERE watch_id = ?1 AND minute >= ?2 "
		"ORDER BY minute",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, since_ms / TIME_MINUTE_MS);
	while ((rc = query_step(&q, err)) > 0)
		if ((rc = v->base(v->cookie, query_int(&q, 0), query_int(&q, 1), err)) < 0)
			break;
	query_close(&q);
	return rc;
}

static int
load_hits(struct store *st, struct slice watch_id, int64_t since_ms, size_t max_hits,
    const struct watch_visitor *v, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT at_ms, author FROM (SELECT at_ms, post_no, author FROM watch_hits "
		"WHERE watch_id = ?1 AND at_ms >= ?2 ORDER BY at_ms DESC, post_no DESC LIMIT ?3) "
		"ORDER BY at_ms, post_no",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, since_ms);
	query_bind_int(&q, (int64_t)max_hits);
	while ((rc = query_step(&q, err)) > 0)
		if ((rc = v->hit(v->cookie, query_int(&q, 0), bits_of(query_int(&q, 1)), err)) < 0)
			break;
	query_close(&q);
	return rc;
}

int
store_watch_load(struct store *st, struct slice watch_id, int64_t since_ms, size_t max_hits,
    const struct watch_visitor *v, struct err *err)
{
	if (load_state(st, watch_id, v, err) < 0 || load_base(st, watch_id, since_ms, v, err) < 0)
		return -1;
	return load_hits(st, watch_id, since_ms, max_hits, v, err);
}

/* ---- tidying ----------------------------------------------------------- */

/* A DELETE whose parameters are a watch, a bound and a limit; how many rows went. */
static int
delete_some(struct store *st, const char *sql, struct slice watch_id, int64_t bound, size_t *left,
    struct err *err)
{
	struct query q;

	if (*left == 0)
		return 0;
	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, bound);
	query_bind_int(&q, (int64_t)*left);
	if (query_run(&q, err) < 0)
		return -1;
	*left -= (size_t)sqlite3_changes(st->db);
	return 0;
}

int
store_watch_tidy(struct store *st, struct slice watch_id, int64_t before_ms, size_t max_rows,
    bool *more_r, struct err *err)
{
	size_t left = max_rows;

	assert(st->is_in_transaction && max_rows > 0);
	if (delete_some(st,
		"DELETE FROM watch_hits WHERE (watch_id, at_ms, post_no) IN (SELECT watch_id, "
		"at_ms, post_no FROM watch_hits WHERE watch_id = ?1 AND at_ms < ?2 LIMIT ?3)",
		watch_id, before_ms, &left, err) < 0 ||
	    delete_some(st,
		"DELETE FROM watch_base WHERE (watch_id, minute) IN (SELECT watch_id, minute "
		"FROM watch_base WHERE watch_id = ?1 AND minute < ?2 LIMIT ?3)",
		watch_id, before_ms / TIME_MINUTE_MS, &left, err) < 0)
		return -1;
	*more_r = left == 0;
	return 0;
}

int
store_watches_stale(struct store *st, int64_t before_ms, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT watch_id FROM watch_state WHERE updated_at_ms < ?1 ORDER BY watch_id "
		"LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, before_ms);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **ids_r, query_read_text, ids_r, count_r, err);
}

int
store_watch_forget(
    struct store *st, struct slice watch_id, size_t max_rows, bool *more_r, struct err *err)
{
	struct query q;

	if (store_watch_tidy(st, watch_id, INT64_MAX, max_rows, more_r, err) < 0)
		return -1;
	if (*more_r)
		return 0;
	if (query_open(&q, st, "DELETE FROM watch_state WHERE watch_id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	return query_run(&q, err);
}

/* ---- incidents --------------------------------------------------------- */

int
store_incident_begin(struct store *st, struct incident_row *row, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"INSERT INTO incidents (watch_id, rules_version, started_at_ms, reason, peak) "
		"VALUES (?1, ?2, ?3, ?4, ?5) "
		"ON CONFLICT (watch_id) WHERE ended_at_ms IS NULL DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, row->watch_id);
	query_bind_int(&q, row->rules_version);
	query_bind_int(&q, row->started_at_ms);
	query_bind_text(&q, row->reason);
	query_bind_int(&q, row->peak);
	rc = query_change(&q, err);
	if (rc > 0)
		row->incident_no = sqlite3_last_insert_rowid(st->db);
	return rc;
}

int
store_incident_end(struct store *st, struct slice watch_id, int64_t now_ms, struct slice reason,
    int64_t peak, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE incidents SET ended_at_ms = ?2, end_reason = ?3, peak = max(peak, ?4) "
		"WHERE watch_id = ?1 AND ended_at_ms IS NULL",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, now_ms);
	query_bind_text(&q, reason);
	query_bind_int(&q, peak);
	return query_change(&q, err);
}

static int
read_incident(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct incident_row *row = into;

	(void)err;
	row->incident_no = query_int(q, 0);
	row->watch_id = query_text(q, 1, a);
	row->rules_version = query_int(q, 2);
	row->started_at_ms = query_int(q, 3);
	row->ended_at_ms = query_time(q, 4);
	row->reason = query_text(q, 5, a);
	row->end_reason = query_text(q, 6, a);
	row->peak = query_int(q, 7);
	return 0;
}

/* Takes the query over. */
static int
read_incidents(struct query *q, struct arena *a, struct incident_row **rows_r, size_t *count_r,
    struct err *err)
{
	return query_rows(q, a, sizeof **rows_r, read_incident, rows_r, count_r, err);
}

#define INCIDENT_COLUMNS                                                                           \
	"incident_no, watch_id, rules_version, started_at_ms, ended_at_ms, reason, end_reason, "   \
	"peak"

int
store_incidents_list(struct store *st, struct slice watch_id, int64_t before_no, size_t limit,
    struct arena *a, struct incident_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (slice_is_set(watch_id)) {
		if (query_open(&q, st,
			"SELECT " INCIDENT_COLUMNS " FROM incidents WHERE watch_id = ?3 AND "
			"incident_no < ?1 ORDER BY incident_no DESC LIMIT ?2",
			err) < 0)
			return -1;
	} else if (query_open(&q, st,
		       "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE incident_no < ?1 "
		       "ORDER BY incident_no DESC LIMIT ?2",
		       err) < 0) {
		return -1;
	}
	query_bind_int(&q, before_no > 0 ? before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	if (slice_is_set(watch_id))
		query_bind_text(&q, watch_id);
	return read_incidents(&q, a, rows_r, count_r, err);
}

int
store_incidents_open(struct store *st, size_t limit, struct arena *a, struct incident_row **rows_r,
    size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " INCIDENT_COLUMNS " FROM incidents WHERE ended_at_ms IS NULL "
		"ORDER BY incident_no LIMIT ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, (int64_t)limit);
	return read_incidents(&q, a, rows_r, count_r, err);
}

int
store_incident_load(struct store *st, int64_t incident_no, struct arena *a,
    struct incident_row *row_r, struct err *err)
{
	struct incident_row *rows;
	struct query q;
	size_t count;

	if (query_open(&q, st, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE incident_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, incident_no);
	if (read_incidents(&q, a, &rows, &count, err) < 0)
		return -1;
	if (count > 0)
		*row_r = rows[0];
	return count > 0;
}

/* ---- what an incident was made of ---------------------------------------- */

static int
count_posts(struct store *st, struct slice watch_id, int64_t since_ms, int64_t until_ms,
    int64_t *total_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT count(*) FROM watch_hits WHERE watch_id = ?1 AND at_ms BETWEEN ?2 AND ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, since_ms);
	query_bind_int(&q, until_ms);
	rc = query_step(&q, err);
	*total_r = rc > 0 ? query_int(&q, 0) : 0;
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

static int
read_watch_post(struct query *q, struct arena *a, void *row, struct err *err)
{
	(void)a;
	(void)err;
	*(struct watch_post *)row = (struct watch_post){query_int(q, 0), query_int(q, 1)};
	return 0;
}

int
store_watch_posts(struct store *st, struct slice watch_id, int64_t since_ms, int64_t until_ms,
    size_t limit, struct arena *a, struct watch_post **rows_r, size_t *count_r, int64_t *total_r,
    struct err *err)
{
	struct query q;

	if (count_posts(st, watch_id, since_ms, until_ms, total_r, err) < 0 ||
	    query_open(&q, st,
		"SELECT post_no, at_ms FROM watch_hits WHERE watch_id = ?1 AND at_ms BETWEEN ?2 "
		"AND ?3 ORDER BY at_ms, post_no LIMIT ?4",
		err) < 0)
		return -1;
	query_bind_text(&q, watch_id);
	query_bind_int(&q, since_ms);
	query_bind_int(&q, until_ms);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_watch_post, rows_r, count_r, err);
}
