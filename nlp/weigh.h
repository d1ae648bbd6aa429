/*
 * weigh.h - what the marks of a text come to, and the reasons for it: what moved the score, where it
 * stands, and by how much.
 *
 * One pass over the units adds up what they count and writes it down; most words are changed by nothing,
 * so that all there is to say of them stands in their entries, and only the others have marks.  The
 * effects of all reasons together are the distance of the two logits, positive minus negative, before
 * temperature: the squashed sums of ratings are shared out among the rated words.  As that takes the
 * sums, it is done last.
 *
 * Ownership: reasons in the arena, what they name there or in the lexicon; the list of rated ones in the
 *            scratch.
 * Errors:    -1 without memory.
 */
#ifndef NLP_WEIGH_H
#define NLP_WEIGH_H

#include "nlp/scratch.h"
#include "nlp/sentiment.h"

struct arena;
struct err;

/* A text and its units; where reasons are kept. */
struct weigher {
	const struct lexicon *lexicon;
	const struct unit *units;
	size_t unit_count;
	struct slice text; /* as written */
	struct scratch *scratch;
	struct arena *arena;
};

/* Of words in their order, ratings before what was learned; then shapes. */
struct reasons {
	struct contribution *items;
	size_t count, word_count;
	struct contribution **rated; /* those that are ratings */
	size_t rated_count;
};

/* Fills *e_r; the reasons are not to be shown before weigh_settle(). */
int weigh_text(const struct weigher *w, const struct marks *marks, struct evidence *e_r,
    struct reasons *r, struct err *err);

/* What each rating counts, and what the score shows.  is_counted: false for a text that is not scored, whose
 * ratings are named all the same. */
void weigh_settle(const struct evidence *e, struct reasons *r, bool is_counted, struct score *s);

#endif
