#include "nlp/modifiers.h"

#include <assert.h>

#include "core/arena.h"

/* Factors in thousandths, chosen on the validation rows named in corpora/README.md. */
static const struct {
	int32_t negated_positive, negated_negative; /* ratings */
	int32_t turned; /* learned polarity */
	int32_t before_but, after_but;
	int32_t caps, elongated;
	int32_t each_exclamation; /* added, three at most */
	int32_t asked, quoted;
	int32_t far_booster; /* share of a booster two units away */
	int32_t strength_max;
} MODIFIERS = {
    .negated_positive = -600,
    .negated_negative = -350,
    .turned = -400,
    .before_but = 600,
    .after_but = 1250,
    .caps = 1200,
    .elongated = 1200,
    .each_exclamation = 70,
    .asked = 750,
    .quoted = 700,
    .far_booster = 700,
    .strength_max = 2500,
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

static enum lexeme_role
role_of(const struct mark *m)
{
	return m->rated == NULL ? ROLE_NONE : (enum lexeme_role)m->rated->role;
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

/* Behind this nothing before it can reach any more. */
static bool
is_out_of_reach(
    const struct mark *from, const struct mark *to, const struct unit *units, uint32_t reach)
{
	return to->unit - from->unit >= reach + PHRASE_WORDS_MAX ||
	    units[from->unit].clause != units[to->unit].clause;
}

static void
boost(struct mark *marks, size_t at, const struct unit *units)
{
	struct mark *m = &marks[at];
	int32_t factor = 1000;
	unsigned n = 0;
	for (size_t k = at; k-- > 0 && n < BOOST_REACH;) {
		struct mark *b = &marks[k];
		if (is_out_of_reach(b, m, units, BOOST_REACH))
			break;
		if (role_of(b) != ROLE_BOOSTER || !reaches(b, m, units, BOOST_REACH))
			continue;
		int32_t share = b->rated->boost_milli;
		bool is_near = b->unit + b->span == m->unit;
		factor += is_near ? share : scale(share, MODIFIERS.far_booster);
		if (units[b->unit].is_elongated || units[b->unit].is_caps)
			factor += share / 2;
		m->boosters[n++] = (uint32_t)k + 1;
		if (m->rated != NULL)
			b->flags |= MARK_USED_UP;
	}
	m->strength_milli = scale(m->strength_milli, factor < 100 ? 100 : factor);
}

static void
negate(struct mark *marks, size_t at, const struct unit *units)
{
	struct mark *m = &marks[at];
	for (size_t k = at; k-- > 0;) {
		struct mark *n = &marks[k];
		if (is_out_of_reach(n, m, units, NEGATION_REACH) || role_of(n) == ROLE_CONTRAST)
			return;
		if (role_of(n) != ROLE_NEGATOR || !reaches(n, m, units, NEGATION_REACH))
			continue;
		m->flags |= MARK_NEGATED;
		m->negator = (uint32_t)k + 1;
		if ((m->rated != NULL && m->rated->has_weight) || m->polarity_milli < 0)
			n->flags |= MARK_USED_UP;
		if (m->polarity_milli + (m->rated == NULL ? 0 : m->rated->weight_milli / 2) < 0)
			n->flags |= MARK_TURNS_BAD;
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
		m->strength_milli = scale(m->strength_milli, MODIFIERS.caps);
	if ((m->flags & MARK_ELONGATED) != 0)
		m->strength_milli = scale(m->strength_milli, MODIFIERS.elongated);
}

/* Forward: a "but" earlier in the sentence. */
static void
apply_after_but(struct mark *marks, size_t count, const struct unit *units)
{
	uint32_t but_sentence = UINT32_MAX;
	for (size_t i = 0; i < count; i++) {
		struct mark *m = &marks[i];
		uint32_t sentence = units[m->unit].sentence;
		if (role_of(m) == ROLE_CONTRAST) {
			but_sentence = sentence;
		} else if (sentence == but_sentence) {
			m->flags |= MARK_AFTER_BUT;
			m->strength_milli = scale(m->strength_milli, MODIFIERS.after_but);
		}
	}
}

struct sentence_end {
	uint32_t sentence, but_sentence;
	int32_t exclamations;
	bool is_asked;
};

static void
look_at_unit(struct sentence_end *e, const struct unit *u)
{
	if (u->sentence != e->sentence) {
		e->sentence = u->sentence;
		e->exclamations = 0;
		e->is_asked = false;
	}
	if (u->kind != TOKEN_PUNCT)
		return;
	for (size_t k = 0; k < u->key.text.len; k++) {
		e->exclamations += u->key.text.ptr[k] == '!';
		e->is_asked |= u->key.text.ptr[k] == '?';
	}
}

/* Backward: a "but" later in the sentence, and how the sentence ends. */
static void
apply_ends(struct mark *marks, size_t count, const struct unit *units, size_t unit_count)
{
	struct sentence_end e = {.sentence = UINT32_MAX, .but_sentence = UINT32_MAX};
	size_t u = unit_count;

	for (size_t i = count; i-- > 0;) {
		struct mark *m = &marks[i];
		while (u > m->unit)
			look_at_unit(&e, &units[--u]);
		if (role_of(m) == ROLE_CONTRAST) {
			e.but_sentence = e.sentence;
			continue;
		}
		if (e.but_sentence == e.sentence && (m->flags & MARK_AFTER_BUT) == 0) {
			m->flags |= MARK_BEFORE_BUT;
			m->strength_milli = scale(m->strength_milli, MODIFIERS.before_but);
		}
		if (e.exclamations > 0) {
			int32_t n = e.exclamations > 3 ? 3 : e.exclamations;
			m->flags |= MARK_EXCLAIMED;
			m->strength_milli =
			    scale(m->strength_milli, 1000 + n * MODIFIERS.each_exclamation);
		} else if (e.is_asked) {
			m->flags |= MARK_ASKED;
			m->strength_milli = scale(m->strength_milli, MODIFIERS.asked);
		}
	}
}

void
modifiers_apply(struct mark *marks, size_t mark_count, const struct unit *units, size_t unit_count)
{
	bool is_mixed = has_mixed_case(units, unit_count);
	for (size_t i = 0; i < mark_count; i++) {
		struct mark *m = &marks[i];
		const struct unit *u = &units[m->unit];
		assert(i == 0 || m->unit > marks[i - 1].unit);
		m->strength_milli = 1000;
		m->flags = 0;
		m->negator = m->boosters[0] = m->boosters[1] = 0;
		if (role_of(m) == ROLE_CONTRAST)
			continue;
		if (is_word_like(u) || u->kind == TOKEN_HASHTAG)
			shout(m, units, is_mixed);
		if (is_word_like(u) && role_of(m) != ROLE_NEGATOR) {
			boost(marks, i, units);
			negate(marks, i, units);
		}
		if (u->is_quoted) {
			m->flags |= MARK_QUOTED;
			m->strength_milli = scale(m->strength_milli, MODIFIERS.quoted);
		}
	}
	apply_after_but(marks, mark_count, units);
	apply_ends(marks, mark_count, units, unit_count);
	for (size_t i = 0; i < mark_count; i++) {
		if (marks[i].strength_milli > MODIFIERS.strength_max)
			marks[i].strength_milli = MODIFIERS.strength_max;
	}
}

int32_t
modifiers_rating(const struct mark *m)
{
	if (m->rated == NULL || !m->rated->has_weight || (m->flags & MARK_USED_UP) != 0)
		return 0;
	if (role_of(m) == ROLE_NEGATOR && m->rated->weight_milli > 0)
		return 0; /* a negator never speaks for the good */
	int32_t effect = scale(m->rated->weight_milli, m->strength_milli);
	if ((m->flags & MARK_NEGATED) == 0)
		return effect;
	return scale(
	    effect, effect > 0 ? MODIFIERS.negated_positive : MODIFIERS.negated_negative);
}

int32_t
modifiers_turn_milli(void)
{
	return MODIFIERS.turned;
}

struct class_effect
modifiers_class_effect(
    int32_t negative_milli, int32_t positive_milli, int32_t strength_milli, bool is_turned)
{
	int64_t n = negative_milli, p = positive_milli;
	if (is_turned) {
		/* Half the sum stays, half the difference turns. */
		int64_t both = n + p, polarity = (p - n) * MODIFIERS.turned / 1000;
		n = (both - polarity) / 2;
		p = (both + polarity) / 2;
	}
	return (struct class_effect){(int32_t)(n * strength_milli / 1000),
	    (int32_t)(p * strength_milli / 1000)};
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
	    {MARK_QUOTED, "quoted"},
	};
	if (m->negator > 0)
		put_item(w, "negated by", &marks[m->negator - 1], units, text);
	for (size_t i = 0; i < BOOST_REACH && m->boosters[i] > 0; i++) {
		const struct mark *b = &marks[m->boosters[i] - 1];
		put_item(
		    w, b->rated->boost_milli >= 0 ? "boosted by" : "dampened by", b, units, text);
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
	if (m->negator == 0 && m->boosters[0] == 0 && (m->flags & (uint16_t)~MARK_USED_UP) == 0)
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
