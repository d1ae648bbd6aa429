/*
 * arena.h - memory that is born together and dies together: one per post, page, request.
 *
 * Ownership: everything got from an arena lives until arena_free() or arena_reset().
 * Errors:    NULL when there is no memory or the ceiling is reached; callers report ERR_NOMEM
 *            or ERR_LIMIT.  arena_is_full() tells the two apart.
 * Threads:   one at a time; an arena may be handed to another thread.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct arena;

/* ceiling_bytes bounds what the arena may ever hold. */
struct arena *arena_new(size_t ceiling_bytes);
void arena_free(struct arena *a);
/* Forgets everything but keeps its largest block, of at most 64 KB, for reuse: whoever takes about as much each time asks
 * for no memory any more. */
void arena_reset(struct arena *a);
bool arena_is_full(const struct arena *a);
size_t arena_used_bytes(const struct arena *a);

void *arena_alloc(struct arena *a, size_t size); /* aligned for any type */
void *arena_zalloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size); /* zeroed */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
/* The copy ends in NUL as well.  A slice without a value stays one; on failure ptr is NULL. */
struct slice arena_slice_dup(struct arena *a, struct slice s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* NEW(a, struct x): one zeroed struct x. */
#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))

#endif
