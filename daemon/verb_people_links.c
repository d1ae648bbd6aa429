/*
 * verb_people_links.c - `earshot people links|link|unlink|code|codes|suggestions|accept|dismiss`:
 * which accounts are a customer.
 */
#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "daemon/verb_people.h"

static const struct column link_columns[] = {
    {"NO", "id", 6},
    {"HANDLE", "handle", 30},
    {"PROOF", "proof", 15},
    {"SURE", "confidence", 4},
    {"SINCE", "linked_at", 20},
    {"UNTIL", "unlinked_at", 20},
    {"BY", "made_by", 14},
    {"BASIS", "basis", 30},
    {"WHY IT ENDED", "unlink_reason", 0},
    {0},
};

static void
customer_path(struct verb_call *call, const char *what, struct buf *path)
{
	buf_init(path, LIST_PATH_MAX);
	buf_add_str(path, "/api/v1/customers/");
	client_encode(path, slice_of(call->args[1]));
	buf_add_str(path, what);
}

int
people_links(struct verb_call *call)
{
	struct buf path;
	int code;

	customer_path(call, "/links", &path);
	code = list_get(call, buf_str(&path), link_columns, "no links");
	buf_fini(&path);
	return code;
}

int
people_link(struct verb_call *call)
{
	const char *proof = verb_flag(call, "--proof"), *sure = verb_flag(call, "--confidence");
	long long confidence = 0;
	struct people_ask ask;

	if (sure != NULL && (!slice_to_i64(slice_of(sure), &confidence) || confidence < 1))
		return verb_usage(call, "--confidence is a percentage, 1 to 100");
	people_ask_begin(&ask, call, "/api/v1/customers/", "/links");
	json_kv_cstr(&ask.w, "author", call->args[2]);
	json_kv_cstr(&ask.w, "proof", proof == NULL ? "agent" : proof);
	people_ask_flag(&ask, "--basis", "basis");
	if (sure != NULL)
		json_kv_i64(&ask.w, "confidence", confidence);
	return people_ask_end(&ask);
}

int
people_unlink(struct verb_call *call)
{
	struct people_ask ask;

	people_ask_begin(&ask, call, "/api/v1/customers/", "/unlink");
	json_kv_cstr(&ask.w, "author", call->args[2]);
	people_ask_flag(&ask, "--reason", "reason");
	return people_ask_end(&ask);
}

/* ---- codes ------------------------------------------------------------------- */

static const struct column code_columns[] = {
    {"STATE", "state", 8},
    {"MADE", "made_at", 20},
    {"BY", "made_by", 14},
    {"EXPIRES", "expires_at", 20},
    {"USED", "used_at", 20},
    {"ACCOUNT", "author_id", 0},
    {0},
};

int
people_code(struct verb_call *call)
{
	struct people_ask ask;

	people_ask_begin(&ask, call, "/api/v1/customers/", "/link-codes");
	people_ask_flag(&ask, "--for", "expires_in");
	return people_ask_end(&ask);
}

int
people_codes(struct verb_call *call)
{
	struct buf path;
	int code;

	customer_path(call, "/link-codes", &path);
	code = list_get(call, buf_str(&path), code_columns, "no codes lately");
	buf_fini(&path);
	return code;
}

/* ---- suggestions ------------------------------------------------------------- */

static const struct column suggestion_columns[] = {
    {"NO", "id", 6},
    {"SURE", "confidence", 4},
    {"HANDLE", "handle", 30},
    {"CUSTOMER", "customer_id", 20},
    {"SINCE", "at", 20},
    {"BASIS", "basis", 0},
    {0},
};

int
people_suggestions(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/link-suggestions");
	list_query(&path, "state", verb_flag(call, "--state"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), suggestion_columns, "no suggestions");
	buf_fini(&path);
	return code;
}

static int
decide(struct verb_call *call, const char *what)
{
	struct people_ask ask;

	people_ask_begin(&ask, call, "/api/v1/link-suggestions/", what);
	return people_ask_end(&ask);
}

int
people_accept(struct verb_call *call)
{
	return decide(call, "/accept");
}

int
people_dismiss(struct verb_call *call)
{
	return decide(call, "/dismiss");
}
