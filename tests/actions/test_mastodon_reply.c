/* One reply where it is not sure: posted or not, a post of another server, a channel that closes.
 */
#include "tests/actions/mastodon_network.h"

/* ---- unknown, and looking -------------------------------------------------------- */

#define OURS(id, at, parent, text)                                                                 \
	"{\"id\":\"" id "\",\"created_at\":\"" at "\",\"in_reply_to_id\":" parent                  \
	",\"content\":\"<p><a href=\\\"x\\\">@<span>bob</span></a> " text "</p>\"}"
#define JUST_NOW "2026-11-21T10:00:01.000Z"
#define YESTERDAY "2026-11-20T10:00:00.000Z"

static void
what_may_have_been_posted_is_looked_up(void **state)
{
	static const struct {
		const char *note;
		struct answer post, own;
		enum send_result want;
		const char *words;
	} cases[] = {
	    {"silence, and it is there", {0, NULL},
		{200,
		    "[" OURS("8", JUST_NOW, "\"1\"", "other") "," OURS(
			"9", JUST_NOW, "\"7\"", "thanks") "]"},
		SEND_DONE, "found among our own posts"},
	    {"silence, and it is not there", {0, NULL}, {200, "[]"}, SEND_LATER,
		"not among our own posts"},
	    {"a server that loses what looks like a tag, but tells the text", {0, NULL},
		{200,
		    "[{\"id\":\"9\",\"created_at\":\"" JUST_NOW "\",\"in_reply_to_id\":\"7\","
		    "\"content\":\"@bob <b>x</b>\",\"text\":\"@bob@far.example thanks\"}]"},
		SEND_DONE, "found among our own posts"},
	    {"another parent", {0, NULL}, {200, "[" OURS("9", JUST_NOW, "\"8\"", "thanks") "]"},
		SEND_LATER, "not among"},
	    {"no parent", {0, NULL}, {200, "[" OURS("9", JUST_NOW, "null", "thanks") "]"},
		SEND_LATER, "not among"},
	    {"another text", {0, NULL}, {200, "[" OURS("9", JUST_NOW, "\"7\"", "thanks a lot") "]"},
		SEND_LATER, "not among"},
	    {"the same, long ago", {0, NULL},
		{200, "[" OURS("9", YESTERDAY, "\"7\"", "thanks") "]"}, SEND_LATER, "not among"},
	    {"nobody can tell", {0, NULL}, {500, ""}, SEND_UNKNOWN, "could not be seen"},
	    {"we may not look", {0, NULL}, {403, "{\"error\":\"scope\"}"}, SEND_UNKNOWN, "scope"},
	    {"the list is no list", {0, NULL}, {200, "{}"}, SEND_UNKNOWN, "could not be seen"},
	    {"a gateway gave up, it is there", {504, ""},
		{200, "[" OURS("9", JUST_NOW, "\"7\"", "thanks") "]"}, SEND_DONE, "found"},
	    {"a gateway gave up, it is not", {502, ""}, {200, "[]"}, SEND_LATER, "502"},
	    {"an answer that is none, it is there", {200, "<html>"},
		{200, "[" OURS("9", JUST_NOW, "\"7\"", "thanks") "]"}, SEND_DONE, "found"},
	    {"an answer without an id, it is not", {200, "{}"}, {200, "[]"}, SEND_LATER,
		"could not be read"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;

		open_network(&w, &n);
		open_mastodon(&w, &n, "time_limit: 150 ms\n");
		know_the_server(&w, &n);
		n.post = cases[i].post;
		n.own = cases[i].own;
		draft(&w, &n, "thanks");
		channel_try(&w);
		channel_expect(&w, cases[i].note, cases[i].want, cases[i].words);
		if (cases[i].want == SEND_DONE)
			assert_string_equal(w.outcome.provider_id, "9");
		assert_int_equal(n.posts, 1);
		assert_int_equal(n.looks, 1);
		assert_false(w.outcome.stops_channel);
		close_network(&w, &n);
	}
}

static void
the_look_finds_out_who_we_are_when_that_is_not_known(void **state)
{
	struct channel_world w;
	struct network n;

	(void)state;
	open_network(&w, &n);
	n.account = (struct answer){503, ""};
	open_mastodon(&w, &n, "time_limit: 150 ms\n");
	channel_wait_for(&w, &n.asked, "a question");
	n.account = (struct answer){200, ACCOUNT};
	n.post = (struct answer){0, NULL};
	n.own = (struct answer){200, "[" OURS("9", JUST_NOW, "\"7\"", "thanks") "]"};
	draft(&w, &n, "thanks");
	channel_try(&w);
	channel_expect(&w, "found", SEND_DONE, "found");
	close_network(&w, &n);
}

static void
too_many_posts_since_then_cannot_tell(void **state)
{
	struct channel_world w;
	struct network n;
	struct buf list;

	(void)state;
	open_network(&w, &n);
	open_mastodon(&w, &n, "time_limit: 150 ms\n");
	know_the_server(&w, &n);
	buf_init(&list, 65536);
	for (int i = 0; i < 40; i++)
		buf_addf(&list, "%s%s", i == 0 ? "[" : ",", OURS("1", JUST_NOW, "\"1\"", "other"));
	buf_add_char(&list, ']');
	n.post = (struct answer){0, NULL};
	n.own = (struct answer){200, buf_str(&list)};
	draft(&w, &n, "thanks");
	channel_try(&w);
	channel_expect(&w, "40", SEND_UNKNOWN, "too many own posts");
	buf_fini(&list);
	close_network(&w, &n);
}

static void
a_second_try_looks_first(void **state)
{
	static const struct {
		const char *note;
		int64_t attempt;
		bool is_repeat;
		struct answer own;
		int posts;
		enum send_result want;
	} cases[] = {
	    {"it is there", 2, false, {200, "[" OURS("9", JUST_NOW, "\"7\"", "thanks") "]"}, 0,
		SEND_DONE},
	    {"it is not", 2, false, {200, "[]"}, 1, SEND_DONE},
	    {"a person sends it again, it is there", 1, true,
		{200, "[" OURS("9", JUST_NOW, "\"7\"", "thanks") "]"}, 0, SEND_DONE},
	    {"a person sends it again, it is not", 1, true, {200, "[]"}, 1, SEND_DONE},
	    {"we cannot look today", 2, false, {503, ""}, 0, SEND_LATER},
	    {"nobody answers", 2, false, {0, NULL}, 0, SEND_LATER},
	    {"we may never look", 2, false, {404, ""}, 1, SEND_DONE},
	    {"the token only writes", 2, false, {403, ""}, 1, SEND_DONE},
	    {"the token is no longer good", 2, false, {401, ""}, 0, SEND_PERMANENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;

		open_network(&w, &n);
		open_mastodon(&w, &n, "time_limit: 150 ms\n");
		know_the_server(&w, &n);
		n.own = cases[i].own;
		draft(&w, &n, "thanks");
		w.item.attempt = cases[i].attempt;
		w.item.is_repeat = cases[i].is_repeat;
		channel_try(&w);
		channel_expect(&w, cases[i].note, cases[i].want, "");
		if (n.posts != cases[i].posts)
			fail_msg("%s: %d posts", cases[i].note, n.posts);
		close_network(&w, &n);
	}
}

/* ---- posts of other servers ------------------------------------------------------ */

static void
a_post_of_another_server_is_found_through_ours(void **state)
{
	static const struct {
		const char *note, *handle;
		struct answer search;
		enum send_result want;
		const char *words, *query;
	} cases[] = {
	    {"by its page",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{200,
		    "{\"statuses\":[{\"id\":\"77\",\"uri\":\"x\",\"account\":{\"acct\":\"bob@far."
		    "example\"}}]}"},
		SEND_DONE, "", "q=https%3A%2F%2Ffar.example%2F%40bob%2F7"},
	    {"by its name",
		"{\"server\":\"https://"
		"far.example\",\"status_id\":\"7\",\"acct\":\"bob@else.example\","
		"\"uri\":\"https://else.example/p/1\"}",
		{200,
		    "{\"statuses\":[{\"id\":\"77\",\"uri\":\"https://else.example/p/1\","
		    "\"account\":{\"acct\":\"bob@far.example\"}}]}"},
		SEND_DONE, "", "q=https%3A%2F%2Felse.example%2Fp%2F1"},
	    {"another author",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{200,
		    "{\"statuses\":[{\"id\":\"77\",\"account\":{\"acct\":\"eve@far.example\"}}]}"},
		SEND_PERMANENT, "cannot find the post", ""},
	    {"another post",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\","
		"\"uri\":\"https://far.example/p/1\"}",
		{200,
		    "{\"statuses\":[{\"id\":\"77\",\"uri\":\"https://far.example/p/2\","
		    "\"account\":{\"acct\":\"bob@far.example\"}}]}"},
		SEND_PERMANENT, "cannot find the post", ""},
	    {"not found",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{200, "{\"statuses\":[]}"}, SEND_PERMANENT, "cannot find the post", ""},
	    {"no such search",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{404, ""}, SEND_PERMANENT, "404", ""},
	    {"no json", "{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{200, "<html>"}, SEND_LATER, "could not be read", ""},
	    {"too busy",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{429, ""}, SEND_LATER, "429", ""},
	    {"silence", "{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		{0, NULL}, SEND_LATER, "", ""},
	    {"a copy on another server",
		"{\"server\":\"https://"
		"far.example\",\"status_id\":\"7\",\"acct\":\"bob@else.example\"}",
		{200, "{}"}, SEND_PERMANENT, "heard on another server", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;

		open_network(&w, &n);
		open_mastodon(&w, &n, "time_limit: 300 ms\n");
		n.search = cases[i].search;
		draft(&w, &n, "thanks");
		w.item.reply_handle = slice_of(cases[i].handle);
		channel_try(&w);
		channel_expect(&w, cases[i].note, cases[i].want, cases[i].words);
		if (strstr(n.query, cases[i].query) == NULL)
			fail_msg("%s: asked '%s'", cases[i].note, n.query);
		if (cases[i].want == SEND_DONE) {
			assert_non_null(strstr(n.query, "resolve=true"));
			check_posted(&n, "@bob@far.example thanks", "77");
		} else {
			assert_int_equal(n.posts, 0);
		}
		close_network(&w, &n);
	}
}

/* Whatever a handle says: nobody but our server is ever asked anything. */
static void
the_token_goes_to_no_other_server(void **state)
{
	static const struct {
		const char *server, *more;
	} handles[] = {
	    {"http://127.0.0.1:", "\",\"status_id\":\"7\",\"acct\":\"bob\"}"},
	    {"http://127.0.0.1:", "/\",\"status_id\":\"../../x\",\"acct\":\"bob\"}"},
	    {"http://localhost:",
		"\",\"status_id\":\"7\",\"acct\":\"bob\",\"uri\":\"http://127.0.0.1/\"}"},
	};
	struct network ours, theirs;
	struct channel_world w, other;

	(void)state;
	open_network(&w, &ours);
	open_network(&other, &theirs);
	open_mastodon(&w, &ours, "");
	ours.search = (struct answer){302, ""};
	for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
		char handle[300];

		snprintf(handle, sizeof handle, "{\"server\":\"%s%d%s", handles[i].server,
		    theirs.port, handles[i].more);
		draft(&w, &ours, "thanks");
		w.item.reply_handle = slice_of(handle);
		channel_send(&w);
		for (int k = 0; k < 4000 && w.answers == 0; k++) {
			loop_run_once(w.loop, false);
			loop_run_once(other.loop, false);
			usleep(100);
		}
		channel_expect(&w, handles[i].server, SEND_PERMANENT, "302");
	}
	assert_int_equal(theirs.asked, 0);
	assert_int_equal(ours.posts, 0);
	http_server_free(theirs.server);
	channel_world_fini(&other);
	close_network(&w, &ours);
}

static void
places_that_cannot_be_answered_are_named(void **state)
{
	static const struct {
		const char *handle, *words;
	} cases[] = {
	    {"", "does not tell where to reply"},
	    {"no json", "does not tell where to reply"},
	    {"{}", "not from a Mastodon server"},
	    {"[]", "not from a Mastodon server"},
	    {"{\"server\":7,\"status_id\":\"7\",\"acct\":\"bob\"}", "not from a Mastodon server"},
	    {"{\"server\":\"at://x\",\"status_id\":\"7\",\"acct\":\"bob\"}",
		"not from a Mastodon server"},
	    {"{\"server\":\"https://x.example\",\"acct\":\"bob\"}", "not from a Mastodon server"},
	    {"{\"server\":\"https://x.example\",\"status_id\":\"7\"}",
		"no name that could be mentioned"},
	    {"{\"server\":\"https://x.example\",\"status_id\":\"7\",\"acct\":\"bob @everyone\"}",
		"no name that could be mentioned"},
	};
	struct channel_world w;
	struct network n;

	(void)state;
	open_network(&w, &n);
	open_mastodon(&w, &n, "");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		draft(&w, &n, "thanks");
		w.item.reply_handle = slice_of(cases[i].handle);
		channel_try(&w);
		channel_expect(&w, cases[i].handle, SEND_PERMANENT, cases[i].words);
	}
	draft(&w, &n, " \\n ");
	channel_try(&w);
	channel_expect(&w, "empty", SEND_PERMANENT, "empty");
	draft(&w, &n, "thanks");
	w.item.kind = MESSAGE_SEND;
	channel_try(&w);
	channel_expect(&w, "no reply", SEND_PERMANENT, "only carries replies");
	assert_int_equal(n.posts, 0);
	close_network(&w, &n);
}

/* ---- closing ----------------------------------------------------- */

static void
closing_tells_what_may_have_been_posted_from_what_cannot(void **state)
{
	static const struct {
		const char *note, *handle;
		int64_t attempt;
		const char *until;
		enum send_result want;
	} cases[] = {
	    {"posting", NULL, 1, "POST /api/v1/statuses", SEND_UNKNOWN},
	    {"looking for the parent",
		"{\"server\":\"https://far.example\",\"status_id\":\"7\",\"acct\":\"bob\"}", 1,
		"/api/v2/search", SEND_LATER},
	    {"looking before", NULL, 2, "/api/v1/accounts/42/statuses", SEND_LATER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct network n;

		open_network(&w, &n);
		open_mastodon(&w, &n, "");
		know_the_server(&w, &n);
		n.post = n.search = n.own = (struct answer){0, NULL};
		draft(&w, &n, "thanks");
		w.item.attempt = cases[i].attempt;
		if (cases[i].handle != NULL)
			w.item.reply_handle = slice_of(cases[i].handle);
		channel_send(&w);
		for (int k = 0; k < 4000 && strstr(n.log, cases[i].until) == NULL; k++) {
			loop_run_once(w.loop, false);
			usleep(200);
		}
		assert_non_null(strstr(n.log, cases[i].until));
		channel_close(&w);
		channel_expect(&w, cases[i].note, cases[i].want, "closed");
		close_network(&w, &n);
		assert_int_equal(w.answers, 1);
	}
}

static void
closing_while_waiting_to_look_is_unknown(void **state)
{
	struct channel_world w;
	struct network n;

	(void)state;
	open_network(&w, &n);
	open_mastodon(&w, &n, "time_limit: 60 s\n"); /* and so six seconds before it looks */
	n.post = (struct answer){504, ""};
	draft(&w, &n, "thanks");
	channel_send(&w);
	channel_wait_for(&w, &n.posts, "the post");
	for (int k = 0; k < 50; k++) {
		loop_run_once(w.loop, false);
		usleep(500);
	}
	assert_int_equal(w.answers, 0);
	channel_close(&w);
	channel_expect(&w, "closed", SEND_UNKNOWN, "closed");
	close_network(&w, &n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_may_have_been_posted_is_looked_up),
	    cmocka_unit_test(the_look_finds_out_who_we_are_when_that_is_not_known),
	    cmocka_unit_test(too_many_posts_since_then_cannot_tell),
	    cmocka_unit_test(a_second_try_looks_first),
	    cmocka_unit_test(a_post_of_another_server_is_found_through_ours),
	    cmocka_unit_test(the_token_goes_to_no_other_server),
	    cmocka_unit_test(places_that_cannot_be_answered_are_named),
	    cmocka_unit_test(closing_tells_what_may_have_been_posted_from_what_cannot),
	    cmocka_unit_test(closing_while_waiting_to_look_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
