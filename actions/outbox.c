/*
 * outbox.c - the machine's half of the state machine: recover, claim, record.  What people do is
 * outbox_act.c.
 *
 * Giving up: a message has its channel's give_up_after from its first claim (claimed_at_ms is kept
 * over retries and cleared when a person sends it again), and as long to wait for that first claim
 * once it is ready (updated_at_ms).  So a draft that waits a week for approval, or a message a
 * person retries, has its full time.
 */
#include "actions/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "store/pauses.h"
#include "store/persons.h"
#include "store/store.h"

#include "actions/actions.h"
#include "actions/actions_internal.h"
#include "actions/alerts.h"
#include "actions/channels.h"
#include "actions/pauses.h"
#include "actions/sequences.h"

#define RECOVER_PAGE 200
#define PAGE_ARENA_MAX (256u << 20)
#define CHANNEL_SKIPS_MAX 256
/* Rows looked at in one claim beyond those claimed: suppressed, expired, held.  More wait for the
 * next claim, so that a commit stays short. */
#define CLAIM_EXTRA 500
/* A channel may ask for any wait; more than this we ask again by ourselves. */
#define WAIT_MAX_MS TIME_DAY_MS
#define BRAKE_POLL_MS (30 * TIME_SECOND_MS)

/* Words may come from a server's answer, cut in the middle of a character or worse: this is the
 * border where they become text. */
static int
copy_words(
    struct message *m, struct arena *a, const char *words, struct slice *copy_r, struct err *err)
{
	struct slice text = utf8_repair(a, slice_of(words), NULL);

	if (slice_is_set(text))
		text = arena_slice_dup(a, text);
	if (!slice_is_set(text))
		return err_set(err, ERR_NOMEM, "no memory for message %s", m->id);
	*copy_r = text;
	return 0;
}

/* Moves m to a state with the reason in words, and stores it. */
static int
move(struct store *st, struct message *m, enum message_state state, const char *reason,
    int64_t now_ms, struct arena *a, struct err *err)
{
	/* It does not go; whoever sends it again has it counted anew. */
	if ((state == MESSAGE_SUPPRESSED || state == MESSAGE_EXPIRED) &&
	    counted_give_back(st, NULL, m, false, a, err) < 0)
		return -1;
	m->state = state;
	m->hold = HOLD_NONE;
	m->updated_at_ms = now_ms;
	if (copy_words(m, a, reason, &m->reason, err) < 0)
		return -1;
	return store_message_update(st, m, err);
}

/* --- after a crash -------------------------------------------------------------------------------
 */

static int
recover_one(struct store *st, const struct actions_config *config, struct message *m,
    int64_t now_ms, struct arena *a, struct err *err)
{
	const struct channel *channel = actions_channel(config, m->channel);

	m->next_at_ms = now_ms;
	if (channel != NULL && channel->ops->deduplicates)
		return move(st, m, MESSAGE_LATER,
		    "stopped while it was being sent; the channel tells repeats apart", now_ms, a,
		    err);
	if (m->kind == MESSAGE_NOTICE) {
		m->is_repeat = true;
		return move(st, m, MESSAGE_LATER,
		    "stopped while it was being sent; repeated, because a missed alert is worse",
		    now_ms, a, err);
	}
	return move(st, m, MESSAGE_UNKNOWN,
	    "stopped while it was being sent: it may or may not have arrived", now_ms, a, err);
}

int
outbox_recover(struct store *st, const struct actions_config *config, int64_t now_ms,
    size_t *count_r, struct err *err)
{
	struct arena *a = arena_new(PAGE_ARENA_MAX);
	struct message *list;
	size_t count, total = 0;
	int rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to look through the outbox");
	for (;;) {
		if (store_messages_in_state(
			st, MESSAGE_SENDING, RECOVER_PAGE, a, &list, &count, err) < 0)
			goto out;
		if (count == 0)
			break;
		for (size_t i = 0; i < count; i++)
			if (recover_one(st, config, &list[i], now_ms, a, err) < 0)
				goto out;
		total += count;
		arena_reset(a);
	}
	*count_r = total;
	rc = 0;
out:
	arena_free(a);
	return rc;
}

/* --- claiming ------------------------------------------------------------------------------------
 */

struct claim {
	struct store *st;
	const struct actions_config *config;
	int64_t now_ms;
	bool is_sending_stopped;
	struct arena *arena;
	struct slice skip[CHANNEL_SKIPS_MAX];
	size_t skip_count;
	int64_t taken[CHANNEL_SKIPS_MAX]; /* by index of config->channels */
	struct err *err;
};

static bool
is_overdue(const struct message *m, const struct channel *channel, int64_t now_ms)
{
	int64_t since_ms = m->claimed_at_ms != TIME_UNKNOWN ? m->claimed_at_ms : m->updated_at_ms;

	/* It was our hours that made it wait until then. */
	if (m->not_before_ms > since_ms)
		since_ms = m->not_before_ms;
	if (m->expires_at_ms != TIME_UNKNOWN && m->expires_at_ms <= now_ms)
		return true;
	return channel->give_up_after_ms > 0 && now_ms - since_ms >= channel->give_up_after_ms;
}

/* The endpoint the message was written for must still be there, and usable, with that address.  1,
 * 0 with why. */
static int
judge_endpoint(const struct customer *customer, const struct message *m, char why[WHY_MAX])
{
	const struct endpoint *e = NULL;

	if (!slice_is_set(m->endpoint_id))
		return 1;
	for (size_t i = 0; i < customer->endpoint_count && e == NULL; i++)
		if (slice_eq(customer->endpoints[i].id, m->endpoint_id))
			e = &customer->endpoints[i];
	if (e == NULL)
		snprintf(why, WHY_MAX, "the customer's address was removed meanwhile");
	else if (!slice_eq(e->address, m->address))
		snprintf(why, WHY_MAX, "the customer's address changed meanwhile");
	else if (e->is_opted_out)
		snprintf(why, WHY_MAX, "the customer has opted out meanwhile");
	else if (e->is_inactive)
		snprintf(why, WHY_MAX,
		    "the customer's address became inactive: it was refused or switched off");
	else
		return 1;
	return 0;
}

/* What was allowed when it was queued must be allowed now. 1 with the customer, 0 with why, -1. */
static int
judge_customer(struct claim *c, const struct message *m, const struct channel *channel,
    struct customer **customer_r, char why[WHY_MAX])
{
	const struct endpoint *endpoint;
	int rc;

	*customer_r = NULL;
	if (m->kind != MESSAGE_SEND)
		return 1;
	rc = slice_is_set(m->customer_id)
	    ? store_customer_load(c->st, m->customer_id, c->now_ms, c->arena, customer_r, c->err)
	    : 0;
	if (rc < 0)
		return -1;
	if (rc == 0) {
		snprintf(why, WHY_MAX, "the customer is no longer known");
		return 0;
	}
	if (actions_may_send(*customer_r, channel, m->purpose, &endpoint, why, WHY_MAX) == 0)
		return 0;
	return judge_endpoint(*customer_r, m, why);
}

/* For the channel: which rule wanted it and why. */
static int
fill_cause(struct claim *c, struct message *m)
{
	struct decision_row decision;
	int rc;

	m->rule_id = SLICE_LIT("");
	m->cause = SLICE_LIT("");
	if (!slice_is_set(m->decision_id))
		return 0;
	rc = store_decision_load(c->st, m->decision_id, c->arena, &decision, c->err);
	if (rc > 0) {
		m->rule_id = decision.rule_id;
		m->cause = decision.reason;
	}
	return rc < 0 ? -1 : 0;
}

/* Promotions or its rule are paused: it waits for the end of that.  1 they are not, 0 it is held,
 * -1. */
static int
judge_pauses(struct claim *c, struct message *m)
{
	struct pause_row row;
	char why[WHY_MAX];
	int rc = m->kind == MESSAGE_NOTICE ? 0 : store_pauses_any(c->st, c->err);

	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	rc = m->purpose == PURPOSE_MARKETING
	    ? store_pause_get(c->st, SLICE_LIT(PAUSE_PROMOTIONS), c->now_ms, c->arena, &row, c->err)
	    : 0;
	if (rc == 1)
		pause_words("promotions are paused", &row, why);
	if (rc == 0 && fill_cause(c, m) == 0 && m->rule_id.len > 0) {
		struct slice what;

		if (!pause_rule_what(m->rule_id, c->arena, &what))
			return err_set(c->err, ERR_NOMEM, "no memory for message %s", m->id);
		rc = store_pause_get(c->st, what, c->now_ms, c->arena, &row, c->err);
		if (rc == 1)
			pause_words("the rule is paused", &row, why);
	}
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	/* stays as it is otherwise: its time to give up goes on */
	m->state = MESSAGE_HELD;
	m->hold = HOLD_PAUSE;
	if (copy_words(m, c->arena, why, &m->reason, c->err) < 0)
		return -1;
	return store_message_update(c->st, m, c->err);
}

/* Hours say what instead of sending: to a later time, to nobody, or to our own people. */
static int
obey_hours(struct claim *c, struct message *m, const struct hours_verdict *v)
{
	char why[WHY_MAX], until[TIME_TEXT_MAX];
	int64_t alert_no;

	if (v->answer == HOURS_DEFER && v->next_ms == TIME_UNKNOWN) {
		snprintf(why, sizeof why, "%s: no hour of the next %d days is allowed", v->words,
		    (int)(HOURS_SEARCH_MS / TIME_DAY_MS));
		return move(c->st, m, MESSAGE_EXPIRED, why, c->now_ms, c->arena, c->err);
	}
	if (v->answer == HOURS_DEFER) {
		snprintf(why, sizeof why, "waits until %s: %s",
		    time_format_rfc3339(v->next_ms, until), v->words);
		m->next_at_ms = m->not_before_ms = v->next_ms;
		return move(c->st, m, m->state, why, c->now_ms, c->arena, c->err);
	}
	if (v->answer == HOURS_ALERT && fill_cause(c, m) == 0 &&
	    alert_raise_own(c->st, c->config, v->line->queue, slice_of(m->id), SEVERITY_NORMAL,
		"a message was not sent: its hours are over",
		arena_printf(c->arena, "%s; message %s of rule '%.*s': %.*s", v->words, m->id,
		    SLICE_ARG(m->rule_id), SLICE_ARG(m->cause)),
		c->now_ms, c->arena, &alert_no, c->err) < 0)
		return -1;
	return move(c->st, m, MESSAGE_SUPPRESSED, v->words, c->now_ms, c->arena, c->err);
}

/* 1 it may go at this hour, 0 it was dealt with, -1 */
static int
judge_hours(struct claim *c, struct message *m, const struct customer *customer)
{
	struct rule_hours lines[HOURS_LINES_MAX + 1];
	struct hours_zones zones = hours_zones_of(customer, c->config);
	struct hours_verdict v;
	size_t count;

	if (m->kind != MESSAGE_SEND)
		return 1;
	if (hours_read(m->hours_json, c->arena, lines, &count, c->err) < 0)
		return -1;
	if (c->config->quiet_hours != NULL && m->purpose == PURPOSE_MARKETING)
		lines[count++] = *c->config->quiet_hours;
	if (count == 0)
		return 1;
	hours_judge(lines, count, &zones, c->now_ms, &v);
	return v.line == NULL ? 1 : obey_hours(c, m, &v);
}

/* It was counted for the day it was to go on; it may be another one by now (somebody let it go, the brake,
 * a pause, retries).  1, 0 it was dealt with, -1 */
static int
judge_day(struct claim *c, struct message *m, const struct customer *customer)
{
	char why[WHY_MAX];
	int rc = counted_today(c->st, c->config, m, customer, c->now_ms, c->arena, why, c->err);

	if (rc != 0)
		return rc;
	return move(c->st, m, MESSAGE_SUPPRESSED, why, c->now_ms, c->arena, c->err);
}

/* One message that is due: 1 it is ours to send now, 0 it is not, -1. */
static int
claim_one(struct claim *c, struct message *m)
{
	const struct channel *channel = actions_channel(c->config, m->channel);
	struct customer *customer;
	char why[WHY_MAX];
	int rc;

	if (channel == NULL) {
		snprintf(why, sizeof why, "there is no channel '%.*s' in the configuration",
		    SLICE_ARG(m->channel));
		return move(c->st, m, MESSAGE_REJECTED, why, c->now_ms, c->arena, c->err);
	}
	if (c->is_sending_stopped && m->kind == MESSAGE_NOTICE) {
		/* stays as it is: updated_at_ms too, which its time to give up is counted from */
		m->next_at_ms = c->now_ms + BRAKE_POLL_MS;
		if (copy_words(m, c->arena, "waits: sending is stopped", &m->reason, c->err) < 0)
			return -1;
		return store_message_update(c->st, m, c->err);
	}
	if (is_overdue(m, channel, c->now_ms))
		return move(c->st, m, MESSAGE_EXPIRED, "not delivered within the channel's time",
		    c->now_ms, c->arena, c->err);
	if (c->is_sending_stopped) {
		if (move(c->st, m, MESSAGE_HELD, "sending is stopped", c->now_ms, c->arena,
			c->err) < 0)
			return -1;
		m->hold = HOLD_BRAKE;
		return store_message_update(c->st, m, c->err);
	}
	rc = judge_customer(c, m, channel, &customer, why);
	if (rc == 0)
		return move(c->st, m, MESSAGE_SUPPRESSED, why, c->now_ms, c->arena, c->err);
	if (rc == 1)
		rc = judge_pauses(c, m);
	if (rc == 1)
		rc = judge_hours(c, m, customer);
	if (rc == 1 && m->kind == MESSAGE_SEND)
		rc = judge_day(c, m, customer);
	if (rc != 1)
		return rc;
	m->state = MESSAGE_SENDING;
	m->attempts++;
	if (m->claimed_at_ms == TIME_UNKNOWN)
		m->claimed_at_ms = c->now_ms;
	m->updated_at_ms = c->now_ms;
	m->reason = SLICE_NONE;
	if (store_message_update(c->st, m, c->err) < 0 || fill_cause(c, m) < 0)
		return -1;
	return 1;
}

static size_t
channel_index(const struct claim *c, struct slice name)
{
	size_t i = 0;

	while (i < c->config->channel_count && !slice_eq_str(name, c->config->channels[i].name))
		i++;
	return i;
}

/* May this claim take one more for the message's channel? */
static bool
has_share(const struct claim *c, const struct message *m)
{
	size_t i = channel_index(c, m->channel);

	return i >= c->config->channel_count || i >= CHANNEL_SKIPS_MAX ||
	    c->taken[i] < channel_claim_share(&c->config->channels[i]);
}

/* Once a channel's share is taken, its other messages are not asked for any more. */
static void
count_share(struct claim *c, const struct message *m)
{
	size_t i = channel_index(c, m->channel);

	if (i >= CHANNEL_SKIPS_MAX || c->skip_count >= CHANNEL_SKIPS_MAX)
		return;
	if (++c->taken[i] >= channel_claim_share(&c->config->channels[i]))
		c->skip[c->skip_count++] = slice_of(c->config->channels[i].name);
}

int
outbox_claim(struct store *st, const struct actions_config *config, int64_t now_ms,
    bool is_sending_stopped, const struct slice *skip, size_t skip_count, size_t limit,
    struct arena *a, struct message **list_r, size_t *count_r, struct err *err)
{
	struct claim c = {.st = st,
	    .config = config,
	    .now_ms = now_ms,
	    .is_sending_stopped = is_sending_stopped,
	    .arena = a,
	    .err = err};
	struct message *claimed = NULL, *due;
	size_t count = 0, due_count, seen = 0;

	claimed = arena_array(a, limit + 1, sizeof *claimed);
	if (claimed == NULL)
		return err_set(err, ERR_NOMEM, "no memory to claim %zu messages", limit);
	while (c.skip_count < skip_count && c.skip_count < CHANNEL_SKIPS_MAX) {
		c.skip[c.skip_count] = skip[c.skip_count];
		c.skip_count++;
	}
	while (count < limit && seen < limit + CLAIM_EXTRA) {
		if (store_messages_due(st, now_ms, c.skip, c.skip_count, limit - count, a, &due,
			&due_count, err) < 0)
			return -1;
		if (due_count == 0)
			break;
		for (size_t i = 0; i < due_count; i++) {
			int rc;

			if (!has_share(&c, &due[i]))
				continue;
			rc = claim_one(&c, &due[i]);
			if (rc < 0)
				return -1;
			if (rc == 0)
				continue;
			claimed[count++] = due[i];
			count_share(&c, &due[i]);
		}
		seen += due_count;
	}
	*list_r = claimed;
	*count_r = count;
	return 0;
}

/* --- recording -----------------------------------------------------------------------------------
 */

int64_t
outbox_backoff_ms(int64_t first_ms, int64_t max_ms, int64_t attempt, struct rng *rng)
{
	int64_t ceiling = first_ms, jittered;

	assert(first_ms > 0 && attempt > 0);
	for (int64_t n = 1; n < attempt && ceiling < max_ms; n++)
		ceiling *= 2;
	if (ceiling > max_ms)
		ceiling = max_ms;
	jittered = (int64_t)rng_below(rng, (uint64_t)ceiling + 1);
	return jittered < first_ms / 2 ? first_ms / 2 : jittered;
}

static int64_t
next_wait_ms(const struct channel *channel, const struct message *m,
    const struct send_outcome *outcome, struct rng *rng)
{
	int64_t wait_ms = outbox_backoff_ms(
	    channel->retry_first_ms, channel->retry_max_ms, m->attempts > 0 ? m->attempts : 1, rng);
	int64_t asked_ms = outcome->wait_ms;

	/* "Retry-After: 0" is no invitation to knock without end. */
	if (asked_ms < channel->retry_first_ms / 2)
		return wait_ms;
	/* What the channel asks for wins, and a tenth more, so that not everybody comes back in the
	 * same second. */
	if (asked_ms > WAIT_MAX_MS)
		asked_ms = WAIT_MAX_MS;
	return asked_ms + (int64_t)rng_below(rng, (uint64_t)(asked_ms / 10) + 1);
}

/* Tries again later, or gives up when that would be too late. */
static int
record_later(struct store *st, const struct channel *channel, struct rng *rng, int64_t now_ms,
    struct message *m, const struct send_outcome *outcome, struct arena *a, struct err *err)
{
	char reason[sizeof outcome->reason + 64], age[TIME_TEXT_MAX];

	m->next_at_ms = now_ms + next_wait_ms(channel, m, outcome, rng);
	if (is_overdue(m, channel, m->next_at_ms)) {
		snprintf(reason, sizeof reason, "gave up after %s: %s",
		    time_format_age(now_ms - m->claimed_at_ms, age), outcome->reason);
		return move(st, m, MESSAGE_EXPIRED, reason, now_ms, a, err);
	}
	return move(st, m, MESSAGE_LATER, outcome->reason, now_ms, a, err);
}

static int
record_unknown(struct store *st, const struct channel *channel, struct rng *rng, int64_t now_ms,
    struct message *m, const struct send_outcome *outcome, struct arena *a, struct err *err)
{
	if (channel->ops->deduplicates || m->kind == MESSAGE_NOTICE) {
		m->is_repeat = m->is_repeat || !channel->ops->deduplicates;
		return record_later(st, channel, rng, now_ms, m, outcome, a, err);
	}
	return move(st, m, MESSAGE_UNKNOWN, outcome->reason, now_ms, a, err);
}

static int
record_permanent(struct store *st, int64_t now_ms, struct message *m,
    const struct send_outcome *outcome, struct arena *a, struct err *err)
{
	if (move(st, m, MESSAGE_REJECTED, outcome->reason, now_ms, a, err) < 0)
		return -1;
	if (!outcome->is_address_dead || !slice_is_set(m->endpoint_id))
		return 0;
	return store_endpoint_deactivate(st, m->endpoint_id, now_ms, m->reason.ptr, err) < 0 ? -1
											     : 0;
}

static int
record_one(struct store *st, const struct actions_config *config, struct rng *rng, int64_t now_ms,
    struct message *m, const struct send_outcome *outcome, struct arena *a, struct err *err)
{
	const struct channel *channel = actions_channel(config, m->channel);

	if (outcome->provider_id[0] != '\0' &&
	    copy_words(m, a, outcome->provider_id, &m->provider_id, err) < 0)
		return -1;
	/* The channel was taken out of the configuration while the message was under way. */
	if (channel == NULL && (outcome->result == SEND_LATER || outcome->result == SEND_UNKNOWN))
		return move(st, m,
		    outcome->result == SEND_UNKNOWN ? MESSAGE_UNKNOWN : MESSAGE_REJECTED,
		    outcome->reason, now_ms, a, err);
	switch (outcome->result) {
	case SEND_DONE:
		if (sequences_note_sent(st, m, now_ms, a, err) < 0)
			return -1;
		return move(st, m, MESSAGE_SENT, outcome->reason, now_ms, a, err);
	case SEND_LATER: return record_later(st, channel, rng, now_ms, m, outcome, a, err);
	case SEND_PERMANENT: return record_permanent(st, now_ms, m, outcome, a, err);
	case SEND_UNKNOWN: return record_unknown(st, channel, rng, now_ms, m, outcome, a, err);
	}
	return -1;
}

int
outbox_record(struct store *st, const struct actions_config *config, struct rng *rng,
    int64_t now_ms, struct slice id, const struct send_outcome *outcome,
    enum message_state *state_r, struct err *err)
{
	struct arena *a = arena_new(PAGE_ARENA_MAX);
	struct message m;
	int rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to record a result");
	rc = store_message_load(st, id, a, &m, err);
	if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "there is no message '%.*s'", SLICE_ARG(id));
	else if (rc > 0 && m.state != MESSAGE_SENDING)
		rc = err_set(err, ERR_CONFLICT, "message %s is %s, not being sent", m.id,
		    message_state_name(m.state));
	else if (rc > 0)
		rc = record_one(st, config, rng, now_ms, &m, outcome, a, err);
	if (rc == 0)
		*state_r = m.state;
	arena_free(a);
	return rc < 0 ? -1 : 0;
}
