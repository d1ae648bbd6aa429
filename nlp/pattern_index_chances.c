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

/* The mark of a unit, between those of its neighbours. */
static inline const struct pattern_mark *
mark_of(const struct pattern_text *t, struct pattern_spot spot)
{
	return &t->marks[1 + (size_t)spot.unit + spot.sentence];
}

void
pattern_index_lay(struct pattern_text *t, const struct unit *units, size_t count, uint32_t when)
{
	const struct pattern_mark nobody = {0};
	struct pattern_mark *marks = t->marks + 1;
	struct pattern_sentence *sentences = t->sentences;
	struct pattern_spot *anchors = t->anchors;
	uint32_t all = 0; /* bits of any mark */
	t->marks[0] = nobody;
	sentences[0].begin = 0;
	for (size_t i = 0; i < count; i++) {
		struct pattern_mark mark;
		uint32_t bits;
		memcpy(&bits, unit_mark(&units[i]), sizeof bits);
		memcpy(&mark, &bits, sizeof mark);
		uint32_t sentence = units[i].sentence;
		marks[i + sentence] = mark;
		marks[i + sentence + 1] = nobody;
		sentences[sentence].when = when;
		sentences[sentence + 1].begin = (uint32_t)i + 1;
		*anchors = (struct pattern_spot){(uint32_t)i, sentence};
		anchors += mark.is_anchor;
		all |= bits;
	}
	struct pattern_mark any;
	memcpy(&any, &all, sizeof any);
	t->units = units;
	t->sentence_count = count == 0 ? 0 : units[count - 1].sentence + 1u;
	t->anchor_count = (size_t)(anchors - t->anchors);
	t->has_signs = any.sign != 0;
}

void
pattern_index_begin(
    struct pattern_search *s, const struct pattern_index *x, const struct pattern_text *t)
{
	s->x = x;
	s->text = t;
	s->anchor_count = s->anchor_at = s->next = 0;
	s->done = 0;
	s->sided = UINT32_MAX;
}

/* ---- beside the anchor ------------------------------------------------------ */

/* Which of an anchor's entries, TABLE_ENTRIES from number `done` on, are looked for now and go well with what
 * stands beside it: a bit each. */
static inline uint64_t
pass_table(const struct pattern_index *x, const struct anchor *a, uint32_t done,
    const struct pattern_mark *here, unsigned when)
{
	unsigned shift = a->shift;
	const char *table = x->tables + (size_t)a->line * CACHE_LINE;
	/* A row of few entries is read with what lies behind it. */
	uint64_t bits = a->when[when] | (uint64_t)a->others << ANCHOR_WHENS;
	if (__builtin_expect(done > 0, 0)) {
		table += done / TABLE_ENTRIES * table_row(shift, TABLE_PARTS, 0);
		bits = UINT64_MAX;
	}
	bits &= word_load(table + table_row(shift, TABLE_BEFORE, here[-1].class), 8);
	return bits & word_load(table + table_row(shift, TABLE_BEHIND, here[1].class), 8);
}

/* The next anchors with those of their entries that pass. */
static void
pass_anchors(struct pattern_search *s)
{
	const struct pattern_index *x = s->x;
	const struct pattern_text *t = s->text;
	struct pattern_anchor *to = s->anchors;
	size_t next = s->next, count = t->anchor_count, room = PATTERN_CHANCES;
	uint32_t done = s->done;
	for (; next < count && room > 0; room--) {
		struct pattern_spot spot = t->anchors[next];
		const struct pattern_mark *here = mark_of(t, spot);
		const struct anchor *a = &x->anchors[here->symbol];
		uint64_t bits = pass_table(x, a, done, here, t->sentences[spot.sentence].when);
		*to = (struct pattern_anchor){bits, spot, a->first + done};
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

#define BIT_OF(n) UINT64_C(1) << (n)
#define BITS_OF_8(n)                                                                               \
	BIT_OF(n), BIT_OF(n + 1), BIT_OF(n + 2), BIT_OF(n + 3), BIT_OF(n + 4), BIT_OF(n + 5),      \
	    BIT_OF(n + 6), BIT_OF(n + 7)

/* Read faster than shifted, where two are wanted in one register. */
static const uint64_t BITS[PATTERN_CLASSES] = {BITS_OF_8(0), BITS_OF_8(8), BITS_OF_8(16),
    BITS_OF_8(24), BITS_OF_8(32), BITS_OF_8(40), BITS_OF_8(48), BITS_OF_8(56)};

/* What stands on either side of each unit of a sentence. */
static void
fill_sides(const struct pattern_text *t, uint32_t sentence)
{
	const pattern_set nobody = {1, 1};
	uint32_t begin = t->sentences[sentence].begin;
	size_t count = t->sentences[sentence + 1].begin - begin;
	const struct pattern_mark *marks = mark_of(t, (struct pattern_spot){begin, sentence});
	struct pattern_sides *sides = t->sides + begin;
	pattern_set left = nobody, right = nobody;
	for (size_t i = 0; i < count; i++) {
		pattern_set word = {BITS[marks[i].class], BITS[marks[i].second_class]};
		sides[i] = (struct pattern_sides){left, word};
		left |= word;
	}
	for (size_t i = count; i-- > 0;) {
		pattern_set word = sides[i].right;
		sides[i].right = right;
		right |= word;
	}
}

/* Of the sentences in which some entry passed. */
static void
fill_all_sides(struct pattern_search *s)
{
	for (size_t i = 0; i < s->anchor_count; i++) {
		uint32_t sentence = s->anchors[i].spot.sentence;
		if (sentence != s->sided)
			fill_sides(s->text, sentence);
		s->sided = sentence;
	}
}

/* Does a word that the pattern needs stand on either side? */
static inline bool
has_needed(const struct need *need, const struct pattern_sides *here)
{
	bool has = (need->left[0] & here->left[0]) != 0;
	has &= (need->left[1] & here->left[1]) != 0;
	has &= (need->right[0] & here->right[0]) != 0;
	return has & ((need->right[1] & here->right[1]) != 0);
}

/* The entries that passed, one behind the other, until there is no room for more chances. */
static void
pass_entries(struct pattern_search *s)
{
	const struct need *needs = s->x->needs;
	const struct pattern_sides *sides = s->text->sides;
	struct pattern_anchor *a = s->anchors + s->anchor_at, *end = s->anchors + s->anchor_count;
	struct pattern_chance *to = s->chances + s->count, *full = s->chances + PATTERN_CHANCES;
	while (a < end && to < full) {
		uint64_t bits = a->bits;
		uint32_t number = a->first + (uint32_t)__builtin_ctzll(bits);
		const struct pattern_sides *here = &sides[a->spot.unit];
		to->anchor = a->spot;
		to->candidate = number;
		bits &= bits - 1;
		a->bits = bits;
		a += bits == 0;
		to += has_needed(&needs[number], here);
	}
	s->count = (size_t)(to - s->chances);
	s->anchor_at = (size_t)(a - s->anchors);
}

/* Counts the kinds of the chances that are looked for now; the others go. */
static void
count_kinds(struct pattern_search *s)
{
	const struct pattern_sentence *sentences = s->text->sentences;
	struct pattern_chance *to = s->chances;
	uint64_t once = 0, twice = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct pattern_chance chance = s->chances[i];
		const struct candidate *c = &s->x->candidates[chance.candidate];
		uint64_t is_looked_for = c->when >> sentences[chance.anchor.sentence].when & 1;
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
		if (s->anchor_at == s->anchor_count) {
			pass_anchors(s);
			fill_all_sides(s);
		}
		pass_entries(s);
		s->is_all = s->anchor_at == s->anchor_count && s->next == s->text->anchor_count;
	} while (!s->is_all && s->count < PATTERN_CHANCES);
	count_kinds(s);
}
