/*
 * check_overlap.c - what stands in the files for nothing: a rule that another one covers, a list
 * that nobody asks for.  Warnings, all of them.
 *
 * Rule B is covered by rule A when everything A asks for is asked for by B as well (so A fires
 * whenever B does), and A does all that B does, and nothing else about the two differs.
 */
#include "rules/check_internal.h"

#include "rules/limits_internal.h"

#define RULES_COMPARED_MAX 1000 /* each with each other: larger sets are not looked at */

/* ---- covered rules ---- */

static bool
is_asked_for(const struct node *wanted, const struct node *by)
{
	if (node_same(wanted, by))
		return true;
	if (by->kind != NODE_ALL)
		return false;
	for (const struct node *child = by->first; child != NULL; child = child->next)
		if (is_asked_for(wanted, child))
			return true;
	return false;
}

static bool
asks_for_no_more(const struct node *a, const struct node *b)
{
	if (a->kind != NODE_ALL)
		return is_asked_for(a, b);
	for (const struct node *child = a->first; child != NULL; child = child->next)
		if (!asks_for_no_more(child, b))
			return false;
	return true;
}

static bool
does_all(const struct item *a, const struct item *b)
{
	for (const struct action_node *x = b->then; x != NULL; x = x->next) {
		const struct action_node *y = a->then;

		while (y != NULL && !action_same(x, y))
			y = y->next;
		if (y == NULL)
			return false;
	}
	return b->then != NULL;
}

/* Nothing but conditions and actions, so that nothing else can make the difference. */
static bool
is_plain(const struct item *it)
{
	static const enum slot telling[] = {SLOT_OFF, SLOT_SHADOW, SLOT_PERIOD, SLOT_REPOSTS,
	    SLOT_ACT_WITHIN, SLOT_COOLDOWN, SLOT_WINDOW, SLOT_AFTER, SLOT_UNLESS, SLOT_CANARY,
	    SLOT_APPROVAL};

	for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
		if (item_has(it, telling[i]))
			return false;
	return it->kind == ITEM_RULE && !it->is_broken && it->when != NULL && it->caps == NULL &&
	    it->budgets == NULL && it->hours == NULL;
}

static bool
covers(const struct item *a, const struct item *b)
{
	return is_plain(a) && does_all(a, b) && asks_for_no_more(a->when, b->when);
}

/* Of two that are the same the later one is told of. */
static void
check_covered(const struct rules_file *files, size_t count, const struct item *rule)
{
	bool is_behind = false;

	for (size_t f = 0; f < count; f++) {
		for (const struct item *other = files[f].first; other != NULL;
		     other = other->next) {
			if (other == rule) {
				is_behind = true;
				continue;
			}
			if (!covers(other, rule) || (is_behind && covers(rule, other)))
				continue;
			finding_add(rule->sink, FINDING_COVERED, rule->id_at,
			    "delete one of the two, or say in 'when' what makes the difference",
			    "rule '%.*s' (%s:%zu) fires whenever this one does, and does the same",
			    SHOWN(other->id), other->sink->file, check_line_of(other));
			return;
		}
	}
}

/* ---- lists nobody asks for ---- */

static bool
node_names(const struct node *n, struct slice list)
{
	if (n == NULL)
		return false;
	for (const struct value *v = n->values.first; v != NULL; v = v->next)
		if (v->kind == VALUE_LIST && slice_eq(v->text, list))
			return true;
	for (const struct node *child = n->first; child != NULL; child = child->next)
		if (node_names(child, list))
			return true;
	return false;
}

static bool
item_names(const struct item *it, struct slice list)
{
	for (const struct action_node *a = it->then; a != NULL; a = a->next)
		if (a->action.verb == ACTION_ADD_TO_LIST && slice_eq(a->action.name, list))
			return true;
	return node_names(it->when, list) || node_names(it->after.where, list) ||
	    node_names(it->unless.where, list) || node_names(it->over, list) ||
	    node_names(it->out_of, list);
}

static void
check_unused(const struct rules_file *files, size_t count, const struct item *list)
{
	for (size_t f = 0; f < count; f++)
		for (const struct item *it = files[f].first; it != NULL; it = it->next)
			if (item_names(it, list->id))
				return;
	finding_add(list->sink, FINDING_UNUSED, list->id_at,
	    "write 'text contains any of list ...' or 'author is in list ...' in a rule, or delete "
	    "the list",
	    "no rule asks for list '%.*s'", SHOWN(list->id));
}

void
check_overlap(const struct rules_file *files, size_t count)
{
	size_t items = 0, rules = 0;

	for (size_t f = 0; f < count; f++) {
		if (files[f].is_incomplete)
			return; /* what is missing may be what makes the difference */
		for (const struct item *it = files[f].first; it != NULL; it = it->next) {
			items++;
			rules += it->kind == ITEM_RULE;
			if (it->is_broken)
				return;
		}
	}
	if (items > RULES_COMPARED_MAX || rules == 0)
		return;
	for (size_t f = 0; f < count; f++)
		for (const struct item *it = files[f].first; it != NULL; it = it->next) {
			if (it->kind == ITEM_LIST)
				check_unused(files, count, it);
			else if (is_plain(it))
				check_covered(files, count, it);
		}
}
