/*
 * propose.h - which words of a brand's posts the lexicon reads wrongly, and what they should weigh:
 * lines for a vocabulary that a person accepts or not.
 *
 * Method: every labelled post is scored; a word or phrase is a candidate when the labels of the
 * posts it stands in differ from what was said about them by more than chance (residuals of the
 * score, all classes weighing alike, their common mean taken off, against their variance plus that
 * of PROPOSE_PRIOR_POSTS posts).  The candidates are tried one after the other, the most deviating
 * first: the weight with the least loss on one half of the candidate's posts has to lower the loss
 * on the other half, both ways round.  What was accepted stays in force for the next, so a phrase
 * that says nothing beside its word is not proposed.
 *
 * Never proposed: excluded words, handles, links, numbers, words with digits, and words that are
 * mostly written with a capital within a sentence (names; not looked at in German).
 *
 * Purity: the same rows, lexicon and options give the same list.
 * Ownership: new/free; phrases live in the list.
 * Errors:    -1 without memory.
 */
#ifndef NLP_PROPOSE_H
#define NLP_PROPOSE_H

#include "nlp/train.h"

struct train_exclusions;

#define PROPOSE_MAX 50
#define PROPOSE_PRIOR_POSTS 5

struct propose_options {
	uint32_t min_posts;
	double least_deviation; /* standard deviations */
	void (*progress)(void *cookie, const char *what, double share);
	void *cookie;
};

struct proposal {
	struct slice phrase; /* folded */
	int32_t weight_milli; /* for the vocabulary */
	size_t posts, labels[3]; /* with the phrase, by label */
	int32_t said_milli, wanted_milli; /* mean score of those posts; mean label, -1000..1000 */
	double deviation; /* standard deviations */
	double gain; /* of log likelihood on halves it was not chosen on */
};

struct propose_list {
	struct proposal *items; /* the most gain first */
	size_t count, candidates;
	struct arena *arena;
};

struct propose_options propose_defaults(void);
/* lexicon: a lexicon's file (lexicon.h), named name; rows that are validation are not looked at. */
int propose_new(const struct propose_options *o, const char *name, struct slice lexicon,
    const struct lexicon *english, const struct train_exclusions *exclusions,
    const struct train_row *rows, size_t row_count, struct propose_list *list_r, struct err *err);
void propose_free(struct propose_list *list);

/* The lexicon with the first count proposals laid over it. */
int propose_apply(const char *name, struct slice lexicon, const struct propose_list *list,
    size_t count, struct lexicon **lexicon_r, struct err *err);

#endif
