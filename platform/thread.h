/*
 * thread.h - threads and the bounded queues between them.
 */
#ifndef PLATFORM_THREAD_H
#define PLATFORM_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct queue;
struct thread;

typedef void thread_fn(void *cookie);

/* name: at most 15 characters, as `top -H` shows it.  Signals are blocked in it. */
int thread_start(
    const char *name, thread_fn *fn, void *cookie, struct thread **thread_r, struct err *err);
void thread_join(struct thread *t); /* waits for the end, and frees */
/* Waits at most timeout_ms.  false: it still runs, is left to itself and frees its own things
 * later; what it uses must live on without us.  Either way t is gone. */
bool thread_join_within(struct thread *t, int64_t timeout_ms);

/* A bounded FIFO of pointers; any number of threads on both sides. */
struct queue *queue_new(size_t capacity);
void queue_free(struct queue *q); /* must be empty of what needs freeing */
/* 0; 1 when it is full; -1 when it is closed. */
int queue_try_push(struct queue *q, void *item);
/* Waits for space. 0, or -1 when it is closed. */
int queue_push(struct queue *q, void *item);
/* Waits up to timeout_ms (-1: for ever).  The item; NULL on time-out, or when closed and empty. */
void *queue_pop(struct queue *q, int64_t timeout_ms);
size_t queue_count(struct queue *q);
void queue_close(struct queue *q); /* pushes fail from now on; pops drain what is there */
bool queue_is_closed(struct queue *q);

/* A mutex, for the few places that share something small. */
struct lock;
struct lock *lock_new(void);
void lock_free(struct lock *k);
void lock_take(struct lock *k);
void lock_drop(struct lock *k);

#endif
