/*
 * overlay_table.c - entries come, go, and make room for each other.
 */
#include "store/overlay_internal.h"

#include <assert.h>

#include "core/mem.h"

/* The entry, what the heap adds to it, and its places in the lists and in the table. */
static size_t
entry_cost(const struct overlay *o, size_t key_len)
{
	size_t room = sizeof(struct overlay_entry) + 2 * o->stride + key_len + sizeof(size_t);

	return ((room + 15) & ~(size_t)15) + 2 * sizeof(struct overlay_entry *) +
	    2 * sizeof(struct overlay_place);
}

int
overlay_list_reserve(struct overlay_entry_list *l)
{
	size_t cap;
	struct overlay_entry **items;

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

void
overlay_unpend(struct overlay *o, struct overlay_entry *e)
{
	struct overlay_entry *last;

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
place_empty(struct overlay *o, struct overlay_place *p)
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

void
overlay_entry_remove(struct overlay *o, struct overlay_entry *e)
{
	size_t at = e->hash & (o->place_count - 1);
	struct overlay_entry *last;

	assert(!e->is_pending);
	if (o->last == e)
		o->last = NULL;
	o->removals++;
	while (o->places[at].entry != e)
		at = (at + 1) & (o->place_count - 1);
	place_empty(o, &o->places[at]);
	last = o->all.items[--o->all.count];
	o->all.items[e->slot] = last;
	last->slot = e->slot;
	o->bytes -= entry_cost(o, e->key_len);
	mem_free(e);
}

/* Second chance: the hand spares what was used since its last round.  What is pending stays; two rounds
 * find a victim or there is none. */
void
overlay_evict_for(struct overlay *o, size_t entries, size_t bytes)
{
	size_t steps = 2 * o->all.count;

	if (o->pending.count == o->all.count)
		return; /* a batch larger than the cache: nobody to send away */
	while ((o->all.count + entries > o->max_entries || o->bytes + bytes > o->max_bytes) &&
	    steps-- > 0) {
		struct overlay_entry *e;

		if (o->hand >= o->all.count)
			o->hand = 0;
		e = o->all.items[o->hand];
		if (e->is_pending || e->is_recent) {
			e->is_recent = false;
			o->hand++;
		} else {
			overlay_entry_remove(o, e);
		}
	}
}

static int
grow_places(struct overlay *o)
{
	size_t count = o->place_count * 2;
	struct overlay_place *places = mem_array(count, sizeof *places);

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
	if (o->all.count >= UINT32_MAX || overlay_list_reserve(&o->all) < 0)
		return -1;
	if (o->all.count + 1 > o->place_count / 4 * 3 && grow_places(o) < 0)
		return o->all.count + 1 < o->place_count ? 0 : -1;
	return 0;
}

struct overlay_entry *
overlay_entry_add(struct overlay *o, const struct overlay_key *k)
{
	size_t len = overlay_key_len(k), cost = entry_cost(o, len);
	struct overlay_place *place;
	struct overlay_entry *e;

	if (o->all.count >= o->max_entries || o->bytes + cost > o->max_bytes)
		overlay_evict_for(o, 1, cost);
	if (len > UINT32_MAX || make_room(o) < 0)
		return NULL;
	e = mem_zalloc(sizeof *e + 2 * o->stride + len);
	if (e == NULL)
		return NULL;
	e->hash = k->hash;
	e->key_len = (uint32_t)len;
	overlay_key_write(k, (char *)e->bytes + 2 * o->stride);
	place = overlay_find(o, k);
	assert(place->entry == NULL);
	*place = (struct overlay_place){k->hash, e};
	e->slot = (uint32_t)o->all.count;
	o->all.items[o->all.count++] = e;
	o->bytes += cost;
	return e;
}
