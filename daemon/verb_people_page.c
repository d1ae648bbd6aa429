/*
 * verb_people_page.c - `earshot people page KEY`: everything about one person as text.
 */
#include <stdio.h>

#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "daemon/verb_people.h"

/* The page is written where the other one is (api/privacy_page.c): nothing in it steers a terminal. */
int
people_page(struct verb_call *call)
{
	struct buf path, answer;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_init(&answer, LIST_ANSWER_MAX);
	buf_add_str(&path, "/api/v1/people/");
	client_encode(&path, slice_of(call->args[1]));
	if (!call->is_json)
		buf_add_str(&path, "?format=text");
	if (client_simple(call, "GET", buf_str(&path), SLICE_NONE, &answer, &code) == 0)
		printf("%s%s", buf_str(&answer), call->is_json ? "\n" : "");
	buf_fini(&answer);
	buf_fini(&path);
	return code;
}
