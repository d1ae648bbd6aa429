#include "core/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

#define BUF_CAP_FIRST 64

void
buf_init(struct buf *b, size_t max_bytes)
{
	assert(max_bytes < SIZE_MAX / 2);
	*b = (struct buf){.max = max_bytes};
}

void
buf_fini(struct buf *b)
{
	mem_free(b->ptr);
	*b = (struct buf){.max = b->max};
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->has_failed = b->is_full = false;
	if (b->ptr != NULL)
		b->ptr[0] = '\0';
}

/* Makes room for len more bytes and a NUL. */
static int
buf_grow(struct buf *b, size_t len)
{
	if (b->has_failed)
		return -1;
	assert(b->len <= b->max);
	if (len > b->max - b->len) {
		b->is_full = true;
		goto failed;
	}
	size_t need = b->len + len + 1;
	if (need <= b->cap)
		return 0;
	size_t cap = b->cap == 0 ? BUF_CAP_FIRST : b->cap * 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	if (cap < need)
		cap = need;
	char *p = mem_realloc(b->ptr, cap);
	if (p == NULL)
		goto failed;
	b->ptr = p;
	b->cap = cap;
	return 0;
failed:
	b->has_failed = true;
	return -1;
}

int
buf_add(struct buf *b, const void *p, size_t len)
{
	if (buf_grow(b, len) < 0)
		return -1;
	if (len > 0)
		memcpy(b->ptr + b->len, p, len);
	b->len += len;
	b->ptr[b->len] = '\0';
	return 0;
}

int
buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_add_slice(struct buf *b, struct slice s)
{
	return buf_add(b, s.ptr, s.len);
}

int
buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int rc = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return rc;
}

int
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int rc = -1;

	va_copy(again, ap);
	if (buf_grow(b, 0) < 0)
		goto out;
	size_t room = b->cap - b->len;
	int n = vsnprintf(b->ptr + b->len, room, fmt, ap);
	if (n < 0) {
		b->ptr[b->len] = '\0';
		b->has_failed = true;
		goto out;
	}
	if ((size_t)n >= room) {
		b->ptr[b->len] = '\0'; /* should growing fail */
		if (buf_grow(b, (size_t)n) < 0)
			goto out;
		vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
	}
	b->len += (size_t)n;
	rc = 0;
out:
	va_end(again);
	return rc;
}

void
buf_drop_front(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->ptr, b->ptr + len, b->len + 1);
}

void
buf_fail(struct buf *b)
{
	b->has_failed = true;
}

bool
buf_failed(const struct buf *b)
{
	return b->has_failed;
}

bool
buf_is_full(const struct buf *b)
{
	return b->is_full;
}

const char *
buf_str(const struct buf *b)
{
	return b->ptr == NULL ? "" : b->ptr;
}

struct slice
buf_slice(const struct buf *b)
{
	return slice_make(buf_str(b), b->len);
}

char *
buf_detach(struct buf *b, size_t *len_r)
{
	char *p = NULL;

	if (buf_grow(b, 0) == 0) {
		p = b->ptr;
		p[b->len] = '\0';
		if (len_r != NULL)
			*len_r = b->len;
		b->ptr = NULL;
	}
	buf_fini(b);
	return p;
}
