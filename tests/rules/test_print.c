#include "tests/rules/random_tree.h"

#include "rules/json_internal.h"
#include "rules/lex_internal.h"
#include "rules/parse_internal.h"
#include "rules/print_internal.h"

#define TREES 3000

static void
parse_or_fail(struct slice text, struct arena *a, struct rules_file *f, uint64_t seed)
{
	struct finding_sink *sink = arena_zalloc(a, sizeof *sink);
	struct buf out;

	sink->diags = diag_list_new();
	sink->file = "again.rules";
	sink->text = text;
	assert_int_equal(parse_file(sink, a, f), 0);
	if (diag_count(sink->diags, DIAG_ERROR) > 0) {
		buf_init(&out, 1024 * 1024);
		diag_print(sink->diags, &out);
		fail_msg("seed %llu: %s\nin\n%.*s", (unsigned long long)seed, buf_str(&out),
		    SLICE_ARG(text));
	}
	diag_list_free(sink->diags);
	sink->diags = NULL;
}

static void
what_is_printed_reads_as_the_same_tree_and_prints_the_same_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= TREES; seed++) {
		struct random_tree t;
		struct rules_file f, again;
		struct buf text, twice;

		random_tree_init(&t, seed, seed % 3 != 0);
		random_file(&t, &f);
		buf_init(&text, 4 * 1024 * 1024);
		buf_init(&twice, 4 * 1024 * 1024);
		print_file(&f, &text);
		parse_or_fail(buf_slice(&text), t.arena, &again, seed);
		if (!tree_equal(&f, &again))
			fail_msg("seed %llu: the tree changed\n%s", (unsigned long long)seed,
			    buf_str(&text));
		print_file(&again, &twice);
		assert_string_equal(buf_str(&text), buf_str(&twice));
		buf_fini(&text);
		buf_fini(&twice);
		arena_free(t.arena);
	}
}

static void
json_reads_as_the_tree_it_was_written_from(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= TREES; seed++) {
		struct random_tree t;
		struct rules_file f, again;
		struct err err = {0};
		struct buf json;

		random_tree_init(&t, seed, seed % 3 != 0);
		random_file(&t, &f);
		buf_init(&json, 4 * 1024 * 1024);
		rules_json_write(&f, &json);
		if (rules_json_read(buf_slice(&json), t.arena, &t.sink, &again, &err) < 0)
			fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, err.text,
			    buf_str(&json));
		if (!tree_equal(&f, &again))
			fail_msg("seed %llu: the tree changed\n%s", (unsigned long long)seed,
			    buf_str(&json));
		buf_fini(&json);
		arena_free(t.arena);
	}
}

static void
numbers_have_one_spelling(void **state)
{
	static const struct {
		const char *written;
		int64_t milli;
		const char *printed;
	} cases[] = {
	    {"10000", 10000000, "10k"},
	    {"10k", 10000000, "10k"},
	    {"2.5k", 2500000, "2500"},
	    {"1M", 1000000000, "1M"},
	    {"1.5M", 1500000000, "1500k"},
	    {"80%", 800, "0.8"},
	    {"0.5%", 5, "0.005"},
	    {"-0.4", -400, "-0.4"},
	    {"0.05", 50, "0.05"},
	    {"9999", 9999000, "9999"},
	    {"0", 0, "0"},
	    {"-12k", -12000000, "-12k"},
	    {"007", 7000, "7"},
	    {"999999999999.999", RULES_NUMBER_MAX, "999999999999.999"},
	};
	char text[64];
	int64_t milli;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(lex_number(slice_of(cases[i].written), &milli));
		assert_int_equal(milli, cases[i].milli);
		print_number_text(milli, text, sizeof text);
		assert_string_equal(text, cases[i].printed);
		assert_true(lex_number(slice_of(text), &milli));
		assert_int_equal(milli, cases[i].milli);
	}
}

static void
what_is_no_number_is_refused(void **state)
{
	static const char *const cases[] = {"", "-", "k", "1.", ".5", "1.2345", "1..2", "10kk",
	    "1e5", "0x10", "10,000", "1000000000000", "99999999M", "0.05%",
	    "99999999999999999999999999", "1 ", "--1", "1k%"};
	int64_t milli;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (lex_number(slice_of(cases[i]), &milli))
			fail_msg("'%s' was read as %lld thousandths", cases[i], (long long)milli);
}

static void
formatting_keeps_comments_and_settles_spelling(void **state)
{
	static const char *const in =
	    "# about us\r\nbrand acme \"Acme\" # ours\n\tcalled \"acme\", # name\n\n"
	    "   # inner\n \"acme\xc2\xa0"
	    "coffee\"\nend\nrule r \"R\"\nat most once every 7 days\n"
	    "when all of\nauthor.followers is at least 10000 #many\nauthor is tagged \"x\"\n"
	    "customer is unknown\nlanguage is \"de\"\n# last\nend\nthen alert \"a\" as low\nend\n# "
	    "bye";
	static const char *const out =
	    "# about us\nbrand acme \"Acme\"  # ours\n  called \"acme\",  # name\n      # inner\n"
	    "      \"acme\xc2\xa0"
	    "coffee\"\nend\n\nrule r \"R\"\n  when all of\n"
	    "    author.followers is at least 10k  # many\n    author.tag is \"x\"\n"
	    "    customer is not known\n    language is de\n    # last\n  end\n  then\n"
	    "    alert \"a\" as low\n  end\n  at most once every 7 days\nend\n\n# bye\n";
	struct rule_source source = {"x.rules", slice_of(in)};
	struct diag_list *diags = diag_list_new();
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(rules_format(&source, diags, &b, NULL), 0);
	assert_string_equal(buf_str(&b), out);
	buf_fini(&b);
	diag_list_free(diags);
}

static void
a_file_with_errors_is_not_formatted(void **state)
{
	struct rule_source source = {"x.rules",
	    SLICE_LIT("rule r \"R\"\n  when sentimnt is 1\n  then alert \"a\" as low\nend\n")};
	struct diag_list *diags = diag_list_new();
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(rules_format(&source, diags, &b, NULL), 1);
	assert_int_equal(b.len, 0);
	assert_int_equal(diag_count(diags, DIAG_ERROR), 1);
	buf_fini(&b);
	diag_list_free(diags);
}

static void
json_that_cannot_be_a_tree_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *json, *message;
	} cases[] = {
	    {"{}", "items: an array of brands, lists and rules belongs here"},
	    {"{\"items\":[{\"rule\":\"A\",\"title\":\"x\"}]}", "items[0]: 'A' cannot be an id"},
	    {"{\"items\":[{\"rule\":\"a\"}]}", "items[0].title: a text belongs here"},
	    {"{\"items\":[{\"rule\":\"a\",\"title\":\"x\\ny\"}]}",
		"items[0].title: the text is too long or holds a line break or control character"},
	    {"{\"items\":[{\"rule\":\"a\",\"title\":\"x\",\"when\":{\"all\":[{\"field\":"
	     "\"sentimnt\",\"op\":\"is\"}]}}]}",
		"items[0].when.all[0]: there is no field called 'sentimnt'"},
	    {"{\"items\":[{\"rule\":\"a\",\"title\":\"x\",\"when\":{\"all\":[]}}]}",
		"items[0].when.all: an array of conditions belongs here"},
	    {"{\"items\":[{\"rule\":\"a\",\"title\":\"x\",\"when\":{\"field\":\"author.bot\","
	     "\"op\":\"above\"}}]}",
		"items[0].when: 'above' is not something a field can be asked"},
	    {"{\"items\":[{\"rule\":\"a\",\"title\":\"x\",\"when\":{\"field\":\"sentiment\",\"op\":"
	     "\"is\",\"value\":1e99}}]}",
		"items[0].when.value: a number of at most 999999999999 belongs here"},
	    {"{\"items\":[{\"brand\":\"a\",\"title\":\"x\"}]}",
		"items[0]: a brand needs \"called\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		struct buf b;

		buf_init(&b, 65536);
		assert_int_equal(rules_from_json(slice_of(cases[i].json), &b, &err), -1);
		assert_string_equal(err.text, cases[i].message);
		assert_int_equal(b.len, 0);
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_printed_reads_as_the_same_tree_and_prints_the_same_again),
	    cmocka_unit_test(json_reads_as_the_tree_it_was_written_from),
	    cmocka_unit_test(numbers_have_one_spelling),
	    cmocka_unit_test(what_is_no_number_is_refused),
	    cmocka_unit_test(formatting_keeps_comments_and_settles_spelling),
	    cmocka_unit_test(a_file_with_errors_is_not_formatted),
	    cmocka_unit_test(json_that_cannot_be_a_tree_is_refused_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
