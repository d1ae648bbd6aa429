/*
 * look_up.c - the words of a post as a set numbers them.
 */
#include "rules/engine_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"

static struct rule_words *
look_up(const struct rule_set *set, const struct score *score, struct arena *a)
{
	struct rule_words *words = arena_alloc(a, sizeof *words);

	if (words == NULL || phrase_text_look_up(&words->text, &set->words, score, a) < 0)
		return NULL;
	words->set = set;
	words->tokens = score->tokens;
	words->token_count = score->token_count;
	return words;
}

int
rule_set_look_up(const struct rule_set *set, const struct score *score, struct arena *a,
    const struct rule_words **words_r, struct err *err)
{
	*words_r = NULL;
	if (!set->has_phrases)
		return 0; /* nobody will ask */
	*words_r = look_up(set, score, a);
	if (*words_r != NULL)
		return 0;
	return err_set(err, arena_is_full(a) ? ERR_LIMIT : ERR_NOMEM,
	    "no memory to look up the %zu words of a post", score->token_count);
}

const struct phrase_text *
look_up_text(const struct rule_set *set, const struct occurrence *occ, struct arena *a)
{
	const struct rule_words *words = occ->words;
	const struct score *score = occ->score;

	if (words == NULL || words->set != set || words->tokens != score->tokens ||
	    words->token_count != score->token_count)
		words = look_up(set, score, a);
	return words == NULL ? NULL : &words->text;
}
