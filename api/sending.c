/*
 * sending.c - the kill switch.
 *
 * GET  /api/v1/sending   200
 * POST /api/v1/sending   200; {"stopped":true,"reason":"..."} stops at once, {"stopped":false}
 * resumes and releases what the brake held
 */
#include "api/api_internal.h"

#include "actions/channels.h"
#include "actions/outbox.h"
#include "store/outbox.h"

static int
answer(struct api_call *c, struct err *err)
{
	int64_t counts[MESSAGE_STATE_COUNT];
	struct json_writer *w;
	struct slice why = SLICE_NONE;
	int stopped = outbox_is_stopped(c->env->store, c->env->arena, &why, err);

	if (stopped < 0 || store_messages_count(c->env->store, counts, err) < 0)
		return -1;
	w = api_object(c);
	json_kv_bool(w, "stopped", stopped == 1 || c->env->is_brake_file_there);
	json_kv_str(w, "reason", stopped == 1 ? why : SLICE_NONE);
	json_kv_cstr(w, "brake_file", c->env->actions == NULL ? NULL : c->env->actions->brake_file);
	json_kv_bool(w, "brake_file_there", c->env->is_brake_file_there);
	json_key(w, "outbox");
	api_put_counts(w, counts);
	api_object_end(c);
	return 0;
}

int
api_sending_get(struct api_call *c, struct err *err)
{
	return answer(c, err);
}

int
api_sending_post(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"stopped", "reason", "who", NULL};
	int64_t now_ms = clock_now_ms(c->env->clock), still_held;
	bool is_there, stop = false;
	const char *who, *reason;
	int rc;

	if (api_body(c, known, false, err) < 0 ||
	    api_body_bool(c, "stopped", &is_there, &stop) < 0 ||
	    api_body_cstr(c, "reason", API_NOTE_MAX, NULL, &reason, err) < 0 ||
	    api_body_who(c, &who, err) < 0)
		return -1;
	if (!is_there) {
		api_problem_at(c->reply, 400, "bad-member", "stopped", NULL,
		    "'stopped' is missing, expected true or false");
		return -1;
	}
	if (stop)
		rc = outbox_stop_all(c->env->store, who, reason, now_ms, err);
	else
		rc = outbox_resume_all(c->env->store, who, now_ms, &still_held, err);
	if (rc < 0)
		return -1;
	c->env->outbox_changed = true;
	return answer(c, err);
}
