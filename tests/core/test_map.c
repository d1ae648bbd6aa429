#include "core/map.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/faults.h"

static struct slice
key_of(char *space, size_t size, uint64_t n)
{
	int len = snprintf(space, size, "key-%llu", (unsigned long long)n);

	return slice_make(space, (size_t)len);
}

static void
the_hash_is_siphash_2_4(void **state)
{
	/* Key 00 01 .. 0f, texts of 0 to 15 bytes 00 01 ..: the authors' vectors. */
	static const struct {
		size_t len;
		uint64_t hash;
	} vectors[] = {
	    {0, UINT64_C(0x726fdb47dd0e0e31)},
	    {1, UINT64_C(0x74f839c593dc67fd)},
	    {7, UINT64_C(0xab0200f58b01d137)},
	    {8, UINT64_C(0x93f5f5799a932462)},
	    {15, UINT64_C(0xa129ca6149be45e5)},
	};
	char text[16];

	(void)state;
	for (int i = 0; i < 16; i++)
		text[i] = (char)i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint64_t got = hash_siphash(UINT64_C(0x0706050403020100),
		    UINT64_C(0x0f0e0d0c0b0a0908), slice_make(text, vectors[i].len));
		if (got != vectors[i].hash)
			fail_msg("%zu bytes: %016llx, expected %016llx", vectors[i].len,
			    (unsigned long long)got, (unsigned long long)vectors[i].hash);
	}
	assert_true(hash_bytes(1, SLICE_LIT("x")) != hash_bytes(2, SLICE_LIT("x")));
}

/* 0 says that it was not made; ids of rules differ in a letter, a digit or how long they are. */
static void
the_hash_of_our_own_names_tells_them_apart_and_is_never_0(void **state)
{
	enum {
		LENGTHS = 20,
		LETTERS = 26
	};
	static uint64_t seen[LENGTHS * LENGTHS * LETTERS];
	size_t count = 0;
	char name[LENGTHS];

	(void)state;
	assert_int_not_equal(hash_own(SLICE_NONE), 0);
	for (size_t len = 1; len < LENGTHS; len++)
		for (size_t at = 0; at < len; at++)
			for (char c = 'b'; c <= 'z'; c++) {
				memset(name, 'a', sizeof name);
				name[at] = c;
				seen[count++] = hash_own(slice_make(name, len));
			}
	for (size_t i = 0; i < count; i++) {
		assert_true(seen[i] != 0);
		for (size_t k = 0; k < i; k++)
			assert_true(seen[i] != seen[k]);
	}
}

static void
a_map_does_what_a_plain_array_does(void **state)
{
	enum {
		KEYS = 500
	};
	static int values[KEYS];
	bool is_there[KEYS] = {false};
	size_t count = 0;
	char space[32];
	struct rng rng;
	struct map *m = map_new(7, KEYS, NULL);

	(void)state;
	rng_init(&rng, 5);
	for (int step = 0; step < 100000; step++) {
		size_t n = (size_t)rng_below(&rng, KEYS);
		struct slice key = key_of(space, sizeof(space), n);
		/* Fills up, empties, fills up ...: removing works in long runs as well. */
		bool is_put = rng_below(&rng, 100) < (step / 10000 % 2 == 0 ? 70 : 30);
		if (is_put) {
			assert_int_equal(map_put(m, key, &values[n]), 0);
			count += !is_there[n];
		} else {
			map_remove(m, key);
			count -= is_there[n];
		}
		is_there[n] = is_put;
		assert_int_equal(map_count(m), count);
		size_t other = (size_t)rng_below(&rng, KEYS);
		void *got = map_get(m, key_of(space, sizeof(space), other));
		assert_ptr_equal(got, is_there[other] ? &values[other] : NULL);
	}
	for (size_t n = 0; n < KEYS; n++)
		assert_ptr_equal(
		    map_get(m, key_of(space, sizeof(space), n)), is_there[n] ? &values[n] : NULL);
	map_free(m);
}

static void
keys_that_begin_in_one_slot_stay_apart(void **state)
{
	/* 16 slots at first: choose keys whose hashes agree in the lowest four bits, the last slot,
	 * so that the run goes round the end of the table. */
	struct map *m = map_new(0, 100, NULL);
	uint64_t chosen[8];
	size_t found = 0;
	static int values[8];
	char space[32];

	(void)state;
	for (uint64_t n = 0; found < 8; n++) {
		if ((hash_bytes(0, key_of(space, sizeof(space), n)) & 15) == 15)
			chosen[found++] = n;
	}
	for (size_t gone = 0; gone < 8; gone++) {
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(
			    map_put(m, key_of(space, sizeof(space), chosen[i]), &values[i]), 0);
		map_remove(m, key_of(space, sizeof(space), chosen[gone]));
		for (size_t i = 0; i < 8; i++) {
			void *got = map_get(m, key_of(space, sizeof(space), chosen[i]));
			assert_ptr_equal(got, i == gone ? NULL : &values[i]);
		}
	}
	map_free(m);
}

static void
at_the_ceiling_new_keys_are_refused_and_old_ones_change(void **state)
{
	struct map *m = map_new(0, 2, NULL);
	int a, b, c;

	(void)state;
	assert_int_equal(map_put(m, SLICE_LIT("a"), &a), 0);
	assert_int_equal(map_put(m, SLICE_LIT(""), &b), 0);
	assert_int_equal(map_put(m, SLICE_LIT("c"), &c), -1);
	assert_int_equal(map_count(m), 2);
	assert_null(map_get(m, SLICE_LIT("c")));
	assert_int_equal(map_put(m, SLICE_LIT("a"), &c), 0);
	assert_ptr_equal(map_get(m, SLICE_LIT("a")), &c);
	map_remove(m, SLICE_LIT("not there"));
	map_remove(m, SLICE_LIT(""));
	assert_int_equal(map_put(m, SLICE_LIT("c"), &c), 0);
	map_free(m);
}

static void
keys_are_bytes_and_are_copied(void **state)
{
	struct map *m = map_new(0, 10, NULL);
	char key[] = "a\0b";
	int x, y;

	(void)state;
	assert_int_equal(map_put(m, slice_make(key, 3), &x), 0);
	assert_int_equal(map_put(m, slice_make(key, 1), &y), 0);
	key[0] = 'z';
	assert_ptr_equal(map_get(m, slice_make("a\0b", 3)), &x);
	assert_ptr_equal(map_get(m, SLICE_LIT("a")), &y);
	assert_null(map_get(m, slice_make(key, 3)));
	map_free(m);
	map_free(NULL);
}

static void
walking_meets_every_entry_once(void **state)
{
	struct map *m = map_new(3, 1000, NULL);
	int seen[200] = {0};
	char space[32];
	struct slice key;
	size_t pos = 0;
	int *value;

	(void)state;
	assert_null(map_next(m, &pos, &key));
	for (uint64_t n = 0; n < 200; n++)
		assert_int_equal(map_put(m, key_of(space, sizeof(space), n), &seen[n]), 0);
	pos = 0;
	while ((value = map_next(m, &pos, &key)) != NULL) {
		++*value;
		assert_true(slice_eq(key, key_of(space, sizeof(space), (uint64_t)(value - seen))));
	}
	for (int n = 0; n < 200; n++)
		assert_int_equal(seen[n], 1);
	map_clear(m);
	assert_int_equal(map_count(m), 0);
	assert_null(map_get(m, SLICE_LIT("key-1")));
	map_free(m);
}

static int
fill(void *cookie)
{
	struct map *m = map_new(0, 100, mem_free);
	char space[32];
	int rc = -1;

	(void)cookie;
	if (m == NULL)
		return -1;
	for (uint64_t n = 0; n < 40; n++) {
		size_t before = map_count(m);
		/* Every third key is put twice: the first value is freed by the map. */
		char *value = mem_strdup("value");
		if (value == NULL)
			goto out;
		struct slice key = key_of(space, sizeof(space), n - (n % 3 == 2));
		if (map_put(m, key, value) < 0) {
			mem_free(value);
			assert_int_equal(map_count(m), before);
			assert_null(map_get(m, key));
			goto out;
		}
	}
	map_remove(m, key_of(space, sizeof(space), 0));
	rc = 0;
out:
	map_free(m);
	return rc;
}

static void
every_failed_allocation_leaves_the_map_as_it_was(void **state)
{
	(void)state;
	assert_true(faults_run(fill, NULL, true) > 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_hash_is_siphash_2_4),
	    cmocka_unit_test(the_hash_of_our_own_names_tells_them_apart_and_is_never_0),
	    cmocka_unit_test(a_map_does_what_a_plain_array_does),
	    cmocka_unit_test(keys_that_begin_in_one_slot_stay_apart),
	    cmocka_unit_test(at_the_ceiling_new_keys_are_refused_and_old_ones_change),
	    cmocka_unit_test(keys_are_bytes_and_are_copied),
	    cmocka_unit_test(walking_meets_every_entry_once),
	    cmocka_unit_test(every_failed_allocation_leaves_the_map_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
