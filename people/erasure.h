/*
 * erasure.h - a person is found, shown by a mark, erased, and kept from coming back.
 *
 * Threads: pipeline thread (or a verb that owns the store), outside a transaction unless said.
 * Errors:  -1 and err; then nothing of it happened, except where said.
 */
#ifndef PEOPLE_ERASURE_H
#define PEOPLE_ERASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "store/erasure.h"

struct arena;
struct err;
struct store;

/* By customer id, account id, endpoint address or handle, in any transaction.  1, 0 nobody, -1
 * (ERR_CONFLICT: several). */
int person_find(
    struct store *st, struct slice key, struct arena *a, struct person *person_r, struct err *err);

/* What stands for a person in the audit: 12 hex digits of a keyed hash, "unknown" without a ledger. */
#define PERSON_MARK_SIZE 16
void
person_mark(const struct store *st, const struct person *person, char mark_r[PERSON_MARK_SIZE]);

/*
 * Everything of them goes, in one transaction with the line of the audit; then their hashes go into the
 * ledger and the log is cut.  is_dry_run: counts what would go and changes nothing.
 * -1 behind the commit (the ledger cannot be written): err says that they are erased; the next start
 * writes what is missing.
 */
int person_erase(struct store *st, const struct person *person, const char *who, bool is_dry_run,
    int64_t now_ms, struct arena *a, struct erased *erased_r, struct err *err);

/* Erases whoever of the database's customers and accounts is_erased says of, one after the other, each by
 * that id alone: what was linked to them then is not taken along. */
struct erasure_report {
	int64_t persons; /* customers and accounts */
	int64_t rows;
};
int erasure_replay(struct store *st,
    bool (*is_erased)(void *cookie, enum erasure_kind kind, struct slice id), void *cookie,
    int64_t now_ms, struct erasure_report *report_r, struct err *err);

#endif
