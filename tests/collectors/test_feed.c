#include "tests/collectors/fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collectors/feed.h"
#include "collectors/feed_parse.h"

/* What the server has and how it answers. */
static struct script {
	int status; /* of the answers */
	const char *retry_after, *cache_control, *content_type, *body;
	int first, last; /* items that the feed shows: [first, last) */
	const char *edited; /* text of item `first` */
	bool sends_validators, moved;
	int requests, not_modified, full;
	char last_path[64], last_match[64], last_since[64];
} script;
static struct fixture f;

#define FEED_CONFIG "url: http://127.0.0.1:%d/feed.xml\ninterval: 30 ms\n"

static void
write_feed(struct buf *out)
{
	buf_add_str(out, "<rss version=\"2.0\"><channel><title>T</title>");
	for (int i = script.last - 1; i >= script.first; i--)
		buf_addf(out,
		    "<item><guid isPermaLink=\"false\">g%d</guid><title>Title %d</title>"
		    "<description>%s</description></item>",
		    i, i, i == script.first && script.edited != NULL ? script.edited : "the text");
	buf_add_str(out, "</channel></rss>");
}

static void
keep(char *to, size_t size, struct slice s)
{
	snprintf(to, size, "%.*s", SLICE_ARG(s));
}

static void
handle(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	struct http_header headers[6];
	size_t count = 0;
	char etag[64];
	struct buf out;

	(void)cookie;
	script.requests++;
	keep(script.last_path, sizeof(script.last_path), call->path);
	keep(script.last_match, sizeof(script.last_match), http_server_header(r, "If-None-Match"));
	keep(script.last_since, sizeof(script.last_since),
	    http_server_header(r, "If-Modified-Since"));
	snprintf(etag, sizeof(etag), "W/\"v-%d-%d-%s\"", script.first, script.last,
	    script.edited == NULL ? "" : script.edited);
	if (script.retry_after != NULL)
		headers[count++] =
		    (struct http_header){SLICE_LIT("Retry-After"), slice_of(script.retry_after)};
	if (script.cache_control != NULL)
		headers[count++] = (struct http_header){
		    SLICE_LIT("Cache-Control"), slice_of(script.cache_control)};
	if (script.sends_validators) {
		headers[count++] = (struct http_header){SLICE_LIT("ETag"), slice_of(etag)};
		headers[count++] = (struct http_header){
		    SLICE_LIT("Last-Modified"), SLICE_LIT("Sat, 21 Nov 2026 10:00:00 GMT")};
	}
	if (script.moved && slice_eq_str(call->path, "/feed.xml")) {
		headers[count++] =
		    (struct http_header){SLICE_LIT("Location"), SLICE_LIT("/new.xml")};
		http_reply(r, 301, headers, count, SLICE_LIT(""));
		return;
	}
	if (script.status == 200 && script.sends_validators &&
	    strcmp(script.last_match, etag) == 0) {
		script.not_modified++;
		http_reply(r, 304, headers, count, SLICE_NONE);
		return;
	}
	headers[count++] = (struct http_header){SLICE_LIT("Content-Type"),
	    slice_of(script.content_type == NULL ? "application/rss+xml" : script.content_type)};
	buf_init(&out, 32 << 20);
	if (script.body != NULL)
		buf_add_str(&out, script.body);
	else if (script.status == 200)
		write_feed(&out);
	script.full++;
	http_reply(r, script.status, headers, count, slice_make(buf_str(&out), out.len));
	buf_fini(&out);
}

static void
begin(const char *config)
{
	memset(&script, 0, sizeof(script));
	script.status = 200;
	script.last = 3;
	script.sends_validators = true;
	fixture_init(&f, &feed_collector, handle, NULL, config);
}

static bool
has_fetched(struct fixture *x)
{
	return x->has_fetched && x->waiting_count == 0;
}

static bool
has_been_told_nothing_new(struct fixture *x)
{
	(void)x;
	return script.not_modified >= 2;
}

static int wanted;
static bool
has_wanted(struct fixture *x)
{
	return x->count >= (size_t)wanted && x->waiting_count == 0;
}

static void
the_first_fetch_is_marked_and_then_only_news_are_given(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	assert_int_equal(f.count, 3);
	assert_int_equal(f.first_fetch_posts, 3);
	fixture_run(&f, has_been_told_nothing_new, 5000, "a 304");
	assert_string_equal(script.last_match, "W/\"v-0-3-\"");
	assert_string_equal(script.last_since, "Sat, 21 Nov 2026 10:00:00 GMT");
	assert_int_equal(script.full, 1);
	script.last = 5;
	wanted = 5;
	fixture_run(&f, has_wanted, 5000, "two new items");
	script.last = 6;
	wanted = 6;
	fixture_run(&f, has_wanted, 5000, "one more");
	assert_int_equal(f.first_fetch_posts, 3);
	assert_int_equal(f.doubled, 0);
	/* the oldest first, with the feed's address before a guid that is no address */
	char id[100];
	snprintf(id, sizeof(id), "http://127.0.0.1:%d/feed.xml#g3", http_server_port(f.server));
	assert_true(slice_eq_str(f.posts[3].id, id));
	assert_true(slice_eq_str(f.posts[3].text, "Title 3\n\nthe text"));
	assert_true(slice_eq_str(f.posts[3].source, "feed"));
	assert_int_equal(collector_status(f.c)->health, SOURCE_OK);
	assert_true(collector_status(f.c)->last_ok_at_ms >= f.started_ms);
	fixture_fini(&f);
}

static void
a_restart_asks_with_the_stored_validators(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	fixture_restart(&f);
	script.not_modified = 0;
	fixture_run(&f, has_been_told_nothing_new, 5000, "a 304");
	assert_int_equal(script.full, 1);
	assert_int_equal(f.count, 3);
	fixture_fini(&f);
}

static void
nothing_is_lost_or_doubled_when_it_stops_after_any_page(void **state)
{
	(void)state;
	for (size_t after = 1; after <= 2; after++) {
		begin(FEED_CONFIG);
		script.last = 1700; /* four pages */
		f.restart_after = after;
		fixture_start(&f);
		fixture_run(&f, has_fetched, 20000, "the first fetch");
		assert_int_equal(f.count, 1700);
		assert_int_equal(f.first_fetch_posts, 1700);
		assert_int_equal(f.doubled, 0);
		assert_true(f.restarts >= 1);
		script.first = 600;
		script.last = 2300;
		wanted = 2300;
		fixture_run(&f, has_wanted, 20000, "six hundred new items");
		assert_int_equal(f.first_fetch_posts, 1700);
		assert_int_equal(f.doubled, 0);
		fixture_run_for(&f, 150);
		assert_int_equal(f.count, 2300);
		fixture_fini(&f);
	}
}

static void
a_host_that_takes_no_more_is_not_given_more(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	script.last = 3000;
	f.holds_commits = true;
	fixture_start(&f);
	fixture_run_for(&f, 500);
	assert_int_equal(f.waiting_count, COLLECTOR_PAGES_AHEAD);
	assert_int_equal(script.requests, 1);
	f.holds_commits = false;
	fixture_run(&f, has_fetched, 10000, "the first fetch");
	assert_int_equal(f.count, 3000);
	fixture_fini(&f);
}

static void
an_edit_is_given_again_under_the_same_id(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	script.edited = "corrected";
	wanted = 4;
	fixture_run(&f, has_wanted, 5000, "the edit");
	assert_true(slice_eq(f.posts[3].id, f.posts[0].id));
	assert_true(slice_eq_str(f.posts[3].text, "Title 0\n\ncorrected"));
	fixture_run_for(&f, 150);
	assert_int_equal(f.count, 4);
	fixture_fini(&f);
}

static bool
is_failing(struct fixture *x)
{
	return collector_status(x->c)->health == SOURCE_FAILING;
}

static bool
is_waiting(struct fixture *x)
{
	return collector_status(x->c)->health == SOURCE_WAITING;
}

static bool
is_ok(struct fixture *x)
{
	return collector_status(x->c)->health == SOURCE_OK;
}

static bool
is_gone(struct fixture *x)
{
	return collector_status(x->c)->health == SOURCE_ENDED;
}

static void
it_waits_as_long_as_it_is_told(void **state)
{
	static const int statuses[] = {429, 503};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(FEED_CONFIG);
		script.status = statuses[i];
		script.retry_after = "1";
		fixture_start(&f);
		fixture_run(&f, is_waiting, 5000, "waiting");
		int64_t told_ms = clock_now_ms(sysclock());
		assert_true(collector_status(f.c)->next_poll_at_ms >= told_ms + 1000);
		assert_non_null(strstr(collector_status(f.c)->detail, "told to wait 1 s"));
		script.status = 200;
		script.retry_after = NULL;
		fixture_run_for(&f, 900);
		assert_int_equal(script.requests, 1);
		fixture_run(&f, is_ok, 5000, "well again");
		assert_true(clock_now_ms(sysclock()) - told_ms >= 1000);
		fixture_fini(&f);
	}
}

static void
failures_are_said_in_words_and_tried_again(void **state)
{
	static const struct {
		int status;
		const char *content_type, *body, *words;
	} cases[] = {
	    {500, NULL, NULL, "the server has a problem (HTTP 500)"},
	    {503, NULL, NULL, "the server has a problem (HTTP 503)"},
	    {429, NULL, NULL, "asked too often (HTTP 429)"},
	    {401, NULL, NULL, "the server wants to know who asks (HTTP 401)"},
	    {403, NULL, NULL, "the server refuses us (HTTP 403)"},
	    {404, NULL, NULL, "there is nothing at this address (HTTP 404)"},
	    {418, NULL, NULL, "an answer we did not expect (HTTP 418)"},
	    {302, NULL, NULL, "(HTTP 302)"},
	    {200, "text/html", "<!DOCTYPE html><html><body><p>Hello</body></html>",
		"the address answers with an HTML page, not a feed"},
	    {200, "application/json", "{\"error\":\"x\"}", "is JSON, but not a JSON Feed"},
	    {200, "text/xml", "<svg xmlns='http://www.w3.org/2000/svg'/>", "neither RSS nor Atom"},
	    {200, "text/xml", " ", "empty"},
	    {200, "text/plain", "sorry", "text, but no feed"},
	    {200, "text/xml",
		"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
		"<rss><channel><item><title>&b;</title></item></channel></rss>",
		"declares an entity of its own ('a')"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(FEED_CONFIG);
		script.status = cases[i].status;
		script.content_type = cases[i].content_type;
		script.body = cases[i].body;
		script.sends_validators = false;
		fixture_start(&f);
		fixture_run(&f, is_failing, 5000, "failing");
		if (strstr(collector_status(f.c)->detail, cases[i].words) == NULL)
			fail_msg("'%s' lacks '%s'", collector_status(f.c)->detail, cases[i].words);
		assert_true(collector_status(f.c)->failures >= 1);
		script.status = 200;
		script.body = NULL;
		fixture_run(&f, has_fetched, 5000, "well again");
		assert_int_equal(f.count, 3);
		assert_string_equal(collector_status(f.c)->detail, "");
		fixture_fini(&f);
	}
}

static void
it_asks_less_and_less_often_while_it_fails(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	script.status = 500;
	fixture_start(&f);
	fixture_run_for(&f, 1000);
	/* 30, 60, 120, 240, 480 ms, each at least half: never more than eight */
	assert_in_range(script.requests, 3, 9);
	fixture_fini(&f);
}

static void
a_feed_that_is_gone_is_left_alone(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	script.status = 410;
	fixture_start(&f);
	fixture_run(&f, is_gone, 5000, "the end");
	assert_non_null(strstr(collector_status(f.c)->detail, "gone for good (HTTP 410)"));
	fixture_run_for(&f, 200);
	assert_int_equal(script.requests, 1);
	fixture_fini(&f);
}

static void
a_feed_that_moved_is_asked_at_its_new_address_and_keeps_its_ids(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	script.moved = true;
	script.last = 4;
	wanted = 4;
	fixture_run(&f, has_wanted, 5000, "an item from the new address");
	script.not_modified = 0;
	fixture_run(&f, has_been_told_nothing_new, 5000, "a 304");
	assert_string_equal(script.last_path, "/new.xml");
	assert_non_null(strstr(f.cursor, "/new.xml"));
	script.moved = false; /* the old address would answer again */
	fixture_restart(&f);
	script.not_modified = 0;
	fixture_run(&f, has_been_told_nothing_new, 5000, "a 304");
	assert_string_equal(script.last_path, "/new.xml");
	assert_int_equal(f.doubled, 0);
	assert_int_equal(f.count, 4);
	fixture_fini(&f);
}

static void
another_address_in_the_configuration_is_another_first_fetch(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	fixture_stop(&f);
	options_free(f.set);
	char *at = strstr(f.config, "/feed.xml");
	memcpy(at, "/othr.xml", 9);
	fixture_options(&f);
	fixture_start(&f);
	wanted = 6;
	fixture_run(&f, has_wanted, 5000, "the other feed");
	assert_int_equal(f.first_fetch_posts, 6);
	fixture_fini(&f);
}

static void
the_feeds_own_wishes_make_the_interval_longer(void **state)
{
	static const struct {
		const char *cache_control, *body;
		int64_t at_least_ms, at_most_ms;
	} cases[] = {
	    {"public, max-age=600", NULL, 600000, 600000},
	    {"max-age=99999999999", NULL, TIME_DAY_MS, TIME_DAY_MS},
	    {"no-cache", NULL, 30, 30},
	    {NULL, "<rss version='2.0'><channel><ttl>60</ttl></channel></rss>", 3600000, 3600000},
	    {NULL,
		"<rss version='2.0' "
		"xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>"
		"<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</"
		"sy:updateFrequency>"
		"</channel></rss>",
		1800000, 1800000},
	    {NULL, "<rss version='2.0'><channel><ttl>-5</ttl></channel></rss>", 30, 30},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(FEED_CONFIG);
		script.cache_control = cases[i].cache_control;
		script.body = cases[i].body;
		fixture_start(&f);
		fixture_run(&f, is_ok, 5000, "the first fetch");
		int64_t delay =
		    collector_status(f.c)->next_poll_at_ms - collector_status(f.c)->last_ok_at_ms;
		assert_in_range(delay, cases[i].at_least_ms, cases[i].at_most_ms + 20000);
		fixture_fini(&f);
	}
}

static void
a_feed_of_ten_megabytes_is_refused_in_words(void **state)
{
	char *big = mem_alloc((10 << 20) + 1);

	(void)state;
	memset(big, 'x', 10 << 20);
	memcpy(big, "<rss>", 5);
	big[10 << 20] = '\0';
	begin(FEED_CONFIG);
	script.body = big;
	fixture_start(&f);
	fixture_run(&f, is_failing, 10000, "failing");
	assert_non_null(strstr(collector_status(f.c)->detail, "larger than"));
	fixture_fini(&f);
	mem_free(big);
}

static void
items_without_words_are_rejected_once(void **state)
{
	(void)state;
	begin(FEED_CONFIG);
	script.body = "<rss version='2.0'><channel><item><guid>a</guid></item>"
		      "<item><guid>b</guid><title>Good</title></item></channel></rss>";
	script.sends_validators = false;
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	fixture_run_for(&f, 200);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.rejects, 1);
	assert_non_null(strstr(f.last_reject, "neither title nor text"));
	fixture_fini(&f);
}

/* --- bodies that are cut --------------------------------------------------- */

static int cut_port, cut_socket;
static volatile int cut_answers;

/* Promises more than it sends, twice; then sends all. */
static void *
cut_server(void *cookie)
{
	static const char good[] = "<rss version='2.0'><channel><item><guid>a</guid>"
				   "<title>whole</title></item></channel></rss>";

	(void)cookie;
	for (int i = 0; i < 3; i++) {
		char request[4096], head[256];
		int s = accept(cut_socket, NULL, NULL);
		if (s < 0)
			break;
		(void)!read(s, request, sizeof(request));
		size_t whole = sizeof(good) - 1;
		int len = snprintf(head, sizeof(head),
		    "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n"
		    "Connection: close\r\n\r\n",
		    whole);
		(void)!write(s, head, (size_t)len);
		(void)!write(s, good, i < 2 ? whole / 2 : whole);
		close(s);
		cut_answers++;
	}
	return NULL;
}

static bool
has_whole(struct fixture *x)
{
	return x->count == 1;
}

static void
half_an_answer_is_no_answer(void **state)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	char config[128];
	pthread_t thread;

	(void)state;
	cut_socket = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(cut_socket, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(cut_socket, 4), 0);
	assert_int_equal(getsockname(cut_socket, (struct sockaddr *)&address, &len), 0);
	cut_port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&thread, NULL, cut_server, NULL), 0);
	snprintf(config, sizeof(config), "url: http://127.0.0.1:%d/f\ninterval: 30 ms\n", cut_port);
	fixture_init(&f, &feed_collector, NULL, NULL, config);
	fixture_start(&f);
	fixture_run(&f, is_failing, 5000, "failing");
	assert_non_null(strstr(collector_status(f.c)->detail, "no answer"));
	assert_int_equal(f.count, 0);
	fixture_run(&f, has_whole, 5000, "the whole");
	assert_true(slice_eq_str(f.posts[0].text, "whole"));
	fixture_fini(&f);
	pthread_join(thread, NULL);
	close(cut_socket);
}

static void
a_server_that_is_not_there_is_a_failure(void **state)
{
	(void)state;
	fixture_init(
	    &f, &feed_collector, NULL, NULL, "url: http://127.0.0.1:1/x\ninterval: 30 ms\n");
	fixture_start(&f);
	fixture_run(&f, is_failing, 5000, "failing");
	assert_non_null(strstr(collector_status(f.c)->detail, "no answer"));
	fixture_fini(&f);
}

static void
no_callback_arrives_after_it_is_closed(void **state)
{
	(void)state;
	for (int ms = 0; ms < 60; ms += 7) {
		begin(FEED_CONFIG);
		script.last = 2000;
		fixture_start(&f);
		fixture_run_for(&f, ms);
		fixture_stop(&f);
		fixture_run_for(&f, 60);
		fixture_fini(&f);
	}
}

static void
addresses_that_are_none_are_refused(void **state)
{
	static const char *const configs[] = {"url: ftp://x/y\n", "url: example.com/feed\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct err err = {0};
		fixture_init(&f, &feed_collector, NULL, NULL, configs[i]);
		assert_int_equal(collector_new("src", f.ops, f.set, &f.host, &f.c, &err), -1);
		assert_non_null(strstr(err.text, "https://"));
		f.c = NULL;
		fixture_fini(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_fetch_is_marked_and_then_only_news_are_given),
	    cmocka_unit_test(a_restart_asks_with_the_stored_validators),
	    cmocka_unit_test(nothing_is_lost_or_doubled_when_it_stops_after_any_page),
	    cmocka_unit_test(a_host_that_takes_no_more_is_not_given_more),
	    cmocka_unit_test(an_edit_is_given_again_under_the_same_id),
	    cmocka_unit_test(it_waits_as_long_as_it_is_told),
	    cmocka_unit_test(failures_are_said_in_words_and_tried_again),
	    cmocka_unit_test(it_asks_less_and_less_often_while_it_fails),
	    cmocka_unit_test(a_feed_that_is_gone_is_left_alone),
	    cmocka_unit_test(a_feed_that_moved_is_asked_at_its_new_address_and_keeps_its_ids),
	    cmocka_unit_test(another_address_in_the_configuration_is_another_first_fetch),
	    cmocka_unit_test(the_feeds_own_wishes_make_the_interval_longer),
	    cmocka_unit_test(a_feed_of_ten_megabytes_is_refused_in_words),
	    cmocka_unit_test(items_without_words_are_rejected_once),
	    cmocka_unit_test(half_an_answer_is_no_answer),
	    cmocka_unit_test(a_server_that_is_not_there_is_a_failure),
	    cmocka_unit_test(no_callback_arrives_after_it_is_closed),
	    cmocka_unit_test(addresses_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
