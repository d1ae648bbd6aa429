/*
 * log.h - one event a line: time, level, event name, key=value.  Ids let one post be followed
 * through all stages; secrets and message bodies never appear.
 *
 *   2026-11-21T10:00:00.123Z info post.stored post=https://... source=fediverse
 *
 * Values with spaces, quotes or control characters are quoted and escaped; a value is cut at 300
 * bytes.
 * Threads:   any.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdint.h>

struct clock;
struct log;

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR
};

/* fd is borrowed.  journal: leave out the time and prefix "<6>" as journald wants it. */
struct log *log_new(int fd, enum log_level level, int journal, const struct clock *clock);
void log_free(struct log *l);
void log_set_level(struct log *l, enum log_level level);

/* Pairs of key and value, ended by NULL: log_event(l, LOG_INFO, "post.stored", "post", id, NULL).
 * A NULL value writes "-".  l may be NULL: nothing happens. */
void
log_event(struct log *l, enum log_level level, const char *event, ...) __attribute__((sentinel));

/* For numbers inside a log_event call: LOG_I64(n) is a text that lives until the full expression
 * ends. */
struct log_number {
	char text[24];
};
const char *log_i64_text(int64_t v, struct log_number *space);
#define LOG_I64(v) log_i64_text((int64_t)(v), &(struct log_number){{0}})

#endif
