#include "tests/api/api_fixture.h"

static int
admit(const char *token, const char *authorization, const char *host, const char *origin,
    char code[64])
{
	struct api_reply reply;
	struct json_doc *doc = NULL;
	int rc;

	api_reply_init(&reply);
	rc = api_admit(
	    token, false, slice_of(authorization), slice_of(host), slice_of(origin), &reply);
	code[0] = '\0';
	if (rc < 0) {
		assert_int_equal(json_parse(buf_slice(&reply.body), &doc, NULL, NULL), 0);
		snprintf(code, 64, "%d %.*s", reply.status,
		    SLICE_ARG(json_get_str(json_root(doc), "code")));
		json_doc_free(doc);
	}
	api_reply_fini(&reply);
	return rc;
}

static void
without_a_token_only_this_machine_and_its_own_pages_are_answered(void **state)
{
	static const struct {
		const char *host, *origin, *code;
	} rows[] = {
	    {NULL, NULL, ""},
	    {"localhost", NULL, ""},
	    {"LocalHost:8080", NULL, ""},
	    {"127.0.0.1", NULL, ""},
	    {"127.0.0.1:8080", NULL, ""},
	    {"127.8.9.1:8080", NULL, ""},
	    {"[::1]:8080", NULL, ""},
	    {"[::1]", NULL, ""},
	    /* a name that resolves to us is not us */
	    {"evil.example", NULL, "403 foreign-host"},
	    {"evil.example:8080", NULL, "403 foreign-host"},
	    {"127.0.0.1.evil.example", NULL, "403 foreign-host"},
	    {"127.0.0.1.evil.example:8080", NULL, "403 foreign-host"},
	    {"127.evil", NULL, "403 foreign-host"},
	    {"127.0.0", NULL, "403 foreign-host"},
	    {"127.0.0.1.", NULL, "403 foreign-host"},
	    {"127.0.0.1000", NULL, "403 foreign-host"},
	    {"127.0.0.-1", NULL, "403 foreign-host"},
	    {"localhost.evil.example", NULL, "403 foreign-host"},
	    {"xlocalhost", NULL, "403 foreign-host"},
	    {"[::2]:8080", NULL, "403 foreign-host"},
	    {"[::1]evil.example", NULL, "403 foreign-host"},
	    {"[::1", NULL, "403 foreign-host"},
	    {"", NULL, "403 foreign-host"},
	    {"10.0.0.1", NULL, "403 foreign-host"},
	    {"0.0.0.0:8080", NULL, "403 foreign-host"},
	    /* a page of our own, and pages of others */
	    {"127.0.0.1:8080", "http://127.0.0.1:8080", ""},
	    {"localhost:8080", "http://localhost:8080", ""},
	    {"[::1]:8080", "http://[::1]:8080", ""},
	    {"127.0.0.1:8080", "http://127.0.0.1:3000", "403 foreign-origin"},
	    {"127.0.0.1:8080", "http://localhost:8080", "403 foreign-origin"},
	    {"127.0.0.1:8080", "https://evil.example", "403 foreign-origin"},
	    {"127.0.0.1:8080", "http://127.0.0.1:8080.evil.example", "403 foreign-origin"},
	    {"127.0.0.1:8080", "null", "403 foreign-origin"},
	    {"127.0.0.1:8080", "file://127.0.0.1:8080", "403 foreign-origin"},
	    {"127.0.0.1:8080", "", "403 foreign-origin"},
	    {NULL, "http://localhost", ""},
	    {NULL, "http://evil.example", "403 foreign-origin"},
	};
	char code[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int rc = admit(NULL, NULL, rows[i].host, rows[i].origin, code);

		if (strcmp(code, rows[i].code) != 0 || (rc < 0) != (rows[i].code[0] != '\0'))
			fail_msg("host %s, origin %s: '%s', expected '%s'", rows[i].host,
			    rows[i].origin, code, rows[i].code);
	}
}

static void
with_a_token_it_is_wanted_in_one_of_two_ways(void **state)
{
	/* "any:s3cret", ":s3cret", "any:wrong", "s3cret", "a:b:s3cret" */
	static const struct {
		const char *authorization, *host, *origin, *code;
	} rows[] = {
	    {"Bearer s3cret", "earshot.example", NULL, ""},
	    {"bearer   s3cret ", "earshot.example", NULL, ""},
	    {"Bearer s3cret", "earshot.example", "https://other.example", ""},
	    {NULL, "earshot.example", NULL, "401 token-needed"},
	    {NULL, "127.0.0.1", NULL, "401 token-needed"},
	    {"", "earshot.example", NULL, "401 token-needed"},
	    {"Bearer", "earshot.example", NULL, "401 token-needed"},
	    {"Bearer ", "earshot.example", NULL, "401 token-needed"},
	    {"Bearer s3cre", "earshot.example", NULL, "401 token-needed"},
	    {"Bearer s3cret2", "earshot.example", NULL, "401 token-needed"},
	    {"Bearer S3CRET", "earshot.example", NULL, "401 token-needed"},
	    {"s3cret", "earshot.example", NULL, "401 token-needed"},
	    {"Digest s3cret", "earshot.example", NULL, "401 token-needed"},
	    {"Basic YW55OnMzY3JldA==", "earshot.example", NULL, ""},
	    {"basic OnMzY3JldA==", "earshot.example", NULL, ""},
	    {"Basic YW55Ondyb25n", "earshot.example", NULL, "401 token-needed"},
	    {"Basic czNjcmV0", "earshot.example", NULL, "401 token-needed"},
	    {"Basic YTpiOnMzY3JldA==", "earshot.example", NULL, "401 token-needed"},
	    {"Basic !!!", "earshot.example", NULL, "401 token-needed"},
	    {"Basic YW55OnMzY3JldA==", "earshot.example", "https://earshot.example", ""},
	    {"Basic YW55OnMzY3JldA==", "earshot.example", "https://evil.example",
		"403 foreign-origin"},
	    {"Basic YW55OnMzY3JldA==", NULL, "https://evil.example", "403 foreign-origin"},
	};
	char code[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int rc = admit("s3cret", rows[i].authorization, rows[i].host, rows[i].origin, code);

		if (strcmp(code, rows[i].code) != 0 || (rc < 0) != (rows[i].code[0] != '\0'))
			fail_msg("%s, host %s, origin %s: '%s', expected '%s'",
			    rows[i].authorization, rows[i].host, rows[i].origin, code,
			    rows[i].code);
	}
}

static void
a_long_password_is_refused_and_not_cut(void **state)
{
	char text[4000] = "Basic ";
	char code[64];

	(void)state;
	memset(text + 6, 'A', sizeof text - 7);
	text[sizeof text - 1] = '\0';
	assert_int_equal(admit("s3cret", text, "x", NULL, code), -1);
	assert_string_equal(code, "401 token-needed");
}

static void
the_command_lines_socket_needs_nothing(void **state)
{
	struct api_reply reply;

	(void)state;
	api_reply_init(&reply);
	assert_int_equal(api_admit("s3cret", true, SLICE_NONE, SLICE_LIT("evil.example"),
			     SLICE_LIT("http://evil.example"), &reply),
	    0);
	assert_int_equal(api_admit(NULL, true, SLICE_NONE, SLICE_NONE, SLICE_NONE, &reply), 0);
	api_reply_fini(&reply);
}

static void
a_hostile_host_is_quoted_as_text(void **state)
{
	struct api_reply reply;
	struct json_doc *doc = NULL;

	(void)state;
	api_reply_init(&reply);
	assert_int_equal(
	    api_admit(NULL, false, SLICE_NONE, SLICE_LIT("a\xff\"\x01<b>"), SLICE_NONE, &reply),
	    -1);
	assert_int_equal(json_parse(buf_slice(&reply.body), &doc, NULL, NULL), 0);
	json_doc_free(doc);
	api_reply_fini(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_token_only_this_machine_and_its_own_pages_are_answered),
	    cmocka_unit_test(with_a_token_it_is_wanted_in_one_of_two_ways),
	    cmocka_unit_test(a_long_password_is_refused_and_not_cut),
	    cmocka_unit_test(the_command_lines_socket_needs_nothing),
	    cmocka_unit_test(a_hostile_host_is_quoted_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
