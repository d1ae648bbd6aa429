/*
 * sequences.c - `after` and `unless` over rows of event times.
 */
#include "actions/sequences.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/days.h"
#include "store/merges.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/times.h"

#include "actions/actions_internal.h"

static int
note_time(struct store *st, struct slice rule_id, enum times_part part, struct slice key,
    int64_t at_ms, int64_t keep_from_ms, struct err *err)
{
	struct rule_times t;

	if (store_times_get(st, rule_id, part, key, &t, err) < 0)
		return -1;
	rule_times_drop_before(&t, keep_from_ms);
	if (!rule_times_add(&t, at_ms))
		return 0;
	return store_times_put(st, rule_id, part, key, &t, err);
}

/* The newest of the times within both; TIME_UNKNOWN: there is none. */
static int64_t
newest_within(const struct rule_times *t, int64_t from_ms, int64_t until_ms)
{
	for (size_t i = t->count; i > 0; i--)
		if (t->at_ms[i - 1] <= until_ms)
			return t->at_ms[i - 1] >= from_ms ? t->at_ms[i - 1] : TIME_UNKNOWN;
	return TIME_UNKNOWN;
}

static int
find_newest(struct store *st, struct slice rule_id, enum times_part part, struct slice key,
    int64_t from_ms, int64_t until_ms, int64_t *at_ms_r, struct err *err)
{
	struct rule_times t;

	if (store_times_get(st, rule_id, part, key, &t, err) < 0)
		return -1;
	*at_ms_r = newest_within(&t, from_ms, until_ms);
	return *at_ms_r != TIME_UNKNOWN;
}

static int
sent_key(struct arena *a, struct slice subject, struct slice template_id, struct slice *key_r,
    struct err *err)
{
	const char *text = arena_printf(a, "%.*s|%.*s", SLICE_ARG(subject), SLICE_ARG(template_id));

	if (text == NULL)
		return err_set(err, ERR_NOMEM, "no memory to look for a message");
	*key_r = slice_of(text);
	return 0;
}

/* ---- what happens ------------------------------------------------------- */

int
sequence_note_mark(struct settle *s, const struct firing *f)
{
	const struct occurrence *occ = s->in->occ;
	const char *inert = s->in->inert;
	bool is_after = f->part == FIRING_AFTER;
	int64_t within_ms = is_after ? f->rule->after.within_ms : f->rule->unless.within_ms;

	if (!slice_is_set(occ->subject))
		return 0;
	if (inert != NULL && strcmp(inert, INERT_OWN_ACCOUNT) == 0)
		return 0;
	if (inert != NULL && strcmp(inert, INERT_REPOST) == 0 && !f->rule->acts_on_reposts)
		return 0;
	/* Beyond the allowed lateness it completes nothing; that something came is no less true. */
	if (is_after && occ->behind_ms > s->config->allowed_lateness_ms)
		return 0;
	if (is_after && sequence_start_open(s, f) < 0)
		return -1;
	/* A post may come later than younger ones by the allowed lateness: kept twice as long. */
	return note_time(s->st, f->rule->id, is_after ? TIMES_AFTER : TIMES_UNLESS, occ->subject,
	    occ->at_ms, occ->at_ms - 2 * within_ms, s->err);
}

/* Whoever is answered on one of their posts has been spoken to, which of them it was. */
static int
note_answered_person(struct store *st, const struct post *post, struct arena *a, struct err *err)
{
	struct stored_post *parent;
	int rc = store_post_load(st, post->reply_to, a, &parent, err);

	if (rc <= 0 || !slice_is_set(parent->subject))
		return rc < 0 ? -1 : 0;
	return note_time(st, SLICE_LIT(""), TIMES_ANSWERED, parent->subject, post_event_at_ms(post),
	    INT64_MIN, err);
}

int
sequences_note_answer(struct store *st, const struct post *post, struct arena *a, struct err *err)
{
	int64_t at_ms = post_event_at_ms(post);

	if (slice_is_set(post->reply_to) &&
	    (note_time(st, SLICE_LIT(""), TIMES_ANSWERED, post->reply_to, at_ms, INT64_MIN, err) <
		    0 ||
		note_answered_person(st, post, a, err) < 0))
		return -1;
	if (!slice_is_set(post->thread) || slice_eq(post->thread, post->reply_to) ||
	    slice_eq(post->thread, post->id))
		return 0;
	return note_time(st, SLICE_LIT(""), TIMES_ANSWERED, post->thread, at_ms, INT64_MIN, err);
}

/* Whom a message went to, as they are known now: a stranger of then may be a customer. 1, 0, -1. */
static int
message_subject(struct store *st, const struct message *m, struct arena *a, struct slice *subject_r,
    struct err *err)
{
	struct decision_row d;
	struct link_row link;
	struct slice customer_id = m->customer_id, root;
	int rc;

	if (!slice_is_set(customer_id)) {
		rc = slice_is_set(m->decision_id)
		    ? store_decision_load(st, m->decision_id, a, &d, err)
		    : 0;
		if (rc <= 0 || !slice_is_set(d.subject))
			return rc < 0 ? -1 : 0;
		*subject_r = d.subject;
		if (!slice_starts_with(d.subject, "a:"))
			return 1;
		rc = store_link_by_author(
		    st, slice_make(d.subject.ptr + 2, d.subject.len - 2), a, &link, err);
		if (rc <= 0)
			return rc < 0 ? -1 : 1;
		customer_id = link.customer_id;
	}
	root = customer_id; /* of a customer that is no longer known */
	if (store_customer_root(st, customer_id, a, &root, err) < 0)
		return -1;
	*subject_r = slice_of(arena_printf(a, "c:%.*s", SLICE_ARG(root)));
	return slice_is_set(*subject_r) ? 1 : err_set(err, ERR_NOMEM, "no memory for a customer");
}

/* A reply, and whatever a person of ours let go, answers what it was written because of; what a rule sends by
 * itself answers nothing. */
static int
note_sent_answer(
    struct store *st, const struct message *m, int64_t now_ms, struct arena *a, struct err *err)
{
	struct decision_row d;
	int rc;

	if ((m->kind != MESSAGE_REPLY && !slice_is_set(m->team)) || !slice_is_set(m->decision_id))
		return 0;
	rc = store_decision_load(st, m->decision_id, a, &d, err);
	if (rc <= 0 || !slice_is_set(d.occurrence_id))
		return rc < 0 ? -1 : 0;
	return note_time(
	    st, SLICE_LIT(""), TIMES_ANSWERED, d.occurrence_id, now_ms, INT64_MIN, err);
}

int
sequences_note_sent(
    struct store *st, const struct message *m, int64_t now_ms, struct arena *a, struct err *err)
{
	struct slice subject, key;
	int rc;

	if (m->kind == MESSAGE_NOTICE)
		return 0;
	if (m->kind == MESSAGE_SEND && slice_is_set(m->customer_id) &&
	    store_day_add(st, m->customer_id,
		&(struct day_entry){.what = DAY_CONTACT, .at_ms = now_ms}, now_ms, err) < 0)
		return -1;
	if (note_sent_answer(st, m, now_ms, a, err) < 0)
		return -1;
	rc = message_subject(st, m, a, &subject, err);
	if (rc <= 0 || !slice_is_set(m->template_id))
		return rc < 0 ? -1 : 0;
	if (sent_key(a, subject, m->template_id, &key, err) < 0)
		return -1;
	return note_time(st, SLICE_LIT(""), TIMES_SENT, key, now_ms, INT64_MIN, err);
}

/* ---- after --------------------------------------------------------------- */

static void
say_missing(const struct rule_sequence *after, char why[WHY_MAX])
{
	char within[WORDS_DURATION_MAX];

	words_duration(after->within_ms, within);
	if (after->kind == SEQUENCE_SENT)
		snprintf(why, WHY_MAX, "after \"%.*s\" was sent within %s: it was not sent to them",
		    SLICE_ARG(after->template_id), within);
	else
		snprintf(
		    why, WHY_MAX, "after a post within %s: there was no such post before", within);
}

int
sequence_after(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	const struct occurrence *occ = s->in->occ;
	const struct rule_sequence *after = &rule->after;
	bool is_post = after->kind == SEQUENCE_POST;
	struct slice key = occ->subject;
	int64_t at_ms;
	int rc;

	if (after->kind == SEQUENCE_NONE)
		return 1;
	if (!slice_is_set(occ->subject)) {
		snprintf(why, WHY_MAX, "what happened before is not known: the post is anonymous");
		return 0;
	}
	if (!is_post && sent_key(s->arena, occ->subject, after->template_id, &key, s->err) < 0)
		return -1;
	/* This very post is noted only after it was judged. */
	rc = find_newest(s->st, is_post ? rule->id : SLICE_LIT(""),
	    is_post ? TIMES_AFTER : TIMES_SENT, key, occ->at_ms - after->within_ms, occ->at_ms,
	    &at_ms, s->err);
	if (rc != 0)
		return rc;
	say_missing(after, why);
	return is_post ? sequence_note_open(s, rule) : 0;
}

/* ---- unless -------------------------------------------------------------- */

int
sequence_wait(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	const struct occurrence *occ = s->in->occ;
	char until[TIME_TEXT_MAX];
	struct timer_row timer = {
	    .due_at_ms = occ->at_ms + rule->unless.within_ms,
	    .rule_id = rule->id,
	    .post_no = s->in->post_no,
	    .event_no = s->in->event_no,
	    .subject = occ->subject,
	    .started_at_ms = occ->at_ms,
	};

	assert(rule->unless.kind != SEQUENCE_NONE && occ->kind != OCCURRENCE_TIMER);
	if (timer.due_at_ms < occ->now_ms)
		timer.due_at_ms = occ->now_ms;
	snprintf(why, WHY_MAX, "waits until %s for %s", time_format_rfc3339(timer.due_at_ms, until),
	    rule->unless.kind == SEQUENCE_ANSWERED ? "an answer" : "a post that makes it needless");
	return store_timer_put(s->st, &timer, s->err) < 0 ? -1 : 0;
}

#define UNANSWERED "not answered within" /* in reasons that are stored */

bool
sequences_was_unanswered(struct slice reason)
{
	return slice_is_set(reason) &&
	    memmem(reason.ptr, reason.len, UNANSWERED, sizeof UNANSWERED - 1) != NULL;
}

int
sequences_find_answer(struct store *st, const struct answer_asked *asked, int64_t *at_ms_r,
    const char **what_r, struct err *err)
{
	const struct {
		struct slice key;
		const char *what;
	} places[] = {
	    {asked->occurrence_id, "answered"},
	    {asked->thread, "answered in the thread"},
	    {asked->subject, "answered on another post of theirs"},
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int rc = slice_is_set(places[i].key)
		    ? find_newest(st, SLICE_LIT(""), TIMES_ANSWERED, places[i].key, asked->from_ms,
			  asked->until_ms, at_ms_r, err)
		    : 0;

		*what_r = places[i].what;
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
sequences_judge_timer(struct store *st, const struct rule_head *rule, const struct timer_row *timer,
    struct slice occurrence_id, const struct post *post, struct slice subject, struct arena *a,
    struct slice *why_r, struct err *err)
{
	const struct answer_asked asked = {.occurrence_id = occurrence_id,
	    .thread = post != NULL ? post->thread : SLICE_NONE,
	    .subject = subject,
	    .from_ms = timer->started_at_ms,
	    .until_ms = timer->due_at_ms};
	bool is_answer = rule->unless.kind == SEQUENCE_ANSWERED;
	bool is_late = rule->unless.kind == SEQUENCE_NONE; /* sequences_late.c */
	const char *what = "a post made it needless", *text;
	char at[TIME_TEXT_MAX], within[WORDS_DURATION_MAX];
	int64_t at_ms = TIME_UNKNOWN;
	int rc;

	if (is_late)
		rc = slice_is_set(subject) ? find_newest(st, rule->id, TIMES_AFTER, subject,
						 timer->started_at_ms - rule->after.within_ms,
						 timer->started_at_ms, &at_ms, err)
					   : 0;
	else if (is_answer)
		rc = sequences_find_answer(st, &asked, &at_ms, &what, err);
	else /* strictly afterwards: the post itself may fulfil both */
		rc = slice_is_set(subject)
		    ? find_newest(st, rule->id, TIMES_UNLESS, subject, timer->started_at_ms + 1,
			  timer->due_at_ms, &at_ms, err)
		    : 0;
	if (rc < 0)
		return -1;
	words_duration(is_late ? rule->after.within_ms : rule->unless.within_ms, within);
	if (is_late)
		text = arena_printf(a,
		    rc == 1 ? "the post before it reached us after it, written %s"
			    : "no post within %s before it is known any more",
		    rc == 1 ? time_format_rfc3339(at_ms, at) : within);
	else if (rc == 1)
		text = arena_printf(a, "%s at %s", what, time_format_rfc3339(at_ms, at));
	else
		text = arena_printf(a,
		    is_answer ? UNANSWERED " %s" : "no post within %s that makes it needless",
		    within);
	if (text == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a timer");
	*why_r = slice_of(text);
	return is_late ? !rc : rc;
}

int
sequences_record_timer(struct store *st, const struct timer_row *timer, struct slice occurrence_id,
    int64_t rules_version, struct slice reason, struct slice why, int64_t now_ms,
    struct decision_row *row_r, struct err *err)
{
	struct decision_row row = {
	    .rule_id = timer->rule_id,
	    .rules_version = rules_version,
	    .occurrence_kind = OCCURRENCE_TIMER,
	    .occurrence_id = occurrence_id,
	    .post_no = timer->post_no,
	    .subject = timer->subject,
	    .action = SLICE_LIT(""),
	    .outcome = DECISION_HELD,
	    .reason = reason,
	    .note = why,
	    .at_ms = now_ms,
	    .event_at_ms = timer->due_at_ms,
	};

	occurrence_decision_id(
	    OCCURRENCE_TIMER, row.rule_id, occurrence_id, row.action, row.subject, row.id);
	*row_r = row;
	return store_decision_insert(st, &row, err);
}
