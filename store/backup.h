/*
 * backup.h - a database file as a whole: copied while it is in use, looked through, made ready to take
 * the place of another.
 *
 * Threads:   any; the functions open connections of their own.
 * Errors:    -1 and err; ERR_CONFLICT: the target is there already.
 * Log:       a copy is one snapshot: the log of the source grows by what is written meanwhile.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct store;

typedef void backup_progress_fn(void *cookie, int64_t pages_done, int64_t pages);

/* Copies a database, log included, to a new file (mode 0600, synced) that needs no log.  On failure no
 * file is left. */
int store_backup(
    const char *from, const char *to, backup_progress_fn *progress, void *cookie, struct err *err);

/* Is this a whole database of ours that this program can read?  0, or -1 with why not. */
struct backup_facts {
	int schema_version;
	int64_t posts, customers, newest_at_ms; /* TIME_UNKNOWN: no post */
};
int store_file_check(const char *path, struct backup_facts *facts_r, struct err *err);

/* Nobody has the file open: its log is copied back.  -1: it is damaged, or in use. */
int store_file_settle(const char *path, struct err *err);

/* In a database that was a backup, within a transaction: what waited to be sent may have been sent since.
 * It is held for a person to look at. */
int store_hold_restored(struct store *st, int64_t now_ms, int64_t *count_r, struct err *err);

#endif
