/*
 * erasure.c - who was erased: keyed hashes, asked for wherever somebody comes in.
 *
 * Whether anybody was erased at all is remembered by the connection, so that a house that has never
 * erased anybody pays a look at a number for each post.
 */
#include "store/erasure.h"

#include <assert.h>
#include <string.h>

#include "store/erase_internal.h"

void
store_set_book(struct store *st, const struct erasure_book *book)
{
	st->book = book;
}

const struct erasure_book *
store_book(const struct store *st)
{
	return st->book;
}

/* A reader cannot know what others committed since, and asks. */
int
erasures_any(struct store *st, struct err *err)
{
	struct query q;
	int rc;

	if (st->book == NULL)
		return 0;
	if (st->mode != STORE_READER && st->erasures != ERASURES_UNKNOWN)
		return st->erasures == ERASURES_SOME;
	if (query_open(&q, st, "SELECT 1 FROM erasures LIMIT 1", err) < 0)
		return -1;
	rc = query_has_row(&q, err);
	if (rc >= 0)
		st->erasures = rc > 0 ? ERASURES_SOME : ERASURES_NONE;
	return rc;
}

int
erasures_have(struct store *st, const char *hash, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM erasures WHERE hash = ?1", err) < 0)
		return -1;
	query_bind_text(&q, slice_of(hash));
	return query_has_row(&q, err);
}

static int
is_in_table(struct store *st, enum erasure_kind kind, struct slice id, struct err *err)
{
	char hash[ERASURE_HASH_SIZE];

	if (!slice_is_set(id) || id.len == 0)
		return 0;
	st->book->hash(st->book->cookie, kind, id, hash);
	return erasures_have(st, hash, err);
}

int
store_is_erased(struct store *st, enum erasure_kind kind, struct slice id, struct err *err)
{
	int rc = erasures_any(st, err);

	return rc <= 0 ? rc : is_in_table(st, kind, id, err);
}

void
erased_post_id(struct store *st, struct slice id, char masked_r[ERASED_POST_ID_SIZE])
{
	char hash[ERASURE_HASH_SIZE];

	st->book->hash(st->book->cookie, ERASURE_POST, id, hash);
	snprintf(masked_r, ERASED_POST_ID_SIZE, ERASED_POST_PREFIX "%.32s", hash);
}

/* Its row has the hash for an id: whoever brings it, with or without an author. */
static int
is_masked_post(struct store *st, struct slice id, struct err *err)
{
	char masked[ERASED_POST_ID_SIZE];
	struct query q;

	erased_post_id(st, id, masked);
	if (query_open(&q, st, "SELECT 1 FROM posts WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, slice_of(masked));
	return query_has_row(&q, err);
}

int
store_post_is_erased(struct store *st, struct slice post_id, struct slice author_id,
    struct slice handle_key, struct err *err)
{
	struct author_state state;
	int rc = erasures_any(st, err);

	if (rc <= 0)
		return rc;
	if (slice_is_set(author_id) && author_id.len > 0) {
		rc = cache_get(st, CACHE_AUTHORS, author_id, &state, err);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	rc = is_in_table(st, ERASURE_AUTHOR, author_id, err);
	if (rc == 0)
		rc = is_in_table(st, ERASURE_HANDLE, handle_key, err);
	return rc != 0 ? rc : is_masked_post(st, post_id, err);
}

int
store_erasure_put(struct store *st, const char *hash, int64_t at_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO erasures (hash, at_ms) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_of(hash));
	query_bind_int(&q, at_ms);
	st->erasures = ERASURES_UNKNOWN;
	return query_change(&q, err);
}

int
store_erasures_each(struct store *st,
    int (*take)(void *cookie, const char *hash, int64_t at_ms, struct err *err), void *cookie,
    struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT hash, at_ms FROM erasures ORDER BY at_ms, hash", err) < 0)
		return -1;
	while ((rc = query_step(&q, err)) > 0) {
		struct slice hash = query_peek(&q, 0);

		if ((rc = query_check(&q, err)) < 0 ||
		    (rc = take(cookie, hash.ptr, query_int(&q, 1), err)) < 0)
			break;
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}
