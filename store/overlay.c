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
#include "store/overlay_internal.h"

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
	o->place_count = OVERLAY_PLACES_FIRST;
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

	k.hash = o->last != NULL && slice_eq(overlay_entry_key(o, o->last), key)
	    ? o->last->hash
	    : hash_bytes_quick(o->maker.seed, key);
	return k;
}

struct overlay_key
overlay_key_of(struct overlay *o, struct slice head, char kind, struct slice tail)
{
	struct overlay_key k;

	overlay_key_make(&o->maker, head, hash_own(head), kind, tail, &k);
	return k;
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

/* value NULL: the row is not there. */
static int
set_pending(struct overlay *o, struct overlay_entry *e, const void *value, bool is_dirty)
{
	if (!e->is_pending) {
		if (overlay_list_reserve(&o->pending) < 0)
			return -1;
		e->pending_slot = (uint32_t)o->pending.count;
		o->pending.items[o->pending.count++] = e;
		e->is_pending = true;
	}
	e->is_pending_there = value != NULL;
	if (value != NULL)
		memcpy(overlay_entry_pending(o, e), value, o->value_size);
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
	struct overlay_entry *e = overlay_find(o, k)->entry;

	if (e == NULL)
		e = overlay_entry_add(o, k);
	if (e == NULL)
		return;
	e->is_recent = true;
	if (o->is_unsettled) {
		if (set_pending(o, e, value, false) < 0 && !e->is_known)
			overlay_entry_remove(o, e);
		return;
	}
	e->is_known = true;
	e->is_there = value != NULL;
	if (value != NULL)
		memcpy(overlay_entry_known(e), value, o->value_size);
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

/* e: the key's entry, or NULL. */
static inline int
get(struct overlay *o, struct overlay_entry *e, const struct overlay_key *k, void *value_r,
    struct err *err)
{
	if (e != NULL && e->is_pending) {
		if (e->is_pending_there)
			memcpy(value_r, overlay_entry_pending(o, e), o->value_size);
		return e->is_pending_there ? 1 : 0;
	}
	if (e != NULL && e->is_known) {
		e->is_recent = true;
		if (e->is_there)
			memcpy(value_r, overlay_entry_known(e), o->value_size);
		return e->is_there ? 1 : 0;
	}
	return load(o, k, value_r, err);
}

int
overlay_get_key(struct overlay *o, const struct overlay_key *k, void *value_r, struct err *err)
{
	return get(o, overlay_look_up(o, k), k, value_r, err);
}

int
overlay_get(struct overlay *o, struct slice key, void *value_r, struct err *err)
{
	struct overlay_key k = whole_key(o, key);

	return overlay_get_key(o, &k, value_r, err);
}

/* e: as in get(). */
static int
put_entry(struct overlay *o, struct overlay_entry *e, const struct overlay_key *k,
    const void *value, bool is_dirty, struct err *err)
{
	if (e == NULL)
		e = overlay_entry_add(o, k);
	if (e == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a cached row");
	if (set_pending(o, e, value, is_dirty) < 0) {
		if (!e->is_known)
			overlay_entry_remove(o, e);
		return err_set(err, ERR_NOMEM, "no memory for a changed row");
	}
	e->is_recent = true;
	return 0;
}

static int
put(struct overlay *o, const struct overlay_key *k, const void *value, bool is_dirty,
    struct err *err)
{
	return put_entry(o, overlay_look_up(o, k), k, value, is_dirty, err);
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

/* ---- spots --------------------------------------------------------------- */

void
overlay_spot_of(struct overlay *o, struct slice head, uint64_t head_hash, char kind,
    struct slice tail, struct overlay_spot *s_r)
{
	overlay_key_make(&o->maker, head, head_hash, kind, tail, &s_r->key);
	s_r->entry = NULL;
}

void
overlay_spot_fetch(const struct overlay *o, const struct overlay_spot *s)
{
	prefetch(&o->places[s->key.hash & (o->place_count - 1)]);
}

/* Which entry it is, the hashes say until somebody compares the keys. */
void
overlay_spot_fetch_value(const struct overlay *o, struct overlay_spot *s)
{
	size_t at = s->key.hash & (o->place_count - 1);
	const struct overlay_place *p;

	for (p = &o->places[at]; p->entry != NULL && p->hash != s->key.hash; p = &o->places[at])
		at = (at + 1) & (o->place_count - 1);
	s->entry = p->entry;
	s->removals = o->removals;
	s->is_sure = false;
	if (p->entry != NULL)
		prefetch_bytes(p->entry,
		    sizeof(struct overlay_entry) + 2 * o->stride + overlay_key_len(&s->key));
}

static inline struct overlay_entry *
entry_at(struct overlay *o, struct overlay_spot *s)
{
	if (s->entry != NULL && s->removals == o->removals &&
	    (s->is_sure || overlay_key_is(&s->key, overlay_entry_key(o, s->entry))))
		o->last = s->entry;
	else
		s->entry = overlay_look_up(o, &s->key);
	s->removals = o->removals;
	s->is_sure = true;
	return s->entry;
}

int
overlay_get_at(struct overlay *o, struct overlay_spot *s, void *value_r, struct err *err)
{
	return get(o, entry_at(o, s), &s->key, value_r, err);
}

int
overlay_put_at(struct overlay *o, struct overlay_spot *s, const void *value, struct err *err)
{
	assert(o->ops.save != NULL);
	return put_entry(o, entry_at(o, s), &s->key, value, true, err);
}

int
overlay_flush(struct overlay *o, struct err *err)
{
	for (size_t i = 0; i < o->pending.count && o->dirty_count > 0; i++) {
		struct overlay_entry *e = o->pending.items[i];

		if (!e->is_dirty)
			continue;
		if (o->ops.save(
			o->cookie, overlay_entry_key(o, e), overlay_entry_pending(o, e), err) < 0)
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
		struct overlay_entry *e = o->pending.items[i];

		e->is_known = true;
		e->is_there = e->is_pending_there;
		e->is_pending = false;
		memcpy(overlay_entry_known(e), overlay_entry_pending(o, e), o->value_size);
	}
	o->pending.count = 0;
	o->is_unsettled = false;
	overlay_evict_for(o, 0, 0);
}

void
overlay_drop(struct overlay *o)
{
	while (o->pending.count > 0) {
		struct overlay_entry *e = o->pending.items[o->pending.count - 1];

		overlay_unpend(o, e);
		if (!e->is_known)
			overlay_entry_remove(o, e);
	}
	assert(o->dirty_count == 0);
	o->is_unsettled = false;
	overlay_evict_for(o, 0, 0);
}

/* True when nothing of the entry is left. */
static bool
entry_forget(struct overlay *o, struct overlay_entry *e)
{
	e->is_known = false;
	if (e->is_pending && !e->is_dirty)
		overlay_unpend(o, e);
	if (e->is_pending)
		return false;
	overlay_entry_remove(o, e);
	return true;
}

void
overlay_forget(struct overlay *o, struct slice key)
{
	struct overlay_key k = whole_key(o, key);
	struct overlay_entry *e = overlay_look_up(o, &k);

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
