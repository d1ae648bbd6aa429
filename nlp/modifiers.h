/*
 * modifiers.h - what stands around a word and changes what it counts.
 *
 * The words are data (lexicon.h: negator, booster, contrast, sarcasm); the figures are one table,
 * MODIFIERS, below. What it does to negation:  a negator up to NEGATION_REACH units before, in the
 * same clause, turns the sign and takes a part away: "not good" is less bad than "bad", "not bad"
 * is barely good; boosters, dampeners: up to two units before, each adds its share, the farther one
 * less; one that stands before a word that counts no longer counts itself ("damn good"); "but":
 * what stands before it in the sentence counts less, what comes after more; capitals:  a word in
 * capitals counts more when not all of the text is; elongation: "soooo good", "gooood" count more;
 *   punctuation: "!" (three count) makes its sentence count more, a "?" less;
 *   emoji, emoticons: neither negated nor boosted, they stand for themselves;
 *   hashtags:  like words, but not negated;
 *   mentions, URLs: nothing.
 *
 * Ownership: borrowed throughout; the explanation is in the arena.
 */
#ifndef NLP_MODIFIERS_H
#define NLP_MODIFIERS_H

#include "nlp/lexicon.h"

struct arena;

#define NEGATION_REACH 4
#define BOOST_REACH 2

/* An entry of the lexicon found in the text. */
struct mark {
	const struct lexeme *lexeme;
	uint32_t unit, span;
	int32_t effect_milli; /* 0 for those that only modify */
	uint16_t flags;
	uint32_t negator; /* mark index + 1; 0: none */
	uint32_t boosters[BOOST_REACH];
};

enum mark_flag {
	MARK_COUNTS = 1,
	MARK_NEGATED = 2,
	MARK_BEFORE_BUT = 4,
	MARK_AFTER_BUT = 8,
	MARK_CAPS = 16,
	MARK_ELONGATED = 32,
	MARK_EXCLAIMED = 64,
	MARK_ASKED = 128,
	MARK_USED_UP = 256,
};

/* Fills effects and flags of all marks, which are in text order.  Linear. */
void
modifiers_apply(struct mark *marks, size_t mark_count, const struct unit *units, size_t unit_count);

/* "negated by 'not', boosted by 'very'"; SLICE_NONE when nothing changed it.  text: as written.
 * -1 without memory. */
int modifiers_explain(const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text, struct arena *a, struct slice *words_r);

#endif
