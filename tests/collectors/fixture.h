/*
 * fixture.h - a host for one source: a loop, a client, a scripted HTTP server, and a "database"
 * that remembers posts and the cursor of each committed page.  A restart frees the source with
 * whatever was under way and starts it from the committed cursor.
 */
#ifndef TESTS_COLLECTORS_FIXTURE_H
#define TESTS_COLLECTORS_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/collector.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/options.h"
#include "core/post.h"
#include "core/rng.h"
#include "core/yaml.h"
#include "platform/http_client.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "platform/sysclock.h"

#define FIXTURE_POSTS_MAX 5000
#define FIXTURE_PAGES_MAX 64

struct fixture {
	struct loop *loop;
	struct http_client *client;
	struct http_server *server;
	struct rng rng;
	struct collector_host host;
	const struct collector_ops *ops;
	struct options *set;
	char config[1024];
	struct collector *c;
	/* pages emitted and not committed */
	struct page *waiting[FIXTURE_PAGES_MAX];
	size_t waiting_count;
	bool holds_commits;
	/* what is in the database */
	struct arena *arena;
	struct post posts[FIXTURE_POSTS_MAX];
	size_t count, rejects, pages, doubled;
	size_t first_fetch_posts;
	char last_reject[256];
	char *cursor;
	bool has_fetched;
	/* stop after so many commits: 0 never */
	size_t restart_after;
	size_t commits_since_start, restarts;
	/* how far each stream has come, and posts that were behind it */
	struct {
		char name[64];
		int64_t newest_ms;
	} streams[4];
	size_t behind;
	int64_t started_ms;
	struct loop_timer *tick; /* keeps the loop from waiting for ever */
};

static inline void
fixture_emit(void *cookie, struct collector *c, struct page *p)
{
	struct fixture *f = cookie;

	assert_ptr_equal(c, f->c);
	assert_true(f->waiting_count < FIXTURE_PAGES_MAX);
	assert_true(slice_eq_str(p->feed, "src"));
	assert_true(f->waiting_count < COLLECTOR_PAGES_AHEAD);
	f->waiting[f->waiting_count++] = p;
}

static inline const struct post *
fixture_find(const struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->count; i++)
		if (slice_eq_str(f->posts[i].id, id))
			return &f->posts[i];
	return NULL;
}

static inline const struct post *
fixture_must_find(const struct fixture *f, const char *id)
{
	const struct post *found = fixture_find(f, id);

	if (found == NULL) {
		fail_msg("post %s is not there", id);
		abort(); /* the compiler does not know that we do not come back */
	}
	return found;
}

static inline void
fixture_follow_stream(struct fixture *f, const struct page *p)
{
	struct slice name = slice_is_set(p->stream) ? p->stream : p->feed;
	int64_t newest_ms;
	size_t i = 0;

	while (f->streams[i].name[0] != '\0' && !slice_eq_str(name, f->streams[i].name))
		assert_true(++i < sizeof f->streams / sizeof *f->streams);
	snprintf(f->streams[i].name, sizeof f->streams[i].name, "%.*s", SLICE_ARG(name));
	newest_ms = f->streams[i].newest_ms;
	for (size_t k = 0; k < p->count; k++) {
		int64_t at_ms = p->posts[k].created_at_ms;

		f->behind += !p->fills_gap && at_ms < f->streams[i].newest_ms;
		newest_ms = at_ms > newest_ms ? at_ms : newest_ms;
	}
	f->streams[i].newest_ms = newest_ms;
}

/* As the pipeline would: posts, cursor and mark at once. */
static inline void
fixture_commit_one(struct fixture *f)
{
	struct page *p = f->waiting[0];
	uint64_t serial = p->serial;

	memmove(&f->waiting[0], &f->waiting[1], --f->waiting_count * sizeof(f->waiting[0]));
	fixture_follow_stream(f, p);
	for (size_t i = 0; i < p->count; i++) {
		char id[POST_ID_MAX + 1];
		snprintf(id, sizeof(id), "%.*s", SLICE_ARG(p->posts[i].id));
		const struct post *known = fixture_find(f, id);
		if (known != NULL && slice_eq(known->text, p->posts[i].text))
			f->doubled++;
		assert_true(f->count < FIXTURE_POSTS_MAX);
		assert_int_equal(post_copy(&p->posts[i], f->arena, &f->posts[f->count]), 0);
		f->count++;
		if (p->is_first_fetch)
			f->first_fetch_posts++;
	}
	f->rejects += p->reject_count;
	if (p->reject_count > 0)
		snprintf(f->last_reject, sizeof(f->last_reject), "%.*s",
		    SLICE_ARG(p->rejects[p->reject_count - 1].reason));
	if (slice_is_set(p->cursor)) {
		mem_free(f->cursor);
		f->cursor = mem_strndup(p->cursor.ptr, p->cursor.len);
	}
	f->has_fetched |= p->ends_first_fetch;
	f->pages++;
	page_free(p);
	f->commits_since_start++;
	collector_committed(f->c, serial);
}

static inline void
fixture_stop(struct fixture *f)
{
	collector_free(f->c);
	f->c = NULL;
	for (size_t i = 0; i < f->waiting_count; i++)
		page_free(f->waiting[i]);
	f->waiting_count = 0;
}

static inline void
fixture_options(struct fixture *f)
{
	struct diag_list *diags = diag_list_new();
	struct yaml_doc *doc = yaml_parse("test.yaml", slice_of(f->config), diags);
	struct option table[16] = {{0}};
	struct buf out;

	/* durations of milliseconds, which no configuration may have */
	for (size_t i = 0; f->ops->options[i].name != NULL; i++) {
		table[i] = f->ops->options[i];
		if (table[i].type == OPTION_DURATION)
			table[i].min = 1;
	}
	static struct option keep[16];
	memcpy(keep, table, sizeof(keep));
	f->set = options_read(keep, doc, yaml_root(doc), "sources.src", "/tmp", diags);
	if (diag_kept(diags) > 0) {
		buf_init(&out, 65536);
		diag_print(diags, &out);
		fail_msg("%s", buf_str(&out));
	}
	yaml_doc_free(doc);
	diag_list_free(diags);
}

static inline void
fixture_start(struct fixture *f)
{
	struct err err = {0};

	if (collector_new("src", f->ops, f->set, &f->host, &f->c, &err) < 0)
		fail_msg("%s", err.text);
	f->commits_since_start = 0;
	collector_start(f->c, f->cursor == NULL ? SLICE_NONE : slice_of(f->cursor), f->has_fetched);
}

static inline void
fixture_restart(struct fixture *f)
{
	fixture_stop(f);
	f->restarts++;
	fixture_start(f);
}

static inline void
fixture_wake(void *cookie)
{
	struct fixture *f = cookie;

	loop_timer_start(f->tick, 5);
}

/* One turn of the loop (waking up at least each 5 ms), then one commit. */
static inline void
fixture_turn(struct fixture *f)
{
	loop_run_once(f->loop, true);
	if (f->holds_commits || f->waiting_count == 0 || f->c == NULL)
		return;
	fixture_commit_one(f);
	if (f->restart_after > 0 && f->commits_since_start >= f->restart_after)
		fixture_restart(f);
}

typedef bool fixture_until_fn(struct fixture *f);

/* Turns until the condition holds; fails after timeout_ms. */
static inline void
fixture_run(struct fixture *f, fixture_until_fn *until, int64_t timeout_ms, const char *what)
{
	int64_t end_ms = clock_now_ms(sysclock()) + timeout_ms;

	while (!until(f)) {
		if (clock_now_ms(sysclock()) > end_ms)
			fail_msg("%s did not happen within %lld ms: %zu posts, %zu pages, status "
				 "%s '%s'",
			    what, (long long)timeout_ms, f->count, f->pages,
			    f->c == NULL ? "-" : source_health_name(collector_status(f->c)->health),
			    f->c == NULL ? "-" : collector_status(f->c)->detail);
		fixture_turn(f);
	}
}

static inline void
fixture_run_for(struct fixture *f, int64_t ms)
{
	int64_t end_ms = clock_now_ms(sysclock()) + ms;

	while (clock_now_ms(sysclock()) < end_ms)
		fixture_turn(f);
}

/* config may hold one %d: the server's port. */
static inline void
fixture_init(struct fixture *f, const struct collector_ops *ops, http_server_fn *handle,
    void *cookie, const char *config)
{
	static const char *const allow[] = {"127.0.0.1"};
	struct http_policy policy = {allow, 1};
	struct http_server_options options = {.address = "127.0.0.1:0"};
	struct err err = {0};
	const char *at = strstr(config, "%d");

	memset(f, 0, sizeof(*f));
	f->ops = ops;
	f->arena = arena_new((size_t)256 << 20);
	rng_init(&f->rng, 1);
	if (loop_new(&f->loop, &err) < 0 || http_client_new(f->loop, &policy, &f->client, &err) < 0)
		fail_msg("%s", err.text);
	if (handle != NULL &&
	    http_server_new(f->loop, &options, handle, cookie, &f->server, &err) < 0)
		fail_msg("%s", err.text);
	if (at == NULL)
		snprintf(f->config, sizeof(f->config), "%s", config);
	else
		snprintf(f->config, sizeof(f->config), "%.*s%d%s", (int)(at - config), config,
		    http_server_port(f->server), at + 2);
	f->host =
	    (struct collector_host){f, f->loop, f->client, sysclock(), &f->rng, NULL, fixture_emit};
	fixture_options(f);
	f->tick = loop_timer_new(f->loop, fixture_wake, f);
	fixture_wake(f);
	f->started_ms = clock_now_ms(sysclock());
}

static inline void
fixture_fini(struct fixture *f)
{
	fixture_stop(f);
	loop_timer_free(f->tick);
	options_free(f->set);
	http_server_free(f->server);
	http_client_free(f->client);
	loop_free(f->loop);
	arena_free(f->arena);
	mem_free(f->cursor);
}

#endif
