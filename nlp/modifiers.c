#include "nlp/modifiers.h"

#include <stdlib.h>
#include <string.h>

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
	return (enum lexeme_role)m->sense.role;
}

/* What a mark's rating counts, once it is known who used it up. */
static inline int32_t
rating_of(const struct mark *m)
{
	int32_t rating = m->sense.rating_milli, effect = scale(rating, m->strength_milli);
	if ((m->flags & MARK_NEGATED) != 0)
		effect = scale(
		    effect, effect > 0 ? MODIFIERS.negated_positive : MODIFIERS.negated_negative);
	/* A negator never speaks for the good. */
	bool is_silent = (role_of(m) == ROLE_NEGATOR) & (rating > 0);
	return (is_silent | ((m->flags & MARK_USED_UP) != 0)) ? 0 : effect;
}

/* How many units a negator reaches. */
static uint32_t
reach_of(const struct lexeme *negator)
{
	uint32_t own = (uint32_t)abs(negator->boost_milli) / 1000;
	return own > 0 ? own : NEGATION_REACH;
}

/* ---- forward ---------------------------------------------------------------- */

/* Which marks before this one may reach it: rated ones do not overlap, so that nothing but the last
 * two of a kind can stand close enough, and of two the last, unless this mark lies inside it. */
struct behind {
	struct mark *marks;
	const struct unit *units;
	const struct looks *looks;
	uint32_t clause, but_sentence;
	uint32_t negators[2], boosters[2]; /* mark index + 1, the last one first; 0: none */
};

/* "Ich glaube nicht, dass das gut ist": does what a negator speaks of begin with this clause? */
static bool
reaches_over(const struct behind *b, uint32_t negator, const struct unit *u)
{
	if (negator == 0)
		return false;
	const struct mark *by = &b->marks[negator - 1];
	const struct unit *last = &b->units[by->unit + by->span - 1];
	return reach_of(by->rated) > NEGATION_REACH && last[1].clause == u->clause &&
	    last->sentence == u->sentence;
}

static void
enter_clause(struct behind *b, const struct unit *u)
{
	b->clause = u->clause;
	b->negators[0] = reaches_over(b, b->negators[0], u) ? b->negators[0] : 0;
	b->negators[1] = b->boosters[0] = b->boosters[1] = 0;
}

static void
remember(uint32_t last[2], size_t at)
{
	last[1] = last[0];
	last[0] = (uint32_t)at + 1;
}

static void
shout(struct mark *m, const struct behind *b)
{
	const struct unit *units = b->units;
	for (uint32_t i = m->unit; i < m->unit + m->span; i++) {
		if (units[i].is_caps && b->looks->has_others)
			m->flags |= MARK_CAPS;
		if (units[i].is_elongated && units[i].kind == TOKEN_WORD)
			m->flags |= MARK_ELONGATED;
	}
	if ((m->flags & MARK_CAPS) != 0)
		m->strength_milli = scale(m->strength_milli, MODIFIERS.caps);
	if ((m->flags & MARK_ELONGATED) != 0)
		m->strength_milli = scale(m->strength_milli, MODIFIERS.elongated);
}

static void
boost(struct mark *m, const struct behind *b)
{
	int32_t factor = 1000;
	unsigned n = 0;
	for (unsigned k = 0; k < 2 && b->boosters[k] != 0; k++) {
		struct mark *by = &b->marks[b->boosters[k] - 1];
		const struct unit *u = &b->units[by->unit];
		uint32_t end = by->unit + by->span;
		if (end > m->unit || m->unit - end >= BOOST_REACH)
			continue;
		int32_t share = by->rated->boost_milli;
		factor += end == m->unit ? share : scale(share, MODIFIERS.far_booster);
		if (u->is_elongated || u->is_caps)
			factor += share / 2;
		m->boosters[n++] = b->boosters[k];
		if (lexeme_is_some(m->rated))
			by->flags |= MARK_USED_UP;
	}
	m->strength_milli = scale(m->strength_milli, factor < 100 ? 100 : factor);
}

static void
turn(struct mark *m, struct mark *by, uint32_t negator)
{
	int32_t polarity = modifiers_polarity(m);
	int32_t rating = m->sense.rating_milli;
	m->flags |= MARK_NEGATED;
	m->negator = negator;
	if (m->rated->has_weight || polarity < 0)
		by->flags |= MARK_USED_UP;
	if (polarity + rating / 2 < 0)
		by->flags |= MARK_TURNS_BAD;
}

static void
negate(struct mark *m, const struct behind *b)
{
	for (unsigned k = 0; k < 2 && b->negators[k] != 0; k++) {
		struct mark *by = &b->marks[b->negators[k] - 1];
		uint32_t end = by->unit + by->span;
		if (end > m->unit || m->unit - end >= reach_of(by->rated))
			continue;
		turn(m, by, b->negators[k]);
		return;
	}
}

/* Does anything follow a mark in its clause that it could speak of? */
static bool
ends_clause(const struct mark *m, const struct unit *units, size_t unit_count)
{
	size_t behind = (size_t)m->unit + m->span;
	return behind >= unit_count || units[behind].clause != units[m->unit].clause ||
	    !is_word_like(&units[behind]);
}

/* What stands before a negator that turns it. */
static void
negate_before(struct behind *b, size_t at)
{
	struct mark *by = &b->marks[at];
	for (size_t i = at; i-- > 0;) {
		struct mark *m = &b->marks[i];
		const struct unit *u = &b->units[m->unit];
		uint32_t end = m->unit + m->span;
		if (u->clause != b->clause || by->unit - end >= reach_of(by->rated) ||
		    role_of(m) == ROLE_NEGATOR || role_of(m) == ROLE_CONTRAST ||
		    (m->flags & MARK_NEGATED) != 0)
			return;
		if (!is_word_like(u) || m->sense.holds_negator)
			continue;
		turn(m, by, (uint32_t)at + 1);
		m->rating_milli = rating_of(m); /* it may be watched by nobody else */
	}
}

/* What stands before the mark, and how it is written. */
static void
modify(struct mark *m, const struct unit *u, enum lexeme_role role, const struct behind *b)
{
	if ((u->is_caps || u->is_elongated || m->span > 1) &&
	    (is_word_like(u) || u->kind == TOKEN_HASHTAG))
		shout(m, b);
	if (role != ROLE_NEGATOR && (b->boosters[0] | b->negators[0]) != 0 && is_word_like(u)) {
		boost(m, b);
		if (!m->sense.holds_negator)
			negate(m, b);
	}
	if (u->is_quoted) {
		m->flags |= MARK_QUOTED;
		m->strength_milli = scale(m->strength_milli, MODIFIERS.quoted);
	}
	if (u->sentence == b->but_sentence) {
		m->flags |= MARK_AFTER_BUT;
		m->strength_milli = scale(m->strength_milli, MODIFIERS.after_but);
	}
}

/* Everything but what comes behind a mark.  Returns whether there is a contrast. */
static bool
apply_forward(const struct marks *marks, const struct unit *units, size_t unit_count)
{
	struct behind b = {.marks = marks->items,
	    .units = units,
	    .looks = &marks->looks,
	    .clause = UINT32_MAX,
	    .but_sentence = UINT32_MAX};
	for (size_t k = 0; k < marks->watched_count; k++) {
		struct mark *m = marks->watched[k];
		size_t i = (size_t)(m - marks->items);
		const struct unit *u = &units[m->unit];
		enum lexeme_role role = role_of(m);
		if (u->clause != b.clause)
			enter_clause(&b, u);
		if (role == ROLE_CONTRAST) {
			b.but_sentence = u->sentence;
			b.negators[0] = b.negators[1] = 0;
			continue;
		}
		modify(m, u, role, &b);
		if (role == ROLE_NEGATOR) {
			remember(b.negators, i);
			if (m->rated->boost_milli < 0 && ends_clause(m, units, unit_count))
				negate_before(&b, i);
		} else if (role == ROLE_BOOSTER)
			remember(b.boosters, i);
	}
	return b.but_sentence != UINT32_MAX;
}

/* ---- backward --------------------------------------------------------------- */

/* What is known of a sentence from behind a mark on: of "!" and "?" what they do. */
struct sentence_end {
	uint32_t sentence, but_sentence;
	int32_t exclamations;
	bool is_asked;
	uint32_t flag; /* of enum mark_flag; 0: none */
	int32_t factor_milli;
};

static void
enter_sentence(struct sentence_end *e, uint32_t sentence)
{
	if (sentence != e->sentence)
		*e = (struct sentence_end){
		    .sentence = sentence, .but_sentence = e->but_sentence, .factor_milli = 1000};
}

static void
look_at_punctuation(struct sentence_end *e, const struct unit *u)
{
	enter_sentence(e, u->sentence);
	for (size_t k = 0; k < u->folded_len; k++) {
		e->exclamations += u->folded[k] == '!';
		e->is_asked |= u->folded[k] == '?';
	}
	if (e->exclamations > 0) {
		int32_t n = e->exclamations > 3 ? 3 : e->exclamations;
		e->flag = MARK_EXCLAIMED;
		e->factor_milli = 1000 + n * MODIFIERS.each_exclamation;
	} else if (e->is_asked) {
		e->flag = MARK_ASKED;
		e->factor_milli = MODIFIERS.asked;
	}
}

static inline void
apply_end(struct mark *m, const struct sentence_end *e)
{
	if (e->but_sentence == e->sentence && (m->flags & MARK_AFTER_BUT) == 0) {
		m->flags |= MARK_BEFORE_BUT;
		m->strength_milli = scale(m->strength_milli, MODIFIERS.before_but);
	}
	m->flags |= e->flag;
	m->strength_milli = scale(m->strength_milli, e->factor_milli);
}

/* What a mark counts in the end. */
static inline void
settle(struct mark *m)
{
	if (m->strength_milli > MODIFIERS_STRENGTH_MAX)
		m->strength_milli = MODIFIERS_STRENGTH_MAX;
	m->rating_milli = rating_of(m);
}

/* A "but" later in the sentence, and how the sentence ends: of all marks. */
static void
apply_backward(const struct marks *marks, const struct unit *units)
{
	struct sentence_end e = {.sentence = UINT32_MAX, .but_sentence = UINT32_MAX};
	size_t odd = marks->odd_count;
	for (struct mark *m = marks->items + marks->count; m-- > marks->items;) {
		for (; odd > 0 && marks->odd[odd - 1] >= m->unit; odd--) {
			const struct unit *u = &units[marks->odd[odd - 1]];
			if (u->kind == TOKEN_PUNCT)
				look_at_punctuation(&e, u);
		}
		enter_sentence(&e, units[m->unit].sentence);
		if (role_of(m) == ROLE_CONTRAST)
			e.but_sentence = e.sentence;
		else
			apply_end(m, &e);
		settle(m);
	}
}

/* ---- all of it -------------------------------------------------------------- */

void
modifiers_apply(const struct marks *marks, const struct unit *units, size_t unit_count)
{
	bool has_contrast = apply_forward(marks, units, unit_count);
	if (has_contrast || marks->looks.has_marks) {
		apply_backward(marks, units);
		return;
	}
	for (size_t k = 0; k < marks->watched_count; k++)
		settle(marks->watched[k]);
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
	if (!is_turned && strength_milli == 1000)
		return (struct class_effect){negative_milli, positive_milli};
	if (is_turned) {
		/* Half the sum stays, half the difference turns. */
		int64_t both = n + p, polarity = (p - n) * MODIFIERS.turned / 1000;
		n = (both - polarity) / 2;
		p = (both + polarity) / 2;
	}
	return (struct class_effect){
	    (int32_t)(n * strength_milli / 1000), (int32_t)(p * strength_milli / 1000)};
}

/* ---- in words -------------------------------------------------------------- */

const char *const MODIFIER_WORDS[] = {"in capitals", "drawn out", "before 'but'", "after 'but'",
    "exclaimed", "in a question", "quoted", NULL};
#define FLAGS_WITH_WORDS (MARK_NEGATED - 1u)
/* More than any of them, or "dampened by", needs with what stands around it. */
#define WORDS_MAX 18
#define FLAGS_MAX (7 * WORDS_MAX)

static char *
put(char *out, const char *s, size_t len)
{
	memcpy(out, s, len);
	return out + len;
}

/* begin: where all of it begins. */
static char *
put_what(char *out, const char *begin, const char *what)
{
	if (out != begin)
		out = put(out, ", ", 2);
	return put(out, what, strlen(what));
}

/* The words of a mark as written. */
static struct slice
words_of(const struct mark *m, const struct unit *units, struct slice text)
{
	const struct unit *first = &units[m->unit], *last = first + m->span - 1;
	return slice_make(text.ptr + first->start, last->start + last->len - first->start);
}

/* With the word that does it. */
static char *
put_by(char *out, const char *begin, const char *what, struct slice by)
{
	out = put(put_what(out, begin, what), " '", 2);
	return put(put(out, by.ptr, by.len), "'", 1);
}

int
modifiers_explain(const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text, struct arena *a, const char **words_r)
{
	struct slice by[1 + BOOST_REACH] = {{NULL, 0}};
	size_t room = FLAGS_MAX + 1;
	*words_r = modifiers_word(m);
	if (!modifiers_are_several(m))
		return 0;
	if (m->negator > 0)
		by[0] = words_of(&marks[m->negator - 1], units, text);
	for (size_t i = 0; i < BOOST_REACH && m->boosters[i] > 0; i++)
		by[1 + i] = words_of(&marks[m->boosters[i] - 1], units, text);
	for (size_t i = 0; i < 1 + BOOST_REACH; i++)
		room += by[i].len + WORDS_MAX;
	char *begin = arena_alloc(a, room), *out = begin;
	if (begin == NULL)
		return -1;
	if (m->negator > 0)
		out = put_by(out, begin, "negated by", by[0]);
	for (size_t i = 0; i < BOOST_REACH && m->boosters[i] > 0; i++) {
		bool is_more = marks[m->boosters[i] - 1].rated->boost_milli >= 0;
		out = put_by(out, begin, is_more ? "boosted by" : "dampened by", by[1 + i]);
	}
	for (unsigned left = m->flags & FLAGS_WITH_WORDS; left != 0; left &= left - 1)
		out = put_what(out, begin, MODIFIER_WORDS[__builtin_ctz(left)]);
	*out = '\0';
	*words_r = begin;
	return 0;
}
