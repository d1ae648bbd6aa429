#include "people/adopters.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "people/fixed.h"
#include "store/items.h"
#include "store/standing.h"

const struct adoption_config adoption_config_default = {
    .authors = 50,
    .within_ms = 30 * TIME_DAY_MS,
    .burn_in_ms = 7 * TIME_DAY_MS,
    .share_milli = 150,
};

/* ---- credit ------------------------------------------------------------------ */

int64_t
adopters_credit_milli(int64_t place, int64_t authors)
{
	assert(place > 0 && authors > 0);
	if (place * 1000 <= authors * ADOPTERS_FULL_MILLI)
		return 1000;
	return place * 1000 <= authors * ADOPTERS_HALF_MILLI ? 500 : 0;
}

/*
 * Wilson's lower bound of c of n, multiplied out so that integers do: with z = 1.2816,
 *
 *   (2c + z^2 - z sqrt(z^2 + 4c(n - c)/n)) / (2 (n + z^2))
 *
 * Under the root stands z^2 n^2 + 4cn(n - c), over n^2.
 */
#define Z_MILLI INT64_C(1282)
#define Z2_MILLI INT64_C(1642)
#define ITEMS_MAX INT64_C(100000) /* beyond, more items change nothing that is seen */

int32_t
adopters_score_milli(int64_t credit_milli, int64_t items)
{
	int64_t c, root, over;

	if (items <= 0 || credit_milli <= 0)
		return 0;
	if (items > ITEMS_MAX) {
		credit_milli = credit_milli / items * ITEMS_MAX;
		items = ITEMS_MAX;
	}
	c = credit_milli < items * 1000 ? credit_milli : items * 1000;
	/* In thousandths: sqrt(z^2 + 4c(n-c)/n). */
	root =
	    (int64_t)fixed_root((uint64_t)(Z2_MILLI * 1000 + 4 * c * (items * 1000 - c) / items));
	over = 2 * c + Z2_MILLI - Z_MILLI * root / 1000;
	if (over <= 0)
		return 0;
	return (int32_t)(over * 1000 / (2 * (items * 1000 + Z2_MILLI)));
}

bool
adopters_is_early(
    const struct adoption_config *c, int64_t credit_milli, int64_t credited, int64_t items)
{
	return credited >= ADOPTERS_ITEMS_MIN &&
	    adopters_score_milli(credit_milli, items) >= c->share_milli;
}

/* ---- items of a post ------------------------------------------------------------ */

static bool
is_in(const struct slice *list, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(list[i], name))
			return true;
	return false;
}

int
adopters_items(struct slice_list topics, struct slice_list terms, struct slice_list links,
    struct arena *a, struct slice_list *items_r, struct err *err)
{
	struct slice *list;
	size_t count = 0;

	*items_r = (struct slice_list){NULL, 0};
	if (topics.count + terms.count + links.count == 0)
		return 0;
	list = arena_array(a, ADOPTERS_ITEMS_OF_POST_MAX, sizeof *list);
	if (list == NULL)
		return err_set(err, ERR_NOMEM, "no memory for what a post speaks of");
	for (size_t i = 0; i < topics.count && count < ADOPTERS_ITEMS_OF_POST_MAX; i++)
		if (!is_in(list, count, topics.items[i]))
			list[count++] = topics.items[i];
	for (size_t i = 0; i < terms.count && count < ADOPTERS_ITEMS_OF_POST_MAX; i++)
		if (!is_in(list, count, terms.items[i]))
			list[count++] = terms.items[i];
	for (size_t i = 0; i < links.count && count < ADOPTERS_ITEMS_OF_POST_MAX; i++) {
		struct slice name = adopters_link_name(links.items[i], a);

		if (slice_is_set(name) && !is_in(list, count, name))
			list[count++] = name;
	}
	*items_r = (struct slice_list){list, count};
	return 0;
}

/* ---- one more author -------------------------------------------------------------- */

struct coming {
	struct store *st;
	const struct adoption_config *c;
	struct arena *arena;
	int64_t author_no, now_ms;
	bool is_young_feed; /* what comes through it may be old */
};

static int64_t
day_of(int64_t at_ms)
{
	return at_ms / TIME_DAY_MS * TIME_DAY_MS;
}

/* Is the feed too young to tell what is new?  Its first post makes its row. */
static int
look_at_feed(struct coming *x, struct slice feed, struct err *err)
{
	struct item_row row = {0};
	struct slice name = slice_of(arena_printf(x->arena, "f:%.*s", SLICE_ARG(feed)));
	int rc;

	if (!slice_is_set(name))
		return err_set(err, ERR_NOMEM, "no memory for a feed's name");
	if (name.len > STORE_ITEM_NAME_MAX)
		name.len = STORE_ITEM_NAME_MAX;
	rc = store_item_get(x->st, name, &row, err);
	if (rc == 0) {
		row = (struct item_row){
		    .first_at_ms = x->now_ms, .last_at_ms = day_of(x->now_ms), .state = ITEM_FEED};
		rc = store_item_add(x->st, name, &row, err);
	}
	x->is_young_feed = x->now_ms - row.first_at_ms < x->c->burn_in_ms;
	return rc < 0 ? -1 : 0;
}

static int
credit(struct coming *x, int64_t author_no, int64_t items, int64_t credited, int64_t credit_milli,
    struct err *err)
{
	struct standing_row row;

	if (store_standing_get(x->st, author_no, &row, err) < 0)
		return -1;
	row.items += items;
	row.credited += credited;
	row.credit_milli += credit_milli;
	row.updated_at_ms = x->now_ms;
	return store_standing_put(x->st, author_no, &row, err);
}

/* It came into fashion: all who are there have one more item. */
static int
first_credit(struct coming *x, struct item_row *item, struct err *err)
{
	struct place_row *places = NULL;
	size_t count = 0;

	if (store_places(x->st, item->item_no, item->authors, x->arena, &places, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int64_t milli = adopters_credit_milli(places[i].place, item->authors);

		if (credit(x, places[i].author_no, 1, milli > 0, milli, err) < 0)
			return -1;
	}
	item->state = ITEM_SUCCEEDED;
	item->credited_authors = item->authors;
	return 0;
}

/* It has doubled: more of the early ones were early. */
static int
more_credit(struct coming *x, struct item_row *item, struct err *err)
{
	struct place_row *places = NULL;
	size_t count = 0;
	int64_t reach = item->authors * ADOPTERS_HALF_MILLI / 1000;

	if (store_places(x->st, item->item_no, reach, x->arena, &places, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int64_t before = adopters_credit_milli(places[i].place, item->credited_authors);
		int64_t now = adopters_credit_milli(places[i].place, item->authors);

		assert(now >= before);
		if (now > before &&
		    credit(x, places[i].author_no, 0, before == 0, now - before, err) < 0)
			return -1;
	}
	item->credited_authors = item->authors;
	if (item->authors < ADOPTERS_REACH)
		return 0;
	item->state = ITEM_DONE;
	return store_places_drop(x->st, item->item_no, reach, err);
}

static int
take_place(struct coming *x, struct item_row *item, struct err *err)
{
	item->authors++;
	if (store_place_put(x->st, item->item_no, x->author_no, item->authors, x->now_ms, err) < 0)
		return -1;
	if (item->state == ITEM_GROWING)
		return item->authors >= x->c->authors ? first_credit(x, item, err) : 0;
	if (credit(x, x->author_no, 1, 0, 0, err) < 0)
		return -1;
	if (item->authors >= 2 * item->credited_authors || item->authors >= ADOPTERS_REACH)
		return more_credit(x, item, err);
	return 0;
}

static int
add_item(struct coming *x, struct slice name, struct err *err)
{
	struct item_row item = {.first_at_ms = x->now_ms,
	    .last_at_ms = day_of(x->now_ms),
	    .state = x->is_young_feed ? ITEM_OLD : ITEM_GROWING};
	int rc;

	item.authors = item.state == ITEM_GROWING;
	rc = store_item_add(x->st, name, &item, err);
	if (rc <= 0 || item.state != ITEM_GROWING)
		return rc < 0 ? -1 : 0;
	return store_place_put(x->st, item.item_no, x->author_no, 1, x->now_ms, err);
}

static int
mention_one(struct coming *x, struct slice name, struct err *err)
{
	struct item_row item;
	bool is_changed;
	int rc = store_item_get(x->st, name, &item, err);

	if (rc <= 0)
		return rc < 0 ? -1 : add_item(x, name, err);
	is_changed = day_of(x->now_ms) > item.last_at_ms;
	if (is_changed)
		item.last_at_ms = day_of(x->now_ms);
	if (item.state == ITEM_GROWING && x->now_ms - item.first_at_ms > x->c->within_ms) {
		item.state = ITEM_OLD;
		is_changed = true;
		if (store_places_drop(x->st, item.item_no, 0, err) < 0)
			return -1;
	}
	if (item.state == ITEM_GROWING || item.state == ITEM_SUCCEEDED) {
		rc = store_place_has(x->st, item.item_no, x->author_no, err);
		if (rc < 0 || (rc == 0 && take_place(x, &item, err) < 0))
			return -1;
		is_changed |= rc == 0;
	}
	return is_changed ? store_item_put(x->st, name, &item, err) : 0;
}

int
adopters_mention(struct store *st, const struct adoption_config *c, struct slice_list items,
    struct slice feed, int64_t author_no, int64_t now_ms, struct arena *a, struct err *err)
{
	struct coming x = {st, c, a, author_no, now_ms, false};

	assert(author_no > 0);
	if (items.count == 0)
		return 0;
	if (look_at_feed(&x, feed, err) < 0)
		return -1;
	for (size_t i = 0; i < items.count; i++)
		if (mention_one(&x, items.items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- what is said of an author ---------------------------------------------------- */

static const char *
others_in_words(int64_t n, struct arena *a)
{
	static const char *const words[] = {"", "one other", "two others", "three others",
	    "four others", "five others", "six others", "seven others", "eight others",
	    "nine others"};

	return n < 10 ? words[n] : arena_printf(a, "%lld others", (long long)n);
}

struct slice
adopters_say(const struct early_item *items, size_t count, int64_t all, struct arena *a)
{
	int64_t percent;
	struct slice name;

	if (count == 0)
		return SLICE_NONE;
	/* Rounded up: who came third of fifty was among the first 6 %. */
	percent = (items[0].place * 100 + items[0].authors - 1) / items[0].authors;
	name = items[0].name;
	if (slice_starts_with(name, "b:") || slice_starts_with(name, "t:"))
		name = slice_make(name.ptr + 2, name.len - 2);
	return slice_of(arena_printf(a, "the first %lld %% on %.*s%s%s", (long long)percent,
	    SLICE_ARG(name), all > 1 ? " and " : "", all > 1 ? others_in_words(all - 1, a) : ""));
}

int
adopters_judge(struct store *st, const struct adoption_config *c, int64_t author_no, int64_t items,
    int64_t credited, int64_t credit_milli, struct arena *a, const struct adoption **adoption_r,
    struct err *err)
{
	struct early_item *early = NULL;
	struct adoption *ad;
	size_t count = 0;
	int64_t all = 0;

	*adoption_r = NULL;
	if (items == 0)
		return 0;
	ad = ARENA_NEW(a, struct adoption);
	if (ad == NULL)
		return err_set(err, ERR_NOMEM, "no memory for what an author was early on");
	ad->items = items;
	ad->credited = credited;
	ad->score_milli = adopters_score_milli(credit_milli, items);
	ad->is_early_adopter = adopters_is_early(c, credit_milli, credited, items);
	*adoption_r = ad;
	/* Few are: of everybody else nobody asks. */
	if (!ad->is_early_adopter)
		return 0;
	if (store_items_early(st, author_no, ADOPTERS_HALF_MILLI, 1, a, &early, &count, &all, err) <
	    0)
		return -1;
	ad->best = adopters_say(early, count, all, a);
	return 0;
}
