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
};

/* One attribute of a customer; an attribute is a list of values. */
struct attribute {
	struct slice name; /* "FirstName", "care_priority"; Pinpoint's User.UserAttributes.* keep
			      their last part */
	struct slice_list values;
};

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
};

/* How we know that the author of an occurrence is this customer. */
struct link_facts {
	struct slice proof; /* "imported handle"; SLICE_NONE: not linked */
	struct slice handle;
	int64_t linked_at_ms;
};

/* A person we know, with what belongs to them at this moment. */
struct customer {
	struct slice id; /* User.UserId */
	struct slice timezone, locale, country;
	const struct attribute *attributes;
	size_t attribute_count;
	const struct endpoint *endpoints;
	size_t endpoint_count;
	const struct consent *consents;
	size_t consent_count;
	struct slice_list tags; /* not expired */
	struct link_facts link; /* to the author of the occurrence */
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

/* What we know of the author beyond this post. */
struct author_facts {
	int64_t author_no; /* row in the store; 0: not stored (anonymous) */
	int64_t posts_seen; /* posts of theirs that we stored, this one included */
	int64_t first_seen_at_ms;
	struct slice_list tags; /* not expired */
	struct influence influence; /* when the post was taken */
};

struct occurrence {
	enum occurrence_kind kind;
	struct slice id; /* of the post */
	int64_t at_ms; /* event time */
	int64_t now_ms; /* processing time */
	const struct post *post;
	const struct score *score;
	const struct author_facts *author;
	const struct customer *customer; /* NULL: the author is not linked to anybody we know */
	struct slice subject; /* "c:<customer id>" or "a:<author id>"; SLICE_NONE: anonymous */
	/* at_ms on the clock of the brand's and of the customer's zone, as if that were UTC; 0: not
	 * known */
	int64_t local_ms, customer_local_ms;
};

#endif
