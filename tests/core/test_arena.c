#include "core/arena.h"
#include "core/mem.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/faults.h"

static void
everything_is_aligned_and_apart(void **state)
{
	struct arena *a = arena_new(1024 * 1024);
	unsigned char *p[400];

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		p[i] = arena_alloc(a, i);
		assert_non_null(p[i]);
		assert_true(i == 0 || p[i] != p[i - 1]);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		memset(p[i], (int)(i & 0xFF), i);
	}
	for (size_t i = 0; i < 400; i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_equal(p[i][k], i & 0xFF);
	}
	assert_true(arena_used_bytes(a) >= 399 * 400 / 2);
	arena_free(a);
	arena_free(NULL);
}

static void
the_ceiling_is_exact_and_tells_itself_from_no_memory(void **state)
{
	static const size_t ceilings[] = {1, 100, 4096, 5000, 100000};

	(void)state;
	for (size_t i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
		struct arena *a = arena_new(ceilings[i]);
		assert_null(arena_alloc(a, ceilings[i] + 1));
		assert_true(arena_is_full(a));
		arena_reset(a);
		assert_false(arena_is_full(a));
		char *all = arena_alloc(a, ceilings[i]);
		assert_non_null(all);
		memset(all, 1, ceilings[i]);
		assert_false(arena_is_full(a));
		assert_null(arena_alloc(a, 1));
		assert_true(arena_is_full(a));
		arena_free(a);
	}
}

static void
small_things_fill_an_arena_up_to_its_ceiling(void **state)
{
	const size_t ceiling = 200 * 1000;
	struct arena *a = arena_new(ceiling);
	size_t got = 0;

	(void)state;
	while (arena_alloc(a, 16) != NULL)
		got += 16;
	assert_true(arena_is_full(a));
	assert_in_range(got, ceiling * 9 / 10, ceiling);
	arena_free(a);
}

static void
sizes_that_overflow_are_refused(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);

	(void)state;
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_alloc(a, SIZE_MAX - 8));
	assert_null(arena_array(a, SIZE_MAX / 2, 4));
	assert_null(arena_strndup(a, "x", SIZE_MAX));
	assert_true(arena_is_full(a));
	assert_non_null(arena_alloc(a, 1));
	arena_free(a);
}

static void
a_reset_arena_keeps_its_largest_block_only(void **state)
{
	struct arena *a = arena_new(1024 * 1024);

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_non_null(arena_alloc(a, 3000));
		assert_non_null(arena_alloc(a, 70000 / (size_t)(i + 1)));
	}
	arena_reset(a);
	assert_int_equal(arena_used_bytes(a), 0);
	/* All of the ceiling but that block is free again. */
	assert_non_null(arena_alloc(a, 1024 * 1024 - 64 * 1024));
	arena_reset(a);
	/* As much as fits in it takes no memory. */
	mem_fault_arm(1, true);
	for (int i = 0; i < 20; i++)
		assert_non_null(arena_alloc(a, 3000));
	assert_null(arena_alloc(a, 8000));
	mem_fault_arm(0, false);
	arena_free(a);
}

static void
a_big_thing_leaves_the_block_in_use_as_it_is(void **state)
{
	struct arena *a = arena_new(1024 * 1024);

	(void)state;
	char *before = arena_alloc(a, 16);
	assert_non_null(arena_alloc(a, 300000));
	char *behind = arena_alloc(a, 16);
	assert_ptr_equal(behind, before + 16);
	arena_free(a);
}

static void
texts_are_copied_with_a_nul(void **state)
{
	struct arena *a = arena_new(4096);

	(void)state;
	assert_string_equal(arena_strdup(a, "abc"), "abc");
	assert_string_equal(arena_strndup(a, "abc", 2), "ab");
	struct slice s = arena_slice_dup(a, slice_make("a\0b!", 3));
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.ptr, "a\0b\0", 4);
	assert_false(slice_is_set(arena_slice_dup(a, SLICE_NONE)));
	assert_true(slice_is_set(arena_slice_dup(a, SLICE_LIT(""))));
	assert_string_equal(arena_printf(a, "%d-%s", 5, "x"), "5-x");
	int *zeros = arena_array(a, 10, sizeof(*zeros));
	for (int i = 0; i < 10; i++)
		assert_int_equal(zeros[i], 0);
	arena_free(a);
}

static int
fill(void *cookie)
{
	struct arena *a = arena_new(1024 * 1024);
	int rc = -1;

	(void)cookie;
	if (a == NULL)
		return -1;
	for (size_t i = 0; i < 100; i++) {
		if (arena_zalloc(a, i * 50) == NULL || arena_printf(a, "%zu", i) == NULL)
			goto out;
	}
	if (arena_strdup(a, "end") == NULL)
		goto out;
	rc = 0;
out:
	/* There was room; what failed was memory. */
	assert_false(arena_is_full(a));
	arena_free(a);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	(void)state;
	assert_true(faults_run(fill, NULL, true) > 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_is_aligned_and_apart),
	    cmocka_unit_test(the_ceiling_is_exact_and_tells_itself_from_no_memory),
	    cmocka_unit_test(small_things_fill_an_arena_up_to_its_ceiling),
	    cmocka_unit_test(sizes_that_overflow_are_refused),
	    cmocka_unit_test(a_reset_arena_keeps_its_largest_block_only),
	    cmocka_unit_test(a_big_thing_leaves_the_block_in_use_as_it_is),
	    cmocka_unit_test(texts_are_copied_with_a_nul),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
