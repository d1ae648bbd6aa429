#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "platform/http_server.h"

static void
a_query_gives_its_values_decoded(void **state)
{
	static const struct {
		const char *query, *name, *value;
	} cases[] = {
	    {"a=1&b=2", "b", "2"},
	    {"a=1&a=2", "a", "1"},
	    {"a=1&b=2", "c", NULL},
	    {"a=x+y%20z", "a", "x y z"},
	    {"a", "a", ""},
	    {"a=", "a", ""},
	    {"", "a", NULL},
	    {"", "", ""},
	    {"&&a=1", "a", "1"},
	    {"a=b=c", "a", "b=c"},
	    {"a%5B%5D=1", "a[]", "1"},
	    {"a+b=1", "a b", "1"},
	    {"a=%4", "a", "%4"},
	    {"a=%zz%41", "a", "%zzA"},
	    {"a=%", "a", "%"},
	    {"ab=1&a=2", "a", "2"},
	    {"q=caf%C3%A9", "q", "caf\xc3\xa9"},
	};
	struct arena *a = arena_new(10000);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice got = http_query_get(a, slice_of(cases[i].query), cases[i].name);
		bool is_same = cases[i].value == NULL
		    ? !slice_is_set(got)
		    : slice_is_set(got) && slice_eq_str(got, cases[i].value);

		if (!is_same)
			fail_msg("'%s' in '%s': want '%s', got '%.*s'", cases[i].name,
			    cases[i].query, cases[i].value == NULL ? "nothing" : cases[i].value,
			    SLICE_ARG(got));
	}
	assert_false(slice_is_set(http_query_get(a, SLICE_NONE, "a")));
	arena_free(a);
}

static void
a_path_keeps_its_plus_and_may_hold_a_nul(void **state)
{
	struct arena *a = arena_new(10000);

	(void)state;
	assert_true(slice_eq_str(http_percent_decode(a, SLICE_LIT("a+b%2Fc")), "a+b/c"));
	assert_true(slice_eq(http_percent_decode(a, SLICE_LIT("a%00b")), slice_make("a\0b", 3)));
	assert_false(slice_is_set(http_percent_decode(a, SLICE_NONE)));
	arena_free(a);
	a = arena_new(1);
	assert_false(
	    slice_is_set(http_percent_decode(a, SLICE_LIT("longer than there is room for"))));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_gives_its_values_decoded),
	    cmocka_unit_test(a_path_keeps_its_plus_and_may_hold_a_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
