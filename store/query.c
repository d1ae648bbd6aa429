/*
 * query.c - statements, their parameters and columns, and SQLite's failures in words for an
 * operator.
 */
#include "store/store_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* ---- failures --------------------------------------------------------- */

int
store_break(struct store *st, const struct err *e)
{
	if (st->is_in_transaction && !st->is_broken) {
		st->is_broken = true;
		st->broken = *e;
	}
	return -1;
}

int
store_fail(struct store *st, enum err_kind kind, struct err *err, const char *fmt, ...)
{
	struct err own;
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(&own, kind, "%s", text);
	if (err != NULL)
		*err = own;
	return store_break(st, &own);
}

int
store_nomem(struct store *st, const struct arena *a, struct err *err)
{
	if (a != NULL && arena_is_full(a))
		return store_fail(st, ERR_LIMIT, err, "a row is larger than there is room for");
	return store_fail(st, ERR_NOMEM, err, "no memory for a row of '%s'", st->path);
}

int
store_buf_check(struct store *st, const struct buf *b, struct err *err)
{
	if (!buf_failed(b))
		return 0;
	if (buf_is_full(b))
		return store_fail(
		    st, ERR_LIMIT, err, "a row of '%s' is larger than %zu bytes", st->path, b->max);
	return store_nomem(st, NULL, err);
}

static bool
is_disk_full(int rc, int system_errno)
{
	return (rc & 0xff) == SQLITE_FULL ||
	    ((rc & 0xff) == SQLITE_IOERR && (system_errno == ENOSPC || system_errno == EDQUOT));
}

int
store_error(struct store *st, int rc, struct err *err)
{
	int system_errno = st->db != NULL ? sqlite3_system_errno(st->db) : 0;
	const char *detail = st->db != NULL ? sqlite3_errmsg(st->db) : sqlite3_errstr(rc);
	const char *why = system_errno != 0 ? strerror(system_errno) : detail;

	if (is_disk_full(rc, system_errno))
		return store_fail(st, ERR_STORE, err, "disk full: cannot write '%s'", st->path);
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return store_fail(st, ERR_NOMEM, err, "no memory for the database '%s'", st->path);
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM)
			return store_fail(
			    st, ERR_NOMEM, err, "no memory for the database '%s'", st->path);
		return store_fail(
		    st, ERR_STORE, err, "I/O error on '%s': %s (code %d)", st->path, why, rc);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return store_fail(st, ERR_STORE, err,
		    "'%s' is damaged: %s; put it aside and restore a backup", st->path, detail);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return store_fail(st, ERR_BUSY, err, "'%s' is locked by another program", st->path);
	case SQLITE_INTERRUPT:
		return store_fail(st, ERR_BUSY, err,
		    "reading '%s' was given up: it took longer than the log may grow", st->path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return store_fail(st, ERR_STORE, err, "cannot write '%s': %s", st->path, detail);
	case SQLITE_CANTOPEN:
		return store_fail(st, ERR_STORE, err, "cannot open '%s': %s", st->path, why);
	case SQLITE_TOOBIG:
		return store_fail(st, ERR_LIMIT, err, "a value is too large for '%s'", st->path);
	case SQLITE_CONSTRAINT:
		return store_fail(st, ERR_CONFLICT, err, "'%s': %s", st->path, detail);
	default: return store_fail(st, ERR_STORE, err, "'%s': %s (code %d)", st->path, detail, rc);
	}
}

/* ---- statements ------------------------------------------------------- */

static struct statement *
statement_slot(struct store *st, const char *sql)
{
	size_t i = ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (;; i++) {
		struct statement *s = &st->statements[i & (STORE_STATEMENT_SLOTS - 1)];

		if (s->sql == sql || s->sql == NULL)
			return s;
	}
}

void
store_statements_end(struct store *st)
{
	for (size_t i = 0; i < STORE_STATEMENT_SLOTS; i++)
		sqlite3_finalize(st->statements[i].stmt);
	memset(st->statements, 0, sizeof st->statements);
	st->statement_count = 0;
}

int
store_exec(struct store *st, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(st->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_error(st, rc, err);
}

/* ---- queries ---------------------------------------------------------- */

static int64_t
wal_size_bytes(const struct store *st)
{
	sqlite3_file *wal = NULL;
	sqlite3_int64 size = 0;

	if (sqlite3_file_control(st->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&wal) !=
		SQLITE_OK ||
	    wal == NULL || wal->pMethods == NULL ||
	    wal->pMethods->xFileSize(wal, &size) != SQLITE_OK)
		return 0;
	return size;
}

bool
query_is_overdue(struct store *st)
{
	return st->mode == STORE_READER && st->is_in_transaction &&
	    wal_size_bytes(st) - st->wal_begin_bytes > st->wal_ceiling_bytes;
}

void
query_note_begin(struct store *st)
{
	st->wal_begin_bytes = wal_size_bytes(st);
}

int
query_open(struct query *q, struct store *st, const char *sql, struct err *err)
{
	struct statement *s = statement_slot(st, sql);
	int rc;

	memset(q, 0, sizeof *q);
	q->st = st;
	if (s->stmt == NULL) {
		assert(st->statement_count < STORE_STATEMENT_SLOTS / 2);
		rc = sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL);
		if (rc != SQLITE_OK)
			return store_error(st, rc, err);
		s->sql = sql;
		st->statement_count++;
	}
	assert(!sqlite3_stmt_busy(s->stmt));
	/* A change outside store_begin() would be committed by itself, and so would one behind an
	 * automatic rollback. */
	if (!sqlite3_stmt_readonly(s->stmt)) {
		assert(st->is_in_transaction);
		if (st->is_broken || sqlite3_get_autocommit(st->db)) {
			if (err != NULL)
				*err = st->broken;
			return -1;
		}
	}
	if (query_is_overdue(st))
		return store_error(st, SQLITE_INTERRUPT, err);
	q->stmt = s->stmt;
	return 0;
}

void
query_close(struct query *q)
{
	if (q->stmt != NULL)
		sqlite3_reset(q->stmt);
	q->stmt = NULL;
}

static void
bound(struct query *q, int rc)
{
	if (rc != SQLITE_OK && q->rc == SQLITE_OK)
		q->rc = rc;
}

/* Not copied: every parameter is bound anew before each use, and the caller's bytes outlive the
 * step. */
void
query_bind_text(struct query *q, struct slice s)
{
	q->bound++;
	if (slice_is_set(s))
		bound(q,
		    sqlite3_bind_text64(
			q->stmt, q->bound, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8));
	else
		bound(q, sqlite3_bind_null(q->stmt, q->bound));
}

void
query_bind_blob(struct query *q, struct slice bytes)
{
	bound(q, sqlite3_bind_blob64(q->stmt, ++q->bound, bytes.ptr, bytes.len, SQLITE_STATIC));
}

void
query_bind_int(struct query *q, int64_t v)
{
	bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, v));
}

void
query_bind_time(struct query *q, int64_t at_ms)
{
	q->bound++;
	if (at_ms == TIME_UNKNOWN)
		bound(q, sqlite3_bind_null(q->stmt, q->bound));
	else
		bound(q, sqlite3_bind_int64(q->stmt, q->bound, at_ms));
}

void
query_bind_count(struct query *q, int64_t n)
{
	query_bind_time(q, n == COUNT_UNKNOWN ? TIME_UNKNOWN : n);
}

int
query_step(struct query *q, struct err *err)
{
	int rc = q->rc;

	assert(q->bound == sqlite3_bind_parameter_count(q->stmt));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return store_error(q->st, rc, err);
}

int
query_run(struct query *q, struct err *err)
{
	int rc;

	while ((rc = query_step(q, err)) > 0)
		;
	query_close(q);
	return rc;
}

int
query_rows(struct query *q, struct arena *a, size_t size, query_read_fn *read, void *rows_r,
    size_t *count_r, struct err *err)
{
	struct store *st = q->st;
	char *rows = NULL; /* of size bytes each */
	size_t count = 0, cap = 0;
	int rc;

	while ((rc = query_step(q, err)) > 0) {
		void *items = rows;

		rc = rows_grow(st, a, &items, count, &cap, size, err);
		rows = items;
		if (rc < 0 || (rc = read(q, a, rows + count * size, err)) < 0 ||
		    (rc = query_check(q, err)) < 0)
			break;
		count++;
	}
	query_close(q);
	if (rc < 0)
		return -1;
	memcpy(rows_r, &rows, sizeof rows);
	*count_r = count;
	return 0;
}

int
query_read_text(struct query *q, struct arena *a, void *row, struct err *err)
{
	(void)err;
	*(struct slice *)row = query_text(q, 0, a);
	return 0;
}

int
query_change(struct query *q, struct err *err)
{
	sqlite3 *db = q->st->db;

	if (query_run(q, err) < 0)
		return -1;
	return sqlite3_changes(db) > 0 ? 1 : 0;
}

int
query_has_row(struct query *q, struct err *err)
{
	int rc = query_step(q, err);

	query_close(q);
	return rc;
}

int
query_number(struct query *q, int64_t *n_r, struct err *err)
{
	int rc = query_step(q, err);

	if (rc > 0)
		*n_r = query_int(q, 0);
	query_close(q);
	return rc;
}

static bool
query_is_null(struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int64_t
query_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

int64_t
query_time(struct query *q, int column)
{
	return query_is_null(q, column) ? TIME_UNKNOWN : query_int(q, column);
}

int64_t
query_count(struct query *q, int column)
{
	return query_is_null(q, column) ? COUNT_UNKNOWN : query_int(q, column);
}

struct slice
query_peek(struct query *q, int column)
{
	const char *p;

	if (query_is_null(q, column))
		return SLICE_NONE;
	p = (const char *)sqlite3_column_text(q->stmt, column);
	if (p == NULL) {
		bound(q, SQLITE_NOMEM);
		return SLICE_NONE;
	}
	return slice_make(p, (size_t)sqlite3_column_bytes(q->stmt, column));
}

struct slice
query_peek_blob(struct query *q, int column)
{
	const char *p = sqlite3_column_blob(q->stmt, column);
	int len = sqlite3_column_bytes(q->stmt, column);

	if (p == NULL && len > 0)
		bound(q, SQLITE_NOMEM);
	return p == NULL ? SLICE_LIT("") : slice_make(p, (size_t)len);
}

struct slice
query_text(struct query *q, int column, struct arena *a)
{
	struct slice s = query_peek(q, column), copy;

	if (!slice_is_set(s))
		return SLICE_NONE;
	copy = arena_slice_dup(a, s);
	if (!slice_is_set(copy)) {
		q->is_arena_short = true;
		q->arena = a;
	}
	return copy;
}

int
query_check(struct query *q, struct err *err)
{
	if (q->rc != SQLITE_OK)
		return store_error(q->st, q->rc, err);
	if (q->is_arena_short)
		return store_nomem(q->st, q->arena, err);
	return 0;
}

int
rows_grow(struct store *st, struct arena *a, void **items_r, size_t count, size_t *cap, size_t size,
    struct err *err)
{
	size_t wanted;
	void *items;

	if (count < *cap)
		return 0;
	wanted = *cap == 0 ? 8 : *cap * 2;
	items = arena_array(a, wanted, size);
	if (items == NULL)
		return store_nomem(st, a, err);
	if (count > 0)
		memcpy(items, *items_r, count * size);
	*items_r = items;
	*cap = wanted;
	return 0;
}
