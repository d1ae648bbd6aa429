/*
 * verb_people_merge.c - `earshot people merge|unmerge`: two customers are one person, or not.
 */
#include "daemon/verb_people.h"

#include "daemon/verb.h"

int
people_merge(struct verb_call *call)
{
	struct people_ask ask;

	people_ask_begin(&ask, call, "/api/v1/customers/", "/merge");
	json_kv_cstr(&ask.w, "other", call->args[2]);
	people_ask_flag(&ask, "--reason", "reason");
	return people_ask_end(&ask);
}

int
people_unmerge(struct verb_call *call)
{
	struct people_ask ask;

	people_ask_begin(&ask, call, "/api/v1/customers/", "/unmerge");
	people_ask_flag(&ask, "--reason", "reason");
	return people_ask_end(&ask);
}
