#include "rules/tree_internal.h"

#include <assert.h>

#include "core/timefmt.h"
#include "rules/limits_internal.h"

static const struct {
	const char *spelling, *json;
	int arity;
} operators[RULE_OP_COUNT] = {
#define X(name, spelling, json, arity) [RULE_OP_##name] = {spelling, json, arity},
    RULE_OPERATORS(X)
#undef X
};

static const char *const slot_names[SLOT_COUNT] = {
#define X(name, json) [SLOT_##name] = json,
    RULE_SLOTS(X)
#undef X
};

static const struct {
	const char *one, *many;
	int64_t ms;
} units[UNIT_COUNT] = {
    [UNIT_SECOND] = {"second", "seconds", TIME_SECOND_MS},
    [UNIT_MINUTE] = {"minute", "minutes", TIME_MINUTE_MS},
    [UNIT_HOUR] = {"hour", "hours", TIME_HOUR_MS},
    [UNIT_DAY] = {"day", "days", TIME_DAY_MS},
    [UNIT_WEEK] = {"week", "weeks", 7 * TIME_DAY_MS},
};

const char *
rule_op_spelling(enum rule_op op)
{
	assert(op < RULE_OP_COUNT);
	return operators[op].spelling;
}

const char *
rule_op_json(enum rule_op op)
{
	assert(op < RULE_OP_COUNT);
	return operators[op].json;
}

int
rule_op_arity(enum rule_op op)
{
	assert(op < RULE_OP_COUNT);
	return operators[op].arity;
}

const char *
slot_name(enum slot s)
{
	assert(s < SLOT_COUNT);
	return slot_names[s];
}

bool
item_has(const struct item *it, enum slot s)
{
	return (it->has >> s & 1) != 0;
}

const char *
item_kind_name(enum item_kind k)
{
	static const char *const names[] = {[ITEM_BRAND] = "brand",
	    [ITEM_LIST] = "list",
	    [ITEM_RULE] = "rule",
	    [ITEM_WATCH] = "watch",
	    [ITEM_SEGMENT] = "segment"};

	return names[k];
}

const char *
crowd_measure_name(enum crowd_measure m)
{
	switch (m) {
	case CROWD_COUNT: return "count";
	case CROWD_SHARE: return "share";
	case CROWD_AUTHORS: return "authors";
	}
	return NULL;
}

int64_t
duration_ms(struct duration d)
{
	return d.amount * units[d.unit].ms;
}

const char *
duration_unit_name(enum duration_unit u, bool is_plural)
{
	return is_plural ? units[u].many : units[u].one;
}

bool
duration_unit_parse(struct slice word, enum duration_unit *u_r)
{
	for (int u = 0; u < UNIT_COUNT; u++) {
		if (slice_eq_str(word, units[u].one) || slice_eq_str(word, units[u].many)) {
			*u_r = (enum duration_unit)u;
			return true;
		}
	}
	return false;
}

static const char *const weekdays[] = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

const char *
weekday_name(int day)
{
	assert(day >= 0 && day < 7);
	return weekdays[day];
}

int
weekday_parse(struct slice word)
{
	for (int day = 0; day < 7; day++)
		if (slice_eq_nocase(word, slice_of(weekdays[day])))
			return day;
	return -1;
}

static bool
is_ascii_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
word_is_plain(struct slice s)
{
	if (s.len == 0 || s.len > RULES_ID_MAX || !is_ascii_letter(s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++) {
		char c = s.ptr[i];

		if (!is_ascii_letter(c) && !(c >= '0' && c <= '9') && memchr("_-./+", c, 5) == NULL)
			return false;
	}
	return true;
}

bool
id_is_valid(struct slice s)
{
	if (s.len == 0 || s.len > RULES_ID_MAX || s.ptr[0] < 'a' || s.ptr[0] > 'z')
		return false;
	for (size_t i = 1; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

bool
text_is_valid(struct slice s)
{
	if (!slice_is_set(s) || s.len > RULES_STRING_MAX || !utf8_is_valid(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

void
values_add(struct values *list, struct value *v)
{
	if (list->last != NULL)
		list->last->next = v;
	else
		list->first = v;
	list->last = v;
	list->count++;
}

bool
attribute_is_valid(struct slice s)
{
	if (s.len == 0 || s.len > RULES_ID_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!is_ascii_letter(c) && !(c >= '0' && c <= '9') && memchr("_-./+", c, 5) == NULL)
			return false;
	}
	return true;
}

/* ---- equality ---- */

static bool
notes_equal(const struct notes *a, const struct notes *b)
{
	static const struct notes none = {NULL, {NULL, 0}};
	const struct comment *x, *y;

	if (a == NULL)
		a = &none;
	if (b == NULL)
		b = &none;
	if (slice_is_set(a->after) != slice_is_set(b->after) || !slice_eq(a->after, b->after))
		return false;
	for (x = a->before, y = b->before; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!slice_eq(x->text, y->text))
			return false;
	return x == NULL && y == NULL;
}

static bool
duration_equal(struct duration a, struct duration b)
{
	return a.amount == b.amount && (a.amount == 0 || a.unit == b.unit);
}

static bool
value_same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_TEXT:
	case VALUE_WORD:
	case VALUE_LIST: return slice_eq(a->text, b->text);
	case VALUE_NUMBER: return a->number_milli == b->number_milli;
	case VALUE_DURATION: return duration_equal(a->duration, b->duration);
	}
	return false;
}

static bool
value_equal(const struct value *a, const struct value *b)
{
	return notes_equal(a->notes, b->notes) && value_same(a, b);
}

static bool
values_equal(const struct values *a, const struct values *b)
{
	const struct value *x = a->first, *y = b->first;

	if (a->count != b->count)
		return false;
	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!value_equal(x, y))
			return false;
	return x == NULL && y == NULL;
}

/* Depth is bounded by RULES_DEPTH_MAX. */
static bool
node_equal(const struct node *a, const struct node *b)
{
	const struct node *x, *y;

	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || !notes_equal(a->notes, b->notes) ||
	    !notes_equal(a->end_notes, b->end_notes))
		return false;
	if (a->kind == NODE_CONDITION)
		return a->field == b->field && slice_eq(a->attribute, b->attribute) &&
		    a->op == b->op && values_equal(&a->values, &b->values);
	for (x = a->first, y = b->first; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!node_equal(x, y))
			return false;
	return x == NULL && y == NULL;
}

bool
node_same(const struct node *a, const struct node *b)
{
	const struct node *x, *y;
	const struct value *v, *w;

	if (a->kind != b->kind || a->field != b->field || !slice_eq(a->attribute, b->attribute) ||
	    (a->kind == NODE_CONDITION && (a->op != b->op || a->values.count != b->values.count)))
		return false;
	for (v = a->values.first, w = b->values.first; v != NULL && w != NULL;
	     v = v->next, w = w->next)
		if (!value_same(v, w))
			return false;
	for (x = a->first, y = b->first; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!node_same(x, y))
			return false;
	return x == NULL && y == NULL;
}

bool
action_same(const struct action_node *a, const struct action_node *b)
{
	const struct action *p = &a->action, *q = &b->action;

	return p->verb == q->verb && p->target == q->target &&
	    slice_eq(p->template_id, q->template_id) && slice_eq(p->channel, q->channel) &&
	    slice_eq(p->team, q->team) && slice_eq(p->queue, q->queue) &&
	    p->severity == q->severity && slice_eq(p->name, q->name) &&
	    slice_eq(p->value, q->value) && slice_is_set(p->offer) == slice_is_set(q->offer) &&
	    slice_eq(p->offer, q->offer) && duration_equal(a->for_time, b->for_time);
}

static bool
actions_equal(const struct action_node *a, const struct action_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!notes_equal(a->notes, b->notes) || !action_same(a, b))
			return false;
	return a == b;
}

bool
limit_same(const struct limit_node *a, const struct limit_node *b)
{
	return a->cap.max == b->cap.max && a->cap.period == b->cap.period &&
	    a->cap.scope == b->cap.scope && a->cap.is_spend == b->cap.is_spend;
}

static bool
limits_equal(const struct limit_node *a, const struct limit_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!notes_equal(a->notes, b->notes) || !limit_same(a, b))
			return false;
	return a == b;
}

bool
hours_same(const struct hours_node *a, const struct hours_node *b)
{
	const struct rule_hours *p = &a->hours, *q = &b->hours;

	return p->is_only == q->is_only && p->from_minute == q->from_minute &&
	    p->until_minute == q->until_minute && p->weekdays == q->weekdays &&
	    slice_is_set(p->zone) == slice_is_set(q->zone) && slice_eq(p->zone, q->zone) &&
	    p->answer == q->answer && slice_eq(p->queue, q->queue);
}

static bool
hours_equal(const struct hours_node *a, const struct hours_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!notes_equal(a->notes, b->notes) || !hours_same(a, b))
			return false;
	return a == b;
}

static bool
guardrails_equal(const struct item *a, const struct item *b)
{
	return duration_equal(a->cooldown, b->cooldown) && a->scope == b->scope &&
	    a->times == b->times && duration_equal(a->times_within, b->times_within) &&
	    a->times_scope == b->times_scope && a->canary_milli == b->canary_milli &&
	    slice_eq(a->approval_team, b->approval_team) && limits_equal(a->caps, b->caps) &&
	    limits_equal(a->budgets, b->budgets) && hours_equal(a->hours, b->hours);
}

static bool
moment_equal(const struct moment *a, const struct moment *b)
{
	if (!a->is_set || !b->is_set)
		return a->is_set == b->is_set;
	return a->year == b->year && a->month == b->month && a->day == b->day &&
	    a->hour == b->hour && a->minute == b->minute;
}

static bool
examples_equal(const struct example_node *a, const struct example_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		const struct node *x = a->given, *y = b->given;

		if (a->must_fire != b->must_fire || a->is_event != b->is_event ||
		    !slice_eq(a->text, b->text) || !notes_equal(a->notes, b->notes))
			return false;
		for (; x != NULL && y != NULL; x = x->next, y = y->next)
			if (!node_equal(x, y))
				return false;
		if (x != y)
			return false;
	}
	return a == b;
}

static bool
sequence_equal(const struct sequence_node *a, const struct sequence_node *b)
{
	return a->sequence.kind == b->sequence.kind &&
	    slice_eq(a->sequence.template_id, b->sequence.template_id) &&
	    duration_equal(a->within, b->within) && node_equal(a->where, b->where);
}

static bool
crowd_equal(const struct crowd_node *a, const struct crowd_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!notes_equal(a->notes, b->notes) || a->measure != b->measure ||
		    !duration_equal(a->within, b->within) || a->op != b->op ||
		    a->value_milli != b->value_milli || a->is_times_usual != b->is_times_usual)
			return false;
	return a == b;
}

static bool
watch_equal(const struct item *a, const struct item *b)
{
	return node_equal(a->over, b->over) && node_equal(a->out_of, b->out_of) &&
	    crowd_equal(a->crowd, b->crowd) && duration_equal(a->quiet, b->quiet);
}

static bool
rule_equal(const struct item *a, const struct item *b)
{
	return slice_eq(a->description, b->description) && a->priority == b->priority &&
	    moment_equal(&a->from, &b->from) && moment_equal(&a->until, &b->until) &&
	    slice_eq(a->zone, b->zone) && duration_equal(a->act_within, b->act_within) &&
	    node_equal(a->when, b->when) && actions_equal(a->then, b->then) &&
	    guardrails_equal(a, b) && examples_equal(a->examples, b->examples) &&
	    sequence_equal(&a->after, &b->after) && sequence_equal(&a->unless, &b->unless);
}

bool
item_equal(const struct item *a, const struct item *b)
{
	if (a->kind != b->kind || !slice_eq(a->id, b->id) || !slice_eq(a->title, b->title) ||
	    a->has != b->has)
		return false;
	for (int s = 0; s < SLOT_COUNT; s++)
		if (!notes_equal(a->notes[s], b->notes[s]))
			return false;
	switch (a->kind) {
	case ITEM_BRAND:
		return values_equal(&a->called, &b->called) &&
		    values_equal(&a->but_not, &b->but_not) &&
		    values_equal(&a->own_accounts, &b->own_accounts);
	case ITEM_LIST: return values_equal(&a->items, &b->items);
	case ITEM_RULE: return rule_equal(a, b);
	case ITEM_WATCH: return rule_equal(a, b) && watch_equal(a, b);
	case ITEM_SEGMENT: return a->is_imported == b->is_imported && rule_equal(a, b);
	}
	return false;
}

bool
tree_equal(const struct rules_file *a, const struct rules_file *b)
{
	const struct item *x, *y;

	for (x = a->first, y = b->first; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!item_equal(x, y))
			return false;
	return x == NULL && y == NULL && notes_equal(a->end_notes, b->end_notes);
}
