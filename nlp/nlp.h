/*
 * nlp.h - from text to score: normalise -> tokenise -> language -> stem -> look up -> combine.
 *
 * Pure: the same text and the same lexicon give the same score, today and in ten years; no clock,
 *       disk, network, nothing about the author.
 *
 * A short text whose language is not told ("und") is read with the lexicon of each language it could be
 *       in (language_nearest()); the likeliest that knows a word of it gives the score and its
 *       lexicon's version, unless one says positive and another negative.  Language, stems, tokens
 *       and intents stay those of "und".
 *
 * Ownership: struct lexicon_set and struct matcher are immutable and counted; a struct scorer
 *            (stemmers, caches, scratch) refers to none of them between calls.
 * Threads:   sets and matchers may be shared; a scorer belongs to one thread.
 * Input:     valid UTF-8 (core/utf8.h), of any length up to POST_TEXT_MAX.
 */
#ifndef NLP_NLP_H
#define NLP_NLP_H

#include <stddef.h>

#include "core/brand.h"
#include "core/score.h"
#include "core/slice.h"

struct arena;
struct diag_list;
struct err;
struct lexicon_set;
struct matcher;
struct scorer;

/* The lexicons inside the program. */
int lexicon_set_new(struct lexicon_set **set_r, struct err *err);
/* The same with a brand's own vocabulary laid over it: text of one lexicon.d TSV file (word or
 * phrase, language, weight -4..4); findings with line and caret go to diags.  May be called for
 * several files before first use. */
int lexicon_set_add_vocabulary(struct lexicon_set *set, const char *file, struct slice text,
    struct diag_list *diags, struct err *err);
/* A whole lexicon (lexicon.h), as `earshot train` writes it, takes the place of the shipped one of
 * its language; before any vocabulary.  One that cannot be read, or a second one of a language, is
 * a finding. */
int lexicon_set_replace(struct lexicon_set *set, const char *file, struct slice text,
    struct diag_list *diags, struct err *err);
/* Is this the text of a whole lexicon, not of a vocabulary? */
bool lexicon_set_is_whole(struct slice text);
struct lexicon_set *lexicon_set_ref(struct lexicon_set *set);
void lexicon_set_unref(struct lexicon_set *set);

/* Brands to look for; the set is copied. */
int matcher_new(const struct brand_set *brands, struct matcher **matcher_r, struct err *err);
struct matcher *matcher_ref(struct matcher *m);
void matcher_unref(struct matcher *m);

struct scorer *scorer_new(void);
void scorer_free(struct scorer *s);

/* Fills *score_r; texts and arrays live in a (or in the set).  matcher may be NULL: no brands.
 * lang_hint: the network's weak hint, may be SLICE_NONE.  -1 only without memory or with a full
 * arena. */
int nlp_score(struct scorer *s, const struct lexicon_set *set, const struct matcher *matcher,
    struct slice text, struct slice lang_hint, struct arena *a, struct score *score_r,
    struct err *err);

/* Only the words of a post whose score is known: scores_r[i] gets tokens, language and the brands of
 * matchers[i], as nlp_score() finds them, and nothing else.  Cut once for all matchers, which share
 * the tokens; a matcher may be NULL. */
int nlp_words(struct scorer *s, const struct lexicon_set *set,
    const struct matcher *const *matchers, size_t count, struct slice text, struct slice lang_hint,
    struct arena *a, struct score *scores_r, struct err *err);

/* Only the tokens (folded, and stemmed when lang is known): for rules' keywords, which must be cut
 * the same way as the posts they are compared with. */
int nlp_tokenise(struct scorer *s, struct slice text, struct slice lang, struct arena *a,
    struct token **tokens_r, size_t *count_r, struct err *err);

#endif
