/*
 * fields_event.c - what a customer did, as an app, a shop or a support system told us.
 *
 * A rule whose `when` asks for one of these sees events, and no posts (item_sees_events()).
 */
#include "rules/fields_rows_internal.h"

static bool
event_names(const struct occurrence *o, struct field_texts *r)
{
	return o->event != NULL && field_one_text(o->event->name, r);
}

static bool
event_source(const struct occurrence *o, struct field_texts *r)
{
	return o->event != NULL && field_one_text(o->event->source, r);
}

static bool
event_age(const struct occurrence *o, int64_t *r)
{
	return o->event != NULL && field_span(o->at_ms, o->now_ms, r);
}

static bool
event_property(const struct occurrence *o, struct slice name, struct slice_list *r)
{
	return o->event != NULL &&
	    field_attribute_in(o->event->properties, o->event->property_count, name, r);
}

static const struct field rows[] = {
    {.name = "event",
	.words = "called %|not called %",
	.type = FIELD_TAGS,
	.texts = event_names,
	.selectivity = 80,
	.help =
	    "What the customer did, by the name the app, shop or support system gave it; capitals "
	    "do not matter.",
	.example = "event is \"order cancelled\""},
    {.name = "event.name",
	.words = "whose name %",
	.type = FIELD_PLAIN,
	.texts = event_names,
	.help = "The same name, for asking what is in it.",
	.example = "event.name starts with \"order\""},
    {.name = "event.source",
	.words = "told by a source that %",
	.type = FIELD_PLAIN,
	.texts = event_source,
	.help = "Who told us: `api`, `segment`, or what the sender calls itself.",
	.example = "event.source is \"shop\""},
    {.name = "event.age",
	.words = "from % ago",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = event_age,
	.help = "How long before it reached us it happened.",
	.example = "event.age is below 10 minutes"},
    {.name = "event.PROPERTY",
	.words = "whose property %",
	.type = FIELD_ATTRIBUTE,
	.attribute = event_property,
	.help = "Any property of the event by its name, parts of a property behind another dot; "
		"compared as numbers when the rule gives a number.",
	.example = "event.total is at least 20"},
};

const struct field_rows fields_of_event = {
    "event", rows, sizeof rows / sizeof *rows, FIELD_ABOUT_EVENT};
