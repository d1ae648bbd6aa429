/*
 * store.h - the database: one writer, many readers; the only room that sees SQLite and SQL.
 *
 * A struct store is one connection. The writer (pipeline thread, or a verb without a daemon) owns
 * the transaction; readers see the last commit.  SQLite in WAL mode with synchronous=FULL: what
 * store_commit() returned 0 for survives a power cut.
 *
 * Overlay:   within a transaction the writer sees its own changes; counters that many posts touch
 *            (rule state, authors) are kept in an overlay over a bounded read-through cache
 *            (overlay.h): written once at commit, published to the cache when the commit held,
 *            dropped by store_rollback(). Memory is never ahead of the database.
 * Errors:    -1 and err (ERR_STORE: disk full, I/O error, corrupt; ERR_BUSY: locked). After a
 *            failed store_commit() the transaction is rolled back and the overlay dropped; the
 *            caller does its work again. Any failure inside a transaction breaks it: later changes
 *            and store_commit() answer with that failure, so that nothing half-done is committed
 *            even where a -1 was overlooked.  Changes outside a transaction are a bug (assert).
 * Log:       a reader in one snapshot keeps the write-ahead log from starting anew.  When it
 *            has grown by wal_ceiling_bytes meanwhile, the reader's next query answers ERR_BUSY; it
 *            must end its transaction.  So the disk the log takes is bounded.
 * Threads:   one store, one thread at a time.
 * Texts:     what is loaded lives in the arena given.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

enum store_mode {
	STORE_WRITER, /* creates and migrates */
	STORE_READER, /* must exist at our schema version; read-only */
	STORE_MEMORY, /* a writer on a private database in memory, for `earshot replay` and tests */
};

struct store_options {
	const char *path; /* NULL for STORE_MEMORY */
	enum store_mode mode;
	int64_t now_ms; /* for created_at of a new database and migration records */
	uint64_t hash_seed; /* for the caches */
	const char *vfs; /* NULL: the default; tests give a failing one */
	size_t cache_entries; /* per cache; default 65,536 when 0 */
	/* STORE_WRITER: how long the log grows before it is copied back; default 4,000 when 0. */
	int checkpoint_pages;
	/* STORE_READER: how far the log may grow in one snapshot; default 512 MB when 0. */
	int64_t wal_ceiling_bytes;
};

int store_open(const struct store_options *o, struct store **store_r, struct err *err);
void store_close(struct store *st); /* rolls back what is open; checkpoints as SQLite does */

int store_begin(struct store *st, struct err *err); /* BEGIN IMMEDIATE; a reader: a read snapshot */
int store_flush(struct store *st,
    struct err *err); /* writes what the overlay holds; store_commit() does it too */
int store_commit(struct store *st, struct err *err); /* a reader: just ends the snapshot */
void store_rollback(struct store *st); /* nothing to roll back: nothing happens */
bool store_in_transaction(const struct store *st);
/* The writer has nothing to do: copies the log back when it has grown, so that fewer commits under
 * load must.  Takes up to some tens of milliseconds on a slow disk, mostly nothing. */
void store_idle(struct store *st);

/* Highest migration this program knows / that the database has. */
int store_schema_latest(void);
int store_schema_version(const struct store *st);
int store_schema_found(const struct store *st); /* what it had when it was opened; 0: it was new */

/* Small named values.  meta_get: 1 with a value, 0 without, -1. */
int store_meta_get(
    struct store *st, const char *key, struct arena *a, struct slice *value_r, struct err *err);
int store_meta_set(struct store *st, const char *key, struct slice value,
    struct err *err); /* SLICE_NONE removes */

/* Rows a table holds (a full count: for status with small tables, and tests). */
int store_count(struct store *st, const char *table, int64_t *count_r, struct err *err);

/* Wholesomeness: SQLite's quick_check; *ok_r false with words in err->text. */
int store_check(struct store *st, bool *ok_r, struct err *err);

int
store_audit(struct store *st, int64_t now_ms, const char *who, const char *what, struct err *err);

/* Lines of the audit since then that hold these words, the oldest first.  Reads the table from its
 * beginning: for a person who asks. */
struct audit_row {
	int64_t audit_no;
	int64_t at_ms;
	struct slice who, what;
};
int store_audit_find(struct store *st, int64_t since_ms, struct slice words, size_t limit,
    struct arena *a, struct audit_row **rows_r, size_t *count_r, struct err *err);

/* Newest first; before_no 0: from the top.  No line names a person: ids of persons are keyed hashes. */
int store_audit_list(struct store *st, int64_t before_no, size_t limit, struct arena *a,
    struct audit_row **rows_r, size_t *count_r, struct err *err);

/* An answer kept for a repeated request: 1 found, 0 not, -1. */
struct stored_answer {
	struct slice request_hash;
	int status;
	struct slice body;
};
int store_answer_get(struct store *st, struct slice key, struct arena *a,
    struct stored_answer *answer_r, struct err *err);
int store_answer_put(struct store *st, struct slice key, int64_t now_ms,
    const struct stored_answer *answer, struct err *err);

/* Removes what is over its time: answers over a day, texts of posts and events over retention_ms, seen ids
 * over seen_ms, incidents that ended before that, event times no younger than these (times.h), expired tags, one-time codes 30 days behind
 * their expiry, wrong tries over a day, suggestions nobody decided in 90 days, rejects over 10,000.  At most max_rows rows a call, so that a commit
 * stays short; *more_r: call again.  Within a transaction. */
int store_tidy(struct store *st, int64_t now_ms, int64_t retention_ms, int64_t seen_ms,
    size_t max_rows, bool *more_r, struct err *err);

/* Texts of the posts of one feed that were fetched before before_ms: emptied, whatever the retention of
 * all.  Goes through the posts in the order they came, once; looks at no more than max_rows a call. */
int store_tidy_feed(struct store *st, struct slice feed, int64_t before_ms, int64_t now_ms,
    size_t max_rows, bool *more_r, struct err *err);

#endif
