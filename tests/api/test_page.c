/* The status page: what it shows, and that nothing strangers write becomes markup. */
#include "tests/api/api_fixture.h"

#include "store/pauses.h"
#include "tests/api/html_checks.h"

static const char evil[] = "<script>alert(1)</script> acme \"onmouseover='x' help & <img src=x "
			   "onerror=y> love </u></bdi></style>";

static void
page(struct fixture *f, int status)
{
	int got = fixture_call_raw(f, "GET", "/", SLICE_NONE);

	if (got != status)
		fail_msg("%d: %s", got, buf_str(&f->reply.body));
	assert_string_equal(f->reply.content_type, "text/html; charset=utf-8");
}

static void
an_empty_service_says_so(void **state)
{
	struct fixture *f = *state;

	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "Listening");
	assert_says(f, "Nobody needs a person right now.");
	assert_says(f, "No draft and no held message.");
	assert_says(f, "Nothing fails.");
	assert_says(f, "No rule has fired yet.");
	assert_says(f, "Nothing was heard yet.");
	assert_says(f, "http-equiv=\"refresh\"");
	assert_says(f, "default-src 'none'");
}

static void
it_shows_what_was_heard_what_fired_and_what_waits(void **state)
{
	struct fixture *f = *state;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help, this is terrible");
	fixture_say(f, "zoe", "I love acme");
	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "<u class=\"n\">terrible</u>");
	assert_says(f, "love</u>");
	assert_says(f, "<u class=\"p\">");
	assert_says(f, "<span class=\"chip brand\"><bdi>Acme Coffee</bdi></span>");
	assert_says(f, "class=\"score n\"");
	assert_says(f, "class=\"score p\"");
	assert_says(f, "Help before they ask");
	assert_says(f, "earshot alerts ack 1");
	assert_says(f, "earshot outbox approve ");
	assert_says(f, "Thank you, @zoe@social.example!");
	assert_says(f, "for <b><bdi>social team</bdi></b>");
	assert_says(f, "href=\"/api/v1/people/u-1?format=html\">customer <bdi>u-1</bdi></a>");
	assert_says(f,
	    "href=\"/api/v1/"
	    "why?format=text&amp;post=https%3A%2F%2Fsocial.example%2Fposts%2F1&amp;rule=support-"
	    "issue\"");
}

static void
what_a_guardrail_held_is_said_once(void **state)
{
	struct fixture *f = *state;
	const char *first;

	fixture_say(f, "zoe", "I love acme");
	fixture_say(f, "zoe", "really, I love acme");
	page(f, 200);
	assert_well_formed(f);
	first = strstr(buf_str(&f->reply.body), "at most once every 7 days");
	assert_non_null(first);
	assert_null(strstr(first + 1, "at most once every 7 days"));
}

static void
what_is_paused_is_said_with_who_paused_it_and_what_waits_for_its_end(void **state)
{
	struct fixture *f = *state;
	struct message m;
	struct slice id;

	fixture_import(f);
	page(f, 200);
	assert_says_not(f, "are paused");
	fixture_say(f, "ann", "acme please help");
	id = json_get_str(
	    json_at(json_get(fixture_get(f, "/api/v1/outbox?channel=email"), "items"), 0), "id");
	OK(store_begin(f->st, ERR));
	assert_int_equal(store_message_load(f->st, id, f->a, &m, ERR), 1);
	m.state = MESSAGE_HELD;
	m.hold = HOLD_PAUSE;
	m.reason = SLICE_LIT("promotions are paused: a crowd (watch storm)");
	OK(store_message_update(f->st, &m, ERR));
	OK(store_pause_put(f->st,
	    &(struct pause_row){SLICE_LIT("promotions"), SLICE_LIT("watch storm"),
		SLICE_LIT("a <crowd>"), FIXTURE_NOW_MS, TIME_UNKNOWN},
	    ERR));
	OK(store_pause_put(f->st,
	    &(struct pause_row){SLICE_LIT("rule:support-issue"), SLICE_LIT("mira"),
		SLICE_LIT("a mistake"), FIXTURE_NOW_MS, FIXTURE_NOW_MS + 60000},
	    ERR));
	OK(store_pause_put(f->st,
	    &(struct pause_row){SLICE_LIT("rule:thanks"), SLICE_LIT("mira"), SLICE_LIT("long over"),
		FIXTURE_NOW_MS - 2, FIXTURE_NOW_MS - 1},
	    ERR));
	OK(store_commit(f->st, ERR));
	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "Promotions are paused.");
	assert_says(f, "a &lt;crowd&gt;");
	assert_says(f, "<bdi>watch storm</bdi>");
	assert_says(f, "<code>earshot resume promotions</code>");
	assert_says(f, "<bdi>Help before they ask</bdi> is paused.</b>");
	assert_says(f, "until 2026-11-21T10:01:00Z");
	assert_says(f, "earshot resume support-issue");
	assert_says_not(f, "long over");
	assert_says(f, "held by a pause");
	assert_says(f, "promotions are paused: a crowd (watch storm)");
}

static int
same_hash(void *cookie, char hash_r[65], struct err *err)
{
	(void)cookie;
	(void)err;
	snprintf(hash_r, 65, "h");
	return 0;
}

static int
unreadable_folder(void *cookie, char hash_r[65], struct err *err)
{
	(void)cookie;
	(void)err;
	(void)hash_r;
	return 1;
}

static void
a_folder_that_differs_from_what_is_live_is_said(void **state)
{
	struct fixture *f = *state;

	page(f, 200);
	assert_says(f, "The folder differs from what is live.");
	assert_says(f, "<code>earshot plan</code>");
	f->host.folder_hash = same_hash;
	page(f, 200);
	assert_says_not(f, "The folder differs");
	f->host.folder_hash = unreadable_folder;
	page(f, 200);
	assert_says_not(f, "The folder differs");
}

static void
a_text_in_a_language_without_a_score_has_no_bar(void **state)
{
	struct fixture *f = *state;
	struct post p = fixture_post(f, "wout", "漢字 ひらがな カタカナ");

	p.lang = SLICE_LIT("ja");
	fixture_take(f, &p);
	page(f, 200);
	assert_says(f, "not scored");
	assert_says_not(f, "class=\"score ");
}

static void
nothing_strangers_write_becomes_markup(void **state)
{
	struct fixture *f = *state;
	struct post p = fixture_post(f, "eve", evil);

	p.author.name = SLICE_LIT("<b>Eve</b>\"'>");
	p.author.handle = SLICE_LIT("@<i>eve@social.example");
	p.url = SLICE_LIT("https://x.example/\"><script>1</script>");
	fixture_take(f, &p);
	p = fixture_post(f, "mal", "acme love");
	p.url = SLICE_LIT("javascript:alert(1)//https://");
	fixture_take(f, &p);
	f->host.sources_json = SLICE_LIT("[{\"name\":\"<s>\",\"type\":\"<t>\",\"health\":"
					 "\"failing\",\"detail\":\"<script>\",\"posts\":1}]");
	f->host.channels_json = SLICE_LIT(
	    "[{\"name\":\"<c>\",\"stopped\":true,\"why\":\"</style>\",\"sent\":1,\"failed\":1}]");
	OK(store_begin(f->st, ERR));
	OK(store_reject(f->st, FIXTURE_NOW_MS, SLICE_LIT("<f>"), "<r>", SLICE_LIT("<x>"), ERR));
	OK(outbox_stop_all(f->st, "<who>", "<why>", FIXTURE_NOW_MS, ERR));
	OK(store_commit(f->st, ERR));
	page(f, 200);
	assert_well_formed(f);
	/* Words in it may be underlined, the signs never mean anything. */
	assert_says(f, "&lt;script&gt;");
	assert_says(f, "&lt;/script&gt;");
	assert_says(f, "&lt;b&gt;Eve&lt;/b&gt;&quot;&#39;&gt;");
	assert_says(f, "href=\"https://x.example/&quot;&gt;&lt;script&gt;1&lt;/script&gt;\"");
	assert_says(f, "Sending stopped");
	assert_says(f, "&lt;why&gt;");
	assert_says(f, "source <bdi>&lt;s&gt;</bdi>");
	assert_says(f, "channel <bdi>&lt;c&gt;</bdi>");
}

static void
control_characters_do_not_reach_the_page(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "eve", "acme \x01\x08\x1b[31m love \x7f \xe2\x80\xae evil");
	page(f, 200);
	for (const char *s = buf_str(&f->reply.body); *s != '\0'; s++)
		assert_true((unsigned char)*s >= 0x20 || *s == '\n' || *s == '\t');
	assert_says_not(f, "\x7f");
	/* Marks that turn the writing direction stay inside an element of their own. */
	assert_says(f, "<bdi>acme ");
}

static void
long_texts_are_cut_between_characters(void **state)
{
	struct fixture *f = *state;
	char text[3000];

	for (size_t i = 0; i + 3 < sizeof text; i += 3)
		memcpy(text + i, "\xe6\xbc\xa2", 3);
	memcpy(text, "acme", 4);
	memcpy(text + 4, " x", 2);
	text[sizeof text - 3] = '\0';
	fixture_say(f, "eve", text);
	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "…</bdi>");
	{
		struct json_doc *doc = NULL;
		struct buf quoted;
		struct json_writer w;

		buf_init(&quoted, 1 << 20);
		json_writer_init(&w, &quoted);
		json_put_str(&w, buf_slice(&f->reply.body));
		size_t repaired = 1;
		assert_int_equal(json_parse(buf_slice(&quoted), &doc, &repaired, ERR), 0);
		assert_int_equal(repaired, 0); /* valid UTF-8 as it is */
		json_doc_free(doc);
		buf_fini(&quoted);
	}
}

static void
what_fails_is_counted_and_shown(void **state)
{
	struct fixture *f = *state;
	struct message m = {.id = "0123456789abcdef0123456789abcdef",
	    .kind = MESSAGE_SEND,
	    .channel = SLICE_LIT("email"),
	    .address = SLICE_LIT("a@example.org"),
	    .parts_json = SLICE_LIT("{\"text\":\"hello\"}"),
	    .state = MESSAGE_UNKNOWN,
	    .reason = SLICE_LIT("timed out after the data"),
	    .next_at_ms = 0,
	    .claimed_at_ms = TIME_UNKNOWN,
	    .expires_at_ms = TIME_UNKNOWN,
	    .created_at_ms = FIXTURE_NOW_MS,
	    .updated_at_ms = FIXTURE_NOW_MS};

	f->host.sources_json =
	    SLICE_LIT("[{\"name\":\"news\",\"type\":\"feed\",\"health\":\"failing\",\"detail\":"
		      "\"connection refused\",\"posts\":0},"
		      "{\"name\":\"fedi\",\"type\":\"mastodon\",\"health\":\"ok\",\"posts\":7}]");
	OK(store_begin(f->st, ERR));
	assert_int_equal(store_message_insert(f->st, &m, ERR), 1);
	OK(store_commit(f->st, ERR));
	f->env.is_store_failing = true;
	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "<b>3</b><span>things fail</span>");
	assert_says(f, "Database failing");
	assert_says(f, "connection refused");
	assert_says(f, "timed out after the data");
	assert_says(f, "earshot outbox retry 01234567");
	assert_says(f, "may or may not have arrived");
}

static void
all_alerts_are_counted_and_the_newest_shown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++)
		fixture_say(f, arena_printf(f->a, "u%d", i), "acme please help");
	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "<b>20</b><span>alerts not resolved</span>");
	assert_says(f, "the newest 12");
	assert_says(f, "earshot alerts ack 9<");
	assert_says_not(f, "earshot alerts ack 8<");
}

static void
posts_whose_words_are_gone_say_so(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "ann", "acme please help");
	OK(store_begin(f->st, ERR));
	OK(store_post_delete(f->st, 1, ERR));
	OK(store_commit(f->st, ERR));
	page(f, 200);
	assert_well_formed(f);
	assert_says(f, "the words are no longer known");
	assert_says_not(f, "please help");
}

/* ---- the same texts as JSON ------------------------------------------------------------ */

static void
hostile_texts_come_back_from_json_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct post p = fixture_post(f, "eve", evil);
	const struct json *post;

	p.author.name = SLICE_LIT("\"\\\b\x1f\xe2\x80\xa8</script>");
	p.id = SLICE_LIT("https://x.example/a b?c=d&e=%2F#\xe2\x82\xac");
	fixture_take(f, &p);
	post = fixture_get(
	    f, "/api/v1/posts/https%3A%2F%2Fx.example%2Fa%20b%3Fc%3Dd%26e%3D%252F%23%E2%82%AC");
	assert_text(post, "text", evil);
	assert_text(post, "id", "https://x.example/a b?c=d&e=%2F#\xe2\x82\xac");
	assert_text(json_get(post, "author"), "name", "\"\\\b\x1f\xe2\x80\xa8</script>");
	assert_text(json_at(json_get(fixture_get(f, "/api/v1/posts"), "items"), 0), "text", evil);
	fixture_refused(f, "GET", "/api/v1/posts/nothing", NULL, 404, "not-found");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(an_empty_service_says_so),
	    T(it_shows_what_was_heard_what_fired_and_what_waits),
	    T(what_a_guardrail_held_is_said_once),
	    T(what_is_paused_is_said_with_who_paused_it_and_what_waits_for_its_end),
	    T(a_folder_that_differs_from_what_is_live_is_said),
	    T(a_text_in_a_language_without_a_score_has_no_bar),
	    T(nothing_strangers_write_becomes_markup),
	    T(control_characters_do_not_reach_the_page),
	    T(long_texts_are_cut_between_characters),
	    T(what_fails_is_counted_and_shown),
	    T(all_alerts_are_counted_and_the_newest_shown),
	    T(posts_whose_words_are_gone_say_so),
	    T(hostile_texts_come_back_from_json_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
