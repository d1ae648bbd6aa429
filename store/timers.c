/*
 * timers.c - rows of what falls due.
 */
#include "store/timers.h"

#include <assert.h>
#include <string.h>

#include "store/store_internal.h"

int
store_timer_put(struct store *st, const struct timer_row *row, struct err *err)
{
	struct query q;

	assert((row->post_no > 0) != (row->event_no > 0) && slice_is_set(row->rule_id));
	if (query_open(&q, st,
		"INSERT INTO timers (due_at_ms, rule_id, post_no, subject, started_at_ms, "
		"event_no) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT (rule_id, post_no, event_no) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_int(&q, row->due_at_ms);
	query_bind_text(&q, row->rule_id);
	query_bind_int(&q, row->post_no);
	query_bind_text(&q, row->subject);
	query_bind_int(&q, row->started_at_ms);
	query_bind_int(&q, row->event_no);
	return query_change(&q, err);
}

int
store_timer_find(struct store *st, struct slice rule_id, int64_t post_no, int64_t event_no,
    int64_t *due_at_ms_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT due_at_ms FROM timers WHERE rule_id = ?1 AND post_no = ?2 AND "
		"event_no = ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, rule_id);
	query_bind_int(&q, post_no);
	query_bind_int(&q, event_no);
	return query_number(&q, due_at_ms_r, err);
}

int
store_timers_next_due(struct store *st, int64_t *at_ms_r, struct err *err)
{
	struct query q;
	int rc;

	*at_ms_r = TIME_UNKNOWN;
	if (query_open(&q, st, "SELECT min(due_at_ms) FROM timers", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0)
		*at_ms_r = query_time(&q, 0);
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

static int
read_timer(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct timer_row *row = into;

	(void)err;
	row->timer_no = query_int(q, 0);
	row->due_at_ms = query_int(q, 1);
	row->rule_id = query_text(q, 2, a);
	row->post_no = query_int(q, 3);
	row->subject = query_text(q, 4, a);
	row->started_at_ms = query_int(q, 5);
	row->event_no = query_int(q, 6);
	return 0;
}

static int
read_due(struct store *st, int64_t now_ms, size_t limit, struct arena *a, struct timer_row **rows_r,
    size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT timer_no, due_at_ms, rule_id, post_no, subject, started_at_ms, event_no "
		"FROM timers "
		"WHERE due_at_ms <= ?1 ORDER BY due_at_ms, timer_no LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_timer, rows_r, count_r, err);
}

int
store_timers_take(struct store *st, int64_t now_ms, size_t limit, struct arena *a,
    struct timer_row **rows_r, size_t *count_r, struct err *err)
{
	assert(st->is_in_transaction && st->mode != STORE_READER);
	if (read_due(st, now_ms, limit, a, rows_r, count_r, err) < 0)
		return -1;
	for (size_t i = 0; i < *count_r; i++) {
		struct query q;

		if (query_open(&q, st, "DELETE FROM timers WHERE timer_no = ?1", err) < 0)
			return -1;
		query_bind_int(&q, (*rows_r)[i].timer_no);
		if (query_run(&q, err) < 0)
			return -1;
	}
	return 0;
}

int
store_timers_cancel_for_post(struct store *st, int64_t post_no, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "DELETE FROM timers WHERE post_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	if (query_run(&q, err) < 0)
		return -1;
	*count_r = sqlite3_changes(st->db);
	return 0;
}

/* ---- what is of an instant ------------------------------------------------- */

static int
read_post(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct moment_row *row = into;

	(void)err;
	*row =
	    (struct moment_row){.post_no = query_int(q, 0), .occurrence_id = query_text(q, 1, a)};
	return 0;
}

static int
read_event(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct moment_row *row = into;

	(void)err;
	*row =
	    (struct moment_row){.event_no = query_int(q, 0), .occurrence_id = query_text(q, 1, a)};
	return 0;
}

int
store_moments_at(struct store *st, struct slice subject, int64_t at_ms, bool of_events,
    struct arena *a, struct moment_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		of_events
		    ? "SELECT event_no, 'e:' || id FROM events WHERE at_ms = ?1 AND "
		      "is_expired = 0 AND customer_id = substr(?2, 3) ORDER BY event_no"
		    : "SELECT post_no, id FROM posts WHERE event_at_ms = ?1 AND is_expired = 0 "
		      "AND is_deleted = 0 AND subject = ?2 ORDER BY post_no",
		err) < 0)
		return -1;
	query_bind_int(&q, at_ms);
	query_bind_text(&q, subject);
	return query_rows(
	    &q, a, sizeof **rows_r, of_events ? read_event : read_post, rows_r, count_r, err);
}
