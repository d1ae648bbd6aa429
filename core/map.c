/*
 * Open addressing with linear probing at a load of at most three quarters.  The hash of each key is
 * kept, so that growing never looks at keys and a probe compares bytes only when 64 bits agree.
 * Removing moves the followers of a run back instead of leaving tombstones: a map that lives for
 * months does not silt up.
 */
#include "core/map.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "core/mem.h"

#define MAP_SLOTS_FIRST 16

struct map_slot {
	uint64_t hash;
	char *key; /* NULL: empty */
	size_t key_len;
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t slot_count; /* a power of two, or 0 */
	size_t count;
	size_t max_entries;
	uint64_t seed;
	map_free_fn *free_value;
};

/* ---- SipHash-2-4 (Aumasson and Bernstein, 2012) ---- */

static uint64_t
rotate_left(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

#define SIP_ROUND(v)                                                                               \
	do {                                                                                       \
		(v)[0] += (v)[1];                                                                  \
		(v)[1] = rotate_left((v)[1], 13) ^ (v)[0];                                         \
		(v)[0] = rotate_left((v)[0], 32);                                                  \
		(v)[2] += (v)[3];                                                                  \
		(v)[3] = rotate_left((v)[3], 16) ^ (v)[2];                                         \
		(v)[0] += (v)[3];                                                                  \
		(v)[3] = rotate_left((v)[3], 21) ^ (v)[0];                                         \
		(v)[2] += (v)[1];                                                                  \
		(v)[1] = rotate_left((v)[1], 17) ^ (v)[2];                                         \
		(v)[2] = rotate_left((v)[2], 32);                                                  \
	} while (0)

/* Spelled out, so that it becomes one load. */
static inline uint64_t
load_le64(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	    (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	    (uint64_t)p[7] << 56;
}

static inline uint64_t
load_rest(const unsigned char *p, size_t len)
{
	uint64_t w = 0;

	for (size_t i = 0; i < len; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

static inline void
sip_begin(uint64_t v[4], uint64_t k0, uint64_t k1)
{
	v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
	v[1] = k1 ^ UINT64_C(0x646f72616e646f6d);
	v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
	v[3] = k1 ^ UINT64_C(0x7465646279746573);
}

uint64_t
hash_siphash(uint64_t k0, uint64_t k1, struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t left = s.len;
	uint64_t v[4], last;

	sip_begin(v, k0, k1);
	for (; left >= 8; p += 8, left -= 8) {
		uint64_t w = load_le64(p);
		v[3] ^= w;
		SIP_ROUND(v);
		SIP_ROUND(v);
		v[0] ^= w;
	}
	last = (uint64_t)(s.len & 0xFF) << 56 | load_rest(p, left);
	v[3] ^= last;
	SIP_ROUND(v);
	SIP_ROUND(v);
	v[0] ^= last;
	v[2] ^= 0xFF;
	for (int i = 0; i < 4; i++)
		SIP_ROUND(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_own(struct slice s)
{
	uint64_t h = s.len * UINT64_C(0x9E3779B97F4A7C15);

	for (size_t i = 0; i < s.len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, s.ptr + i, s.len - i < 8 ? s.len - i : 8);
		h = (h ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
		h ^= h >> 29;
	}
	return h | 1;
}

uint64_t
hash_bytes_quick(uint64_t seed, struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t left = s.len;
	uint64_t v[4], last;

	sip_begin(v, seed, seed ^ UINT64_C(0x9E3779B97F4A7C15));
	for (; left >= 8; p += 8, left -= 8) {
		uint64_t w = load_le64(p);
		v[3] ^= w;
		SIP_ROUND(v);
		v[0] ^= w;
	}
	last = (uint64_t)(s.len & 0xFF) << 56 | load_rest(p, left);
	v[3] ^= last;
	SIP_ROUND(v);
	v[0] ^= last;
	v[2] ^= 0xFF;
	for (int i = 0; i < 3; i++)
		SIP_ROUND(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_bytes(uint64_t seed, struct slice s)
{
	return hash_siphash(seed, seed ^ UINT64_C(0x9E3779B97F4A7C15), s);
}

/* ---- the table ---- */

struct map *
map_new(uint64_t seed, size_t max_entries, map_free_fn *free_value)
{
	struct map *m = mem_zalloc(sizeof(*m));

	if (m == NULL)
		return NULL;
	m->seed = seed;
	m->max_entries = max_entries;
	m->free_value = free_value;
	return m;
}

static void
slot_drop(struct map *m, struct map_slot *slot)
{
	mem_free(slot->key);
	if (m->free_value != NULL)
		m->free_value(slot->value);
	*slot = (struct map_slot){0};
}

void
map_clear(struct map *m)
{
	for (size_t i = 0; i < m->slot_count; i++) {
		if (m->slots[i].key != NULL)
			slot_drop(m, &m->slots[i]);
	}
	m->count = 0;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	map_clear(m);
	mem_free(m->slots);
	mem_free(m);
}

size_t
map_count(const struct map *m)
{
	return m->count;
}

/* The slot that holds key, or the empty one where it would go.  There must be an empty one. */
static size_t
slot_find(const struct map *m, uint64_t hash, struct slice key)
{
	size_t mask = m->slot_count - 1;
	size_t i = (size_t)hash & mask;

	for (;; i = (i + 1) & mask) {
		const struct map_slot *slot = &m->slots[i];
		if (slot->key == NULL)
			return i;
		if (slot->hash == hash && slice_eq(slice_make(slot->key, slot->key_len), key))
			return i;
	}
}

void *
map_get(const struct map *m, struct slice key)
{
	if (m->count == 0)
		return NULL;
	return m->slots[slot_find(m, hash_bytes(m->seed, key), key)].value;
}

static int
map_grow(struct map *m)
{
	size_t new_count = m->slot_count == 0 ? MAP_SLOTS_FIRST : m->slot_count * 2;
	struct map_slot *slots = mem_array(new_count, sizeof(*slots));

	if (slots == NULL)
		return -1;
	for (size_t i = 0; i < m->slot_count; i++) {
		if (m->slots[i].key == NULL)
			continue;
		size_t to = (size_t)m->slots[i].hash & (new_count - 1);
		while (slots[to].key != NULL)
			to = (to + 1) & (new_count - 1);
		slots[to] = m->slots[i];
	}
	mem_free(m->slots);
	m->slots = slots;
	m->slot_count = new_count;
	return 0;
}

int
map_put(struct map *m, struct slice key, void *value)
{
	uint64_t hash = hash_bytes(m->seed, key);

	assert(value != NULL);
	if (m->count > 0) {
		struct map_slot *there = &m->slots[slot_find(m, hash, key)];
		if (there->key != NULL) {
			void *old = there->value;
			there->value = value;
			if (m->free_value != NULL && old != value)
				m->free_value(old);
			return 0;
		}
	}
	if (m->count >= m->max_entries)
		return -1;
	if (m->count >= m->slot_count / 4 * 3 && map_grow(m) < 0)
		return -1;
	char *copy = mem_dup(key.ptr, key.len);
	if (copy == NULL)
		return -1;
	m->slots[slot_find(m, hash, key)] = (struct map_slot){hash, copy, key.len, value};
	m->count++;
	return 0;
}

void
map_remove(struct map *m, struct slice key)
{
	if (m->count == 0)
		return;
	size_t mask = m->slot_count - 1;
	size_t hole = slot_find(m, hash_bytes(m->seed, key), key);
	if (m->slots[hole].key == NULL)
		return;
	slot_drop(m, &m->slots[hole]);
	m->count--;
	/* Whoever was pushed past the hole by it moves into it; then their slot is the hole. */
	for (size_t i = (hole + 1) & mask; m->slots[i].key != NULL; i = (i + 1) & mask) {
		size_t home = (size_t)m->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			m->slots[i] = (struct map_slot){0};
			hole = i;
		}
	}
}

void *
map_next(const struct map *m, size_t *pos, struct slice *key_r)
{
	while (*pos < m->slot_count) {
		const struct map_slot *slot = &m->slots[(*pos)++];
		if (slot->key == NULL)
			continue;
		if (key_r != NULL)
			*key_r = slice_make(slot->key, slot->key_len);
		return slot->value;
	}
	return NULL;
}
