/*
 * decision.h - what a rule wants done.
 *
 * rules/ makes firings, actions/ settles them.  Everything here is borrowed from the compiled rule
 * set and lives as long as a reference to it is held.
 */
#ifndef CORE_DECISION_H
#define CORE_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

enum action_verb {
	ACTION_SEND, /* send "template" by channel to customer|author [with offer id] */
	ACTION_DRAFT_REPLY, /* draft reply "template" for approval by "team" [with offer id] */
	ACTION_ALERT, /* alert "queue" as low|normal|high|critical */
	ACTION_TAG, /* tag author|customer "tag" [for duration] */
	ACTION_SET, /* set customer "attribute" to "value" */
	ACTION_ADD_TO_LIST, /* add author|customer to list id */
	ACTION_PAUSE_PROMOTIONS, /* of a watch: no messages for marketing during the incident */
	ACTION_SUGGEST_LINK, /* suggest link: customers the author may be, for a person to decide */
};
const char *action_verb_name(enum action_verb v); /* "send", "draft reply", ... */

enum action_target {
	TARGET_NONE,
	TARGET_AUTHOR,
	TARGET_CUSTOMER
};

enum severity {
	SEVERITY_LOW,
	SEVERITY_NORMAL,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL
};
const char *severity_name(enum severity s);

struct action {
	enum action_verb verb;
	enum action_target target;
	struct slice text; /* canonical one-line form: the action's identity in a decision's key */
	struct slice template_id; /* SEND, DRAFT_REPLY */
	struct slice channel; /* SEND: a channel's name in earshot.yaml */
	struct slice team; /* DRAFT_REPLY */
	struct slice queue; /* ALERT */
	enum severity severity;
	struct slice name; /* TAG: the tag; SET: the attribute; ADD_TO_LIST: the list */
	struct slice value; /* SET */
	int64_t for_ms; /* TAG: 0 = for good */
	struct slice offer; /* SLICE_NONE: none */
};

enum limit_scope {
	LIMIT_PER_AUTHOR,
	LIMIT_PER_CUSTOMER,
	LIMIT_PER_SUBJECT,
	LIMIT_PER_THREAD,
	LIMIT_PER_RULE
};

/* happening `times` times within within_ms per scope, by the posts' own times; times 0: not asked. */
struct rule_window {
	int64_t times; /* 2..RULE_TIMES_MAX */
	int64_t within_ms;
	enum limit_scope scope;
};
/* Event times kept per rule and key: a window counts over at most so many. */
#define RULE_TIMES_MAX 64

enum cap_period {
	CAP_TOTAL,
	CAP_HOUR,
	CAP_DAY,
	CAP_WEEK, /* begins on Monday */
	CAP_MONTH
}; /* on the clock of the brand's zone */
const char *cap_period_name(enum cap_period p); /* "in total", "per hour", ... */

/* at most `max` per period [per scope], or spend at most `max` thousandths of the currency. */
struct rule_cap {
	int64_t max;
	enum cap_period period;
	enum limit_scope scope; /* LIMIT_PER_RULE: all together */
	bool is_spend; /* counts costs of channels and offers; else firings */
};

enum hours_answer {
	HOURS_DEFER, /* the message waits for the next time that is allowed */
	HOURS_DROP,
	HOURS_ALERT /* nothing is sent; an alert to a queue instead */
};

/* not between A and B ..., only between A and B ...: for messages to people. */
struct rule_hours {
	bool is_only;
	int from_minute, until_minute; /* of the day, 0..1439; until <= from: over midnight */
	unsigned
	    weekdays; /* bit 0 Monday ... bit 6 Sunday, of the day it begins on; 0: every day */
	struct slice zone; /* SLICE_NONE: the customer's, else the brand's */
	enum hours_answer answer;
	struct slice queue; /* HOURS_ALERT */
};

/* What must have happened before (`after`), or must not happen afterwards (`unless`). */
enum sequence_kind {
	SEQUENCE_NONE,
	SEQUENCE_POST, /* a post of the same person that fulfils conditions of its own */
	SEQUENCE_SENT, /* after only: a message of that template was sent to them */
	SEQUENCE_ANSWERED /* unless only: we answered: a reply of an own account, or one a person of ours let go */
};
struct rule_sequence {
	enum sequence_kind kind;
	int64_t within_ms;
	struct slice template_id; /* SEQUENCE_SENT */
};

/* The head of a rule as actions needs it.  What is asked of every rule that was true stands first, so that it
 * lies in three lines of the processor's cache. */
struct rule_head {
	struct slice id;
	uint64_t id_hash; /* hash_own() of it; 0: not made */
	/* at most once every cooldown_ms per scope; 0: none */
	int64_t cooldown_ms;
	struct rule_window window;
	int64_t act_within_ms; /* default 2 hours */
	int32_t priority; /* higher wins; default 0 */
	enum limit_scope cooldown_scope;
	int32_t canary_milli; /* of 1000 persons it acts for so many; 0: for all */
	bool is_shadow; /* decides, is recorded, does nothing */
	bool acts_on_reposts;
	bool sees_events; /* and no posts; else posts and no events */
	const struct action *actions;
	size_t action_count;
	int64_t version; /* of the live rule set; 0: a draft */
	const struct rule_cap *caps;
	uint32_t cap_count, hours_count;
	struct rule_sequence after, unless;
#define RULE_HEAD_HOT offsetof(struct rule_head, title) /* bytes */
	struct slice title;
	const struct rule_hours *hours; /* all must allow it */
	struct slice approval_team; /* its messages wait for this team; SLICE_NONE: they do not */
};

/* Which of a rule's or watch's conditions were true. */
enum firing_part {
	FIRING_RULE, /* `when` of a rule */
	FIRING_AFTER, /* the conditions of `after a post` */
	FIRING_UNLESS, /* the conditions of `unless a post` */
	FIRING_WATCHED, /* `over posts where` of a watch: rule is the watch's head */
	FIRING_BASE /* `out of posts where` of a watch */
};

struct firing;

/* Who can say why: reasons are put in words when somebody asks, which of most firings nobody does. */
struct firing_teller {
	/* SLICE_NONE without memory */
	struct slice (*tell)(const struct firing_teller *self, const struct firing *f);
};

/* Conditions that were true for an occurrence. */
struct firing {
	const struct rule_head *rule;
	enum firing_part part;
	uint32_t number; /* for the teller */
	const struct firing_teller *teller; /* lives as long as the firing; NULL: reason is set */
	struct slice reason;
};

/* One line: the conditions that made it true with the values seen; empty where a watch merely
 * counts.  SLICE_NONE without memory. */
static inline struct slice
firing_reason(const struct firing *f)
{
	return f->teller == NULL ? f->reason : f->teller->tell(f->teller, f);
}

#endif
