/*
 * compile_guardrail.c - the clauses that hold a rule back, as actions/ judges them.
 */
#include "core/arena.h"
#include "rules/engine_internal.h"

static int
compile_caps(struct arena *a, const struct item *it, struct rule_head *head)
{
	const struct limit_node *const lists[] = {it->caps, it->budgets};
	struct rule_cap *caps;
	size_t count = 0;

	for (int k = 0; k < 2; k++)
		for (const struct limit_node *l = lists[k]; l != NULL; l = l->next)
			count++;
	if (count == 0)
		return 0;
	caps = arena_array(a, count, sizeof *caps);
	if (caps == NULL)
		return -1;
	for (int k = 0; k < 2; k++)
		for (const struct limit_node *l = lists[k]; l != NULL; l = l->next)
			caps[head->cap_count++] = l->cap;
	head->caps = caps;
	return 0;
}

static int
compile_hours(struct compiler *c, const struct item *it, struct rule_head *head)
{
	struct rule_hours *hours;
	size_t count = 0;

	for (const struct hours_node *n = it->hours; n != NULL; n = n->next)
		count++;
	if (count == 0)
		return 0;
	hours = arena_array(c->set->arena, count, sizeof *hours);
	if (hours == NULL)
		return -1;
	for (const struct hours_node *n = it->hours; n != NULL; n = n->next) {
		struct rule_hours *h = &hours[head->hours_count++];

		*h = n->hours;
		if (compile_keep(c, &h->zone) < 0 || compile_keep(c, &h->queue) < 0)
			return -1;
	}
	head->hours = hours;
	return 0;
}

int
compile_guardrails(struct compiler *c, const struct item *it, struct rule_head *head)
{
	if (item_has(it, SLOT_WINDOW))
		head->window =
		    (struct rule_window){it->times, duration_ms(it->times_within), it->times_scope};
	head->canary_milli = it->canary_milli;
	head->approval_team = it->approval_team;
	return compile_keep(c, &head->approval_team) < 0 ||
		compile_caps(c->set->arena, it, head) < 0 || compile_hours(c, it, head) < 0
	    ? -1
	    : 0;
}
