/*
 * template_parse_internal.h - what reading blocks (template_parse.c) and reading expressions
 * (template_expr.c) share.
 */
#ifndef ACTIONS_TEMPLATE_PARSE_INTERNAL_H
#define ACTIONS_TEMPLATE_PARSE_INTERNAL_H

#include "actions/templates_internal.h"

#include "core/diag.h"

struct open_block {
	struct slice name;
	const struct open_block *outer;
};

struct template_parser {
	struct template_parse *in;
	size_t pos;
	const struct open_block *open;
	unsigned each_depth;
	size_t error_count;
	bool is_stopped; /* the rest is not worth reading: a tag without end, nested too deep */
	bool no_memory;
};

/* A finding about len bytes from start. */
#define TEMPLATE_FINDING(p, code, start, len, help, ...)                                           \
	do {                                                                                       \
		(p)->error_count++;                                                                \
		diag_add((p)->in->diags, DIAG_ERROR, code, (p)->in->file, (p)->in->text, start,    \
		    len, help, __VA_ARGS__);                                                       \
	} while (0)

/* Zeroed memory of the tree; NULL and no_memory. */
void *template_parser_alloc(struct template_parser *p, size_t size);
char template_parser_peek(const struct template_parser *p); /* NUL at the end */
void template_parser_skip_blanks(struct template_parser *p);
/* Is it how a value is written: "Author.Name", "User.UserAttributes.FirstName"? */
bool template_names_value(struct slice word);
/* A path, a helper's name, a number: up to a blank, brace, bracket, quote or '='. */
struct slice template_parser_word(struct template_parser *p);
/* The tag that begins at start has no end: reported, and the rest is given up. */
void template_parser_unclosed(struct template_parser *p, size_t start);

/* The first thing in {{...}}; NULL after a finding (or no_memory). */
struct template_expr *template_parse_expr(struct template_parser *p);
/* What follows a helper's name, up to the closing braces. */
struct template_expr *template_parse_call(
    struct template_parser *p, struct slice name, size_t name_at, bool as_block, unsigned depth);

#endif
