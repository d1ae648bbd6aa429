/*
 * index.c - which programs hold for an occurrence.
 *
 * The occurrence's own values name what is filed under them (index_build.c); of these, whose gates are open
 * (gates.c) is looked at, and what else they ask is checked (steps.c).  Most end where they are filed: an entry
 * says its gates, and four of them lie in a line of the processor's cache.
 *
 * Memory is asked for before it is read, for many at a time, so that the waits are beside each other.
 */
#include "rules/index_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/prefetch.h"

/* What is found is put in order: few by inserting, many through a bitmap over all programs. */
#define FOUND_FEW 64
#define CANDIDATES_AT_ONCE 256
#define VALUES_AT_ONCE 16

struct run {
	struct evaluation *e;
	const struct rule_index *x;
	uint64_t shut; /* gates */
	uint32_t *found; /* few, or in the arena */
	size_t found_count, found_cap;
	size_t candidate_count;
	const struct index_entry *candidates[CANDIDATES_AT_ONCE];
	uint32_t few[FOUND_FEW];
};

static int
grow_found(struct run *r)
{
	size_t cap = r->found_cap * 2;
	uint32_t *found = arena_alloc(r->e->arena, cap * sizeof *found);

	if (found == NULL)
		return -1;
	memcpy(found, r->found, r->found_count * sizeof *found);
	r->found = found;
	r->found_cap = cap;
	return 0;
}

static inline int
run_entry(struct run *r, const struct index_entry *entry)
{
	if (entry->step != STEP_HOLDS && !steps_hold(r->e, entry->step))
		return 0;
	if (r->found_count == r->found_cap && grow_found(r) < 0)
		return -1;
	r->found[r->found_count++] = entry->program;
	return 0;
}

static int
run_cluster(struct run *r, const struct entry_range *c)
{
	const struct index_entry *entry = r->x->entries + c->first;

	for (const struct index_entry *end = entry + c->count; entry < end; entry++)
		if ((entry->gates & r->shut) == 0 && run_entry(r, entry) < 0)
			return -1;
	return 0;
}

static int
run_candidates(struct run *r)
{
	const struct step *steps = r->e->set->steps;
	size_t count = r->candidate_count;

	for (size_t i = 0; i < count; i++) {
		uint32_t step = r->candidates[i]->step;

		if (step != STEP_HOLDS)
			prefetch(&steps[step]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct index_entry *entry = r->candidates[i];
		uint32_t cluster = entry->program & ~ENTRY_CLUSTER;

		if ((entry->program == cluster ? run_entry(r, entry)
					       : run_cluster(r, &r->x->clusters[cluster])) < 0)
			return -1;
	}
	r->candidate_count = 0;
	return 0;
}

/* Whose gates are open becomes a candidate. */
static int
sift(struct run *r, uint32_t first, uint32_t count)
{
	const struct index_entry *entry = r->x->entries + first, *end = entry + count;
	uint64_t shut = r->shut;

	while (entry < end) {
		size_t n = r->candidate_count, room = CANDIDATES_AT_ONCE - n;
		const struct index_entry *stop = (size_t)(end - entry) > room ? entry + room : end;

		for (; entry < stop; entry++) {
			r->candidates[n] = entry;
			n += (entry->gates & shut) == 0;
		}
		r->candidate_count = n;
		if (n == CANDIDATES_AT_ONCE && run_candidates(r) < 0)
			return -1;
	}
	return 0;
}

/* What is filed under a value is asked for up to so many bytes; the processor goes on by itself. */
#define FETCHED_MAX 512

/* Asks for what is filed under the values of a domain. */
static int
fetch_domain(struct run *r, size_t domain)
{
	const struct domain_values *v = evaluation_domain(r->e, domain);
	const struct index_domain *d = &r->x->domains[domain];
	size_t count = v->count < VALUES_AT_ONCE ? v->count : VALUES_AT_ONCE;

	if (r->e->has_no_memory)
		return -1;
	for (size_t i = 0; i < count; i++)
		prefetch(&d->starts[v->ids[i]]);
	for (size_t i = 0; i < count; i++) {
		uint32_t first = d->starts[v->ids[i]], end = d->starts[v->ids[i] + 1];
		size_t size = (end - first) * sizeof *r->x->entries;

		prefetch_bytes(&r->x->entries[first], size < FETCHED_MAX ? size : FETCHED_MAX);
	}
	return 0;
}

static int
sift_domain(struct run *r, size_t domain)
{
	const struct domain_values *v = &r->e->domains[domain];
	const struct index_domain *d = &r->x->domains[domain];

	for (size_t i = 0; i < v->count; i++)
		if (sift(r, d->starts[v->ids[i]], d->starts[v->ids[i] + 1] - d->starts[v->ids[i]]) <
		    0)
			return -1;
	return 0;
}

/* The text's words are asked for first and heard last: by then they are here. */
static int
fetch_all(struct run *r)
{
	bool has_text = (r->x->filed >> DOMAIN_TEXT & 1) != 0;

	if (has_text && evaluation_ask_text(r->e) < 0)
		return -1;
	for (uint64_t left = r->x->filed & ~(UINT64_C(1) << DOMAIN_TEXT); left != 0;
	     left &= left - 1)
		if (fetch_domain(r, (size_t)__builtin_ctzll(left)) < 0)
			return -1;
	return has_text ? fetch_domain(r, DOMAIN_TEXT) : 0;
}

static void
order_few(struct run *r)
{
	uint32_t *items = r->found;
	size_t n = 0;

	for (size_t i = 1; i < r->found_count; i++) {
		uint32_t program = items[i];
		size_t k = i;

		for (; k > 0 && items[k - 1] > program; k--)
			items[k] = items[k - 1];
		items[k] = program;
	}
	for (size_t i = 0; i < r->found_count; i++)
		if (n == 0 || items[n - 1] != items[i])
			items[n++] = items[i];
	r->found_count = n;
}

static int
order_many(struct run *r)
{
	size_t words = r->e->set->program_count / 64 + 1, n = 0;
	uint64_t *bits = arena_array(r->e->arena, words, sizeof *bits);

	if (bits == NULL)
		return -1;
	for (size_t i = 0; i < r->found_count; i++)
		bits[r->found[i] / 64] |= UINT64_C(1) << (r->found[i] % 64);
	for (size_t w = 0; w < words; w++)
		for (uint64_t left = bits[w]; left != 0; left &= left - 1)
			r->found[n++] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(left));
	r->found_count = n;
	return 0;
}

static int
run_all(struct run *r)
{
	const struct rule_index *x = r->x;

	if (fetch_all(r) < 0)
		return -1;
	r->shut = ~gates_open(r->e);
	for (uint64_t left = x->filed; left != 0; left &= left - 1)
		if (sift_domain(r, (size_t)__builtin_ctzll(left)) < 0)
			return -1;
	if (sift(r, x->flat.first, x->flat.count) < 0 || run_candidates(r) < 0)
		return -1;
	return r->e->has_no_memory ? -1 : 0;
}

int
index_run(struct evaluation *e, index_take_fn *take, void *cookie)
{
	struct run r;

	/* its rooms need no value */
	r.e = e;
	r.x = &e->set->index;
	r.found = r.few;
	r.found_cap = FOUND_FEW;
	r.found_count = r.candidate_count = 0;
	if (run_all(&r) < 0)
		return -1;
	if (r.found_count <= FOUND_FEW)
		order_few(&r);
	else if (order_many(&r) < 0)
		return -1;
	return take(cookie, r.found, r.found_count);
}
