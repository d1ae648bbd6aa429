/*
 * verb_look.c - status, sources, why: one call each.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/client.h"
#include "daemon/verb_list.h"

/* ---- sources, status -------------------------------------------------------------- */

static const struct column source_columns[] = {
    {"NAME", "name", 16},
    {"TYPE", "type", 9},
    {"HEALTH", "health", 9},
    {"STORED", "stored", 8},
    {"LAST POST", "last_post_at", 12},
    {"NEXT", "next_poll_at", 10},
    {"DETAIL", "detail", 0},
    {0},
};

static int
run_sources(struct verb_call *call)
{
	if (call->arg_count > 1 || (call->arg_count == 1 && strcmp(call->args[0], "list") != 0))
		return verb_usage(call, "there is no '%s' here", call->args[0]);
	return list_get(call, "/api/v1/sources", source_columns, "no sources are configured");
}

const struct verb verb_sources = {
    "sources",
    "[list]",
    "what is listened to, and how well it answers",
    NULL,
    "  earshot sources",
    NULL,
    run_sources,
};

static int
run_status(struct verb_call *call)
{
	if (call->arg_count > 0)
		return verb_usage(call, "it takes no '%s'", call->args[0]);
	return list_show(call, "GET", "/api/v1/status", SLICE_NONE);
}

const struct verb verb_status = {
    "status",
    "",
    "is it alive, what fired, what waits, what fails",
    NULL,
    "  earshot status",
    NULL,
    run_status,
};

/* ---- why --------------------------------------------------------------------------- */

/* "why POST RULE" as well as "why not POST RULE"; "why incident 3". */
static int
run_why(struct verb_call *call)
{
	const char *message = verb_flag(call, "--message");
	size_t first = call->arg_count > 1 && strcmp(call->args[0], "not") == 0;
	size_t count = call->arg_count - first;
	const char *const *args = call->args + first;
	struct buf path, answer;
	int code;

	if (message == NULL && count == 0)
		return verb_usage(call, "it needs the id of a post, a message or a watch");
	if (count > 2)
		return verb_usage(call, "it takes one id, and a rule's");
	buf_init(&path, LIST_PATH_MAX);
	buf_init(&answer, LIST_ANSWER_MAX);
	buf_add_str(&path, "/api/v1/why");
	if (message != NULL) {
		list_query(&path, "message", message);
		list_query(&path, "rule", count > 0 ? args[0] : NULL);
	} else if (count == 2 && strcmp(args[0], "incident") == 0) {
		list_query(&path, "incident", args[1]);
	} else {
		list_query(&path, "about", args[0]);
		list_query(&path, "rule", count > 1 ? args[1] : NULL);
	}
	if (!call->is_json)
		list_query(&path, "format", "text");
	if (client_simple(call, "GET", buf_str(&path), SLICE_NONE, &answer, &code) == 0)
		printf("%s\n", buf_str(&answer));
	buf_fini(&answer);
	buf_fini(&path);
	return code;
}

static const struct flag why_flags[] = {
    {"--message", NULL, "ID", "why this message exists and what became of it", false},
    {0},
};

const struct verb verb_why = {
    "why",
    "[not] POST|MESSAGE|WATCH [RULE] | incident NO",
    "why a rule fired, or why not; why a message exists; why a watch saw a crowd",
    "From what was stored then, by the rules of then: the words and weights that made the score, "
    "the "
    "truth of each condition\n"
    "with the values seen, what held it back, and what became of the messages.  Without a rule: "
    "those "
    "that fired, those that were\n"
    "held, counted or wait, and the nearest of the others.  What is gone is said to be no longer "
    "known.",
    "  earshot why https://social.example/users/someone/statuses/1 make-it-right\n"
    "  earshot why not https://social.example/users/someone/statuses/1\n"
    "  earshot why 3f2a9c\n"
    "  earshot why incident 3",
    why_flags,
    run_why,
};
