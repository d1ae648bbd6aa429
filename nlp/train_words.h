/*
 * train_words.h - which stems, pairs and negated stems occur often enough to be learned.
 *
 * An entry is counted once a post.  Entries that occur in fewer than min_posts posts are left out,
 * and so are words on the exclusion list (names of persons and brands), words with digits, handles
 * and links.  A drawn-out word ("kkkkk", "sooo") is counted as its key, with two of each letter, unless
 * a shorter spelling is excluded.  A stem is written as its most frequent word.
 *
 * Ownership: new/free.
 * Errors:    -1 without memory.
 */
#ifndef NLP_TRAIN_WORDS_H
#define NLP_TRAIN_WORDS_H

#include "nlp/lexicon.h"
#include "nlp/marks.h"

struct err;
struct train_words;

struct train_words_options {
	uint32_t min_posts;
	bool with_pairs;
	bool only_signs; /* no words, tags, pairs */
};

/* Words that may be no entry: one a line, folded; counted together over several calls. */
struct train_exclusions;
int train_exclusions_new(struct train_exclusions **x_r, struct err *err);
int train_exclusions_add(struct train_exclusions *x, struct slice lines, struct err *err);
void train_exclusions_free(struct train_exclusions *x);
bool train_exclusions_has(const struct train_exclusions *x, const struct word_key *folded);

/* x: NULL: none. */
int train_words_new(const struct train_words_options *options, const struct train_exclusions *x,
    struct train_words **w_r, struct err *err);
void train_words_free(struct train_words *w);

/* One post: its units, stemmed (tags as well: of their word), and the marks of the base lexicon,
 * which say what is negated. */
int train_words_add_post(struct train_words *w, const struct unit *units, size_t unit_count,
    const struct mark *marks, size_t mark_count, struct err *err);

/* Adds what is frequent enough to the lexicon, with no weight yet. */
int train_words_to_lexicon(const struct train_words *w, struct lexicon *lx, struct err *err);

#endif
