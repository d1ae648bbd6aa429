/*
 * customers_sample.c - some customers out of all, each as likely as any other: those whose ids hash to
 * the least.  The same customers give the same sample.
 */
#include "store/segments.h"

#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "store/store_internal.h"

#define SAMPLE_SEED 0x5eed

struct ticket {
	uint64_t hash;
	struct slice id;
};

/* Twice as many as are wanted have room; when it is full, the greater half goes. */
struct draw {
	struct ticket *tickets;
	size_t count, max;
	uint64_t below; /* whoever hashes to more cannot win any more */
};

static int
compare_tickets(const void *a, const void *b)
{
	const struct ticket *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void
cut(struct draw *d)
{
	qsort(d->tickets, d->count, sizeof *d->tickets, compare_tickets);
	if (d->count <= d->max)
		return;
	d->count = d->max;
	d->below = d->tickets[d->max - 1].hash;
}

static int
draw_all(struct query *q, struct draw *d, struct arena *a, int64_t *customers_r, struct err *err)
{
	int rc;

	while ((rc = query_step(q, err)) > 0) {
		struct slice id = query_peek(q, 0);
		uint64_t hash = hash_bytes(SAMPLE_SEED, id);

		++*customers_r;
		if (hash > d->below)
			continue;
		if (d->count == 2 * d->max)
			cut(d);
		d->tickets[d->count++] = (struct ticket){hash, query_text(q, 0, a)};
		if (query_check(q, err) < 0)
			return -1;
	}
	return rc;
}

int
store_customers_sample(struct store *st, size_t max, struct arena *a, struct slice **ids_r,
    size_t *count_r, int64_t *customers_r, struct err *err)
{
	struct draw d = {
	    .tickets = mem_array(2 * max, sizeof *d.tickets), .max = max, .below = UINT64_MAX};
	struct query q;
	int rc;

	*customers_r = 0;
	*count_r = 0;
	if (d.tickets == NULL)
		return store_nomem(st, NULL, err);
	rc = query_open(&q, st, "SELECT id FROM customers WHERE merged_into IS NULL", err);
	if (rc == 0) {
		rc = draw_all(&q, &d, a, customers_r, err);
		query_close(&q);
	}
	if (rc == 0) {
		cut(&d);
		*ids_r = arena_array(a, d.count + 1, sizeof **ids_r);
		rc = *ids_r == NULL ? store_nomem(st, a, err) : 0;
	}
	for (size_t i = 0; i < d.count && rc == 0; i++)
		(*ids_r)[(*count_r)++] = d.tickets[i].id;
	mem_free(d.tickets);
	return rc;
}
