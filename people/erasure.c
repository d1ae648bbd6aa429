#include "people/erasure.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "people/people.h"
#include "platform/crypto.h"
#include "store/store.h"

#define ARENA_BYTES (64u * 1024 * 1024)
#define REPLAY_PAGE 10000

int
person_find(
    struct store *st, struct slice key, struct arena *a, struct person *person_r, struct err *err)
{
	struct slice handle_key = SLICE_NONE;

	if (key.len == 0)
		return 0;
	if (handle_key_read(a, key, &handle_key, err) < 0)
		return -1;
	return store_person_find(st, key, handle_key, a, person_r, err);
}

void
person_mark(const struct store *st, const struct person *person, char mark_r[PERSON_MARK_SIZE])
{
	const struct erasure_book *book = store_book(st);
	bool is_customer = person->customer_count > 0;
	char hash[ERASURE_HASH_SIZE];

	snprintf(mark_r, PERSON_MARK_SIZE, "unknown");
	if (book == NULL || (!is_customer && person->author_count == 0))
		return;
	book->hash(book->cookie, is_customer ? ERASURE_CUSTOMER : ERASURE_AUTHOR,
	    is_customer ? person->customers[0] : person->authors[0].id, hash);
	snprintf(mark_r, PERSON_MARK_SIZE, "%.12s", hash);
}

static int64_t
rows_of(const struct erased *erased)
{
	int64_t rows = 0;

	for (size_t i = 0; i < ERASE_TABLES_MAX; i++)
		rows += erased->rows[i];
	return rows;
}

static int
erase_in(struct store *st, const struct person *person, const char *who, int64_t now_ms,
    struct arena *a, struct erased *erased_r, struct err *err)
{
	uint64_t mask;
	char mark[PERSON_MARK_SIZE], what[160];

	person_mark(st, person, mark);
	crypto_random(&mask, sizeof mask);
	if (store_erase(st, person, mask, now_ms, a, erased_r, err) < 0)
		return -1;
	snprintf(what, sizeof what, "person.erase person=%s customers=%zu accounts=%zu rows=%lld",
	    mark, person->customer_count, person->author_count, (long long)rows_of(erased_r));
	return store_audit(st, now_ms, who, what, err);
}

static int
append(struct store *st, const struct erased *erased, int64_t now_ms, struct err *err)
{
	const struct erasure_book *book = store_book(st);

	if (book->append(book->cookie, erased->hashes, erased->hash_count, now_ms, err) == 0)
		return 0;
	err_prefix(err, "erased, but the ledger beside the database lacks it until the next start");
	return -1;
}

int
person_erase(struct store *st, const struct person *person, const char *who, bool is_dry_run,
    int64_t now_ms, struct arena *a, struct erased *erased_r, struct err *err)
{
	int rc;

	assert(who != NULL);
	if (store_begin(st, err) < 0)
		return -1;
	rc = erase_in(st, person, who, now_ms, a, erased_r, err);
	if (rc < 0 || is_dry_run) {
		store_rollback(st);
		return rc;
	}
	if (store_commit(st, err) < 0)
		return -1;
	(void)store_scrub(st);
	return append(st, erased_r, now_ms, err);
}

/* ---- replay --------------------------------------------------------------------- */

struct replay {
	struct store *st;
	bool (*is_erased)(void *cookie, enum erasure_kind kind, struct slice id);
	void *cookie;
	int64_t now_ms;
	struct erasure_report *report;
};

static int
replay_one(
    struct replay *r, enum erasure_kind kind, const struct person_author *author, struct err *err)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct person person = {0};
	struct person_author one = *author;
	struct slice id = author->id;
	struct erased erased;
	int rc;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to erase somebody");
	if (kind == ERASURE_CUSTOMER)
		person = (struct person){.customers = &id, .customer_count = 1};
	else
		person = (struct person){.authors = &one, .author_count = 1};
	rc = person_erase(r->st, &person, "ledger", false, r->now_ms, a, &erased, err);
	if (rc == 0) {
		r->report->persons++;
		r->report->rows += rows_of(&erased);
	}
	arena_free(a);
	return rc;
}

/* A page of ids, those of them who are erased. */
static int
replay_kind(struct replay *r, enum erasure_kind kind, struct err *err)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct person_author *page;
	char *last = NULL;
	size_t count = REPLAY_PAGE;
	int rc = 0;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to look for erased persons");
	while (rc == 0 && count == REPLAY_PAGE) {
		struct arena *next = arena_new(ARENA_BYTES);

		if (next == NULL) {
			rc = err_set(err, ERR_NOMEM, "no memory to look for erased persons");
			break;
		}
		rc = store_person_ids(r->st, kind, last == NULL ? SLICE_LIT("") : slice_of(last),
		    REPLAY_PAGE, next, &page, &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++)
			if (r->is_erased(r->cookie, kind, page[i].id))
				rc = replay_one(r, kind, &page[i], err);
		last = rc == 0 && count > 0
		    ? arena_strndup(next, page[count - 1].id.ptr, page[count - 1].id.len)
		    : NULL;
		if (rc == 0 && count > 0 && last == NULL)
			rc = err_set(err, ERR_NOMEM, "no memory to look for erased persons");
		arena_free(a);
		a = next;
	}
	arena_free(a);
	return rc;
}

int
erasure_replay(struct store *st,
    bool (*is_erased)(void *cookie, enum erasure_kind kind, struct slice id), void *cookie,
    int64_t now_ms, struct erasure_report *report_r, struct err *err)
{
	struct replay r = {st, is_erased, cookie, now_ms, report_r};

	memset(report_r, 0, sizeof *report_r);
	if (replay_kind(&r, ERASURE_CUSTOMER, err) < 0)
		return -1;
	return replay_kind(&r, ERASURE_AUTHOR, err);
}
