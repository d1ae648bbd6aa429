#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/diag.h"
#include "platform/file.h"
#include "rules/rules.h"

#include "daemon/bundle.h"
#include "daemon/client.h"
#include "daemon/config.h"
#include "daemon/verb_list.h"

#define RULES_FILE_MAX (16 * 1024 * 1024)

static const struct column rule_columns[] = {
    {"ID", "id", 24},
    {"PRIORITY", "priority", 8},
    {"OFF", "off", 4},
    {"SHADOW", "shadow", 6},
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

static int
print_applied(struct verb_call *call, int status, struct buf *answer)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	const struct json *root;
	int64_t version = 0;
	int code = EXIT_DONE;

	if (call->is_json) {
		printf("%s\n", buf_str(answer));
		return status < 400 ? EXIT_DONE : EXIT_FOUND;
	}
	if (json_parse(buf_slice(answer), &doc, NULL, &err) < 0)
		return verb_cannot(call, &err);
	root = json_root(doc);
	if (status < 400) {
		json_i64(json_get(root, "version"), &version);
		printf("version %lld is live\n", (long long)version);
	} else {
		list_print_findings(json_get(root, "findings"));
		fprintf(stderr, "earshot rules: %.*s\n", SLICE_ARG(json_get_str(root, "detail")));
		code = status == 422 || status == 409 ? EXIT_FOUND : EXIT_CANNOT;
	}
	json_doc_free(doc);
	return code;
}

static void
write_request(struct verb_call *call, const struct bundle *b, struct buf *body)
{
	const char *author = verb_flag(call, "--as"), *reason = verb_flag(call, "--reason");
	struct json_writer w;

	if (author == NULL)
		author = getlogin();
	json_writer_init(&w, body);
	json_object_begin(&w);
	json_kv_cstr(&w, "author", author == NULL ? "command line" : author);
	json_kv_cstr(&w, "reason", reason == NULL ? "" : reason);
	if (verb_flag(call, "--over") != NULL) {
		json_key(&w, "base_version");
		json_put_raw(&w, slice_of(verb_flag(call, "--over")));
	}
	json_key(&w, "bundle");
	bundle_print(b, body);
	buf_add_char(body, '}');
}

static int
apply(struct verb_call *call)
{
	struct diag_list *diags = diag_list_new();
	struct arena *a = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	struct config *config = NULL;
	struct client *c = NULL;
	struct bundle b;
	struct buf body, answer;
	struct err err = {ERR_NONE, "no memory"};
	int status = 0, code, rc = -1;

	buf_init(&body, 2 * (size_t)BUNDLE_BYTES_MAX);
	buf_init(&answer, LIST_ANSWER_MAX);
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		goto out;
	if (diags != NULL && a != NULL)
		rc = bundle_read(config->rules_dir, call->args + 1, call->arg_count - 1,
		    config->templates_dir, a, diags, &b, &err);
	if (rc == 0 && diag_count(diags, DIAG_ERROR) > 0) {
		verb_print_diags(call, diags);
		code = EXIT_FOUND;
		config_unref(config);
		goto out;
	}
	if (rc == 0) {
		write_request(call, &b, &body);
		rc = client_new(config, &c, &err);
		config = NULL;
	}
	if (rc == 0)
		rc = client_call(
		    c, "POST", "/api/v1/rules/apply", buf_slice(&body), &status, &answer, &err);
	config_unref(config);
	code = rc < 0 ? verb_cannot(call, &err) : print_applied(call, status, &answer);
out:
	client_free(c);
	buf_fini(&body);
	buf_fini(&answer);
	diag_list_free(diags);
	arena_free(a);
	return code;
}

/* ---- text ------------------------------------------------------------------ */

/* One file in canonical text, or in its JSON form; nothing is checked but that it can be read. */
static int
format_file(struct verb_call *call, const char *path)
{
	struct diag_list *diags = diag_list_new();
	struct rule_source source = {path, SLICE_NONE};
	struct buf text, out;
	struct err err = {ERR_NONE, "no memory"};
	int rc = -1;

	buf_init(&text, RULES_FILE_MAX);
	buf_init(&out, 4 * RULES_FILE_MAX);
	if (diags != NULL)
		rc = file_read(path, RULES_FILE_MAX - 1, &text, &err);
	source.text = slice_make(buf_str(&text), text.len);
	if (rc == 0)
		rc = call->is_json ? rules_to_json(&source, diags, &out, &err)
				   : rules_format(&source, diags, &out, &err);
	if (rc == 1)
		verb_print_diags(call, diags);
	if (rc == 0 && verb_flag(call, "--write") != NULL && !call->is_json)
		rc = file_write_atomic(path, buf_slice(&out), false, &err);
	else if (rc == 0)
		printf("%s%s", buf_str(&out), call->is_json ? "\n" : "");
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
print_fields(void)
{
	struct buf out;

	buf_init(&out, 256 * 1024);
	rules_describe_fields(&out);
	printf("%s", buf_str(&out));
	buf_fini(&out);
	return EXIT_DONE;
}

static int
run(struct verb_call *call)
{
	const char *what = call->arg_count == 0 ? "list" : call->args[0];
	char path[80];
	long long version;

	if (verb_flag(call, "--over") != NULL &&
	    !slice_to_i64(slice_of(verb_flag(call, "--over")), &version))
		return verb_usage(call, "--over needs the number of a version, not '%s'",
		    verb_flag(call, "--over"));
	if (strcmp(what, "list") == 0)
		return list_get(call, "/api/v1/rules", rule_columns, "no rules are live");
	if (strcmp(what, "history") == 0)
		return list_get(
		    call, "/api/v1/rules/history", history_columns, "nothing was ever applied");
	if (strcmp(what, "show") == 0) {
		if (call->arg_count < 2 || !slice_to_i64(slice_of(call->args[1]), &version))
			return verb_usage(
			    call, "`show` needs a version: `earshot rules history` lists them");
		snprintf(path, sizeof path, "/api/v1/rules/versions/%lld", version);
		return list_show(call, "GET", path, SLICE_NONE);
	}
	if (strcmp(what, "apply") == 0)
		return apply(call);
	if (strcmp(what, "fmt") == 0)
		return format_files(call);
	if (strcmp(what, "fields") == 0)
		return print_fields();
	return verb_usage(call, "there is no '%s' here", what);
}

static const struct flag flags[] = {
    {"--reason", NULL, "TEXT", "apply: why, for the history", false},
    {"--as", NULL, "NAME", "apply: who; default: your login", false},
    {"--over", NULL, "VERSION", "apply: only if this version is still live", false},
    {"--write", NULL, NULL, "fmt: put the canonical text back into the file", false},
    {0},
};

const struct verb verb_rules = {
    "rules",
    "[list | apply [PATH...] | history | show VERSION | fmt FILE... | fields]",
    "the live rules: see them, change them, see who changed them",
    "The folder is the working copy; what is live is a version in the database, rules and "
    "templates together.  `apply` checks\n"
    "everything and makes it live at once, or says why not.  `fmt` lays a file out, `fields` lists "
    "what\n"
    "conditions can speak of.",
    "  earshot rules apply --reason 'launch day'\n  earshot rules history",
    flags,
    run,
};
