/*
 * verb_pause.c - pause and resume: promotions or a rule do not act for a while.
 */
#include <string.h>
#include <unistd.h>

#include "core/json.h"

#include "daemon/verb_list.h"

static const struct column columns[] = {
    {"PAUSED", "what", 24},
    {"SINCE", "since", 20},
    {"UNTIL", "until", 20},
    {"BY", "cause", 20},
    {"WHY", "reason", 0},
    {0},
};

static int
change(struct verb_call *call, bool is_paused)
{
	const char *who = verb_flag(call, "--as");
	const char *reason = is_paused ? verb_flag(call, "--reason") : NULL;
	const char *length = is_paused ? verb_flag(call, "--for") : NULL;
	struct json_writer w;
	struct buf body;
	int code;

	if (who == NULL)
		who = getlogin();
	buf_init(&body, 64 * 1024);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_kv_cstr(&w, "what", call->args[0]);
	json_kv_bool(&w, "paused", is_paused);
	if (length != NULL)
		json_kv_cstr(&w, "for", length);
	if (reason != NULL)
		json_kv_cstr(&w, "reason", reason);
	if (who != NULL)
		json_kv_cstr(&w, "who", who);
	json_object_end(&w);
	code = list_show(call, "POST", "/api/v1/pauses", buf_slice(&body));
	buf_fini(&body);
	return code;
}

static int
run_pause(struct verb_call *call)
{
	if (call->arg_count == 0)
		return list_get(call, "/api/v1/pauses", columns, "nothing is paused");
	if (call->arg_count > 1)
		return verb_usage(call, "it takes one thing: promotions, or a rule's id");
	if (verb_flag(call, "--reason") == NULL)
		return verb_usage(call, "it needs --reason: those who wonder will read it");
	return change(call, true);
}

static int
run_resume(struct verb_call *call)
{
	if (call->arg_count != 1)
		return verb_usage(call, "it takes one thing: promotions, or a rule's id");
	return change(call, false);
}

static const struct flag pause_flags[] = {
    {"--for", NULL, "TIME", "for how long: 2h, 3 days; default: until it is resumed", false},
    {"--reason", NULL, "TEXT", "why: stands in every decision it holds", false},
    {"--as", NULL, "NAME", "who decides; default: your login", false},
    {0},
};

const struct verb verb_pause = {
    "pause",
    "[promotions | RULE]",
    "let promotions or a rule rest for a while; without a name: what is paused",
    "While promotions are paused no message for marketing is queued, and those that wait are held "
    "(`outbox list\n"
    "--hold pause`) until `resume`.  A paused rule does not fire, and its waiting messages are "
    "held likewise; its\n"
    "windows go on counting.  For everything at once there is `outbox stop`.",
    "  earshot pause promotions --for 2h --reason 'the shop is down'\n"
    "  earshot pause make-it-right --reason 'the template is wrong'",
    pause_flags,
    run_pause,
};

static const struct flag resume_flags[] = {
    {"--as", NULL, "NAME", "who decides; default: your login", false},
    {0},
};

const struct verb verb_resume = {
    "resume",
    "promotions | RULE",
    "end a pause, whoever or whatever began it; what waited goes on",
    NULL,
    "  earshot resume promotions",
    resume_flags,
    run_resume,
};
