/*
 * examples.h - do the rules do with their examples what these say?
 */
#ifndef DAEMON_EXAMPLES_H
#define DAEMON_EXAMPLES_H

struct diag_list;
struct err;
struct snapshot;

/* Scores every example's text in the snapshot's own brands and lexicons and judges its rule.  0: all
 * as they say; 1 with findings; -1 without memory. */
int examples_try(const struct snapshot *s, struct diag_list *diags, struct err *err);

#endif
