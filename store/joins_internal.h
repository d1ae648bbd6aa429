/*
 * joins_internal.h - what joins.c asks of joins_count.c.
 */
#ifndef STORE_JOINS_INTERNAL_H
#define STORE_JOINS_INTERNAL_H

#include "store/joins.h"
#include "store/store_internal.h"

/* The subjects of a tree, as a table "tree (subject)": ?1 is its root. */
#define JOINS_TREE                                                                                 \
	"WITH RECURSIVE tree (subject) AS (VALUES (?1) UNION SELECT from_subject FROM "            \
	"subject_joins JOIN tree ON to_subject = tree.subject WHERE undone_at_ms IS NULL) "

/* A person's rows have their key, or begin with it and '|' ('|' and '}' are neighbours, so that both are a
 * range of the index).  An id may hold '|' itself: "c:x|z" is another person than "c:x".  So only kinds
 * whose keys have one more part count (outbox.h, times.h), and only with no '|' in that part: days, weeks,
 * periods and names of templates have none.  low: the parameter with the key and '|'. */
#define JOINS_STATE_PART(low)                                                                      \
	"kind NOT IN (1, 2, 4, 11) AND instr(substr(key, 1 + length(" low ")), '|') = 0"
#define JOINS_TIMES_PART(low) "part = 3 AND instr(substr(key, 1 + length(" low ")), '|') = 0"

/* What was counted under the root since its tree changed last becomes a spell of all in the tree. */
int
spell_end(struct store *st, struct slice root, int64_t now_ms, struct arena *a, struct err *err);
/* The rows of a root become the sum of its tree's spells.  Before: spell_end(), and the rows of a subject
 * that is no root any more are emptied. */
int spells_sum(struct store *st, struct slice root, struct arena *a, struct err *err);
int spells_clear(struct store *st, struct slice subject, struct arena *a, struct err *err);

#endif
