/*
 * The sample feeds of two well-known parsers, read and compared with what those say: gofeed's
 * NAME.json beside NAME.xml, and the first comment of feedparser's files.  Fields we do not take
 * are not compared; the others are counted, and every one of them must agree.
 */
#include "tests/collectors/samples.h"

#include "collectors/feed_parse.h"
#include "collectors/html.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"

struct tally {
	int files, fields, agreed;
};

/* Their texts are markup, ours plain. */
static struct slice
as_text(struct arena *a, struct slice s)
{
	struct slice text = slice_trim(s);

	if (html_is_likely(text))
		assert_int_equal(html_to_text(text, 65536, a, &text, NULL, NULL), 0);
	return text;
}

static void
compare(
    struct tally *t, const char *file, const char *field, struct slice expected, struct slice got)
{
	if (!slice_is_set(expected))
		return;
	t->fields++;
	if (slice_eq(expected, got))
		t->agreed++;
	else
		print_message("%s: %s: expected '%.*s', got '%.*s'\n", file, field,
		    SLICE_ARG(expected), SLICE_ARG(got));
}

static void
compare_time(
    struct tally *t, const char *file, const char *field, struct slice expected, int64_t got)
{
	int64_t at_ms;

	if (!slice_is_set(expected))
		return;
	t->fields++;
	if (time_parse_rfc3339(expected, &at_ms) && at_ms == got)
		t->agreed++;
	else
		print_message("%s: %s: expected '%.*s', got %lld\n", file, field,
		    SLICE_ARG(expected), (long long)got);
}

/* The link gofeed would show: the first that is an alternate. */
static struct slice
atom_link(const struct json *entry)
{
	const struct json *links = json_get(entry, "links");

	for (size_t i = 0; i < json_count(links); i++) {
		const struct json *link = json_at(links, i);
		struct slice rel = json_get_str(link, "rel");
		if (!slice_is_set(rel) || slice_eq_str(rel, "alternate"))
			return slice_trim(json_get_str(link, "href"));
	}
	return SLICE_NONE;
}

static void
compare_tags(struct tally *t, const char *file, const struct json *list, const char *key,
    const struct feed_item *it, struct arena *a)
{
	for (size_t i = 0; i < json_count(list); i++)
		compare(t, file, "tag", as_text(a, json_get_str(json_at(list, i), key)),
		    i < it->tags.count ? it->tags.items[i] : SLICE_NONE);
}

static void
compare_rss(struct tally *t, const char *file, const struct json *e, const struct feed_item *it,
    struct arena *a)
{
	compare(t, file, "title", as_text(a, json_get_str(e, "title")), it->title);
	compare(t, file, "link", slice_trim(json_get_str(e, "link")), it->link);
	compare(t, file, "guid", as_text(a, json_get_str(json_get(e, "guid"), "value")), it->id);
	compare(t, file, "description", as_text(a, json_get_str(e, "description")), it->summary);
	compare(t, file, "content", as_text(a, json_get_str(e, "content")), it->content);
	compare(t, file, "author", as_text(a, json_get_str(e, "author")), it->author_name);
	compare_time(t, file, "pubDate", json_get_str(e, "pubDateParsed"), it->published_at_ms);
	compare_tags(t, file, json_get(e, "categories"), "value", it, a);
}

static void
compare_atom(struct tally *t, const char *file, const struct json *e, const struct feed_item *it,
    struct arena *a)
{
	const struct json *author = json_at(json_get(e, "authors"), 0);

	compare(t, file, "title", as_text(a, json_get_str(e, "title")), it->title);
	compare(t, file, "link", atom_link(e), it->link);
	compare(t, file, "id", json_get_str(e, "id"), it->id);
	compare(t, file, "summary", as_text(a, json_get_str(e, "summary")), it->summary);
	compare(t, file, "content", as_text(a, json_get_str(json_get(e, "content"), "value")),
	    it->content);
	compare(t, file, "author name", json_get_str(author, "name"), it->author_name);
	compare(t, file, "author uri", json_get_str(author, "uri"), it->author_uri);
	compare(t, file, "author email", json_get_str(author, "email"), it->author_email);
	compare_time(t, file, "updated", json_get_str(e, "updatedParsed"), it->updated_at_ms);
	compare_time(t, file, "published", json_get_str(e, "publishedParsed"), it->published_at_ms);
	compare_tags(t, file, json_get(e, "categories"), "term", it, a);
}

static void
compare_gofeed(struct tally *t, const char *dir, const char *file, bool is_atom)
{
	struct arena *a = arena_new(FEED_ARENA_BYTES);
	struct buf xml, expected;
	struct json_doc *doc = NULL;
	struct feed_doc feed;
	char name[256];
	struct err err = {0};

	snprintf(name, sizeof(name), "%.*s.json", (int)(strlen(file) - 4), file);
	assert_int_equal(json_parse(sample_load(dir, name, &expected), &doc, NULL, NULL), 0);
	const struct json *root = json_root(doc);
	const struct json *list = json_get(root, is_atom ? "entries" : "items");
	t->files++;
	if (feed_parse(sample_load(dir, file, &xml), SLICE_NONE, SLICE_NONE, a, &feed, &err) < 0) {
		print_message("%s: %s\n", file, err.text);
		t->fields++;
	} else {
		t->fields++;
		if (feed.count == json_count(list))
			t->agreed++;
		else
			print_message("%s: expected %zu items, got %zu\n", file, json_count(list),
			    feed.count);
		compare(t, file, "feed title", as_text(a, json_get_str(root, "title")), feed.title);
		for (size_t i = 0; i < feed.count && i < json_count(list); i++) {
			if (is_atom)
				compare_atom(t, file, json_at(list, i), &feed.items[i], a);
			else
				compare_rss(t, file, json_at(list, i), &feed.items[i], a);
		}
	}
	json_doc_free(doc);
	buf_fini(&xml);
	buf_fini(&expected);
	arena_free(a);
}

static void
visit_rss(void *t, const char *dir, const char *file)
{
	compare_gofeed(t, dir, file, false);
}

static void
visit_atom(void *t, const char *dir, const char *file)
{
	compare_gofeed(t, dir, file, true);
}

static void
report(const char *what, const struct tally *t)
{
	print_message(
	    "%s: %d files, %d of %d fields agree\n", what, t->files, t->agreed, t->fields);
	assert_int_equal(t->fields, t->agreed);
}

static void
rss_samples_give_what_another_parser_gives(void **state)
{
	struct tally t = {0};

	(void)state;
	if (!sample_each("feeds/gofeed_rss", ".xml", visit_rss, &t))
		skip();
	report("gofeed rss", &t);
}

static void
atom_samples_give_what_another_parser_gives(void **state)
{
	struct tally t = {0};

	(void)state;
	if (!sample_each("feeds/gofeed_atom", ".xml", visit_atom, &t))
		skip();
	report("gofeed atom", &t);
}

/* --- feedparser's comments ------------------------------------------------ */

/* The value we have for an expression such as entries[0]['title']; SLICE_NONE when it is about
 * something we do not take. */
static struct slice
value_of(const char *expression, const struct feed_doc *feed, bool *is_ours, struct arena *a)
{
	static const struct {
		const char *key;
		int field;
	} keys[] = {{"['title']", 0}, {"['link']", 1}, {"['content'][0]['value']", 2},
	    {"['summary']", 3}, {"['description']", 3}, {"['category']", 4},
	    {"['tags'][0]['term']", 4}, {"['tags'][1]['term']", 5}, {"['tags'][2]['term']", 6}};
	int index;
	int used = 0;

	*is_ours = true;
	if (strcmp(expression, "feed['title']") == 0)
		return feed->title;
	if (strcmp(expression, "feed['ttl']") == 0)
		return slice_of(arena_printf(a, "%lld", (long long)(feed->refresh_ms / 60000)));
	if (sscanf(expression, "entries[%d]%n", &index, &used) == 1 && used > 0)
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (strcmp(expression + used, keys[i].key) != 0)
				continue;
			if (index < 0 || (size_t)index >= feed->count)
				return SLICE_NONE;
			const struct feed_item *it = &feed->items[index];
			size_t tag = (size_t)(keys[i].field - 4);
			switch (keys[i].field) {
			case 0: return it->title;
			case 1: return it->link;
			case 2: return it->content;
			case 3: return it->summary;
			default: return tag < it->tags.count ? it->tags.items[tag] : SLICE_NONE;
			}
		}
	*is_ours = false;
	return SLICE_NONE;
}

/* One "a == 'b'" or "a == c == 'b'" of an Expect line. */
static void
check_term(
    struct tally *t, const char *file, char *term, const struct feed_doc *feed, struct arena *a)
{
	char *last = NULL, *at, *save = NULL;
	size_t len;

	for (at = strstr(term, " == "); at != NULL; at = strstr(at + 4, " == "))
		last = at;
	if (last == NULL)
		return;
	struct slice expected = slice_trim(slice_of(last + 4));
	*last = '\0';
	if (expected.len < 2 || expected.ptr[0] != '\'' || expected.ptr[expected.len - 1] != '\'')
		return;
	expected = as_text(a, slice_make(expected.ptr + 1, expected.len - 2));
	for (at = term; at != NULL; at = save) {
		bool is_ours;
		save = strstr(at, " == ");
		if (save != NULL) {
			*save = '\0';
			save += 4;
		}
		while (*at == ' ')
			at++;
		for (len = strlen(at); len > 0 && at[len - 1] == ' '; len--)
			at[len - 1] = '\0';
		struct slice got = value_of(at, feed, &is_ours, a);
		if (is_ours)
			compare(t, file, at, expected, got);
	}
}

static void
visit_feedparser(void *cookie, const char *dir, const char *file)
{
	struct tally *t = cookie;
	struct arena *a = arena_new(FEED_ARENA_BYTES);
	struct buf xml;
	struct feed_doc feed;
	struct err err = {0};
	struct slice body = sample_load(dir, file, &xml), header = SLICE_NONE;
	const char *expect = memmem(body.ptr, body.len, "Expect:", 7);
	const char *type = memmem(body.ptr, body.len, "Content-type:", 13);
	char *copy, *term;

	t->files++;
	if (type != NULL)
		header = slice_make(type + 13, strcspn(type + 13, "\n"));
	if (feed_parse(body, header, SLICE_NONE, a, &feed, &err) < 0) {
		assert_true(err.text[0] != '\0');
		print_message("%s/%s: answered with: %s\n", dir, file, err.text);
	} else if (expect != NULL) {
		copy = arena_strndup(a, expect + 7, strcspn(expect + 7, "\n"));
		while (copy != NULL) {
			term = copy;
			copy = strstr(copy, " and ");
			if (copy != NULL) {
				*copy = '\0';
				copy += 5;
			}
			check_term(t, file, term, &feed, a);
		}
	}
	buf_fini(&xml);
	arena_free(a);
}

static void
feedparser_samples_give_what_their_comments_expect(void **state)
{
	struct tally t = {0};

	(void)state;
	if (!sample_each("feeds/feedparser_wellformed", ".xml", visit_feedparser, &t))
		skip();
	(void)sample_each("feeds/feedparser_illformed", ".xml", visit_feedparser, &t);
	(void)sample_each("feeds/feedparser_encoding", ".xml", visit_feedparser, &t);
	report("feedparser", &t);
	assert_true(t.fields >= 14);
}

static void
text_that_was_encoded_twice_is_read(void **state)
{
	struct arena *a = arena_new(FEED_ARENA_BYTES);
	struct buf xml;
	struct feed_doc feed;

	(void)state;
	if (!sample_has("feeds/feedparser_encoding"))
		skip();
	assert_int_equal(
	    feed_parse(sample_load("feeds/feedparser_encoding", "double-encoded-html.xml", &xml),
		SLICE_NONE, SLICE_NONE, a, &feed, NULL),
	    0);
	assert_int_equal(feed.count, 1);
	assert_true(slice_eq_str(feed.items[0].summary, "\xE2\x80\xA6"));
	buf_fini(&xml);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rss_samples_give_what_another_parser_gives),
	    cmocka_unit_test(atom_samples_give_what_another_parser_gives),
	    cmocka_unit_test(feedparser_samples_give_what_their_comments_expect),
	    cmocka_unit_test(text_that_was_encoded_twice_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
