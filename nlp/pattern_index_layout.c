/*
 * pattern_index_layout.c - what is looked at in texts: anchors, tables, items and the branches of groups, in one piece
 * of memory.
 */
#include "nlp/pattern_index.h"

#include <stdlib.h>

#include "core/mem.h"
#include "nlp/pattern_index_internal.h"

/* ---- entries in order --------------------------------------------------------------- */

/* A word that is a spelling of its own is also its stem: what the stem anchors it does as well, so that a word
 * of a text is one anchor. */
static int
share_entries(struct pattern_index *x)
{
	size_t own = x->entries.count;
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		uint32_t stem = symbol_at(x, i)->stem;
		for (size_t k = 0; stem != 0 && k < own; k++) {
			if (entry_at(x, k)->symbol != stem)
				continue;
			uint32_t copy = pattern_list_add(&x->entries, sizeof(struct entry));
			if (copy == UINT32_MAX)
				return -1;
			*entry_at(x, copy) = *entry_at(x, k);
			entry_at(x, copy)->symbol = i;
			entry_at(x, copy)->is_stems = true;
		}
	}
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	if (x->is_stems != y->is_stems)
		return x->is_stems ? 1 : -1;
	if (x->pattern != y->pattern)
		return x->pattern < y->pattern ? -1 : 1;
	return (int)x->offset - (int)y->offset;
}

/* ---- room -------------------------------------------------------------------------- */

/* The next `count` things of this size, from a cache line on. */
static void *
carve(char **at, size_t count, size_t size)
{
	char *p = *at;
	*at += (count * size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	return p;
}

/* Bytes of a row of the tables of an anchor: 1 << this. */
static unsigned
shift_of(uint32_t entries)
{
	return entries <= 8 ? 0 : entries <= ANCHOR_WHENS ? 1 : 3;
}

/* How many lines the tables of an anchor take. */
static size_t
lines_of(const struct anchor *a)
{
	size_t tables = (a->count + TABLE_ENTRIES - 1) / TABLE_ENTRIES;
	return tables * table_row(a->shift, TABLE_PARTS, 0) / CACHE_LINE;
}

/* The entries of each anchor, and where its tables will be; returns the lines of all. */
static size_t
place_entries(struct pattern_index *x, struct anchor *anchors)
{
	size_t lines = 0;
	for (uint32_t i = 0; i < x->entries.count; i++) {
		struct anchor *a = &anchors[entry_at(x, i)->symbol];
		a->first = a->count++ == 0 ? i : a->first;
	}
	for (uint32_t i = 0; i < x->symbols.count; i++) {
		if (anchors[i].count == 0)
			continue;
		anchors[i].shift = shift_of(anchors[i].count) & 3u;
		anchors[i].others = anchors[i].count > ANCHOR_WHENS ? -1 : 0;
		anchors[i].line = lines & ((1u << 30) - 1);
		lines += lines_of(&anchors[i]);
	}
	return lines + 1; /* a row is read with what lies behind it */
}

static int
make_room(struct pattern_index *x, const struct anchor *anchors, size_t table_lines)
{
	size_t entries = x->entries.count, symbols = x->symbols.count, items = x->items.count;
	size_t steps = x->edge_count;
	size_t lines =
	    10; /* what each array leaves of its last one, and the first array before it */
	x->memory = mem_zalloc(lines * CACHE_LINE +
	    entries * (sizeof *x->needs + sizeof *x->candidates) + table_lines * CACHE_LINE +
	    symbols * (sizeof *x->anchors + sizeof *x->roots) + items * sizeof *x->sealed_items +
	    steps * (sizeof *x->step_symbols + sizeof *x->step_flags + sizeof *x->step_branches));
	if (x->memory == NULL)
		return -1;
	char *at =
	    (char *)x->memory + (CACHE_LINE - (uintptr_t)x->memory % CACHE_LINE) % CACHE_LINE;
	x->needs = carve(&at, entries, sizeof *x->needs);
	x->candidates = carve(&at, entries, sizeof *x->candidates);
	x->tables = carve(&at, table_lines, CACHE_LINE);
	x->anchors = carve(&at, symbols, sizeof *x->anchors);
	memcpy(x->anchors, anchors, symbols * sizeof *anchors);
	x->sealed_items = carve(&at, items, sizeof *x->sealed_items);
	x->step_symbols = carve(&at, steps, sizeof *x->step_symbols);
	x->step_flags = carve(&at, steps, sizeof *x->step_flags);
	x->step_branches = carve(&at, steps, sizeof *x->step_branches);
	x->roots = carve(&at, symbols, sizeof *x->roots);
	return 0;
}

static int
compare_edges(const void *a, const void *b)
{
	const edge *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* Puts the edges in order at the front of their table; branches of nodes. */
static void
sort_edges(struct pattern_index *x, struct branch *branches)
{
	size_t n = 0;
	for (size_t i = 0; i < x->edge_cap; i++) {
		if (x->edges[i] != 0)
			x->edges[n++] = x->edges[i];
	}
	qsort(x->edges, n, sizeof *x->edges, compare_edges);
	for (uint32_t i = 0; i < n; i++) {
		struct branch *b = &branches[x->edges[i] >> 40];
		b->first = b->count++ == 0 ? i : b->first;
	}
}

static int
lay_out_steps(struct pattern_index *x)
{
	struct branch *branches = mem_array(x->nodes.count, sizeof *branches);
	if (branches == NULL)
		return -1;
	sort_edges(x, branches);
	for (size_t i = 0; i < x->edge_count; i++) {
		edge e = x->edges[i];
		uint32_t child = e & (NODES_MAX - 1);
		x->step_symbols[i] = (uint16_t)(e >> 24);
		x->step_branches[i] = branches[child];
		x->step_flags[i] = (uint8_t)((node_at(x, child)->is_end ? STEP_ENDS : 0) |
		    (branches[child].count > 0 ? STEP_GOES_ON : 0));
	}
	for (uint32_t i = 0; i < x->symbols.count; i++)
		x->roots[i] = branches[symbol_at(x, i)->root];
	mem_free(branches);
	mem_free(x->edges);
	x->edges = NULL;
	return 0;
}

static void
lay_out_items(struct pattern_index *x)
{
	for (uint32_t i = 0; i < x->items.count; i++) {
		struct item *item = &x->sealed_items[i];
		*item = *item_at(x, i);
		struct branch root = x->roots[item->symbol];
		item->steps = (uint16_t)root.count;
		item->symbol = root.count > 0 ? root.first : item->symbol;
	}
}

/* A bit in the rows of all classes in the mask. */
static void
open_rows(char *table, unsigned shift, enum table_part part, uint64_t mask, uint32_t entry)
{
	for (; mask != 0; mask &= mask - 1) {
		char *row = table + table_row(shift, part, (unsigned)__builtin_ctzll(mask));
		row[entry / 8] = (char)(row[entry / 8] | 1 << entry % 8);
	}
}

static void
lay_out_rows(
    struct pattern_index *x, const struct anchor *a, uint32_t number, const struct entry *e)
{
	unsigned shift = a->shift;
	char *table = x->tables + (size_t)a->line * CACHE_LINE +
	    number / TABLE_ENTRIES * table_row(shift, TABLE_PARTS, 0);
	number %= TABLE_ENTRIES;
	open_rows(table, shift, TABLE_BEFORE, e->before, number);
	open_rows(table, shift, TABLE_BEHIND, e->behind, number);
}

/* The step of a word, or of its stem, from the root of a group. */
static uint32_t
step_of(const struct pattern_index *x, uint32_t word, uint32_t group)
{
	uint32_t step = find_step(x, x->roots[group], word), stem = symbol_at(x, word)->stem;
	return step == STEP_NONE && stem != 0 ? find_step(x, x->roots[group], stem) : step;
}

static void
lay_out_entry(struct pattern_index *x, uint32_t i)
{
	const struct entry *e = entry_at(x, i);
	const struct pattern *p = pattern_at(x, e->pattern);
	struct anchor *a = &x->anchors[e->symbol];
	uint32_t number = i - a->first, group = item_at(x, p->first_item + p->anchor)->symbol;
	for (unsigned w = 0; number < ANCHOR_WHENS && w < PATTERN_CIRCUMSTANCES; w++)
		a->when[w] |= (uint16_t)((p->when >> w & 1u) << number);
	lay_out_rows(x, a, number, e);
	x->needs[i] = (struct need){e->left, e->right};
	x->candidates[i] = (struct candidate){.first_item = p->first_item,
	    .value = p->value,
	    .count = p->count & 15u,
	    .anchor = p->anchor & 15u,
	    .offset = e->offset & 15u,
	    .head = p->head & 15u,
	    .when = p->when & 127u,
	    .step = e->offset > 0 ? STEP_NONE : step_of(x, e->symbol, group),
	    .kind = p->kind,
	    .is_whole = e->is_whole};
}

/* Room for all that is looked at in texts; the entries are in order. */
static int
make_all_room(struct pattern_index *x)
{
	struct anchor *anchors = mem_array(x->symbols.count, sizeof *anchors);
	if (anchors == NULL)
		return -1;
	int rc = make_room(x, anchors, place_entries(x, anchors));
	mem_free(anchors);
	return rc;
}

/* Entries of a symbol come to lie together. */
int
pattern_index_lay_out(struct pattern_index *x)
{
	if (share_entries(x) < 0)
		return -1;
	if (x->entries.count > 0)
		qsort(x->entries.items, x->entries.count, sizeof(struct entry), compare_entries);
	if (make_all_room(x) < 0 || lay_out_steps(x) < 0)
		return -1;
	for (uint32_t i = 0; i < x->symbols.count; i++)
		x->anchors[i].stem = (uint16_t)symbol_at(x, i)->stem;
	for (uint32_t i = 0; i < x->entries.count; i++)
		lay_out_entry(x, i);
	lay_out_items(x);
	pattern_list_free(&x->items);
	pattern_list_free(&x->nodes);
	pattern_list_free(&x->patterns);
	pattern_list_free(&x->entries);
	return 0;
}
