/*
 * steps.c - what a program asks, as a chain of steps without a stack: each answer leads to the next
 * check, or says that the whole holds or does not.
 *
 * A rule fires on true alone, so unknown may go the way of false: with `not` carried down to the
 * conditions (what must be false is asked for as false), `all of` holds when each of its members does
 * and `any of` when one does, in Kleene's logic as in Boole's.  explain.c and the stack machine of
 * evaluate.c keep the three values apart for people.
 */
#include "rules/index_internal.h"

#include <assert.h>
#include <string.h>

#include "core/mem.h"

/* ---- making them ---- */

bool
test_is_cheap(const struct test *t)
{
	return t->opcode == RULE_OPCODE_TEST_BOUNDS || t->opcode == RULE_OPCODE_TEST_MEETS ||
	    t->opcode == RULE_OPCODE_TEST_MISSES || t->opcode == RULE_OPCODE_TEST_FLAG;
}

size_t
number_of(struct rule_set *s, const struct field *f)
{
	size_t i = 0;

	while (i < s->number_count && s->numbers[i] != f)
		i++;
	if (i == s->number_count && i < NUMBERS_MAX)
		s->numbers[s->number_count++] = f;
	return i;
}

/* Where the answers of what is being made lead. */
struct ways {
	uint32_t yes, no;
};

static uint32_t
conditions_of(const struct rule_set *s, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = n; i < asked_end(s, n); i++)
		count += s->asked[i].kind == NODE_CONDITION;
	return count;
}

static struct step
step_of(struct rule_set *s, uint32_t number, bool wants, struct ways ways)
{
	const struct test *t = &s->tests[number];
	struct step c = {.kind = STEP_TEST,
	    .wanted = wants ? TRI_YES : TRI_NO,
	    .arg = number,
	    .yes = ways.yes,
	    .no = ways.no};
	bool is_bounds = t->opcode == RULE_OPCODE_TEST_BOUNDS;
	size_t slot = is_bounds ? number_of(s, t->field) : t->domain;

	if (is_bounds && slot < NUMBERS_MAX) {
		c.kind = STEP_BOUNDS;
		c.wanted = wants != t->is_negated;
		c.low = t->low;
		c.high = t->high;
	} else if (t->opcode == RULE_OPCODE_TEST_MEETS || t->opcode == RULE_OPCODE_TEST_MISSES) {
		c.kind = t->is_exact ? STEP_BITS : STEP_MEETS;
		c.wanted = wants == (t->opcode == RULE_OPCODE_TEST_MEETS);
		c.arg = t->set;
		c.bits = t->bits;
	} else if (t->opcode == RULE_OPCODE_TEST_IN_LIST && test_is_of_author(t)) {
		c.kind = STEP_LISTED;
		c.wanted = wants != t->is_negated;
		c.arg = t->set;
		c.test = number;
	}
	c.slot = (uint16_t)slot;
	return c;
}

/* Room was made.  Depth is bounded by RULES_DEPTH_MAX. */
static void
add_node(struct rule_set *s, uint32_t n, bool wants, struct ways ways, struct step_list *l)
{
	const struct asked *q = &s->asked[n];
	uint32_t end = asked_end(s, n);

	if (q->kind == NODE_CONDITION) {
		l->items[l->count++] = step_of(s, q->arg, wants, ways);
		return;
	}
	if (q->kind == NODE_NOT) {
		add_node(s, n + 1, !wants, ways, l);
		return;
	}
	for (uint32_t child = n + 1; child < end; child = asked_end(s, child)) {
		uint32_t next = (uint32_t)l->count + conditions_of(s, child);
		bool is_last = asked_end(s, child) == end;
		struct ways of_child = ways;

		if (!is_last && (q->kind == NODE_ALL) == wants)
			of_child.yes = next;
		else if (!is_last)
			of_child.no = next;
		add_node(s, child, wants, of_child, l);
	}
}

static int
make_room(struct step_list *l, size_t count)
{
	size_t cap = l->cap == 0 ? 256 : l->cap;
	struct step *items;

	while (cap < l->count + count)
		cap *= 2;
	if (cap == l->cap)
		return 0;
	if (cap >= STEP_FAILS || (items = mem_realloc_array(l->items, cap, sizeof *items)) == NULL)
		return -1;
	l->items = items;
	l->cap = cap;
	return 0;
}

static void
add_period(const struct program *p, struct step_list *l)
{
	if (p->from_ms == INT64_MIN && p->until_ms == INT64_MAX)
		return;
	l->items[l->count] = (struct step){.kind = STEP_PERIOD,
	    .low = p->from_ms,
	    .high = p->until_ms,
	    .yes = (uint32_t)l->count + 1,
	    .no = STEP_FAILS};
	l->count++;
}

/* What looks at numbers is asked first, groups next, what folds texts or asks the store last. */
#define COSTS 3
static int
cost_of(const struct rule_set *s, uint32_t member)
{
	uint32_t inner = s->asked[member].kind == NODE_NOT ? member + 1 : member;
	const struct test *t = member_test(s, inner);

	if (t == NULL)
		return 1;
	return test_is_cheap(t) ? 0 : 2;
}

struct left { /* of a program */
	uint32_t answered;
	const uint8_t *gate_of;
};

/* The gate's bit; 0: it is none. */
static uint8_t
gate_of_member(const struct rule_set *s, const struct left *left, uint32_t member)
{
	return s->asked[member].kind == NODE_CONDITION ? left->gate_of[s->asked[member].arg] : 0;
}

static void
add_members(struct rule_set *s, uint32_t root, const struct left *left, struct step_list *l,
    uint64_t *gates)
{
	uint32_t end = asked_end(s, root);

	for (int cost = 0; cost < COSTS; cost++) {
		for (uint32_t m = member_first(s, root); m < end; m = asked_end(s, m)) {
			uint8_t gate = gate_of_member(s, left, m);
			struct ways ways = {0, STEP_FAILS};

			if (m == left->answered || cost_of(s, m) != cost)
				continue;
			if (gate != 0) {
				*gates |= UINT64_C(1) << gate;
				continue;
			}
			ways.yes = (uint32_t)l->count + conditions_of(s, m);
			add_node(s, m, true, ways, l);
		}
	}
}

int
steps_make(struct rule_set *s, const struct program *p, uint32_t answered, const uint8_t *gate_of,
    struct step_list *l, struct index_entry *entry)
{
	struct left left = {answered, gate_of};
	size_t first = l->count, most = p->root == ASKED_NONE ? 0 : conditions_of(s, p->root);

	entry->gates = UINT64_C(1) << (p->sees_events ? GATE_EVENTS : GATE_POSTS);
	entry->step = STEP_HOLDS;
	if (make_room(l, most + 1) < 0)
		return -1;
	add_period(p, l);
	if (p->root != ASKED_NONE)
		add_members(s, p->root, &left, l, &entry->gates);
	if (l->count == first)
		return 0;
	entry->step = (uint32_t)first;
	/* what would lead to the step behind the last one: all of it holds */
	for (size_t i = first; i < l->count; i++)
		if (l->items[i].yes == l->count)
			l->items[i].yes = STEP_HOLDS;
	return 0;
}

int
steps_finish(struct rule_set *s, struct step_list *l)
{
	s->step_room = mem_array(l->count + 2, sizeof *s->steps);
	if (s->step_room == NULL)
		return -1;
	s->steps = mem_line(s->step_room);
	s->step_count = l->count;
	if (l->count > 0)
		memcpy(s->steps, l->items, l->count * sizeof *s->steps);
	return 0;
}
