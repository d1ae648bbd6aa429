/*
 * parse_internal.h - from lines of tokens to the tree; hand-written recursive descent, one
 * condition a line.
 *
 * Recovery: at the end of a line; a block that meets a line which can only stand outside of it
 * reports its missing `end` and hands the line back.  One finding a line, never two for one cause.
 * parse.c has blocks and clauses, parse_period.c dates, parse_guardrail.c with parse_limits.c and
 * parse_hours.c the clauses that hold a rule back, parse_when.c groups of conditions,
 * parse_condition.c one of them, parse_then.c actions, parse_sequence.c `after` and `unless`,
 * parse_watch.c watches, parse_segment.c segments, parse_token.c what they share.
 */
#ifndef RULES_PARSE_INTERNAL_H
#define RULES_PARSE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/lex_internal.h"
#include "rules/tree_internal.h"

struct arena;

struct parser {
	struct arena *arena;
	struct lexer lexer;
	const struct finding_sink *sink;
	struct rules_file *file;
	struct item *item; /* being read; NULL between items */
	size_t at; /* token of the line */
	bool is_pending; /* the line is to be read again */
	size_t missing_end_pos; /* where a missing `end` was noticed last, plus 1 */
	const struct field *asked; /* whose value is being read; NULL: none */
	bool takes_one_value; /* behind a comma stands the next condition of an example */
	bool is_at_end; /* of the file */
	bool has_no_memory;
};

/* Reads sink's text (valid UTF-8) into *file_r; findings go to the sink.  0, or -1 without memory.
 */
int parse_file(const struct finding_sink *sink, struct arena *a, struct rules_file *file_r);
/* The same from a byte of the text on, at which an item or the comments above it begin. */
int parse_part(
    const struct finding_sink *sink, size_t from, struct arena *a, struct rules_file *file_r);

/* ---- shared by the three parts ---- */

/* 1 and the parser stands on a line's first token, 0 end of the file, -1 no memory. */
int parse_next_line(struct parser *p);
const struct lex_token *parse_peek(const struct parser *p);
const struct lex_token *parse_peek_at(const struct parser *p, size_t ahead);
const struct lex_token *parse_take(struct parser *p);
bool parse_is_word(const struct lex_token *t, const char *word);
/* Takes the words (separated by one blank) when they are all there. */
bool parse_accept(struct parser *p, const char *words);
/* Is it one of these words, written with one blank between? */
bool parse_word_is_of(struct slice word, const char *words);
struct range parse_span(const struct lex_token *first, const struct lex_token *last);
/* Reports unless the line has had its finding; marks the item as broken. */
void parse_finding(struct parser *p, enum finding f, struct range at, const char *help,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void *parse_alloc(struct parser *p, size_t size); /* NULL sets has_no_memory */
/* The line's comments; NULL: none (or no memory). */
struct notes *parse_notes(struct parser *p);
/* Nothing may be left on the line. */
void parse_line_end(struct parser *p);
/* Does the line begin a brand, list, rule or watch (or one of those to come)? */
bool parse_at_top(const struct parser *p);
/* Does the line begin with a clause of a rule, or a new item: so a block inside was not closed? */
bool parse_at_clause(const struct parser *p);
/* Reports that the block opened at `open` has no `end` (unless open has no length: it has a finding
 * already) and hands the line back. */
void parse_missing_end(struct parser *p, struct range open, const char *what);
/* "500", whole and in range; reports and returns false otherwise. */
bool parse_integer(struct parser *p, int64_t min, int64_t max, const char *what, int64_t *n_r);
/* "24 hours" */
bool
parse_duration(struct parser *p, const char *example, struct duration *d_r, struct range *at_r);
/* What looks like a number and is none: says why. */
void parse_bad_number(struct parser *p, const struct lex_token *t);
/* a, "b", list c: comma separated to the end of the line; needs one at least. */
bool parse_values(struct parser *p, bool has_texts_only, struct values *values_r);
bool parse_value(struct parser *p, struct value **value_r);

/* Reads one condition into c; false when it could not be read, which has been reported. */
bool parse_condition(struct parser *p, struct node *c);
/* `when` or `where` (word) was taken: the rest of its line, and its block. */
struct node *parse_conditions(struct parser *p, const char *word);
/* Marks the line as there and keeps its comments; false (reported) when it was there before. */
bool parse_clause_once(struct parser *p, struct item *it, enum slot s, const char *what);
/* The line begins with none of these words. */
void parse_clause_unknown(struct parser *p, const struct lex_token *t, const char *const *words,
    size_t n, const char *fallback);
/* description, off, shadow, from ... until, include reposts; false: the line is none of these. */
bool parse_head_line(struct parser *p, struct item *it);
/* `after ...` and `unless ...` with their blocks; false: the line is neither. */
bool parse_sequence_line(struct parser *p, struct item *it);
/* Behind the title of a segment: `imported`, or nothing; a line of it, with its block; and the
 * finding about one that says nothing. */
void parse_segment_head(struct parser *p, struct item *it);
void parse_segment_line(struct parser *p, struct item *it);
void parse_segment_without_when(struct parser *p, const struct item *it);
/* A line of a watch, with its block. */
void parse_watch_line(struct parser *p, struct item *it);
/* `then` was taken. */
void parse_then(struct parser *p, struct item *rule);
/* `from` and `until` begin it; either may be missing. */
void parse_period(struct parser *p, struct item *it);
/* "09:00", 00:00 to 23:59 */
bool parse_clock(struct slice s, int *hour_r, int *minute_r);
/* The name behind `in`; reports. */
bool parse_zone(struct parser *p, struct slice *zone_r, struct range *at_r);

/* Does the line begin with happening, canary, approval, at, spend, not between, only?  Reads it. */
bool parse_guardrail(struct parser *p, struct item *it);
/* What a line of other words for such a clause should be; NULL: no idea. */
const char *parse_guardrail_meant(const struct parser *p);
/* `not between`, `only between`, ... stand here, which belong behind the blocks. */
bool parse_at_hours(const struct parser *p);
/* "three" -> 3, "twice" -> 2; 0: no such word */
int parse_number_word(const struct lex_token *t);
/* `per` was taken. */
bool parse_scope(struct parser *p, enum limit_scope *scope_r);
/* The first word was taken: `at`, `spend`; `not` or `only`. */
void parse_limit(struct parser *p, struct item *it);
void parse_budget(struct parser *p, struct item *it);
void parse_hours(struct parser *p, struct item *it, bool is_only);

/* `fires on ...` and `does not fire on ...`; false: the line is something else. */
bool parse_example(struct parser *p, struct item *rule);
/* Words of later versions at the start of a line or condition: reports and returns true. */
bool parse_not_available(struct parser *p);

#endif
