/* No memory: whichever allocation fails, the answer is whole or a refusal, and a refused change
 * changed nothing. */
#include "tests/api/api_fixture.h"
#include "store/events.h"
#include "store/segments.h"
#include "store/watches.h"
#include "tests/support/erasure_book.h"
#include "tests/support/faults.h"

struct attempt {
	struct fixture *f;
	const char *method, *target, *body;
	int64_t audits;
};

/* A call as the daemon makes it; memory may fail anywhere in the handler. */
static int
call_once(void *cookie)
{
	struct attempt *t = cookie;
	struct fixture *f = t->f;
	const char *question = strchr(t->target, '?'), *allow = NULL;
	struct api_request q = {.method = t->method, .body = slice_of(t->body), .who = "test"};
	struct api_env env = {.clock = &f->clock.base,
	    .metrics = &f->metrics,
	    .actions = &fixture_actions,
	    .rules = f->sets[f->version],
	    .rules_version = f->version,
	    .handle_attribute = "SocialHandle",
	    .code_prefix = "acme",
	    .retention_ms = 90 * TIME_DAY_MS,
	    .influence = &influence_weights_default,
	    .adoption = &adoption_config_default,
	    .is_daemon = true,
	    .started_at_ms = FIXTURE_NOW_MS,
	    .host = &f->host};
	const struct api_route *route;
	struct api_reply reply;
	struct json_doc *doc = NULL;
	int status = 0, rc = -1;
	bool is_in_its_own;
	struct err err;

	q.path = question == NULL ? slice_of(t->target)
				  : slice_make(t->target, (size_t)(question - t->target));
	q.query = question == NULL ? SLICE_NONE : slice_of(question + 1);
	route = api_route_find(t->method, q.path, &status, &allow);
	assert_non_null(route);
	env.arena = arena_new(64u * 1024 * 1024);
	if (env.arena == NULL)
		return -1;
	is_in_its_own = api_route_place(route) == API_WRITER_OWN;
	env.store = api_route_place(route) == API_LOOP ? NULL : f->st;
	api_reply_init(&reply);
	if (env.store != NULL && !is_in_its_own && store_begin(f->st, &err) < 0)
		goto out;
	api_handle(route, &env, &q, &reply);
	if (env.store != NULL && !is_in_its_own)
		store_rollback(f->st); /* so that each attempt finds the same */
	rc = reply.status < 400 ? 0 : -1;
	assert_true(reply.status == 200 || reply.status >= 400);
	assert_false(buf_failed(&reply.body));
	/* Looking at it may lack memory as well, which says nothing about it. */
	if (reply.body.len > 0 && strcmp(reply.content_type, "application/json") == 0 &&
	    json_parse(buf_slice(&reply.body), &doc, NULL, &err) < 0 && err.kind != ERR_NOMEM)
		fail_msg("%s %s: half an answer: %s", t->method, t->target, err.text);
	json_doc_free(doc);
out:
	api_reply_fini(&reply);
	arena_free(env.arena);
	return rc;
}

static void
each_allocation_of_a_call_may_fail(void **state)
{
	static const struct {
		const char *method, *target, *body;
	} rows[] = {
	    {"GET", "/", NULL},
	    {"GET", "/api/v1/status", NULL},
	    {"GET", "/api/v1/posts?limit=2", NULL},
	    {"GET", "/api/v1/posts/https%3A%2F%2Fsocial.example%2Fposts%2F1", NULL},
	    {"GET", "/api/v1/why?post=https%3A%2F%2Fsocial.example%2Fposts%2F1", NULL},
	    {"GET", "/api/v1/why?format=text&post=https%3A%2F%2Fsocial.example%2Fposts%2F1", NULL},
	    {"GET", "/api/v1/why?format=text&about=https%3A%2F%2Fsocial.example%2Fposts%2F2", NULL},
	    {"GET", "/api/v1/why?incident=1", NULL},
	    {"GET", "/api/v1/why?format=text&watch=storm", NULL},
	    {"GET", "/api/v1/outbox", NULL},
	    {"GET", "/api/v1/alerts/1", NULL},
	    {"GET", "/api/v1/rules", NULL},
	    {"GET", "/api/v1/sources", NULL},
	    {"GET", "/api/v1/channels", NULL},
	    {"GET", "/api/v1/customers/u-1", NULL},
	    {"GET", "/api/v1/people/u-1", NULL},
	    {"GET", "/api/v1/people/u-1?format=html", NULL},
	    {"GET", "/api/v1/people/u-1?format=text", NULL},
	    {"GET", "/api/v1/authors/@ann@social.example", NULL},
	    {"POST", "/api/v1/alerts/1/ack", "{\"who\":\"x\",\"note\":\"y\"}"},
	    {"POST", "/api/v1/sending", "{\"stopped\":true,\"reason\":\"x\"}"},
	    {"POST", "/api/v1/rules/check",
		"{\"bundle\":{\"rules\":{\"acme.rules\":\"brand b \\\"B\\\"\\n  called "
		"\\\"b\\\"\\nend\\n\"},\"templates\":{}}}"},
	    {"GET", "/api/v1/posts?limt=2", NULL},
	};
	struct fixture *f = *state;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help, this is terrible");
	fixture_say(f, "zoe", "I love acme");
	OK(store_begin(f->st, ERR));
	OK(store_incident_begin(f->st,
	    &(struct incident_row){.watch_id = SLICE_LIT("storm"),
		.rules_version = 1,
		.started_at_ms = FIXTURE_NOW_MS,
		.reason = SLICE_LIT("count within 10 minutes 3 is at least 3")},
	    ERR));
	OK(store_watch_hit_put(
	    f->st, &(struct watch_hit){SLICE_LIT("storm"), FIXTURE_NOW_MS - 1, 1, 7}, ERR));
	OK(store_commit(f->st, ERR));
	f->host.sources_json =
	    SLICE_LIT("[{\"name\":\"a\",\"type\":\"feed\",\"health\":\"ok\",\"posts\":1}]");
	f->host.channels_json = SLICE_LIT("[{\"name\":\"email\",\"stopped\":false,\"sent\":1}]");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct attempt t = {f, rows[i].method, rows[i].target, rows[i].body, 0};
		bool is_refused = strstr(rows[i].target, "limt") != NULL;

		if (is_refused) {
			/* Even the refusal may find no memory; it must still be one. */
			for (unsigned nth = 1; nth < 8; nth++) {
				mem_fault_arm(nth, true);
				assert_int_equal(call_once(&t), -1);
				mem_fault_arm(0, false);
			}
			continue;
		}
		if (faults_run(call_once, &t, false) == 0)
			fail_msg("%s allocates nothing", rows[i].target);
	}
}

/* ---- people ------------------------------------------------------------------------ */

/* Two customers, one with an event and a code; an account that is nobody's; a segment that files fill. */
static void
put_people(struct fixture *f)
{
	const struct customer ann = {.id = SLICE_LIT("u-1")};
	struct stored_event e = {.event = {.id = SLICE_LIT("ev-1"),
				     .name = SLICE_LIT("order placed"),
				     .source = SLICE_LIT("shop")},
	    .customer_id = SLICE_LIT("u-1"),
	    .customer = &ann,
	    .at_ms = FIXTURE_NOW_MS,
	    .received_at_ms = FIXTURE_NOW_MS,
	    .rules_version = f->version};
	struct segment_row segment = {
	    .id = SLICE_LIT("vip"), .content_hash = SLICE_LIT(""), .is_imported = true};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help, this is terrible");
	fixture_say(f, "zoe", "I love acme");
	OK(fixture_compile(f,
	    SLICE_LIT("segment vip \"Picked\" imported\nend\n"
		      "segment near \"Near\"\n  when customer.country is DE\nend\n"),
	    f->version, diags, &set, ERR));
	assert_non_null(set);
	diag_list_free(diags);
	rule_set_unref(f->sets[f->version]);
	f->sets[f->version] = set;
	store_set_book(f->st, &erasure_test_book);
	OK(store_begin(f->st, ERR));
	OK(store_event_insert(f->st, &e, ERR));
	OK(store_segment_put(f->st, &segment, ERR));
	segment = (struct segment_row){.id = SLICE_LIT("near"), .content_hash = SLICE_LIT("h")};
	OK(store_segment_put(f->st, &segment, ERR));
	OK(store_segment_enter(
	    f->st, SLICE_LIT("vip"), SLICE_LIT("u-1"), FIXTURE_NOW_MS, "test", ERR));
	OK(store_commit(f->st, ERR));
}

/* Everything that the calls could change, in numbers. */
static void
put_counts(struct fixture *f, char out[400])
{
	static const char *const tables[] = {"customers", "customer_attributes", "customer_history",
	    "endpoints", "consents", "tags", "list_members", "links", "link_codes", "events",
	    "segment_members", "subject_joins", "audit", "posts", "authors", "erasures"};
	int len = 0;

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		int64_t n = 0;

		OK(store_count(f->st, tables[i], &n, ERR));
		len += snprintf(out + len, 400 - (size_t)len, "%s %lld ", tables[i], (long long)n);
	}
}

static void
whatever_is_asked_or_changed_of_people_may_lack_memory(void **state)
{
	static const struct {
		const char *method, *target, *body;
	} rows[] = {
	    {"GET", "/api/v1/customers?limit=1", NULL},
	    {"GET", "/api/v1/customers/export", NULL},
	    {"GET", "/api/v1/customers/export?format=pinpoint-csv", NULL},
	    {"GET", "/api/v1/customers/u-1?at=2026-11-21T10:00:00Z", NULL},
	    {"GET", "/api/v1/customers/u-1/links", NULL},
	    {"GET", "/api/v1/customers/u-1/link-codes", NULL},
	    {"GET", "/api/v1/customers/u-1/events", NULL},
	    {"GET", "/api/v1/events", NULL},
	    {"GET", "/api/v1/events/ev-1", NULL},
	    {"GET", "/api/v1/why?event=ev-1", NULL},
	    {"GET", "/api/v1/link-suggestions", NULL},
	    {"GET", "/api/v1/segments", NULL},
	    {"GET", "/api/v1/segments/vip", NULL},
	    {"GET", "/api/v1/segments/near", NULL},
	    {"GET", "/api/v1/segments/vip/members", NULL},
	    {"GET", "/api/v1/people/u-1/export", NULL},
	    {"POST", "/api/v1/customers/u-1/links",
		"{\"author\":\"@zoe@social.example\",\"proof\":\"agent\",\"basis\":\"told us\"}"},
	    {"POST", "/api/v1/customers/u-1/links",
		"{\"author\":\"https://x.example/@new\",\"proof\":\"signed in\"}"},
	    {"POST", "/api/v1/customers/u-1/unlink",
		"{\"author\":\"@ann@social.example\",\"reason\":\"a namesake\"}"},
	    {"POST", "/api/v1/customers/u-1/link-codes", "{}"},
	    {"POST", "/api/v1/customers/u-1/merge", "{\"other\":\"u-2\"}"},
	    {"PATCH", "/api/v1/customers/u-1",
		"{\"country\":\"AT\",\"attributes\":{\"plan\":[\"a\",\"b\"]},\"metrics\":{\"n\":1."
		"5},\"tags\":"
		"{\"t\":true},\"lists\":{\"friends\":true},\"consents\":[{\"channel\":\"sms\","
		"\"purpose\":"
		"\"service\",\"given\":true}],\"endpoints\":[{\"id\":\"e-9\",\"channel\":\"email\","
		"\"address\":\"x@y.example\"}]}"},
	    {"PUT", "/api/v1/customers/u-9", "{\"locale\":\"de_AT\"}"},
	    {"POST", "/api/v1/segments/vip/members", "{\"add\":[\"u-2\"],\"remove\":[\"u-1\"]}"},
	    {"POST", "/api/v1/segments/vip/members", "{\"replace\":[\"u-2\",\"nobody\"]}"},
	};
	struct fixture *f = *state;
	char before[400], after[400];

	put_people(f);
	put_counts(f, before);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct attempt t = {f, rows[i].method, rows[i].target, rows[i].body, 0};

		if (call_once(&t) < 0)
			fail_msg("%s %s is refused", rows[i].method, rows[i].target);
		if (faults_run(call_once, &t, false) == 0)
			fail_msg("%s allocates nothing", rows[i].target);
		put_counts(f, after);
		assert_string_equal(before, after);
	}
}

/* It commits by itself: all of them goes, or nothing did. */
static void
who_is_erased_without_memory_is_erased_wholly_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	struct attempt t = {f, "POST", "/api/v1/people/u-1/erase", "{}", 0};
	char before[400], after[400];
	unsigned nth;

	put_people(f);
	put_counts(f, before);
	for (nth = 1;; nth++) {
		mem_fault_arm(nth, nth % 2 == 0);
		(void)call_once(&t); /* the answer may lack memory behind the commit */
		mem_fault_arm(0, false);
		put_counts(f, after);
		if (strcmp(before, after) != 0)
			break;
	}
	assert_true(nth > 10);
	assert_string_equal(after,
	    "customers 1 customer_attributes 2 customer_history 2 endpoints 1 consents 2 tags 0 "
	    "list_members 1 links 1 link_codes 0 events 0 segment_members 0 subject_joins 0 "
	    "audit 2 posts 2 authors 1 erasures 4 ");
	fixture_call(f, "GET", "/api/v1/customers/u-1", NULL, 404);
	fixture_call(f, "GET", "/api/v1/customers/u-2", NULL, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		each_allocation_of_a_call_may_fail, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(whatever_is_asked_or_changed_of_people_may_lack_memory,
		fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		who_is_erased_without_memory_is_erased_wholly_or_not_at_all, fixture_setup,
		fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
