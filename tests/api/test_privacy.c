/* One person's page, as HTML, text and JSON: what happened in words, nothing raw, nothing of strangers as markup. */
#include "tests/api/api_fixture.h"

#include "people/standing.h"
#include "people/topics.h"
#include "store/standing.h"
#include "tests/api/html_checks.h"

static const char ann[] = "https://social.example/users/ann";

static void
as(struct fixture *f, const char *key, const char *format)
{
	const char *target = arena_printf(f->a, "/api/v1/people/%s?format=%s", key, format);
	int got = fixture_call_raw(f, "GET", target, SLICE_NONE);

	if (got != 200)
		fail_msg("%d: %s", got, buf_str(&f->reply.body));
}

/* Nothing that a terminal would follow, and no JSON. */
static void
assert_plain(const struct fixture *f)
{
	struct slice text = buf_slice(&f->reply.body);

	assert_string_equal(f->reply.content_type, "text/plain; charset=utf-8");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if ((c < 0x20 && c != '\n') || c == 0x7f)
			fail_msg("a control character %d: %.40s", c, text.ptr + i);
	}
	assert_says_not(f, "\u202e");
	assert_says_not(f, "\xc2\x85");
	assert_says_not(f, "{\"");
}

static void
assert_before(const struct fixture *f, const char *first, const char *second)
{
	const char *a = strstr(buf_str(&f->reply.body), first);
	const char *b = strstr(buf_str(&f->reply.body), second);

	if (a == NULL || b == NULL || a > b)
		fail_msg("'%s' does not come before '%s' in: %s", first, second,
		    buf_str(&f->reply.body));
}

static void
a_persons_page_says_in_words_what_is_held_and_what_happened(void **state)
{
	static const char *const formats[] = {"html", "text"};
	struct fixture *f = *state;

	fixture_import(f);
	f->clock.at_ms += 60000;
	fixture_say(f, "ann", "acme, help me with this terrible parcel");
	f->clock.at_ms += 60000;
	fixture_say(f, "ann", "now I love acme");
	for (size_t i = 0; i < 2; i++) {
		as(f, "u-1", formats[i]);
		assert_before(f, "Ann", "customer ");
		assert_says(f, "proof: ");
		assert_says(f, "imported handle");
		assert_says(f, "Help before they ask");
		assert_says(f, "support-issue");
		assert_says(f, "negative");
		assert_says(f, "waits for approval");
		assert_says(f, "ann@example.org");
		assert_says(f, "given");
		assert_says(f, "pinpoint import");
		assert_says(f, "2026-11-21 10:01");
		assert_says(f, "kept: ");
		assert_says(f, "90 days (store.retention)");
		assert_says(f, "followers that lists, mentions and reposts bear out");
		assert_says_not(f, "as_seen");
		assert_before(f, "now I love acme", "terrible parcel");
	}
	assert_plain(f);
	as(f, "u-1", "html");
	assert_well_formed(f);
	as(f, "u-2", "html"); /* of whom nothing was heard */
	assert_well_formed(f);
	assert_says(f, "not heard yet");
}

static void
what_strangers_write_is_no_markup_and_steers_no_terminal(void **state)
{
	static const char evil[] =
	    "<script>alert(1)</script> acme help \"onmouseover='x' & <img src=x "
	    "onerror=y> love \x1b[2J \u202e drow \xc2\x85 {a} </u></bdi></style>";
	struct fixture *f = *state;
	struct post p;

	fixture_import(f);
	p = fixture_post(f, "ann", evil);
	p.author.name = slice_of(evil);
	p.author.bio = slice_of(evil);
	fixture_take(f, &p);
	OK(store_begin(f->st, ERR));
	OK(store_tag_put(
	    f->st, SLICE_LIT("c:u-1"), slice_of(evil), f->clock.at_ms, TIME_UNKNOWN, ERR));
	OK(store_customer_set(f->st, SLICE_LIT("u-1"), slice_of(evil),
	    (struct slice_list){(struct slice[]){slice_of(evil)}, 1}, f->clock.at_ms, evil,
	    SLICE_NONE, ERR));
	OK(store_commit(f->st, ERR));
	as(f, "u-1", "html");
	assert_well_formed(f);
	assert_says(f, "&lt;script&gt;");
	as(f, "u-1", "text");
	assert_plain(f);
	assert_says(f, "<script>alert(1)"); /* which is only words there */
}

static void
keep_standing(struct fixture *f, int64_t author_no)
{
	struct standing_row row = {.items = 4, .credited = 4, .credit_milli = 4000};
	struct topic_standing t = {0};
	struct topic_row topic = {0};
	struct standing s;

	standing_init(&s);
	for (int64_t who = 1; who <= 40; who++) {
		standing_endorse(&s, ENDORSE_REPOST, who, 1000, f->clock.at_ms);
		topic_endorse(&t, who, 1000, f->clock.at_ms);
	}
	standing_write(&s, row.state);
	row.state_len = STANDING_BYTES;
	topic_standing_write(&t, topic.state);
	topic.state_len = TOPIC_STANDING_BYTES;
	OK(store_begin(f->st, ERR));
	OK(store_standing_put(f->st, author_no, &row, ERR));
	OK(store_topic_put(f->st, SLICE_LIT("b:acme"), author_no, &topic, true, ERR));
	OK(store_commit(f->st, ERR));
}

static int64_t
points_of(const struct json *page)
{
	const struct json *in = json_get(json_at(json_get(page, "influence"), 0), "influence");
	int64_t points = -1;

	assert_true(json_i64(json_get(in, "points"), &points));
	return points;
}

static const struct json *
exported(struct fixture *f, const char *section)
{
	const char *after = "0.0.0";

	for (;;) {
		const struct json *part =
		    fixture_get(f, arena_printf(f->a, "/api/v1/people/u-1/export?after=%s", after));
		struct slice next = json_get_str(part, "next");

		if (slice_eq_str(json_get_str(part, "name"), section))
			return json_get(part, "items");
		if (!slice_is_set(next))
			fail_msg("no section %s", section);
		after = arena_strndup(f->a, next.ptr, next.len);
	}
}

static void
standing_counts_and_is_shown_decoded(void **state)
{
	struct fixture *f = *state;
	struct author_row row;
	const struct json *s;
	int64_t before;
	double endorsers = 0;

	fixture_import(f);
	fixture_say(f, "ann", "acme, help");
	before = points_of(fixture_get(f, "/api/v1/people/u-1"));
	assert_int_equal(store_author_load(f->st, slice_of(ann), false, f->a, &row, ERR), 1);
	keep_standing(f, row.author_no);
	assert_true(points_of(fixture_get(f, "/api/v1/people/u-1")) > before);
	as(f, "u-1", "text");
	assert_says(f, "different people, lately 40.0 reposts");
	assert_says(f, "on acme: influence ");
	assert_says(f, "[early adopter]");
	s = json_get(json_at(exported(f, "standing"), 0), "endorsements");
	assert_true(json_f64(json_get(s, "endorsers"), &endorsers));
	assert_in_range((int)endorsers, 25, 55);
	assert_int_equal(json_type(json_get(json_get(s, "reposts"), "weeks")), JSON_NUMBER);
	s = json_get(json_at(exported(f, "topics"), 0), "endorsements");
	assert_int_equal(json_type(json_get(s, "influence")), JSON_NUMBER);
}

static void
consent_is_what_holds_of_all_that_were_merged(void **state)
{
	struct fixture *f = *state;
	struct consent given = {.channel = SLICE_LIT("sms"),
	    .purpose = PURPOSE_MARKETING,
	    .is_given = true,
	    .source = SLICE_LIT("web form"),
	    .at_ms = f->clock.at_ms - 1000,
	    .text_version = SLICE_LIT("v7")};
	struct consent withdrawn = given;

	fixture_import(f);
	OK(store_begin(f->st, ERR));
	OK(store_consent_put(f->st, SLICE_LIT("u-1"), &given, f->clock.at_ms, "test", ERR));
	OK(store_commit(f->st, ERR));
	as(f, "u-1", "text");
	assert_says(f,
	    "sms  service: never asked  marketing:  [given] 2026-11-21 09:59, web form, text v7");
	withdrawn.is_given = false;
	withdrawn.at_ms = f->clock.at_ms + 1000;
	withdrawn.text_version = SLICE_NONE;
	OK(store_begin(f->st, ERR));
	OK(store_consent_put(f->st, SLICE_LIT("u-2"), &withdrawn, f->clock.at_ms, "test", ERR));
	OK(store_commit(f->st, ERR));
	fixture_call(f, "POST", "/api/v1/customers/u-1/merge",
	    "{\"other\":\"u-2\",\"reason\":\"the same person\"}", 200);
	as(f, "u-1", "text");
	assert_says(
	    f, "sms  service: never asked  marketing:  [withdrawn] 2026-11-21 10:00, web form");
}

static void
a_long_history_is_bounded_and_says_how_to_get_the_rest(void **state)
{
	struct fixture *f = *state;

	fixture_import(f);
	for (int i = 0; i < 35; i++) {
		f->clock.at_ms += 60000;
		fixture_say(f, "ann", arena_printf(f->a, "number %d of acme", i));
	}
	as(f, "u-1", "text");
	assert_says(f, "Posts: the newest 20 of 35");
	assert_says(f, "earshot export --person");
	assert_before(f, "number 34 of", "number 15 of");
	assert_says_not(f, "number 14 of");
	as(f, "u-1", "html");
	assert_well_formed(f);
}

/* Posts of one instant and of later ones, in parts of seven: none is lost between two parts. */
static void
posts_of_the_same_time_are_exported_each_once(void **state)
{
	struct fixture *f = *state;
	size_t found[35] = {0}, parts = 0;
	const char *after = "0.0.0";

	fixture_import(f);
	for (int i = 0; i < 35; i++) {
		f->clock.at_ms += i % 10 == 0 ? 1000 : 0;
		fixture_say(f, "ann", "acme");
	}
	while (after != NULL) {
		const struct json *part = fixture_get(
		    f, arena_printf(f->a, "/api/v1/people/u-1/export?limit=7&after=%s", after));
		const struct json *items = json_get(part, "items");
		struct slice next = json_get_str(part, "next");

		for (size_t i = 0;
		     slice_eq_str(json_get_str(part, "name"), "posts") && i < json_count(items);
		     i++) {
			int64_t no = 0;

			assert_true(json_i64(json_get(json_at(items, i), "no"), &no));
			assert_in_range(no, 1, 35);
			found[no - 1]++;
			parts += i == 0;
		}
		after = slice_is_set(next) ? arena_strndup(f->a, next.ptr, next.len) : NULL;
	}
	for (size_t i = 0; i < 35; i++)
		assert_int_equal(found[i], 1);
	assert_int_equal(parts, 5);
}

static void
words_that_are_no_longer_kept_are_said_to_be_gone(void **state)
{
	struct fixture *f = *state;
	bool more;

	fixture_import(f);
	fixture_say(f, "ann", "acme, unspeakable");
	OK(store_begin(f->st, ERR));
	OK(store_tidy(f->st, f->clock.at_ms + 91 * TIME_DAY_MS, 90 * TIME_DAY_MS, 400 * TIME_DAY_MS,
	    1000, &more, ERR));
	OK(store_commit(f->st, ERR));
	as(f, "u-1", "text");
	assert_says(f, "the words are no longer kept");
	assert_says_not(f, "unspeakable");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	    T(a_persons_page_says_in_words_what_is_held_and_what_happened),
	    T(what_strangers_write_is_no_markup_and_steers_no_terminal),
	    T(standing_counts_and_is_shown_decoded),
	    T(consent_is_what_holds_of_all_that_were_merged),
	    T(a_long_history_is_bounded_and_says_how_to_get_the_rest),
	    T(posts_of_the_same_time_are_exported_each_once),
	    T(words_that_are_no_longer_kept_are_said_to_be_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
