/*
 * customers.c - persons we know, loaded with all that belongs to them.
 *
 * This happens for every post of a linked author, so there are few statements: the row itself, with
 * whether it is merged at all; attributes and metrics; endpoints; consents; tags only of who has some.
 */
#include "store/customers_internal.h"

/* ---- attributes and metrics ------------------------------------------- */

struct fact_row {
	bool is_metric;
	struct slice name, value; /* of metrics */
	struct slice_list values;
	int64_t at_ms;
};

static int
read_fact(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct fact_row *f = row;
	struct err own;

	f->is_metric = query_int(q, 0) != 0;
	f->name = query_text(q, 1, a);
	f->at_ms = query_int(q, 3);
	if (f->is_metric) {
		f->value = query_text(q, 2, a);
		return 0;
	}
	if (query_check(q, err) < 0)
		return -1;
	if (row_json_read_values(query_peek(q, 2), a, &f->values, &own) < 0)
		return store_fail(q->st, own.kind, err, "attribute '%.*s' of a customer: %s",
		    SLICE_ARG(f->name), own.text);
	return 0;
}

/* Attributes come first, metrics behind them. */
static int
place_facts(struct store *st, const struct fact_row *rows, size_t count, struct arena *a,
    struct own_customer *own, struct err *err)
{
	struct attribute *attributes = arena_array(a, count, sizeof *attributes);
	struct customer_metric *metrics = arena_array(a, count, sizeof *metrics);
	int64_t *at_ms = arena_array(a, count, sizeof *at_ms);
	size_t n = 0;

	if (attributes == NULL || metrics == NULL || at_ms == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < count; i++) {
		at_ms[i] = rows[i].at_ms;
		if (rows[i].is_metric)
			metrics[i - n] = (struct customer_metric){rows[i].name, rows[i].value};
		else
			attributes[n++] = (struct attribute){rows[i].name, rows[i].values};
	}
	own->c.attributes = attributes;
	own->c.attribute_count = n;
	own->c.metrics = metrics;
	own->c.metric_count = count - n;
	own->attribute_at_ms = at_ms;
	own->metric_at_ms = at_ms + n;
	return 0;
}

static int
load_facts(
    struct store *st, struct slice id, struct arena *a, struct own_customer *own, struct err *err)
{
	struct fact_row *rows = NULL;
	struct query q;
	size_t count = 0;

	if (query_open(&q, st,
		"SELECT 0, name, value_list, at_ms FROM customer_attributes WHERE customer_id = ?1 "
		"UNION ALL SELECT 1, name, value, at_ms FROM customer_metrics WHERE customer_id = "
		"?1",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	if (query_rows(&q, a, sizeof *rows, read_fact, &rows, &count, err) < 0)
		return -1;
	return count == 0 ? 0 : place_facts(st, rows, count, a, own, err);
}

/* ---- endpoints -------------------------------------------------------- */

int
customer_endpoint_read(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct endpoint *e = row;
	struct err own;

	e->id = query_text(q, 0, a);
	e->channel = query_text(q, 1, a);
	e->address = query_text(q, 2, a);
	e->is_opted_out = query_int(q, 3) != 0;
	e->is_inactive = query_int(q, 4) != 0;
	e->timezone = query_text(q, 5, a);
	e->locale = query_text(q, 6, a);
	e->country = query_text(q, 7, a);
	e->at_ms = query_int(q, 10);
	if (query_check(q, err) < 0)
		return -1;
	if (row_json_read_attributes(
		query_peek(q, 8), a, &e->attributes, &e->attribute_count, &own) < 0 ||
	    record_metrics_read(query_peek(q, 9), a, &e->metrics, &e->metric_count, &own) < 0)
		return store_fail(
		    q->st, own.kind, err, "endpoint '%.*s': %s", SLICE_ARG(e->id), own.text);
	return 0;
}

static int
load_endpoints(
    struct store *st, struct slice id, struct arena *a, struct customer *c, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " CUSTOMER_ENDPOINT_COLUMNS
		" FROM endpoints WHERE customer_id = ?1 ORDER BY id",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_rows(&q, a, sizeof *c->endpoints, customer_endpoint_read, &c->endpoints,
	    &c->endpoint_count, err);
}

/* ---- consents, tags --------------------------------------------------- */

static int
read_consent(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct consent *c = row;

	(void)err;
	c->channel = query_text(q, 0, a);
	c->purpose = (enum purpose)query_int(q, 1);
	c->is_given = query_int(q, 2) != 0;
	c->source = query_text(q, 3, a);
	c->at_ms = query_int(q, 4);
	c->text_version = query_text(q, 5, a);
	return 0;
}

int
customer_consents_load(
    struct store *st, struct slice id, struct arena *a, struct customer *c, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT channel, purpose, is_given, source, at_ms, text_version FROM consents "
		"WHERE customer_id = ?1 ORDER BY channel, purpose",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_rows(
	    &q, a, sizeof *c->consents, read_consent, &c->consents, &c->consent_count, err);
}

static int
load_tags(struct store *st, struct slice id, int64_t now_ms, struct arena *a, struct customer *c,
    struct err *err)
{
	const char *text = arena_printf(a, "c:%.*s", SLICE_ARG(id));

	if (text == NULL)
		return store_nomem(st, a, err);
	return store_tags_load(st, slice_of(text), now_ms, a, &c->tags, err);
}

/* ---- one -------------------------------------------------------------- */

#define CUSTOMER_COLUMNS                                                                           \
	"id, timezone, locale, country, merged_into, EXISTS (SELECT 1 FROM customers m WHERE "     \
	"m.merged_into = customers.id), last_post_at_ms, last_contact_at_ms, last_event_at_ms, "   \
	"sums"

static int
read_customer(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct own_customer *own = row;

	(void)err;
	own->c.id = query_text(q, 0, a);
	own->c.timezone = query_text(q, 1, a);
	own->c.locale = query_text(q, 2, a);
	own->c.country = query_text(q, 3, a);
	own->merged_into = query_text(q, 4, a);
	own->has_merged = query_int(q, 5) != 0;
	own->stats.last_post_at_ms = query_time(q, 6);
	own->stats.last_contact_at_ms = query_time(q, 7);
	own->stats.last_event_at_ms = query_time(q, 8);
	day_sums_read(query_peek_blob(q, 9), &own->sums);
	return 0;
}

static int
load_parts(
    struct store *st, int64_t now_ms, struct arena *a, struct own_customer *own, struct err *err)
{
	struct customer *c = &own->c;

	if (load_facts(st, c->id, a, own, err) < 0 || load_endpoints(st, c->id, a, c, err) < 0 ||
	    customer_consents_load(st, c->id, a, c, err) < 0 ||
	    days_load(st, c->id, now_ms, &own->sums, &own->stats, err) < 0)
		return -1;
	return load_tags(st, c->id, now_ms, a, c, err);
}

/* The row alone. 1, 0, -1 */
static int
load_row(
    struct store *st, struct slice id, struct arena *a, struct own_customer *own_r, struct err *err)
{
	struct own_customer own = {0};
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT " CUSTOMER_COLUMNS " FROM customers WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0) {
		(void)read_customer(&q, a, &own, err);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	if (rc > 0)
		*own_r = own;
	return rc;
}

int
customer_load_own(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct own_customer *own_r, struct err *err)
{
	int rc = load_row(st, id, a, own_r, err);

	if (rc <= 0)
		return rc;
	return load_parts(st, now_ms, a, own_r, err) < 0 ? -1 : 1;
}

void
customer_finish(struct own_customer *own)
{
	struct attribute *list = (struct attribute *)own->c.attributes;
	struct customer_metric *metrics = (struct customer_metric *)own->c.metrics;
	size_t n = 0;

	for (size_t i = 0; i < own->c.attribute_count; i++)
		if (list[i].values.count > 0)
			list[n++] = list[i];
	own->c.attribute_count = n;
	n = 0;
	for (size_t i = 0; i < own->c.metric_count; i++)
		if (metrics[i].value.len > 0)
			metrics[n++] = metrics[i];
	own->c.metric_count = n;
}

static int
finish_one(struct store *st, struct own_customer *own, struct arena *a, struct customer **c_r,
    struct err *err)
{
	struct customer *c = ARENA_NEW(a, struct customer);
	struct customer_stats *stats = ARENA_NEW(a, struct customer_stats);

	if (c == NULL || stats == NULL)
		return store_nomem(st, a, err);
	customer_finish(own);
	*c = own->c;
	*stats = own->stats;
	days_finish(stats);
	c->stats = stats;
	*c_r = c;
	return store_customer_segments(st, c, a, err);
}

/* ---- all that are one ------------------------------------------------- */

static int
load_tree(struct store *st, struct slice root, int64_t now_ms, struct arena *a,
    struct customer **c_r, struct err *err)
{
	struct slice_list ids;
	struct own_customer *list;
	size_t count = 0;

	if (store_customer_tree(st, root, a, &ids, err) < 0)
		return -1;
	list = arena_array(a, ids.count, sizeof *list);
	if (list == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < ids.count; i++) {
		int rc = customer_load_own(st, ids.items[i], now_ms, a, &list[count], err);

		if (rc < 0)
			return -1;
		count += rc > 0;
	}
	return customers_combine(st, list, count, a, c_r, err) < 0
	    ? -1
	    : store_customer_segments(st, *c_r, a, err);
}

/* A row at hand becomes the customer it belongs to. */
static int
load_whole(struct store *st, struct own_customer *own, int64_t now_ms, struct arena *a,
    struct customer **c_r, struct err *err)
{
	struct slice root = own->c.id;

	if (!slice_is_set(own->merged_into) && !own->has_merged) {
		if (load_parts(st, now_ms, a, own, err) < 0)
			return -1;
		return finish_one(st, own, a, c_r, err);
	}
	if (slice_is_set(own->merged_into) && store_customer_root(st, own->c.id, a, &root, err) < 0)
		return -1;
	return load_tree(st, root, now_ms, a, c_r, err);
}

int
store_customer_load(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err)
{
	struct own_customer own;
	struct customer *c = NULL;
	int rc = load_row(st, id, a, &own, err);

	if (rc > 0 && load_whole(st, &own, now_ms, a, &c, err) < 0)
		rc = -1;
	if (rc > 0)
		*customer_r = c;
	return rc;
}

int
store_customer_load_own(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err)
{
	struct own_customer own;
	struct customer *c = NULL;
	int rc = customer_load_own(st, id, now_ms, a, &own, err);

	if (rc > 0 && finish_one(st, &own, a, &c, err) < 0)
		rc = -1;
	if (rc > 0)
		*customer_r = c;
	return rc;
}

int
store_customers_list(struct store *st, struct slice after_id, size_t limit, int64_t now_ms,
    struct arena *a, struct customer ***list_r, size_t *count_r, struct err *err)
{
	struct query q;
	struct own_customer *rows = NULL;
	struct customer **list;
	size_t count = 0;

	if (query_open(&q, st,
		"SELECT " CUSTOMER_COLUMNS " FROM customers WHERE id > ?1 AND merged_into IS NULL "
		"ORDER BY id LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_is_set(after_id) ? after_id : SLICE_LIT(""));
	query_bind_int(&q, (int64_t)limit);
	if (query_rows(&q, a, sizeof *rows, read_customer, &rows, &count, err) < 0)
		return -1;
	list = arena_array(a, count + 1, sizeof *list);
	if (list == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < count; i++)
		if (load_whole(st, &rows[i], now_ms, a, &list[i], err) < 0)
			return -1;
	*list_r = list;
	*count_r = count;
	return 0;
}
