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

void
ahead_fetch_heads(const struct settle_input *in)
{
	size_t count = in->firing_count < AHEAD_RULES ? in->firing_count : AHEAD_RULES;

	for (size_t i = 0; count > 1 && i < count; i++) /* one would not be beside anything */
		prefetch_bytes(in->firings[i].rule, RULE_HEAD_HOT);
}

/* What the heads point to. */
static void
fetch_texts(const struct firing *const *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		prefetch(order[i]->rule->id.ptr);
		prefetch(order[i]->rule->actions);
	}
}

/* The places of a rule's rows. */
static void
find_rows(struct settle *s, const struct rule_head *rule, struct rule_rows *rows)
{
	const struct occurrence *occ = s->in->occ;
	struct rule_row *window = &rows->window;
	struct slice key;

	window->has_key = rows->cooldown.has_key = false;
	if (rule->window.times > 0 && occ->kind != OCCURRENCE_TIMER) {
		window->has_key = guardrails_key(occ, rule->window.scope, &key, &window->nobody);
		if (window->has_key)
			store_times_ahead(s->st, rule, TIMES_WINDOW, key, &window->at);
	}
	if (rule->cooldown_ms > 0)
		rests_find(s, rule, STATE_COOLDOWN, &rows->cooldown);
}

void
ahead_fetch(
    struct settle *s, const struct firing *const *order, size_t count, struct rule_rows *rows)
{
	assert(count <= AHEAD_RULES);
	fetch_texts(order, count);
	for (size_t i = 0; i < count; i++)
		find_rows(s, order[i]->rule, &rows[i]);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].window.has_key)
			store_ahead_value(&rows[i].window.at);
		if (rows[i].cooldown.has_key)
			store_ahead_value(&rows[i].cooldown.at);
	}
}
