/*
 * verb_people_merge.c - `earshot people merge|unmerge`: two customers are one person, or not.
 */
#include <unistd.h>

#include "core/json.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "daemon/verb_people.h"

#define BODY_MAX (64 * 1024)

/* other: NULL for none. */
static int
ask(struct verb_call *call, const char *what, const char *other)
{
	const char *reason = verb_flag(call, "--reason"), *who = verb_flag(call, "--as");
	struct json_writer w;
	struct buf path, body;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers/");
	client_encode(&path, slice_of(call->args[1]));
	buf_add_str(&path, what);
	buf_init(&body, BODY_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	if (other != NULL)
		json_kv_cstr(&w, "other", other);
	if (reason != NULL)
		json_kv_cstr(&w, "reason", reason);
	if (who == NULL)
		who = getlogin();
	if (who != NULL)
		json_kv_cstr(&w, "who", who);
	json_object_end(&w);
	code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	buf_fini(&body);
	buf_fini(&path);
	return code;
}

int
people_merge(struct verb_call *call)
{
	return ask(call, "/merge", call->args[2]);
}

int
people_unmerge(struct verb_call *call)
{
	return ask(call, "/unmerge", NULL);
}
