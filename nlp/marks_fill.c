/*
 * marks_fill.c - the marks themselves: of the units that something may change, or of all of them, one after the
 * other.
 */
#include "nlp/lexicon_internal.h"
#include "nlp/marks.h"
#include "nlp/unit_bits.h"

static inline void
write_mark(struct mark *m, const struct lexeme *rated, const struct lexeme *stem,
    const struct word_sense *sense, size_t unit, size_t span)
{
	*m = (struct mark){.rated = rated,
	    .stem = stem,
	    .unit = (uint32_t)unit,
	    .span = (uint32_t)span,
	    .sense = *sense,
	    .strength_milli = 1000};
}

/* The mark of a single word; returns where the next one is written. */
static struct mark *
put_word(struct mark *m, const struct marks *of, const struct word_entries *e, size_t unit)
{
	bool is_english = (e->sense.traits & WORD_IS_ENGLISH) != 0;
	const struct lexeme *lexemes = of->lexicon->lexemes;
	const struct lexeme *rated = (is_english ? of->english->lexemes : lexemes) + e->rated;
	write_mark(m, rated, lexemes + e->stem, &e->sense, unit, 1);
	return m + ((e->sense.traits & WORD_COUNTS) != 0);
}

/* What a phrase says, its words' stems with it; of a brand's own words nothing else is said. */
static struct mark *
put_phrase(struct mark *m, const struct marks *of, const struct phrase *p)
{
	const struct lexeme *nobody = of->lexicon->lexemes, *x = nobody + p->lexeme;
	size_t end = x->is_vocabulary ? p->unit + 1 : p->unit + p->span;
	struct mark *first = m;
	for (size_t unit = p->unit; unit < end; unit++) {
		const struct word_entries *e = unit_entries(&of->units[unit]);
		write_mark(m, nobody, nobody + e->stem, &e->sense, unit, 1);
		lexeme_rate(nobody, &m->sense);
		m += m == first || (e->sense.traits & WORD_COUNTS) != 0;
	}
	first->rated = x;
	first->span = p->span;
	lexeme_rate(x, &first->sense);
	if (x->is_vocabulary) {
		first->stem = x;
		first->sense.number = 0;
		first->sense.negative_milli = (int16_t)x->negative_milli;
		first->sense.positive_milli = (int16_t)x->positive_milli;
		first->flags = MARK_ALONE;
	}
	return m;
}

void
marks_fill(struct marks *of)
{
	struct mark *m = of->items;
	const struct phrase *p = of->phrases;
	size_t blocks = unit_bits_room(of->unit_count) - 1, done = 0;
	for (size_t n = 0; n < blocks; n++) {
		for (uint64_t left = of->changed[n]; left != 0; left &= left - 1) {
			size_t unit = n * UNIT_BITS + (size_t)__builtin_ctzll(left);
			if (unit == p->unit) {
				m = put_phrase(m, of, p);
				done = unit + p++->span;
			} else if (unit >= done)
				m = put_word(m, of, unit_entries(&of->units[unit]), unit);
		}
	}
	m->unit = UINT32_MAX;
	of->count = (size_t)(m - of->items);
}

/* ---- one after the other ------------------------------------------------------- */

struct marks_walk
marks_walk(const struct marks *of)
{
	return (struct marks_walk){
	    .of = of, .next = of->items, .pair = of->pairs, .stretch = of->stretches};
}

bool
marks_next(struct marks_walk *w, struct mark *m_r)
{
	const struct marks *of = w->of;
	while (w->unit < of->unit_count) {
		size_t unit = w->unit++;
		bool is_there = true;
		while (w->stretch->end <= unit)
			w->stretch++;
		while (w->pair->unit < unit)
			w->pair++;
		if (w->next->unit == unit) {
			*m_r = *w->next++;
			w->unit += (m_r->flags & MARK_ALONE) != 0 ? m_r->span - 1 : 0;
		} else {
			is_there = put_word(m_r, of, unit_entries(&of->units[unit]), unit) > m_r;
			modifiers_settle(m_r, w->stretch);
		}
		m_r->pair = w->pair->unit == unit ? w->pair->lexeme : 0;
		if (is_there)
			return true;
	}
	return false;
}
