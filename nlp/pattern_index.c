#include "nlp/pattern_index.h"

#include <assert.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/mem.h"
#include "nlp/pattern_index_internal.h"

#define TEXTS_MAX (16u << 20)

/* How much commoner a common word is than one that stands in a single pattern. */
#define COMMON_WEIGHT 100000

/* ---- lists that grow -------------------------------------------------------- */

/* Index of a new zeroed item; UINT32_MAX without memory. */
static uint32_t
list_add(struct list *l, size_t size)
{
	if (l->count == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;
		void *items = mem_realloc_array(l->items, cap, size);
		if (items == NULL)
			return UINT32_MAX;
		l->items = items;
		l->cap = cap;
	}
	memset((char *)l->items + l->count * size, 0, size);
	return (uint32_t)l->count++;
}

static uint32_t
add_symbol(struct pattern_index *x)
{
	if (x->symbols.count == PATTERN_SYMBOLS_MAX)
		return UINT32_MAX;
	return list_add(&x->symbols, sizeof(struct symbol));
}

struct pattern_index *
pattern_index_new(void)
{
	struct pattern_index *x = mem_zalloc(sizeof *x);
	if (x == NULL)
		return NULL;
	x->word_cap = x->edge_cap = 1024;
	x->texts = arena_new(TEXTS_MAX);
	x->words = mem_array(x->word_cap, sizeof *x->words);
	x->edges = mem_array(x->edge_cap, sizeof *x->edges);
	/* Node 0 is nobody's. */
	bool is_whole = x->texts != NULL && x->words != NULL && x->edges != NULL &&
	    list_add(&x->nodes, sizeof(struct node)) == 0;
	for (int i = 0; is_whole && i < PATTERN_FIRST_FREE; i++)
		is_whole = add_symbol(x) != UINT32_MAX;
	if (is_whole)
		return x;
	pattern_index_free(x);
	return NULL;
}

void
pattern_index_free(struct pattern_index *x)
{
	if (x == NULL)
		return;
	arena_free(x->texts);
	mem_free(x->words);
	mem_free(x->edges);
	mem_free(x->symbols.items);
	mem_free(x->firsts.items);
	mem_free(x->nodes.items);
	mem_free(x->items.items);
	mem_free(x->patterns.items);
	mem_free(x->entries.items);
	mem_free(x);
}

/* ---- words to symbols ------------------------------------------------------- */

static void
put_word(struct pattern_index *x, struct word_slot word)
{
	size_t i = word_slot(x, (enum word_space)word.space, word.key.hash);
	while (x->words[i].symbol != 0)
		i = (i + 1) & (x->word_cap - 1);
	x->words[i] = word;
}

static int
grow_words(struct pattern_index *x)
{
	size_t old_cap = x->word_cap;
	struct word_slot *old = x->words, *words = mem_array(old_cap * 2, sizeof *words);
	if (words == NULL)
		return -1;
	x->words = words;
	x->word_cap = old_cap * 2;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].symbol != 0)
			put_word(x, old[i]);
	}
	mem_free(old);
	return 0;
}

/* A word that is there already keeps its symbol. */
static int
add_word(struct pattern_index *x, enum word_space space, struct word_key key, uint32_t symbol)
{
	if (find_word(x, space, &key) != 0)
		return 0;
	if ((x->word_count + 1) * 2 > x->word_cap && grow_words(x) < 0)
		return -1;
	key.text = arena_slice_dup(x->texts, key.text);
	if (key.text.ptr == NULL)
		return -1;
	put_word(x, (struct word_slot){key, symbol, (uint32_t)space});
	x->word_count++;
	return 0;
}

uint32_t
pattern_index_word(struct pattern_index *x, struct word_key stem, struct word_key surface)
{
	uint32_t symbol = find_word(x, BY_STEM, &stem);
	if (symbol == 0) {
		symbol = add_symbol(x);
		if (symbol == UINT32_MAX)
			return 0;
	}
	return pattern_index_alias(x, symbol, stem, surface) < 0 ? 0 : symbol;
}

int
pattern_index_alias(
    struct pattern_index *x, uint32_t symbol, struct word_key stem, struct word_key surface)
{
	return add_word(x, BY_STEM, stem, symbol) < 0 ||
		add_word(x, BY_SURFACE, surface, symbol) < 0
	    ? -1
	    : 0;
}

uint32_t
pattern_index_exact(struct pattern_index *x, struct word_key stem, struct word_key surface)
{
	uint32_t word = pattern_index_word(x, stem, surface);
	uint32_t symbol = find_word(x, BY_EXACT, &surface);
	if (word == 0 || symbol != 0)
		return word == 0 ? 0 : symbol;
	symbol = add_symbol(x);
	if (symbol == UINT32_MAX || add_word(x, BY_EXACT, surface, symbol) < 0)
		return 0;
	symbol_at(x, symbol)->stem = word;
	symbol_at(x, word)->has_exact = true;
	return symbol;
}

/* ---- members --------------------------------------------------------------- */

static void
put_edge(struct pattern_index *x, struct edge edge)
{
	size_t i = edge_slot(x, edge.parent, edge.symbol);
	while (x->edges[i].child != 0)
		i = (i + 1) & (x->edge_cap - 1);
	x->edges[i] = edge;
}

static int
grow_edges(struct pattern_index *x)
{
	size_t old_cap = x->edge_cap;
	struct edge *old = x->edges, *edges = mem_array(old_cap * 2, sizeof *edges);
	if (edges == NULL)
		return -1;
	x->edges = edges;
	x->edge_cap = old_cap * 2;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].child != 0)
			put_edge(x, old[i]);
	}
	mem_free(old);
	return 0;
}

/* The node behind `parent`, made if need be; 0 without memory. */
static uint32_t
add_child(struct pattern_index *x, uint32_t parent, uint32_t symbol)
{
	uint32_t child = find_child(x, parent, symbol);
	if (child != 0)
		return child;
	/* Half full at most: misses, which most look-ups are, end soon. */
	if ((x->edge_count + 1) * 2 > x->edge_cap && grow_edges(x) < 0)
		return 0;
	child = list_add(&x->nodes, sizeof(struct node));
	if (child == UINT32_MAX)
		return 0;
	put_edge(x, (struct edge){parent, symbol, child});
	x->edge_count++;
	node_at(x, parent)->has_children = true;
	return child;
}

uint32_t
pattern_index_group(struct pattern_index *x)
{
	uint32_t symbol = add_symbol(x);
	if (symbol == UINT32_MAX)
		return 0;
	uint32_t root = list_add(&x->nodes, sizeof(struct node));
	if (root == UINT32_MAX)
		return 0;
	symbol_at(x, symbol)->root = root;
	return symbol;
}

int
pattern_index_add_member(
    struct pattern_index *x, uint32_t group, const uint32_t *words, size_t count)
{
	assert(symbol_at(x, group)->root != 0 && count > 0 && count <= PATTERN_ITEMS_MAX);
	uint32_t node = symbol_at(x, group)->root;
	uint32_t i = list_add(&x->firsts, sizeof(struct first));
	if (i == UINT32_MAX)
		return -1;
	((struct first *)x->firsts.items)[i] = (struct first){group, words[0]};
	for (size_t k = 0; k < count; k++) {
		node = add_child(x, node, words[k]);
		if (node == 0)
			return -1;
	}
	node_at(x, node)->is_end = true;
	if (count > symbol_at(x, group)->longest)
		symbol_at(x, group)->longest = (uint8_t)count;
	return 0;
}

void
pattern_index_mark_common(struct pattern_index *x, uint32_t group)
{
	const struct first *firsts = x->firsts.items;
	for (size_t i = 0; i < x->firsts.count; i++) {
		if (firsts[i].group == group)
			symbol_at(x, firsts[i].word)->rarity += COMMON_WEIGHT;
	}
}

int
pattern_index_add(
    struct pattern_index *x, const struct pattern_item *items, size_t count, uint32_t value)
{
	assert(count > 0 && count <= PATTERN_ITEMS_MAX);
	uint32_t p = list_add(&x->patterns, sizeof(struct pattern));
	if (p == UINT32_MAX)
		return -1;
	pattern_at(x, p)->first_item = (uint32_t)x->items.count;
	pattern_at(x, p)->value = value;
	for (size_t k = 0; k < count; k++) {
		uint32_t i = list_add(&x->items, sizeof(struct pattern_item));
		if (i == UINT32_MAX)
			return -1;
		assert(items[k].symbol != PATTERN_NONE && items[k].symbol < x->symbols.count);
		*item_at(x, i) = items[k];
		pattern_at(x, p)->count++;
	}
	return 0;
}

/* ---- sealing ---------------------------------------------------------------- */

/* firsts of a group lie together once they are sorted by group. */
static int
compare_firsts(const void *a, const void *b)
{
	const struct first *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->word < y->word ? -1 : x->word > y->word;
}

/* The firsts of a group: [*from, returned). */
static size_t
firsts_of(const struct pattern_index *x, uint32_t group, size_t *from)
{
	const struct first *firsts = x->firsts.items;
	size_t low = 0, high = x->firsts.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (firsts[middle].group < group)
			low = middle + 1;
		else
			high = middle;
	}
	*from = low;
	while (high < x->firsts.count && firsts[high].group == group)
		high++;
	return high;
}

/* Counts in how many items each word stands: posts use "you" and "is" as often as patterns do. */
static void
count_words(struct pattern_index *x)
{
	const struct first *firsts = x->firsts.items;
	for (uint32_t i = 0; i < x->items.count; i++) {
		size_t from, to = firsts_of(x, item_at(x, i)->symbol, &from);
		symbol_at(x, item_at(x, i)->symbol)->rarity++;
		for (; from < to; from++)
			symbol_at(x, firsts[from].word)->rarity++;
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
	const struct first *firsts = x->firsts.items;
	size_t from, to = firsts_of(x, symbol, &from);
	uint32_t sum = from == to ? symbol_at(x, symbol)->rarity : 0;
	for (; from < to; from++)
		sum += symbol_at(x, firsts[from].word)->rarity;
	return sum;
}

/* The item that is met least of all but one; -1: there is none. */
static int
rarest_item(const struct pattern_index *x, const struct pattern *p, int but)
{
	uint32_t least = UINT32_MAX;
	int rarest = -1;
	for (int k = 0; k < p->count; k++) {
		const struct pattern_item *item = item_at(x, p->first_item + (uint32_t)k);
		if (k == but || item->is_optional || item->symbol < PATTERN_FIRST_FREE)
			continue;
		uint32_t n = rarity_of(x, item->symbol);
		if (n < least) {
			least = n;
			rarest = k;
		}
	}
	return rarest;
}

static void
choose_anchor(struct pattern_index *x, struct pattern *p)
{
	const struct first *firsts = x->firsts.items;
	int anchor = rarest_item(x, p, -1);
	assert(anchor >= 0);
	p->anchor = (uint8_t)anchor;
	int other = rarest_item(x, p, anchor);
	if (other < 0) {
		memset(p->needs, 0xff, sizeof p->needs);
		return;
	}
	uint32_t symbol = item_at(x, p->first_item + (uint32_t)other)->symbol;
	size_t from, to = firsts_of(x, symbol, &from);
	if (from == to)
		set_present(p->needs, symbol);
	for (; from < to; from++)
		set_present(p->needs, firsts[from].word);
}

/* What may stand directly beside the anchor on one side (step 1 or -1). */
static uint64_t
neighbours(const struct pattern_index *x, const struct pattern *p, int step)
{
	const struct first *firsts = x->firsts.items;
	int k = p->anchor + step;
	if (k < 0 || k >= p->count)
		return UINT64_MAX;
	const struct pattern_item *item = item_at(x, p->first_item + (uint32_t)k);
	const struct pattern_item *anchor = item_at(x, p->first_item + p->anchor);
	/* Behind a member of several words, or before one, stands another of its words. */
	uint32_t several = step > 0 ? anchor->symbol : item->symbol;
	if (item->is_optional || item->symbol < PATTERN_FIRST_FREE ||
	    symbol_at(x, several)->longest > 1)
		return UINT64_MAX;
	size_t from, to = firsts_of(x, item->symbol, &from);
	uint64_t mask = from == to ? mask_of(item->symbol) : 0;
	for (; from < to; from++)
		mask |= mask_of(firsts[from].word);
	return mask;
}

static int
add_entry(struct pattern_index *x, uint32_t pattern, uint32_t word)
{
	const struct pattern *p = pattern_at(x, pattern);
	uint32_t i = list_add(&x->entries, sizeof(struct entry));
	if (i == UINT32_MAX)
		return -1;
	((struct entry *)x->entries.items)[i] =
	    (struct entry){neighbours(x, p, -1), neighbours(x, p, 1), word, pattern, p->value};
	return 0;
}

static int
add_entries(struct pattern_index *x, uint32_t pattern)
{
	const struct first *firsts = x->firsts.items;
	struct pattern *p = pattern_at(x, pattern);
	choose_anchor(x, p);
	uint32_t symbol = item_at(x, p->first_item + p->anchor)->symbol;
	size_t from, to = firsts_of(x, symbol, &from);
	if (from == to)
		return add_entry(x, pattern, symbol);
	for (uint32_t last = 0; from < to; from++) {
		if (firsts[from].word != last && add_entry(x, pattern, firsts[from].word) < 0)
			return -1;
		last = firsts[from].word;
	}
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

int
pattern_index_seal(struct pattern_index *x)
{
	if (x->firsts.count > 0)
		qsort(x->firsts.items, x->firsts.count, sizeof(struct first), compare_firsts);
	count_words(x);
	for (uint32_t i = 0; i < x->patterns.count; i++) {
		if (add_entries(x, i) < 0)
			return -1;
	}
	struct entry *entries = x->entries.items;
	if (x->entries.count > 0)
		qsort(entries, x->entries.count, sizeof *entries, compare_entries);
	for (uint32_t i = 0; i < x->entries.count; i++) {
		struct symbol *s = symbol_at(x, entries[i].symbol);
		s->first_entry = s->entry_count++ == 0 ? i : s->first_entry;
	}
	for (size_t i = 0; i < x->word_cap; i++) {
		const struct word_slot *w = &x->words[i];
		if (w->symbol != 0 && w->space == BY_STEM)
			x->filter[(w->key.hash >> 6) % (PATTERN_FILTER_BITS / 64)] |= 1ULL
			    << (w->key.hash & 63);
	}
	return 0;
}
