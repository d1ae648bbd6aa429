#include "daemon/verb_people.h"

#include <unistd.h>

#include "daemon/client.h"
#include "daemon/verb_list.h"

#define BODY_MAX (64 * 1024)

void
people_ask_begin(
    struct people_ask *ask, struct verb_call *call, const char *below, const char *what)
{
	ask->call = call;
	ask->method = "POST";
	buf_init(&ask->path, LIST_PATH_MAX);
	buf_init(&ask->body, BODY_MAX);
	buf_add_str(&ask->path, below);
	client_encode(&ask->path, slice_of(call->args[1]));
	buf_add_str(&ask->path, what);
	json_writer_init(&ask->w, &ask->body);
	json_object_begin(&ask->w);
}

void
people_ask_flag(struct people_ask *ask, const char *flag, const char *member)
{
	if (verb_flag(ask->call, flag) != NULL)
		json_kv_cstr(&ask->w, member, verb_flag(ask->call, flag));
}

int
people_ask_end(struct people_ask *ask)
{
	const char *who = verb_flag(ask->call, "--as");
	int code;

	if (who == NULL)
		who = getlogin();
	if (who != NULL)
		json_kv_cstr(&ask->w, "who", who);
	json_object_end(&ask->w);
	code = list_show(ask->call, ask->method, buf_str(&ask->path), buf_slice(&ask->body));
	buf_fini(&ask->body);
	buf_fini(&ask->path);
	return code;
}
