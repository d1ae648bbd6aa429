/* Which accounts are a customer: said by agents, listed with what ended, ended with a reason. */
#include "people/link_codes.h"
#include "people/suggest.h"
#include "tests/api/api_fixture.h"

#define LINKS "/api/v1/customers/u-1/links"
#define CODES "/api/v1/customers/u-1/link-codes"
#define UNLINK "/api/v1/customers/u-1/unlink"

static void
an_agent_links_an_account_and_unlinks_it(void **state)
{
	struct fixture *f = *state;
	const struct json *r;

	fixture_import(f);
	fixture_say(f, "zoe", "hello");
	r = fixture_call(f, "POST", LINKS,
	    "{\"author\":\"@Zoe@social.example\",\"proof\":\"agent\",\"basis\":\"told us on the "
	    "phone\",\"who\":\"mira\"}",
	    200);
	assert_text(r, "author_id", "https://social.example/users/zoe");
	assert_text(r, "handle", "@zoe@social.example");
	assert_text(r, "made_by", "mira");
	assert_text(r, "answer", "made");
	assert_number(r, "confidence", 90);
	r = fixture_get(f, "/api/v1/authors/@zoe@social.example");
	assert_text(json_get(r, "link"), "basis", "told us on the phone");
	r = fixture_call(f, "POST", UNLINK,
	    "{\"author\":\"https://social.example/users/zoe\",\"reason\":\"a namesake\"}", 200);
	assert_text(r, "unlink_reason", "a namesake");
	r = fixture_get(f, LINKS);
	assert_int_equal(json_count(json_get(r, "items")), 2);
	assert_text(json_at(json_get(r, "items"), 1), "unlink_reason", "a namesake");
	r = fixture_get(f, "/api/v1/authors/@zoe@social.example");
	assert_int_equal(json_type(json_get(r, "link")), JSON_NULL);
	fixture_refused(f, "POST", UNLINK,
	    "{\"author\":\"@zoe@social.example\",\"reason\":\"again\"}", 404, "not-found");
}

static void
a_handle_nobody_heard_waits_and_can_be_unlinked(void **state)
{
	struct fixture *f = *state;
	const struct json *r;
	char body[100];
	int64_t no = 0;

	fixture_import(f);
	r = fixture_call(f, "POST", LINKS,
	    "{\"author\":\"https://x.example/@new\",\"proof\":\"signed in\"}", 200);
	assert_text(r, "handle", "@new@x.example");
	assert_int_equal(json_type(json_get(r, "author_id")), JSON_NULL);
	assert_true(json_i64(json_get(r, "id"), &no) && no > 0);
	snprintf(body, sizeof body, "{\"link\":%lld,\"reason\":\"no\"}", (long long)no);
	assert_number(fixture_call(f, "POST", UNLINK, body, 200), "id", no);
	r = fixture_call(
	    f, "POST", LINKS, "{\"author\":\"did:plc:abc\",\"proof\":\"signed in\"}", 200);
	assert_text(r, "author_id", "did:plc:abc");
	assert_int_equal(json_type(json_get(r, "handle")), JSON_NULL);
	fixture_call(f, "POST", UNLINK, "{\"author\":\"did:plc:abc\",\"reason\":\"no\"}", 200);
}

/* As when two networks know one handle, or it has gone to another account. */
static void
which_of_several_accounts_is_meant_is_said_by_who_links(void **state)
{
	static const char *const ids[] = {"https://one.example/jane", "did:plc:jane"};
	struct fixture *f = *state;
	struct author_facts facts;
	const struct json *r;

	fixture_import(f);
	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 2; i++) {
		struct author author = {.id = slice_of(ids[i]), .handle = SLICE_LIT("@Jane")};

		OK(store_author_see(f->st, &author, FIXTURE_NOW_MS + i, true, &facts, ERR));
	}
	OK(store_commit(f->st, ERR));
	fixture_refused(f, "POST", LINKS,
	    "{\"author\":\"@jane\",\"proof\":\"agent\",\"basis\":\"told us\"}", 409, "several");
	assert_says(f, "'did:plc:jane', 'https://one.example/jane'");
	assert_text(json_root(f->doc), "help", "name the account that is meant by its id");
	r = fixture_call(f, "POST", LINKS,
	    "{\"author\":\"https://one.example/jane\",\"proof\":\"agent\",\"basis\":\"told us\"}",
	    200);
	assert_text(r, "author_id", "https://one.example/jane");
}

static void
what_does_not_fit_is_refused_with_words(void **state)
{
	static const struct {
		const char *path, *body;
		int status;
		const char *code;
	} cases[] = {
	    {LINKS, "{}", 400, "bad-member"},
	    {LINKS, "{\"author\":\"@a@b.example\",\"proof\":\"code\"}", 400, "bad-member"},
	    {LINKS, "{\"author\":\"@a@b.example\",\"proof\":\"agent\"}", 400, "bad-member"},
	    {LINKS, "{\"author\":\"\",\"proof\":\"signed in\"}", 400, "bad-member"},
	    {LINKS, "{\"author\":\"@a@b.example\",\"proof\":\"signed in\",\"confidence\":101}", 400,
		"bad-member"},
	    {LINKS, "{\"author\":\"@a@b.example\",\"proof\":\"signed in\",\"sure\":1}", 400,
		"unknown-member"},
	    {LINKS, "{\"author\":\"two words\",\"proof\":\"signed in\"}", 404, "not-found"},
	    {"/api/v1/customers/nobody/links",
		"{\"author\":\"@a@b.example\",\"proof\":\"signed in\"}", 404, "not-found"},
	    {UNLINK, "{\"author\":\"@a@b.example\"}", 400, "bad-member"},
	    {UNLINK, "{\"reason\":\"why\"}", 400, "bad-member"},
	    {UNLINK, "{\"link\":77,\"reason\":\"why\"}", 404, "not-found"},
	    {"/api/v1/customers/nobody/unlink", "{\"link\":1,\"reason\":\"why\"}", 404,
		"not-found"},
	};
	struct fixture *f = *state;

	fixture_import(f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		fixture_refused(
		    f, "POST", cases[i].path, cases[i].body, cases[i].status, cases[i].code);
	fixture_refused(f, "GET", "/api/v1/customers/nobody/links", NULL, 404, "not-found");
}

static void
better_proofs_stand_and_the_audit_names_no_person(void **state)
{
	struct fixture *f = *state;
	struct audit_row *rows;
	size_t count;

	fixture_import(f);
	fixture_say(f, "zoe", "hello");
	fixture_call(
	    f, "POST", LINKS, "{\"author\":\"@zoe@social.example\",\"proof\":\"signed in\"}", 200);
	assert_says(f, "\"answer\":\"made\"");
	fixture_call(f, "POST", "/api/v1/customers/u-2/links",
	    "{\"author\":\"@zoe@social.example\",\"proof\":\"agent\",\"basis\":\"looked\"}", 200);
	assert_says(f, "customer 'u-2'");
	OK(store_audit_find(f->st, 0, SLICE_LIT("link."), 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_null(strstr(rows[i].what.ptr, "zoe"));
		assert_null(strstr(rows[i].what.ptr, "u-"));
	}
}

static void
who_objects_is_linked_by_signing_in_alone(void **state)
{
	struct fixture *f = *state;
	struct post p = fixture_post(f, "shy", "hello");

	fixture_import(f);
	p.author.objects_to_profiling = true;
	fixture_take(f, &p);
	fixture_refused(f, "POST", LINKS,
	    "{\"author\":\"@shy@social.example\",\"proof\":\"agent\",\"basis\":\"looked\"}", 409,
	    "conflict");
	fixture_call(
	    f, "POST", LINKS, "{\"author\":\"@shy@social.example\",\"proof\":\"signed in\"}", 200);
}

static void
a_code_is_told_once_and_links_whoever_posts_it(void **state)
{
	struct fixture *f = *state;
	const struct json *r;
	struct link_codes_seen seen;
	struct post p;
	char *code;

	fixture_import(f);
	r = fixture_call(f, "POST", CODES, "{\"expires_in\":\"2 hours\",\"who\":\"mira\"}", 200);
	code = arena_strndup(f->a, json_get_str(r, "code").ptr, json_get_str(r, "code").len);
	assert_true(slice_starts_with(slice_of(code), "acme-"));
	assert_text(r, "expires_at", "2026-11-21T12:00:00Z");
	r = fixture_get(f, CODES);
	assert_text(json_at(json_get(r, "items"), 0), "state", "open");
	assert_says_not(f, code + 5);
	p = fixture_post(f, "zoe", code);
	OK(store_begin(f->st, ERR));
	OK(link_codes_read(f->st, &p, SLICE_LIT("acme"), true, f->clock.at_ms, f->a, &seen, ERR));
	OK(store_commit(f->st, ERR));
	r = fixture_get(f, CODES);
	assert_text(json_at(json_get(r, "items"), 0), "state", "used");
	assert_text(
	    json_at(json_get(r, "items"), 0), "author_id", "https://social.example/users/zoe");
	fixture_call(f, "POST", CODES, NULL, 200);
	fixture_refused(f, "POST", CODES, "{\"expires_in\":\"1 second\"}", 400, "bad-member");
	fixture_refused(f, "POST", CODES, "{\"expires_in\":\"soon\"}", 400, "bad-member");
	fixture_refused(f, "POST", CODES, "{\"expires_in\":\"31 days\"}", 400, "bad-member");
	fixture_refused(f, "POST", "/api/v1/customers/nobody/link-codes", NULL, 404, "not-found");
	fixture_call(f, "POST", CODES, NULL, 200);
	fixture_call(f, "POST", CODES, NULL, 200);
	fixture_refused(f, "POST", CODES, NULL, 409, "conflict");
}

/* As a rule's `suggest link` would. */
static void
suggest_by_bio(struct fixture *f, const char *who, const char *bio)
{
	struct post p = fixture_post(f, who, "hello");
	struct suggest_input in = {.post = &p, .lang = "en", .source_may_match = true};
	struct suggest_found found;

	p.author.bio = slice_of(bio);
	OK(store_begin(f->st, ERR));
	OK(suggest_links(f->st, &in, f->clock.at_ms, f->a, &found, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(found.count, 1);
}

static void
suggestions_are_listed_accepted_and_dismissed(void **state)
{
	struct fixture *f = *state;
	const struct json *r;

	fixture_import(f);
	suggest_by_bio(f, "zoe", "ann@example.org");
	suggest_by_bio(f, "yan", "ann@example.org");
	r = fixture_get(f, "/api/v1/link-suggestions?limit=1");
	assert_number(r, "next", 2);
	r = json_at(json_get(fixture_get(f, "/api/v1/link-suggestions"), "items"), 1);
	assert_text(r, "customer_id", "u-1");
	assert_text(r, "handle", "@zoe@social.example");
	assert_number(r, "confidence", 80);
	r = fixture_call(f, "POST", "/api/v1/link-suggestions/1/accept", "{\"who\":\"mira\"}", 200);
	assert_text(r, "proof", "agent");
	assert_text(r, "author_id", "https://social.example/users/zoe");
	r = fixture_call(f, "POST", "/api/v1/link-suggestions/2/dismiss", NULL, 200);
	assert_text(r, "state", "dismissed");
	fixture_refused(f, "POST", "/api/v1/link-suggestions/2/accept", NULL, 409, "conflict");
	fixture_refused(f, "POST", "/api/v1/link-suggestions/1/dismiss", NULL, 409, "conflict");
	fixture_refused(f, "POST", "/api/v1/link-suggestions/9/accept", NULL, 404, "not-found");
	fixture_refused(f, "POST", "/api/v1/link-suggestions/1/wave", NULL, 404, "not-found");
	fixture_refused(f, "POST", "/api/v1/link-suggestions/x/accept", NULL, 404, "not-found");
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/link-suggestions"), "items")), 0);
	r = fixture_get(f, "/api/v1/link-suggestions?state=accepted");
	assert_text(json_at(json_get(r, "items"), 0), "changed_by", "mira");
	fixture_refused(f, "GET", "/api/v1/link-suggestions?state=new", NULL, 400, "bad-parameter");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(an_agent_links_an_account_and_unlinks_it),
	    T(a_handle_nobody_heard_waits_and_can_be_unlinked),
	    T(which_of_several_accounts_is_meant_is_said_by_who_links),
	    T(what_does_not_fit_is_refused_with_words),
	    T(better_proofs_stand_and_the_audit_names_no_person),
	    T(a_code_is_told_once_and_links_whoever_posts_it),
	    T(suggestions_are_listed_accepted_and_dismissed),
	    T(who_objects_is_linked_by_signing_in_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
