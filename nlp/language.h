/*
 * language.h - which language a post is in: the network's hint and a profile of stop words.
 *
 * Every unit that is a stop word votes for its languages (a word of one language counts more than
 * one that five share), letters such as ß or ø vote as well, and the network's hint has a small
 * say.  Too little evidence for the length of the text is LANGUAGE_UND, an answer, not an error; a
 * text without any evidence follows the hint.  Short English texts ("Great coffee!") hold no stop
 * word: the caller asks the English lexicon then (LANGUAGE_UND without hint and without votes for
 * any other language).
 *
 * What it does to emoji, mentions, hashtags, URLs: they do not vote.  Elongated words vote in their
 * shortened forms, negations are stop words like others.
 *
 * Ownership: the word set belongs to the lexicon set; immutable.
 */
#ifndef NLP_LANGUAGE_H
#define NLP_LANGUAGE_H

#include "core/slice.h"
#include "nlp/word_trie.h"

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
	LANGUAGE_COUNT
};

const char *language_code(enum language lang); /* "en"; "und" */
const char *language_stemmer(enum language lang); /* libstemmer's name; NULL: none */
/* "en", "EN", "en-GB", "en_US"; LANGUAGE_UND for what we do not know. */
enum language language_of_code(struct slice code);

/* The stop words of all languages.  NULL without memory. */
struct word_trie *language_words_new(void);

struct language_guess {
	enum language lang;
	bool is_silent; /* no stop word and no letter spoke for a language */
	size_t words; /* units that could have voted */
};

struct language_guess language_detect(
    const struct word_trie *words, const struct unit *units, size_t count, struct slice hint);

#endif
