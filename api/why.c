/*
 * why.c - why a rule fired on a post or did not, from what was stored then.
 *
 * GET /api/v1/why?post=ID[&rule=ID]   200; 404 for a post never seen, or a rule nobody knows
 * GET /api/v1/why?event=ID[&rule=ID]  200, 404
 * GET /api/v1/why?message=ID          200; 404, 409 when several ids begin so
 * GET /api/v1/why?incident=NO         200, 404: why a watch saw a crowd
 * GET /api/v1/why?watch=ID            200, 404: its newest incident, and what it sees now
 * GET /api/v1/why?about=WORD          the first of these that has such an id: post, event (also as
 *                                     "e:ID"), message, watch
 * &format=text                        the same as lines to read
 *
 * What was decided is told from the rows of then; the occurrence is built again from the stored
 * post and asked of the rules of that version (why_then.c, why_rules.c).
 */
#include "api/api_internal.h"

#include <assert.h>
#include <string.h>

#include "core/diag.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/events.h"
#include "store/watches.h"

#include "api/why_internal.h"

#define NEAREST_MAX 2000 /* ids a mistyped one is compared with */
#define ABOUT_MESSAGE_MIN 6 /* digits of a message's id */

void
why_note(struct why *y, const char *note)
{
	for (size_t i = 0; i < y->note_count; i++)
		if (strcmp(y->notes[i], note) == 0)
			return;
	if (y->note_count < WHY_NOTES_MAX)
		y->notes[y->note_count++] = note;
}

/* ---- what is asked about ----------------------------------------------- */

struct asked {
	struct slice post, message, watch, incident, event;
};

static int
load_message(
    struct api_call *c, struct why *y, struct slice id, struct slice *post_r, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	int rc = store_message_load(st, id, a, &y->message, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no message '%.*s'%s", SLICE_ARG(id),
		    id.len < 6 ? ": give at least 6 characters of its id" : "");
	if (rc < 0 || api_message_cause(c, &y->message, err) < 0)
		return -1;
	y->has_message = true;
	*post_r = SLICE_NONE;
	if (why_load_chain(c, y, err) < 0)
		return -1;
	if (y->chain.has_decision && y->chain.decision.occurrence_kind != OCCURRENCE_INCIDENT) {
		*post_r = y->chain.decision.occurrence_id;
		y->asked_rule = y->chain.decision.rule_id;
	}
	if (y->message.alert_no > 0) {
		rc = store_alert_load(st, y->message.alert_no, a, &y->alert, err);
		if (rc < 0)
			return -1;
		y->has_alert = rc == 1;
		if (rc == 1 && !slice_is_set(*post_r) && y->alert.post_id.len > 0) {
			*post_r = y->alert.post_id;
			y->asked_rule = y->alert.rule_id;
		}
	}
	return 0;
}

/* Is there such a watch, or was there one that saw a crowd? 1, 0, -1. */
static int
knows_watch(struct api_call *c, struct slice id, struct err *err)
{
	struct incident_row *rows;
	size_t count;

	if (c->env->rules != NULL && rule_set_find_watch(c->env->rules, id) >= 0)
		return 1;
	if (store_incidents_list(c->env->store, id, 0, 1, c->env->arena, &rows, &count, err) < 0)
		return -1;
	return count > 0;
}

/* Of that id, or with "e:" in front as decisions name it. 1, 0, -1. */
static int
knows_event(struct api_call *c, struct slice id, struct slice *event_r, struct err *err)
{
	struct slice bare;
	int rc = store_event_exists(c->env->store, id, err);

	*event_r = rc == 1 ? id : SLICE_NONE;
	if (rc != 0 || !event_id_of_occurrence(id, &bare))
		return rc;
	rc = store_event_exists(c->env->store, bare, err);
	if (rc == 1)
		*event_r = bare;
	return rc;
}

/* The live rule whose id is close to that; NULL: none is, or no memory to look. */
static const char *
nearest_rule(struct api_call *c, struct slice id)
{
	size_t n = c->env->rules == NULL ? 0 : rule_set_count(c->env->rules);
	const char **names;

	if (n > NEAREST_MAX)
		n = NEAREST_MAX;
	names = arena_array(c->env->arena, n + 1, sizeof *names);
	for (size_t i = 0; i < n && names != NULL; i++) {
		struct slice name = rule_set_head(c->env->rules, i)->id;

		names[i] = arena_strndup(c->env->arena, name.ptr, name.len);
		if (names[i] == NULL)
			return NULL;
	}
	return names == NULL ? NULL : diag_nearest(id, names, n);
}

static int
no_such_rule(struct api_call *c, struct slice id, struct err *err)
{
	const char *nearest = nearest_rule(c, id);

	return err_set(err, ERR_NOT_FOUND, "there is no rule '%.*s'%s%s%s", SLICE_ARG(id),
	    nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
	    nearest == NULL ? "" : "'?");
}

/* Rules and segments have ids, too, and other commands. */
static int
nothing_known(struct api_call *c, struct slice id, struct err *err)
{
	const struct rule_set *rules = c->env->rules;

	if (rules != NULL && rule_set_find(rules, id) >= 0)
		return err_set(err, ERR_NOT_FOUND,
		    "'%.*s' is a rule: 'earshot rules show %.*s' says what it does, 'earshot why "
		    "POST %.*s' what it made of a post",
		    SLICE_ARG(id), SLICE_ARG(id), SLICE_ARG(id));
	if (rules != NULL && rule_set_find_segment(rules, id) >= 0)
		return err_set(err, ERR_NOT_FOUND,
		    "'%.*s' is a segment: 'earshot segments show %.*s' says who is in it, 'earshot "
		    "people show CUSTOMER' since when somebody is",
		    SLICE_ARG(id), SLICE_ARG(id));
	return err_set(err, ERR_NOT_FOUND,
	    "nothing is known of '%.*s': no post, no event, no message and no watch has that id",
	    SLICE_ARG(id));
}

/* What has that id: a post, an event, a message, a watch. */
static int
find_about(struct api_call *c, struct slice id, struct asked *q, struct err *err)
{
	struct message m;
	struct post_ref ref;
	int rc = store_post_find(c->env->store, id, &ref, err);

	if (rc == 1)
		q->post = id;
	if (rc == 0)
		rc = knows_event(c, id, &q->event, err);
	if (rc == 0 && id.len >= ABOUT_MESSAGE_MIN) {
		rc = store_message_load(c->env->store, id, c->env->arena, &m, err);
		if (rc == 1)
			q->message = id;
	}
	if (rc == 0) {
		rc = knows_watch(c, id, err);
		if (rc == 1)
			q->watch = id;
	}
	return rc != 0 ? rc : nothing_known(c, id, err);
}

static int
take_asked(struct api_call *c, struct asked *q, struct err *err)
{
	struct slice about = api_query(c, "about");

	*q = (struct asked){api_query(c, "post"), api_query(c, "message"), api_query(c, "watch"),
	    api_query(c, "incident"), api_query(c, "event")};
	if (slice_is_set(about) + slice_is_set(q->post) + slice_is_set(q->message) +
		slice_is_set(q->watch) + slice_is_set(q->incident) + slice_is_set(q->event) !=
	    1) {
		api_problem_at(c->reply, 400, "bad-parameter", "query",
		    "/api/v1/why?post=ID, /api/v1/why?post=ID&rule=ID, /api/v1/why?event=ID, "
		    "/api/v1/why?message=ID, /api/v1/why?watch=ID or /api/v1/why?incident=NO",
		    "say which post or which event, message, watch or incident");
		return -1;
	}
	return slice_is_set(about) && find_about(c, about, q, err) < 0 ? -1 : 0;
}

static int
load_event(struct api_call *c, struct why *y, struct slice id, struct err *err)
{
	int rc = store_event_load(c->env->store, id, c->env->arena, &y->event, err);

	if (rc < 0)
		return -1;
	if (rc == 0 && !y->has_message)
		return err_set(
		    err, ERR_NOT_FOUND, "the event '%.*s' was never received", SLICE_ARG(id));
	if (rc == 0) {
		why_note(y, "the event is no longer known");
		return 0;
	}
	y->cause = (struct why_cause){.is_there = true,
	    .occurrence_id = event_occurrence_id(c->env->arena, id),
	    .event_no = y->event->event_no,
	    .rules_version = y->event->rules_version,
	    .inert = y->event->inert};
	return slice_is_set(y->cause.occurrence_id) ? 0 : api_nomem(c, err);
}

static int
load_asked(struct api_call *c, struct why *y, struct asked *q, struct err *err)
{
	int rc;

	y->asked_rule = api_query(c, "rule");
	if (slice_is_set(q->message)) {
		struct slice asked = y->asked_rule;

		if (load_message(c, y, q->message, &q->post, err) < 0)
			return -1;
		if (slice_is_set(asked))
			y->asked_rule = asked;
		if (!slice_is_set(q->post)) {
			why_note(y, "no post or event is behind this message");
			return 0;
		}
	}
	if (slice_is_set(q->event) || event_id_of_occurrence(q->post, &q->event))
		return load_event(c, y, q->event, err);
	rc = store_post_load(c->env->store, q->post, c->env->arena, &y->sp, err);
	if (rc == 1)
		y->cause = (struct why_cause){.is_there = true,
		    .occurrence_id = y->sp->post.id,
		    .post_no = y->sp->post_no,
		    .rules_version = y->sp->rules_version,
		    .inert = y->sp->inert};
	if (rc == 0 && !y->has_message)
		return err_set(
		    err, ERR_NOT_FOUND, "the post '%.*s' was never seen", SLICE_ARG(q->post));
	if (rc == 0)
		why_note(y, "the post is no longer known");
	return rc < 0 ? -1 : 0;
}

/* ---- decisions, by rule ------------------------------------------------- */

struct why_rule *
why_rule_find(struct why *y, struct slice id)
{
	for (size_t i = 0; i < y->rule_count; i++)
		if (slice_eq(y->rules[i].id, id))
			return &y->rules[i];
	return NULL;
}

static int
add_decision(
    struct api_call *c, struct why *y, const struct decision_row *row, size_t room, struct err *err)
{
	struct why_rule *r = why_rule_find(y, row->rule_id);
	struct why_decision *d;

	if (r == NULL) {
		r = &y->rules[y->rule_count++];
		r->id = row->rule_id;
		r->decisions = arena_array(c->env->arena, room, sizeof *r->decisions);
		if (r->decisions == NULL)
			return api_nomem(c, err);
	}
	d = &r->decisions[r->decision_count++];
	d->row = *row;
	if (row->outcome == DECISION_QUEUED || row->outcome == DECISION_DRAFTED) {
		int rc = store_message_load(
		    c->env->store, slice_of(row->id), c->env->arena, &d->message, err);

		if (rc < 0)
			return -1;
		d->has_message = rc == 1;
	}
	return 0;
}

bool
why_is_asked(const struct why *y, struct slice rule_id)
{
	return !slice_is_set(y->asked_rule) || slice_eq(y->asked_rule, rule_id);
}

static int
load_decisions(struct api_call *c, struct why *y, struct err *err)
{
	struct decision_row *rows;
	size_t count;

	if (store_decisions_of(
		c->env->store, y->cause.occurrence_id, c->env->arena, &rows, &count, err) < 0)
		return -1;
	y->rule_room = count + WHY_NEAR_MAX + 1;
	y->rules = arena_array(c->env->arena, y->rule_room, sizeof *y->rules);
	if (y->rules == NULL)
		return api_nomem(c, err);
	y->decided_at_ms = TIME_UNKNOWN;
	for (size_t i = 0; i < count && y->decided_at_ms == TIME_UNKNOWN; i++)
		if (rows[i].occurrence_kind != OCCURRENCE_TIMER)
			y->decided_at_ms = rows[i].at_ms;
	for (size_t i = 0; i < count; i++)
		if (why_is_asked(y, rows[i].rule_id) &&
		    add_decision(c, y, &rows[i], count, err) < 0)
			return -1;
	return 0;
}

/* ---- the rules of then --------------------------------------------------- */

static const char *
why_unexplained(const struct why *y)
{
	const struct stored_post *sp = y->sp;

	if (y->event != NULL)
		return y->event->is_expired ? "the event is past its retention: what was done and "
					      "by whom is no longer known"
					    : NULL;
	if (sp->post.is_deleted)
		return "the post was deleted upstream: its words and author are no longer known";
	if (sp->is_expired)
		return "the post is past its retention: its words and author are no longer known";
	if (sp->revision > 0)
		return "the post was edited after it was decided on: its first words are no longer "
		       "known, and a rule decides once on a post";
	return NULL;
}

static int
explain(struct api_call *c, struct why *y, struct err *err)
{
	const struct rule_set *set = NULL;
	const struct template_set *templates = NULL;
	struct why_then then;
	int rc;

	y->unexplained = why_unexplained(y);
	if (y->cause.rules_version == 0) {
		why_note(y, "no rules were live when it was taken");
		return 0;
	}
	rc = c->env->host->rules_of(
	    c->env->host->cookie, c->env->store, y->cause.rules_version, &set, &templates, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		y->unexplained = "the rules of that version are no longer known";
		return 0;
	}
	if (y->unexplained == NULL && why_rebuild(c, y, set, &then, err) < 0)
		return -1;
	return why_explain(c, y, set, &then, err);
}

/* When a rule came that was not there yet, or went that was not there any more; NULL without
 * memory. */
static const char *
say_versions(struct api_call *c, const struct why *y, int64_t first, int64_t last, struct err *err)
{
	bool is_later = first > y->cause.rules_version;
	struct rules_version v;
	char at[TIME_TEXT_MAX];
	const char *when = "";
	int rc =
	    store_rules_load(c->env->store, is_later ? first : last + 1, c->env->arena, &v, err);

	if (rc < 0)
		return NULL;
	if (rc == 1)
		when = arena_printf(c->env->arena, ", on %s by %.*s",
		    time_format_rfc3339(v.applied_at_ms, at), SLICE_ARG(v.author));
	if (when != NULL)
		when = arena_printf(c->env->arena,
		    "the rule was not among the rules that were live when the post was taken: it "
		    "%s with version %lld%s",
		    is_later ? "came" : "had gone", (long long)(is_later ? first : last + 1), when);
	if (when == NULL)
		api_nomem(c, err);
	return when;
}

/* A rule that was asked about and was not live then: when was it? */
static int
check_asked(struct api_call *c, struct why *y, struct err *err)
{
	const char *words = "the rule was not among the rules that were live when the post was "
			    "taken";
	int64_t first, last;
	int rc;

	if (!slice_is_set(y->asked_rule) || y->rule_count + y->watch_count > 0 ||
	    (y->unexplained != NULL && y->left_out == 0))
		return 0;
	rc = store_rule_id_versions(c->env->store, y->asked_rule, &first, &last, err);
	if (rc == 1 &&
	    (first > y->cause.rules_version || (last > 0 && last < y->cause.rules_version)))
		words = say_versions(c, y, first, last, err);
	else if (rc == 0 &&
	    (c->env->rules == NULL ||
		(rule_set_find(c->env->rules, y->asked_rule) < 0 &&
		    rule_set_find_watch(c->env->rules, y->asked_rule) < 0)))
		rc = no_such_rule(c, y->asked_rule, err);
	if (rc < 0 || words == NULL)
		return -1;
	why_note(y, words);
	return 0;
}

/* ---- the answer ------------------------------------------------------------ */

static int
answer_watch(struct api_call *c, const struct asked *q, bool is_text, struct err *err)
{
	struct incident_row row, *rows = NULL;
	int64_t no = 0;
	size_t count = 0;
	int rc;

	if (slice_is_set(q->incident)) {
		if (api_query_i64(c, "incident", 1, INT64_MAX, 0, &no) < 0)
			return -1;
		rc = store_incident_load(c->env->store, no, c->env->arena, &row, err);
		if (rc == 0)
			return err_set(
			    err, ERR_NOT_FOUND, "there is no incident %lld", (long long)no);
		return rc < 0 ? -1 : why_watch_say(c, row.watch_id, &row, is_text, err);
	}
	rc = knows_watch(c, q->watch, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no watch '%.*s'", SLICE_ARG(q->watch));
	if (rc < 0 ||
	    store_incidents_list(c->env->store, q->watch, 0, 1, c->env->arena, &rows, &count, err) <
		0)
		return -1;
	return why_watch_say(c, q->watch, count > 0 ? rows : NULL, is_text, err);
}

int
api_why_get(struct api_call *c, struct err *err)
{
	static const char *const formats[] = {"json", "text"};
	struct why *y = ARENA_NEW(c->env->arena, struct why);
	struct asked q;
	int format;

	if (y == NULL)
		return api_nomem(c, err);
	if (api_query_word(c, "format", formats, 2, &format) < 0 || take_asked(c, &q, err) < 0)
		return -1;
	if (slice_is_set(q.watch) || slice_is_set(q.incident))
		return answer_watch(c, &q, format == 1, err);
	if (load_asked(c, y, &q, err) < 0)
		return -1;
	if (y->cause.is_there &&
	    (load_decisions(c, y, err) < 0 || why_answers(c, y, err) < 0 ||
		why_judge(c, y, err) < 0 || explain(c, y, err) < 0 || check_asked(c, y, err) < 0))
		return -1;
	return format == 1 ? why_say_text(c, y, err) : why_say_json(c, y, err);
}
