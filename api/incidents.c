/*
 * incidents.c - watches: what they see now, and the crowds they saw.
 *
 * GET  /api/v1/watches?after=&limit=            200; the live watches with their values of this moment
 * GET  /api/v1/incidents?watch=&before=&limit=  200; newest first
 */
#include "api/api_internal.h"

#include "core/clock.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/watches.h"

#include "api/watch_load.h"

#define WATCH_TEXT_MAX ((size_t)1024 * 1024)

/* Scratch of one answer. */
struct watch_words {
	struct buf text, values, now;
};

/* ---- watches ---------------------------------------------------------- */

static int
put_watch(struct api_call *c, struct json_writer *w, const struct crowd *crowd, size_t i,
    struct watch_words *words, struct err *err)
{
	const struct rule_set *rules = c->env->rules;
	const struct rule_head *head = &rule_set_watch(rules, i)->rule;
	struct slice values;
	int64_t since_ms;

	crowd_is_active(crowd, i, &since_ms);
	buf_clear(&words->text);
	buf_clear(&words->values);
	buf_clear(&words->now);
	rule_set_print_watch(rules, i, &words->text);
	if (crowd_explain(crowd, i, clock_now_ms(c->env->clock), c->env->arena, &words->values,
		&words->now, err) < 0)
		return -1;
	if (buf_failed(&words->text) || buf_failed(&words->values) || buf_failed(&words->now))
		return api_nomem(c, err);
	json_object_begin(w);
	json_kv_str(w, "id", head->id);
	json_kv_str(w, "title", head->title);
	json_kv_bool(w, "off", rule_set_watch_is_off(rules, i));
	api_put_period(w, rule_set_watch_period(rules, i, clock_now_ms(c->env->clock)));
	json_kv_bool(w, "shadow", head->is_shadow);
	json_kv_time(w, "active_since", since_ms);
	values = buf_slice(&words->values);
	slice_split(&values, '\n'); /* the first line is what stands around here */
	json_kv_str(w, "values", slice_trim(values));
	json_key(w, "now");
	json_put_raw(w, buf_slice(&words->now));
	json_kv_str(w, "text", buf_slice(&words->text));
	buf_clear(&words->text);
	rule_set_describe_watch(rules, i, &words->text);
	if (buf_failed(&words->text))
		return api_nomem(c, err);
	json_kv_str(w, "in_words", buf_slice(&words->text));
	json_object_end(w);
	return 0;
}

static int
put_watches(
    struct api_call *c, size_t first, size_t end, const struct crowd *crowd, struct err *err)
{
	const struct rule_set *rules = c->env->rules;
	size_t count = rules == NULL ? 0 : rule_set_watch_count(rules);
	struct watch_words words;
	struct json_writer *w;
	int rc = 0;

	buf_init(&words.text, WATCH_TEXT_MAX);
	buf_init(&words.values, WATCH_TEXT_MAX);
	buf_init(&words.now, WATCH_TEXT_MAX);
	w = api_object(c);
	json_kv_i64(w, "count", (int64_t)count);
	json_key(w, "items");
	json_array_begin(w);
	for (size_t i = first; i < end && rc == 0; i++)
		rc = put_watch(c, w, crowd, i, &words, err);
	json_array_end(w);
	json_kv_str(w, "next", end < count ? rule_set_watch(rules, end - 1)->rule.id : SLICE_NONE);
	api_object_end(c);
	buf_fini(&words.text);
	buf_fini(&words.values);
	buf_fini(&words.now);
	return rc;
}

/* The place behind the watch of that name. */
static int
find_first(struct api_call *c, size_t *first_r)
{
	struct slice after = api_query(c, "after");
	int at;

	*first_r = 0;
	if (!slice_is_set(after))
		return 0;
	at = c->env->rules == NULL ? -1 : rule_set_find_watch(c->env->rules, after);
	if (at < 0) {
		api_problem_at(c->reply, 400, "bad-parameter", "after", NULL,
		    "no live watch has the id '%.*s'", SLICE_ARG(after));
		return -1;
	}
	*first_r = (size_t)at + 1;
	return 0;
}

int
api_watches_list(struct api_call *c, struct err *err)
{
	const struct rule_set *rules = c->env->rules;
	size_t count = rules == NULL ? 0 : rule_set_watch_count(rules), first;
	int64_t now_ms = clock_now_ms(c->env->clock), limit;
	struct crowd *crowd = NULL;
	int rc;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, API_PAGE_MAX, &limit) < 0 ||
	    find_first(c, &first) < 0)
		return -1;
	if (count == 0)
		return put_watches(c, 0, 0, NULL, err);
	if (watch_load(c->env->store, rules, now_ms, NULL, &crowd, err) < 0)
		return -1;
	rc = put_watches(
	    c, first, count - first < (size_t)limit ? count : first + (size_t)limit, crowd, err);
	crowd_free(crowd);
	return rc;
}

/* ---- incidents ---------------------------------------------------------- */

void
api_incident_members(struct json_writer *w, const struct incident_row *row)
{
	json_kv_i64(w, "id", row->incident_no);
	json_kv_str(w, "watch_id", row->watch_id);
	json_kv_i64(w, "rules_version", row->rules_version);
	json_kv_time(w, "started_at", row->started_at_ms);
	json_kv_time(w, "ended_at", row->ended_at_ms);
	json_kv_str(w, "reason", row->reason);
	json_kv_str(w, "end_reason", row->end_reason);
	if (row->ended_at_ms == TIME_UNKNOWN)
		json_kv_null(w, "peak");
	else
		json_kv_i64(w, "peak", row->peak);
}

int
api_incidents_list(struct api_call *c, struct err *err)
{
	struct incident_row *rows;
	struct json_writer *w;
	size_t limit, count, shown;
	int64_t before;

	if (api_query_page(c, &before, &limit) < 0)
		return -1;
	if (store_incidents_list(c->env->store, api_query(c, "watch"), before, limit + 1,
		c->env->arena, &rows, &count, err) < 0)
		return -1;
	shown = count > limit ? limit : count;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++) {
		json_object_begin(w);
		api_incident_members(w, &rows[i]);
		json_object_end(w);
	}
	api_items_end(c, count > limit ? rows[shown - 1].incident_no : 0);
	return 0;
}
