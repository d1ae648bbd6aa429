/*
 * segments.c - who is in which segment.
 *
 * All segments are judged for one customer in one go, in the order the compiler found, so that each finds
 * those it asks for judged.  They are few and their tests are cheap: no index.
 */
#include "rules/segments.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "rules/engine_internal.h"
#include "rules/limits_internal.h"

size_t
rule_set_segment_count(const struct rule_set *set)
{
	return set->segment_count;
}

const struct segment_head *
rule_set_segment(const struct rule_set *set, size_t i)
{
	assert(i < set->segment_count);
	return &set->segment_heads[i];
}

int
rule_set_find_segment(const struct rule_set *set, struct slice id)
{
	for (size_t i = 0; i < set->segment_count; i++)
		if (slice_eq(set->segment_heads[i].id, id))
			return (int)i;
	return -1;
}

bool
rule_set_has_live_segments(const struct rule_set *set)
{
	for (size_t i = 0; i < set->segment_count; i++)
		if (!set->segment_heads[i].is_imported)
			return true;
	return false;
}

struct segment_needs
rule_set_segment_needs(const struct rule_set *set)
{
	return set->segment_needs;
}

bool
rule_set_asks_customer_influence(const struct rule_set *set)
{
	for (size_t i = 0; i < set->test_count; i++)
		if (slice_eq_str(slice_of(set->tests[i].field->name), "customer.influence"))
			return true;
	return false;
}

/* ---- judging ---- */

static enum tristate
imported_truth(const struct customer *c, struct slice id)
{
	if (c == NULL || !c->has_segments)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < c->segments.count; i++)
		if (slice_eq(c->segments.items[i], id))
			return TRI_YES;
	return TRI_NO;
}

static void
judge_all(struct evaluation *e)
{
	const struct rule_set *s = e->set;

	for (size_t k = 0; k < s->segment_count; k++) {
		uint32_t i = s->segment_order[k];
		const struct compiled_segment *g = &s->segments[i];

		e->judged[i] = s->segment_heads[i].is_imported
		    ? imported_truth(e->occ->customer, s->segment_heads[i].id)
		    : evaluation_run_code(e, g->code, g->code + g->code_count);
	}
}

/* A length of time grows with the clock: when is it the next time at or beyond a bound? */
static void
note_passing(int64_t now_ms, int64_t length_ms, int64_t bound_ms, int64_t *due_ms)
{
	int64_t at_ms;

	if (bound_ms <= length_ms || bound_ms > RULES_DURATION_MAX_MS + 1)
		return;
	at_ms = now_ms + (bound_ms - length_ms);
	if (*due_ms == TIME_UNKNOWN || at_ms < *due_ms)
		*due_ms = at_ms;
}

static int64_t
due_of(struct evaluation *e)
{
	int64_t due_ms = TIME_UNKNOWN, length_ms;

	for (size_t i = 0; i < e->set->segment_time_count; i++) {
		const struct test *t = &e->set->tests[e->set->segment_times[i]];

		if (!evaluation_number(e, t->field, &length_ms))
			continue;
		note_passing(e->occ->now_ms, length_ms, t->low, &due_ms);
		if (t->high < RULES_DURATION_MAX_MS + 1)
			note_passing(e->occ->now_ms, length_ms, t->high + 1, &due_ms);
	}
	return due_ms;
}

int
rule_set_judge_segments(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, enum tristate *truth_r, int64_t *due_at_ms_r,
    struct err *err)
{
	struct evaluation e;

	assert(occ->kind == OCCURRENCE_CUSTOMER);
	if (evaluation_begin(&e, set, occ, facts, a) < 0)
		goto no_memory;
	e.judged = truth_r;
	judge_all(&e);
	*due_at_ms_r = due_of(&e);
	if (!e.has_no_memory)
		return 0;
no_memory:
	return err_set(
	    err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM, "no memory to judge the segments");
}

/* ---- in words ---- */

int
rule_set_explain_segment(const struct rule_set *set, size_t i, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct buf *text_out, struct err *err)
{
	struct evaluation e;

	assert(i < set->segment_count);
	if (set->segment_heads[i].is_imported)
		return 0;
	if (evaluation_begin(&e, set, occ, facts, a) < 0)
		goto no_memory;
	e.judged = arena_array(a, set->segment_count, sizeof *e.judged);
	if (e.judged == NULL)
		goto no_memory;
	judge_all(&e);
	explain_conditions(&e, set->segments[i].root, 0, text_out);
	if (!e.has_no_memory)
		return 0;
no_memory:
	return err_set(err, ERR_NOMEM, "no memory to explain a segment");
}

/* ---- which attributes ---- */

/* Among the first count names; adds it when it is not. */
static void
add_attribute(struct slice name, struct slice *names, size_t *count)
{
	size_t i = 0;

	while (i < *count && !slice_eq(names[i], name))
		i++;
	if (i == *count)
		names[(*count)++] = name;
}

int
rule_set_segment_attributes(const struct rule_set *set, size_t i, struct arena *a,
    struct slice_list *names_r, struct err *err)
{
	uint32_t root = set->segments[i].root, end;
	struct slice *names;
	size_t count = 0;

	assert(i < set->segment_count);
	end = root == ASKED_NONE ? root : asked_end(set, root);
	names = arena_array(a, end - root + 1, sizeof *names);
	if (names == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the attributes of a segment");
	for (uint32_t n = root; n < end; n++) {
		const struct asked *q = &set->asked[n];

		if (q->kind == NODE_CONDITION && set->tests[q->arg].field->type == FIELD_ATTRIBUTE)
			add_attribute(set->test_words[q->arg].name, names, &count);
	}
	*names_r = (struct slice_list){names, count};
	return 0;
}
