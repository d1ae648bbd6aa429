/*
 * index_build.c - files each program, of a rule or of another part, under its most selective necessary
 * predicate: a keyword, tag, handle, brand, intent ... of which at least one value must be there for the
 * rule to fire.  For `all of` that is the best of its members, for `any of` the union when every member
 * has one, for a negation none.  Programs without such a predicate are flat and always candidates.
 * Filing under less than the whole condition is always safe: what it has not answered is checked.
 *
 * A program stands under each value of a small set; the programs of a large set (a list) are a
 * cluster, and the values lead to it.
 */
#include "rules/index_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

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
	bool is_exact; /* who passes fulfils the condition */
	uint32_t member; /* of the program: where it comes from */
};

struct filing {
	uint16_t domain;
	uint32_t set;
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
	l->is_exact = false;
	/* of "contains all of" the set may serve too: a text with all of them has one of them */
	if (t->opcode != RULE_OPCODE_TEST_MEETS && t->opcode != RULE_OPCODE_TEST_HAS_ALL &&
	    t->opcode != RULE_OPCODE_TEST_STARTS)
		return;
	l->items[0] = (struct access){t->domain, t->set};
	l->count = 1;
	l->score = score_of(s, t);
	l->is_exact = t->opcode == RULE_OPCODE_TEST_MEETS;
}

static void access_of(const struct rule_set *s, uint32_t n, struct access_list *l);

/* The best of the members of what stands at n, with the member it is of. */
static void
access_of_members(const struct rule_set *s, uint32_t n, struct access_list *best)
{
	struct access_list l;

	best->count = 0;
	best->score = -1;
	best->is_exact = false;
	for (uint32_t child = n + 1; child < asked_end(s, n); child = asked_end(s, child)) {
		access_of(s, child, &l);
		if (l.score <= best->score)
			continue;
		*best = l;
		best->member = child;
	}
}

static void
access_of_all(const struct rule_set *s, uint32_t n, struct access_list *best)
{
	access_of_members(s, n, best);
	/* who fulfils one member of several does not fulfil them all */
	best->is_exact = best->is_exact && asked_end(s, n + 1) == asked_end(s, n);
}

static void
access_of_any(const struct rule_set *s, uint32_t n, struct access_list *all)
{
	struct access_list l;

	all->count = 0;
	all->score = 100;
	all->is_exact = true;
	for (uint32_t child = n + 1; child < asked_end(s, n); child = asked_end(s, child)) {
		access_of(s, child, &l);
		if (l.score < 0 || all->count + l.count > ACCESS_MAX) {
			all->score = -1;
			all->is_exact = false;
			return;
		}
		memcpy(all->items + all->count, l.items, l.count * sizeof *l.items);
		all->count += l.count;
		all->score = l.score < all->score ? l.score : all->score;
		all->is_exact = all->is_exact && l.is_exact;
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
	l->is_exact = false;
}

/* ---- filing ---- */

struct builder {
	struct filing *filings;
	size_t filing_count, filing_cap;
	struct index_entry *flat;
	size_t flat_count, flat_cap;
	uint8_t *gate_of; /* by test */
	struct step_list steps;
};

static int
add_filing(struct builder *b, struct rule_set *s, const struct access *to, struct index_entry entry)
{
	void *items = b->filings;

	if (vector_grow(&items, b->filing_count, &b->filing_cap, sizeof *b->filings) < 0)
		return -1;
	b->filings = items;
	b->filings[b->filing_count++] = (struct filing){to->domain, to->set, entry};
	s->index.filed |= UINT64_C(1) << to->domain;
	return 0;
}

static int
add_flat(struct builder *b, struct index_entry entry)
{
	void *items = b->flat;

	if (vector_grow(&items, b->flat_count, &b->flat_cap, sizeof *b->flat) < 0)
		return -1;
	b->flat = items;
	b->flat[b->flat_count++] = entry;
	return 0;
}

/* The member that whoever is filed under l fulfils; ASKED_NONE: none. */
static uint32_t
answered_by(const struct rule_set *s, uint32_t root, struct access_list *l)
{
	if (s->asked[root].kind != NODE_ALL) {
		access_of(s, root, l);
		return l->score >= 0 && l->is_exact ? root : ASKED_NONE;
	}
	access_of_members(s, root, l);
	return l->score >= 0 && l->is_exact ? l->member : ASKED_NONE;
}

static int
file_program(struct builder *b, struct rule_set *s, size_t program)
{
	const struct program *p = &s->programs[program];
	struct index_entry entry = {.program = (uint32_t)program};
	struct access_list l = {.score = -1};
	uint32_t answered = ASKED_NONE;

	if (p->is_off)
		return 0;
	if (p->root != ASKED_NONE)
		answered = answered_by(s, p->root, &l);
	if (steps_make(s, p, answered, b->gate_of, &b->steps, &entry) < 0)
		return -1;
	if (l.score < 0)
		return add_flat(b, entry);
	for (size_t i = 0; i < l.count; i++)
		if (add_filing(b, s, &l.items[i], entry) < 0)
			return -1;
	return 0;
}

/* ---- clusters ---- */

/* A set of more values than this has its programs in one place, when there are several. */
#define SET_SPREAD 16

static bool
is_large(const struct rule_set *s, const struct filing *f)
{
	return s->sets[f->set].count > SET_SPREAD;
}

static bool
are_beside(const struct filing *a, const struct filing *b)
{
	return a->domain == b->domain && a->set == b->set;
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

/* Brings the filings under large sets together, behind all others; returns where they begin. */
static size_t
part_large(struct builder *b, const struct rule_set *s)
{
	size_t begin = b->filing_count;

	for (size_t i = 0; i < begin;) {
		struct filing f = b->filings[i];

		if (!is_large(s, &f)) {
			i++;
			continue;
		}
		b->filings[i] = b->filings[--begin];
		b->filings[begin] = f;
	}
	if (b->filing_count > begin + 1)
		qsort(b->filings + begin, b->filing_count - begin, sizeof *b->filings,
		    filing_compare);
	return begin;
}

/* The programs of each large set become a cluster: its entries, and one filing that leads to it. */
static int
make_clusters(struct builder *b, struct rule_set *s, uint32_t *used)
{
	struct rule_index *x = &s->index;
	size_t kept = part_large(b, s), n;

	x->clusters = mem_array(b->filing_count - kept + 1, sizeof *x->clusters);
	x->entries = mem_array(b->filing_count - kept + 1, sizeof *x->entries);
	if (x->clusters == NULL || x->entries == NULL)
		return -1;
	for (size_t i = kept; i < b->filing_count; i += n) {
		struct filing f = b->filings[i];

		for (n = 1; i + n < b->filing_count && are_beside(&f, &b->filings[i + n]); n++)
			;
		if (n > 1) {
			struct entry_range range = {*used, (uint32_t)n};

			for (size_t k = 0; k < n; k++)
				x->entries[(*used)++] = b->filings[i + k].entry;
			f.entry = (struct index_entry){
			    .program = ENTRY_CLUSTER | (uint32_t)x->cluster_count,
			    .step = STEP_HOLDS};
			x->clusters[x->cluster_count++] = range;
		}
		b->filings[kept++] = f;
	}
	b->filing_count = kept;
	return 0;
}

/* ---- what is filed where ---- */

static size_t
ids_of(const struct rule_set *s, size_t domain)
{
	if (domain == DOMAIN_TEXT)
		return s->phrases.count;
	switch (s->domains[domain]->type) {
	case FIELD_CHOICE: return 32;
	case FIELD_BRAND: return s->brands.brand_count;
	case FIELD_NUMBER:
	case FIELD_DURATION:
	case FIELD_WORD:
	case FIELD_TAGS:
	case FIELD_HANDLE:
	case FIELD_TEXT:
	case FIELD_PLAIN:
	case FIELD_FLAG:
	case FIELD_IN_LIST:
	case FIELD_ALLOWS:
	case FIELD_IN_SEGMENT:
	case FIELD_ATTRIBUTE:
	case FIELD_TYPE_COUNT: break;
	}
	return s->words.count;
}

static int
make_domains(struct rule_set *s)
{
	for (uint64_t left = s->index.filed; left != 0; left &= left - 1) {
		size_t domain = (size_t)__builtin_ctzll(left), count = ids_of(s, domain);
		struct index_domain *d = &s->index.domains[domain];

		d->id_count = (uint32_t)count;
		d->starts = mem_array(count + 2, sizeof *d->starts);
		if (d->starts == NULL)
			return -1;
	}
	return 0;
}

/* starts[id + 2] counts, then starts[id + 1] is where the next one of id goes: behind the last it is
 * where those of the next id begin. */
static size_t
count_filings(const struct builder *b, struct rule_set *s)
{
	size_t total = 0;

	for (size_t i = 0; i < b->filing_count; i++) {
		const struct filing *f = &b->filings[i];
		const struct id_set *set = &s->sets[f->set];

		for (size_t k = 0; k < set->count; k++)
			s->index.domains[f->domain].starts[set->ids[k] + 2]++;
		total += set->count;
	}
	return total;
}

static void
add_up(struct rule_index *x, uint32_t used)
{
	for (uint64_t left = x->filed; left != 0; left &= left - 1) {
		struct index_domain *d = &x->domains[__builtin_ctzll(left)];

		d->starts[0] = d->starts[1] = used;
		for (uint32_t id = 0; id < d->id_count; id++)
			d->starts[id + 2] = used += d->starts[id + 2];
	}
}

static void
spread_filings(const struct builder *b, struct rule_set *s)
{
	for (size_t i = 0; i < b->filing_count; i++) {
		const struct filing *f = &b->filings[i];
		const struct id_set *set = &s->sets[f->set];
		uint32_t *starts = s->index.domains[f->domain].starts;

		for (size_t k = 0; k < set->count; k++)
			s->index.entries[starts[set->ids[k] + 1]++] = f->entry;
	}
}

/* Those of clusters, then of values, then the flat ones. */
static int
make_entries(struct builder *b, struct rule_set *s)
{
	struct rule_index *x = &s->index;
	struct index_entry *all;
	uint32_t used = 0;
	size_t filed;

	if (make_clusters(b, s, &used) < 0 || make_domains(s) < 0)
		return -1;
	filed = count_filings(b, s);
	if (used + filed + b->flat_count >= UINT32_MAX)
		return -1;
	all = mem_realloc_array(x->entries, used + filed + b->flat_count + 1, sizeof *all);
	if (all == NULL)
		return -1;
	x->entries = all;
	add_up(x, used);
	spread_filings(b, s);
	x->flat = (struct entry_range){used + (uint32_t)filed, (uint32_t)b->flat_count};
	if (b->flat_count > 0)
		memcpy(all + x->flat.first, b->flat, b->flat_count * sizeof *all);
	return 0;
}

int
index_build(struct rule_set *set)
{
	struct builder b = {0};
	int rc = -1;

	b.gate_of = mem_array(set->test_count + 1, sizeof *b.gate_of);
	if (b.gate_of == NULL || gates_build(set, b.gate_of) < 0)
		goto out;
	for (size_t i = 0; i < set->program_count; i++)
		if (file_program(&b, set, i) < 0)
			goto out;
	rc = steps_finish(set, &b.steps) < 0 ? -1 : make_entries(&b, set);
out:
	mem_free(b.filings);
	mem_free(b.flat);
	mem_free(b.gate_of);
	mem_free(b.steps.items);
	return rc;
}

void
index_fini(struct rule_index *x)
{
	mem_free(x->entries);
	mem_free(x->clusters);
	for (size_t i = 0; i < DOMAINS_MAX; i++)
		mem_free(x->domains[i].starts);
	gates_fini(&x->gates);
	*x = (struct rule_index){0};
}
