#include "rules/json_read_internal.h"

#include "core/arena.h"
#include "core/timefmt.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"

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

bool
json_read_condition(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct node *n)
{
	struct json_place value = {at, "value", 0};
	struct slice name;
	bool is_wordy;

	n->kind = NODE_CONDITION;
	if (!json_read_text(r, j, "field", at, &name))
		return false;
	n->field = field_find(name, &n->attribute);
	if (n->field == NULL || (slice_is_set(n->attribute) && !attribute_is_valid(n->attribute)))
		return json_read_fail(r, at, "there is no field called '%.*s'", SHOWN(name));
	if (!read_operator(json_get_str(j, "op"), &n->op) ||
	    (n->field->phrase != NULL && !field_type_can(n->field->type, n->op)))
		return json_read_fail(r, at, "'%.*s' is not something a field can be asked",
		    SHOWN(json_get_str(j, "op")));
	is_wordy = field_type_is_wordy(n->field->type);
	switch (arity_of(n)) {
	case 0:
		if (json_type(json_get(j, "value")) != JSON_ABSENT)
			return json_read_fail(r, &value, "no value belongs here");
		return true;
	case 1:
		if (!json_read_value(r, json_get(j, "value"), is_wordy, &value, &n->values))
			return false;
		if (n->field->type == FIELD_IN_LIST && n->values.first->kind != VALUE_LIST)
			return json_read_fail(r, &value, "{\"list\":...} belongs here");
		if (n->field->type == FIELD_ALLOWS && n->values.first->kind != VALUE_WORD)
			return json_read_fail(r, &value, "a channel belongs here");
		if (n->field->type == FIELD_IN_SEGMENT && n->values.first->kind != VALUE_WORD)
			return json_read_fail(r, &value, "the id of a segment belongs here");
		if (n->values.first->notes != NULL)
			return json_read_fail(r, &value, "comments belong to the line here");
		return true;
	default:
		if (!json_read_values(r, j, "values", is_wordy, false, at, &n->values))
			return false;
		if (n->op == RULE_OP_BETWEEN &&
		    (n->values.count != 2 || n->values.first->notes != NULL ||
			n->values.last->notes != NULL))
			return json_read_fail(r, at, "'between' has two values");
		return true;
	}
}

static bool read_node(struct json_reader *r, const struct json *j, unsigned depth,
    const struct json_place *at, struct node *n);

static bool
read_group(struct json_reader *r, const struct json *list, unsigned depth,
    const struct json_place *above, const char *key, struct node *n)
{
	struct json_place at = {above, key, 0};
	struct node **tail = &n->first;

	if (json_type(list) != JSON_ARRAY || json_count(list) == 0)
		return json_read_fail(r, &at, "an array of conditions belongs here");
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_place element = {&at, NULL, i};

		*tail = json_read_alloc(r, sizeof **tail);
		if (*tail == NULL || !read_node(r, json_at(list, i), depth + 1, &element, *tail))
			return false;
		tail = &(*tail)->next;
	}
	return true;
}

static bool
read_node(struct json_reader *r, const struct json *j, unsigned depth, const struct json_place *at,
    struct node *n)
{
	const struct json *all = json_get(j, "all"), *any = json_get(j, "any"),
			  *not = json_get(j, "not");
	struct json_place below = {at, "not", 0};

	if (json_type(j) != JSON_OBJECT)
		return json_read_fail(
		    r, at, "a condition belongs here, not %s", json_type_name(json_type(j)));
	if (!json_read_notes(r, j, "before", "after", at, &n->notes))
		return false;
	if (json_type(all) == JSON_ABSENT && json_type(any) == JSON_ABSENT &&
	    json_type(not ) == JSON_ABSENT)
		return json_read_condition(r, j, at, n);
	if (depth >= RULES_DEPTH_MAX)
		return json_read_fail(
		    r, at, "conditions may stand %d levels inside one another", RULES_DEPTH_MAX);
	if (json_type(not ) != JSON_ABSENT) {
		n->kind = NODE_NOT;
		n->first = json_read_alloc(r, sizeof *n->first);
		if (n->first == NULL || !read_node(r, not, depth + 1, &below, n->first))
			return false;
		return n->first->notes == NULL ||
		    json_read_fail(r, &below, "comments belong to the line of 'not'");
	}
	n->kind = json_type(all) != JSON_ABSENT ? NODE_ALL : NODE_ANY;
	return json_read_notes(r, j, "before_end", "after_end", at, &n->end_notes) &&
	    read_group(r, n->kind == NODE_ALL ? all : any, depth, at,
		n->kind == NODE_ALL ? "all" : "any", n);
}

bool
json_read_node(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct node *n)
{
	return read_node(r, j, 0, at, n);
}

/* ---- actions ---- */

static bool
read_target(struct json_reader *r, const struct json *j, const struct json_place *at,
    enum action_target *t_r)
{
	struct slice s = json_get_str(j, "to");

	if (slice_eq_str(s, "author"))
		*t_r = TARGET_AUTHOR;
	else if (slice_eq_str(s, "customer"))
		*t_r = TARGET_CUSTOMER;
	else
		return json_read_fail(r, at, "\"to\" is \"author\" or \"customer\"");
	return true;
}

static bool
read_name(struct json_reader *r, const struct json *j, const char *key, const struct json_place *at,
    struct slice *s_r)
{
	return json_read_text(r, j, key, at, s_r) &&
	    (word_is_plain(*s_r) || json_read_fail(r, at, "\"%s\" should be one word", key));
}

static bool
read_filled(struct json_reader *r, const struct json *j, const char *key,
    const struct json_place *at, struct slice *s_r)
{
	return json_read_text(r, j, key, at, s_r) &&
	    (s_r->len > 0 || json_read_fail(r, at, "\"%s\" is empty", key));
}

static bool
read_severity(
    struct json_reader *r, const struct json *j, const struct json_place *at, enum severity *s_r)
{
	struct slice s = json_get_str(j, "as");

	for (int i = SEVERITY_LOW; i <= SEVERITY_CRITICAL; i++) {
		if (slice_eq_str(s, severity_name((enum severity)i))) {
			*s_r = (enum severity)i;
			return true;
		}
	}
	return json_read_fail(r, at, "\"as\" is low, normal, high or critical");
}

static bool
read_action_parts(struct json_reader *r, const struct json *j, const struct json_place *at,
    struct action_node *node)
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
			json_read_duration(r, json_get_str(j, "for"), at, &node->for_time));
	case ACTION_SET:
		a->target = TARGET_CUSTOMER;
		return read_filled(r, j, "attribute", at, &a->name) &&
		    read_filled(r, j, "value", at, &a->value);
	case ACTION_ADD_TO_LIST:
		return read_target(r, j, at, &a->target) && read_name(r, j, "list", at, &a->name);
	case ACTION_PAUSE_PROMOTIONS: return true;
	case ACTION_SUGGEST_LINK: a->target = TARGET_AUTHOR; return true;
	}
	return false;
}

static bool
read_action(struct json_reader *r, const struct json *j, const struct json_place *at,
    struct action_node *node)
{
	struct slice verb = json_get_str(j, "do");
	bool is_known = false;

	for (int v = ACTION_SEND; v <= ACTION_SUGGEST_LINK; v++) {
		if (slice_eq_str(verb, action_verb_name((enum action_verb)v))) {
			node->action.verb = (enum action_verb)v;
			is_known = true;
		}
	}
	if (!is_known)
		return json_read_fail(r, at, "'%.*s' is not an action", SHOWN(verb));
	if (!read_action_parts(r, j, at, node) ||
	    !json_read_notes(r, j, "before", "after", at, &node->notes))
		return false;
	if (json_type(json_get(j, "offer")) == JSON_ABSENT)
		return true;
	if (node->action.verb != ACTION_SEND && node->action.verb != ACTION_DRAFT_REPLY)
		return json_read_fail(r, at, "only send and draft reply carry an offer");
	return read_name(r, j, "offer", at, &node->action.offer);
}

bool
json_read_actions(
    struct json_reader *r, const struct json *obj, const struct json_place *above, struct item *it)
{
	const struct json *list = json_get(obj, "then");
	struct json_place at = {above, "then", 0};
	struct action_node **tail = &it->then;

	if (json_type(list) != JSON_ARRAY || json_count(list) == 0 ||
	    json_count(list) > RULES_ACTIONS_MAX)
		return json_read_fail(
		    r, &at, "an array of 1 to %d actions belongs here", RULES_ACTIONS_MAX);
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_place element = {&at, NULL, i};

		*tail = json_read_alloc(r, sizeof **tail);
		if (*tail == NULL || !read_action(r, json_at(list, i), &element, *tail))
			return false;
		tail = &(*tail)->next;
		it->action_count++;
	}
	return true;
}

/* ---- items ---- */

static bool
read_moment(struct json_reader *r, const struct json *j, const char *key,
    const struct json_place *above, struct moment *m)
{
	struct json_place at = {above, key, 0};
	struct slice s = json_get_str(j, key);
	int64_t ms;

	if (json_type(json_get(j, key)) == JSON_ABSENT)
		return true;
	/* exactly "2026-12-01 09:00" */
	if (s.len != 16 || s.ptr[10] != ' ' || !time_parse_rfc3339(s, &ms) ||
	    ms % TIME_MINUTE_MS != 0)
		return json_read_fail(
		    r, &at, "a date and time such as \"2026-12-01 09:00\" belongs here");
	time_civil_from_days(
	    ms / TIME_DAY_MS - (ms % TIME_DAY_MS < 0), &m->year, &m->month, &m->day);
	m->hour = (int)((ms % TIME_DAY_MS + TIME_DAY_MS) % TIME_DAY_MS / TIME_HOUR_MS);
	m->minute = (int)((ms % TIME_HOUR_MS + TIME_HOUR_MS) % TIME_HOUR_MS / TIME_MINUTE_MS);
	m->is_set = true;
	return (m->year >= 1990 && m->year <= 2200) ||
	    json_read_fail(r, &at, "the year is out of range");
}

static bool
read_slots(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	const struct json *comments = json_get(j, "comments");
	struct json_place at = {above, "comments", 0};

	for (int s = 0; s < SLOT_COUNT; s++) {
		const struct json *slot = json_get(comments, slot_name((enum slot)s));

		if (json_type(slot) == JSON_ABSENT)
			continue;
		if (s != SLOT_HEAD && s != SLOT_END && s != SLOT_THEN_END && s != SLOT_WHEN_END &&
		    !item_has(it, (enum slot)s))
			return json_read_fail(r, &at, "there is no line '%s' to hang a comment on",
			    slot_name((enum slot)s));
		if (s == SLOT_THEN_END && !item_has(it, SLOT_THEN))
			return json_read_fail(r, &at, "there is no 'then'");
		if (s == SLOT_WHEN_END && it->kind != ITEM_WATCH)
			return json_read_fail(r, &at, "only the 'when' of a watch has this");
		if (!json_read_notes(r, slot, "before", "after", &at, &it->notes[s]))
			return false;
	}
	return true;
}

bool
json_read_has(struct item *it, const struct json *j, const char *key, enum slot s)
{
	if (json_type(json_get(j, key)) == JSON_ABSENT)
		return false;
	it->has |= UINT32_C(1) << s;
	return true;
}

static bool
read_flag(struct json_reader *r, struct item *it, const struct json *j, const char *key,
    enum slot s, const struct json_place *at)
{
	bool b = false;

	if (json_type(json_get(j, key)) == JSON_ABSENT)
		return true;
	if (!json_bool(json_get(j, key), &b))
		return json_read_fail(r, at, "\"%s\" is true or false", key);
	it->has |= b ? UINT32_C(1) << s : 0;
	return true;
}

bool
json_read_integer(struct json_reader *r, const struct json *j, const char *key, int64_t min,
    int64_t max, const struct json_place *above, int64_t *n_r)
{
	struct json_place at = {above, key, 0};

	if (!json_i64(json_get(j, key), n_r) || *n_r < min || *n_r > max)
		return json_read_fail(r, &at, "a whole number from %lld to %lld belongs here",
		    (long long)min, (long long)max);
	return true;
}

static bool
read_head_lines(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	int64_t priority = 0;

	if (json_read_has(it, j, "description", SLOT_DESCRIPTION) &&
	    !json_read_text(r, j, "description", at, &it->description))
		return false;
	if (!read_flag(r, it, j, "off", SLOT_OFF, at) ||
	    !read_flag(r, it, j, "shadow", SLOT_SHADOW, at) ||
	    !read_flag(r, it, j, "include_reposts", SLOT_REPOSTS, at))
		return false;
	if (json_read_has(it, j, "priority", SLOT_PRIORITY) &&
	    !json_read_integer(
		r, j, "priority", -RULES_PRIORITY_MAX, RULES_PRIORITY_MAX, at, &priority))
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
	return !json_read_has(it, j, "act_within", SLOT_ACT_WITHIN) ||
	    json_read_duration(r, json_get_str(j, "act_within"), at, &it->act_within);
}

static bool
read_when(struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	struct json_place when = {at, "when", 0};

	it->has |= UINT32_C(1) << SLOT_WHEN;
	it->when = json_read_alloc(r, sizeof *it->when);
	if (it->when == NULL || !read_node(r, json_get(j, "when"), 0, &when, it->when))
		return false;
	return it->when->notes == NULL ||
	    json_read_fail(r, &when, "comments of the line 'when' stand in \"comments\"");
}

static bool
read_segment(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	struct json_place when = {at, "when", 0};

	if (json_read_has(it, j, "description", SLOT_DESCRIPTION) &&
	    !json_read_text(r, j, "description", at, &it->description))
		return false;
	if (json_type(json_get(j, "imported")) != JSON_ABSENT &&
	    !json_bool(json_get(j, "imported"), &it->is_imported))
		return json_read_fail(r, at, "\"imported\" is true or false");
	if (!it->is_imported)
		return read_when(r, j, at, it);
	return json_type(json_get(j, "when")) == JSON_ABSENT ||
	    json_read_fail(r, &when, "an imported segment has no conditions");
}

static bool
read_rule(struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	if (!read_head_lines(r, j, at, it))
		return false;
	it->has |= UINT32_C(1) << SLOT_THEN;
	return read_when(r, j, at, it) && json_read_sequences(r, j, at, it) &&
	    json_read_actions(r, j, at, it) && json_read_guardrails(r, j, at, it) &&
	    json_read_examples(r, j, at, it);
}

static bool
read_names(struct json_reader *r, struct item *it, const struct json *j, const char *key,
    enum slot s, const struct json_place *at, struct values *values)
{
	if (!json_read_has(it, j, key, s))
		return true;
	if (!json_read_values(r, j, key, false, false, at, values))
		return false;
	for (const struct value *v = values->first; v != NULL; v = v->next)
		if (v->kind != VALUE_TEXT)
			return json_read_fail(r, at, "\"%s\" holds texts", key);
	return true;
}

static bool
read_list_items(
    struct json_reader *r, struct item *it, const struct json *j, const struct json_place *at)
{
	if (!json_read_values(r, j, "items", false, true, at, &it->items))
		return false;
	for (const struct value *v = it->items.first; v != NULL; v = v->next)
		if (v->kind != VALUE_TEXT)
			return json_read_fail(r, at, "\"items\" holds texts");
	return true;
}

static bool
read_item(struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	int kind = -1;

	for (int k = 0; k < ITEM_KIND_COUNT; k++)
		if (json_type(json_get(j, item_kind_name((enum item_kind)k))) == JSON_STRING)
			kind = k;
	if (kind < 0)
		return json_read_fail(r, at,
		    "\"brand\", \"list\", \"rule\", \"watch\" or \"segment\" with an id belongs "
		    "here");
	it->kind = (enum item_kind)kind;
	it->sink = r->sink;
	if (!json_read_text(r, j, item_kind_name(it->kind), at, &it->id) ||
	    !read_filled(r, j, "title", at, &it->title))
		return false;
	if (!id_is_valid(it->id))
		return json_read_fail(r, at, "'%.*s' cannot be an id", SHOWN(it->id));
	switch (it->kind) {
	case ITEM_BRAND:
		if (!read_names(r, it, j, "called", SLOT_CALLED, at, &it->called) ||
		    !read_names(r, it, j, "but_not", SLOT_BUT_NOT, at, &it->but_not) ||
		    !read_names(r, it, j, "own_accounts", SLOT_OWN_ACCOUNTS, at, &it->own_accounts))
			return false;
		if (!item_has(it, SLOT_CALLED))
			return json_read_fail(r, at, "a brand needs \"called\"");
		break;
	case ITEM_LIST:
		if (!read_list_items(r, it, j, at))
			return false;
		break;
	case ITEM_RULE:
		if (!read_rule(r, j, at, it))
			return false;
		break;
	case ITEM_WATCH:
		if (!read_head_lines(r, j, at, it) || !json_read_watch(r, j, at, it))
			return false;
		break;
	case ITEM_SEGMENT:
		if (!read_segment(r, j, at, it))
			return false;
		break;
	}
	return read_slots(r, j, at, it);
}

int
rules_json_read(struct slice text, struct arena *a, const struct finding_sink *sink,
    struct rules_file *file_r, struct err *err)
{
	struct json_reader r = {.arena = a, .sink = sink, .err = err};
	struct rules_file f = {.sink = *sink};
	struct item **tail = &f.first;
	struct json_place root = {NULL, "items", 0}, end = {NULL, "comments_at_end", 0};
	struct json_doc *doc = NULL;
	const struct json *items, *comments;
	int rc = -1;

	if (json_parse(text, &doc, NULL, err) < 0)
		goto out;
	items = json_get(json_root(doc), "items");
	if (json_type(items) != JSON_ARRAY) {
		json_read_fail(&r, &root, "an array of brands, lists and rules belongs here");
		goto out;
	}
	for (size_t i = 0; i < json_count(items); i++) {
		struct json_place element = {&root, NULL, i};

		*tail = json_read_alloc(&r, sizeof **tail);
		if (*tail == NULL || !read_item(&r, json_at(items, i), &element, *tail))
			goto out;
		tail = &(*tail)->next;
	}
	comments = json_get(json_root(doc), "comments_at_end");
	if (json_count(comments) > 0) {
		f.end_notes = json_read_alloc(&r, sizeof *f.end_notes);
		if (f.end_notes == NULL ||
		    !json_read_before(&r, comments, &end, &f.end_notes->before))
			goto out;
	}
	*file_r = f;
	rc = 0;
out:
	json_doc_free(doc);
	return rc;
}
