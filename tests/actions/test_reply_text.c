#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "actions/reply_text_internal.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "tests/support/faults.h"
#include "tests/support/files.h"

static void
names_of_accounts_are_letters_and_one_at(void **state)
{
	static const struct {
		const char *acct;
		bool is_good;
	} cases[] = {
	    {"bob", true},
	    {"bob_1.x-y", true},
	    {"bob@example.org", true},
	    {"bob@127.0.0.1:8001", true},
	    {"", false},
	    {"@bob", false},
	    {"bob@", false},
	    {"bob@a@b", false},
	    {"bob eve", false},
	    {"bob\n@eve", false},
	    {"bob@example.org @everyone", false},
	    {"b<b>", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (reply_acct_is_good(slice_of(cases[i].acct)) != cases[i].is_good)
			fail_msg("'%s'", cases[i].acct);
}

static void
a_mention_is_found_however_it_is_written(void **state)
{
	static const char *const domains[] = {"social.example", "", NULL, "example"};
	static const struct {
		const char *text, *acct;
		bool want;
	} cases[] = {
	    {"@bob hi", "bob", true},
	    {"hi @bob", "bob", true},
	    {"hi @BOB!", "bob", true},
	    {"hi @bob.", "bob", true},
	    {"(@bob)", "bob", true},
	    {"hi\n@bob", "bob", true},
	    {"@bob@social.example hi", "bob", true},
	    {"@bob@Example hi", "bob", true},
	    {"@bob@other.example hi", "bob", false},
	    {"@bobby hi", "bob", false},
	    {"@bo hi", "bob", false},
	    {"bob hi", "bob", false},
	    {"mail bob@bob", "bob", false},
	    {"x@bob", "bob", false},
	    {"https://social.example/@bob", "bob", false},
	    {"", "bob", false},
	    {"@", "bob", false},
	    {"@@bob", "bob", false},
	    {"@eve @bob", "bob", true},
	    {"@bob@far.example hi", "bob@far.example", true},
	    {"@bob@FAR.example, hi", "bob@far.example", true},
	    {"thanks @bob@far.example.", "bob@far.example", true},
	    {"@bob hi", "bob@far.example", false},
	    {"@bob@near.example hi", "bob@far.example", false},
	    {"@bob@far.example.org hi", "bob@far.example", false},
	    {"@bob@127.0.0.1:8001 hi", "bob@127.0.0.1:8001", true},
	    {"@bob hi", "bob@social.example", true},
	    {"@bob@example hi", "bob@social.example", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (reply_text_mentions(slice_of(cases[i].text), slice_of(cases[i].acct), domains,
			4) != cases[i].want)
			fail_msg("'%s' for '%s'", cases[i].text, cases[i].acct);
}

static void
length_counts_as_the_network_counts(void **state)
{
	static const struct {
		const char *text;
		size_t want;
	} cases[] = {
	    {"", 0},
	    {"hello", 5},
	    {"line\nline", 9},
	    {"line\r\nline", 9},
	    {"\xc3\xbc\xc3\xb6", 2},
	    {"u\xcc\x88", 1}, /* u and a combining mark */
	    {"\xf0\x9f\x98\x80", 1},
	    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", 1}, /* thumb with skin tone */
	    {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", 1}, /* woman, joiner, rocket */
	    {"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xa9\xf0\x9f\x87\xb0", 2}, /* two flags */
	    {"https://example.org/a/very/long/path/that/goes/on/and/on", 23},
	    {"see http://x.example/ now", 4 + 23 + 4},
	    {"see (https://x.example).", 5 + 23 + 2},
	    {"https://", 8},
	    {"@bob@far.example hi", 4 + 3},
	    {"@bob hi", 7},
	    {"mail bob@far.example", 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (reply_text_count(slice_of(cases[i].text), 23) != cases[i].want)
			fail_msg("'%s': have %zu, want %zu", cases[i].text,
			    reply_text_count(slice_of(cases[i].text), 23), cases[i].want);
	assert_int_equal(reply_text_count(SLICE_LIT("https://x.example"), 32), 32);
}

static void
a_post_of_ours_is_known_again_whatever_the_server_made_of_it(void **state)
{
	static const struct {
		const char *text, *content;
		bool want;
	} cases[] = {
	    {"@bob hi there", "<p>@<span>bob</span> hi there</p>", true},
	    {"@bob hi there",
		"<p><span class=\"h-card\"><a "
		"href=\"https://x.example/@bob\">@<span>bob</span></a></span> hi "
		"there</p>",
		true},
	    {"@bob@far.example hi", "<p>@bob hi</p>", true},
	    {"@bob hi", "<p>@bob@far.example hi<br></p>", true},
	    {"one\n\ntwo", "<p>one</p><p>two</p>", true},
	    {"one two", "<p>onetwo</p>", true},
	    {"5 < 6 & \"7\" > 3", "<p>5 &lt; 6 &amp; &quot;7&quot; &gt; 3</p>", true},
	    {"it's", "<p>it&#39;s</p>", true},
	    {"caf\xc3\xa9", "<p>caf&#233;</p>", true},
	    {"caf\xc3\xa9", "<p>caf&#xE9;</p>", true},
	    {"&amp; stays", "<p>&amp;amp; stays</p>", true},
	    {"a -- b", "<p>a \xe2\x80\x93 b</p>", true},
	    {"see https://x.example/page?a=1&b=2 now",
		"<p>see <a href=\"https://x.example/page?a=1&amp;b=2\"><span "
		"class=\"invisible\">https://</span>"
		"<span class=\"ellipsis\">x.example/page</span><span "
		"class=\"invisible\">?a=1&amp;b=2</span></a> "
		"now</p>",
		true},
	    {"#Acme rocks", "<p><a href=\"x\">#<span>acme</span></a> rocks</p>", true},
	    {"hi there", "<p>hi where</p>", false},
	    {"hi there", "<p>hi</p>", false},
	    {"hi", "<p>hi there</p>", false},
	    {"caf\xc3\xa9", "<p>cafe</p>", false},
	    {"hi", "", false},
	    {"a<b", "<p>a</p", false},
	    {"x", "<p>x<", true},
	    {"x", "<p>x&", true},
	    {"x", "<p>x&#;", true},
	    {"x", "<p>x&#9999999;", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (reply_text_is_same(slice_of(cases[i].text), slice_of(cases[i].content), true) !=
		    cases[i].want)
			fail_msg("'%s' and '%s'", cases[i].text, cases[i].content);
}

/* Answers of a real server, recorded. */
static void
recorded_posts_are_known_again(void **state)
{
	static const char *const names[] = {"status_create", "status_reply"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct json_doc *doc, *body;
		const struct json *root;
		char path[200], *text;
		size_t len;

		snprintf(
		    path, sizeof path, "../shared/samples/mastodon_gotosocial/%s.json", names[i]);
		text = support_read(path, &len);
		if (text == NULL) {
			print_message("%s is not there\n", path);
			mem_free(text);
			skip();
		}
		assert_int_equal(json_parse(slice_make(text, len), &doc, NULL, NULL), 0);
		root = json_root(doc);
		assert_int_equal(
		    json_parse(json_get_str(json_get(root, "request"), "body"), &body, NULL, NULL),
		    0);
		assert_int_equal(
		    reply_text_is_same(json_get_str(json_root(body), "status"),
			json_get_str(json_get(json_get(root, "response"), "body"), "content"),
			true),
		    1);
		json_doc_free(body);
		json_doc_free(doc);
		mem_free(text);
	}
}

static int
compare(void *cookie)
{
	(void)cookie;
	return reply_text_is_same(SLICE_LIT("hello world, this is text"),
		   SLICE_LIT("<p>hello <b>world</b>, this is text</p>"), true) == 1
	    ? 0
	    : -1;
}

static int
compare_others(void *cookie)
{
	int same = reply_text_is_same(SLICE_LIT("hello"), SLICE_LIT("<p>bye</p>"), true);

	(void)cookie;
	assert_true(same == 0 || (same == -1 && mem_fault_hit()));
	return same;
}

static void
without_memory_two_texts_are_neither_same_nor_different(void **state)
{
	(void)state;
	assert_true(faults_run(compare, NULL, true) >= 2);
	assert_true(faults_run(compare_others, NULL, true) >= 2);
}

static void
the_longest_texts_take_no_time(void **state)
{
	static const char *const bits[] = {
	    "@", "<", "&", "@a@", "https://", "<p>", "&#", "\xf0\x9f\x91\x8d"};
	size_t size = 200000;
	char *text = mem_alloc(size + 16);

	(void)state;
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
		size_t len = 0;
		struct buf out;

		while (len < size) {
			memcpy(text + len, bits[i], strlen(bits[i]));
			len += strlen(bits[i]);
		}
		(void)reply_text_count(slice_make(text, len), 23);
		(void)reply_text_mentions(slice_make(text, len), SLICE_LIT("bob"), NULL, 0);
		buf_init(&out, 1 << 20);
		reply_text_add_essence(&out, slice_make(text, len), true);
		buf_fini(&out);
	}
	mem_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_accounts_are_letters_and_one_at),
	    cmocka_unit_test(a_mention_is_found_however_it_is_written),
	    cmocka_unit_test(length_counts_as_the_network_counts),
	    cmocka_unit_test(a_post_of_ours_is_known_again_whatever_the_server_made_of_it),
	    cmocka_unit_test(recorded_posts_are_known_again),
	    cmocka_unit_test(without_memory_two_texts_are_neither_same_nor_different),
	    cmocka_unit_test(the_longest_texts_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
