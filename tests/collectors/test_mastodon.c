/*
 * The poller against a scripted server with each of the manners that servers have.  Statuses are
 * numbered; the server shows [0, last) but for those it hides; their ids are opaque and say nothing
 * about the order.
 */
#include "tests/collectors/fixture.h"

#include "collectors/mastodon.h"

enum manner {
	PROPER, /* as Mastodon does it, with Link headers */
	SINCE, /* min_id gives the newest above, as snac does it, no Link */
	IGNORES, /* min_id is ignored */
	ASCENDING, /* as PROPER, but min_id pages list the oldest first */
};

#define STATUSES 6000

static struct script {
	enum manner manner;
	int cap; /* statuses in one answer at most */
	int last; /* of the timeline */
	int grows_by, grows_until; /* with each request */
	bool is_hidden[STATUSES];
	int edited; /* this one has another text; 0: none */
	int status;
	const char *body, *remaining, *reset;
	const char *failing_tag;
	int requests;
	char last_query[256], last_path[128], last_authorization[64];
	const char *visibility[STATUSES]; /* NULL: public */
	bool is_reblog[STATUSES], lacks_uri[STATUSES];
} script;
static struct fixture f;
static struct clock_virtual virtual_clock;

static void
id_of(int n, char out[32])
{
	/* looks like an id, is in no order */
	snprintf(out, 32, "%08x%04d", (unsigned)n * 2654435761U, n);
}

static int
number_of(struct slice id)
{
	return id.len < 4 ? -1 : (int)strtol(id.ptr + id.len - 4, NULL, 10);
}

static void
write_account(struct buf *out, int n)
{
	buf_addf(out,
	    "\"account\":{\"id\":\"7\",\"acct\":\"user%d\",\"uri\":\"https://m.example/users/"
	    "user%d\","
	    "\"url\":\"https://m.example/@user%d\",\"note\":\"\"}",
	    n % 5, n % 5, n % 5);
}

static void
write_status(struct buf *out, int n)
{
	char id[32], at[TIME_TEXT_MAX];

	id_of(n, id);
	time_format_rfc3339(INT64_C(1790000000000) + n * 1000, at);
	buf_addf(out, "{\"id\":\"%s\",\"created_at\":\"%s\",\"visibility\":\"%s\",", id, at,
	    script.visibility[n] == NULL ? "public" : script.visibility[n]);
	if (!script.lacks_uri[n])
		buf_addf(out, "\"uri\":\"https://m.example/s/%s%d\",",
		    script.is_reblog[n] ? "boost/" : "", n);
	if (script.is_reblog[n]) {
		buf_addf(out,
		    "\"content\":\"\",\"reblog\":{\"id\":\"in%d\",\"uri\":\"https://o.example/s/"
		    "%d\","
		    "\"visibility\":\"public\",\"content\":\"<p>inner %d</p>\",",
		    n, n, n);
		write_account(out, n + 1);
		buf_add_str(out, "},");
	} else
		buf_addf(out, "\"content\":\"<p>status %d%s</p>\",\"reblog\":null,", n,
		    n != 0 && n == script.edited ? ", edited" : "");
	write_account(out, n);
	buf_add_str(out, "}");
}

/* The numbers of the answer, newest first. */
static int
choose(struct arena *a, struct slice query, int *numbers)
{
	struct slice min_id = http_query_get(a, query, "min_id");
	struct slice max_id = http_query_get(a, query, "max_id");
	long long limit = 20;
	int count = 0, low = -1, high = script.last;
	bool from_below = false;

	(void)slice_to_i64(http_query_get(a, query, "limit"), &limit);
	if (limit > script.cap)
		limit = script.cap;
	if (slice_is_set(min_id) && script.manner != IGNORES) {
		low = number_of(min_id);
		from_below = script.manner == PROPER || script.manner == ASCENDING;
	}
	if (slice_is_set(max_id))
		high = number_of(max_id);
	if (from_below) {
		for (int n = low + 1; n < high && count < limit; n++)
			if (!script.is_hidden[n])
				numbers[count++] = n;
		for (int i = 0; i < count / 2; i++) {
			int other = numbers[i];
			numbers[i] = numbers[count - 1 - i];
			numbers[count - 1 - i] = other;
		}
		return count;
	}
	for (int n = high - 1; n > low && count < limit; n--)
		if (!script.is_hidden[n])
			numbers[count++] = n;
	return count;
}

static size_t
link_header(char *out, size_t size, const int *numbers, int count)
{
	char newest[32], oldest[32];

	id_of(numbers[0], newest);
	id_of(numbers[count - 1], oldest);
	return (size_t)snprintf(out, size,
	    "<https://m.example/api/v1/timelines/tag/x?max_id=%s>; rel=\"next\", "
	    "<https://m.example/api/v1/timelines/tag/x?limit=2&min_id=%s>; rel=\"prev\"",
	    oldest, newest);
}

static void
handle(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	struct arena *a = arena_new(1 << 20);
	struct http_header headers[4];
	size_t header_count = 0;
	char links[512];
	int numbers[100], count;
	struct buf out;

	(void)cookie;
	script.requests++;
	snprintf(script.last_path, sizeof(script.last_path), "%.*s", SLICE_ARG(call->path));
	snprintf(script.last_query, sizeof(script.last_query), "%.*s", SLICE_ARG(call->query));
	snprintf(script.last_authorization, sizeof(script.last_authorization), "%.*s",
	    SLICE_ARG(http_server_header(r, "Authorization")));
	if (script.remaining != NULL) {
		headers[header_count++] = (struct http_header){
		    SLICE_LIT("X-RateLimit-Remaining"), slice_of(script.remaining)};
		headers[header_count++] =
		    (struct http_header){SLICE_LIT("X-RateLimit-Reset"), slice_of(script.reset)};
	}
	if (script.failing_tag != NULL && slice_ends_with(call->path, script.failing_tag)) {
		http_reply(r, 404, headers, header_count, SLICE_LIT("{\"error\":\"no such tag\"}"));
		goto out;
	}
	if (script.body != NULL || script.status != 200) {
		http_reply(r, script.status, headers, header_count,
		    script.body == NULL ? SLICE_LIT("{\"error\":\"broken\"}")
					: slice_of(script.body));
		goto out;
	}
	count = choose(a, call->query, numbers);
	buf_init(&out, 1 << 20);
	buf_add_str(&out, "[");
	for (int i = 0; i < count; i++) {
		bool turn = script.manner == ASCENDING &&
		    slice_is_set(http_query_get(a, call->query, "min_id"));
		buf_add_str(&out, i == 0 ? "" : ",");
		write_status(&out, numbers[turn ? count - 1 - i : i]);
	}
	buf_add_str(&out, "]");
	if (count > 0 && script.manner == PROPER) {
		size_t len = link_header(links, sizeof(links), numbers, count);
		headers[header_count++] =
		    (struct http_header){SLICE_LIT("Link"), slice_make(links, len)};
	}
	http_reply(r, 200, headers, header_count, slice_make(buf_str(&out), out.len));
	buf_fini(&out);
	if (script.last < script.grows_until)
		script.last += script.grows_by;
out:
	arena_free(a);
}

#define CONFIG "server: http://127.0.0.1:%d/\nhashtags: ['#acme']\ninterval: 20 ms\n"

static void
begin(enum manner manner, int cap, int last, const char *config)
{
	memset(&script, 0, sizeof(script));
	script.manner = manner;
	script.cap = cap;
	script.last = last;
	script.status = 200;
	fixture_init(&f, &mastodon_collector, handle, NULL, config);
	clock_virtual_init(&virtual_clock, INT64_C(1795000000000));
	f.host.clock = &virtual_clock.base;
}

static bool
has_fetched(struct fixture *x)
{
	return x->has_fetched && x->waiting_count == 0;
}

static int wanted;
static bool
has_wanted(struct fixture *x)
{
	return x->count >= (size_t)wanted && x->waiting_count == 0;
}

/* Each of [from, to) is there once. */
static void
expect_all(int from, int to)
{
	for (int n = from; n < to; n++) {
		char id[64];
		snprintf(id, sizeof(id), "https://m.example/s/%d", n);
		if (!script.is_hidden[n] && fixture_find(&f, id) == NULL)
			fail_msg("status %d is lost", n);
	}
	assert_int_equal(f.doubled, 0);
}

static void
no_status_is_lost_or_doubled_whatever_the_server_does_with_min_id(void **state)
{
	static const enum manner manners[] = {PROPER, SINCE, IGNORES, ASCENDING};

	(void)state;
	for (size_t m = 0; m < sizeof(manners) / sizeof(manners[0]); m++)
		for (int cap = 20; cap <= 40; cap += 20)
			for (size_t after = 0; after <= 3; after++) {
				begin(manners[m], cap, 100, CONFIG);
				f.restart_after = after;
				fixture_start(&f);
				fixture_run(&f, has_fetched, 5000, "the first fetch");
				assert_int_equal(f.count, cap);
				assert_int_equal(f.first_fetch_posts, cap);
				script.last = 350;
				wanted = cap + 250;
				fixture_run(&f, has_wanted, 10000, "250 new statuses");
				fixture_run_for(&f, 60);
				if (f.count != (size_t)cap + 250)
					fail_msg(
					    "manner %d, pages of %d, stopped after %zu: %zu posts",
					    (int)manners[m], cap, after, f.count);
				/* and once more, with a full list of what is known */
				script.last = 650;
				wanted = cap + 550;
				fixture_run(&f, has_wanted, 10000, "300 more");
				fixture_run_for(&f, 60);
				assert_int_equal(f.count, wanted);
				expect_all(100 - cap, 650);
				assert_int_equal(f.first_fetch_posts, cap);
				assert_true(after == 0 || f.restarts > 0);
				fixture_fini(&f);
			}
}

static void
statuses_that_arrive_while_it_pages_come_too(void **state)
{
	(void)state;
	for (int manner = PROPER; manner <= IGNORES; manner++) {
		begin((enum manner)manner, 20, 30, CONFIG);
		fixture_start(&f);
		fixture_run(&f, has_fetched, 5000, "the first fetch");
		script.last = 130;
		script.grows_by = 7;
		script.grows_until = 300;
		wanted = 20 + 270;
		f.restart_after = 4;
		fixture_run(&f, has_wanted, 10000, "all of them");
		expect_all(10, 300);
		fixture_fini(&f);
	}
}

static void
each_status_is_given_with_the_oldest_first(void **state)
{
	(void)state;
	begin(PROPER, 40, 10, CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	script.last = 100;
	wanted = 100;
	fixture_run(&f, has_wanted, 5000, "the rest");
	for (size_t i = 1; i < f.count; i++)
		assert_true(f.posts[i].created_at_ms > f.posts[i - 1].created_at_ms);
	assert_string_equal(script.last_path, "/api/v1/timelines/tag/acme");
	assert_non_null(strstr(script.last_query, "limit=40"));
	fixture_fini(&f);
}

static void
a_deleted_cursor_status_changes_nothing(void **state)
{
	(void)state;
	for (int manner = PROPER; manner <= IGNORES; manner++) {
		begin((enum manner)manner, 20, 60, CONFIG);
		fixture_start(&f);
		fixture_run(&f, has_fetched, 5000, "the first fetch");
		script.is_hidden[59] = script.is_hidden[58] = true;
		script.last = 160;
		wanted = 120;
		fixture_run(&f, has_wanted, 5000, "a hundred new ones");
		fixture_run_for(&f, 60);
		assert_int_equal(f.count, 120);
		expect_all(40, 160);
		fixture_fini(&f);
	}
}

static void
a_timeline_that_was_empty_is_no_first_fetch_later(void **state)
{
	(void)state;
	for (int manner = PROPER; manner <= IGNORES; manner++) {
		begin((enum manner)manner, 20, 0, CONFIG);
		fixture_start(&f);
		fixture_run(&f, has_fetched, 5000, "the first fetch");
		assert_int_equal(f.count, 0);
		script.last = 55;
		wanted = 55;
		fixture_run(&f, has_wanted, 5000, "what came then");
		expect_all(0, 55);
		assert_int_equal(f.first_fetch_posts, 0);
		fixture_fini(&f);
	}
}

static void
edits_and_late_arrivals_are_found_by_looking_back(void **state)
{
	(void)state;
	begin(PROPER, 40, 30, CONFIG);
	script.is_hidden[22] = true; /* federated late, sorted in by its date */
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	assert_int_equal(f.count, 29);
	script.is_hidden[22] = false;
	script.edited = 25;
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 29);
	clock_virtual_set(&virtual_clock, virtual_clock.at_ms + 11 * 60000);
	wanted = 31;
	fixture_run(&f, has_wanted, 5000, "the look back");
	assert_true(slice_eq_str(f.posts[29].id, "https://m.example/s/22"));
	assert_true(slice_eq_str(f.posts[30].id, "https://m.example/s/25"));
	assert_true(slice_eq_str(f.posts[30].text, "status 25, edited"));
	clock_virtual_set(&virtual_clock, virtual_clock.at_ms + 11 * 60000);
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 31);
	assert_int_equal(f.first_fetch_posts, 29);
	fixture_fini(&f);
}

static void
reblogs_private_and_broken_statuses_are_told_apart(void **state)
{
	(void)state;
	begin(PROPER, 40, 5, CONFIG);
	script.visibility[1] = "private";
	script.visibility[2] = "unlisted";
	script.is_reblog[3] = true;
	script.lacks_uri[4] = true;
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	clock_virtual_set(&virtual_clock, virtual_clock.at_ms + 11 * 60000);
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 4);
	(void)fixture_must_find(&f, "https://m.example/s/0");
	(void)fixture_must_find(&f, "https://m.example/s/2");
	const struct post *inner = fixture_must_find(&f, "https://o.example/s/3");
	const struct post *outer = fixture_must_find(&f, "https://m.example/s/boost/3");
	assert_true(slice_eq(outer->repost_of, inner->id));
	assert_true(slice_eq_str(outer->text, "inner 3"));
	assert_int_equal(f.rejects, 1);
	assert_non_null(strstr(f.last_reject, "\"uri\" is missing"));
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

static void
failures_are_said_in_words_and_tried_again(void **state)
{
	static const struct {
		int status;
		const char *body, *words;
	} cases[] = {
	    {401, "", "wants to know who asks (HTTP 401); set token"},
	    {403, NULL, "refuses us (HTTP 403); set token"},
	    {404, NULL, "nothing at this address (HTTP 404)"},
	    {500, NULL, "has a problem (HTTP 500)"},
	    {200, "{\"error\":\"This API requires a user\"}", "the server says: This API requires"},
	    {200, "<html><body>Hi</body></html>", "answers with a web page"},
	    {200, "{\"a\":", "not a list of statuses"},
	    {200, "{}", "not a list of statuses"},
	    {200, "", "not a list of statuses"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(PROPER, 40, 5, CONFIG);
		script.status = cases[i].status;
		script.body = cases[i].body;
		fixture_start(&f);
		fixture_run(&f, is_failing, 5000, "failing");
		if (strstr(collector_status(f.c)->detail, cases[i].words) == NULL)
			fail_msg("'%s' lacks '%s'", collector_status(f.c)->detail, cases[i].words);
		script.status = 200;
		script.body = NULL;
		fixture_run(&f, has_fetched, 5000, "well again");
		assert_int_equal(f.count, 5);
		fixture_fini(&f);
	}
}

static void
a_failure_in_the_middle_loses_nothing(void **state)
{
	(void)state;
	for (int manner = PROPER; manner <= IGNORES; manner++) {
		begin((enum manner)manner, 20, 40, CONFIG);
		fixture_start(&f);
		fixture_run(&f, has_fetched, 5000, "the first fetch");
		script.last = 240;
		for (int step = 1; step <= 10; step++) {
			wanted = 20 + step * 20;
			fixture_run(&f, has_wanted, 5000, "some more");
			script.status = step % 2 == 0 ? 500 : 502;
			fixture_run_for(&f, 40);
			script.status = 200;
		}
		expect_all(20, 240);
		assert_int_equal(f.count, 220);
		fixture_fini(&f);
	}
}

static void
the_rate_limit_is_honoured(void **state)
{
	char reset[TIME_TEXT_MAX];

	(void)state;
	begin(PROPER, 20, 40, CONFIG);
	script.remaining = "0";
	script.reset = time_format_rfc3339(virtual_clock.at_ms + 1500, reset);
	fixture_start(&f);
	fixture_run(&f, is_waiting, 5000, "waiting");
	assert_non_null(strstr(collector_status(f.c)->detail, "limit is used up for 2 s"));
	int before = script.requests;
	script.remaining = NULL;
	script.last = 60;
	fixture_run_for(&f, 1000);
	assert_int_equal(script.requests, before);
	wanted = 40;
	fixture_run(&f, has_wanted, 5000, "what came meanwhile");
	fixture_fini(&f);

	begin(PROPER, 20, 40, CONFIG);
	script.status = 429;
	script.remaining = "0";
	script.reset = time_format_rfc3339(virtual_clock.at_ms + 800, reset);
	fixture_start(&f);
	fixture_run(&f, is_waiting, 5000, "waiting");
	assert_non_null(strstr(collector_status(f.c)->detail, "(HTTP 429)"));
	script.status = 200;
	script.remaining = NULL;
	fixture_run(&f, has_fetched, 5000, "well again");
	fixture_fini(&f);
}

static void
a_status_under_two_hashtags_is_given_once(void **state)
{
	(void)state;
	begin(PROPER, 40, 30,
	    "server: http://127.0.0.1:%d\nhashtags: [acme, 'caf\xC3\xA9']\ninterval: 20 ms\n");
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	script.last = 100;
	wanted = 100;
	fixture_run(&f, has_wanted, 5000, "the rest");
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 100);
	assert_int_equal(f.doubled, 0);
	assert_int_equal(f.behind, 0);
	fixture_fini(&f);
}

static void
hashtags_are_encoded(void **state)
{
	(void)state;
	begin(PROPER, 40, 3,
	    "server: http://127.0.0.1:%d\nhashtags: ['caf\xC3\xA9/x?']\nlocal: true\nlimit: 7\n"
	    "interval: 20 ms\n");
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	assert_string_equal(script.last_path, "/api/v1/timelines/tag/caf%C3%A9%2Fx%3F");
	assert_non_null(strstr(script.last_query, "limit=7"));
	assert_non_null(strstr(script.last_query, "local=true"));
	fixture_fini(&f);
}

static void
a_new_hashtag_has_a_first_fetch_of_its_own(void **state)
{
	(void)state;
	begin(PROPER, 40, 10, CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	fixture_stop(&f);
	options_free(f.set);
	snprintf(f.config, sizeof(f.config),
	    "server: http://127.0.0.1:%d\nhashtags: [acme, other]\ninterval: 20 ms\n",
	    http_server_port(f.server));
	fixture_options(&f);
	script.last = 12;
	fixture_start(&f);
	wanted = 12;
	fixture_run(&f, has_wanted, 5000, "two new statuses");
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 12);
	assert_int_equal(f.first_fetch_posts, 10);
	fixture_fini(&f);
}

static void
a_hashtag_that_fails_does_not_silence_the_others(void **state)
{
	(void)state;
	begin(PROPER, 40, 10,
	    "server: http://127.0.0.1:%d\nhashtags: [bad, acme]\ninterval: 20 ms\n");
	script.failing_tag = "/bad";
	fixture_start(&f);
	wanted = 10;
	fixture_run(&f, has_wanted, 5000, "the good hashtag");
	script.last = 20;
	wanted = 20;
	fixture_run(&f, has_wanted, 5000, "more of it");
	fixture_fini(&f);
}

static void
the_token_is_sent_and_nowhere_shown(void **state)
{
	(void)state;
	setenv("EARSHOT_TEST_TOKEN", "s3cret", 1);
	begin(PROPER, 40, 3,
	    "server: http://127.0.0.1:%d\nhashtags: acme\ntoken: ${EARSHOT_TEST_TOKEN}\n"
	    "interval: 20 ms\n");
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	assert_string_equal(script.last_authorization, "Bearer s3cret");
	assert_null(strstr(f.cursor, "s3cret"));
	fixture_fini(&f);
}

static void
a_gap_beyond_measure_is_given_up_from_the_top(void **state)
{
	(void)state;
	begin(SINCE, 40, 40, CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	script.last = 4500;
	wanted = 40 + 4000;
	fixture_run(&f, has_wanted, 20000, "the newest four thousand");
	fixture_run_for(&f, 100);
	assert_int_equal(f.doubled, 0);
	script.last = 4510;
	wanted = (int)f.count + 10;
	fixture_run(&f, has_wanted, 5000, "what came afterwards");
	expect_all(4500 - 3900, 4510);
	assert_int_equal(f.behind, 0); /* what is walked down to is not late */
	fixture_fini(&f);
}

static void
a_host_that_takes_no_more_is_not_asked_for_more(void **state)
{
	(void)state;
	begin(PROPER, 20, 40, CONFIG);
	fixture_start(&f);
	fixture_run(&f, has_fetched, 5000, "the first fetch");
	f.holds_commits = true;
	script.last = 240;
	fixture_run_for(&f, 200);
	assert_int_equal(f.waiting_count, COLLECTOR_PAGES_AHEAD);
	f.holds_commits = false;
	wanted = 220;
	fixture_run(&f, has_wanted, 5000, "the rest");
	expect_all(20, 240);
	fixture_fini(&f);
}

static void
a_cursor_that_cannot_be_read_begins_anew(void **state)
{
	(void)state;
	begin(PROPER, 40, 10, CONFIG);
	f.cursor = mem_strdup("{\"server\": nonsense");
	f.has_fetched = true;
	fixture_start(&f);
	wanted = 10;
	fixture_run(&f, has_wanted, 5000, "a first fetch");
	assert_int_equal(f.first_fetch_posts, 10);
	fixture_fini(&f);
}

static void
no_callback_arrives_after_it_is_closed(void **state)
{
	(void)state;
	for (int ms = 0; ms < 40; ms += 3) {
		begin(PROPER, 20, 500, CONFIG);
		fixture_start(&f);
		fixture_run_for(&f, ms);
		fixture_stop(&f);
		fixture_run_for(&f, 30);
		fixture_fini(&f);
	}
}

static void
settings_that_make_no_sense_are_refused_in_words(void **state)
{
	static const struct {
		const char *config, *words;
	} cases[] = {
	    {"server: ftp://x\nhashtags: a\n", "'server' is an address"},
	    {"server: https://x\nhashtags: []\n", "'hashtags'"},
	    {"server: https://x\nhashtags: ['#']\n", "no hashtag"},
	    {"server: https://x\nhashtags: [a, '#A']\n", "twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		fixture_init(&f, &mastodon_collector, NULL, NULL, cases[i].config);
		assert_int_equal(collector_new("src", f.ops, f.set, &f.host, &f.c, &err), -1);
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("'%s' lacks '%s'", err.text, cases[i].words);
		f.c = NULL;
		fixture_fini(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_status_is_lost_or_doubled_whatever_the_server_does_with_min_id),
	    cmocka_unit_test(statuses_that_arrive_while_it_pages_come_too),
	    cmocka_unit_test(each_status_is_given_with_the_oldest_first),
	    cmocka_unit_test(a_deleted_cursor_status_changes_nothing),
	    cmocka_unit_test(a_timeline_that_was_empty_is_no_first_fetch_later),
	    cmocka_unit_test(edits_and_late_arrivals_are_found_by_looking_back),
	    cmocka_unit_test(reblogs_private_and_broken_statuses_are_told_apart),
	    cmocka_unit_test(failures_are_said_in_words_and_tried_again),
	    cmocka_unit_test(a_failure_in_the_middle_loses_nothing),
	    cmocka_unit_test(the_rate_limit_is_honoured),
	    cmocka_unit_test(a_status_under_two_hashtags_is_given_once),
	    cmocka_unit_test(hashtags_are_encoded),
	    cmocka_unit_test(a_new_hashtag_has_a_first_fetch_of_its_own),
	    cmocka_unit_test(a_hashtag_that_fails_does_not_silence_the_others),
	    cmocka_unit_test(the_token_is_sent_and_nowhere_shown),
	    cmocka_unit_test(a_gap_beyond_measure_is_given_up_from_the_top),
	    cmocka_unit_test(a_host_that_takes_no_more_is_not_asked_for_more),
	    cmocka_unit_test(a_cursor_that_cannot_be_read_begins_anew),
	    cmocka_unit_test(no_callback_arrives_after_it_is_closed),
	    cmocka_unit_test(settings_that_make_no_sense_are_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
