/*
 * outbox.c - messages: look, and what a person does with one.
 *
 * GET  /api/v1/outbox?state=&hold=&channel=   200
 * GET  /api/v1/outbox/{id}                    200, 404; the id or a unique beginning of at least
 * six characters, else 409 POST /api/v1/outbox/{id}/{verb}             200, 404, 409 when its state
 * does not allow it POST /api/v1/outbox/release                 200; API_RELEASE_BATCH at a time,
 * "more" says to ask again; 409 while sending is stopped
 */
#include "api/api_internal.h"

#include "core/diag.h"
#include "actions/outbox.h"
#include "store/outbox.h"

static const char *const verbs[] = {"approve", "reject", "hold", "release", "retry", "drop"};

static int
take_filter(struct api_call *c, struct message_filter *f, size_t *limit_r)
{
	static const char *const holds[] = {"none", "approval", "brake", "operator", "pause"};
	const char *states[MESSAGE_STATE_COUNT];

	for (int i = 0; i < MESSAGE_STATE_COUNT; i++)
		states[i] = message_state_name((enum message_state)i);
	if (api_query_word(c, "state", states, MESSAGE_STATE_COUNT, &f->state) < 0 ||
	    api_query_word(c, "hold", holds, sizeof holds / sizeof holds[0], &f->hold) < 0 ||
	    api_query_page(c, &f->before_no, limit_r) < 0)
		return -1;
	f->channel = api_query(c, "channel");
	f->limit = *limit_r + 1;
	return 0;
}

int
api_outbox_list(struct api_call *c, struct err *err)
{
	struct message_filter f;
	struct message *list;
	struct json_writer *w;
	size_t limit, count, shown;

	if (take_filter(c, &f, &limit) < 0 ||
	    store_messages_list(c->env->store, &f, c->env->arena, &list, &count, err) < 0)
		return -1;
	shown = count > limit ? limit : count;
	for (size_t i = 0; i < shown; i++)
		if (api_message_cause(c, &list[i], err) < 0)
			return -1;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++)
		api_put_message(w, &list[i]);
	api_items_end(c, count > limit ? list[shown - 1].message_no : 0);
	return 0;
}

int
api_outbox_show(struct api_call *c, struct err *err)
{
	struct message m;
	struct decision_row d;
	struct json_writer *w;
	bool has_decision = false;
	int rc = store_message_load(c->env->store, c->params[0], c->env->arena, &m, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no message '%.*s'%s",
		    SLICE_ARG(c->params[0]),
		    c->params[0].len < 6 ? ": give at least 6 characters of its id" : "");
	if (rc < 0 || api_message_cause(c, &m, err) < 0)
		return -1;
	if (slice_is_set(m.decision_id)) {
		rc = store_decision_load(c->env->store, m.decision_id, c->env->arena, &d, err);
		if (rc < 0)
			return -1;
		has_decision = rc == 1;
	}
	w = api_object(c);
	api_message_members(w, &m);
	if (has_decision)
		json_kv_str(w, "post_id", d.occurrence_id);
	api_object_end(c);
	return 0;
}

static int
unknown_verb(struct api_call *c)
{
	const char *nearest = diag_nearest(c->params[1], verbs, sizeof verbs / sizeof verbs[0]);

	api_problem_at(c->reply, 404, "not-found", "path",
	    nearest == NULL ? "approve, reject, hold, release, retry, drop" : nearest,
	    "nothing is called '%.*s' that can be done with a message",
	    (int)(c->params[1].len > 100 ? 100 : c->params[1].len), c->params[1].ptr);
	return -1;
}

int
api_outbox_act(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"text", "reason", "who", NULL};
	enum outbox_verb verb;
	struct slice text;
	const char *who, *reason;
	struct message m;

	if (!outbox_verb_find(c->params[1], &verb))
		return unknown_verb(c);
	if (api_body(c, known, true, err) < 0 || api_body_str(c, "text", API_BODY_MAX, &text) < 0 ||
	    api_body_cstr(c, "reason", API_NOTE_MAX, NULL, &reason, err) < 0 ||
	    api_body_who(c, &who, err) < 0)
		return -1;
	if (outbox_act(c->env->store, c->env->actions, verb, c->params[0], text, who, reason,
		clock_now_ms(c->env->clock), c->env->arena, &m, err) < 0 ||
	    api_message_cause(c, &m, err) < 0)
		return -1;
	c->env->outbox_changed = true;
	api_message_members(api_object(c), &m);
	api_object_end(c);
	return 0;
}

/* ---- after the brake --------------------------------------------------- */

static int
release_batch(
    struct api_call *c, const char *who, size_t *released_r, bool *more_r, struct err *err)
{
	struct message_filter f = {.state = MESSAGE_HELD,
	    .hold = HOLD_BRAKE,
	    .channel = SLICE_NONE,
	    .limit = API_RELEASE_BATCH + 1};
	struct message *list, m;
	size_t count;

	if (store_messages_list(c->env->store, &f, c->env->arena, &list, &count, err) < 0)
		return -1;
	*more_r = count > API_RELEASE_BATCH;
	*released_r = *more_r ? API_RELEASE_BATCH : count;
	for (size_t i = 0; i < *released_r; i++)
		if (outbox_act(c->env->store, c->env->actions, OUTBOX_RELEASE, slice_of(list[i].id),
			SLICE_NONE, who, NULL, clock_now_ms(c->env->clock), c->env->arena, &m,
			err) < 0)
			return -1;
	return 0;
}

int
api_outbox_release(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"hold", "who", NULL};
	struct slice hold, why;
	struct json_writer *w;
	const char *who;
	size_t released;
	bool has_more;
	int rc;

	if (api_body(c, known, false, err) < 0 ||
	    api_body_str(c, "hold", API_WORD_MAX, &hold) < 0 || api_body_who(c, &who, err) < 0)
		return -1;
	if (!slice_eq_str(hold, "brake")) {
		api_problem_at(c->reply, 400, "bad-member", "hold",
		    "other messages are released one by one: POST /api/v1/outbox/{id}/release",
		    "only what the brake holds can be released together: {\"hold\":\"brake\"}");
		return -1;
	}
	rc = outbox_is_stopped(c->env->store, c->env->arena, &why, err);
	if (rc < 0)
		return -1;
	if (rc == 1 || c->env->is_brake_file_there) {
		api_problem(c->reply, 409, "sending-stopped",
		    "POST /api/v1/sending {\"stopped\":false}",
		    "sending is stopped; resume it first");
		return -1;
	}
	if (release_batch(c, who, &released, &has_more, err) < 0)
		return -1;
	c->env->outbox_changed = released > 0;
	w = api_object(c);
	json_kv_i64(w, "released", (int64_t)released);
	json_kv_bool(w, "more", has_more);
	api_object_end(c);
	return 0;
}
