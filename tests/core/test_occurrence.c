#include "core/occurrence.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void
purposes_are_named_as_templates_write_them(void **state)
{
	(void)state;
	assert_string_equal(purpose_name(PURPOSE_SERVICE), "service");
	assert_string_equal(purpose_name(PURPOSE_MARKETING), "marketing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(purposes_are_named_as_templates_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
