/*
 * customers.c - persons we know: the row, attributes, endpoints, consents, and the history of every
 * change.
 */
#include <assert.h>

#include "store/store_internal.h"

/* ---- history ---------------------------------------------------------- */

int
store_history_add(
    struct store *st, struct slice customer_id, const struct history_row *row, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO customer_history (customer_id, at_ms, field, old, new, source, "
		"decision_id) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, row->at_ms);
	query_bind_text(&q, row->field);
	query_bind_text(&q, row->old_value);
	query_bind_text(&q, row->new_value);
	query_bind_text(&q, row->source);
	query_bind_text(&q, row->decision_id);
	return query_run(&q, err);
}

static int
read_history(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct history_row *h = row;

	(void)err;
	h->at_ms = query_int(q, 0);
	h->field = query_text(q, 1, a);
	h->old_value = query_text(q, 2, a);
	h->new_value = query_text(q, 3, a);
	h->source = query_text(q, 4, a);
	h->decision_id = query_text(q, 5, a);
	return 0;
}

int
store_history_list(struct store *st, struct slice customer_id, size_t limit, struct arena *a,
    struct history_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT at_ms, field, old, new, source, decision_id FROM customer_history "
		"WHERE customer_id = ?1 ORDER BY history_no DESC LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, (int64_t)limit);
	return query_rows(&q, a, sizeof **rows_r, read_history, rows_r, count_r, err);
}

/* field is "prefix" and name. */
static int
note(struct store *st, struct slice customer_id, const char *prefix, struct slice name,
    const struct history_row *row, struct err *err)
{
	struct history_row full = *row;

	buf_clear(&st->key);
	buf_add_str(&st->key, prefix);
	buf_add_slice(&st->key, name);
	if (store_buf_check(st, &st->key, err) < 0)
		return -1;
	full.field = buf_slice(&st->key);
	return store_history_add(st, customer_id, &full, err);
}

/* ---- loading ---------------------------------------------------------- */

/* Each of these takes the query over and stops at the first failure. */

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
		"SELECT name, value_list FROM customer_attributes WHERE customer_id = ?1 ORDER BY "
		"name",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_rows(
	    &q, a, sizeof *c->attributes, read_attribute, &c->attributes, &c->attribute_count, err);
}

#define ENDPOINT_COLUMNS                                                                           \
	"id, channel, address, is_opted_out, is_inactive, timezone, locale, country, attributes"

static int
read_endpoint(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct endpoint *e = row;
	struct slice attributes = query_peek(q, 8);
	struct err own;

	e->id = query_text(q, 0, a);
	e->channel = query_text(q, 1, a);
	e->address = query_text(q, 2, a);
	e->is_opted_out = query_int(q, 3) != 0;
	e->is_inactive = query_int(q, 4) != 0;
	e->timezone = query_text(q, 5, a);
	e->locale = query_text(q, 6, a);
	e->country = query_text(q, 7, a);
	if (query_check(q, err) < 0)
		return -1;
	if (row_json_read_attributes(attributes, a, &e->attributes, &e->attribute_count, &own) < 0)
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
		"SELECT " ENDPOINT_COLUMNS " FROM endpoints WHERE customer_id = ?1 ORDER BY id",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_rows(
	    &q, a, sizeof *c->endpoints, read_endpoint, &c->endpoints, &c->endpoint_count, err);
}

static int
read_consent(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct consent *c = row;

	(void)err;
	c->channel = query_text(q, 0, a);
	c->purpose = (enum purpose)query_int(q, 1);
	c->is_given = query_int(q, 2) != 0;
	return 0;
}

static int
load_consents(
    struct store *st, struct slice id, struct arena *a, struct customer *c, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT channel, purpose, is_given FROM consents WHERE customer_id = ?1 "
		"ORDER BY channel, purpose",
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
	struct slice who;
	const char *text = arena_printf(a, "c:%.*s", SLICE_ARG(id));

	if (text == NULL)
		return store_nomem(st, a, err);
	who = slice_of(text);
	return store_tags_load(st, who, now_ms, a, &c->tags, err);
}

static int
load_parts(struct store *st, struct customer *c, int64_t now_ms, struct arena *a, struct err *err)
{
	if (load_attributes(st, c->id, a, c, err) < 0 || load_endpoints(st, c->id, a, c, err) < 0 ||
	    load_consents(st, c->id, a, c, err) < 0)
		return -1;
	return load_tags(st, c->id, now_ms, a, c, err);
}

static int
read_customer(struct query *q, struct arena *a, struct customer **c_r, struct err *err)
{
	struct customer *c = ARENA_NEW(a, struct customer);

	if (c == NULL)
		return store_nomem(q->st, a, err);
	c->id = query_text(q, 0, a);
	c->timezone = query_text(q, 1, a);
	c->locale = query_text(q, 2, a);
	c->country = query_text(q, 3, a);
	*c_r = c;
	return query_check(q, err);
}

int
store_customer_load(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err)
{
	struct query q;
	struct customer *c = NULL;
	int rc;

	if (query_open(&q, st, "SELECT id, timezone, locale, country FROM customers WHERE id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0 && read_customer(&q, a, &c, err) < 0)
		rc = -1;
	query_close(&q);
	if (rc > 0 && load_parts(st, c, now_ms, a, err) < 0)
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
	struct customer **list = NULL;
	size_t count = 0, cap = 0;
	int rc;

	if (query_open(&q, st,
		"SELECT id, timezone, locale, country FROM customers WHERE id > ?1 ORDER BY id "
		"LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_is_set(after_id) ? after_id : SLICE_LIT(""));
	query_bind_int(&q, (int64_t)limit);
	while ((rc = query_step(&q, err)) > 0)
		if ((rc = ROWS_GROW(st, a, &list, count, &cap, err)) < 0 ||
		    (rc = read_customer(&q, a, &list[count++], err)) < 0)
			break;
	query_close(&q);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = load_parts(st, list[i], now_ms, a, err);
	if (rc < 0)
		return -1;
	*list_r = list;
	*count_r = count;
	return 0;
}

/* ---- changes ---------------------------------------------------------- */

int
store_customer_put(struct store *st, struct slice id, struct slice zone, struct slice locale,
    struct slice country, int64_t now_ms, bool *created_r, struct err *err)
{
	struct query q;
	int rc;

	assert(id.len > 0);
	if (query_open(&q, st, "SELECT 1 FROM customers WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_has_row(&q, err);
	if (rc < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO customers (id, timezone, locale, country, created_at_ms, "
		"updated_at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (id) DO UPDATE SET "
		"timezone = coalesce(excluded.timezone, timezone), "
		"locale = coalesce(excluded.locale, locale), "
		"country = coalesce(excluded.country, country), updated_at_ms = "
		"excluded.updated_at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, zone);
	query_bind_text(&q, locale);
	query_bind_text(&q, country);
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0)
		return -1;
	*created_r = rc == 0;
	return 0;
}

/* One column of one row into b: 1 with a value, 0 not there, -1.  Takes the query over. */
static int
fetch_text(struct query *q, struct buf *b, struct err *err)
{
	struct store *st = q->st;
	int rc = query_step(q, err);

	buf_clear(b);
	if (rc > 0) {
		buf_add_slice(b, query_peek(q, 0));
		if (query_check(q, err) < 0)
			rc = -1;
		else if (store_buf_check(st, b, err) < 0)
			rc = -1;
	}
	query_close(q);
	return rc;
}

static int
write_attribute(
    struct store *st, struct slice id, struct slice name, struct slice value, struct err *err)
{
	struct query q;

	if (!slice_is_set(value)) {
		if (query_open(&q, st,
			"DELETE FROM customer_attributes WHERE customer_id = ?1 AND name = ?2",
			err) < 0)
			return -1;
		query_bind_text(&q, id);
		query_bind_text(&q, name);
		return query_run(&q, err);
	}
	if (query_open(&q, st,
		"INSERT INTO customer_attributes (customer_id, name, value_list) VALUES (?1, ?2, "
		"?3) "
		"ON CONFLICT (customer_id, name) DO UPDATE SET value_list = excluded.value_list",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, name);
	query_bind_text(&q, value);
	return query_run(&q, err);
}

int
store_customer_set(struct store *st, struct slice id, struct slice name, struct slice_list values,
    int64_t now_ms, const char *source, struct slice decision_id, struct err *err)
{
	struct query q;
	struct slice before, after = SLICE_NONE;
	int rc;

	if (query_open(&q, st,
		"SELECT value_list FROM customer_attributes WHERE customer_id = ?1 AND name = ?2",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, name);
	rc = fetch_text(&q, &st->json_a, err);
	if (rc < 0)
		return -1;
	before = rc > 0 ? buf_slice(&st->json_a) : SLICE_NONE;
	if (values.count > 0) {
		row_json_values(values, &st->json_b);
		if (store_buf_check(st, &st->json_b, err) < 0)
			return -1;
		after = buf_slice(&st->json_b);
	}
	if (slice_is_set(before) == slice_is_set(after) && slice_eq(before, after))
		return 0;
	if (write_attribute(st, id, name, after, err) < 0 ||
	    note(st, id, "attribute:", name,
		&(struct history_row){.at_ms = now_ms,
		    .old_value = before,
		    .new_value = after,
		    .source = slice_of(source),
		    .decision_id = decision_id},
		err) < 0)
		return -1;
	return 1;
}

/* An endpoint in a line, to compare and for the history: channel, address, and what is not as
 * usual. */
#define ENDPOINT_LINE                                                                              \
	"channel || ' ' || address || CASE WHEN is_opted_out THEN ' opted out' ELSE '' END || "    \
	"CASE WHEN is_inactive THEN ' inactive' ELSE '' END"

static int
endpoint_line(struct store *st, struct slice id, struct buf *b, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " ENDPOINT_LINE " FROM endpoints WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return fetch_text(&q, b, err);
}

/* 1 changed or new, 0 it was so already. */
static int
write_endpoint(struct store *st, struct slice customer_id, const struct endpoint *e,
    struct slice extra_json, struct err *err)
{
	struct query q;

	row_json_attributes(e->attributes, e->attribute_count, &st->json_b);
	if (store_buf_check(st, &st->json_b, err) < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO endpoints (id, customer_id, channel, address, is_opted_out, "
		"is_inactive, "
		"timezone, locale, country, attributes, extra) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, coalesce(?11, '{}')) "
		"ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id, "
		"channel = excluded.channel, address = excluded.address, "
		"is_opted_out = excluded.is_opted_out, is_inactive = excluded.is_inactive, "
		"timezone = excluded.timezone, locale = excluded.locale, country = "
		"excluded.country, "
		"attributes = excluded.attributes, extra = coalesce(?11, extra) "
		"WHERE customer_id IS NOT excluded.customer_id OR channel IS NOT excluded.channel "
		"OR "
		"address IS NOT excluded.address OR is_opted_out IS NOT excluded.is_opted_out OR "
		"is_inactive IS NOT excluded.is_inactive OR timezone IS NOT excluded.timezone OR "
		"locale IS NOT excluded.locale OR country IS NOT excluded.country OR "
		"attributes IS NOT excluded.attributes OR extra IS NOT coalesce(?11, extra)",
		err) < 0)
		return -1;
	query_bind_text(&q, e->id);
	query_bind_text(&q, customer_id);
	query_bind_text(&q, e->channel);
	query_bind_text(&q, e->address);
	query_bind_int(&q, e->is_opted_out);
	query_bind_int(&q, e->is_inactive);
	query_bind_text(&q, e->timezone);
	query_bind_text(&q, e->locale);
	query_bind_text(&q, e->country);
	query_bind_text(&q, buf_slice(&st->json_b));
	query_bind_text(&q, extra_json);
	return query_change(&q, err);
}

int
store_endpoint_put(struct store *st, struct slice customer_id, const struct endpoint *e,
    struct slice extra_json, int64_t now_ms, const char *source, struct err *err)
{
	int was_there, rc;

	was_there = endpoint_line(st, e->id, &st->json_a, err);
	if (was_there < 0)
		return -1;
	rc = write_endpoint(st, customer_id, e, extra_json, err);
	if (rc <= 0)
		return rc;
	if (endpoint_line(st, e->id, &st->json_b, err) < 0 ||
	    note(st, customer_id, "endpoint:", e->id,
		&(struct history_row){.at_ms = now_ms,
		    .old_value = was_there > 0 ? buf_slice(&st->json_a) : SLICE_NONE,
		    .new_value = buf_slice(&st->json_b),
		    .source = slice_of(source)},
		err) < 0)
		return -1;
	return 1;
}

static int
endpoint_owner(struct store *st, struct slice id, struct buf *b, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT customer_id FROM endpoints WHERE id = ?1 AND is_inactive = 0", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return fetch_text(&q, b, err);
}

int
store_endpoint_deactivate(
    struct store *st, struct slice endpoint_id, int64_t now_ms, const char *why, struct err *err)
{
	struct query q;
	int rc = endpoint_owner(st, endpoint_id, &st->json_a, err);

	if (rc <= 0)
		return rc;
	if (query_open(&q, st, "UPDATE endpoints SET is_inactive = 1 WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, endpoint_id);
	if (query_run(&q, err) < 0)
		return -1;
	rc = note(st, buf_slice(&st->json_a), "endpoint:", endpoint_id,
	    &(struct history_row){.at_ms = now_ms,
		.old_value = SLICE_LIT("active"),
		.new_value = SLICE_LIT("inactive"),
		.source = slice_of(why)},
	    err);
	return rc < 0 ? -1 : 1;
}

/* ---- consent ---------------------------------------------------------- */

static int
consent_before(struct store *st, struct slice customer_id, const struct consent *c,
    bool *was_given_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT is_given FROM consents WHERE customer_id = ?1 AND channel = ?2 AND purpose "
		"= ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_text(&q, c->channel);
	query_bind_int(&q, c->purpose);
	rc = query_step(&q, err);
	if (rc > 0)
		*was_given_r = query_int(&q, 0) != 0;
	query_close(&q);
	return rc;
}

static int
consent_note(struct store *st, struct slice customer_id, const struct consent *c,
    struct history_row *row, struct err *err)
{
	char name[160];
	int len =
	    snprintf(name, sizeof name, "%.*s:%s", c->channel.len > 100 ? 100 : (int)c->channel.len,
		c->channel.ptr, purpose_name(c->purpose));

	row->new_value = c->is_given ? SLICE_LIT("given") : SLICE_LIT("withdrawn");
	return note(st, customer_id, "consent:", slice_make(name, (size_t)len), row, err);
}

int
store_consent_put(struct store *st, struct slice customer_id, const struct consent *c,
    int64_t now_ms, const char *source, struct err *err)
{
	struct query q;
	struct history_row row = {.at_ms = now_ms, .source = slice_of(source)};
	bool was_given = false;
	int rc = consent_before(st, customer_id, c, &was_given, err);

	if (rc < 0 || (rc > 0 && was_given == c->is_given))
		return rc < 0 ? -1 : 0;
	if (query_open(&q, st,
		"INSERT INTO consents (customer_id, channel, purpose, is_given, source, at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (customer_id, channel, purpose) "
		"DO UPDATE SET is_given = excluded.is_given, source = excluded.source, "
		"at_ms = excluded.at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_text(&q, c->channel);
	query_bind_int(&q, c->purpose);
	query_bind_int(&q, c->is_given);
	query_bind_text(&q, slice_of(source));
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0)
		return -1;
	if (rc > 0)
		row.old_value = was_given ? SLICE_LIT("given") : SLICE_LIT("withdrawn");
	return consent_note(st, customer_id, c, &row, err) < 0 ? -1 : 1;
}
