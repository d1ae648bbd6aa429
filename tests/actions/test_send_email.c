/* The mail channel against a scripted mail server: what each of its words means, and what is on the
 * wire. */
#include "tests/actions/channel_world.h"

#include <pthread.h>
#include <unistd.h>

#include "tests/support/peer.h"

#define GREYLIST_MS 300000

enum drop {
	DROP_NEVER,
	DROP_AT_ONCE, /* before the greeting */
	DROP_AT_RCPT,
	DROP_AT_DATA,
	DROP_IN_BODY,
	DROP_AT_DOT, /* the final dot came, the answer never will */
	SILENT_AT_DOT,
};

/* What the server says; NULL: it agrees. */
struct script {
	const char *greeting, *mail, *rcpt, *data, *dot;
	enum drop drop;
};

struct mail_server {
	struct peer *peer;
	struct script script;
	char url[64];
	pthread_mutex_t mutex; /* of the envelope: several connections may be open */
	char envelope[512]; /* MAIL and RCPT lines */
	char message[65536];
};

static void
take_message(struct mail_server *s, int fd)
{
	size_t len = 0;
	char line[2000];

	while (peer_line(fd, line, sizeof line) && strcmp(line, ".") != 0) {
		const char *text = line[0] == '.' ? line + 1 : line;

		if (s->script.drop == DROP_IN_BODY)
			return;
		len += (size_t)snprintf(s->message + len, sizeof s->message - len, "%s\r\n", text);
		assert_true(len < sizeof s->message);
	}
}

static void
note(struct mail_server *s, const char *line)
{
	size_t len;

	pthread_mutex_lock(&s->mutex);
	len = strlen(s->envelope);
	snprintf(s->envelope + len, sizeof s->envelope - len, "%s", line);
	pthread_mutex_unlock(&s->mutex);
}

static void
say(int fd, const char *words, const char *otherwise)
{
	peer_say(fd, words != NULL ? words : otherwise);
	peer_say(fd, "\r\n");
}

static void
play(void *cookie, int fd, int number)
{
	struct mail_server *s = cookie;
	char line[2000];

	(void)number;
	if (s->script.drop == DROP_AT_ONCE)
		return;
	say(fd, s->script.greeting, "220 mail.test");
	while (peer_line(fd, line, sizeof line)) {
		if (strncmp(line, "EHLO", 4) == 0 || strncmp(line, "HELO", 4) == 0) {
			say(fd, NULL, "250 mail.test");
		} else if (strncmp(line, "MAIL", 4) == 0) {
			note(s, line);
			say(fd, s->script.mail, "250 ok");
		} else if (strncmp(line, "RCPT", 4) == 0) {
			note(s, line);
			if (s->script.drop == DROP_AT_RCPT)
				return;
			say(fd, s->script.rcpt, "250 ok");
		} else if (strncmp(line, "DATA", 4) == 0) {
			if (s->script.drop == DROP_AT_DATA)
				return;
			say(fd, s->script.data, "354 go on");
			if (s->script.data != NULL)
				continue;
			take_message(s, fd);
			if (s->script.drop == DROP_IN_BODY || s->script.drop == DROP_AT_DOT)
				return;
			if (s->script.drop == SILENT_AT_DOT) {
				peer_wait_closed(fd);
				return;
			}
			say(fd, s->script.dot, "250 2.0.0 queued as 17");
		} else if (strncmp(line, "QUIT", 4) == 0) {
			say(fd, NULL, "221 bye");
			return;
		} else {
			say(fd, NULL, "250 ok");
		}
	}
}

static void
server_start(struct mail_server *s, const struct script *script)
{
	memset(s, 0, sizeof *s);
	s->script = *script;
	pthread_mutex_init(&s->mutex, NULL);
	s->peer = peer_start(play, s);
	snprintf(s->url, sizeof s->url, "smtp://127.0.0.1:%d", peer_port(s->peer));
}

static void
open_email(struct channel_world *w, const struct mail_server *s, const char *more)
{
	char yaml[1000];

	snprintf(yaml, sizeof yaml,
	    "server: %s\nfrom: care@acme.example\nfrom_name: Acme Care\nrequire_tls: no\n%s",
	    s->url, more);
	channel_world_init(w);
	channel_parts(
	    w, "{\"subject\":\"Sorry\",\"text\":\"Dear Ada\",\"html\":\"<p>Dear Ada</p>\"}");
	if (channel_open(w, &sender_email_ops, yaml) < 0)
		fail_msg("%s", w->err.text);
}

/* ---- what the server's words mean -------------------------------------------- */

static void
every_word_of_the_server_has_its_outcome(void **state)
{
	static const struct {
		const char *note;
		struct script script;
		enum send_result want;
		const char *words;
		bool is_address_dead, stops_channel;
		int64_t wait_ms;
	} cases[] = {
	    {"accepted", {0}, SEND_DONE, "", false, false, -1},
	    {"no such user", {.rcpt = "550 5.1.1 no such user here"}, SEND_PERMANENT,
		"550 5.1.1 no such user here", true, false, -1},
	    {"no such domain", {.rcpt = "550 5.1.2 bad destination system"}, SEND_PERMANENT,
		"5.1.2", true, false, -1},
	    {"bad address", {.rcpt = "553 5.1.3 bad syntax"}, SEND_PERMANENT, "5.1.3", true, false,
		-1},
	    {"null mx", {.rcpt = "556 5.1.10 null MX"}, SEND_PERMANENT, "5.1.10", true, false, -1},
	    {"no such user, no finer code", {.rcpt = "550 no such user"}, SEND_PERMANENT,
		"no such user", true, false, -1},
	    {"spam, no finer code", {.rcpt = "550 rejected as SPAM"}, SEND_PERMANENT, "SPAM", false,
		false, -1},
	    {"relaying, no finer code", {.rcpt = "550 Relaying denied"}, SEND_PERMANENT, "denied",
		false, false, -1},
	    {"moved, no finer code", {.rcpt = "551 user not local"}, SEND_PERMANENT, "", true,
		false, -1},
	    {"another 5xx", {.rcpt = "550 5.2.1 mailbox disabled"}, SEND_PERMANENT, "5.2.1", false,
		false, -1},
	    {"too large", {.mail = "552 5.3.4 too big"}, SEND_PERMANENT, "5.3.4", false, false, -1},
	    {"policy", {.rcpt = "554 5.7.1 access denied"}, SEND_PERMANENT, "5.7.1", false, true,
		-1},
	    {"dmarc at the end", {.dot = "550 5.7.26 unauthenticated mail"}, SEND_PERMANENT,
		"5.7.26", false, true, -1},
	    {"login wanted", {.mail = "530 authentication required"}, SEND_PERMANENT, "530", false,
		true, -1},
	    {"refused at the end", {.dot = "554 transaction failed"}, SEND_PERMANENT, "554", false,
		false, -1},
	    {"try later", {.rcpt = "451 4.3.0 try again"}, SEND_LATER, "451", false, false, -1},
	    {"try later at the end", {.dot = "452 4.3.1 no space"}, SEND_LATER, "452", false, false,
		-1},
	    {"full mailbox", {.rcpt = "452 4.2.2 mailbox full"}, SEND_LATER, "4.2.2", false, false,
		-1},
	    {"greylisted by code", {.rcpt = "450 4.7.1 please wait"}, SEND_LATER, "450", false,
		false, GREYLIST_MS},
	    {"greylisted by word", {.rcpt = "451 Greylisted, see you"}, SEND_LATER, "Greylisted",
		false, false, GREYLIST_MS},
	    {"too busy for us", {.greeting = "421 4.3.2 too many"}, SEND_LATER, "421", false, false,
		-1},
	    {"never for us", {.greeting = "554 5.7.1 go away"}, SEND_LATER, "554", false, false,
		-1},
	    {"hung up at once", {.drop = DROP_AT_ONCE}, SEND_LATER, "", false, false, -1},
	    {"hung up at RCPT", {.drop = DROP_AT_RCPT}, SEND_LATER, "", false, false, -1},
	    {"hung up at DATA", {.drop = DROP_AT_DATA}, SEND_LATER, "", false, false, -1},
	    {"refused at DATA", {.data = "451 4.3.0 not now"}, SEND_LATER, "451", false, false, -1},
	    {"hung up in the body", {.drop = DROP_IN_BODY}, SEND_UNKNOWN, "never came", false,
		false, -1},
	    {"hung up at the dot", {.drop = DROP_AT_DOT}, SEND_UNKNOWN, "never came", false, false,
		-1},
	    {"silent at the dot", {.drop = SILENT_AT_DOT}, SEND_UNKNOWN, "never came", false, false,
		-1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;
		struct mail_server s;

		server_start(&s, &cases[i].script);
		open_email(
		    &w, &s, cases[i].script.drop == SILENT_AT_DOT ? "time_limit: 1 s\n" : "");
		channel_try(&w);
		channel_expect(&w, cases[i].note, cases[i].want, cases[i].words);
		if (w.outcome.is_address_dead != cases[i].is_address_dead ||
		    w.outcome.stops_channel != cases[i].stops_channel ||
		    w.outcome.wait_ms != cases[i].wait_ms)
			fail_msg("%s: dead %d, stops %d, wait %lld", cases[i].note,
			    w.outcome.is_address_dead, w.outcome.stops_channel,
			    (long long)w.outcome.wait_ms);
		channel_world_fini(&w);
		peer_stop(s.peer);
	}
}

static void
a_server_that_is_not_there_means_later(void **state)
{
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){0});
	open_email(&w, &s, "");
	peer_stop(s.peer);
	channel_try(&w);
	channel_expect(&w, "nobody listens", SEND_LATER, "");
	assert_true(strlen(w.outcome.reason) > 5);
	channel_world_fini(&w);
}

static void
a_login_without_encryption_is_not_tried(void **state)
{
	struct channel_world w;
	struct mail_server s;

	(void)state;
	setenv("EARSHOT_TEST_PASSWORD", "hunter2", 1);
	server_start(&s, &(struct script){0});
	open_email(&w, &s, "user: earshot\npassword: ${EARSHOT_TEST_PASSWORD}\n");
	channel_try(&w);
	peer_stop(s.peer); /* and its threads: now we may look */
	channel_expect(&w, "no STARTTLS", SEND_LATER, "");
	assert_string_equal(s.envelope, "");
	assert_null(strstr(w.outcome.reason, "hunter2"));
	channel_world_fini(&w);
}

static void
mail_without_encryption_needs_to_be_allowed(void **state)
{
	struct channel_world w;
	struct mail_server s;
	char yaml[300];

	(void)state;
	server_start(&s, &(struct script){0});
	snprintf(yaml, sizeof yaml, "server: %s\nfrom: care@acme.example\n", s.url);
	channel_world_init(&w);
	channel_parts(&w, "{\"text\":\"Dear Ada\"}");
	assert_int_equal(channel_open(&w, &sender_email_ops, yaml), 0);
	channel_try(&w);
	peer_stop(s.peer); /* and its threads: now we may look */
	channel_expect(&w, "no STARTTLS", SEND_LATER, "");
	assert_string_equal(s.envelope, "");
	channel_world_fini(&w);
}

/* ---- what is sent ---------------------------------------------------------------- */

static void
the_mail_on_the_wire_is_the_message(void **state)
{
	static const struct {
		const char *note, *text;
		bool is_there;
	} want[] = {
	    {"to", "\r\nTo: ada@example.org\r\n", true},
	    {"from", "\r\nFrom: \"Acme Care\"\r\n <care@acme.example>\r\n", true},
	    {"subject", "\r\nSubject: Sorry\r\n", true},
	    {"id", "\r\nMessage-ID: <" WORLD_ID "@acme.example>\r\n", true},
	    {"answers", "\r\nReply-To: help@acme.example\r\n", true},
	    {"unsubscribe", "\r\nList-Unsubscribe: <https://acme.example/u?m=" WORLD_ID ">\r\n",
		true},
	    {"one click", "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", true},
	    {"a machine", "\r\nAuto-Submitted: auto-generated\r\n", true},
	    {"text", "\r\n\r\nDear Ada\r\n", true},
	    {"html", "\r\n\r\n<p>Dear Ada</p>\r\n", true},
	    {"repeat", "X-Earshot-Repeat", false},
	};
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){0});
	open_email(&w, &s,
	    "reply_to: help@acme.example\nlist_unsubscribe: "
	    "[\"https://acme.example/u?m={message}\"]\n"
	    "one_click: yes\n");
	channel_try(&w);
	peer_stop(s.peer); /* and its threads: now we may look */
	channel_expect(&w, "sent", SEND_DONE, "");
	assert_string_equal(s.envelope, "MAIL FROM:<care@acme.example>RCPT TO:<ada@example.org>");
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if ((strstr(s.message, want[i].text) != NULL) != want[i].is_there)
			fail_msg("%s: %s", want[i].note, s.message);
	channel_world_fini(&w);
}

static void
a_notice_says_that_it_is_repeated_and_offers_no_unsubscribing(void **state)
{
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){0});
	open_email(&w, &s, "list_unsubscribe: [\"mailto:stop@acme.example\"]\n");
	w.item.kind = MESSAGE_NOTICE;
	w.item.is_repeat = true;
	channel_try(&w);
	peer_stop(s.peer); /* and its threads: now we may look */
	assert_non_null(strstr(s.message, "\r\nSubject: [repeat] Sorry\r\n"));
	assert_non_null(strstr(s.message, "\r\nX-Earshot-Repeat: yes\r\n"));
	assert_non_null(strstr(s.message, "\r\nMessage-ID: <" WORLD_ID "@acme.example>\r\n"));
	assert_null(strstr(s.message, "List-Unsubscribe"));
	channel_world_fini(&w);
}

static void
dots_and_commands_in_a_text_stay_text(void **state)
{
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){0});
	open_email(&w, &s, "");
	channel_parts(&w,
	    "{\"subject\":\"x\\r\\nBcc: eve@example.org\\r\\n\\r\\nbody\","
	    "\"text\":\"one\\r\\n.\\r\\nMAIL FROM:<eve@example.org>\\r\\nRCPT "
	    "TO:<bob@example.org>\\r\\n\"}");
	channel_try(&w);
	peer_stop(s.peer); /* and its threads: now we may look */
	channel_expect(&w, "sent", SEND_DONE, "");
	assert_string_equal(s.envelope, "MAIL FROM:<care@acme.example>RCPT TO:<ada@example.org>");
	assert_null(strstr(s.message, "\r\nBcc:"));
	assert_non_null(strstr(s.message, "MAIL FROM:<eve@example.org>\r\n"));
	channel_world_fini(&w);
}

static void
addresses_that_cannot_be_are_refused_before_anybody_is_called(void **state)
{
	static const struct {
		const char *address, *words;
		bool is_address_dead;
	} cases[] = {
	    {"", "not a mail address", true},
	    {"ada", "not a mail address", true},
	    {"ada@example.org>\r\nRCPT TO:<eve@example.org", "not a mail address", true},
	    {"ada@example.org\nBcc: eve@example.org", "not a mail address", true},
	    {"ada@example.org, eve@example.org", "not a mail address", true},
	    {"J\xc3\xb6rg@example.org", "letters outside ASCII", false},
	    {"ada@b\xc3\xbc"
	     "cher.example",
		"xn--", false},
	};
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){0});
	open_email(&w, &s, "");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		w.item.address = slice_of(cases[i].address);
		channel_try(&w);
		channel_expect(&w, cases[i].address, SEND_PERMANENT, cases[i].words);
		assert_int_equal(w.outcome.is_address_dead, cases[i].is_address_dead);
		assert_null(strpbrk(w.outcome.reason, "\r\n"));
	}
	assert_int_equal(peer_connections(s.peer), 0);
	channel_world_fini(&w);
	peer_stop(s.peer);
}

static void
a_message_without_text_is_refused(void **state)
{
	static const char *const parts[] = {
	    "{}", "{\"subject\":\"x\"}", "{\"text\":\"\",\"html\":\"\"}", "{\"sms\":\"x\"}", "[]"};
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){0});
	open_email(&w, &s, "");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		channel_parts(&w, parts[i]);
		channel_try(&w);
		channel_expect(&w, parts[i], SEND_PERMANENT, "neither a text nor an html part");
	}
	channel_world_fini(&w);
	peer_stop(s.peer);
}

/* ---- closing, memory, settings -------------------------------------------------- */

static void
closing_reports_what_is_under_way_as_unknown(void **state)
{
	struct channel_world w;
	struct mail_server s;

	(void)state;
	server_start(&s, &(struct script){.drop = SILENT_AT_DOT});
	open_email(&w, &s, "");
	channel_send(&w);
	for (int i = 0; i < 20; i++) {
		loop_run_once(w.loop, false);
		usleep(5000);
	}
	assert_int_equal(w.answers, 0);
	channel_close(&w);
	channel_expect(&w, "closed", SEND_UNKNOWN, "closed");
	/* and nothing comes later */
	for (int i = 0; i < 20; i++) {
		loop_run_once(w.loop, false);
		usleep(1000);
	}
	assert_int_equal(w.answers, 1);
	channel_world_fini(&w);
	peer_stop(s.peer);
}

static void
many_mails_each_get_one_answer(void **state)
{
	struct channel_world w;
	struct mail_server s;
	int want = 40;

	(void)state;
	server_start(&s, &(struct script){.rcpt = "550 5.1.1 no"});
	open_email(&w, &s, "");
	w.answers = 0;
	for (int i = 0; i < want; i++)
		sender_kind(w.sender)->send(sender_state(w.sender), &w.item, channel_answered, &w);
	for (int i = 0; i < 2000 && w.answers < want; i++) {
		loop_run_once(w.loop, false);
		usleep(2000);
	}
	assert_int_equal(w.answers, want);
	channel_world_fini(&w);
	peer_stop(s.peer);
}

static void
wrong_settings_are_named(void **state)
{
	static const struct {
		const char *yaml, *words;
	} cases[] = {
	    {"server: mail.example.org\nfrom: a@b.example", "smtp://"},
	    {"server: http://mail.example.org\nfrom: a@b.example", "smtp://"},
	    {"server: smtp://me:secret@mail.example.org\nfrom: a@b.example", "user and password"},
	    {"server: smtp://mail.example.org\nfrom: Acme", "from: 'Acme'"},
	    {"server: smtp://mail.example.org\nfrom: \"Acme <a@b.example>\"", "from:"},
	    {"server: smtp://mail.example.org\nfrom: a@b.example\nreply_to: \"a@b\\r\\nBcc: x@y\"",
		"reply_to:"},
	    {"server: smtp://mail.example.org\nfrom: a@b.example\nuser: me", "password"},
	    {"server: smtp://mail.example.org\nfrom: a@b.example\npassword: "
	     "${EARSHOT_TEST_PASSWORD}",
		"user"},
	    {"server: smtp://mail.example.org\nfrom: a@b.example\nlist_unsubscribe: [\"http://x\"]",
		"list_unsubscribe"},
	    {"server: smtp://mail.example.org\nfrom: a@b.example\none_click: yes", "one_click"},
	};

	(void)state;
	setenv("EARSHOT_TEST_PASSWORD", "hunter2", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel_world w;

		channel_world_init(&w);
		if (channel_open(&w, &sender_email_ops, cases[i].yaml) != -1 ||
		    strstr(w.err.text, cases[i].words) == NULL ||
		    strstr(w.err.text, "secret") != NULL || strstr(w.err.text, "hunter2") != NULL)
			fail_msg("%s: '%s'", cases[i].yaml, w.err.text);
		channel_world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_word_of_the_server_has_its_outcome),
	    cmocka_unit_test(a_server_that_is_not_there_means_later),
	    cmocka_unit_test(a_login_without_encryption_is_not_tried),
	    cmocka_unit_test(mail_without_encryption_needs_to_be_allowed),
	    cmocka_unit_test(the_mail_on_the_wire_is_the_message),
	    cmocka_unit_test(a_notice_says_that_it_is_repeated_and_offers_no_unsubscribing),
	    cmocka_unit_test(dots_and_commands_in_a_text_stay_text),
	    cmocka_unit_test(addresses_that_cannot_be_are_refused_before_anybody_is_called),
	    cmocka_unit_test(a_message_without_text_is_refused),
	    cmocka_unit_test(closing_reports_what_is_under_way_as_unknown),
	    cmocka_unit_test(many_mails_each_get_one_answer),
	    cmocka_unit_test(wrong_settings_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
