/*
 * index.c - which programs are worth running for an occurrence.
 *
 * Each program, of a rule or of another part, is filed under its most selective necessary predicate: a keyword, tag, handle, brand,
 * intent ... of which at least one value must be there for the rule to fire.  For `all of` that is
 * the best of its members, for `any of` the union when every member has one, for a negation none.
 * An occurrence's own values then name the candidates; programs without such a predicate are flat and
 * always candidates.  Filing under less than the whole condition is always safe: what the index has
 * not answered is checked.
 *
 * Conditions that stand in many programs (the brand of the house, "sentiment is below -0.4") are gates: asked
 * once for an occurrence, and a candidate whose gates are not open is passed over where it is filed,
 * without a look at its program.
 *
 * A program stands under each value of a small set; the programs of a large set (a list) are a
 * cluster, and the values lead to it.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/prefetch.h"

#define KEY_EMPTY UINT64_MAX
/* Values of one rule's predicate: an `any of` of very many conditions is better run flat. */
#define ACCESS_MAX 64

struct access {
	uint16_t domain;
	uint32_t set;
};

struct access_list {
	struct access items[ACCESS_MAX];
	size_t count;
	int score; /* the higher the fewer occurrences pass; -1: none */
};

struct filing {
	uint16_t domain;
	uint32_t set;
	struct index_entry entry;
};

struct pair {
	uint64_t key;
	struct index_entry entry;
};

/* ---- the best predicate of a program ---- */

/* A set of many values lets more through: a little less for each doubling. */
static int
score_of(const struct rule_set *s, const struct test *t)
{
	size_t n = s->sets[t->set].count;
	int score = t->field->selectivity;

	for (; n > 1; n /= 2)
		score--;
	return score > 0 ? score : 0;
}

static void
access_of_test(const struct rule_set *s, const struct test *t, struct access_list *l)
{
	l->count = 0;
	l->score = -1;
	/* of "contains all of" the set may serve too: a text with all of them has one of them */
	if (t->opcode != RULE_OPCODE_TEST_MEETS && t->opcode != RULE_OPCODE_TEST_HAS_ALL &&
	    t->opcode != RULE_OPCODE_TEST_STARTS)
		return;
	l->items[0] = (struct access){t->domain, t->set};
	l->count = 1;
	l->score = score_of(s, t);
}

static void access_of(const struct rule_set *s, uint32_t n, struct access_list *l);

static void
access_of_all(const struct rule_set *s, uint32_t n, struct access_list *best)
{
	struct access_list l;

	best->score = -1;
	best->count = 0;
	for (uint32_t child = n + 1; child < asked_end(s, n); child = asked_end(s, child)) {
		access_of(s, child, &l);
		if (l.score > best->score)
			*best = l;
	}
}

static void
access_of_any(const struct rule_set *s, uint32_t n, struct access_list *all)
{
	struct access_list l;

	all->count = 0;
	all->score = 100;
	for (uint32_t child = n + 1; child < asked_end(s, n); child = asked_end(s, child)) {
		access_of(s, child, &l);
		if (l.score < 0 || all->count + l.count > ACCESS_MAX) {
			all->score = -1;
			return;
		}
		memcpy(all->items + all->count, l.items, l.count * sizeof *l.items);
		all->count += l.count;
		all->score = l.score < all->score ? l.score : all->score;
	}
}

/* Depth is bounded by RULES_DEPTH_MAX. */
static void
access_of(const struct rule_set *s, uint32_t n, struct access_list *l)
{
	switch ((enum node_kind)s->asked[n].kind) {
	case NODE_ALL: access_of_all(s, n, l); return;
	case NODE_ANY: access_of_any(s, n, l); return;
	case NODE_CONDITION: access_of_test(s, &s->tests[s->asked[n].arg], l); return;
	case NODE_NOT: break;
	}
	l->count = 0;
	l->score = -1;
}

/* ---- building ---- */

struct builder {
	struct filing *filings;
	size_t filing_count, filing_cap;
	struct pair *pairs;
	size_t pair_count, pair_cap;
	struct index_entry *flat;
	size_t flat_count, flat_cap;
	uint8_t *gate_of; /* by test; 0: it is none */
	uint32_t *uses; /* by test: programs that need it to be true */
};

static bool
can_be_gate(const struct test *t)
{
	switch ((enum rule_opcode)t->opcode) {
	case RULE_OPCODE_TEST_BOUNDS:
	case RULE_OPCODE_TEST_MEETS:
	case RULE_OPCODE_TEST_MISSES:
	case RULE_OPCODE_TEST_FLAG: return true;
	case RULE_OPCODE_TEST_HAS_ALL:
	case RULE_OPCODE_TEST_STARTS:
	case RULE_OPCODE_TEST_PLAIN:
	case RULE_OPCODE_TEST_ATTRIBUTE:
	case RULE_OPCODE_TEST_IN_LIST:
	case RULE_OPCODE_TEST_ALLOWS:
	case RULE_OPCODE_TEST_IN_SEGMENT:
	case RULE_OPCODE_TEST_KNOWN:
	case RULE_OPCODE_NOT:
	case RULE_OPCODE_AND:
	case RULE_OPCODE_OR:
	case RULE_OPCODE_JUMP_FALSE:
	case RULE_OPCODE_JUMP_TRUE:
	case RULE_OPCODE_FIRE:
	case RULE_OPCODE_COUNT: break;
	}
	return false;
}

/* A gate costs every occurrence a test: it must spare more than that. */
#define GATE_USES_MIN 3
#define GATE_PROGRAMS 200 /* of so many programs one at least needs it */

static int
id_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
choose_gates(struct builder *b, struct rule_set *s)
{
	struct rule_index *x = &s->index;
	size_t least = s->program_count / GATE_PROGRAMS;
	uint32_t chosen[GATES_MAX];

	if (least < GATE_USES_MIN)
		least = GATE_USES_MIN;
	for (size_t i = 0; i < s->check_count; i++)
		if (s->checks[i].kind == REQUIRE_YES && can_be_gate(&s->tests[s->checks[i].at]))
			b->uses[s->checks[i].at]++;
	for (x->gate_count = 1; x->gate_count < GATES_MAX; x->gate_count++) {
		size_t best = 0;

		for (size_t t = 1; t < s->test_count; t++)
			if (b->uses[t] > b->uses[best])
				best = t;
		if (s->test_count == 0 || b->uses[best] < least)
			break;
		b->uses[best] = 0;
		chosen[x->gate_count] = (uint32_t)best;
	}
	if (x->gate_count > 2)
		qsort(chosen + 1, x->gate_count - 1, sizeof *chosen, id_compare);
	for (size_t g = 1; g < x->gate_count; g++) {
		x->gates[g] = s->tests[chosen[g]];
		b->gate_of[chosen[g]] = (uint8_t)g;
	}
}

/* Flags, bounds and sets are asked first, groups next, what folds texts or asks the store last. */
static int
check_cost(const struct rule_set *s, const struct requirement *c)
{
	if (c->kind == REQUIRE_CODE)
		return 1;
	return can_be_gate(&s->tests[c->at]) ? 0 : 2;
}

static void
sort_checks(const struct rule_set *s, struct requirement *checks, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct requirement c = checks[i];
		size_t k = i;

		for (; k > 0 && check_cost(s, &checks[k - 1]) > check_cost(s, &c); k--)
			checks[k] = checks[k - 1];
		checks[k] = c;
	}
}

/* Is it true of every candidate?  filed: the only predicate the program stands under. */
static bool
is_answered(const struct rule_set *s, const struct requirement *c, const struct access *filed)
{
	const struct test *t = &s->tests[c->at];

	return filed != NULL && c->kind == REQUIRE_YES && t->opcode == RULE_OPCODE_TEST_MEETS &&
	    t->domain == filed->domain && t->set == filed->set;
}

/* What gates and the filing answer goes; the rest is put in order. */
static struct index_entry
make_entry(struct builder *b, struct rule_set *s, size_t program, const struct access *filed)
{
	struct program *p = &s->programs[program];
	struct requirement *checks = &s->checks[p->check];
	struct index_entry entry = {.program = (uint32_t)program};
	size_t left = 0;

	for (size_t i = 0; i < p->check_count; i++) {
		uint8_t gate = checks[i].kind == REQUIRE_YES ? b->gate_of[checks[i].at] : 0;

		if (is_answered(s, &checks[i], filed))
			continue;
		if (gate != 0)
			entry.gates |= UINT64_C(1) << gate;
		else
			checks[left++] = checks[i];
	}
	p->check_count = (uint32_t)left;
	sort_checks(s, checks, left);
	return entry;
}

static int
file_program(struct builder *b, struct rule_set *s, size_t program)
{
	const struct program *p = &s->programs[program];
	struct access_list l = {.score = -1};
	struct index_entry entry;
	void *items = b->flat;

	if (p->is_off)
		return 0;
	if (p->root != ASKED_NONE)
		access_of(s, p->root, &l);
	entry = make_entry(b, s, program, l.score >= 0 && l.count == 1 ? &l.items[0] : NULL);
	if (l.score < 0) {
		if (vector_grow(&items, b->flat_count, &b->flat_cap, sizeof *b->flat) < 0)
			return -1;
		b->flat = items;
		b->flat[b->flat_count++] = entry;
		return 0;
	}
	for (size_t i = 0; i < l.count; i++) {
		items = b->filings;
		if (vector_grow(&items, b->filing_count, &b->filing_cap, sizeof *b->filings) < 0)
			return -1;
		b->filings = items;
		b->filings[b->filing_count++] =
		    (struct filing){l.items[i].domain, l.items[i].set, entry};
		s->index.domains |= UINT64_C(1) << l.items[i].domain;
	}
	return 0;
}

static int
filing_compare(const void *a, const void *b)
{
	const struct filing *x = a, *y = b;

	if (x->domain != y->domain)
		return (x->domain > y->domain) - (x->domain < y->domain);
	if (x->set != y->set)
		return (x->set > y->set) - (x->set < y->set);
	return (x->entry.program > y->entry.program) - (x->entry.program < y->entry.program);
}

static int
pair_compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->key != y->key)
		return (x->key > y->key) - (x->key < y->key);
	return (x->entry.program > y->entry.program) - (x->entry.program < y->entry.program);
}

/* The entry stands under each value of the set. */
static int
add_pairs(struct builder *b, const struct id_set *set, uint16_t domain, struct index_entry entry)
{
	for (size_t i = 0; i < set->count; i++) {
		void *pairs = b->pairs;

		if (vector_grow(&pairs, b->pair_count, &b->pair_cap, sizeof *b->pairs) < 0)
			return -1;
		b->pairs = pairs;
		b->pairs[b->pair_count++] =
		    (struct pair){(uint64_t)domain << 32 | set->ids[i], entry};
	}
	return 0;
}

/* A set of more values than this has its programs in one place. */
#define SET_SPREAD 16

/* count filings under one set, the first programs of which are the cluster's. */
static int
add_cluster(struct builder *b, struct rule_set *s, const struct filing *f, size_t count,
    struct index_entry *room, uint32_t *used)
{
	struct rule_index *x = &s->index;
	struct index_entry way = {.program = ENTRY_CLUSTER | (uint32_t)x->cluster_count};

	x->clusters[x->cluster_count++] = (struct entry_range){*used, (uint32_t)count};
	for (size_t i = 0; i < count; i++)
		room[(*used)++] = f[i].entry;
	return add_pairs(b, &s->sets[f->set], f->domain, way);
}

static int
spread_filings(struct builder *b, struct rule_set *s, struct index_entry *room, uint32_t *used)
{
	size_t n;

	if (b->filing_count > 1)
		qsort(b->filings, b->filing_count, sizeof *b->filings, filing_compare);
	for (size_t i = 0; i < b->filing_count; i += n) {
		const struct filing *f = &b->filings[i];
		const struct id_set *set = &s->sets[f->set];

		for (n = 1;
		     i + n < b->filing_count && f[n].domain == f->domain && f[n].set == f->set; n++)
			;
		if (set->count > SET_SPREAD && n > 1) {
			if (add_cluster(b, s, f, n, room, used) < 0)
				return -1;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			if (add_pairs(b, set, f->domain, f[k].entry) < 0)
				return -1;
	}
	if (b->pair_count > 1)
		qsort(b->pairs, b->pair_count, sizeof *b->pairs, pair_compare);
	return 0;
}

static size_t
posting_place(const struct rule_index *x, uint64_t key)
{
	return (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & x->posting_mask;
}

static size_t
posting_slot(const struct rule_index *x, uint64_t key)
{
	size_t at = posting_place(x, key);

	while (x->postings[at].key != KEY_EMPTY && x->postings[at].key != key)
		at = (at + 1) & x->posting_mask;
	return at;
}

static int
make_postings(struct builder *b, struct rule_index *x, uint32_t used)
{
	size_t slots = 16;

	while (slots < b->pair_count + b->pair_count / 2)
		slots *= 2;
	x->posting_mask = slots - 1;
	x->postings = mem_array(slots, sizeof *x->postings);
	if (x->postings == NULL)
		return -1;
	for (size_t i = 0; i < slots; i++)
		x->postings[i].key = KEY_EMPTY;
	for (size_t i = 0; i < b->pair_count; i++) {
		struct posting *p = &x->postings[posting_slot(x, b->pairs[i].key)];

		if (p->key == KEY_EMPTY)
			*p = (struct posting){b->pairs[i].key, {used, 0}};
		p->range.count++;
		x->entries[used++] = b->pairs[i].entry;
	}
	return 0;
}

/* Those of clusters, then of postings, then the flat ones. */
static int
make_entries(struct builder *b, struct rule_set *s)
{
	struct rule_index *x = &s->index;
	struct index_entry *all;
	uint32_t used = 0;

	x->entries = mem_array(b->filing_count + 1, sizeof *x->entries);
	x->clusters = mem_array(b->filing_count + 1, sizeof *x->clusters);
	if (x->entries == NULL || x->clusters == NULL ||
	    spread_filings(b, s, x->entries, &used) < 0)
		return -1;
	all = mem_realloc_array(x->entries, used + b->pair_count + b->flat_count + 1, sizeof *all);
	if (all == NULL)
		return -1;
	x->entries = all;
	x->flat = (struct entry_range){used + (uint32_t)b->pair_count, (uint32_t)b->flat_count};
	if (b->flat_count > 0)
		memcpy(all + x->flat.first, b->flat, b->flat_count * sizeof *all);
	return make_postings(b, x, used);
}

/* What is left to be checked, program by program, each with its test. */
static int
make_lines(struct rule_set *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->program_count; i++)
		count += s->programs[i].is_off ? 0 : s->programs[i].check_count;
	s->check_room = mem_array(count + 1, sizeof *s->check_lines);
	s->check_starts = mem_array(s->program_count + 1, sizeof *s->check_starts);
	if (s->check_room == NULL || s->check_starts == NULL || count >= CHECKS_OF_EVENTS)
		return -1;
	s->check_lines = mem_line(s->check_room);
	count = 0;
	for (size_t i = 0; i < s->program_count; i++) {
		const struct program *p = &s->programs[i];
		const struct requirement *from = s->checks + p->check;

		s->check_starts[i] = (uint32_t)count | (p->sees_events ? CHECKS_OF_EVENTS : 0);
		for (size_t k = 0; !p->is_off && k < p->check_count; k++, count++) {
			s->check_lines[count].is = from[k];
			if (from[k].kind != REQUIRE_CODE)
				s->check_lines[count].test = s->tests[from[k].at];
		}
	}
	s->check_starts[s->program_count] = (uint32_t)count;
	mem_free(s->checks);
	s->checks = NULL;
	return 0;
}

int
index_build(struct rule_set *set)
{
	struct builder b = {0};
	int rc = -1;

	b.gate_of = mem_array(set->test_count + 1, sizeof *b.gate_of);
	b.uses = mem_array(set->test_count + 1, sizeof *b.uses);
	if (b.gate_of == NULL || b.uses == NULL)
		goto out;
	choose_gates(&b, set);
	for (size_t i = 0; i < set->program_count; i++)
		if (file_program(&b, set, i) < 0)
			goto out;
	rc = make_lines(set) < 0 ? -1 : make_entries(&b, set);
out:
	mem_free(b.filings);
	mem_free(b.pairs);
	mem_free(b.flat);
	mem_free(b.gate_of);
	mem_free(b.uses);
	return rc;
}

void
index_fini(struct rule_index *x)
{
	mem_free(x->entries);
	mem_free(x->clusters);
	mem_free(x->postings);
	*x = (struct rule_index){0};
}

/* ---- use ---- */

/* Candidates are put in order: few by inserting, many through a bitmap over all programs. */
#define PICKED_FEW 48

struct picked {
	uint32_t *items; /* in the arena */
	size_t count, cap;
};

static int
pick(struct evaluation *e, struct picked *p, uint32_t program)
{
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? PICKED_FEW : p->cap * 2;
		uint32_t *items = arena_alloc(e->arena, cap * sizeof *items);

		if (items == NULL)
			return -1;
		if (p->count > 0)
			memcpy(items, p->items, p->count * sizeof *items);
		p->items = items;
		p->cap = cap;
	}
	p->items[p->count++] = program;
	return 0;
}

/* Is it true?  Gates of one field often stand side by side: its number is read once. */
struct last_number {
	const struct field *field;
	bool is_known;
	int64_t value;
};

static bool
is_open(struct evaluation *e, const struct test *t, struct last_number *last)
{
	if (t->opcode != RULE_OPCODE_TEST_BOUNDS)
		return evaluation_test(e, t) == TRI_YES;
	if (last->field != t->field) {
		last->field = t->field;
		last->is_known = evaluation_number(e, t->field, &last->value);
	}
	return last->is_known && (last->value >= t->low && last->value <= t->high) != t->is_negated;
}

/* Which of them are open is asked when there is a candidate. */
static uint64_t
open_gates(struct evaluation *e)
{
	const struct rule_index *x = &e->set->index;
	struct last_number last = {0};

	if (e->gates != 0)
		return e->gates;
	e->gates = 1;
	for (size_t g = 1; g < x->gate_count; g++) {
		const struct test *t = &x->gates[g];
		const struct domain_values *v;

		if (t->opcode == RULE_OPCODE_TEST_MEETS && t->is_exact) {
			v = evaluation_domain(e, t->domain);
			e->gates |= (uint64_t)(v->is_known && (v->bits & t->bits) != 0) << g;
		} else {
			e->gates |= (uint64_t)is_open(e, t, &last) << g;
		}
	}
	return e->gates;
}

static int
pick_range(struct evaluation *e, const struct entry_range *r, struct picked *p)
{
	const struct index_entry *entry = &e->set->index.entries[r->first];
	uint64_t shut = ~open_gates(e);

	for (const struct index_entry *end = entry + r->count; entry < end; entry++) {
		if ((entry->gates & shut) != 0)
			continue;
		if ((entry->program & ENTRY_CLUSTER) != 0) {
			if (pick_range(
				e, &e->set->index.clusters[entry->program & ~ENTRY_CLUSTER], p) < 0)
				return -1;
		} else if (p->count < p->cap) {
			p->items[p->count++] = entry->program;
		} else if (pick(e, p, entry->program) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Values are looked up side by side: first the places of some, then what is filed there, which is then
 * gone through. */
#define VALUES_AT_ONCE 16

static int
pick_some_values(
    struct evaluation *e, uint64_t domain, const uint32_t *ids, size_t count, struct picked *p)
{
	const struct rule_index *x = &e->set->index;
	const struct entry_range *ranges[VALUES_AT_ONCE];
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		prefetch(&x->postings[posting_place(x, domain << 32 | ids[i])]);
	for (size_t i = 0; i < count; i++) {
		const struct posting *at = &x->postings[posting_slot(x, domain << 32 | ids[i])];

		if (at->key == KEY_EMPTY)
			continue;
		ranges[found++] = &at->range;
		prefetch(&x->entries[at->range.first]);
		prefetch(&x->entries[at->range.first + at->range.count - 1]);
	}
	for (size_t i = 0; i < found; i++)
		if (pick_range(e, ranges[i], p) < 0)
			return -1;
	return 0;
}

static int
pick_by_values(struct evaluation *e, size_t domain, struct picked *p)
{
	const struct domain_values *v = evaluation_domain(e, domain);

	for (size_t i = 0; i < v->count; i += VALUES_AT_ONCE) {
		size_t left = v->count - i;

		if (pick_some_values(e, domain, v->ids + i,
			left < VALUES_AT_ONCE ? left : VALUES_AT_ONCE, p) < 0)
			return -1;
	}
	return e->has_no_memory ? -1 : 0;
}

static void
order_few(struct picked *p)
{
	uint32_t *items = p->items;
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		uint32_t program = items[i];
		size_t k = n;

		while (k > 0 && items[k - 1] > program)
			k--;
		if (k > 0 && items[k - 1] == program)
			continue;
		for (size_t m = n; m > k; m--)
			items[m] = items[m - 1];
		items[k] = program;
		n++;
	}
	p->count = n;
}

static int
order_many(struct evaluation *e, struct picked *p)
{
	size_t words = e->set->program_count / 64 + 1, n = 0;
	uint64_t *bits = arena_array(e->arena, words, sizeof *bits);

	if (bits == NULL)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		bits[p->items[i] / 64] |= UINT64_C(1) << (p->items[i] % 64);
	for (size_t w = 0; w < words; w++)
		for (uint64_t left = bits[w]; left != 0; left &= left - 1)
			p->items[n++] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(left));
	p->count = n;
	return 0;
}

int
index_candidates(struct evaluation *e, uint32_t **programs_r, size_t *count_r)
{
	const struct rule_index *x = &e->set->index;
	struct picked p = {0};

	for (uint64_t left = x->domains; left != 0; left &= left - 1)
		if (pick_by_values(e, (size_t)__builtin_ctzll(left), &p) < 0)
			return -1;
	if (x->flat.count > 0 && pick_range(e, &x->flat, &p) < 0)
		return -1;
	if (p.count > PICKED_FEW) {
		if (order_many(e, &p) < 0)
			return -1;
	} else {
		order_few(&p);
	}
	*programs_r = p.items;
	*count_r = p.count;
	return 0;
}
