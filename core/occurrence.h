/*
 * occurrence.h - what a rule evaluates: a post today; later an event, a receipt, a timer that fell
 * due.
 *
 * A borrowed view: pointers are good for the length of the call.
 */
#ifndef CORE_OCCURRENCE_H
#define CORE_OCCURRENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/post.h"
#include "core/score.h"
#include "core/slice.h"

enum occurrence_kind {
	OCCURRENCE_POST,
	OCCURRENCE_TIMER, /* what must not happen after a post has not happened: id is that post's */
	OCCURRENCE_INCIDENT, /* a watch saw a crowd: no post, no person; id "w:<watch>:<since>" */
	OCCURRENCE_EVENT, /* a customer did something: event and customer; id "e:<event id>" */
	OCCURRENCE_CUSTOMER, /* nothing happened: which segments is this customer in? */
};

/* One attribute of a customer; an attribute is a list of values. */
struct attribute {
	struct slice name; /* "FirstName", "care_priority"; Pinpoint's User.UserAttributes.* keep
			      their last part */
	struct slice_list values;
};

struct json_writer;
/* An object of lists of texts. */
void attributes_json(const struct attribute *list, size_t count, struct json_writer *w);

/* A number of a customer or an endpoint, as it was given: "12.5". */
struct customer_metric {
	struct slice name;
	struct slice value;
};
/* An object of numbers, as they were given. */
void metrics_json(const struct customer_metric *list, size_t count, struct json_writer *w);

/* A way to reach a customer. */
struct endpoint {
	struct slice id;
	struct slice
	    channel; /* lower case: "email", "sms", "push", ... from Pinpoint's ChannelType */
	struct slice address;
	bool is_opted_out; /* OptOut ALL */
	bool is_inactive; /* bounced, or switched off */
	struct slice timezone, locale, country;
	const struct attribute *attributes; /* the endpoint's own (Attributes.*) */
	size_t attribute_count;
	const struct customer_metric *metrics; /* the endpoint's own (Metrics.*) */
	size_t metric_count;
	int64_t at_ms; /* last changed */
};

enum purpose {
	PURPOSE_SERVICE,
	PURPOSE_MARKETING
};
const char *purpose_name(enum purpose p);

struct consent {
	struct slice channel; /* as in endpoint.channel */
	enum purpose purpose;
	bool is_given; /* false: withdrawn */
	struct slice source; /* where it was given: "pinpoint import", "rule ...", "api" */
	int64_t at_ms;
	struct slice text_version; /* of the words agreed to; SLICE_NONE: not known */
};
/* An array of objects, as the API has it. */
void consents_json(const struct consent *list, size_t count, struct json_writer *w);

/* How we know that the author of an occurrence is this customer. */
struct link_facts {
	struct slice
	    proof; /* "imported handle", "code", "signed in", "agent"; SLICE_NONE: not linked */
	struct slice handle;
	struct slice basis; /* in words: what was shown; SLICE_NONE */
	int32_t confidence; /* percent; 0: not known */
	int64_t linked_at_ms;
};

/* What is computed of a customer, over the last 7, 30 and 90 days (UTC, today included). */
enum {
	STATS_7_DAYS,
	STATS_30_DAYS,
	STATS_90_DAYS,
	STATS_SPAN_COUNT
};
struct customer_stats {
	int64_t posts[STATS_SPAN_COUNT];
	int64_t sentiment_milli[STATS_SPAN_COUNT]; /* mean score, -1000..1000; means nothing
						      without posts */
	int64_t complaints[STATS_SPAN_COUNT];
	int64_t contacts[STATS_SPAN_COUNT]; /* messages we sent them */
	int64_t events[STATS_SPAN_COUNT];
	int64_t last_post_at_ms, last_contact_at_ms, last_event_at_ms; /* TIME_UNKNOWN: never */
};

/* A person we know, with what belongs to them at this moment.  Customers that were merged are one: the id
 * is that of the one they were merged into. */
struct customer {
	struct slice id; /* User.UserId */
	struct slice timezone, locale, country;
	const struct attribute *attributes;
	size_t attribute_count;
	const struct endpoint *endpoints;
	size_t endpoint_count;
	const struct consent *consents;
	size_t consent_count;
	const struct customer_metric *metrics;
	size_t metric_count;
	struct slice_list tags; /* not expired */
	bool has_segments; /* false: which segments they are in is not known at all */
	struct slice_list segments; /* ids of those they are in */
	const int64_t *segments_since_ms; /* of each of them; NULL: not known */
	bool has_influence; /* else it is not known */
	int32_t influence; /* the highest of their linked accounts, 0..100 */
	struct slice_list unsure_segments; /* ids of those being judged anew for everybody */
	const struct customer_stats *stats; /* NULL: not known */
	struct link_facts link; /* to the author of the occurrence */
	struct slice_list merged; /* ids of those that were merged into this one */
};

/* What a customer did, as an app, a shop or a support system told us. */
struct event {
	struct slice id; /* the sender's */
	struct slice name; /* "order cancelled" */
	struct slice source;
	const struct attribute *properties;
	size_t property_count;
};

/* What an author's influence is made of; people/influence.h says how.  Their numbers are stored: new
 * ones go to the end. */
enum influence_part {
	INFLUENCE_REACH, /* followers */
	INFLUENCE_STANDING, /* followers that lists, mentions and reposts bear out */
	INFLUENCE_DRAW, /* followers for each account followed */
	INFLUENCE_COMPANY, /* follows somebody */
	INFLUENCE_TALK, /* speaks to others */
	INFLUENCE_AGE, /* of the account */
	INFLUENCE_ENDORSED, /* different people who reposted, answered or mentioned them */
	INFLUENCE_PART_COUNT
};

/* As it was when it was made: thousandths of a point, 100 points in all.  The parts less the
 * discount are the total. */
struct influence {
	bool is_known; /* false: nothing else is said */
	int32_t total_milli;
	int32_t parts_milli[INFLUENCE_PART_COUNT];
	int32_t bot_milli; /* how much it looks like a machine, 0 to 1000 */
	int32_t discount_milli; /* what that cost */
	uint32_t assumed; /* bit 1 << part: something in it was not known and taken as usual */
};

/* Whole points, 0 to 100, as people and rules see them; -1 unknown. */
static inline int64_t
influence_points(const struct influence *i)
{
	return i->is_known ? (i->total_milli + 500) / 1000 : -1;
}

/* Was among the first to mention what later came into fashion; people/adopters.h says how. */
struct adoption {
	bool is_early_adopter;
	int32_t
	    score_milli; /* Wilson lower bound of the share of items they were early on, 0..1000 */
	int64_t items, credited; /* they mentioned; they were early on */
	struct slice best; /* in words: "the first 3 % on #acmelaunch and two others"; SLICE_NONE */
};
/* An object, as the API has it; null when it is not known (NULL). */
void adoption_json(const struct adoption *ad, struct json_writer *w);

/* What we know of the author beyond this post. */
struct author_facts {
	int64_t author_no; /* row in the store; 0: not stored (anonymous) */
	int64_t posts_seen; /* posts of theirs that we stored, this one included */
	int64_t first_seen_at_ms;
	struct slice_list tags; /* not expired */
	struct influence influence; /* when the post was taken */
	bool has_topic_influence; /* false: too little was seen to say */
	int32_t topic_influence; /* on what the post is about, 0..100 */
	const struct adoption *adoption; /* NULL: not known */
};

struct rule_words;

struct occurrence {
	enum occurrence_kind kind;
	struct slice id; /* of the post */
	int64_t at_ms; /* event time */
	int64_t now_ms; /* processing time */
	int64_t behind_ms; /* its stream was so far ahead of it when it came; 0: it was not */
	const struct post *post;
	const struct score *score;
	const struct rule_words
	    *words; /* of the score, by rule_set_look_up(); NULL: not looked up */
	const struct author_facts *author;
	const struct customer *customer; /* NULL: the author is not linked to anybody we know */
	const struct event *event; /* OCCURRENCE_EVENT: then post, score and author are NULL */
	struct slice subject; /* "c:<customer id>" or "a:<author id>"; SLICE_NONE: anonymous */
	/* at_ms on the clock of the brand's and of the customer's zone, as if that were UTC; 0: not
	 * known */
	int64_t local_ms, customer_local_ms;
};

#endif
