#include "core/post.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "tests/support/faults.h"

#define NOW_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define ARENA_MAX ((size_t)1024 * 1024)

static const char full_text[] =
    "{\"id\":\"https://mastodon.social/users/someone/statuses/112233\","
    "\"source\":\"mastodon\",\"url\":\"https://mastodon.social/@someone/112233\","
    "\"text\":\"I love \\\"acme\\\" coffee\\n\xE2\x98\x95\",\"lang\":\"en\","
    "\"created_at\":\"2026-11-21T09:59:58.123Z\",\"fetched_at\":\"2026-11-21T10:00:00Z\","
    "\"author\":{\"id\":\"https://mastodon.social/users/someone\","
    "\"handle\":\"@someone@mastodon.social\",\"name\":\"Some One\",\"followers\":1200,"
    "\"following\":80,\"posts\":4100,\"listed\":null,\"verified\":false,\"bot\":true,"
    "\"created_at\":\"2020-01-02T00:00:00Z\",\"bio\":\"hi\",\"url\":\"https://x.example\","
    "\"objects_to_profiling\":true},"
    "\"reply_to\":\"https://a/1\",\"repost_of\":null,\"quote_of\":\"https://a/2\","
    "\"thread\":\"https://a/0\",\"likes\":0,\"replies\":3,\"reposts\":null,"
    "\"tags\":[\"acme\",\"Coffee\"],\"mentions\":[\"@acme\"],\"place\":\"Berlin\","
    "\"deleted\":false,\"reply_handle\":{\"server\":\"https://mastodon.social\","
    "\"status_id\":\"112233\"}}";

static void
every_member_is_read_and_written_again(void **state)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct err err = {0};
	struct post p;
	struct buf out;
	size_t repaired = 9;

	(void)state;
	if (post_parse(slice_of(full_text), a, NOW_MS, &p, &repaired, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(repaired, 0);
	assert_true(slice_eq_str(p.text, "I love \"acme\" coffee\n\xE2\x98\x95"));
	assert_true(p.created_at_ms == NOW_MS - 1877 && p.fetched_at_ms == NOW_MS);
	assert_true(slice_eq_str(p.author.handle, "@someone@mastodon.social"));
	assert_true(p.author.followers == 1200 && p.author.listed == COUNT_UNKNOWN);
	assert_true(p.author.is_verified == TRI_NO && p.author.is_bot == TRI_YES);
	assert_true(p.author.objects_to_profiling);
	assert_true(p.likes == 0 && p.replies == 3 && p.reposts == COUNT_UNKNOWN);
	assert_int_equal(p.tags.count, 2);
	assert_true(slice_eq_str(p.tags.items[1], "Coffee"));
	assert_false(slice_is_set(p.repost_of));
	buf_init(&out, 10000);
	post_to_json(&p, &out);
	/* Members in another order; what they say is the same. */
	struct post again;
	if (post_parse(buf_slice(&out), a, 0, &again, NULL, &err) < 0)
		fail_msg("%s", err.text);
	struct buf twice;
	buf_init(&twice, 10000);
	post_to_json(&again, &twice);
	assert_string_equal(buf_str(&twice), buf_str(&out));
	/* Nothing of the input got lost on the way: every member is there, with its value. */
	struct json_doc *in_doc, *out_doc;
	assert_int_equal(json_parse(slice_of(full_text), &in_doc, NULL, NULL), 0);
	assert_int_equal(json_parse(buf_slice(&out), &out_doc, NULL, NULL), 0);
	static const char *const objects[] = {NULL, "author", "reply_handle"};
	for (size_t i = 0; i < 3; i++) {
		const struct json *in = json_root(in_doc), *written = json_root(out_doc);
		if (objects[i] != NULL) {
			in = json_get(in, objects[i]);
			written = json_get(written, objects[i]);
		}
		struct slice key;
		size_t pos = 0;
		const struct json *v;
		assert_int_equal(json_count(in), json_count(written));
		while ((v = json_next(in, &pos, &key)) != NULL) {
			char name[64];
			snprintf(name, sizeof(name), "%.*s", SLICE_ARG(key));
			const struct json *w = json_get(written, name);
			if (json_type(v) != json_type(w) || !slice_eq(json_str(v), json_str(w)))
				fail_msg("\"%s\" changed", name);
			int64_t m = 0, n = 0;
			assert_true(json_i64(v, &m) == json_i64(w, &n) && m == n);
		}
	}
	json_doc_free(in_doc);
	json_doc_free(out_doc);
	buf_fini(&out);
	buf_fini(&twice);
	arena_free(a);
}

static void
only_text_is_needed_and_the_rest_stays_unknown(void **state)
{
	static const char *const texts[] = {
	    "{\"text\":\"hi\"}",
	    ("{\"text\":\"hi\",\"author\":null,\"likes\":null,\"tags\":null,\"created_at\":null,"
	     "\"deleted\":null,\"id\":null,\"reply_handle\":null,\"place\":null}"),
	    "{\"text\":\"hi\",\"author\":{},\"tags\":[],\"unknown\":{\"a\":[1]},\"id\":\"\"}",
	    "{\"text\":\"hi\",\"author\":{\"id\":\"\",\"handle\":null},\"tags\":[null]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new(ARENA_MAX);
		struct post p;
		struct err err = {0};
		if (post_parse(slice_of(texts[i]), a, NOW_MS, &p, NULL, &err) < 0)
			fail_msg("%s: %s", texts[i], err.text);
		assert_true(slice_eq_str(p.text, "hi"));
		assert_true(slice_starts_with(p.id, "urn:earshot:"));
		assert_int_equal(p.id.len, strlen("urn:earshot:") + 32);
		assert_true(p.fetched_at_ms == NOW_MS && p.created_at_ms == TIME_UNKNOWN);
		assert_false(slice_is_set(p.author.id) || slice_is_set(p.author.handle));
		assert_true(p.likes == COUNT_UNKNOWN && p.author.followers == COUNT_UNKNOWN);
		assert_true(p.author.is_verified == TRI_UNKNOWN);
		assert_int_equal(p.tags.count + p.mentions.count, 0);
		arena_free(a);
	}
}

static void
a_deletion_needs_its_id_only(void **state)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct post p;

	(void)state;
	assert_int_equal(
	    post_parse(slice_of("{\"id\":\"x\",\"deleted\":true}"), a, NOW_MS, &p, NULL, NULL), 0);
	assert_true(p.is_deleted && slice_eq_str(p.id, "x") && !slice_is_set(p.text));
	arena_free(a);
}

static void
what_is_wrong_is_named_with_what_it_should_be(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"[]", "a post is a list, expected an object"},
	    {"\"x\"", "a post is a string, expected an object"},
	    {"{}", "\"text\" is missing, expected a string"},
	    {"{\"text\":null}", "\"text\" is null, expected a string"},
	    {"{\"text\":5}", "\"text\" is a number, expected a string"},
	    {"{\"text\":[\"a\"]}", "\"text\" is a list, expected a string"},
	    {"{\"text\":true}", "\"text\" is true or false, expected a string"},
	    {"{\"text\":{}}", "\"text\" is an object, expected a string"},
	    {"{\"text\":\"a\",\"id\":5}", "\"id\" is a number, expected a string"},
	    {"{\"deleted\":true}",
		"\"id\" is missing, expected a string: a deletion must say which post"},
	    {"{\"text\":\"a\",\"deleted\":\"yes\"}",
		"\"deleted\" is a string, expected true or false"},
	    {"{\"text\":\"a\",\"likes\":-1}", "\"likes\" is -1, expected 0 or more"},
	    {"{\"text\":\"a\",\"likes\":1.5}", "\"likes\" is 1.5, expected a whole number"},
	    {"{\"text\":\"a\",\"likes\":1e30}", "\"likes\" is 1e+30, expected a whole number"},
	    {"{\"text\":\"a\",\"likes\":\"5\"}", "\"likes\" is a string, expected a whole number"},
	    {"{\"text\":\"a\",\"created_at\":5}",
		"\"created_at\" is a number, expected a time such as \"2026-11-21T10:00:00Z\""},
	    {"{\"text\":\"a\",\"created_at\":\"yesterday\"}",
		"\"created_at\" is \"yesterday\", expected a time such as "
		"\"2026-11-21T10:00:00Z\""},
	    {"{\"text\":\"a\",\"created_at\":\"0123456789012345678901234567890123456789x\"}",
		"\"created_at\" is \"0123456789012345678901234567890123456789...\", expected a "
		"time such as \"2026-11-21T10:00:00Z\""},
	    {"{\"text\":\"a\",\"created_at\":\"1989-12-31T23:59:59Z\"}",
		"\"created_at\" is \"1989-12-31T23:59:59Z\", expected a time between 1990 and "
		"2200"},
	    {"{\"text\":\"a\",\"fetched_at\":\"2200-01-01T00:00:00Z\"}",
		"\"fetched_at\" is \"2200-01-01T00:00:00Z\", expected a time between 1990 and "
		"2200"},
	    {"{\"text\":\"a\",\"author\":\"me\"}", "\"author\" is a string, expected an object"},
	    {"{\"text\":\"a\",\"author\":{\"followers\":\"many\"}}",
		"\"author.followers\" is a string, expected a whole number"},
	    {"{\"text\":\"a\",\"author\":{\"bot\":1}}",
		"\"author.bot\" is a number, expected true or false"},
	    {"{\"text\":\"a\",\"tags\":\"acme\"}",
		"\"tags\" is a string, expected a list of strings"},
	    {"{\"text\":\"a\",\"tags\":[\"x\",5]}", "\"tags[1]\" is a number, expected a string"},
	    {"{\"text\":\"a\",\"mentions\":[[]]}", "\"mentions[0]\" is a list, expected a string"},
	    {"{\"text\":\"a\",\"reply_handle\":\"x\"}",
		"\"reply_handle\" is a string, expected an object"},
	    {"{\"text\":\"a\",\"text\":\"b\"}",
		"line 1, column 18: the same key twice in one object near '\"text\"'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new(ARENA_MAX);
		struct err err = {0};
		struct post p;
		int rc = post_parse(slice_of(cases[i].text), a, NOW_MS, &p, NULL, &err);
		if (rc != -1 || strcmp(err.text, cases[i].want) != 0)
			fail_msg("%s: %d '%s', expected '%s'", cases[i].text, rc, err.text,
			    cases[i].want);
		assert_int_equal(err.kind, ERR_INPUT);
		arena_free(a);
	}
}

static void
hostile_characters_are_replaced_and_counted(void **state)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct post p;
	size_t repaired = 0;

	(void)state;
	struct slice text = SLICE_LIT("{\"text\":\"a\\u0000b\\ud800\xFF\0\",\"tags\":[\"\xC3\"]}");
	assert_int_equal(post_parse(text, a, NOW_MS, &p, &repaired, NULL), 0);
	assert_int_equal(repaired, 5);
	assert_true(slice_eq_str(p.text,
	    "a\xEF\xBF\xBD"
	    "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
	assert_true(utf8_is_valid(p.tags.items[0]));
	/* A date in the future is kept, and does not count. */
	assert_int_equal(post_parse(slice_of("{\"text\":\"a\",\"created_at\":"
					     "\"2100-01-01T00:00:00Z\"}"),
			     a, NOW_MS, &p, NULL, NULL),
	    0);
	assert_true(p.created_at_ms > NOW_MS && post_event_at_ms(&p) == NOW_MS);
	arena_free(a);
}

/* {"text":"xxx...","<key>":"yyy..."} */
static void
long_post(struct buf *b, size_t text_len, const char *key, size_t value_len)
{
	buf_init(b, 4 * 1024 * 1024);
	buf_add_str(b, "{\"text\":\"");
	for (size_t i = 0; i < text_len; i++)
		buf_add_str(b, "\xC3\xA9");
	buf_addf(b, "\",\"%s\":\"", key);
	for (size_t i = 0; i < value_len; i++)
		buf_add_char(b, 'y');
	buf_add_str(b, "\"}");
	assert_false(buf_failed(b));
}

static void
what_is_too_long_is_cut_with_a_mark_or_refused(void **state)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct err err = {0};
	struct post p;
	struct buf b;

	(void)state;
	long_post(&b, POST_TEXT_MAX / 2, "id", POST_ID_MAX);
	assert_int_equal(post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, NULL), 0);
	assert_int_equal(p.text.len, POST_TEXT_MAX);
	assert_int_equal(p.id.len, POST_ID_MAX);
	assert_false(p.is_text_cut);
	buf_fini(&b);

	/* One byte before, so that the cut would fall into a character. */
	long_post(&b, POST_TEXT_MAX / 2 + 1, "place", POST_NAME_MAX + 1);
	b.ptr[9] = 'x';
	b.ptr[10] = '-';
	b.ptr[11] = 'x';
	b.ptr[12] = '-';
	assert_int_equal(post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, NULL), 0);
	assert_true(p.text.len <= POST_TEXT_MAX && p.text.len >= POST_TEXT_MAX - 1);
	assert_true(p.is_text_cut && utf8_is_valid(p.text));
	assert_int_equal(p.place.len, POST_NAME_MAX);
	struct buf out;
	struct post again;
	buf_init(&out, POST_JSON_MAX);
	post_to_json(&p, &out);
	assert_int_equal(post_parse(buf_slice(&out), a, NOW_MS, &again, NULL, NULL), 0);
	assert_true(again.is_text_cut && slice_eq(again.text, p.text));
	buf_fini(&out);
	buf_fini(&b);

	static const char *const ids[] = {
	    "id", "reply_to", "repost_of", "quote_of", "thread", "url"};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char want[128];
		long_post(&b, 1, ids[i], POST_ID_MAX + 1);
		assert_int_equal(post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, &err), -1);
		assert_int_equal(err.kind, ERR_LIMIT);
		snprintf(
		    want, sizeof(want), "\"%s\" has 2049 bytes, at most 2048 are accepted", ids[i]);
		assert_string_equal(err.text, want);
		buf_fini(&b);
	}

	long_post(&b, 1, "place", POST_JSON_MAX);
	assert_int_equal(post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

static void
lists_are_cut_at_their_ceiling(void **state)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct post p;
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	buf_add_str(&b, "{\"text\":\"a\",\"tags\":[null");
	for (int i = 0; i < POST_TAGS_MAX + 10; i++)
		buf_addf(&b, ",\"t%d\"", i);
	buf_add_str(&b, "]}");
	assert_int_equal(post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, NULL), 0);
	assert_int_equal(p.tags.count, POST_TAGS_MAX);
	assert_true(slice_eq_str(p.tags.items[0], "t0"));
	assert_true(slice_eq_str(p.tags.items[POST_TAGS_MAX - 1], "t63"));
	buf_fini(&b);
	arena_free(a);
}

static void
a_reply_handle_has_a_ceiling_too(void **state)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct err err = {0};
	struct post p;
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	buf_add_str(&b, "{\"text\":\"a\",\"reply_handle\":{\"k\":\"");
	for (int i = 0; i < POST_ID_MAX; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, "\"}}");
	assert_int_equal(post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

static void
members_can_be_written_beside_others(void **state)
{
	struct json_writer w;
	struct json_doc *doc;
	struct buf out;
	struct post p;

	(void)state;
	post_init(&p);
	p.text = SLICE_LIT("a");
	p.lang = SLICE_LIT("de");
	buf_init(&out, 10000);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	post_members_to_json(&p, false, &w);
	json_kv_cstr(&w, "lang", "en");
	json_object_end(&w);
	/* The reader refuses the same key twice. */
	assert_int_equal(json_parse(buf_slice(&out), &doc, NULL, NULL), 0);
	assert_true(slice_eq_str(json_get_str(json_root(doc), "lang"), "en"));
	json_doc_free(doc);
	buf_fini(&out);
}

static int
parse(void *cookie)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct err err = {0};
	struct post p;
	int rc = -1;

	if (a == NULL)
		return -1;
	rc = post_parse(slice_of(cookie), a, NOW_MS, &p, NULL, &err);
	if (rc < 0) {
		assert_int_equal(err.kind, ERR_NOMEM);
	} else {
		assert_int_equal(p.text.len, 3000);
		assert_int_equal(p.tags.count, 2);
		assert_true(slice_is_set(p.reply_handle));
	}
	arena_free(a);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	buf_add_str(&b, "{\"tags\":[\"a\",\"b\"],\"reply_handle\":{\"a\":\"b\"},\"text\":\"");
	for (int i = 0; i < 3000; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, "\"}");
	assert_true(faults_run(parse, b.ptr, true) >= 10);
	/* And when the post's own arena is too small. */
	for (size_t ceiling = 1; ceiling < 5000; ceiling += 100) {
		struct arena *a = arena_new(ceiling);
		struct err err = {0};
		struct post p;
		if (post_parse(buf_slice(&b), a, NOW_MS, &p, NULL, &err) < 0)
			assert_int_equal(err.kind, ERR_LIMIT);
		else
			assert_true(ceiling > 3000);
		arena_free(a);
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_member_is_read_and_written_again),
	    cmocka_unit_test(only_text_is_needed_and_the_rest_stays_unknown),
	    cmocka_unit_test(a_deletion_needs_its_id_only),
	    cmocka_unit_test(what_is_wrong_is_named_with_what_it_should_be),
	    cmocka_unit_test(hostile_characters_are_replaced_and_counted),
	    cmocka_unit_test(what_is_too_long_is_cut_with_a_mark_or_refused),
	    cmocka_unit_test(lists_are_cut_at_their_ceiling),
	    cmocka_unit_test(a_reply_handle_has_a_ceiling_too),
	    cmocka_unit_test(members_can_be_written_beside_others),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
