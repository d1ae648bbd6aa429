#include "rules/json_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/timefmt.h"
#include "rules/fields_internal.h"
#include "rules/lex_internal.h"
#include "rules/limits_internal.h"

/* Where we are in the document, for messages; links live on the stack. */
struct place {
	const struct place *above;
	const char *key; /* NULL: an element */
	size_t index;
};

struct reader {
	struct arena *arena;
	const struct finding_sink *sink;
	struct err *err;
	bool has_failed;
};

static void
place_text(const struct place *at, char *out, size_t size)
{
	char above[160] = "";

	if (at == NULL) {
		out[0] = '\0';
		return;
	}
	if (at->above != NULL)
		place_text(at->above, above, sizeof above);
	if (at->key == NULL)
		snprintf(out, size, "%s[%zu]", above, at->index);
	else
		snprintf(out, size, "%s%s%s", above, above[0] != '\0' ? "." : "", at->key);
}

static bool fail(struct reader *r, const struct place *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps the first; always false. */
static bool
fail(struct reader *r, const struct place *at, const char *fmt, ...)
{
	char where[200], what[200];
	va_list ap;

	if (r->has_failed)
		return false;
	r->has_failed = true;
	place_text(at, where, sizeof where);
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	err_set(r->err, ERR_INPUT, "%s: %s", where[0] != '\0' ? where : "rules", what);
	return false;
}

static bool
no_memory(struct reader *r)
{
	if (!r->has_failed)
		err_set(r->err, ERR_NOMEM, "no memory to read the rules");
	r->has_failed = true;
	return false;
}

static void *
alloc(struct reader *r, size_t size)
{
	void *p = arena_zalloc(r->arena, size);

	if (p == NULL)
		no_memory(r);
	return p;
}

/* ---- texts and comments ---- */

static bool
copy(struct reader *r, struct slice s, struct slice *r_r)
{
	struct slice c = arena_slice_dup(r->arena, s);

	if (!slice_is_set(c))
		return no_memory(r);
	*r_r = c;
	return true;
}

static bool
read_text(struct reader *r, const struct json *obj, const char *key, const struct place *above,
    struct slice *s_r)
{
	struct place at = {above, key, 0};
	struct slice s = json_get_str(obj, key);

	if (!slice_is_set(s))
		return fail(r, &at, "a text belongs here");
	if (!text_is_valid(s))
		return fail(
		    r, &at, "the text is too long or holds a line break or control character");
	return copy(r, s, s_r);
}

static bool
is_comment(struct slice s)
{
	return slice_is_set(s) && s.len <= RULES_COMMENT_MAX && utf8_is_valid(s) &&
	    slice_eq(slice_trim(s), s) &&
	    (s.len == 0 ||
		(memchr(s.ptr, '\n', s.len) == NULL && memchr(s.ptr, '\0', s.len) == NULL));
}

static bool
read_before(
    struct reader *r, const struct json *list, const struct place *at, struct comment **first_r)
{
	struct comment **tail = first_r;

	for (size_t i = 0; i < json_count(list); i++) {
		struct slice s = json_str(json_at(list, i));

		if (!is_comment(s))
			return fail(
			    r, at, "a comment is one line of text without blanks around it");
		*tail = alloc(r, sizeof **tail);
		if (*tail == NULL || !copy(r, s, &(*tail)->text))
			return false;
		tail = &(*tail)->next;
	}
	return true;
}

static bool
read_notes(struct reader *r, const struct json *obj, const char *before, const char *after,
    const struct place *above, struct notes **notes_r)
{
	const struct json *list = json_get(obj, before), *line = json_get(obj, after);
	struct place at = {above, before, 0};
	struct notes *n;

	if (json_count(list) == 0 && json_type(line) == JSON_ABSENT)
		return true;
	n = alloc(r, sizeof *n);
	if (n == NULL || !read_before(r, list, &at, &n->before))
		return false;
	if (json_type(line) != JSON_ABSENT) {
		at.key = after;
		if (!is_comment(json_str(line)))
			return fail(
			    r, &at, "a comment is one line of text without blanks around it");
		if (!copy(r, json_str(line), &n->after))
			return false;
	}
	*notes_r = n;
	return true;
}

/* ---- values ---- */

static bool
read_number(struct reader *r, const struct json *v, const struct place *at, int64_t *milli_r)
{
	double d;

	if (!json_f64(v, &d) || !isfinite(d) || fabs(d) * 1000 > (double)RULES_NUMBER_MAX)
		return fail(r, at, "a number of at most 999999999999 belongs here");
	*milli_r = llround(d * 1000);
	return true;
}

static bool
read_duration(struct reader *r, struct slice s, const struct place *at, struct duration *d_r)
{
	struct slice rest = s, amount = slice_split(&rest, ' ');
	struct duration d;
	long long n;

	if (!slice_is_set(s) || !slice_to_i64(amount, &n) || n < 1 ||
	    n > RULES_DURATION_MAX_MS / 1000 || !duration_unit_parse(rest, &d.unit))
		return fail(r, at, "a length of time such as \"30 days\" belongs here");
	d.amount = n;
	if (n > RULES_DURATION_MAX_MS / duration_ms((struct duration){1, d.unit}))
		return fail(r, at, "at most 3650 days");
	*d_r = d;
	return true;
}

/* A word that could not be written without quotes is a text. */
static bool
settle_word(struct reader *r, const struct place *at, struct value *v)
{
	if (word_is_plain(v->text) || id_is_valid(v->text))
		return true;
	return fail(r, at, "'%.*s' is not one word", SHOWN(v->text));
}

static bool
read_object_value(struct reader *r, const struct json *j, const struct place *at, struct value *v)
{
	struct place number = {at, "number", 0};

	if (!read_notes(r, j, "before", "after", at, &v->notes))
		return false;
	if (json_type(json_get(j, "number")) != JSON_ABSENT) {
		v->kind = VALUE_NUMBER;
		return read_number(r, json_get(j, "number"), &number, &v->number_milli);
	}
	if (json_type(json_get(j, "time")) != JSON_ABSENT) {
		v->kind = VALUE_DURATION;
		return read_duration(r, json_get_str(j, "time"), at, &v->duration);
	}
	if (json_type(json_get(j, "list")) != JSON_ABSENT) {
		v->kind = VALUE_LIST;
		return read_text(r, j, "list", at, &v->text) && settle_word(r, at, v);
	}
	if (json_type(json_get(j, "word")) != JSON_ABSENT) {
		v->kind = VALUE_WORD;
		return read_text(r, j, "word", at, &v->text) && settle_word(r, at, v);
	}
	v->kind = VALUE_TEXT;
	return read_text(r, j, "text", at, &v->text);
}

static bool
read_value(struct reader *r, const struct json *j, bool is_wordy, const struct place *at,
    struct values *list)
{
	struct value *v = alloc(r, sizeof *v);

	if (v == NULL)
		return false;
	switch (json_type(j)) {
	case JSON_NUMBER:
		v->kind = VALUE_NUMBER;
		if (!read_number(r, j, at, &v->number_milli))
			return false;
		break;
	case JSON_STRING:
		v->kind = VALUE_TEXT;
		if (!text_is_valid(json_str(j)))
			return fail(r, at,
			    "the text is too long or holds a line break or control character");
		if (!copy(r, json_str(j), &v->text))
			return false;
		if (is_wordy && word_is_plain(v->text) && !slice_eq_str(v->text, "list"))
			v->kind = VALUE_WORD;
		break;
	case JSON_OBJECT:
		if (!read_object_value(r, j, at, v))
			return false;
		break;
	case JSON_ABSENT:
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_ARRAY:
		return fail(r, at, "a value belongs here, not %s", json_type_name(json_type(j)));
	}
	values_add(list, v);
	return true;
}

/* The first value stands on the line itself, and so does what follows the last one: their comments are the line's. */
static bool
check_value_notes(struct reader *r, const struct values *list, const struct place *at)
{
	if ((list->first->notes != NULL && list->first->notes->before != NULL) ||
	    (list->last->notes != NULL && slice_is_set(list->last->notes->after)))
		return fail(r, at,
		    "comments before the first and behind the last value belong to the line");
	return true;
}

static bool
read_values(struct reader *r, const struct json *obj, const char *key, bool is_wordy, bool is_list,
    const struct place *above, struct values *list)
{
	const struct json *j = json_get(obj, key);
	struct place at = {above, key, 0};

	if (json_type(j) != JSON_ARRAY || (json_count(j) == 0 && !is_list))
		return fail(r, &at, "an array of values belongs here");
	for (size_t i = 0; i < json_count(j); i++) {
		struct place element = {&at, NULL, i};

		if (!read_value(r, json_at(j, i), is_wordy, &element, list))
			return false;
	}
	return is_list || check_value_notes(r, list, &at);
}

/* ---- conditions ---- */

static bool
read_operator(struct slice s, enum rule_op *op_r)
{
	for (int op = 0; op < RULE_OP_COUNT; op++) {
		if (slice_eq_str(s, rule_op_json((enum rule_op)op))) {
			*op_r = (enum rule_op)op;
			return true;
		}
	}
	return false;
}

/* How many values the condition has; 9: one or more. */
static int
arity_of(const struct node *n)
{
	return n->field->type == FIELD_FLAG ? 0 : rule_op_arity(n->op);
}

static bool
read_condition(struct reader *r, const struct json *j, const struct place *at, struct node *n)
{
	struct place value = {at, "value", 0};
	struct slice name;
	bool is_wordy;

	n->kind = NODE_CONDITION;
	if (!read_text(r, j, "field", at, &name))
		return false;
	n->field = field_find(name, &n->attribute);
	if (n->field == NULL || (slice_is_set(n->attribute) && !attribute_is_valid(n->attribute)))
		return fail(r, at, "there is no field called '%.*s'", SHOWN(name));
	if (!read_operator(json_get_str(j, "op"), &n->op) ||
	    (n->field->phrase != NULL && !field_type_can(n->field->type, n->op)))
		return fail(r, at, "'%.*s' is not something a field can be asked",
		    SHOWN(json_get_str(j, "op")));
	is_wordy = field_type_is_wordy(n->field->type);
	switch (arity_of(n)) {
	case 0:
		if (json_type(json_get(j, "value")) != JSON_ABSENT)
			return fail(r, &value, "no value belongs here");
		return true;
	case 1:
		if (!read_value(r, json_get(j, "value"), is_wordy, &value, &n->values))
			return false;
		if (n->field->type == FIELD_IN_LIST && n->values.first->kind != VALUE_LIST)
			return fail(r, &value, "{\"list\":...} belongs here");
		if (n->field->type == FIELD_ALLOWS && n->values.first->kind != VALUE_WORD)
			return fail(r, &value, "a channel belongs here");
		if (n->values.first->notes != NULL)
			return fail(r, &value, "comments belong to the line here");
		return true;
	default:
		if (!read_values(r, j, "values", is_wordy, false, at, &n->values))
			return false;
		if (n->op == RULE_OP_BETWEEN &&
		    (n->values.count != 2 || n->values.first->notes != NULL ||
			n->values.last->notes != NULL))
			return fail(r, at, "'between' has two values");
		return true;
	}
}

static bool read_node(
    struct reader *r, const struct json *j, unsigned depth, const struct place *at, struct node *n);

static bool
read_group(struct reader *r, const struct json *list, unsigned depth, const struct place *above,
    const char *key, struct node *n)
{
	struct place at = {above, key, 0};
	struct node **tail = &n->first;

	if (json_type(list) != JSON_ARRAY || json_count(list) == 0)
		return fail(r, &at, "an array of conditions belongs here");
	for (size_t i = 0; i < json_count(list); i++) {
		struct place element = {&at, NULL, i};

		*tail = alloc(r, sizeof **tail);
		if (*tail == NULL || !read_node(r, json_at(list, i), depth + 1, &element, *tail))
			return false;
		tail = &(*tail)->next;
	}
	return true;
}

static bool
read_node(
    struct reader *r, const struct json *j, unsigned depth, const struct place *at, struct node *n)
{
	const struct json *all = json_get(j, "all"), *any = json_get(j, "any"),
			  *not = json_get(j, "not");
	struct place below = {at, "not", 0};

	if (json_type(j) != JSON_OBJECT)
		return fail(
		    r, at, "a condition belongs here, not %s", json_type_name(json_type(j)));
	if (!read_notes(r, j, "before", "after", at, &n->notes))
		return false;
	if (json_type(all) == JSON_ABSENT && json_type(any) == JSON_ABSENT &&
	    json_type(not ) == JSON_ABSENT)
		return read_condition(r, j, at, n);
	if (depth >= RULES_DEPTH_MAX)
		return fail(
		    r, at, "conditions may stand %d levels inside one another", RULES_DEPTH_MAX);
	if (json_type(not ) != JSON_ABSENT) {
		n->kind = NODE_NOT;
		n->first = alloc(r, sizeof *n->first);
		if (n->first == NULL || !read_node(r, not, depth + 1, &below, n->first))
			return false;
		return n->first->notes == NULL ||
		    fail(r, &below, "comments belong to the line of 'not'");
	}
	n->kind = json_type(all) != JSON_ABSENT ? NODE_ALL : NODE_ANY;
	return read_notes(r, j, "before_end", "after_end", at, &n->end_notes) &&
	    read_group(r, n->kind == NODE_ALL ? all : any, depth, at,
		n->kind == NODE_ALL ? "all" : "any", n);
}

/* ---- actions ---- */

static bool
read_target(struct reader *r, const struct json *j, const struct place *at, enum action_target *t_r)
{
	struct slice s = json_get_str(j, "to");

	if (slice_eq_str(s, "author"))
		*t_r = TARGET_AUTHOR;
	else if (slice_eq_str(s, "customer"))
		*t_r = TARGET_CUSTOMER;
	else
		return fail(r, at, "\"to\" is \"author\" or \"customer\"");
	return true;
}

static bool
read_name(struct reader *r, const struct json *j, const char *key, const struct place *at,
    struct slice *s_r)
{
	return read_text(r, j, key, at, s_r) &&
	    (word_is_plain(*s_r) || fail(r, at, "\"%s\" should be one word", key));
}

static bool
read_filled(struct reader *r, const struct json *j, const char *key, const struct place *at,
    struct slice *s_r)
{
	return read_text(r, j, key, at, s_r) &&
	    (s_r->len > 0 || fail(r, at, "\"%s\" is empty", key));
}

static bool
read_severity(struct reader *r, const struct json *j, const struct place *at, enum severity *s_r)
{
	struct slice s = json_get_str(j, "as");

	for (int i = SEVERITY_LOW; i <= SEVERITY_CRITICAL; i++) {
		if (slice_eq_str(s, severity_name((enum severity)i))) {
			*s_r = (enum severity)i;
			return true;
		}
	}
	return fail(r, at, "\"as\" is low, normal, high or critical");
}

static bool
read_action_parts(
    struct reader *r, const struct json *j, const struct place *at, struct action_node *node)
{
	struct action *a = &node->action;

	switch (a->verb) {
	case ACTION_SEND:
		return read_filled(r, j, "template", at, &a->template_id) &&
		    read_name(r, j, "by", at, &a->channel) && read_target(r, j, at, &a->target);
	case ACTION_DRAFT_REPLY:
		a->target = TARGET_AUTHOR;
		return read_filled(r, j, "template", at, &a->template_id) &&
		    read_filled(r, j, "team", at, &a->team);
	case ACTION_ALERT:
		return read_filled(r, j, "queue", at, &a->queue) &&
		    read_severity(r, j, at, &a->severity);
	case ACTION_TAG:
		return read_target(r, j, at, &a->target) &&
		    read_filled(r, j, "tag", at, &a->name) &&
		    (json_type(json_get(j, "for")) == JSON_ABSENT ||
			read_duration(r, json_get_str(j, "for"), at, &node->for_time));
	case ACTION_SET:
		a->target = TARGET_CUSTOMER;
		return read_filled(r, j, "attribute", at, &a->name) &&
		    read_filled(r, j, "value", at, &a->value);
	case ACTION_ADD_TO_LIST:
		return read_target(r, j, at, &a->target) && read_name(r, j, "list", at, &a->name);
	}
	return false;
}

static bool
read_action(
    struct reader *r, const struct json *j, const struct place *at, struct action_node *node)
{
	struct slice verb = json_get_str(j, "do");
	bool is_known = false;

	for (int v = ACTION_SEND; v <= ACTION_ADD_TO_LIST; v++) {
		if (slice_eq_str(verb, action_verb_name((enum action_verb)v))) {
			node->action.verb = (enum action_verb)v;
			is_known = true;
		}
	}
	if (!is_known)
		return fail(r, at, "'%.*s' is not an action", SHOWN(verb));
	if (!read_action_parts(r, j, at, node) ||
	    !read_notes(r, j, "before", "after", at, &node->notes))
		return false;
	if (json_type(json_get(j, "offer")) == JSON_ABSENT)
		return true;
	if (node->action.verb != ACTION_SEND && node->action.verb != ACTION_DRAFT_REPLY)
		return fail(r, at, "only send and draft reply carry an offer");
	return read_name(r, j, "offer", at, &node->action.offer);
}

static bool
read_actions(struct reader *r, const struct json *list, const struct place *at, struct item *it)
{
	struct action_node **tail = &it->then;

	if (json_type(list) != JSON_ARRAY || json_count(list) == 0 ||
	    json_count(list) > RULES_ACTIONS_MAX)
		return fail(r, at, "an array of 1 to %d actions belongs here", RULES_ACTIONS_MAX);
	for (size_t i = 0; i < json_count(list); i++) {
		struct place element = {at, NULL, i};

		*tail = alloc(r, sizeof **tail);
		if (*tail == NULL || !read_action(r, json_at(list, i), &element, *tail))
			return false;
		tail = &(*tail)->next;
		it->action_count++;
	}
	return true;
}

/* ---- items ---- */

static bool
read_moment(struct reader *r, const struct json *j, const char *key, const struct place *above,
    struct moment *m)
{
	struct place at = {above, key, 0};
	struct slice s = json_get_str(j, key);
	int64_t ms;

	if (json_type(json_get(j, key)) == JSON_ABSENT)
		return true;
	/* exactly "2026-12-01 09:00" */
	if (s.len != 16 || s.ptr[10] != ' ' || !time_parse_rfc3339(s, &ms) ||
	    ms % TIME_MINUTE_MS != 0)
		return fail(r, &at, "a date and time such as \"2026-12-01 09:00\" belongs here");
	time_civil_from_days(
	    ms / TIME_DAY_MS - (ms % TIME_DAY_MS < 0), &m->year, &m->month, &m->day);
	m->hour = (int)((ms % TIME_DAY_MS + TIME_DAY_MS) % TIME_DAY_MS / TIME_HOUR_MS);
	m->minute = (int)((ms % TIME_HOUR_MS + TIME_HOUR_MS) % TIME_HOUR_MS / TIME_MINUTE_MS);
	m->is_set = true;
	return (m->year >= 1990 && m->year <= 2200) || fail(r, &at, "the year is out of range");
}

static bool
read_slots(struct reader *r, const struct json *j, const struct place *above, struct item *it)
{
	const struct json *comments = json_get(j, "comments");
	struct place at = {above, "comments", 0};

	for (int s = 0; s < SLOT_COUNT; s++) {
		const struct json *slot = json_get(comments, slot_name((enum slot)s));

		if (json_type(slot) == JSON_ABSENT)
			continue;
		if (s != SLOT_HEAD && s != SLOT_END && s != SLOT_THEN_END &&
		    !item_has(it, (enum slot)s))
			return fail(r, &at, "there is no line '%s' to hang a comment on",
			    slot_name((enum slot)s));
		if (s == SLOT_THEN_END && !item_has(it, SLOT_THEN))
			return fail(r, &at, "there is no 'then'");
		if (!read_notes(r, slot, "before", "after", &at, &it->notes[s]))
			return false;
	}
	return true;
}

static bool
has_key(struct item *it, const struct json *j, const char *key, enum slot s)
{
	if (json_type(json_get(j, key)) == JSON_ABSENT)
		return false;
	it->has |= UINT32_C(1) << s;
	return true;
}

static bool
read_flag(struct reader *r, struct item *it, const struct json *j, const char *key, enum slot s,
    const struct place *at)
{
	bool b = false;

	if (json_type(json_get(j, key)) == JSON_ABSENT)
		return true;
	if (!json_bool(json_get(j, key), &b))
		return fail(r, at, "\"%s\" is true or false", key);
	it->has |= b ? UINT32_C(1) << s : 0;
	return true;
}

static bool
read_integer(struct reader *r, const struct json *j, const char *key, int64_t min, int64_t max,
    const struct place *above, int64_t *n_r)
{
	struct place at = {above, key, 0};

	if (!json_i64(json_get(j, key), n_r) || *n_r < min || *n_r > max)
		return fail(r, &at, "a whole number from %lld to %lld belongs here", (long long)min,
		    (long long)max);
	return true;
}

static bool
read_cooldown(struct reader *r, const struct json *j, const struct place *above, struct item *it)
{
	static const char *const names[] = {"author", "customer", "person", "thread"};
	const struct json *c = json_get(j, "at_most_once");
	struct place at = {above, "at_most_once", 0};

	if (!has_key(it, j, "at_most_once", SLOT_COOLDOWN))
		return true;
	it->scope = LIMIT_PER_RULE;
	if (!read_duration(r, json_get_str(c, "every"), &at, &it->cooldown))
		return false;
	if (json_type(json_get(c, "per")) == JSON_ABSENT)
		return true;
	for (int i = 0; i < 4; i++)
		if (slice_eq_str(json_get_str(c, "per"), names[i]))
			it->scope = (enum limit_scope)i;
	return it->scope != LIMIT_PER_RULE ||
	    fail(r, &at, "\"per\" is author, customer, person or thread");
}

static bool
read_head_lines(struct reader *r, const struct json *j, const struct place *at, struct item *it)
{
	int64_t priority = 0;

	if (has_key(it, j, "description", SLOT_DESCRIPTION) &&
	    !read_text(r, j, "description", at, &it->description))
		return false;
	if (!read_flag(r, it, j, "off", SLOT_OFF, at) ||
	    !read_flag(r, it, j, "shadow", SLOT_SHADOW, at) ||
	    !read_flag(r, it, j, "include_reposts", SLOT_REPOSTS, at))
		return false;
	if (has_key(it, j, "priority", SLOT_PRIORITY) &&
	    !read_integer(r, j, "priority", -RULES_PRIORITY_MAX, RULES_PRIORITY_MAX, at, &priority))
		return false;
	it->priority = (int32_t)priority;
	if (!read_moment(r, j, "from", at, &it->from) ||
	    !read_moment(r, j, "until", at, &it->until))
		return false;
	if (it->from.is_set || it->until.is_set) {
		it->has |= UINT32_C(1) << SLOT_PERIOD;
		if (!read_name(r, j, "zone", at, &it->zone))
			return false;
	}
	return !has_key(it, j, "act_within", SLOT_ACT_WITHIN) ||
	    read_duration(r, json_get_str(j, "act_within"), at, &it->act_within);
}

static bool
read_rule(struct reader *r, const struct json *j, const struct place *at, struct item *it)
{
	struct place when = {at, "when", 0}, then = {at, "then", 0};

	if (!read_head_lines(r, j, at, it))
		return false;
	it->has |= UINT32_C(1) << SLOT_WHEN | UINT32_C(1) << SLOT_THEN;
	it->when = alloc(r, sizeof *it->when);
	if (it->when == NULL || !read_node(r, json_get(j, "when"), 0, &when, it->when))
		return false;
	if (it->when->notes != NULL)
		return fail(r, &when, "comments of the line 'when' stand in \"comments\"");
	if (!read_actions(r, json_get(j, "then"), &then, it) || !read_cooldown(r, j, at, it))
		return false;
	return !has_key(it, j, "at_most_total", SLOT_TOTAL) ||
	    read_integer(r, j, "at_most_total", 1, INT64_C(1000000000), at, &it->max_total);
}

static bool
read_names(struct reader *r, struct item *it, const struct json *j, const char *key, enum slot s,
    const struct place *at, struct values *values)
{
	if (!has_key(it, j, key, s))
		return true;
	if (!read_values(r, j, key, false, false, at, values))
		return false;
	for (const struct value *v = values->first; v != NULL; v = v->next)
		if (v->kind != VALUE_TEXT)
			return fail(r, at, "\"%s\" holds texts", key);
	return true;
}

static bool
read_list_items(struct reader *r, struct item *it, const struct json *j, const struct place *at)
{
	if (!read_values(r, j, "items", false, true, at, &it->items))
		return false;
	for (const struct value *v = it->items.first; v != NULL; v = v->next)
		if (v->kind != VALUE_TEXT)
			return fail(r, at, "\"items\" holds texts");
	return true;
}

static bool
read_item(struct reader *r, const struct json *j, const struct place *at, struct item *it)
{
	int kind = -1;

	for (int k = 0; k < 3; k++)
		if (json_type(json_get(j, item_kind_name((enum item_kind)k))) == JSON_STRING)
			kind = k;
	if (kind < 0)
		return fail(r, at, "\"brand\", \"list\" or \"rule\" with an id belongs here");
	it->kind = (enum item_kind)kind;
	it->sink = r->sink;
	if (!read_text(r, j, item_kind_name(it->kind), at, &it->id) ||
	    !read_filled(r, j, "title", at, &it->title))
		return false;
	if (!id_is_valid(it->id))
		return fail(r, at, "'%.*s' cannot be an id", SHOWN(it->id));
	switch (it->kind) {
	case ITEM_BRAND:
		if (!read_names(r, it, j, "called", SLOT_CALLED, at, &it->called) ||
		    !read_names(r, it, j, "but_not", SLOT_BUT_NOT, at, &it->but_not) ||
		    !read_names(r, it, j, "own_accounts", SLOT_OWN_ACCOUNTS, at, &it->own_accounts))
			return false;
		if (!item_has(it, SLOT_CALLED))
			return fail(r, at, "a brand needs \"called\"");
		break;
	case ITEM_LIST:
		if (!read_list_items(r, it, j, at))
			return false;
		break;
	case ITEM_RULE:
		if (!read_rule(r, j, at, it))
			return false;
		break;
	}
	return read_slots(r, j, at, it);
}

int
rules_json_read(struct slice text, struct arena *a, const struct finding_sink *sink,
    struct rules_file *file_r, struct err *err)
{
	struct reader r = {.arena = a, .sink = sink, .err = err};
	struct rules_file f = {.sink = *sink};
	struct item **tail = &f.first;
	struct place root = {NULL, "items", 0}, end = {NULL, "comments_at_end", 0};
	struct json_doc *doc = NULL;
	const struct json *items, *comments;
	int rc = -1;

	if (json_parse(text, &doc, NULL, err) < 0)
		goto out;
	items = json_get(json_root(doc), "items");
	if (json_type(items) != JSON_ARRAY) {
		fail(&r, &root, "an array of brands, lists and rules belongs here");
		goto out;
	}
	for (size_t i = 0; i < json_count(items); i++) {
		struct place element = {&root, NULL, i};

		*tail = alloc(&r, sizeof **tail);
		if (*tail == NULL || !read_item(&r, json_at(items, i), &element, *tail))
			goto out;
		tail = &(*tail)->next;
	}
	comments = json_get(json_root(doc), "comments_at_end");
	if (json_count(comments) > 0) {
		f.end_notes = alloc(&r, sizeof *f.end_notes);
		if (f.end_notes == NULL || !read_before(&r, comments, &end, &f.end_notes->before))
			goto out;
	}
	*file_r = f;
	rc = 0;
out:
	json_doc_free(doc);
	return rc;
}
