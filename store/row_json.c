/*
 * row_json.c - the customer as seen, and lists of texts and attributes.
 */
#include "store/row_json_internal.h"

/* ---- customers -------------------------------------------------------- */

static struct attribute *
read_attributes(struct reader *r, const struct json *obj, size_t *count_r)
{
	size_t count = json_type(obj) == JSON_OBJECT ? json_count(obj) : 0, pos = 0, n = 0;
	struct attribute *list = read_array(r, count, sizeof *list);
	const struct json *v;
	struct slice key;

	while (list != NULL && n < count && (v = json_next(obj, &pos, &key)) != NULL) {
		list[n].name = read_slice(r, key);
		list[n++].values = read_values(r, v);
	}
	*count_r = n;
	return list;
}

static void
write_metrics(struct json_writer *w, const struct customer_metric *list, size_t count)
{
	if (count == 0)
		return;
	json_key(w, "metrics");
	json_object_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_key_slice(w, list[i].name);
		json_put_str(w, list[i].value);
	}
	json_object_end(w);
}

static struct customer_metric *
read_metrics(struct reader *r, const struct json *obj, size_t *count_r)
{
	size_t count = json_type(obj) == JSON_OBJECT ? json_count(obj) : 0, pos = 0, n = 0;
	struct customer_metric *list = read_array(r, count, sizeof *list);
	const struct json *v;
	struct slice key;

	while (list != NULL && n < count && (v = json_next(obj, &pos, &key)) != NULL) {
		list[n].name = read_slice(r, key);
		list[n++].value = read_slice(r, json_str(v));
	}
	*count_r = n;
	return list;
}

static void
write_endpoint(struct json_writer *w, const struct endpoint *e)
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
	write_metrics(w, e->metrics, e->metric_count);
	if (e->at_ms != 0)
		json_kv_i64(w, "at", e->at_ms);
	json_object_end(w);
}

static void
write_consent(struct json_writer *w, const struct consent *c)
{
	json_object_begin(w);
	write_text(w, "channel", c->channel);
	json_kv_cstr(w, "purpose", purpose_name(c->purpose));
	write_flag(w, "given", c->is_given);
	write_text(w, "source", c->source);
	if (c->at_ms != 0)
		json_kv_i64(w, "at", c->at_ms);
	write_text(w, "text_version", c->text_version);
	json_object_end(w);
}

static void
write_spans(struct json_writer *w, const char *key, const int64_t n[STATS_SPAN_COUNT])
{
	if (n[STATS_90_DAYS] == 0)
		return;
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
		json_put_i64(w, n[i]);
	json_array_end(w);
}

/* As they were when the post was decided on: nobody can count them later. */
static void
write_stats(struct json_writer *w, const struct customer_stats *s)
{
	if (s == NULL)
		return;
	json_key(w, "stats");
	json_object_begin(w);
	write_spans(w, "posts", s->posts);
	if (s->posts[STATS_90_DAYS] > 0) {
		json_key(w, "sentiment");
		json_array_begin(w);
		for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
			json_put_i64(w, s->sentiment_milli[i]);
		json_array_end(w);
	}
	write_spans(w, "complaints", s->complaints);
	write_spans(w, "contacts", s->contacts);
	write_spans(w, "events", s->events);
	write_int(w, "last_post", s->last_post_at_ms, TIME_UNKNOWN);
	write_int(w, "last_contact", s->last_contact_at_ms, TIME_UNKNOWN);
	write_int(w, "last_event", s->last_event_at_ms, TIME_UNKNOWN);
	json_object_end(w);
}

static void
read_spans(const struct json *obj, const char *key, int64_t n_r[STATS_SPAN_COUNT])
{
	const struct json *arr = json_get(obj, key);

	for (size_t i = 0; json_type(arr) == JSON_ARRAY && i < STATS_SPAN_COUNT; i++)
		if (!json_i64(json_at(arr, i), &n_r[i]))
			n_r[i] = 0;
}

static const struct customer_stats *
read_stats(struct reader *r, const struct json *v)
{
	struct customer_stats *s;

	if (json_type(v) != JSON_OBJECT)
		return NULL;
	s = read_array(r, 1, sizeof *s);
	if (s == NULL)
		return NULL;
	read_spans(v, "posts", s->posts);
	read_spans(v, "sentiment", s->sentiment_milli);
	read_spans(v, "complaints", s->complaints);
	read_spans(v, "contacts", s->contacts);
	read_spans(v, "events", s->events);
	s->last_post_at_ms = read_int(v, "last_post", TIME_UNKNOWN);
	s->last_contact_at_ms = read_int(v, "last_contact", TIME_UNKNOWN);
	s->last_event_at_ms = read_int(v, "last_event", TIME_UNKNOWN);
	return s;
}

void
row_json_customer(const struct customer *c, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	write_text(&w, "id", c->id);
	write_text(&w, "timezone", c->timezone);
	write_text(&w, "locale", c->locale);
	write_text(&w, "country", c->country);
	json_key(&w, "attributes");
	attributes_json(c->attributes, c->attribute_count, &w);
	json_key(&w, "endpoints");
	json_array_begin(&w);
	for (size_t i = 0; i < c->endpoint_count; i++)
		write_endpoint(&w, &c->endpoints[i]);
	json_array_end(&w);
	json_key(&w, "consents");
	json_array_begin(&w);
	for (size_t i = 0; i < c->consent_count; i++)
		write_consent(&w, &c->consents[i]);
	json_array_end(&w);
	write_metrics(&w, c->metrics, c->metric_count);
	write_values(&w, "tags", c->tags);
	write_values(&w, "merged", c->merged);
	if (c->has_influence)
		json_kv_i64(&w, "influence", c->influence);
	if (c->has_segments) {
		json_key(&w, "segments"); /* also when there is none: that is known */
		json_array_begin(&w);
		for (size_t i = 0; i < c->segments.count; i++)
			json_put_str(&w, c->segments.items[i]);
		json_array_end(&w);
		write_values(&w, "unsure_segments", c->unsure_segments);
	}
	write_stats(&w, c->stats);
	if (slice_is_set(c->link.proof)) {
		json_key(&w, "link");
		json_object_begin(&w);
		write_text(&w, "proof", c->link.proof);
		write_text(&w, "handle", c->link.handle);
		write_text(&w, "basis", c->link.basis);
		if (c->link.confidence > 0)
			json_kv_i64(&w, "confidence", c->link.confidence);
		json_kv_i64(&w, "at", c->link.linked_at_ms);
		json_object_end(&w);
	}
	json_object_end(&w);
}

static void
read_link(struct reader *r, const struct json *v, struct link_facts *l)
{
	int64_t confidence;

	l->linked_at_ms = TIME_UNKNOWN;
	if (json_type(v) != JSON_OBJECT)
		return;
	l->proof = read_text(r, v, "proof");
	l->handle = read_text(r, v, "handle");
	l->basis = read_text(r, v, "basis");
	if (json_i64(json_get(v, "confidence"), &confidence))
		l->confidence = within_32_bits(confidence);
	(void)json_i64(json_get(v, "at"), &l->linked_at_ms);
}

static void
read_endpoint(struct reader *r, const struct json *v, struct endpoint *e)
{
	e->id = read_text(r, v, "id");
	e->channel = read_text(r, v, "channel");
	e->address = read_text(r, v, "address");
	e->is_opted_out = read_flag(v, "opted_out");
	e->is_inactive = read_flag(v, "inactive");
	e->timezone = read_text(r, v, "timezone");
	e->locale = read_text(r, v, "locale");
	e->country = read_text(r, v, "country");
	e->attributes = read_attributes(r, json_get(v, "attributes"), &e->attribute_count);
	e->metrics = read_metrics(r, json_get(v, "metrics"), &e->metric_count);
	e->at_ms = read_int(v, "at", 0);
}

static void
read_consent(struct reader *r, const struct json *v, struct consent *c)
{
	bool is_marketing =
	    slice_eq_str(json_get_str(v, "purpose"), purpose_name(PURPOSE_MARKETING));

	c->channel = read_text(r, v, "channel");
	c->purpose = is_marketing ? PURPOSE_MARKETING : PURPOSE_SERVICE;
	c->is_given = read_flag(v, "given");
	c->source = read_text(r, v, "source");
	c->at_ms = read_int(v, "at", 0);
	c->text_version = read_text(r, v, "text_version");
}

int
row_json_read_customer(struct slice json, struct arena *a, struct customer **c_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;
	const struct json *v, *endpoints, *consents;
	struct customer *c;
	int64_t influence;
	struct endpoint *e;
	struct consent *k;

	if (parse(json, &doc, err) < 0)
		return -1;
	v = json_root(doc);
	endpoints = json_get(v, "endpoints");
	consents = json_get(v, "consents");
	c = read_array(&r, 1, sizeof *c);
	e = read_array(&r, json_count(endpoints), sizeof *e);
	k = read_array(&r, json_count(consents), sizeof *k);
	if (r.is_short)
		return finish(&r, doc, err);
	c->id = read_text(&r, v, "id");
	c->timezone = read_text(&r, v, "timezone");
	c->locale = read_text(&r, v, "locale");
	c->country = read_text(&r, v, "country");
	c->attributes = read_attributes(&r, json_get(v, "attributes"), &c->attribute_count);
	read_link(&r, json_get(v, "link"), &c->link);
	c->endpoint_count = json_count(endpoints);
	for (size_t i = 0; i < c->endpoint_count; i++)
		read_endpoint(&r, json_at(endpoints, i), &e[i]);
	c->consent_count = json_count(consents);
	for (size_t i = 0; i < c->consent_count; i++)
		read_consent(&r, json_at(consents, i), &k[i]);
	c->endpoints = e;
	c->consents = k;
	c->metrics = read_metrics(&r, json_get(v, "metrics"), &c->metric_count);
	c->tags = read_values(&r, json_get(v, "tags"));
	c->merged = read_values(&r, json_get(v, "merged"));
	c->has_influence = json_i64(json_get(v, "influence"), &influence);
	c->influence = c->has_influence ? within_32_bits(influence) : 0;
	/* what was stored before there were segments says nothing of them */
	c->has_segments = json_type(json_get(v, "segments")) == JSON_ARRAY;
	c->segments = read_values(&r, json_get(v, "segments"));
	c->unsure_segments = read_values(&r, json_get(v, "unsure_segments"));
	c->stats = read_stats(&r, json_get(v, "stats"));
	*c_r = c;
	return finish(&r, doc, err);
}

/* ---- lists of texts, attributes --------------------------------------- */

void
row_json_values(struct slice_list values, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_array_begin(&w);
	for (size_t i = 0; i < values.count; i++)
		json_put_str(&w, values.items[i]);
	json_array_end(&w);
}

int
row_json_read_values(
    struct slice json, struct arena *a, struct slice_list *values_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;

	if (parse(json, &doc, err) < 0)
		return -1;
	*values_r = read_values(&r, json_root(doc));
	return finish(&r, doc, err);
}

void
row_json_attributes(const struct attribute *list, size_t count, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	attributes_json(list, count, &w);
}

int
row_json_read_attributes(struct slice json, struct arena *a, const struct attribute **list_r,
    size_t *count_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;

	if (parse(json, &doc, err) < 0)
		return -1;
	*list_r = read_attributes(&r, json_root(doc), count_r);
	return finish(&r, doc, err);
}
