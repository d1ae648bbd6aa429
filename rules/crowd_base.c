/*
 * crowd_base.c - posts by minutes, in a ring as long as the widest share, with the sums of the windows
 * kept as the minutes pass.
 */
#include "rules/crowd_internal.h"

#include <string.h>

#include "core/mem.h"
#include "core/timefmt.h"

int64_t
minute_of(int64_t at_ms)
{
	return at_ms / TIME_MINUTE_MS - (at_ms % TIME_MINUTE_MS < 0);
}

int64_t
crowd_base_first(int64_t now_ms, int64_t within_ms)
{
	return minute_of(now_ms - within_ms);
}

static int64_t *
slot_of(const struct crowd_base *b, int64_t minute)
{
	int64_t at = minute % b->size;

	return &b->minutes[at < 0 ? at + b->size : at];
}

static bool
is_in(const struct base_window *w, int64_t minute)
{
	return minute >= w->first && minute <= w->last;
}

/* Windows whose sums are made anew when they are next asked for. */
static void
forget_all(struct crowd_base *b)
{
	memset(b->minutes, 0, (size_t)b->size * sizeof *b->minutes);
	for (size_t i = 0; i < b->window_count; i++)
		b->windows[i] = (struct base_window){
		    .within_ms = b->windows[i].within_ms, .first = INT64_MAX, .last = INT64_MIN};
}

int
crowd_base_init(struct crowd_base *b, int64_t keep_ms)
{
	b->size = keep_ms / TIME_MINUTE_MS + 2;
	b->top = INT64_MIN;
	b->minutes = mem_array((size_t)b->size, sizeof *b->minutes);
	if (b->minutes == NULL)
		return -1;
	forget_all(b);
	return 0;
}

/* The minutes that leave the ring make room for those up to the new top. */
static void
move_top(struct crowd_base *b, int64_t top)
{
	if (b->top == INT64_MIN || top - b->top >= b->size) {
		forget_all(b);
		b->top = top;
		return;
	}
	while (b->top < top) {
		int64_t gone = ++b->top - b->size, *slot = slot_of(b, gone);

		for (size_t i = 0; i < b->window_count; i++) {
			struct base_window *w = &b->windows[i];

			if (is_in(w, gone))
				w->sum -= *slot;
			if (w->first == gone)
				w->first++;
		}
		*slot = 0;
	}
}

void
crowd_base_add(struct crowd_base *b, int64_t minute, int64_t n)
{
	if (b->top == INT64_MIN || minute > b->top)
		move_top(b, minute);
	if (minute <= b->top - b->size)
		return;
	*slot_of(b, minute) += n;
	for (size_t i = 0; i < b->window_count; i++)
		if (is_in(&b->windows[i], minute))
			b->windows[i].sum += n;
}

int64_t
crowd_base_between(const struct crowd_base *b, int64_t first, int64_t last)
{
	int64_t sum = 0;

	if (b->top == INT64_MIN)
		return 0;
	first = first > b->top - b->size ? first : b->top - b->size + 1;
	last = last < b->top ? last : b->top;
	for (int64_t m = first; m <= last; m++)
		sum += *slot_of(b, m);
	return sum;
}

void
crowd_base_advance(struct crowd_base *b, int64_t now_ms)
{
	int64_t now = minute_of(now_ms);

	if (b->minutes == NULL)
		return;
	if (b->top == INT64_MIN || now > b->top)
		move_top(b, now);
	for (size_t i = 0; i < b->window_count; i++) {
		struct base_window *w = &b->windows[i];
		int64_t first = crowd_base_first(now_ms, w->within_ms);

		if (first <= b->top - b->size)
			first = b->top - b->size + 1; /* a post from the future took its place */
		if (first > w->last) { /* nothing of it is left, or it begins */
			w->sum = crowd_base_between(b, first, now);
		} else {
			w->sum -= crowd_base_between(b, w->first, first - 1);
			w->sum += crowd_base_between(b, w->last + 1, now);
		}
		w->first = first;
		w->last = now;
	}
}

void
crowd_base_fini(struct crowd_base *b)
{
	mem_free(b->minutes);
	b->minutes = NULL;
}
