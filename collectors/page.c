/*
 * A page grows by doubling inside its arena: the outgrown arrays stay there until the page goes,
 * which costs at most as much again as the last one and spares a paced source half a megabyte for
 * one post.
 */
#include "collectors/collector.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/telling.h"
#include "core/utf8.h"

#define PAGE_FIRST 8
#define REJECT_EXCERPT_MAX 200
#define REJECT_REASON_MAX 600

struct page *
page_new(struct slice feed)
{
	struct arena *a = arena_new(COLLECTOR_PAGE_BYTES_MAX);
	struct page *p = NULL;

	if (a == NULL)
		return NULL;
	p = ARENA_NEW(a, struct page);
	if (p == NULL)
		goto fail;
	p->arena = a;
	p->feed = arena_slice_dup(a, feed);
	if (slice_is_set(feed) && !slice_is_set(p->feed))
		goto fail;
	p->cursor = SLICE_NONE;
	return p;
fail:
	arena_free(a);
	return NULL;
}

void
page_free(struct page *p)
{
	if (p != NULL)
		arena_free(p->arena);
}

/* Room for one more behind count entries of size bytes: the array, moved when count is 0 or a power
 * of two from PAGE_FIRST on; NULL without memory. */
static void *
array_with_room(struct arena *a, void *old, size_t count, size_t size)
{
	size_t room = count == 0 ? PAGE_FIRST : 2 * count;
	void *grown;

	if (count != 0 && (count < PAGE_FIRST || (count & (count - 1)) != 0))
		return old;
	grown = arena_array(a, room, size);
	if (grown != NULL && count > 0)
		memcpy(grown, old, count * size);
	return grown;
}

struct telling *
page_tell(struct page *p)
{
	struct telling *grown;

	if (p->telling_count == COLLECTOR_PAGE_POSTS_MAX)
		return NULL;
	grown = array_with_room(p->arena, p->tellings, p->telling_count, sizeof(*p->tellings));
	if (grown == NULL)
		return NULL;
	p->tellings = grown;
	return &p->tellings[p->telling_count++];
}

struct post *
page_add(struct page *p)
{
	struct post *grown;

	assert(p->count <= COLLECTOR_PAGE_POSTS_MAX);
	if (p->count == COLLECTOR_PAGE_POSTS_MAX)
		return NULL;
	grown = array_with_room(p->arena, p->posts, p->count, sizeof(*p->posts));
	if (grown == NULL)
		return NULL;
	p->posts = grown;
	post_init(&p->posts[p->count]);
	return &p->posts[p->count++];
}

void
page_drop_last(struct page *p)
{
	assert(p->count > 0);
	p->count--;
}

/* Valid UTF-8 without control characters, so that it can stand in a log line. */
static struct slice
excerpt_make(struct arena *a, struct slice s)
{
	struct slice out;
	char *copy;

	if (s.len > REJECT_EXCERPT_MAX)
		s.len = REJECT_EXCERPT_MAX;
	if (s.len == 0)
		return SLICE_LIT("");
	out = utf8_repair(a, s, NULL);
	if (!slice_is_set(out))
		return SLICE_NONE;
	out = utf8_prefix(out, REJECT_EXCERPT_MAX);
	copy = arena_strndup(a, out.ptr, out.len);
	if (copy == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
			copy[i] = ' ';
	return slice_make(copy, out.len);
}

void
page_reject(struct page *p, struct slice excerpt, const char *fmt, ...)
{
	char reason[REJECT_REASON_MAX];
	struct page_reject *grown = NULL, made;
	struct slice text;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(reason, sizeof(reason), fmt, ap) < 0)
		reason[0] = '\0';
	va_end(ap);
	if (p->reject_count >= COLLECTOR_PAGE_REJECTS_MAX)
		goto lost;
	text = utf8_repair(p->arena, slice_of(reason), NULL);
	made.reason = slice_is_set(text) ? arena_slice_dup(p->arena, text) : SLICE_NONE;
	made.excerpt = excerpt_make(p->arena, excerpt);
	if (slice_is_set(made.reason) && slice_is_set(made.excerpt))
		grown = array_with_room(p->arena, p->rejects, p->reject_count, sizeof(*p->rejects));
	if (grown == NULL)
		goto lost;
	p->rejects = grown;
	p->rejects[p->reject_count++] = made;
	return;
lost:
	p->rejects_lost++;
}

bool
page_is_full(const struct page *p)
{
	return p->count >= COLLECTOR_PAGE_POSTS_MAX ||
	    p->reject_count >= COLLECTOR_PAGE_REJECTS_MAX ||
	    arena_used_bytes(p->arena) >= COLLECTOR_PAGE_BYTES_SOFT;
}

bool
page_is_empty(const struct page *p)
{
	return p->count == 0 && p->reject_count == 0 && p->rejects_lost == 0 &&
	    !slice_is_set(p->cursor) && !p->ends_first_fetch;
}

int
page_take_cursor(struct page *p, struct buf *written)
{
	p->cursor =
	    buf_failed(written) ? SLICE_NONE : arena_slice_dup(p->arena, buf_slice(written));
	buf_fini(written);
	return slice_is_set(p->cursor) ? 0 : -1;
}
