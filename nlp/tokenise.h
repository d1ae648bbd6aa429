/*
 * tokenise.h - folded text to tokens.
 *
 * What it does to
 *   emoji:     a whole sequence is one token (flags, keycaps, skin tones, families joined by ZWJ);
 * folded leaves out variation selectors and skin tones, so that every thumb is the same thumb;
 *   emoticons: a closed list; repeated mouths are shortened: ":))))" is ":)";
 *   mentions:  @user, @user@host, @user.domain are one token each, also with a dot or an apostrophe
 * behind; hashtags:  # and letters, digits, underscores of any script, at least one not a digit;
 * "#1" is a number; URLs:      with a scheme, "www.", and bare domains whose end is on a closed
 * list ("great.thanks" is two words); mail addresses count as URLs, and
 * so does "http" alone, the rest of a link that was cut off; elongation: three or more of a
 * letter become two ("soooo" is "soo"); whoever looks up tries one as well; negation:  "don't"
 * stays one word, as do "well-made", "at&t" and "f**k"; Chinese and Japanese text: character by
 * character. Runs of ! and ? and two or more dots are PUNCT; other punctuation only ends clauses
 * and sentences.
 *
 * Ownership: the list in its scratch, valid until the next call, or, with in_arena, in the arena;
 *            shortened words in the arena.
 * Errors:    -1 without memory.
 * Limits:    TOKENS_MAX tokens; what stands behind is not looked at.  Linear time.
 */
#ifndef NLP_TOKENISE_H
#define NLP_TOKENISE_H

#include <stddef.h>

#include "core/score.h"
#include "nlp/normalise.h"
#include "nlp/scratch.h"

struct arena;
struct err;

#define TOKENS_MAX 32768

/* What units.h wants to know of a token without reading it again. */
enum token_note {
	TOKEN_NOTE_HYPHEN = 1, /* a word with one */
	TOKEN_NOTE_OTHERS = 2, /* may have other spellings */
	TOKEN_NOTE_ELSEWHERE = 4 /* folded is not a part of the folded text */
};

struct token_list {
	struct token *items;
	uint8_t *notes; /* bits of enum token_note for each token */
	size_t count, cap;
	bool in_arena; /* set by the caller: items outlive the next call */
	struct scratch scratch, notes_scratch;
};

int
tokenise_text(const struct normal *n, struct arena *a, struct token_list *list, struct err *err);
void tokenise_fini(struct token_list *list);

#endif
