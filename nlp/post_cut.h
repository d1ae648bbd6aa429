/*
 * post_cut.h - a post to tokens and units with what is known of their words: what units.h does to
 * a text, and word_memo.h to its words, in one go.
 *
 * A post is split at its blanks.  What the tokeniser makes of a piece that it has seen before is kept with
 * what is known of the word: its token, its unit and its fact are made in one step.  Everything else goes
 * through tokenise.h and units.h; the result is the same as theirs.
 *
 * Stems, marks and entries of a unit depend on the language, which is known when all words have been
 * heard.  They are filled for the language the caller guesses where the memo has that; `open`
 * says which units are left.
 *
 * Ownership: tokens and texts in the arena; units, their words and what is in struct post_words in the
 *            cutter, valid until its next call.
 * Errors:    -1 without memory.
 * Threads:   one.
 */
#ifndef NLP_POST_CUT_H
#define NLP_POST_CUT_H

#include "nlp/speech.h"
#include "nlp/units.h"
#include "nlp/word_memo.h"

struct post_cutter {
	struct cutting cutting;
	struct word_memo *words;
	struct scratch pieces, open, asked;
};

struct post_words {
	struct speech speech;
	enum language guess; /* set by the caller */
	uint32_t *open; /* the units whose word is not filled for `guess`; the others are */
	size_t open_count;
};

int post_cutter_init(struct post_cutter *c); /* -1 without memory; to be followed by fini */
void post_cutter_fini(struct post_cutter *c);

/* set_number: of word_memo_begin(). */
int post_cut(struct post_cutter *c, uint64_t set_number, const struct language_model *languages,
    struct slice text, struct arena *a, struct post_words *words, struct err *err);

#endif
