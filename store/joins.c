/*
 * joins.c - the journal of joins, and what follows when a tree of subjects grows or falls apart.
 */
#include <assert.h>

#include "store/joins_internal.h"

int
store_subject_root(
    struct store *st, struct slice subject, struct arena *a, struct slice *root_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"WITH RECURSIVE up (subject, steps) AS (VALUES (?1, 0) UNION ALL SELECT "
		"to_subject, "
		"steps + 1 FROM subject_joins JOIN up ON from_subject = up.subject WHERE "
		"undone_at_ms IS NULL) SELECT subject FROM up ORDER BY steps DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, subject);
	rc = query_step(&q, err);
	if (rc > 0) {
		*root_r = query_text(&q, 0, a);
		rc = query_check(&q, err);
	}
	query_close(&q);
	return rc;
}

int
store_subject_join_of(struct store *st, struct slice subject, int64_t *join_no_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT join_no FROM subject_joins WHERE from_subject = ?1 AND undone_at_ms IS "
		"NULL",
		err) < 0)
		return -1;
	query_bind_text(&q, subject);
	return query_number(&q, join_no_r, err);
}

/* ---- timers ------------------------------------------------------------- */

static int
timers_move(struct store *st, struct slice from, struct slice to, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "UPDATE timers SET subject = ?2 WHERE subject = ?1", err) < 0)
		return -1;
	query_bind_text(&q, from);
	query_bind_text(&q, to);
	return query_run(&q, err);
}

/* A timer goes with the author of its post, or with who that author is linked to. */
static int
timers_split(struct store *st, struct slice from, struct slice old_root, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		JOINS_TREE
		"UPDATE timers SET subject = ?1 WHERE timer_no IN (SELECT timer_no FROM timers t "
		"JOIN posts p ON p.post_no = t.post_no JOIN authors w ON w.author_no = p.author_no "
		"WHERE t.subject = ?2 AND ('a:' || w.id IN (SELECT subject FROM tree) OR EXISTS ("
		"SELECT 1 FROM links WHERE author_id = w.id AND unlinked_at_ms IS NULL AND "
		"'c:' || customer_id IN (SELECT subject FROM tree))))",
		err) < 0)
		return -1;
	query_bind_text(&q, from);
	query_bind_text(&q, old_root);
	return query_run(&q, err);
}

/* ---- joining ------------------------------------------------------------ */

static int
join_write(struct store *st, struct slice from, struct slice to, struct slice cause,
    struct slice source, struct slice reason, int64_t now_ms, int64_t *join_no_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO subject_joins (from_subject, to_subject, cause, source, reason, "
		"at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		err) < 0)
		return -1;
	query_bind_text(&q, from);
	query_bind_text(&q, to);
	query_bind_text(&q, cause);
	query_bind_text(&q, source);
	query_bind_text(&q, reason);
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0)
		return -1;
	*join_no_r = sqlite3_last_insert_rowid(st->db);
	return 0;
}

/* Both sides' spells end; from goes below the root of to. */
static int
roots_join(struct store *st, struct slice from, struct slice root, int64_t now_ms, struct arena *a,
    struct err *err)
{
	if (spell_end(st, from, now_ms, a, err) < 0 || spell_end(st, root, now_ms, a, err) < 0)
		return -1;
	return spells_clear(st, from, a, err);
}

/* What an earlier join of from holds goes its own way first. */
static int
leave_earlier(
    struct store *st, struct slice from, struct slice source, int64_t now_ms, struct err *err)
{
	int64_t earlier;
	int rc = store_subject_join_of(st, from, &earlier, err);

	return rc <= 0 ? rc : store_subjects_split(st, earlier, source, now_ms, err);
}

int
store_subjects_join(struct store *st, struct slice from, struct slice to, struct slice cause,
    struct slice source, struct slice reason, int64_t now_ms, int64_t *join_no_r, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct slice root, own_root;
	int64_t join_no = 0;
	int rc = -1;

	assert(st->is_in_transaction && st->mode != STORE_READER);
	if (a == NULL)
		return store_nomem(st, NULL, err);
	if (store_subject_root(st, to, a, &root, err) < 0 ||
	    store_subject_root(st, from, a, &own_root, err) < 0)
		goto out;
	rc = 0;
	if (slice_eq(root, own_root))
		goto out;
	if (leave_earlier(st, from, source, now_ms, err) < 0 ||
	    roots_join(st, from, root, now_ms, a, err) < 0 ||
	    join_write(st, from, to, cause, source, reason, now_ms, &join_no, err) < 0 ||
	    spells_sum(st, root, a, err) < 0 || timers_move(st, from, root, err) < 0)
		rc = -1;
	else
		rc = 1;
out:
	arena_free(a);
	if (rc >= 0)
		*join_no_r = join_no;
	return rc;
}

/* ---- taking apart ------------------------------------------------------- */

/* 1 with who went to whom, 0, -1. */
static int
join_load(struct store *st, int64_t join_no, struct arena *a, struct slice *from_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT from_subject FROM subject_joins WHERE join_no = ?1 AND undone_at_ms IS "
		"NULL",
		err) < 0)
		return -1;
	query_bind_int(&q, join_no);
	rc = query_step(&q, err);
	if (rc > 0) {
		*from_r = query_text(&q, 0, a);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

static int
join_end(struct store *st, int64_t join_no, struct slice by, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE subject_joins SET undone_at_ms = ?2, undone_by = ?3 WHERE join_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, join_no);
	query_bind_int(&q, now_ms);
	query_bind_text(&q, by);
	return query_run(&q, err);
}

static int
split(struct store *st, int64_t join_no, struct slice by, int64_t now_ms, struct arena *a,
    struct err *err)
{
	struct slice from, root;
	int rc = join_load(st, join_no, a, &from, err);

	if (rc <= 0)
		return rc;
	if (store_subject_root(st, from, a, &root, err) < 0 ||
	    spell_end(st, root, now_ms, a, err) < 0 || spells_clear(st, root, a, err) < 0 ||
	    join_end(st, join_no, by, now_ms, err) < 0 || spells_sum(st, root, a, err) < 0 ||
	    spells_sum(st, from, a, err) < 0 || timers_split(st, from, root, err) < 0)
		return -1;
	return 1;
}

int
store_subjects_split(
    struct store *st, int64_t join_no, struct slice by, int64_t now_ms, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	int rc;

	assert(st->is_in_transaction && st->mode != STORE_READER);
	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = split(st, join_no, by, now_ms, a, err);
	arena_free(a);
	return rc;
}
