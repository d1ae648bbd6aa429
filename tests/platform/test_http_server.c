#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "platform/sysclock.h"
#include "platform/thread.h"
#include "tests/support/peer.h"

#define MAX_BODY 1000
#define ANSWER_MAX 65536

/* The server lives on a loop in a thread of its own; the test plays its clients. */
struct world {
	struct loop *loop;
	struct http_server *server;
	struct thread *thread, *clerk;
	struct queue *desk; /* requests that the clerk answers later */
	struct lock *lock;
	int handled; /* under lock */
	bool was_smuggled; /* under lock */
	struct http_server_request *kept[64]; /* loop thread */
	int kept_count; /* under lock */
	int kept_go; /* loop thread */
};

struct late {
	struct world *w;
	struct http_server_request *r;
};

static void
reply_text(struct http_server_request *r, const char *text)
{
	const struct http_header headers[] = {
	    {SLICE_LIT("Content-Type"), SLICE_LIT("text/plain")},
	    {SLICE_LIT("Content-Length"), SLICE_LIT("99999")},
	};

	http_reply(r, 200, headers, 2, slice_of(text));
}

static void
reply_late(void *cookie)
{
	struct late *late = cookie;

	reply_text(late->r, "late\n");
	mem_free(late);
}

static void
work_at_desk(void *cookie)
{
	struct world *w = cookie;
	struct late *late;

	while ((late = queue_pop(w->desk, -1)) != NULL) {
		usleep(500);
		if (loop_post(w->loop, reply_late, late) != 0)
			abort();
	}
}

static void
echo(struct http_server_request *r, const struct http_server_call *call)
{
	struct slice x = http_server_header(r, "x-first");
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_addf(&b, "%s [%.*s] [%.*s] body=[%.*s] x=[%.*s]%s\n", call->method,
	    SLICE_ARG(call->path), slice_is_set(call->query) ? (int)call->query.len : 4,
	    slice_is_set(call->query) ? call->query.ptr : "none", SLICE_ARG(call->body),
	    SLICE_ARG(x), call->is_local_socket ? " local" : "");
	reply_text(r, buf_str(&b));
	buf_fini(&b);
}

static void
handle(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	struct world *w = cookie;

	lock_take(w->lock);
	w->handled++;
	w->was_smuggled |= slice_eq_str(call->path, "/smuggled");
	lock_drop(w->lock);
	if (slice_eq_str(call->path, "/later")) {
		struct late *late = mem_alloc(sizeof *late);

		*late = (struct late){w, r};
		if (queue_push(w->desk, late) != 0)
			abort();
	} else if (slice_eq_str(call->path, "/keep")) {
		w->kept[w->kept_count] = r;
		lock_take(w->lock);
		w->kept_count++;
		lock_drop(w->lock);
	} else if (slice_eq_str(call->path, "/nothing")) {
		http_reply(r, 204, NULL, 0, SLICE_NONE);
	} else {
		echo(r, call);
	}
}

static void
run_loop(void *cookie)
{
	struct world *w = cookie;

	loop_run(w->loop);
}

static void
stop_loop(void *cookie)
{
	struct world *w = cookie;

	loop_stop(w->loop);
}

static struct world *
world_open_with(const struct http_server_options *o)
{
	struct world *w = mem_zalloc(sizeof *w);

	w->lock = lock_new();
	w->desk = queue_new(256);
	assert_int_equal(loop_new(&w->loop, NULL), 0);
	assert_int_equal(http_server_new(w->loop, o, handle, w, &w->server, NULL), 0);
	assert_int_equal(thread_start("server", run_loop, w, &w->thread, NULL), 0);
	assert_int_equal(thread_start("clerk", work_at_desk, w, &w->clerk, NULL), 0);
	return w;
}

static struct world *
world_open(void)
{
	return world_open_with(&(struct http_server_options){.address = "127.0.0.1:0",
	    .max_body_bytes = MAX_BODY,
	    .header_timeout_ms = 300,
	    .idle_timeout_ms = 600});
}

static void
world_close(struct world *w)
{
	queue_close(w->desk);
	thread_join(w->clerk);
	assert_int_equal(loop_post(w->loop, stop_loop, w), 0);
	thread_join(w->thread);
	http_server_free(w->server);
	/* The server said 503; the application answers all the same. */
	for (; w->kept_go < w->kept_count; w->kept_go++)
		reply_text(w->kept[w->kept_go], "too late");
	loop_free(w->loop);
	queue_free(w->desk);
	lock_free(w->lock);
	mem_free(w);
}

static int
world_connect(struct world *w)
{
	int fd = peer_connect(http_server_port(w->server));

	assert_true(fd >= 0);
	return fd;
}

static int
world_count(struct world *w, int *what)
{
	int n;

	lock_take(w->lock);
	n = *what;
	lock_drop(w->lock);
	return n;
}

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

/* ---- tests --------------------------------------------------------------- */

static void
requests_are_handed_over_whole_and_raw(void **state)
{
	static const struct {
		const char *request, *answer;
	} cases[] = {
	    {"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET [/echo] [none] body=[] x=[]\n"},
	    {"GET /a%2Fb%00c/%20?q=%26x&y=+ HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET [/a%2Fb%00c/%20] [q=%26x&y=+] body=[] x=[]\n"},
	    {"GET /e? HTTP/1.1\r\nHost: a\r\nX-First: 1\r\nX-FIRST: 2\r\nX-First-Not: 3\r\n\r\n",
		"GET [/e] [] body=[] x=[1]\n"},
	    {"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"POST [/p] [none] body=[hello] x=[]\n"},
	    {"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"POST [/p] [none] body=[] x=[]\n"},
	    {"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
		"POST [/p] [none] body=[abcde] x=[]\n"},
	    {"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "BREW [/pot] [none] body=[] x=[]\n"},
	    {"DELETE /d HTTP/1.1\r\nHost: a\r\n\r\n", "DELETE [/d] [none] body=[] x=[]\n"},
	};
	struct world *w = world_open();
	static char answer[ANSWER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *body;
		int fd = world_connect(w);

		/* Whole, then a byte at a time on the same connection. */
		for (int way = 0; way < 2; way++) {
			if (way == 0)
				assert_true(peer_say(fd, cases[i].request));
			else
				for (const char *at = cases[i].request; *at != '\0'; at++)
					assert_true(peer_say_bytes(fd, at, 1));
			assert_true(peer_message(fd, answer, sizeof answer) > 0);
			assert_memory_equal(answer, "HTTP/1.1 200", 12);
			body = strstr(answer, "\r\n\r\n");
			assert_non_null(body);
			assert_string_equal(body + 4, cases[i].answer);
		}
		peer_close(fd);
	}
	world_close(w);
}

static void
head_and_no_content_have_no_body(void **state)
{
	struct world *w = world_open();
	int fd = world_connect(w);
	char line[200];
	bool has_length = false;

	(void)state;
	assert_true(peer_say(fd, "HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
	while (peer_line(fd, line, sizeof line) && line[0] != '\0')
		has_length |= strcmp(line, "Content-Length: 33") == 0;
	assert_true(has_length);
	/* What follows at once is the next answer. */
	assert_true(peer_say(fd,
	    "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_true(peer_line(fd, line, sizeof line));
	assert_string_equal(line, "HTTP/1.1 204 No Content");
	while (peer_line(fd, line, sizeof line) && line[0] != '\0')
		assert_null(strstr(line, "99999"));
	assert_true(peer_line(fd, line, sizeof line));
	assert_string_equal(line, "HTTP/1.1 200 OK");
	peer_close(fd);
	world_close(w);
}

static void
requests_framed_two_ways_are_refused_and_nothing_is_smuggled(void **state)
{
	static const struct {
		const char *headers, *note;
	} cases[] = {
	    {"Content-Length: 5\r\nContent-Length: 6\r\n", "two lengths"},
	    {"Content-Length: 5\r\nContent-Length: 5\r\n", "the same length twice"},
	    {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "length and chunked"},
	    {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "chunked and length"},
	    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "chunked twice"},
	    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "two encodings"},
	    {"Transfer-Encoding: gzip, chunked\r\n", "more than chunked"},
	    {"Transfer-Encoding: xchunked\r\n", "an unknown encoding"},
	    {"Transfer-Encoding: \x0b"
	     "chunked\r\n",
		"a control character before chunked"},
	    {"Content-Length: -1\r\n", "a negative length"},
	    {"Content-Length: five\r\n", "a length in words"},
	    {"Content-Length: 5, 5\r\n", "a list of lengths"},
	    {"Content-Length: +5\r\n", "a length with a sign"},
	    {"Content-Length: 0x5\r\n", "a length in hex"},
	    {"Content-Length: 99999999999999999999\r\n", "a length beyond 64 bits"},
	    {"Content-Length:\r\n", "an empty length"},
	    {"Content-Length : 5\r\n", "a space before the colon"},
	    {"Transfer-Encoding : chunked\r\n", "a space before the colon of chunked"},
	};
	struct world *w = world_open();
	static char answer[ANSWER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char request[1000];
		int fd = world_connect(w);

		snprintf(request, sizeof request,
		    "POST /p HTTP/1.1\r\nHost: a\r\n%s\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: "
		    "a\r\n\r\n",
		    cases[i].headers);
		(void)peer_say(fd, request);
		(void)peer_rest(fd, answer, sizeof answer);
		lock_take(w->lock);
		if (w->was_smuggled || w->handled != 0)
			fail_msg("%s was let through: %s", cases[i].note, answer);
		lock_drop(w->lock);
		/* To a header that is no header the library just hangs up. */
		if (strncmp(answer, "HTTP/1.1 4", 10) != 0 && answer[0] != '\0')
			fail_msg("%s: want 400 or nothing, got '%s'", cases[i].note, answer);
		peer_close(fd);
	}
	world_close(w);
}

static void
chunked_in_http_1_0_is_refused(void **state)
{
	struct world *w = world_open();
	int fd = world_connect(w);
	static char answer[ANSWER_MAX];

	(void)state;
	(void)peer_say(fd, "POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	(void)peer_rest(fd, answer, sizeof answer);
	assert_memory_equal(answer, "HTTP/1.1 400", 12);
	assert_int_equal(world_count(w, &w->handled), 0);
	peer_close(fd);
	world_close(w);
}

static void
too_much_is_refused_with_its_status(void **state)
{
	static const struct {
		const char *head;
		size_t body, header;
		const char *status, *note;
	} cases[] = {
	    {"Content-Length: 1000\r\n", 1000, 0, "HTTP/1.1 200", "a body at the limit"},
	    {"Content-Length: 1001\r\n", 1001, 0, "HTTP/1.1 413", "a body beyond it"},
	    {"Content-Length: 1001\r\nExpect: 100-continue\r\n", 0, 0, "HTTP/1.1 413",
		"a body beyond it, asked first"},
	    {"Content-Length: 999999999\r\n", 0, 0, "HTTP/1.1 413", "a huge body, announced"},
	    {"X: y\r\n", 0, 8000, "HTTP/1.1 200", "a long header"},
	    {"X: y\r\n", 0, 40000, "HTTP/1.1 431", "a header beyond the limit"},
	};
	struct world *w = world_open();
	static char answer[ANSWER_MAX], filler[50000];

	(void)state;
	memset(filler, 'f', sizeof filler);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int fd = world_connect(w);

		(void)peer_say(fd, "POST /p HTTP/1.1\r\nHost: a\r\n");
		(void)peer_say(fd, cases[i].head);
		(void)peer_say(fd, "X-Long: ");
		(void)peer_say_bytes(fd, filler, cases[i].header);
		(void)peer_say(fd, "\r\n\r\n");
		(void)peer_say_bytes(fd, filler, cases[i].body);
		assert_true(peer_message(fd, answer, sizeof answer) > 0);
		if (strncmp(answer, cases[i].status, 12) != 0)
			fail_msg(
			    "%s: want '%s', got '%.40s'", cases[i].note, cases[i].status, answer);
		peer_close(fd);
	}
	world_close(w);
}

static void
a_chunked_body_without_end_is_cut_off(void **state)
{
	struct world *w = world_open();
	int fd = world_connect(w), chunks = 0;
	static char answer[ANSWER_MAX], chunk[1000];

	(void)state;
	memset(chunk, 'c', sizeof chunk);
	memcpy(chunk, "3e0\r\n", 5); /* 992 bytes */
	memcpy(chunk + 997, "\r\n", 2);
	(void)peer_say(fd, "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	/* Four times the limit is read, in the hope that the sender then listens. */
	while (chunks < 100000 && peer_say_bytes(fd, chunk, 999))
		chunks++;
	assert_in_range(chunks, 4, 99999);
	peer_close(fd);

	fd = world_connect(w);
	(void)peer_say(fd, "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 2; i++)
		assert_true(peer_say_bytes(fd, chunk, 999));
	assert_true(peer_say(fd, "0\r\n\r\n"));
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_memory_equal(answer, "HTTP/1.1 413", 12);
	peer_close(fd);
	assert_int_equal(world_count(w, &w->handled), 0);
	world_close(w);
}

static void
slow_peers_are_hung_up_on(void **state)
{
	static const struct {
		const char *first, *drip, *note;
		int64_t least_ms, most_ms;
	} cases[] = {
	    {"", NULL, "a silent connection", 250, 60000},
	    {"GET / HT", NULL, "half a first line", 250, 60000},
	    {"GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", "a header that never ends", 250, 60000},
	    {"", "G", "a first line that never ends", 250, 60000},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", "x", "a body that drips",
		500, 60000},
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "silence after an answer", 500, 60000},
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n", "X: y\r\n",
		"a second header that never ends", 250, 60000},
	};
	struct world *w = world_open();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int fd = world_connect(w);
		int64_t began_ms = mono_ms(), took_ms;
		char drop[4000];

		assert_true(peer_say(fd, cases[i].first));
		while (cases[i].drip != NULL && mono_ms() - began_ms < cases[i].most_ms &&
		    peer_say(fd, cases[i].drip))
			usleep(40000);
		(void)peer_rest(fd, drop, sizeof drop);
		took_ms = mono_ms() - began_ms;
		if (took_ms < cases[i].least_ms || took_ms > cases[i].most_ms)
			fail_msg("%s: closed after %lld ms", cases[i].note, (long long)took_ms);
		peer_close(fd);
	}
	world_close(w);
}

static void
a_steady_body_may_take_longer_than_the_header(void **state)
{
	struct world *w = world_open();
	int fd = world_connect(w);
	static char answer[ANSWER_MAX];

	(void)state;
	assert_true(peer_say(fd, "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"));
	for (int i = 0; i < 9; i++) {
		usleep(50000);
		assert_true(peer_say(fd, "x"));
	}
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_memory_equal(answer, "HTTP/1.1 200", 12);
	peer_close(fd);
	world_close(w);
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
	struct world *w = world_open();
	int fd = world_connect(w);
	static char answer[ANSWER_MAX];

	(void)state;
	assert_true(peer_say(fd,
	    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
	    "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
	    "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_non_null(strstr(answer, "[/1]"));
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_non_null(strstr(answer, "late"));
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_non_null(strstr(answer, "[/3]"));
	assert_int_equal(peer_rest(fd, answer, sizeof answer), 0);
	peer_close(fd);
	world_close(w);
}

#define CROWD 200

static void
two_hundred_connections_stay_open_side_by_side(void **state)
{
	struct world *w = world_open_with(&(struct http_server_options){.address = "127.0.0.1:0"});
	static char answer[ANSWER_MAX];
	int fds[CROWD];

	(void)state;
	for (int i = 0; i < CROWD; i++)
		fds[i] = world_connect(w);
	for (int round = 0; round < 3; round++) {
		/* All ask before any answer is read; every third is answered later by another
		 * thread. */
		for (int i = 0; i < CROWD; i++)
			assert_true(peer_say(fds[i],
			    i % 3 == 0 ? "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
				       : "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
		for (int i = 0; i < CROWD; i++) {
			assert_true(peer_message(fds[i], answer, sizeof answer) > 0);
			assert_non_null(strstr(answer, i % 3 == 0 ? "late" : "[/echo]"));
		}
	}
	for (int i = 0; i < CROWD; i++)
		peer_close(fds[i]);
	assert_int_equal(world_count(w, &w->handled), 3 * CROWD);
	world_close(w);
}

static void
beyond_the_limit_connections_wait(void **state)
{
	struct world *w = world_open_with(
	    &(struct http_server_options){.address = "127.0.0.1:0", .max_connections = 2});
	static char answer[ANSWER_MAX];
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fds[i] = world_connect(w);
		assert_true(peer_say(fds[i], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
	}
	for (int i = 0; i < 2; i++)
		assert_true(peer_message(fds[i], answer, sizeof answer) > 0);
	usleep(50000);
	assert_int_equal(world_count(w, &w->handled), 2);
	peer_close(fds[0]);
	assert_true(peer_message(fds[2], answer, sizeof answer) > 0);
	assert_int_equal(world_count(w, &w->handled), 3);
	peer_close(fds[1]);
	peer_close(fds[2]);
	world_close(w);
}

static void
answer_kept(void *cookie)
{
	struct world *w = cookie;

	for (; w->kept_go < w->kept_count; w->kept_go++)
		reply_text(w->kept[w->kept_go], "kept");
}

static void
a_client_that_left_before_the_answer_does_no_harm(void **state)
{
	struct world *w = world_open();
	static char answer[ANSWER_MAX];
	int fd;

	(void)state;
	for (int i = 0; i < 20; i++) {
		fd = world_connect(w);
		assert_true(
		    peer_say(fd, "POST /keep HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"));
		while (world_count(w, &w->kept_count) < i + 1)
			usleep(1000);
		if (i % 2 == 0)
			peer_close(fd);
		else
			peer_reset(fd);
	}
	assert_int_equal(loop_post(w->loop, answer_kept, w), 0);
	fd = world_connect(w);
	assert_true(peer_say(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_memory_equal(answer, "HTTP/1.1 200", 12);
	peer_close(fd);
	world_close(w);
}

static void
stopping_answers_what_waits_with_503(void **state)
{
	struct world *w = world_open();
	static char answer[ANSWER_MAX];
	int fds[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		fds[i] = world_connect(w);
		/* One more request behind it: it must not be handled any more. */
		assert_true(peer_say(fds[i],
		    "GET /keep HTTP/1.1\r\nHost: a\r\n\r\n"
		    "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
	}
	while (world_count(w, &w->kept_count) < 10)
		usleep(1000);
	world_close(w);
	for (int i = 0; i < 10; i++) {
		assert_true(peer_message(fds[i], answer, sizeof answer) > 0);
		assert_memory_equal(answer, "HTTP/1.1 503", 12);
		(void)peer_rest(fds[i], answer, sizeof answer);
		assert_null(strstr(answer, "smuggled"));
		peer_close(fds[i]);
	}
}

static void
a_unix_socket_is_ours_alone_and_replaces_a_dead_one(void **state)
{
	struct http_server_options o = {0};
	char dir[] = "/tmp/earshot-http-XXXXXX", path[100], address[120];
	static char answer[ANSWER_MAX];
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct http_server *second;
	struct err err = {0};
	struct stat st;
	struct world *w;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	snprintf(address, sizeof address, "unix:%s", path);
	o.address = address;
	/* A socket left by a process that died. */
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	close(fd);

	w = world_open_with(&o);
	assert_int_equal(http_server_port(w->server), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	fd = peer_connect_unix(path);
	assert_true(peer_say(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_true(peer_message(fd, answer, sizeof answer) > 0);
	assert_non_null(strstr(answer, " local\n"));
	peer_close(fd);
	assert_int_equal(http_server_new(w->loop, &o, handle, w, &second, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	world_close(w);
	assert_int_equal(stat(path, &st), -1);

	/* A file in the way is not ours to remove. */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	{
		struct loop *loop;

		assert_int_equal(loop_new(&loop, NULL), 0);
		assert_int_equal(http_server_new(loop, &o, handle, w, &second, &err), -1);
		assert_int_equal(err.kind, ERR_CONFLICT);
		loop_free(loop);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
addresses_are_understood(void **state)
{
	static const struct {
		const char *address;
		bool is_good, is_loopback;
	} cases[] = {
	    {"127.0.0.1:0", true, true},
	    {"localhost:0", true, true},
	    {"127.9.9.9:0", true, true},
	    {"[::1]:0", true, true},
	    {"0.0.0.0:0", true, false},
	    {"[::]:0", true, false},
	    {"127.0.0.1", false, false},
	    {"127.0.0.1:", false, false},
	    {"127.0.0.1:http", false, false},
	    {"127.0.0.1:65536", false, false},
	    {"example.org:80", false, false},
	    {":0", false, false},
	    {"[::1:0", false, false},
	    {"[]:0", false, false},
	    {"", false, false},
	    {"unix:", false, true},
	    {"unix:/a/path/of/more/than/a/hundred/and/seven/bytes/is/one/that/no/socket/can/have/"
	     "because/the/kernel/has/no/room/for/it",
		false, true},
	};
	struct loop *loop;

	(void)state;
	assert_int_equal(loop_new(&loop, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_server_options o = {.address = cases[i].address};
		struct http_server *s = NULL;
		struct err err = {0};
		int rc = http_server_new(loop, &o, handle, NULL, &s, &err);

		/* A machine without IPv6 is no fault of ours. */
		if (rc != (cases[i].is_good ? 0 : -1) &&
		    !(err.kind == ERR_NET && cases[i].address[0] == '['))
			fail_msg("'%s': %d %s", cases[i].address, rc, err.text);
		if (rc == 0)
			assert_true(http_server_port(s) > 0);
		else if (!cases[i].is_good)
			assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(http_server_address_is_valid(cases[i].address), cases[i].is_good);
		if (http_server_address_is_loopback(cases[i].address) != cases[i].is_loopback)
			fail_msg("'%s' taken for the wrong kind", cases[i].address);
		http_server_free(s);
	}
	loop_free(loop);
}

static void
a_taken_port_is_busy(void **state)
{
	struct world *w = world_open();
	struct http_server_options o = {0};
	struct http_server *second;
	struct err err = {0};
	char address[40];

	(void)state;
	snprintf(address, sizeof address, "127.0.0.1:%d", http_server_port(w->server));
	o.address = address;
	assert_int_equal(http_server_new(w->loop, &o, handle, w, &second, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_non_null(strstr(err.text, address));
	world_close(w);
}

static void
answer_now(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	int *calls = cookie;

	++*calls;
	assert_true(slice_eq_str(call->body, "hello"));
	reply_text(r, "answer");
}

/* One thread: the request lies in the socket's buffer before the loop turns, the answer is read
 * after. */
static void
every_failing_allocation_is_an_answer_or_a_closed_connection(void **state)
{
	static char answer[ANSWER_MAX];

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct http_server_options o = {.address = "127.0.0.1:0"};
		struct http_server *s = NULL;
		struct loop *loop = NULL;
		int rc, fd = -1, calls = 0;
		ssize_t got = 0;
		bool hit;

		assert_int_equal(loop_new(&loop, NULL), 0);
		mem_fault_arm(nth, false);
		rc = http_server_new(loop, &o, answer_now, &calls, &s, NULL);
		if (rc == 0) {
			fd = peer_connect(http_server_port(s));
			assert_true(peer_say(
			    fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
			for (int i = 0; i < 20; i++)
				loop_run_once(loop, false);
			got = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);
			answer[got > 0 ? got : 0] = '\0';
		}
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_true(calls <= 1);
		if (!hit) {
			assert_int_equal(rc, 0);
			assert_non_null(strstr(answer, "\r\n\r\nanswer"));
		} else if (rc == 0) {
			assert_true(got == 0 || (got < 0 && errno == ECONNRESET));
		}
		if (fd >= 0)
			peer_close(fd);
		http_server_free(s);
		loop_free(loop);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_handed_over_whole_and_raw),
	    cmocka_unit_test(head_and_no_content_have_no_body),
	    cmocka_unit_test(requests_framed_two_ways_are_refused_and_nothing_is_smuggled),
	    cmocka_unit_test(chunked_in_http_1_0_is_refused),
	    cmocka_unit_test(too_much_is_refused_with_its_status),
	    cmocka_unit_test(a_chunked_body_without_end_is_cut_off),
	    cmocka_unit_test(slow_peers_are_hung_up_on),
	    cmocka_unit_test(a_steady_body_may_take_longer_than_the_header),
	    cmocka_unit_test(pipelined_requests_are_answered_in_order),
	    cmocka_unit_test(two_hundred_connections_stay_open_side_by_side),
	    cmocka_unit_test(beyond_the_limit_connections_wait),
	    cmocka_unit_test(a_client_that_left_before_the_answer_does_no_harm),
	    cmocka_unit_test(stopping_answers_what_waits_with_503),
	    cmocka_unit_test(a_unix_socket_is_ours_alone_and_replaces_a_dead_one),
	    cmocka_unit_test(addresses_are_understood),
	    cmocka_unit_test(a_taken_port_is_busy),
	    cmocka_unit_test(every_failing_allocation_is_an_answer_or_a_closed_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
