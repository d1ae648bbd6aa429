/*
 * json_crowd.c - `after`, `unless` and watches as JSON, and back.
 *
 *	"after":{"post":true,"within":"3 days","where":{...}}   "after":{"sent":"sorry","within":...}
 *	"unless":{"answered":true,"within":"2 hours"}
 *	{"watch":"storm","title":...,"over":{...},"out_of":{...},"when":[{"measure":"count",
 *	  "within":"10 minutes","op":"at least","value":4,"times_usual":true}],"then":[...],
 *	  "until_quiet":"30 minutes"}
 */
#include "rules/json_read_internal.h"

#include "rules/limits_internal.h"

/* ---- writing ---- */

static void
write_sequence(const char *key, const struct sequence_node *n, struct json_writer *w)
{
	json_key(w, key);
	json_object_begin(w);
	switch (n->sequence.kind) {
	case SEQUENCE_NONE: break; /* only of a tree with findings */
	case SEQUENCE_POST: json_kv_bool(w, "post", true); break;
	case SEQUENCE_ANSWERED: json_kv_bool(w, "answered", true); break;
	case SEQUENCE_SENT: json_kv_str(w, "sent", n->sequence.template_id); break;
	}
	json_key(w, "within");
	rules_json_duration(n->within, w);
	if (n->where != NULL) {
		json_key(w, "where");
		rules_json_node(n->where, w);
	}
	json_object_end(w);
}

void
rules_json_sequences(const struct item *it, struct json_writer *w)
{
	if (item_has(it, SLOT_AFTER))
		write_sequence("after", &it->after, w);
	if (item_has(it, SLOT_UNLESS))
		write_sequence("unless", &it->unless, w);
}

static void
write_crowd_test(const struct crowd_node *n, struct json_writer *w)
{
	json_object_begin(w);
	json_kv_cstr(w, "measure", crowd_measure_name(n->measure));
	json_key(w, "within");
	rules_json_duration(n->within, w);
	json_kv_cstr(w, "op", rule_op_json(n->op));
	json_kv_milli(w, "value", n->value_milli);
	if (n->is_times_usual)
		json_kv_bool(w, "times_usual", true);
	rules_json_notes(n->notes, w);
	json_object_end(w);
}

void
rules_json_watch(const struct item *it, struct json_writer *w)
{
	if (it->over != NULL) {
		json_key(w, "over");
		rules_json_node(it->over, w);
	}
	if (it->out_of != NULL) {
		json_key(w, "out_of");
		rules_json_node(it->out_of, w);
	}
	json_key(w, "when");
	json_array_begin(w);
	for (const struct crowd_node *n = it->crowd; n != NULL; n = n->next)
		write_crowd_test(n, w);
	json_array_end(w);
	rules_json_actions(it, w);
	if (item_has(it, SLOT_QUIET)) {
		json_key(w, "until_quiet");
		rules_json_duration(it->quiet, w);
	}
}

/* ---- reading ---- */

static bool
is_given(const struct json *j, const char *key)
{
	return json_type(json_get(j, key)) != JSON_ABSENT;
}

/* A block whose first line is a line of the item: its comments stand with the item's. */
static bool
read_where(struct json_reader *r, const struct json *j, const char *key,
    const struct json_place *above, struct node **node_r)
{
	struct json_place at = {above, key, 0};
	struct node *n = json_read_alloc(r, sizeof *n);

	if (n == NULL || !json_read_node(r, json_get(j, key), &at, n))
		return false;
	*node_r = n;
	return n->notes == NULL ||
	    json_read_fail(r, &at, "comments of this line stand in \"comments\"");
}

static bool
read_sequence_kind(struct json_reader *r, const struct json *j, bool is_after,
    const struct json_place *at, struct sequence_node *n)
{
	bool is_set = false;

	if (json_bool(json_get(j, "post"), &is_set) && is_set) {
		n->sequence.kind = SEQUENCE_POST;
		return true;
	}
	if (!is_after && json_bool(json_get(j, "answered"), &is_set) && is_set) {
		n->sequence.kind = SEQUENCE_ANSWERED;
		return true;
	}
	if (!is_after || !is_given(j, "sent"))
		return json_read_fail(r, at,
		    is_after ? "\"post\":true or \"sent\" belongs here"
			     : "\"post\":true or \"answered\":true belongs here");
	n->sequence.kind = SEQUENCE_SENT;
	return json_read_text(r, j, "sent", at, &n->sequence.template_id) &&
	    (n->sequence.template_id.len > 0 || json_read_fail(r, at, "\"sent\" is empty"));
}

static bool
read_sequence(struct json_reader *r, const struct json *item, const struct json_place *above,
    bool is_after, struct item *it)
{
	const char *key = is_after ? "after" : "unless";
	const struct json *j = json_get(item, key);
	struct sequence_node *n = is_after ? &it->after : &it->unless;
	struct json_place at = {above, key, 0};

	if (!is_given(item, key))
		return true;
	it->has |= UINT32_C(1) << (is_after ? SLOT_AFTER : SLOT_UNLESS);
	if (!read_sequence_kind(r, j, is_after, &at, n) ||
	    !json_read_duration(r, json_get_str(j, "within"), &at, &n->within))
		return false;
	if (!is_given(j, "where"))
		return true;
	if (n->sequence.kind != SEQUENCE_POST)
		return json_read_fail(r, &at, "\"where\" belongs to a post");
	return read_where(r, j, "where", &at, &n->where);
}

bool
json_read_sequences(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	return read_sequence(r, j, at, true, it) && read_sequence(r, j, at, false, it);
}

static bool
read_crowd_op(struct slice s, enum rule_op *op_r)
{
	static const enum rule_op ops[] = {
	    RULE_OP_AT_LEAST, RULE_OP_AT_MOST, RULE_OP_ABOVE, RULE_OP_BELOW};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (slice_eq_str(s, rule_op_json(ops[i]))) {
			*op_r = ops[i];
			return true;
		}
	}
	return false;
}

static bool
read_crowd_test(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct crowd_node *n)
{
	struct slice measure = json_get_str(j, "measure");
	struct values value = {0};
	struct json_place value_at = {at, "value", 0};
	int m = CROWD_COUNT;

	while (
	    m <= CROWD_AUTHORS && !slice_eq_str(measure, crowd_measure_name((enum crowd_measure)m)))
		m++;
	if (m > CROWD_AUTHORS)
		return json_read_fail(r, at, "\"measure\" is count, share or authors");
	n->measure = (enum crowd_measure)m;
	if (!json_read_duration(r, json_get_str(j, "within"), at, &n->within))
		return false;
	if (!read_crowd_op(json_get_str(j, "op"), &n->op))
		return json_read_fail(r, at, "\"op\" is at least, at most, above or below");
	if (!json_read_value(r, json_get(j, "value"), false, &value_at, &value))
		return false;
	if (value.first->kind != VALUE_NUMBER || value.first->notes != NULL)
		return json_read_fail(r, &value_at, "a number belongs here");
	n->value_milli = value.first->number_milli;
	if (is_given(j, "times_usual") &&
	    !json_bool(json_get(j, "times_usual"), &n->is_times_usual))
		return json_read_fail(r, at, "\"times_usual\" is true or false");
	return json_read_notes(r, j, "before", "after", at, &n->notes);
}

static bool
read_crowd(
    struct json_reader *r, const struct json *item, const struct json_place *above, struct item *it)
{
	const struct json *list = json_get(item, "when");
	struct json_place at = {above, "when", 0};
	struct crowd_node **tail = &it->crowd;

	if (json_type(list) != JSON_ARRAY || json_count(list) == 0 ||
	    json_count(list) > RULES_CROWD_TESTS_MAX)
		return json_read_fail(r, &at,
		    "an array of 1 to %d lines about the crowd belongs here",
		    RULES_CROWD_TESTS_MAX);
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_place element = {&at, NULL, i};

		*tail = json_read_alloc(r, sizeof **tail);
		if (*tail == NULL || !read_crowd_test(r, json_at(list, i), &element, *tail))
			return false;
		tail = &(*tail)->next;
		it->crowd_count++;
	}
	return true;
}

bool
json_read_watch(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it)
{
	if (is_given(j, "priority") || is_given(j, "act_within"))
		return json_read_fail(r, at, "a watch has neither \"priority\" nor \"act_within\"");
	it->has |= UINT32_C(1) << SLOT_OVER | UINT32_C(1) << SLOT_WHEN | UINT32_C(1) << SLOT_THEN;
	if (!read_where(r, j, "over", at, &it->over))
		return false;
	if (is_given(j, "out_of")) {
		it->has |= UINT32_C(1) << SLOT_OUT_OF;
		if (!read_where(r, j, "out_of", at, &it->out_of))
			return false;
	}
	if (!read_crowd(r, j, at, it) || !json_read_actions(r, j, at, it))
		return false;
	if (!is_given(j, "until_quiet"))
		return true;
	it->has |= UINT32_C(1) << SLOT_QUIET;
	return json_read_duration(r, json_get_str(j, "until_quiet"), at, &it->quiet);
}
