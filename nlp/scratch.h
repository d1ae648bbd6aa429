/*
 * scratch.h - growing arrays that a scorer keeps from one post to the next, so that a post costs no
 * malloc.
 *
 * Ownership: zeroed struct is empty; scratch_fini() frees.  Contents are valid until the next use.
 * Errors:    NULL / -1 without memory; the array is unchanged.
 */
#ifndef NLP_SCRATCH_H
#define NLP_SCRATCH_H

#include <stddef.h>

#include "core/mem.h"

struct scratch {
	void *ptr;
	size_t cap_bytes;
};

/* At least size bytes; what was there stays. */
static inline void *
scratch_need(struct scratch *s, size_t size_bytes)
{
	if (size_bytes > s->cap_bytes) {
		size_t cap = s->cap_bytes < 1024 ? 1024 : s->cap_bytes;
		while (cap < size_bytes)
			cap *= 2;
		void *p = mem_realloc(s->ptr, cap);
		if (p == NULL)
			return NULL;
		s->ptr = p;
		s->cap_bytes = cap;
	}
	return s->ptr;
}

static inline void
scratch_fini(struct scratch *s)
{
	mem_free(s->ptr);
	s->ptr = NULL;
	s->cap_bytes = 0;
}

#endif
