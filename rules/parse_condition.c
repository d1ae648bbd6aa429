/*
 * parse_condition.c - one condition: field, words, values; and what to say when one of them is not
 * what it should be.
 */
#include "rules/parse_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"
#include "rules/meant_internal.h"

/* ---- operators ---- */

/* How many tokens from here spell words; 0: they do not. */
static size_t
words_ahead(const struct parser *p, const char *words)
{
	const struct lex_token *next = parse_peek_at(p, 0);
	struct slice rest;
	size_t n = 0;

	/* most words asked for begin with another letter */
	if (next->kind != LEX_WORD || next->text.ptr[0] != words[0])
		return 0;
	rest = slice_of(words);
	while (slice_is_set(rest)) {
		const struct lex_token *t = parse_peek_at(p, n++);

		if (t->kind != LEX_WORD || !slice_eq(t->text, slice_split(&rest, ' ')))
			return 0;
	}
	return n;
}

/* Spellings people try, and the one we have.  op_count: a rule_op is at the same place. */
static const struct {
	const char *wrong, *help;
} operator_slips[] = {
    {"is greater than", "write 'is above'"},
    {"is greater than or equal", "write 'is at least'"},
    {"is more than or equal", "write 'is at least'"},
    {"is less than or equal", "write 'is at most'"},
    {"is more than", "write 'is above'"},
    {"is higher than", "write 'is above'"},
    {"is larger than", "write 'is above'"},
    {"is over", "write 'is above'"},
    {"is less than", "write 'is below'"},
    {"is lower than", "write 'is below'"},
    {"is smaller than", "write 'is below'"},
    {"is fewer than", "write 'is below'"},
    {"is under", "write 'is below'"},
    {"is older than", "write 'is above'"},
    {"is longer than", "write 'is above'"},
    {"is later than", "write 'is above'"},
    {"is after", "write 'is above', or 'is at least'"},
    {"is newer than", "write 'is below'"},
    {"is shorter than", "write 'is below'"},
    {"is earlier than", "write 'is below'"},
    {"is before", "write 'is below'"},
    {"is very", "how much is said in numbers: 'sentiment is below -0.6'"},
    {"is above or equal", "write 'is at least'"},
    {"is below or equal", "write 'is at most'"},
    {"is equal to", "write 'is'"},
    {"is exactly", "write 'is'"},
    {"is like", "write 'contains'"},
    {"equals", "write 'is'"},
    {"has", "write 'is' or 'contains'"},
    {"are", "write 'is'"},
    {"was", "write 'is'"},
    {"is not one of", "write 'is none of'"},
    {"is any of", "write 'is one of'"},
    {"is not any of", "write 'is none of'"},
    {"is either", "write 'is one of' and the values, separated by commas"},
    {"is in",
	"write 'is one of list ID', of a text 'contains any of list ID', or 'author is in list "
	"ID'"},
    {"is not in", "write 'is none of', or 'author is not in list staff'"},
    {"is not known", "write 'is unknown'"},
    {"is empty", "write 'is unknown'"},
    {"is missing", "write 'is unknown'"},
    {"is not between", "write 'not' before the condition"},
    {"is not at least", "write 'is below'"},
    {"is not at most", "write 'is above'"},
    {"is not above", "write 'is at most'"},
    {"is not below", "write 'is at least'"},
    {"includes", "write 'contains'"},
    {"mentions", "write 'contains'"},
    {"matches", "write 'contains'; there are no patterns"},
    {"does not contain any of", "write 'contains none of'"},
    {"does not contain all of", "write 'not' before the condition, and 'contains all of'"},
    {"contains one of", "write 'contains any of'"},
    {"contains either", "write 'contains any of' and the values, separated by commas"},
    {"contains not", "write 'does not contain'"},
    {"begins with", "write 'starts with'"},
    {"ends with", "there is 'starts with' and 'contains'"},
    {"does not start with", "write 'not' before the condition, and 'starts with'"},
    {"in", "write 'is one of', or 'author is in list staff'"},
    {"not", "'not' stands before the whole condition: 'not sentiment is below -0.4'"},
    {"not in", "write 'is none of', or 'author is not in list staff'"},
    {"at least", "write 'is at least'"},
    {"at most", "write 'is at most'"},
    {"above", "write 'is above'"},
    {"below", "write 'is below'"},
};

static const struct {
	const char *symbol, *help;
} operator_symbols[] = {
    {">", "write 'is above'"},
    {">=", "write 'is at least'"},
    {"=>", "write 'is at least'"},
    {"<", "write 'is below'"},
    {"<=", "write 'is at most'"},
    {"=<", "write 'is at most'"},
    {"=", "write 'is'"},
    {"==", "write 'is'"},
    {"!=", "write 'is not'"},
    {"<>", "write 'is not'"},
    {":", "write 'is' or 'contains'"},
};

static void
symbol_finding(struct parser *p, const struct lex_token *t)
{
	const char *help =
	    "conditions are written in words: 'is above', 'is at least', 'is', 'contains'";

	for (size_t i = 0; i < sizeof operator_symbols / sizeof *operator_symbols; i++)
		if (slice_eq_str(t->text, operator_symbols[i].symbol))
			help = operator_symbols[i].help;
	parse_finding(p, FINDING_SYMBOL_OPERATOR, t->at, help,
	    "'%.*s' is not how a condition is written", SHOWN(t->text));
}

static void
operator_finding(struct parser *p, const struct lex_token *t, struct slice field_name)
{
	static const char *const firsts[] = {"is", "contains", "does", "starts"};
	char help[FINDING_TEXT_MAX];
	struct range at = t->at;

	if (t->kind == LEX_SYMBOL) {
		symbol_finding(p, t);
		return;
	}
	if (t->kind == LEX_WORD)
		parse_finding(p, FINDING_UNKNOWN_OPERATOR, at,
		    finding_did_you_mean(diag_nearest(t->text, firsts, 4),
			"there is: is, is not, is one of, is none of, is at least, is at most, is "
			"above, is below, "
			"is between, contains, does not contain, starts with, is known, is unknown",
			help, sizeof help),
		    "'%.*s' is not something '%.*s' can be asked", SHOWN(t->text),
		    SHOWN(field_name));
	else
		parse_finding(p, FINDING_UNKNOWN_OPERATOR, at,
		    "for example 'is', 'is at least', 'is one of', 'contains'",
		    "what should '%.*s' be? words such as 'is' or 'contains' are missing",
		    SHOWN(field_name));
}

/* "is belw 5": a word behind `is` with more behind it is a slip of an operator, when it is close to
 * one. */
static bool
is_operator_slip(struct parser *p, enum rule_op op)
{
	static const char *const words[] = {
	    "at", "above", "below", "between", "one", "none", "not"};
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);
	const char *nearest;
	char help[FINDING_TEXT_MAX];

	if (op != RULE_OP_IS || t->kind != LEX_WORD ||
	    (next->kind != LEX_NUMBER && next->kind != LEX_WORD))
		return false;
	nearest = diag_nearest(t->text, words, sizeof words / sizeof *words);
	if (nearest == NULL)
		return false;
	snprintf(help, sizeof help, "did you mean 'is %s'?", nearest);
	parse_finding(p, FINDING_UNKNOWN_OPERATOR, t->at, help,
	    "'is %.*s' is not how it is written", SHOWN(t->text));
	return true;
}

/* Takes the longest spelling that is there. */
static bool
parse_operator(struct parser *p, struct slice field_name, enum rule_op *op_r, struct range *at_r)
{
	const struct lex_token *first = parse_peek(p);
	size_t best = 0, slip = 0;
	const char *slip_help = NULL, *slip_wrong = NULL;

	for (int op = 0; op < RULE_OP_COUNT; op++) {
		size_t n = words_ahead(p, rule_op_spelling((enum rule_op)op));

		if (n > best) {
			best = n;
			*op_r = (enum rule_op)op;
		}
	}
	for (size_t i = 0; i < sizeof operator_slips / sizeof *operator_slips; i++) {
		size_t n = words_ahead(p, operator_slips[i].wrong);

		if (n > slip) {
			slip = n;
			slip_help = operator_slips[i].help;
			slip_wrong = operator_slips[i].wrong;
		}
	}
	if (slip > best) {
		parse_finding(p, FINDING_UNKNOWN_OPERATOR,
		    parse_span(first, parse_peek_at(p, slip - 1)), slip_help,
		    "'%s' is not how it is written", slip_wrong);
		return false;
	}
	if (best == 0) {
		operator_finding(p, first, field_name);
		return false;
	}
	*at_r = parse_span(first, parse_peek_at(p, best - 1));
	p->at += best;
	return !is_operator_slip(p, *op_r);
}

/* ---- values of a condition ---- */

/* Codes and names of closed lists are words, with or without quotes; all else stays as it was
 * written. */
static void
value_settle(const struct field *f, struct value *v)
{
	if (!field_type_is_wordy(f->type) || slice_eq_str(v->text, "list"))
		return;
	if (v->kind == VALUE_TEXT && word_is_plain(v->text))
		v->kind = VALUE_WORD;
	else if (v->kind == VALUE_WORD && !word_is_plain(v->text))
		v->kind = VALUE_TEXT;
}

static bool
condition_values(struct parser *p, struct node *c)
{
	int arity = rule_op_arity(c->op);
	struct value *v;

	if (arity == 9)
		return parse_values(p, false, &c->values);
	for (int i = 0; i < arity; i++) {
		if (i == 1 && !parse_accept(p, "and")) {
			parse_finding(p, FINDING_NO_VALUE, parse_peek(p)->at,
			    "write 'is between 5 and 10'",
			    "'is between' needs two values with 'and' between them");
			return false;
		}
		v = NULL;
		if (!parse_value(p, &v))
			return false;
		values_add(&c->values, v);
	}
	if (arity == 1 && !p->takes_one_value && parse_peek(p)->kind == LEX_COMMA &&
	    parse_peek_at(p, 1)->kind != LEX_END) {
		parse_finding(p, FINDING_ONE_VALUE, c->op_at,
		    c->op == RULE_OP_CONTAINS ? "write 'contains any of' or 'contains all of'"
			: c->op == RULE_OP_NOT_CONTAINS ? "write 'contains none of'"
			: c->op == RULE_OP_IS_NOT       ? "write 'is none of'"
			: c->op == RULE_OP_IS           ? "write 'is one of'"
							: NULL,
		    "'%s' takes one value", rule_op_spelling(c->op));
		return false;
	}
	return true;
}

/* ---- subjects: author is verified, customer allows email ---- */

/* The row whose phrase stands behind "is" or "is not"; *n_r: tokens of it all, subject included. */
static const struct field *
phrase_find(const struct parser *p, const struct lex_token *subject, bool *is_not_r, size_t *n_r)
{
	static const struct {
		const char *words;
		bool is_not, is_allows;
	} links[] = {{"is not", true, false}, {"is", false, false}, {"does not allow", true, true},
	    {"allows", false, true}};
	struct parser ahead = *p;

	for (size_t k = 0; k < sizeof links / sizeof *links; k++) {
		ahead.at = p->at + 1;
		size_t link = words_ahead(&ahead, links[k].words);

		if (link == 0)
			continue;
		ahead.at += link;
		for (size_t i = 0; i < field_count(); i++) {
			const struct field *f = field_at(i);
			size_t n;

			if (f->phrase == NULL || !slice_eq_str(subject->text, f->subject))
				continue;
			n = links[k].is_allows ? 0 : words_ahead(&ahead, f->phrase);
			if (n == 0 && !(links[k].is_allows && f->type == FIELD_ALLOWS))
				continue;
			*is_not_r = links[k].is_not;
			*n_r = 1 + link + n;
			return f;
		}
	}
	return NULL;
}

/* Values behind a phrase: the list's id, the channel. */
static bool
phrase_value(struct parser *p, struct node *c)
{
	const struct lex_token *t = parse_peek(p);
	struct value *v;

	if (c->field->type == FIELD_FLAG)
		return true;
	if (t->kind != LEX_WORD && t->kind != LEX_TEXT) {
		parse_finding(p, FINDING_NO_VALUE, t->at,
		    c->field->type == FIELD_IN_LIST ? "for example 'author is in list staff'"
			: c->field->type == FIELD_IN_SEGMENT
			? "for example 'customer is in segment loyal'"
			: "for example 'customer allows email'",
		    c->field->type == FIELD_IN_LIST ? "the id of a list belongs here"
			: c->field->type == FIELD_IN_SEGMENT
			? "the id of a segment belongs here"
			: "the name of a channel belongs here");
		return false;
	}
	parse_take(p);
	if (t->is_damaged)
		return false;
	v = parse_alloc(p, sizeof *v);
	if (v == NULL)
		return false;
	v->kind = c->field->type == FIELD_IN_LIST ? VALUE_LIST : VALUE_WORD;
	if (!word_is_plain(t->text)) {
		parse_finding(p, FINDING_WRONG_VALUE, t->at, NULL, "this should be one word");
		return false;
	}
	v->text = t->text;
	v->at = t->at;
	values_add(&c->values, v);
	return true;
}

/* `author is tagged "x"` is another spelling of `author.tag is "x"`. */
static const struct field *
tagged_find(struct parser *p, const struct lex_token *subject, bool *is_not_r)
{
	struct slice none;
	bool is_author = slice_eq_str(subject->text, "author");
	struct parser ahead = *p;

	if (!is_author && !slice_eq_str(subject->text, "customer"))
		return NULL;
	ahead.at++;
	*is_not_r = words_ahead(&ahead, "is not tagged") > 0;
	if (!*is_not_r && words_ahead(&ahead, "is tagged") == 0)
		return NULL;
	p->at += *is_not_r ? 4 : 3;
	return field_find(is_author ? SLICE_LIT("author.tag") : SLICE_LIT("customer.tag"), &none);
}

/* ---- unknown subjects ---- */

/* "author alone": what may stand there, by what was written behind it. */
static const char *
subject_meant(const struct parser *p, const struct lex_token *t)
{
	const struct lex_token *next = parse_peek_at(p, 1);
	bool is_text = parse_is_word(next, "is") && parse_peek_at(p, 2)->kind == LEX_TEXT;

	if (slice_eq_str(t->text, "post"))
		return "write 'text contains \"late\"', 'post.likes is above 10' or 'post is a "
		       "reply'";
	if (slice_eq_str(t->text, "author"))
		return is_text ? "write 'author.handle is \"@anna@social.example\"', or 'author is "
				 "in list staff'"
			       : "write 'author.followers is at least 10k' or 'author is verified'";
	if (is_text)
		return "write 'customer.id is \"...\"', or 'customer is in list vips'";
	return "write 'customer allows email', 'customer.plan is \"gold\"' or 'customer is known'";
}

/* "customer in segment", "author not in list": help for the words that are missing; NULL: something
 * else. */
static const char *
membership_meant(
    const struct parser *p, const struct lex_token *t, size_t ahead, char *help, size_t size)
{
	const struct lex_token *what = parse_peek_at(p, ahead + 1),
			       *id = parse_peek_at(p, ahead + 2);
	bool is_not = false;

	if (!parse_word_is_of(parse_peek_at(p, ahead)->text, "in on"))
		return NULL;
	for (size_t i = 1; i < ahead; i++)
		is_not = is_not || parse_is_word(parse_peek_at(p, i), "not");
	if (parse_is_word(what, "segment") && !parse_is_word(t, "customer"))
		snprintf(help, size, "customers are in segments: customer is in segment loyal");
	else if ((parse_is_word(what, "segment") || parse_is_word(what, "list")) &&
	    id->kind == LEX_WORD)
		snprintf(help, size, "write '%.*s %s %.*s %.*s'", SHOWN(t->text),
		    is_not ? "is not in" : "is in", SHOWN(what->text), SHOWN(id->text));
	else
		snprintf(help, size, "for example: %.*s is in list staff", SHOWN(t->text));
	return help;
}

/* "author is verifed", "author followers is", "author is waiting". */
static void
subject_finding(struct parser *p, const struct lex_token *t)
{
	const struct lex_token *next = parse_peek_at(p, 1), *last = next;
	char joined[2 * RULES_ID_MAX], help[FINDING_TEXT_MAX];
	const char *phrases[32];
	struct slice attribute;
	size_t n = 0, ahead = 1;

	if (next->kind == LEX_WORD && next->text.len < RULES_ID_MAX) {
		snprintf(
		    joined, sizeof joined, "%.*s.%.*s", SLICE_ARG(t->text), SLICE_ARG(next->text));
		if (field_find(slice_of(joined), &attribute) != NULL && !slice_is_set(attribute)) {
			snprintf(help, sizeof help, "did you mean '%s'?", joined);
			parse_finding(p, FINDING_UNKNOWN_FIELD, parse_span(t, next), help,
			    "fields are written with a dot and no blank");
			return;
		}
	}
	for (size_t i = 0; i < field_count(); i++)
		if (field_at(i)->phrase != NULL && slice_eq_str(t->text, field_at(i)->subject))
			phrases[n++] = field_at(i)->phrase;
	phrases[n++] = "tagged";
	for (; parse_word_is_of(parse_peek_at(p, ahead)->text, "is not a an") && ahead < 4; ahead++)
		;
	last = parse_peek_at(p, ahead);
	if (last->kind == LEX_WORD && membership_meant(p, t, ahead, help, sizeof help) != NULL) {
		parse_finding(p, FINDING_UNKNOWN_OPERATOR, last->at, help,
		    slice_eq_str(t->text, "customer")
			? "'is in list' or 'is in segment', and an id, belong here"
			: "'in list' and the id of a list belong here");
		return;
	}
	if (next->kind != LEX_WORD || last->kind != LEX_WORD || ahead == 1) {
		parse_finding(p, FINDING_UNKNOWN_FIELD, t->at, subject_meant(p, t),
		    "'%.*s' alone is not a field", SHOWN(t->text));
		return;
	}
	snprintf(joined, sizeof joined, "%s%.*s",
	    parse_is_word(parse_peek_at(p, ahead - 1), "a")        ? "a "
		: parse_is_word(parse_peek_at(p, ahead - 1), "an") ? "an "
								   : "",
	    SLICE_ARG(utf8_prefix(last->text, 60)));
	if (parse_word_is_of(last->text, "influential influencer advocate happy unhappy")) {
		parse_finding(p, FINDING_NOT_AVAILABLE, parse_span(t, last),
		    "use what is known, for example 'author.influence is at least 70' or 'author "
		    "is tagged \"...\"'",
		    "'%.*s ...' is not available in this version", (int)parse_span(t, last).len,
		    p->sink->text.ptr + t->at.start);
		return;
	}
	parse_finding(p, FINDING_UNKNOWN_OPERATOR, last->at,
	    finding_did_you_mean(diag_nearest(slice_of(joined), phrases, n),
		parse_word_is_of(last->text, "negative positive neutral angry")
		    ? "write 'sentiment.label is negative', or 'sentiment is below -0.4'"
		    : parse_is_word(last, "customer") ? "write 'customer is known'"
		    : slice_eq_str(t->text, "author")
		    ? "there is: author is verified, a bot, an early "
		      "adopter, tagged \"...\", in list ..."
		    : slice_eq_str(t->text, "customer")
		    ? "there is: customer is known, reachable, tagged \"...\", in list ..., in "
		      "segment ..., customer allows ...; what you know of them is asked by its "
		      "name: customer.plan is \"gold\""
		    : "there is: post is a reply, a repost, a quote",
		help, sizeof help),
	    "we do not know whether the %.*s is '%.*s'", SHOWN(t->text), SHOWN(last->text));
}

/* "followers" is the end of author.followers; NULL: of none. */
static const char *
field_ending_with(struct slice word)
{
	for (size_t i = 0; i < field_count(); i++) {
		const char *name = field_at(i)->name, *dot = strchr(name, '.');

		if (dot != NULL && field_at(i)->phrase == NULL && slice_eq_str(word, dot + 1))
			return name;
	}
	return NULL;
}

static void
field_finding(struct parser *p, const struct lex_token *t)
{
	char help[FINDING_TEXT_MAX], fallback[FINDING_TEXT_MAX];
	const struct field *f;
	struct slice attribute;
	const char *nearest;

	if (t->kind != LEX_WORD) {
		if (t->kind == LEX_SYMBOL && !t->is_damaged)
			parse_finding(p, FINDING_BAD_CHARACTER, t->at,
			    meant_sign(t->text) != NULL
				? meant_sign(t->text)
				: "leave it out; a condition begins with a field",
			    "'%.*s' means nothing here", SHOWN(t->text));
		else
			parse_finding(p, FINDING_UNKNOWN_FIELD, t->at,
			    "a condition begins with a field: 'text contains \"...\"', 'sentiment "
			    "is below -0.4'",
			    "the name of a field belongs here");
		return;
	}
	if (parse_word_is_of(t->text, "author customer post")) {
		subject_finding(p, t);
		return;
	}
	if (parse_word_is_of(t->text, "count authors")) {
		parse_finding(p, FINDING_NOT_AVAILABLE, t->at,
		    "the fields there are stand in the manual; close to it: author.influence, "
		    "author.posts_seen",
		    "'%.*s' is not available in this version", SHOWN(t->text));
		return;
	}
	if (parse_word_is_of(t->text, "send draft alert tag set add")) {
		parse_finding(p, FINDING_UNKNOWN_FIELD, t->at, "actions stand in 'then' ... 'end'",
		    "'%.*s' is an action, not a condition", SHOWN(t->text));
		return;
	}
	f = field_find(t->text, &attribute);
	if (f != NULL && f->phrase != NULL) {
		snprintf(help, sizeof help, "write '%s'", f->example);
		parse_finding(
		    p, FINDING_UNKNOWN_FIELD, t->at, help, "'%s' is asked in words", f->name);
		return;
	}
	if (meant_field(t->text) != NULL) {
		parse_finding(p, FINDING_UNKNOWN_FIELD, t->at, meant_field(t->text),
		    "there is no field called '%.*s'", SHOWN(t->text));
		return;
	}
	nearest = field_nearest(t->text);
	if (nearest == NULL)
		nearest = field_ending_with(t->text);
	snprintf(fallback, sizeof fallback,
	    "the manual has the table of all fields; what you know of the customer is asked as "
	    "'customer.%.*s'",
	    SHOWN(t->text));
	parse_finding(p, FINDING_UNKNOWN_FIELD, t->at,
	    finding_did_you_mean(nearest,
		attribute_is_valid(t->text) ? fallback : "the manual has the table of all fields",
		help, sizeof help),
	    "there is no field called '%.*s'", SHOWN(t->text));
}

/* ---- conditions ---- */

bool
parse_condition(struct parser *p, struct node *c)
{
	const struct lex_token *t = parse_peek(p);
	bool is_not = false, was_read;
	size_t n = 0;

	c->kind = NODE_CONDITION;
	c->field_at = t->at;
	if (t->kind == LEX_WORD && (c->field = phrase_find(p, t, &is_not, &n)) != NULL) {
		c->op = is_not ? RULE_OP_IS_NOT : RULE_OP_IS;
		c->op_at = parse_span(t, parse_peek_at(p, n - 1));
		p->at += n;
		return phrase_value(p, c);
	}
	if (t->kind == LEX_WORD &&
	    (words_ahead(p, "customer is unknown") > 0 ||
		words_ahead(p, "author is unknown") > 0)) {
		struct slice none;

		c->field = field_find(slice_eq_str(t->text, "author") ? SLICE_LIT("author.known")
								      : SLICE_LIT("customer.known"),
		    &none);
		c->op = RULE_OP_IS_NOT;
		c->op_at = parse_span(t, parse_peek_at(p, 2));
		p->at += 3;
		return true;
	}
	if (t->kind == LEX_WORD && (c->field = tagged_find(p, t, &is_not)) != NULL) {
		c->op = is_not ? RULE_OP_IS_NOT : RULE_OP_IS;
		c->op_at = parse_span(t, &p->lexer.tokens[p->at - 1]);
	} else {
		if (t->kind == LEX_WORD && parse_not_available(p))
			return false;
		c->field = t->kind == LEX_WORD ? field_find(t->text, &c->attribute) : NULL;
		if (c->field == NULL || c->field->phrase != NULL) {
			field_finding(p, t);
			return false;
		}
		parse_take(p);
		if (!parse_operator(p, t->text, &c->op, &c->op_at))
			return false;
	}
	p->asked = c->field;
	was_read = condition_values(p, c);
	p->asked = NULL;
	if (!was_read)
		return false;
	for (struct value *v = c->values.first; v != NULL; v = v->next)
		value_settle(c->field, v);
	return true;
}
