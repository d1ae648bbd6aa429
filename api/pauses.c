/*
 * pauses.c - promotions or a rule do not act for a while.
 *
 * GET  /api/v1/pauses   200
 * POST /api/v1/pauses   200 what is paused now; {"what":"promotions","paused":true,"for":"2h",
 * "reason":"..."} pauses, {"what":...,"paused":false} lifts whatever paused it.  what: "promotions"
 * (messages for marketing) or a rule's id ("rule:promotions" for a rule of that name); 404 there is
 * no such rule; 409 it is not paused
 */
#include "api/api_internal.h"

#include "core/options.h"
#include "rules/rules.h"
#include "store/pauses.h"

#include "actions/pauses.h"

#define PAUSE_LONGEST_MS (3650 * TIME_DAY_MS)

static void
put_row(struct json_writer *w, const struct pause_row *row)
{
	static const size_t prefix = sizeof PAUSE_RULE_PREFIX - 1;
	bool is_rule = slice_starts_with(row->what, PAUSE_RULE_PREFIX);

	json_object_begin(w);
	json_kv_str(w, "what", row->what);
	json_kv_str(w, "rule_id",
	    is_rule ? slice_make(row->what.ptr + prefix, row->what.len - prefix) : SLICE_NONE);
	json_kv_str(w, "cause", row->cause);
	json_kv_str(w, "reason", row->reason);
	json_kv_time(w, "since", row->at_ms);
	json_kv_time(w, "until", row->until_ms);
	json_object_end(w);
}

int
api_put_pauses(struct api_call *c, struct json_writer *w, const char *key, struct err *err)
{
	int64_t now_ms = clock_now_ms(c->env->clock);
	struct pause_row *rows = NULL;
	size_t count = 0;

	if (store_pauses_list(c->env->store, c->env->arena, &rows, &count, err) < 0)
		return -1;
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		if (rows[i].until_ms == TIME_UNKNOWN || rows[i].until_ms > now_ms)
			put_row(w, &rows[i]);
	json_array_end(w);
	return 0;
}

int
api_pauses_get(struct api_call *c, struct err *err)
{
	struct json_writer *w = api_object(c);

	if (api_put_pauses(c, w, "items", err) < 0)
		return -1;
	api_object_end(c);
	return 0;
}

/* What is to be paused, as its row names it. */
static int
take_what(struct api_call *c, struct slice *what_r, struct err *err)
{
	static const size_t prefix = sizeof PAUSE_RULE_PREFIX - 1;
	struct slice name;

	if (api_body_str(c, "what", API_WHO_MAX, &name) < 0)
		return -1;
	if (name.len == 0) {
		api_problem_at(c->reply, 400, "bad-member", "what", NULL,
		    "'what' is missing, expected \"promotions\" or a rule's id");
		return -1;
	}
	if (slice_eq_str(name, PAUSE_PROMOTIONS))
		return pause_what(name, c->env->arena, what_r) ? 0 : api_nomem(c, err);
	if (slice_starts_with(name, PAUSE_RULE_PREFIX))
		name = slice_make(name.ptr + prefix, name.len - prefix);
	return pause_rule_what(name, c->env->arena, what_r) ? 0 : api_nomem(c, err);
}

static int
take_until(struct api_call *c, int64_t now_ms, int64_t *until_ms_r)
{
	struct slice text;
	int64_t for_ms;

	*until_ms_r = TIME_UNKNOWN;
	if (api_body_str(c, "for", 100, &text) < 0)
		return -1;
	if (text.len == 0)
		return 0;
	if (!duration_parse(text, &for_ms) || for_ms <= 0 || for_ms > PAUSE_LONGEST_MS) {
		api_problem_at(c->reply, 400, "bad-member", "for",
		    "a number and a unit: 30 min, 2 hours, 3 days",
		    "'%.*s' is no time to pause for", SLICE_ARG(text));
		return -1;
	}
	*until_ms_r = now_ms + for_ms;
	return 0;
}

static int
set(struct api_call *c, struct slice what, const char *who, const char *reason, struct err *err)
{
	static const size_t prefix = sizeof PAUSE_RULE_PREFIX - 1;
	int64_t now_ms = clock_now_ms(c->env->clock), until_ms;

	if (take_until(c, now_ms, &until_ms) < 0)
		return -1;
	if (slice_starts_with(what, PAUSE_RULE_PREFIX)) {
		struct slice id = slice_make(what.ptr + prefix, what.len - prefix);

		if (c->env->rules == NULL || rule_set_find(c->env->rules, id) < 0)
			return err_set(
			    err, ERR_NOT_FOUND, "there is no rule '%.*s'", SLICE_ARG(id));
	}
	return pauses_set(c->env->store, what, who, reason, until_ms, now_ms, err);
}

static int
lift(struct api_call *c, struct slice what, const char *who, struct err *err)
{
	int64_t lifted;

	if (pauses_lift(c->env->store, what, NULL, who, clock_now_ms(c->env->clock), &lifted, err) <
	    0)
		return -1;
	if (lifted == 0)
		return err_set(err, ERR_CONFLICT, "'%.*s' is not paused", SLICE_ARG(what));
	c->env->outbox_changed = true;
	return 0;
}

int
api_pauses_post(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"what", "paused", "for", "reason", "who", NULL};
	bool is_there, is_paused = false;
	const char *who, *reason;
	struct slice what;

	if (api_body(c, known, false, err) < 0 || take_what(c, &what, err) < 0 ||
	    api_body_bool(c, "paused", &is_there, &is_paused) < 0 ||
	    api_body_cstr(c, "reason", API_NOTE_MAX, "no reason given", &reason, err) < 0 ||
	    api_body_who(c, &who, err) < 0)
		return -1;
	if (!is_there) {
		api_problem_at(c->reply, 400, "bad-member", "paused", NULL,
		    "'paused' is missing, expected true or false");
		return -1;
	}
	if ((is_paused ? set(c, what, who, reason, err) : lift(c, what, who, err)) < 0)
		return -1;
	return api_pauses_get(c, err);
}
