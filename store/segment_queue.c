/*
 * segment_queue.c - whom to judge, and when.
 */
#include "store/segments.h"

#include "store/store_internal.h"

static int
put(struct store *st, const char *sql, struct slice customer_id, int64_t due_at_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, due_at_ms);
	return query_run(&q, err);
}

int
store_judging_put(struct store *st, struct slice customer_id, int64_t due_at_ms, struct err *err)
{
	if (due_at_ms == TIME_UNKNOWN)
		return 0;
	return put(st,
	    "INSERT INTO segment_queue (customer_id, due_at_ms) VALUES (?1, ?2) "
	    "ON CONFLICT (customer_id) DO UPDATE SET due_at_ms = excluded.due_at_ms "
	    "WHERE due_at_ms > excluded.due_at_ms",
	    customer_id, due_at_ms, err);
}

int
store_judging_set(struct store *st, struct slice customer_id, int64_t due_at_ms, struct err *err)
{
	struct query q;

	if (due_at_ms != TIME_UNKNOWN)
		return put(st,
		    "INSERT INTO segment_queue (customer_id, due_at_ms) VALUES (?1, ?2) "
		    "ON CONFLICT (customer_id) DO UPDATE SET due_at_ms = excluded.due_at_ms "
		    "WHERE due_at_ms IS NOT excluded.due_at_ms",
		    customer_id, due_at_ms, err);
	if (query_open(&q, st, "DELETE FROM segment_queue WHERE customer_id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	return query_run(&q, err);
}

int
store_judging_next(struct store *st, int64_t *due_at_ms_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(
		&q, st, "SELECT due_at_ms FROM segment_queue ORDER BY due_at_ms LIMIT 1", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc >= 0)
		*due_at_ms_r = rc > 0 ? query_int(&q, 0) : TIME_UNKNOWN;
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

int
store_judging_due(struct store *st, int64_t now_ms, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT customer_id FROM segment_queue WHERE due_at_ms <= ?1 "
		"ORDER BY due_at_ms, customer_id LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **ids_r, query_read_text, ids_r, count_r, err);
}

int
store_tags_next_end(
    struct store *st, struct slice customer_id, int64_t now_ms, int64_t *at_ms_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT min(expires_at_ms) FROM tags WHERE who = 'c:' || ?1 AND expires_at_ms > ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, now_ms);
	rc = query_step(&q, err);
	if (rc > 0)
		*at_ms_r = query_time(&q, 0);
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

int
store_customer_ids(struct store *st, struct slice after_id, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT id FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2", err) <
	    0)
		return -1;
	query_bind_text(&q, slice_is_set(after_id) ? after_id : SLICE_LIT(""));
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **ids_r, query_read_text, ids_r, count_r, err);
}

int
store_customer_exists(struct store *st, struct slice id, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM customers WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_has_row(&q, err);
}
