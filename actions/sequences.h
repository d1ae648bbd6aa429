/*
 * sequences.h - what must have happened before a rule fires (`after`), and what must not happen
 * afterwards (`unless`).
 *
 * Remembered are event times by rule and person, of posts; and by person or post, of what we sent
 * and answered.  A rule with `unless` waits in a timer; when that falls due, it is judged here and,
 * when nothing came in between, settled as an occurrence of its own (OCCURRENCE_TIMER) that bears
 * the post's id, or the event's.
 *
 * What must come before may come late: what it comes before then gets a timer of its own, due at its event
 * time, and fires once.
 *
 * Threads: pipeline thread, inside a transaction.
 */
#ifndef ACTIONS_SEQUENCES_H
#define ACTIONS_SEQUENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/occurrence.h"
#include "store/outbox.h"
#include "store/timers.h"

struct arena;
struct err;
struct store;

/* A post of one of our own accounts: whom it answers has been answered. */
int
sequences_note_answer(struct store *st, const struct post *post, struct arena *a, struct err *err);
/* What was written because of a post or event that may have been answered: by a reply of an own account to it,
 * in its thread or to another post of the same person, by a draft reply or a message that a person of ours
 * let go because of it. */
struct answer_asked {
	struct slice occurrence_id, thread, subject; /* SLICE_NONE: not asked for */
	int64_t from_ms, until_ms; /* both included */
};
/* 1 with the newest in the first of these places that has one, and how it was; 0 there is none; -1. */
int sequences_find_answer(struct store *st, const struct answer_asked *asked, int64_t *at_ms_r,
    const char **what_r, struct err *err);
/* Did a rule act because there was no answer?  By its decision's reason. */
bool sequences_was_unanswered(struct slice reason);
/* A message left the house: its person has been written to. */
int sequences_note_sent(
    struct store *st, const struct message *m, int64_t now_ms, struct arena *a, struct err *err);

/* Did what the rule waited for happen (a rule without `unless`: has what came late gone again)?  Its timer, and the person as they are now: 1 it did, why_r
 * says what; 0 it did not, why_r says that too; -1.  why_r: in the arena. */
int
sequences_judge_timer(struct store *st, const struct rule_head *rule, const struct timer_row *timer,
    struct slice occurrence_id, const struct post *post /* NULL: it waited because of an event */,
    struct slice subject, struct arena *a, struct slice *why_r, struct err *err);

/* One row for a timer that came to nothing; 1 with *row_r recorded, 0 it was before, -1. */
int sequences_record_timer(struct store *st, const struct timer_row *timer,
    struct slice occurrence_id, int64_t rules_version, struct slice reason, struct slice why,
    int64_t now_ms, struct decision_row *row_r, struct err *err);

#endif
