/*
 * alerts.c - what a support person must look at.
 *
 * GET  /api/v1/alerts?state=&queue=       200; without state what is open or acknowledged
 * GET  /api/v1/alerts/{no}                200, 404; the whole story, its first API_STORY_POSTS_MAX
 * posts and the newest POST /api/v1/alerts/{no}/ack|resolve    200, 404, 409 when it is resolved
 * already
 */
#include "api/api_internal.h"

#include "actions/alerts.h"
#include "core/decision.h"
#include "store/outbox.h"
#include "store/events.h"
#include "store/posts.h"

int
api_alerts_list(struct api_call *c, struct err *err)
{
	/* In the order of enum alert_state; then the long form of the second. */
	static const char *const states[] = {"open", "acked", "resolved", "acknowledged"};
	struct alert_row *rows;
	struct json_writer *w;
	size_t limit, count, shown;
	int64_t before;
	int state;

	if (api_query_word(c, "state", states, sizeof states / sizeof states[0], &state) < 0 ||
	    api_query_page(c, &before, &limit) < 0)
		return -1;
	if (state == 3)
		state = ALERT_ACKED;
	if (store_alerts_list(c->env->store, state, api_query(c, "queue"), before, limit + 1,
		c->env->arena, &rows, &count, err) < 0)
		return -1;
	shown = count > limit ? limit : count;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++)
		api_put_alert(w, &rows[i]);
	api_items_end(c, count > limit ? rows[shown - 1].alert_no : 0);
	return 0;
}

/* ---- the story -------------------------------------------------------- */

static int
put_messages(struct api_call *c, struct json_writer *w, const struct decision_row *rows,
    size_t count, struct err *err)
{
	struct message m;

	json_key(w, "messages");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		int rc;

		if (rows[i].verb != ACTION_SEND && rows[i].verb != ACTION_DRAFT_REPLY)
			continue;
		rc =
		    store_message_load(c->env->store, slice_of(rows[i].id), c->env->arena, &m, err);
		if (rc < 0)
			return -1;
		if (rc == 1)
			api_put_message(w, &m);
	}
	json_array_end(w);
	return 0;
}

/* What the chapter is about when it is no post. */
static int
put_event(struct api_call *c, struct json_writer *w, struct slice occurrence_id, struct err *err)
{
	struct stored_event *e;
	struct slice id;
	int rc = event_id_of_occurrence(occurrence_id, &id)
	    ? store_event_load(c->env->store, id, c->env->arena, &e, err)
	    : 0;

	if (rc < 0)
		return -1;
	json_key(w, "event");
	if (rc == 0) {
		json_put_null(w);
		return 0;
	}
	json_object_begin(w);
	api_event_members(w, e);
	json_object_end(w);
	return 0;
}

/* One post or event of the alert, all that was decided on it, and what became of the messages. */
static int
put_chapter(
    struct api_call *c, struct json_writer *w, struct slice post_id, int64_t at_ms, struct err *err)
{
	struct decision_row *rows;
	struct stored_post *sp;
	size_t count;
	int rc = store_post_load(c->env->store, post_id, c->env->arena, &sp, err);

	if (rc < 0 ||
	    store_decisions_of(c->env->store, post_id, c->env->arena, &rows, &count, err) < 0)
		return -1;
	json_object_begin(w);
	json_kv_str(w, "id", post_id);
	json_kv_time(w, "joined_at", at_ms);
	json_key(w, "post");
	if (rc == 0)
		json_put_null(w);
	else if (api_put_post(c, w, sp, true, err) < 0)
		return -1;
	if (put_event(c, w, post_id, err) < 0)
		return -1;
	json_key(w, "decisions");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		api_put_decision(w, &rows[i]);
	json_array_end(w);
	if (put_messages(c, w, rows, count, err) < 0)
		return -1;
	json_object_end(w);
	return 0;
}

static int
put_story(struct api_call *c, struct json_writer *w, const struct alert_row *row, struct err *err)
{
	struct alert_post *posts;
	bool has_newest = row->post_id.len == 0;
	struct slice told = SLICE_NONE;
	size_t count;

	if (store_alert_posts(c->env->store, row->alert_no, API_STORY_POSTS_MAX, c->env->arena,
		&posts, &count, err) < 0)
		return -1;
	json_key(w, "posts");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		has_newest |= slice_eq(posts[i].post_id, row->post_id);
		/* Two alerts of one post stand beside one another. */
		if (slice_is_set(told) && slice_eq(told, posts[i].post_id))
			continue;
		told = posts[i].post_id;
		if (put_chapter(c, w, posts[i].post_id, posts[i].at_ms, err) < 0)
			return -1;
	}
	if (!has_newest && put_chapter(c, w, row->post_id, row->last_at_ms, err) < 0)
		return -1;
	json_array_end(w);
	json_kv_bool(w, "more_posts", count == API_STORY_POSTS_MAX);
	return 0;
}

int
api_alerts_show(struct api_call *c, struct err *err)
{
	struct alert_row row;
	struct json_writer *w;
	int64_t no;
	int rc;

	if (api_param_i64(c, 0, "alert", &no) < 0)
		return -1;
	rc = store_alert_load(c->env->store, no, c->env->arena, &row, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no alert number %lld", (long long)no);
	if (rc < 0)
		return -1;
	w = api_object(c);
	api_alert_members(w, &row);
	if (put_story(c, w, &row, err) < 0)
		return -1;
	api_object_end(c);
	return 0;
}

int
api_alerts_act(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"who", "note", NULL};
	bool is_ack = slice_eq_str(c->params[1], "ack");
	int64_t no, now_ms = clock_now_ms(c->env->clock);
	const char *who, *note;
	struct alert_row row;
	int rc;

	if (!is_ack && !slice_eq_str(c->params[1], "resolve")) {
		api_problem_at(c->reply, 404, "not-found", "path", "ack or resolve",
		    "nothing is called '%.*s' that can be done with an alert",
		    (int)(c->params[1].len > 100 ? 100 : c->params[1].len), c->params[1].ptr);
		return -1;
	}
	if (api_param_i64(c, 0, "alert", &no) < 0 || api_body(c, known, true, err) < 0 ||
	    api_body_cstr(c, "note", API_NOTE_MAX, NULL, &note, err) < 0 ||
	    api_body_who(c, &who, err) < 0)
		return -1;
	if (is_ack)
		rc = alert_ack(c->env->store, no, who, note, now_ms, c->env->arena, &row, err);
	else
		rc = alert_resolve(c->env->store, no, who, note, now_ms, c->env->arena, &row, err);
	if (rc < 0)
		return -1;
	api_alert_members(api_object(c), &row);
	api_object_end(c);
	return 0;
}
