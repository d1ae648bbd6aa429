/*
 * check_crowd.c - do `after`, `unless` and the lines of a watch make sense?
 */
#include "rules/check_internal.h"

#include <stdio.h>

#include "core/map.h"
#include "core/timefmt.h"
#include "rules/crowd_internal.h"
#include "rules/limits_internal.h"

/* A usual is learned window by window: for many days it would not be known. */
#define USUAL_AUTHORS_MAX_MS TIME_DAY_MS
#define TIMES_USUAL_MAX 1000
#define USUAL_AUTHORS_MAX (CROWD_DETECTORS_MAX - 1)

static void
check_span(const struct item *it, struct duration d, struct range at)
{
	int64_t ms = duration_ms(d);

	if (d.amount == 0 || (ms >= RULES_SPAN_MIN_MS && ms <= RULES_SPAN_MAX_MS))
		return;
	finding_add(it->sink, FINDING_BAD_SPAN, at, "from 1 minute to 30 days",
	    ms < RULES_SPAN_MIN_MS ? "this is too short" : "this is too long");
}

/* ---- after, unless ---- */

static void
collect_sent(struct check *c)
{
	c->sent = map_new(0, (size_t)RULES_COUNT_MAX * RULES_ACTIONS_MAX, NULL);
	if (c->sent == NULL) {
		c->has_no_memory = true;
		return;
	}
	for (size_t f = 0; f < c->file_count; f++)
		for (struct item *it = c->files[f].first; it != NULL; it = it->next)
			for (struct action_node *a = it->then; a != NULL; a = a->next)
				if ((a->action.verb == ACTION_SEND ||
					a->action.verb == ACTION_DRAFT_REPLY) &&
				    map_put(c->sent, a->action.template_id, a) < 0)
					c->has_no_memory = true;
}

static const char *
sent_nearest(const struct check *c, struct slice name, char *room, size_t size)
{
	const char *names[1] = {room};
	struct slice key;
	size_t pos = 0;

	while (map_next(c->sent, &pos, &key) != NULL) {
		snprintf(room, size, "%.*s", SHOWN(key));
		if (diag_nearest(name, names, 1) != NULL)
			return room;
	}
	return NULL;
}

/* What no rule sends has not been sent, unless by a rule that is gone. */
static void
check_sent(struct check *c, const struct item *it)
{
	const struct sequence_node *s = &it->after;
	char room[128], help[FINDING_TEXT_MAX];

	if (s->sequence.kind != SEQUENCE_SENT || c->is_incomplete)
		return;
	if (c->sent == NULL)
		collect_sent(c);
	if (c->has_no_memory || map_get(c->sent, s->sequence.template_id) != NULL)
		return;
	finding_add(it->sink, FINDING_NEVER_SENT, s->template_at,
	    finding_did_you_mean(sent_nearest(c, s->sequence.template_id, room, sizeof room),
		"write the name of a template as in 'send \"sorry\" by email to customer'", help,
		sizeof help),
	    "no rule sends '%.*s'", SHOWN(s->sequence.template_id));
}

void
check_sequences(struct check *c, const struct item *rule)
{
	check_span(rule, rule->after.within, rule->after.within_at);
	check_span(rule, rule->unless.within, rule->unless.within_at);
	check_sent(c, rule);
	check_bounds(c, rule, rule->after.where);
	check_bounds(c, rule, rule->unless.where);
}

/* ---- actions ---- */

void
check_action_place(const struct item *it, const struct action_node *a)
{
	bool is_pause = a->action.verb == ACTION_PAUSE_PROMOTIONS;

	if (it->kind == ITEM_WATCH && !is_pause && a->action.verb != ACTION_ALERT)
		finding_add(it->sink, FINDING_WRONG_ACTION, a->at,
		    "a watch can: alert \"pr\" as critical, pause promotions",
		    "a watch is about a crowd: there is nobody to %s",
		    a->action.verb == ACTION_SEND               ? "send to"
			: a->action.verb == ACTION_SET          ? "set anything of"
			: a->action.verb == ACTION_TAG          ? "tag"
			: a->action.verb == ACTION_DRAFT_REPLY  ? "reply to"
			: a->action.verb == ACTION_SUGGEST_LINK ? "link"
								: "add to a list");
	else if (it->kind == ITEM_RULE && is_pause)
		finding_add(it->sink, FINDING_WRONG_ACTION, a->at,
		    "write a watch: it pauses promotions as long as its crowd lasts",
		    "one post does not pause promotions, a crowd does");
}

/* ---- watches ---- */

static void
check_usual(const struct item *it, const struct crowd_node *n)
{
	if (n->measure == CROWD_SHARE)
		finding_add(it->sink, FINDING_NO_USUAL, n->at,
		    "compare the share with percents, or the count with the usual",
		    "only 'count' and 'authors' are compared with the usual");
	else if (n->value_milli <= 0 || n->value_milli > TIMES_USUAL_MAX * 1000)
		finding_add(it->sink, FINDING_OUT_OF_RANGE, n->value_at,
		    "for example: is at least 4 times the usual",
		    "this goes from 0.001 to %d times the usual", TIMES_USUAL_MAX);
	else if (n->measure == CROWD_AUTHORS && duration_ms(n->within) > USUAL_AUTHORS_MAX_MS)
		finding_add(it->sink, FINDING_NO_USUAL, n->at,
		    "ask within 1 day or less, or compare 'count' with the usual",
		    "how many authors are usual in so long a time is not known");
}

static void
check_share(const struct item *it, const struct crowd_node *n)
{
	char help[FINDING_TEXT_MAX];

	if (n->value_milli >= 0 && n->value_milli <= 1000)
		return;
	if (n->value_milli > 1000 && n->value_milli <= 100000 && n->value_milli % 1000 == 0)
		snprintf(help, sizeof help, "write %lld%%", (long long)(n->value_milli / 1000));
	else
		snprintf(help, sizeof help, "for example: share within 1 hour is at least 40%%");
	finding_add(
	    it->sink, FINDING_OUT_OF_RANGE, n->value_at, help, "a share goes from 0%% to 100%%");
}

static void
check_crowd_number(const struct item *it, const struct crowd_node *n)
{
	if (n->value_milli % 1000 != 0)
		finding_add(it->sink, FINDING_OUT_OF_RANGE, n->value_at,
		    "a part of all posts is asked with 'share'",
		    "posts and authors are counted in whole numbers");
	else if (n->value_milli < 0 || n->value_milli >= CROWD_HITS_MAX * INT64_C(1000))
		finding_add(it->sink, FINDING_OUT_OF_RANGE, n->value_at,
		    n->value_milli < 0 ? NULL : "ask for less, or within a shorter time",
		    "a watch counts from 0 to %d", CROWD_HITS_MAX - 1);
}

static void
check_crowd_line(const struct item *it, const struct crowd_node *n)
{
	check_span(it, n->within, n->at);
	if (n->is_times_usual)
		check_usual(it, n);
	else if (n->measure == CROWD_SHARE)
		check_share(it, n);
	else
		check_crowd_number(it, n);
}

static bool
is_floor(const struct crowd_node *n)
{
	return n->op == RULE_OP_AT_LEAST || n->op == RULE_OP_ABOVE;
}

/* "at least 20" and "at most 10" of the same. */
static bool
excludes(const struct crowd_node *a, const struct crowd_node *b)
{
	int64_t low, high;

	if (a->measure != b->measure || a->is_times_usual != b->is_times_usual ||
	    duration_ms(a->within) != duration_ms(b->within) || is_floor(a) == is_floor(b))
		return false;
	if (!is_floor(a)) {
		const struct crowd_node *swap = a;

		a = b;
		b = swap;
	}
	low = a->value_milli;
	high = b->value_milli;
	return low > high || (low == high && (a->op == RULE_OP_ABOVE || b->op == RULE_OP_BELOW));
}

/* What is usual is learned for each time apart, and there is room for so many. */
static void
check_usual_spans(const struct item *it)
{
	int64_t spans[USUAL_AUTHORS_MAX];
	size_t count = 0, i;

	for (const struct crowd_node *n = it->crowd; n != NULL; n = n->next) {
		if (n->measure != CROWD_AUTHORS || !n->is_times_usual)
			continue;
		for (i = 0; i < count && spans[i] != duration_ms(n->within);)
			i++;
		if (i < count)
			continue;
		if (count == USUAL_AUTHORS_MAX) {
			finding_add(it->sink, FINDING_LIMIT, n->at, "write a second watch",
			    "a watch knows the usual number of authors for %d different times",
			    USUAL_AUTHORS_MAX);
			return;
		}
		spans[count++] = duration_ms(n->within);
	}
}

static void
check_crowd(const struct item *it)
{
	bool has_share = false;

	check_usual_spans(it);

	for (const struct crowd_node *n = it->crowd; n != NULL; n = n->next) {
		check_crowd_line(it, n);
		has_share |= n->measure == CROWD_SHARE;
		for (const struct crowd_node *m = it->crowd; m != n; m = m->next) {
			if (!excludes(m, n))
				continue;
			finding_add(it->sink, FINDING_NO_CROWD, n->at,
			    "all lines of 'when' must hold at once",
			    "there is never such a crowd: this line excludes another one");
			return;
		}
	}
	if (it->out_of != NULL && !has_share && it->crowd != NULL)
		finding_add(it->sink, FINDING_IDLE_OUT_OF, it->out_of->at,
		    "ask for it: share within 1 hour is at least 40%, or take the line away",
		    "'out of' says what a share is of, and 'when' asks for no share");
}

void
check_watch(struct check *c, const struct item *watch)
{
	check_crowd(watch);
	check_span(watch, watch->quiet, watch->quiet_at);
	check_bounds(c, watch, watch->over);
	check_bounds(c, watch, watch->out_of);
}
