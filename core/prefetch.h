/*
 * prefetch.h - asking for memory before it is read, so that several waits are beside each other.
 *
 * Any address may be asked for; nothing changes.
 */
#ifndef CORE_PREFETCH_H
#define CORE_PREFETCH_H

#include <stddef.h>

#define PREFETCH_LINE 64 /* bytes that come together */

/* gcc (12, seen 2026-11) takes a function that does nothing but __builtin_prefetch() for one without
 * effect, and drops the calls of it; it keeps what stands before an asm. */
static inline void
prefetch(const void *p)
{
	__builtin_prefetch(p);
	__asm__ volatile("" : : "r"(p));
}

static inline void
prefetch_bytes(const void *p, size_t size)
{
	for (size_t at = 0; at < size; at += PREFETCH_LINE)
		prefetch((const char *)p + at);
}

#endif
