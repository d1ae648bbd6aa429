#include "people/merge.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "store/joins.h"
#include "store/merges.h"
#include "store/persons.h"

#define NOTE_BYTES_MAX (64 * 1024)

/* ---- history ---------------------------------------------------------------- */

/* {"id":...,"reason":...} in the arena; SLICE_NONE without memory. */
static struct slice
note_text(struct slice id, struct slice reason, struct arena *a)
{
	struct json_writer w;
	struct slice text = SLICE_NONE;
	struct buf b;

	buf_init(&b, NOTE_BYTES_MAX);
	json_writer_init(&w, &b);
	json_object_begin(&w);
	json_kv_str(&w, "id", id);
	if (slice_is_set(reason))
		json_kv_str(&w, "reason", reason);
	json_object_end(&w);
	if (!buf_failed(&b))
		text = arena_slice_dup(a, buf_slice(&b));
	buf_fini(&b);
	return text;
}

/* One side's line: "merged_into" with whom, or "merged:<id>" with who came. */
static int
note(struct store *st, const struct merge_wish *w, struct slice customer_id, const char *field,
    struct slice other, bool is_merge, int64_t now_ms, struct arena *a, struct err *err)
{
	struct slice text = note_text(other, w->reason, a);
	const struct history_row row = {.at_ms = now_ms,
	    .field = slice_of(field),
	    .old_value = is_merge ? SLICE_NONE : text,
	    .new_value = is_merge ? text : SLICE_NONE,
	    .source = w->by};

	if (field == NULL || !slice_is_set(text))
		return err_set(err, ERR_NOMEM, "no memory for a merge");
	return store_history_add(st, customer_id, &row, err);
}

static int
note_both(struct store *st, const struct merge_wish *w, bool is_merge, int64_t now_ms,
    struct arena *a, struct err *err)
{
	const char *field = arena_printf(a, "merged:%.*s", SLICE_ARG(w->id));

	if (note(st, w, w->id, "merged_into", w->into, is_merge, now_ms, a, err) < 0)
		return -1;
	return note(st, w, w->into, field, w->id, is_merge, now_ms, a, err);
}

/* ---- merging ---------------------------------------------------------------- */

static int
find_root(struct store *st, struct slice id, struct arena *a, struct slice *root_r, struct err *err)
{
	int rc = store_customer_root(st, id, a, root_r, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(id));
	return rc < 0 ? -1 : 0;
}

static int
check_room(
    struct store *st, struct slice root, struct slice other, struct arena *a, struct err *err)
{
	struct slice_list mine, theirs;

	if (store_customer_tree(st, root, a, &mine, err) < 0 ||
	    store_customer_tree(st, other, a, &theirs, err) < 0)
		return -1;
	if (mine.count + theirs.count <= CUSTOMERS_IN_ONE_MAX)
		return 0;
	return err_set(err, ERR_CONFLICT, "%zu customers would be one, and %d are the most",
	    mine.count + theirs.count, CUSTOMERS_IN_ONE_MAX);
}

static int
check_merge(struct store *st, const struct merge_wish *w, struct arena *a, struct err *err)
{
	struct slice root, own_root;

	if (find_root(st, w->into, a, &root, err) < 0 ||
	    find_root(st, w->id, a, &own_root, err) < 0)
		return -1;
	if (slice_eq(root, own_root))
		return err_set(err, ERR_CONFLICT, "'%.*s' and '%.*s' are one customer already",
		    SLICE_ARG(w->id), SLICE_ARG(w->into));
	if (!slice_eq(own_root, w->id))
		return err_set(err, ERR_CONFLICT,
		    "'%.*s' belongs to customer '%.*s': merge that one, or take them apart first",
		    SLICE_ARG(w->id), SLICE_ARG(own_root));
	return check_room(st, root, w->id, a, err);
}

int
customer_merge(
    struct store *st, const struct merge_wish *w, int64_t now_ms, struct arena *a, struct err *err)
{
	const char *from = arena_printf(a, "c:%.*s", SLICE_ARG(w->id));
	const char *to = arena_printf(a, "c:%.*s", SLICE_ARG(w->into));
	int64_t join_no;

	if (from == NULL || to == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a merge");
	if (check_merge(st, w, a, err) < 0 ||
	    store_customer_point(st, w->id, w->into, now_ms, err) < 0 ||
	    store_subjects_join(st, slice_of(from), slice_of(to), SLICE_LIT("merge"), w->by,
		w->reason, now_ms, &join_no, err) < 0)
		return -1;
	return note_both(st, w, true, now_ms, a, err);
}

/* ---- taking apart ------------------------------------------------------------- */

static int
split_subject(
    struct store *st, const struct merge_wish *w, int64_t now_ms, struct arena *a, struct err *err)
{
	const char *from = arena_printf(a, "c:%.*s", SLICE_ARG(w->id));
	int64_t join_no;
	int rc;

	if (from == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a merge");
	rc = store_subject_join_of(st, slice_of(from), &join_no, err);
	if (rc > 0) /* 0: an import brought the pointer */
		rc = store_subjects_split(st, join_no, w->by, now_ms, err);
	return rc < 0 ? -1 : 0;
}

int
customer_unmerge(struct store *st, const struct merge_wish *wish, int64_t now_ms, struct arena *a,
    struct slice *from_r, struct err *err)
{
	struct merge_wish w = *wish;
	struct slice root;
	int rc;

	if (find_root(st, w.id, a, &root, err) < 0)
		return -1;
	rc = store_customer_merged_into(st, w.id, a, &w.into, err);
	if (rc == 0)
		return err_set(err, ERR_CONFLICT, "customer '%.*s' is not merged", SLICE_ARG(w.id));
	if (rc < 0 || store_customer_point(st, w.id, SLICE_NONE, now_ms, err) < 0 ||
	    split_subject(st, &w, now_ms, a, err) < 0)
		return -1;
	*from_r = w.into;
	return note_both(st, &w, false, now_ms, a, err);
}
