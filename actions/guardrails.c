/*
 * guardrails.c - what holds a whole firing back, in order, and the counters that move when it fires.
 *
 * Counters are rows keyed by (rule, kind, key).  A cool-down's key is what the limit is counted
 * per: the subject (an author and their linked customer are one), the thread, or "" for the rule
 * itself.  Words are made only for what is really held: most firings of a busy rule are judged and
 * forgotten.
 */
#include "actions/actions_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/pauses.h"
#include "store/posts.h"

#include "actions/pauses.h"

const char *
guardrails_scope_name(enum limit_scope scope)
{
	switch (scope) {
	case LIMIT_PER_AUTHOR: return "per author";
	case LIMIT_PER_CUSTOMER: return "per customer";
	case LIMIT_PER_SUBJECT: return "per person";
	case LIMIT_PER_THREAD: return "per thread";
	case LIMIT_PER_RULE: return "in all";
	}
	return "?";
}

bool
guardrails_key(const struct occurrence *occ, enum limit_scope scope, struct slice *key_r,
    const char **nobody_r)
{
	const struct post *post = occ->post;

	*nobody_r = NULL;
	switch (scope) {
	case LIMIT_PER_RULE: *key_r = SLICE_LIT(""); return true;
	case LIMIT_PER_THREAD:
		*key_r = occ->id;
		*nobody_r = "no thread to count per: nothing is known of the post any more";
		if (post != NULL && slice_is_set(post->reply_to))
			*key_r = post->reply_to;
		if (post != NULL && slice_is_set(post->thread))
			*key_r = post->thread;
		return slice_is_set(*key_r); /* what is decided now has its id */
	case LIMIT_PER_CUSTOMER:
		if (occ->customer != NULL)
			break;
		*nobody_r = "no customer to count per: the author is not linked to one";
		return false;
	case LIMIT_PER_AUTHOR:
	case LIMIT_PER_SUBJECT: break;
	}
	if (!slice_is_set(occ->subject)) {
		*nobody_r = "no author to count per: the post is anonymous";
		return false;
	}
	*key_r = occ->subject;
	return true;
}

/* Paused by a person or a watch? 1 it is not, 0 it is, -1. */
static int
judge_pause(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	struct pause_row row;
	struct slice what;
	int rc;

	if (!s->has_pauses)
		return 1;
	if (!pause_rule_what(rule->id, s->arena, &what))
		return err_set(s->err, ERR_NOMEM, "no memory to judge a rule");
	rc = store_pause_get(s->st, what, s->in->occ->now_ms, s->arena, &row, s->err);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	pause_words("the rule is paused", &row, why);
	return 0;
}

/* --- canary --------------------------------------------------------------------------------------
 */

/* FNV-1a, then mixed: it must give the same persons the same place in every version of the program,
 * so it is no hash that may be replaced by a better one. */
static uint64_t
place_of(struct slice rule_id, struct slice subject)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < rule_id.len; i++)
		h = (h ^ (unsigned char)rule_id.ptr[i]) * UINT64_C(1099511628211);
	h *= UINT64_C(1099511628211); /* as for a NUL between them */
	for (size_t i = 0; i < subject.len; i++)
		h = (h ^ (unsigned char)subject.ptr[i]) * UINT64_C(1099511628211);
	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (h ^ (h >> 33)) % 1000;
}

/* A larger share contains the smaller one: persons keep their place. */
static int
judge_canary(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	const struct occurrence *occ = s->in->occ;
	int share = rule->canary_milli;

	if (share <= 0 || share >= 1000)
		return 1;
	if (slice_is_set(occ->subject) && place_of(rule->id, occ->subject) < (uint64_t)share)
		return 1;
	const char *is_out = slice_is_set(occ->subject)
	    ? "this person is not in the share it acts for"
	    : "the post is anonymous, and so in no share";

	if (share % 10 == 0)
		snprintf(why, WHY_MAX, "canary %d%%: %s", share / 10, is_out);
	else
		snprintf(why, WHY_MAX, "canary %d.%d%%: %s", share / 10, share % 10, is_out);
	return 0;
}

/* --- in order ------------------------------------------------------------------------------------
 */

/* Own accounts and reposts count for nobody; a first fetch may decide nothing, but what was said
 * was said. */
static bool
counts_for_its_author(const char *inert)
{
	return inert == NULL || strcmp(inert, INERT_FIRST_FETCH) == 0;
}

/* Inert, too old, paused. */
static int
judge_moment(struct settle *s, const struct rule_head *rule, const char *inert, struct why *why)
{
	const struct occurrence *occ = s->in->occ;

	why->kind = WHY_TEXT;
	if (inert != NULL) {
		snprintf(why->text, WHY_MAX, "%s", inert);
		return 0;
	}
	if (rule->act_within_ms > 0 && occ->now_ms - occ->at_ms > rule->act_within_ms) {
		why->kind = WHY_OLD;
		return 0;
	}
	return judge_pause(s, rule, why->text);
}

/* What keeps the post from deciding, as this rule sees it; NULL: nothing. */
static const char *
inert_for(const struct settle *s, const struct rule_head *rule)
{
	const char *inert = s->in->inert;

	return inert != NULL && rule->acts_on_reposts && strcmp(inert, INERT_REPOST) == 0 ? NULL
											  : inert;
}

/* Counted whatever holds the rule back afterwards: a window is about what was said. */
int
guardrails_remember(struct settle *s, const struct rule_head *rule, struct rule_rows *rows,
    struct window_seen *seen_r)
{
	if (rule->window.times == 0 || s->in->occ->kind == OCCURRENCE_TIMER ||
	    !counts_for_its_author(inert_for(s, rule)))
		return 0;
	return window_count(s, rule, &rows->window, seen_r) < 0 ? -1 : 0;
}

enum verdict
guardrails_may_act(
    struct settle *s, const struct rule_head *rule, struct rule_rows *rows, struct why *why)
{
	const char *inert = inert_for(s, rule);
	bool has_window = rule->window.times > 0 && s->in->occ->kind != OCCURRENCE_TIMER;
	struct window_seen seen;
	int rc;

	if (guardrails_remember(s, rule, rows, &seen) < 0)
		return VERDICT_FAILED;
	rc = judge_moment(s, rule, inert, why);
	if (rc == 1 && has_window)
		return window_judge(rule, &seen, s->in->occ->behind_ms, why);
	return rc < 0 ? VERDICT_FAILED : rc == 1 ? VERDICT_FIRES : VERDICT_HELD;
}

int
guardrails_judge(
    struct settle *s, const struct rule_head *rule, struct rule_rows *rows, struct why *why)
{
	int rc;

	why->kind = WHY_TEXT;
	rc = judge_canary(s, rule, why->text);
	if (rc == 1)
		rc = rests_judge(s, rule, &rows->cooldown, why);
	if (rc != 1)
		return rc;
	why->kind = WHY_TEXT;
	return caps_judge(s, rule, why->text);
}

static void
count_by(const struct settle *s, struct rule_counter *c, int64_t by)
{
	if (c->last_at_ms == TIME_UNKNOWN || c->last_at_ms < s->in->occ->now_ms)
		c->last_at_ms = s->in->occ->now_ms;
	c->count += by;
	if (c->count < 0)
		c->count = 0; /* taken back after it was forgotten */
}

int
guardrails_count(
    struct settle *s, struct slice rule_id, enum state_kind kind, struct slice key, int64_t by)
{
	struct rule_counter c;

	if (store_counter_get(s->st, rule_id, kind, key, &c, s->err) < 0)
		return -1;
	count_by(s, &c, by);
	return store_counter_put(s->st, rule_id, kind, key, &c, s->err);
}

int
guardrails_count_at(struct settle *s, struct store_ahead *at)
{
	struct rule_counter c;

	if (store_counter_get_at(s->st, at, &c, s->err) < 0)
		return -1;
	count_by(s, &c, 1);
	return store_counter_put_at(s->st, at, &c, s->err);
}

int
guardrails_fired(
    struct settle *s, const struct rule_head *rule, struct rule_rows *rows, bool has_message)
{
	struct store_ahead total;

	if (rests_begin(s, rule, &rows->cooldown, has_message) < 0 ||
	    caps_count(s, rule, TIME_UNKNOWN) < 0)
		return -1;
	/* Also without a limit, so that one written later counts from the start. */
	store_counter_ahead(s->st, rule, STATE_TOTAL, SLICE_LIT(""), &total);
	return guardrails_count_at(s, &total);
}

/* --- words ---------------------------------------------------------------------------------------
 */

const char *
guardrails_say(const struct actions_config *config, const struct rule_head *rule,
    const struct why *why, char text[WHY_MAX])
{
	char first[WORDS_DURATION_MAX], second[TIME_TEXT_MAX], late[WORDS_DURATION_MAX];
	int64_t late_ms;

	switch (why->kind) {
	case WHY_TEXT: return why->text;
	case WHY_NOBODY: return why->nobody;
	case WHY_OLD:
		snprintf(
		    text, WHY_MAX, "older than %s", words_duration(rule->act_within_ms, first));
		break;
	case WHY_COOLDOWN:
		snprintf(text, WHY_MAX, "at most once every %s %s: last fired %s",
		    words_duration(rule->cooldown_ms, first),
		    guardrails_scope_name(rule->cooldown_scope),
		    time_format_rfc3339(why->number, second));
		break;
	case WHY_LATE: /* rounded up, so that it is told to be more than what is allowed */
		late_ms = (why->number + TIME_MINUTE_MS - 1) / TIME_MINUTE_MS * TIME_MINUTE_MS;
		snprintf(text, WHY_MAX,
		    "came %s behind its source, beyond the %s a post may be late: not "
		    "counted",
		    words_duration(late_ms, late),
		    words_duration(config->allowed_lateness_ms, first));
		break;
	case WHY_WINDOW:
		snprintf(text, WHY_MAX, "%lld of %lld within %s %s", (long long)why->number,
		    (long long)rule->window.times, words_duration(rule->window.within_ms, first),
		    guardrails_scope_name(rule->window.scope));
		break;
	}
	return text;
}
