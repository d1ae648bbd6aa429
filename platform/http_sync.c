#include "platform/http_sync.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "platform/loop.h"

struct wait {
	struct buf *body;
	struct err *err;
	int status, rc;
	bool is_done;
};

static void
on_done(void *cookie, const struct http_result *result)
{
	struct wait *w = cookie;

	w->is_done = true;
	if (result->progress != HTTP_ANSWERED) {
		w->rc = err_set(w->err, ERR_NET, "%s", result->error);
	} else if (result->is_body_cut) {
		w->rc = err_set(w->err, ERR_LIMIT, "the answer is too large");
	} else if (buf_add_slice(w->body, result->body) < 0) {
		w->rc = err_set(w->err, ERR_NOMEM, "no memory for the answer");
	} else {
		w->status = result->status;
		w->rc = 0;
	}
}

/* "There is no daemon" and "the daemon does not answer" are different things to whoever typed the
 * command. */
static int
probe(const char *path, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, rc = 0;

	if (strlen(path) >= sizeof at.sun_path)
		return err_set(err, ERR_INPUT, "the socket's path is too long: '%s'", path);
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, ERR_NET, "cannot make a socket: %s", strerrordesc_np(errno));
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) != 0 && errno != EAGAIN) {
		enum err_kind kind = ERR_NET;

		if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
			kind = ERR_NOT_FOUND;
		else if (errno == EACCES || errno == EPERM)
			kind = ERR_DENIED;
		rc = err_set(
		    err, kind, "cannot reach the daemon at '%s': %s", path, strerrordesc_np(errno));
	}
	close(fd);
	return rc;
}

int
http_sync(const struct http_call *call, int *status_r, struct buf *body, struct err *err)
{
	struct wait w = {.body = body, .err = err, .rc = -1};
	struct http_client *client = NULL;
	struct loop *loop = NULL;
	int rc = -1;

	if (call->unix_socket != NULL && probe(call->unix_socket, err) < 0)
		goto out;
	if (loop_new(&loop, err) < 0)
		goto out;
	if (http_client_new(loop, NULL, &client, err) < 0)
		goto out;
	if (http_client_start(client, call, on_done, &w, NULL, err) < 0)
		goto out;
	while (!w.is_done)
		loop_run_once(loop, true);
	rc = w.rc;
	if (rc == 0)
		*status_r = w.status;
out:
	http_client_free(client);
	loop_free(loop);
	return rc;
}
