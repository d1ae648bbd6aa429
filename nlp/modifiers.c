#include "nlp/modifiers.h"

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
	int32_t rating = m->sense.rating_milli,
		effect = modifiers_scaled(rating, m->strength_milli);
	if ((m->flags & MARK_NEGATED) != 0)
		effect = modifiers_scaled(
		    effect, effect > 0 ? MODIFIERS.negated_positive : MODIFIERS.negated_negative);
	/* A negator never speaks for the good. */
	bool is_silent = (role_of(m) == ROLE_NEGATOR) & (rating > 0);
	return (is_silent | ((m->flags & MARK_USED_UP) != 0)) ? 0 : effect;
}

/* ---- forward ---------------------------------------------------------------- */

/* Which marks before this one may reach it: rated ones do not overlap, so that nothing but the last
 * two of a kind can stand close enough, and of two the last, unless this mark lies inside it. */
struct behind {
	struct mark *marks;
	const struct unit *units;
	const struct looks *looks;
	uint32_t clause;
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
	return modifiers_reach(by->rated) > NEGATION_REACH && last[1].clause == u->clause &&
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
		m->strength_milli = modifiers_scaled(m->strength_milli, MODIFIERS.caps);
	if ((m->flags & MARK_ELONGATED) != 0)
		m->strength_milli = modifiers_scaled(m->strength_milli, MODIFIERS.elongated);
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
		factor += end == m->unit ? share : modifiers_scaled(share, MODIFIERS.far_booster);
		if (u->is_elongated || u->is_caps)
			factor += share / 2;
		m->boosters[n++] = b->boosters[k];
		if (lexeme_is_some(m->rated))
			by->flags |= MARK_USED_UP;
	}
	m->strength_milli = modifiers_scaled(m->strength_milli, factor < 100 ? 100 : factor);
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
		if (end > m->unit || m->unit - end >= modifiers_reach(by->rated))
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
		if (u->clause != b->clause || by->unit - end >= modifiers_reach(by->rated) ||
		    role_of(m) == ROLE_NEGATOR || role_of(m) == ROLE_CONTRAST ||
		    (m->flags & MARK_NEGATED) != 0)
			return;
		if (!is_word_like(u) || m->rated->holds_negator)
			continue;
		turn(m, by, (uint32_t)at + 1);
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
		if (!m->rated->holds_negator)
			negate(m, b);
	}
	if (u->is_quoted) {
		m->flags |= MARK_QUOTED;
		m->strength_milli = modifiers_scaled(m->strength_milli, MODIFIERS.quoted);
	}
}

/* What stands around the marks, and how they are written. */
static void
apply_words(const struct marks *marks)
{
	struct behind b = {.marks = marks->items,
	    .units = marks->units,
	    .looks = &marks->looks,
	    .clause = UINT32_MAX};
	for (size_t i = 0; i < marks->count; i++) {
		struct mark *m = &marks->items[i];
		const struct unit *u = &marks->units[m->unit];
		enum lexeme_role role = role_of(m);
		if (u->clause != b.clause)
			enter_clause(&b, u);
		if (role == ROLE_CONTRAST) {
			b.negators[0] = b.negators[1] = 0;
			continue;
		}
		modify(m, u, role, &b);
		if (role == ROLE_NEGATOR) {
			remember(b.negators, i);
			if (m->rated->boost_milli < 0 &&
			    ends_clause(m, marks->units, marks->unit_count))
				negate_before(&b, i);
		} else if (role == ROLE_BOOSTER)
			remember(b.boosters, i);
	}
}

/* ---- sentences -------------------------------------------------------------- */

/* How a sentence ends changes all of it: "!" and "?" are its last unit. */
static struct stretch
look_at_end(const struct unit *last)
{
	struct stretch s = {.but_milli = 1000, .end_milli = 1000};
	int32_t exclamations = 0;
	bool is_asked = false;
	for (size_t k = 0; last->kind == TOKEN_PUNCT && k < last->folded_len; k++) {
		exclamations += last->folded[k] == '!';
		is_asked |= last->folded[k] == '?';
	}
	if (exclamations > 0) {
		s.flags = MARK_EXCLAIMED;
		s.end_milli = 1000 + exclamations * MODIFIERS.each_exclamation;
	} else if (is_asked) {
		s.flags = MARK_ASKED;
		s.end_milli = MODIFIERS.asked;
	}
	return s;
}

/* One that ends before this unit; returns the place of the next. */
static struct stretch *
put_stretch(struct stretch *next, struct stretch s, size_t begin, size_t end)
{
	if (begin == end)
		return next;
	s.end = (uint32_t)end;
	s.strength_milli = modifiers_scaled(s.but_milli, s.end_milli);
	*next = s;
	return next + 1;
}

static struct stretch *
put_around_but(struct stretch *next, struct stretch s, size_t begin, size_t but, size_t end)
{
	struct stretch before = s, after = s;
	before.flags |= MARK_BEFORE_BUT;
	before.but_milli = MODIFIERS.before_but;
	after.flags |= MARK_AFTER_BUT;
	after.but_milli = MODIFIERS.after_but;
	next = put_stretch(next, before, begin, but);
	return put_stretch(next, after, but, end);
}

/* The sentences with a sign, of whose "but"s the first one counts, and what stands between them. */
static void
find_stretches(const struct marks *marks)
{
	const struct unit *units = marks->units;
	const struct stretch plain = {.but_milli = 1000, .end_milli = 1000};
	struct stretch *next = marks->stretches;
	size_t done = 0, count = marks->unit_count;
	for (size_t k = 0; k < marks->sign_count; k++) {
		size_t sign = marks->signs[k], begin = sign, end = sign + 1;
		if (sign < done)
			continue;
		while (begin > done && units[begin - 1].sentence == units[sign].sentence)
			begin--;
		while (end < count && units[end].sentence == units[sign].sentence)
			end++;
		struct stretch s = look_at_end(&units[end - 1]);
		next = put_stretch(next, plain, done, begin);
		next = units[sign].kind == TOKEN_PUNCT ? put_stretch(next, s, begin, end)
						       : put_around_but(next, s, begin, sign, end);
		done = end;
	}
	put_stretch(next, plain, done, count);
}

void
modifiers_settle(struct mark *m, const struct stretch *s)
{
	if (s->flags != 0 && role_of(m) != ROLE_CONTRAST) {
		m->flags |= s->flags;
		m->strength_milli = modifiers_scaled(
		    modifiers_scaled(m->strength_milli, s->but_milli), s->end_milli);
	}
	if (m->strength_milli > MODIFIERS_STRENGTH_MAX)
		m->strength_milli = MODIFIERS_STRENGTH_MAX;
	m->rating_milli = rating_of(m);
}

/* What the marks count in the end. */
static void
settle(const struct marks *marks)
{
	const struct stretch *s = marks->stretches;
	for (size_t i = 0; i < marks->count; i++) {
		struct mark *m = &marks->items[i];
		while (m->unit >= s->end)
			s++;
		bool is_beside = i > 0 && m[-1].unit + 1 == m->unit;
		if (is_beside && (m[-1].flags & m->flags & MARK_NEGATED) != 0)
			m->flags |= MARK_BOTH_NEGATED;
		modifiers_settle(m, s);
	}
}

/* ---- all of it -------------------------------------------------------------- */

void
modifiers_apply(struct marks *marks)
{
	apply_words(marks);
	find_stretches(marks);
	settle(marks);
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
modifiers_explain_all(const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text, struct arena *a, const char **words_r)
{
	struct slice by[1 + BOOST_REACH] = {{NULL, 0}};
	size_t room = FLAGS_MAX + 1;
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
