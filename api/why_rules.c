/*
 * why_rules.c - what became of each rule on a post: its verdict, its conditions, and of a rule that
 * decided nothing what it was short of.
 */
#include "api/api_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/timers.h"

#include "api/why_internal.h"

const char *
why_verdict_name(enum why_verdict v)
{
	switch (v) {
	case WHY_FIRED: return "fired";
	case WHY_HELD: return "held";
	case WHY_COUNTED: return "counted";
	case WHY_WAITS: return "waiting";
	case WHY_NEAR: return "near";
	case WHY_NO: return "no";
	}
	return "?";
}

/* ---- rules that decided ------------------------------------------------ */

static enum why_verdict
verdict_of(const struct why_rule *r)
{
	enum why_verdict v = WHY_COUNTED;

	for (size_t i = 0; i < r->decision_count; i++)
		switch (r->decisions[i].row.outcome) {
		case DECISION_COUNTED: break;
		case DECISION_WAITING: v = v == WHY_COUNTED ? WHY_WAITS : v; break;
		case DECISION_HELD: v = WHY_HELD; break;
		case DECISION_DONE:
		case DECISION_QUEUED:
		case DECISION_DRAFTED:
		case DECISION_ALERTED:
		case DECISION_SUPPRESSED:
		case DECISION_SHADOW: return WHY_FIRED;
		}
	return v;
}

/* A timer that was taken away without a decision: the post was deleted, or retention came. */
static int
check_waits(struct api_call *c, const struct why *y, struct why_rule *r, struct err *err)
{
	int64_t due_ms;
	int rc = store_timer_find(
	    c->env->store, r->id, y->cause.post_no, y->cause.event_no, &due_ms, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	r->verdict = WHY_HELD;
	r->why_not = y->event != NULL
	    ? SLICE_LIT("it no longer waits: the event is no longer known")
	    : SLICE_LIT("it no longer waits: the post is no longer known");
	return 0;
}

/* Those that fired, then the others, each in the order they decided. */
static int
sort_by_verdict(struct api_call *c, struct why *y, struct err *err)
{
	struct why_rule *sorted = arena_array(c->env->arena, y->rule_room, sizeof *sorted);
	size_t n = 0;

	if (sorted == NULL)
		return api_nomem(c, err);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < y->rule_count; i++)
			if ((y->rules[i].verdict == WHY_FIRED) == (pass == 0))
				sorted[n++] = y->rules[i];
	y->rules = sorted;
	if (y->rule_count > API_WHY_RULES_MAX) {
		y->left_decided = y->rule_count - API_WHY_RULES_MAX;
		y->rule_count = API_WHY_RULES_MAX;
	}
	return 0;
}

int
why_judge(struct api_call *c, struct why *y, struct err *err)
{
	for (size_t i = 0; i < y->rule_count; i++) {
		struct why_rule *r = &y->rules[i];

		r->verdict = verdict_of(r);
		if (r->verdict == WHY_WAITS && check_waits(c, y, r, err) < 0)
			return -1;
	}
	return sort_by_verdict(c, y, err);
}

/* ---- conditions --------------------------------------------------------- */

struct looking {
	struct api_call *c;
	struct why *y;
	const struct rule_set *set;
	const struct occurrence *occ;
	struct why_facts cookie;
	struct rule_facts facts;
	struct rule_distance *distances; /* of each rule */
	struct err *err;
};

static int
explain_part(struct looking *l, size_t i, enum firing_part part, struct why_part *out)
{
	struct arena *a = l->c->env->arena;
	struct buf text, json;
	int rc;

	buf_init(&text, WHY_TEXT_MAX);
	buf_init(&json, WHY_TEXT_MAX);
	rc = rule_set_explain(l->set, i, part, l->occ, &l->facts, a, &text, &json, l->err);
	if (rc == 0 && text.len > 0) {
		out->text = arena_slice_dup(a, buf_slice(&text));
		out->json = arena_slice_dup(a, buf_slice(&json));
		if (!slice_is_set(out->text) || !slice_is_set(out->json))
			rc = api_nomem(l->c, l->err);
	}
	buf_fini(&text);
	buf_fini(&json);
	return rc;
}

static int
explain_rule(struct looking *l, struct why_rule *r, size_t i)
{
	r->is_known = true;
	r->title = arena_slice_dup(l->c->env->arena, rule_set_head(l->set, i)->title);
	if (l->y->unexplained != NULL)
		return 0;
	r->state = l->distances[i].state;
	r->short_by = l->distances[i].short_by;
	if (explain_part(l, i, FIRING_RULE, &r->when) < 0)
		return -1;
	/* what comes before and after are posts */
	if (l->occ->kind != OCCURRENCE_EVENT &&
	    (explain_part(l, i, FIRING_AFTER, &r->after) < 0 ||
		explain_part(l, i, FIRING_UNLESS, &r->unless) < 0))
		return -1;
	return rule_set_shortfall(
		   l->set, i, l->occ, &l->facts, l->c->env->arena, &r->missing, l->err) < 0
	    ? -1
	    : 0;
}

/* ---- why not ------------------------------------------------------------- */

static const char *
state_words(enum rule_state s, bool is_event)
{
	switch (s) {
	case RULE_STATE_ACTIVE: break;
	case RULE_STATE_OFF: return "it was switched off";
	case RULE_STATE_NOT_YET: return "its period had not begun when the post was written";
	case RULE_STATE_OVER: return "its period was over when the post was written";
	case RULE_STATE_OTHER:
		return is_event ? "it is about posts, and this is an event"
				: "it is about events, and this is a post";
	}
	return NULL;
}

/* "text contains "love" was false (seen: none of them)" */
static const char *
condition_words(struct arena *a, const struct why_rule *r)
{
	const struct rule_shortfall *m = &r->missing;

	if (r->short_by == 0)
		return "";
	return arena_printf(a, "%s%.*s was %s%s%.*s%s",
	    r->short_by > 1
		? arena_printf(a,
		      "%zu of its conditions would have to be different, the first: ", r->short_by)
		: "",
	    SLICE_ARG(m->condition), m->is_unknown ? "unknown" : "false",
	    m->seen.len == 0    ? ""
		: m->is_unknown ? " ("
				: " (seen: ",
	    SLICE_ARG(m->seen), m->seen.len == 0 ? "" : ")");
}

static int
say_why_not(struct looking *l, struct why_rule *r)
{
	struct arena *a = l->c->env->arena;
	const char *state = state_words(r->state, l->occ->kind == OCCURRENCE_EVENT), *words;

	if (l->y->unexplained != NULL) {
		r->why_not = state != NULL
		    ? slice_of(state)
		    : SLICE_LIT("it decided nothing; why is no longer known");
		return 0;
	}
	words = r->state == RULE_STATE_OTHER ? "" : condition_words(a, r);
	if (words != NULL && state != NULL)
		words = words[0] == '\0' ? state : arena_printf(a, "%s; %s", state, words);
	else if (words != NULL && words[0] == '\0')
		words = "its conditions hold as far as they are still known, and nothing was "
			"decided then";
	if (words == NULL)
		return api_nomem(l->c, l->err);
	r->why_not = slice_of(words);
	return 0;
}

static int
add_undecided(struct looking *l, size_t i)
{
	struct why *y = l->y;
	struct why_rule *r = &y->rules[y->rule_count++];

	assert(y->rule_count <= y->rule_room);
	*r = (struct why_rule){.verdict = WHY_NO};
	r->id = arena_slice_dup(l->c->env->arena, rule_set_head(l->set, i)->id);
	if (!slice_is_set(r->id))
		return api_nomem(l->c, l->err);
	if (rule_set_is_off(l->set, i))
		r->state = RULE_STATE_OFF;
	if (explain_rule(l, r, i) < 0)
		return -1;
	if (y->unexplained == NULL && r->state != RULE_STATE_OTHER &&
	    r->short_by + (r->state != RULE_STATE_ACTIVE) <= 1)
		r->verdict = WHY_NEAR;
	return say_why_not(l, r);
}

/* ---- near misses ---------------------------------------------------------- */

struct candidate {
	struct rule_distance distance;
	size_t rule;
};

/* What was wholly true and yet did nothing; then what had the most conditions true. */
static int
compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->distance.short_by != y->distance.short_by)
		return x->distance.short_by < y->distance.short_by ? -1 : 1;
	if (x->distance.held != y->distance.held)
		return x->distance.held > y->distance.held ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static bool
is_near(const struct rule_distance *d)
{
	return d->state != RULE_STATE_OTHER && d->short_by + (d->state != RULE_STATE_ACTIVE) <= 1;
}

static void
leave_out(struct why *y, const struct rule_distance *d)
{
	y->left_out++;
	y->left_off += d->state == RULE_STATE_OFF;
	y->left_period += d->state == RULE_STATE_NOT_YET || d->state == RULE_STATE_OVER;
}

static int
add_near(struct looking *l)
{
	struct why *y = l->y;
	size_t count = rule_set_count(l->set), n = 0, shown;
	struct candidate *list = arena_array(l->c->env->arena, count + 1, sizeof *list);

	if (list == NULL)
		return api_nomem(l->c, l->err);
	for (size_t i = 0; i < count; i++) {
		const struct rule_distance *d = &l->distances[i];

		if (why_rule_find(y, rule_set_head(l->set, i)->id) != NULL)
			continue;
		if (is_near(d))
			list[n++] = (struct candidate){*d, i};
		else
			leave_out(y, d);
	}
	qsort(list, n, sizeof *list, compare_candidates);
	shown = n < WHY_NEAR_MAX ? n : WHY_NEAR_MAX;
	for (size_t i = shown; i < n; i++)
		leave_out(y, &list[i].distance);
	for (size_t i = 0; i < shown; i++)
		if (add_undecided(l, list[i].rule) < 0)
			return -1;
	return 0;
}

/* ---- watches, and what rules remember --------------------------------------- */

static int
add_watch(struct looking *l, size_t i, bool counts)
{
	struct arena *a = l->c->env->arena;
	const struct rule_head *head = &rule_set_watch(l->set, i)->rule;
	struct why_rule *r = &l->y->watches[l->y->watch_count++];

	*r = (struct why_rule){.is_known = true, .is_watch = true};
	r->verdict = counts ? WHY_COUNTED : WHY_NO;
	r->id = arena_slice_dup(a, head->id);
	r->title = arena_slice_dup(a, head->title);
	if (!slice_is_set(r->id) || !slice_is_set(r->title))
		return api_nomem(l->c, l->err);
	if (explain_part(l, i, FIRING_WATCHED, &r->when) < 0)
		return -1;
	return explain_part(l, i, FIRING_BASE, &r->after);
}

/* The post is one that a rule asks for before or after another. */
static int
note_mark(struct looking *l, const struct firing *f)
{
	const char *note = arena_printf(l->c->env->arena,
	    "rule '%.*s' remembers it for its author: a post such as its `%s` asks for",
	    SLICE_ARG(f->rule->id), f->part == FIRING_AFTER ? "after" : "unless");

	if (note == NULL)
		return api_nomem(l->c, l->err);
	why_note(l->y, note);
	return 0;
}

/* Own accounts' posts are not remembered, reposts only when the rule says so. */
static bool
is_mark(const struct looking *l, const struct firing *f)
{
	struct slice inert = slice_of(l->y->cause.inert);

	if (f->part != FIRING_AFTER && f->part != FIRING_UNLESS)
		return false;
	if (!slice_is_set(l->occ->subject) || !why_is_asked(l->y, f->rule->id))
		return false;
	return !slice_eq_str(inert, INERT_OWN_ACCOUNT) &&
	    (!slice_eq_str(inert, INERT_REPOST) || f->rule->acts_on_reposts);
}

static bool
is_counted(const struct rule_set *set, size_t watch, const struct firing *firings, size_t count)
{
	for (size_t k = 0; k < count; k++)
		if (firings[k].part == FIRING_WATCHED &&
		    rule_set_watch_of(set, firings[k].rule) == watch)
			return true;
	return false;
}

/* Watches that counted it, and the one that is asked about. */
static int
add_watches(struct looking *l)
{
	const char *inert = l->y->cause.inert;
	bool counts = inert == NULL || slice_eq_str(slice_of(inert), INERT_REPOST);
	struct firing *firings = NULL;
	size_t count = 0;

	if (rule_set_evaluate(
		l->set, l->occ, &l->facts, l->c->env->arena, &firings, &count, l->err) < 0)
		return -1;
	for (size_t k = 0; k < count; k++)
		if (is_mark(l, &firings[k]) && note_mark(l, &firings[k]) < 0)
			return -1;
	for (size_t i = 0; i < rule_set_watch_count(l->set) && l->y->watch_count < WHY_WATCHES_MAX;
	     i++) {
		struct slice id = rule_set_watch(l->set, i)->rule.id;
		bool is_in = counts && is_counted(l->set, i, firings, count);

		if (why_is_asked(l->y, id) && (is_in || slice_is_set(l->y->asked_rule)) &&
		    add_watch(l, i, is_in) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it ---------------------------------------------------------------- */

static int
add_others(struct looking *l)
{
	struct why *y = l->y;
	int i = slice_is_set(y->asked_rule) ? rule_set_find(l->set, y->asked_rule) : -1;

	if (i >= 0 && y->rule_count == 0)
		return add_undecided(l, (size_t)i);
	if (slice_is_set(y->asked_rule))
		return 0;
	if (y->unexplained == NULL)
		return add_near(l);
	for (size_t k = 0; k < rule_set_count(l->set); k++)
		y->left_out += why_rule_find(y, rule_set_head(l->set, k)->id) == NULL;
	return 0;
}

int
why_explain(struct api_call *c, struct why *y, const struct rule_set *set,
    const struct why_then *then, struct err *err)
{
	const struct post *stored = y->sp == NULL ? NULL : &y->sp->post;
	struct looking l = {
	    .c = c, .y = y, .set = set, .occ = &then->occ, .cookie = {c, y}, .err = err};
	size_t decided = y->rule_count;

	l.facts = (struct rule_facts){&l.cookie, why_in_list,
	    stored != NULL &&
		(stored->likes != COUNT_UNKNOWN || stored->replies != COUNT_UNKNOWN ||
		    stored->reposts != COUNT_UNKNOWN)};
	if (y->unexplained == NULL &&
	    rule_set_measure(set, l.occ, &l.facts, c->env->arena, &l.distances, err) < 0)
		return -1;
	for (size_t k = 0; k < decided; k++) {
		int i = rule_set_find(set, y->rules[k].id);

		if (i >= 0 && explain_rule(&l, &y->rules[k], (size_t)i) < 0)
			return -1;
	}
	if (add_others(&l) < 0)
		return -1;
	return y->unexplained == NULL ? add_watches(&l) : 0;
}
