/*
 * touched.c - which customers a transaction has touched, until somebody judges their segments.
 *
 * An import touches very many: beyond TOUCHED_MAX they go into the queue at once, and into the same
 * transaction.
 */
#include "store/segments.h"

#include "core/map.h"
#include "core/mem.h"
#include "store/store_internal.h"

#define TOUCHED_MAX 1000

void
touched_fini(struct store *st)
{
	map_free(st->touched.seen);
	mem_free(st->touched.ids);
	st->touched = (struct touched){0};
}

void
touched_clear(struct store *st)
{
	for (size_t i = 0; i < st->touched.count; i++)
		mem_free(st->touched.ids[i]);
	st->touched.count = 0;
	if (st->touched.seen != NULL)
		map_clear(st->touched.seen);
}

/* Does any segment live by conditions?  Else nobody needs to be judged, and when one comes everybody is. */
static int
has_live_segments(struct store *st, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT 1 FROM segments WHERE is_imported = 0 AND is_gone = 0 LIMIT 1", err) < 0)
		return -1;
	return query_has_row(&q, err);
}

/* All of them into the queue. */
static int
spill(struct store *st, struct err *err)
{
	int rc = st->touched.count == 0 ? 0 : has_live_segments(st, err);

	for (size_t i = 0; i < st->touched.count && rc > 0; i++)
		if (store_judging_put(st, slice_of(st->touched.ids[i]), 0, err) < 0)
			rc = -1;
	if (rc < 0)
		return -1;
	touched_clear(st);
	return 0;
}

static int
make_room(struct store *st, struct err *err)
{
	struct touched *t = &st->touched;

	if (t->seen == NULL)
		t->seen = map_new(0, TOUCHED_MAX, NULL);
	if (t->ids == NULL)
		t->ids = mem_array(TOUCHED_MAX, sizeof *t->ids);
	return t->seen == NULL || t->ids == NULL ? store_nomem(st, NULL, err) : 0;
}

int
store_customer_touched(struct store *st, struct slice id, struct err *err)
{
	struct touched *t = &st->touched;
	char *copy;

	if (st->mode == STORE_READER || !st->is_in_transaction)
		return 0;
	if (t->count > 0 && slice_eq_str(id, t->ids[t->count - 1]))
		return 0;
	if (make_room(st, err) < 0)
		return -1;
	if (map_get(t->seen, id) != NULL)
		return 0;
	if (t->count == TOUCHED_MAX && spill(st, err) < 0)
		return -1;
	copy = mem_strndup(id.ptr, id.len);
	if (copy == NULL || map_put(t->seen, id, copy) < 0) {
		mem_free(copy);
		return store_nomem(st, NULL, err);
	}
	t->ids[t->count++] = copy;
	return 0;
}

int
store_who_touched(struct store *st, struct slice who, struct err *err)
{
	return slice_starts_with(who, "c:")
	    ? store_customer_touched(st, slice_make(who.ptr + 2, who.len - 2), err)
	    : 0;
}

int
store_segment_touch(struct store *st, struct slice customer_id, struct err *err)
{
	return store_customer_touched(st, customer_id, err);
}

bool
store_has_touched(const struct store *st)
{
	return st->touched.count > 0;
}

int
store_touched_take(
    struct store *st, struct arena *a, struct slice **ids_r, size_t *count_r, struct err *err)
{
	struct touched *t = &st->touched;
	struct slice *ids = arena_array(a, t->count + 1, sizeof *ids);

	if (ids == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < t->count; i++) {
		ids[i] = arena_slice_dup(a, slice_of(t->ids[i]));
		if (!slice_is_set(ids[i]))
			return store_nomem(st, a, err);
	}
	*ids_r = ids;
	*count_r = t->count;
	touched_clear(st);
	return 0;
}

void
store_judge_with(struct store *st, store_judge_fn *judge, void *cookie)
{
	st->touched.judge = judge;
	st->touched.cookie = cookie;
}

int
touched_settle(struct store *st, struct err *err)
{
	struct touched *t = &st->touched;

	if (t->count > 0 && t->judge != NULL && t->judge(t->cookie, st, err) < 0)
		return -1;
	return spill(st, err);
}
