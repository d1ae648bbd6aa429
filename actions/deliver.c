/*
 * deliver.c - messages and drafts into the outbox.
 *
 * Everything that can forbid a message is judged before anything is written, and the offer's code
 * is taken last: a suppressed message never uses up a code.
 */
#include "actions/actions_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/pauses.h"

#include "actions/alerts.h"
#include "actions/sender.h"
#include "actions/templates.h"

/* All parts of one message as JSON: each at most 64 KB, up to six bytes for an escaped one. */
#define PARTS_MAX (4u << 20)
/* Stands for a code while we see whether the message renders at all. */
#define CODE_PLACEHOLDER "0000000000000000000000000000000000000000000000000000000000000000"

struct delivery {
	const struct channel *channel;
	const struct endpoint *endpoint; /* NULL: the channel needs none */
	enum purpose purpose;
	int64_t cost_milli; /* of the channel and the offer */
	int64_t next_ms; /* when hours let it go; now: they do not hold it */
	int64_t day; /* the person's, that it goes out on */
	char hours_words[160]; /* which line makes it wait */
	struct slice hours_json; /* the rule's lines */
	struct slice alert_queue; /* instead of the message; SLICE_NONE: nothing instead */
};

static int
suppress(struct settle *s, struct decision_row *row, const char *why)
{
	row->outcome = DECISION_SUPPRESSED;
	return settle_note(s, row, "%s", why);
}

/* --- what forbids it -----------------------------------------------------------------------------
 */

static bool
has_any_part(const struct template_set *templates, struct slice id, const char *const *parts)
{
	for (; *parts != NULL; parts++)
		if (template_has_part(templates, id, *parts))
			return true;
	return false;
}

/* 1 the template can go through the channel; 0 with why. */
static int
judge_template(
    struct settle *s, const struct action *action, const struct channel *channel, char why[WHY_MAX])
{
	static const char *const reply_parts[] = {"reply", "text", NULL};
	const char *const *needed = channel->ops->parts_needed;

	if (!template_exists(s->templates, action->template_id, NULL)) {
		snprintf(
		    why, WHY_MAX, "there is no template '%.*s'", SLICE_ARG(action->template_id));
		return 0;
	}
	if (action->verb == ACTION_DRAFT_REPLY)
		needed = reply_parts;
	if (needed != NULL && needed[0] != NULL &&
	    !has_any_part(s->templates, action->template_id, needed)) {
		snprintf(why, WHY_MAX, "template '%.*s' has no '%s' part for channel '%s'",
		    SLICE_ARG(action->template_id), needed[0], channel->name);
		return 0;
	}
	return 1;
}

/* No messages for marketing now? 1 they may go, 0 with why, -1 */
static int
judge_promotions(struct settle *s, enum purpose purpose, char why[WHY_MAX])
{
	struct pause_row row;
	int rc;

	if (purpose != PURPOSE_MARKETING)
		return 1;
	rc = store_pause_get(
	    s->st, SLICE_LIT(PAUSE_PROMOTIONS), s->in->occ->now_ms, s->arena, &row, s->err);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	pause_words("promotions are paused", &row, why);
	return 0;
}

/* Of several rules that would write to one person because of one occurrence the first does. */
static int
judge_competition(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	if (s->sender == NULL || s->sender == rule)
		return 1;
	snprintf(why, WHY_MAX, "rule '%.*s' goes first for this person", SLICE_ARG(s->sender->id));
	return 0;
}

/* When it may go, on the person's clock.  1, also when it has to wait (d->next_ms); 0 with why and
 * d->alert_queue, -1. */
static int
judge_hours(struct settle *s, const struct rule_head *rule, struct delivery *d, char why[WHY_MAX])
{
	struct rule_hours lines[HOURS_LINES_MAX];
	size_t count = 0;
	struct hours_zones zones = hours_zones_of(s->in->occ->customer, s->config);
	struct hours_verdict v;

	d->next_ms = s->in->occ->now_ms;
	assert(rule->hours_count < HOURS_LINES_MAX); /* the language has a smaller ceiling */
	while (count < rule->hours_count && count < HOURS_LINES_MAX - 1) {
		lines[count] = rule->hours[count];
		count++;
	}
	if (hours_write(lines, count, s->arena, &d->hours_json, s->err) < 0)
		return -1;
	if (s->config->quiet_hours != NULL && d->purpose == PURPOSE_MARKETING)
		lines[count++] = *s->config->quiet_hours;
	if (count == 0)
		return 1;
	hours_judge(lines, count, &zones, s->in->occ->now_ms, &v);
	if (v.line == NULL)
		return 1;
	snprintf(d->hours_words, sizeof d->hours_words, "%s", v.words);
	d->next_ms = v.next_ms;
	if (v.answer == HOURS_DEFER && v.next_ms != TIME_UNKNOWN)
		return 1;
	if (v.answer == HOURS_ALERT)
		d->alert_queue = v.line->queue;
	if (v.answer == HOURS_DEFER)
		snprintf(why, WHY_MAX, "%s: no hour of the next %d days is allowed", v.words,
		    (int)(HOURS_SEARCH_MS / TIME_DAY_MS));
	else
		snprintf(why, WHY_MAX, "%s", v.words);
	return 0;
}

static int64_t
goes_at(const struct settle *s, const struct delivery *d)
{
	return d->next_ms > s->in->occ->now_ms ? d->next_ms : s->in->occ->now_ms;
}

static int
judge_send(struct settle *s, const struct rule_head *rule, const struct action *action,
    struct delivery *d, char why[WHY_MAX])
{
	char hours_why[WHY_MAX];
	int rc, hours_rc;

	d->channel = actions_channel(s->config, action->channel);
	if (d->channel == NULL) {
		snprintf(why, WHY_MAX, "there is no channel '%.*s' in the configuration",
		    SLICE_ARG(action->channel));
		return 0;
	}
	if (judge_template(s, action, d->channel, why) == 0)
		return 0;
	d->purpose = template_purpose(s->templates, action->template_id);
	d->cost_milli = caps_cost_milli(s, d->channel, action->offer);
	if (actions_may_send(
		s->in->occ->customer, d->channel, d->purpose, &d->endpoint, why, WHY_MAX) == 0)
		return 0;
	rc = judge_promotions(s, d->purpose, why);
	if (rc == 1)
		rc = judge_competition(s, rule, why);
	if (rc != 1)
		return rc;
	/* Looked at first, as it says on which day the message counts; told last. */
	hours_rc = judge_hours(s, rule, d, hours_why);
	if (hours_rc < 0)
		return -1;
	d->day = caps_person_day(s, goes_at(s, d));
	rc = caps_judge_person(s, d->day, why);
	if (rc == 1)
		rc = caps_judge_money(s, rule, d->cost_milli, why);
	if (rc == 1 && hours_rc == 0)
		snprintf(why, WHY_MAX, "%s", hours_why);
	else if (rc != 1)
		d->alert_queue = (struct slice){0}; /* that is for the hours alone */
	return rc == 1 ? hours_rc : rc;
}

static int
judge_draft(struct settle *s, const struct action *action, struct delivery *d, char why[WHY_MAX])
{
	const struct occurrence *occ = s->in->occ;
	const struct author *author;

	if (occ->post == NULL) {
		snprintf(why, WHY_MAX, "an event cannot be replied to");
		return 0;
	}
	author = &occ->post->author;
	if (author->objects_to_profiling) {
		snprintf(why, WHY_MAX, "the author objects to being approached");
		return 0;
	}
	if (author->handle.len == 0) {
		snprintf(why, WHY_MAX, "the post is anonymous: there is nobody to answer");
		return 0;
	}
	if (slice_is_set(action->offer) && occ->customer == NULL) {
		snprintf(why, WHY_MAX,
		    "offers go to customers only: the author is not linked to a customer");
		return 0;
	}
	d->channel = actions_reply_channel(s->config);
	if (d->channel == NULL) {
		snprintf(why, WHY_MAX, "no channel can carry a reply");
		return 0;
	}
	if (judge_template(s, action, d->channel, why) == 0)
		return 0;
	d->purpose = template_purpose(s->templates, action->template_id);
	return 1;
}

/* --- writing it ----------------------------------------------------------------------------------
 */

/* 1 rendered; 0 it is too large, row says so; -1. */
static int
render(struct settle *s, const struct action *action, const struct delivery *d, struct slice code,
    struct decision_row *row, struct buf *parts)
{
	struct template_values values = {
	    .occ = s->in->occ,
	    .endpoint = d->endpoint,
	    .brand_name = s->in->brand_name,
	    .offer_code = code,
	    .message_id = slice_of(row->id),
	};
	struct err err = {0};

	buf_clear(parts);
	if (template_render(s->templates, action->template_id, &values, s->arena, parts, &err) == 0)
		return 1;
	if (err.kind != ERR_LIMIT) {
		if (s->err != NULL)
			*s->err = err;
		return -1;
	}
	return suppress(s, row, err.text) < 0 ? -1 : 0;
}

/* Renders, with the offer's code taken when all else is settled.  1, 0 suppressed, -1. */
static int
render_with_offer(struct settle *s, const struct action *action, const struct delivery *d,
    struct decision_row *row, struct buf *parts, struct slice *code_r)
{
	struct slice code = SLICE_NONE;
	bool has_offer = slice_is_set(action->offer);
	char why[WHY_MAX];
	int rc;

	rc = render(s, action, d, has_offer ? SLICE_LIT(CODE_PLACEHOLDER) : SLICE_NONE, row, parts);
	if (rc != 1 || !has_offer)
		return rc;
	assert(slice_is_set(s->in->occ->subject)); /* a customer is there */
	rc = store_offer_take(s->st, action->offer, s->in->occ->subject, slice_of(row->id),
	    s->in->occ->now_ms, s->arena, &code, s->err);
	if (rc < 0)
		return -1;
	if (rc != 1) {
		snprintf(why, sizeof why,
		    rc == 0 ? "offer '%.*s' has no code left"
			    : "this person already has a code of offer '%.*s'",
		    SLICE_ARG(action->offer));
		return suppress(s, row, why) < 0 ? -1 : 0;
	}
	*code_r = code;
	return render(s, action, d, code, row, parts);
}

static void
fill_message(struct settle *s, const struct action *action, const struct delivery *d,
    const struct decision_row *row, struct message *m)
{
	const struct occurrence *occ = s->in->occ;

	*m = (struct message){
	    .decision_id = slice_of(row->id),
	    .channel = slice_of(d->channel->name),
	    .address = d->endpoint != NULL ? d->endpoint->address : SLICE_LIT(""),
	    .purpose = d->purpose,
	    .customer_id = occ->customer != NULL ? occ->customer->id : SLICE_NONE,
	    .endpoint_id = d->endpoint != NULL ? d->endpoint->id : SLICE_NONE,
	    .template_id = action->template_id,
	    .offer = action->offer,
	    .next_at_ms = occ->now_ms,
	    .not_before_ms = TIME_UNKNOWN,
	    .claimed_at_ms = TIME_UNKNOWN,
	    .expires_at_ms = TIME_UNKNOWN,
	    .created_at_ms = occ->now_ms,
	    .updated_at_ms = occ->now_ms,
	};
	memcpy(m->id, row->id, sizeof m->id);
}

/* Renders and inserts m, which fill_message() and the caller have filled.  1, 0 suppressed, -1. */
static int
write_message(struct settle *s, const struct action *action, const struct delivery *d,
    struct decision_row *row, struct message *m)
{
	struct buf parts;
	int rc;

	if (s->in->mode == SETTLE_REHEARSE)
		return 1;
	buf_init(&parts, PARTS_MAX);
	rc = render_with_offer(s, action, d, row, &parts, &m->offer_code);
	if (rc == 1) {
		m->parts_json = buf_slice(&parts);
		/* 0: the id is there already, which a decision made once cannot be */
		rc = store_message_insert(s->st, m, s->err) < 0 ? -1 : 1;
	}
	buf_fini(&parts);
	return rc;
}

static int
shadow(struct settle *s, struct decision_row *row, bool would, const char *what, const char *why)
{
	row->outcome = DECISION_SHADOW;
	if (would)
		return settle_note(s, row, "shadow: it would be %s", what);
	return settle_note(s, row, SHADOW_SUPPRESSED ": %s", why);
}

/* Hours turn the message into an alert. */
static int
alert_instead(struct settle *s, const struct firing *f, const struct delivery *d, const char *why,
    struct decision_row *row)
{
	struct action alert = {
	    .verb = ACTION_ALERT, .queue = d->alert_queue, .severity = SEVERITY_NORMAL};
	int64_t alert_no;

	row->outcome = DECISION_ALERTED;
	if (s->in->mode == SETTLE_REHEARSE)
		return settle_note(
		    s, row, "%s: an alert in '%.*s' instead", why, SLICE_ARG(d->alert_queue));
	if (alert_raise(s->st, s->config, s->in->occ, f->rule, &alert, firing_reason(f),
		slice_of(row->id), s->arena, &alert_no, s->err) < 0)
		return -1;
	s->out->alerted++;
	return settle_note(s, row, "%s: alert %lld in '%.*s' instead", why, (long long)alert_no,
	    SLICE_ARG(d->alert_queue));
}

/* The state it begins in: it waits for people, for the brake, for an hour, or for nothing.  In this
 * order: each later wait is judged again once the earlier one is over. */
static int
set_state(struct settle *s, const struct firing *f, const struct delivery *d,
    struct decision_row *row, struct message *m)
{
	const struct rule_head *rule = f->rule;
	char until[TIME_TEXT_MAX];
	int rc;

	m->hours_json = d->hours_json;
	m->state = MESSAGE_HELD;
	row->outcome = DECISION_QUEUED;
	if (slice_is_set(rule->approval_team)) {
		m->hold = HOLD_APPROVAL;
		m->team = rule->approval_team;
		row->outcome = DECISION_DRAFTED;
		rc = settle_note(
		    s, row, "waits for approval by '%.*s'", SLICE_ARG(rule->approval_team));
		m->reason = row->note;
		return rc;
	}
	if (s->in->is_sending_stopped) {
		m->hold = HOLD_BRAKE;
		m->reason = SLICE_LIT("sending is stopped");
		return settle_note(s, row, "sending is stopped; held for %s", d->channel->name);
	}
	m->state = MESSAGE_READY;
	if (d->next_ms <= s->in->occ->now_ms)
		return settle_note(s, row, "queued for %s", d->channel->name);
	m->next_at_ms = m->not_before_ms = d->next_ms;
	rc = settle_note(s, row, "queued for %s; waits until %s: %s", d->channel->name,
	    time_format_rfc3339(d->next_ms, until), d->hours_words);
	m->reason = row->note;
	return rc;
}

/* It is in the outbox: what counts messages moves. */
static int
count_sent(struct settle *s, const struct firing *f, const struct delivery *d)
{
	s->out->queued++;
	if (s->sender == NULL)
		s->sender = f->rule;
	if (caps_count_money(s, f->rule, d->cost_milli, TIME_UNKNOWN) < 0)
		return -1;
	return caps_count_person(s, d->day, 1);
}

int
deliver_send(
    struct settle *s, const struct firing *f, const struct action *action, struct decision_row *row)
{
	struct delivery d = {0};
	struct message m;
	char why[WHY_MAX] = "";
	int rc = judge_send(s, f->rule, action, &d, why);

	if (rc < 0)
		return -1;
	if (f->rule->is_shadow) {
		/* Its own budget moves, so that the shadow run shows what that would have held. */
		if (rc == 1 && caps_count_money(s, f->rule, d.cost_milli, TIME_UNKNOWN) < 0)
			return -1;
		return shadow(s, row, rc == 1, "queued", why);
	}
	if (rc == 0 && slice_is_set(d.alert_queue))
		return alert_instead(s, f, &d, why, row);
	if (rc == 0)
		return suppress(s, row, why);
	fill_message(s, action, &d, row, &m);
	m.kind = MESSAGE_SEND;
	m.counts_day = d.day;
	m.cost_milli = row->cost_milli = d.cost_milli;
	if (set_state(s, f, &d, row, &m) < 0)
		return -1;
	rc = write_message(s, action, &d, row, &m);
	return rc <= 0 ? rc : count_sent(s, f, &d);
}

int
deliver_draft(
    struct settle *s, const struct firing *f, const struct action *action, struct decision_row *row)
{
	const struct post *post = s->in->occ->post;
	struct delivery d = {0};
	struct message m;
	char why[WHY_MAX] = "";
	const char *reason;
	int rc = judge_draft(s, action, &d, why);

	if (f->rule->is_shadow)
		return shadow(s, row, rc == 1, "drafted", why);
	if (rc == 0)
		return suppress(s, row, why);
	reason = arena_printf(s->arena, "waits for approval by '%.*s'", SLICE_ARG(action->team));
	if (reason == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory for a draft");
	fill_message(s, action, &d, row, &m);
	m.kind = MESSAGE_REPLY;
	m.state = MESSAGE_HELD;
	m.hold = HOLD_APPROVAL;
	m.reason = slice_of(reason);
	m.address = post->author.handle;
	m.reply_handle = post->reply_handle;
	m.team = action->team;
	rc = write_message(s, action, &d, row, &m);
	if (rc <= 0)
		return rc;
	row->outcome = DECISION_DRAFTED;
	s->out->queued++;
	return settle_note(s, row, "%s", reason);
}
