/*
 * verb_erase.c - one person is erased: what would go is told first, and a person asked.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"

static void
erase_path(const struct verb_call *call, bool is_dry_run, struct buf *path)
{
	buf_init(path, LIST_PATH_MAX);
	buf_add_str(path, "/api/v1/people/");
	client_encode(path, slice_of(verb_flag(call, "--person")));
	buf_add_str(path, "/erase");
	list_query(path, "dry_run", is_dry_run ? "1" : NULL);
}

/* "3 posts, 2 endpoints, ..." */
static void
print_counts(const struct json *root, const char *head)
{
	const struct json *rows = json_get(root, "rows"), *count;
	struct slice table;
	size_t pos = 0;
	int64_t n;

	printf("%s: %lld %s, %lld %s\n", head, list_number(root, "customers"),
	    list_number(root, "customers") == 1 ? "customer" : "customers",
	    list_number(root, "accounts"),
	    list_number(root, "accounts") == 1 ? "account" : "accounts");
	while ((count = json_next(rows, &pos, &table)) != NULL)
		if (json_i64(count, &n))
			printf("  %8lld  %.*s\n", (long long)n, SLICE_ARG(table));
}

static int
ask(struct verb_call *call, bool is_dry_run, const char *head)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf path, answer;
	int code;

	erase_path(call, is_dry_run, &path);
	buf_init(&answer, LIST_ANSWER_MAX);
	if (client_simple(call, "POST", buf_str(&path), SLICE_LIT("{}"), &answer, &code) == 0) {
		if (call->is_json)
			printf("%s\n", buf_str(&answer));
		else if (json_parse(buf_slice(&answer), &doc, NULL, &err) < 0)
			code = verb_cannot(call, &err);
		else
			print_counts(json_root(doc), head);
	}
	json_doc_free(doc);
	buf_fini(&answer);
	buf_fini(&path);
	return code;
}

static bool
is_sure(void)
{
	char line[16];

	printf("This cannot be undone.  Erase?  Type yes: ");
	fflush(stdout);
	return fgets(line, sizeof line, stdin) != NULL && strcmp(line, "yes\n") == 0;
}

static int
run(struct verb_call *call)
{
	bool is_dry_run = verb_flag(call, "--dry-run") != NULL;
	int code;

	if (verb_flag(call, "--person") == NULL || call->arg_count != 0)
		return verb_usage(call, "it needs --person KEY and nothing else");
	if (is_dry_run)
		return ask(call, true, "dry run, nothing was changed; this would go");
	if (verb_flag(call, "--yes") == NULL) {
		if (!isatty(STDIN_FILENO) || call->is_json)
			return verb_usage(
			    call, "nobody to ask here: look with --dry-run, then --yes");
		code = ask(call, true, "this will go");
		if (code != EXIT_DONE)
			return code;
		if (!is_sure()) {
			printf("nothing was changed\n");
			return EXIT_FOUND;
		}
	}
	return ask(call, false, "erased");
}

static const struct flag flags[] = {
    {"--person", NULL, "KEY", "a customer's id, an account's id, an address or a handle", false},
    {"--dry-run", NULL, NULL, "say what would go, change nothing", false},
    {"--yes", NULL, NULL, "do not ask", false},
    {0},
};

const struct verb verb_erase = {
    "erase",
    "--person KEY [--dry-run | --yes]",
    "one person, from everything that is stored",
    "A customer with all merged into it and the accounts linked to it, or an account that is "
    "nobody's: "
    "posts, profile,\nhistory, queue, links.  What others' caps and counts hang on stays, without "
    "the "
    "person.  A keyed hash in the ledger\nbeside the database keeps them from coming back with a "
    "post "
    "that is fetched again, an import, or a backup.\nIt cannot be undone.",
    "  earshot erase --person u-1001 --dry-run\n  earshot erase --person @someone@mastodon.social",
    flags,
    run,
};
