/*
 * guardrails.c - what holds a whole firing back, and the counters behind it.
 *
 * Counters are rows keyed by (rule, kind, key).  A cool-down's key is what the limit is counted
 * per: the subject (an author and their linked customer are one), the thread, or "" for the rule
 * itself.
 */
#include "actions/actions_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "platform/zone.h"
#include "store/posts.h"

static const char *
scope_name(enum limit_scope scope)
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

/* What the cool-down is counted by.  False: nothing to count by, why says so. */
static bool
cooldown_key(
    const struct occurrence *occ, enum limit_scope scope, struct slice *key_r, char why[WHY_MAX])
{
	const struct post *post = occ->post;

	switch (scope) {
	case LIMIT_PER_RULE: *key_r = SLICE_LIT(""); return true;
	case LIMIT_PER_THREAD:
		*key_r = occ->id;
		if (post != NULL && slice_is_set(post->reply_to))
			*key_r = post->reply_to;
		if (post != NULL && slice_is_set(post->thread))
			*key_r = post->thread;
		return true;
	case LIMIT_PER_CUSTOMER:
		if (occ->customer == NULL) {
			snprintf(why, WHY_MAX,
			    "no customer to count per: the author is not linked to one");
			return false;
		}
		break;
	case LIMIT_PER_AUTHOR:
	case LIMIT_PER_SUBJECT: break;
	}
	if (!slice_is_set(occ->subject)) {
		snprintf(why, WHY_MAX, "no author to count per: the post is anonymous");
		return false;
	}
	*key_r = occ->subject;
	return true;
}

static int
judge_cooldown(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	const struct occurrence *occ = s->in->occ;
	struct rule_counter c;
	struct slice key;
	char duration[WORDS_DURATION_MAX], last[TIME_TEXT_MAX];
	int rc;

	if (rule->cooldown_ms <= 0)
		return 1;
	if (!cooldown_key(occ, rule->cooldown_scope, &key, why))
		return 0;
	rc = store_counter_get(s->st, rule->id, STATE_COOLDOWN, key, &c, s->err);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	/* A clock that was set back keeps it held: never twice within the time. */
	if (c.last_at_ms == TIME_UNKNOWN || occ->now_ms - c.last_at_ms >= rule->cooldown_ms)
		return 1;
	snprintf(why, WHY_MAX, "at most once every %s %s: last fired %s",
	    words_duration(rule->cooldown_ms, duration), scope_name(rule->cooldown_scope),
	    time_format_rfc3339(c.last_at_ms, last));
	return 0;
}

static int
judge_total(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	struct rule_counter c;

	if (rule->max_total <= 0)
		return 1;
	if (store_counter_get(s->st, rule->id, STATE_TOTAL, SLICE_LIT(""), &c, s->err) < 0)
		return -1;
	if (c.count < rule->max_total)
		return 1;
	snprintf(why, WHY_MAX, "at most %lld in total: it has fired %lld time%s",
	    (long long)rule->max_total, (long long)c.count, c.count == 1 ? "" : "s");
	return 0;
}

int
guardrails_may_act(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	const struct occurrence *occ = s->in->occ;
	const char *inert = s->in->inert;
	char duration[WORDS_DURATION_MAX];

	if (inert != NULL && !(rule->acts_on_reposts && strcmp(inert, INERT_REPOST) == 0)) {
		snprintf(why, WHY_MAX, "%s", inert);
		return 0;
	}
	if (rule->act_within_ms > 0 && occ->now_ms - occ->at_ms > rule->act_within_ms) {
		snprintf(
		    why, WHY_MAX, "older than %s", words_duration(rule->act_within_ms, duration));
		return 0;
	}
	return 1;
}

int
guardrails_judge(struct settle *s, const struct rule_head *rule, char why[WHY_MAX])
{
	int rc = judge_cooldown(s, rule, why);

	return rc == 1 ? judge_total(s, rule, why) : rc;
}

static int
count_one(struct settle *s, struct slice rule_id, enum state_kind kind, struct slice key)
{
	struct rule_counter c;

	if (store_counter_get(s->st, rule_id, kind, key, &c, s->err) < 0)
		return -1;
	if (c.last_at_ms == TIME_UNKNOWN || c.last_at_ms < s->in->occ->now_ms)
		c.last_at_ms = s->in->occ->now_ms;
	c.count++;
	return store_counter_put(s->st, rule_id, kind, key, &c, s->err);
}

int
guardrails_fired(struct settle *s, const struct rule_head *rule)
{
	struct slice key;
	char why[WHY_MAX];

	if (rule->cooldown_ms > 0) {
		bool has_key = cooldown_key(s->in->occ, rule->cooldown_scope, &key, why);

		assert(has_key); /* judged before */
		if (!has_key || count_one(s, rule->id, STATE_COOLDOWN, key) < 0)
			return -1;
	}
	/* Also without a limit, so that one written later counts from the start. */
	return count_one(s, rule->id, STATE_TOTAL, SLICE_LIT(""));
}

/* "c:17|2026-11-21" in the person's zone, else the brand's, else UTC. */
static int
person_day_key(struct settle *s, struct slice *key_r)
{
	const struct occurrence *occ = s->in->occ;
	int64_t offset_ms = 0;
	int year, month, day;
	const char *text;

	if ((occ->customer == NULL || !slice_is_set(occ->customer->timezone) ||
		!zone_offset_ms(occ->customer->timezone, occ->now_ms, &offset_ms)) &&
	    (s->config->brand_timezone == NULL ||
		!zone_offset_ms(slice_of(s->config->brand_timezone), occ->now_ms, &offset_ms)))
		offset_ms = 0;
	time_civil_from_days((occ->now_ms + offset_ms) / TIME_DAY_MS, &year, &month, &day);
	text = arena_printf(
	    s->arena, "%.*s|%04d-%02d-%02d", SLICE_ARG(occ->subject), year, month, day);
	if (text == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory to count a person's messages");
	*key_r = slice_of(text);
	return 0;
}

int
guardrails_person_day(struct settle *s, char why[WHY_MAX])
{
	struct rule_counter c;
	struct slice key;
	long long cap = (long long)s->config->max_per_person_per_day;

	if (cap <= 0)
		return 1;
	if (person_day_key(s, &key) < 0 ||
	    store_counter_get(s->st, SLICE_LIT(""), STATE_PERSON_DAY, key, &c, s->err) < 0)
		return -1;
	if (c.count < cap)
		return 1;
	snprintf(why, WHY_MAX, "cap of %lld message%s per person per day reached", cap,
	    cap == 1 ? "" : "s");
	return 0;
}

int
guardrails_person_day_count(struct settle *s)
{
	struct slice key;

	if (person_day_key(s, &key) < 0)
		return -1;
	return count_one(s, SLICE_LIT(""), STATE_PERSON_DAY, key);
}
