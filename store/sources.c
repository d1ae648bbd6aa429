/*
 * sources.c - where each source stands, and what of it could not become a post.
 */
#include "store/store_internal.h"

#include "core/utf8.h"

static int
read_source(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct source_row *row = into;

	row->name = query_text(q, 0, a);
	row->cursor = query_text(q, 1, a);
	row->has_fetched = query_int(q, 2) != 0;
	row->posts = query_int(q, 3);
	row->last_post_at_ms = query_time(q, 4);
	return query_check(q, err);
}

int
store_source_get(
    struct store *st, struct slice name, struct arena *a, struct source_row *row_r, struct err *err)
{
	struct query q;
	struct source_row row;
	int rc;

	if (query_open(&q, st,
		"SELECT name, cursor, has_fetched, posts, last_post_at_ms FROM sources WHERE name "
		"= ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, name);
	rc = query_step(&q, err);
	if (rc > 0 && read_source(&q, a, &row, err) < 0)
		rc = -1;
	query_close(&q);
	if (rc > 0)
		*row_r = row;
	return rc;
}

int
store_source_advance(struct store *st, struct slice name, struct slice cursor, int64_t posts,
    int64_t last_post_at_ms, bool has_fetched, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO sources (name, cursor, has_fetched, posts, last_post_at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET "
		"cursor = coalesce(excluded.cursor, cursor), "
		"has_fetched = has_fetched | excluded.has_fetched, posts = posts + excluded.posts, "
		"last_post_at_ms = max(coalesce(last_post_at_ms, excluded.last_post_at_ms), "
		"coalesce(excluded.last_post_at_ms, last_post_at_ms))",
		err) < 0)
		return -1;
	query_bind_text(&q, name);
	query_bind_text(&q, cursor);
	query_bind_int(&q, has_fetched);
	query_bind_int(&q, posts);
	query_bind_time(&q, last_post_at_ms);
	return query_run(&q, err);
}

int
store_sources_list(
    struct store *st, struct arena *a, struct source_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT name, cursor, has_fetched, posts, last_post_at_ms FROM sources ORDER BY "
		"name",
		err) < 0)
		return -1;
	return query_rows(&q, a, sizeof **rows_r, read_source, rows_r, count_r, err);
}

/* ---- streams ------------------------------------------------------------- */

static int
read_time(struct query *q, int64_t *at_ms_r, struct err *err)
{
	int rc = query_step(q, err);

	*at_ms_r = rc > 0 ? query_time(q, 0) : TIME_UNKNOWN;
	query_close(q);
	return rc < 0 ? -1 : 0;
}

int
store_stream_get(struct store *st, struct slice name, int64_t *newest_at_ms_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT newest_at_ms FROM streams WHERE name = ?1", err) < 0)
		return -1;
	query_bind_text(&q, name);
	return read_time(&q, newest_at_ms_r, err);
}

int
store_stream_advance(struct store *st, struct slice name, int64_t newest_at_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO streams (name, newest_at_ms) VALUES (?1, ?2) ON CONFLICT (name) DO "
		"UPDATE SET newest_at_ms = excluded.newest_at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, name);
	query_bind_int(&q, newest_at_ms);
	return query_run(&q, err);
}

int
store_streams_slowest(struct store *st, int64_t since_ms, int64_t *at_ms_r, struct err *err)
{
	struct query q;

	if (query_open(
		&q, st, "SELECT min(newest_at_ms) FROM streams WHERE newest_at_ms >= ?1", err) < 0)
		return -1;
	query_bind_int(&q, since_ms);
	return read_time(&q, at_ms_r, err);
}

/* An input that is rejected may be anything; what is stored is text. */
static struct slice
excerpt_of(struct store *st, struct slice raw)
{
	if (!slice_is_set(raw))
		return SLICE_LIT("");
	if (utf8_is_valid(raw))
		return utf8_prefix(raw, STORE_EXCERPT_MAX);
	buf_clear(&st->key);
	for (size_t i = 0; i < raw.len && i < STORE_EXCERPT_MAX; i++) {
		unsigned char c = (unsigned char)raw.ptr[i];

		buf_add_char(&st->key, c >= 0x20 && c < 0x7f ? raw.ptr[i] : '?');
	}
	return buf_slice(&st->key);
}

int
store_reject(struct store *st, int64_t now_ms, struct slice feed, const char *reason,
    struct slice excerpt, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO rejects (at_ms, feed, reason, excerpt) VALUES (?1, ?2, ?3, ?4)",
		err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	query_bind_text(&q, feed);
	query_bind_text(&q, slice_of(reason));
	query_bind_text(&q, excerpt_of(st, excerpt));
	return query_run(&q, err);
}

static int
read_reject(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct reject_row *row = into;

	(void)err;
	row->at_ms = query_int(q, 0);
	row->feed = query_text(q, 1, a);
	row->reason = query_text(q, 2, a);
	row->excerpt = query_text(q, 3, a);
	return 0;
}

int
store_rejects_list(struct store *st, size_t limit, struct arena *a, struct reject_row **rows_r,
    size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT at_ms, feed, reason, excerpt FROM rejects ORDER BY reject_no DESC LIMIT ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_reject, rows_r, count_r, err);
}
