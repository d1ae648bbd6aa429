/*
 * verb_change.c - plan, apply and rollback: what a change of the rules would do, making it live, and
 * going back.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/options.h"

#include "daemon/bundle.h"
#include "daemon/client.h"
#include "daemon/config.h"
#include "daemon/verb_backtest.h"
#include "daemon/verb_list.h"

/* The folder (or the paths of the command line) as a member "bundle" of body.  0, an exit code with
 * what is wrong printed. */
static int
put_folder(struct verb_call *call, const struct config *config, struct json_writer *w)
{
	struct diag_list *diags = diag_list_new();
	struct arena *a = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	struct err err = {ERR_NOMEM, "no memory"};
	struct bundle b;
	int rc = -1, code = EXIT_DONE;

	if (diags != NULL && a != NULL)
		rc = bundle_read(config->rules_dir, call->args, call->arg_count,
		    config->templates_dir, a, diags, &b, &err);
	if (rc < 0) {
		code = verb_cannot(call, &err);
	} else if (diag_count(diags, DIAG_ERROR) > 0) {
		verb_print_diags(call, diags);
		code = EXIT_FOUND;
	} else {
		json_key(w, "bundle");
		json_put_raw(w, SLICE_LIT(""));
		bundle_print(&b, w->out);
	}
	arena_free(a);
	diag_list_free(diags);
	return code;
}

static void
put_who(struct verb_call *call, struct json_writer *w)
{
	const char *author = verb_flag(call, "--as"), *reason = verb_flag(call, "--reason");

	if (author == NULL)
		author = getlogin();
	json_kv_cstr(w, "author", author == NULL ? "command line" : author);
	json_kv_cstr(w, "reason", reason == NULL ? "" : reason);
	if (verb_flag(call, "--over") != NULL) {
		json_key(w, "base_version");
		json_put_raw(w, slice_of(verb_flag(call, "--over")));
	}
}

/* Posts body; what was answered goes to print, which returns the exit code.  *status_r: of HTTP; 0: no
 * answer. */
static int
ask(struct verb_call *call, struct config *config, const char *path, const struct buf *body,
    int (*print)(struct verb_call *call, const struct json *root), int *status_r)
{
	struct json_doc *doc = NULL;
	struct client *c = NULL;
	struct err err = {ERR_NONE, "no memory"};
	struct buf answer;
	int status = 0, code;

	buf_init(&answer, LIST_ANSWER_MAX);
	if (client_new(config, &c, &err) < 0 ||
	    client_call(c, "POST", path, buf_slice(body), &status, &answer, &err) < 0 ||
	    json_parse(buf_slice(&answer), &doc, NULL, &err) < 0) {
		code = verb_cannot(call, &err);
	} else if (call->is_json) {
		printf("%s\n", buf_str(&answer));
		code = status < 400 ? print(call, json_root(doc)) : EXIT_FOUND;
	} else {
		code = status < 400 ? print(call, json_root(doc))
				    : list_print_refusal(call, status, json_root(doc));
	}
	*status_r = status;
	json_doc_free(doc);
	client_free(c);
	buf_fini(&answer);
	return code;
}

static int
bad_number(struct verb_call *call, const char *flag)
{
	const char *text = verb_flag(call, flag);
	long long n;

	/* It goes into JSON as it stands, where 07 is no number. */
	if (text == NULL ||
	    (slice_to_i64(slice_of(text), &n) && n >= 0 && (text[0] != '0' || text[1] == '\0')))
		return EXIT_DONE;
	return verb_usage(call, "%s needs the number of a version, not '%s'", flag, text);
}

/* ---- plan --------------------------------------------------------------------- */

static void
print_texts(const struct json *list, const char *before)
{
	for (size_t i = 0; i < json_count(list); i++)
		printf("%s%.*s\n", before, SLICE_ARG(json_str(json_at(list, i))));
}

static void
print_change(const struct json *change)
{
	const struct json *lines = json_get(change, "lines");

	printf("%-8.*s %.*s %.*s \"%.*s\"\n", SLICE_ARG(json_get_str(change, "kind")),
	    SLICE_ARG(json_get_str(change, "what")), SLICE_ARG(json_get_str(change, "id")),
	    SLICE_ARG(json_get_str(change, "title")));
	for (size_t i = 0; i < json_count(lines); i++) {
		const struct json *line = json_at(lines, i);

		printf("  %.*s %.*s\n", SLICE_ARG(json_get_str(line, "sign")),
		    SLICE_ARG(json_get_str(line, "text")));
	}
	print_texts(json_get(change, "notes"), "  note: ");
	printf("\n");
}

static void
print_template(const struct json *t)
{
	const struct json *files = json_get(t, "files");

	printf("%-8.*s template %.*s:", SLICE_ARG(json_get_str(t, "kind")),
	    SLICE_ARG(json_get_str(t, "id")));
	for (size_t i = 0; i < json_count(files); i++) {
		const struct json *f = json_at(files, i);

		printf("%s %.*s %.*s", i > 0 ? "," : "", SLICE_ARG(json_get_str(f, "file")),
		    SLICE_ARG(json_get_str(f, "kind")));
	}
	printf("\n\n");
}

/* ---- reach ---- */

static void
print_reach_of(const struct json *rule)
{
	const struct json *live = json_get(rule, "live");

	printf(
	    "  %-28.*s fires %lld times for %lld people: %lld messages, %lld drafts, %lld alerts "
	    "(live: %lld times, %lld messages)\n",
	    SLICE_ARG(json_get_str(rule, "id")), list_number(rule, "fired"),
	    list_number(rule, "people"), list_number(rule, "messages"), list_number(rule, "drafts"),
	    list_number(rule, "alerts"), list_number(live, "fired"), list_number(live, "messages"));
}

/* Whom the changed rules would have reached: of the rest nothing is said. */
static void
print_reach(const struct buf *report, const char *since)
{
	struct json_doc *doc = NULL;
	const struct json *rules;
	size_t shown = 0;

	if (json_parse(buf_slice(report), &doc, NULL, NULL) < 0)
		return;
	rules = json_get(json_root(doc), "rules");
	printf("reach, over the %lld posts of the last %s:\n", list_number(json_root(doc), "posts"),
	    since);
	for (size_t i = 0; i < json_count(rules); i++) {
		const struct json *rule = json_at(rules, i);

		if (list_number(rule, "only_draft") + list_number(rule, "only_live") == 0)
			continue;
		print_reach_of(rule);
		shown++;
	}
	if (shown == 0)
		printf("  nothing different would have been done\n");
	json_doc_free(doc);
}

static void
print_members(const struct json *members)
{
	const struct json *segments = json_get(members, "segments");
	bool is_estimate = false;

	json_bool(json_get(members, "is_estimate"), &is_estimate);
	for (size_t i = 0; i < json_count(segments); i++) {
		const struct json *s = json_at(segments, i);

		printf("segment %.*s: %lld members now, %s%lld then",
		    SLICE_ARG(json_get_str(s, "id")), list_number(s, "members"),
		    is_estimate ? "about " : "", list_number(s, "would_have"));
		if (is_estimate)
			printf(" (give or take %lld)", list_number(s, "margin"));
		printf(": %lld come, %lld go\n", list_number(s, "come"), list_number(s, "go"));
	}
	if (is_estimate && json_count(segments) > 0)
		printf("members are an estimate from %lld of %lld customers\n",
		    list_number(members, "judged"), list_number(members, "customers"));
}

static int
print_plan(struct verb_call *call, const struct json *root)
{
	const struct json *changes = json_get(root, "changes");
	const struct json *templates = json_get(root, "templates");
	bool has_any = json_count(changes) + json_count(templates) > 0;
	int64_t against = 0, added = 0, changed = 0, removed = 0;

	if (call->is_json)
		return has_any ? EXIT_FOUND : EXIT_DONE;
	json_i64(json_get(root, "against"), &against);
	json_i64(json_get(root, "added"), &added);
	json_i64(json_get(root, "changed"), &changed);
	json_i64(json_get(root, "removed"), &removed);
	for (size_t i = 0; i < json_count(changes); i++)
		print_change(json_at(changes, i));
	for (size_t i = 0; i < json_count(templates); i++)
		print_template(json_at(templates, i));
	print_members(json_get(root, "members"));
	list_print_findings(json_get(root, "findings"));
	if (!has_any) {
		printf("nothing changes: it is what version %lld holds\n", (long long)against);
		return EXIT_DONE;
	}
	printf("against version %lld: %lld changed, %lld added, %lld removed, %zu template%s\n",
	    (long long)against, (long long)changed, (long long)added, (long long)removed,
	    json_count(templates), json_count(templates) == 1 ? "" : "s");
	return EXIT_FOUND;
}

/* Versions are compared as texts; the folder is also tried. */
static bool
has_reach(const struct verb_call *call)
{
	return !call->is_json && verb_flag(call, "--to") == NULL &&
	    verb_flag(call, "--from") == NULL;
}

static void
reach(struct verb_call *call, struct config *config)
{
	const char *since = verb_flag(call, "--since") == NULL ? "7d" : verb_flag(call, "--since");
	struct err err = {ERR_NONE, ""};
	struct buf report;
	int64_t span_ms = 0;

	buf_init(&report, LIST_ANSWER_MAX);
	duration_parse(slice_of(since), &span_ms);
	if (span_ms > 0 && verb_backtest_report(call, config, span_ms, &report, &err) == 0)
		print_reach(&report, since);
	else if (span_ms > 0 && err.text[0] != '\0')
		printf("reach: not known, %s\n", err.text);
	buf_fini(&report);
}

static int
run_plan(struct verb_call *call)
{
	static const char *const numbers[] = {"--from", "--to"};
	struct config *config = NULL, *reached = NULL;
	struct json_writer w;
	struct buf body;
	int64_t span_ms;
	int code, status = 0;

	if (verb_flag(call, "--since") != NULL &&
	    !duration_parse(slice_of(verb_flag(call, "--since")), &span_ms))
		return verb_usage(call, "--since needs a time like 7d or 12h, not '%s'",
		    verb_flag(call, "--since"));
	for (int i = 0; i < 2; i++)
		if ((code = bad_number(call, numbers[i])) != EXIT_DONE)
			return code;
	if (verb_flag(call, "--to") != NULL && call->arg_count > 0)
		return verb_usage(call, "--to names a version, so there are no files to compare");
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	buf_init(&body, 2 * (size_t)BUNDLE_BYTES_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	if (verb_flag(call, "--from") != NULL) {
		json_key(&w, "against");
		json_put_raw(&w, slice_of(verb_flag(call, "--from")));
	}
	if (verb_flag(call, "--to") != NULL) {
		json_key(&w, "version");
		json_put_raw(&w, slice_of(verb_flag(call, "--to")));
	} else {
		code = put_folder(call, config, &w);
	}
	json_object_end(&w);
	if (code == EXIT_DONE) {
		reached = config_ref(config);
		code = ask(call, config, "/api/v1/rules/plan", &body, print_plan, &status);
	} else {
		config_unref(config);
	}
	if (code == EXIT_FOUND && status == 200 && has_reach(call))
		reach(call, reached);
	config_unref(reached);
	buf_fini(&body);
	return code;
}

static const struct flag plan_flags[] = {
    {"--since", NULL, "TIME", "estimate the reach over the posts of so long; default 7d, 0s: not",
	false},
    {"--from", NULL, "VERSION", "compare with this version instead of the live one", false},
    {"--to", NULL, "VERSION", "compare this version instead of the folder", false},
    {0},
};

const struct verb verb_plan = {
    "plan",
    "[PATH...]",
    "what would change if the rules folder went live",
    "Compares the folder (or the rules files and folders given) with what is live: which rules, "
    "brands, lists and templates are\n"
    "new, gone or changed, line by line, what that means for cool-downs and limits, and whom it "
    "would "
    "have reached.  Exit 0:\n"
    "nothing changes, 1: something does, or there are errors.",
    "  earshot plan\n  earshot plan --from 3 --to 5",
    plan_flags,
    run_plan,
};

/* ---- apply, rollback ------------------------------------------------------------ */

static int
print_applied(struct verb_call *call, const struct json *root)
{
	int64_t version = 0;
	bool is_changed = false;

	if (call->is_json)
		return EXIT_DONE;
	json_i64(json_get(root, "version"), &version);
	json_bool(json_get(root, "changed"), &is_changed);
	list_print_findings(json_get(root, "findings"));
	printf("version %lld is live%s\n", (long long)version,
	    is_changed ? "" : ": nothing has changed");
	return EXIT_DONE;
}

static int
run_apply(struct verb_call *call)
{
	struct config *config = NULL;
	struct json_writer w;
	struct buf body;
	int status = 0, code = bad_number(call, "--over");

	if (code == EXIT_DONE)
		code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	buf_init(&body, 2 * (size_t)BUNDLE_BYTES_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	put_who(call, &w);
	code = put_folder(call, config, &w);
	json_object_end(&w);
	if (code == EXIT_DONE)
		code = ask(call, config, "/api/v1/rules/apply", &body, print_applied, &status);
	else
		config_unref(config);
	buf_fini(&body);
	return code;
}

static const struct flag apply_flags[] = {
    {"--reason", NULL, "TEXT", "why, for the history", false},
    {"--as", NULL, "NAME", "who; default: your login", false},
    {"--over", NULL, "VERSION", "only if this version is still live", false},
    {0},
};

const struct verb verb_apply = {
    "apply",
    "[PATH...]",
    "make the rules folder live",
    "The folder is the working copy; what is live is a version in the database, rules and "
    "templates together.  Everything is\n"
    "checked first; then it goes live at once, or not at all.  `earshot plan` shows what would "
    "change.",
    "  earshot apply --reason 'launch day'\n  earshot apply --over 7",
    apply_flags,
    run_apply,
};

static int
run_rollback(struct verb_call *call)
{
	struct config *config = NULL;
	struct json_writer w;
	struct buf body;
	long long version;
	int status = 0, code = bad_number(call, "--over");

	if (code != EXIT_DONE)
		return code;
	if (call->arg_count > 1 ||
	    (call->arg_count == 1 && !slice_to_i64(slice_of(call->args[0]), &version)))
		return verb_usage(
		    call, "`rollback` takes one version: `earshot rules history` lists them");
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	buf_init(&body, 64 * 1024);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	if (call->arg_count == 1)
		json_kv_i64(&w, "version", version);
	put_who(call, &w);
	json_object_end(&w);
	code = ask(call, config, "/api/v1/rules/rollback", &body, print_applied, &status);
	if (code == EXIT_DONE && !call->is_json)
		printf(
		    "the folder still holds what it held: `earshot plan` shows how it differs\n");
	buf_fini(&body);
	return code;
}

const struct verb verb_rollback = {
    "rollback",
    "[VERSION]",
    "make an earlier version of the rules live again",
    "Without a version, the one before the live one.  It becomes a new version with the old "
    "content: its rules keep their ids, so\n"
    "cool-downs, windows and limits go on as if they had never been away.",
    "  earshot rollback --reason 'too many mails'\n  earshot rollback 12",
    apply_flags,
    run_rollback,
};
