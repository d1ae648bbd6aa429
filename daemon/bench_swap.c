/*
 * bench_swap.c - what posts wait when rules go live: a running pipeline thread is kept busy, and the
 * time from one commit of posts to the next is taken, around rules that go live and elsewhere.
 *
 * A watch counts every post: what it knows goes over to the next rules.  The steps are those of POST /api/v1/rules/apply: made ready on a reader, written in parts and made live by
 * the writer, what was live freed on a reader.  Every other time the ids change as well.
 */
#include "daemon/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/loop.h"
#include "platform/sysclock.h"
#include "store/outbox.h"
#include "store/store.h"

#include "daemon/config.h"
#include "daemon/pipeline.h"
#include "daemon/readers.h"
#include "daemon/rules_change.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"
#include "daemon/worker.h"

#define RULES 10000
#define TURNS 50
#define PAGE_POSTS 16
#define PAGES_AHEAD 4
#define PAUSE_MS 200 /* from one turn to the next: time to see commits that nothing is beside */
#define COMMITS_MAX 1000000
#define SAME_BATCH_NS 50000 /* what is committed together is told one after another */
#define AROUND_NS INT64_C(2000000) /* before the live transaction and after it */

/* On the wall, and of a processor: who has neighbours sees the second alone. */
struct time_ns {
	int64_t wall, cpu;
};

enum phase {
	PHASE_PART, /* the longest */
	PHASE_LIVE, /* the rows that make the rules live */
	PHASE_SWAP,
	PHASE_FREE, /* on a reader */
	PHASE_COUNT
};
static const char *const phase_names[PHASE_COUNT] = {"longest_part", "live", "swap", "free"};

struct turn {
	struct time_ns prepare_from, parts_from, live_from, live_to;
	struct time_ns took[PHASE_COUNT];
	int64_t parts;
};

static const struct err busy = {ERR_BUSY, "too much is waiting"};

struct swap {
	struct bench *b;
	struct config *config;
	struct store *st;
	struct loop *loop;
	struct loop_timer *timer;
	struct readers *readers;
	struct worker *worker;
	struct snapshot *live, *old;
	struct rules_change *change;
	struct diag_list *diags;
	struct arena *arena;
	struct turn turns[TURNS];
	size_t turn, posts, pages;
	/* Of the pipeline thread while pages are under way. */
	int64_t *commits, last_ns;
	size_t commit_count;
	bool is_over;
	struct err err;
};

static struct time_ns
now(void)
{
	return (struct time_ns){clock_mono_ns(sysclock()), sysclock_thread_cpu_ns()};
}

static struct time_ns
since(struct time_ns began)
{
	struct time_ns t = now();

	return (struct time_ns){t.wall - began.wall, t.cpu - began.cpu};
}

static struct slice
rules_of_turn(struct swap *w, size_t turn)
{
	struct buf text;
	struct slice made;

	buf_init(&text, 64u * 1024 * 1024);
	buf_addf(&text,
	    "brand acme \"Acme\"\n  called \"acme\", \"@acmecoffee\"\nend\n\n"
	    "watch all \"Everybody\"\n  over posts where author.followers is at least 0\n"
	    "  when count within 24 hours is above 65000\n  then pause promotions\nend\n\n");
	for (size_t i = 0; i < RULES; i++)
		buf_addf(&text,
		    "rule r%zu-%zu \"Rule %zu\"\n  when all of\n    text contains \"word%zu\"\n"
		    "    author.followers is at least %zu\n  end\n  then\n    tag author \"seen\"\n"
		    "  end\nend\n\n",
		    turn / 2, i, i, i, (i + turn) % 50);
	arena_reset(w->arena);
	made = arena_slice_dup(w->arena, buf_slice(&text));
	buf_fini(&text);
	return made;
}

static void
give_up(struct swap *w, const struct err *why)
{
	w->err = *why;
	w->is_over = true;
	loop_stop(w->loop);
}

/* ---- posts, all the time -------------------------------------------------------------- */

static void post_page(struct swap *w);

static void
on_stored(void *cookie, const struct stored_post *sp)
{
	struct swap *w = cookie;
	int64_t at_ns = clock_mono_ns(sysclock());

	(void)sp;
	if (at_ns - w->last_ns > SAME_BATCH_NS && w->commit_count < COMMITS_MAX)
		w->commits[w->commit_count++] = at_ns;
	w->last_ns = at_ns;
}

static void
page_done(void *cookie, struct page **pages, size_t count, const struct page_result *results,
    const struct err *failure)
{
	struct swap *w = cookie;

	(void)results;
	for (size_t i = 0; i < count; i++)
		page_free(pages[i]);
	w->pages--;
	if (failure != NULL) {
		give_up(w, failure);
	} else if (!w->is_over) {
		post_page(w);
	} else if (w->pages == 0) {
		loop_stop(w->loop);
	}
}

static void
post_page(struct swap *w)
{
	struct page *page = page_new(SLICE_LIT("bench"));
	bool is_full = false;

	for (size_t i = 0; page != NULL && i < PAGE_POSTS && !is_full; i++) {
		struct post *post = page_add(page);

		is_full = post == NULL;
		if (is_full)
			break;
		*post = w->b->posts[w->posts % BENCH_POSTS];
		post->id = slice_of(
		    arena_printf(page->arena, "https://social.example/posts/%zu", w->posts++));
		post->fetched_at_ms = post->created_at_ms = clock_now_ms(sysclock());
	}
	if (page != NULL && !is_full &&
	    worker_pages(w->worker, &page, 1, true, NULL, page_done, w) == 0) {
		w->pages++;
		return;
	}
	page_free(page);
	give_up(w, &busy);
}

/* ---- rules, from time to time ----------------------------------------------------------- */

static struct turn *
turn_now(struct swap *w)
{
	return &w->turns[w->turn];
}

static void
free_work(void *cookie, struct store *st, const struct err *open_error)
{
	struct swap *w = cookie;
	struct time_ns began = now();

	(void)st;
	(void)open_error;
	snapshot_unref(w->old);
	rules_change_free(w->change);
	w->old = NULL;
	w->change = NULL;
	turn_now(w)->took[PHASE_FREE] = since(began);
}

static void
free_done(void *cookie)
{
	struct swap *w = cookie;

	if (++w->turn < TURNS) {
		loop_timer_start(w->timer, PAUSE_MS);
		return;
	}
	w->is_over = true;
	if (w->pages == 0)
		loop_stop(w->loop);
}

static int
live_write(void *cookie, struct store *st, struct err *err)
{
	struct swap *w = cookie;
	struct turn *t = turn_now(w);
	int64_t version;
	int rc;

	t->live_from = now();
	rc = rules_change_commit(st, w->change, &version, err);
	t->took[PHASE_LIVE] = since(t->live_from);
	return rc;
}

static void
live_committed(void *cookie, struct pipeline *p)
{
	struct swap *w = cookie;
	struct turn *t = turn_now(w);
	struct time_ns began = now();

	pipeline_swap(p, rules_change_peek(w->change));
	t->live_to = now();
	t->took[PHASE_SWAP] = since(began);
}

static void
live_wrote(void *cookie, const struct err *failure)
{
	struct swap *w = cookie;

	if (failure != NULL) {
		give_up(w, failure);
		return;
	}
	w->old = w->live;
	w->live = snapshot_ref(rules_change_peek(w->change));
	if (readers_do(w->readers, free_work, free_done, w) < 0)
		give_up(w, &busy);
}

static int
part_write(void *cookie, struct store *st, struct err *err)
{
	struct swap *w = cookie;
	struct turn *t = turn_now(w);
	struct time_ns began = now(), took;

	if (rules_change_stage(st, w->change, err) < 0)
		return -1;
	took = since(began);
	if (took.cpu > t->took[PHASE_PART].cpu)
		t->took[PHASE_PART] = took;
	t->parts++;
	return 0;
}

static void next_step(void *cookie);

static void
part_wrote(void *cookie, const struct err *failure)
{
	if (failure != NULL)
		give_up(cookie, failure);
	else
		next_step(cookie);
}

static void
next_step(void *cookie)
{
	struct swap *w = cookie;
	int rc;

	if (w->change == NULL) {
		give_up(w, &w->err);
		return;
	}
	if (turn_now(w)->parts_from.wall == 0)
		turn_now(w)->parts_from = now();
	rc = rules_change_has_parts(w->change)
	    ? worker_along(w->worker, part_write, NULL, part_wrote, w)
	    : worker_along(w->worker, live_write, live_committed, live_wrote, w);
	if (rc < 0)
		give_up(w, &busy);
}

static void
prepare_work(void *cookie, struct store *st, const struct err *open_error)
{
	struct swap *w = cookie;
	struct rule_source source = {"bench.rules", rules_of_turn(w, w->turn + 1)};
	struct bundle bundle = {&source, 1, NULL, 0};
	struct rules_ask ask = {BUNDLE_APPLY, "bench", "", -1, clock_now_ms(sysclock())};

	turn_now(w)->prepare_from = now();
	if (st == NULL)
		w->err = *open_error;
	else if (store_begin(st, &w->err) == 0 &&
	    rules_change_prepare(
		st, w->config, w->b->lexicon, &bundle, &ask, w->diags, &w->change, &w->err) == 1)
		err_set(&w->err, ERR_INPUT, "the benchmark's own rules do not compile");
	if (st != NULL)
		store_rollback(st);
}

static void
begin_turn(void *cookie)
{
	struct swap *w = cookie;

	if (readers_do(w->readers, prepare_work, next_step, w) < 0)
		give_up(w, &busy);
}

/* ---- figures ------------------------------------------------------------------------------ */

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts them. */
static void
put_percentiles(struct bench *b, const char *name, int64_t *ns, size_t count)
{
	if (count == 0)
		return;
	qsort(ns, count, sizeof *ns, ascending);
	json_key(&b->w, name);
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "n", (int64_t)count);
	json_kv_i64(&b->w, "p50_us", ns[count / 2] / 1000);
	json_kv_i64(&b->w, "p99_us", ns[count * 99 / 100] / 1000);
	json_kv_i64(&b->w, "worst_us", ns[count - 1] / 1000);
	json_object_end(&b->w);
}

static bool
is_within(const struct swap *w, size_t commit, int64_t from_ns, int64_t to_ns)
{
	return w->commits[commit] > from_ns && w->commits[commit - 1] < to_ns;
}

/* Of each turn, the worst from one moment of it to another. */
static size_t
worst_of_turns(const struct swap *w, size_t from, size_t to, int64_t after_ns, int64_t *gaps)
{
	for (size_t t = 0; t < TURNS; t++) {
		const char *turn = (const char *)&w->turns[t];
		int64_t from_ns = ((const struct time_ns *)(const void *)(turn + from))->wall;
		int64_t to_ns =
		    ((const struct time_ns *)(const void *)(turn + to))->wall + after_ns;

		gaps[t] = 0;
		for (size_t i = 1; i < w->commit_count; i++)
			if (is_within(w, i, from_ns, to_ns) &&
			    w->commits[i] - w->commits[i - 1] > gaps[t])
				gaps[t] = w->commits[i] - w->commits[i - 1];
	}
	return TURNS;
}

/* What nothing was beside. */
static size_t
gaps_elsewhere(const struct swap *w, int64_t *gaps)
{
	size_t n = 0, t = 0;

	for (size_t i = 1; i < w->commit_count; i++) {
		while (t < TURNS && w->commits[i - 1] > w->turns[t].live_to.wall + 2 * AROUND_NS)
			t++;
		if (t == TURNS || w->commits[i] < w->turns[t].prepare_from.wall)
			gaps[n++] = w->commits[i] - w->commits[i - 1];
	}
	return n;
}

/* The worst of so many commits one after another as a turn's live transaction had about it. */
static size_t
worst_elsewhere(int64_t *gaps, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i + 3 <= count; i += 3) {
		int64_t worst = gaps[i];

		for (size_t k = 1; k < 3; k++)
			if (gaps[i + k] > worst)
				worst = gaps[i + k];
		gaps[n++] = worst;
	}
	return n;
}

static void
put_phase(struct swap *w, enum phase p, int64_t *ns)
{
	struct bench *b = w->b;

	for (size_t t = 0; t < TURNS; t++)
		ns[t] = w->turns[t].took[p].wall;
	json_key(&b->w, phase_names[p]);
	json_object_begin(&b->w);
	put_percentiles(b, "wall", ns, TURNS);
	for (size_t t = 0; t < TURNS; t++)
		ns[t] = w->turns[t].took[p].cpu;
	put_percentiles(b, "cpu", ns, TURNS);
	json_object_end(&b->w);
}

static int
put_figures(struct swap *w, struct err *err)
{
	int64_t *gaps = mem_array(w->commit_count + TURNS, sizeof *gaps);
	struct bench *b = w->b;

	if (gaps == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the figures");
	json_key(&b->w, "swap");
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "rules", RULES);
	json_kv_i64(&b->w, "turns", TURNS);
	json_kv_i64(&b->w, "parts", w->turns[0].parts);
	put_percentiles(b, "commit_to_commit", gaps, gaps_elsewhere(w, gaps));
	put_percentiles(b, "worst_of_three", gaps, worst_elsewhere(gaps, gaps_elsewhere(w, gaps)));
	put_percentiles(b, "worst_while_compiled", gaps,
	    worst_of_turns(w, offsetof(struct turn, prepare_from),
		offsetof(struct turn, parts_from), 0, gaps));
	put_percentiles(b, "worst_while_written", gaps,
	    worst_of_turns(
		w, offsetof(struct turn, parts_from), offsetof(struct turn, live_from), 0, gaps));
	put_percentiles(b, "worst_at_the_swap", gaps,
	    worst_of_turns(w, offsetof(struct turn, live_from), offsetof(struct turn, live_to),
		AROUND_NS, gaps));
	for (size_t p = 0; p < PHASE_COUNT; p++)
		put_phase(w, (enum phase)p, gaps);
	json_object_end(&b->w);
	mem_free(gaps);
	return 0;
}

/* ---- setting up -------------------------------------------------------------------------- */

static int
first_rules(struct swap *w, struct err *err)
{
	struct rule_source source = {"bench.rules", rules_of_turn(w, 0)};
	struct bundle bundle = {&source, 1, NULL, 0};
	struct rules_ask ask = {BUNDLE_APPLY, "bench", "", -1, clock_now_ms(sysclock())};
	int64_t version;
	int rc;

	if (store_begin(w->st, err) < 0)
		return -1;
	rc = rules_change_prepare(
	    w->st, w->config, w->b->lexicon, &bundle, &ask, w->diags, &w->change, err);
	if (rc == 1) {
		verb_print_diags(w->b->call, w->diags);
		return err_set(err, ERR_INPUT, "the benchmark's own rules do not compile");
	}
	if (rc < 0 || rules_change_commit(w->st, w->change, &version, err) < 0 ||
	    store_commit(w->st, err) < 0)
		return -1;
	w->live = snapshot_ref(rules_change_peek(w->change));
	rules_change_free(w->change);
	w->change = NULL;
	return 0;
}

static int
set_up(struct swap *w, const char *path, struct err *err)
{
	struct store_options o = {
	    .path = path, .mode = STORE_WRITER, .now_ms = clock_now_ms(sysclock())};
	struct worker_env env = {.clock = sysclock(), .cookie = w, .stored = on_stored};

	w->diags = diag_list_new();
	w->arena = arena_new(64u * 1024 * 1024);
	w->commits = mem_array(COMMITS_MAX, sizeof *w->commits);
	if (w->diags == NULL || w->arena == NULL || w->commits == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (config_load(NULL, w->diags, &w->config, err) != 0 || store_open(&o, &w->st, err) < 0 ||
	    first_rules(w, err) < 0 || loop_new(&w->loop, err) < 0)
		return -1;
	w->timer = loop_timer_new(w->loop, begin_turn, w);
	env.loop = w->loop;
	env.store = w->st;
	if (w->timer == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (readers_start(w->loop, path, 2, 16, &w->readers, err) < 0)
		return -1;
	return worker_start(&env, w->live, 64, &w->worker, err);
}

static void
tear_down(struct swap *w)
{
	readers_stop(w->readers);
	worker_stop(w->worker);
	if (w->loop != NULL)
		loop_run_once(w->loop, false);
	worker_free(w->worker);
	readers_free(w->readers);
	loop_timer_free(w->timer);
	loop_free(w->loop);
	rules_change_free(w->change);
	snapshot_unref(w->old);
	snapshot_unref(w->live);
	store_close(w->st);
	config_unref(w->config);
	diag_list_free(w->diags);
	arena_free(w->arena);
	mem_free(w->commits);
}

int
bench_swap(struct bench *b, struct err *err)
{
	struct swap *w = mem_zalloc(sizeof *w);
	char path[128];
	int rc;

	if (w == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	w->b = b;
	snprintf(path, sizeof path, "%s/swap.db", b->dir);
	rc = set_up(w, path, err);
	if (rc == 0) {
		for (size_t i = 0; i < PAGES_AHEAD; i++)
			post_page(w);
		loop_timer_start(w->timer, 2 * PAUSE_MS);
		loop_run(w->loop);
		if (w->err.kind != ERR_NONE) {
			*err = w->err;
			rc = -1;
		}
	}
	if (rc == 0)
		rc = put_figures(w, err);
	tear_down(w);
	mem_free(w);
	return rc;
}
