#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/telling.h"
#include "core/timefmt.h"
#include "collectors/collector.h"
#include "nlp/nlp.h"
#include "store/outbox.h"
#include "store/store.h"

#include "actions/outbox.h"
#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/lines.h"
#include "daemon/pipeline.h"
#include "daemon/replay_line.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"

#define REPLAY_ARENA_BYTES (256u * 1024 * 1024)
#define REPLAY_OUT_BYTES (256 * 1024)
#define REPLAY_MESSAGES 100 /* in one transaction */
/* How long time goes on behind the last post: any wait, with the hours a message then waits for, and
 * any crowd is over by then; only silence is not. */
#define RUN_ON_MS (70 * TIME_DAY_MS)

struct replay {
	struct verb_call *call;
	struct clock_virtual clock;
	struct store *store;
	struct pipeline *pipeline;
	struct snapshot *snapshot;
	struct arena *arena; /* of the messages that are looked at */
	struct rng rng;
	int64_t messages_due_ms;
	struct buf out;
	bool all; /* held decisions too */
	bool has_customers; /* files name them */
	bool has_begun; /* before the first line there was no time */
	uint64_t bad;
};

static void
on_decided(void *cookie, const struct decision_row *row)
{
	struct replay *r = cookie;
	struct json_writer w;
	bool is_held = row->outcome == DECISION_HELD || row->outcome == DECISION_COUNTED ||
	    row->outcome == DECISION_WAITING;

	if (is_held && !r->all)
		return;
	json_writer_init(&w, &r->out);
	json_object_begin(&w);
	json_kv_str(&w, "rule_id", row->rule_id);
	json_kv_str(&w, "occurrence_id", row->occurrence_id);
	json_kv_str(&w, "action", row->action);
	json_kv_str(&w, "subject", row->subject);
	json_kv_str(&w, "reason", row->reason);
	json_kv_cstr(&w, "outcome", decision_outcome_name(row->outcome));
	json_kv_str(&w, "note", row->note);
	json_kv_time(&w, "at", row->at_ms);
	json_kv_cstr(&w, "decision_id", row->id);
	json_object_end(&w);
	buf_add_char(&r->out, '\n');
}

static int
flush_out(struct replay *r, struct err *err)
{
	if (buf_failed(&r->out))
		return err_set(err, ERR_NOMEM, "no memory for the output");
	if (r->out.len > 0 && fwrite(r->out.ptr, 1, r->out.len, stdout) != r->out.len)
		return err_set(err, ERR_IO, "cannot write the output: %s", strerror(errno));
	buf_clear(&r->out);
	return 0;
}

/* Messages that are due count as sent, by channels that take whatever they are given. */
static int
deliver(struct replay *r, struct err *err)
{
	static const struct send_outcome done = {.result = SEND_DONE};
	const struct actions_config *config = &r->snapshot->config->actions;
	struct message *list;
	size_t count;

	do {
		enum message_state state;
		int rc;

		arena_reset(r->arena);
		if (store_begin(r->store, err) < 0)
			return -1;
		rc = outbox_claim(r->store, config, r->clock.at_ms, false, NULL, 0, REPLAY_MESSAGES,
		    r->arena, &list, &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++)
			rc = outbox_record(r->store, config, &r->rng, r->clock.at_ms,
			    slice_of(list[i].id), &done, &state, err);
		if (rc < 0 || store_commit(r->store, err) < 0) {
			store_rollback(r->store);
			return -1;
		}
	} while (count > 0);
	return store_messages_next_due(r->store, &r->messages_due_ms, err);
}

static int64_t
next_due(struct replay *r)
{
	int64_t due_ms = pipeline_next_due(r->pipeline);

	if (due_ms == TIME_UNKNOWN ||
	    (r->messages_due_ms != TIME_UNKNOWN && r->messages_due_ms < due_ms))
		return r->messages_due_ms;
	return due_ms;
}

/* Whatever falls due until then, each at its time; at the end only as long as anything waits. */
static int
pass_time(struct replay *r, int64_t until_ms, bool is_end, struct err *err)
{
	struct tick_result result;
	int64_t due_ms;

	while ((due_ms = next_due(r)) != TIME_UNKNOWN && due_ms <= until_ms) {
		if (is_end && r->messages_due_ms == TIME_UNKNOWN &&
		    !pipeline_is_waiting(r->pipeline))
			break;
		if (due_ms > r->clock.at_ms)
			clock_virtual_set(&r->clock, due_ms);
		if (pipeline_tick(r->pipeline, &result, err) < 0)
			return -1;
		if ((result.queued > 0 || due_ms == r->messages_due_ms) && deliver(r, err) < 0)
			return -1;
		if (r->out.len > REPLAY_OUT_BYTES && flush_out(r, err) < 0)
			return -1;
	}
	return 0;
}

/* Customers are as they were told when the first of all happened, and the segments judged. */
static int
begin_time(struct replay *r, int64_t at_ms, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	int rc = 0;

	if (diags == NULL)
		return err_set(err, ERR_NOMEM, "no memory for customers");
	r->has_begun = true;
	clock_virtual_set(&r->clock, at_ms);
	if (r->has_customers)
		rc = home_import(r->store, r->snapshot->config, &r->clock.base, NULL, diags, err);
	if (diag_kept(diags) > 0)
		verb_print_diags(r->call, diags);
	diag_list_free(diags);
	return rc < 0 ? -1 : pass_time(r, at_ms, false, err);
}

/* The virtual clock follows what happens: it never goes back. */
static int
go_on(struct replay *r, int64_t at_ms, struct err *err)
{
	if (!r->has_begun)
		return begin_time(r, at_ms, err);
	if (at_ms <= r->clock.at_ms)
		return 0;
	if (pass_time(r, at_ms, false, err) < 0)
		return -1;
	clock_virtual_set(&r->clock, at_ms);
	return 0;
}

static void
refuse(struct replay *r, const char *why)
{
	struct buf line;

	buf_init(&line, 8 * REPLAY_WHY_MAX);
	diag_add_visible(&line, slice_of(why)); /* it quotes the file */
	fprintf(stderr, "%s\n", buf_str(&line));
	buf_fini(&line);
	r->bad++;
}

/* What came of a page of one. */
static void
tell_refusal(struct replay *r, const struct page *page, uint64_t number)
{
	char why[REPLAY_WHY_MAX];

	if (page->telling_count == 0 || !slice_is_set(page->tellings[0].refused))
		return;
	snprintf(why, sizeof why, "line %llu: %.*s", (unsigned long long)number,
	    SLICE_ARG(page->tellings[0].refused));
	refuse(r, why);
}

/* A post or event whose time is not told happens now. */
static int
take_line(void *cookie, const struct ndjson_line *line, struct err *err)
{
	struct replay *r = cookie;
	struct page *page, *pages[1];
	struct page_result result;
	char why[REPLAY_WHY_MAX];
	int64_t at_ms;
	int rc;

	if (line->is_too_long) {
		snprintf(why, sizeof why, "line %llu: it has %llu bytes; %d are the most",
		    (unsigned long long)line->number, (unsigned long long)line->length,
		    POST_JSON_MAX);
		refuse(r, why);
		return 0;
	}
	page = pages[0] = page_new(slice_of("replay"));
	if (page == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a post");
	rc = replay_line_read(line->text, line->number, r->clock.at_ms, page, &at_ms, why, err);
	if (rc == 0)
		refuse(r, why);
	if (rc <= 0)
		goto out;
	rc = go_on(r, at_ms, err);
	if (rc == 0)
		rc = pipeline_batch(r->pipeline, pages, 1, &result, NULL, NULL, err);
	if (rc == 0)
		tell_refusal(r, page, line->number);
	if (rc == 0 && result.queued > 0)
		rc = deliver(r, err);
	if (rc == 0 && r->out.len > REPLAY_OUT_BYTES)
		rc = flush_out(r, err);
out:
	page_free(page);
	return rc < 0 ? -1 : 0;
}

/* Rules from the paths given, else from the configured folder; with a configuration its channels,
 * templates and customers count. */
static int
prepare(struct replay *r, struct diag_list *diags, struct err *err)
{
	const char *config_path = verb_config_path(r->call),
		   *customers = verb_flag(r->call, "--customers");
	struct store_options o = {0};
	struct pipeline_env env = {0};
	struct arena *a = arena_new(REPLAY_ARENA_BYTES);
	struct config *config = NULL;
	struct lexicon_set *lexicon = NULL;
	struct bundle b;
	int rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = config_load(config_path, diags, &config, err);
	if (rc == 0)
		rc = snapshot_lexicon(config->vocabulary_dir, diags, &lexicon, err);
	if (rc == 0)
		rc = bundle_read(config->rules_dir, r->call->args, r->call->arg_count,
		    config->templates_dir, a, diags, &b, err);
	if (rc == 0)
		rc = snapshot_compile_draft(
		    &b, config, lexicon, config_path != NULL, diags, &r->snapshot, err);
	if (rc == 0 && diag_count(diags, DIAG_ERROR) > 0)
		rc = 1;
	if (rc != 0)
		goto out;
	o.mode = STORE_MEMORY;
	rc = store_open(&o, &r->store, err);
	if (customers != NULL)
		config->customers_path = customers;
	r->has_customers = customers != NULL || config_path != NULL;
	env.store = r->store;
	env.clock = &r->clock.base;
	env.decided = on_decided;
	env.cookie = r;
	if (rc == 0)
		rc = pipeline_new(&env, r->snapshot, &r->pipeline, err);
out:
	lexicon_set_unref(lexicon);
	config_unref(config);
	arena_free(a);
	return rc;
}

static int
run(struct verb_call *call)
{
	struct replay r = {0};
	struct diag_list *diags = diag_list_new();
	const char *posts = verb_flag(call, "--posts");
	struct err err = {ERR_NONE, "no memory"};
	int rc = -1, code = EXIT_CANNOT;

	r.call = call;
	r.all = verb_flag(call, "--all") != NULL;
	buf_init(&r.out, 16 * 1024 * 1024);
	clock_virtual_init(&r.clock, 0);
	r.messages_due_ms = TIME_UNKNOWN;
	r.arena = arena_new(REPLAY_ARENA_BYTES);
	rng_init(&r.rng, 0);
	if (posts == NULL) {
		code = verb_usage(call, "it needs --posts FILE");
		goto out;
	}
	rc = diags == NULL || r.arena == NULL ? -1 : prepare(&r, diags, &err);
	if (diags != NULL && diag_kept(diags) > 0)
		verb_print_diags(call, diags);
	if (rc == 1) {
		code = EXIT_FOUND;
		goto out;
	}
	if (rc == 0)
		rc = lines_read_file(posts, take_line, NULL, &r, NULL, &err);
	if (rc == 0 && !r.has_begun)
		rc = begin_time(&r, 0, &err);
	if (rc == 0)
		rc = pass_time(&r, r.clock.at_ms + RUN_ON_MS, true, &err);
	if (rc == 0)
		rc = flush_out(&r, &err);
	code = rc < 0 ? verb_cannot(call, &err) : r.bad > 0 ? EXIT_FOUND : EXIT_DONE;
out:
	pipeline_free(r.pipeline);
	snapshot_unref(r.snapshot);
	store_close(r.store);
	arena_free(r.arena);
	buf_fini(&r.out);
	diag_list_free(diags);
	return code;
}

static const struct flag flags[] = {
    {"--posts", NULL, "FILE",
	"posts and events as NDJSON, in the order they came; - for standard input", false},
    {"--customers", NULL, "FILE",
	"the customers, in a form that `earshot import` reads without a mapping; default: the "
	"configured ones",
	false},
    {"--all", NULL, NULL,
	"also what a guardrail of the rule held back (cool-down, total, own account ...)", false},
    {0},
};

const struct verb verb_replay = {
    "replay",
    "--posts FILE [--customers FILE] [--all] [PATH...]",
    "rules over a file of posts and events on a virtual clock; decisions as NDJSON; sends nothing",
    "The clock follows the posts' own times, and at the end runs on to the last thing that is due; "
    "messages count as sent\nwhen they are queued.  Everything happens in memory: no database is "
    "read or "
    "written.  PATH is a rules\n"
    "file or folder in place of the configured one.  Each line of the output is one decision: "
    "rule_id, occurrence_id, action,\n"
    "subject, reason, outcome, note, at.  A line with \"kind\":\"event\" is what a customer did, "
    "as "
    "POST /api/v1/events takes it.\nCustomers are known from the first line on, with their links, "
    "consents, tags and segments.",
    "  earshot replay --posts posts.ndjson rules/",
    flags,
    run,
};
