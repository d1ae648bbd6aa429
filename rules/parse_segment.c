/*
 * parse_segment.c - a segment: who is in it, or that its members are imported.
 */
#include "rules/parse_internal.h"

void
parse_segment_head(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "imported")) {
		it->is_imported = true;
		return;
	}
	if (t->kind == LEX_END)
		return;
	if (t->kind == LEX_WORD && parse_word_is_of(t->text, "import static fixed manual list"))
		parse_finding(p, FINDING_UNKNOWN_CLAUSE, t->at,
		    "write 'imported' behind the title: segment vip \"Picked by hand\" imported",
		    "'%.*s' is not how it is written", SHOWN(t->text));
}

static void
parse_segment_when(struct parser *p, struct item *it)
{
	struct range at = p->lexer.tokens[p->at > 0 ? p->at - 1 : 0].at;
	bool is_first = parse_clause_once(p, it, SLOT_WHEN, "when");
	struct node *when;

	if (it->is_imported)
		parse_finding(p, FINDING_IMPORTED_WHEN, at,
		    "take 'imported' away, or these conditions; for both write a second segment: "
		    "customer is in segment ...",
		    "the members of an imported segment come from a file, not from conditions");
	when = parse_conditions(p, "when");
	if (is_first)
		it->when = when;
}

static void
segment_unknown(struct parser *p)
{
	static const char *const words[] = {"description", "when", "end"};
	const struct lex_token *t = parse_peek(p);
	static const char plain[] = "a segment has: description, when";
	const char *fallback = plain;

	if (t->kind == LEX_WORD && parse_word_is_of(t->text, "then send draft alert tag set add"))
		fallback = "a segment says who is in it; what to do stands in a rule that asks "
			   "'customer is in segment ...'";
	else if (t->kind == LEX_WORD &&
	    parse_word_is_of(t->text, "include exclude not only off shadow from until"))
		fallback =
		    "who is in and who is not stands in 'when': customer is in segment loyal, "
		    "customer is not in segment staff";
	else if (t->kind == LEX_WORD &&
	    (parse_word_is_of(t->text, "all any customer where who") ||
		slice_starts_with(t->text, "customer.") || slice_starts_with(t->text, "link.")))
		fallback = "write 'when all of', the conditions one on a line, and 'end'";
	parse_clause_unknown(
	    p, t, words, fallback != plain ? 0 : sizeof words / sizeof *words, fallback);
}

/* Blocks that do not belong here are read past, so that their lines are no findings. */
static void
skip_block(struct parser *p, struct item *it, const struct lex_token *t)
{
	if (parse_word_is_of(t->text, "then")) {
		parse_take(p);
		parse_then(p, it);
	} else if (parse_is_word(parse_peek_at(p, 1), "of")) {
		(void)parse_conditions(p, "when");
	} else {
		parse_line_end(p);
	}
}

void
parse_segment_line(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "when")) {
		parse_segment_when(p, it);
		return;
	}
	if (parse_is_word(t, "description") && parse_head_line(p, it)) {
		parse_line_end(p);
		return;
	}
	segment_unknown(p);
	skip_block(p, it, t);
}

void
parse_segment_without_when(struct parser *p, const struct item *it)
{
	parse_finding(p, FINDING_NO_WHEN, it->id_at,
	    "write 'when all of', the conditions one on a line, and 'end'; or 'imported' behind "
	    "the "
	    "title when its members come from a file",
	    "the segment does not say who is in it");
}
