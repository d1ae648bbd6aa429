/*
 * fields_doings.c - what a customer did lately, and what we did to them: sums over days (UTC, today
 * included), as they were before the post or event at hand; and when they agreed to what.
 */
#include "rules/fields_rows_internal.h"

/* ---- sums over days ---- */

static const struct customer_stats *
stats_of(const struct occurrence *o)
{
	return o->customer == NULL ? NULL : o->customer->stats;
}

#define SUM(name, member, span)                                                                    \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		const struct customer_stats *s = stats_of(o);                                      \
                                                                                                   \
		return s != NULL && field_count_milli(s->member[span], r);                         \
	}

#define SUMS(member)                                                                               \
	SUM(member##_7d, member, STATS_7_DAYS)                                                     \
	SUM(member##_30d, member, STATS_30_DAYS)                                                   \
	SUM(member##_90d, member, STATS_90_DAYS)

SUMS(posts)
SUMS(complaints)
SUMS(contacts)
SUMS(events)

/* Who said nothing has no mood. */
#define MOOD(name, span)                                                                           \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		const struct customer_stats *s = stats_of(o);                                      \
                                                                                                   \
		if (s == NULL || s->posts[span] == 0)                                              \
			return false;                                                              \
		*r = s->sentiment_milli[span];                                                     \
		return true;                                                                       \
	}

MOOD(sentiment_7d, STATS_7_DAYS)
MOOD(sentiment_30d, STATS_30_DAYS)
MOOD(sentiment_90d, STATS_90_DAYS)

#define LAST(name, member)                                                                         \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		const struct customer_stats *s = stats_of(o);                                      \
                                                                                                   \
		return s != NULL && field_span(s->member, o->now_ms, r);                           \
	}

LAST(last_post, last_post_at_ms)
LAST(last_contact, last_contact_at_ms)
LAST(last_event, last_event_at_ms)

/* ---- consent ---- */

/* Of the newest consent for the purpose that is in force. */
static bool
consent_age(const struct occurrence *o, enum purpose purpose, int64_t *r)
{
	int64_t at_ms = 0;

	for (size_t i = 0; o->customer != NULL && i < o->customer->consent_count; i++) {
		const struct consent *c = &o->customer->consents[i];

		if (c->is_given && c->purpose == purpose && c->at_ms > at_ms)
			at_ms = c->at_ms;
	}
	return at_ms > 0 && field_span(at_ms, o->now_ms, r);
}

static bool
marketing_consent_age(const struct occurrence *o, int64_t *r)
{
	return consent_age(o, PURPOSE_MARKETING, r);
}

static bool
service_consent_age(const struct occurrence *o, int64_t *r)
{
	return consent_age(o, PURPOSE_SERVICE, r);
}

static bool
consent_source(const struct occurrence *o, struct field_texts *r)
{
	if (o->customer == NULL)
		return false;
	r->items = r->own;
	r->count = 0;
	for (size_t i = 0; i < o->customer->consent_count; i++) {
		const struct consent *c = &o->customer->consents[i];

		if (c->is_given && slice_is_set(c->source) && r->count < FIELD_TEXTS_OWN)
			r->own[r->count++] = c->source;
	}
	return true;
}

/* ---- rows ---- */

static const struct field rows[] = {
    {.name = "customer.posts_7d",
	.words = "who wrote % posts in 7 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = posts_7d,
	.help = "How many posts of theirs we stored in the last 7 days, before this one.",
	.example = "customer.posts_7d is at least 3"},
    {.name = "customer.posts_30d",
	.words = "who wrote % posts in 30 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = posts_30d,
	.help = "How many posts of theirs we stored in the last 30 days, before this one.",
	.example = "customer.posts_30d is at least 3"},
    {.name = "customer.posts_90d",
	.words = "who wrote % posts in 90 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = posts_90d,
	.help = "How many posts of theirs we stored in the last 90 days, before this one.",
	.example = "customer.posts_90d is at least 3"},
    {.name = "customer.complaints_7d",
	.words = "who complained % times in 7 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = complaints_7d,
	.help = "How many of their posts of the last 7 days were complaints, before this one.",
	.example = "customer.complaints_7d is at least 2"},
    {.name = "customer.complaints_30d",
	.words = "who complained % times in 30 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = complaints_30d,
	.help = "How many of their posts of the last 30 days were complaints, before this one.",
	.example = "customer.complaints_30d is at least 2"},
    {.name = "customer.complaints_90d",
	.words = "who complained % times in 90 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = complaints_90d,
	.help = "How many of their posts of the last 90 days were complaints, before this one.",
	.example = "customer.complaints_90d is at least 2"},
    {.name = "customer.contacts_7d",
	.words = "to whom we sent % messages in 7 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = contacts_7d,
	.help = "How many messages we sent them in the last 7 days.",
	.example = "customer.contacts_7d is below 3"},
    {.name = "customer.contacts_30d",
	.words = "to whom we sent % messages in 30 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = contacts_30d,
	.help = "How many messages we sent them in the last 30 days.",
	.example = "customer.contacts_30d is below 3"},
    {.name = "customer.contacts_90d",
	.words = "to whom we sent % messages in 90 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = contacts_90d,
	.help = "How many messages we sent them in the last 90 days.",
	.example = "customer.contacts_90d is below 3"},
    {.name = "customer.events_7d",
	.words = "who did % things in 7 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = events_7d,
	.help = "How many events of theirs we were told in the last 7 days.",
	.example = "customer.events_7d is at least 1"},
    {.name = "customer.events_30d",
	.words = "who did % things in 30 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = events_30d,
	.help = "How many events of theirs we were told in the last 30 days.",
	.example = "customer.events_30d is at least 1"},
    {.name = "customer.events_90d",
	.words = "who did % things in 90 days",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.is_of_days = true,
	.number = events_90d,
	.help = "How many events of theirs we were told in the last 90 days.",
	.example = "customer.events_90d is at least 1"},
    {.name = "customer.sentiment_7d",
	.words = "whose sentiment over 7 days is %",
	.type = FIELD_NUMBER,
	.is_of_days = true,
	.unit = "-1 to 1",
	.has_range = true,
	.min = -1000,
	.max = 1000,
	.number = sentiment_7d,
	.help = "The mean sentiment of their posts of the last 7 days, before this one; unknown of "
		"who wrote none.",
	.example = "customer.sentiment_7d is below -0.2"},
    {.name = "customer.sentiment_30d",
	.words = "whose sentiment over 30 days is %",
	.type = FIELD_NUMBER,
	.is_of_days = true,
	.unit = "-1 to 1",
	.has_range = true,
	.min = -1000,
	.max = 1000,
	.number = sentiment_30d,
	.help = "The mean sentiment of their posts of the last 30 days, before this one; unknown "
		"of who wrote none.",
	.example = "customer.sentiment_30d is below -0.2"},
    {.name = "customer.sentiment_90d",
	.words = "whose sentiment over 90 days is %",
	.type = FIELD_NUMBER,
	.is_of_days = true,
	.unit = "-1 to 1",
	.has_range = true,
	.min = -1000,
	.max = 1000,
	.number = sentiment_90d,
	.help = "The mean sentiment of their posts of the last 90 days, before this one; unknown "
		"of who wrote none.",
	.example = "customer.sentiment_90d is below -0.2"},
    {.name = "customer.last_post",
	.words = "whose last post before this one was % ago",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = last_post,
	.help = "How long ago they last wrote, before this post.",
	.example = "customer.last_post is above 30 days"},
    {.name = "customer.last_contact",
	.words = "whom we last wrote to % ago",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = last_contact,
	.help = "How long ago we last sent them a message.",
	.example = "customer.last_contact is above 30 days"},
    {.name = "customer.last_event",
	.words = "whose last event was % ago",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = last_event,
	.help = "How long ago we were last told something they did.",
	.example = "customer.last_event is above 30 days"},
    {.name = "customer.marketing_consent_age",
	.words = "whose consent to advertising is % old",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = marketing_consent_age,
	.help = "How long ago they last agreed to advertising, on whatever channel.",
	.example = "customer.marketing_consent_age is below 365 days"},
    {.name = "customer.service_consent_age",
	.words = "whose consent to service messages is % old",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = service_consent_age,
	.help = "How long ago they last agreed to service messages, on whatever channel.",
	.example = "customer.service_consent_age is below 365 days"},
    {.name = "customer.consent_source",
	.words = "whose consents came from %",
	.type = FIELD_TAGS,
	.texts = consent_source,
	.selectivity = 40,
	.help = "Where the consents that are in force were given.",
	.example = "customer.consent_source is \"web form\""},
};

const struct field_rows fields_of_doings = {
    "customer", rows, sizeof rows / sizeof *rows, FIELD_ABOUT_ANY};
