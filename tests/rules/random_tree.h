/*
 * random_tree.h - random rules files as trees: what the laws of printing and JSON, and the
 * comparison of the two evaluators, are tried on.  Everything they say passes the checker.
 */
#ifndef TESTS_RULES_RANDOM_TREE_H
#define TESTS_RULES_RANDOM_TREE_H

#include "core/rng.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"
#include "tests/rules/rules_testing.h"

struct random_tree {
	struct rng rng;
	struct arena *arena;
	struct finding_sink sink;
	bool has_comments;
	bool is_event; /* what is made is about an event, and no post */
	/* Rules that share conditions, as those of a house do: drawn from these; 0: none are. */
	const struct node *shared[6];
	size_t shared_count;
	uint64_t rules_max;
	size_t segments; /* inside a segment: it may ask for so many of random_segments; else 0 */
};

static const char *const random_words[] = {"late", "Delivery", "not delivered", "flat white",
    "#acmelaunch", "@acme", "slow", "help me", "Kaffee", "sp\xc3\xa4t", "acme coffee", "St. Pauli",
    "LATE", "acme's", "too-late", "late-delivery's"};
static const char *const random_texts[] = {"gold", "Silver", "late", "@anna", "#acmelaunch",
    "Berlin news", "with \"quotes\" and \\ in it", "tab\there", "\xc3\x84rger", "7", "12.5", "end",
    "a # b", "barista", "vip-1"};
static const char *const random_codes[] = {
    "en", "de", "DE", "mastodon", "de_AT", "Europe/Berlin", "at", "list-a"};
static const char *const random_dates[] = {"2026-11-21", "2026-11-22", "2027-02-28"};
static const char *const random_countries[] = {"DE", "fr", "US", "GB"};
static const char *const random_languages[] = {"en", "de", "DE", "de_AT", "fr", "pt-BR"};
static const char *const random_attributes[] = {"plan", "Tier", "visits", "care_priority"};
static const char *const random_comments[] = {
    "why", "# twice", "", "with \"quotes\" and , commas", "end"};
static const char *const random_lists[] = {"staff", "terms"};
static const char *const random_segments[] = {"vip", "fans", "friends"};
static const char *const random_brands[] = {"acme", "beta"};

#define RANDOM_OF(t, list) ((list)[rng_below(&(t)->rng, sizeof(list) / sizeof *(list))])

static inline bool
random_one_in(struct random_tree *t, uint64_t n)
{
	return rng_below(&t->rng, n) == 0;
}

static inline void *
random_new(struct random_tree *t, size_t size)
{
	void *p = arena_zalloc(t->arena, size);

	assert_non_null(p);
	return p;
}

static inline struct notes *
random_notes(struct random_tree *t, bool has_before, bool has_after)
{
	struct notes *n;

	if (!t->has_comments || !random_one_in(t, 4))
		return NULL;
	n = random_new(t, sizeof *n);
	for (struct comment **tail = &n->before; has_before && random_one_in(t, 2);
	     tail = &(*tail)->next) {
		*tail = random_new(t, sizeof **tail);
		(*tail)->text = slice_of(RANDOM_OF(t, random_comments));
	}
	if (has_after && random_one_in(t, 2))
		n->after = slice_of(RANDOM_OF(t, random_comments));
	return n->before != NULL || slice_is_set(n->after) ? n : NULL;
}

static inline struct duration
random_duration(struct random_tree *t)
{
	return (struct duration){1 + (int64_t)rng_below(&t->rng, 50),
	    (enum duration_unit)rng_below(&t->rng, UNIT_COUNT)};
}

static inline int64_t
random_number(struct random_tree *t, const struct field *f)
{
	if (f->has_range && f->max != RULES_NUMBER_MAX)
		return (int64_t)rng_below(&t->rng, (uint64_t)(f->max - f->min + 1)) + f->min;
	switch (rng_below(&t->rng, 4)) {
	case 0: return (int64_t)rng_below(&t->rng, 8) * 1000;
	case 1: return (int64_t)rng_below(&t->rng, 30) * 1000000;
	case 2: return (int64_t)rng_below(&t->rng, 20000);
	default: return (int64_t)rng_below(&t->rng, RULES_NUMBER_MAX);
	}
}

static inline struct value *
random_value(struct random_tree *t, const struct node *n)
{
	const struct field *f = n->field;
	bool is_order = n->op >= RULE_OP_AT_LEAST && n->op <= RULE_OP_BETWEEN;
	struct value *v = random_new(t, sizeof *v);

	v->kind = VALUE_TEXT;
	switch (f->type) {
	case FIELD_NUMBER:
		v->kind = VALUE_NUMBER;
		v->number_milli = random_number(t, f);
		if (f->max == RULES_NUMBER_MAX) /* 12.345 of what is counted is a finding */
			v->number_milli -= v->number_milli % 100;
		break;
	case FIELD_DURATION:
		v->kind = VALUE_DURATION;
		v->duration = random_duration(t);
		break;
	case FIELD_CHOICE:
		v->kind = VALUE_WORD;
		do
			v->text = field_choice_name(f, (unsigned)rng_below(&t->rng, 9));
		while (field_choice(f, v->text) < 0);
		break;
	case FIELD_BRAND:
		v->kind = VALUE_WORD;
		v->text = slice_of(RANDOM_OF(t, random_brands));
		break;
	case FIELD_WORD:
		v->kind = VALUE_WORD;
		v->text = slice_of(f->is_language ? RANDOM_OF(t, random_languages)
			: f->is_country           ? RANDOM_OF(t, random_countries)
						  : RANDOM_OF(t, random_codes));
		break;
	case FIELD_TEXT: v->text = slice_of(RANDOM_OF(t, random_words)); break;
	case FIELD_TAGS:
	case FIELD_HANDLE:
	case FIELD_PLAIN:
		v->text =
		    slice_of(f->is_date ? RANDOM_OF(t, random_dates) : RANDOM_OF(t, random_texts));
		break;
	case FIELD_ALLOWS:
		v->kind = VALUE_WORD;
		v->text = random_one_in(t, 2) ? SLICE_LIT("email") : SLICE_LIT("push");
		break;
	case FIELD_IN_SEGMENT:
		v->kind = VALUE_WORD;
		v->text = slice_of(
		    random_segments[rng_below(&t->rng, t->segments > 0 ? t->segments : 3)]);
		break;
	case FIELD_IN_LIST:
		v->kind = VALUE_LIST;
		v->text = slice_of(RANDOM_OF(t, random_lists));
		break;
	case FIELD_ATTRIBUTE:
		v->text = slice_of(RANDOM_OF(t, random_texts));
		if (is_order || (n->op <= RULE_OP_NONE_OF && random_one_in(t, 3))) {
			v->kind = VALUE_NUMBER;
			v->text = SLICE_NONE;
			v->number_milli = random_number(t, f);
		}
		break;
	case FIELD_FLAG:
	case FIELD_TYPE_COUNT: fail();
	}
	if (rule_op_arity(n->op) == 9 && f->type != FIELD_CHOICE && f->type != FIELD_BRAND &&
	    !f->is_date && random_one_in(t, 5)) {
		v->kind = VALUE_LIST;
		v->text = slice_of(RANDOM_OF(t, random_lists));
	}
	return v;
}

static inline void
random_sort_between(struct node *n)
{
	struct value *a = n->values.first, *b = n->values.last, swap;
	bool is_reversed = a->kind == VALUE_NUMBER
	    ? a->number_milli > b->number_milli
	    : duration_ms(a->duration) > duration_ms(b->duration);

	if (!is_reversed)
		return;
	swap = *a;
	a->number_milli = b->number_milli;
	a->duration = b->duration;
	b->number_milli = swap.number_milli;
	b->duration = swap.duration;
}

/* A segment asks about customers, and never for the hour. */
static inline bool
random_may_ask(const struct random_tree *t, const struct field *f)
{
	struct slice name = slice_of(f->name);

	return t->segments == 0 || slice_starts_with(name, "link.") ||
	    (slice_starts_with(name, "customer.") && !slice_eq_str(name, "customer.hour") &&
		!slice_eq_str(name, "customer.weekday"));
}

static inline const struct field *
random_field(struct random_tree *t)
{
	const struct field *f;

	do
		f = field_at(rng_below(&t->rng, field_count()));
	while (field_about(f) == (t->is_event ? FIELD_ABOUT_POST : FIELD_ABOUT_EVENT) ||
	    !random_may_ask(t, f));
	return f;
}

static inline enum limit_scope
random_scope(struct random_tree *t)
{
	enum limit_scope s = (enum limit_scope)rng_below(&t->rng, LIMIT_PER_RULE + 1);

	return t->is_event && (s == LIMIT_PER_AUTHOR || s == LIMIT_PER_THREAD) ? LIMIT_PER_CUSTOMER
									       : s;
}

static inline void
random_condition(struct random_tree *t, struct node *n)
{
	size_t count;

	n->kind = NODE_CONDITION;
	n->field = random_field(t);
	do
		n->op = (enum rule_op)rng_below(&t->rng, RULE_OP_COUNT);
	while (!field_type_can(n->field->type, n->op));
	if (n->field->type == FIELD_ATTRIBUTE)
		n->attribute = slice_of(RANDOM_OF(t, random_attributes));
	if (n->field->type == FIELD_FLAG)
		return;
	count = rule_op_arity(n->op) == 9 ? 1 + rng_below(&t->rng, random_one_in(t, 10) ? 40 : 3)
					  : (size_t)rule_op_arity(n->op);
	for (size_t i = 0; i < count; i++) {
		struct value *v = random_value(t, n);

		if (rule_op_arity(n->op) == 9)
			v->notes = random_notes(t, i > 0, i + 1 < count);
		values_add(&n->values, v);
	}
	if (n->op == RULE_OP_BETWEEN)
		random_sort_between(n);
}

static inline void
random_node(struct random_tree *t, unsigned depth, struct node *n)
{
	uint64_t kind = rng_below(&t->rng, depth >= 5 ? 3 : 6);
	struct node **tail = &n->first;

	if (kind < 3) {
		if (t->shared_count == 0 || t->is_event || t->segments > 0 || random_one_in(t, 4)) {
			random_condition(t, n);
			return;
		}
		*n = *t->shared[rng_below(&t->rng, t->shared_count)];
		return;
	}
	n->kind = kind == 3 ? NODE_NOT : kind == 4 ? NODE_ALL : NODE_ANY;
	for (uint64_t i = n->kind == NODE_NOT ? 1 : 1 + rng_below(&t->rng, 4); i > 0; i--) {
		struct node *child = random_new(t, sizeof *child);

		random_node(t, depth + 1, child);
		if (n->kind != NODE_NOT)
			child->notes = random_notes(t, true, true);
		*tail = child;
		tail = &child->next;
	}
	if (n->kind != NODE_NOT)
		n->end_notes = random_notes(t, true, true);
}

static inline struct action_node *
random_action(struct random_tree *t, enum item_kind kind)
{
	struct action_node *a = random_new(t, sizeof *a);
	struct action *p = &a->action;

	a->notes = random_notes(t, true, true);
	p->verb = (enum action_verb)rng_below(&t->rng, ACTION_ADD_TO_LIST + 1);
	if (!t->is_event && random_one_in(t, 8))
		p->verb = ACTION_SUGGEST_LINK;
	if (kind == ITEM_WATCH)
		p->verb = random_one_in(t, 2) ? ACTION_ALERT : ACTION_PAUSE_PROMOTIONS;
	p->target = random_one_in(t, 2) && !t->is_event ? TARGET_AUTHOR : TARGET_CUSTOMER;
	if (t->is_event && p->verb == ACTION_DRAFT_REPLY)
		p->verb = ACTION_SEND;
	switch (p->verb) {
	case ACTION_DRAFT_REPLY:
		p->target = TARGET_AUTHOR;
		p->team = slice_of(RANDOM_OF(t, random_texts)); /* fall through */
	case ACTION_SEND:
		p->template_id = slice_of(RANDOM_OF(t, random_texts));
		if (p->verb == ACTION_SEND)
			p->channel = SLICE_LIT("email");
		if (random_one_in(t, 3))
			p->offer = SLICE_LIT("ten-percent");
		break;
	case ACTION_ALERT:
		p->target = TARGET_NONE;
		p->queue = slice_of(RANDOM_OF(t, random_texts));
		p->severity = (enum severity)rng_below(&t->rng, 4);
		break;
	case ACTION_TAG:
		p->name = slice_of(RANDOM_OF(t, random_texts));
		if (random_one_in(t, 2))
			a->for_time = random_duration(t);
		break;
	case ACTION_SET:
		p->target = TARGET_CUSTOMER;
		p->name = p->value = slice_of(RANDOM_OF(t, random_texts));
		break;
	case ACTION_ADD_TO_LIST: p->name = slice_of(RANDOM_OF(t, random_lists)); break;
	case ACTION_PAUSE_PROMOTIONS: p->target = TARGET_NONE; break;
	case ACTION_SUGGEST_LINK: p->target = TARGET_AUTHOR; break;
	}
	return a;
}

static inline bool
random_is_given(const struct node *given, const struct field *f)
{
	for (; given != NULL; given = given->next)
		if (given->field == f)
			return true;
	return false;
}

/* What `where` may say of a field is one value, once. */
static inline struct node *
random_given(struct random_tree *t, const struct node *given)
{
	struct node *n = random_new(t, sizeof *n);

	n->kind = NODE_CONDITION;
	n->op = RULE_OP_IS;
	do
		n->field = random_field(t);
	while (n->field->type == FIELD_TEXT || random_is_given(given, n->field));
	if (n->field->type == FIELD_ATTRIBUTE)
		n->attribute = slice_of(RANDOM_OF(t, random_attributes));
	if (n->field->phrase != NULL && random_one_in(t, 2))
		n->op = RULE_OP_IS_NOT;
	if (n->field->type != FIELD_FLAG)
		values_add(&n->values, random_value(t, n));
	return n;
}

static inline struct example_node *
random_example(struct random_tree *t)
{
	struct example_node *e = random_new(t, sizeof *e);
	struct node **tail = &e->given;

	e->notes = random_notes(t, true, true);
	e->must_fire = random_one_in(t, 2);
	e->is_event = t->is_event;
	e->text = slice_of(RANDOM_OF(t, random_texts));
	for (uint64_t i = rng_below(&t->rng, 6); i > 0; i--) {
		*tail = random_given(t, e->given);
		tail = &(*tail)->next;
	}
	return e;
}

static inline void
random_slot(struct random_tree *t, struct item *it, enum slot s)
{
	it->has |= UINT32_C(1) << s;
	it->notes[s] = random_notes(t, true, true);
}

static inline struct item *
random_item(struct random_tree *t, enum item_kind kind, const char *id)
{
	struct item *it = random_new(t, sizeof *it);

	it->kind = kind;
	it->sink = &t->sink;
	it->id = slice_of(arena_strdup(t->arena, id));
	it->title = slice_of(RANDOM_OF(t, random_texts));
	it->notes[SLOT_HEAD] = random_notes(t, true, true);
	it->notes[SLOT_END] = random_notes(t, true, true);
	return it;
}

static inline void
random_actions(struct random_tree *t, struct item *it)
{
	struct action_node **tail = &it->then;

	random_slot(t, it, SLOT_THEN);
	it->notes[SLOT_THEN_END] = random_notes(t, true, true);
	for (uint64_t i = 1 + rng_below(&t->rng, 4); i > 0; i--) {
		*tail = random_action(t, it->kind);
		tail = &(*tail)->next;
		it->action_count++;
	}
}

static inline struct duration
random_span(struct random_tree *t)
{
	return (struct duration){1 + (int64_t)rng_below(&t->rng, 4),
	    (enum duration_unit)(UNIT_MINUTE + rng_below(&t->rng, 4))};
}

static inline struct node *
random_where(struct random_tree *t)
{
	struct node *n = random_new(t, sizeof *n);

	random_node(t, 2, n);
	return n;
}

static inline void
random_sequence(struct random_tree *t, struct item *it, enum slot s, struct sequence_node *n)
{
	random_slot(t, it, s);
	n->within = random_span(t);
	n->sequence.kind = SEQUENCE_POST;
	if (random_one_in(t, 2)) {
		n->sequence.kind = s == SLOT_AFTER ? SEQUENCE_SENT : SEQUENCE_ANSWERED;
		if (s == SLOT_AFTER)
			n->sequence.template_id = slice_of(RANDOM_OF(t, random_texts));
	} else if (!random_one_in(t, 4)) {
		n->where = random_where(t);
	}
}

static inline struct crowd_node *
random_crowd_line(struct random_tree *t)
{
	static const enum rule_op ops[] = {
	    RULE_OP_AT_LEAST, RULE_OP_AT_MOST, RULE_OP_ABOVE, RULE_OP_BELOW};
	struct crowd_node *n = random_new(t, sizeof *n);

	n->notes = random_notes(t, true, true);
	n->measure = (enum crowd_measure)rng_below(&t->rng, 3);
	n->within = random_span(t);
	n->op = RANDOM_OF(t, ops);
	n->is_times_usual = n->measure == CROWD_COUNT && random_one_in(t, 3);
	n->value_milli = n->measure == CROWD_SHARE ? (int64_t)rng_below(&t->rng, 1001)
	    : n->is_times_usual                    ? 1 + (int64_t)rng_below(&t->rng, 20000)
						   : (int64_t)rng_below(&t->rng, 60000) * 1000;
	return n;
}

static inline struct item *
random_watch(struct random_tree *t, const char *id)
{
	struct item *it = random_item(t, ITEM_WATCH, id);
	struct crowd_node **tail = &it->crowd;

	if (random_one_in(t, 5))
		random_slot(t, it, SLOT_SHADOW);
	if (random_one_in(t, 9))
		random_slot(t, it, SLOT_OFF);
	random_slot(t, it, SLOT_OVER);
	it->over = random_where(t);
	if (random_one_in(t, 2)) {
		random_slot(t, it, SLOT_OUT_OF);
		it->out_of = random_where(t);
	}
	random_slot(t, it, SLOT_WHEN);
	it->notes[SLOT_WHEN_END] = random_notes(t, true, true);
	for (uint64_t i = 1 + rng_below(&t->rng, 4); i > 0; i--) {
		*tail = random_crowd_line(t);
		tail = &(*tail)->next;
		it->crowd_count++;
	}
	random_actions(t, it);
	if (random_one_in(t, 2)) {
		random_slot(t, it, SLOT_QUIET);
		it->quiet = random_span(t);
	}
	return it;
}

/* One of each period and scope, in random order: no two limit the same. */
static inline struct limit_node *
random_limits(struct random_tree *t, bool is_spend)
{
	uint64_t places = is_spend ? 5 : 25, step = 1 + rng_below(&t->rng, is_spend ? 4 : 24);
	uint64_t place = rng_below(&t->rng, places);
	struct limit_node *first = NULL, **tail = &first;

	while (step % 5 == 0)
		step++;
	for (uint64_t i = rng_below(&t->rng, 4); i > 0; i--, place = (place + step) % places) {
		struct limit_node *l = random_new(t, sizeof *l);

		l->cap.is_spend = is_spend;
		l->cap.period = (enum cap_period)(place % 5);
		l->cap.scope = is_spend ? LIMIT_PER_RULE : (enum limit_scope)(place / 5);
		l->cap.max = 1 + (int64_t)rng_below(&t->rng, 30000);
		if (is_spend)
			l->cap.max *= 10;
		l->notes = random_notes(t, true, true);
		if ((is_spend && l->cap.period == CAP_HOUR) ||
		    (t->is_event &&
			(l->cap.scope == LIMIT_PER_AUTHOR || l->cap.scope == LIMIT_PER_THREAD)))
			continue;
		*tail = l;
		tail = &l->next;
	}
	return first;
}

static inline bool
random_hours_are_new(const struct hours_node *all, const struct hours_node *n)
{
	for (; all != NULL; all = all->next)
		if (hours_same(all, n))
			return false;
	return true;
}

/* Quiet hours of the night and hours of the day, so that something is always allowed. */
static inline struct hours_node *
random_hours(struct random_tree *t)
{
	static const unsigned days[] = {0, 0, RULE_WEEKDAYS, RULE_WEEKENDS, 0x01, 0x55, 0x7e};
	struct hours_node *first = NULL, **tail = &first;

	for (uint64_t i = rng_below(&t->rng, 3); i > 0; i--) {
		struct hours_node *n = random_new(t, sizeof *n);
		struct rule_hours *h = &n->hours;

		h->is_only = first == NULL && random_one_in(t, 2);
		h->from_minute = (int)rng_below(&t->rng, h->is_only ? 600 : 60);
		h->until_minute = random_one_in(t, 4) ? 0 : 780 + (int)rng_below(&t->rng, 660);
		if (!h->is_only) {
			h->until_minute = h->from_minute;
			h->from_minute = 1439 - (int)rng_below(&t->rng, 60);
		} else {
			h->weekdays = days[rng_below(&t->rng, 7)];
		}
		if (random_one_in(t, 2))
			h->zone = SLICE_LIT("Europe/Berlin");
		h->answer = (enum hours_answer)rng_below(&t->rng, 3);
		if (h->answer == HOURS_ALERT)
			h->queue = slice_of(RANDOM_OF(t, random_texts));
		n->notes = random_notes(t, true, true);
		if (!random_hours_are_new(first, n))
			continue;
		*tail = n;
		tail = &n->next;
	}
	return first;
}

static inline void
random_guardrails(struct random_tree *t, struct item *it)
{
	if (random_one_in(t, 3)) {
		random_slot(t, it, SLOT_COOLDOWN);
		it->cooldown = random_duration(t);
		it->scope = random_scope(t);
	}
	if (random_one_in(t, 3)) {
		random_slot(t, it, SLOT_WINDOW);
		it->times = 2 + (int64_t)rng_below(&t->rng, RULE_TIMES_MAX - 1);
		it->times_within = random_duration(t);
		it->times_scope = random_scope(t);
	}
	if (random_one_in(t, 4)) {
		random_slot(t, it, SLOT_CANARY);
		it->canary_milli = 1 + (int32_t)rng_below(&t->rng, 1000);
	}
	if (random_one_in(t, 4)) {
		random_slot(t, it, SLOT_APPROVAL);
		it->approval_team = slice_of(RANDOM_OF(t, random_texts));
	}
	if (random_one_in(t, 2))
		it->caps = random_limits(t, false);
	if (random_one_in(t, 3))
		it->budgets = random_limits(t, true);
	it->hours = random_hours(t);
}

static inline struct item *
random_rule(struct random_tree *t, const char *id)
{
	struct item *it = random_item(t, ITEM_RULE, id);
	if (random_one_in(t, 3)) {
		random_slot(t, it, SLOT_DESCRIPTION);
		it->description = slice_of(RANDOM_OF(t, random_texts));
	}
	if (random_one_in(t, 9))
		random_slot(t, it, SLOT_OFF);
	if (random_one_in(t, 5))
		random_slot(t, it, SLOT_SHADOW);
	if (random_one_in(t, 3)) {
		random_slot(t, it, SLOT_PRIORITY);
		it->priority = (int32_t)rng_below(&t->rng, 2001) - 1000;
	}
	if (random_one_in(t, 5)) {
		random_slot(t, it, SLOT_PERIOD);
		it->zone = SLICE_LIT("Europe/Berlin");
		if (random_one_in(t, 2))
			it->from = (struct moment){.is_set = true,
			    .year = 2026,
			    .month = 2,
			    .day = 28,
			    .hour = 23,
			    .minute = 59};
		if (!it->from.is_set || random_one_in(t, 2))
			it->until =
			    (struct moment){.is_set = true, .year = 2028, .month = 2, .day = 29};
	}
	if (random_one_in(t, 5)) {
		random_slot(t, it, SLOT_ACT_WITHIN);
		it->act_within = random_duration(t);
	}
	random_slot(t, it, SLOT_WHEN);
	it->when = random_new(t, sizeof *it->when);
	t->is_event = random_one_in(t, 3);
	random_node(t, 0, it->when);
	t->is_event = false;
	if (!item_sees_events(it) && random_one_in(t, 5))
		random_slot(t, it, SLOT_REPOSTS);
	if (random_one_in(t, 4))
		random_sequence(t, it, SLOT_AFTER, &it->after);
	if (random_one_in(t, 4))
		random_sequence(t, it, SLOT_UNLESS, &it->unless);
	t->is_event = item_sees_events(it);
	random_actions(t, it);
	random_guardrails(t, it);
	for (struct example_node **last = &it->examples; random_one_in(t, 3);
	     last = &(*last)->next) {
		*last = random_example(t);
		it->example_count++;
	}
	t->is_event = false;
	return it;
}

static inline void
random_texts_into(
    struct random_tree *t, struct values *values, const char *const *from, size_t n, bool is_list)
{
	for (size_t i = 0; i < n; i++) {
		struct value *v = random_new(t, sizeof *v);

		v->kind = VALUE_TEXT;
		v->text = slice_of(from[i]);
		v->notes = random_notes(t, is_list || i > 0, is_list || i + 1 < n);
		values_add(values, v);
	}
}

/* The i-th of random_segments: the first is imported, the others ask for those before them. */
static inline struct item *
random_segment(struct random_tree *t, size_t i)
{
	struct item *it = random_item(t, ITEM_SEGMENT, random_segments[i]);

	if (random_one_in(t, 3)) {
		random_slot(t, it, SLOT_DESCRIPTION);
		it->description = slice_of(RANDOM_OF(t, random_texts));
	}
	if (i == 0) {
		it->is_imported = true;
		return it;
	}
	random_slot(t, it, SLOT_WHEN);
	t->segments = i;
	it->when = random_where(t);
	t->segments = 0;
	return it;
}

/* Two brands, two lists, three segments, some rules and watches. */
static inline void
random_file(struct random_tree *t, struct rules_file *f)
{
	struct item **tail = &f->first;
	uint64_t rules = 1 + rng_below(&t->rng, t->rules_max);

	*f = (struct rules_file){.sink = t->sink};
	for (size_t i = 0; i < 2; i++) {
		*tail = random_item(t, ITEM_BRAND, random_brands[i]);
		random_slot(t, *tail, SLOT_CALLED);
		random_texts_into(
		    t, &(*tail)->called, random_words, 1 + rng_below(&t->rng, 12), false);
		if (random_one_in(t, 2)) {
			random_slot(t, *tail, SLOT_BUT_NOT);
			random_texts_into(
			    t, &(*tail)->but_not, random_words, 1 + rng_below(&t->rng, 3), false);
		}
		tail = &(*tail)->next;
	}
	for (size_t i = 0; i < 2; i++) {
		*tail = random_item(t, ITEM_LIST, random_lists[i]);
		random_texts_into(t, &(*tail)->items, i == 0 ? random_texts : random_words,
		    rng_below(&t->rng, 8), true);
		tail = &(*tail)->next;
	}
	for (size_t i = 0; i < 3; i++) {
		*tail = random_segment(t, i);
		tail = &(*tail)->next;
	}
	for (uint64_t i = 0; i < rules; i++) {
		char id[32];

		snprintf(id, sizeof id, "rule-%d", (int)i);
		*tail = random_rule(t, id);
		tail = &(*tail)->next;
	}
	for (uint64_t i = rng_below(&t->rng, 3); i > 0; i--) {
		char id[32];

		snprintf(id, sizeof id, "watch-%d", (int)i);
		*tail = random_watch(t, id);
		tail = &(*tail)->next;
	}
	f->end_notes = random_notes(t, true, false);
}

static inline void
random_tree_init(struct random_tree *t, uint64_t seed, bool has_comments)
{
	*t = (struct random_tree){.has_comments = has_comments, .rules_max = 4};
	rng_init(&t->rng, seed);
	t->arena = arena_new(64 * 1024 * 1024);
	assert_non_null(t->arena);
	t->sink.file = "random.rules";
	t->sink.text = SLICE_LIT("");
}

/* From here on rules share most of their conditions. */
static inline void
random_tree_share(struct random_tree *t)
{
	for (size_t i = 0; i < sizeof t->shared / sizeof *t->shared; i++) {
		struct node *n = random_new(t, sizeof *n);

		random_condition(t, n);
		t->shared[i] = n;
	}
	t->shared_count = sizeof t->shared / sizeof *t->shared;
	t->rules_max = 30;
}

#endif
