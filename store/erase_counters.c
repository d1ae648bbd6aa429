/*
 * erase_counters.c - what rules remember of a person: cool-downs, caps, event times.
 *
 * Which keys are a person's: joins_internal.h.
 */
#include "store/erase_internal.h"
#include "store/joins_internal.h"

struct range {
	struct slice low, high;
};

static int
range_of(struct erasing *e, struct slice key, struct arena *a, struct range *range_r)
{
	const char *low = arena_printf(a, "%.*s|", SLICE_ARG(key));
	const char *high = arena_printf(a, "%.*s}", SLICE_ARG(key));

	if (low == NULL || high == NULL)
		return store_nomem(e->st, a, e->err);
	*range_r = (struct range){slice_of(low), slice_of(high)};
	return 0;
}

static int
delete_range(struct erasing *e, const char *table, const char *sql, const struct range *range)
{
	struct query q;

	if (query_open(&q, e->st, sql, e->err) < 0)
		return -1;
	query_bind_text(&q, range->low);
	query_bind_text(&q, range->high);
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, table);
	return 0;
}

int
erase_counters(struct erasing *e, struct slice key)
{
	struct arena *a = arena_new(STORE_KEY_MAX * 4);
	struct range range;
	int rc = -1;

	if (a == NULL)
		return store_nomem(e->st, NULL, e->err);
	if (range_of(e, key, a, &range) == 0 &&
	    erase_by_text(e, "rule_state", "DELETE FROM rule_state WHERE key = ?1", key) == 0 &&
	    delete_range(e, "rule_state",
		"DELETE FROM rule_state WHERE key >= ?1 AND key < ?2 AND " JOINS_STATE_PART("?1"),
		&range) == 0 &&
	    erase_by_text(e, "rule_times", "DELETE FROM rule_times WHERE key = ?1", key) == 0 &&
	    delete_range(e, "rule_times",
		"DELETE FROM rule_times WHERE key >= ?1 AND key < ?2 AND " JOINS_TIMES_PART("?1"),
		&range) == 0)
		rc = 0;
	arena_free(a);
	return rc;
}
