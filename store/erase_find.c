/*
 * erase_find.c - from what a person is called to everything they are: the merged customers, the linked
 * accounts.
 */
#include <assert.h>
#include <string.h>

#include "store/store_internal.h"

struct finding {
	struct store *st;
	struct arena *a;
	struct err *err;
	struct person *p;
	size_t customer_cap, author_cap, handle_cap;
};

static bool
has_slice(const struct slice *items, size_t count, struct slice s)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(items[i], s))
			return true;
	return false;
}

static int
too_many(struct finding *f)
{
	return err_set(f->err, ERR_LIMIT, "more than %d customers and accounts are one person here",
	    PERSON_KEYS_MAX);
}

static int
add_customer(struct finding *f, struct slice id)
{
	struct person *p = f->p;

	if (has_slice(p->customers, p->customer_count, id))
		return 0;
	if (p->customer_count == PERSON_KEYS_MAX)
		return too_many(f);
	if (ROWS_GROW(f->st, f->a, &p->customers, p->customer_count, &f->customer_cap, f->err) < 0)
		return -1;
	p->customers[p->customer_count++] = id;
	return 0;
}

static int
add_handle(struct finding *f, struct slice handle)
{
	struct person *p = f->p;

	if (!slice_is_set(handle) || has_slice(p->handles, p->handle_count, handle))
		return 0;
	if (p->handle_count == PERSON_KEYS_MAX)
		return too_many(f);
	if (ROWS_GROW(f->st, f->a, &p->handles, p->handle_count, &f->handle_cap, f->err) < 0)
		return -1;
	p->handles[p->handle_count++] = handle;
	return 0;
}

/* ---- texts of a query ------------------------------------------------------ */

/* The first columns of all rows for one text. */
static int
texts_of(
    struct finding *f, const char *sql, struct slice key, struct slice **list_r, size_t *count_r)
{
	struct query q;

	if (query_open(&q, f->st, sql, f->err) < 0)
		return -1;
	query_bind_text(&q, key);
	return query_rows(&q, f->a, sizeof **list_r, query_read_text, list_r, count_r, f->err);
}

/* 1 with the only text, 0 none, -1; ERR_CONFLICT when there are several. */
static int
only_text(
    struct finding *f, const char *sql, struct slice key, const char *what, struct slice *only_r)
{
	struct slice *list;
	size_t count;

	if (texts_of(f, sql, key, &list, &count) < 0)
		return -1;
	if (count > 1)
		return err_set(f->err, ERR_CONFLICT,
		    "'%.*s' is %s of several; name the customer or the account by its id",
		    SLICE_ARG(key), what);
	if (count == 1)
		*only_r = list[0];
	return (int)count;
}

/* ---- accounts -------------------------------------------------------------- */

static int
add_author(struct finding *f, struct slice id)
{
	struct person *p = f->p;
	struct person_author *author;
	struct query q;
	int rc;

	for (size_t i = 0; i < p->author_count; i++)
		if (slice_eq(p->authors[i].id, id))
			return 0;
	if (p->author_count == PERSON_KEYS_MAX)
		return too_many(f);
	if (ROWS_GROW(f->st, f->a, &p->authors, p->author_count, &f->author_cap, f->err) < 0 ||
	    query_open(
		&q, f->st, "SELECT author_no, handle_key FROM authors WHERE id = ?1", f->err) < 0)
		return -1;
	author = &p->authors[p->author_count];
	*author = (struct person_author){0, id, SLICE_NONE};
	query_bind_text(&q, id);
	rc = query_step(&q, f->err);
	if (rc > 0) {
		author->author_no = query_int(&q, 0);
		author->handle_key = query_text(&q, 1, f->a);
		rc = query_check(&q, f->err);
	}
	query_close(&q);
	p->author_count++;
	return rc < 0 ? -1 : 0;
}

static int
add_links(struct finding *f, struct slice customer_id)
{
	struct slice *ids, *handles;
	size_t id_count, handle_count;

	if (texts_of(f,
		"SELECT author_id FROM links WHERE customer_id = ?1 AND unlinked_at_ms IS NULL AND "
		"author_id IS NOT NULL",
		customer_id, &ids, &id_count) < 0 ||
	    texts_of(f,
		"SELECT handle_key FROM links WHERE customer_id = ?1 AND unlinked_at_ms IS NULL "
		"AND "
		"author_id IS NULL",
		customer_id, &handles, &handle_count) < 0)
		return -1;
	for (size_t i = 0; i < id_count; i++)
		if (add_author(f, ids[i]) < 0)
			return -1;
	for (size_t i = 0; i < handle_count; i++)
		if (add_handle(f, handles[i]) < 0)
			return -1;
	return 0;
}

/* ---- customers --------------------------------------------------------------- */

/* The customer and all they were merged with, the root first. */
static int
add_tree(struct finding *f, struct slice id)
{
	struct slice *children, root = id;
	size_t count = 1;

	for (size_t i = 0; count > 0; i++) {
		if (i > PERSON_KEYS_MAX)
			return too_many(f);
		if (texts_of(f,
			"SELECT merged_into FROM customers WHERE id = ?1 AND merged_into IS NOT "
			"NULL",
			root, &children, &count) < 0)
			return -1;
		if (count > 0)
			root = children[0];
	}
	if (add_customer(f, root) < 0)
		return -1;
	for (size_t i = 0; i < f->p->customer_count; i++) {
		if (texts_of(f, "SELECT id FROM customers WHERE merged_into = ?1",
			f->p->customers[i], &children, &count) < 0)
			return -1;
		for (size_t k = 0; k < count; k++)
			if (add_customer(f, children[k]) < 0)
				return -1;
	}
	for (size_t i = 0; i < f->p->customer_count; i++)
		if (add_links(f, f->p->customers[i]) < 0)
			return -1;
	return 0;
}

/* ---- by what they are called -------------------------------------------------- */

static int
find_author(struct finding *f, struct slice key, struct slice handle_key, struct slice *id_r)
{
	int rc = only_text(f, "SELECT id FROM authors WHERE id = ?1", key, "the id", id_r);

	if (rc == 0 && slice_is_set(handle_key))
		rc = only_text(f, "SELECT id FROM authors WHERE handle_key = ?1 LIMIT 2",
		    handle_key, "the handle", id_r);
	return rc;
}

/* The channels are few: each is found from the one before it, by the index that begins with it. */
#define BY_ADDRESS                                                                                 \
	"WITH RECURSIVE ways (name) AS (SELECT min(channel) FROM endpoints UNION ALL "             \
	"SELECT (SELECT min(channel) FROM endpoints WHERE channel > name) FROM ways "              \
	"WHERE name IS NOT NULL) SELECT DISTINCT customer_id FROM ways CROSS JOIN endpoints "      \
	"ON channel = name AND address = ?1 LIMIT 2"

static int
find_customer(struct finding *f, struct slice key, struct slice handle_key, struct slice *id_r)
{
	int rc = only_text(f, "SELECT id FROM customers WHERE id = ?1", key, "the id", id_r);

	if (rc == 0)
		rc = only_text(
		    f, "SELECT customer_id FROM endpoints WHERE id = ?1", key, "the id", id_r);
	if (rc == 0)
		rc = only_text(f, BY_ADDRESS, key, "the address", id_r);
	if (rc == 0 && slice_is_set(handle_key))
		rc = only_text(f,
		    "SELECT DISTINCT customer_id FROM links WHERE handle_key = ?1 AND "
		    "unlinked_at_ms IS NULL LIMIT 2",
		    handle_key, "the handle", id_r);
	return rc;
}

int
store_person_find(struct store *st, struct slice key, struct slice handle_key, struct arena *a,
    struct person *person_r, struct err *err)
{
	struct finding f = {.st = st, .a = a, .err = err, .p = person_r};
	struct slice author = SLICE_NONE, customer = SLICE_NONE;
	int rc;

	memset(person_r, 0, sizeof *person_r);
	/* An exact customer first: their account comes along. */
	rc = only_text(&f, "SELECT id FROM customers WHERE id = ?1", key, "the id", &customer);
	if (rc == 0)
		rc = find_author(&f, key, handle_key, &author);
	if (rc > 0 && slice_is_set(author)) {
		rc = only_text(&f,
		    "SELECT customer_id FROM links WHERE author_id = ?1 AND unlinked_at_ms IS NULL "
		    "ORDER BY link_no DESC LIMIT 1",
		    author, "the account", &customer);
		if (rc < 0 || add_author(&f, author) < 0)
			return -1;
	} else if (rc == 0) {
		rc = find_customer(&f, key, handle_key, &customer);
	}
	if (rc < 0 || (slice_is_set(customer) && add_tree(&f, customer) < 0))
		return -1;
	return person_r->customer_count > 0 || person_r->author_count > 0;
}

/* ---- everybody, for a ledger that is replayed --------------------------------------- */

static int
read_ids(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct person_author *author = row;

	(void)err;
	author->author_no = query_int(q, 0);
	author->id = query_text(q, 1, a);
	author->handle_key = query_text(q, 2, a);
	return 0;
}

int
store_person_ids(struct store *st, enum erasure_kind kind, struct slice after, size_t limit,
    struct arena *a, struct person_author **list_r, size_t *count_r, struct err *err)
{
	struct query q;
	int rc;

	assert(kind == ERASURE_CUSTOMER || kind == ERASURE_AUTHOR);
	rc = query_open(&q, st,
	    kind == ERASURE_CUSTOMER
		? "SELECT 0, id, NULL FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2"
		: "SELECT author_no, id, handle_key FROM authors WHERE id > ?1 ORDER BY id LIMIT "
		  "?2",
	    err);
	if (rc < 0)
		return -1;
	query_bind_text(&q, after);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **list_r, read_ids, list_r, count_r, err);
}
