/*
 * http_server.c - one libmicrohttpd daemon without threads, its epoll descriptor watched by the
 * loop.
 */
#include "platform/http_server.h"

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/http_listen_internal.h"
#include "platform/http_server_internal.h"
#include "platform/loop_internal.h"
#include "platform/sysclock.h"

#define DEFAULT_MAX_BODY_BYTES (16u << 20)
#define DEFAULT_MAX_CONNECTIONS 256
#define DEFAULT_HEADER_TIMEOUT_MS 5000
#define DEFAULT_IDLE_TIMEOUT_MS 30000
/* Request line and headers must fit; more is 431 or 414. */
#define CONNECTION_MEMORY_BYTES 32768

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

/* Paths and queries are handed over as they came. */
static size_t
keep_escapes(void *cookie, struct MHD_Connection *mhd, char *text)
{
	(void)cookie;
	(void)mhd;
	return strlen(text);
}

/* What the library has to say is about what clients did wrong; they were told. */
static void __attribute__((format(printf, 2, 0)))
ignore_talk(void *cookie, const char *format, va_list args)
{
	(void)cookie;
	(void)format;
	(void)args;
}

/* ---- the loop's side ----------------------------------------------------- */

static void on_timer(uv_timer_t *timer);
static void on_soon(uv_idle_t *idle);

static void
pump(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (s->mhd == NULL)
		return;
	assert(!s->is_pumping);
	s->is_pumping = true;
	do {
		s->has_closed_one = false;
		MHD_run(s->mhd);
		/* At the limit the library takes the listening socket out of its epoll set; only
		 * the next run after a connection went puts it back. */
	} while (s->has_closed_one);
	s->is_pumping = false;
	uv_timer_stop(&s->timer);
	uv_idle_stop(&s->soon);
	if (MHD_get_timeout(s->mhd, &wait_ms) != MHD_YES)
		return;
	if (wait_ms == 0)
		uv_idle_start(&s->soon, on_soon);
	else
		uv_timer_start(&s->timer, on_timer, wait_ms, 0);
}

static void
on_soon(uv_idle_t *idle)
{
	pump(idle->data);
}

static void
on_timer(uv_timer_t *timer)
{
	pump(timer->data);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	pump(poll->data);
}

/* Hangs up on peers that were too slow. The library sees the end of the stream and cleans up. */
static void
on_sweep(uv_timer_t *timer)
{
	struct http_server *s = timer->data;
	int64_t now_ms = mono_ms();

	for (struct http_connection *c = s->connections; c != NULL; c = c->next) {
		const union MHD_ConnectionInfo *info;

		if (now_ms < c->due_ms)
			continue;
		c->due_ms = HTTP_NEVER;
		info = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info != NULL)
			shutdown(info->connect_fd, SHUT_RDWR);
	}
}

static void
sweep_start(struct http_server *s)
{
	int64_t every_ms = s->options.header_timeout_ms < s->options.idle_timeout_ms
	    ? s->options.header_timeout_ms
	    : s->options.idle_timeout_ms;

	every_ms /= 8;
	if (every_ms < 10)
		every_ms = 10;
	uv_timer_start(&s->sweep, on_sweep, (uint64_t)every_ms, (uint64_t)every_ms);
}

static void
on_connection(void *cookie, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cookie;
	struct http_connection *c = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		c = mem_zalloc(sizeof *c);
		*context = c;
		if (c == NULL)
			return; /* http_intake_uri() finds nothing and the request is dropped */
		*c = (struct http_connection){.server = s,
		    .mhd = mhd,
		    .next = s->connections,
		    .due_ms = mono_ms() + s->options.header_timeout_ms};
		if (c->next != NULL)
			c->next->prev = c;
		else
			sweep_start(s);
		s->connections = c;
		return;
	}
	*context = NULL;
	s->has_closed_one = true;
	if (c == NULL)
		return;
	/* A request whose headers never became whole has had no http_intake_completed(). */
	if (c->request != NULL)
		http_intake_detach(c->request);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->connections = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (s->connections == NULL)
		uv_timer_stop(&s->sweep);
	mem_free(c);
}

/* ---- public -------------------------------------------------------------- */

static struct MHD_Daemon *
daemon_start(struct http_server *s, int fd)
{
	unsigned idle_s = (unsigned)((s->options.idle_timeout_ms + 999) / 1000);

	/* The logger first: the library may speak while it reads the other options. */
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
	    http_intake_access, s, MHD_OPTION_EXTERNAL_LOGGER, ignore_talk, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)s->options.max_connections, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_URI_LOG_CALLBACK, http_intake_uri, s, MHD_OPTION_NOTIFY_COMPLETED,
	    http_intake_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
	    MHD_OPTION_END);
}

static void
options_fill(struct http_server_options *o)
{
	if (o->max_body_bytes == 0)
		o->max_body_bytes = DEFAULT_MAX_BODY_BYTES;
	if (o->max_connections == 0)
		o->max_connections = DEFAULT_MAX_CONNECTIONS;
	if (o->header_timeout_ms <= 0)
		o->header_timeout_ms = DEFAULT_HEADER_TIMEOUT_MS;
	if (o->idle_timeout_ms <= 0)
		o->idle_timeout_ms = DEFAULT_IDLE_TIMEOUT_MS;
}

static int
watch(struct http_server *s, struct loop *loop)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	uv_loop_t *uv = loop_uv(loop);

	if (info == NULL || uv_poll_init(uv, &s->poll, info->epoll_fd) != 0)
		return -1;
	uv_timer_init(uv, &s->timer);
	uv_timer_init(uv, &s->sweep);
	uv_idle_init(uv, &s->soon);
	s->handles_open = 4;
	s->poll.data = s->timer.data = s->sweep.data = s->soon.data = s;
	uv_poll_start(&s->poll, UV_READABLE, on_readable);
	return 0;
}

int
http_server_new(struct loop *loop, const struct http_server_options *o, http_server_fn *handle,
    void *cookie, struct http_server **server_r, struct err *err)
{
	struct http_server *s = NULL;
	const char *path = http_listen_unix_path(o->address);
	int fd = -1, rc = -1;

	s = mem_zalloc(sizeof *s);
	if (s == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the HTTP server");
		goto out;
	}
	s->handle = handle;
	s->cookie = cookie;
	s->options = *o;
	s->options.address = NULL;
	options_fill(&s->options);
	if (http_listen_open(o->address, &fd, &s->port, err) < 0)
		goto out;
	s->unix_path = path == NULL ? NULL : mem_strdup(path);
	if (path != NULL && s->unix_path == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the HTTP server");
		goto out;
	}
	s->mhd = daemon_start(s, fd);
	if (s->mhd == NULL) {
		err_set(err, ERR_NET, "cannot start the HTTP server on '%s'", o->address);
		goto out;
	}
	fd = -1; /* the library's now */
	if (watch(s, loop) < 0) {
		MHD_stop_daemon(s->mhd);
		err_set(err, ERR_NET, "cannot watch the HTTP server on '%s'", o->address);
		goto out;
	}
	*server_r = s;
	s = NULL;
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && path != NULL)
		unlink(path);
	if (s != NULL)
		mem_free(s->unix_path);
	mem_free(s);
	return rc;
}

static void
on_closed(uv_handle_t *handle)
{
	struct http_server *s = handle->data;

	if (--s->handles_open == 0)
		mem_free(s);
}

void
http_server_free(struct http_server *s)
{
	int listen_fd;

	if (s == NULL)
		return;
	assert(!s->is_pumping && "not from inside a handler");
	s->is_stopping = true;
	listen_fd = MHD_quiesce_daemon(s->mhd);
	while (s->waiting != NULL) {
		struct http_server_request *r = s->waiting;

		http_intake_unlink(s, r);
		http_intake_refuse_stopping(r);
		r->is_suspended = false;
		MHD_resume_connection(r->connection->mhd);
	}
	/* Resumed, answered, written: a few rounds bring that into the sockets' buffers. */
	for (int i = 0; i < 4; i++)
		MHD_run(s->mhd);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	uv_close((uv_handle_t *)&s->timer, on_closed);
	uv_close((uv_handle_t *)&s->sweep, on_closed);
	uv_close((uv_handle_t *)&s->soon, on_closed);
	MHD_stop_daemon(s->mhd);
	s->mhd = NULL;
	assert(s->connections == NULL);
	if (listen_fd != MHD_INVALID_SOCKET)
		close(listen_fd);
	if (s->unix_path != NULL)
		unlink(s->unix_path);
	mem_free(s->unix_path);
	s->unix_path = NULL;
}

int
http_server_port(const struct http_server *s)
{
	return s->port;
}

struct slice
http_server_header(const struct http_server_request *r, const char *name)
{
	const char *value = NULL;
	size_t len = 0;

	if (r->connection == NULL ||
	    MHD_lookup_connection_value_n(
		r->connection->mhd, MHD_HEADER_KIND, name, strlen(name), &value, &len) != MHD_YES)
		return SLICE_NONE;
	return slice_make(value == NULL ? "" : value, len);
}

void
http_reply(struct http_server_request *r, int status, const struct http_header *headers,
    size_t header_count, struct slice body)
{
	struct http_server *s;

	assert(r->is_held && status >= 200 && status <= 599);
	r->is_held = false;
	/* The server was freed meanwhile, and said 503. */
	if (r->connection == NULL) {
		http_intake_free_when_idle(r);
		return;
	}
	s = r->connection->server;
	http_intake_unlink(s, r);
	http_intake_answer(r, status, headers, header_count, body);
	if (!r->is_suspended)
		return;
	r->is_suspended = false;
	MHD_resume_connection(r->connection->mhd);
	uv_idle_start(&s->soon, on_soon);
}
