/*
 * verb_people_events.c - `earshot people events CUSTOMER`.
 */
#include "daemon/verb_people.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"

static const struct column event_columns[] = {
    {"AT", "at", 24},
    {"EVENT", "name", 28},
    {"SOURCE", "source", 12},
    {"ID", "id", 0},
    {0},
};

int
people_events(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers/");
	client_encode(&path, slice_of(call->args[1]));
	buf_add_str(&path, "/events");
	list_query(&path, "before", verb_flag(call, "--before"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), event_columns, "no events");
	buf_fini(&path);
	return code;
}
