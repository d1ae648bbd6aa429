/*
 * standing.c - author_standing, and the look-ups of whom a post speaks of.
 */
#include "store/standing.h"

#include <assert.h>
#include <string.h>

#include "store/posts.h"
#include "store/standing_internal.h"

static struct slice
number_key(const int64_t *no)
{
	return slice_make((const char *)no, sizeof *no);
}

static int64_t
key_number(struct slice key)
{
	int64_t no;

	assert(key.len == sizeof no);
	memcpy(&no, key.ptr, sizeof no);
	return no;
}

uint32_t
standing_read_state(struct query *q, int column, unsigned char *state, size_t max)
{
	struct slice bytes = query_peek_blob(q, column);

	if (!slice_is_set(bytes) || bytes.len == 0 || bytes.len > max)
		return 0;
	memcpy(state, bytes.ptr, bytes.len);
	return (uint32_t)bytes.len;
}

struct slice
standing_state(const unsigned char *state, uint32_t len)
{
	return len == 0 ? SLICE_NONE : slice_make((const char *)state, len);
}

int
standing_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	struct standing_row *row = value_r;
	int rc;

	if (query_open(&q, cookie,
		"SELECT state, items, credited, credit_milli, updated_at_ms FROM author_standing "
		"WHERE author_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, key_number(key));
	rc = query_step(&q, err);
	if (rc > 0) {
		memset(row, 0, sizeof *row);
		row->state_len = standing_read_state(&q, 0, row->state, sizeof row->state);
		row->items = query_int(&q, 1);
		row->credited = query_int(&q, 2);
		row->credit_milli = query_int(&q, 3);
		row->updated_at_ms = query_int(&q, 4);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

int
standing_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	const struct standing_row *row = value;

	if (query_open(&q, cookie,
		"INSERT INTO author_standing (author_no, state, items, credited, credit_milli, "
		"updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT (author_no) DO UPDATE SET state = ?2, items = ?3, credited = ?4, "
		"credit_milli = ?5, updated_at_ms = ?6",
		err) < 0)
		return -1;
	query_bind_int(&q, key_number(key));
	query_bind_blob(&q, standing_state(row->state, row->state_len));
	query_bind_int(&q, row->items);
	query_bind_int(&q, row->credited);
	query_bind_int(&q, row->credit_milli);
	query_bind_int(&q, row->updated_at_ms);
	return query_run(&q, err);
}

int
store_standing_get(struct store *st, int64_t author_no, struct standing_row *row_r, struct err *err)
{
	int rc = cache_get(st, CACHE_STANDING, number_key(&author_no), row_r, err);

	if (rc == 0)
		memset(row_r, 0, sizeof *row_r);
	return rc;
}

int
store_standing_put(
    struct store *st, int64_t author_no, const struct standing_row *row, struct err *err)
{
	assert(author_no > 0);
	return cache_put(st, CACHE_STANDING, number_key(&author_no), row, err);
}

static int
read_early(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct early_row *r = row;

	(void)err;
	r->author_no = query_int(q, 0);
	r->items = query_int(q, 1);
	r->credited = query_int(q, 2);
	r->credit_milli = query_int(q, 3);
	r->author_id = query_text(q, 4, a);
	r->handle = query_text(q, 5, a);
	return 0;
}

int
store_standing_early(struct store *st, size_t limit, struct arena *a, struct early_row **rows_r,
    size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT s.author_no, items, credited, credit_milli, id, handle "
		"FROM author_standing s JOIN authors USING (author_no) "
		"WHERE credited >= 3 AND objects_to_profiling = 0 "
		"ORDER BY credit_milli DESC, s.author_no LIMIT ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_early, rows_r, count_r, err);
}

/* ---- whom a post speaks of -------------------------------------------------- */

static int
read_endorsed(struct query *q, struct arena *a, struct endorsed_row *row, struct err *err)
{
	int rc = query_step(q, err);

	if (rc > 0) {
		row->author_no = query_int(q, 0);
		row->objects = query_int(q, 1) != 0;
		row->is_own = query_int(q, 2) != 0;
		row->handle_key = query_text(q, 3, a);
		if (query_check(q, err) < 0)
			rc = -1;
	}
	query_close(q);
	return rc;
}

int
store_endorsed_by_post(struct store *st, struct slice post_id, struct arena *a,
    struct endorsed_row *row_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT author_no, objects_to_profiling, coalesce(inert = ?2, 0), handle_key FROM "
		"posts p JOIN "
		"authors USING (author_no) WHERE p.id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, post_id);
	query_bind_text(&q, SLICE_LIT(INERT_OWN_ACCOUNT));
	return read_endorsed(&q, a, row_r, err);
}

int
store_endorsed_by_handle(struct store *st, struct slice handle_key, struct arena *a,
    struct endorsed_row *row_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT author_no, objects_to_profiling, 0, handle_key FROM authors WHERE "
		"handle_key = ?1 "
		"ORDER BY author_no DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, handle_key);
	return read_endorsed(&q, a, row_r, err);
}

/* ---- erasing ------------------------------------------------------------------ */

static int
erase_from(struct store *st, const char *sql, int64_t author_no, struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_int(&q, author_no);
	return query_run(&q, err);
}

/* What waits in the overlays goes out first, so that it is not written behind the deletion. */
int
store_standing_erase(struct store *st, int64_t author_no, struct err *err)
{
	assert(st->is_in_transaction && st->caches[CACHE_STANDING] != NULL);
	if (overlay_flush(st->caches[CACHE_STANDING], err) < 0 ||
	    overlay_flush(st->caches[CACHE_TOPIC_STANDING], err) < 0 ||
	    overlay_flush(st->caches[CACHE_TOPICS], err) < 0 ||
	    overlay_flush(st->caches[CACHE_PLACES], err) < 0 ||
	    erase_from(st,
		"UPDATE topics SET members = members - 1 WHERE topic IN "
		"(SELECT topic FROM topic_standing WHERE author_no = ?1)",
		author_no, err) < 0 ||
	    erase_from(st, "DELETE FROM topic_standing WHERE author_no = ?1", author_no, err) < 0 ||
	    erase_from(st, "DELETE FROM author_standing WHERE author_no = ?1", author_no, err) <
		0 ||
	    erase_from(st, "DELETE FROM item_authors WHERE author_no = ?1", author_no, err) < 0)
		return -1;
	cache_forget(st, CACHE_STANDING, number_key(&author_no));
	overlay_forget_all(st->caches[CACHE_TOPICS]);
	overlay_forget_all(st->caches[CACHE_TOPIC_STANDING]);
	overlay_forget_all(st->caches[CACHE_PLACES]);
	return 0;
}
