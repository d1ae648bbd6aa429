/* Signed webhooks against a receiver in the same loop, and raw sockets where connections break. */
#include "tests/actions/channel_world.h"

#include <unistd.h>

#include "tests/support/faults.h"
#include "tests/support/peer.h"

#define SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" /* bytes 0 to 31 */
#define SECRET_2 "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7" /* bytes 100 to 123 */

#define BODY                                                                                       \
	"{\"type\":\"message.send\",\"timestamp\":\"2026-11-21T09:59:00Z\",\"data\":{"             \
	"\"id\":\"" WORLD_ID "\",\"kind\":\"send\",\"to\":\"ada@example.org\","                    \
	"\"customer_id\":\"c-17\",\"parts\":{\"text\":\"Dear Ada\"},"                              \
	"\"rule_id\":\"make-it-right\",\"reason\":\"sentiment is -0.6\","                          \
	"\"created_at\":\"2026-11-21T09:59:00Z\",\"repeat\":false}}"

struct receiver {
	struct http_server *server;
	int status;
	struct http_header headers[2];
	size_t header_count;
	const char *answer;
	bool is_silent;
	int calls;
	struct http_server_request *held[64];
	/* the last request */
	char method[8], path[100], id[100], timestamp[32], signature[600], type[64], body[8192];
};

static void
copy_out(char *out, size_t size, struct slice s)
{
	snprintf(out, size, "%.*s", SLICE_ARG(s));
}

static void
receive(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	struct receiver *to = cookie;

	copy_out(to->method, sizeof to->method, slice_of(call->method));
	copy_out(to->path, sizeof to->path, call->path);
	copy_out(to->id, sizeof to->id, http_server_header(r, "webhook-id"));
	copy_out(to->timestamp, sizeof to->timestamp, http_server_header(r, "webhook-timestamp"));
	copy_out(to->signature, sizeof to->signature, http_server_header(r, "webhook-signature"));
	copy_out(to->type, sizeof to->type, http_server_header(r, "content-type"));
	copy_out(to->body, sizeof to->body, call->body);
	if (to->is_silent)
		to->held[to->calls] = r;
	else
		http_reply(r, to->status, to->headers, to->header_count, slice_of(to->answer));
	to->calls++;
}

static void
open_webhook(struct channel_world *w, struct receiver *to, const char *more)
{
	struct http_server_options o = {.address = "127.0.0.1:0"};
	char yaml[600];

	memset(to, 0, sizeof *to);
	to->status = 200;
	to->answer = "";
	channel_world_init(w);
	channel_parts(w, "{\"text\":\"Dear Ada\"}");
	assert_int_equal(http_server_new(w->loop, &o, receive, to, &to->server, NULL), 0);
	snprintf(yaml, sizeof yaml,
	    "url: http://127.0.0.1:%d/hooks/earshot?x=1\nsecret: ${EARSHOT_TEST_SECRET}\n%s",
	    http_server_port(to->server), more);
	if (channel_open(w, &sender_webhook_ops, yaml) < 0)
		fail_msg("%s", w->err.text);
}

static void
close_webhook(struct channel_world *w, struct receiver *to)
{
	channel_close(w);
	http_server_free(to->server);
	for (int i = 0; i < to->calls; i++)
		if (to->held[i] != NULL)
			http_reply(to->held[i], 200, NULL, 0, SLICE_LIT(""));
	channel_world_fini(w);
}

/* ---- the request ------------------------------------------------------------- */

/* Body and signatures were worked out by another program. */
static void
the_request_is_what_the_specification_says(void **state)
{
	struct channel_world w;
	struct receiver to;

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	open_webhook(&w, &to, "");
	channel_try(&w);
	channel_expect(&w, "sent", SEND_DONE, "");
	assert_string_equal(to.method, "POST");
	assert_string_equal(to.path, "/hooks/earshot");
	assert_string_equal(to.type, "application/json");
	assert_string_equal(to.id, WORLD_ID);
	assert_string_equal(to.timestamp, "1795255200");
	assert_string_equal(to.body, BODY);
	assert_string_equal(to.signature, "v1,EBow8d4HMKroNueC6iDBgWYOV0X2VhxIDhgf5QQ5Bms=");
	close_webhook(&w, &to);
}

static void
while_a_secret_is_changed_each_signs(void **state)
{
	static const char *const spellings[] = {
	    SECRET " " SECRET_2, "  " SECRET "\n" SECRET_2 "\n", SECRET "," SECRET_2};

	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		struct channel_world w;
		struct receiver to;

		setenv("EARSHOT_TEST_SECRET", spellings[i], 1);
		open_webhook(&w, &to, "");
		channel_try(&w);
		assert_string_equal(to.signature,
		    "v1,EBow8d4HMKroNueC6iDBgWYOV0X2VhxIDhgf5QQ5Bms= "
		    "v1,oSWzUJulsMzntFeEWe0iDqbOttUGw9bV528VRAFlu/M=");
		close_webhook(&w, &to);
	}
}

static void
a_second_try_keeps_the_id_and_is_signed_anew(void **state)
{
	struct channel_world w;
	struct receiver to;
	char first[600];

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	open_webhook(&w, &to, "");
	to.status = 503;
	channel_try(&w);
	channel_expect(&w, "503", SEND_LATER, "answered 503");
	memcpy(first, to.signature, sizeof first);
	clock_virtual_set(&w.clock, WORLD_NOW + 61000);
	to.status = 204;
	w.item.attempt = 2;
	channel_try(&w);
	channel_expect(&w, "204", SEND_DONE, "");
	assert_string_equal(to.id, WORLD_ID);
	assert_string_equal(to.timestamp, "1795255261");
	assert_string_equal(to.body, BODY);
	assert_string_not_equal(to.signature, first);
	close_webhook(&w, &to);
}

static void
every_kind_and_value_has_its_place_in_the_body(void **state)
{
	struct channel_world w;
	struct receiver to;
	struct json_doc *doc;
	const struct json *data;
	bool repeat = false;

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	open_webhook(&w, &to, "");
	w.item.kind = MESSAGE_NOTICE;
	w.item.is_repeat = true;
	w.item.address = SLICE_LIT("x\"\r\nwebhook-id: evil\r\n\\ \xe2\x80\xa8");
	w.item.customer_id = SLICE_LIT("");
	w.item.rule_id = SLICE_LIT("");
	channel_parts(&w, "{\"subject\":\"a\\\"b\\n\",\"text\":\"\xf0\x9f\x98\x80 </script>\"}");
	channel_try(&w);
	channel_expect(&w, "sent", SEND_DONE, "");
	assert_string_equal(to.id, WORLD_ID);
	assert_int_equal(json_parse(slice_of(to.body), &doc, NULL, NULL), 0);
	data = json_get(json_root(doc), "data");
	assert_true(slice_eq_str(json_get_str(json_root(doc), "type"), "message.notice"));
	assert_true(slice_eq_str(json_get_str(data, "kind"), "notice"));
	assert_true(slice_eq(json_get_str(data, "to"), w.item.address));
	assert_int_equal(json_type(json_get(data, "customer_id")), JSON_NULL);
	assert_int_equal(json_type(json_get(data, "rule_id")), JSON_NULL);
	assert_true(json_bool(json_get(data, "repeat"), &repeat) && repeat);
	assert_true(slice_eq_str(
	    json_get_str(json_get(data, "parts"), "text"), "\xf0\x9f\x98\x80 </script>"));
	assert_true(slice_eq_str(json_get_str(json_get(data, "parts"), "subject"), "a\"b\n"));
	json_doc_free(doc);
	close_webhook(&w, &to);
}

/* ---- what answers mean ---------------------------------------------------------- */

static void
every_answer_has_its_outcome(void **state)
{
	static const struct {
		int status;
		const char *retry_after, *body;
		enum send_result want;
		const char *words;
		bool stops_channel;
		int64_t wait_ms;
	} cases[] = {
	    {200, NULL, "", SEND_DONE, "", false, -1},
	    {201, NULL, "thanks", SEND_DONE, "", false, -1},
	    {202, "60", "", SEND_DONE, "", false, -1},
	    {299, NULL, "", SEND_DONE, "", false, -1},
	    {301, NULL, "", SEND_PERMANENT, "redirects are not followed", false, -1},
	    {302, NULL, "", SEND_PERMANENT, "redirects are not followed", false, -1},
	    {304, NULL, "", SEND_PERMANENT, "redirects are not followed", false, -1},
	    {307, NULL, "", SEND_PERMANENT, "redirects are not followed", false, -1},
	    {400, NULL, "no such\r\nfield", SEND_PERMANENT, "answered 400: no such  field", false,
		-1},
	    {401, NULL, "", SEND_PERMANENT, "answered 401", true, -1},
	    {403, NULL, "", SEND_PERMANENT, "answered 403", false, -1},
	    {404, NULL, "", SEND_PERMANENT, "answered 404", false, -1},
	    {408, NULL, "", SEND_LATER, "answered 408", false, -1},
	    {409, NULL, "", SEND_PERMANENT, "answered 409", false, -1},
	    {410, NULL, "", SEND_PERMANENT, "wants no more", true, -1},
	    {413, NULL, "", SEND_PERMANENT, "answered 413", false, -1},
	    {422, NULL, "", SEND_PERMANENT, "answered 422", false, -1},
	    {429, "12", "", SEND_LATER, "answered 429", false, 12000},
	    {429, "Sat, 21 Nov 2026 10:01:00 GMT", "", SEND_LATER, "answered 429", false, 60000},
	    {429, NULL, "", SEND_LATER, "answered 429", false, -1},
	    {500, NULL, "oops", SEND_LATER, "answered 500: oops", false, -1},
	    {502, "3", "", SEND_LATER, "answered 502", false, 3000},
	    {503, NULL, "", SEND_LATER, "answered 503", false, -1},
	    {504, "5", "", SEND_LATER, "answered 504", false, 5000},
	};
	struct channel_world w;
	struct receiver to;

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	open_webhook(&w, &to, "");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char note[16];

		to.status = cases[i].status;
		to.answer = cases[i].body;
		to.headers[0] =
		    (struct http_header){SLICE_LIT("Retry-After"), slice_of(cases[i].retry_after)};
		to.headers[1] =
		    (struct http_header){SLICE_LIT("Location"), SLICE_LIT("/elsewhere")};
		to.header_count = 2;
		to.calls = 0;
		snprintf(note, sizeof note, "%d", cases[i].status);
		channel_try(&w);
		channel_expect(&w, note, cases[i].want, cases[i].words);
		if (w.outcome.stops_channel != cases[i].stops_channel ||
		    w.outcome.wait_ms != cases[i].wait_ms || w.outcome.is_address_dead)
			fail_msg("%s: stops %d, wait %lld", note, w.outcome.stops_channel,
			    (long long)w.outcome.wait_ms);
		assert_int_equal(to.calls, 1);
	}
	close_webhook(&w, &to);
}

enum cut {
	CUT_AFTER_REQUEST,
	CUT_IN_HEAD,
	CUT_IN_BODY
};

static void
cut(void *cookie, int fd, int number)
{
	const enum cut *where = cookie;
	char request[8192];

	(void)number;
	peer_message(fd, request, sizeof request);
	if (*where == CUT_IN_HEAD)
		peer_say(fd, "HTTP/1.1 200 OK\r\nContent-");
	if (*where == CUT_IN_BODY)
		peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static void
a_connection_that_breaks_after_the_request_is_unknown(void **state)
{
	enum cut cuts[] = {CUT_AFTER_REQUEST, CUT_IN_HEAD, CUT_IN_BODY};

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		struct peer *peer = peer_start(cut, &cuts[i]);
		struct channel_world w;
		char yaml[200];

		channel_world_init(&w);
		channel_parts(&w, "{\"text\":\"Dear Ada\"}");
		snprintf(yaml, sizeof yaml,
		    "url: http://127.0.0.1:%d/\nsecret: ${EARSHOT_TEST_SECRET}", peer_port(peer));
		assert_int_equal(channel_open(&w, &sender_webhook_ops, yaml), 0);
		channel_try(&w);
		channel_expect(&w, "cut", SEND_UNKNOWN, "");
		assert_true(sender_webhook_ops.deduplicates);
		channel_world_fini(&w);
		peer_stop(peer);
	}
}

static void
what_cannot_have_arrived_is_tried_later(void **state)
{
	enum cut where = CUT_AFTER_REQUEST;
	struct peer *peer = peer_start(cut, &where);
	struct channel_world w;
	int port = peer_port(peer);
	char yaml[200];

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	peer_stop(peer);
	channel_world_init(&w);
	channel_parts(&w, "{\"text\":\"Dear Ada\"}");
	snprintf(
	    yaml, sizeof yaml, "url: http://127.0.0.1:%d/\nsecret: ${EARSHOT_TEST_SECRET}", port);
	assert_int_equal(channel_open(&w, &sender_webhook_ops, yaml), 0);
	channel_try(&w);
	channel_expect(&w, "nobody listens", SEND_LATER, "");
	channel_close(&w);
	/* the address policy: a private address that is not listed */
	assert_int_equal(channel_open(&w, &sender_webhook_ops,
			     "url: http://10.0.0.1/\nsecret: ${EARSHOT_TEST_SECRET}"),
	    0);
	channel_try(&w);
	channel_expect(&w, "private", SEND_LATER, "private");
	channel_world_fini(&w);
}

static void
silence_ends_at_the_time_limit_and_is_unknown(void **state)
{
	struct channel_world w;
	struct receiver to;

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	open_webhook(&w, &to, "time_limit: 200 ms\n");
	to.is_silent = true;
	channel_try(&w);
	channel_expect(&w, "silence", SEND_UNKNOWN, "200 ms");
	close_webhook(&w, &to);
}

static void
closing_reports_what_is_under_way_as_unknown(void **state)
{
	struct channel_world w;
	struct receiver to;

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET, 1);
	open_webhook(&w, &to, "");
	to.is_silent = true;
	w.answers = 0;
	for (int i = 0; i < 5; i++)
		sender_kind(w.sender)->send(sender_state(w.sender), &w.item, channel_answered, &w);
	channel_wait_for(&w, &to.calls, "a request");
	assert_int_equal(w.answers, 0);
	channel_close(&w);
	assert_int_equal(w.answers, 5);
	assert_int_equal(w.outcome.result, SEND_UNKNOWN);
	/* an answer comes after all, and nobody hears it */
	for (int i = 0; i < to.calls; i++) {
		http_reply(to.held[i], 200, NULL, 0, SLICE_LIT(""));
		to.held[i] = NULL;
	}
	for (int i = 0; i < 20; i++) {
		loop_run_once(w.loop, false);
		usleep(1000);
	}
	assert_int_equal(w.answers, 5);
	close_webhook(&w, &to);
}

/* ---- memory and settings ---------------------------------------------------------- */

/* Whatever fails while it is handed over: one answer, and never "done" or "permanent" for want of
 * memory. */
static int
send_once(void *cookie)
{
	struct channel_world *w = cookie;
	bool hit;

	channel_send(w);
	hit = mem_fault_hit();
	mem_fault_arm(0, false);
	channel_wait_for(w, &w->answers, "an answer");
	assert_int_equal(w->answers, 1);
	if (!hit)
		return w->outcome.result == SEND_DONE ? 0 : -1;
	assert_int_equal(w->outcome.result, SEND_LATER);
	return -1;
}

static void
without_memory_it_is_tried_later(void **state)
{
	struct channel_world w;
	struct receiver to;
	unsigned failed = 0;

	(void)state;
	setenv("EARSHOT_TEST_SECRET", SECRET " " SECRET_2, 1);
	open_webhook(&w, &to, "");
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			mem_fault_arm(nth, sticky != 0);
			if (send_once(&w) == 0)
				break;
			failed++;
			assert_true(nth < FAULTS_MAX);
		}
	}
	assert_true(failed > 10);
	close_webhook(&w, &to);
}

static void
wrong_settings_are_named_and_secrets_stay_secret(void **state)
{
	static const struct {
		const char *url, *secret, *words;
	} cases[] = {
	    {"acme.example/hook", SECRET, "url:"},
	    {"ftp://acme.example/hook", SECRET, "url:"},
	    {"https://me:topsecret@acme.example/hook", SECRET, "url:"},
	    {"https://acme.example/a b", SECRET, "url:"},
	    {"https://acme.example/", "topsecret", "whsec_"},
	    {"https://acme.example/", "whsec_", "24 to 64 bytes"},
	    {"https://acme.example/", "whsec_topsecret", "24 to 64 bytes"},
	    {"https://acme.example/", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=", "24 to 64 bytes"},
	    {"https://acme.example/",
		"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
		"GBkaGxwdHh8AAECAwQFBgcICQoLDA0ODxAR",
		"24 to 64 bytes"},
	    {"https://acme.example/", SECRET " topsecret", "secret 2"},
	    {"https://acme.example/", SECRET " " SECRET " " SECRET " " SECRET " " SECRET,
		"more than 4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		char yaml[300];

		setenv("EARSHOT_TEST_SECRET", cases[i].secret, 1);
		snprintf(yaml, sizeof yaml, "url: \"%s\"\nsecret: ${EARSHOT_TEST_SECRET}\n",
		    cases[i].url);
		channel_world_init(&w);
		if (channel_open(&w, &sender_webhook_ops, yaml) != -1 ||
		    strstr(w.err.text, cases[i].words) == NULL ||
		    strstr(w.err.text, "topsecret") != NULL || strstr(w.err.text, "AAEC") != NULL)
			fail_msg("%zu: '%s'", i, w.err.text);
		channel_world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_request_is_what_the_specification_says),
	    cmocka_unit_test(while_a_secret_is_changed_each_signs),
	    cmocka_unit_test(a_second_try_keeps_the_id_and_is_signed_anew),
	    cmocka_unit_test(every_kind_and_value_has_its_place_in_the_body),
	    cmocka_unit_test(every_answer_has_its_outcome),
	    cmocka_unit_test(a_connection_that_breaks_after_the_request_is_unknown),
	    cmocka_unit_test(what_cannot_have_arrived_is_tried_later),
	    cmocka_unit_test(silence_ends_at_the_time_limit_and_is_unknown),
	    cmocka_unit_test(closing_reports_what_is_under_way_as_unknown),
	    cmocka_unit_test(without_memory_it_is_tried_later),
	    cmocka_unit_test(wrong_settings_are_named_and_secrets_stay_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
