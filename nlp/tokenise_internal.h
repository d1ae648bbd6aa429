/*
 * tokenise_internal.h - the tokeniser step by step, for those who take known words themselves
 * (post_cut.h).
 */
#ifndef NLP_TOKENISE_INTERNAL_H
#define NLP_TOKENISE_INTERNAL_H

#include "nlp/tokenise.h"

struct tokeniser {
	const struct normal *n;
	struct slice text; /* the folded text */
	size_t at;
	size_t no_address_until; /* see address_url() */
	struct arena *arena;
	struct token_list *list;
	struct err *err;
	bool has_failed; /* no memory; err says so */
};

/* At the beginning of a text, with an empty list that has room for `count` tokens; -1 without
 * memory. */
int tokenise_begin(struct tokeniser *c, const struct normal *n, size_t count, struct arena *a,
    struct token_list *list, struct err *err);
/* Room for `count` tokens more; false: without memory (has_failed), or they would be too many. */
bool tokenise_reserve(struct tokeniser *c, size_t count);
/* What stands at c->at, inside the text: moves behind it, and adds its token when it is one. */
void tokenise_one(struct tokeniser *c);

/* All capitals, two letters or more, in the text as written. */
bool tokenise_is_all_caps(const struct normal *n, uint32_t start, uint32_t len);

static inline bool
tokenise_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

#endif
