#include "tests/collectors/samples.h"

#include "collectors/mastodon_parse.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"

#define NOW INT64_C(1795000000000)

static struct arena *a;
static struct json_doc *doc;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new(64 << 20);
	doc = NULL;
	return a == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	json_doc_free(doc);
	arena_free(a);
	return 0;
}

#define assert_text(got, expected)                                                                 \
	do {                                                                                       \
		struct slice got_ = (got);                                                         \
		if (!slice_eq_str(got_, expected))                                                 \
			fail_msg("expected '%s', got '%.*s'", expected, SLICE_ARG(got_));          \
	} while (0)

#define ACCOUNT                                                                                    \
	"\"account\":{\"acct\":\"jo\",\"uri\":\"https://m.example/users/jo\",\"url\":\"https://"   \
	"m.example/@jo\"}"
#define STATUS(more)                                                                               \
	"{\"id\":\"1\",\"uri\":\"https://m.example/s/1\",\"visibility\":\"public\"," more "}"

/* The answer of mastodon_parse_status(). */
static int
parse(const char *text, struct mastodon_status *st, struct err *err)
{
	struct mastodon_context ctx = {SLICE_LIT("https://m.example"), NOW, NULL};

	json_doc_free(doc);
	doc = NULL;
	if (json_parse(slice_of(text), &doc, NULL, err) < 0)
		fail_msg("%s: %s", text, err->text);
	return mastodon_parse_status(json_root(doc), &ctx, a, st, err);
}

static struct post
post_of(const char *text)
{
	struct mastodon_status st;
	struct err err = {0};

	if (parse(text, &st, &err) != 1)
		fail_msg("%s: %s", text, err.text);
	return st.post;
}

static void
all_fields_are_taken(void **state)
{
	(void)state;
	struct post p = post_of(
	    "{\"id\":\"11\",\"uri\":\"https://r.example/s/1\",\"url\":\"https://r.example/@al/1\","
	    "\"created_at\":\"2026-11-21T10:00:00.123Z\",\"visibility\":\"unlisted\",\"language\":"
	    "\"de\","
	    "\"spoiler_text\":\"About <b>coffee</b>\",\"content\":\"<p>Hallo <span class='h-card'>"
	    "<a href='https://m.example/@jo' class='u-url mention'>@<span>jo</span></a></span></p>"
	    "<p>bad &amp; "
	    "cold</p>\",\"replies_count\":1,\"reblogs_count\":2,\"favourites_count\":3,"
	    "\"in_reply_to_id\":\"99\",\"tags\":[{\"name\":\"acme\"},{\"name\":\"kaffee\"}],"
	    "\"mentions\":[{\"acct\":\"jo\"},{\"acct\":\"bo@x.example\"}],"
	    "\"quote\":{\"state\":\"accepted\",\"quoted_status\":{\"uri\":\"https://q.example/s/"
	    "5\"}},"
	    "\"account\":{\"acct\":\"al@r.example\",\"uri\":\"https://r.example/users/al\","
	    "\"url\":\"https://r.example/@al\",\"display_name\":\"Al "
	    ":acme:\",\"note\":\"<p>Bio</p>\","
	    "\"followers_count\":120,\"following_count\":0,\"statuses_count\":-1,"
	    "\"created_at\":\"2020-01-02T00:00:00.000Z\",\"bot\":true,"
	    "\"fields\":[{\"name\":\"w\",\"value\":\"x\",\"verified_at\":\"2021-01-01T00:00:00Z\"}]"
	    "}}");
	assert_text(p.id, "https://r.example/s/1");
	assert_text(p.url, "https://r.example/@al/1");
	assert_text(p.text, "About coffee\nHallo @jo\nbad & cold");
	assert_text(p.lang, "de");
	assert_text(p.source, "mastodon");
	assert_int_equal(p.created_at_ms, INT64_C(1795255200123));
	assert_int_equal(p.fetched_at_ms, NOW);
	assert_int_equal(p.replies, 1);
	assert_int_equal(p.reposts, 2);
	assert_int_equal(p.likes, 3);
	assert_text(p.reply_to, "https://m.example/api/v1/statuses/99");
	assert_text(p.quote_of, "https://q.example/s/5");
	assert_int_equal(p.tags.count, 2);
	assert_text(p.tags.items[1], "kaffee");
	assert_text(p.mentions.items[0], "@jo@m.example");
	assert_text(p.mentions.items[1], "@bo@x.example");
	assert_text(p.author.id, "https://r.example/users/al");
	assert_text(p.author.url, "https://r.example/@al");
	assert_text(p.author.handle, "@al@r.example");
	assert_text(p.author.name, "Al :acme:");
	assert_text(p.author.bio, "Bio");
	assert_int_equal(p.author.followers, 120);
	assert_int_equal(p.author.following, 0);
	assert_int_equal(p.author.posts, COUNT_UNKNOWN);
	assert_int_equal(p.author.listed, COUNT_UNKNOWN);
	assert_int_equal(p.author.is_bot, TRI_YES);
	assert_int_equal(p.author.is_verified, TRI_YES);
	assert_int_equal(p.author.created_at_ms, INT64_C(1577923200000));
	assert_false(p.author.objects_to_profiling);
	assert_text(p.reply_handle,
	    "{\"server\":\"https://"
	    "m.example\",\"status_id\":\"11\",\"acct\":\"al@r.example\",\"uri\":\"https://"
	    "r.example/s/1\"}");
}

static void
what_is_missing_stays_unknown(void **state)
{
	(void)state;
	struct post p = post_of(STATUS("\"content\":\"\"," ACCOUNT));
	assert_text(p.text, "");
	assert_text(p.url, "https://m.example/s/1");
	assert_false(slice_is_set(p.lang));
	assert_false(slice_is_set(p.reply_to));
	assert_int_equal(p.likes, COUNT_UNKNOWN);
	assert_int_equal(p.created_at_ms, TIME_UNKNOWN);
	assert_int_equal(p.author.followers, COUNT_UNKNOWN);
	assert_int_equal(p.author.is_bot, TRI_UNKNOWN);
	assert_int_equal(p.author.is_verified, TRI_UNKNOWN);
	assert_text(p.author.handle, "@jo@m.example");
}

static void
objections_are_seen_wherever_people_write_them(void **state)
{
	static const struct {
		const char *more;
		bool objects;
	} cases[] = {
	    {"\"note\":\"<p>Hi. <a href='x'>#<span>NoBot</span></a></p>\"", true},
	    {"\"note\":\"#nobots please\"", true},
	    {"\"note\":\"#noindex\"", true},
	    {"\"note\":\"#nobotany here\"", false},
	    {"\"note\":\"no bot\"", false},
	    {"\"noindex\":true", true},
	    {"\"noindex\":false,\"indexable\":false", false},
	    {"\"fields\":[{\"name\":\"rules\",\"value\":\"#nobot\"}]", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		    STATUS("\"content\":\"x\",\"account\":{\"acct\":\"a\",\"url\":\"https://x/"
			   "a\",%s}"),
		    cases[i].more);
		struct post p = post_of(text);
		if (p.author.objects_to_profiling != cases[i].objects)
			fail_msg("%s", cases[i].more);
		assert_text(p.author.id, "https://x/a");
	}
}

static void
only_open_statuses_are_taken(void **state)
{
	static const struct {
		const char *visibility;
		int rc;
	} cases[] = {{"public", 1}, {"unlisted", 1}, {"private", 0}, {"direct", 0}, {"local", 0}};
	struct mastodon_status st;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		    "{\"id\":\"1\",\"uri\":\"https://m.example/"
		    "1\",\"visibility\":\"%s\",\"content\":\"x\"," ACCOUNT "}",
		    cases[i].visibility);
		assert_int_equal(parse(text, &st, &err), cases[i].rc);
	}
	assert_int_equal(parse(STATUS("\"content\":\"\"," ACCOUNT
				      ",\"reblog\":{\"id\":\"2\",\"visibility\":\"private\"}"),
			     &st, &err),
	    0);
}

static void
what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	    {"5", "a status is a number"},
	    {"{}", "\"id\" is missing"},
	    {"{\"id\":\"1\",\"visibility\":\"public\"}", "\"uri\" is missing"},
	    {STATUS("\"content\":\"x\""), "\"account\" is missing"},
	    {STATUS("\"content\":\"x\",\"account\":{}"), "neither \"uri\" nor \"url\""},
	    {STATUS(ACCOUNT), "\"content\" is missing"},
	    {STATUS("\"content\":5," ACCOUNT), "\"content\" is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mastodon_status st;
		struct err err = {0};
		assert_int_equal(parse(cases[i].text, &st, &err), -1);
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("%s: '%s'", cases[i].text, err.text);
	}
}

static void
pictures_without_words_give_their_descriptions(void **state)
{
	(void)state;
	struct post p = post_of(STATUS("\"content\":\"<p></p>\"," ACCOUNT
				       ",\"media_attachments\":[{\"description\":\"A cold cup\"},"
				       "{\"description\":null},{\"description\":\"A queue\"}]"));
	assert_text(p.text, "A cold cup\nA queue");
	p = post_of(STATUS("\"content\":\"<p>look</p>\"," ACCOUNT
			   ",\"media_attachments\":[{\"description\":\"A cold cup\"}]"));
	assert_text(p.text, "look");
}

static void
two_servers_give_one_id(void **state)
{
	static const char text[] =
	    "{\"id\":\"%s\",\"uri\":\"https://o.example/users/al/statuses/"
	    "1\",\"visibility\":\"public\","
	    "\"content\":\"x\",\"account\":{\"id\":\"%s\",\"acct\":\"%s\","
	    "\"uri\":\"https://o.example/users/al\",\"url\":\"https://o.example/@al\"}}";
	char there[600], here[600];

	(void)state;
	snprintf(there, sizeof(there), text, "111", "1", "al");
	snprintf(here, sizeof(here), text, "01ABC", "zz", "al@o.example");
	struct post one = post_of(there);
	struct post two = post_of(here);
	assert_true(slice_eq(one.id, two.id));
	assert_true(slice_eq(one.author.id, two.author.id));
}

static void
parents_on_the_same_page_are_known_by_their_global_id(void **state)
{
	struct mastodon_context ctx = {SLICE_LIT("https://m.example"), NOW, NULL};
	struct mastodon_status st;
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    json_parse(
		SLICE_LIT("[{\"id\":\"2\",\"uri\":\"https://m.example/s/2\",\"visibility\":"
			  "\"public\",\"content\":\"re\",\"in_reply_to_id\":\"1\"," ACCOUNT "},"
			  "{\"id\":\"1\",\"uri\":\"https://o.example/s/1\"}]"),
		&doc, NULL, NULL),
	    0);
	ctx.page = json_root(doc);
	assert_int_equal(mastodon_parse_status(json_at(ctx.page, 0), &ctx, a, &st, &err), 1);
	assert_text(st.post.reply_to, "https://o.example/s/1");
}

static void
links_of_pages_are_read(void **state)
{
	static const char header[] =
	    "<https://m.example/api/v1/timelines/tag/x?limit=2&max_id=01M80%2BE>; rel=\"next\", "
	    "<https://m.example/api/v1/timelines/tag/x?min_id=77&limit=2>; rel=\"prev\"";

	(void)state;
	assert_text(mastodon_link_param(slice_of(header), "next", "max_id", a), "01M80+E");
	assert_text(mastodon_link_param(slice_of(header), "prev", "min_id", a), "77");
	assert_false(slice_is_set(mastodon_link_param(slice_of(header), "last", "max_id", a)));
	assert_false(slice_is_set(mastodon_link_param(slice_of(header), "next", "min_id", a)));
	assert_false(slice_is_set(mastodon_link_param(SLICE_NONE, "next", "max_id", a)));
	assert_false(slice_is_set(mastodon_link_param(SLICE_LIT("<<>>;;,,<"), "next", "x", a)));
	assert_false(slice_is_set(
	    mastodon_link_param(SLICE_LIT("<http://x/>; rel=\"next\""), "next", "max_id", a)));
}

static void
hosts_are_cut_out_of_addresses(void **state)
{
	(void)state;
	assert_text(mastodon_host(SLICE_LIT("https://m.example")), "m.example");
	assert_text(mastodon_host(SLICE_LIT("http://localhost:8001/x/y")), "localhost:8001");
	assert_text(mastodon_host(SLICE_LIT("m.example")), "m.example");
}

/* --- recorded answers ------------------------------------------------------- */

static int sample_statuses;

static void
try_statuses(const char *name, const struct json *v, const struct mastodon_context *ctx)
{
	struct mastodon_status st;
	struct err err = {0};
	const struct json *child;
	struct slice key;
	size_t pos = 0;

	if (json_type(v) == JSON_ARRAY)
		for (size_t i = 0; i < json_count(v); i++)
			try_statuses(name, json_at(v, i), ctx);
	if (json_type(v) != JSON_OBJECT)
		return;
	if (json_type(json_get(v, "content")) == JSON_STRING &&
	    json_type(json_get(v, "account")) == JSON_OBJECT) {
		sample_statuses++;
		if (mastodon_parse_status(v, ctx, a, &st, &err) < 0)
			fail_msg("%s: %s", name, err.text);
		assert_true(slice_eq(st.post.id, json_get_str(v, "uri")));
		assert_true(slice_eq(st.post.author.id,
		    json_get_str(json_get(v, "account"), "uri").len > 0
			? json_get_str(json_get(v, "account"), "uri")
			: json_get_str(json_get(v, "account"), "url")));
		assert_true(utf8_is_valid(st.post.text));
		assert_null(memchr(st.post.text.ptr, '<', st.post.text.len));
		assert_true(st.post.created_at_ms > 0);
		assert_true(slice_starts_with(st.post.author.handle, "@"));
		return;
	}
	while ((child = json_next(v, &pos, &key)) != NULL)
		try_statuses(name, child, ctx);
}

static void
visit(void *cookie, const char *dir, const char *name)
{
	struct mastodon_context ctx = {SLICE_LIT("http://localhost:3000"), NOW, NULL};
	struct json_doc *sample = NULL;
	struct err err = {0};
	struct buf b;

	(void)cookie;
	if (json_parse(sample_load(dir, name, &b), &sample, NULL, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	try_statuses(name, json_get(json_root(sample), "response"), &ctx);
	json_doc_free(sample);
	buf_fini(&b);
}

static void
recorded_statuses_of_three_servers_are_read(void **state)
{
	(void)state;
	sample_statuses = 0;
	if (!sample_each("mastodon", ".json", visit, NULL) ||
	    !sample_each("mastodon_gotosocial", ".json", visit, NULL) ||
	    !sample_each("mastodon_snac", ".json", visit, NULL))
		skip();
	print_message("%d statuses\n", sample_statuses);
	assert_true(sample_statuses >= 15);
}

static void
a_recorded_timeline_gives_what_it_says(void **state)
{
	struct mastodon_context ctx = {SLICE_LIT("http://localhost:8082"), NOW, NULL};
	struct mastodon_status st;
	struct err err = {0};
	struct buf b;

	(void)state;
	if (!sample_has("mastodon_gotosocial"))
		skip();
	assert_int_equal(json_parse(sample_load("mastodon_gotosocial", "tag_timeline_p1.json", &b),
			     &doc, NULL, &err),
	    0);
	buf_fini(&b);
	const struct json *response = json_get(json_root(doc), "response");
	ctx.page = json_get(response, "body");
	assert_int_equal(mastodon_parse_status(json_at(ctx.page, 0), &ctx, a, &st, &err), 1);
	assert_text(st.id, "01M80E24RDMSZF9MA5TRXQYE23");
	assert_text(
	    st.post.id, "http://localhost:8082/users/dave/statuses/01M80E24RDMSZF9MA5TRXQYE23");
	assert_text(st.post.text, "streamed #acmebrand");
	assert_text(st.post.author.handle, "@dave@localhost:8082");
	assert_text(mastodon_link_param(
			json_get_str(json_get(response, "headers"), "link"), "next", "max_id", a),
	    "01M80E23KXH8S29DFVC2E1TW1B");
}

static void
every_allocation_may_fail(void **state)
{
	struct mastodon_context ctx = {SLICE_LIT("https://m.example"), NOW, NULL};

	(void)state;
	assert_int_equal(
	    json_parse(
		SLICE_LIT(STATUS("\"content\":\"<p>x &amp; y</p>\",\"spoiler_text\":\"s\","
				 "\"tags\":[{\"name\":\"a\"}],\"mentions\":[{\"acct\":\"b\"}],"
				 "\"in_reply_to_id\":\"3\",\"language\":\"en\"," ACCOUNT)),
		&doc, NULL, NULL),
	    0);
	for (int sticky = 0; sticky <= 1; sticky++)
		for (unsigned nth = 1;; nth++) {
			struct arena *own = NULL;
			struct mastodon_status st;
			struct err err = {0};
			int rc = -1;
			mem_fault_arm(nth, sticky);
			own = arena_new(1 << 20);
			if (own != NULL)
				rc = mastodon_parse_status(json_root(doc), &ctx, own, &st, &err);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc < 0 && own != NULL)
				assert_int_equal(err.kind, ERR_NOMEM);
			if (rc == 1)
				assert_text(st.post.text, "s\nx & y");
			arena_free(own);
			if (!hit) {
				assert_int_equal(rc, 1);
				break;
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_fields_are_taken),
	    cmocka_unit_test(what_is_missing_stays_unknown),
	    cmocka_unit_test(objections_are_seen_wherever_people_write_them),
	    cmocka_unit_test(only_open_statuses_are_taken),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(pictures_without_words_give_their_descriptions),
	    cmocka_unit_test(two_servers_give_one_id),
	    cmocka_unit_test(parents_on_the_same_page_are_known_by_their_global_id),
	    cmocka_unit_test(links_of_pages_are_read),
	    cmocka_unit_test(hosts_are_cut_out_of_addresses),
	    cmocka_unit_test(recorded_statuses_of_three_servers_are_read),
	    cmocka_unit_test(a_recorded_timeline_gives_what_it_says),
	    cmocka_unit_test(every_allocation_may_fail),
	};
	struct CMUnitTest with_set_up[sizeof(tests) / sizeof(tests[0])];

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		with_set_up[i] = tests[i];
		with_set_up[i].setup_func = set_up;
		with_set_up[i].teardown_func = tear_down;
	}
	return cmocka_run_group_tests(with_set_up, NULL, NULL);
}
