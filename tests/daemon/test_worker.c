#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "nlp/nlp.h"
#include "platform/loop.h"
#include "core/telling.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"

#include "daemon/snapshot.h"
#include "daemon/worker.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define QUEUE 16
#define POISON_BYTES (11 * 1024 * 1024) /* as JSON six times that: more than a row may hold */

#define S slice_of

struct world {
	struct loop *loop;
	struct store *st;
	struct clock_virtual clock;
	struct metrics metrics;
	struct snapshot *snapshot;
	struct worker *w;
	struct arena *a;
	char *poison;
	/* What was answered. */
	size_t answers;
	struct page_result result;
	struct err failure;
	int commits;
	struct err err;
};

static void
nothing(void *cookie)
{
	(void)cookie;
}

static struct snapshot *
make_snapshot(void)
{
	struct bundle b = {0};
	struct diag_list *diags = diag_list_new();
	struct config *config = NULL;
	struct lexicon_set *lexicon = NULL;
	struct snapshot *s = NULL;

	assert_int_equal(config_load(NULL, diags, &config, NULL), 0);
	assert_int_equal(snapshot_lexicon(NULL, diags, &lexicon, NULL), 0);
	assert_int_equal(snapshot_compile(&b, config, lexicon, 1, diags, &s, NULL), 0);
	config_unref(config);
	lexicon_set_unref(lexicon);
	diag_list_free(diags);
	return s;
}

static int
setup(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = NOW};
	struct worker_env env = {0};

	assert_non_null(w);
	assert_int_equal(loop_new(&w->loop, &w->err), 0);
	assert_int_equal(store_open(&o, &w->st, &w->err), 0);
	clock_virtual_init(&w->clock, NOW);
	w->snapshot = make_snapshot();
	w->a = arena_new(16u << 20);
	w->poison = mem_alloc(POISON_BYTES + 1);
	assert_non_null(w->poison);
	memset(w->poison, '\x01', POISON_BYTES);
	w->poison[POISON_BYTES] = '\0';
	env.loop = w->loop;
	env.store = w->st;
	env.clock = &w->clock.base;
	env.metrics = &w->metrics;
	env.cookie = w;
	env.outbox_changed = nothing;
	assert_int_equal(worker_start(&env, w->snapshot, QUEUE, &w->w, &w->err), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	worker_stop(w->w);
	loop_run_once(w->loop, false);
	worker_free(w->w);
	snapshot_unref(w->snapshot);
	store_close(w->st);
	arena_free(w->a);
	loop_free(w->loop);
	mem_free(w->poison);
	mem_free(w);
	return 0;
}

static struct post *
add(struct page *page, const char *id, const char *author)
{
	struct post *post = page_add(page);

	assert_non_null(post);
	post->id = S(id);
	post->source = S("replay");
	post->text = S("coffee");
	post->created_at_ms = post->fetched_at_ms = NOW;
	post->author.id = S(author);
	return post;
}

static void
on_done(void *cookie, struct page **pages, size_t count, const struct page_result *results,
    const struct err *failure)
{
	struct world *w = cookie;

	assert_int_equal(count, 1);
	w->answers++;
	if (results != NULL)
		w->result = results[0];
	if (failure != NULL)
		w->failure = *failure;
	page_free(pages[0]);
}

static int
on_commit(void *cookie, struct store *st, const struct page_result *results, struct err *err)
{
	struct world *w = cookie;

	(void)results;
	(void)err;
	assert_true(store_in_transaction(st));
	w->commits++;
	return 0;
}

/* Hands the pages over and ends the thread, which finishes them first: then the store is ours. */
static void
work_through(struct world *w)
{
	worker_stop(w->w);
	loop_run_once(w->loop, false);
}

static bool
is_stored(struct world *w, const char *id)
{
	struct post_ref ref;
	int rc = store_post_find(w->st, S(id), &ref, &w->err);

	assert_true(rc >= 0);
	return rc == 1;
}

static void
a_page_is_committed_and_answered_once(void **state)
{
	struct world *w = *state;
	struct page *page = page_new(S("demo"));

	add(page, "p1", "jane");
	assert_int_equal(worker_pages(w->w, &page, 1, false, on_commit, on_done, w), 0);
	work_through(w);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->failure.kind, ERR_NONE);
	assert_int_equal(w->result.stored, 1);
	assert_int_equal(w->commits, 1);
	assert_true(is_stored(w, "p1"));
}

static struct telling *
tell(struct page *page, const char *id)
{
	struct telling *t = page_tell(page);

	assert_non_null(t);
	t->id = S(id);
	t->customer_id = S("7");
	t->name = S("x");
	t->source = S("test");
	t->at_ms = t->received_at_ms = NOW;
	return t;
}

static void
what_cannot_be_stored_of_an_event_is_refused_and_the_others_go_on(void **state)
{
	struct world *w = *state;
	struct page *page = page_new(S("api"));
	struct slice poison = S(w->poison);
	struct attribute property = {S("p"), {&poison, 1}};
	struct telling *bad;

	tell(page, "e1");
	tell(page, "bad");
	tell(page, "e2");
	tell(page, "e1");
	bad = &page->tellings[1];
	bad->properties = &property;
	bad->property_count = 1;
	assert_int_equal(worker_pages(w->w, &page, 1, true, on_commit, on_done, w), 0);
	work_through(w);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->failure.kind, ERR_NONE);
	assert_int_equal(w->result.events_stored, 2);
	assert_int_equal(w->result.events_duplicate, 1);
	assert_int_equal(w->result.events_refused, 1);
	assert_int_equal(w->result.customers_created, 1);
	assert_int_equal(store_event_exists(w->st, S("e2"), &w->err), 1);
	assert_int_equal(store_event_exists(w->st, S("bad"), &w->err), 0);
	assert_int_equal(metrics_get(&w->metrics, METRIC_EVENTS_STORED), 2);
	assert_false(worker_is_failing(w->w));
}

static void
a_post_that_cannot_be_stored_is_set_aside_and_the_others_go_on(void **state)
{
	struct world *w = *state;
	struct page *page = page_new(S("demo"));
	struct source_row source;
	struct reject_row *rejects;
	size_t count;

	add(page, "p1", "jane");
	add(page, "bad", "jim")->author.bio = S(w->poison);
	add(page, "p2", "joe");
	page_reject(page, S("rubbish"), "line 3: no text");
	page->rejects_lost = 5;
	page->repaired = 7;
	page->cursor = S("next");
	assert_int_equal(worker_pages(w->w, &page, 1, false, on_commit, on_done, w), 0);
	work_through(w);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->failure.kind, ERR_NONE);
	assert_int_equal(w->result.stored, 2);
	assert_int_equal(w->result.rejected, 1 + 1 + 5);
	assert_int_equal(w->result.repaired, 7);
	assert_int_equal(metrics_get(&w->metrics, METRIC_TEXT_REPAIRED), 7);
	assert_int_equal(metrics_get(&w->metrics, METRIC_POSTS_REJECTED), 7);
	assert_true(w->commits > 0);
	assert_true(is_stored(w, "p1"));
	assert_true(is_stored(w, "p2"));
	assert_false(is_stored(w, "bad"));
	assert_int_equal(store_source_get(w->st, S("demo"), w->a, &source, &w->err), 1);
	assert_true(slice_eq_str(source.cursor, "next"));
	assert_int_equal(store_rejects_list(w->st, 10, w->a, &rejects, &count, &w->err), 0);
	assert_int_equal(count, 2); /* the page's own, and the one set aside, with its id */
	assert_true(
	    slice_eq_str(rejects[0].excerpt, "bad") || slice_eq_str(rejects[1].excerpt, "bad"));
	assert_false(worker_is_failing(w->w));
}

static void
a_bad_page_does_not_hold_up_the_pages_behind_it(void **state)
{
	struct world *w = *state;
	struct page *bad = page_new(S("one")), *good = page_new(S("two"));

	add(bad, "bad", "jim")->author.bio = S(w->poison);
	add(good, "p1", "jane");
	assert_int_equal(worker_pages(w->w, &bad, 1, false, NULL, on_done, w), 0);
	assert_int_equal(worker_pages(w->w, &good, 1, false, NULL, on_done, w), 0);
	work_through(w);
	assert_int_equal(w->answers, 2);
	assert_int_equal(w->failure.kind, ERR_NONE);
	assert_true(is_stored(w, "p1"));
	assert_false(is_stored(w, "bad"));
}

/* ---- what is written along with posts -------------------------------------------------- */

struct along {
	struct world *w;
	bool is_refusing;
	bool is_with_post; /* p1 of the same transaction was there */
	int writes, commits, answers;
	struct err failure;
};

static int
along_write(void *cookie, struct store *st, struct err *err)
{
	struct along *g = cookie;
	struct post_ref ref;

	assert_true(store_in_transaction(st));
	g->writes++;
	g->is_with_post = store_post_find(st, S("p1"), &ref, err) == 1;
	if (store_meta_set(st, "along", SLICE_LIT("here"), err) < 0)
		return -1;
	return g->is_refusing ? err_set(err, ERR_CONFLICT, "changed meanwhile") : 0;
}

static void
along_committed(void *cookie, struct pipeline *p)
{
	struct along *g = cookie;

	assert_non_null(p);
	assert_int_equal(g->answers, 0);
	g->commits++;
}

static void
along_done(void *cookie, const struct err *failure)
{
	struct along *g = cookie;

	g->answers++;
	if (failure != NULL)
		g->failure = *failure;
}

static bool
is_along_kept(struct world *w)
{
	struct slice value;
	int rc = store_meta_get(w->st, "along", w->a, &value, &w->err);

	assert_true(rc >= 0);
	return rc == 1;
}

/* Until both are in the queue, so that they go together. */
static void
wait_for_two(void *cookie, struct store *st, struct pipeline *p)
{
	_Atomic bool *is_ready = cookie;

	(void)st;
	(void)p;
	while (!*is_ready)
		;
}

static void
post_and_write(struct world *w, struct page *page, struct along *g)
{
	_Atomic bool is_ready = false;

	assert_int_equal(worker_call(w->w, wait_for_two, nothing, &is_ready), 0);
	assert_int_equal(worker_along(w->w, along_write, along_committed, along_done, g), 0);
	assert_int_equal(worker_pages(w->w, &page, 1, false, on_commit, on_done, w), 0);
	is_ready = true;
	work_through(w);
}

static void
what_goes_along_with_posts_is_in_their_transaction(void **state)
{
	struct world *w = *state;
	struct along g = {.w = w};
	struct page *page = page_new(S("demo"));

	add(page, "p1", "jane");
	post_and_write(w, page, &g);
	assert_true(g.is_with_post);
	assert_int_equal(g.writes, 1);
	assert_int_equal(g.commits, 1);
	assert_int_equal(g.answers, 1);
	assert_int_equal(g.failure.kind, ERR_NONE);
	assert_int_equal(w->answers, 1);
	assert_true(is_along_kept(w));
}

static void
what_goes_along_and_is_refused_leaves_the_posts_alone(void **state)
{
	struct world *w = *state;
	struct along g = {.w = w, .is_refusing = true};
	struct page *page = page_new(S("demo"));

	add(page, "p1", "jane");
	post_and_write(w, page, &g);
	assert_int_equal(g.writes, 1);
	assert_int_equal(g.commits, 0);
	assert_int_equal(g.answers, 1);
	assert_int_equal(g.failure.kind, ERR_CONFLICT);
	assert_false(is_along_kept(w));
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->failure.kind, ERR_NONE);
	assert_int_equal(w->result.stored, 1);
	assert_true(is_stored(w, "p1"));
	assert_false(worker_is_failing(w->w));
}

static void
what_goes_along_does_not_need_posts(void **state)
{
	struct world *w = *state;
	struct along kept = {.w = w}, refused = {.w = w, .is_refusing = true};

	assert_int_equal(worker_along(w->w, along_write, along_committed, along_done, &kept), 0);
	assert_int_equal(worker_along(w->w, along_write, along_committed, along_done, &refused), 0);
	work_through(w);
	assert_int_equal(kept.commits, 1);
	assert_int_equal(kept.answers, 1);
	assert_false(kept.is_with_post);
	assert_int_equal(refused.commits, 0);
	assert_int_equal(refused.failure.kind, ERR_CONFLICT);
	assert_true(is_along_kept(w));
}

static void
a_bad_post_does_not_keep_what_goes_along_from_being_written(void **state)
{
	struct world *w = *state;
	struct along g = {.w = w};
	struct page *page = page_new(S("demo"));

	add(page, "p1", "jane");
	add(page, "bad", "jim")->author.bio = S(w->poison);
	post_and_write(w, page, &g);
	assert_int_equal(g.commits, 1);
	assert_int_equal(g.answers, 1);
	assert_true(is_along_kept(w));
	assert_true(is_stored(w, "p1"));
	assert_false(is_stored(w, "bad"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_page_is_committed_and_answered_once),
	    TEST(a_post_that_cannot_be_stored_is_set_aside_and_the_others_go_on),
	    TEST(what_cannot_be_stored_of_an_event_is_refused_and_the_others_go_on),
	    TEST(a_bad_page_does_not_hold_up_the_pages_behind_it),
	    TEST(what_goes_along_with_posts_is_in_their_transaction),
	    TEST(what_goes_along_and_is_refused_leaves_the_posts_alone),
	    TEST(what_goes_along_does_not_need_posts),
	    TEST(a_bad_post_does_not_keep_what_goes_along_from_being_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
