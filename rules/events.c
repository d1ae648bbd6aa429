/*
 * events.c - which rules see events, and what such a rule cannot ask or do.
 *
 * A rule whose `when` asks about an event sees events, every other rule sees posts; never both.  What
 * came before (`after`) and what must not follow (`unless`) are posts always, and so are those a watch counts.
 */
#include "rules/check_internal.h"

#include "rules/fields_internal.h"
#include "rules/print_internal.h"

static bool
asks_about(const struct node *n, enum field_about what)
{
	if (n->kind == NODE_CONDITION)
		return field_about(n->field) == what;
	for (const struct node *child = n->first; child != NULL; child = child->next)
		if (asks_about(child, what))
			return true;
	return false;
}

bool
item_sees_events(const struct item *it)
{
	return it->kind == ITEM_RULE && it->when != NULL && asks_about(it->when, FIELD_ABOUT_EVENT);
}

/* ---- conditions ---- */

static void
condition_finding(const struct item *it, const struct node *n, bool is_event_rule)
{
	if (is_event_rule)
		finding_add(it->sink, FINDING_MIXED_OCCURRENCES, n->field_at,
		    "write two rules, or ask for the post with 'after a post within 1 day where "
		    "...'",
		    "the rule asks about an event, and an event has no %s",
		    strncmp(n->field->name, "author.", 7) == 0     ? "author"
			: strncmp(n->field->name, "link.", 5) == 0 ? "link to an author"
								   : "post");
	else
		finding_add(it->sink, FINDING_MIXED_OCCURRENCES, n->field_at,
		    "events are asked about in 'when' of a rule",
		    "what is counted or waited for here are posts, not events");
}

/* Every condition about what is not there. */
static void
check_about(const struct item *it, const struct node *n, enum field_about wrong)
{
	if (n == NULL)
		return;
	if (n->kind == NODE_CONDITION) {
		if (field_about(n->field) == wrong)
			condition_finding(it, n, wrong == FIELD_ABOUT_POST);
		return;
	}
	for (const struct node *child = n->first; child != NULL; child = child->next)
		check_about(it, child, wrong);
}

/* ---- actions ---- */

static void
check_actions(const struct item *rule)
{
	for (const struct action_node *a = rule->then; a != NULL; a = a->next) {
		if (a->action.verb == ACTION_SUGGEST_LINK)
			finding_add(rule->sink, FINDING_EVENT_ACTION, a->at, "delete the line",
			    "an event has no author to be linked");
		else if (a->action.verb == ACTION_DRAFT_REPLY)
			finding_add(rule->sink, FINDING_EVENT_ACTION, a->at,
			    "write: send \"...\" by email to customer",
			    "an event cannot be replied to");
		else if (a->action.target == TARGET_AUTHOR)
			finding_add(rule->sink, FINDING_EVENT_ACTION, a->at,
			    a->action.verb == ACTION_TAG ? "write: tag customer \"...\""
				: a->action.verb == ACTION_SUGGEST_LINK
				? "write it in a rule that sees posts"
				: "write 'customer' for 'author'",
			    "an event has a customer, and no author");
	}
}

/* ---- what is counted per author or thread ---- */

static void
check_scope(const struct item *rule, enum limit_scope scope, struct range at)
{
	if (scope != LIMIT_PER_AUTHOR && scope != LIMIT_PER_THREAD)
		return;
	finding_add(rule->sink, FINDING_EVENT_SCOPE, at, "write 'per customer'",
	    "an event has no %s to count per", print_scope_name(scope));
}

static void
check_scopes(const struct item *rule)
{
	if (item_has(rule, SLOT_WINDOW))
		check_scope(rule, rule->times_scope, rule->times_at);
	if (item_has(rule, SLOT_COOLDOWN))
		check_scope(rule, rule->scope, rule->cooldown_at);
	for (const struct limit_node *l = rule->caps; l != NULL; l = l->next)
		check_scope(rule, l->cap.scope, l->at);
	for (const struct limit_node *l = rule->budgets; l != NULL; l = l->next)
		check_scope(rule, l->cap.scope, l->at);
}

/* ---- examples ---- */

static void
check_example_kind(const struct item *rule, bool sees_events)
{
	for (const struct example_node *e = rule->examples; e != NULL; e = e->next) {
		if (e->is_event != sees_events)
			finding_add(rule->sink, FINDING_BAD_EXAMPLE, e->text_at,
			    sees_events ? "write: fires on event \"order cancelled\""
					: "write the words of a post: fires on \"...\"",
			    sees_events ? "the rule sees events, and this is a post"
					: "the rule sees posts, and this is an event");
		for (const struct node *n = e->given; n != NULL; n = n->next)
			if (field_about(n->field) ==
			    (e->is_event ? FIELD_ABOUT_POST : FIELD_ABOUT_EVENT))
				finding_add(rule->sink, FINDING_BAD_EXAMPLE, n->at,
				    "give what it has: its properties, its customer",
				    e->is_event ? "an event has no such thing"
						: "a post has no such thing");
	}
}

void
check_occurrence(const struct item *it)
{
	bool sees_events = item_sees_events(it);

	check_about(it, it->after.where, FIELD_ABOUT_EVENT);
	check_about(it, it->unless.where, FIELD_ABOUT_EVENT);
	check_about(it, it->over, FIELD_ABOUT_EVENT);
	check_about(it, it->out_of, FIELD_ABOUT_EVENT);
	check_example_kind(it, sees_events);
	if (!sees_events)
		return;
	check_about(it, it->when, FIELD_ABOUT_POST);
	check_actions(it);
	check_scopes(it);
	if (item_has(it, SLOT_REPOSTS))
		finding_add(it->sink, FINDING_IDLE_LINE, it->at,
		    "delete the line 'include reposts'", "an event is never a repost");
}
