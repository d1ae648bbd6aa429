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

bool
pattern_index_may_know(const struct pattern_index *x, uint64_t stem_hash)
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

uint32_t
pattern_index_symbol(const struct pattern_index *x, const struct unit *u)
{
	if (pattern_index_may_know(x, u->stem.hash)) {
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

struct pattern_text
pattern_index_text(const struct pattern_index *x, const struct unit *units, const uint32_t *symbols,
    size_t begin, size_t end)
{
	struct pattern_text text = {.units = units, .symbols = symbols, .begin = begin, .end = end};
	for (size_t i = begin; i < end; i++) {
		if (symbols[i] == PATTERN_NONE)
			continue;
		uint32_t stem = symbol_at(x, symbols[i])->stem;
		set_present(text.present, symbols[i]);
		if (stem != 0)
			set_present(text.present, stem);
	}
	return text;
}

/* A pattern on its way: what is left of its items is compared to one side. */
struct walk {
	const struct pattern_index *x;
	const struct pattern_text *text;
	const struct pattern *pattern;
	const struct pattern_seeker *seeker;
	size_t at, anchor; /* where it begins; the unit of its anchor */
};

static bool
are_joined(const struct pattern_text *text, size_t i)
{
	return text->units[i].clause == text->units[i - 1].clause;
}

/* The node behind this one by what stands at unit i; 0: none. */
static uint32_t
step_member(const struct pattern_index *x, const struct pattern_text *text, uint32_t node, size_t i)
{
	uint32_t symbol = text->symbols[i];
	if (symbol == PATTERN_NONE)
		return 0;
	uint32_t child = find_child(x, node, symbol);
	uint32_t stem = symbol_at(x, symbol)->stem;
	return child == 0 && stem != 0 ? find_child(x, node, stem) : child;
}

static bool
is_word_at(
    const struct pattern_index *x, const struct pattern_text *text, uint32_t symbol, size_t i)
{
	uint32_t here = text->symbols[i];
	return here == symbol || (here != PATTERN_NONE && symbol_at(x, here)->stem == symbol);
}

static bool forward(const struct walk *w, uint8_t k, size_t i, bool is_free);

/* Item k, a word or group, from unit i on; then the rest. */
static bool
forward_item(const struct walk *w, uint8_t k, size_t i)
{
	const struct pattern_index *x = w->x;
	uint32_t symbol = item_at(x, w->pattern->first_item + k)->symbol;
	uint32_t node = symbol_at(x, symbol)->root;
	if (node == 0)
		return is_word_at(x, w->text, symbol, i) &&
		    forward(w, (uint8_t)(k + 1), i + 1, false);
	for (size_t from = i; i < w->text->end; i++) {
		if (i > from && !are_joined(w->text, i))
			return false;
		node = step_member(x, w->text, node, i);
		if (node == 0)
			return false;
		if (node_at(x, node)->is_end && forward(w, (uint8_t)(k + 1), i + 1, false))
			return true;
	}
	return false;
}

/* Items from k on, from unit i on; is_free: over a gap, so the clause may be another. */
static bool
forward(const struct walk *w, uint8_t k, size_t i, bool is_free)
{
	const struct pattern_text *text = w->text;
	if (k == w->pattern->count)
		return w->seeker->found(w->seeker->cookie, w->pattern->value, w->at, i);
	const struct pattern_item *item = item_at(w->x, w->pattern->first_item + k);
	if (item->symbol < PATTERN_FIRST_FREE) {
		size_t most =
		    item->symbol == PATTERN_SHORT_GAP ? PATTERN_GAP_SHORT : PATTERN_GAP_LONG;
		for (size_t skip = 0; skip <= most && i + skip < text->end; skip++) {
			if (text->units[i + skip].sentence != text->units[w->anchor].sentence)
				return false;
			if (forward(w, (uint8_t)(k + 1), i + skip, true))
				return true;
		}
		return false;
	}
	if (item->is_optional && forward(w, (uint8_t)(k + 1), i, is_free))
		return true;
	return i < text->end && (is_free || i == w->anchor || are_joined(text, i)) &&
	    forward_item(w, k, i);
}

static bool backward(struct walk *w, uint8_t k, size_t i, bool is_free);

/* Item k ends before unit i; then what stands before it. */
static bool
backward_item(struct walk *w, uint8_t k, size_t i)
{
	const struct pattern_index *x = w->x;
	const struct symbol *s = symbol_at(x, item_at(x, w->pattern->first_item + k)->symbol);
	if (s->root == 0)
		return is_word_at(
			   x, w->text, item_at(x, w->pattern->first_item + k)->symbol, i - 1) &&
		    backward(w, k, i - 1, false);
	for (size_t len = 1; len <= s->longest && len <= i - w->text->begin; len++) {
		uint32_t node = s->root;
		if (len > 1 && !are_joined(w->text, i - len + 1))
			return false;
		for (size_t at = i - len; at < i && node != 0; at++)
			node = step_member(x, w->text, node, at);
		if (node != 0 && node_at(x, node)->is_end && backward(w, k, i - len, false))
			return true;
	}
	return false;
}

/* Items before k, which end before unit i; at the beginning it goes on behind the anchor. */
static bool
backward(struct walk *w, uint8_t k, size_t i, bool is_free)
{
	const struct pattern_text *text = w->text;
	if (k == 0) {
		w->at = i;
		return forward_item(w, w->pattern->anchor, w->anchor);
	}
	const struct pattern_item *item = item_at(w->x, w->pattern->first_item + k - 1);
	if (item->symbol < PATTERN_FIRST_FREE) {
		size_t most =
		    item->symbol == PATTERN_SHORT_GAP ? PATTERN_GAP_SHORT : PATTERN_GAP_LONG;
		for (size_t skip = 0; skip <= most && i > text->begin + skip; skip++) {
			if (text->units[i - skip - 1].sentence != text->units[w->anchor].sentence)
				return false;
			if (backward(w, (uint8_t)(k - 1), i - skip, true))
				return true;
		}
		return false;
	}
	if (item->is_optional && backward(w, (uint8_t)(k - 1), i, is_free))
		return true;
	return i > text->begin && (is_free || are_joined(text, i)) &&
	    backward_item(w, (uint8_t)(k - 1), i);
}

/* Symbols at a unit, as masks: its own and its stem's. */
static uint64_t
masks_at(const struct pattern_index *x, const struct pattern_text *text, size_t i)
{
	uint32_t symbol = text->symbols[i];
	if (symbol == PATTERN_NONE)
		return 0;
	uint32_t stem = symbol_at(x, symbol)->stem;
	return mask_of(symbol) | (stem == 0 ? 0 : mask_of(stem));
}

static bool
has_needs(const struct pattern *p, const struct pattern_text *text)
{
	uint64_t both = 0;
	for (size_t i = 0; i < PATTERN_PRESENT_WORDS; i++)
		both |= p->needs[i] & text->present[i];
	return both != 0;
}

static void
match_symbol(const struct pattern_index *x, const struct pattern_text *text, size_t anchor,
    uint32_t symbol, const struct pattern_seeker *seeker)
{
	const struct symbol *s = symbol_at(x, symbol);
	const struct entry *e = (const struct entry *)x->entries.items + s->first_entry;
	uint64_t before = anchor > text->begin ? masks_at(x, text, anchor - 1) : 0;
	uint64_t behind = anchor + 1 < text->end ? masks_at(x, text, anchor + 1) : 0;
	for (uint32_t i = 0; i < s->entry_count; i++, e++) {
		/* A mask of all ones lets nothing pass as well: a pattern may begin or end here. */
		if ((e->before != UINT64_MAX && (e->before & before) == 0) ||
		    (e->behind != UINT64_MAX && (e->behind & behind) == 0) ||
		    !seeker->wanted(seeker->cookie, e->value) ||
		    !has_needs(pattern_at(x, e->pattern), text))
			continue;
		struct walk w = {.x = x,
		    .text = text,
		    .pattern = pattern_at(x, e->pattern),
		    .seeker = seeker,
		    .anchor = anchor};
		backward(&w, w.pattern->anchor, anchor, false);
	}
}

void
pattern_index_match(const struct pattern_index *x, const struct pattern_text *text, size_t anchor,
    const struct pattern_seeker *seeker)
{
	uint32_t symbol = text->symbols[anchor];
	assert(anchor >= text->begin && anchor < text->end);
	if (symbol == PATTERN_NONE)
		return;
	match_symbol(x, text, anchor, symbol, seeker);
	if (symbol_at(x, symbol)->stem != 0)
		match_symbol(x, text, anchor, symbol_at(x, symbol)->stem, seeker);
}

size_t
pattern_index_member(
    const struct pattern_index *x, uint32_t group, const struct pattern_text *text, size_t at)
{
	uint32_t node = symbol_at(x, group)->root;
	size_t longest = 0;
	for (size_t i = at; i < text->end && (i == at || are_joined(text, i)); i++) {
		node = step_member(x, text, node, i);
		if (node == 0)
			break;
		longest = node_at(x, node)->is_end ? i + 1 - at : longest;
	}
	return longest;
}
