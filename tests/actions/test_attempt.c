#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "actions/attempt_internal.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "platform/http_client.h"

#define NOW INT64_C(1795255200000)

static void
ignore(void *cookie, const struct send_outcome *o)
{
	(void)cookie;
	(void)o;
}

static void
an_attempt_leaves_the_list_from_any_place(void **state)
{
	struct attempt a[3] = {{0}}, *list = NULL;

	(void)state;
	for (size_t gone = 0; gone < 3; gone++) {
		list = NULL;
		for (size_t i = 0; i < 3; i++)
			attempt_begin(&list, &a[i], ignore, NULL);
		attempt_end(&a[gone]);
		for (size_t i = 0; i < 3; i++) {
			bool is_there = false;

			for (struct attempt *at = list; at != NULL; at = at->next)
				is_there |= at == &a[i];
			assert_int_equal(is_there, i != gone);
		}
		while (list != NULL)
			attempt_end(list);
	}
}

static void
reasons_are_one_line_of_valid_text(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
	    {"plain", "plain"},
	    {"two\r\nlines\tand a tab", "two  lines and a tab"},
	    {"broken \xff\xc3 text", "broken ?? text"},
	    {"bell \a and delete \x7f", "bell   and delete  "},
	    {"\xc3\xbc stays", "\xc3\xbc stays"},
	    {"", ""},
	};
	struct send_outcome o;
	char longest[1000];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		outcome_set(&o, SEND_LATER, "%s", cases[i].in);
		assert_string_equal(o.reason, cases[i].want);
		assert_int_equal(o.wait_ms, -1);
		assert_false(o.is_address_dead || o.stops_channel);
	}
	/* a character of two, three or four bytes at the place where it is cut */
	for (size_t shift = 0; shift < 12; shift++) {
		memset(longest, 'x', sizeof longest);
		for (size_t i = shift; i + 4 < sizeof longest; i += 4)
			memcpy(longest + i, "\xf0\x9f\x98\x80", 4);
		longest[sizeof longest - 1] = '\0';
		outcome_set(&o, SEND_LATER, "%s", longest);
		assert_true(utf8_is_valid(slice_of(o.reason)));
		assert_true(strlen(o.reason) > sizeof o.reason - 6);
		assert_null(strchr(o.reason, '?'));
		outcome_set_provider_id(&o, slice_of(longest));
		assert_true(utf8_is_valid(slice_of(o.provider_id)));
		assert_true(strlen(o.provider_id) > sizeof o.provider_id - 6);
	}
}

static void
every_http_answer_has_its_class(void **state)
{
	static const struct http_header wait[] = {{SLICE_INIT("retry-after"), SLICE_INIT("7")}};
	static const struct {
		enum http_progress progress;
		int status;
		enum send_result want;
		int64_t wait_ms;
	} cases[] = {
	    {HTTP_NOT_SENT, 0, SEND_LATER, -1},
	    {HTTP_MAYBE_SENT, 0, SEND_UNKNOWN, -1},
	    {HTTP_ANSWERED, 200, SEND_DONE, -1},
	    {HTTP_ANSWERED, 202, SEND_DONE, -1},
	    {HTTP_ANSWERED, 204, SEND_DONE, -1},
	    {HTTP_ANSWERED, 301, SEND_PERMANENT, -1},
	    {HTTP_ANSWERED, 400, SEND_PERMANENT, -1},
	    {HTTP_ANSWERED, 404, SEND_PERMANENT, -1},
	    {HTTP_ANSWERED, 408, SEND_LATER, 7000},
	    {HTTP_ANSWERED, 413, SEND_PERMANENT, -1},
	    {HTTP_ANSWERED, 425, SEND_LATER, 7000},
	    {HTTP_ANSWERED, 429, SEND_LATER, 7000},
	    {HTTP_ANSWERED, 500, SEND_LATER, 7000},
	    {HTTP_ANSWERED, 599, SEND_LATER, 7000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_result r = {.progress = cases[i].progress,
		    .status = cases[i].status,
		    .headers = wait,
		    .header_count = 1,
		    .error = cases[i].progress == HTTP_ANSWERED ? NULL : "the line is dead"};
		struct send_outcome o;

		outcome_of_http(&o, &r, SLICE_LIT(" the server's\nwords "), NOW);
		if (o.result != cases[i].want || o.wait_ms != cases[i].wait_ms)
			fail_msg("%d: %s, wait %lld", cases[i].status, send_result_name(o.result),
			    (long long)o.wait_ms);
		if (cases[i].progress != HTTP_ANSWERED)
			assert_string_equal(o.reason, "the line is dead");
		else
			assert_int_equal(
			    strstr(o.reason, "the server's words") != NULL, o.result != SEND_DONE);
	}
}

static void
what_cannot_be_asked_is_permanent_only_when_it_stays_so(void **state)
{
	static const struct {
		enum err_kind kind;
		enum send_result want;
	} cases[] = {{ERR_INPUT, SEND_PERMANENT}, {ERR_LIMIT, SEND_PERMANENT},
	    {ERR_NOMEM, SEND_LATER}, {ERR_BUSY, SEND_LATER}, {ERR_NET, SEND_LATER}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {.kind = cases[i].kind, .text = "so it is"};
		struct send_outcome o;

		outcome_of_refusal(&o, &err);
		assert_int_equal(o.result, cases[i].want);
		assert_string_equal(o.reason, "so it is");
	}
}

static void
addresses_of_servers_are_told_apart(void **state)
{
	static const struct {
		const char *url;
		bool is_http, is_loopback;
	} cases[] = {
	    {"https://acme.example/hook?x=1", true, false},
	    {"HTTP://acme.example", true, false},
	    {"http://127.0.0.1:80/", true, true},
	    {"http://127.1.2.3", true, true},
	    {"http://localhost:8001", true, true},
	    {"http://LOCALHOST", true, true},
	    {"http://[::1]:8001/", true, true},
	    {"http://[::1]", true, true},
	    {"http://127.example.org/", true, false},
	    {"http://localhost.example.org/", true, false},
	    {"http://127.0.0.1.example.org/", true, false},
	    {"http://user:secret@acme.example/", false, false},
	    {"http://localhost@acme.example/", false, false},
	    {"ftp://acme.example/", false, false},
	    {"https://", false, false},
	    {"https:///path", false, false},
	    {"https://:80/", false, false},
	    {"acme.example", false, false},
	    {"https://acme.example/a b", false, false},
	    {"https://acme.example/\r\nX: y", false, false},
	    {"https://acme.example\\@localhost/", false, false},
	    {"", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (url_is_http(cases[i].url) != cases[i].is_http)
			fail_msg("'%s': is_http %d", cases[i].url, !cases[i].is_http);
		if (cases[i].is_http && url_is_loopback(cases[i].url) != cases[i].is_loopback)
			fail_msg("'%s': is_loopback %d", cases[i].url, !cases[i].is_loopback);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_attempt_leaves_the_list_from_any_place),
	    cmocka_unit_test(reasons_are_one_line_of_valid_text),
	    cmocka_unit_test(every_http_answer_has_its_class),
	    cmocka_unit_test(what_cannot_be_asked_is_permanent_only_when_it_stays_so),
	    cmocka_unit_test(addresses_of_servers_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
