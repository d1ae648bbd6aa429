/*
 * train_weights.c - from fitted weights to a lexicon, its laws kept.
 */
#include <math.h>

#include "core/err.h"
#include "nlp/lexicon_internal.h"
#include "nlp/train_internal.h"

/* Weights are written to hundredths. */
#define WEIGHT_STEP_MILLI 10

bool
train_is_learned(const struct lexeme *x)
{
	return x->kind >= LEXEME_STEM && x->kind <= LEXEME_SUM;
}

int
train_copy_rated(struct training *t, const struct lexeme *x)
{
	if (x->kind == LEXEME_STEM_RATING || x->is_vocabulary)
		return 0;
	if (x->role != ROLE_NONE &&
	    lexicon_add(t->lexicon, lexeme_role_kind((enum lexeme_role)x->role), lexeme_text(x),
		x->boost_milli, 0, t->err) < 0)
		return -1;
	if (!x->has_weight)
		return 0;
	return lexicon_add(
	    t->lexicon, (enum lexeme_kind)x->kind, lexeme_text(x), x->weight_milli, 0, t->err);
}

static int32_t
rounded(double v)
{
	double milli = round(v * 1000 / WEIGHT_STEP_MILLI) * WEIGHT_STEP_MILLI;
	return (int32_t)fmax(
	    -LEXICON_CLASS_WEIGHT_MAX_MILLI, fmin(LEXICON_CLASS_WEIGHT_MAX_MILLI, milli));
}

static int32_t
at_least(int32_t v, int32_t least)
{
	return v < least ? least : v;
}

static int32_t
at_most(int32_t v, int32_t most)
{
	return v > most ? most : v;
}

/* What a lexicon's file may say. */
static int32_t
within_bounds(int32_t v)
{
	return at_least(
	    at_most(v, LEXICON_CLASS_WEIGHT_MAX_MILLI), -LEXICON_CLASS_WEIGHT_MAX_MILLI);
}

/* A negated stem never speaks more for its stem's side than the stem does. */
static void
keep_negation_law(
    int32_t stem_negative, int32_t stem_positive, int32_t *negative, int32_t *positive)
{
	if (stem_positive > stem_negative) {
		*positive = at_most(*positive, stem_positive);
		*negative = at_least(*negative, stem_negative);
	} else if (stem_positive < stem_negative) {
		*positive = at_least(*positive, stem_positive);
		*negative = at_most(*negative, stem_negative);
	}
}

/* A sum of ratings never speaks against its side. */
static void
keep_sum_law(const struct lexeme *x, int32_t *negative, int32_t *positive)
{
	if (slice_eq_str(lexeme_text(x), rating_sum_name(SUM_NEGATIVE))) {
		*negative = at_least(*negative, 0);
		*positive = at_most(*positive, 0);
	} else {
		*negative = at_most(*negative, 0);
		*positive = at_least(*positive, 0);
	}
}

/* Does an entry begin with a negator? */
static bool
begins_with_negator(struct training *t, struct slice entry)
{
	struct slice word = slice_split(&entry, ' ');
	struct marks m;
	struct mark first;
	/* Alone: with what follows it may be a phrase ("nicht nur"), as which it has no role. */
	if (slice_starts_with(word, "<") || train_mark_post(t, t->lexicon, word, &m) < 0)
		return false;
	struct marks_walk walk = marks_walk(&m);
	return marks_next(&walk, &first) && first.rated->role == ROLE_NEGATOR;
}

/* What a name such as <mention> was learned as, which no text says itself; NULL: it is none. */
static const struct lexeme *
find_name(const struct lexicon *lx, struct slice word)
{
	for (size_t i = 0; i < LEXICON_NAMES; i++) {
		uint32_t stem = lx->names[i];
		const struct lexeme *x =
		    stem == 0 ? lx->lexemes : &lx->lexemes[lx->stem_entries[stem].plain];
		if (lexeme_is_some(x) && slice_eq(lexeme_text(x), word))
			return x;
	}
	return NULL;
}

/* What the last word of a pair speaks for: above 0 the good. */
static int32_t
side_of_last(struct training *t, struct slice pair)
{
	struct slice rest = pair;
	struct marks m;
	int32_t side = 0;
	slice_split(&rest, ' ');
	const struct lexeme *name = find_name(t->lexicon, rest);
	if (name != NULL)
		return name->positive_milli - name->negative_milli;
	if (train_mark_post(t, t->lexicon, pair, &m) < 0)
		return 0;
	struct marks_walk walk = marks_walk(&m);
	for (struct mark mark; marks_next(&walk, &mark);)
		side = modifiers_polarity(&mark) + mark.rated->weight_milli / 2;
	return side;
}

/* A negator never speaks for the good, and never beside a word for that word's side. */
static void
keep_negator_laws(struct training *t)
{
	for (uint32_t i = 1; i <= lexicon_count(t->lexicon); i++) {
		const struct lexeme *x = lexicon_at(t->lexicon, i);
		int32_t negative = x->negative_milli, positive = x->positive_milli;
		if ((x->kind != LEXEME_STEM && x->kind != LEXEME_PAIR) ||
		    !begins_with_negator(t, lexeme_text(x)))
			continue;
		int32_t side = x->kind == LEXEME_PAIR ? side_of_last(t, lexeme_text(x)) : 1000;
		if (side > 0) {
			positive = at_most(positive, 0);
			negative = at_least(negative, 0);
		} else if (side < 0) {
			positive = at_least(positive, 0);
			negative = at_most(negative, 0);
		}
		lexicon_set_class_weights(t->lexicon, i, negative, positive);
	}
}

void
train_store_weights(struct training *t)
{
	for (uint32_t i = 1; i < t->matrix.feature_count; i++) {
		const struct lexeme *x = lexicon_at(t->lexicon, i);
		double s = t->weights[2 * i], d = t->weights[2 * i + 1];
		int32_t negative = rounded(s - d), positive = rounded(s + d);
		if (!train_is_learned(x))
			continue;
		if (x->kind == LEXEME_SUM)
			keep_sum_law(x, &negative, &positive);
		lexicon_set_class_weights(t->lexicon, i, negative, positive);
	}
	keep_negator_laws(t);
}

/* What a negated entry was learned as is added to its stem turned; the sum is what it weighs. */
static void
add_turned(const struct lexicon *full, uint32_t negated, int32_t *negative, int32_t *positive)
{
	uint32_t number = lexicon_stem_of(full, negated);
	if (number == 0)
		return;
	const struct lexeme *stem = lexicon_at(full, number);
	struct class_effect turned =
	    modifiers_class_effect(stem->negative_milli, stem->positive_milli, 1000, true);
	*negative = within_bounds(*negative + turned.negative_milli);
	*positive = within_bounds(*positive + turned.positive_milli);
	keep_negation_law(stem->negative_milli, stem->positive_milli, negative, positive);
}

/* A learned entry that says something. */
static int
copy_learned(struct training *t, const struct lexicon *full, uint32_t number)
{
	const struct lexeme *x = lexicon_at(full, number);
	int32_t negative = x->negative_milli, positive = x->positive_milli;
	if (!train_is_learned(x) || (negative == 0 && positive == 0))
		return 0;
	if (x->kind == LEXEME_NEGATED)
		add_turned(full, number, &negative, &positive);
	t->learned_count++;
	return lexicon_add(
	    t->lexicon, (enum lexeme_kind)x->kind, lexeme_text(x), negative, positive, t->err);
}

/* The finished lexicon: base, and learned entries that say something. */
int
train_make_lexicon(struct training *t)
{
	struct lexicon *full = t->lexicon, *lx;
	int rc = 0;
	if (lexicon_new_empty(t->o->lang, &lx, t->err) < 0)
		return -1;
	t->lexicon = lx;
	for (uint32_t i = 1; i <= lexicon_count(full) && rc == 0; i++) {
		rc = train_copy_rated(t, lexicon_at(full, i));
		if (rc == 0)
			rc = copy_learned(t, full, i);
	}
	lexicon_free(full);
	if (rc == 0)
		rc = lexicon_settle(lx, t->err);
	return rc;
}
