/*
 * describe_internal.h - a rule in plain words: describe.c puts sentences together, describe_when.c
 * says who, what and when.
 */
#ifndef RULES_DESCRIBE_INTERNAL_H
#define RULES_DESCRIBE_INTERNAL_H

#include "rules/tree_internal.h"

struct buf;
struct rule_set;

struct describer {
	const struct rule_set *set; /* where titles of brands, lists and segments are found */
	struct buf *out;
};

/* An item of the set, whole. */
void describe_rule(const struct rule_set *set, const struct item *it, struct buf *out);
void describe_watch(const struct rule_set *set, const struct item *it, struct buf *out);
void describe_segment(const struct rule_set *set, const struct item *it, struct buf *out);

/* "someone with at least 10,000 followers posts something negative about Acme Coffee"; root NULL: any
 * post. subject: "someone", "they" ... */
void
describe_post(struct describer *d, const char *subject, const char *verb, const struct node *root);
/* "When a customer whose country is DE does "order cancelled" whose property "total" is at least 20" */
void describe_event(struct describer *d, const struct node *root);
/* "Anyone who is in the segment ..."; what speaks of nobody is left to describe_post(). */
void describe_person(struct describer *d, const char *subject, const struct node *root);
/* The title of a list, brand or segment in quotes, or its id when there is none. */
void describe_title(struct describer *d, enum item_kind kind, struct slice id, bool is_quoted);
/* "a, b and c": what stands before the i-th of n. */
void describe_joint(struct describer *d, size_t i, size_t n, const char *last);
/* "10,000", "-0.4" */
void describe_number(int64_t milli, char *out, size_t size);

#endif
