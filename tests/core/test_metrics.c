#include "core/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"

static void *
add_many(void *cookie)
{
	for (int i = 0; i < 10000; i++)
		metrics_add(cookie, METRIC_POSTS_STORED, 1);
	return NULL;
}

static void
threads_may_add_at_the_same_time(void **state)
{
	struct metrics m;
	pthread_t threads[4];

	(void)state;
	metrics_init(&m);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, &m), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metrics_get(&m, METRIC_POSTS_STORED), 40000);
	assert_int_equal(metrics_get(&m, METRIC_POSTS_RECEIVED), 0);
	metrics_add(NULL, METRIC_POSTS_STORED, 1);
	metrics_set(NULL, METRIC_POSTS_STORED, 1);
}

static void
the_text_has_help_type_and_value_of_every_metric(void **state)
{
	struct metrics m;
	struct buf out;
	size_t lines = 0;

	(void)state;
	metrics_init(&m);
	metrics_add(&m, METRIC_POSTS_RECEIVED, 7);
	metrics_set(&m, METRIC_ALERTS_OPEN, -2);
	buf_init(&out, 64 * 1024);
	metrics_print(&m, &out);
	assert_non_null(strstr(buf_str(&out),
	    "# HELP earshot_posts_received_total posts handed to the pipeline\n"
	    "# TYPE earshot_posts_received_total counter\n"
	    "earshot_posts_received_total 7\n"));
	assert_non_null(
	    strstr(buf_str(&out), "# TYPE earshot_alerts_open gauge\nearshot_alerts_open -2\n"));
	struct slice rest = buf_slice(&out);
	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');
		lines++;
		if (slice_starts_with(line, "# TYPE ") && slice_ends_with(line, " counter"))
			assert_non_null(memmem(line.ptr, line.len, "_total ", 7));
	}
	assert_int_equal(lines, 3 * METRIC_COUNT);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads_may_add_at_the_same_time),
	    cmocka_unit_test(the_text_has_help_type_and_value_of_every_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
