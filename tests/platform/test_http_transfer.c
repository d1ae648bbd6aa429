/* One request and its answer: what is sent, broken answers, limits, redirects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/platform/http_world.h"

#include "core/buf.h"
#include "platform/http_server.h"
#include "tests/support/peer.h"

/* ---- what is sent -------------------------------------------------------- */

static void
echo(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	static const char *const shown[] = {"host", "user-agent", "accept-encoding", "content-type",
	    "content-length", "authorization", "x-empty", "expect", "cookie"};
	struct buf b;

	(void)cookie;
	buf_init(&b, 1 << 20);
	buf_addf(&b, "%s %.*s?%.*s\n", call->method, SLICE_ARG(call->path), SLICE_ARG(call->query));
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		struct slice value = http_server_header(r, shown[i]);

		if (slice_is_set(value))
			buf_addf(&b, "%s=%.*s\n", shown[i], SLICE_ARG(value));
	}
	buf_addf(&b, "%.*s", SLICE_ARG(call->body));
	http_reply(r, 200, NULL, 0, buf_slice(&b));
	buf_fini(&b);
}

static void
a_request_arrives_as_asked(void **state)
{
	const struct http_header headers[] = {
	    {SLICE_LIT("Authorization"), SLICE_LIT("Bearer t")},
	    {SLICE_LIT("X-Empty"), SLICE_LIT("")},
	    {SLICE_LIT("Content-Type"), SLICE_LIT("text/x")},
	};
	static const struct {
		const char *method, *url;
		size_t header_count;
		const char *body, *want;
	} cases[] = {
	    {"GET", "/a%2Fb?c=d#fragment", 0, NULL,
		"GET /a%2Fb?c=d\nhost=HOST\nuser-agent=earshot/" EARSHOT_VERSION
		"\naccept-encoding=gzip, deflate\n"},
	    {"POST", "/", 3, "body",
		"POST /?\nhost=HOST\nuser-agent=earshot/" EARSHOT_VERSION
		"\naccept-encoding=gzip, deflate\ncontent-type=text/x\ncontent-length=4\n"
		"authorization=Bearer t\nx-empty=\nbody"},
	    {"POST", "/", 0, NULL,
		"POST /?\nhost=HOST\nuser-agent=earshot/" EARSHOT_VERSION
		"\naccept-encoding=gzip, deflate\ncontent-length=0\n"},
	    {"POST", "/", 0, "b",
		"POST /?\nhost=HOST\nuser-agent=earshot/" EARSHOT_VERSION
		"\naccept-encoding=gzip, deflate\ncontent-length=1\nb"},
	    {"PUT", "/p", 0, "b",
		"PUT /p?\nhost=HOST\nuser-agent=earshot/" EARSHOT_VERSION
		"\naccept-encoding=gzip, deflate\ncontent-length=1\nb"},
	    {"DELETE", "/d", 0, NULL,
		"DELETE /d?\nhost=HOST\nuser-agent=earshot/" EARSHOT_VERSION
		"\naccept-encoding=gzip, deflate\n"},
	};
	struct http_server_options o = {.address = "127.0.0.1:0"};
	struct http_server *s;
	struct world w;
	const struct got *got;

	(void)state;
	world_open_local(&w);
	assert_int_equal(http_server_new(w.loop, &o, echo, NULL, &s, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char want[500], host[40];
		const char *at = strstr(cases[i].want, "HOST");

		snprintf(host, sizeof host, "127.0.0.1:%d", http_server_port(s));
		snprintf(want, sizeof want, "%.*s%s%s", (int)(at - cases[i].want), cases[i].want,
		    host, at + 4);
		got = world_call(&w,
		    &(struct http_call){.method = cases[i].method,
			.url = url_of(http_server_port(s), cases[i].url),
			.headers = headers,
			.header_count = cases[i].header_count,
			.body = slice_of(cases[i].body)});
		assert_int_equal(got->progress, HTTP_ANSWERED);
		assert_int_equal(got->status, 200);
		assert_string_equal(got->body, want);
		assert_false(got->was_moved);
	}
	got = world_call(
	    &w, &(struct http_call){.method = "HEAD", .url = url_of(http_server_port(s), "/h")});
	assert_int_equal(got->status, 200);
	assert_int_equal(got->body_len, 0);
	http_server_free(s);
	world_close(&w);
}

static void
calls_that_cannot_be_made_are_refused_at_once(void **state)
{
	static const struct {
		const char *method, *url;
		struct http_header header;
	} cases[] = {
	    {"GET", "ftp://127.0.0.1/", {{0}, {0}}},
	    {"GET", "file:///etc/passwd", {{0}, {0}}},
	    {"GET", "gopher://127.0.0.1/", {{0}, {0}}},
	    {"GET", "http://", {{0}, {0}}},
	    {"GET", "", {{0}, {0}}},
	    {"GET", "http://127.0.0.1:0/", {{0}, {0}}},
	    {"GET", "http://127.0.0.1:99999/", {{0}, {0}}},
	    {"GET", "http://a b/", {{0}, {0}}},
	    {"GET", "http://a/\r\nX: y", {{0}, {0}}},
	    {"GET", "/relative", {{0}, {0}}},
	    {"", "http://127.0.0.1/", {{0}, {0}}},
	    {"GET / HTTP/1.1\r\n", "http://127.0.0.1/", {{0}, {0}}},
	    {"GET", "http://127.0.0.1/", {{"X\r\nY", 4}, {"v", 1}}},
	    {"GET", "http://127.0.0.1/", {{"X Y", 3}, {"v", 1}}},
	    {"GET", "http://127.0.0.1/", {{"", 0}, {"v", 1}}},
	    {"GET", "http://127.0.0.1/", {{"X", 1}, {"a\r\nY: b", 7}}},
	    {"GET", "http://127.0.0.1/", {{"X", 1}, {"a\0b", 3}}},
	};
	struct world w;

	(void)state;
	world_open_local(&w);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};
		struct http_call call = {.method = cases[i].method,
		    .url = cases[i].url,
		    .headers = &cases[i].header,
		    .header_count = cases[i].header.name.ptr != NULL};

		if (http_client_start(w.client, &call, world_take, &w, NULL, &err) != -1)
			fail_msg("case %zu: '%s' was taken", i, cases[i].url);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	loop_run_once(w.loop, false);
	assert_int_equal(w.got.calls, 0);
	world_close(&w);
}

/* ---- broken answers ------------------------------------------------------ */

struct script {
	const char *answer;
	size_t len; /* 0: a C string */
	bool keep_open;
};

static void
play_script(void *cookie, int fd, int number)
{
	const struct script *s = cookie;
	char request[4000];

	(void)number;
	while (peer_message(fd, request, sizeof request) > 0) {
		(void)peer_say_bytes(fd, s->answer, s->len > 0 ? s->len : strlen(s->answer));
		if (!s->keep_open)
			return;
	}
}

static void
broken_answers_are_told_apart_from_whole_ones(void **state)
{
	static const struct {
		const char *note, *answer;
		enum http_progress progress;
		int status;
		const char *body, *mark;
	} cases[] = {
	    {"whole", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Mark: m\r\n\r\nok", HTTP_ANSWERED,
		200, "ok", "m"},
	    {"until the end of the stream", "HTTP/1.0 200 OK\r\n\r\nall", HTTP_ANSWERED, 200, "all",
		""},
	    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		HTTP_ANSWERED, 200, "ok", ""},
	    {"not modified, with a length of what it is not",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nX-Mark: e\r\n\r\n",
		HTTP_ANSWERED, 304, "", "e"},
	    {"no content", "HTTP/1.1 204 No Content\r\n\r\n", HTTP_ANSWERED, 204, "", ""},
	    {"an early hint first",
		"HTTP/1.1 103 Early Hints\r\nX-Mark: early\r\n\r\n"
		"HTTP/1.1 200 OK\r\nX-Mark: late\r\nContent-Length: 0\r\n\r\n",
		HTTP_ANSWERED, 200, "", "late"},
	    {"an error with a body", "HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad",
		HTTP_ANSWERED, 500, "bad", ""},
	    {"a redirect nobody asked to follow",
		"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", HTTP_ANSWERED,
		302, "", ""},
	    {"a body that is cut", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf",
		HTTP_MAYBE_SENT, 0, "", ""},
	    {"chunks without end",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", HTTP_MAYBE_SENT,
		0, "", ""},
	    {"a chunk of no size",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
		HTTP_MAYBE_SENT, 0, "", ""},
	    {"two lengths that differ",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\nok",
		HTTP_MAYBE_SENT, 0, "", ""},
	    {"half a head", "HTTP/1.1 200 OK\r\nContent-Le", HTTP_MAYBE_SENT, 0, "", ""},
	    {"no answer at all", "", HTTP_MAYBE_SENT, 0, "", ""},
	    {"something else", "220 mail.example ESMTP\r\n", HTTP_MAYBE_SENT, 0, "", ""},
	    {"gzip that is none",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
		HTTP_MAYBE_SENT, 0, "", ""},
	};
	struct world w;

	(void)state;
	world_open_local(&w);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script script = {.answer = cases[i].answer};
		struct peer *p = peer_start(play_script, &script);
		const struct got *got = world_get(&w, peer_port(p), "/");

		if (got->progress != cases[i].progress || got->status != cases[i].status ||
		    strcmp(got->header, cases[i].mark) != 0 ||
		    (got->progress == HTTP_ANSWERED && strcmp(got->body, cases[i].body) != 0))
			fail_msg("%s: progress %d, status %d, body '%s', mark '%s', words '%s'",
			    cases[i].note, (int)got->progress, got->status, got->body, got->header,
			    got->error);
		peer_stop(p);
	}
	world_close(&w);
}

static void
header_floods_end_the_request(void **state)
{
	static const struct {
		const char *line;
		int count;
		bool is_good;
	} cases[] = {{"X: y\r\n", 150, true}, {"X: y\r\n", 500, false},
	    {"Long: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n",
		190, true}};
	struct world w;

	(void)state;
	world_open_local(&w);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script script = {0};
		const struct got *got;
		struct peer *p;
		struct buf b;

		buf_init(&b, 1 << 20);
		buf_add_str(&b, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
		for (int k = 0; k < cases[i].count; k++)
			buf_add_str(&b, cases[i].line);
		buf_add_str(&b, "\r\n");
		script.answer = buf_str(&b);
		p = peer_start(play_script, &script);
		got = world_get(&w, peer_port(p), "/");
		assert_int_equal(got->progress, cases[i].is_good ? HTTP_ANSWERED : HTTP_MAYBE_SENT);
		if (cases[i].is_good)
			assert_int_equal(got->header_count, cases[i].count + 1);
		else
			assert_non_null(strstr(got->error, "too long"));
		peer_stop(p);
		buf_fini(&b);
	}
	world_close(&w);
}

/* ---- limits -------------------------------------------------------------- */

static void
a_body_over_the_limit_is_cut_and_still_an_answer(void **state)
{
	static const struct {
		const char *body;
		bool is_cut;
	} cases[] = {{"0123456789", false}, {"0123456789a", true}};
	struct world w;

	(void)state;
	world_open_local(&w);
	for (size_t i = 0; i < 2; i++) {
		char answer[200];
		struct script script = {.answer = answer};
		struct peer *p;
		const struct got *got;

		snprintf(answer, sizeof answer,
		    "HTTP/1.1 200 OK\r\nX-Mark: m\r\nContent-Length: %zu\r\n\r\n%s",
		    strlen(cases[i].body), cases[i].body);
		p = peer_start(play_script, &script);
		got = world_call(&w,
		    &(struct http_call){
			.method = "GET", .url = url_of(peer_port(p), "/"), .max_body_bytes = 10});
		assert_int_equal(got->progress, HTTP_ANSWERED);
		assert_int_equal(got->status, 200);
		assert_string_equal(got->header, "m");
		assert_int_equal(got->is_body_cut, cases[i].is_cut);
		assert_string_equal(got->body, "0123456789");
		peer_stop(p);
	}
	world_close(&w);
}

/* Deflate by hand, fixed Huffman codes: bits are sent lowest first, codes highest bit first. */
struct bits {
	struct buf *out;
	unsigned byte, count;
};

static void
bits_add(struct bits *b, unsigned code, unsigned len)
{
	for (unsigned i = len; i-- > 0;) {
		b->byte |= (code >> i & 1) << b->count;
		if (++b->count == 8) {
			(void)buf_add_char(b->out, (char)b->byte);
			b->byte = b->count = 0;
		}
	}
}

static const char gzip_head[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

static void
answer_begin(struct buf *b, size_t length)
{
	buf_addf(
	    b, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", length);
}

static void
a_compressed_answer_is_unpacked(void **state)
{
	/* "hello" stored, with its checksum and length. */
	static const char packed[] = "\x01\x05\x00\xfa\xffhello\x86\xa6\x10\x36\x05\x00\x00\x00";
	struct script script = {0};
	const struct got *got;
	struct peer *p;
	struct world w;
	struct buf b;

	(void)state;
	world_open_local(&w);
	buf_init(&b, 1000);
	answer_begin(&b, sizeof gzip_head + sizeof packed - 1);
	buf_add(&b, gzip_head, sizeof gzip_head);
	buf_add(&b, packed, sizeof packed - 1);
	script.answer = b.ptr;
	script.len = b.len;
	p = peer_start(play_script, &script);
	got = world_get(&w, peer_port(p), "/");
	assert_int_equal(got->progress, HTTP_ANSWERED);
	assert_string_equal(got->body, "hello");
	peer_stop(p);
	buf_fini(&b);
	world_close(&w);
}

static void
a_compression_bomb_stops_at_the_limit(void **state)
{
	struct script script = {0};
	const struct got *got;
	struct bits bits = {0};
	struct peer *p;
	struct world w;
	struct buf packed, b;

	(void)state;
	world_open_local(&w);
	buf_init(&packed, 2 << 20);
	buf_init(&b, 2 << 20);
	bits.out = &packed;
	bits_add(&bits, 1, 1); /* the last block */
	bits_add(&bits, 2, 2); /* fixed codes, lowest bit first: 01 */
	bits_add(&bits, 0x30, 8); /* a zero byte */
	/* 200 MB: 258 bytes from 1 back, 13 bits each. */
	for (int i = 0; i < 200 * 4000; i++) {
		bits_add(&bits, 0xc5, 8);
		bits_add(&bits, 0, 5);
	}
	answer_begin(&b, packed.len + sizeof gzip_head);
	buf_add(&b, gzip_head, sizeof gzip_head);
	buf_add_slice(&b, buf_slice(&packed));
	assert_false(buf_failed(&b));
	script.answer = b.ptr;
	script.len = b.len;
	p = peer_start(play_script, &script);
	got = world_call(&w,
	    &(struct http_call){
		.method = "GET", .url = url_of(peer_port(p), "/"), .max_body_bytes = 1 << 20});
	assert_int_equal(got->progress, HTTP_ANSWERED);
	assert_true(got->is_body_cut);
	assert_int_equal(got->body_len, 1 << 20);
	peer_stop(p);
	buf_fini(&b);
	buf_fini(&packed);
	world_close(&w);
}

/* Empty stored blocks: any number of bytes on the wire, none of them yields one. */
static void
feed_nothing(void *cookie, int fd, int number)
{
	char request[4000], blocks[5000];

	(void)cookie;
	(void)number;
	for (size_t i = 0; i < sizeof blocks; i += 5)
		memcpy(blocks + i, "\x00\x00\x00\xff\xff", 5);
	if (peer_message(fd, request, sizeof request) == 0)
		return;
	(void)peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
	(void)peer_say_bytes(fd, gzip_head, sizeof gzip_head);
	while (peer_say_bytes(fd, blocks, sizeof blocks))
		continue;
}

static void
bytes_on_the_wire_that_yield_nothing_stop_too(void **state)
{
	struct peer *p = peer_start(feed_nothing, NULL);
	const struct got *got;
	struct world w;

	(void)state;
	world_open_local(&w);
	got = world_call(&w,
	    &(struct http_call){
		.method = "GET", .url = url_of(peer_port(p), "/"), .max_body_bytes = 1000});
	assert_int_equal(got->progress, HTTP_ANSWERED);
	assert_true(got->is_body_cut);
	assert_int_equal(got->body_len, 0);
	peer_stop(p);
	world_close(&w);
}

static void
drip(void *cookie, int fd, int number)
{
	char request[4000];

	(void)cookie;
	(void)number;
	if (peer_message(fd, request, sizeof request) == 0)
		return;
	(void)peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	while (peer_say(fd, "x"))
		usleep(20000);
}

static void
a_dripping_answer_ends_at_the_deadline(void **state)
{
	struct peer *p = peer_start(drip, NULL);
	int64_t began_ms;
	const struct got *got;
	struct world w;

	(void)state;
	world_open_local(&w);
	began_ms = mono_ms();
	got = world_call(&w,
	    &(struct http_call){
		.method = "GET", .url = url_of(peer_port(p), "/"), .timeout_ms = 200});
	assert_in_range(mono_ms() - began_ms, 199, 3000);
	assert_int_equal(got->progress, HTTP_MAYBE_SENT);
	assert_non_null(strstr(got->error, "200 ms"));
	peer_stop(p);
	world_close(&w);
}

/* ---- how far did it get -------------------------------------------------- */

static void
say_hello_first(void *cookie, int fd, int number)
{
	(void)cookie;
	(void)number;
	(void)peer_say(fd, "I am no TLS server\r\n");
	peer_wait_closed(fd);
}

static void
stay_silent(void *cookie, int fd, int number)
{
	(void)cookie;
	(void)number;
	peer_wait_closed(fd);
}

static void
nothing_was_sent_when_nobody_could_be_asked(void **state)
{
	struct peer *silent = peer_start(stay_silent, NULL),
		    *hello = peer_start(say_hello_first, NULL),
		    *gone = peer_start(stay_silent, NULL);
	int gone_port = peer_port(gone);
	struct world w;
	char url[100];
	const struct got *got;

	(void)state;
	peer_stop(gone);
	world_open_local(&w);
	got = world_call(&w,
	    &(struct http_call){
		.method = "POST", .url = url_of(gone_port, "/"), .body = SLICE_LIT("b")});
	assert_int_equal(got->progress, HTTP_NOT_SENT);
	/* The name is reserved never to exist (RFC 6761). */
	got =
	    world_call(&w, &(struct http_call){.method = "POST", .url = "http://nowhere.invalid/"});
	assert_int_equal(got->progress, HTTP_NOT_SENT);
	assert_non_null(strstr(got->error, "nowhere.invalid"));
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", peer_port(hello));
	got = world_call(&w, &(struct http_call){.method = "POST", .url = url});
	assert_int_equal(got->progress, HTTP_NOT_SENT);
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", peer_port(silent));
	got = world_call(&w, &(struct http_call){.method = "POST", .url = url, .timeout_ms = 150});
	assert_int_equal(got->progress, HTTP_NOT_SENT);
	/* The same silence without TLS: the request was written. */
	got = world_call(&w,
	    &(struct http_call){
		.method = "POST", .url = url_of(peer_port(silent), "/"), .timeout_ms = 150});
	assert_int_equal(got->progress, HTTP_MAYBE_SENT);
	peer_stop(silent);
	peer_stop(hello);
	world_close(&w);
}

struct flaky {
	_Atomic int asked;
};

/* Answers the first request of its first connection and hangs up on every later one. */
static void
answer_once(void *cookie, int fd, int number)
{
	struct flaky *f = cookie;
	char request[4000];

	while (peer_message(fd, request, sizeof request) > 0) {
		f->asked++;
		if (f->asked > 1 && number == 0)
			return;
		if (strstr(request, "POST") == request)
			return;
		if (!peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
			return;
	}
}

static void
a_deed_is_never_sent_twice_by_itself(void **state)
{
	struct flaky f = {0};
	struct peer *p = peer_start(answer_once, &f);
	const struct got *got;
	struct world w;

	(void)state;
	world_open_local(&w);
	got = world_get(&w, peer_port(p), "/");
	assert_int_equal(got->status, 200);
	got = world_call(&w,
	    &(struct http_call){
		.method = "POST", .url = url_of(peer_port(p), "/"), .body = SLICE_LIT("deed")});
	assert_int_equal(got->progress, HTTP_MAYBE_SENT);
	peer_stop(p);
	assert_int_equal(f.asked, 2);
	world_close(&w);
}

static void
a_question_on_a_dead_kept_connection_is_asked_again(void **state)
{
	struct flaky f = {0};
	struct peer *p = peer_start(answer_once, &f);
	const struct got *got;
	struct world w;

	(void)state;
	world_open_local(&w);
	for (int i = 0; i < 2; i++) {
		got = world_get(&w, peer_port(p), "/");
		assert_int_equal(got->status, 200);
	}
	assert_int_equal(peer_connections(p), 2);
	peer_stop(p);
	assert_int_equal(f.asked, 3);
	world_close(&w);
}

/* ---- redirects ----------------------------------------------------------- */

struct maze {
	struct http_server *other;
	int other_port, port;
	int seen_at_other;
	char auth_at_other[100], accept_at_other[100], auth_here[100];
};

static void
reply_moved(struct http_server_request *r, int status, const char *where)
{
	const struct http_header header = {SLICE_LIT("Location"), slice_of(where)};

	http_reply(r, status, &header, 1, SLICE_LIT("moved"));
}

static void
walk(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	static const struct {
		const char *path;
		int status;
		const char *where;
	} doors[] = {
	    {"/moved", 301, "/a/b"},
	    {"/a/b", 308, "c?x=1"},
	    {"/found", 302, "/end"},
	    {"/mixed", 301, "/found"},
	    {"/seven", 307, "/end#part"},
	    {"/loop", 302, "/loop"},
	    {"/private", 302, "http://127.0.0.2:9/"},
	    {"/private6", 302, "http://[::1]:9/"},
	    {"/private-decimal", 302, "http://2130706434/"},
	    {"/private-name", 301, "http://router.test/"},
	    {"/file", 302, "file:///etc/passwd"},
	    {"/ftp", 302, "ftp://127.0.0.1/"},
	    {"/nonsense", 302, "http://[::1/"},
	};
	struct maze *m = cookie;
	char where[100];

	snprintf(m->auth_here, sizeof m->auth_here, "%.*s",
	    SLICE_ARG(http_server_header(r, "authorization")));
	if (slice_eq_str(call->path, "/other")) {
		snprintf(where, sizeof where, "http://127.0.0.1:%d/end", m->other_port);
		reply_moved(r, 301, where);
		return;
	}
	for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++) {
		if (slice_eq_str(call->path, doors[i].path)) {
			reply_moved(r, doors[i].status, doors[i].where);
			return;
		}
	}
	http_reply(r, 200, NULL, 0, call->path);
}

static void
end_of_the_maze(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	struct maze *m = cookie;

	m->seen_at_other++;
	snprintf(m->auth_at_other, sizeof m->auth_at_other, "%.*s%.*s%.*s",
	    SLICE_ARG(http_server_header(r, "authorization")),
	    SLICE_ARG(http_server_header(r, "x-api-key")),
	    SLICE_ARG(http_server_header(r, "cookie")));
	snprintf(m->accept_at_other, sizeof m->accept_at_other, "%.*s",
	    SLICE_ARG(http_server_header(r, "accept")));
	http_reply(r, 200, NULL, 0, call->path);
}

static void
lookup_router(const char *host, struct resolver_answer *out)
{
	*out = (struct resolver_answer){.error = "no such name"};
	if (strcmp(host, "router.test") == 0 &&
	    net_address_parse("192.168.1.1", &out->addresses[0]))
		out->count = 1;
}

static void
maze_open(struct world *w, struct maze *m, struct http_server **s_r)
{
	static const char *const local[] = {"127.0.0.1"};
	struct http_server_options o = {.address = "127.0.0.1:0"};

	*m = (struct maze){0};
	world_open(w, local, 1, lookup_router);
	assert_int_equal(http_server_new(w->loop, &o, walk, m, s_r, NULL), 0);
	assert_int_equal(http_server_new(w->loop, &o, end_of_the_maze, m, &m->other, NULL), 0);
	m->port = http_server_port(*s_r);
	m->other_port = http_server_port(m->other);
}

static void
redirects_are_followed_to_their_end(void **state)
{
	static const struct {
		const char *path, *method, *end;
		int redirects, status;
		bool was_moved;
	} cases[] = {
	    {"/end", "GET", "/end", 5, 200, false},
	    {"/moved", "GET", "/a/c?x=1", 5, 200, true},
	    {"/moved", "GET", "/a/c?x=1", 2, 200, true},
	    {"/moved", "HEAD", "/a/c?x=1", 2, 200, true},
	    {"/found", "GET", "/end", 5, 200, false},
	    {"/mixed", "GET", "/end", 5, 200, false},
	    {"/seven", "GET", "/end", 5, 200, false},
	    {"/moved", "GET", "/moved", 0, 301, false},
	    {"/moved", "POST", "/moved", 5, 301, false},
	};
	struct http_server *s;
	struct maze m;
	struct world w;

	(void)state;
	maze_open(&w, &m, &s);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct got *got = world_call(&w,
		    &(struct http_call){.method = cases[i].method,
			.url = url_of(m.port, cases[i].path),
			.redirects = cases[i].redirects});

		if (got->status != cases[i].status || got->was_moved != cases[i].was_moved ||
		    strcmp(got->url, url_of(m.port, cases[i].end)) != 0)
			fail_msg("%s %s: %d at '%s' %s", cases[i].method, cases[i].path,
			    got->status, got->url, got->error);
	}
	http_server_free(s);
	http_server_free(m.other);
	world_close(&w);
}

static void
a_redirect_to_nowhere_is_an_answer(void **state)
{
	static const char *const answers[] = {
	    "HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"};
	struct world w;

	(void)state;
	world_open_local(&w);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct script script = {.answer = answers[i]};
		struct peer *p = peer_start(play_script, &script);
		const struct got *got = world_call(&w,
		    &(struct http_call){
			.method = "GET", .url = url_of(peer_port(p), "/"), .redirects = 5});

		assert_int_equal(got->progress, HTTP_ANSWERED);
		assert_int_equal(got->status, strtol(answers[i] + 9, NULL, 10));
		assert_int_equal(peer_connections(p), 1);
		peer_stop(p);
	}
	world_close(&w);
}

static void
redirects_that_lead_astray_are_refused(void **state)
{
	static const struct {
		const char *path, *words;
	} cases[] = {
	    {"/loop", "more than 3 redirects"},
	    {"/private", "127.0.0.2"},
	    {"/private6", "::1"},
	    {"/private-decimal", "127.0.0.2"},
	    {"/private-name", "192.168.1.1"},
	    {"/file", "only http and https"},
	    {"/ftp", "only http and https"},
	    {"/nonsense", "not a URL"},
	};
	struct http_server *s;
	struct maze m;
	struct world w;

	(void)state;
	maze_open(&w, &m, &s);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct got *got = world_call(&w,
		    &(struct http_call){
			.method = "GET", .url = url_of(m.port, cases[i].path), .redirects = 3});

		if (got->progress != HTTP_MAYBE_SENT || strstr(got->error, cases[i].words) == NULL)
			fail_msg("%s: %d '%s'", cases[i].path, (int)got->progress, got->error);
	}
	http_server_free(s);
	http_server_free(m.other);
	world_close(&w);
}

static void
credentials_stay_with_the_server_they_were_meant_for(void **state)
{
	const struct http_header headers[] = {
	    {SLICE_LIT("Authorization"), SLICE_LIT("Bearer secret")},
	    {SLICE_LIT("X-Api-Key"), SLICE_LIT("secret")},
	    {SLICE_LIT("Cookie"), SLICE_LIT("secret")},
	    {SLICE_LIT("Accept"), SLICE_LIT("text/x")},
	};
	struct http_call call = {
	    .method = "GET", .headers = headers, .header_count = 4, .redirects = 5};
	struct http_server *s;
	struct maze m;
	struct world w;
	char url[100];

	(void)state;
	maze_open(&w, &m, &s);
	call.url = url_of(m.port, "/found");
	assert_int_equal(world_call(&w, &call)->status, 200);
	assert_string_equal(m.auth_here, "Bearer secret");
	call.url = url_of(m.port, "/other");
	assert_int_equal(world_call(&w, &call)->status, 200);
	assert_int_equal(m.seen_at_other, 1);
	assert_string_equal(m.auth_at_other, "");
	assert_string_equal(m.accept_at_other, "text/x");
	/* Also those in the URL. */
	snprintf(url, sizeof url, "http://user:secret@127.0.0.1:%d/other", m.port);
	call.url = url;
	call.header_count = 0;
	assert_int_equal(world_call(&w, &call)->status, 200);
	assert_non_null(strstr(m.auth_here, "Basic "));
	assert_int_equal(m.seen_at_other, 2);
	assert_string_equal(m.auth_at_other, "");
	http_server_free(s);
	http_server_free(m.other);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_arrives_as_asked),
	    cmocka_unit_test(calls_that_cannot_be_made_are_refused_at_once),
	    cmocka_unit_test(broken_answers_are_told_apart_from_whole_ones),
	    cmocka_unit_test(header_floods_end_the_request),
	    cmocka_unit_test(a_body_over_the_limit_is_cut_and_still_an_answer),
	    cmocka_unit_test(a_compressed_answer_is_unpacked),
	    cmocka_unit_test(a_compression_bomb_stops_at_the_limit),
	    cmocka_unit_test(bytes_on_the_wire_that_yield_nothing_stop_too),
	    cmocka_unit_test(a_dripping_answer_ends_at_the_deadline),
	    cmocka_unit_test(nothing_was_sent_when_nobody_could_be_asked),
	    cmocka_unit_test(a_deed_is_never_sent_twice_by_itself),
	    cmocka_unit_test(a_question_on_a_dead_kept_connection_is_asked_again),
	    cmocka_unit_test(redirects_are_followed_to_their_end),
	    cmocka_unit_test(a_redirect_to_nowhere_is_an_answer),
	    cmocka_unit_test(redirects_that_lead_astray_are_refused),
	    cmocka_unit_test(credentials_stay_with_the_server_they_were_meant_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
