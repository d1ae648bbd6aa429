/*
 * intents.h - what the author wants: a closed list (enum intent), from patterns of words.
 *
 * Patterns are data, corpora/intents/ with a file a language; intent_patterns.h describes them.  A
 * language without a file has what needs no words: a question mark is a question, many hashtags or
 * links are spam.  Each intent comes with its reasons: the pattern, and where in the text it stands.
 *
 * What it does to emoji, elongation, negation: nothing beyond the patterns' own words ("doesn't
 * work").  Mentions: a question mark counts only in a text with a word.  Hashtags, URLs: many of
 * them are spam; a hashtag is also its word.
 *
 * Ownership: the set owns its patterns; immutable.  Reasons lie in the arena, their patterns in the
 *            set.
 * Threads:   a set may be shared.
 * Limits:    INTENT_REASONS_MAX reasons; intents are found also behind those.
 */
#ifndef NLP_INTENTS_H
#define NLP_INTENTS_H

#include "core/score.h"
#include "nlp/language.h"
#include "nlp/word_trie.h"

struct arena;
struct err;
struct intents;

#define INTENT_REASONS_MAX 24

/* The patterns inside the program; a language without any has the signs alone. */
int intents_new(enum language lang, struct intents **intents_r, struct err *err);
/* Of a file's text; name for messages ("en.tsv").  -1: without memory, or the file is wrong. */
int intents_read(const char *name, struct slice text, enum language lang,
    struct intents **intents_r, struct err *err);
void intents_free(struct intents *in);

/* What the patterns know of a unit, which has its stem: it depends on its kind, its word and its
 * spellings alone, so that it may be kept with the word. */
struct pattern_mark intents_mark(const struct intents *in, const struct unit *u);

/* Fills s->intents and s->intent_reasons, sentence by sentence, and in each by the heads of their patterns
 * (pattern_index.h); the label of s is set, units have the marks of this set.  -1 only without memory. */
int intents_find(const struct intents *in, const struct unit *units, size_t count, struct arena *a,
    struct score *s, struct err *err);

#endif
