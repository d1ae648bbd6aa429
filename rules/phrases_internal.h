/*
 * phrases_internal.h - all keywords of a rule set, found in a post's tokens in one pass.
 *
 * A keyword is cut into tokens as posts are; it matches where its folded tokens stand one behind
 * the other, not over the end of a sentence (unless the keyword has one there itself).  Words with
 * hyphens count part by part, and a word of the post also counts without its possessive, as in the
 * names of brands.  Single tokens are found by their number, longer keywords by the numbers of their
 * first two.
 */
#ifndef RULES_PHRASES_INTERNAL_H
#define RULES_PHRASES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/score.h"
#include "rules/words_internal.h"

struct arena;
struct map;

struct phrase {
	uint32_t first; /* into tokens */
	uint16_t count;
	uint32_t next; /* another phrase with the same first two tokens, plus 1 */
	struct slice text; /* as the rule has it */
};

struct phrases {
	struct phrase *list; /* by number */
	size_t count, cap;
	uint32_t *tokens; /* a word's number << 1 | does a sentence end behind it */
	size_t token_count, token_cap;
	struct map *by_content; /* while building */
	/* made by phrases_finish() */
	uint32_t *single; /* by word: its phrase plus 1 */
	size_t single_count;
	uint64_t *pair_keys; /* open addressing: first << 32 | second */
	uint32_t *pair_first; /* phrase plus 1; 0: empty */
	size_t pair_mask;
	uint8_t *begins_pair; /* by word: does a longer phrase begin with it */
};

/* A post's text, ready to be looked through. */
struct phrase_text {
	const struct token *tokens;
	uint32_t *ids; /* the words' numbers; 0: no keyword has it */
	uint32_t *others; /* the same without the possessive; NULL: none has one */
	size_t count;
	bool has_possessives; /* it may be so */
};

/* Words with hyphens become their parts ("too-late" is "too" and "late"). tokens and count are
 * replaced, with memory of a, where there are any; -1 without memory. */
int phrase_tokens_split(struct arena *a, struct token **tokens, size_t *count);
/* All words are asked for before the first is heard, so that the waits for memory are beside each other.
 * -1 without memory. */
int phrase_text_look_up(
    struct phrase_text *t, const struct words *w, const struct score *s, struct arena *a);

int phrases_init(struct phrases *p);
void phrases_fini(struct phrases *p);
/* Tokens of a keyword (at least one, at most RULES_PHRASE_TOKENS_MAX); *id_r its number.  -1
 * without memory. */
int phrases_add(struct phrases *p, struct words *w, struct slice text, const struct token *tokens,
    size_t count, uint32_t *id_r);
int phrases_finish(struct phrases *p, const struct words *w);
/* Does phrase id stand at token i? */
bool phrases_at(const struct phrases *p, uint32_t id, const struct phrase_text *t, size_t i);
/* The phrase of a single token, plus 1; 0: none. */
uint32_t phrases_single(const struct phrases *p, uint32_t word);
/* The first of the phrases that begin with these two, plus 1; go on with phrase.next. */
uint32_t phrases_pair(const struct phrases *p, uint32_t first, uint32_t second);

#endif
