/*
 * intents.h - what the author wants: a closed list (enum intent), from patterns of words.
 *
 * Patterns are data: words compared by stem, "*" for up to PHRASE_GAP_MAX words in between, and
 * what the sentiment has to be for the pattern to count.  English for now; another language is
 * another table. What it does to emoji, elongation, negation: nothing beyond the patterns' own
 * words ("doesn't work").  Mentions: a question mark counts only in a text with a word.  Hashtags,
 * URLs: many of them are spam.
 *
 * Ownership: the set owns its patterns; immutable.
 */
#ifndef NLP_INTENTS_H
#define NLP_INTENTS_H

#include "core/score.h"
#include "nlp/language.h"
#include "nlp/stem.h"

struct arena;
struct err;
struct intents;

int intents_new(enum language lang, struct intents **intents_r, struct err *err);
void intents_free(struct intents *in);

/* Bits of enum intent.  s: its label and probabilities are set. */
uint32_t intents_find(
    const struct intents *in, const struct unit *units, size_t count, const struct score *s);

#endif
