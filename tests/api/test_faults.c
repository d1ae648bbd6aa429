/* No memory: whichever allocation fails, the answer is whole or a refusal, and a refused change
 * changed nothing. */
#include "tests/api/api_fixture.h"
#include "store/watches.h"
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
	    .influence = &influence_weights_default,
	    .adoption = &adoption_config_default,
	    .is_daemon = true,
	    .started_at_ms = FIXTURE_NOW_MS,
	    .host = &f->host};
	const struct api_route *route;
	struct api_reply reply;
	struct json_doc *doc = NULL;
	int status = 0, rc = -1;
	struct err err;

	q.path = question == NULL ? slice_of(t->target)
				  : slice_make(t->target, (size_t)(question - t->target));
	q.query = question == NULL ? SLICE_NONE : slice_of(question + 1);
	route = api_route_find(t->method, q.path, &status, &allow);
	assert_non_null(route);
	env.arena = arena_new(64u * 1024 * 1024);
	if (env.arena == NULL)
		return -1;
	env.store = api_route_place(route) == API_LOOP ? NULL : f->st;
	api_reply_init(&reply);
	if (env.store != NULL && store_begin(f->st, &err) < 0)
		goto out;
	api_handle(route, &env, &q, &reply);
	if (env.store != NULL)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		each_allocation_of_a_call_may_fail, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
