/*
 * pattern_index_internal.h - the inside of struct pattern_index: pattern_index.c builds it,
 * pattern_index_match.c looks in it.
 */
#ifndef NLP_PATTERN_INDEX_INTERNAL_H
#define NLP_PATTERN_INDEX_INTERNAL_H

#include "nlp/pattern_index.h"

/* Bits that say which stems stand in a pattern: they stay in the first cache. */
#define PATTERN_FILTER_BITS 65536

/* How a word is looked up. */
enum word_space {
	BY_STEM,
	BY_SURFACE,
	BY_EXACT
};

struct word_slot {
	struct word_key key;
	uint32_t symbol; /* 0: the slot is free */
	uint32_t space;
};

struct symbol {
	uint32_t stem; /* an exact spelling: the symbol of its stem; 0: something else */
	uint32_t root; /* a group: the node its members hang on; 0: a word or gap */
	uint32_t rarity; /* words: the less the rarer */
	uint32_t first_entry, entry_count; /* words: patterns that it anchors */
	uint8_t longest; /* groups: words of the longest member */
	bool has_exact; /* some pattern asks for one spelling of this stem */
};

/* The first word of a group's member. */
struct first {
	uint32_t group, word;
};

struct edge {
	uint32_t parent, symbol;
	uint32_t child; /* 0: the slot is free */
};

struct node {
	bool is_end, has_children;
};

struct pattern {
	uint32_t first_item, value;
	uint8_t count, anchor;
	/* Symbols of one more item, one of which has to be in the text; all ones: no such item. */
	uint64_t needs[PATTERN_PRESENT_WORDS];
};

/* A symbol anchors a pattern.  A mask holds the symbols that may stand directly beside it, by
 * their low bits; all ones: anything may. */
struct entry {
	uint64_t before, behind;
	uint32_t symbol, pattern, value;
};

struct list {
	void *items;
	size_t count, cap;
};

struct pattern_index {
	struct arena *texts;
	struct word_slot *words;
	size_t word_cap, word_count; /* caps of hash tables are powers of two */
	struct edge *edges;
	size_t edge_cap, edge_count;
	struct list symbols, firsts, nodes, items, patterns, entries;
	uint64_t filter[PATTERN_FILTER_BITS / 64];
};

static inline struct node *
node_at(const struct pattern_index *x, uint32_t i)
{
	return (struct node *)x->nodes.items + i;
}

static inline struct symbol *
symbol_at(const struct pattern_index *x, uint32_t i)
{
	return (struct symbol *)x->symbols.items + i;
}

static inline struct pattern_item *
item_at(const struct pattern_index *x, uint32_t i)
{
	return (struct pattern_item *)x->items.items + i;
}

static inline struct pattern *
pattern_at(const struct pattern_index *x, uint32_t i)
{
	return (struct pattern *)x->patterns.items + i;
}

static inline size_t
word_slot(const struct pattern_index *x, enum word_space space, uint64_t hash)
{
	return (size_t)((hash + (uint64_t)space) * 0xff51afd7ed558ccdULL >> 32) & (x->word_cap - 1);
}

/* The symbol of a word; PATTERN_NONE: it has none. */
static inline uint32_t
find_word(const struct pattern_index *x, enum word_space space, const struct word_key *key)
{
	for (size_t i = word_slot(x, space, key->hash);; i = (i + 1) & (x->word_cap - 1)) {
		const struct word_slot *w = &x->words[i];
		if (w->symbol == 0)
			return 0;
		if (w->key.hash == key->hash && w->space == (uint32_t)space &&
		    slice_eq(w->key.text, key->text))
			return w->symbol;
	}
}

static inline size_t
edge_slot(const struct pattern_index *x, uint32_t parent, uint32_t symbol)
{
	uint64_t h = ((uint64_t)parent << 20 ^ symbol) * 0x9e3779b97f4a7c15ULL;
	return (size_t)(h >> 32) & (x->edge_cap - 1);
}

/* The node behind `parent` by this symbol; 0: none. */
static inline uint32_t
find_child(const struct pattern_index *x, uint32_t parent, uint32_t symbol)
{
	for (size_t i = edge_slot(x, parent, symbol);; i = (i + 1) & (x->edge_cap - 1)) {
		const struct edge *e = &x->edges[i];
		if (e->child == 0 || (e->parent == parent && e->symbol == symbol))
			return e->child;
	}
}

static inline uint64_t
mask_of(uint32_t symbol)
{
	return UINT64_C(1) << (symbol & 63);
}

static inline void
set_present(uint64_t bits[PATTERN_PRESENT_WORDS], uint32_t symbol)
{
	bits[(symbol >> 6) % PATTERN_PRESENT_WORDS] |= UINT64_C(1) << (symbol & 63);
}

#endif
