/*
 * diff.h - what changes from one rule set to the next, for the people who decide about it.
 *
 * Items are compared by kind and id on their canonical text, so layout and the order of files are no
 * change.  Every change has the lines that go and come, and notes that say what that means for what
 * is remembered: cool-downs, windows and totals hang on a rule's id.
 *
 * Ownership: everything lives in the arena given.
 * Threads:   rule sets are immutable; any.
 * Limits:    of an item with very many changed lines all are shown as gone and come.
 */
#ifndef RULES_DIFF_H
#define RULES_DIFF_H

#include <stddef.h>

#include "core/slice.h"

struct arena;
struct err;
struct rule_set;

enum rule_change_kind {
	RULE_CHANGE_ADDED,
	RULE_CHANGE_REMOVED,
	RULE_CHANGE_CHANGED
};
const char *rule_change_kind_name(enum rule_change_kind k); /* "added", "removed", "changed" */

/* A line of an item: '+' comes, '-' goes, ' ' stays (shown around what changes). */
struct rule_change_line {
	char sign;
	struct slice text; /* without its indentation's first two blanks and the line end */
};

struct rule_change {
	enum rule_change_kind kind;
	const char *what; /* "rule", "brand", "list", "watch", "segment" */
	struct slice id, title;
	const struct rule_change_line *lines;
	size_t line_count;
	const struct slice *notes; /* sentences */
	size_t note_count;
};

/* From before (NULL: nothing was live) to after: changed first in the order of after's files, then
 * added, then removed.  0; -1 without memory. */
int rule_sets_diff(const struct rule_set *before, const struct rule_set *after, struct arena *a,
    struct rule_change **changes_r, size_t *count_r, struct err *err);

#endif
