/*
 * print_guardrail.c - the canonical text of the clauses that hold a rule back.
 */
#include "rules/print_internal.h"

#include <stdio.h>

#include "core/buf.h"

static void
print_per(enum limit_scope scope, struct buf *out)
{
	const char *name = print_scope_name(scope);

	if (name != NULL)
		buf_addf(out, " per %s", name);
}

void
print_approval(const struct item *it, struct buf *out)
{
	if (!item_has(it, SLOT_APPROVAL))
		return;
	print_begin_line(it, SLOT_APPROVAL, out);
	buf_add_str(out, "approval by ");
	print_quoted(it->approval_team, out);
	print_after(it->notes[SLOT_APPROVAL], out);
}

void
print_canary(const struct item *it, struct buf *out)
{
	if (!item_has(it, SLOT_CANARY))
		return;
	print_begin_line(it, SLOT_CANARY, out);
	buf_addf(out, it->canary_milli % 10 == 0 ? "canary %d%%" : "canary %d.%d%%",
	    (int)it->canary_milli / 10, (int)it->canary_milli % 10);
	print_after(it->notes[SLOT_CANARY], out);
}

void
print_happening(const struct item *it, struct buf *out)
{
	char text[64];

	if (!item_has(it, SLOT_WINDOW))
		return;
	print_begin_line(it, SLOT_WINDOW, out);
	print_duration_text(it->times_within, text, sizeof text);
	buf_addf(out, "happening %d times within %s", (int)it->times, text);
	print_per(it->times_scope, out);
	print_after(it->notes[SLOT_WINDOW], out);
}

void
print_limit(const struct limit_node *l, struct buf *out)
{
	char text[64];

	print_number_text(l->cap.is_spend ? l->cap.max : l->cap.max * 1000, text, sizeof text);
	buf_addf(out, "%sat most %s %s", l->cap.is_spend ? "spend " : "", text,
	    cap_period_name(l->cap.period));
	print_per(l->cap.scope, out);
}

/* ---- hours ---- */

void
print_clock_text(int minute, char *out, size_t size)
{
	snprintf(out, size, "%02d:%02d", minute / 60, minute % 60);
}

static void
print_days(unsigned days, struct buf *out)
{
	bool is_first = true;

	if (days == 0)
		return;
	if (days == RULE_WEEKDAYS || days == RULE_WEEKENDS) {
		buf_add_str(out, days == RULE_WEEKDAYS ? " on weekdays" : " on weekends");
		return;
	}
	buf_add_str(out, " on");
	for (int day = 0; day < 7; day++) {
		if ((days >> day & 1) == 0)
			continue;
		buf_addf(out, "%s %s", is_first ? "" : ",", weekday_name(day));
		is_first = false;
	}
}

void
print_hours(const struct hours_node *n, struct buf *out)
{
	const struct rule_hours *h = &n->hours;
	char from[16], until[16];

	print_clock_text(h->from_minute, from, sizeof from);
	print_clock_text(h->until_minute == 0 ? 24 * 60 : h->until_minute, until, sizeof until);
	buf_addf(out, "%s between %s and %s", h->is_only ? "only" : "not", from, until);
	print_days(h->weekdays, out);
	if (slice_is_set(h->zone))
		buf_addf(out, " in %.*s", SLICE_ARG(h->zone));
	else
		buf_add_str(out, " customer time");
	if (h->answer == HOURS_DROP) {
		buf_add_str(out, ", else drop");
	} else if (h->answer == HOURS_ALERT) {
		buf_add_str(out, ", else alert ");
		print_quoted(h->queue, out);
	}
}

/* ---- all behind `then` ---- */

static void
print_limits(const struct limit_node *l, struct buf *out)
{
	for (; l != NULL; l = l->next) {
		print_before(l->notes, 2, out);
		buf_add_str(out, "  ");
		print_limit(l, out);
		print_after(l->notes, out);
	}
}

void
print_guardrails(const struct item *it, struct buf *out)
{
	char text[64];

	if (item_has(it, SLOT_COOLDOWN)) {
		print_begin_line(it, SLOT_COOLDOWN, out);
		print_duration_text(it->cooldown, text, sizeof text);
		buf_addf(out, "at most once every %s", text);
		print_per(it->scope, out);
		print_after(it->notes[SLOT_COOLDOWN], out);
	}
	print_limits(it->caps, out);
	print_limits(it->budgets, out);
	for (const struct hours_node *h = it->hours; h != NULL; h = h->next) {
		print_before(h->notes, 2, out);
		buf_add_str(out, "  ");
		print_hours(h, out);
		print_after(h->notes, out);
	}
}
