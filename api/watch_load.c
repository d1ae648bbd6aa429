#include "api/watch_load.h"

#include <stddef.h>

#include "rules/crowd.h"
#include "store/watches.h"

struct loading {
	struct crowd *crowd;
	size_t watch;
};

/* A state that cannot be read leaves the watch as new. */
static int
on_state(void *cookie, struct slice state, struct err *err)
{
	struct loading *l = cookie;

	(void)err;
	(void)crowd_state_read(l->crowd, l->watch, state);
	return 0;
}

static int
on_base(void *cookie, int64_t minute, int64_t n, struct err *err)
{
	struct loading *l = cookie;

	return crowd_add_base(l->crowd, l->watch, minute, n, err);
}

static int
on_hit(void *cookie, int64_t at_ms, uint64_t author, struct err *err)
{
	struct loading *l = cookie;

	return crowd_add(l->crowd, l->watch, FIRING_WATCHED, at_ms, author, err);
}

int
watch_load(struct store *st, const struct rule_set *set, int64_t now_ms, struct crowd *before,
    struct crowd **crowd_r, struct err *err)
{
	struct loading l = {0};
	struct watch_visitor visitor = {&l, on_state, on_base, on_hit};

	/* A reference is counted in what nobody else changes. */
	if (crowd_new((struct rule_set *)(uintptr_t)set, &l.crowd, err) < 0)
		return -1;
	for (; l.watch < rule_set_watch_count(set); l.watch++) {
		const struct watch_head *w = rule_set_watch(set, l.watch);

		if (before != NULL && crowd_take_over(l.crowd, l.watch, before))
			continue;
		if (store_watch_load(
			st, w->rule.id, now_ms - w->widest_ms, CROWD_HITS_MAX, &visitor, err) < 0) {
			crowd_free(l.crowd);
			return -1;
		}
	}
	*crowd_r = l.crowd;
	return 0;
}
