#include "people/export.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "people/export_internal.h"
#include "people/targets.h"

const char *const export_format_names[EXPORT_FORMAT_COUNT] = {
    [EXPORT_JSONL] = "jsonl",
    [EXPORT_PINPOINT_JSONL] = "pinpoint-jsonl",
    [EXPORT_PINPOINT_CSV] = "pinpoint-csv",
};

void
export_jsonl(const struct customer_record *r, struct buf *out)
{
	store_record_json(r, out);
	buf_add_char(out, '\n');
}

/* ---- a row of Pinpoint's ----------------------------------------------------------- */

/* The customer's own value where an import would not make it of the endpoints alone, which takes the
 * first that has one. */
static struct slice
own_fact(const struct customer_record *r, struct slice own, size_t member)
{
	for (size_t k = 0; k < r->c.endpoint_count; k++) {
		const struct slice *s =
		    (const struct slice *)(const void *)((const char *)&r->c.endpoints[k] + member);

		if (slice_is_set(*s))
			return slice_is_set(own) && !slice_eq(*s, own) ? own : SLICE_NONE;
	}
	return own;
}

static void
own_facts(struct export_row *row)
{
	const struct customer_record *r = row->r;

	row->timezone = own_fact(r, r->c.timezone, offsetof(struct endpoint, timezone));
	row->locale = own_fact(r, r->c.locale, offsetof(struct endpoint, locale));
	row->country = own_fact(r, r->c.country, offsetof(struct endpoint, country));
}

bool
export_needs_user_row(const struct customer_record *r)
{
	struct export_row row = {.r = r};

	own_facts(&row);
	return r->c.endpoint_count == 0 || slice_is_set(row.timezone) || slice_is_set(row.locale) ||
	    slice_is_set(row.country);
}

/* 1 given, 0 withdrawn, -1 never asked. */
static int
consent_of(const struct customer_record *r, struct slice channel, enum purpose purpose)
{
	for (size_t k = 0; k < r->c.consent_count; k++)
		if (slice_eq(r->c.consents[k].channel, channel) &&
		    r->c.consents[k].purpose == purpose)
			return r->c.consents[k].is_given;
	return -1;
}

static bool
has_other_open(const struct customer_record *r, const struct endpoint *e)
{
	for (size_t k = 0; k < r->c.endpoint_count; k++)
		if (&r->c.endpoints[k] != e && !r->c.endpoints[k].is_opted_out &&
		    slice_eq(r->c.endpoints[k].channel, e->channel))
			return true;
	return false;
}

static void
say_consent(struct export_row *row)
{
	static const char *const words[] = {"", " no-service", " service"},
				 *const others[] = {"", " no-marketing", " marketing"};
	const struct endpoint *e = row->e;
	int service = consent_of(row->r, e->channel, PURPOSE_SERVICE),
	    marketing = consent_of(row->r, e->channel, PURPOSE_MARKETING);
	bool is_both = service == 1 && marketing == 1, is_plain;

	row->opt_out = !e->is_opted_out && is_both ? "NONE" : "ALL";
	/* Does OptOut alone give the same again? */
	if (e->is_opted_out)
		is_plain =
		    (service == 0 && marketing == 0) || (is_both && has_other_open(row->r, e));
	else
		is_plain = is_both;
	if (!is_plain)
		snprintf(row->allowed, sizeof row->allowed, "%s%s%s",
		    e->is_opted_out ? "closed" : "open", words[service + 1], others[marketing + 1]);
}

void
export_row_init(struct export_row *row, const struct customer_record *r, size_t e_index)
{
	memset(row, 0, sizeof *row);
	row->r = r;
	own_facts(row);
	if (e_index >= r->c.endpoint_count)
		return;
	row->e = &r->c.endpoints[e_index];
	row->timezone = row->e->timezone;
	row->locale = row->e->locale;
	row->country = row->e->country;
	if (r->extras != NULL && slice_is_set(r->extras[e_index]) &&
	    json_parse(r->extras[e_index], &row->doc, NULL, NULL) == 0)
		row->extra = json_root(row->doc);
	row->type = json_get_str(row->extra, "ChannelType");
	if (!slice_is_set(row->type))
		row->type = target_type_of_channel(row->e->channel);
	say_consent(row);
}

void
export_row_fini(struct export_row *row)
{
	json_doc_free(row->doc);
}

/* ---- as JSON ------------------------------------------------------------------------ */

static void
kv(struct json_writer *w, const char *key, struct slice s)
{
	if (slice_is_set(s) && s.len > 0)
		json_kv_str(w, key, s);
}

static void
put_attributes(struct json_writer *w, const char *key, const struct attribute *list, size_t count)
{
	if (count == 0)
		return;
	json_key(w, key);
	attributes_json(list, count, w);
}

/* Members "prefix.X" of the other columns as X of an object, which country, locale and the like
 * belong to as well. */
static void
put_group(struct json_writer *w, const struct export_row *row, const char *key, const char *prefix,
    const char *first_key, struct slice first, const char *second_key, struct slice second)
{
	size_t pos = 0, len = strlen(prefix);
	const struct json *v;
	struct slice name;

	json_key(w, key);
	json_object_begin(w);
	kv(w, first_key, first);
	if (second_key != NULL)
		kv(w, second_key, second);
	while ((v = json_next(row->extra, &pos, &name)) != NULL) {
		if (!slice_starts_with(name, prefix))
			continue;
		json_key_slice(w, slice_make(name.ptr + len, name.len - len));
		json_put_str(w, json_str(v));
	}
	json_object_end(w);
}

static void
put_others(struct json_writer *w, const struct export_row *row)
{
	const struct json *v;
	struct slice name;
	size_t pos = 0;

	while ((v = json_next(row->extra, &pos, &name)) != NULL)
		if (memchr(name.ptr, '.', name.len) == NULL && !slice_eq_str(name, "ChannelType")) {
			json_key_slice(w, name);
			json_put_str(w, json_str(v));
		}
}

static void
put_endpoint(struct json_writer *w, const struct export_row *row)
{
	const struct endpoint *e = row->e;

	kv(w, "ChannelType", row->type);
	kv(w, "Address", e->address);
	kv(w, "Id", e->id);
	json_kv_cstr(w, "OptOut", row->opt_out);
	json_kv_cstr(w, "EndpointStatus", e->is_inactive ? "INACTIVE" : "ACTIVE");
	put_others(w, row);
	put_attributes(w, "Attributes", e->attributes, e->attribute_count);
	if (e->metric_count > 0) {
		json_key(w, "Metrics");
		json_object_begin(w);
		for (size_t k = 0; k < e->metric_count; k++) {
			json_key_slice(w, e->metrics[k].name);
			json_put_raw(w, e->metrics[k].value);
		}
		json_object_end(w);
	}
	if (row->allowed[0] != '\0') {
		json_key(w, "Earshot");
		json_object_begin(w);
		json_kv_cstr(w, "Allowed", row->allowed);
		json_object_end(w);
	}
}

static void
put_row(const struct export_row *row, struct buf *out)
{
	const struct customer *c = &row->r->c;
	struct json_writer writer, *w = &writer;

	json_writer_init(w, out);
	json_object_begin(w);
	if (row->e != NULL)
		put_endpoint(w, row);
	put_group(w, row, "Location", "Location.", "Country", row->country, NULL, SLICE_NONE);
	put_group(w, row, "Demographic", "Demographic.", "Locale", row->locale, "Timezone",
	    row->timezone);
	json_key(w, "User");
	json_object_begin(w);
	json_kv_str(w, "UserId", c->id);
	put_attributes(w, "UserAttributes", c->attributes, c->attribute_count);
	json_object_end(w);
	json_object_end(w);
	buf_add_char(out, '\n');
}

void
export_pinpoint_jsonl(const struct customer_record *r, struct buf *out)
{
	struct export_row row;

	if (export_needs_user_row(r)) {
		export_row_init(&row, r, r->c.endpoint_count);
		put_row(&row, out);
		export_row_fini(&row);
	}
	for (size_t k = 0; k < r->c.endpoint_count; k++) {
		export_row_init(&row, r, k);
		put_row(&row, out);
		export_row_fini(&row);
	}
}
