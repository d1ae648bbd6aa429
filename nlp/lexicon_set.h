/*
 * lexicon_set.h - the inside of struct lexicon_set (nlp.h): what belongs to each language, shared
 * by scorers.
 *
 * The languages with a lexicon are one table in lexicon_set.c; another language is another row and
 * another file under corpora/lexicons/.
 */
#ifndef NLP_LEXICON_SET_H
#define NLP_LEXICON_SET_H

#include <stdatomic.h>

#include "nlp/intents.h"
#include "nlp/language.h"
#include "nlp/lexicon.h"
#include "nlp/nlp.h"
#include "nlp/vocabulary.h"

struct lexicon_set {
	atomic_int refs;
	uint64_t number; /* no other set, and no other state of this one, has had it */
	struct language_model *languages;
	struct lexicon *lexicons[LANGUAGE_COUNT]; /* NULL: a language we cannot score */
	struct intents
	    *intents[LANGUAGE_COUNT]; /* NULL: none; [LANGUAGE_UND] works on signs alone */
	char *names[LANGUAGE_COUNT]; /* files that replaced shipped lexicons; NULL: shipped */
	struct vocabulary_places *places; /* NULL: there is no vocabulary */
};

/* The file of a language's shipped lexicon; SLICE_NONE: there is none. */
struct slice lexicon_set_shipped(enum language lang);
/* NULL: a language we cannot score. */
const struct lexicon *lexicon_set_lexicon(const struct lexicon_set *set, enum language lang);
/* The file that took the place of the shipped lexicon of a language; NULL: none did. */
const char *lexicon_set_file(const struct lexicon_set *set, enum language lang);
/* The files of the brand's vocabulary, counted from 0; NULL: there are no more. */
const char *lexicon_set_vocabulary_file(const struct lexicon_set *set, size_t i);
/* Where the entry of a reason stands in the brand's vocabulary; NULL: it is not from there. */
const struct vocabulary_place *lexicon_set_place(const struct lexicon_set *set, struct slice entry);

#endif
