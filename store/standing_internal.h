/*
 * standing_internal.h - what standing.c, topics.c and items.c share, and what their caches hold.
 */
#ifndef STORE_STANDING_INTERNAL_H
#define STORE_STANDING_INTERNAL_H

#include "store/items.h"
#include "store/standing.h"
#include "store/store_internal.h"

/* A state of at most max bytes; its length, 0 for none. */
uint32_t standing_read_state(struct query *q, int column, unsigned char *state, size_t max);
struct slice standing_state(const unsigned char *state, uint32_t len);

struct topic_size {
	int64_t members;
	int64_t updated_at_ms;
};

#endif
