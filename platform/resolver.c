#include "platform/resolver_internal.h"

#include <assert.h>
#include <netdb.h>

#include <uv.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/slice.h"
#include "platform/loop_internal.h"
#include "platform/sysclock.h"
#include "platform/thread.h"

#define NAMES_MAX 1024
#define GOOD_FOR_MS 60000
#define BAD_FOR_MS 5000
#define JOIN_PATIENCE_MS 100

/* A look-up on its way to the thread and back.  Belongs to whoever has it in hand: queue, thread,
 * done list, loop. */
struct job {
	struct job *next;
	struct name *name; /* the loop's business only */
	char *host;
	struct resolver_answer answer;
	bool is_unwanted; /* under lock: nobody waits any more */
	bool was_skipped;
};

struct resolver_wait {
	struct resolver_wait *prev, *next;
	struct name *name;
	resolver_fn *fn;
	void *cookie;
};

/* One name: being looked up (job is set), or known. */
struct name {
	struct resolver *resolver;
	struct job *job;
	struct resolver_wait *waits;
	struct resolver_answer answer;
	int64_t good_until_ms;
	bool is_answering; /* callbacks are running: stay */
};

/* What the thread uses; it may outlive the resolver. */
struct shared {
	struct lock *lock;
	struct queue *queue;
	resolver_lookup_fn *lookup;
	struct job *done; /* under lock; newest first */
	uv_async_t *wake; /* under lock; NULL once the resolver is gone */
	int users; /* under lock */
};

struct resolver {
	struct shared *shared;
	struct thread *thread;
	struct map *names;
	uv_async_t wake;
};

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

static void
job_free(struct job *j)
{
	mem_free(j->host);
	mem_free(j);
}

/* ---- the thread ---------------------------------------------------------- */

void
resolver_system_lookup(const char *host, struct resolver_answer *out)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, NULL, &hints, &list);

	out->count = 0;
	out->error = rc == 0 ? NULL : gai_strerror(rc);
	for (struct addrinfo *a = list; a != NULL && out->count < RESOLVER_ADDRESSES_MAX;
	     a = a->ai_next) {
		if (net_address_from_sockaddr(a->ai_addr, &out->addresses[out->count]))
			out->count++;
	}
	if (list != NULL)
		freeaddrinfo(list);
	if (out->count == 0 && out->error == NULL)
		out->error = "the name has no address";
}

static void
shared_drop(struct shared *s)
{
	bool is_last;

	lock_take(s->lock);
	is_last = --s->users == 0;
	lock_drop(s->lock);
	if (!is_last)
		return;
	assert(s->done == NULL);
	queue_free(s->queue);
	lock_free(s->lock);
	mem_free(s);
}

static void
resolver_main(void *cookie)
{
	struct shared *s = cookie;
	struct job *j;

	while ((j = queue_pop(s->queue, -1)) != NULL) {
		lock_take(s->lock);
		j->was_skipped = j->is_unwanted;
		lock_drop(s->lock);
		if (!j->was_skipped)
			s->lookup(j->host, &j->answer);
		lock_take(s->lock);
		if (s->wake != NULL) {
			j->next = s->done;
			s->done = j;
			j = NULL;
			uv_async_send(s->wake);
		}
		lock_drop(s->lock);
		if (j != NULL)
			job_free(j);
	}
	shared_drop(s);
}

/* ---- names --------------------------------------------------------------- */

static void
wait_unlink(struct resolver_wait *w)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		w->name->waits = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
}

static void
name_free(void *value)
{
	struct name *n = value;

	while (n->waits != NULL) {
		struct resolver_wait *w = n->waits;

		wait_unlink(w);
		mem_free(w);
	}
	mem_free(n);
}

static void
name_answer(struct name *n, const struct resolver_answer *answer)
{
	n->answer = *answer;
	n->good_until_ms = mono_ms() + (answer->count > 0 ? GOOD_FOR_MS : BAD_FOR_MS);
	n->is_answering = true;
	/* A callback may forget other waits, so always the first. */
	while (n->waits != NULL) {
		struct resolver_wait *w = n->waits;

		wait_unlink(w);
		w->fn(w->cookie, &n->answer);
		mem_free(w);
	}
	n->is_answering = false;
}

static void
take_back(struct resolver *r, struct job *j)
{
	static const struct resolver_answer busy = {.error = "too many names at once"};
	struct name *n = j->name;

	if (j->was_skipped && n->waits != NULL) {
		/* Wanted again meanwhile. */
		j->was_skipped = false;
		if (queue_try_push(r->shared->queue, j) == 0)
			return;
		j->answer = busy;
	}
	n->job = NULL;
	if (j->was_skipped)
		map_remove(r->names, slice_of(j->host));
	else
		name_answer(n, &j->answer);
	job_free(j);
}

static void
on_wake(uv_async_t *handle)
{
	struct resolver *r = handle->data;
	struct job *list, *in_order = NULL;

	lock_take(r->shared->lock);
	list = r->shared->done;
	r->shared->done = NULL;
	lock_drop(r->shared->lock);
	while (list != NULL) {
		struct job *j = list;

		list = j->next;
		j->next = in_order;
		in_order = j;
	}
	while (in_order != NULL) {
		struct job *j = in_order;

		in_order = j->next;
		take_back(r, j);
	}
}

/* At the ceiling the name known for longest makes room; those being looked up stay. */
static void
make_room(struct resolver *r)
{
	struct slice key, oldest_key = SLICE_NONE;
	struct name *n, *oldest = NULL;
	size_t pos = 0;

	while ((n = map_next(r->names, &pos, &key)) != NULL) {
		if (n->job == NULL && !n->is_answering &&
		    (oldest == NULL || n->good_until_ms < oldest->good_until_ms)) {
			oldest = n;
			oldest_key = key;
		}
	}
	if (oldest != NULL)
		map_remove(r->names, oldest_key);
}

static struct name *
name_get(struct resolver *r, const char *host)
{
	struct name *n = map_get(r->names, slice_of(host));

	if (n != NULL)
		return n;
	if (map_count(r->names) == NAMES_MAX)
		make_room(r);
	n = mem_zalloc(sizeof *n);
	if (n == NULL)
		return NULL;
	n->resolver = r;
	if (map_put(r->names, slice_of(host), n) == 0)
		return n;
	mem_free(n);
	return NULL;
}

static int
look_up(struct resolver *r, struct name *n, const char *host)
{
	struct job *j = mem_zalloc(sizeof *j);

	if (j == NULL)
		return -1;
	j->name = n;
	j->host = mem_strdup(host);
	if (j->host == NULL || queue_try_push(r->shared->queue, j) != 0) {
		job_free(j);
		return -1;
	}
	n->job = j;
	return 0;
}

static void
set_unwanted(struct name *n, bool is_unwanted)
{
	struct lock *lock = n->resolver->shared->lock;

	lock_take(lock);
	n->job->is_unwanted = is_unwanted;
	lock_drop(lock);
}

/* ---- public -------------------------------------------------------------- */

static struct shared *
shared_new(resolver_lookup_fn *lookup)
{
	struct shared *s = mem_zalloc(sizeof *s);

	if (s == NULL)
		return NULL;
	s->lookup = lookup;
	s->lock = lock_new();
	s->queue = queue_new(NAMES_MAX);
	s->users = 1;
	if (s->lock != NULL && s->queue != NULL)
		return s;
	queue_free(s->queue);
	lock_free(s->lock);
	mem_free(s);
	return NULL;
}

int
resolver_new(
    struct loop *loop, resolver_lookup_fn *lookup, struct resolver **resolver_r, struct err *err)
{
	struct resolver *r = mem_zalloc(sizeof *r);
	struct shared *s = shared_new(lookup);

	if (r != NULL)
		r->names = map_new(sysclock_random_seed(), NAMES_MAX, name_free);
	if (r == NULL || s == NULL || r->names == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the resolver");
		goto fail;
	}
	r->shared = s;
	s->users = 2;
	if (thread_start("resolver", resolver_main, s, &r->thread, err) < 0)
		goto fail;
	if (uv_async_init(loop_uv(loop), &r->wake, on_wake) != 0) {
		queue_close(s->queue);
		thread_join(r->thread);
		s->users = 1;
		err_set(err, ERR_IO, "cannot wake the loop for the resolver");
		goto fail;
	}
	r->wake.data = r;
	uv_unref((uv_handle_t *)&r->wake);
	lock_take(s->lock);
	s->wake = &r->wake;
	lock_drop(s->lock);
	*resolver_r = r;
	return 0;
fail:
	if (s != NULL) {
		s->users = 1;
		shared_drop(s);
	}
	if (r != NULL)
		map_free(r->names);
	mem_free(r);
	return -1;
}

static void
on_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

void
resolver_free(struct resolver *r)
{
	struct shared *s;
	struct job *j;

	if (r == NULL)
		return;
	s = r->shared;
	lock_take(s->lock);
	s->wake = NULL;
	lock_drop(s->lock);
	queue_close(s->queue);
	while ((j = queue_pop(s->queue, 0)) != NULL)
		job_free(j);
	(void)thread_join_within(r->thread, JOIN_PATIENCE_MS);
	/* With wake gone nobody adds to it. */
	while ((j = s->done) != NULL) {
		s->done = j->next;
		job_free(j);
	}
	map_free(r->names);
	shared_drop(s);
	uv_close((uv_handle_t *)&r->wake, on_closed);
}

const struct resolver_answer *
resolver_peek(struct resolver *r, const char *host)
{
	struct name *n = map_get(r->names, slice_of(host));

	return n == NULL || n->job != NULL || n->good_until_ms <= mono_ms() ? NULL : &n->answer;
}

struct resolver_wait *
resolver_ask(struct resolver *r, const char *host, resolver_fn *fn, void *cookie)
{
	struct resolver_wait *w = mem_zalloc(sizeof *w);
	struct name *n = w == NULL ? NULL : name_get(r, host);

	if (n == NULL || (n->job == NULL && look_up(r, n, host) < 0)) {
		mem_free(w);
		if (n != NULL && n->good_until_ms == 0)
			map_remove(r->names, slice_of(host));
		return NULL;
	}
	set_unwanted(n, false);
	*w = (struct resolver_wait){.name = n, .fn = fn, .cookie = cookie, .next = n->waits};
	if (w->next != NULL)
		w->next->prev = w;
	n->waits = w;
	return w;
}

void
resolver_forget(struct resolver_wait *w)
{
	struct name *n;

	if (w == NULL)
		return;
	n = w->name;
	wait_unlink(w);
	mem_free(w);
	if (n->waits == NULL && n->job != NULL)
		set_unwanted(n, true);
}
