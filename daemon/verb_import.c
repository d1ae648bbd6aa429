/*
 * verb_import.c - customers from a file: what became of the rows, and which could not be taken.
 */
#include <stdio.h>

#include "platform/file.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"

#define IMPORT_BYTES (256u * 1024 * 1024)

static long long
number(const struct json *root, const char *name)
{
	int64_t n = 0;

	json_i64(json_get(root, name), &n);
	return n;
}

/* Refused as a whole or not, the answer has the same members. */
static int
print_report(struct verb_call *call, int status, const struct buf *answer)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	const struct json *root;
	struct slice detail, help;
	int code = EXIT_DONE;

	if (json_parse(buf_slice(answer), &doc, NULL, &err) < 0)
		return verb_cannot(call, &err);
	root = json_root(doc);
	if (call->is_json)
		printf("%s\n", buf_str(answer));
	else
		list_print_findings(json_get(root, "findings"));
	if (status >= 400 && !call->is_json) {
		detail = json_get_str(root, "detail");
		help = json_get_str(root, "help");
		fprintf(stderr, "earshot import: %.*s\n", SLICE_ARG(detail));
		if (slice_is_set(help))
			fprintf(stderr, "  help: %.*s\n", SLICE_ARG(help));
	} else if (!call->is_json) {
		printf("%s%lld rows: %lld created, %lld updated, %lld unchanged, %lld rejected; "
		       "%lld handles linked\n",
		    verb_flag(call, "--dry-run") != NULL ? "dry run, nothing was written: " : "",
		    number(root, "rows"), number(root, "created"), number(root, "updated"),
		    number(root, "unchanged"), number(root, "rejected"), number(root, "links"));
	}
	if (status >= 400)
		code = status == 400 || status == 422 ? EXIT_FOUND : EXIT_CANNOT;
	else if (number(root, "rejected") > 0)
		code = EXIT_FOUND;
	json_doc_free(doc);
	return code;
}

static int
send_file(struct verb_call *call, const struct buf *path, const struct buf *text)
{
	struct config *config;
	struct client *c = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf answer;
	int status = 0, code;

	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	buf_init(&answer, LIST_ANSWER_MAX);
	if (client_new(config, &c, &err) < 0 ||
	    client_call(c, "POST", buf_str(path), buf_slice(text), &status, &answer, &err) < 0)
		code = verb_cannot(call, &err);
	else
		code = print_report(call, status, &answer);
	client_free(c);
	buf_fini(&answer);
	return code;
}

static int
run(struct verb_call *call)
{
	struct buf path, text;
	struct err err = {ERR_NONE, ""};
	int code;

	if (call->arg_count != 1)
		return verb_usage(call, "it needs one CSV file");
	buf_init(&path, LIST_PATH_MAX);
	buf_init(&text, IMPORT_BYTES);
	buf_add_str(&path, "/api/v1/customers/import");
	list_query(&path, "dry_run", verb_flag(call, "--dry-run") != NULL ? "1" : NULL);
	list_query(&path, "handle_attribute", verb_flag(call, "--handle-attribute"));
	list_query(&path, "file", call->args[0]);
	if (file_read(call->args[0], IMPORT_BYTES - 1, &text, &err) < 0)
		code = verb_cannot(call, &err);
	else
		code = send_file(call, &path, &text);
	buf_fini(&text);
	buf_fini(&path);
	return code;
}

static const struct flag flags[] = {
    {"--dry-run", NULL, NULL, "judge everything, write nothing", false},
    {"--handle-attribute", NULL, "NAME",
	"attribute with the social handle; default: customers.handle_attribute", false},
    {0},
};

const struct verb verb_import = {
    "import",
    "[--dry-run] FILE.csv",
    "customers from an Amazon Pinpoint CSV",
    "Safe to repeat: what is as it was is not written again.  A row that cannot be read is "
    "reported with line, column and reason (and exit code 1 at the end); the others go in.",
    "  earshot import --dry-run customers.csv",
    flags,
    run,
};
