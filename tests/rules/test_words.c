#include "tests/rules/rules_testing.h"

#include "core/rng.h"
#include "rules/words_internal.h"

#define TEXTS 3000
#define LONGEST 20

struct known {
	char bytes[LONGEST];
	size_t len;
	uint32_t id;
};

/* Few letters, so that many are alike up to their last byte; NUL is one of them. */
static struct slice
random_text(struct rng *r, char bytes[LONGEST])
{
	size_t len = rng_below(r, LONGEST + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(rng_below(r, 8) > 0 ? 'a' : rng_below(r, 2) * 0xc3);
	return slice_make(bytes, len);
}

static uint32_t
id_of(const struct known *list, size_t count, struct slice text)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(slice_make(list[i].bytes, list[i].len), text))
			return list[i].id;
	return 0;
}

static void
a_text_has_one_number_and_no_other_text_has_it(void **state)
{
	static struct known list[TEXTS];
	size_t count = 0, found = 0;
	char bytes[LONGEST];
	struct words w;
	struct rng r;

	(void)state;
	rng_init(&r, 20261122);
	assert_int_equal(words_init(&w), 0);
	for (size_t i = 0; i < TEXTS; i++) {
		struct slice text = random_text(&r, list[count].bytes);
		uint32_t before = id_of(list, count, text);

		assert_int_equal(words_find(&w, text), before);
		list[count].len = text.len;
		list[count].id = words_add(&w, text);
		assert_true(list[count].id != 0);
		if (before != 0)
			assert_int_equal(list[count].id, before);
		else
			count++;
	}
	assert_int_equal(words_finish(&w), 0);
	for (size_t i = 0; i < TEXTS; i++) {
		struct slice text = random_text(&r, bytes);
		uint32_t id = id_of(list, count, text);

		if (words_find(&w, text) != id)
			fail_msg("'%.*s' is %u, not %u", SLICE_ARG(text), words_find(&w, text), id);
		found += id != 0;
	}
	assert_true(count > 500 && found > 100 && found < TEXTS);
	words_fini(&w);
}

static void
what_no_text_begins_like_is_not_looked_for(void **state)
{
	struct words w;

	(void)state;
	assert_int_equal(words_init(&w), 0);
	assert_false(words_may_have(&w, 'l', 4));
	assert_true(words_add(&w, SLICE_LIT("late")) != 0);
	assert_true(words_may_have(&w, 'l', 4));
	assert_false(words_may_have(&w, 'l', 5));
	assert_false(words_may_have(&w, 'm', 4));
	words_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_has_one_number_and_no_other_text_has_it),
	    cmocka_unit_test(what_no_text_begins_like_is_not_looked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
