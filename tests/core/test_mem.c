#include "core/mem.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void
an_allocation_of_nothing_is_a_valid_pointer(void **state)
{
	(void)state;
	void *p[] = {mem_alloc(0), mem_zalloc(0), mem_array(0, 8), mem_realloc(NULL, 0),
	    mem_dup(NULL, 0), mem_strndup(NULL, 0)};

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		assert_non_null(p[i]);
		mem_free(p[i]);
	}
	mem_free(NULL);
}

static void
sizes_that_overflow_are_refused(void **state)
{
	(void)state;
	assert_null(mem_array(SIZE_MAX / 2, 3));
	assert_null(mem_realloc_array(NULL, SIZE_MAX / 2, 3));
	assert_null(mem_strndup("x", SIZE_MAX));
}

static void
copies_are_copies(void **state)
{
	(void)state;
	char *s = mem_strdup("hello"), *n = mem_strndup("hello", 3), *d = mem_dup("hi", 3);
	int *zeros = mem_array(3, sizeof(*zeros));

	assert_string_equal(s, "hello");
	assert_string_equal(n, "hel");
	assert_string_equal(d, "hi");
	assert_int_equal(zeros[0] | zeros[1] | zeros[2], 0);
	mem_free(s);
	mem_free(n);
	mem_free(d);
	mem_free(zeros);
}

static void
the_nth_allocation_fails_once(void **state)
{
	void *p[4];

	(void)state;
	mem_fault_arm(3, false);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(mem_fault_hit(), i > 2);
		p[i] = mem_alloc(1);
	}
	mem_fault_arm(0, false);
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			assert_null(p[i]);
		else
			assert_non_null(p[i]);
		mem_free(p[i]);
	}
}

static void
a_sticky_fault_stays_until_it_is_switched_off(void **state)
{
	(void)state;
	char *kept = mem_strdup("kept");

	mem_fault_arm(1, true);
	assert_null(mem_alloc(1));
	assert_null(mem_realloc(kept, 100));
	assert_null(mem_strdup("x"));
	assert_true(mem_fault_hit());
	mem_fault_arm(0, false);
	assert_false(mem_fault_hit());
	assert_string_equal(kept, "kept");
	mem_free(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_allocation_of_nothing_is_a_valid_pointer),
	    cmocka_unit_test(sizes_that_overflow_are_refused),
	    cmocka_unit_test(copies_are_copies),
	    cmocka_unit_test(the_nth_allocation_fails_once),
	    cmocka_unit_test(a_sticky_fault_stays_until_it_is_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
