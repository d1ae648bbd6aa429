#include "tests/collectors/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectors/replay.h"

#define T0 INT64_C(1700000000000) /* of the first post in the files */

static char path[64];
static struct fixture f;

static void
file_begin(void)
{
	snprintf(path, sizeof(path), "/tmp/earshot-replay-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

static void
file_append(const char *text, size_t len)
{
	FILE *out = fopen(path, "a");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	fclose(out);
}

/* Posts p<from> .. p<to - 1>, step_ms apart. */
static void
file_posts(int from, int to, int64_t step_ms)
{
	struct buf out;

	buf_init(&out, 8 << 20);
	for (int i = from; i < to; i++) {
		char at[TIME_TEXT_MAX];
		buf_addf(&out,
		    "{\"id\":\"p%d\",\"text\":\"text "
		    "%d\",\"created_at\":\"%s\",\"reply_to\":\"p0\"}\n",
		    i, i, time_format_rfc3339(T0 + i * step_ms, at));
	}
	file_append(buf_str(&out), out.len);
	buf_fini(&out);
}

static void
begin(const char *options)
{
	char config[256];

	snprintf(config, sizeof(config), "file: %s\n%s", path, options);
	fixture_init(&f, &replay_collector, NULL, NULL, config);
}

static void
end(void)
{
	fixture_fini(&f);
	unlink(path);
}

static bool
has_ended(struct fixture *x)
{
	return collector_status(x->c)->health == SOURCE_ENDED && x->waiting_count == 0;
}

static void
a_file_is_given_out_whole_and_in_order_and_ends(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 1000, 1000);
	begin("");
	fixture_start(&f);
	fixture_run(&f, has_ended, 10000, "the end");
	assert_int_equal(f.count, 1000);
	assert_int_equal(f.doubled, 0);
	assert_int_equal(f.first_fetch_posts, 0);
	assert_int_equal(f.pages, 4);
	for (int i = 0; i < 1000; i++) {
		char id[16];
		snprintf(id, sizeof(id), "p%d", i);
		assert_true(slice_eq_str(f.posts[i].id, id));
		assert_int_equal(f.posts[i].created_at_ms, T0 + i * 1000);
		assert_true(slice_eq_str(f.posts[i].source, "replay"));
	}
	end();
}

static void
a_restart_after_any_page_goes_on_exactly_behind_it(void **state)
{
	(void)state;
	for (size_t after = 1; after <= 3; after++) {
		file_begin();
		file_posts(0, 2000, 10);
		begin("");
		f.restart_after = after;
		fixture_start(&f);
		fixture_run(&f, has_ended, 10000, "the end");
		assert_int_equal(f.count, 2000);
		assert_int_equal(f.doubled, 0);
		assert_true(f.restarts >= 2);
		/* once more with everything read: nothing comes again */
		fixture_restart(&f);
		fixture_run(&f, has_ended, 10000, "the end again");
		assert_int_equal(f.count, 2000);
		end();
	}
}

static void
at_most_four_pages_are_under_way(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 3000, 10);
	begin("");
	f.holds_commits = true;
	fixture_start(&f);
	fixture_run_for(&f, 200);
	assert_int_equal(f.waiting_count, COLLECTOR_PAGES_AHEAD);
	f.holds_commits = false;
	fixture_run(&f, has_ended, 10000, "the end");
	assert_int_equal(f.count, 3000);
	end();
}

static void
bad_lines_are_counted_with_their_number_and_the_rest_is_taken(void **state)
{
	static char giant[10 * 1024 * 1024];

	(void)state;
	file_begin();
	file_posts(0, 2, 1000);
	file_append("not json\n\n{\"id\":\"x\"}\n", 21);
	memset(giant, 'x', sizeof(giant));
	giant[sizeof(giant) - 1] = '\n';
	file_append(giant, sizeof(giant));
	for (int i = 0; i < 100000; i++)
		giant[i] = '[';
	giant[100000] = '\n';
	file_append(giant, 100001);
	file_append("{\"text\":\"\\ud800 \\u0000 \xFF\"}\n", 27);
	file_posts(2, 4, 1000);
	file_append("{\"text\":\"no line end\"}", 22);
	begin("");
	fixture_start(&f);
	fixture_run(&f, has_ended, 20000, "the end");
	assert_int_equal(f.count, 6);
	assert_int_equal(f.rejects, 4);
	assert_memory_equal(f.last_reject, "line 7: ", 8);
	assert_int_equal(collector_status(f.c)->rejects, 4);
	end();
}

static void
rebased_posts_are_dated_now_and_never_in_the_future(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 100, 60000);
	begin("rebase: true\n");
	fixture_start(&f);
	fixture_run(&f, has_ended, 5000, "the end");
	assert_int_equal(f.count, 100);
	for (size_t i = 0; i < f.count; i++) {
		assert_true(f.posts[i].created_at_ms >= f.started_ms);
		assert_true(f.posts[i].created_at_ms <= clock_now_ms(sysclock()));
	}
	end();
}

static void
paced_posts_come_when_they_are_due(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 11, 1000); /* 10 s, at 20x half a second */
	begin("speed: 20x\nrebase: true\n");
	fixture_start(&f);
	fixture_run_for(&f, 220);
	assert_true(f.count >= 2 && f.count <= 6);
	fixture_run(&f, has_ended, 5000, "the end");
	assert_true(clock_now_ms(sysclock()) - f.started_ms >= 480);
	assert_int_equal(f.count, 11);
	for (size_t i = 1; i < f.count; i++) {
		int64_t gap = f.posts[i].created_at_ms - f.posts[i - 1].created_at_ms;
		assert_in_range(gap, 49, 51);
	}
	end();
}

static void
a_rate_is_kept(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 51, 1);
	begin("rate: 100\n");
	fixture_start(&f);
	fixture_run(&f, has_ended, 5000, "the end");
	int64_t took = clock_now_ms(sysclock()) - f.started_ms;
	assert_int_equal(f.count, 51);
	assert_true(took >= 490 && took < 3000);
	end();
}

static void
what_came_late_in_the_file_comes_late_again(void **state)
{
	(void)state;
	file_begin();
	file_posts(3600, 3602, 1000);
	file_posts(0, 1, 1000); /* an hour and a second behind the one before */
	file_posts(3602, 3603, 1000);
	begin("rate: 200\nrebase: true\n");
	fixture_start(&f);
	fixture_run(&f, has_ended, 5000, "the end");
	assert_int_equal(f.count, 4);
	assert_int_equal(f.posts[1].created_at_ms - f.posts[2].created_at_ms, 3601000 - 5);
	assert_int_equal(f.posts[3].created_at_ms - f.posts[1].created_at_ms, 10);
	end();
}

static void
a_paced_source_goes_on_after_a_restart_without_a_leap(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 21, 1000);
	begin("speed: 20x\nrebase: true\n");
	fixture_start(&f);
	fixture_run_for(&f, 400);
	size_t before = f.count;
	assert_true(before >= 4 && before <= 14);
	fixture_stop(&f);
	usleep(300000); /* the daemon is down; nothing is caught up afterwards in a burst */
	fixture_start(&f);
	int64_t again_ms = clock_now_ms(sysclock());
	fixture_run(&f, has_ended, 5000, "the end");
	assert_int_equal(f.count, 21);
	assert_int_equal(f.doubled, 0);
	assert_true(clock_now_ms(sysclock()) - again_ms >= (int64_t)(20 - before) * 50 - 60);
	for (size_t i = before; i < f.count; i++)
		assert_true(f.posts[i].created_at_ms >= again_ms);
	end();
}

static bool
has_three_rounds(struct fixture *x)
{
	return x->count >= 25;
}

static void
rounds_have_fresh_ids_also_where_they_refer(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 10, 1000);
	begin("rate: 200\nrounds: true\nrebase: true\n");
	f.restart_after = 3;
	fixture_start(&f);
	fixture_run(&f, has_three_rounds, 10000, "the third round");
	assert_int_equal(f.doubled, 0);
	assert_true(slice_eq_str(f.posts[9].id, "p9"));
	assert_true(slice_eq_str(f.posts[10].id, "p0#r2"));
	assert_true(slice_eq_str(f.posts[11].reply_to, "p0#r2"));
	assert_true(slice_eq_str(f.posts[20].id, "p0#r3"));
	assert_true(f.posts[20].created_at_ms >= f.posts[19].created_at_ms);
	end();
}

static bool
has_five(struct fixture *x)
{
	return x->count == 5;
}

static void
a_followed_file_gives_what_is_appended(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 3, 1000);
	begin("follow: true\n");
	fixture_start(&f);
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 3);
	file_append("{\"id\":\"late\",\"te", 16);
	fixture_run_for(&f, 600);
	assert_int_equal(f.count, 3);
	file_append("xt\":\"x\"}\n", 9);
	file_posts(4, 5, 1000);
	fixture_run(&f, has_five, 5000, "what was appended");
	assert_int_equal(f.rejects, 0);
	assert_true(collector_status(f.c)->health == SOURCE_OK);
	end();
}

static void
a_shorter_file_is_another_file(void **state)
{
	(void)state;
	file_begin();
	file_posts(0, 50, 1000);
	begin("");
	fixture_start(&f);
	fixture_run(&f, has_ended, 5000, "the end");
	assert_int_equal(truncate(path, 0), 0);
	file_posts(100, 105, 1000);
	fixture_restart(&f);
	fixture_run(&f, has_ended, 5000, "the end of the new file");
	assert_int_equal(f.count, 55);
	end();
}

/* Their distance to now would not be reckoned, or waited for. */
static void
a_cursor_with_a_time_that_no_post_has_holds_nothing_up(void **state)
{
	static const int64_t at[] = {0, INT64_MIN + 1, INT64_MAX, POST_TIME_MIN_MS - 1};

	(void)state;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		char cursor[256];

		file_begin();
		file_posts(0, 5, 10);
		begin("speed: real\nrebase: true");
		snprintf(cursor, sizeof cursor,
		    "{\"file\":\"%s\",\"offset\":0,\"line\":0,\"round\":%lld,\"at_ms\":%lld}", path,
		    (long long)INT64_MAX, (long long)at[i]);
		f.cursor = mem_strdup(cursor);
		fixture_start(&f);
		fixture_run(&f, has_ended, 5000, "the end");
		assert_int_equal(f.count, 5);
		assert_true(slice_eq_str(f.posts[0].id, "p0")); /* a first round */
		end();
	}
}

static void
a_pipe_is_read_until_its_writer_closes_it(void **state)
{
	char name[80];

	(void)state;
	file_begin();
	snprintf(name, sizeof(name), "%s.fifo", path);
	assert_int_equal(mkfifo(name, 0600), 0);
	char config[128];
	snprintf(config, sizeof(config), "file: %s\n", name);
	fixture_init(&f, &replay_collector, NULL, NULL, config);
	fixture_start(&f);
	fixture_run_for(&f, 60);
	assert_int_equal(f.count, 0);
	int out = open(name, O_WRONLY);
	assert_true(out >= 0);
	assert_int_equal(write(out, "{\"text\":\"a\"}\n{\"te", 17), 17);
	fixture_run_for(&f, 100);
	assert_int_equal(f.count, 1);
	assert_int_equal(write(out, "xt\":\"b\"}", 8), 8);
	close(out);
	fixture_run(&f, has_ended, 5000, "the end");
	assert_int_equal(f.count, 2);
	unlink(name);
	end();
}

static void
the_demo_has_no_bad_line(void **state)
{
	(void)state;
	if (access("corpora/demo/posts.ndjson", R_OK) != 0) {
		print_message("missing: corpora/demo/posts.ndjson\n");
		skip();
	}
	char config[600], here[512];
	assert_non_null(getcwd(here, sizeof(here) - 64));
	snprintf(config, sizeof(config), "file: %s/corpora/demo/posts.ndjson\n", here);
	fixture_init(&f, &replay_collector, NULL, NULL, config);
	fixture_start(&f);
	fixture_run(&f, has_ended, 10000, "the end");
	assert_int_equal(f.rejects, 0);
	assert_true(f.count >= 400);
	fixture_fini(&f);
}

static void
settings_that_make_no_sense_are_refused_in_words(void **state)
{
	static const struct {
		const char *options, *words;
	} cases[] = {
	    {"speed: fast\n", "flat, real or a factor"},
	    {"speed: -3x\n", "flat, real or a factor"},
	    {"speed: real\nrate: 5\n", "cannot be set both"},
	    {"rounds: true\nfollow: true\n", "cannot be set both"},
	};

	(void)state;
	file_begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		begin(cases[i].options);
		assert_int_equal(collector_new("src", f.ops, f.set, &f.host, &f.c, &err), -1);
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("'%s' lacks '%s'", err.text, cases[i].words);
		f.c = NULL;
		fixture_fini(&f);
	}
	struct err err = {0};
	fixture_init(&f, &replay_collector, NULL, NULL, "file: /nonexistent/x\n");
	assert_int_equal(collector_new("src", f.ops, f.set, &f.host, &f.c, &err), -1);
	assert_non_null(strstr(err.text, "cannot open '/nonexistent/x'"));
	f.c = NULL;
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_is_given_out_whole_and_in_order_and_ends),
	    cmocka_unit_test(a_restart_after_any_page_goes_on_exactly_behind_it),
	    cmocka_unit_test(at_most_four_pages_are_under_way),
	    cmocka_unit_test(bad_lines_are_counted_with_their_number_and_the_rest_is_taken),
	    cmocka_unit_test(rebased_posts_are_dated_now_and_never_in_the_future),
	    cmocka_unit_test(paced_posts_come_when_they_are_due),
	    cmocka_unit_test(a_rate_is_kept),
	    cmocka_unit_test(what_came_late_in_the_file_comes_late_again),
	    cmocka_unit_test(a_paced_source_goes_on_after_a_restart_without_a_leap),
	    cmocka_unit_test(rounds_have_fresh_ids_also_where_they_refer),
	    cmocka_unit_test(a_followed_file_gives_what_is_appended),
	    cmocka_unit_test(a_shorter_file_is_another_file),
	    cmocka_unit_test(a_cursor_with_a_time_that_no_post_has_holds_nothing_up),
	    cmocka_unit_test(a_pipe_is_read_until_its_writer_closes_it),
	    cmocka_unit_test(the_demo_has_no_bad_line),
	    cmocka_unit_test(settings_that_make_no_sense_are_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
