/*
 * record_json.c - a customer's record, and each of its parts, as JSON.
 */
#include "store/records_internal.h"
#include "store/row_json_internal.h"

#define METRICS_BYTES_MAX (1024 * 1024)

/* ---- parts ------------------------------------------------------------ */

/* One number in its shortest spelling. */
static struct slice
number_text(const struct json *v, struct buf *scratch, struct reader *r)
{
	struct json_writer w;

	buf_clear(scratch);
	json_writer_init(&w, scratch);
	json_put_value(&w, v);
	return read_slice(r, buf_failed(scratch) ? SLICE_NONE : buf_slice(scratch));
}

int
record_metrics_read(struct slice json, struct arena *a, const struct customer_metric **list_r,
    size_t *count_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;
	struct customer_metric *list;
	const struct json *v;
	struct slice key;
	struct buf scratch;
	size_t pos = 0, n = 0, count;

	*list_r = NULL;
	*count_r = 0;
	if (!slice_is_set(json) || slice_eq_str(json, "{}")) /* nearly always */
		return 0;
	if (parse(json, &doc, err) < 0)
		return -1;
	count = json_count(json_root(doc));
	list = read_array(&r, count, sizeof *list);
	buf_init(&scratch, METRICS_BYTES_MAX);
	while (list != NULL && n < count && (v = json_next(json_root(doc), &pos, &key)) != NULL) {
		list[n].name = read_slice(&r, key);
		list[n].value = number_text(v, &scratch, &r);
		r.is_short |= !slice_is_set(list[n++].value);
	}
	buf_fini(&scratch);
	*list_r = list;
	*count_r = n;
	return finish(&r, doc, err);
}

void
record_profile_json(const struct customer *c, struct json_writer *w)
{
	json_object_begin(w);
	write_text(w, "timezone", c->timezone);
	write_text(w, "locale", c->locale);
	write_text(w, "country", c->country);
	json_object_end(w);
}

void
record_endpoint_json(const struct endpoint *e, struct slice extra, struct json_writer *w)
{
	json_object_begin(w);
	write_text(w, "id", e->id);
	write_text(w, "channel", e->channel);
	write_text(w, "address", e->address);
	write_flag(w, "opted_out", e->is_opted_out);
	write_flag(w, "inactive", e->is_inactive);
	write_text(w, "timezone", e->timezone);
	write_text(w, "locale", e->locale);
	write_text(w, "country", e->country);
	if (e->attribute_count > 0) {
		json_key(w, "attributes");
		attributes_json(e->attributes, e->attribute_count, w);
	}
	if (e->metric_count > 0) {
		json_key(w, "metrics");
		metrics_json(e->metrics, e->metric_count, w);
	}
	if (slice_is_set(extra) && !slice_eq_str(extra, "{}")) {
		json_key(w, "extra");
		json_put_raw(w, extra);
	}
	json_object_end(w);
}

void
record_consent_json(const struct consent *c, struct json_writer *w)
{
	json_object_begin(w);
	write_text(w, "channel", c->channel);
	json_kv_cstr(w, "purpose", purpose_name(c->purpose));
	json_kv_bool(w, "given", c->is_given);
	write_text(w, "source", c->source);
	json_kv_time(w, "at", c->at_ms);
	write_text(w, "text_version", c->text_version);
	json_object_end(w);
}

void
record_tag_json(const struct tag_row *t, struct json_writer *w)
{
	json_object_begin(w);
	write_text(w, "tag", t->tag);
	json_kv_time(w, "at", t->at_ms);
	if (t->expires_at_ms != TIME_UNKNOWN)
		json_kv_time(w, "expires_at", t->expires_at_ms);
	json_object_end(w);
}

static void
put_link(struct json_writer *w, const struct link_row *l)
{
	json_object_begin(w);
	write_text(w, "handle", l->handle_key);
	write_text(w, "author_id", l->author_id);
	write_text(w, "proof", l->proof);
	json_kv_i64(w, "confidence", l->confidence);
	write_text(w, "basis", l->basis);
	write_text(w, "made_by", l->made_by);
	json_kv_time(w, "linked_at", l->linked_at_ms);
	if (l->unlinked_at_ms != TIME_UNKNOWN) {
		json_kv_time(w, "unlinked_at", l->unlinked_at_ms);
		write_text(w, "unlink_reason", l->unlink_reason);
	}
	json_object_end(w);
}

/* ---- the whole -------------------------------------------------------- */

static void
put_facts(struct json_writer *w, const struct customer_record *r)
{
	const struct customer *c = &r->c;

	json_kv_str(w, "id", c->id);
	write_text(w, "merged_into", r->merged_into);
	write_text(w, "timezone", c->timezone);
	write_text(w, "locale", c->locale);
	write_text(w, "country", c->country);
	if (c->attribute_count > 0) {
		json_key(w, "attributes");
		attributes_json(c->attributes, c->attribute_count, w);
	}
	if (c->metric_count > 0) {
		json_key(w, "metrics");
		metrics_json(c->metrics, c->metric_count, w);
	}
}

/* "key": [ ... each of count, unless there is none. */
#define PUT_LIST(w, key, count, put)                                                               \
	do {                                                                                       \
		if ((count) == 0)                                                                  \
			break;                                                                     \
		json_key((w), (key));                                                              \
		json_array_begin(w);                                                               \
		for (size_t i = 0; i < (count); i++)                                               \
			put;                                                                       \
		json_array_end(w);                                                                 \
	} while (0)

void
store_record_json(const struct customer_record *r, struct buf *out)
{
	const struct customer *c = &r->c;
	struct json_writer writer, *w = &writer;

	json_writer_init(w, out);
	json_object_begin(w);
	put_facts(w, r);
	PUT_LIST(w, "endpoints", c->endpoint_count,
	    record_endpoint_json(
		&c->endpoints[i], r->extras == NULL ? SLICE_NONE : r->extras[i], w));
	PUT_LIST(w, "consents", c->consent_count, record_consent_json(&c->consents[i], w));
	PUT_LIST(w, "tags", r->tag_count, record_tag_json(&r->tags[i], w));
	PUT_LIST(w, "lists", r->lists.count, json_put_str(w, r->lists.items[i]));
	PUT_LIST(w, "segments", r->segments.count, json_put_str(w, r->segments.items[i]));
	/* Also when there is none: an import must not make one of a handle that is another's. */
	json_key(w, "links");
	json_array_begin(w);
	for (size_t i = 0; i < r->link_count; i++)
		put_link(w, &r->links[i]);
	json_array_end(w);
	json_object_end(w);
}
