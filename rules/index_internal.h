/*
 * index_internal.h - what the builders of an index hand each other: index_build.c files the programs,
 * gates.c has what many of them ask, steps.c what is left to be asked of each.
 */
#ifndef RULES_INDEX_INTERNAL_H
#define RULES_INDEX_INTERNAL_H

#include "rules/engine_internal.h"

/* Checks while they are made. */
struct step_list {
	struct step *items;
	size_t count, cap;
};

/* A test that costs no more than a look at numbers. */
bool test_is_cheap(const struct test *t);
/* The place of a field among the numbers of the set; NUMBERS_MAX: there are too many. */
size_t number_of(struct rule_set *s, const struct field *f);

/* The members that must all hold for what stands at root. */
static inline uint32_t
member_first(const struct rule_set *s, uint32_t root)
{
	return s->asked[root].kind == NODE_ALL ? root + 1 : root;
}
/* The test that a member is; NULL: it is a group or a `not`. */
static inline const struct test *
member_test(const struct rule_set *s, uint32_t member)
{
	const struct asked *q = &s->asked[member];

	return q->kind == NODE_CONDITION ? &s->tests[q->arg] : NULL;
}

/* The gates of a set; gate_of: by test its bit, 0 for what is none.  -1 without memory. */
int gates_build(struct rule_set *s, uint8_t *gate_of);
void gates_fini(struct gates *g);
/* Those that are open for an occurrence: a bit each. */
uint64_t gates_open(struct evaluation *e);

/* What is left to be asked of a program: all but its gates, which go to entry, and but the member
 * that its filing answers (ASKED_NONE: it answers none).  -1 without memory. */
int steps_make(struct rule_set *s, const struct program *p, uint32_t answered,
    const uint8_t *gate_of, struct step_list *l, struct index_entry *entry);
/* Lays them where the processor finds two in a line. */
int steps_finish(struct rule_set *s, struct step_list *l);

#endif
