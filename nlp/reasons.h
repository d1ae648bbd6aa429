/*
 * reasons.h - terms as contributions: what moved the score, where it stands, and by how much.
 *
 * The effects of all contributions together are the distance of the two logits, positive minus
 * negative, before temperature: the squashed sums of ratings are shared out among the rated words.
 *
 * Ownership: contributions and their texts in the arena or in the lexicon.
 * Errors:    -1 without memory.
 */
#ifndef NLP_REASONS_H
#define NLP_REASONS_H

#include "nlp/sentiment.h"

struct arena;

/* text: as written.  is_counted: false for a text that is not scored, whose ratings are named all
 * the same. */
int reasons_give(const struct evidence *e, const struct mark *marks, const struct unit *units,
    struct slice text, bool is_counted, struct arena *a, struct score *s);

#endif
