#include "rules/parse_internal.h"

#include <stdio.h>

#include "core/arena.h"
#include "rules/limits_internal.h"

static bool parse_node(struct parser *p, unsigned depth, struct node *n);

/* After too many levels: on to the `end` that closes this one, without looking inside. */
static void
skip_block(struct parser *p)
{
	size_t open = 1;

	int rc = 1;

	p->lexer.is_quiet = true;
	while (open > 0 && (rc = parse_next_line(p)) > 0) {
		size_t i = 0;

		if (parse_at_clause(p)) {
			p->is_pending = true;
			break;
		}
		while (parse_is_word(parse_peek_at(p, i), "not"))
			i++;
		if ((parse_is_word(parse_peek_at(p, i), "all") ||
			parse_is_word(parse_peek_at(p, i), "any")) &&
		    parse_is_word(parse_peek_at(p, i + 1), "of"))
			open++;
		else if (parse_is_word(parse_peek(p), "end"))
			open--;
	}
	p->lexer.is_quiet = false;
	if (rc == 0)
		p->file->is_incomplete = true; /* the missing `end` is no second finding */
}

static bool
too_many_conditions(struct parser *p, struct range at)
{
	if (p->item == NULL || ++p->item->condition_count <= RULES_CONDITIONS_MAX)
		return false;
	if (p->item->condition_count == RULES_CONDITIONS_MAX + 1)
		parse_finding(p, FINDING_LIMIT, at,
		    "put words into a list and write 'contains any of list ...'",
		    "a %s may have 500 conditions", item_kind_name(p->item->kind));
	return true;
}

/* The lines of a group up to its `end`. open without length: its beginning has a finding already. */
static void
parse_group(struct parser *p, unsigned depth, struct node *group, struct range open)
{
	struct node **tail = &group->first;
	bool had_line = false;
	int rc;

	while ((rc = parse_next_line(p)) > 0) {
		struct node *child;
		bool is_over;

		if (parse_is_word(parse_peek(p), "end")) {
			parse_take(p);
			group->end_notes = parse_notes(p);
			parse_line_end(p);
			if (!had_line && open.len > 0)
				parse_finding(p, FINDING_EMPTY_BLOCK, open,
				    "write conditions in it, one on a line",
				    "there is no condition in this block");
			return;
		}
		if (parse_at_clause(p)) {
			parse_missing_end(p, open, "block");
			return;
		}
		had_line = true;
		child = parse_alloc(p, sizeof *child);
		if (child == NULL)
			return;
		child->notes = parse_notes(p);
		is_over = too_many_conditions(p, parse_peek(p)->at);
		if (!parse_node(p, depth, child) || is_over)
			continue;
		*tail = child;
		tail = &child->next;
	}
	if (rc == 0)
		parse_missing_end(p, open, "block");
}

/* `all of` or `any of` stands here. */
static bool
parse_group_head(struct parser *p, unsigned depth, struct node *n)
{
	const struct lex_token *first = parse_peek(p);
	struct range open = parse_span(first, parse_peek_at(p, 1));

	n->kind = parse_is_word(first, "all") ? NODE_ALL : NODE_ANY;
	n->at = open;
	p->at += 2;
	parse_line_end(p);
	if (depth >= RULES_DEPTH_MAX) {
		parse_finding(p, FINDING_LIMIT, open, "split the rule into several",
		    "conditions may stand 16 levels inside one another");
		skip_block(p);
		return false;
	}
	parse_group(p, depth + 1, n, open);
	return true;
}

/* A group that begins with the wrong words is read to its end, so that its lines are not findings
 * too. */
static bool
is_group_slip(struct parser *p, unsigned depth, struct node *n)
{
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);

	if (t->kind != LEX_WORD ||
	    !parse_word_is_of(t->text, "all any and or none one either both if unless"))
		return false;
	if (parse_word_is_of(t->text, "none one") && !parse_is_word(next, "of"))
		return false;
	parse_finding(p, FINDING_BAD_BLOCK, t->at,
	    parse_word_is_of(t->text, "none") ? "write 'not any of'"
		: parse_word_is_of(t->text, "and all both")
		? "write 'all of' on a line of its own, the conditions, and 'end'"
		: parse_word_is_of(t->text, "if")
		? "leave it out: 'when' says it already, and 'then' begins a line of its own"
		: parse_word_is_of(t->text, "unless")
		? "write 'not' before the condition"
		: "write 'any of' on a line of its own, the conditions, and 'end'",
	    "'%.*s' does not begin a condition", SHOWN(t->text));
	if (depth < RULES_DEPTH_MAX &&
	    (next->kind == LEX_END ||
		(parse_is_word(next, "of") && parse_peek_at(p, 2)->kind == LEX_END)))
		parse_group(p, depth + 1, n, t->at);
	return true;
}

/* One line (and its block).  False: it could not be read, and has been reported. */
static bool
parse_node(struct parser *p, unsigned depth, struct node *n)
{
	const struct lex_token *t = parse_peek(p);
	struct node *child;

	n->at = t->at;
	if (parse_at_hours(p)) {
		parse_finding(p, FINDING_BAD_HOURS, t->at,
		    "put the line behind the 'end' of 'when'; it says when messages may go out",
		    "hours are not a condition of a post");
		return false;
	}
	if (parse_is_word(t, "not")) {
		parse_take(p);
		n->kind = NODE_NOT;
		if (parse_peek(p)->kind == LEX_END) {
			parse_finding(p, FINDING_BAD_BLOCK, t->at,
			    "write a condition behind it on the same line, or 'not all of' or 'not "
			    "any of'",
			    "'not' stands alone on its line");
			return false;
		}
		if (depth >= RULES_DEPTH_MAX) {
			parse_finding(p, FINDING_LIMIT, t->at, "split the rule into several",
			    "conditions may stand 16 levels inside one another");
			return false;
		}
		child = parse_alloc(p, sizeof *child);
		if (child == NULL || !parse_node(p, depth + 1, child))
			return false;
		n->first = child;
		n->at.len = child->at.start + child->at.len - n->at.start;
		return true;
	}
	if ((parse_is_word(t, "all") || parse_is_word(t, "any")) &&
	    parse_is_word(parse_peek_at(p, 1), "of"))
		return parse_group_head(p, depth, n);
	if (is_group_slip(p, depth, n) || !parse_condition(p, n))
		return false;
	parse_line_end(p);
	n->at.len = p->lexer.tokens[p->at > 0 ? p->at - 1 : 0].at.start +
	    p->lexer.tokens[p->at > 0 ? p->at - 1 : 0].at.len - n->at.start;
	return !p->lexer.has_finding;
}

struct node *
parse_conditions(struct parser *p, const char *word)
{
	struct node *n = parse_alloc(p, sizeof *n);
	char help[FINDING_TEXT_MAX];

	if (n == NULL)
		return NULL;
	if (parse_peek(p)->kind == LEX_END) {
		snprintf(help, sizeof help,
		    "write '%s all of', '%s any of', or one condition behind '%s'", word, word,
		    word);
		parse_finding(p, FINDING_BAD_BLOCK, p->lexer.tokens[p->at > 0 ? p->at - 1 : 0].at,
		    help, "'%s' stands alone on its line", word);
		parse_group(p, 1, n, (struct range){0});
		return NULL;
	}
	too_many_conditions(p, parse_peek(p)->at);
	return parse_node(p, 0, n) ? n : NULL;
}
