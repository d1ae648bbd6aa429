#include "core/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/clock.h"
#include "core/slice.h"
#include "core/utf8.h"

/* 2026-11-21T10:00:00.123Z */
#define AT_MS INT64_C(1795255200123)

struct fixture {
	struct clock_virtual clock;
	struct log *log;
	int read_fd, write_fd;
	char text[256 * 1024];
};

static void
fixture_open(struct fixture *f, enum log_level level, int journal)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	f->read_fd = fds[0];
	f->write_fd = fds[1];
	clock_virtual_init(&f->clock, AT_MS);
	f->log = log_new(fds[1], level, journal, &f->clock.base);
	assert_non_null(f->log);
}

/* What was written since the last time. */
static const char *
fixture_text(struct fixture *f)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(f->read_fd, f->text + len, sizeof(f->text) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	f->text[len] = '\0';
	return f->text;
}

static void
fixture_close(struct fixture *f)
{
	log_free(f->log);
	close(f->read_fd);
	close(f->write_fd);
}

static struct fixture fixture;

static void
a_line_has_time_level_event_and_pairs(void **state)
{
	struct fixture *f = &fixture;

	(void)state;
	fixture_open(f, LOG_INFO, 0);
	log_event(f->log, LOG_INFO, "post.stored", "post", "https://a/1", "n", LOG_I64(-5), "none",
	    NULL, NULL);
	assert_string_equal(fixture_text(f),
	    "2026-11-21T10:00:00.123Z info post.stored post=https://a/1 n=-5 none=-\n");
	log_event(f->log, LOG_ERROR, "x", NULL);
	assert_string_equal(fixture_text(f), "2026-11-21T10:00:00.123Z error x\n");
	fixture_close(f);
}

static void
the_journal_gets_a_priority_and_no_time(void **state)
{
	static const struct {
		enum log_level level;
		const char *line;
	} cases[] = {
	    {LOG_DEBUG, "<7>e\n"},
	    {LOG_INFO, "<6>e\n"},
	    {LOG_WARN, "<4>e\n"},
	    {LOG_ERROR, "<3>e\n"},
	};
	struct fixture *f = &fixture;

	(void)state;
	fixture_open(f, LOG_DEBUG, 1);
	for (size_t i = 0; i < 4; i++) {
		log_event(f->log, cases[i].level, "e", NULL);
		assert_string_equal(fixture_text(f), cases[i].line);
	}
	fixture_close(f);
}

static void
what_is_below_the_level_is_not_written(void **state)
{
	struct fixture *f = &fixture;

	(void)state;
	fixture_open(f, LOG_WARN, 1);
	log_event(f->log, LOG_INFO, "quiet", NULL);
	log_event(NULL, LOG_ERROR, "nobody", NULL);
	assert_string_equal(fixture_text(f), "");
	log_set_level(f->log, LOG_DEBUG);
	log_event(f->log, LOG_DEBUG, "loud", NULL);
	assert_string_equal(fixture_text(f), "<7>loud\n");
	fixture_close(f);
}

static void
values_cannot_break_the_line(void **state)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
	    {"plain", "plain"},
	    {"", "\"\""},
	    {"-", "\"-\""},
	    {"two words", "\"two words\""},
	    {"a=b", "\"a=b\""},
	    {"say \"hi\"", "\"say \\\"hi\\\"\""},
	    {"back\\slash", "\"back\\\\slash\""},
	    {"line\nend=1\rx\ty", "\"line\\nend=1\\rx\\ty\""},
	    {"\x1B[31mred", "\"\\x1b[31mred\""},
	    {"\x7F", "\"\\x7f\""},
	    {"caf\xC3\xA9", "caf\xC3\xA9"},
	    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
	    {"bad\xFF\xC3", "\"bad\\xff\\xc3\""},
	    {"c1\xC2\x9B!", "\"c1\\xc2\\x9b!\""},
	    {"ls\xE2\x80\xA8x", "\"ls\\xe2\\x80\\xa8x\""},
	    {"rtl\xE2\x80\xAEx", "\"rtl\\xe2\\x80\\xaex\""},
	};
	struct fixture *f = &fixture;
	char want[128];

	(void)state;
	fixture_open(f, LOG_DEBUG, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		log_event(f->log, LOG_INFO, "e", "v", cases[i].value, "next", "1", NULL);
		snprintf(want, sizeof(want), "<6>e v=%s next=1\n", cases[i].written);
		assert_string_equal(fixture_text(f), want);
	}
	fixture_close(f);
}

static void
long_values_are_cut_with_a_mark_and_long_lines_end_between_pairs(void **state)
{
	struct fixture *f = &fixture;
	char value[1000];

	(void)state;
	memset(value, 'x', sizeof(value));
	value[999] = '\0';
	fixture_open(f, LOG_DEBUG, 1);
	log_event(f->log, LOG_INFO, "e", "v", value, NULL);
	assert_int_equal(strlen(fixture_text(f)), strlen("<6>e v=") + 300 + strlen("...\n"));
	/* A character is not cut in two: 299 bytes of ASCII, then one of three bytes. */
	memcpy(value + 299, "\xE2\x82\xAC", 3);
	log_event(f->log, LOG_INFO, "e", "v", value, NULL);
	assert_int_equal(strlen(fixture_text(f)), strlen("<6>e v=") + 299 + strlen("...\n"));
	/* Fifteen values of 300 newlines, each of them two bytes when escaped: over a line's ceiling. */
	memset(value, '\n', 300);
	value[300] = '\0';
	log_event(f->log, LOG_INFO, "e", "a", value, "b", value, "c", value, "d", value, "e", value,
	    "f", value, "g", value, "h", value, NULL);
	const char *text = fixture_text(f);
	size_t len = strlen(text);
	assert_in_range(len, 3000, 4096);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	assert_int_equal(text[len - 2], '"');
	fixture_close(f);
}

static void *
write_many(void *cookie)
{
	for (int i = 0; i < 500; i++)
		log_event(cookie, LOG_INFO, "thread", "number", LOG_I64(i), "end", "1", NULL);
	return NULL;
}

static void
lines_of_several_threads_stay_whole(void **state)
{
	struct fixture *f = &fixture;
	char path[] = "/tmp/earshot-log-XXXXXX";
	pthread_t threads[4];
	size_t lines = 0;

	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	clock_virtual_init(&f->clock, AT_MS);
	f->log = log_new(fd, LOG_DEBUG, 0, &f->clock.base);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, f->log), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	ssize_t n = read(fd, f->text, sizeof(f->text));
	assert_true(n > 0);
	struct slice rest = slice_make(f->text, (size_t)n);
	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');
		assert_true(
		    slice_starts_with(line, "2026-11-21T10:00:00.123Z info thread number="));
		assert_true(slice_ends_with(line, " end=1"));
		lines++;
	}
	assert_int_equal(lines, 2000);
	log_free(f->log);
	close(fd);
}

static void
a_log_nobody_reads_does_not_stop_us(void **state)
{
	struct fixture *f = &fixture;

	(void)state;
	fixture_open(f, LOG_DEBUG, 1);
	assert_int_equal(fcntl(f->write_fd, F_SETFL, O_NONBLOCK), 0);
	char filler[4096] = {0};
	while (write(f->write_fd, filler, sizeof(filler)) > 0)
		continue;
	log_event(f->log, LOG_INFO, "lost", NULL);
	assert_int_equal(strlen(fixture_text(f)), 0); /* NULs only */
	log_event(f->log, LOG_INFO, "found", NULL);
	assert_string_equal(fixture_text(f), "<6>found\n");
	fixture_close(f);
	log_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_has_time_level_event_and_pairs),
	    cmocka_unit_test(the_journal_gets_a_priority_and_no_time),
	    cmocka_unit_test(what_is_below_the_level_is_not_written),
	    cmocka_unit_test(values_cannot_break_the_line),
	    cmocka_unit_test(long_values_are_cut_with_a_mark_and_long_lines_end_between_pairs),
	    cmocka_unit_test(lines_of_several_threads_stay_whole),
	    cmocka_unit_test(a_log_nobody_reads_does_not_stop_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
