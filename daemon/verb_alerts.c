#include <string.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/verb_list.h"

static const struct column columns[] = {
    {"NO", "id", 5},
    {"STATE", "state", 9},
    {"SEVERITY", "severity", 9},
    {"QUEUE", "queue", 10},
    {"POSTS", "count", 5},
    {"LAST", "last_at", 12},
    {"TITLE", "title", 50},
    {"WHY", "reason", 0},
    {0},
};

static int
list(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/alerts");
	list_query(&path, "state", verb_flag(call, "--state"));
	list_query(&path, "queue", verb_flag(call, "--queue"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), columns, "no open alerts");
	buf_fini(&path);
	return code;
}

static int
act(struct verb_call *call, const char *what, const char *id)
{
	const char *who = verb_flag(call, "--as"), *note = verb_flag(call, "--note");
	struct json_writer w;
	struct buf path, body;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_init(&body, 64 * 1024);
	buf_add_str(&path, "/api/v1/alerts/");
	client_encode(&path, slice_of(id));
	if (strcmp(what, "show") == 0) {
		code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	} else {
		buf_addf(&path, "/%s", what);
		json_writer_init(&w, &body);
		json_object_begin(&w);
		if (who == NULL)
			who = getlogin();
		if (who != NULL)
			json_kv_cstr(&w, "who", who);
		if (note != NULL)
			json_kv_cstr(&w, "note", note);
		json_object_end(&w);
		code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	}
	buf_fini(&body);
	buf_fini(&path);
	return code;
}

static int
run(struct verb_call *call)
{
	const char *what = call->arg_count == 0 ? "list" : call->args[0];
	int code = EXIT_DONE;

	if (strcmp(what, "list") == 0)
		return list(call);
	if (strcmp(what, "show") != 0 && strcmp(what, "ack") != 0 && strcmp(what, "resolve") != 0)
		return verb_usage(call, "there is no '%s' here", what);
	if (call->arg_count < 2)
		return verb_usage(call, "`%s` needs an alert's number", what);
	for (size_t i = 1; i < call->arg_count && code == EXIT_DONE; i++)
		code = act(call, what, call->args[i]);
	return code;
}

static const struct flag flags[] = {
    {"--state", NULL, "STATE", "open, acknowledged or resolved; default: open and acknowledged",
	false},
    {"--queue", NULL, "NAME", "only this queue", false},
    {"--limit", NULL, "N", "how many; default 50", false},
    {"--note", NULL, "TEXT", "a word for the record", false},
    {"--as", NULL, "NAME", "who; default: your login", false},
    {0},
};

const struct verb verb_alerts = {
    "alerts",
    "[list | show NO | ack NO | resolve NO]",
    "what support must look at",
    NULL,
    "  earshot alerts\n  earshot alerts show 12\n  earshot alerts ack 12 --note 'calling them'",
    flags,
    run,
};
