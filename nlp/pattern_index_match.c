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
	const struct anchor *a = &x->anchors[symbol];
	unsigned flags = a->stem == PATTERN_NONE ? 0 : PATTERN_MARK_HAS_STEM;
	if (a->count + x->anchors[a->stem].count > 0)
		flags |= PATTERN_MARK_ANCHOR;
	const struct symbol *s = symbol_at(x, symbol);
	return (struct pattern_mark){
	    (uint16_t)symbol, s->class, flags & 3u, s->second_class & (PATTERN_CLASSES - 1u)};
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
							    : x->anchors[p->mark.symbol].stem;
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

static bool forward(const struct walk *w, const struct item *item, size_t i, bool is_free);

/* This item, a word or group, from i on; then the rest. */
static ALWAYS_INLINE bool
forward_item(const struct walk *w, const struct item *item, size_t i)
{
	const struct pattern_place *places = w->text->places;
	struct branch branch = item->root;
	if (branch.count == 0)
		return is_word_here(w->x, &places[i], item->symbol) &&
		    forward(w, item + 1, i + 1, false);
	for (size_t from = i; i < w->text->end; i++) {
		if (i > from && !are_joined(&places[i]))
			return false;
		uint32_t step = step_member(w->x, &places[i], branch);
		if (step == STEP_NONE)
			return false;
		unsigned flags = w->x->step_flags[step];
		if ((flags & STEP_ENDS) != 0 && forward(w, item + 1, i + 1, false))
			return true;
		if ((flags & STEP_GOES_ON) == 0)
			return false;
		branch = w->x->step_branches[step];
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
	const struct pattern_place *places = w->text->places;
	if (item->root.count == 0)
		return is_word_here(w->x, &places[i - 1], item->symbol) &&
		    backward(w, item, i - 1, false);
	for (size_t len = 1; len <= item->longest && len <= i - w->text->begin; len++) {
		if (len > 1 && !are_joined(&places[i - len + 1]))
			return false;
		if (is_member(w->x, item->root, &places[i - len], len) &&
		    backward(w, item, i - len, false))
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
walk_from(const struct search *s, const struct candidate *c, size_t anchor)
{
	const struct item *first = s->x->sealed_items + c->first_item;
	struct walk w = {.x = s->x,
	    .text = s->text,
	    .search = s,
	    .first = first,
	    .anchor = first + c->anchor,
	    .last = first + c->count,
	    .anchor_at = anchor,
	    .value = c->value};
	backward(&w, w.anchor, anchor, false);
}

/*
 * Nearly all anchors end soon, each at another step, which no processor can foresee; and what is
 * looked at lies all over the index.  So the places of a text go through the steps together: a step
 * writes down which go on, without a branch, and asks for the memory that the next one will need.
 */
#define TOGETHER 64
#define PASSED 4 /* entries an anchor has left, most often */
#define LAST_BIT (UINT64_C(1) << 63)

/* An anchor, or one of its entries, at a place of the text. */
struct meeting {
	uint32_t place, number;
};

struct meetings {
	size_t count;
	struct meeting items[2 * TOGETHER + 1]; /* the last one is written to in vain */
};

static ALWAYS_INLINE void
meet(struct meetings *m, size_t place, uint32_t number, bool goes_on)
{
	m->items[m->count] = (struct meeting){(uint32_t)place, number};
	m->count += goes_on;
}

/* The anchors among places [from, to), TOGETHER at most: a spelling's, then its stem's. */
static void
meet_anchors(const struct search *s, size_t from, size_t to, struct meetings *met)
{
	const struct anchor *anchors = s->x->anchors;
	met->count = 0;
	for (size_t i = from; i < to; i++) {
		const struct pattern_mark mark = s->text->places[i].mark;
		meet(met, i, mark.symbol, (mark.flags & PATTERN_MARK_ANCHOR) != 0);
		if ((mark.flags & PATTERN_MARK_HAS_STEM) != 0)
			meet(met, i, anchors[mark.symbol].stem, true);
	}
}

/* Where the gates of an anchor lie, or its tables. */
static ALWAYS_INLINE const char *
gates_of(const struct pattern_index *x, const struct anchor *a)
{
	return x->gates + (size_t)a->line * CACHE_LINE;
}

/* The rows of the first table. */
static ALWAYS_INLINE void
ask_for_table(const struct search *s, const struct anchor *a, const struct pattern_place *here)
{
	const char *table = gates_of(s->x, a);
	const struct pattern_mark l = here[-1].mark, r = here[1].mark;
	unsigned shift = a->shift;
	__builtin_prefetch(table + table_row(shift, TABLE_BEFORE, l.class));
	__builtin_prefetch(table + table_row(shift, TABLE_BEHIND, r.class));
	__builtin_prefetch(table + table_row(shift, TABLE_BEFORE_SECOND, l.second_class));
	__builtin_prefetch(table + table_row(shift, TABLE_BEHIND_SECOND, r.second_class));
}

/* Anchors beside which stands what any of their entries wants. */
struct passed {
	struct meetings anchors;
	uint64_t
	    bits[2 * TOGETHER]; /* of each: the first TABLE_ENTRIES of its entries that let pass */
	/* Numbers of those above: with gates, with tables. */
	uint32_t with_gates[2 * TOGETHER + 1], with_tables[2 * TOGETHER + 1];
	size_t gates_count, tables_count;
};

static void
pass_anchors(const struct search *s, const struct meetings *met, struct passed *p)
{
	struct meetings *to = &p->anchors;
	size_t gates = 0, tables = 0;
	to->count = 0;
	for (size_t i = 0; i < met->count; i++) {
		struct meeting m = met->items[i];
		const struct anchor *a = &s->x->anchors[m.number];
		const struct pattern_place *here = &s->text->places[m.place];
		bool fits = is_in(a->before, here - 1);
		fits &= is_in(a->behind, here + 1);
		bool has_gates = a->count <= GATES;
		__builtin_prefetch(gates_of(s->x, a));
		p->with_gates[gates] = p->with_tables[tables] = (uint32_t)to->count;
		gates += fits & has_gates;
		tables += fits & !has_gates;
		meet(to, m.place, m.number, fits);
	}
	p->gates_count = gates;
	p->tables_count = tables;
	for (size_t i = 0; i < tables; i++) {
		struct meeting m = to->items[p->with_tables[i]];
		ask_for_table(s, &s->x->anchors[m.number], &s->text->places[m.place]);
	}
}

/* The entry fits what stands directly beside its anchor. */
static void
try_candidate(const struct search *s, struct meeting m)
{
	const struct candidate *c = &s->x->candidates[m.number];
	if (c->is_whole)
		s->found(s->cookie, c->value, m.place, m.place + 1);
	else
		walk_from(s, c, m.place);
}

/* Those that stand in the right circumstances between what they need. */
static void
try_candidates(const struct search *s, struct meetings *met)
{
	size_t count = met->count;
	met->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct meeting m = met->items[i];
		const struct candidate *c = &s->x->candidates[m.number];
		const struct pattern_place *here = &s->text->places[m.place];
		bool fits = (c->before >> here[-1].mark.second_class & 1) != 0;
		fits &= (c->behind >> here[1].mark.second_class & 1) != 0;
		fits &= (c->left[0] & here->left) != 0;
		fits &= (c->left[1] & here->left) != 0;
		fits &= (c->right[0] & here->right) != 0;
		fits &= (c->right[1] & here->right) != 0;
		fits &= (c->when >> s->text->when & 1) != 0;
		__builtin_prefetch(&s->x->sealed_items[c->first_item]);
		meet(met, m.place, m.number, fits);
	}
	for (size_t i = 0; i < met->count; i++)
		try_candidate(s, met->items[i]);
	met->count = 0;
}

/* Which of an anchor's gates let what stands beside it pass: a bit each. */
static ALWAYS_INLINE uint64_t
pass_gates(const struct gate gates[GATES], const struct pattern_place *here)
{
	unsigned before = here[-1].mark.class, behind = here[1].mark.class;
	uint64_t bits = 0;
	for (unsigned i = 0; i < GATES; i++)
		bits |= (gates[i].before >> before & gates[i].behind >> behind & 1) << i;
	return bits;
}

/* The same of the next entries, TABLE_ENTRIES at most, of an anchor with a table of them. */
static ALWAYS_INLINE uint64_t
pass_table(const char *table, unsigned shift, uint32_t entries, const struct pattern_place *here)
{
	const struct pattern_mark l = here[-1].mark, r = here[1].mark;
	uint64_t bits =
	    UINT64_MAX >> (TABLE_ENTRIES - (entries < TABLE_ENTRIES ? entries : TABLE_ENTRIES));
	bits &= word_load(table + table_row(shift, TABLE_BEFORE, l.class), 8);
	bits &= word_load(table + table_row(shift, TABLE_BEHIND, r.class), 8);
	bits &= word_load(table + table_row(shift, TABLE_BEFORE_SECOND, l.second_class), 8);
	return bits & word_load(table + table_row(shift, TABLE_BEHIND_SECOND, r.second_class), 8);
}

static void
pass_entries(const struct search *s, struct passed *p)
{
	for (size_t i = 0; i < p->gates_count; i++) {
		uint32_t k = p->with_gates[i];
		struct meeting m = p->anchors.items[k];
		const char *gates = gates_of(s->x, &s->x->anchors[m.number]);
		p->bits[k] = pass_gates((const void *)gates, &s->text->places[m.place]);
	}
	for (size_t i = 0; i < p->tables_count; i++) {
		uint32_t k = p->with_tables[i];
		struct meeting m = p->anchors.items[k];
		const struct anchor *a = &s->x->anchors[m.number];
		const struct pattern_place *here = &s->text->places[m.place];
		p->bits[k] = pass_table(gates_of(s->x, a), a->shift, a->count, here);
	}
}

/* An address that is asked for is not looked at: where no bit is left it may be any. */
static ALWAYS_INLINE void
ask_for(const struct candidate *c, uint32_t number)
{
	__builtin_prefetch((const void *)((uintptr_t)c + (uintptr_t)number * sizeof *c));
}

/* The entries with these bits; tries what has gathered when there are many.  How many they are cannot be
 * foreseen: of the first few no branch. */
static ALWAYS_INLINE void
meet_passed(
    const struct search *s, size_t place, uint32_t first, uint64_t bits, struct meetings *met)
{
	do {
		for (unsigned k = 0; k < PASSED; k++) {
			uint32_t number = first + (uint32_t)__builtin_ctzll(bits | LAST_BIT);
			ask_for(s->x->candidates, number);
			meet(met, place, number, bits != 0);
			bits &= bits - 1;
		}
	} while (bits != 0);
	if (met->count > TOGETHER)
		try_candidates(s, met);
}

/* The entries of an anchor with several tables, behind the first. */
static void
meet_further(const struct search *s, struct meeting m, struct meetings *met)
{
	const struct anchor *a = &s->x->anchors[m.number];
	const char *table = gates_of(s->x, a);
	for (uint32_t done = TABLE_ENTRIES; done < a->count; done += TABLE_ENTRIES) {
		table += table_row(a->shift, TABLE_PARTS, 0);
		uint64_t bits =
		    pass_table(table, a->shift, a->count - done, &s->text->places[m.place]);
		meet_passed(s, m.place, a->first + done, bits, met);
	}
}

static void
search_places(const struct search *s, size_t from, size_t to)
{
	struct meetings anchors, candidates;
	struct passed passed;
	candidates.count = 0;
	meet_anchors(s, from, to, &anchors);
	pass_anchors(s, &anchors, &passed);
	pass_entries(s, &passed);
	for (size_t i = 0; i < passed.anchors.count; i++) {
		struct meeting m = passed.anchors.items[i];
		const struct anchor *a = &s->x->anchors[m.number];
		meet_passed(s, m.place, a->first, passed.bits[i], &candidates);
		if (a->count > TABLE_ENTRIES)
			meet_further(s, m, &candidates);
	}
	try_candidates(s, &candidates);
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
pattern_index_prefetch(const struct pattern_index *x, const struct unit *units, size_t count)
{
	for (const struct unit *u = units; u < units + count; u++)
		__builtin_prefetch(&x->anchors[u->mark.symbol]);
}

void
pattern_index_search(
    const struct pattern_index *x, struct pattern_text *text, pattern_found_fn *found, void *cookie)
{
	const struct search s = {x, text, found, cookie};
	fill_right(text);
	for (size_t from = text->begin; from < text->end; from += TOGETHER) {
		size_t left = text->end - from;
		search_places(&s, from, from + (left < TOGETHER ? left : TOGETHER));
	}
}

size_t
pattern_index_member(
    const struct pattern_index *x, uint32_t group, const struct pattern_text *text, size_t at)
{
	struct branch branch = x->roots[group];
	size_t longest = 0;
	for (size_t i = at; i < text->end; i++) {
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
