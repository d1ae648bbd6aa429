/*
 * evaluate.c - one occurrence against the rules.
 *
 * First the occurrence's own values become numbers, once; then the index names the candidates; then each
 * candidate's program runs.  Nothing here takes memory but from the arena passed in.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "rules/fold_internal.h"
#include "rules/lex_internal.h"

#define SET_SMALL 8 /* sets up to here are walked, larger ones searched */

/* ---- values of the occurrence as numbers ---- */

bool
id_set_has(const struct id_set *s, uint32_t id)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->ids[mid] < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->count && s->ids[low] == id;
}

static bool
has_hit(const struct evaluation *e, uint32_t phrase)
{
	return (e->phrase_bits[phrase / 64] >> (phrase % 64) & 1) != 0;
}

static int
hit(struct evaluation *e, uint32_t phrase)
{
	struct domain_values *v = &e->domains[DOMAIN_TEXT];

	if (has_hit(e, phrase))
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

static int
find_phrases(struct evaluation *e)
{
	const struct phrases *p = &e->set->phrases;
	const struct score *s = e->occ->score;

	e->token_ids = arena_alloc(e->arena, (s->token_count + 1) * sizeof *e->token_ids);
	e->phrase_bits = arena_array(e->arena, p->count / 64 + 1, sizeof *e->phrase_bits);
	if (e->token_ids == NULL || e->phrase_bits == NULL)
		return -1;
	for (size_t i = 0; i < s->token_count; i++)
		e->token_ids[i] = words_find(&e->set->words, s->tokens[i].folded);
	for (size_t i = 0; i < s->token_count; i++) {
		uint32_t word = e->token_ids[i], found;

		if (word == 0)
			continue;
		found = phrases_single(p, word);
		if (found != 0 && hit(e, found - 1) < 0)
			return -1;
		if (i + 1 == s->token_count)
			break;
		for (found = phrases_pair(p, word, e->token_ids[i + 1]); found != 0;
		     found = p->list[found - 1].next)
			if (phrases_at(p, found - 1, s->tokens, e->token_ids, s->token_count, i) &&
			    hit(e, found - 1) < 0)
				return -1;
	}
	return 0;
}

static int
find_texts(struct evaluation *e, const struct field *f, struct domain_values *v)
{
	struct field_texts t;
	char small[256], *room = small;

	v->is_known = f->texts(e->occ, &t);
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

	v->is_known = f->choice(e->occ, &mask);
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
find_brands(struct evaluation *e, struct domain_values *v)
{
	const struct score *s = e->occ->score;

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

int
evaluation_begin(struct evaluation *e, const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a)
{
	*e = (struct evaluation){.set = set, .occ = occ, .facts = facts, .arena = a};
	e->domains[DOMAIN_TEXT].is_known = occ->score != NULL;
	if (set->has_phrases && occ->score != NULL && find_phrases(e) < 0)
		return -1;
	for (size_t d = 1; d < set->domain_count; d++) {
		const struct field *f = set->domains[d];
		int rc = f->type == FIELD_BRAND ? find_brands(e, &e->domains[d])
		    : f->type == FIELD_CHOICE   ? find_choices(e, f, &e->domains[d])
						: find_texts(e, f, &e->domains[d]);

		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- tests ---- */

static enum tristate
tri(bool b)
{
	return b ? TRI_YES : TRI_NO;
}

static enum tristate
tri_not(enum tristate t)
{
	return t == TRI_UNKNOWN ? TRI_UNKNOWN : t == TRI_YES ? TRI_NO : TRI_YES;
}

bool
evaluation_common(
    const struct evaluation *e, uint16_t domain, const struct id_set *set, size_t *at_r)
{
	const struct domain_values *v = &e->domains[domain];

	/* few keywords are asked for one by one; else the few values that are there are looked up in the set */
	if (domain == DOMAIN_TEXT && set->count <= SET_SMALL && set->count < v->count) {
		for (size_t i = 0; i < set->count; i++) {
			if (!has_hit(e, set->ids[i]))
				continue;
			for (*at_r = 0; v->ids[*at_r] != set->ids[i]; (*at_r)++)
				;
			return true;
		}
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		if (id_set_has(set, v->ids[i])) {
			*at_r = i;
			return true;
		}
	}
	return false;
}

static enum tristate
test_meets(const struct evaluation *e, const struct test *t)
{
	size_t at;

	if (!e->domains[t->domain].is_known)
		return TRI_UNKNOWN;
	return tri(evaluation_common(e, t->domain, &e->set->sets[t->set], &at));
}

static enum tristate
test_has_all(const struct evaluation *e, const struct test *t)
{
	const struct id_set *set = &e->set->sets[t->set];

	if (!e->domains[DOMAIN_TEXT].is_known)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < set->count; i++)
		if (!has_hit(e, set->ids[i]))
			return TRI_NO;
	/* a list whose items hold no word has nothing that could be in the text */
	return tri(set->count > 0);
}

static enum tristate
test_starts(const struct evaluation *e, const struct test *t)
{
	const struct score *s = e->occ->score;

	if (s == NULL)
		return TRI_UNKNOWN;
	return tri(s->token_count > 0 &&
	    phrases_at(&e->set->phrases, e->set->sets[t->set].ids[0], s->tokens, e->token_ids,
		s->token_count, 0));
}

static enum tristate
test_bounds(const struct evaluation *e, const struct test *t)
{
	int64_t n;

	if (!t->node->field->number(e->occ, &n))
		return TRI_UNKNOWN;
	return tri(n >= t->low && n <= t->high);
}

static struct slice
folded(struct evaluation *e, struct slice s)
{
	char *room = arena_alloc(e->arena, s.len + 1);

	if (room == NULL) {
		e->has_no_memory = true;
		return SLICE_LIT("");
	}
	return fold_value(FOLD_CASE, s, room);
}

static bool
pattern_holds(enum rule_op op, const struct pattern *p, struct slice value)
{
	if (op == RULE_OP_STARTS_WITH)
		return value.len >= p->folded.len &&
		    memcmp(value.ptr, p->folded.ptr, p->folded.len) == 0;
	if (op == RULE_OP_IS || op == RULE_OP_IS_NOT || op == RULE_OP_ONE_OF ||
	    op == RULE_OP_NONE_OF)
		return slice_eq(value, p->folded);
	return fold_contains(value, p->folded);
}

static bool
is_refusing(enum rule_op op)
{
	return op == RULE_OP_IS_NOT || op == RULE_OP_NONE_OF || op == RULE_OP_NOT_CONTAINS ||
	    op == RULE_OP_CONTAINS_NONE;
}

static enum tristate
test_plain(struct evaluation *e, const struct test *t)
{
	const struct field *f = t->node->field;
	struct slice *cached = &e->folded[field_index(f)];
	struct field_texts texts;
	size_t held = 0;

	if (!f->texts(e->occ, &texts))
		return TRI_UNKNOWN;
	if (!slice_is_set(*cached))
		*cached = folded(e, texts.items[0]);
	for (size_t i = 0; i < t->pattern_count; i++)
		held += pattern_holds(t->node->op, &t->patterns[i], *cached);
	if (t->node->op == RULE_OP_CONTAINS_ALL)
		return tri(held == t->pattern_count && held > 0);
	return tri((held > 0) != is_refusing(t->node->op));
}

bool
attribute_number(struct slice value, int64_t *milli_r)
{
	return lex_number(slice_trim(value), milli_r);
}

static bool
is_order(enum rule_op op)
{
	return op == RULE_OP_AT_LEAST || op == RULE_OP_AT_MOST || op == RULE_OP_ABOVE ||
	    op == RULE_OP_BELOW || op == RULE_OP_BETWEEN;
}

static bool
order_holds(const struct test *t, int64_t n)
{
	int64_t a = t->patterns[0].number_milli;

	switch (t->node->op) {
	case RULE_OP_AT_LEAST: return n >= a;
	case RULE_OP_AT_MOST: return n <= a;
	case RULE_OP_ABOVE: return n > a;
	case RULE_OP_BELOW: return n < a;
	case RULE_OP_BETWEEN: return n >= a && n <= t->patterns[1].number_milli;
	case RULE_OP_IS:
	case RULE_OP_IS_NOT:
	case RULE_OP_ONE_OF:
	case RULE_OP_NONE_OF:
	case RULE_OP_CONTAINS:
	case RULE_OP_NOT_CONTAINS:
	case RULE_OP_CONTAINS_ANY:
	case RULE_OP_CONTAINS_ALL:
	case RULE_OP_CONTAINS_NONE:
	case RULE_OP_STARTS_WITH:
	case RULE_OP_KNOWN:
	case RULE_OP_UNKNOWN:
	case RULE_OP_COUNT: break;
	}
	assert(false && "an operator of order");
	return false;
}

/* Of several values one that fits is enough; when none is a number, we do not know. */
static enum tristate
test_attribute_order(const struct test *t, const struct slice_list *values)
{
	bool has_number = false;
	int64_t n;

	for (size_t i = 0; i < values->count; i++) {
		if (!attribute_number(values->items[i], &n))
			continue;
		has_number = true;
		if (order_holds(t, n))
			return TRI_YES;
	}
	return has_number ? TRI_NO : TRI_UNKNOWN;
}

static bool
attribute_holds(struct evaluation *e, const struct test *t, const struct pattern *p,
    const struct slice_list *values)
{
	int64_t n;

	for (size_t i = 0; i < values->count; i++) {
		if (p->is_number) {
			if (attribute_number(values->items[i], &n) && n == p->number_milli)
				return true;
		} else if (pattern_holds(t->node->op, p, folded(e, values->items[i]))) {
			return true;
		}
	}
	return false;
}

static enum tristate
test_attribute(struct evaluation *e, const struct test *t)
{
	struct slice_list values;
	size_t held = 0;

	if (!field_attribute(e->occ, t->node->attribute, &values))
		return TRI_UNKNOWN;
	if (is_order(t->node->op))
		return test_attribute_order(t, &values);
	for (size_t i = 0; i < t->pattern_count; i++)
		held += attribute_holds(e, t, &t->patterns[i], &values);
	if (t->node->op == RULE_OP_CONTAINS_ALL)
		return tri(held == t->pattern_count && held > 0);
	return tri((held > 0) != is_refusing(t->node->op));
}

static bool
is_listed(struct evaluation *e, const struct id_set *list, struct slice name)
{
	char small[256], *room = small;

	if (!slice_is_set(name) || name.len == 0)
		return false;
	if (name.len > sizeof small && (room = arena_alloc(e->arena, name.len)) == NULL) {
		e->has_no_memory = true;
		return false;
	}
	uint32_t id = words_find(&e->set->words, fold_value(FOLD_HANDLE, name, room));
	return id != 0 && id_set_has(list, id);
}

/* Written items first; then those that an `add to list` of the past put there. */
static enum tristate
test_in_list(struct evaluation *e, const struct test *t)
{
	const struct id_set *list = &e->set->sets[t->set];
	const struct customer *c = e->occ->customer;
	bool is_author = slice_eq_str(slice_of(t->node->field->subject), "author");
	int answer;

	if (is_author) {
		if (e->occ->post == NULL ||
		    (!slice_is_set(e->occ->post->author.id) &&
			!slice_is_set(e->occ->post->author.handle)))
			return TRI_UNKNOWN;
		if (is_listed(e, list, e->occ->post->author.handle) ||
		    is_listed(e, list, e->occ->post->author.id))
			return TRI_YES;
	} else {
		if (c == NULL)
			return TRI_UNKNOWN;
		if (is_listed(e, list, c->id))
			return TRI_YES;
		for (size_t i = 0; i < c->endpoint_count; i++)
			if (is_listed(e, list, c->endpoints[i].address))
				return TRI_YES;
	}
	if (e->facts == NULL || e->facts->in_list == NULL)
		return TRI_NO;
	answer = e->facts->in_list(e->facts->cookie, t->node->values.first->text,
	    is_author ? TARGET_AUTHOR : TARGET_CUSTOMER, e->occ);
	return answer < 0 ? TRI_UNKNOWN : tri(answer > 0);
}

static enum tristate
test_known(struct evaluation *e, const struct test *t)
{
	const struct field *f = t->node->field;
	struct slice_list values;
	struct field_texts texts;
	int64_t n;

	if (f->type == FIELD_ATTRIBUTE)
		return tri(field_attribute(e->occ, t->node->attribute, &values));
	if (f->number != NULL)
		return tri(f->number(e->occ, &n));
	assert(f->texts != NULL);
	return tri(f->texts(e->occ, &texts));
}

enum tristate
evaluation_test(struct evaluation *e, const struct test *t)
{
	enum tristate r = TRI_UNKNOWN;

	switch (t->opcode) {
	case RULE_OPCODE_TEST_BOUNDS: r = test_bounds(e, t); break;
	case RULE_OPCODE_TEST_MEETS: r = test_meets(e, t); break;
	case RULE_OPCODE_TEST_MISSES: r = tri_not(test_meets(e, t)); break;
	case RULE_OPCODE_TEST_HAS_ALL: r = test_has_all(e, t); break;
	case RULE_OPCODE_TEST_STARTS: r = test_starts(e, t); break;
	case RULE_OPCODE_TEST_PLAIN: r = test_plain(e, t); break;
	case RULE_OPCODE_TEST_ATTRIBUTE: r = test_attribute(e, t); break;
	case RULE_OPCODE_TEST_FLAG: r = t->node->field->flag(e->occ); break;
	case RULE_OPCODE_TEST_IN_LIST: r = test_in_list(e, t); break;
	case RULE_OPCODE_TEST_ALLOWS: r = field_allows(e->occ, t->node->values.first->text); break;
	case RULE_OPCODE_TEST_KNOWN: r = test_known(e, t); break;
	case RULE_OPCODE_NOT:
	case RULE_OPCODE_AND:
	case RULE_OPCODE_OR:
	case RULE_OPCODE_JUMP_FALSE:
	case RULE_OPCODE_JUMP_TRUE:
	case RULE_OPCODE_FIRE:
	case RULE_OPCODE_COUNT: assert(false && "a test"); break;
	}
	return t->is_negated ? tri_not(r) : r;
}

/* ---- the machine ---- */

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
evaluation_run(struct evaluation *e, const struct compiled_rule *r)
{
	const struct instruction *code = e->set->code;
	enum tristate stack[RULE_STACK_MAX];
	size_t top = 0; /* the stack was checked when compiling */

	for (uint32_t i = r->code;; i++) {
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

/* ---- all rules ---- */

struct firings {
	struct firing *items;
	size_t count, cap;
};

static int
fire(struct evaluation *e, const struct compiled_rule *r, struct firings *f)
{
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
	f->items[f->count].rule = &r->head;
	f->items[f->count].reason = explain_reason(e, r);
	return slice_is_set(f->items[f->count++].reason) ? 0 : -1;
}

static int
run_rules(struct evaluation *e, const uint64_t *candidates, struct firings *f)
{
	const struct rule_set *s = e->set;

	for (size_t w = 0; w < s->index.flat_words; w++) {
		for (uint64_t bits = candidates[w]; bits != 0; bits &= bits - 1) {
			const struct compiled_rule *r =
			    &s->rules[w * 64 + (size_t)__builtin_ctzll(bits)];

			if (r->is_off || e->occ->at_ms < r->from_ms || e->occ->at_ms >= r->until_ms)
				continue;
			if (evaluation_run(e, r) == TRI_YES && !e->has_no_memory &&
			    fire(e, r, f) < 0)
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
	if (candidates == NULL || run_rules(&e, candidates, &f) < 0)
		goto full;
	*firings_r = f.items;
	*count_r = f.count;
	return 0;
full:
	return err_set(err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM,
	    "no memory to evaluate the rules for '%.*s'", SLICE_ARG(utf8_prefix(occ->id, 100)));
}
