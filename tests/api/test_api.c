/* The table of routes, parameters, problems, health, and the description of it all. */
#include "tests/api/api_fixture.h"

#include "api/api_internal.h"

static void
every_route_is_found_and_other_methods_are_told_which_there_are(void **state)
{
	static const struct {
		const char *method, *path;
		int status; /* 0: there is one */
		const char *allow;
	} rows[] = {
	    {"GET", "/", 0, NULL},
	    {"HEAD", "/", 0, NULL},
	    {"POST", "/", 405, "GET, HEAD"},
	    {"GET", "/healthz", 0, NULL},
	    {"GET", "/healthz/", 404, NULL},
	    {"GET", "//healthz", 404, NULL},
	    {"GET", "/health", 404, NULL},
	    {"GET", "", 404, NULL},
	    {"GET", "*", 404, NULL},
	    {"DELETE", "/api/v1/posts", 405, "GET, HEAD, POST"},
	    {"POST", "/api/v1/posts", 0, NULL},
	    {"GET", "/api/v1/posts/", 404, NULL},
	    {"GET", "/api/v1/posts/a%2Fb", 0, NULL},
	    {"GET", "/api/v1/posts/a/b", 404, NULL},
	    {"PUT", "/api/v1/posts/x", 405, "GET, HEAD"},
	    {"GET", "/api/v1/outbox/release", 0, NULL}, /* as an id */
	    {"POST", "/api/v1/outbox/release", 0, NULL},
	    {"POST", "/api/v1/outbox/abcdef", 405, "GET, HEAD"},
	    {"POST", "/api/v1/outbox/abcdef/approve", 0, NULL},
	    {"GET", "/api/v1/outbox/abcdef/approve", 405, "POST"},
	    {"PATCH", "/api/v1/alerts/1/ack", 405, "POST"},
	    {"get", "/healthz", 405, "GET, HEAD"},
	    {"GET", "/api/v1/rules/history", 0, NULL},
	    {"GET", "/api/v1/rules/check", 405, "POST"},
	    {"GET", "/api/v1/customers/import", 0, NULL}, /* as an id */
	    {"GET", "/api/v2/posts", 404, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *allow = NULL;
		int status = 0;
		const struct api_route *r =
		    api_route_find(rows[i].method, slice_of(rows[i].path), &status, &allow);

		if ((r != NULL) != (rows[i].status == 0))
			fail_msg("%s %s: found %d", rows[i].method, rows[i].path, r != NULL);
		if (r != NULL)
			continue;
		if (status != rows[i].status)
			fail_msg("%s %s: %d, expected %d", rows[i].method, rows[i].path, status,
			    rows[i].status);
		if ((allow == NULL) != (rows[i].allow == NULL) ||
		    (allow != NULL && strcmp(allow, rows[i].allow) != 0))
			fail_msg("%s %s: allow %s, expected %s", rows[i].method, rows[i].path,
			    allow, rows[i].allow);
	}
}

static void
a_wrong_parameter_is_named_with_what_would_be_right(void **state)
{
	static const struct {
		const char *target, *code, *at, *words;
	} rows[] = {
	    {"/api/v1/posts?limt=5", "unknown-parameter", "query", "did you mean 'limit'?"},
	    {"/api/v1/posts?zzzzzz=5", "unknown-parameter", "query", "known ones: before, limit"},
	    {"/api/v1/posts?limit=0", "bad-parameter", "limit", "from 1 to 500"},
	    {"/api/v1/posts?limit=501", "bad-parameter", "limit", "from 1 to 500"},
	    {"/api/v1/posts?limit=", "bad-parameter", "limit", "from 1 to 500"},
	    {"/api/v1/posts?limit=ten", "bad-parameter", "limit", "from 1 to 500"},
	    {"/api/v1/posts?limit=5&limit=6", "bad-parameter", "limit", "more than once"},
	    {"/api/v1/posts?before=-1", "bad-parameter", "before", "a number from 1 on"},
	    {"/api/v1/posts?before=99999999999999999999", "bad-parameter", "before", "a number"},
	    {"/api/v1/status?x=1", "unknown-parameter", "query", "takes no parameters"},
	    {"/api/v1/outbox?state=hold", "bad-parameter", "state", "did you mean 'held'?"},
	    {"/api/v1/outbox?state=qqqqqqqq", "bad-parameter", "state", "one of: held, ready"},
	    {"/api/v1/outbox?hold=brakes", "bad-parameter", "hold", "did you mean 'brake'?"},
	    {"/api/v1/alerts?state=%ff", "bad-parameter", "state", "UTF-8"},
	    {"/api/v1/posts/%ff", "bad-path", "path", "UTF-8"},
	    {"/api/v1/posts?%6c%69mit=a", "bad-parameter", "limit", "from 1 to 500"},
	    {"/api/v1/why", "bad-parameter", "query", "say which post"},
	    {"/api/v1/why?post=a&message=b", "bad-parameter", "query", "say which post"},
	    {"/api/v1/why?post=a&format=txt", "bad-parameter", "format", "did you mean 'text'?"},
	    {"/api/v1/rules?after=nobody", "bad-parameter", "after", "no live rule"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fixture_refused(f, "GET", rows[i].target, NULL, 400, rows[i].code);
		assert_text(json_root(f->doc), "at", rows[i].at);
		assert_says(f, rows[i].words);
	}
}

static void
empty_pieces_of_a_query_are_no_parameters(void **state)
{
	struct fixture *f = *state;

	fixture_get(f, "/api/v1/posts?");
	fixture_get(f, "/api/v1/posts?&&limit=3&");
	fixture_get(f, "/api/v1/outbox?state=held&hold=approval&channel=a%20b");
}

static void
a_wrong_body_is_refused_with_the_member_that_is_wrong(void **state)
{
	static const struct {
		const char *target, *body;
		int status;
		const char *code, *words;
	} rows[] = {
	    {"/api/v1/sending", NULL, 400, "bad-body", "empty"},
	    {"/api/v1/sending", "", 400, "bad-body", "empty"},
	    {"/api/v1/sending", "[]", 400, "bad-body", "a list"},
	    {"/api/v1/sending", "{\"stopped\":", 400, "invalid", "line 1"},
	    {"/api/v1/sending", "{}", 400, "bad-member", "'stopped' is missing"},
	    {"/api/v1/sending", "{\"stopped\":null}", 400, "bad-member", "'stopped' is missing"},
	    {"/api/v1/sending", "{\"stopped\":\"yes\"}", 400, "bad-member",
		"expected true or false"},
	    {"/api/v1/sending", "{\"stopped\":true,\"reson\":\"x\"}", 400, "unknown-member",
		"did you mean 'reason'?"},
	    {"/api/v1/sending", "{\"stopped\":true,\"reason\":7}", 400, "bad-member",
		"expected a string"},
	    {"/api/v1/outbox/release", "{}", 400, "bad-member", "only what the brake holds"},
	    {"/api/v1/outbox/release", "{\"hold\":\"approval\"}", 400, "bad-member", "one by one"},
	    {"/api/v1/outbox/abcdef/aprove", NULL, 404, "not-found", "approve"},
	    {"/api/v1/outbox/abcdef/approve", NULL, 404, "not-found", "abcdef"},
	    {"/api/v1/outbox/abc/approve", NULL, 404, "not-found", "at least 6"},
	    {"/api/v1/alerts/one/ack", NULL, 404, "not-found", "there is no alert 'one'"},
	    {"/api/v1/alerts/-1/ack", NULL, 404, "not-found", "there is no alert"},
	    {"/api/v1/alerts/7/ack", NULL, 404, "not-found", "7"},
	    {"/api/v1/alerts/7/snooze", NULL, 404, "not-found", "ack or resolve"},
	    {"/api/v1/rules/check", "{\"bundle\":[]}", 400, "bad-member", "expected an object"},
	    {"/api/v1/rules/check", "{}", 400, "bad-member", "expected an object"},
	    {"/api/v1/customers/import", "", 400, "bad-body", "CSV"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fixture_refused(
		    f, "POST", rows[i].target, rows[i].body, rows[i].status, rows[i].code);
		assert_says(f, rows[i].words);
	}
}

static void
a_reason_over_its_limit_is_refused(void **state)
{
	struct fixture *f = *state;
	char *body = mem_alloc(5000);

	snprintf(body, 5000, "{\"stopped\":true,\"reason\":\"%04000d\"}", 0);
	fixture_refused(f, "POST", "/api/v1/sending", body, 413, "too-large");
	assert_text(json_root(f->doc), "at", "reason");
	mem_free(body);
}

static void
each_kind_of_error_has_its_status(void **state)
{
	static const struct {
		enum err_kind kind;
		int status;
		const char *code;
		bool says_when;
	} rows[] = {
	    {ERR_INPUT, 400, "invalid", false},
	    {ERR_LIMIT, 413, "too-large", false},
	    {ERR_NOT_FOUND, 404, "not-found", false},
	    {ERR_CONFLICT, 409, "conflict", false},
	    {ERR_DENIED, 403, "denied", false},
	    {ERR_BUSY, 503, "busy", true},
	    {ERR_IO, 500, "io", false},
	    {ERR_NET, 502, "network", false},
	    {ERR_STORE, 503, "store", true},
	    {ERR_NOMEM, 503, "no-memory", true},
	    {ERR_NONE, 500, "internal", false},
	};
	struct api_reply reply;
	struct json_doc *doc;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		err = (struct err){rows[i].kind, "the words"};
		doc = NULL;
		api_reply_init(&reply);
		api_problem_err(&reply, &err);
		assert_int_equal(reply.status, rows[i].status);
		assert_int_equal(reply.retry_after_s > 0, rows[i].says_when);
		assert_int_equal(json_parse(buf_slice(&reply.body), &doc, NULL, NULL), 0);
		assert_text(json_root(doc), "code", rows[i].code);
		assert_text(json_root(doc), "detail",
		    rows[i].kind == ERR_NONE ? "something failed without saying why" : "the words");
		json_doc_free(doc);
		api_reply_fini(&reply);
	}
}

static void
a_detail_is_valid_text_whatever_it_quotes(void **state)
{
	static char much[9000];
	const char *const hostile[] = {"\xff\xfe", "a\xc3", "\xed\xa0\x80", "\"\\\n\x01", much};
	struct api_reply reply;
	struct json_doc *doc;

	(void)state;
	for (size_t i = 0; i < sizeof much - 3; i += 3)
		memcpy(much + i, "\xe6\xbc\xa2", 3);
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		doc = NULL;
		api_reply_init(&reply);
		api_problem(&reply, 404, "not-found", NULL, "x%s", hostile[i]);
		assert_int_equal(json_parse(buf_slice(&reply.body), &doc, NULL, ERR), 0);
		assert_true(json_get_str(json_root(doc), "detail").len < 2100);
		json_doc_free(doc);
		api_reply_fini(&reply);
	}
}

static void
health_does_not_depend_on_the_store_and_readiness_does(void **state)
{
	struct fixture *f = *state;

	assert_text(fixture_get(f, "/healthz"), "status", "ok");
	assert_text(fixture_get(f, "/readyz"), "status", "ready");
	f->env.is_store_failing = true;
	fixture_refused(f, "GET", "/readyz", NULL, 503, "store-failing");
	assert_int_equal(f->reply.retry_after_s, 5);
	assert_text(fixture_get(f, "/healthz"), "status", "ok");
}

static void
metrics_are_prometheus_text(void **state)
{
	struct fixture *f = *state;

	metrics_add(&f->metrics, METRIC_POSTS_STORED, 41);
	assert_int_equal(fixture_call_raw(f, "GET", "/metrics", SLICE_NONE), 200);
	assert_true(strncmp(f->reply.content_type, "text/plain; version=0.0.4", 25) == 0);
	assert_says(f, "\nearshot_posts_stored_total 41\n");
	assert_says(f, "# TYPE earshot_posts_stored_total counter");
}

/* ---- the description ------------------------------------------------------------- */

static const struct {
	const char *route, *described;
} methods[] = {{"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"PATCH", "patch"}};

/* As a route has it; NULL: none of ours. */
static const char *
method_of(struct slice name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (slice_eq_str(name, methods[i].described))
			return methods[i].route;
	return NULL;
}

static const struct json *
described(const struct json *doc, const struct api_route *r)
{
	const struct json *path = json_get(json_get(doc, "paths"), r->pattern);

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(r->method, methods[i].route) == 0)
			return json_get(path, methods[i].described);
	return NULL;
}

/* The parameters of one kind, in order, joined by a comma. */
static void
join_described(const struct json *op, const char *in, char out[512])
{
	const struct json *list = json_get(op, "parameters");
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < json_count(list); i++)
		if (slice_eq_str(json_get_str(json_at(list, i), "in"), in))
			at += (size_t)snprintf(out + at, 512 - at, "%s%.*s", at == 0 ? "" : ",",
			    SLICE_ARG(json_get_str(json_at(list, i), "name")));
}

static void
join_pattern(const char *pattern, char out[512])
{
	size_t at = 0;

	out[0] = '\0';
	for (const char *p = strchr(pattern, '{'); p != NULL; p = strchr(p + 1, '{'))
		at += (size_t)snprintf(out + at, 512 - at, "%s%.*s", at == 0 ? "" : ",",
		    (int)strcspn(p + 1, "}"), p + 1);
}

static void
join_known(const struct api_route *r, char out[512])
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; r->query != NULL && r->query[i] != NULL; i++)
		at += (size_t)snprintf(out + at, 512 - at, "%s%s", at == 0 ? "" : ",", r->query[i]);
}

static void
every_route_is_described_with_its_parameters(void **state)
{
	struct fixture *f = *state;
	const struct json *doc = fixture_get(f, "/api/v1/openapi.json");
	char have[512], want[512];
	size_t count;
	const struct api_route *routes = api_routes(&count);

	for (size_t i = 0; i < count; i++) {
		const struct json *op = described(doc, &routes[i]);

		if (op == NULL)
			fail_msg("%s %s is not described", routes[i].method, routes[i].pattern);
		if (json_get_str(op, "summary").len == 0 ||
		    json_count(json_get(op, "responses")) == 0)
			fail_msg("%s %s says nothing", routes[i].method, routes[i].pattern);
		join_known(&routes[i], want);
		join_described(op, "query", have);
		if (strcmp(want, have) != 0)
			fail_msg("%s %s: takes '%s', described '%s'", routes[i].method,
			    routes[i].pattern, want, have);
		join_pattern(routes[i].pattern, want);
		join_described(op, "path", have);
		if (strcmp(want, have) != 0)
			fail_msg("%s %s: path '%s', described '%s'", routes[i].method,
			    routes[i].pattern, want, have);
	}
}

static void
everything_described_is_there(void **state)
{
	struct fixture *f = *state;
	const struct json *doc = fixture_get(f, "/api/v1/openapi.json"), *path, *op;
	struct slice pattern, method;
	size_t pos = 0, ops = 0, count;

	assert_text(doc, "openapi", "3.1.0");
	while ((path = json_next(json_get(doc, "paths"), &pos, &pattern)) != NULL) {
		size_t at = 0;

		while ((op = json_next(path, &at, &method)) != NULL) {
			const char *name = method_of(method), *allow;
			int status;

			assert_non_null(name);
			if (api_route_find(name, pattern, &status, &allow) == NULL)
				fail_msg(
				    "%s %.*s is described but not there", name, SLICE_ARG(pattern));
			ops++;
		}
	}
	api_routes(&count);
	assert_int_equal(ops, count);
}

/* Every "$ref" names a schema that is there. */
static size_t
check_refs(const struct json *schemas, const struct json *v)
{
	const struct json *child;
	struct slice key, ref;
	size_t pos = 0, n = 0;
	char name[64];

	if (json_type(v) == JSON_ARRAY)
		for (size_t i = 0; i < json_count(v); i++)
			n += check_refs(schemas, json_at(v, i));
	while (json_type(v) == JSON_OBJECT && (child = json_next(v, &pos, &key)) != NULL) {
		if (!slice_eq_str(key, "$ref")) {
			n += check_refs(schemas, child);
			continue;
		}
		ref = json_str(child);
		assert_true(slice_starts_with(ref, "#/components/schemas/"));
		snprintf(name, sizeof name, "%.*s", (int)(ref.len - 21), ref.ptr + 21);
		if (json_get(schemas, name) == NULL)
			fail_msg("there is no schema %s", name);
		n++;
	}
	return n;
}

static void
what_the_description_refers_to_is_in_it(void **state)
{
	struct fixture *f = *state;
	const struct json *doc = fixture_get(f, "/api/v1/openapi.json");

	assert_true(check_refs(json_get(json_get(doc, "components"), "schemas"), doc) > 100);
}

/* A schema and the answer have the same members; both ways would forbid members that are there at
 * times. */
static void
assert_described(const struct json *doc, const char *schema, const struct json *answer)
{
	const struct json *s = json_get(json_get(json_get(doc, "components"), "schemas"), schema);
	struct slice key;
	size_t pos = 0;

	assert_non_null(s);
	assert_non_null(answer);
	while (json_next(answer, &pos, &key) != NULL) {
		char name[64];

		snprintf(name, sizeof name, "%.*s", SLICE_ARG(key));
		if (json_get(json_get(s, "properties"), name) == NULL)
			fail_msg("%s: the answer's '%s' is not described", schema, name);
	}
}

static void
answers_have_the_members_that_are_described(void **state)
{
	struct fixture *f = *state;
	struct json_doc *spec = NULL;
	const struct json *doc;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	fixture_say(f, "zoe", "I love acme");
	fixture_get(f, "/api/v1/openapi.json");
	assert_int_equal(json_parse(buf_slice(&f->reply.body), &spec, NULL, ERR), 0);
	doc = json_root(spec);
	assert_described(doc, "Status", fixture_get(f, "/api/v1/status"));
	assert_described(
	    doc, "Decision", json_at(json_get(fixture_get(f, "/api/v1/decisions"), "items"), 0));
	assert_described(
	    doc, "Message", json_at(json_get(fixture_get(f, "/api/v1/outbox"), "items"), 0));
	assert_described(
	    doc, "Alert", json_at(json_get(fixture_get(f, "/api/v1/alerts"), "items"), 0));
	assert_described(
	    doc, "Rule", json_at(json_get(fixture_get(f, "/api/v1/rules"), "items"), 0));
	assert_described(doc, "RulesVersion",
	    json_at(json_get(fixture_get(f, "/api/v1/rules/history"), "items"), 0));
	assert_described(
	    doc, "Customer", json_at(json_get(fixture_get(f, "/api/v1/customers"), "items"), 0));
	assert_described(
	    doc, "Channel", json_at(json_get(fixture_get(f, "/api/v1/channels"), "items"), 0));
	assert_described(doc, "Sending", fixture_get(f, "/api/v1/sending"));
	fixture_call(f, "POST", "/api/v1/pauses", "{\"what\":\"promotions\",\"paused\":true}", 200);
	assert_described(
	    doc, "Pause", json_at(json_get(fixture_get(f, "/api/v1/pauses"), "items"), 0));
	assert_described(doc, "Why",
	    fixture_get(f, "/api/v1/why?post=https%3A%2F%2Fsocial.example%2Fposts%2F1"));
	fixture_live(f,
	    "watch storm \"S\"\n  over posts where text contains \"x\"\n  when count within 10 "
	    "minutes is at least 3\n  then\n    alert \"support\" as low\n  end\n  until quiet "
	    "for 30 minutes\nend\n");
	assert_described(doc, "Why", fixture_get(f, "/api/v1/why?watch=storm"));
	json_doc_free(spec);
}

/* Every name of a list, separated by spaces, is a member of the first item. */
static void
assert_promised(struct fixture *f, const char *target, const char *names)
{
	const struct json *page = fixture_get(f, target),
			  *item = json_at(json_get(page, "items"), 0);
	struct slice rest = slice_of(names);
	char name[64];

	if (item == NULL || json_type(json_get(page, "next")) == JSON_ABSENT)
		fail_msg("%s: no items or no next: %s", target, buf_str(&f->reply.body));
	while (slice_is_set(rest)) {
		struct slice word = slice_split(&rest, ' ');

		snprintf(name, sizeof name, "%.*s", SLICE_ARG(word));
		if (json_type(json_get(item, name)) == JSON_ABSENT)
			fail_msg("%s has no '%s'", target, name);
	}
}

static void
lists_have_the_members_that_the_header_promises(void **state)
{
	struct fixture *f = *state;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	f->host.sources_json = SLICE_LIT(
	    "[{\"name\":\"a\",\"type\":\"feed\",\"health\":\"ok\",\"detail\":null,\"posts\":1}]");
	assert_promised(f, "/api/v1/posts",
	    "id url text lang source feed created_at fetched_at author sentiment brands inert");
	assert_promised(f, "/api/v1/decisions",
	    "id rule_id rules_version occurrence_id subject action outcome reason note at");
	assert_promised(f, "/api/v1/outbox",
	    "id kind state hold channel address customer_id template team reason attempts next_at "
	    "created_at updated_at offer_code parts");
	assert_promised(f, "/api/v1/alerts",
	    "id queue severity state title count rule_id reason post_id opened_at last_at "
	    "changed_by change_note");
	assert_promised(f, "/api/v1/rules", "id title priority off shadow text in_words");
	assert_promised(f, "/api/v1/rules/history", "version applied_at author reason live");
	assert_promised(f, "/api/v1/sources", "name type health detail posts stored last_post_at");
	assert_promised(f, "/api/v1/channels", "name type");
	assert_promised(f, "/api/v1/customers", "id country locale timezone");
}

/* ---- ingest's answer ------------------------------------------------------------ */

static void
an_ingest_answer_counts_and_says_what_was_wrong(void **state)
{
	static const char *const errors[] = {"line 3: \"text\" is missing, expected a string"};
	struct ingest_result some = {3, 1, 1, 1, 0, 1, 0}, none = {0, 0, 0, 0, 0, 1, 0};
	struct api_reply reply;
	struct json_doc *doc = NULL;

	(void)state;
	api_reply_init(&reply);
	api_ingest_reply(&reply, &some, errors, 1);
	assert_int_equal(reply.status, 201);
	assert_string_equal(buf_str(&reply.body),
	    "{\"accepted\":3,\"stored\":1,\"duplicates\":1,\"revised\":1,\"deleted\":0,"
	    "\"erased\":0,\"rejected\":1,"
	    "\"errors\":[\"line 3: \\\"text\\\" is missing, expected a string\"]}");
	api_ingest_reply(&reply, &none, errors, 1);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply.content_type, "application/problem+json");
	assert_int_equal(json_parse(buf_slice(&reply.body), &doc, NULL, ERR), 0);
	assert_text(json_root(doc), "code", "no-valid-post");
	assert_number(json_root(doc), "rejected", 1);
	assert_int_equal(json_count(json_get(json_root(doc), "errors")), 1);
	json_doc_free(doc);
	api_reply_fini(&reply);
}

static void
without_a_daemon_posts_are_not_taken(void **state)
{
	struct fixture *f = *state;

	fixture_refused(f, "POST", "/api/v1/posts", "{\"text\":\"x\"}", 503, "busy");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(every_route_is_found_and_other_methods_are_told_which_there_are),
	    T(a_wrong_parameter_is_named_with_what_would_be_right),
	    T(empty_pieces_of_a_query_are_no_parameters),
	    T(a_wrong_body_is_refused_with_the_member_that_is_wrong),
	    T(a_reason_over_its_limit_is_refused),
	    T(each_kind_of_error_has_its_status),
	    T(a_detail_is_valid_text_whatever_it_quotes),
	    T(health_does_not_depend_on_the_store_and_readiness_does),
	    T(metrics_are_prometheus_text),
	    T(every_route_is_described_with_its_parameters),
	    T(everything_described_is_there),
	    T(what_the_description_refers_to_is_in_it),
	    T(answers_have_the_members_that_are_described),
	    T(lists_have_the_members_that_the_header_promises),
	    T(an_ingest_answer_counts_and_says_what_was_wrong),
	    T(without_a_daemon_posts_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
