/*
 * index.c - which programs are worth running for an occurrence.
 *
 * Each program, of a rule or of another part, is filed under its most selective necessary predicate: a keyword, tag, handle, brand,
 * intent ... of which at least one value must be there for the rule to fire.  For `all of` that is
 * the best of its members, for `any of` the union when every member has one, for a negation none.
 * An occurrence's own values then name the candidates; programs without such a predicate are flat and
 * always run.  Filing under less than the whole condition is always safe: candidates are run in
 * full.
 *
 * The candidates are a bitmap over programs, so that they come out in the order of the files and only
 * once.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/mem.h"

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
	uint32_t set, program;
};

struct pair {
	uint64_t key;
	uint32_t cluster;
};

/* ---- the best predicate of a program ---- */

/* A set of many values lets more through: a little less for each doubling. */
static int
score_of(const struct rule_set *s, const struct test *t)
{
	size_t n = s->sets[t->set].count;
	int score = t->node->field->selectivity;

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

static void access_of(const struct rule_set *s, const struct node *n, struct access_list *l);

static void
access_of_all(const struct rule_set *s, const struct node *n, struct access_list *best)
{
	struct access_list l;

	best->score = -1;
	best->count = 0;
	for (const struct node *child = n->first; child != NULL; child = child->next) {
		access_of(s, child, &l);
		if (l.score > best->score)
			*best = l;
	}
}

static void
access_of_any(const struct rule_set *s, const struct node *n, struct access_list *all)
{
	struct access_list l;

	all->count = 0;
	all->score = 100;
	for (const struct node *child = n->first; child != NULL; child = child->next) {
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
access_of(const struct rule_set *s, const struct node *n, struct access_list *l)
{
	switch (n->kind) {
	case NODE_ALL: access_of_all(s, n, l); return;
	case NODE_ANY: access_of_any(s, n, l); return;
	case NODE_CONDITION: access_of_test(s, &s->tests[n->test], l); return;
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
};

static int
file_program(struct builder *b, struct rule_set *s, size_t program)
{
	const struct program *p = &s->programs[program];
	struct access_list l = {.score = -1};
	void *filings;

	if (p->is_off)
		return 0;
	if (p->root != NULL)
		access_of(s, p->root, &l);
	if (l.score < 0) {
		s->index.flat[program / 64] |= UINT64_C(1) << (program % 64);
		return 0;
	}
	for (size_t i = 0; i < l.count; i++) {
		filings = b->filings;
		if (vector_grow(&filings, b->filing_count, &b->filing_cap, sizeof *b->filings) < 0)
			return -1;
		b->filings = filings;
		b->filings[b->filing_count++] =
		    (struct filing){l.items[i].domain, l.items[i].set, (uint32_t)program};
		s->index.has_domain[l.items[i].domain] = true;
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
	return (x->program > y->program) - (x->program < y->program);
}

static int
pair_compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->key != y->key)
		return (x->key > y->key) - (x->key < y->key);
	return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

static int
pairs_of_cluster(struct builder *b, const struct id_set *set, uint16_t domain, size_t cluster)
{
	for (size_t i = 0; i < set->count; i++) {
		void *pairs = b->pairs;

		if (vector_grow(&pairs, b->pair_count, &b->pair_cap, sizeof *b->pairs) < 0)
			return -1;
		b->pairs = pairs;
		b->pairs[b->pair_count++] =
		    (struct pair){(uint64_t)domain << 32 | set->ids[i], (uint32_t)cluster};
	}
	return 0;
}

/* Filings with the same domain and set become one cluster. */
static int
make_clusters(struct builder *b, struct rule_set *s)
{
	struct rule_index *x = &s->index;

	if (b->filing_count > 1)
		qsort(b->filings, b->filing_count, sizeof *b->filings, filing_compare);
	x->clusters = mem_array(b->filing_count + 1, sizeof *x->clusters);
	x->cluster_programs = mem_array(b->filing_count + 1, sizeof *x->cluster_programs);
	if (x->clusters == NULL || x->cluster_programs == NULL)
		return -1;
	for (size_t i = 0; i < b->filing_count; i++) {
		const struct filing *f = &b->filings[i];

		if (i == 0 || f->domain != f[-1].domain || f->set != f[-1].set) {
			x->clusters[x->cluster_count].first = (uint32_t)i;
			if (pairs_of_cluster(b, &s->sets[f->set], f->domain, x->cluster_count) < 0)
				return -1;
			x->cluster_count++;
		}
		x->clusters[x->cluster_count - 1].count++;
		x->cluster_programs[i] = f->program;
	}
	return 0;
}

static size_t
posting_slot(const struct rule_index *x, uint64_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & x->posting_mask;

	while (x->postings[at].key != KEY_EMPTY && x->postings[at].key != key)
		at = (at + 1) & x->posting_mask;
	return at;
}

static int
make_postings(struct builder *b, struct rule_index *x)
{
	size_t slots = 16;

	while (slots < b->pair_count * 2)
		slots *= 2;
	if (b->pair_count > 1)
		qsort(b->pairs, b->pair_count, sizeof *b->pairs, pair_compare);
	x->posting_mask = slots - 1;
	x->postings = mem_array(slots, sizeof *x->postings);
	x->posting_clusters = mem_array(b->pair_count + 1, sizeof *x->posting_clusters);
	if (x->postings == NULL || x->posting_clusters == NULL)
		return -1;
	for (size_t i = 0; i < slots; i++)
		x->postings[i].key = KEY_EMPTY;
	for (size_t i = 0; i < b->pair_count; i++) {
		struct posting *p = &x->postings[posting_slot(x, b->pairs[i].key)];

		if (p->key == KEY_EMPTY)
			*p = (struct posting){b->pairs[i].key, (uint32_t)i, 0};
		p->count++;
		x->posting_clusters[i] = b->pairs[i].cluster;
	}
	return 0;
}

int
index_build(struct rule_set *set)
{
	struct builder b = {0};
	int rc = -1;

	set->index.flat_words = (set->program_count + 63) / 64;
	set->index.flat = mem_array(set->index.flat_words + 1, sizeof *set->index.flat);
	if (set->index.flat == NULL)
		goto out;
	for (size_t i = 0; i < set->program_count; i++)
		if (file_program(&b, set, i) < 0)
			goto out;
	if (make_clusters(&b, set) < 0 || make_postings(&b, &set->index) < 0)
		goto out;
	rc = 0;
out:
	mem_free(b.filings);
	mem_free(b.pairs);
	return rc;
}

void
index_fini(struct rule_index *x)
{
	mem_free(x->flat);
	mem_free(x->clusters);
	mem_free(x->cluster_programs);
	mem_free(x->postings);
	mem_free(x->posting_clusters);
	*x = (struct rule_index){0};
}

/* ---- use ---- */

static void
mark(const struct rule_index *x, uint64_t key, uint64_t *bits)
{
	const struct posting *p = &x->postings[posting_slot(x, key)];

	if (p->key == KEY_EMPTY)
		return;
	for (uint32_t i = p->first; i < p->first + p->count; i++) {
		const struct cluster *c = &x->clusters[x->posting_clusters[i]];

		for (uint32_t k = c->first; k < c->first + c->count; k++)
			bits[x->cluster_programs[k] / 64] |= UINT64_C(1)
			    << (x->cluster_programs[k] % 64);
	}
}

uint64_t *
index_candidates(const struct rule_index *x, const struct evaluation *e)
{
	uint64_t *bits = arena_alloc(e->arena, (x->flat_words + 1) * sizeof *bits);

	if (bits == NULL)
		return NULL;
	memcpy(bits, x->flat, x->flat_words * sizeof *bits);
	for (size_t d = 0; d < e->set->domain_count; d++) {
		const struct domain_values *v = &e->domains[d];

		if (!x->has_domain[d])
			continue;
		for (size_t i = 0; i < v->count; i++)
			mark(x, (uint64_t)d << 32 | v->ids[i], bits);
	}
	return bits;
}
