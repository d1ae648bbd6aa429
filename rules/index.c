/*
 * index.c - which programs hold for an occurrence.
 *
 * The occurrence's own values name what is filed under them (index_build.c); of these, whose gates are open
 * (gates.c) is looked at, and what else they ask is checked: chains of steps (steps.c makes them).  Most end where they are filed: an entry
 * says its gates, and four of them lie in a line of the processor's cache.
 *
 * Memory is asked for before it is read, for many at a time, so that the waits are beside each other.
 */
#include "rules/index_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/prefetch.h"

/* What is found is put in order: few by inserting, many through a bitmap over all programs. */
#define FOUND_FEW 64 /* some blocks of those that are put in order */
#define CANDIDATES_AT_ONCE 256
#define VALUES_AT_ONCE 16

/* ---- what else is asked ---- */

static inline bool
is_within(struct evaluation *e, const struct step *c)
{
	int64_t n;

	if (!evaluation_has_number(e, c->slot))
		return false;
	n = e->numbers[c->slot];
	return (n >= c->low && n <= c->high) == c->wanted;
}

/* Most sets have no value whose bit is there. */
static inline bool
has_values(struct evaluation *e, const struct step *c)
{
	const struct domain_values *v = evaluation_domain(e, c->slot);
	bool meets = (v->bits & c->bits) != 0;

	if (meets && c->kind == STEP_MEETS)
		meets = evaluation_meets(v, &e->set->sets[c->arg]);
	return v->is_known && meets == c->wanted;
}

/* Who was looked up before and is not among the written items was put there by an action, or is not on the
 * list. */
static inline bool
is_listed(struct evaluation *e, const struct step *c)
{
	enum tristate listed = TRI_NO;

	if (e->has_author_names && e->given == NULL)
		for (size_t i = 0; i < e->author_name_count && listed == TRI_NO; i++)
			listed = id_set_has(&e->set->sets[c->arg], e->author_names[i]) ? TRI_YES
										       : TRI_NO;
	if (listed == TRI_NO && (!e->has_author_names || e->given != NULL || e->asks_lists))
		listed = evaluation_listed(e, &e->set->tests[c->test]);
	return listed == (c->wanted ? TRI_YES : TRI_NO);
}

static inline bool
steps_hold(struct evaluation *e, uint32_t step)
{
	while (step < STEP_FAILS) {
		const struct step *c = &e->set->steps[step];
		bool is_so = false;

		switch ((enum step_kind)c->kind) {
		case STEP_BOUNDS: is_so = is_within(e, c); break;
		case STEP_BITS:
		case STEP_MEETS: is_so = has_values(e, c); break;
		case STEP_LISTED: is_so = is_listed(e, c); break;
		case STEP_PERIOD: is_so = e->occ->at_ms >= c->low && e->occ->at_ms < c->high; break;
		case STEP_TEST:
			is_so =
			    evaluation_test(e, &e->set->tests[c->arg]) == (enum tristate)c->wanted;
			break;
		}
		step = is_so ? c->yes : c->no;
	}
	return step == STEP_HOLDS;
}

/* ---- candidates ---- */

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

/* Those whose gates are open. */
static inline int
run_entries(struct run *r, const struct index_entry *entry, size_t count)
{
	for (const struct index_entry *end = entry + count; entry < end; entry++) {
		if ((entry->gates & r->shut) != 0 ||
		    (entry->step != STEP_HOLDS && !steps_hold(r->e, entry->step)))
			continue;
		if (r->found_count == r->found_cap && grow_found(r) < 0)
			return -1;
		r->found[r->found_count++] = entry->program;
	}
	return 0;
}

/* What the candidates from this one on ask is asked for. */
static void
fetch_steps(const struct run *r, size_t from)
{
	const struct step *steps = r->e->set->steps;

	for (size_t i = from; i < r->candidate_count; i++) {
		uint32_t step = r->candidates[i]->step;

		if (step != STEP_HOLDS)
			prefetch(&steps[step]);
	}
}

static int
run_candidates(struct run *r)
{
	size_t count = r->candidate_count;

	for (size_t i = 0; i < count; i++) {
		const struct index_entry *entry = r->candidates[i];
		size_t entries = 1;

		if ((entry->program & ENTRY_CLUSTER) != 0) {
			const struct entry_range *c =
			    &r->x->clusters[entry->program & ~ENTRY_CLUSTER];

			entry = r->x->entries + c->first;
			entries = c->count;
		}
		if (run_entries(r, entry, entries) < 0)
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
		size_t n = r->candidate_count, from = n, room = CANDIDATES_AT_ONCE - n;
		const struct index_entry *stop = (size_t)(end - entry) > room ? entry + room : end;

		for (; entry < stop; entry++) {
			r->candidates[n] = entry;
			n += (entry->gates & shut) == 0;
		}
		r->candidate_count = n;
		fetch_steps(r, from);
		if (n == CANDIDATES_AT_ONCE && run_candidates(r) < 0)
			return -1;
	}
	return 0;
}

/* What is filed under a value is asked for up to so many bytes; the processor goes on by itself. */
#define FETCHED_MAX 512

/* Asks where what is filed under the values of a domain lies. */
static void
fetch_places(struct run *r, size_t domain)
{
	const struct domain_values *v = evaluation_domain(r->e, domain);
	const struct index_domain *d = &r->x->domains[domain];
	size_t count = v->count < VALUES_AT_ONCE ? v->count : VALUES_AT_ONCE;

	for (size_t i = 0; i < count; i++)
		prefetch(&d->starts[v->ids[i]]);
}

static void
fetch_entries(struct run *r, size_t domain)
{
	const struct domain_values *v = &r->e->domains[domain];
	const struct index_domain *d = &r->x->domains[domain];
	size_t count = v->count < VALUES_AT_ONCE ? v->count : VALUES_AT_ONCE;

	for (size_t i = 0; i < count; i++) {
		uint32_t first = d->starts[v->ids[i]], end = d->starts[v->ids[i] + 1];
		size_t size = (end - first) * sizeof *r->x->entries;

		prefetch_bytes(&r->x->entries[first], size < FETCHED_MAX ? size : FETCHED_MAX);
	}
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

static int
fetch_all(struct run *r)
{
	for (uint64_t left = r->x->filed; left != 0; left &= left - 1)
		fetch_places(r, (size_t)__builtin_ctzll(left));
	if (r->e->has_no_memory)
		return -1;
	for (uint64_t left = r->x->filed; left != 0; left &= left - 1)
		fetch_entries(r, (size_t)__builtin_ctzll(left));
	return 0;
}

/* Four numbers at once; those of programs are less than INT32_MAX. */
typedef int32_t four __attribute__((vector_size(16)));
#define BLOCK 16 /* four of them, which fit into the registers of any processor */

/* How many of the items are less than each of a block of them. */
static inline void
count_less(const int32_t *items, size_t count, const four own[4], four less_r[4])
{
	four a = {0}, b = {0}, c = {0}, d = {0};

	for (size_t i = 0; i < count; i++) {
		four item = {items[i], items[i], items[i], items[i]};

		a -= item < own[0]; /* -1 where it is so */
		b -= item < own[1];
		c -= item < own[2];
		d -= item < own[3];
	}
	less_r[0] = a;
	less_r[1] = b;
	less_r[2] = c;
	less_r[3] = d;
}

/* Each goes where there is room behind all that are less, which no branch depends on; of what was found
 * twice one finds the other there, and a place stays empty. */
static void
order_few(struct run *r)
{
	union {
		four fours[FOUND_FEW / 4];
		int32_t items[FOUND_FEW];
	} all, less;
	int32_t placed[FOUND_FEW];
	size_t count = r->found_count, n = 0;

	memset(&all, 0, sizeof all);
	memcpy(all.items, r->found, count * sizeof *all.items);
	for (size_t from = 0; from < count; from += BLOCK)
		count_less(all.items, count, &all.fours[from / 4], &less.fours[from / 4]);
	memset(placed, 0xff, count * sizeof *placed);
	for (size_t i = 0; i < count; i++)
		placed[less.items[i]] = all.items[i];
	for (size_t i = 0; i < count; i++) {
		r->found[n] = (uint32_t)placed[i];
		n += placed[i] >= 0;
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
