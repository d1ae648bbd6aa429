/*
 * erase_internal.h - what erase.c (posts and what was decided on them) and erase_rows.c (everything
 * that is found by a person's ids alone) share.
 */
#ifndef STORE_ERASE_INTERNAL_H
#define STORE_ERASE_INTERNAL_H

#include "store/store_internal.h"

#define ERASED_WORDS "the person was erased"

struct erasing {
	struct store *st;
	const struct person *p;
	struct arena *a;
	uint64_t mask;
	int64_t now_ms;
	struct erased *counts;
	struct err *err;
};

/* Adds the rows the last statement changed to the count of a table. */
void erase_count(struct erasing *e, const char *table);
void erase_count_more(struct erasing *e, const char *table, int64_t rows);
/* Runs a statement of one parameter and counts for that table. */
int erase_by_text(struct erasing *e, const char *table, const char *sql, struct slice key);
int erase_by_number(struct erasing *e, const char *table, const char *sql, int64_t n);

/* ---- erase.c ---- */
/* Every decision a query (one text or number in, decision_no, id and occurrence_id out) names, with its
 * messages and alerts. */
int erase_decisions_of(struct erasing *e, const char *sql, struct slice key);
int erase_posts_of(struct erasing *e, const struct person_author *author);

/* ---- erasure.c ---- */
/* Is anybody erased, and this hash among theirs?  1, 0, -1.  With a book alone. */
int erasures_any(struct store *st, struct err *err);
int erasures_have(struct store *st, const char *hash, struct err *err);

/* ---- erase_hashes.c ---- */
/* What stays of them in the ledger; before their rows go. */
int erase_note_hashes(struct erasing *e);

/* ---- erase_counters.c ---- */
/* What rules remember under a key, also with '|' and more behind it. */
int erase_counters(struct erasing *e, struct slice key);

/* ---- erase_rows.c ---- */
int erase_customer(struct erasing *e, struct slice id);
int erase_author(struct erasing *e, const struct person_author *author);
int erase_subject(struct erasing *e, struct slice subject);
int erase_mentions(struct erasing *e);

#endif
