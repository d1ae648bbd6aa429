/*
 * ledger.h - who was erased, beside the database: a key and keyed hashes that outlive it, so that
 * neither a backup nor a post that is fetched again brings a person back.
 *
 * Files:     DATABASE-erasures.key  32 random bytes in hex, mode 0600, made once.  Never part of a backup:
 *                                   without it the hashes say nothing.
 *            DATABASE-erasures      a line "earshot-erasures 1 CHECK" (CHECK says which key), then lines
 *                                   "HASH MILLISECONDS"; only ever appended to, and synced.
 * Crashes:   an erasure is committed first, then appended.  What the file lacks is appended at the next
 *            start, what the database lacks is erased there: it is an older one that was put in place.
 * Threads:   the hash: any; everything else: the writer's.
 */
#ifndef DAEMON_LEDGER_H
#define DAEMON_LEDGER_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct ledger;
struct store;

/* The ledger of the database at store_path (links followed by the caller); makes the key when there is
 * neither key nor ledger.  ERR_INPUT: the ledger is of another key, or the key is gone. */
int ledger_open(const char *store_path, struct ledger **l_r, struct err *err);
void ledger_free(struct ledger *l);

/* Gives the store its book and makes both sides agree.  Nobody else may use the store meanwhile. */
struct ledger_sync {
	int64_t appended; /* lines the file lacked */
	int64_t missing; /* lines the database lacked */
	int64_t persons; /* customers and accounts erased because of these */
	int64_t rows; /* touched by that */
};
int ledger_sync(struct ledger *l, struct store *st, int64_t now_ms, struct ledger_sync *done_r,
    struct err *err);
/* The ledger of a store, to free behind store_close(); NULL: it has none. */
struct ledger *ledger_of(const struct store *st);

#endif
