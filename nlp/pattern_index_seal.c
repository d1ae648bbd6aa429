/*
 * pattern_index_seal.c - patterns that have all been added become what pattern_index_match.c looks at: each is
 * filed under its rarest word, with masks of what may stand beside it, and all of it lies in one piece of memory.
 */
#include "nlp/pattern_index.h"

#include <assert.h>
#include <stdlib.h>

#include "core/mem.h"
#include "nlp/pattern_index_internal.h"

/* How many classes are for common words, and how many other words in a row share one. */
#define COMMON_CLASSES 28
#define WORDS_TOGETHER 24
/* The second class is anybody's but 0. */
#define SECOND_CLASS_SHARE (UINT64_MAX / (PATTERN_CLASSES - 1) + 1)

/* Entries of the first half of a table. */
#define HALF (TABLE_ENTRIES / 2)

/* ---- the rarest word of a pattern, and what stands beside it ---------------------- */

/* Members of a group lie together once they are sorted by group. */
static int
compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The members of a group: [*from, returned). */
static size_t
members_of(const struct pattern_index *x, uint32_t group, size_t *from)
{
	const struct member *members = x->members.items;
	size_t low = 0, high = x->members.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (members[middle].group < group)
			low = middle + 1;
		else
			high = middle;
	}
	*from = low;
	while (high < x->members.count && members[high].group == group)
		high++;
	return high;
}

/* Counts in how many items each word stands: posts use "you" and "is" as often as patterns do. */
static void
count_words(struct pattern_index *x)
{
	const struct member *members = x->members.items;
	for (uint32_t i = 0; i < x->items.count; i++) {
		size_t from, to = members_of(x, item_at(x, i)->symbol, &from);
		symbol_at(x, item_at(x, i)->symbol)->rarity++;
		for (; from < to; from++)
			symbol_at(x, members[from].first)->rarity++;
	}
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		uint32_t stem = symbol_at(x, i)->stem;
		if (stem != 0)
			symbol_at(x, stem)->rarity += symbol_at(x, i)->rarity;
	}
}

/* How often an item will be met. */
static uint32_t
rarity_of(const struct pattern_index *x, uint32_t symbol)
{
	const struct member *members = x->members.items;
	size_t from, to = members_of(x, symbol, &from);
	uint32_t sum = from == to ? symbol_at(x, symbol)->rarity : 0;
	for (; from < to; from++)
		sum += symbol_at(x, members[from].first)->rarity;
	return sum;
}

/* The item that is met least of items [from, to) that may not be missing; -1: there is none. */
static int
rarest_item(const struct pattern_index *x, const struct pattern *p, int from, int to)
{
	uint32_t least = UINT32_MAX;
	int rarest = -1;
	for (int k = from; k < to; k++) {
		const struct item *item = item_at(x, p->first_item + (uint32_t)k);
		if (item->is_optional || item->symbol < PATTERN_FIRST_FREE)
			continue;
		uint32_t n = rarity_of(x, item->symbol);
		if (n < least) {
			least = n;
			rarest = k;
		}
	}
	return rarest;
}

/* which: the first or the second class. */
static uint64_t
mask_of(const struct pattern_index *x, uint32_t symbol, int which)
{
	const struct symbol *s = symbol_at(x, symbol);
	return UINT64_C(1) << (which == 0 ? s->class : s->second_class);
}

/* The first words of an item (step 1), or its last ones (step -1). */
static uint64_t
mask_of_item(const struct pattern_index *x, const struct item *item, int step, int which)
{
	const struct member *members = x->members.items;
	size_t from, to = members_of(x, item->symbol, &from);
	uint64_t mask = from == to ? mask_of(x, item->symbol, which) : 0;
	for (; from < to; from++)
		mask |= mask_of(x, step > 0 ? members[from].first : members[from].last, which);
	return mask;
}

/* What stands beside an item of the pattern: the first words (step 1) or the last ones (step -1) of
 * item k, and of those behind it as long as one may be missing. */
static uint64_t
mask_beside(const struct pattern_index *x, const struct pattern *p, int k, int step, int which)
{
	uint64_t mask = 0;
	for (; k >= 0 && k < p->count; k += step) {
		const struct item *item = item_at(x, p->first_item + (uint32_t)k);
		if (item->symbol < PATTERN_FIRST_FREE)
			return MASK_ANY;
		mask |= mask_of_item(x, item, step, which);
		if (!item->is_optional)
			return mask;
	}
	return MASK_ANY; /* nothing has to stand there */
}

/* What has to stand among items [from, to): the first words of the rarest of them. */
static struct pattern_set
find_needed(const struct pattern_index *x, const struct pattern *p, int from, int to)
{
	int rarest = rarest_item(x, p, from, to);
	if (rarest < 0)
		return (struct pattern_set){MASK_ANY, MASK_ANY};
	return (struct pattern_set){
	    mask_beside(x, p, rarest, 1, 0), mask_beside(x, p, rarest, 1, 1)};
}

/* Does a member that begins with `first` begin with this word, or a spelling of it? */
static bool
is_begun_by(const struct pattern_index *x, uint32_t first, uint32_t word)
{
	return first == word || symbol_at(x, first)->stem == word;
}

/* The anchor by this word: what may stand behind the word is the member's second word; the next item
 * if the word is a member by itself. */
static void
fill_entry(const struct pattern_index *x, const struct pattern *p, struct entry *e)
{
	const struct member *members = x->members.items;
	size_t from, to = members_of(x, item_at(x, p->first_item + p->anchor)->symbol, &from);
	bool is_alone = from == to, is_begin = false;
	for (; from < to; from++) {
		if (!is_begun_by(x, members[from].first, e->symbol))
			continue;
		is_alone |= members[from].second == 0;
		is_begin |= members[from].second != 0;
		for (int which = 0; which < 2 && members[from].second != 0; which++)
			e->behind[which] |= mask_of(x, members[from].second, which);
	}
	for (int which = 0; which < 2; which++) {
		e->before[which] = mask_beside(x, p, p->anchor - 1, -1, which);
		e->behind[which] |= is_alone ? mask_beside(x, p, p->anchor + 1, 1, which) : 0;
	}
	e->is_whole = p->count == 1 && is_alone && !is_begin;
}

static struct entry *
entry_at(const struct pattern_index *x, size_t i)
{
	return (struct entry *)x->entries.items + i;
}

static int
add_entry(struct pattern_index *x, const struct entry *entry)
{
	uint32_t i = pattern_list_add(&x->entries, sizeof *entry);
	if (i == UINT32_MAX)
		return -1;
	struct entry *e = entry_at(x, i);
	*e = *entry;
	fill_entry(x, pattern_at(x, e->pattern), e);
	return 0;
}

static uint8_t
gap_of(uint32_t symbol)
{
	switch (symbol) {
	case PATTERN_SHORT_GAP: return PATTERN_GAP_SHORT;
	case PATTERN_LONG_GAP: return PATTERN_GAP_LONG;
	default: return 0;
	}
}

/* What is known of items only once everything was added. */
static void
fill_items(struct pattern_index *x, const struct pattern *p)
{
	for (int k = 0; k < p->count; k++) {
		struct item *item = item_at(x, p->first_item + (uint32_t)k);
		item->longest = symbol_at(x, item->symbol)->longest & 127u;
		item->gap = gap_of(item->symbol);
		item->begins = mask_of_item(x, item, 1, 1);
		item->from = mask_beside(x, p, k, 1, 0);
		item->to = mask_beside(x, p, k, -1, 0);
	}
}

static int
add_entries(struct pattern_index *x, uint32_t pattern)
{
	const struct member *members = x->members.items;
	struct pattern *p = pattern_at(x, pattern);
	int anchor = rarest_item(x, p, 0, p->count);
	assert(anchor >= 0);
	p->anchor = (uint8_t)anchor;
	fill_items(x, p);
	struct entry e = {
	    .symbol = item_at(x, p->first_item + p->anchor)->symbol, .pattern = pattern};
	e.left = find_needed(x, p, 0, anchor);
	e.right = find_needed(x, p, anchor + 1, p->count);
	size_t from, to = members_of(x, e.symbol, &from);
	if (from == to)
		return add_entry(x, &e);
	for (uint32_t last = 0; from < to; from++) {
		e.symbol = members[from].first;
		if (e.symbol != last && add_entry(x, &e) < 0)
			return -1;
		last = e.symbol;
	}
	return 0;
}

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
	return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

/* Common words have a class of their own, as far as there are classes; of the others, those that came
 * one after another share one, since they are members of the same group more often than not. */
static void
choose_classes(struct pattern_index *x)
{
	const uint32_t other_classes = PATTERN_CLASSES - 1 - COMMON_CLASSES;
	uint32_t common = 0, other = 0;
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		struct symbol *s = symbol_at(x, i);
		if (s->rarity >= COMMON_WEIGHT)
			s->class = (uint8_t)(1 + common++ % COMMON_CLASSES);
		else if (s->root == 0 && s->stem == 0)
			s->class = (uint8_t)(1 + COMMON_CLASSES +
			    other++ / WORDS_TOGETHER % other_classes);
	}
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		struct symbol *s = symbol_at(x, i);
		uint32_t word = s->stem == 0 ? i : s->stem;
		s->class = symbol_at(x, word)->class;
		s->second_class = (uint8_t)(1 + word * WORD_HASH_FACTOR / SECOND_CLASS_SHARE);
	}
}

/* ---- what is looked at in texts ------------------------------------------------- */

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
	return entries <= 8 ? 0 : entries <= 16 ? 1 : entries <= 32 ? 2 : 3;
}

/* How many lines the tables of an anchor take. */
static size_t
lines_of(const struct anchor *a)
{
	size_t tables = (a->count + TABLE_ENTRIES - 1) / TABLE_ENTRIES;
	return tables * table_row(a->shift, TABLE_PARTS, 0) / CACHE_LINE;
}

/* The entries of each anchor, and where its tables will be, behind the one that lets nothing pass; returns
 * the lines of all. */
static size_t
place_entries(struct pattern_index *x, struct anchor *anchors)
{
	size_t lines = table_row(3, TABLE_PARTS, 0) / CACHE_LINE;
	for (uint32_t i = 0; i < x->entries.count; i++) {
		struct anchor *a = &anchors[entry_at(x, i)->symbol];
		a->first = a->count++ == 0 ? i : a->first;
	}
	for (uint32_t i = 0; i < x->symbols.count; i++) {
		if (anchors[i].count == 0)
			continue;
		anchors[i].shift = shift_of(anchors[i].count) & 3u;
		anchors[i].line = lines & ((1u << 30) - 1);
		lines += lines_of(&anchors[i]);
	}
	return lines + 1; /* a row is read with what lies behind it */
}

static int
make_room(struct pattern_index *x, const struct anchor *anchors, size_t table_lines)
{
	size_t entries = x->entries.count, symbols = x->symbols.count, items = x->items.count;
	size_t steps = x->edge_count + 1; /* one may be asked for in vain */
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
	open_rows(table, shift, TABLE_BEFORE, e->before[0], number);
	open_rows(table, shift, TABLE_BEHIND, e->behind[0], number);
	open_rows(table, shift, TABLE_BEFORE_SECOND, e->before[1], number);
	open_rows(table, shift, TABLE_BEHIND_SECOND, e->behind[1], number);
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
	uint32_t number = i - a->first;
	a->before |= e->before[0];
	a->behind |= e->behind[0];
	for (unsigned when = 0; number < HALF && when < PATTERN_CIRCUMSTANCES; when++)
		a->when[when] |= (p->when >> when & 1u) << number;
	if (number >= HALF && number < TABLE_ENTRIES)
		a->others |= 1u << (number - HALF);
	lay_out_rows(x, a, number, e);
	x->needs[i] = (struct need){e->left, e->right};
	x->candidates[i] = (struct candidate){.first_item = p->first_item,
	    .value = p->value,
	    .count = p->count,
	    .anchor = p->anchor,
	    .when = p->when & 127u,
	    .step = step_of(x, e->symbol, item_at(x, p->first_item + p->anchor)->symbol),
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
static int
lay_out(struct pattern_index *x)
{
	if (share_entries(x) < 0)
		return -1;
	if (x->entries.count > 0)
		qsort(x->entries.items, x->entries.count, sizeof(struct entry), compare_entries);
	if (make_all_room(x) < 0 || lay_out_steps(x) < 0)
		return -1;
	for (uint32_t i = 0; i < x->symbols.count; i++)
		x->anchors[i].stem = symbol_at(x, i)->stem;
	for (uint32_t i = 0; i < x->entries.count; i++)
		lay_out_entry(x, i);
	lay_out_items(x);
	pattern_list_free(&x->items);
	pattern_list_free(&x->nodes);
	pattern_list_free(&x->patterns);
	pattern_list_free(&x->entries);
	return 0;
}

int
pattern_index_seal(struct pattern_index *x)
{
	if (x->members.count > 0)
		qsort(x->members.items, x->members.count, sizeof(struct member), compare_members);
	choose_classes(x);
	count_words(x);
	for (uint32_t i = 0; i < x->patterns.count; i++) {
		if (add_entries(x, i) < 0)
			return -1;
	}
	if (lay_out(x) < 0)
		return -1;
	for (size_t i = 0; i < x->word_cap; i++) {
		const struct word_slot *w = &x->words[i];
		if (w->symbol != 0 && w->space == BY_STEM)
			x->filter[(w->key.hash >> 6) % (PATTERN_FILTER_BITS / 64)] |= 1ULL
			    << (w->key.hash & 63);
	}
	return 0;
}
