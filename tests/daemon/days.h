/*
 * days.h - a world on a virtual clock: rules, a database on disk, posts said at their hour, and what
 * was told.  Every "restart" closes the database and opens it again; nothing but the rows comes
 * through.  Everything is static: each test is a program of its own.
 */
#ifndef TESTS_DAEMON_DAYS_H
#define TESTS_DAEMON_DAYS_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "nlp/nlp.h"
#include "store/persons.h"
#include "store/pauses.h"
#include "store/posts.h"
#include "store/store.h"
#include "store/watches.h"
#include "tests/support/files.h"

#include "actions/outbox.h"
#include "daemon/pipeline.h"
#include "daemon/snapshot.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define MINUTE TIME_MINUTE_MS
#define HOUR TIME_HOUR_MS
#define DAY TIME_DAY_MS

#define S slice_of

#define BRAND                                                                                      \
	"brand acme \"Acme\"\n"                                                                    \
	"  called \"acme\"\n"                                                                      \
	"  own accounts \"@acme@example.org\"\n"                                                   \
	"end\n"

#ifndef DAYS_LIMITS /* more of the configuration */
#define DAYS_LIMITS ""
#endif

static const char config_text[] =
    "channels: {log: {type: log}, paid: {type: log, cost: 0.25}}\n"
    "alerts:\n"
    "  queues:\n"
    "    support: {notify: [\"log:\"], escalate_after: 7 days}\n"
    "    pr: {notify: [\"log:\"], escalate_after: 7 days}\n" DAYS_LIMITS;

struct world {
	char *dir, *path, *config_path;
	struct store *st;
	struct clock_virtual clock;
	struct snapshot *snapshot;
	struct pipeline *p;
	struct arena *a;
	struct rng rng;
	struct buf told; /* "rule/post=outcome " of all that was decided */
	struct buf notes;
	bool restarts; /* after everything */
	int64_t next_post;
	struct err err;
};

__attribute__((unused)) static void
on_decided(void *cookie, const struct decision_row *row)
{
	struct world *w = cookie;

	buf_addf(&w->told, "%.*s/%.*s=%s ", SLICE_ARG(row->rule_id), SLICE_ARG(row->occurrence_id),
	    decision_outcome_name(row->outcome));
	buf_addf(&w->notes, "%.*s; %.*s\n", SLICE_ARG(row->reason), SLICE_ARG(row->note));
}

/* Read once: it takes longer than most worlds live. */
static struct lexicon_set *lexicon;

__attribute__((unused)) static int
load_lexicon(void **state)
{
	struct diag_list *diags = diag_list_new();
	struct err err = {ERR_NONE, ""};
	int rc = snapshot_lexicon(NULL, diags, &lexicon, &err);

	(void)state;
	diag_list_free(diags);
	return rc;
}

__attribute__((unused)) static int
free_lexicon(void **state)
{
	(void)state;
	lexicon_set_unref(lexicon);
	return 0;
}

__attribute__((unused)) static struct snapshot *
make_snapshot(const struct world *w, const char *text, int64_t version)
{
	struct rule_source source = {.file = "acme.rules", .text = S(text)};
	struct template_file templates[] = {
	    {S("sorry"), S("template.yaml"), "sorry/template.yaml", S("purpose: service\n")},
	    {S("sorry"), S("text.hbs"), "sorry/text.hbs", S("Sorry!")},
	};
	struct bundle b = {
	    .rules = &source, .rule_count = 1, .templates = templates, .template_count = 2};
	struct diag_list *diags = diag_list_new();
	struct config *config = NULL;
	struct snapshot *s = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf out;

	buf_init(&out, 64 * 1024);
	if (config_load(w->config_path, diags, &config, &err) != 0 ||
	    snapshot_compile(&b, config, lexicon, version, diags, &s, &err) != 0) {
		diag_print(diags, &out);
		fail_msg("%s\n%s", err.text, buf_str(&out));
	}
	config_unref(config);
	diag_list_free(diags);
	buf_fini(&out);
	return s;
}

__attribute__((unused)) static void
open_all(struct world *w)
{
	struct store_options o = {
	    .path = w->path, .mode = STORE_WRITER, .now_ms = clock_now_ms(&w->clock.base)};
	struct pipeline_env env = {.clock = &w->clock.base, .decided = on_decided, .cookie = w};

	assert_int_equal(store_open(&o, &w->st, &w->err), 0);
	env.store = w->st;
	assert_int_equal(pipeline_new(&env, w->snapshot, &w->p, &w->err), 0);
}

__attribute__((unused)) static void
restart(struct world *w)
{
	pipeline_free(w->p);
	store_close(w->st);
	open_all(w);
}

__attribute__((unused)) static void
begin_world(struct world *w, const char *rules, bool restarts)
{
	memset(w, 0, sizeof *w);
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	w->dir = temp_dir_new();
	w->path = path_join(w->dir, "earshot.db");
	w->config_path = path_join(w->dir, "earshot.yaml");
	support_write_text(w->config_path, config_text);
	w->snapshot = make_snapshot(w, rules, 1);
	w->a = arena_new(256u << 20);
	w->restarts = restarts;
	rng_init(&w->rng, 7);
	buf_init(&w->told, 4 << 20);
	buf_init(&w->notes, 4 << 20);
	clock_virtual_init(&w->clock, NOW);
	open_all(w);
}

__attribute__((unused)) static void
end_world(struct world *w)
{
	pipeline_free(w->p);
	store_close(w->st);
	snapshot_unref(w->snapshot);
	buf_fini(&w->told);
	buf_fini(&w->notes);
	arena_free(w->a);
	mem_free(w->path);
	mem_free(w->config_path);
	temp_dir_free(w->dir);
}

/* Time passes until then: whatever falls due does, at its time. */
__attribute__((unused)) static void
until(struct world *w, int64_t at_ms)
{
	int64_t due_ms;

	while ((due_ms = pipeline_next_due(w->p)) != TIME_UNKNOWN && due_ms <= at_ms) {
		struct tick_result r;

		if (due_ms > w->clock.at_ms)
			clock_virtual_set(&w->clock, due_ms);
		if (pipeline_tick(w->p, &r, &w->err) < 0)
			fail_msg("%s", w->err.text);
		if (w->restarts)
			restart(w);
		/* the first tick of a life fills what is kept in memory */
		if (w->restarts && pipeline_next_due(w->p) <= due_ms &&
		    pipeline_tick(w->p, &r, &w->err) < 0)
			fail_msg("%s", w->err.text);
	}
	if (at_ms > w->clock.at_ms)
		clock_virtual_set(&w->clock, at_ms);
}

struct saying {
	const char *id, *who, *text, *reply_to;
	bool is_deleted, is_first_fetch;
	int64_t age_ms;
	const char *feed; /* NULL: "demo" */
};

/* Says it at the clock's time. */
__attribute__((unused)) static void
say(struct world *w, const struct saying *s)
{
	struct page *page = page_new(S(s->feed != NULL ? s->feed : "demo")),
		    *const pages[] = {page};
	struct page_result r;
	struct post *post = page_add(page);

	post->id = S(s->id);
	post->source = S("replay");
	post->text = S(s->text);
	post->reply_to = S(s->reply_to);
	post->is_deleted = s->is_deleted;
	post->fetched_at_ms = w->clock.at_ms;
	post->created_at_ms = w->clock.at_ms - s->age_ms;
	post->author.id = S(arena_printf(page->arena, "https://example.org/users/%s", s->who));
	post->author.handle = S(arena_printf(page->arena, "@%s@example.org", s->who));
	page->is_first_fetch = s->is_first_fetch;
	if (pipeline_batch(w->p, pages, 1, &r, NULL, NULL, &w->err) < 0)
		fail_msg("%s", w->err.text);
	page_free(page);
	if (w->restarts)
		restart(w);
}

/* Before a batch's commit. */
__attribute__((unused)) static int
refuse(void *cookie, struct store *st, const struct page_result *results, struct err *err)
{
	(void)cookie;
	(void)st;
	(void)results;
	return err_set(err, ERR_STORE, "the disk is full");
}

__attribute__((unused)) static void
post(struct world *w, int64_t at_ms, const char *id, const char *who, const char *text)
{
	until(w, at_ms);
	say(w, &(struct saying){.id = id, .who = who, .text = text});
}

__attribute__((unused)) static void
reply(struct world *w, int64_t at_ms, const char *id, const char *who, const char *reply_to)
{
	until(w, at_ms);
	say(w, &(struct saying){.id = id, .who = who, .text = "sorry", .reply_to = reply_to});
}

/* What was told since the last time. */
__attribute__((unused)) static void
assert_told(struct world *w, const char *expected)
{
	assert_string_equal(buf_str(&w->told), expected);
	buf_clear(&w->told);
}

__attribute__((unused)) static int64_t
rows_of(struct world *w, const char *table)
{
	int64_t count;

	assert_int_equal(store_count(w->st, table, &count, &w->err), 0);
	return count;
}

#endif
