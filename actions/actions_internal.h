/*
 * actions_internal.h - one settling of the firings of one occurrence, as its files share it.
 *
 *   actions.c     order, decision rows, profile actions
 *   guardrails.c  what holds a whole firing back; the counters that move when it fires; a person's
 * day consent.c     may this go to this customer? deliver.c     messages and drafts into the
 * outbox, offers words.c       durations for people
 */
#ifndef ACTIONS_ACTIONS_INTERNAL_H
#define ACTIONS_ACTIONS_INTERNAL_H

#include "actions/actions.h"

#include "actions/channels.h"

struct attribute_claim { /* a `set` that was done for this occurrence */
	struct slice name;
	const struct rule_head *rule;
	const struct attribute_claim *next;
};

struct settle {
	struct store *st;
	const struct actions_config *config;
	const struct template_set *templates;
	const struct settle_input *in;
	struct arena *arena;
	struct settled *out;
	const struct attribute_claim *claims;
	struct err *err;
};

/* The note of a decision: formatted into the arena; -1 without memory. */
int settle_note(struct settle *s, struct decision_row *row, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A decision's id: as decision_id_make(), and what a timer decides about a post is none of what the
 * post decided. */
void occurrence_decision_id(enum occurrence_kind kind, struct slice rule_id,
    struct slice occurrence_id, struct slice action, struct slice subject, char out[33]);

/* --- guardrails.c --- */
#define WHY_MAX 240

/* May this occurrence do anything at all: inert post, act within.  1; 0 and why. */
int guardrails_may_act(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);

/* 1 the rule may fire; 0 it is held, why says by what; -1. */
int guardrails_judge(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);
/* The rule fires: cool-down and total move. */
int guardrails_fired(struct settle *s, const struct rule_head *rule);
/* Is there room for one more message to this person today?  1, 0 with why, -1. */
int guardrails_person_day(struct settle *s, char why[WHY_MAX]);
int guardrails_person_day_count(struct settle *s);

/* --- sequences.c --- */
/* Did what must come before come?  1; 0 with why; -1. */
int sequence_after(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);
/* The rule waits for what must not come: a timer runs, why says until when.  0, -1. */
int sequence_wait(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);
/* The post fulfilled the conditions of `after` or `unless` (f->part): remembered for its person. */
int sequence_note_mark(struct settle *s, const struct firing *f);

/* --- deliver.c: fill outcome and note of row, and write what is to be written --- */
int deliver_send(struct settle *s, const struct firing *f, const struct action *action,
    struct decision_row *row);
int deliver_draft(struct settle *s, const struct firing *f, const struct action *action,
    struct decision_row *row);

/* --- words.c --- */
#define WORDS_DURATION_MAX 32
/* "30 days", "90 minutes", "1 hour": the largest unit that divides it.  Returns out. */
const char *words_duration(int64_t ms, char out[WORDS_DURATION_MAX]);

#endif
