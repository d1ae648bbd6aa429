/*
 * verb_backtest.c - draft rules over the stored posts, for a person or a machine.  Reads the database
 * beside the daemon, which works on.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/options.h"
#include "core/timefmt.h"
#include "nlp/nlp.h"
#include "platform/sysclock.h"
#include "store/outbox.h"
#include "store/store.h"

#include "daemon/backtest.h"
#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/snapshot.h"
#include "daemon/verb_backtest.h"
#include "daemon/verb_list.h"

#define REPORT_MAX (256u * 1024 * 1024)
#define PROGRESS_EVERY_NS 200000000

struct bench {
	struct verb_call *call;
	struct config *config;
	struct lexicon_set *lexicon;
	struct store *store;
	struct snapshot *draft, *live;
	struct backtest test;
	int64_t began_ns, shown_ns;
	bool is_quiet; /* findings were told before */
};

/* ---- progress ------------------------------------------------------------------ */

static bool
show_progress(void *cookie, int64_t done, int64_t total)
{
	struct bench *b = cookie;
	int64_t now_ns = clock_mono_ns(sysclock()), spent_ns = now_ns - b->began_ns;

	if (now_ns - b->shown_ns < PROGRESS_EVERY_NS || done <= 0 || spent_ns <= 0)
		return true;
	b->shown_ns = now_ns;
	if (done > total)
		total = done;
	fprintf(stderr, "\r%lld of %lld posts, %lld/s, %lld s left ", (long long)done,
	    (long long)total, (long long)((double)done * 1e9 / (double)spent_ns),
	    (long long)((double)(total - done) / (double)done * (double)spent_ns / 1e9));
	fflush(stderr);
	return true;
}

/* ---- for people ------------------------------------------------------------------- */

static void
print_sample(const struct json *s)
{
	printf("    %.*s  %.*s: %.*s\n", SLICE_ARG(json_get_str(s, "at")),
	    SLICE_ARG(slice_is_set(json_get_str(s, "author")) ? json_get_str(s, "author")
							      : SLICE_LIT("somebody")),
	    SLICE_ARG(json_get_str(s, "text")));
	printf("      %.*s: %.*s\n", SLICE_ARG(json_get_str(s, "action")),
	    SLICE_ARG(json_get_str(s, "outcome")));
}

static void
print_rule(const struct json *rule)
{
	const struct json *live = json_get(rule, "live"), *samples = json_get(rule, "samples");
	bool is_draft = false, is_live = false;
	double cost = 0;

	json_bool(json_get(rule, "is_draft"), &is_draft);
	json_bool(json_get(rule, "is_live"), &is_live);
	json_f64(json_get(rule, "cost"), &cost);
	printf("%-28.*s %8lld %8lld %8lld %8lld %8lld %8lld %8lld %8lld %10.2f  %s\n",
	    SLICE_ARG(json_get_str(rule, "id")), list_number(rule, "matched"),
	    list_number(rule, "fired"), list_number(live, "fired"), list_number(rule, "people"),
	    list_number(rule, "messages"), list_number(rule, "drafts"), list_number(rule, "alerts"),
	    list_number(rule, "held") + list_number(rule, "suppressed"), cost,
	    !is_live                                                                   ? "new"
		: !is_draft                                                            ? "removed"
		: list_number(rule, "only_draft") + list_number(rule, "only_live") > 0 ? "differs"
										       : "");
	if (list_number(rule, "only_draft") + list_number(rule, "only_live") > 0)
		printf("  does %lld thing%s the live rules would not have done, and leaves %lld\n",
		    list_number(rule, "only_draft"),
		    list_number(rule, "only_draft") == 1 ? "" : "s",
		    list_number(rule, "only_live"));
	for (size_t i = 0; i < json_count(samples) && i < 3; i++)
		print_sample(json_at(samples, i));
}

static void
print_watches(const struct json *watches)
{
	if (json_count(watches) > 0)
		printf("\n%-28s %9s %9s\n", "WATCH", "INCIDENTS", "LIVE");
	for (size_t i = 0; i < json_count(watches); i++) {
		const struct json *w = json_at(watches, i);

		printf("%-28.*s %9lld ", SLICE_ARG(json_get_str(w, "id")),
		    list_number(w, "incidents"));
		if (json_type(json_get(w, "live_incidents")) == JSON_NULL)
			printf("%9s\n", "new");
		else
			printf("%9lld\n", list_number(w, "live_incidents"));
	}
}

static int
print_report(struct bench *b, const struct buf *report)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	const struct json *root, *rules, *notes;

	if (b->call->is_json) {
		printf("%s\n", buf_str(report));
		return EXIT_DONE;
	}
	if (json_parse(buf_slice(report), &doc, NULL, &err) < 0)
		return verb_cannot(b->call, &err);
	root = json_root(doc);
	rules = json_get(root, "rules");
	notes = json_get(root, "could_not_know");
	printf("%lld posts fetched from %.*s until %.*s\n\n", list_number(root, "posts"),
	    SLICE_ARG(json_get_str(root, "since")), SLICE_ARG(json_get_str(root, "until")));
	printf("%-28s %8s %8s %8s %8s %8s %8s %8s %8s %10s\n", "RULE", "MATCHES", "FIRES", "LIVE",
	    "PEOPLE", "MESSAGES", "DRAFTS", "ALERTS", "HELD", "COST");
	for (size_t i = 0; i < json_count(rules); i++)
		print_rule(json_at(rules, i));
	print_watches(json_get(root, "watches"));
	printf("\nwhat could not be known:\n");
	for (size_t i = 0; i < json_count(notes); i++)
		printf("  - %.*s\n", SLICE_ARG(json_str(json_at(notes, i))));
	json_doc_free(doc);
	return EXIT_DONE;
}

/* ---- what is tested ------------------------------------------------------------------ */

/* "7d" before now, or a date. */
static bool
parse_moment(const char *text, int64_t now_ms, int64_t *at_ms_r)
{
	int64_t span_ms;

	if (duration_parse(slice_of(text), &span_ms) && span_ms >= 0) {
		*at_ms_r = now_ms - span_ms;
		return true;
	}
	return time_parse_rfc3339(slice_of(text), at_ms_r);
}

static int
take_times(struct bench *b)
{
	const char *since = verb_flag(b->call, "--since"), *until = verb_flag(b->call, "--until");
	int64_t now_ms = clock_now_ms(sysclock());

	b->test.until_ms = now_ms;
	if (since == NULL)
		return verb_usage(b->call, "it needs --since, for example --since 7d");
	if (!parse_moment(since, now_ms, &b->test.since_ms))
		return verb_usage(b->call,
		    "'%s' is neither a time like 7d or 12h nor a date like 2026-11-20", since);
	if (until != NULL && !parse_moment(until, now_ms, &b->test.until_ms))
		return verb_usage(b->call,
		    "'%s' is neither a time like 7d or 12h nor a date like 2026-11-20", until);
	if (b->test.since_ms >= b->test.until_ms)
		return verb_usage(b->call, "--since must lie before --until");
	if (b->test.until_ms - b->test.since_ms > BACKTEST_SPAN_MAX_MS)
		return verb_usage(b->call, "at most 400 days can be looked at");
	return EXIT_DONE;
}

static int
open_store(struct bench *b, struct err *err)
{
	struct store_options o = {.path = b->config->store_path, .mode = STORE_READER};

	return store_open(&o, &b->store, err);
}

/* The draft from the folder or the paths, and what is live.  0, 1 with findings printed, -1. */
static int
compile_both(struct bench *b, struct diag_list *diags, struct err *err)
{
	struct arena *a = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	struct bundle bundle;
	int64_t live = 0;
	int rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the rules");
	if (snapshot_lexicon(b->config->vocabulary_dir, diags, &b->lexicon, err) < 0)
		goto out;
	rc = bundle_read(b->config->rules_dir, b->call->args, b->call->arg_count,
	    b->config->templates_dir, a, diags, &bundle, err);
	if (rc == 0)
		rc = snapshot_compile(&bundle, b->config, b->lexicon, 0, diags, &b->draft, err);
	if (rc == 0 && diag_count(diags, DIAG_ERROR) > 0)
		rc = 1;
	if (rc != 0)
		goto out;
	rc = store_rules_live_version(b->store, &live, err);
	if (rc == 1)
		rc = home_snapshot_of(b->store, b->config, b->lexicon, live, &b->live, err);
	rc = rc < 0 ? -1 : 0;
out:
	arena_free(a);
	return rc;
}

static int
test(struct bench *b, struct buf *report, struct err *err)
{
	bool has_progress = isatty(STDERR_FILENO) && !b->call->is_json;
	int rc;

	b->test.store = b->store;
	b->test.draft = b->draft;
	b->test.live = b->live;
	b->test.progress = has_progress ? show_progress : NULL;
	b->test.cookie = b;
	b->began_ns = clock_mono_ns(sysclock());
	rc = backtest_run(&b->test, report, err);
	if (has_progress)
		fprintf(stderr, "\r%70s\r", "");
	return rc;
}

/* Opens, compiles and runs; findings are printed.  0 with the report, 1 with findings, -1. */
static int
run_test(struct bench *b, struct buf *report, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	int rc = -1;

	if (diags == NULL)
		err_set(err, ERR_NOMEM, "no memory");
	else if (open_store(b, err) == 0)
		rc = compile_both(b, diags, err);
	if (diags != NULL && diag_kept(diags) > 0 && !b->is_quiet)
		verb_print_diags(b->call, diags);
	if (rc == 0)
		rc = test(b, report, err);
	snapshot_unref(b->draft);
	snapshot_unref(b->live);
	store_close(b->store);
	lexicon_set_unref(b->lexicon);
	diag_list_free(diags);
	return rc;
}

int
verb_backtest_report(struct verb_call *call, struct config *config, int64_t span_ms,
    struct buf *report, struct err *err)
{
	struct bench b = {.call = call, .config = config, .is_quiet = true};

	b.test.until_ms = clock_now_ms(sysclock());
	b.test.since_ms = b.test.until_ms - span_ms;
	return run_test(&b, report, err);
}

static int
run(struct verb_call *call)
{
	struct bench b = {.call = call};
	struct err err = {ERR_NONE, ""};
	struct buf report;
	int rc, code = take_times(&b);

	if (code == EXIT_DONE)
		code = verb_config(call, &b.config);
	if (code != EXIT_DONE)
		return code;
	buf_init(&report, REPORT_MAX);
	rc = run_test(&b, &report, &err);
	code = rc < 0 ? verb_cannot(call, &err) : rc == 1 ? EXIT_FOUND : print_report(&b, &report);
	buf_fini(&report);
	config_unref(b.config);
	return code;
}

static const struct flag flags[] = {
    {"--since", NULL, "WHEN", "how far back: 7d, 12h, or a date such as 2026-11-20", false},
    {"--until", NULL, "WHEN", "up to then; default: now", false},
    {0},
};

const struct verb verb_backtest = {
    "backtest",
    "--since WHEN [--until WHEN] [PATH...]",
    "draft rules over the stored posts: who, what, when, cost, and what differs from the live "
    "rules",
    "The rules folder (or the rules files and folders given) runs over the posts of that time on a "
    "virtual clock, beginning with\n"
    "the state of that day; so does what is live, and the two are compared.  Nothing is changed or "
    "sent; a running daemon works on.\n"
    "What could not be known is said at the end.",
    "  earshot backtest --since 7d\n  earshot backtest --since 2026-11-01 --until 2026-11-08 "
    "drafts/",
    flags,
    run,
};
