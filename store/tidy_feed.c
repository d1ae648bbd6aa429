/*
 * tidy_feed.c - texts of one source go earlier than others, where its terms want that.
 *
 * No index has the feed: posts are walked in the order they came, from where the last walk stood (in
 * meta), so that each is looked at once for each such feed.
 */
#include <assert.h>

#include "core/mem.h"
#include "store/store_internal.h"

struct walk {
	struct store *st;
	struct slice feed;
	int64_t before_ms, now_ms;
	int64_t after_no; /* looked at so far */
	int64_t *due; /* to be emptied */
	size_t due_count, seen, max_rows;
	struct err *err;
};

static int
read_place(struct walk *w, const char *key)
{
	struct arena *a = arena_new(4096);
	struct slice value;
	long long n;
	int rc;

	if (a == NULL)
		return store_nomem(w->st, NULL, w->err);
	rc = store_meta_get(w->st, key, a, &value, w->err);
	if (rc > 0 && slice_to_i64(value, &n))
		w->after_no = n;
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

/* A time of fetching that lies ahead is a clock that was wrong: such a post holds nobody up. */
static int
find_due(struct walk *w)
{
	struct query q;
	int rc;

	if (query_open(&q, w->st,
		"SELECT post_no, feed, fetched_at_ms, is_deleted OR is_expired FROM posts "
		"WHERE post_no > ?1 ORDER BY post_no LIMIT ?2",
		w->err) < 0)
		return -1;
	query_bind_int(&q, w->after_no);
	query_bind_int(&q, (int64_t)w->max_rows);
	while ((rc = query_step(&q, w->err)) > 0) {
		int64_t fetched_at_ms = query_int(&q, 2);

		if (fetched_at_ms >= w->before_ms && fetched_at_ms <= w->now_ms) {
			rc = 0;
			break;
		}
		w->after_no = query_int(&q, 0);
		w->seen++;
		if (query_int(&q, 3) == 0 && slice_eq(query_peek(&q, 1), w->feed))
			w->due[w->due_count++] = w->after_no;
	}
	query_close(&q);
	return rc;
}

static int
empty_due(struct walk *w, const char *key)
{
	char place[24];

	for (size_t i = 0; i < w->due_count; i++)
		if (post_row_empty(w->st, w->due[i], false, w->err) < 0)
			return -1;
	if (w->seen == 0)
		return 0;
	snprintf(place, sizeof place, "%lld", (long long)w->after_no);
	return store_meta_set(w->st, key, slice_of(place), w->err);
}

int
store_tidy_feed(struct store *st, struct slice feed, int64_t before_ms, int64_t now_ms,
    size_t max_rows, bool *more_r, struct err *err)
{
	struct walk w = {.st = st,
	    .feed = feed,
	    .before_ms = before_ms,
	    .now_ms = now_ms,
	    .max_rows = max_rows,
	    .err = err};
	char key[200];
	int rc = -1;

	assert(st->is_in_transaction && st->mode != STORE_READER && max_rows > 0);
	snprintf(key, sizeof key, "kept.%.*s", (int)(feed.len < 150 ? feed.len : 150), feed.ptr);
	w.due = mem_array(max_rows, sizeof *w.due);
	if (w.due == NULL)
		return store_nomem(st, NULL, err);
	if (read_place(&w, key) == 0 && find_due(&w) == 0 && empty_due(&w, key) == 0) {
		*more_r = w.seen == max_rows;
		rc = 0;
	}
	mem_free(w.due);
	return rc;
}
