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
#define FOUND_FEW 48
#define CANDIDATES_AT_ONCE 256
#define VALUES_AT_ONCE 16

struct run {
	struct evaluation *e;
	const struct rule_index *x;
	uint64_t shut; /* gates */
	uint32_t *found; /* in the arena */
	size_t found_count, found_cap;
	size_t candidate_count;
	uint32_t candidates[CANDIDATES_AT_ONCE]; /* entries */
};

static int
add_found(struct run *r, uint32_t program)
{
	if (r->found_count == r->found_cap) {
		size_t cap = r->found_cap == 0 ? FOUND_FEW : r->found_cap * 2;
		uint32_t *found = arena_alloc(r->e->arena, cap * sizeof *found);

		if (found == NULL)
			return -1;
		if (r->found_count > 0)
			memcpy(found, r->found, r->found_count * sizeof *found);
		r->found = found;
		r->found_cap = cap;
	}
	r->found[r->found_count++] = program;
	return 0;
}

static int
run_entry(struct run *r, const struct index_entry *entry)
{
	return steps_hold(r->e, entry->step) ? add_found(r, entry->program) : 0;
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
	const struct index_entry *entries = r->x->entries;
	size_t count = r->candidate_count;

	for (size_t i = 0; i < count; i++) {
		uint32_t step = entries[r->candidates[i]].step;

		if (step < STEP_FAILS)
			prefetch(&r->e->set->steps[step]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct index_entry *entry = &entries[r->candidates[i]];
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
sift(struct run *r, uint32_t first, uint32_t end)
{
	const struct index_entry *entries = r->x->entries;
	uint64_t shut = r->shut;

	while (first < end) {
		size_t n = r->candidate_count, room = CANDIDATES_AT_ONCE - n;
		uint32_t stop = end - first > room ? first + (uint32_t)room : end;

		for (; first < stop; first++) {
			r->candidates[n] = first;
			n += (entries[first].gates & shut) == 0;
		}
		r->candidate_count = n;
		if (n == CANDIDATES_AT_ONCE && run_candidates(r) < 0)
			return -1;
	}
	return 0;
}

static int
sift_values(struct run *r, const struct index_domain *d, const uint32_t *ids, size_t count)
{
	const struct index_entry *entries = r->x->entries;

	for (size_t i = 0; i < count; i++)
		prefetch(&d->starts[ids[i]]);
	for (size_t i = 0; i < count; i++)
		prefetch(&entries[d->starts[ids[i]]]);
	for (size_t i = 0; i < count; i++)
		if (sift(r, d->starts[ids[i]], d->starts[ids[i] + 1]) < 0)
			return -1;
	return 0;
}

static int
sift_domain(struct run *r, size_t domain)
{
	const struct domain_values *v = evaluation_domain(r->e, domain);

	for (size_t i = 0; i < v->count; i += VALUES_AT_ONCE) {
		size_t left = v->count - i;

		if (sift_values(r, &r->x->domains[domain], v->ids + i,
			left < VALUES_AT_ONCE ? left : VALUES_AT_ONCE) < 0)
			return -1;
	}
	return r->e->has_no_memory ? -1 : 0;
}

static void
order_few(struct run *r)
{
	uint32_t *items = r->found;
	size_t n = 0;

	for (size_t i = 0; i < r->found_count; i++) {
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

int
index_run(struct evaluation *e, uint32_t **programs_r, size_t *count_r)
{
	const struct rule_index *x = &e->set->index;
	struct run r;

	/* the room for candidates needs no value */
	r.e = e;
	r.x = x;
	r.shut = ~gates_open(e);
	r.found = NULL;
	r.found_count = r.found_cap = r.candidate_count = 0;
	for (uint64_t left = x->filed; left != 0; left &= left - 1)
		if (sift_domain(&r, (size_t)__builtin_ctzll(left)) < 0)
			return -1;
	if (sift(&r, x->flat.first, x->flat.first + x->flat.count) < 0 || run_candidates(&r) < 0)
		return -1;
	if (r.found_count > FOUND_FEW) {
		if (order_many(&r) < 0)
			return -1;
	} else {
		order_few(&r);
	}
	*programs_r = r.found;
	*count_r = r.found_count;
	return e->has_no_memory ? -1 : 0;
}
