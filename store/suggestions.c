/*
 * suggestions.c - what may be a link, and the look-ups that lead there.
 *
 * The look-ups repeat the WHERE of their partial indexes (migration 0005) word for word: SQLite takes
 * such an index only then.
 */
#include "store/suggestions.h"

#include <string.h>

#include "core/json.h"
#include "core/post.h"
#include "store/store_internal.h"

#define LOCAL_KEY_MAX 512

#define SUGGESTION_COLUMNS                                                                         \
	"suggestion_no, customer_id, author_id, handle, confidence, basis, decision_id, at_ms, "   \
	"state, changed_by, changed_at_ms"

static int
read_suggestion(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct suggestion_row *row = into;

	(void)err;
	row->suggestion_no = query_int(q, 0);
	row->customer_id = query_text(q, 1, a);
	row->author_id = query_text(q, 2, a);
	row->handle = query_text(q, 3, a);
	row->confidence = (int32_t)query_int(q, 4);
	row->basis = query_text(q, 5, a);
	row->decision_id = query_text(q, 6, a);
	row->at_ms = query_int(q, 7);
	row->state = (enum suggestion_state)query_int(q, 8);
	row->changed_by = query_text(q, 9, a);
	row->changed_at_ms = query_time(q, 10);
	return 0;
}

int
store_suggestion_put(struct store *st, const struct suggestion_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO link_suggestions (customer_id, author_id, handle, confidence, basis, "
		"decision_id, at_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) "
		"ON CONFLICT (customer_id, author_id) DO UPDATE SET handle = excluded.handle, "
		"confidence = excluded.confidence, basis = excluded.basis, "
		"decision_id = excluded.decision_id, at_ms = excluded.at_ms "
		"WHERE state = 0 AND excluded.confidence > confidence",
		err) < 0)
		return -1;
	query_bind_text(&q, row->customer_id);
	query_bind_text(&q, row->author_id);
	query_bind_text(&q, slice_is_set(row->handle) ? row->handle : SLICE_LIT(""));
	query_bind_int(&q, row->confidence);
	query_bind_text(&q, row->basis);
	query_bind_text(&q, row->decision_id);
	query_bind_int(&q, row->at_ms);
	return query_change(&q, err);
}

int
store_suggestion_decide(struct store *st, int64_t suggestion_no, enum suggestion_state state,
    struct slice by, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE link_suggestions SET state = ?2, changed_by = ?3, changed_at_ms = ?4 "
		"WHERE suggestion_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, suggestion_no);
	query_bind_int(&q, state);
	query_bind_text(&q, by);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

int
store_suggestions_clear(struct store *st, struct slice author_id, struct err *err)
{
	struct query q;

	if (query_open(
		&q, st, "DELETE FROM link_suggestions WHERE author_id = ?1 AND state = 0", err) < 0)
		return -1;
	query_bind_text(&q, author_id);
	return query_run(&q, err);
}

int
store_suggestion_load(struct store *st, int64_t suggestion_no, struct arena *a,
    struct suggestion_row *row_r, struct err *err)
{
	struct query q;
	struct suggestion_row row;
	int rc;

	if (query_open(&q, st,
		"SELECT " SUGGESTION_COLUMNS " FROM link_suggestions WHERE suggestion_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, suggestion_no);
	rc = query_step(&q, err);
	if (rc > 0) {
		if (read_suggestion(&q, a, &row, err) < 0 || query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc > 0)
		*row_r = row;
	return rc;
}

int
store_suggestions_list(struct store *st, enum suggestion_state state, int64_t before, size_t limit,
    struct arena *a, struct suggestion_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " SUGGESTION_COLUMNS " FROM link_suggestions "
		"WHERE state = ?1 AND suggestion_no < ?2 ORDER BY suggestion_no DESC LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_int(&q, state);
	query_bind_int(&q, before > 0 ? before : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_suggestion, rows_r, count_r, err);
}

int
store_suggestions_open_of(
    struct store *st, struct slice author_id, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT count(*) FROM link_suggestions WHERE author_id = ?1 AND state = 0",
		err) < 0)
		return -1;
	query_bind_text(&q, author_id);
	return query_number(&q, count_r, err) < 0 ? -1 : 0;
}

/* ---- look-ups ------------------------------------------------------------------- */

/* Takes the query over; its last parameter is the limit. */
static int
read_ids(struct query *q, size_t limit, struct arena *a, struct slice_list *ids_r, struct err *err)
{
	struct slice *ids = NULL;
	size_t count = 0;

	query_bind_int(q, (int64_t)limit);
	if (query_rows(q, a, sizeof *ids, query_read_text, &ids, &count, err) < 0)
		return -1;
	*ids_r = (struct slice_list){ids, count};
	return 0;
}

int
store_customers_by_address(struct store *st, struct slice channel, struct slice address,
    size_t limit, struct arena *a, struct slice_list *ids_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT customer_id FROM endpoints WHERE channel = ?1 AND address = ?2 "
		"UNION SELECT customer_id FROM endpoints WHERE channel = ?1 AND "
		"lower(address) = ?2 AND address <> lower(address) LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, channel);
	query_bind_text(&q, address);
	return read_ids(&q, limit, a, ids_r, err);
}

int
store_customers_by_namesake(struct store *st, struct slice local_key, size_t limit, struct arena *a,
    struct slice_list *ids_r, struct err *err)
{
	struct query q;
	char from[2][LOCAL_KEY_MAX + 2], until[2][LOCAL_KEY_MAX + 2];
	static const char ends[] = {'@', '.'};

	*ids_r = (struct slice_list){NULL, 0};
	if (local_key.len == 0 || local_key.len > LOCAL_KEY_MAX)
		return 0;
	if (query_open(&q, st,
		"SELECT customer_id FROM links WHERE unlinked_at_ms IS NULL AND handle_key = ?1 "
		"UNION SELECT customer_id FROM links WHERE unlinked_at_ms IS NULL AND "
		"handle_key >= ?2 AND handle_key < ?3 "
		"UNION SELECT customer_id FROM links WHERE unlinked_at_ms IS NULL AND "
		"handle_key >= ?4 AND handle_key < ?5 LIMIT ?6",
		err) < 0)
		return -1;
	query_bind_text(&q, local_key);
	for (size_t i = 0; i < 2; i++) {
		memcpy(from[i], local_key.ptr, local_key.len);
		memcpy(until[i], local_key.ptr, local_key.len);
		from[i][local_key.len] = ends[i];
		until[i][local_key.len] = (char)(ends[i] + 1);
		query_bind_text(&q, slice_make(from[i], local_key.len + 1));
		query_bind_text(&q, slice_make(until[i], local_key.len + 1));
	}
	return read_ids(&q, limit, a, ids_r, err);
}

/* ["value"], as an attribute of one value stands in its row. */
static int
bind_one_value(struct query *q, struct slice value, struct err *err)
{
	struct store *st = q->st;
	const struct slice_list values = {&value, 1};

	row_json_values(values, &st->json_a);
	if (store_buf_check(st, &st->json_a, err) < 0) {
		query_close(q);
		return -1;
	}
	query_bind_text(q, buf_slice(&st->json_a));
	return 0;
}

int
store_customers_by_profile(struct store *st, struct slice value, size_t limit, struct arena *a,
    struct slice_list *ids_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT DISTINCT customer_id FROM customer_attributes "
		"WHERE lower(value_list) = lower(?1) AND "
		"substr(value_list, 1, 3) IN ('[\"h', '[\"H', '[\"@') LIMIT ?2",
		err) < 0 ||
	    bind_one_value(&q, value, err) < 0)
		return -1;
	return read_ids(&q, limit, a, ids_r, err);
}

int
store_customers_by_name(struct store *st, struct slice name, size_t limit, struct arena *a,
    struct slice_list *ids_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT DISTINCT customer_id FROM customer_attributes "
		"WHERE lower(value_list) = lower(?1) AND "
		"lower(name) IN ('lastname', 'last_name', 'surname', 'name', 'fullname', "
		"'full_name') LIMIT ?2",
		err) < 0 ||
	    bind_one_value(&q, name, err) < 0)
		return -1;
	return read_ids(&q, limit, a, ids_r, err);
}
