/*
 * compile_program.c - from a rule's conditions to its programs: what is asked, in the order it was
 * written, and the code that asks it.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/timefmt.h"

static const int effects[RULE_OPCODE_COUNT] = {
#define X(name, effect, help) [RULE_OPCODE_##name] = effect,
    RULE_OPCODES(X)
#undef X
};

/* ---- code ---- */

static int
emit(struct compiler *c, enum rule_opcode op, uint32_t arg, bool is_negated)
{
	struct rule_set *s = c->set;
	void *code = s->code;

	if (s->code_count >= UINT32_MAX - 1 ||
	    vector_grow(&code, s->code_count, &s->code_cap, sizeof *s->code) < 0)
		return -1;
	s->code = code;
	s->code[s->code_count++] = (struct instruction){(uint16_t)op, is_negated, arg};
	return 0;
}

static int
add_asked(struct compiler *c, enum node_kind kind, uint32_t *at_r)
{
	struct rule_set *s = c->set;
	void *asked = s->asked;

	if (s->asked_count >= ASKED_MAX - 1 ||
	    vector_grow(&asked, s->asked_count, &s->asked_cap, sizeof *s->asked) < 0)
		return -1;
	s->asked = asked;
	*at_r = (uint32_t)s->asked_count;
	s->asked[s->asked_count++] = (struct asked){.kind = kind & 3u};
	return 0;
}

static int compile_node(struct compiler *c, const struct node *n, uint32_t *asked_r);

/* a; JUMP end; b; AND; JUMP end; c; AND; end: what is decided is not asked further. */
static int
compile_group(struct compiler *c, const struct node *n)
{
	bool is_all = n->kind == NODE_ALL;
	uint32_t open = UINT32_MAX; /* the jumps to be aimed, linked through their arguments */

	for (const struct node *child = n->first; child != NULL; child = child->next) {
		uint32_t asked;

		if (compile_node(c, child, &asked) < 0)
			return -1;
		if (child != n->first &&
		    emit(c, is_all ? RULE_OPCODE_AND : RULE_OPCODE_OR, 0, false) < 0)
			return -1;
		if (child->next == NULL)
			break;
		if (emit(c, is_all ? RULE_OPCODE_JUMP_FALSE : RULE_OPCODE_JUMP_TRUE, open, false) <
		    0)
			return -1;
		open = (uint32_t)c->set->code_count - 1;
	}
	while (open != UINT32_MAX) {
		uint32_t next = c->set->code[open].arg;

		c->set->code[open].arg = (uint32_t)c->set->code_count;
		open = next;
	}
	return 0;
}

static int
compile_not(struct compiler *c, const struct node *n)
{
	uint32_t asked;

	return compile_node(c, n->first, &asked) < 0 ? -1 : emit(c, RULE_OPCODE_NOT, 0, false);
}

/* Depth is bounded by RULES_DEPTH_MAX. */
static int
compile_node(struct compiler *c, const struct node *n, uint32_t *asked_r)
{
	uint32_t test;

	if (add_asked(c, n->kind, asked_r) < 0)
		return -1;
	if (n->kind == NODE_CONDITION) {
		if (compile_condition(c, n, &test) < 0)
			return -1;
		c->set->asked[*asked_r].arg = test & (ASKED_MAX - 1);
		return emit(c, c->set->tests[test].opcode, test, c->set->tests[test].is_negated);
	}
	if ((n->kind == NODE_NOT ? compile_not(c, n) : compile_group(c, n)) < 0)
		return -1;
	c->set->asked[*asked_r].arg = (uint32_t)c->set->asked_count & (ASKED_MAX - 1);
	return 0;
}

/* The program leaves the stack as it found it and never takes more than there is.  Jumps go forward
 * and meet code at the same depth, so that one pass sees all. */
static bool
stack_is_sound(const struct rule_set *s, const struct program *p)
{
	int depth = 0;

	for (uint32_t i = p->code; i < p->code + p->code_count; i++) {
		enum rule_opcode op = (enum rule_opcode)s->code[i].opcode;

		if ((op == RULE_OPCODE_AND || op == RULE_OPCODE_OR) && depth < 2)
			return false;
		if ((op == RULE_OPCODE_JUMP_FALSE || op == RULE_OPCODE_JUMP_TRUE) &&
		    (s->code[i].arg <= i || s->code[i].arg >= p->code + p->code_count || depth < 1))
			return false;
		depth += effects[op];
		if (depth < 0 || depth > RULE_STACK_MAX)
			return false;
	}
	return depth == 0;
}

/* ---- programs ---- */

static int64_t
moment_ms(const struct compiler *c, const struct item *it, const struct moment *m, int64_t fallback)
{
	int64_t ms = fallback;

	if (!m->is_set)
		return fallback;
	if (c->env->zone_to_utc == NULL)
		return time_days_from_civil(m->year, m->month, m->day) * TIME_DAY_MS +
		    m->hour * TIME_HOUR_MS + m->minute * TIME_MINUTE_MS;
	(void)c->env->zone_to_utc(
	    c->env->cookie, it->zone, m->year, m->month, m->day, m->hour, m->minute, &ms);
	return ms;
}

static int
compile_program(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, const struct node *root, struct program *p)
{
	*p = (struct program){.head = head,
	    .root = ASKED_NONE,
	    .code = (uint32_t)c->set->code_count,
	    .from_ms = moment_ms(c, it, &it->from, INT64_MIN),
	    .until_ms = moment_ms(c, it, &it->until, INT64_MAX),
	    .part = part,
	    .is_off = item_has(it, SLOT_OFF),
	    .sees_events = part == FIRING_RULE && item_sees_events(it)};
	if (root == NULL)
		return 0;
	if (compile_node(c, root, &p->root) < 0 || emit(c, RULE_OPCODE_FIRE, 0, false) < 0)
		return -1;
	p->code_count = (uint32_t)c->set->code_count - p->code;
	assert(stack_is_sound(c->set, p));
	return 0;
}

int
compile_code(struct compiler *c, const struct node *root, struct compiled_segment *g)
{
	struct program p = {.code = (uint32_t)c->set->code_count};

	if (compile_node(c, root, &g->root) < 0 || emit(c, RULE_OPCODE_FIRE, 0, false) < 0)
		return -1;
	p.code_count = (uint32_t)c->set->code_count - p.code;
	assert(stack_is_sound(c->set, &p));
	g->code = p.code;
	g->code_count = p.code_count;
	return 0;
}

int
compile_part(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, const struct node *root, uint32_t *program_r)
{
	*program_r = (uint32_t)c->set->program_count;
	return compile_program(c, it, head, part, root, &c->set->programs[c->set->program_count++]);
}

static int
compile_examples(struct compiler *c, const struct item *it, struct compiled_rule *r)
{
	struct slice *texts;

	if (it->example_count == 0)
		return 0;
	texts = arena_array(c->set->arena, it->example_count, sizeof *texts);
	if (texts == NULL)
		return -1;
	for (const struct example_node *e = it->examples; e != NULL; e = e->next) {
		texts[r->example_count] = e->text;
		if (compile_keep(c, &texts[r->example_count++]) < 0)
			return -1;
	}
	r->examples = texts;
	return 0;
}

int
compile_rule(
    struct compiler *c, const struct item *it, struct compiled_rule *r, struct program *when)
{
	r->place = compile_place(c, it);
	r->after = r->unless = PROGRAM_NONE;
	if (compile_head(c, it, &r->head) < 0 || compile_examples(c, it, r) < 0 ||
	    compile_guardrails(c, it, &r->head) < 0 ||
	    compile_program(c, it, &r->head, FIRING_RULE, it->when, when) < 0)
		return -1;
	if (it->after.sequence.kind == SEQUENCE_POST &&
	    compile_part(c, it, &r->head, FIRING_AFTER, it->after.where, &r->after) < 0)
		return -1;
	return it->unless.sequence.kind == SEQUENCE_POST
	    ? compile_part(c, it, &r->head, FIRING_UNLESS, it->unless.where, &r->unless)
	    : 0;
}
