/*
 * verb_influence.h - `earshot people influence --pairs FILE`, a part of the verb `people`.
 */
#ifndef DAEMON_VERB_INFLUENCE_H
#define DAEMON_VERB_INFLUENCE_H

#include "daemon/verb.h"

/* CSV with the columns of the influence contest in, a probability a row out; "-" is standard input.
 * Returns the exit code. */
int influence_pairs(const struct verb_call *call, const char *path);

#endif
