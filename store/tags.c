/*
 * tags.c - tags and list members.
 *
 * Nearly nobody has a tag or stands on a list, and every post asks: "has none" is cached by person,
 * and only those who have some cost a search.
 */
#include "store/store_internal.h"

static int
has_row(struct store *st, const char *sql, struct slice who, char *value_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_text(&q, who);
	*value_r = 1;
	return query_has_row(&q, err);
}

int
tagged_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	return has_row(cookie, "SELECT 1 FROM tags WHERE who = ?1 LIMIT 1", key, value_r, err);
}

int
listed_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	return has_row(
	    cookie, "SELECT 1 FROM list_members WHERE who = ?1 LIMIT 1", key, value_r, err);
}

int
store_tag_put(struct store *st, struct slice who, struct slice tag, int64_t now_ms,
    int64_t expires_at_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO tags (who, tag, expires_at_ms, at_ms) VALUES (?1, ?2, ?3, ?4) "
		"ON CONFLICT (who, tag) DO UPDATE SET expires_at_ms = excluded.expires_at_ms, "
		"at_ms = excluded.at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_text(&q, tag);
	query_bind_time(&q, expires_at_ms);
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0 || store_who_touched(st, who, err) < 0)
		return -1;
	return cache_put_saved(st, CACHE_TAGGED, who, &(char){1}, err);
}

int
store_tags_load(struct store *st, struct slice who, int64_t now_ms, struct arena *a,
    struct slice_list *tags_r, struct err *err)
{
	struct query q;
	struct slice *items = NULL;
	size_t count = 0;
	char has_some;
	int rc;

	rc = cache_get(st, CACHE_TAGGED, who, &has_some, err);
	if (rc <= 0) {
		if (rc == 0)
			*tags_r = (struct slice_list){NULL, 0};
		return rc;
	}
	if (query_open(&q, st,
		"SELECT tag FROM tags WHERE who = ?1 AND (expires_at_ms IS NULL OR expires_at_ms > "
		"?2) "
		"ORDER BY tag",
		err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_int(&q, now_ms);
	if (query_rows(&q, a, sizeof *items, query_read_text, &items, &count, err) < 0)
		return -1;
	*tags_r = (struct slice_list){items, count};
	return 0;
}

int
store_list_add(
    struct store *st, struct slice list, struct slice who, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO list_members (who, list, at_ms) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (who, list) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_text(&q, list);
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0 || store_who_touched(st, who, err) < 0)
		return -1;
	return cache_put_saved(st, CACHE_LISTED, who, &(char){1}, err);
}

int
store_list_has(struct store *st, struct slice list, struct slice who, struct err *err)
{
	struct query q;
	char is_on_some;
	int rc = cache_get(st, CACHE_LISTED, who, &is_on_some, err);

	if (rc <= 0)
		return rc;
	if (query_open(&q, st, "SELECT 1 FROM list_members WHERE who = ?1 AND list = ?2", err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_text(&q, list);
	return query_has_row(&q, err);
}

int
store_list_has_customer(
    struct store *st, struct slice list, const struct customer *c, struct arena *a, struct err *err)
{
	struct slice id = c->id;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i <= c->merged.count; i++) {
		const char *who;

		if (i > 0)
			id = c->merged.items[i - 1];
		who = arena_printf(a, "c:%.*s", SLICE_ARG(id));
		rc = who == NULL ? store_nomem(st, a, err)
				 : store_list_has(st, list, slice_of(who), err);
	}
	return rc;
}
