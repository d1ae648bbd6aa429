/*
 * as_of_tree.c - who was one with a customer at an instant: each merge and each taking apart stands in the
 * history of both sides (people/merge.c).
 *
 * The last line of a field until then says how it was: "merged_into" whom one belonged to, "merged:<id>"
 * that this one had come.  A line's number tells what was last, for several may have one time.
 */
#include "store/as_of.h"

#include "store/customers_internal.h"

/* The lines of h that hold at ?2. */
#define HOLDS                                                                                      \
	"h.at_ms <= ?2 AND h.new IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customer_history "      \
	"later WHERE later.customer_id = h.customer_id AND later.field = h.field AND "             \
	"later.history_no > h.history_no AND later.at_ms <= ?2)"

static int
root_then(struct store *st, struct slice id, int64_t at_ms, struct arena *a, struct slice *root_r,
    struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"WITH RECURSIVE up (id, steps) AS (SELECT ?1, 0 UNION ALL SELECT "
		"json_extract(h.new, '$.id'), steps + 1 FROM up JOIN customer_history h ON "
		"h.customer_id = up.id AND h.field = 'merged_into' WHERE steps < ?3 AND " HOLDS
		") SELECT id FROM up WHERE id IS NOT NULL ORDER BY steps DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_int(&q, at_ms);
	query_bind_int(&q, CUSTOMERS_IN_ONE_MAX);
	rc = query_step(&q, err);
	if (rc > 0) {
		*root_r = query_text(&q, 0, a);
		rc = query_check(&q, err);
	}
	query_close(&q);
	return rc;
}

int
store_tree_as_of(struct store *st, struct slice id, int64_t at_ms, struct arena *a,
    struct slice_list *ids_r, struct err *err)
{
	struct slice root = id, *items = NULL;
	struct query q;
	size_t count = 0;

	if (root_then(st, id, at_ms, a, &root, err) < 0)
		return -1;
	/* ';' is behind ':' */
	if (query_open(&q, st,
		"WITH RECURSIVE tree (id) AS (SELECT ?1 UNION SELECT substr(h.field, 8) FROM tree "
		"JOIN customer_history h ON h.customer_id = tree.id WHERE h.field > 'merged:' AND "
		"h.field < 'merged;' AND " HOLDS ") SELECT id FROM tree ORDER BY id <> ?1, id",
		err) < 0)
		return -1;
	query_bind_text(&q, root);
	query_bind_int(&q, at_ms);
	if (query_rows(&q, a, sizeof *items, query_read_text, &items, &count, err) < 0)
		return -1;
	*ids_r = (struct slice_list){items, count};
	return 0;
}

/* 1 with the customer as it was linked, 0 it was linked to nobody, -1 */
static int
linked_then(struct store *st, struct slice author_id, int64_t at_ms, struct arena *a,
    struct slice *customer_r, struct err *err)
{
	struct query q;
	int rc;

	/* Those in force and those that ended have an index each; it takes the account in both for them. */
	if (query_open(&q, st,
		"SELECT customer_id FROM links WHERE linked_at_ms <= ?2 AND ((author_id = ?1 AND "
		"unlinked_at_ms IS NULL) OR (author_id = ?1 AND unlinked_at_ms > ?2)) ORDER BY "
		"link_no DESC LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, author_id);
	query_bind_int(&q, at_ms);
	rc = query_step(&q, err);
	if (rc > 0) {
		*customer_r = query_text(&q, 0, a);
		rc = query_check(&q, err) < 0 ? -1 : 1;
	}
	query_close(&q);
	return rc;
}

int
store_subject_as_of(struct store *st, struct slice subject, int64_t at_ms, struct arena *a,
    struct slice *subject_r, struct err *err)
{
	struct slice id = slice_is_set(subject) && subject.len > 2
	    ? slice_make(subject.ptr + 2, subject.len - 2)
	    : SLICE_NONE;
	const char *text;
	int rc = 1;

	*subject_r = subject;
	if (!slice_is_set(id))
		return 0;
	if (slice_starts_with(subject, "a:"))
		rc = linked_then(st, id, at_ms, a, &id, err);
	if (rc <= 0 || root_then(st, id, at_ms, a, &id, err) < 0)
		return rc == 0 ? 0 : -1;
	text = arena_printf(a, "c:%.*s", SLICE_ARG(id));
	if (text == NULL)
		return store_nomem(st, a, err);
	*subject_r = slice_of(text);
	return 0;
}
