#include "nlp/pattern_index.h"

#include <assert.h>

#include "core/arena.h"
#include "core/mem.h"
#include "nlp/pattern_index_internal.h"

#define TEXTS_MAX (16u << 20)

/* ---- lists that grow -------------------------------------------------------- */

uint32_t
pattern_list_add(struct list *l, size_t size)
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

void
pattern_list_free(struct list *l)
{
	mem_free(l->items);
	*l = (struct list){.count = 0};
}

static uint32_t
add_symbol(struct pattern_index *x)
{
	if (x->symbols.count == PATTERN_SYMBOLS_MAX)
		return UINT32_MAX;
	return pattern_list_add(&x->symbols, sizeof(struct symbol));
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
	    pattern_list_add(&x->nodes, sizeof(struct node)) == 0;
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
	mem_free(x->members.items);
	mem_free(x->member_words.items);
	mem_free(x->nodes.items);
	mem_free(x->items.items);
	mem_free(x->patterns.items);
	mem_free(x->entries.items);
	mem_free(x->memory);
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
put_edge(struct pattern_index *x, edge e)
{
	size_t i = edge_slot(x, e >> 24);
	while (x->edges[i] != 0)
		i = (i + 1) & (x->edge_cap - 1);
	x->edges[i] = e;
}

static int
grow_edges(struct pattern_index *x)
{
	size_t old_cap = x->edge_cap;
	edge *old = x->edges, *edges = mem_array(old_cap * 2, sizeof *edges);
	if (edges == NULL)
		return -1;
	x->edges = edges;
	x->edge_cap = old_cap * 2;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i] != 0)
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
	child = x->nodes.count == NODES_MAX ? UINT32_MAX
					    : pattern_list_add(&x->nodes, sizeof(struct node));
	if (child == UINT32_MAX)
		return 0;
	put_edge(x, edge_key(parent, symbol) << 24 | child);
	x->edge_count++;
	return child;
}

uint32_t
pattern_index_group(struct pattern_index *x)
{
	uint32_t symbol = add_symbol(x);
	if (symbol == UINT32_MAX)
		return 0;
	uint32_t root = x->nodes.count == NODES_MAX
	    ? UINT32_MAX
	    : pattern_list_add(&x->nodes, sizeof(struct node));
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
	uint32_t i = pattern_list_add(&x->members, sizeof(struct member));
	if (i == UINT32_MAX)
		return -1;
	member_at(x, i)->group = group;
	member_at(x, i)->first = (uint32_t)x->member_words.count;
	member_at(x, i)->count = (uint8_t)count;
	for (size_t k = 0; k < count; k++) {
		uint32_t word = pattern_list_add(&x->member_words, sizeof(uint32_t));
		node = add_child(x, node, words[k]);
		if (node == 0 || word == UINT32_MAX)
			return -1;
		((uint32_t *)x->member_words.items)[word] = words[k];
	}
	node_at(x, node)->is_end = true;
	if (count > symbol_at(x, group)->longest)
		symbol_at(x, group)->longest = (uint8_t)count;
	return 0;
}

void
pattern_index_mark_common(struct pattern_index *x, uint32_t group)
{
	for (size_t i = 0; i < x->members.count; i++) {
		const struct member *m = member_at(x, i);
		if (m->group == group)
			symbol_at(x, words_of(x, m)[0])->rarity += COMMON_WEIGHT;
	}
}

/* What no pattern knows is nobody's symbol. */
void
pattern_index_tell_posts(struct pattern_index *x, const struct word_key *stem,
    const struct word_key *surface, uint32_t posts)
{
	symbol_at(x, find_word(x, BY_STEM, stem))->posts += posts;
	symbol_at(x, find_word(x, BY_EXACT, surface))->posts += posts;
}

int
pattern_index_add(struct pattern_index *x, const struct pattern_item *items, size_t count,
    uint8_t when, uint8_t kind, uint32_t value)
{
	assert(count > 0 && count <= PATTERN_ITEMS_MAX && kind < PATTERN_KINDS);
	uint32_t p = pattern_list_add(&x->patterns, sizeof(struct pattern));
	if (p == UINT32_MAX)
		return -1;
	pattern_at(x, p)->first_item = (uint32_t)x->items.count;
	pattern_at(x, p)->value = value;
	pattern_at(x, p)->when = when;
	pattern_at(x, p)->kind = kind;
	for (size_t k = 0; k < count; k++) {
		uint32_t i = pattern_list_add(&x->items, sizeof(struct item));
		if (i == UINT32_MAX)
			return -1;
		assert(items[k].symbol != PATTERN_NONE && items[k].symbol < x->symbols.count);
		item_at(x, i)->symbol = items[k].symbol;
		item_at(x, i)->is_optional = items[k].is_optional;
		pattern_at(x, p)->count++;
	}
	return 0;
}
