/*
 * lex_internal.h - cuts a rules file into logical lines of tokens.
 *
 * A logical line is a line of the file, and the lines after it as long as each ends in a comma.
 * Comments are kept: those on lines of their own above it in `before`, the one behind it in
 * `after`, those between the values of a continued line on the value they belong to.
 *
 * Errors in a token are reported here, and has_finding tells the parser that this line has had its
 * finding.
 *
 * Ownership: tokens are good until the next lex_line(); texts and notes live in the arena or the
 * file's text.
 */
#ifndef RULES_LEX_INTERNAL_H
#define RULES_LEX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "rules/findings_internal.h"
#include "rules/tree_internal.h"

enum lex_kind {
	LEX_WORD, /* letters, digits, _ - . / + @ */
	LEX_TEXT, /* "in quotes", its text without them and with \" and \\ resolved */
	LEX_NUMBER, /* begins with a digit: also dates, times, and what only looks like a number */
	LEX_COMMA,
	LEX_SYMBOL, /* anything else */
	LEX_END, /* of the line; always the last token */
};

struct lex_token {
	enum lex_kind kind;
	bool is_damaged; /* a finding has been reported for it */
	struct range at;
	struct slice text;
	struct notes *notes;
};

struct lexer {
	struct arena *arena;
	const struct finding_sink *sink;
	size_t pos;
	size_t line_no;
	struct lex_token *tokens; /* heap */
	size_t count, cap;
	struct comment *before, **before_tail;
	struct comment *inner, **inner_tail; /* between the parts of a continued line */
	struct slice after;
	bool has_finding; /* the line (or this run of lines) has its finding */
	bool is_quiet; /* skipping: report nothing */
	bool is_damaged; /* a whole line could not be read */
};

void lex_init(struct lexer *lx, struct arena *a, const struct finding_sink *sink);
void lex_fini(struct lexer *lx);
/* 1 a line with one token or more before its LEX_END, 0 end of the file (before: the comments at
 * its end), -1 no memory */
int lex_line(struct lexer *lx);

/* Would a continued line end before this word, because it begins a line of its own ("end", "at",
 * ...)? */
bool lex_is_line_word(struct slice s);

/* "10000", "10k", "2.5M", "80%", "-0.4" -> thousandths; false when it is not one or does not fit.
 */
bool lex_number(struct slice s, int64_t *milli_r);

#endif
