/*
 * modifiers.h - what stands around a word and changes what it counts.
 *
 * The words are data (lexicon.h: negator, booster, contrast, sarcasm); the figures are one table,
 * MODIFIERS.  What it does to
 *   negation:  a negator up to NEGATION_REACH units before, in the same clause (as many as its entry
 *              says: "I don't think that this is good"), turns the sign of a
 *              rating and takes a part away: "not good" is less bad than "bad", "not bad" is barely
 *              good; a learned stem has its "negated" entry, or its polarity turns. A negator that
 *              turned a rated or a bad word counts nothing itself;
 *              some also turn what stands before them when they end their clause ("ich mag das
 *              nicht"), back to another negator or a "but";
 *              a phrase that holds a negator ("not happy with") is not turned by another one;
 *   boosters, dampeners: up to two units before, each adds its share, the farther one less; one
 *              that stands before a word that counts no longer counts itself ("damn good");
 *   "but":     what stands before it in the sentence counts less, what comes after more;
 *   capitals:  a word in capitals counts more when not all of the text is;
 *   elongation: "soooo good", "gooood" count more;
 *   punctuation: "!" (three count) makes its sentence count more, a "?" less;
 *   quotes:    what somebody else said counts less;
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
#define MODIFIERS_STRENGTH_MAX 2500 /* of a mark, thousandths */
#define BOOST_REACH 2

_Static_assert(
    2 * LEXICON_ENTRIES_MAX < 1 << 24, "stems, of which a pair has two, have numbers of 24 bits");
_Static_assert(LEXICON_CLASS_WEIGHT_MAX_MILLI <= INT16_MAX, "weights have 16 bits");

/* What the lexicon has at one unit, and what its surroundings make of it. */
struct mark {
	/* Rating or role of the word or phrase; what was learned.  None: nobody (lexeme_is_some()),
	 * which counts 0 and has no role. */
	const struct lexeme *rated, *stem;
	uint32_t unit, span; /* span: units that rated covers */
	struct word_sense sense; /* of rated and stem */
	int32_t rating_milli; /* its rating after modifiers; 0: none, or used up */
	uint32_t
	    pair; /* lexeme of the pair with the unit before; 0: none.  Told when it is weighed, or by
			* marks_next() */
	uint32_t negator; /* mark index + 1; 0: none */
	uint32_t boosters[BOOST_REACH];
	uint32_t flags; /* enum mark_flag */
	int32_t strength_milli; /* what it counts, 1000: as it is */
};

/* Those with words of their own first, in the order in which they are told. */
enum mark_flag {
	MARK_CAPS = 1,
	MARK_ELONGATED = 2,
	MARK_BEFORE_BUT = 4,
	MARK_AFTER_BUT = 8,
	MARK_EXCLAIMED = 16,
	MARK_ASKED = 32,
	MARK_QUOTED = 64,
	MARK_NEGATED = 128,
	MARK_USED_UP = 256,
	MARK_TURNS_BAD = 512, /* a negator of something bad */
	MARK_BOTH_NEGATED = 1024, /* and the unit before as well */
	MARK_ALONE = 2048 /* of a brand's phrase: of its words nothing else is said */
};
/* How a post looks. */
struct looks {
	int32_t counts
	    [SHAPE_COUNT]; /* in units; of what is always there one, and as its length words */
	bool
	    has_others; /* where there are capitals: words of two letters or more without any, beside which
			 * capitals say something */
};

/* Units of which nothing but the end of their sentence and its "but" change what they count: the same of all. */
struct stretch {
	uint32_t end; /* the unit behind it; it begins where the one before ends */
	uint32_t flags; /* enum mark_flag */
	int32_t but_milli, end_milli; /* what each of the two makes of a thousand */
	int32_t strength_milli; /* of a word that nothing else changes */
};

/* The longest phrase that begins at a unit. */
struct phrase {
	uint32_t unit, span, lexeme;
};

/* What was learned of two neighbours. */
struct neighbours {
	uint32_t unit; /* the second one */
	uint32_t lexeme;
};

/* What stands in a text.  Most of its words are changed by nothing: what they count stands in their
 * entries.  Marks have those that something else may change, and those that change others. */
struct marks {
	const struct lexicon *lexicon, *english; /* english: NULL when it is the same */
	const struct unit *units;
	size_t unit_count;
	struct mark *items; /* in the order of their units; no rated ones overlap */
	size_t count;
	/* Behind the last of each of these stands one at the unit UINT32_MAX. */
	const struct phrase *phrases;
	const struct neighbours *pairs;
	const uint32_t *signs; /* units: "but", and punctuation that says something */
	size_t sign_count;
	struct stretch *stretches; /* modifiers_apply() fills them; the last one ends the text */
	uint64_t *changed; /* the units that have marks, if they have anything (unit_bits.h) */
	struct looks looks;
};

/* Finds the stretches, and changes what the marks count.  Linear. */
void modifiers_apply(struct marks *marks);

/* Changes what a mark counts by what changes all of its stretch: its own modifiers come first. */
void modifiers_settle(struct mark *m, const struct stretch *s);

/* How many units behind a negator, or before, it may change. */
static inline uint32_t
modifiers_reach(const struct lexeme *negator)
{
	int32_t own = negator->boost_milli / 1000;
	own = own < 0 ? -own : own;
	return own > 0 ? (uint32_t)own : NEGATION_REACH;
}

/* Positive minus negative weight of its learned stem. */
static inline int32_t
modifiers_polarity(const struct mark *m)
{
	return m->sense.positive_milli - m->sense.negative_milli;
}

/* What a learned lexeme counts: as it is, or turned (its polarity, not its subjectivity). */
struct class_effect {
	int32_t negative_milli, positive_milli;
};
struct class_effect modifiers_class_effect(
    int32_t negative_milli, int32_t positive_milli, int32_t strength_milli, bool is_turned);
/* One that is not turned, and a rating that is not negated. */
_Static_assert((int64_t)LEXICON_CLASS_WEIGHT_MAX_MILLI *MODIFIERS_STRENGTH_MAX <= INT32_MAX,
    "it fits 32 bits");
static inline int32_t
modifiers_scaled(int32_t weight_milli, int32_t strength_milli)
{
	return weight_milli * strength_milli / 1000;
}
static inline struct class_effect
modifiers_class_scaled(int32_t negative_milli, int32_t positive_milli, int32_t strength_milli)
{
	return (struct class_effect){modifiers_scaled(negative_milli, strength_milli),
	    modifiers_scaled(positive_milli, strength_milli)};
}
/* The share of its polarity that a turned lexeme keeps, thousandths, below 0. */
int32_t modifiers_turn_milli(void);

/* In words what one flag below MARK_NEGATED says, by its bit; NULL behind the last. */
extern const char *const MODIFIER_WORDS[];
int modifiers_explain_all(const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text, struct arena *a, const char **words_r);

/* "negated by 'not', boosted by 'very'"; NULL when nothing changed it.  text: as written.
 * -1 without memory. */
static inline int
modifiers_explain(const struct mark *m, const struct mark *marks, const struct unit *units,
    struct slice text, struct arena *a, const char **words_r)
{
	uint32_t flags = m->flags & (MARK_NEGATED - 1u);
	if (((flags & (flags - 1)) | m->boosters[0] | m->negator) != 0)
		return modifiers_explain_all(m, marks, units, text, a, words_r);
	*words_r = MODIFIER_WORDS[__builtin_ctz(m->flags | MARK_NEGATED)];
	return 0;
}

/* The same of all words of a stretch that nothing else changes. */
static inline int
modifiers_explain_stretch(const struct stretch *s, struct arena *a, const char **words_r)
{
	const struct mark m = {.flags = s->flags};
	return modifiers_explain(&m, NULL, NULL, SLICE_NONE, a, words_r);
}

#endif
