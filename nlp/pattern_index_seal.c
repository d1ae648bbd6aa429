/*
 * pattern_index_seal.c - patterns that have all been added: each is filed under its rarest word, with masks of what
 * may stand around it.
 */
#include "nlp/pattern_index.h"

#include <assert.h>
#include <stdlib.h>

#include "core/mem.h"
#include "nlp/pattern_index_internal.h"

/* Words that so many of 10,000 posts hold have classes of their own, as far as there are; of the others so many
 * in a row share one. */
#define COMMON_POSTS 200
#define COMMON_CLASSES 28
#define WORDS_TOGETHER 24
/* An anchor beside which anything may stand costs as much as one that is met so many times as often. */
#define OPEN_COST 4
/* The second class is anybody's but 0. */
#define SECOND_CLASS_SHARE (UINT64_MAX / (PATTERN_CLASSES - 1) + 1)

/* ---- the rarest word of a pattern, and what stands beside it ---------------------- */

/* Members of a group lie together once they are sorted, those that are looked for from the same word beside
 * each other. */
static int
compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->rarest != y->rarest)
		return x->rarest < y->rarest ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The members of a group: [*from, returned). */
static size_t
members_of(const struct pattern_index *x, uint32_t group, size_t *from)
{
	size_t low = 0, high = x->members.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (member_at(x, middle)->group < group)
			low = middle + 1;
		else
			high = middle;
	}
	*from = low;
	while (high < x->members.count && member_at(x, high)->group == group)
		high++;
	return high;
}

/* How often a word will be met, and how much there is to do then. */
static uint64_t
cost_of_word(const struct pattern_index *x, uint32_t word)
{
	const struct symbol *s = symbol_at(x, word);
	return ((uint64_t)s->posts << 32) + s->rarity;
}

/* Each is looked for from its rarest word. */
static void
sort_members(struct pattern_index *x)
{
	for (size_t i = 0; i < x->members.count; i++) {
		struct member *m = member_at(x, i);
		const uint32_t *words = words_of(x, m);
		for (uint8_t k = 1; k < m->count; k++) {
			if (cost_of_word(x, words[k]) < cost_of_word(x, words[m->offset]))
				m->offset = k;
		}
		m->rarest = words[m->offset];
	}
	if (x->members.count > 0)
		qsort(x->members.items, x->members.count, sizeof(struct member), compare_members);
}

/* Counts in how many items each word stands. */
static void
count_words(struct pattern_index *x)
{
	for (uint32_t i = 0; i < x->items.count; i++) {
		size_t from, to = members_of(x, item_at(x, i)->symbol, &from);
		symbol_at(x, item_at(x, i)->symbol)->rarity++;
		for (; from < to; from++)
			symbol_at(x, words_of(x, member_at(x, from))[0])->rarity++;
	}
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		uint32_t stem = symbol_at(x, i)->stem;
		if (stem != 0)
			symbol_at(x, stem)->rarity += symbol_at(x, i)->rarity;
	}
}

/* In how many items the first words of an item stand. */
static uint64_t
rarity_of_item(const struct pattern_index *x, const struct pattern *p, int k)
{
	uint32_t symbol = item_at(x, p->first_item + (uint32_t)k)->symbol;
	size_t from, to = members_of(x, symbol, &from);
	uint32_t sum = from == to ? symbol_at(x, symbol)->rarity : 0;
	for (; from < to; from++)
		sum += symbol_at(x, words_of(x, member_at(x, from))[0])->rarity;
	return sum;
}

/* How often one of the words that an item is looked for from will be met. */
static uint64_t
cost_of_item(const struct pattern_index *x, const struct pattern *p, int k)
{
	uint32_t symbol = item_at(x, p->first_item + (uint32_t)k)->symbol;
	size_t from, to = members_of(x, symbol, &from);
	uint64_t sum = from == to ? cost_of_word(x, symbol) : 0;
	for (uint32_t last = PATTERN_NONE; from < to; from++) {
		uint32_t word = member_at(x, from)->rarest;
		sum += word == last ? 0 : cost_of_word(x, word);
		last = word;
	}
	return sum;
}

typedef uint64_t item_cost_fn(const struct pattern_index *x, const struct pattern *p, int k);

/* The first one that costs least of items [from, to) that may not be missing; -1: there is none. */
static int
best_item(
    const struct pattern_index *x, const struct pattern *p, int from, int to, item_cost_fn *fn)
{
	uint64_t least = UINT64_MAX;
	int best = -1;
	for (int k = from; k < to; k++) {
		const struct item *item = item_at(x, p->first_item + (uint32_t)k);
		if (item->is_optional || item->symbol < PATTERN_FIRST_FREE)
			continue;
		uint64_t cost = fn(x, p, k);
		if (cost < least) {
			least = cost;
			best = k;
		}
	}
	return best;
}

/* which: the first or the second class. */
static uint64_t
mask_of(const struct pattern_index *x, uint32_t symbol, int which)
{
	const struct symbol *s = symbol_at(x, symbol);
	return UINT64_C(1) << (which == 0 ? s->class : s->second_class);
}

/* Which of a member's words is asked for. */
enum member_word {
	MEMBER_FIRST,
	MEMBER_LAST,
	MEMBER_RAREST
};

static uint64_t
mask_of_member(
    const struct pattern_index *x, const struct member *m, enum member_word word, int which)
{
	size_t offset = word == MEMBER_FIRST ? 0 : word == MEMBER_LAST ? m->count - 1u : m->offset;
	return mask_of(x, words_of(x, m)[offset], which);
}

static uint64_t
mask_of_item(
    const struct pattern_index *x, const struct item *item, enum member_word word, int which)
{
	size_t from, to = members_of(x, item->symbol, &from);
	uint64_t mask = from == to ? mask_of(x, item->symbol, which) : 0;
	for (; from < to; from++)
		mask |= mask_of_member(x, member_at(x, from), word, which);
	return mask;
}

/* What stands beside an item of the pattern: the first words (step 1) or the last ones (step -1) of
 * item k, and of those behind it as long as one may be missing. */
static uint64_t
mask_beside(const struct pattern_index *x, const struct pattern *p, int k, int step)
{
	uint64_t mask = 0;
	for (; k >= 0 && k < p->count; k += step) {
		const struct item *item = item_at(x, p->first_item + (uint32_t)k);
		if (item->symbol < PATTERN_FIRST_FREE)
			return MASK_ANY;
		mask |= mask_of_item(x, item, step > 0 ? MEMBER_FIRST : MEMBER_LAST, 0);
		if (!item->is_optional)
			return mask;
	}
	return MASK_ANY; /* nothing has to stand there */
}

/* How often an item will be met, and how much there is to do then: more where its neighbours tell nothing. */
static uint64_t
cost_of_anchor(const struct pattern_index *x, const struct pattern *p, int k)
{
	bool is_open =
	    mask_beside(x, p, k - 1, -1) == MASK_ANY && mask_beside(x, p, k + 1, 1) == MASK_ANY;
	return cost_of_item(x, p, k) * (is_open ? OPEN_COST : 1);
}

/* What has to stand among items [from, to): the words that the rarest of them is met by. */
static pattern_set
find_needed(const struct pattern_index *x, const struct pattern *p, int from, int to)
{
	int rarest = best_item(x, p, from, to, cost_of_item);
	if (rarest < 0)
		return (pattern_set){MASK_ANY, MASK_ANY};
	const struct item *item = item_at(x, p->first_item + (uint32_t)rarest);
	return (pattern_set){
	    mask_of_item(x, item, MEMBER_RAREST, 0), mask_of_item(x, item, MEMBER_RAREST, 1)};
}

/* A member of the anchor, looked for from the entry's word: what stands before and behind that. */
static void
fill_from_member(
    const struct pattern_index *x, const struct pattern *p, const struct member *m, struct entry *e)
{
	const uint32_t *words = words_of(x, m);
	e->before |= m->offset > 0 ? mask_of(x, words[m->offset - 1], 0)
				   : mask_beside(x, p, p->anchor - 1, -1);
	e->behind |= m->offset + 1 < m->count ? mask_of(x, words[m->offset + 1], 0)
					      : mask_beside(x, p, p->anchor + 1, 1);
	e->is_whole &= m->count == 1;
}

/* The anchor of a pattern by this word. */
static void
fill_entry(const struct pattern_index *x, const struct pattern *p, struct entry *e)
{
	size_t from, to = members_of(x, item_at(x, p->first_item + p->anchor)->symbol, &from);
	e->is_whole = p->count == 1;
	if (from == to) {
		const struct member alone = {.count = 1};
		fill_from_member(x, p, &alone, e);
	}
	for (; from < to; from++) {
		const struct member *m = member_at(x, from);
		if (m->rarest == e->symbol && m->offset == e->offset)
			fill_from_member(x, p, m, e);
	}
}

static int
add_entry(struct pattern_index *x, const struct entry *entry)
{
	uint32_t i = pattern_list_add(&x->entries, sizeof *entry);
	if (i == UINT32_MAX)
		return -1;
	struct entry *e = entry_at(x, i);
	*e = *entry;
	fill_entry(x, pattern_at(x, e->pattern), e);
	return 0;
}

static uint8_t
gap_of(uint32_t symbol)
{
	switch (symbol) {
	case PATTERN_SHORT_GAP: return PATTERN_GAP_SHORT;
	case PATTERN_LONG_GAP: return PATTERN_GAP_LONG;
	default: return 0;
	}
}

/* What is known of items only once everything was added. */
static void
fill_items(struct pattern_index *x, const struct pattern *p)
{
	for (int k = 0; k < p->count; k++) {
		struct item *item = item_at(x, p->first_item + (uint32_t)k);
		item->longest = symbol_at(x, item->symbol)->longest & 127u;
		item->gap = gap_of(item->symbol);
		item->begins = mask_of_item(x, item, MEMBER_FIRST, 1);
		item->from = mask_beside(x, p, k, 1);
		item->to = mask_beside(x, p, k, -1);
	}
}

static int
add_entries(struct pattern_index *x, uint32_t pattern)
{
	struct pattern *p = pattern_at(x, pattern);
	int anchor = best_item(x, p, 0, p->count, cost_of_anchor);
	assert(anchor >= 0);
	p->anchor = (uint8_t)anchor;
	p->head = (uint8_t)best_item(x, p, 0, p->count, rarity_of_item);
	fill_items(x, p);
	struct entry e = {.symbol = item_at(x, p->first_item + p->anchor)->symbol,
	    .pattern = pattern,
	    .left = find_needed(x, p, 0, anchor),
	    .right = find_needed(x, p, anchor + 1, p->count)};
	size_t from, to = members_of(x, e.symbol, &from);
	if (from == to)
		return add_entry(x, &e);
	for (const struct member *last = NULL; from < to; from++) {
		const struct member *m = member_at(x, from);
		e.symbol = m->rarest;
		e.offset = m->offset;
		bool is_same =
		    last != NULL && last->rarest == m->rarest && last->offset == m->offset;
		if (!is_same && add_entry(x, &e) < 0)
			return -1;
		last = m;
	}
	return 0;
}

/* Common words have a class of their own, as far as there are classes; of the others, those that came
 * one after another share one, since they are members of the same group more often than not. */
static void
choose_classes(struct pattern_index *x)
{
	const uint32_t other_classes = PATTERN_CLASSES - 1 - COMMON_CLASSES;
	uint32_t common = 0, other = 0;
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		struct symbol *s = symbol_at(x, i);
		if (s->posts >= COMMON_POSTS)
			s->class = (uint8_t)(1 + common++ % COMMON_CLASSES);
		else if (s->root == 0 && s->stem == 0)
			s->class = (uint8_t)(1 + COMMON_CLASSES +
			    other++ / WORDS_TOGETHER % other_classes);
	}
	for (uint32_t i = PATTERN_FIRST_FREE; i < x->symbols.count; i++) {
		struct symbol *s = symbol_at(x, i);
		uint32_t word = s->stem == 0 ? i : s->stem;
		s->class = symbol_at(x, word)->class;
		s->second_class = (uint8_t)(1 + word * WORD_HASH_FACTOR / SECOND_CLASS_SHARE);
	}
}

int
pattern_index_seal(struct pattern_index *x)
{
	choose_classes(x);
	sort_members(x);
	count_words(x);
	for (uint32_t i = 0; i < x->patterns.count; i++) {
		if (add_entries(x, i) < 0)
			return -1;
	}
	if (pattern_index_lay_out(x) < 0)
		return -1;
	for (size_t i = 0; i < x->word_cap; i++) {
		const struct word_slot *w = &x->words[i];
		if (w->symbol != 0 && w->space == BY_STEM)
			x->filter[(w->key.hash >> 6) % (PATTERN_FILTER_BITS / 64)] |= 1ULL
			    << (w->key.hash & 63);
	}
	return 0;
}
