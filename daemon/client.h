/*
 * client.h - how a verb reaches the API: over the running daemon's socket, or, when there is no
 * daemon, on the store itself under the same lock.
 */
#ifndef DAEMON_CLIENT_H
#define DAEMON_CLIENT_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/slice.h"
#include "daemon/verb.h"

struct client;
struct config;

/* Takes the configuration. */
int client_new(struct config *config_take, struct client **c_r, struct err *err);
void client_free(struct client *c);
bool client_has_daemon(const struct client *c);

/* path with its query, %-encoded; body SLICE_NONE: none.  *status_r and the answer's body. */
int client_call(struct client *c, const char *method, const char *path, struct slice body,
    int *status_r, struct buf *answer, struct err *err);

/* Appends s %-encoded for a path segment or a query value. */
void client_encode(struct buf *out, struct slice s);

/* The rest of most verbs: configuration, call; on an HTTP status of 400 or more the problem is
 * printed and *code_r set (and -1 returned). */
int client_simple(const struct verb_call *call, const char *method, const char *path,
    struct slice body, struct buf *answer, int *code_r);

#endif
