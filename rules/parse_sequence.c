/*
 * parse_sequence.c - `after ...` and `unless ...`: what must have come before, and what must not
 * follow.
 */
#include "rules/parse_internal.h"

#include "core/diag.h"

#define AFTER_EXAMPLE                                                                              \
	"for example: after a post within 3 days where intent is complaint; or: after \"sorry\" "  \
	"was "                                                                                     \
	"sent within 7 days"
#define UNLESS_EXAMPLE                                                                             \
	"for example: unless answered within 2 hours; or: unless a post within 3 days where "      \
	"sentiment is above 0.2"

/* The line went wrong: when it opens a block, the lines of that are read all the same. */
static void
skip_rest(struct parser *p)
{
	size_t count = p->lexer.count;

	if (count < 4 || !parse_is_word(&p->lexer.tokens[count - 2], "of"))
		return;
	p->at = count - 3;
	if (parse_is_word(parse_peek(p), "all") || parse_is_word(parse_peek(p), "any"))
		(void)parse_conditions(p, "where");
}

static bool
bad_start(struct parser *p, bool is_after)
{
	static const char *const words[] = {"answered", "a"};
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);
	const char *help = is_after ? AFTER_EXAMPLE : UNLESS_EXAMPLE;
	char room[FINDING_TEXT_MAX];

	if (is_after && parse_is_word(t, "answered"))
		parse_finding(
		    p, FINDING_BAD_SEQUENCE, t->at, help, "only 'unless' waits for an answer");
	else if (!is_after && t->kind == LEX_TEXT)
		parse_finding(
		    p, FINDING_BAD_SEQUENCE, t->at, help, "only 'after' asks for what was sent");
	else if (t->kind == LEX_NUMBER && is_after)
		parse_finding(p, FINDING_BAD_SEQUENCE, t->at,
		    "to wait for an answer write 'unless answered within 2 hours'",
		    "a rule does not wait: after what?");
	else if (parse_is_word(t, "where") || parse_is_word(t, "within") ||
	    (t->kind == LEX_WORD && parse_word_is_of(t->text, "another one the post posts")))
		parse_finding(
		    p, FINDING_BAD_SEQUENCE, t->at, help, "'a post within ...' belongs here");
	else if (t->kind == LEX_WORD && !is_after &&
	    parse_word_is_of(t->text, "replied reply we it anyone there"))
		parse_finding(p, FINDING_BAD_SEQUENCE, t->at, "did you mean 'answered'?",
		    "unless what happens?");
	else
		parse_finding(p, FINDING_BAD_SEQUENCE, t->at,
		    finding_did_you_mean(t->kind == LEX_WORD && !is_after && next->kind != LEX_END
			    ? diag_nearest(t->text, words, 2)
			    : NULL,
			help, room, sizeof room),
		    is_after ? "after what? a post, or a message that was sent"
			     : "unless what happens? an answer, or a post");
	return false;
}

static bool
parse_what(struct parser *p, bool is_after, struct sequence_node *s)
{
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "a post")) {
		s->sequence.kind = SEQUENCE_POST;
		return true;
	}
	if (!is_after && parse_accept(p, "answered")) {
		s->sequence.kind = SEQUENCE_ANSWERED;
		return true;
	}
	if (!is_after || t->kind != LEX_TEXT || t->is_damaged || t->text.len == 0)
		return bad_start(p, is_after);
	parse_take(p);
	s->sequence.kind = SEQUENCE_SENT;
	s->sequence.template_id = t->text;
	s->template_at = t->at;
	if (parse_accept(p, "was sent") || parse_accept(p, "is sent"))
		return true;
	parse_finding(p, FINDING_BAD_SEQUENCE, parse_peek(p)->at, AFTER_EXAMPLE,
	    "'was sent' is missing here");
	return false;
}

static bool
parse_within(struct parser *p, bool is_after, struct sequence_node *s)
{
	if (!parse_accept(p, "within")) {
		parse_finding(p, FINDING_BAD_SEQUENCE, parse_peek(p)->at,
		    is_after ? AFTER_EXAMPLE : UNLESS_EXAMPLE,
		    "within what time? 'within 3 days' belongs here");
		return false;
	}
	return parse_duration(p, "3 days", &s->within, &s->within_at);
}

static void
parse_sequence(struct parser *p, bool is_after, struct sequence_node *s)
{
	s->at = p->lexer.tokens[0].at;
	if (!parse_what(p, is_after, s) || !parse_within(p, is_after, s)) {
		skip_rest(p);
		return;
	}
	if (s->sequence.kind == SEQUENCE_POST && parse_accept(p, "where")) {
		s->where = parse_conditions(p, "where");
		return;
	}
	parse_line_end(p);
	skip_rest(p);
}

bool
parse_sequence_line(struct parser *p, struct item *it)
{
	bool is_after = parse_is_word(parse_peek(p), "after");
	struct sequence_node s = {0};

	if (!is_after && !parse_is_word(parse_peek(p), "unless"))
		return false;
	parse_take(p);
	if (parse_clause_once(
		p, it, is_after ? SLOT_AFTER : SLOT_UNLESS, is_after ? "after" : "unless"))
		parse_sequence(p, is_after, is_after ? &it->after : &it->unless);
	else /* a second one is read too, so that its lines are no findings */
		parse_sequence(p, is_after, &s);
	return true;
}
