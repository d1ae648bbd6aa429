/*
 * parse_guardrail.c - the clauses that hold a rule back: which one a line is, `happening`,
 * `canary` and `approval`.
 */
#include "rules/parse_internal.h"

#include <stdio.h>

#include "rules/limits_internal.h"

/* ---- what people write instead ---- */

int
parse_number_word(const struct lex_token *t)
{
	static const struct {
		const char *word;
		int n;
	} words[] = {{"once", 1}, {"twice", 2}, {"thrice", 3}, {"one", 1}, {"two", 2}, {"three", 3},
	    {"four", 4}, {"five", 5}, {"six", 6}, {"seven", 7}, {"eight", 8}, {"nine", 9},
	    {"ten", 10}, {"twenty", 20}, {"fifty", 50}, {"hundred", 100}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (parse_is_word(t, words[i].word))
			return words[i].n;
	return 0;
}

/* Lines that begin with other words than ours; those with more words first. */
static const struct {
	const char *words, *help;
} clause_slips[] = {
    {"not answered", "write 'unless answered within 2 hours'"},
    {"not more than", "write 'at most 50 per day'"},
    {"not at night", "write 'not between 21:00 and 08:00 customer time'"},
    {"not from", "write 'not between 21:00 and 08:00 customer time'"},
    {"not before", "write 'not between 21:00 and 08:00 customer time'"},
    {"not after", "write 'not between 21:00 and 08:00 customer time'"},
    {"not on", "write 'not between 00:00 and 24:00 on sunday customer time'"},
    {"no more than", "write 'at most 50 per day'"},
    {"max", "write 'at most 50 per day'"},
    {"maximum", "write 'at most 50 per day'"},
    {"limit", "write 'at most 50 per day'"},
    {"cap", "write 'at most 50 per day'"},
    {"frequency", "write 'at most 1 per day per customer'"},
    {"cooldown", "write 'at most once every 30 days per author'"},
    {"once", "write 'at most once every 30 days per author'"},
    {"budget", "write 'spend at most 100 per month'"},
    {"quiet", "write 'not between 21:00 and 08:00 customer time'"},
    {"between", "write 'only between 09:00 and 17:00 customer time', or 'not between ...'"},
    {"outside", "write 'not between 21:00 and 08:00 customer time'"},
    {"during", "write 'only between 09:00 and 17:00 customer time'"},
    {"hours", "write 'only between 09:00 and 17:00 customer time'"},
    {"rollout", "write 'canary 10%'"},
    {"sample", "write 'canary 10%'"},
    {"approved", "write 'approval by \"social team\"'"},
    {"approve", "write 'approval by \"social team\"'"},
    {"needs approval", "write 'approval by \"social team\"'"},
    {"requires approval", "write 'approval by \"social team\"'"},
    {"with approval", "write 'approval by \"social team\"'"},
    {"happens", "write 'happening 3 times within 1 hour per author'"},
    {"occurring", "write 'happening 3 times within 1 hour per author'"},
};

const char *
parse_guardrail_meant(const struct parser *p)
{
	struct parser ahead = *p; /* only its place on the line is moved */

	for (size_t i = 0; i < sizeof clause_slips / sizeof *clause_slips; i++)
		if (parse_accept(&ahead, clause_slips[i].words))
			return clause_slips[i].help;
	return NULL;
}

bool
parse_at_hours(const struct parser *p)
{
	return (parse_is_word(parse_peek(p), "not") || parse_is_word(parse_peek(p), "only")) &&
	    parse_is_word(parse_peek_at(p, 1), "between");
}

/* ---- happening ---- */

#define WINDOW_EXAMPLE "for example 'happening 3 times within 1 hour per author'"

static void
times_finding(struct parser *p, const struct lex_token *t)
{
	int n = parse_number_word(t);
	char help[FINDING_TEXT_MAX];

	snprintf(help, sizeof help, "write 'happening %d times within ...'", n);
	if (n == 1)
		parse_finding(p, FINDING_BAD_WINDOW, t->at,
		    "leave the line out; to hold the rule back afterwards write 'at most once "
		    "every ...'",
		    "a rule fires the first time anyway");
	else if (n > 1)
		parse_finding(
		    p, FINDING_BAD_WINDOW, t->at, help, "numbers are written in digits here");
	else if (t->kind == LEX_WORD &&
	    parse_word_is_of(t->text, "at more over than least often again repeatedly"))
		parse_finding(p, FINDING_BAD_WINDOW, t->at,
		    "write the number that is enough: 'happening 3 times within 1 hour' fires at "
		    "the third, and at those after it",
		    "only a number belongs here");
	else
		parse_finding(p, FINDING_BAD_WINDOW, t->at, WINDOW_EXAMPLE,
		    "how many times? a number belongs here");
}

static bool
parse_times(struct parser *p, int64_t *times_r)
{
	const struct lex_token *t = parse_peek(p);
	char help[FINDING_TEXT_MAX];
	int64_t milli;

	if (t->kind != LEX_NUMBER) {
		times_finding(p, t);
		return false;
	}
	if (t->is_damaged)
		return false;
	if (t->text.len > 1 && (t->text.ptr[t->text.len - 1] | 0x20) == 'x' &&
	    lex_number(slice_make(t->text.ptr, t->text.len - 1), &milli)) {
		snprintf(
		    help, sizeof help, "write '%.*s times'", (int)t->text.len - 1, t->text.ptr);
		parse_finding(
		    p, FINDING_BAD_WINDOW, t->at, help, "'%.*s' is not a number", SHOWN(t->text));
		return false;
	}
	if (lex_number(t->text, &milli) && milli >= 0 && milli <= 1000) {
		parse_finding(p, FINDING_BAD_WINDOW, t->at,
		    "leave the line out; to hold the rule back afterwards write 'at most once "
		    "every ...'",
		    "a rule fires the first time anyway");
		return false;
	}
	return parse_integer(p, 2, RULE_TIMES_MAX,
	    "so many are remembered of one author or customer; for the noise of a crowd use a "
	    "watch",
	    times_r);
}

/* The word before the length of time. */
static bool
parse_within(struct parser *p)
{
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "within"))
		return true;
	if (parse_accept(p, "per") && parse_peek(p)->kind == LEX_WORD &&
	    parse_word_is_of(parse_peek(p)->text, "author customer person thread"))
		parse_finding(p, FINDING_BAD_WINDOW, t->at, WINDOW_EXAMPLE,
		    "'within' and its time come before 'per'");
	else if (t->kind == LEX_WORD && parse_word_is_of(t->text, "a an per each every daily"))
		parse_finding(p, FINDING_BAD_WINDOW, t->at,
		    "write 'within 24 hours' or 'within 7 days': it is counted back from each post",
		    "'within' and a length of time belong here");
	else
		parse_finding(p, FINDING_BAD_WINDOW, t->at, WINDOW_EXAMPLE,
		    t->kind == LEX_END ? "within what time?" : "'within' is missing here");
	return false;
}

static void
parse_happening(struct parser *p, struct item *it)
{
	const struct lex_token *first = parse_peek(p);
	struct range at;

	if (!parse_clause_once(p, it, SLOT_WINDOW, "happening"))
		return;
	it->times_scope = LIMIT_PER_RULE;
	if (!parse_times(p, &it->times))
		return;
	if (!parse_accept(p, "times")) {
		parse_finding(p, FINDING_BAD_WINDOW, parse_peek(p)->at, WINDOW_EXAMPLE,
		    "'times' is missing here");
		return;
	}
	if (!parse_within(p) || !parse_duration(p, "1 hour", &it->times_within, &at))
		return;
	if (parse_accept(p, "per"))
		parse_scope(p, &it->times_scope);
	else if (parse_peek(p)->kind == LEX_WORD &&
	    parse_word_is_of(parse_peek(p)->text, "by from of for each"))
		parse_finding(p, FINDING_BAD_WINDOW, parse_peek(p)->at,
		    "write 'per author', 'per customer', 'per person' or 'per thread'",
		    "whose times are counted follows behind 'per'");
	it->times_at = parse_span(first, &p->lexer.tokens[p->at - 1]);
}

/* ---- canary ---- */

/* A number without its '%' sign: 10, 0.1, 10 percent. */
static void
canary_unit_finding(struct parser *p, const struct lex_token *t, int64_t milli)
{
	const struct lex_token *next = parse_peek(p);
	bool is_named = next->kind == LEX_SYMBOL ||
	    (next->kind == LEX_WORD && parse_word_is_of(next->text, "percent per pct prozent"));
	char help[FINDING_TEXT_MAX];

	if (milli > 0 && milli < 1000 && !is_named)
		milli *= 100; /* 0.1: a tenth */
	snprintf(help, sizeof help,
	    milli % 1000 == 0 ? "write 'canary %lld%%'" : "write 'canary %lld.%lld%%'",
	    (long long)milli / 1000, (long long)milli % 1000 / 100);
	parse_finding(p, FINDING_BAD_CANARY, is_named ? parse_span(t, next) : t->at, help,
	    is_named ? "a share is written with '%%' right behind the number"
		     : "of how many? a share ends in '%%'");
}

static void
parse_canary(struct parser *p, struct item *it)
{
	const struct lex_token *t;
	int64_t milli = 0;

	if (!parse_clause_once(p, it, SLOT_CANARY, "canary"))
		return;
	t = parse_take(p);
	it->canary_at = t->at;
	if (t->kind != LEX_NUMBER)
		parse_finding(p, FINDING_BAD_CANARY, t->at, "for example 'canary 10%'",
		    "a share of the people belongs here");
	else if (t->is_damaged)
		return;
	else if (!lex_number(t->text, &milli))
		parse_finding(p, FINDING_BAD_CANARY, t->at,
		    "for example 'canary 10%' or 'canary 0.5%', in steps of 0.1%",
		    "'%.*s' is not a share we can read", SHOWN(t->text));
	else if (t->text.ptr[t->text.len - 1] != '%')
		canary_unit_finding(p, t, milli);
	else if (milli <= 0)
		parse_finding(p, FINDING_BAD_CANARY, t->at,
		    "write 'shadow' for a rule that decides and does nothing, or 'off'",
		    "this rule would act for nobody");
	else if (milli > 1000)
		parse_finding(p, FINDING_BAD_CANARY, t->at, "for example 'canary 10%'",
		    "there are no more people than 100%%");
	else if (parse_is_word(parse_peek(p), "of"))
		parse_finding(p, FINDING_BAD_CANARY, parse_peek(p)->at,
		    "end the line behind the share; who is meant, 'when' says",
		    "a canary is a share of the people the rule fires for");
	it->canary_milli = (int32_t)(milli > 0 && milli <= 1000 ? milli : 0);
}

/* ---- approval ---- */

static void
parse_approval(struct parser *p, struct item *it)
{
	const char *example = "for example: approval by \"social team\"";
	const struct lex_token *t;

	if (!parse_clause_once(p, it, SLOT_APPROVAL, "approval"))
		return;
	if (!parse_accept(p, "by")) {
		parse_finding(
		    p, FINDING_BAD_APPROVAL, parse_peek(p)->at, example, "'by' is missing here");
		return;
	}
	t = parse_take(p);
	it->approval_at = t->at;
	if (t->kind == LEX_TEXT && !t->is_damaged && slice_trim(t->text).len > 0)
		it->approval_team = t->text;
	else
		parse_finding(p, FINDING_BAD_APPROVAL, t->at, example,
		    "the name of a team belongs here, between double quotes");
}

/* ---- which clause it is ---- */

bool
parse_guardrail(struct parser *p, struct item *it)
{
	static const struct {
		const char *word;
		void (*parse)(struct parser *p, struct item *it);
	} clauses[] = {{"happening", parse_happening}, {"canary", parse_canary},
	    {"approval", parse_approval}, {"at", parse_limit}, {"spend", parse_budget}};

	for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
		if (parse_accept(p, clauses[i].word)) {
			clauses[i].parse(p, it);
			return true;
		}
	}
	if (parse_is_word(parse_peek(p), "only") || parse_at_hours(p)) {
		parse_hours(p, it, parse_is_word(parse_take(p), "only"));
		return true;
	}
	return false;
}
