/*
 * describe_internal.h - a rule in plain words: describe.c puts sentences together, describe_when.c
 * says who, what and when.
 */
#ifndef RULES_DESCRIBE_INTERNAL_H
#define RULES_DESCRIBE_INTERNAL_H

#include "rules/tree_internal.h"

struct buf;

struct describer {
	const struct rules_file *files; /* where titles of brands and lists are found */
	size_t file_count;
	struct buf *out;
};

/* "someone with at least 10,000 followers posts something negative about Acme Coffee"; root NULL: any
 * post. subject: "someone", "they" ... */
void
describe_post(struct describer *d, const char *subject, const char *verb, const struct node *root);
/* "When a customer whose country is DE does "order cancelled" whose property "total" is at least 20" */
void describe_event(struct describer *d, const struct node *root);
/* "Anyone who is in the segment ..."; what speaks of nobody is left to describe_post(). */
void describe_person(struct describer *d, const char *subject, const struct node *root);
/* The title of a list or brand in quotes, or its id when there is none. */
void describe_title(struct describer *d, enum item_kind kind, struct slice id, bool is_quoted);
/* "a, b and c": what stands before the i-th of n. */
void describe_joint(struct describer *d, size_t i, size_t n, const char *last);
/* "10,000", "-0.4" */
void describe_number(int64_t milli, char *out, size_t size);

#endif
