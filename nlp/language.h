/*
 * language.h - which language a text is in: naive Bayes over n-grams of characters inside words.
 *
 * Every word has a vector: for each language, how far behind the best one it is as this word's
 * language.  No n-gram crosses the edge of a word, so the vector of a text is the sum of its words'
 * vectors, and whoever scores many texts may keep the vectors of words it has seen.  Then
 * language_decide() looks at the sums, the length and the network's hint.  "und" (undetermined) is
 * an answer, not an error: no word, no evidence, too little between the first two, or a text
 * whose words do not agree on any of our languages.
 *
 * Word:      as the tokeniser folds it (lower case, NFKC, at most two of a letter in a row).  "og"
 *            stands as "_og_"; its n-grams have 1 to 4 characters, frequent words are entries as
 *            a whole.  Words that all languages share ("ok", "lol", "pizza") do not vote.
 * Scripts:   a letter of a script that only one of our languages uses votes for it; a word in a
 *            script of none of them speaks against all.
 * Limits:    one word speaks at most LANGUAGE_WORD_MAX steps for or against a language, so that a
 *            name or a borrowed word does not outvote a sentence; what stands behind the first
 *            LANGUAGE_WORD_BYTES bytes of a word is not looked at.
 * Short texts: one that is said to be in a language we do not score must be so by a clear margin, or
 *            nothing is said ("Congrats ladies!!!" has more of Catalan than of English).  In one of a
 *            word or two the network's hint counts twice.
 * What it does to emoji, mentions, hashtags, URLs: they are not words and do not vote.
 *
 * Ownership: the model belongs to the lexicon set; immutable.
 * Threads:   a model may be shared.
 * Numbers:   corpora/languages.tsv, made by scripts/make_languages.py; corpora/README.md says
 *            from what.
 */
#ifndef NLP_LANGUAGE_H
#define NLP_LANGUAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct err;
struct language_model;

/* The languages we score stand first. */
enum language {
	LANGUAGE_UND,
	LANGUAGE_EN,
	LANGUAGE_DE,
	LANGUAGE_DA,
	LANGUAGE_ES,
	LANGUAGE_FR,
	LANGUAGE_IT,
	LANGUAGE_PT,
	LANGUAGE_NL,
	LANGUAGE_SV,
	LANGUAGE_NO,
	LANGUAGE_FI,
	LANGUAGE_PL,
	LANGUAGE_CS,
	LANGUAGE_RU,
	LANGUAGE_UK,
	LANGUAGE_EL,
	LANGUAGE_TR,
	LANGUAGE_HU,
	LANGUAGE_RO,
	LANGUAGE_AR,
	LANGUAGE_FA,
	LANGUAGE_HE,
	LANGUAGE_HI,
	LANGUAGE_JA,
	LANGUAGE_ZH,
	LANGUAGE_KO,
	LANGUAGE_CA,
	LANGUAGE_ID,
	LANGUAGE_VI,
	LANGUAGE_BG,
	LANGUAGE_TH,
	LANGUAGE_COUNT
};

const char *language_code(enum language lang); /* "en"; "und" */
const char *language_stemmer(enum language lang); /* libstemmer's name; NULL: none */
/* "en", "EN", "en-GB", "en_US", "nb" and "nn" for "no"; LANGUAGE_UND for what we do not know. */
enum language language_of_code(struct slice code);

/* Reads the table; name is for messages.  -1 when it is damaged or without memory. */
int language_model_new(
    const char *name, struct slice text, struct language_model **model_r, struct err *err);
void language_model_free(struct language_model *m);

/* A whole number of vectors of eight. */
#define LANGUAGE_SLOTS (((int)LANGUAGE_COUNT + 7) / 8 * 8)
#define LANGUAGE_WORD_MAX 120
#define LANGUAGE_WORD_BYTES 62

/* v[lang] is 0 for the best language and negative for the others, in steps of 0.2 nat, not below
 * -LANGUAGE_WORD_MAX; all 0: the word does not vote.  v[LANGUAGE_UND], at least 0, is how much the
 * word has in common with the best one, the sum of its weights.  Slots behind the last language
 * are 0. */
struct language_vector {
	int16_t v[LANGUAGE_SLOTS];
};

/* Pure: no allocation, no state. */
void language_word_vector(
    const struct language_model *m, struct slice folded_word, struct language_vector *v_r);

/* What the vectors of a text's words add up to: 16 bits hold it for LANGUAGE_TEXT_WORDS of them. */
#define LANGUAGE_TEXT_WORDS 250
struct language_sums {
	int16_t v[LANGUAGE_SLOTS]; /* 0 for LANGUAGE_UND, which is no language */
	int32_t in_common; /* LANGUAGE_UND's */
	uint32_t words, letters; /* letters: bytes of these words */
};

/* hint: the network's code, may be empty.  *margin_r (may be NULL): steps between the first language and the
 * second, the hint included; 0 when nothing was said.  Ties go to the earlier language. */
enum language
language_decide(const struct language_sums *sums, struct slice hint, int32_t *margin_r);

/* For a short text that language_decide() leaves undetermined: the languages we score that it could
 * be in, the likeliest first.  Returns how many; none when it is long, has no word, or is of none of
 * our languages. */
#define LANGUAGE_SCORED_MAX 9
size_t
language_nearest(const struct language_sums *sums, enum language nearest_r[LANGUAGE_SCORED_MAX]);

#endif
