/*
 * authors.c - accounts as last seen, with their counters.
 *
 * One statement a post at most: a new author is inserted with the post counted, a changed profile
 * is written with the counters, and counters alone wait in the overlay, so that an author's ten
 * posts of a batch are one update.
 */
#include <assert.h>

#include "core/map.h"
#include "store/store_internal.h"

/* ---- what a profile is ------------------------------------------------ */

static uint64_t
mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t
mix_text(uint64_t h, struct slice s)
{
	return slice_is_set(s) ? mix(h, hash_bytes(1, s)) : mix(h, 0);
}

static uint64_t
profile_hash(const struct author *au)
{
	uint64_t h = 1;

	h = mix_text(h, au->handle);
	h = mix_text(h, au->name);
	h = mix_text(h, au->bio);
	h = mix_text(h, au->url);
	h = mix(h, (uint64_t)au->followers);
	h = mix(h, (uint64_t)au->following);
	h = mix(h, (uint64_t)au->posts);
	h = mix(h, (uint64_t)au->listed);
	h = mix(h, (uint64_t)au->is_verified);
	h = mix(h, (uint64_t)au->is_bot);
	h = mix(h, (uint64_t)au->created_at_ms);
	return mix(h, au->objects_to_profiling);
}

/* Handles are compared without case; ASCII letters, as the networks do. */
static int
handle_key(struct store *st, struct slice handle, struct slice *key_r, struct err *err)
{
	*key_r = SLICE_NONE;
	if (!slice_is_set(handle) || handle.len > POST_ID_MAX)
		return 0; /* nobody will ask for that */
	buf_clear(&st->key);
	for (size_t i = 0; i < handle.len; i++) {
		char c = handle.ptr[i];

		buf_add_char(&st->key, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	if (handle.len > 0)
		*key_r = buf_slice(&st->key);
	return store_buf_check(st, &st->key, err);
}

#define AUTHOR_COLUMNS                                                                             \
	"author_no, id, handle, name, bio, url, followers, following, posts, listed, "             \
	"is_verified, "                                                                            \
	"is_bot, objects_to_profiling, created_at_ms, first_seen_at_ms, last_seen_at_ms, "         \
	"posts_seen"

/* Texts into the arena, or (a NULL) as the row's own, good until the next step. */
static void
read_author(struct query *q, struct arena *a, struct author_row *row)
{
	struct author *au = &row->author;
	struct slice *const texts[] = {&au->id, &au->handle, &au->name, &au->bio, &au->url};

	row->author_no = query_int(q, 0);
	for (int i = 0; i < 5; i++)
		*texts[i] = a == NULL ? query_peek(q, 1 + i) : query_text(q, 1 + i, a);
	au->followers = query_count(q, 6);
	au->following = query_count(q, 7);
	au->posts = query_count(q, 8);
	au->listed = query_count(q, 9);
	au->is_verified = (enum tristate)query_count(q, 10);
	au->is_bot = (enum tristate)query_count(q, 11);
	au->objects_to_profiling = query_int(q, 12) != 0;
	au->created_at_ms = query_time(q, 13);
	row->first_seen_at_ms = query_int(q, 14);
	row->last_seen_at_ms = query_int(q, 15);
	row->posts_seen = query_int(q, 16);
}

int
author_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	struct author_row row;
	struct author_state *state = value_r;
	int rc;

	if (query_open(&q, cookie, "SELECT " AUTHOR_COLUMNS " FROM authors WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, key);
	rc = query_step(&q, err);
	if (rc > 0) {
		read_author(&q, NULL, &row);
		*state = (struct author_state){row.author_no, row.first_seen_at_ms,
		    row.last_seen_at_ms, row.posts_seen, profile_hash(&row.author)};
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

int
author_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	const struct author_state *state = value;

	(void)key;
	if (query_open(&q, cookie,
		"UPDATE authors SET last_seen_at_ms = ?2, posts_seen = ?3 WHERE author_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, state->author_no);
	query_bind_int(&q, state->last_seen_at_ms);
	query_bind_int(&q, state->posts_seen);
	return query_run(&q, err);
}

/* ---- seen ------------------------------------------------------------- */

static void
bind_profile(struct query *q, const struct author *au, struct slice key)
{
	query_bind_text(q, au->handle);
	query_bind_text(q, key);
	query_bind_text(q, au->name);
	query_bind_text(q, au->bio);
	query_bind_text(q, au->url);
	query_bind_count(q, au->followers);
	query_bind_count(q, au->following);
	query_bind_count(q, au->posts);
	query_bind_count(q, au->listed);
	query_bind_count(q, au->is_verified);
	query_bind_count(q, au->is_bot);
	query_bind_int(q, au->objects_to_profiling);
	query_bind_time(q, au->created_at_ms);
}

static int
insert_author(
    struct store *st, const struct author *au, struct author_state *state, struct err *err)
{
	struct query q;
	struct slice key;

	if (handle_key(st, au->handle, &key, err) < 0 ||
	    query_open(&q, st,
		"INSERT INTO authors (handle, handle_key, name, bio, url, followers, following, "
		"posts, "
		"listed, is_verified, is_bot, objects_to_profiling, created_at_ms, id, "
		"first_seen_at_ms, last_seen_at_ms, posts_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
		"?7, "
		"?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
		err) < 0)
		return -1;
	bind_profile(&q, au, key);
	query_bind_text(&q, au->id);
	query_bind_int(&q, state->first_seen_at_ms);
	query_bind_int(&q, state->last_seen_at_ms);
	query_bind_int(&q, state->posts_seen);
	if (query_run(&q, err) < 0)
		return -1;
	state->author_no = sqlite3_last_insert_rowid(st->db);
	return 0;
}

/* An objection stands until a profile text without it is seen: a source that knows no profiles does
 * not lift it. */
static int
update_author(
    struct store *st, const struct author *au, const struct author_state *state, struct err *err)
{
	struct query q;
	struct slice key;

	if (handle_key(st, au->handle, &key, err) < 0 ||
	    query_open(&q, st,
		"UPDATE authors SET handle = coalesce(?1, handle), handle_key = coalesce(?2, "
		"handle_key), "
		"name = coalesce(?3, name), bio = coalesce(?4, bio), url = coalesce(?5, url), "
		"followers = coalesce(?6, followers), following = coalesce(?7, following), "
		"posts = coalesce(?8, posts), listed = coalesce(?9, listed), "
		"is_verified = coalesce(?10, is_verified), is_bot = coalesce(?11, is_bot), "
		"objects_to_profiling = CASE WHEN ?4 IS NULL THEN max(?12, objects_to_profiling) "
		"ELSE ?12 END, created_at_ms = coalesce(?13, created_at_ms), "
		"last_seen_at_ms = ?14, posts_seen = ?15 WHERE author_no = ?16",
		err) < 0)
		return -1;
	bind_profile(&q, au, key);
	query_bind_int(&q, state->last_seen_at_ms);
	query_bind_int(&q, state->posts_seen);
	query_bind_int(&q, state->author_no);
	return query_run(&q, err);
}

int
store_author_see(struct store *st, const struct author *author, int64_t at_ms, bool counts,
    struct author_facts *facts_r, struct err *err)
{
	struct author_state state = {0, at_ms, at_ms, 0, 0};
	uint64_t hash;
	bool is_written = true;
	int rc;

	assert(at_ms != TIME_UNKNOWN);
	*facts_r = (struct author_facts){.first_seen_at_ms = TIME_UNKNOWN};
	if (author->id.len == 0)
		return 0; /* anonymous */
	rc = cache_get(st, CACHE_AUTHORS, author->id, &state, err);
	if (rc < 0)
		return -1;
	hash = profile_hash(author);
	if (at_ms > state.last_seen_at_ms)
		state.last_seen_at_ms = at_ms;
	state.posts_seen += counts ? 1 : 0;
	if (rc == 0)
		rc = insert_author(st, author, &state, err);
	else if (hash != state.profile_hash)
		rc = update_author(st, author, &state, err);
	else
		is_written = false;
	if (rc < 0)
		return -1;
	state.profile_hash = hash;
	rc = is_written ? cache_put_saved(st, CACHE_AUTHORS, author->id, &state, err)
			: cache_put(st, CACHE_AUTHORS, author->id, &state, err);
	facts_r->author_no = state.author_no;
	facts_r->posts_seen = state.posts_seen;
	facts_r->first_seen_at_ms = state.first_seen_at_ms;
	return rc;
}

int
store_author_load(struct store *st, struct slice key, bool is_handle, struct arena *a,
    struct author_row *row_r, struct err *err)
{
	struct query q;
	struct author_row row;
	struct author_state state;
	bool is_cached;
	int rc;

	if (is_handle && handle_key(st, key, &key, err) < 0)
		return -1;
	rc = query_open(&q, st,
	    is_handle ? "SELECT " AUTHOR_COLUMNS " FROM authors WHERE handle_key = ?1 "
			"ORDER BY last_seen_at_ms DESC, author_no DESC LIMIT 1"
		      : "SELECT " AUTHOR_COLUMNS " FROM authors WHERE id = ?1",
	    err);
	if (rc < 0)
		return -1;
	query_bind_text(&q, key);
	rc = query_step(&q, err);
	if (rc > 0) {
		read_author(&q, a, &row);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc <= 0)
		return rc;
	/* Counters of this transaction are not in the row yet. */
	is_cached =
	    st->caches[CACHE_AUTHORS] != NULL && overlay_dirty_count(st->caches[CACHE_AUTHORS]) > 0;
	if (is_cached) {
		if (cache_get(st, CACHE_AUTHORS, row.author.id, &state, err) < 0)
			return -1;
		row.last_seen_at_ms = state.last_seen_at_ms;
		row.posts_seen = state.posts_seen;
	}
	*row_r = row;
	return 1;
}

int
store_authors_of_handle(struct store *st, struct slice handle, size_t limit, struct arena *a,
    struct slice **ids_r, size_t *count_r, struct err *err)
{
	struct slice key;
	struct query q;

	if (handle_key(st, handle, &key, err) < 0)
		return -1;
	if (query_open(&q, st,
		"SELECT id FROM authors WHERE handle_key = ?1 ORDER BY last_seen_at_ms DESC, "
		"author_no DESC LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **ids_r, query_read_text, ids_r, count_r, err);
}
