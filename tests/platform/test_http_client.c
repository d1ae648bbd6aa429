/* Many requests at once: the address policy, slow name servers, cancelling, keeping connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/platform/http_world.h"

#include "platform/http_server.h"
#include "tests/support/peer.h"

static void
answer(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	int *calls = cookie;

	++*calls;
	http_reply(r, 200, NULL, 0, call->path);
}

static struct http_server *
serve(struct world *w, int *calls)
{
	struct http_server_options o = {.address = "127.0.0.1:0"};
	struct http_server *s = NULL;

	assert_int_equal(http_server_new(w->loop, &o, answer, calls, &s, NULL), 0);
	return s;
}

/* ---- the address policy -------------------------------------------------- */

static void
lookup_table(const char *host, struct resolver_answer *out)
{
	static const struct {
		const char *host, *addresses[3];
	} names[] = {
	    {"public.test", {"127.0.0.1"}},
	    {"mixed.test", {"10.0.0.1", "127.0.0.1", "192.168.0.1"}},
	    {"mapped.test", {"::ffff:10.0.0.1"}},
	    {"localhost", {"127.0.0.1"}},
	    {"xn--bcher-kva.test", {"127.0.0.1"}},
	};

	*out = (struct resolver_answer){.error = "no such name"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(host, names[i].host) != 0)
			continue;
		while (out->count < 3 && names[i].addresses[out->count] != NULL &&
		    net_address_parse(names[i].addresses[out->count], &out->addresses[out->count]))
			out->count++;
	}
}

static void
requests_go_only_where_the_policy_lets_them(void **state)
{
	static const struct {
		const char *allowed, *host;
		int status; /* 0: refused */
		const char *words;
	} cases[] = {
	    {NULL, "127.0.0.1", 0, "private"},
	    {NULL, "localhost", 0, "private"},
	    {NULL, "public.test", 0, "private"},
	    {NULL, "mapped.test", 0, "10.0.0.1"},
	    {NULL, "[::1]", 0, "private"},
	    {NULL, "[::ffff:127.0.0.1]", 0, "private"},
	    {NULL, "0x7f000001", 0, "private"},
	    {NULL, "2130706433", 0, "private"},
	    {NULL, "0177.0.0.1", 0, "private"},
	    {NULL, "127.1", 0, "private"},
	    {NULL, "169.254.169.254", 0, "private"},
	    {NULL, "unknown.test", 0, "no such name"},
	    {"127.0.0.1", "127.0.0.1", 200, ""},
	    {"127.0.0.0/8", "127.0.0.1", 200, ""},
	    {"127.0.0.1", "2130706433", 200, ""},
	    {"127.0.0.1", "public.test", 200, ""},
	    {"127.0.0.1", "PUBLIC.test.", 200, ""},
	    {"127.0.0.1",
		"b\xc3\xbc"
		"cher.test",
		200, ""},
	    {"127.0.0.1", "mixed.test", 200, ""},
	    {"127.0.0.1", "mapped.test", 0, "10.0.0.1"},
	    {"localhost", "localhost", 200, ""},
	    {"localhost", "LOCALHOST", 200, ""},
	    {"localhost", "127.0.0.1", 0, "private"},
	    {"localhost", "public.test", 0, "private"},
	    {"public.test", "public.test", 200, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct got *got;
		struct http_server *s;
		struct world w;
		char url[100];
		int calls = 0;

		world_open(&w, &cases[i].allowed, cases[i].allowed != NULL, lookup_table);
		s = serve(&w, &calls);
		snprintf(url, sizeof url, "http://%s:%d/", cases[i].host, http_server_port(s));
		got = world_call(&w, &(struct http_call){.method = "GET", .url = url});
		if (got->status != cases[i].status || strstr(got->error, cases[i].words) == NULL ||
		    calls != (cases[i].status == 200))
			fail_msg("%s with %s allowed: %d '%s'", cases[i].host,
			    cases[i].allowed == NULL ? "nothing" : cases[i].allowed, got->status,
			    got->error);
		assert_true(got->status == 200 || got->progress == HTTP_NOT_SENT);
		http_server_free(s);
		world_close(&w);
	}
}

static void
a_wrong_policy_is_refused(void **state)
{
	static const char *const bad = "10.0.0.0/99";
	const struct http_policy policy = {&bad, 1};
	struct http_client *c;
	struct err err = {0};
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(http_client_new(l, &policy, &c, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	loop_free(l);
}

static void
proxies_of_the_environment_are_not_used(void **state)
{
	struct http_server *s;
	struct world w;
	int calls = 0;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("all_proxy", "http://127.0.0.1:9", 1);
	world_open_local(&w);
	s = serve(&w, &calls);
	assert_int_equal(world_get(&w, http_server_port(s), "/")->status, 200);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	http_server_free(s);
	world_close(&w);
}

/* ---- many ---------------------------------------------------------------- */

static void
count_good(void *cookie, const struct http_result *r)
{
	struct world *w = cookie;

	w->got.calls += r->progress == HTTP_ANSWERED && r->status == 200;
	w->to_come--;
}

static void
hundreds_of_requests_at_once_are_all_answered(void **state)
{
	struct http_server *s;
	struct world w;
	int calls = 0;

	(void)state;
	world_open_local(&w);
	s = serve(&w, &calls);
	for (int i = 0; i < 300; i++) {
		struct http_call call = {.method = i % 3 == 0 ? "POST" : "GET",
		    .url = url_of(http_server_port(s), "/"),
		    .body = i % 3 == 0 ? SLICE_LIT("b") : SLICE_NONE};

		assert_int_equal(http_client_start(w.client, &call, count_good, &w, NULL, NULL), 0);
	}
	w.to_come = 300;
	world_wait(&w);
	assert_int_equal(w.got.calls, 300);
	assert_int_equal(calls, 300);
	http_server_free(s);
	world_close(&w);
}

static void
keep_answering(void *cookie, int fd, int number)
{
	char request[4000];

	(void)cookie;
	(void)number;
	while (peer_message(fd, request, sizeof request) > 0)
		(void)peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static void
questions_share_a_connection_and_deeds_do_not(void **state)
{
	struct peer *p = peer_start(keep_answering, NULL);
	struct world w;

	(void)state;
	world_open_local(&w);
	for (int i = 0; i < 5; i++)
		assert_int_equal(world_get(&w, peer_port(p), "/")->status, 200);
	assert_int_equal(peer_connections(p), 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    world_call(
			&w, &(struct http_call){.method = "POST", .url = url_of(peer_port(p), "/")})
			->status,
		    200);
	assert_int_equal(peer_connections(p), 3);
	world_close(&w);
	peer_stop(p);
}

/* ---- slow name servers --------------------------------------------------- */

static _Atomic int lookups;

static void
slow_lookup(const char *host, struct resolver_answer *out)
{
	lookups++;
	usleep(strncmp(host, "slow", 4) == 0 ? 50000 : 1000);
	*out = (struct resolver_answer){.count = 1};
	(void)net_address_parse("127.0.0.1", &out->addresses[0]);
}

static void
one_name_is_looked_up_once_for_all_who_ask(void **state)
{
	static const char *const local[] = {"127.0.0.1"};
	struct http_server *s;
	struct world w;
	char url[100];
	int calls = 0;

	(void)state;
	world_open(&w, local, 1, slow_lookup);
	s = serve(&w, &calls);
	lookups = 0;
	snprintf(url, sizeof url, "http://shared.test:%d/", http_server_port(s));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 50; i++) {
			struct http_call call = {.method = "GET", .url = url};

			assert_int_equal(
			    http_client_start(w.client, &call, count_good, &w, NULL, NULL), 0);
		}
		w.to_come = 50;
		world_wait(&w);
	}
	assert_int_equal(w.got.calls, 100);
	assert_int_equal(lookups, 1);
	http_server_free(s);
	world_close(&w);
}

static void
take_in_vain(void *cookie, const struct http_result *r)
{
	struct world *w = cookie;

	w->got.calls += r->progress == HTTP_NOT_SENT && strstr(r->error, "within") != NULL;
	w->to_come--;
}

static void
slow_names_end_at_their_deadline_and_do_not_hold_up_the_loop(void **state)
{
	static const char *const local[] = {"127.0.0.1"};
	int64_t began_ms, lag_ms;
	struct world w;

	(void)state;
	world_open(&w, local, 1, slow_lookup);
	lookups = 0;
	began_ms = mono_ms();
	for (int i = 0; i < 200; i++) {
		char url[100];
		struct http_call call = {.method = "GET", .url = url, .timeout_ms = 120};

		snprintf(url, sizeof url, "http://slow%d.test:9/", i);
		/* Nobody listens there: what is found in time fails in another way. */
		assert_int_equal(
		    http_client_start(w.client, &call, take_in_vain, &w, NULL, NULL), 0);
	}
	(void)loop_worst_lag_ms(w.loop);
	w.to_come = 200;
	world_wait(&w);
	lag_ms = loop_worst_lag_ms(w.loop);
	assert_in_range(mono_ms() - began_ms, 119, 5000);
	assert_in_range(lag_ms, 0, 1000);
	assert_true(w.got.calls >= 190);
	/* What nobody waits for any more is not looked up. */
	usleep(200000);
	assert_in_range(lookups, 1, 10);
	/* A client can be freed while the resolver hangs. */
	world_close(&w);
}

static void
hang_lookup(const char *host, struct resolver_answer *out)
{
	(void)host;
	usleep(1500000);
	*out = (struct resolver_answer){.error = "too late"};
}

static void
freeing_does_not_wait_for_a_hanging_name_server(void **state)
{
	struct http_call call = {.method = "GET", .url = "http://hanging.test/"};
	int64_t began_ms;
	struct world w;

	(void)state;
	world_open(&w, NULL, 0, hang_lookup);
	assert_int_equal(http_client_start(w.client, &call, world_take, &w, NULL, NULL), 0);
	for (int i = 0; i < 3; i++)
		loop_run_once(w.loop, false);
	began_ms = mono_ms();
	world_close(&w);
	assert_in_range(mono_ms() - began_ms, 0, 1200);
	assert_int_equal(w.got.calls, 0);
	/* Let the thread find out that it is not needed, so that the leak checker can look. */
	usleep(1800000);
}

/* ---- cancelling ---------------------------------------------------------- */

static void
answer_half(void *cookie, int fd, int number)
{
	char request[4000];

	(void)cookie;
	(void)number;
	(void)peer_message(fd, request, sizeof request);
	(void)peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	peer_wait_closed(fd);
}

static void
after_a_cancel_no_callback_comes(void **state)
{
	static const char *const local[] = {"127.0.0.1"};
	struct peer *p = peer_start(answer_half, NULL);
	struct world w;

	(void)state;
	/* After every number of turns: before the start, while looking up, connecting, waiting,
	 * reading. */
	for (int turns = 0; turns < 40; turns++) {
		for (int by_name = 0; by_name < 2; by_name++) {
			struct http_request *r = NULL;
			struct http_call call = {.method = "GET"};
			char url[100];

			world_open(&w, local, 1, slow_lookup);
			snprintf(url, sizeof url, "http://%s:%d/",
			    by_name ? "any.test" : "127.0.0.1", peer_port(p));
			call.url = url;
			assert_int_equal(
			    http_client_start(w.client, &call, world_take, &w, &r, NULL), 0);
			for (int i = 0; i < turns; i++) {
				loop_run_once(w.loop, false);
				if (turns % 4 == 0)
					usleep(500);
			}
			http_request_cancel(r);
			for (int i = 0; i < 5; i++)
				loop_run_once(w.loop, false);
			assert_int_equal(w.got.calls, 0);
			world_close(&w);
		}
	}
	peer_stop(p);
	http_request_cancel(NULL);
}

struct pair {
	struct world *w;
	struct http_request *self, *other;
	int *first_calls;
};

static void
cancel_both(void *cookie, const struct http_result *r)
{
	struct pair *pair = cookie;

	(void)r;
	++*pair->first_calls;
	/* Its own request is over already: nothing happens. */
	http_request_cancel(pair->self);
	if (pair->other != NULL)
		http_request_cancel(pair->other);
	pair->other = NULL;
	pair->w->to_come = 0;
}

static void
a_callback_may_cancel_others_and_itself(void **state)
{
	struct world w;
	int calls = 0;

	(void)state;
	/* Both fail in the same turn, so that the second is already waiting for its callback. */
	for (int order = 0; order < 2; order++) {
		struct http_call call = {.method = "GET", .url = "http://10.0.0.1/"};
		struct pair pairs[2];

		world_open_local(&w);
		calls = 0;
		for (int i = 0; i < 2; i++) {
			pairs[i] = (struct pair){.w = &w, .first_calls = &calls};
			assert_int_equal(http_client_start(w.client, &call, cancel_both, &pairs[i],
					     &pairs[i].self, NULL),
			    0);
		}
		pairs[0].other = pairs[1].self;
		pairs[1].other = NULL;
		w.to_come = 1;
		world_wait(&w);
		loop_run_once(w.loop, false);
		assert_int_equal(calls, 1);
		world_close(&w);
	}
}

static void
start_again(void *cookie, const struct http_result *r)
{
	struct http_call call = {.method = "GET", .url = "http://10.0.0.1/"};
	struct world *w = cookie;

	assert_int_equal(r->progress, HTTP_NOT_SENT);
	w->got.calls++;
	if (--w->to_come > 0)
		assert_int_equal(
		    http_client_start(w->client, &call, start_again, w, NULL, NULL), 0);
}

static void
a_request_that_fails_and_starts_again_leaves_the_loop_its_turns(void **state)
{
	struct http_call call = {.method = "GET", .url = "http://10.0.0.1/"};
	struct world w;

	(void)state;
	world_open_local(&w);
	w.to_come = 50;
	assert_int_equal(http_client_start(w.client, &call, start_again, &w, NULL, NULL), 0);
	loop_run_once(w.loop, false);
	loop_run_once(w.loop, false);
	assert_in_range(w.got.calls, 1, 4);
	world_wait(&w);
	assert_int_equal(w.got.calls, 50);
	world_close(&w);
}

static void
freeing_cancels_what_is_under_way(void **state)
{
	struct peer *p = peer_start(answer_half, NULL);
	struct world w;

	(void)state;
	world_open_local(&w);
	for (int i = 0; i < 20; i++) {
		struct http_call call = {.method = "GET", .url = url_of(peer_port(p), "/")};

		assert_int_equal(http_client_start(w.client, &call, world_take, &w, NULL, NULL), 0);
		if (i == 10) {
			for (int k = 0; k < 10; k++)
				loop_run_once(w.loop, false);
		}
	}
	world_close(&w);
	assert_int_equal(w.got.calls, 0);
	peer_stop(p);
}

/* ---- no memory ----------------------------------------------------------- */

static void
every_failing_allocation_is_an_error_or_a_failed_request(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			const struct http_header header = {SLICE_LIT("X"), SLICE_LIT("y")};
			struct http_call call = {.method = "POST",
			    .headers = &header,
			    .header_count = 1,
			    .body = SLICE_LIT("body"),
			    .timeout_ms = 1000};
			struct world w;
			struct http_server *s;
			int calls = 0, rc;
			bool hit;

			world_open_local(&w);
			s = serve(&w, &calls);
			call.url = url_of(http_server_port(s), "/");
			mem_fault_arm(nth, sticky);
			rc = http_client_start(w.client, &call, count_good, &w, NULL, NULL);
			w.to_come = rc == 0;
			world_wait(&w);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (!hit) {
				assert_int_equal(rc, 0);
				assert_int_equal(w.got.calls, 1);
			}
			http_server_free(s);
			world_close(&w);
			if (!hit)
				break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_go_only_where_the_policy_lets_them),
	    cmocka_unit_test(a_wrong_policy_is_refused),
	    cmocka_unit_test(proxies_of_the_environment_are_not_used),
	    cmocka_unit_test(hundreds_of_requests_at_once_are_all_answered),
	    cmocka_unit_test(questions_share_a_connection_and_deeds_do_not),
	    cmocka_unit_test(one_name_is_looked_up_once_for_all_who_ask),
	    cmocka_unit_test(slow_names_end_at_their_deadline_and_do_not_hold_up_the_loop),
	    cmocka_unit_test(freeing_does_not_wait_for_a_hanging_name_server),
	    cmocka_unit_test(after_a_cancel_no_callback_comes),
	    cmocka_unit_test(a_callback_may_cancel_others_and_itself),
	    cmocka_unit_test(a_request_that_fails_and_starts_again_leaves_the_loop_its_turns),
	    cmocka_unit_test(freeing_cancels_what_is_under_way),
	    cmocka_unit_test(every_failing_allocation_is_an_error_or_a_failed_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
