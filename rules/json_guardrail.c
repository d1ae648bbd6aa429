/*
 * json_guardrail.c - the clauses that hold a rule back, as JSON:
 *
 *	"happening":{"times":2,"within":"7 days","per":"customer"}, "canary_percent":10,
 *	"approval_by":"social team", "at_most_once":{"every":"30 days","per":"author"},
 *	"at_most":[{"count":50,"period":"day","per":"author"}],
 *	"spend_at_most":[{"amount":99.5,"period":"month"}],
 *	"hours":[{"not_between":["21:00","08:00"],"on":["sunday"],"in":"Europe/Berlin",
 *	  "else":"alert","queue":"support"}]
 *
 * The period of a limit without an end is "total"; hours without "in" are customer time.
 */
#include "rules/json_internal.h"

#include "core/buf.h"
#include "rules/print_internal.h"

static void
write_duration(const char *key, struct duration d, struct json_writer *w)
{
	json_key(w, key);
	rules_json_duration(d, w);
}

static void
write_scope(enum limit_scope scope, struct json_writer *w)
{
	if (scope != LIMIT_PER_RULE)
		json_kv_cstr(w, "per", print_scope_name(scope));
}

static void
write_limits(const char *key, const struct limit_node *l, struct json_writer *w)
{
	if (l == NULL)
		return;
	json_key(w, key);
	json_array_begin(w);
	for (; l != NULL; l = l->next) {
		json_object_begin(w);
		if (l->cap.is_spend)
			json_kv_milli(w, "amount", l->cap.max);
		else
			json_kv_i64(w, "count", l->cap.max);
		json_kv_cstr(w, "period", rules_json_period(l->cap.period));
		write_scope(l->cap.scope, w);
		rules_json_notes(l->notes, w);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
write_hours(const struct hours_node *n, struct json_writer *w)
{
	const struct rule_hours *h = &n->hours;
	char from[16], until[16];

	print_clock_text(h->from_minute, from, sizeof from);
	print_clock_text(h->until_minute == 0 ? 24 * 60 : h->until_minute, until, sizeof until);
	json_object_begin(w);
	json_key(w, h->is_only ? "only_between" : "not_between");
	json_array_begin(w);
	json_put_cstr(w, from);
	json_put_cstr(w, until);
	json_array_end(w);
	if (h->weekdays != 0) {
		json_key(w, "on");
		json_array_begin(w);
		for (int day = 0; day < 7; day++)
			if ((h->weekdays >> day & 1) != 0)
				json_put_cstr(w, weekday_name(day));
		json_array_end(w);
	}
	if (slice_is_set(h->zone))
		json_kv_str(w, "in", h->zone);
	if (h->answer != HOURS_DEFER)
		json_kv_cstr(w, "else", h->answer == HOURS_DROP ? "drop" : "alert");
	if (h->answer == HOURS_ALERT)
		json_kv_str(w, "queue", h->queue);
	rules_json_notes(n->notes, w);
	json_object_end(w);
}

void
rules_json_guardrails(const struct item *it, struct json_writer *w)
{
	if (item_has(it, SLOT_APPROVAL))
		json_kv_str(w, "approval_by", it->approval_team);
	if (item_has(it, SLOT_CANARY))
		json_kv_milli(w, "canary_percent", (int64_t)it->canary_milli * 100);
	if (item_has(it, SLOT_WINDOW)) {
		json_key(w, "happening");
		json_object_begin(w);
		json_kv_i64(w, "times", it->times);
		write_duration("within", it->times_within, w);
		write_scope(it->times_scope, w);
		json_object_end(w);
	}
	if (item_has(it, SLOT_COOLDOWN)) {
		json_key(w, "at_most_once");
		json_object_begin(w);
		write_duration("every", it->cooldown, w);
		write_scope(it->scope, w);
		json_object_end(w);
	}
	write_limits("at_most", it->caps, w);
	write_limits("spend_at_most", it->budgets, w);
	if (it->hours == NULL)
		return;
	json_key(w, "hours");
	json_array_begin(w);
	for (const struct hours_node *n = it->hours; n != NULL; n = n->next)
		write_hours(n, w);
	json_array_end(w);
}
