/*
 * privacy_lines.c - what happened with a person, one line each, the newest first.
 */
#include "api/privacy_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/timefmt.h"
#include "people/dossier.h"
#include "rules/rules.h"

/* Of what is longer than a line. */
#define REASON_MAX 160
#define CHANGE_MAX 100

struct telling {
	const struct pen *p;
	const struct rule_set *rules;
};

static void
put_after(const struct pen *p, const char *before, struct slice s, size_t max)
{
	if (s.len == 0)
		return;
	pen_say(p, "%s", before);
	pen_words(p, s, max);
}

/* ---- kinds ----------------------------------------------------------------------- */

static const char *
score_tone(double score)
{
	return score < -0.05 ? "bad" : score > 0.05 ? "good" : "";
}

static void
post_line(const struct telling *t, const struct json *v)
{
	struct slice text = json_get_str(v, "text"), label = json_get_str(v, "sentiment");
	bool is_deleted = false;
	double score;
	char said[64];

	json_bool(json_get(v, "deleted"), &is_deleted);
	if (slice_is_set(text))
		pen_quote(t->p, text, PEN_WORDS_MAX);
	else
		pen_say(t->p, "%s",
		    is_deleted ? "deleted there; the words are gone"
			       : "the words are no longer kept");
	if (label.len > 0 && json_f64(json_get(v, "score"), &score)) {
		snprintf(said, sizeof said, "%.*s %s%.2f", SLICE_ARG(label),
		    score < 0 ? "\xe2\x88\x92" : "+", score < 0 ? -score : score);
		pen_chip(t->p, slice_of(said), score_tone(score));
	}
	if (json_get_str(v, "brands").len > 0)
		pen_chip(t->p, json_get_str(v, "brands"), "brand");
	put_after(t->p, " via ", json_get_str(v, "feed"), PEN_NAME_MAX);
	put_after(t->p, " · decides nothing: ", json_get_str(v, "inert"), REASON_MAX);
	pen_why(t->p, json_get_str(v, "id"), SLICE_NONE);
}

static void
event_line(const struct telling *t, const struct json *v)
{
	pen_strong(t->p, json_get_str(v, "name"));
	put_after(t->p, " told by ", json_get_str(v, "source"), PEN_NAME_MAX);
	if (json_count(json_get(v, "properties")) > 0) {
		pen_say(t->p, " · ");
		pen_value(t->p, json_get(v, "properties"));
	}
	put_after(t->p, " · decides nothing: ", json_get_str(v, "inert"), REASON_MAX);
}

static const char *
state_tone(struct slice state)
{
	static const char *const bad[] = {"rejected", "unknown", "dropped", "expired"};

	if (slice_eq_str(state, "sent"))
		return "good";
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (slice_eq_str(state, bad[i]))
			return "bad";
	return "warn";
}

/* What a person would read first of it. */
static struct slice
message_words(const struct json *parts)
{
	static const char *const names[] = {"subject", "reply", "text", "sms", "title", "body"};
	struct slice words = SLICE_NONE;

	for (size_t i = 0; i < sizeof names / sizeof *names && words.len == 0; i++)
		words = json_get_str(parts, names[i]);
	return words;
}

static void
message_line(const struct telling *t, const struct json *v)
{
	struct slice words = message_words(json_get(v, "parts")), state = json_get_str(v, "state");

	pen_words(t->p, json_get_str(v, "kind"), PEN_NAME_MAX);
	put_after(t->p, " by ", json_get_str(v, "channel"), PEN_NAME_MAX);
	put_after(t->p, " to ", json_get_str(v, "address"), PEN_NAME_MAX);
	put_after(t->p, " in answer to ", json_get_str(v, "reply_handle"), PEN_NAME_MAX);
	pen_chip(t->p, state, state_tone(state));
	if (words.len > 0) {
		pen_say(t->p, " ");
		pen_quote(t->p, words, REASON_MAX);
	}
	put_after(t->p, " · template ", json_get_str(v, "template"), PEN_NAME_MAX);
	put_after(t->p, " · for ", json_get_str(v, "purpose"), PEN_NAME_MAX);
	put_after(t->p, " · offer ", json_get_str(v, "offer"), PEN_NAME_MAX);
	put_after(t->p, " · ", json_get_str(v, "reason"), REASON_MAX);
}

static const char *
outcome_tone(struct slice outcome)
{
	if (slice_eq_str(outcome, "done") || slice_eq_str(outcome, "queued"))
		return "good";
	if (slice_eq_str(outcome, "alerted"))
		return "bad";
	return slice_eq_str(outcome, "drafted") ? "warn" : "";
}

/* The title of a rule that is live, and its id. */
static void
put_rule(const struct telling *t, struct slice id)
{
	int i = t->rules == NULL || id.len == 0 ? -1 : rule_set_find(t->rules, id);

	if (i < 0) {
		pen_strong(t->p, id);
		return;
	}
	pen_strong(t->p, rule_set_head(t->rules, (size_t)i)->title);
	pen_say(t->p, " (");
	pen_words(t->p, id, PEN_NAME_MAX);
	pen_say(t->p, ")");
}

static void
decision_line(const struct telling *t, const struct json *v)
{
	struct slice outcome = json_get_str(v, "outcome"), rule = json_get_str(v, "rule_id");

	put_rule(t, rule);
	put_after(t->p, ": ", json_get_str(v, "action"), REASON_MAX);
	pen_chip(t->p, outcome, outcome_tone(outcome));
	put_after(t->p, " ", json_get_str(v, "note"), REASON_MAX);
	put_after(t->p, " · because ", json_get_str(v, "reason"), REASON_MAX);
	pen_why(t->p, json_get_str(v, "occurrence_id"), rule);
}

static void
alert_line(const struct telling *t, const struct json *v)
{
	struct slice state = json_get_str(v, "state");

	pen_strong(t->p, json_get_str(v, "title"));
	put_after(t->p, " for ", json_get_str(v, "queue"), PEN_NAME_MAX);
	put_after(t->p, ", ", json_get_str(v, "severity"), PEN_NAME_MAX);
	pen_chip(t->p, state, slice_eq_str(state, "resolved") ? "good" : "warn");
	put_after(t->p, " by ", json_get_str(v, "changed_by"), PEN_NAME_MAX);
	put_after(t->p, ": ", json_get_str(v, "change_note"), REASON_MAX);
}

/* Values stand in the history as JSON; what is none is taken as it is. */
static void
put_changed(const struct pen *p, struct slice value)
{
	struct json_doc *doc = NULL;

	if (!slice_is_set(value) || slice_eq_str(value, "null")) {
		pen_say(p, "nothing");
		return;
	}
	if (value.len > 0 && value.len < 4096 && json_parse(value, &doc, NULL, NULL) == 0)
		pen_value(p, json_root(doc));
	else
		pen_words(p, value, CHANGE_MAX);
	json_doc_free(doc);
}

static void
change_line(const struct telling *t, const struct json *v)
{
	struct slice before = json_get_str(v, "old"), after = json_get_str(v, "new");

	pen_strong(t->p, json_get_str(v, "field"));
	if (slice_is_set(before) || !slice_is_set(after)) {
		pen_say(t->p, " from ");
		put_changed(t->p, before);
	}
	pen_say(t->p, slice_is_set(before) ? " to " : ": ");
	put_changed(t->p, after);
	put_after(t->p, " · by ", json_get_str(v, "source"), PEN_NAME_MAX);
}

/* ---- all of them in order --------------------------------------------------------- */

static const struct kind {
	const char *section, *time, *word, *tone;
	void (*put)(const struct telling *t, const struct json *v);
} kinds[] = {
    {"posts", "event_at", "post", "brand", post_line},
    {"events", "at", "event", "brand", event_line},
    {"decisions", "at", "decision", "", decision_line},
    {"messages", "created_at", "message", "", message_line},
    {"replies", "created_at", "reply", "", message_line},
    {"alerts", "opened_at", "alert", "bad", alert_line},
    {"history", "at", "change", "", change_line},
};
#define KINDS (sizeof kinds / sizeof *kinds)

struct happened {
	int64_t at_ms;
	const struct kind *kind;
	const struct json *v;
	size_t no; /* as they came */
};

bool
privacy_is_of_timeline(struct slice section)
{
	for (size_t i = 0; i < KINDS; i++)
		if (slice_eq_str(section, kinds[i].section))
			return true;
	return false;
}

/* Of the same time what followed comes first, as its effects are newer. */
static int
newest_first(const void *a, const void *b)
{
	const struct happened *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms > y->at_ms ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind > y->kind ? -1 : 1;
	return x->no < y->no ? -1 : x->no > y->no;
}

/* An alert has a row for each post that raised it, and is told once. */
static bool
is_told(const struct happened *list, size_t n, const struct json *v)
{
	int64_t alert, other;

	if (!json_i64(json_get(v, "alert"), &alert))
		return false;
	for (size_t i = 0; i < n; i++)
		if (json_i64(json_get(list[i].v, "alert"), &other) && other == alert)
			return true;
	return false;
}

static size_t
take_kind(const struct kind *kind, const struct json *items, struct happened *list)
{
	size_t n = 0;

	for (size_t i = 0; i < json_count(items) && n < DOSSIER_SHOWN; i++) {
		const struct json *v = json_at(items, i);
		int64_t at_ms;

		if (is_told(list, n, v))
			continue;
		if (!time_parse_rfc3339(json_get_str(v, kind->time), &at_ms))
			at_ms = 0;
		list[n] = (struct happened){at_ms, kind, v, n};
		n++;
	}
	return n;
}

void
privacy_timeline(const struct pen *p, const struct json *sections, const struct rule_set *rules)
{
	struct happened list[KINDS * DOSSIER_SHOWN];
	struct telling t = {p, rules};
	size_t n = 0;

	for (size_t i = 0; i < json_count(sections); i++)
		for (size_t k = 0; k < KINDS; k++)
			if (slice_eq_str(
				json_get_str(json_at(sections, i), "name"), kinds[k].section))
				n += take_kind(
				    &kinds[k], json_get(json_at(sections, i), "items"), list + n);
	if (n > 0)
		qsort(list, n, sizeof *list, newest_first);
	for (size_t i = 0; i < n; i++) {
		pen_line(p, list[i].at_ms, list[i].kind->word, list[i].kind->tone);
		list[i].kind->put(&t, list[i].v);
		pen_line_end(p);
	}
}
