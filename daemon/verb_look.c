/*
 * verb_look.c - status, sources, people, why: one call each.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/client.h"
#include "daemon/verb_influence.h"
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

/* ---- people, import ------------------------------------------------------------------ */

static const struct column customer_columns[] = {
    {"ID", "id", 24},
    {"COUNTRY", "country", 7},
    {"LOCALE", "locale", 7},
    {"TIME ZONE", "timezone", 0},
    {0},
};

static int
run_people(struct verb_call *call)
{
	const char *what = call->arg_count == 0 ? "list" : call->args[0];
	struct buf path;
	int code;

	if (strcmp(what, "influence") == 0 && call->arg_count == 1 &&
	    verb_flag(call, "--pairs") != NULL)
		return influence_pairs(call, verb_flag(call, "--pairs"));
	buf_init(&path, LIST_PATH_MAX);
	if (strcmp(what, "list") == 0) {
		buf_add_str(&path, "/api/v1/customers");
		list_query(&path, "after", verb_flag(call, "--after"));
		list_query(&path, "limit", verb_flag(call, "--limit"));
		code = list_get(call, buf_str(&path), customer_columns, "no customers");
	} else if ((strcmp(what, "show") == 0 || strcmp(what, "author") == 0) &&
	    call->arg_count == 2) {
		buf_add_str(&path, what[0] == 's' ? "/api/v1/customers/" : "/api/v1/authors/");
		client_encode(&path, slice_of(call->args[1]));
		code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	} else if (strcmp(what, "show") == 0 || strcmp(what, "author") == 0) {
		code = verb_usage(call, "`%s` needs an id", what);
	} else if (strcmp(what, "influence") == 0) {
		code = verb_usage(call,
		    call->arg_count > 1 ? "`influence` takes one file, behind --pairs"
					: "`influence` needs --pairs FILE");
	} else {
		code = verb_usage(call, "there is no '%s' here", what);
	}
	buf_fini(&path);
	return code;
}

static const struct flag people_flags[] = {
    {"--after", NULL, "ID", "customers behind this id", false},
    {"--limit", NULL, "N", "how many; default 50", false},
    {"--pairs", NULL, "FILE", "CSV of pairs of accounts; - is standard input", false},
    {0},
};

const struct verb verb_people = {
    "people",
    "[list | show CUSTOMER | author ID-OR-HANDLE | influence --pairs FILE]",
    "customers and authors, and how influential they are",
    "`influence` reads pairs of accounts (columns A_follower_count, B_follower_count and so on; an "
    "empty cell is unknown) and\n"
    "prints for each, a line a row, how likely people are to call A the more influential; --json "
    "has the parts.  It needs no\n"
    "daemon.  A row that cannot be read is told, and then nothing is printed (exit code 1).",
    "  earshot people show u-1001\n  earshot people author @someone@mastodon.social\n"
    "  earshot people influence --pairs pairs.csv",
    people_flags,
    run_people,
};
