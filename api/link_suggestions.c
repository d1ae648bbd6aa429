/*
 * link_suggestions.c - which customers strangers may be, for a person to decide.
 *
 * GET  /api/v1/link-suggestions?state=      200; those that are open, the newest first
 * POST /api/v1/link-suggestions/{no}/accept 200 the link; 404, 409 it was decided
 * POST /api/v1/link-suggestions/{no}/dismiss 200 the suggestion, which does not come back; 404, 409
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "people/links.h"
#include "people/suggest.h"
#include "store/store.h"
#include "store/suggestions.h"

static const char *const states[] = {"open", "accepted", "dismissed"};

static void
suggestion_members(struct json_writer *w, const struct suggestion_row *row)
{
	json_kv_i64(w, "id", row->suggestion_no);
	json_kv_cstr(w, "state", states[row->state]);
	json_kv_str(w, "customer_id", row->customer_id);
	json_kv_str(w, "author_id", row->author_id);
	json_kv_str(w, "handle", row->handle.len > 0 ? row->handle : SLICE_NONE);
	json_kv_i64(w, "confidence", row->confidence);
	json_kv_str(w, "basis", row->basis);
	json_kv_str(w, "decision_id", row->decision_id);
	json_kv_time(w, "at", row->at_ms);
	json_kv_str(w, "changed_by", row->changed_by);
	json_kv_time(w, "changed_at", row->changed_at_ms);
}

int
api_suggestions_list(struct api_call *c, struct err *err)
{
	struct suggestion_row *rows;
	struct json_writer *w;
	size_t limit, count, shown;
	int64_t before;
	int state;

	if (api_query_page(c, &before, &limit) < 0 ||
	    api_query_word(c, "state", states, 3, &state) < 0)
		return -1;
	if (store_suggestions_list(c->env->store,
		state < 0 ? SUGGESTION_OPEN : (enum suggestion_state)state, before, limit + 1,
		c->env->arena, &rows, &count, err) < 0)
		return -1;
	shown = count > limit ? limit : count;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++) {
		json_object_begin(w);
		suggestion_members(w, &rows[i]);
		json_object_end(w);
	}
	api_items_end(c, count > limit ? rows[shown - 1].suggestion_no : 0);
	return 0;
}

/* The audit names no person: the numbers lead to who they are while that is known. */
static int
audit(struct api_call *c, const char *what, int64_t no, const char *who, struct err *err)
{
	char text[100];

	snprintf(text, sizeof text, "link-suggestion.%s suggestion=%lld", what, (long long)no);
	return store_audit(c->env->store, clock_now_ms(c->env->clock), who, text, err);
}

static int
accept(struct api_call *c, int64_t no, const char *who, struct err *err)
{
	struct link_result result;

	if (suggest_accept(c->env->store, no, who, clock_now_ms(c->env->clock), c->env->arena,
		&result, err) < 0 ||
	    audit(c, "accept", no, who, err) < 0)
		return -1;
	api_link_members(api_object(c), &result.link);
	api_object_end(c);
	return 0;
}

static int
dismiss(struct api_call *c, int64_t no, const char *who, struct err *err)
{
	struct suggestion_row row;

	if (suggest_dismiss(
		c->env->store, no, who, clock_now_ms(c->env->clock), c->env->arena, err) < 0 ||
	    store_suggestion_load(c->env->store, no, c->env->arena, &row, err) < 0 ||
	    audit(c, "dismiss", no, who, err) < 0)
		return -1;
	suggestion_members(api_object(c), &row);
	api_object_end(c);
	return 0;
}

int
api_suggestions_act(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"who", NULL};
	bool is_accept = slice_eq_str(c->params[1], "accept");
	const char *who;
	int64_t no;

	if (!is_accept && !slice_eq_str(c->params[1], "dismiss")) {
		api_problem_at(c->reply, 404, "not-found", "path", "accept or dismiss",
		    "nothing is called '%.*s' that can be done with a suggestion",
		    (int)(c->params[1].len > 100 ? 100 : c->params[1].len), c->params[1].ptr);
		return -1;
	}
	if (api_param_i64(c, 0, "suggestion", &no) < 0 || api_body(c, known, true, err) < 0 ||
	    api_body_who(c, &who, err) < 0)
		return -1;
	return is_accept ? accept(c, no, who, err) : dismiss(c, no, who, err);
}
