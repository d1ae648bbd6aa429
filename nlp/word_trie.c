#include "nlp/word_trie.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"

#define PHRASES_TEXT_MAX (64u << 20)
#define NO_VALUE UINT32_MAX
#define ROOT 0u
/* Bits that say which words may begin a phrase: most words of a text begin none, and this stays in
 * the first cache. */
#define FILTER_BITS 65536

struct edge {
	uint64_t hash;
	uint32_t parent;
	uint32_t child; /* 0: the slot is free (the root is nobody's child) */
};

struct node {
	struct slice text;
	uint64_t followers; /* word_trie_bit() of its children */
	uint32_t first_value;
};

struct value {
	uint32_t value;
	uint32_t next;
};

struct word_trie {
	struct arena *texts;
	struct edge *edges;
	size_t edge_cap, edge_count; /* cap is a power of two */
	struct node *nodes;
	size_t node_cap, node_count;
	struct value *values;
	size_t value_cap, value_count;
	uint64_t filter[FILTER_BITS / 64]; /* words that begin phrases */
	uint64_t later[FILTER_BITS / 64]; /* words behind those */
};

struct word_trie *
word_trie_new(void)
{
	struct word_trie *p = mem_zalloc(sizeof *p);
	if (p == NULL)
		return NULL;
	p->edge_cap = 64;
	p->node_cap = p->value_cap = 16;
	p->texts = arena_new(PHRASES_TEXT_MAX);
	p->edges = mem_array(p->edge_cap, sizeof *p->edges);
	p->nodes = mem_array(p->node_cap, sizeof *p->nodes);
	p->values = mem_array(p->value_cap, sizeof *p->values);
	if (p->texts == NULL || p->edges == NULL || p->nodes == NULL || p->values == NULL) {
		word_trie_free(p);
		return NULL;
	}
	p->node_count = 1;
	p->nodes[ROOT].first_value = NO_VALUE;
	return p;
}

void
word_trie_free(struct word_trie *p)
{
	if (p == NULL)
		return;
	arena_free(p->texts);
	mem_free(p->edges);
	mem_free(p->nodes);
	mem_free(p->values);
	mem_free(p);
}

static inline size_t
edge_slot(const struct word_trie *p, uint32_t parent, uint64_t hash)
{
	uint64_t h = (hash ^ parent) * 0xff51afd7ed558ccdULL;
	return (size_t)(h >> 32) & (p->edge_cap - 1);
}

static inline bool
is_in_filter(const uint64_t filter[FILTER_BITS / 64], uint64_t hash)
{
	return (filter[(hash >> 6) % (FILTER_BITS / 64)] >> (hash & 63) & 1) != 0;
}

static inline bool
may_begin(const struct word_trie *p, uint64_t hash)
{
	return is_in_filter(p->filter, hash);
}

/* The node behind `parent` by this word; 0: none. */
static inline uint32_t
find_child(const struct word_trie *p, uint32_t parent, const struct word_key *word)
{
	if (parent == ROOT && !may_begin(p, word->hash))
		return 0;
	for (size_t i = edge_slot(p, parent, word->hash);; i = (i + 1) & (p->edge_cap - 1)) {
		const struct edge *e = &p->edges[i];
		if (e->child == 0)
			return 0;
		if (e->hash == word->hash && e->parent == parent &&
		    slice_eq(p->nodes[e->child].text, word->text))
			return e->child;
	}
}

static void
put_edge(struct word_trie *p, struct edge edge)
{
	size_t i = edge_slot(p, edge.parent, edge.hash);
	while (p->edges[i].child != 0)
		i = (i + 1) & (p->edge_cap - 1);
	p->edges[i] = edge;
}

static int
grow_edges(struct word_trie *p)
{
	size_t old_cap = p->edge_cap;
	struct edge *old = p->edges, *edges = mem_array(old_cap * 2, sizeof *edges);
	if (edges == NULL)
		return -1;
	p->edges = edges;
	p->edge_cap = old_cap * 2;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].child != 0)
			put_edge(p, old[i]);
	}
	mem_free(old);
	return 0;
}

static int
grow(void **items, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return 0;
	void *more = mem_realloc_array(*items, *cap * 2, size);
	if (more == NULL)
		return -1;
	*items = more;
	*cap *= 2;
	return 0;
}

/* A new node; 0 without memory. */
static uint32_t
add_node(struct word_trie *p, struct slice text)
{
	void *nodes = p->nodes;
	if (grow(&nodes, &p->node_cap, p->node_count, sizeof *p->nodes) < 0)
		return 0;
	p->nodes = nodes;
	struct slice copy = arena_slice_dup(p->texts, text);
	if (copy.ptr == NULL)
		return 0;
	p->nodes[p->node_count] = (struct node){.text = copy, .first_value = NO_VALUE};
	return (uint32_t)p->node_count++;
}

static uint32_t
add_child(struct word_trie *p, uint32_t parent, const struct word_key *word)
{
	uint32_t child = find_child(p, parent, word);
	if (child != 0)
		return child;
	/* Half full at most: misses, which most look-ups are, end soon. */
	if ((p->edge_count + 1) * 2 > p->edge_cap && grow_edges(p) < 0)
		return 0;
	child = add_node(p, word->text);
	if (child == 0)
		return 0;
	put_edge(p, (struct edge){word->hash, parent, child});
	p->edge_count++;
	uint64_t *filter = parent == ROOT ? p->filter : p->later;
	filter[(word->hash >> 6) % (FILTER_BITS / 64)] |= 1ULL << (word->hash & 63);
	p->nodes[parent].followers |= 1ULL << word_trie_bit(word->hash);
	return child;
}

int
word_trie_add(struct word_trie *p, const struct word_key *words, size_t count, uint32_t value,
    struct err *err)
{
	assert(count > 0 && count <= PHRASE_WORDS_MAX && value != NO_VALUE);
	uint32_t node = ROOT;
	for (size_t i = 0; i < count; i++) {
		node = add_child(p, node, &words[i]);
		if (node == 0)
			return err_set(err, ERR_NOMEM, "no memory for phrases");
	}
	void *values = p->values;
	if (grow(&values, &p->value_cap, p->value_count, sizeof *p->values) < 0)
		return err_set(err, ERR_NOMEM, "no memory for phrases");
	p->values = values;
	p->values[p->value_count] = (struct value){value, NO_VALUE};

	/* At the end of the chain, so that values come in the order they were added. */
	uint32_t *link = &p->nodes[node].first_value;
	while (*link != NO_VALUE)
		link = &p->values[*link].next;
	*link = (uint32_t)p->value_count++;
	return 0;
}

/* Where the first value of exactly this phrase lies; NO_VALUE: it has none. */
static uint32_t
find_value(const struct word_trie *p, const struct word_key *words, size_t count)
{
	uint32_t node = ROOT;
	for (size_t i = 0; i < count; i++) {
		node = find_child(p, node, &words[i]);
		if (node == 0)
			return NO_VALUE;
	}
	return count == 0 ? NO_VALUE : p->nodes[node].first_value;
}

bool
word_trie_get(
    const struct word_trie *p, const struct word_key *words, size_t count, uint32_t *value_r)
{
	uint32_t at = find_value(p, words, count);
	if (at == NO_VALUE)
		return false;
	*value_r = p->values[at].value;
	return true;
}

uint32_t *
word_trie_value(struct word_trie *p, const struct word_key *words, size_t count)
{
	uint32_t at = find_value(p, words, count);
	return at == NO_VALUE ? NULL : &p->values[at].value;
}

bool
word_trie_word(
    const struct word_trie *p, const struct word_key *word, uint32_t *value_r, bool *has_longer_r)
{
	uint32_t node = find_child(p, ROOT, word);
	*has_longer_r = node != 0 && p->nodes[node].followers != 0;
	if (node == 0 || p->nodes[node].first_value == NO_VALUE)
		return false;
	*value_r = p->values[p->nodes[node].first_value].value;
	return true;
}

uint32_t
word_trie_node(const struct word_trie *p, const struct word_key *word)
{
	uint32_t node = find_child(p, ROOT, word);
	return node != ROOT && p->nodes[node].followers != 0 ? node : 0;
}

uint64_t
word_trie_followers(const struct word_trie *p, uint32_t node)
{
	return p->nodes[node].followers;
}

bool
word_trie_is_later(const struct word_trie *p, const struct word_key *word)
{
	return is_in_filter(p->later, word->hash);
}

struct walk {
	const struct word_trie *p;
	const struct unit *units;
	size_t count, at;
	word_trie_fn *fn;
	void *cookie;
};

static void walk_from(const struct walk *w, uint32_t node, size_t i);

static void
walk_into(const struct walk *w, uint32_t node, size_t i, const struct word_key *word)
{
	if ((w->p->nodes[node].followers >> word_trie_bit(word->hash) & 1) == 0)
		return;
	uint32_t child = find_child(w->p, node, word);
	if (child != 0)
		walk_from(w, child, i + 1);
}

/* At `node`, having eaten units [w->at, i).  As deep as the longest phrase. */
static void
walk_from(const struct walk *w, uint32_t node, size_t i)
{
	const struct node *n = &w->p->nodes[node];
	for (uint32_t v = n->first_value; v != NO_VALUE; v = w->p->values[v].next)
		w->fn(w->cookie, w->p->values[v].value, w->at, i);

	if (n->followers == 0 || i == w->count)
		return;
	const struct unit *u = &w->units[i];
	if (node != ROOT && u->clause != u[-1].clause)
		return;
	struct word_key key = unit_key(u);
	walk_into(w, node, i, &key);
	for (size_t k = 0; k < u->other_count; k++)
		walk_into(w, node, i, &u->others[k]);
}

static bool
may_begin_otherwise(const struct word_trie *p, const struct unit *u)
{
	for (size_t k = 0; k < u->other_count; k++) {
		if (may_begin(p, u->others[k].hash))
			return true;
	}
	return false;
}

size_t
word_trie_next(const struct word_trie *p, const struct unit *units, size_t count, size_t at)
{
	while (at < count && !may_begin(p, units[at].word->hash) &&
	    (units[at].other_count == 0 || !may_begin_otherwise(p, &units[at])))
		at++;
	return at;
}

void
word_trie_match(const struct word_trie *p, const struct unit *units, size_t count, size_t at,
    word_trie_fn *fn, void *cookie)
{
	struct walk w = {p, units, count, at, fn, cookie};
	const struct unit *u = &units[at];
	assert(at < count);
	if (u->other_count == 0 && !may_begin(p, u->word->hash))
		return;
	walk_from(&w, ROOT, at);
}

struct longest {
	uint32_t value;
	size_t end;
};

static void
keep_longest(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct longest *l = cookie;
	if (end > l->end && end > at + 1) {
		l->end = end;
		l->value = value;
	}
}

/* The same, with all spellings of all units. */
static uint32_t
find_longest(const struct word_trie *p, uint32_t node, const struct unit *units, size_t count,
    size_t at, size_t *span_r)
{
	struct longest l = {.end = at + 1};
	struct walk w = {p, units, count, at, keep_longest, &l};
	walk_from(&w, node, node == ROOT ? at : at + 1);
	*span_r = l.end - at;
	return l.value;
}

uint32_t
word_trie_longest(const struct word_trie *p, uint32_t node, const struct unit *units, size_t count,
    size_t at, size_t *span_r)
{
	uint32_t found = NO_VALUE, from = node;
	*span_r = 1;
	if (node == ROOT)
		return find_longest(p, node, units, count, at, span_r);
	for (size_t i = at + 1; i < count && units[i].clause == units[at].clause; i++) {
		struct word_key key = unit_key(&units[i]);
		if (units[i].other_count > 0)
			return find_longest(p, from, units, count, at, span_r);
		if ((p->nodes[node].followers >> word_trie_bit(key.hash) & 1) == 0)
			break;
		node = find_child(p, node, &key);
		if (node == 0)
			break;
		if (p->nodes[node].first_value != NO_VALUE) {
			found = p->nodes[node].first_value;
			*span_r = i + 1 - at;
		}
	}
	return found == NO_VALUE ? 0 : p->values[found].value;
}
