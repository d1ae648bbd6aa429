#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/http_server.h"
#include "platform/http_sync.h"
#include "platform/loop.h"
#include "platform/thread.h"

struct daemon {
	struct loop *loop;
	struct http_server *server;
	struct thread *thread;
	char dir[40], path[80], address[100];
};

static void
answer(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	(void)cookie;
	if (slice_starts_with(call->path, "/path/"))
		http_reply(r, 200, NULL, 0, call->path);
	else
		http_reply(r, slice_eq_str(call->path, "/none") ? 404 : 200, NULL, 0, call->body);
}

static void
run(void *cookie)
{
	struct daemon *d = cookie;

	loop_run(d->loop);
}

static void
stop(void *cookie)
{
	struct daemon *d = cookie;

	loop_stop(d->loop);
}

static void
daemon_start(struct daemon *d)
{
	struct http_server_options o = {.address = d->address};

	memcpy(d->dir, "/tmp/earshot-sync-XXXXXX", 25);
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->path, sizeof d->path, "%s/sock", d->dir);
	snprintf(d->address, sizeof d->address, "unix:%s", d->path);
	assert_int_equal(loop_new(&d->loop, NULL), 0);
	assert_int_equal(http_server_new(d->loop, &o, answer, NULL, &d->server, NULL), 0);
	assert_int_equal(thread_start("daemon", run, d, &d->thread, NULL), 0);
}

static void
daemon_stop(struct daemon *d)
{
	assert_int_equal(loop_post(d->loop, stop, d), 0);
	thread_join(d->thread);
	http_server_free(d->server);
	loop_free(d->loop);
	assert_int_equal(rmdir(d->dir), 0);
}

static void
a_verb_gets_its_answer_over_the_socket(void **state)
{
	struct http_call call = {
	    .method = "POST", .url = "http://earshot/echo", .body = SLICE_LIT("hello")};
	struct daemon d;
	struct buf body;
	struct err err = {0};
	int status = 0;

	(void)state;
	daemon_start(&d);
	buf_init(&body, 1000);
	call.unix_socket = d.path;
	assert_int_equal(http_sync(&call, &status, &body, &err), 0);
	assert_int_equal(status, 200);
	assert_string_equal(buf_str(&body), "hello");
	call.url = "http://earshot/none";
	assert_int_equal(http_sync(&call, &status, &body, &err), 0);
	assert_int_equal(status, 404);
	call.max_body_bytes = 3;
	assert_int_equal(http_sync(&call, &status, &body, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	buf_fini(&body);
	daemon_stop(&d);
}

/* An id that is a part of a path may be anything, and the path stays what it is. */
static void
dots_in_a_path_are_the_daemons_to_read(void **state)
{
	static const char *const paths[] = {
	    "/path/../x", "/path/./x", "/path/..", "/path/a/../../b", "/path/%2E%2E/x"};
	struct daemon d;
	struct err err = {0};

	(void)state;
	daemon_start(&d);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct http_call call = {.method = "GET", .unix_socket = d.path};
		char url[100];
		struct buf body;
		int status = 0;

		snprintf(url, sizeof url, "http://earshot%s", paths[i]);
		call.url = url;
		buf_init(&body, 1000);
		assert_int_equal(http_sync(&call, &status, &body, &err), 0);
		assert_string_equal(buf_str(&body), paths[i]);
		buf_fini(&body);
	}
	daemon_stop(&d);
}

static void
without_a_daemon_it_is_not_found(void **state)
{
	struct http_call call = {.method = "GET", .url = "http://earshot/"};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/earshot-sync-XXXXXX", path[80], long_path[200];
	struct buf body;
	struct err err = {0};
	int fd, status = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/sock", dir);
	buf_init(&body, 1000);
	call.unix_socket = path;
	assert_int_equal(http_sync(&call, &status, &body, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	/* A socket that a dead daemon left. */
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	err = (struct err){0};
	assert_int_equal(http_sync(&call, &status, &body, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	/* One that hangs: it listens and never answers. */
	assert_int_equal(listen(fd, 5), 0);
	call.timeout_ms = 100;
	err = (struct err){0};
	assert_int_equal(http_sync(&call, &status, &body, &err), -1);
	assert_int_equal(err.kind, ERR_NET);
	close(fd);
	unlink(path);
	rmdir(dir);
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	call.unix_socket = long_path;
	assert_int_equal(http_sync(&call, &status, &body, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	call.unix_socket = NULL;
	call.url = "nonsense://x";
	assert_int_equal(http_sync(&call, &status, &body, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	buf_fini(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_verb_gets_its_answer_over_the_socket),
	    cmocka_unit_test(dots_in_a_path_are_the_daemons_to_read),
	    cmocka_unit_test(without_a_daemon_it_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
