/*
 * customers_json.c - a customer as an object.
 */
#include "api/api_internal.h"

#include "core/occurrence.h"

static void
put_endpoint(struct json_writer *w, const struct endpoint *e)
{
	json_object_begin(w);
	json_kv_str(w, "id", e->id);
	json_kv_str(w, "channel", e->channel);
	json_kv_str(w, "address", e->address);
	json_kv_bool(w, "opted_out", e->is_opted_out);
	json_kv_bool(w, "inactive", e->is_inactive);
	json_kv_str(w, "timezone", e->timezone);
	json_kv_str(w, "locale", e->locale);
	json_kv_str(w, "country", e->country);
	json_key(w, "attributes");
	attributes_json(e->attributes, e->attribute_count, w);
	json_key(w, "metrics");
	metrics_json(e->metrics, e->metric_count, w);
	json_kv_time(w, "at", e->at_ms);
	json_object_end(w);
}

/* Since when, where that is known; and those of which it cannot be told yet. */
static void
put_segments(struct json_writer *w, const struct customer *customer)
{
	json_key(w, "segments");
	json_array_begin(w);
	for (size_t i = 0; i < customer->segments.count; i++) {
		json_object_begin(w);
		json_kv_str(w, "id", customer->segments.items[i]);
		json_kv_time(w, "since",
		    customer->segments_since_ms == NULL ? TIME_UNKNOWN
							: customer->segments_since_ms[i]);
		json_object_end(w);
	}
	json_array_end(w);
	api_put_texts(
	    w, "unsure_segments", customer->unsure_segments.items, customer->unsure_segments.count);
}

void
api_customer_members(struct json_writer *w, const struct customer *customer)
{
	json_kv_str(w, "id", customer->id);
	json_kv_str(w, "timezone", customer->timezone);
	json_kv_str(w, "locale", customer->locale);
	json_kv_str(w, "country", customer->country);
	json_key(w, "attributes");
	attributes_json(customer->attributes, customer->attribute_count, w);
	json_key(w, "metrics");
	metrics_json(customer->metrics, customer->metric_count, w);
	json_key(w, "endpoints");
	json_array_begin(w);
	for (size_t i = 0; i < customer->endpoint_count; i++)
		put_endpoint(w, &customer->endpoints[i]);
	json_array_end(w);
	json_key(w, "consents");
	consents_json(customer->consents, customer->consent_count, w);
	api_put_texts(w, "tags", customer->tags.items, customer->tags.count);
	put_segments(w, customer);
	api_put_texts(w, "merged", customer->merged.items, customer->merged.count);
}

void
api_put_customer(struct json_writer *w, const struct customer *customer)
{
	json_object_begin(w);
	api_customer_members(w, customer);
	json_object_end(w);
}
