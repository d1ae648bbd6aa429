/*
 * store_again.h - a store in memory that is emptied and used again, as if it were just opened.
 *
 * Opening one runs every migration and compiles every statement anew: some fifty times what most
 * inputs cost.  Emptying takes the rows of all tables, puts back those that a new database has, and
 * forgets what the caches hold.
 *
 * Ownership: the desk keeps the store until the program ends.
 */
#ifndef TESTS_FUZZ_STORE_AGAIN_H
#define TESTS_FUZZ_STORE_AGAIN_H

#include <stdio.h>

#include <sqlite3.h>

#include "store/store.h"
#include "store/store_internal.h"
#include "tests/fuzz/fuzz_law.h"

#define STORE_AGAIN_STEPS 256

struct store_again {
	struct store *st;
	sqlite3_stmt *steps[STORE_AGAIN_STEPS];
	size_t step_count;
};

static inline void
store_again_step(struct store_again *d, const char *sql)
{
	LAW(d->step_count < STORE_AGAIN_STEPS);
	LAW(sqlite3_prepare_v2(d->st->db, sql, -1, &d->steps[d->step_count], NULL) == SQLITE_OK);
	d->step_count++;
}

/* One more table: how it is emptied; and filled again, when a new database has rows there. */
static inline int
store_again_table(void *cookie, int columns, char **values, char **names)
{
	struct store_again *d = cookie;
	int64_t rows = 0;
	char sql[256];

	(void)names;
	LAW(columns == 1);
	LAW(store_count(d->st, values[0], &rows, NULL) == 0);
	snprintf(sql, sizeof sql, "DELETE FROM main.%s", values[0]);
	store_again_step(d, sql);
	if (rows == 0)
		return 0;
	snprintf(sql, sizeof sql, "CREATE TEMP TABLE kept_%s AS SELECT * FROM main.%s", values[0],
	    values[0]);
	LAW(sqlite3_exec(d->st->db, sql, NULL, NULL, NULL) == SQLITE_OK);
	snprintf(sql, sizeof sql, "INSERT INTO main.%s SELECT * FROM temp.kept_%s", values[0],
	    values[0]);
	store_again_step(d, sql);
	return 0;
}

static inline void
store_again_open(struct store_again *d, const struct store_options *o)
{
	/* The audit cannot be emptied, except here. */
	static const char unlock[] =
	    "DROP TRIGGER audit_is_not_emptied; DROP TRIGGER audit_is_not_changed";
	static const char tables[] = "SELECT name FROM sqlite_schema WHERE type = 'table' "
				     "AND name NOT LIKE 'sqlite~_%' ESCAPE '~'";

	LAW(store_open(o, &d->st, NULL) == 0);
	LAW(sqlite3_exec(d->st->db, unlock, NULL, NULL, NULL) == SQLITE_OK);
	LAW(sqlite3_exec(d->st->db, tables, store_again_table, d, NULL) == SQLITE_OK);
}

static inline void
store_again_empty(struct store_again *d)
{
	struct err err;

	store_rollback(d->st);
	LAW(store_begin(d->st, &err) == 0);
	for (size_t i = 0; i < d->step_count; i++) {
		LAW(sqlite3_step(d->steps[i]) == SQLITE_DONE);
		LAW(sqlite3_reset(d->steps[i]) == SQLITE_OK);
	}
	for (size_t i = 0; i < CACHE_COUNT; i++)
		overlay_forget_all(d->st->caches[i]);
	LAW(store_commit(d->st, &err) == 0);
	d->st->erasures = ERASURES_UNKNOWN;
}

/* The desk's store, without what the last one did to it. */
static inline struct store *
store_again(struct store_again *d, const struct store_options *o)
{
	if (d->st == NULL)
		store_again_open(d, o);
	else
		store_again_empty(d);
	return d->st;
}

#endif
