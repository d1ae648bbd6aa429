/*
 * Customers that are one: what holds of what several have, and that taking apart is the identity.
 */
#include "people/merge.h"

#include "core/rng.h"
#include "store/as_of.h"
#include "store/joins.h"
#include "store/merges.h"
#include "store/outbox.h"
#include "store/records.h"
#include "tests/people/people_world.h"
#include "tests/support/faults.h"

static struct err err;

static void
make(struct people_world *w, const char *id)
{
	bool created;

	OK(store_customer_put(
	    w->st, S(id), SLICE_NONE, SLICE_NONE, SLICE_NONE, w->now_ms, "test", &created, &err));
}

static void
set(struct people_world *w, const char *id, const char *name, const char *value)
{
	struct slice v = S(value);

	OK(store_customer_set(w->st, S(id), S(name), (struct slice_list){&v, value == NULL ? 0 : 1},
	    w->now_ms, "test", SLICE_NONE, &err));
}

static void
consent(struct people_world *w, const char *id, bool is_given)
{
	struct consent c = {
	    .channel = S("email"), .purpose = PURPOSE_MARKETING, .is_given = is_given};

	OK(store_consent_put(w->st, S(id), &c, w->now_ms, "test", &err));
}

static int
try_merge(struct people_world *w, const char *id, const char *into)
{
	struct merge_wish wish = {
	    .id = S(id), .into = S(into), .by = S("mira"), .reason = S("same")};

	return customer_merge(w->st, &wish, w->now_ms, w->a, &err);
}

static int
try_unmerge(struct people_world *w, const char *id)
{
	struct merge_wish wish = {.id = S(id), .by = S("mira")};
	struct slice from;

	return customer_unmerge(w->st, &wish, w->now_ms, w->a, &from, &err);
}

static const char *
attribute(const struct customer *c, const char *name)
{
	for (size_t i = 0; i < c->attribute_count; i++)
		if (slice_eq_str(c->attributes[i].name, name))
			return c->attributes[i].values.items[0].ptr;
	return "(none)";
}

static void
the_newest_change_holds_and_a_withdrawal_wins_a_tie(void **state)
{
	struct people_world w = world_open();
	const struct customer *c;

	(void)state;
	OK(store_begin(w.st, &err));
	make(&w, "a");
	make(&w, "b");
	set(&w, "a", "tier", "gold");
	set(&w, "b", "city", "Bonn");
	consent(&w, "a", true);
	consent(&w, "b", false); /* at the same time */
	w.now_ms++;
	set(&w, "b", "tier", "silver");
	OK(store_customer_tag(
	    w.st, S("b"), S("vip"), w.now_ms, TIME_UNKNOWN, "test", SLICE_NONE, &err));
	OK(store_customer_metric_set(w.st, S("b"), S("orders"), S("12.5"), w.now_ms, "test", &err));
	OK(try_merge(&w, "b", "a"));
	c = world_customer(&w, "b");
	assert_true(slice_eq_str(c->id, "a"));
	assert_string_equal(attribute(c, "tier"), "silver");
	assert_string_equal(attribute(c, "city"), "Bonn");
	assert_int_equal(c->consent_count, 1);
	assert_false(c->consents[0].is_given);
	assert_true(slice_eq_str(c->tags.items[0], "vip"));
	assert_true(slice_eq_str(c->metrics[0].value, "12.5"));
	assert_int_equal(c->merged.count, 1);
	w.now_ms++;
	set(&w, "a", "tier", NULL); /* taking away is a change, too */
	set(&w, "a", "city", "Ulm");
	consent(&w, "a", false);
	consent(&w, "a", true);
	c = world_customer(&w, "a");
	assert_string_equal(attribute(c, "tier"), "(none)");
	assert_string_equal(attribute(c, "city"), "Ulm");
	assert_true(c->consents[0].is_given);
	w.now_ms++;
	set(&w, "b", "tier", "iron"); /* an import speaks for the id it names */
	assert_string_equal(attribute(world_customer(&w, "a"), "tier"), "iron");
	OK(try_unmerge(&w, "b"));
	assert_string_equal(attribute(world_customer(&w, "b"), "tier"), "iron");
	assert_string_equal(attribute(world_customer(&w, "b"), "city"), "Bonn");
	assert_string_equal(attribute(world_customer(&w, "a"), "tier"), "(none)");
	OK(store_commit(w.st, &err));
	world_close(&w);
}

static void
what_cannot_be_one_is_refused(void **state)
{
	struct people_world w = world_open();

	(void)state;
	OK(store_begin(w.st, &err));
	make(&w, "a");
	make(&w, "b");
	make(&w, "c");
	assert_int_equal(try_merge(&w, "a", "a"), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_int_equal(try_merge(&w, "a", "nobody"), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(try_merge(&w, "nobody", "a"), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(try_unmerge(&w, "a"), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_int_equal(try_unmerge(&w, "nobody"), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	OK(try_merge(&w, "b", "a"));
	assert_int_equal(try_merge(&w, "a", "b"), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_int_equal(try_merge(&w, "b", "c"), -1);
	assert_non_null(strstr(err.text, "belongs to customer 'a'"));
	OK(try_merge(&w, "c", "b"));
	assert_true(slice_eq_str(world_customer(&w, "c")->id, "a"));
	for (int i = 0; i < CUSTOMERS_IN_ONE_MAX; i++) {
		const char *id = arena_printf(w.a, "m%d", i);

		make(&w, id);
		if (i < CUSTOMERS_IN_ONE_MAX - 3) {
			OK(try_merge(&w, id, "a"));
		} else {
			assert_int_equal(try_merge(&w, id, "a"), -1);
			assert_int_equal(err.kind, ERR_CONFLICT);
		}
	}
	OK(store_commit(w.st, &err));
	world_close(&w);
}

static void
pointers_in_a_circle_or_to_nobody_hurt_nobody(void **state)
{
	struct people_world w = world_open();

	(void)state;
	OK(store_begin(w.st, &err));
	make(&w, "a");
	make(&w, "b");
	make(&w, "c");
	OK(store_customer_point(w.st, S("a"), S("b"), 1, &err));
	OK(store_customer_point(w.st, S("b"), S("a"), 1, &err));
	OK(store_customer_point(w.st, S("c"), S("nobody"), 1, &err));
	assert_true(slice_eq_str(world_customer(&w, "a")->id, "a"));
	assert_true(slice_eq_str(world_customer(&w, "b")->id, "b"));
	assert_true(slice_eq_str(world_customer(&w, "c")->id, "c"));
	OK(try_unmerge(&w, "c"));
	OK(store_commit(w.st, &err));
	world_close(&w);
}

static void
merged_customers_are_one_subject(void **state)
{
	struct people_world w = world_open();
	const struct rule_counter one = {NOW, 1};
	struct rule_counter c;

	(void)state;
	OK(store_begin(w.st, &err));
	make(&w, "a");
	make(&w, "b");
	OK(store_counter_put(w.st, S("r"), STATE_COOLDOWN, S("c:a"), &one, &err));
	OK(store_counter_put(w.st, S("r"), STATE_COOLDOWN, S("c:b"), &one, &err));
	OK(try_merge(&w, "b", "a"));
	assert_int_equal(store_counter_get(w.st, S("r"), STATE_COOLDOWN, S("c:a"), &c, &err), 1);
	assert_int_equal(c.count, 2);
	OK(try_unmerge(&w, "b"));
	assert_int_equal(store_counter_get(w.st, S("r"), STATE_COOLDOWN, S("c:b"), &c, &err), 1);
	assert_int_equal(c.count, 1);
	OK(store_commit(w.st, &err));
	world_close(&w);
}

/* ---- the law ------------------------------------------------------------------ */

#define PEOPLE 5

static const char *const ids[PEOPLE] = {"p0", "p1", "p2", "p3", "p4"};
static const char *const names[] = {"tier", "city", "since", "ü"};

static void
random_change(struct people_world *w, struct rng *r)
{
	const char *id = ids[rng_below(r, PEOPLE)], *name = names[rng_below(r, 4)];
	const char *value =
	    rng_below(r, 4) == 0 ? NULL : arena_printf(w->a, "v%d", (int)rng_below(r, 5));
	struct endpoint e = {.channel = S("email"), .address = S("x@example.org")};

	w->now_ms += (int64_t)rng_below(r, 2); /* ties happen */
	switch (rng_below(r, 6)) {
	case 0: set(w, id, name, value); break;
	case 1: consent(w, id, rng_below(r, 2) == 0); break;
	case 2:
		OK(store_customer_metric_set(w->st, S(id), S(name),
		    value == NULL ? SLICE_NONE : S("3"), w->now_ms, "test", &err));
		break;
	case 3:
		OK(store_customer_tag(
		    w->st, S(id), S(name), w->now_ms, TIME_UNKNOWN, "test", SLICE_NONE, &err));
		break;
	case 4:
		e.id = S(arena_printf(w->a, "e%d", (int)rng_below(r, 9)));
		OK(store_endpoint_put(w->st, S(id), &e, SLICE_NONE, w->now_ms, "test", &err));
		break;
	default: OK(store_customer_untag(w->st, S(id), S(name), w->now_ms, "test", &err)); break;
	}
}

/* Everything of everybody, as files would have it and as rules see it. */
static const char *
whole_state(struct people_world *w)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1024 * 1024);
	for (int i = 0; i < PEOPLE; i++) {
		struct customer_record *r;
		struct customer *c = world_customer(w, ids[i]);

		assert_int_equal(store_record_load(w->st, S(ids[i]), w->now_ms, w->a, &r, &err), 1);
		store_record_json(r, &b);
		buf_addf(&b, "\n%.*s:", SLICE_ARG(c->id));
		for (size_t k = 0; k < c->attribute_count; k++)
			buf_addf(&b, " %s=%s", c->attributes[k].name.ptr,
			    c->attributes[k].values.items[0].ptr);
		buf_addf(&b, " %zu %zu %zu %zu %zu\n", c->metric_count, c->endpoint_count,
		    c->consent_count, c->tags.count, c->merged.count);
	}
	assert_false(buf_failed(&b));
	text = arena_strndup(w->a, buf_str(&b), b.len);
	buf_fini(&b);
	return text;
}

static void
merging_and_taking_apart_is_the_identity(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct people_world w = world_open();
		const char *merged[PEOPLE], *before;
		size_t count = 0;
		struct rng r;

		rng_init(&r, seed);
		OK(store_begin(w.st, &err));
		for (int i = 0; i < PEOPLE; i++)
			make(&w, ids[i]);
		for (int i = 0; i < 60; i++)
			random_change(&w, &r);
		before = whole_state(&w);
		for (int i = 0; i < 8; i++) {
			const char *id = ids[rng_below(&r, PEOPLE)];

			if (try_merge(&w, id, ids[rng_below(&r, PEOPLE)]) == 0)
				merged[count++] = id;
		}
		assert_true(count > 0 && strcmp(before, whole_state(&w)) != 0);
		while (count > 0) {
			size_t pick = rng_below(&r, count);

			OK(try_unmerge(&w, merged[pick]));
			merged[pick] = merged[--count];
		}
		assert_string_equal(before, whole_state(&w));
		OK(store_commit(w.st, &err));
		world_close(&w);
	}
}

/* Whatever one of them has is there, unless another has a newer one of that name. */
static void
merging_loses_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct people_world w = world_open();
		struct customer *own[PEOPLE], *c;
		size_t endpoints = 0;
		struct rng r;

		rng_init(&r, seed);
		OK(store_begin(w.st, &err));
		for (int i = 0; i < PEOPLE; i++)
			make(&w, ids[i]);
		for (int i = 0; i < 80; i++)
			random_change(&w, &r);
		for (int i = 0; i < PEOPLE; i++) {
			OK(store_customer_load_own(w.st, S(ids[i]), w.now_ms, w.a, &own[i], &err));
			endpoints += own[i]->endpoint_count;
			if (i > 0)
				OK(try_merge(&w, ids[i], ids[rng_below(&r, (uint64_t)i)]));
		}
		c = world_customer(&w, ids[4]);
		assert_true(slice_eq_str(c->id, ids[0]));
		assert_int_equal(c->merged.count, PEOPLE - 1);
		assert_int_equal(c->endpoint_count, endpoints);
		for (int i = 0; i < PEOPLE; i++)
			for (size_t k = 0; k < own[i]->tags.count; k++) {
				bool found = false;

				for (size_t n = 0; n < c->tags.count; n++)
					found |= slice_eq(c->tags.items[n], own[i]->tags.items[k]);
				assert_true(found);
			}
		for (size_t k = 0; k < c->attribute_count; k++) {
			bool found = false;

			for (int i = 0; i < PEOPLE; i++)
				found |= strcmp(attribute(own[i], c->attributes[k].name.ptr),
					     c->attributes[k].values.items[0].ptr) == 0;
			assert_true(found);
		}
		OK(store_commit(w.st, &err));
		world_close(&w);
	}
}

/* ---- as of an instant ------------------------------------------------------ */

/* Who is one, with each record, for every customer. */
static const char *
trees_now(struct people_world *w)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1024 * 1024);
	for (size_t i = 0; i < PEOPLE; i++) {
		struct slice_list tree;
		struct slice root;

		if (store_customer_root(w->st, S(ids[i]), w->a, &root, &err) == 0)
			continue;
		OK(store_customer_tree(w->st, root, w->a, &tree, &err));
		buf_addf(&b, "%s:", ids[i]);
		for (size_t k = 0; k < tree.count; k++) {
			struct customer_record *r;

			OK(store_record_load(w->st, tree.items[k], w->now_ms, w->a, &r, &err));
			store_record_json(r, &b);
		}
		buf_add_str(&b, "\n");
	}
	text = arena_strdup(w->a, buf_str(&b));
	buf_fini(&b);
	return text;
}

static const char *
trees_then(struct people_world *w, int64_t at_ms)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1024 * 1024);
	for (size_t i = 0; i < PEOPLE; i++) {
		struct slice_list tree;

		OK(store_tree_as_of(w->st, S(ids[i]), at_ms, w->a, &tree, &err));
		buf_addf(&b, "%s:", ids[i]);
		for (size_t k = 0; k < tree.count; k++)
			OK(store_record_as_of(w->st, tree.items[k], at_ms, w->a, &b, &err));
		buf_add_str(&b, "\n");
	}
	text = arena_strdup(w->a, buf_str(&b));
	buf_fini(&b);
	return text;
}

#define INSTANTS 40

/* Merging, taking apart and changing, several of them at one time: each instant is what was seen then. */
static void
a_tree_as_of_an_instant_is_the_tree_of_then(void **state)
{
	size_t merges = 0, splits = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct people_world w = world_open();
		const char *then[INSTANTS];
		int64_t begin_ms = w.now_ms;
		struct rng r;

		rng_init(&r, seed);
		OK(store_begin(w.st, &err));
		for (size_t i = 0; i < PEOPLE; i++)
			make(&w, ids[i]);
		for (int i = 0; i < INSTANTS; i++) {
			w.now_ms = begin_ms + i;
			for (uint64_t n = rng_below(&r, 4); n > 0; n--) {
				const char *a = ids[rng_below(&r, PEOPLE)];
				const char *b = ids[rng_below(&r, PEOPLE)];

				switch (rng_below(&r, 3)) {
				case 0: merges += try_merge(&w, a, b) == 0; break;
				case 1: splits += try_unmerge(&w, a) == 0; break;
				default:
					set(&w, a, "tier", rng_below(&r, 2) == 0 ? "gold" : b);
					break;
				}
			}
			then[i] = trees_now(&w);
		}
		for (int i = 0; i < INSTANTS; i++)
			assert_string_equal(trees_then(&w, begin_ms + i), then[i]);
		OK(store_commit(w.st, &err));
		world_close(&w);
	}
	assert_true(merges > 50 && splits > 50);
}

/* Everybody's changes, the newest first and each once, a page at a time. */
static void
the_history_of_a_tree_is_that_of_all_in_it(void **state)
{
	struct people_world w = world_open();
	struct history_row *rows;
	int64_t before = INT64_MAX;
	size_t count, total = 0, of_b = 0;

	(void)state;
	OK(store_begin(w.st, &err));
	make(&w, "a");
	make(&w, "b");
	make(&w, "c");
	for (int i = 0; i < 7; i++)
		set(&w, i % 2 == 0 ? "a" : "b", "tier",
		    i % 3 == 0       ? "gold"
			: i % 3 == 1 ? ""
				     : "x");
	set(&w, "c", "tier", "no");
	OK(try_merge(&w, "b", "a"));
	do {
		OK(store_history_of_tree(w.st, S("a"), before, 4, w.a, &rows, &count, &err));
		for (size_t i = 0; i < count; i++) {
			assert_true(rows[i].history_no < before);
			before = rows[i].history_no;
			of_b += slice_eq_str(rows[i].customer_id, "b");
			assert_false(slice_eq_str(rows[i].customer_id, "c"));
		}
		total += count;
	} while (count > 0);
	assert_int_equal(total, 2 + 7 + 2);
	assert_int_equal(of_b, 1 + 3 + 1);
	OK(store_commit(w.st, &err));
	world_close(&w);
}

/* ---- no memory ------------------------------------------------------------------ */

struct attempt {
	struct people_world *w;
	const char *before;
	bool is_apart; /* taking apart, not putting together */
};

/* Whatever fails, the transaction leaves what was; and it is the same work each time. */
static int
merge_once(void *cookie)
{
	struct attempt *t = cookie;
	const struct merge_wish wish = {.id = S("p1"), .into = S("p0"), .by = S("test")};
	struct arena *a = arena_new(1024 * 1024);
	struct slice from;
	int rc = -1;

	if (a == NULL)
		return -1;
	if (store_begin(t->w->st, &err) == 0) {
		rc = t->is_apart ? customer_unmerge(t->w->st, &wish, t->w->now_ms, a, &from, &err)
				 : customer_merge(t->w->st, &wish, t->w->now_ms, a, &err);
		if (rc < 0)
			assert_int_equal(err.kind, ERR_NOMEM);
		store_rollback(t->w->st);
	}
	arena_free(a);
	return rc;
}

static void
without_memory_nobody_is_half_merged(void **state)
{
	struct people_world w = world_open();
	const struct rule_counter one = {NOW, 1};
	struct attempt t = {.w = &w};
	struct rng r;

	(void)state;
	rng_init(&r, 11);
	OK(store_begin(w.st, &err));
	for (int i = 0; i < PEOPLE; i++)
		make(&w, ids[i]);
	for (int i = 0; i < 40; i++)
		random_change(&w, &r);
	OK(store_counter_put(w.st, S("r"), STATE_COOLDOWN, S("c:p0"), &one, &err));
	OK(store_counter_put(w.st, S("r"), STATE_COOLDOWN, S("c:p1"), &one, &err));
	OK(store_commit(w.st, &err));
	for (int turn = 0; turn < 2; turn++) {
		t.is_apart = turn == 1;
		t.before = whole_state(&w);
		assert_true(faults_run(merge_once, &t, true) > 10);
		assert_string_equal(t.before, whole_state(&w));
		if (t.is_apart)
			break;
		OK(store_begin(w.st, &err));
		OK(try_merge(&w, "p1", "p0"));
		OK(store_commit(w.st, &err));
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_newest_change_holds_and_a_withdrawal_wins_a_tie),
	    cmocka_unit_test(what_cannot_be_one_is_refused),
	    cmocka_unit_test(pointers_in_a_circle_or_to_nobody_hurt_nobody),
	    cmocka_unit_test(merged_customers_are_one_subject),
	    cmocka_unit_test(merging_and_taking_apart_is_the_identity),
	    cmocka_unit_test(merging_loses_nothing),
	    cmocka_unit_test(a_tree_as_of_an_instant_is_the_tree_of_then),
	    cmocka_unit_test(the_history_of_a_tree_is_that_of_all_in_it),
	    cmocka_unit_test(without_memory_nobody_is_half_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
