/*
 * fields_customer.c - the customer behind the author, and the link between the two.
 */
#include "rules/fields_rows_internal.h"

/* ---- texts ---- */

static bool
customer_tag(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && field_many_texts(&o->customer->tags, r);
}

/* The person's own, or the first endpoint's that has one. */
#define CUSTOMER_TEXT(name, member)                                                                \
	static bool name(const struct occurrence *o, struct field_texts *r)                        \
	{                                                                                          \
		if (o->customer == NULL)                                                           \
			return false;                                                              \
		if (field_one_text(o->customer->member, r))                                        \
			return true;                                                               \
		for (size_t i = 0; i < o->customer->endpoint_count; i++)                           \
			if (field_one_text(o->customer->endpoints[i].member, r))                   \
				return true;                                                       \
		return false;                                                                      \
	}

CUSTOMER_TEXT(customer_country, country)
CUSTOMER_TEXT(customer_locale, locale)
CUSTOMER_TEXT(customer_timezone, timezone)

static bool
customer_language(const struct occurrence *o, struct field_texts *r)
{
	return customer_locale(o, r) && field_one_locale(r->own[0], r);
}

static bool
customer_id(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && field_one_text(o->customer->id, r);
}

/* ---- ways to reach them ---- */

static bool
is_usable(const struct endpoint *e)
{
	return !e->is_opted_out && !e->is_inactive;
}

static bool
has_text(const struct field_texts *t, struct slice s)
{
	for (size_t i = 0; i < t->count; i++)
		if (slice_eq_nocase(t->items[i], s))
			return true;
	return false;
}

/* Beyond the room there is no channel anybody has. */
static void
add_text(struct field_texts *t, struct slice s)
{
	t->items = t->own;
	if (t->count < FIELD_TEXTS_OWN && !has_text(t, s))
		t->own[t->count++] = s;
}

static bool
customer_channel(const struct occurrence *o, struct field_texts *r)
{
	if (o->customer == NULL)
		return false;
	r->count = 0;
	for (size_t i = 0; i < o->customer->endpoint_count; i++)
		if (is_usable(&o->customer->endpoints[i]))
			add_text(r, o->customer->endpoints[i].channel);
	return true;
}

static bool
customer_endpoints(const struct occurrence *o, int64_t *r)
{
	int64_t n = 0;

	if (o->customer == NULL)
		return false;
	for (size_t i = 0; i < o->customer->endpoint_count; i++)
		n += is_usable(&o->customer->endpoints[i]);
	return field_count_milli(n, r);
}

static enum tristate
is_reachable(const struct occurrence *o)
{
	int64_t n;

	return !customer_endpoints(o, &n) ? TRI_UNKNOWN : field_tri(n > 0);
}

static bool
consented(const struct occurrence *o, bool is_given, enum purpose purpose, struct field_texts *r)
{
	if (o->customer == NULL)
		return false;
	r->count = 0;
	for (size_t i = 0; i < o->customer->consent_count; i++) {
		const struct consent *c = &o->customer->consents[i];

		if (c->is_given == is_given && c->purpose == purpose)
			add_text(r, c->channel);
	}
	return true;
}

static bool
customer_marketing_consent(const struct occurrence *o, struct field_texts *r)
{
	return consented(o, true, PURPOSE_MARKETING, r);
}

static bool
customer_service_consent(const struct occurrence *o, struct field_texts *r)
{
	return consented(o, true, PURPOSE_SERVICE, r);
}

static bool
customer_marketing_objection(const struct occurrence *o, struct field_texts *r)
{
	return consented(o, false, PURPOSE_MARKETING, r);
}

static bool
customer_influence(const struct occurrence *o, int64_t *r)
{
	return o->customer != NULL && o->customer->has_influence &&
	    field_count_milli(o->customer->influence, r);
}

static enum tristate
is_customer(const struct occurrence *o)
{
	return field_tri(o->customer != NULL);
}

/* ---- their clock ---- */

static bool
customer_hour(const struct occurrence *o, int64_t *r)
{
	return o->customer != NULL && field_local_hour(o->customer_local_ms, r);
}

static bool
customer_weekday(const struct occurrence *o, uint32_t *r)
{
	return o->customer != NULL && field_local_weekday(o->customer_local_ms, r);
}

/* ---- the link ---- */

static bool
link_proof(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && field_one_text(o->customer->link.proof, r);
}

static bool
link_handle(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && field_one_text(o->customer->link.handle, r);
}

static bool
link_basis(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && field_one_text(o->customer->link.basis, r);
}

static bool
link_confidence(const struct occurrence *o, int64_t *r)
{
	return o->customer != NULL && o->customer->link.confidence > 0 &&
	    field_count_milli(o->customer->link.confidence, r);
}

static bool
link_age(const struct occurrence *o, int64_t *r)
{
	return o->customer != NULL && slice_is_set(o->customer->link.proof) &&
	    field_span(o->customer->link.linked_at_ms, o->now_ms, r);
}

/* ---- attributes ---- */

/* A number is as good as an attribute of that name. */
static bool
metric_in(const struct customer_metric *list, size_t count, struct slice name,
    struct slice_list *values_r)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq_nocase(list[i].name, name)) {
			*values_r = (struct slice_list){&list[i].value, 1};
			return true;
		}
	return false;
}

/* Their own, else their first endpoint's that has it, else their metric of that name. */
static bool
customer_attribute(const struct occurrence *o, struct slice name, struct slice_list *values_r)
{
	if (o->customer == NULL)
		return false;
	if (field_attribute_in(
		o->customer->attributes, o->customer->attribute_count, name, values_r))
		return true;
	for (size_t i = 0; i < o->customer->endpoint_count; i++) {
		const struct endpoint *e = &o->customer->endpoints[i];

		if (field_attribute_in(e->attributes, e->attribute_count, name, values_r))
			return true;
	}
	return metric_in(o->customer->metrics, o->customer->metric_count, name, values_r);
}

/* ---- rows ---- */

static const struct field rows[] = {
    {.name = "customer.known",
	.words = "who is a customer we know|who is not a customer we know",
	.type = FIELD_FLAG,
	.subject = "customer",
	.phrase = "known",
	.flag = is_customer,
	.help = "The author is linked to a customer we know.",
	.example = "customer is known"},
    {.name = "customer.id",
	.words = "whose customer id %",
	.type = FIELD_PLAIN,
	.texts = customer_id,
	.help = "Our own id of the customer.",
	.example = "customer.id starts with \"vip-\""},
    {.name = "customer.list",
	.words = "who as a customer is on %|who as a customer is not on %",
	.type = FIELD_IN_LIST,
	.subject = "customer",
	.phrase = "in list",
	.help = "The customer is on a list of the rules, or was added to it.",
	.example = "customer is not in list winback"},
    {.name = "customer.segment",
	.words = "who is in the segment %|who is not in the segment %",
	.type = FIELD_IN_SEGMENT,
	.subject = "customer",
	.phrase = "in segment",
	.help = "The customer is in a segment of the rules; unknown while it is judged anew for "
		"everybody.",
	.example = "customer is in segment loyal"},
    {.name = "customer.allows",
	.words = "whom we may reach by %|whom we may not reach by %",
	.type = FIELD_ALLOWS,
	.subject = "customer",
	.phrase = "allows",
	.help = "The customer can be reached on that channel and has not objected. For choosing: "
		"consent is "
		"enforced again, whatever the rule says.",
	.example = "customer allows email"},
    {.name = "customer.influence",
	.words = "whose accounts have an influence of % of 100",
	.type = FIELD_NUMBER,
	.unit = "0 to 100",
	.has_range = true,
	.min = 0,
	.max = 100000,
	.number = customer_influence,
	.help = "The highest influence of the accounts linked to the customer; in a segment looked "
		"at when they post, when something of theirs changes, and every midnight (UTC).",
	.example = "customer.influence is at least 70"},
    {.name = "customer.channel",
	.words = "whose channels %",
	.type = FIELD_TAGS,
	.texts = customer_channel,
	.selectivity = 30,
	.help = "The channels we have a working address for that was not opted out.",
	.example = "customer.channel is \"email\""},
    {.name = "customer.endpoints",
	.words = "for whom we have % working addresses",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = customer_endpoints,
	.help = "How many working addresses we have that were not opted out.",
	.example = "customer.endpoints is at least 2"},
    {.name = "customer.reachable",
	.words = "whom we can reach|whom we cannot reach",
	.type = FIELD_FLAG,
	.subject = "customer",
	.phrase = "reachable",
	.flag = is_reachable,
	.help = "There is at least one such address.",
	.example = "customer is reachable"},
    {.name = "customer.marketing_consent",
	.words = "whose consents to advertising %",
	.type = FIELD_TAGS,
	.texts = customer_marketing_consent,
	.selectivity = 30,
	.help = "The channels the customer has allowed advertising on.",
	.example = "customer.marketing_consent is \"email\""},
    {.name = "customer.service_consent",
	.words = "whose consents to service messages %",
	.type = FIELD_TAGS,
	.texts = customer_service_consent,
	.selectivity = 30,
	.help = "The channels the customer has allowed messages about their own affairs on.",
	.example = "customer.service_consent is \"push\""},
    {.name = "customer.marketing_objection",
	.words = "whose objections to advertising %",
	.type = FIELD_TAGS,
	.texts = customer_marketing_objection,
	.selectivity = 30,
	.help = "The channels the customer has forbidden advertising on.",
	.example = "customer.marketing_objection is none of \"email\", \"push\""},
    {.name = "customer.hour",
	.words = "when the hour on their clock is %",
	.type = FIELD_NUMBER,
	.unit = "0 to 23",
	.has_range = true,
	.min = 0,
	.max = 23000,
	.number = customer_hour,
	.help = "The hour of the post on the customer's own clock; without a zone of theirs on the "
		"brand's.",
	.example = "customer.hour is between 8 and 20"},
    {.name = "customer.weekday",
	.words = "when the weekday on their clock %",
	.type = FIELD_CHOICE,
	.choices = FIELD_WEEKDAYS,
	.choice = customer_weekday,
	.selectivity = 12,
	.help = "The day of the week on the customer's own clock; without a zone of theirs on the "
		"brand's.",
	.example = "customer.weekday is one of saturday, sunday"},
    {.name = "customer.tag",
	.words = "whose customer tags %",
	.type = FIELD_TAGS,
	.texts = customer_tag,
	.selectivity = 60,
	.help = "Tags that rules or people gave the customer.",
	.example = "customer.tag is \"loyal\""},
    {.name = "customer.country",
	.words = "whose country %",
	.type = FIELD_WORD,
	.texts = customer_country,
	.is_country = true,
	.selectivity = 35,
	.help = "The customer's country, by its two letters.",
	.example = "customer.country is DE"},
    {.name = "customer.language",
	.words = "whose language %",
	.type = FIELD_WORD,
	.texts = customer_language,
	.is_language = true,
	.fold = FOLD_LOCALE,
	.selectivity = 30,
	.help = "The customer's language; de_AT is also de.",
	.example = "customer.language is de"},
    {.name = "customer.timezone",
	.words = "whose time zone %",
	.type = FIELD_WORD,
	.texts = customer_timezone,
	.selectivity = 35,
	.help = "The customer's time zone.",
	.example = "customer.timezone is Europe/Berlin"},
    {.name = "customer.ATTRIBUTE",
	.words = "whose customer attribute %",
	.type = FIELD_ATTRIBUTE,
	.attribute = customer_attribute,
	.help = "Any attribute of the customer by its name, or a metric; compared as numbers when "
		"the rule gives a number.",
	.example = "customer.plan is \"gold\""},
};

const struct field_rows fields_of_customer = {
    "customer", rows, sizeof rows / sizeof *rows, FIELD_ABOUT_ANY};

static const struct field link_rows[] = {
    {.name = "link.proof",
	.words = "whose proof of being a customer %",
	.type = FIELD_PLAIN,
	.texts = link_proof,
	.help =
	    "How we know that the author is this customer: imported handle, agent, code or signed "
	    "in.",
	.example = "link.proof is \"imported handle\""},
    {.name = "link.confidence",
	.words = "whose link to a customer is % percent sure",
	.type = FIELD_NUMBER,
	.unit = "0 to 100",
	.has_range = true,
	.min = 0,
	.max = 100000,
	.number = link_confidence,
	.help = "How sure that is, in percent.",
	.example = "link.confidence is at least 90"},
    {.name = "link.basis",
	.words = "whose basis of the link %",
	.type = FIELD_PLAIN,
	.texts = link_basis,
	.help = "What was shown, in the words of whoever made the link.",
	.example = "link.basis contains \"phone\""},
    {.name = "link.handle",
	.words = "whose linked handle %",
	.type = FIELD_HANDLE,
	.texts = link_handle,
	.fold = FOLD_HANDLE,
	.help = "The handle the customer gave us.",
	.example = "link.handle is known"},
    {.name = "link.age",
	.words = "who has been linked to a customer for %",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = link_age,
	.help = "How long we have known that they are one.",
	.example = "link.age is above 7 days"},
};

const struct field_rows fields_of_link = {
    "link", link_rows, sizeof link_rows / sizeof *link_rows, FIELD_ABOUT_POST};

/* ---- permissions ---- */

/* An address that works, and no objection: when there are consents for the channel, one of them is
 * given. */
enum tristate
field_allows(const struct occurrence *o, struct slice channel)
{
	const struct customer *c = o->customer;
	bool has_address = false, has_consent = false, is_given = false;

	if (c == NULL)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < c->endpoint_count; i++)
		has_address |= slice_eq_nocase(c->endpoints[i].channel, channel) &&
		    !c->endpoints[i].is_opted_out && !c->endpoints[i].is_inactive;
	for (size_t i = 0; i < c->consent_count; i++) {
		if (!slice_eq_nocase(c->consents[i].channel, channel))
			continue;
		has_consent = true;
		is_given |= c->consents[i].is_given;
	}
	return has_address && (is_given || !has_consent) ? TRI_YES : TRI_NO;
}
