#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/html.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"

static const struct {
	const char *html, *text, *note;
} cases[] = {
    {"", "", "nothing"},
    {"plain", "plain", "no markup"},
    {"<p>one</p><p>two</p>", "one\ntwo", "block ends are line breaks"},
    {"one<br>two<br/>three", "one\ntwo\nthree", "br"},
    {"one<br><br><br>two", "one\n\ntwo", "at most one empty line"},
    {"<p>one<br></p><p>two</p>", "one\ntwo", "a br before a block's end adds nothing"},
    {"<div><div><p>x</p></div></div>", "x", "no breaks at the edges"},
    {"  a \n\t b  ", "a b", "white space is folded"},
    {"a&nbsp;b", "a b", "a hard space is a space"},
    {"<b>bo</b>ld", "bold", "inline markup leaves no gap"},
    {"AT&amp;T &lt;b&gt; &quot;q&quot; &#39;s&#x27; &apos;", "AT&T <b> \"q\" 's' '", "entities"},
    {"&amp;lt;b&amp;gt;", "&lt;b&gt;", "entities are decoded once"},
    {"&lt;b>x&lt;/b> & y", "<b>x</b> & y", "bare > and & are what they are"},
    {"AT&T, R&D; a && b &nosuch; &", "AT&T, R&D; a && b &nosuch; &", "no entities"},
    {"1 < 2 and 3 > 2, I <3 you", "1 < 2 and 3 > 2, I <3 you", "bare <"},
    {"fish &amp chips &ltd", "fish & chips &ltd", "missing semicolon"},
    {"&eacute;&euro;&hellip;", "\xC3\xA9\xE2\x82\xAC\xE2\x80\xA6", "named entities"},
    {"&#128;&#146;&#0;&#xD800;&#x110000;",
	"\xE2\x82\xAC\xE2\x80\x99\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
	"numbers that are no characters"},
    {"&#x1F600;", "\xF0\x9F\x98\x80", "beyond the first plane"},
    {"&#99999999999999999999;", "\xEF\xBF\xBD", "a number out of range"},
    {"a<script>var x = '<p>no</p>';</script>b<style>p{}</style>c", "abc", "script and style go"},
    {"a<SCRIPT>x</ScRiPt >b", "ab", "in any case"},
    {"a<script>never closed", "a", "an unclosed script takes the rest"},
    {"<head><title>t</title></head>x", "x", "the head goes"},
    {"<noscript>no</noscript>yes<svg><text>no</text></svg>", "yes", "so does what is not read"},
    {"a<svg>b", "ab", "an unclosed svg does not"},
    {"a<!-- <p>no</p> -->b", "ab", "comments go"},
    {"a<!-- never closed", "a", "unclosed comments too"},
    {"<!DOCTYPE html>a<?php x ?>b", "ab", "declarations go"},
    {"<![CDATA[a]]", "a]]", "a CDATA mark goes"},
    {"<p title='a>b' class=x>c</p>", "c", "a > in an attribute"},
    {"<a href=\"https://e.example/\">text</a>", "text", "a link shows its text"},
    {"<p>see <a href=\"https://example.com/a/long/path?x=1&amp;y=2\" rel=\"nofollow\">"
     "<span class=\"invisible\">https://</span><span class=\"ellipsis\">example.com/a/lo</span>"
     "<span class=\"invisible\">ng/path?x=1&amp;y=2</span></a> now</p>",
	"see https://example.com/a/long/path?x=1&y=2 now", "a shortened link shows its target"},
    {"<a href=\"javascript:x()\"><span class=\"invisible\">h</span>seen</a>", "seen",
	"but only of a web address"},
    {"<span class=\"h-card\"><a href=\"https://e.example/@al\" class=\"u-url "
     "mention\">@<span>al</span>"
     "</a></span> hi",
	"@al hi", "a mention"},
    {"<a class=\"mention hashtag\" href=\"https://e.example/t\">#<span>acme</span></a>", "#acme",
	"a hashtag"},
    {"<span class='invisible'>never closed<p>seen</p>", "seen", "a block ends what is hidden"},
    {"<ul><li>a</li><li>b</li></ul>", "a\nb", "lists"},
    {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc", "tables"},
    {"<pre>a\nb</pre>c\nd", "a\nb\nc d", "pre keeps its lines"},
    {"x <img class=\"emoji\" alt=\":-)\" src=x> y<img alt='logo'>", "x :-) y", "emoji images"},
    {"soft\xC2\xADhyphen", "softhyphen", "soft hyphens would split words"},
    {"a\x01\x1F"
     "b",
	"a b", "control characters"},
    {"bad \xFF\xC3( utf", "bad \xEF\xBF\xBD\xEF\xBF\xBD( utf", "invalid UTF-8"},
    {"a <b", "a <b", "an unfinished tag is text"},
    {"<p", "<p", "also alone"},
    {"</p>x</div></b></nosuch>", "x", "ends without a start"},
    {"a</br>b", "a\nb", "browsers take it for br"},
    {"<a href='x'>one<a href='y'>two</a></a>", "onetwo", "links in links"},
    {"<p>a<p>b<div>c", "a\nb\nc", "unclosed blocks"},
    {"a <a b='c>d", "a d", "a quote never closed is an ordinary character"},
};

static void
fragments_become_the_text_a_reader_sees(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new(1 << 20);
		struct slice text;
		bool is_cut = true;
		assert_int_equal(
		    html_to_text(slice_of(cases[i].html), 65536, a, &text, &is_cut, NULL), 0);
		if (!slice_eq_str(text, cases[i].text) || is_cut) {
			print_message("%s: '%s'\n  expected '%s'\n  got      '%.*s'\n",
			    cases[i].note, cases[i].html, cases[i].text, SLICE_ARG(text));
			wrong++;
		}
		arena_free(a);
	}
	assert_int_equal(wrong, 0);
}

static void
what_is_too_long_is_cut_at_a_character(void **state)
{
	struct slice text;
	bool is_cut;

	(void)state;
	for (size_t max = 1; max < 12; max++) {
		struct arena *a = arena_new(1 << 20);
		assert_int_equal(
		    html_to_text(SLICE_LIT("<p>a\xC3\xA9</p>\xF0\x9F\x98\x80 end of it"), max, a,
			&text, &is_cut, NULL),
		    0);
		assert_true(text.len <= max);
		assert_true(utf8_is_valid(text));
		assert_true(is_cut);
		arena_free(a);
	}
}

/* Each repeated to a megabyte: time must stay linear. */
static void
a_megabyte_made_for_the_purpose_takes_no_time(void **state)
{
	static const char *const bombs[] = {"<", "<a ", "<b>", "</i>", "<a b", "<a \"", "<a href='",
	    "&", "&amp", "&zeta;", "&#x", "<!--", "<!", "<?", "<svg>", "<script>",
	    "<noscript><svg>", "<span class=invisible>",
	    "<a href=https://x/><span class=invisible>", "<pre>\n", "<br>", "<p>", "!!!!",
	    "<img class=emoji alt='&lt;'>", "<![CDATA[", "<x y=z ", "\"'<>", "\xFF",
	    "<a href=\"&amp;", "</script", "<title></titl"};

	(void)state;
	for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
		size_t unit = strlen(bombs[i]), len = 0;
		char *big = mem_alloc(1 << 20);
		struct arena *a = arena_new(64 << 20);
		struct slice text;
		while (len + unit <= 1 << 20) {
			memcpy(big + len, bombs[i], unit);
			len += unit;
		}
		assert_int_equal(
		    html_to_text(slice_make(big, len), 65536, a, &text, NULL, NULL), 0);
		assert_true(utf8_is_valid(text) || text.len == 0);
		arena_free(a);
		mem_free(big);
	}
}

static void
every_allocation_may_fail(void **state)
{
	struct slice html = SLICE_LIT("<p>bad \xFF and <a href='https://x/'>"
				      "<span class=invisible>https://</span>x</a> &amp; more</p>");

	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (unsigned nth = 1;; nth++) {
			struct arena *a = arena_new(1 << 20);
			struct slice text = SLICE_NONE;
			struct err err = {0};
			mem_fault_arm(nth, sticky);
			int rc = html_to_text(html, 65536, a, &text, NULL, &err);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc < 0)
				assert_int_equal(err.kind, ERR_NOMEM);
			assert_true(rc == 0 || !slice_is_set(text));
			arena_free(a);
			if (!hit) {
				assert_int_equal(rc, 0);
				break;
			}
		}
}

static void
markup_is_told_from_plain_text(void **state)
{
	static const struct {
		const char *text;
		bool is_html;
	} table[] = {{"plain", false}, {"a < b & c > d", false}, {"I <3 it", false},
	    {"a<b>c", true}, {"x &amp; y", true}, {"&#8217;", true}, {"</p>", true},
	    {"<!-- c -->", true}, {"R&D", false}, {"&", false}, {"", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (html_is_likely(slice_of(table[i].text)) != table[i].is_html)
			fail_msg("'%s'", table[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fragments_become_the_text_a_reader_sees),
	    cmocka_unit_test(what_is_too_long_is_cut_at_a_character),
	    cmocka_unit_test(a_megabyte_made_for_the_purpose_takes_no_time),
	    cmocka_unit_test(every_allocation_may_fail),
	    cmocka_unit_test(markup_is_told_from_plain_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
