/*
 * records_rows.c - the rows of a record, written one by one.
 */
#include "core/json.h"
#include "store/records_internal.h"

int
record_customer_write(
    struct store *st, const struct customer_record *r, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO customers (id, timezone, locale, country, merged_into, created_at_ms, "
		"updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO UPDATE SET "
		"timezone = excluded.timezone, locale = excluded.locale, "
		"country = excluded.country, updated_at_ms = excluded.updated_at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, r->c.id);
	query_bind_text(&q, r->c.timezone);
	query_bind_text(&q, r->c.locale);
	query_bind_text(&q, r->c.country);
	query_bind_text(&q, r->merged_into);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

int
record_attribute_write(
    struct store *st, struct slice id, const struct attribute *a, int64_t now_ms, struct err *err)
{
	struct query q;

	row_json_values(a->values, &st->json_b);
	if (store_buf_check(st, &st->json_b, err) < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO customer_attributes (customer_id, name, value_list, at_ms) "
		"VALUES (?1, ?2, ?3, ?4) ON CONFLICT (customer_id, name) DO UPDATE SET "
		"value_list = excluded.value_list, at_ms = excluded.at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, a->name);
	query_bind_text(&q, buf_slice(&st->json_b));
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

int
record_metric_write(struct store *st, struct slice id, const struct customer_metric *m,
    int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO customer_metrics (customer_id, name, value, at_ms) "
		"VALUES (?1, ?2, ?3, ?4) ON CONFLICT (customer_id, name) DO UPDATE SET "
		"value = excluded.value, at_ms = excluded.at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, m->name);
	query_bind_text(&q, m->value);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

/* Attributes into json_b, metrics into json_a. */
static int
endpoint_json(struct store *st, const struct endpoint *e, struct err *err)
{
	struct json_writer w;

	row_json_attributes(e->attributes, e->attribute_count, &st->json_b);
	buf_clear(&st->json_a);
	json_writer_init(&w, &st->json_a);
	metrics_json(e->metrics, e->metric_count, &w);
	return store_buf_check(st, &st->json_b, err) < 0 ||
		store_buf_check(st, &st->json_a, err) < 0
	    ? -1
	    : 0;
}

int
record_endpoint_write(struct store *st, struct slice id, const struct endpoint *e,
    struct slice extra, int64_t now_ms, struct err *err)
{
	struct query q;

	if (endpoint_json(st, e, err) < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO endpoints (id, customer_id, channel, address, is_opted_out, "
		"is_inactive, timezone, locale, country, attributes, metrics, extra, at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, coalesce(?12, '{}'), ?13) "
		"ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id, "
		"channel = excluded.channel, address = excluded.address, "
		"is_opted_out = excluded.is_opted_out, is_inactive = excluded.is_inactive, "
		"timezone = excluded.timezone, locale = excluded.locale, "
		"country = excluded.country, attributes = excluded.attributes, "
		"metrics = excluded.metrics, extra = excluded.extra, at_ms = excluded.at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, e->id);
	query_bind_text(&q, id);
	query_bind_text(&q, e->channel);
	query_bind_text(&q, e->address);
	query_bind_int(&q, e->is_opted_out);
	query_bind_int(&q, e->is_inactive);
	query_bind_text(&q, e->timezone);
	query_bind_text(&q, e->locale);
	query_bind_text(&q, e->country);
	query_bind_text(&q, buf_slice(&st->json_b));
	query_bind_text(&q, buf_slice(&st->json_a));
	query_bind_text(&q, extra);
	query_bind_int(&q, now_ms);
	return query_run(&q, err);
}

int
record_consent_write(struct store *st, struct slice id, const struct consent *c, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO consents (customer_id, channel, purpose, is_given, source, at_ms, "
		"text_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
		"ON CONFLICT (customer_id, channel, purpose) DO UPDATE SET "
		"is_given = excluded.is_given, source = excluded.source, at_ms = excluded.at_ms, "
		"text_version = excluded.text_version",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, c->channel);
	query_bind_int(&q, c->purpose);
	query_bind_int(&q, c->is_given);
	query_bind_text(&q, c->source);
	query_bind_int(&q, c->at_ms);
	query_bind_text(&q, c->text_version);
	return query_run(&q, err);
}

/* "c:<id>" in the store's scratch. */
static int
make_who(struct store *st, struct slice id, struct slice *who_r, struct err *err)
{
	buf_clear(&st->key);
	buf_add_str(&st->key, "c:");
	buf_add_slice(&st->key, id);
	*who_r = buf_slice(&st->key);
	return store_buf_check(st, &st->key, err);
}

int
record_tag_write(struct store *st, struct slice id, const struct tag_row *t, struct err *err)
{
	struct slice who;

	if (make_who(st, id, &who, err) < 0)
		return -1;
	return store_tag_put(st, who, t->tag, t->at_ms, t->expires_at_ms, err);
}

int
record_list_write(
    struct store *st, struct slice id, struct slice list, int64_t now_ms, struct err *err)
{
	struct slice who;

	if (make_who(st, id, &who, err) < 0)
		return -1;
	return store_list_add(st, list, who, now_ms, err);
}
