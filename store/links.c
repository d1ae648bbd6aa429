/*
 * links.c - who of the accounts is which customer.
 *
 * Most posts are by strangers: that an account or a handle has no link in force is cached, and so
 * is the link's number when it has one. A changed link is forgotten under all its names.
 */
#include "store/links.h"

#include <assert.h>

#include "store/store_internal.h"

#define LINK_COLUMNS                                                                               \
	"link_no, customer_id, handle_key, author_id, proof, linked_at_ms, unlinked_at_ms, "       \
	"unlink_reason, confidence, basis, made_by, join_no"

static int
read_link(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct link_row *row = into;

	(void)err;
	row->link_no = query_int(q, 0);
	row->customer_id = query_text(q, 1, a);
	row->handle_key = query_text(q, 2, a);
	row->author_id = query_text(q, 3, a);
	row->proof = query_text(q, 4, a);
	row->linked_at_ms = query_int(q, 5);
	row->unlinked_at_ms = query_time(q, 6);
	row->unlink_reason = query_text(q, 7, a);
	row->confidence = (int32_t)query_int(q, 8);
	row->basis = query_text(q, 9, a);
	row->made_by = query_text(q, 10, a);
	row->join_no = query_int(q, 11);
	return 0;
}

int
author_link_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	int64_t *link_no_r = value_r;

	if (query_open(&q, cookie,
		"SELECT link_no FROM links WHERE author_id = ?1 AND unlinked_at_ms IS NULL "
		"ORDER BY link_no DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	return query_number(&q, link_no_r, err);
}

int
handle_links_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;

	if (query_open(&q, cookie,
		"SELECT 1 FROM links WHERE handle_key = ?1 AND unlinked_at_ms IS NULL LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	*(char *)value_r = 1;
	return query_has_row(&q, err);
}

static void
forget(struct store *st, struct slice handle_key, struct slice author_id)
{
	cache_forget(st, CACHE_HANDLE_LINKS, handle_key);
	if (slice_is_set(author_id))
		cache_forget(st, CACHE_AUTHOR_LINK, author_id);
}

static int
forget_link(struct store *st, int64_t link_no, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT handle_key, author_id FROM links WHERE link_no = ?1", err) <
	    0)
		return -1;
	query_bind_int(&q, link_no);
	rc = query_step(&q, err);
	if (rc > 0) {
		forget(st, query_peek(&q, 0), query_peek(&q, 1));
		rc = query_check(&q, err);
	}
	query_close(&q);
	return rc;
}

int
store_link_add(struct store *st, struct link_row *row, struct err *err)
{
	struct query q;

	assert(row->confidence >= 0 && row->confidence <= 100);
	if (query_open(&q, st,
		"INSERT INTO links (customer_id, handle_key, author_id, proof, linked_at_ms, "
		"unlinked_at_ms, unlink_reason, confidence, basis, made_by, join_no) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, 0))",
		err) < 0)
		return -1;
	query_bind_text(&q, row->customer_id);
	query_bind_text(&q, row->handle_key);
	query_bind_text(&q, row->author_id);
	query_bind_text(&q, row->proof);
	query_bind_int(&q, row->linked_at_ms);
	query_bind_time(&q, row->unlinked_at_ms);
	query_bind_text(&q, row->unlink_reason);
	query_bind_int(&q, row->confidence == 0 ? LINK_CONFIDENCE_IMPORTED : row->confidence);
	query_bind_text(&q, row->basis);
	query_bind_text(&q, slice_is_set(row->made_by) ? row->made_by : SLICE_LIT("import"));
	query_bind_int(&q, row->join_no);
	if (query_run(&q, err) < 0)
		return -1;
	row->link_no = sqlite3_last_insert_rowid(st->db);
	forget(st, row->handle_key, row->author_id);
	return 0;
}

int
store_link_change(struct store *st, const struct link_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE links SET proof = ?2, confidence = ?3, basis = ?4, made_by = ?5, "
		"join_no = nullif(?6, 0) WHERE link_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, row->link_no);
	query_bind_text(&q, row->proof);
	query_bind_int(&q, row->confidence);
	query_bind_text(&q, row->basis);
	query_bind_text(&q, row->made_by);
	query_bind_int(&q, row->join_no);
	return query_run(&q, err);
}

int
store_link_bind(struct store *st, int64_t link_no, struct slice author_id, struct err *err)
{
	struct query q;

	if (forget_link(st, link_no, err) < 0)
		return -1;
	if (query_open(&q, st, "UPDATE links SET author_id = ?2 WHERE link_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, link_no);
	query_bind_text(&q, author_id);
	if (query_run(&q, err) < 0)
		return -1;
	return forget_link(st, link_no, err);
}

int
store_link_end(
    struct store *st, int64_t link_no, int64_t now_ms, const char *reason, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE links SET unlinked_at_ms = ?2, unlink_reason = ?3 "
		"WHERE link_no = ?1 AND unlinked_at_ms IS NULL",
		err) < 0)
		return -1;
	query_bind_int(&q, link_no);
	query_bind_int(&q, now_ms);
	query_bind_text(&q, slice_of(reason));
	if (query_run(&q, err) < 0)
		return -1;
	return forget_link(st, link_no, err);
}

int
store_link_load(
    struct store *st, int64_t link_no, struct arena *a, struct link_row *row_r, struct err *err)
{
	struct query q;
	struct link_row row;
	int rc;

	if (query_open(&q, st, "SELECT " LINK_COLUMNS " FROM links WHERE link_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, link_no);
	rc = query_step(&q, err);
	if (rc > 0) {
		if (read_link(&q, a, &row, err) < 0 || query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc > 0)
		*row_r = row;
	return rc;
}

int
store_link_by_author(struct store *st, struct slice author_id, struct arena *a,
    struct link_row *row_r, struct err *err)
{
	int64_t link_no;
	int rc = cache_get(st, CACHE_AUTHOR_LINK, author_id, &link_no, err);

	return rc <= 0 ? rc : store_link_load(st, link_no, a, row_r, err);
}

/* Takes the query over. */
static int
read_links(
    struct query *q, struct arena *a, struct link_row **rows_r, size_t *count_r, struct err *err)
{
	return query_rows(q, a, sizeof **rows_r, read_link, rows_r, count_r, err);
}

int
store_links_by_handle(struct store *st, struct slice handle_key, struct arena *a,
    struct link_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;
	char has_some;
	int rc = cache_get(st, CACHE_HANDLE_LINKS, handle_key, &has_some, err);

	if (rc <= 0) {
		if (rc == 0) {
			*rows_r = NULL;
			*count_r = 0;
		}
		return rc;
	}
	if (query_open(&q, st,
		"SELECT " LINK_COLUMNS
		" FROM links WHERE handle_key = ?1 AND unlinked_at_ms IS NULL "
		"ORDER BY link_no",
		err) < 0)
		return -1;
	query_bind_text(&q, handle_key);
	return read_links(&q, a, rows_r, count_r, err);
}

int
store_links_of_customer(struct store *st, struct slice customer_id, struct arena *a,
    struct link_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " LINK_COLUMNS " FROM links WHERE customer_id = ?1 ORDER BY link_no",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	return read_links(&q, a, rows_r, count_r, err);
}
