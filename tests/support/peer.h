/*
 * peer.h - the other end of a connection, played by the test: raw sockets that say exactly what a
 * test wants said.
 *
 * Reads give up after PEER_PATIENCE_MS, so that a test that waits in vain fails instead of hanging.
 * Only 127.0.0.1.
 */
#ifndef TESTS_SUPPORT_PEER_H
#define TESTS_SUPPORT_PEER_H

#include <stdbool.h>
#include <stddef.h>

#define PEER_PATIENCE_MS 10000

/* ---- as a client ---- */
int peer_connect(int port); /* a blocking socket; -1 */
int peer_connect_unix(const char *path);
void peer_close(int fd);
void peer_reset(int fd); /* closes with RST */

/* ---- both ways ---- */
bool peer_say(int fd, const char *text); /* false: the other end is gone */
bool peer_say_bytes(int fd, const void *bytes, size_t len);
/* One line without its line end; false at the end of the stream. */
bool peer_line(int fd, char *out, size_t size);
/* Until the other end closes; the length.  out ends in NUL; what does not fit is dropped. */
size_t peer_rest(int fd, char *out, size_t size);
/* A head up to its empty line and the Content-Length bytes after it. 0 at the end of the stream. */
size_t peer_message(int fd, char *out, size_t size);

/* ---- as a server ---- */
struct peer;
/* Called in a thread of its own for each connection; number counts them from 0.  fd is closed
 * afterwards. */
typedef void peer_fn(void *cookie, int fd, int number);
struct peer *peer_start(peer_fn *script, void *cookie);
int peer_port(const struct peer *p);
int peer_connections(struct peer *p); /* accepted so far */
void peer_stop(struct peer *p); /* hangs up on everybody, waits for the scripts, frees */
/* Waits until the client or peer_stop() closes. */
void peer_wait_closed(int fd);

#endif
