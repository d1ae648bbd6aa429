#include "platform/http_listen_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/err.h"
#include "core/slice.h"
#include "platform/http_server.h"

#define BACKLOG 511
#define SOCKET_MODE 0660

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

const char *
http_listen_unix_path(const char *address)
{
	return strncmp(address, "unix:", 5) == 0 ? address + 5 : NULL;
}

static bool
parse_port(const char *text, in_port_t *port_r)
{
	long long port;

	if (!slice_to_i64(slice_of(text), &port) || port < 0 || port > 65535)
		return false;
	*port_r = htons((in_port_t)port);
	return true;
}

/* Literal addresses and "localhost" only: listening must not depend on a name server. */
static bool
parse_inet(const char *address, union address *out, socklen_t *len_r)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(address, ':');
	size_t len;

	if (colon == NULL || (size_t)(colon - address) >= sizeof host)
		return false;
	len = (size_t)(colon - address);
	memcpy(host, address, len);
	host[len] = '\0';
	memset(out, 0, sizeof *out);
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		out->v6.sin6_family = AF_INET6;
		*len_r = sizeof out->v6;
		return inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1 &&
		    parse_port(colon + 1, &out->v6.sin6_port);
	}
	out->v4.sin_family = AF_INET;
	*len_r = sizeof out->v4;
	return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
		   &out->v4.sin_addr) == 1 &&
	    parse_port(colon + 1, &out->v4.sin_port);
}

static bool
unix_path_fits(const char *path)
{
	return path[0] != '\0' && strlen(path) < sizeof((struct sockaddr_un *)NULL)->sun_path;
}

bool
http_server_address_is_valid(const char *address)
{
	const char *path = http_listen_unix_path(address);
	union address at;
	socklen_t len;

	return path != NULL ? unix_path_fits(path) : parse_inet(address, &at, &len);
}

bool
http_server_address_is_loopback(const char *address)
{
	union address at;
	socklen_t len;

	if (http_listen_unix_path(address) != NULL)
		return true;
	if (!parse_inet(address, &at, &len))
		return false;
	if (at.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr) ||
		    (IN6_IS_ADDR_V4MAPPED(&at.v6.sin6_addr) && at.v6.sin6_addr.s6_addr[12] == 127);
	return ntohl(at.v4.sin_addr.s_addr) >> 24 == 127;
}

static int
listen_inet(const char *address, int *fd_r, int *port_r, struct err *err)
{
	union address at;
	socklen_t len;
	int fd, on = 1;

	if (!parse_inet(address, &at, &len))
		return err_set(err, ERR_INPUT,
		    "cannot listen on '%s': want 127.0.0.1:8080, [::1]:8080 or unix:/path",
		    address);
	fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(
		    err, ERR_NET, "cannot listen on '%s': %s", address, strerrordesc_np(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, &at.any, len) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, &at.any, &len) != 0) {
		enum err_kind kind = errno == EADDRINUSE ? ERR_BUSY : ERR_NET;

		err_set(err, kind, "cannot listen on '%s': %s", address, strerrordesc_np(errno));
		close(fd);
		return -1;
	}
	*port_r = ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
	*fd_r = fd;
	return 0;
}

/* Removes a socket nobody listens on any more; anything else in the way stays. */
static int
clear_way(const struct sockaddr_un *at, struct err *err)
{
	struct stat st;
	int probe, rc;

	if (lstat(at->sun_path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_CONFLICT, "'%s' is there and not a socket", at->sun_path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return err_set(err, ERR_NET, "cannot make a socket: %s", strerrordesc_np(errno));
	rc = connect(probe, (const struct sockaddr *)at, sizeof *at);
	/* EAGAIN: its queue is full, so somebody has it. */
	rc = rc == 0 || errno != ECONNREFUSED;
	close(probe);
	if (rc)
		return err_set(err, ERR_BUSY, "somebody listens on '%s' already", at->sun_path);
	if (unlink(at->sun_path) != 0 && errno != ENOENT)
		return err_set(err, ERR_DENIED, "cannot remove the old socket '%s': %s",
		    at->sun_path, strerrordesc_np(errno));
	return 0;
}

static int
listen_unix(const char *path, int *fd_r, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd;

	if (!unix_path_fits(path))
		return err_set(err, ERR_INPUT, "a socket's path has 1 to %zu bytes: '%s'",
		    sizeof at.sun_path - 1, path);
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (clear_way(&at, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Until listen() nobody can connect, so the mode is right before it counts. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
	    chmod(path, SOCKET_MODE) != 0 || listen(fd, BACKLOG) != 0) {
		err_set(err, errno == EADDRINUSE ? ERR_BUSY : ERR_NET,
		    "cannot listen on 'unix:%s': %s", path, strerrordesc_np(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*fd_r = fd;
	return 0;
}

int
http_listen_open(const char *address, int *fd_r, int *port_r, struct err *err)
{
	const char *path = http_listen_unix_path(address);

	if (path == NULL)
		return listen_inet(address, fd_r, port_r, err);
	*port_r = 0;
	return listen_unix(path, fd_r, err);
}
