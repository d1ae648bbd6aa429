/*
 * courier.c - the loop's half of the outbox.
 *
 * When to ask?  There is work from courier_wake() or the due time on until an answer says
 * otherwise.  A channel can be asked for while it works and has room for a whole claim share: free
 * slots, and with max_per_minute as many tokens.  An empty answer although something is due means
 * that it waits for channels we skipped: then nothing is asked until one of these can take
 * something again.
 *
 * Tokens: the bucket holds a share and a fiftieth of max_per_minute, so that a late timer costs
 * nothing, and fills so slowly that the bucket and what flows in within a minute make
 * max_per_minute: no minute ever sees more.
 */
#include "actions/courier.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/loop.h"

#include "actions/channels.h"

#define NS_PER_MINUTE INT64_C(60000000000)
#define NS_PER_MS INT64_C(1000000)
#define TOKEN NS_PER_MINUTE /* one message; credit grows by elapsed ns times messages a minute */
/* Something is due, every channel was asked, and nothing came: ask again after this. */
#define RETRY_MS 250
/* What is due waits for channels that were skipped; the next due time of the others is hidden
 * behind it, so they are asked from time to time. */
#define BLOCKED_POLL_MS 1000
#define TIMER_MAX_MS TIME_HOUR_MS

struct lane { /* one channel */
	const struct channel *channel;
	struct sender *sender; /* NULL: it could not be opened */
	int64_t share;
	size_t in_flight;
	int64_t credit, credit_max, credit_per_ns;
	int64_t credited_at_ns;
	bool was_asked; /* in the claim that is under way, or the last */
	bool is_stopped;
	char why[240];
	int64_t sent, failed;
};

struct flight { /* one message under way */
	struct courier *courier; /* NULL: the courier is gone */
	struct flight *next, **link;
	struct lane *lane;
	struct json_doc *parts;
	char id[33];
	struct outbox_item item;
};

struct courier {
	struct sender_host env;
	struct courier_host host;
	struct lane *lanes;
	size_t lane_count;
	struct slice *skip;
	struct loop_timer *timer;
	struct flight *flights;
	size_t in_flight;
	int64_t next_due_at_ms;
	size_t asked_limit;
	bool has_work, is_blocked, is_claiming, is_draining, is_closed;
	bool was_woken; /* while a claim was under way, whose answer may be older than the reason */
	bool is_pumping, pump_again;
};

static void pump(struct courier *c);

/* --- room in a lane ------------------------------------------------------------------------------
 */

static void
refill(struct courier *c, struct lane *l)
{
	int64_t now_ns = clock_mono_ns(c->env.clock);
	int64_t elapsed_ns = now_ns - l->credited_at_ns;

	l->credited_at_ns = now_ns;
	if (l->credit_max == 0 || elapsed_ns <= 0)
		return;
	if (elapsed_ns > NS_PER_MINUTE)
		elapsed_ns = NS_PER_MINUTE; /* fills any bucket; keeps the product small */
	l->credit += elapsed_ns * l->credit_per_ns;
	if (l->credit > l->credit_max)
		l->credit = l->credit_max;
}

static bool
has_slots(const struct lane *l)
{
	return !l->is_stopped && l->channel->max_concurrent - (int64_t)l->in_flight >= l->share;
}

static bool
is_available(const struct lane *l)
{
	return has_slots(l) && (l->credit_max == 0 || l->credit >= l->share * TOKEN);
}

/* How long until there are tokens again; -1: tokens are not what is missing. */
static int64_t
token_wait_ms(const struct lane *l)
{
	int64_t missing;

	if (!has_slots(l) || is_available(l))
		return -1;
	missing = l->share * TOKEN - l->credit;
	return missing / l->credit_per_ns / NS_PER_MS + 1;
}

/* --- making and ending a courier
 * ------------------------------------------------------------------ */

static void
on_timer(void *cookie)
{
	struct courier *c = cookie;

	courier_wake(c);
}

static void
lane_init(struct lane *l, const struct channel *channel, struct sender *sender, int64_t now_ns)
{
	*l = (struct lane){.channel = channel, .sender = sender, .credited_at_ns = now_ns};
	l->share = channel_claim_share(channel);
	if (channel->max_per_minute > 0) {
		int64_t bucket = l->share + channel->max_per_minute / 50;

		l->credit_max = bucket * TOKEN;
		l->credit = l->credit_max;
		l->credit_per_ns = channel->max_per_minute - bucket + 1;
	}
	if (sender == NULL) {
		l->is_stopped = true;
		snprintf(l->why, sizeof l->why, "the channel could not be opened");
	}
}

int
courier_new(const struct actions_config *config, struct sender *const *senders,
    const struct sender_host *env, const struct courier_host *host, struct courier **c_r,
    struct err *err)
{
	struct courier *c = mem_zalloc(sizeof *c);
	int rc = -1;

	if (c == NULL)
		goto out;
	c->env = *env;
	c->host = *host;
	c->next_due_at_ms = TIME_UNKNOWN;
	c->has_work = true;
	c->lanes = mem_array(config->channel_count + 1, sizeof *c->lanes);
	c->skip = mem_array(config->channel_count + 1, sizeof *c->skip);
	c->timer = loop_timer_new(env->loop, on_timer, c);
	if (c->lanes == NULL || c->skip == NULL || c->timer == NULL)
		goto out;
	for (size_t i = 0; i < config->channel_count; i++)
		lane_init(
		    &c->lanes[i], &config->channels[i], senders[i], clock_mono_ns(env->clock));
	c->lane_count = config->channel_count;
	*c_r = c;
	c = NULL;
	rc = 0;
out:
	if (rc < 0)
		err_set(err, ERR_NOMEM, "no memory for the channels");
	courier_free(c);
	return rc;
}

void
courier_free(struct courier *c)
{
	if (c == NULL)
		return;
	/* Their senders still know them: they free themselves when they are reported. */
	for (struct flight *f = c->flights; f != NULL; f = f->next)
		f->courier = NULL;
	loop_timer_free(c->timer);
	mem_free(c->lanes);
	mem_free(c->skip);
	mem_free(c);
}

/* --- one message ---------------------------------------------------------------------------------
 */

static void
note_stop(struct courier *c, struct lane *l, const char *why)
{
	if (l->is_stopped)
		return;
	l->is_stopped = true;
	snprintf(l->why, sizeof l->why, "%s", why);
	log_event(c->env.log, LOG_ERROR, "channel.stopped", "channel", l->channel->name, "why", why,
	    NULL);
	if (c->host.channel_stopped != NULL)
		c->host.channel_stopped(c->host.cookie, l->channel->name, why);
}

static void
report(struct courier *c, struct lane *l, const char *id, const struct send_outcome *given)
{
	struct send_outcome outcome = *given;

	outcome.reason[sizeof outcome.reason - 1] = '\0';
	outcome.provider_id[sizeof outcome.provider_id - 1] = '\0';
	if (l != NULL) {
		l->sent += outcome.result == SEND_DONE;
		l->failed += outcome.result == SEND_PERMANENT || outcome.result == SEND_UNKNOWN;
	}
	log_event(c->env.log, outcome.result == SEND_DONE ? LOG_INFO : LOG_WARN, "message.tried",
	    "message", id, "channel", l != NULL ? l->channel->name : NULL, "result",
	    send_result_name(outcome.result), "reason", outcome.reason, NULL);
	c->host.record(c->host.cookie, id, &outcome);
	if (l != NULL && outcome.stops_channel)
		note_stop(c, l, outcome.reason);
}

/* An answer of our own, for a message no sender has seen. */
static void
report_own(
    struct courier *c, struct lane *l, const char *id, enum send_result result, const char *why)
{
	struct send_outcome outcome = {.result = result, .wait_ms = -1};

	snprintf(
	    outcome.reason, sizeof outcome.reason, "%.*s", (int)sizeof outcome.reason - 1, why);
	report(c, l, id, &outcome);
}

static void
flight_free(struct flight *f)
{
	if (f == NULL)
		return;
	json_doc_free(f->parts);
	mem_free(f);
}

static void
on_done(void *cookie, const struct send_outcome *outcome)
{
	struct flight *f = cookie;
	struct courier *c = f->courier;

	if (c != NULL) {
		*f->link = f->next;
		if (f->next != NULL)
			f->next->link = f->link;
		assert(f->lane->in_flight > 0 && c->in_flight > 0);
		f->lane->in_flight--;
		c->in_flight--;
		report(c, f->lane, f->id, outcome);
	}
	flight_free(f);
	if (c != NULL)
		pump(c);
}

static struct slice
copy_slice(char **at, struct slice s)
{
	struct slice copy;

	if (!slice_is_set(s))
		return SLICE_LIT("");
	copy = slice_make(*at, s.len);
	memcpy(*at, s.ptr, s.len);
	(*at)[s.len] = '\0';
	*at += s.len + 1;
	return copy;
}

/* A copy of all the message has that a sender may want; NULL without memory. */
static struct flight *
flight_new(const struct message *m)
{
	struct flight *f = mem_zalloc(sizeof *f + m->address.len + m->customer_id.len +
	    m->reply_handle.len + m->cause.len + m->rule_id.len + 5);
	char *at;

	if (f == NULL)
		return NULL;
	at = (char *)(f + 1);
	memcpy(f->id, m->id, sizeof f->id);
	f->item = (struct outbox_item){
	    .id = slice_of(f->id),
	    .kind = (int)m->kind,
	    .address = copy_slice(&at, m->address),
	    .customer_id = copy_slice(&at, m->customer_id),
	    .reply_handle = copy_slice(&at, m->reply_handle),
	    .reason = copy_slice(&at, m->cause),
	    .rule_id = copy_slice(&at, m->rule_id),
	    .is_repeat = m->is_repeat,
	    .attempt = m->attempts,
	    .created_at_ms = m->created_at_ms,
	};
	return f;
}

static struct lane *
find_lane(struct courier *c, struct slice name)
{
	for (size_t i = 0; i < c->lane_count; i++)
		if (slice_eq_str(name, c->lanes[i].channel->name))
			return &c->lanes[i];
	return NULL;
}

static void
hand_over(struct courier *c, struct lane *l, struct flight *f)
{
	f->courier = c;
	f->lane = l;
	f->next = c->flights;
	f->link = &c->flights;
	if (f->next != NULL)
		f->next->link = &f->next;
	c->flights = f;
	l->in_flight++;
	c->in_flight++;
	if (l->credit_max > 0)
		l->credit -= TOKEN;
	sender_kind(l->sender)->send(sender_state(l->sender), &f->item, on_done, f);
}

static void
start(struct courier *c, const struct message *m)
{
	struct lane *l = find_lane(c, m->channel);
	struct err err = {0};
	struct flight *f;

	if (l == NULL || l->is_stopped || c->is_closed) {
		report_own(c, l, m->id, SEND_LATER,
		    c->is_closed    ? "we are stopping"
			: l != NULL ? l->why
				    : "the channel is not open");
		return;
	}
	f = flight_new(m);
	if (f == NULL) {
		report_own(c, l, m->id, SEND_LATER, "no memory to send it");
		return;
	}
	if (json_parse(m->parts_json, &f->parts, NULL, &err) < 0) {
		flight_free(f);
		report_own(
		    c, l, m->id, err.kind == ERR_NOMEM ? SEND_LATER : SEND_PERMANENT, err.text);
		return;
	}
	f->item.parts = json_root(f->parts);
	hand_over(c, l, f);
}

/* --- asking for work -----------------------------------------------------------------------------
 */

static void
arm_timer(struct courier *c, int64_t delay_ms)
{
	if (delay_ms < 0) {
		loop_timer_stop(c->timer);
		return;
	}
	loop_timer_start(c->timer, delay_ms < TIMER_MAX_MS ? delay_ms : TIMER_MAX_MS);
}

/* Nothing can be asked now.  A finished message asks again by itself; tokens, and what is hidden
 * behind a blocked channel, do not. */
static void
wait_for_room(struct courier *c)
{
	int64_t least_ms = c->is_blocked ? BLOCKED_POLL_MS : -1;

	for (size_t i = 0; i < c->lane_count; i++) {
		int64_t wait_ms = token_wait_ms(&c->lanes[i]);

		if (wait_ms >= 0 && (least_ms < 0 || wait_ms < least_ms))
			least_ms = wait_ms;
	}
	arm_timer(c, least_ms);
}

static void
ask(struct courier *c)
{
	size_t skip_count = 0, limit = 0;

	for (size_t i = 0; i < c->lane_count; i++) {
		struct lane *l = &c->lanes[i];

		l->was_asked = is_available(l);
		if (l->was_asked)
			limit += (size_t)l->share;
		else
			c->skip[skip_count++] = slice_of(l->channel->name);
	}
	assert(limit > 0);
	c->asked_limit = limit;
	c->is_claiming = true;
	c->is_blocked = false;
	c->was_woken = false;
	c->host.claim(c->host.cookie, limit, c->skip, skip_count);
}

static void
pump_once(struct courier *c)
{
	bool any = false, any_new = false;

	if (c->is_claiming || c->is_draining)
		return;
	if (!c->has_work) {
		int64_t wait_ms = -1;

		if (c->next_due_at_ms != TIME_UNKNOWN) {
			wait_ms = c->next_due_at_ms - clock_now_ms(c->env.clock);
			wait_ms = wait_ms > 0 ? wait_ms : 0;
		}
		arm_timer(c, wait_ms);
		return;
	}
	for (size_t i = 0; i < c->lane_count; i++) {
		refill(c, &c->lanes[i]);
		if (is_available(&c->lanes[i])) {
			any = true;
			any_new = any_new || !c->lanes[i].was_asked;
		}
	}
	if (!any || (c->is_blocked && !any_new))
		wait_for_room(c);
	else
		ask(c);
}

/* A sender may answer inside send(), a host inside claim(): turns instead of recursion. */
static void
pump(struct courier *c)
{
	if (c->is_pumping) {
		c->pump_again = true;
		return;
	}
	c->is_pumping = true;
	do {
		c->pump_again = false;
		pump_once(c);
	} while (c->pump_again);
	c->is_pumping = false;
}

void
courier_wake(struct courier *c)
{
	c->has_work = true;
	c->is_blocked = false;
	c->was_woken = true;
	pump(c);
}

/* After an answer: is there more to ask for? */
static void
judge_answer(struct courier *c, size_t count, int64_t next_due_at_ms)
{
	bool is_due =
	    next_due_at_ms != TIME_UNKNOWN && next_due_at_ms <= clock_now_ms(c->env.clock);
	bool all_asked = true;

	c->next_due_at_ms = next_due_at_ms;
	c->has_work = is_due || count == c->asked_limit || c->was_woken;
	if (count > 0 || !is_due || c->was_woken)
		return;
	for (size_t i = 0; i < c->lane_count; i++)
		all_asked = all_asked && c->lanes[i].was_asked;
	if (all_asked) {
		c->has_work = false;
		c->next_due_at_ms = clock_now_ms(c->env.clock) + RETRY_MS;
	} else {
		c->is_blocked = true;
	}
}

void
courier_deliver(
    struct courier *c, struct message *const *list, size_t count, int64_t next_due_at_ms)
{
	bool was_pumping = c->is_pumping;

	assert(c->is_claiming);
	c->is_pumping = true; /* all of it goes out before we ask again */
	for (size_t i = 0; i < count; i++)
		start(c, list[i]);
	c->is_pumping = was_pumping;
	c->is_claiming = false;
	judge_answer(c, count, next_due_at_ms);
	pump(c);
}

void
courier_drain(struct courier *c)
{
	c->is_draining = true;
	loop_timer_stop(c->timer);
}

void
courier_close(struct courier *c)
{
	courier_drain(c);
	c->is_closed = true;
}

bool
courier_is_idle(const struct courier *c)
{
	return c->in_flight == 0 && !c->is_claiming;
}

size_t
courier_in_flight(const struct courier *c)
{
	return c->in_flight;
}

size_t
courier_status(const struct courier *c, struct courier_channel_status *rows, size_t max_rows)
{
	size_t i;

	for (i = 0; i < c->lane_count && i < max_rows; i++) {
		const struct lane *l = &c->lanes[i];

		rows[i] = (struct courier_channel_status){
		    .name = l->channel->name,
		    .in_flight = l->in_flight,
		    .is_stopped = l->is_stopped,
		    .stopped_why = l->is_stopped ? l->why : NULL,
		    .sent = l->sent,
		    .failed = l->failed,
		};
	}
	return i;
}

void
courier_restart_channel(struct courier *c, struct slice channel)
{
	struct lane *l = find_lane(c, channel);

	if (l == NULL || l->sender == NULL || !l->is_stopped)
		return;
	l->is_stopped = false;
	l->why[0] = '\0';
	log_event(c->env.log, LOG_INFO, "channel.restarted", "channel", l->channel->name, NULL);
	courier_wake(c);
}
