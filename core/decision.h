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

/* The head of a rule as actions needs it. */
struct rule_head {
	struct slice id;
	struct slice title;
	int64_t version; /* of the live rule set; 0: a draft */
	int32_t priority; /* higher wins; default 0 */
	bool is_shadow; /* decides, is recorded, does nothing */
	int64_t act_within_ms; /* default 2 hours */
	bool acts_on_reposts;
	/* at most once every cooldown_ms per scope; 0: none */
	int64_t cooldown_ms;
	enum limit_scope cooldown_scope;
	/* at most N in total; 0: none */
	int64_t max_total;
	const struct action *actions;
	size_t action_count;
};

/* A rule whose conditions were true for an occurrence. */
struct firing {
	const struct rule_head *rule;
	struct slice reason; /* one line: the conditions that made it true with the values seen */
};

#endif
