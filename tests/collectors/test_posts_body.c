#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/collector.h"
#include "collectors/posts_body.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"

#define NOW INT64_C(1795000000000)

static const struct {
	const char *body;
	const char *texts; /* of the posts, joined with | */
	const char *rejects; /* the reasons' beginnings, joined with | */
	const char *note;
} cases[] = {
    {"{\"text\":\"a\"}", "a", "", "one post"},
    {" \n{\n  \"text\": \"a\",\n  \"author\": {\"id\": \"x\"}\n}\n", "a", "",
	"one post on several lines"},
    {"[{\"text\":\"a\"},{\"text\":\"b\"}]", "a|b", "", "an array"},
    {"[\n {\"text\":\"a,]}\\\"\"} ,\n {\"text\":\"b\",\"tags\":[\"x\",\"y\"]}\n]\n", "a,]}\"|b", "",
	"brackets within strings"},
    {"[]", "", "", "an empty array"},
    {"[1,{\"text\":\"b\"},\"x\",null]", "b",
	"item 1: a post is a number|item 3: a post is a string|item 4: a post is null",
	"items that are no posts"},
    {"[{\"text\":\"a\"},]", "a", "item 2: ", "a comma too many"},
    {"{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "a|b", "", "NDJSON"},
    {"{\"text\":\"a\"}\r\n\r\n{\"text\":\"b\"}\r\n", "a|b", "", "NDJSON with CRLF and empty lines"},
    {"{\"text\":\"a\"\n{\"text\":\"b\"}\n{\"id\":\"x\"}\n", "b",
	"line 1: |line 3: \"text\" is missing", "a first line that is broken"},
    {"nonsense\n{\"text\":\"b\"}", "b", "line 1: ", "a line that is no JSON"},
    {"{\"text\":1}", "", "\"text\" is a number", "one post that is none"},
    {"\xEF\xBB\xBF{\"text\":\"a\"}", "a", "", "a byte order mark"},
    {"{\"text\":\"a\"} {\"text\":\"b\"}", "", "line 1: ", "two on one line"},
};

static void
expect_joined(const char *note, const char *what, const char *expected, size_t count,
    struct slice (*at)(const struct page *p, size_t i), const struct page *p)
{
	struct slice rest = slice_of(expected);
	size_t i = 0;

	if (expected[0] == '\0')
		rest = SLICE_NONE;
	for (; slice_is_set(rest); i++) {
		struct slice one = slice_split(&rest, '|');
		if (i >= count)
			fail_msg("%s: %s %zu is missing", note, what, i);
		struct slice got = at(p, i);
		if (got.len < one.len || memcmp(got.ptr, one.ptr, one.len) != 0)
			fail_msg("%s: %s %zu: expected '%.*s', got '%.*s'", note, what, i,
			    SLICE_ARG(one), SLICE_ARG(got));
	}
	if (i != count)
		fail_msg("%s: expected %zu %s, got %zu", note, i, what, count);
}

static struct slice
text_at(const struct page *p, size_t i)
{
	return p->posts[i].text;
}

static struct slice
reason_at(const struct page *p, size_t i)
{
	return p->rejects[i].reason;
}

static void
bodies_of_every_form_give_posts_and_rejects(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct page *p = page_new(SLICE_LIT("api"));
		struct err err = {0};
		size_t seen = 0;
		if (posts_parse_body(slice_of(cases[i].body), NOW, p, &seen, &err) < 0)
			fail_msg("%s: %s", cases[i].note, err.text);
		expect_joined(cases[i].note, "posts", cases[i].texts, p->count, text_at, p);
		expect_joined(
		    cases[i].note, "rejects", cases[i].rejects, p->reject_count, reason_at, p);
		assert_int_equal(seen, p->count + p->reject_count);
		page_free(p);
	}
}

static void
bodies_that_are_nothing_are_refused_as_a_whole(void **state)
{
	static const char *const bodies[] = {"", " \n\t", "[", "[{\"text\":\"a\"}",
	    "[{\"text\":\"a\"]", "[{\"text\":\"a\"}] x", "[1 2]x", "[\"a", "[[[["};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct page *p = page_new(SLICE_LIT("api"));
		struct err err = {0};
		if (posts_parse_body(slice_of(bodies[i]), NOW, p, NULL, &err) == 0)
			fail_msg("'%s' was taken", bodies[i]);
		assert_int_equal(err.kind, ERR_INPUT);
		page_free(p);
	}
}

static void
many_posts_take_several_pages(void **state)
{
	(void)state;
	for (int as_array = 0; as_array <= 1; as_array++) {
		struct buf body;
		struct posts_body *b = NULL;
		size_t seen = 0, posts = 0;
		int rc, pages = 0;
		buf_init(&body, 1 << 20);
		for (int i = 0; i < 1300; i++)
			buf_addf(&body, "%s{\"text\":\"n%d\"}",
			    as_array ? (i == 0 ? "[" : ",") : (i == 0 ? "" : "\n"), i);
		buf_add_str(&body, as_array ? "]\n" : "\n");
		assert_int_equal(posts_body_new(buf_slice(&body), NOW, &b, NULL), 0);
		do {
			struct page *p = page_new(SLICE_LIT("api"));
			char expected[16];
			rc = posts_body_next(b, p, &seen, NULL);
			assert_true(rc >= 0);
			snprintf(expected, sizeof(expected), "n%zu", posts);
			assert_true(slice_eq_str(p->posts[0].text, expected));
			posts += p->count;
			pages++;
			page_free(p);
		} while (rc > 0);
		assert_int_equal(posts, 1300);
		assert_int_equal(seen, 1300);
		assert_int_equal(pages, 3);
		struct page *one = page_new(SLICE_LIT("api"));
		struct err err = {0};
		assert_int_equal(posts_parse_body(buf_slice(&body), NOW, one, NULL, &err), -1);
		assert_int_equal(err.kind, ERR_LIMIT);
		page_free(one);
		posts_body_free(b);
		buf_fini(&body);
	}
}

static void
deep_nesting_and_giant_items_cost_only_themselves(void **state)
{
	struct buf body;
	struct page *p = page_new(SLICE_LIT("api"));

	(void)state;
	buf_init(&body, 16 << 20);
	for (int i = 0; i < 100000; i++)
		buf_add_char(&body, '[');
	for (int i = 0; i < 100000; i++)
		buf_add_char(&body, ']');
	buf_add_str(&body, "\n");
	struct slice deep = slice_make(buf_str(&body), body.len);
	struct err err = {0};
	assert_int_equal(posts_parse_body(deep, NOW, p, NULL, &err), 0);
	assert_int_equal(p->reject_count, 1);
	buf_clear(&body);
	buf_add_str(&body, "[{\"text\":\"");
	for (int i = 0; i < 10 * 1024 * 1024; i++)
		buf_add_char(&body, 'x');
	buf_add_str(&body, "\"},{\"text\":\"small\"}]");
	assert_int_equal(posts_parse_body(buf_slice(&body), NOW, p, NULL, NULL), 0);
	assert_int_equal(p->reject_count, 2);
	assert_int_equal(p->count, 1);
	assert_true(p->rejects[1].excerpt.len <= 200);
	assert_true(utf8_is_valid(p->rejects[1].excerpt));
	buf_fini(&body);
	page_free(p);
}

static void
every_allocation_may_fail(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (unsigned nth = 1;; nth++) {
			struct page *p = page_new(SLICE_LIT("api"));
			struct err err = {0};
			mem_fault_arm(nth, sticky);
			int rc = posts_parse_body(
			    SLICE_LIT(
				"[{\"text\":\"a\",\"tags\":[\"x\"]},{\"id\":1},{\"text\":\"b\"}]"),
			    NOW, p, NULL, &err);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc == 0)
				assert_int_equal(p->count, 2);
			else
				assert_int_equal(err.kind, ERR_NOMEM);
			page_free(p);
			if (!hit) {
				assert_int_equal(rc, 0);
				break;
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bodies_of_every_form_give_posts_and_rejects),
	    cmocka_unit_test(bodies_that_are_nothing_are_refused_as_a_whole),
	    cmocka_unit_test(many_posts_take_several_pages),
	    cmocka_unit_test(deep_nesting_and_giant_items_cost_only_themselves),
	    cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
