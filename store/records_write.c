/*
 * records_write.c - records into rows: a new customer at once, a known one where it differs.
 *
 * History: a new customer is one row, "customer", because that is what happened; everything later
 * is a row for each thing that changed, with its whole old and new value as JSON ("profile",
 * "attribute:...", "metric:...", "endpoint:...", "consent:<channel>:<purpose>", "tag:...",
 * "list:...").
 */
#include <assert.h>

#include "core/json.h"
#include "store/customers_internal.h"

/* ---- a new customer --------------------------------------------------- */

static int
write_endpoints(struct store *st, const struct customer_record *r, int64_t now_ms,
    struct slice source, struct err *err)
{
	for (size_t i = 0; i < r->c.endpoint_count; i++)
		if (endpoint_leave(st, r->c.endpoints[i].id, r->c.id, now_ms, source, err) < 0 ||
		    record_endpoint_write(st, r->c.id, &r->c.endpoints[i],
			r->extras == NULL ? SLICE_NONE : r->extras[i], now_ms, err) < 0)
			return -1;
	return 0;
}

static int
write_rows(struct store *st, const struct customer_record *r, int64_t now_ms, struct slice source,
    struct err *err)
{
	const struct customer *c = &r->c;

	if (record_customer_write(st, r, now_ms, err) < 0 ||
	    write_endpoints(st, r, now_ms, source, err) < 0)
		return -1;
	for (size_t i = 0; i < c->attribute_count; i++)
		if (c->attributes[i].values.count > 0 &&
		    record_attribute_write(st, c->id, &c->attributes[i], now_ms, err) < 0)
			return -1;
	for (size_t i = 0; i < c->metric_count; i++)
		if (record_metric_write(st, c->id, &c->metrics[i], now_ms, err) < 0)
			return -1;
	for (size_t i = 0; i < c->consent_count; i++)
		if (record_consent_write(st, c->id, &c->consents[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r->tag_count; i++)
		if (record_tag_write(st, c->id, &r->tags[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r->lists.count; i++)
		if (record_list_write(st, c->id, r->lists.items[i], now_ms, err) < 0)
			return -1;
	return 0;
}

int
store_record_create(struct store *st, const struct customer_record *r, int64_t now_ms,
    const char *source, struct err *err)
{
	struct history_row row = {
	    .at_ms = now_ms, .field = SLICE_LIT("customer"), .source = slice_of(source)};

	assert(r->c.id.len > 0);
	if (record_room_check(NULL, r, err) < 0 || write_rows(st, r, now_ms, row.source, err) < 0)
		return -1;
	buf_clear(&st->json_a);
	store_record_json(r, &st->json_a);
	if (store_buf_check(st, &st->json_a, err) < 0)
		return -1;
	row.new_value = buf_slice(&st->json_a);
	return store_history_add(st, r->c.id, &row, err);
}

/* ---- a change --------------------------------------------------------- */

/* One customer's changes under way; each part is written into old and now, and compared. */
struct change {
	struct store *st;
	struct slice id;
	struct history_row row;
	struct buf old, now;
	struct json_writer w_old, w_now;
	int changed;
};

static void
change_begin(struct change *c)
{
	buf_clear(&c->old);
	buf_clear(&c->now);
	json_writer_init(&c->w_old, &c->old);
	json_writer_init(&c->w_now, &c->now);
}

/* Is it another value? 1, 0, -1. */
static int
change_differs(struct change *c, struct err *err)
{
	if (store_buf_check(c->st, &c->old, err) < 0 || store_buf_check(c->st, &c->now, err) < 0)
		return -1;
	return !slice_eq(buf_slice(&c->old), buf_slice(&c->now));
}

/* After the row was written: its line in the history. An empty buffer is no value. */
static int
change_note(struct change *c, const char *prefix, struct slice name, struct err *err)
{
	struct store *st = c->st;

	buf_clear(&st->key);
	buf_add_str(&st->key, prefix);
	buf_add_slice(&st->key, name);
	if (store_buf_check(st, &st->key, err) < 0)
		return -1;
	c->row.field = buf_slice(&st->key);
	c->row.old_value = c->old.len > 0 ? buf_slice(&c->old) : SLICE_NONE;
	c->row.new_value = c->now.len > 0 ? buf_slice(&c->now) : SLICE_NONE;
	c->changed = 1;
	return store_history_add(st, c->id, &c->row, err);
}

static void
put_values(struct json_writer *w, struct slice_list values)
{
	if (values.count == 0)
		return;
	json_array_begin(w);
	for (size_t i = 0; i < values.count; i++)
		json_put_str(w, values.items[i]);
	json_array_end(w);
}

static const struct attribute *
attribute_in(const struct customer *c, struct slice name)
{
	for (size_t i = 0; i < c->attribute_count; i++)
		if (slice_eq(c->attributes[i].name, name))
			return &c->attributes[i];
	return NULL;
}

static int
change_attribute(
    struct change *c, const struct customer *before, const struct attribute *a, struct err *err)
{
	const struct attribute *was = attribute_in(before, a->name);
	int rc;

	change_begin(c);
	if (was != NULL)
		put_values(&c->w_old, was->values);
	put_values(&c->w_now, a->values);
	rc = change_differs(c, err);
	if (rc <= 0)
		return rc;
	if (record_attribute_write(c->st, c->id, a, c->row.at_ms, err) < 0)
		return -1;
	return change_note(c, "attribute:", a->name, err);
}

static int
change_metric(struct change *c, const struct customer *before, const struct customer_metric *m,
    struct err *err)
{
	int rc;

	change_begin(c);
	for (size_t i = 0; i < before->metric_count; i++)
		if (slice_eq(before->metrics[i].name, m->name))
			json_put_raw(&c->w_old, before->metrics[i].value);
	json_put_raw(&c->w_now, m->value);
	rc = change_differs(c, err);
	if (rc <= 0)
		return rc;
	if (record_metric_write(c->st, c->id, m, c->row.at_ms, err) < 0)
		return -1;
	return change_note(c, "metric:", m->name, err);
}

static int
change_endpoint(struct change *c, const struct customer_record *before, const struct endpoint *e,
    struct slice extra, struct err *err)
{
	int rc;

	change_begin(c);
	for (size_t i = 0; i < before->c.endpoint_count; i++)
		if (slice_eq(before->c.endpoints[i].id, e->id))
			record_endpoint_json(&before->c.endpoints[i], before->extras[i], &c->w_old);
	record_endpoint_json(e, extra, &c->w_now);
	rc = change_differs(c, err);
	if (rc <= 0)
		return rc;
	if (endpoint_leave(c->st, e->id, c->id, c->row.at_ms, c->row.source, err) < 0 ||
	    record_endpoint_write(c->st, c->id, e, extra, c->row.at_ms, err) < 0)
		return -1;
	return change_note(c, "endpoint:", e->id, err);
}

static int
change_consent(
    struct change *c, const struct customer *before, const struct consent *consent, struct err *err)
{
	char name[160];
	int rc, len;

	change_begin(c);
	for (size_t i = 0; i < before->consent_count; i++)
		if (slice_eq(before->consents[i].channel, consent->channel) &&
		    before->consents[i].purpose == consent->purpose)
			record_consent_json(&before->consents[i], &c->w_old);
	record_consent_json(consent, &c->w_now);
	rc = change_differs(c, err);
	if (rc <= 0)
		return rc;
	if (record_consent_write(c->st, c->id, consent, err) < 0)
		return -1;
	len = snprintf(name, sizeof name, "%.*s:%s",
	    consent->channel.len > 100 ? 100 : (int)consent->channel.len, consent->channel.ptr,
	    purpose_name(consent->purpose));
	return change_note(c, "consent:", slice_make(name, (size_t)len), err);
}

static int
change_tag(struct change *c, const struct customer_record *before, const struct tag_row *t,
    struct err *err)
{
	int rc;

	change_begin(c);
	for (size_t i = 0; i < before->tag_count; i++)
		if (slice_eq(before->tags[i].tag, t->tag))
			record_tag_json(&before->tags[i], &c->w_old);
	record_tag_json(t, &c->w_now);
	rc = change_differs(c, err);
	if (rc <= 0)
		return rc;
	if (record_tag_write(c->st, c->id, t, err) < 0)
		return -1;
	return change_note(c, "tag:", t->tag, err);
}

static int
change_list(
    struct change *c, const struct customer_record *before, struct slice list, struct err *err)
{
	for (size_t i = 0; i < before->lists.count; i++)
		if (slice_eq(before->lists.items[i], list))
			return 0;
	change_begin(c);
	json_put_bool(&c->w_now, true);
	if (record_list_write(c->st, c->id, list, c->row.at_ms, err) < 0)
		return -1;
	return change_note(c, "list:", list, err);
}

static int
change_profile(struct change *c, const struct customer_record *before,
    const struct customer_record *after, struct err *err)
{
	int rc;

	change_begin(c);
	record_profile_json(&before->c, &c->w_old);
	record_profile_json(&after->c, &c->w_now);
	rc = change_differs(c, err);
	if (rc <= 0)
		return rc;
	if (record_customer_write(c->st, after, c->row.at_ms, err) < 0)
		return -1;
	return change_note(c, "profile", SLICE_LIT(""), err);
}

static int
change_all(struct change *c, const struct customer_record *before,
    const struct customer_record *after, struct err *err)
{
	const struct customer *now = &after->c;
	int rc = change_profile(c, before, after, err);

	for (size_t i = 0; rc == 0 && i < now->attribute_count; i++)
		rc = change_attribute(c, &before->c, &now->attributes[i], err);
	for (size_t i = 0; rc == 0 && i < now->metric_count; i++)
		rc = change_metric(c, &before->c, &now->metrics[i], err);
	for (size_t i = 0; rc == 0 && i < now->endpoint_count; i++)
		rc = change_endpoint(c, before, &now->endpoints[i],
		    after->extras == NULL ? SLICE_NONE : after->extras[i], err);
	for (size_t i = 0; rc == 0 && i < now->consent_count; i++)
		rc = change_consent(c, &before->c, &now->consents[i], err);
	for (size_t i = 0; rc == 0 && i < after->tag_count; i++)
		rc = change_tag(c, before, &after->tags[i], err);
	for (size_t i = 0; rc == 0 && i < after->lists.count; i++)
		rc = change_list(c, before, after->lists.items[i], err);
	return rc;
}

int
store_record_update(struct store *st, const struct customer_record *before,
    const struct customer_record *after, int64_t now_ms, const char *source, struct err *err)
{
	struct change c = {
	    .st = st, .id = after->c.id, .row = {.at_ms = now_ms, .source = slice_of(source)}};
	int rc;

	assert(slice_eq(before->c.id, after->c.id));
	if (record_room_check(before, after, err) < 0)
		return -1;
	buf_init(&c.old, STORE_ROW_MAX);
	buf_init(&c.now, STORE_ROW_MAX);
	rc = change_all(&c, before, after, err);
	buf_fini(&c.old);
	buf_fini(&c.now);
	return rc < 0 ? -1 : c.changed;
}
