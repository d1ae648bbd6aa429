/*
 * pattern_index_chances.c - the words of a text anchor patterns: which of them may stand there?
 *
 * Nearly all anchors end soon, each at another step, which no processor can foresee.  So the anchors of
 * all sentences go through the steps together, and no step has a branch that depends on what it finds:
 * it writes down what goes on behind what went on already.
 */
#include "nlp/pattern_index.h"

#include "nlp/pattern_index_internal.h"

/* ---- the text --------------------------------------------------------------- */

/* Nothing stands there but what no pattern knows, whose classes are 0. */
static const struct pattern_set NOBODY = {1, 1};

/* Writes down what stands behind each place. */
static void
fill_right(struct pattern_place *begin, struct pattern_place *end)
{
	struct pattern_set right = NOBODY;
	for (struct pattern_place *p = end; p-- > begin;) {
		p->right = right;
		pattern_set_add(&right, &p->mark);
	}
}

/* An address that is asked for is not looked at: it may be any. */
static inline void
ask_for(const struct anchor *anchors, size_t i)
{
	__builtin_prefetch((const void *)((uintptr_t)anchors + i * sizeof *anchors));
}

/* The sentence that begins with this unit, behind what is laid out already.  Returns its end. */
static const struct unit *
lay_sentence(const struct anchor *known, struct pattern_text *t, struct pattern_place *begin,
    const struct unit *u, const struct unit *end)
{
	struct pattern_place *place = begin;
	const struct pattern_place **anchors = t->anchors + t->anchor_count;
	const struct pattern_place **signs = t->signs + t->sign_count;
	uint16_t number = (uint16_t)t->sentence_count, sentence = u->sentence;
	struct pattern_set left = NOBODY;
	for (; u < end && u->sentence == sentence; u++, place++) {
		const struct pattern_mark *mark = unit_mark(u);
		ask_for(known, mark->symbol);
		place->mark = *mark;
		place->clause = u->clause;
		place->sentence = number;
		place->left = left;
		pattern_set_add(&left, mark);
		*anchors = *signs = place;
		anchors += mark->is_anchor;
		signs += mark->sign != 0;
	}
	fill_right(begin, place);
	*place = (struct pattern_place){.sentence = number};
	t->anchor_count = (size_t)(anchors - t->anchors);
	t->sign_count = (size_t)(signs - t->signs);
	t->sentences[t->sentence_count++] = (struct pattern_sentence){
	    .begin = (uint32_t)(begin - t->places), .end = (uint32_t)(place - t->places)};
	return u;
}

void
pattern_index_lay(const struct pattern_index *x, struct pattern_text *t, const struct unit *units,
    size_t count, uint8_t when)
{
	const struct anchor *known = x == NULL ? NULL : x->anchors;
	struct pattern_place *begin = t->places + 1;
	t->sentence_count = t->anchor_count = t->sign_count = 0;
	t->places[0] = (struct pattern_place){.sentence = 0};
	for (const struct unit *u = units, *end = units + count; u < end;) {
		struct pattern_sentence *s = &t->sentences[t->sentence_count];
		u = lay_sentence(known, t, begin, u, end);
		s->when = when;
		begin = t->places + s->end + 1;
	}
}

void
pattern_index_begin(
    struct pattern_search *s, const struct pattern_index *x, const struct pattern_text *t)
{
	s->x = x;
	s->text = t;
	s->anchor_count = s->anchor_at = s->next = 0;
	s->done = 0;
}

/* ---- beside the anchor ------------------------------------------------------ */

/* Which of an anchor's entries, TABLE_ENTRIES from number `done` on, are looked for now and go well with what
 * stands beside it: a bit each. */
static inline uint64_t
pass_table(const struct pattern_index *x, const struct anchor *a, uint32_t done,
    const struct pattern_place *here, unsigned when)
{
	const struct pattern_mark *l = &here[-1].mark, *r = &here[1].mark;
	uint64_t fits = a->before >> l->class & a->behind >> r->class & 1;
	unsigned shift = a->shift;
	/* Where nothing fits, the table that is always at hand. */
	const char *table = x->tables + ((size_t)a->line * CACHE_LINE & -fits);
	uint64_t bits = a->when[when] | (uint64_t)a->others << TABLE_ENTRIES / 2;
	if (__builtin_expect(done > 0, 0)) {
		table += fits * (done / TABLE_ENTRIES * table_row(shift, TABLE_PARTS, 0));
		bits = UINT64_MAX;
	}
	bits &= word_load(table + table_row(shift, TABLE_BEFORE, l->class), 8);
	bits &= word_load(table + table_row(shift, TABLE_BEHIND, r->class), 8);
	bits &= word_load(table + table_row(shift, TABLE_BEFORE_SECOND, l->second_class), 8);
	return bits & word_load(table + table_row(shift, TABLE_BEHIND_SECOND, r->second_class), 8);
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
		const struct pattern_place *here = t->anchors[next];
		const struct anchor *a = &x->anchors[here->mark.symbol];
		uint64_t bits = pass_table(x, a, done, here, t->sentences[here->sentence].when);
		*to = (struct pattern_anchor){here, bits, a->first + done};
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

/* Does a word that the pattern needs stand on either side? */
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
	const struct need *needs = s->x->needs;
	struct pattern_anchor *a = s->anchors + s->anchor_at, *end = s->anchors + s->anchor_count;
	struct pattern_chance *to = s->chances + s->count, *full = s->chances + PATTERN_CHANCES;
	while (a < end && to < full) {
		uint64_t bits = a->bits;
		const struct pattern_place *here = a->here;
		uint32_t number = a->first + (uint32_t)__builtin_ctzll(bits);
		bits &= bits - 1;
		a->bits = bits;
		a += bits == 0;
		*to = (struct pattern_chance){.here = here, .candidate = number};
		to += has_needed(&needs[number], here);
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
		unsigned when = t->sentences[chance.here->sentence].when;
		uint64_t is_looked_for = c->when >> when & 1;
		uint64_t kind = is_looked_for << c->kind;
		twice |= once & kind;
		once |= kind;
		chance.kind = c->kind;
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
