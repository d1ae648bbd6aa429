#include <string.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/verb_list.h"

static const struct column columns[] = {
    {"ID", "id", 10},
    {"STATE", "state", 10},
    {"HOLD", "hold", 9},
    {"CHANNEL", "channel", 9},
    {"TO", "address", 28},
    {"TEMPLATE", "template", 16},
    {"SINCE", "updated_at", 10},
    {"WHY", "reason", 0},
    {0},
};

static int
list(struct verb_call *call)
{
	struct buf path;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/outbox");
	list_query(&path, "state", verb_flag(call, "--state"));
	list_query(&path, "hold", verb_flag(call, "--hold"));
	list_query(&path, "channel", verb_flag(call, "--channel"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	list_query(&path, "before", verb_flag(call, "--before"));
	code = list_get(call, buf_str(&path), columns, "nothing is there");
	buf_fini(&path);
	return code;
}

static void
put_optional(struct json_writer *w, const char *key, const char *value)
{
	if (value != NULL)
		json_kv_cstr(w, key, value);
}

/* {"text":..,"reason":..,"who":..} with what was given. */
static void
act_body(struct verb_call *call, struct buf *body)
{
	struct json_writer w;
	const char *who = verb_flag(call, "--as");

	json_writer_init(&w, body);
	json_object_begin(&w);
	put_optional(&w, "text", verb_flag(call, "--text"));
	put_optional(&w, "reason", verb_flag(call, "--reason"));
	put_optional(&w, "who", who == NULL ? getlogin() : who);
	json_object_end(&w);
}

static int
act(struct verb_call *call, const char *what, const char *id)
{
	struct buf path, body;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_init(&body, 256 * 1024);
	buf_add_str(&path, "/api/v1/outbox/");
	client_encode(&path, slice_of(id));
	if (strcmp(what, "show") == 0) {
		code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	} else {
		buf_addf(&path, "/%s", what);
		act_body(call, &body);
		code = list_show(call, "POST", buf_str(&path), buf_slice(&body));
	}
	buf_fini(&body);
	buf_fini(&path);
	return code;
}

static int
switch_sending(struct verb_call *call, bool stop)
{
	struct json_writer w;
	struct buf body;
	int code;

	buf_init(&body, 64 * 1024);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_kv_bool(&w, "stopped", stop);
	put_optional(&w, "reason", verb_flag(call, "--reason"));
	json_object_end(&w);
	code = list_show(call, "POST", "/api/v1/sending", buf_slice(&body));
	buf_fini(&body);
	return code;
}

static int
run(struct verb_call *call)
{
	static const char *const with_id[] = {
	    "show", "approve", "reject", "hold", "release", "retry", "drop"};
	const char *what = call->arg_count == 0 ? "list" : call->args[0];

	if (strcmp(what, "list") == 0)
		return list(call);
	if (strcmp(what, "stop") == 0 || strcmp(what, "resume") == 0)
		return switch_sending(call, what[0] == 's');
	if (strcmp(what, "release") == 0 && call->arg_count == 1 &&
	    verb_flag(call, "--hold") != NULL) {
		if (strcmp(verb_flag(call, "--hold"), "brake") != 0)
			return verb_usage(call,
			    "only what the kill switch held can be released together: --hold "
			    "brake");
		return list_show(
		    call, "POST", "/api/v1/outbox/release", slice_of("{\"hold\":\"brake\"}"));
	}
	for (size_t i = 0; i < sizeof with_id / sizeof *with_id; i++) {
		int code = EXIT_DONE;

		if (strcmp(what, with_id[i]) != 0)
			continue;
		if (call->arg_count < 2)
			return verb_usage(call, "`%s` needs a message's id", what);
		for (size_t k = 1; k < call->arg_count && code == EXIT_DONE; k++)
			code = act(call, what, call->args[k]);
		return code;
	}
	return verb_usage(call, "there is no '%s' here", what);
}

static const struct flag flags[] = {
    {"--state", NULL, "STATE",
	"held, ready, sending, sent, later, rejected, unknown, suppressed, expired, dropped",
	false},
    {"--hold", NULL, "WHY", "approval, brake, operator or pause", false},
    {"--channel", NULL, "NAME", "only this channel", false},
    {"--limit", NULL, "N", "how many; default 50", false},
    {"--before", NULL, "N", "older than this: `next` of the last list", false},
    {"--text", NULL, "TEXT", "approve: the reply in your words", false},
    {"--reason", NULL, "TEXT", "why, for the record", false},
    {"--as", NULL, "NAME", "who decides; default: your login", false},
    {0},
};

const struct verb verb_outbox = {
    "outbox",
    "[list | show ID | approve ID | reject ID | hold ID | release ID | retry ID | drop ID | stop | "
    "resume]",
    "messages and drafts: look, approve, hold, retry; stop all sending",
    "Drafts wait under --hold approval.  `stop` is the kill switch: nothing leaves until `resume`; "
    "what rules\n"
    "queue meanwhile is held, can be looked at and dropped (`list --hold brake`), and goes with "
    "`resume`.  When the\n"
    "switch was the brake file, `release --hold brake` lets it go after the file is gone.  An id "
    "may be shortened to a\n"
    "unique beginning.",
    "  earshot outbox list --hold approval\n  earshot outbox approve 3f2a91 --text 'Thank you, "
    "that made our day!'\n"
    "  earshot outbox stop --reason 'wrong template'",
    flags,
    run,
};
