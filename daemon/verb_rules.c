#include <stdio.h>
#include <string.h>

#include "core/diag.h"
#include "core/json.h"
#include "core/err.h"
#include "platform/file.h"
#include "rules/rules.h"

#include "daemon/rules_words.h"
#include "daemon/verb_list.h"

#define RULES_FILE_MAX (16 * 1024 * 1024)

static const struct column rule_columns[] = {
    {"ID", "id", 24},
    {"PRIORITY", "priority", 8},
    {"OFF", "off", 4},
    {"SHADOW", "shadow", 6},
    {"PERIOD", "period", 8},
    {"TITLE", "title", 0},
    {0},
};
static const struct column history_columns[] = {
    {"VERSION", "version", 7},
    {"LIVE", "live", 5},
    {"APPLIED", "applied_at", 12},
    {"BY", "author", 16},
    {"WHY", "reason", 0},
    {0},
};

static const struct column watch_columns[] = {
    {"ID", "id", 24},
    {"SINCE", "active_since", 12},
    {"OFF", "off", 4},
    {"PERIOD", "period", 8},
    {"VALUES", "values", 0},
    {0},
};
static const struct column incident_columns[] = {
    {"NO", "id", 6},
    {"WATCH", "watch_id", 24},
    {"BEGAN", "started_at", 12},
    {"ENDED", "ended_at", 12},
    {"PEAK", "peak", 6},
    {"WHY", "reason", 0},
    {0},
};

/* ---- text ------------------------------------------------------------------ */

static int
read_stdin(struct buf *text, struct err *err)
{
	char part[65536];
	size_t n;

	while ((n = fread(part, 1, sizeof part, stdin)) > 0)
		buf_add(text, part, n);
	if (ferror(stdin))
		return err_set(err, ERR_IO, "cannot read standard input");
	if (buf_failed(text))
		return err_set(
		    err, ERR_LIMIT, "standard input is over %d MB", RULES_FILE_MAX / 1024 / 1024);
	return 0;
}

/* For a hook before a commit: names what `fmt --write` would change. */
static int
tell_unformatted(const char *path, const struct buf *text, const struct buf *out)
{
	if (slice_eq(buf_slice(text), buf_slice(out)))
		return 0;
	printf("%s\n", path);
	return 1;
}

/* A file that is laid out already is not touched. */
static int
write_formatted(const char *path, const struct buf *text, const struct buf *out, struct err *err)
{
	if (slice_eq(buf_slice(text), buf_slice(out)))
		return 0;
	return file_write_atomic(path, buf_slice(out), false, err);
}

/* A rules file never begins with a brace, its JSON form always does. */
static bool
is_json_form(const struct buf *text)
{
	struct slice rest = slice_trim(buf_slice(text));

	return rest.len > 0 && rest.ptr[0] == '{';
}

/* One file in canonical text, or in its JSON form; nothing is checked but that it can be read.  A
 * file in the JSON form comes out as text. */
static int
format_file(struct verb_call *call, const char *path)
{
	struct diag_list *diags = diag_list_new();
	bool is_stdin = strcmp(path, "-") == 0, was_json;
	struct rule_source source = {is_stdin ? "standard input" : path, SLICE_NONE};
	struct buf text, out;
	struct err err = {ERR_NONE, "no memory"};
	int rc = -1;

	buf_init(&text, RULES_FILE_MAX);
	buf_init(&out, 4 * RULES_FILE_MAX);
	if (diags != NULL)
		rc = is_stdin ? read_stdin(&text, &err)
			      : file_read(path, RULES_FILE_MAX - 1, &text, &err);
	source.text = slice_make(buf_str(&text), text.len);
	was_json = rc == 0 && is_json_form(&text);
	if (was_json && (rc = rules_from_json(source.text, &out, &err)) < 0)
		err_prefix(&err, "%s", source.file);
	else if (rc == 0 && !was_json)
		rc = call->is_json ? rules_to_json(&source, diags, &out, &err)
				   : rules_format(&source, diags, &out, &err);
	if (rc == 1)
		verb_print_diags(call, diags);
	if (rc == 0 && !was_json && verb_flag(call, "--check") != NULL)
		rc = tell_unformatted(path, &text, &out);
	else if (rc == 0 && verb_flag(call, "--write") != NULL && !call->is_json && !is_stdin &&
	    !was_json)
		rc = write_formatted(path, &text, &out, &err);
	else if (rc == 0)
		printf("%s%s", buf_str(&out), call->is_json && !was_json ? "\n" : "");
	buf_fini(&text);
	buf_fini(&out);
	diag_list_free(diags);
	return rc < 0 ? verb_cannot(call, &err) : rc == 1 ? EXIT_FOUND : EXIT_DONE;
}

static int
format_files(struct verb_call *call)
{
	int code = EXIT_DONE;

	if (call->arg_count < 2)
		return verb_usage(call, "`fmt` needs a rules file");
	for (size_t i = 1; i < call->arg_count; i++) {
		int one = format_file(call, call->args[i]);

		code = one > code ? one : code;
	}
	return code;
}

static int
print_fields(const struct verb_call *call)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 1024 * 1024);
	json_writer_init(&w, &out);
	if (call->is_json)
		rules_put_fields(&w);
	else
		rules_describe_fields(&out);
	printf("%s%s", buf_str(&out), call->is_json ? "\n" : "");
	buf_fini(&out);
	return EXIT_DONE;
}

static int
run(struct verb_call *call)
{
	const char *what = call->arg_count == 0 ? "list" : call->args[0];
	char path[80];
	long long version;

	if (strcmp(what, "list") == 0 && verb_flag(call, "--long") != NULL && !call->is_json)
		return rules_words_all(call);
	if (strcmp(what, "list") == 0)
		return list_get(call, "/api/v1/rules", rule_columns, "no rules are live");
	if (strcmp(what, "history") == 0)
		return list_get(
		    call, "/api/v1/rules/history", history_columns, "nothing was ever applied");
	if (strcmp(what, "watches") == 0)
		return list_get(call, "/api/v1/watches", watch_columns, "no watches are live");
	if (strcmp(what, "incidents") == 0)
		return list_get(
		    call, "/api/v1/incidents", incident_columns, "no watch saw a crowd yet");
	if (strcmp(what, "show") == 0) {
		if (call->arg_count < 2)
			return verb_usage(call,
			    "`show` needs the id of a rule, or a version: `earshot rules list` and "
			    "`history` list them");
		if (!slice_to_i64(slice_of(call->args[1]), &version))
			return rules_words_one(call, call->args[1]);
		snprintf(path, sizeof path, "/api/v1/rules/versions/%lld", version);
		return list_show(call, "GET", path, SLICE_NONE);
	}
	if (strcmp(what, "fmt") == 0)
		return format_files(call);
	if (strcmp(what, "fields") == 0)
		return print_fields(call);
	return verb_usage(call, "there is no '%s' here", what);
}

static const struct flag flags[] = {
    {"--long", NULL, NULL, "list: what each rule does, in plain language", false},
    {"--write", NULL, NULL, "fmt: put the canonical text back into the file", false},
    {"--check", NULL, NULL, "fmt: name the files that are not laid out so, and exit with 1", false},
    {0},
};

const struct verb verb_rules = {
    "rules",
    "[list | show ID | history | show VERSION | watches | incidents | fmt FILE... | fields]",
    "the live rules: see them, see who changed them; lay files out",
    "`show` tells in plain language what a rule does.  `watches` shows what each watch sees now, "
    "`incidents` the crowds they saw.\n"
    "`fmt` lays a file out (- is standard input), with --json as JSON, and JSON as a rules file "
    "again; `fields` lists what conditions can speak of.  "
    "`earshot plan`, `apply` "
    "and "
    "`rollback` change what\n"
    "is live.",
    "  earshot rules list --long\n  earshot rules show angry-influencer\n  earshot rules fmt "
    "--write "
    "rules/acme.rules",
    flags,
    run,
};
