#include "core/buf.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mem.h"
#include "tests/support/faults.h"

static void
what_is_added_is_there_in_order(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_str(&b), "");
	assert_true(slice_is_set(buf_slice(&b)));
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_int_equal(buf_add_str(&b, "ab"), 0);
	assert_int_equal(buf_add_char(&b, 'c'), 0);
	assert_int_equal(buf_add_slice(&b, SLICE_LIT("de")), 0);
	assert_int_equal(buf_add_slice(&b, SLICE_NONE), 0);
	assert_int_equal(buf_addf(&b, "%03d%s", 7, ""), 0);
	assert_string_equal(buf_str(&b), "abcde007");
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_addf(&b, "%d,", i), 0);
	assert_int_equal(b.len, 8 + 10 * 2 + 90 * 3);
	buf_drop_front(&b, 8);
	assert_int_equal(strncmp(buf_str(&b), "0,1,2,", 6), 0);
	buf_drop_front(&b, b.len);
	assert_string_equal(buf_str(&b), "");
	buf_fini(&b);
}

static void
at_the_ceiling_the_add_fails_and_so_does_all_that_follows(void **state)
{
	static const char *const adds[] = {"x", "toolong"};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (int formatted = 0; formatted < 2; formatted++) {
			buf_init(&b, 8);
			assert_int_equal(buf_add_str(&b, "12345678"), 0);
			assert_false(buf_failed(&b));
			int rc = formatted ? buf_addf(&b, "%s", adds[i]) : buf_add_str(&b, adds[i]);
			assert_int_equal(rc, -1);
			assert_true(buf_failed(&b));
			assert_true(buf_is_full(&b));
			assert_string_equal(buf_str(&b), "12345678");
			assert_int_equal(buf_add(&b, "", 0), -1);
			assert_null(buf_detach(&b, NULL));
			buf_clear(&b);
			assert_false(buf_failed(&b) || buf_is_full(&b));
			assert_int_equal(buf_addf(&b, "%s", "87654321"), 0);
			assert_string_equal(buf_str(&b), "87654321");
			buf_fini(&b);
		}
	}
	buf_init(&b, 0);
	assert_int_equal(buf_add(&b, "", 0), 0);
	assert_int_equal(buf_add_char(&b, 'x'), -1);
	buf_fini(&b);
}

static void
detached_bytes_are_the_callers_and_the_buf_is_empty(void **state)
{
	struct buf b;
	size_t len = 99;

	(void)state;
	buf_init(&b, 100);
	char *nothing = buf_detach(&b, &len);
	assert_string_equal(nothing, "");
	assert_int_equal(len, 0);
	buf_add(&b, "a\0b", 3);
	char *some = buf_detach(&b, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(some, "a\0b\0", 4);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_add_str(&b, "again"), 0);
	buf_fini(&b);
	mem_free(nothing);
	mem_free(some);
}

static int
build(void *cookie)
{
	struct buf b;
	int rc = -1;

	(void)cookie;
	buf_init(&b, 100000);
	for (int i = 0; i < 500; i++) {
		buf_addf(&b, "%d %s;", i, "some words to make it grow");
		buf_add_char(&b, '.');
	}
	if (buf_failed(&b)) {
		assert_false(buf_is_full(&b));
		/* What came before the failure is whole. */
		assert_true(b.len == 0 || b.ptr[b.len] == '\0');
		goto out;
	}
	char *all = buf_detach(&b, NULL);
	if (all == NULL)
		goto out;
	mem_free(all);
	rc = 0;
out:
	buf_fini(&b);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	(void)state;
	assert_true(faults_run(build, NULL, true) > 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_added_is_there_in_order),
	    cmocka_unit_test(at_the_ceiling_the_add_fails_and_so_does_all_that_follows),
	    cmocka_unit_test(detached_bytes_are_the_callers_and_the_buf_is_empty),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
