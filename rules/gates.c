/*
 * gates.c - conditions that stand in many programs (the brand of the house, "sentiment is below -0.4"):
 * asked once for an occurrence, and a candidate whose gates are not open is passed over where it is
 * filed, without a look at what else it asks.
 *
 * They are not asked one by one either.  Of a choice or a brand each value says which gates it opens; of a
 * number the points where a gate opens or shuts are in order, and what is open between two of them
 * is known.
 */
#include "rules/index_internal.h"

#include <stdlib.h>

#include "core/mem.h"

/* A gate must spare more than it costs every occurrence. */
#define GATE_USES_MIN 3
#define GATE_PROGRAMS 200 /* of so many programs one at least needs it */
#define OTHER_PROGRAMS 50 /* and of so many where it is asked by itself, which costs most */

/* ---- which conditions ---- */

struct use {
	uint32_t test, count;
};

/* Is it answered with others of its field? */
static bool
is_joint(const struct test *t)
{
	return t->is_exact || t->opcode == RULE_OPCODE_TEST_BOUNDS;
}

static void
count_uses(const struct rule_set *s, uint32_t *uses)
{
	for (size_t i = 0; i < s->program_count; i++) {
		uint32_t root = s->programs[i].root;

		if (root == ASKED_NONE)
			continue;
		for (uint32_t m = member_first(s, root); m < asked_end(s, root);
		     m = asked_end(s, m)) {
			const struct test *t = member_test(s, m);

			if (t != NULL && test_is_cheap(t))
				uses[s->asked[m].arg]++;
		}
	}
}

/* Most used first. */
static int
use_compare(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->count != y->count)
		return (x->count < y->count) - (x->count > y->count);
	return (x->test > y->test) - (x->test < y->test);
}

static size_t
least_uses(const struct rule_set *s, const struct test *t)
{
	size_t least = s->program_count / (is_joint(t) ? GATE_PROGRAMS : OTHER_PROGRAMS);

	return least < GATE_USES_MIN ? GATE_USES_MIN : least;
}

/* The tests that become gates, in chosen; -1 without memory. */
static int
choose(const struct rule_set *s, uint32_t *chosen, size_t *count_r)
{
	size_t n = 0;
	uint32_t *uses = mem_array(s->test_count + 1, sizeof *uses);
	struct use *often = mem_array(s->test_count + 1, sizeof *often);

	if (uses == NULL || often == NULL) {
		mem_free(uses);
		mem_free(often);
		return -1;
	}
	count_uses(s, uses);
	for (size_t t = 0; t < s->test_count; t++)
		if (uses[t] >= least_uses(s, &s->tests[t]))
			often[n++] = (struct use){(uint32_t)t, uses[t]};
	qsort(often, n, sizeof *often, use_compare);
	*count_r = n < GATES_MAX - GATE_FIRST ? n : GATES_MAX - GATE_FIRST;
	for (size_t i = 0; i < *count_r; i++)
		chosen[i] = often[i].test;
	mem_free(uses);
	mem_free(often);
	return 0;
}

/* ---- building ---- */

static void
add_values(struct gates *g, const struct test *t, unsigned gate)
{
	uint64_t bit = UINT64_C(1) << gate;
	bool opens = t->opcode == RULE_OPCODE_TEST_MEETS;
	struct gate_values *v;
	size_t i = 0;

	while (i < g->value_count && g->values[i].domain != t->domain)
		i++;
	v = &g->values[i];
	if (i == g->value_count) {
		g->value_count++;
		v->domain = t->domain;
	}
	if (!opens)
		v->when_known |= bit;
	for (unsigned id = 0; id < 64; id++)
		if ((t->bits >> id & 1) != 0)
			*(opens ? &v->opened[id] : &v->shut[id]) |= bit;
}

static int
point_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The points of one field in order, each once. */
static void
order_points(struct gate_points *st, int64_t *points)
{
	uint32_t n = 0;

	if (st->count > 1)
		qsort(points, st->count, sizeof *points, point_compare);
	for (uint32_t i = 0; i < st->count; i++)
		if (n == 0 || points[n - 1] != points[i])
			points[n++] = points[i];
	st->count = n;
}

struct numbered_gate {
	const struct test *test;
	uint16_t number;
	uint8_t bit;
};

static void
add_points(struct gates *g, const struct numbered_gate *list, size_t count, uint32_t *used)
{
	struct gate_points *st = &g->by_number[g->by_number_count++];
	int64_t *points = g->points + *used;

	*st = (struct gate_points){.number = list[0].number, .first = *used};
	for (size_t i = 0; i < count; i++) {
		if (list[i].test->low > INT64_MIN)
			points[st->count++] = list[i].test->low;
		if (list[i].test->high < INT64_MAX)
			points[st->count++] = list[i].test->high + 1;
	}
	order_points(st, points);
	for (uint32_t k = 0; k <= st->count; k++) {
		int64_t n = k == 0 ? INT64_MIN : points[k - 1];

		for (size_t i = 0; i < count; i++) {
			const struct test *t = list[i].test;
			bool is_open = (n >= t->low && n <= t->high) != t->is_negated;

			g->opened[*used + k] |= (uint64_t)is_open << list[i].bit;
		}
	}
	*used += st->count + 1;
}

static int
numbered_compare(const void *a, const void *b)
{
	const struct numbered_gate *x = a, *y = b;

	if (x->number != y->number)
		return (x->number > y->number) - (x->number < y->number);
	return (x->bit > y->bit) - (x->bit < y->bit);
}

static void
add_all_points(struct gates *g, struct numbered_gate *list, size_t count)
{
	uint32_t used = 0;
	size_t n;

	if (count > 1)
		qsort(list, count, sizeof *list, numbered_compare);
	for (size_t i = 0; i < count; i += n) {
		for (n = 1; i + n < count && list[i + n].number == list[i].number; n++)
			;
		add_points(g, list + i, n, &used);
	}
}

static int
make_room(struct gates *g, size_t count)
{
	g->values = mem_array(count + 1, sizeof *g->values);
	g->by_number = mem_array(count + 1, sizeof *g->by_number);
	/* two points a gate, and what is above the last one of each field */
	g->points = mem_array(3 * count + 1, sizeof *g->points);
	g->opened = mem_array(3 * count + 1, sizeof *g->opened);
	g->others = mem_array(count + 1, sizeof *g->others);
	g->other_bits = mem_array(count + 1, sizeof *g->other_bits);
	return g->values == NULL || g->by_number == NULL || g->points == NULL ||
		g->opened == NULL || g->others == NULL || g->other_bits == NULL
	    ? -1
	    : 0;
}

int
gates_build(struct rule_set *s, uint8_t *gate_of)
{
	struct numbered_gate numbered[GATES_MAX];
	struct gates *g = &s->index.gates;
	uint32_t chosen[GATES_MAX];
	size_t count, numbers = 0;

	if (choose(s, chosen, &count) < 0 || make_room(g, count) < 0)
		return -1;
	g->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct test *t = &s->tests[chosen[i]];
		uint8_t bit = (uint8_t)(GATE_FIRST + i);
		bool is_bounds = t->opcode == RULE_OPCODE_TEST_BOUNDS;
		size_t number = is_bounds ? number_of(s, t->field) : NUMBERS_MAX;

		gate_of[chosen[i]] = bit;
		if (t->is_exact) {
			add_values(g, t, bit);
		} else if (number < NUMBERS_MAX) {
			numbered[numbers++] = (struct numbered_gate){t, (uint16_t)number, bit};
		} else {
			g->other_bits[g->other_count] = bit;
			g->others[g->other_count++] = *t;
		}
	}
	add_all_points(g, numbered, numbers);
	return 0;
}

void
gates_fini(struct gates *g)
{
	mem_free(g->values);
	mem_free(g->by_number);
	mem_free(g->points);
	mem_free(g->opened);
	mem_free(g->others);
	mem_free(g->other_bits);
	*g = (struct gates){0};
}

/* ---- use ---- */

static uint64_t
opened_by_values(struct evaluation *e, const struct gate_values *g)
{
	const struct domain_values *v = evaluation_domain(e, g->domain);
	uint64_t opened = 0, shut = 0;

	if (!v->is_known)
		return 0;
	for (uint32_t i = 0; i < v->count; i++) {
		opened |= g->opened[v->ids[i] % 64];
		shut |= g->shut[v->ids[i] % 64];
	}
	return opened | (g->when_known & ~shut);
}

static uint64_t
opened_by_number(struct evaluation *e, const struct gate_points *st)
{
	const struct gates *g = &e->set->index.gates;
	const int64_t *points = g->points + st->first;
	uint32_t below = 0;
	int64_t n;

	if (!evaluation_has_number(e, st->number))
		return 0;
	n = e->numbers[st->number];
	for (uint32_t left = st->count; left > 0;) {
		uint32_t half = (left + 1) / 2;

		below += points[below + half - 1] <= n ? half : 0;
		left -= half;
	}
	return g->opened[st->first + below];
}

uint64_t
gates_open(struct evaluation *e)
{
	const struct gates *g = &e->set->index.gates;
	uint64_t open = UINT64_C(1)
	    << (e->occ->kind == OCCURRENCE_EVENT ? GATE_EVENTS : GATE_POSTS);

	for (size_t i = 0; i < g->value_count; i++)
		open |= opened_by_values(e, &g->values[i]);
	for (size_t i = 0; i < g->by_number_count; i++)
		open |= opened_by_number(e, &g->by_number[i]);
	for (size_t i = 0; i < g->other_count; i++)
		if (evaluation_test(e, &g->others[i]) == TRI_YES)
			open |= UINT64_C(1) << g->other_bits[i];
	return open;
}
