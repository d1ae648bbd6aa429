#include "nlp/modifiers.h"

#include <assert.h>

#include "core/arena.h"

/* Factors in thousandths, chosen on the validation rows named in corpora/README.md. */
static const struct {
	int32_t negated_positive, negated_negative;
	int32_t before_but, after_but;
	int32_t caps, elongated;
	int32_t each_exclamation; /* added, three at most */
	int32_t asked;
	int32_t far_booster; /* share of a booster two units away */
	int32_t effect_max;
} MODIFIERS = {
    .negated_positive = -600,
    .negated_negative = -350,
    .before_but = 600,
    .after_but = 1250,
    .caps = 1200,
    .elongated = 1200,
    .each_exclamation = 70,
    .asked = 750,
    .far_booster = 700,
    .effect_max = 8000,
};

static int32_t
scale(int32_t v, int32_t factor_milli)
{
	return (int32_t)((int64_t)v * factor_milli / 1000);
}

static bool
is_word_like(const struct unit *u)
{
	return u->kind == TOKEN_WORD || u->kind == TOKEN_NUMBER;
}

/* Does the negator or booster `from` reach `to`?  Both in one clause, at most `reach` units apart.
 */
static bool
reaches(const struct mark *from, const struct mark *to, const struct unit *units, uint32_t reach)
{
	uint32_t end = from->unit + from->span;
	return end <= to->unit && to->unit - end < reach &&
	    units[from->unit].clause == units[to->unit].clause;
}

static void
boost(struct mark *marks, size_t at, const struct unit *units)
{
	struct mark *m = &marks[at];
	int32_t factor = 1000;
	unsigned n = 0;
	for (size_t k = at;
	     k-- > 0 && n < BOOST_REACH && reaches(&marks[k], m, units, BOOST_REACH);) {
		struct mark *b = &marks[k];
		if (b->lexeme->role != ROLE_BOOSTER)
			continue;
		bool is_near = b->unit + b->span == m->unit;
		factor += is_near ? b->lexeme->boost_milli
				  : scale(b->lexeme->boost_milli, MODIFIERS.far_booster);
		if (units[b->unit].is_elongated || units[b->unit].is_caps)
			factor += b->lexeme->boost_milli / 2;
		m->boosters[n++] = (uint32_t)k + 1;
		b->flags |= MARK_USED_UP;
	}
	m->effect_milli = scale(m->effect_milli, factor < 100 ? 100 : factor);
}

static void
negate(struct mark *marks, size_t at, const struct unit *units)
{
	struct mark *m = &marks[at];
	for (size_t k = at; k-- > 0 && reaches(&marks[k], m, units, NEGATION_REACH);) {
		struct mark *n = &marks[k];
		if (n->lexeme->role == ROLE_CONTRAST)
			return;
		if (n->lexeme->role != ROLE_NEGATOR)
			continue;
		bool is_positive = m->effect_milli > 0;
		m->effect_milli = scale(m->effect_milli,
		    is_positive ? MODIFIERS.negated_positive : MODIFIERS.negated_negative);
		m->flags |= MARK_NEGATED;
		m->negator = (uint32_t)k + 1;
		n->flags |= MARK_USED_UP;
		return;
	}
}

/* Capitals say something only where not everything is in capitals. */
static bool
has_mixed_case(const struct unit *units, size_t count)
{
	bool has_caps = false, has_others = false;
	for (size_t i = 0; i < count; i++) {
		if (units[i].kind != TOKEN_WORD)
			continue;
		has_caps |= units[i].is_caps;
		has_others |= !units[i].is_caps && units[i].len > 1;
	}
	return has_caps && has_others;
}

static void
shout(struct mark *m, const struct unit *units, bool is_mixed)
{
	for (uint32_t i = m->unit; i < m->unit + m->span; i++) {
		if (units[i].is_caps && is_mixed)
			m->flags |= MARK_CAPS;
		if (units[i].is_elongated && units[i].kind == TOKEN_WORD)
			m->flags |= MARK_ELONGATED;
	}
	if ((m->flags & MARK_CAPS) != 0)
		m->effect_milli = scale(m->effect_milli, MODIFIERS.caps);
	if ((m->flags & MARK_ELONGATED) != 0)
		m->effect_milli = scale(m->effect_milli, MODIFIERS.elongated);
}

/* Forward: a "but" earlier in the sentence. */
static void
apply_after_but(struct mark *marks, size_t count, const struct unit *units)
{
	uint32_t but_sentence = UINT32_MAX;
	for (size_t i = 0; i < count; i++) {
		struct mark *m = &marks[i];
		uint32_t sentence = units[m->unit].sentence;
		if (m->lexeme->role == ROLE_CONTRAST) {
			but_sentence = sentence;
		} else if (sentence == but_sentence && (m->flags & MARK_COUNTS) != 0) {
			m->flags |= MARK_AFTER_BUT;
			m->effect_milli = scale(m->effect_milli, MODIFIERS.after_but);
		}
	}
}

/* Backward: a "but" later in the sentence, and how the sentence ends. */
static void
apply_ends(struct mark *marks, size_t count, const struct unit *units, size_t unit_count)
{
	uint32_t but_sentence = UINT32_MAX, sentence = UINT32_MAX;
	int32_t exclamations = 0;
	bool is_asked = false;
	size_t u = unit_count;

	for (size_t i = count; i-- > 0;) {
		struct mark *m = &marks[i];
		while (u > m->unit) {
			u--;
			if (units[u].sentence != sentence) {
				sentence = units[u].sentence;
				exclamations = 0;
				is_asked = false;
			}
			if (units[u].kind != TOKEN_PUNCT)
				continue;
			for (size_t k = 0; k < units[u].key.text.len; k++) {
				exclamations += units[u].key.text.ptr[k] == '!';
				is_asked |= units[u].key.text.ptr[k] == '?';
			}
		}
		if (m->lexeme->role == ROLE_CONTRAST)
			but_sentence = sentence;
		if ((m->flags & MARK_COUNTS) == 0)
			continue;
		if (but_sentence == sentence && (m->flags & MARK_AFTER_BUT) == 0) {
			m->flags |= MARK_BEFORE_BUT;
			m->effect_milli = scale(m->effect_milli, MODIFIERS.before_but);
		}
		if (exclamations > 0) {
			m->flags |= MARK_EXCLAIMED;
			m->effect_milli = scale(m->effect_milli,
			    1000 +
				(exclamations > 3 ? 3 : exclamations) * MODIFIERS.each_exclamation);
		} else if (is_asked) {
			m->flags |= MARK_ASKED;
			m->effect_milli = scale(m->effect_milli, MODIFIERS.asked);
		}
	}
}

void
modifiers_apply(struct mark *marks, size_t mark_count, const struct unit *units, size_t unit_count)
{
	bool is_mixed = has_mixed_case(units, unit_count);
	for (size_t i = 0; i < mark_count; i++) {
		struct mark *m = &marks[i];
		assert(i == 0 || m->unit >= marks[i - 1].unit + marks[i - 1].span);
		if (!m->lexeme->has_weight)
			continue;
		const struct unit *u = &units[m->unit];
		m->flags |= MARK_COUNTS;
		m->effect_milli = m->lexeme->weight_milli;
		if (is_word_like(u) || u->kind == TOKEN_HASHTAG)
			shout(m, units, is_mixed);
		if (is_word_like(u)) {
			boost(marks, i, units);
			negate(marks, i, units);
		}
	}
	/* A word that modified another has done its work. */
	for (size_t i = 0; i < mark_count; i++) {
		if ((marks[i].flags & MARK_USED_UP) != 0) {
			marks[i].flags &= (uint16_t)~MARK_COUNTS;
			marks[i].effect_milli = 0;
		}
	}
	apply_after_but(marks, mark_count, units);
	apply_ends(marks, mark_count, units, unit_count);
	for (size_t i = 0; i < mark_count; i++) {
		int32_t e = marks[i].effect_milli, max = MODIFIERS.effect_max;
		marks[i].effect_milli = e > max ? max : e < -max ? -max : e;
	}
}

/* ---- in words -------------------------------------------------------------- */

struct words {
	char *out;
	size_t len;
};

static void
put(struct words *w, const char *s, size_t len)
{
	if (w->out != NULL)
		memcpy(w->out + w->len, s, len);
	w->len += len;
}

static void
put_item(struct words *w, const char *what, const struct mark *by, const struct unit *units,
    struct slice text)
{
	if (w->len > 0)
		put(w, ", ", 2);
	put(w, what, strlen(what));
	if (by == NULL)
		return;
	const struct unit *first = &units[by->unit], *last = &units[by->unit + by->span - 1];
	put(w, " '", 2);
	put(w, text.ptr + first->start, last->start + last->len - first->start);
	put(w, "'", 1);
}

static void
put_all(struct words *w, const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text)
{
	static const struct {
		uint16_t flag;
		const char *what;
	} FLAGS[] = {
	    {MARK_CAPS, "in capitals"},
	    {MARK_ELONGATED, "drawn out"},
	    {MARK_BEFORE_BUT, "before 'but'"},
	    {MARK_AFTER_BUT, "after 'but'"},
	    {MARK_EXCLAIMED, "exclaimed"},
	    {MARK_ASKED, "in a question"},
	};
	if (m->negator > 0)
		put_item(w, "negated by", &marks[m->negator - 1], units, text);
	for (size_t i = 0; i < BOOST_REACH && m->boosters[i] > 0; i++) {
		const struct mark *b = &marks[m->boosters[i] - 1];
		put_item(
		    w, b->lexeme->boost_milli >= 0 ? "boosted by" : "dampened by", b, units, text);
	}
	for (size_t i = 0; i < sizeof FLAGS / sizeof FLAGS[0]; i++) {
		if ((m->flags & FLAGS[i].flag) != 0)
			put_item(w, FLAGS[i].what, NULL, units, text);
	}
}

int
modifiers_explain(const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text, struct arena *a, struct slice *words_r)
{
	struct words w = {0};
	*words_r = SLICE_NONE;
	if (m->negator == 0 && m->boosters[0] == 0 && (m->flags & (uint16_t)~MARK_COUNTS) == 0)
		return 0;
	put_all(&w, m, marks, units, text);
	if (w.len == 0)
		return 0;
	w.out = arena_alloc(a, w.len);
	if (w.out == NULL)
		return -1;
	size_t len = w.len;
	w.len = 0;
	put_all(&w, m, marks, units, text);
	*words_r = slice_make(w.out, len);
	return 0;
}
