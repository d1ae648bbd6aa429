/*
 * history.c - every change of a customer, with its whole old and new value as JSON: records_write.c says
 * which fields there are.
 */
#include "store/customers_internal.h"

int
store_history_add(
    struct store *st, struct slice customer_id, const struct history_row *row, struct err *err)
{
	return store_customer_touched(st, customer_id, err) < 0
	    ? -1
	    : history_write(st, customer_id, row, err);
}

int
history_write(
    struct store *st, struct slice customer_id, const struct history_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO customer_history (customer_id, at_ms, field, old, new, source, "
		"decision_id) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, row->at_ms);
	query_bind_text(&q, row->field);
	query_bind_text(&q, row->old_value);
	query_bind_text(&q, row->new_value);
	query_bind_text(&q, row->source);
	query_bind_text(&q, row->decision_id);
	return query_run(&q, err);
}

#define HISTORY_COLUMNS "at_ms, field, old, new, source, decision_id, history_no, customer_id"

static int
read_history(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct history_row *h = row;

	(void)err;
	h->at_ms = query_int(q, 0);
	h->field = query_text(q, 1, a);
	h->old_value = query_text(q, 2, a);
	h->new_value = query_text(q, 3, a);
	h->source = query_text(q, 4, a);
	h->decision_id = query_text(q, 5, a);
	h->history_no = query_int(q, 6);
	h->customer_id = query_text(q, 7, a);
	return 0;
}

int
store_history_list(struct store *st, struct slice customer_id, size_t limit, struct arena *a,
    struct history_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " HISTORY_COLUMNS
		" FROM customer_history WHERE customer_id = ?1 ORDER BY history_no DESC LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_history, rows_r, count_r, err);
}

/* By the plus the rows of each customer are found by the index and then sorted: not everybody's are read
 * backwards until enough are theirs. */
int
store_history_of_tree(struct store *st, struct slice root, int64_t before_no, size_t limit,
    struct arena *a, struct history_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		CUSTOMER_TREE
		"SELECT " HISTORY_COLUMNS " FROM tree CROSS "
		"JOIN customer_history ON customer_id = tree.id WHERE history_no < ?2 ORDER BY "
		"+history_no DESC LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, root);
	query_bind_int(&q, before_no);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_history, rows_r, count_r, err);
}

int
history_note(struct store *st, struct slice customer_id, const char *prefix, struct slice name,
    const struct history_row *row, struct err *err)
{
	struct history_row full = *row;

	buf_clear(&st->key);
	buf_add_str(&st->key, prefix);
	buf_add_slice(&st->key, name);
	if (store_buf_check(st, &st->key, err) < 0)
		return -1;
	full.field = buf_slice(&st->key);
	return store_history_add(st, customer_id, &full, err);
}
