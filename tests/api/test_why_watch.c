/* Why a watch saw a crowd: what it saw then, what it sees now, and the posts it counted. */
#include "tests/api/api_fixture.h"

#include "store/watches.h"

#define FIRST "https%3A%2F%2Fsocial.example%2Fposts%2F1"

static const char watch_rules[] = "brand acme \"Acme\"\n  called \"acme\"\nend\n"
				  "watch storm \"A crowd\"\n"
				  "  over posts where text contains \"awful\"\n"
				  "  out of posts where brand is acme\n"
				  "  when all of\n"
				  "    count within 10 minutes is at least 3\n"
				  "    share within 1 hour is at least 40%\n"
				  "  end\n"
				  "  then\n"
				  "    alert \"support\" as critical\n"
				  "  end\n"
				  "  until quiet for 30 minutes\n"
				  "end\n";

static void
add_incident(struct fixture *f, int64_t ended_at_ms)
{
	struct incident_row row = {.watch_id = SLICE_LIT("storm"),
	    .rules_version = 2,
	    .started_at_ms = FIXTURE_NOW_MS - 60000,
	    .reason = SLICE_LIT("count within 10 minutes 9 is at least 3; share within 1 hour "
				"60.0% (9 of 15) is at least 40%")};

	OK(store_begin(f->st, ERR));
	OK(store_incident_begin(f->st, &row, ERR));
	if (ended_at_ms != TIME_UNKNOWN)
		OK(store_incident_end(f->st, row.watch_id, ended_at_ms,
		    SLICE_LIT("count within 10 minutes 0"), 17, ERR));
	OK(store_commit(f->st, ERR));
}

static void
add_hit(struct fixture *f, int64_t post_no, int64_t at_ms)
{
	OK(store_begin(f->st, ERR));
	OK(store_watch_hit_put(
	    f->st, &(struct watch_hit){SLICE_LIT("storm"), at_ms, post_no, 7}, ERR));
	OK(store_commit(f->st, ERR));
}

static void
an_incident_tells_what_was_seen_then_and_now(void **state)
{
	struct fixture *f = *state;
	const struct json *why, *began;

	fixture_live(f, watch_rules);
	fixture_say(f, "ann", "acme is awful");
	add_hit(f, 1, FIXTURE_NOW_MS - 30000);
	add_incident(f, TIME_UNKNOWN);
	why = fixture_get(f, "/api/v1/why?incident=1");
	began = json_get(json_get(why, "incident"), "began");
	assert_int_equal(json_count(began), 2);
	assert_true(slice_eq_str(
	    json_str(json_at(began, 1)), "share within 1 hour 60.0% (9 of 15) is at least 40%"));
	assert_text(json_get(why, "watch"), "title", "A crowd");
	assert_number(json_at(json_get(json_get(why, "now"), "when"), 0), "value", 1);
	assert_number(why, "posts_counted", 1);
	assert_text(json_at(json_get(why, "posts"), 0), "text", "acme is awful");
	/* The same by the watch's id, which is its newest. */
	why = fixture_get(f, "/api/v1/why?about=storm");
	assert_number(json_get(why, "incident"), "id", 1);
	assert_int_equal(
	    fixture_call_raw(f, "GET", "/api/v1/why?format=text&watch=storm", SLICE_NONE), 200);
	assert_says(f, "watch storm \"A crowd\"\n");
	assert_says(f, "    true     count within 10 minutes 9 is at least 3\n");
	assert_says(f, "under way");
	assert_says(f, "false    count within 10 minutes is at least 3  (seen: 1)");
	assert_says(f, "it counted 1 post:\n");
	assert_says(f, "acme is awful");
}

static void
what_is_gone_of_an_old_incident_is_no_longer_known(void **state)
{
	struct fixture *f = *state;
	const struct json *why;

	fixture_live(f, watch_rules);
	add_incident(f, FIXTURE_NOW_MS);
	fixture_live(f, "brand acme \"Acme\"\n  called \"acme\"\nend\n");
	why = fixture_get(f, "/api/v1/why?incident=1");
	assert_number(json_get(why, "incident"), "peak", 17);
	assert_text(why, "no_longer_known", "which posts it counted is no longer known");
	assert_int_equal(json_type(json_get(why, "now")), JSON_NULL);
	assert_text(json_get(why, "watch"), "title", "A crowd"); /* of the version of then */
	assert_int_equal(
	    fixture_call_raw(f, "GET", "/api/v1/why?format=text&incident=1", SLICE_NONE), 200);
	assert_says(f, "the watch is not among the live ones");
	assert_says(f, "it ended because count within 10 minutes 0");
	/* And what is not even known by its version. */
	rule_set_unref(f->sets[2]);
	f->sets[2] = NULL;
	why = fixture_get(f, "/api/v1/why?incident=1");
	assert_int_equal(json_type(json_get(json_get(why, "watch"), "text")), JSON_NULL);
}

static void
a_watch_without_an_incident_says_what_it_sees(void **state)
{
	struct fixture *f = *state;

	fixture_live(f, watch_rules);
	assert_int_equal(
	    json_type(json_get(fixture_get(f, "/api/v1/why?watch=storm"), "incident")), JSON_NULL);
	assert_int_equal(
	    fixture_call_raw(f, "GET", "/api/v1/why?format=text&watch=storm", SLICE_NONE), 200);
	assert_says(f, "it saw no crowd yet");
}

static void
a_post_says_which_watch_counted_it_and_why_not(void **state)
{
	struct fixture *f = *state;
	const struct json *why, *watch;
	struct post own;

	fixture_live(f, watch_rules);
	fixture_say(f, "ann", "acme is awful");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_int_equal(json_count(json_get(why, "watches")), 1);
	watch = json_at(json_get(why, "watches"), 0);
	assert_text(watch, "watch_id", "storm");
	assert_truth(watch, "counted", true);
	assert_truth(json_get(watch, "over"), "counts", true);
	assert_truth(json_get(watch, "out_of"), "counts", true);
	fixture_say(f, "ann", "acme is fine");
	why = fixture_get(f, "/api/v1/why?post=https%3A%2F%2Fsocial.example%2Fposts%2F2");
	assert_int_equal(json_count(json_get(why, "watches")), 0);
	why =
	    fixture_get(f, "/api/v1/why?rule=storm&post=https%3A%2F%2Fsocial.example%2Fposts%2F2");
	watch = json_at(json_get(why, "watches"), 0);
	assert_truth(watch, "counted", false);
	assert_truth(json_get(watch, "over"), "counts", false);
	/* The crowd is made of others: not of our own posts. */
	own = fixture_post(f, "acme", "acme is awful");
	OK(store_begin(f->st, ERR));
	fixture_take_in(f, &own, INERT_OWN_ACCOUNT);
	OK(store_commit(f->st, ERR));
	why =
	    fixture_get(f, "/api/v1/why?rule=storm&post=https%3A%2F%2Fsocial.example%2Fposts%2F3");
	assert_truth(json_at(json_get(why, "watches"), 0), "counted", false);
	assert_int_equal(fixture_call_raw(f, "GET",
			     "/api/v1/why?format=text&rule=storm&post=https%3A%2F%2Fsocial.example"
			     "%2Fposts%2F3",
			     SLICE_NONE),
	    200);
	assert_says(f, "not counted: own account");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_incident_tells_what_was_seen_then_and_now),
	    T(what_is_gone_of_an_old_incident_is_no_longer_known),
	    T(a_watch_without_an_incident_says_what_it_sees),
	    T(a_post_says_which_watch_counted_it_and_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
