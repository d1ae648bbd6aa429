/*
 * test_findings.c - what the manual says is what the program says: codes, fields and opcodes in
 * docs/ against the tables they come from.  UPDATE_GOLDEN=1 writes the generated tables anew.
 */
#include "tests/rules/rules_testing.h"

#include "rules/engine_internal.h"
#include "rules/findings_internal.h"

#define TEXT_MAX (1024 * 1024)

static void
read_file(const char *path, struct buf *out)
{
	char part[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	buf_init(out, TEXT_MAX);
	if (f == NULL)
		fail_msg("cannot open %s", path);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	fclose(f);
}

static void
every_finding_has_its_section_in_the_manual(void **state)
{
	const char *at;
	struct buf doc;

	(void)state;
	read_file("docs/diagnostics.md", &doc);
	at = buf_str(&doc);
	for (int f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = finding_info((enum finding)f);
		char heading[256];
		const char *found;

		snprintf(heading, sizeof heading, "\n## %s: %s\n", info->code, info->title);
		found = strstr(at, heading);
		if (found == NULL)
			fail_msg(
			    "docs/diagnostics.md has no section%s(or not in this order)", heading);
		at = found + 1;
	}
	assert_null(strstr(at + 3, "\n## "));
	buf_fini(&doc);
}

static void
codes_are_unique(void **state)
{
	(void)state;
	for (int a = 0; a < FINDING_COUNT; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(finding_info((enum finding)a)->code,
			    finding_info((enum finding)b)->code);
}

/* The part of a document between "<!-- name:" and the comment that ends it. */
static void
check_generated(const char *path, const char *name, const struct buf *table)
{
	char open[64], close[64];
	const char *begin, *end;
	struct buf doc;

	read_file(path, &doc);
	snprintf(open, sizeof open, "<!-- %s:", name);
	snprintf(close, sizeof close, "<!-- end of %s -->", name);
	begin = strstr(buf_str(&doc), open);
	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	end = strstr(begin, close);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		FILE *f = fopen(path, "wb");

		assert_non_null(f);
		fprintf(f, "%.*s%s%s\n%s", (int)(begin - buf_str(&doc)), buf_str(&doc),
		    buf_str(table), close, end != NULL ? end + strlen(close) + 1 : "");
		fclose(f);
	} else {
		assert_non_null(end);
		if (!slice_eq(slice_make(begin, (size_t)(end - begin)), buf_slice(table)))
			fail_msg("%s: the table '%s' should be\n%s", path, name, buf_str(table));
	}
	buf_fini(&doc);
}

static void
the_manuals_table_of_fields_is_the_one_in_the_program(void **state)
{
	struct buf table;

	(void)state;
	buf_init(&table, TEXT_MAX);
	rules_describe_fields(&table);
	check_generated("docs/rules.md", "fields", &table);
	buf_fini(&table);
}

static void
the_table_of_opcodes_is_the_one_in_the_program(void **state)
{
	struct buf table;

	(void)state;
	buf_init(&table, TEXT_MAX);
	buf_add_str(&table, "| opcode | stack | what it does |\n|---|---|---|\n");
#define X(name, effect, help) buf_addf(&table, "| %s | %+d | %s |\n", #name, effect, help);
	RULE_OPCODES(X)
#undef X
	check_generated("docs/internals/rules.md", "opcodes", &table);
	buf_fini(&table);
}

static void
every_field_has_a_name_of_its_own_and_an_example_that_compiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);
		char text[1024];

		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(f->name, field_at(k)->name);
		assert_true(strlen(f->help) > 10);
		snprintf(text, sizeof text,
		    "brand acme \"Acme\"\n called \"acme\"\nend\nlist staff \"S\"\nend\nlist "
		    "winback \"W\"\nend\nsegment loyal \"L\"\n when customer.plan is "
		    "\"gold\"\nend\n"
		    "rule r \"R\"\n when %s\n then alert \"x\" as low\nend\n",
		    f->example);
		rule_set_unref(testing_compile(text));
	}
}

/* Each block that begins with a rule compiles beside the first one, without findings. */
static void
check_rules_of_the_manual(const char *doc, const struct rule_source *first)
{
	size_t count = 0;

	for (const char *at = doc; (at = strstr(at, "```\nrule ")) != NULL; count++) {
		const char *end = strstr(at + 4, "```");
		struct rule_source sources[2] = {
		    *first, {"docs/rules.md", slice_make(at + 4, (size_t)(end - at - 4))}};
		struct diag_list *diags = diag_list_new();
		struct rule_set *set = NULL;
		struct buf out;

		buf_init(&out, TEXT_MAX);
		if (rule_set_compile(sources, 2, 1, &testing_env, diags, &set, NULL) != 0 ||
		    diag_kept(diags) > 0) {
			diag_print(diags, &out);
			fail_msg("%s", buf_str(&out));
		}
		buf_fini(&out);
		rule_set_unref(set);
		diag_list_free(diags);
		at = end + 3;
	}
	assert_true(count >= 1);
}

static void
the_examples_of_the_manual_compile(void **state)
{
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	const char *begin, *end;
	struct buf doc, out;

	(void)state;
	read_file("docs/rules.md", &doc);
	begin = strstr(buf_str(&doc), "```\nbrand acme");
	assert_non_null(begin);
	end = strstr(begin + 4, "```");
	struct rule_source source = {
	    "docs/rules.md", slice_make(begin + 4, (size_t)(end - begin - 4))};
	if (rule_set_compile(&source, 1, 1, &testing_env, diags, &set, NULL) != 0 ||
	    diag_kept(diags) > 0) {
		buf_init(&out, TEXT_MAX);
		diag_print(diags, &out);
		fail_msg("%s", buf_str(&out));
	}
	rule_set_unref(set);
	check_rules_of_the_manual(buf_str(&doc), &source);
	begin = strstr(buf_str(&doc), "```json\n");
	end = strstr(begin + 8, "```");
	buf_init(&out, TEXT_MAX);
	struct err err = {0};
	if (rules_from_json(slice_make(begin + 8, (size_t)(end - begin - 8)), &out, &err) < 0)
		fail_msg("%s", err.text);
	buf_fini(&out);
	buf_fini(&doc);
	diag_list_free(diags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_finding_has_its_section_in_the_manual),
	    cmocka_unit_test(codes_are_unique),
	    cmocka_unit_test(the_manuals_table_of_fields_is_the_one_in_the_program),
	    cmocka_unit_test(the_table_of_opcodes_is_the_one_in_the_program),
	    cmocka_unit_test(every_field_has_a_name_of_its_own_and_an_example_that_compiles),
	    cmocka_unit_test(the_examples_of_the_manual_compile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
