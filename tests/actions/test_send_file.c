/* One file a message: what is in it, and that it is there once. */
#include "tests/actions/channel_world.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/files.h"

static void
open_file(struct channel_world *w, const char *dir)
{
	char yaml[300];

	snprintf(yaml, sizeof yaml, "dir: %s\n", dir);
	channel_world_init(w);
	channel_parts(
	    w, "{\"subject\":\"Sorry\",\"text\":\"Dear Ada\",\"html\":\"<p>Dear Ada</p>\\n\"}");
	if (channel_open(w, &sender_file_ops, yaml) < 0)
		fail_msg("%s", w->err.text);
}

static char *
read_message(const char *dir)
{
	char *path = path_join(dir, WORLD_ID ".txt"), *text = support_read(path, NULL);

	mem_free(path);
	return text;
}

static void
the_file_says_to_whom_what_and_why(void **state)
{
	static const char want[] = "Message: " WORLD_ID "\n"
				   "Kind: message\n"
				   "To: ada@example.org\n"
				   "Customer: c-17\n"
				   "Date: 2026-11-21T09:59:00Z\n"
				   "Rule: make-it-right\n"
				   "Because: sentiment is -0.6\n"
				   "Subject: Sorry\n"
				   "\n--- text ---\nDear Ada\n"
				   "\n--- html ---\n<p>Dear Ada</p>\n";
	char *dir = temp_dir_new(), *text;
	struct channel_world w;

	(void)state;
	open_file(&w, dir);
	channel_try(&w);
	channel_expect(&w, "written", SEND_DONE, "");
	assert_string_equal(w.outcome.provider_id, WORLD_ID ".txt");
	text = read_message(dir);
	assert_string_equal(text, want);
	mem_free(text);
	channel_world_fini(&w);
	temp_dir_free(dir);
}

static void
the_same_message_is_written_once(void **state)
{
	char *dir = temp_dir_new(), *text;
	struct channel_world w;

	(void)state;
	open_file(&w, dir);
	channel_try(&w);
	w.item.reason = SLICE_LIT("another reason");
	w.item.attempt = 2;
	channel_try(&w);
	channel_expect(&w, "again", SEND_DONE, "was there already");
	text = read_message(dir);
	assert_null(strstr(text, "another reason"));
	mem_free(text);
	channel_world_fini(&w);
	temp_dir_free(dir);
}

static void
no_value_writes_a_line_of_its_own(void **state)
{
	char *dir = temp_dir_new(), *text;
	struct channel_world w;

	(void)state;
	open_file(&w, dir);
	w.item.address = SLICE_LIT("eve\r\nRule: harmless");
	w.item.reason = SLICE_LIT("x\n\n--- text ---\nforged");
	channel_try(&w);
	text = read_message(dir);
	assert_null(strstr(text, "\nRule: harmless"));
	assert_null(strstr(text, "\nforged"));
	assert_non_null(strstr(text, "To: eve  Rule: harmless\n"));
	mem_free(text);
	channel_world_fini(&w);
	temp_dir_free(dir);
}

static void
every_kind_has_its_title(void **state)
{
	static const struct {
		int kind;
		const char *title;
	} cases[] = {{MESSAGE_SEND, "Kind: message\n"}, {MESSAGE_REPLY, "Kind: public reply\n"},
	    {MESSAGE_NOTICE, "Kind: notice to our own people\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *dir = temp_dir_new(), *text;
		struct channel_world w;

		open_file(&w, dir);
		w.item.kind = cases[i].kind;
		channel_try(&w);
		text = read_message(dir);
		assert_non_null(strstr(text, cases[i].title));
		mem_free(text);
		channel_world_fini(&w);
		temp_dir_free(dir);
	}
}

static void
a_folder_that_is_gone_means_later_until_it_is_back(void **state)
{
	char *dir = temp_dir_new(), *inner = path_join(dir, "inner");
	struct channel_world w;

	(void)state;
	open_file(&w, inner);
	assert_int_equal(rmdir(inner), 0);
	channel_try(&w);
	channel_expect(&w, "gone", SEND_LATER, "inner");
	assert_int_equal(mkdir(inner, 0750), 0);
	channel_try(&w);
	channel_expect(&w, "back", SEND_DONE, "");
	channel_world_fini(&w);
	mem_free(inner);
	temp_dir_free(dir);
}

static void
a_folder_that_cannot_be_made_is_an_error_at_once(void **state)
{
	char *dir = temp_dir_new(), *path = path_join(dir, "file"), yaml[300];
	struct channel_world w;

	(void)state;
	support_write_text(path, "in the way");
	snprintf(yaml, sizeof yaml, "dir: %s/below\n", path);
	channel_world_init(&w);
	assert_int_equal(channel_open(&w, &sender_file_ops, yaml), -1);
	assert_non_null(strstr(w.err.text, "file"));
	channel_world_fini(&w);
	mem_free(path);
	temp_dir_free(dir);
}

#define MANY 300

/* Closing writes what was handed over first: nothing is left unknown. */
static void
closing_finishes_what_was_handed_over(void **state)
{
	static char ids[MANY][33];
	char *dir = temp_dir_new();
	struct channel_world w;

	(void)state;
	open_file(&w, dir);
	w.answers = 0;
	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof ids[i], "%032d", i);
		w.item.id = slice_of(ids[i]);
		sender_kind(w.sender)->send(sender_state(w.sender), &w.item, channel_answered, &w);
	}
	channel_close(&w);
	assert_int_equal(w.answers, MANY);
	assert_int_equal(w.outcome.result, SEND_DONE);
	for (int i = 0; i < MANY; i++) {
		char name[40], *path;

		snprintf(name, sizeof name, "%.32s.txt", ids[i]);
		path = path_join(dir, name);
		assert_true(support_exists(path));
		mem_free(path);
	}
	channel_world_fini(&w);
	temp_dir_free(dir);
}

static void
without_memory_it_is_tried_later(void **state)
{
	char *dir = temp_dir_new();
	struct channel_world w;

	(void)state;
	open_file(&w, dir);
	/* the writing thread allocates too: only what fails before it gets the message is counted on */
	for (unsigned nth = 1; nth <= 3; nth++) {
		mem_fault_arm(nth, true);
		channel_send(&w);
		mem_fault_arm(0, false);
		assert_int_equal(w.answers, 1);
		channel_expect(&w, "memory", SEND_LATER, "no memory");
	}
	channel_try(&w);
	channel_expect(&w, "memory again", SEND_DONE, "");
	channel_world_fini(&w);
	temp_dir_free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_file_says_to_whom_what_and_why),
	    cmocka_unit_test(the_same_message_is_written_once),
	    cmocka_unit_test(no_value_writes_a_line_of_its_own),
	    cmocka_unit_test(every_kind_has_its_title),
	    cmocka_unit_test(a_folder_that_is_gone_means_later_until_it_is_back),
	    cmocka_unit_test(a_folder_that_cannot_be_made_is_an_error_at_once),
	    cmocka_unit_test(closing_finishes_what_was_handed_over),
	    cmocka_unit_test(without_memory_it_is_tried_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
