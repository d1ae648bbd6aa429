/*
 * describe.c - a whole rule or watch in plain words: when, what we do, how often at most; and what
 * else holds, in a sentence each.
 */
#include "rules/describe_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/buf.h"
#include "rules/engine_internal.h"
#include "rules/print_internal.h"

/* ---- actions ---- */

static void
add_action(struct describer *d, const struct action_node *node)
{
	const struct action *a = &node->action;
	const char *target = a->target == TARGET_AUTHOR ? "author" : "customer";
	struct buf *out = d->out;
	char text[64];

	switch (a->verb) {
	case ACTION_SEND:
		buf_addf(out, "send '%.*s' by %.*s to the %s", SLICE_ARG(a->template_id),
		    SLICE_ARG(a->channel), target);
		break;
	case ACTION_DRAFT_REPLY:
		buf_addf(out, "draft the reply '%.*s' for %.*s to approve",
		    SLICE_ARG(a->template_id), SLICE_ARG(a->team));
		break;
	case ACTION_ALERT:
		buf_addf(out, "alert %.*s (%s)", SLICE_ARG(a->queue), severity_name(a->severity));
		break;
	case ACTION_TAG:
		buf_addf(out, "tag the %s ", target);
		print_quoted(a->name, out);
		if (node->for_time.amount > 0) {
			print_duration_text(node->for_time, text, sizeof text);
			buf_addf(out, " for %s", text);
		}
		break;
	case ACTION_SET:
		buf_add_str(out, "set the customer's ");
		print_quoted(a->name, out);
		buf_add_str(out, " to ");
		print_quoted(a->value, out);
		break;
	case ACTION_ADD_TO_LIST:
		buf_addf(out, "add the %s to the list ", target);
		describe_title(d, ITEM_LIST, a->name, true);
		break;
	case ACTION_PAUSE_PROMOTIONS: buf_add_str(out, "pause promotions"); break;
	case ACTION_SUGGEST_LINK:
		buf_add_str(out, "suggest which customer the author may be");
		break;
	}
	if (slice_is_set(a->offer))
		buf_addf(out, " with a code of the offer %.*s", SLICE_ARG(a->offer));
}

static void
add_actions(struct describer *d, const struct item *it)
{
	size_t i = 0;

	buf_add_str(d->out, ", we ");
	for (const struct action_node *a = it->then; a != NULL; a = a->next) {
		describe_joint(d, i++, it->action_count, "and");
		add_action(d, a);
	}
}

/* ---- more than one post ---- */

static const char *
whose(enum limit_scope s)
{
	switch (s) {
	case LIMIT_PER_AUTHOR: return " by the same author";
	case LIMIT_PER_CUSTOMER: return " by the same customer";
	case LIMIT_PER_SUBJECT: return " by the same person";
	case LIMIT_PER_THREAD: return " in the same thread";
	case LIMIT_PER_RULE: break;
	}
	return "";
}

static void
add_window(struct describer *d, const struct item *it)
{
	char text[64];

	if (!item_has(it, SLOT_WINDOW))
		return;
	print_duration_text(it->times_within, text, sizeof text);
	buf_addf(d->out, ", and it is at least the %lld%s such %s within %s%s",
	    (long long)it->times,
	    it->times % 100 >= 11 && it->times % 100 <= 13 ? "th"
		: it->times % 10 == 1                      ? "st"
		: it->times % 10 == 2                      ? "nd"
		: it->times % 10 == 3                      ? "rd"
							   : "th",
	    item_sees_events(it) ? "event" : "post", text, whose(it->times_scope));
}

static void
add_after(struct describer *d, const struct sequence_node *s)
{
	char text[64];

	if (s->sequence.kind == SEQUENCE_NONE)
		return;
	print_duration_text(s->within, text, sizeof text);
	buf_addf(d->out, ", and in the %s before ", text);
	if (s->sequence.kind == SEQUENCE_SENT)
		buf_addf(d->out, "we sent them '%.*s'", SLICE_ARG(s->sequence.template_id));
	else
		describe_post(d, "they", "posted", s->where);
}

static void
add_unless(struct describer *d, const struct sequence_node *s)
{
	char text[64];

	if (s->sequence.kind == SEQUENCE_NONE)
		return;
	print_duration_text(s->within, text, sizeof text);
	if (s->sequence.kind == SEQUENCE_ANSWERED) {
		buf_addf(d->out, ", and we do not answer within %s", text);
		return;
	}
	buf_addf(d->out, ", and within %s ", text);
	describe_post(d, "they", "do not post", s->where);
}

/* ---- how often at most ---- */

static void
add_per(struct describer *d, enum limit_scope s)
{
	if (print_scope_name(s) != NULL)
		buf_addf(d->out, " per %s", print_scope_name(s));
}

static size_t
limit_count(const struct item *it)
{
	size_t n = item_has(it, SLOT_COOLDOWN) ? 1 : 0;

	for (const struct limit_node *l = it->caps; l != NULL; l = l->next)
		n++;
	for (const struct limit_node *l = it->budgets; l != NULL; l = l->next)
		n++;
	return n;
}

static void
add_caps(struct describer *d, const struct limit_node *l, size_t *i, size_t n)
{
	char text[64];

	for (; l != NULL; l = l->next) {
		describe_joint(d, (*i)++, n, "and");
		describe_number(
		    l->cap.is_spend ? l->cap.max : l->cap.max * 1000, text, sizeof text);
		buf_addf(d->out, l->cap.is_spend ? "spending at most %s %s" : "at most %s times %s",
		    text, cap_period_name(l->cap.period));
		add_per(d, l->cap.scope);
	}
}

static void
add_limits(struct describer *d, const struct item *it)
{
	size_t n = limit_count(it), i = 0;
	char text[64];

	if (n == 0)
		return;
	buf_add_str(d->out, ", but ");
	if (item_has(it, SLOT_COOLDOWN)) {
		print_duration_text(it->cooldown, text, sizeof text);
		describe_joint(d, i++, n, "and");
		buf_addf(d->out, "at most once every %s", text);
		add_per(d, it->scope);
	}
	add_caps(d, it->caps, &i, n);
	add_caps(d, it->budgets, &i, n);
}

/* ---- sentences behind ---- */

static void
add_days(struct describer *d, unsigned days)
{
	size_t n = (size_t)__builtin_popcount(days), i = 0;

	if (days == 0)
		return;
	if (days == RULE_WEEKDAYS || days == RULE_WEEKENDS) {
		buf_add_str(d->out, days == RULE_WEEKDAYS ? " on weekdays" : " on weekends");
		return;
	}
	buf_add_str(d->out, " on ");
	for (int day = 0; day < 7; day++) {
		if ((days >> day & 1) == 0)
			continue;
		describe_joint(d, i++, n, "and");
		buf_add_str(d->out, weekday_name(day));
	}
}

static void
add_hours(struct describer *d, const struct rule_hours *h)
{
	char from[16], until[16];

	print_clock_text(h->from_minute, from, sizeof from);
	print_clock_text(h->until_minute == 0 ? 24 * 60 : h->until_minute, until, sizeof until);
	buf_addf(d->out, " Messages %s between %s and %s",
	    h->is_only ? "go out only" : "do not go out", from, until);
	add_days(d, h->weekdays);
	if (slice_is_set(h->zone))
		buf_addf(d->out, " in %.*s", SLICE_ARG(h->zone));
	else
		buf_add_str(d->out, " on the customer's clock");
	buf_add_str(d->out, h->is_only ? "; at other times " : "; in that time ");
	switch (h->answer) {
	case HOURS_DEFER: buf_add_str(d->out, "they wait."); break;
	case HOURS_DROP: buf_add_str(d->out, "they are dropped."); break;
	case HOURS_ALERT: buf_addf(d->out, "%.*s is alerted instead.", SLICE_ARG(h->queue)); break;
	}
}

static void
add_period(struct describer *d, const struct item *it)
{
	char text[64];

	if (!item_has(it, SLOT_PERIOD))
		return;
	buf_add_str(d->out, " This holds");
	if (it->from.is_set) {
		print_moment_text(&it->from, text, sizeof text);
		buf_addf(d->out, " from %s", text);
	}
	if (it->until.is_set) {
		print_moment_text(&it->until, text, sizeof text);
		buf_addf(d->out, " until %s", text);
	}
	buf_addf(d->out, " in %.*s.", SLICE_ARG(it->zone));
}

static void
add_sentences(struct describer *d, const struct item *it)
{
	char text[64];

	for (const struct hours_node *h = it->hours; h != NULL; h = h->next)
		add_hours(d, &h->hours);
	if (item_has(it, SLOT_APPROVAL))
		buf_addf(d->out, " Every message waits for %.*s to approve it.",
		    SLICE_ARG(it->approval_team));
	if (item_has(it, SLOT_CANARY)) {
		describe_number(it->canary_milli * INT64_C(100), text, sizeof text);
		buf_addf(d->out, " It acts for %s%% of people; for the others it is only recorded.",
		    text);
	}
	add_period(d, it);
	if (item_has(it, SLOT_REPOSTS))
		buf_add_str(d->out, " Reposts count as posts of whoever passes them on.");
	if (item_has(it, SLOT_ACT_WITHIN)) {
		print_duration_text(it->act_within, text, sizeof text);
		buf_addf(d->out, " %s older than %s are left alone.",
		    item_sees_events(it) ? "Events" : "Posts", text);
	}
	if (item_has(it, SLOT_PRIORITY))
		buf_addf(d->out, " Its priority over other rules is %d.", it->priority);
	if (item_has(it, SLOT_SHADOW))
		buf_add_str(d->out, " It is in shadow: this is recorded, and nothing is done.");
	if (item_has(it, SLOT_OFF))
		buf_add_str(d->out, " It is switched off.");
}

/* ---- rules ---- */

static void
add_rule(struct describer *d, const struct item *it)
{
	if (item_sees_events(it))
		describe_event(d, it->when);
	else
		describe_post(d, "When someone", "posts", it->when);
	add_window(d, it);
	add_after(d, &it->after);
	add_unless(d, &it->unless);
	add_actions(d, it);
	add_limits(d, it);
	buf_add_char(d->out, '.');
	add_sentences(d, it);
}

/* ---- watches ---- */

static const char *
amount_words(enum rule_op op)
{
	return op == RULE_OP_AT_LEAST ? "at least"
	    : op == RULE_OP_AT_MOST   ? "at most"
	    : op == RULE_OP_ABOVE     ? "more than"
				      : "fewer than";
}

static void
add_crowd_test(struct describer *d, const struct item *it, const struct crowd_node *n)
{
	char within[64], value[64];

	print_duration_text(n->within, within, sizeof within);
	describe_number(
	    n->measure == CROWD_SHARE ? n->value_milli * 100 : n->value_milli, value, sizeof value);
	if (n->measure == CROWD_SHARE) {
		buf_addf(d->out, "they are %s %s%% of all posts",
		    n->op == RULE_OP_BELOW ? "less than" : amount_words(n->op), value);
		if (it->out_of != NULL) {
			buf_add_str(d->out, " in which ");
			describe_post(d, "someone", "says", it->out_of);
		}
	} else {
		const char *what = n->measure == CROWD_AUTHORS ? "different people" : "such posts";

		buf_addf(d->out,
		    n->is_times_usual ? "there are %s %s times as many %s as usual"
				      : "there are %s %s %s",
		    amount_words(n->op), value,
		    n->measure == CROWD_AUTHORS ? "different people who post so" : what);
	}
	buf_addf(d->out, " within %s", within);
}

static void
add_watch(struct describer *d, const struct item *it)
{
	char text[64];
	size_t i = 0;

	buf_add_str(d->out, "We count whenever ");
	describe_post(d, "someone", "posts", it->over);
	buf_add_str(d->out, ". When ");
	for (const struct crowd_node *n = it->crowd; n != NULL; n = n->next) {
		describe_joint(d, i++, it->crowd_count, "and");
		add_crowd_test(d, it, n);
	}
	add_actions(d, it);
	buf_add_char(d->out, '.');
	if (it->quiet.amount > 0) {
		print_duration_text(it->quiet, text, sizeof text);
		buf_addf(d->out, " It is over when that has not been so for %s.", text);
	}
	add_sentences(d, it);
}

/* ---- out ---- */

void
describe_rule(const struct rule_set *set, const struct item *it, struct buf *out)
{
	struct describer d = {set, out};

	add_rule(&d, it);
}

void
describe_watch(const struct rule_set *set, const struct item *it, struct buf *out)
{
	struct describer d = {set, out};

	add_watch(&d, it);
}

void
describe_segment(const struct rule_set *set, const struct item *it, struct buf *out)
{
	struct describer d = {set, out};

	if (it->is_imported)
		buf_add_str(out, "Anyone whose id was imported");
	else
		describe_person(&d, "Anyone", it->when);
	buf_add_char(out, '.');
}
