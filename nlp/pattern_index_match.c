/*
 * pattern_index_match.c - a word of a text was the anchor of patterns: does the rest of one stand
 * around it?
 *
 * To the left first, then from the anchor to the right, so that a pattern is known whole when its
 * end is reached.  An item that may be missing is tried both ways, a gap with every width up to its
 * own, a group with each of its members; the first way that the caller takes ends the search.
 */
#include "nlp/pattern_index.h"

#include <assert.h>

#include "nlp/pattern_index_internal.h"

/* Does a word of this stem stand in a pattern?  Never wrong when it says no. */
static bool
may_know(const struct pattern_index *x, uint64_t stem_hash)
{
	return (x->filter[(stem_hash >> 6) % (PATTERN_FILTER_BITS / 64)] >> (stem_hash & 63) & 1) !=
	    0;
}

/* The exact spelling if a pattern asks for it, else the stem. */
static uint32_t
narrow(const struct pattern_index *x, uint32_t symbol, const struct word_key *key)
{
	uint32_t exact =
	    symbol_at(x, symbol)->has_exact ? find_word(x, BY_EXACT, key) : PATTERN_NONE;
	return exact == PATTERN_NONE ? symbol : exact;
}

/* The symbol of a unit; PATTERN_NONE: no pattern knows it. */
static uint32_t
symbol_of(const struct pattern_index *x, const struct unit *u)
{
	if (may_know(x, u->stem.hash)) {
		uint32_t symbol = find_word(x, BY_STEM, &u->stem);
		if (symbol != PATTERN_NONE)
			return narrow(x, symbol, &u->key);
	}
	for (size_t k = 0; k < u->other_count; k++) {
		uint32_t symbol = find_word(x, BY_SURFACE, &u->others[k]);
		if (symbol != PATTERN_NONE)
			return narrow(x, symbol, &u->others[k]);
	}
	return PATTERN_NONE;
}

struct pattern_mark
pattern_index_mark(const struct pattern_index *x, const struct unit *u)
{
	uint32_t symbol = symbol_of(x, u);
	const struct symbol *s = symbol_at(x, symbol), *stem = symbol_at(x, s->stem);
	unsigned flags = s->stem == PATTERN_NONE ? 0 : PATTERN_MARK_HAS_STEM;
	if (s->entry_count + stem->entry_count > 0)
		flags |= PATTERN_MARK_ANCHOR;
	return (struct pattern_mark){(uint16_t)symbol, s->class, (uint8_t)flags};
}

/* ---- around the anchor ------------------------------------------------------- */

/* Calls cost more than what most of these do. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* A text on its way through. */
struct search {
	const struct pattern_index *x;
	const struct pattern_text *text;
	pattern_found_fn *found;
	void *cookie;
};

/* A pattern on its way: what is left of its items is compared to one side. */
struct walk {
	const struct pattern_index *x;
	const struct pattern_text *text;
	const struct search *search;
	const struct item *first, *anchor, *last; /* behind its items */
	size_t begin, anchor_at; /* where it begins; where its anchor stands */
	uint32_t value;
};

/* Is the class of what stands here in the mask? */
static bool
is_in(uint64_t mask, const struct pattern_place *p)
{
	return (mask >> p->mark.class & 1) != 0;
}

static bool
are_joined(const struct pattern_place *p)
{
	return p->clause == p[-1].clause;
}

/* The symbol of the stem; PATTERN_NONE: the word is no spelling of its own. */
static uint32_t
stem_here(const struct pattern_index *x, const struct pattern_place *p)
{
	return (p->mark.flags & PATTERN_MARK_HAS_STEM) == 0 ? PATTERN_NONE
							    : symbol_at(x, p->mark.symbol)->stem;
}

/* The node behind this one by what stands here; 0: none. */
static ALWAYS_INLINE uint32_t
step_member(const struct pattern_index *x, const struct pattern_place *p, uint32_t node)
{
	uint32_t symbol = p->mark.symbol;
	if (symbol == PATTERN_NONE)
		return 0;
	uint32_t child = find_child(x, node, symbol), stem = stem_here(x, p);
	return child == 0 && stem != PATTERN_NONE ? find_child(x, node, stem) : child;
}

static ALWAYS_INLINE bool
is_word_here(const struct pattern_index *x, const struct pattern_place *p, uint32_t symbol)
{
	return p->mark.symbol == symbol || stem_here(x, p) == symbol;
}

static bool forward(const struct walk *w, const struct item *item, size_t i, bool is_free);

/* This item, a word or group, from i on; then the rest. */
static ALWAYS_INLINE bool
forward_item(const struct walk *w, const struct item *item, size_t i)
{
	const struct pattern_place *places = w->text->places;
	uint32_t node = item->root;
	if (node == 0)
		return is_word_here(w->x, &places[i], item->symbol) &&
		    forward(w, item + 1, i + 1, false);
	for (size_t from = i; i < w->text->end; i++) {
		if (i > from && !are_joined(&places[i]))
			return false;
		node = step_member(w->x, &places[i], node);
		if (node == 0)
			return false;
		if (node_at(w->x, node)->is_end && forward(w, item + 1, i + 1, false))
			return true;
		if (!node_at(w->x, node)->has_children)
			return false;
	}
	return false;
}

static size_t
widest(const struct item *gap)
{
	return gap->symbol == PATTERN_SHORT_GAP ? PATTERN_GAP_SHORT : PATTERN_GAP_LONG;
}

/* The items behind this gap, over all its widths. */
static ALWAYS_INLINE bool
forward_gap(const struct walk *w, const struct item *gap, size_t i)
{
	const struct pattern_place *places = w->text->places;
	size_t most = widest(gap), left = w->text->end - i;
	for (size_t skip = 0; skip <= most && skip < left; skip++) {
		if (is_in(gap[1].from, &places[i + skip]) && forward(w, gap + 1, i + skip, true))
			return true;
	}
	return false;
}

/* Items from this one on, from i on; is_free: over a gap, so the clause may be another. */
static bool
forward(const struct walk *w, const struct item *item, size_t i, bool is_free)
{
	const struct pattern_place *here = &w->text->places[i];
	if (item == w->last)
		return w->search->found(w->search->cookie, w->value, w->begin, i);
	if (!is_in(item->from, here))
		return false;
	if (item->symbol < PATTERN_FIRST_FREE)
		return forward_gap(w, item, i);
	if (item->is_optional && forward(w, item + 1, i, is_free))
		return true;
	return i < w->text->end && (is_free || i == w->anchor_at || are_joined(here)) &&
	    forward_item(w, item, i);
}

static bool backward(struct walk *w, const struct item *item, size_t i, bool is_free);

/* This item ends before i; then what stands before it. */
static ALWAYS_INLINE bool
backward_item(struct walk *w, const struct item *item, size_t i)
{
	const struct pattern_place *places = w->text->places;
	if (item->root == 0)
		return is_word_here(w->x, &places[i - 1], item->symbol) &&
		    backward(w, item, i - 1, false);
	for (size_t len = 1; len <= item->longest && len <= i - w->text->begin; len++) {
		uint32_t node = item->root;
		if (len > 1 && !are_joined(&places[i - len + 1]))
			return false;
		for (size_t at = i - len; at < i && node != 0; at++)
			node = step_member(w->x, &places[at], node);
		if (node != 0 && node_at(w->x, node)->is_end && backward(w, item, i - len, false))
			return true;
	}
	return false;
}

/* The items before this gap, over all its widths. */
static ALWAYS_INLINE bool
backward_gap(struct walk *w, const struct item *gap, size_t i)
{
	const struct pattern_place *places = w->text->places;
	size_t most = widest(gap), left = i - w->text->begin;
	for (size_t skip = 0; skip <= most && skip < left; skip++) {
		if (is_in(gap[-1].to, &places[i - skip - 1]) && backward(w, gap, i - skip, true))
			return true;
	}
	return false;
}

/* Items before `behind`, which end before i; at the beginning it goes on behind the anchor. */
static bool
backward(struct walk *w, const struct item *behind, size_t i, bool is_free)
{
	const struct pattern_place *here = &w->text->places[i];
	const struct item *item = behind - 1;
	if (behind == w->first) {
		w->begin = i;
		return forward_item(w, w->anchor, w->anchor_at);
	}
	if (!is_in(item->to, here - 1))
		return false;
	if (item->symbol < PATTERN_FIRST_FREE)
		return backward_gap(w, item, i);
	if (item->is_optional && backward(w, item, i, is_free))
		return true;
	return i > w->text->begin && (is_free || are_joined(here)) && backward_item(w, item, i);
}

/* ---- all anchors ------------------------------------------------------------- */

static ALWAYS_INLINE void
walk_from(const struct search *s, const struct pattern *p, size_t anchor)
{
	const struct item *first = item_at(s->x, p->first_item);
	struct walk w = {.x = s->x,
	    .text = s->text,
	    .search = s,
	    .first = first,
	    .anchor = first + p->anchor,
	    .last = first + p->count,
	    .anchor_at = anchor,
	    .value = p->value};
	backward(&w, w.anchor, anchor, false);
}

/* The entry fits what stands directly beside its anchor. */
static inline void
match_entry(const struct search *s, const struct entry *e, const struct pattern_place *here)
{
	if ((e->left & here->left) == 0 || (e->right & here->right) == 0)
		return;
	const struct pattern *p = pattern_at(s->x, e->pattern);
	size_t anchor = (size_t)(here - s->text->places);
	if (e->is_whole)
		s->found(s->cookie, p->value, anchor, anchor + 1);
	else if ((p->left & here->left) != 0 && (p->right & here->right) != 0)
		walk_from(s, p, anchor);
}

/* The patterns that this symbol anchors, when they are few. */
static void
match_few(const struct search *s, const struct symbol *sym, const struct pattern_place *here)
{
	const struct entry *e = (const struct entry *)s->x->entries.items + sym->first_entry;
	for (const struct entry *end = e + sym->entry_count; e < end; e++) {
		if (is_in(e->before, here - 1) && is_in(e->behind, here + 1) &&
		    (e->when >> s->text->when & 1) != 0)
			match_entry(s, e, here);
	}
}

static void
match_many(const struct search *s, const struct symbol *sym, const struct pattern_place *here)
{
	const struct entry *e = (const struct entry *)s->x->entries.items + sym->first_entry;
	const struct table *t = (const struct table *)s->x->tables.items + sym->first_table;
	for (const struct table *end = t + sym->table_count; t < end; t++, e += TABLE_ENTRIES) {
		uint64_t fits = t->before[here[-1].mark.class] & t->behind[here[1].mark.class] &
		    t->when[s->text->when];
		for (; fits != 0; fits &= fits - 1)
			match_entry(s, &e[__builtin_ctzll(fits)], here);
	}
}

static inline void
match_symbol(const struct search *s, const struct symbol *sym, const struct pattern_place *here)
{
	if (!is_in(sym->before, here - 1) || !is_in(sym->behind, here + 1))
		return;
	if (sym->table_count > 0)
		match_many(s, sym, here);
	else
		match_few(s, sym, here);
}

/* Writes down what stands behind each place. */
static void
fill_right(struct pattern_text *text)
{
	struct pattern_place *begin = text->places + text->begin, *p = text->places + text->end;
	for (uint64_t right = 1; p-- > begin; right |= UINT64_C(1) << p->mark.class)
		p->right = right;
}

void
pattern_index_search(
    const struct pattern_index *x, struct pattern_text *text, pattern_found_fn *found, void *cookie)
{
	const struct search s = {x, text, found, cookie};
	const struct pattern_place *here = text->places + text->begin;
	fill_right(text);
	for (const struct pattern_place *end = text->places + text->end; here < end; here++) {
		if ((here->mark.flags & PATTERN_MARK_ANCHOR) == 0)
			continue;
		const struct symbol *sym = symbol_at(x, here->mark.symbol);
		match_symbol(&s, sym, here);
		if ((here->mark.flags & PATTERN_MARK_HAS_STEM) != 0)
			match_symbol(&s, symbol_at(x, sym->stem), here);
	}
}

size_t
pattern_index_member(
    const struct pattern_index *x, uint32_t group, const struct pattern_text *text, size_t at)
{
	uint32_t node = symbol_at(x, group)->root;
	size_t longest = 0;
	for (size_t i = at; i < text->end; i++) {
		const struct pattern_place *here = &text->places[i];
		node = i > at && !are_joined(here) ? 0 : step_member(x, here, node);
		if (node == 0)
			break;
		longest = node_at(x, node)->is_end ? i + 1 - at : longest;
	}
	return longest;
}
