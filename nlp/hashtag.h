/*
 * hashtag.h - the words inside a hashtag: "#ThisIsGreat" is this, is, great.
 *
 * Where capitals, underscores or digits show the words, they are cut there: "#USAToday" is usa,
 * today; "#euro2016" is euro, 2016.  A piece without such marks ("#worstservice", "#WORSTSERVICE") is
 * divided into words the caller knows: as few as will do, the longest first, and all of it or
 * nothing.  Short words make a poor witness ("#isitok" could be much): a tag is divided only when
 * its words have two and a half letters on average.
 *
 * A tag that is itself a known word ("#iPhone") is left whole.
 *
 * Pure.  At most HASHTAG_BYTES_MAX bytes, HASHTAG_PARTS_MAX words; what is longer is left whole.
 */
#ifndef NLP_HASHTAG_H
#define NLP_HASHTAG_H

#include <stdbool.h>

#include "core/slice.h"

#define HASHTAG_PARTS_MAX 8
#define HASHTAG_BYTES_MAX 40

/* Is this folded text a word of the language?  Asked a few hundred times for a long tag. */
typedef bool hashtag_word_fn(void *cookie, struct slice word);

/* folded and written: the token as folded and as in the text, '#' included.  parts become pieces of
 * folded, in order, the underscores left out.  Returns how many: 2 or more, or 0: the tag is one
 * word, or says not clearly where its words are.  is_word may be NULL: then only marks count. */
int hashtag_split(struct slice folded, struct slice written, hashtag_word_fn *is_word, void *cookie,
    struct slice parts[HASHTAG_PARTS_MAX]);

#endif
