/*
 * why_say.c - an explanation as JSON, and as lines for a person.
 */
#include "api/api_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/decision.h"
#include "core/occurrence.h"
#include "core/post.h"
#include "core/score.h"

#include "api/why_internal.h"

#define TEXT_SHOWN 1000 /* bytes of a text quoted in a line */

/* ---- JSON ---------------------------------------------------------------- */

static void
put_who(struct json_writer *w, const struct stored_post *sp)
{
	json_key(w, "who");
	json_object_begin(w);
	json_kv_str(w, "subject", sp->subject);
	json_kv_i64(w, "posts_seen", sp->author.posts_seen);
	json_kv_time(w, "first_seen_at", sp->author.first_seen_at_ms);
	api_put_texts(w, "tags", sp->author.tags.items, sp->author.tags.count);
	json_key(w, "customer");
	if (sp->customer == NULL)
		json_put_null(w);
	else
		api_put_customer(w, sp->customer);
	json_object_end(w);
}

static void
put_rule(struct json_writer *w, const struct why_rule *r)
{
	json_object_begin(w);
	json_kv_str(w, "rule_id", r->id);
	json_kv_str(w, "title", r->title);
	json_kv_bool(w, "known", r->is_known);
	json_kv_bool(w, "decided", r->decision_count > 0);
	json_key(w, "decisions");
	json_array_begin(w);
	for (size_t i = 0; i < r->decision_count; i++) {
		json_object_begin(w);
		api_decision_members(w, &r->decisions[i].row);
		json_key(w, "message");
		if (r->decisions[i].has_message)
			api_put_message(w, &r->decisions[i].message);
		else
			json_put_null(w);
		json_object_end(w);
	}
	json_array_end(w);
	json_key(w, "conditions");
	if (slice_is_set(r->conditions_json))
		json_put_raw(w, r->conditions_json);
	else
		json_put_null(w);
	json_object_end(w);
}

int
why_say_json(struct api_call *c, const struct why *y, struct err *err)
{
	struct json_writer *w = api_object(c);

	if (y->has_message) {
		json_key(w, "message");
		api_put_message(w, &y->message);
	}
	if (y->has_alert) {
		json_key(w, "alert");
		api_put_alert(w, &y->alert);
	}
	json_key(w, "post");
	if (y->sp == NULL)
		json_put_null(w);
	else if (api_put_post(c, w, y->sp, true, err) < 0)
		return -1;
	if (y->sp != NULL && !y->sp->is_expired && !y->sp->post.is_deleted)
		put_who(w, y->sp);
	json_kv_cstr(w, "no_longer_known", y->unexplained);
	json_key(w, "rules");
	json_array_begin(w);
	for (size_t i = 0; i < y->rule_count; i++)
		put_rule(w, &y->rules[i]);
	json_array_end(w);
	json_kv_i64(w, "rules_left_out", (int64_t)y->left_out);
	json_key(w, "notes");
	json_array_begin(w);
	for (size_t i = 0; i < y->note_count; i++)
		json_put_cstr(w, y->notes[i]);
	json_array_end(w);
	api_object_end(c);
	return 0;
}

/* ---- lines ---------------------------------------------------------------- */

/* On one line, and nothing in it that moves a terminal's cursor: C0, DEL, and C1 as UTF-8 writes
 * it. */
static void
say_words(struct buf *b, struct slice s)
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
	say_words(b, s);
}

static void
say_place(struct buf *b, struct slice text, uint32_t start, uint32_t len)
{
	if (slice_is_set(text) && start <= text.len && len <= text.len - start)
		say_words(b, slice_make(text.ptr + start, len));
}

/* How a post looks as a whole is not said with all its words. */
static void
say_reason(struct buf *b, const struct contribution *r, struct slice text)
{
	buf_add_str(b, "  ");
	say_milli(b, r->effect_milli);
	buf_add_str(b, "  ");
	if (r->source != NULL && strcmp(r->source, "shape") == 0)
		buf_add_str(b, "the post");
	else
		say_place(b, text, r->start, r->len);
	buf_addf(b, "  (%s", r->source == NULL ? "" : r->source);
	say_labelled(b, " ", r->entry);
	buf_add_str(b, ", weight ");
	say_milli(b, r->weight_milli);
	say_labelled(b, ", ", r->modifiers);
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

static void
say_who(struct buf *b, const struct stored_post *sp)
{
	const struct author *au = &sp->post.author;

	buf_add_str(b, "who     ");
	if (!slice_is_set(au->id) && !slice_is_set(au->handle))
		buf_add_str(b, "an anonymous author");
	say_words(b, slice_is_set(au->handle) ? au->handle : au->id);
	say_labelled(b, ", ", au->name);
	if (au->followers != COUNT_UNKNOWN)
		buf_addf(b, ", %lld followers", (long long)au->followers);
	buf_addf(b, ", %lld posts heard\n        ", (long long)sp->author.posts_seen);
	if (sp->customer == NULL) {
		buf_add_str(b, "not linked to a customer\n");
		return;
	}
	buf_add_str(b, "customer ");
	say_words(b, sp->customer->id);
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
	say_words(b, sp->post.id);
	buf_addf(b, "\n        %s", time_format_rfc3339(post_event_at_ms(&sp->post), at));
	say_labelled(b, ", ", sp->post.source);
	say_labelled(b, " through ", sp->feed);
	buf_addf(b, ", rules version %lld", (long long)sp->rules_version);
	if (sp->revision > 0)
		buf_addf(b, ", edited %lld times since", (long long)sp->revision);
	buf_add_char(b, '\n');
	if (!sp->post.is_deleted && !sp->is_expired) {
		buf_add_str(b, "        \"");
		say_words(b, sp->post.text);
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
	say_words(b, m->channel);
	if (m->address.len > 0)
		say_labelled(b, " to ", m->address);
	buf_addf(b, ": %s", message_state_name(m->state));
	if (m->hold != HOLD_NONE)
		buf_addf(b, " (%s)", message_hold_name(m->hold));
	buf_addf(b, " since %s", time_format_rfc3339(m->updated_at_ms, at));
	if (m->attempts > 0)
		buf_addf(b, ", tried %lld times", (long long)m->attempts);
	if (m->reason.len > 0)
		say_labelled(b, ": ", m->reason);
	buf_add_char(b, '\n');
}

static void
say_decision(struct buf *b, const struct why_decision *d)
{
	const char *dash = d->row.action.len > 0 ? " - " : ""; /* none: about the rule as a whole */

	buf_addf(b, "  %s: ", decision_outcome_name(d->row.outcome));
	say_words(b, d->row.action);
	if (d->row.note.len > 0)
		say_labelled(b, dash, d->row.note);
	buf_add_char(b, '\n');
	if (d->has_message) {
		buf_add_str(b, "    ");
		say_message(b, &d->message);
	}
}

/* Lines as they are, made harmless one by one: the values seen are strangers' words. */
static void
say_lines(struct buf *b, struct slice text)
{
	while (text.len > 0) {
		say_words(b, slice_split(&text, '\n'));
		buf_add_char(b, '\n');
	}
}

static void
say_rule(struct buf *b, const struct why_rule *r)
{
	buf_add_char(b, '\n');
	if (slice_is_set(r->conditions_text)) {
		say_lines(b, r->conditions_text);
	} else {
		buf_add_str(b, "rule ");
		say_words(b, r->id);
		if (slice_is_set(r->title)) {
			buf_add_str(b, " \"");
			say_words(b, r->title);
			buf_add_char(b, '"');
		}
		buf_add_char(b, '\n');
	}
	if (r->decision_count == 0)
		return;
	buf_add_str(b, "  because ");
	say_words(b, r->decisions[0].row.reason);
	buf_add_char(b, '\n');
	for (size_t i = 0; i < r->decision_count; i++)
		say_decision(b, &r->decisions[i]);
}

int
why_say_text(struct api_call *c, const struct why *y, struct err *err)
{
	struct buf *b = &c->reply->body;

	(void)err;
	c->reply->status = 200;
	c->reply->content_type = "text/plain; charset=utf-8";
	if (y->has_message)
		say_message(b, &y->message);
	if (y->has_alert) {
		buf_addf(b, "alert   %lld, %s, %s: ", (long long)y->alert.alert_no,
		    alert_state_name(y->alert.state), severity_name(y->alert.severity));
		say_words(b, y->alert.title);
		buf_add_char(b, '\n');
	}
	if (y->sp != NULL)
		say_post(b, y->sp);
	if (y->unexplained != NULL)
		buf_addf(b, "note    %s\n", y->unexplained);
	for (size_t i = 0; i < y->note_count; i++)
		buf_addf(b, "note    %s\n", y->notes[i]);
	for (size_t i = 0; i < y->rule_count; i++)
		say_rule(b, &y->rules[i]);
	if (y->left_out > 0)
		buf_addf(b, "\n%zu more rules decided nothing on it; ask about one with its id\n",
		    y->left_out);
	if (y->sp != NULL && y->rule_count == 0 && y->unexplained == NULL)
		buf_add_str(b, "\nno rule was asked\n");
	return 0;
}
