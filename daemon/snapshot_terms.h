/*
 * snapshot_terms.h - the words of lists that posts are asked for (`text contains any of list drinks`), found in
 * posts whether or not a rule asks just now: who comes early with one is an early adopter of it.
 *
 * Errors:  -1 and err: no memory.
 * Limits:  TERMS_MAX words and phrases; further ones are no items.
 */
#ifndef DAEMON_SNAPSHOT_TERMS_H
#define DAEMON_SNAPSHOT_TERMS_H

struct arena;
struct brand_set;
struct err;
struct matcher;
struct slice_list;

#define TERMS_MAX 10000
#define TERM_BYTES_MAX 200

/* *names_r: "t:" and the word, by the matcher's numbers, in a; *terms_r: the caller's, NULL when there are no words. */
int snapshot_terms(const struct brand_set *words, struct arena *a, struct slice_list *names_r,
    struct matcher **terms_r, struct err *err);

#endif
