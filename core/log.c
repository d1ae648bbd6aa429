/*
 * A line is put together on the stack and leaves in one write(), so that lines of several threads
 * (and of several processes on one pipe, up to PIPE_BUF) do not mix.
 */
#include "core/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/slice.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#define LOG_LINE_MAX 4096 /* PIPE_BUF on Linux */
#define LOG_VALUE_MAX 300
#define LOG_CUT_MARK "..."
/* How long a reader that does not read may hold us up before the line is lost. */
#define LOG_WAIT_MS 100

struct log {
	int fd;
	bool is_journal;
	atomic_int level;
	const struct clock *clock;
	pthread_mutex_t lock; /* a line that needs several writes stays whole */
};

struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool is_full;
};

struct log *
log_new(int fd, enum log_level level, int journal, const struct clock *clock)
{
	struct log *l = mem_zalloc(sizeof(*l));

	assert(clock != NULL);
	if (l == NULL)
		return NULL;
	l->fd = fd;
	l->is_journal = journal != 0;
	l->clock = clock;
	atomic_init(&l->level, (int)level);
	if (pthread_mutex_init(&l->lock, NULL) != 0) {
		mem_free(l);
		return NULL;
	}
	return l;
}

void
log_free(struct log *l)
{
	if (l == NULL)
		return;
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

void
log_set_level(struct log *l, enum log_level level)
{
	if (l != NULL)
		atomic_store(&l->level, (int)level);
}

/* All of it or nothing: a line that is full ends between two things, never inside one. The last
 * byte is kept for the newline. */
static void
line_add(struct line *line, const char *p, size_t len)
{
	if (line->is_full || len > sizeof(line->text) - 1 - line->len) {
		line->is_full = true;
		return;
	}
	memcpy(line->text + line->len, p, len);
	line->len += len;
}

static void
line_add_str(struct line *line, const char *s)
{
	line_add(line, s, strlen(s));
}

/* C0 and C1 controls, DEL, and the characters some readers take for line ends or that turn the
 * direction of what follows. */
static bool
is_hidden(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x200E && cp <= 0x200F) ||
	    (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF;
}

static bool
needs_quotes(struct slice s, bool is_text)
{
	if (s.len == 0 || slice_eq_str(s, "-") || !is_text)
		return true;
	for (size_t i = 0; i < s.len;) {
		uint32_t cp = utf8_next(s, &i);
		if (cp == ' ' || cp == '"' || cp == '\\' || cp == '=' || is_hidden(cp))
			return true;
	}
	return false;
}

static void
line_add_escaped(struct line *line, struct slice s, size_t start, size_t end, uint32_t cp)
{
	char hex[8];

	switch (cp) {
	case '\n': line_add(line, "\\n", 2); return;
	case '\r': line_add(line, "\\r", 2); return;
	case '\t': line_add(line, "\\t", 2); return;
	case '"': line_add(line, "\\\"", 2); return;
	case '\\': line_add(line, "\\\\", 2); return;
	default: break;
	}
	if (!is_hidden(cp)) {
		line_add(line, s.ptr + start, end - start);
		return;
	}
	for (size_t i = start; i < end; i++) {
		snprintf(hex, sizeof(hex), "\\x%02x", (unsigned)(unsigned char)s.ptr[i]);
		line_add(line, hex, 4);
	}
}

static void
line_add_value(struct line *line, const char *value)
{
	size_t len = strnlen(value, LOG_VALUE_MAX + 4);
	struct slice s = slice_make(value, len);

	if (len > LOG_VALUE_MAX)
		s = utf8_prefix(s, LOG_VALUE_MAX);
	bool is_cut = s.len < len;
	bool is_text = utf8_is_valid(s);
	if (!needs_quotes(s, is_text)) {
		line_add(line, s.ptr, s.len);
		if (is_cut)
			line_add_str(line, LOG_CUT_MARK);
		return;
	}
	line_add(line, "\"", 1);
	for (size_t i = 0; i < s.len;) {
		size_t start = i;
		uint32_t cp = is_text ? utf8_next(s, &i) : (unsigned char)s.ptr[i++];
		/* Bytes that are not text are shown as bytes. */
		if (!is_text && cp >= 0x80)
			cp = 0;
		line_add_escaped(line, s, start, i, cp);
	}
	if (is_cut)
		line_add_str(line, LOG_CUT_MARK);
	line_add(line, "\"", 1);
}

static void
line_begin(struct line *line, const struct log *l, enum log_level level, const char *event)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	static const char *const journal_prefixes[] = {"<7>", "<6>", "<4>", "<3>"};
	char at[TIME_TEXT_MAX];

	assert((unsigned)level < sizeof(names) / sizeof(names[0]));
	if (l->is_journal) {
		line_add_str(line, journal_prefixes[level]);
	} else {
		line_add_str(line, time_format_rfc3339(clock_now_ms(l->clock), at));
		line_add(line, " ", 1);
		line_add_str(line, names[level]);
		line_add(line, " ", 1);
	}
	line_add_str(line, event);
}

/* There is nobody to tell when the log itself cannot be written, so what does not leave is lost. */
static void
line_write(struct log *l, const char *p, size_t len)
{
	pthread_mutex_lock(&l->lock);
	while (len > 0) {
		ssize_t n = write(l->fd, p, len);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		struct pollfd wait = {.fd = l->fd, .events = POLLOUT};
		if (errno != EAGAIN || poll(&wait, 1, LOG_WAIT_MS) <= 0)
			break;
	}
	pthread_mutex_unlock(&l->lock);
}

void
log_event(struct log *l, enum log_level level, const char *event, ...)
{
	struct line line;
	va_list ap;
	const char *key;

	if (l == NULL || (int)level < atomic_load_explicit(&l->level, memory_order_relaxed))
		return;
	line.len = 0;
	line.is_full = false;
	int saved_errno = errno;
	line_begin(&line, l, level, event);
	va_start(ap, event);
	while ((key = va_arg(ap, const char *)) != NULL) {
		const char *value = va_arg(ap, const char *);
		size_t before = line.len;
		line_add(&line, " ", 1);
		line_add_str(&line, key);
		line_add(&line, "=", 1);
		if (value == NULL)
			line_add(&line, "-", 1);
		else
			line_add_value(&line, value);
		/* A pair that does not fit is left out as a whole, quotes and all. */
		if (line.is_full) {
			line.len = before;
			break;
		}
	}
	va_end(ap);
	line.text[line.len++] = '\n';
	line_write(l, line.text, line.len);
	errno = saved_errno;
}

const char *
log_i64_text(int64_t v, struct log_number *space)
{
	snprintf(space->text, sizeof(space->text), "%" PRId64, v);
	return space->text;
}
