/*
 * service.h - the daemon: everything wired together, from the first lock to a clean stop.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

struct config;
struct err;

/* Runs until SIGTERM or SIGINT, then drains and returns 0; -1 when it could not start.  Takes the
 * configuration.  SIGHUP reloads it. */
int service_run(struct config *config_take, struct err *err);

#endif
