/*
 * tree_internal.h - a rules file as a tree, with the byte range of everything a finding may point
 *at.
 *
 *	rules_file
 *	  item (brand | list | rule | watch | segment) -> item -> ...
 *	    rule: clauses as plain members, their comments in notes[slot]
 *	      when: node          ALL, ANY: first child, its next ones; NOT: one child; CONDITION:
 *field, op, values then: action_node -> action_node -> ...
 *
 * Ownership: everything lives in one arena; texts are slices of the file's text or of the arena.
 * Comments:  a line's comments hang on what stands on that line: `before` (lines of their own above
 *it) and `after` (behind it).  A block's `end` has notes of its own.  The line of `when` belongs to
 *the rule (SLOT_WHEN), the line of `not X` to the NOT node: the node below has none then. The text
 *form and the JSON form are two views of this tree: print.c and json.c write them, parse.c and
 *json.c read them.
 */
#ifndef RULES_TREE_INTERNAL_H
#define RULES_TREE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/slice.h"
#include "rules/findings_internal.h"

struct arena;
struct field;

struct comment {
	struct slice text; /* without '#' and white space around */
	struct comment *next;
};

struct notes {
	struct comment *before;
	struct slice after; /* SLICE_NONE: none */
};

enum duration_unit {
	UNIT_SECOND,
	UNIT_MINUTE,
	UNIT_HOUR,
	UNIT_DAY,
	UNIT_WEEK,
	UNIT_COUNT
};

/* As written: "24 hours" does not become "1 day". */
struct duration {
	int64_t amount; /* 0: not given */
	enum duration_unit unit;
};

enum value_kind {
	VALUE_TEXT, /* "in quotes" */
	VALUE_WORD, /* acme, complaint, en */
	VALUE_NUMBER,
	VALUE_DURATION,
	VALUE_LIST, /* list staff */
};

struct value {
	enum value_kind kind;
	struct range at;
	struct slice text; /* TEXT, WORD; LIST: its id */
	int64_t number_milli; /* NUMBER */
	struct duration duration;
	struct notes *notes; /* comments between the values of a list; NULL: none */
	struct value *next;
};

struct values {
	struct value *first, *last;
	size_t count;
};

/* X(name, spelling, name in JSON, how many values: 0, 1, 2 (between), 9 (one or more)) */
#define RULE_OPERATORS(X)                                                                          \
	X(IS, "is", "is", 1)                                                                       \
	X(IS_NOT, "is not", "is not", 1)                                                           \
	X(ONE_OF, "is one of", "one of", 9)                                                        \
	X(NONE_OF, "is none of", "none of", 9)                                                     \
	X(AT_LEAST, "is at least", "at least", 1)                                                  \
	X(AT_MOST, "is at most", "at most", 1)                                                     \
	X(ABOVE, "is above", "above", 1)                                                           \
	X(BELOW, "is below", "below", 1)                                                           \
	X(BETWEEN, "is between", "between", 2)                                                     \
	X(CONTAINS, "contains", "contains", 1)                                                     \
	X(NOT_CONTAINS, "does not contain", "does not contain", 1)                                 \
	X(CONTAINS_ANY, "contains any of", "contains any of", 9)                                   \
	X(CONTAINS_ALL, "contains all of", "contains all of", 9)                                   \
	X(CONTAINS_NONE, "contains none of", "contains none of", 9)                                \
	X(STARTS_WITH, "starts with", "starts with", 1)                                            \
	X(KNOWN, "is known", "known", 0)                                                           \
	X(UNKNOWN, "is unknown", "unknown", 0)

enum rule_op {
#define X(name, spelling, json, arity) RULE_OP_##name,
	RULE_OPERATORS(X)
#undef X
	RULE_OP_COUNT
};

void values_add(struct values *list, struct value *v);

const char *rule_op_spelling(enum rule_op op);
const char *rule_op_json(enum rule_op op);
int rule_op_arity(enum rule_op op);

enum node_kind {
	NODE_ALL,
	NODE_ANY,
	NODE_NOT,
	NODE_CONDITION
};

struct node {
	enum node_kind kind;
	struct range at;
	struct notes *notes, *end_notes;
	struct node *first, *next;
	/* NODE_CONDITION */
	const struct field *field;
	struct slice attribute; /* customer.ATTRIBUTE */
	enum rule_op op;
	struct range field_at, op_at;
	struct values values;
};

struct action_node {
	struct range at;
	struct notes *notes;
	struct action action; /* .text and .for_ms are filled when compiling */
	struct duration for_time; /* TAG */
	struct range template_at, channel_at, team_at, queue_at, name_at, offer_at;
	struct action_node *next;
};

/* One `at most N in total | per day [per author]` or `spend at most N ...`. */
struct limit_node {
	struct range at, max_at;
	struct notes *notes;
	struct rule_cap cap;
	struct limit_node *next;
};

/* One `not between 21:00 and 08:00 customer time, else drop` or `only between ...`. */
struct hours_node {
	struct range at, zone_at, queue_at;
	struct notes *notes;
	struct rule_hours hours;
	struct hours_node *next;
};

/* `after ... within T` and `unless ... within T`. */
struct sequence_node {
	struct range at, template_at, within_at;
	struct rule_sequence sequence;
	struct duration within;
	struct node *where; /* SEQUENCE_POST; NULL: any post */
};

/* `fires on "text" where FIELD is VALUE, ...` or `does not fire on ...`; `fires on event "name" ...`. */
struct example_node {
	struct range at, text_at;
	struct notes *notes;
	bool must_fire, is_event;
	struct slice text; /* of a post; the name of an event */
	struct node
	    *given; /* conditions with IS, linked by next; their values stand for what is seen */
	struct example_node *next;
};

enum crowd_measure {
	CROWD_COUNT, /* posts */
	CROWD_SHARE, /* of the posts of `out of`; thousandths */
	CROWD_AUTHORS /* distinct ones */
};

/* One line of a watch's `when`: count within 10 minutes is at least 4 times the usual. */
struct crowd_node {
	struct range at, value_at;
	struct notes *notes;
	enum crowd_measure measure;
	struct duration within;
	enum rule_op op; /* AT_LEAST, AT_MOST, ABOVE, BELOW */
	int64_t value_milli;
	bool is_times_usual;
	struct crowd_node *next;
};

/* "2026-12-01 09:00" on the clock of the rule's zone. */
struct moment {
	bool is_set;
	int year, month, day, hour, minute;
	struct range at;
};

/* The lines that may carry comments. X(name, name in JSON) */
#define RULE_SLOTS(X)                                                                              \
	X(HEAD, "head")                                                                            \
	X(DESCRIPTION, "description")                                                              \
	X(OFF, "off")                                                                              \
	X(SHADOW, "shadow")                                                                        \
	X(PRIORITY, "priority")                                                                    \
	X(PERIOD, "period")                                                                        \
	X(REPOSTS, "include_reposts")                                                              \
	X(ACT_WITHIN, "act_within")                                                                \
	X(OVER, "over")                                                                            \
	X(OUT_OF, "out_of")                                                                        \
	X(WHEN, "when")                                                                            \
	X(WHEN_END, "when_end") /* of a watch */                                                   \
	X(AFTER, "after")                                                                          \
	X(UNLESS, "unless")                                                                        \
	X(THEN, "then")                                                                            \
	X(THEN_END, "then_end")                                                                    \
	X(COOLDOWN, "at_most_once")                                                                \
	X(QUIET, "until_quiet")                                                                    \
	X(WINDOW, "happening")                                                                     \
	X(CANARY, "canary")                                                                        \
	X(APPROVAL, "approval")                                                                    \
	X(CALLED, "called")                                                                        \
	X(BUT_NOT, "but_not")                                                                      \
	X(OWN_ACCOUNTS, "own_accounts")                                                            \
	X(END, "end")

enum slot {
#define X(name, json) SLOT_##name,
	RULE_SLOTS(X)
#undef X
	SLOT_COUNT
};

const char *slot_name(enum slot s);

enum item_kind {
	ITEM_BRAND,
	ITEM_LIST,
	ITEM_RULE,
	ITEM_WATCH, /* shares its ids with rules: both leave decisions under them */
	ITEM_SEGMENT
};
#define ITEM_KIND_COUNT (ITEM_SEGMENT + 1)

struct item {
	enum item_kind kind;
	struct range at, id_at; /* at: the head line */
	struct range whole; /* from the comments above it to behind its `end` */
	struct slice id, title;
	uint32_t has; /* bit per slot: the line is there */
	struct notes *notes[SLOT_COUNT];
	struct item *next;
	const struct finding_sink *sink; /* the file it stands in */
	bool is_broken; /* had an error: no follow-ups about what is missing */

	/* ITEM_BRAND */
	uint32_t number; /* its place among all brands, once compiled: scores name brands by it */
	struct values called, but_not, own_accounts;
	/* ITEM_LIST */
	struct values items;
	/* ITEM_RULE */
	struct slice description;
	int32_t priority;
	struct moment from, until;
	struct slice zone;
	struct range zone_at;
	struct duration act_within;
	struct range act_within_at;
	struct node *when;
	size_t condition_count;
	struct action_node *then;
	size_t action_count;
	struct duration cooldown;
	enum limit_scope scope;
	struct range cooldown_at;
	int64_t times; /* happening so often ... */
	struct range times_at;
	struct duration times_within;
	enum limit_scope times_scope;
	int32_t canary_milli;
	struct range canary_at, approval_at;
	struct slice approval_team;
	struct limit_node *caps, *budgets; /* `at most ...` and `spend at most ...` */
	struct hours_node *hours;
	struct example_node *examples;
	size_t example_count;
	struct sequence_node after, unless; /* kind SEQUENCE_NONE: not given */
	/* ITEM_WATCH; with description, period, then as a rule */
	struct node *over, *out_of; /* out_of NULL: all posts */
	struct crowd_node *crowd;
	size_t crowd_count;
	struct duration quiet;
	struct range quiet_at;
	/* ITEM_SEGMENT; with description and when */
	bool is_imported;
	uint32_t segment; /* its place among all segments, once compiled */
	int mark; /* of the checker, while it looks for circles */
};

struct rules_file {
	struct finding_sink sink;
	struct item *first;
	struct notes *end_notes; /* comments behind the last item */
	bool is_incomplete; /* something could not be read: do not complain about missing names */
};

const char *crowd_measure_name(enum crowd_measure m); /* "count", "share", "authors" */
bool item_has(const struct item *it, enum slot s);
/* Does its `when` ask about an event?  Then it sees events, else posts. */
bool item_sees_events(const struct item *it);
const char *item_kind_name(enum item_kind k);

/* The same but for byte ranges? */
bool tree_equal(const struct rules_file *a, const struct rules_file *b);
bool item_equal(const struct item *a, const struct item *b);
/* The same limit, the same hours, whatever their comments. */
bool limit_same(const struct limit_node *a, const struct limit_node *b);
bool hours_same(const struct hours_node *a, const struct hours_node *b);
/* The same conditions, whatever their comments and texts behind them. */
bool node_same(const struct node *a, const struct node *b);
/* The same action, whatever its comments. */
bool action_same(const struct action_node *a, const struct action_node *b);

int64_t duration_ms(struct duration d);
const char *duration_unit_name(enum duration_unit u, bool is_plural);
/* "hour", "hours" -> UNIT_HOUR; false when it is no unit. */
bool duration_unit_parse(struct slice word, enum duration_unit *u_r);

#define RULE_WEEKDAYS 0x1fu
#define RULE_WEEKENDS 0x60u
#define RULE_EVERY_DAY 0x7fu
const char *weekday_name(int day); /* 0 "monday" ... 6 */
/* "monday", "Monday" -> 0; -1: no such day */
int weekday_parse(struct slice word);

/* Would the lexer read it as one word (an id, a zone)? */
bool word_is_plain(struct slice s);
/* [a-z][a-z0-9-]*, at most RULES_ID_MAX bytes */
bool id_is_valid(struct slice s);
/* May it stand between quotes: valid UTF-8, no control characters, not too long. */
bool text_is_valid(struct slice s);
/* May it stand behind "customer." or "event."? */
bool attribute_is_valid(struct slice s);

#endif
