/*
 * diff_notes.c - what a changed rule or watch means for what is remembered: one sentence each, for the
 * people who decide about the change.
 *
 * What is said here is what actions/ and crowd.c do with their rows: windows, `after`, `unless`, limits
 * and cool-downs count by the rule's id and by whom, an author and their customer as one.
 */
#include "rules/diff_internal.h"

#include <assert.h>

#include "rules/tree_internal.h"

#include "core/slice.h"

void
diff_note(struct diff_notes *n, const char *text)
{
	for (size_t i = 0; i < n->count; i++)
		if (slice_eq_str(n->items[i], text))
			return;
	if (n->count < DIFF_NOTES_MAX)
		n->items[n->count++] = slice_of(text);
}

/* ---- whom it counts per ---------------------------------------------------- */

/* An author and their linked customer are counted as one. */
static bool
is_same_key(enum limit_scope a, enum limit_scope b)
{
	bool a_is_wide = a == LIMIT_PER_THREAD || a == LIMIT_PER_RULE;
	bool b_is_wide = b == LIMIT_PER_THREAD || b == LIMIT_PER_RULE;

	return a == b || (!a_is_wide && !b_is_wide);
}

/* ---- windows --------------------------------------------------------------- */

static void
note_window(const struct item *was, const struct item *is, struct diff_notes *n)
{
	int64_t before = duration_ms(was->times_within), after = duration_ms(is->times_within);

	if (was->times == 0 && is->times == 0)
		return;
	if (was->times == 0) {
		diff_note(n, "its window begins empty: posts from before this change do not count");
		return;
	}
	if (is->times == 0) {
		diff_note(n,
		    "without a window each post that fits may fire it, from the first; what was "
		    "counted no longer matters");
		return;
	}
	if (!is_same_key(was->times_scope, is->times_scope)) {
		diff_note(n,
		    "its window counts per somebody else, and begins empty: what was counted until "
		    "now is not taken over");
		return;
	}
	if (after > before)
		diff_note(n,
		    "the longer window begins with what the shorter one remembers: what was "
		    "dropped already does not come back");
	else if (after < before)
		diff_note(n, "the shorter window goes on with what was counted within its time");
	if (was->times != is->times)
		diff_note(
		    n, "posts that its window counted until now count towards the new number");
}

/* ---- limits and budgets ------------------------------------------------------ */

static const struct limit_node *
find_counted(const struct limit_node *list, const struct rule_cap *cap)
{
	for (; list != NULL; list = list->next)
		if (list->cap.period == cap->period && is_same_key(list->cap.scope, cap->scope))
			return list;
	return NULL;
}

static bool
has_limit(const struct limit_node *list, const struct limit_node *asked)
{
	for (; list != NULL; list = list->next)
		if (limit_same(list, asked))
			return true;
	return false;
}

/* All firings are counted at any time, whatever its limits are. */
static bool
counts_always(const struct rule_cap *cap)
{
	return !cap->is_spend && cap->period == CAP_TOTAL && cap->scope == LIMIT_PER_RULE;
}

static void
note_limits(const struct limit_node *was, const struct limit_node *is, struct diff_notes *n)
{
	bool is_other = false;

	for (const struct limit_node *l = is; l != NULL; l = l->next) {
		if (has_limit(was, l))
			continue;
		is_other = true;
		if (counts_always(&l->cap) || find_counted(was, &l->cap) != NULL)
			diff_note(n,
			    l->cap.is_spend
				? "the budget counts what was spent before this change, too"
				: "limits count what it did before this change, too");
		else
			diff_note(n,
			    l->cap.is_spend
				? "a new budget begins with nothing spent: what it cost before "
				  "this change does not count"
				: "a new limit begins at 0: firings before this change do not "
				  "count");
	}
	for (const struct limit_node *l = was; l != NULL && !is_other; l = l->next)
		if (find_counted(is, &l->cap) == NULL)
			diff_note(n,
			    l->cap.is_spend
				? "without the budget it may spend again from now on"
				: "without the limit it may fire again from now on, for whom it "
				  "held it back");
}

/* ---- when, for whom, by whom -------------------------------------------------- */

static bool
is_same_hours(const struct hours_node *a, const struct hours_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!hours_same(a, b))
			return false;
	return a == b;
}

static void
note_canary(int32_t was, int32_t is, struct diff_notes *n)
{
	int32_t before = was == 0 ? 1000 : was, after = is == 0 ? 1000 : is;

	if (after == 1000 && before < 1000)
		diff_note(n, "it begins to act for everybody");
	else if (after > before)
		diff_note(n, "the larger share has in it everybody of the smaller one");
	else if (after < before)
		diff_note(n,
		    "for those outside of the share it is only recorded from now on; what was "
		    "queued for them is still sent");
}

static void
note_approval(struct slice was, struct slice is, struct diff_notes *n)
{
	if (slice_eq(was, is) && slice_is_set(was) == slice_is_set(is))
		return;
	if (!slice_is_set(was))
		diff_note(n,
		    "new messages wait for approval; those that are queued already go without it");
	else if (!slice_is_set(is))
		diff_note(
		    n, "new messages go without approval; those that wait for one still need it");
	else
		diff_note(n, "messages that wait already are still for the team of before");
}

/* ---- before and afterwards ------------------------------------------------------ */

static bool
is_same_where(const struct sequence_node *a, const struct sequence_node *b)
{
	if (a->where == NULL || b->where == NULL)
		return a->where == b->where;
	return node_same(a->where, b->where);
}

static void
note_after(const struct sequence_node *was, const struct sequence_node *is, struct diff_notes *n)
{
	const struct rule_sequence *a = &was->sequence, *b = &is->sequence;
	bool is_new = a->kind != b->kind;

	if (b->kind == SEQUENCE_NONE) {
		if (a->kind != SEQUENCE_NONE)
			diff_note(n, "it no longer asks what came before");
	} else if (b->kind == SEQUENCE_SENT) {
		if (is_new || !slice_eq(a->template_id, b->template_id))
			diff_note(n, "messages that were sent before this change count");
	} else if (is_new) {
		diff_note(n,
		    "posts from before this change are not remembered: `after` begins with none");
	} else if (!is_same_where(was, is)) {
		diff_note(
		    n, "posts that `after` remembers were judged by the conditions of before");
	}
	if (!is_new && b->kind != SEQUENCE_NONE &&
	    duration_ms(is->within) > duration_ms(was->within))
		diff_note(n, "a longer time before goes back no further than what is remembered");
}

static void
note_unless(const struct sequence_node *was, const struct sequence_node *is, struct diff_notes *n)
{
	enum sequence_kind a = was->sequence.kind, b = is->sequence.kind;

	if (a == SEQUENCE_NONE && b != SEQUENCE_NONE)
		diff_note(n,
		    "it waits from now on before it fires: posts of before this change are not "
		    "waited for");
	else if (a != SEQUENCE_NONE && b == SEQUENCE_NONE)
		diff_note(n,
		    "it fires at once; posts it waits for now come to nothing when their time "
		    "comes");
	else if (a != SEQUENCE_NONE && duration_ms(was->within) != duration_ms(is->within))
		diff_note(n, "posts it waits for now wait as long as they were told");
	if (a != SEQUENCE_NONE && b != SEQUENCE_NONE && a != b)
		diff_note(
		    n, "posts it waits for now are judged by what it waits for after this change");
	else if (b == SEQUENCE_POST && a == b && !is_same_where(was, is))
		diff_note(n,
		    "posts that made it needless until now were judged by the conditions of "
		    "before");
}

static void
note_cooldown(const struct item *was, const struct item *is, struct diff_notes *n)
{
	int64_t before = duration_ms(was->cooldown), after = duration_ms(is->cooldown);

	if (before > 0 && after == 0)
		diff_note(n, "without a cool-down it fires for every post that fits");
	else if (before == 0 && after > 0)
		diff_note(n, "its cool-down counts from the first firing after this change");
	else if (before > 0 && !is_same_key(was->scope, is->scope))
		diff_note(n,
		    "its cool-down counts per somebody else, and starts afresh: people may hear "
		    "from it again sooner");
	else if (after < before)
		diff_note(n,
		    "the shorter cool-down counts from the last firing: people it wrote to may "
		    "hear from it again sooner");
	else if (after > before)
		diff_note(n,
		    "the longer cool-down counts from the last firing, also of those before this "
		    "change");
}

void
diff_note_rule(const struct item *was, const struct item *is, struct diff_notes *n)
{
	note_cooldown(was, is, n);
	note_window(was, is, n);
	note_limits(was->caps, is->caps, n);
	note_limits(was->budgets, is->budgets, n);
	if (!is_same_hours(was->hours, is->hours))
		diff_note(n, "messages that wait already keep the hours they were queued with");
	note_canary(was->canary_milli, is->canary_milli, n);
	note_approval(was->approval_team, is->approval_team, n);
	note_after(&was->after, &is->after, n);
	note_unless(&was->unless, &is->unless, n);
}

/* ---- watches --------------------------------------------------------------------- */

static bool
is_same_node(const struct node *a, const struct node *b)
{
	return a == NULL || b == NULL ? a == b : node_same(a, b);
}

static int64_t
widest(const struct item *it)
{
	int64_t most_ms = 0;

	for (const struct crowd_node *c = it->crowd; c != NULL; c = c->next)
		if (duration_ms(c->within) > most_ms)
			most_ms = duration_ms(c->within);
	return most_ms;
}

static bool
asks_for_usual(const struct item *it)
{
	for (const struct crowd_node *c = it->crowd; c != NULL; c = c->next)
		if (c->is_times_usual)
			return true;
	return false;
}

static bool
pauses(const struct item *it)
{
	for (const struct action_node *a = it->then; a != NULL; a = a->next)
		if (a->action.verb == ACTION_PAUSE_PROMOTIONS)
			return true;
	return false;
}

void
diff_note_watch(const struct item *was, const struct item *is, struct diff_notes *n)
{
	bool is_same = is_same_node(was->over, is->over) && is_same_node(was->out_of, is->out_of);

	if (item_has(is, SLOT_OFF) && !item_has(was, SLOT_OFF))
		diff_note(n,
		    "an incident under way ends, and with it what it paused; it counts nothing "
		    "while it is off");
	if (!is_same && asks_for_usual(is))
		diff_note(n,
		    "it counts other posts: those of before stay counted as long as its windows "
		    "reach, what is usual is learned afresh and not known at first");
	else if (!is_same)
		diff_note(n,
		    "it counts other posts: those of before stay counted as long as its windows "
		    "reach");
	if (is_same && asks_for_usual(is) && !asks_for_usual(was))
		diff_note(n, "what is usual is learned from now on, and not known at first");
	if (widest(is) > widest(was))
		diff_note(n,
		    "its longer window fills from now on: older posts were counted no further "
		    "back than the windows of before");
	if (duration_ms(was->quiet) != duration_ms(is->quiet))
		diff_note(n, "how long it must be quiet counts for an incident under way, too");
	if (pauses(was) != pauses(is))
		diff_note(n,
		    pauses(is) ? "promotions are paused at the next incident, not because of one "
				 "under way"
			       : "what an incident under way has paused goes on when it ends");
}

void
diff_note_new_watch(const struct item *is, struct diff_notes *n)
{
	diff_note(n,
	    asks_for_usual(is) ? "it counts posts from now on; what is usual is not known at first"
			       : "it counts posts from now on");
}

void
diff_note_gone_watch(const struct item *was, struct diff_notes *n)
{
	diff_note(n,
	    pauses(was)
		? "an incident under way ends, and promotions it paused go on; its id cannot "
		  "be used again"
		: "an incident under way ends; its id cannot be used again");
}
