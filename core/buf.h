/*
 * buf.h - a growing byte buffer with a mandatory ceiling.
 *
 * Ownership: init/fini; memory inside belongs to the buf until buf_detach().
 * Errors:    adding returns -1 at the ceiling or without memory, and from then on every add
 *            returns -1 (buf_failed()), so that a run of adds needs one check at the end.
 *            What was in before the failed add stays.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct buf {
	char *ptr; /* always ends in NUL when not NULL */
	size_t len;
	size_t cap;
	size_t max;
	bool has_failed;
	bool is_full; /* it failed at the ceiling, not for want of memory */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* empty, memory kept, failure forgotten */

int buf_add(struct buf *b, const void *p, size_t len);
int buf_add_str(struct buf *b, const char *s);
int buf_add_slice(struct buf *b, struct slice s);
int buf_add_char(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_drop_front(struct buf *b, size_t len); /* the first len bytes go */

void buf_fail(struct buf *b); /* what should have been added could not be made */
bool buf_failed(const struct buf *b);
bool buf_is_full(const struct buf *b); /* failed, and the ceiling was why */
const char *buf_str(const struct buf *b); /* never NULL; valid until the next change */
struct slice buf_slice(const struct buf *b);
/* The caller owns the bytes (mem_free); the buf is empty.  NULL when it had failed. */
char *buf_detach(struct buf *b, size_t *len_r);

#endif
