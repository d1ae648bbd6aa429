/*
 * posts_scan.c - stored posts in the order they came, in pages: for running rules over the past.
 *
 * By number, not by event time: that is the order in which the daemon decided, and walking the table
 * itself is the fastest way through it.
 */
#include "store/posts.h"

#include "store/store_internal.h"

/* Whom authors were linked to, of posts in the order of their numbers: one walk beside them. */
static int
read_customers(
    struct store *st, struct stored_post **list, size_t count, struct arena *a, struct err *err)
{
	struct query q;
	size_t i = 0;
	int rc;

	if (count == 0)
		return 0;
	if (query_open(&q, st,
		"SELECT post_no, customer_json FROM post_customers WHERE post_no BETWEEN ?1 AND ?2 "
		"ORDER BY post_no",
		err) < 0)
		return -1;
	query_bind_int(&q, list[0]->post_no);
	query_bind_int(&q, list[count - 1]->post_no);
	while ((rc = query_step(&q, err)) > 0) {
		int64_t post_no = query_int(&q, 0);

		while (i < count && list[i]->post_no < post_no)
			i++;
		if (i == count || list[i]->post_no != post_no)
			continue; /* of a post that is gone */
		if ((rc = post_customer_read(&q, 1, list[i], a, err)) < 0)
			break;
	}
	query_close(&q);
	return rc;
}

int
store_posts_scan(struct store *st, int64_t after_no, size_t limit, struct arena *a,
    struct stored_post ***list_r, size_t *count_r, int64_t *last_no_r, int64_t *gone_r,
    struct err *err)
{
	struct query q;
	struct stored_post **list = NULL;
	size_t count = 0, cap = 0, seen = 0;
	int rc;

	if (query_open(&q, st,
		"SELECT " POST_COLUMNS " FROM posts WHERE post_no > ?1 ORDER BY post_no LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, after_no);
	query_bind_int(&q, (int64_t)limit);
	while ((rc = query_step(&q, err)) > 0) {
		*last_no_r = query_int(&q, 0);
		seen++;
		if (post_row_is_gone(&q))
			continue;
		if (ROWS_GROW(st, a, &list, count, &cap, err) < 0 ||
		    post_row_read(&q, a, false, &list[count++], err) < 0) {
			rc = -1;
			break;
		}
	}
	query_close(&q);
	if (rc < 0 || read_customers(st, list, count, a, err) < 0)
		return -1;
	*list_r = list;
	*count_r = count;
	*gone_r += (int64_t)(seen - count);
	return 0;
}

/* Posts come in the order they were fetched, up to the few that waited in another queue: so the place
 * is searched by halves, and an hour is added for those. */
static int
find_first(
    struct store *st, int64_t since_ms, int64_t low, int64_t high, int64_t *no_r, struct err *err)
{
	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		struct query q;
		int rc;

		if (query_open(&q, st,
			"SELECT post_no, fetched_at_ms FROM posts WHERE post_no >= ?1 "
			"ORDER BY post_no LIMIT 1",
			err) < 0)
			return -1;
		query_bind_int(&q, middle);
		rc = query_step(&q, err);
		if (rc > 0 && query_int(&q, 1) < since_ms)
			low = query_int(&q, 0) + 1;
		else
			high = middle;
		query_close(&q);
		if (rc < 0)
			return -1;
	}
	*no_r = low;
	return 0;
}

int
store_posts_scan_begin(
    struct store *st, int64_t since_ms, int64_t *after_no_r, int64_t *count_r, struct err *err)
{
	struct query q;
	int64_t low = 0, high = 0, first, total;
	int rc;

	if (query_open(&q, st,
		"SELECT coalesce(min(post_no), 0), coalesce(max(post_no), 0) FROM posts", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0) {
		low = query_int(&q, 0);
		high = query_int(&q, 1) + 1;
	}
	query_close(&q);
	if (rc < 0 || find_first(st, since_ms - TIME_HOUR_MS, low, high, &first, err) < 0)
		return -1;
	total = high - first;
	*after_no_r = first - 1;
	*count_r = total > 0 ? total : 0;
	return 0;
}
