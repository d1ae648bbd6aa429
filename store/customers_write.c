/*
 * customers_write.c - changes of a customer's own rows, each with its row of history.
 *
 * What is taken away leaves a row without a value: where several customers are one, taking away is a
 * change like others, and the newest holds.
 */
#include <assert.h>

#include "core/json.h"
#include "store/customers_internal.h"

/* One column of one row into b: 1 with a value, 0 not there, -1.  Takes the query over. */
static int
fetch_text(struct query *q, struct buf *b, struct err *err)
{
	struct store *st = q->st;
	int rc = query_step(q, err);

	buf_clear(b);
	if (rc > 0) {
		buf_add_slice(b, query_peek(q, 0));
		if (query_check(q, err) < 0 || store_buf_check(st, b, err) < 0)
			rc = -1;
	}
	query_close(q);
	return rc;
}

/* A change that is known: 1 when it is one and was noted, 0, -1. */
static bool
is_same(struct slice before, struct slice after)
{
	return slice_is_set(before) == slice_is_set(after) && slice_eq(before, after);
}

/* ---- the row ---------------------------------------------------------- */

/* 1 with time zone, locale and country as an object in b, 0 there is no such customer, -1. */
static int
profile_fetch(struct store *st, struct slice id, struct buf *b, struct err *err)
{
	struct customer c = {0};
	struct json_writer w;
	struct query q;
	int rc;

	if (query_open(
		&q, st, "SELECT timezone, locale, country FROM customers WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	buf_clear(b);
	json_writer_init(&w, b);
	if (rc > 0) {
		c.timezone = query_peek(&q, 0);
		c.locale = query_peek(&q, 1);
		c.country = query_peek(&q, 2);
		record_profile_json(&c, &w);
		if (query_check(&q, err) < 0 || store_buf_check(st, b, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

static int
profile_write(struct store *st, struct slice id, struct slice zone, struct slice locale,
    struct slice country, int64_t now_ms, struct err *err)
{
	struct query q;

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
	return query_run(&q, err);
}

/* A new customer's history begins with the record of it. */
static int
note_creation(struct store *st, struct slice id, struct slice zone, struct slice locale,
    struct slice country, int64_t now_ms, const char *source, struct err *err)
{
	const struct customer_record r = {
	    .c = {.id = id, .timezone = zone, .locale = locale, .country = country}};

	buf_clear(&st->json_a);
	store_record_json(&r, &st->json_a);
	if (store_buf_check(st, &st->json_a, err) < 0)
		return -1;
	return history_note(st, id, "customer", SLICE_LIT(""),
	    &(struct history_row){
		.at_ms = now_ms, .new_value = buf_slice(&st->json_a), .source = slice_of(source)},
	    err);
}

int
store_customer_put(struct store *st, struct slice id, struct slice zone, struct slice locale,
    struct slice country, int64_t now_ms, const char *source, bool *created_r, struct err *err)
{
	int was_there;

	assert(id.len > 0);
	was_there = profile_fetch(st, id, &st->json_a, err);
	if (was_there < 0 || profile_write(st, id, zone, locale, country, now_ms, err) < 0)
		return -1;
	*created_r = was_there == 0;
	if (was_there == 0)
		return note_creation(st, id, zone, locale, country, now_ms, source, err);
	if (profile_fetch(st, id, &st->json_b, err) < 0)
		return -1;
	if (slice_eq(buf_slice(&st->json_a), buf_slice(&st->json_b)))
		return 0;
	return history_note(st, id, "profile", SLICE_LIT(""),
	    &(struct history_row){.at_ms = now_ms,
		.old_value = buf_slice(&st->json_a),
		.new_value = buf_slice(&st->json_b),
		.source = slice_of(source)},
	    err);
}

/* ---- attributes ------------------------------------------------------- */

static int
write_attribute(struct store *st, struct slice id, struct slice name, struct slice value,
    int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO customer_attributes (customer_id, name, value_list, at_ms) VALUES "
		"(?1, "
		"?2, ?3, ?4) ON CONFLICT (customer_id, name) DO UPDATE SET value_list = "
		"excluded.value_list, at_ms = excluded.at_ms",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, name);
	query_bind_text(&q, slice_is_set(value) ? value : SLICE_LIT("[]"));
	query_bind_int(&q, now_ms);
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
		"SELECT value_list FROM customer_attributes WHERE customer_id = ?1 AND name = ?2 "
		"AND value_list <> '[]'",
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
	if (is_same(before, after))
		return 0;
	if (write_attribute(st, id, name, after, now_ms, err) < 0 ||
	    history_note(st, id, "attribute:", name,
		&(struct history_row){.at_ms = now_ms,
		    .old_value = before,
		    .new_value = after,
		    .source = slice_of(source),
		    .decision_id = decision_id},
		err) < 0)
		return -1;
	return 1;
}

/* ---- metrics ---------------------------------------------------------- */

int
store_customer_metric_set(struct store *st, struct slice id, struct slice name, struct slice value,
    int64_t now_ms, const char *source, struct err *err)
{
	const struct customer_metric m = {name, slice_is_set(value) ? value : SLICE_LIT("")};
	struct slice before, after = m.value.len > 0 ? m.value : SLICE_NONE;
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT value FROM customer_metrics WHERE customer_id = ?1 AND name = ?2 AND "
		"value <> ''",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, name);
	rc = fetch_text(&q, &st->json_a, err);
	if (rc < 0)
		return -1;
	before = rc > 0 ? buf_slice(&st->json_a) : SLICE_NONE;
	if (is_same(before, after))
		return 0;
	if (record_metric_write(st, id, &m, now_ms, err) < 0 ||
	    history_note(st, id, "metric:", name,
		&(struct history_row){.at_ms = now_ms,
		    .old_value = before,
		    .new_value = after,
		    .source = slice_of(source)},
		err) < 0)
		return -1;
	return 1;
}

/* ---- tags and lists --------------------------------------------------- */

/* "c:<id>" in the scratch key. */
static int
who_of(struct store *st, struct slice id, struct slice *who_r, struct err *err)
{
	buf_clear(&st->key);
	buf_add_str(&st->key, "c:");
	buf_add_slice(&st->key, id);
	*who_r = buf_slice(&st->key);
	return store_buf_check(st, &st->key, err);
}

/* 1 with the tag that is in force as JSON in b, 0, -1. */
static int
tag_fetch(struct store *st, struct slice id, struct slice tag, int64_t now_ms, struct buf *b,
    struct tag_row *t_r, struct err *err)
{
	struct json_writer w;
	struct slice who;
	struct query q;
	int rc;

	if (who_of(st, id, &who, err) < 0)
		return -1;
	if (query_open(&q, st,
		"SELECT at_ms, expires_at_ms FROM tags WHERE who = ?1 AND tag = ?2 AND "
		"(expires_at_ms IS NULL OR expires_at_ms > ?3)",
		err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_text(&q, tag);
	query_bind_int(&q, now_ms);
	rc = query_step(&q, err);
	buf_clear(b);
	if (rc > 0) {
		*t_r = (struct tag_row){tag, query_int(&q, 0), query_time(&q, 1)};
		json_writer_init(&w, b);
		record_tag_json(t_r, &w);
	}
	query_close(&q);
	return rc > 0 && store_buf_check(st, b, err) < 0 ? -1 : rc;
}

int
store_customer_tag(struct store *st, struct slice id, struct slice tag, int64_t now_ms,
    int64_t expires_at_ms, const char *source, struct slice decision_id, struct err *err)
{
	const struct tag_row t = {tag, now_ms, expires_at_ms};
	struct json_writer w;
	struct tag_row was;
	int rc = tag_fetch(st, id, tag, now_ms, &st->json_a, &was, err);

	if (rc < 0)
		return -1;
	if (rc > 0 && was.expires_at_ms == expires_at_ms)
		return 0;
	buf_clear(&st->json_b);
	json_writer_init(&w, &st->json_b);
	record_tag_json(&t, &w);
	if (store_buf_check(st, &st->json_b, err) < 0 || record_tag_write(st, id, &t, err) < 0 ||
	    history_note(st, id, "tag:", tag,
		&(struct history_row){.at_ms = now_ms,
		    .old_value = rc > 0 ? buf_slice(&st->json_a) : SLICE_NONE,
		    .new_value = buf_slice(&st->json_b),
		    .source = slice_of(source),
		    .decision_id = decision_id},
		err) < 0)
		return -1;
	return 1;
}

int
store_customer_untag(struct store *st, struct slice id, struct slice tag, int64_t now_ms,
    const char *source, struct err *err)
{
	struct tag_row was;
	struct slice who;
	struct query q;
	int rc = tag_fetch(st, id, tag, now_ms, &st->json_a, &was, err);

	if (rc <= 0)
		return rc;
	if (who_of(st, id, &who, err) < 0 ||
	    query_open(&q, st, "DELETE FROM tags WHERE who = ?1 AND tag = ?2", err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_text(&q, tag);
	if (query_run(&q, err) < 0)
		return -1;
	return history_note(st, id, "tag:", tag,
		   &(struct history_row){.at_ms = now_ms,
		       .old_value = buf_slice(&st->json_a),
		       .source = slice_of(source)},
		   err) < 0
	    ? -1
	    : 1;
}

int
store_customer_list_add(struct store *st, struct slice id, struct slice list, int64_t now_ms,
    const char *source, struct slice decision_id, struct err *err)
{
	struct slice who;
	int rc;

	if (who_of(st, id, &who, err) < 0)
		return -1;
	rc = store_list_has(st, list, who, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (record_list_write(st, id, list, now_ms, err) < 0 ||
	    history_note(st, id, "list:", list,
		&(struct history_row){.at_ms = now_ms,
		    .new_value = SLICE_LIT("true"),
		    .source = slice_of(source),
		    .decision_id = decision_id},
		err) < 0)
		return -1;
	return 1;
}

/* That the customer is on some list may stay cached: it only means that the table is asked. */
int
store_customer_list_remove(struct store *st, struct slice id, struct slice list, int64_t now_ms,
    const char *source, struct err *err)
{
	struct slice who;
	struct query q;
	int rc;

	if (who_of(st, id, &who, err) < 0 ||
	    query_open(&q, st, "DELETE FROM list_members WHERE who = ?1 AND list = ?2", err) < 0)
		return -1;
	query_bind_text(&q, who);
	query_bind_text(&q, list);
	rc = query_change(&q, err);
	if (rc <= 0)
		return rc;
	return history_note(st, id, "list:", list,
		   &(struct history_row){
		       .at_ms = now_ms, .old_value = SLICE_LIT("true"), .source = slice_of(source)},
		   err) < 0
	    ? -1
	    : 1;
}

int
store_customer_lists(struct store *st, struct slice root, struct arena *a,
    struct slice_list *lists_r, struct err *err)
{
	struct slice *items = NULL;
	struct query q;
	size_t count = 0;

	if (query_open(&q, st,
		CUSTOMER_TREE "SELECT DISTINCT list FROM tree JOIN "
			      "list_members ON who = 'c:' || tree.id ORDER BY list",
		err) < 0)
		return -1;
	query_bind_text(&q, root);
	if (query_rows(&q, a, sizeof *items, query_read_text, &items, &count, err) < 0)
		return -1;
	*lists_r = (struct slice_list){items, count};
	return 0;
}

/* ---- consent ---------------------------------------------------------- */

/* 1 with what stands as JSON in b, 0, -1. */
static int
consent_fetch(struct store *st, struct slice id, const struct consent *c, struct buf *b,
    bool *is_same_r, struct err *err)
{
	struct consent was = {.channel = c->channel, .purpose = c->purpose};
	struct json_writer w;
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT is_given, source, at_ms, text_version FROM consents WHERE customer_id = ?1 "
		"AND channel = ?2 AND purpose = ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, c->channel);
	query_bind_int(&q, c->purpose);
	rc = query_step(&q, err);
	buf_clear(b);
	if (rc > 0) {
		was.is_given = query_int(&q, 0) != 0;
		was.source = query_peek(&q, 1);
		was.at_ms = query_int(&q, 2);
		was.text_version = query_peek(&q, 3);
		json_writer_init(&w, b);
		record_consent_json(&was, &w);
		*is_same_r = was.is_given == c->is_given &&
		    (!slice_is_set(c->text_version) || slice_eq(was.text_version, c->text_version));
		if (query_check(&q, err) < 0 || store_buf_check(st, b, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

int
store_consent_put(struct store *st, struct slice id, const struct consent *c, int64_t now_ms,
    const char *source, struct err *err)
{
	struct consent now = *c;
	struct json_writer w;
	char name[160];
	bool same = false;
	int rc = consent_fetch(st, id, c, &st->json_a, &same, err), len;

	if (rc < 0 || (rc > 0 && same))
		return rc < 0 ? -1 : 0;
	if (!slice_is_set(now.source))
		now.source = slice_of(source);
	if (now.at_ms <= 0)
		now.at_ms = now_ms;
	buf_clear(&st->json_b);
	json_writer_init(&w, &st->json_b);
	record_consent_json(&now, &w);
	len =
	    snprintf(name, sizeof name, "%.*s:%s", c->channel.len > 100 ? 100 : (int)c->channel.len,
		c->channel.ptr, purpose_name(c->purpose));
	if (store_buf_check(st, &st->json_b, err) < 0 ||
	    record_consent_write(st, id, &now, err) < 0 ||
	    history_note(st, id, "consent:", slice_make(name, (size_t)len),
		&(struct history_row){.at_ms = now_ms,
		    .old_value = rc > 0 ? buf_slice(&st->json_a) : SLICE_NONE,
		    .new_value = buf_slice(&st->json_b),
		    .source = slice_of(source)},
		err) < 0)
		return -1;
	return 1;
}
