/*
 * records.c - customers as their rows are: loaded one by one, or by id a page at a time.
 */
#include "store/records.h"

#include "store/customers_internal.h"
#include "store/records_internal.h"

/* ---- parts ------------------------------------------------------------ */

static int
read_attribute(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct attribute *attribute = row;
	struct err own;

	attribute->name = query_text(q, 0, a);
	if (query_check(q, err) < 0)
		return -1;
	if (row_json_read_values(query_peek(q, 1), a, &attribute->values, &own) < 0)
		return store_fail(q->st, own.kind, err, "attribute '%.*s' of a customer: %s",
		    SLICE_ARG(attribute->name), own.text);
	return 0;
}

static int
load_attributes(
    struct store *st, struct slice id, struct arena *a, struct customer *c, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT name, value_list FROM customer_attributes WHERE customer_id = ?1 "
		"AND value_list <> '[]' ORDER BY name",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_rows(
	    &q, a, sizeof *c->attributes, read_attribute, &c->attributes, &c->attribute_count, err);
}

static int
read_metric(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct customer_metric *m = row;

	(void)err;
	m->name = query_text(q, 0, a);
	m->value = query_text(q, 1, a);
	return 0;
}

static int
load_metrics(
    struct store *st, struct slice id, struct arena *a, struct customer *c, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT name, value FROM customer_metrics WHERE customer_id = ?1 AND value <> '' "
		"ORDER BY name",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_rows(
	    &q, a, sizeof *c->metrics, read_metric, &c->metrics, &c->metric_count, err);
}

struct endpoint_row {
	struct endpoint e;
	struct slice extra;
};

static int
read_endpoint(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct endpoint_row *r = row;

	r->extra = query_text(q, CUSTOMER_ENDPOINT_COLUMN_COUNT, a);
	return customer_endpoint_read(q, a, &r->e, err);
}

static int
load_endpoints(
    struct store *st, struct slice id, struct arena *a, struct customer_record *r, struct err *err)
{
	struct endpoint_row *rows;
	struct endpoint *endpoints;
	struct slice *extras;
	struct query q;
	size_t count;

	if (query_open(&q, st,
		"SELECT " CUSTOMER_ENDPOINT_COLUMNS
		", extra FROM endpoints WHERE customer_id = ?1 ORDER BY id",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	if (query_rows(&q, a, sizeof *rows, read_endpoint, &rows, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	endpoints = arena_array(a, count, sizeof *endpoints);
	extras = arena_array(a, count, sizeof *extras);
	if (endpoints == NULL || extras == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < count; i++) {
		endpoints[i] = rows[i].e;
		extras[i] = rows[i].extra;
	}
	r->c.endpoints = endpoints;
	r->c.endpoint_count = count;
	r->extras = extras;
	return 0;
}

static int
read_tag(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct tag_row *t = row;

	(void)err;
	t->tag = query_text(q, 0, a);
	t->at_ms = query_int(q, 1);
	t->expires_at_ms = query_time(q, 2);
	return 0;
}

/* What belongs to people by "c:<id>". */
static int
load_marks(
    struct store *st, struct customer_record *r, int64_t now_ms, struct arena *a, struct err *err)
{
	const char *text = arena_printf(a, "c:%.*s", SLICE_ARG(r->c.id));
	struct slice who = slice_of(text);
	struct slice *lists;
	struct query q;

	if (text == NULL)
		return store_nomem(st, a, err);
	if (query_open(&q, st,
		"SELECT tag, at_ms, expires_at_ms FROM tags WHERE who = ?1 AND (expires_at_ms IS "
		"NULL OR expires_at_ms > ?2) ORDER BY tag",
		err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_int(&q, now_ms);
	if (query_rows(&q, a, sizeof *r->tags, read_tag, &r->tags, &r->tag_count, err) < 0)
		return -1;
	if (query_open(&q, st, "SELECT list FROM list_members WHERE who = ?1 ORDER BY list", err) <
	    0)
		return -1;
	query_bind_text(&q, who);
	if (query_rows(&q, a, sizeof *lists, query_read_text, &lists, &r->lists.count, err) < 0)
		return -1;
	r->lists.items = lists;
	return 0;
}

/* Those that rules fill are found again by the rules. */
static int
load_segments(struct store *st, struct customer_record *r, struct arena *a, struct err *err)
{
	struct slice *segments;
	struct query q;

	if (query_open(&q, st,
		"SELECT s.id FROM segment_members m CROSS JOIN segments s ON s.id = m.segment "
		"WHERE m.customer_id = ?1 AND s.is_imported AND NOT s.is_gone ORDER BY s.id",
		err) < 0)
		return -1;
	query_bind_text(&q, r->c.id);
	if (query_rows(
		&q, a, sizeof *segments, query_read_text, &segments, &r->segments.count, err) < 0)
		return -1;
	r->segments.items = segments;
	return 0;
}

static int
load_parts(
    struct store *st, struct customer_record *r, int64_t now_ms, struct arena *a, struct err *err)
{
	struct link_row *links = NULL;

	if (load_attributes(st, r->c.id, a, &r->c, err) < 0 ||
	    load_metrics(st, r->c.id, a, &r->c, err) < 0 ||
	    load_endpoints(st, r->c.id, a, r, err) < 0 ||
	    customer_consents_load(st, r->c.id, a, &r->c, err) < 0 ||
	    load_marks(st, r, now_ms, a, err) < 0 || load_segments(st, r, a, err) < 0 ||
	    store_links_of_customer(st, r->c.id, a, &links, &r->link_count, err) < 0)
		return -1;
	r->links = links;
	return 0;
}

/* ---- public ----------------------------------------------------------- */

#define RECORD_COLUMNS "id, timezone, locale, country, merged_into"

static int
read_record(struct query *q, struct arena *a, struct customer_record **r_r, struct err *err)
{
	struct customer_record *r = ARENA_NEW(a, struct customer_record);

	if (r == NULL)
		return store_nomem(q->st, a, err);
	r->c.id = query_text(q, 0, a);
	r->c.timezone = query_text(q, 1, a);
	r->c.locale = query_text(q, 2, a);
	r->c.country = query_text(q, 3, a);
	r->merged_into = query_text(q, 4, a);
	*r_r = r;
	return query_check(q, err);
}

int
store_record_load(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer_record **r_r, struct err *err)
{
	struct customer_record *r = NULL;
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT " RECORD_COLUMNS " FROM customers WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0 && read_record(&q, a, &r, err) < 0)
		rc = -1;
	query_close(&q);
	if (rc > 0 && load_parts(st, r, now_ms, a, err) < 0)
		rc = -1;
	if (rc > 0)
		*r_r = r;
	return rc;
}

int
store_records_list(struct store *st, struct slice after_id, size_t limit, size_t max_bytes,
    int64_t now_ms, struct arena *a, struct customer_record ***list_r, size_t *count_r,
    struct err *err)
{
	struct customer_record **list = NULL;
	size_t count = 0, cap = 0, loaded = 0, begun = arena_used_bytes(a);
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT " RECORD_COLUMNS " FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_is_set(after_id) ? after_id : SLICE_LIT(""));
	query_bind_int(&q, (int64_t)limit);
	while ((rc = query_step(&q, err)) > 0)
		if ((rc = ROWS_GROW(st, a, &list, count, &cap, err)) < 0 ||
		    (rc = read_record(&q, a, &list[count++], err)) < 0)
			break;
	query_close(&q);
	while (
	    rc == 0 && loaded < count && (loaded == 0 || arena_used_bytes(a) - begun < max_bytes))
		rc = load_parts(st, list[loaded++], now_ms, a, err);
	if (rc < 0)
		return -1;
	*list_r = list;
	*count_r = loaded;
	return 0;
}
