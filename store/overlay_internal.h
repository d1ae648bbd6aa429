/*
 * overlay_internal.h - the table of an overlay: entries, found by the hashes of their keys, listed so that the hand of
 * the clock can pass them (overlay_table.c).  What they mean to a transaction is overlay.c's.
 *
 * What each look-up needs is in this file, so that it costs no call.
 */
#ifndef STORE_OVERLAY_INTERNAL_H
#define STORE_OVERLAY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "store/overlay.h"
#include "store/overlay_key_internal.h"

#define OVERLAY_PLACES_FIRST 256

struct overlay_entry {
	uint64_t hash;
	uint32_t slot; /* where it is in all[] */
	uint32_t pending_slot; /* where it is in pending[] */
	uint32_t key_len;
	bool is_known : 1, is_there : 1; /* is_there: the row exists */
	bool is_pending : 1, is_pending_there : 1;
	bool is_dirty : 1; /* pending and not saved yet */
	bool is_recent : 1; /* used since the hand of the clock passed */
	_Alignas(int64_t) unsigned char bytes[]; /* known value, pending value, key */
};

/* Open addressing, the hash beside the entry: of a key that is not there no entry is looked at. */
struct overlay_place {
	uint64_t hash;
	struct overlay_entry *entry; /* NULL: empty */
};

struct overlay_entry_list {
	struct overlay_entry **items;
	size_t count, cap;
};

struct overlay {
	struct overlay_ops ops;
	void *cookie;
	size_t value_size, max_entries, max_bytes;
	size_t stride; /* value_size, rounded up so that both values are aligned */
	struct overlay_place *places;
	size_t place_count; /* a power of two */
	struct overlay_entry_list all, pending;
	size_t bytes; /* of all entries, with what each needs beside itself */
	size_t dirty_count;
	size_t hand;
	uint64_t removals; /* of entries, ever */
	struct overlay_entry *last; /* found last: who reads a row often writes it next */
	bool is_unsettled; /* the table was changed behind our back in this transaction */
	char *joined; /* the key that is being loaded */
	size_t joined_cap;
	struct overlay_key_maker maker;
};

static inline unsigned char *
overlay_entry_known(struct overlay_entry *e)
{
	return e->bytes;
}

static inline unsigned char *
overlay_entry_pending(const struct overlay *o, struct overlay_entry *e)
{
	return e->bytes + o->stride;
}

static inline struct slice
overlay_entry_key(const struct overlay *o, const struct overlay_entry *e)
{
	return slice_make((const char *)e->bytes + 2 * o->stride, e->key_len);
}

/* Where the key's entry stands, or the empty place where it would. */
static inline struct overlay_place *
overlay_find(const struct overlay *o, const struct overlay_key *k)
{
	size_t at = k->hash & (o->place_count - 1);

	while (o->places[at].entry != NULL &&
	    !(o->places[at].hash == k->hash &&
		overlay_key_is(k, overlay_entry_key(o, o->places[at].entry))))
		at = (at + 1) & (o->place_count - 1);
	return &o->places[at];
}

static inline struct overlay_entry *
overlay_look_up(struct overlay *o, const struct overlay_key *k)
{
	struct overlay_entry *e = overlay_find(o, k)->entry;

	if (e != NULL)
		o->last = e;
	return e;
}

/* Room for one more; -1 without memory. */
int overlay_list_reserve(struct overlay_entry_list *l);
/* It is what the table had at the last commit again. */
void overlay_unpend(struct overlay *o, struct overlay_entry *e);
/* Not pending.  Frees it. */
void overlay_entry_remove(struct overlay *o, struct overlay_entry *e);
/* Of a key that has none: neither known nor pending, in the place of what was not used for long.  NULL without memory. */
struct overlay_entry *overlay_entry_add(struct overlay *o, const struct overlay_key *k);
/* Sends away, if it can, until so much more fits. */
void overlay_evict_for(struct overlay *o, size_t entries, size_t bytes);

#endif
