/*
 * evaluate.c - one occurrence against the rules.
 *
 * The occurrence's own values become numbers, once and when first asked for; the index names the
 * candidates by them; then what it has not answered of each candidate is checked.  Nothing here takes
 * memory but from the arena passed in.  Reasons are put in words when somebody asks for them: the
 * evaluation stays in the arena for that.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/prefetch.h"
#include "rules/fold_internal.h"

/* Up to so many keywords found are walked; of more there is a bitmap. */
#define HITS_WALKED 16

/* ---- values of the occurrence as numbers ---- */

static int
values_room(struct evaluation *e, struct domain_values *v, size_t count)
{
	v->ids = arena_alloc(e->arena, (count + 1) * sizeof *v->ids);
	return v->ids == NULL ? -1 : 0;
}

static inline void
values_put(struct domain_values *v, uint32_t id)
{
	v->ids[v->count++] = id;
	v->bits |= UINT64_C(1) << (id % 64);
}

/* A long text may hold very many keywords. */
static int
hits_grow(struct evaluation *e, struct domain_values *v)
{
	uint32_t cap = e->hit_cap == 0 ? HITS_WALKED : e->hit_cap * 2;
	uint32_t *ids = arena_alloc(e->arena, cap * sizeof *ids);

	if (ids == NULL)
		return -1;
	if (v->count > 0)
		memcpy(ids, v->ids, v->count * sizeof *ids);
	v->ids = ids;
	e->hit_cap = cap;
	if (v->count == 0 || e->phrase_bits != NULL)
		return 0;
	e->phrase_bits =
	    arena_array(e->arena, e->set->phrases.count / 64 + 1, sizeof *e->phrase_bits);
	if (e->phrase_bits == NULL)
		return -1;
	for (size_t i = 0; i < v->count; i++)
		e->phrase_bits[ids[i] / 64] |= UINT64_C(1) << (ids[i] % 64);
	return 0;
}

static int
hit(struct evaluation *e, uint32_t phrase)
{
	struct domain_values *v = &e->domains[DOMAIN_TEXT];

	if (evaluation_has_phrase(e, phrase))
		return 0;
	if (v->count == e->hit_cap && hits_grow(e, v) < 0)
		return -1;
	if (e->phrase_bits != NULL)
		e->phrase_bits[phrase / 64] |= UINT64_C(1) << (phrase % 64);
	values_put(v, phrase);
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

	if (phrase_text_init(&e->text, &e->set->words, e->occ->score, e->arena) < 0)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		/* the places behind the last token are 0 */
		uint32_t next = t->ids[i + 1], other;

		if (t->ids[i] == 0 && t->others == NULL)
			continue;
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
	v->texts = arena_alloc(e->arena, t.count * sizeof *v->texts);
	if (v->texts == NULL || values_room(e, v, t.count) < 0)
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
		v->texts[v->count] = t.items[i];
		values_put(v, id);
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
	if (values_room(e, v, (size_t)__builtin_popcount(mask)) < 0)
		return -1;
	for (; mask != 0; mask &= mask - 1)
		values_put(v, (uint32_t)__builtin_ctz(mask));
	return 0;
}

static int
find_given_brands(struct evaluation *e, const struct slice_list *given, struct domain_values *v)
{
	v->is_known = true;
	if (values_room(e, v, given->count * e->set->brands.brand_count) < 0)
		return -1;
	for (size_t i = 0; i < given->count; i++)
		for (uint32_t b = 0; b < e->set->brands.brand_count; b++)
			if (slice_eq(e->set->brands.brands[b].id, given->items[i]))
				values_put(v, b);
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
	if (values_room(e, v, s->brand_count) < 0)
		return -1;
	for (size_t i = 0; i < s->brand_count; i++)
		values_put(v, s->brands[i]);
	return 0;
}

int
evaluation_find(struct evaluation *e, size_t domain)
{
	struct domain_values *v = &e->domains[domain];
	const struct field *f = e->set->domains[domain];

	*v = (struct domain_values){0};
	e->found |= UINT64_C(1) << domain;
	if (domain == DOMAIN_TEXT) {
		v->is_known = e->occ->score != NULL;
		return e->set->has_phrases && v->is_known ? find_phrases(e) : 0;
	}
	if (f->type == FIELD_BRAND)
		return find_brands(e, f, v);
	return f->type == FIELD_CHOICE ? find_choices(e, f, v) : find_texts(e, f, v);
}

int
evaluation_begin(struct evaluation *e, const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a)
{
	*e = (struct evaluation){.set = set, .occ = occ, .facts = facts, .arena = a};
	e->domains = arena_alloc(a, set->domain_count * sizeof *e->domains);
	e->folded =
	    set->plain_count == 0 ? NULL : arena_array(a, set->plain_count, sizeof *e->folded);
	return e->domains == NULL || (set->plain_count > 0 && e->folded == NULL) ? -1 : 0;
}

int
evaluation_begin_given(struct evaluation *e, const struct rule_set *set,
    const struct occurrence *occ, const struct node *given, struct arena *a)
{
	if (evaluation_begin(e, set, occ, NULL, a) < 0)
		return -1;
	e->given = given;
	return 0;
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

/* Up to FIRE, or to the end of a group's code. */
static enum tristate
run_code(struct evaluation *e, uint32_t from, uint32_t end)
{
	const struct instruction *code = e->set->code;
	enum tristate stack[RULE_STACK_MAX];
	size_t top = 0; /* the stack was checked when compiling */

	for (uint32_t i = from; i < end; i++) {
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
		case RULE_OPCODE_TEST_IN_SEGMENT:
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
	assert(top == 1);
	return stack[0];
}

enum tristate
evaluation_run_code(struct evaluation *e, uint32_t from, uint32_t end)
{
	return run_code(e, from, end);
}

enum tristate
evaluation_run(struct evaluation *e, const struct program *p)
{
	return p->root == ASKED_NONE ? TRI_YES : run_code(e, p->code, p->code + p->code_count);
}

/* What the index has not answered of a candidate. */
static bool
passes(struct evaluation *e, const struct check_line *c, const struct check_line *end)
{
	for (; c < end; c++) {
		enum tristate wanted = c->is.kind == REQUIRE_NO ? TRI_NO : TRI_YES;

		if (wanted !=
		    (c->is.kind == REQUIRE_CODE ? run_code(e, c->is.at, c->is.end)
						: evaluation_test(e, &c->test)))
			return false;
	}
	return true;
}

/* ---- all programs ---- */

struct firings {
	struct firing *items;
	size_t count, cap;
};

static struct slice
tell_reason(const struct firing_teller *self, const struct firing *f)
{
	struct evaluation *e = (struct evaluation *)self;

	return explain_reason(e, &e->set->programs[f->number]);
}

static int
fire(struct evaluation *e, const struct program *p, struct firings *f)
{
	bool is_counted = p->part == FIRING_WATCHED || p->part == FIRING_BASE;

	if (f->count == f->cap) {
		size_t cap = f->cap == 0 ? 16 : f->cap * 2;
		struct firing *items = arena_alloc(e->arena, cap * sizeof *items);

		if (items == NULL)
			return -1;
		if (f->count > 0)
			memcpy(items, f->items, f->count * sizeof *items);
		f->items = items;
		f->cap = cap;
	}
	/* what is merely counted is told as a crowd, not post by post */
	f->items[f->count++] = (struct firing){.rule = p->head,
	    .part = p->part,
	    .number = (uint32_t)(p - e->set->programs),
	    .teller = is_counted ? NULL : &e->teller,
	    .reason = is_counted ? SLICE_LIT("") : SLICE_NONE};
	return 0;
}

/* Candidates lie anywhere: their checks are fetched for many at a time, so that the waits are for all
 * of them together. */
#define FETCHED 16

static void
fetch_checks(const struct rule_set *s, const uint32_t *candidates, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint32_t *start = &s->check_starts[candidates[i]];
		uint32_t first = start[0] & ~CHECKS_OF_EVENTS;

		prefetch(&s->check_lines[first]);
		if ((start[1] & ~CHECKS_OF_EVENTS) > first + 1)
			prefetch(&s->check_lines[first + 1]);
	}
}

/* Those whose conditions hold stay; returns how many.  Most do not, and their programs are not looked
 * at. */
static size_t
check_candidates(struct evaluation *e, uint32_t *candidates, size_t count)
{
	const struct rule_set *s = e->set;
	uint32_t kind = e->occ->kind == OCCURRENCE_EVENT ? CHECKS_OF_EVENTS : 0;
	size_t held = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t program = candidates[i];
		const uint32_t *start = &s->check_starts[program];

		if (i % FETCHED == 0)
			fetch_checks(s, candidates + i, count - i < FETCHED ? count - i : FETCHED);
		if ((start[0] & CHECKS_OF_EVENTS) != kind ||
		    !passes(e, &s->check_lines[start[0] & ~CHECKS_OF_EVENTS],
			&s->check_lines[start[1] & ~CHECKS_OF_EVENTS]))
			continue;
		prefetch(&s->programs[program]);
		candidates[held++] = program;
	}
	return held;
}

static int
run_programs(struct evaluation *e, uint32_t *candidates, size_t count, struct firings *f)
{
	size_t held = check_candidates(e, candidates, count);

	if (e->has_no_memory)
		return -1;
	for (size_t i = 0; i < held; i++) {
		const struct program *p = &e->set->programs[candidates[i]];

		if (e->occ->at_ms < p->from_ms || e->occ->at_ms >= p->until_ms)
			continue;
		if (fire(e, p, f) < 0)
			return -1;
	}
	return 0;
}

/* An evaluation that outlives the call, for its reasons: the occurrence may not. */
struct kept_evaluation {
	struct evaluation e;
	struct occurrence occ;
};

static struct evaluation *
keep_evaluation(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a)
{
	struct kept_evaluation *k = arena_alloc(a, sizeof *k);

	if (k == NULL || evaluation_begin(&k->e, set, &k->occ, facts, a) < 0)
		return NULL;
	k->occ = *occ;
	k->e.teller.tell = tell_reason;
	return &k->e;
}

int
rule_set_evaluate(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct firing **firings_r, size_t *count_r,
    struct err *err)
{
	struct evaluation *e = keep_evaluation(set, occ, facts, a);
	struct firings f = {0};
	uint32_t *candidates;
	size_t count;

	if (e == NULL || index_candidates(e, &candidates, &count) < 0 ||
	    run_programs(e, candidates, count, &f) < 0)
		return err_set(err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM,
		    "no memory to evaluate the rules for '%.*s'",
		    SLICE_ARG(utf8_prefix(occ->id, 100)));
	e->facts = NULL; /* a reason asks nobody: what was said is remembered */
	*firings_r = f.items;
	*count_r = f.count;
	return 0;
}
