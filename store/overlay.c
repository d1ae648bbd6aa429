/*
 * overlay.c - one hash table holds both: what the table had at the last commit, and what this
 * transaction laid over it.
 *
 * An entry has two values behind each other: the known one (is_known) and the pending one
 * (is_pending).  Readers take the pending one when there is one.  publish turns pending into known
 * without needing memory, so it cannot fail after a COMMIT that held.
 *
 * While the table is being changed by other means (overlay_forget), what is loaded may never be
 * committed; until publish or drop such loads become pending and clean instead of known, so that a
 * rollback takes them along.
 */
#include "store/overlay.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"

#define BUCKETS_FIRST 256

struct entry {
	struct entry *next; /* in its bucket */
	uint64_t hash;
	size_t slot; /* where it is in all[] */
	size_t pending_slot; /* where it is in pending[] */
	size_t key_len;
	bool is_known, is_there; /* is_there: the row exists */
	bool is_pending, is_pending_there;
	bool is_dirty; /* pending and not saved yet */
	bool is_recent; /* used since the hand of the clock passed */
	_Alignas(max_align_t) unsigned char bytes[]; /* known value, pending value, key */
};

struct entry_list {
	struct entry **items;
	size_t count, cap;
};

struct overlay {
	struct overlay_ops ops;
	void *cookie;
	uint64_t seed;
	size_t value_size, max_entries, max_bytes;
	size_t stride; /* value_size, rounded up so that both values are aligned */
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	struct entry_list all, pending;
	size_t bytes; /* of all entries, with what each needs beside itself */
	size_t dirty_count;
	size_t hand;
	struct entry *last; /* found last: who reads a row often writes it next */
	bool is_unsettled; /* the table was changed behind our back in this transaction */
};

static unsigned char *
entry_known(struct entry *e)
{
	return e->bytes;
}

static unsigned char *
entry_pending(const struct overlay *o, struct entry *e)
{
	return e->bytes + o->stride;
}

static struct slice
entry_key(const struct overlay *o, const struct entry *e)
{
	return slice_make((const char *)e->bytes + 2 * o->stride, e->key_len);
}

/* The entry, what the heap adds to it, and its places in the lists and among the buckets. */
static size_t
entry_cost(const struct overlay *o, size_t key_len)
{
	size_t room = sizeof(struct entry) + 2 * o->stride + key_len + sizeof(size_t);

	return ((room + 15) & ~(size_t)15) + 4 * sizeof(struct entry *);
}

static int
list_reserve(struct entry_list *l)
{
	size_t cap;
	struct entry **items;

	if (l->count < l->cap)
		return 0;
	cap = l->cap == 0 ? 64 : l->cap * 2;
	items = mem_realloc_array(l->items, cap, sizeof *items);
	if (items == NULL)
		return -1;
	l->items = items;
	l->cap = cap;
	return 0;
}

struct overlay *
overlay_new(size_t value_size, const struct overlay_ops *ops, void *cookie, uint64_t hash_seed,
    size_t max_entries)
{
	struct overlay *o;

	assert(value_size > 0 && max_entries > 0);
	o = mem_zalloc(sizeof *o);
	if (o == NULL)
		return NULL;
	o->ops = *ops;
	o->cookie = cookie;
	o->seed = hash_seed;
	o->value_size = value_size;
	o->stride = (value_size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	o->max_entries = max_entries;
	o->max_bytes = SIZE_MAX;
	o->bucket_count = BUCKETS_FIRST;
	o->buckets = mem_array(o->bucket_count, sizeof(struct entry *));
	if (o->buckets == NULL) {
		mem_free(o);
		return NULL;
	}
	return o;
}

void
overlay_bound(struct overlay *o, size_t max_bytes)
{
	assert(o->all.count == 0);
	o->max_bytes = max_bytes;
}

void
overlay_free(struct overlay *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->all.count; i++)
		mem_free(o->all.items[i]);
	mem_free(o->all.items);
	mem_free(o->pending.items);
	mem_free(o->buckets);
	mem_free(o);
}

static struct entry *
find(const struct overlay *o, struct slice key, uint64_t hash)
{
	struct entry *e = o->buckets[hash & (o->bucket_count - 1)];

	while (e != NULL && !(e->hash == hash && slice_eq(entry_key(o, e), key)))
		e = e->next;
	return e;
}

/* The entry of a key, or NULL; and its hash. */
static struct entry *
look_up(struct overlay *o, struct slice key, uint64_t *hash_r)
{
	struct entry *e = o->last;

	if (e == NULL || !slice_eq(entry_key(o, e), key)) {
		*hash_r = hash_bytes_quick(o->seed, key);
		e = find(o, key, *hash_r);
		if (e != NULL)
			o->last = e;
	}
	if (e != NULL)
		*hash_r = e->hash;
	return e;
}

static void
unpend(struct overlay *o, struct entry *e)
{
	struct entry *last;

	assert(e->is_pending && o->pending.items[e->pending_slot] == e);
	last = o->pending.items[--o->pending.count];
	o->pending.items[e->pending_slot] = last;
	last->pending_slot = e->pending_slot;
	if (e->is_dirty)
		o->dirty_count--;
	e->is_pending = e->is_dirty = false;
}

static void
entry_remove(struct overlay *o, struct entry *e)
{
	struct entry **at = &o->buckets[e->hash & (o->bucket_count - 1)], *last;

	assert(!e->is_pending);
	if (o->last == e)
		o->last = NULL;
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	last = o->all.items[--o->all.count];
	o->all.items[e->slot] = last;
	last->slot = e->slot;
	o->bytes -= entry_cost(o, e->key_len);
	mem_free(e);
}

/* Makes room for so much more.  Second chance: the hand spares what was used since its last round.
 * What is pending stays; two rounds find a victim or there is none. */
static void
evict_for(struct overlay *o, size_t entries, size_t bytes)
{
	size_t steps = 2 * o->all.count;

	if (o->pending.count == o->all.count)
		return; /* a batch larger than the cache: nobody to send away */
	while ((o->all.count + entries > o->max_entries || o->bytes + bytes > o->max_bytes) &&
	    steps-- > 0) {
		struct entry *e;

		if (o->hand >= o->all.count)
			o->hand = 0;
		e = o->all.items[o->hand];
		if (e->is_pending || e->is_recent) {
			e->is_recent = false;
			o->hand++;
		} else {
			entry_remove(o, e);
		}
	}
}

/* Without memory for more buckets the chains grow longer; nothing else changes. */
static void
grow_buckets(struct overlay *o)
{
	size_t count = o->bucket_count * 2;
	struct entry **buckets = mem_array(count, sizeof *buckets);

	if (buckets == NULL)
		return;
	for (size_t i = 0; i < o->all.count; i++) {
		struct entry *e = o->all.items[i];
		struct entry **head = &buckets[e->hash & (count - 1)];

		e->next = *head;
		*head = e;
	}
	mem_free(o->buckets);
	o->buckets = buckets;
	o->bucket_count = count;
}

static struct entry *
entry_add(struct overlay *o, struct slice key, uint64_t hash)
{
	struct entry *e, **head;
	size_t cost = entry_cost(o, key.len);

	if (o->all.count >= o->max_entries || o->bytes + cost > o->max_bytes)
		evict_for(o, 1, cost);
	if (list_reserve(&o->all) < 0)
		return NULL;
	if (o->all.count >= o->bucket_count)
		grow_buckets(o);
	e = mem_zalloc(sizeof *e + 2 * o->stride + key.len);
	if (e == NULL)
		return NULL;
	e->hash = hash;
	e->key_len = key.len;
	if (key.len > 0)
		memcpy(e->bytes + 2 * o->stride, key.ptr, key.len);
	head = &o->buckets[hash & (o->bucket_count - 1)];
	e->next = *head;
	*head = e;
	e->slot = o->all.count;
	o->all.items[o->all.count++] = e;
	o->bytes += cost;
	return e;
}

/* value NULL: the row is not there. */
static int
set_pending(struct overlay *o, struct entry *e, const void *value, bool is_dirty)
{
	if (!e->is_pending) {
		if (list_reserve(&o->pending) < 0)
			return -1;
		e->pending_slot = o->pending.count;
		o->pending.items[o->pending.count++] = e;
		e->is_pending = true;
	}
	e->is_pending_there = value != NULL;
	if (value != NULL)
		memcpy(entry_pending(o, e), value, o->value_size);
	if (is_dirty != e->is_dirty) {
		e->is_dirty = is_dirty;
		if (is_dirty)
			o->dirty_count++;
		else
			o->dirty_count--;
	}
	return 0;
}

/* Remembers what was loaded; without memory it is simply not remembered. */
static void
remember(struct overlay *o, struct slice key, uint64_t hash, const void *value)
{
	struct entry *e = find(o, key, hash);

	if (e == NULL)
		e = entry_add(o, key, hash);
	if (e == NULL)
		return;
	e->is_recent = true;
	if (o->is_unsettled) {
		if (set_pending(o, e, value, false) < 0 && !e->is_known)
			entry_remove(o, e);
		return;
	}
	e->is_known = true;
	e->is_there = value != NULL;
	if (value != NULL)
		memcpy(entry_known(e), value, o->value_size);
}

int
overlay_get(struct overlay *o, struct slice key, void *value_r, struct err *err)
{
	uint64_t hash;
	struct entry *e = look_up(o, key, &hash);
	int rc;

	if (e != NULL && e->is_pending) {
		if (e->is_pending_there)
			memcpy(value_r, entry_pending(o, e), o->value_size);
		return e->is_pending_there ? 1 : 0;
	}
	if (e != NULL && e->is_known) {
		e->is_recent = true;
		if (e->is_there)
			memcpy(value_r, entry_known(e), o->value_size);
		return e->is_there ? 1 : 0;
	}
	rc = o->ops.load(o->cookie, key, value_r, err);
	if (rc >= 0)
		remember(o, key, hash, rc > 0 ? value_r : NULL);
	return rc;
}

static int
put(struct overlay *o, struct slice key, const void *value, bool is_dirty, struct err *err)
{
	uint64_t hash;
	struct entry *e = look_up(o, key, &hash);

	if (e == NULL)
		e = entry_add(o, key, hash);
	if (e == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a cached row");
	if (set_pending(o, e, value, is_dirty) < 0) {
		if (!e->is_known)
			entry_remove(o, e);
		return err_set(err, ERR_NOMEM, "no memory for a changed row");
	}
	e->is_recent = true;
	return 0;
}

int
overlay_put(struct overlay *o, struct slice key, const void *value, struct err *err)
{
	assert(o->ops.save != NULL);
	return put(o, key, value, true, err);
}

int
overlay_put_saved(struct overlay *o, struct slice key, const void *value, struct err *err)
{
	return put(o, key, value, false, err);
}

int
overlay_flush(struct overlay *o, struct err *err)
{
	for (size_t i = 0; i < o->pending.count && o->dirty_count > 0; i++) {
		struct entry *e = o->pending.items[i];

		if (!e->is_dirty)
			continue;
		if (o->ops.save(o->cookie, entry_key(o, e), entry_pending(o, e), err) < 0)
			return -1;
		e->is_dirty = false;
		o->dirty_count--;
	}
	assert(o->dirty_count == 0);
	return 0;
}

void
overlay_publish(struct overlay *o)
{
	assert(o->dirty_count == 0);
	for (size_t i = 0; i < o->pending.count; i++) {
		struct entry *e = o->pending.items[i];

		e->is_known = true;
		e->is_there = e->is_pending_there;
		e->is_pending = false;
		memcpy(entry_known(e), entry_pending(o, e), o->value_size);
	}
	o->pending.count = 0;
	o->is_unsettled = false;
	evict_for(o, 0, 0);
}

void
overlay_drop(struct overlay *o)
{
	while (o->pending.count > 0) {
		struct entry *e = o->pending.items[o->pending.count - 1];

		unpend(o, e);
		if (!e->is_known)
			entry_remove(o, e);
	}
	assert(o->dirty_count == 0);
	o->is_unsettled = false;
	evict_for(o, 0, 0);
}

/* True when nothing of the entry is left. */
static bool
entry_forget(struct overlay *o, struct entry *e)
{
	e->is_known = false;
	if (e->is_pending && !e->is_dirty)
		unpend(o, e);
	if (e->is_pending)
		return false;
	entry_remove(o, e);
	return true;
}

void
overlay_forget(struct overlay *o, struct slice key)
{
	uint64_t hash;
	struct entry *e = look_up(o, key, &hash);

	o->is_unsettled = true;
	if (e != NULL)
		(void)entry_forget(o, e);
}

void
overlay_forget_all(struct overlay *o)
{
	size_t i = 0;

	o->is_unsettled = true;
	while (i < o->all.count) {
		if (!entry_forget(o, o->all.items[i]))
			i++; /* else the last one stands here now */
	}
}

size_t
overlay_dirty_count(const struct overlay *o)
{
	return o->dirty_count;
}

size_t
overlay_cached_count(const struct overlay *o)
{
	return o->all.count;
}

size_t
overlay_cached_bytes(const struct overlay *o)
{
	return o->bytes;
}
