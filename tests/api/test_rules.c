/* The live rules, their history, checking and applying; sources and channels. */
#include "tests/api/api_fixture.h"

static const char one_rule[] = "brand acme \\\"Acme\\\"\\n  called \\\"acme\\\"\\nend\\n"
			       "rule a \\\"A\\\"\\n  when all of\\n    brand is acme\\n  end\\n  "
			       "then\\n    tag author \\\"x\\\"\\n  end\\nend\\n";

static const char *
request(struct fixture *f, const char *text, const char *more)
{
	return arena_printf(f->a,
	    "{\"bundle\":{\"rules\":{\"acme.rules\":\"%s\"},\"templates\":{}}%s}", text, more);
}

static void
live_rules_are_listed_with_state_limits_and_text(void **state)
{
	struct fixture *f = *state;
	const struct json *items, *rule;

	fixture_say(f, "zoe", "I love acme");
	items = json_get(fixture_get(f, "/api/v1/rules"), "items");
	assert_int_equal(json_count(items), 3);
	assert_number(json_root(f->doc), "version", 1);
	rule = json_at(items, 1);
	assert_text(rule, "id", "thanks");
	assert_text(rule, "title", "Say thank you");
	assert_truth(rule, "off", false);
	assert_truth(rule, "shadow", false);
	assert_number(json_get(rule, "at_most_once"), "every_s", 7 * 86400);
	assert_text(json_get(rule, "at_most_once"), "per", "author");
	assert_number(rule, "fired", 1);
	assert_text(rule, "last_fired_at", "2026-11-21T10:00:00Z");
	assert_true(
	    slice_starts_with(json_get_str(rule, "text"), "rule thanks \"Say thank you\"\n"));
	assert_truth(json_at(items, 2), "off", true);
	assert_number(json_at(items, 2), "fired", 0);
	assert_int_equal(json_type(json_get(json_at(items, 2), "last_fired_at")), JSON_NULL);
}

static void
live_rules_show_what_holds_them_back(void **state)
{
	struct fixture *f = *state;
	const struct json *items = json_get(fixture_get(f, "/api/v1/rules"), "items"), *rule,
			  *limits;
	double percent;

	rule = json_at(items, 2);
	limits = json_get(rule, "limits");
	assert_number(json_get(rule, "happening"), "times", 2);
	assert_number(json_get(rule, "happening"), "within_s", 3600);
	assert_text(json_get(rule, "happening"), "per", "subject");
	assert_int_equal(json_count(limits), 2);
	assert_number(json_at(limits, 0), "at_most", 5);
	assert_text(json_at(limits, 0), "period", "per day");
	assert_text(json_at(limits, 0), "per", "thread");
	assert_text(json_at(limits, 1), "period", "per month");
	assert_text(json_at(limits, 1), "per", "rule");
	assert_text(rule, "approval_by", "social team");
	assert_true(json_f64(json_get(rule, "canary_percent"), &percent) && percent == 12.5);
	rule = json_at(items, 1);
	assert_int_equal(json_type(json_get(rule, "happening")), JSON_NULL);
	assert_int_equal(json_count(json_get(rule, "limits")), 0);
	assert_int_equal(json_type(json_get(rule, "canary_percent")), JSON_NULL);
	assert_int_equal(json_type(json_get(rule, "approval_by")), JSON_NULL);
}

static void
live_rules_are_paged_by_id(void **state)
{
	struct fixture *f = *state;

	assert_text(fixture_get(f, "/api/v1/rules?limit=1"), "next", "support-issue");
	assert_text(fixture_get(f, "/api/v1/rules?limit=1&after=support-issue"), "next", "thanks");
	assert_text(json_at(json_get(json_root(f->doc), "items"), 0), "id", "thanks");
	assert_int_equal(
	    json_type(json_get(fixture_get(f, "/api/v1/rules?limit=1&after=thanks"), "next")),
	    JSON_NULL);
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/rules?after=quiet"), "items")), 0);
}

static void
fields_are_told_for_completion_and_forms(void **state)
{
	struct fixture *f = *state;
	const struct json *items = json_get(fixture_get(f, "/api/v1/rules/fields"), "items");
	size_t seen = 0;

	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *field = json_at(items, i);

		assert_true(json_get_str(field, "help").len > 0);
		assert_true(json_get_str(field, "example").len > 0);
		assert_true(json_count(json_get(field, "operators")) > 0);
		if (slice_eq_str(json_get_str(field, "field"), "sentiment")) {
			assert_text(json_at(json_get(field, "operators"), 0), "op", "is");
			seen++;
		}
		if (slice_eq_str(json_get_str(field, "field"), "intent")) {
			assert_true(slice_eq_str(
			    json_str(json_at(json_get(field, "choices"), 0)), "complaint"));
			seen++;
		}
	}
	assert_int_equal(seen, 2);
}

static void
checking_changes_nothing_and_shows_findings(void **state)
{
	struct fixture *f = *state;
	const struct json *answer;

	answer = fixture_call(f, "POST", "/api/v1/rules/check", request(f, one_rule, ""), 200);
	assert_truth(answer, "changed", false);
	assert_number(answer, "version", 1);
	assert_number(answer, "errors", 0);
	assert_int_equal(json_type(json_get(answer, "findings")), JSON_ARRAY);
	fixture_refused(f, "POST", "/api/v1/rules/check",
	    request(f, "rule a \\\"A\\\"\\n  wen\\n", ""), 422, "findings");
	assert_true(json_count(json_get(json_root(f->doc), "findings")) > 0);
	assert_text(json_at(json_get(json_root(f->doc), "findings"), 0), "file", "acme.rules");
	assert_text(json_at(json_get(json_root(f->doc), "findings"), 0), "severity", "error");
	assert_int_equal(json_count(json_get(fixture_get(f, "/api/v1/rules/history"), "items")), 1);
}

static void
applying_makes_a_version_and_a_stale_base_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	const struct json *answer;

	answer = fixture_call(f, "POST", "/api/v1/rules/apply",
	    request(f, one_rule, ",\"author\":\"mira\",\"reason\":\"launch\",\"base_version\":1"),
	    200);
	assert_number(answer, "version", 2);
	assert_truth(answer, "changed", true);
	assert_true(f->env.rules_changed);
	assert_text(fixture_get(f, "/api/v1/rules/versions/2"), "author", "mira");
	assert_text(json_root(f->doc), "reason", "launch");
	assert_true(slice_is_set(
	    json_get_str(json_get(json_get(json_root(f->doc), "bundle"), "rules"), "acme.rules")));
	fixture_refused(f, "POST", "/api/v1/rules/apply",
	    request(f, one_rule, ",\"base_version\":7"), 409, "conflict");
	/* no number is a way round it */
	fixture_refused(f, "POST", "/api/v1/rules/apply",
	    request(f, one_rule, ",\"base_version\":-1"), 400, "bad-member");
	assert_false(f->env.rules_changed);
	fixture_refused(f, "POST", "/api/v1/rules/apply", request(f, "rule", ""), 422, "findings");
	assert_false(f->env.rules_changed);
	assert_int_equal(json_count(json_get(fixture_get(f, "/api/v1/rules/history"), "items")), 2);
	fixture_refused(f, "GET", "/api/v1/rules/versions/3", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/rules/versions/two", NULL, 404, "not-found");
}

static void
the_history_is_paged_to_its_first_version(void **state)
{
	struct fixture *f = *state;
	char target[100] = "/api/v1/rules/history?limit=100";
	int64_t next = 0, want = 1203, n;

	OK(store_begin(f->st, ERR));
	for (int i = 2; i <= 1203; i++) {
		struct rules_version v = {.applied_at_ms = FIXTURE_NOW_MS,
		    .author = SLICE_LIT("t"),
		    .reason = SLICE_LIT(""),
		    .content_hash = SLICE_LIT("h"),
		    .bundle_json = SLICE_LIT("{}")};

		OK(store_rules_put(f->st, &v, ERR));
	}
	OK(store_commit(f->st, ERR));
	do {
		const struct json *page = fixture_get(f, target), *items = json_get(page, "items");

		for (size_t i = 0; i < json_count(items); i++, want--) {
			assert_true(json_i64(json_get(json_at(items, i), "version"), &n));
			assert_int_equal(n, want);
		}
		next = 0;
		json_i64(json_get(page, "next"), &next);
		snprintf(target, sizeof target, "/api/v1/rules/history?limit=100&before=%lld",
		    (long long)next);
	} while (next > 0);
	assert_int_equal(want, 0);
}

static void
sources_show_what_is_live_beside_what_is_stored(void **state)
{
	struct fixture *f = *state;
	const struct json *items;

	f->host.sources_json = SLICE_LIT(
	    "[{\"name\":\"feed "
	    "\\\"a\\\"\",\"type\":\"feed\",\"health\":\"failing\",\"detail\":\"404\",\"posts\":3},"
	    "{\"name\":\"new\",\"type\":\"mastodon\",\"health\":\"starting\",\"posts\":0}]");
	OK(store_begin(f->st, ERR));
	OK(store_source_advance(
	    f->st, SLICE_LIT("feed \"a\""), SLICE_LIT("c"), 41, FIXTURE_NOW_MS, true, ERR));
	OK(store_source_advance(
	    f->st, SLICE_LIT("old"), SLICE_LIT("c"), 7, FIXTURE_NOW_MS, false, ERR));
	OK(store_commit(f->st, ERR));
	items = json_get(fixture_get(f, "/api/v1/sources"), "items");
	assert_int_equal(json_count(items), 3);
	assert_text(json_at(items, 0), "name", "feed \"a\"");
	assert_number(json_at(items, 0), "posts", 3);
	assert_number(json_at(items, 0), "stored", 41);
	assert_truth(json_at(items, 0), "has_fetched", true);
	assert_text(json_at(items, 0), "detail", "404");
	assert_number(json_at(items, 1), "stored", 0);
	assert_int_equal(json_type(json_get(json_at(items, 1), "last_post_at")), JSON_NULL);
	assert_text(json_at(items, 2), "name", "old");
	assert_truth(json_at(items, 2), "configured", false);
	assert_number(json_at(items, 2), "stored", 7);
}

static void
channels_show_their_limits_beside_what_is_live(void **state)
{
	struct fixture *f = *state;
	const struct json *items;

	f->host.channels_json = SLICE_LIT("[{\"name\":\"social\",\"in_flight\":1,\"stopped\":true,"
					  "\"why\":\"login refused\",\"sent\":4,\"failed\":2}]");
	items = json_get(fixture_get(f, "/api/v1/channels"), "items");
	assert_int_equal(json_count(items), 2);
	assert_text(json_at(items, 0), "name", "email");
	assert_text(json_at(items, 0), "endpoint", "email");
	assert_int_equal(json_type(json_get(json_at(items, 0), "sent")), JSON_ABSENT);
	assert_number(json_at(items, 1), "max_per_minute", 60);
	assert_text(json_at(items, 1), "why", "login refused");
	assert_truth(json_at(items, 1), "stopped", true);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(live_rules_are_listed_with_state_limits_and_text),
	    T(live_rules_show_what_holds_them_back),
	    T(live_rules_are_paged_by_id),
	    T(fields_are_told_for_completion_and_forms),
	    T(checking_changes_nothing_and_shows_findings),
	    T(applying_makes_a_version_and_a_stale_base_is_a_conflict),
	    T(the_history_is_paged_to_its_first_version),
	    T(sources_show_what_is_live_beside_what_is_stored),
	    T(channels_show_their_limits_beside_what_is_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
