/*
 * actions.h - what a rule wanted becomes what is done: decisions settled against each other and
 * against cool-downs, totals, consent, caps and offers, and written with their effects in the
 * caller's transaction.
 *
 * Threads: pipeline thread (or a verb without a daemon).
 * Crashes: all of it commits with the post, or none of it.
 */
#ifndef ACTIONS_ACTIONS_H
#define ACTIONS_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/occurrence.h"
#include "store/outbox.h"

struct actions_config;
struct channel;
struct arena;
struct buf;
struct err;
struct rng;
struct store;
struct template_set;
struct zone_clock;

enum settle_mode {
	SETTLE_REAL,
	SETTLE_REHEARSE, /* judged, counted and told as rows; nothing else is written */
	SETTLE_REMEMBER /* windows and sequences see it; nothing is judged */
};

struct settle_input {
	enum settle_mode mode;
	const struct occurrence *occ;
	int64_t post_no, event_no; /* of what is stored; 0: the other, or nothing */
	/* How far the slowest stream has come: what is in time for none any more may be forgotten; 0: all
	 * are taken to be at now. */
	int64_t slowest_ms;
	const char *inert; /* it decides nothing that leaves the house, and why; NULL: it may */
	const struct firing *firings; /* each rule once */
	size_t firing_count;
	struct slice brand_name; /* title of the first brand found; SLICE_NONE */
	bool is_sending_stopped; /* the kill switch, as known to this transaction */
	/* `suggest link`: looks for customers the author may be, and keeps what it finds; note_r says in
	 * words how that went.  NULL: nobody looks. */
	int (*suggest)(void *cookie, const struct occurrence *occ, struct slice decision_id,
	    struct slice *note_r, struct err *err);
	void *suggest_cookie;
	struct zone_clock *zones; /* kept by the caller from call to call; NULL: none is */
};

struct untold;
struct settled {
	/* in the arena; what was recorded, in order.  Of a rehearsal reason and some notes are not
	 * made yet: actions_tell(); an id is not made at all */
	struct decision_row *rows;
	struct untold *untold; /* NULL: all is told */
	size_t count;
	size_t fired, queued, held, alerted;
	bool has_timers; /* some were started for what was decided before */
	bool has_open; /* it may fire later on, when what must come before comes late */
};

/*
 * For each firing of a rule's `when` (FIRING_RULE), by priority (higher first, then file order):
 *
 *  1. This rule decided on this occurrence before (an edit, a repeat): skipped silently.
 *  2. Its window counts the post (posts of own accounts, reposts the rule does not include, posts
 *     behind their stream by more than the allowed lateness, and those without anybody to count per,
 *     count nothing).  It is
 *     counted whatever holds the rule back: a window is about what was said.
 *  3. Guardrails of the rule as a whole, in this order: inert post; act within (occ->now_ms -
 *     occ->at_ms); paused rule; window (not enough yet: one DECISION_COUNTED row); what must
 *     come before (`after`: else one DECISION_COUNTED row); what must not come afterwards
 *     (`unless`: a timer begins, and one DECISION_WAITING row; the timer is settled as an occurrence
 *     of its own); canary; cool-down; caps of firings.  Held: one DECISION_HELD row per action with
 *     the reason, and nothing else is touched.
 *  4. The rule fires.  Each action: its decision row, and its effect or the reason why not.
 *  5. Cool-down, total and caps move when something was done; when all was suppressed, nothing moves.  Of
 *     a rule with messages and other actions whose messages were suppressed the cool-down of the others
 *     alone begins: they are suppressed until it is over, and the messages may still go.  Those of a
 *     shadow rule move as well, so that a shadow run shows what its limits would have held.
 *
 * set:         of two settings of one attribute in one occurrence the higher priority wins, the
 *              other is suppressed with the reason.
 * send:        judged in this order: the channel and its template; a linked customer (strangers are
 *              not contacts) with an active endpoint that is not opted out and consent for channel
 *              and the template's purpose (a local channel without an endpoint needs neither
 *              endpoint nor consent); promotions not paused (marketing); no rule before this one
 *              sends because of this occurrence; the person's caps for day and week; money of the
 *              rule and of the house; hours; the offer's code.  Hours make it wait (next_at_ms),
 *              suppress it, or raise an alert instead.  A rule with an approval team queues it as
 *              held (HOLD_APPROVAL), while sending is stopped it is held too (HOLD_BRAKE).  What may
 *              change until it goes (consent, pauses, hours) is judged again when it is claimed.
 * offers:      one per person per offer; none left, or one given already, suppresses the message.
 * draft reply: a MESSAGE_REPLY held for approval; not for authors who object to being approached.
 *              Drafts and alerts do not compete with messages, and have no hours: a person decides.
 *
 * Firings of the conditions of `after` and `unless` are remembered for their person; those of watches
 * are not looked at.
 *
 * A decision's id is the first 32 hex digits of SHA-256 over (rule id, occurrence id, action text,
 * subject).
 */
int actions_settle(struct store *st, const struct actions_config *config,
    const struct template_set *templates, const struct settle_input *in, struct arena *a,
    struct settled *out_r, struct err *err);

/* An action that was done, or a message, of before a rehearsal's beginning moves what it moved then, as far as that is not
 * over: cool-down, total and caps of firings; budgets, and the person's day and week.  Rest and limits are
 * the rule's of now. */
struct past {
	int64_t at_ms, then_ms; /* when it was; when the rehearsal begins */
	const struct rule_head *rule; /* NULL: there is no such rule any more (of a message) */
	bool is_message;
	bool is_first; /* of the actions done in one firing: its limits count it once */
	struct slice subject, thread; /* of the subject's limits; SLICE_NONE: not known */
	int64_t counts_day, cost_milli; /* of a message */
	struct zone_clock *zones;
};
int actions_past_firing(struct store *st, const struct actions_config *config,
    const struct past *past, struct arena *a, struct err *err);
int actions_past_message(struct store *st, const struct actions_config *config,
    const struct past *past, struct arena *a, struct err *err);

/* The words of row i of a rehearsal; while its firings live.  -1 without memory. */
int actions_tell(const struct actions_config *config, struct settled *settled, size_t i,
    struct arena *a, struct err *err);

void decision_id_make(struct slice rule_id, struct slice occurrence_id, struct slice action,
    struct slice subject, char out[33]);

/* May this message go to this customer now? The same judgement when queueing and when sending: 1
 * yes; 0 no, with the reason in why. */
int actions_may_send(const struct customer *customer, const struct channel *channel,
    enum purpose purpose, const struct endpoint **endpoint_r, char *why, size_t why_size);

#endif
