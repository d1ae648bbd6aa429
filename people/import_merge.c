/*
 * import_merge.c - what a customer is with a row: the record that is there, and what the row says.
 *
 * The file speaks for the file, not for what happened here since.  A cell that is empty, or a
 * column that is missing, keeps what there is.  Consent that was withdrawn here, an address that
 * bounced here, and a link that ended here are not brought back by importing the same file again:
 * only what an import took away, an import can give back.  The history, which names who made each
 * change, tells the two apart; when it does not reach back that far, the change counts as made
 * here.
 */
#include "people/import_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#define HISTORY_LOOKED_AT 200
#define EXTRA_BYTES_MAX (2 * 1024 * 1024)

const struct endpoint *
import_endpoint_of(const struct customer_record *r, struct slice id)
{
	for (size_t k = 0; r != NULL && k < r->c.endpoint_count; k++)
		if (slice_eq(r->c.endpoints[k].id, id))
			return &r->c.endpoints[k];
	return NULL;
}

/* A new customer's things are all of the one row "customer". */
int
import_is_imported(struct import *i, struct slice customer_id, const char *field, struct err *err)
{
	struct history_row *rows;
	size_t count;

	if (store_history_list(i->st, customer_id, HISTORY_LOOKED_AT, i->row, &rows, &count, err) <
	    0)
		return -1;
	for (size_t k = 0; k < count; k++)
		if (slice_eq_str(rows[k].field, field) || slice_eq_str(rows[k].field, "customer"))
			return slice_ends_with(rows[k].source, "import");
	return 0;
}

static struct slice
or_else(struct slice now, struct slice before)
{
	return slice_is_set(now) ? now : before;
}

/* ---- facts ------------------------------------------------------------------- */

/*
 * The customer's own zone, locale and country come from the first endpoint that has one, and follow
 * an endpoint whose value changes. Endpoints may differ: if the last one won, each import of the
 * same file would change the customer to and fro.
 */
static struct slice
fact_for(const struct person_row *p, struct slice now, struct slice before,
    const struct endpoint *was, struct slice endpoint_before)
{
	bool is_of_endpoint = p->endpoint_count > 0 && p->endpoints[0].is_pinpoint;

	if (!slice_is_set(now))
		return before;
	if (!is_of_endpoint)
		return now;
	if (was != NULL)
		return slice_is_set(endpoint_before) && slice_eq(now, endpoint_before) ? before
										       : now;
	return or_else(before, now);
}

static void
merge_facts(
    const struct person_row *p, const struct customer_record *before, struct customer_record *after)
{
	static const struct endpoint none = {0};
	const struct endpoint *was =
	    p->endpoint_count > 0 ? import_endpoint_of(before, p->endpoints[0].e.id) : NULL;
	const struct endpoint *e = was == NULL ? &none : was;

	after->c.timezone = fact_for(p, p->timezone, after->c.timezone, was, e->timezone);
	after->c.locale = fact_for(p, p->locale, after->c.locale, was, e->locale);
	after->c.country = fact_for(p, p->country, after->c.country, was, e->country);
}

/* ---- one endpoint -------------------------------------------------------------- */

static const struct attribute *
attribute_of(const struct attribute *list, size_t count, struct slice name)
{
	for (size_t k = 0; k < count; k++)
		if (slice_eq(list[k].name, name))
			return &list[k];
	return NULL;
}

/* The endpoint's attributes with those of the row, which replace values and leave the others. */
static int
merge_attributes(struct import *i, const struct row_endpoint *row, const struct endpoint *old,
    struct endpoint *e)
{
	size_t own_count = row->e.attribute_count, count = 0;
	const struct attribute *own = row->e.attributes;
	struct attribute *list;

	e->attributes = own;
	e->attribute_count = own_count;
	if (old->attribute_count == 0)
		return 0;
	list = arena_array(i->row, own_count + old->attribute_count, sizeof *list);
	if (list == NULL)
		return -1;
	for (size_t k = 0; k < old->attribute_count; k++) {
		const struct attribute *a = attribute_of(own, own_count, old->attributes[k].name);

		list[count++] = a == NULL ? old->attributes[k] : *a;
	}
	for (size_t k = 0; k < own_count; k++)
		if (attribute_of(old->attributes, old->attribute_count, own[k].name) == NULL)
			list[count++] = own[k];
	e->attributes = list;
	e->attribute_count = count;
	return 0;
}

static const struct customer_metric *
metric_of(const struct customer_metric *list, size_t count, struct slice name)
{
	for (size_t k = 0; k < count; k++)
		if (slice_eq(list[k].name, name))
			return &list[k];
	return NULL;
}

/* Likewise numbers, and other named texts. */
static int
merge_named(struct import *i, const struct customer_metric *own, size_t own_count,
    const struct customer_metric *old, size_t old_count, const struct customer_metric **list_r,
    size_t *count_r)
{
	struct customer_metric *list;
	size_t count = 0;

	*list_r = own;
	*count_r = own_count;
	if (old_count == 0)
		return 0;
	list = arena_array(i->row, own_count + old_count, sizeof *list);
	if (list == NULL)
		return -1;
	for (size_t k = 0; k < old_count; k++) {
		const struct customer_metric *m = metric_of(own, own_count, old[k].name);

		list[count++] = m == NULL ? old[k] : *m;
	}
	for (size_t k = 0; k < own_count; k++)
		if (metric_of(old, old_count, own[k].name) == NULL)
			list[count++] = own[k];
	*list_r = list;
	*count_r = count;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return slice_cmp(
	    ((const struct customer_metric *)a)->name, ((const struct customer_metric *)b)->name);
}

/* What is kept of other columns, as an object of texts in the order of names. */
static int
read_extra(struct import *i, struct slice json, struct customer_metric **list_r, size_t *count_r)
{
	struct json_doc *doc = NULL;
	const struct json *v;
	struct slice key;
	size_t pos = 0;
	int rc = 0;

	*list_r = NULL;
	*count_r = 0;
	if (!slice_is_set(json) || json_parse(json, &doc, NULL, NULL) < 0)
		return 0; /* nothing that could be kept */
	while (rc == 0 && (v = json_next(json_root(doc), &pos, &key)) != NULL) {
		struct slice text, name = arena_slice_dup(i->row, key);

		if (import_value_text(i, v, &text) > 0)
			continue;
		*list_r = IMPORT_GROW(i, *list_r, *count_r);
		if (*list_r == NULL || !slice_is_set(text) || !slice_is_set(name))
			rc = -1;
		else
			(*list_r)[(*count_r)++] = (struct customer_metric){name, text};
	}
	json_doc_free(doc);
	return rc;
}

static int
write_extra(struct import *i, struct customer_metric *list, size_t count, struct slice *json_r)
{
	struct json_writer w;
	struct buf b;

	if (count > 1)
		qsort(list, count, sizeof *list, by_name);
	buf_init(&b, EXTRA_BYTES_MAX);
	json_writer_init(&w, &b);
	json_object_begin(&w);
	for (size_t k = 0; k < count; k++) {
		json_key_slice(&w, list[k].name);
		json_put_str(&w, list[k].value);
	}
	json_object_end(&w);
	*json_r = buf_failed(&b) ? SLICE_NONE : arena_slice_dup(i->row, buf_slice(&b));
	buf_fini(&b);
	return slice_is_set(*json_r) ? 0 : -1;
}

/* The usual type of a channel stands where a file told it of a new endpoint.  Where there was none (the endpoint
 * was told by an event, or by the API) it stays away: an export says it in Pinpoint's formats, and imports as it
 * was. */
static bool
keeps_type(const struct row_endpoint *row, bool is_new, const struct customer_metric *old,
    size_t old_count)
{
	if (!row->has_type)
		return false;
	return is_new || metric_of(old, old_count, SLICE_LIT("ChannelType")) != NULL ||
	    !slice_eq(row->type, target_type_of_channel(row->e.channel));
}

static int
merge_extra(struct import *i, const struct row_endpoint *row, bool is_new, struct slice old_json,
    struct slice *json_r)
{
	const struct customer_metric *both;
	struct customer_metric *own, *old, *list;
	size_t old_count, count, own_count = row->extra_count;

	own = arena_array(i->row, row->extra_count + 1, sizeof *own);
	if (own == NULL)
		return -1;
	if (row->extra_count > 0)
		memcpy(own, row->extra, row->extra_count * sizeof *own);
	if (read_extra(i, old_json, &old, &old_count) < 0)
		return -1;
	if (keeps_type(row, is_new, old, old_count))
		own[own_count++] = (struct customer_metric){SLICE_LIT("ChannelType"), row->type};
	if (merge_named(i, own, own_count, old, old_count, &both, &count) < 0)
		return -1;
	list = arena_array(i->row, count + 1, sizeof *list);
	if (list == NULL)
		return -1;
	if (count > 0)
		memcpy(list, both, count * sizeof *list);
	return write_extra(i, list, count, json_r);
}

/* Is the endpoint out of use? One that bounced here stays so, unless it has a new address. 1, 0,
 * -1. */
static int
stays_inactive(struct import *i, const struct person_row *p, const struct row_endpoint *row,
    const struct endpoint *old, struct err *err)
{
	const char *field;
	int rc;

	if (row->has_status && row->e.is_inactive)
		return 1;
	if (!old->is_inactive || !slice_eq(old->address, row->e.address))
		return 0;
	if (!row->has_status)
		return 1;
	field = arena_printf(i->row, "endpoint:%.*s", SLICE_ARG(row->e.id));
	if (field == NULL)
		return import_nomem(i, err);
	rc = import_is_imported(i, p->user_id, field, err);
	return rc < 0 ? -1 : !rc;
}

static int
merge_endpoint(struct import *i, const struct person_row *p, const struct row_endpoint *row,
    const struct endpoint *there, struct slice old_extra, struct endpoint *e, struct slice *extra_r,
    struct err *err)
{
	const struct endpoint was = there == NULL ? (struct endpoint){0} : *there, *old = &was;
	int rc = stays_inactive(i, p, row, old, err);

	if (rc < 0)
		return -1;
	/* e may be there itself. */
	e->at_ms = 0;
	e->id = row->e.id;
	e->channel = row->e.channel;
	e->address = row->e.address;
	e->is_opted_out = row->has_opt_out ? row->e.is_opted_out : old->is_opted_out;
	e->is_inactive = rc > 0;
	e->timezone = or_else(row->e.timezone, old->timezone);
	e->locale = or_else(row->e.locale, old->locale);
	e->country = or_else(row->e.country, old->country);
	if (merge_attributes(i, row, old, e) < 0 ||
	    merge_named(i, row->e.metrics, row->e.metric_count, old->metrics, old->metric_count,
		&e->metrics, &e->metric_count) < 0 ||
	    merge_extra(i, row, there == NULL, old_extra, extra_r) < 0)
		return import_nomem(i, err);
	return 0;
}

/* ---- all endpoints ----------------------------------------------------------------- */

/* 0, 1 the row is left out. */
static int
make_room(
    struct import *i, const struct customer_record *before, struct endpoint *list, size_t count)
{
	struct err why = {ERR_NONE, ""};

	if (store_endpoints_fit(before == NULL ? NULL : &before->c, list, count, &why) == 0)
		return 0;
	import_finding(i, DIAG_ERROR, "I017", 0, "put one out of use: EndpointStatus INACTIVE",
	    "%s", why.text);
	return 1;
}

static int
merge_endpoints(struct import *i, const struct person_row *p, const struct customer_record *before,
    struct customer_record *after, struct err *err)
{
	size_t old_count = before == NULL ? 0 : before->c.endpoint_count, count = old_count;
	struct endpoint *list =
	    arena_array(i->row, old_count + p->endpoint_count + 1, sizeof *list);
	struct slice *extras =
	    arena_array(i->row, old_count + p->endpoint_count + 1, sizeof *extras);

	if (list == NULL || extras == NULL)
		return import_nomem(i, err);
	for (size_t k = 0; k < old_count; k++) {
		list[k] = before->c.endpoints[k];
		extras[k] = before->extras[k];
	}
	for (size_t k = 0; k < p->endpoint_count; k++) {
		size_t at = 0;

		while (at < count && !slice_eq(list[at].id, p->endpoints[k].e.id))
			at++;
		if (merge_endpoint(i, p, &p->endpoints[k], at < count ? &list[at] : NULL,
			at < count ? extras[at] : SLICE_NONE, &list[at], &extras[at], err) < 0)
			return -1;
		count += at == count;
	}
	after->c.endpoints = list;
	after->c.endpoint_count = count;
	after->extras = extras;
	return make_room(i, before, list, count);
}

/* ---- attributes, metrics, tags, lists ------------------------------------------------ */

static int
merge_tags(struct import *i, const struct person_row *p, const struct customer_record *before,
    struct customer_record *after, struct err *err)
{
	struct tag_row *list = arena_array(i->row, p->tag_count + 1, sizeof *list);
	size_t count = 0;

	if (list == NULL)
		return import_nomem(i, err);
	for (size_t k = 0; k < p->tag_count; k++) {
		struct tag_row t = p->tags[k];
		bool is_there = false;

		for (size_t n = 0; n < count; n++)
			is_there |= slice_eq(list[n].tag, t.tag);
		for (size_t n = 0; before != NULL && n < before->tag_count; n++)
			is_there |= slice_eq(before->tags[n].tag, t.tag) &&
			    (t.at_ms == TIME_UNKNOWN || t.at_ms <= before->tags[n].at_ms);
		if (is_there)
			continue;
		if (t.at_ms == TIME_UNKNOWN)
			t.at_ms = i->o.now_ms;
		list[count++] = t;
	}
	after->tags = list;
	after->tag_count = count;
	return 0;
}

int
import_merge(struct import *i, const struct person_row *p, const struct customer_record *before,
    struct customer_record *after, struct err *err)
{
	int rc;

	memset(after, 0, sizeof *after);
	after->c.id = p->user_id;
	if (before != NULL) {
		after->c.timezone = before->c.timezone;
		after->c.locale = before->c.locale;
		after->c.country = before->c.country;
	}
	after->merged_into = before == NULL ? SLICE_NONE : before->merged_into;
	merge_facts(p, before, after);
	after->c.attributes = p->attributes;
	after->c.attribute_count = p->attribute_count;
	after->c.metrics = p->metrics;
	after->c.metric_count = p->metric_count;
	after->lists = (struct slice_list){p->lists, p->list_count};
	rc = merge_endpoints(i, p, before, after, err);
	if (rc != 0)
		return rc;
	if (import_merge_consents(i, p, before, after, err) < 0)
		return -1;
	return merge_tags(i, p, before, after, err);
}
