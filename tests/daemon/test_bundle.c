#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"

#include "daemon/bundle.h"
#include "tests/support/faults.h"
#include "tests/support/files.h"

#define ARENA_BYTES (4u * 1024 * 1024)

/* A working copy as marketing keeps it, with what editors leave in it. */
struct folder {
	char *dir, *rules, *templates;
};

static void
put(const char *dir, const char *name, const char *text)
{
	char *path = path_join(dir, name);

	support_write_text(path, text);
	mem_free(path);
}

static void
make_dir(const char *dir, const char *name)
{
	char *path = path_join(dir, name);

	assert_int_equal(mkdir(path, 0750), 0);
	mem_free(path);
}

static int
setup(void **state)
{
	struct folder *f = mem_zalloc(sizeof *f);

	assert_non_null(f);
	f->dir = temp_dir_new();
	make_dir(f->dir, "rules");
	make_dir(f->dir, "templates");
	f->rules = path_join(f->dir, "rules");
	f->templates = path_join(f->dir, "templates");
	put(f->rules, "b.rules", "# second\n");
	put(f->rules, "a.rules", "# first: \"quoted\", tab\there, ü\n");
	put(f->rules, "empty.rules", "");
	put(f->rules, ".a.rules.swp", "rubbish");
	put(f->rules, "a.rules~", "older");
	put(f->rules, "notes.txt", "not a rule");
	make_dir(f->templates, "sorry");
	make_dir(f->templates, "thanks");
	make_dir(f->templates, ".git");
	put(f->templates, "README", "not a template");
	put(f->templates, "sorry/template.yaml", "purpose: service\n");
	put(f->templates, "sorry/text.hbs", "Sorry, {{User.UserId}}");
	put(f->templates, "sorry/text.hbs~", "older");
	put(f->templates, "thanks/template.yaml", "purpose: service\n");
	put(f->templates, "thanks/reply.hbs", "Thanks");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct folder *f = *state;

	mem_free(f->rules);
	mem_free(f->templates);
	temp_dir_free(f->dir);
	mem_free(f);
	return 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static void
read_folder(const struct folder *f, struct arena *a, struct bundle *b)
{
	struct diag_list *diags = diag_list_new();
	struct err err = {ERR_NONE, ""};

	if (bundle_read(f->rules, NULL, 0, f->templates, a, diags, b, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(diag_count(diags, DIAG_ERROR), 0);
	diag_list_free(diags);
}

static void
a_folder_is_read_in_the_order_of_names_without_what_editors_leave(void **state)
{
	static const char *const rules[] = {"a.rules", "b.rules", "empty.rules"};
	static const char *const templates[][2] = {{"sorry", "template.yaml"},
	    {"sorry", "text.hbs"}, {"thanks", "reply.hbs"}, {"thanks", "template.yaml"}};
	struct arena *a = arena_new(ARENA_BYTES);
	struct bundle b;

	read_folder(*state, a, &b);
	assert_int_equal(b.rule_count, sizeof rules / sizeof *rules);
	for (size_t i = 0; i < b.rule_count; i++)
		assert_string_equal(base_name(b.rules[i].file), rules[i]);
	assert_int_equal(b.rules[2].text.len, 0);
	assert_int_equal(b.template_count, sizeof templates / sizeof *templates);
	for (size_t i = 0; i < b.template_count; i++) {
		assert_true(slice_eq_str(b.templates[i].template_id, templates[i][0]));
		assert_true(slice_eq_str(b.templates[i].name, templates[i][1]));
	}
	assert_true(slice_eq_str(b.templates[1].text, "Sorry, {{User.UserId}}"));
	arena_free(a);
}

static void
named_files_take_the_place_of_the_folder_and_missing_ones_are_findings(void **state)
{
	const struct folder *f = *state;
	struct arena *a = arena_new(ARENA_BYTES);
	struct diag_list *diags = diag_list_new();
	char *there = path_join(f->rules, "b.rules"), *missing = path_join(f->rules, "c.rules");
	const char *const paths[] = {there, missing};
	struct bundle b;

	assert_int_equal(bundle_read(f->rules, paths, 2, NULL, a, diags, &b, NULL), 0);
	assert_int_equal(b.rule_count, 1);
	assert_string_equal(b.rules[0].file, there);
	assert_int_equal(b.template_count, 0);
	assert_int_equal(diag_count(diags, DIAG_ERROR), 1);
	assert_string_equal(diag_at(diags, 0)->code, "R091");
	assert_string_equal(diag_at(diags, 0)->file, missing);
	mem_free(there);
	mem_free(missing);
	diag_list_free(diags);
	arena_free(a);
}

static void
folders_that_are_not_there_are_empty(void **state)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct bundle b;

	(void)state;
	assert_int_equal(
	    bundle_read("/nowhere/rules", NULL, 0, "/nowhere/templates", a, NULL, &b, NULL), 0);
	assert_int_equal(b.rule_count + b.template_count, 0);
	arena_free(a);
}

/* printed -> parsed -> printed: the same text, and the same fingerprint as the folder's. */
static void
what_is_printed_reads_back_as_the_same(void **state)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct bundle b, again;
	struct buf first, second;
	char hash[65], hash_again[65];
	struct err err = {ERR_NONE, ""};

	read_folder(*state, a, &b);
	buf_init(&first, ARENA_BYTES);
	buf_init(&second, ARENA_BYTES);
	bundle_print(&b, &first);
	if (bundle_parse(buf_slice(&first), a, &again, &err) < 0)
		fail_msg("%s\n%s", err.text, buf_str(&first));
	bundle_print(&again, &second);
	assert_string_equal(buf_str(&first), buf_str(&second));
	bundle_hash(&b, hash);
	bundle_hash(&again, hash_again);
	assert_string_equal(hash, hash_again);
	buf_fini(&first);
	buf_fini(&second);
	arena_free(a);
}

static void
the_fingerprint_tells_any_two_bundles_apart(void **state)
{
	static const struct {
		const char *json, *note;
	} cases[] = {
	    {"{}", "empty"},
	    {"{\"rules\":{\"a.rules\":\"\"}}", "an empty file"},
	    {"{\"rules\":{\"a.rules\":\"x\"}}", "a text"},
	    {"{\"rules\":{\"a.rulesx\":\"\"}}", "a byte moved from text to name"},
	    {"{\"rules\":{\"a.rules\":\"x\",\"b.rules\":\"\"}}", "one file more"},
	    {"{\"rules\":{\"b.rules\":\"\",\"a.rules\":\"x\"}}", "another order"},
	    {"{\"templates\":{\"rules\":{\"a.rules\":\"x\"}}}", "a template that looks like it"},
	    {"{\"templates\":{\"s\":{\"text.hbs\":\"x\"}}}", "a template"},
	    {"{\"templates\":{\"t\":{\"text.hbs\":\"x\"}}}", "another template's"},
	};
	enum {
		N = sizeof cases / sizeof *cases
	};
	char hash[N][65];
	struct arena *a = arena_new(ARENA_BYTES);

	(void)state;
	for (size_t i = 0; i < N; i++) {
		struct bundle b;

		assert_int_equal(bundle_parse(slice_of(cases[i].json), a, &b, NULL), 0);
		bundle_hash(&b, hash[i]);
		assert_int_equal(strlen(hash[i]), 64);
		for (size_t k = 0; k < i; k++)
			if (strcmp(hash[i], hash[k]) == 0)
				fail_msg(
				    "'%s' and '%s' look the same", cases[k].note, cases[i].note);
	}
	arena_free(a);
}

static void
what_is_no_bundle_is_refused_in_words(void **state)
{
	static const struct {
		const char *json, *expected, *note;
	} cases[] = {
	    {"", "", "nothing"},
	    {"{\"rules\":", "", "cut off"},
	    {"{\"rules\":{\"a.rules\":7}}", "map file names to texts", "a number"},
	    {"{\"rules\":{\"a.rules\":null}}", "map file names to texts", "null"},
	    {"{\"rules\":[\"x\"]}", "map file names to texts", "a list"},
	    {"{\"rules\":\"x\"}", "map file names to texts", "a text"},
	    {"{\"templates\":{\"s\":{\"text.hbs\":{}}}}", "must be a string", "an object"},
	    {"{\"templates\":{\"s\":[\"x\"]}}", "must map", "a template that is a list"},
	    {"{\"templates\":{\"s\":\"x\"}}", "must map", "a template that is a text"},
	    {"{\"templates\":[{\"text.hbs\":\"x\"}]}", "must map", "templates without ids"},
	    {"[]", "must be an object", "a list"},
	    {"{\"ruels\":{\"a.rules\":\"\"}}", "not \"ruels\"", "a slip"},
	};
	struct arena *a = arena_new(ARENA_BYTES);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {ERR_NONE, ""};
		struct bundle b;

		if (bundle_parse(slice_of(cases[i].json), a, &b, &err) != -1)
			fail_msg("%s: was taken: %s", cases[i].note, cases[i].json);
		if (err.kind != ERR_INPUT || strstr(err.text, cases[i].expected) == NULL)
			fail_msg("%s: expected '%s', found '%s'", cases[i].note, cases[i].expected,
			    err.text);
	}
	arena_free(a);
}

static int
read_and_print_once(void *cookie)
{
	const struct folder *f = cookie;
	struct arena *a = arena_new(ARENA_BYTES);
	struct diag_list *diags = diag_list_new();
	struct err err = {ERR_NONE, ""};
	struct bundle b, again;
	struct buf text;
	int rc = -1;

	buf_init(&text, ARENA_BYTES);
	if (a == NULL || diags == NULL)
		goto out;
	if (bundle_read(f->rules, NULL, 0, f->templates, a, diags, &b, &err) != 0)
		goto out;
	if (diag_count(diags, DIAG_ERROR) > 0) /* a file that could not be read is told */
		goto out;
	bundle_print(&b, &text);
	if (buf_failed(&text))
		goto out;
	rc = bundle_parse(buf_slice(&text), a, &again, &err);
	if (rc == 0)
		assert_int_equal(again.rule_count + again.template_count, 7);
out:
	buf_fini(&text);
	diag_list_free(diags);
	arena_free(a);
	return rc;
}

static void
without_memory_nothing_is_half_read(void **state)
{
	assert_true(faults_run(read_and_print_once, *state, true) > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_folder_is_read_in_the_order_of_names_without_what_editors_leave),
	    cmocka_unit_test(
		named_files_take_the_place_of_the_folder_and_missing_ones_are_findings),
	    cmocka_unit_test(folders_that_are_not_there_are_empty),
	    cmocka_unit_test(what_is_printed_reads_back_as_the_same),
	    cmocka_unit_test(the_fingerprint_tells_any_two_bundles_apart),
	    cmocka_unit_test(what_is_no_bundle_is_refused_in_words),
	    cmocka_unit_test(without_memory_nothing_is_half_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
