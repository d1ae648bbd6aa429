/*
 * segments.c - groups of customers.
 *
 * GET  /api/v1/segments                200; those of the live rules, how many are in each, and how far judging
 *                                      everybody has come
 * GET  /api/v1/segments/{id}           200 with some members, and which values the attributes it asks for have;
 *                                      404
 * GET  /api/v1/segments/{id}/members   200; by id; 404
 * POST /api/v1/segments/{id}/members   {"add":[...],"remove":[...]} or {"replace":[...]}: ids of customers; 200 with
 *                                      what changed, also when it is sent again; 404; 409 not an imported one
 */
#include "api/api_internal.h"

#include "core/occurrence.h"
#include "core/map.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/persons.h"
#include "store/segments.h"
#include "store/store.h"

#define SAMPLE 10
#define VALUES_SHOWN 10
/* Values are counted among so many customers: enough to see which there are. */
#define VALUES_OF 100000
#define UNKNOWN_SHOWN 20
#define TEXT_MAX (1024 * 1024)
#define SOURCE_IMPORTED "an import of members"

/* ---- one segment as an object ---------------------------------------------- */

static void
put_text(struct json_writer *w, const char *key, const struct rule_set *rules, size_t i,
    void (*print)(const struct rule_set *, size_t, struct buf *))
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	print(rules, i, &b);
	json_kv_str(w, key, buf_slice(&b));
	buf_fini(&b);
}

/* row NULL: the rules went live this moment, and nothing was written yet. */
static void
put_members_of(
    struct json_writer *w, const struct rule_set *rules, size_t i, const struct segment_row *row)
{
	const struct segment_head *head = rule_set_segment(rules, i);
	bool is_finished = row != NULL && !slice_is_set(row->judged_to);

	json_kv_str(w, "id", head->id);
	json_kv_str(w, "title", head->title);
	json_kv_str(w, "description", head->description);
	json_kv_bool(w, "imported", head->is_imported);
	json_kv_i64(w, "members", row == NULL ? 0 : row->members);
	json_kv_bool(w, "finished", is_finished || (row == NULL && head->is_imported));
	json_kv_i64(w, "judged", row == NULL ? 0 : row->judged);
	json_kv_i64(w, "to_judge", row == NULL ? 0 : row->to_judge);
	json_kv_time(w, "live_at", row == NULL ? TIME_UNKNOWN : row->live_at_ms);
	json_kv_time(w, "updated_at", row == NULL ? TIME_UNKNOWN : row->updated_at_ms);
	put_text(w, "text", rules, i, rule_set_print_segment);
	put_text(w, "in_words", rules, i, rule_set_describe_segment);
}

int
api_segments_list(struct api_call *c, struct err *err)
{
	const struct rule_set *rules = c->env->rules;
	struct segment_row *rows;
	struct json_writer *w;
	size_t count;

	if (store_segments_list(c->env->store, c->env->arena, &rows, &count, err) < 0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; rules != NULL && i < rule_set_segment_count(rules); i++) {
		const struct segment_row *row = NULL;

		for (size_t k = 0; k < count && row == NULL; k++)
			if (slice_eq(rows[k].id, rule_set_segment(rules, i)->id))
				row = &rows[k];
		json_object_begin(w);
		put_members_of(w, rules, i, row);
		json_object_end(w);
	}
	api_items_end(c, 0);
	return 0;
}

/* The live segment the path names: its place; -1 with err. */
static int
find(const struct api_call *c, struct err *err)
{
	const struct rule_set *rules = c->env->rules;
	int i = rules == NULL ? -1 : rule_set_find_segment(rules, c->params[0]);

	return i >= 0 ? i
		      : err_set(err, ERR_NOT_FOUND, "there is no segment '%.*s' in the live rules",
			    SLICE_ARG(c->params[0]));
}

static void
put_members(struct json_writer *w, const char *key, const struct segment_member *rows, size_t count)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_str(w, "customer", rows[i].customer_id);
		json_kv_time(w, "since", rows[i].since_ms);
		json_object_end(w);
	}
	json_array_end(w);
}

struct known_values {
	struct slice name;
	struct value_count *rows;
	size_t count;
};

static int
load_values(
    struct api_call *c, size_t i, struct known_values **values_r, size_t *count_r, struct err *err)
{
	struct known_values *values;
	struct slice_list names;

	if (rule_set_segment_attributes(c->env->rules, i, c->env->arena, &names, err) < 0)
		return -1;
	values = arena_array(c->env->arena, names.count + 1, sizeof *values);
	if (values == NULL)
		return api_nomem(c, err);
	for (size_t k = 0; k < names.count; k++) {
		values[k].name = names.items[k];
		if (store_attribute_values(c->env->store, names.items[k], VALUES_OF, VALUES_SHOWN,
			c->env->arena, &values[k].rows, &values[k].count, err) < 0)
			return -1;
	}
	*values_r = values;
	*count_r = names.count;
	return 0;
}

static void
put_values(struct json_writer *w, const struct known_values *values, size_t count)
{
	json_key(w, "values");
	json_array_begin(w);
	for (size_t k = 0; k < count; k++) {
		json_object_begin(w);
		json_kv_str(w, "attribute", values[k].name);
		json_key(w, "seen");
		json_array_begin(w);
		for (size_t v = 0; v < values[k].count; v++) {
			json_object_begin(w);
			json_key(w, "values");
			json_put_raw(w, values[k].rows[v].values);
			json_kv_i64(w, "customers", values[k].rows[v].count);
			json_object_end(w);
		}
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
}

int
api_segments_show(struct api_call *c, struct err *err)
{
	struct segment_member *members;
	struct known_values *values = NULL;
	struct segment_row row;
	struct json_writer *w;
	size_t member_count, value_count = 0;
	int i = find(c, err), rc;

	if (i < 0 || load_values(c, (size_t)i, &values, &value_count, err) < 0)
		return -1;
	rc = store_segment_load(c->env->store, c->params[0], c->env->arena, &row, err);
	if (rc < 0 ||
	    store_segment_members(c->env->store, c->params[0], SLICE_NONE, SAMPLE, c->env->arena,
		&members, &member_count, err) < 0)
		return -1;
	w = api_object(c);
	put_members_of(w, c->env->rules, (size_t)i, rc > 0 ? &row : NULL);
	put_members(w, "sample", members, member_count);
	put_values(w, values, value_count);
	api_object_end(c);
	return 0;
}

int
api_segments_members(struct api_call *c, struct err *err)
{
	struct segment_member *members;
	struct json_writer *w;
	size_t count, shown;
	int64_t limit;

	if (find(c, err) < 0 ||
	    api_query_i64(c, "limit", 1, API_PAGE_MAX, API_LIMIT_DEFAULT, &limit) < 0 ||
	    store_segment_members(c->env->store, c->params[0], api_query(c, "after"),
		(size_t)limit + 1, c->env->arena, &members, &count, err) < 0)
		return -1;
	shown = count > (size_t)limit ? (size_t)limit : count;
	w = api_object(c);
	put_members(w, "items", members, shown);
	json_kv_str(w, "next", count > shown ? members[shown - 1].customer_id : SLICE_NONE);
	api_object_end(c);
	return 0;
}

/* ---- imported members ------------------------------------------------------ */

struct change {
	struct api_call *c;
	struct slice segment;
	int64_t now_ms;
	int64_t added, removed, unchanged, unknown;
	struct slice unknown_ids[UNKNOWN_SHOWN];
	struct err *err;
};

static int
change_one(struct change *x, struct slice id, bool is_added)
{
	struct store *st = x->c->env->store;
	int rc = is_added ? store_customer_exists(st, id, x->err) : 1;

	if (rc == 0) {
		if (x->unknown < UNKNOWN_SHOWN)
			x->unknown_ids[x->unknown] = id;
		x->unknown++;
	}
	if (rc <= 0)
		return rc;
	rc = is_added ? store_segment_enter(st, x->segment, id, x->now_ms, SOURCE_IMPORTED, x->err)
		      : store_segment_leave(st, x->segment, id, x->now_ms, SOURCE_IMPORTED, x->err);
	if (rc < 0)
		return -1;
	x->added += is_added && rc > 0;
	x->removed += !is_added && rc > 0;
	x->unchanged += rc == 0;
	return rc > 0 ? store_segment_touch(st, id, x->err) : 0;
}

static int
change_list(struct change *x, const struct json *list, const char *name, bool is_added)
{
	if (json_type(list) == JSON_ABSENT || json_type(list) == JSON_NULL)
		return 0;
	if (json_type(list) != JSON_ARRAY) {
		api_problem_at(x->c->reply, 400, "bad-member", name, NULL,
		    "'%s' is an array of customers' ids", name);
		return -1;
	}
	for (size_t i = 0; i < json_count(list); i++) {
		struct slice id = json_str(json_at(list, i));

		if (!slice_is_set(id) || id.len == 0) {
			api_problem_at(x->c->reply, 400, "bad-member", name, NULL,
			    "'%s[%zu]' is not the id of a customer", name, i);
			return -1;
		}
		if (change_one(x, id, is_added) < 0)
			return -1;
	}
	return 0;
}

/* Who is in and not on the list goes. */
static int
remove_others(struct change *x, const struct json *list)
{
	struct map *wanted = map_new(0, json_count(list) + 1, NULL);
	struct slice after = SLICE_NONE;
	struct segment_member *rows;
	size_t count = 1;
	int rc = wanted == NULL ? api_nomem(x->c, x->err) : 0;

	for (size_t i = 0; i < json_count(list) && rc == 0; i++)
		if (map_put(wanted, json_str(json_at(list, i)), x) < 0)
			rc = api_nomem(x->c, x->err);
	while (rc == 0 && count > 0) {
		rc = store_segment_members(x->c->env->store, x->segment, after, API_PAGE_MAX,
		    x->c->env->arena, &rows, &count, x->err);
		for (size_t i = 0; i < count && rc == 0; i++)
			if (map_get(wanted, rows[i].customer_id) == NULL)
				rc = change_one(x, rows[i].customer_id, false);
		if (rc == 0 && count > 0)
			after = rows[count - 1].customer_id;
	}
	map_free(wanted);
	return rc < 0 ? -1 : 0;
}

static int
run_change(struct change *x)
{
	const struct json *root = json_root(x->c->body), *all = json_get(root, "replace");

	if (json_type(all) == JSON_ARRAY)
		return change_list(x, all, "replace", true) < 0 ? -1 : remove_others(x, all);
	return change_list(x, all, "replace", true) < 0 ||
		change_list(x, json_get(root, "add"), "add", true) < 0
	    ? -1
	    : change_list(x, json_get(root, "remove"), "remove", false);
}

int
api_segments_change(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"add", "remove", "replace", "who", NULL};
	struct change x = {
	    .c = c, .segment = c->params[0], .now_ms = clock_now_ms(c->env->clock), .err = err};
	struct segment_row row;
	struct json_writer *w;
	const char *who, *what;
	int i = find(c, err);

	if (i < 0 || api_body(c, known, false, err) < 0 || api_body_who(c, &who, err) < 0)
		return -1;
	if (!rule_set_segment(c->env->rules, (size_t)i)->is_imported)
		return err_set(err, ERR_CONFLICT,
		    "the members of segment '%.*s' are found by its conditions",
		    SLICE_ARG(x.segment));
	if (run_change(&x) < 0)
		return -1;
	if (store_segment_load(c->env->store, x.segment, c->env->arena, &row, err) == 0)
		return err_set(err, ERR_BUSY, "the segment is just going live: try again");
	what = arena_printf(c->env->arena, "segment members %.*s +%lld -%lld", SLICE_ARG(x.segment),
	    (long long)x.added, (long long)x.removed);
	if (what == NULL)
		return api_nomem(c, err);
	if (x.added + x.removed > 0 &&
	    (store_segment_count_add(c->env->store, x.segment, x.added - x.removed, x.now_ms, err) <
		    0 ||
		store_audit(c->env->store, x.now_ms, who, what, err) < 0))
		return -1;
	w = api_object(c);
	json_kv_str(w, "segment", x.segment);
	json_kv_i64(w, "added", x.added);
	json_kv_i64(w, "removed", x.removed);
	json_kv_i64(w, "unchanged", x.unchanged);
	json_kv_i64(w, "unknown", x.unknown);
	api_put_texts(w, "unknown_ids", x.unknown_ids,
	    (size_t)(x.unknown < UNKNOWN_SHOWN ? x.unknown : UNKNOWN_SHOWN));
	api_object_end(c);
	return 0;
}
