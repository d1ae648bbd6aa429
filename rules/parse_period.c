/*
 * parse_period.c - `from 2026-12-01 09:00 until 2026-12-03 18:00 in Europe/Berlin`.
 */
#include "rules/parse_internal.h"

#include "core/timefmt.h"

static void
date_finding(struct parser *p, const struct lex_token *t)
{
	const char *help = "write year, month, day and the time: 2026-12-01 09:00";

	if (t->kind == LEX_NUMBER || t->kind == LEX_WORD)
		parse_finding(p, FINDING_BAD_DATE, t->at, help, "'%.*s' is not a date we can read",
		    SHOWN(t->text));
	else
		parse_finding(p, FINDING_BAD_DATE, t->at, help, "a date belongs here");
}

static bool
digits(struct slice s, size_t from, size_t count, int *n_r)
{
	int n = 0;

	for (size_t i = from; i < from + count; i++) {
		if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		n = n * 10 + (s.ptr[i] - '0');
	}
	*n_r = n;
	return true;
}

static bool
date_parse(struct slice s, struct moment *m)
{
	int y, mo, d;

	if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-' || !digits(s, 0, 4, &m->year) ||
	    !digits(s, 5, 2, &m->month) || !digits(s, 8, 2, &m->day) || m->year < 1990 ||
	    m->year > 2200 || m->month < 1 || m->month > 12 || m->day < 1)
		return false;
	/* 2026-02-30 comes back as another day */
	time_civil_from_days(time_days_from_civil(m->year, m->month, m->day), &y, &mo, &d);
	return y == m->year && mo == m->month && d == m->day;
}

bool
parse_clock(struct slice s, int *hour_r, int *minute_r)
{
	return s.len == 5 && s.ptr[2] == ':' && digits(s, 0, 2, hour_r) &&
	    digits(s, 3, 2, minute_r) && *hour_r < 24 && *minute_r < 60;
}

static bool
parse_moment(struct parser *p, struct moment *m)
{
	const struct lex_token *date = parse_take(p), *at;

	if (date->kind != LEX_NUMBER || !date_parse(date->text, m)) {
		date_finding(p, date);
		return false;
	}
	at = parse_peek(p);
	if (at->kind != LEX_NUMBER) {
		parse_finding(p, FINDING_BAD_DATE, at->at, "for example 2026-12-01 09:00",
		    "the time of day is missing behind the date");
		return false;
	}
	parse_take(p);
	if (!parse_clock(at->text, &m->hour, &m->minute)) {
		parse_finding(p, FINDING_BAD_DATE, at->at,
		    "write hours and minutes from 00:00 to 23:59, as in 09:00",
		    "'%.*s' is not a time of day", SHOWN(at->text));
		return false;
	}
	m->at = (struct range){date->at.start, at->at.start + at->at.len - date->at.start};
	m->is_set = true;
	return true;
}

bool
parse_zone(struct parser *p, struct slice *zone_r, struct range *at_r)
{
	const struct lex_token *t = parse_take(p);

	if ((t->kind != LEX_WORD && t->kind != LEX_TEXT) || !word_is_plain(t->text)) {
		parse_finding(p, FINDING_BAD_ZONE, t->at,
		    "for example 'in Europe/Berlin' or 'in UTC'",
		    "the name of a time zone belongs here");
		return false;
	}
	*zone_r = t->text;
	*at_r = t->at;
	return true;
}

void
parse_period(struct parser *p, struct item *it)
{
	p->at = 0;
	if (parse_accept(p, "from") && !parse_moment(p, &it->from))
		return;
	if (parse_is_word(parse_peek(p), "to"))
		parse_finding(p, FINDING_BAD_DATE, parse_peek(p)->at, "write 'until'",
		    "the end of a period begins with 'until'");
	if (parse_accept(p, "until") && !parse_moment(p, &it->until))
		return;
	if (!parse_accept(p, "in")) {
		parse_finding(p, FINDING_BAD_ZONE, parse_peek(p)->at,
		    "for example 'in Europe/Berlin' or 'in UTC'",
		    "whose clock is it? the time zone is missing");
		return;
	}
	parse_zone(p, &it->zone, &it->zone_at);
}
