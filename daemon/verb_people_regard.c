/*
 * verb_people_regard.c - `earshot people influence AUTHOR` and `earshot people adopters`.
 */
#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "daemon/verb_people.h"

int
people_influence(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/authors/");
	client_encode(&path, slice_of(call->args[1]));
	buf_add_str(&path, "/influence");
	code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	buf_fini(&path);
	return code;
}

static const struct column columns[] = {
    {"HANDLE", "handle", 28},
    {"SCORE", "score", 6},
    {"EARLY ON", "credited", 8},
    {"OF", "items", 4},
    {"AMONG", "early_on", 0},
    {0},
};

int
people_adopters(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/adopters");
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), columns, "nobody is an early adopter yet");
	buf_fini(&path);
	return code;
}
