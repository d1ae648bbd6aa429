/*
 * items.c - items, places on them, and their end.
 */
#include "store/items.h"

#include <assert.h>
#include <string.h>

#include "store/standing_internal.h"

/* Longer than any `within` of the configuration. */
#define GROWING_KEEP_MS (92 * TIME_DAY_MS)
/* A tag of each spring is not new the next one. */
#define NAME_KEEP_MS (400 * TIME_DAY_MS)
/* Above so many of a thousand names the oldest go early. */
#define FULL_MILLI 900

int
item_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	struct item_row *row = value_r;
	int rc;

	if (query_open(&q, cookie,
		"SELECT item_no, first_at_ms, last_at_ms, authors, credited_authors, state "
		"FROM items WHERE name = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	rc = query_step(&q, err);
	if (rc > 0) {
		memset(row, 0, sizeof *row);
		*row = (struct item_row){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2),
		    query_int(&q, 3), query_int(&q, 4), (enum item_state)query_int(&q, 5)};
	}
	query_close(&q);
	return rc;
}

int
item_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	const struct item_row *row = value;

	(void)key;
	if (query_open(&q, cookie,
		"UPDATE items SET last_at_ms = ?2, authors = ?3, credited_authors = ?4, "
		"state = ?5 WHERE item_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, row->item_no);
	query_bind_int(&q, row->last_at_ms);
	query_bind_int(&q, row->authors);
	query_bind_int(&q, row->credited_authors);
	query_bind_int(&q, row->state);
	return query_run(&q, err);
}

int
store_item_get(struct store *st, struct slice name, struct item_row *row_r, struct err *err)
{
	return cache_get(st, CACHE_ITEMS, name, row_r, err);
}

int
store_item_put(struct store *st, struct slice name, const struct item_row *row, struct err *err)
{
	return cache_put(st, CACHE_ITEMS, name, row, err);
}

static int
insert_item(struct store *st, struct slice name, struct item_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO items (name, first_at_ms, last_at_ms, authors, credited_authors, "
		"state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		err) < 0)
		return -1;
	query_bind_text(&q, name);
	query_bind_int(&q, row->first_at_ms);
	query_bind_int(&q, row->last_at_ms);
	query_bind_int(&q, row->authors);
	query_bind_int(&q, row->credited_authors);
	query_bind_int(&q, row->state);
	if (query_run(&q, err) < 0)
		return -1;
	row->item_no = sqlite3_last_insert_rowid(st->db);
	return cache_put_saved(st, CACHE_ITEMS, name, row, err);
}

int
store_item_add(struct store *st, struct slice name, struct item_row *row, struct err *err)
{
	struct item_row all = {.state = ITEM_FEED};
	int rc = cache_get(st, CACHE_ITEMS, SLICE_LIT(""), &all, err);

	assert(name.len > 0 && name.len <= STORE_ITEM_NAME_MAX);
	all.last_at_ms = INT64_MAX; /* never tidied */
	if (rc < 0 || (rc == 0 && insert_item(st, SLICE_LIT(""), &all, err) < 0))
		return -1;
	if (all.authors >= STORE_ITEMS_MAX)
		return 0;
	all.authors++;
	if (store_item_put(st, SLICE_LIT(""), &all, err) < 0 || insert_item(st, name, row, err) < 0)
		return -1;
	return 1;
}

/* ---- places ------------------------------------------------------------------- */

struct place {
	int64_t place, at_ms;
};

struct place_key {
	int64_t item_no, author_no;
};

static struct slice
place_key(const struct place_key *k)
{
	return slice_make((const char *)k, sizeof *k);
}

int
place_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	struct place_key k;
	struct place *p = value_r;
	int rc;

	memcpy(&k, key.ptr, sizeof k);
	if (query_open(&q, cookie,
		"SELECT place, at_ms FROM item_authors WHERE item_no = ?1 AND author_no = ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, k.item_no);
	query_bind_int(&q, k.author_no);
	rc = query_step(&q, err);
	if (rc > 0)
		*p = (struct place){query_int(&q, 0), query_int(&q, 1)};
	query_close(&q);
	return rc;
}

int
place_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	struct place_key k;
	const struct place *p = value;

	memcpy(&k, key.ptr, sizeof k);
	if (query_open(&q, cookie,
		"INSERT OR REPLACE INTO item_authors (item_no, author_no, place, at_ms) "
		"VALUES (?1, ?2, ?3, ?4)",
		err) < 0)
		return -1;
	query_bind_int(&q, k.item_no);
	query_bind_int(&q, k.author_no);
	query_bind_int(&q, p->place);
	query_bind_int(&q, p->at_ms);
	return query_run(&q, err);
}

_Static_assert(sizeof(struct place) == PLACE_CACHED_BYTES, "caches.c names the size");

int
store_place_has(struct store *st, int64_t item_no, int64_t author_no, struct err *err)
{
	struct place_key k = {item_no, author_no};
	struct place p;

	return cache_get(st, CACHE_PLACES, place_key(&k), &p, err);
}

int
store_place_put(struct store *st, int64_t item_no, int64_t author_no, int64_t place, int64_t at_ms,
    struct err *err)
{
	struct place_key k = {item_no, author_no};
	struct place p = {place, at_ms};

	return cache_put(st, CACHE_PLACES, place_key(&k), &p, err);
}

static int
read_place(struct query *q, struct arena *a, void *row, struct err *err)
{
	(void)a;
	(void)err;
	*(struct place_row *)row = (struct place_row){query_int(q, 0), query_int(q, 1)};
	return 0;
}

int
store_places(struct store *st, int64_t item_no, int64_t up_to, struct arena *a,
    struct place_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (overlay_flush(st->caches[CACHE_PLACES], err) < 0 ||
	    query_open(&q, st,
		"SELECT author_no, place FROM item_authors WHERE item_no = ?1 AND place <= ?2 "
		"ORDER BY place",
		err) < 0)
		return -1;
	query_bind_int(&q, item_no);
	query_bind_int(&q, up_to);
	return query_rows(&q, a, sizeof **rows_r, read_place, rows_r, count_r, err);
}

/* What is cached of such an item is not asked for again. */
int
store_places_drop(struct store *st, int64_t item_no, int64_t behind, struct err *err)
{
	struct query q;

	if (overlay_flush(st->caches[CACHE_PLACES], err) < 0 ||
	    query_open(&q, st, "DELETE FROM item_authors WHERE item_no = ?1 AND place > ?2", err) <
		0)
		return -1;
	query_bind_int(&q, item_no);
	query_bind_int(&q, behind);
	return query_run(&q, err);
}

static int
read_early(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct early_item *e = row;

	(void)err;
	e->name = query_text(q, 0, a);
	e->place = query_int(q, 1);
	e->authors = query_int(q, 2);
	return 0;
}

/* State 2 and 3; a place counts against the authors there were when credit was last given. */
#define EARLY_ITEMS                                                                                \
	" FROM item_authors JOIN items USING (item_no) WHERE author_no = ?1 AND state IN (2, 3) "  \
	"AND place * 1000 <= credited_authors * ?2"

int
store_items_early(struct store *st, int64_t author_no, int64_t share_milli, size_t limit,
    struct arena *a, struct early_item **rows_r, size_t *count_r, int64_t *all_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT count(*)" EARLY_ITEMS, err) < 0)
		return -1;
	query_bind_int(&q, author_no);
	query_bind_int(&q, share_milli);
	rc = query_step(&q, err);
	*all_r = rc > 0 ? query_int(&q, 0) : 0;
	query_close(&q);
	if (rc < 0 ||
	    query_open(&q, st,
		"SELECT name, place, credited_authors" EARLY_ITEMS
		" ORDER BY place * 1000 / credited_authors, name LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_int(&q, author_no);
	query_bind_int(&q, share_milli);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_early, rows_r, count_r, err);
}

/* ---- the end -------------------------------------------------------------------- */

_Static_assert(
    ITEM_OLD == 0 && ITEM_GROWING == 1 && ITEM_SUCCEEDED == 2 && ITEM_DONE == 3 && ITEM_FEED == 4,
    "states in the statements here");

static int
change(struct store *st, const char *sql, int64_t bound, int64_t *rows, struct err *err)
{
	struct query q;

	if (*rows <= 0)
		return 0;
	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_int(&q, bound);
	query_bind_int(&q, *rows);
	if (query_run(&q, err) < 0)
		return -1;
	*rows -= sqlite3_changes(st->db);
	return 0;
}

/* Names not heard since then, with their places. */
static int
forget_names(struct store *st, int64_t before_ms, int64_t *rows, struct err *err)
{
	struct query q;
	int64_t left = *rows;

	if (change(st,
		"DELETE FROM item_authors WHERE item_no IN (SELECT item_no FROM items "
		"WHERE last_at_ms < ?1 AND state <> 4 ORDER BY last_at_ms, item_no LIMIT ?2)",
		before_ms, &left, err) < 0)
		return -1;
	left = *rows;
	if (change(st,
		"DELETE FROM items WHERE item_no IN (SELECT item_no FROM items "
		"WHERE last_at_ms < ?1 AND state <> 4 ORDER BY last_at_ms, item_no LIMIT ?2)",
		before_ms, rows, err) < 0 ||
	    query_open(&q, st, "UPDATE items SET authors = authors - ?1 WHERE name = ''", err) < 0)
		return -1;
	query_bind_int(&q, left - *rows);
	return query_run(&q, err);
}

int
store_items_tidy(struct store *st, int64_t now_ms, int64_t rows, int64_t *left_r, struct err *err)
{
	struct item_row all = {0};
	int64_t left = rows, over;

	*left_r = rows;
	if (rows <= 0)
		return 0;
	if (overlay_flush(st->caches[CACHE_ITEMS], err) < 0 ||
	    overlay_flush(st->caches[CACHE_PLACES], err) < 0 ||
	    change(st,
		"DELETE FROM item_authors WHERE item_no IN (SELECT item_no FROM items "
		"WHERE state = 1 AND first_at_ms < ?1 ORDER BY first_at_ms, item_no LIMIT ?2)",
		now_ms - GROWING_KEEP_MS, &(int64_t){left}, err) < 0 ||
	    change(st,
		"UPDATE items SET state = 0 WHERE item_no IN (SELECT item_no FROM items "
		"WHERE state = 1 AND first_at_ms < ?1 ORDER BY first_at_ms, item_no LIMIT ?2)",
		now_ms - GROWING_KEEP_MS, &left, err) < 0 ||
	    forget_names(st, now_ms - NAME_KEEP_MS, &left, err) < 0 ||
	    item_row_load(st, SLICE_LIT(""), &all, err) < 0)
		return -1;
	over = all.authors - (int64_t)STORE_ITEMS_MAX * FULL_MILLI / 1000;
	if (over > 0) {
		int64_t some = over < left ? over : left, asked = some;

		if (forget_names(st, INT64_MAX, &some, err) < 0)
			return -1;
		left -= asked - some;
	}
	if (left != rows) {
		overlay_forget_all(st->caches[CACHE_ITEMS]);
		overlay_forget_all(st->caches[CACHE_PLACES]);
	}
	*left_r = left;
	return 0;
}
