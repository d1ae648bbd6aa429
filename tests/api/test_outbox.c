/* Messages, the kill switch, alerts: what people do. */
#include "tests/api/api_fixture.h"

/* Ann is a customer and asks for help: an alert, its notice, a mail. Zoe praises: a draft. */
static void
a_day(struct fixture *f)
{
	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	fixture_say(f, "zoe", "I love acme");
}

/* The id of the first message a list shows. */
static const char *
first_id(struct fixture *f, const char *target)
{
	const struct json *m = json_at(json_get(fixture_get(f, target), "items"), 0);
	struct slice id = json_get_str(m, "id");

	if (id.len != 32)
		fail_msg("%s: no message in %s", target, buf_str(&f->reply.body));
	return arena_strndup(f->a, id.ptr, id.len);
}

static const char *
path(struct fixture *f, const char *id, const char *verb)
{
	return arena_printf(f->a, "/api/v1/outbox/%s%s", id, verb);
}

static void
a_message_says_why_it_exists(void **state)
{
	struct fixture *f = *state;
	const struct json *m;
	const char *id;

	a_day(f);
	id = first_id(f, "/api/v1/outbox?channel=email");
	m = fixture_get(f, path(f, id, ""));
	assert_text(m, "state", "ready");
	assert_text(m, "kind", "send");
	assert_text(m, "address", "ann@example.org");
	assert_text(m, "customer_id", "u-1");
	assert_text(m, "rule_id", "support-issue");
	assert_text(m, "template", "we-are-on-it");
	assert_text(m, "purpose", "service");
	assert_text(m, "post_id", "https://social.example/posts/1");
	assert_text(json_get(m, "parts"), "subject", "We are on it, Ann");
	assert_text(json_get(m, "parts"), "text", "You wrote: acme please help");
	assert_int_equal(json_type(json_get(m, "hold")), JSON_NULL);
	assert_true(json_get_str(m, "cause").len > 0);
	/* A unique beginning is enough, if it is long enough. */
	assert_text(fixture_get(f, path(f, arena_strndup(f->a, id, 6), "")), "id", id);
	fixture_refused(f, "GET", path(f, arena_strndup(f->a, id, 5), ""), NULL, 404, "not-found");
	fixture_refused(f, "GET", path(f, "ffffffffffff", ""), NULL, 404, "not-found");
	fixture_refused(f, "GET", path(f, "%20%27%3b--", ""), NULL, 404, "not-found");
}

static void
a_draft_is_approved_in_other_words(void **state)
{
	struct fixture *f = *state;
	const struct json *m;
	const char *id;

	a_day(f);
	id = first_id(f, "/api/v1/outbox?state=held&hold=approval");
	m = fixture_call(f, "POST", path(f, id, "/approve"),
	    "{\"text\":\"That <b>made</b> our day\",\"who\":\"mira\",\"reason\":\"nice\"}", 200);
	assert_text(m, "state", "ready");
	assert_int_equal(json_type(json_get(m, "hold")), JSON_NULL);
	assert_text(json_get(m, "parts"), "reply", "That <b>made</b> our day");
	assert_text(m, "reason", "approved by mira: nice");
	assert_true(f->env.outbox_changed);
	fixture_refused(f, "POST", path(f, id, "/approve"), "{}", 409, "conflict");
	assert_false(f->env.outbox_changed);
}

static void
a_draft_is_rejected_and_stays_so(void **state)
{
	struct fixture *f = *state;
	const char *id;

	a_day(f);
	id = first_id(f, "/api/v1/outbox?state=held&hold=approval");
	assert_text(fixture_call(f, "POST", path(f, id, "/reject"), NULL, 200), "state", "dropped");
	assert_text(json_root(f->doc), "reason", "rejected by http:127.0.0.1");
	fixture_refused(f, "POST", path(f, id, "/release"), NULL, 409, "conflict");
	fixture_refused(f, "POST", path(f, id, "/hold"), "{\"text\":\"x\"}", 409, "conflict");
}

static void
a_refused_change_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	const char *id;
	int64_t before, after;

	a_day(f);
	id = first_id(f, "/api/v1/outbox?channel=email");
	OK(store_count(f->st, "audit", &before, ERR));
	fixture_refused(
	    f, "POST", path(f, id, "/hold"), "{\"text\":\"new words\"}", 400, "invalid");
	OK(store_count(f->st, "audit", &after, ERR));
	assert_int_equal(before, after);
	assert_text(fixture_get(f, path(f, id, "")), "state", "ready");
	assert_text(fixture_call(f, "POST", path(f, id, "/hold"), NULL, 200), "hold", "operator");
	OK(store_count(f->st, "audit", &after, ERR));
	assert_int_equal(before + 1, after);
	assert_text(fixture_call(f, "POST", path(f, id, "/release"), NULL, 200), "state", "ready");
	assert_text(fixture_call(f, "POST", path(f, id, "/drop"), NULL, 200), "state", "dropped");
	assert_text(fixture_call(f, "POST", path(f, id, "/retry"), NULL, 409), "code", "conflict");
}

static void
the_switch_stops_and_resumes(void **state)
{
	struct fixture *f = *state;

	assert_truth(fixture_get(f, "/api/v1/sending"), "stopped", false);
	assert_truth(
	    fixture_call(f, "POST", "/api/v1/sending",
		"{\"stopped\":true,\"reason\":\"wrong \\\"template\\\"\",\"who\":\"mira\"}", 200),
	    "stopped", true);
	assert_says(f, "wrong \\\"template\\\"");
	assert_truth(fixture_get(f, "/api/v1/sending"), "stopped", true);
	assert_truth(json_get(fixture_get(f, "/api/v1/status"), "sending"), "stopped", true);
	fixture_refused(
	    f, "POST", "/api/v1/outbox/release", "{\"hold\":\"brake\"}", 409, "sending-stopped");
	assert_truth(fixture_call(f, "POST", "/api/v1/sending", "{\"stopped\":false}", 200),
	    "stopped", false);
	assert_truth(fixture_get(f, "/api/v1/sending"), "stopped", false);
}

static void
the_brake_file_counts_as_stopped(void **state)
{
	struct fixture *f = *state;

	f->env.is_brake_file_there = true;
	assert_truth(fixture_get(f, "/api/v1/sending"), "stopped", true);
	assert_truth(json_root(f->doc), "brake_file_there", true);
	fixture_refused(
	    f, "POST", "/api/v1/outbox/release", "{\"hold\":\"brake\"}", 409, "sending-stopped");
}

/* Messages as the brake leaves them, more than one batch. */
static void
hold_many(struct fixture *f, int count)
{
	OK(store_begin(f->st, ERR));
	for (int i = 0; i < count; i++) {
		struct message m = {.kind = MESSAGE_SEND,
		    .channel = SLICE_LIT("email"),
		    .address = SLICE_LIT("a@example.org"),
		    .parts_json = SLICE_LIT("{\"text\":\"x\"}"),
		    .state = MESSAGE_HELD,
		    .hold = HOLD_BRAKE,
		    .next_at_ms = FIXTURE_NOW_MS,
		    .claimed_at_ms = TIME_UNKNOWN,
		    .expires_at_ms = TIME_UNKNOWN,
		    .created_at_ms = FIXTURE_NOW_MS,
		    .updated_at_ms = FIXTURE_NOW_MS};

		snprintf(m.id, sizeof m.id, "%032x", (unsigned)i + 1);
		assert_int_equal(store_message_insert(f->st, &m, ERR), 1);
	}
	OK(store_commit(f->st, ERR));
}

static void
what_the_brake_held_is_released_in_batches(void **state)
{
	struct fixture *f = *state;
	const struct json *answer;

	hold_many(f, 1203);
	answer = fixture_call(f, "POST", "/api/v1/outbox/release", "{\"hold\":\"brake\"}", 200);
	assert_number(answer, "released", 500);
	assert_truth(answer, "more", true);
	assert_true(f->env.outbox_changed);
	answer = fixture_call(f, "POST", "/api/v1/outbox/release", "{\"hold\":\"brake\"}", 200);
	assert_number(answer, "released", 500);
	answer = fixture_call(f, "POST", "/api/v1/outbox/release", "{\"hold\":\"brake\"}", 200);
	assert_number(answer, "released", 203);
	assert_truth(answer, "more", false);
	answer = fixture_call(f, "POST", "/api/v1/outbox/release", "{\"hold\":\"brake\"}", 200);
	assert_number(answer, "released", 0);
	assert_false(f->env.outbox_changed);
	assert_number(json_get(fixture_get(f, "/api/v1/sending"), "outbox"), "ready", 1203);
}

/* ---- alerts ------------------------------------------------------------------------- */

static void
an_alert_tells_the_whole_story(void **state)
{
	struct fixture *f = *state;
	const struct json *alert, *chapter;

	a_day(f);
	fixture_say(f, "ann", "help!! acme, are you there?");
	alert = fixture_get(f, "/api/v1/alerts/1");
	assert_number(alert, "id", 1);
	assert_text(alert, "severity", "high");
	assert_text(alert, "state", "open");
	assert_number(alert, "count", 2);
	assert_int_equal(json_count(json_get(alert, "posts")), 2);
	chapter = json_at(json_get(alert, "posts"), 0);
	assert_text(json_get(chapter, "post"), "text", "acme please help");
	assert_true(json_count(json_get(json_get(chapter, "post"), "reasons")) > 0);
	assert_int_equal(json_count(json_get(chapter, "decisions")), 2);
	assert_int_equal(json_count(json_get(chapter, "messages")), 1);
	assert_text(json_at(json_get(chapter, "messages"), 0), "state", "ready");
	assert_truth(alert, "more_posts", false);
	fixture_refused(f, "GET", "/api/v1/alerts/99", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/alerts/1x", NULL, 404, "not-found");
}

static void
an_alert_is_acknowledged_then_resolved(void **state)
{
	struct fixture *f = *state;

	a_day(f);
	assert_text(fixture_call(f, "POST", "/api/v1/alerts/1/ack",
			"{\"who\":\"jonas\",\"note\":\"calling\"}", 200),
	    "state", "acknowledged");
	assert_text(json_root(f->doc), "changed_by", "jonas");
	assert_text(json_root(f->doc), "change_note", "calling");
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/alerts?state=acked"), "items")), 1);
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/alerts?state=acknowledged"), "items")), 1);
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/alerts?state=open"), "items")), 0);
	assert_text(
	    fixture_call(f, "POST", "/api/v1/alerts/1/resolve", NULL, 200), "state", "resolved");
	assert_text(json_root(f->doc), "changed_by", "http:127.0.0.1");
	fixture_refused(f, "POST", "/api/v1/alerts/1/ack", NULL, 409, "conflict");
	fixture_refused(f, "POST", "/api/v1/alerts/1/resolve", NULL, 409, "conflict");
	assert_int_equal(json_count(json_get(fixture_get(f, "/api/v1/alerts"), "items")), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(a_message_says_why_it_exists),
	    T(a_draft_is_approved_in_other_words),
	    T(a_draft_is_rejected_and_stays_so),
	    T(a_refused_change_leaves_nothing_behind),
	    T(the_switch_stops_and_resumes),
	    T(the_brake_file_counts_as_stopped),
	    T(what_the_brake_held_is_released_in_batches),
	    T(an_alert_tells_the_whole_story),
	    T(an_alert_is_acknowledged_then_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
