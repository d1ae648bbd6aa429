/*
 * merges.c - who of the customers is one, and what holds of what several of them have.
 *
 * A file may bring pointers in a circle, or to nobody: who then has no root stands on its own.
 */
#include <stdlib.h>

#include "store/customers_internal.h"

/* ---- the tree --------------------------------------------------------- */

static int
one_text(struct query *q, struct arena *a, struct slice *text_r, struct err *err)
{
	int rc = query_step(q, err);

	if (rc > 0) {
		*text_r = query_text(q, 0, a);
		if (query_check(q, err) < 0)
			rc = -1;
	}
	query_close(q);
	return rc;
}

int
store_customer_merged_into(
    struct store *st, struct slice id, struct arena *a, struct slice *into_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT merged_into FROM customers WHERE id = ?1 AND merged_into IS NOT NULL",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return one_text(&q, a, into_r, err);
}

static int
customer_exists(struct store *st, struct slice id, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM customers WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_has_row(&q, err);
}

int
store_customer_root(
    struct store *st, struct slice id, struct arena *a, struct slice *root_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"WITH RECURSIVE up (id) AS (SELECT ?1 UNION SELECT merged_into FROM customers "
		"JOIN up USING (id) WHERE merged_into IS NOT NULL) SELECT id FROM up JOIN "
		"customers "
		"USING (id) WHERE merged_into IS NULL",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = one_text(&q, a, root_r, err);
	if (rc != 0)
		return rc;
	rc = customer_exists(st, id, err);
	if (rc > 0)
		*root_r = id;
	return rc;
}

int
store_customer_tree(
    struct store *st, struct slice root, struct arena *a, struct slice_list *ids_r, struct err *err)
{
	struct query q;
	struct slice *items = NULL;
	size_t count = 0;

	if (query_open(&q, st, CUSTOMER_TREE "SELECT id FROM tree ORDER BY id <> ?1, id", err) < 0)
		return -1;
	query_bind_text(&q, root);
	if (query_rows(&q, a, sizeof *items, query_read_text, &items, &count, err) < 0)
		return -1;
	*ids_r = (struct slice_list){items, count};
	return 0;
}

int
store_customer_point(
    struct store *st, struct slice id, struct slice into, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE customers SET merged_into = ?2, updated_at_ms = ?3 WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, into);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

/* ---- what holds ------------------------------------------------------- */

/* One of the things several customers have: the first after sorting holds. */
struct claim {
	struct slice name;
	int kind; /* of consents: the purpose */
	int64_t at_ms;
	bool goes_first; /* at the same time: a withdrawal */
	size_t rank; /* of whom it is: the root has 0 */
	size_t at; /* in that one's list */
};

static int
claim_cmp(const void *va, const void *vb)
{
	const struct claim *a = va, *b = vb;
	int rc = slice_cmp(a->name, b->name);

	if (rc == 0)
		rc = a->kind - b->kind;
	if (rc == 0)
		rc = (a->at_ms < b->at_ms) - (a->at_ms > b->at_ms);
	if (rc == 0)
		rc = (int)b->goes_first - (int)a->goes_first;
	return rc != 0 ? rc : (a->rank > b->rank) - (a->rank < b->rank);
}

/* Leaves one claim for each name and kind; how many. */
static size_t
claims_settle(struct claim *claims, size_t count)
{
	size_t n = 0;

	if (count > 0)
		qsort(claims, count, sizeof *claims, claim_cmp);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || !slice_eq(claims[n - 1].name, claims[i].name) ||
		    claims[n - 1].kind != claims[i].kind)
			claims[n++] = claims[i];
	return n;
}

struct combining {
	struct store *st;
	const struct own_customer *list;
	size_t count;
	struct claim *claims; /* room for the most there can be */
	struct arena *a;
	struct customer *c;
	struct err *err;
};

static void *
room_for(struct combining *m, size_t count, size_t size)
{
	void *p = arena_array(m->a, count + 1, size);

	if (p == NULL)
		(void)store_nomem(m->st, m->a, m->err);
	return p;
}

static int
combine_attributes(struct combining *m)
{
	struct attribute *out;
	size_t n = 0, count;

	for (size_t r = 0; r < m->count; r++)
		for (size_t i = 0; i < m->list[r].c.attribute_count; i++)
			m->claims[n++] = (struct claim){m->list[r].c.attributes[i].name, 0,
			    m->list[r].attribute_at_ms[i], false, r, i};
	count = claims_settle(m->claims, n);
	out = room_for(m, count, sizeof *out);
	if (out == NULL)
		return -1;
	n = 0;
	for (size_t i = 0; i < count; i++) {
		const struct attribute *v =
		    &m->list[m->claims[i].rank].c.attributes[m->claims[i].at];

		if (v->values.count > 0)
			out[n++] = *v;
	}
	m->c->attributes = out;
	m->c->attribute_count = n;
	return 0;
}

static int
combine_metrics(struct combining *m)
{
	struct customer_metric *out;
	size_t n = 0, kept = 0;

	for (size_t r = 0; r < m->count; r++)
		for (size_t i = 0; i < m->list[r].c.metric_count; i++)
			m->claims[n++] = (struct claim){m->list[r].c.metrics[i].name, 0,
			    m->list[r].metric_at_ms[i], false, r, i};
	n = claims_settle(m->claims, n);
	out = room_for(m, n, sizeof *out);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		out[kept] = m->list[m->claims[i].rank].c.metrics[m->claims[i].at];
		kept += out[kept].value.len > 0;
	}
	m->c->metrics = out;
	m->c->metric_count = kept;
	return 0;
}

static int
combine_consents(struct combining *m)
{
	struct consent *out;
	size_t n = 0;

	for (size_t r = 0; r < m->count; r++)
		for (size_t i = 0; i < m->list[r].c.consent_count; i++) {
			const struct consent *v = &m->list[r].c.consents[i];

			m->claims[n++] = (struct claim){
			    v->channel, (int)v->purpose, v->at_ms, !v->is_given, r, i};
		}
	n = claims_settle(m->claims, n);
	out = room_for(m, n, sizeof *out);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = m->list[m->claims[i].rank].c.consents[m->claims[i].at];
	m->c->consents = out;
	m->c->consent_count = n;
	return 0;
}

static int
combine_endpoints(struct combining *m)
{
	struct endpoint *out;
	size_t n = 0;

	for (size_t r = 0; r < m->count; r++)
		for (size_t i = 0; i < m->list[r].c.endpoint_count; i++)
			m->claims[n++] =
			    (struct claim){m->list[r].c.endpoints[i].id, 0, 0, false, r, i};
	n = claims_settle(m->claims, n); /* an id is unique: sorted, none goes */
	out = room_for(m, n, sizeof *out);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = m->list[m->claims[i].rank].c.endpoints[m->claims[i].at];
	m->c->endpoints = out;
	m->c->endpoint_count = n;
	return 0;
}

static int
combine_tags(struct combining *m)
{
	struct slice *out;
	size_t n = 0;

	for (size_t r = 0; r < m->count; r++)
		for (size_t i = 0; i < m->list[r].c.tags.count; i++)
			m->claims[n++] =
			    (struct claim){m->list[r].c.tags.items[i], 0, 0, false, r, i};
	n = claims_settle(m->claims, n);
	out = room_for(m, n, sizeof *out);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = m->claims[i].name;
	m->c->tags = (struct slice_list){out, n};
	return 0;
}

/* Who is one with the root, and what the root does not know of itself. */
static int
combine_profile(struct combining *m)
{
	struct slice *ids = room_for(m, m->count, sizeof *ids);
	struct customer *c = m->c;

	if (ids == NULL)
		return -1;
	for (size_t r = 1; r < m->count; r++) {
		const struct customer *other = &m->list[r].c;

		ids[r - 1] = other->id;
		if (!slice_is_set(c->timezone))
			c->timezone = other->timezone;
		if (!slice_is_set(c->locale))
			c->locale = other->locale;
		if (!slice_is_set(c->country))
			c->country = other->country;
	}
	c->merged = (struct slice_list){ids, m->count - 1};
	return 0;
}

static int
combine_stats(struct combining *m)
{
	struct customer_stats *sum = room_for(m, 1, sizeof *sum);

	if (sum == NULL)
		return -1;
	*sum = m->list[0].stats;
	for (size_t r = 1; r < m->count; r++)
		days_add_up(sum, &m->list[r].stats);
	days_finish(sum);
	m->c->stats = sum;
	return 0;
}

static size_t
most_claims(const struct own_customer *list, size_t count)
{
	size_t n = 0;

	for (size_t r = 0; r < count; r++)
		n += list[r].c.attribute_count + list[r].c.metric_count + list[r].c.consent_count +
		    list[r].c.endpoint_count + list[r].c.tags.count;
	return n;
}

int
customers_combine(struct store *st, const struct own_customer *list, size_t count, struct arena *a,
    struct customer **c_r, struct err *err)
{
	struct combining m = {st, list, count, NULL, a, ARENA_NEW(a, struct customer), err};

	m.claims = arena_array(a, most_claims(list, count) + 1, sizeof *m.claims);
	if (m.c == NULL || m.claims == NULL)
		return store_nomem(st, a, err);
	*m.c = list[0].c;
	if (combine_stats(&m) < 0)
		return -1;
	if (combine_attributes(&m) < 0 || combine_metrics(&m) < 0 || combine_consents(&m) < 0 ||
	    combine_endpoints(&m) < 0 || combine_tags(&m) < 0 || combine_profile(&m) < 0)
		return -1;
	*c_r = m.c;
	return 0;
}
