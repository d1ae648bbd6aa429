/* Pauses: set, seen, ended. */
#include "tests/api/api_fixture.h"

#define PAUSES "/api/v1/pauses"

static const struct json *
item(const struct json *answer, size_t i)
{
	return json_at(json_get(answer, "items"), i);
}

static void
promotions_and_rules_are_paused_and_go_on(void **state)
{
	struct fixture *f = *state;
	const struct json *a;

	a = fixture_get(f, PAUSES);
	assert_int_equal(json_count(json_get(a, "items")), 0);
	a = fixture_call(f, "POST", PAUSES,
	    "{\"what\":\"promotions\",\"paused\":true,\"for\":\"2h\",\"reason\":\"storm\",\"who\":"
	    "\"mira\"}",
	    200);
	assert_int_equal(json_count(json_get(a, "items")), 1);
	assert_text(item(a, 0), "what", "promotions");
	assert_text(item(a, 0), "cause", "mira");
	assert_text(item(a, 0), "reason", "storm");
	assert_text(item(a, 0), "until", "2026-11-21T12:00:00Z");
	assert_int_equal(json_type(json_get(item(a, 0), "rule_id")), JSON_NULL);
	fixture_call(f, "POST", PAUSES, "{\"what\":\"support-issue\",\"paused\":true}", 200);
	a = fixture_get(f, "/api/v1/status");
	assert_int_equal(json_count(json_get(a, "pauses")), 2);
	assert_text(json_at(json_get(a, "pauses"), 1), "rule_id", "support-issue");
	assert_int_equal(
	    json_type(json_get(json_at(json_get(a, "pauses"), 1), "until")), JSON_NULL);
	/* The rule does not fire while it rests. */
	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	a = fixture_get(f, "/api/v1/decisions");
	assert_text(item(a, 0), "outcome", "held");
	assert_text(item(a, 0), "note", "the rule is paused: no reason given (http:127.0.0.1)");
	/* What is over is not shown, and what is lifted goes on. */
	f->clock.at_ms += 2 * TIME_HOUR_MS;
	assert_int_equal(json_count(json_get(fixture_get(f, PAUSES), "items")), 1);
	a = fixture_call(
	    f, "POST", PAUSES, "{\"what\":\"rule:support-issue\",\"paused\":false}", 200);
	assert_int_equal(json_count(json_get(a, "items")), 0);
	assert_true(f->env.outbox_changed);
	fixture_say(f, "ann", "acme please help me");
	a = fixture_get(f, "/api/v1/decisions");
	assert_text(item(a, 0), "outcome", "queued");
}

static void
what_cannot_be_paused_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *code;
	} cases[] = {
	    {"{\"paused\":true}", 400, "bad-member"},
	    {"{\"what\":\"\",\"paused\":true}", 400, "bad-member"},
	    {"{\"what\":\"promotions\"}", 400, "bad-member"},
	    {"{\"what\":\"promotions\",\"paused\":\"yes\"}", 400, "bad-member"},
	    {"{\"what\":\"promotions\",\"paused\":true,\"for\":\"a while\"}", 400, "bad-member"},
	    {"{\"what\":\"promotions\",\"paused\":true,\"for\":\"0 s\"}", 400, "bad-member"},
	    {"{\"what\":\"promotions\",\"paused\":true,\"until\":1}", 400, "unknown-member"},
	    {"{\"what\":\"no-such-rule\",\"paused\":true}", 404, "not-found"},
	    {"{\"what\":\"promotions\",\"paused\":false}", 409, "conflict"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		fixture_refused(f, "POST", PAUSES, cases[i].body, cases[i].status, cases[i].code);
	assert_int_equal(json_count(json_get(fixture_get(f, PAUSES), "items")), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(promotions_and_rules_are_paused_and_go_on),
	    T(what_cannot_be_paused_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
