/*
 * check_internal.h - does a tree that could be read make sense: types, units, ranges, names,
 * conflicts.
 *
 * check.c looks at names and rules as a whole, check_when.c at one condition, check_crowd.c at
 * sequences and watches, check_guardrail.c at hours and limits, check_bounds.c for conditions that
 * exclude one another, check_segment.c for segments, check_brand.c for names
 * of brands.
 */
#ifndef RULES_CHECK_INTERNAL_H
#define RULES_CHECK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/rules.h"
#include "rules/tree_internal.h"

struct map;

struct check {
	const struct rule_env *env;
	struct diag_list *diags;
	/* by enum item_kind: id -> struct item; watches are among the rules */
	struct map *ids[ITEM_KIND_COUNT];
	const struct rules_file *files;
	size_t file_count;
	struct map *sent; /* templates that some rule sends; made when first needed */
	struct map *settings; /* attribute and priority -> the action that sets it */
	struct arena *scratch;
	/* for "did you mean", made when first needed; heap */
	const char **names[ITEM_KIND_COUNT];
	size_t name_count[ITEM_KIND_COUNT];
	bool is_incomplete; /* names may be missing because a part could not be read */
	bool has_no_memory;
};

/* Findings go to diags.  On success the caller owns the id maps (ids_r[kind]: id -> struct item *).
 * 0, also with findings; -1 without memory. */
int check_files(struct rules_file *files, size_t count, const struct rule_env *env,
    struct diag_list *diags, struct map *ids_r[ITEM_KIND_COUNT], struct err *err);

/* ---- shared by the parts ---- */

void check_condition(struct check *c, const struct item *rule, const struct node *n);
/* Types, ranges and names of its values alone. */
void check_condition_values(struct check *c, const struct item *rule, const struct node *n);
/* Is what a date is compared with one, in a list as well? */
void
check_date(struct check *c, const struct item *rule, const struct node *n, const struct value *v);
/* Rules that others cover, lists that nobody asks for. */
void check_overlap(const struct rules_file *files, size_t count);
void check_examples(struct check *c, const struct item *rule);
/* Can the conditions (NULL: none) hold at once? */
void check_bounds(struct check *c, const struct item *it, const struct node *root);
void check_sequences(struct check *c, const struct item *rule);
void check_watch(struct check *c, const struct item *watch);
/* Is it an action of a rule, or of a watch? */
void check_action_place(const struct item *it, const struct action_node *a);
/* Nothing asked or done that an event, or a post, does not have. */
void check_occurrence(const struct item *it);
/* Hours, limits, canary, approval. */
void check_guardrails(struct check *c, const struct item *rule);
/* Does the segment make sense, alone; and do segments ask for one another in a circle? */
void check_segment(struct check *c, const struct item *segment);
void check_circles(struct check *c);
/* Names that two brands have. */
void check_shared_names(struct check *c);
/* Is there a brand, list or segment of that id?  Reports when not. */
void check_name(struct check *c, const struct item *from, enum item_kind kind, struct slice id,
    struct range at);
/* Does a keyword have words?  Reports when not. */
void check_keyword(struct check *c, const struct item *from, const struct value *v);

/* The line its head stands on, from 1. */
size_t check_line_of(const struct item *it);

#endif
