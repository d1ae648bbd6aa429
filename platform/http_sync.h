/*
 * http_sync.h - one request and its answer, waiting for it: for the command line's verbs, which
 * talk to the daemon over its socket.
 */
#ifndef PLATFORM_HTTP_SYNC_H
#define PLATFORM_HTTP_SYNC_H

#include "platform/http_client.h"

struct buf;

/* Fills *status_r and appends the body to *body.  -1 (ERR_NET) when nobody answers; ERR_NOT_FOUND
 * when there is no socket or nobody listens on it. */
int http_sync(const struct http_call *call, int *status_r, struct buf *body, struct err *err);

#endif
