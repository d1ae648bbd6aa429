#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/http_client.h"
#include "platform/loop.h"
#include "platform/smtp_internal.h"
#include "platform/sysclock.h"
#include "tests/support/peer.h"

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

/* ---- what replies say ---------------------------------------------------- */

static void
replies_are_read_line_by_line(void **state)
{
	static const struct {
		const char *lines[5];
		int code, enhanced[3];
		const char *text;
	} cases[] = {
	    {{"250 OK"}, 250, {0, 0, 0}, "250 OK"},
	    {{"250"}, 250, {0, 0, 0}, "250"},
	    {{"550 5.1.1 no such user\r\n"}, 550, {5, 1, 1}, "550 5.1.1 no such user"},
	    {{"550-5.7.26 first\r\n", "550 5.7.99 second\r\n"}, 550, {5, 7, 26},
		"550-5.7.26 first"},
	    {{"250-mail.example", "250-STARTTLS", "250 HELP"}, 250, {0, 0, 0}, "250-mail.example"},
	    {{"452 4.2.2 full", "221 2.0.0 bye"}, 452, {4, 2, 2}, "452 4.2.2 full"},
	    {{"550 5.1.1 no", "250 OK"}, 250, {0, 0, 0}, "250 OK"},
	    {{"451 4.7.1"}, 451, {4, 7, 1}, "451 4.7.1"},
	    {{"550 4.1.1 of another class"}, 550, {0, 0, 0}, "550 4.1.1 of another class"},
	    {{"550 5.1.1.1 four parts"}, 550, {0, 0, 0}, "550 5.1.1.1 four parts"},
	    {{"550 5.1.1234 too long"}, 550, {0, 0, 0}, "550 5.1.1234 too long"},
	    {{"550 5..1 a gap"}, 550, {0, 0, 0}, "550 5..1 a gap"},
	    {{"550 5.1"}, 550, {0, 0, 0}, "550 5.1"},
	    {{"550 \x01\xff"}, 550, {0, 0, 0}, "550 ??"},
	    {{"nonsense", "", "99 x", "1234 x", "650 x"}, 0, {0, 0, 0}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct smtp_reply r = {0};

		for (size_t k = 0; k < 5 && cases[i].lines[k] != NULL; k++)
			smtp_reply_take(&r, slice_of(cases[i].lines[k]));
		if (r.code != cases[i].code ||
		    memcmp(r.enhanced, cases[i].enhanced, sizeof r.enhanced) != 0 ||
		    strcmp(r.text, cases[i].text) != 0)
			fail_msg("case %zu: %d %d.%d.%d '%s'", i, r.code, r.enhanced[0],
			    r.enhanced[1], r.enhanced[2], r.text);
	}
}

/* ---- a scripted server --------------------------------------------------- */

/* Each reply may be NULL: the ordinary one; "" : hang up instead. */
struct script {
	const char *greeting, *ehlo, *starttls, *auth, *from, *to, *data, *dot;
	int dot_after_ms;
	bool is_mute_at_quit;

	/* what was seen; one mail at a time */
	char mail_from[100], rcpt_to[100], login[200], message[10000];
	_Atomic int mails, quits;
};

/* Several connections of one script may be at it side by side. */
static void
remember(char *out, size_t size, const char *text)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	snprintf(out, size, "%s", text);
	pthread_mutex_unlock(&mutex);
}

static bool
reply(int fd, const char *special, const char *usual)
{
	const char *text = special == NULL ? usual : special;

	if (*text == '\0')
		return false;
	return peer_say(fd, text);
}

/* The message up to the lone dot, with dots unstuffed. false: the stream ended. */
static bool
take_message(int fd, struct script *s)
{
	char line[2000], message[sizeof s->message] = "";
	size_t len = 0;

	while (peer_line(fd, line, sizeof line)) {
		const char *at = line;

		if (strcmp(line, ".") == 0) {
			remember(s->message, sizeof s->message, message);
			return true;
		}
		if (*at == '.')
			at++;
		if (len < sizeof message)
			len += (size_t)snprintf(message + len, sizeof message - len, "%s\n", at);
	}
	return false;
}

static bool
serve_line(int fd, struct script *s, const char *line)
{
	if (strncmp(line, "EHLO", 4) == 0)
		return reply(fd, s->ehlo, "250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n");
	if (strncmp(line, "STARTTLS", 8) == 0)
		return reply(fd, s->starttls, "454 4.7.0 not now\r\n");
	if (strncmp(line, "AUTH", 4) == 0) {
		if (!peer_say(fd, "334 \r\n") || !peer_line(fd, s->login, sizeof s->login))
			return false;
		return reply(fd, s->auth, "235 2.7.0 welcome\r\n");
	}
	if (strncmp(line, "MAIL", 4) == 0) {
		remember(s->mail_from, sizeof s->mail_from, line);
		return reply(fd, s->from, "250 2.1.0 ok\r\n");
	}
	if (strncmp(line, "RCPT", 4) == 0) {
		remember(s->rcpt_to, sizeof s->rcpt_to, line);
		return reply(fd, s->to, "250 2.1.5 ok\r\n");
	}
	if (strncmp(line, "DATA", 4) == 0) {
		if (!reply(fd, s->data, "354 go on\r\n"))
			return false;
		if (s->data != NULL)
			return true;
		if (!take_message(fd, s))
			return false;
		s->mails++;
		usleep((useconds_t)s->dot_after_ms * 1000);
		return reply(fd, s->dot, "250 2.0.0 queued\r\n");
	}
	if (strncmp(line, "QUIT", 4) == 0) {
		s->quits++;
		if (s->is_mute_at_quit)
			peer_wait_closed(fd);
		else
			(void)peer_say(fd, "221 2.0.0 bye\r\n");
		return false;
	}
	return peer_say(fd, "250 ok\r\n");
}

static void
serve(void *cookie, int fd, int number)
{
	struct script *s = cookie;
	char line[2000];

	(void)number;
	if (!reply(fd, s->greeting, "220 mail.test ESMTP\r\n"))
		return;
	while (peer_line(fd, line, sizeof line) && serve_line(fd, s, line))
		continue;
}

/* ---- a client ------------------------------------------------------------ */

struct world {
	struct loop *loop;
	struct http_client *client;
	struct smtp_result got;
	char error[500];
	int calls, accepted, to_come;
};

static void
world_open(struct world *w, const char *allowed)
{
	const struct http_policy policy = {&allowed, allowed != NULL};

	*w = (struct world){0};
	assert_int_equal(loop_new(&w->loop, NULL), 0);
	assert_int_equal(http_client_new(w->loop, &policy, &w->client, NULL), 0);
}

static void
world_close(struct world *w)
{
	http_client_free(w->client);
	loop_free(w->loop);
}

static void
take_result(void *cookie, const struct smtp_result *r)
{
	struct world *w = cookie;

	w->calls++;
	w->accepted += r->is_accepted;
	w->got = *r;
	snprintf(w->error, sizeof w->error, "%s", r->error == NULL ? "" : r->error);
	assert_int_equal(r->is_accepted, r->error == NULL);
	assert_true(!r->is_accepted || r->progress == HTTP_ANSWERED);
	w->to_come--;
}

static const char *
url_of(struct peer *p)
{
	static char url[60];

	snprintf(url, sizeof url, "smtp://127.0.0.1:%d", peer_port(p));
	return url;
}

static struct smtp_call
mail_to(struct peer *p)
{
	return (struct smtp_call){.url = url_of(p),
	    .from = "shop@example.org",
	    .to = "kim@example.com",
	    .message = SLICE_LIT("Subject: hi\r\n\r\n.dot first\r\n..two\r\nlast\r\n"),
	    .timeout_ms = 30000};
}

static void
world_send(struct world *w, const struct smtp_call *call)
{
	struct err err = {0};
	int calls = w->calls;

	w->to_come = 1;
	if (smtp_start(w->client, call, take_result, w, NULL, &err) != 0)
		fail_msg("refused: %s", err.text);
	assert_int_equal(w->calls, calls);
	while (w->to_come > 0)
		loop_run_once(w->loop, true);
}

/* ---- tests --------------------------------------------------------------- */

static void
a_mail_arrives_as_it_was_written(void **state)
{
	struct script s = {0};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);
	struct world w;

	(void)state;
	world_open(&w, "127.0.0.1");
	world_send(&w, &call);
	assert_true(w.got.is_accepted);
	assert_int_equal(w.got.code, 250);
	assert_int_equal(w.got.enhanced[0], 2);
	assert_string_equal(s.mail_from, "MAIL FROM:<shop@example.org>");
	assert_string_equal(s.rcpt_to, "RCPT TO:<kim@example.com>");
	assert_string_equal(s.message, "Subject: hi\n\n.dot first\n..two\nlast\n");
	assert_string_equal(s.login, "");
	/* Without a line end at the end one is added, and nothing else. */
	call.message = SLICE_LIT(".");
	world_send(&w, &call);
	assert_true(w.got.is_accepted);
	assert_string_equal(s.message, ".\n");
	world_close(&w);
	peer_stop(p);
}

static void
a_large_mail_with_many_dots_is_whole(void **state)
{
	static char text[400000];
	struct script s = {0};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof text; i += 4)
		memcpy(text + i, "..\r\n", 4);
	world_open(&w, "127.0.0.1");
	call.message = slice_make(text, sizeof text);
	world_send(&w, &call);
	assert_true(w.got.is_accepted);
	/* What fits is kept, the rest was read up to the lone dot. */
	assert_memory_equal(s.message, "..\n..\n..\n", 9);
	assert_int_equal(s.mails, 1);
	world_close(&w);
	peer_stop(p);
}

static void
the_servers_reply_decides(void **state)
{
	static const struct {
		const char *note;
		struct script script;
		enum http_progress progress;
		int code, enhanced[3];
		bool is_accepted;
	} cases[] = {
	    {"no such user", {.to = "550 5.1.1 no such user\r\n"}, HTTP_ANSWERED, 550, {5, 1, 1},
		false},
	    {"greylisted", {.to = "450 4.7.1 come back\r\n"}, HTTP_ANSWERED, 450, {4, 7, 1}, false},
	    {"mailbox full", {.to = "452 4.2.2 full\r\n"}, HTTP_ANSWERED, 452, {4, 2, 2}, false},
	    {"no enhanced code", {.to = "551 no\r\n"}, HTTP_ANSWERED, 551, {0, 0, 0}, false},
	    {"several lines", {.to = "550-5.1.10 first\r\n550 5.1.10 second\r\n"}, HTTP_ANSWERED,
		550, {5, 1, 10}, false},
	    {"sender refused", {.from = "553 5.1.8 bad sender\r\n"}, HTTP_ANSWERED, 553, {5, 1, 8},
		false},
	    {"login demanded", {.from = "530 5.7.0 log in\r\n"}, HTTP_ANSWERED, 530, {5, 7, 0},
		false},
	    {"data refused", {.data = "554 5.5.1 no valid recipients\r\n"}, HTTP_ANSWERED, 554,
		{5, 5, 1}, false},
	    {"content refused", {.dot = "554 5.6.0 spam\r\n"}, HTTP_ANSWERED, 554, {5, 6, 0},
		false},
	    {"content put off", {.dot = "451 4.3.0 try later\r\n"}, HTTP_ANSWERED, 451, {4, 3, 0},
		false},
	    {"going down before the mail", {.greeting = "421 4.3.2 closing\r\n"}, HTTP_NOT_SENT,
		421, {4, 3, 2}, false},
	    {"not for us", {.greeting = "554 5.7.1 go away\r\n"}, HTTP_NOT_SENT, 554, {5, 7, 1},
		false},
	    {"hangs up at once", {.greeting = ""}, HTTP_NOT_SENT, 0, {0, 0, 0}, false},
	    {"hangs up at the hello", {.ehlo = ""}, HTTP_NOT_SENT, 0, {0, 0, 0}, false},
	    {"hangs up at the sender", {.from = ""}, HTTP_NOT_SENT, 0, {0, 0, 0}, false},
	    {"hangs up at the recipient", {.to = ""}, HTTP_NOT_SENT, 0, {0, 0, 0}, false},
	    {"hangs up before the data", {.data = ""}, HTTP_NOT_SENT, 0, {0, 0, 0}, false},
	    {"hangs up after the dot", {.dot = ""}, HTTP_MAYBE_SENT, 0, {0, 0, 0}, false},
	    {"another good code", {.dot = "251 2.1.5 forwarded\r\n"}, HTTP_ANSWERED, 251, {2, 1, 5},
		true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script s = cases[i].script;
		struct peer *p = peer_start(serve, &s);
		struct smtp_call call = mail_to(p);
		struct world w;

		world_open(&w, "127.0.0.1");
		world_send(&w, &call);
		if (w.got.progress != cases[i].progress || w.got.code != cases[i].code ||
		    memcmp(w.got.enhanced, cases[i].enhanced, sizeof w.got.enhanced) != 0 ||
		    w.got.is_accepted != cases[i].is_accepted || w.got.is_login_denied)
			fail_msg("%s: progress %d, %d %d.%d.%d, accepted %d '%s'", cases[i].note,
			    (int)w.got.progress, w.got.code, w.got.enhanced[0], w.got.enhanced[1],
			    w.got.enhanced[2], w.got.is_accepted, w.error);
		world_close(&w);
		peer_stop(p);
	}
}

static void
silence_ends_at_the_deadline(void **state)
{
	static const struct {
		struct script script;
		enum http_progress progress;
	} cases[] = {
	    {{.dot_after_ms = 2500}, HTTP_MAYBE_SENT},
	    {{.data = " "}, HTTP_NOT_SENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script s = cases[i].script;
		struct peer *p = peer_start(serve, &s);
		struct smtp_call call = mail_to(p);
		struct world w;
		int64_t began_ms = mono_ms(), lag_ms;

		world_open(&w, "127.0.0.1");
		(void)loop_worst_lag_ms(w.loop);
		call.timeout_ms = 400;
		world_send(&w, &call);
		lag_ms = loop_worst_lag_ms(w.loop);
		assert_int_equal(w.got.progress, cases[i].progress);
		assert_in_range(mono_ms() - began_ms, 399, 2300);
		/* The server's silence is the mail thread's, not the loop's. */
		assert_in_range(lag_ms, 0, 350);
		world_close(&w);
		peer_stop(p);
	}
}

static void
logins_are_made_and_their_failure_is_told(void **state)
{
	static const struct {
		const char *auth;
		bool is_accepted, is_denied;
		int code;
	} cases[] = {
	    {NULL, true, false, 250},
	    {"535 5.7.8 wrong\r\n", false, true, 535},
	    {"454 4.7.0 later\r\n", false, true, 454},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script s = {.auth = cases[i].auth};
		struct peer *p = peer_start(serve, &s);
		struct smtp_call call = mail_to(p);
		struct world w;

		world_open(&w, "127.0.0.1");
		call.user = "kim";
		call.password = "pw";
		call.allow_insecure_auth = true;
		world_send(&w, &call);
		assert_int_equal(w.got.is_accepted, cases[i].is_accepted);
		assert_int_equal(w.got.is_login_denied, cases[i].is_denied);
		assert_int_equal(w.got.code, cases[i].code);
		assert_int_equal(w.got.progress, HTTP_ANSWERED);
		/* base64 of NUL kim NUL pw */
		assert_string_equal(s.login, "AGtpbQBwdw==");
		assert_null(strstr(w.error, "pw"));
		world_close(&w);
		peer_stop(p);
	}
}

static void
without_tls_nothing_secret_is_said(void **state)
{
	static const struct {
		const char *ehlo, *starttls;
		bool has_user, require_tls;
	} cases[] = {
	    {NULL, NULL, true, false}, /* not offered */
	    {NULL, NULL, false, true},
	    {"250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", NULL, true,
		false}, /* offered, refused */
	    {"250-x\r\n250 STARTTLS\r\n", "220 go\r\n250 2.0.0 injected\r\n", true, true},
	    {"250-x\r\n250 STARTTLS\r\n", "501 5.5.4 what\r\n", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script s = {.ehlo = cases[i].ehlo, .starttls = cases[i].starttls};
		struct peer *p = peer_start(serve, &s);
		struct smtp_call call = mail_to(p);
		struct world w;

		world_open(&w, "127.0.0.1");
		if (cases[i].has_user) {
			call.user = "kim";
			call.password = "pw";
		}
		call.require_tls = cases[i].require_tls;
		call.timeout_ms = 1500;
		world_send(&w, &call);
		if (w.got.is_accepted || w.got.progress != HTTP_NOT_SENT)
			fail_msg("case %zu: progress %d '%s'", i, (int)w.got.progress, w.error);
		assert_string_equal(s.login, "");
		assert_string_equal(s.mail_from, "");
		world_close(&w);
		peer_stop(p);
	}
}

static void
mails_one_after_the_other_share_a_connection(void **state)
{
	struct script s = {0};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);
	struct world w;

	(void)state;
	world_open(&w, "127.0.0.1");
	for (int i = 0; i < 12; i++) {
		world_send(&w, &call);
		assert_true(w.got.is_accepted);
	}
	assert_int_equal(s.mails, 12);
	/* At most one connection for each of the threads. */
	assert_in_range(peer_connections(p), 1, SMTP_WORKERS);
	world_close(&w);
	peer_stop(p);
}

static void
serve_one_and_leave(void *cookie, int fd, int number)
{
	struct script *s = cookie;
	char line[2000];
	int before = s->mails;

	(void)number;
	(void)peer_say(fd, "220 mail.test ESMTP\r\n");
	while (s->mails == before && peer_line(fd, line, sizeof line) && serve_line(fd, s, line))
		continue;
}

static void
a_kept_connection_that_died_is_replaced(void **state)
{
	struct script s = {0};
	struct peer *p = peer_start(serve_one_and_leave, &s);
	struct smtp_call call = mail_to(p);
	struct world w;

	(void)state;
	world_open(&w, "127.0.0.1");
	for (int i = 0; i < 12; i++) {
		world_send(&w, &call);
		assert_true(w.got.is_accepted);
	}
	assert_int_equal(s.mails, 12);
	assert_int_equal(peer_connections(p), 12);
	world_close(&w);
	peer_stop(p);
}

static void
many_mails_go_side_by_side_and_the_queue_has_an_end(void **state)
{
	struct script scripts[1] = {{.dot_after_ms = 30}};
	struct peer *p = peer_start(serve, &scripts[0]);
	struct smtp_call call = mail_to(p);
	struct err err = {0};
	int started = 0;
	struct world w;

	(void)state;
	world_open(&w, "127.0.0.1");
	while (smtp_start(w.client, &call, take_result, &w, NULL, &err) == 0)
		started++;
	assert_int_equal(err.kind, ERR_BUSY);
	assert_in_range(started, 256, 256 + SMTP_WORKERS);
	w.to_come = 40;
	while (w.to_come > 0)
		loop_run_once(w.loop, true);
	assert_int_equal(w.calls, w.accepted);
	/* The rest is cancelled. */
	world_close(&w);
	peer_stop(p);
}

static void
calls_that_cannot_be_made_are_refused_at_once(void **state)
{
	static const struct {
		const char *url, *from, *to, *message;
	} cases[] = {
	    {"http://127.0.0.1", "a@b", "c@d", "x\r\n"},
	    {"smtp://", "a@b", "c@d", "x\r\n"},
	    {"mail.example", "a@b", "c@d", "x\r\n"},
	    {"smtp://127.0.0.1", "", "c@d", "x\r\n"},
	    {"smtp://127.0.0.1", "a@b", "", "x\r\n"},
	    {"smtp://127.0.0.1", "a@b", "c@d\r\nRCPT TO:<e@f>", "x\r\n"},
	    {"smtp://127.0.0.1", "a@b>", "c@d", "x\r\n"},
	    {"smtp://127.0.0.1", "a b@c", "c@d", "x\r\n"},
	    {"smtp://127.0.0.1", "a@b", "j\xc3\xb6rg@d", "x\r\n"},
	    {"smtp://127.0.0.1", "a@b", "c@d", ""},
	    {"smtp://127.0.0.1", "a@b", "c@d", "bare\n.\nMAIL FROM"},
	    {"smtp://127.0.0.1", "a@b", "c@d", "bare\r.\r"},
	    {"smtp://127.0.0.1", "a@b", "c@d", "x\r"},
	};
	struct world w;

	(void)state;
	world_open(&w, "127.0.0.1");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct smtp_call call = {.url = cases[i].url,
		    .from = cases[i].from,
		    .to = cases[i].to,
		    .message = slice_of(cases[i].message)};
		struct err err = {0};

		if (smtp_start(w.client, &call, take_result, &w, NULL, &err) != -1)
			fail_msg("case %zu was taken", i);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	world_close(&w);
	assert_int_equal(w.calls, 0);
}

static void
the_address_policy_counts_for_mail_too(void **state)
{
	struct script s = {0};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);
	char by_name[60];
	struct world w;

	(void)state;
	world_open(&w, NULL);
	world_send(&w, &call);
	assert_int_equal(w.got.progress, HTTP_NOT_SENT);
	assert_non_null(strstr(w.error, "private"));
	assert_int_equal(peer_connections(p), 0);
	world_close(&w);

	world_open(&w, "localhost");
	snprintf(by_name, sizeof by_name, "smtp://localhost:%d", peer_port(p));
	call.url = by_name;
	world_send(&w, &call);
	assert_true(w.got.is_accepted);
	world_close(&w);
	peer_stop(p);
}

static void
after_a_cancel_no_callback_comes(void **state)
{
	struct script s = {.dot_after_ms = 300};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);
	struct world w;

	(void)state;
	for (int wait_ms = 0; wait_ms <= 100; wait_ms += 20) {
		struct http_request *r = NULL;
		int64_t began_ms;

		world_open(&w, "127.0.0.1");
		assert_int_equal(smtp_start(w.client, &call, take_result, &w, &r, NULL), 0);
		usleep((useconds_t)wait_ms * 1000);
		loop_run_once(w.loop, false);
		http_request_cancel(r);
		for (int i = 0; i < 10; i++) {
			usleep(2000);
			loop_run_once(w.loop, false);
		}
		assert_int_equal(w.calls, 0);
		/* The worker is hung up on; it does not wait for the server. */
		began_ms = mono_ms();
		world_close(&w);
		assert_in_range(mono_ms() - began_ms, 0, 1500);
		assert_int_equal(w.calls, 0);
	}
	peer_stop(p);
}

static void
a_server_that_is_mute_at_quit_holds_nobody_up(void **state)
{
	struct script s = {.is_mute_at_quit = true};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);
	int64_t began_ms;
	struct world w;

	(void)state;
	world_open(&w, "127.0.0.1");
	world_send(&w, &call);
	assert_true(w.got.is_accepted);
	began_ms = mono_ms();
	world_close(&w);
	assert_in_range(mono_ms() - began_ms, 0, 1500);
	peer_stop(p);
}

static void
every_failing_allocation_is_an_error(void **state)
{
	struct script s = {0};
	struct peer *p = peer_start(serve, &s);
	struct smtp_call call = mail_to(p);

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct world w;
		bool hit;
		int rc;

		world_open(&w, "127.0.0.1");
		mem_fault_arm(nth, true);
		rc = smtp_start(w.client, &call, take_result, &w, NULL, NULL);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		if (!hit) {
			assert_int_equal(rc, 0);
			w.to_come = 1;
			while (w.to_come > 0)
				loop_run_once(w.loop, true);
			assert_true(w.got.is_accepted);
		}
		world_close(&w);
		if (!hit)
			break;
	}
	peer_stop(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_are_read_line_by_line),
	    cmocka_unit_test(a_mail_arrives_as_it_was_written),
	    cmocka_unit_test(a_large_mail_with_many_dots_is_whole),
	    cmocka_unit_test(the_servers_reply_decides),
	    cmocka_unit_test(silence_ends_at_the_deadline),
	    cmocka_unit_test(logins_are_made_and_their_failure_is_told),
	    cmocka_unit_test(without_tls_nothing_secret_is_said),
	    cmocka_unit_test(mails_one_after_the_other_share_a_connection),
	    cmocka_unit_test(a_kept_connection_that_died_is_replaced),
	    cmocka_unit_test(many_mails_go_side_by_side_and_the_queue_has_an_end),
	    cmocka_unit_test(calls_that_cannot_be_made_are_refused_at_once),
	    cmocka_unit_test(the_address_policy_counts_for_mail_too),
	    cmocka_unit_test(after_a_cancel_no_callback_comes),
	    cmocka_unit_test(a_server_that_is_mute_at_quit_holds_nobody_up),
	    cmocka_unit_test(every_failing_allocation_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
