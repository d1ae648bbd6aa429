/*
 * topics.c - standing on a topic, and room for it.
 *
 * How many authors a topic has stands in its row of `topics`, how many topics there are in the row of
 * no name, so that nothing is counted for a post.  Room is made a tenth at a time: what that
 * costs is shared by as many that come after.
 */
#include <assert.h>
#include <string.h>

#include "store/standing_internal.h"

#define ROOM_SHARE 10

/* Topic, NUL, the author's number. */
struct topic_key {
	char bytes[STORE_TOPIC_NAME_MAX + 1 + sizeof(int64_t)];
	size_t len;
};

static struct slice
make_key(struct topic_key *k, struct slice topic, int64_t author_no)
{
	assert(topic.len <= STORE_TOPIC_NAME_MAX);
	memcpy(k->bytes, topic.ptr, topic.len);
	k->bytes[topic.len] = '\0';
	memcpy(k->bytes + topic.len + 1, &author_no, sizeof author_no);
	return slice_make(k->bytes, topic.len + 1 + sizeof author_no);
}

static struct slice
key_topic(struct slice key, int64_t *author_no_r)
{
	size_t len = key.len - 1 - sizeof *author_no_r;

	memcpy(author_no_r, key.ptr + len + 1, sizeof *author_no_r);
	return slice_make(key.ptr, len);
}

static void
read_topic(struct query *q, int column, struct topic_row *row)
{
	memset(row, 0, sizeof *row);
	row->state_len = standing_read_state(q, column, row->state, sizeof row->state);
	row->rank = query_int(q, column + 1);
	row->updated_at_ms = query_int(q, column + 2);
}

int
topic_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	int64_t author_no;
	int rc;

	if (query_open(&q, cookie,
		"SELECT state, rank, updated_at_ms FROM topic_standing "
		"WHERE topic = ?1 AND author_no = ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, key_topic(key, &author_no));
	query_bind_int(&q, author_no);
	rc = query_step(&q, err);
	if (rc > 0) {
		read_topic(&q, 0, value_r);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

int
topic_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	const struct topic_row *row = value;
	int64_t author_no;

	if (query_open(&q, cookie,
		"INSERT INTO topic_standing (topic, author_no, state, rank, updated_at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (topic, author_no) DO UPDATE SET "
		"state = ?3, rank = ?4, updated_at_ms = ?5",
		err) < 0)
		return -1;
	query_bind_text(&q, key_topic(key, &author_no));
	query_bind_int(&q, author_no);
	query_bind_blob(&q, standing_state(row->state, row->state_len));
	query_bind_int(&q, row->rank);
	query_bind_int(&q, row->updated_at_ms);
	return query_run(&q, err);
}

int
topic_size_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	struct topic_size *size = value_r;
	int rc;

	if (query_open(
		&q, cookie, "SELECT members, updated_at_ms FROM topics WHERE topic = ?1", err) < 0)
		return -1;
	query_bind_text(&q, key);
	rc = query_step(&q, err);
	if (rc > 0)
		*size = (struct topic_size){query_int(&q, 0), query_int(&q, 1)};
	query_close(&q);
	return rc;
}

int
topic_size_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	const struct topic_size *size = value;

	if (query_open(&q, cookie,
		"INSERT INTO topics (topic, members, updated_at_ms) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (topic) DO UPDATE SET members = ?2, updated_at_ms = ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	query_bind_int(&q, size->members);
	query_bind_int(&q, size->updated_at_ms);
	return query_run(&q, err);
}

int
store_topic_get(struct store *st, struct slice topic, int64_t author_no, struct topic_row *row_r,
    struct err *err)
{
	struct topic_key k;
	int rc = cache_get(st, CACHE_TOPIC_STANDING, make_key(&k, topic, author_no), row_r, err);

	if (rc == 0)
		memset(row_r, 0, sizeof *row_r);
	return rc;
}

/* ---- room ------------------------------------------------------------------- */

static int
flush(struct store *st, struct err *err)
{
	return overlay_flush(st->caches[CACHE_TOPIC_STANDING], err) < 0 ||
		overlay_flush(st->caches[CACHE_TOPICS], err) < 0
	    ? -1
	    : 0;
}

/* Those who have least on a topic go. */
static int
thin_topic(struct store *st, struct slice topic, struct topic_size *size, struct err *err)
{
	struct query q;

	if (flush(st, err) < 0 ||
	    query_open(&q, st,
		"DELETE FROM topic_standing WHERE topic = ?1 AND author_no IN (SELECT author_no "
		"FROM topic_standing WHERE topic = ?1 ORDER BY rank, author_no LIMIT ?2)",
		err) < 0)
		return -1;
	query_bind_text(&q, topic);
	query_bind_int(&q, STORE_TOPIC_AUTHORS_MAX / ROOM_SHARE);
	if (query_run(&q, err) < 0)
		return -1;
	size->members -= sqlite3_changes(st->db);
	overlay_forget_all(st->caches[CACHE_TOPIC_STANDING]);
	return 0;
}

/* The topics longest not heard of go. */
static int
thin_topics(struct store *st, struct topic_size *all, struct err *err)
{
	static const char *const sql[] = {
	    "DELETE FROM topic_standing WHERE topic IN (SELECT topic FROM topics WHERE topic <> '' "
	    "ORDER BY updated_at_ms, topic LIMIT ?1)",
	    "DELETE FROM topics WHERE topic IN (SELECT topic FROM topics WHERE topic <> '' "
	    "ORDER BY updated_at_ms, topic LIMIT ?1)",
	};

	if (flush(st, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		struct query q;

		if (query_open(&q, st, sql[i], err) < 0)
			return -1;
		query_bind_int(&q, STORE_TOPICS_MAX / ROOM_SHARE);
		if (query_run(&q, err) < 0)
			return -1;
	}
	all->members -= sqlite3_changes(st->db);
	overlay_forget_all(st->caches[CACHE_TOPIC_STANDING]);
	overlay_forget_all(st->caches[CACHE_TOPICS]);
	return 0;
}

static int
note_topic(struct store *st, int64_t now_ms, struct err *err)
{
	struct topic_size all = {0, 0};

	if (cache_get(st, CACHE_TOPICS, SLICE_LIT(""), &all, err) < 0 ||
	    (all.members >= STORE_TOPICS_MAX && thin_topics(st, &all, err) < 0))
		return -1;
	all.members++;
	all.updated_at_ms = now_ms;
	return cache_put(st, CACHE_TOPICS, SLICE_LIT(""), &all, err);
}

/* One more author on a topic. */
static int
note_member(struct store *st, struct slice topic, int64_t now_ms, struct err *err)
{
	struct topic_size size = {0, 0};
	int rc = cache_get(st, CACHE_TOPICS, topic, &size, err);

	if (rc < 0 || (rc == 0 && note_topic(st, now_ms, err) < 0) ||
	    (size.members >= STORE_TOPIC_AUTHORS_MAX && thin_topic(st, topic, &size, err) < 0))
		return -1;
	size.members++;
	size.updated_at_ms = now_ms;
	return cache_put(st, CACHE_TOPICS, topic, &size, err);
}

int
store_topic_put(struct store *st, struct slice topic, int64_t author_no,
    const struct topic_row *row, bool is_new, struct err *err)
{
	struct topic_key k;

	assert(topic.len > 0 && author_no > 0);
	if (is_new && note_member(st, topic, row->updated_at_ms, err) < 0)
		return -1;
	return cache_put(st, CACHE_TOPIC_STANDING, make_key(&k, topic, author_no), row, err);
}

static int
read_author_topic(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct author_topic *t = row;

	(void)err;
	t->topic = query_text(q, 0, a);
	read_topic(q, 1, &t->row);
	return 0;
}

int
store_topics_of_author(struct store *st, int64_t author_no, size_t limit, struct arena *a,
    struct author_topic **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT topic, state, rank, updated_at_ms FROM topic_standing WHERE author_no = ?1 "
		"ORDER BY rank DESC, topic LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, author_no);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_author_topic, rows_r, count_r, err);
}
