/*
 * alerts.c - what a person must look at, and the posts that made it so.
 */
#include <string.h>

#include "store/store_internal.h"

_Static_assert(ALERT_OPEN == 0 && ALERT_ACKED == 1 && ALERT_RESOLVED == 2, "states in alerts_open");

const char *
alert_state_name(enum alert_state s)
{
	switch (s) {
	case ALERT_OPEN: return "open";
	case ALERT_ACKED: return "acknowledged";
	case ALERT_RESOLVED: return "resolved";
	}
	return "unknown";
}

#define ALERT_COLUMNS                                                                              \
	"alert_no, queue, group_key, severity, state, title, rule_id, reason, post_id, count, "    \
	"opened_at_ms, last_at_ms, notices, repeat_at_ms, changed_by, change_note, changed_at_ms"

static int
read_alert(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct alert_row *row = into;

	memset(row, 0, sizeof *row);
	row->alert_no = query_int(q, 0);
	row->queue = query_text(q, 1, a);
	row->group_key = query_text(q, 2, a);
	row->severity = (enum severity)query_int(q, 3);
	row->state = (enum alert_state)query_int(q, 4);
	row->title = query_text(q, 5, a);
	row->rule_id = query_text(q, 6, a);
	row->reason = query_text(q, 7, a);
	row->post_id = query_text(q, 8, a);
	row->count = query_int(q, 9);
	row->opened_at_ms = query_int(q, 10);
	row->last_at_ms = query_int(q, 11);
	row->notices = query_int(q, 12);
	row->repeat_at_ms = query_time(q, 13);
	row->changed_by = query_text(q, 14, a);
	row->change_note = query_text(q, 15, a);
	row->changed_at_ms = query_time(q, 16);
	return query_check(q, err);
}

/* Both take the query over. */

static int
fetch_alert(struct query *q, struct arena *a, struct alert_row *row_r, struct err *err)
{
	struct alert_row row;
	int rc = query_step(q, err);

	if (rc > 0 && read_alert(q, a, &row, err) < 0)
		rc = -1;
	query_close(q);
	if (rc > 0)
		*row_r = row;
	return rc;
}

static int
fetch_alerts(
    struct query *q, struct arena *a, struct alert_row **rows_r, size_t *count_r, struct err *err)
{
	return query_rows(q, a, sizeof **rows_r, read_alert, rows_r, count_r, err);
}

int
store_alert_find_open(struct store *st, struct slice queue, struct slice group_key, struct arena *a,
    struct alert_row *row_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " ALERT_COLUMNS
		" FROM alerts WHERE queue = ?1 AND group_key = ?2 AND state < 2 "
		"ORDER BY alert_no DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, queue);
	query_bind_text(&q, group_key);
	return fetch_alert(&q, a, row_r, err);
}

/* The columns an update may change, in the order of both statements. */
static void
bind_changing(struct query *q, const struct alert_row *row)
{
	query_bind_int(q, row->severity);
	query_bind_int(q, row->state);
	query_bind_text(q, row->title);
	query_bind_text(q, row->rule_id);
	query_bind_text(q, slice_is_set(row->reason) ? row->reason : SLICE_LIT(""));
	query_bind_text(q, row->post_id);
	query_bind_int(q, row->count);
	query_bind_int(q, row->last_at_ms);
	query_bind_int(q, row->notices);
	query_bind_time(q, row->repeat_at_ms);
	query_bind_text(q, row->changed_by);
	query_bind_text(q, row->change_note);
	query_bind_time(q, row->changed_at_ms);
}

int
store_alert_insert(struct store *st, struct alert_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO alerts (severity, state, title, rule_id, reason, post_id, count, "
		"last_at_ms, "
		"notices, repeat_at_ms, changed_by, change_note, changed_at_ms, queue, group_key, "
		"opened_at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
		err) < 0)
		return -1;
	bind_changing(&q, row);
	query_bind_text(&q, row->queue);
	query_bind_text(&q, row->group_key);
	query_bind_int(&q, row->opened_at_ms);
	if (query_run(&q, err) < 0)
		return -1;
	row->alert_no = sqlite3_last_insert_rowid(st->db);
	return 0;
}

int
store_alert_update(struct store *st, const struct alert_row *row, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"UPDATE alerts SET severity = ?1, state = ?2, title = ?3, rule_id = ?4, reason = "
		"?5, "
		"post_id = ?6, count = ?7, last_at_ms = ?8, notices = ?9, repeat_at_ms = ?10, "
		"changed_by = ?11, change_note = ?12, changed_at_ms = ?13 WHERE alert_no = ?14",
		err) < 0)
		return -1;
	bind_changing(&q, row);
	query_bind_int(&q, row->alert_no);
	rc = query_change(&q, err);
	if (rc == 0)
		return store_fail(st, ERR_NOT_FOUND, err, "there is no alert number %lld",
		    (long long)row->alert_no);
	return rc < 0 ? -1 : 0;
}

int
store_alert_load(
    struct store *st, int64_t alert_no, struct arena *a, struct alert_row *row_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " ALERT_COLUMNS " FROM alerts WHERE alert_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, alert_no);
	return fetch_alert(&q, a, row_r, err);
}

int
store_alert_add_post(struct store *st, int64_t alert_no, struct slice decision_id,
    struct slice post_id, int64_t at_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO alert_posts (alert_no, decision_id, post_id, at_ms) "
		"VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
		err) < 0)
		return -1;
	query_bind_int(&q, alert_no);
	query_bind_text(&q, decision_id);
	query_bind_text(&q, post_id);
	query_bind_int(&q, at_ms);
	return query_run(&q, err);
}

static int
read_alert_post(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct alert_post *p = row;

	(void)err;
	p->decision_id = query_text(q, 0, a);
	p->post_id = query_text(q, 1, a);
	p->at_ms = query_int(q, 2);
	return 0;
}

int
store_alert_posts(struct store *st, int64_t alert_no, size_t limit, struct arena *a,
    struct alert_post **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT decision_id, post_id, at_ms FROM alert_posts WHERE alert_no = ?1 "
		"ORDER BY at_ms, decision_id LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, alert_no);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_alert_post, rows_r, count_r, err);
}

int
store_alerts_list(struct store *st, int state, struct slice queue, int64_t before_no, size_t limit,
    struct arena *a, struct alert_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " ALERT_COLUMNS " FROM alerts WHERE state IN (?1, ?2) AND "
		"(?3 IS NULL OR queue = ?3) AND alert_no < ?4 ORDER BY alert_no DESC LIMIT ?5",
		err) < 0)
		return -1;
	query_bind_int(&q, state < 0 ? ALERT_OPEN : state);
	query_bind_int(&q, state < 0 ? ALERT_ACKED : state);
	query_bind_text(&q, queue);
	query_bind_int(&q, before_no > 0 ? before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	return fetch_alerts(&q, a, rows_r, count_r, err);
}

int
store_alerts_due(struct store *st, int64_t now_ms, size_t limit, struct arena *a,
    struct alert_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " ALERT_COLUMNS " FROM alerts WHERE repeat_at_ms IS NOT NULL AND "
		"repeat_at_ms <= ?1 AND state = ?2 ORDER BY repeat_at_ms, alert_no LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	query_bind_int(&q, ALERT_OPEN);
	query_bind_int(&q, (int64_t)limit);
	return fetch_alerts(&q, a, rows_r, count_r, err);
}
