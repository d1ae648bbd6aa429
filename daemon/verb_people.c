#include "daemon/verb_people.h"

#include <stdio.h>
#include <string.h>

#include "daemon/client.h"
#include "daemon/verb_influence.h"
#include "daemon/verb_list.h"

/* ---- what there is ---------------------------------------------------------- */

static const struct column customer_columns[] = {
    {"ID", "id", 24},
    {"COUNTRY", "country", 7},
    {"LOCALE", "locale", 7},
    {"TIME ZONE", "timezone", 0},
    {0},
};

static int
run_list(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers");
	list_query(&path, "after", verb_flag(call, "--after"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), customer_columns, "no customers");
	buf_fini(&path);
	return code;
}

static int
show_at(struct verb_call *call, const char *where)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, where);
	client_encode(&path, slice_of(call->args[1]));
	code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	buf_fini(&path);
	return code;
}

static int
run_show(struct verb_call *call)
{
	static const char *const flags[] = {"--at", "--before", "--limit"};
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers/");
	client_encode(&path, slice_of(call->args[1]));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		list_query(&path, flags[i] + 2, verb_flag(call, flags[i]));
	code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	buf_fini(&path);
	return code;
}

static int
run_author(struct verb_call *call)
{
	return show_at(call, "/api/v1/authors/");
}

static int
run_influence(struct verb_call *call)
{
	bool has_author = call->arg_count == 2;

	if (has_author == (verb_flag(call, "--pairs") != NULL))
		return verb_usage(call, "`influence` needs an author or --pairs FILE");
	return has_author ? people_influence(call)
			  : influence_pairs(call, verb_flag(call, "--pairs"));
}

/* ---- the table ---------------------------------------------------------------- */

static const struct people_command commands[] = {
    {"list", 0, 0, "", run_list},
    {"show", 1, 1, "CUSTOMER", run_show},
    {"page", 1, 1, "KEY", people_page},
    {"author", 1, 1, "ID-OR-HANDLE", run_author},
    {"events", 1, 1, "CUSTOMER", people_events},
    {"influence", 0, 1, "ID-OR-HANDLE or --pairs FILE", run_influence},
    {"adopters", 0, 0, "", people_adopters},
    {"links", 1, 1, "CUSTOMER", people_links},
    {"link", 2, 2, "CUSTOMER AUTHOR --proof agent --basis TEXT", people_link},
    {"code", 1, 1, "CUSTOMER", people_code},
    {"codes", 1, 1, "CUSTOMER", people_codes},
    {"suggestions", 0, 0, "", people_suggestions},
    {"accept", 1, 1, "NO", people_accept},
    {"dismiss", 1, 1, "NO", people_dismiss},
    {"tag", 2, 2, "CUSTOMER TAG", people_tag},
    {"untag", 2, 2, "CUSTOMER TAG", people_untag},
    {"list-add", 2, 2, "CUSTOMER LIST", people_list_add},
    {"list-remove", 2, 2, "CUSTOMER LIST", people_list_remove},
    {"merge", 2, 2, "CUSTOMER OTHER --reason TEXT", people_merge},
    {"unmerge", 1, 1, "CUSTOMER", people_unmerge},
    {"unlink", 2, 2, "CUSTOMER AUTHOR --reason TEXT", people_unlink},
};

static int
run_command(struct verb_call *call, const struct people_command *command)
{
	size_t count = call->arg_count == 0 ? 0 : call->arg_count - 1;

	if (count < command->min_args || count > command->max_args)
		return verb_usage(call, "`%s` takes: %s %s", command->name, command->name,
		    command->max_args == 0 && command->args[0] == '\0' ? "and nothing else"
								       : command->args);
	return command->run(call);
}

static int
run_people(struct verb_call *call)
{
	const char *what = call->arg_count == 0 ? "list" : call->args[0];

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, what) == 0)
			return run_command(call, &commands[i]);
	return verb_usage(call, "there is no '%s' here", what);
}

static const struct flag people_flags[] = {
    {"--after", NULL, "ID", "customers behind this id", false},
    {"--before", NULL, "NO", "events, or changes in the history, before this number", false},
    {"--limit", NULL, "N", "how many; default 50", false},
    {"--proof", NULL, "PROOF", "how it is known: agent (default) or \"signed in\"", false},
    {"--basis", NULL, "TEXT", "on what basis an agent says so: stands with the link", false},
    {"--confidence", NULL, "N", "how sure that is, in percent; default: the proof's", false},
    {"--for", NULL, "TIME", "how long a code is good; default 24h", false},
    {"--state", NULL, "STATE", "suggestions: open (default), accepted or dismissed", false},
    {"--reason", NULL, "TEXT", "why it ends, is dismissed, or why two customers are one", false},
    {"--at", NULL, "TIME", "show: the customer as it was then (2026-11-21T10:00:00Z)", false},
    {"--as", NULL, "NAME", "who decides; default: your login", false},
    {"--pairs", NULL, "FILE", "CSV of pairs of accounts; - is standard input", false},
    {0},
};

const struct verb verb_people = {
    "people",
    "[list | show CUSTOMER | page KEY | events CUSTOMER | author ID-OR-HANDLE | "
    "influence ID-OR-HANDLE | influence --pairs FILE | adopters | "
    "links CUSTOMER | link CUSTOMER AUTHOR | unlink CUSTOMER AUTHOR | code CUSTOMER | "
    "codes CUSTOMER | suggestions | accept NO | dismiss NO | "
    "tag CUSTOMER TAG | untag CUSTOMER TAG | list-add CUSTOMER LIST | list-remove CUSTOMER LIST | "
    "merge CUSTOMER OTHER | "
    "unmerge CUSTOMER]",
    "customers and authors, and how influential they are",
    "`influence ID-OR-HANDLE` shows an author's influence with its parts, who endorses them and on "
    "which "
    "topics, and what they\n"
    "were early on; `adopters` lists the early adopters, the surest first.\n"
    "`influence --pairs` reads pairs of accounts (columns A_follower_count, B_follower_count and "
    "so on; an "
    "empty cell is unknown) and\n"
    "prints for each, a line a row, how likely people are to call A the more influential; --json "
    "has the parts.  It needs no\n"
    "daemon.  A row that cannot be read is told, and then nothing is printed (exit code 1).\n"
    "`link` says that an account is a customer, AUTHOR being its id, handle or profile URL; `code` "
    "makes a one-time code that\n"
    "links whoever posts it; `suggestions` are what rules with `suggest link` found.\n"
    "`merge` makes OTHER part of CUSTOMER: whoever asks for either gets both as one; `unmerge` "
    "lets a merged customer stand on\n"
    "their own again, as they were.  `page` is all that is held about a person.",
    "  earshot people show u-1001\n  earshot people author @someone@mastodon.social\n"
    "  earshot people influence --pairs pairs.csv\n"
    "  earshot people link u-1001 @someone@mastodon.social --basis 'told us on the phone'\n"
    "  earshot people code u-1001 --for 2h\n"
    "  earshot people merge u-1001 u-2001 --reason 'two accounts in the shop'",
    people_flags,
    run_people,
};
