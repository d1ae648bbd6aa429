/*
 * The overlay against two plain arrays: what the table holds, and what the transaction sees.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/map.h"
#include "core/rng.h"
#include "store/overlay.h"
#include "tests/support/faults.h"

#define KEYS 40

struct value {
	int64_t a, b;
};

/* The table below the overlay: committed is what a rollback returns to. */
struct table {
	struct value rows[KEYS], committed[KEYS];
	bool has[KEYS], committed_has[KEYS];
	int loads, saves;
	int fail_saves_from; /* 0: none */
	bool in_parts; /* keys are given so */
};

static int
number_of(struct slice key)
{
	char text[9] = "";
	int n;

	assert_int_equal(key.len, 8);
	memcpy(text, key.ptr, 8); /* no NUL is promised behind a key */
	if (text[3] == '\0') { /* of the parts "key", '0' and four digits */
		assert_int_equal(text[4], '0');
		text[3] = ' ';
		memmove(text + 4, text + 5, 4);
	}
	assert_int_equal(sscanf(text, "key %d", &n), 1);
	assert_in_range(n, 0, KEYS - 1);
	return n;
}

static struct slice
key_of(int n, char space[16])
{
	snprintf(space, 16, "key %4d", n);
	return slice_make(space, 8);
}

/* The same in parts: head "key", kind '0', as tail three digits. */
static struct overlay_key
parts_of(struct overlay *o, int n, char space[16])
{
	(void)key_of(n, space);
	return overlay_key_of(o, slice_make(space, 3), '0', slice_make(space + 5, 3));
}

static int
table_load(void *cookie, struct slice key, void *value_r, struct err *err)
{
	struct table *t = cookie;
	int n = number_of(key);

	(void)err;
	t->loads++;
	if (t->has[n])
		memcpy(value_r, &t->rows[n], sizeof t->rows[n]);
	return t->has[n];
}

static int
table_save(void *cookie, struct slice key, const void *value, struct err *err)
{
	struct table *t = cookie;
	int n = number_of(key);

	t->saves++;
	if (t->fail_saves_from > 0 && t->saves >= t->fail_saves_from)
		return err_set(err, ERR_STORE, "no room");
	t->has[n] = true;
	memcpy(&t->rows[n], value, sizeof t->rows[n]);
	return 0;
}

static const struct overlay_ops ops = {table_load, table_save};

static void
table_commit(struct table *t)
{
	memcpy(t->committed, t->rows, sizeof t->rows);
	memcpy(t->committed_has, t->has, sizeof t->has);
}

static void
table_rollback(struct table *t)
{
	memcpy(t->rows, t->committed, sizeof t->rows);
	memcpy(t->has, t->committed_has, sizeof t->has);
}

/* Where keys in parts were found; whatever happened since. */
struct spots {
	char keys[KEYS][16];
	struct overlay_spot spots[KEYS];
	bool has[KEYS];
};

/* Made anew now and then; fetched or not. */
static struct overlay_spot *
spot_of(struct spots *s, struct overlay *o, int n, int step)
{
	if (!s->has[n] || step % 7 == 0) {
		struct overlay_key k = parts_of(o, n, s->keys[n]);

		overlay_spot_of(o, k.head, hash_own(k.head), k.kind, k.tail, &s->spots[n]);
		assert_true(s->spots[n].key.hash == k.hash);
		s->has[n] = true;
	}
	if (step % 3 == 0) {
		overlay_spot_fetch(o, &s->spots[n]);
		overlay_spot_fetch_value(o, &s->spots[n]);
	}
	return &s->spots[n];
}

/* spots: NULL of keys that are whole. */
static void
check_get(struct overlay *o, struct spots *spots, const struct value *seen, const bool *has, int n,
    uint64_t seed, int step)
{
	char space[16];
	struct value v = {-1, -1};
	struct overlay_key parts;
	int rc;

	if (spots != NULL && step % 2 == 0) {
		rc = overlay_get_at(o, spot_of(spots, o, n, step), &v, NULL);
	} else if (spots != NULL) {
		parts = parts_of(o, n, space);
		rc = overlay_get_key(o, &parts, &v, NULL);
	} else {
		rc = overlay_get(o, key_of(n, space), &v, NULL);
	}
	if (rc != has[n] || (rc && memcmp(&v, &seen[n], sizeof v) != 0))
		fail_msg("seed %llu step %d key %d: got %d (%lld, %lld), want %d (%lld, %lld)",
		    (unsigned long long)seed, step, n, rc, (long long)v.a, (long long)v.b, has[n],
		    (long long)seen[n].a, (long long)seen[n].b);
}

struct model {
	struct table t;
	struct value seen[KEYS];
	bool has[KEYS];
	struct overlay *o;
	struct spots *spots; /* NULL: keys are whole */
};

static void
model_end(struct model *m, bool commit)
{
	if (commit) {
		m->t.fail_saves_from = 0;
		assert_int_equal(overlay_flush(m->o, NULL), 0);
		assert_int_equal(overlay_dirty_count(m->o), 0);
		table_commit(&m->t);
		overlay_publish(m->o);
	} else {
		table_rollback(&m->t);
		overlay_drop(m->o);
	}
	memcpy(m->seen, m->t.rows, sizeof m->seen);
	memcpy(m->has, m->t.has, sizeof m->has);
}

/* The table changes behind the overlay's back, as store_link_end() or a joined counter does. */
static void
model_change_below(struct model *m, struct rng *r, int n)
{
	char space[16];

	assert_int_equal(overlay_flush(m->o, NULL), 0);
	m->t.has[n] = rng_below(r, 2) == 0;
	m->t.rows[n] = (struct value){(int64_t)rng_below(r, 100), -7};
	m->has[n] = m->t.has[n];
	m->seen[n] = m->t.rows[n];
	if (m->t.in_parts || rng_below(r, 8) == 0)
		overlay_forget_all(m->o);
	else
		overlay_forget(m->o, key_of(n, space));
}

static void
model_put(struct model *m, int n, const struct value *v, int step)
{
	struct overlay_key parts;
	char space[16];
	int rc;

	if (m->spots == NULL) {
		rc = overlay_put(m->o, key_of(n, space), v, NULL);
	} else if (step % 2 == 0) {
		rc = overlay_put_at(m->o, spot_of(m->spots, m->o, n, step), v, NULL);
	} else {
		parts = parts_of(m->o, n, space);
		rc = overlay_put_key(m->o, &parts, v, NULL);
	}
	assert_int_equal(rc, 0);
}

static void
model_step(struct model *m, struct rng *r, uint64_t seed, int step)
{
	int n = (int)rng_below(r, KEYS);
	struct value v = {(int64_t)rng_below(r, 1000), step};
	char space[16];
	uint64_t pick = rng_below(r, 100);

	if (pick < 45) {
		check_get(m->o, m->spots, m->seen, m->has, n, seed, step);
	} else if (pick < 80) {
		model_put(m, n, &v, step);
		m->seen[n] = v;
		m->has[n] = true;
	} else if (pick < 85 && !m->t.in_parts) {
		/* a statement of its own wrote the row */
		m->t.rows[n] = v;
		m->t.has[n] = true;
		assert_int_equal(overlay_put_saved(m->o, key_of(n, space), &v, NULL), 0);
		m->seen[n] = v;
		m->has[n] = true;
	} else if (pick < 90) {
		model_change_below(m, r, n);
	} else {
		model_end(m, pick < 96);
	}
}

static void
any_sequence_of_changes_reads_as_a_plain_map_would(void **state)
{
	static const size_t ceilings[] = {1, 3, 8, 1000};

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct spots spots = {0};
		struct model m = {0};
		struct rng r;
		size_t ceiling = ceilings[seed % 4];

		m.t.in_parts = seed % 8 >= 4;
		m.spots = m.t.in_parts ? &spots : NULL;
		rng_init(&r, seed);
		m.o = overlay_new(sizeof(struct value), &ops, &m.t, seed, ceiling);
		assert_non_null(m.o);
		for (int step = 0; step < 2000; step++)
			model_step(&m, &r, seed, step);
		model_end(&m, seed % 2 == 0);
		assert_true(overlay_cached_count(m.o) <= ceiling);
		for (int n = 0; n < KEYS; n++)
			check_get(m.o, m.spots, m.seen, m.has, n, seed, -1);
		overlay_free(m.o);
	}
}

static void
a_key_is_loaded_once_also_when_it_is_not_there(void **state)
{
	struct table t = {0};
	struct overlay *o = overlay_new(sizeof(struct value), &ops, &t, 0, 10);
	struct value v;
	char space[16];

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(overlay_get(o, key_of(3, space), &v, NULL), 0);
	assert_int_equal(t.loads, 1);
	overlay_free(o);
}

static void
a_key_changed_ten_times_is_saved_once(void **state)
{
	struct table t = {0};
	struct overlay *o = overlay_new(sizeof(struct value), &ops, &t, 0, 10);
	char space[16];

	(void)state;
	for (int i = 1; i <= 10; i++)
		assert_int_equal(overlay_put(o, key_of(3, space), &(struct value){i, 0}, NULL), 0);
	assert_int_equal(overlay_dirty_count(o), 1);
	assert_int_equal(overlay_flush(o, NULL), 0);
	assert_int_equal(t.saves, 1);
	assert_int_equal(t.rows[3].a, 10);
	overlay_publish(o);
	overlay_free(o);
}

static void
a_batch_larger_than_the_cache_keeps_all_of_it(void **state)
{
	struct table t = {0};
	struct overlay *o = overlay_new(sizeof(struct value), &ops, &t, 0, 4);
	struct value v;
	char space[16];

	(void)state;
	for (int n = 0; n < KEYS; n++)
		assert_int_equal(overlay_put(o, key_of(n, space), &(struct value){n, 1}, NULL), 0);
	for (int n = 0; n < KEYS; n++) {
		assert_int_equal(overlay_get(o, key_of(n, space), &v, NULL), 1);
		assert_int_equal(v.a, n);
	}
	assert_int_equal(overlay_flush(o, NULL), 0);
	assert_int_equal(t.saves, KEYS);
	overlay_publish(o);
	assert_true(overlay_cached_count(o) <= 4);
	overlay_free(o);
}

static void
what_is_used_stays_longer_than_what_is_not(void **state)
{
	struct table t = {0};
	struct overlay *o = overlay_new(sizeof(struct value), &ops, &t, 0, 8);
	struct value v;
	char space[16];
	int loads;

	(void)state;
	for (int n = 0; n < KEYS; n++) {
		overlay_get(o, key_of(0, space), &v, NULL);
		overlay_get(o, key_of(n, space), &v, NULL);
	}
	loads = t.loads;
	overlay_get(o, key_of(0, space), &v, NULL);
	assert_int_equal(t.loads, loads);
	assert_true(overlay_cached_count(o) <= 8);
	overlay_free(o);
}

static void
a_failed_save_leaves_nothing_published(void **state)
{
	struct table t = {0};
	struct overlay *o = overlay_new(sizeof(struct value), &ops, &t, 0, 10);
	struct err err;
	struct value v;
	char space[16];

	(void)state;
	for (int n = 0; n < 5; n++)
		assert_int_equal(overlay_put(o, key_of(n, space), &(struct value){n, 1}, NULL), 0);
	t.fail_saves_from = 3;
	assert_int_equal(overlay_flush(o, &err), -1);
	assert_string_equal(err.text, "no room");
	table_rollback(&t);
	overlay_drop(o);
	assert_int_equal(overlay_dirty_count(o), 0);
	for (int n = 0; n < 5; n++)
		assert_int_equal(overlay_get(o, key_of(n, space), &v, NULL), 0);
	overlay_free(o);
}

/* Whatever allocation fails: what get answers is right, and a put that said it failed left the old
 * value. */
static int
changes_with_short_memory(void *cookie)
{
	struct table t = {0};
	struct overlay *o = overlay_new(sizeof(struct value), &ops, &t, 0, 300);
	struct value v;
	char space[16];
	int rc = 0;

	(void)cookie;
	if (o == NULL)
		return -1;
	for (int n = 0; n < KEYS; n++) {
		int done = overlay_put(o, key_of(n, space), &(struct value){n, 2}, NULL);

		assert_int_equal(overlay_get(o, key_of(n, space), &v, NULL), done == 0);
		rc |= done;
	}
	assert_int_equal(overlay_flush(o, NULL), 0);
	table_commit(&t);
	overlay_publish(o);
	for (int n = 0; n < KEYS; n++)
		assert_int_equal(overlay_get(o, key_of(n, space), &v, NULL), t.has[n]);
	overlay_free(o);
	return rc < 0 ? -1 : 0;
}

static void
short_memory_never_gives_a_wrong_value(void **state)
{
	(void)state;
	assert_true(faults_run(changes_with_short_memory, NULL, false) > 20);
}

/* No two of them are taken for each other, whatever their parts share. */
static void
keys_in_parts_are_told_apart(void **state)
{
	static const struct overlay_ops kept = {table_load, table_save};
	static const char *const heads[] = {"", "a", "ab", "abcdefgh", "abcdefghi", "abcdefgha"};
	static const char kinds[] = {0, 1, 'a'};
	static char longs[2][400];
	const char *tails[] = {"", "a", "b", "c:1", "c:1|f3", longs[0], longs[1]};
	struct overlay *o = overlay_new(sizeof(struct value), &kept, NULL, 3, 1000);
	struct value v;
	int64_t n = 0;

	(void)state;
	memset(longs[0], 'x', sizeof longs[0] - 1);
	memset(longs[1], 'x', sizeof longs[1] - 2);
	for (int round = 0; round < 2; round++, n = 0)
		for (size_t h = 0; h < 6; h++)
			for (size_t k = 0; k < 3; k++)
				for (size_t t = 0; t < 7; t++, n++) {
					struct overlay_key key = overlay_key_of(
					    o, slice_of(heads[h]), kinds[k], slice_of(tails[t]));

					if (round == 0) {
						assert_int_equal(overlay_put_key(o, &key,
								     &(struct value){n, ~n}, NULL),
						    0);
						continue;
					}
					assert_int_equal(overlay_get_key(o, &key, &v, NULL), 1);
					assert_true(v.a == n && v.b == ~n);
				}
	assert_int_equal(overlay_cached_count(o), 6 * 3 * 7);
	overlay_drop(o);
	overlay_free(o);
}

static int
load_nothing(void *cookie, struct slice key, void *value_r, struct err *err)
{
	(void)cookie, (void)key, (void)value_r, (void)err;
	return 0;
}

/* Long names of people do not make the cache larger, only fewer of them fit. */
static void
long_keys_are_held_to_the_same_bytes(void **state)
{
	static const size_t lengths[] = {4, 100, 3000, 60000};
	enum {
		BOUND = 256 * 1024,
		TRIES = 4000
	};
	static const struct overlay_ops none = {load_nothing, NULL};
	static char key[60000];
	size_t counts[4];
	int64_t v;

	(void)state;
	for (size_t l = 0; l < 4; l++) {
		struct overlay *o = overlay_new(sizeof v, &none, NULL, 0, TRIES);

		assert_non_null(o);
		overlay_bound(o, BOUND);
		for (uint32_t n = 0; n < TRIES; n++) {
			memcpy(key, &n, sizeof n);
			assert_int_equal(overlay_get(o, slice_make(key, lengths[l]), &v, NULL), 0);
			assert_true(overlay_cached_bytes(o) <= BOUND);
			assert_true(overlay_cached_bytes(o) >=
			    overlay_cached_count(o) * (lengths[l] + 2 * sizeof v));
		}
		counts[l] = overlay_cached_count(o);
		assert_true(counts[l] > 0 && (l == 0 || counts[l] < counts[l - 1]));
		overlay_free(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_sequence_of_changes_reads_as_a_plain_map_would),
	    cmocka_unit_test(a_key_is_loaded_once_also_when_it_is_not_there),
	    cmocka_unit_test(a_key_changed_ten_times_is_saved_once),
	    cmocka_unit_test(a_batch_larger_than_the_cache_keeps_all_of_it),
	    cmocka_unit_test(what_is_used_stays_longer_than_what_is_not),
	    cmocka_unit_test(a_failed_save_leaves_nothing_published),
	    cmocka_unit_test(long_keys_are_held_to_the_same_bytes),
	    cmocka_unit_test(keys_in_parts_are_told_apart),
	    cmocka_unit_test(short_memory_never_gives_a_wrong_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
