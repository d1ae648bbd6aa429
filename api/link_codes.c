/*
 * link_codes.c - one-time codes that a customer posts to show which account is theirs.
 *
 * POST /api/v1/customers/{id}/link-codes   200 with the code, which is told this once;
 * {"expires_in":"24h"}; 404 no such customer; 409 too many are open
 * GET  /api/v1/customers/{id}/link-codes   200 those made lately, without the codes
 */
#include "api/api_internal.h"

#include "core/options.h"
#include "people/link_codes.h"
#include "store/link_codes.h"
#include "store/store.h"

#define VALID_DEFAULT_MS TIME_DAY_MS

static int
take_valid(struct api_call *c, int64_t *valid_ms_r)
{
	struct slice text;

	*valid_ms_r = VALID_DEFAULT_MS;
	if (api_body_str(c, "expires_in", 100, &text) < 0)
		return -1;
	if (text.len == 0 ||
	    (duration_parse(text, valid_ms_r) && *valid_ms_r >= LINK_CODE_VALID_MIN_MS &&
		*valid_ms_r <= LINK_CODE_VALID_MAX_MS))
		return 0;
	api_problem_at(c->reply, 400, "bad-member", "expires_in",
	    "a number and a unit, from 1 minute to 30 days: 24 hours",
	    "'%.*s' is no time for a code to last", SLICE_ARG(text));
	return -1;
}

int
api_link_codes_post(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"expires_in", "who", NULL};
	int64_t valid_ms, now_ms = clock_now_ms(c->env->clock);
	struct json_writer *w;
	struct slice code;
	const char *who;

	if (api_body(c, known, true, err) < 0 || take_valid(c, &valid_ms) < 0 ||
	    api_body_who(c, &who, err) < 0 ||
	    link_code_make(c->env->store, c->params[0], slice_of(c->env->code_prefix), who,
		valid_ms, now_ms, c->env->arena, &code, err) < 0 ||
	    store_audit(c->env->store, now_ms, who, "link-code.make", err) < 0)
		return -1;
	w = api_object(c);
	json_kv_str(w, "customer_id", c->params[0]);
	json_kv_str(w, "code", code);
	json_kv_time(w, "expires_at", now_ms + valid_ms);
	api_object_end(c);
	return 0;
}

static const char *
state_of(const struct link_code_row *row, int64_t now_ms)
{
	if (row->used_at_ms != TIME_UNKNOWN)
		return "used";
	return row->expires_at_ms <= now_ms ? "expired" : "open";
}

int
api_link_codes_list(struct api_call *c, struct err *err)
{
	int64_t now_ms = clock_now_ms(c->env->clock);
	struct link_code_row *rows;
	struct json_writer *w;
	size_t count;

	if (store_link_codes_of_customer(
		c->env->store, c->params[0], API_PAGE_MAX, c->env->arena, &rows, &count, err) < 0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_cstr(w, "state", state_of(&rows[i], now_ms));
		json_kv_str(w, "made_by", rows[i].made_by);
		json_kv_time(w, "made_at", rows[i].at_ms);
		json_kv_time(w, "expires_at", rows[i].expires_at_ms);
		json_kv_time(w, "used_at", rows[i].used_at_ms);
		json_kv_str(w, "author_id", rows[i].author_id);
		json_object_end(w);
	}
	api_items_end(c, 0);
	return 0;
}
