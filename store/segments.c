/*
 * segments.c - segments and who is in them.
 */
#include "store/segments.h"

#include <assert.h>

#include "store/store_internal.h"

/* ---- the segments ---- */

#define SEGMENT_COLUMNS                                                                            \
	"id, content_hash, members, is_imported, is_gone, live_at_ms, updated_at_ms, judged_to, "  \
	"judged, to_judge"

static int
read_segment(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct segment_row *row = into;

	(void)err;
	row->id = query_text(q, 0, a);
	row->content_hash = query_text(q, 1, a);
	row->members = query_int(q, 2);
	row->is_imported = query_int(q, 3) != 0;
	row->is_gone = query_int(q, 4) != 0;
	row->live_at_ms = query_int(q, 5);
	row->updated_at_ms = query_int(q, 6);
	row->judged_to = query_text(q, 7, a);
	row->judged = query_int(q, 8);
	row->to_judge = query_int(q, 9);
	return 0;
}

int
store_segments_list(struct store *st, struct arena *a, struct segment_row **rows_r, size_t *count_r,
    struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " SEGMENT_COLUMNS " FROM segments ORDER BY id", err) < 0)
		return -1;
	return query_rows(&q, a, sizeof **rows_r, read_segment, rows_r, count_r, err);
}

int
store_segment_load(
    struct store *st, struct slice id, struct arena *a, struct segment_row *row_r, struct err *err)
{
	struct query q;
	struct segment_row *rows;
	size_t count;

	if (query_open(&q, st, "SELECT " SEGMENT_COLUMNS " FROM segments WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	if (query_rows(&q, a, sizeof *rows, read_segment, &rows, &count, err) < 0)
		return -1;
	if (count > 0)
		*row_r = rows[0];
	return count > 0;
}

int
store_segment_put(struct store *st, const struct segment_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO segments (" SEGMENT_COLUMNS
		") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
		"ON CONFLICT (id) DO UPDATE SET content_hash = excluded.content_hash, "
		"members = excluded.members, is_imported = excluded.is_imported, "
		"is_gone = excluded.is_gone, live_at_ms = excluded.live_at_ms, "
		"updated_at_ms = excluded.updated_at_ms, judged_to = excluded.judged_to, "
		"judged = excluded.judged, to_judge = excluded.to_judge",
		err) < 0)
		return -1;
	query_bind_text(&q, row->id);
	query_bind_text(&q, row->content_hash);
	query_bind_int(&q, row->members);
	query_bind_int(&q, row->is_imported);
	query_bind_int(&q, row->is_gone);
	query_bind_int(&q, row->live_at_ms);
	query_bind_int(&q, row->updated_at_ms);
	query_bind_text(&q, row->judged_to);
	query_bind_int(&q, row->judged);
	query_bind_int(&q, row->to_judge);
	return query_run(&q, err);
}

int
store_segment_count_add(
    struct store *st, struct slice id, int64_t members, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE segments SET members = members + ?2, updated_at_ms = ?3 WHERE id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_int(&q, members);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

static int
has_members(struct store *st, struct slice id, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM segment_members WHERE segment = ?1 LIMIT 1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_has_row(&q, err);
}

int
store_segment_drop(struct store *st, struct slice id, size_t max_rows, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"DELETE FROM segment_members WHERE segment = ?1 AND customer_id IN "
		"(SELECT customer_id FROM segment_members WHERE segment = ?1 LIMIT ?2)",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_int(&q, (int64_t)max_rows);
	if (query_run(&q, err) < 0)
		return -1;
	rc = has_members(st, id, err);
	if (rc != 0)
		return rc;
	if (query_open(&q, st, "DELETE FROM segments WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_run(&q, err);
}

/* ---- members ---- */

static int
read_member(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct segment_member *row = into;

	(void)err;
	row->segment = query_text(q, 0, a);
	row->customer_id = query_text(q, 1, a);
	row->since_ms = query_int(q, 2);
	return 0;
}

int
store_segments_of(struct store *st, struct slice customer_id, struct arena *a,
    struct segment_member **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT segment, customer_id, since_ms FROM segment_members WHERE customer_id = ?1 "
		"ORDER BY segment",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	return query_rows(&q, a, sizeof **rows_r, read_member, rows_r, count_r, err);
}

int
store_segment_members(struct store *st, struct slice segment, struct slice after_id, size_t limit,
    struct arena *a, struct segment_member **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT segment, customer_id, since_ms FROM segment_members "
		"WHERE segment = ?1 AND customer_id > ?2 ORDER BY customer_id LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, segment);
	query_bind_text(&q, slice_is_set(after_id) ? after_id : SLICE_LIT(""));
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_member, rows_r, count_r, err);
}

/* Being in since then, as the history has it. */
static int
note_membership(struct store *st, struct slice segment, struct slice customer_id, bool has_entered,
    int64_t since_ms, int64_t now_ms, const char *source, struct err *err)
{
	char value[64];
	struct slice text = slice_make(value,
	    (size_t)snprintf(value, sizeof value, "{\"since_ms\":%lld}", (long long)since_ms));
	struct history_row row = {.at_ms = now_ms,
	    .old_value = has_entered ? SLICE_NONE : text,
	    .new_value = has_entered ? text : SLICE_NONE,
	    .source = slice_of(source)};

	buf_clear(&st->key);
	buf_add_str(&st->key, "segment:");
	buf_add_slice(&st->key, segment);
	if (store_buf_check(st, &st->key, err) < 0)
		return -1;
	row.field = buf_slice(&st->key);
	return history_write(st, customer_id, &row, err);
}

int
store_segment_enter(struct store *st, struct slice segment, struct slice customer_id,
    int64_t now_ms, const char *source, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"INSERT INTO segment_members (segment, customer_id, since_ms) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (segment, customer_id) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, segment);
	query_bind_text(&q, customer_id);
	query_bind_int(&q, now_ms);
	rc = query_change(&q, err);
	if (rc > 0 &&
	    note_membership(st, segment, customer_id, true, now_ms, now_ms, source, err) < 0)
		return -1;
	return rc;
}

int
store_segment_leave(struct store *st, struct slice segment, struct slice customer_id,
    int64_t now_ms, const char *source, struct err *err)
{
	struct query q;
	int64_t since_ms = 0;
	int rc;

	if (query_open(&q, st,
		"DELETE FROM segment_members WHERE segment = ?1 AND customer_id = ?2 "
		"RETURNING since_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, segment);
	query_bind_text(&q, customer_id);
	rc = query_step(&q, err);
	if (rc > 0)
		since_ms = query_int(&q, 0);
	query_close(&q);
	if (rc > 0 &&
	    note_membership(st, segment, customer_id, false, since_ms, now_ms, source, err) < 0)
		return -1;
	return rc;
}

/* ---- of a customer ---- */

static int
read_own_segment(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct segment_member *row = into;

	(void)err;
	*row = (struct segment_member){.segment = query_text(q, 0, a), .since_ms = query_int(q, 1)};
	return 0;
}

static int
keep_segments(struct store *st, struct customer *c, const struct segment_member *rows, size_t count,
    struct arena *a, struct err *err)
{
	struct slice *ids = arena_array(a, count + 1, sizeof *ids);
	int64_t *since_ms = arena_array(a, count + 1, sizeof *since_ms);

	if (ids == NULL || since_ms == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < count; i++) {
		ids[i] = rows[i].segment;
		since_ms[i] = rows[i].since_ms;
	}
	c->segments = (struct slice_list){ids, count};
	c->segments_since_ms = since_ms;
	return 0;
}

int
store_customer_segments(struct store *st, struct customer *c, struct arena *a, struct err *err)
{
	struct query q;
	struct segment_member *rows = NULL;
	struct slice *items = NULL;
	size_t count = 0;

	/* Nearly nobody is merged, and this is asked for each of their posts. */
	if (query_open(&q, st,
		c->merged.count == 0
		    ? "SELECT m.segment, m.since_ms FROM segment_members m CROSS JOIN segments s "
		      "ON s.id = "
		      "m.segment WHERE m.customer_id = ?1 AND s.is_gone = 0 ORDER BY m.segment"
		    : "WITH RECURSIVE tree (id) AS (VALUES (?1) UNION "
		      "SELECT c.id FROM tree CROSS JOIN customers c ON c.merged_into = tree.id) "
		      "SELECT m.segment, min(m.since_ms) FROM tree CROSS JOIN segment_members m "
		      "ON m.customer_id = tree.id CROSS JOIN segments s ON s.id = m.segment "
		      "WHERE s.is_gone = 0 GROUP BY m.segment ORDER BY m.segment",
		err) < 0)
		return -1;
	query_bind_text(&q, c->id);
	if (query_rows(&q, a, sizeof *rows, read_own_segment, &rows, &count, err) < 0 ||
	    keep_segments(st, c, rows, count, a, err) < 0)
		return -1;
	if (query_open(&q, st, "SELECT id FROM segments WHERE judged_to < ?1 ORDER BY id", err) < 0)
		return -1;
	query_bind_text(&q, c->id);
	if (query_rows(
		&q, a, sizeof *items, query_read_text, &items, &c->unsure_segments.count, err) < 0)
		return -1;
	c->unsure_segments.items = items;
	c->has_segments = true;
	return 0;
}

static int
read_value_count(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct value_count *row = into;

	(void)err;
	row->values = query_text(q, 0, a);
	row->count = query_int(q, 1);
	return 0;
}

int
store_attribute_values(struct store *st, struct slice name, size_t customers, size_t limit,
    struct arena *a, struct value_count **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT value_list, count(*) FROM (SELECT a.value_list FROM "
		"(SELECT id FROM customers ORDER BY id LIMIT ?2) c CROSS JOIN customer_attributes "
		"a "
		"ON a.customer_id = c.id AND a.name = ?1) "
		"GROUP BY value_list ORDER BY count(*) DESC, value_list LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, name);
	query_bind_int(&q, (int64_t)customers);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_value_count, rows_r, count_r, err);
}
