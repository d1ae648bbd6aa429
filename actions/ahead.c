/*
 * ahead.c - what rules remember is fetched before they ask for it.
 *
 * A post may fulfil ten rules out of very many.  Their heads, ids, rests and windows lie anywhere in
 * memory, and asking rule by rule would wait for each of them in turn.  So each step is done for some
 * rules at once: the heads, what these point to, the places of their rows, the rows.
 */
#include "actions/actions_internal.h"

#include <assert.h>

#include "core/prefetch.h"
#include "store/ahead.h"

static void
fetch_heads(const struct firing *const *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		prefetch_bytes(order[i]->rule, sizeof *order[i]->rule);
	for (size_t i = 0; i < count; i++) {
		prefetch(order[i]->rule->id.ptr);
		prefetch_bytes(order[i]->rule->actions, sizeof *order[i]->rule->actions);
	}
}

/* The places of a rule's rows; returns how many there are. */
static size_t
fetch_places(struct settle *s, const struct rule_head *rule, struct store_ahead *rows)
{
	const struct occurrence *occ = s->in->occ;
	const char *nobody;
	struct slice key;
	size_t count = 0;

	if (rule->window.times > 0 && occ->kind == OCCURRENCE_POST &&
	    guardrails_key(occ, rule->window.scope, &key, &nobody))
		count += store_times_ahead(s->st, rule->id, TIMES_WINDOW, key, &rows[count]);
	if (rule->cooldown_ms > 0 && guardrails_key(occ, rule->cooldown_scope, &key, &nobody))
		count += store_counter_ahead(s->st, rule->id, STATE_COOLDOWN, key, &rows[count]);
	return count;
}

void
ahead_fetch(struct settle *s, const struct firing *const *order, size_t count)
{
	struct store_ahead rows[2 * AHEAD_RULES];
	size_t row_count = 0;

	assert(count <= AHEAD_RULES);
	if (count < 2)
		return; /* nothing to be beside */
	fetch_heads(order, count);
	for (size_t i = 0; i < count; i++)
		row_count += fetch_places(s, order[i]->rule, rows + row_count);
	for (size_t i = 0; i < row_count; i++)
		store_ahead_value(&rows[i]);
}
