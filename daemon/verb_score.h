/*
 * verb_score.h - what the files of `earshot score` share: what posts are scored with, and an explanation for a
 * reader.
 */
#ifndef DAEMON_VERB_SCORE_H
#define DAEMON_VERB_SCORE_H

#include "core/score.h"
#include "core/slice.h"

struct arena;
struct buf;
struct err;
struct lexicon_set;
struct snapshot;
struct verb_call;

struct score_home {
	struct lexicon_set *lexicon;
	struct snapshot *snapshot; /* for the brands; NULL: none are looked for */
	const char **brand_names;
	struct arena *arena; /* the names live here */
};

/* Of the configuration that the call names, or of none; *s is zeroed.  0; 1 with errors, which are printed;
 * -1 with err.  To be closed in any case. */
int score_home_open(struct score_home *s, const struct verb_call *call, struct err *err);
void score_home_close(struct score_home *s);

/* The post's text, what it was taken for and why, in lines for people: nothing in it moves a terminal's
 * cursor.  brand_names by the score's indices; the arena is scratch, and without memory in it out has
 * failed. */
void score_say(const struct score *s, const struct lexicon_set *set, const char *const *brand_names,
    struct slice text, struct arena *a, struct buf *out);

#endif
