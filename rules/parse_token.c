#include "rules/parse_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/arena.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"
#include "rules/meant_internal.h"

int
parse_next_line(struct parser *p)
{
	int rc;

	if (p->has_no_memory)
		return -1;
	p->at = 0;
	if (p->is_pending) {
		p->is_pending = false;
		return 1;
	}
	if (p->is_at_end)
		return 0; /* the comments at the end stay where they are */
	rc = lex_line(&p->lexer);
	p->is_at_end = rc == 0;
	if (rc < 0)
		p->has_no_memory = true;
	if (p->lexer.is_damaged)
		p->file->is_incomplete = true;
	return rc;
}

const struct lex_token *
parse_peek_at(const struct parser *p, size_t ahead)
{
	size_t i = p->at + ahead;

	assert(p->lexer.count > 0);
	return &p->lexer.tokens[i < p->lexer.count ? i : p->lexer.count - 1];
}

const struct lex_token *
parse_peek(const struct parser *p)
{
	return parse_peek_at(p, 0);
}

const struct lex_token *
parse_take(struct parser *p)
{
	const struct lex_token *t = parse_peek(p);

	if (t->kind != LEX_END)
		p->at++;
	return t;
}

bool
parse_is_word(const struct lex_token *t, const char *word)
{
	return t->kind == LEX_WORD && slice_eq_str(t->text, word);
}

bool
parse_accept(struct parser *p, const char *words)
{
	struct slice rest = slice_of(words);
	size_t n = 0;

	while (slice_is_set(rest)) {
		const struct lex_token *t = parse_peek_at(p, n++);

		if (t->kind != LEX_WORD || !slice_eq(t->text, slice_split(&rest, ' ')))
			return false;
	}
	p->at += n;
	return true;
}

void
parse_finding(
    struct parser *p, enum finding f, struct range at, const char *help, const char *fmt, ...)
{
	char message[FINDING_TEXT_MAX];
	va_list ap;

	if (p->item != NULL)
		p->item->is_broken = true;
	if (p->lexer.has_finding)
		return;
	p->lexer.has_finding = true;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	finding_add(p->sink, f, at, help, "%s", message);
}

void *
parse_alloc(struct parser *p, size_t size)
{
	void *r = arena_zalloc(p->arena, size);

	if (r == NULL)
		p->has_no_memory = true;
	return r;
}

struct notes *
parse_notes(struct parser *p)
{
	struct notes *n;

	if (p->lexer.before == NULL && !slice_is_set(p->lexer.after))
		return NULL;
	n = parse_alloc(p, sizeof *n);
	if (n == NULL)
		return NULL;
	n->before = p->lexer.before;
	n->after = p->lexer.after;
	return n;
}

/* ---- the end of a line ---- */

static bool
is_one_of(const struct lex_token *t, const char *words)
{
	return t->kind == LEX_WORD && parse_word_is_of(t->text, words);
}

/* "late" or "slow", complaint or support: values are joined, not conditions. */
static bool
joins_values(const struct parser *p)
{
	const struct lex_token *next = parse_peek_at(p, 1), *behind = parse_peek_at(p, 2);

	return next->kind == LEX_TEXT || next->kind == LEX_NUMBER ||
	    (next->kind == LEX_WORD && (behind->kind == LEX_END || behind->kind == LEX_COMMA));
}

/* The line is an action's. */
static bool
begins_action(const struct parser *p)
{
	const struct lex_token *first = &p->lexer.tokens[0];

	if (parse_is_word(first, "then"))
		first++;
	return first->kind == LEX_WORD &&
	    parse_word_is_of(first->text, "send draft alert tag set add pause");
}

/* What is left over, by what stands before it; NULL: no idea. */
static const char *
rest_meant(const struct parser *p, const struct lex_token *t)
{
	const struct lex_token *before = p->at > 0 ? t - 1 : NULL;
	bool touches = before != NULL && before->at.start + before->at.len == t->at.start;

	if (before != NULL && before->kind == LEX_TEXT && touches)
		return "a quote inside of a text is written \\\"";
	if (t->kind == LEX_TEXT)
		return "is a comma missing before it?";
	if (t->kind == LEX_NUMBER && parse_is_word(parse_peek_at(p, 1), "times"))
		return "how often stands on a line of its own: happening 3 times within 7 days "
		       "per customer";
	if (t->kind != LEX_WORD)
		return NULL;
	if (p->item != NULL && p->item->kind == ITEM_LIST)
		return "the items stand on the lines below, up to 'end'";
	if (meant_rest(t->text) != NULL)
		return meant_rest(t->text);
	if (p->at == 1 && parse_is_word(before, "end"))
		return "'end' stands alone on its line";
	if (p->at > 1 && before->kind == LEX_NUMBER)
		return "the number stands alone here";
	if (p->at > 2 && before->kind == LEX_WORD &&
	    (t[-2].kind == LEX_COMMA || is_one_of(t - 2, "is not of contain contains with")))
		return "words that belong together stand between double quotes: \"late delivery\"";
	return NULL;
}

void
parse_line_end(struct parser *p)
{
	const struct lex_token *t = parse_peek(p);

	if (t->kind == LEX_END)
		return;
	if ((parse_is_word(t, "and") || parse_is_word(t, "or")) && joins_values(p))
		parse_finding(p, FINDING_REST_OF_LINE, t->at,
		    t->text.ptr[0] == 'a'
			? "write 'contains all of' or 'is one of', and commas between the values"
			: "write 'contains any of' or 'is one of', and commas between the values",
		    "values are separated by commas, not by '%.*s'", SHOWN(t->text));
	else if ((parse_is_word(t, "and") || parse_is_word(t, "or")) && begins_action(p))
		parse_finding(p, FINDING_REST_OF_LINE, t->at,
		    "write each on a line of its own, between 'then' and 'end'",
		    "there is one action on a line, so '%.*s' has no place here", SHOWN(t->text));
	else if (parse_is_word(t, "and") || parse_is_word(t, "or"))
		parse_finding(p, FINDING_REST_OF_LINE, t->at,
		    t->text.ptr[0] == 'a'
			? "put both conditions on lines of their own inside 'all of' ... 'end'"
			: "put both conditions on lines of their own inside 'any of' ... 'end'",
		    "there is one condition on a line, so '%.*s' has no place here",
		    SHOWN(t->text));
	else if (t->kind == LEX_COMMA)
		parse_finding(p, FINDING_REST_OF_LINE, t->at,
		    "several values stand after 'is one of' or 'contains any of'",
		    "nothing can follow here, "
		    "not even a comma");
	else if (t->kind == LEX_SYMBOL)
		parse_finding(p, FINDING_BAD_CHARACTER, t->at, meant_rest_sign(t->text),
		    "'%.*s' means nothing here", SHOWN(t->text));
	else
		parse_finding(p, FINDING_REST_OF_LINE, t->at, rest_meant(p, t),
		    "the line should end before '%.*s'", SHOWN(t->text));
}

struct range
parse_span(const struct lex_token *first, const struct lex_token *last)
{
	return (struct range){first->at.start, last->at.start + last->at.len - first->at.start};
}

bool
parse_word_is_of(struct slice word, const char *words)
{
	struct slice rest = slice_of(words);

	while (slice_is_set(rest))
		if (slice_eq(slice_split(&rest, ' '), word))
			return true;
	return false;
}

/* ---- where blocks end ---- */

bool
parse_at_top(const struct parser *p)
{
	const struct lex_token *first = &p->lexer.tokens[0], *second = &p->lexer.tokens[1];

	if (!is_one_of(first, "brand list rule watch segment campaign journey"))
		return false;
	if (second->kind == LEX_TEXT)
		return true;
	return second->kind == LEX_WORD && !is_one_of(second, "is contains does starts");
}

bool
parse_at_clause(const struct parser *p)
{
	const struct lex_token *first = &p->lexer.tokens[0];

	if (parse_at_top(p))
		return true;
	if (is_one_of(first, "after over out") ||
	    (parse_is_word(first, "unless") &&
		is_one_of(&p->lexer.tokens[1], "answered a another replied")))
		return true;
	return is_one_of(first,
	    "then when description off shadow priority from until include act at happening canary "
	    "approval spend fires does");
}

void
parse_missing_end(struct parser *p, struct range open, const char *what)
{
	bool had_finding = p->lexer.has_finding;

	/* one `end` too few opens several blocks up to the same line: that is one cause */
	if (open.len > 0 && !p->file->is_incomplete && p->missing_end_pos != p->lexer.pos + 1) {
		p->missing_end_pos = p->lexer.pos + 1;
		p->lexer.has_finding = false;
		parse_finding(p, FINDING_NO_END, open,
		    "every 'brand', 'list', 'segment', 'rule', 'watch', 'all of', 'any of' and "
		    "'then' is "
		    "closed by an "
		    "'end' of its own",
		    "this %s is not closed: its 'end' is missing", what);
	}
	if (p->item != NULL)
		p->item->is_broken = true;
	p->lexer.has_finding = had_finding;
	p->is_pending = p->lexer.count > 0; /* 0: the end of the file */
}

bool
parse_clause_once(struct parser *p, struct item *it, enum slot s, const char *what)
{
	if (!item_has(it, s)) {
		it->has |= UINT32_C(1) << s;
		it->notes[s] = parse_notes(p);
		return true;
	}
	parse_finding(p, FINDING_GIVEN_TWICE, p->lexer.tokens[0].at,
	    s == SLOT_WHEN ? "write 'when all of', the conditions one on a line, and 'end'"
		: s == SLOT_CALLED
		? "write all names on one line, with commas between; a line goes on behind a comma"
		: "keep one of the two",
	    "'%s' is given twice", what);
	return false;
}

/* ---- numbers and times ---- */

/* Letters right behind the digits: "90days", "2h". */
static bool
split_unit(struct slice s, struct slice *number_r, struct slice *unit_r)
{
	size_t i = 0;

	while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
		i++;
	*number_r = slice_make(s.ptr, i);
	*unit_r = slice_make(s.ptr + i, s.len - i);
	if (i == 0 || unit_r->len == 0)
		return false;
	for (size_t k = 0; k < unit_r->len; k++)
		if (unit_r->ptr[k] < 'A' || unit_r->ptr[k] > 'z')
			return false;
	return true;
}

/* What a person may have meant by a unit we do not have; NULL: no idea. */
static const char *
unit_meant(struct slice word)
{
	static const struct {
		const char *word, *unit;
	} slips[] = {{"s", "seconds"}, {"sec", "seconds"}, {"secs", "seconds"}, {"m", "minutes"},
	    {"min", "minutes"}, {"mins", "minutes"}, {"h", "hours"}, {"hr", "hours"},
	    {"hrs", "hours"}, {"d", "days"}, {"w", "weeks"}, {"wk", "weeks"}};
	static const char *const known[] = {"second", "seconds", "minute", "minutes", "hour",
	    "hours", "day", "days", "week", "weeks"};

	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
		if (slice_eq_nocase(word, slice_of(slips[i].word)))
			return slips[i].unit;
	return diag_nearest(word, known, sizeof known / sizeof *known);
}

void
parse_bad_number(struct parser *p, const struct lex_token *t)
{
	struct slice number, unit;
	char help[FINDING_TEXT_MAX];

	if (split_unit(t->text, &number, &unit) && unit_meant(unit) != NULL) {
		snprintf(help, sizeof help, "write '%.*s %s'", SHOWN(number), unit_meant(unit));
		parse_finding(
		    p, FINDING_BAD_UNIT, t->at, help, "'%.*s' is not a number", SHOWN(t->text));
		return;
	}
	if (p->asked != NULL && meant_value(p->asked, t->text) != NULL) {
		parse_finding(p, FINDING_BAD_NUMBER, t->at, meant_value(p->asked, t->text),
		    "'%.*s' is no value of '%s'", SHOWN(t->text), p->asked->name);
		return;
	}
	parse_finding(p, FINDING_BAD_NUMBER, t->at,
	    "numbers look like 10000, 10k, 2.5M, -0.4 or 80%; at most three decimals, at most "
	    "999999999999",
	    "'%.*s' is not a number we can read", SHOWN(t->text));
}

bool
parse_integer(struct parser *p, int64_t min, int64_t max, const char *what, int64_t *n_r)
{
	const struct lex_token *t = parse_take(p);
	int64_t milli;

	if (t->kind != LEX_NUMBER) {
		parse_finding(p, FINDING_NO_VALUE, t->at, what, "a number belongs here");
		return false;
	}
	if (t->is_damaged)
		return false;
	if (!lex_number(t->text, &milli)) {
		parse_bad_number(p, t);
		return false;
	}
	if (milli % 1000 != 0 || milli / 1000 < min || milli / 1000 > max) {
		parse_finding(p, FINDING_OUT_OF_RANGE, t->at, what,
		    "this should be a whole number from %lld to %lld", (long long)min,
		    (long long)max);
		return false;
	}
	*n_r = milli / 1000;
	return true;
}

static void
bad_unit(struct parser *p, const struct lex_token *number, const struct lex_token *unit,
    const char *example)
{
	char help[FINDING_TEXT_MAX];
	const char *meant;

	if (unit->kind != LEX_WORD) {
		snprintf(help, sizeof help, "write the unit, as in '%s'", example);
		parse_finding(
		    p, FINDING_BAD_UNIT, number->at, help, "a unit is missing behind this number");
		return;
	}
	if (is_one_of(unit, "month months year years quarter")) {
		parse_finding(p, FINDING_BAD_UNIT, unit->at, "write days or weeks: '30 days'",
		    "'%.*s' is not a unit here: months and years differ in length",
		    SHOWN(unit->text));
		return;
	}
	meant = unit_meant(unit->text);
	parse_finding(p, FINDING_BAD_UNIT, unit->at,
	    finding_did_you_mean(
		meant, "units are seconds, minutes, hours, days and weeks", help, sizeof help),
	    "'%.*s' is not a unit of time", SHOWN(unit->text));
}

bool
parse_duration(struct parser *p, const char *example, struct duration *d_r, struct range *at_r)
{
	const struct lex_token *t = parse_peek(p), *unit;
	char help[FINDING_TEXT_MAX];
	struct duration d;

	snprintf(help, sizeof help, "for example '%s'", example);
	if (t->kind != LEX_NUMBER) {
		parse_finding(p, FINDING_NO_VALUE, t->at, help, "a length of time belongs here");
		return false;
	}
	if (!parse_integer(p, 1, RULES_DURATION_MAX_MS / 1000, help, &d.amount))
		return false;
	unit = parse_take(p);
	if (unit->kind != LEX_WORD || !duration_unit_parse(unit->text, &d.unit)) {
		bad_unit(p, t, unit, example);
		return false;
	}
	*at_r = (struct range){t->at.start, unit->at.start + unit->at.len - t->at.start};
	if (d.amount > RULES_DURATION_MAX_MS / duration_ms((struct duration){1, d.unit})) {
		parse_finding(
		    p, FINDING_OUT_OF_RANGE, *at_r, "at most 3650 days", "this is too long");
		return false;
	}
	*d_r = d;
	return true;
}

/* ---- values ---- */

static bool
value_number(struct parser *p, const struct lex_token *t, struct value *v)
{
	const struct lex_token *next = parse_peek_at(p, 1);
	enum duration_unit unit;

	if (next->kind == LEX_WORD && !is_one_of(next, "and or")) {
		if (!duration_unit_parse(next->text, &unit) && unit_meant(next->text) == NULL &&
		    !is_one_of(next, "month months year years"))
			return lex_number(t->text, &v->number_milli)
			    ? (parse_take(p), true)
			    : (parse_bad_number(p, t), false);
		v->kind = VALUE_DURATION;
		return parse_duration(p, "30 days", &v->duration, &v->at);
	}
	if (!lex_number(t->text, &v->number_milli)) {
		parse_bad_number(p, t);
		return false;
	}
	parse_take(p);
	return true;
}

bool
parse_value(struct parser *p, struct value **value_r)
{
	const struct lex_token *t = parse_peek(p);
	struct value *v = parse_alloc(p, sizeof *v);

	if (v == NULL || t->is_damaged)
		return false;
	v->at = t->at;
	v->text = t->text;
	v->notes = t->notes;
	*value_r = v;
	switch (t->kind) {
	case LEX_TEXT: v->kind = VALUE_TEXT; break;
	case LEX_NUMBER: v->kind = VALUE_NUMBER; return value_number(p, t, v);
	case LEX_WORD:
		v->kind = VALUE_WORD;
		if (parse_is_word(t, "list") && parse_peek_at(p, 1)->kind == LEX_WORD) {
			parse_take(p);
			t = parse_peek(p);
			v->kind = VALUE_LIST;
			v->text = t->text;
			v->at.len = t->at.start + t->at.len - v->at.start;
			if (v->notes == NULL)
				v->notes = t->notes;
			else if (t->notes != NULL)
				v->notes->after = t->notes->after;
		}
		break;
	case LEX_SYMBOL:
		parse_finding(p, FINDING_BAD_CHARACTER, t->at, meant_rest_sign(t->text),
		    "'%.*s' means nothing here", SHOWN(t->text));
		return false;
	case LEX_COMMA:
	case LEX_END:
		parse_finding(p, FINDING_NO_VALUE, t->at,
		    "a text stands between double quotes; what comes behind a '#' outside of "
		    "quotes is a comment",
		    "a value is missing here");
		return false;
	}
	parse_take(p);
	return true;
}

bool
parse_values(struct parser *p, bool has_texts_only, struct values *values_r)
{
	for (;;) {
		const struct lex_token *t = parse_peek(p);
		struct value *v = NULL;

		if (has_texts_only && (t->kind == LEX_WORD || t->kind == LEX_NUMBER)) {
			char help[FINDING_TEXT_MAX];

			snprintf(help, sizeof help, "write \"%.*s\"", SHOWN(t->text));
			parse_finding(p, FINDING_WRONG_VALUE, t->at, help,
			    "words and names stand between double quotes here");
			return false;
		}
		if (!parse_value(p, &v))
			return false;
		values_add(values_r, v);
		if (parse_peek(p)->kind != LEX_COMMA)
			return true;
		parse_take(p);
		if (p->item != NULL && p->item->kind == ITEM_LIST && parse_peek(p)->kind == LEX_END)
			return true; /* a list may end in a comma */
	}
}
