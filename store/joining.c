/*
 * joining.c - an author and a customer turn out to be one person: what was counted under the one goes
 * over to the other.
 *
 * A person's rows have their key, or begin with it and '|' (those of their days); '|' and '}' are
 * neighbours, so that both are a range of the index.
 */
#include <assert.h>

#include "store/store_internal.h"

static int
read_row(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct person_row *r = row;

	(void)err;
	r->rule_id = query_text(q, 0, a);
	r->kind = (int)query_int(q, 1);
	r->key = query_text(q, 2, a);
	return 0;
}

static int
find_rows(struct store *st, const char *sql, struct slice person, struct arena *a,
    struct person_row **rows_r, size_t *count_r, struct err *err)
{
	const char *low = arena_printf(a, "%.*s|", SLICE_ARG(person));
	const char *high = arena_printf(a, "%.*s}", SLICE_ARG(person));
	struct query q;

	if (low == NULL || high == NULL)
		return store_nomem(st, a, err);
	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_text(&q, person);
	query_bind_text(&q, slice_of(low));
	query_bind_text(&q, slice_of(high));
	return query_rows(&q, a, sizeof **rows_r, read_row, rows_r, count_r, err);
}

static int
join_row(struct store *st, struct person_row *row, struct slice from, struct slice to,
    struct arena *a, person_join_fn *join, struct err *err)
{
	struct slice rest = slice_make(row->key.ptr + from.len, row->key.len - from.len);
	const char *text = arena_printf(a, "%.*s%.*s", SLICE_ARG(to), SLICE_ARG(rest));

	if (text == NULL)
		return store_nomem(st, a, err);
	row->new_key = slice_make(text, to.len + rest.len);
	return join(st, row, err);
}

int
person_rows_join(struct store *st, const char *sql, struct slice from, struct slice to,
    person_join_fn *join, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct person_row *rows = NULL;
	size_t count = 0;
	int rc;

	assert(st->is_in_transaction && st->mode != STORE_READER && !slice_eq(from, to));
	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = find_rows(st, sql, from, a, &rows, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = join_row(st, &rows[i], from, to, a, join, err);
	arena_free(a);
	return rc;
}
