/*
 * page_parts.c - the sections of the page.
 */
#include "api/page_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/score.h"
#include "core/timefmt.h"
#include "rules/crowd.h"
#include "rules/rules.h"

#include "api/api_internal.h"

#define ID_SHOWN 8 /* digits of a message's id in a command */

static void
section_begin(struct buf *b, const char *title, size_t count, const char *tone, const char *aside)
{
	buf_addf(b, "<section><h2><span class=\"name\">%s</span>", title);
	if (count > 0)
		buf_addf(b, " <span class=\"count %s\">%zu</span>", tone, count);
	if (aside != NULL)
		buf_addf(b, "<small>%s</small>", aside);
	buf_add_str(b, "</h2>\n");
}

static void
section_end(struct buf *b, bool is_empty, const char *nothing)
{
	if (is_empty)
		buf_addf(b, "<p class=\"empty\">%s</p>", nothing);
	buf_add_str(b, "</section>\n");
}

/* ---- alerts -------------------------------------------------------------- */

static const char *
severity_tone(enum severity s)
{
	return s >= SEVERITY_HIGH ? "bad" : s == SEVERITY_NORMAL ? "warn" : "";
}

static void
alert_row(struct buf *b, const struct page *p, size_t i)
{
	const struct alert_row *row = &p->alerts[i];
	const struct stored_post *sp = p->alert_posts[i];

	buf_addf(b,
	    "<article><div class=\"top\"><span class=\"chip %s\">%s</span><span class=\"title\">",
	    severity_tone(row->severity), severity_name(row->severity));
	html_bdi(b, row->title, 160);
	buf_add_str(b, "</span><span>");
	html_bdi(b, row->queue, 60);
	buf_addf(b, "</span><span>%lld post%s</span>", (long long)row->count,
	    row->count == 1 ? "" : "s");
	html_time(b, row->last_at_ms, p->now_ms);
	buf_add_str(b, "</div>");
	if (sp != NULL) {
		buf_add_str(b, "<p class=\"text\">");
		html_post_text(b, sp);
		buf_add_str(b, "</p><div class=\"top\">");
		if (!sp->is_expired && !sp->post.is_deleted)
			html_score(b, &sp->score);
		html_author(b, sp);
		buf_add_str(b, "</div>");
	}
	buf_add_str(b, "<p class=\"because\">");
	html_bdi(b, row->reason, PAGE_TEXT_MAX);
	buf_add_str(b, "</p><p class=\"next\">");
	if (row->state == ALERT_ACKED) {
		buf_add_str(b, "taken by <b>");
		html_bdi(b, row->changed_by, 80);
		buf_addf(
		    b, "</b> · <code>earshot alerts resolve %lld</code>", (long long)row->alert_no);
	} else {
		buf_addf(b, "<code>earshot alerts ack %lld</code>", (long long)row->alert_no);
	}
	buf_addf(
	    b, " · <a href=\"/api/v1/alerts/%lld\">the whole story</a>", (long long)row->alert_no);
	if (row->post_id.len > 0)
		buf_add_str(b, " · ");
	html_why(b, row->post_id, row->rule_id, "why");
	buf_add_str(b, "</p></article>\n");
}

void
page_alerts(struct buf *b, const struct page *p)
{
	char aside[80] = "not resolved";

	if (p->alert_count < p->alerts_open)
		snprintf(aside, sizeof aside, "the newest %zu; <code>earshot alerts</code>",
		    p->alert_count);
	section_begin(b, "Alerts", p->alerts_open, "bad", aside);
	for (size_t i = 0; i < p->alert_count; i++)
		alert_row(b, p, i);
	section_end(b, p->alert_count == 0, "Nobody needs a person right now.");
}

/* ---- what waits ------------------------------------------------------------ */

/* What a person would read first of a message: the reply, else the text, else the subject. */
static void
message_words(struct buf *b, const struct message *m)
{
	static const char *const parts[] = {"reply", "text", "sms", "body", "title", "subject"};
	struct json_doc *doc = NULL;
	struct slice words = SLICE_NONE;

	if (json_parse(m->parts_json, &doc, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0] && words.len == 0; i++)
		words = json_get_str(json_root(doc), parts[i]);
	if (words.len > 0) {
		buf_add_str(b, "<blockquote>");
		html_bdi(b, slice_trim(words), PAGE_TEXT_MAX);
		buf_add_str(b, "</blockquote>");
	}
	json_doc_free(doc);
}

static void
message_row(struct buf *b, const struct page *p, const struct page_message *pm, const char *tone,
    const char *word, const char *command)
{
	const struct message *m = &pm->m;

	buf_addf(b, "<article><div class=\"top\"><span class=\"chip %s\">%s</span>", tone, word);
	if (m->team.len > 0) {
		buf_add_str(b, "<span>for <b>");
		html_bdi(b, m->team, 80);
		buf_add_str(b, "</b></span>");
	}
	buf_add_str(b, "<span>by ");
	html_bdi(b, m->channel, 60);
	if (m->address.len > 0) {
		buf_add_str(b, " to ");
		html_bdi(b, m->address, 120);
	}
	buf_add_str(b, "</span>");
	html_time(b, m->updated_at_ms, p->now_ms);
	buf_add_str(b, "</div>");
	if (pm->sp != NULL) {
		buf_add_str(b, "<p class=\"text quiet\">");
		html_post_text(b, pm->sp);
		buf_add_str(b, "</p><div class=\"top\">");
		html_author(b, pm->sp);
		buf_add_str(b, "</div>");
	}
	message_words(b, m);
	if (m->cause.len > 0) {
		buf_add_str(b, "<p class=\"because\">");
		html_bdi(b, m->cause, PAGE_TEXT_MAX);
		buf_add_str(b, "</p>");
	}
	if (m->reason.len > 0 && m->hold != HOLD_APPROVAL) {
		buf_add_str(b, "<p class=\"next\">");
		html_bdi(b, m->reason, PAGE_TEXT_MAX);
		buf_add_str(b, "</p>");
	}
	if (command == NULL) /* it goes on by itself */
		buf_add_str(b, "<p class=\"next\">");
	else
		buf_addf(b, "<p class=\"next\"><code>earshot outbox %s %.*s</code> · ", command,
		    ID_SHOWN, m->id);
	buf_addf(
	    b, "<a href=\"/api/v1/why?format=text&amp;message=%s\">why</a></p></article>\n", m->id);
}

void
page_waiting(struct buf *b, const struct page *p)
{
	char aside[160];

	snprintf(aside, sizeof aside, "%lld held · %lld ready · %lld later",
	    (long long)p->counts[MESSAGE_HELD], (long long)p->counts[MESSAGE_READY],
	    (long long)p->counts[MESSAGE_LATER]);
	section_begin(b, "Waiting for a person", (size_t)p->counts[MESSAGE_HELD], "warn", aside);
	for (size_t i = 0; i < p->draft_count; i++)
		message_row(b, p, &p->drafts[i], "warn", "draft", "approve");
	for (size_t i = 0; i < p->held_count; i++)
		message_row(b, p, &p->held[i], "",
		    p->held[i].m.hold == HOLD_BRAKE ? "held by the brake" : "held", "release");
	for (size_t i = 0; i < p->paused_count; i++)
		message_row(b, p, &p->paused[i], "", "held by a pause", NULL);
	section_end(b, p->draft_count + p->held_count + p->paused_count == 0,
	    "No draft and no held message.");
}

/* ---- what fired -------------------------------------------------------------- */

static const char *
outcome_tone(enum decision_outcome o)
{
	switch (o) {
	case DECISION_DONE:
	case DECISION_QUEUED: return "good";
	case DECISION_DRAFTED: return "warn";
	case DECISION_ALERTED: return "bad";
	case DECISION_SUPPRESSED:
	case DECISION_HELD:
	case DECISION_SHADOW:
	case DECISION_COUNTED:
	case DECISION_WAITING: return "";
	}
	return "";
}

static struct slice
rule_title(const struct page *p, struct slice id)
{
	int i;

	if (p->env->rules == NULL)
		return id;
	i = rule_set_find(p->env->rules, id);
	if (i >= 0)
		return rule_set_head(p->env->rules, (size_t)i)->title;
	i = rule_set_find_watch(p->env->rules, id);
	return i < 0 ? id : rule_set_watch(p->env->rules, (size_t)i)->rule.title;
}

static void
firing_row(struct buf *b, const struct page *p, const struct page_firing *f)
{
	const struct decision_row *first = &f->rows[0];
	bool is_held = first->outcome == DECISION_HELD || first->outcome == DECISION_SHADOW ||
	    first->outcome == DECISION_COUNTED || first->outcome == DECISION_WAITING;

	buf_addf(b, "<article%s><div class=\"top\"><span class=\"title\">",
	    is_held ? " class=\"held\"" : "");
	html_bdi(b, rule_title(p, first->rule_id), 160);
	buf_add_str(b, "</span>");
	html_time(b, first->at_ms, p->now_ms);
	buf_add_str(b, "</div>");
	if (f->sp != NULL) {
		buf_add_str(b, "<p class=\"text\">");
		html_post_text(b, f->sp);
		buf_add_str(b, "</p><div class=\"top\">");
		if (!f->sp->is_expired && !f->sp->post.is_deleted)
			html_score(b, &f->sp->score);
		html_author(b, f->sp);
		buf_add_str(b, "</div>");
	}
	buf_add_str(b, "<p class=\"because\">because ");
	html_bdi(b, first->reason, 2 * PAGE_TEXT_MAX);
	if (first->occurrence_kind != OCCURRENCE_INCIDENT) { /* there is no post to ask about */
		buf_add_str(b, " · ");
		html_why(b, first->occurrence_id, first->rule_id, "all of it");
	} else {
		html_why_watch(b, first->rule_id, "what was seen");
	}
	buf_add_str(b, "</p><ul class=\"acts\">");
	/* The list is newest first, people read a rule from the top.  A guardrail of the rule held
	 * all its actions for the same reason: once is enough. */
	for (size_t i = first->outcome == DECISION_HELD ? 1 : f->count; i-- > 0;) {
		const struct decision_row *d = &f->rows[i];

		buf_addf(b, "<li><span class=\"chip %s\">%s</span> ", outcome_tone(d->outcome),
		    decision_outcome_name(d->outcome));
		if (d->outcome != DECISION_HELD)
			html_bdi(b, d->action, 200);
		if (d->note.len > 0) {
			buf_add_str(b, " <span class=\"quiet\">");
			html_bdi(b, d->note, PAGE_TEXT_MAX);
			buf_add_str(b, "</span>");
		}
		buf_add_str(b, "</li>");
	}
	buf_add_str(b, "</ul></article>\n");
}

void
page_fired(struct buf *b, const struct page *p)
{
	section_begin(b, "What fired, and why", 0, "", "newest first");
	for (size_t i = 0; i < p->firing_count; i++)
		firing_row(b, p, &p->firings[i]);
	section_end(b, p->firing_count == 0, "No rule has fired yet.");
}

/* ---- what was heard ------------------------------------------------------------ */

void
page_heard(struct buf *b, const struct page *p)
{
	section_begin(b, "Heard", 0, "", "newest first; underlined words made the score");
	for (size_t i = 0; i < p->post_count; i++) {
		const struct stored_post *sp = p->posts[i];

		buf_add_str(b, "<article><div class=\"top\">");
		if (!sp->post.is_deleted && !sp->is_expired)
			html_score(b, &sp->score);
		for (size_t k = 0; k < sp->brand_ids.count && k < 4; k++) {
			buf_add_str(b, "<span class=\"chip brand\">");
			html_bdi(b, api_brand_title(p->env, sp->brand_ids.items[k]), 60);
			buf_add_str(b, "</span>");
		}
		html_author(b, sp);
		if (sp->inert != NULL)
			buf_addf(b, "<span class=\"chip\">%s</span>", sp->inert);
		html_time(b, post_event_at_ms(&sp->post), p->now_ms);
		buf_add_str(b, "</div><p class=\"text\">");
		html_post_text(b, sp);
		buf_add_str(b, " <span class=\"quiet\">");
		html_why(b, sp->post.id, SLICE_NONE, "why?");
		buf_add_str(b, "</span></p></article>\n");
	}
	section_end(b, p->post_count == 0, "Nothing was heard yet.");
}

/* ---- what fails ------------------------------------------------------------------ */

static const char *
source_tone(const struct json *s)
{
	struct slice health = json_get_str(s, "health");

	return slice_eq_str(health, "ok") || slice_eq_str(health, "ended") ? "good"
	    : slice_eq_str(health, "failing")                              ? "bad"
									   : "warn";
}

static bool
channel_is_stopped(const struct json *c)
{
	bool is_stopped = false;

	return json_bool(json_get(c, "stopped"), &is_stopped) && is_stopped;
}

size_t
page_broken(const struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < json_count(p->sources); i++)
		n += slice_eq_str(json_get_str(json_at(p->sources, i), "health"), "failing");
	for (size_t i = 0; i < json_count(p->channels); i++)
		n += channel_is_stopped(json_at(p->channels, i));
	return n;
}

static void
broken_line(struct buf *b, const char *what, struct slice name, struct slice why)
{
	buf_addf(b, "<div class=\"fine\"><span><i class=\"dot bad\"></i><b>%s ", what);
	html_bdi(b, name, 80);
	buf_add_str(b, "</b></span><span class=\"why\">");
	html_bdi(b, why, PAGE_TEXT_MAX);
	buf_add_str(b, "</span></div>\n");
}

static void
reject_line(struct buf *b, const struct page *p, const struct reject_row *r)
{
	buf_add_str(b, "<div class=\"fine\"><span><i class=\"dot warn\"></i>not a post, from <b>");
	html_bdi(b, r->feed, 80);
	buf_add_str(b, "</b></span><span class=\"right\">");
	html_time(b, r->at_ms, p->now_ms);
	buf_add_str(b, "</span><span class=\"why\">");
	html_bdi(b, r->reason, PAGE_TEXT_MAX);
	buf_add_str(b, "</span></div>\n");
}

void
page_failing(struct buf *b, const struct page *p)
{
	section_begin(b, "What fails", p->failing, "bad", NULL);
	if (p->env->is_store_failing)
		broken_line(b, "the database", SLICE_LIT("refuses to commit"),
		    SLICE_LIT("posts are not taken until it does again; is the disk full?"));
	for (size_t i = 0; i < json_count(p->sources); i++) {
		const struct json *s = json_at(p->sources, i);

		if (slice_eq_str(json_get_str(s, "health"), "failing"))
			broken_line(
			    b, "source", json_get_str(s, "name"), json_get_str(s, "detail"));
	}
	for (size_t i = 0; i < json_count(p->channels); i++) {
		const struct json *c = json_at(p->channels, i);

		if (channel_is_stopped(c))
			broken_line(b, "channel", json_get_str(c, "name"), json_get_str(c, "why"));
	}
	for (size_t i = 0; i < p->unknown_count; i++)
		message_row(b, p, &p->unknown[i], "warn", "may or may not have arrived", "retry");
	for (size_t i = 0; i < p->rejected_count; i++)
		message_row(b, p, &p->rejected[i], "bad", "refused", "retry");
	for (size_t i = 0; i < p->reject_count; i++)
		reject_line(b, p, &p->rejects[i]);
	section_end(b, p->failing == 0 && p->reject_count == 0, "Nothing fails.");
}

/* ---- sources and channels --------------------------------------------------------- */

static int64_t
number(const struct json *v, const char *key)
{
	int64_t n = 0;

	json_i64(json_get(v, key), &n);
	return n;
}

void
page_feeds(struct buf *b, const struct page *p)
{
	size_t sources = json_count(p->sources), channels = json_count(p->channels);

	section_begin(b, "Sources and channels", 0, "", "since the start");
	for (size_t i = 0; i < sources; i++) {
		const struct json *s = json_at(p->sources, i);

		buf_addf(
		    b, "<div class=\"fine\"><span><i class=\"dot %s\"></i><b>", source_tone(s));
		html_bdi(b, json_get_str(s, "name"), 80);
		buf_add_str(b, "</b> ");
		html_bdi(b, json_get_str(s, "type"), 40);
		buf_add_str(b, "</span><span>");
		html_bdi(b, json_get_str(s, "health"), 40);
		buf_addf(b, "</span><span class=\"right\">%lld posts</span></div>\n",
		    (long long)number(s, "posts"));
	}
	for (size_t i = 0; i < channels; i++) {
		const struct json *c = json_at(p->channels, i);

		buf_addf(b, "<div class=\"fine\"><span><i class=\"dot %s\"></i><b>",
		    channel_is_stopped(c) ? "bad" : "good");
		html_bdi(b, json_get_str(c, "name"), 80);
		buf_addf(b, "</b> channel</span><span class=\"right\">%lld sent",
		    (long long)number(c, "sent"));
		if (number(c, "failed") > 0)
			buf_addf(b, " · %lld failed", (long long)number(c, "failed"));
		buf_add_str(b, "</span></div>\n");
	}
	section_end(b, sources + channels == 0, "Neither a source nor a channel is open.");
}
