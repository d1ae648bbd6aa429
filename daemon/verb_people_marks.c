/*
 * verb_people_marks.c - `earshot people tag|untag|list-add|list-remove`: a customer's tags and lists.
 */
#include "daemon/verb.h"
#include "daemon/verb_people.h"

/* {group: {name: true or null}} */
static int
mark(struct verb_call *call, const char *group, bool is_on)
{
	struct people_ask ask;

	people_ask_begin(&ask, call, "/api/v1/customers/", "");
	ask.method = "PATCH";
	json_key(&ask.w, group);
	json_object_begin(&ask.w);
	json_key(&ask.w, call->args[2]);
	if (is_on)
		json_put_bool(&ask.w, true);
	else
		json_put_null(&ask.w);
	json_object_end(&ask.w);
	return people_ask_end(&ask);
}

int
people_tag(struct verb_call *call)
{
	return mark(call, "tags", true);
}

int
people_untag(struct verb_call *call)
{
	return mark(call, "tags", false);
}

int
people_list_add(struct verb_call *call)
{
	return mark(call, "lists", true);
}

int
people_list_remove(struct verb_call *call)
{
	return mark(call, "lists", false);
}
