/*
 * parse_example.c - `fires on "text" where FIELD is VALUE, ...` and `does not fire on ...`; of events
 * `fires on event "name" ...`.
 */
#include "rules/parse_internal.h"

#include <stdio.h>

#include "core/arena.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"

/* "fire on", "must fire on", "doesn't fire on" ... */
static bool
is_slip(struct parser *p)
{
	static const char *const slips[] = {"fire on", "fires for", "fires with", "fires when",
	    "should fire on", "must fire on", "example fires on", "example", "doesn't fire on",
	    "does not fires on", "does not fire for", "should not fire on", "must not fire on",
	    "not fires on", "does not match", "fires not on", "never fires on", "fires",
	    "does not"};
	const struct lex_token *first = parse_peek(p);

	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
		if (!parse_accept(p, slips[i]))
			continue;
		parse_finding(p, FINDING_BAD_EXAMPLE,
		    parse_span(first, &p->lexer.tokens[p->at - 1]),
		    "write: fires on \"Acme lost my parcel\", or: does not fire on \"I love acme\"",
		    "an example begins with 'fires on' or 'does not fire on'");
		return true;
	}
	return false;
}

/* Comments between the conditions go above the example: they have no place of their own in it. */
static void
hoist_comments(struct parser *p, struct notes **notes, size_t from)
{
	struct comment **tail;

	for (size_t i = from; i < p->lexer.count; i++) {
		struct notes *n = p->lexer.tokens[i].notes;
		struct comment *after;

		if (n == NULL)
			continue;
		if (*notes == NULL && (*notes = parse_alloc(p, sizeof **notes)) == NULL)
			return;
		for (tail = &(*notes)->before; *tail != NULL; tail = &(*tail)->next)
			;
		*tail = n->before;
		for (; *tail != NULL; tail = &(*tail)->next)
			;
		if (!slice_is_set(n->after))
			continue;
		after = parse_alloc(p, sizeof *after);
		if (after == NULL)
			return;
		after->text = n->after;
		*tail = after;
	}
}

/* `intent is complaint, churn`: the second is no condition. */
static bool
is_lone_value(struct parser *p, const struct node *last)
{
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);
	char help[FINDING_TEXT_MAX];

	if (last == NULL || (t->kind != LEX_WORD && t->kind != LEX_TEXT && t->kind != LEX_NUMBER) ||
	    (next->kind != LEX_COMMA && next->kind != LEX_END))
		return false;
	snprintf(help, sizeof help, "name the field again: '%s is %.*s'", last->field->name,
	    SHOWN(t->text));
	parse_finding(p, FINDING_BAD_EXAMPLE, t->at, help,
	    "behind a comma another condition belongs, not another value");
	return true;
}

static bool
parse_given(struct parser *p, struct example_node *e)
{
	struct node **tail = &e->given, *last = NULL;

	for (;;) {
		struct node *n;
		bool was_read;

		if (is_lone_value(p, last))
			return false;
		n = parse_alloc(p, sizeof *n);
		if (n == NULL)
			return false;
		n->at = parse_peek(p)->at;
		p->takes_one_value = true;
		was_read = parse_condition(p, n);
		p->takes_one_value = false;
		if (!was_read)
			return false;
		n->at = (struct range){n->at.start,
		    p->lexer.tokens[p->at - 1].at.start + p->lexer.tokens[p->at - 1].at.len -
			n->at.start};
		for (struct value *v = n->values.first; v != NULL; v = v->next)
			v->notes = NULL; /* hoisted */
		*tail = last = n;
		tail = &n->next;
		if (parse_peek(p)->kind != LEX_COMMA)
			return true;
		parse_take(p);
	}
}

static void
parse_body(struct parser *p, struct example_node *e)
{
	const struct lex_token *t;

	e->is_event = parse_accept(p, "event");
	t = parse_peek(p);
	if (t->kind != LEX_TEXT) {
		parse_finding(p, FINDING_BAD_EXAMPLE, t->at,
		    e->is_event ? "for example: fires on event \"order cancelled\""
				: "for example: fires on \"Acme lost my parcel again\"",
		    e->is_event ? "the name of an event belongs here, between double quotes"
				: "the words of a post belong here, between double quotes");
		return;
	}
	parse_take(p);
	e->text = t->text;
	e->text_at = t->at;
	if (parse_accept(p, "where")) {
		if (!parse_given(p, e))
			return;
	} else if (parse_is_word(parse_peek(p), "when") || parse_is_word(parse_peek(p), "with") ||
	    parse_is_word(parse_peek(p), "if") || parse_is_word(parse_peek(p), "and") ||
	    parse_peek(p)->kind == LEX_COMMA) {
		parse_finding(p, FINDING_BAD_EXAMPLE, parse_peek(p)->at,
		    "for example: fires on \"...\" where author.followers is 20k",
		    "what else is so stands behind 'where'");
		return;
	}
	hoist_comments(p, &e->notes, 0);
	if (parse_is_word(parse_peek(p), "and") || parse_is_word(parse_peek(p), "or"))
		parse_finding(p, FINDING_BAD_EXAMPLE, parse_peek(p)->at,
		    "write a comma: where author.followers is 20k, author is verified",
		    "what an example gives is separated by commas, not by '%.*s'",
		    SHOWN(parse_peek(p)->text));
	parse_line_end(p);
}

bool
parse_example(struct parser *p, struct item *it)
{
	const struct lex_token *first = parse_peek(p);
	struct example_node *e, **tail = &it->examples;
	bool must_fire = parse_accept(p, "fires on");

	if (!must_fire && !parse_accept(p, "does not fire on"))
		return is_slip(p);
	e = parse_alloc(p, sizeof *e);
	if (e == NULL)
		return true;
	e->must_fire = must_fire;
	e->at = parse_span(first, &p->lexer.tokens[p->at - 1]);
	e->notes = parse_notes(p);
	parse_body(p, e);
	if (p->lexer.has_finding)
		return true;
	if (++it->example_count > RULES_EXAMPLES_MAX) {
		if (it->example_count == RULES_EXAMPLES_MAX + 1)
			parse_finding(p, FINDING_LIMIT, e->at, "keep those that show a difference",
			    "a rule may have %d examples", RULES_EXAMPLES_MAX);
		return true;
	}
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = e;
	return true;
}
