/*
 * why_internal.h - the answer to "why did it, or did it not": loaded and judged once, then said as
 * JSON or as lines.
 *
 *   why.c        what is asked about: a post, a message, a watch; its decisions
 *   why_then.c   the occurrence as it was, built again from what was stored
 *   why_rules.c  each rule's verdict, its conditions, what a rule that did not fire was short of
 *   why_chain.c  what became of a message, step by step
 *   why_json.c   a post or message as JSON
 *   why_say.c    the same as lines
 *   why_watch.c  an incident, or a watch as it stands
 */
#ifndef API_WHY_INTERNAL_H
#define API_WHY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"
#include "core/score.h"
#include "core/slice.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/posts.h"

struct api_call;
struct buf;
struct err;
struct incident_row;
struct stored_event;

#define WHY_NEAR_MAX 20 /* rules told of that decided nothing */
#define WHY_WATCHES_MAX 20
#define WHY_TEXT_MAX (1024 * 1024) /* bytes of one rule's conditions */

/* A decision, and the message it made. */
struct why_decision {
	struct decision_row row;
	struct message message;
	bool has_message;
};

/* What became of a rule on the post. */
enum why_verdict {
	WHY_FIRED,
	WHY_HELD, /* a guardrail held it, or what it waited for came */
	WHY_COUNTED, /* true, and not enough yet */
	WHY_WAITS,
	WHY_NEAR, /* nothing was decided: one condition, its period or its switch is why */
	WHY_NO /* nothing was decided */
};
const char *why_verdict_name(enum why_verdict v); /* "fired", "held", ... */

/* Conditions of one part of a rule or watch, as text and as JSON. */
struct why_part {
	struct slice text, json; /* SLICE_NONE: not explained */
};

/* A rule or watch of the version of then. */
struct why_rule {
	struct slice id, title;
	bool is_known; /* it is in the version of then */
	bool is_watch;
	enum why_verdict verdict;
	enum rule_state state; /* of its switch and period, when the post was written */
	struct why_part when, after, unless; /* of a watch: over posts, out of posts */
	struct slice why_not; /* one line; SLICE_NONE: it decided something */
	size_t short_by; /* conditions that would have to be different */
	struct rule_shortfall missing; /* the first of them */
	struct why_decision *decisions;
	size_t decision_count;
};

/* One thing that happened to a message. */
struct why_step {
	int64_t at_ms; /* TIME_UNKNOWN: not known when */
	struct slice what;
};
#define WHY_STEPS_MAX 40

struct why_chain {
	struct decision_row decision;
	bool has_decision;
	struct rules_version version; /* who made the rules live that decided, and why */
	bool has_version;
	struct why_step steps[WHY_STEPS_MAX];
	size_t step_count;
};

/* What a post and an event have in common. */
struct why_cause {
	bool is_there;
	struct slice occurrence_id;
	int64_t post_no, event_no; /* one of them is 0 */
	int64_t rules_version;
	const char *inert;
};

#define WHY_NOTES_MAX 8

struct why {
	struct stored_post *sp; /* of an event, and of a message that has no post: NULL */
	struct stored_event *event; /* NULL: a post is asked about, or nothing but a message */
	struct why_cause cause; /* whichever it is */
	struct message message; /* the one asked about */
	bool has_message;
	struct why_chain chain; /* of that message */
	struct alert_row alert; /* behind a notice */
	bool has_alert;
	struct slice asked_rule; /* SLICE_NONE: all */
	struct why_rule *rules;
	size_t rule_count, rule_room;
	size_t left_out; /* rules that decided nothing and are not listed */
	size_t left_decided; /* rules that decided something and are not listed either */
	size_t left_off, left_period; /* of these: switched off; outside of their period */
	struct why_rule watches[WHY_WATCHES_MAX];
	size_t watch_count;
	int64_t decided_at_ms; /* when its rules saw it; TIME_UNKNOWN: nothing was decided */
	const char *unexplained; /* why no conditions are shown; NULL: they are */
	const char *notes[WHY_NOTES_MAX];
	size_t note_count;
};

/* The post or event as its rules saw it. */
struct why_then {
	struct post post; /* of a post, with its score */
	struct score score;
	struct occurrence occ;
};

void why_note(struct why *y, const char *note);
/* --- why_answer.c --- */
int why_answers(struct api_call *c, struct why *y, struct err *err);

bool why_is_asked(const struct why *y, struct slice id);
struct why_rule *why_rule_find(struct why *y, struct slice id);

int why_rebuild(struct api_call *c, const struct why *y, const struct rule_set *set,
    struct why_then *then, struct err *err);
/* Is somebody in a list by a rule?  cookie: struct why_facts. */
struct why_facts {
	struct api_call *c;
	struct why *y;
};
int
why_in_list(void *cookie, struct slice list, enum action_target who, const struct occurrence *occ);

/* The verdict of each rule that decided, from its rows. */
int why_judge(struct api_call *c, struct why *y, struct err *err);
/* Its conditions, and the rules that decided nothing. */
int why_explain(struct api_call *c, struct why *y, const struct rule_set *set,
    const struct why_then *then, struct err *err);

int why_load_chain(struct api_call *c, struct why *y, struct err *err);

int why_say_json(struct api_call *c, const struct why *y, struct err *err);
int why_say_text(struct api_call *c, const struct why *y, struct err *err);

/* Writes the answer about an incident, or about the newest of a watch (row NULL: there is none). */
int why_watch_say(struct api_call *c, struct slice watch_id, const struct incident_row *row,
    bool is_text, struct err *err);

/* On one line, and nothing in it that moves a terminal's cursor. */
void why_words(struct buf *b, struct slice s);
/* Lines as they are, made harmless one by one. */
void why_lines(struct buf *b, struct slice text);

#endif
