/*
 * json_example.c - examples in the JSON form:
 *
 *	"examples":[{"fires_on":"Acme lost my parcel","where":[{"field":"author.followers","op":"is","value":20000}]},
 *	  {"does_not_fire_on":"I love acme"},{"fires_on_event":"order cancelled"}]
 */
#include "rules/fields_internal.h"
#include "rules/json_read_internal.h"
#include "rules/limits_internal.h"

static const char *
example_key(const struct example_node *e)
{
	if (e->is_event)
		return e->must_fire ? "fires_on_event" : "does_not_fire_on_event";
	return e->must_fire ? "fires_on" : "does_not_fire_on";
}

void
rules_json_examples(const struct item *it, struct json_writer *w)
{
	if (it->examples == NULL)
		return;
	json_key(w, "examples");
	json_array_begin(w);
	for (const struct example_node *e = it->examples; e != NULL; e = e->next) {
		json_object_begin(w);
		json_kv_str(w, example_key(e), e->text);
		if (e->given != NULL) {
			json_key(w, "where");
			json_array_begin(w);
			for (const struct node *n = e->given; n != NULL; n = n->next) {
				json_object_begin(w);
				rules_json_condition(n, w);
				json_object_end(w);
			}
			json_array_end(w);
		}
		rules_json_notes(e->notes, w);
		json_object_end(w);
	}
	json_array_end(w);
}

/* What the text form could not say is refused here too. */
static bool
read_given(struct json_reader *r, const struct json *list, const struct json_place *above,
    struct example_node *e)
{
	struct json_place at = {above, "where", 0};
	struct node **tail = &e->given;

	if (json_type(list) == JSON_ABSENT)
		return true;
	if (json_type(list) != JSON_ARRAY || json_count(list) == 0)
		return json_read_fail(r, &at, "an array of conditions belongs here");
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_place element = {&at, NULL, i};

		*tail = json_read_alloc(r, sizeof **tail);
		if (*tail == NULL || !json_read_condition(r, json_at(list, i), &element, *tail))
			return false;
		if ((*tail)->values.count > 1)
			return json_read_fail(r, &element, "an example gives one value");
		tail = &(*tail)->next;
	}
	return true;
}

static bool
read_example(struct json_reader *r, const struct json *j, const struct json_place *at,
    struct example_node *e)
{
	bool is_told_event = json_type(json_get(j, "fires_on_event")) != JSON_ABSENT;

	e->is_event =
	    is_told_event || json_type(json_get(j, "does_not_fire_on_event")) != JSON_ABSENT;
	e->must_fire = is_told_event || json_type(json_get(j, "fires_on")) != JSON_ABSENT;
	return json_read_text(r, j, example_key(e), at, &e->text) &&
	    read_given(r, json_get(j, "where"), at, e) &&
	    json_read_notes(r, j, "before", "after", at, &e->notes);
}

bool
json_read_examples(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it)
{
	const struct json *list = json_get(j, "examples");
	struct json_place at = {above, "examples", 0};
	struct example_node **tail = &it->examples;

	if (json_type(list) == JSON_ABSENT)
		return true;
	if (json_type(list) != JSON_ARRAY || json_count(list) > RULES_EXAMPLES_MAX)
		return json_read_fail(
		    r, &at, "an array of at most %d examples belongs here", RULES_EXAMPLES_MAX);
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_place element = {&at, NULL, i};

		*tail = json_read_alloc(r, sizeof **tail);
		if (*tail == NULL || !read_example(r, json_at(list, i), &element, *tail))
			return false;
		tail = &(*tail)->next;
		it->example_count++;
	}
	return true;
}
