/*
 * store.c - the connection and its transaction; small tables of everybody.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "store/store_internal.h"

/* Copying the log back costs the commit that does it some milliseconds; the larger the log, the
 * fewer random pages are written twice. 4,000 pages are 16 MB, about 5,000 posts. */
#define CHECKPOINT_PAGES 4000
/* Nobody waits when there is nothing to do: then a part of that is enough, and the next commit that
 * copies under load comes later. */
#define IDLE_SHARE 4
/* Readers one after another may keep the log from starting anew for ever; then the writer waits a
 * moment for a gap. */
#define RESTART_FACTOR 8 /* times CHECKPOINT_PAGES */
#define RESTART_WAIT_MS 50
/* Virtual machine steps between two looks at whether a reader is overdue: a few milliseconds. */
#define OVERDUE_STEPS 100000

/* ---- opening ---------------------------------------------------------- */

static int
on_commit(void *cookie, sqlite3 *db, const char *name, int pages)
{
	struct store *st = cookie;

	(void)db;
	(void)name;
	if (pages < st->wal_pages) { /* it started anew */
		st->checkpoint_at_pages = st->checkpoint_pages;
		st->idle_at_pages = st->checkpoint_pages / IDLE_SHARE;
	}
	st->wal_pages = pages;
	return SQLITE_OK;
}

static int
on_progress(void *cookie)
{
	return query_is_overdue(cookie) ? 1 : 0;
}

/* SQLite would create the file for everybody to read; it holds what customers are.  The directory
 * is synced so that a power cut does not take the file's name. */
static int
create_file(const char *path, struct err *err)
{
	char *dir = NULL, *slash;
	int fd, dir_fd = -1, rc = -1;

	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST
		    ? 0
		    : err_set(err, ERR_STORE, "cannot create '%s': %s", path, strerror(errno));
	dir = mem_strdup(path);
	if (dir == NULL) {
		err_set(err, ERR_NOMEM, "no memory to create '%s'", path);
		goto out;
	}
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	dir_fd = open(slash == NULL ? "." : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || fsync(dir_fd) < 0) {
		err_set(err, ERR_STORE, "cannot create '%s': %s", path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	close(fd);
	if (dir_fd >= 0)
		close(dir_fd);
	mem_free(dir);
	return rc;
}

static int
note_journal_mode(void *cookie, int columns, char **values, char **names)
{
	bool *is_wal = cookie;

	(void)names;
	*is_wal = columns == 1 && values[0] != NULL && slice_eq_str(SLICE_LIT("wal"), values[0]);
	return 0;
}

/* SQLite stays silently with what it had where a log in shared memory is not possible. */
static int
use_wal(struct store *st, struct err *err)
{
	bool is_wal = false;
	int rc = sqlite3_exec(st->db, "PRAGMA journal_mode=WAL", note_journal_mode, &is_wal, NULL);

	if (rc != SQLITE_OK)
		return store_error(st, rc, err);
	if (!is_wal)
		return store_fail(st, ERR_STORE, err,
		    "'%s' cannot have a write-ahead log here: use a local file system", st->path);
	return 0;
}

static int
configure(struct store *st, struct err *err)
{
	static const char common[] = "PRAGMA foreign_keys=OFF;"
				     "PRAGMA temp_store=MEMORY;"
				     "PRAGMA trusted_schema=OFF;";
	static const char writer[] = "PRAGMA synchronous=FULL;"
				     "PRAGMA secure_delete=ON;"
				     "PRAGMA cache_size=-32768;";
	static const char reader[] = "PRAGMA query_only=ON;"
				     "PRAGMA cache_size=-8192;";
	char limit[64];

	sqlite3_busy_timeout(st->db, STORE_BUSY_MS);
	sqlite3_limit(st->db, SQLITE_LIMIT_LENGTH, STORE_ROW_MAX);
	sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (store_exec(st, common, err) < 0)
		return -1;
	if (st->mode == STORE_READER) {
		sqlite3_progress_handler(st->db, OVERDUE_STEPS, on_progress, st);
		return store_exec(st, reader, err);
	}
	if (st->mode == STORE_MEMORY)
		return 0;
	/* Whose file it is must be known before its header is changed. */
	if (migrate_version_read(st, &st->schema_version, err) < 0 || use_wal(st, err) < 0)
		return -1;
	snprintf(limit, sizeof limit, "PRAGMA journal_size_limit=%d", STORE_WAL_KEEP_BYTES);
	if (store_exec(st, writer, err) < 0 || store_exec(st, limit, err) < 0)
		return -1;
	/* Takes the place of SQLite's own checkpoints, which have no way to say that they failed.
	 */
	sqlite3_wal_hook(st->db, on_commit, st);
	return 0;
}

static int
open_schema(struct store *st, const struct store_options *o, struct err *err)
{
	st->schema_found = st->schema_version;
	if (st->mode != STORE_READER)
		return migrate_run(st, o->now_ms, err);
	if (migrate_version_read(st, &st->schema_version, err) < 0)
		return -1;
	if (st->schema_version < store_schema_latest())
		return err_set(err, ERR_STORE,
		    "'%s' is older than this program (schema %d, needed %d): "
		    "start the daemon once to bring it up to date",
		    st->path, st->schema_version, store_schema_latest());
	return 0;
}

static int
open_file(struct store *st, const struct store_options *o, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, rc;

	if (st->mode == STORE_READER)
		flags |= SQLITE_OPEN_READONLY;
	else
		flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	if (st->mode == STORE_READER && access(st->path, F_OK) < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no database '%s' yet: the daemon's first start makes it", st->path);
	if (st->mode == STORE_WRITER && create_file(st->path, err) < 0)
		return -1;
	rc = sqlite3_open_v2(st->path, &st->db, flags, o->vfs);
	return rc == SQLITE_OK ? 0 : store_error(st, rc, err);
}

/* Prepared ahead: giving up must not need memory.  Behind the migrations, because a changed schema
 * makes a statement prepare again. */
static int
prepare_rollback(struct store *st, struct err *err)
{
	int rc = sqlite3_prepare_v3(
	    st->db, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &st->rollback, NULL);

	return rc == SQLITE_OK ? 0 : store_error(st, rc, err);
}

static int
read_data_version(struct store *st, int64_t *version_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "PRAGMA data_version", err) < 0)
		return -1;
	return query_number(&q, version_r, err) < 0 ? -1 : 0;
}

int
store_open(const struct store_options *o, struct store **store_r, struct err *err)
{
	struct store *st;

	assert(o->mode == STORE_MEMORY || o->path != NULL);
	st = mem_zalloc(sizeof *st);
	if (st == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a database connection");
	st->mode = o->mode;
	st->checkpoint_pages = o->checkpoint_pages > 0 ? o->checkpoint_pages : CHECKPOINT_PAGES;
	st->checkpoint_at_pages = st->checkpoint_pages;
	st->idle_at_pages = st->checkpoint_pages / IDLE_SHARE;
	st->wal_ceiling_bytes =
	    o->wal_ceiling_bytes > 0 ? o->wal_ceiling_bytes : STORE_WAL_CEILING_BYTES;
	buf_init(&st->json_a, STORE_ROW_MAX);
	buf_init(&st->json_b, STORE_ROW_MAX);
	buf_init(&st->key, STORE_KEY_MAX);
	st->path = mem_strdup(o->mode == STORE_MEMORY ? ":memory:" : o->path);
	if (st->path == NULL) {
		err_set(err, ERR_NOMEM, "no memory for a database connection");
		goto fail;
	}
	if (st->mode != STORE_READER && caches_new(st, o->hash_seed, o->cache_entries, err) < 0)
		goto fail;
	if (open_file(st, o, err) < 0 || configure(st, err) < 0 || open_schema(st, o, err) < 0 ||
	    read_data_version(st, &st->data_version, err) < 0 || prepare_rollback(st, err) < 0)
		goto fail;
	*store_r = st;
	return 0;
fail:
	store_close(st);
	return -1;
}

void
store_close(struct store *st)
{
	if (st == NULL)
		return;
	store_rollback(st);
	store_statements_end(st);
	sqlite3_finalize(st->rollback);
	if (st->db != NULL) {
		int rc = sqlite3_close(st->db);

		assert(rc == SQLITE_OK); /* else a statement was left open */
		(void)rc;
	}
	for (size_t i = 0; i < CACHE_COUNT; i++)
		overlay_free(st->caches[i]);
	touched_fini(st);
	buf_fini(&st->json_a);
	buf_fini(&st->json_b);
	buf_fini(&st->key);
	mem_free(st->path);
	mem_free(st);
}

int
store_schema_version(const struct store *st)
{
	return st->schema_version;
}

int
store_schema_found(const struct store *st)
{
	return st->schema_found;
}

/* ---- the transaction -------------------------------------------------- */

static void
drop_caches(struct store *st)
{
	for (size_t i = 0; i < CACHE_COUNT; i++)
		if (st->caches[i] != NULL)
			overlay_drop(st->caches[i]);
}

/* Another connection wrote since our last look (a verb while no daemon ran, a person with a shell):
 * what we remember may be old. */
static int
begin_writer(struct store *st, struct err *err)
{
	int64_t version = 0;

	if (read_data_version(st, &version, err) < 0)
		return -1;
	if (version != st->data_version) {
		st->erasures = ERASURES_UNKNOWN;
		for (size_t i = 0; i < CACHE_COUNT; i++)
			overlay_forget_all(st->caches[i]);
	}
	st->data_version = version;
	return 0;
}

/* A deferred transaction sees what is committed when it first reads; so read. */
static int
begin_reader(struct store *st, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM meta LIMIT 1", err) < 0 || query_has_row(&q, err) < 0)
		return -1;
	query_note_begin(st);
	return 0;
}

/* Many failures roll back by themselves.  A ROLLBACK can fail for want of memory only; then
 * store_begin() tries again. */
static void
end_transaction(struct store *st)
{
	if (sqlite3_get_autocommit(st->db))
		return;
	if (st->rollback != NULL) {
		(void)sqlite3_step(st->rollback);
		(void)sqlite3_reset(st->rollback);
	} else {
		(void)sqlite3_exec(st->db, "ROLLBACK", NULL, NULL, NULL);
	}
}

int
store_begin(struct store *st, struct err *err)
{
	bool is_reader = st->mode == STORE_READER;
	int rc;

	assert(!st->is_in_transaction);
	end_transaction(st);
	if (store_exec(st, is_reader ? "BEGIN" : "BEGIN IMMEDIATE", err) < 0)
		return -1;
	st->is_in_transaction = true;
	st->is_broken = false;
	st->wal_begin_bytes = INT64_MAX / 2; /* not known yet */
	rc = is_reader ? begin_reader(st, err) : begin_writer(st, err);
	if (rc < 0)
		store_rollback(st);
	return rc;
}

/* A failure is no harm: the log has it all; the next try comes when as much again was added. */
static void
checkpoint(struct store *st, int mode)
{
	sqlite3_wal_checkpoint_v2(st->db, "main", mode, NULL, NULL);
	st->checkpoint_at_pages = st->wal_pages + st->checkpoint_pages;
	st->idle_at_pages = st->wal_pages + st->checkpoint_pages / IDLE_SHARE;
}

static void
checkpoint_when_due(struct store *st)
{
	if (st->wal_pages < st->checkpoint_at_pages)
		return;
	if (st->wal_pages < RESTART_FACTOR * st->checkpoint_pages) {
		checkpoint(st, SQLITE_CHECKPOINT_PASSIVE);
		return;
	}
	sqlite3_busy_timeout(st->db, RESTART_WAIT_MS);
	checkpoint(st, SQLITE_CHECKPOINT_RESTART);
	sqlite3_busy_timeout(st->db, STORE_BUSY_MS);
}

void
store_idle(struct store *st)
{
	assert(!st->is_in_transaction && st->mode != STORE_READER);
	if (st->must_scrub)
		(void)store_scrub(st);
	else if (st->wal_pages >= st->idle_at_pages)
		checkpoint(st, SQLITE_CHECKPOINT_PASSIVE);
}

int
store_scrub(struct store *st)
{
	int rc;

	assert(!st->is_in_transaction);
	if (st->mode != STORE_WRITER)
		return 1;
	sqlite3_busy_timeout(st->db, RESTART_WAIT_MS);
	rc = sqlite3_wal_checkpoint_v2(st->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(st->db, STORE_BUSY_MS);
	st->must_scrub = rc != SQLITE_OK;
	if (rc == SQLITE_OK) {
		st->wal_pages = 0;
		st->checkpoint_at_pages = st->checkpoint_pages;
		st->idle_at_pages = st->checkpoint_pages / IDLE_SHARE;
	}
	return rc == SQLITE_OK;
}

int
store_flush(struct store *st, struct err *err)
{
	assert(st->is_in_transaction && st->mode != STORE_READER);
	if (st->is_broken || sqlite3_get_autocommit(st->db)) {
		if (err != NULL)
			*err = st->broken;
		return -1;
	}
	for (size_t i = 0; i < CACHE_COUNT; i++)
		if (overlay_flush(st->caches[i], err) < 0)
			return -1;
	return 0;
}

/* What is committed into a file that nobody can open again is lost. */
static int
check_place(struct store *st, struct err *err)
{
	int has_moved = 0;

	if (st->mode == STORE_MEMORY ||
	    sqlite3_file_control(st->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) != SQLITE_OK ||
	    !has_moved)
		return 0;
	return err_set(err, ERR_STORE,
	    "'%s' was deleted or moved while it was open: put the file back, or stop and start "
	    "again",
	    st->path);
}

static int
commit_writer(struct store *st, struct err *err)
{
	if (touched_settle(st, err) < 0 || store_flush(st, err) < 0 || check_place(st, err) < 0)
		return -1;
	return store_exec(st, "COMMIT", err);
}

int
store_commit(struct store *st, struct err *err)
{
	int rc;

	assert(st->is_in_transaction);
	if (st->mode == STORE_READER) {
		store_rollback(st); /* nothing to keep; and an overdue snapshot ends as well */
		return 0;
	}
	rc = commit_writer(st, err);
	if (rc < 0) {
		store_rollback(st);
		return -1;
	}
	st->is_in_transaction = false;
	for (size_t i = 0; i < CACHE_COUNT; i++)
		overlay_publish(st->caches[i]);
	checkpoint_when_due(st);
	return 0;
}

void
store_rollback(struct store *st)
{
	if (!st->is_in_transaction)
		return;
	end_transaction(st);
	st->is_in_transaction = false;
	st->is_broken = false;
	st->erasures = ERASURES_UNKNOWN;
	touched_clear(st);
	drop_caches(st);
}

bool
store_in_transaction(const struct store *st)
{
	return st->is_in_transaction;
}

/* ---- small tables ----------------------------------------------------- */

int
store_meta_get(
    struct store *st, const char *key, struct arena *a, struct slice *value_r, struct err *err)
{
	struct query q;
	struct slice value = SLICE_NONE;
	int rc;

	if (query_open(&q, st, "SELECT value FROM meta WHERE key = ?1", err) < 0)
		return -1;
	query_bind_text(&q, slice_of(key));
	rc = query_step(&q, err);
	if (rc > 0) {
		value = query_text(&q, 0, a);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc > 0)
		*value_r = value;
	return rc;
}

int
store_meta_set(struct store *st, const char *key, struct slice value, struct err *err)
{
	struct query q;

	if (!slice_is_set(value)) {
		if (query_open(&q, st, "DELETE FROM meta WHERE key = ?1", err) < 0)
			return -1;
		query_bind_text(&q, slice_of(key));
		return query_run(&q, err);
	}
	if (query_open(&q, st,
		"INSERT INTO meta (key, value) VALUES (?1, ?2) "
		"ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_of(key));
	query_bind_text(&q, value);
	return query_run(&q, err);
}

int
store_count(struct store *st, const char *table, int64_t *count_r, struct err *err)
{
	char sql[96];
	sqlite3_stmt *stmt = NULL;
	int rc;

	assert(table[strspn(table, "abcdefghijklmnopqrstuvwxyz_")] == '\0' && strlen(table) < 64);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
	rc = sqlite3_prepare_v2(st->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*count_r = sqlite3_column_int64(stmt, 0);
	rc = rc == SQLITE_ROW ? 0 : store_error(st, rc, err);
	sqlite3_finalize(stmt);
	return rc;
}

int
store_check(struct store *st, bool *ok_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "PRAGMA quick_check(1)", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0) {
		struct slice finding = query_peek(&q, 0);

		*ok_r = slice_eq_str(finding, "ok");
		if (!*ok_r)
			err_set(
			    err, ERR_STORE, "'%s' is damaged: %.*s", st->path, SLICE_ARG(finding));
		rc = query_check(&q, err);
	}
	query_close(&q);
	return rc;
}

int
store_audit(struct store *st, int64_t now_ms, const char *who, const char *what, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "INSERT INTO audit (at_ms, who, what) VALUES (?1, ?2, ?3)", err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	query_bind_text(&q, slice_of(who));
	query_bind_text(&q, slice_of(what));
	return query_run(&q, err);
}

static int
read_audit(struct query *q, struct arena *a, void *into, struct err *err)
{
	struct audit_row *row = into;

	(void)err;
	row->audit_no = query_int(q, 0);
	row->at_ms = query_int(q, 1);
	row->who = query_text(q, 2, a);
	row->what = query_text(q, 3, a);
	return 0;
}

int
store_audit_find(struct store *st, int64_t since_ms, struct slice words, size_t limit,
    struct arena *a, struct audit_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT audit_no, at_ms, who, what FROM audit WHERE at_ms >= ?1 AND instr(what, "
		"?2) > 0 "
		"ORDER BY audit_no LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_int(&q, since_ms);
	query_bind_text(&q, words);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_audit, rows_r, count_r, err);
}

int
store_audit_list(struct store *st, int64_t before_no, size_t limit, struct arena *a,
    struct audit_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT audit_no, at_ms, who, what FROM audit WHERE audit_no < ?1 "
		"ORDER BY audit_no DESC LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, before_no > 0 ? before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_audit, rows_r, count_r, err);
}

int
store_answer_get(struct store *st, struct slice key, struct arena *a,
    struct stored_answer *answer_r, struct err *err)
{
	struct query q;
	struct stored_answer answer;
	int rc;

	if (query_open(&q, st, "SELECT request_hash, status, body FROM idempotency WHERE key = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	rc = query_step(&q, err);
	if (rc > 0) {
		answer.request_hash = query_text(&q, 0, a);
		answer.status = (int)query_int(&q, 1);
		answer.body = query_text(&q, 2, a);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc > 0)
		*answer_r = answer;
	return rc;
}

int
store_answer_put(struct store *st, struct slice key, int64_t now_ms,
    const struct stored_answer *answer, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO idempotency (key, at_ms, request_hash, status, body) "
		"VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO UPDATE SET at_ms = "
		"excluded.at_ms, "
		"request_hash = excluded.request_hash, status = excluded.status, body = "
		"excluded.body",
		err) < 0)
		return -1;
	query_bind_text(&q, key);
	query_bind_int(&q, now_ms);
	query_bind_text(&q, answer->request_hash);
	query_bind_int(&q, answer->status);
	query_bind_text(&q, answer->body);
	return query_run(&q, err);
}
