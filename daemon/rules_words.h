/*
 * rules_words.h - `earshot rules list --long` and `earshot rules show ID`: live rules read back in
 * plain language.
 */
#ifndef DAEMON_RULES_WORDS_H
#define DAEMON_RULES_WORDS_H

struct verb_call;

/* Every live rule and watch, or the one of that id with its text; the exit code. */
int rules_words_all(struct verb_call *call);
int rules_words_one(struct verb_call *call, const char *id);

#endif
