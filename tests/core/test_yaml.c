#include "core/yaml.h"

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/mem.h"
#include "tests/support/faults.h"

/* {key: scalar, key: [a, "b"]}: quotes around what was quoted. */
static void
show(const struct yaml_node *n, struct buf *out)
{
	if (n->type == YAML_SCALAR) {
		const char *quote = n->is_plain ? "" : "\"";
		buf_addf(out, "%s%.*s%s", quote, SLICE_ARG(n->scalar), quote);
		return;
	}
	buf_add_char(out, n->type == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < n->count; i++) {
		if (i > 0)
			buf_add_str(out, ", ");
		if (n->type == YAML_MAP)
			buf_addf(out, "%.*s: ", SLICE_ARG(n->items[i].key));
		show(&n->items[i], out);
	}
	buf_add_char(out, n->type == YAML_MAP ? '}' : ']');
}

static void
trees_are_built_from_good_texts(void **state)
{
	static const struct {
		struct slice text;
		const char *want;
	} cases[] = {
	    {SLICE_INIT(""), "{}"},
	    {SLICE_INIT("# nothing but a comment\n"), "{}"},
	    {SLICE_INIT("---\n"), "{}"},
	    {SLICE_INIT("a: 1"), "{a: 1}"},
	    {SLICE_INIT("\xEF\xBB\xBF"
			"a: 1\n"),
		"{a: 1}"},
	    {SLICE_INIT("a: 1\r\nb: 2\r\n"), "{a: 1, b: 2}"},
	    {SLICE_INIT("%YAML 1.1\n---\na: 1\n...\n"), "{a: 1}"},
	    {SLICE_INIT("a:\n  b: x y\n  c:\n    - 1\n    - 'two'\nd: {e: f, g: [1, 2]}\n"),
		"{a: {b: x y, c: [1, \"two\"]}, d: {e: f, g: [1, 2]}}"},
	    {SLICE_INIT("a:\nb: ~\nc: ''\n"), "{a: , b: ~, c: \"\"}"},
	    {SLICE_INIT("a: |\n  one\n  two\nb: >-\n  three\n  four\n"),
		"{a: \"one\ntwo\n\", b: \"three four\"}"},
	    {SLICE_INIT("\"quoted key\": \"\\u00e9\\n\"\n"), "{quoted key: \"\xC3\xA9\n\"}"},
	    {SLICE_INIT("- a\n- [b, c]\n- d: e\n"), "[a, [b, c], {d: e}]"},
	    {SLICE_INIT("just text\n"), "just text"},
	    {SLICE_INIT("a: &anchor 1\n"), "{a: 1}"},
	    {SLICE_INIT("url: https://a.example/x#y\nn: 10:30\n"),
		"{url: https://a.example/x#y, n: 10:30}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag_list *l = diag_list_new();
		struct yaml_doc *d = yaml_parse("f.yaml", cases[i].text, l);
		struct buf out;
		buf_init(&out, 10000);
		assert_non_null(d);
		show(yaml_root(d), &out);
		if (strcmp(buf_str(&out), cases[i].want) != 0 || diag_kept(l) != 0 ||
		    yaml_is_broken(d))
			fail_msg("'%.*s': got '%s', expected '%s'", SLICE_ARG(cases[i].text),
			    buf_str(&out), cases[i].want);
		buf_fini(&out);
		yaml_doc_free(d);
		diag_list_free(l);
	}
}

static void
every_node_knows_its_bytes(void **state)
{
	static const char text[] = "\xEF\xBB\xBF# \xC3\xA9\xF0\x9F\x98\x80\n"
				   "caf\xC3\xA9: \"\xE2\x82\xAC x\"   # comment\n"
				   "list:\n  - one\n  - {k\xC3\xBC: v}\n\n"
				   "last: end\n";
	struct diag_list *l = diag_list_new();

	(void)state;
	struct yaml_doc *d = yaml_parse("f.yaml", slice_of(text), l);
	assert_non_null(d);
	struct slice kept = yaml_text(d);
	assert_true(slice_eq_str(kept, text) && kept.ptr != text);
	assert_string_equal(yaml_file(d), "f.yaml");
	const struct yaml_node *root = yaml_root(d), *cafe = yaml_get(root, "caf\xC3\xA9");
	const struct yaml_node *list = yaml_get(root, "list"), *last = yaml_get(root, "last");
	struct {
		size_t start, len;
		const char *want;
	} ranges[] = {
	    {cafe->key_start, cafe->key_len, "caf\xC3\xA9"},
	    {cafe->start, cafe->len, "\"\xE2\x82\xAC x\""},
	    {list->start, list->len, "- one\n  - {k\xC3\xBC: v}"},
	    {list->items[0].start, list->items[0].len, "one"},
	    {list->items[1].start, list->items[1].len, "{k\xC3\xBC: v}"},
	    {list->items[1].items[0].key_start, list->items[1].items[0].key_len, "k\xC3\xBC"},
	    {last->start, last->len, "end"},
	    {last->key_start, last->key_len, "last"},
	};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct slice got = slice_make(kept.ptr + ranges[i].start, ranges[i].len);
		if (!slice_eq_str(got, ranges[i].want))
			fail_msg("got '%.*s', expected '%s'", SLICE_ARG(got), ranges[i].want);
	}
	assert_null(yaml_get(root, "none"));
	assert_null(yaml_get(cafe, "x"));
	assert_null(yaml_get(NULL, "x"));
	yaml_doc_free(d);
	yaml_doc_free(NULL);
	diag_list_free(l);
}

static void
all_problems_are_found_with_place_and_advice(void **state)
{
	static const struct {
		const char *text, *want, *tree;
	} cases[] = {
	    {"a: @x\nb: \"unclosed\nc: 3\nd: e: f\ng: 1\n",
		"f:1:4: error[C001]: a text cannot begin with this character\n"
		"    1 | a: @x\n"
		"      |    ^\n"
		"      = help: put the text in quotes\n"
		"f:2:4: error[C001]: this quote is not closed\n"
		"    2 | b: \"unclosed\n"
		"      |    ^\n"
		"f:4:5: error[C001]: this ':' is out of place\n"
		"    4 | d: e: f\n"
		"      |     ^\n"
		"      = help: if it belongs to the text, put the text in quotes; else check the "
		"indentation and the line before\n",
		"{c: 3, d: e, g: 1}"},
	    {"\xC3\xA4: [1, 2\ny: 3\n",
		"f:1:4: error[C001]: this '[' is not closed\n"
		"    1 | \xC3\xA4: [1, 2\n"
		"      |    ^\n"
		"      = help: a comma may be missing, or the closing bracket\n",
		"{\xC3\xA4: [1, 2 y], y: 3}"},
	    {"a:\n\tb: 1\nc: 2\n",
		"f:2:1: error[C001]: a tab is used for indentation\n"
		"    2 | \tb: 1\n"
		"      | ^\n"
		"      = help: indent with spaces\n",
		"{c: 2}"},
	    {"a:\n  b: 1\n c: 2\nd: 3\n",
		"f:3:2: error[C001]: this line does not fit the lines above it\n"
		"    3 |  c: 2\n"
		"      |  ^\n"
		"      = help: entries of one map or list begin in the same column; indent with "
		"spaces\n",
		"{a: {b: 1}, d: 3}"},
	    {"key\nother: 1\n",
		"f:2:6: error[C001]: this ':' is out of place\n"
		"    2 | other: 1\n"
		"      |      ^\n"
		"      = help: if it belongs to the text, put the text in quotes; else check the "
		"indentation and the line before\n",
		"key other"},
	    {"a: 1\nkey\nother: 1\n",
		"f:2:1: error[C001]: there is no ':' behind this key\n"
		"    2 | key\n"
		"      | ^\n"
		"      = help: write 'key: value'\n",
		"{a: 1, other: 1}"},
	    {"a: \"x\\qy\"\n",
		"f:1:6: error[C001]: there is no such escape\n"
		"    1 | a: \"x\\qy\"\n"
		"      |      ^\n"
		"      = help: in single quotes a backslash is just a backslash\n",
		"{}"},
	    {"a: *b\nc: [*d, 1]\n",
		"f:1:4: error[C002]: aliases are not read here\n"
		"    1 | a: *b\n"
		"      |    ^^\n"
		"      = help: write the value out, or put the text in quotes if it begins with "
		"'*'\n"
		"f:2:5: error[C002]: aliases are not read here\n"
		"    2 | c: [*d, 1]\n"
		"      |     ^^\n"
		"      = help: write the value out, or put the text in quotes if it begins with "
		"'*'\n",
		"{c: [1]}"},
	    {"a: !!int 3\n",
		"f:1:4: error[C003]: tags are not read here\n"
		"    1 | a: !!int 3\n"
		"      |    ^^^^^^^\n"
		"      = help: leave the tag out\n",
		"{a: 3}"},
	    {"a: 1\n---\nb: 2\n",
		"f:2:1: error[C004]: a second document begins here\n"
		"    2 | ---\n"
		"      | ^^^\n"
		"      = help: keep everything in one document\n",
		"{a: 1}"},
	    {"a: 1\nb:\n  c: 1\n  c: 2\na: 3\n",
		"f:4:3: error[C005]: this key is there twice\n"
		"    4 |   c: 2\n"
		"      |   ^\n"
		"      = help: keep one of the two\n"
		"f:5:1: error[C005]: this key is there twice\n"
		"    5 | a: 3\n"
		"      | ^\n"
		"      = help: keep one of the two\n",
		"{a: 1, b: {c: 1}}"},
	    {"? [x, y]\n: z\nb: 1\n",
		"f:1:3: error[C007]: a key must be a single word\n"
		"    1 | ? [x, y]\n"
		"      |   ^\n"
		"      = help: write 'key: value'\n",
		"{b: 1}"},
	    {"a: \x01\n",
		"f:1:4: error[C008]: there is a control character here\n"
		"    1 | a: ?\n"
		"      |    ^\n"
		"      = help: remove it\n",
		NULL},
	    {"a: caf\xE9\n",
		"f:1:7: error[C008]: this is not UTF-8 text\n"
		"    1 | a: caf\xEF\xBF\xBD\n"
		"      |       ^\n"
		"      = help: save the file as UTF-8\n",
		NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag_list *l = diag_list_new();
		struct yaml_doc *d = yaml_parse("f", slice_of(cases[i].text), l);
		struct buf out, tree;
		buf_init(&out, 10000);
		buf_init(&tree, 10000);
		diag_print(l, &out);
		if (strcmp(buf_str(&out), cases[i].want) != 0)
			fail_msg("'%s': got\n%s\nexpected\n%s", cases[i].text, buf_str(&out),
			    cases[i].want);
		assert_int_equal(d == NULL, cases[i].tree == NULL);
		if (d != NULL) {
			show(yaml_root(d), &tree);
			assert_string_equal(buf_str(&tree), cases[i].tree);
			assert_true(yaml_is_broken(d));
		}
		buf_fini(&out);
		buf_fini(&tree);
		yaml_doc_free(d);
		diag_list_free(l);
	}
}

static void
expect_one_finding(struct slice text, const char *code)
{
	struct diag_list *l = diag_list_new();
	struct yaml_doc *d = yaml_parse("f", text, l);

	assert_null(d);
	assert_int_equal(diag_kept(l), 1);
	assert_string_equal(diag_at(l, 0)->code, code);
	diag_list_free(l);
}

static void
ceilings_hold(void **state)
{
	static const char *const openings[] = {"[", "{a: ", "- ", "a:\n"};
	struct buf b;

	(void)state;
	buf_init(&b, 4 * YAML_TEXT_MAX);
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		buf_clear(&b);
		for (int depth = 0; depth < 100000; depth++) {
			/* Block style: every level one more to the right. */
			if (openings[i][0] == 'a' && depth < 40)
				buf_addf(&b, "%*s", depth, "");
			else if (openings[i][0] == 'a')
				break;
			buf_add_str(&b, openings[i]);
		}
		expect_one_finding(buf_slice(&b), "C006");
	}
	/* Sixteen levels are fine. */
	buf_clear(&b);
	for (int depth = 0; depth < YAML_DEPTH_MAX; depth++)
		buf_add_char(&b, '[');
	for (int depth = 0; depth < YAML_DEPTH_MAX; depth++)
		buf_add_char(&b, ']');
	struct diag_list *l = diag_list_new();
	struct yaml_doc *d = yaml_parse("f", buf_slice(&b), l);
	assert_non_null(d);
	assert_int_equal(diag_kept(l), 0);
	yaml_doc_free(d);
	diag_list_free(l);

	buf_clear(&b);
	for (int i = 0; i <= YAML_CHILDREN_MAX; i++)
		buf_addf(&b, "k%d: v\n", i);
	expect_one_finding(buf_slice(&b), "C009");

	buf_clear(&b);
	while (b.len <= YAML_TEXT_MAX)
		buf_add_str(&b, "# a long comment\n");
	expect_one_finding(buf_slice(&b), "C009");
	expect_one_finding(slice_make("a: \0", 4), "C008");
	buf_fini(&b);
}

static int
parse(void *cookie)
{
	struct diag_list *l = diag_list_new();
	int rc = -1;

	if (l == NULL)
		return -1;
	struct yaml_doc *d = yaml_parse("f", *(const struct slice *)cookie, l);
	if (d == NULL) {
		assert_int_equal(diag_count(l, DIAG_ERROR), 1);
	} else {
		rc = 0;
		assert_int_equal(yaml_root(d)->count, 300);
		assert_int_equal(yaml_get(yaml_root(d), "k299")->count, 2);
	}
	yaml_doc_free(d);
	diag_list_free(l);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	for (int i = 0; i < 300; i++)
		buf_addf(&b, "k%d:\n  - one\n  - two: three\n", i);
	struct slice text = buf_slice(&b);
	assert_true(faults_run(parse, &text, true) > 10);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trees_are_built_from_good_texts),
	    cmocka_unit_test(every_node_knows_its_bytes),
	    cmocka_unit_test(all_problems_are_found_with_place_and_advice),
	    cmocka_unit_test(ceilings_hold),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
