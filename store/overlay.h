/*
 * overlay.h - a bounded read-through cache over one table, with what a transaction changed laid
 * over it.
 *
 * Values are plain bytes of a fixed size.  get looks in the overlay, then the cache, then loads.
 * put writes the overlay only.  flush saves what is dirty (before COMMIT), publish moves it into
 * the cache (after), drop forgets it (rollback).  A key that is not in the table is cached as absent
 * as well.
 *
 * Limits: the cache evicts (second chance) beyond max_entries and max_bytes; the overlay's size is
 *         bounded by the batch.
 */
#ifndef STORE_OVERLAY_H
#define STORE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct err;
struct overlay;

/*
 * A key in parts: head, NUL, kind, tail.  Nobody joins them to look one up, and of many keys with one
 * tail, made one after the other, it is hashed once.  It borrows both slices.  The keys of an overlay
 * are all whole or all in parts; those who load and save always see them joined.
 */
struct overlay_key {
	struct slice head, tail;
	uint64_t hash;
	bool has_tail;
	char kind;
};

/* A key whose entry is asked for more than once: it is looked for once, and found again as long as no entry goes
 * away. */
struct overlay_spot {
	struct overlay_key key;
	struct overlay_entry *entry; /* NULL: none was found */
	uint64_t removals; /* the overlay's, when it was found */
	bool is_sure; /* keys were compared, not their hashes alone */
};

struct overlay_ops {
	/* 1 and value filled, 0 not there, -1. */
	int (*load)(void *cookie, struct slice key, void *value_r, struct err *err);
	int (*save)(void *cookie, struct slice key, const void *value,
	    struct err *err); /* NULL: never put */
};

struct overlay *overlay_new(size_t value_size, const struct overlay_ops *ops, void *cookie,
    uint64_t hash_seed, size_t max_entries);
/* Before its first use: so many bytes of memory at most, keys and bookkeeping included. */
void overlay_bound(struct overlay *o, size_t max_bytes);
void overlay_free(struct overlay *o);

int overlay_get(struct overlay *o, struct slice key, void *value_r, struct err *err); /* 1, 0, -1 */
int overlay_put(struct overlay *o, struct slice key, const void *value, struct err *err);
struct overlay_key
overlay_key_of(struct overlay *o, struct slice head, char kind, struct slice tail);
int overlay_get_key(struct overlay *o, const struct overlay_key *k, void *value_r, struct err *err);
int
overlay_put_key(struct overlay *o, const struct overlay_key *k, const void *value, struct err *err);
/* The same with spots.  head_hash: hash_own() of head.  Who will ask for many of them lets the processor fetch
 * them side by side: first the places of all, then, once these came, their values; which changes nothing. */
void overlay_spot_of(struct overlay *o, struct slice head, uint64_t head_hash, char kind,
    struct slice tail, struct overlay_spot *s_r);
void overlay_spot_fetch(const struct overlay *o, const struct overlay_spot *s);
void overlay_spot_fetch_value(const struct overlay *o, struct overlay_spot *s);
int overlay_get_at(struct overlay *o, struct overlay_spot *s, void *value_r, struct err *err);
int overlay_put_at(struct overlay *o, struct overlay_spot *s, const void *value, struct err *err);
/* The row has this value already within this transaction (it was just written by a statement of its
 * own). */
int overlay_put_saved(struct overlay *o, struct slice key, const void *value, struct err *err);
int overlay_flush(struct overlay *o, struct err *err);
void overlay_publish(struct overlay *o);
void overlay_drop(struct overlay *o);
/* Forgets a key or everything in the cache, and what the overlay holds unchanged (what is dirty
 * stays): after the table was changed by other means.  What is loaded from here to publish or drop
 * belongs to the transaction: a rollback takes it along. */
void overlay_forget(struct overlay *o, struct slice key);
void overlay_forget_all(struct overlay *o);
size_t overlay_dirty_count(const struct overlay *o);
size_t overlay_cached_count(const struct overlay *o);
size_t overlay_cached_bytes(const struct overlay *o);

#endif
