/*
 * privacy_profile.c - a person's page: what they allow, what they did lately, and what is known of them.
 */
#include "api/api_internal.h"

#include "core/occurrence.h"

#include "api/privacy_internal.h"

/* ---- consent ---------------------------------------------------------------------- */

static const char *const purposes[] = {"service", "marketing"};

static const struct json *
consent_of(const struct json *consents, struct slice channel, const char *purpose)
{
	for (size_t i = 0; i < json_count(consents); i++) {
		const struct json *k = json_at(consents, i);

		if (slice_eq(json_get_str(k, "channel"), channel) &&
		    slice_eq_str(json_get_str(k, "purpose"), purpose))
			return k;
	}
	return NULL;
}

static bool
is_first_of_channel(const struct json *consents, size_t at)
{
	struct slice channel = json_get_str(json_at(consents, at), "channel");

	for (size_t i = 0; i < at; i++)
		if (slice_eq(json_get_str(json_at(consents, i), "channel"), channel))
			return false;
	return true;
}

static void
consent_cell(const struct pen *p, const struct json *k)
{
	if (k == NULL) {
		pen_say(p, "never asked");
		return;
	}
	if (paper_is(k, "given"))
		pen_chip(p, SLICE_LIT("given"), "good");
	else
		pen_chip(p, SLICE_LIT("withdrawn"), "bad");
	pen_say(p, " ");
	pen_time(p, json_get_str(k, "at"));
	pen_say(p, ", ");
	pen_words(p, json_get_str(k, "source"), PEN_NAME_MAX);
	if (json_get_str(k, "text_version").len > 0) {
		pen_say(p, ", text ");
		pen_words(p, json_get_str(k, "text_version"), PEN_NAME_MAX);
	}
}

void
paper_consent(const struct paper *d)
{
	static const char *const heads[] = {"", "service", "marketing"};
	static const char *const names[] = {"consent", NULL};
	const struct json *list = json_get(json_get(d->root, "profile"), "consents");
	const struct pen *p = &d->pen;

	if (json_type(json_get(d->root, "profile")) != JSON_OBJECT)
		return;
	pen_section(p, "Consent", false);
	if (json_count(list) == 0) {
		pen_item(p);
		pen_say(p, "none was given or withdrawn");
		pen_item_end(p);
	} else {
		pen_table(p, heads, 3);
		for (size_t i = 0; i < json_count(list); i++) {
			struct slice channel = json_get_str(json_at(list, i), "channel");

			if (!is_first_of_channel(list, i))
				continue;
			pen_row(p, channel);
			for (size_t k = 0; k < 2; k++) {
				pen_cell(p, purposes[k]);
				consent_cell(p, consent_of(list, channel, purposes[k]));
				pen_cell_end(p);
			}
			pen_row_end(p);
		}
		pen_table_end(p);
	}
	paper_captions(d, names);
	pen_section_end(p);
}

/* ---- behaviour --------------------------------------------------------------------- */

static void
count_cell(const struct pen *p, const char *head, const struct json *span, const char *key)
{
	pen_cell(p, head);
	pen_say(p, "%lld", (long long)paper_number(span, key));
	pen_cell_end(p);
}

static void
span_row(const struct pen *p, const char *label, const struct json *span)
{
	pen_row(p, slice_of(label));
	count_cell(p, "posts", span, "posts");
	pen_cell(p, "sentiment");
	if (json_type(json_get(span, "sentiment")) == JSON_NUMBER)
		pen_say(p, "%+.2f", paper_real(span, "sentiment"));
	else
		pen_say(p, "–");
	pen_cell_end(p);
	count_cell(p, "complaints", span, "complaints");
	count_cell(p, "messages", span, "contacts");
	count_cell(p, "events", span, "events");
	pen_row_end(p);
}

void
paper_behaviour(const struct paper *d)
{
	static const char *const heads[] = {
	    "last", "posts", "sentiment", "complaints", "messages", "events"};
	static const char *const names[] = {"days", NULL};
	const struct json *v = json_get(json_get(d->root, "profile"), "behaviour");
	const struct pen *p = &d->pen;

	if (json_type(v) != JSON_OBJECT)
		return;
	pen_section(p, "Behaviour", false);
	pen_table(p, heads, 6);
	span_row(p, "7 days", json_get(v, "7_days"));
	span_row(p, "30 days", json_get(v, "30_days"));
	span_row(p, "90 days", json_get(v, "90_days"));
	pen_table_end(p);
	pen_item(p);
	pen_say(p, "last post ");
	pen_time(p, json_get_str(v, "last_post_at"));
	pen_say(p, " · last message from us ");
	pen_time(p, json_get_str(v, "last_contact_at"));
	pen_say(p, " · last event ");
	pen_time(p, json_get_str(v, "last_event_at"));
	pen_item_end(p);
	paper_captions(d, names);
	pen_section_end(p);
}

/* ---- the profile -------------------------------------------------------------------- */

static void
named_value(const struct pen *p, struct slice name, const struct json *value)
{
	pen_item(p);
	pen_strong(p, name);
	pen_say(p, " ");
	pen_value(p, value);
	pen_item_end(p);
}

static void
address(const struct pen *p, const struct json *v)
{
	pen_item(p);
	pen_words(p, json_get_str(v, "channel"), PEN_NAME_MAX);
	pen_say(p, " ");
	pen_strong(p, json_get_str(v, "address"));
	if (paper_is(v, "opted_out"))
		pen_chip(p, SLICE_LIT("opted out of everything"), "bad");
	if (paper_is(v, "inactive"))
		pen_chip(p, SLICE_LIT("not in use"), "warn");
	if (json_count(json_get(v, "attributes")) > 0) {
		pen_say(p, " · ");
		pen_value(p, json_get(v, "attributes"));
	}
	if (json_count(json_get(v, "metrics")) > 0) {
		pen_say(p, " · ");
		pen_value(p, json_get(v, "metrics"));
	}
	pen_item_end(p);
}

void
paper_profile(const struct paper *d)
{
	static const char *const names[] = {"customer", "attributes", "metrics", "endpoints", NULL};
	const struct pen *p = &d->pen;
	const struct json *items;

	if (!paper_has_any(d, names))
		return;
	pen_section(p, "Profile", false);
	items = paper_items(d, "customer");
	for (size_t i = 0; i < json_count(items); i++) {
		pen_item(p);
		pen_value(p, json_at(items, i));
		pen_item_end(p);
	}
	items = paper_items(d, "attributes");
	for (size_t i = 0; i < json_count(items); i++)
		named_value(p, json_get_str(json_at(items, i), "name"),
		    json_get(json_at(items, i), "values"));
	items = paper_items(d, "metrics");
	for (size_t i = 0; i < json_count(items); i++)
		named_value(p, json_get_str(json_at(items, i), "name"),
		    json_get(json_at(items, i), "value"));
	items = paper_items(d, "endpoints");
	for (size_t i = 0; i < json_count(items); i++)
		address(p, json_at(items, i));
	paper_captions(d, names);
	pen_section_end(p);
}
