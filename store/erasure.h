/*
 * erasure.h - one person: found by what they are called, everything that is theirs taken out, and not
 * taken in again.
 *
 * A person is a customer with all that were merged into it and the accounts linked to it, or an account
 * that is nobody's.  What is erased leaves keyed hashes of the person's ids in the table erasures; the
 * key and the ledger beside the database are its owner's (struct erasure_book), for this room knows
 * neither keys nor files.
 *
 * Threads:   as the store.  Errors: -1 and err.
 * Bytes:     the writer overwrites what it deletes; store_scrub() then empties the log, in which the
 *            pages still stand as they were.
 */
#ifndef STORE_ERASURE_H
#define STORE_ERASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/post.h"
#include "core/slice.h"

struct arena;
struct err;
struct store;

/* ---- who is not to come back ---- */

#define ERASURE_HASH_SIZE 65 /* 64 hex digits and NUL */

enum erasure_kind {
	ERASURE_AUTHOR = 'a', /* an account's id */
	ERASURE_HANDLE = 'h', /* a handle that no account was bound to, lower case */
	ERASURE_CUSTOMER = 'c', /* a customer's id */
	ERASURE_ENDPOINT = 'e', /* an endpoint's id */
	ERASURE_ADDRESS =
	    'd', /* an endpoint's address; store_endpoint_is_erased() knows its spelling */
	ERASURE_POST = 'p', /* a post's id, for the row that keeps it from being new */
};

struct erasure_book {
	void *cookie;
	/* The keyed hash of an id.  Any thread. */
	void (*hash)(
	    void *cookie, enum erasure_kind kind, struct slice id, char hash_r[ERASURE_HASH_SIZE]);
	/* Writes lines to the ledger beside the database and syncs it; after the commit, on the writer's
	 * thread. */
	int (*append)(void *cookie, const char (*hashes)[ERASURE_HASH_SIZE], size_t count,
	    int64_t at_ms, struct err *err);
};
/* Borrowed; without one nobody is taken for erased, and nobody can be erased. */
void store_set_book(struct store *st, const struct erasure_book *book);
const struct erasure_book *store_book(const struct store *st);

/* Is this the id of an erased person?  1, 0, -1.  Nothing is hashed while nobody is erased. */
int store_is_erased(struct store *st, enum erasure_kind kind, struct slice id, struct err *err);
/* Is this where an erased person was reached, by the endpoint's id or its address (however it is written), and
 * nobody else's since?  1, 0, -1. */
int store_endpoint_is_erased(
    struct store *st, struct slice id, struct slice channel, struct slice address, struct err *err);
/* Is this a post, or the author, of an erased person?  handle_key: lower case; SLICE_NONE.  Whoever is
 * among the authors is not: only strangers are asked for. 1, 0, -1. */
int store_post_is_erased(struct store *st, struct slice post_id, struct slice author_id,
    struct slice handle_key, struct err *err);
/* A hash of the ledger: 1 new, 0 known, -1. */
int store_erasure_put(struct store *st, const char *hash, int64_t at_ms, struct err *err);
/* All of them, for the ledger; take returns -1 to stop. */
int store_erasures_each(struct store *st,
    int (*take)(void *cookie, const char *hash, int64_t at_ms, struct err *err), void *cookie,
    struct err *err);

/* ---- who ---- */

#define PERSON_KEYS_MAX 1000 /* customers merged, accounts linked */

struct person_author {
	int64_t author_no; /* 0: never heard */
	struct slice id, handle_key;
};
struct person {
	struct slice *customers; /* the one they are merged into is the first */
	size_t customer_count;
	struct person_author *authors;
	size_t author_count;
	struct slice *handles; /* of links that no account was bound to yet */
	size_t handle_count;
};
/* By customer id, account id, address of an endpoint, or handle (handle_key: lower case, SLICE_NONE when
 * key cannot be one).  1, 0 nobody, -1 (ERR_CONFLICT: several have this address or handle). */
int store_person_find(struct store *st, struct slice key, struct slice handle_key, struct arena *a,
    struct person *person_r, struct err *err);

/* Ids of customers or accounts (ERASURE_CUSTOMER, ERASURE_AUTHOR) behind one, in order. */
int store_person_ids(struct store *st, enum erasure_kind kind, struct slice after, size_t limit,
    struct arena *a, struct person_author **list_r, size_t *count_r, struct err *err);

/* ---- what is theirs ---- */

/* Every table of the schema, and what erasing does to it: in docs/privacy.md, and a test compares it
 * with the schema. */
enum erase_how {
	ERASE_DELETED, /* the person's rows go */
	ERASE_EMPTIED, /* the rows stay without the person: others' caps and counts hang on them */
	ERASE_NOBODY, /* nothing of persons is in it */
};
struct erase_table {
	const char *name;
	enum erase_how how;
	const char *columns; /* of rows that stay, as in the schema, joined by ','; else NULL */
};
const struct erase_table *erase_tables(size_t *count_r);
#define ERASE_TABLES_MAX 64

struct erased {
	int64_t rows[ERASE_TABLES_MAX]; /* touched, by place in erase_tables() */
	const char (*hashes)[ERASURE_HASH_SIZE]; /* for the ledger, in the arena */
	size_t hash_count;
};
/* Within a transaction; the caller commits (or rolls back, having counted), then appends the hashes to
 * the book and calls store_scrub().  mask: any number; it takes the place of the account's hash in what
 * watches counted.  ERR_DENIED without a book. */
int store_erase(struct store *st, const struct person *person, uint64_t mask, int64_t now_ms,
    struct arena *a, struct erased *erased_r, struct err *err);
/* After the commit: the log is copied back and cut.  Readers at work may prevent that; then the writer
 * tries again by itself whenever it has nothing to do, and this is 0, else 1. */
int store_scrub(struct store *st);

#endif
