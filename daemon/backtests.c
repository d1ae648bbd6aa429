#include "daemon/backtests.h"

#include <stdatomic.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "platform/thread.h"
#include "store/store.h"

#include "daemon/backtest.h"
#include "daemon/snapshot.h"

#define REPORT_MAX (64u * 1024 * 1024)

enum test_state {
	TEST_RUNNING,
	TEST_DONE,
	TEST_STOPPED,
	TEST_FAILED
};

struct one {
	int64_t id, since_ms, until_ms, started_at_ms;
	enum test_state state; /* under the lock */
	atomic_llong done, total;
	atomic_bool is_stopping;
	struct buf report;
	struct err err;
};

struct backtests {
	char *store_path;
	const struct clock *clock;
	struct log *log;
	struct lock *lock;
	struct one kept[BACKTESTS_KEPT]; /* id 0: free */
	int64_t last_id;
	/* What runs: only the thread touches these until it is joined. */
	struct thread *thread;
	struct one *running;
	struct snapshot *draft, *live;
};

int
backtests_new(const char *store_path, const struct clock *clock, struct log *log,
    struct backtests **b_r, struct err *err)
{
	struct backtests *b = mem_zalloc(sizeof *b);

	if (b != NULL) {
		b->store_path = mem_strdup(store_path);
		b->lock = lock_new();
		b->clock = clock;
		b->log = log;
	}
	if (b == NULL || b->store_path == NULL || b->lock == NULL) {
		backtests_free(b);
		return err_set(err, ERR_NOMEM, "no memory for backtests");
	}
	*b_r = b;
	return 0;
}

/* The thread has ended, or there is none; under the lock. */
static void
reap(struct backtests *b)
{
	if (b->thread == NULL || b->running->state == TEST_RUNNING)
		return;
	thread_join(b->thread);
	b->thread = NULL;
	snapshot_unref(b->draft);
	snapshot_unref(b->live);
	b->draft = b->live = NULL;
	b->running = NULL;
}

void
backtests_free(struct backtests *b)
{
	if (b == NULL)
		return;
	if (b->thread != NULL) {
		atomic_store(&b->running->is_stopping, true);
		thread_join(b->thread);
		snapshot_unref(b->draft);
		snapshot_unref(b->live);
	}
	for (size_t i = 0; i < BACKTESTS_KEPT; i++)
		if (b->kept[i].id != 0)
			buf_fini(&b->kept[i].report);
	lock_free(b->lock);
	mem_free(b->store_path);
	mem_free(b);
}

static bool
on_progress(void *cookie, int64_t done, int64_t total)
{
	struct one *o = cookie;

	atomic_store(&o->done, done);
	atomic_store(&o->total, total > done ? total : done);
	return !atomic_load(&o->is_stopping);
}

static int
run_one(struct backtests *b, struct one *o)
{
	struct store_options so = {.path = b->store_path, .mode = STORE_READER};
	struct backtest test = {.draft = b->draft,
	    .live = b->live,
	    .since_ms = o->since_ms,
	    .until_ms = o->until_ms,
	    .progress = on_progress,
	    .cookie = o};
	struct store *st = NULL;
	int rc;

	if (store_open(&so, &st, &o->err) < 0)
		return -1;
	test.store = st;
	rc = backtest_run(&test, &o->report, &o->err);
	store_close(st);
	return rc;
}

static void
work(void *cookie)
{
	struct backtests *b = cookie;
	struct one *o = b->running;
	int rc = run_one(b, o);

	lock_take(b->lock);
	o->state = rc == 0 ? TEST_DONE : rc == 1 ? TEST_STOPPED : TEST_FAILED;
	lock_drop(b->lock);
	log_event(b->log, rc < 0 ? LOG_WARN : LOG_INFO, "backtest.ended", "id", LOG_I64(o->id),
	    "posts", LOG_I64(atomic_load(&o->done)), "why", rc < 0 ? o->err.text : "", NULL);
}

/* The oldest place that does not run. */
static struct one *
free_place(struct backtests *b)
{
	struct one *oldest = NULL;

	for (size_t i = 0; i < BACKTESTS_KEPT; i++)
		if (oldest == NULL || b->kept[i].id < oldest->id)
			oldest = &b->kept[i];
	if (oldest->id != 0)
		buf_fini(&oldest->report);
	return oldest;
}

static int
start_locked(struct backtests *b, struct snapshot *draft, struct snapshot *live, int64_t since_ms,
    int64_t until_ms, int64_t *id_r, struct err *err)
{
	struct one *o;

	reap(b);
	if (b->thread != NULL)
		return err_set(
		    err, ERR_BUSY, "backtest %lld is still running", (long long)b->running->id);
	o = free_place(b);
	memset(o, 0, sizeof *o);
	o->id = ++b->last_id;
	o->since_ms = since_ms;
	o->until_ms = until_ms;
	o->started_at_ms = clock_now_ms(b->clock);
	buf_init(&o->report, REPORT_MAX);
	b->running = o;
	b->draft = snapshot_ref(draft);
	b->live = live == NULL ? NULL : snapshot_ref(live);
	if (thread_start("backtest", work, b, &b->thread, err) < 0) {
		snapshot_unref(b->draft);
		snapshot_unref(b->live);
		b->draft = b->live = NULL;
		b->running = NULL;
		o->id = 0;
		buf_fini(&o->report);
		return -1;
	}
	*id_r = o->id;
	return 0;
}

int
backtests_start(struct backtests *b, struct snapshot *draft, struct snapshot *live,
    int64_t since_ms, int64_t until_ms, int64_t *id_r, struct err *err)
{
	int rc;

	lock_take(b->lock);
	rc = start_locked(b, draft, live, since_ms, until_ms, id_r, err);
	lock_drop(b->lock);
	return rc;
}

static struct one *
find(struct backtests *b, int64_t id)
{
	for (size_t i = 0; i < BACKTESTS_KEPT && id > 0; i++)
		if (b->kept[i].id == id)
			return &b->kept[i];
	return NULL;
}

static const char *
state_name(enum test_state s)
{
	switch (s) {
	case TEST_RUNNING: return "running";
	case TEST_DONE: return "done";
	case TEST_STOPPED: return "stopped";
	case TEST_FAILED: return "failed";
	}
	return "unknown";
}

int
backtests_show(struct backtests *b, int64_t id, struct buf *out, struct err *err)
{
	struct json_writer w;
	struct one *o;

	lock_take(b->lock);
	o = find(b, id);
	if (o != NULL) {
		json_writer_init(&w, out);
		json_object_begin(&w);
		json_kv_i64(&w, "id", o->id);
		json_kv_cstr(&w, "state", state_name(o->state));
		json_kv_time(&w, "started_at", o->started_at_ms);
		json_kv_i64(&w, "done", atomic_load(&o->done));
		json_kv_i64(&w, "total", atomic_load(&o->total));
		json_kv_cstr(&w, "error", o->state == TEST_FAILED ? o->err.text : NULL);
		json_key(&w, "report");
		if (o->state == TEST_DONE)
			json_put_raw(&w, buf_slice(&o->report));
		else
			json_put_null(&w);
		json_object_end(&w);
	}
	lock_drop(b->lock);
	if (o == NULL)
		return 0;
	return buf_failed(out) ? err_set(err, ERR_NOMEM, "no memory for the report") : 1;
}

int
backtests_stop(struct backtests *b, int64_t id)
{
	struct one *o;
	bool is_running;

	lock_take(b->lock);
	o = find(b, id);
	is_running = o != NULL && o->state == TEST_RUNNING;
	if (is_running)
		atomic_store(&o->is_stopping, true);
	lock_drop(b->lock);
	return is_running;
}
