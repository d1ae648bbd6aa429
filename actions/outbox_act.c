/*
 * outbox_act.c - what people do with messages: approve, reject, hold, release, retry, drop, and the
 * switch that stops all sending.
 *
 *             held: approval  brake     operator  ready  sending  sent  later  rejected  unknown
 * suppressed  expired  dropped approve         ready     -         -         -      -        - - -
 * -        -           -        - reject          dropped   -         -         -      -        -
 * -      -         -        -           -        - hold            -         held      - held   -
 * -     held   -         -        -           -        - release         -         ready     ready
 * -      -        -     -      -         -        -           -        - retry           - - - - -
 * -     ready  ready     ready*   ready       ready    - drop            dropped   dropped dropped
 * dropped -       -     dropped dropped  dropped  dropped     dropped  -
 *
 * ready is "held by the brake" while sending is stopped.  (*) marked as a repeat: it may have
 * arrived before.
 */
#include "actions/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "store/store.h"

#include "actions/actions_internal.h"
#include "actions/channels.h"
#include "actions/templates_internal.h"

#define STOPPED_KEY "sending_stopped"
#define RESUME_PAGE 500
#define PAGE_ARENA_MAX (256u << 20)

static const char *const verb_names[] = {
    [OUTBOX_APPROVE] = "approve",
    [OUTBOX_REJECT] = "reject",
    [OUTBOX_HOLD] = "hold",
    [OUTBOX_RELEASE] = "release",
    [OUTBOX_RETRY] = "retry",
    [OUTBOX_DROP] = "drop",
};
#define VERB_COUNT (sizeof verb_names / sizeof verb_names[0])

const char *
outbox_verb_name(enum outbox_verb v)
{
	assert((size_t)v < VERB_COUNT);
	return verb_names[v];
}

bool
outbox_verb_find(struct slice name, enum outbox_verb *v_r)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (slice_eq_str(name, verb_names[i])) {
			*v_r = (enum outbox_verb)i;
			return true;
		}
	return false;
}

/* What could be done instead, in words for the person who tried. */
static const char *
what_would_do(const struct message *m)
{
	switch (m->state) {
	case MESSAGE_HELD:
		if (m->hold == HOLD_APPROVAL)
			return "it waits for approval: approve, reject or drop it";
		if (m->hold == HOLD_BRAKE)
			return "sending is stopped: resume sending, or release, hold or drop it";
		if (m->hold == HOLD_PAUSE)
			return "it waits for the end of a pause: resume that, or hold or drop it";
		return "release or drop it";
	case MESSAGE_READY: return "it is about to be sent: hold or drop it";
	case MESSAGE_SENDING: return "it is being sent right now: wait for the result";
	case MESSAGE_SENT: return "it has been sent, which cannot be undone";
	case MESSAGE_LATER: return "it will be tried again: retry it now, hold or drop it";
	case MESSAGE_REJECTED:
	case MESSAGE_UNKNOWN:
	case MESSAGE_SUPPRESSED:
	case MESSAGE_EXPIRED: return "retry or drop it";
	case MESSAGE_DROPPED: return "it was dropped for good";
	case MESSAGE_STATE_COUNT: break;
	}
	return "";
}

enum step {
	STEP_NO,
	STEP_READY,
	STEP_HOLD,
	STEP_DROP
};

static enum step
step_of(enum outbox_verb verb, const struct message *m)
{
	bool is_approval = m->state == MESSAGE_HELD && m->hold == HOLD_APPROVAL;
	bool is_held = m->state == MESSAGE_HELD && !is_approval;
	bool waits = m->state == MESSAGE_READY || m->state == MESSAGE_LATER;
	bool has_ended = m->state == MESSAGE_REJECTED || m->state == MESSAGE_UNKNOWN ||
	    m->state == MESSAGE_SUPPRESSED || m->state == MESSAGE_EXPIRED;

	switch (verb) {
	case OUTBOX_APPROVE: return is_approval ? STEP_READY : STEP_NO;
	case OUTBOX_REJECT: return is_approval ? STEP_DROP : STEP_NO;
	case OUTBOX_HOLD:
		return waits || (is_held && m->hold != HOLD_OPERATOR) ? STEP_HOLD : STEP_NO;
	case OUTBOX_RELEASE: return is_held && m->hold != HOLD_PAUSE ? STEP_READY : STEP_NO;
	case OUTBOX_RETRY: return has_ended || m->state == MESSAGE_LATER ? STEP_READY : STEP_NO;
	case OUTBOX_DROP:
		return m->state == MESSAGE_HELD || waits || has_ended ? STEP_DROP : STEP_NO;
	}
	return STEP_NO;
}

/* The reply as the person wants it: "reply" when the template has one, else "text". */
static int
replace_text(struct message *m, struct slice text, struct arena *a, struct err *err)
{
	struct json_doc *doc = NULL;
	const struct json *v;
	struct json_writer w;
	struct slice key, trimmed = slice_trim(text);
	struct buf out;
	const char *name;
	size_t pos = 0;
	int rc = -1;

	if (trimmed.len == 0)
		return err_set(err, ERR_INPUT, "the new text is empty");
	if (text.len > TEMPLATE_OUTPUT_MAX)
		return err_set(err, ERR_LIMIT, "the new text has %zu bytes, more than %d", text.len,
		    TEMPLATE_OUTPUT_MAX);
	if (!utf8_is_valid(text))
		return err_set(err, ERR_INPUT, "the new text is not valid UTF-8");
	buf_init(&out, 4u << 20);
	if (json_parse(m->parts_json, &doc, NULL, err) < 0)
		goto out;
	name = json_get(json_root(doc), "reply") != NULL ? "reply" : "text";
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_str(&w, name, text);
	while ((v = json_next(json_root(doc), &pos, &key)) != NULL) {
		if (slice_eq_str(key, name))
			continue;
		json_key_slice(&w, key);
		json_put_value(&w, v);
	}
	json_object_end(&w);
	m->parts_json = buf_failed(&out) ? SLICE_NONE : arena_slice_dup(a, buf_slice(&out));
	if (!slice_is_set(m->parts_json)) {
		err_set(err, ERR_NOMEM, "no memory for the new text");
		goto out;
	}
	rc = 0;
out:
	json_doc_free(doc);
	buf_fini(&out);
	return rc;
}

static int
make_ready(struct store *st, enum outbox_verb verb, struct message *m, int64_t now_ms,
    struct arena *a, const char **reason_r, struct err *err)
{
	struct slice why;
	int stopped = outbox_is_stopped(st, a, &why, err);

	if (stopped < 0)
		return -1;
	if (stopped && verb == OUTBOX_RELEASE && m->hold == HOLD_BRAKE)
		return err_set(err, ERR_CONFLICT, "sending is stopped (%.*s): resume sending first",
		    SLICE_ARG(why));
	m->is_repeat = m->is_repeat || m->state == MESSAGE_UNKNOWN;
	m->state = stopped ? MESSAGE_HELD : MESSAGE_READY;
	m->hold = stopped ? HOLD_BRAKE : HOLD_NONE;
	m->next_at_ms = now_ms;
	m->claimed_at_ms = TIME_UNKNOWN;
	if (stopped)
		*reason_r = "sending is stopped";
	return 0;
}

static const char *
past_tense(enum outbox_verb verb)
{
	switch (verb) {
	case OUTBOX_APPROVE: return "approved";
	case OUTBOX_REJECT: return "rejected";
	case OUTBOX_HOLD: return "held";
	case OUTBOX_RELEASE: return "released";
	case OUTBOX_RETRY: return "sent again";
	case OUTBOX_DROP: return "dropped";
	}
	return "";
}

static int
apply(struct store *st, const struct actions_config *config, enum outbox_verb verb, enum step step,
    struct message *m, const char *who, const char *why, int64_t now_ms, struct arena *a,
    struct err *err)
{
	bool has_why = why != NULL && why[0] != '\0';
	const char *reason = arena_printf(
	    a, "%s by %s%s%s", past_tense(verb), who, has_why ? ": " : "", has_why ? why : "");
	/* Words are free to name somebody: they stay with the message, and go with it. */
	const char *audit = arena_printf(a, "outbox.%s id=%s", outbox_verb_name(verb), m->id);

	if (reason == NULL || audit == NULL)
		return err_set(err, ERR_NOMEM, "no memory for message %s", m->id);
	if (step == STEP_READY && make_ready(st, verb, m, now_ms, a, &reason, err) < 0)
		return -1;
	if (step == STEP_HOLD) {
		m->state = MESSAGE_HELD;
		m->hold = HOLD_OPERATOR;
	}
	if (step == STEP_DROP) {
		if (m->state != MESSAGE_UNKNOWN &&
		    counted_give_back(st, config, m, true, a, err) < 0)
			return -1;
		m->state = MESSAGE_DROPPED;
		m->hold = HOLD_NONE;
	}
	m->reason = slice_of(reason);
	m->updated_at_ms = now_ms;
	if (store_message_update(st, m, err) < 0)
		return -1;
	return store_audit(st, now_ms, who, audit, err);
}

int
outbox_act(struct store *st, const struct actions_config *config, enum outbox_verb verb,
    struct slice id, struct slice new_text, const char *who, const char *why, int64_t now_ms,
    struct arena *a, struct message *m_r, struct err *err)
{
	struct message m;
	enum step step;
	int rc = store_message_load(st, id, a, &m, err);

	assert(who != NULL);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no message '%.*s'%s", SLICE_ARG(id),
		    id.len < 6 ? ": give at least 6 characters of its id" : "");
	if (rc < 0)
		return -1;
	step = step_of(verb, &m);
	if (step == STEP_NO)
		return err_set(err, ERR_CONFLICT, "cannot %s message %s: it is %s; %s",
		    outbox_verb_name(verb), m.id, message_state_name(m.state), what_would_do(&m));
	if (slice_is_set(new_text) && verb != OUTBOX_APPROVE)
		return err_set(err, ERR_INPUT, "a new text goes with approve only");
	if (slice_is_set(new_text) && replace_text(&m, new_text, a, err) < 0)
		return -1;
	if (apply(st, config, verb, step, &m, who, why, now_ms, a, err) < 0)
		return -1;
	*m_r = m;
	return 0;
}

/* --- the switch ----------------------------------------------------------------------------------
 */

int
outbox_is_stopped(struct store *st, struct arena *a, struct slice *why_r, struct err *err)
{
	return store_meta_get(st, STOPPED_KEY, a, why_r, err);
}

int
outbox_stop_all(struct store *st, const char *who, const char *why, int64_t now_ms, struct err *err)
{
	bool has_why = why != NULL && why[0] != '\0';
	char text[400], at[TIME_TEXT_MAX];

	assert(who != NULL);
	snprintf(text, sizeof text, "%.*s, by %.*s at %s",
	    SLICE_ARG(utf8_prefix(slice_of(has_why ? why : "no reason given"), 200)),
	    SLICE_ARG(utf8_prefix(slice_of(who), 100)), time_format_rfc3339(now_ms, at));
	if (store_meta_set(st, STOPPED_KEY, slice_of(text), err) < 0)
		return -1;
	return store_audit(st, now_ms, who, "sending.stop", err);
}

/* updated_at_ms stays the time it was held: what waited longer than its channel's give-up time
 * expires at the next claim instead of being sent long after the fact. */
static int
resume_one(struct store *st, struct message *m, int64_t now_ms, struct err *err)
{
	m->state = MESSAGE_READY;
	m->hold = HOLD_NONE;
	m->reason = SLICE_LIT("sending was resumed");
	m->next_at_ms = now_ms;
	return store_message_update(st, m, err);
}

int
outbox_resume_all(
    struct store *st, const char *who, int64_t now_ms, int64_t *still_held_r, struct err *err)
{
	struct message_filter braked = {
	    .state = MESSAGE_HELD, .hold = HOLD_BRAKE, .channel = SLICE_NONE, .limit = RESUME_PAGE};
	struct arena *a = arena_new(PAGE_ARENA_MAX);
	int64_t counts[MESSAGE_STATE_COUNT];
	struct message *list;
	size_t count;
	int rc = -1;

	assert(who != NULL);
	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to look through the outbox");
	do {
		arena_reset(a);
		if (store_messages_list(st, &braked, a, &list, &count, err) < 0)
			goto out;
		for (size_t i = 0; i < count; i++)
			if (resume_one(st, &list[i], now_ms, err) < 0)
				goto out;
	} while (count > 0);
	if (store_meta_set(st, STOPPED_KEY, SLICE_NONE, err) < 0 ||
	    store_audit(st, now_ms, who, "sending.resume", err) < 0 ||
	    store_messages_count(st, counts, err) < 0)
		goto out;
	*still_held_r = counts[MESSAGE_HELD];
	rc = 0;
out:
	arena_free(a);
	return rc;
}
