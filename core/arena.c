/*
 * A chain of blocks; the newest is filled from front to back.  Blocks grow from 4 KB to 64 KB.  A
 * request larger than the block that would be due gets a block of its own size beside the chain, so
 * that the rest of the current block stays in use.
 *
 * Under AddressSanitizer what is not handed out is poisoned, so that reading past an allocation or
 * using one after arena_reset() is found although no free() is involved.
 */
#include "core/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "core/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ARENA_ALIGN _Alignof(max_align_t)
#define ARENA_BLOCK_FIRST ((size_t)4 * 1024)
#define ARENA_BLOCK_LARGEST ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *older;
	size_t size;
	size_t used;
	_Alignas(max_align_t) char data[];
};

struct arena {
	struct arena_block *chain; /* newest first */
	struct arena_block *big; /* blocks for one request each */
	size_t ceiling;
	size_t held; /* the sizes of all blocks */
	size_t used;
	size_t next_block_size;
	bool is_full;
};

struct arena *
arena_new(size_t ceiling_bytes)
{
	struct arena *a = mem_zalloc(sizeof(*a));

	if (a == NULL)
		return NULL;
	a->ceiling = ceiling_bytes;
	a->next_block_size = ARENA_BLOCK_FIRST;
	return a;
}

/* Frees the blocks from b on. */
static void
blocks_free(struct arena *a, struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *older = b->older;
		a->held -= b->size;
		mem_free(b);
		b = older;
	}
}

/* Takes the largest block out of the chain, the newest of several; NULL: there is none. */
static struct arena_block *
take_largest(struct arena *a)
{
	struct arena_block **largest = &a->chain, *b;

	for (struct arena_block **at = &a->chain; *at != NULL; at = &(*at)->older)
		largest = (*at)->size > (*largest)->size ? at : largest;
	b = *largest;
	if (b != NULL)
		*largest = b->older;
	return b;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	blocks_free(a, a->big);
	blocks_free(a, a->chain);
	mem_free(a);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *kept = take_largest(a);

	blocks_free(a, a->big);
	blocks_free(a, a->chain);
	a->big = NULL;
	a->chain = kept;
	if (kept != NULL) {
		kept->older = NULL;
		kept->used = 0;
		POISON(kept->data, kept->size);
	}
	a->used = 0;
	if (kept == NULL)
		a->next_block_size = ARENA_BLOCK_FIRST;
	a->is_full = false;
}

bool
arena_is_full(const struct arena *a)
{
	return a->is_full;
}

size_t
arena_used_bytes(const struct arena *a)
{
	return a->used;
}

/* A block of `size` bytes, or of what is left below the ceiling when that is enough for `need`. */
static struct arena_block *
block_new(struct arena *a, size_t size, size_t need)
{
	size_t left = a->ceiling - a->held;

	if (need > left) {
		a->is_full = true;
		return NULL;
	}
	if (size > left)
		size = left;
	struct arena_block *b = mem_alloc(sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->used = 0;
	POISON(b->data, size);
	a->held += size;
	return b;
}

static inline size_t
round_up(size_t size)
{
	return (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static inline void *
block_take(struct arena *a, struct arena_block *b, size_t size, size_t rounded)
{
	char *p = b->data + b->used;

	/* The last allocation of a block cut by the ceiling may lack its padding. */
	if (rounded > b->size - b->used)
		rounded = b->size - b->used;
	assert(rounded >= size);
	b->used += rounded;
	a->used += rounded;
	UNPOISON(p, size);
	return p;
}

/* What the newest block has no room for. */
static __attribute__((noinline)) void *
alloc_anew(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX / 2) {
		a->is_full = true;
		return NULL;
	}
	size_t rounded = round_up(size);
	if (size > a->next_block_size) {
		b = block_new(a, rounded, size);
		if (b == NULL)
			return NULL;
		b->older = a->big;
		a->big = b;
		return block_take(a, b, size, rounded);
	}
	b = block_new(a, a->next_block_size, size);
	if (b == NULL)
		return NULL;
	b->older = a->chain;
	a->chain = b;
	if (a->next_block_size < ARENA_BLOCK_LARGEST)
		a->next_block_size *= 2;
	return block_take(a, b, size, rounded);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->chain;

	if (size == 0)
		size = 1;
	if (b == NULL || size > b->size - b->used)
		return alloc_anew(a, size);
	return block_take(a, b, size, round_up(size));
}

void *
arena_zalloc(struct arena *a, size_t size)
{
	void *p = arena_alloc(a, size);

	if (p != NULL && size > 0)
		memset(p, 0, size);
	return p;
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size) {
		a->is_full = true;
		return NULL;
	}
	return arena_zalloc(a, count * size);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	if (len == SIZE_MAX) {
		a->is_full = true;
		return NULL;
	}
	char *copy = arena_alloc(a, len + 1);
	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

struct slice
arena_slice_dup(struct arena *a, struct slice s)
{
	if (!slice_is_set(s))
		return SLICE_NONE;
	char *copy = arena_strndup(a, s.ptr, s.len);
	return copy == NULL ? SLICE_NONE : slice_make(copy, s.len);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *out = NULL;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		out = arena_alloc(a, (size_t)n + 1);
	if (out != NULL)
		vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return out;
}
