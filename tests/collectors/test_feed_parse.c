#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/feed_parse.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"

#define FEED_URL "https://f.example/feed.xml"
#define NOW INT64_C(1795000000000)

static struct arena *a;
static struct feed_doc doc;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new(FEED_ARENA_BYTES);
	return a == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void
parse(const char *text)
{
	struct err err = {0};

	if (feed_parse(slice_of(text), SLICE_NONE, SLICE_LIT(FEED_URL), a, &doc, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

static struct post
post_at(size_t i)
{
	struct post p;
	struct err err = {0};

	assert_true(i < doc.count);
	if (feed_item_to_post(&doc, &doc.items[i], SLICE_LIT(FEED_URL), NOW, a, &p, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

#define assert_text(got, expected)                                                                 \
	do {                                                                                       \
		struct slice got_ = (got);                                                         \
		if (!slice_eq_str(got_, expected))                                                 \
			fail_msg("expected '%s', got '%.*s'", expected, SLICE_ARG(got_));          \
	} while (0)

static void
ids_are_global(void **state)
{
	static const struct {
		const char *item, *id;
	} cases[] = {
	    {"<guid>https://b.example/1</guid><link>https://l.example/</link>",
		"https://b.example/1"},
	    {"<guid>tag:b.example,2026:1</guid>", "tag:b.example,2026:1"},
	    {"<guid>urn:uuid:1225c695</guid>", "urn:uuid:1225c695"},
	    {"<guid isPermaLink='false'>42</guid>", FEED_URL "#42"},
	    {"<guid> 42\n</guid>", FEED_URL "#42"},
	    {"<guid>not a:// uri</guid>", FEED_URL "#not a:// uri"},
	    {"<guid>c:42</guid>", FEED_URL "#c:42"},
	    {"<guid/><link>https://l.example/x</link>", "https://l.example/x"},
	    {"<link>/x</link>", "https://f.example/x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		    "<rss version='2.0'><channel><item><title>t</title>%s</item></channel></rss>",
		    cases[i].item);
		parse(text);
		assert_text(post_at(0).id, cases[i].id);
	}
}

static void
without_any_id_title_and_date_make_one(void **state)
{
	(void)state;
	parse("<rss><channel>"
	      "<item><title>t</title><pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate>"
	      "<description>a</description></item>"
	      "<item><title>t</title><pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate>"
	      "<description>corrected</description></item>"
	      "<item><title>t</title><pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>"
	      "<item><description>a</description></item><item><description>b</description></item>"
	      "</channel></rss>");
	assert_int_equal(doc.count, 5);
	assert_true(slice_eq(post_at(0).id, post_at(1).id));
	assert_false(slice_eq(post_at(0).id, post_at(2).id));
	assert_false(slice_eq(post_at(3).id, post_at(4).id));
	assert_true(slice_starts_with(post_at(3).id, FEED_URL "#"));
}

static void
an_id_that_is_too_long_is_hashed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	buf_add_str(&b, "<rss><channel><item><title>t</title><guid>https://x/");
	for (int i = 0; i < 5000; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, "</guid></item></channel></rss>");
	parse(buf_str(&b));
	assert_true(post_at(0).id.len < 100);
	assert_true(slice_starts_with(post_at(0).id, FEED_URL "#"));
	buf_fini(&b);
}

static void
rss_2_gives_all_we_take(void **state)
{
	(void)state;
	parse("<?xml version='1.0'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
	      "xmlns:content='http://purl.org/rss/1.0/modules/content/' "
	      "xmlns:media='http://search.yahoo.com/mrss/'><channel><title>Acme</title>"
	      "<language>de-at</language><item><media:title>no</media:title>"
	      "<title>Kaffee &amp;amp; Kuchen</title><link>https://a.example/1?a=1&amp;b=2</link>"
	      "<description>&lt;p&gt;short&lt;/p&gt;</description>"
	      "<content:encoded><![CDATA[<p>Long <b>text</b> "
	      "here.</p><script>x</script>]]></content:encoded>"
	      "<dc:creator>Jo Doe</dc:creator><pubDate>Sat, 21 Nov 26 11:00:00 +0100</pubDate>"
	      "<category>coffee</category><category domain='x'>cake</category>"
	      "<guid>https://a.example/g1</guid></item></channel></rss>");
	struct post p = post_at(0);
	assert_text(p.text, "Kaffee & Kuchen\n\nLong text here.");
	assert_text(p.url, "https://a.example/1?a=1&b=2");
	assert_text(p.id, "https://a.example/g1");
	assert_text(p.lang, "de-at");
	assert_text(p.author.name, "Jo Doe");
	assert_text(p.author.id, FEED_URL "#author=Jo Doe");
	assert_text(p.source, "feed");
	assert_int_equal(p.created_at_ms, INT64_C(1795255200000));
	assert_int_equal(p.fetched_at_ms, NOW);
	assert_int_equal(p.tags.count, 2);
	assert_text(p.tags.items[1], "cake");
	assert_int_equal(p.likes, COUNT_UNKNOWN);
	assert_string_equal(doc.format, "RSS 2.0");
}

static void
atom_gives_all_we_take(void **state)
{
	(void)state;
	parse("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr' "
	      "xml:base='https://b.example/a/'>"
	      "<title>Acme</title><author><name>The house</name></author>"
	      "<entry "
	      "xmlns:thr='http://purl.org/syndication/thread/1.0'><id>tag:b.example,2026:2</id>"
	      "<title type='html'>A &amp;lt;b&amp;gt; &lt;i&gt;title&lt;/i&gt;</title>"
	      "<link rel='self' href='x'/><link href='posts/2'/><link rel='enclosure' href='y'/>"
	      "<thr:in-reply-to ref='tag:b.example,2026:1'/>"
	      "<published>2026-11-21T10:00:00.5Z</published><updated>2026-11-22T10:00:00Z</updated>"
	      "<author><name>Jo</name><uri>/people/jo</uri><email>jo@b.example</email></author>"
	      "<category term='news'/>"
	      "<summary>short</summary>"
	      "<content type='xhtml' xml:lang='en'><div xmlns='http://www.w3.org/1999/xhtml'>"
	      "<p>one &amp; &lt;two&gt;</p><p>three</p></div></content></entry>"
	      "<entry><id>2</id><title>only a "
	      "title</title><updated>2026-11-22T10:00:00Z</updated></entry>"
	      "</feed>");
	struct post p = post_at(0);
	assert_text(p.text, "A <b> title\n\none & <two>\nthree");
	assert_text(p.url, "https://b.example/a/posts/2");
	assert_text(p.id, "tag:b.example,2026:2");
	assert_text(p.reply_to, "tag:b.example,2026:1");
	assert_text(p.author.id, "https://b.example/people/jo");
	assert_text(p.author.name, "Jo");
	assert_text(p.lang, "fr");
	assert_int_equal(p.created_at_ms, INT64_C(1795255200500));
	assert_text(p.tags.items[0], "news");
	p = post_at(1);
	assert_text(p.text, "only a title");
	assert_text(p.author.name, "The house");
	assert_int_equal(p.created_at_ms, INT64_C(1795341600000));
}

static void
rss_1_has_its_items_beside_the_channel(void **state)
{
	(void)state;
	parse("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
	      "xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
	      "<channel rdf:about='https://x'><title>T</title></channel>"
	      "<item rdf:about='https://x/1'><title>one</title><dc:date>2026-11-21</dc:date></item>"
	      "<item rdf:about='https://x/2'><title>two</title><link>https://x/two</link></item>"
	      "</rdf:RDF>");
	assert_string_equal(doc.format, "RSS 1.0");
	assert_int_equal(doc.count, 2);
	assert_text(post_at(0).id, "https://x/1");
	assert_text(post_at(1).id, "https://x/two");
	assert_int_equal(post_at(0).created_at_ms, INT64_C(1795219200000));
}

static void
json_feed_gives_all_we_take(void **state)
{
	(void)state;
	parse(
	    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"language\":\"en\","
	    "\"authors\":[{\"name\":\"The house\",\"url\":\"https://h.example/\"}],\"items\":["
	    "{\"id\":7,\"url\":\"/x\",\"content_html\":\"<p>a &amp; b</p>\",\"title\":\"T1\","
	    "\"date_published\":\"2026-11-21T10:00:00+00:00\",\"tags\":[\"t\",5],"
	    "\"authors\":[{\"name\":\"Jo\"}]},"
	    "{\"id\":\"https://j.example/2\",\"content_text\":\"a <b> \\u0000 c\",\"summary\":5},"
	    "\"rubbish\",{}]}");
	assert_string_equal(doc.format, "JSON Feed");
	assert_int_equal(doc.count, 3);
	struct post p = post_at(0);
	assert_text(p.id, FEED_URL "#7");
	assert_text(p.url, "https://f.example/x");
	assert_text(p.text, "T1\n\na & b");
	assert_text(p.author.name, "Jo");
	assert_int_equal(p.tags.count, 1);
	p = post_at(1);
	assert_text(p.text, "a <b> \xEF\xBF\xBD c");
	assert_text(p.author.id, "https://h.example/");
	assert_int_equal(p.created_at_ms, TIME_UNKNOWN);
	struct err err = {0};
	assert_int_equal(
	    feed_item_to_post(&doc, &doc.items[2], SLICE_LIT(FEED_URL), NOW, a, &p, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void
a_title_that_the_text_repeats_is_not_said_twice(void **state)
{
	(void)state;
	parse("<rss><channel><item><title>Hello there</title><description>Hello there, all of "
	      "you</description></item>"
	      "<item><title>Hello there</title><description>Hello</description></item>"
	      "<item><title>a</title></item></channel></rss>");
	assert_text(post_at(0).text, "Hello there, all of you");
	assert_text(post_at(1).text, "Hello there");
	assert_text(post_at(2).text, "a");
}

static void
people_are_read_in_all_the_ways_they_are_written(void **state)
{
	static const struct {
		const char *author, *name, *id;
	} cases[] = {
	    {"jo@x.example (Jo Doe)", "Jo Doe", "mailto:jo@x.example"},
	    {"Jo Doe (jo@x.example)", "Jo Doe", "mailto:jo@x.example"},
	    {"Jo Doe &lt;jo@x.example&gt;", "Jo Doe", "mailto:jo@x.example"},
	    {"jo@x.example", "jo@x.example", "mailto:jo@x.example"},
	    {"Jo (the other one)", "Jo (the other one)", FEED_URL "#author=Jo (the other one)"},
	    {"&lt;p&gt;Jo&lt;/p&gt;", "Jo", FEED_URL "#author=Jo"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		    "<rss><channel><item><title>t</title><author>%s</author></item></channel></"
		    "rss>",
		    cases[i].author);
		parse(text);
		assert_text(post_at(0).author.name, cases[i].name);
		assert_text(post_at(0).author.id, cases[i].id);
	}
}

static void
broken_feeds_are_read_as_far_as_they_go(void **state)
{
	static const struct {
		const char *feed, *text, *note;
	} cases[] = {
	    {"<rss><channel><item><title>a&nbsp;b &copy; R&D</title></item></channel></rss>",
		"a\xC2\xA0"
		"b \xC2\xA9 R&D",
		"undeclared entities"},
	    {"<rss><channel><item><title>a\x01\x02"
	     "b</title></item></channel></rss>",
		"ab", "control characters"},
	    {"<rss><channel><item><title>a&#1;b&#xFFFF;</title></item></channel></rss>", "ab",
		"references to them"},
	    {"<rss><channel><item><title>1 < 2 & 3</title></item></channel></rss>", "1 < 2 & 3",
		"bare < and &"},
	    {"<rss><channel><item><title>one</title><description>cut off he", "one\n\ncut off he",
		"a feed cut off"},
	    {"<rss><channel><item><dc:creator>x</dc:creator><title>t</title></item></channel></"
	     "rss>",
		"t", "an undeclared prefix"},
	    {"\n\n <?xml "
	     "version='1.0'?><rss><channel><item><title>t</title></item></channel></rss>",
		"t", "space before the declaration"},
	    {"<!DOCTYPE rss PUBLIC '-//N//D' "
	     "'http://my.netscape.com/rss-0.91.dtd'><rss><channel><item>"
	     "<title>t</title></item></channel></rss>",
		"t", "a document type"},
	    {"<!DOCTYPE rdf:RDF [<!ENTITY % H PUBLIC 'x' 'http://w/x.ent'>%H;]><rss><channel><item>"
	     "<title>t</title></item></channel></rss>",
		"t", "parameter entities"},
	    {"<rss><channel><item><title><b>b</b>old</title></item></channel></rss>", "bold",
		"naked markup"},
	    {"<rss><channel><item><title>t</description></item></channel></rss>", "t",
		"tags that do not match"},
	    {"<rss><channel><item><title a=\"x<y\" b=\"&q\">t</title></item></channel></rss>", "t",
		"bad attributes"},
	    {"<rss><item><title>t</title></item></rss>", "t", "items without a channel"},
	    {"<RSS><CHANNEL><ITEM><TITLE>t</TITLE></ITEM></CHANNEL></RSS>", "t", "capitals"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].feed);
		if (doc.count != 1)
			fail_msg("%s: %zu items", cases[i].note, doc.count);
		struct post p = post_at(0);
		if (!slice_eq_str(p.text, cases[i].text))
			fail_msg("%s: expected '%s', got '%.*s'", cases[i].note, cases[i].text,
			    SLICE_ARG(p.text));
		assert_true(utf8_is_valid(p.text));
	}
}

static void
encodings_are_found_whatever_is_said_of_them(void **state)
{
#define WRAP(declared, title)                                                                      \
	"<?xml version='1.0'" declared "?><rss><channel><item><title>" title                       \
	"</title></item></channel></rss>"
	static const struct {
		const char *feed, *content_type, *text, *note;
	} cases[] = {
	    {WRAP(" encoding='utf-8'", "caf\xC3\xA9"), "text/xml; charset=iso-8859-1",
		"caf\xC3\xA9", "UTF-8 under a wrong header"},
	    {WRAP(" encoding='iso-8859-1'", "caf\xC3\xA9"), NULL, "caf\xC3\xA9",
		"UTF-8 under a wrong declaration"},
	    {WRAP(" encoding='iso-8859-1'", "caf\xE9 \x80"), NULL, "caf\xC3\xA9 \xE2\x82\xAC",
		"Latin-1 that is Windows-1252"},
	    {WRAP(" encoding='utf-8'", "caf\xE9"), "text/xml;charset=\"ISO-8859-1\"", "caf\xC3\xA9",
		"Latin-1, the header is right"},
	    {WRAP("", "caf\xE9"), NULL, "caf\xC3\xA9", "nothing said"},
	    {WRAP(" encoding='koi8-r'", "\xCB\xCF\xC6\xC5"), NULL,
		"\xD0\xBA\xD0\xBE\xD1\x84\xD0\xB5", "KOI8-R"},
	    {WRAP(" encoding='shift_jis'", "\x83\x52\x81\x5B"), NULL, "\xE3\x82\xB3\xE3\x83\xBC",
		"Shift_JIS"},
	    {WRAP(" encoding='gb2312'", "\xBF\xA7\xB7\xC8"), NULL, "\xE5\x92\x96\xE5\x95\xA1",
		"GB2312"},
	    {WRAP(" encoding='iso-2022-jp'", "\x1B$B%3\x1B(B"), NULL, "\xE3\x82\xB3",
		"ISO-2022-JP"},
	    {"\xEF\xBB\xBF" WRAP(" encoding='iso-8859-1'", "\xC3\xA9"), NULL, "\xC3\xA9",
		"a byte order mark"},
	    {WRAP(" encoding='utf-8'", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 \xFF"),
		NULL, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 \xEF\xBF\xBD",
		"UTF-8 with one broken byte"},
	    {WRAP(" encoding='x-no-such'", "caf\xE9"), "text/xml; charset=nonsense//IGNORE",
		"caf\xC3\xA9", "names nobody knows"},
	    {WRAP("", "It\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2s"), NULL, "It\xE2\x80\x99s",
		"UTF-8 encoded twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		if (feed_parse(slice_of(cases[i].feed), slice_of(cases[i].content_type), SLICE_NONE,
			a, &doc, &err) < 0)
			fail_msg("%s: %s", cases[i].note, err.text);
		if (doc.count != 1 || !slice_eq_str(doc.items[0].title, cases[i].text))
			fail_msg("%s: got '%.*s' as %s", cases[i].note,
			    SLICE_ARG(doc.items[0].title), doc.encoding);
	}
}

static void
utf_16_is_read_with_and_without_a_mark(void **state)
{
	static const char text[] =
	    "<rss><channel><item><title>caf\xE9</title></item></channel></rss>";

	(void)state;
	for (int big_endian = 0; big_endian <= 1; big_endian++)
		for (int mark = 0; mark <= 1; mark++) {
			char wide[2 * sizeof(text) + 2];
			size_t len = 0;
			struct err err = {0};
			if (mark) {
				wide[len++] = big_endian ? '\xFE' : '\xFF';
				wide[len++] = big_endian ? '\xFF' : '\xFE';
			}
			for (size_t i = 0; i + 1 < sizeof(text); i++) {
				wide[len + (size_t)big_endian] = text[i];
				wide[len + (size_t)!big_endian] = 0;
				len += 2;
			}
			if (feed_parse(
				slice_make(wide, len), SLICE_NONE, SLICE_NONE, a, &doc, &err) < 0)
				fail_msg("%s", err.text);
			assert_text(doc.items[0].title, "caf\xC3\xA9");
		}
}

static void
repeat(struct buf *b, const char *unit, int times)
{
	for (int i = 0; i < times; i++)
		buf_add_str(b, unit);
}

/* TSan's memmem() notes every byte it may look at, which makes a linear search quadratic: there,
 * smaller ones must do. */
#if defined(__SANITIZE_THREAD__)
#define BOMB_SHARE 50
#else
#define BOMB_SHARE 1
#endif

/*
 * Each must be answered, in words or with items.  Anything that is not linear in them takes minutes
 * and runs into the runner's limit; there is no stop-watch here.
 */
static void
bombs_are_answered(void **state)
{
	static const struct {
		const char *before, *unit, *after;
		int times;
		const char *words; /* NULL: it may be read */
	} cases[] = {
	    {"<rss><channel><item><title>", "<b>", "", 100000, "more than 128 levels of nesting"},
	    {"", "<rss>", "", 100000, "more than 128 levels of nesting"},
	    {"<rss><channel>", "<a/>", "</channel></rss>", 300000, "more than 200000 elements"},
	    {"<rss ", "a=\"b\" ", "/>", 100000, "more than 128 attributes"},
	    {"<rss><channel><item><title>", "&amp;", "</title></item></channel></rss>", 1000000,
		NULL},
	    {"<rss><channel><item><title>", "&", "</title></item></channel></rss>", 100000, NULL},
	    {"<rss><channel><item><title>", "&nbsp;", "</title></item></channel></rss>", 300000,
		NULL},
	    {"<rss><channel><item><description>", "&lt;b&gt;",
		"</description></item></channel></rss>", 500000, NULL},
	    {"<rss><channel>", "<item><title>x</title></item>", "</channel></rss>", 60000, NULL},
	    {"<rss><channel><item>", "<category>x</category>", "</item></channel></rss>", 90000,
		NULL},
	    {"<rss>", "<!-- ", "", 500000, NULL},
	    {"<rss>", "<![CDATA[", "", 500000, NULL},
	    {"", "<?x ", "", 500000, "cannot be read as XML"},
	    {"<!DOCTYPE x [", "<!ENTITY % a 'x'>", "]><rss/>", 200000, NULL},
	    {"<!DOCTYPE x [<!ENTITY a0 'ha'>", "<!ENTITY a1 '&a0;&a0;'>", "]><rss>&a1;</rss>", 10,
		"declares an entity of its own ('a0')"},
	    {"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><rss>", "&f;", "</rss>", 3,
		"declares an entity of its own ('f')"},
	    {"<rss>", "<a b=\"", "", 100000, NULL},
	    {"{\"version\":\"https://jsonfeed.org/version/1\",\"items\":", "[", "", 100000,
		"not JSON that can be read"},
	    {"<rss><channel><item><title>", "x", "</title></item></channel></rss>", 7000000, NULL},
	    {"<rss><channel><item><author>", "(@<", "</author></item></channel></rss>", 300000,
		NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *own = arena_new(FEED_ARENA_BYTES);
		struct err err = {0};
		struct buf b;
		buf_init(&b, 9 << 20);
		buf_add_str(&b, cases[i].before);
		repeat(&b, cases[i].unit,
		    cases[i].words == NULL ? cases[i].times / BOMB_SHARE : cases[i].times);
		buf_add_str(&b, cases[i].after);
		assert_false(buf_failed(&b));
		int rc = feed_parse(buf_slice(&b), SLICE_NONE, SLICE_NONE, own, &doc, &err);
		if (cases[i].words != NULL && (rc == 0 || strstr(err.text, cases[i].words) == NULL))
			fail_msg("%s...: '%s' lacks '%s'", cases[i].unit, err.text, cases[i].words);
		if (rc < 0)
			assert_true(err.text[0] != '\0');
		else
			assert_true(doc.count <= FEED_ITEMS_MAX);
		buf_fini(&b);
		arena_free(own);
	}
}

static void
what_is_no_feed_is_called_by_its_name(void **state)
{
	static const struct {
		const char *body, *words;
	} cases[] = {
	    {"", "empty"},
	    {" \n", "empty"},
	    {"plain words", "text, but no feed"},
	    {"<html><head><title>x</title></head></html>", "an HTML page, not a feed"},
	    {"<!doctype html><meta charset=utf-8><p>x",
		"neither RSS nor Atom (its root is <meta>)"},
	    {"<opml version='2.0'/>", "neither RSS nor Atom (its root is <opml>)"},
	    {"<", "cannot be read as XML"},
	    {"<rss version='2.0'><channel></rss>", "no item can be read from it"},
	    {"{}", "not a JSON Feed"},
	    {"[]", "not a JSON Feed"},
	    {"{\"version\":\"https://jsonfeed.org/version/1\"}", "no list of \"items\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		assert_int_equal(
		    feed_parse(slice_of(cases[i].body), SLICE_NONE, SLICE_NONE, a, &doc, &err), -1);
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("'%s': '%s' lacks '%s'", cases[i].body, err.text, cases[i].words);
	}
}

/* libxml2 has a heap of its own, so this fails our allocations only. */
static void
every_allocation_may_fail(void **state)
{
	static const char *const feeds[] = {
	    "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><item>"
	    "<title>a &amp; b</title><link>/x</link><author>a@b (C)</author><category>x</category>"
	    "<description>&lt;p&gt;text&lt;/p&gt;</description><guid>1</guid></item></channel></"
	    "rss>",
	    "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":1,\"title\":\"t\","
	    "\"content_html\":\"<p>x</p>\",\"tags\":[\"a\"],\"author\":{\"name\":\"n\"}}]}",
	    WRAP(" encoding='koi8-r'", "\xCB\xCF\xC6\xC5"),
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int sticky = 0; sticky <= 1; sticky++)
			for (unsigned nth = 1;; nth++) {
				struct arena *own = NULL;
				struct err err = {0};
				struct post p;
				int rc = -1;
				mem_fault_arm(nth, sticky);
				own = arena_new(FEED_ARENA_BYTES);
				if (own != NULL)
					rc = feed_parse(slice_of(feeds[i]), SLICE_NONE,
					    SLICE_LIT(FEED_URL), own, &doc, &err);
				if (rc == 0)
					rc = feed_item_to_post(&doc, &doc.items[0],
					    SLICE_LIT(FEED_URL), NOW, own, &p, &err);
				bool hit = mem_fault_hit();
				mem_fault_arm(0, false);
				if (rc == 0)
					assert_true(p.id.len > 0 && p.text.len > 0);
				arena_free(own);
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
	    cmocka_unit_test_setup_teardown(ids_are_global, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		without_any_id_title_and_date_make_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_id_that_is_too_long_is_hashed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(rss_2_gives_all_we_take, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(atom_gives_all_we_take, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		rss_1_has_its_items_beside_the_channel, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(json_feed_gives_all_we_take, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_title_that_the_text_repeats_is_not_said_twice, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		people_are_read_in_all_the_ways_they_are_written, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		broken_feeds_are_read_as_far_as_they_go, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		encodings_are_found_whatever_is_said_of_them, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		utf_16_is_read_with_and_without_a_mark, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(bombs_are_answered, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_is_no_feed_is_called_by_its_name, set_up, tear_down),
	    cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
