/*
 * parse_limits.c - `at most once every ...`, `at most 50 per day per author` and `spend at most 100
 * per month`.
 */
#include "rules/parse_internal.h"

#include <stdio.h>

#include "rules/limits_internal.h"

/* ---- per whom ---- */

static const char *
scope_meant(const struct lex_token *t)
{
	static const char *const names[] = {"author", "customer", "person", "thread"};
	static const char *const slips[][2] = {
	    {"user profile account handle sender writer poster", "author"},
	    {"client buyer contact recipient shopper", "customer"},
	    {"people persons human head", "person"}, {"conversation discussion topic", "thread"}};

	if (t->kind != LEX_WORD)
		return NULL;
	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
		if (parse_word_is_of(t->text, slips[i][0]))
			return slips[i][1];
	return diag_nearest(t->text, names, 4);
}

bool
parse_scope(struct parser *p, enum limit_scope *scope_r)
{
	static const struct {
		const char *name;
		enum limit_scope scope;
	} scopes[] = {{"author", LIMIT_PER_AUTHOR}, {"customer", LIMIT_PER_CUSTOMER},
	    {"person", LIMIT_PER_SUBJECT}, {"thread", LIMIT_PER_THREAD}};
	const struct lex_token *t = parse_take(p);
	char help[FINDING_TEXT_MAX];

	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
		if (parse_is_word(t, scopes[i].name)) {
			*scope_r = scopes[i].scope;
			return true;
		}
	}
	parse_finding(p, FINDING_BAD_LIMIT, t->at,
	    finding_did_you_mean(scope_meant(t),
		"per author, per customer, per person (author and customer as one) or per thread",
		help, sizeof help),
	    "per whom? author, customer, person or thread");
	return false;
}

/* ---- in what time ---- */

/* "day" in `per day`, `a day`, `each day`, `daily`; NULL: no period of ours. */
static const char *
period_meant(const struct lex_token *t)
{
	static const char *const slips[][2] = {{"hour hours hourly h", "per hour"},
	    {"day days daily date d", "per day"}, {"week weeks weekly w", "per week"},
	    {"month months monthly", "per month"}, {"total overall altogether ever", "in total"}};

	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
		if (t->kind == LEX_WORD && parse_word_is_of(t->text, slips[i][0]))
			return slips[i][1];
	return NULL;
}

static void
period_finding(struct parser *p, enum finding f, const char *periods)
{
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);
	bool is_lead =
	    t->kind == LEX_WORD && parse_word_is_of(t->text, "a an per each every in any within");
	struct range at = is_lead && next->kind != LEX_END ? parse_span(t, next) : t->at;
	const char *meant = period_meant(is_lead ? next : t);
	char help[FINDING_TEXT_MAX];

	snprintf(help, sizeof help, "write %s", periods);
	if (meant != NULL && strstr(periods, meant) != NULL) {
		snprintf(help, sizeof help, "write '%s'", meant);
		parse_finding(p, f, at, help, "this is not how the period of a limit is written");
	} else if (is_lead && next->kind == LEX_NUMBER) {
		parse_finding(p, f, at,
		    "write the period, or 'at most once every 30 days' for a rest after each "
		    "firing",
		    "a limit counts by the calendar: %s", periods);
	} else if (is_lead && f == FINDING_BAD_LIMIT && meant == NULL &&
	    scope_meant(next) != NULL) {
		snprintf(help, sizeof help, "write 'in total per %s' or 'per day per %s'",
		    scope_meant(next), scope_meant(next));
		parse_finding(p, f, t->at, help, "in what time? the period is missing here");
	} else if (t->kind == LEX_END) {
		parse_finding(p, f, at, help, "in what time? the period is missing");
	} else {
		parse_finding(p, f, at, help, "in what time? a period belongs here");
	}
}

static bool
parse_period_word(struct parser *p, enum cap_period first, enum cap_period *period_r)
{
	if (parse_accept(p, cap_period_name(CAP_TOTAL))) {
		*period_r = CAP_TOTAL;
		return true;
	}
	for (int c = (int)first; c <= CAP_MONTH; c++) {
		if (parse_accept(p, cap_period_name((enum cap_period)c))) {
			*period_r = (enum cap_period)c;
			return true;
		}
	}
	return false;
}

/* ---- a list of limits ---- */

static void
limit_add(struct parser *p, struct limit_node **list, const struct limit_node *l)
{
	size_t count = 0;
	struct limit_node *to;

	for (; *list != NULL; list = &(*list)->next, count++) {
		if ((*list)->cap.period == l->cap.period && (*list)->cap.scope == l->cap.scope) {
			parse_finding(p, FINDING_GIVEN_TWICE, l->at, "keep the smaller one",
			    "there is a limit %s for that already", cap_period_name(l->cap.period));
			return;
		}
	}
	if (count >= RULES_LIMITS_MAX) {
		parse_finding(p, FINDING_LIMIT, l->at, NULL, "a rule may have %d limits of a kind",
		    RULES_LIMITS_MAX);
		return;
	}
	to = parse_alloc(p, sizeof *to);
	if (to == NULL)
		return;
	*to = *l;
	to->notes = parse_notes(p);
	*list = to;
}

/* From the line's first token to the one taken last. */
static struct range
line_so_far(const struct parser *p)
{
	return parse_span(&p->lexer.tokens[0], &p->lexer.tokens[p->at > 0 ? p->at - 1 : 0]);
}

/* ---- at most ---- */

static void
parse_cooldown(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);

	it->scope = LIMIT_PER_RULE;
	if (parse_accept(p, "every")) {
		if (parse_duration(p, "30 days", &it->cooldown, &it->cooldown_at) &&
		    parse_accept(p, "per"))
			parse_scope(p, &it->scope);
		return;
	}
	if (t->kind == LEX_WORD && parse_word_is_of(t->text, "per a each in") &&
	    period_meant(parse_peek_at(p, 1)) != NULL)
		parse_finding(p, FINDING_BAD_LIMIT, parse_span(t, parse_peek_at(p, 1)),
		    "write 'at most once every 24 hours' for a rest after each firing, or 'at most "
		    "1 "
		    "per day' for a limit on the calendar",
		    "'once' needs 'every' and a length of time");
	else
		parse_finding(p, FINDING_BAD_LIMIT, t->at,
		    "for example 'at most once every 30 days per author'", "once in what time?");
}

/* "twice", "ten", "0" */
static bool
cap_number_is_odd(struct parser *p)
{
	const struct lex_token *t = parse_peek(p);
	int n = parse_number_word(t);
	char help[FINDING_TEXT_MAX];
	int64_t milli;

	if (n > 0) {
		snprintf(help, sizeof help, "write 'at most %d per day'", n);
		parse_finding(
		    p, FINDING_BAD_LIMIT, t->at, help, "numbers are written in digits here");
		return true;
	}
	if (t->kind == LEX_NUMBER && !t->is_damaged && lex_number(t->text, &milli) && milli == 0) {
		parse_finding(p, FINDING_BAD_LIMIT, t->at,
		    "write 'off' for a rule that rests, or 'shadow' for one that only decides",
		    "with a limit of 0 the rule could never act");
		return true;
	}
	return false;
}

static void
parse_cap(struct parser *p, struct item *it)
{
	struct limit_node l = {.cap.scope = LIMIT_PER_RULE};
	const struct lex_token *t;

	l.max_at = parse_peek(p)->at;
	if (cap_number_is_odd(p) ||
	    !parse_integer(p, 1, RULES_CAP_MAX,
		"for example 'at most 500 in total' or 'at most 50 per day'", &l.cap.max))
		return;
	t = parse_peek(p);
	if (t->kind == LEX_WORD &&
	    parse_word_is_of(t->text,
		"times time x messages message posts emails mails alerts sends replies firings "
		"customers authors people persons")) {
		parse_finding(p, FINDING_BAD_LIMIT, t->at,
		    "leave it out: 'at most 50 per day', 'at most 1 per day per customer'",
		    "a limit counts firings of the rule, so '%.*s' has no place here",
		    SHOWN(t->text));
		return;
	}
	if (!parse_period_word(p, CAP_HOUR, &l.cap.period)) {
		period_finding(p, FINDING_BAD_LIMIT,
		    "'in total', 'per hour', 'per day', 'per week' or 'per month'");
		return;
	}
	if (parse_accept(p, "per") && !parse_scope(p, &l.cap.scope))
		return;
	l.at = line_so_far(p);
	limit_add(p, &it->caps, &l);
}

void
parse_limit(struct parser *p, struct item *it)
{
	if (!parse_accept(p, "most"))
		parse_finding(p, FINDING_BAD_LIMIT, parse_peek(p)->at,
		    "'at most once every 30 days per author', 'at most 50 per day' or 'at most 500 "
		    "in total'",
		    "a limit begins with 'at most'");
	else if (!parse_accept(p, "once"))
		parse_cap(p, it);
	else if (parse_clause_once(p, it, SLOT_COOLDOWN, "at most once"))
		parse_cooldown(p, it);
}

/* ---- spend at most ---- */

/* What begins or ends like a sum of money: $100, €100, 100€, 100 EUR. */
static bool
has_currency(struct parser *p)
{
	static const char *const names =
	    "EUR USD GBP CHF JPY PLN SEK NOK DKK euro euros dollar dollars pounds eur usd gbp";
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);
	struct range at = t->at;
	int64_t milli;

	if (t->kind == LEX_NUMBER && !t->is_damaged && next->kind == LEX_WORD &&
	    (parse_word_is_of(next->text, names) || (unsigned char)next->text.ptr[0] >= 0x80))
		at = next->at;
	else if ((t->kind == LEX_SYMBOL ||
		     (t->kind == LEX_WORD && parse_word_is_of(t->text, names))) &&
	    next->kind == LEX_NUMBER)
		;
	else if (t->kind == LEX_NUMBER && !t->is_damaged && lex_number(t->text, &milli) &&
	    next->kind == LEX_SYMBOL)
		at = next->at;
	else if (t->kind != LEX_WORD && (t->kind != LEX_NUMBER || t->is_damaged))
		return false;
	else if (memchr(t->text.ptr, '\xe2', t->text.len) == NULL &&
	    memchr(t->text.ptr, '\xc2', t->text.len) == NULL)
		return false;
	parse_finding(p, FINDING_BAD_BUDGET, at,
	    "write the number alone: 'spend at most 100 per month'",
	    "the currency is that of earshot.yaml and not written here");
	return true;
}

static bool
parse_amount(struct parser *p, int64_t *milli_r)
{
	const char *example =
	    "for example 'spend at most 100 per month' or 'spend at most 99.50 per day'";
	const struct lex_token *t = parse_peek(p);

	if (has_currency(p))
		return false;
	parse_take(p);
	if (t->kind != LEX_NUMBER) {
		parse_finding(
		    p, FINDING_BAD_BUDGET, t->at, example, "how much? a number belongs here");
		return false;
	}
	if (t->is_damaged)
		return false;
	if (!lex_number(t->text, milli_r)) {
		parse_bad_number(p, t);
		return false;
	}
	if (t->text.ptr[t->text.len - 1] == '%' || *milli_r < 0 || *milli_r % 10 != 0) {
		parse_finding(p, FINDING_BAD_BUDGET, t->at, example,
		    "an amount of money is at least 0.01 and has two decimals at most");
		return false;
	}
	if (*milli_r == 0) {
		parse_finding(p, FINDING_BAD_BUDGET, t->at,
		    "write 'shadow' for a rule that decides and sends nothing",
		    "with nothing to spend the rule could never send");
		return false;
	}
	return true;
}

void
parse_budget(struct parser *p, struct item *it)
{
	struct limit_node l = {.cap = {.is_spend = true, .scope = LIMIT_PER_RULE}};

	if (!parse_accept(p, "at most")) {
		parse_finding(p, FINDING_BAD_BUDGET, parse_peek(p)->at,
		    "for example 'spend at most 100 per month'", "'at most' belongs here");
		return;
	}
	l.max_at = parse_peek(p)->at;
	if (!parse_amount(p, &l.cap.max))
		return;
	if (parse_peek(p)->kind != LEX_END && !parse_period_word(p, CAP_DAY, &l.cap.period)) {
		period_finding(
		    p, FINDING_BAD_BUDGET, "'in total', 'per day', 'per week' or 'per month'");
		return;
	}
	if (parse_is_word(parse_peek(p), "per")) {
		parse_finding(p, FINDING_BAD_BUDGET, parse_peek(p)->at,
		    "limit what a person gets with 'at most 1 per month per customer'",
		    "a budget is that of the rule as a whole");
		return;
	}
	l.at = line_so_far(p);
	limit_add(p, &it->budgets, &l);
}
