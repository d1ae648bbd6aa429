#include "nlp/pattern_trie.h"

#include <assert.h>

#include "core/arena.h"
#include "core/mem.h"

#define TEXTS_MAX (16u << 20)
#define FILTER_BITS 65536
#define NO_VALUE UINT32_MAX
/* Two trees in one: the patterns, and the members of groups, whose values are groups. */
#define PATTERNS 0u
#define MEMBERS 1u
/* What one unit can be: its stem, its exact spelling, and the same of a hashtag's or elongated
 * word's other spellings. */
#define UNIT_SYMBOLS_MAX 6

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
	bool has_exact; /* some pattern asks for one spelling of this stem */
	bool is_group;
	bool is_first; /* a pattern begins with it */
};

/* The first word of a group's member. */
struct first {
	uint32_t group, word;
};

struct edge {
	uint32_t parent, symbol;
	uint32_t child; /* 0: the slot is free (the roots are nobody's children) */
};

struct node {
	uint32_t first_value;
	uint32_t short_gap, long_gap; /* 0: none */
	bool has_children, is_gap;
};

struct value {
	uint32_t value, next;
};

struct list {
	void *items;
	size_t count, cap;
};

struct pattern_trie {
	struct arena *texts;
	struct word_slot *words;
	size_t word_cap, word_count; /* caps of hash tables are powers of two */
	struct edge *edges;
	size_t edge_cap, edge_count;
	struct list symbols, firsts, nodes, values;
	uint64_t filter[FILTER_BITS / 64];
};

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

static inline struct node *
node_at(const struct pattern_trie *t, uint32_t i)
{
	return (struct node *)t->nodes.items + i;
}

static inline struct symbol *
symbol_at(const struct pattern_trie *t, uint32_t i)
{
	return (struct symbol *)t->symbols.items + i;
}

static inline struct value *
value_at(const struct pattern_trie *t, uint32_t i)
{
	return (struct value *)t->values.items + i;
}

static uint32_t
add_node(struct pattern_trie *t)
{
	uint32_t i = list_add(&t->nodes, sizeof(struct node));
	if (i != UINT32_MAX)
		node_at(t, i)->first_value = NO_VALUE;
	return i;
}

static uint32_t
add_symbol(struct pattern_trie *t)
{
	if (t->symbols.count == PATTERN_SYMBOLS_MAX)
		return UINT32_MAX;
	return list_add(&t->symbols, sizeof(struct symbol));
}

struct pattern_trie *
pattern_trie_new(void)
{
	struct pattern_trie *t = mem_zalloc(sizeof *t);
	if (t == NULL)
		return NULL;
	t->word_cap = t->edge_cap = 1024;
	t->texts = arena_new(TEXTS_MAX);
	t->words = mem_array(t->word_cap, sizeof *t->words);
	t->edges = mem_array(t->edge_cap, sizeof *t->edges);
	bool is_whole = t->texts != NULL && t->words != NULL && t->edges != NULL &&
	    add_node(t) == PATTERNS && add_node(t) == MEMBERS;
	for (int i = 0; is_whole && i < PATTERN_FIRST_FREE; i++)
		is_whole = add_symbol(t) != UINT32_MAX;
	if (is_whole)
		return t;
	pattern_trie_free(t);
	return NULL;
}

void
pattern_trie_free(struct pattern_trie *t)
{
	if (t == NULL)
		return;
	arena_free(t->texts);
	mem_free(t->words);
	mem_free(t->edges);
	mem_free(t->symbols.items);
	mem_free(t->firsts.items);
	mem_free(t->nodes.items);
	mem_free(t->values.items);
	mem_free(t);
}

/* ---- words to symbols ------------------------------------------------------- */

static inline size_t
word_slot(const struct pattern_trie *t, enum word_space space, uint64_t hash)
{
	return (size_t)((hash + (uint64_t)space) * 0xff51afd7ed558ccdULL >> 32) & (t->word_cap - 1);
}

static inline uint32_t
find_word(const struct pattern_trie *t, enum word_space space, const struct word_key *key)
{
	for (size_t i = word_slot(t, space, key->hash);; i = (i + 1) & (t->word_cap - 1)) {
		const struct word_slot *w = &t->words[i];
		if (w->symbol == 0)
			return 0;
		if (w->key.hash == key->hash && w->space == (uint32_t)space &&
		    slice_eq(w->key.text, key->text))
			return w->symbol;
	}
}

static void
put_word(struct pattern_trie *t, struct word_slot word)
{
	size_t i = word_slot(t, (enum word_space)word.space, word.key.hash);
	while (t->words[i].symbol != 0)
		i = (i + 1) & (t->word_cap - 1);
	t->words[i] = word;
}

static int
grow_words(struct pattern_trie *t)
{
	size_t old_cap = t->word_cap;
	struct word_slot *old = t->words, *words = mem_array(old_cap * 2, sizeof *words);
	if (words == NULL)
		return -1;
	t->words = words;
	t->word_cap = old_cap * 2;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].symbol != 0)
			put_word(t, old[i]);
	}
	mem_free(old);
	return 0;
}

/* A word that is there already keeps its symbol. */
static int
add_word(struct pattern_trie *t, enum word_space space, struct word_key key, uint32_t symbol)
{
	if (find_word(t, space, &key) != 0)
		return 0;
	if ((t->word_count + 1) * 2 > t->word_cap && grow_words(t) < 0)
		return -1;
	key.text = arena_slice_dup(t->texts, key.text);
	if (key.text.ptr == NULL)
		return -1;
	put_word(t, (struct word_slot){key, symbol, (uint32_t)space});
	t->word_count++;
	return 0;
}

uint32_t
pattern_trie_word(struct pattern_trie *t, struct word_key stem, struct word_key surface)
{
	uint32_t symbol = find_word(t, BY_STEM, &stem);
	if (symbol == 0) {
		symbol = add_symbol(t);
		if (symbol == UINT32_MAX)
			return 0;
	}
	return pattern_trie_alias(t, symbol, stem, surface) < 0 ? 0 : symbol;
}

int
pattern_trie_alias(
    struct pattern_trie *t, uint32_t symbol, struct word_key stem, struct word_key surface)
{
	return add_word(t, BY_STEM, stem, symbol) < 0 ||
		add_word(t, BY_SURFACE, surface, symbol) < 0
	    ? -1
	    : 0;
}

uint32_t
pattern_trie_exact(struct pattern_trie *t, struct word_key stem, struct word_key surface)
{
	uint32_t word = pattern_trie_word(t, stem, surface);
	uint32_t symbol = find_word(t, BY_EXACT, &surface);
	if (word == 0 || symbol != 0)
		return word == 0 ? 0 : symbol;
	symbol = add_symbol(t);
	if (symbol == UINT32_MAX || add_word(t, BY_EXACT, surface, symbol) < 0)
		return 0;
	symbol_at(t, symbol)->stem = word;
	symbol_at(t, word)->has_exact = true;
	return symbol;
}

/* ---- building --------------------------------------------------------------- */

static inline size_t
edge_slot(const struct pattern_trie *t, uint32_t parent, uint32_t symbol)
{
	uint64_t h = ((uint64_t)parent << 20 ^ symbol) * 0x9e3779b97f4a7c15ULL;
	return (size_t)(h >> 32) & (t->edge_cap - 1);
}

/* The node behind `parent` by this symbol; 0: none. */
static inline uint32_t
find_child(const struct pattern_trie *t, uint32_t parent, uint32_t symbol)
{
	for (size_t i = edge_slot(t, parent, symbol);; i = (i + 1) & (t->edge_cap - 1)) {
		const struct edge *e = &t->edges[i];
		if (e->child == 0 || (e->parent == parent && e->symbol == symbol))
			return e->child;
	}
}

static void
put_edge(struct pattern_trie *t, struct edge edge)
{
	size_t i = edge_slot(t, edge.parent, edge.symbol);
	while (t->edges[i].child != 0)
		i = (i + 1) & (t->edge_cap - 1);
	t->edges[i] = edge;
}

static int
grow_edges(struct pattern_trie *t)
{
	size_t old_cap = t->edge_cap;
	struct edge *old = t->edges, *edges = mem_array(old_cap * 2, sizeof *edges);
	if (edges == NULL)
		return -1;
	t->edges = edges;
	t->edge_cap = old_cap * 2;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].child != 0)
			put_edge(t, old[i]);
	}
	mem_free(old);
	return 0;
}

/* The node behind `parent`, made if need be; 0 without memory. */
static uint32_t
add_child(struct pattern_trie *t, uint32_t parent, uint32_t symbol)
{
	uint32_t child = find_child(t, parent, symbol);
	if (child != 0)
		return child;
	/* Half full at most: misses, which most look-ups are, end soon. */
	if ((t->edge_count + 1) * 2 > t->edge_cap && grow_edges(t) < 0)
		return 0;
	child = add_node(t);
	if (child == UINT32_MAX)
		return 0;
	put_edge(t, (struct edge){parent, symbol, child});
	t->edge_count++;
	struct node *n = node_at(t, parent);
	if (symbol == PATTERN_SHORT_GAP)
		n->short_gap = child;
	else if (symbol == PATTERN_LONG_GAP)
		n->long_gap = child;
	else
		n->has_children = true;
	node_at(t, child)->is_gap = symbol < PATTERN_FIRST_FREE;
	return child;
}

/* A path of symbols below `root` with a value at its end. */
static int
add_path(
    struct pattern_trie *t, uint32_t root, const uint32_t *symbols, size_t count, uint32_t value)
{
	uint32_t node = root;
	assert(count > 0 && count <= PATTERN_ITEMS_MAX && value != NO_VALUE);
	for (size_t i = 0; i < count; i++) {
		assert(symbols[i] != PATTERN_NONE && symbols[i] < t->symbols.count);
		node = add_child(t, node, symbols[i]);
		if (node == 0)
			return -1;
	}
	for (uint32_t v = node_at(t, node)->first_value; v != NO_VALUE; v = value_at(t, v)->next) {
		if (value_at(t, v)->value == value)
			return 0;
	}
	uint32_t v = list_add(&t->values, sizeof(struct value));
	if (v == UINT32_MAX)
		return -1;
	*value_at(t, v) = (struct value){value, node_at(t, node)->first_value};
	node_at(t, node)->first_value = v;
	return 0;
}

uint32_t
pattern_trie_group(struct pattern_trie *t)
{
	uint32_t symbol = add_symbol(t);
	if (symbol == UINT32_MAX)
		return 0;
	symbol_at(t, symbol)->is_group = true;
	return symbol;
}

int
pattern_trie_add_member(struct pattern_trie *t, uint32_t group, const uint32_t *words, size_t count)
{
	assert(symbol_at(t, group)->is_group);
	uint32_t i = list_add(&t->firsts, sizeof(struct first));
	if (i == UINT32_MAX)
		return -1;
	((struct first *)t->firsts.items)[i] = (struct first){group, words[0]};
	return add_path(t, MEMBERS, words, count, group);
}

int
pattern_trie_add(struct pattern_trie *t, const uint32_t *symbols, size_t count, uint32_t value)
{
	assert(symbols[0] >= PATTERN_FIRST_FREE && symbols[count - 1] >= PATTERN_FIRST_FREE);
	symbol_at(t, symbols[0])->is_first = true;
	return add_path(t, PATTERNS, symbols, count, value);
}

static void
mark_first(struct pattern_trie *t, uint32_t symbol)
{
	struct symbol *s = symbol_at(t, symbol);
	symbol_at(t, s->stem == 0 ? symbol : s->stem)->is_first = true;
}

void
pattern_trie_seal(struct pattern_trie *t)
{
	const struct first *firsts = t->firsts.items;
	for (uint32_t i = PATTERN_FIRST_FREE; i < t->symbols.count; i++) {
		if (symbol_at(t, i)->is_first)
			mark_first(t, i);
	}
	for (size_t i = 0; i < t->firsts.count; i++) {
		if (symbol_at(t, firsts[i].group)->is_first)
			mark_first(t, firsts[i].word);
	}
	for (size_t i = 0; i < t->word_cap; i++) {
		const struct word_slot *w = &t->words[i];
		if (w->space == BY_STEM && w->symbol != 0 && symbol_at(t, w->symbol)->is_first)
			t->filter[(w->key.hash >> 6) % (FILTER_BITS / 64)] |= 1ULL
			    << (w->key.hash & 63);
	}
}

/* ---- looking ---------------------------------------------------------------- */

struct walk {
	const struct pattern_trie *t;
	const struct unit *units;
	size_t count, at;
	pattern_trie_fn *fn;
	void *cookie;
};

/* What a unit can stand for. */
static size_t
symbols_of(const struct pattern_trie *t, const struct unit *u, uint32_t out[UNIT_SYMBOLS_MAX])
{
	size_t n = 0;
	uint32_t s = find_word(t, BY_STEM, &u->stem);
	if (s != 0) {
		out[n++] = s;
		if (symbol_at(t, s)->has_exact) {
			s = find_word(t, BY_EXACT, &u->key);
			out[n] = s;
			n += s != 0;
		}
	}
	for (size_t k = 0; k < u->other_count && n + 2 <= UNIT_SYMBOLS_MAX; k++) {
		s = find_word(t, BY_SURFACE, &u->others[k]);
		out[n] = s;
		n += s != 0;
		s = s == 0 ? 0 : find_word(t, BY_EXACT, &u->others[k]);
		out[n] = s;
		n += s != 0;
	}
	return n;
}

static void walk_from(const struct walk *w, uint32_t node, size_t i);

/* May a pattern go on from unit i - 1 to unit i? */
static bool
is_same_clause(const struct walk *w, size_t i)
{
	return w->units[i].clause == w->units[i - 1].clause;
}

/* Members of groups that begin at `from` and have eaten [from, i): where one ends, its groups are
 * edges of `node`. */
static void
walk_members(const struct walk *w, uint32_t node, uint32_t member, size_t i)
{
	uint32_t symbols[UNIT_SYMBOLS_MAX];
	const struct pattern_trie *t = w->t;
	size_t n = symbols_of(t, &w->units[i], symbols);
	for (size_t k = 0; k < n; k++) {
		uint32_t next = find_child(t, member, symbols[k]);
		if (next == 0)
			continue;
		const struct node *m = node_at(t, next);
		for (uint32_t v = m->first_value; v != NO_VALUE; v = value_at(t, v)->next) {
			uint32_t child = find_child(t, node, value_at(t, v)->value);
			if (child != 0)
				walk_from(w, child, i + 1);
		}
		if (m->has_children && i + 1 < w->count && is_same_clause(w, i + 1))
			walk_members(w, node, next, i + 1);
	}
}

static void
walk_gap(const struct walk *w, uint32_t node, size_t i, size_t most)
{
	for (size_t skip = 0; node != 0 && skip <= most && i + skip < w->count; skip++) {
		if (w->units[i + skip].sentence != w->units[w->at].sentence)
			break;
		walk_from(w, node, i + skip);
	}
}

/* At `node`, having eaten units [w->at, i).  As deep as the longest pattern. */
static void
walk_from(const struct walk *w, uint32_t node, size_t i)
{
	uint32_t symbols[UNIT_SYMBOLS_MAX];
	const struct pattern_trie *t = w->t;
	const struct node *n = node_at(t, node);
	for (uint32_t v = n->first_value; v != NO_VALUE; v = value_at(t, v)->next)
		w->fn(w->cookie, value_at(t, v)->value, w->at, i);
	walk_gap(w, n->short_gap, i, PATTERN_GAP_SHORT);
	walk_gap(w, n->long_gap, i, PATTERN_GAP_LONG);
	if (!n->has_children || i == w->count)
		return;
	if (i > w->at && !n->is_gap && !is_same_clause(w, i))
		return;
	size_t symbol_count = symbols_of(t, &w->units[i], symbols);
	for (size_t k = 0; k < symbol_count; k++) {
		uint32_t child = find_child(t, node, symbols[k]);
		if (child != 0)
			walk_from(w, child, i + 1);
	}
	if (symbol_count > 0)
		walk_members(w, node, MEMBERS, i);
}

bool
pattern_trie_may_begin(const struct pattern_trie *t, uint64_t stem_hash)
{
	return (t->filter[(stem_hash >> 6) % (FILTER_BITS / 64)] >> (stem_hash & 63) & 1) != 0;
}

void
pattern_trie_match(const struct pattern_trie *t, const struct unit *units, size_t count, size_t at,
    pattern_trie_fn *fn, void *cookie)
{
	struct walk w = {t, units, count, at, fn, cookie};
	assert(at < count);
	if (units[at].other_count == 0 && !pattern_trie_may_begin(t, units[at].stem.hash))
		return;
	walk_from(&w, PATTERNS, at);
}

size_t
pattern_trie_member(
    const struct pattern_trie *t, uint32_t group, const struct unit *units, size_t count, size_t at)
{
	uint32_t node = MEMBERS, symbols[UNIT_SYMBOLS_MAX];
	size_t longest = 0;
	for (size_t i = at; i < count && (i == at || units[i].clause == units[at].clause); i++) {
		uint32_t next = 0;
		size_t n = symbols_of(t, &units[i], symbols);
		for (size_t k = 0; k < n && next == 0; k++)
			next = find_child(t, node, symbols[k]);
		if (next == 0)
			break;
		node = next;
		const struct node *m = node_at(t, node);
		for (uint32_t v = m->first_value; v != NO_VALUE; v = value_at(t, v)->next)
			longest = value_at(t, v)->value == group ? i + 1 - at : longest;
	}
	return longest;
}
