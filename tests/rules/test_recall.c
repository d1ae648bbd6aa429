#include "tests/rules/rules_testing.h"

#include "rules/describe_internal.h"
#include "rules/engine_internal.h"
#include "rules/print_internal.h"

/* Every kind of item, with comments wherever they may stand and texts that are put together. */
static const char everything[] = "# about the file\n"
				 "\n"
				 "# our house\n"
				 "brand acme \"Acme \\\"Coffee\\\"\"\n"
				 "  called \"acme\", # the name\n"
				 "    # and what people call us\n"
				 "    \"the \\\"a\\\"\"\n"
				 "end # of acme\n"
				 "list staff \"Our staff\"\n"
				 "  \"anna\", \"ben\"\n"
				 "end\n"
				 "# those who buy\n"
				 "segment regulars \"Regulars\"\n"
				 "  when customer.plan is one of \"gold\", \"s\\\"x\"\n"
				 "end\n"
				 "segment guests \"Guests\" imported\n"
				 "end\n"
				 "# first comment\n"
				 "# second comment\n"
				 "rule first \"The \\\"first\\\"\" # loud\n"
				 "  when all of # all\n"
				 "    brand is acme\n"
				 "    not author is in list staff\n"
				 "    customer is in segment regulars\n"
				 "  end # when\n"
				 "  then\n"
				 "    tag author \"a \\\"b\\\"\" for 90 days\n"
				 "  end\n"
				 "  # an example\n"
				 "  does not fire on \"say \\\"no\\\"\"\n"
				 "  at most once every 30 days per author\n"
				 "end\n"
				 "\n"
				 "watch storm \"Storm\"\n"
				 "  over posts where brand is acme\n"
				 "  when count within 10 minutes is at least 20\n"
				 "  then\n"
				 "    alert \"pr\" as critical\n"
				 "  end\n"
				 "end\n"
				 "rule second \"Second\"\n"
				 "  when text contains \"late\"\n"
				 "  unless a post within 2 hours where brand is acme\n"
				 "  then alert \"x\" as low\n"
				 "end\n"
				 "# about the end\n";

/* The set of a text that is gone when it has been compiled. */
static struct rule_set *
compile_and_forget(const char *text)
{
	char *copy = strdup(text);
	struct rule_set *set = testing_compile(copy);

	memset(copy, 'x', strlen(copy));
	free(copy);
	return set;
}

static void
each_item_is_read_again_alone_as_it_was_written(void **state)
{
	struct rule_set *set = compile_and_forget(everything);
	struct arena *a = arena_new(1024 * 1024);
	const struct rules_file *files;
	struct buf whole, alone;
	size_t seen[ITEM_KIND_COUNT] = {0};

	(void)state;
	buf_init(&whole, 64 * 1024);
	buf_init(&alone, 64 * 1024);
	assert_int_equal(recall_files(set, a, &files), 0);
	for (const struct item *it = files[0].first; it != NULL; it = it->next) {
		size_t i = seen[it->kind]++;

		buf_clear(&whole);
		buf_clear(&alone);
		print_item(it, &whole);
		switch (it->kind) {
		case ITEM_RULE: rule_set_print_rule(set, i, &alone); break;
		case ITEM_WATCH: rule_set_print_watch(set, i, &alone); break;
		case ITEM_SEGMENT: rule_set_print_segment(set, i, &alone); break;
		case ITEM_BRAND:
		case ITEM_LIST: continue;
		}
		assert_string_equal(buf_str(&alone), buf_str(&whole));
	}
	assert_true(seen[ITEM_RULE] == 2 && seen[ITEM_WATCH] == 1 && seen[ITEM_SEGMENT] == 2);
	buf_clear(&alone);
	rule_set_print_rule(set, 0, &alone);
	assert_non_null(strstr(buf_str(&alone), "# first comment\n# second comment\nrule first"));
	assert_null(strstr(buf_str(&alone), "about the file"));
	buf_fini(&whole);
	buf_fini(&alone);
	arena_free(a);
	rule_set_unref(set);
}

static void
what_the_set_hands_out_outlives_its_text(void **state)
{
	struct rule_set *set = compile_and_forget(everything);
	const struct rule_head *head = rule_set_head(set, 0);
	const struct brand_set *names = rule_set_brands(set);

	(void)state;
	assert_true(slice_eq_str(head->id, "first"));
	assert_true(slice_eq_str(head->title, "The \"first\""));
	assert_true(slice_eq_str(head->actions[0].name, "a \"b\""));
	assert_true(slice_eq_str(rule_set_example_text(set, 0, 0), "say \"no\""));
	assert_true(slice_eq_str(names->brands[0].title, "Acme \"Coffee\""));
	assert_true(slice_eq_str(names->brands[0].called.items[1], "the \"a\""));
	assert_true(slice_eq_str(names->lists[0].items.items[1], "ben"));
	assert_true(slice_eq_str(rule_set_segment(set, 0)->title, "Regulars"));
	rule_set_unref(set);
}

/* The example is of a rule far down in the second file: its line is that of the file. */
static void
a_failed_example_is_shown_where_it_stands(void **state)
{
	static const char second[] =
	    "# a comment\n\nrule a \"A\"\n when text contains \"x\"\n then alert "
	    "\"x\" as low\nend\n\nrule b \"B\"\n when text contains \"late\"\n"
	    " then alert \"x\" as low\n fires on \"early\"\nend\n";
	struct rule_source sources[] = {
	    {"one.rules", slice_of(everything)}, {"two.rules", slice_of(second)}};
	struct diag_list *diags = diag_list_new();
	struct arena *a = arena_new(1024 * 1024);
	struct score score = {.label = SENTIMENT_NEUTRAL};
	struct rule_set *set = NULL;
	int i;

	(void)state;
	assert_int_equal(rule_set_compile(sources, 2, 1, &testing_env_alone, diags, &set, NULL), 0);
	i = rule_set_find(set, SLICE_LIT("b"));
	assert_int_equal(rule_set_example_count(set, (size_t)i), 1);
	assert_int_equal(rule_set_judge_example(set, (size_t)i, 0, &score, a, diags, NULL), 0);
	assert_int_equal(diag_count(diags, DIAG_ERROR), 1);
	for (size_t k = 0; k < diag_kept(diags); k++) {
		const struct diag *d = diag_at(diags, k);

		if (d->severity != DIAG_ERROR)
			continue;
		assert_string_equal(d->file, "two.rules");
		assert_int_equal(d->line, 11);
	}
	diag_list_free(diags);
	arena_free(a);
	rule_set_unref(set);
}

static void
print_all(const struct rule_set *set, struct buf *out)
{
	rule_set_print(set, out);
	rule_set_print_rule(set, 0, out);
	rule_set_describe_rule(set, 1, out);
	rule_set_describe_watch(set, 0, out);
	rule_set_describe_segment(set, 0, out);
}

static void
reading_again_survives_every_failed_allocation(void **state)
{
	struct rule_set *set = compile_and_forget(everything);
	struct buf good, out;
	bool was_hit = true;

	(void)state;
	buf_init(&good, 1024 * 1024);
	print_all(set, &good);
	assert_false(buf_failed(&good));
	for (unsigned nth = 1; was_hit; nth++) {
		buf_init(&out, 1024 * 1024);
		mem_fault_arm(nth, true);
		print_all(set, &out);
		was_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		/* whoever reads the text is told that it is not whole */
		assert_int_equal(buf_failed(&out), was_hit);
		if (!was_hit)
			assert_string_equal(buf_str(&out), buf_str(&good));
		buf_fini(&out);
		assert_true(nth < 100000);
	}
	buf_fini(&good);
	rule_set_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_item_is_read_again_alone_as_it_was_written),
	    cmocka_unit_test(what_the_set_hands_out_outlives_its_text),
	    cmocka_unit_test(a_failed_example_is_shown_where_it_stands),
	    cmocka_unit_test(reading_again_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
