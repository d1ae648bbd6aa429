/*
 * crowd_hits.c - posts in the order of their times, and windows that slide over them.
 *
 * Most posts come in order and are put behind the others; a late one moves those after it.  Windows are
 * kept as the places where they begin, so that counting needs no walk, and authors are counted as
 * hits enter and leave.
 */
#include "rules/crowd_internal.h"

#include <string.h>

#include "core/mem.h"

/* ---- distinct authors ---- */

static size_t
slot_of(const struct author_set *s, uint64_t author)
{
	size_t at = (size_t)((author * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & s->mask;

	while (s->slots[at].author != 0 && s->slots[at].author != author)
		at = (at + 1) & s->mask;
	return at;
}

int
author_set_reserve(struct author_set *s, size_t authors)
{
	struct author_set bigger = {.mask = 15};

	if (s->slots != NULL && authors * 2 <= s->mask + 1)
		return 0;
	while (authors * 2 > bigger.mask + 1)
		bigger.mask = bigger.mask * 2 + 1;
	bigger.slots = mem_array(bigger.mask + 1, sizeof *bigger.slots);
	if (bigger.slots == NULL)
		return -1;
	for (size_t i = 0; s->slots != NULL && i <= s->mask; i++)
		if (s->slots[i].author != 0)
			bigger.slots[slot_of(&bigger, s->slots[i].author)] = s->slots[i];
	bigger.count = s->count;
	mem_free(s->slots);
	*s = bigger;
	return 0;
}

void
author_set_add(struct author_set *s, uint64_t author)
{
	struct author_slot *slot;

	if (author == 0)
		return;
	slot = &s->slots[slot_of(s, author)];
	s->count += slot->posts == 0;
	slot->author = author;
	slot->posts++;
}

/* What stands behind an emptied slot moves up when it was to stand there or before. */
void
author_set_remove(struct author_set *s, uint64_t author)
{
	size_t hole;

	if (author == 0)
		return;
	hole = slot_of(s, author);
	if (--s->slots[hole].posts > 0)
		return;
	s->count--;
	s->slots[hole].author = 0;
	for (size_t at = (hole + 1) & s->mask; s->slots[at].author != 0; at = (at + 1) & s->mask) {
		struct author_slot moved = s->slots[at];

		s->slots[at] = (struct author_slot){0};
		s->slots[slot_of(s, moved.author)] = moved;
	}
}

void
author_set_fini(struct author_set *s)
{
	mem_free(s->slots);
	*s = (struct author_set){0};
}

/* ---- hits ---- */

static struct crowd_hit *
hit_at(const struct crowd_hits *h, size_t i)
{
	return &h->room[h->first + i];
}

size_t
crowd_hits_from(const struct crowd_hits *h, int64_t at_ms)
{
	size_t low = 0, high = h->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hit_at(h, middle)->at_ms < at_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
window_enter(struct crowd_window *w, const struct crowd_hit *hit)
{
	if (w->has_authors)
		author_set_add(&w->authors, hit->author);
}

static void
window_leave(struct crowd_window *w, const struct crowd_hit *hit)
{
	if (w->has_authors)
		author_set_remove(&w->authors, hit->author);
}

static void
drop_front(struct crowd_hits *h, size_t n)
{
	for (size_t i = 0; i < h->window_count; i++) {
		struct crowd_window *w = &h->windows[i];

		for (size_t k = w->lo; k < n && k < h->hi; k++)
			window_leave(w, hit_at(h, k));
		w->lo = w->lo > n ? w->lo - n : 0;
	}
	h->first += n;
	h->count -= n;
	h->hi = h->hi > n ? h->hi - n : 0;
	if (h->count == 0 || h->first > h->count) {
		memmove(h->room, h->room + h->first, h->count * sizeof *h->room);
		h->first = 0;
	}
}

/* Room for one more, everywhere: what follows cannot fail. */
static int
make_room(struct crowd_hits *h)
{
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct crowd_hit *room;

	for (size_t i = 0; i < h->window_count; i++)
		if (h->windows[i].has_authors &&
		    author_set_reserve(&h->windows[i].authors, h->count + 1) < 0)
			return -1;
	if (h->has_scratch && author_set_reserve(&h->scratch, h->count + 1) < 0)
		return -1;
	if (h->first + h->count < h->cap)
		return 0;
	room = mem_realloc_array(h->room, cap, sizeof *room);
	if (room == NULL)
		return -1;
	h->room = room;
	h->cap = cap;
	return 0;
}

static void
insert(struct crowd_hits *h, size_t at, struct crowd_hit hit)
{
	memmove(hit_at(h, at + 1), hit_at(h, at), (h->count - at) * sizeof hit);
	*hit_at(h, at) = hit;
	h->count++;
	if (hit.at_ms > h->now_ms)
		return; /* behind hi: it enters when its time has come */
	h->hi++;
	for (size_t i = 0; i < h->window_count; i++) {
		struct crowd_window *w = &h->windows[i];

		if (hit.at_ms <= h->now_ms - w->within_ms)
			w->lo++;
		else
			window_enter(w, &hit);
	}
}

int
crowd_hits_add(struct crowd_hits *h, int64_t at_ms, uint64_t author)
{
	struct crowd_hit hit = {at_ms, author};
	size_t at = h->count;

	if (h->now_ms != INT64_MIN && at_ms <= h->now_ms - h->keep_ms)
		return 0;
	if (h->count == CROWD_HITS_MAX) {
		bool is_oldest = at_ms <= hit_at(h, 0)->at_ms;
		int64_t lost = is_oldest ? at_ms : hit_at(h, 0)->at_ms;

		h->lost_ms = lost > h->lost_ms ? lost : h->lost_ms;
		if (is_oldest)
			return 0;
		drop_front(h, 1);
		at--;
	}
	if (make_room(h) < 0)
		return -1;
	if (h->count > 0 && hit_at(h, h->count - 1)->at_ms > at_ms)
		at = crowd_hits_from(h, at_ms + 1); /* behind those of the same time */
	insert(h, at, hit);
	return 0;
}

void
crowd_hits_advance(struct crowd_hits *h, int64_t now_ms)
{
	size_t old;

	if (now_ms <= h->now_ms)
		return;
	h->now_ms = now_ms;
	for (; h->hi < h->count && hit_at(h, h->hi)->at_ms <= now_ms; h->hi++)
		for (size_t i = 0; i < h->window_count; i++)
			window_enter(&h->windows[i], hit_at(h, h->hi));
	for (size_t i = 0; i < h->window_count; i++) {
		struct crowd_window *w = &h->windows[i];

		while (w->lo < h->hi && hit_at(h, w->lo)->at_ms <= now_ms - w->within_ms)
			window_leave(w, hit_at(h, w->lo++));
	}
	for (old = 0; old < h->hi && hit_at(h, old)->at_ms <= now_ms - h->keep_ms;)
		old++;
	if (old > 0)
		drop_front(h, old);
}

size_t
crowd_hits_in(const struct crowd_hits *h, const struct crowd_window *w)
{
	return h->hi - w->lo;
}

bool
crowd_hits_is_short(const struct crowd_hits *h, int64_t within_ms)
{
	return h->lost_ms != INT64_MIN && h->lost_ms > h->now_ms - within_ms;
}

int64_t
crowd_hits_next_change(const struct crowd_hits *h)
{
	int64_t next = h->hi < h->count ? hit_at(h, h->hi)->at_ms : CROWD_NEVER;

	for (size_t i = 0; i < h->window_count; i++) {
		const struct crowd_window *w = &h->windows[i];

		if (w->lo < h->hi && hit_at(h, w->lo)->at_ms + w->within_ms < next)
			next = hit_at(h, w->lo)->at_ms + w->within_ms;
	}
	return next;
}

size_t
crowd_hits_between(const struct crowd_hits *h, int64_t from_ms, int64_t until_ms)
{
	return crowd_hits_from(h, until_ms) - crowd_hits_from(h, from_ms);
}

size_t
crowd_hits_authors(struct crowd_hits *h, int64_t from_ms, int64_t until_ms)
{
	size_t from = crowd_hits_from(h, from_ms), until = crowd_hits_from(h, until_ms), count;

	for (size_t i = from; i < until; i++)
		author_set_add(&h->scratch, hit_at(h, i)->author);
	count = h->scratch.count;
	for (size_t i = from; i < until; i++)
		author_set_remove(&h->scratch, hit_at(h, i)->author);
	return count;
}

void
crowd_hits_fini(struct crowd_hits *h)
{
	for (size_t i = 0; i < h->window_count; i++)
		author_set_fini(&h->windows[i].authors);
	author_set_fini(&h->scratch);
	mem_free(h->room);
	*h = (struct crowd_hits){0};
}
