/*
 * why_say.c - an explanation of a post or message as lines for a person.
 */
#include "api/api_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/decision.h"
#include "core/occurrence.h"
#include "core/post.h"
#include "core/score.h"
#include "people/influence.h"

#include "store/events.h"

#include "api/why_internal.h"

#define TEXT_SHOWN 1000 /* bytes of a text quoted in a line */

/* On one line, and nothing in it that moves a terminal's cursor: C0, DEL, and C1 as UTF-8 writes
 * it. */
void
why_words(struct buf *b, struct slice s)
{
	size_t len = s.len > TEXT_SHOWN ? TEXT_SHOWN : s.len;

	while (len < s.len && len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];

		if (ch == 0xc2 && i + 1 < len && (unsigned char)s.ptr[i + 1] < 0xa0) {
			buf_add_char(b, ' ');
			i++;
		} else {
			buf_add_char(b, ch < 0x20 || ch == 0x7f ? ' ' : s.ptr[i]);
		}
	}
	if (len < s.len)
		buf_add_str(b, "...");
}

static void
say_milli(struct buf *b, int64_t milli)
{
	buf_addf(b, "%s%lld.%02lld", milli < 0 ? "-" : "+", (long long)(llabs(milli) / 1000),
	    (long long)(llabs(milli) % 1000 / 10));
}

static void
say_labelled(struct buf *b, const char *label, struct slice s)
{
	if (!slice_is_set(s))
		return;
	buf_add_str(b, label);
	why_words(b, s);
}

static void
say_place(struct buf *b, struct slice text, uint32_t start, uint32_t len)
{
	if (slice_is_set(text) && start <= text.len && len <= text.len - start)
		why_words(b, slice_make(text.ptr + start, len));
}

/* How a post looks as a whole is not said with all its words. */
static void
say_reason(struct buf *b, const struct contribution *r, struct slice text)
{
	buf_add_str(b, "  ");
	say_milli(b, r->effect_milli);
	buf_add_str(b, "  ");
	if (contribution_shape_words(r) != NULL)
		buf_add_str(b, contribution_shape_words(r));
	else
		say_place(b, text, r->start, r->len);
	const char *source = entry_source_name(r->entry->source);
	buf_addf(b, "  (%s", source == NULL ? "" : source);
	say_labelled(b, " ", entry_text(r->entry));
	buf_add_str(b, ", weight ");
	say_milli(b, r->weight_milli);
	say_labelled(b, ", ", slice_of(r->modifiers));
	buf_add_str(b, ")\n");
}

static void
say_intents(struct buf *b, const struct stored_post *sp)
{
	for (size_t i = 0; i < sp->score.intent_reason_count; i++) {
		const struct intent_reason *r = &sp->score.intent_reasons[i];

		buf_addf(b, "%s%s: ", i == 0 ? "intents " : "        ", intent_name(r->intent));
		say_place(b, sp->post.text, r->start, r->len);
		say_labelled(b, "  (", r->pattern);
		buf_add_str(b, ")\n");
	}
}

static void
say_score(struct buf *b, const struct stored_post *sp)
{
	const struct score *s = &sp->score;

	buf_add_str(b, "score   ");
	say_milli(b, s->score_milli);
	buf_addf(b, " %s", sentiment_label_name(s->label));
	if (sp->is_expired || sp->post.is_deleted) {
		buf_add_str(b, "; its reasons are no longer known\n");
		return;
	}
	buf_addf(b, " (negative %d%%, neutral %d%%, positive %d%%)%s, language %s, lexicon %s\n",
	    (s->negative_milli + 5) / 10, (s->neutral_milli + 5) / 10, (s->positive_milli + 5) / 10,
	    !s->is_scored      ? ", a language we cannot score"
		: s->is_unsure ? ", unsure"
			       : "",
	    s->lang, s->lexicon == NULL ? "none" : s->lexicon);
	for (size_t i = 0; i < s->reason_count; i++)
		say_reason(b, &s->reasons[i], sp->post.text);
	if (s->smaller_reasons > 0) {
		buf_add_str(b, "  ");
		say_milli(b, s->smaller_effect_milli);
		buf_addf(b, "  %u smaller reasons together\n", (unsigned)s->smaller_reasons);
	}
	say_intents(b, sp);
}

/* "influence 73 of 100: reach 15.3, standing 31.1 (in part assumed), ...; less 4.1, 10 % like a machine" */
static void
say_influence(struct buf *b, const struct influence *in)
{
	if (!in->is_known)
		return;
	buf_addf(b, "influence %lld of 100:", (long long)influence_points(in));
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++) {
		int tenths = (in->parts_milli[i] + 50) / 100;

		buf_addf(b, "%s %s %d.%d", i == 0 ? "" : ",",
		    influence_part_name((enum influence_part)i), tenths / 10, tenths % 10);
		if ((in->assumed >> i & 1) != 0)
			buf_add_str(b, " (in part assumed)");
	}
	if (in->discount_milli > 0)
		buf_addf(b, "; less %d.%d, %d %% like a machine", in->discount_milli / 1000,
		    in->discount_milli % 1000 / 100, in->bot_milli / 10);
	buf_add_str(b, "\n        ");
}

/* "influence 41 of 100 on what it is about", "was among the first 3 % on #acmelaunch and two others" */
static void
say_regard(struct buf *b, const struct author_facts *facts)
{
	const struct adoption *ad = facts->adoption;

	if (facts->has_topic_influence)
		buf_addf(b, "influence %d of 100 on what the post is about\n        ",
		    facts->topic_influence);
	if (ad == NULL)
		return;
	if (ad->is_early_adopter) {
		buf_add_str(b, "an early adopter: was among ");
		why_words(b, ad->best);
	} else {
		buf_addf(b, "not known as an early adopter: early on %lld of %lld",
		    (long long)ad->credited, (long long)ad->items);
	}
	buf_addf(b, " (score %d of 100)\n        ", (ad->score_milli + 5) / 10);
}

static void
say_who(struct buf *b, const struct stored_post *sp)
{
	const struct author *au = &sp->post.author;

	buf_add_str(b, "who     ");
	if (!slice_is_set(au->id) && !slice_is_set(au->handle))
		buf_add_str(b, "an anonymous author");
	why_words(b, slice_is_set(au->handle) ? au->handle : au->id);
	say_labelled(b, ", ", au->name);
	if (au->followers != COUNT_UNKNOWN)
		buf_addf(b, ", %lld followers", (long long)au->followers);
	buf_addf(b, ", %lld post%s heard\n        ", (long long)sp->author.posts_seen,
	    sp->author.posts_seen == 1 ? "" : "s");
	say_influence(b, &sp->author.influence);
	say_regard(b, &sp->author);
	if (sp->customer == NULL) {
		buf_add_str(b, "not linked to a customer\n");
		return;
	}
	buf_add_str(b, "customer ");
	why_words(b, sp->customer->id);
	for (size_t i = 0; i < sp->customer->consent_count; i++) {
		const struct consent *k = &sp->customer->consents[i];

		say_labelled(b, i == 0 ? "; takes " : ", ", k->channel);
		buf_addf(b, " for %s: %s", purpose_name(k->purpose), k->is_given ? "yes" : "no");
	}
	buf_add_char(b, '\n');
}

static void
say_post(struct buf *b, const struct stored_post *sp)
{
	char at[TIME_TEXT_MAX];

	buf_add_str(b, "post    ");
	why_words(b, sp->post.id);
	buf_addf(b, "\n        %s", time_format_rfc3339(post_event_at_ms(&sp->post), at));
	say_labelled(b, ", ", sp->post.source);
	say_labelled(b, " through ", sp->feed);
	buf_addf(b, ", rules version %lld", (long long)sp->rules_version);
	if (sp->revision > 0)
		buf_addf(b, ", edited %lld time%s since", (long long)sp->revision,
		    sp->revision == 1 ? "" : "s");
	buf_add_char(b, '\n');
	if (!sp->post.is_deleted && !sp->is_expired) {
		buf_add_str(b, "        \"");
		why_words(b, sp->post.text);
		buf_add_str(b, "\"\n");
		say_who(b, sp);
	}
	say_score(b, sp);
	if (sp->inert != NULL)
		buf_addf(b, "inert   %s: nothing leaves the house because of it\n", sp->inert);
}

static void
say_message(struct buf *b, const struct message *m)
{
	char at[TIME_TEXT_MAX];

	buf_addf(b, "message %s by ", m->id);
	why_words(b, m->channel);
	if (m->address.len > 0)
		say_labelled(b, " to ", m->address);
	buf_addf(b, ": %s", message_state_name(m->state));
	if (m->hold != HOLD_NONE)
		buf_addf(b, " (%s)", message_hold_name(m->hold));
	buf_addf(b, " since %s", time_format_rfc3339(m->updated_at_ms, at));
	if (m->attempts > 0)
		buf_addf(
		    b, ", tried %lld time%s", (long long)m->attempts, m->attempts == 1 ? "" : "s");
	if (m->reason.len > 0)
		say_labelled(b, ": ", m->reason);
	buf_add_char(b, '\n');
}

static void
say_decision(struct buf *b, const struct why_decision *d)
{
	const char *dash = d->row.action.len > 0 ? " - " : ""; /* none: about the rule as a whole */

	buf_addf(b, "  %s: ", decision_outcome_name(d->row.outcome));
	why_words(b, d->row.action);
	if (d->row.note.len > 0)
		say_labelled(b, dash, d->row.note);
	buf_add_char(b, '\n');
	if (d->has_message) {
		buf_add_str(b, "    ");
		say_message(b, &d->message);
	}
}

void
why_lines(struct buf *b, struct slice text)
{
	while (text.len > 0) {
		why_words(b, slice_split(&text, '\n'));
		buf_add_char(b, '\n');
	}
}

static const char *
verdict_words(const struct why_rule *r)
{
	switch (r->verdict) {
	case WHY_FIRED: return "fires";
	case WHY_HELD: return "is held back";
	case WHY_COUNTED: return "is true, and not enough yet";
	case WHY_WAITS: return "is true, and waits";
	case WHY_NEAR:
	case WHY_NO: break;
	}
	return "does not fire";
}

static void
say_rule_head(struct buf *b, const struct why_rule *r)
{
	buf_add_str(b, "\nrule ");
	why_words(b, r->id);
	if (slice_is_set(r->title)) {
		buf_add_str(b, " \"");
		why_words(b, r->title);
		buf_add_char(b, '"');
	}
	buf_addf(b, ": %s\n", verdict_words(r));
	if (!slice_is_set(r->why_not))
		return;
	buf_add_str(b, "  because ");
	why_words(b, r->why_not);
	buf_add_char(b, '\n');
}

/* The same guardrail held all actions: its words are said once. */
static bool
is_said(const struct why_rule *r, size_t i)
{
	const struct decision_row *d = &r->decisions[i].row, *before;

	if (i == 0 || d->outcome != DECISION_HELD)
		return false;
	before = &r->decisions[i - 1].row;
	return before->outcome == DECISION_HELD && slice_eq(before->note, d->note);
}

static void
say_held(struct buf *b, const struct decision_row *d)
{
	buf_addf(b, "  %s: ", decision_outcome_name(d->outcome));
	why_words(b, d->note);
	buf_add_char(b, '\n');
}

static void
say_decisions(struct buf *b, const struct why_rule *r, int64_t version)
{
	const struct decision_row *last = &r->decisions[r->decision_count - 1].row;

	buf_add_str(b, "  because ");
	why_words(b, last->reason.len > 0 ? last->reason : r->decisions[0].row.reason);
	if (last->rules_version != version)
		buf_addf(b, " (rules version %lld)", (long long)last->rules_version);
	buf_add_char(b, '\n');
	for (size_t i = 0; i < r->decision_count; i++) {
		const struct decision_row *d = &r->decisions[i].row;

		if (is_said(r, i))
			continue;
		if (d->outcome == DECISION_HELD)
			say_held(b, d);
		else
			say_decision(b, &r->decisions[i]);
	}
}

/* The first line names the rule, which stands above already. */
static void
say_table(struct buf *b, struct slice text, bool with_head)
{
	if (!slice_is_set(text))
		return;
	if (!with_head)
		slice_split(&text, '\n');
	why_lines(b, text);
}

static void
say_rule(struct buf *b, const struct why_rule *r, const struct why *y, bool in_full)
{
	say_rule_head(b, r);
	if (in_full) {
		say_table(b, r->when.text, false);
		say_table(b, r->after.text, true);
		say_table(b, r->unless.text, true);
	}
	if (r->decision_count > 0)
		say_decisions(b, r, y->cause.rules_version);
}

static void
say_rules(struct buf *b, const struct why *y)
{
	bool is_near = false;

	for (size_t i = 0; i < y->rule_count; i++) {
		bool in_full = y->rules[i].decision_count > 0 || slice_is_set(y->asked_rule);

		if (!in_full && !is_near)
			buf_add_str(b, "\nnearest of those that decided nothing:\n");
		is_near |= !in_full;
		say_rule(b, &y->rules[i], y, in_full);
	}
	if (y->left_decided > 0)
		buf_addf(b,
		    "\n%zu more rule%s decided something on it; ask about one with its id\n",
		    y->left_decided, y->left_decided == 1 ? "" : "s");
	if (y->left_out > 0)
		buf_addf(b,
		    "\n%zu more rule%s decided nothing on it (%zu switched off, %zu outside of "
		    "their period); ask about one with its id\n",
		    y->left_out, y->left_out == 1 ? "" : "s", y->left_off, y->left_period);
	if (y->cause.is_there && y->rule_count + y->watch_count == 0 && y->unexplained == NULL)
		buf_add_str(b, "\nno rule was asked\n");
	for (size_t i = 0; i < y->watch_count; i++) {
		buf_add_char(b, '\n');
		say_table(b, y->watches[i].when.text, true);
		say_table(b, y->watches[i].after.text, true);
		if (y->watches[i].verdict != WHY_COUNTED && y->cause.inert != NULL &&
		    !slice_eq_str(slice_of(y->cause.inert), INERT_REPOST))
			buf_addf(b, "  not counted: %s\n", y->cause.inert);
	}
}

static void
say_chain(struct buf *b, const struct why_chain *k)
{
	char at[TIME_TEXT_MAX];

	if (k->has_decision) {
		buf_addf(b, "decided %s by rule ", time_format_rfc3339(k->decision.at_ms, at));
		why_words(b, k->decision.rule_id);
		buf_addf(b, " of rules version %lld", (long long)k->decision.rules_version);
		if (k->has_version) {
			buf_addf(b, ", applied %s by ",
			    time_format_rfc3339(k->version.applied_at_ms, at));
			why_words(b, k->version.author);
			if (k->version.reason.len > 0)
				say_labelled(b, ": ", k->version.reason);
		}
		buf_add_char(b, '\n');
	}
	for (size_t i = 0; i < k->step_count; i++) {
		buf_addf(b, "%s%s  ", i == 0 ? "went    " : "        ",
		    k->steps[i].at_ms == TIME_UNKNOWN ? "                    "
						      : time_format_rfc3339(k->steps[i].at_ms, at));
		why_words(b, k->steps[i].what);
		buf_add_char(b, '\n');
	}
}

static void
say_event(struct buf *b, const struct stored_event *e)
{
	char at[TIME_TEXT_MAX];

	buf_add_str(b, "event   ");
	why_words(b, e->event.id);
	buf_addf(b, "\n        %s", time_format_rfc3339(e->at_ms, at));
	say_labelled(b, " from ", e->event.source);
	buf_addf(b, ", rules version %lld\n", (long long)e->rules_version);
	if (!e->is_expired) {
		buf_add_str(b, "did     ");
		why_words(b, e->event.name);
		buf_add_str(b, "\nwho     customer ");
		why_words(b, e->customer != NULL ? e->customer->id : e->customer_id);
		buf_add_char(b, '\n');
	}
	for (size_t i = 0; i < e->event.property_count; i++) {
		buf_add_str(b, "        ");
		why_words(b, e->event.properties[i].name);
		for (size_t k = 0; k < e->event.properties[i].values.count; k++) {
			buf_add_str(b, k == 0 ? ": " : ", ");
			why_words(b, e->event.properties[i].values.items[k]);
		}
		buf_add_char(b, '\n');
	}
	if (e->inert != NULL)
		buf_addf(b, "inert   %s: nothing leaves the house because of it\n", e->inert);
}

int
why_say_text(struct api_call *c, const struct why *y, struct err *err)
{
	struct buf *b = &c->reply->body;

	(void)err;
	c->reply->status = 200;
	c->reply->content_type = "text/plain; charset=utf-8";
	if (y->has_message) {
		say_message(b, &y->message);
		say_chain(b, &y->chain);
	}
	if (y->has_alert) {
		buf_addf(b, "alert   %lld, %s, %s: ", (long long)y->alert.alert_no,
		    alert_state_name(y->alert.state), severity_name(y->alert.severity));
		why_words(b, y->alert.title);
		buf_add_char(b, '\n');
	}
	if (y->sp != NULL)
		say_post(b, y->sp);
	if (y->event != NULL)
		say_event(b, y->event);
	if (y->unexplained != NULL)
		buf_addf(b, "note    %s\n", y->unexplained);
	for (size_t i = 0; i < y->note_count; i++) {
		buf_add_str(b, "note    ");
		why_words(b, slice_of(y->notes[i]));
		buf_add_char(b, '\n');
	}
	say_rules(b, y);
	return 0;
}
