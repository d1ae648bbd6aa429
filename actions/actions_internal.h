/*
 * actions_internal.h - one settling of the firings of one occurrence, as its files share it.
 *
 *   actions.c     order, decision rows, profile actions
 *   ahead.c       what rules remember is fetched before they ask for it
 *   guardrails.c  what holds a whole firing back, in order; the counters that move when it fires
 *   rests.c       at most once every ...
 *   windows.c     happening N times within T
 *   caps.c        at most N per day, budgets, a person's day and week
 *   counted.c     what a message counts as until it goes, or does not
 *   past.c        what was decided before, counted again for a rehearsal
 *   hours.c       quiet hours and send windows
 *   pauses.c      what is paused, and what waits for its end
 *   sequences.c   after and unless
 *   sequences_late.c  what must come before and comes late
 *   consent.c     may this go to this customer?
 *   deliver.c     messages and drafts into the outbox, offers
 *   words.c       durations for people
 */
#ifndef ACTIONS_ACTIONS_INTERNAL_H
#define ACTIONS_ACTIONS_INTERNAL_H

#include "actions/actions.h"

#include "actions/channels.h"
#include "store/ahead.h"

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
	bool has_pauses; /* something is paused */
	bool has_decided; /* some rule has decided on this occurrence before */
	const struct rule_head *sender; /* the first rule that sends because of this occurrence */
	struct err *err;
};

/* The note of a decision: formatted into the arena; -1 without memory. */
int settle_note(struct settle *s, struct decision_row *row, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A decision's id: as decision_id_make(), and what a timer decides about a post is none of what the
 * post decided. */
void occurrence_decision_id(enum occurrence_kind kind, struct slice rule_id,
    struct slice occurrence_id, struct slice action, struct slice subject, char out[33]);

#define WHY_MAX 240

/* Why a rule is held back, or what is missing.  What holds very many firings is put in words only when
 * somebody reads them (guardrails_say). */
enum why_kind {
	WHY_TEXT,
	WHY_NOBODY, /* there is nobody to count per: nobody */
	WHY_OLD, /* older than `act within` */
	WHY_COOLDOWN, /* number: last fired at */
	WHY_LATE, /* beyond the allowed lateness; number: by how much */
	WHY_WINDOW /* number: times seen */
};
struct why {
	enum why_kind kind;
	int64_t number;
	const char *nobody; /* for good */
	char text[WHY_MAX]; /* WHY_TEXT */
};

/* A row of a rehearsal whose words were not made yet. */
struct untold {
	struct firing firing;
	bool has_note; /* it was made */
	enum why_kind kind;
	int64_t number;
	const char *nobody;
};

/* --- ahead.c --- */
/* Where the rows stand that a rule has for whom it is settled: found once, for all who ask for them. */
struct rule_row {
	bool has_key; /* false: there is nothing to count by, or nothing that counts */
	const char *nobody; /* why there is nobody to count per, for good */
	struct store_ahead at;
};
struct rule_rows {
	struct rule_row window, cooldown;
};
/* The heads of the rules that are to be settled, as many of them as are settled side by side, will be read. */
void ahead_fetch_heads(const struct settle_input *in);
/* The rows of these rules, at most AHEAD_RULES, in the order of the rules: they will be asked for, and the memory
 * they lie in is fetched.  Changes nothing.  More at once would push each other out. */
#define AHEAD_RULES 32
void ahead_fetch(
    struct settle *s, const struct firing *const *order, size_t count, struct rule_rows *rows);

/* --- guardrails.c --- */
/* The words of why, into text; text itself for WHY_TEXT. */
const char *guardrails_say(const struct actions_config *config, const struct rule_head *rule,
    const struct why *why, char text[WHY_MAX]);
enum verdict {
	VERDICT_FAILED = -1,
	VERDICT_HELD,
	VERDICT_FIRES,
	VERDICT_COUNTED /* true, but not enough yet */
};
/* The rule's window, if it has one, counts the occurrence; *seen_r is filled when it may be judged. */
struct window_seen;
int guardrails_remember(struct settle *s, const struct rule_head *rule, struct rule_rows *rows,
    struct window_seen *seen_r);
/* May this occurrence do anything at all: inert post, act within, paused rule, window?  why says by
 * what it is held, or what is missing.  The window has counted it then. */
enum verdict guardrails_may_act(
    struct settle *s, const struct rule_head *rule, struct rule_rows *rows, struct why *why);
/* Canary, cool-down, caps: 1 the rule may fire; 0 it is held, why says by what; -1. */
int guardrails_judge(
    struct settle *s, const struct rule_head *rule, struct rule_rows *rows, struct why *why);
/* The rule fired, and something of it was done: cool-down, total and caps move. */
int guardrails_fired(
    struct settle *s, const struct rule_head *rule, struct rule_rows *rows, bool has_message);
/* What a limit is counted per.  False: nothing to count by, *nobody_r says why. */
bool guardrails_key(const struct occurrence *occ, enum limit_scope scope, struct slice *key_r,
    const char **nobody_r);
const char *guardrails_scope_name(enum limit_scope scope); /* "per author", ... */
int guardrails_count(
    struct settle *s, struct slice rule_id, enum state_kind kind, struct slice key, int64_t by);
int guardrails_count_at(struct settle *s, struct store_ahead *at); /* one more */

/* --- rests.c --- */
/* Where a rest of the rule stands, STATE_COOLDOWN or STATE_COOLDOWN_DEEDS. */
void rests_find(
    struct settle *s, const struct rule_head *rule, enum state_kind kind, struct rule_row *row_r);
bool rests_is_message(const struct action *action); /* to people outside; else a deed */
/* 1 the rule's rest is over, 0 with why, -1; and that of its deeds, which may rest while a message of it
 * does not. */
int rests_judge(
    struct settle *s, const struct rule_head *rule, struct rule_row *cooldown, struct why *why);
int rests_judge_deeds(struct settle *s, const struct rule_head *rule, struct why *why);
/* Was the action done, or would it have been if the rule were no shadow? */
bool rests_is_done(const struct decision_row *row);
/* Something was done, has_message: a message among it.  cooldown: where it stands; NULL: it was not looked for. */
int rests_begin(
    struct settle *s, const struct rule_head *rule, struct rule_row *cooldown, bool has_message);

/* --- windows.c --- */
struct window_seen {
	const char *nobody; /* there is nobody to count per, and why; NULL: there is */
	bool is_late; /* behind its stream beyond the allowed lateness: not counted */
	size_t times; /* the most that lie within the window with this one */
};
int window_count(struct settle *s, const struct rule_head *rule, struct rule_row *row,
    struct window_seen *seen_r);
enum verdict window_judge(
    const struct rule_head *rule, const struct window_seen *seen, int64_t late_ms, struct why *why);

/* --- caps.c: 1 there is room, 0 with why, -1 --- */
#define MONEY_TEXT_MAX 48
int caps_judge(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);
/* then_ms: counted for a rehearsal that begins then, for which what is over is left out; TIME_UNKNOWN: it
 * happens now. */
int caps_count(struct settle *s, const struct rule_head *rule, int64_t then_ms);
int64_t caps_cost_milli(const struct settle *s, const struct channel *channel, struct slice offer);
int
caps_judge_money(struct settle *s, const struct rule_head *rule, int64_t cost, char why[WHY_MAX]);
/* A shadow rule spends of its own caps only. */
int caps_count_money(struct settle *s, const struct rule_head *rule, int64_t cost, int64_t then_ms);
/* The day at_ms lies in on the person's clock, since 1970.  A message counts on the day it goes out: one that
 * waits for the morning is one of that morning. */
int64_t caps_person_day(struct settle *s, int64_t at_ms);
/* One more message to this person, on that day and in its week? */
int caps_judge_person(struct settle *s, int64_t local_day, char why[WHY_MAX]);
int caps_count_person(struct settle *s, int64_t local_day, int64_t by);
/* What a message that never went would have cost, in the periods of s->in->occ->now_ms. */
int caps_return_money(struct settle *s, struct slice rule_id, int64_t cost);

/* --- counted.c: a message in the outbox and what it counts as --- */
/* It is about to go: it counts for the day it goes on.  1; 0 the person's day or week is full, and why; -1. */
int counted_today(struct store *st, const struct actions_config *config, struct message *m,
    const struct customer *customer, int64_t now_ms, struct arena *a, char why[WHY_MAX],
    struct err *err);
/* It does not go: what it counted for its person comes back, and with_money what it would have cost.  Not of
 * one that may have arrived. */
int counted_give_back(struct store *st, const struct actions_config *config, struct message *m,
    bool with_money, struct arena *a, struct err *err);

/* --- hours.c --- */
struct hours_zones {
	struct slice person; /* SLICE_NONE: unknown */
	struct slice brand;
};
struct hours_verdict {
	const struct rule_hours *line; /* of those that forbid now the strictest; NULL: none does */
	enum hours_answer answer; /* drop before alert before defer */
	int64_t
	    next_ms; /* the first instant all lines allow; TIME_UNKNOWN: none within HOURS_SEARCH */
	char words[160]; /* "not between 21:00 and 08:00 (Europe/Berlin)" */
};
/* Whose clock: the customer's zone, else that of one of their endpoints. */
struct hours_zones
hours_zones_of(const struct customer *customer, const struct actions_config *config);
#define HOURS_SEARCH_MS (35 * TIME_DAY_MS)
#define HOURS_LINES_MAX 33
void hours_judge(const struct rule_hours *lines, size_t count, const struct hours_zones *zones,
    int64_t now_ms, struct hours_verdict *v_r);
/* Lines as JSON for a message's row, and back: -1 when it is no such text. */
int hours_write(const struct rule_hours *lines, size_t count, struct arena *a, struct slice *json_r,
    struct err *err);
int hours_read(struct slice json, struct arena *a, struct rule_hours lines[HOURS_LINES_MAX],
    size_t *count_r, struct err *err);

/* --- pauses.c --- */
struct pause_row;
/* "promotions are paused: a crowd (watch storm), until 2026-..." */
void pause_words(const char *what, const struct pause_row *row, char why[WHY_MAX]);

/* --- sequences.c --- */
/* Did what must come before come?  1; 0 with why; -1. */
int sequence_after(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);
/* The rule waits for what must not come: a timer runs, why says until when.  0, -1. */
int sequence_wait(struct settle *s, const struct rule_head *rule, char why[WHY_MAX]);
/* The post fulfilled the conditions of `after` or `unless` (f->part): remembered for its person. */
int sequence_note_mark(struct settle *s, const struct firing *f);

/* --- sequences_late.c --- */
/* What must come before had not come: it may, late. */
int sequence_note_open(struct settle *s, const struct rule_head *rule);
/* It comes, after what it comes before: each of those that wait for it gets a timer, once. */
int sequence_start_open(struct settle *s, const struct firing *f);

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
