/*
 * units.h - tokens to units: what word_trie.h matches.
 *
 * What it does to
 *   emoji, emoticons, URLs: one unit each; a joined emoji is also its first one;
 *   mentions:  "@acme@example.social" is also "@acme";
 *   hashtags:  "#acme" is also "acme";
 *   elongation: "loovee" (already two of each) is also "lovee" and "love";
 *   negation:  nothing; but a comma, a bracket, a dash begins a clause, and negation does not reach
 * out of one;
 *   quotes:    what stands between double quotes of one line, at most QUOTED_UNITS_MAX units, is
 * marked as quoted, and so is everything behind "RT @user:".  A quote that is not closed marks
 * nothing.
 *
 * Every unit names a word: a guest's record in the list, which knows no more than its hash.
 *
 * Ownership: the list and its guests in the scratch, valid until the next call; texts in the tokens or the
 *            arena.
 * Errors:    -1 without memory.
 * Limits:    UNITS_MAX units; what stands behind is not looked at.
 */
#ifndef NLP_UNITS_H
#define NLP_UNITS_H

#include "nlp/normalise.h"
#include "nlp/word_trie.h"
#include "nlp/scratch.h"
#include "nlp/tokenise.h"
#include "nlp/word_guests.h"

#define UNITS_MAX 32768
#define QUOTED_UNITS_MAX 60
_Static_assert(UNITS_MAX <= WORD_GUESTS_MAX, "there is one for each unit");

struct unit_list {
	struct unit *items;
	size_t count, cap;
	struct scratch scratch;
	struct word_guests guests;
};

/* All steps up to here.  A zeroed one is ready; with tokens.in_arena set, the tokens lie in the arena
 * and outlive the next call. */
struct cutting {
	struct normaliser normaliser;
	struct token_list tokens;
	struct unit_list units;
	struct normal normal;
};

int units_cut_text(struct cutting *c, struct slice text, struct arena *a, struct err *err);
void units_cutting_fini(struct cutting *c);

#endif
