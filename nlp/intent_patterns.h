/*
 * intent_patterns.h - reads a file of intent patterns (corpora/intents/en.tsv).
 *
 * The file: UTF-8, one entry a line, columns divided by tabs; lines that begin with # and empty
 * lines say nothing.
 *
 *	group	NAME	MEMBERS		words that patterns call <NAME>; further lines of the name add to it;
 *					the group `opener` is known to "^", and `common` names words that tell
 *					little of what a pattern is about, for they stand in most posts
 *	INTENT	WHEN	PATTERN		the intent, when the pattern is found
 *	not	INTENT	PATTERN		withdraws what was found of the intent in the same sentence
 *
 * WHEN, one or several with commas between:
 *	any, unless-positive, unless-negative, negative, positive	the post's sentiment; the last two
 *		make a complaint or praise only where no other intent explains the mood
 *	weak	two different ones are needed
 *	half, other-half	one of each is needed: "not working" and "please"
 *
 * A pattern is a row of
 *	order		a word, by its stem: also "orders", "ordered"
 *	"please"	a word spelt exactly so
 *	(a|b c|<d>)	one of these words, phrases or groups; where that is the whole pattern, of
 *			these patterns
 *	<thing>		one of a group that stands above
 *	[a|b c]		the same, but may be missing
 *	*		up to 3 words; "..." up to 8
 *	^		in front: the sentence begins here; mentions, links, emoji, hashtags and members of
 *			the group `opener` ("hi", "ok") may stand before it
 *	$		at the end: the sentence ends here, but for signs and emoji
 *	?		behind everything: the sentence holds a question mark
 *
 * MEMBERS are as between brackets.  German and Danish letters match their other spellings ("ue",
 * "oe", "aa") by themselves.
 *
 * Ownership: new/free; texts are copied.  Immutable.
 * Errors:    -1 with file and line.
 * Limits:    PATTERN_ITEMS_MAX items, 6 optional ones and 3 gaps in a pattern.
 */
#ifndef NLP_INTENT_PATTERNS_H
#define NLP_INTENT_PATTERNS_H

#include "core/score.h"
#include "nlp/language.h"
#include "nlp/pattern_index.h"

struct arena;
struct err;

/* Bit per enum sentiment_label. */
#define WHEN_ANY 7u
#define WHEN_LABELS 3

_Static_assert(2 * WHEN_LABELS <= PATTERN_CIRCUMSTANCES, "each is a circumstance");

/* A circumstance of a sentence for pattern_index.h: the post's label, and whether a question mark
 * stands in the sentence. */
static inline uint8_t
intent_when(uint8_t label, bool is_asked)
{
	return (uint8_t)(label + (is_asked ? WHEN_LABELS : 0));
}

/* How much one finding says. */
enum pattern_strength {
	PATTERN_ALONE, /* it is enough */
	PATTERN_FEELING, /* it is enough with the one sentiment it asks for */
	PATTERN_WEAK,
	PATTERN_HALF,
	PATTERN_OTHER_HALF,
	PATTERN_STRENGTH_COUNT
};

struct intent_pattern {
	struct slice text;
	enum intent intent;
	uint8_t when; /* labels with which it counts */
	enum pattern_strength strength;
	bool is_not;
	bool is_first, is_last, is_asked; /* "^", "$", "?" */
};

/* A kind of patterns for pattern_index.h, of which it counts how many may be found: intents by strength, and
 * behind those what withdraws them. */
_Static_assert(INTENT_COUNT *(PATTERN_STRENGTH_COUNT + 1) <= PATTERN_KINDS, "each is a kind");

static inline uint8_t
intent_pattern_kind(const struct intent_pattern *p)
{
	unsigned strength = p->is_not ? PATTERN_STRENGTH_COUNT : p->strength;
	return (uint8_t)(strength * INTENT_COUNT + (unsigned)p->intent);
}

struct intent_patterns {
	struct arena *texts;
	struct pattern_index *index; /* values: indices into items */
	struct intent_pattern *items;
	size_t count, cap;
	uint32_t opener; /* group; 0: none */
};

int intent_patterns_new(const char *name, struct slice text, enum language lang,
    struct intent_patterns **patterns_r, struct err *err);
void intent_patterns_free(struct intent_patterns *p);

#endif
