/*
 * marks.h - what of a text stands in the lexicon.
 *
 * What a unit may have: a rating or role (of the longest phrase that begins there), a learned stem, a
 * learned pair with the unit before it.  Words of another language than the post's are looked up in the
 * English lexicon's ratings when the post's own knows nothing of them (code-switching).  A hashtag
 * without an entry is cut into words the lexicon knows ("#worstservice"), and has the rating of the
 * most telling one; capitals are not looked at, since the word alone decides (word_memo.h).
 *
 * Ownership: marks in the scratch, valid until the next call.
 * Errors:    -1 without memory.
 */
#ifndef NLP_MARKS_H
#define NLP_MARKS_H

#include "nlp/modifiers.h"
#include "nlp/scratch.h"

struct arena;
struct err;

/* only_signs: emoji and emoticons alone. */
struct marks_finder {
	const struct lexicon *lexicon;
	const struct lexicon *english; /* NULL when lexicon is English */
	bool only_signs;
	struct stemmer *stemmer;
	struct scratch *scratch;
	struct arena *arena;
};

/* Depends on the unit's word alone. */
void
marks_look_up(const struct marks_finder *f, const struct unit *u, struct word_entries *entries_r);

/* The words of the units have their entries.  The marks are filled as if nothing changed what they count: that is
 * modifiers_apply()'s to find out. */
int marks_find(const struct marks_finder *f, const struct unit *units, size_t unit_count,
    struct marks *marks_r, struct err *err);

/* Writes the marks of those units that are in the set of the changed ones anew; marks_find() has done it. */
void marks_fill(struct marks *m);

/* One after the other, once modifiers have been applied, a mark for each unit that has anything, words
 * that nothing changes among them. */
struct marks_walk {
	const struct marks *of;
	size_t unit;
	const struct mark *next;
	const struct neighbours *pair;
	const struct stretch *stretch;
};
struct marks_walk marks_walk(const struct marks *of);
/* false: that was all, and *m_r is nothing. */
bool marks_next(struct marks_walk *w, struct mark *m_r);

#endif
