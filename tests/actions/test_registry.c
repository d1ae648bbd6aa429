#include "tests/actions/world.h"

static void
each_channel_is_complete_and_found_by_its_type(void **state)
{
	static const char *const types[] = {"file", "log", "email", "webhook", "mastodon"};
	size_t count = 0;

	(void)state;
	for (; sender_registry[count] != NULL; count++) {
		const struct sender_ops *ops = sender_registry[count];

		assert_true(count < 5);
		assert_string_equal(ops->name, types[count]);
		assert_ptr_equal(sender_find(S(ops->name)), ops);
		assert_non_null(ops->help);
		assert_non_null(ops->options);
		assert_non_null(ops->open);
		assert_non_null(ops->send);
		assert_non_null(ops->close);
		/* an own option must not hide a common one */
		for (const struct option *o = ops->options; o->name != NULL; o++)
			for (const struct option *c = sender_common_options; c->name != NULL; c++)
				if (strcmp(o->name, c->name) == 0)
					fail_msg(
					    "%s: option '%s' is a common one", ops->name, o->name);
	}
	assert_int_equal(count, 5);
	assert_null(sender_find(S("pigeon")));
	assert_null(sender_find(S("")));
	/* out of the box nothing leaves the machine */
	assert_true(sender_find(S("file"))->is_local && sender_find(S("log"))->is_local);
	assert_false(sender_find(S("email"))->is_local || sender_find(S("webhook"))->is_local);
	/* names its files by id */
	assert_true(sender_find(S("file"))->deduplicates);
	assert_true(sender_find(S("mastodon"))->can_reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_channel_is_complete_and_found_by_its_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
