/* Watches with what they see now, and the incidents they saw: as JSON, and on the page. */
#include "tests/api/api_fixture.h"

#include "store/watches.h"

static const char watch_rules[] = "brand acme \"Acme\"\n"
				  "  called \"acme\"\n"
				  "end\n"
				  "watch storm \"A <crowd>\"\n"
				  "  over posts where text contains \"awful\"\n"
				  "  when all of\n"
				  "    count within 10 minutes is at least 3\n"
				  "  end\n"
				  "  then\n"
				  "    alert \"support\" as critical\n"
				  "  end\n"
				  "  until quiet for 30 minutes\n"
				  "end\n"
				  "watch calm \"Nothing\"\n"
				  "  over posts where text contains \"nothing\"\n"
				  "  when all of\n"
				  "    count within 1 hour is at least 3\n"
				  "  end\n"
				  "  then\n"
				  "    alert \"support\" as low\n"
				  "  end\n"
				  "  until quiet for 30 minutes\n"
				  "  off\n"
				  "end\n";

static void
add_hits(struct fixture *f, int count, int64_t at_ms)
{
	OK(store_begin(f->st, ERR));
	for (int i = 0; i < count; i++)
		OK(store_watch_hit_put(f->st,
		    &(struct watch_hit){SLICE_LIT("storm"), at_ms + i, 1 + i, (uint64_t)i + 1},
		    ERR));
	OK(store_commit(f->st, ERR));
}

static void
add_incident(struct fixture *f, const char *watch, int64_t at_ms, int64_t ended_at_ms)
{
	struct incident_row row = {.watch_id = slice_of(watch),
	    .rules_version = 2,
	    .started_at_ms = at_ms,
	    .reason = SLICE_LIT("count within 10 minutes 9 is at least <3>")};

	OK(store_begin(f->st, ERR));
	OK(store_incident_begin(f->st, &row, ERR));
	if (ended_at_ms != TIME_UNKNOWN)
		OK(store_incident_end(
		    f->st, row.watch_id, ended_at_ms, SLICE_LIT("quiet"), 17, ERR));
	OK(store_commit(f->st, ERR));
}

static void
watches_tell_what_they_see_now(void **state)
{
	struct fixture *f = *state;
	const struct json *page = fixture_get(f, "/api/v1/watches"), *watch;

	assert_int_equal(json_count(json_get(page, "items")), 0);
	fixture_live(f, watch_rules);
	add_hits(f, 2, FIXTURE_NOW_MS - 60000);
	add_hits(f, 5, FIXTURE_NOW_MS - 7200000); /* too old to be seen */
	page = fixture_get(f, "/api/v1/watches");
	assert_number(page, "count", 2);
	assert_int_equal(json_count(json_get(page, "items")), 2);
	watch = json_at(json_get(page, "items"), 0);
	assert_text(watch, "id", "storm");
	assert_text(watch, "title", "A <crowd>");
	assert_int_equal(json_type(json_get(watch, "active_since")), JSON_NULL);
	assert_number(json_at(json_get(json_get(watch, "now"), "when"), 0), "value", 2);
	assert_non_null(strstr(json_get_str(watch, "values").ptr, "seen: 2"));
	assert_non_null(strstr(json_get_str(watch, "text").ptr, "over posts where"));
	page = fixture_get(f, "/api/v1/watches?limit=1");
	assert_text(page, "next", "storm");
	page = fixture_get(f, "/api/v1/watches?after=storm");
	assert_int_equal(json_count(json_get(page, "items")), 1);
	assert_text(json_at(json_get(page, "items"), 0), "id", "calm");
	assert_int_equal(json_type(json_get(page, "next")), JSON_NULL);
	fixture_call(f, "GET", "/api/v1/watches?after=nobody", NULL, 400);
}

static void
incidents_are_listed_newest_first(void **state)
{
	struct fixture *f = *state;
	const struct json *page, *row;

	add_incident(f, "storm", FIXTURE_NOW_MS - 7200000, FIXTURE_NOW_MS - 3600000);
	add_incident(f, "other", FIXTURE_NOW_MS - 7200000, FIXTURE_NOW_MS - 3600000);
	add_incident(f, "storm", FIXTURE_NOW_MS - 60000, TIME_UNKNOWN);
	page = fixture_get(f, "/api/v1/incidents?watch=storm");
	assert_int_equal(json_count(json_get(page, "items")), 2);
	row = json_at(json_get(page, "items"), 0);
	assert_text(row, "started_at", "2026-11-21T09:59:00Z");
	assert_int_equal(json_type(json_get(row, "ended_at")), JSON_NULL);
	assert_int_equal(json_type(json_get(row, "peak")), JSON_NULL);
	row = json_at(json_get(page, "items"), 1);
	assert_number(row, "peak", 17);
	assert_text(row, "end_reason", "quiet");
	assert_number(row, "rules_version", 2);
	page = fixture_get(f, "/api/v1/incidents?limit=2");
	assert_number(page, "next", 2);
	page = fixture_get(f, "/api/v1/incidents?before=2");
	assert_int_equal(json_count(json_get(page, "items")), 1);
}

static void
the_page_says_that_an_incident_is_under_way(void **state)
{
	struct fixture *f = *state;

	fixture_live(f, watch_rules);
	add_incident(f, "storm", FIXTURE_NOW_MS - 60000, FIXTURE_NOW_MS);
	assert_int_equal(fixture_call_raw(f, "GET", "/", SLICE_NONE), 200);
	assert_null(strstr(buf_str(&f->reply.body), "A &lt;crowd&gt;"));
	add_incident(f, "storm", FIXTURE_NOW_MS - 60000, TIME_UNKNOWN);
	assert_int_equal(fixture_call_raw(f, "GET", "/", SLICE_NONE), 200);
	assert_non_null(strstr(buf_str(&f->reply.body), "A &lt;crowd&gt;"));
	assert_non_null(strstr(buf_str(&f->reply.body), "is at least &lt;3&gt;"));
	assert_says(f, "<a href=\"/api/v1/why?format=text&amp;incident=2\">what was seen</a>");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(watches_tell_what_they_see_now),
	    TEST(incidents_are_listed_newest_first),
	    TEST(the_page_says_that_an_incident_is_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
