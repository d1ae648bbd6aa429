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
	struct word_key key = unit_key(u), stem = unit_stem(u);
	if (may_know(x, stem.hash)) {
		uint32_t symbol = find_word(x, BY_STEM, &stem);
		if (symbol != PATTERN_NONE)
			return narrow(x, symbol, &key);
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
	const struct anchor *a = &x->anchors[symbol];
	const struct symbol *s = symbol_at(x, symbol);
	return (struct pattern_mark){.symbol = (uint16_t)symbol,
	    .class = s->class & (PATTERN_CLASSES - 1u),
	    .second_class = s->second_class & (PATTERN_CLASSES - 1u),
	    .is_anchor = a->count > 0,
	    .has_stem = a->stem != PATTERN_NONE};
}

/* ---- around the anchor ------------------------------------------------------- */

/* Calls cost more than what most of these do. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* A pattern on its way: what is left of its items is compared to one side. */
struct walk {
	const struct pattern_index *x;
	const struct pattern_place *places;
	size_t from, end; /* of the sentence */
	const struct item *first, *anchor, *last; /* behind its items */
	size_t begin, anchor_at; /* where it begins; where its anchor stands */
	uint32_t step, value; /* of its candidate */
	pattern_found_fn *found;
	void *cookie;
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
	return p->mark.has_stem ? x->anchors[p->mark.symbol].stem : PATTERN_NONE;
}

/* The step from here by what stands here; STEP_NONE: there is none. */
static ALWAYS_INLINE uint32_t
step_member(const struct pattern_index *x, const struct pattern_place *p, struct branch from)
{
	uint32_t symbol = p->mark.symbol;
	if (symbol == PATTERN_NONE)
		return STEP_NONE;
	uint32_t step = find_step(x, from, symbol), stem = stem_here(x, p);
	return step == STEP_NONE && stem != PATTERN_NONE ? find_step(x, from, stem) : step;
}

static ALWAYS_INLINE bool
is_word_here(const struct pattern_index *x, const struct pattern_place *p, uint32_t symbol)
{
	return p->mark.symbol == symbol || stem_here(x, p) == symbol;
}

static ALWAYS_INLINE struct branch
steps_of(const struct item *item)
{
	return (struct branch){item->symbol, item->steps};
}

/* May the item, a word or group, begin with what stands here?  No is certain. */
static ALWAYS_INLINE bool
may_begin(const struct item *item, const struct pattern_place *p)
{
	return (item->begins >> p->mark.second_class & 1) != 0;
}

static bool forward(const struct walk *w, const struct item *item, size_t i, bool is_free);

/* A member of this item goes this step by what stands at i; the rest of the member, then the rest of the items. */
static ALWAYS_INLINE bool
forward_member(const struct walk *w, const struct item *item, size_t i, uint32_t step)
{
	while (step != STEP_NONE) {
		unsigned flags = w->x->step_flags[step];
		i++;
		if ((flags & STEP_ENDS) != 0 && forward(w, item + 1, i, false))
			return true;
		if ((flags & STEP_GOES_ON) == 0 || i == w->end || !are_joined(&w->places[i]))
			return false;
		step = step_member(w->x, &w->places[i], w->x->step_branches[step]);
	}
	return false;
}

/* This item, a word or group, from i on; then the rest. */
static ALWAYS_INLINE bool
forward_item(const struct walk *w, const struct item *item, size_t i)
{
	const struct pattern_place *here = &w->places[i];
	struct branch steps = steps_of(item);
	if (steps.count == 0)
		return is_word_here(w->x, here, item->symbol) && forward(w, item + 1, i + 1, false);
	return may_begin(item, here) && forward_member(w, item, i, step_member(w->x, here, steps));
}

/* The items behind this gap, over all its widths. */
static ALWAYS_INLINE bool
forward_gap(const struct walk *w, const struct item *gap, size_t i)
{
	const struct pattern_place *places = w->places;
	size_t most = gap->gap, left = w->end - i;
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
	const struct pattern_place *here = &w->places[i];
	if (item == w->last)
		return w->found(w->cookie, w->value, w->begin, i);
	if (!is_in(item->from, here))
		return false;
	if (item->gap != 0)
		return forward_gap(w, item, i);
	if (item->is_optional && forward(w, item + 1, i, is_free))
		return true;
	return i < w->end && (is_free || i == w->anchor_at || are_joined(here)) &&
	    forward_item(w, item, i);
}

/* What stands there is known to be the anchor, or to begin it. */
static ALWAYS_INLINE bool
forward_anchor(const struct walk *w)
{
	if (w->step == STEP_NONE)
		return forward(w, w->anchor + 1, w->anchor_at + 1, false);
	return forward_member(w, w->anchor, w->anchor_at, w->step);
}

static bool backward(struct walk *w, const struct item *item, size_t i, bool is_free);

/* Are the places [p, p + len) a member of the group with this root? */
static ALWAYS_INLINE bool
is_member(
    const struct pattern_index *x, struct branch root, const struct pattern_place *p, size_t len)
{
	uint32_t step = step_member(x, p, root);
	for (size_t k = 1; k < len && step != STEP_NONE; k++)
		step = step_member(x, p + k, x->step_branches[step]);
	return step != STEP_NONE && (x->step_flags[step] & STEP_ENDS) != 0;
}

/* This item ends before i; then what stands before it. */
static ALWAYS_INLINE bool
backward_item(struct walk *w, const struct item *item, size_t i)
{
	const struct pattern_place *places = w->places;
	struct branch steps = steps_of(item);
	if (steps.count == 0)
		return is_word_here(w->x, &places[i - 1], item->symbol) &&
		    backward(w, item, i - 1, false);
	for (size_t len = 1; len <= item->longest && len <= i - w->from; len++) {
		if (len > 1 && !are_joined(&places[i - len + 1]))
			return false;
		if (may_begin(item, &places[i - len]) &&
		    is_member(w->x, steps, &places[i - len], len) &&
		    backward(w, item, i - len, false))
			return true;
	}
	return false;
}

/* The items before this gap, over all its widths. */
static ALWAYS_INLINE bool
backward_gap(struct walk *w, const struct item *gap, size_t i)
{
	const struct pattern_place *places = w->places;
	size_t most = gap->gap, left = i - w->from;
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
	const struct pattern_place *here = &w->places[i];
	const struct item *item = behind - 1;
	if (behind == w->first) {
		w->begin = i;
		return forward_anchor(w);
	}
	if (!is_in(item->to, here - 1))
		return false;
	if (item->gap != 0)
		return backward_gap(w, item, i);
	if (item->is_optional && backward(w, item, i, is_free))
		return true;
	return i > w->from && (is_free || are_joined(here)) && backward_item(w, item, i);
}

void
pattern_index_try(const struct pattern_search *s, const struct pattern_chance *chance,
    pattern_found_fn *found, void *cookie)
{
	const struct candidate *c = &s->x->candidates[chance->candidate];
	size_t at = (size_t)(chance->here - s->text->places);
	if (c->is_whole) {
		found(cookie, c->value, at, at + 1);
		return;
	}
	const struct pattern_sentence *in = &s->text->sentences[chance->here->sentence];
	const struct item *first = s->x->sealed_items + c->first_item;
	struct walk w = {.x = s->x,
	    .places = s->text->places,
	    .from = in->begin,
	    .end = in->end,
	    .first = first,
	    .anchor = first + c->anchor,
	    .last = first + c->count,
	    .anchor_at = at,
	    .step = c->step,
	    .value = c->value,
	    .found = found,
	    .cookie = cookie};
	backward(&w, w.anchor, at, false);
}

size_t
pattern_index_member(
    const struct pattern_index *x, uint32_t group, const struct pattern_text *text, size_t at)
{
	struct branch branch = x->roots[group];
	size_t longest = 0, end = text->sentences[text->places[at].sentence].end;
	for (size_t i = at; i < end; i++) {
		const struct pattern_place *here = &text->places[i];
		if (i > at && !are_joined(here))
			break;
		uint32_t step = step_member(x, here, branch);
		if (step == STEP_NONE)
			break;
		longest = (x->step_flags[step] & STEP_ENDS) != 0 ? i + 1 - at : longest;
		branch = x->step_branches[step];
	}
	return longest;
}
