/*
 * bench_rows.c - the rows of a database that was filled by the pipeline, committed again by bare
 * SQLite: the same schema, log, sync and batches, one INSERT ... SELECT a table and batch, nothing
 * else.  Reading the rows costs bare SQLite a little; they are in memory by then.
 */
#include "store/bench.h"

#include <sqlite3.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/err.h"
#include "store/store.h"

#define ROWS_BATCH 256

/* What belongs to the posts ?1 < post_no <= ?2. */
static const char *const copies[] = {
    "INSERT INTO posts SELECT * FROM src.posts WHERE post_no > ?1 AND post_no <= ?2",
    "INSERT OR REPLACE INTO authors SELECT * FROM src.authors WHERE author_no IN "
    "(SELECT author_no FROM src.posts WHERE post_no > ?1 AND post_no <= ?2)",
    "INSERT INTO decisions SELECT * FROM src.decisions WHERE occurrence_id IN "
    "(SELECT id FROM src.posts WHERE post_no > ?1 AND post_no <= ?2)",
    "INSERT OR REPLACE INTO rule_state SELECT * FROM src.rule_state WHERE rule_id IN "
    "(SELECT d.rule_id FROM src.posts p JOIN src.decisions d ON d.occurrence_id = p.id "
    "WHERE p.post_no > ?1 AND p.post_no <= ?2)",
};
#define COPIES (sizeof copies / sizeof *copies)

struct rows {
	sqlite3 *db;
	sqlite3_stmt *copy[COPIES];
	int64_t last;
};

static int
failed(const struct rows *r, struct err *err)
{
	return err_set(err, ERR_STORE, "bare SQLite: %s", sqlite3_errmsg(r->db));
}

static int
rows_open(struct rows *r, const char *from, const char *to, struct err *err)
{
	char attach[600];
	sqlite3_stmt *last = NULL;

	snprintf(attach, sizeof attach, "ATTACH '%s' AS src", from);
	if (sqlite3_open_v2(to, &r->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_exec(r->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", NULL, NULL,
		NULL) != SQLITE_OK ||
	    sqlite3_exec(r->db, attach, NULL, NULL, NULL) != SQLITE_OK)
		return failed(r, err);
	for (size_t i = 0; i < COPIES; i++)
		if (sqlite3_prepare_v2(r->db, copies[i], -1, &r->copy[i], NULL) != SQLITE_OK)
			return failed(r, err);
	if (sqlite3_prepare_v2(r->db, "SELECT max(post_no) FROM src.posts", -1, &last, NULL) !=
		SQLITE_OK ||
	    sqlite3_step(last) != SQLITE_ROW) {
		sqlite3_finalize(last);
		return failed(r, err);
	}
	r->last = sqlite3_column_int64(last, 0);
	sqlite3_finalize(last);
	return 0;
}

static int
rows_batch(struct rows *r, int64_t after, struct err *err)
{
	if (sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return failed(r, err);
	for (size_t i = 0; i < COPIES; i++) {
		sqlite3_bind_int64(r->copy[i], 1, after);
		sqlite3_bind_int64(r->copy[i], 2, after + ROWS_BATCH);
		if (sqlite3_step(r->copy[i]) != SQLITE_DONE)
			return failed(r, err);
		sqlite3_reset(r->copy[i]);
	}
	if (sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return failed(r, err);
	return 0;
}

int
store_bench_rows(const char *from, const char *to, double seconds, const struct clock *clock,
    int64_t *posts_per_s_r, struct err *err)
{
	struct store_options o = {0};
	struct store *schema = NULL;
	struct rows r = {0};
	int64_t began_ns, took_ns, done = 0;
	int rc = -1;

	o.path = to;
	o.mode = STORE_WRITER;
	o.now_ms = clock_now_ms(clock);
	if (store_open(&o, &schema, err) < 0)
		return -1;
	store_close(schema);
	if (rows_open(&r, from, to, err) < 0)
		goto out;
	began_ns = clock_mono_ns(clock);
	do {
		if (rows_batch(&r, done, err) < 0)
			goto out;
		done += ROWS_BATCH;
		took_ns = clock_mono_ns(clock) - began_ns;
	} while (done < r.last && (double)took_ns < seconds * 1e9);
	if (done > r.last)
		done = r.last;
	*posts_per_s_r = took_ns > 0 ? (int64_t)((double)done * 1e9 / (double)took_ns) : 0;
	rc = 0;
out:
	for (size_t i = 0; i < COPIES; i++)
		sqlite3_finalize(r.copy[i]);
	sqlite3_close(r.db);
	return rc;
}
