/*
 * pattern_index_chances.c - the words of a text anchor patterns: which of them may stand there?
 *
 * Nearly all anchors end soon, each at another step, which no processor can foresee.  So the anchors of
 * all sentences go through the steps together, and no step has a branch that depends on what it finds:
 * it writes down what goes on behind what went on already.
 */
#include "nlp/pattern_index.h"

#include "nlp/pattern_index_internal.h"

void
pattern_index_prefetch(const struct pattern_index *x, const struct unit *units, size_t count)
{
	for (const struct unit *u = units; u < units + count; u++)
		__builtin_prefetch(&x->anchors[u->mark.symbol]);
}

/* Writes down what stands behind each place. */
static void
fill_right(const struct pattern_text *text)
{
	const struct pattern_sentence *last =
	    &text->sentences[text->places[text->count - 1].sentence];
	for (const struct pattern_sentence *in = text->sentences; in <= last; in++) {
		struct pattern_place *begin = text->places + in->begin, *p = text->places + in->end;
		struct pattern_set right = PATTERN_SET_NOBODY;
		while (p-- > begin) {
			p->right = right;
			pattern_set_add(&right, p->mark);
		}
	}
}

void
pattern_index_begin(struct pattern_search *s, const struct pattern_index *x, struct pattern_text *t)
{
	s->x = x;
	s->text = t;
	s->anchor_count = s->anchor_at = s->next = 0;
	s->done = 0;
	fill_right(t);
}

/* ---- beside the anchor ------------------------------------------------------ */

/* Which of an anchor's entries, TABLE_ENTRIES from number `done` on, are looked for now and go well with what
 * stands beside it: a bit each. */
static inline uint64_t
pass_table(const struct pattern_index *x, const struct anchor *a, uint32_t done,
    const struct pattern_place *here, unsigned when)
{
	const struct pattern_mark l = here[-1].mark, r = here[1].mark;
	uint64_t fits = a->before >> l.class & a->behind >> r.class & 1;
	unsigned shift = a->shift;
	/* Where nothing fits, the table that is always at hand. */
	const char *table = x->tables + ((size_t)a->line * CACHE_LINE & -fits);
	uint64_t bits = a->when[when] | (uint64_t)a->others << TABLE_ENTRIES / 2;
	if (__builtin_expect(done > 0, 0)) {
		table += fits * (done / TABLE_ENTRIES * table_row(shift, TABLE_PARTS, 0));
		bits = UINT64_MAX;
	}
	bits &= word_load(table + table_row(shift, TABLE_BEFORE, l.class), 8);
	bits &= word_load(table + table_row(shift, TABLE_BEHIND, r.class), 8);
	bits &= word_load(table + table_row(shift, TABLE_BEFORE_SECOND, l.second_class), 8);
	return bits & word_load(table + table_row(shift, TABLE_BEHIND_SECOND, r.second_class), 8);
}

/* The next anchors beside which stands what some of their entries want. */
static void
pass_anchors(struct pattern_search *s)
{
	const struct pattern_index *x = s->x;
	const struct pattern_text *t = s->text;
	struct pattern_anchor *to = s->anchors;
	size_t next = s->next, count = t->anchor_count, room = PATTERN_CHANCES;
	uint32_t done = s->done;
	for (; next < count && room > 0; room--) {
		uint32_t at = t->anchors[next];
		const struct pattern_place *here = &t->places[at];
		const struct anchor *a = &x->anchors[here->mark.symbol];
		uint64_t bits = pass_table(x, a, done, here, t->sentences[here->sentence].when);
		*to = (struct pattern_anchor){at, a->first + done, bits};
		to += bits != 0;
		done += TABLE_ENTRIES;
		if (__builtin_expect(done >= a->count, 1)) {
			done = 0;
			next++;
		}
	}
	s->next = next;
	s->done = done;
	s->anchor_count = (size_t)(to - s->anchors);
	s->anchor_at = 0;
}

/* ---- somewhere around it ----------------------------------------------------- */

static inline bool
has_needed(const struct need *need, const struct pattern_place *here)
{
	bool has = (need->left.first & here->left.first) != 0;
	has &= (need->left.second & here->left.second) != 0;
	has &= (need->right.first & here->right.first) != 0;
	has &= (need->right.second & here->right.second) != 0;
	return has;
}

/* The entries that passed, one behind the other, until there is no room for more chances. */
static void
pass_entries(struct pattern_search *s)
{
	const struct pattern_place *places = s->text->places;
	const struct need *needs = s->x->needs;
	struct pattern_anchor *a = s->anchors + s->anchor_at, *end = s->anchors + s->anchor_count;
	struct pattern_chance *to = s->chances + s->count, *full = s->chances + PATTERN_CHANCES;
	while (a < end && to < full) {
		uint64_t bits = a->bits;
		uint32_t at = a->place, number = a->first + (uint32_t)__builtin_ctzll(bits);
		bits &= bits - 1;
		a->bits = bits;
		a += bits == 0;
		*to = (struct pattern_chance){at, number};
		to += has_needed(&needs[number], &places[at]);
	}
	s->count = (size_t)(to - s->chances);
	s->anchor_at = (size_t)(a - s->anchors);
}

/* Counts the kinds of the chances that are looked for now; the others go. */
static void
count_kinds(struct pattern_search *s)
{
	const struct pattern_text *t = s->text;
	struct pattern_chance *to = s->chances;
	uint64_t once = 0, twice = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct pattern_chance chance = s->chances[i];
		const struct candidate *c = &s->x->candidates[chance.candidate];
		unsigned when = t->sentences[t->places[chance.place].sentence].when;
		uint64_t is_looked_for = c->when >> when & 1;
		uint64_t kind = is_looked_for << c->kind;
		twice |= once & kind;
		once |= kind;
		*to = chance;
		to += is_looked_for;
	}
	s->count = (size_t)(to - s->chances);
	s->once = once;
	s->twice = twice;
}

void
pattern_index_next(struct pattern_search *s)
{
	s->count = 0;
	do {
		if (s->anchor_at == s->anchor_count)
			pass_anchors(s);
		pass_entries(s);
		s->is_all = s->anchor_at == s->anchor_count && s->next == s->text->anchor_count;
	} while (!s->is_all && s->count < PATTERN_CHANCES);
	count_kinds(s);
}
