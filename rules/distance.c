/*
 * distance.c - how far a rule was from firing: how many conditions would have to be different, and
 * which.
 *
 * A condition that is unknown counts as one that is false: it would have to be different, too.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"

struct measure {
	size_t short_by, held;
};

/* Does the block need all of its conditions for the truth that is wanted? */
static bool
needs_all(const struct asked *q, bool wanted)
{
	return (q->kind == NODE_ALL) == wanted;
}

static struct measure
measure_node(struct evaluation *e, uint32_t n, bool wanted)
{
	const struct asked *q = &e->set->asked[n];
	struct measure m = {0, 0}, one;
	bool takes_all = needs_all(q, wanted), is_first = true;

	if (q->kind == NODE_CONDITION) {
		m.held = evaluation_test(e, &e->set->tests[q->arg]) == (wanted ? TRI_YES : TRI_NO);
		m.short_by = !m.held;
		return m;
	}
	if (q->kind == NODE_NOT)
		return measure_node(e, n + 1, !wanted);
	for (uint32_t child = n + 1; child < q->arg; child = asked_end(e->set, child)) {
		one = measure_node(e, child, wanted);
		m.held += one.held;
		if (takes_all || is_first || one.short_by < m.short_by)
			m.short_by = takes_all ? m.short_by + one.short_by : one.short_by;
		is_first = false;
	}
	return m;
}

/* The first condition on the shortest way, a test; NULL: none.  *wanted_r: what it would have to be. */
static const struct test *
first_short(struct evaluation *e, uint32_t n, bool wanted, bool *wanted_r)
{
	const struct asked *q = &e->set->asked[n];
	uint32_t best = ASKED_NONE;
	size_t least = 0;

	*wanted_r = wanted;
	if (q->kind == NODE_CONDITION)
		return &e->set->tests[q->arg];
	if (q->kind == NODE_NOT)
		return first_short(e, n + 1, !wanted, wanted_r);
	for (uint32_t child = n + 1; child < q->arg; child = asked_end(e->set, child)) {
		size_t by = measure_node(e, child, wanted).short_by;

		if (by > 0 && (best == ASKED_NONE || (!needs_all(q, wanted) && by < least))) {
			best = child;
			least = by;
		}
	}
	return best == ASKED_NONE ? NULL : first_short(e, best, wanted, wanted_r);
}

int
rule_set_measure(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct rule_distance **list_r, struct err *err)
{
	struct rule_distance *list = arena_array(a, set->rule_count + 1, sizeof *list);
	struct evaluation e;

	if (list == NULL || evaluation_begin(&e, set, occ, facts, a) < 0)
		goto no_memory;
	for (size_t i = 0; i < set->rule_count; i++) {
		const struct program *p = &set->programs[i];
		struct measure m = {0, 0};

		if (p->root != ASKED_NONE)
			m = measure_node(&e, p->root, true);
		list[i] = (struct rule_distance){
		    .state = program_state(p, occ), .short_by = m.short_by, .held = m.held};
	}
	if (!e.has_no_memory) {
		*list_r = list;
		return 0;
	}
no_memory:
	return err_set(err, ERR_NOMEM, "no memory to look at the rules");
}

int
rule_set_shortfall(const struct rule_set *set, size_t i, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct rule_shortfall *s_r, struct err *err)
{
	const struct program *p = &set->programs[i];
	const struct test *t = NULL;
	struct evaluation e;
	const char *text;
	struct slice seen;
	enum tristate truth;
	bool wanted;

	assert(i < set->rule_count);
	*s_r = (struct rule_shortfall){.condition = SLICE_NONE, .seen = SLICE_NONE};
	if (p->root == ASKED_NONE)
		return 0;
	if (evaluation_begin(&e, set, occ, facts, a) < 0)
		goto no_memory;
	if (measure_node(&e, p->root, true).short_by > 0)
		t = first_short(&e, p->root, true, &wanted);
	if (t == NULL && !e.has_no_memory)
		return 0;
	if (t != NULL) {
		truth = evaluation_test(&e, t);
		seen = explain_seen(&e, t, truth);
		text = arena_printf(
		    a, "%s%.*s", wanted ? "" : "not ", SLICE_ARG(test_words_of(set, t)->shown));
		if (slice_is_set(seen) && text != NULL && !e.has_no_memory) {
			*s_r = (struct rule_shortfall){slice_of(text), seen, truth == TRI_UNKNOWN};
			return 1;
		}
	}
no_memory:
	return err_set(err, ERR_NOMEM, "no memory to look at rule '%.*s'", SLICE_ARG(p->head->id));
}
