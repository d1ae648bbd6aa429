/*
 * evaluate.c - one occurrence against the rules.
 *
 * The occurrence's own values become numbers, once and when first asked for; the index says by them which
 * programs hold.  The stack machine here tells true, false and unknown apart, for who asks why.  Nothing here takes
 * memory but from the arena passed in.  Reasons are put in words when somebody asks for them: the
 * evaluation stays in the arena for that.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "rules/fold_internal.h"

/* Up to so many keywords found are walked; of more there is a bitmap. */
#define HITS_WALKED 16

/* ---- values of the occurrence as numbers ---- */

static int
values_room(struct evaluation *e, struct domain_values *v, size_t count)
{
	v->ids = count <= VALUES_FEW ? v->few : arena_alloc(e->arena, count * sizeof *v->ids);
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
	uint32_t cap = e->hit_cap < HITS_WALKED ? HITS_WALKED : e->hit_cap * 2;
	uint32_t *ids;

	if (v->count == 0) {
		v->ids = v->few;
		e->hit_cap = VALUES_FEW;
		return 0;
	}
	ids = arena_alloc(e->arena, cap * sizeof *ids);
	if (ids == NULL)
		return -1;
	memcpy(ids, v->ids, v->count * sizeof *ids);
	v->ids = ids;
	e->hit_cap = cap;
	if (v->count < HITS_WALKED || e->phrase_bits != NULL)
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
		if (phrases_at(p, found - 1, e->text, i) && hit(e, found - 1) < 0)
			return -1;
	return 0;
}

static int
find_phrases(struct evaluation *e)
{
	const struct phrase_text *t = look_up_text(e->set, e->occ, e->arena);

	if (t == NULL)
		return -1;
	e->text = t;
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

/* A text without the mark that its fold drops. */
static struct slice
unmarked(enum field_fold how, struct slice s)
{
	char mark = how == FOLD_HANDLE ? '@' : '#';

	if ((how != FOLD_HANDLE && how != FOLD_TAG) || s.len == 0 || s.ptr[0] != mark)
		return s;
	return slice_make(s.ptr + 1, s.len - 1);
}

uint32_t
evaluation_word(struct evaluation *e, enum field_fold how, struct slice text)
{
	const struct words *w = &e->set->words;
	struct slice s = unmarked(how, text);
	unsigned char first = s.len == 0 ? 0 : (unsigned char)s.ptr[0];
	char small[256], *room = small;
	uint32_t id;

	if (s.len <= WORDS_SHORT && how != FOLD_LOCALE && words_find_short(w, s, &id))
		return id;
	/* folding keeps lengths */
	if (first < 0x80 && !words_may_have(w, (unsigned char)fold_char(first), s.len))
		return 0;
	if (text.len > sizeof small && (room = arena_alloc(e->arena, text.len)) == NULL) {
		e->has_no_memory = true;
		return 0;
	}
	return words_find(w, fold_value(how, text, room));
}

static int
find_texts(struct evaluation *e, const struct field *f, struct domain_values *v)
{
	struct field_texts t;

	v->is_known = evaluation_texts(e, f, &t);
	if (!v->is_known || t.count == 0)
		return 0;
	for (size_t i = 0; i < t.count; i++) {
		uint32_t id = evaluation_word(e, f->fold, t.items[i]);

		if (id == 0)
			continue;
		if (v->ids == NULL) {
			v->texts = t.count - i == 1
			    ? &v->only
			    : arena_alloc(e->arena, (t.count - i) * sizeof *v->texts);
			if (v->texts == NULL || values_room(e, v, t.count - i) < 0)
				return -1;
		}
		v->texts[v->count] = t.items[i];
		values_put(v, id);
	}
	return e->has_no_memory ? -1 : 0;
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
		if (s->brands[i] < e->set->brands.brand_count) /* who scored may have had others */
			values_put(v, s->brands[i]);
	return 0;
}

int
evaluation_find(struct evaluation *e, size_t domain)
{
	struct domain_values *v = &e->domains[domain];
	const struct field *f = e->set->domains[domain];

	v->is_known = false;
	v->count = 0;
	v->bits = 0;
	v->ids = NULL;
	v->texts = NULL;
	e->found |= UINT64_C(1) << domain;
	if (domain == DOMAIN_TEXT) {
		v->is_known = e->occ->score != NULL;
		return e->set->has_phrases && v->is_known ? find_phrases(e) : 0;
	}
	if (f->type == FIELD_BRAND)
		return find_brands(e, f, v);
	return f->type == FIELD_CHOICE ? find_choices(e, f, v) : find_texts(e, f, v);
}

bool
evaluation_read_number(struct evaluation *e, size_t number)
{
	bool is_known = evaluation_number(e, e->set->numbers[number], &e->numbers[number]);

	e->numbers_found |= UINT64_C(1) << number;
	e->numbers_known |= (uint64_t)is_known << number;
	return is_known;
}

/* Domains, numbers and folded texts lie behind each other. */
int
evaluation_begin(struct evaluation *e, const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a)
{
	size_t folded = set->plain_count * sizeof *e->folded,
	       numbers = set->number_count * sizeof *e->numbers;
	char *room = arena_alloc(a, folded + numbers + set->domain_count * sizeof *e->domains);

	*e = (struct evaluation){.set = set,
	    .occ = occ,
	    .facts = facts,
	    .arena = a,
	    .asks_lists = facts != NULL && facts->in_list != NULL};
	if (room == NULL)
		return -1;
	memset(room, 0, folded);
	e->folded = (struct slice *)(void *)room;
	e->numbers = (int64_t *)(void *)(room + folded);
	e->domains = (struct domain_values *)(void *)(room + folded + numbers);
	return 0;
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

/* ---- all programs ---- */

static struct slice
tell_reason(const struct firing_teller *self, const struct firing *f)
{
	struct evaluation *e = (struct evaluation *)self;

	return explain_reason(e, &e->set->programs[f->number]);
}

/* Those of rules are told by their numbers, without a look at the program. */
static struct firing
firing_of(struct evaluation *e, uint32_t number)
{
	const struct rule_set *s = e->set;
	const struct program *p = &s->programs[number];

	if (number < s->rule_count)
		return (struct firing){.rule = &s->rules[number].head,
		    .part = FIRING_RULE,
		    .number = number,
		    .teller = &e->teller};
	bool is_counted = p->part == FIRING_WATCHED || p->part == FIRING_BASE;

	/* what is merely counted is told as a crowd, not post by post */
	return (struct firing){.rule = p->head,
	    .part = p->part,
	    .number = number,
	    .teller = is_counted ? NULL : &e->teller,
	    .reason = is_counted ? SLICE_LIT("") : SLICE_NONE};
}

struct firings {
	struct evaluation *e;
	struct firing *items;
	size_t count;
};

static int
take_programs(void *cookie, const uint32_t *programs, size_t count)
{
	struct firings *f = cookie;

	if (count == 0)
		return 0;
	f->items = arena_alloc(f->e->arena, count * sizeof *f->items);
	if (f->items == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		f->items[i] = firing_of(f->e, programs[i]);
	f->count = count;
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
	struct firings f = {.e = e};

	if (e == NULL || index_run(e, take_programs, &f) < 0)
		return err_set(err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM,
		    "no memory to evaluate the rules for '%.*s'",
		    SLICE_ARG(utf8_prefix(occ->id, 100)));
	e->facts = NULL; /* a reason asks nobody: what was said is remembered */
	*firings_r = f.items;
	*count_r = f.count;
	return 0;
}
