/*
 * evaluate_condition.c - is one condition true, false or unknown?  One function for each kind of test.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "rules/fold_internal.h"
#include "rules/lex_internal.h"

#define SET_SMALL 8 /* sets up to here are walked, larger ones searched */

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

bool
evaluation_has_phrase(const struct evaluation *e, uint32_t phrase)
{
	const struct domain_values *v = &e->domains[DOMAIN_TEXT];

	if ((v->bits >> (phrase % 64) & 1) == 0)
		return false;
	if (e->phrase_bits != NULL)
		return (e->phrase_bits[phrase / 64] >> (phrase % 64) & 1) != 0;
	for (size_t i = 0; i < v->count; i++)
		if (v->ids[i] == phrase)
			return true;
	return false;
}

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
evaluation_common(struct evaluation *e, uint16_t domain, const struct id_set *set, size_t *at_r)
{
	const struct domain_values *v = evaluation_domain(e, domain);

	/* few keywords are asked for one by one; else the few values that are there are looked up
	 * in the set */
	if (domain == DOMAIN_TEXT && set->count <= SET_SMALL && set->count < v->count) {
		for (size_t i = 0; i < set->count; i++) {
			if (!evaluation_has_phrase(e, set->ids[i]))
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

bool
evaluation_meets(const struct domain_values *v, const struct id_set *set)
{
	for (size_t i = 0; i < v->count; i++) {
		if (set->count > SET_SMALL) {
			if (id_set_has(set, v->ids[i]))
				return true;
			continue;
		}
		for (size_t k = 0; k < set->count; k++)
			if (set->ids[k] == v->ids[i])
				return true;
	}
	return false;
}

/* Most sets have no value whose bit is there. */
static enum tristate
test_meets(struct evaluation *e, const struct test *t)
{
	const struct domain_values *v = evaluation_domain(e, t->domain);

	if (!v->is_known)
		return TRI_UNKNOWN;
	if ((v->bits & t->bits) == 0)
		return TRI_NO;
	return tri(t->is_exact || evaluation_meets(v, &e->set->sets[t->set]));
}

static enum tristate
test_has_all(struct evaluation *e, const struct test *t)
{
	const struct id_set *set = &e->set->sets[t->set];

	if (!evaluation_domain(e, DOMAIN_TEXT)->is_known)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < set->count; i++)
		if (!evaluation_has_phrase(e, set->ids[i]))
			return TRI_NO;
	/* a list whose items hold no word has nothing that could be in the text */
	return tri(set->count > 0);
}

static enum tristate
test_starts(struct evaluation *e, const struct test *t)
{
	if (!evaluation_domain(e, DOMAIN_TEXT)->is_known)
		return TRI_UNKNOWN;
	return tri(e->text != NULL && e->text->count > 0 &&
	    phrases_at(&e->set->phrases, e->set->sets[t->set].ids[0], e->text, 0));
}

static enum tristate
test_bounds(struct evaluation *e, const struct test *t)
{
	int64_t n;

	if (!evaluation_number(e, t->field, &n))
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
	const struct field *f = t->field;
	enum rule_op op = (enum rule_op)test_words_of(e->set, t)->op;
	struct slice *cached = &e->folded[t->domain];
	struct field_texts texts;
	size_t held = 0;

	if (!evaluation_texts(e, f, &texts))
		return TRI_UNKNOWN;
	if (!slice_is_set(*cached))
		*cached = folded(e, texts.items[0]);
	for (size_t i = 0; i < t->pattern_count; i++)
		held += pattern_holds(op, &t->patterns[i], *cached);
	if (op == RULE_OP_CONTAINS_ALL)
		return tri(held == t->pattern_count && held > 0);
	return tri((held > 0) != is_refusing(op));
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
order_holds(enum rule_op op, const struct test *t, int64_t n)
{
	int64_t a = t->patterns[0].number_milli;

	switch (op) {
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
test_attribute_order(enum rule_op op, const struct test *t, const struct slice_list *values)
{
	bool has_number = false;
	int64_t n;

	for (size_t i = 0; i < values->count; i++) {
		if (!attribute_number(values->items[i], &n))
			continue;
		has_number = true;
		if (order_holds(op, t, n))
			return TRI_YES;
	}
	return has_number ? TRI_NO : TRI_UNKNOWN;
}

static bool
attribute_holds(
    struct evaluation *e, enum rule_op op, const struct pattern *p, const struct slice_list *values)
{
	int64_t n;

	for (size_t i = 0; i < values->count; i++) {
		if (p->is_number) {
			if (attribute_number(values->items[i], &n) && n == p->number_milli)
				return true;
		} else if (pattern_holds(op, p, folded(e, values->items[i]))) {
			return true;
		}
	}
	return false;
}

static enum tristate
test_attribute(struct evaluation *e, const struct test *t)
{
	enum rule_op op = (enum rule_op)test_words_of(e->set, t)->op;
	struct slice_list values;
	size_t held = 0;

	if (!evaluation_attribute(e, t, &values))
		return TRI_UNKNOWN;
	if (is_order(op))
		return test_attribute_order(op, t, &values);
	for (size_t i = 0; i < t->pattern_count; i++)
		held += attribute_holds(e, op, &t->patterns[i], &values);
	if (op == RULE_OP_CONTAINS_ALL)
		return tri(held == t->pattern_count && held > 0);
	return tri((held > 0) != is_refusing(op));
}

/* The word that lists have of a name; 0: none has it. */
static uint32_t
name_word(struct evaluation *e, struct slice name)
{
	return slice_is_set(name) && name.len > 0 ? evaluation_word(e, FOLD_HANDLE, name) : 0;
}

static bool
is_listed(struct evaluation *e, const struct id_set *list, struct slice name)
{
	uint32_t id = name_word(e, name);

	return id != 0 && id_set_has(list, id);
}

static void
find_author_names(struct evaluation *e, const struct author *a)
{
	const struct slice names[AUTHOR_NAMES] = {a->handle, a->id, a->url};

	for (size_t i = 0; i < AUTHOR_NAMES; i++) {
		uint32_t word = name_word(e, names[i]);

		if (word != 0)
			e->author_names[e->author_name_count++] = word;
	}
	e->has_author_names = true;
}

/* Unknown: there is nobody; else is the author one of the written items? */
static enum tristate
is_author_listed(struct evaluation *e, const struct id_set *list)
{
	const struct author *a = e->occ->post == NULL ? NULL : &e->occ->post->author;

	if (a == NULL ||
	    (!slice_is_set(a->id) && !slice_is_set(a->handle) && !slice_is_set(a->url)))
		return TRI_UNKNOWN;
	if (!e->has_author_names)
		find_author_names(e, a);
	for (size_t i = 0; i < e->author_name_count; i++)
		if (id_set_has(list, e->author_names[i]))
			return TRI_YES;
	return TRI_NO;
}

static enum tristate
is_customer_listed(struct evaluation *e, const struct id_set *list)
{
	const struct customer *c = e->occ->customer;

	if (c == NULL)
		return TRI_UNKNOWN;
	if (is_listed(e, list, c->id))
		return TRI_YES;
	for (size_t i = 0; i < c->endpoint_count; i++)
		if (is_listed(e, list, c->endpoints[i].address))
			return TRI_YES;
	return TRI_NO;
}

/* Did an `add to list` of the past put them there?  What was answered once is the answer. */
static enum tristate
was_added(struct evaluation *e, const struct test *t, enum action_target who)
{
	struct list_answer *l;
	int answer;

	for (const struct list_answer *k = e->list_answers; k != NULL; k = k->next)
		if (k->set == t->set && k->who == who)
			return k->answer;
	if (e->facts == NULL || e->facts->in_list == NULL)
		return TRI_NO;
	answer = e->facts->in_list(e->facts->cookie, test_words_of(e->set, t)->name, who, e->occ);
	l = ARENA_NEW(e->arena, struct list_answer);
	if (l == NULL) {
		e->has_no_memory = true;
		return TRI_UNKNOWN;
	}
	*l = (struct list_answer){
	    e->list_answers, t->set, who, answer < 0 ? TRI_UNKNOWN : tri(answer > 0)};
	e->list_answers = l;
	return l->answer;
}

/* Written items first; then those that an `add to list` of the past put there. */
enum tristate
evaluation_listed(struct evaluation *e, const struct test *t)
{
	const struct id_set *list = &e->set->sets[t->set];
	bool is_author = test_is_of_author(t);
	enum tristate r;

	if (e->given != NULL && evaluation_given_list(e, t, &r))
		return r;
	r = is_author ? is_author_listed(e, list) : is_customer_listed(e, list);
	return r == TRI_NO ? was_added(e, t, is_author ? TARGET_AUTHOR : TARGET_CUSTOMER) : r;
}

static bool
has_text(const struct slice_list *l, struct slice s)
{
	for (size_t i = 0; i < l->count; i++)
		if (slice_eq(l->items[i], s))
			return true;
	return false;
}

/* While segments are judged those before it have been; else the customer says it. */
static enum tristate
test_in_segment(struct evaluation *e, const struct test *t)
{
	const struct customer *c = e->occ->customer;
	struct slice id = test_words_of(e->set, t)->name;
	enum tristate r;

	if (e->given != NULL && evaluation_given_list(e, t, &r))
		return r;
	if (e->judged != NULL)
		return e->judged[t->set];
	if (c == NULL || !c->has_segments || has_text(&c->unsure_segments, id))
		return TRI_UNKNOWN;
	return tri(has_text(&c->segments, id));
}

static enum tristate
test_known(struct evaluation *e, const struct test *t)
{
	const struct field *f = t->field;
	struct slice_list values;
	struct field_texts texts;
	int64_t n;

	if (f->type == FIELD_ATTRIBUTE)
		return tri(evaluation_attribute(e, t, &values));
	if (f->number != NULL)
		return tri(evaluation_number(e, f, &n));
	assert(f->texts != NULL);
	return tri(evaluation_texts(e, f, &texts));
}

enum tristate
evaluation_test(struct evaluation *e, const struct test *t)
{
	enum tristate r = TRI_UNKNOWN;

	switch ((enum rule_opcode)t->opcode) {
	case RULE_OPCODE_TEST_BOUNDS: r = test_bounds(e, t); break;
	case RULE_OPCODE_TEST_MEETS: r = test_meets(e, t); break;
	case RULE_OPCODE_TEST_MISSES: r = tri_not(test_meets(e, t)); break;
	case RULE_OPCODE_TEST_HAS_ALL: r = test_has_all(e, t); break;
	case RULE_OPCODE_TEST_STARTS: r = test_starts(e, t); break;
	case RULE_OPCODE_TEST_PLAIN: r = test_plain(e, t); break;
	case RULE_OPCODE_TEST_ATTRIBUTE: r = test_attribute(e, t); break;
	case RULE_OPCODE_TEST_FLAG: r = evaluation_flag(e, t->field); break;
	case RULE_OPCODE_TEST_IN_LIST: r = evaluation_listed(e, t); break;
	case RULE_OPCODE_TEST_ALLOWS: r = evaluation_allows(e, t); break;
	case RULE_OPCODE_TEST_IN_SEGMENT: r = test_in_segment(e, t); break;
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
