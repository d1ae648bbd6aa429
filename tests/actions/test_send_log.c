/* One log line a message. */
#include "tests/actions/channel_world.h"

#include <unistd.h>

#include "core/log.h"
#include "core/utf8.h"

static int pipe_ends[2];

static void
open_log(struct channel_world *w)
{
	assert_int_equal(pipe(pipe_ends), 0);
	channel_world_init(w);
	w->log = log_new(pipe_ends[1], LOG_INFO, 0, sysclock());
	assert_non_null(w->log);
	if (channel_open(w, &sender_log_ops, "{}") < 0)
		fail_msg("%s", w->err.text);
}

/* The one line that was written. */
static void
read_line(char *out, size_t size)
{
	ssize_t len = read(pipe_ends[0], out, size - 1);

	assert_true(len > 0);
	out[len] = '\0';
	assert_ptr_equal(strchr(out, '\n'), out + len - 1);
}

static void
close_log(struct channel_world *w)
{
	struct log *log = w->log;

	channel_world_fini(w);
	log_free(log);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void
the_line_says_to_whom_what_and_why(void **state)
{
	static const char *const want[] = {" message.text ", (" id=" WORLD_ID),
	    " to=ada@example.org", " customer=c-17", " text=Sorry",
	    " because=\"sentiment is -0.6\"", " repeat=no"};
	struct channel_world w;
	char line[2000];

	(void)state;
	open_log(&w);
	channel_parts(&w, "{\"text\":\"Dear Ada\",\"subject\":\"Sorry\"}");
	channel_send(&w);
	channel_expect(&w, "logged", SEND_DONE, "");
	read_line(line, sizeof line);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (strstr(line, want[i]) == NULL)
			fail_msg("'%s' is not in %s", want[i], line);
	close_log(&w);
}

static void
the_part_that_says_most_is_shown(void **state)
{
	static const struct {
		const char *parts, *text;
	} cases[] = {
	    {"{\"reply\":\"thanks\",\"html\":\"x\"}", " text=thanks "},
	    {"{\"push\":\"p\",\"title\":\"t\"}", " text=t "},
	    {"{\"html\":\"<p>h</p>\"}", " text=<p>h</p> "},
	    {"{}", " text=\"\" "},
	};
	struct channel_world w;
	char line[2000];

	(void)state;
	open_log(&w);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		channel_parts(&w, cases[i].parts);
		channel_send(&w);
		read_line(line, sizeof line);
		if (strstr(line, cases[i].text) == NULL)
			fail_msg("'%s' is not in %s", cases[i].text, line);
	}
	close_log(&w);
}

static void
a_notice_is_marked_and_so_is_a_repeat(void **state)
{
	struct channel_world w;
	char line[2000];

	(void)state;
	open_log(&w);
	channel_parts(&w, "{\"subject\":\"[high] Support\"}");
	w.item.kind = MESSAGE_NOTICE;
	w.item.is_repeat = true;
	channel_send(&w);
	read_line(line, sizeof line);
	assert_non_null(strstr(line, " notice "));
	assert_non_null(strstr(line, " repeat=yes"));
	close_log(&w);
}

static void
no_text_makes_a_line_of_its_own(void **state)
{
	struct channel_world w;
	char line[4000];

	(void)state;
	open_log(&w);
	channel_parts(
	    &w, "{\"text\":\"one\\ntwo id=forged\\r\\n2026-11-21T10:00:00Z error x\\u0000\"}");
	w.item.address = SLICE_LIT("a\nb c=d");
	channel_send(&w);
	channel_expect(&w, "logged", SEND_DONE, "");
	read_line(line, sizeof line);
	assert_null(strstr(line, "text=one\n"));
	close_log(&w);
}

static void
a_long_text_is_cut_at_a_character(void **state)
{
	struct channel_world w;
	struct buf parts;
	char line[4000];

	(void)state;
	open_log(&w);
	buf_init(&parts, 65536);
	buf_add_str(&parts, "{\"text\":\"x");
	for (int i = 0; i < 5000; i++)
		buf_add_str(&parts, "\xc3\xa9");
	buf_add_str(&parts, "\"}");
	channel_parts(&w, buf_str(&parts));
	channel_send(&w);
	read_line(line, sizeof line);
	assert_true(strlen(line) < 1000);
	assert_true(utf8_is_valid(slice_of(line)));
	buf_fini(&parts);
	close_log(&w);
}

static void
without_memory_it_is_tried_later(void **state)
{
	struct channel_world w;

	(void)state;
	open_log(&w);
	channel_parts(&w, "{\"text\":\"Dear Ada\"}");
	mem_fault_arm(1, false);
	channel_send(&w);
	mem_fault_arm(0, false);
	channel_expect(&w, "memory", SEND_LATER, "no memory");
	close_log(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_line_says_to_whom_what_and_why),
	    cmocka_unit_test(the_part_that_says_most_is_shown),
	    cmocka_unit_test(a_notice_is_marked_and_so_is_a_repeat),
	    cmocka_unit_test(no_text_makes_a_line_of_its_own),
	    cmocka_unit_test(a_long_text_is_cut_at_a_character),
	    cmocka_unit_test(without_memory_it_is_tried_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
