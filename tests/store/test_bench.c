/*
 * The measurement runs, writes the same rows on both sides, and leaves nothing behind.
 */
#include "tests/store/store_fixture.h"

#include <dirent.h>
#include <time.h>

#include "core/clock.h"
#include "core/json.h"
#include "store/bench.h"

static int64_t
mono_ns(const struct clock *c)
{
	struct timespec now;

	(void)c;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t
now_ms(const struct clock *c)
{
	(void)c;
	return FIXTURE_NOW_MS;
}

static void
both_sides_are_measured_and_the_files_are_gone(void **state)
{
	struct clock clock = {now_ms, mono_ns};
	const char *where = getenv("STORE_BENCH_DIR"), *seconds = getenv("STORE_BENCH_S");
	char *dir = temp_dir_new();
	struct buf out;
	struct json_doc *doc;
	const char *names[] = {"posts_per_s", "bare_posts_per_s", "posts", "bytes_per_post"};
	struct dirent *entry;
	DIR *folder;

	(void)state;
	buf_init(&out, 4096);
	OK(store_bench(where == NULL ? dir : where, seconds == NULL ? 0.1 : strtod(seconds, NULL),
	    &clock, &out, ERR));
	print_message("# %s\n", buf_str(&out));
	OK(json_parse(buf_slice(&out), &doc, NULL, ERR));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int64_t v = 0;

		assert_true(json_i64(json_get(json_root(doc), names[i]), &v));
		assert_true(v > 0);
	}
	json_doc_free(doc);
	buf_fini(&out);
	folder = opendir(dir);
	while ((entry = readdir(folder)) != NULL)
		assert_int_equal(entry->d_name[0], '.');
	closedir(folder);
	temp_dir_free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_sides_are_measured_and_the_files_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
