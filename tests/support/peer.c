#include "tests/support/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 512

static void
be_patient(int fd)
{
	struct timeval tv = {.tv_sec = PEER_PATIENCE_MS / 1000};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static int
connect_to(int family, const void *address, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	be_patient(fd);
	if (connect(fd, address, len) == 0)
		return fd;
	close(fd);
	return -1;
}

int
peer_connect(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect_to(AF_INET, &at, sizeof at);
}

int
peer_connect_unix(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof at.sun_path)
		return -1;
	memcpy(at.sun_path, path, strlen(path) + 1);
	return connect_to(AF_UNIX, &at, sizeof at);
}

void
peer_close(int fd)
{
	close(fd);
}

void
peer_reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

bool
peer_say_bytes(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t done = send(fd, at, len, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		len -= (size_t)done;
	}
	return true;
}

bool
peer_say(int fd, const char *text)
{
	return peer_say_bytes(fd, text, strlen(text));
}

static bool
read_byte(int fd, char *c)
{
	ssize_t got;

	do {
		got = recv(fd, c, 1, 0);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

bool
peer_line(int fd, char *out, size_t size)
{
	size_t len = 0;
	char c;

	while (read_byte(fd, &c)) {
		if (c == '\n') {
			if (len > 0 && out[len - 1] == '\r')
				len--;
			out[len] = '\0';
			return true;
		}
		if (len + 1 < size)
			out[len++] = c;
	}
	out[len] = '\0';
	return false;
}

size_t
peer_rest(int fd, char *out, size_t size)
{
	char block[4096];
	size_t len = 0;

	for (;;) {
		ssize_t got = recv(fd, block, sizeof block, 0);
		size_t fits;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		fits = (size_t)got < size - 1 - len ? (size_t)got : size - 1 - len;
		memcpy(out + len, block, fits);
		len += fits;
	}
	out[len] = '\0';
	return len;
}

size_t
peer_message(int fd, char *out, size_t size)
{
	size_t len = 0, body = 0;
	const char *length;

	while (len + 1 < size && read_byte(fd, &out[len])) {
		len++;
		if (len >= 4 && memcmp(out + len - 4, "\r\n\r\n", 4) == 0)
			break;
	}
	out[len] = '\0';
	length = strcasestr(out, "\r\nContent-Length:");
	if (length != NULL)
		body = strtoul(length + 17, NULL, 10);
	while (body > 0 && len + 1 < size && read_byte(fd, &out[len])) {
		len++;
		body--;
	}
	out[len] = '\0';
	return len;
}

/* ---- as a server --------------------------------------------------------- */

struct visit {
	struct peer *peer;
	pthread_t thread;
	int fd, number;
};

struct peer {
	peer_fn *script;
	void *cookie;
	int listen_fd, port;
	pthread_t thread;
	pthread_mutex_t mutex;
	struct visit visits[CONNECTIONS_MAX];
	int count; /* under mutex */
};

static void *
play(void *cookie)
{
	struct visit *v = cookie;

	v->peer->script(v->peer->cookie, v->fd, v->number);
	/* The number stays taken until peer_stop(), which may want to shut it down. */
	shutdown(v->fd, SHUT_RDWR);
	return NULL;
}

static void *
accept_all(void *cookie)
{
	struct peer *p = cookie;

	for (;;) {
		int fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		struct visit *v;

		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			return NULL;
		be_patient(fd);
		pthread_mutex_lock(&p->mutex);
		if (p->count == CONNECTIONS_MAX)
			abort();
		v = &p->visits[p->count];
		*v = (struct visit){.peer = p, .fd = fd, .number = p->count};
		if (pthread_create(&v->thread, NULL, play, v) != 0)
			abort();
		p->count++;
		pthread_mutex_unlock(&p->mutex);
	}
}

struct peer *
peer_start(peer_fn *script, void *cookie)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof at;
	struct peer *p = calloc(1, sizeof *p);

	if (p == NULL)
		abort();
	p->script = script;
	p->cookie = cookie;
	pthread_mutex_init(&p->mutex, NULL);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->listen_fd < 0 || bind(p->listen_fd, (struct sockaddr *)&at, len) != 0 ||
	    listen(p->listen_fd, 128) != 0 ||
	    getsockname(p->listen_fd, (struct sockaddr *)&at, &len) != 0)
		abort();
	p->port = ntohs(at.sin_port);
	if (pthread_create(&p->thread, NULL, accept_all, p) != 0)
		abort();
	return p;
}

int
peer_port(const struct peer *p)
{
	return p->port;
}

int
peer_connections(struct peer *p)
{
	int count;

	pthread_mutex_lock(&p->mutex);
	count = p->count;
	pthread_mutex_unlock(&p->mutex);
	return count;
}

void
peer_stop(struct peer *p)
{
	shutdown(p->listen_fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	for (int i = 0; i < p->count; i++)
		shutdown(p->visits[i].fd, SHUT_RDWR);
	for (int i = 0; i < p->count; i++) {
		pthread_join(p->visits[i].thread, NULL);
		close(p->visits[i].fd);
	}
	close(p->listen_fd);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

void
peer_wait_closed(int fd)
{
	char drop[256];

	(void)peer_rest(fd, drop, sizeof drop);
}
