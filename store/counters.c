/*
 * counters.c - cool-downs, totals and caps, through the overlay.
 *
 * Key in the overlay: rule id, NUL, kind, key.  A counter that was emptied (joined into another) is
 * saved by deleting its row.
 */
#include <assert.h>
#include <string.h>

#include "store/ahead.h"
#include "store/store_internal.h"

static bool
is_empty(const struct rule_counter *c)
{
	return c->count == 0 && c->last_at_ms == TIME_UNKNOWN;
}

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

int
counter_row_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct query q;
	struct rule_counter *c = value_r;
	int rc;

	if (query_open(&q, cookie,
		"SELECT last_at_ms, count FROM rule_state WHERE rule_id = ?1 AND kind = ?2 AND key "
		"= ?3",
		err) < 0)
		return -1;
	bind_key(&q, key);
	rc = query_step(&q, err);
	if (rc > 0) {
		c->last_at_ms = query_time(&q, 0);
		c->count = query_int(&q, 1);
	}
	query_close(&q);
	return rc;
}

int
counter_row_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct query q;
	const struct rule_counter *c = value;

	if (is_empty(c)) {
		if (query_open(&q, cookie,
			"DELETE FROM rule_state WHERE rule_id = ?1 AND kind = ?2 AND key = ?3",
			err) < 0)
			return -1;
		bind_key(&q, key);
		return query_run(&q, err);
	}
	if (query_open(&q, cookie,
		"INSERT INTO rule_state (rule_id, kind, key, last_at_ms, count) "
		"VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (rule_id, kind, key) DO UPDATE SET "
		"last_at_ms = excluded.last_at_ms, count = excluded.count",
		err) < 0)
		return -1;
	bind_key(&q, key);
	query_bind_time(&q, c->last_at_ms);
	query_bind_int(&q, c->count);
	return query_run(&q, err);
}

int
store_counter_get(struct store *st, struct slice rule_id, enum state_kind kind, struct slice key,
    struct rule_counter *c_r, struct err *err)
{
	struct rule_counter c = {TIME_UNKNOWN, 0};
	int rc = cache_get_key(st, CACHE_COUNTERS, rule_id, (char)kind, key, &c, err);

	if (rc < 0)
		return -1;
	*c_r = c;
	return rc > 0 && !is_empty(&c) ? 1 : 0;
}

int
store_counter_put(struct store *st, struct slice rule_id, enum state_kind kind, struct slice key,
    const struct rule_counter *c, struct err *err)
{
	return cache_put_key(st, CACHE_COUNTERS, rule_id, (char)kind, key, c, err);
}

int
store_counter_get_at(
    struct store *st, struct store_ahead *a, struct rule_counter *c_r, struct err *err)
{
	int rc;

	*c_r = (struct rule_counter){TIME_UNKNOWN, 0};
	rc = cache_get_at(st, CACHE_COUNTERS, a, c_r, err);
	if (rc < 0)
		return -1;
	return rc > 0 && !is_empty(c_r) ? 1 : 0;
}

int
store_counter_put_at(
    struct store *st, struct store_ahead *a, const struct rule_counter *c, struct err *err)
{
	return cache_put_at(st, CACHE_COUNTERS, a, c, err);
}
