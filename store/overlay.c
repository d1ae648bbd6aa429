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
#include "core/prefetch.h"
#include "store/overlay_key_internal.h"

#define PLACES_FIRST 256

struct entry {
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
struct place {
	uint64_t hash;
	struct entry *entry; /* NULL: empty */
};

struct entry_list {
	struct entry **items;
	size_t count, cap;
};

struct overlay {
	struct overlay_ops ops;
	void *cookie;
	size_t value_size, max_entries, max_bytes;
	size_t stride; /* value_size, rounded up so that both values are aligned */
	struct place *places;
	size_t place_count; /* a power of two */
	struct entry_list all, pending;
	size_t bytes; /* of all entries, with what each needs beside itself */
	size_t dirty_count;
	size_t hand;
	struct entry *last; /* found last: who reads a row often writes it next */
	bool is_unsettled; /* the table was changed behind our back in this transaction */
	char *joined; /* the key that is being loaded */
	size_t joined_cap;
	struct overlay_key_maker maker;
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

/* The entry, what the heap adds to it, and its places in the lists and in the table. */
static size_t
entry_cost(const struct overlay *o, size_t key_len)
{
	size_t room = sizeof(struct entry) + 2 * o->stride + key_len + sizeof(size_t);

	return ((room + 15) & ~(size_t)15) + 2 * sizeof(struct entry *) + 2 * sizeof(struct place);
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

	assert(value_size > 0 && max_entries > 0 && max_entries < UINT32_MAX);
	o = mem_zalloc(sizeof *o);
	if (o == NULL)
		return NULL;
	o->ops = *ops;
	o->cookie = cookie;
	overlay_key_maker_init(&o->maker, hash_seed);
	o->value_size = value_size;
	o->stride = (value_size + _Alignof(int64_t) - 1) & ~(_Alignof(int64_t) - 1);
	o->max_entries = max_entries;
	o->max_bytes = SIZE_MAX;
	o->place_count = PLACES_FIRST;
	o->places = mem_array(o->place_count, sizeof *o->places);
	if (o->places == NULL) {
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
	mem_free(o->places);
	mem_free(o->joined);
	mem_free(o);
}

static struct overlay_key
whole_key(struct overlay *o, struct slice key)
{
	struct overlay_key k = {.head = key, .tail = SLICE_LIT("")};

	k.hash = o->last != NULL && slice_eq(entry_key(o, o->last), key)
	    ? o->last->hash
	    : hash_bytes_quick(o->maker.seed, key);
	return k;
}

struct overlay_key
overlay_key_of(struct overlay *o, struct slice head, char kind, struct slice tail)
{
	return overlay_key_make(&o->maker, head, kind, tail);
}

/* In one piece, for those who load; good until the next call. */
static int
key_join(struct overlay *o, const struct overlay_key *k, struct slice *joined_r, struct err *err)
{
	size_t len = overlay_key_len(k);

	if (!k->has_tail) {
		*joined_r = k->head;
		return 0;
	}
	if (len > o->joined_cap) {
		char *bigger = mem_realloc(o->joined, len);

		if (bigger == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a key");
		o->joined = bigger;
		o->joined_cap = len;
	}
	overlay_key_write(k, o->joined);
	*joined_r = slice_make(o->joined, len);
	return 0;
}

/* ---- entries -------------------------------------------------------------- */

/* Where the key's entry stands, or the empty place where it would. */
static struct place *
find(const struct overlay *o, const struct overlay_key *k)
{
	size_t at = k->hash & (o->place_count - 1);

	while (o->places[at].entry != NULL &&
	    !(o->places[at].hash == k->hash &&
		overlay_key_is(k, entry_key(o, o->places[at].entry))))
		at = (at + 1) & (o->place_count - 1);
	return &o->places[at];
}

static struct entry *
look_up(struct overlay *o, const struct overlay_key *k)
{
	struct entry *e = find(o, k)->entry;

	if (e != NULL)
		o->last = e;
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

/* What stands behind an emptied place moves up, so that no search ends there too early. */
static void
place_empty(struct overlay *o, struct place *p)
{
	size_t mask = o->place_count - 1, hole = (size_t)(p - o->places);

	for (size_t at = (hole + 1) & mask; o->places[at].entry != NULL; at = (at + 1) & mask) {
		size_t home = o->places[at].hash & mask;

		if (((at - home) & mask) >= ((at - hole) & mask)) {
			o->places[hole] = o->places[at];
			hole = at;
		}
	}
	o->places[hole].entry = NULL;
}

static void
entry_remove(struct overlay *o, struct entry *e)
{
	size_t at = e->hash & (o->place_count - 1);
	struct entry *last;

	assert(!e->is_pending);
	if (o->last == e)
		o->last = NULL;
	while (o->places[at].entry != e)
		at = (at + 1) & (o->place_count - 1);
	place_empty(o, &o->places[at]);
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

static int
grow_places(struct overlay *o)
{
	size_t count = o->place_count * 2;
	struct place *places = mem_array(count, sizeof *places);

	if (places == NULL)
		return -1;
	for (size_t i = 0; i < o->place_count; i++) {
		size_t at = o->places[i].hash & (count - 1);

		if (o->places[i].entry == NULL)
			continue;
		while (places[at].entry != NULL)
			at = (at + 1) & (count - 1);
		places[at] = o->places[i];
	}
	mem_free(o->places);
	o->places = places;
	o->place_count = count;
	return 0;
}

/* Room in the lists; without memory the table may be filled beyond what is good for it, but a place
 * stays empty: there searches end. */
static int
make_room(struct overlay *o)
{
	if (o->all.count >= UINT32_MAX || list_reserve(&o->all) < 0)
		return -1;
	if (o->all.count + 1 > o->place_count / 4 * 3 && grow_places(o) < 0)
		return o->all.count + 1 < o->place_count ? 0 : -1;
	return 0;
}

static struct entry *
entry_add(struct overlay *o, const struct overlay_key *k)
{
	size_t len = overlay_key_len(k), cost = entry_cost(o, len);
	struct place *place;
	struct entry *e;

	if (o->all.count >= o->max_entries || o->bytes + cost > o->max_bytes)
		evict_for(o, 1, cost);
	if (len > UINT32_MAX || make_room(o) < 0)
		return NULL;
	e = mem_zalloc(sizeof *e + 2 * o->stride + len);
	if (e == NULL)
		return NULL;
	e->hash = k->hash;
	e->key_len = (uint32_t)len;
	overlay_key_write(k, (char *)e->bytes + 2 * o->stride);
	place = find(o, k);
	assert(place->entry == NULL);
	*place = (struct place){k->hash, e};
	e->slot = (uint32_t)o->all.count;
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
		e->pending_slot = (uint32_t)o->pending.count;
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
remember(struct overlay *o, const struct overlay_key *k, const void *value)
{
	struct entry *e = find(o, k)->entry;

	if (e == NULL)
		e = entry_add(o, k);
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

void
overlay_fetch(const struct overlay *o, const struct overlay_key *k)
{
	prefetch(&o->places[k->hash & (o->place_count - 1)]);
}

void
overlay_fetch_value(const struct overlay *o, const struct overlay_key *k)
{
	size_t at = k->hash & (o->place_count - 1);
	const struct place *p;

	for (p = &o->places[at]; p->entry != NULL && p->hash != k->hash; p = &o->places[at])
		at = (at + 1) & (o->place_count - 1);
	if (p->entry != NULL)
		prefetch_bytes(p->entry, sizeof(struct entry) + 2 * o->stride + overlay_key_len(k));
}

static int
load(struct overlay *o, const struct overlay_key *k, void *value_r, struct err *err)
{
	struct slice joined;
	int rc;

	if (key_join(o, k, &joined, err) < 0)
		return -1;
	rc = o->ops.load(o->cookie, joined, value_r, err);
	if (rc >= 0)
		remember(o, k, rc > 0 ? value_r : NULL);
	return rc;
}

int
overlay_get_key(struct overlay *o, const struct overlay_key *k, void *value_r, struct err *err)
{
	struct entry *e = look_up(o, k);

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
	return load(o, k, value_r, err);
}

int
overlay_get(struct overlay *o, struct slice key, void *value_r, struct err *err)
{
	struct overlay_key k = whole_key(o, key);

	return overlay_get_key(o, &k, value_r, err);
}

static int
put(struct overlay *o, const struct overlay_key *k, const void *value, bool is_dirty,
    struct err *err)
{
	struct entry *e = look_up(o, k);

	if (e == NULL)
		e = entry_add(o, k);
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
overlay_put_key(struct overlay *o, const struct overlay_key *k, const void *value, struct err *err)
{
	assert(o->ops.save != NULL);
	return put(o, k, value, true, err);
}

int
overlay_put(struct overlay *o, struct slice key, const void *value, struct err *err)
{
	struct overlay_key k = whole_key(o, key);

	return overlay_put_key(o, &k, value, err);
}

int
overlay_put_saved(struct overlay *o, struct slice key, const void *value, struct err *err)
{
	struct overlay_key k = whole_key(o, key);

	return put(o, &k, value, false, err);
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
	struct overlay_key k = whole_key(o, key);
	struct entry *e = look_up(o, &k);

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
