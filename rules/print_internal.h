/*
 * print_internal.h - the canonical text of a tree: one spelling, two blanks a level, comments with
 * their line.
 *
 * Laws (tests/rules/test_print.c): reading what was printed gives the same tree; printing that
 * gives the same text.
 */
#ifndef RULES_PRINT_INTERNAL_H
#define RULES_PRINT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "rules/tree_internal.h"

struct buf;

#define PRINT_LINE_MAX 100 /* columns, for lists of values */

void print_file(const struct rules_file *f, struct buf *out);
void print_item(const struct item *it, struct buf *out);
/* On one line however long, without comments: "sentiment is below -0.4" */
void print_condition(const struct node *n, struct buf *out);
/* The same up to and without the values: "sentiment is below" */
void print_condition_head(const struct node *n, struct buf *out);
void print_examples(const struct item *it, struct buf *out);
void print_action(const struct action_node *a, struct buf *out);
/* "count within 10 minutes", and the whole line: "count within 10 minutes is at least 20" */
void print_crowd_name(const struct crowd_node *n, struct buf *out);
void print_crowd_test(const struct crowd_node *n, struct buf *out);
void print_value(const struct value *v, struct buf *out);
void print_quoted(struct slice s, struct buf *out);
/* Characters on the last line so far. */
size_t print_column(const struct buf *out);
/* 10000000 thousandths -> "10k" */
void print_number_text(int64_t milli, char *out, size_t size);
void print_duration_text(struct duration d, char *out, size_t size);
void print_moment_text(const struct moment *m, char *out, size_t size);
/* "per author" is the scope's word; NULL for LIMIT_PER_RULE */
const char *print_scope_name(enum limit_scope s);

/* ---- shared by print.c, print_crowd.c and print_guardrail.c ---- */

/* Comments above a line; those behind it and the line's end. */
void print_before(const struct notes *n, int indent, struct buf *out);
void print_after(const struct notes *n, struct buf *out);
/* Comments and indentation of a line of an item. */
void print_begin_line(const struct item *it, enum slot s, struct buf *out);
/* Behind what stands on the line, whose notes are given. */
void print_node(const struct node *n, const struct notes *notes, int indent, struct buf *out);
void print_then(const struct item *it, struct buf *out);
void print_sequences(const struct item *it, struct buf *out);
void print_watch(const struct item *it, struct buf *out);

/* Lines of a rule, when it has them; print_guardrails() writes all that stand behind `then`. */
void print_approval(const struct item *it, struct buf *out);
void print_canary(const struct item *it, struct buf *out);
void print_happening(const struct item *it, struct buf *out);
void print_guardrails(const struct item *it, struct buf *out);
/* On one line without comments: "at most 50 per day per author", "not between 21:00 and ..." */
void print_limit(const struct limit_node *l, struct buf *out);
void print_hours(const struct hours_node *h, struct buf *out);
/* Minutes of the day: "09:00", "24:00" */
void print_clock_text(int minute, char *out, size_t size);

#endif
