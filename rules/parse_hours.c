/*
 * parse_hours.c - `not between 21:00 and 08:00 customer time, else drop` and `only between 09:00
 * and 17:00 on weekdays in Europe/Berlin`.
 */
#include "rules/parse_internal.h"

#include <stdio.h>

#include "rules/limits_internal.h"

#define HOURS_EXAMPLE                                                                              \
	"for example 'not between 21:00 and 08:00 customer time' or 'only between 09:00 and "      \
	"17:00 on weekdays in Europe/Berlin'"

/* ---- times of day ---- */

/* 9, 9:30, 21.00, 9am, 21h: what a person may mean by it, in minutes of the day; -1: no idea. */
static int
clock_meant(struct slice s, const struct lex_token *next)
{
	int n[2] = {0, 0}, part = 0;
	size_t i = 0, digits = 0;
	struct slice tail;

	for (; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9') {
			if (digits++ == 2)
				return -1;
			n[part] = n[part] * 10 + (s.ptr[i] - '0');
		} else if (part == 0 && memchr(":.,hH", s.ptr[i], 5) != NULL && i + 1 < s.len &&
		    s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '9') {
			part = 1;
			digits = 0;
		} else {
			break;
		}
	}
	tail = slice_make(s.ptr + i, s.len - i);
	if (tail.len == 0 && next->kind == LEX_WORD)
		tail = next->text;
	if (slice_eq_nocase(tail, SLICE_LIT("pm")) && n[0] < 12)
		n[0] += 12;
	else if (slice_eq_nocase(tail, SLICE_LIT("am")) && n[0] == 12)
		n[0] = 0;
	else if (i < s.len && !parse_word_is_of(tail, "am AM pm PM h H Uhr uhr"))
		return -1;
	return n[0] < 24 && n[1] < 60 ? n[0] * 60 + n[1] : -1;
}

/* 21:00-08:00, 9-17 */
static bool
range_finding(struct parser *p, const struct lex_token *t)
{
	struct slice rest = t->text, first = slice_split(&rest, '-');
	char help[FINDING_TEXT_MAX];
	int a, b;

	if (!slice_is_set(rest))
		return false;
	a = clock_meant(first, t);
	b = clock_meant(rest, t);
	if (a < 0 || b < 0)
		return false;
	snprintf(
	    help, sizeof help, "write '%02d:%02d and %02d:%02d'", a / 60, a % 60, b / 60, b % 60);
	parse_finding(p, FINDING_BAD_HOURS, t->at, help, "the two times are joined by 'and'");
	return true;
}

/* The second time of day, when the first one was just taken; -1: none in sight. */
static int
second_meant(const struct parser *p)
{
	size_t i = parse_peek(p)->kind == LEX_WORD &&
		parse_word_is_of(parse_peek(p)->text, "am AM pm PM h H Uhr uhr")
	    ? 1
	    : 0;
	const struct lex_token *join = parse_peek_at(p, i), *t = parse_peek_at(p, i + 1);

	if (t->kind != LEX_NUMBER ||
	    (join->kind != LEX_SYMBOL &&
		!(join->kind == LEX_WORD && parse_word_is_of(join->text, "and to until till bis"))))
		return -1;
	return clock_meant(t->text, parse_peek_at(p, i + 2));
}

static void
clock_finding(struct parser *p, const struct lex_token *t, bool is_first)
{
	const struct lex_token *next = parse_peek(p);
	char help[FINDING_TEXT_MAX] =
	    "write hours and minutes from 00:00 to 23:59, as in 09:00 or 21:30";
	int minute, other;

	if (t->kind == LEX_WORD && parse_word_is_of(t->text, "noon midnight midday")) {
		snprintf(help, sizeof help,
		    t->text.ptr[1] == 'o' ? "write '12:00'"
			: parse_is_word(t, "midday")
			? "write '12:00'"
			: "write '00:00', or '24:00' where a day ends");
	} else if (t->kind == LEX_NUMBER) {
		if (range_finding(p, t))
			return;
		minute = clock_meant(t->text, next);
		other = is_first ? second_meant(p) : -1;
		if (minute >= 0 && other >= 0)
			snprintf(help, sizeof help, "write 'between %02d:%02d and %02d:%02d'",
			    minute / 60, minute % 60, other / 60, other % 60);
		else if (minute >= 0)
			snprintf(help, sizeof help, "write '%02d:%02d'", minute / 60, minute % 60);
	}
	if (t->kind == LEX_NUMBER || t->kind == LEX_WORD)
		parse_finding(p, FINDING_BAD_HOURS, t->at, help, "'%.*s' is not a time of day",
		    SHOWN(t->text));
	else
		parse_finding(
		    p, FINDING_BAD_HOURS, t->at, HOURS_EXAMPLE, "a time of day belongs here");
}

/* 24:00 may end a span: it is the next day's 00:00. */
static bool
take_clock(struct parser *p, bool is_end, int *minute_r)
{
	const struct lex_token *t = parse_take(p);
	int hour, minute;

	if (t->is_damaged)
		return false;
	if (t->kind == LEX_NUMBER && parse_clock(t->text, &hour, &minute)) {
		*minute_r = hour * 60 + minute;
		return true;
	}
	if (t->kind == LEX_NUMBER && slice_eq_str(t->text, "24:00")) {
		*minute_r = 0;
		if (is_end)
			return true;
		parse_finding(
		    p, FINDING_BAD_HOURS, t->at, "write '00:00'", "a day begins at 00:00");
		return false;
	}
	clock_finding(p, t, !is_end);
	return false;
}

static bool
parse_span_of_day(struct parser *p, struct rule_hours *h)
{
	const struct lex_token *first, *join, *last;

	if (!parse_accept(p, "between")) {
		parse_finding(p, FINDING_BAD_HOURS, parse_peek(p)->at,
		    parse_is_word(parse_peek(p), "once")
			? "write 'at most 1 in total per customer', or 'at most once every 30 days "
			  "per customer'"
			: HOURS_EXAMPLE,
		    "'between' and two times of day belong here");
		return false;
	}
	first = parse_peek(p);
	if (!take_clock(p, false, &h->from_minute))
		return false;
	join = parse_peek(p);
	if (!parse_accept(p, "and")) {
		bool is_joined = join->kind == LEX_SYMBOL ||
		    (join->kind == LEX_WORD && parse_word_is_of(join->text, "to until till bis"));

		parse_finding(p, FINDING_BAD_HOURS, join->at,
		    is_joined ? "write 'and'" : HOURS_EXAMPLE,
		    is_joined ? "the two times are joined by 'and'"
			      : "'and' and a second time of day belong here");
		return false;
	}
	last = parse_peek(p);
	if (!take_clock(p, true, &h->until_minute))
		return false;
	if (h->from_minute == h->until_minute && !slice_eq_str(last->text, "24:00")) {
		parse_finding(p, FINDING_BAD_HOURS, parse_span(first, last),
		    "a whole day is 'between 00:00 and 24:00'", "it ends at the time it begins");
		return false;
	}
	return true;
}

/* ---- days ---- */

static void
day_finding(struct parser *p, const struct lex_token *t)
{
	static const char *const words[] = {"monday", "tuesday", "wednesday", "thursday", "friday",
	    "saturday", "sunday", "weekdays", "weekends"};
	static const char *const slips[][2] = {{"weekday workday workdays working", "weekdays"},
	    {"weekend", "weekends"}, {"mon mondays Mon", "monday"},
	    {"tue tues tuesdays Tue", "tuesday"}, {"wed wednesdays Wed", "wednesday"},
	    {"thu thur thurs thursdays Thu", "thursday"}, {"fri fridays Fri", "friday"},
	    {"sat saturdays Sat", "saturday"}, {"sun sundays Sun", "sunday"}};
	char help[FINDING_TEXT_MAX];
	const char *meant = NULL;

	if (t->kind == LEX_WORD && memchr(t->text.ptr, '-', t->text.len) != NULL) {
		parse_finding(p, FINDING_BAD_HOURS, t->at,
		    "write 'on weekdays', or the days with commas: on monday, tuesday, wednesday",
		    "days are named one by one");
		return;
	}
	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
		if (t->kind == LEX_WORD && parse_word_is_of(t->text, slips[i][0]))
			meant = slips[i][1];
	if (meant == NULL && t->kind == LEX_WORD)
		meant = diag_nearest(t->text, words, sizeof words / sizeof *words);
	parse_finding(p, FINDING_BAD_HOURS, t->at,
	    finding_did_you_mean(meant,
		"write 'on weekdays', 'on weekends' or days: on monday, tuesday", help,
		sizeof help),
	    "the name of a day belongs here");
}

static bool
parse_days(struct parser *p, unsigned *days_r)
{
	unsigned days = 0;
	const struct lex_token *t;

	if (parse_accept(p, "weekdays")) {
		*days_r = RULE_WEEKDAYS;
		return true;
	}
	if (parse_accept(p, "weekends")) {
		*days_r = RULE_WEEKENDS;
		return true;
	}
	for (;;) {
		int day;

		t = parse_take(p);
		day = t->kind == LEX_WORD ? weekday_parse(t->text) : -1;
		if (day < 0) {
			day_finding(p, t);
			return false;
		}
		days |= 1u << day;
		if (parse_peek(p)->kind != LEX_COMMA)
			break;
		parse_take(p);
	}
	t = parse_peek(p);
	if (t->kind == LEX_WORD && parse_word_is_of(t->text, "and to until or")) {
		parse_finding(p, FINDING_BAD_HOURS, t->at,
		    "write them all: on monday, tuesday, wednesday",
		    "days are separated by commas");
		return false;
	}
	*days_r = days == RULE_EVERY_DAY ? 0 : days;
	return true;
}

/* ---- whose clock, and what else ---- */

static bool
parse_whose_clock(struct parser *p, struct hours_node *n)
{
	const struct lex_token *t = parse_peek(p), *next = parse_peek_at(p, 1);

	n->zone_at = t->at;
	if (parse_accept(p, "customer time"))
		return true;
	if (parse_accept(p, "in"))
		return parse_zone(p, &n->hours.zone, &n->zone_at);
	if (t->kind == LEX_WORD &&
	    (parse_word_is_of(
		 t->text, "customer customers customer's local author person recipient their") ||
		parse_is_word(next, "time")))
		parse_finding(p, FINDING_BAD_ZONE,
		    parse_is_word(next, "time") ? parse_span(t, next) : t->at,
		    "write 'customer time', or a zone: 'in Europe/Berlin'", "whose clock is it?");
	else if (t->kind == LEX_WORD && parse_word_is_of(t->text, "every each daily"))
		parse_finding(p, FINDING_BAD_HOURS, t->at,
		    "leave it out: without 'on' the line holds every day",
		    "every day is what is meant anyway");
	else
		parse_finding(p, FINDING_BAD_ZONE, t->at,
		    "write 'customer time', or a zone: 'in Europe/Berlin'",
		    "whose clock is it? 'customer time' or a time zone is missing");
	return false;
}

static bool
parse_else_alert(struct parser *p, struct hours_node *n)
{
	const struct lex_token *t = parse_take(p);

	if (t->kind != LEX_TEXT || t->is_damaged || t->text.len == 0) {
		parse_finding(p, FINDING_BAD_HOURS, t->at, "for example: else alert \"support\"",
		    "the name of a queue belongs here, between double quotes");
		return false;
	}
	n->hours.answer = HOURS_ALERT;
	n->hours.queue = t->text;
	n->queue_at = t->at;
	return true;
}

/* `, else drop` */
static bool
parse_else(struct parser *p, struct hours_node *n)
{
	const struct lex_token *t = parse_peek(p);
	bool has_comma = t->kind == LEX_COMMA;

	if (t->kind == LEX_END)
		return true;
	if (has_comma)
		parse_take(p);
	if (!parse_accept(p, "else")) {
		parse_finding(p, FINDING_BAD_HOURS, parse_peek(p)->at,
		    "write ', else drop' or ', else alert \"support\"', or end the line: then the "
		    "message waits",
		    "what happens to the message otherwise begins with 'else'");
		return false;
	}
	if (!has_comma) {
		parse_finding(
		    p, FINDING_BAD_HOURS, t->at, "write ', else'", "a comma is missing here");
		return false;
	}
	t = parse_peek(p);
	if (parse_accept(p, "defer"))
		return true;
	if (parse_accept(p, "drop")) {
		n->hours.answer = HOURS_DROP;
		return true;
	}
	if (parse_accept(p, "alert"))
		return parse_else_alert(p, n);
	parse_finding(p, FINDING_BAD_HOURS, t->at,
	    t->kind == LEX_WORD && parse_word_is_of(t->text, "wait later queue delay hold postpone")
		? "leave 'else' and what follows out: the message waits anyway"
		: "write 'drop' or 'alert \"support\"'; without 'else' the message waits",
	    "what happens to the message otherwise is 'defer', 'drop' or 'alert'");
	return false;
}

/* ---- the line ---- */

static void
hours_add(struct parser *p, struct item *it, const struct hours_node *n)
{
	struct hours_node **tail = &it->hours, *to;
	size_t count = 0;

	for (; *tail != NULL; tail = &(*tail)->next, count++) {
		if (hours_same(*tail, n)) {
			parse_finding(p, FINDING_GIVEN_TWICE, n->at, "keep one of the two",
			    "these hours are given twice");
			return;
		}
	}
	if (count >= RULES_LIMITS_MAX) {
		parse_finding(p, FINDING_LIMIT, n->at, NULL, "a rule may have %d lines of hours",
		    RULES_LIMITS_MAX);
		return;
	}
	to = parse_alloc(p, sizeof *to);
	if (to == NULL)
		return;
	*to = *n;
	to->notes = parse_notes(p);
	*tail = to;
}

void
parse_hours(struct parser *p, struct item *it, bool is_only)
{
	struct hours_node n = {.hours.is_only = is_only};

	if (!parse_span_of_day(p, &n.hours) ||
	    (parse_accept(p, "on") && !parse_days(p, &n.hours.weekdays)) ||
	    !parse_whose_clock(p, &n) || !parse_else(p, &n))
		return;
	n.at = parse_span(&p->lexer.tokens[0], &p->lexer.tokens[p->at - 1]);
	hours_add(p, it, &n);
}
