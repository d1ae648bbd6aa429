/*
 * pattern_index_internal.h - the inside of struct pattern_index: pattern_index.c takes patterns in,
 * pattern_index_seal.c chooses where they are looked for, pattern_index_layout.c lays them out,
 * pattern_index_chances.c sees what may stand in a text and pattern_index_match.c whether it does.
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

/* Masks are of classes of words; a mask with all of them lets anything pass, the end too. */
#define MASK_ANY UINT64_MAX

/* How many items a common word counts for. */
#define COMMON_WEIGHT 100000

struct symbol {
	uint32_t stem; /* an exact spelling: the symbol of its stem; 0: something else */
	uint32_t root; /* a group: the node its members hang on; 0: a word or gap */
	uint32_t posts; /* words: of 10,000 posts so many hold it */
	uint32_t rarity; /* words: in how many items they stand, common ones in many more */
	uint8_t class, second_class; /* words: the bit in masks */
	uint8_t longest; /* groups: words of the longest member */
	bool has_exact; /* some pattern asks for one spelling of this stem */
};

/* A group's member: words [first, first + count) of the index; it is looked for from its rarest one, number
 * `offset` of them. */
struct member {
	uint32_t group, first, rarest;
	uint8_t count, offset;
};

/* parent << 40 | symbol << 24 | child; child 0: the slot is free.  Nodes and edges are for building; then
 * come branches. */
typedef uint64_t edge;

#define NODES_MAX (1u << 24)

struct node {
	bool is_end;
};

/* A sealed node's children, [first, first + count) of the steps. */
struct branch {
	uint32_t first, count;
};

enum step_flag {
	STEP_ENDS = 1, /* a member ends here */
	STEP_GOES_ON = 2
};

/* An item of a pattern, with what has to stand where it begins and where it ends, as masks: its first
 * and its last words, and those of the items behind and before it as long as one may be missing. */
struct item {
	uint64_t from, to;
	uint64_t begins; /* the first words of this item alone, by their second class */
	uint32_t symbol; /* of a sealed group: the first of its steps */
	uint16_t steps; /* of a sealed group: how many */
	uint8_t gap; /* units it skips, at most; 0: it is no gap */
	uint8_t longest : 7; /* of a group */
	bool is_optional : 1;
};

/* These two are asked while the index is built; then come anchors, tables, needs and candidates. */
struct pattern {
	uint32_t first_item, value;
	uint8_t count, anchor, head, when, kind;
};

/* A symbol anchors a pattern: masks of what may stand directly beside it, and of what has to stand
 * somewhere on its left and on its right. */
struct entry {
	uint64_t before, behind; /* by the first class */
	pattern_set left, right;
	uint32_t symbol, pattern;
	uint8_t offset; /* words of a member before it */
	bool is_whole; /* the word alone is the pattern */
	bool is_stems; /* a spelling has it from its stem */
};

/* ---- what is looked at in texts: each kind in an array that begins at a cache line, so that none
 * lies on two of them ---- */

#define CACHE_LINE 64

/* Of so many of an anchor's entries it is known at once when they are looked for. */
#define ANCHOR_WHENS 16

/* What one symbol anchors: entries [first, first + count), its own and then those of its stem. */
struct anchor {
	uint32_t first, count;
	uint32_t line : 30; /* the first one of its tables */
	uint32_t shift : 2; /* a row of its tables has 1 << this many bytes */
	uint16_t stem; /* of struct symbol */
	uint16_t
	    when[PATTERN_CIRCUMSTANCES]; /* of the first entries those that are looked for then */
	int16_t others; /* for those behind them: -1, all; 0, there are none */
	uint16_t unused[2]; /* two fill a line */
};

/* An anchor has a table for each TABLE_ENTRIES of its entries: for every class that may stand beside the anchor the
 * entries that let it pass, a bit each, lowest first.  A row has one byte, two, or eight.  The second classes would hardly tell more of entries. */
#define TABLE_ENTRIES 64
enum table_part {
	TABLE_BEFORE,
	TABLE_BEHIND,
	TABLE_PARTS
};

static inline size_t
table_row(unsigned shift, enum table_part part, unsigned class)
{
	return ((size_t)part * PATTERN_CLASSES + class) << shift;
}

/* What an entry needs somewhere on either side: a word of each set. */
struct need {
	pattern_set left, right;
};

/* The rest of an entry, with its pattern. */
struct candidate {
	uint32_t first_item, value;
	uint32_t step; /* by which the word begins a member of a group; STEP_NONE: it begins none */
	uint8_t count : 4, anchor : 4;
	uint8_t offset : 4; /* of the word in a member of the anchor */
	uint8_t head : 4; /* of its items */
	uint8_t when : 7;
	bool is_whole : 1;
	uint8_t kind;
};

_Static_assert(PATTERN_ITEMS_MAX < 16, "they are counted in four bits");

#define STEP_NONE UINT32_MAX

_Static_assert(CACHE_LINE % sizeof(struct anchor) == 0, "none lies on two lines");
_Static_assert(TABLE_PARTS *PATTERN_CLASSES % CACHE_LINE == 0, "tables begin at a line");
_Static_assert(CACHE_LINE % sizeof(struct item) == 0, "none lies on two lines");
_Static_assert(CACHE_LINE % sizeof(struct need) == 0, "none lies on two lines");
_Static_assert(CACHE_LINE % sizeof(struct candidate) == 0, "none lies on two lines");

struct list {
	void *items;
	size_t count, cap;
};

/* Index of a new zeroed item; UINT32_MAX without memory. */
uint32_t pattern_list_add(struct list *l, size_t size);
void pattern_list_free(struct list *l);

struct pattern_index {
	struct arena *texts;
	struct word_slot *words;
	size_t word_cap, word_count; /* caps of hash tables are powers of two */
	edge *edges;
	size_t edge_cap, edge_count;
	struct list symbols, members, member_words, nodes, items;
	struct list patterns, entries; /* until it is sealed */
	void *memory; /* of what follows, behind each other */
	struct need *needs; /* of entries, in order of their symbols */
	struct candidate *candidates; /* the same */
	char *tables; /* by the line */
	struct anchor *anchors; /* of symbols, by their numbers */
	struct item *sealed_items;
	/* The words that members of groups go on with: those of a node lie together, in order of their
	 * symbols, with flags, and with what comes behind them. */
	uint16_t *step_symbols;
	uint8_t *step_flags;
	struct branch *step_branches;
	struct branch *roots; /* of symbols */
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

static inline struct member *
member_at(const struct pattern_index *x, size_t i)
{
	return (struct member *)x->members.items + i;
}

/* The words of a member. */
static inline const uint32_t *
words_of(const struct pattern_index *x, const struct member *m)
{
	return (const uint32_t *)x->member_words.items + m->first;
}

static inline struct item *
item_at(const struct pattern_index *x, uint32_t i)
{
	return (struct item *)x->items.items + i;
}

static inline struct pattern *
pattern_at(const struct pattern_index *x, uint32_t i)
{
	return (struct pattern *)x->patterns.items + i;
}

static inline struct entry *
entry_at(const struct pattern_index *x, size_t i)
{
	return (struct entry *)x->entries.items + i;
}

/* When all entries are there, of the words that anchor patterns.  -1 without memory. */
int pattern_index_lay_out(struct pattern_index *x);

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

static inline uint64_t
edge_key(uint32_t parent, uint32_t symbol)
{
	return (uint64_t)parent << 16 | symbol;
}

static inline size_t
edge_slot(const struct pattern_index *x, uint64_t key)
{
	return (size_t)(key * 0x9e3779b97f4a7c15ULL >> 32) & (x->edge_cap - 1);
}

/* The step from here by this symbol; STEP_NONE: there is none. */
static inline uint32_t
find_step(const struct pattern_index *x, struct branch from, uint32_t symbol)
{
	const uint16_t *symbols = x->step_symbols + from.first;
	uint32_t at = 0;
	if (from.count == 0)
		return STEP_NONE;
	for (uint32_t left = from.count; left > 1; left -= left / 2)
		at += symbols[at + left / 2] <= symbol ? left / 2 : 0;
	return symbols[at] == symbol ? from.first + at : STEP_NONE;
}

/* While it is built: the node behind `parent` by this symbol; 0: none. */
static inline uint32_t
find_child(const struct pattern_index *x, uint32_t parent, uint32_t symbol)
{
	uint64_t key = edge_key(parent, symbol);
	for (size_t i = edge_slot(x, key);; i = (i + 1) & (x->edge_cap - 1)) {
		edge e = x->edges[i];
		if (e == 0 || e >> 24 == key)
			return (uint32_t)(e & (NODES_MAX - 1));
	}
}

#endif
