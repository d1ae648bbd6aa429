#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/store_internal.h"

#define STEP_PAGES 1000
#define BUSY_WAIT_MS 20
#define BUSY_TRIES 3000 /* a minute */

/* ---- connections of our own -------------------------------------------------- */

static int
fail(sqlite3 *db, const char *path, int rc, struct err *err)
{
	if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT)
		return err_set(err, ERR_STORE, "'%s' is damaged, or no database", path);
	if ((rc & 0xff) == SQLITE_FULL)
		return err_set(err, ERR_STORE, "disk full: cannot write '%s'", path);
	return err_set(
	    err, ERR_STORE, "'%s': %s", path, db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db));
}

static int
open_db(const char *path, int flags, sqlite3 **db_r, struct err *err)
{
	int rc = sqlite3_open_v2(path, db_r, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK) {
		fail(*db_r, path, rc, err);
		sqlite3_close(*db_r);
		*db_r = NULL;
		return -1;
	}
	sqlite3_busy_timeout(*db_r, STORE_BUSY_MS);
	return 0;
}

static int
exec(sqlite3 *db, const char *path, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, path, rc, err);
}

/* One number; 0 for NULL. */
static int
ask(sqlite3 *db, const char *path, const char *sql, int64_t *n_r, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*n_r = sqlite3_column_type(stmt, 0) == SQLITE_NULL ? TIME_UNKNOWN
								   : sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : fail(db, path, rc, err);
}

/* ---- the copy ------------------------------------------------------------------ */

static int
create_target(const char *path, struct err *err)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == EEXIST)
		return err_set(
		    err, ERR_CONFLICT, "'%s' is there already: a backup overwrites nothing", path);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot create '%s': %s", path, strerror(errno));
	close(fd);
	return 0;
}

/* The source's connection stands in a snapshot: what others commit meanwhile is not seen, and makes no
 * copy begin again. */
static int
copy_pages(sqlite3 *from, sqlite3 *to, const char *path, backup_progress_fn *progress, void *cookie,
    struct err *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = SQLITE_OK, tries = 0;

	if (b == NULL)
		return fail(to, path, sqlite3_errcode(to), err);
	while (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
		rc = sqlite3_backup_step(b, STEP_PAGES);
		if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
			if (++tries > BUSY_TRIES)
				break;
			sqlite3_sleep(BUSY_WAIT_MS);
		}
		if (progress != NULL)
			progress(cookie, sqlite3_backup_pagecount(b) - sqlite3_backup_remaining(b),
			    sqlite3_backup_pagecount(b));
	}
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? 0 : fail(to, path, rc, err);
}

static int
sync_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), rc = fd < 0 ? -1 : fsync(fd);

	if (rc < 0)
		err_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

static int
copy(const char *from_path, const char *to_path, backup_progress_fn *progress, void *cookie,
    struct err *err)
{
	sqlite3 *from = NULL, *to = NULL;
	int64_t n;
	int rc = -1;

	if (open_db(from_path, SQLITE_OPEN_READWRITE, &from, err) == 0 &&
	    open_db(to_path, SQLITE_OPEN_READWRITE, &to, err) == 0 &&
	    exec(from, from_path, "BEGIN", err) == 0 &&
	    ask(from, from_path, "SELECT count(*) FROM sqlite_schema", &n, err) == 0 &&
	    copy_pages(from, to, to_path, progress, cookie, err) == 0 &&
	    exec(to, to_path, "PRAGMA journal_mode=DELETE", err) == 0)
		rc = 0;
	sqlite3_close(to);
	sqlite3_close(from);
	return rc < 0 ? -1 : sync_file(to_path, err);
}

int
store_backup(
    const char *from, const char *to, backup_progress_fn *progress, void *cookie, struct err *err)
{
	if (access(from, F_OK) < 0)
		return err_set(err, ERR_NOT_FOUND, "there is no database '%s'", from);
	if (create_target(to, err) < 0)
		return -1;
	if (copy(from, to, progress, cookie, err) == 0)
		return 0;
	unlink(to);
	return -1;
}

/* ---- is it whole? ---------------------------------------------------------------- */

static int
note_finding(void *cookie, int columns, char **values, char **names)
{
	char *finding = cookie;

	(void)names;
	snprintf(finding, 200, "%s", columns == 1 && values[0] != NULL ? values[0] : "?");
	return 0;
}

static int
check(sqlite3 *db, const char *path, struct backup_facts *facts_r, struct err *err)
{
	char finding[200] = "";
	int64_t id = 0, version = 0;

	if (ask(db, path, "SELECT application_id FROM pragma_application_id", &id, err) < 0 ||
	    ask(db, path, "SELECT user_version FROM pragma_user_version", &version, err) < 0)
		return -1;
	if (id != 0x45415253)
		return err_set(err, ERR_INPUT, "'%s' is no database of Earshot", path);
	if (version > store_schema_latest())
		return err_set(err, ERR_INPUT,
		    "'%s' was written by a newer Earshot (schema %lld, this program knows %d)",
		    path, (long long)version, store_schema_latest());
	if (sqlite3_exec(db, "PRAGMA quick_check(1)", note_finding, finding, NULL) != SQLITE_OK)
		return fail(db, path, sqlite3_errcode(db), err);
	if (strcmp(finding, "ok") != 0)
		return err_set(err, ERR_STORE, "'%s' is damaged: %s", path, finding);
	facts_r->schema_version = (int)version;
	if (ask(db, path, "SELECT count(*) FROM posts", &facts_r->posts, err) < 0 ||
	    ask(db, path, "SELECT count(*) FROM customers", &facts_r->customers, err) < 0 ||
	    ask(db, path, "SELECT max(fetched_at_ms) FROM posts", &facts_r->newest_at_ms, err) < 0)
		return -1;
	return 0;
}

int
store_file_check(const char *path, struct backup_facts *facts_r, struct err *err)
{
	sqlite3 *db = NULL;
	int rc;

	if (access(path, F_OK) < 0)
		return err_set(err, ERR_NOT_FOUND, "there is no file '%s'", path);
	if (open_db(path, SQLITE_OPEN_READONLY, &db, err) < 0)
		return -1;
	rc = check(db, path, facts_r, err);
	sqlite3_close(db);
	return rc;
}

int
store_file_settle(const char *path, struct err *err)
{
	sqlite3 *db = NULL;
	int rc;

	if (open_db(path, SQLITE_OPEN_READWRITE, &db, err) < 0)
		return -1;
	rc = exec(db, path, "PRAGMA wal_checkpoint(TRUNCATE)", err);
	sqlite3_close(db);
	return rc;
}

/* ---- after a restore ------------------------------------------------------------- */

int
store_hold_restored(struct store *st, int64_t now_ms, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE outbox SET state = 0, hold = 3, updated_at_ms = ?1, "
		"reason = 'restored from a backup: it may have been sent since' "
		"WHERE state IN (1, 2, 4)",
		err) < 0)
		return -1;
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0)
		return -1;
	*count_r = sqlite3_changes(st->db);
	return 0;
}
_Static_assert(MESSAGE_HELD == 0 && MESSAGE_READY == 1 && MESSAGE_SENDING == 2 &&
	MESSAGE_LATER == 4 && HOLD_OPERATOR == 3,
    "numbers in the statement above");
