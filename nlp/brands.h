/*
 * brands.h - which brands a text is about: the inside of struct matcher (nlp.h).
 *
 * `called` phrases are cut like posts, so case, accents' spelling, curly quotes, hyphens and
 * drawn-out letters do not matter; a possessive ("Acme's") matches.  A `but not` phrase takes away
 * the words it covers: a called phrase counts where it touches none of them.  Ten thousand phrases
 * cost what ten do (word_trie.h). What it does to mentions, hashtags: "@acme" matches that mention
 * on any host, "#acme" that hashtag; a plain word matches the hashtag as well, as people put the
 * sign into sentences, but never a mention, which is an account. URLs and emoji match only when a
 * brand is called so.
 *
 * Limits: BRANDS_MAX brands; BRAND_HITS_MAX places in one text.
 */
#ifndef NLP_BRANDS_H
#define NLP_BRANDS_H

#include "nlp/nlp.h"
#include "nlp/scratch.h"
#include "nlp/units.h"

#define BRANDS_MAX 60000
#define BRAND_HITS_MAX 8192

/* Fills *brands_r with the ascending indices of the brands found; array in the arena.  -1 without
 * memory. */
int brands_find(const struct matcher *m, const struct unit *units, size_t count,
    struct scratch *scratch, struct arena *a, const uint16_t **brands_r, size_t *count_r,
    struct err *err);

#endif
