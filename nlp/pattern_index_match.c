/*
 * pattern_index_match.c - a word of a text was the anchor of patterns: does one stand around it?
 *
 * To the left first, then from the head of the pattern to the right, so that a pattern is known whole when its
 * end is reached.  An item that may be missing is tried both ways, a gap with every width up to its
 * own, a group with each of its members; the first way that the caller takes ends the search.  All this
 * begins at the head of the pattern, wherever there may be one near the anchor, and the first head is
 * tried first: which way is taken may not depend on what the pattern is looked for from.
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

/* ---- around the head --------------------------------------------------------- */

/* Calls cost more than what most of these do. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* A sentence: its units and their marks, which go on with nobody's. */
struct words {
	const struct pattern_index *x;
	const struct unit *units;
	const struct pattern_mark *marks;
	size_t end;
};

static ALWAYS_INLINE struct words
words_of_sentence(const struct pattern_index *x, const struct pattern_text *t, size_t sentence)
{
	size_t begin = t->sentences[sentence].begin;
	return (struct words){x, t->units + begin, t->marks + begin + 1 + sentence,
	    t->sentences[sentence + 1].begin - begin};
}

/* A pattern on its way: what is left of its items is compared to one side. */
struct walk {
	struct words in;
	const struct item *first, *head, *last; /* last: behind its items */
	size_t begin, head_at; /* where it begins, and its head */
	uint32_t step; /* by which a member of the head begins there; STEP_NONE: it is looked for */
	uint32_t value; /* of its candidate */
	size_t before; /* units before the sentence */
	pattern_found_fn *found;
	void *cookie;
};

/* Is the class of what stands there in the mask? */
static ALWAYS_INLINE bool
is_in(uint64_t mask, struct pattern_mark m)
{
	return (mask >> m.class & 1) != 0;
}

/* Is it in one clause with the word before it? */
static ALWAYS_INLINE bool
is_joined(const struct words *w, size_t i)
{
	return w->units[i].clause == w->units[i - 1].clause;
}

/* The symbol of the stem; PATTERN_NONE: the word is no spelling of its own. */
static ALWAYS_INLINE uint32_t
stem_of(const struct pattern_index *x, struct pattern_mark m)
{
	return m.has_stem ? x->anchors[m.symbol].stem : PATTERN_NONE;
}

/* The step from here by this word; STEP_NONE: there is none. */
static ALWAYS_INLINE uint32_t
step_member(const struct pattern_index *x, struct pattern_mark m, struct branch from)
{
	if (m.symbol == PATTERN_NONE)
		return STEP_NONE;
	uint32_t step = find_step(x, from, m.symbol), stem = stem_of(x, m);
	return step == STEP_NONE && stem != PATTERN_NONE ? find_step(x, from, stem) : step;
}

static ALWAYS_INLINE bool
is_word(const struct pattern_index *x, struct pattern_mark m, uint32_t symbol)
{
	return m.symbol == symbol || stem_of(x, m) == symbol;
}

static ALWAYS_INLINE struct branch
steps_of(const struct item *item)
{
	return (struct branch){item->symbol, item->steps};
}

/* May the item, a word or group, begin with this word?  No is certain. */
static ALWAYS_INLINE bool
may_begin(const struct item *item, struct pattern_mark m)
{
	return (item->begins >> m.second_class & 1) != 0;
}

static bool forward(struct walk *w, const struct item *item, size_t i, bool is_free);

/* A member of this item goes this step by what stands at i; the rest of the member, then the rest of the items. */
static ALWAYS_INLINE bool
forward_member(struct walk *w, const struct item *item, size_t i, uint32_t step)
{
	const struct pattern_index *x = w->in.x;
	while (step != STEP_NONE) {
		unsigned flags = x->step_flags[step];
		i++;
		if ((flags & STEP_ENDS) != 0 && forward(w, item + 1, i, false))
			return true;
		if ((flags & STEP_GOES_ON) == 0 || i == w->in.end || !is_joined(&w->in, i))
			return false;
		step = step_member(x, w->in.marks[i], x->step_branches[step]);
	}
	return false;
}

/* This item, a word or group, from i on; then the rest. */
static ALWAYS_INLINE bool
forward_item(struct walk *w, const struct item *item, size_t i)
{
	const struct pattern_mark here = w->in.marks[i];
	struct branch steps = steps_of(item);
	if (steps.count == 0)
		return is_word(w->in.x, here, item->symbol) && forward(w, item + 1, i + 1, false);
	return may_begin(item, here) &&
	    forward_member(w, item, i, step_member(w->in.x, here, steps));
}

/* The items behind this gap, over all its widths. */
static ALWAYS_INLINE bool
forward_gap(struct walk *w, const struct item *gap, size_t i)
{
	size_t most = gap->gap, left = w->in.end - i;
	for (size_t skip = 0; skip <= most && skip < left; skip++) {
		if (is_in(gap[1].from, w->in.marks[i + skip]) &&
		    forward(w, gap + 1, i + skip, true))
			return true;
	}
	return false;
}

/* Is this the item, or the beginning of it, by its stem alone? */
static bool
is_by_stem(const struct pattern_index *x, const struct item *item, struct pattern_mark m)
{
	struct branch steps = steps_of(item);
	if (!m.has_stem)
		return false;
	return steps.count == 0 ? item->symbol != m.symbol
				: find_step(x, steps, m.symbol) == STEP_NONE;
}

/* All of it stands there, up to `end`. */
static bool
give(const struct walk *w, size_t end)
{
	const struct pattern_match m = {.value = w->value,
	    .at = (uint32_t)(w->before + w->begin),
	    .end = (uint32_t)(w->before + end),
	    .head = (uint32_t)(w->before + w->head_at),
	    .is_head_stem = is_by_stem(w->in.x, w->head, w->in.marks[w->head_at])};
	return w->found(w->cookie, &m);
}

/* Items from this one on, from i on; is_free: over a gap, so the clause may be another. */
static bool
forward(struct walk *w, const struct item *item, size_t i, bool is_free)
{
	if (item == w->last)
		return give(w, i);
	if (!is_in(item->from, w->in.marks[i]))
		return false;
	if (item->gap != 0)
		return forward_gap(w, item, i);
	if (item->is_optional && forward(w, item + 1, i, is_free))
		return true;
	return i < w->in.end && (is_free || is_joined(&w->in, i)) && forward_item(w, item, i);
}

/* The head, and what stands behind it. */
static ALWAYS_INLINE bool
forward_head(struct walk *w)
{
	if (w->step == STEP_NONE)
		return forward_item(w, w->head, w->head_at);
	return forward_member(w, w->head, w->head_at, w->step);
}

static bool backward(struct walk *w, const struct item *item, size_t i, bool is_free);

/* Are the places [i, i + len) a member of the group with this root? */
static ALWAYS_INLINE bool
is_member(const struct words *w, struct branch root, size_t i, size_t len)
{
	const struct pattern_index *x = w->x;
	uint32_t step = step_member(x, w->marks[i], root);
	for (size_t k = 1; k < len && step != STEP_NONE; k++)
		step = step_member(x, w->marks[i + k], x->step_branches[step]);
	return step != STEP_NONE && (x->step_flags[step] & STEP_ENDS) != 0;
}

/* This item ends before i; then what stands before it. */
static ALWAYS_INLINE bool
backward_item(struct walk *w, const struct item *item, size_t i)
{
	const struct words *in = &w->in;
	struct branch steps = steps_of(item);
	if (steps.count == 0) {
		return is_word(in->x, in->marks[i - 1], item->symbol) &&
		    backward(w, item, i - 1, false);
	}
	for (size_t len = 1; len <= item->longest && len <= i; len++) {
		if (len > 1 && !is_joined(in, i - len + 1))
			return false;
		if (may_begin(item, in->marks[i - len]) && is_member(in, steps, i - len, len) &&
		    backward(w, item, i - len, false))
			return true;
	}
	return false;
}

/* The items before this gap, over all its widths. */
static ALWAYS_INLINE bool
backward_gap(struct walk *w, const struct item *gap, size_t i)
{
	size_t most = gap->gap;
	for (size_t skip = 0; skip <= most && skip < i; skip++) {
		if (is_in(gap[-1].to, w->in.marks[i - skip - 1]) &&
		    backward(w, gap, i - skip, true))
			return true;
	}
	return false;
}

/* Items before `behind`, which end before i; at the beginning it goes on with the head. */
static bool
backward(struct walk *w, const struct item *behind, size_t i, bool is_free)
{
	const struct item *item = behind - 1;
	if (behind == w->first) {
		w->begin = i;
		return forward_head(w);
	}
	if (!is_in(item->to, w->in.marks[(ptrdiff_t)i - 1]))
		return false;
	if (item->gap != 0)
		return backward_gap(w, item, i);
	if (item->is_optional && backward(w, item, i, is_free))
		return true;
	return i > 0 && (is_free || is_joined(&w->in, i)) && backward_item(w, item, i);
}

/* The pattern is the word alone. */
static void
give_whole(const struct pattern_search *s, const struct pattern_chance *chance,
    const struct candidate *c, pattern_found_fn *found, void *cookie)
{
	uint32_t at = chance->anchor.unit;
	const struct pattern_mark m = s->text->marks[1 + at + chance->anchor.sentence];
	const struct item *item = s->x->sealed_items + c->first_item;
	const struct pattern_match match = {c->value, at, at + 1, at, is_by_stem(s->x, item, m)};
	found(cookie, &match);
}

/* All ways in which the pattern can stand there with its head at this unit of the sentence; true: one of them will
 * do. */
static bool
try_head(const struct pattern_search *s, const struct pattern_chance *chance, size_t at,
    uint32_t step, pattern_found_fn *found, void *cookie)
{
	const struct candidate *c = &s->x->candidates[chance->candidate];
	const struct item *first = s->x->sealed_items + c->first_item;
	struct walk w = {.in = words_of_sentence(s->x, s->text, chance->anchor.sentence),
	    .first = first,
	    .last = first + c->count,
	    .head = first + c->head,
	    .head_at = at,
	    .step = step,
	    .value = c->value,
	    .before = s->text->sentences[chance->anchor.sentence].begin,
	    .found = found,
	    .cookie = cookie};
	return backward(&w, w.head, at, false);
}

/* How many units these items cover, at most. */
static size_t
reach_of(const struct item *from, const struct item *to)
{
	size_t reach = 0;
	for (; from < to; from++)
		reach += from->gap != 0 ? from->gap : from->longest != 0 ? from->longest : 1u;
	return reach;
}

/* Its anchor may begin at this unit: all ways with a head that may go with that, the first head first. */
static void
try_heads(const struct pattern_search *s, const struct pattern_chance *chance, size_t at,
    pattern_found_fn *found, void *cookie)
{
	const struct pattern_sentence *in = &s->text->sentences[chance->anchor.sentence];
	const struct candidate *c = &s->x->candidates[chance->candidate];
	const struct item *items = s->x->sealed_items + c->first_item;
	size_t begin = at + 1, end = in[1].begin - in->begin;
	size_t reach = c->head < c->anchor ? reach_of(items + c->head, items + c->anchor)
					   : reach_of(items + c->anchor, items + c->head);
	if (c->head < c->anchor) {
		begin = at > reach ? at - reach : 0;
		end = at;
	} else if (end > at + reach + 1) {
		end = at + reach + 1;
	}
	const struct words w = words_of_sentence(s->x, s->text, chance->anchor.sentence);
	for (size_t i = begin; i < end; i++) {
		if (may_begin(&items[c->head], w.marks[i]) &&
		    try_head(s, chance, i, STEP_NONE, found, cookie))
			return;
	}
}

void
pattern_index_try(const struct pattern_search *s, const struct pattern_chance *chance,
    pattern_found_fn *found, void *cookie)
{
	const struct candidate *c = &s->x->candidates[chance->candidate];
	size_t at = chance->anchor.unit - s->text->sentences[chance->anchor.sentence].begin;
	if (c->is_whole) {
		give_whole(s, chance, c, found, cookie);
		return;
	}
	if (at < c->offset)
		return;
	at -= c->offset;
	if (c->head == c->anchor)
		try_head(s, chance, at, c->step, found, cookie);
	else
		try_heads(s, chance, at, found, cookie);
}

size_t
pattern_index_member(
    const struct pattern_index *x, uint32_t group, const struct pattern_text *t, size_t unit)
{
	size_t sentence = t->units[unit].sentence, at = unit - t->sentences[sentence].begin;
	const struct words w = words_of_sentence(x, t, sentence);
	struct branch branch = x->roots[group];
	size_t longest = 0;
	for (size_t i = at; i < w.end && (i == at || is_joined(&w, i)); i++) {
		uint32_t step = step_member(x, w.marks[i], branch);
		if (step == STEP_NONE)
			break;
		longest = (x->step_flags[step] & STEP_ENDS) != 0 ? i + 1 - at : longest;
		branch = x->step_branches[step];
	}
	return longest;
}
