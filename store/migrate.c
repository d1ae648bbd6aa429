/*
 * migrate.c - the schema's steps, in order, each in a transaction of its own.
 *
 * PRAGMA user_version says how far a database is; PRAGMA application_id that it is ours at all.  A
 * step, once released, never changes: the next one is a new file.
 */
#include "store/store_internal.h"

#include <assert.h>

#define APPLICATION_ID 0x45415253 /* "EARS" */

/* The Makefile puts each file of store/migrations/ into the program, with a NUL behind it. */
extern const char embed_store_migrations_0001_spine_sql[];
extern const char embed_store_migrations_0002_rules_sql[];
extern const char embed_store_migrations_0003_customers_sql[];
extern const char embed_store_migrations_0004_events_sql[];
extern const char embed_store_migrations_0005_links_sql[];
extern const char embed_store_migrations_0006_standing_sql[];
extern const char embed_store_migrations_0007_segments_sql[];
extern const char embed_store_migrations_0008_erasure_sql[];
extern const char embed_store_migrations_0009_rules_parts_sql[];
extern const char embed_store_migrations_0010_counted_sql[];
extern const char embed_store_migrations_0011_streams_sql[];

static const struct {
	int version;
	const char *name;
	const char *sql;
} migrations[] = {
    {1, "0001_spine", embed_store_migrations_0001_spine_sql},
    {2, "0002_rules", embed_store_migrations_0002_rules_sql},
    {3, "0003_customers", embed_store_migrations_0003_customers_sql},
    {4, "0004_events", embed_store_migrations_0004_events_sql},
    {5, "0005_links", embed_store_migrations_0005_links_sql},
    {6, "0006_standing", embed_store_migrations_0006_standing_sql},
    {7, "0007_segments", embed_store_migrations_0007_segments_sql},
    {8, "0008_erasure", embed_store_migrations_0008_erasure_sql},
    {9, "0009_rules_parts", embed_store_migrations_0009_rules_parts_sql},
    {10, "0010_counted", embed_store_migrations_0010_counted_sql},
    {11, "0011_streams", embed_store_migrations_0011_streams_sql},
};

#define MIGRATION_COUNT (sizeof migrations / sizeof migrations[0])

int
store_schema_latest(void)
{
	return migrations[MIGRATION_COUNT - 1].version;
}

static int
read_int(struct store *st, const char *sql, int64_t *value_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	return query_number(&q, value_r, err) < 0 ? -1 : 0;
}

int
migrate_version_read(struct store *st, int *version_r, struct err *err)
{
	int64_t version = 0, id = 0, tables = 0;

	if (read_int(st, "SELECT user_version FROM pragma_user_version", &version, err) < 0 ||
	    read_int(st, "SELECT application_id FROM pragma_application_id", &id, err) < 0 ||
	    read_int(st, "SELECT count(*) FROM sqlite_schema", &tables, err) < 0)
		return -1;
	if (id != APPLICATION_ID && (id != 0 || version != 0 || tables > 0))
		return store_fail(
		    st, ERR_STORE, err, "'%s' is a database of another program", st->path);
	if (version > store_schema_latest())
		return store_fail(st, ERR_STORE, err,
		    "'%s' was written by a newer Earshot (schema %lld, this program knows %d): "
		    "use that version, or restore a backup",
		    st->path, (long long)version, store_schema_latest());
	*version_r = (int)version;
	return 0;
}

static int
record(struct store *st, size_t i, int64_t now_ms, struct err *err)
{
	char key[64], value[TIME_TEXT_MAX], pragma[96];

	snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d; PRAGMA application_id=%d;",
	    migrations[i].version, APPLICATION_ID);
	if (store_exec(st, pragma, err) < 0)
		return -1;
	snprintf(key, sizeof key, "migration.%s", migrations[i].name);
	time_format_rfc3339(now_ms, value);
	if (store_meta_set(st, key, slice_of(value), err) < 0)
		return -1;
	return migrations[i].version == 1 ? store_meta_set(st, "created_at", slice_of(value), err)
					  : 0;
}

/* One step; nothing when another program took it while we waited for the lock. */
static int
step(struct store *st, size_t i, int64_t now_ms, struct err *err)
{
	int version, rc = -1;

	if (store_begin(st, err) < 0)
		return -1;
	if (migrate_version_read(st, &version, err) < 0)
		goto out;
	if (version >= migrations[i].version) {
		rc = 0;
		goto out;
	}
	if (store_exec(st, migrations[i].sql, err) < 0 || record(st, i, now_ms, err) < 0) {
		err_prefix(err, "migration %s", migrations[i].name);
		goto out;
	}
	rc = store_commit(st, err);
out:
	store_rollback(st);
	return rc;
}

int
migrate_run(struct store *st, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < MIGRATION_COUNT; i++) {
		int version;

		assert(i == 0 || migrations[i].version == migrations[i - 1].version + 1);
		if (migrate_version_read(st, &version, err) < 0)
			return -1;
		if (version < migrations[i].version && step(st, i, now_ms, err) < 0)
			return -1;
	}
	st->schema_version = store_schema_latest();
	return 0;
}
