/*
 * verb_segments.c - `earshot segments`: groups of customers, who is in them, and members from a file.
 */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "platform/file.h"

#define IMPORT_BYTES_MAX (12u * 1024 * 1024) /* with quotes and commas it fits a request */
#define BODY_MAX (15u * 1024 * 1024)

static const struct column segment_columns[] = {
    {"ID", "id", 20},
    {"MEMBERS", "members", 10},
    {"JUDGED", "judged", 10},
    {"OF", "to_judge", 10},
    {"FINISHED", "finished", 8},
    {"TITLE", "title", 0},
    {0},
};

static const struct column member_columns[] = {
    {"CUSTOMER", "customer", 32},
    {"SINCE", "since", 0},
    {0},
};

static void
segment_path(struct verb_call *call, struct buf *path)
{
	buf_init(path, LIST_PATH_MAX);
	buf_add_str(path, "/api/v1/segments/");
	client_encode(path, slice_of(call->args[1]));
}

static int
run_list(struct verb_call *call)
{
	return list_get(call, "/api/v1/segments", segment_columns,
	    "no segments: write one into the rules, and apply them");
}

static int
run_show(struct verb_call *call)
{
	struct buf path;
	int code;

	segment_path(call, &path);
	code = list_show(call, "GET", buf_str(&path), SLICE_NONE);
	buf_fini(&path);
	return code;
}

static int
run_members(struct verb_call *call)
{
	struct buf path;
	int code;

	segment_path(call, &path);
	buf_add_str(&path, "/members");
	list_query(&path, "after", verb_flag(call, "--after"));
	list_query(&path, "limit", verb_flag(call, "--limit"));
	code = list_get(call, buf_str(&path), member_columns, "nobody is in this segment");
	buf_fini(&path);
	return code;
}

/* ---- import ---------------------------------------------------------------- */

/* The first field of a line of CSV, or the line. */
static struct slice
first_field(struct slice line)
{
	struct slice s = slice_trim(slice_split(&line, ','));

	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		s = slice_make(s.ptr + 1, s.len - 2);
	return s;
}

/* Names of columns that exports of others begin with. */
static bool
is_heading(struct slice s)
{
	static const char *const names[] = {
	    "id", "customer", "customer_id", "user_id", "userid", "user.userid"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_nocase(s, slice_of(names[i])))
			return true;
	return false;
}

static void
make_body(struct slice text, const char *member, struct buf *body)
{
	struct json_writer w;
	bool is_first = true;

	json_writer_init(&w, body);
	json_object_begin(&w);
	json_key(&w, member);
	json_array_begin(&w);
	if (slice_starts_with(text, "\xef\xbb\xbf"))
		text = slice_make(text.ptr + 3, text.len - 3);
	while (slice_is_set(text) && text.len > 0) {
		struct slice id = first_field(slice_split(&text, '\n'));

		if (id.len > 0 && !(is_first && is_heading(id)))
			json_put_str(&w, id);
		is_first = is_first && id.len == 0;
	}
	json_array_end(&w);
	json_object_end(&w);
}

static int
run_import(struct verb_call *call)
{
	const char *path = strcmp(call->args[2], "-") == 0 ? "/dev/stdin" : call->args[2];
	const char *member = verb_flag(call, "--replace") != NULL ? "replace"
	    : verb_flag(call, "--remove") != NULL                 ? "remove"
								  : "add";
	struct buf text, body, url;
	struct err err = {ERR_NONE, ""};
	int code;

	buf_init(&text, IMPORT_BYTES_MAX);
	buf_init(&body, BODY_MAX);
	segment_path(call, &url);
	buf_add_str(&url, "/members");
	if (file_read(path, IMPORT_BYTES_MAX - 1, &text, &err) < 0) {
		code = verb_cannot(call, &err);
		goto out;
	}
	make_body(buf_slice(&text), member, &body);
	if (buf_failed(&body)) {
		err_set(&err, ERR_LIMIT, "'%s' holds too many ids for one request: split it", path);
		code = verb_cannot(call, &err);
		goto out;
	}
	code = list_show(call, "POST", buf_str(&url), buf_slice(&body));
out:
	buf_fini(&text);
	buf_fini(&body);
	buf_fini(&url);
	return code;
}

/* ---- estimate -------------------------------------------------------------- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
run_estimate(struct verb_call *call)
{
	bool is_input = strcmp(call->args[1], "-") == 0;
	struct buf text, body;
	struct json_writer w;
	struct err err = {ERR_NONE, ""};
	int code;

	buf_init(&text, IMPORT_BYTES_MAX);
	buf_init(&body, BODY_MAX);
	if (file_read(is_input ? "/dev/stdin" : call->args[1], IMPORT_BYTES_MAX - 1, &text, &err) <
	    0) {
		code = verb_cannot(call, &err);
		goto out;
	}
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_kv_str(&w, "text", buf_slice(&text));
	if (!is_input)
		json_kv_cstr(&w, "file", base_name(call->args[1]));
	if (call->arg_count > 2)
		json_kv_cstr(&w, "id", call->args[2]);
	json_object_end(&w);
	code = list_show(call, "POST", "/api/v1/segments/estimate", buf_slice(&body));
out:
	buf_fini(&text);
	buf_fini(&body);
	return code;
}

/* ---- the verb -------------------------------------------------------------- */

static int
run_segments(struct verb_call *call)
{
	static const struct {
		const char *name;
		size_t args; /* with its own name */
		size_t spare; /* and so many that may be left out */
		const char *usage;
		int (*run)(struct verb_call *call);
	} commands[] = {
	    {"list", 1, 0, "list", run_list},
	    {"show", 2, 0, "show ID", run_show},
	    {"members", 2, 0, "members ID", run_members},
	    {"import", 3, 0, "import ID FILE", run_import},
	    {"estimate", 2, 1, "estimate FILE [ID]", run_estimate},
	};
	const char *what = call->arg_count == 0 ? "list" : call->args[0];

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, what) != 0)
			continue;
		if (call->arg_count > 0 &&
		    (call->arg_count < commands[i].args ||
			call->arg_count > commands[i].args + commands[i].spare))
			return verb_usage(call, "write: earshot segments %s", commands[i].usage);
		return commands[i].run(call);
	}
	return verb_usage(call, "there is no '%s' here", what);
}

static const struct flag segments_flags[] = {
    {"--after", NULL, "ID", "members behind this customer", false},
    {"--limit", NULL, "N", "how many; default 50", false},
    {"--replace", NULL, NULL, "import: the file holds all members; others leave", false},
    {"--remove", NULL, NULL, "import: those in the file leave", false},
    {0},
};

const struct verb verb_segments = {
    "segments",
    "[list | show ID | members ID | import ID FILE | estimate FILE [ID]]",
    "groups of customers: how many are in each, and who",
    "Segments are written in the rules. `list` says how many customers are in each, and while "
    "everybody "
    "is judged how far that has come. `import` adds the customers whose ids stand in the file, one "
    "on a "
    "line or in the first column of a CSV, to a segment whose members are imported; sent again it "
    "changes "
    "nothing. `estimate` says how many would be in the segments of a file of rules that is not "
    "live; "
    "beyond 10,000 customers that is an estimate from a sample. - is standard input.",
    "  earshot segments\n"
    "  earshot segments show loyal\n"
    "  earshot segments import vip vip.csv --replace\n"
    "  earshot segments estimate draft.rules",
    segments_flags,
    run_segments,
};
