/*
 * map.h - a hash table from bytes to a pointer.
 *
 * Ownership: keys are copied; values are the caller's (free_value, when given, is called for what
 *            is removed, overwritten or left at map_free).
 * Errors:    -1 without memory or at the ceiling; the map is unchanged.
 *
 * Hashing is seeded (SipHash-2-4), so strangers cannot choose colliding keys.
 */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct map;

typedef void map_free_fn(void *value);

/* seed: from the rng at start-up; 0 in tests.  max_entries: the ceiling. */
struct map *map_new(uint64_t seed, size_t max_entries, map_free_fn *free_value);
void map_free(struct map *m);
void map_clear(struct map *m);
size_t map_count(const struct map *m);

void *map_get(const struct map *m, struct slice key); /* NULL: not there */
int map_put(struct map *m, struct slice key, void *value); /* value is not NULL */
void map_remove(struct map *m, struct slice key);

/* Walks in no promised order: start with *pos 0; NULL at the end.  No changes while walking. */
void *map_next(const struct map *m, size_t *pos, struct slice *key_r);

/* The hash on its own: 64 bits of SipHash-2-4 keyed by the seed. */
uint64_t hash_bytes(uint64_t seed, struct slice s);
/* SipHash-1-3: half the work, for tables in memory; never written down. */
uint64_t hash_bytes_quick(uint64_t seed, struct slice s);
/* Without a key, for names that are our own (ids of rules): strangers do not choose them.  Never 0, so that 0
 * may say that it was not made yet; never written down. */
uint64_t hash_own(struct slice s);
/* The same with a key of 128 bits (two little-endian halves), as the paper has it. */
uint64_t hash_siphash(uint64_t k0, uint64_t k1, struct slice s);

#endif
