/*
 * evaluate.c - one occurrence against the rules.
 *
 * First the occurrence's own values become numbers, once; then the index names the candidates; then
 * each candidate's program runs.  Nothing here takes memory but from the arena passed in.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "rules/fold_internal.h"

/* ---- values of the occurrence as numbers ---- */

static int
hit(struct evaluation *e, uint32_t phrase)
{
	struct domain_values *v = &e->domains[DOMAIN_TEXT];

	if (evaluation_has_phrase(e, phrase))
		return 0;
	e->phrase_bits[phrase / 64] |= UINT64_C(1) << (phrase % 64);
	if (v->count == e->hit_cap) {
		size_t cap = e->hit_cap == 0 ? 16 : e->hit_cap * 2;
		uint32_t *ids = arena_alloc(e->arena, cap * sizeof *ids);

		if (ids == NULL)
			return -1;
		if (v->count > 0)
			memcpy(ids, v->ids, v->count * sizeof *ids);
		v->ids = ids;
		e->hit_cap = cap;
	}
	v->ids[v->count++] = phrase;
	return 0;
}

/* The keywords that stand at token i, read as these two words. */
static int
find_phrases_at(struct evaluation *e, size_t i, uint32_t word, uint32_t next)
{
	const struct phrases *p = &e->set->phrases;
	uint32_t found;

	if (word == 0)
		return 0;
	found = phrases_single(p, word);
	if (found != 0 && hit(e, found - 1) < 0)
		return -1;
	for (found = phrases_pair(p, word, next); found != 0; found = p->list[found - 1].next)
		if (phrases_at(p, found - 1, &e->text, i) && hit(e, found - 1) < 0)
			return -1;
	return 0;
}

static int
find_phrases(struct evaluation *e)
{
	const struct phrase_text *t = &e->text;

	e->phrase_bits =
	    arena_array(e->arena, e->set->phrases.count / 64 + 1, sizeof *e->phrase_bits);
	if (e->phrase_bits == NULL ||
	    phrase_text_init(&e->text, &e->set->words, e->occ->score, e->arena) < 0)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		/* the places behind the last token are 0 */
		uint32_t next = t->ids[i + 1], other;

		if (find_phrases_at(e, i, t->ids[i], next) < 0)
			return -1;
		if (t->others == NULL)
			continue;
		other = t->others[i + 1];
		if (find_phrases_at(e, i, t->others[i], next) < 0)
			return -1;
		if (other != 0 &&
		    (find_phrases_at(e, i, t->ids[i], other) < 0 ||
			find_phrases_at(e, i, t->others[i], other) < 0))
			return -1;
	}
	return 0;
}

static int
find_texts(struct evaluation *e, const struct field *f, struct domain_values *v)
{
	struct field_texts t;
	char small[256], *room = small;

	v->is_known = evaluation_texts(e, f, &t);
	if (!v->is_known || t.count == 0)
		return 0;
	v->ids = arena_alloc(e->arena, t.count * sizeof *v->ids);
	v->texts = arena_alloc(e->arena, t.count * sizeof *v->texts);
	if (v->ids == NULL || v->texts == NULL)
		return -1;
	for (size_t i = 0; i < t.count; i++) {
		uint32_t id;

		room =
		    t.items[i].len <= sizeof small ? small : arena_alloc(e->arena, t.items[i].len);
		if (room == NULL)
			return -1;
		id = words_find(&e->set->words, fold_value(f->fold, t.items[i], room));
		if (id == 0)
			continue;
		v->ids[v->count] = id;
		v->texts[v->count++] = t.items[i];
	}
	return 0;
}

static int
find_choices(struct evaluation *e, const struct field *f, struct domain_values *v)
{
	uint32_t mask;

	v->is_known = evaluation_choice(e, f, &mask);
	if (!v->is_known)
		return 0;
	v->ids = arena_alloc(e->arena, 32 * sizeof *v->ids);
	if (v->ids == NULL)
		return -1;
	for (uint32_t i = 0; i < 32; i++)
		if ((mask >> i & 1) != 0)
			v->ids[v->count++] = i;
	return 0;
}

static int
find_given_brands(struct evaluation *e, const struct slice_list *given, struct domain_values *v)
{
	v->is_known = true;
	v->ids = arena_alloc(e->arena, (given->count + 1) * sizeof *v->ids);
	if (v->ids == NULL)
		return -1;
	for (size_t i = 0; i < given->count; i++)
		for (uint32_t b = 0; b < e->set->brands.brand_count; b++)
			if (slice_eq(e->set->brands.brands[b].id, given->items[i]))
				v->ids[v->count++] = b;
	return 0;
}

static int
find_brands(struct evaluation *e, const struct field *f, struct domain_values *v)
{
	const struct score *s = e->occ->score;
	struct slice_list given;

	if (evaluation_brands(e, f, &given))
		return find_given_brands(e, &given, v);
	v->is_known = s != NULL;
	if (s == NULL || s->brand_count == 0)
		return 0;
	v->ids = arena_alloc(e->arena, s->brand_count * sizeof *v->ids);
	if (v->ids == NULL)
		return -1;
	for (size_t i = 0; i < s->brand_count; i++)
		v->ids[v->count++] = s->brands[i];
	return 0;
}

static int
find_values(struct evaluation *e)
{
	const struct rule_set *set = e->set;

	e->domains[DOMAIN_TEXT].is_known = e->occ->score != NULL;
	if (set->has_phrases && e->occ->score != NULL && find_phrases(e) < 0)
		return -1;
	for (size_t d = 1; d < set->domain_count; d++) {
		const struct field *f = set->domains[d];
		int rc = f->type == FIELD_BRAND ? find_brands(e, f, &e->domains[d])
		    : f->type == FIELD_CHOICE   ? find_choices(e, f, &e->domains[d])
						: find_texts(e, f, &e->domains[d]);

		if (rc < 0)
			return -1;
	}
	return 0;
}

int
evaluation_begin(struct evaluation *e, const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a)
{
	*e = (struct evaluation){.set = set, .occ = occ, .facts = facts, .arena = a};
	return find_values(e);
}

int
evaluation_begin_given(struct evaluation *e, const struct rule_set *set,
    const struct occurrence *occ, const struct node *given, struct arena *a)
{
	*e = (struct evaluation){.set = set, .occ = occ, .given = given, .arena = a};
	return find_values(e);
}

/* ---- the machine ---- */

static enum tristate
tri_not(enum tristate t)
{
	return t == TRI_UNKNOWN ? TRI_UNKNOWN : t == TRI_YES ? TRI_NO : TRI_YES;
}

static enum tristate
tri_and(enum tristate a, enum tristate b)
{
	if (a == TRI_NO || b == TRI_NO)
		return TRI_NO;
	return a == TRI_YES && b == TRI_YES ? TRI_YES : TRI_UNKNOWN;
}

static enum tristate
tri_or(enum tristate a, enum tristate b)
{
	if (a == TRI_YES || b == TRI_YES)
		return TRI_YES;
	return a == TRI_NO && b == TRI_NO ? TRI_NO : TRI_UNKNOWN;
}

enum tristate
evaluation_run(struct evaluation *e, const struct program *p)
{
	const struct instruction *code = e->set->code;
	enum tristate stack[RULE_STACK_MAX];
	size_t top = 0; /* the stack was checked when compiling */

	if (p->root == NULL)
		return TRI_YES;
	for (uint32_t i = p->code;; i++) {
		switch ((enum rule_opcode)code[i].opcode) {
		case RULE_OPCODE_TEST_BOUNDS:
		case RULE_OPCODE_TEST_MEETS:
		case RULE_OPCODE_TEST_MISSES:
		case RULE_OPCODE_TEST_HAS_ALL:
		case RULE_OPCODE_TEST_STARTS:
		case RULE_OPCODE_TEST_PLAIN:
		case RULE_OPCODE_TEST_ATTRIBUTE:
		case RULE_OPCODE_TEST_FLAG:
		case RULE_OPCODE_TEST_IN_LIST:
		case RULE_OPCODE_TEST_ALLOWS:
		case RULE_OPCODE_TEST_KNOWN:
			assert(top < RULE_STACK_MAX);
			stack[top++] = evaluation_test(e, &e->set->tests[code[i].arg]);
			break;
		case RULE_OPCODE_NOT: stack[top - 1] = tri_not(stack[top - 1]); break;
		case RULE_OPCODE_AND:
			top--;
			stack[top - 1] = tri_and(stack[top - 1], stack[top]);
			break;
		case RULE_OPCODE_OR:
			top--;
			stack[top - 1] = tri_or(stack[top - 1], stack[top]);
			break;
		case RULE_OPCODE_JUMP_FALSE:
			if (stack[top - 1] == TRI_NO)
				i = code[i].arg - 1;
			break;
		case RULE_OPCODE_JUMP_TRUE:
			if (stack[top - 1] == TRI_YES)
				i = code[i].arg - 1;
			break;
		case RULE_OPCODE_FIRE: assert(top == 1); return stack[0];
		case RULE_OPCODE_COUNT: assert(false && "an opcode"); return TRI_UNKNOWN;
		}
	}
}

/* ---- all programs ---- */

struct firings {
	struct firing *items;
	size_t count, cap;
};

static int
fire(struct evaluation *e, const struct program *p, struct firings *f)
{
	bool is_counted = p->part == FIRING_WATCHED || p->part == FIRING_BASE;
	struct firing *to;

	if (f->count == f->cap) {
		size_t cap = f->cap == 0 ? 8 : f->cap * 2;
		struct firing *items = arena_array(e->arena, cap, sizeof *items);

		if (items == NULL)
			return -1;
		if (f->count > 0)
			memcpy(items, f->items, f->count * sizeof *items);
		f->items = items;
		f->cap = cap;
	}
	to = &f->items[f->count++];
	to->rule = p->head;
	to->part = p->part;
	/* what is merely counted is told as a crowd, not post by post */
	to->reason = is_counted ? SLICE_LIT("") : explain_reason(e, p);
	return slice_is_set(to->reason) ? 0 : -1;
}

static int
run_programs(struct evaluation *e, const uint64_t *candidates, struct firings *f)
{
	const struct rule_set *s = e->set;

	for (size_t w = 0; w < s->index.flat_words; w++) {
		for (uint64_t bits = candidates[w]; bits != 0; bits &= bits - 1) {
			const struct program *p =
			    &s->programs[w * 64 + (size_t)__builtin_ctzll(bits)];

			if (p->is_off || e->occ->at_ms < p->from_ms || e->occ->at_ms >= p->until_ms)
				continue;
			if (evaluation_run(e, p) == TRI_YES && !e->has_no_memory &&
			    fire(e, p, f) < 0)
				return -1;
			if (e->has_no_memory)
				return -1;
		}
	}
	return 0;
}

int
rule_set_evaluate(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct firing **firings_r, size_t *count_r,
    struct err *err)
{
	struct evaluation e;
	struct firings f = {0};
	const uint64_t *candidates;

	if (evaluation_begin(&e, set, occ, facts, a) < 0)
		goto full;
	candidates = index_candidates(&set->index, &e);
	if (candidates == NULL || run_programs(&e, candidates, &f) < 0)
		goto full;
	*firings_r = f.items;
	*count_r = f.count;
	return 0;
full:
	return err_set(err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM,
	    "no memory to evaluate the rules for '%.*s'", SLICE_ARG(utf8_prefix(occ->id, 100)));
}
