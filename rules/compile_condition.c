/*
 * compile_condition.c - from a condition of the tree to a test of the machine: names become numbers,
 * texts are folded.
 */
#include "rules/engine_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/map.h"
#include "core/mem.h"
#include "rules/fold_internal.h"
#include "rules/lex_internal.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

struct ids {
	uint32_t *ids;
	size_t count, cap;
};

int
vector_grow(void **items, size_t count, size_t *cap, size_t size)
{
	size_t bigger = *cap == 0 ? 16 : *cap * 2;
	void *p;

	if (count < *cap)
		return 0;
	p = mem_realloc_array(*items, bigger, size);
	if (p == NULL)
		return -1;
	*items = p;
	*cap = bigger;
	return 0;
}

int
vector_trim(void **items, size_t count, size_t size)
{
	void *p = count == 0 ? NULL : mem_realloc_array(*items, count, size);

	if (p != NULL)
		*items = p;
	return p == NULL && count > 0 ? -1 : 0;
}

static int
ids_add(struct ids *l, uint32_t id)
{
	void *items = l->ids;

	if (vector_grow(&items, l->count, &l->cap, sizeof *l->ids) < 0)
		return -1;
	l->ids = items;
	l->ids[l->count++] = id;
	return 0;
}

static int
id_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* ---- numbers of values ---- */

static int
add_text(struct compiler *c, enum field_fold how, struct slice text, struct ids *l)
{
	char *copy = arena_alloc(c->trees, text.len + 1); /* words_finish() gathers them */
	uint32_t id;

	if (copy == NULL)
		return -1;
	id = words_add(&c->set->words, fold_value(how, text, copy));
	return id == 0 ? -1 : ids_add(l, id);
}

/* Words that the tokeniser drops altogether match nothing; the checker has reported those written
 * in conditions. */
static int
add_phrase(struct compiler *c, struct slice text, struct ids *l)
{
	struct token *tokens;
	size_t count = 0;
	uint32_t id;

	arena_reset(c->scratch);
	if (c->env->tokenise(c->env->cookie, text, c->scratch, &tokens, &count) < 0 ||
	    phrase_tokens_split(c->scratch, &tokens, &count) < 0)
		return -1;
	if (count == 0 || count > RULES_PHRASE_TOKENS_MAX)
		return 0;
	/* words keep their text by reference: it must outlive the scratch arena */
	for (size_t i = 0; i < count; i++) {
		if (words_find(&c->set->words, token_folded(&tokens[i])) != 0)
			continue;
		token_set_folded(&tokens[i], arena_slice_dup(c->trees, token_folded(&tokens[i])));
		if (tokens[i].folded == NULL)
			return -1;
	}
	if (compile_keep(c, &text) < 0 ||
	    phrases_add(&c->set->phrases, &c->set->words, text, tokens, count, &id) < 0)
		return -1;
	c->set->has_phrases = true;
	return ids_add(l, id);
}

/* How the texts of a set are numbered; lists are numbered once for each. */
enum numbering {
	NUMBER_PHRASE,
	NUMBER_CASE,
	NUMBER_HANDLE,
	NUMBER_TAG,
	NUMBER_LOCALE
};

static enum numbering
numbering_of(const struct field *f)
{
	if (f->type == FIELD_TEXT)
		return NUMBER_PHRASE;
	switch (f->fold) {
	case FOLD_CASE: return NUMBER_CASE;
	case FOLD_HANDLE: return NUMBER_HANDLE;
	case FOLD_TAG: return NUMBER_TAG;
	case FOLD_LOCALE: return NUMBER_LOCALE;
	}
	return NUMBER_CASE;
}

static int
add_numbered(struct compiler *c, enum numbering how, struct slice text, struct ids *l)
{
	switch (how) {
	case NUMBER_PHRASE: return add_phrase(c, text, l);
	case NUMBER_CASE: return add_text(c, FOLD_CASE, text, l);
	case NUMBER_HANDLE: return add_text(c, FOLD_HANDLE, text, l);
	case NUMBER_TAG: return add_text(c, FOLD_TAG, text, l);
	case NUMBER_LOCALE: return add_text(c, FOLD_LOCALE, text, l);
	}
	return -1;
}

/* Sorts, drops duplicates, keeps; *set_r its number. */
static int
set_new(struct compiler *c, struct ids *l, uint32_t *set_r)
{
	void *sets = c->set->sets;
	uint32_t *ids = arena_alloc(c->set->arena, (l->count + 1) * sizeof *ids);
	size_t n = 0;

	if (ids == NULL ||
	    vector_grow(&sets, c->set->set_count, &c->set->set_cap, sizeof *c->set->sets) < 0)
		return -1;
	c->set->sets = sets;
	if (l->count > 1)
		qsort(l->ids, l->count, sizeof *l->ids, id_compare);
	for (size_t i = 0; i < l->count; i++)
		if (n == 0 || ids[n - 1] != l->ids[i])
			ids[n++] = l->ids[i];
	c->set->sets[c->set->set_count] = (struct id_set){ids, n};
	*set_r = (uint32_t)c->set->set_count++;
	return 0;
}

/* ---- lists ---- */

static const struct item *
list_of(const struct compiler *c, struct slice id)
{
	const struct item *list = map_get(c->ids[ITEM_LIST], id);

	assert(list != NULL); /* the checker saw to it */
	return list;
}

/* Texts of posts are asked for its items: they are words, not handles, codes or dates. */
static void
note_words(struct compiler *c, struct slice id)
{
	struct word_list *lists = (struct word_list *)(uintptr_t)c->set->brands.lists;

	for (size_t i = 0; i < c->set->brands.list_count; i++)
		lists[i].is_words |= slice_eq(lists[i].id, id);
}

static int
list_set(struct compiler *c, struct slice id, enum numbering how, uint32_t *set_r)
{
	const struct item *list = list_of(c, id);
	char key[RULES_ID_MAX + 16];
	int len = snprintf(key, sizeof key, "%d %.*s", (int)how, SLICE_ARG(id));
	struct slice k = slice_make(key, (size_t)len);
	void *found = map_get(c->list_sets, k);
	struct ids l = {0};
	int rc = -1;

	if (found != NULL) {
		*set_r = (uint32_t)((uintptr_t)found - 1);
		return 0;
	}
	if (how == NUMBER_PHRASE)
		note_words(c, id);
	for (const struct value *v = list->items.first; v != NULL; v = v->next)
		if (add_numbered(c, how, v->text, &l) < 0)
			goto out;
	if (set_new(c, &l, set_r) < 0 ||
	    map_put(c->list_sets, k, (void *)(uintptr_t)(*set_r + (size_t)1)) < 0)
		goto out;
	rc = 0;
out:
	mem_free(l.ids);
	return rc;
}

/* ---- sets of a condition ---- */

static int
add_value(struct compiler *c, const struct field *f, const struct value *v, struct ids *l)
{
	uint32_t set;

	if (v->kind == VALUE_LIST) {
		if (list_set(c, v->text, numbering_of(f), &set) < 0)
			return -1;
		for (size_t i = 0; i < c->set->sets[set].count; i++)
			if (ids_add(l, c->set->sets[set].ids[i]) < 0)
				return -1;
		return 0;
	}
	if (f->type == FIELD_CHOICE)
		return ids_add(l, (uint32_t)field_choice(f, v->text));
	if (f->type == FIELD_BRAND) {
		const struct item *brand = map_get(c->ids[ITEM_BRAND], v->text);

		assert(brand != NULL);
		return ids_add(l, brand->number);
	}
	return add_numbered(c, numbering_of(f), v->text, l);
}

static int
values_set(struct compiler *c, const struct node *n, uint32_t *set_r)
{
	const struct value *only = n->values.count == 1 ? n->values.first : NULL;
	struct ids l = {0};
	int rc = -1;

	if (only != NULL && only->kind == VALUE_LIST)
		return list_set(c, only->text, numbering_of(n->field), set_r);
	for (const struct value *v = n->values.first; v != NULL; v = v->next)
		if (add_value(c, n->field, v, &l) < 0)
			goto out;
	rc = set_new(c, &l, set_r);
out:
	mem_free(l.ids);
	return rc;
}

static int
domain_of(struct compiler *c, const struct field *f, uint16_t *domain_r)
{
	if (f->type == FIELD_TEXT) {
		*domain_r = DOMAIN_TEXT;
		return 0;
	}
	for (size_t i = 1; i < c->set->domain_count; i++) {
		if (c->set->domains[i] == f) {
			*domain_r = (uint16_t)i;
			return 0;
		}
	}
	assert(c->set->domain_count < DOMAINS_MAX);
	*domain_r = (uint16_t)c->set->domain_count;
	c->set->domains[c->set->domain_count++] = f;
	return 0;
}

static int
compile_meets(struct compiler *c, const struct node *n, struct test *t)
{
	bool is_none = n->op == RULE_OP_IS_NOT || n->op == RULE_OP_NONE_OF ||
	    n->op == RULE_OP_NOT_CONTAINS || n->op == RULE_OP_CONTAINS_NONE;

	t->is_negated = false; /* the opcode says it */
	t->opcode = is_none ? RULE_OPCODE_TEST_MISSES : RULE_OPCODE_TEST_MEETS;
	if (n->op == RULE_OP_CONTAINS_ALL)
		t->opcode = RULE_OPCODE_TEST_HAS_ALL;
	if (domain_of(c, n->field, &t->domain) < 0 || values_set(c, n, &t->set) < 0)
		return -1;
	for (size_t i = 0; i < c->set->sets[t->set].count; i++)
		t->bits |= UINT64_C(1) << (c->set->sets[t->set].ids[i] % 64);
	t->is_exact = n->field->type == FIELD_CHOICE ||
	    (n->field->type == FIELD_BRAND && c->set->brands.brand_count <= 64);
	return 0;
}

/* ---- the other kinds ---- */

static uint16_t
plain_of(struct compiler *c, const struct field *f)
{
	size_t i = 0;

	while (i < c->set->plain_count && c->set->plains[i] != f)
		i++;
	assert(i < PLAINS_MAX);
	if (i == c->set->plain_count)
		c->set->plains[c->set->plain_count++] = f;
	return (uint16_t)i;
}

static void
compile_bounds(const struct node *n, struct test *t)
{
	const struct value *v = n->values.first;
	int64_t a = v->kind == VALUE_NUMBER ? v->number_milli : duration_ms(v->duration);

	t->opcode = RULE_OPCODE_TEST_BOUNDS;
	t->low = INT64_MIN;
	t->high = INT64_MAX;
	switch (n->op) {
	case RULE_OP_IS_NOT: t->is_negated = true; /* fall through */
	case RULE_OP_IS: t->low = t->high = a; break;
	case RULE_OP_AT_LEAST: t->low = a; break;
	case RULE_OP_AT_MOST: t->high = a; break;
	case RULE_OP_ABOVE: t->low = a + 1; break;
	case RULE_OP_BELOW: t->high = a - 1; break;
	case RULE_OP_BETWEEN:
		t->low = a;
		v = v->next;
		t->high = v->kind == VALUE_NUMBER ? v->number_milli : duration_ms(v->duration);
		break;
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
	case RULE_OP_COUNT: assert(false && "the checker lets no other operator through");
	}
}

static int
pattern_fill(struct compiler *c, const struct value *v, struct pattern *p)
{
	char *copy;

	p->shown = v->text;
	if (compile_keep(c, &p->shown) < 0)
		return -1;
	if (v->kind == VALUE_NUMBER) {
		p->is_number = true;
		p->number_milli = v->number_milli;
		return 0;
	}
	copy = arena_alloc(c->set->arena, v->text.len + 1);
	if (copy == NULL)
		return -1;
	p->folded = fold_value(FOLD_CASE, v->text, copy);
	return 0;
}

static int
compile_patterns(struct compiler *c, const struct node *n, struct test *t)
{
	size_t count = 0, at = 0;
	struct pattern *p;

	t->is_negated = false; /* the operator says it */
	for (const struct value *v = n->values.first; v != NULL; v = v->next)
		count += v->kind == VALUE_LIST ? list_of(c, v->text)->items.count : 1;
	p = arena_array(c->set->arena, count + 1, sizeof *p);
	if (p == NULL)
		return -1;
	for (const struct value *v = n->values.first; v != NULL; v = v->next) {
		if (v->kind != VALUE_LIST) {
			if (pattern_fill(c, v, &p[at++]) < 0)
				return -1;
			continue;
		}
		for (const struct value *item = list_of(c, v->text)->items.first; item != NULL;
		     item = item->next)
			if (pattern_fill(c, item, &p[at++]) < 0)
				return -1;
	}
	t->patterns = p;
	t->pattern_count = count;
	return 0;
}

static int
compile_starts(struct compiler *c, const struct node *n, struct test *t)
{
	uint32_t set;

	t->opcode = RULE_OPCODE_TEST_STARTS;
	if (values_set(c, n, &set) < 0)
		return -1;
	assert(c->set->sets[set].count == 1);
	t->set = set;
	return 0;
}

static uint32_t
segment_of(const struct compiler *c, struct slice id)
{
	const struct item *segment = map_get(c->ids[ITEM_SEGMENT], id);

	assert(segment != NULL); /* the checker saw to it */
	return segment->segment;
}

static int
compile_kind(struct compiler *c, const struct node *n, struct test *t)
{
	t->is_negated = n->op == RULE_OP_IS_NOT || n->op == RULE_OP_UNKNOWN;
	if (n->op == RULE_OP_KNOWN || n->op == RULE_OP_UNKNOWN) {
		t->opcode = RULE_OPCODE_TEST_KNOWN;
		return 0;
	}
	switch (n->field->type) {
	case FIELD_NUMBER:
	case FIELD_DURATION: compile_bounds(n, t); return 0;
	case FIELD_CHOICE:
	case FIELD_BRAND:
	case FIELD_WORD:
	case FIELD_TAGS:
	case FIELD_HANDLE: return compile_meets(c, n, t);
	case FIELD_TEXT:
		return n->op == RULE_OP_STARTS_WITH ? compile_starts(c, n, t)
						    : compile_meets(c, n, t);
	case FIELD_PLAIN:
		t->opcode = RULE_OPCODE_TEST_PLAIN;
		t->domain = plain_of(c, n->field);
		return compile_patterns(c, n, t);
	case FIELD_ATTRIBUTE:
		t->opcode = RULE_OPCODE_TEST_ATTRIBUTE;
		return compile_patterns(c, n, t);
	case FIELD_FLAG: t->opcode = RULE_OPCODE_TEST_FLAG; return 0;
	case FIELD_ALLOWS: t->opcode = RULE_OPCODE_TEST_ALLOWS; return 0;
	case FIELD_IN_LIST:
		t->opcode = RULE_OPCODE_TEST_IN_LIST;
		return list_set(c, n->values.first->text, NUMBER_HANDLE, &t->set);
	case FIELD_IN_SEGMENT:
		t->opcode = RULE_OPCODE_TEST_IN_SEGMENT;
		t->set = segment_of(c, n->values.first->text);
		return 0;
	case FIELD_TYPE_COUNT: break;
	}
	assert(false && "a field has one of the types");
	return -1;
}

/* The condition in words, for reasons; made here so that evaluating needs no memory for it. */
static int
compile_shown(struct compiler *c, const struct node *n, struct slice text, struct test_words *w)
{
	w->op = (uint8_t)n->op;
	if (n->field->type == FIELD_ATTRIBUTE)
		w->name = n->attribute;
	else if (n->values.first != NULL)
		w->name = n->values.first->text;
	if (compile_keep(c, &w->name) < 0)
		return -1;
	w->shown = text.len <= RULES_SHOWN_MAX
	    ? arena_slice_dup(c->set->arena, text)
	    : slice_of(arena_printf(
		  c->set->arena, "%.*s...", SLICE_ARG(utf8_prefix(text, RULES_SHOWN_MAX))));
	if (n->field->phrase == NULL)
		w->name_len = (uint16_t)(n->field->type == FIELD_ATTRIBUTE
			? n->attribute.len + field_prefix(n->field).len
			: strlen(n->field->name));
	return slice_is_set(w->shown) ? 0 : -1;
}

static int
make_test_room(struct rule_set *s)
{
	void *tests = s->tests, *words = s->test_words;

	if (vector_grow(&tests, s->test_count, &s->test_cap, sizeof *s->tests) < 0)
		return -1;
	s->tests = tests;
	if (vector_grow(&words, s->test_count, &s->test_words_cap, sizeof *s->test_words) < 0)
		return -1;
	s->test_words = words;
	return 0;
}

static int
add_test(struct compiler *c, const struct node *n, struct slice text, uint32_t *test_r)
{
	struct test t = {.field = n->field, .number = (uint32_t)c->set->test_count};
	struct test_words words = {0};

	if (make_test_room(c->set) < 0 || compile_shown(c, n, text, &words) < 0 ||
	    compile_kind(c, n, &t) < 0)
		return -1;
	c->set->tests[c->set->test_count] = t;
	c->set->test_words[c->set->test_count] = words;
	*test_r = (uint32_t)c->set->test_count++;
	return 0;
}

/* Conditions that read the same are the same. */
int
compile_condition(struct compiler *c, const struct node *n, uint32_t *test_r)
{
	void *found;

	buf_clear(c->text);
	print_condition(n, c->text);
	if (buf_failed(c->text))
		return -1;
	found = map_get(c->tests, buf_slice(c->text));
	if (found != NULL) {
		*test_r = (uint32_t)((uintptr_t)found - 1);
		return 0;
	}
	return add_test(c, n, buf_slice(c->text), test_r) < 0
	    ? -1
	    : map_put(c->tests, buf_slice(c->text), (void *)(uintptr_t)(*test_r + (size_t)1));
}
