/*
 * parse_watch.c - a watch: which posts count, what the crowd must be like, and when it is over.
 */
#include "rules/parse_internal.h"

#include <stdio.h>

#include "core/diag.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"

#define CROWD_EXAMPLE "for example: count within 10 minutes is at least 20"

/* ---- one line of `when` ---- */

/* What a person may have meant; NULL: no idea. */
static const char *
measure_meant(struct slice word)
{
	static const char *const names[] = {"count", "share", "authors"};

	if (parse_word_is_of(word, "posts post number volume mentions total"))
		return "count";
	if (parse_word_is_of(word, "percentage percent ratio part fraction"))
		return "share";
	if (parse_word_is_of(word, "author people persons users accounts handles customers"))
		return "authors";
	return diag_nearest(word, names, 3);
}

static bool
parse_measure(struct parser *p, struct crowd_node *n)
{
	const struct lex_token *t = parse_take(p);
	struct slice attribute = SLICE_NONE;
	char help[FINDING_TEXT_MAX];

	for (int m = CROWD_COUNT; m <= CROWD_AUTHORS; m++) {
		if (parse_is_word(t, crowd_measure_name((enum crowd_measure)m))) {
			n->measure = (enum crowd_measure)m;
			return true;
		}
	}
	if (t->kind == LEX_WORD && field_find(t->text, &attribute) != NULL) {
		parse_finding(p, FINDING_BAD_CROWD, t->at,
		    "write this condition in 'over posts where'; 'when' asks how many such posts "
		    "there are",
		    "'%.*s' is about one post, and 'when' of a watch is about all of them",
		    SHOWN(t->text));
		return false;
	}
	parse_finding(p, FINDING_BAD_CROWD, t->at,
	    finding_did_you_mean(t->kind == LEX_WORD ? measure_meant(t->text) : NULL, CROWD_EXAMPLE,
		help, sizeof help),
	    "'count', 'share' or 'authors' belongs here");
	return false;
}

static bool
parse_crowd_within(struct parser *p, struct crowd_node *n)
{
	struct range at;

	if (parse_accept(p, "within"))
		return parse_duration(p, "10 minutes", &n->within, &at);
	parse_finding(p, FINDING_BAD_CROWD, parse_peek(p)->at, CROWD_EXAMPLE,
	    "within what time? 'within 10 minutes' belongs here");
	return false;
}

static bool
parse_crowd_operator(struct parser *p, struct crowd_node *n)
{
	static const enum rule_op ops[] = {
	    RULE_OP_AT_LEAST, RULE_OP_AT_MOST, RULE_OP_ABOVE, RULE_OP_BELOW};
	const struct lex_token *t = parse_peek(p);

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (parse_accept(p, rule_op_spelling(ops[i]))) {
			n->op = ops[i];
			return true;
		}
	}
	if (t->kind == LEX_SYMBOL)
		parse_finding(p, FINDING_SYMBOL_OPERATOR, t->at, CROWD_EXAMPLE,
		    "words stand here: is at least, is at most, is above or is below");
	else if (parse_is_word(t, "is") && parse_is_word(parse_peek_at(p, 1), "between"))
		parse_finding(p, FINDING_UNKNOWN_OPERATOR, t->at,
		    "write two lines, one with 'is at least' and one with 'is at most'",
		    "a crowd cannot be asked 'is between'");
	else
		parse_finding(p, FINDING_UNKNOWN_OPERATOR, t->at, CROWD_EXAMPLE,
		    "'is at least', 'is at most', 'is above' or 'is below' belongs here");
	return false;
}

static bool
parse_usual(struct parser *p, struct crowd_node *n)
{
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "times the usual")) {
		n->is_times_usual = true;
		return true;
	}
	if (t->kind != LEX_WORD || !parse_word_is_of(t->text, "times time x usual the of than"))
		return true;
	parse_finding(p, FINDING_BAD_CROWD, t->at,
	    "for example: count within 10 minutes is at least 4 times the usual",
	    "what is compared with the usual ends in 'times the usual'");
	return false;
}

static bool
parse_crowd_value(struct parser *p, struct crowd_node *n)
{
	const struct lex_token *t = parse_take(p);

	n->value_at = t->at;
	if (t->is_damaged)
		return false;
	if (t->kind != LEX_NUMBER) {
		parse_finding(p, FINDING_NO_VALUE, t->at, CROWD_EXAMPLE, "a number belongs here");
		return false;
	}
	if (t->text.len > 1 && t->text.ptr[t->text.len - 1] == 'x') {
		parse_finding(p, FINDING_BAD_CROWD, t->at,
		    "for example: is at least 4 times the usual", "'%.*s' is not a number",
		    SHOWN(t->text));
		return false;
	}
	if (!lex_number(t->text, &n->value_milli)) {
		parse_bad_number(p, t);
		return false;
	}
	return parse_usual(p, n);
}

static bool
parse_crowd_line(struct parser *p, struct crowd_node *n)
{
	n->at = parse_peek(p)->at;
	if (!parse_measure(p, n) || !parse_crowd_within(p, n) || !parse_crowd_operator(p, n) ||
	    !parse_crowd_value(p, n))
		return false;
	parse_line_end(p);
	n->at.len = parse_peek(p)->at.start - n->at.start;
	return !p->lexer.has_finding;
}

/* ---- `when` ---- */

static void
crowd_add_line(struct parser *p, struct item *it, bool has_notes)
{
	struct crowd_node *n = parse_alloc(p, sizeof *n), **tail = &it->crowd;

	if (n == NULL)
		return;
	n->notes = has_notes ? parse_notes(p) : NULL;
	if (!parse_crowd_line(p, n))
		return;
	if (it->crowd_count == RULES_CROWD_TESTS_MAX) {
		parse_finding(p, FINDING_LIMIT, n->at, "write a second watch",
		    "the 'when' of a watch may have %d lines", RULES_CROWD_TESTS_MAX);
		return;
	}
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = n;
	it->crowd_count++;
}

/* The lines up to `end`; open without length: it has its finding. */
static void
parse_crowd_lines(struct parser *p, struct item *it, struct range open)
{
	bool had_line = false;
	int rc;

	while ((rc = parse_next_line(p)) > 0) {
		if (parse_is_word(parse_peek(p), "end")) {
			parse_take(p);
			it->notes[SLOT_WHEN_END] = parse_notes(p);
			parse_line_end(p);
			if (!had_line && open.len > 0)
				parse_finding(p, FINDING_EMPTY_BLOCK, open, CROWD_EXAMPLE,
				    "nothing is asked of the crowd in this block");
			return;
		}
		if (parse_at_clause(p)) {
			parse_missing_end(p, open, "block");
			return;
		}
		had_line = true;
		crowd_add_line(p, it, true);
	}
	if (rc == 0)
		parse_missing_end(p, open, "block");
}

static void
parse_crowd_when(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);
	struct range open = parse_span(t, parse_peek_at(p, 1));

	if (parse_accept(p, "all of")) {
		parse_line_end(p);
		parse_crowd_lines(p, it, open);
	} else if (parse_accept(p, "any of")) {
		parse_finding(p, FINDING_BAD_BLOCK, t->at,
		    "write 'all of'; what may hold instead is a watch of its own",
		    "all lines of a watch must hold, so it has no 'any of'");
		parse_crowd_lines(p, it, (struct range){0});
	} else if (t->kind == LEX_END) {
		parse_finding(p, FINDING_BAD_BLOCK, p->lexer.tokens[0].at,
		    "write 'when all of', or one line behind 'when'",
		    "'when' stands alone on its line");
		parse_crowd_lines(p, it, (struct range){0});
	} else {
		crowd_add_line(p, it, false);
	}
}

/* ---- the other lines ---- */

/* `over posts where` and `out of posts where`. */
static void
parse_posts(struct parser *p, struct item *it, enum slot s, const char *words, struct node **where)
{
	char help[FINDING_TEXT_MAX];
	struct node *n;

	snprintf(help, sizeof help, "for example: %s posts where brand is acme", words);
	if (!parse_accept(p, "posts where")) {
		parse_finding(p, FINDING_BAD_CROWD, parse_peek(p)->at,
		    s == SLOT_OUT_OF ? "a share is of all posts when there is no 'out of' line"
				     : help,
		    "'posts where' belongs here, and then which posts");
		return;
	}
	if (!parse_clause_once(p, it, s, words))
		where = NULL;
	n = parse_conditions(p, "where");
	if (where != NULL)
		*where = n;
}

static void
parse_quiet(struct parser *p, struct item *it)
{
	if (!parse_clause_once(p, it, SLOT_QUIET, "until quiet"))
		return;
	if (parse_accept(p, "for")) {
		(void)parse_duration(p, "30 minutes", &it->quiet, &it->quiet_at);
		return;
	}
	parse_finding(p, FINDING_BAD_CROWD, parse_peek(p)->at,
	    "for example: until quiet for 30 minutes", "quiet for how long?");
}

static void
watch_unknown(struct parser *p)
{
	static const char *const words[] = {"description", "off", "shadow", "from", "until",
	    "include", "over", "out", "when", "then", "end"};
	const struct lex_token *t = parse_peek(p);
	const char *fallback =
	    "a watch has: description, off, shadow, from ... until, include reposts, over posts "
	    "where, out of posts where, when, then, until quiet for";

	if (t->kind == LEX_WORD && parse_word_is_of(t->text, "at happening"))
		fallback = "a crowd is told once, when it begins, and 'until quiet for' says when "
			   "it is over";
	else if (t->kind == LEX_WORD &&
	    parse_word_is_of(
		t->text, "not only canary spend approval after unless act priority fires does"))
		fallback = "this line is for rules: a watch is about a crowd and writes to nobody";
	else if (t->kind == LEX_WORD && parse_word_is_of(t->text, "where"))
		fallback = "write 'over posts where'";
	parse_clause_unknown(p, t, words, sizeof words / sizeof *words, fallback);
}

void
parse_watch_line(struct parser *p, struct item *it)
{
	if (parse_accept(p, "over")) {
		parse_posts(p, it, SLOT_OVER, "over", &it->over);
	} else if (parse_accept(p, "out of")) {
		parse_posts(p, it, SLOT_OUT_OF, "out of", &it->out_of);
	} else if (parse_accept(p, "when")) {
		parse_clause_once(p, it, SLOT_WHEN, "when");
		parse_crowd_when(p, it);
	} else if (parse_accept(p, "then")) {
		parse_clause_once(p, it, SLOT_THEN, "then");
		parse_then(p, it);
	} else if (parse_accept(p, "until quiet")) {
		parse_quiet(p, it);
		parse_line_end(p);
	} else if (parse_is_word(parse_peek(p), "until") && parse_peek_at(p, 1)->kind == LEX_WORD) {
		parse_finding(p, FINDING_BAD_CROWD, parse_peek_at(p, 1)->at,
		    "write 'until quiet for 30 minutes', or a date: 'until 2026-12-03 18:00 in "
		    "Europe/Berlin'",
		    "'quiet for' or a date belongs here");
	} else {
		if (!parse_head_line(p, it) && !parse_not_available(p))
			watch_unknown(p);
		parse_line_end(p);
	}
}
