#include "daemon/readers.h"

#include <assert.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"
#include "platform/loop.h"
#include "platform/sysclock.h"
#include "platform/thread.h"
#include "store/store.h"

#define READERS_MAX 16

struct readers {
	struct loop *loop;
	char *store_path;
	struct queue *queue;
	struct thread *threads[READERS_MAX];
	size_t count;
};

struct task {
	readers_work_fn *work;
	void (*done)(void *cookie);
	void *cookie;
};

static void
task_done(void *cookie)
{
	struct task *t = cookie;

	t->done(t->cookie);
	mem_free(t);
}

static void
reader_main(void *cookie)
{
	struct readers *r = cookie;
	struct store_options o = {0};
	struct store *st = NULL;
	struct task *t;
	struct err err = {ERR_NONE, ""};
	int rc;

	o.path = r->store_path;
	o.mode = STORE_READER;
	o.hash_seed = sysclock_random_seed();
	o.cache_entries = 1024;
	while ((t = queue_pop(r->queue, -1)) != NULL) {
		if (st == NULL && store_open(&o, &st, &err) < 0)
			st = NULL;
		t->work(t->cookie, st, &err);
		rc = loop_post(r->loop, task_done, t);
		assert(rc == 0);
		(void)rc;
	}
	store_close(st);
}

int
readers_start(struct loop *loop, const char *store_path, size_t threads, size_t queue_capacity,
    struct readers **r_r, struct err *err)
{
	struct readers *r = mem_zalloc(sizeof *r);

	if (r != NULL) {
		r->loop = loop;
		r->store_path = mem_strdup(store_path);
		r->queue = queue_new(queue_capacity);
	}
	if (r == NULL || r->store_path == NULL || r->queue == NULL) {
		readers_free(r);
		return err_set(err, ERR_NOMEM, "no memory for the readers");
	}
	for (; r->count < threads && r->count < READERS_MAX; r->count++) {
		if (thread_start("reader", reader_main, r, &r->threads[r->count], err) < 0) {
			readers_stop(r);
			readers_free(r);
			return -1;
		}
	}
	*r_r = r;
	return 0;
}

void
readers_stop(struct readers *r)
{
	if (r == NULL)
		return;
	queue_close(r->queue);
	for (size_t i = 0; i < r->count; i++)
		thread_join(r->threads[i]);
	r->count = 0;
}

void
readers_free(struct readers *r)
{
	if (r == NULL)
		return;
	assert(r->count == 0);
	queue_free(r->queue);
	mem_free(r->store_path);
	mem_free(r);
}

int
readers_do(struct readers *r, readers_work_fn *work, void (*done)(void *cookie), void *cookie)
{
	struct task *t = mem_zalloc(sizeof *t);

	if (t == NULL)
		return -1;
	t->work = work;
	t->done = done;
	t->cookie = cookie;
	if (queue_try_push(r->queue, t) == 0)
		return 0;
	mem_free(t);
	return -1;
}
