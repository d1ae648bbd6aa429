/*
 * check_date.c - a date is compared as a text: one that is written in another way is no mistake to the
 * computer, and never true.
 */
#include "rules/check_internal.h"

#include <stdio.h>

#include "core/map.h"
#include "core/timefmt.h"
#include "rules/fields_internal.h"

#define HELP "write year, month and day: \"2026-12-24\""

static bool
is_date(struct slice text)
{
	int64_t at_ms;

	return text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-' &&
	    time_parse_rfc3339(text, &at_ms);
}

/* 24.12.2026 is one day to everybody who writes dots; 12/24/2026 is not. */
static const char *
date_help(struct slice text, char help[FINDING_TEXT_MAX])
{
	char copy[16], iso[16];
	int day, month, year, used = 0;

	if (text.len < sizeof copy) {
		snprintf(copy, sizeof copy, "%.*s", SLICE_ARG(text));
		if (sscanf(copy, "%2d.%2d.%4d%n", &day, &month, &year, &used) == 3 &&
		    copy[used] == '\0') {
			snprintf(iso, sizeof iso, "%04d-%02d-%02d", year, month, day);
			if (is_date(slice_of(iso))) {
				snprintf(help, FINDING_TEXT_MAX, "write \"%s\"", iso);
				return help;
			}
		}
	}
	return HELP;
}

static bool
is_whole(enum rule_op op)
{
	return op == RULE_OP_IS || op == RULE_OP_IS_NOT || op == RULE_OP_ONE_OF ||
	    op == RULE_OP_NONE_OF;
}

static void
check_list(struct check *c, const struct item *rule, const struct value *v)
{
	const struct item *list = map_get(c->ids[ITEM_LIST], v->text);
	char help[FINDING_TEXT_MAX];

	if (list == NULL)
		return;
	for (const struct value *item = list->items.first; item != NULL; item = item->next)
		if (!is_date(item->text)) {
			finding_add(rule->sink, FINDING_BAD_DATE, v->at,
			    date_help(item->text, help),
			    "'%.*s' of list '%.*s' is not a date we can read", SHOWN(item->text),
			    SHOWN(v->text));
			return;
		}
}

void
check_date(struct check *c, const struct item *rule, const struct node *n, const struct value *v)
{
	char help[FINDING_TEXT_MAX];

	if (!n->field->is_date || !is_whole(n->op))
		return;
	if (v->kind == VALUE_LIST)
		check_list(c, rule, v);
	else if (v->kind == VALUE_TEXT && v->text.len > 0 && !is_date(v->text))
		finding_add(rule->sink, FINDING_BAD_DATE, v->at, date_help(v->text, help),
		    "'%.*s' is not a date we can read", SHOWN(v->text));
}
