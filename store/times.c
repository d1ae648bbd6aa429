/*
 * times.c - event times through two overlays.
 *
 * Most keys have a few times, and a cache whose values have one size would spend half a kilobyte on
 * each.  So CACHE_TIMES holds how many there are and, up to TIMES_FEW, the times themselves;
 * CACHE_TIMES_MANY holds those of longer rows and is looked at only when CACHE_TIMES says that the
 * row is one.  Both are views of one table: each saves only rows of its own length, and
 * CACHE_TIMES_MANY is flushed first, so that a row that was long and became short within a
 * transaction ends short.
 *
 * Key in both: rule id, NUL, part, key.
 */
#include "store/times.h"

#include <assert.h>
#include <string.h>

#include "store/ahead.h"
#include "store/store_internal.h"

_Static_assert(CACHE_TIMES_MANY < CACHE_TIMES, "flushed in this order");

bool
rule_times_add(struct rule_times *t, int64_t at_ms)
{
	size_t i = t->count;

	assert(t->count <= RULE_TIMES_MAX);
	while (i > 0 && t->at_ms[i - 1] > at_ms)
		i--;
	if (t->count < RULE_TIMES_MAX) {
		memmove(&t->at_ms[i + 1], &t->at_ms[i], (t->count - i) * sizeof t->at_ms[0]);
		t->at_ms[i] = at_ms;
		t->count++;
		return true;
	}
	if (i == 0)
		return false;
	memmove(&t->at_ms[0], &t->at_ms[1], (i - 1) * sizeof t->at_ms[0]);
	t->at_ms[i - 1] = at_ms;
	return true;
}

bool
rule_times_drop_before(struct rule_times *t, int64_t at_ms)
{
	size_t old = 0;

	while (old < t->count && t->at_ms[old] < at_ms)
		old++;
	if (old == 0)
		return false;
	t->count -= old;
	memmove(&t->at_ms[0], &t->at_ms[old], t->count * sizeof t->at_ms[0]);
	return true;
}

/* ---- rows --------------------------------------------------------------- */

static void
bind_key(struct query *q, struct slice joined)
{
	const char *nul = memchr(joined.ptr, '\0', joined.len);
	size_t id_len;

	assert(nul != NULL);
	id_len = (size_t)(nul - joined.ptr);
	query_bind_text(q, slice_make(joined.ptr, id_len));
	query_bind_int(q, nul[1]);
	query_bind_text(q, slice_make(nul + 2, joined.len - id_len - 2));
}

void
times_pack(int64_t at_ms, unsigned char *out)
{
	for (size_t b = 0; b < TIMES_PACKED_BYTES; b++)
		out[b] = (unsigned char)((uint64_t)at_ms >> (8 * b));
}

int64_t
times_unpack(const char *packed)
{
	uint64_t v = 0;

	for (size_t b = 0; b < TIMES_PACKED_BYTES; b++)
		v |= (uint64_t)(unsigned char)packed[b] << (8 * b);
	return (int64_t)v;
}

/* A row of a newer program may be longer: its newest times count. */
static void
times_read(struct slice blob, struct rule_times *t)
{
	size_t count = blob.len / TIMES_PACKED_BYTES;
	const char *at = blob.ptr;

	if (count > RULE_TIMES_MAX) {
		at += (count - RULE_TIMES_MAX) * TIMES_PACKED_BYTES;
		count = RULE_TIMES_MAX;
	}
	t->count = count;
	for (size_t i = 0; i < count; i++)
		t->at_ms[i] = times_unpack(at + i * TIMES_PACKED_BYTES);
}

static int
row_read(struct store *st, struct slice key, struct rule_times *t, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT times FROM rule_times WHERE rule_id = ?1 AND part = ?2 AND key = ?3",
		err) < 0)
		return -1;
	bind_key(&q, key);
	rc = query_step(&q, err);
	if (rc > 0)
		times_read(query_peek_blob(&q, 0), t);
	if (rc > 0 && query_check(&q, err) < 0)
		rc = -1;
	query_close(&q);
	return rc;
}

static int
row_write(struct store *st, struct slice key, const struct rule_times *t, struct err *err)
{
	struct query q;
	unsigned char blob[RULE_TIMES_MAX * TIMES_PACKED_BYTES];

	if (t->count == 0) {
		if (query_open(&q, st,
			"DELETE FROM rule_times WHERE rule_id = ?1 AND part = ?2 AND key = ?3",
			err) < 0)
			return -1;
		bind_key(&q, key);
		return query_run(&q, err);
	}
	if (query_open(&q, st,
		"INSERT INTO rule_times (rule_id, part, key, last_at_ms, times) "
		"VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (rule_id, part, key) DO UPDATE SET "
		"last_at_ms = excluded.last_at_ms, times = excluded.times",
		err) < 0)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		times_pack(t->at_ms[i], blob + i * TIMES_PACKED_BYTES);
	bind_key(&q, key);
	query_bind_int(&q, t->at_ms[t->count - 1]);
	query_bind_blob(&q, slice_make((const char *)blob, t->count * TIMES_PACKED_BYTES));
	return query_run(&q, err);
}

int
times_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct few_times *few = value_r;
	struct rule_times t;
	int rc = row_read(cookie, key, &t, err);

	if (rc <= 0)
		return rc;
	few->count = t.count;
	if (t.count <= TIMES_FEW)
		memcpy(few->at_ms, t.at_ms, t.count * sizeof t.at_ms[0]);
	return 1;
}

int
times_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	const struct few_times *few = value;
	struct rule_times t;

	if (few->count > TIMES_FEW)
		return 0;
	t.count = few->count;
	memcpy(t.at_ms, few->at_ms, t.count * sizeof t.at_ms[0]);
	return row_write(cookie, key, &t, err);
}

int
times_many_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	return row_read(cookie, key, value_r, err);
}

int
times_many_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	const struct rule_times *t = value;

	return t->count <= TIMES_FEW ? 0 : row_write(cookie, key, t, err);
}

/* ---- through the caches -------------------------------------------------- */

/* What stands in a row of few; those of a longer one are read from the other cache. */
static int
times_of(struct store *st, const struct few_times *few, const struct overlay_key *k,
    struct rule_times *t_r, struct err *err)
{
	if (few->count > TIMES_FEW)
		return cache_get_key(st, CACHE_TIMES_MANY, k->head, k->kind, k->tail, t_r, err);
	t_r->count = few->count;
	memcpy(t_r->at_ms, few->at_ms, few->count * sizeof few->at_ms[0]);
	return few->count > 0;
}

/* The row of few, when the longer one, if it is one, was put. */
static int
put_many(struct store *st, const struct overlay_key *k, const struct rule_times *t,
    struct few_times *few_r, struct err *err)
{
	assert(t->count <= RULE_TIMES_MAX);
	*few_r = (struct few_times){.count = t->count};
	if (t->count > TIMES_FEW)
		return cache_put_key(st, CACHE_TIMES_MANY, k->head, k->kind, k->tail, t, err);
	memcpy(few_r->at_ms, t->at_ms, t->count * sizeof t->at_ms[0]);
	return 0;
}

int
store_times_get(struct store *st, struct slice rule_id, enum times_part part, struct slice key,
    struct rule_times *t_r, struct err *err)
{
	struct overlay_key k = {.head = rule_id, .tail = key, .kind = (char)part};
	struct few_times few;
	int rc = cache_get_key(st, CACHE_TIMES, rule_id, (char)part, key, &few, err);

	t_r->count = 0;
	return rc <= 0 ? rc : times_of(st, &few, &k, t_r, err);
}

int
store_times_put(struct store *st, struct slice rule_id, enum times_part part, struct slice key,
    const struct rule_times *t, struct err *err)
{
	struct overlay_key k = {.head = rule_id, .tail = key, .kind = (char)part};
	struct few_times few;

	if (put_many(st, &k, t, &few, err) < 0)
		return -1;
	return cache_put_key(st, CACHE_TIMES, rule_id, (char)part, key, &few, err);
}

int
store_times_get_at(struct store *st, struct store_ahead *a, struct rule_times *t_r, struct err *err)
{
	struct few_times few;
	int rc = cache_get_at(st, CACHE_TIMES, a, &few, err);

	t_r->count = 0;
	return rc <= 0 ? rc : times_of(st, &few, &a->spot.key, t_r, err);
}

int
store_times_put_at(
    struct store *st, struct store_ahead *a, const struct rule_times *t, struct err *err)
{
	struct few_times few;

	if (put_many(st, &a->spot.key, t, &few, err) < 0)
		return -1;
	return cache_put_at(st, CACHE_TIMES, a, &few, err);
}

int
times_flush(struct store *st, struct err *err)
{
	return overlay_flush(st->caches[CACHE_TIMES_MANY], err) < 0 ||
		overlay_flush(st->caches[CACHE_TIMES], err) < 0
	    ? -1
	    : 0;
}
