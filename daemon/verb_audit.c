/*
 * verb_audit.c - who did what, newest first.
 */
#include <stdio.h>

#include "daemon/verb_list.h"

static const struct column columns[] = {
    {"AT", "at", 24},
    {"WHO", "who", 20},
    {"WHAT", "what", 0},
    {0},
};

static int
run(struct verb_call *call)
{
	struct buf path;
	int code;

	if (call->arg_count != 0)
		return verb_usage(call, "it takes no arguments");
	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/audit");
	list_query(&path, "before", verb_flag(call, "--before"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), columns, "nothing was done yet");
	buf_fini(&path);
	return code;
}

static const struct flag flags[] = {
    {"--before", NULL, "NO", "lines before this number", false},
    {"--limit", NULL, "N", "how many; default 50", false},
    {0},
};

const struct verb verb_audit = {
    "audit",
    "[--before NO] [--limit N]",
    "who did what: changes, and looks at persons",
    "Lines are only ever added.  None names a person: person=... is a keyed hash, the same for the "
    "same "
    "person.",
    "  earshot audit --limit 20",
    flags,
    run,
};
