/*
 * outbox.h - decisions, counters, messages, alerts, offers, rule versions: rows only. actions/
 * decides; this stores.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/occurrence.h"

struct arena;
struct err;
struct store;

/* --- counters: cool-downs, totals, caps (through the overlay) --- */
enum state_kind {
	STATE_COOLDOWN = 1, /* rule, subject: last firing that came to something */
	STATE_TOTAL = 2, /* rule, '': firings so far that came to something */
	STATE_PERSON_DAY = 3, /* '', subject|YYYY-MM-DD: messages queued that day */
	STATE_ALERT_GROUP =
	    4, /* queue, thread or author: number of the alert that took it last, in count */
	/* Caps, key: what it counts per, '|', 'f' (firings) or 's' (spent thousandths), and the
	 * number of the period; under rule '' the house's own.  From here on last_at_ms is when it
	 * was counted last, and what is over is tidied. */
	STATE_CAP_TOTAL = 5,
	STATE_CAP_HOUR = 6,
	STATE_CAP_DAY = 7,
	STATE_CAP_WEEK = 8,
	STATE_CAP_MONTH = 9,
	STATE_PERSON_WEEK = 10, /* '', subject|number of the week: messages queued in it */
	STATE_COOLDOWN_DEEDS = 11, /* rule, subject: last firing without its messages */
};
struct rule_counter {
	int64_t last_at_ms;
	int64_t count;
};
int store_counter_get(struct store *st, struct slice rule_id, enum state_kind kind,
    struct slice key, struct rule_counter *c_r,
    struct err *err); /* 1, 0 (and *c_r zeroed, last_at_ms TIME_UNKNOWN), -1 */
int store_counter_put(struct store *st, struct slice rule_id, enum state_kind kind,
    struct slice key, const struct rule_counter *c, struct err *err);

/* --- decisions --- */
enum decision_outcome {
	DECISION_DONE, /* tag, set, list: done in this transaction */
	DECISION_QUEUED, /* a message is in the outbox */
	DECISION_DRAFTED, /* waits for approval */
	DECISION_ALERTED,
	DECISION_SUPPRESSED, /* fired, but consent, address, cap, offer ... forbids this action;
				note says which */
	DECISION_HELD, /* the rule's own guardrail held the whole firing: cool-down, total, act
			  within, inert post */
	DECISION_SHADOW, /* shadow rule: nothing done */
	DECISION_COUNTED, /* true, but not enough yet: a window, a post that must come before */
	DECISION_WAITING, /* true, and waits for what must not happen: a timer runs */
};
const char *decision_outcome_name(enum decision_outcome o);
/* How the note of a shadow rule's action begins that would have been suppressed. */
#define SHADOW_SUPPRESSED "shadow: it would be suppressed"
struct decision_row {
	char id[33];
	struct slice rule_id;
	int64_t rules_version;
	enum occurrence_kind occurrence_kind;
	struct slice occurrence_id;
	int64_t post_no;
	struct slice subject, action;
	enum action_verb verb;
	enum decision_outcome outcome;
	struct slice reason, note;
	int64_t at_ms, event_at_ms;
	int64_t cost_milli; /* of a message, when it was decided; not stored */
};
/* 1 inserted, 0 that id is there already, -1. */
int store_decision_insert(struct store *st, const struct decision_row *d, struct err *err);
/* Has this rule (SLICE_NONE: any) decided on this occurrence before (any action)? 1, 0, -1. */
int store_decision_exists(struct store *st, enum occurrence_kind kind, struct slice occurrence_id,
    struct slice rule_id, struct err *err);
int store_decisions_of(struct store *st, struct slice occurrence_id, struct arena *a,
    struct decision_row **rows_r, size_t *count_r, struct err *err);
/* Newest first; rule_id SLICE_NONE: all; before_no 0: from the top; *next_r for the next page (0:
 * no more). */
int store_decisions_list(struct store *st, struct slice rule_id, int64_t before_no, size_t limit,
    struct arena *a, struct decision_row **rows_r, size_t *count_r, int64_t *next_r,
    struct err *err);
/* Every action of a firing (a rule on an occurrence) that was done before before_ms, oldest first: what was
 * held, waits or was suppressed is left out; and every message queued before it that counts for its person or cost something: what cool-downs,
 * totals, caps and budgets of that moment are made from again.  take returns -1 to stop. */
struct firing_row {
	struct slice rule_id, occurrence_id, subject; /* good during the call */
	/* Of the post it was about, when threads are asked for: what the post says of its thread. */
	struct slice thread, reply_to;
	bool knows_thread; /* false: nothing is known of that post any more */
	int64_t at_ms;
	bool is_first; /* of this firing: its limits count it once */
	enum action_verb verb;
	int64_t counts_day, cost_milli; /* of a message */
};
typedef int store_firing_fn(void *cookie, const struct firing_row *row, struct err *err);
int store_firings_before(struct store *st, int64_t before_ms, bool with_threads,
    store_firing_fn *take, void *cookie, struct err *err);
int store_messages_counted_before(
    struct store *st, int64_t before_ms, store_firing_fn *take, void *cookie, struct err *err);
int store_decision_load(struct store *st, struct slice id, struct arena *a,
    struct decision_row *row_r, struct err *err);

/* --- messages --- */
enum message_kind {
	MESSAGE_SEND,
	MESSAGE_REPLY,
	MESSAGE_NOTICE
};
enum message_state {
	MESSAGE_HELD,
	MESSAGE_READY,
	MESSAGE_SENDING,
	MESSAGE_SENT,
	MESSAGE_LATER,
	MESSAGE_REJECTED,
	MESSAGE_UNKNOWN,
	MESSAGE_SUPPRESSED,
	MESSAGE_EXPIRED,
	MESSAGE_DROPPED,
	MESSAGE_STATE_COUNT
};
enum message_hold {
	HOLD_NONE,
	HOLD_APPROVAL,
	HOLD_BRAKE,
	HOLD_OPERATOR,
	HOLD_PAUSE /* promotions or its rule are paused; goes on when that ends */
};
const char *message_state_name(enum message_state s); /* "held", "ready", ... */
const char *message_kind_name(enum message_kind k); /* "send", "reply", "notice" */
const char *message_hold_name(enum message_hold h);

struct message {
	int64_t message_no;
	char id[33];
	enum message_kind kind;
	struct slice decision_id;
	int64_t alert_no; /* 0: none */
	struct slice channel, address;
	enum purpose purpose;
	struct slice customer_id, endpoint_id, template_id;
	struct slice parts_json;
	struct slice reply_handle;
	struct slice offer, offer_code, team;
	enum message_state state;
	enum message_hold hold;
	struct slice reason;
	int64_t attempts;
	int64_t next_at_ms, claimed_at_ms, expires_at_ms; /* TIME_UNKNOWN: none */
	struct slice provider_id;
	bool is_repeat;
	int64_t created_at_ms, updated_at_ms;
	struct slice
	    hours_json; /* the hours its rule allows, judged when it is claimed; SLICE_NONE: any */
	int64_t not_before_ms; /* it waited for these until then; TIME_UNKNOWN: it did not */
	/* Days since 1970 on the person's clock: it is one of this day and its week, as their caps
	 * count; 0: of none. */
	int64_t counts_day;
	int64_t cost_milli; /* of channel and offer, when it was queued */
	struct slice rule_id,
	    cause; /* not stored: outbox_claim() fills in which rule, and why, for the channel */
};
int store_message_insert(
    struct store *st, struct message *m, struct err *err); /* 1, 0 id exists, -1; sets message_no */
/* Writes state, hold, reason, attempts, next, claimed, not_before, provider_id, parts, is_repeat,
 * updated_at of m->message_no. */
int store_message_update(struct store *st, const struct message *m, struct err *err);
/* Oldest due first: state ready or later with next_at <= now; skips channels in skip. */
int
store_messages_due(struct store *st, int64_t now_ms, const struct slice *skip, size_t skip_count,
    size_t limit, struct arena *a, struct message **list_r, size_t *count_r, struct err *err);
int store_messages_in_state(struct store *st, enum message_state s, size_t limit, struct arena *a,
    struct message **list_r, size_t *count_r, struct err *err);
/* Next due time of anything ready or later; TIME_UNKNOWN: nothing waits. */
int store_messages_next_due(struct store *st, int64_t *at_ms_r, struct err *err);
int store_message_load(struct store *st, struct slice id, struct arena *a, struct message *m_r,
    struct err *err); /* id or a unique prefix of >= 6; 1, 0, -1 */
struct message_filter {
	int state; /* enum message_state, -1: any */
	int hold; /* enum message_hold, -1: any */
	struct slice channel; /* SLICE_NONE: any */
	int64_t before_no; /* 0: from the newest */
	size_t limit;
};
int store_messages_list(struct store *st, const struct message_filter *f, struct arena *a,
    struct message **list_r, size_t *count_r, struct err *err);
int store_messages_count(struct store *st, int64_t counts_r[MESSAGE_STATE_COUNT], struct err *err);
/* What waits (held, ready, later) because of a post: cancelled when it is deleted upstream. Returns
 * how many. */
int store_messages_cancel_for_post(struct store *st, int64_t post_no, int64_t now_ms,
    const char *reason, int64_t *count_r, struct err *err);

/* --- offers --- */
int store_offer_import(struct store *st, struct slice offer, struct slice code,
    struct err *err); /* 1 new, 0 known, -1 */
/* Takes a free code for person: 1 with *code_r, 0 none left, 2 this person has one already (*code_r
 * is it), -1. */
int store_offer_take(struct store *st, struct slice offer, struct slice person,
    struct slice decision_id, int64_t now_ms, struct arena *a, struct slice *code_r,
    struct err *err);
int store_offer_count(
    struct store *st, struct slice offer, int64_t *free_r, int64_t *taken_r, struct err *err);

/* --- alerts --- */
enum alert_state {
	ALERT_OPEN,
	ALERT_ACKED,
	ALERT_RESOLVED
};
const char *alert_state_name(enum alert_state s);
struct alert_row {
	int64_t alert_no;
	struct slice queue, group_key;
	enum severity severity;
	enum alert_state state;
	struct slice title, rule_id, reason, post_id;
	int64_t count, opened_at_ms, last_at_ms, notices;
	int64_t repeat_at_ms; /* TIME_UNKNOWN: none */
	struct slice changed_by, change_note;
	int64_t changed_at_ms;
};
int store_alert_find_open(struct store *st, struct slice queue, struct slice group_key,
    struct arena *a, struct alert_row *row_r, struct err *err); /* open or acked; 1, 0, -1 */
int store_alert_insert(struct store *st, struct alert_row *row, struct err *err);
int store_alert_update(struct store *st, const struct alert_row *row, struct err *err);
int store_alert_load(
    struct store *st, int64_t alert_no, struct arena *a, struct alert_row *row_r, struct err *err);
int store_alert_add_post(struct store *st, int64_t alert_no, struct slice decision_id,
    struct slice post_id, int64_t at_ms, struct err *err);
struct alert_post {
	struct slice decision_id, post_id;
	int64_t at_ms;
};
int store_alert_posts(struct store *st, int64_t alert_no, size_t limit, struct arena *a,
    struct alert_post **rows_r, size_t *count_r, struct err *err);
/* state -1: open and acked. Newest first. */
int store_alerts_list(struct store *st, int state, struct slice queue, int64_t before_no,
    size_t limit, struct arena *a, struct alert_row **rows_r, size_t *count_r, struct err *err);
int store_alerts_due(struct store *st, int64_t now_ms, size_t limit, struct arena *a,
    struct alert_row **rows_r, size_t *count_r, struct err *err); /* open with repeat_at <= now */

/* --- live rules --- */
struct rules_version {
	int64_t version;
	int64_t applied_at_ms;
	struct slice author, reason, content_hash, bundle_json;
	int64_t stage_no; /* what was written of it before; 0: nothing was */
};
/* What a change needs is written before it goes live, a part in a transaction, so that posts do not wait
 * for all of it; nobody sees any of it before a version is put that names its stage.  *stage_no 0: it gets
 * its number. */
int store_rules_stage_number(struct store *st, int64_t *stage_no, struct err *err);
/* The next bytes of its bundle. */
int store_rules_stage(
    struct store *st, int64_t *stage_no, int64_t part, struct slice bytes, struct err *err);
/* Assigns version, makes it live.  The bundle is kept in its parts when there are some: -1 when these are
 * not the whole of it. */
int store_rules_put(struct store *st, struct rules_version *v, struct err *err);
/* Removes a bounded part of what changes left behind that were given up; in the caller's transaction. */
int store_rules_tidy(struct store *st, int64_t max_rows, bool *more_r, struct err *err);
int store_rules_live(
    struct store *st, struct arena *a, struct rules_version *v_r, struct err *err); /* 1, 0, -1 */
int store_rules_live_version(struct store *st, int64_t *version_r, struct err *err); /* 1, 0, -1 */
int store_rules_load(
    struct store *st, int64_t version, struct arena *a, struct rules_version *v_r, struct err *err);
int store_rules_list(struct store *st, size_t limit, struct arena *a, struct rules_version **list_r,
    size_t *count_r, struct err *err); /* newest first; bundle_json left out */
/* Ids of rules and watches are never reused for another one.  An id lives from the version it first
 * stands in until one without it goes live; going back to an old version ends none. */
int
store_rule_ids_alive(struct store *st, int (*take)(void *cookie, struct slice id, struct err *err),
    void *cookie, struct err *err); /* id: good during the call */
int store_rule_id_was_dropped(struct store *st, struct slice id, struct err *err); /* 1, 0, -1 */
/* With the stage that a version will name; stage_no 0: at once. */
int store_rule_id_begin(
    struct store *st, int64_t stage_no, struct slice id, int64_t version, struct err *err);
int store_rule_id_end(
    struct store *st, int64_t stage_no, struct slice id, int64_t last_version, struct err *err);
/* The first version an id stood in, and the last one: 0 while it lives, or rests in a version that was
 * rolled away. 1, 0 nobody ever used it, -1. */
int store_rule_id_versions(
    struct store *st, struct slice id, int64_t *first_r, int64_t *last_r, struct err *err);

#endif
