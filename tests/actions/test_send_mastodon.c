/* The Mastodon channel: what it posts, what answers mean, whom it says to be. */
#include "tests/actions/mastodon_network.h"

/* ---- posting ------------------------------------------------------------------- */

static void
a_reply_mentions_the_author_and_carries_its_key(void **state)
{
	static const struct {
		const char *text, *posted;
	} cases[] = {
	    {"thank you", "@bob@far.example thank you"},
	    {"@bob@far.example thank you", "@bob@far.example thank you"},
	    {"thank you, @Bob@far.example!", "thank you, @Bob@far.example!"},
	    {"  thank you \\n", "@bob@far.example thank you"},
	    {"@bob thank you", "@bob@far.example @bob thank you"},
	    {"\\u00fc \\ud83d\\ude00 \\\"x\\\"",
		"@bob@far.example \xc3\xbc \xf0\x9f\x98\x80 \"x\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;

		open_network(&w, &n);
		open_mastodon(&w, &n, "visibility: unlisted\nlanguage: en\n");
		draft(&w, &n, cases[i].text);
		channel_try(&w);
		channel_expect(&w, cases[i].text, SEND_DONE, "");
		assert_string_equal(w.outcome.provider_id, "900");
		check_posted(&n, cases[i].posted, "7");
		assert_non_null(strstr(n.posted, "\"visibility\":\"unlisted\""));
		assert_non_null(strstr(n.posted, "\"language\":\"en\""));
		assert_string_equal(n.idempotency_key, WORLD_ID);
		assert_string_equal(n.type, "application/json");
		assert_int_equal(n.posts, 1);
		assert_int_equal(n.looks, 0);
		close_network(&w, &n);
	}
}

static void
a_local_author_may_be_mentioned_with_or_without_the_server(void **state)
{
	static const struct {
		const char *text, *posted;
	} cases[] = {
	    {"thanks", "@bob thanks"},
	    {"@bob thanks", "@bob thanks"},
	    {"@bob@social.example thanks", "@bob@social.example thanks"},
	    {"@bob@other.example thanks", "@bob @bob@other.example thanks"},
	};
	struct channel_world w;
	struct network n;
	char handle[200];

	(void)state;
	open_network(&w, &n);
	open_mastodon(&w, &n, "");
	know_the_server(&w, &n);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		draft(&w, &n, cases[i].text);
		snprintf(handle, sizeof handle,
		    "{\"server\":\"http://127.0.0.1:%d/\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		    n.port);
		w.item.reply_handle = slice_of(handle);
		channel_try(&w);
		channel_expect(&w, cases[i].text, SEND_DONE, "");
		check_posted(&n, cases[i].posted, "7");
	}
	close_network(&w, &n);
}

static void
every_answer_has_its_outcome(void **state)
{
	static const struct {
		struct answer answer;
		const char *retry_after;
		enum send_result want;
		const char *words;
		bool stops_channel;
		int64_t wait_ms;
	} cases[] = {
	    {{200, "{\"id\":\"1\"}"}, NULL, SEND_DONE, "", false, -1},
	    {{202, "{\"id\":\"1\"}"}, NULL, SEND_DONE, "", false, -1},
	    {{400, "{\"error\":\"Bad Request: no text\"}"}, NULL, SEND_PERMANENT,
		"answered 400: Bad Request: no text", false, -1},
	    {{401, ""}, NULL, SEND_PERMANENT, "does not accept the token", true, -1},
	    {{403, "{\"error\":\"This action is outside the authorized scopes\"}"}, NULL,
		SEND_PERMANENT, "outside the authorized scopes", true, -1},
	    {{404, "{\"error\":\"Record not found\"}"}, NULL, SEND_PERMANENT, "the post is gone",
		false, -1},
	    {{422, "{\"error\":\"Validation failed: Text too long\"}"}, NULL, SEND_PERMANENT,
		"Validation failed: Text too long", false, -1},
	    {{302, ""}, NULL, SEND_PERMANENT, "302", false, -1},
	    {{429, "{\"error\":\"Too many requests\"}"}, "30", SEND_LATER, "Too many requests",
		false, 30000},
	    {{500, "<html>"}, NULL, SEND_LATER, "answered 500", false, -1},
	    {{503, ""}, "5", SEND_LATER, "answered 503", false, 5000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;
		char note[16];

		open_network(&w, &n);
		open_mastodon(&w, &n, "");
		n.post = cases[i].answer;
		n.retry_after = cases[i].retry_after;
		draft(&w, &n, "thanks");
		channel_try(&w);
		snprintf(note, sizeof note, "%d", cases[i].answer.status);
		channel_expect(&w, note, cases[i].want, cases[i].words);
		if (w.outcome.stops_channel != cases[i].stops_channel ||
		    w.outcome.wait_ms != cases[i].wait_ms || w.outcome.is_address_dead)
			fail_msg("%s: stops %d, wait %lld", note, w.outcome.stops_channel,
			    (long long)w.outcome.wait_ms);
		assert_int_equal(n.posts, 1);
		assert_int_equal(n.looks, 0);
		close_network(&w, &n);
	}
}

static void
the_length_is_counted_before_posting_when_the_limit_is_known(void **state)
{
	struct channel_world w;
	struct network n;

	(void)state;
	open_network(&w, &n);
	open_mastodon(&w, &n, "");
	know_the_server(&w, &n);
	/* "@bob " counts 5; 55 more fit */
	draft(&w, &n, "0123456789012345678901234567890123456789012345678901234");
	channel_try(&w);
	channel_expect(&w, "60", SEND_DONE, "");
	draft(&w, &n, "01234567890123456789012345678901234567890123456789012345");
	channel_try(&w);
	channel_expect(&w, "61", SEND_PERMANENT, "61 characters, the server takes 60");
	draft(&w, &n,
	    "0123456789012345678901234567890 "
	    "https://acme.example/a/very/long/address/that/counts/as/23/only/whatever");
	channel_try(&w);
	channel_expect(&w, "link", SEND_DONE, "");
	assert_int_equal(n.posts, 2);
	close_network(&w, &n);
}

static void
an_unknown_limit_is_the_servers_business(void **state)
{
	struct channel_world w;
	struct network n;

	(void)state;
	open_network(&w, &n);
	n.instance_v2 = n.instance_v1 = (struct answer){404, "{}"};
	open_mastodon(&w, &n, "");
	know_the_server(&w, &n);
	draft(&w, &n,
	    "01234567890123456789012345678901234567890123456789012345678901234567890123456789");
	channel_try(&w);
	channel_expect(&w, "long", SEND_DONE, "");
	close_network(&w, &n);
}

static void
older_servers_tell_their_limit_in_the_older_way(void **state)
{
	struct channel_world w;
	struct network n;

	(void)state;
	open_network(&w, &n);
	n.instance_v2 = (struct answer){404, "{}"};
	n.instance_v1 = (struct answer){200, "{\"uri\":\"social.example\",\"max_toot_chars\":20}"};
	open_mastodon(&w, &n, "");
	know_the_server(&w, &n);
	draft(&w, &n, "0123456789012345678901234567890123456789");
	channel_try(&w);
	channel_expect(&w, "long", SEND_PERMANENT, "the server takes 20");
	close_network(&w, &n);
}

/* ---- who we are ------------------------------------------------------------------ */

static void
our_own_account_is_known_by_its_uri_or_its_handle(void **state)
{
	static const struct {
		const char *account, *want;
	} cases[] = {
	    {ACCOUNT, "https://social.example/users/acme"},
	    {"{\"id\":\"42\",\"acct\":\"acme@Social.example\"}", "@acme@social.example"},
	    {"{\"id\":\"42\",\"acct\":\"acme\"}", "@acme@127.0.0.1:%d"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;
		char want[200];

		open_network(&w, &n);
		n.account = (struct answer){200, cases[i].account};
		open_mastodon(&w, &n, "");
		assert_null(sender_kind(w.sender)->own_account(sender_state(w.sender)));
		know_the_server(&w, &n);
		if (i == 2)
			snprintf(want, sizeof want, "@acme@127.0.0.1:%d", n.port);
		else
			snprintf(want, sizeof want, "%s", cases[i].want);
		assert_string_equal(
		    sender_kind(w.sender)->own_account(sender_state(w.sender)), want);
		close_network(&w, &n);
	}
}

static void
replies_go_out_while_nobody_says_who_we_are(void **state)
{
	static const struct answer answers[] = {
	    {500, ""}, {401, ""}, {200, "[]"}, {200, "no json"}, {0, NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct channel_world w;
		struct network n;

		open_network(&w, &n);
		n.account = answers[i];
		open_mastodon(&w, &n, "");
		draft(&w, &n, "thanks");
		channel_try(&w);
		channel_expect(&w, "thanks", SEND_DONE, "");
		assert_null(sender_kind(w.sender)->own_account(sender_state(w.sender)));
		close_network(&w, &n);
	}
}

/* ---- memory and settings ---- */

/* Memory fails while the reply is handed over: it is tried later, and nothing was posted. */
static void
without_memory_it_is_tried_later(void **state)
{
	struct channel_world w;
	struct network n;
	unsigned failed = 0;

	(void)state;
	open_network(&w, &n);
	open_mastodon(&w, &n, "language: en\n");
	know_the_server(&w, &n);
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			bool hit;

			draft(&w, &n, "thanks");
			mem_fault_arm(nth, sticky != 0);
			channel_send(&w);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			channel_wait_for(&w, &w.answers, "an answer");
			channel_expect(&w, "memory", hit ? SEND_LATER : SEND_DONE, "");
			if (!hit)
				break;
			failed++;
		}
	}
	assert_true(failed > 20);
	assert_int_equal(n.posts, 2);
	close_network(&w, &n);
}

static void
wrong_settings_are_named(void **state)
{
	static const struct {
		const char *server, *token, *words;
	} cases[] = {
	    {"mastodon.example", TOKEN, "server:"},
	    {"https://", TOKEN, "server:"},
	    {"https://a@mastodon.example", TOKEN, "server:"},
	    {"https://mastodon.example/web", TOKEN, "host's name"},
	    {"https://mastodon.example/?x", TOKEN, "host's name"},
	    {"http://mastodon.example", TOKEN, "https://"},
	    {"http://127.0.0.1.example.org", TOKEN, "https://"},
	    {"https://mastodon.example", "a b", "token"},
	    {"https://mastodon.example", "a\r\nX: y", "token"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		char yaml[200];

		setenv("EARSHOT_TEST_TOKEN", cases[i].token, 1);
		snprintf(yaml, sizeof yaml, "server: \"%s\"\ntoken: ${EARSHOT_TEST_TOKEN}\n",
		    cases[i].server);
		channel_world_init(&w);
		if (channel_open(&w, &sender_mastodon_ops, yaml) != -1 ||
		    strstr(w.err.text, cases[i].words) == NULL || strstr(w.err.text, TOKEN) != NULL)
			fail_msg("%s %s: '%s'", cases[i].server, cases[i].token, w.err.text);
		channel_world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reply_mentions_the_author_and_carries_its_key),
	    cmocka_unit_test(a_local_author_may_be_mentioned_with_or_without_the_server),
	    cmocka_unit_test(every_answer_has_its_outcome),
	    cmocka_unit_test(the_length_is_counted_before_posting_when_the_limit_is_known),
	    cmocka_unit_test(an_unknown_limit_is_the_servers_business),
	    cmocka_unit_test(older_servers_tell_their_limit_in_the_older_way),
	    cmocka_unit_test(our_own_account_is_known_by_its_uri_or_its_handle),
	    cmocka_unit_test(replies_go_out_while_nobody_says_who_we_are),
	    cmocka_unit_test(without_memory_it_is_tried_later),
	    cmocka_unit_test(wrong_settings_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
