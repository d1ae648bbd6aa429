/*
 * resolver_internal.h - names to addresses, in one thread, however slow the name server is.
 *
 * The system's resolver blocks, and cannot be told to stop.  Here it costs one thread and a bounded
 * queue; what waits too long is the asker's to give up (resolver_forget()).  Several askers of one
 * name wait for one look-up; answers are kept for a minute, failures for a few seconds, so that a
 * dead name does not hold up the others at every poll.
 *
 * Threads: loop thread.
 */
#ifndef PLATFORM_RESOLVER_INTERNAL_H
#define PLATFORM_RESOLVER_INTERNAL_H

#include <stddef.h>

#include "platform/policy_internal.h"

#define RESOLVER_ADDRESSES_MAX 16

struct err;
struct loop;
struct resolver;
struct resolver_wait;

struct resolver_answer {
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	size_t count; /* 0: there are none, or an error */
	const char *error; /* words then; static */
};

typedef void resolver_fn(void *cookie, const struct resolver_answer *answer);

/* As getaddrinfo() does; handed in so that tests can have a slow one. */
typedef void resolver_lookup_fn(const char *host, struct resolver_answer *out);
void resolver_system_lookup(const char *host, struct resolver_answer *out);

int resolver_new(
    struct loop *loop, resolver_lookup_fn *lookup, struct resolver **resolver_r, struct err *err);
/* Does not wait for a look-up under way: the thread ends by itself. No callback arrives any more.
 */
void resolver_free(struct resolver *r);

/* What is known without asking; NULL: ask.  Borrowed until the next call. */
const struct resolver_answer *resolver_peek(struct resolver *r, const char *host);
/* fn is called once, later, never from inside.  NULL: too many names at once, or no memory. */
struct resolver_wait *
resolver_ask(struct resolver *r, const char *host, resolver_fn *fn, void *cookie);
void resolver_forget(struct resolver_wait *w);

#endif
