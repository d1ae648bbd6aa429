/*
 * http_listen_internal.h - addresses to listen on, and the sockets that do.
 */
#ifndef PLATFORM_HTTP_LISTEN_INTERNAL_H
#define PLATFORM_HTTP_LISTEN_INTERNAL_H

struct err;

/* A listening, non-blocking socket for "127.0.0.1:8080", "[::1]:0", "localhost:0" or "unix:/path".
 * The port is 0 for unix:. */
int http_listen_open(const char *address, int *fd_r, int *port_r, struct err *err);
/* The path in "unix:/path", or NULL. */
const char *http_listen_unix_path(const char *address);

#endif
