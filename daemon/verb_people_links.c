/*
 * verb_people_links.c - `earshot people links|link|unlink|code|codes|suggestions|accept|dismiss`:
 * which accounts are a customer.
 */
#include <unistd.h>

#include "core/json.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "daemon/verb_people.h"

#define BODY_MAX (64 * 1024)

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

static void
put_flag(struct verb_call *call, struct json_writer *w, const char *flag, const char *member)
{
	if (verb_flag(call, flag) != NULL)
		json_kv_cstr(w, member, verb_flag(call, flag));
}

static void
put_who(struct verb_call *call, struct json_writer *w)
{
	const char *who = verb_flag(call, "--as");

	if (who == NULL)
		who = getlogin();
	if (who != NULL)
		json_kv_cstr(w, "who", who);
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
	struct json_writer w;
	struct buf path, body;
	int code;

	if (sure != NULL && (!slice_to_i64(slice_of(sure), &confidence) || confidence < 1))
		return verb_usage(call, "--confidence is a percentage, 1 to 100");
	customer_path(call, "/links", &path);
	buf_init(&body, BODY_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_kv_cstr(&w, "author", call->args[2]);
	json_kv_cstr(&w, "proof", proof == NULL ? "agent" : proof);
	put_flag(call, &w, "--basis", "basis");
	if (sure != NULL)
		json_kv_i64(&w, "confidence", confidence);
	put_who(call, &w);
	json_object_end(&w);
	code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	buf_fini(&body);
	buf_fini(&path);
	return code;
}

int
people_unlink(struct verb_call *call)
{
	struct json_writer w;
	struct buf path, body;
	int code;

	customer_path(call, "/unlink", &path);
	buf_init(&body, BODY_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_kv_cstr(&w, "author", call->args[2]);
	put_flag(call, &w, "--reason", "reason");
	put_who(call, &w);
	json_object_end(&w);
	code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	buf_fini(&body);
	buf_fini(&path);
	return code;
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
	struct json_writer w;
	struct buf path, body;
	int code;

	customer_path(call, "/link-codes", &path);
	buf_init(&body, BODY_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	put_flag(call, &w, "--for", "expires_in");
	put_who(call, &w);
	json_object_end(&w);
	code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	buf_fini(&body);
	buf_fini(&path);
	return code;
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
	struct json_writer w;
	struct buf path, body;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_init(&body, BODY_MAX);
	buf_add_str(&path, "/api/v1/link-suggestions/");
	client_encode(&path, slice_of(call->args[1]));
	buf_add_str(&path, what);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	put_who(call, &w);
	json_object_end(&w);
	code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	buf_fini(&body);
	buf_fini(&path);
	return code;
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
